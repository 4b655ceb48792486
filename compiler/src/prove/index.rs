//! Many patterns: the first that matches, asking few of them.
//!
//! Most patterns hold a text that every match has in it, or a few of which it has one. A pattern
//! is asked only about strings that have such a text, so that the time for a string does not
//! grow with the number of patterns.

use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use regex_automata::dfa::dense::DFA;
use regex_automata::nfa::thompson::pikevm::{Cache, PikeVM};

use super::Budget;
use crate::automata::{self, Parsed};
use crate::ir::Pattern;

/// Patterns, in an order of precedence.
pub(crate) struct Index<'a> {
    entries: Vec<Entry<'a>>,
    /// The patterns that need a text, by each that will do, in lower case.
    by_text: HashMap<Vec<u8>, Vec<usize>>,
    /// The lengths of these texts.
    lengths: BTreeSet<usize>,
    /// The patterns that may match anything.
    free: Vec<usize>,
    /// What the matcher that was asked last worked with.
    cache: RefCell<Option<Cache>>,
}

struct Entry<'a> {
    pattern: &'a Pattern,
    parsed: Parsed,
    matcher: OnceCell<PikeVM>,
    automaton: OnceCell<Option<Rc<DFA<Vec<u32>>>>>,
}

impl<'a> Index<'a> {
    /// An index of these patterns.
    pub(crate) fn new(patterns: impl IntoIterator<Item = &'a Pattern>) -> Index<'a> {
        let (entries, by_text) = (Vec::new(), HashMap::<_, Vec<_>>::new());
        let (lengths, free, cache) = (BTreeSet::new(), Vec::new(), RefCell::default());
        let mut index = Index { entries, by_text, lengths, free, cache };
        for (number, pattern) in patterns.into_iter().enumerate() {
            let parsed = automata::parsed(pattern);
            let texts = automata::required(parsed.hir());
            if texts.is_empty() {
                index.free.push(number);
            }
            for text in texts {
                index.lengths.insert(text.len());
                index.by_text.entry(text).or_default().push(number);
            }
            let (matcher, automaton) = (OnceCell::new(), OnceCell::new());
            index.entries.push(Entry { pattern, parsed, matcher, automaton });
        }
        index
    }

    /// How many patterns there are.
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// The structure of a pattern.
    pub(crate) fn parsed(&self, number: usize) -> &Parsed {
        &self.entries[number].parsed
    }

    /// The automaton of a pattern, unless it is very large.
    pub(crate) fn automaton(&self, number: usize) -> Option<Rc<DFA<Vec<u32>>>> {
        let entry = &self.entries[number];
        entry.automaton.get_or_init(|| automata::searcher(entry.pattern).map(Rc::new)).clone()
    }

    /// The first pattern that matches `text`; `None` once the budget is used up.
    pub(crate) fn first(&self, text: &[u8], budget: &mut Budget) -> Option<Option<usize>> {
        let lower = text.to_ascii_lowercase();
        let mut candidates = self.free.clone();
        for start in 0..lower.len() {
            let ends = self.lengths.iter().map(|len| start + len);
            for end in ends.take_while(|&end| end <= lower.len()) {
                candidates.extend(self.by_text.get(&lower[start..end]).into_iter().flatten());
            }
        }
        candidates.sort_unstable();
        candidates.dedup();
        for number in candidates {
            budget.matches = budget.matches.checked_sub(1)?;
            if self.matches(number, text) {
                return Some(Some(number));
            }
        }
        Some(None)
    }

    /// Whether a pattern matches `text`.
    pub(crate) fn matches(&self, number: usize, text: &[u8]) -> bool {
        let entry = &self.entries[number];
        let matcher = entry.matcher.get_or_init(|| automata::matcher(&entry.parsed));
        let mut cache = self.cache.borrow_mut();
        let cache = cache.get_or_insert_with(|| matcher.create_cache());
        cache.reset(matcher);
        matcher.is_match(cache, text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::automata::testing::pattern;

    #[test]
    fn the_first_that_matches_is_found() {
        let patterns = [r"\.php$", "~*^/API/", "^/(a|b)$", "/x", ""].map(pattern);
        let index = Index::new(&patterns[..4]);
        let all = Index::new(&patterns);
        for (text, expected) in [
            ("/api/x.php", Some(0)),
            ("/Api/x", Some(1)),
            ("/b", Some(2)),
            ("/ax", None),
            ("/x", Some(3)),
        ] {
            let budget = &mut Budget::default();
            assert_eq!(index.first(text.as_bytes(), budget), Some(expected), "{text}");
            assert_eq!(all.first(text.as_bytes(), budget), Some(expected.or(Some(4))), "{text}");
        }
        let spent = &mut Budget { matches: 0, states: 0 };
        assert_eq!(index.first(b"/api/x.php", spent), None);
    }
}
