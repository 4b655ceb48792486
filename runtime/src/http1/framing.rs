//! How the content of a response is framed: by its length, in chunks, or by the end of the connection
//! (RFC 9112, 6.3 and 7.1).

use std::io;

use crate::coding::{Encode, Encoder};
use crate::serving::Exchange;

/// How a content is framed that is made on the way.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Transfer {
    /// By its length, which the head says: so many bytes are left.
    Length(u64),
    /// In chunks.
    Chunked,
    /// By the end of the connection, for HTTP/1.0.
    UntilClose,
}

impl Transfer {
    /// Frames the content of a response, of which the length may be known.
    pub(super) fn of(len: Option<u64>, exchange: &mut Exchange) -> Transfer {
        match len {
            Some(len) => Transfer::Length(len),
            None if exchange.head.minor_version == 0 => {
                exchange.persist = false;
                Transfer::UntilClose
            }
            None => {
                exchange.fields.add_checked("Transfer-Encoding", b"chunked");
                Transfer::Chunked
            }
        }
    }
}

/// Frames content that comes in pieces.
#[derive(Debug)]
pub(super) struct ContentWriter {
    transfer: Transfer,
    encoding: Option<Box<Encoding>>,
}

/// What compresses the content before it is framed.
#[derive(Debug)]
struct Encoding {
    encoder: Encoder,
    /// Bytes that are still to come, where that is known.
    left: Option<u64>,
    /// Whether some of what has come is held back.
    holds: bool,
    /// Whether it cannot go on.
    has_failed: bool,
    /// What has come of a piece.
    scratch: Vec<u8>,
    /// Bytes that were taken and made.
    lens: (u64, u64),
}

impl ContentWriter {
    /// A writer of content that is framed so.
    pub(super) fn new(transfer: Transfer) -> ContentWriter {
        ContentWriter { transfer, encoding: None }
    }

    /// The same of content that is compressed before; it has `left` bytes, where that is known.
    pub(super) fn encoded(
        transfer: Transfer,
        encoder: Encoder,
        left: Option<u64>,
    ) -> ContentWriter {
        let scratch = Vec::new();
        let (holds, has_failed, lens) = (false, false, (0, 0));
        let encoding = Encoding { encoder, left, holds, has_failed, scratch, lens };
        ContentWriter { transfer, encoding: Some(Box::new(encoding)) }
    }

    /// Appends a piece. What goes beyond the length is left out.
    pub(super) fn write(&mut self, piece: &[u8], out: &mut Vec<u8>) {
        let ContentWriter { transfer, encoding } = self;
        match encoding {
            None => transfer.frame(piece, out),
            Some(encoding) => {
                let piece = cut(piece, &mut encoding.left);
                encoding.run(|encode, made| encode.write(piece, made));
                encoding.holds |= !piece.is_empty();
                encoding.lens.0 += piece.len() as u64;
                transfer.frame(&encoding.scratch, out);
            }
        }
    }

    /// Appends what is held back, where the content is compressed: nothing more comes for now.
    pub(super) fn flush(&mut self, out: &mut Vec<u8>) {
        let Some(encoding) = &mut self.encoding else { return };
        if std::mem::take(&mut encoding.holds) {
            encoding.run(|encode, made| encode.flush(made));
            self.transfer.frame(&encoding.scratch, out);
        }
    }

    /// Bytes of a content that is compressed, before and after.
    pub(super) fn lens(&self) -> Option<(u64, u64)> {
        self.encoding.as_ref().map(|encoding| encoding.lens)
    }

    /// Whether nothing but the end of the connection ends it.
    pub(super) fn ends_by_close(&self) -> bool {
        self.transfer == Transfer::UntilClose
    }

    /// Whether nothing more is taken.
    pub(super) fn is_full(&self) -> bool {
        match &self.encoding {
            None => self.transfer == Transfer::Length(0),
            Some(encoding) => encoding.left == Some(0) || encoding.has_failed,
        }
    }

