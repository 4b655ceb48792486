//! `slice`: what nginx 1.22 answered to the same requests, and what it asked of the server behind it.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::{Arc, Mutex};

use sitec_tests::backend::{Asked, Backend, Then};
use sitec_tests::folder::Folder;
use sitec_tests::response::Response;
use sitec_tests::server::Server;

use crate::launch;

/// The length of what the server behind has.
const LEN: usize = 10_000;

fn content() -> Vec<u8> {
    b"0123456789abcdef".iter().copied().cycle().take(LEN).collect()
}

/// The value of a field of a request.
fn field<'a>(asked: &'a Asked, name: &str) -> Option<&'a str> {
    let lines = asked.head.lines().filter_map(|line| line.split_once(": "));
    let mut named = lines.filter(|(own, _)| own.eq_ignore_ascii_case(name));
    named.next().map(|(_, value)| value)
}

/// Answers with the part that is asked for, as the path says with a mistake.
fn answer(asked: &Asked, stream: &mut TcpStream) -> Then {
    let content = content();
    let target = asked.target().to_owned();
    let range = field(asked, "Range").and_then(|range| {
        let (first, last) = range.strip_prefix("bytes=")?.split_once('-')?;
        Some((first.parse::<usize>().ok()?, last.parse::<usize>().ok()?.min(LEN - 1)))
    });
    let (status, fields, part) = match range {
        Some((first, _)) if first >= LEN => {
            ("416 Range Not Satisfiable", format!("Content-Range: bytes */{LEN}\r\n"), &b""[..])
        }
        Some(_) if target.ends_with("/whole") => ("200 OK", String::new(), &content[..]),
        Some((first, last)) => {
            let end = if target.ends_with("/short") && first > 0 { last } else { last + 1 };
            let whole = if target.ends_with("/unknown") { "*".to_owned() } else { LEN.to_string() };
            let range = format!("Content-Range: bytes {first}-{}/{whole}\r\n", end - 1);
            ("206 Partial Content", range, &content[first..end])
        }
        None => ("200 OK", String::new(), &content[..]),
    };
    let is_later = range.is_some_and(|(first, _)| first > 0);
    let tag = if target.ends_with("/other") && is_later { "b" } else { "a" };
    let status = match target.ends_with("/gone") && is_later {
        true => "404 Not Found",
        false => status,
    };
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/plain\r\nETag: \"{tag}\"\r\nAccept-Ranges: bytes\r\n\
         Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\nContent-Length: {}\r\n{fields}\r\n",
        part.len()
    );
    let _ = stream.write_all(head.as_bytes());
    if !asked.line().starts_with("HEAD") {
        let _ = stream.write_all(part);
    }
    Then::Keep
}

/// A server, and the ranges that are asked for. It keeps nothing for longer than it lives.
fn serve() -> (Backend, Server, Arc<Mutex<Vec<String>>>) {
    serve_keeping(&Folder::new())
}

/// The same, where it keeps what it keeps in a folder.
fn serve_keeping(folder: &Folder) -> (Backend, Server, Arc<Mutex<Vec<String>>>) {
    let kept = folder.path().to_str().expect("a path");
    let asked_for = Arc::new(Mutex::new(Vec::new()));
    let noted = asked_for.clone();
    let back = Backend::start(move |asked, stream| {
        noted.lock().unwrap().push(field(asked, "Range").unwrap_or("none").to_owned());
        answer(asked, stream)
    });
    let server = launch("slices").set("BACK", &back.address()).set("KEPT", kept).start();
    (back, server, asked_for)
}

fn ask(server: &Server, method: &str, path: &str, fields: &str) -> Response {
    let request = format!("{method} {path} HTTP/1.1\r\nHost: a\r\n{fields}\r\n");
    server.connect().send(request).response(method)
}

