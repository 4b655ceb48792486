//! One pattern's automaton as a table that any language can walk.

use std::collections::HashMap;

use regex_automata::Anchored;
use regex_automata::dfa::Automaton;
use regex_automata::util::start;

use super::searcher;
use crate::ir::Pattern;

/// Whether a pattern matches anywhere in a text, as a table that any language can walk.
pub(crate) struct Table {
    /// The bytes at which a new class of bytes begins, with the class.
    pub(crate) classes: Vec<(u8, usize)>,
    /// For each state, the state behind a byte of each class: [`Table::YES`] where it matches
    /// whatever follows, [`Table::NO`] where it never will. State 0 is where texts begin.
    pub(crate) next: Vec<Vec<i32>>,
    /// For each state, whether a text that ends there is matched.
    pub(crate) ends: Vec<bool>,
}

impl Table {
    const YES: i32 = -1;
    const NO: i32 = -2;
    /// Tables with more states are not made.
    const MOST_STATES: usize = 2000;
}

/// The table of a pattern, unless it is very large.
pub(crate) fn table(pattern: &Pattern) -> Option<Table> {
    let dfa = searcher(pattern)?;
    let classes = dfa.byte_classes();
    let representatives: Vec<_> =
        classes.representatives(..).filter_map(|unit| unit.as_u8()).collect();
    let begins = |&byte: &u8| byte == 0 || classes.get(byte) != classes.get(byte - 1);
    let begin = (0..=255).filter(begins).map(|byte| (byte, usize::from(classes.get(byte))));
    let config = start::Config::new().anchored(Anchored::No);
    let mut states = vec![dfa.start_state(&config).ok()?];
    let mut numbers = HashMap::from([(states[0], 0)]);
    let mut table = Table { classes: begin.collect(), next: Vec::new(), ends: Vec::new() };
    while let Some(&state) = states.get(table.next.len()) {
        let row = representatives.iter().map(|&byte| {
            // A match is told one byte late.
            match dfa.next_state(state, byte) {
                next if dfa.is_match_state(next) => Table::YES,
                next if dfa.is_dead_state(next) => Table::NO,
                next => *numbers.entry(next).or_insert_with(|| {
                    states.push(next);
                    states.len() as i32 - 1
                }),
            }
        });
        table.next.push(row.collect());
        table.ends.push(dfa.is_match_state(dfa.next_eoi_state(state)));
        if states.len() > Table::MOST_STATES {
            return None;
        }
    }
    Some(table)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::automata::testing::pattern;
    use crate::automata::{matcher, parsed};

    /// Walks a table as the page of `sitec routes` does.
    fn walk(table: &Table, text: &[u8]) -> bool {
        let mut state = 0;
        for &byte in text {
            let class = table.classes.iter().rev().find(|(first, _)| *first <= byte);
            match table.next[state as usize][class.expect("0 begins one").1] {
                Table::YES => return true,
                Table::NO => return false,
                next => state = next,
            }
        }
        table.ends[state as usize]
    }

    #[test]
    fn tables_match_as_patterns_do() {
        let subjects = ["", "/", "/a.php", "/a.phpx", "/A.PHP", "/api/", "/x/api/a", "/é", "/aa"];
        for text in [r"\.php$", "^/api/", "/api/", "", "^$", r"~*\.php$", "^/[^/]*$", "é", "a{2}$"]
        {
            let pattern = pattern(text);
            let (table, matcher) = (table(&pattern).unwrap(), matcher(&parsed(&pattern)));
            for subject in subjects {
                let expected = matcher.is_match(&mut matcher.create_cache(), subject.as_bytes());
                assert_eq!(walk(&table, subject.as_bytes()), expected, "{text} {subject}");
            }
        }
        assert!(table(&pattern("^/(a{101}|b{103}|(cd){60})*x")).is_some());
    }
}
