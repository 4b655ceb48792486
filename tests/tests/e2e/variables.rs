//! Every variable of the language has a value in some request, and what that is.

use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use sitec_compiler::value::variable::{FAMILIES, VARIABLES};
use sitec_tests::backend::{Backend, Then};
use sitec_tests::folder::Folder;
use sitec_tests::server::Server;

use crate::launch;

fn start() -> (Folder, Server) {
    start_before("127.0.0.1:1")
}

/// One that passes requests on to this address.
fn start_before(back: &str) -> (Folder, Server) {
    let folder = Folder::new();
    folder.write("www/a.txt", "0123456789");
    folder.write("logs/names.log", "");
    let script = folder.write("cgi/bin/x.sh", "#!/bin/sh\nprintf 'Content-Type: a/b\\n\\nhello'\n");
    fs::set_permissions(script, Permissions::from_mode(0o755)).expect("a mode");
    let server =
        launch("variables").ports(2).set("BACK", back).arg("--prefix").arg(folder.path()).start();
    (folder, server)
}

/// What no request has a value of: no answers are kept here, and no client speaks TLS or HTTP/2.
const ABSENT: &[&str] = &[
    "http2",
    "http3",
    "https",
    "upstream_cache_etag",
    "upstream_cache_last_modified",
    "upstream_cache_status",
];

/// The values of one line of the log; none for those that are absent.
fn values(line: &str) -> BTreeMap<&str, &str> {
    let parts = line.split('|').filter_map(|part| part.split_once('='));
    parts.filter(|(_, value)| !matches!(*value, "" | "-")).collect()
}

/// What is logged of requests that are sent one after the other, each on its own connection.
fn logged(folder: &Folder, server: &Server, requests: &[&str]) -> Vec<String> {
    let before = folder.lines("logs/names.log").len();
    for request in requests {
        let is_proxied = request.starts_with("PROXY ");
        let mut client = server.connect_at(usize::from(is_proxied));
        client.send(request);
        let request = request.split_once("\r\n").filter(|_| is_proxied).map_or(*request, |it| it.1);
        if request.contains(" /closed ") {
            client.until_closed();
            continue;
        }
        client.response(request.split(' ').next().expect("a method"));
    }
    // A line is written once the response is sent, perhaps after the client has read it.
    folder.wait_for_lines("logs/names.log", before + requests.len()).split_off(before)
}

/// A GET of a path with more fields.
fn get(path: &str, fields: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: variables.test\r\n{fields}\r\n")
}

#[test]
fn no_variable_is_always_empty() {
    let answer = "HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\nX-E: e\r\nSet-Cookie: f=g; Path=/\r\n\r\n\
         2\r\nhi\r\n0\r\nX-G: g\r\n\r\n";
    let backend = Backend::saying(answer, Then::Keep);
    let (folder, server) = start_before(&backend.address());
    let fields = "Authorization: Basic dXNlcjpwYXNz\r\nCookie: b=c\r\nX-C: d\r\n\
                  Content-Type: text/x\r\nContent-Length: 2\r\n";
    let asked = [
        format!("POST /post?a=b HTTP/1.1\r\nHost: variables.test\r\n{fields}\r\nhi"),
        get("/a.txt", "Range: bytes=0-3\r\n"),
        get("/a.txt", ""),
        get(
            "/fields",
            "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\ntracestate: h=i\r\n",
        ),
        get("/timed", ""),
        get("/packed", "Accept-Encoding: gzip\r\n"),
        get("/moved", ""),
        format!("PROXY TCP4 192.0.2.1 192.0.2.2 7 8\r\n{}", get("/fields", "")),
        get("/referer", ""),
        get("/link?s=xH0YcGfGz5UyRfEotf3mKg,9999999999", ""),
        get("/post", ""),
        get("/captures/one/two", ""),
        get("/scripts/x.sh", ""),
        "POST /passed HTTP/1.1\r\nHost: variables.test:080\r\nContent-Length: 2\r\n\r\nhi"
            .to_owned(),
        get("/code/x", ""),
        get("/user", ""),
        get("/user", "Cookie: uid=fwAAAWofKzwSNFZ4AwMDAg==\r\n"),
    ];
    let asked: Vec<_> = asked.iter().map(String::as_str).collect();
    let lines = logged(&folder, &server, &asked);
    assert_eq!(lines.len(), asked.len());
    let seen: BTreeMap<_, _> = lines.iter().flat_map(|line| values(line)).collect();
    let missing = VARIABLES.iter().map(|row| row.name).filter(|name| !seen.contains_key(name));
    // Those of TLS are told where it is spoken.
    let missing = missing.filter(|name| !ABSENT.contains(name) && !name.starts_with("ssl_"));
    assert_eq!(missing.collect::<Vec<_>>(), Vec::<&str>::new());
    for family in FAMILIES.iter().filter(|family| !ABSENT.contains(&family.prefix)) {
        let prefix = family.prefix;
        assert!(seen.keys().any(|name| name.starts_with(prefix)), "no {prefix}NAME");
    }
    // Nor is any other that the log names.
    let names = lines[0].split('|').filter_map(|part| part.split_once('='));
    let missing = names.map(|(name, _)| name).filter(|name| !seen.contains_key(name));
    assert_eq!(missing.collect::<Vec<_>>(), Vec::<&str>::new());
}

