//! A string that a pattern matches, found without an automaton.

use regex_syntax::hir::{Class, Hir, HirKind};

use crate::automata::Parsed;

/// Some string that `pattern` matches, if it looks at no other places than start and end: the
/// shortest way through it, in letters that read well.
pub(crate) fn guess(pattern: &Parsed) -> Vec<u8> {
    let mut text = Vec::new();
    append(pattern.hir(), &mut text);
    text
}

fn append(hir: &Hir, text: &mut Vec<u8>) {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => text.extend_from_slice(&literal.0),
        HirKind::Class(class) => text.push(member(class)),
        HirKind::Repetition(repetition) => {
            (0..repetition.min).for_each(|_| append(&repetition.sub, text));
        }
        HirKind::Capture(capture) => append(&capture.sub, text),
        HirKind::Concat(parts) => parts.iter().for_each(|part| append(part, text)),
        HirKind::Alternation(parts) => {
            let shortest =
                parts.iter().min_by_key(|part| part.properties().minimum_len().unwrap_or(0));
            shortest.into_iter().for_each(|part| append(part, text));
        }
    }
}

/// A byte of a class.
fn member(class: &Class) -> u8 {
    let Class::Bytes(class) = class else { return b'a' };
    let contains =
        |byte: &u8| class.ranges().iter().any(|range| (range.start()..=range.end()).contains(byte));
    let readable = (b'a'..=b'z').chain(b'0'..=b'9').chain(*b"-_.").chain(b'!'..=b'~');
    readable
        .into_iter()
        .find(contains)
        .or_else(|| Some(class.ranges().first()?.start()))
        .unwrap_or(b'a')
}
