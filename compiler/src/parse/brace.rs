//! Whether every brace has its partner, and if not, where by indentation one is missing.

use super::lines::{Lines, Place};
use super::read::{End, Item, Items, written};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::source::{Source, Span};

/// A block that is open while the items are walked.
#[derive(Clone)]
struct Open {
    /// Its name, for messages.
    name: String,
    /// The `{`.
    brace: Span,
    /// Where its name stands.
    place: Place,
    /// Whether its content is indented, so that a line that is not tells something.
    tells: bool,
    /// Whether a line within it was seen.
    entered: bool,
}

/// A `}` to be put before the item with the index `before`.
struct Missing {
    before: usize,
    block: Open,
}

/// Reports braces without a partner and repairs `items`. Returns whether they can then be
/// relied on: looking at directives in the wrong blocks would bring follow-up messages.
pub(super) fn balance(source: &Source, items: &mut Items, diagnostics: &mut Diagnostics) -> bool {
    let lines = Lines::new(&source.text);
    let walk = Walk::over(source, &lines, &items.items);
    match walk.stray {
        None if walk.open.is_empty() => true,
        _ if items.unsure => false,
        Some(_) => remove_stray(source, &lines, &mut items.items, walk, diagnostics),
        None => {
            let missing = missing_by_indentation(source, &lines, &items.items, walk.open.len());
            let Some(missing) = missing else {
                diagnostics.push(never_closed(source, &walk.open));
                return false;
            };
            let sure = missing.iter().all(|missing| missing.block.tells);
            for missing in &missing {
                diagnostics.push(missing_brace(source, &lines, &items.items, missing));
            }
            insert(source, &mut items.items, &missing);
            sure
        }
    }
}

/// What one walk over the items found.
#[derive(Default)]
struct Walk {
    /// The blocks that are open at the end.
    open: Vec<Open>,
    /// The first `}` that closes nothing.
    stray: Option<(usize, Span)>,
    /// The block at top level that was closed last before that.
    closed: Option<(Open, usize, Span)>,
    /// The last block that was closed by a `}` further to the right than the block.
    crooked: Option<(Open, usize, Span)>,
}

impl Walk {
    fn over(source: &Source, lines: &Lines, items: &[Item]) -> Walk {
        let mut walk = Walk::default();
        for (index, item) in items.iter().enumerate() {
            if let Some(open) = Open::of(source, lines, item) {
                walk.open.push(open);
            }
            let Item::Close(span) = item else { continue };
            let Some(open) = walk.open.pop() else {
                walk.stray = Some((index, *span));
                return walk;
            };
            let place = lines.place(span.start);
            if place.first && place.line > open.place.line && place.indent > open.place.indent {
                walk.crooked = Some((open.clone(), index, *span));
            }
            if walk.open.is_empty() {
                walk.closed = Some((open, index, *span));
            }
        }
        walk
    }
}

impl Open {
    /// The block that `item` opens, if it does.
    fn of(source: &Source, lines: &Lines, item: &Item) -> Option<Open> {
        let Item::Statement(words, End::Open(brace)) = item else { return None };
        let name = words.first();
        let place = lines.place(name.map_or(brace.start, |word| word.span.start));
        let name = written(source, words);
        Some(Open { name, brace: *brace, place, tells: false, entered: false })
    }

    /// Notes that `item` begins a line within the block.
    fn enter(&mut self, item: &Item, place: Place) {
        if !self.entered && place.line > self.place.line {
            self.entered = true;
            self.tells |= matches!(item, Item::Statement(..)) && place.indent > self.place.indent;
        }
    }
}

/// Reports the `}` that closes nothing, and removes the one that is too many by indentation,
/// or else this one; and all others that close nothing, as they follow from it.
fn remove_stray(
    source: &Source,
    lines: &Lines,
    items: &mut Vec<Item>,
    walk: Walk,
    diagnostics: &mut Diagnostics,
) -> bool {
    let Some((stray, span)) = walk.stray else { return true };
    let mut diagnostic =
        Diagnostic::error("Y03", span, "unexpected `}`").label("this `}` closes nothing");
    let (mut index, mut extra) = (stray, span);
    let is_crooked = walk.crooked.is_some();
    if let Some((open, at, close)) = walk.crooked.or(walk.closed) {
        diagnostic = diagnostic
            .also(open.brace, format!("the block `{}` began here", open.name))
            .also(close, "and was closed here");
        if is_crooked {
            (index, extra) = (at, close);
        }
    }
    diagnostics.push(diagnostic.patch("delete the `}` that is one too many", extra, ""));
    items.remove(index);
    let mut depth = 0_usize;
    items.retain(|item| match item {
        Item::Statement(_, End::Open(_)) => {
            depth += 1;
            true
        }
        Item::Statement(..) => true,
        Item::Close(_) => depth.checked_sub(1).map(|less| depth = less).is_some(),
    });
    Walk::over(source, lines, items).open.is_empty()
}

