//! One file's text to a flat run of statements and closing braces. Alone uses pest.
//!
//! The grammar matches every text: a slip is a rule of its own, which is reported here and
//! taken for what was most likely meant, so that it brings no second message.

use pest::Parser as _;
use pest::iterators::Pair;

use super::slip;
use crate::ast::{Comment, Word};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::source::{FileId, Source, Span, escaped_byte};

#[derive(pest_derive::Parser)]
#[grammar = "grammar.pest"]
struct Grammar;

/// A statement or a closing brace.
#[derive(Debug)]
pub(super) enum Item {
    /// Words and what ends them. No words at all only before a `{` that lacks a name.
    Statement(Vec<Word>, End),
    /// `}`
    Close(Span),
}

/// What ends a statement.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum End {
    /// `;`
    Semicolon(Span),
    /// `{`
    Open(Span),
    /// `{ … }` in another language, which is not looked into.
    Verbatim(Span),
    /// Neither: a closing brace or the end of the file follows.
    Missing,
    /// Neither, and that has its message.
    Excused,
}

/// A file's items.
pub(super) struct Items {
    /// The items, in the order of the text.
    pub(super) items: Vec<Item>,
    /// The comments, likewise.
    pub(super) comments: Vec<Comment>,
    /// Whether a string did not end, so that nobody knows which braces it took in.
    pub(super) unsure: bool,
}

/// Reads `source`, which is `file`.
pub(super) fn items(file: FileId, source: &Source, diagnostics: &mut Diagnostics) -> Items {
    let (items, comments) = (Vec::new(), Vec::new());
    let mut reader = Reader { file, source, diagnostics, items, comments, unsure: false };
    match Grammar::parse(Rule::conf, &source.text) {
        Ok(mut pairs) => pairs.next().into_iter().flat_map(Pair::into_inner).for_each(|pair| {
            reader.item(pair);
        }),
        // The grammar matches every text, so this is for the day when it does not.
        Err(error) => {
            let at = match error.location {
                pest::error::InputLocation::Pos(at) => at,
                pest::error::InputLocation::Span((start, _)) => start,
            };
            let span = reader.span(at, at);
            reader.diagnostics.push(Diagnostic::error("Y10", span, "this cannot be read"));
        }
    }
    Items { items: reader.items, comments: reader.comments, unsure: reader.unsure }
}

/// Turns pairs to items.
struct Reader<'a> {
    file: FileId,
    source: &'a Source,
    diagnostics: &'a mut Diagnostics,
    items: Vec<Item>,
    comments: Vec<Comment>,
    unsure: bool,
}

