//! No false alarms: of confs that are right, nothing is said; and with one slip in them, they are
//! read to their end all the same.
//!
//! Those of `tests/clean` tell in comments what they need: `# files:` what is on the disk, and
//! `# lints:` what is said of them, once each, if lints are asked for.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use sitec_compiler::diagnostic::Levels;
use sitec_compiler::files::{Disk, Files, Memory};
use sitec_compiler::{Compilation, compile, compile_with};

const REPOSITORY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// Programs that the confs name, and machines have.
const PROGRAMS: &[&str] = &[
    "/usr/bin/php-cgi",
    "/usr/bin/python3",
    "/usr/local/bin/git-http-backend",
    "/usr/local/bin/gitweb.cgi",
    "/usr/local/bin/hook",
];

/// Checks that depend on the machine that compiles: its programs, and its limits.
const OF_MACHINE: &[&str] = &["F05", "Z08"];

fn confs(folder: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(Path::new(REPOSITORY).join(folder)).unwrap();
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "conf"));
    paths.sort();
    paths
}

/// The words behind `# NAME:` in the comments of a conf.
fn words<'a>(conf: &'a str, name: &str) -> Vec<&'a str> {
    let front = format!("# {name}:");
    conf.lines()
        .filter_map(|line| line.strip_prefix(&front))
        .flat_map(str::split_whitespace)
        .collect()
}

fn disk(conf: &str) -> Memory {
    let needed = words(conf, "files").into_iter().chain(PROGRAMS.iter().copied());
    Memory::new(needed.map(|path| (path, "")).chain([("site.conf", conf)]))
}

fn said(compilation: &Compilation) -> String {
    compilation.diagnostics.render(&compilation.sources, false)
}

#[test]
fn right_confs_are_clean() {
    let confs = confs("tests/clean");
    assert!(confs.len() >= 25);
    let mut wrong = String::new();
    for path in confs {
        let conf = fs::read_to_string(&path).unwrap();
        let compilation = compile(&disk(&conf), Path::new("site.conf"));
        if !compilation.diagnostics.is_empty() {
            wrong += &format!("{}\n{}\n", path.display(), said(&compilation));
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn lints_are_those_that_are_meant() {
    let levels = || Levels { lints: true, ..Levels::default() };
    let mut wrong = String::new();
    for path in confs("tests/clean") {
        let conf = fs::read_to_string(&path).unwrap();
        let compilation = compile_with(&disk(&conf), Path::new("site.conf"), levels());
        let found: BTreeSet<_> =
            compilation.diagnostics.sorted().into_iter().map(|found| found.code).collect();
        if found != words(&conf, "lints").into_iter().collect() {
            wrong += &format!("{}\n{}\n", path.display(), said(&compilation));
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn the_confs_of_this_repository_are_clean() {
    let sites = fs::read_dir(Path::new(REPOSITORY).join("sites")).unwrap();
    let mut paths: Vec<_> = sites.map(|site| site.unwrap().path().join("site.conf")).collect();
    paths.retain(|path| Disk.kind(path).is_some());
    paths.extend(confs("tests/sites"));
    assert!(paths.len() > 10);
    for path in paths {
        let compilation = compile(&Disk, &path);
        let mut found: Vec<_> =
            compilation.diagnostics.sorted().into_iter().map(|found| found.code).collect();
        found.retain(|code| !OF_MACHINE.contains(code));
        assert!(found.is_empty(), "{}\n{}", path.display(), said(&compilation));
    }
}

/// Words that are wrong nearly everywhere.
const SLIPS: [&str; 3] = ["$nope", "~(", "-1"];

/// With one word of them wrong, confs are still read to their end: there is a site, or an error
/// says why there is none.
#[test]
fn a_slip_in_them_is_reported_or_does_no_harm() {
    let is_end = |c: char| c.is_whitespace() || "{};".contains(c);
    for path in confs("tests/clean") {
        let conf = fs::read_to_string(&path).unwrap();
        let mut at = 0;
        for (number, word) in conf.split_inclusive(is_end).enumerate() {
            let len = word.trim_end_matches(is_end).len();
            if len > 0 {
                let slip = SLIPS[number % SLIPS.len()];
                let slipped = [&conf[..at], slip, &conf[at + len..]].concat();
                let compilation = compile(&disk(&slipped), Path::new("site.conf"));
                let has_site = compilation.site.is_some();
                assert_eq!(has_site, !compilation.diagnostics.has_errors(), "{slipped}");
            }
            at += word.len();
        }
    }
}
