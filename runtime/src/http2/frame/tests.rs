use proptest::prelude::*;

use super::*;

fn header(len: usize, kind: u8, flags: u8, stream: u32) -> Header {
    Header { len, kind, flags, stream }
}

/// What comes of a frame: it, or the code of what it has broken and whether that is the stream's alone.
fn read(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Result<Frame<'_>, (Code, bool)> {
    let header = header(payload.len(), kind, flags, stream);
    let frame = header.check().and_then(|()| header.frame(payload));
    frame.map_err(|Fault { code, of_stream, .. }| (code, of_stream))
}

const OF_CONNECTION: bool = false;
const OF_STREAM: bool = true;

/// RFC 9113, 4.1: the reserved bit is ignored, and unknown flags are.
#[test]
fn rfc9113_4_1_reserved_bits_and_unknown_flags_are_ignored() {
    let bytes = [0, 0x40, 1, 6, 0xf6, 0x80, 0, 0, 7, 9];
    assert_eq!(Header::read(&bytes), Some(header(0x4001, 6, 0xf6, 7)));
    assert_eq!(Header::read(&bytes[..8]), None);
    assert_eq!(read(kind::PING, 0xf6, 0, &[7; 8]), Ok(Frame::Ping([7; 8])));
}

/// RFC 9113, 4.2: "An endpoint MUST send an error code of FRAME_SIZE_ERROR if a frame exceeds the
/// size defined in SETTINGS_MAX_FRAME_SIZE".
#[test]
fn rfc9113_4_2_frames_have_a_largest_size() {
    for kind in 0..=20 {
        let fault = header(MAX_LEN + 1, kind, 0, 1).check().expect_err("too long");
        assert_eq!((fault.code, fault.of_stream), (Code::FrameSizeError, OF_CONNECTION));
    }
    assert_eq!(header(MAX_LEN, kind::DATA, 0, 1).check(), Ok(()));
}

/// RFC 9113, 6.3, 6.4, 6.5, 6.7, 6.8, 6.9: lengths that a kind has to have.
#[test]
fn rfc9113_6_frames_of_a_wrong_length_are_frame_size_errors() {
    for (kind, flags, stream, len, of_stream) in [
        (kind::PRIORITY, 0, 1, 4, OF_STREAM),
        (kind::PRIORITY, 0, 1, 6, OF_STREAM),
        (kind::RST_STREAM, 0, 1, 3, OF_CONNECTION),
        (kind::RST_STREAM, 0, 1, 5, OF_CONNECTION),
        (kind::SETTINGS, 0, 0, 5, OF_CONNECTION),
        (kind::SETTINGS, ACK, 0, 6, OF_CONNECTION),
        (kind::PING, 0, 0, 7, OF_CONNECTION),
        (kind::PING, ACK, 0, 9, OF_CONNECTION),
        (kind::GOAWAY, 0, 0, 7, OF_CONNECTION),
        (kind::WINDOW_UPDATE, 0, 0, 3, OF_CONNECTION),
        (kind::WINDOW_UPDATE, 0, 1, 5, OF_CONNECTION),
        (kind::PRIORITY_UPDATE, 0, 0, 3, OF_CONNECTION),
        (kind::DATA, PADDED, 1, 0, OF_CONNECTION),
        (kind::HEADERS, PRIORITY, 1, 4, OF_CONNECTION),
    ] {
        let payload = vec![0; len];
        let found = read(kind, flags, stream, &payload);
        assert_eq!(found, Err((Code::FrameSizeError, of_stream)), "{kind} {len}");
    }
}

/// RFC 9113, 6.1 to 6.10: kinds that are of a stream, and kinds that are of the connection.
#[test]
fn rfc9113_6_frames_of_the_wrong_stream_are_protocol_errors() {
    for (kind, stream, len) in [
        (kind::DATA, 0, 1),
        (kind::HEADERS, 0, 1),
        (kind::PRIORITY, 0, 5),
        (kind::RST_STREAM, 0, 4),
        (kind::CONTINUATION, 0, 1),
        (kind::SETTINGS, 1, 6),
        (kind::PING, 1, 8),
        (kind::GOAWAY, 1, 8),
        (kind::PRIORITY_UPDATE, 1, 4),
        (kind::PUSH_PROMISE, 1, 4),
    ] {
        let payload = vec![0; len];
        let found = read(kind, 0, stream, &payload);
        assert_eq!(found, Err((Code::ProtocolError, OF_CONNECTION)), "{kind} {stream}");
    }
}

