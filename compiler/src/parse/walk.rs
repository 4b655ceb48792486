//! A walk over the items of a file that notes which braces have no partner.

use super::lines::{Lines, Place};
use super::read::{End, Item, written};
use crate::source::{Source, Span};

/// A block that is open while the items are walked.
#[derive(Clone)]
pub(super) struct Open {
    /// Its name, for messages.
    pub(super) name: String,
    /// The `{`.
    pub(super) brace: Span,
    /// Where its name stands.
    pub(super) place: Place,
    /// Whether its content is indented, so that a line that is not tells something.
    pub(super) tells: bool,
    /// Whether a line within it was seen.
    pub(super) entered: bool,
}

/// What one walk over the items found.
#[derive(Default)]
pub(super) struct Walk {
    /// The blocks that are open at the end.
    pub(super) open: Vec<Open>,
    /// The first `}` that closes nothing.
    pub(super) stray: Option<(usize, Span)>,
    /// The block at top level that was closed last before that.
    pub(super) closed: Option<(Open, usize, Span)>,
    /// Whether the content of any block is indented, so that indentation can be relied on.
    pub(super) tells: bool,
    /// Whether a line at top level is indented: it was most likely meant for a block.
    pub(super) strayed: bool,
    /// The first block that was closed by a `}` further to the right than the block.
    pub(super) crooked: Option<(Open, usize, Span)>,
}

impl Walk {
    /// Walks until the end, or to the first `}` that closes nothing.
    pub(super) fn over(source: &Source, lines: &Lines, items: &[Item]) -> Walk {
        let mut walk = Walk::default();
        let mut last_close = None;
        for (index, item) in items.iter().enumerate() {
            if let Item::Statement(words, _) = item
                && let Some(place) = words.first().map(|word| lines.place(word.span.start))
            {
                let outer = walk.open.last().map(|block| block.place.indent);
                let is_indented = place.first && place.indent > outer.unwrap_or(0);
                walk.tells |= is_indented && outer.is_some();
                walk.strayed |= is_indented && outer.is_none();
            }
            if let Some(open) = Open::of(source, lines, item) {
                walk.open.push(open);
            }
            let Item::Close(span) = item else { continue };
            let Some(open) = walk.open.pop() else {
                walk.stray = Some((index, *span));
                return walk;
            };
            let place = lines.place(span.start);
            // The second of `}}` on one line counts as well.
            let is_alone = place.first || last_close == Some(place.line);
            last_close = Some(place.line);
            if is_alone && place.line > open.place.line && place.indent > open.place.indent {
                walk.crooked.get_or_insert((open.clone(), index, *span));
            }
            if walk.open.is_empty() {
                // Up to here all is well, whatever it looks like, if nothing is indented.
                let is_aligned = place.indent == 0 && open.place.indent == 0;
                walk.crooked.take_if(|_| is_aligned);
                walk.closed = Some((open, index, *span));
            }
        }
        walk
    }
}

impl Open {
    /// The block that `item` opens, if it does.
    pub(super) fn of(source: &Source, lines: &Lines, item: &Item) -> Option<Open> {
        let Item::Statement(words, End::Open(brace)) = item else { return None };
        let name = words.first();
        let place = lines.place(name.map_or(brace.start, |word| word.span.start));
        let name = written(source, words);
        Some(Open { name, brace: *brace, place, tells: false, entered: false })
    }

    /// Notes that `item` begins a line within the block.
    pub(super) fn enter(&mut self, item: &Item, place: Place) {
        if !self.entered && place.line > self.place.line {
            self.entered = true;
            self.tells |= matches!(item, Item::Statement(..)) && place.indent > self.place.indent;
        }
    }
}
