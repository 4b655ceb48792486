//! Known attacks on HTTP/2: each meets a limit, the connection ends, and others are served meanwhile.

use std::time::{Duration, Instant};

use crate::http2::serve;
use sitec_tests::http2::*;
use sitec_tests::server::Server;

/// Lets a client do something up to so many times; it is told that this is too much, and others do not
/// notice.
fn calms(server: &Server, most: usize, mut act: impl FnMut(&mut Http2, usize)) {
    let mut client = Http2::connect(server);
    let mut honest = Http2::connect(server);
    let before = server.peak_memory_kb();
    for round in 0..most {
        act(&mut client, round);
        if round % 4096 == 0 {
            let began = Instant::now();
            assert!(honest.works());
            assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
            honest = Http2::connect(server);
        }
    }
    assert_eq!(client.goaway().1, ENHANCE_YOUR_CALM);
    assert!(honest.works());
    let grown = server.peak_memory_kb().saturating_sub(before);
    assert!(grown < 8 << 10, "{grown} KB");
}

/// CVE-2023-44487.
#[test]
fn http2_rapid_resets_are_bounded() {
    let site = serve();
    calms(&site.server, 400, |client, _| {
        let id = client.open("PUT", "/put/x", &[], false);
        client.frame(RST_STREAM, 0, id, &CANCEL.to_be_bytes());
    });
}

/// CVE-2025-8671: the client makes the server reset.
#[test]
fn http2_resets_that_a_client_provokes_are_bounded() {
    let site = serve();
    calms(&site.server, 400, |client, _| {
        let id = client.open("PUT", "/put/x", &[], false);
        client.window(id, 0);
    });
    calms(&site.server, 400, |client, _| {
        client.open("GET", "/ping", &[("Bad", "x")], true);
    });
    calms(&site.server, 400, |client, _| {
        let id = client.open("PUT", "/put/x", &[("content-length", "1")], false);
        client.frame(DATA, END_STREAM, id, b"ab");
    });
}

/// Streams that end well make good for some that do not.
#[test]
fn http2_clients_that_cancel_now_and_then_are_served() {
    let site = serve();
    let mut client = Http2::connect(&site.server);
    for _ in 0..300 {
        let id = client.open("GET", "/large.bin", &[], true);
        client.frame(RST_STREAM, 0, id, &CANCEL.to_be_bytes());
        assert!(client.works());
    }
}

/// CVE-2024-27316.
#[test]
fn http2_floods_of_continuation_are_bounded() {
    let site = serve();
    for len in [0, 1, 16_000] {
        calms(&site.server, 100, |client, round| match round {
            0 => drop(client.frame(HEADERS, END_STREAM, 1, b"")),
            _ => drop(client.frame(CONTINUATION, 0, 1, &vec![0; len])),
        });
    }
}

/// CVE-2016-6581: few bytes that stand for many.
#[test]
fn http2_bombs_of_fields_are_refused_and_cost_nothing() {
    let site = serve();
    let mut client = Http2::connect(&site.server);
    let before = site.server.peak_memory_kb();
    let mut bomb = block(&request("GET", "/ping"));
    literal(&mut bomb, 0x40, "x", &"y".repeat(3900));
    bomb.extend([0x80 | 62; 8000]);
    for _ in 0..50 {
        let id = client.next_stream();
        client.frame(HEADERS, END_HEADERS | END_STREAM, id, &bomb);
        assert_eq!(client.answer(id).status, 431);
    }
    let grown = site.server.peak_memory_kb().saturating_sub(before);
    assert!(grown < 4 << 10, "{grown} KB");
    assert!(client.works());
    // Empty fields and crumbs of cookies count, too.
    for name in ["x", "cookie"] {
        let mut many = block(&request("GET", "/ping"));
        literal(&mut many, 0x40, name, "");
        many.extend([0x80 | 62; 2000]);
        let id = client.next_stream();
        client.frame(HEADERS, END_HEADERS | END_STREAM, id, &many);
        assert_eq!(client.answer(id).status, 431, "{name}");
    }
}

/// The same behind a content: what is decoded is counted there, too, and the table stays in step.
#[test]
fn http2_bombs_of_trailers_are_refused() {
    let site = serve();
    let mut client = Http2::connect(&site.server);
    for (value_len, count) in [(3900, 8000), (0, 2000)] {
        let mut bomb = Vec::new();
        literal(&mut bomb, 0x40, "x", &"y".repeat(value_len));
        bomb.extend(vec![0x80 | 62; count]);
        let id = client.open("PUT", "/put/x", &[], false);
        client.frame(HEADERS, END_HEADERS | END_STREAM, id, &bomb);
        assert_eq!(client.answer(id).reset, Some(ENHANCE_YOUR_CALM));
    }
    let mut fields = block(&request("GET", "/host"));
    fields.extend([0x80 | 62, 0x80 | 63]);
    let id = client.next_stream();
    client.frame(HEADERS, END_HEADERS | END_STREAM, id, &fields);
    assert_eq!(client.answer(id).status, 200, "both are known");
}