/// RFC 9113, 6.1: "If the length of the padding is the length of the frame payload or greater, the
/// recipient MUST treat this as a connection error of type PROTOCOL_ERROR."
#[test]
fn rfc9113_6_1_padding_is_taken_off_and_checked() {
    let flags = PADDED | END_STREAM;
    let data = |content| Frame::Data { stream: 1, content, flow_len: 4, end_stream: true };
    assert_eq!(read(kind::DATA, flags, 1, &[1, 7, 8, 0]), Ok(data(&[7, 8])));
    assert_eq!(read(kind::DATA, flags, 1, &[3, 0, 0, 0]), Ok(data(&[])));
    for kind in [kind::DATA, kind::HEADERS] {
        let found = read(kind, flags, 1, &[4, 0, 0, 0]);
        assert_eq!(found, Err((Code::ProtocolError, OF_CONNECTION)));
    }
}

/// RFC 9113, 6.2: a priority before the block is passed over, padding or not; and RFC 7540, 5.3.1.
#[test]
fn rfc9113_6_2_priorities_are_passed_over() {
    let payload = [1, 0x80, 0, 0, 9, 200, 0x82, 0x84, 0];
    let flags = PADDED | PRIORITY | END_HEADERS;
    let expected = Frame::Headers {
        stream: 1,
        block: &[0x82, 0x84],
        end_headers: true,
        end_stream: false,
        is_wrong: false,
    };
    assert_eq!(read(kind::HEADERS, flags, 1, &payload), Ok(expected));
    assert_eq!(read(kind::PRIORITY, 0, 1, &[0, 0, 0, 9, 1]), Ok(Frame::Priority));
    let itself = Err((Code::ProtocolError, OF_STREAM));
    assert_eq!(read(kind::PRIORITY, 0, 9, &[0x80, 0, 0, 9, 1]), itself);
    let found = read(kind::HEADERS, flags, 9, &payload);
    assert!(matches!(found, Ok(Frame::Headers { is_wrong: true, .. })), "its block is read first");
}

/// RFC 9113, 6.5.2: values that a parameter may not have, and parameters that nobody knows.
#[test]
fn rfc9113_6_5_2_values_of_settings_are_checked() {
    for (id, value, code) in [
        (2, 2, Code::ProtocolError),
        (4, 1 << 31, Code::FlowControlError),
        (9, 2, Code::ProtocolError),
        (5, 16_383, Code::ProtocolError),
        (5, 1 << 24, Code::ProtocolError),
    ] {
        let payload = [&[0, id][..], &u32::to_be_bytes(value)].concat();
        assert_eq!(read(kind::SETTINGS, 0, 0, &payload), Err((code, OF_CONNECTION)), "{id}");
    }
    let pairs =
        [(1, 9), (1, 7), (1, 8), (2, 0), (3, 5), (4, 9), (4, 10), (5, 16_384), (6, 1), (0x99, 1)];
    let payload: Vec<u8> = pairs
        .iter()
        .flat_map(|&(id, value)| [&[0, id][..], &u32::to_be_bytes(value)].concat())
        .collect();
    let expected = Settings {
        header_table_len: Some(7),
        initial_window: Some(10),
        max_frame_len: Some(16_384),
        max_streams: Some(5),
    };
    assert_eq!(read(kind::SETTINGS, 0, 0, &payload), Ok(Frame::Settings(expected)));
}

/// RFC 9113, 6.9: "A receiver MUST treat the receipt of a WINDOW_UPDATE frame with a flow-control
/// window increment of 0 as a stream error of type PROTOCOL_ERROR; errors on the connection
/// flow-control window MUST be treated as a connection error."
#[test]
fn rfc9113_6_9_an_increment_of_0_is_an_error() {
    for (stream, of_stream) in [(0, OF_CONNECTION), (1, OF_STREAM)] {
        let found = read(kind::WINDOW_UPDATE, 0, stream, &[0x80, 0, 0, 0]);
        assert_eq!(found, Err((Code::ProtocolError, of_stream)));
    }
    let found = read(kind::WINDOW_UPDATE, 0, 3, &[0x80, 0, 0, 5]);
    assert_eq!(found, Ok(Frame::WindowUpdate { stream: 3, increment: 5 }));
}

