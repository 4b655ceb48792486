//! Servers behind this one that speak HTTP/2 wrongly, or give requests back.

use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use crate::grpc::{before, call};
use sitec_tests::PATIENCE;
use sitec_tests::backend::nobody;
use sitec_tests::http2::*;

/// A server whose every connection does what a test says.
struct Raw {
    port: u16,
    said: Receiver<String>,
}

impl Raw {
    fn start(act: impl Fn(usize, &mut Http2, &Sender<String>) + Send + Sync + 'static) -> Raw {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let (say, said) = channel();
        let act = Arc::new(act);
        thread::spawn(move || {
            for (number, stream) in listener.incoming().flatten().enumerate() {
                let (act, say) = (act.clone(), say.clone());
                thread::spawn(move || {
                    let mut connection = Http2::accepted(stream, &[]);
                    act(number, &mut connection, &say);
                    connection.finish();
                    connection.until_closed();
                });
            }
        });
        Raw { port, said }
    }

    fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    fn next(&self) -> String {
        self.said.recv_timeout(PATIENCE).expect("the other server says something")
    }
}

/// The stream of the next request.
fn asked(connection: &mut Http2) -> u32 {
    connection.wait_for(|frame| frame.kind == HEADERS).stream
}

/// Answers on a stream.
fn answer(connection: &mut Http2, id: u32) {
    let head = block(&[(":status", "200"), ("content-type", "application/grpc")]);
    connection.frame(HEADERS, END_HEADERS, id, &head);
    connection.frame(DATA, 0, id, b"fine");
    connection.frame(HEADERS, END_HEADERS | END_STREAM, id, &block(&[("grpc-status", "0")]));
}

#[test]
fn grpc_connections_are_looked_after() {
    let raw = Raw::start(|number, connection, say| {
        let frame = connection.wait_for(|frame| frame.kind == SETTINGS && frame.flags == 0);
        let _ = say.send(format!("{:?}", frame.payload));
        connection.wait_for(|frame| frame.kind == SETTINGS && frame.flags == ACK);
        let id = asked(connection);
        connection.frame(PING, 0, 0, b"01234567");
        connection.wait_for(|frame| frame.kind == PING && frame.payload == b"01234567");
        answer(connection, id);
        // It is idle now, and goes on being looked after.
        connection.settings(&[(1, 0), (4, 10), (0x99, 1)]);
        connection.wait_for(|frame| frame.kind == SETTINGS && frame.flags == ACK);
        connection.frame(PING, 0, 0, b"abcdefgh");
        let pong = connection.wait_for(|frame| frame.kind == PING && frame.payload == b"abcdefgh");
        let _ = say.send(format!("{number} {}", pong.flags));
        // The window of the next request is small, and the table of fields empty.
        let id = asked(connection);
        let mut content = Vec::new();
        while content.len() < 35 {
            let frame = connection.wait_for(|frame| frame.kind == DATA && frame.stream == id);
            assert!(frame.payload.len() <= 10);
            content.extend(frame.payload);
            connection.window(id, 10);
        }
        let _ = say.send(String::from_utf8(content).unwrap());
        answer(connection, id);
        asked(connection);
    });
    let site = before(&raw.address(), &nobody());
    let mut client = Http2::connect(&site.server);
    let id = call(&mut client, "/a");
    client.frame(DATA, END_STREAM, id, b"");
    assert_eq!(client.answer(id).text(), "fine");
    assert_eq!(raw.next(), "[0, 2, 0, 0, 0, 0, 0, 4, 0, 2, 0, 0]");
    assert_eq!(raw.next(), "0 1");
    let id = call(&mut client, "/b");
    client.frame(DATA, END_STREAM, id, b"content that is longer than windows");
    assert_eq!(raw.next(), "content that is longer than windows");
    assert_eq!(client.answer(id).text(), "fine");
}

