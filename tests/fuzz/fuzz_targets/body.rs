//! Any content in any two pieces, and byte by byte: no panic, and the same content to the same
//! end. What is taken as chunks has to be what RFC 9112, 7.1 says, by another reader.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sitec_runtime::http::body::{BadChunk, BodyReader, Framing};

/// The content, whether it is complete, and how much of the input that took.
type Found = (Vec<u8>, Result<bool, BadChunk>, usize);

fn read<'p>(framing: Framing, pieces: impl IntoIterator<Item = &'p [u8]>) -> Found {
    let mut reader = BodyReader::new(framing);
    let (mut content, mut used) = (Vec::new(), 0);
    for mut piece in pieces {
        while !piece.is_empty() && !reader.is_done() {
            match reader.read(piece) {
                Ok(read) => {
                    assert!(read.used > 0, "nothing was used of {piece:?}");
                    content.extend_from_slice(read.data);
                    used += read.used;
                    piece = &piece[read.used..];
                }
                Err(error) => return (content, Err(error), 0),
            }
        }
    }
    (content, Ok(reader.is_done()), used)
}

/// The content of a whole chunked body.
fn unchunk(mut body: &[u8]) -> Option<Vec<u8>> {
    let line = |body: &mut &[u8]| {
        let end = body.windows(2).position(|pair| pair == b"\r\n")?;
        let (line, rest) = (&body[..end], &body[end + 2..]);
        *body = rest;
        Some(line.to_vec())
    };
    let mut content = Vec::new();
    loop {
        let size = line(&mut body)?;
        let digits = size.split(|&byte| byte == b';').next()?;
        let size = usize::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
        if size == 0 {
            break;
        }
        content.extend_from_slice(body.get(..size)?);
        body = body.get(size..)?.strip_prefix(b"\r\n")?;
    }
    while !line(&mut body)?.is_empty() {}
    body.is_empty().then_some(content)
}

fuzz_target!(|input: (bool, u16, usize, &[u8])| {
    let (chunked, len, at, body) = input;
    let framing = if chunked { Framing::Chunked } else { Framing::Length(len.into()) };
    let whole = read(framing, [body]);
    let (front, back) = body.split_at(at.min(body.len()));
    assert_eq!(read(framing, [front, back]), whole);
    assert_eq!(read(framing, body.chunks(1)), whole);
    if let (content, Ok(true), used) = whole {
        match framing {
            Framing::Chunked => assert_eq!(unchunk(&body[..used]), Some(content)),
            Framing::Length(len) => {
                assert_eq!((content.len() as u64, &content[..]), (len, &body[..used]));
            }
        }
    }
});
