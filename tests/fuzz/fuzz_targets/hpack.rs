//! Any blocks of fields in a row: no panic, and a table that stays within its bound. What is written is
//! read as it was.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sitec_runtime::http2::hpack::{Decoder, Encoder, TABLE_LEN, huffman};

fuzz_target!(|blocks: Vec<&[u8]>| {
    let mut decoder = Decoder::default();
    let (mut encoder, mut back) = (Encoder::default(), Decoder::default());
    for block in blocks {
        let mut fields = Vec::new();
        let decoded = decoder.decode(block, |name, value| {
            assert!(name.len().max(value.len()) <= 2 * block.len() + TABLE_LEN);
            if fields.len() < 100 {
                fields.push((name.to_ascii_lowercase(), value.to_vec()));
            }
        });
        let (mut out, mut again) = (Vec::new(), Vec::new());
        encoder.begin(&mut out, 200);
        fields.iter().for_each(|(name, value)| encoder.field(&mut out, name, value));
        let written = back.decode(&out, |name, value| again.push((name.to_vec(), value.to_vec())));
        assert_eq!((written, &again[1..]), (Ok(()), &fields[..]));
        let (mut code, mut string) = (Vec::new(), Vec::new());
        huffman::encode(block, &mut code);
        assert_eq!(huffman::decode(&code, &mut string), Ok(()));
        assert_eq!(string, block);
        if decoded.is_err() {
            return;
        }
    }
});