/// What a server has not looked at is asked of the next one, or on the next connection, whatever it is.
#[test]
fn grpc_requests_that_were_not_looked_at_are_asked_again() {
    for goes_away in [true, false] {
        // The first connection serves one request, and leaves when the next one comes.
        let raw = Raw::start(move |number, connection, say| {
            let id = asked(connection);
            answer(connection, id);
            let id = asked(connection);
            let _ = say.send(format!("{number}"));
            if number > 0 {
                return answer(connection, id);
            }
            match goes_away {
                true => {
                    let payload = [1u32.to_be_bytes(), NO_ERROR.to_be_bytes()].concat();
                    connection.frame(GOAWAY, 0, 0, &payload);
                }
                false => {
                    connection.frame(RST_STREAM, 0, id, &REFUSED_STREAM.to_be_bytes());
                }
            }
        });
        let site = before(&raw.address(), &nobody());
        let mut client = Http2::connect(&site.server);
        for _ in 0..2 {
            // No content: what has gone on cannot be sent again.
            let id = client.open("POST", "/a", &[], true);
            let answer = client.answer(id);
            assert_eq!((answer.status, &answer.text()[..]), (200, "fine"), "{}", site.server.log());
        }
        assert_eq!(raw.next(), "0");
    }
    // Content that has gone on is lost.
    let raw = Raw::start(|_, connection, _| {
        let id = asked(connection);
        connection.wait_for(|frame| frame.kind == DATA);
        connection.frame(RST_STREAM, 0, id, &REFUSED_STREAM.to_be_bytes());
    });
    let site = before(&raw.address(), &raw.address());
    let mut client = Http2::connect(&site.server);
    let id = call(&mut client, "/named/");
    client.frame(DATA, END_STREAM, id, b"once");
    assert_eq!(client.answer(id).status, 502);
}

type Bytes = Vec<u8>;

/// What is sent in the place of an answer, on the first stream, and what the log says of it.
fn wrong() -> Vec<(Bytes, &'static str)> {
    let head = |fields: &[(&str, &str)]| frame(HEADERS, END_HEADERS, 1, &block(fields));
    let status = (":status", "200");
    let long = "x".repeat(40_000);
    let mut bomb = Vec::new();
    literal(&mut bomb, 0x40, "x", &"y".repeat(4000));
    bomb.extend(std::iter::repeat_n(0x80 | 62, 10_000));
    vec![
        (b"HTTP/1.1 200 OK\r\n\r\n".to_vec(), "a frame that is too long"),
        (frame(HEADERS, END_HEADERS, 2, &block(&[status])), "a frame of a stream that is not open"),
        (frame(HEADERS, END_HEADERS, 3, &block(&[status])), "a frame of a stream that is not open"),
        (frame(PUSH_PROMISE, END_HEADERS, 1, b"\0\0\0\x02"), "a push that nobody may make"),
        (frame(CONTINUATION, END_HEADERS, 1, b""), "CONTINUATION of nothing"),
        (frame(WINDOW_UPDATE, 0, 0, &[0x7f, 0xff, 0xff, 0xff]), "a window that is too large"),
        (frame(WINDOW_UPDATE, 0, 1, &[0x7f, 0xff, 0xff, 0xff]), "a window that is too large"),
        (
            frame(SETTINGS, 0, 0, &[0, 4, 0xff, 0xff, 0xff, 0xff]),
            "INITIAL_WINDOW_SIZE is too large",
        ),
        (frame(DATA, 0, 1, b"x"), "content before the head of an answer"),
        (head(&[("x", "y")]), "a head without a status"),
        (head(&[(":status", "20")]), "no valid status"),
        (head(&[status, status]), "a pseudo-header that is none of an answer"),
        (head(&[(":path", "/"), status]), "a pseudo-header that is none of an answer"),
        (head(&[status, ("Upper", "x")]), "a field with an invalid name"),
        (head(&[status, ("x", "a\nb")]), "a field with a control character in it"),
        (head(&[status, ("connection", "close")]), "a field of the connection"),
        (head(&[status, ("content-length", "1x")]), "an invalid Content-Length"),
        (head(&[(":status", "101")]), "an invalid interim head"),
        (
            frame(HEADERS, END_HEADERS, 1, &[0xff, 0xff, 0xff, 0xff, 0x7f]),
            "an integer is too large",
        ),
        (frame(HEADERS, END_HEADERS, 1, &[0x80 | 70]), "an index names no field"),
        (
            [frame(HEADERS, 0, 1, &block(&[status])), frame(DATA, 0, 1, b"")].concat(),
            "a frame within a block of fields",
        ),
        // Bombs and floods.
        (frame(HEADERS, END_HEADERS, 1, &bomb), "too big header"),
        (
            [
                frame(HEADERS, 0, 1, &block(&[status])),
                frame(CONTINUATION, 0, 1, &block(&[("x", &long[..16_000])])).repeat(5),
            ]
            .concat(),
            "a block of fields that is too long",
        ),
        (
            [frame(HEADERS, 0, 1, &block(&[status])), frame(CONTINUATION, 0, 1, b"").repeat(100)]
                .concat(),
            "a block of fields that is too long, or in too many parts",
        ),
        (frame(PING, ACK, 0, b"01234567").repeat(600_000), "mostly frames that are of no use"),
        (head(&[(":status", "103")]).repeat(100), "an invalid interim head"),
    ]
}

