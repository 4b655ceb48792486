//! The clauses of RFC 9113 that bind a server, one by one: what breaks a stream, what breaks the
//! connection, and by which code it is told.

use crate::http2::serve;
use sitec_tests::http2::*;
use sitec_tests::server::Server;

/// What a client does ends the connection with this code.
fn ends(server: &Server, code: u32, act: impl FnOnce(&mut Http2)) {
    let mut client = Http2::connect(server);
    act(&mut client);
    assert_eq!(client.goaway().1, code);
}

/// What a client does on a stream resets that with this code, and nothing else.
fn resets(server: &Server, code: u32, act: impl FnOnce(&mut Http2) -> u32) {
    let mut client = Http2::connect(server);
    let id = act(&mut client);
    let reset = client.wait_for(|frame| frame.kind == RST_STREAM && frame.stream == id);
    assert_eq!(reset.number(0), code);
    assert!(client.works(), "{}", server.log());
}

/// A stream that stays open, since the rest of its request does not come.
fn open(client: &mut Http2) -> u32 {
    client.open("PUT", "/put/x", &[], false)
}

#[test]
fn http2_rfc9113_3_4_the_preface_is_checked_and_may_come_in_pieces() {
    let site = serve();
    let mut client = Http2::silent(&site.server, 0);
    client.send(b"PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n");
    assert_eq!(client.goaway().1, PROTOCOL_ERROR);
    let mut client = Http2::silent(&site.server, 0);
    let all = [&b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"[..], &frame(SETTINGS, 0, 0, b"")].concat();
    for byte in all {
        client.send(&[byte]);
    }
    assert!(client.works());
    // The first frame is SETTINGS.
    let mut client = Http2::silent(&site.server, 0);
    client.send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").frame(PING, 0, 0, &[0; 8]);
    assert_eq!(client.goaway().1, PROTOCOL_ERROR);
}

#[test]
fn http2_rfc9113_4_1_frames_may_come_byte_by_byte() {
    let site = serve();
    let mut client = Http2::connect(&site.server);
    let id = client.next_stream();
    let block = block(&request("PUT", "/put/bytes"));
    let all =
        [frame(HEADERS, END_HEADERS, id, &block), frame(DATA, END_STREAM, id, b"abc")].concat();
    for byte in all {
        client.send(&[byte]);
    }
    assert_eq!(client.answer(id).status, 201);
    assert_eq!(site.store.text("bytes"), "abc");
}

#[test]
fn http2_rfc9113_4_2_frames_that_are_too_long_end_the_connection() {
    let site = serve();
    ends(&site.server, FRAME_SIZE_ERROR, |client| {
        let id = open(client);
        client.frame(DATA, 0, id, &[0; 16_385]);
    });
    ends(&site.server, FRAME_SIZE_ERROR, |client| {
        client.frame(PING, 0, 0, &[0; 6]);
    });
}

#[test]
fn http2_rfc9113_4_3_blocks_that_cannot_be_decoded_end_the_connection() {
    let site = serve();
    for bad in
        [&[0xff, 0xff, 0xff, 0xff, 0xff, 0x7f][..], &[0xbe], &[0x00, 0x05, b'a'], &[0x82, 0x20]]
    {
        ends(&site.server, COMPRESSION_ERROR, |client| {
            client.frame(HEADERS, END_HEADERS | END_STREAM, 1, bad);
        });
    }
}

/// The table stays in step whatever becomes of the block that has changed it.
#[test]
fn http2_rfc9113_4_3_the_table_is_in_step_after_blocks_of_no_use() {
    let site = serve();
    let mut client = Http2::connect(&site.server);
    let kept = |fields: &[(&str, &str)]| {
        let mut out = Vec::new();
        fields.iter().for_each(|(name, value)| literal(&mut out, 0x40, name, value));
        out
    };
    // Malformed, too large, of a stream that was reset, trailers: each puts a cookie into the table.
    let malformed = [&request("GET", "/host")[..], &[("Bad", "x"), ("cookie", "one")]].concat();
    let id = client.next_stream();
    client.frame(HEADERS, END_HEADERS | END_STREAM, id, &kept(&malformed));
    assert_eq!(client.answer(id).reset, Some(PROTOCOL_ERROR));
    let long = "x".repeat(3000);
    let id = client.next_stream();
    let mut large = [block(&request("GET", "/host")), kept(&[("x-long", &long)])].concat();
    large.extend([0x80 | 62; 9]);
    large.extend(kept(&[("cookie", "two")]));
    client.frame(HEADERS, END_STREAM, id, &large[..2000]);
    client.frame(CONTINUATION, END_HEADERS, id, &large[2000..]);
    assert_eq!(client.answer(id).status, 431);
    let id = open(&mut client);
    client.frame(DATA, 0, id, b"x");
    client.frame(
        HEADERS,
        END_HEADERS | END_STREAM,
        id,
        &kept(&[("cookie", "three"), (":bad", "x")]),
    );
    assert_eq!(client.answer(id).reset, Some(PROTOCOL_ERROR));
    // The youngest is `:bad`; before it come the cookies, and what was long.
    for (index, cookie) in [(63, "three"), (64, "two"), (66, "one")] {
        let id = client.next_stream();
        let asked = [block(&request("GET", "/host")), vec![0x80 | index]].concat();
        client.frame(HEADERS, END_HEADERS | END_STREAM, id, &asked);
        assert_eq!(client.answer(id).text(), format!("h2.test h2.test {cookie}"));
    }
}

#[test]
fn http2_rfc9113_4_3_nothing_comes_between_the_parts_of_a_block() {
    let site = serve();
    let block = block(&request("GET", "/ping"));
    for (kind, stream) in [(PING, 0), (HEADERS, 3), (CONTINUATION, 3), (DATA, 1), (0x77, 0)] {
        ends(&site.server, PROTOCOL_ERROR, |client| {
            client.frame(HEADERS, END_STREAM, 1, &block[..5]);
            client.frame(kind, 0, stream, &[0; 8]);
        });
    }
    ends(&site.server, PROTOCOL_ERROR, |client| {
        client.frame(CONTINUATION, END_HEADERS, 1, &block);
    });
    let mut client = Http2::connect(&site.server);
    let id = client.next_stream();
    client.frame(HEADERS, END_STREAM, id, b"");
    client.frame(CONTINUATION, 0, id, &block[..9]);
    client.frame(CONTINUATION, 0, id, b"");
    client.frame(CONTINUATION, END_HEADERS, id, &block[9..]);
    assert_eq!(client.answer(id).text(), "pong");
}

#[test]
fn http2_rfc9113_5_1_frames_of_idle_streams_end_the_connection() {
    let site = serve();
    for (kind, payload) in
        [(DATA, &b"x"[..]), (RST_STREAM, &[0; 4]), (WINDOW_UPDATE, &[0, 0, 0, 1])]
    {
        for stream in [5, 2] {
            ends(&site.server, PROTOCOL_ERROR, |client| {
                client.frame(kind, 0, stream, payload);
            });
        }
    }
}

#[test]
fn http2_rfc9113_5_1_frames_of_closed_streams() {
    let site = serve();
    // Closed by both ends: content is an error of the stream, fields one of the connection.
    resets(&site.server, STREAM_CLOSED, |client| {
        assert!(client.works());
        client.frame(DATA, END_STREAM, 1, b"x");
        1
    });
    ends(&site.server, STREAM_CLOSED, |client| {
        assert!(client.works());
        client.frame(HEADERS, END_HEADERS | END_STREAM, 1, &block(&request("GET", "/ping")));
    });
    // Reset by the client: the same.
    ends(&site.server, STREAM_CLOSED, |client| {
        let id = open(client);
        client.frame(RST_STREAM, 0, id, &CANCEL.to_be_bytes());
        assert!(client.works());
        client.frame(HEADERS, END_HEADERS | END_STREAM, id, &block(&request("GET", "/ping")));
    });
    // However soon it comes.
    resets(&site.server, STREAM_CLOSED, |client| {
        let id = open(client);
        let reset = frame(RST_STREAM, 0, id, &CANCEL.to_be_bytes());
        client.send(&[reset, frame(DATA, END_STREAM, id, b"x")].concat());
        id
    });
    ends(&site.server, STREAM_CLOSED, |client| {
        let id = open(client);
        let reset = frame(RST_STREAM, 0, id, &CANCEL.to_be_bytes());
        let fields = block(&request("GET", "/ping"));
        let head = frame(HEADERS, END_HEADERS | END_STREAM, id, &fields);
        client.send(&[reset, head].concat());
    });
    // What may be on its way is passed over.
    let mut client = Http2::connect(&site.server);
    assert!(client.works());
    client.window(1, 5).frame(RST_STREAM, 0, 1, &[0; 4]).frame(PRIORITY, 0, 1, &[0, 0, 0, 0, 1]);
    assert!(client.works());
}

/// RFC 9113, 5.1: half-closed (remote).
#[test]
fn http2_rfc9113_5_1_nothing_follows_the_end_of_a_request() {
    let site = serve();
    let act = |client: &mut Http2, kind, payload: &[u8]| {
        client.gives_back = false;
        let id = client.open("GET", "/large.bin", &[], true);
        client.frame(kind, END_STREAM | END_HEADERS, id, payload);
        id
    };
    resets(&site.server, STREAM_CLOSED, |client| {
        client.window(0, 1000);
        act(client, DATA, b"x")
    });
    resets(&site.server, STREAM_CLOSED, |client| {
        client.window(0, 1000);
        act(client, HEADERS, &block(&[("a", "b")]))
    });
    // Whatever they are.
    resets(&site.server, STREAM_CLOSED, |client| {
        client.window(0, 1000);
        act(client, HEADERS, &block(&request("GET", "/ping")))
    });
}

#[test]
fn http2_rfc9113_5_1_1_numbers_of_streams_rise_and_are_odd() {
    let site = serve();
    let block = block(&request("GET", "/ping"));
    ends(&site.server, PROTOCOL_ERROR, |client| {
        client.frame(HEADERS, END_HEADERS | END_STREAM, 2, &block);
    });
    ends(&site.server, STREAM_CLOSED, |client| {
        client.frame(HEADERS, END_HEADERS | END_STREAM, 5, &block);
        client.frame(HEADERS, END_HEADERS | END_STREAM, 3, &block);
    });
}

#[test]
fn http2_rfc9113_5_3_priorities_are_passed_over() {
    let site = serve();
    let mut client = Http2::connect(&site.server);
    client.frame(PRIORITY, 0, 9, &[0, 0, 0, 7, 200]);
    let id = client.next_stream();
    let payload = [&[0x80, 0, 0, 3, 5][..], &block(&request("GET", "/ping"))].concat();
    client.frame(HEADERS, END_HEADERS | END_STREAM | 0x20, id, &payload);
    assert_eq!(client.answer(id).text(), "pong");
    let id = client.next_stream();
    let payload = [&[0, 0, 0, id as u8, 5][..], &block(&request("GET", "/ping"))].concat();
    client.frame(HEADERS, END_HEADERS | END_STREAM | 0x20, id, &payload);
    assert_eq!(client.answer(id).reset, Some(PROTOCOL_ERROR));
    assert!(client.works());
}

#[test]
fn http2_rfc9113_5_5_what_is_unknown_is_ignored() {
    let site = serve();
    let mut client = Http2::connect(&site.server);
    client.frame(0x77, 0xff, 0, b"abc").frame(0x77, 0xff, 1, b"abc");
    client.settings(&[(0x99, 7)]);
    client.frame(PING, 0xf6, 0, b"01234567");
    let pong = client.wait_for(|frame| frame.kind == PING);
    assert_eq!((pong.flags, &pong.payload[..]), (ACK, &b"01234567"[..]));
    client.frame(PING, ACK, 0, b"01234567");
    assert!(client.works());
    assert!(client.next_frame().is_some_and(|frame| frame.kind != PING));
}

#[test]
fn http2_rfc9113_6_frames_of_the_wrong_stream_or_length_end_the_connection() {
    let site = serve();
    for (kind, flags, stream, len, code) in [
        (DATA, 0, 0, 1, PROTOCOL_ERROR),
        (DATA, PADDED, 1, 0, FRAME_SIZE_ERROR),
        (HEADERS, END_HEADERS, 0, 1, PROTOCOL_ERROR),
        (PRIORITY, 0, 0, 5, PROTOCOL_ERROR),
        (RST_STREAM, 0, 0, 4, PROTOCOL_ERROR),
        (RST_STREAM, 0, 1, 5, FRAME_SIZE_ERROR),
        (SETTINGS, 0, 1, 0, PROTOCOL_ERROR),
        (SETTINGS, ACK, 0, 6, FRAME_SIZE_ERROR),
        (SETTINGS, 0, 0, 7, FRAME_SIZE_ERROR),
        (PUSH_PROMISE, 0, 1, 4, PROTOCOL_ERROR),
        (PING, 0, 1, 8, PROTOCOL_ERROR),
        (PING, 0, 0, 7, FRAME_SIZE_ERROR),
        (GOAWAY, 0, 1, 8, PROTOCOL_ERROR),
        (WINDOW_UPDATE, 0, 0, 3, FRAME_SIZE_ERROR),
    ] {
        ends(&site.server, code, |client| {
            open(client);
            client.frame(kind, flags, stream, &vec![0; len]);
        });
    }
    resets(&site.server, FRAME_SIZE_ERROR, |client| {
        let id = open(client);
        client.frame(PRIORITY, 0, id, &[0; 4]);
        id
    });
}

#[test]
fn http2_rfc9113_6_1_padding_longer_than_its_frame_ends_the_connection() {
    let site = serve();
    for kind in [DATA, HEADERS] {
        ends(&site.server, PROTOCOL_ERROR, |client| {
            open(client);
            client.frame(kind, PADDED | END_HEADERS, 1, &[5, 0, 0, 0, 0]);
        });
    }
}

#[test]
fn http2_rfc9113_6_5_settings_are_answered_and_checked() {
    let site = serve();
    let mut client = Http2::connect(&site.server);
    client.settings(&[(1, 0), (3, 1), (4, 5000), (5, 20_000)]);
    for _ in 0..2 {
        client.wait_for(|frame| frame.kind == SETTINGS && frame.flags == ACK);
    }
    for (id, value, code) in [
        (2, 2, PROTOCOL_ERROR),
        (4, 1 << 31, FLOW_CONTROL_ERROR),
        (5, 16_383, PROTOCOL_ERROR),
        (5, 1 << 24, PROTOCOL_ERROR),
    ] {
        ends(&site.server, code, |client| {
            client.settings(&[(id, value)]);
        });
    }
}

/// RFC 9113, 6.5.2, and RFC 7541, 4.2: a table that the client does not keep is not used.
#[test]
fn http2_rfc9113_6_5_2_the_table_is_no_larger_than_the_client_s() {
    let site = serve();
    let mut client = Http2::connect(&site.server);
    assert!(client.works() && client.works());
    client.settings(&[(1, 0)]);
    client.wait_for(|frame| frame.kind == SETTINGS && frame.flags == ACK);
    assert!(client.works() && client.works());
}

#[test]
fn http2_rfc9113_6_9_windows_are_checked() {
    let site = serve();
    ends(&site.server, PROTOCOL_ERROR, |client| {
        client.window(0, 0);
    });
    ends(&site.server, FLOW_CONTROL_ERROR, |client| {
        client.window(0, (1 << 31) - 1);
    });
    resets(&site.server, PROTOCOL_ERROR, |client| {
        let id = open(client);
        client.window(id, 0);
        id
    });
    resets(&site.server, FLOW_CONTROL_ERROR, |client| {
        let id = open(client);
        client.window(id, (1 << 31) - 1);
        id
    });
    // By SETTINGS, it is of the connection.
    ends(&site.server, FLOW_CONTROL_ERROR, |client| {
        let id = open(client);
        client.window(id, (1 << 31) - 1 - 65_535).settings(&[(4, 65_536)]);
    });
}

/// RFC 9113, 6.9.1: a client that sends more than it may.
#[test]
fn http2_rfc9113_6_9_1_more_content_than_the_windows_have() {
    let site = serve();
    // Nobody takes the content of a request that waits for its turn (the second here, for a minute),
    // but for what comes first: it is read once, so that the client's end is seen.
    resets(&site.server, FLOW_CONTROL_ERROR, |client| {
        let first = client.open("GET", "/held/first", &[], true);
        assert_eq!(client.answer(first).status, 404);
        let id = client.open("PUT", "/held/second", &[], false);
        client.frame(DATA, 0, id, &[0]);
        assert!(client.works());
        for _ in 0..5 {
            client.frame(DATA, 0, id, &[0; 16_000]);
        }
        id
    });
}

/// RFC 9113, 8.1.1: a malformed request is an error of its stream.
#[test]
fn http2_rfc9113_8_1_1_malformed_requests_cost_their_stream() {
    let site = serve();
    let mut client = Http2::connect(&site.server);
    let usual = request("GET", "/ping");
    for (name, value) in [
        ("", "x"),
        ("Upper", "x"),
        ("a b", "x"),
        ("x", " y"),
        ("x", "y "),
        ("x", "y\rz"),
        ("x", "y\nz"),
        ("x", "y\0z"),
        ("connection", "close"),
        ("keep-alive", "1"),
        ("proxy-connection", "x"),
        ("transfer-encoding", "chunked"),
        ("upgrade", "x"),
        ("te", "gzip"),
        ("host", "other.test"),
        (":path", "/late"),
        (":status", "200"),
        (":unknown", "x"),
        ("content-length", "5"),
        ("content-length", "x"),
    ] {
        let id = client.open_with(&[&usual[..], &[(name, value)]].concat(), true);
        assert_eq!(client.answer(id).reset, Some(PROTOCOL_ERROR), "{name}: {value:?}");
    }
    for missing in [0, 1, 2] {
        let mut fields = usual.to_vec();
        fields.remove(missing);
        let id = client.open_with(&fields, true);
        assert_eq!(client.answer(id).reset, Some(PROTOCOL_ERROR), "{missing}");
    }
    for (at, value) in [(3, ""), (3, "user@a"), (3, "a/b"), (2, ""), (2, "ping"), (0, "")] {
        let mut fields = usual;
        fields[at].1 = value;
        let id = client.open_with(&fields, true);
        assert_eq!(client.answer(id).reset, Some(PROTOCOL_ERROR), "{at} {value:?}");
    }
    for (name, value) in [("te", "trailers"), ("host", "H2.test"), ("host", "h2.test")] {
        let id = client.open_with(&[&usual[..], &[(name, value)]].concat(), true);
        assert_eq!(client.answer(id).text(), "pong", "{name}: {value}");
    }
    // What is only refused is answered.
    let id = client.open_with(&usual[..3], true);
    assert_eq!(client.answer(id).status, 400);
    let id = client.open("GET", "/%", &[], true);
    assert_eq!(client.answer(id).status, 400);
    let log = site.server.log();
    assert_eq!(log.matches("client broke HTTP/2").count(), 1, "{log}");
}

/// RFC 9113, 8.1.1: Content-Length is held against the content, however that ends.
#[test]
fn http2_rfc9113_8_1_1_content_length_is_checked_on_every_way_to_the_end() {
    let site = serve();
    let put = |client: &mut Http2| client.open("PUT", "/put/x", &[("content-length", "3")], false);
    resets(&site.server, PROTOCOL_ERROR, |client| {
        let id = put(client);
        client.frame(DATA, 0, id, b"abcd");
        id
    });
    resets(&site.server, PROTOCOL_ERROR, |client| {
        let id = put(client);
        client.frame(DATA, END_STREAM, id, b"ab");
        id
    });
    resets(&site.server, PROTOCOL_ERROR, |client| {
        let id = put(client);
        client.frame(DATA, 0, id, b"ab");
        client.frame(HEADERS, END_HEADERS | END_STREAM, id, &block(&[("a", "b")]));
        id
    });
    // Where nobody wants the content, too.
    for path in ["/ping", "/small.txt", "/nothing"] {
        resets(&site.server, PROTOCOL_ERROR, |client| {
            let id = client.open("POST", path, &[("content-length", "1")], false);
            client.frame(DATA, END_STREAM, id, b"test");
            id
        });
    }
    let mut client = Http2::connect(&site.server);
    let id = client.open("POST", "/ping", &[("content-length", "4")], false);
    client.frame(DATA, END_STREAM, id, b"test");
    assert_eq!(client.answer(id).text(), "pong");
    let id = put(&mut client);
    client.frame(DATA, 0, id, b"abc").frame(DATA, END_STREAM, id, b"");
    assert_eq!(client.answer(id).status, 201);
}

#[test]
fn http2_rfc9113_8_1_trailers_are_checked() {
    let site = serve();
    for (flags, fields) in [
        (END_HEADERS, &[("a", "b")][..]),
        (END_HEADERS | END_STREAM, &[(":path", "/")]),
        (END_HEADERS | END_STREAM, &[("A", "b")]),
        (END_HEADERS | END_STREAM, &[("a", "b\n")]),
        (END_HEADERS | END_STREAM, &[("connection", "close")]),
        (END_HEADERS | END_STREAM, &[("te", "gzip")]),
    ] {
        resets(&site.server, PROTOCOL_ERROR, |client| {
            let id = open(client);
            client.frame(HEADERS, flags, id, &block(fields));
            id
        });
    }
}

/// RFC 9113, 8.5.
#[test]
fn http2_rfc9113_8_5_connect_is_refused() {
    let site = serve();
    let mut client = Http2::connect(&site.server);
    let id = client.open_with(&[(":method", "CONNECT"), (":authority", "a.test:443")], true);
    assert!(client.answer(id).status >= 400);
    let id = client.open("CONNECT", "/", &[], true);
    assert_eq!(client.answer(id).reset, Some(PROTOCOL_ERROR));
}
