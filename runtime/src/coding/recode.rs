//! Contents that are recoded from one charset to another on their way (`charset_map`), as nginx's charset
//! module does it, whatever pieces they come in.

use std::io;
use std::io::Write;

use crate::http::charset::Recoded;
use crate::output::RUN_LEN;
use crate::site::{CharsetMap, Encode, MapForm, UTF8_LEN};

/// How much longer a piece may become: a character of two bytes may be written as its number, `&#1103;`.
const MOST_GROWTH: usize = 4;
/// What stands for a character that is none.
const UNKNOWN: u8 = b'?';

/// Recodes a content by a map.
#[derive(Debug)]
pub(crate) struct Recoder {
    how: How,
    /// The front of a character that is not there whole: three bytes at most.
    held: Vec<u8>,
    /// What changes the content before, and what has come of that.
    before: Option<Box<dyn Encode>>,
    scratch: Vec<u8>,
}

/// What becomes of a piece.
#[derive(Clone, Copy, Debug)]
enum How {
    Bytes(&'static [u8; 256]),
    ToUtf8(&'static [[u8; UTF8_LEN]; 256]),
    FromUtf8(&'static [(u16, u8)]),
}

/// What stands at the front of a piece in UTF-8.
enum Character {
    /// A character of so many bytes.
    Known(u32, usize),
    /// None; so many bytes are passed over.
    Invalid(usize),
    /// The front of one.
    Front,
}

impl Recoder {
    /// Recodes by a map what `before` has changed.
    pub(crate) fn new(
        maps: &'static [CharsetMap],
        recoded: Recoded,
        before: Option<Box<dyn Encode>>,
    ) -> Recoder {
        let how = match (&maps[usize::from(recoded.map)].form, recoded.is_back) {
            (MapForm::Bytes { there, .. }, false) => How::Bytes(there),
            (MapForm::Bytes { back, .. }, true) => How::Bytes(back),
            (MapForm::Utf8 { there, .. }, false) => How::ToUtf8(there),
            (MapForm::Utf8 { back, .. }, true) => How::FromUtf8(back),
        };
        Recoder { how, held: Vec::new(), before, scratch: Vec::new() }
    }

    fn recode(&mut self, piece: &[u8], out: &mut Vec<u8>) -> io::Result<()> {
        match self.how {
            How::Bytes(table) => out.extend(piece.iter().map(|&byte| table[usize::from(byte)])),
            How::ToUtf8(table) => {
                for &byte in piece {
                    let [len, bytes @ ..] = &table[usize::from(byte)];
                    out.extend_from_slice(&bytes[..usize::from(*len)]);
                }
            }
            How::FromUtf8(table) => {
                if self.held.is_empty() {
                    let rest = from_utf8(table, piece, out)?;
                    self.held.extend_from_slice(rest);
                } else {
                    let mut whole = std::mem::take(&mut self.held);
                    whole.extend_from_slice(piece);
                    let rest = from_utf8(table, &whole, out)?;
                    self.held = rest.to_vec();
                }
            }
        }
        Ok(())
    }
}

impl Encode for Recoder {
    fn write(&mut self, piece: &[u8], out: &mut Vec<u8>) -> io::Result<()> {
        let Some(before) = &mut self.before else { return self.recode(piece, out) };
        let mut changed = std::mem::take(&mut self.scratch);
        changed.clear();
        before.write(piece, &mut changed)?;
        let result = self.recode(&changed, out);
        self.scratch = changed;
        result
    }

    /// The front of a character stays held back.
    fn flush(&mut self, _: &mut Vec<u8>) -> io::Result<()> {
        Ok(())
    }

    /// As in nginx, a character that is not whole at the end is left out.
    fn finish(&mut self, out: &mut Vec<u8>) -> io::Result<()> {
        let Some(mut before) = self.before.take() else { return Ok(()) };
        let mut rest = Vec::new();
        before.finish(&mut rest)?;
        self.recode(&rest, out)
    }

    fn reset(&mut self) -> bool {
        false
    }

    fn piece_len(&self) -> usize {
        let own = 2 * RUN_LEN / MOST_GROWTH;
        self.before.as_ref().map_or(own, |before| before.piece_len().min(own))
    }
}

/// Appends what has come of a piece in UTF-8. Its end that is the front of a character.
fn from_utf8<'p>(
    table: &[(u16, u8)],
    mut piece: &'p [u8],
    out: &mut Vec<u8>,
) -> io::Result<&'p [u8]> {
    while let Some(&first) = piece.first() {
        if first < 0x80 {
            let len = piece.iter().position(|byte| *byte >= 0x80).unwrap_or(piece.len());
            out.extend_from_slice(&piece[..len]);
            piece = &piece[len..];
            continue;
        }
        match character(piece) {
            Character::Known(number, len) => {
                let known = u16::try_from(number).ok();
                let place =
                    known.and_then(|it| table.binary_search_by_key(&it, |pair| pair.0).ok());
                match place {
                    Some(place) => out.push(table[place].1),
                    // A document in HTML has it all the same.
                    None if number <= 0x10_ffff => write!(out, "&#{number};")?,
                    None => out.push(UNKNOWN),
                }
                piece = &piece[len..];
            }
            Character::Invalid(len) => {
                out.push(UNKNOWN);
                piece = &piece[len..];
            }
            Character::Front => return Ok(piece),
        }
    }
    Ok(piece)
}

/// What stands at the front of bytes that begin with one of 0x80 and above. What is wrong is passed over
/// up to the byte that is wrong, and with it, as in nginx.
fn character(bytes: &[u8]) -> Character {
    let (bits, least, len) = match bytes[0] {
        0xf8.. => return Character::Invalid(1),
        first @ 0xf0.. => (first & 0x07, 0x1_0000, 4),
        first @ 0xe0.. => (first & 0x0f, 0x800, 3),
        first @ 0xc2.. => (first & 0x1f, 0x80, 2),
        _ => return Character::Invalid(1),
    };
    if bytes.len() < len {
        return Character::Front;
    }
    let mut number = u32::from(bits);
    for (at, &byte) in bytes[..len].iter().enumerate().skip(1) {
        if byte < 0x80 {
            return Character::Invalid(at + 1);
        }
        number = number << 6 | u32::from(byte & 0x3f);
    }
    match number >= least {
        true => Character::Known(number, len),
        false => Character::Invalid(len),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TO: [[u8; UTF8_LEN]; 256] = {
        let mut table = [[1, b'?', 0, 0]; 256];
        let mut at = 0;
        while at < 128 {
            table[at] = [1, at as u8, 0, 0];
            at += 1;
        }
        table[0xc1] = [2, 0xd0, 0xb0, 0];
        table[0x80] = [3, 0xe2, 0x82, 0xac];
        table
    };
    const SHIFTED: [u8; 256] = {
        let mut table = [b'?'; 256];
        table[b'a' as usize] = b'b';
        table
    };
    const SAME: [u8; 256] = [b'x'; 256];
    static MAPS: [CharsetMap; 2] = [
        CharsetMap {
            names: [b"a", b"utf-8"],
            form: MapForm::Utf8 { there: &TO, back: &[(0x430, 0xc1), (0x20ac, 0x80)] },
        },
        CharsetMap { names: [b"a", b"b"], form: MapForm::Bytes { there: &SHIFTED, back: &SAME } },
    ];

    /// What comes of a content in pieces of this length.
    fn recoded(map: u16, is_back: bool, content: &[u8], len: usize) -> Vec<u8> {
        let mut recoder = Recoder::new(&MAPS, Recoded { map, is_back }, None);
        let mut out = Vec::new();
        for piece in content.chunks(len) {
            recoder.write(piece, &mut out).expect("nothing fails");
            recoder.flush(&mut out).expect("nothing fails");
            assert!(recoder.held.len() < 4);
        }
        recoder.finish(&mut out).expect("nothing fails");
        out
    }

    #[test]
    fn contents_are_recoded_however_they_are_cut() {
        for (map, is_back, content, expected) in [
            (0, false, &b"ab\xc1\x80\xff!"[..], "ab\u{430}\u{20ac}?!".as_bytes()),
            (0, true, "ab\u{430}\u{20ac}!".as_bytes(), b"ab\xc1\x80!"),
            (0, true, "\u{431}\u{1f600}x\u{ffff}".as_bytes(), b"&#1073;&#128512;x&#65535;"),
            // One for each of the first three bytes, one for what `x` ends, one for what is too long.
            (0, true, b"\xff\xc0\x80\xd0x\xe0\x80\x80y", b"?????y"),
            (0, true, b"a\xd0", b"a"),
            (0, true, b"\xf4\x90\x80\x80.", b"?."),
            (1, false, b"aab", b"bb?"),
            (1, true, b"aab", b"xxx"),
        ] {
            for len in 1..=content.len() {
                let found = recoded(map, is_back, content, len);
                assert_eq!(found, expected, "{content:?} in pieces of {len}");
            }
        }
    }

    #[test]
    fn what_comes_of_a_piece_is_bounded() {
        let mut recoder = Recoder::new(&MAPS, Recoded { map: 0, is_back: true }, None);
        let piece = "\u{7ff}".repeat(recoder.piece_len() / 2);
        let mut out = Vec::new();
        recoder.write(piece.as_bytes(), &mut out).expect("nothing fails");
        assert!(out.len() <= 2 * RUN_LEN, "{}", out.len());
    }

    #[test]
    fn texts_are_replaced_before() {
        let pairs = [(b"x".to_vec(), "\u{430}".as_bytes().to_vec())];
        let replacer = super::super::Replacer::new(pairs.into_iter(), false);
        let how = Recoded { map: 0, is_back: true };
        let mut recoder = Recoder::new(&MAPS, how, Some(Box::new(replacer)));
        let mut out = Vec::new();
        recoder.write(b"-x-", &mut out).expect("nothing fails");
        recoder.finish(&mut out).expect("nothing fails");
        assert_eq!(out, b"-\xc1-");
    }
}
