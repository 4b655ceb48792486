//! How the content of a response is framed: by its length, in chunks, or by the end of the connection
//! (RFC 9112, 6.3 and 7.1).

use crate::coding::Encoder;
use crate::compiled::Exchange;
use crate::http::response::Fields;
use crate::output::Chunks;
use crate::site::Encode;

/// How a content is framed that is made on the way.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Transfer {
    /// By its length, which the head says: so many bytes are left.
    Length(u64),
    /// In chunks.
    Chunked,
    /// By the end of the connection, for HTTP/1.0, or of the stream.
    UntilClose,
}

impl Transfer {
    /// Frames the content of a response, of which the length may be known. Fields follow chunks alone.
    pub(super) fn of(len: Option<u64>, exchange: &mut Exchange) -> Transfer {
        match len {
            Some(len) if !exchange.has_trailers => Transfer::Length(len),
            // The end of a stream is a part of its frames.
            _ if exchange.head.is_http2 => Transfer::UntilClose,
            _ if exchange.head.minor_version == 0 => {
                exchange.persist = false;
                Transfer::UntilClose
            }
            _ => {
                exchange.fields.add_checked("Transfer-Encoding", b"chunked");
                Transfer::Chunked
            }
        }
    }

    /// How a content goes that is made while it is sent. `open`: fields follow it.
    pub(super) fn chunks(self, open: bool) -> Chunks {
        match self {
            Transfer::Length(_) | Transfer::UntilClose => Chunks::None,
            Transfer::Chunked if open => Chunks::Open,
            Transfer::Chunked => Chunks::Whole,
        }
    }
}

/// What stands before and behind a content in chunks that fields follow. One of which the length is
/// known is one chunk; what makes another writes its chunks, and the last.
pub(super) fn around(len: Option<u64>, trailers: &Fields) -> (Vec<u8>, Vec<u8>) {
    let (mut front, mut back) = (Vec::new(), Vec::new());
    if let Some(len) = len {
        if len > 0 {
            write_hex(len, &mut front);
            front.extend_from_slice(b"\r\n");
            back.extend_from_slice(b"\r\n");
        }
        back.extend_from_slice(b"0\r\n");
    }
    back.extend_from_slice(trailers.lines());
    back.extend_from_slice(b"\r\n");
    (front, back)
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
    /// What changes it before.
    filter: Option<Box<dyn Encode>>,
    encoder: Option<Encoder>,
    /// Bytes that are still to come, where that is known.
    left: Option<u64>,
    /// Whether some of what has come is held back.
    holds: bool,
    /// Whether it cannot go on.
    has_failed: bool,
    /// What has come of a piece, and what the filter has made of it before.
    scratch: Vec<u8>,
    filtered: Vec<u8>,
    /// Bytes that were taken and made.
    lens: (u64, u64),
}

impl ContentWriter {
    /// A writer of content that is framed so.
    pub(super) fn new(transfer: Transfer) -> ContentWriter {
        ContentWriter { transfer, encoding: None }
    }

    /// The same of content that is changed by a filter before, and then compressed; it has `left` bytes,
    /// where that is known.
    pub(super) fn encoded(
        transfer: Transfer,
        filter: Option<Box<dyn Encode>>,
        encoder: Option<Encoder>,
        left: Option<u64>,
    ) -> ContentWriter {
        if filter.is_none() && encoder.is_none() {
            return ContentWriter::new(transfer);
        }
        let (scratch, filtered) = (Vec::new(), Vec::new());
        let (holds, has_failed, lens) = (false, false, (0, 0));
        let encoding =
            Encoding { filter, encoder, left, holds, has_failed, scratch, filtered, lens };
        ContentWriter { transfer, encoding: Some(Box::new(encoding)) }
    }

    /// How long a piece may be, in bytes, so that what comes of it is bounded.
    pub(super) fn piece_len(&self) -> usize {
        let filter = self.encoding.as_ref().and_then(|encoding| encoding.filter.as_ref());
        filter.map_or(usize::MAX, |filter| filter.piece_len())
    }

