//! Whole renderings, as a user reads them: read them so before a change is accepted.

use std::fmt::Write;

use proptest::prelude::*;

use super::{Diagnostic, Diagnostics, json, sarif};
use crate::files::Memory;
use crate::source::{Sources, Span};
use crate::testing::diagnose_files;

/// Compares what is said about each conf with the snapshot of the test.
#[track_caller]
fn check(name: &str, cases: &[(&str, &dyn AsRef<[u8]>)]) {
    let mut settings = insta::Settings::clone_current();
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, rendered(cases)));
}

/// Each conf's title, and what is said about it.
fn rendered(cases: &[(&str, &dyn AsRef<[u8]>)]) -> String {
    let mut all = String::new();
    for (title, text) in cases {
        let included: [(&str, &[u8]); 3] = [
            ("site.conf", text.as_ref()),
            ("a.conf", b"# The first one.\nserver {\n    root a;\n    include b.conf;\n}\n"),
            ("b.conf", b"# The second one.\nroot b;\ninclude a.conf;\n"),
        ];
        let (diagnostics, sources) = diagnose_files(&Memory::new(included));
        let text = diagnostics.render(&sources, false);
        assert!(text.lines().all(|line| line.trim_end() == line), "trailing blanks: {text}");
        writeln!(all, "==== {title} ({}) ====\n{text}", diagnostics.summary()).unwrap();
    }
    all
}

#[test]
fn syntax() {
    check(
        "syntax",
        &[
            ("missing semicolon", &"server {\n    root www\n    index a.html;\n}\n"),
            ("missing semicolon before a brace", &"server {\n    root www\n}\n"),
            ("missing semicolon at the end", &"user www"),
            (
                "missing brace",
                &"server {\n    location /a {\n        root a;\n\n    location /b {\n        root b;\n    }\n}\n",
            ),
            ("missing brace at the end", &"server {\n    listen 80;\n"),
            ("missing braces at the end", &"server {\n    location / {\n"),
            ("stray brace", &"server {\n    listen 80;\n    }\n    root www;\n}\n"),
            ("missing opening brace", &"server {\n    location /\n        root www;\n    }\n}\n"),
            ("unterminated string", &"server {\n    return 200 \"hi;\n    root \"www\";\n}\n"),
            ("typographic quotes", &"server {\n    server_name “a.test”;\n}\n"),
            ("no-break space", &"server {\n    listen\u{A0}80;\n}\n"),
            ("full-width semicolon", &"server {\n    listen 80；\n}\n"),
            ("unquoted regex", &"server {\n    location ~ ^/\\d{3}$ {\n    }\n}\n"),
            ("bad modifier", &"server {\n    location =~ ^/x {\n    }\n}\n"),
            ("after a quote", &"server {\n    root \"www\"/html;\n}\n"),
        ],
    );
}

#[test]
fn structure() {
    check(
        "structure",
        &[
            ("unknown", &"server {\n    lisen 80;\n}\n"),
            ("unknown here", &"serve_name a;\n"),
            ("glued", &"server {\n    location/api { }\n}\n"),
            ("not ours", &"server {\n    location / {\n        redis_pass app:6379;\n    }\n}\n"),
            ("of others", &"server {\n    allowed_methods GET POST;\n    cgi_bin x;\n}\n"),
            ("no effect", &"daemon off;\n"),
            ("misplaced", &"server {\n    location / {\n        listen 80;\n    }\n}\n"),
            ("misplaced at top level", &"listen 80;\n"),
            ("too few", &"server {\n    index;\n}\n"),
            ("too many", &"server {\n    root a b;\n}\n"),
            ("equals sign", &"server {\n    root = a;\n}\n"),
            ("twice", &"server {\n    root a;\n    root b;\n}\n"),
            ("no block", &"server;\n"),
            ("block", &"server {\n    root { }\n}\n"),
        ],
    );
}

#[test]
fn files() {
    check(
        "files",
        &[
            ("missing", &"include c.conf;\n"),
            ("nothing", &"include d/*.conf;\n"),
            ("cycle, and a duplicate in two files", &"include a.conf;\n"),
        ],
    );
}

#[test]
fn odd_texts() {
    let long = format!("server {{ server_name {} b; root a b; }}", "a.test ".repeat(60));
    check(
        "odd_texts",
        &[
            ("tabs", &b"server {\n\t\troot\ta\tb;\n}\n"),
            ("CRLF", &b"server {\r\n    root a b;\r\n    index\r\n}\r\n"),
            ("long line", &long),
            ("wide characters", &"server { root \u{1F98A}\u{1F98A} 漢字; lisen 80; }"),
            ("not UTF-8", &b"server { root \xFF\xFE b; }"),
            ("control characters", &b"server { \x1b[31mred\x07 b; }"),
            ("byte order mark", &b"\xEF\xBB\xBFserver { root a b; }"),
            ("no line break at the end", &b"\n\nserver { root a"),
            ("blank lines at the end", &b"server {\n\n\n\n"),
        ],
    );
}

#[test]
fn short_form_and_summary() {
    let files = Memory::new([("site.conf", "daemon off;\nserver {\n  lisen 80;\n  root;\n}\n")]);
    let (diagnostics, sources) = diagnose_files(&files);
    assert_eq!(
        diagnostics.short(&sources),
        "site.conf:1:1: warning[D08]: `daemon` has no effect\n\
         site.conf:3:3: error[D01]: unknown directive `lisen`\n\
         site.conf:4:3: error[D05]: `root` takes one parameter, and has none\n"
    );
    assert_eq!(diagnostics.summary(), "2 errors, 1 warning");
    let closing = diagnostics.closing(&sources, false);
    assert_eq!(
        closing.as_deref(),
        Some("error: `site.conf` does not compile: 2 errors, 1 warning")
    );
    let styled = diagnostics.closing(&sources, true).unwrap_or_default();
    assert!(styled.starts_with("\u{1b}[1m\u{1b}[91merror"), "{styled:?}");
    assert!(diagnostics.render(&sources, true).contains('\u{1b}'));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Wherever places lie, even within a character or behind the end of the file, they are shown.
    #[test]
    fn any_place_can_be_shown(
        bytes in prop_oneof!["[aé漢\u{1F98A}\t\r\n]{0,12}".prop_map(String::into_bytes),
            proptest::collection::vec(any::<u8>(), 0..12)],
        places in proptest::collection::vec((0u32..16, 0u32..16), 3),
    ) {
        let mut sources = Sources::default();
        let file = sources.add("site.conf", &bytes);
        let mut spans = places.into_iter().map(|(start, end)| Span { file, start, end });
        let mut span = || spans.next().expect("three places");
        let mut diagnostics = Diagnostics::default();
        diagnostics.push(
            Diagnostic::error("D01", span(), "wrong").also(span(), "here").patch("type", span(), "é"),
        );
        prop_assert!(diagnostics.render(&sources, false).starts_with("error[D01]: wrong\n"));
        prop_assert!(diagnostics.short(&sources).ends_with(": error[D01]: wrong\n"));
        let found = [(&diagnostics, &sources)];
        for text in [json(&found), sarif(&found)] {
            serde_json::from_str::<serde_json::Value>(&text).expect("it is JSON");
        }
    }
}
