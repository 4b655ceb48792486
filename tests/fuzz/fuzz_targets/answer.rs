//! Any answer of a server behind this one, whole and in pieces: no panic, the same result, and nothing
//! in what goes on that could end a line early or speak of the connection.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sitec_runtime::http::answer::{AnswerFraming, AnswerHead, AnswerReader, BadAnswer};

/// The head and its length, as far as it is there.
fn read(input: &[u8], step: usize, most: usize) -> Result<Option<(AnswerHead, usize)>, BadAnswer> {
    let mut reader = AnswerReader::new(most);
    let mut before = 0;
    for piece in input.chunks(step) {
        if let Some((head, used)) = reader.read(piece)? {
            return Ok(Some((head, before + used)));
        }
        before += piece.len();
    }
    Ok(None)
}

fuzz_target!(|input: (u8, &[u8])| {
    let (choices, input) = input;
    let most = if choices & 1 == 1 { 60 } else { 4096 };
    let step = usize::from(choices >> 1).max(1);
    let (whole, pieces) = (read(input, usize::MAX, most), read(input, step, most));
    match (&whole, &pieces) {
        (Ok(Some((whole, len))), Ok(Some((pieces, other)))) => {
            assert_eq!((len, whole.status), (other, pieces.status));
            assert_eq!(whole.fields.lines(), pieces.fields.lines());
            assert_eq!((whole.framing, whole.persists), (pieces.framing, pieces.persists));
            assert!(whole.status >= 100 && whole.status < 1000);
            for (name, value) in whole.fields.iter() {
                assert!(!name.is_empty() && !name.iter().any(|&byte| byte <= b' '));
                assert!(!value.iter().any(|byte| matches!(byte, b'\r' | b'\n' | 0)));
                for of_connection in
                    ["connection", "transfer-encoding", "content-length", "upgrade"]
                {
                    assert!(!name.eq_ignore_ascii_case(of_connection.as_bytes()));
                }
            }
            if let AnswerFraming::Length(len) = whole.framing {
                assert!(whole.content_len.is_none_or(|said| said == len));
            }
        }
        (Ok(None), Ok(None)) | (Err(_), Err(_)) => {}
        _ => panic!("{whole:?} and in pieces {pieces:?}"),
    }
});
