//! What scripts write to standard error: lines, each with a bound, and so with all of them.

use crate::site::Level;

/// How severe it is.
pub const ERRORS_LEVEL: Level = Level::Error;

/// The longest line, in bytes; the rest of a longer one is left out.
const MAX_LINE_LEN: usize = 1024;

/// The most that one script may say.
const MAX_TOTAL_LEN: usize = 64 * 1024;

/// What stands in the place of what goes beyond.
const REST: &[u8] = b"(the rest of what it says is not logged)";

/// Cuts what a script says into lines.
#[derive(Debug, Default)]
pub(crate) struct ErrorLines {
    line: Vec<u8>,
    total_len: usize,
    /// Whether there is no bound for all of them.
    is_endless: bool,
}

impl ErrorLines {
    /// Lines of a program that runs for as long as the server.
    pub(crate) fn endless() -> ErrorLines {
        ErrorLines { is_endless: true, ..ErrorLines::default() }
    }

    /// Takes a piece, and gives out the lines that are complete.
    pub(crate) fn read(&mut self, piece: &[u8], emit: &mut dyn FnMut(&[u8])) {
        for part in piece.split_inclusive(|&byte| byte == b'\n') {
            let room = MAX_LINE_LEN.saturating_sub(self.line.len());
            self.line.extend_from_slice(&part[..part.len().min(room)]);
            if part.ends_with(b"\n") {
                self.finish(emit);
            }
        }
    }

    /// Gives out the line that has no end.
    pub(crate) fn finish(&mut self, emit: &mut dyn FnMut(&[u8])) {
        let line = self.line.trim_ascii_end();
        if self.is_endless {
            if !line.is_empty() {
                emit(line);
            }
        } else if !line.is_empty() && self.total_len <= MAX_TOTAL_LEN {
            self.total_len += line.len();
            emit(if self.total_len <= MAX_TOTAL_LEN { line } else { REST });
        }
        self.line.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &[u8], step: usize) -> Vec<String> {
        let mut lines = Vec::new();
        let mut emit = |line: &[u8]| lines.push(String::from_utf8_lossy(line).into_owned());
        let mut errors = ErrorLines::default();
        text.chunks(step).for_each(|piece| errors.read(piece, &mut emit));
        errors.finish(&mut emit);
        lines
    }

    #[test]
    fn lines_come_whole() {
        for step in [1, 2, 5, 100] {
            assert_eq!(lines(b"one\ntwo\r\n\n three", step), ["one", "two", " three"]);
            assert!(lines(b"", step).is_empty());
        }
    }

    #[test]
    fn lines_and_their_sum_have_bounds() {
        let long = "x".repeat(MAX_LINE_LEN + 500) + "\nshort\n";
        for step in [1, 700, long.len()] {
            assert_eq!(lines(long.as_bytes(), step), [&long[..MAX_LINE_LEN], "short"]);
        }
        let line = "x".repeat(1023) + "\n";
        let all = lines(line.repeat(100).as_bytes(), 4096);
        assert_eq!(all.len(), MAX_TOTAL_LEN / 1023 + 1);
        assert_eq!(all.last().map(String::as_bytes), Some(REST));
    }
}
