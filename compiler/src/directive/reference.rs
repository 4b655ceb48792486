//! The reference page, docs/directives.md, written from the table.

use std::fmt::Write;

use super::{Directive, Form, GROUPS, Merge, with_params};

const HEAD: &str = "\
# Directives

Every directive of a site.conf. A name that nginx has too means what it means there, unless a line
here says **Differs from nginx**. What stands at top level counts as `main`, `events` and `http` at
once, so a conf may begin with `server { … }`.

This page is written from the table in `compiler/src/directive`; change it there and run
`UPDATE=1 cargo test -p sitec-compiler reference`.
";

/// The text of docs/directives.md.
pub fn reference() -> String {
    let mut page = HEAD.to_owned();
    page.push_str("\n| | |\n|---|---|\n");
    for group in GROUPS {
        let links: Vec<_> = group
            .rows
            .iter()
            .map(|row| format!("[`{}`](#{})", row.name, anchor(&heading(row))))
            .collect();
        let _ =
            writeln!(page, "| [{}](#{}) | {} |", group.title, anchor(group.title), links.join(" "));
    }
    for group in GROUPS {
        let _ = write!(page, "\n## {}\n\n{}\n", group.title, wrapped(group.about));
        for row in group.rows {
            write_row(&mut page, row);
        }
    }
    page
}

fn write_row(page: &mut String, row: &Directive) {
    let _ = write!(page, "\n### {}\n\n", heading(row));
    let _ = write!(page, "```nginx\n{}\n```\n\n", syntax(row));
    let contexts: Vec<_> = row.contexts.iter().map(|c| format!("`{}`", c.name())).collect();
    let mut facts = vec![format!("**Context** {}", contexts.join(", "))];
    let default = row.default_words();
    if !default.is_empty() {
        facts.push(format!("**Default** `{} {default}`", row.name));
    }
    if row.params > 0 {
        facts.push("may hold [`${NAME}`](#param)".to_owned());
    }
    if row.repeats {
        facts.push("may repeat".to_owned());
    }
    match row.merge {
        Merge::None => {}
        Merge::Inherit => facts.push("inherited".to_owned()),
        Merge::InheritAll => {
            facts.push("inherited, all of them, where there are none of its own".to_owned());
        }
    }
    let doc = row.doc.replace("{with_params}", &with_params());
    let _ = writeln!(page, "{}\n\n{}", facts.join(" · "), wrapped(&doc));
    let differs = match row.differs {
        "" => return,
        own if own.starts_with("sitec's own") => format!("**{own}**"),
        differs => format!("**Differs from nginx**: {differs}"),
    };
    let _ = write!(page, "\n{}\n", wrapped(&differs));
}

/// The heading of a row: a name may mean something else in an `upstream`.
fn heading(row: &Directive) -> String {
    let place = if row.is_line() { " in upstream" } else { "" };
    format!("{}{place}", row.name)
}

/// The directive as it is written.
fn syntax(row: &Directive) -> String {
    let space = if row.usage.is_empty() { "" } else { " " };
    let end = match row.form {
        Form::Simple => ";",
        Form::Block(_) | Form::Condition | Form::Table => " { … }",
    };
    format!("{}{space}{}{end}", row.name, row.usage)
}

/// The fragment that a heading gets.
fn anchor(title: &str) -> String {
    title.to_lowercase().replace(' ', "-")
}

/// `text` in lines of at most 100 characters; code in backticks is not broken, and empty lines
/// stay.
fn wrapped(text: &str) -> String {
    text.split("\n\n").map(wrapped_paragraph).collect::<Vec<_>>().join("\n\n")
}

fn wrapped_paragraph(text: &str) -> String {
    let (mut out, mut column) = (String::new(), 0);
    let mut inside_code = false;
    for word in text.split(' ') {
        let len = word.chars().count();
        if column > 0 && column + 1 + len > 100 && !inside_code {
            out.push('\n');
            column = 0;
        } else if column > 0 {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += len;
        inside_code ^= word.matches('`').count() % 2 == 1;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reference_page_is_fresh() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/directives.md");
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(path, reference()).unwrap();
        }
        let page = std::fs::read_to_string(path).unwrap_or_default();
        assert!(
            page == reference(),
            "docs/directives.md is stale: run `UPDATE=1 cargo test -p sitec-compiler reference`"
        );
    }

    #[test]
    fn lines_break_outside_of_code() {
        let long = format!("{} `a b` end", "x".repeat(98));
        assert_eq!(wrapped(&long), format!("{}\n`a b` end", "x".repeat(98)));
        let code = format!("`{} a b` end", "x".repeat(97));
        assert_eq!(wrapped(&code), format!("`{} a b`\nend", "x".repeat(97)));
        assert_eq!(wrapped(&format!("a\n\n{}", "b ".repeat(50).trim())).lines().count(), 3);
    }
}
