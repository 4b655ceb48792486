//! One pattern as a program that finds its captures.
//!
//! The compiler writes the states of the pattern's NFA; they are put together again without
//! a parser. A program runs only after its pattern is known to match, and only where a value
//! uses a capture.
//!
//! ```text
//! u32 state count, u32 anchored start, u32 unanchored start, then each state:
//! 0 range: u8 first, u8 last, u32 next      1 ranges: u32 count, then each as in 0
//! 2 assertion: u32 which, u32 next          3 choice: u32 count, u32 next each
//! 4 capture: u32 slot, u32 next, u32 name length, name       5 fail       6 match
//! ```

use std::cell::RefCell;
use std::sync::OnceLock;

use regex_automata::nfa::thompson::backtrack::{self, BoundedBacktracker};
use regex_automata::nfa::thompson::pikevm::{self, PikeVM};
use regex_automata::nfa::thompson::{BuildError, Builder, NFA, State, Transition};
use regex_automata::util::look::Look;
use regex_automata::util::primitives::{NonMaxUsize, PatternID, StateID};

use super::{Reader, write_number};

/// Where each group of a pattern matched: start and end, the whole match first.
pub type Captures = Vec<Option<(usize, usize)>>;

/// Most memory that a search by backtracking may mark as visited. A longer subject is
/// searched by simulation: slower, as linear, and in memory that does not grow with it.
const VISITED_LEN: usize = 256 * 1024;

thread_local! {
    static BACKTRACKING: RefCell<Option<backtrack::Cache>> = const { RefCell::new(None) };
}

/// A program that finds the captures of one pattern.
pub struct Program {
    backtracker: BoundedBacktracker,
    simulator: OnceLock<Option<PikeVM>>,
}

impl Program {
    /// The bytes of a one-pattern NFA with captures, for [`Program::decode`].
    pub fn encode(nfa: &NFA) -> Vec<u8> {
        let mut out = Vec::new();
        write_number(&mut out, nfa.states().len());
        write_number(&mut out, nfa.start_anchored().as_usize());
        write_number(&mut out, nfa.start_unanchored().as_usize());
        for state in nfa.states() {
            write_state(&mut out, nfa, state);
        }
        out
    }

    /// Rebuilds a program. Bytes that are not a program's give one that never matches.
    pub fn decode(program: &'static [u8]) -> Program {
        let nfa = read_nfa(&mut Reader(program)).unwrap_or_else(NFA::never_match);
        let config = backtrack::Config::new().visited_capacity(VISITED_LEN);
        let backtracker = BoundedBacktracker::builder()
            .configure(config.clone())
            .build_from_nfa(nfa)
            .unwrap_or_else(|_| BoundedBacktracker::never_match().expect("has no patterns"));
        Program { backtracker, simulator: OnceLock::new() }
    }

    /// The groups of the leftmost match in `subject`.
    pub fn captures(&self, subject: &[u8]) -> Option<Captures> {
        let nfa = self.backtracker.get_nfa();
        let mut slots = vec![None; nfa.group_info().slot_len()];
        let matched = if subject.len() <= self.backtracker.max_haystack_len() {
            self.backtrack(subject, &mut slots)
        } else {
            self.simulate(subject, &mut slots)
        };
        let group = |pair: &[Option<NonMaxUsize>]| Some((pair[0]?.get(), pair[1]?.get()));
        matched.then(|| slots.chunks_exact(2).map(group).collect())
    }

    /// The number of the group called `name`.
    pub fn group(&self, name: &str) -> Option<usize> {
        self.backtracker.get_nfa().group_info().to_index(PatternID::ZERO, name)
    }

    /// The groups that have names, and these.
    pub fn names(&self) -> impl Iterator<Item = (usize, &str)> {
        let names = self.backtracker.get_nfa().group_info().pattern_names(PatternID::ZERO);
        names.enumerate().filter_map(|(index, name)| Some((index, name?)))
    }

    fn backtrack(&self, subject: &[u8], slots: &mut [Option<NonMaxUsize>]) -> bool {
        BACKTRACKING.with_borrow_mut(|cache| {
            let cache = cache.get_or_insert_with(|| self.backtracker.create_cache());
            cache.reset(&self.backtracker);
            let found = self.backtracker.try_search_slots(cache, &subject.into(), slots);
            matches!(found, Ok(Some(_)))
        })
    }

