//! Patterns that look around, as automata that do not.
//!
//! Each state is a place in the pattern together with what is still looked for. Looking ahead
//! begins another automaton, which runs beside the pattern from there on, past its end if need
//! be: the state dies once what must not follow has, or what must cannot any more. What is looked
//! for behind is an automaton that runs from the subject's start. Both are deterministic, so a
//! state has as many ways to go as its place alone: the order of the ways, and with it what each
//! group captures, stays that of the pattern.

use std::collections::HashMap;

use regex_automata::Anchored;
use regex_automata::dfa::Automaton;
use regex_automata::dfa::dense::DFA;
use regex_automata::nfa::thompson::{self, Builder, NFA, State, Transition};
use regex_automata::util::look::Look as Assertion;
use regex_automata::util::primitives::StateID;
use regex_automata::util::start;
use sitec_runtime::regex::Class;

use super::parsed::{Look, Parsed, Role};
use super::{PATTERN_LIMIT, automaton};

/// An NFA of all `patterns`, unless it passes the limit. Where a match may begin anywhere, it
/// begins with the subject nevertheless, and reads on to where the match does.
pub(super) fn nfa(class: Class, patterns: &[&Parsed], limit: usize) -> Option<NFA> {
    let mut builder = Builder::new();
    builder.set_size_limit(Some(limit)).ok()?;
    let mut starts = Vec::new();
    for pattern in patterns {
        starts.push(Product::new(class, pattern, limit)?.add_to(&mut builder)?);
    }
    let start = builder.add_union(starts).ok()?;
    builder.build(start, start).ok()
}

/// One pattern, and the automata of what it looks at.
struct Product<'p> {
    pattern: &'p Parsed,
    nfa: NFA,
    start: StateID,
    /// The automaton of each look.
    looks: Vec<(&'p Look, DFA<Vec<u32>>)>,
    /// Whether a look depends on the byte before its place.
    asks_what_is_before: bool,
    /// For each byte, whether it may lead elsewhere than the one before it in value.
    begins_class: [bool; 256],
}

/// A state of the product.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Point {
    /// A state of the pattern's NFA; none behind the match.
    place: Option<StateID>,
    /// What is looked for ahead: the look, and how far its automaton is.
    ahead: Vec<(usize, StateID)>,
    /// How far the automata are that look behind, in the order of their looks.
    behind: Vec<StateID>,
    /// A byte that assertions take as they do the last; none at the subject's start, or where no
    /// look asks for it.
    before: Option<u8>,
}

impl<'p> Product<'p> {
    fn new(class: Class, pattern: &'p Parsed, limit: usize) -> Option<Product<'p>> {
        let config = thompson::Config::new().utf8(false).nfa_size_limit(Some(limit));
        let nfa = thompson::Compiler::new().configure(config).build_from_hir(&pattern.hir).ok()?;
        let start = match class {
            Class::Anchored | Class::Suffix => nfa.start_anchored(),
            Class::Rest => nfa.start_unanchored(),
        };
        let automaton = |look: &'p Look| {
            let class = if look.direction.behind { Class::Rest } else { Class::Anchored };
            Some((look, automaton(class, &[&look.pattern], PATTERN_LIMIT)?))
        };
        let looks = pattern.looks.iter().map(automaton).collect::<Option<Vec<_>>>()?;
        let asks_what_is_before = pattern.looks.iter().any(Look::asks_what_is_before);
        let class_of = |byte| {
            let of_looks = looks.iter().map(|(_, dfa)| dfa.byte_classes().get(byte));
            let before = asks_what_is_before.then(|| like(byte));
            (nfa.byte_classes().get(byte), before, of_looks.collect::<Vec<_>>())
        };
        let begins_class = std::array::from_fn(|byte| {
            byte == 0 || class_of(byte as u8) != class_of(byte as u8 - 1)
        });
        Some(Product { pattern, nfa, start, looks, asks_what_is_before, begins_class })
    }