/// Where `}` are missing by indentation, if that explains the `count` open blocks.
fn missing_by_indentation(
    source: &Source,
    lines: &Lines,
    items: &[Item],
    count: usize,
) -> Option<Vec<Missing>> {
    let mut open: Vec<Open> = Vec::new();
    let mut missing = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let (at, is_close) = match item {
            Item::Close(span) => (span.start, true),
            Item::Statement(words, _) => {
                (words.first().map_or(0, |word| word.span.start), words.is_empty())
            }
        };
        let place = lines.place(at);
        while place.first
            && let Some(block) = open.last_mut()
        {
            block.enter(item, place);
            let left = place.indent + usize::from(is_close) <= block.place.indent;
            if !(left && block.tells && place.line > block.place.line) || missing.len() == count {
                break;
            }
            let block = open.pop()?;
            missing.push(Missing { before: index, block });
        }
        if let Some(mut block) = Open::of(source, lines, item) {
            block.tells = open.last().is_some_and(|parent| parent.tells);
            open.push(block);
        } else if is_close {
            open.pop()?;
        }
    }
    let at_end = open.into_iter().rev().map(|block| Missing { before: items.len(), block });
    missing.extend(at_end);
    (missing.len() == count).then_some(missing)
}

/// Puts the missing braces in.
fn insert(source: &Source, items: &mut Vec<Item>, missing: &[Missing]) {
    let mut missing = missing.iter().peekable();
    let mut whole = Vec::with_capacity(items.len());
    for (index, item) in std::mem::take(items).into_iter().enumerate() {
        while let Some(close) = missing.next_if(|missing| missing.before == index) {
            whole.push(Item::Close(Span { end: close.block.brace.start, ..close.block.brace }));
        }
        whole.push(item);
    }
    let end = source.text.len() as u32;
    whole.extend(
        missing.map(|missing| Item::Close(Span { start: end, end, ..missing.block.brace })),
    );
    *items = whole;
}

/// `block` has no `}`, and by indentation it belongs before the item `before`.
fn missing_brace(
    source: &Source,
    lines: &Lines,
    items: &[Item],
    Missing { before, block }: &Missing,
) -> Diagnostic {
    let diagnostic = unclosed(block);
    let indent = " ".repeat(block.place.indent);
    let next = match items.get(*before) {
        Some(Item::Close(span)) => Some(*span),
        Some(Item::Statement(words, _)) => words.first().map(|word| word.span),
        None => None,
    };
    match next {
        Some(next) => {
            let start = lines.line_start(next.start) as u32;
            let line = Span { start, end: start, ..next };
            diagnostic.also(next, "by indentation, a `}` is missing before this line").patch(
                "add `}`",
                line,
                format!("{indent}}}\n"),
            )
        }
        None => at_end(source, diagnostic, block),
    }
}

/// The message for blocks that are open at the end, of which nothing more is known.
fn never_closed(source: &Source, open: &[Open]) -> Diagnostic {
    let Some((last, others)) = open.split_last() else { unreachable!("only asked if any is") };
    let others = others.iter().rev().take(3);
    let diagnostic =
        others.fold(unclosed(last), |all, open| all.also(open.brace, "nor is this one, by count"));
    at_end(source, diagnostic, last)
}

fn unclosed(block: &Open) -> Diagnostic {
    let message = format!("the block `{}` is never closed", block.name);
    Diagnostic::error("Y02", block.brace, message).label("this `{` has no `}`")
}

/// Offers a `}` at the end of the file.
fn at_end(source: &Source, diagnostic: Diagnostic, block: &Open) -> Diagnostic {
    let end = source.text.trim_end().len() as u32;
    let end = Span { start: end, end, ..block.brace };
    diagnostic.patch("add `}`", end, format!("\n{}}}", " ".repeat(block.place.indent)))
}