    /// Appends what ends the content. Whether it is whole: it may be shorter than its head says.
    pub(super) fn finish(&mut self, out: &mut Vec<u8>) -> bool {
        let mut is_whole = true;
        if let Some(encoding) = &mut self.encoding {
            is_whole = matches!(encoding.left, None | Some(0));
            if is_whole {
                encoding.run(|encode, made| encode.finish(made));
                is_whole = !encoding.has_failed;
                self.transfer.frame(&encoding.scratch, out);
            }
        }
        if is_whole && self.transfer == Transfer::Chunked {
            out.extend_from_slice(b"0\r\n\r\n");
        }
        is_whole
            && matches!(
                self.transfer,
                Transfer::Length(0) | Transfer::UntilClose | Transfer::Chunked
            )
    }
}

impl Encoding {
    /// Puts what has come of a step in the place of what has come of the last.
    fn run(&mut self, step: impl FnOnce(&mut dyn Encode, &mut Vec<u8>) -> io::Result<()>) {
        self.scratch.clear();
        self.has_failed |= step(self.encoder.get(), &mut self.scratch).is_err();
        self.lens.1 += self.scratch.len() as u64;
    }
}

/// As much of a piece as is to come.
fn cut<'p>(piece: &'p [u8], left: &mut Option<u64>) -> &'p [u8] {
    let Some(left) = left else { return piece };
    let len = usize::try_from(*left).map_or(piece.len(), |left| left.min(piece.len()));
    *left -= len as u64;
    &piece[..len]
}

impl Transfer {
    fn frame(&mut self, piece: &[u8], out: &mut Vec<u8>) {
        match self {
            Transfer::Length(left) => {
                let mut known = Some(*left);
                out.extend_from_slice(cut(piece, &mut known));
                *left = known.unwrap_or(0);
            }
            // A chunk without content would be the last one.
            Transfer::Chunked if piece.is_empty() => {}
            Transfer::Chunked => {
                write_hex(piece.len(), out);
                out.extend_from_slice(b"\r\n");
                out.extend_from_slice(piece);
                out.extend_from_slice(b"\r\n");
            }
            Transfer::UntilClose => out.extend_from_slice(piece),
        }
    }
}

/// Appends a number in hexadecimal digits.
fn write_hex(number: usize, out: &mut Vec<u8>) {
    let digit_count = (usize::BITS - number.leading_zeros()).div_ceil(4).max(1);
    for place in (0..digit_count).rev() {
        out.push(b"0123456789abcdef"[number >> (place * 4) & 15]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(transfer: Transfer, pieces: &[&str]) -> (String, bool) {
        let mut writer = ContentWriter::new(transfer);
        let mut out = Vec::new();
        pieces.iter().for_each(|piece| writer.write(piece.as_bytes(), &mut out));
        let whole = writer.finish(&mut out);
        (String::from_utf8(out).expect("ASCII"), whole)
    }

    #[test]
    fn frames_content() {
        use Transfer::{Chunked, Length, UntilClose};
        let long = "x".repeat(0x1a0);
        for (transfer, pieces, expected, whole) in [
            (Length(5), vec!["he", "llo"], "hello", true),
            (Length(5), vec!["hello, ", "world"], "hello", true),
            (Length(5), vec!["hell"], "hell", false),
            (Length(0), vec!["a"], "", true),
            (Chunked, vec![], "0\r\n\r\n", true),
            (Chunked, vec!["hello", "", "!"], "5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n", true),
            (Chunked, vec![&long], &format!("1a0\r\n{long}\r\n0\r\n\r\n"), true),
            (UntilClose, vec!["a", "b"], "ab", true),
        ] {
            assert_eq!(write(transfer, &pieces), (expected.to_owned(), whole));
        }
    }

    #[test]
    fn content_is_full_at_its_length() {
        let mut writer = ContentWriter::new(Transfer::Length(2));
        writer.write(b"a", &mut Vec::new());
        assert!(!writer.is_full());
        writer.write(b"bc", &mut Vec::new());
        assert!(writer.is_full());
        assert!(!ContentWriter::new(Transfer::Chunked).is_full());
    }
}
