//! Sites as a whole: what is said of them, and that it is true.

mod clients;
mod disk;
mod elsewhere;
mod reach;
mod redirects;

use std::path::Path;

use crate::diagnostic::Levels;
use crate::files::Memory;
use crate::{compile, compile_with};

const FILES: &[(&str, &str)] = &[
    ("www/index.html", ""),
    ("www/404.html", ""),
    ("www/assets/a.js", ""),
    ("/usr/bin/php-cgi", ""),
];

/// What is said about a server with these directives: each code, the line in it (from 1), and
/// the notes.
fn said(inside: &str) -> Vec<String> {
    said_with(inside, Levels::default())
}

fn said_with(inside: &str, levels: Levels) -> Vec<String> {
    said_beside("", inside, levels)
}

/// `top` is what stands before the server, in its line.
fn said_beside(top: &str, inside: &str, levels: Levels) -> Vec<String> {
    let conf = format!("{top} server {{ listen 8080;\n{inside}\n}}");
    let files = Memory::new(FILES.iter().copied().chain([("site.conf", &conf[..])]));
    let compilation = compile_with(&files, Path::new("site.conf"), levels);
    let found = compilation.diagnostics.sorted().into_iter().map(|diagnostic| {
        let (line, _) = compilation.sources.line_column(diagnostic.primary.span);
        let notes = diagnostic.notes.iter().map(|note| format!(" [{note}]")).collect::<String>();
        format!("{} {}{notes}", diagnostic.code, line - 1)
    });
    found.collect()
}

#[track_caller]
fn check(inside: &str, expected: &[&str]) {
    assert_eq!(said(inside), expected, "{inside}");
}

/// What is said about a server with these directives, whose root has these files.
fn said_of(files: &[&str], inside: &str) -> Vec<String> {
    let conf = format!("server {{ listen 8080; root site;\n{inside}\n}}");
    let files = files.iter().map(|&path| (path, ""));
    let files = Memory::new(files.chain([("site/index.html", ""), ("site.conf", &conf)]));
    let compilation = compile(&files, Path::new("site.conf"));
    let sorted = compilation.diagnostics.sorted();
    sorted.into_iter().map(|found| format!("{} {}", found.severity, found.code)).collect()
}
