//! H5: when a connection persists, pipelining, HTTP/1.0, HEAD.

use crate::http;
use crate::wire::{Closed, Open, exchange};
use sitec_tests::client::PACES;

#[test]
fn what_the_client_asks_for() {
    let server = http();
    for (version, fields, then) in [
        ("1.1", "", Open),
        ("1.1", "Connection: keep-alive\r\n", Open),
        ("1.1", "Connection: close\r\n", Closed),
        ("1.1", "Connection: Close\r\n", Closed),
        ("1.1", "Connection: x, close\r\n", Closed),
        ("1.1", "Connection: close, keep-alive\r\n", Closed),
        ("1.1", "Connection: x\r\nConnection: close\r\n", Closed),
        ("1.1", "Connection: enclose\r\n", Open),
        ("1.1", "Connection: x\r\n", Open),
        ("1.0", "", Closed),
        ("1.0", "Connection: close\r\n", Closed),
        ("1.0", "Connection: keep-alive\r\n", Open),
        ("1.0", "Connection: Keep-Alive\r\n", Open),
        ("1.0", "Connection: x, keep-alive\r\n", Open),
        ("1.0", "Connection: keep-alive, close\r\n", Closed),
    ] {
        let request = format!("GET /ping HTTP/{version}\r\nHost: http.test\r\n{fields}\r\n");
        exchange(&server, &request, &[200], then);
        let response = server.connect().send(request).response("GET");
        assert_eq!(response.closes(), then == Closed, "HTTP/{version} {fields:?}");
        let kept = response.values("Connection").any(|value| value == "keep-alive");
        assert!(version == "1.1" || kept == (then == Open), "HTTP/{version} {fields:?}");
    }
}

#[test]
fn what_the_conf_asks_for() {
    let server = http();
    let request = |path| format!("GET {path} HTTP/1.1\r\nHost: http.test\r\n\r\n");
    exchange(&server, request("/once"), &[200], Closed);
    exchange(&server, request("/three").repeat(5), &[200, 200, 200], Closed);
    exchange(&server, request("/drop"), &[], Closed);
    exchange(&server, format!("{}{}", request("/ping"), request("/drop")), &[200], Closed);
    let timed = server.get_from("http.test", "/timed");
    assert_eq!(timed.field("Keep-Alive"), Some("timeout=20"));
}

#[test]
fn more_requests_than_a_turn_has_are_all_answered() {
    const COUNT: usize = 500;
    let server = http();
    for path in ["/uri?", "/missing?"] {
        // Each another one, and all the same.
        for number in [|number: usize| number, |_| 0] {
            let request =
                |n| format!("GET {path}{} HTTP/1.1\r\nHost: http.test\r\n\r\n", number(n));
            let mut client = server.connect();
            client.send((0..COUNT).map(request).collect::<String>());
            for n in 0..COUNT {
                let response = client.response("GET");
                let alone = server.connect().send(request(n)).response("GET");
                assert_eq!((response.status, response.text()), (alone.status, alone.text()));
            }
        }
    }
}

#[test]
fn pipelined_requests_are_answered_in_order() {
    let server = http();
    let mut requests = String::new();
    for i in 0..50 {
        let (method, content) =
            if i % 3 == 0 { ("POST", "x".repeat(i % 7)) } else { ("GET", String::new()) };
        let fields = match i % 6 {
            0 => format!("Content-Length: {}\r\n", content.len()),
            3 => "Transfer-Encoding: chunked\r\n".to_owned(),
            _ => String::new(),
        };
        let content = match i % 6 {
            3 if content.is_empty() => "0\r\n\r\n".to_owned(),
            3 => format!("{:x}\r\n{content}\r\n0\r\n\r\n", content.len()),
            _ => content,
        };
        requests +=
            &format!("{method} /uri?{i} HTTP/1.1\r\nHost: http.test\r\n{fields}\r\n{content}");
    }
    requests += "GET /uri?last HTTP/1.1\r\nHost: http.test\r\nConnection: close\r\n\r\n";
    for pace in PACES {
        let mut client = server.connect();
        client.send_at(&requests, pace);
        let texts: Vec<_> = client.responses().iter().map(|response| response.text()).collect();
        let expected = (0..50).map(|i| i.to_string()).chain(["last".to_owned()]);
        let expected: Vec<_> = expected.map(|i| format!("/uri?{i} /uri {i}")).collect();
        assert_eq!(texts, expected, "{pace:?}\n{}", server.log());
    }
}

