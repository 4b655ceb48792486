//! The automata that a search walks side by side.

use std::rc::Rc;

use regex_automata::Anchored;
use regex_automata::dfa::Automaton;
use regex_automata::dfa::dense::DFA;
use regex_automata::util::primitives::StateID;
use regex_automata::util::start;

use sitec_runtime::http::target;

use super::classes::Classes;
use super::trie::{Longest, State, Trie};

/// A set of strings, as an automaton.
pub(crate) enum Machine<'a> {
    /// All strings of a kind.
    Text(Text),
    /// Those that a pattern matches anywhere, or, negated, nowhere.
    Pattern {
        /// The pattern's automaton.
        dfa: Rc<DFA<Vec<u32>>>,
        /// Whether it must not match.
        negated: bool,
    },
    /// Those that are none of a trie's whole strings, and of which the longest prefix in it is
    /// as wanted.
    Prefix {
        /// The prefixes.
        trie: &'a Trie,
        /// Which longest prefix is wanted.
        wanted: Box<dyn Fn(Longest) -> bool + 'a>,
    },
}

/// A kind of strings.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Text {
    /// Paths of requests, as they are routed.
    Path {
        /// Whether runs of slashes were merged.
        merge_slashes: bool,
        /// Whether segments that begin with a dot are among them.
        hidden: bool,
    },
    /// Names of hosts, as they are routed: in lower case, without a dot at the end. Of addresses in
    /// brackets, all that have their bytes are among them.
    Host,
}

/// No string that goes on from here is in the set.
pub(super) const DEAD: State = u32::MAX;
/// All strings that go on from here are in the set.
pub(super) const ALL: State = u32::MAX - 1;

/// The states of [`Text`].
const BEGIN: State = 0;
const SEGMENT: State = 1;
const DOT: State = 2;
const DOTS: State = 3;
const INSIDE: State = 4;
const ADDRESS: State = 5;
const CLOSED: State = 6;

/// Bytes that no machine tells apart, each class by one of them.
pub(super) fn classes(machines: &[Machine<'_>]) -> Classes {
    let mut classes = Classes::new();
    machines.iter().for_each(|machine| machine.split(&mut classes));
    classes
}

impl Machine<'_> {
    /// Where every string begins.
    pub(super) fn start(&self) -> State {
        match self {
            Machine::Text(_) => BEGIN,
            Machine::Pattern { dfa, negated } => {
                let config = start::Config::new().anchored(Anchored::No);
                match dfa.start_state(&config) {
                    Ok(state) => matched(dfa, state, *negated),
                    Err(_) => DEAD,
                }
            }
            Machine::Prefix { .. } => Trie::START,
        }
    }

    /// The state behind `byte`.
    pub(super) fn next(&self, state: State, byte: u8) -> State {
        match self {
            _ if state == DEAD || state == ALL => state,
            Machine::Text(text) => text.next(state, byte),
            Machine::Pattern { dfa, negated } => {
                let state = StateID::new(state as usize).unwrap_or(StateID::ZERO);
                matched(dfa, dfa.next_state(state, byte), *negated)
            }
            Machine::Prefix { trie, .. } => trie.next(state, byte),
        }
    }

    /// Whether a string that ends here is in the set.
    pub(super) fn accepts(&self, state: State) -> bool {
        match self {
            _ if state == DEAD => false,
            _ if state == ALL => true,
            Machine::Text(text) => text.accepts(state),
            Machine::Pattern { dfa, negated } => {
                let state = StateID::new(state as usize).unwrap_or(StateID::ZERO);
                dfa.is_match_state(dfa.next_eoi_state(state)) != *negated
            }
            Machine::Prefix { trie, wanted } => {
                !trie.is_whole(state) && wanted(trie.longest(state))
            }
        }
    }

    /// What it tells apart of strings that end here.
    pub(super) fn mark(&self, state: State) -> State {
        match self {
            Machine::Prefix { trie, .. } => trie.mark(state),
            _ => State::from(self.accepts(state)),
        }
    }

    /// Puts bytes that it tells apart into different classes.
    fn split(&self, classes: &mut Classes) {
        match self {
            Machine::Text(Text::Path { .. }) => classes.split(|byte| match byte {
                b'/' => 1,
                b'.' => 2,
                0 => 3,
                _ => 0,
            }),
            Machine::Text(Text::Host) => classes.split(|byte| match byte {
                b'.' => 0,
                b'[' => 1,
                b']' => 2,
                b':' => 3,
                b'0'..=b'9' | b'a'..=b'f' => 4,
                _ if is_name_byte(byte) => 5,
                _ => 6,
            }),
            Machine::Pattern { dfa, .. } => classes.split(|byte| dfa.byte_classes().get(byte)),
            Machine::Prefix { trie, .. } => classes.split(|byte| trie.class(byte)),
        }
    }
}

