//! Any bytes from a server that is asked over HTTP/2, whole and in pieces: no panic, the same answer, no
//! more of it held than its window, and nothing in its fields that could end a line early.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sitec_runtime::http::framed::{Framed, FramedHead};
use sitec_runtime::http2::client::{Client, GATHERED_LEN, RECEIVED_LEN};

/// The heads, the content, the fields behind it, and whether it was whole.
type Answer = (Vec<FramedHead>, Vec<u8>, Vec<u8>, bool);

fn ask(input: &[u8], step: usize, reads: bool) -> Answer {
    let mut client = Client::new(4096);
    client.begin(b"\x82\x86\x84", false);
    let (mut heads, mut content) = (Vec::new(), Vec::new());
    let mut buffer = vec![0; RECEIVED_LEN];
    for piece in input.chunks(step) {
        let is_broken = client.receive(piece).is_err();
        client.write(&vec![0; client.open_len().min(100)], false);
        assert!(client.output().len() <= GATHERED_LEN + 32 * input.len() + 4096);
        client.sent(client.output().len());
        heads.extend(std::iter::from_fn(|| client.take_head()));
        let before = content.len();
        while let len @ 1.. = client.read(&mut buffer) {
            content.extend_from_slice(&buffer[..len]);
        }
        assert!(content.len() - before <= RECEIVED_LEN);
        if is_broken {
            assert!(!client.may_begin());
            break;
        }
    }
    let is_whole = client.is_read();
    let trailers = client.take_trailers();
    if reads {
        client.cancel();
        assert!(!client.has_news() && client.failed().is_none());
    }
    (heads, content, trailers, is_whole)
}

fuzz_target!(|input: (u8, Vec<u8>)| {
    let (step, input) = input;
    // What a server begins with.
    let input = [&[0, 0, 0, 4, 0, 0, 0, 0, 0][..], &input].concat();
    let whole = ask(&input, input.len(), true);
    let pieces = ask(&input, usize::from(step).max(1), false);
    // A fault behind an answer takes from it what was not read yet.
    if whole.3 && pieces.3 {
        assert_eq!(whole, pieces);
    }
    for lines in whole.0.iter().map(|head| &head.lines).chain([&whole.2]) {
        for line in lines.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()) {
            assert!(line.ends_with(b"\r") && line.contains(&b':'));
            assert!(!line[..line.len() - 1].iter().any(|byte| matches!(byte, b'\r' | 0)));
        }
    }
});
