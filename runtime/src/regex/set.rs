//! A list of regexes that is asked once for the first in the list that matches.
//!
//! The list is split into classes by how its patterns are anchored, and a class into groups
//! where one automaton would grow too large. Each group is one DFA, run once over the
//! subject; what counts is the least index of all.

use regex_automata::dfa::{Automaton, dense::DFA};
use regex_automata::util::primitives::StateID;
use regex_automata::{Anchored, Input};

use super::{Reader, write_number};

/// Bytes aligned for the tables of an automaton.
#[repr(C, align(4))]
pub struct Aligned<T: ?Sized>(pub T);

/// How the patterns of a group are anchored, and so how its automaton is fed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Class {
    /// All begin at the start of the subject: fed from the front, and soon dead.
    Anchored,
    /// All end at the end of the subject: reversed, and fed from the back.
    Suffix,
    /// Anywhere in the subject.
    Rest,
}

/// Patterns that share one automaton.
struct Group {
    class: Class,
    dfa: DFA<&'static [u32]>,
    /// The place in the list of each of the automaton's patterns, rising.
    indices: Vec<usize>,
}

/// A list of regexes.
pub struct Set {
    groups: Vec<Group>,
}

/// A group before it is written: its class, the place in the list of each pattern, and the
/// automaton in little-endian bytes.
pub struct GroupBytes {
    /// How its patterns are anchored.
    pub class: Class,
    /// The place in the list of each of its patterns, rising.
    pub indices: Vec<usize>,
    /// `dense::DFA::to_bytes_little_endian`, without padding.
    pub dfa: Vec<u8>,
}

impl Set {
    /// The bytes that [`Set::load`] reads.
    pub fn encode(groups: &[GroupBytes]) -> Vec<u8> {
        let mut out = Vec::new();
        write_number(&mut out, groups.len());
        for group in groups {
            write_number(&mut out, group.class as usize);
            write_number(&mut out, group.indices.len());
            group.indices.iter().for_each(|&index| write_number(&mut out, index));
            write_number(&mut out, group.dfa.len());
            out.extend(&group.dfa);
            out.resize(out.len().next_multiple_of(4), 0);
        }
        out
    }

    /// The set in `bytes`. All is checked here, once, and nothing later.
    ///
    /// # Panics
    /// Where `bytes` is not what [`Set::encode`] wrote: before the server serves anything.
    pub fn load(bytes: &'static Aligned<[u8]>) -> Set {
        Set::decode(&bytes.0).expect("a regex table is as the compiler wrote it")
    }

    fn decode(bytes: &'static [u8]) -> Option<Set> {
        let mut reader = Reader(bytes);
        let group_count = reader.number()?;
        let groups = (0..group_count).map(|_| Group::decode(&mut reader)).collect::<Option<_>>()?;
        Some(Set { groups })
    }

    /// The index of the first pattern in the list that matches `subject`.
    pub fn find(&self, subject: &[u8]) -> Option<usize> {
        self.groups.iter().fold(None, |best, group| {
            let first = *group.indices.first()?;
            match best {
                Some(best) if best < first => Some(best),
                _ => [best, group.find(subject)].into_iter().flatten().min(),
            }
        })
    }
}

impl Group {
    fn decode(reader: &mut Reader<'static>) -> Option<Group> {
        let class = match reader.number()? {
            0 => Class::Anchored,
            1 => Class::Suffix,
            _ => Class::Rest,
        };
        let pattern_count = reader.number()?;
        let indices = (0..pattern_count).map(|_| reader.number()).collect::<Option<Vec<_>>>()?;
        let dfa_len = reader.number()?;
        let (dfa, _) = DFA::from_bytes(reader.bytes(dfa_len.next_multiple_of(4))?).ok()?;
        (dfa.pattern_len() == indices.len()).then_some(Group { class, dfa, indices })
    }

    fn find(&self, subject: &[u8]) -> Option<usize> {
        let input = Input::new(subject);
        let pattern = match self.class {
            Class::Anchored => {
                let input = input.anchored(Anchored::Yes);
                self.least(self.dfa.start_state_forward(&input).ok()?, subject.iter())
            }
            Class::Suffix => {
                let input = input.anchored(Anchored::Yes);
                self.least(self.dfa.start_state_reverse(&input).ok()?, subject.iter().rev())
            }
            Class::Rest => self.least(self.dfa.start_state_forward(&input).ok()?, subject.iter()),
        };
        self.indices.get(pattern?).copied()
    }

    /// The least pattern that any state on the way matches. The automaton reports all matches,
    /// each one byte late, so the end of the subject is one more step.
    #[inline]
    fn least<'s>(&self, start: StateID, bytes: impl Iterator<Item = &'s u8>) -> Option<usize> {
        let (mut state, mut least) = (start, None);
        for &byte in bytes {
            state = self.dfa.next_state(state, byte);
            if self.dfa.is_special_state(state) {
                if self.dfa.is_dead_state(state) {
                    return least;
                }
                least = self.with_matches_of(state, least);
                if least == Some(0) {
                    return least;
                }
            }
        }
        self.with_matches_of(self.dfa.next_eoi_state(state), least)
    }

    /// The least of `least` and the patterns of `state`, which come in no order.
    fn with_matches_of(&self, state: StateID, least: Option<usize>) -> Option<usize> {
        if !self.dfa.is_match_state(state) {
            return least;
        }
        let patterns = 0..self.dfa.match_len(state);
        let patterns = patterns.map(|i| self.dfa.match_pattern(state, i).as_usize());
        least.into_iter().chain(patterns).min()
    }
}