    /// Adds the states of the product, unless they pass the limit, and returns where it begins.
    fn add_to(&self, builder: &mut Builder) -> Option<StateID> {
        builder.start_pattern().ok()?;
        // Groups are numbered by the order in which they come.
        let nowhere = builder.add_fail().ok()?;
        for (group, name) in self.pattern.names.iter().enumerate() {
            builder.add_capture_start(nowhere, group as u32, name.clone()).ok()?;
        }
        let begin = self.looks.iter().filter(|(look, _)| look.direction.behind);
        let first = Point {
            place: Some(self.start),
            ahead: Vec::new(),
            behind: begin.map(|(_, dfa)| begin_of(dfa, Anchored::No, None)).collect(),
            before: None,
        };
        let mut points = Points::default();
        let start = points.id(first, builder)?;
        while let Some((point, id)) = points.waiting.pop() {
            let state = match point.place {
                Some(place) => self.add_place(&point, place, &mut points, builder)?,
                None => self.add_rest(&point, &mut points, builder)?,
            };
            builder.patch(id, state).ok()?;
        }
        builder.finish_pattern(start).ok()?;
        Some(start)
    }

    /// Adds the state of a point at a place of the pattern.
    fn add_place(
        &self,
        point: &Point,
        place: StateID,
        points: &mut Points,
        builder: &mut Builder,
    ) -> Option<StateID> {
        let at = |place| Point { place: Some(place), ..point.clone() };
        match self.nfa.state(place) {
            State::ByteRange { .. } | State::Sparse(_) | State::Dense(_) => {
                let ways = self.ways(point, points, builder)?;
                builder.add_sparse(ways).ok()
            }
            State::Look { look, next } => {
                let next = points.id(at(*next), builder)?;
                builder.add_look(next, *look).ok()
            }
            State::Union { alternates } => {
                let ids = alternates.iter().map(|&place| points.id(at(place), builder));
                let ids = ids.collect::<Option<_>>()?;
                builder.add_union(ids).ok()
            }
            State::BinaryUnion { alt1, alt2 } => {
                let ids = [points.id(at(*alt1), builder)?, points.id(at(*alt2), builder)?];
                builder.add_union(ids.to_vec()).ok()
            }
            State::Capture { next, group_index, slot, .. } => {
                let begins = slot.as_usize() % 2 == 0;
                match self.pattern.roles.get(&group_index.as_u32()) {
                    Some(&Role::Captures(group)) => {
                        let next = points.id(at(*next), builder)?;
                        match begins {
                            true => builder.add_capture_start(next, group, None).ok(),
                            false => builder.add_capture_end(next, group).ok(),
                        }
                    }
                    Some(&Role::Looks(number)) if begins => match self.look(point, number) {
                        Some(point) => points.id(Point { place: Some(*next), ..point }, builder),
                        None => builder.add_fail().ok(),
                    },
                    _ => points.id(at(*next), builder),
                }
            }
            State::Fail => builder.add_fail().ok(),
            State::Match { .. } => points.id(Point::behind_match(point.ahead.clone()), builder),
        }
    }

    /// Adds the state of a point behind the match, where something is still looked for.
    fn add_rest(
        &self,
        point: &Point,
        points: &mut Points,
        builder: &mut Builder,
    ) -> Option<StateID> {
        if point.ahead.is_empty() {
            return builder.add_match().ok();
        }
        let ways = self.ways(point, points, builder)?;
        let on = builder.add_sparse(ways).ok()?;
        let holds = |&(number, state): &(usize, StateID)| {
            let (look, dfa) = &self.looks[number];
            dfa.is_match_state(dfa.next_eoi_state(state)) != look.direction.negated
        };
        if !point.ahead.iter().all(holds) {
            return Some(on);
        }
        let matches = builder.add_match().ok()?;
        let end = builder.add_look(matches, Assertion::End).ok()?;
        builder.add_union(vec![end, on]).ok()
    }