#[test]
fn a_content_is_fetched_in_parts() {
    let (_back, server, asked_for) = serve();
    let all = content();
    let whole: Vec<_> =
        (0..10).map(|part| format!("bytes={}-{}", part * 1024, part * 1024 + 1023)).collect();
    for (path, fields, status, range, parts) in [
        ("/a", "", 200, 0..LEN, &whole[..]),
        ("/moved/a", "", 200, 0..LEN, &whole),
        ("/a", "Range: bytes=0-9\r\n", 206, 0..10, &whole[..1]),
        ("/a", "Range: bytes=1000-1100\r\n", 206, 1000..1101, &whole[..2]),
        ("/a", "Range: bytes=3000-\r\n", 206, 3000..LEN, &whole[2..]),
        ("/a", "Range: bytes=-5\r\n", 206, LEN - 5..LEN, &[whole[0].clone(), whole[9].clone()]),
        ("/a", "Range: bytes=0-1,5-6\r\n", 200, 0..LEN, &whole),
        (
            "/a",
            "Range: bytes=5000-5001\r\nIf-Range: \"a\"\r\n",
            206,
            5000..5002,
            &[whole[0].clone(), whole[4].clone()],
        ),
        ("/a", "Range: bytes=5000-5001\r\nIf-Range: \"b\"\r\n", 200, 0..LEN, &whole),
        ("/large/a", "", 200, 0..LEN, &["bytes=0-102399".to_owned()]),
        ("/a/whole", "", 200, 0..LEN, &whole[..1]),
        ("/whole/a", "", 200, 0..LEN, &["none".to_owned()]),
        ("/unasked/a", "Range: bytes=0-9\r\n", 206, 0..10, &["bytes=0-9".to_owned()]),
    ] {
        let shown = format!("{path} {fields}");
        asked_for.lock().unwrap().clear();
        let response = ask(&server, "GET", path, fields);
        assert_eq!(response.status, status, "{shown}: {}", server.log());
        assert!(response.body == all[range.clone()], "{shown}");
        assert_eq!(*asked_for.lock().unwrap(), parts, "{shown}");
        let length = range.len().to_string();
        assert_eq!(response.field("Content-Length"), Some(&length[..]), "{shown}");
        let part = format!("bytes {}-{}/{LEN}", range.start, range.end - 1);
        let part = (status == 206).then_some(&part[..]);
        assert_eq!(response.field("Content-Range"), part, "{shown}");
        assert_eq!(response.field("ETag"), Some("\"a\""), "{shown}");
    }
    asked_for.lock().unwrap().clear();
    let head = ask(&server, "HEAD", "/a", "");
    assert_eq!((head.status, head.field("Content-Length")), (200, Some("10000")));
    assert_eq!(asked_for.lock().unwrap().len(), 1);
    assert_eq!(ask(&server, "GET", "/a", "Range: bytes=20000-\r\n").status, 416);
}

#[test]
fn parts_are_changed_and_compressed_together() {
    let (_back, server, _) = serve();
    let text = String::from_utf8(content()).unwrap();
    assert_eq!(ask(&server, "GET", "/changed/a", "").text(), text.replace("abc", "def"));
    assert_eq!(ask(&server, "GET", "/around/a", "").text(), text.clone() + "tail");
    let coded = ask(&server, "GET", "/gzip/a", "Accept-Encoding: gzip\r\n");
    let mut unpacked = String::new();
    flate2::read::GzDecoder::new(&coded.body[..]).read_to_string(&mut unpacked).expect("gzip");
    assert!(unpacked == text);
}

