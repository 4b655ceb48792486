//! Differences of small confs.

use std::path::Path;

use proptest::prelude::*;

use super::{Difference, Side, diff};
use crate::answer::{Answers, End, Request};
use crate::files::Memory;
use crate::sketch;
use crate::{Compilation, compile};

fn compiled(text: &str) -> Compilation {
    let files = ["www/index.html", "www/404.html", "other/index.html", "up/a", "/usr/bin/php"];
    let files = Memory::new(files.map(|path| (path, "")).into_iter().chain([("site.conf", text)]));
    let compilation = compile(&files, Path::new("site.conf"));
    let said = compilation.diagnostics.render(&compilation.sources, false);
    assert!(compilation.site.is_some(), "{said}");
    compilation
}

fn side(compilation: &Compilation) -> Side<'_> {
    let Compilation { site, places, sources, .. } = compilation;
    Side { site: site.as_ref().unwrap(), places, sources, folder: Path::new("") }
}

fn compare(old: &str, new: &str) -> Difference {
    let (old, new) = (compiled(old), compiled(new));
    let difference = diff(side(&old), side(&new));
    assert!(difference.complete);
    difference
}

/// `METHOD URL: STATUS -> STATUS: DIRECTIVES` of each change in the body of one server.
fn changes(old: &str, new: &str) -> Vec<String> {
    let conf = |body: &str| format!("server {{ listen 80; server_name a.test; {body} }}");
    let difference = compare(&conf(old), &conf(new));
    let status = |status: Option<u16>| status.map_or("-".to_owned(), |status| status.to_string());
    let shown = difference.changes.iter().map(|change| {
        let witness = change.witness.as_ref().unwrap();
        let names: Vec<_> = change.directives.iter().map(|(name, ..)| *name).collect();
        let path = witness.url.strip_prefix("http://a.test").unwrap_or(&witness.url);
        let (was, becomes) = (status(change.was.status), status(change.becomes.status));
        let names = names.join(", ");
        format!("{} {path}: {was} -> {becomes}: {names}", witness.method).trim_end().to_owned()
    });
    shown.collect()
}

#[test]
fn what_is_handled_alike_is_no_difference() {
    for (old, new) in [
        ("root www;", "root www;"),
        ("root www; location / { }", "root www;"),
        (
            "location /a { return 200; } location /b { return 201; }",
            "location /b { return 201; } location /a { return 200; }",
        ),
        ("location /a { return 200; }", "location ~ ^/a { return 200; }"),
        (
            "location ~ ^/a|^/b { return 200; }",
            "location ~ ^/b { return 200; } location ~ ^/[ab] { return 200; }",
        ),
        (
            "location = /a { return 200; } location /a { return 200; }",
            "location /a { return 200; }",
        ),
        // What is behind a location that takes all is not reached.
        (
            "location ~ ^/a { return 200; }",
            "location ~ ^/a { return 200; } location ~ ^/ab { return 404; }",
        ),
    ] {
        assert_eq!(changes(old, new), Vec::<String>::new(), "{old} and {new}");
    }
}

#[test]
fn each_class_has_a_witness() {
    let cases: &[(&str, &str, &[&str])] = &[
        ("return 200;", "return 204;", &["GET /: 200 -> 204: return"]),
        (
            "location /a { return 200; }",
            "location /a/ { return 200; }",
            &["GET /a: 200 -> 404: methods, return"],
        ),
        (
            "location ~ ^/a { return 200; }",
            "location ~ ^/ab { return 200; }",
            &["GET /a: 200 -> 404: methods, return"],
        ),
        (
            r"location ~ \.(gif|png)$ { return 200; }",
            r"location ~ \.gif$ { return 200; }",
            &["GET /a.png: 200 -> 404: methods, return"],
        ),
        (
            r"location ~ \.gif$ { return 200; }",
            r"location ~* \.gif$ { return 200; }",
            &["GET /a.giF: 404 -> 200: methods, return"],
        ),
        (
            "location ^~ /a/ { return 200; } location ~ b$ { return 201; }",
            "location /a/ { return 200; } location ~ b$ { return 201; }",
            &["GET /a/b: 200 -> 201: return"],
        ),
        (
            "root www; client_max_body_size 1m;",
            "root www; client_max_body_size 2m;",
            &["GET /: 200 -> 200: client_max_body_size"],
        ),
        ("root www;", "root other;", &["GET /: 200 -> 200: root"]),
        ("root www;", "root www; methods GET POST;", &["POST /: 405 -> 405: methods"]),
        (
            "root www; error_page 404 /404.html;",
            "root www; error_page 404 =200 /404.html;",
            &["GET /: 200 -> 200: error_page"],
        ),
        (
            "root www; large_client_header_buffers 4 8k;",
            "root www; large_client_header_buffers 4 16k;",
            &["GET /: 200 -> 200: large_client_header_buffers"],
        ),
        (
            "root www; location /x { deny all; }",
            "root www; location /x { }",
            &["GET /x: 403 -> 200: allow, deny"],
        ),
    ];
    for (old, new, expected) in cases {
        assert_eq!(changes(old, new), *expected, "{old} and {new}");
    }
}

