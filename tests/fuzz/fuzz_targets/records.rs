//! Any records of a FastCGI server, whole and in pieces: no panic, and the same output.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sitec_runtime::fastcgi::{BadRecord, RecordReader};

/// Output, errors, and what is behind the end.
fn read(input: &[u8], step: usize) -> Result<(Vec<u8>, Vec<u8>, usize, bool), BadRecord> {
    let mut reader = RecordReader::default();
    let (mut out, mut errors, mut surplus) = (Vec::new(), Vec::new(), 0);
    for piece in input.chunks(step) {
        let mut piece = piece.to_vec();
        let len = piece.len();
        let (made, left) =
            reader.read(&mut piece, len, &mut |text| errors.extend_from_slice(text))?;
        out.extend_from_slice(&piece[..made]);
        surplus += left;
    }
    Ok((out, errors, surplus, reader.is_done()))
}

fuzz_target!(|input: (u8, &[u8])| {
    let (step, input) = input;
    let whole = read(input, usize::MAX);
    let pieces = read(input, usize::from(step).max(1));
    assert_eq!(whole, pieces);
    if let Ok((out, errors, surplus, _)) = whole {
        assert!(out.len() + errors.len() + surplus <= input.len());
    }
});
