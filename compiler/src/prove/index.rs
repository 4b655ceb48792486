//! Many patterns: the first that matches, asking few of them.
//!
//! Most patterns hold a text that every match has in it. A pattern is asked only about strings
//! that have its text, so that the time for a string does not grow with their number.

use std::cell::OnceCell;
use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use regex_automata::dfa::dense::DFA;
use regex_automata::nfa::thompson::pikevm::PikeVM;
use regex_syntax::hir::{Class, Hir, HirKind};

use super::Budget;
use crate::automata;
use crate::ir::Pattern;

/// Patterns, in an order of precedence.
pub(crate) struct Index<'a> {
    entries: Vec<Entry<'a>>,
    /// The patterns that need a text, by it, in lower case.
    by_text: HashMap<Vec<u8>, Vec<usize>>,
    /// The lengths of these texts.
    lengths: BTreeSet<usize>,
    /// The patterns that may match anything.
    free: Vec<usize>,
}

struct Entry<'a> {
    pattern: &'a Pattern,
    hir: Hir,
    matcher: OnceCell<PikeVM>,
    automaton: OnceCell<Option<Rc<DFA<Vec<u32>>>>>,
}

impl<'a> Index<'a> {
    /// An index of these patterns.
    pub(crate) fn new(patterns: impl IntoIterator<Item = &'a Pattern>) -> Index<'a> {
        let (entries, by_text) = (Vec::new(), HashMap::<_, Vec<_>>::new());
        let mut index = Index { entries, by_text, lengths: BTreeSet::new(), free: Vec::new() };
        for (number, pattern) in patterns.into_iter().enumerate() {
            let hir = automata::parsed(pattern);
            let text = required(&hir);
            if text.is_empty() {
                index.free.push(number);
            } else {
                index.lengths.insert(text.len());
                index.by_text.entry(text).or_default().push(number);
            }
            let (matcher, automaton) = (OnceCell::new(), OnceCell::new());
            index.entries.push(Entry { pattern, hir, matcher, automaton });
        }
        index
    }

    /// How many patterns there are.
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// The structure of a pattern.
    pub(crate) fn hir(&self, number: usize) -> &Hir {
        &self.entries[number].hir
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
        let matcher = entry.matcher.get_or_init(|| automata::matcher(entry.pattern));
        matcher.is_match(&mut matcher.create_cache(), text)
    }
}

/// The longest text that is in every match, in lower case; empty where none is known.
fn required(hir: &Hir) -> Vec<u8> {
    let mut longest = Vec::new();
    let mut run = Vec::new();
    collect(hir, &mut run, &mut longest);
    keep_longer(&mut longest, run);
    longest
}

/// Adds to `run`, the text that the match has right before this place, or begins a new one.
fn collect(hir: &Hir, run: &mut Vec<u8>, longest: &mut Vec<u8>) {
    match hir.kind() {
        HirKind::Literal(literal) => run.extend(literal.0.iter().map(u8::to_ascii_lowercase)),
        HirKind::Class(class) if one_letter(class).is_some() => run.extend(one_letter(class)),
        HirKind::Capture(capture) => collect(&capture.sub, run, longest),
        HirKind::Concat(parts) => parts.iter().for_each(|part| collect(part, run, longest)),
        HirKind::Look(_) | HirKind::Empty => {}
        HirKind::Repetition(repetition) if repetition.min > 0 => {
            collect(&repetition.sub, run, longest);
            keep_longer(longest, std::mem::take(run));
        }
        HirKind::Class(_) | HirKind::Repetition(_) | HirKind::Alternation(_) => {
            keep_longer(longest, std::mem::take(run));
        }
    }
}

fn keep_longer(longest: &mut Vec<u8>, run: Vec<u8>) {
    if run.len() > longest.len() {
        *longest = run;
    }
}

/// The letter of a class that is one letter in any case, such as `[Aa]`.
fn one_letter(class: &Class) -> Option<u8> {
    let Class::Bytes(class) = class else { return None };
    let mut bytes = class.ranges().iter().flat_map(|range| range.start()..=range.end());
    let first = bytes.next()?.to_ascii_lowercase();
    bytes.next()?.eq_ignore_ascii_case(&first).then_some(first).filter(|_| bytes.next().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str) -> Pattern {
        let (text, ignore_case) = match text.strip_prefix("~*") {
            Some(text) => (text, true),
            None => (text, false),
        };
        Pattern { text: text.to_owned(), ignore_case, captures_used: false }
    }

    #[test]
    fn what_a_match_must_hold() {
        for (text, expected) in [
            ("^/api/v1/", "/api/v1/"),
            (r"~*\.PNG$", ".png"),
            (r"\.(png|gif)$", "."),
            ("^/a/.*/long", "/long"),
            ("^/long/.*/a", "/long/"),
            ("(ab)+c", "ab"),
            ("(ab)*c", "c"),
            ("a|b", ""),
            ("", ""),
            ("[ab]", ""),
        ] {
            assert_eq!(required(&automata::parsed(&pattern(text))), expected.as_bytes(), "{text}");
        }
    }

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
