//! Every encoder: what comes of a content can be read again, however it is split.

use std::io::Read;

use super::*;
use crate::coding::encoded::{Encoded, Source};
use crate::exchange::world::Recoding;
use crate::forms::Forms;
use crate::output::{Piece, Produce, Produced};
use crate::site::{Begin, Effort};

const ALL: [(Coding, Begin); 3] =
    [(Coding::Gzip, gzip::begin), (Coding::Brotli, brotli::begin), (Coding::Zstd, zstd::begin)];

fn decode(coding: Coding, bytes: &[u8]) -> Vec<u8> {
    let mut content = Vec::new();
    match coding {
        Coding::Gzip => {
            flate2::read::GzDecoder::new(bytes).read_to_end(&mut content).expect("gzip");
        }
        Coding::Brotli => {
            ::brotli::Decompressor::new(bytes, 4096).read_to_end(&mut content).expect("Brotli");
        }
        Coding::Zstd => content = ::zstd::decode_all(bytes).expect("Zstandard"),
    }
    content
}

/// A text that can be compressed, of this length.
fn text(len: usize) -> Vec<u8> {
    (0..).flat_map(|n: u32| format!("line {n} of a text\n").into_bytes()).take(len).collect()
}

fn produce(mut encoded: Encoded) -> (Vec<u8>, Option<(u64, u64)>) {
    let mut out = Vec::new();
    while encoded.produce(&mut out, RUN_LEN).expect("nothing fails") == Produced::More {}
    let lens = encoded.lens();
    (out, lens)
}

#[test]
fn what_is_written_in_pieces_is_read_again() {
    for (coding, begin) in ALL {
        for effort in [Effort::Level(1), Effort::Level(9), Effort::Level(22), Effort::Kept] {
            for (len, piece) in [(0, 1), (1, 1), (1000, 7), (100_000, 16_384), (300_000, 300_000)] {
                let content = text(len);
                let mut encoder = begin(effort, Some(len as u64)).expect("an encoder");
                let mut out = Vec::new();
                for piece in content.chunks(piece) {
                    encoder.write(piece, &mut out).expect("it is written");
                }
                encoder.finish(&mut out).expect("it is ended");
                assert!(decode(coding, &out) == content, "{coding:?} {effort:?} {len}");
                assert!(len < 1000 || out.len() < len / 2, "{coding:?} {len}: {}", out.len());
            }
        }
    }
}

#[test]
fn what_is_flushed_can_be_read() {
    for (coding, begin) in ALL {
        let mut encoder = begin(Effort::Level(1), None).expect("an encoder");
        let mut out = Vec::new();
        encoder.write(b"first, ", &mut out).unwrap();
        encoder.flush(&mut out).unwrap();
        let mut read = vec![0; 7];
        let input = &out[..];
        match coding {
            Coding::Gzip => flate2::read::GzDecoder::new(input).read_exact(&mut read),
            Coding::Brotli => ::brotli::Decompressor::new(input, 64).read_exact(&mut read),
            Coding::Zstd => ::zstd::Decoder::new(input).unwrap().read_exact(&mut read),
        }
        .expect("it is there");
        assert_eq!(read, b"first, ");
        encoder.flush(&mut out).unwrap();
        encoder.write(b"then", &mut out).unwrap();
        encoder.finish(&mut out).unwrap();
        assert_eq!(decode(coding, &out), b"first, then");
    }
}

#[test]
fn gzip_is_undone() {
    let undone = |pieces: &[&[u8]]| {
        let (mut decoder, mut out) = (gunzip::begin(Effort::Kept, None).unwrap(), Vec::new());
        let written = pieces.iter().try_for_each(|piece| decoder.write(piece, &mut out));
        written.and_then(|()| decoder.finish(&mut out)).map(|()| out)
    };
    let content = text(200_000);
    let mut form = Vec::new();
    let mut encoder = gzip::begin(Effort::Level(1), None).unwrap();
    encoder.write(&content, &mut form).unwrap();
    encoder.finish(&mut form).unwrap();
    for len in [1, 100, form.len()] {
        let pieces: Vec<_> = form.chunks(len).collect();
        assert!(undone(&pieces).unwrap() == content, "{len}");
    }
    // Two files put behind each other are one.
    assert_eq!(undone(&[&form, &form]).unwrap().len(), 2 * content.len());
    assert!(undone(&[&form[..form.len() - 1]]).is_err(), "it is cut");
    assert!(undone(&[b"no gzip"]).is_err());
    assert!(undone(&[]).is_err());
}

#[test]
fn there_are_only_so_many_encoders() {
    let encoders = Encoders::default();
    let take = || {
        let recoding = Recoding::Encode(Coding::Gzip);
        encoders
            .take(recoding, gzip::begin, Effort::Level(1), (None, false))
            .expect("nothing fails")
    };
    let mut all: Vec<_> = (0..MAX_ENCODERS).map(|_| take().expect("there is one")).collect();
    assert!(take().is_none());
    all[0].get().write(b"left behind", &mut Vec::new()).unwrap();
    drop(all.swap_remove(0));
    let mut again = take().expect("one has come back");
    let mut out = Vec::new();
    again.get().write(b"anew", &mut out).unwrap();
    again.get().finish(&mut out).unwrap();
    assert_eq!(decode(Coding::Gzip, &out), b"anew");
}

#[test]
fn forms_are_kept_within_a_bound() {
    let forms = Forms::default();
    let content: &'static [u8] = text(100_000).leak();
    let encoded = |forms: &Forms| {
        let making = forms.make(Coding::Gzip, content.len() as u64);
        let making = making.map(|making| (Owner::Site(forms.clone(), content), making));
        let recoding = Recoding::Encode(Coding::Gzip);
        let encoder = Encoders::default().take(recoding, gzip::begin, Effort::Kept, (None, false));
        let encoder = encoder.expect("nothing fails").expect("there is one");
        Encoded::new(Source::Piece(Piece::Static(content)), encoder, making)
    };
    assert!(forms.of_site(content, Coding::Gzip).is_none());
    let (sent, lens) = produce(encoded(&forms));
    assert_eq!(lens, Some((content.len() as u64, sent.len() as u64)));
    let kept = forms.of_site(content, Coding::Gzip).expect("it is kept");
    assert!(*kept == sent[..]);
    assert!(forms.of_site(content, Coding::Zstd).is_none());
    assert!(forms.make(Coding::Gzip, 2 << 20).is_none(), "it is too long");
    // What is in the making counts with its content's length, and only until it is dropped.
    let making: Vec<_> = (0..200).map_while(|_| forms.make(Coding::Gzip, 100_000)).collect();
    assert!((160..170).contains(&making.len()), "{}", making.len());
    drop(making);
    assert!(forms.make(Coding::Gzip, 100_000).is_some());
}