/// RFC 9113, 5.5: "Implementations MUST discard frames that have unknown or unsupported types."
#[test]
fn rfc9113_5_5_unknown_kinds_are_ignored() {
    for (kind, stream) in [(0xa, 0), (0x16, 5), (0xff, 0)] {
        assert_eq!(read(kind, 0xff, stream, b"abc"), Ok(Frame::Unknown));
    }
}

/// RFC 9218, 7.1 and 7.2.
#[test]
fn rfc9218_7_1_priority_update_names_a_stream() {
    let found = read(kind::PRIORITY_UPDATE, 0, 0, b"\0\0\0\x05u=1");
    assert_eq!(found, Ok(Frame::PriorityUpdate { stream: 5, value: b"u=1" }));
    let found = read(kind::PRIORITY_UPDATE, 0, 0, b"\0\0\0\0u=1");
    assert_eq!(found, Err((Code::ProtocolError, OF_CONNECTION)));
}

/// What is in a run of frames: kinds, flags, streams and payloads.
fn frames(mut bytes: &[u8]) -> Vec<(u8, u8, u32, Vec<u8>)> {
    let mut all = Vec::new();
    while let Some(Header { len, kind, flags, stream }) = Header::read(bytes) {
        all.push((kind, flags, stream, bytes[HEADER_LEN..HEADER_LEN + len].to_vec()));
        bytes = &bytes[HEADER_LEN + len..];
    }
    assert!(bytes.is_empty());
    all
}

#[test]
fn blocks_are_put_in_as_many_frames_as_they_need() {
    let block = |len: usize, end_stream| {
        let mut out = b"x".to_vec();
        out.extend_from_slice(&[0; HEADER_LEN]);
        out.extend((0..len).map(|at| at as u8));
        let written = frame_block(&mut out, 1, 5, 100, end_stream);
        assert_eq!(written, out.len() - 1);
        frames(&out[1..])
            .into_iter()
            .map(|(kind, flags, stream, payload)| {
                assert_eq!(stream, 5);
                (kind, flags, payload.len(), payload.first().copied())
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(block(3, true), [(1, END_HEADERS | END_STREAM, 3, Some(0))]);
    assert_eq!(block(0, false), [(1, END_HEADERS, 0, None)]);
    assert_eq!(block(100, false), [(1, END_HEADERS, 100, Some(0))]);
    assert_eq!(
        block(201, true),
        [(1, END_STREAM, 100, Some(0)), (9, 0, 100, Some(100)), (9, END_HEADERS, 1, Some(200))]
    );
}

#[test]
fn what_is_written_is_read() {
    let mut out = Vec::new();
    write_settings(&mut out, 128, 65_535, false);
    write_settings_ack(&mut out);
    write_pong(&mut out, b"01234567");
    write_goaway(&mut out, 7, Code::EnhanceYourCalm);
    write_window_update(&mut out, 3, 9);
    write_reset(&mut out, 3, Code::Cancel);
    write_data_header(&mut out, 3, 0, true);
    let all = frames(&out);
    assert_eq!(all.len(), 7);
    for (kind, flags, stream, payload) in &all {
        assert!(read(*kind, *flags, *stream, payload).is_ok(), "{kind}");
    }
    assert_eq!(all[0].3, b"\0\x03\0\0\0\x80\0\x04\0\0\xff\xff");
    assert_eq!(all[3].3, b"\0\0\0\x07\0\0\0\x0b");
    assert_eq!(all[5].3, b"\0\0\0\x08");
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
        if let Some(header) = Header::read(&bytes) {
            let payload = &bytes[HEADER_LEN..];
            let header = Header { len: payload.len(), ..header };
            if header.check().is_ok() {
                let _ = header.frame(payload);
            }
        }
    }
}
