//! The walk over the catalogue: each bad conf has exactly its mistake, at the place marked,
//! and each good one has none.

use std::collections::BTreeSet;
use std::path::Path;

use super::{Check, Entry, all, explain, find, index, page};
use crate::compile_with;
use crate::diagnostic::{Levels, Severity};
use crate::files::Memory;

/// What is on the disk for all confs.
const FILES: &[(&str, &str)] = &[
    ("www/index.html", ""),
    ("www/404.html", ""),
    ("www/style.css", ""),
    ("/srv/www/index.html", ""),
    ("/usr/bin/python3", ""),
];

/// What is there for this check, and its conf as `site.conf`.
pub(crate) fn disk(check: &Check, conf: &str) -> Memory {
    let mut files = Memory::new(FILES.iter().copied().chain([("site.conf", conf)]));
    for entry in check.files {
        match *entry {
            Entry::File(path, text) => files = files.with(path, text),
            Entry::Private(path) => files.add_private(path),
            Entry::Long(path, len) => files.add_long(path, len),
            Entry::Newer(path) => files.touch(path),
            Entry::Link(path, target) => files.add_link(path, target),
        }
    }
    files
}

/// The severity, code and place of all that is said about a conf, and the text of it.
fn findings(check: &Check, conf: &str) -> (Vec<(Severity, &'static str, usize, usize)>, String) {
    let lints = check.severity == Severity::Lint;
    let levels = Levels { lints, ..Levels::default() };
    let compilation = compile_with(&disk(check, conf), Path::new("site.conf"), levels);
    let findings = compilation.diagnostics.sorted().into_iter().map(|found| {
        let span = found.primary.span;
        (found.severity, found.code, span.start as usize, span.end as usize)
    });
    (findings.collect(), compilation.diagnostics.render(&compilation.sources, false))
}

#[test]
fn bad_confs_have_exactly_their_mistake() {
    let mut wrong = String::new();
    for check in all() {
        let start = check.bad.find('⟪').unwrap_or_else(|| panic!("{}: no place", check.code));
        let end = check.bad.find('⟫').expect(check.code) - '⟪'.len_utf8();
        let (found, text) = findings(check, &check.bad_conf());
        if found != [(check.severity, check.code, start, end)] {
            wrong += &format!("{}\n{}\n{text}\n", check.code, check.bad);
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn good_confs_are_clean() {
    let mut wrong = String::new();
    for check in all() {
        let (found, text) = findings(check, check.good);
        if !found.is_empty() {
            wrong += &format!("{}\n{}\n{text}\n", check.code, check.good);
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn rows_are_complete() {
    let mut seen = BTreeSet::new();
    for check in all() {
        assert!(
            seen.insert(check.code) && seen.insert(check.name),
            "{} is there twice",
            check.code
        );
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        assert!(check.name.chars().all(plain), "{}", check.name);
        assert!(check.meaning.ends_with('.') && !check.meaning.contains("  "), "{}", check.code);
        assert!(std::ptr::eq(find(check.code).unwrap(), check));
        assert!(explain(check).contains(check.name));
    }
    assert!(super::GROUPS.iter().all(|group| group.checks.is_sorted_by_key(|check| check.code)));
}

/// The codes in string literals of the sources, but for the catalogue and tests.
fn raised(folder: &Path, codes: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && name != "catalogue" && name != "tests" {
            raised(&path, codes);
        } else if name.ends_with(".rs") && name != "tests.rs" {
            let text = std::fs::read_to_string(&path).unwrap();
            let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
            codes.extend(text.split('"').filter(|part| is_code(part)).map(str::to_owned));
        }
    }
}

fn is_code(text: &str) -> bool {
    matches!(text.as_bytes(), [b'A'..=b'Z', b'0'..=b'9', b'0'..=b'9'])
}

#[test]
fn what_is_raised_is_in_the_catalogue() {
    let mut codes = BTreeSet::new();
    raised(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src")), &mut codes);
    let rows: BTreeSet<_> = all().map(|check| check.code.to_owned()).collect();
    let missing: Vec<_> = codes.difference(&rows).collect();
    assert!(missing.is_empty(), "add a row to compiler/src/catalogue for {missing:?}");
    let never: Vec<_> = rows.difference(&codes).collect();
    assert!(never.is_empty(), "nothing raises {never:?}");
}

#[test]
fn pages_are_fresh() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/checks");
    let mut pages: Vec<_> =
        all().map(|check| (format!("{}.md", check.code), page(check))).collect();
    pages.push(("README.md".to_owned(), index()));
    if std::env::var_os("UPDATE").is_some() {
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        for (name, text) in &pages {
            std::fs::write(folder.join(name), text).unwrap();
        }
    }
    let stale = "is stale: run `UPDATE=1 cargo test -p sitec-compiler pages_are_fresh`";
    for (name, text) in &pages {
        let found = std::fs::read_to_string(folder.join(name)).unwrap_or_default();
        assert!(found == *text, "docs/checks/{name} {stale}");
    }
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), pages.len(), "docs/checks {stale}");
}

/// What a message says to type leaves no error, and the same is not said again.
#[test]
fn patches_of_bad_confs_compile() {
    let mut wrong = String::new();
    // What a test of the conf expects is for its author to say.
    for check in all().filter(|check| !check.code.starts_with('E')) {
        let conf = check.bad_conf();
        let compile = |conf: &str| {
            let lints = check.severity == Severity::Lint;
            let levels = Levels { lints, ..Levels::default() };
            compile_with(&disk(check, conf), Path::new("site.conf"), levels)
        };
        let compilation = compile(&conf);
        let helps = compilation.diagnostics.sorted()[0].helps.clone();
        for (span, text) in helps.into_iter().filter_map(|help| help.patch) {
            let parts = [&conf[..span.start as usize], &text, &conf[span.end as usize..]];
            let patched = compile(&parts.concat());
            let again = patched.diagnostics.sorted().iter().any(|found| found.code == check.code);
            if patched.site.is_none() || again {
                let said = patched.diagnostics.render(&patched.sources, false);
                wrong += &format!("{}\n{}\n{said}\n", check.code, parts.concat());
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}
