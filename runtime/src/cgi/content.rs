//! The content of a script's response on its way to the client: by its length, or in chunks
//! (RFC 9112, 7.1).

use crate::exchange::Transfer;

/// What the end of the output means for the response.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ending {
    /// It is whole.
    Complete,
    /// It is shorter than its head has said: the connection is to be closed, so that the client
    /// sees it.
    Short,
    /// The script was killed before it had written all, as far as can be told: the same.
    Cut,
}

/// Frames content that comes in pieces.
#[derive(Clone, Copy, Debug)]
pub struct ContentWriter {
    transfer: Transfer,
}

impl ContentWriter {
    /// A writer of content that is framed so.
    pub fn new(transfer: Transfer) -> ContentWriter {
        ContentWriter { transfer }
    }

    /// Appends a piece. What goes beyond the length is left out.
    pub fn write(&mut self, piece: &[u8], out: &mut Vec<u8>) {
        match &mut self.transfer {
            Transfer::Length(left) => {
                let len = usize::try_from(*left).map_or(piece.len(), |left| left.min(piece.len()));
                out.extend_from_slice(&piece[..len]);
                *left -= len as u64;
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

    /// Whether the head has said how long it is.
    pub fn is_sized(&self) -> bool {
        matches!(self.transfer, Transfer::Length(_))
    }

    /// Whether nothing but the end of the connection ends it.
    pub fn ends_by_close(&self) -> bool {
        self.transfer == Transfer::UntilClose
    }

    /// Whether nothing more is taken.
    pub fn is_full(&self) -> bool {
        self.transfer == Transfer::Length(0)
    }

    /// Appends what ends the content.
    pub fn finish(self, out: &mut Vec<u8>) -> Ending {
        match self.transfer {
            Transfer::Length(0) | Transfer::UntilClose => Ending::Complete,
            Transfer::Length(_) => Ending::Short,
            Transfer::Chunked => {
                out.extend_from_slice(b"0\r\n\r\n");
                Ending::Complete
            }
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

    fn write(transfer: Transfer, pieces: &[&str]) -> (String, Ending) {
        let mut writer = ContentWriter::new(transfer);
        let mut out = Vec::new();
        pieces.iter().for_each(|piece| writer.write(piece.as_bytes(), &mut out));
        let ending = writer.finish(&mut out);
        (String::from_utf8(out).expect("ASCII"), ending)
    }

    #[test]
    fn frames_content() {
        use Ending::{Complete, Short};
        use Transfer::{Chunked, Length, UntilClose};
        let long = "x".repeat(0x1a0);
        for (transfer, pieces, expected, ending) in [
            (Length(5), vec!["he", "llo"], "hello", Complete),
            (Length(5), vec!["hello, ", "world"], "hello", Complete),
            (Length(5), vec!["hell"], "hell", Short),
            (Length(0), vec!["a"], "", Complete),
            (Chunked, vec![], "0\r\n\r\n", Complete),
            (Chunked, vec!["hello", "", "!"], "5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n", Complete),
            (Chunked, vec![&long], &format!("1a0\r\n{long}\r\n0\r\n\r\n"), Complete),
            (UntilClose, vec!["a", "b"], "ab", Complete),
        ] {
            assert_eq!(write(transfer, &pieces), (expected.to_owned(), ending));
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
