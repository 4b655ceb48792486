//! `add_before_body` and `add_after_body`: what nginx 1.22 answered to the same conf, and what comes of
//! parts that are long, slow or never whole.

use std::io::{Read, Write};
use std::time::{Duration, Instant};

use flate2::read::GzDecoder;
use sitec_tests::backend::{Backend, Then};
use sitec_tests::http2::{Http2, RST_STREAM};
use sitec_tests::response::Response;
use sitec_tests::server::Server;

use crate::launch;

/// Longer than what sockets and the server hold.
const LONG_LEN: usize = 24 << 20;

fn serve(back: &Backend) -> Server {
    launch("additions").set("BACK", &back.address()).start()
}

fn back() -> Backend {
    Backend::start(|asked, stream| {
        let say = |stream: &mut dyn Write, length: Option<usize>, text: &[u8]| {
            let length = length.map_or("Connection: close\r\n".to_owned(), |length| {
                format!("Content-Length: {length}\r\n")
            });
            let head = format!("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n{length}\r\n");
            let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(text));
        };
        let text = format!("<{} {}>", asked.line().replace(" HTTP/1.1", ""), asked.content.len());
        match asked.target() {
            "/long" => {
                say(stream, None, b"");
                let piece = [b'x'; 64 * 1024];
                for _ in 0..LONG_LEN / piece.len() {
                    if stream.write_all(&piece).is_err() {
                        break;
                    }
                }
                Then::Close
            }
            "/slow" => {
                say(stream, Some(9), b"one");
                for piece in ["two", "six"] {
                    std::thread::sleep(Duration::from_millis(60));
                    let _ = stream.write_all(piece.as_bytes());
                }
                Then::Keep
            }
            "/cut" => {
                say(stream, Some(9), b"one");
                Then::Close
            }
            "/late" => {
                say(stream, Some(9), b"one");
                std::thread::sleep(Duration::from_secs(2));
                Then::Close
            }
            "/needle" => {
                say(stream, Some(10), b"hay needle");
                Then::Keep
            }
            _ => {
                say(stream, Some(text.len()), text.as_bytes());
                Then::Keep
            }
        }
    })
}

fn ask(server: &Server, method: &str, path: &str, fields: &str) -> Response {
    let request = format!("{method} {path} HTTP/1.1\r\nHost: a\r\n{fields}\r\n");
    server.connect().send(request).response(method)
}

/// Paths, and what they are answered.
const WHOLE: &[(&str, &str)] = &[
    ("/both/hello.txt", "<top>hello\n<end>"),
    ("/both/off/hello.txt", "<top>hello\n"),
    ("/seen/hello.txt?a=1", "[/seen||/seen/hello.txt?a=1|GET|]hello\nhello\n"),
    ("/plain/hello.txt", "hello\n"),
    ("/any/hello.txt", "<top>hello\n"),
    ("/changed/hello.txt", "bye\nHELLO\n"),
    ("/empty/hello.txt", "hello\nhello\n"),
    ("/set/", "outer<inner>"),
    ("/head/", "x"),
    ("/far/hello.txt", "<GET /part 0>hello\nGET :"),
    ("/slow/hello.txt", "onetwosixhello\n<end>"),
    ("/back/x", "<top><GET /x 0><end>"),
    ("/back/needle", "<top>hay thread<end>"),
    ("/back/slow", "<top>onetwosix<end>"),
    ("/stream/x", "<GET /x 0><end>"),
    ("/run/echo.sh", "<top>GET :<end>"),
];

