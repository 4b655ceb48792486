//! Places of a text as editors count them: lines from 0, and units of UTF-16 within a line.

use std::ops::Range;

/// A place between two characters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Debug)]
pub struct Position {
    /// The line, from 0.
    pub line: u32,
    /// What stands before it on the line, in units of UTF-16.
    pub column: u32,
}

/// The lines of a text. A line ends with `\n`, `\r\n` or `\r`, as the protocol has it.
pub struct Lines<'t> {
    text: &'t str,
    /// Where each line begins, in bytes.
    starts: Vec<usize>,
}

impl<'t> Lines<'t> {
    /// The lines of `text`.
    pub fn new(text: &'t str) -> Lines<'t> {
        let bytes = text.as_bytes();
        let ends = memchr::memchr2_iter(b'\n', b'\r', bytes);
        let ends = ends.filter(|&at| bytes[at] == b'\n' || bytes.get(at + 1) != Some(&b'\n'));
        Lines { text, starts: [0].into_iter().chain(ends.map(|at| at + 1)).collect() }
    }

    /// The place of a byte; one that is past the text's end, or within a character, is taken for
    /// what is before it.
    pub fn position(&self, offset: usize) -> Position {
        let offset = crate::source::char_floor(self.text, offset);
        let line = self.starts.partition_point(|&start| start <= offset) - 1;
        let before = &self.text[self.starts[line]..offset];
        Position { line: line as u32, column: before.encode_utf16().count() as u32 }
    }

    /// The byte at a place. What is past a line's end is its end, and what is past the last line
    /// the text's.
    pub fn offset(&self, position: Position) -> usize {
        let Some(&start) = self.starts.get(position.line as usize) else { return self.text.len() };
        let end = self.starts.get(position.line as usize + 1).copied().unwrap_or(self.text.len());
        let line = self.text[start..end].trim_end_matches(['\r', '\n']);
        let mut left = position.column as usize;
        for (at, character) in line.char_indices() {
            if left < character.len_utf16() {
                return start + at;
            }
            left -= character.len_utf16();
        }
        start + line.len()
    }

    /// The bytes between two places.
    pub fn range(&self, from: Position, to: Position) -> Range<usize> {
        let start = self.offset(from);
        start..self.offset(to).max(start)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_counted_in_utf_16() {
        let text = "a\r\nä𝄞b\rc\n";
        let lines = Lines::new(text);
        for (offset, line, column) in [
            (0, 0, 0),
            (1, 0, 1),
            (3, 1, 0),
            (5, 1, 1),
            (9, 1, 3),
            (10, 1, 4),
            (11, 2, 0),
            (12, 2, 1),
            (13, 3, 0),
        ] {
            let position = Position { line, column };
            assert_eq!(lines.position(offset), position, "{offset}");
            assert_eq!(lines.offset(position), offset, "{position:?}");
        }
    }

    #[test]
    fn places_that_are_not_there_are_near_ones() {
        let text = "ab\n𝄞\n";
        let lines = Lines::new(text);
        let offset = |line, column| lines.offset(Position { line, column });
        // Past a line's end, in the middle of a pair of surrogates, past the last line.
        assert_eq!([offset(0, 9), offset(1, 1), offset(9, 0), offset(2, 5)], [2, 3, 8, 8]);
        assert_eq!(lines.position(99), Position { line: 2, column: 0 });
        assert_eq!(lines.position(5), Position { line: 1, column: 0 });
        let all = Position { line: u32::MAX, column: u32::MAX };
        assert_eq!(lines.range(all, Position::default()), 8..8);
    }
}