    /// What of a piece goes as it comes, without anything between the pieces.
    pub(super) fn as_it_comes<'a>(&self, piece: &'a [u8]) -> &'a [u8] {
        match (&self.encoding, self.transfer) {
            (None, Transfer::Length(left)) => cut(piece, &mut Some(left)),
            (None, Transfer::UntilClose) => piece,
            _ => &[],
        }
    }

    /// Counts what went so.
    pub(super) fn skip(&mut self, len: usize) {
        if let Transfer::Length(left) = &mut self.transfer {
            *left = left.saturating_sub(len as u64);
        }
    }

    /// Appends a piece. What goes beyond the length is left out.
    pub(super) fn write(&mut self, piece: &[u8], out: &mut Vec<u8>) {
        let ContentWriter { transfer, encoding } = self;
        match encoding {
            None => transfer.frame(piece, out),
            Some(encoding) => {
                let piece = cut(piece, &mut encoding.left);
                encoding.write(piece);
                encoding.holds |= !piece.is_empty();
                transfer.frame(&encoding.scratch, out);
            }
        }
    }

    /// Appends what is held back, where the content is compressed: nothing more comes for now.
    pub(super) fn flush(&mut self, out: &mut Vec<u8>) {
        let Some(encoding) = &mut self.encoding else { return };
        if std::mem::take(&mut encoding.holds) {
            encoding.flush();
            self.transfer.frame(&encoding.scratch, out);
        }
    }

    /// Bytes of a content that is compressed, before and after.
    pub(super) fn lens(&self) -> Option<(u64, u64)> {
        let encoding = self.encoding.as_ref().filter(|encoding| encoding.encoder.is_some());
        encoding.map(|encoding| encoding.lens)
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

    /// Appends what ends the content, with these fields behind chunks. Whether it is whole: it may be
    /// shorter than its head says.
    pub(super) fn finish(&mut self, trailers: &Fields, out: &mut Vec<u8>) -> bool {
        let mut is_whole = true;
        if let Some(encoding) = &mut self.encoding {
            is_whole = matches!(encoding.left, None | Some(0));
            if is_whole {
                encoding.finish();
                is_whole = !encoding.has_failed;
                self.transfer.frame(&encoding.scratch, out);
            }
        }
        if is_whole && self.transfer == Transfer::Chunked {
            out.extend_from_slice(b"0\r\n");
            out.extend_from_slice(trailers.lines());
            out.extend_from_slice(b"\r\n");
        }
        is_whole
            && matches!(
                self.transfer,
                Transfer::Length(0) | Transfer::UntilClose | Transfer::Chunked
            )
    }
}

impl Encoding {
    /// Puts what has come of a piece in the place of what has come of the last.
    fn write(&mut self, piece: &[u8]) {
        self.filtered.clear();
        let piece = match &mut self.filter {
            Some(filter) => {
                self.has_failed |= filter.write(piece, &mut self.filtered).is_err();
                &self.filtered
            }
            None => piece,
        };
        self.scratch.clear();
        match &mut self.encoder {
            Some(encoder) => {
                self.has_failed |= encoder.get().write(piece, &mut self.scratch).is_err();
            }
            None => self.scratch.extend_from_slice(piece),
        }
        self.lens.0 += piece.len() as u64;
        self.lens.1 += self.scratch.len() as u64;
    }

    /// The same of what is held back.
    fn flush(&mut self) {
        self.scratch.clear();
        if let Some(encoder) = &mut self.encoder {
            self.has_failed |= encoder.get().flush(&mut self.scratch).is_err();
        }
        self.lens.1 += self.scratch.len() as u64;
    }

    /// The same of the end.
    fn finish(&mut self) {
        let mut rest = Vec::new();
        if let Some(filter) = &mut self.filter {
            self.has_failed |= filter.finish(&mut rest).is_err();
        }
        self.scratch.clear();
        let out = &mut self.scratch;
        match &mut self.encoder {
            Some(encoder) => {
                let encode = encoder.get();
                let result = encode.write(&rest, out).and_then(|()| encode.finish(out));
                self.has_failed |= result.is_err();
            }
            None => out.extend_from_slice(&rest),
        }
        self.lens.0 += rest.len() as u64;
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
                write_hex(piece.len() as u64, out);
                out.extend_from_slice(b"\r\n");
                out.extend_from_slice(piece);
                out.extend_from_slice(b"\r\n");
            }
            Transfer::UntilClose => out.extend_from_slice(piece),
        }
    }
}

/// Appends a number in hexadecimal digits.
fn write_hex(number: u64, out: &mut Vec<u8>) {
    let digit_count = (u64::BITS - number.leading_zeros()).div_ceil(4).max(1);
    for place in (0..digit_count).rev() {
        out.push(b"0123456789abcdef"[(number >> (place * 4) & 15) as usize]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(transfer: Transfer, pieces: &[&str]) -> (String, bool) {
        let mut writer = ContentWriter::new(transfer);
        let mut out = Vec::new();
        pieces.iter().for_each(|piece| writer.write(piece.as_bytes(), &mut out));
        let whole = writer.finish(&Fields::default(), &mut out);
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
    fn fields_follow_chunks() {
        let mut trailers = Fields::default();
        trailers.add("X-Sum", b"1");
        let mut writer = ContentWriter::new(Transfer::Chunked);
        let mut out = Vec::new();
        writer.write(b"ab", &mut out);
        assert!(writer.finish(&trailers, &mut out));
        assert_eq!(out, b"2\r\nab\r\n0\r\nX-Sum: 1\r\n\r\n");
        let text = |(front, back): (Vec<u8>, Vec<u8>)| {
            [front, back].map(|part| String::from_utf8(part).expect("ASCII"))
        };
        assert_eq!(text(around(Some(26), &trailers)), ["1a\r\n", "\r\n0\r\nX-Sum: 1\r\n\r\n"]);
        assert_eq!(text(around(Some(0), &trailers)), ["", "0\r\nX-Sum: 1\r\n\r\n"]);
        assert_eq!(text(around(None, &trailers)), ["", "X-Sum: 1\r\n\r\n"]);
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