#[test]
fn others_are_put_around_contents() {
    let back = back();
    let server = serve(&back);
    for (path, expected) in WHOLE {
        // The connection is kept, and can be used again.
        let mut client = server.connect();
        for _ in 0..2 {
            client.send(format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n"));
            assert_eq!(client.response("GET").text(), *expected, "{path}: {}", server.log());
        }
    }
    for (path, begins, ends) in [
        ("/odd/hello.txt", "<top>hello\n<!DOCTYPE html>", "<h1>302 Found</h1>"),
        ("/none/hello.txt", "<!DOCTYPE html>", "hello\nhello\n"),
        ("/down/hello.txt", "hello\n<!DOCTYPE html>", "</html>"),
    ] {
        let text = ask(&server, "GET", path, "").text();
        let is_whole = text.starts_with(begins) && text.trim_end().ends_with(ends.trim_end());
        assert!(is_whole, "{path}: {text}");
    }
}

#[test]
fn others_are_put_around_contents_over_http2() {
    let back = back();
    let server = serve(&back);
    let mut client = Http2::connect(&server);
    let all: Vec<_> = WHOLE.iter().map(|(path, _)| client.open("GET", path, &[], true)).collect();
    for (id, (path, expected)) in all.into_iter().zip(WHOLE) {
        assert_eq!(client.answer(id).text(), *expected, "{path}: {}", server.log());
    }
}

#[test]
fn fields_are_those_of_a_changed_content() {
    let back = back();
    let server = serve(&back);
    for method in ["GET", "HEAD"] {
        for fields in ["", "Range: bytes=0-1\r\n"] {
            let response = ask(&server, method, "/both/hello.txt", fields);
            assert_eq!(response.status, 200);
            for name in ["Content-Length", "Accept-Ranges", "Content-Range"] {
                assert_eq!(response.field(name), None, "{method} {fields}");
            }
            assert!(response.field("Last-Modified").is_some());
            assert!(response.field("ETag").is_some_and(|tag| tag.starts_with("W/")));
        }
        let plain = ask(&server, method, "/plain/hello.txt", "Range: bytes=0-1\r\n");
        assert_eq!((plain.status, plain.field("Content-Length")), (206, Some("2")));
    }
    let tag = ask(&server, "GET", "/both/hello.txt", "").field("ETag").expect("a tag").to_owned();
    let fields = format!("If-None-Match: {tag}\r\n");
    assert_eq!(ask(&server, "GET", "/both/hello.txt", &fields).status, 304);
}

#[test]
fn what_is_put_together_is_compressed_afterwards() {
    let back = back();
    let server = serve(&back);
    let response = ask(&server, "GET", "/gzip/hello.txt", "Accept-Encoding: gzip\r\n");
    assert_eq!(response.field("Content-Encoding"), Some("gzip"));
    let mut text = String::new();
    GzDecoder::new(&response.body[..]).read_to_string(&mut text).expect("gzip");
    assert_eq!(text, "onetwosixhello\n<end>");
}

#[test]
fn the_content_of_a_request_arrives_before() {
    let back = back();
    let server = serve(&back);
    for (path, expected) in [
        ("/back/x", "<top><POST /x 300000><end>"),
        ("/stream/x", "<POST /x 300000><end>"),
        ("/run/echo.sh", &*format!("<top>POST 300000:{}<end>", "y".repeat(300_000))),
    ] {
        let mut client = server.connect();
        client.send(format!("POST {path} HTTP/1.1\r\nHost: a\r\nContent-Length: 300000\r\n\r\n"));
        client.send("y".repeat(300_000));
        let text = client.response("POST").text();
        assert!(text == expected, "{path}: {} bytes: {}", text.len(), server.log());
    }
}

#[test]
fn parts_are_no_faster_than_the_client() {
    let back = back();
    let server = serve(&back);
    let limit_kb = server.memory_kb() + 4096;
    let mut client = server.connect();
    client.send("GET /long/hello.txt HTTP/1.0\r\n\r\n");
    std::thread::sleep(Duration::from_millis(500));
    let held_kb = server.memory_kb();
    let all = client.until_closed();
    assert!(all.len() > 2 * LONG_LEN, "{}", all.len());
    assert!(all.windows(8).any(|bytes| bytes == b"xhello\nx"));
    assert!(held_kb < limit_kb, "{held_kb} of {limit_kb}");
    assert!(server.memory_kb() < limit_kb, "{} of {limit_kb}", server.memory_kb());
}

#[test]
fn what_is_never_whole_breaks_the_response_off() {
    let back = back();
    let server = serve(&back);
    for path in ["/cut/hello.txt", "/late/hello.txt", "/close/hello.txt", "/back/cut"] {
        let began = Instant::now();
        let mut client = server.connect();
        client.send(format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n"));
        let all = client.until_closed();
        assert!(!all.ends_with(b"0\r\n\r\n"), "{path}: {}", String::from_utf8_lossy(&all));
        assert!(began.elapsed() < Duration::from_secs(2), "{path}");
    }
    server.wait_for_times(4, "the response is broken off");
    assert_eq!(ask(&server, "GET", "/both/hello.txt", "").text(), "<top>hello\n<end>");
}

#[test]
fn nobody_is_asked_for_a_client_that_is_gone() {
    let back = back();
    let server = serve(&back);
    let began = Instant::now();
    for _ in 0..20 {
        let mut client = server.connect();
        client.send("GET /long/hello.txt HTTP/1.1\r\nHost: a\r\n\r\n");
        drop(client);
    }
    let mut client = Http2::connect(&server);
    let id = client.open("GET", "/slow/hello.txt", &[], true);
    client.frame(RST_STREAM, 0, id, &8u32.to_be_bytes());
    assert!(client.works(), "{}", server.log());
    assert_eq!(ask(&server, "GET", "/both/hello.txt", "").text(), "<top>hello\n<end>");
    assert!(began.elapsed() < Duration::from_secs(5));
}
