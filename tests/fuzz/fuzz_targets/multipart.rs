//! Any content in any two pieces, and byte by byte: no panic, and the same parts.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sitec_runtime::http::multipart::{Event, Malformed, Reader, boundary, file_name};

/// What is found: the names of parts and their contents, until the end or a mistake.
type Found = (Vec<(Option<Vec<u8>>, Vec<u8>)>, Result<bool, Malformed>);

fn read<'p>(pieces: impl IntoIterator<Item = &'p [u8]>) -> Found {
    let mut reader = Reader::new(b"b");
    let mut parts = Vec::new();
    for mut piece in pieces {
        loop {
            match reader.next(&mut piece) {
                Ok(Some(Event::Part(name))) => parts.push((name, Vec::new())),
                Ok(Some(Event::Data(data))) => {
                    parts.last_mut().expect("a part that began").1.extend_from_slice(data);
                }
                Ok(Some(Event::End)) => {}
                Ok(None) => break,
                Err(error) => return (parts, Err(error)),
            }
        }
        assert!(piece.is_empty(), "what is not used up would be lost");
    }
    (parts, Ok(reader.is_done()))
}

fuzz_target!(|input: (usize, &[u8])| {
    let (at, content) = input;
    let whole = read([content]);
    let (front, back) = content.split_at(at.min(content.len()));
    assert_eq!(read([front, back]), whole);
    assert_eq!(read(content.chunks(1)), whole);
    let _ = (boundary(content), file_name(content));
});
