//! Items to blocks within blocks. The nesting is bounded, so that later phases may recurse.

use super::read::{End, Item};
use super::slip;
use crate::ast::{Block, Directive, Word};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::directive::{self, Form};
use crate::source::Span;

/// The most blocks within each other, those of including files counted.
pub(super) const MAX_DEPTH: usize = 100;

/// A block whose `}` is still to come.
struct Frame {
    /// Its name and parameters. Without any, nobody knows what it holds: it is dropped.
    header: Vec<Word>,
    open: Span,
    directives: Vec<Directive>,
}

/// Builds the tree of `items`. Where braces are not balanced, blocks end with the file, at `end`.
pub(super) fn build(items: Vec<Item>, end: Span, diagnostics: &mut Diagnostics) -> Vec<Directive> {
    let mut tree = Tree { frames: Vec::new(), top: Vec::new() };
    let mut is_too_deep = false;
    let mut items = items.into_iter().peekable();
    while let Some(item) = items.next() {
        match item {
            Item::Statement(mut header, End::Semicolon(semicolon)) => {
                if needs_block(&header)
                    && header.last().is_some_and(|word| !word.quoted)
                    && let Some(Item::Statement(rest, End::Open(open))) =
                        items.next_if(|next| goes_on(next, semicolon))
                {
                    diagnostics.push(cut_word(&mut header, semicolon, &rest[0]));
                    tree.open(header, open);
                    continue;
                }
                match items.next_if(|next| needs_block(&header) && is_nameless(next)) {
                    Some(Item::Statement(_, End::Open(open))) => {
                        diagnostics.push(early_semicolon(&header, semicolon));
                        tree.open(header, open);
                    }
                    _ => tree.simple(header),
                }
            }
            Item::Statement(mut header, End::Open(open)) => {
                if header.is_empty() {
                    diagnostics.push(slip::lone_open(open));
                }
                if tree.frames.len() >= MAX_DEPTH {
                    if !std::mem::replace(&mut is_too_deep, true) {
                        diagnostics.push(too_deep(open));
                    }
                    header.clear();
                }
                tree.open(header, open);
            }
            Item::Statement(words, End::Verbatim(block)) => {
                let open = Span { end: block.start + 1, ..block };
                let close = Span { start: block.end - 1, ..block };
                tree.push(words, Some(Block { directives: Vec::new(), open, close }));
            }
            Item::Statement(words, _) if needs_block(&words) && !tree.is_in_upstream() => {
                let end = words.last().map(|word| Span { start: word.span.end, ..word.span });
                tree.open(words, end.unwrap_or_default());
                tree.close(end.unwrap_or_default());
            }
            Item::Statement(words, _) => tree.simple(words),
            Item::Close(close) => tree.close(close),
        }
    }
    while !tree.frames.is_empty() {
        tree.close(end);
    }
    tree.top
}

/// Whether `header` names a block.
fn needs_block(header: &[Word]) -> bool {
    let row = header.first().and_then(Word::text).and_then(directive::find);
    row.is_some_and(|row| row.form != Form::Simple)
}

/// Whether `item` is one word directly behind a `;`, and a `{`.
fn goes_on(item: &Item, semicolon: Span) -> bool {
    match item {
        Item::Statement(words, End::Open(_)) => {
            matches!(&words[..], [only] if only.span.start == semicolon.end)
        }
        _ => false,
    }
}

/// Puts a word together that a `;` has cut, and says to quote it.
fn cut_word(header: &mut [Word], semicolon: Span, rest: &Word) -> Diagnostic {
    let Some(word) = header.last_mut() else { return early_semicolon(header, semicolon) };
    let place = word.span.to(rest.span);
    word.value = [&word.value[..], b";", &rest.value].concat();
    (word.span, word.offsets, word.quoted) = (place, Vec::new(), false);
    let text = word.shown();
    let quote = if text.contains('"') { '\'' } else { '"' };
    Diagnostic::error("Y07", semicolon, "`;` within an unquoted word")
        .label("would end the directive here")
        .patch("quote the word", place, format!("{quote}{text}{quote}"))
}

/// Whether `item` is a `{` with no name before it.
fn is_nameless(item: &Item) -> bool {
    matches!(item, Item::Statement(words, End::Open(_)) if words.is_empty())
}

struct Tree {
    frames: Vec<Frame>,
    top: Vec<Directive>,
}

impl Tree {
    fn open(&mut self, header: Vec<Word>, open: Span) {
        self.frames.push(Frame { header, open, directives: Vec::new() });
    }

    /// Whether the innermost block is an `upstream`: a `server` of that has no block.
    fn is_in_upstream(&self) -> bool {
        let name = self.frames.last().and_then(|frame| frame.header.first());
        name.is_some_and(|name| name.value == b"upstream")
    }

    fn simple(&mut self, words: Vec<Word>) {
        self.push(words, None);
    }

    fn close(&mut self, close: Span) {
        if let Some(Frame { header, open, directives }) = self.frames.pop() {
            self.push(header, Some(Block { directives, open, close }));
        }
    }

    /// Adds a directive to the innermost block.
    fn push(&mut self, words: Vec<Word>, block: Option<Block>) {
        let mut words = words.into_iter();
        if let Some(name) = words.next() {
            let directive = Directive { name, args: words.collect(), block };
            let within = self.frames.last_mut().map(|frame| &mut frame.directives);
            within.unwrap_or(&mut self.top).push(directive);
        }
    }
}

pub(super) fn too_deep(open: Span) -> Diagnostic {
    Diagnostic::error("Y11", open, "blocks are nested too deep")
        .label(format!("more than {MAX_DEPTH} blocks within each other"))
}

fn early_semicolon(header: &[Word], semicolon: Span) -> Diagnostic {
    let name = header.first().map(Word::shown).unwrap_or_default();
    Diagnostic::error("Y10", semicolon, format!("`;` between `{name}` and its block"))
        .label("ends the directive before its `{`")
        .patch("delete it", semicolon, "")
}
