//! H1, H4: content by Content-Length and by chunks, limits, and what must never be read as
//! the start of another request.

use crate::http;
use crate::wire::{Closed, Open, exchange, exchange_any};
use sitec_tests::client::PACES;

/// A request that must not be seen where it stands as content.
const SMUGGLED: &str = "GET /get HTTP/1.1\r\nHost: http.test\r\n\r\n";

fn post(fields: &str, content: &str) -> String {
    format!("POST /any-size HTTP/1.1\r\nHost: http.test\r\n{fields}\r\n{content}")
}

#[test]
fn content_leaves_the_connection_in_step() {
    let server = http();
    for (fields, content) in [
        ("Content-Length: 0\r\n", ""),
        ("Content-Length: 5\r\n", "hello"),
        ("Content-Length: 05\r\n", "hello"),
        ("Transfer-Encoding: chunked\r\n", "0\r\n\r\n"),
        ("Transfer-Encoding: chunked\r\n", "5\r\nhello\r\n0\r\n\r\n"),
        ("transfer-encoding: CHUNKED\r\n", "5\r\nhello\r\n0\r\n\r\n"),
        ("Transfer-Encoding:\tchunked \r\n", "005\r\nhello\r\n00\r\n\r\n"),
        ("Transfer-Encoding: chunked\r\n", "a\r\n0123456789\r\nA\r\n0123456789\r\n0\r\n\r\n"),
        ("Transfer-Encoding: chunked\r\n", "5;x=y\r\nhello\r\n0;z\r\n\r\n"),
        ("Transfer-Encoding: chunked\r\n", "5;x=\"y;\"\r\nhello\r\n0\r\n\r\n"),
        ("Transfer-Encoding: chunked\r\n", "5\r\nhello\r\n0\r\nX: y\r\nZ: w\r\n\r\n"),
    ] {
        exchange(&server, post(fields, content), &[200], Open);
    }
    // Content that looks like a request is content.
    let fields = format!("Content-Length: {}\r\n", SMUGGLED.len());
    exchange(&server, post(&fields, SMUGGLED), &[200], Open);
    let chunk = format!("{:x}\r\n{SMUGGLED}\r\n0\r\n\r\n", SMUGGLED.len());
    exchange(&server, post("Transfer-Encoding: chunked\r\n", &chunk), &[200], Open);
    // GET may have content as well.
    let get = "GET /ping HTTP/1.1\r\nHost: http.test\r\nContent-Length: 3\r\n\r\nabc";
    exchange(&server, get, &[200], Open);
}

#[test]
fn lengths_that_are_refused() {
    let server = http();
    for fields in [
        "Content-Length: 5\r\nContent-Length: 5\r\n",
        "Content-Length: 5\r\nContent-Length: 6\r\n",
        "Content-Length: 5, 5\r\n",
        "Content-Length: 5,6\r\n",
        "Content-Length: +5\r\n",
        "Content-Length: -5\r\n",
        "Content-Length: 0x5\r\n",
        "Content-Length: 5a\r\n",
        "Content-Length: 5 5\r\n",
        "Content-Length: 5.0\r\n",
        "Content-Length: \"5\"\r\n",
        "Content-Length:\r\n",
        "Content-Length: five\r\n",
        "Content-Length: \u{665}\r\n",
        "content-length: 5\r\nCONTENT-LENGTH: 5\r\n",
    ] {
        exchange(&server, post(fields, "hello"), &[400], Closed);
    }
    // Past all limits, even where there is none.
    for length in ["18446744073709551616", "99999999999999999999999999"] {
        let request = post(&format!("Content-Length: {length}\r\n"), "hello");
        exchange_any(&server, request, &[&[400], &[413]], Closed);
    }
}

#[test]
fn transfer_codings_that_are_refused() {
    let server = http();
    for fields in [
        "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
        "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n",
        "Content-Length: 5\r\nTransfer-Encoding: identity\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
        "Transfer-Encoding: chunked, chunked\r\n",
        "Transfer-Encoding: chunked, gzip\r\n",
        "Transfer-Encoding: gzip, chunked\r\n",
        "Transfer-Encoding: identity\r\n",
        "Transfer-Encoding: gzip\r\n",
        "Transfer-Encoding: xchunked\r\n",
        "Transfer-Encoding: chunkedx\r\n",
        "Transfer-Encoding: x\r\n",
        "Transfer-Encoding:\r\n",
        "Transfer-Encoding: ,chunked,\r\n",
        "Transfer-Encoding: \"chunked\"\r\n",
        "Transfer-Encoding: chunked;q=1\r\n",
        "Transfer-Encoding: \x0bchunked\r\n",
    ] {
        // The content is a whole one by either reading, and a request follows.
        let content = format!("0\r\n\r\n{SMUGGLED}");
        exchange_any(&server, post(fields, &content), &[&[400], &[501]], Closed);
    }
    let old = format!(
        "POST /any-size HTTP/1.0\r\nTransfer-Encoding: chunked\r\nConnection: keep-alive\r\n\r\n\
         0\r\n\r\n{SMUGGLED}"
    );
    exchange(&server, old, &[400], Closed);
}

