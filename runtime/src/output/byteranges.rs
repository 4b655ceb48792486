//! `multipart/byteranges` (RFC 9110, 14.6): several parts of a file, each made when those before
//! it are sent, so that many parts take no more memory than their ranges.

use std::fmt::Write as _;
use std::hash::{BuildHasher, RandomState};
use std::ops::Range;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::vec;

use super::Piece;
use crate::http::range::write_content_range;
use crate::http::response::Fields;

/// The longest head of a part beside its Content-Type: the boundary and Content-Range.
const HEAD_LEN: usize = 128;

/// The parts that are still to be sent.
#[derive(Debug)]
pub struct Parts {
    whole: Piece,
    /// The line of each part that says what it is.
    content_type: Fields,
    ranges: vec::IntoIter<Range<u64>>,
    boundary: String,
    /// Those of the part that is begun.
    fields: Fields,
    /// Length of what is not given out yet, in bytes.
    len: u64,
}

impl Parts {
    /// Parts of `whole`, which `content_type` says the media type of.
    pub(crate) fn new(whole: Piece, content_type: Fields, ranges: Vec<Range<u64>>) -> Parts {
        let (none, fields) = (Vec::new().into_iter(), Fields::default());
        let boundary = boundary();
        let mut parts = Parts { whole, content_type, ranges: none, boundary, fields, len: 0 };
        let mut text = Vec::with_capacity(HEAD_LEN);
        parts.write_end(&mut text);
        parts.len = text.len() as u64;
        for range in &ranges {
            text.clear();
            parts.write_head(range, &mut text);
            parts.len += text.len() as u64 + (range.end - range.start);
        }
        parts.ranges = ranges.into_iter();
        parts
    }

    /// What stands between the parts.
    pub(crate) fn boundary(&self) -> &str {
        &self.boundary
    }

    /// Length of what is not given out yet, in bytes.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Appends what stands before the next part, and gives the part; the end where there is none.
    pub fn next(&mut self, out: &mut Vec<u8>) -> Option<Piece> {
        let before = out.len();
        let piece = self.ranges.next().map(|range| {
            self.write_head(&range, out);
            self.whole.part(range)
        });
        if piece.is_none() {
            self.write_end(out);
        }
        self.len -= (out.len() - before) as u64 + piece.as_ref().map_or(0, Piece::len);
        piece
    }

    fn write_head(&mut self, range: &Range<u64>, out: &mut Vec<u8>) {
        for text in ["\r\n--", &self.boundary, "\r\n"] {
            out.extend_from_slice(text.as_bytes());
        }
        self.fields.clear();
        self.fields.append(self.content_type.lines());
        write_content_range(range, self.whole.len(), &mut self.fields);
        out.extend_from_slice(self.fields.lines());
        out.extend_from_slice(b"\r\n");
    }

    fn write_end(&self, out: &mut Vec<u8>) {
        for text in ["\r\n--", &self.boundary, "--\r\n"] {
            out.extend_from_slice(text.as_bytes());
        }
    }
}

/// Twenty digits that no file was made to contain: none can be told from those before it.
fn boundary() -> String {
    static SEED: OnceLock<RandomState> = OnceLock::new();
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let mut boundary = String::with_capacity(20);
    // Writing to a string does not fail.
    let _ = write!(boundary, "{:020}", SEED.get_or_init(RandomState::new).hash_one(number));
    boundary
}