#[test]
fn parts_that_do_not_belong_together_are_not_sent() {
    let (_back, server, _) = serve();
    for (path, status, reason) in [
        ("/a/unknown", 502, "invalid range in slice response"),
        ("/a/other", 200, "etag mismatch in slice response"),
        ("/a/short", 200, "unexpected range in slice response: 1024-2047, expected: 1024-2048"),
        ("/a/gone", 200, "unexpected status code 404 in slice response"),
    ] {
        let mut client = server.connect();
        client.send(format!("GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"));
        let bytes = client.until_closed();
        let text = String::from_utf8_lossy(&bytes);
        assert!(text.starts_with(&format!("HTTP/1.1 {status} ")), "{path}: {text}");
        if status == 200 {
            let (head, sent) = text.split_once("\r\n\r\n").unwrap();
            assert!(head.contains("Content-Length: 10000"), "{path}: {head}");
            assert_eq!(sent.len(), 1024, "{path}");
        }
        server.wait_for(reason);
    }
}

/// Each part is an answer of its own, and is asked for once.
#[test]
fn parts_are_kept() {
    let folder = Folder::new();
    let (_back, server, asked_for) = serve_keeping(&folder);
    let all = content();
    for (fields, status, range, cache, parts) in [
        (
            "Range: bytes=3000-4000\r\n",
            206,
            3000..4001,
            "MISS",
            &["bytes=2048-3071", "bytes=3072-4095"][..],
        ),
        ("Range: bytes=3000-4000\r\n", 206, 3000..4001, "HIT", &[]),
        ("Range: bytes=3000-5000\r\n", 206, 3000..5001, "HIT", &["bytes=4096-5119"]),
        (
            "Range: bytes=2500-2600\r\nIf-Range: \"a\"\r\n",
            206,
            2500..2601,
            "MISS",
            &["bytes=0-1023"],
        ),
        (
            "",
            200,
            0..LEN,
            "HIT",
            &[
                "bytes=1024-2047",
                "bytes=5120-6143",
                "bytes=6144-7167",
                "bytes=7168-8191",
                "bytes=8192-9215",
                "bytes=9216-10239",
            ],
        ),
        ("", 200, 0..LEN, "HIT", &[]),
        ("Range: bytes=-5\r\n", 206, LEN - 5..LEN, "HIT", &[]),
        ("Range: bytes=0-1,5-6\r\n", 200, 0..LEN, "HIT", &[]),
        ("Range: bytes=10-20\r\nIf-Range: \"b\"\r\n", 200, 0..LEN, "HIT", &[]),
        ("If-None-Match: \"a\"\r\n", 304, 0..0, "HIT", &[]),
        ("Range: bytes=10-20\r\nIf-None-Match: \"a\"\r\n", 304, 0..0, "HIT", &[]),
        ("If-None-Match: \"b\"\r\n", 200, 0..LEN, "HIT", &[]),
    ] {
        asked_for.lock().unwrap().clear();
        let response = ask(&server, "GET", "/kept/a", fields);
        assert_eq!(response.status, status, "{fields}: {}", server.log());
        assert!(response.body == all[range.clone()], "{fields}");
        assert_eq!(*asked_for.lock().unwrap(), parts, "{fields}");
        assert_eq!(response.field("X-Cache"), Some(cache), "{fields}");
        let part = format!("bytes {}-{}/{LEN}", range.start, range.end.max(1) - 1);
        let part = (status == 206).then_some(&part[..]);
        assert_eq!(response.field("Content-Range"), part, "{fields}");
    }
    asked_for.lock().unwrap().clear();
    let head = ask(&server, "HEAD", "/kept/a", "");
    assert_eq!((head.status, head.field("Content-Length")), (200, Some("10000")));
    let range = format!("Range: bytes={LEN}-\r\n");
    assert_eq!(ask(&server, "GET", "/kept/a", &range).status, 416);
    // One part that does not belong to the others ends what is sent.
    let response = ask(&server, "GET", "/kept/a/other", "Range: bytes=0-9\r\n");
    assert_eq!(response.status, 206);
    for _ in 0..2 {
        let mut client = server.connect();
        client.send("GET /kept/a/other HTTP/1.1\r\nHost: a\r\n\r\n");
        let got = client.until_closed();
        assert!(!got.is_empty() && got.len() < LEN);
    }
    server.wait_for("etag mismatch in slice response");
}