#[test]
fn chunks_that_are_refused() {
    let server = http();
    for content in [
        "g\r\nhello\r\n0\r\n\r\n",
        "\r\nhello\r\n0\r\n\r\n",
        "0x5\r\nhello\r\n0\r\n\r\n",
        "-5\r\nhello\r\n0\r\n\r\n",
        "+5\r\nhello\r\n0\r\n\r\n",
        " 5\r\nhello\r\n0\r\n\r\n",
        "5 x\r\nhello\r\n0\r\n\r\n",
        "5,5\r\nhello\r\n0\r\n\r\n",
        "5\nhello\r\n0\r\n\r\n",
        "5\r\nhello\n0\r\n\r\n",
        "5\r\nhello0\r\n\r\n",
        "5\r\nhelloX\r\n0\r\n\r\n",
        "4\r\nhello\r\n0\r\n\r\n",
        "5\r\nhello\r\n0\n\r\n",
        "5\r\nhello\r\n0\r\n\n",
        "5\rhello\r\n0\r\n\r\n",
        "5;x\ny\r\nhello\r\n0\r\n\r\n",
        "5;\0\r\nhello\r\n0\r\n\r\n",
        "10000000000000000\r\nhello\r\n0\r\n\r\n",
        "fffffffffffffffff\r\nhello\r\n0\r\n\r\n",
        "5\r\nhello\r\n0\r\nX y\r\n\r\n",
        "5\r\nhello\r\n0\r\nX : y\r\n\r\n",
        "5\r\nhello\r\n0\r\nX: a\0\r\n\r\n",
    ] {
        // The answer may have left before the fault is seen; no second one may follow.
        let request = post("Transfer-Encoding: chunked\r\n", &format!("{content}{SMUGGLED}"));
        exchange_any(&server, request, &[&[400], &[200], &[413]], Closed);
    }
}

#[test]
fn content_past_the_limit_is_413() {
    let server = http();
    let send = |len: usize| {
        let request = format!(
            "POST /post HTTP/1.1\r\nHost: http.test\r\nContent-Length: {len}\r\n\r\n{}",
            "x".repeat(len)
        );
        server.connect().send(request).response("POST").status
    };
    assert_eq!(send(16), 200);
    assert_eq!(send(17), 413);
    // Before any of it is read.
    for fields in ["Content-Length: 1000000000000\r\n", "Content-Length: 17\r\n"] {
        let head = format!("POST /post HTTP/1.1\r\nHost: http.test\r\n{fields}\r\n");
        let response = server.connect().send(head).response("POST");
        assert_eq!((response.status, response.closes()), (413, true), "{fields}");
    }
    // By count, where the length is not announced.
    let chunks = "a\r\n0123456789\r\n".repeat(2);
    let request = format!(
        "POST /post HTTP/1.1\r\nHost: http.test\r\nTransfer-Encoding: chunked\r\n\r\n\
         {chunks}0\r\n\r\n"
    );
    for pace in PACES {
        let status = server.connect().send_at(&request, pace).response("POST").status;
        assert!([200, 413].contains(&status), "{status}");
    }
}

#[test]
fn content_past_the_limit_is_not_a_request() {
    let server = http();
    let request = format!(
        "POST /post HTTP/1.1\r\nHost: http.test\r\nContent-Length: {}\r\n\r\n{SMUGGLED}",
        SMUGGLED.len()
    );
    let mut client = server.connect();
    assert_eq!(client.send(request).response("POST").status, 413);
    assert!(client.until_closed().is_empty());
}

#[test]
fn content_that_nobody_reads_is_drained_or_the_connection_closes() {
    let server = http();
    let large = "x".repeat(1_000_000);
    let request = format!(
        "POST /any-size HTTP/1.1\r\nHost: http.test\r\nContent-Length: {}\r\n\r\n{large}{SMUGGLED}",
        large.len()
    );
    let mut client = server.connect();
    let response = client.send(request).response("POST");
    assert_eq!(response.text(), "taken");
    if response.closes() {
        assert!(client.until_closed().is_empty());
    } else {
        assert_eq!(client.response("GET").text(), "got");
    }
}

#[test]
fn expectations() {
    let server = http();
    let request = |expect: &str| {
        format!(
            "POST /any-size HTTP/1.1\r\nHost: http.test\r\nContent-Length: 5\r\n\
             Expect: {expect}\r\n\r\n"
        )
    };
    // The answer comes without the content: at once, or after leave to send it.
    for expect in ["100-continue", "100-Continue"] {
        let mut client = server.connect();
        let mut response = client.send(request(expect)).response("POST");
        let asked = response.status == 100;
        if asked {
            client.send("hello");
            response = client.response("POST");
        }
        assert_eq!(response.text(), "taken");
        if !response.closes() {
            client.send(if asked { "" } else { "hello" });
            assert_eq!(client.get("/ping", "http.test").text(), "pong");
        }
    }
    let response = server.connect().send(request("miracles")).response("POST");
    assert_eq!(response.status, 417);
    // What is refused by its head is refused at once, without 100.
    let refused = "POST /post HTTP/1.1\r\nHost: http.test\r\nContent-Length: 50\r\n\
                   Expect: 100-continue\r\n\r\n";
    assert_eq!(server.connect().send(refused).response("POST").status, 413);
    // HTTP/1.0 has no interim responses, and GET without content nothing to wait for.
    let old = "POST /any-size HTTP/1.0\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\nhello";
    assert_eq!(server.connect().send(old).response("POST").status, 200);
}
