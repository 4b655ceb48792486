//! `mirror`: what nginx 1.22 mirrors of the same conf, and that nobody waits for it.

use std::io::Write;
use std::thread;
use std::time::{Duration, Instant};

use sitec_tests::PATIENCE;
use sitec_tests::backend::{Backend, Then};
use sitec_tests::folder::Folder;
use sitec_tests::response::Response;
use sitec_tests::server::Server;

use crate::launch;

/// One that answers everything, after so long.
fn slow(delay: Duration) -> Backend {
    Backend::start(move |asked, stream| {
        thread::sleep(delay);
        let len = if asked.line().starts_with("HEAD") { "" } else { "ok" };
        let _ = stream
            .write_all(format!("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{len}").as_bytes());
        Then::Keep
    })
}

struct Bench {
    back: Backend,
    other: Backend,
    server: Server,
    _folder: Folder,
}

fn bench(delay: Duration) -> Bench {
    let folder = Folder::new();
    for name in ["hello.txt", "echo.sh"] {
        let from = format!("{}/sites/inquiries/{name}", env!("CARGO_MANIFEST_DIR"));
        let to = folder.path().join("inquiries");
        std::fs::create_dir_all(&to).expect("a folder");
        std::fs::copy(from, to.join(name)).expect("a file");
    }
    std::fs::create_dir(folder.path().join("store")).expect("a folder");
    let (back, other) = (slow(delay), slow(Duration::ZERO));
    let server = launch("mirrors").set("BACK", &back.address()).set("OTHER", &other.address());
    let server = server.arg("--prefix").arg(folder.path()).start();
    Bench { back, other, server, _folder: folder }
}

impl Bench {
    fn ask(&self, method: &str, path: &str, content: &str) -> Response {
        let framing = match content {
            "" => "\r\n".to_owned(),
            content => format!("Content-Length: {}\r\n\r\n{content}", content.len()),
        };
        let request = format!("{method} {path} HTTP/1.1\r\nHost: a\r\nX-F: 1\r\n{framing}");
        self.server.connect().send(request).response(method)
    }

    /// What was mirrored once there were so many: the request lines and the contents.
    fn mirrored(&self, count: usize) -> Vec<(String, Vec<u8>)> {
        let until = Instant::now() + PATIENCE;
        while self.back.asked().len() < count && Instant::now() < until {
            thread::sleep(Duration::from_millis(5));
        }
        let asked = self.back.asked().into_iter();
        let mut asked: Vec<_> = asked
            .map(|it| (it.line().trim_end_matches(" HTTP/1.1").to_owned(), it.content))
            .collect();
        asked.sort();
        asked
    }
}

/// What is asked, its status, and what is mirrored.
type Case =
    (&'static str, &'static str, &'static str, u16, &'static [(&'static str, &'static str)]);

const CASES: &[Case] = &[
    ("GET", "/m/hello.txt?q=1", "", 200, &[("GET /copy/m/hello.txt?q=1", "")]),
    ("HEAD", "/m/hello.txt", "", 200, &[("HEAD /copy/m/hello.txt", "")]),
    ("GET", "/m/none", "", 404, &[("GET /copy/m/none", "")]),
    // What the error page leads to is mirrored once more.
    (
        "POST",
        "/m/hello.txt",
        "abc",
        200,
        &[("GET /copy/m/hello.txt", ""), ("POST /copy/m/hello.txt", "abc")],
    ),
    ("POST", "/off/hello.txt", "abc", 405, &[("POST /copy/off/hello.txt", "")]),
    // So is an index.
    (
        "GET",
        "/two/",
        "",
        200,
        &[
            ("GET /copy/two/", ""),
            ("GET /copy/two/", ""),
            ("GET /second/two/", ""),
            ("GET /second/two/", ""),
        ],
    ),
    ("GET", "/try/", "", 200, &[("GET /copy/try/", "")]),
    ("GET", "/fall/", "", 200, &[]),
    ("GET", "/ret/", "", 200, &[]),
    ("GET", "/out/", "", 403, &[]),
    ("POST", "/pass/x", "abc", 200, &[("POST /copy/pass/x", "abc")]),
    ("POST", "/stream/x", "abc", 200, &[("POST /copy/stream/x", "abc")]),
    ("PUT", "/up/a", "abc", 201, &[("PUT /copy/up/a", "abc")]),
    ("POST", "/script/echo.sh", "abc", 200, &[("POST /copy/script/echo.sh", "abc")]),
];

#[test]
fn what_nginx_mirrors_is_mirrored() {
    for (method, path, content, status, mirrored) in CASES {
        let bench = bench(Duration::ZERO);
        let response = bench.ask(method, path, content);
        assert_eq!(response.status, *status, "{path}: {response:?} {}", bench.server.log());
        let expected: Vec<_> = mirrored
            .iter()
            .map(|(line, content)| ((*line).to_owned(), content.as_bytes().to_vec()))
            .collect();
        assert_eq!(bench.mirrored(mirrored.len()), expected, "{method} {path}");
    }
}

#[test]
fn content_goes_both_ways_whatever_its_length_and_framing() {
    // In memory, and in a file.
    for len in [10, 100_000] {
        let content = "0123456789".repeat(len / 10);
        let bench = bench(Duration::ZERO);
        for path in ["/pass/x", "/stream/x", "/up/x", "/script/echo.sh"] {
            let response = bench.ask(if path == "/up/x" { "PUT" } else { "POST" }, path, &content);
            assert!(matches!(response.status, 200 | 201), "{response:?} {}", bench.server.log());
            if path.starts_with("/script") {
                assert_eq!(response.text(), format!("POST {len}:{content}"));
            }
        }
        let chunked = format!("{len:x}\r\n{content}\r\n0\r\n\r\n");
        let head = "POST /stream/y HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
        let response = bench.server.connect().send(head.to_owned() + &chunked).response("POST");
        assert_eq!(response.status, 200, "{}", bench.server.log());
        for asked in bench.other.asked() {
            assert_eq!(asked.content.len(), len, "{}", asked.line());
            assert_eq!(asked.fields("Content-Length"), [len.to_string()], "{}", asked.line());
        }
        let mirrored = bench.mirrored(5);
        assert_eq!(mirrored.len(), 5);
        for (line, mirrored) in mirrored {
            assert!(mirrored == content.as_bytes(), "{line}: {}", mirrored.len());
        }
    }
}

#[test]
fn nobody_waits_for_a_mirror_or_minds_one_that_fails() {
    let bench = bench(Duration::from_millis(700));
    let began = Instant::now();
    let mut client = bench.server.connect();
    for _ in 0..3 {
        client.send("GET /m/hello.txt HTTP/1.1\r\nHost: a\r\n\r\n");
        assert_eq!(client.response("GET").text(), "hello\n");
    }
    assert_eq!(bench.ask("GET", "/lost/hello.txt", "").text(), "hello\n");
    assert!(began.elapsed() < Duration::from_millis(600), "{:?}", began.elapsed());
    drop(client);
    assert_eq!(bench.mirrored(3).len(), 3, "they go on without the client");
}

#[test]
fn too_many_are_left_out() {
    let bench = bench(Duration::from_secs(2));
    let mut client = bench.server.connect();
    let one = "GET /two/hello.txt HTTP/1.1\r\nHost: a\r\n\r\n";
    for _ in 0..3 {
        client.send(one.repeat(50));
        for _ in 0..50 {
            assert_eq!(client.response("GET").status, 200);
        }
    }
    bench.server.wait_for("too many requests are mirrored already");
    assert!(bench.mirrored(256).len() <= 257);
}
