//! The catalogue as text: for a terminal, and as pages of docs/checks.

use std::fmt::Write;

use super::{Check, GROUPS};

/// The columns of a terminal that a text may take.
const WIDTH: usize = 80;

/// What `sitec explain` prints of a check.
pub fn explain(check: &Check) -> String {
    let mut text = format!("{} {}: {}\n\n", check.severity, check.code, check.name);
    text += &wrapped(check.meaning, WIDTH);
    let _ = write!(text, "\n\nWrong:\n\n{}", indented(&check.bad_conf()));
    let _ = write!(text, "\n\nRight:\n\n{}\n", indented(check.good));
    text
}

/// The page docs/checks/CODE.md.
pub fn page(check: &Check) -> String {
    markdown(check) + "\n[All checks](README.md)\n"
}

/// What the page says, without a link to others.
pub fn markdown(check: &Check) -> String {
    let Check { code, name, severity, meaning, good, .. } = check;
    let bad = check.bad_conf();
    format!(
        "# {code}: {name}\n\nSeverity: {severity}\n\n{}\n\n## Wrong\n\n```nginx\n{bad}\n```\n\n\
         ## Right\n\n```nginx\n{good}\n```\n",
        wrapped(meaning, 100)
    )
}

const HEAD: &str = "\
# Checks

Everything that `sitec check` may say about a conf. `sitec explain CODE` prints the same pages.
How findings are silenced, made errors, or written for other programs stands in
[Messages](../diagnostics.md).

An error stops the build. A warning does not. A lint is shown only when asked for, by `--lints` or
`--deny CODE`.

These pages are written from the table in `compiler/src/catalogue`; change it there and run
`UPDATE=1 cargo test -p sitec-compiler pages_are_fresh`.
";

/// The page docs/checks/README.md.
pub fn index() -> String {
    let mut text = HEAD.to_owned();
    for group in GROUPS {
        let _ = write!(text, "\n## {}\n\n| | | |\n|---|---|---|\n", group.title);
        for check in group.checks {
            let Check { code, name, severity, .. } = check;
            let _ = writeln!(text, "| [{code}]({code}.md) | {name} | {severity} |");
        }
    }
    text
}

fn indented(conf: &str) -> String {
    let lines = conf.lines().map(|line| match line {
        "" => String::new(),
        line => format!("    {line}"),
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// `text` in lines of at most `width` columns, broken at blanks.
fn wrapped(text: &str, width: usize) -> String {
    let (mut out, mut column) = (String::new(), 0);
    for word in text.split_whitespace() {
        let len = word.chars().count();
        if column > 0 && column + 1 + len > width {
            out.push('\n');
            column = 0;
        } else if column > 0 {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += len;
    }
    out
}
