//! Which automata are small for sure, told from the structure of a pattern.
//!
//! Where each byte leads from each place in a pattern to one other at most, an automaton is in
//! one place at a time, and has no more states than the pattern has places. Nearly all patterns
//! of confs are like that; only the others need be made to know their size.

use regex_syntax::hir::{Class as ByteClass, Hir, HirKind, Look, Repetition};
use sitec_runtime::regex::Class;

/// A pattern of so many places at most has an automaton far below all limits.
const MOST_PLACES: usize = 250;

/// Whether the automaton and the program of `hir` are small for sure.
pub(super) fn is_small(class: Class, hir: &Hir) -> bool {
    let shape = match class {
        Class::Anchored => shape(hir, false),
        Class::Suffix => shape(hir, true),
        // Other places of a pattern are come to while one is, unless it is a mere text.
        Class::Rest => shape(hir, false).filter(|_| matches!(hir.kind(), HirKind::Literal(_))),
    };
    shape.is_some_and(|shape| shape.places <= MOST_PLACES)
}

/// What the neighbours of a part must know of it.
struct Shape {
    /// The bytes that it begins with.
    first: Bytes,
    /// The bytes by which it goes on where it could end.
    more: Bytes,
    /// Whether it matches nothing at all.
    is_empty: bool,
    /// How many places it has, or more.
    places: usize,
}

impl Shape {
    const EMPTY: Shape = Shape { first: Bytes::NONE, more: Bytes::NONE, is_empty: true, places: 1 };

    fn one_of(first: Bytes, places: usize) -> Shape {
        Shape { first, more: Bytes::NONE, is_empty: false, places }
    }

    /// This and then `other`, unless a byte could belong to both.
    fn then(self, other: Shape) -> Option<Shape> {
        let begun = self.is_empty && self.first.meets(other.first);
        if begun || self.more.meets(other.first) {
            return None;
        }
        let with = |is_empty, bytes| if is_empty { bytes } else { Bytes::NONE };
        Some(Shape {
            first: self.first.or(with(self.is_empty, other.first)),
            more: other.more.or(with(other.is_empty, self.more.or(other.first))),
            is_empty: self.is_empty && other.is_empty,
            places: self.places.saturating_add(other.places),
        })
    }

    /// This or `other`, unless they begin with the same byte.
    fn or(self, other: Shape) -> Option<Shape> {
        (!self.first.meets(other.first)).then(|| Shape {
            first: self.first.or(other.first),
            more: self.more.or(other.more),
            is_empty: self.is_empty || other.is_empty,
            places: self.places.saturating_add(other.places),
        })
    }

    /// This so often as is said, unless it is not known where one ends and the next begins.
    fn repeated(self, repetition: &Repetition) -> Option<Shape> {
        let Repetition { min, max, .. } = *repetition;
        let is_once = max == Some(1);
        if !is_once && (self.is_empty || self.more.meets(self.first)) {
            return None;
        }
        let goes_on = max.is_none_or(|max| max > min.max(1));
        let times = max.unwrap_or(min.saturating_add(1)) as usize;
        Some(Shape {
            first: self.first,
            more: if goes_on { self.more.or(self.first) } else { self.more },
            is_empty: self.is_empty || min == 0,
            places: self.places.saturating_mul(times).saturating_add(1),
        })
    }
}

