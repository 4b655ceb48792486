//! Automata as the tables that a server walks: in the order of a walk, and as narrow as can be.

use std::collections::HashMap;

use regex_automata::dfa::Automaton;
use regex_automata::dfa::dense::DFA;
use regex_automata::util::primitives::StateID;
use regex_automata::{Anchored, Input};
use sitec_runtime::regex::{Class, Rows};

/// The table of `dfa`. `list` says what a list of its patterns becomes.
pub(super) fn rows(
    dfa: &DFA<Vec<u32>>,
    class: Class,
    list: impl Fn(&mut dyn Iterator<Item = usize>) -> Vec<usize>,
) -> Rows {
    let (column_of, bytes) = columns(dfa);
    let (special, others) = in_order(dfa, start(dfa, class), &bytes);
    let lists_of = |state| list(&mut patterns(dfa, state));
    let mut lists = vec![Vec::new()];
    lists.extend(special.iter().map(|&state| lists_of(state)));
    // The dead state comes first.
    let numbers: HashMap<_, _> =
        (1..).zip(special.iter().chain(&others)).map(|(number, &state)| (state, number)).collect();
    let number = |state: &StateID| numbers.get(state).copied().unwrap_or_default();
    let mut ends: HashMap<_, _> = HashMap::from([(Vec::new(), 0)]);
    let special_count = special.len() + 1;
    let mut rows = vec![vec![0; bytes.len() + 1]];
    for &state in special.iter().chain(&others) {
        let mut row: Vec<_> =
            bytes.iter().map(|&byte| number(&dfa.next_state(state, byte))).collect();
        let end = lists_of(dfa.next_eoi_state(state));
        row.push(*ends.entry(end).or_insert_with_key(|end| {
            lists.push(end.clone());
            lists.len() - 1
        }));
        rows.push(row);
    }
    let start = number(&start(dfa, class));
    Rows { column_of, columns: bytes.len(), start, lists, special: special_count, rows }
}

/// Where a subject begins, from its end where the automaton is reversed.
fn start(dfa: &DFA<Vec<u32>>, class: Class) -> StateID {
    let input = Input::new(b"");
    let state = match class {
        Class::Anchored => dfa.start_state_forward(&input.anchored(Anchored::Yes)),
        Class::Suffix => dfa.start_state_reverse(&input.anchored(Anchored::Yes)),
        Class::Rest => dfa.start_state_forward(&input),
    };
    state.expect("an automaton has the start that it was made for")
}

/// The column of each byte, and one byte of each column.
fn columns(dfa: &DFA<Vec<u32>>) -> ([u8; 256], Vec<u8>) {
    let classes = dfa.byte_classes();
    let bytes = classes.representatives(..).filter_map(|unit| unit.as_u8()).collect();
    (std::array::from_fn(|byte| classes.get(byte as u8)), bytes)
}

/// The patterns that `state` matches.
fn patterns(dfa: &DFA<Vec<u32>>, state: StateID) -> impl Iterator<Item = usize> + '_ {
    let count = if dfa.is_match_state(state) { dfa.match_len(state) } else { 0 };
    (0..count).map(move |number| dfa.match_pattern(state, number).as_usize())
}

/// The states that a walk from `start` comes to, those that match and the others, but not the
/// dead one: each with all that is behind it next to it.
fn in_order(dfa: &DFA<Vec<u32>>, start: StateID, bytes: &[u8]) -> (Vec<StateID>, Vec<StateID>) {
    let (mut special, mut others) = (Vec::new(), Vec::new());
    let mut seen = std::collections::HashSet::new();
    let mut waiting = vec![start];
    while let Some(state) = waiting.pop() {
        if dfa.is_dead_state(state) || !seen.insert(state) {
            continue;
        }
        match dfa.is_match_state(state) {
            true => special.push(state),
            false => others.push(state),
        }
        waiting.extend(bytes.iter().rev().map(|&byte| dfa.next_state(state, byte)));
    }
    (special, others)
}
