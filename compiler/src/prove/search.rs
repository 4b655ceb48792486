//! The walk over the product of machines, breadth first.

use std::collections::HashMap;

use super::Budget;
use super::machine::{DEAD, Machine, classes};
use super::trie::State;

/// The most states of a product that are looked at.
const MOST_STATES: usize = 10_000;

/// What a search came to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Found {
    /// A shortest string that is in all sets.
    Witness(Vec<u8>),
    /// There is none.
    Nothing,
    /// The bound was hit.
    Unknown,
}

/// A place in the walk: where it came from, and by which byte.
pub(super) struct Step {
    pub(super) from: usize,
    pub(super) byte: u8,
    pub(super) states: Box<[State]>,
}

/// A shortest string that is in the sets of all machines.
pub(crate) fn search(machines: &[Machine<'_>], budget: &mut Budget) -> Found {
    if budget.is_spent() {
        return Found::Unknown;
    }
    let bytes = classes(machines).representatives();
    let start: Box<[State]> = machines.iter().map(Machine::start).collect();
    if start.contains(&DEAD) {
        return Found::Nothing;
    }
    let mut seen = HashMap::from([(start.clone(), ())]);
    let mut steps = vec![Step { from: 0, byte: 0, states: start }];
    let mut at = 0;
    while at < steps.len() {
        let accepts = |(machine, &state): (&Machine<'_>, &State)| machine.accepts(state);
        if machines.iter().zip(&steps[at].states).all(accepts) {
            return Found::Witness(spelled(&steps, at));
        }
        for &byte in &bytes {
            let states = machines.iter().zip(&steps[at].states);
            let states: Box<[State]> =
                states.map(|(machine, &state)| machine.next(state, byte)).collect();
            if states.contains(&DEAD) || seen.insert(states.clone(), ()).is_some() {
                continue;
            }
            if steps.len() >= MOST_STATES || budget.is_spent() {
                return Found::Unknown;
            }
            budget.states -= 1;
            steps.push(Step { from: at, byte, states });
        }
        at += 1;
    }
    Found::Nothing
}

/// The bytes on the way to `at`.
pub(super) fn spelled(steps: &[Step], mut at: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while at > 0 {
        bytes.push(steps[at].byte);
        at = steps[at].from;
    }
    bytes.reverse();
    bytes
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::*;
    use crate::automata;
    use crate::ir::Pattern;
    use crate::prove::{Text, Trie};

    fn pattern(text: &str, negated: bool) -> Machine<'static> {
        let (text, ignore_case) = match text.strip_prefix("~*") {
            Some(text) => (text, true),
            None => (text, false),
        };
        let pattern = Pattern { text: text.to_owned(), ignore_case };
        Machine::Pattern { dfa: Rc::new(automata::searcher(&pattern).unwrap()), negated }
    }

    fn walk(machines: &[Machine<'_>]) -> Found {
        search(machines, &mut Budget::default())
    }

    fn path() -> Machine<'static> {
        Machine::Text(Text::Path { merge_slashes: true, hidden: false })
    }

    #[test]
    fn patterns_within_each_other() {
        for (inner, outer, expected) in [
            ("^/api/v1/", "^/api/", None),
            ("^/api/", "^/api/v1/", Some("/api/")),
            (r"\.php$", r"\.ph", None),
            (r"\.ph", r"\.php$", Some("/a.ph")),
            (r"~*\.PNG$", r"\.png$", Some("/a.pnG")),
            (r"\.png$", r"~*\.PNG$", None),
            ("^/(a|b)$", "^/[ab]", None),
            ("^/a/../b", "^/x", Some("/a/aa/b")),
            ("^/a/[.][.]/b", "^/x", None),
            ("a//b", "^/x", None),
            ("b$", "", None),
            ("^/é$", "^/x", Some("/é")),
        ] {
            let found = walk(&[path(), pattern(inner, false), pattern(outer, true)]);
            let expected = expected.map_or(Found::Nothing, |text| Found::Witness(text.into()));
            assert_eq!(found, expected, "{inner} without {outer}");
        }
    }

    #[test]
    fn prefixes_and_patterns() {
        let prefixes: [&[u8]; 2] = [b"/static/", b"/"];
        let trie = Trie::new(prefixes, [&b"/static/a.js"[..]]);
        let beneath = |number| {
            let wanted = Box::new(move |longest| longest == Some(number));
            walk(&[path(), pattern(r"\.js$", false), Machine::Prefix { trie: &trie, wanted }])
        };
        assert_eq!(beneath(0), Found::Witness("/static/b.js".into()));
        assert_eq!(beneath(1), Found::Witness("/a.js".into()));
    }

    #[test]
    fn a_search_has_a_bound() {
        let far = ["^/(a{101})+$", "^/(a{103})+$"].map(|text| pattern(text, false));
        assert!(walk(&far) == Found::Unknown);
    }
}
