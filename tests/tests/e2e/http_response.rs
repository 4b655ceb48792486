//! H2, H3, H6: what every response is like, default error pages, methods that are refused.

use crate::{http, routing};

#[test]
fn every_status_has_a_default_page() {
    let server = routing();
    for (status, reason) in [
        (400, "Bad Request"),
        (403, "Forbidden"),
        (404, "Not Found"),
        (405, "Method Not Allowed"),
        (408, "Request Timeout"),
        (411, "Length Required"),
        (413, "Content Too Large"),
        (414, "URI Too Long"),
        (415, "Unsupported Media Type"),
        (416, "Range Not Satisfiable"),
        (417, "Expectation Failed"),
        (421, "Misdirected Request"),
        (431, "Request Header Fields Too Large"),
        (500, "Internal Server Error"),
        (501, "Not Implemented"),
        (502, "Bad Gateway"),
        (503, "Service Unavailable"),
        (504, "Gateway Timeout"),
        (505, "HTTP Version Not Supported"),
    ] {
        let response = server.get_from("pages.test", &format!("/{status}"));
        assert_eq!(response.status_line, format!("HTTP/1.1 {status} {reason}"));
        assert_eq!(response.field("Content-Type"), Some("text/html"), "{response:?}");
        assert!(response.text().contains(&status.to_string()), "{response:?}");
        assert!(response.text().contains("<html"), "{response:?}");
    }
}

#[test]
fn a_response_is_dated_framed_and_typed() {
    let server = http();
    let response = server.get_from("http.test", "/ping");
    assert_eq!(response.status_line, "HTTP/1.1 200 OK");
    assert_eq!(response.field("Content-Length"), Some("4"));
    assert_eq!(response.field("Content-Type"), Some("text/plain"));
    let product = response.field("Server").unwrap_or("sitec");
    assert!(!product.contains(|c: char| c.is_ascii_digit()), "a version: {product}");
    let empty = server.get_from("http.test", "/empty");
    assert_eq!(empty.status_line, "HTTP/1.1 204 No Content");
    assert_eq!(empty.field("Content-Type"), None);
}

#[test]
fn a_reset_has_no_content() {
    let server = http();
    let mut client = server.connect();
    for path in ["/reset", "/reset-computed", "/reset-page"] {
        for method in ["GET", "HEAD", "POST"] {
            client.send(format!("{method} {path} HTTP/1.1\r\nHost: http.test\r\n\r\n"));
            let response = client.response(method);
            assert_eq!(response.status_line, "HTTP/1.1 205 Reset Content", "{path}");
            assert_eq!(response.field("Content-Length"), Some("0"), "{path}");
            assert_eq!(response.field("Content-Type"), None, "{path}");
            assert_eq!(response.text(), "", "{path}");
        }
    }
    assert_eq!(client.get("/ping", "http.test").text(), "pong");
}

#[test]
fn methods_that_a_location_does_not_take() {
    let server = http();
    let send = |method: &str, path: &str| {
        let request = format!("{method} {path} HTTP/1.1\r\nHost: http.test\r\n\r\n");
        server.connect().send(request).response(method)
    };
    for (path, allowed, refused) in [
        ("/get", &["GET", "HEAD"][..], &["POST", "PUT", "DELETE", "OPTIONS", "PATCH"][..]),
        ("/post", &["POST", "PUT"], &["GET", "HEAD", "DELETE"]),
        ("/plain.txt", &["GET", "HEAD"], &["POST", "PUT", "DELETE", "PATCH"]),
    ] {
        for method in allowed {
            assert_eq!(send(method, path).status, 200, "{method} {path}");
        }
        for method in refused {
            let response = send(method, path);
            assert_eq!(response.status, 405, "{method} {path}");
            let mut listed: Vec<_> = response.field("Allow").unwrap().split(", ").collect();
            listed.sort();
            assert_eq!(listed, allowed, "{method} {path}");
        }
    }
    // A `return` takes any method that the server knows.
    for method in ["GET", "POST", "PUT", "DELETE", "PATCH"] {
        assert_eq!(send(method, "/method").text(), method);
    }
}

#[test]
fn a_file_is_served_as_it_is() {
    let server = http();
    let response = server.get("/plain.txt");
    assert_eq!(response.text(), "plain\n");
    assert_eq!(response.field("Content-Type"), Some("text/plain"));
    assert_eq!(response.field("Accept-Ranges"), Some("bytes"));
}
