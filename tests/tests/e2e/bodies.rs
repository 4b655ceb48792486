//! `$request_body`, and what else logs tell of requests as nginx 1.22 does.

use std::io::Write;
use std::thread;
use std::time::{Duration, Instant};

use sitec_tests::PATIENCE;
use sitec_tests::backend::{Backend, Then};
use sitec_tests::folder::Folder;
use sitec_tests::server::Server;

use crate::launch;

struct Bench {
    back: Backend,
    folder: Folder,
    server: Server,
}

fn bench() -> Bench {
    let folder = Folder::new();
    folder.write("logs/bodies.log", "");
    folder.write("www/file/a", "hello");
    let back = Backend::start(|_, stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        Then::Keep
    });
    let server = launch("bodies").set("BACK", &back.address()).arg("--prefix");
    let server = server.arg(folder.path()).start();
    Bench { back, folder, server }
}

impl Bench {
    /// What is logged of a request.
    fn logged(&self, request: &str) -> String {
        let before = self.folder.lines("logs/bodies.log").len();
        let mut client = self.server.connect();
        client.send(request);
        match request.contains(" /close") {
            true => drop(client.until_closed()),
            false => drop(client.response("POST")),
        }
        self.folder.wait_for_lines("logs/bodies.log", before + 1).pop().expect("a line")
    }
}

fn post(path: &str, content: &str) -> String {
    let len = content.len();
    format!("POST {path} HTTP/1.1\r\nHost: a\r\nContent-Length: {len}\r\n\r\n{content}")
}

#[test]
fn short_contents_are_kept_where_somebody_else_answers() {
    let bench = bench();
    for (path, content, expected) in [
        ("/pass", "secret", "POST /pass [secret] OK yes"),
        ("/pass", "0123456789abcdef", "POST /pass [0123456789abcdef] OK other"),
        ("/pass", "0123456789abcdefg", "POST /pass [-] OK other"),
        ("/pass", "", "POST /pass [-] OK other"),
        ("/pass", "a\n\"b", "POST /pass [a\\x0A\\x22b] OK other"),
        ("/head", "secret", "POST /head [secret] OK yes"),
        ("/wrap", "secret", "POST /wrap [secret] OK yes"),
        ("/off", "secret", "POST /off [secret] OK yes"),
        ("/stream", "secret", "POST /stream [-] OK other"),
        ("/ret", "secret", "POST /ret [-] OK other"),
        ("/mirrored", "secret", "POST /mirrored [-] OK other"),
        ("/file/a", "secret", "POST /file/a [secret] OK yes"),
        ("/gone", "secret", "GET /other [secret] OK yes"),
        ("/close", "secret", "POST /close [-]  other"),
    ] {
        assert_eq!(bench.logged(&post(path, content)), expected, "{path} {content}");
    }
    let chunked = "POST /pass HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n\
                   3\r\nsec\r\n3\r\nret\r\n0\r\n\r\n";
    assert_eq!(bench.logged(chunked), "POST /pass [secret] OK yes");
    // Nothing of one request is left for the next one of its connection.
    let mut client = bench.server.connect();
    client.send(post("/pass", "secret")).response("POST");
    client.send(post("/pass", "")).response("POST");
    let lines = bench.folder.wait_for_lines("logs/bodies.log", 17);
    assert_eq!(lines[15..], ["POST /pass [secret] OK yes", "POST /pass [-] OK other"]);
}

#[test]
fn a_content_may_be_a_part_of_what_is_asked() {
    let bench = bench();
    for (path, field, content) in [
        ("/head", "<secret>", "secret"),
        ("/wrap", "", "[secret]"),
        ("/off", "secret", ""),
        ("/pass", "", "secret"),
    ] {
        bench.server.connect().send(post(path, "secret")).response("POST");
        let asked = bench.back.asked().pop().expect("a request");
        assert_eq!(asked.fields("X-Body").concat(), field, "{path}");
        assert_eq!(String::from_utf8_lossy(&asked.content), content, "{path}");
    }
    // A mirror has it, too.
    bench.server.connect().send(post("/file/a", "secret")).response("POST");
    let until = Instant::now() + PATIENCE;
    let is_there = || bench.back.asked().into_iter().find(|it| it.target() == "/copy");
    while is_there().is_none() && Instant::now() < until {
        thread::sleep(Duration::from_millis(5));
    }
    assert_eq!(is_there().expect("a mirror").fields("X-Body"), ["secret"]);
}

#[test]
fn a_response_that_is_not_taken_is_not_complete() {
    let bench = bench();
    bench.folder.write("www/large", vec![b'x'; 32 << 20]);
    let mut client = bench.server.connect();
    client.send("GET /large HTTP/1.1\r\nHost: a\r\n\r\n");
    // Some of it has come, and the rest never does.
    client.read_exact(&mut [0; 512]);
    drop(client);
    let lines = bench.folder.wait_for_lines("logs/bodies.log", 1);
    assert_eq!(lines, ["GET /large [-]  other"]);
}

#[test]
fn connections_are_told() {
    let bench = bench();
    let idle = bench.server.connect();
    let ask = || bench.server.connect().get("/counts", "a").text();
    // Connections that were closed are counted until the server has seen it.
    let until = Instant::now() + PATIENCE;
    let mut said = ask();
    while said != "2 0 1 1" && Instant::now() < until {
        thread::sleep(Duration::from_millis(5));
        said = ask();
    }
    assert_eq!(said, "2 0 1 1");
    drop(idle);
}

#[test]
fn the_port_is_the_one_that_is_asked_for() {
    let bench = bench();
    for (host, expected) in [
        ("a.test", "a.test"),
        ("a.test:8080", "a.test:8080"),
        ("a.test:080", "a.test:80"),
        ("[::1]:81", "[::1]:81"),
        ("a.test:", "a.test"),
        ("a.test:0", "a.test"),
    ] {
        let request = format!("GET /port HTTP/1.1\r\nHost: {host}\r\n\r\n");
        assert_eq!(bench.server.connect().send(request).response("GET").text(), expected, "{host}");
    }
}