#[test]
fn named_locations_are_compared_by_what_leads_there() {
    let conf = |text: &str| {
        format!(
            "root www; location / {{ try_files $uri @x; }} location @x {{ return 200 {text}; }}"
        )
    };
    let found = changes(&conf("a"), &conf("b"));
    assert_eq!(found, ["GET /: 200 -> 200:", "GET /: - -> -: return"]);
}

#[test]
fn hosts_and_addresses_are_compared() {
    let old = "server { listen 80 default_server; return 200; }
               server { listen 80; server_name b.test; return 201; }";
    let new = "server { listen 80 default_server; return 200; }
               server { listen 80; server_name *.b.test; return 201; }";
    let difference = compare(old, new);
    let urls = difference.changes.iter().map(|change| change.witness.as_ref().unwrap().url.clone());
    assert_eq!(urls.collect::<Vec<_>>(), ["http://a.b.test/", "http://b.test/"]);
    // A host that a regex takes may end in another name, or not.
    let old = "server { listen 80 default_server; return 200; }
               server { listen 80; server_name *.b.test; return 201; }";
    let new = "server { listen 80 default_server; return 200; }
               server { listen 80; server_name ~a[.]b; return 202; }";
    let mut ends: Vec<_> = compare(old, new)
        .changes
        .into_iter()
        .map(|change| (change.was.status, change.becomes.status))
        .collect();
    ends.sort();
    let all = [(200, 202), (201, 200), (201, 202)];
    assert_eq!(ends, all.map(|(was, becomes)| (Some(was), Some(becomes))));
    // What a front is tried with is no end of another name.
    let new = "server { listen 80; server_name .a; return 200; }
               server { listen 80; server_name b.*; return 203; }";
    let fronts = compare("server { listen 80; return 200; }", new).changes;
    assert_eq!(fronts[0].witness.as_ref().unwrap().url, "http://b.c/");
    let moved = compare("server { listen 80; return 200; }", "server { listen 81; return 200; }");
    let ends = moved.changes.iter().map(|change| (&change.was.end[..], &change.becomes.end[..]));
    assert_eq!(
        ends.collect::<Vec<_>>(),
        [("", "nobody listens there"), ("nobody listens there", "")]
    );
    let workers = compare(
        "server { listen 80; return 200; }",
        "worker_processes 2; server { listen 80; return 200; }",
    );
    assert_eq!(workers.changes[0].witness, None);
    assert_eq!(workers.changes[0].directives[0], ("worker_processes", "1".into(), "2".into()));
}

#[test]
fn differences_are_shown() {
    let difference = compare(
        "server { listen 80; server_name a.test; location /a { return 200 x; } }",
        "server { listen 80; server_name a.test; location /a { return 301 /b; } }",
    );
    let text = "GET http://a.test/a
    was      200: the text \"x\" is sent; location /a (site.conf:1)
    becomes  301: the page of the status is sent; location /a (site.conf:1)
    return: `200 \"x\"` -> `301 \"/b\"`
";
    assert_eq!(difference.text(), text);
    let json = difference.json();
    assert_eq!(json["complete"], true);
    let change = &json["changes"][0];
    assert_eq!((&change["method"], &change["url"]), (&"GET".into(), &"http://a.test/a".into()));
    assert_eq!(change["becomes"]["status"], 301);
    assert_eq!(change["was"]["location"], "location /a");
    assert_eq!(change["directives"][0]["directive"], "return");
}

/// What a drawn conf answers to a request, and where the deciding location is.
fn asked(side: Side<'_>, host: &str, path: &str) -> (End, String) {
    let request = Request::at(side.site, 0, "GET", host.as_bytes(), path.as_bytes());
    let files = Memory::new::<&str>([]);
    let answer = Answers::new(side.site, &files, side.folder).to(&request);
    let location = answer.deciding()[0];
    (answer.end, side.sources.place(side.places.locations[location as usize].span))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn every_request_that_is_answered_differently_is_of_a_class(
        old in sketch::sketches(),
        new in sketch::sketches(),
        requests in proptest::collection::vec((sketch::hosts(), sketch::paths()), 40),
    ) {
        let (old, new) = (compiled(&old.conf()), compiled(&new.conf()));
        let (old, new) = (side(&old), side(&new));
        prop_assert_eq!(diff(old, old).changes, []);
        let difference = diff(old, new);
        for (host, path) in requests {
            let (was, becomes) = (asked(old, &host, &path), asked(new, &host, &path));
            let is_it = |change: &&super::Change| {
                (&change.was.place, &change.becomes.place) == (&was.1, &becomes.1)
            };
            let told = difference.changes.iter().any(|change| is_it(&change));
            prop_assert!(was.0 == becomes.0 || told || !difference.complete, "{} {}", host, path);
        }
    }
}
