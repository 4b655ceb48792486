//! The map for a terminal: for each server its addresses and a table of its locations.

use std::fmt::Write;

use super::{Kind, Map, Reached, Row, Server};

/// Columns: line, location, methods, what it does.
const COLUMNS: usize = 4;
/// What stands before each line, and between two columns.
const INDENT: &str = "  ";
const GAP: usize = 2;
/// A space at which no line is broken, while there are columns.
const UNBROKEN: &str = "\u{a0}";
/// The last column is not made narrower than this.
const LEAST: usize = 24;

impl Map<'_> {
    /// The map as tables, in lines of at most `width` characters where there is such a bound.
    pub fn table(&self, width: Option<usize>) -> String {
        let mut out = String::new();
        for server in &self.servers {
            if !out.is_empty() {
                out.push('\n');
            }
            self.server_table(&mut out, server, width);
        }
        let others = match self.places.unreachable.len() {
            0 => return out,
            1 => "a location".to_owned(),
            count => format!("{count} locations"),
        };
        let _ =
            writeln!(out, "\nnot shown: {others} that nothing comes to; `sitec check` says why");
        out
    }

    fn server_table(&self, out: &mut String, server: &Server, width: Option<usize>) {
        let names =
            if server.names.is_empty() { "without a name" } else { &server.names.join(" ") };
        let _ = writeln!(out, "server {names} ({})", server.place);
        for Reached { address, tls, is_default } in &server.listens {
            let over = if *tls { ", over TLS" } else { "" };
            let default = if *is_default { ", for every other host too" } else { "" };
            let _ = writeln!(out, "{INDENT}on {address}{over}{default}");
        }
        out.push('\n');
        let head = ["line", "location", "methods", "what it does"].map(str::to_owned);
        // A server that locations leave nothing to has a line where its error pages are to be told.
        let says = |row: &&Row| row.kind != Kind::Server || !row.error_pages.is_empty();
        let lines: Vec<_> = server.shown().filter(says).map(|row| self.cells(row)).collect();
        let rows: Vec<_> = [head].into_iter().chain(lines).collect();
        let widths = widths(&rows, width.map(|width| width.saturating_sub(INDENT.len())));
        for row in &rows {
            write_row(out, row, widths);
        }
    }

    fn cells(&self, row: &Row) -> [String; COLUMNS] {
        let mut does = row.does.clone();
        for (statuses, target) in &row.error_pages {
            let _ = write!(does, "; {statuses}: {target}");
        }
        let does = does.trim_start_matches("; ").to_owned();
        [self.line(&row.place).to_owned(), located(row), row.methods.clone(), does]
    }
}

/// A location in the table: modifiers in a column of their own, what is nested further in.
fn located(row: &Row) -> String {
    let indent = "  ".repeat(row.depth);
    match row.kind {
        Kind::Rest | Kind::Server | Kind::Within => row.named(),
        Kind::Named => format!("@{}", row.path),
        // Where a line is broken, it is not between the two.
        kind => format!("{indent}{:<2} {}", kind.modifier(), row.path).replace(' ', UNBROKEN),
    }
}

/// How wide each column is. Where not all fit, locations and methods give way first, and then
/// what it does is wrapped.
fn widths(rows: &[[String; COLUMNS]], width: Option<usize>) -> [usize; COLUMNS] {
    let mut widths = [0; COLUMNS];
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let Some(width) = width else { return widths };
    let [line, location, methods, does] = &mut widths;
    let gaps = GAP * (COLUMNS - 1);
    let used = |location: usize, methods: usize| *line + location + methods + gaps;
    if used(*location, *methods) + (*does).min(LEAST) > width {
        *methods = (*methods).min(width / 6).max("methods".len());
        let left = width.saturating_sub(used(0, *methods) + (*does).min(LEAST));
        *location = (*location).min(left.max("any other path".len()));
    }
    *does = (*does).min(width.saturating_sub(used(*location, *methods)).max(LEAST / 2));
    widths
}

/// Writes a row, in as many lines as its longest cell needs.
fn write_row(out: &mut String, row: &[String; COLUMNS], widths: [usize; COLUMNS]) {
    let cells: Vec<_> = row.iter().zip(widths).map(|(cell, width)| wrap(cell, width)).collect();
    let lines = cells.iter().map(Vec::len).max().unwrap_or(0);
    for number in 0..lines {
        let mut line = INDENT.to_owned();
        for (cell, width) in cells.iter().zip(widths) {
            let text = cell.get(number).map_or("", String::as_str);
            let _ = write!(line, "{text:<width$}{:GAP$}", "");
        }
        let _ = writeln!(out, "{}", line.replace(UNBROKEN, " ").trim_end());
    }
}

/// A text in lines of at most `width` characters, broken at spaces where that is possible.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut rest: Vec<char> = text.chars().collect();
    while rest.len() > width.max(1) {
        let fits = &rest[..=width.max(1)];
        let space = fits
            .iter()
            .rposition(|&c| c == ' ')
            .filter(|&at| at > 0 && rest[..at].iter().any(|&c| c != ' '));
        let end = space.unwrap_or(width.max(1));
        lines.push(rest[..end].iter().collect());
        rest.drain(..end + usize::from(space.is_some()));
    }
    lines.push(rest.into_iter().collect());
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_wrapped() {
        let cases: &[(&str, usize, &[&str])] = &[
            ("", 4, &[""]),
            ("abcd", 4, &["abcd"]),
            ("ab cd", 4, &["ab", "cd"]),
            ("ab cd ef", 5, &["ab cd", "ef"]),
            ("abcdefg h", 4, &["abcd", "efg", "h"]),
            ("   /abcd", 5, &["   /a", "bcd"]),
            ("éééé é", 4, &["éééé", "é"]),
        ];
        for (text, width, expected) in cases {
            assert_eq!(wrap(text, *width), *expected, "{text:?}");
        }
    }
}