/// CVE-2019-9512, 9515, 9513, 9518: frames that are of no use.
#[test]
fn http2_floods_of_frames_of_no_use_are_bounded() {
    let site = serve();
    // They are gathered, so that they come as fast as they can.
    let many =
        |kind, flags, stream, payload: &[u8]| frame(kind, flags, stream, payload).repeat(100);
    for (kind, payload) in [
        (PRIORITY, &[0, 0, 0, 7, 1][..]),
        (0x77, b"abc"),
        (SETTINGS, &[0, 3, 0, 0, 0, 1]),
        (PING, &[0; 8]),
    ] {
        let stream = if kind == PRIORITY { 9 } else { 0 };
        let bytes = many(kind, 0, stream, payload);
        let rounds = 10 * (1 << 20) / bytes.len();
        let mut client = Http2::connect(&site.server);
        let mut reader = client.twin();
        let reads = std::thread::spawn(move || reader.goaway().1);
        for _ in 0..rounds {
            client.send(&bytes);
        }
        assert_eq!(reads.join().unwrap(), ENHANCE_YOUR_CALM, "{kind}");
    }
    calms(&site.server, 10_000, |client, round| {
        if round == 0 {
            client.open("PUT", "/put/x", &[], false);
        }
        client.send(&many(DATA, 0, 1, b""));
    });
    let mut honest = Http2::connect(&site.server);
    assert!(honest.works());
}

/// A client that reads nothing is not read: what it would be told is bounded.
#[test]
fn http2_a_client_that_reads_nothing_is_not_read() {
    let site = serve();
    let mut client = Http2::connect(&site.server);
    assert!(client.works());
    let before = site.server.peak_memory_kb();
    let pings = frame(PING, 0, 0, &[0; 8]).repeat(1000);
    let mut sent = 0;
    while sent < 64 << 20 && client.sends_within(&pings, Duration::from_millis(500)) {
        sent += pings.len();
    }
    assert!(sent < 64 << 20, "all of it was read");
    let grown = site.server.peak_memory_kb().saturating_sub(before);
    assert!(grown < 4 << 10, "{grown} KB");
    assert!(Http2::connect(&site.server).works());
}

/// CVE-2019-9517 and its like: streams without a window hold no content.
#[test]
fn http2_streams_without_a_window_hold_nothing() {
    let site = serve();
    assert!(Http2::connect(&site.server).works());
    let before = site.server.peak_memory_kb();
    let mut clients = Vec::new();
    // Also where a content is made while it is sent.
    for path in ["/large.bin", "/replaced/large.bin"] {
        for _ in 0..4 {
            let mut client = Http2::with_settings(&site.server, 0, &[(4, 0)]);
            for _ in 0..100 {
                client.open("GET", path, &[], true);
            }
            clients.push(client);
        }
    }
    for client in &mut clients {
        assert_eq!(client.head(199).status, 200);
    }
    let grown = site.server.peak_memory_kb().saturating_sub(before);
    assert!(grown < 8 << 10, "{grown} KB for 800 streams of a megabyte each");
    let mut honest = Http2::connect(&site.server);
    assert!(honest.works());
    drop(clients);
    assert!(honest.works());
}

/// A head, or a frame, that comes byte by byte has a time for all of it.
#[test]
fn http2_what_comes_too_slowly_is_ended() {
    let site = serve();
    let part = frame(HEADERS, END_STREAM | END_HEADERS, 1, &block(&request("GET", "/ping")));
    for front in
        [&b""[..], b"PRI * HTTP/2.0\r\n", &frame(HEADERS, END_STREAM, 1, b"")[..], &part[..20]]
    {
        let mut client = Http2::silent(&site.server, 1);
        if !front.is_empty() && !front.starts_with(b"PRI") {
            client.send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").settings(&[]);
        }
        client.send(front);
        let began = Instant::now();
        client.until_closed();
        assert!(began.elapsed() < Duration::from_secs(4), "{:?}", began.elapsed());
    }
}

/// Frames that nobody has asked for keep no connection open, and no room.
#[test]
fn http2_pings_keep_no_connection_open() {
    let site = serve();
    let mut client = Http2::with_settings(&site.server, 1, &[]);
    client.frame(SETTINGS, ACK, 0, b"");
    assert!(client.works());
    let mut reader = client.twin();
    let ends = std::thread::spawn(move || reader.goaway());
    while !ends.is_finished() {
        client.frame(PING, 0, 0, &[0; 8]);
        std::thread::sleep(Duration::from_millis(10));
    }
    assert_eq!(ends.join().unwrap(), (1, NO_ERROR));
}

/// A client that is gone takes its streams with it.
#[test]
fn http2_streams_end_with_their_connection() {
    let site = serve();
    let file = site.store.path().join("gone");
    let code = format!(
        "trap 'echo stopped >{0}; exit' TERM; printf 'X: y\\n\\n'; echo begun; \
                        sleep 20 & wait",
        file.display()
    );
    let mut client = Http2::connect(&site.server);
    let id = client.open("GET", "/cgi/run.sh", &[("x-run", &code)], true);
    assert_eq!(client.head(id).status, 200);
    client.wait_for(|frame| frame.kind == DATA);
    drop(client);
    let began = Instant::now();
    while !file.exists() {
        assert!(began.elapsed() < Duration::from_secs(10), "{}", site.server.log());
        std::thread::yield_now();
    }
}
