//! Regexes of a site: automata over static tables, and programs that find captures. Both are
//! written by the compiler; nothing here parses a pattern.
//!
//! Patterns match bytes, anywhere in the subject unless they say otherwise, and ignore only
//! the case of ASCII letters. `$` is the end of the subject: never before a last newline,
//! where PCRE takes it too.

mod automaton;
mod program;
mod set;

pub use automaton::Rows;
pub use program::{Captures, Program};
pub use set::{Class, GroupRows, Set};

/// Reads little-endian numbers off the front of what the compiler wrote.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn bytes(&mut self, len: usize) -> Option<&'a [u8]> {
        let (bytes, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(bytes)
    }

    /// So many numbers of `WIDTH` bytes each.
    fn cells<const WIDTH: usize>(&mut self, count: usize) -> Option<&'a [[u8; WIDTH]]> {
        Some(self.bytes(count.checked_mul(WIDTH)?)?.as_chunks().0)
    }

    fn byte(&mut self) -> Option<u8> {
        self.bytes(1).map(|bytes| bytes[0])
    }

    fn number(&mut self) -> Option<usize> {
        let bytes = self.bytes(4)?.try_into().ok()?;
        usize::try_from(u32::from_le_bytes(bytes)).ok()
    }
}

/// Appends a number for [`Reader::number`].
fn write_number(out: &mut Vec<u8>, number: usize) {
    out.extend((number as u32).to_le_bytes());
}