    fn simulate(&self, subject: &[u8], slots: &mut [Option<NonMaxUsize>]) -> bool {
        let build = || PikeVM::new_from_nfa(self.backtracker.get_nfa().clone()).ok();
        let Some(simulator) = self.simulator.get_or_init(build) else { return false };
        let mut cache = pikevm::Cache::new(simulator);
        simulator.search_slots(&mut cache, &subject.into(), slots).is_some()
    }
}

fn write_transition(out: &mut Vec<u8>, transition: &Transition) {
    out.extend([transition.start, transition.end]);
    write_number(out, transition.next.as_usize());
}

fn write_state(out: &mut Vec<u8>, nfa: &NFA, state: &State) {
    let write_ranges = |out: &mut Vec<u8>, transitions: &[Transition]| {
        out.push(1);
        write_number(out, transitions.len());
        transitions.iter().for_each(|transition| write_transition(out, transition));
    };
    let write_choice = |out: &mut Vec<u8>, alternates: &[StateID]| {
        out.push(3);
        write_number(out, alternates.len());
        alternates.iter().for_each(|next| write_number(out, next.as_usize()));
    };
    match state {
        State::ByteRange { trans } => {
            out.push(0);
            write_transition(out, trans);
        }
        State::Sparse(sparse) => write_ranges(out, &sparse.transitions),
        State::Dense(dense) => {
            // Zero stands for "no transition".
            let targets = (0..=u8::MAX).zip(&dense.transitions);
            let targets = targets.filter(|&(_, &next)| next != StateID::ZERO);
            let single = |(byte, &next)| Transition { start: byte, end: byte, next };
            write_ranges(out, &targets.map(single).collect::<Vec<_>>());
        }
        State::Look { look, next } => {
            out.push(2);
            write_number(out, look.as_repr() as usize);
            write_number(out, next.as_usize());
        }
        State::Union { alternates } => write_choice(out, alternates),
        State::BinaryUnion { alt1, alt2 } => write_choice(out, &[*alt1, *alt2]),
        State::Capture { next, pattern_id, group_index, slot } => {
            let name = nfa.group_info().to_name(*pattern_id, group_index.as_usize());
            let name = name.unwrap_or_default();
            out.push(4);
            write_number(out, slot.as_usize());
            write_number(out, next.as_usize());
            write_number(out, name.len());
            out.extend(name.as_bytes());
        }
        State::Fail => out.push(5),
        State::Match { .. } => out.push(6),
    }
}

fn read_nfa(reader: &mut Reader<'_>) -> Option<NFA> {
    let state_count = reader.number()?;
    let (anchored, unanchored) = (read_state_id(reader)?, read_state_id(reader)?);
    let mut builder = Builder::new();
    builder.start_pattern().ok()?;
    for _ in 0..state_count {
        add_state(&mut builder, reader)?.ok()?;
    }
    builder.finish_pattern(anchored).ok()?;
    builder.build(anchored, unanchored).ok()
}

fn read_state_id(reader: &mut Reader<'_>) -> Option<StateID> {
    StateID::new(reader.number()?).ok()
}

fn read_transition(reader: &mut Reader<'_>) -> Option<Transition> {
    let (start, end) = (reader.byte()?, reader.byte()?);
    Some(Transition { start, end, next: read_state_id(reader)? })
}

/// Reads one state into `builder`, which numbers states in the order in which they come.
fn add_state(
    builder: &mut Builder,
    reader: &mut Reader<'_>,
) -> Option<Result<StateID, BuildError>> {
    Some(match reader.byte()? {
        0 => builder.add_range(read_transition(reader)?),
        1 => {
            let count = reader.number()?;
            let ranges = (0..count).map(|_| read_transition(reader)).collect::<Option<_>>()?;
            builder.add_sparse(ranges)
        }
        2 => {
            let look = Look::from_repr(u32::try_from(reader.number()?).ok()?)?;
            builder.add_look(read_state_id(reader)?, look)
        }
        3 => {
            let count = reader.number()?;
            let alternates = (0..count).map(|_| read_state_id(reader)).collect::<Option<_>>()?;
            builder.add_union(alternates)
        }
        4 => {
            let slot = reader.number()?;
            let next = read_state_id(reader)?;
            let name_len = reader.number()?;
            let name = std::str::from_utf8(reader.bytes(name_len)?).ok()?;
            let name = (!name.is_empty()).then(|| name.into());
            // Two slots a group: where it starts, where it ends.
            let group = u32::try_from(slot / 2).ok()?;
            match slot % 2 {
                0 => builder.add_capture_start(next, group, name),
                _ => builder.add_capture_end(next, group),
            }
        }
        5 => builder.add_fail(),
        6 => builder.add_match(),
        _ => return None,
    })
}
