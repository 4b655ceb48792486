use super::super::frame::write_goaway;
use super::super::hpack::Encoder;
use super::*;

const OPEN: &[u8] = &[0, 0, 0, 4, 0, 0, 0, 0, 0];

/// HEADERS of a stream, in one frame.
fn fields(stream: u32, all: &[(&str, &str)], ends: bool) -> Vec<u8> {
    let mut out = vec![0; HEADER_LEN];
    let mut encoder = Encoder::default();
    for (name, value) in all {
        match name.starts_with(':') {
            true => encoder.pseudo(&mut out, name.as_bytes(), value.as_bytes()),
            false => encoder.field(&mut out, name.as_bytes(), value.as_bytes()),
        }
    }
    frame::frame_block(&mut out, 0, stream, MAX_LEN, ends);
    out
}

fn data(stream: u32, content: &[u8], ends: bool) -> Vec<u8> {
    let mut out = Vec::new();
    frame::write_data_header(&mut out, stream, content.len(), ends);
    out.extend_from_slice(content);
    out
}

/// The kinds, flags, streams and lengths of what is to be sent, behind the preface.
fn sent(client: &mut Client) -> Vec<(u8, u8, u32, usize)> {
    let out = client.output().to_vec();
    client.sent(out.len());
    let mut rest = out.strip_prefix(frame::PREFACE).unwrap_or(&out);
    let mut all = Vec::new();
    while let Some(Header { len, kind, flags, stream }) = Header::read(rest) {
        all.push((kind, flags, stream, len));
        rest = &rest[HEADER_LEN + len..];
    }
    all
}

/// One that has a request under way, and has sent what there was.
fn asking(ends: bool) -> Client {
    let mut client = Client::new(1000);
    client.begin(b"\x82", ends);
    client.receive(OPEN).unwrap();
    sent(&mut client);
    client
}

fn read_all(client: &mut Client) -> String {
    let mut buffer = [0; 4096];
    let mut all = Vec::new();
    loop {
        match client.read(&mut buffer) {
            0 => return String::from_utf8(all).unwrap(),
            len => all.extend_from_slice(&buffer[..len]),
        }
    }
}

#[test]
fn a_connection_begins_with_what_a_client_says() {
    let mut client = Client::new(1000);
    client.begin(b"\x82\x86", true);
    assert!(client.output().starts_with(frame::PREFACE));
    assert_eq!(sent(&mut client), [(4, 0, 0, 12), (8, 0, 0, 4), (1, 5, 1, 2)]);
    assert!(client.is_written() && !client.may_begin());
    client.receive(OPEN).unwrap();
    assert_eq!(sent(&mut client), [(4, 1, 0, 0)]);
    client.receive(&fields(1, &[(":status", "204")], true)).unwrap();
    assert_eq!(client.take_head(), Some(FramedHead { status: 204, lines: Vec::new() }));
    assert!(client.is_read());
    client.cancel();
    assert!(client.may_begin() && sent(&mut client).is_empty());
    client.begin(b"\x82", false);
    assert_eq!(sent(&mut client), [(1, 4, 3, 1)]);
    client.write(b"", true);
    assert_eq!(sent(&mut client), [(0, 1, 3, 0)]);
}

#[test]
fn answers_are_taken_apart_in_any_pieces() {
    let bytes = [
        fields(1, &[(":status", "103"), ("link", "a")], false),
        fields(1, &[(":status", "200"), ("a", "b"), ("c", " d ")], false),
        data(1, b"hel", false),
        vec![0, 0, 8, 6, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8],
        data(1, b"lo", false),
        fields(1, &[("grpc-status", "0")], true),
    ]
    .concat();
    for step in [1, 2, 7, 20, bytes.len()] {
        let mut client = asking(true);
        bytes.chunks(step).for_each(|piece| client.receive(piece).unwrap());
        let head = |status, lines: &[u8]| Some(FramedHead { status, lines: lines.to_vec() });
        assert_eq!(client.take_head(), head(103, b"link: a\r\n"));
        assert_eq!(client.take_head(), head(200, b"a: b\r\nc: d\r\n"));
        assert!(!client.is_read());
        assert_eq!(read_all(&mut client), "hello");
        assert!(client.is_read() && client.failed().is_none());
        assert_eq!(client.take_trailers(), b"grpc-status: 0\r\n");
        assert_eq!(sent(&mut client), [(6, 1, 0, 8)], "{step}");
    }
}