impl Reader<'_> {
    fn span(&self, start: usize, end: usize) -> Span {
        Span { file: self.file, start: start as u32, end: end as u32 }
    }

    fn place(&self, pair: &Pair<Rule>) -> Span {
        self.span(pair.as_span().start(), pair.as_span().end())
    }

    fn item(&mut self, pair: Pair<Rule>) {
        let span = self.place(&pair);
        match pair.as_rule() {
            Rule::statement | Rule::lua => self.statement(pair),
            Rule::close => {
                self.check_ascii(&pair, "}");
                self.items.push(Item::Close(span));
            }
            Rule::lone_open => self.items.push(Item::Statement(Vec::new(), End::Open(span))),
            Rule::lone_semicolon if !self.unsure => {
                self.diagnostics.push(slip::lone_semicolon(span));
            }
            Rule::odd_blanks | Rule::odd_nothing => self.odd(&pair),
            Rule::comment => self.comment(&pair),
            _ => {}
        }
    }

    fn comment(&mut self, pair: &Pair<Rule>) {
        let (span, text) = (self.place(pair), pair.as_str()[1..].trim_end().to_owned());
        self.comments.push(Comment { text, span });
    }

    fn statement(&mut self, pair: Pair<Rule>) {
        let mut words = Vec::new();
        let mut end = End::Missing;
        let (mut open_string, mut is_broken) = (false, false);
        for pair in pair.into_inner() {
            let span = self.place(&pair);
            match pair.as_rule() {
                Rule::semicolon => {
                    self.check_ascii(&pair, ";");
                    end = End::Semicolon(span);
                }
                Rule::open => {
                    self.check_ascii(&pair, "{");
                    self.check_dollar(words.last(), span);
                    end = End::Open(span);
                }
                Rule::lua_block => end = End::Verbatim(span),
                Rule::no_end if open_string => end = End::Excused,
                Rule::no_end => {}
                Rule::odd_blanks | Rule::odd_nothing => self.odd(&pair),
                Rule::comment => self.comment(&pair),
                rule => {
                    open_string = rule == Rule::unterminated;
                    is_broken |= open_string || rule == Rule::glued;
                    words.push(self.word(pair));
                }
            }
        }
        // Where a string ends wrongly, nobody knows how many parameters there are.
        if !is_broken || matches!(end, End::Open(_)) {
            self.items.push(Item::Statement(words, end));
        }
    }

    fn word(&mut self, pair: Pair<Rule>) -> Word {
        let (span, text) = (self.place(&pair), pair.as_str());
        match pair.as_rule() {
            Rule::quoted => self.unescape(span, 1..text.len() - 1, true),
            Rule::doubled => {
                self.diagnostics.push(slip::doubled(span, text));
                self.unescape(span, 2..text.len() - 1, true)
            }
            Rule::glued => {
                let string_len = pair.into_inner().next().map_or(1, |string| string.as_str().len());
                self.unsure |= text.contains([';', '{', '}']);
                self.diagnostics.push(slip::glued(span, text, string_len));
                self.unescape(span, 1..string_len - 1, true)
            }
            Rule::unterminated => {
                self.unsure = true;
                self.diagnostics.push(slip::unterminated(span, text));
                self.unescape(span, 1..text.len(), true)
            }
            Rule::odd_quoted => {
                let inner = pair.into_inner().next();
                let range = inner.map_or(0..0, |inner| {
                    let start = inner.as_span().start() - span.start as usize;
                    start..start + inner.as_str().len()
                });
                self.diagnostics.push(slip::odd_quoted(span, text, &text[range.clone()]));
                self.unescape(span, range, true)
            }
            _ => self.plain(pair),
        }
    }

    fn plain(&mut self, pair: Pair<Rule>) -> Word {
        let (span, text) = (self.place(&pair), pair.as_str());
        if let Some(diagnostic) = slip::odd_start(span, text) {
            self.diagnostics.push(diagnostic);
        }
        let mut braces = None;
        for inner in pair.into_inner() {
            match inner.as_rule() {
                Rule::regex_braces if braces.is_none() => braces = Some(self.place(&inner)),
                Rule::odd_nothing => self.odd(&inner),
                _ => {}
            }
        }
        if let Some(braces) = braces {
            self.diagnostics.push(slip::regex_braces(braces, span, text));
        }
        self.unescape(span, 0..text.len(), false)
    }

    fn odd(&mut self, pair: &Pair<Rule>) {
        self.diagnostics.push(slip::odd_blank(self.place(pair), pair.as_str()));
    }

    /// Reports a full-width `pair` that was taken for `ascii`.
    fn check_ascii(&mut self, pair: &Pair<Rule>, ascii: &str) {
        if pair.as_str() != ascii {
            let span = self.place(pair);
            self.diagnostics.push(slip::lookalike(span, pair.as_str(), ascii));
        }
    }

    /// Reports a `{` that nginx would take as the start of `${name}`.
    fn check_dollar(&mut self, last: Option<&Word>, open: Span) {
        if let Some(word) = last
            && !word.quoted
            && word.span.end == open.start
            && word.value.ends_with(b"$")
            && !word.value.ends_with(b"\\$")
        {
            self.diagnostics.push(slip::dollar_brace(open));
        }
    }

    /// The word at `span` whose text, escapes and all, is `inner` of it. nginx replaces
    /// `\"`, `\'`, `\\`, `\t`, `\r` and `\n`, and leaves any other backslash where it is.
    fn unescape(&self, span: Span, inner: std::ops::Range<usize>, quoted: bool) -> Word {
        let text = &self.source.text[span.start as usize..span.end as usize][inner.clone()];
        let as_it_is = inner.start == usize::from(quoted)
            && !self.source.escaped
            && !text.bytes().any(|byte| byte == b'\\')
            && (text.is_ascii() || !text.contains(slip::is_invisible));
        if as_it_is {
            return Word { value: text.as_bytes().to_vec(), span, quoted, offsets: Vec::new() };
        }
        let (mut value, mut offsets) = (Vec::with_capacity(text.len()), Vec::new());
        let mut rest = text.char_indices();
        while let Some((at, character)) = rest.next() {
            let next = if character == '\\' { rest.clone().next() } else { None };
            let replaced = match next.map(|(_, next)| next) {
                Some(quote @ ('"' | '\'' | '\\')) => Some(quote),
                Some('t') => Some('\t'),
                Some('r') => Some('\r'),
                Some('n') => Some('\n'),
                _ => None,
            };
            if replaced.is_some() {
                rest.next();
            }
            let character = replaced.unwrap_or(character);
            if !quoted && slip::is_invisible(character) {
                continue;
            }
            match escaped_byte(character).filter(|_| self.source.escaped) {
                Some(byte) => value.push(byte),
                None => value.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
            }
            offsets.resize(value.len(), (inner.start + at) as u32);
        }
        Word { value, span, quoted, offsets }
    }
}

/// `words` as a message shows them: as they are written, if that is short, or else the first.
pub(super) fn written(source: &Source, words: &[Word]) -> String {
    let ([first, ..], Some(last)) = (words, words.last()) else { return String::new() };
    let text = &source.text[first.span.start as usize..last.span.end as usize];
    let is_short = text.len() <= 40 && !source.escaped && !text.contains(char::is_control);
    if is_short { text.to_owned() } else { first.shown() }
}
