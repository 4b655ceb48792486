//! H1: request lines and fields, and which of them are refused.

use crate::http;
use crate::wire::{Closed, Open, exchange, exchange_any};

/// `GET /ping` with more fields.
fn with(fields: &str) -> String {
    format!("GET /ping HTTP/1.1\r\nHost: http.test\r\n{fields}\r\n")
}

#[test]
fn request_lines_that_are_answered() {
    let server = http();
    for request in [
        "GET /ping HTTP/1.1\r\nHost: http.test\r\n\r\n",
        "\r\nGET /ping HTTP/1.1\r\nHost: http.test\r\n\r\n",
        "\r\n\r\nGET /ping HTTP/1.1\r\nHost: http.test\r\n\r\n",
        "GET /ping HTTP/1.1\nHost: http.test\n\n",
        "GET /ping HTTP/1.1\r\nHost: http.test\n\r\n",
        "GET http://http.test/ping HTTP/1.1\r\nHost: http.test\r\n\r\n",
        "GET HTTP://http.test:80/ping?a HTTP/1.1\r\nHost: http.test\r\n\r\n",
        "GET /%70ing HTTP/1.1\r\nHost: http.test\r\n\r\n",
        "GET /./a/../ping HTTP/1.1\r\nHost: http.test\r\n\r\n",
        "GET //ping HTTP/1.1\r\nHost: http.test\r\n\r\n",
    ] {
        exchange(&server, request, &[200], Open);
    }
}

#[test]
fn the_bytes_of_a_target_are_the_site_s_concern() {
    let server = http();
    for (target, shown) in [
        (&b"/uri?\xff\x80"[..], &b"/uri?\xff\x80 /uri \xff\x80"[..]),
        ("/uri?\u{fc}".as_bytes(), "/uri?\u{fc} /uri \u{fc}".as_bytes()),
        (b"/x\xfe/../uri", b"/x\xfe/../uri /uri "),
    ] {
        let request = [b"GET ", target, b" HTTP/1.1\r\nHost: http.test\r\n\r\n"].concat();
        let response = server.connect().send(&request).response("GET");
        assert_eq!((response.status, &response.body[..]), (200, shown));
    }
    exchange(&server, b"GET /\xff HTTP/1.1\r\nHost: http.test\r\n\r\n", &[404], Open);
    for line in [&b"GET /\xff HTTP/1.\xff"[..], b"G\xffT / HTTP/1.1", b"GET /\xff \xff HTTP/1.1"] {
        let request = [line, b"\r\nHost: http.test\r\n\r\n"].concat();
        exchange(&server, request, &[400], Closed);
    }
}

#[test]
fn the_host_is_the_target_s() {
    let server = http();
    for (request, shown) in [
        ("GET http://http.test/host HTTP/1.1\r\nHost: other.test\r\n\r\n", "http.test http.test"),
        ("GET http://HTTP.test:80/host HTTP/1.1\r\nHost: a\r\n\r\n", "http.test HTTP.test:80"),
        ("GET http://http.test/host HTTP/1.0\r\n\r\n", "http.test http.test"),
        ("GET /host HTTP/1.1\r\nHost: HTTP.test:80\r\n\r\n", "http.test HTTP.test:80"),
    ] {
        assert_eq!(server.connect().send(request).response("GET").text(), shown, "{request}");
    }
    // The next request on the connection has its own, with the same fields.
    let mut client = server.connect();
    for target in ["/host", "http://http.test/host", "/host", "http://http.test/host", "/host"] {
        client.send(format!("GET {target} HTTP/1.1\r\nHost: HTTP.TEST\r\n\r\n"));
        let host = if target == "/host" { "HTTP.TEST" } else { "http.test" };
        assert_eq!(client.response("GET").text(), format!("http.test {host}"));
    }
}

#[test]
fn request_lines_that_are_refused() {
    let server = http();
    for line in [
        "GET  HTTP/1.1",
        "GET /ping",
        "GET",
        "/ping HTTP/1.1",
        "GET ping HTTP/1.1",
        "GET /pi ng HTTP/1.1",
        "GET /ping HTTP/1",
        "GET /ping HTTP/1.",
        "GET /ping HTTP/a.b",
        "GET /ping http/1.1",
        "GET /ping HTTTP/1.1",
        "GET /ping\tHTTP/1.1",
        "GET /ping HTTP/1.1 ",
        "GET /ping HTTP/1.1 x",
        "GET /% HTTP/1.1",
        "GET /%2 HTTP/1.1",
        "GET /%zz HTTP/1.1",
        "GET /%00 HTTP/1.1",
        "GET /a%00b HTTP/1.1",
        "GET /.. HTTP/1.1",
        "GET /a/../../b HTTP/1.1",
        "GET /%2e%2e/ HTTP/1.1",
        "GET /ping\0 HTTP/1.1",
        "GET /pi\x7fng HTTP/1.1",
        "GET /pi\rng HTTP/1.1",
        "G@T /ping HTTP/1.1",
        "GET\0 /ping HTTP/1.1",
        "(GET) /ping HTTP/1.1",
        "GET http:// HTTP/1.1",
        "GET http:///ping HTTP/1.1",
        " GET /ping HTTP/1.1",
    ] {
        exchange(&server, format!("{line}\r\nHost: http.test\r\n\r\n"), &[400], Closed);
    }
}

