//! Where a byte stands on its line: what indentation tells about missing marks.

use crate::ast::Word;

/// How far one tab indents, for comparing lines that mix tabs and spaces.
const TAB: usize = 4;

/// The lines of a text.
pub(super) struct Lines(Vec<Line>);

struct Line {
    /// Its first byte.
    start: usize,
    /// Its first byte that is no blank.
    text: usize,
    /// How far that is to the right.
    indent: usize,
}

/// Where something begins.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    /// The line, from 0.
    pub(super) line: usize,
    /// How far its line is indented.
    pub(super) indent: usize,
    /// How far it stands to the right itself: `indent`, if it is the first on its line.
    pub(super) column: usize,
    /// Whether it is the first on its line.
    pub(super) first: bool,
}

impl Lines {
    /// The lines of `text`.
    pub(super) fn new(text: &str) -> Self {
        let mut start = 0;
        let lines = text.split_inclusive('\n').map(|line| {
            let blank = line.len() - line.trim_start_matches([' ', '\t']).len();
            let indent =
                line.bytes().take(blank).map(|byte| if byte == b'\t' { TAB } else { 1 }).sum();
            start += line.len();
            Line { start: start - line.len(), text: start - line.len() + blank, indent }
        });
        Lines(lines.collect())
    }

    /// Where byte `at` stands.
    pub(super) fn place(&self, at: u32) -> Place {
        let at = at as usize;
        let line = self.0.partition_point(|line| line.start <= at).saturating_sub(1);
        let Some(&Line { text, indent, .. }) = self.0.get(line) else {
            return Place { line: 0, indent: 0, column: 0, first: true };
        };
        Place { line, indent, column: indent + at.saturating_sub(text), first: at <= text }
    }

    /// The first byte of the line that holds byte `at`.
    pub(super) fn line_start(&self, at: u32) -> usize {
        self.0.get(self.place(at).line).map_or(0, |line| line.start)
    }

    /// Whether `word` is the first on its line, `before` being the word before it.
    pub(super) fn begins_line(&self, before: &Word, word: &Word) -> bool {
        self.place(word.span.start).line > self.place(before.span.end).line
    }
}
