//! Directives as written, every word with its place. `include` is already resolved.

use crate::source::Span;

/// One word: a name or an argument.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Word {
    /// The bytes after unquoting and unescaping.
    pub value: Vec<u8>,
    /// The whole word in the source, quotes included.
    pub span: Span,
    /// Whether it was written in quotes.
    pub quoted: bool,
    /// Where each byte of `value` begins in the source, as an offset from `span.start`;
    /// empty where they run on from `span.start` (or from behind the opening quote).
    pub(crate) offsets: Vec<u32>,
}

impl Word {
    /// The value as text, if it is UTF-8.
    pub fn text(&self) -> Option<&str> {
        std::str::from_utf8(&self.value).ok()
    }

    /// The value for a message.
    pub fn shown(&self) -> String {
        String::from_utf8_lossy(&self.value).into_owned()
    }

    /// The rest of the word from the byte `start` of its value on, as a word without quotes.
    pub(crate) fn tail(&self, start: usize) -> Word {
        let span = self.part(start..self.value.len());
        let skipped = span.start - self.span.start;
        let offsets = self.offsets.get(start..).unwrap_or_default();
        Word {
            value: self.value[start..].to_vec(),
            span,
            quoted: false,
            offsets: offsets.iter().map(|offset| offset - skipped).collect(),
        }
    }

    /// `NAME=VALUE`, taken apart.
    pub fn option(&self) -> Option<(&[u8], Word)> {
        let equals = self.value.iter().position(|&byte| byte == b'=')?;
        Some((&self.value[..equals], self.tail(equals + 1)))
    }

    /// The first `len` bytes of the word, as a word of its own.
    pub(crate) fn front(&self, len: usize) -> Word {
        let offsets = self.offsets.get(..len).unwrap_or_default().to_vec();
        Word { value: self.value[..len].to_vec(), span: self.part(0..len), offsets, quoted: false }
    }

    /// The place of `range` of the value in the source.
    pub fn part(&self, range: std::ops::Range<usize>) -> Span {
        let offset = |at: usize| match self.offsets.get(at) {
            Some(&offset) => offset,
            None if self.offsets.is_empty() => at as u32 + u32::from(self.quoted),
            None => self.span.end - self.span.start - u32::from(self.quoted),
        };
        // A word that no file holds, such as a built-in format, is shorter than its value.
        let start = (self.span.start + offset(range.start)).min(self.span.end);
        let end = (self.span.start + offset(range.end)).clamp(start, self.span.end);
        Span { file: self.span.file, start, end }
    }
}

/// A directive: `NAME ARGS;` or `NAME ARGS { … }`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Directive {
    /// Its name.
    pub name: Word,
    /// Its parameters.
    pub args: Vec<Word>,
    /// What it encloses, if it is a block.
    pub block: Option<Block>,
}

impl Directive {
    /// From the name to the last argument, without `;` or the block.
    pub fn span(&self) -> Span {
        self.name.span.to(self.args.last().unwrap_or(&self.name).span)
    }
}

/// The directives with this name.
pub(crate) fn named<'a>(
    directives: &'a [Directive],
    name: &'static str,
) -> impl Iterator<Item = &'a Directive> {
    directives.iter().filter(move |directive| directive.name.value == name.as_bytes())
}

/// What stands between `{` and `}`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Block {
    /// The directives, those of included files in place.
    pub directives: Vec<Directive>,
    /// The `{`.
    pub open: Span,
    /// The `}`.
    pub close: Span,
}

/// A whole conf.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Conf {
    /// The directives at top level.
    pub directives: Vec<Directive>,
    /// The comments of all files, those of one file in their order.
    pub comments: Vec<Comment>,
}

/// A comment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Comment {
    /// What stands behind the `#`, up to the end of the line.
    pub text: String,
    /// From the `#` to the end of the line.
    pub span: Span,
}
