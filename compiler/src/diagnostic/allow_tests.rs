//! `allow` comments and levels, over whole confs.

use std::path::Path;

use super::Levels;
use crate::compile_with;
use crate::files::Memory;

/// The severity and code of all that is said about a conf, in the order of the places.
fn said(conf: &str, levels: Levels) -> Vec<String> {
    let files = Memory::new([("site.conf", conf), ("www/index.html", "")]);
    let compilation = compile_with(&files, Path::new("site.conf"), levels);
    let sorted = compilation.diagnostics.sorted();
    assert_eq!(compilation.site.is_none(), compilation.diagnostics.has_errors(), "{conf}");
    sorted.iter().map(|found| format!("{} {}", found.severity, found.code)).collect()
}

fn said_by_default(conf: &str) -> Vec<String> {
    said(conf, Levels::default())
}

/// Two warnings on lines 2 and 3, and a server.
fn conf(first: &str, second: &str) -> String {
    format!("{first}\nerror_log off; {second}\ndaemon off;\nserver {{ listen 8080; root www; }}\n")
}

#[test]
fn an_allow_silences_one_check_at_one_place() {
    let cases: &[(&str, &str, &[&str])] = &[
        ("", "", &["warning D11", "warning D08"]),
        ("# sitec: allow(D11) so it is", "", &["warning D08"]),
        ("", "# sitec: allow(D11) so it is", &["warning D08"]),
        ("# sitec: allow(error-log-off) so it is", "", &["warning D08"]),
        ("#sitec:allow( D11 ) so it is", "", &["warning D08"]),
        ("# sitec: allow(D11) so it is\n# more", "", &["warning D08"]),
        ("# sitec: allow(D11) so\n# sitec: allow(D14) so", "", &["warning Y12", "warning D08"]),
        ("# sitec: allow(D11, D08) so it is", "", &["warning Y12", "warning D08"]),
        // A blank line is between them; the next line is another place.
        ("# sitec: allow(D11) so\n", "", &["warning Y12", "warning D11", "warning D08"]),
        ("# sitec: allow(D08) so", "", &["warning Y12", "warning D11", "warning D08"]),
        // Not understood: one message, and what it was meant for is not shown as well.
        ("# sitec: allow(D11)", "", &["error Y13", "warning D08"]),
        ("# sitec: allow(D11", "", &["error Y13", "warning D08"]),
        ("# sitec: allow() why", "", &["error Y13", "warning D11", "warning D08"]),
        ("# sitec: allow why", "", &["error Y13", "warning D11", "warning D08"]),
        ("# sitec: allow(D99) why", "", &["error Y13", "warning D11", "warning D08"]),
        // Something else is said there.
        ("# sitec: builds this", "", &["warning D11", "warning D08"]),
        ("# allow(D11) so it is", "", &["warning D11", "warning D08"]),
    ];
    for (first, second, expected) in cases {
        assert_eq!(said_by_default(&conf(first, second)), *expected, "{first} | {second}");
    }
}

#[test]
fn an_allow_holds_for_a_whole_directive() {
    let conf =
        "# sitec: allow(D11) so it is\nerror_log\n    off;\nserver { listen 8080; root www; }";
    assert!(said_by_default(conf).is_empty());
}

#[test]
fn what_leaves_no_site_cannot_be_allowed() {
    let conf =
        "server {\n listen 8080;\n # sitec: allow(T01) so\n client_max_body_size 99999999999g;\n}";
    assert_eq!(said_by_default(conf), ["error T01"]);
    let levels = Levels { allow: vec!["T01"], ..Levels::default() };
    assert_eq!(said(&conf.replace("# sitec: allow(T01) so", ""), levels), ["error T01"]);
}

#[test]
fn levels_set_severities() {
    let deny = |codes: &[&'static str]| Levels { deny: codes.to_vec(), ..Levels::default() };
    let warnings = Levels { deny_warnings: true, ..Levels::default() };
    let allowed = Levels { allow: vec!["D11"], ..warnings.clone() };
    for (levels, expected) in [
        (deny(&["D11"]), &["error D11", "warning D08"][..]),
        (warnings, &["error D11", "error D08"]),
        (allowed, &["error D08"]),
    ] {
        assert_eq!(said(&conf("", ""), levels.clone()), expected, "{levels:?}");
    }
    assert_eq!(said(&conf("# sitec: allow(D11) so", ""), deny(&["D11"])), ["warning D08"]);
}
