//! Fields that follow contents, and what another server says before its answer.

use std::time::Duration;

use crate::launch;
use sitec_tests::backend::{Backend, Then};
use sitec_tests::folder::Folder;
use sitec_tests::http2::Http2;
use sitec_tests::response::Response;
use sitec_tests::server::Server;

const LARGE_LEN: usize = 300_000;

/// A server of `sites/trailers.conf`, and its files.
fn serve(backend: &str) -> (Server, Folder) {
    let www = Folder::new();
    www.write("small.txt", "small");
    www.write("empty.txt", "");
    www.write("large.bin", vec![b'x'; LARGE_LEN]);
    www.write("page.html", "compress me, ".repeat(100));
    let launch = launch("trailers").set("WWW", www.path().to_str().unwrap());
    (launch.set("BACK", backend).start(), www)
}

/// Fields in short.
fn shown(fields: &[(String, String)]) -> String {
    let fields = fields.iter().map(|(name, value)| format!("{}={value}", name.to_lowercase()));
    fields.collect::<Vec<_>>().join(" ")
}

fn behind(response: &Response) -> String {
    shown(&response.trailers)
}

#[test]
fn fields_follow_every_kind_of_content() {
    let (server, _www) = serve("127.0.0.1:1");
    let mut client = server.connect();
    let mut http2 = Http2::connect(&server);
    for (path, status, len, expected) in [
        ("/said", 200, 4, "x-uri=/said x-always=1"),
        ("/small.txt", 200, 5, "x-uri=/small.txt x-always=1"),
        ("/empty.txt", 200, 0, "x-uri=/empty.txt x-always=1"),
        ("/large.bin", 200, LARGE_LEN, "x-uri=/large.bin x-always=1"),
        ("/made/small.txt", 200, 8, "x-uri=/made/small.txt x-always=1"),
        ("/own/small.txt", 200, 5, "x-own=1"),
        ("/both/small.txt", 200, 5, "x-own=1 x-uri=/both/small.txt x-always=1"),
        ("/gone", 410, 4, "x-always=1"),
    ] {
        let response = client.get(path, "a");
        assert_eq!((response.status, response.body.len()), (status, len), "{path}");
        assert_eq!(behind(&response), expected, "{path}");
        assert_eq!(response.field("Content-Length"), None, "{path}");
        let answer = http2.get(path);
        assert_eq!((answer.status, answer.content.len()), (status, len), "{path}");
        assert_eq!(shown(&answer.trailers), expected, "{path}");
        assert!(answer.ended_by_head && answer.field("content-length").is_none(), "{path}");
    }
    assert_eq!(client.get("/moved", "a").trailers.len(), 2);
    // What is empty is left out; the content goes in chunks all the same, as in nginx.
    let response = client.get("/hollow/small.txt", "a");
    assert_eq!((response.text().as_str(), response.trailers.len()), ("small", 0));
    assert_eq!(response.field("Transfer-Encoding"), Some("chunked"));
    assert!(http2.get("/hollow/small.txt").ended);
    assert_eq!(client.get("/nothing", "a").trailers.len(), 1);
    // Chunks count, as in nginx.
    server.wait_for("/said 200 41 ");
}

#[test]
fn what_has_no_content_or_cannot_be_followed_is_as_ever() {
    let (server, _www) = serve("127.0.0.1:1");
    let mut client = server.connect();
    let response = client.get("/without/small.txt", "a");
    assert_eq!((response.field("Content-Length"), behind(&response)), (Some("5"), String::new()));
    let response = client.send("HEAD /small.txt HTTP/1.1\r\nHost: a\r\n\r\n").response("HEAD");
    assert_eq!(response.field("Content-Length"), Some("5"));
    assert_eq!(client.get("/none", "a").status, 204);
    let date = response.field("Last-Modified").unwrap();
    let request =
        format!("GET /small.txt HTTP/1.1\r\nHost: a\r\nIf-Modified-Since: {date}\r\n\r\n");
    assert_eq!(client.send(request).response("GET").status, 304);
    let response = client.send("GET /small.txt HTTP/1.0\r\n\r\n").response("GET");
    assert_eq!(
        (response.field("Content-Length"), response.text()),
        (Some("5"), "small".to_owned())
    );
}