#[test]
fn grpc_answers_that_are_none_are_502() {
    for (bytes, logged) in wrong() {
        let raw = Raw::start(move |_, connection, _| {
            asked(connection);
            connection.send(&bytes);
        });
        let site = before(&raw.address(), &nobody());
        let mut client = Http2::connect(&site.server);
        let id = call(&mut client, "/a");
        client.frame(DATA, END_STREAM, id, b"hello");
        let answer = client.answer(id);
        assert_eq!(answer.status, 502, "{logged}: {}", site.server.log());
        site.server.wait_for(logged);
    }
    // Where a limit is smaller.
    let raw = Raw::start(|_, connection, _| {
        let id = asked(connection);
        let fields = block(&[(":status", "200"), ("x", &"y".repeat(2000))]);
        connection.frame(HEADERS, END_HEADERS | END_STREAM, id, &fields);
    });
    let site = before(&raw.address(), &nobody());
    let mut client = Http2::connect(&site.server);
    let id = client.open("POST", "/small/", &[], true);
    assert_eq!(client.answer(id).status, 502);
    site.server.wait_for("upstream sent too big header");
}

/// What goes wrong once the answer has begun resets the client's stream.
#[test]
fn grpc_answers_that_break_are_cut_off() {
    let head = |more: &[(&str, &str)]| {
        let fields = [&[(":status", "200")], more].concat();
        frame(HEADERS, END_HEADERS, 1, &block(&fields))
    };
    let data = frame(DATA, 0, 1, b"some");
    let reset = frame(RST_STREAM, 0, 1, &CANCEL.to_be_bytes());
    let long = frame(DATA, 0, 1, &[0; 16_384]).repeat(20);
    let fields = frame(HEADERS, END_HEADERS, 1, &block(&[("x", "y")]));
    let last = frame(DATA, END_STREAM, 1, b"some");
    for (front, rest, logged) in [
        (head(&[]), data.clone(), "upstream prematurely closed connection"),
        (head(&[]), reset, "upstream rejected request with error 8 (CANCEL)"),
        (head(&[("content-length", "9")]), last, "upstream sent content of another length"),
        (head(&[("content-length", "3")]), data, "upstream sent content of another length"),
        (head(&[]), head(&[]), "upstream sent a second head"),
        (head(&[]), fields, "upstream sent a second head"),
        (head(&[]), long, "more content than the window has"),
    ] {
        let raw = Raw::start(move |_, connection, _| {
            let id = asked(connection);
            connection.send(&front);
            // The client has the head, and says so.
            connection.wait_for(|frame| frame.kind == DATA && frame.stream == id);
            connection.send(&rest);
        });
        let site = before(&raw.address(), &nobody());
        let mut client = Http2::connect(&site.server);
        client.gives_back = false;
        let id = call(&mut client, "/lone/");
        assert_eq!(client.head(id).status, 200, "{logged}");
        client.frame(DATA, END_STREAM, id, b"hello");
        let reset = client.wait_for(|frame| frame.stream == id && frame.kind == RST_STREAM);
        assert_eq!(reset.number(0), INTERNAL_ERROR, "{logged}");
        site.server.wait_for(logged);
    }
}