    /// The point after looking from this one, unless what is looked for behind decides against
    /// it.
    fn look(&self, point: &Point, number: usize) -> Option<Point> {
        let (look, dfa) = &self.looks[number];
        let mut point = point.clone();
        if look.direction.behind {
            let is_behind = |(look, _): &&(&Look, _)| look.direction.behind;
            let state = point.behind[self.looks[..number].iter().filter(is_behind).count()];
            let matches = dfa.is_match_state(dfa.next_eoi_state(state));
            return (matches != look.direction.negated).then_some(point);
        }
        point.ahead.push((number, begin_of(dfa, Anchored::Yes, point.before)));
        point.ahead.sort_unstable();
        point.ahead.dedup();
        Some(point)
    }

    /// Where each byte leads from a point.
    fn ways(
        &self,
        point: &Point,
        points: &mut Points,
        builder: &mut Builder,
    ) -> Option<Vec<Transition>> {
        let mut ways: Vec<Transition> = Vec::new();
        let mut next = None;
        for byte in 0..=u8::MAX {
            if self.begins_class[usize::from(byte)] {
                next = match self.next(point, byte) {
                    Some(point) => Some(points.id(point, builder)?),
                    None => None,
                };
            }
            let Some(next) = next else { continue };
            match ways.last_mut() {
                Some(last) if last.next == next && last.end.checked_add(1) == Some(byte) => {
                    last.end = byte;
                }
                _ => ways.push(Transition { start: byte, end: byte, next }),
            }
        }
        Some(ways)
    }

    /// The point that `byte` leads to.
    fn next(&self, point: &Point, byte: u8) -> Option<Point> {
        let place = match point.place {
            Some(place) => Some(step(self.nfa.state(place), byte)?),
            None => None,
        };
        let mut ahead = Vec::new();
        for &(number, state) in &point.ahead {
            let (look, dfa) = &self.looks[number];
            let state = dfa.next_state(state, byte);
            // A match is told one byte late.
            let is_settled = dfa.is_match_state(state) || dfa.is_dead_state(state);
            if !is_settled {
                ahead.push((number, state));
            } else if dfa.is_match_state(state) == look.direction.negated {
                return None;
            }
        }
        ahead.sort_unstable();
        ahead.dedup();
        if place.is_none() {
            return Some(Point::behind_match(ahead));
        }
        let behind = self.looks.iter().filter(|(look, _)| look.direction.behind);
        let behind = behind.zip(&point.behind);
        Some(Point {
            place,
            ahead,
            behind: behind.map(|((_, dfa), &state)| dfa.next_state(state, byte)).collect(),
            before: self.asks_what_is_before.then(|| like(byte)),
        })
    }
}

impl Point {
    fn behind_match(ahead: Vec<(usize, StateID)>) -> Point {
        Point { place: None, ahead, behind: Vec::new(), before: None }
    }
}

/// The points that were come to.
#[derive(Default)]
struct Points {
    ids: HashMap<Point, StateID>,
    /// Those that have no state yet, with what stands for it.
    waiting: Vec<(Point, StateID)>,
}

impl Points {
    fn id(&mut self, point: Point, builder: &mut Builder) -> Option<StateID> {
        if let Some(&id) = self.ids.get(&point) {
            return Some(id);
        }
        let id = builder.add_empty().ok()?;
        self.ids.insert(point.clone(), id);
        self.waiting.push((point, id));
        Some(id)
    }
}

/// Where `byte` leads from a state that reads one.
fn step(state: &State, byte: u8) -> Option<StateID> {
    match state {
        State::ByteRange { trans } => trans.matches_byte(byte).then_some(trans.next),
        State::Sparse(sparse) => sparse.matches_byte(byte),
        State::Dense(dense) => dense.matches_byte(byte),
        _ => None,
    }
}

/// A state in which `dfa` begins behind the byte `before`.
fn begin_of(dfa: &DFA<Vec<u32>>, anchored: Anchored, before: Option<u8>) -> StateID {
    let config = start::Config::new().anchored(anchored).look_behind(before);
    dfa.start_state(&config).expect("an automaton has the start that it was made for")
}

/// A byte that assertions take as they take `byte`.
fn like(byte: u8) -> u8 {
    match byte {
        b'\n' | b'\r' => byte,
        b'_' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => b'a',
        _ => b'/',
    }
}