/// `state` of a pattern's automaton, or what is known from it on: a match that was seen stays
/// one, whatever follows.
fn matched(dfa: &DFA<Vec<u32>>, state: StateID, negated: bool) -> State {
    let (seen, never) = if negated { (DEAD, ALL) } else { (ALL, DEAD) };
    if dfa.is_match_state(state) {
        seen
    } else if dfa.is_dead_state(state) {
        never
    } else {
        state.as_u32()
    }
}

/// Whether a host's name may have `byte` in it, in lower case.
fn is_name_byte(byte: u8) -> bool {
    target::is_reg_name_byte(byte) && !byte.is_ascii_uppercase()
}

/// The state behind `byte` of a host.
fn host_next(state: State, byte: u8) -> State {
    match (state, byte) {
        (BEGIN, b'[') => ADDRESS,
        (ADDRESS, b']') => CLOSED,
        (ADDRESS, b':' | b'.' | b'0'..=b'9' | b'a'..=b'f') => ADDRESS,
        (DOT, b'.') | (ADDRESS | CLOSED, _) => DEAD,
        (_, b'.') => DOT,
        _ if is_name_byte(byte) => INSIDE,
        _ => DEAD,
    }
}

impl Text {
    /// Whether `text` is one of this kind.
    pub(crate) fn contains(self, text: &[u8]) -> bool {
        let state = text.iter().fold(BEGIN, |state, &byte| match state {
            DEAD => DEAD,
            state => self.next(state, byte),
        });
        state != DEAD && self.accepts(state)
    }

    /// Whether some text of this kind begins with `text`.
    pub(crate) fn begins(self, text: &[u8]) -> bool {
        let next = |state, &byte: &u8| match state {
            DEAD => DEAD,
            state => self.next(state, byte),
        };
        text.iter().fold(BEGIN, next) != DEAD
    }

    fn next(self, state: State, byte: u8) -> State {
        let Text::Path { merge_slashes, hidden } = self else {
            return host_next(state, byte);
        };
        match (state, byte) {
            (_, 0) => DEAD,
            (BEGIN, b'/') => SEGMENT,
            (BEGIN, _) => DEAD,
            (SEGMENT, b'/') if merge_slashes => DEAD,
            // What is left of a path has no segments that mean something else.
            (DOT | DOTS, b'/') => DEAD,
            (_, b'/') => SEGMENT,
            (SEGMENT, b'.') if !hidden => DEAD,
            (SEGMENT, b'.') => DOT,
            (DOT, b'.') => DOTS,
            _ => INSIDE,
        }
    }

    fn accepts(self, state: State) -> bool {
        match self {
            Text::Path { .. } => matches!(state, SEGMENT | INSIDE),
            Text::Host => matches!(state, INSIDE | CLOSED),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_those_that_stay_as_they_are() {
        let segments = ["", "a", ".", "..", ".a", "..a", "...", "a.", "b/", "/", "\0"];
        for merge_slashes in [true, false] {
            let text = Text::Path { merge_slashes, hidden: true };
            for a in segments {
                for b in segments {
                    let path = format!("/{a}/{b}");
                    let mut normal = Vec::new();
                    let result = target::normalize(path.as_bytes(), merge_slashes, &mut normal);
                    let stays = result.is_ok() && normal == path.as_bytes();
                    assert_eq!(text.contains(path.as_bytes()), stays, "{path:?} {merge_slashes}");
                }
            }
            assert!(!text.contains(b"") && !text.contains(b"a") && text.contains(b"/"));
        }
        assert!(Text::Path { merge_slashes: true, hidden: true }.begins(b"/a/."));
        assert!(!Text::Path { merge_slashes: true, hidden: true }.begins(b"/a/../"));
    }

    #[test]
    fn hosts_are_those_that_stay_as_they_are() {
        let parts =
            ["", "a", "A", ".", "..", "-", "_", "%", "/", ":", "@", " ", "?", "\u{e9}", "*"];
        for a in parts {
            for b in parts {
                for c in parts {
                    let host = format!("{a}{b}{c}");
                    let name = target::host_name_len(host.as_bytes()) == Some(host.len());
                    let stays = host == host.to_lowercase() && !host.ends_with('.');
                    let expected = name && stays && !host.is_empty();
                    assert_eq!(Text::Host.contains(host.as_bytes()), expected, "{host:?}");
                }
            }
        }
        assert!(Text::Host.contains(b"[::1]") && Text::Host.contains(b"[::ffff:127.0.0.1]"));
        assert!(!Text::Host.contains(b"[x]") && !Text::Host.contains(b"[::1]a"));
    }
}