#[test]
fn nothing_is_answered_after_a_close() {
    let server = http();
    let closing = "GET /ping HTTP/1.1\r\nHost: http.test\r\nConnection: close\r\n\r\n";
    let next = "GET /uri HTTP/1.1\r\nHost: http.test\r\n\r\n";
    exchange(&server, format!("{next}{closing}{next}{next}"), &[200, 200], Closed);
    exchange(&server, format!("{next}BAD\r\n\r\n{next}"), &[200, 400], Closed);
}

#[test]
fn what_is_not_answered_does_not_destroy_what_is() {
    let server = http();
    let request = |path| format!("GET {path} HTTP/1.1\r\nHost: http.test\r\n\r\n");
    // Closed with bytes unread, a connection is reset: the client may lose the last response.
    for last in [
        "GET /ping HTTP/1.1\r\nHost: http.test\r\nConnection: close\r\n\r\n".to_owned(),
        request("/once"),
        "POST /post HTTP/1.0\r\nContent-Length: 2\r\n\r\nok".to_owned(),
    ] {
        let mut client = server.connect();
        client.send(last + &request("/ping").repeat(100));
        client.send(vec![b'x'; 200_000]).finish();
        let sent = client.until_ended();
        assert!(sent.starts_with(b"HTTP/1.1 200 "), "{}", String::from_utf8_lossy(&sent));
        assert_eq!(sent.windows(9).filter(|&window| window == b"HTTP/1.1 ").count(), 1);
    }
}

#[test]
fn content_that_is_refused_does_not_destroy_the_answer() {
    let server = http();
    let content = vec![b'x'; 4_000_000];
    for head in [
        "POST /ping HTTP/1.1\r\nHost: http.test\r\nContent-Length: 4000000\r\n\r\n",
        "POST /ping HTTP/1.1\r\nHost: http.test\r\nTransfer-Encoding: chunked\r\n\r\n3d0900\r\n",
    ] {
        let mut client = server.connect();
        let sent = client.send(head).send(&content).finish().until_ended();
        assert!(sent.starts_with(b"HTTP/1.1 413 "), "{}", String::from_utf8_lossy(&sent));
    }
}

#[test]
fn empty_lines_before_a_request_are_passed_over() {
    let server = http();
    let request = "GET /ping HTTP/1.1\r\nHost: http.test\r\n\r\n";
    exchange(&server, format!("\r\n\r\n{request}\r\n\n{request}"), &[200, 200], Open);
    let mut client = server.connect();
    client.send("\r\n".repeat(100_000)).send(request);
    assert_eq!(client.response("GET").text(), "pong");
}

/// Between two requests they are nothing that a client is waited for longer for.
#[test]
fn empty_lines_keep_no_connection_open() {
    let server = http();
    let mut client = server.connect_at(2);
    assert_eq!(client.get("/ping", "http.test").text(), "pong");
    let mut reader = client.twin();
    let ends = std::thread::spawn(move || reader.until_closed());
    while !ends.is_finished() {
        client.send("\r\n");
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    assert_eq!(ends.join().unwrap(), b"");
}

#[test]
fn head_is_get_without_content() {
    let server = http();
    for path in ["/ping", "/empty", "/missing", "/plain.txt", "/docs", "/get", "/post"] {
        let head = format!("HEAD {path} HTTP/1.1\r\nHost: http.test\r\n\r\n");
        for pace in PACES {
            let mut client = server.connect();
            let head = client.send_at(&head, pace).response("HEAD");
            let get = client.get(path, "http.test");
            assert_eq!(head.status, get.status, "{path}");
            assert!(head.body.is_empty());
            for name in ["Content-Length", "Content-Type", "Location", "ETag", "Allow"] {
                assert_eq!(head.field(name), get.field(name), "{path} {name}");
            }
        }
    }
    let refused = "HEAD /ping HTTP/1.1\r\n\r\n";
    let mut client = server.connect();
    assert_eq!(client.send(refused).response("HEAD").status, 400);
    assert!(client.until_closed().is_empty());
}
