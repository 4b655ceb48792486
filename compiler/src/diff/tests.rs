//! Differences of small confs.

use std::path::Path;

use proptest::prelude::*;

use super::views::{Disk, View};
use super::{Difference, Side, Witness, diff};
use crate::answer::{Answers, End, Field, Request, Shown};
use crate::files::Memory;
use crate::sketch;
use crate::{Compilation, compile};

fn compiled(text: &str) -> Compilation {
    let files = [
        "www/index.html",
        "www/404.html",
        "other/index.html",
        "other/404.html",
        "up/a",
        "/usr/bin/php",
    ];
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
        (
            "root www; error_log stderr; error_log stdout info;",
            "root www; error_log stdout info; error_log stderr;",
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
fn what_changes_alike_everywhere_is_told_once() {
    let places = "root www; location /a/ { root www; } location /b/ { root other; expires 1h; }
        location /c/ { root other; }";
    let with = |more: &str| format!("{more} {places}");
    let conf = |body: &str| format!("server {{ listen 80; server_name a.test; {body} }}");
    let difference = compare(&conf(&with("")), &conf(&with("gzip on; etag off;")));
    let [change] = &difference.changes[..] else { panic!("{}", difference.text()) };
    let names: Vec<_> = change.directives.iter().map(|(name, ..)| *name).collect();
    assert_eq!(names, ["etag", "gzip"]);
    assert_eq!(change.others.len(), 3, "{:?}", change.others);
    assert!(difference.text().contains("likewise in location /a/ (site.conf:1)"));
    // What some of them have besides is told of these.
    let old = with("").replace("1h", "2h");
    let difference = compare(&conf(&old), &conf(&with("gzip on;")));
    let told: Vec<_> = difference.changes.iter().map(|it| it.directives[0].0).collect();
    assert_eq!(told, ["gzip", "expires"], "{}", difference.text());
}

#[test]
fn compression_is_a_difference() {
    for (coding, name) in [("gzip", "gzip"), ("brotli", "br"), ("zstd", "zstd")] {
        let conf = |more: &str| format!("server {{ listen 80; root www; {more} }}");
        let difference = compare(&conf(""), &conf(&format!("{coding} on;")));
        let [change] = &difference.changes[..] else { panic!("{}", difference.text()) };
        assert_eq!(change.directives[0], (coding, "off".to_owned(), "on".to_owned()));
        let fields = &change.witness.as_ref().unwrap().fields;
        assert_eq!(change.shows.then(|| fields[0].1.as_str()), Some(name), "{}", difference.text());
    }
}

#[test]
fn a_location_that_others_ask_is_shown_by_a_request_to_those() {
    let conf = |port: u16, code: u16| {
        format!(
            "server {{ listen 80; server_name a.test; root www;
               location /private/ {{ auth_request /_auth; }}
               location = /_auth {{ internal; proxy_pass http://127.0.0.1:{port}; }}
               location /copied/ {{ mirror /_copy; }}
               location = /_copy {{ internal; proxy_pass http://127.0.0.1:{port}; }}
               location /shown/ {{ error_page 404 /_none; }}
               location = /_none {{ internal; return {code}; }} }}"
        )
    };
    let difference = compare(&conf(9000, 410), &conf(9001, 411));
    let told = difference.changes.iter().map(|change| {
        let url = &change.witness.as_ref().unwrap().url;
        format!("{url}: {}, {}", change.becomes.location, change.becomes.end)
    });
    assert_eq!(
        told.collect::<Vec<_>>(),
        [
            "http://a.test/private/: location = /_auth, `auth_request /_auth` asks there",
            "http://a.test/copied/: location = /_copy, `mirror` has it go there too",
            "http://a.test/shown/no-such-file: location = /_none, `error_page 404` leads there",
        ]
    );
}

#[test]
fn a_long_value_is_cut_off() {
    let text = "x".repeat(1000);
    let conf = |text: &str| format!("server {{ listen 80; return 200 {text}; }}");
    let difference = compare(&conf(&text), &conf(&format!("{text}y")));
    let said = difference.text();
    assert!(said.contains("characters more") && said.len() < 2500, "{said}");
    assert!(difference.json().to_string().contains(&format!("{text}y")));
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
            &["GET /: 413 -> 200: client_max_body_size"],
        ),
        ("root www;", "root other;", &["GET /: 200 -> 200: root"]),
        ("root www;", "root www; methods GET POST;", &["POST /: 405 -> 405: methods"]),
        (
            "root www; error_page 404 /404.html;",
            "root www; error_page 404 =200 /404.html;",
            &["GET /no-such-file: 404 -> 200: error_page"],
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
fn what_is_passed_on_is_compared() {
    let conf = |inside: &str, upstream: &str| {
        format!(
            "upstream u {{ {upstream} }} server {{ listen 80; location / {{ proxy_pass http://u; }} {inside} }}"
        )
    };
    let told = |old: &str, new: &str| {
        let changes = compare(old, new).changes;
        let names = changes.iter().flat_map(|it| it.directives.iter().map(|(name, ..)| *name));
        names.collect::<Vec<_>>()
    };
    let old = conf("", "server a;");
    assert_eq!(told(&old, &old), [""; 0]);
    assert_eq!(told(&old, &conf("", "server b;")), ["upstream"]);
    assert_eq!(told(&old, &conf("", "server a weight=2;")), ["upstream"]);
    assert_eq!(told(&old, &conf("", "server a; keepalive 1;")), ["upstream"]);
    assert_eq!(told(&old, &conf("proxy_read_timeout 1s;", "server a;")), ["proxy_read_timeout"]);
    assert_eq!(told(&old, &conf("proxy_set_header A b;", "server a;")), ["proxy_set_header"]);
    let other = old.replace("http://u;", "http://u/x;");
    assert_eq!(told(&old, &other), ["proxy_pass", "proxy_redirect"]);
}

#[test]
fn named_locations_are_compared_by_what_leads_there() {
    let conf = |text: &str| {
        format!(
            "root www; location / {{ try_files $uri @x; }} location @x {{ return 200 {text}; }}"
        )
    };
    let found = changes(&conf("a"), &conf("b"));
    assert_eq!(found, ["GET /: 200 -> 200:", "GET /no-such-file: - -> -: return"]);
}

/// The statuses of both confs to each class of requests, in their order.
fn statuses(old: &str, new: &str) -> Vec<(u16, u16)> {
    let changes = compare(old, new).changes.into_iter();
    let pair = |change: super::Change| Some((change.was.status?, change.becomes.status?));
    let mut all: Vec<_> = changes.filter_map(pair).collect();
    all.sort();
    all
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
    assert_eq!(statuses(old, new), [(200, 202), (201, 200), (201, 202)]);
    // A host that has a front may be taken by a regex, or not.
    let old = "server { listen 80 default_server; return 200; }
               server { listen 80; server_name test.*; return 201; }";
    let new = "server { listen 80 default_server; return 202; }
               server { listen 80; server_name ~a; return 203; }";
    assert_eq!(statuses(old, new), [(200, 202), (200, 203), (201, 202), (201, 203)]);
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
fn names_of_the_start_are_compared() {
    let conf = |name: &str, status: u16| {
        format!(
            "param P b.test; server {{ listen 80 default_server; return 200 $host; }}
             server {{ listen 80; server_name {name}; return {status}; }}"
        )
    };
    for (name, url) in [("${P}", "http://b.test/"), ("$hostname", "http://$hostname/")] {
        let found = compare(&conf(name, 201), &conf(name, 202)).changes;
        let urls = found.iter().filter_map(|change| Some(&change.witness.as_ref()?.url[..]));
        assert_eq!(urls.collect::<Vec<_>>(), [url]);
        // One that has the name no more leaves its requests to another.
        let found = compare(&conf(&format!("{name} a.test"), 201), &conf("a.test", 201)).changes;
        let shown = found
            .iter()
            .filter_map(|change| Some((&change.witness.as_ref()?.url[..], change.becomes.status?)));
        assert_eq!(shown.collect::<Vec<_>>(), [(url, 200)]);
    }
    let written = compare(&conf("${P}", 201), &conf("b.test", 201)).changes;
    assert!(written.iter().all(|change| change.witness.is_none()));
}

#[test]
fn each_error_log_is_compared() {
    let conf = |logs: &str| format!("server {{ listen 80; location / {{ return 204; {logs} }} }}");
    let difference =
        compare(&conf("error_log stderr;"), &conf("error_log stderr; error_log stdout crit;"));
    let told = ("error_log", "stderr error".into(), "stderr error, stdout crit".into());
    assert_eq!(difference.changes[0].directives, [told]);
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
    let request = Request::with(side.site, 0, ("GET", host.as_bytes(), path.as_bytes()), &[]);
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

/// What one witness is answered by a site, as somebody would send it.
fn answered(side: Side<'_>, witness: &Witness, disk: Disk) -> (Option<u16>, String, Vec<Field>) {
    let Side { site, places, sources, folder } = side;
    let Witness { method, url, without_host, fields, from, files: _ } = witness;
    let request = match without_host {
        true => {
            let target = url.splitn(4, '/').nth(3).unwrap();
            Request::with(site, 0, (method, b"", format!("/{target}").as_bytes()), fields)
        }
        false => Request::new(site, None, method, url, fields).unwrap(),
    };
    let request = from.iter().fold(request, |request, from| request.from(*from));
    let view = View::of(disk, url.as_bytes());
    let answer = Answers::new(site, &view, folder).to(&request);
    let end = Shown { site, places, sources, folder }.end(&answer);
    (answer.status, end, answer.fields)
}

/// A line, and what else may stand in its place.
const LINES: [&[&str]; 12] = [
    &["", "root www;", "root other;"],
    &["", "default_type text/x;", "default_type text/y;"],
    &["", "types { text/x html; }", "types { text/x html; text/y css; }"],
    &["", "index a.html;", "index b.html;"],
    &["", "error_page 404 /404.html;", "error_page 404 =200 /404.html;"],
    &["", "limit_except GET { deny all; }", "limit_except GET { allow 10.0.0.1; deny all; }"],
    &["", "allow 10.0.0.0/8; deny all;", "deny 10.0.0.1;"],
    &["", "client_max_body_size 10;", "client_max_body_size 1g;"],
    &["", "add_header X a;", "add_header X b always;"],
    &["", "etag off;", "if_modified_since before;"],
    &["", "max_ranges 1;", "max_ranges 0;"],
    &["", "keepalive_timeout 5s;", "send_timeout 1s;"],
];

/// A conf of a few servers and locations with some of the lines.
fn confs() -> impl Strategy<Value = String> {
    let lines = || {
        let choices = LINES.iter().map(|line| proptest::sample::select(*line));
        let choices = choices.map(|line| prop_oneof![3 => Just(""), 1 => line]);
        choices.collect::<Vec<_>>().prop_map(|lines| lines.concat())
    };
    let heads = ["/", "= /x", "/a", "^~ /a/b", r"~ \.html$", "~ ^/x", "/a/"];
    let locations = proptest::sample::subsequence(heads.to_vec(), 0..4);
    let location = (locations, proptest::collection::vec(lines(), 4));
    let names = proptest::sample::select(vec!["", "server_name a.test;", "server_name *.b.test;"]);
    let server = (names, location).prop_map(|(name, (heads, lines))| {
        let locations =
            heads.iter().zip(&lines).map(|(head, lines)| format!("location {head} {{ {lines} }} "));
        format!("{name} {}", locations.collect::<String>())
    });
    let others = proptest::option::of(proptest::sample::select(vec!["200 a", "204"]));
    (server, others).prop_map(|(server, other)| {
        let other = other
            .map(|answer| format!("server {{ listen 80; server_name c.test; return {answer}; }}"));
        format!(
            "server {{ listen 80 default_server; root www; {server} }} {}",
            other.unwrap_or_default()
        )
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn every_witness_shows_what_it_says(old in confs(), new in confs()) {
        let (old, new) = (compiled(&old), compiled(&new));
        let (old, new) = (side(&old), side(&new));
        for change in diff(old, new).changes.iter().filter(|change| change.shows) {
            let witness = change.witness.as_ref().unwrap();
            let disks: &[Disk] = match witness.files {
                Some(false) => &[Disk::Without, Disk::Nothing],
                Some(true) | None => &[Disk::All],
            };
            let is_said = |disk: &Disk| {
                let (was, becomes) = (answered(old, witness, *disk), answered(new, witness, *disk));
                was != becomes && (was.0, becomes.0) == (change.was.status, change.becomes.status)
            };
            prop_assert!(disks.iter().any(is_said), "{}", witness);
        }
    }
}

#[test]
fn a_witness_shows_its_difference() {
    let of = |old: &str, new: &str| {
        let conf =
            |body: &str| format!("server {{ listen 80; server_name a.test; root www; {body} }}");
        let shown = compare(&conf(old), &conf(new)).changes.into_iter().map(|change| {
            let witness = change.witness.unwrap().to_string();
            let witness = witness.replace("http://a.test", "");
            format!("{witness}{}", if change.shows { "" } else { " (unseen)" })
        });
        shown.collect::<Vec<_>>()
    };
    let same: [&str; 0] = [];
    for (old, new, expected) in [
        ("default_type text/x;", "default_type text/y;", &["GET /a, if the file is there"][..]),
        (
            r"location ~ \.html$ { default_type text/x; }",
            r"location ~ \.html$ { default_type text/y; }",
            &["GET /a.html (unseen)"],
        ),
        (
            "types { text/x html; }",
            "types { text/x html; text/y css; }",
            &["GET /a.css, if the file is there"],
        ),
        ("location /x { limit_except GET { deny all; } }", "location /x { }", &["POST /x"]),
        (
            "location /x { limit_except GET { allow 10.0.0.1; deny all; } }",
            "location /x { limit_except GET { deny all; } }",
            &["POST /x, from 10.0.0.1"],
        ),
        (
            "location /x { error_page 404 /404.html; }",
            "location /x { error_page 404 =200 /404.html; }",
            &["GET /xno-such-file, if there is no such file"],
        ),
        ("index a.html;", "index b.html;", &["GET /"]),
        // No path of the location ends in a slash.
        (r"location ~ \.html$ { index a.html; }", r"location ~ \.html$ { index b.html; }", &same),
        ("location = /x { index a.html; }", "location = /x { index b.html; }", &same),
        (
            "location = /x { index a.html; try_files $uri/ =404; }",
            "location = /x { index b.html; try_files $uri/ =404; }",
            &["GET /x (unseen)"],
        ),
        (
            "client_max_body_size 10;",
            "client_max_body_size 20;",
            &["GET /, with `Content-Length: 11`"],
        ),
        ("keepalive_timeout 5s;", "keepalive_timeout 6s;", &["GET / (unseen)"]),
    ] {
        assert_eq!(of(old, new), expected, "{old} and {new}");
    }
}

#[test]
fn a_request_without_host_is_no_url() {
    let old = "server { listen 80 default_server; server_name a.test; return 200; }
               server { listen 80; server_name \"\"; return 201; }";
    let new = "server { listen 80 default_server; server_name a.test; return 200; }
               server { listen 80; server_name \"\"; return 202; }";
    let text = compare(old, new).text();
    assert!(text.starts_with("GET http://0.0.0.0:80/, HTTP/1.0 without Host\n"), "{text}");
    // Where a name leads there too, it is asked for.
    let text = compare("server { listen 80; return 200; }", "server { listen 80; return 201; }");
    assert!(text.text().starts_with("GET http://a/\n"), "{}", text.text());
}

#[test]
fn a_table_of_types_is_not_told_whole() {
    let all: String = (0..100).map(|number| format!("text/x{number} e{number}; ")).collect();
    let conf = |types: &str| format!("server {{ listen 80; root www; types {{ {types} }} }}");
    let text = compare(&conf("text/x a;"), &conf(&all)).text();
    assert!(text.contains(" and 96 more`") && text.len() < 500, "{text}");
}

#[test]
fn what_is_said_of_tls_is_compared() {
    let conf = |listen: &str, more: &str| {
        format!(
            "server {{ listen {listen}; server_name a.test; return 204; \
             ssl_certificate /a.pem; ssl_certificate_key /a.key; {more} }}"
        )
    };
    let directives = |old: String, new: String| {
        let difference = compare(&old, &new);
        let directives = difference.changes.into_iter().flat_map(|change| change.directives);
        directives.map(|(name, was, is)| format!("{name} {was} -> {is}")).collect::<Vec<_>>()
    };
    let tls = |more| conf("443 ssl", more);
    assert_eq!(directives(tls(""), tls("")), [""; 0]);
    for (more, expected) in [
        ("ssl_protocols TLSv1.3;", "ssl_protocols TLSv1.2 TLSv1.3 -> TLSv1.3"),
        ("ssl_session_cache builtin:9;", "ssl_session_cache none -> builtin:9"),
        ("ssl_session_cache shared:a:10m;", "ssl_session_cache none -> shared:a:10m"),
        ("ssl_buffer_size 4k;", "ssl_buffer_size 16k -> 4k"),
        (
            "ssl_ecdh_curve P-256;",
            "ssl_ecdh_curve X25519MLKEM768:X25519:prime256v1:secp384r1 -> prime256v1",
        ),
        ("ssl_stapling_file /a.der;", "ssl_stapling_file  -> /a.der"),
    ] {
        assert_eq!(directives(tls(""), tls(more)), [expected], "{more}");
    }
    let with_clients = "ssl_verify_client on; ssl_client_certificate /ca.pem;";
    assert_eq!(
        directives(tls(""), tls(with_clients)),
        ["ssl_verify_client off -> on", "ssl_client_certificate  -> /ca.pem"]
    );
    let plain = "server { listen 443; server_name a.test; return 204; }".to_owned();
    assert_eq!(directives(plain, tls("")), ["listen  -> ssl"]);
}
