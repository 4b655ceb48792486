//! The walk over a whole product of machines: one string of each class that they tell apart.

use std::collections::HashSet;

use super::machine::{DEAD, Machine, classes};
use super::search::{Step, spelled};
use super::trie::State;

/// Strings that a tour found.
pub(crate) struct Tour {
    /// One string of each class, each a shortest, the shortest ones first.
    pub(crate) strings: Vec<Vec<u8>>,
    /// Whether there are no other classes.
    pub(crate) complete: bool,
}

/// One string of each class among those in the set of the first of `machines`: strings of a class
/// are in the sets of the same machines, and have the same longest prefix in their tries. At most
/// `most` states of the product are looked at.
pub(crate) fn tour(machines: &[Machine<'_>], most: usize) -> Tour {
    let bytes = classes(machines).representatives();
    let start: Box<[State]> = machines.iter().map(Machine::start).collect();
    let mut tour = Tour { strings: Vec::new(), complete: true };
    let (mut seen, mut classes) = (HashSet::from([start.clone()]), HashSet::new());
    let mut steps = vec![Step { from: 0, byte: 0, states: start }];
    let mut at = 0;
    while at < steps.len() {
        let states = &steps[at].states;
        if machines[0].accepts(states[0]) {
            let marks = machines.iter().zip(states).map(|(machine, &state)| machine.mark(state));
            if classes.insert(marks.collect::<Box<[State]>>()) {
                tour.strings.push(spelled(&steps, at));
            }
        }
        for &byte in &bytes {
            let states = machines.iter().zip(&steps[at].states);
            let states: Box<[State]> =
                states.map(|(machine, &state)| machine.next(state, byte)).collect();
            if states[0] == DEAD || seen.contains(&states) {
                continue;
            }
            if steps.len() >= most {
                tour.complete = false;
                return tour;
            }
            seen.insert(states.clone());
            steps.push(Step { from: at, byte, states });
        }
        at += 1;
    }
    tour
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::*;
    use crate::automata;
    use crate::ir::Pattern;
    use crate::prove::{Text, Trie};

    fn pattern(text: &str) -> Machine<'static> {
        let pattern = Pattern { text: text.to_owned(), ignore_case: false };
        Machine::Pattern { dfa: Rc::new(automata::searcher(&pattern).unwrap()), negated: false }
    }

    fn path() -> Machine<'static> {
        Machine::Text(Text::Path { merge_slashes: true, hidden: true })
    }

    fn found(machines: &[Machine<'_>]) -> Vec<String> {
        let tour = tour(machines, 10_000);
        assert!(tour.complete);
        tour.strings.iter().map(|text| String::from_utf8_lossy(text).into_owned()).collect()
    }

    #[test]
    fn each_class_has_a_string() {
        assert_eq!(found(&[path()]), ["/"]);
        assert_eq!(found(&[path(), pattern("^/b")]), ["/", "/b"]);
        let both = found(&[path(), pattern("^/b"), pattern("c$")]);
        assert_eq!(both, ["/", "/b", "/c", "/bc"]);
        let prefixes: [&[u8]; 2] = [b"/b/", b"/"];
        let trie = Trie::new(prefixes, [&b"/d"[..]]);
        let prefix = Machine::Prefix { trie: &trie, wanted: Box::new(|_| true) };
        let all = found(&[path(), prefix, pattern("c$")]);
        assert_eq!(all, ["/", "/c", "/d", "/b/", "/b/c"]);
    }

    #[test]
    fn a_tour_has_a_bound() {
        let far = ["^/(a{101})+$", "^/(a{103})+$"].map(pattern);
        let [one, other] = far;
        assert!(!tour(&[path(), one, other], 1000).complete);
    }
}