/// The shape of `hir`, read from its end if `reversed`; `None` where it is not known that a byte
/// leads to one place.
fn shape(hir: &Hir, reversed: bool) -> Option<Shape> {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(Look::Start | Look::End) => Some(Shape::EMPTY),
        HirKind::Look(_) => None,
        HirKind::Literal(text) => {
            let first = if reversed { text.0.last() } else { text.0.first() };
            first.map(|&first| Shape::one_of(Bytes::range(first, first), text.0.len()))
        }
        HirKind::Class(ByteClass::Bytes(class)) => {
            let ranges = class.ranges().iter();
            let bytes = ranges.map(|range| Bytes::range(range.start(), range.end()));
            Some(Shape::one_of(bytes.fold(Bytes::NONE, Bytes::or), 1))
        }
        HirKind::Class(ByteClass::Unicode(_)) => None,
        HirKind::Capture(capture) => shape(&capture.sub, reversed)?.then(Shape::EMPTY),
        HirKind::Repetition(repetition) => shape(&repetition.sub, reversed)?.repeated(repetition),
        HirKind::Concat(parts) => {
            let then = |shape: Shape, part| shape.then(self::shape(part, reversed)?);
            match reversed {
                false => parts.iter().try_fold(Shape::EMPTY, then),
                true => parts.iter().rev().try_fold(Shape::EMPTY, then),
            }
        }
        HirKind::Alternation(parts) => {
            let none = Shape::one_of(Bytes::NONE, 1);
            parts.iter().try_fold(none, |shape, part| shape.or(self::shape(part, reversed)?))
        }
    }
}

/// A set of bytes.
#[derive(Clone, Copy)]
struct Bytes([u128; 2]);

impl Bytes {
    const NONE: Bytes = Bytes([0; 2]);

    fn range(first: u8, last: u8) -> Bytes {
        let mut bytes = Bytes::NONE;
        (first..=last).for_each(|byte| bytes.0[usize::from(byte / 128)] |= 1 << (byte % 128));
        bytes
    }

    fn or(self, other: Bytes) -> Bytes {
        Bytes([self.0[0] | other.0[0], self.0[1] | other.0[1]])
    }

    fn meets(self, other: Bytes) -> bool {
        self.0[0] & other.0[0] != 0 || self.0[1] & other.0[1] != 0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{automaton, class_of, nfa, parse};
    use super::*;

    fn is_small_text(text: &str) -> bool {
        let parsed = parse(text, false).unwrap();
        is_small(class_of(&parsed), &parsed.hir)
    }

    #[test]
    fn usual_patterns_are_small() {
        for text in [
            "^/p1/a[0-9]+$",
            r"^/app/item1/(edit|show)$",
            r"^/u1/(?<id>\d+)/([a-z]+)$",
            "(?i)^/wiki1/[a-z_]+\\.html$",
            r"\.(php|inc)$",
            r"/[^/]+\.jpe?g$",
            "^/[^/]+/k(/.*)?$",
            "^/([a-z]+,)*$",
            "^(a{2}b){3,5}c",
            "/v1/",
        ] {
            assert!(is_small_text(text), "{text}");
        }
    }

    #[test]
    fn others_are_not_known_to_be() {
        for text in [
            "^.*a",
            "^/a*ab",
            "^(a|ab)c",
            "^a?a",
            "^(a*){9}",
            "^(a+)+b",
            "^(ab?){2}b",
            "^a{251}",
            "^(a{50}){50}",
            "^(a{1000}b{1000}){1000}",
            "a[0-9]+",
            r"(a|.a)$",
            r"^\ba",
        ] {
            assert!(!is_small_text(text), "{text}");
        }
    }

    proptest! {
        #[test]
        fn small_ones_have_no_more_states_than_places(
            text in r"\^?(\(?(a|b|[ab]|[^a]|/)(\)?[?*+]|\{2\}|\{1,3\}|\||)\)?){1,6}\$?",
        ) {
            let Ok(parsed) = parse(&text, false) else { return Ok(()) };
            let (class, hir) = (class_of(&parsed), &parsed.hir);
            let reversed = class == Class::Suffix;
            if is_small(class, hir) {
                let places = shape(hir, reversed).unwrap().places;
                // A state is there twice where a match ends; a few begin, or tell of an end.
                let most_states = 2 * places + 8;
                // No state has more than eight bytes' classes here, nor a pattern more starts.
                prop_assert!(automaton(class, &[&parsed], most_states * 64 + 4096).is_some(), "{text}");
                prop_assert!(nfa(&parsed).is_some());
            }
        }
    }
}
