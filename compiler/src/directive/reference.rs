//! The reference page, docs/directives.md, written from the table.

use std::fmt::Write;

use super::{Directive, Form, GROUPS, Merge, with_params};
use crate::wrap::wrapped;

const HEAD: &str = "\
# Directives

Every directive of a site.conf. A name that nginx has too means what it means there, unless a line
here says **Differs from nginx**. What stands at top level counts as `main`, `events` and `http` at
once, so a conf may begin with `server { … }`.

This page is written from the table in `compiler/src/directive`; change it there and run
`UPDATE=1 cargo test -p sitec-compiler reference`.
";

/// How long a line of the page is, and one on a terminal.
const WIDTH: usize = 100;
const TERMINAL: usize = 80;

/// The text of docs/directives.md.
pub fn reference() -> String {
    let mut page = HEAD.to_owned();
    page.push_str("\n| | |\n|---|---|\n");
    for group in GROUPS {
        let links: Vec<_> = group
            .rows
            .iter()
            .map(|row| format!("[`{}`](#{})", row.name, anchor(&row.heading())))
            .collect();
        let _ =
            writeln!(page, "| [{}](#{}) | {} |", group.title, anchor(group.title), links.join(" "));
    }
    for group in GROUPS {
        let _ = write!(page, "\n## {}\n\n{}\n", group.title, wrapped(group.about, WIDTH));
        for row in group.rows {
            write_row(&mut page, row);
        }
    }
    page
}

fn write_row(page: &mut String, row: &Directive) {
    let _ = write!(page, "\n### {}\n\n", row.heading());
    write_body(page, row);
}

/// The same for an editor: what stands beneath the heading, without links.
pub(crate) fn markdown(row: &Directive) -> String {
    let mut text = String::new();
    write_body(&mut text, row);
    without_links(&text)
}

fn write_body(page: &mut String, row: &Directive) {
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
    facts.extend(how_often(row).map(str::to_owned));
    let doc = row.doc.replace("{with_params}", &with_params());
    let _ = writeln!(page, "{}\n\n{}", facts.join(" · "), wrapped(&doc, WIDTH));
    if let Some(example) = row.example() {
        let _ = write!(page, "\n**Example**\n\n```nginx\n{example}\n```\n");
    }
    let differs = match &row.difference()[..] {
        "" => return,
        own if own.starts_with("sitec's own") => format!("**{own}**"),
        differs => format!("**Differs from nginx**: {differs}"),
    };
    let _ = write!(page, "\n{}\n", wrapped(&differs, WIDTH));
}

/// The same for a terminal: what it is, an example, and what to know of it.
pub(crate) fn explain(row: &Directive) -> String {
    let contexts: Vec<_> = row.contexts.iter().map(|context| context.name()).collect();
    let mut text = format!("{}\n\n  in        {}\n", syntax(row), contexts.join(", "));
    let default = row.default_words();
    if !default.is_empty() {
        let _ = writeln!(text, "  default   {} {default}", row.name);
    }
    if row.params > 0 {
        text += "  param     may hold ${NAME}\n";
    }
    for fact in how_often(row) {
        let _ = writeln!(text, "  {fact}");
    }
    let doc = row.doc.replace("{with_params}", &with_params());
    let _ = write!(text, "\n{}\n", wrapped(&without_links(&doc), TERMINAL));
    if let Some(example) = row.example() {
        let _ = write!(text, "\nExample:\n\n    {}\n", example.replace('\n', "\n    "));
    }
    match &row.difference()[..] {
        "" => {}
        own if own.starts_with("sitec's own") => {
            let _ = write!(text, "\n{}\n", wrapped(own, TERMINAL));
        }
        differs => {
            let differs = format!("Differs from nginx: {}", without_links(differs));
            let _ = write!(text, "\n{}\n", wrapped(&differs, TERMINAL));
        }
    }
    text
}

/// Whether it may stand several times, and holds within.
fn how_often(row: &Directive) -> impl Iterator<Item = &'static str> {
    let inherited = match row.merge {
        Merge::None => None,
        Merge::Inherit => Some("inherited"),
        Merge::InheritAll => Some("inherited, all of them, where there are none of its own"),
    };
    row.repeats.then_some("may repeat").into_iter().chain(inherited)
}

/// A text with the words of links alone: `[TLS](tls.md)` is `TLS`.
fn without_links(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, link)) = rest.split_once("](") {
        let Some((begin, (_, after))) = before.rfind('[').zip(link.split_once(')')) else { break };
        out += &before[..begin];
        out += &before[begin + 1..];
        rest = after;
    }
    out + rest
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

/// The fragment that a heading gets from code hosts and in the book.
fn anchor(title: &str) -> String {
    let kept = title.chars().filter(|char| char.is_alphanumeric() || " -_".contains(*char));
    kept.collect::<String>().to_lowercase().replace(' ', "-")
}

#[cfg(test)]
mod tests {
    use super::super::{all, find};
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
    fn a_row_is_explained_without_markdown() {
        let told = explain(find("ssl_certificate").unwrap());
        assert!(told.starts_with("ssl_certificate FILE;\n\n  in        http, server\n"), "{told}");
        assert!(told.contains("\nExample:\n\n    listen 443 ssl;\n    ssl_certificate "), "{told}");
        for row in all() {
            let told = explain(row);
            assert!(!told.contains("]("), "{told}");
        }
        let cases = [("a [b](c.md#d), e [f](g).", "a b, e f."), ("`x[1](`", "`x[1](`"), ("", "")];
        for (text, plain) in cases {
            assert_eq!(without_links(text), plain);
        }
    }
}