/// RFC 9113, 5.2: nothing is sent beyond either window.
#[test]
fn rfc9113_5_2_content_waits_for_both_windows() {
    let mut client = asking(false);
    assert_eq!(client.open_len(), 65_535);
    client.write(&[0; 60_000], false);
    assert_eq!(sent(&mut client).len(), 4);
    assert_eq!(client.open_len(), 5_535);
    let mut update = Vec::new();
    frame::write_window_update(&mut update, 1, 100_000);
    client.receive(&update).unwrap();
    assert_eq!(client.open_len(), 5_535);
    update.clear();
    frame::write_window_update(&mut update, 0, 10_000);
    client.receive(&update).unwrap();
    assert_eq!(client.open_len(), 15_535);
    // SETTINGS make all windows of streams smaller (6.9.2).
    client.receive(&[0, 0, 6, 4, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 1]).unwrap();
    assert_eq!(client.open_len(), 15_535);
    client.cancel();
    client.begin(b"\x82", false);
    assert_eq!(client.open_len(), 1);
    // What is gathered is bounded whatever the windows are.
    client.receive(&[0, 0, 6, 4, 0, 0, 0, 0, 0, 0, 4, 0, 0xff, 0xff, 0xff]).unwrap();
    update.clear();
    frame::write_window_update(&mut update, 0, 1 << 30);
    client.receive(&update).unwrap();
    let mut written = 0;
    while client.open_len() > 0 {
        let len = client.open_len();
        client.write(&vec![0; len], false);
        written += len;
    }
    assert!((GATHERED_LEN - LEAST_LEN..=GATHERED_LEN).contains(&written));
}

/// What is not taken stays within the window, and what is taken is given back.
#[test]
fn rfc9113_6_9_content_is_given_back_once_it_is_taken() {
    let mut client = asking(true);
    client.receive(&fields(1, &[(":status", "200")], false)).unwrap();
    client.take_head();
    let piece = data(1, &[b'x'; 16_384], false);
    (0..8).for_each(|_| client.receive(&piece).unwrap());
    assert_eq!(client.stream.as_ref().unwrap().held().len(), RECEIVED_LEN);
    let window = Broken("more content than the window has");
    assert_eq!(client.receive(&data(1, b"x", false)), Err(window));
    assert!(!client.may_begin());
    let mut client = asking(true);
    client.receive(&fields(1, &[(":status", "200")], false)).unwrap();
    for _ in 0..100 {
        client.receive(&piece).unwrap();
        assert_eq!(read_all(&mut client).len(), 16_384);
    }
    assert!(sent(&mut client).iter().all(|(kind, ..)| *kind == 8));
}

#[test]
fn streams_that_are_given_up_leave_the_connection_as_it_was() {
    let mut client = asking(false);
    client.receive(&fields(1, &[(":status", "200")], false)).unwrap();
    client.receive(&data(1, &[0; 1000], false)).unwrap();
    client.cancel();
    assert_eq!(sent(&mut client), [(3, 0, 1, 4)]);
    assert!(client.may_begin());
    // What was on its way still comes, and the table of fields goes on.
    client.receive(&data(1, &[0; 1000], false)).unwrap();
    client.receive(&fields(1, &[("a", "b")], true)).unwrap();
    client.receive(&[0, 0, 4, 3, 0, 0, 0, 0, 1, 0, 0, 0, 8]).unwrap();
    client.begin(b"\x82", true);
    client.receive(&fields(3, &[(":status", "200")], true)).unwrap();
    assert_eq!(client.take_head().map(|head| head.status), Some(200));
    assert!(client.is_read());
}

#[test]
fn what_was_not_looked_at_is_told_from_what_was() {
    let failed = |bytes: &[u8]| {
        let mut client = asking(true);
        client.receive(bytes).unwrap();
        let failed = client.failed().map(|failed| (failed.reason, failed.is_refused));
        client.cancel();
        (failed, client.may_begin())
    };
    let goaway = |last| {
        let mut out = Vec::new();
        write_goaway(&mut out, last, Code::NoError);
        out
    };
    let of = |reason: &str, is_refused| Some((reason.to_owned(), is_refused));
    let reset = |code| [0, 0, 4, 3, 0, 0, 0, 0, 1, 0, 0, 0, code];
    let words = "upstream sent goaway with error 0 (NO_ERROR)";
    assert_eq!(failed(&goaway(0)), (of(words, true), false));
    assert_eq!(failed(&goaway(1)), (None, false));
    let words = "upstream rejected request with error 7 (REFUSED_STREAM)";
    assert_eq!(failed(&reset(7)), (of(words, true), true));
    let words = "upstream rejected request with error 99 (an unknown code)";
    assert_eq!(failed(&reset(99)), (of(words, false), true));
    let no_streams = [0, 0, 6, 4, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0];
    assert_eq!(failed(&no_streams), (None, false));
}