#[test]
fn versions() {
    let server = http();
    for (version, statuses, then) in [
        ("HTTP/1.1", [200], Open),
        ("HTTP/1.0", [200], Closed),
        ("HTTP/2.0", [505], Closed),
        ("HTTP/3.0", [505], Closed),
        ("HTTP/0.9", [505], Closed),
    ] {
        let request = format!("GET /ping {version}\r\nHost: http.test\r\n\r\n");
        let also: &[u16] = if version == "HTTP/0.9" { &[400] } else { &statuses };
        exchange_any(&server, request, &[&statuses, also], then);
    }
    exchange_any(&server, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", &[&[505], &[400]], Closed);
    exchange(&server, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", &[400], Closed);
}

#[test]
fn methods_that_are_unknown_here() {
    let server = http();
    for method in ["BREW", "GETT", "get", "PROPFINDX", "X-Y_Z"] {
        let request = format!("{method} /ping HTTP/1.1\r\nHost: http.test\r\n\r\n");
        let mut client = server.connect();
        assert_eq!(client.send(request).response("GET").status, 501, "{method}");
    }
    for (method, target, status, then) in [
        ("CONNECT", "http.test:80", 405, Closed),
        ("TRACE", "/ping", 405, Closed),
        ("OPTIONS", "*", 204, Open),
        ("BREW", "/ping", 501, Open),
    ] {
        let request = format!("{method} {target} HTTP/1.1\r\nHost: http.test\r\n\r\n");
        exchange(&server, request, &[status], then);
    }
}

#[test]
fn fields_that_are_taken() {
    let server = http();
    for fields in [
        "X:y\r\n",
        "X: y\r\n",
        "X:\ty\t \r\n",
        "X:\r\n",
        "X:    \r\n",
        "X: a: b: c\r\n",
        "X: \u{e4}\u{f6}\r\n",
        "X: a\r\nX: b\r\nx: c\r\n",
        "!#$%&'*+-.^`|~09: token\r\n",
        "Content-Length: 0\r\n",
        "Content-Length: 000\r\n",
        "Content-Length:  0 \r\n",
        // Invalid names are dropped, as in nginx; no framing may hide in one.
        "Under_Score: 1\r\n",
        "Content_Length: 5\r\n",
        "Transfer_Encoding: chunked\r\n",
        "X@Y: z\r\n",
    ] {
        exchange(&server, with(fields), &[200], Open);
    }
}

#[test]
fn fields_that_are_refused() {
    let server = http();
    for fields in [
        "X\r\n",
        "X : y\r\n",
        "X\t: y\r\n",
        " X: y\r\n",
        "\tX: y\r\n",
        ": y\r\n",
        "X: a\r\n b\r\n",
        "X: a\r\n\tb\r\n",
        "X: a\rb\r\n",
        "X: a\r\r\n",
        "X: a\0b\r\n",
        "X\0: b\r\n",
        "X\r: b\r\n",
        "Content-Length : 0\r\n",
        "Transfer-Encoding : chunked\r\n",
        "Transfer-Encoding\r\n : chunked\r\n",
    ] {
        exchange(&server, with(fields), &[400], Closed);
    }
}

#[test]
fn one_host_and_only_one() {
    let server = http();
    let head = |hosts: &str| format!("GET /host HTTP/1.1\r\n{hosts}\r\n");
    for hosts in [
        "",
        "Host: a.test\r\nHost: a.test\r\n",
        "Host: a.test\r\nHost: b.test\r\n",
        "Host: a.test\r\nhost:\r\n",
        "Host: a/b\r\n",
        "Host: a b\r\n",
        "Host: a@b\r\n",
        "Host: a?b\r\n",
        "Host: a#b\r\n",
        "Host: a\\b\r\n",
        "Host: a:b\r\n",
        "Host: a:80:80\r\n",
        "Host: [::1\r\n",
        "Host: http://a.test\r\n",
        "Host: a..b\r\n",
        "Host: .\r\n",
        "Host:\r\n",
        "Host: \t\r\n",
    ] {
        exchange(&server, head(hosts), &[400], Closed);
    }
    for (hosts, body) in [
        ("Host: http.test\r\n", "http.test http.test"),
        ("Host: HTTP.Test\r\n", "http.test HTTP.Test"),
        ("Host: http.test:8080\r\n", "http.test http.test:8080"),
        ("Host: http.test:\r\n", "http.test http.test:"),
        ("Host: http.test.\r\n", "http.test http.test."),
        ("Host: 127.0.0.1:1\r\n", "127.0.0.1 127.0.0.1:1"),
        ("Host: [::1]:80\r\n", "[::1] [::1]:80"),
    ] {
        let response = server.connect().send(head(hosts)).response("GET");
        assert_eq!((response.status, response.text().as_str()), (200, body), "{hosts:?}");
    }
    exchange(&server, "GET /ping HTTP/1.0\r\n\r\n", &[200], Closed);
    exchange(&server, "GET /ping HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n", &[400], Closed);
}

#[test]
fn an_absolute_target_overrides_host() {
    let server = http();
    for (target, body) in [
        ("http://one.test/host", "one.test one.test"),
        ("http://One.Test:81/host", "one.test One.Test:81"),
    ] {
        let request = format!("GET {target} HTTP/1.1\r\nHost: http.test\r\n\r\n");
        let response = server.connect().send(request).response("GET");
        assert_eq!((response.status, response.text().as_str()), (200, body), "{target}");
    }
}

#[test]
fn targets_are_decoded_once_and_kept_as_sent() {
    let server = http();
    for (target, body) in [
        ("/uri", "/uri /uri "),
        ("/uri?a=b&c", "/uri?a=b&c /uri a=b&c"),
        ("/uri?", "/uri? /uri "),
        ("/uri??", "/uri?? /uri ?"),
        ("/uri?a/../b", "/uri?a/../b /uri a/../b"),
        ("/uri?%41", "/uri?%41 /uri %41"),
        ("/%75ri", "/%75ri /uri "),
        ("/x/..//./uri", "/x/..//./uri /uri "),
        ("/x/%2e%2e/uri", "/x/%2e%2e/uri /uri "),
        ("/x%2f..%2furi", "/x%2f..%2furi /uri "),
        ("http://http.test/uri?x", "/uri?x /uri x"),
    ] {
        let response = server.get_from("http.test", target);
        assert_eq!((response.status, response.text().as_str()), (200, body), "{target}");
    }
    // Decoded twice, this would be /uri.
    assert_eq!(server.get_from("http.test", "/%2575ri").status, 404);
}

#[test]
fn fields_reach_variables() {
    let server = http();
    for (fields, path, body) in [
        ("X-One: a\r\nx-two: b\r\n", "/fields", "a|b"),
        ("X-One: a\r\nX-One: b\r\n", "/fields", "a, b|"),
        ("X-One:\t a b \t\r\n", "/fields", "a b|"),
        ("Cookie: a=1; b=2\r\n", "/cookie", "1 2"),
        ("Cookie: aa=0; a=1;b=2=3\r\n", "/cookie", "1 2=3"),
        ("Under_Score: 1\r\n", "/underscore", "[]"),
    ] {
        let request = format!("GET {path} HTTP/1.1\r\nHost: http.test\r\n{fields}\r\n");
        let response = server.connect().send(request).response("GET");
        assert_eq!(response.text(), body, "{fields:?}");
    }
}

#[test]
fn heads_that_are_too_large() {
    let server = http();
    let line = |len: usize| format!("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", "x".repeat(len - 14));
    let field = |len: usize| format!("GET / HTTP/1.1\r\nHost: a\r\nX: {}\r\n\r\n", "x".repeat(len));
    let fields =
        |count: usize| format!("GET / HTTP/1.1\r\nHost: a\r\n{}\r\n", "X: y\r\n".repeat(count - 1));
    let small = |request: String| {
        let mut client = server.connect_at(1);
        client.send(request).response("GET").status
    };
    assert_eq!(small(line(200)), 200);
    assert_eq!(small(line(300)), 414);
    assert_eq!(small(line(100_000)), 414);
    assert_eq!(small(field(200)), 200);
    assert_eq!(small(field(300)), 431);
    assert_eq!(small(field(100_000)), 431);
    assert_eq!(small(fields(8)), 200);
    assert_eq!(small(fields(9)), 431);
    assert_eq!(small(fields(5000)), 431);
    // The default limits: 8 KB a line, 32 KB in all.
    assert_eq!(server.connect().send(field(8000)).response("GET").status, 403);
    assert_eq!(server.connect().send(field(9000)).response("GET").status, 431);
    assert_eq!(server.connect().send(line(9000)).response("GET").status, 414);
}

#[test]
fn names_are_held_to_what_the_conf_says() {
    let server = http();
    let request = |fields: &str| format!("GET /underscore HTTP/1.1\r\nHost: a\r\n{fields}\r\n");
    let small = |fields: &str| server.connect_at(1).send(request(fields)).response("GET");
    assert_eq!(small("Under_Score: 1\r\n").text(), "[1]");
    assert_eq!(small("X@Y: 1\r\n").status, 400);
    assert_eq!(small("Under_Score: 1\r\nUnder_Score: 2\r\n").text(), "[1, 2]");
}

#[test]
fn a_client_that_sends_nothing_costs_nothing() {
    let server = http();
    drop(server.connect());
    server.connect().finish().until_closed();
    assert!(server.connect().send("GET /pi").finish().until_closed().len() < 1000);
    assert_eq!(server.get_from("http.test", "/ping").text(), "pong");
}
