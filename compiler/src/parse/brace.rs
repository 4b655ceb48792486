//! Whether every brace has its partner, and if not, where by indentation one is missing.

use super::lines::Lines;
use super::read::{End, Item, Items};
use super::slip;
use super::tree::MAX_DEPTH;
use super::walk::{Open, Walk};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::source::{Source, Span};

/// A `}` to be put before the item with the index `before`.
struct Missing {
    before: usize,
    block: Open,
}

/// Reports braces without a partner and repairs `items`. Returns whether they can then be
/// relied on: looking at directives in the wrong blocks would bring follow-up messages.
pub(super) fn balance(source: &Source, items: &mut Items, diagnostics: &mut Diagnostics) -> bool {
    let lines = Lines::new(&source.text);
    let mut walk = Walk::over(source, &lines, &items.items);
    if !items.unsure && remove_nameless(&mut items.items, walk.open.len(), diagnostics) {
        walk = Walk::over(source, &lines, &items.items);
    }
    match walk.stray {
        None if walk.open.is_empty() => true,
        _ if items.unsure => false,
        Some(_) => remove_stray(source, &lines, &mut items.items, walk, diagnostics),
        None => {
            let missing = missing_by_indentation(source, &lines, &items.items, walk.open.len());
            let Some(missing) = missing else {
                diagnostics.extend(never_closed(source, walk.open.iter().rev()));
                return false;
            };
            let sure = missing.iter().all(|missing| missing.block.tells);
            let within = missing.partition_point(|missing| missing.before < items.items.len());
            for missing in &missing[..within] {
                diagnostics.push(missing_brace(&lines, &items.items, missing));
            }
            let at_end = missing[within..].iter().map(|missing| &missing.block);
            diagnostics.extend(never_closed(source, at_end));
            insert(source, &mut items.items, &missing);
            sure
        }
    }
}

/// Reports and removes `{` without a name, if as many `}` are missing. Returns whether it did.
fn remove_nameless(items: &mut Vec<Item>, mut count: usize, diagnostics: &mut Diagnostics) -> bool {
    let before = items.len();
    items.retain(|item| match item {
        Item::Statement(words, End::Open(brace)) if words.is_empty() && count > 0 => {
            diagnostics.push(slip::lone_open(*brace));
            count -= 1;
            false
        }
        _ => true,
    });
    items.len() < before
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
    let (is_crooked, tells) = (walk.crooked.is_some(), walk.tells);
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
    let repaired = Walk::over(source, lines, items);
    tells && !repaired.strayed && repaired.open.is_empty()
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
fn missing_brace(lines: &Lines, items: &[Item], Missing { before, block }: &Missing) -> Diagnostic {
    let diagnostic = unclosed(block);
    let indent = " ".repeat(block.place.indent);
    let next = match items.get(*before) {
        Some(Item::Close(span)) => Some(*span),
        Some(Item::Statement(words, _)) => words.first().map(|word| word.span),
        None => None,
    };
    let Some(next) = next else { return diagnostic };
    let start = lines.line_start(next.start) as u32;
    diagnostic.also(next, "by indentation, a `}` is missing before this line").patch(
        "add `}`",
        Span { start, end: start, ..next },
        format!("{indent}}}\n"),
    )
}

/// The message for blocks that are open at the end of the file, the innermost first.
fn never_closed<'a>(
    source: &Source,
    blocks: impl Iterator<Item = &'a Open> + Clone,
) -> Option<Diagnostic> {
    let innermost = blocks.clone().next()?;
    let others = blocks.clone().skip(1).take(3);
    let diagnostic = others.fold(unclosed(innermost), |diagnostic, block| {
        diagnostic.also(block.brace, "nor has this one")
    });
    let braces =
        blocks.take(MAX_DEPTH).map(|block| format!("\n{}}}", " ".repeat(block.place.indent)));
    let end = source.text.trim_end().len() as u32;
    let end = Span { start: end, end, ..innermost.brace };
    Some(diagnostic.patch("close it at the end of the file", end, braces.collect::<String>()))
}

fn unclosed(block: &Open) -> Diagnostic {
    let message = format!("the block `{}` is never closed", block.name);
    Diagnostic::error("Y02", block.brace, message).label("this `{` has no `}`")
}