#[test]
fn the_user_is_who_the_client_says() {
    let (_folder, server) = start();
    for (fields, user) in [
        ("Authorization: Basic dXNlcjpwYXNz\r\n", "user"),
        ("Authorization: basic  dXNlcjo\r\n", "user"),
        ("Authorization: Basic dXNlcg==\r\n", ""),
        ("Authorization: Bearer dXNlcjpwYXNz\r\n", ""),
        ("Proxy-Authorization: Basic dXNlcjpwYXNz\r\n", ""),
        ("", ""),
    ] {
        let response = server.connect().send(get("/user", fields)).response("GET");
        assert_eq!(response.text(), user, "{fields}");
    }
}

#[test]
fn the_fields_of_the_framing_are_sent_too() {
    let (folder, server) = start();
    let keep = |path: &str| get(path, "");
    for (request, sent) in [
        (keep("/fields"), ["keep-alive", "-", "2", "-"]),
        (get("/fields", "Connection: close\r\n"), ["close", "-", "2", "-"]),
        (keep("/timed"), ["keep-alive", "timeout=20", "2", "-"]),
        (keep("/once"), ["close", "-", "7", "-"]),
        (keep("/scripts/x.sh"), ["keep-alive", "-", "-", "chunked"]),
        ("GET /fields HTTP/1.0\r\n\r\n".to_owned(), ["close", "-", "2", "-"]),
        ("GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n".to_owned(), ["close", "-", "*", "-"]),
        (keep("/closed"), ["close", "-", "-", "-"]),
    ] {
        let lines = logged(&folder, &server, &[&request]);
        let values = values(&lines[0]);
        let names = ["connection", "keep_alive", "content_length", "transfer_encoding"];
        for (name, sent) in names.iter().zip(sent) {
            let name = format!("sent_http_{name}");
            let value = values.get(name.as_str()).copied().unwrap_or("-");
            assert!(sent == "*" && value != "-" || value == sent, "{request} {name}: {value}");
        }
    }
    // Before it is sent, it is known already.
    let mut client = server.connect();
    let response = client.get("/fields", "variables.test");
    assert_eq!(response.field("X-D"), Some("[keep-alive]"));
    assert_eq!(client.get("/timed", "variables.test").field("X-D"), Some("timeout=20"));
    assert_eq!(client.get("/once", "variables.test").text(), "[close]");
}

#[test]
fn a_refused_request_is_as_long_as_what_was_read() {
    let (folder, server) = start();
    for (read, rest) in [
        ("", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n"),
        ("GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n", ""),
        ("GET / HTTP/1.1\r\nNo: host\r\n\r\n", ""),
        ("GET / HTTP/1.1\r\nHost: a\r\n", "A : b\r\nC: d\r\n\r\n"),
        ("POST /post HTTP/1.1\r\nHost: variables.test\r\nContent-Length: 9999999999\r\n\r\n", ""),
        ("GET /fields HTTP/1.1\r\nHost: variables.test\r\n\r\n", ""),
    ] {
        let lines = logged(&folder, &server, &[&format!("{read}{rest}")]);
        let len = read.len().to_string();
        assert_eq!(values(&lines[0]).get("request_length"), Some(&&*len), "{read}");
    }
}