#[test]
fn contents_that_are_made_or_in_parts_are_followed() {
    let (server, _www) = serve("127.0.0.1:1");
    let mut client = server.connect();
    for (fields, path, part) in [
        ("Accept-Encoding: gzip", "/zipped/page.html", None),
        ("Range: bytes=1-3", "/small.txt", Some("mal")),
        ("Range: bytes=0-0,2-2", "/small.txt", None),
        ("Range: bytes=5-200004", "/large.bin", None),
    ] {
        client.send(format!("GET {path} HTTP/1.1\r\nHost: a\r\n{fields}\r\n\r\n"));
        let response = client.response("GET");
        assert_eq!(behind(&response), format!("x-uri={path} x-always=1"), "{fields}");
        assert!(part.is_none_or(|part| response.text() == part), "{response:?}");
    }
    // One behind another.
    let request = "GET /large.bin HTTP/1.1\r\nHost: a\r\n\r\n".repeat(3);
    client.send(request + "GET /said HTTP/1.1\r\nHost: a\r\n\r\n");
    for len in [LARGE_LEN, LARGE_LEN, LARGE_LEN, 4] {
        let response = client.response("GET");
        assert_eq!((response.body.len(), response.trailers.len()), (len, 2));
    }
}

const ANSWER: &str = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\
                      X-Sum: 7\r\nContent-Length: 9\r\nConnection: close\r\ngrpc-status: 0\r\n\r\n";

#[test]
fn fields_behind_an_answer_are_passed_on() {
    let backend = Backend::saying(ANSWER, Then::Keep);
    let (server, _www) = serve(&backend.address());
    let mut client = server.connect();
    let expected = "x-sum=7 grpc-status=0 x-upstream=200";
    for _ in 0..2 {
        let response = client.get("/back/", "a");
        assert_eq!((response.text().as_str(), behind(&response)), ("hello", expected.to_owned()));
    }
    server.wait_for("/back/ 200 58 \"7\"");
    assert_eq!(backend.connections(), 1, "the connection is in step");
    let answer = Http2::connect(&server).get("/back/");
    assert_eq!((answer.text().as_str(), shown(&answer.trailers)), ("hello", expected.to_owned()));
    assert!(answer.ended_by_head);
    let response = client.get("/kept/", "a");
    assert_eq!((response.text().as_str(), behind(&response)), ("hello", String::new()));
    let response = client.send("GET /back/ HTTP/1.0\r\n\r\n").response("GET");
    assert_eq!(response.text(), "hello");
}

const HINTED: &str = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\
                      Connection: X-Hop\r\nX-Hop: 1\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n\
                      HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

#[test]
fn what_is_said_before_an_answer_is_passed_on() {
    let backend = Backend::saying(HINTED, Then::Keep);
    let (server, _www) = serve(&backend.address());
    let mut client = server.connect();
    let hinted = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n";
    for (request, is_told) in [
        ("GET /back/ HTTP/1.1\r\nHost: a\r\n", true),
        ("GET /kept/?hints=0 HTTP/1.1\r\nHost: a\r\n", false),
        ("GET /kept/ HTTP/1.1\r\nHost: a\r\nX-Hints: yes\r\n", true),
        ("GET /kept/ HTTP/1.0\r\nConnection: keep-alive\r\nX-Hints: yes\r\n", false),
    ] {
        client.send(format!("{request}\r\n"));
        if is_told {
            let mut bytes = vec![0; hinted.len()];
            client.read_exact(&mut bytes);
            assert_eq!(String::from_utf8_lossy(&bytes), hinted, "{request}");
        }
        let response = client.response("GET");
        assert_eq!((response.status, response.text().as_str()), (200, "ok"), "{request}");
    }
    let answer = Http2::connect(&server).get("/back/");
    assert_eq!((answer.interim, answer.status), (vec![103, 102], 200));
}

#[test]
fn hints_come_before_whatever_the_answer_becomes() {
    let hints = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n";
    let backend = Backend::start(move |_, stream| {
        use std::io::Write;
        let _ = stream.write_all(hints.as_bytes());
        std::thread::sleep(Duration::from_millis(300));
        let answer = "HTTP/1.1 503 No\r\nContent-Length: 2\r\n\r\nno";
        let _ = stream.write_all(answer.as_bytes());
        Then::Close
    });
    let (server, _www) = serve(&backend.address());
    let mut client = server.connect();
    client.send("GET /back/ HTTP/1.1\r\nHost: a\r\n\r\n");
    let mut bytes = vec![0; hints.len()];
    client.read_exact(&mut bytes);
    // They do not wait for the answer, and that is the error page.
    assert!(client.silent_for(Duration::from_millis(50)));
    let response = client.response("GET");
    assert_eq!((response.status, response.text().as_str()), (200, "said"));
}
