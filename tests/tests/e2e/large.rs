//! Large files of the binary: sent from the program's own file, and the same bytes for all that.

use std::io::Read;
use std::ops::Range;

use flate2::read::GzDecoder;
use sitec_tests::response::Response;
use sitec_tests::server::Server;

use crate::launch;

/// The length of `sites/large/numbers.txt`: numbers from one on, of seven digits each, 64 in a line.
const LEN: usize = 409_600;

fn content() -> Vec<u8> {
    let end = |number| if number % 64 == 0 { '\n' } else { ' ' };
    (1..=LEN / 8).flat_map(|number| format!("{number:07}{}", end(number)).into_bytes()).collect()
}

fn large() -> Server {
    launch("large").start()
}

fn request(method: &str, path: &str, fields: &str) -> String {
    format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\n{fields}\r\n")
}

fn ask(server: &Server, method: &str, path: &str, fields: &str) -> Response {
    server.connect().send(request(method, path, fields)).response(method)
}

/// Bytes that the server has read from files so far: `sendfile` counts as reading.
fn read_len(server: &Server) -> usize {
    let io = std::fs::read_to_string(format!("/proc/{}/io", server.pid())).expect("/proc");
    let line = io.lines().find_map(|line| line.strip_prefix("rchar: ")).expect("a count");
    line.parse().expect("a number")
}

/// A content, and how much the server has read from files to send it.
fn reading(server: &Server, path: &str, fields: &str) -> (Vec<u8>, usize) {
    let before = read_len(server);
    let mut client = server.connect();
    let body = client.send(request("GET", path, fields)).response("GET").body;
    // What it has read is counted when the call has ended: before it answers again.
    assert_eq!(client.get("/none", "localhost").status, 404);
    (body, read_len(server) - before)
}

#[test]
fn large_contents_come_from_the_programs_file() {
    let server = large();
    let content = content();
    let growth = |path: &str, fields: &str, expected: &[u8]| {
        let (body, growth) = reading(&server, path, fields);
        assert!(body == expected, "{path} {fields}");
        growth
    };
    let (start, end) = (5_000, 5_000 + 100_000);
    let part = format!("Range: bytes={start}-{}\r\n", end - 1);
    // Up to a page goes with the head, and what is not worth a call of its own.
    let least = |len: usize| len - 2 * 4096;
    assert!(growth("/numbers.txt", "", &content) >= least(LEN));
    assert!(growth("/numbers.txt", &part, &content[start..end]) >= least(end - start));
    // Neither from there: what is short, and where the conf says so.
    let short = growth("/numbers.txt", "Range: bytes=10-20000\r\n", &content[10..20_001]);
    assert!(short < 10_000, "{short}");
    let copied = growth("/copied/numbers.txt", "", &content);
    assert!(copied < 10_000, "{copied}");
}

#[test]
fn every_part_is_that_of_the_file() {
    let server = large();
    let content = content();
    let parts: [(String, Range<usize>); 10] = [
        ("0-".to_owned(), 0..LEN),
        ("1-".to_owned(), 1..LEN),
        (format!("0-{}", LEN - 2), 0..LEN - 1),
        ("100001-299999".to_owned(), 100_001..300_000),
        ("4095-266240".to_owned(), 4095..266_241),
        ("0-262143".to_owned(), 0..262_144),
        ("777-66312".to_owned(), 777..66_313),
        ("-100000".to_owned(), LEN - 100_000..LEN),
        ("-9999999".to_owned(), 0..LEN),
        ("409599-".to_owned(), LEN - 1..LEN),
    ];
    for path in ["/numbers.txt", "/copied/numbers.txt"] {
        for (range, expected) in &parts {
            let fields = format!("Range: bytes={range}\r\n");
            let response = ask(&server, "GET", path, &fields);
            assert_eq!(response.status, 206, "{path} {range}");
            let shown = format!("bytes {}-{}/{LEN}", expected.start, expected.end - 1);
            assert_eq!(response.field("Content-Range"), Some(&shown[..]), "{path}");
            assert!(response.body == content[expected.clone()], "{path} {range}");
        }
    }
    let both = ask(&server, "GET", "/numbers.txt", "Range: bytes=8-100007,200000-399999\r\n");
    assert_eq!(both.status, 206);
    for part in [8..100_008, 200_000..400_000] {
        let head = format!("Content-Range: bytes {}-{}/{LEN}\r\n\r\n", part.start, part.end - 1);
        let text = both.text();
        let (_, rest) = text.split_once(&head).expect("a part");
        assert!(rest.as_bytes().starts_with(&content[part]), "{head:?}");
    }
}

#[test]
fn heads_and_conditions_are_as_ever() {
    let server = large();
    let whole = ask(&server, "GET", "/numbers.txt", "");
    assert!(whole.status == 200 && whole.body == content());
    let tag = whole.field("ETag").expect("a tag");
    for (method, fields, status, len) in [
        ("HEAD", String::new(), 200, LEN),
        ("GET", format!("If-None-Match: {tag}\r\n"), 304, 0),
        ("GET", "If-None-Match: \"x\"\r\n".to_owned(), 200, LEN),
        ("GET", format!("If-Match: {tag}\r\n"), 200, LEN),
        ("GET", format!("If-Range: {tag}\r\nRange: bytes=0-99999\r\n"), 206, 100_000),
        ("GET", "If-Range: \"x\"\r\nRange: bytes=0-99999\r\n".to_owned(), 200, LEN),
    ] {
        let response = ask(&server, method, "/numbers.txt", &fields);
        assert_eq!(response.status, status, "{method} {fields:?}");
        let sent = if method == "HEAD" { 0 } else { len };
        assert_eq!(response.body.len(), sent, "{method} {fields:?}");
        let length = response.field("Content-Length").map_or(0, |len| len.parse().unwrap());
        assert_eq!(length, len, "{method} {fields:?}");
    }
}

#[test]
fn a_compressed_form_is_sent_alike() {
    let server = large();
    let accepting = "Accept-Encoding: gzip\r\n";
    let (form, read) = reading(&server, "/numbers.txt", accepting);
    assert!(form.len() > 70_000 && read > form.len() - 2 * 4096, "{read}");
    let mut decoded = Vec::new();
    GzDecoder::new(&form[..]).read_to_end(&mut decoded).expect("gzip");
    assert!(decoded == content());
    let part = format!("{accepting}Range: bytes=1001-69999\r\n");
    assert!(ask(&server, "GET", "/numbers.txt", &part).body == form[1001..70_000]);
}

/// So many responses wait that no socket takes them all: the server goes on where it stopped,
/// anywhere in a page.
#[test]
fn clients_that_read_late_and_in_turns_get_all() {
    const CLIENTS: usize = 5;
    const RESPONSES: usize = 30;
    let server = large();
    let content = content();
    let mut clients: Vec<_> = (0..CLIENTS).map(|_| server.connect()).collect();
    for (i, client) in clients.iter_mut().enumerate() {
        let path = if i == 0 { "/copied/numbers.txt" } else { "/numbers.txt" };
        client.send(request("GET", path, "").repeat(RESPONSES));
    }
    for turn in 0..RESPONSES {
        for (i, client) in clients.iter_mut().enumerate() {
            let body = client.response("GET").body;
            assert!(body == content, "client {i}, response {turn}");
        }
    }
}
