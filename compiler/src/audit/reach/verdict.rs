//! Whether a location can be selected.

use super::scope::Scope;
use crate::prove::{Budget, Found, Machine, guess, search};

/// A regex that takes paths: the scope that it is in, and its number there.
pub(super) type Taker<'s> = (&'s Scope<'s>, usize);

/// Whether a location can be selected.
pub(super) enum Verdict<'s> {
    /// It can, or that is not known.
    Reached,
    /// No path that comes to the scope is its.
    NoPath,
    /// Its paths are exact locations, or of prefixes with `^~`: this is one of them.
    CutOff(Vec<u8>),
    /// These regexes take all its paths, of which this is one.
    Taken(Vec<Taker<'s>>, Vec<u8>),
}

/// The first regex that takes a path, if any does; `None` once the budget is used up.
type First<'s> = Option<Option<Taker<'s>>>;

/// The most regexes that are ruled out one after another.
const MOST_TAKERS: usize = 8;

impl Scope<'_> {
    /// Whether a regex can be selected.
    pub(super) fn regex(&self, number: usize, budget: &mut Budget) -> Verdict<'_> {
        let guess = guess(self.index.parsed(number));
        let fronts = [&b""[..], b"/"].into_iter().chain(self.front());
        let mut guesses = fronts.map(|front| [front, &guess].concat());
        if guesses.any(|path| {
            self.comes_to_regexes(&path)
                && self.index.first(&path, budget).is_none_or(|first| first == Some(number))
        }) {
            return Verdict::Reached;
        }
        if budget.is_spent() {
            return Verdict::Reached;
        }
        let Some(pattern) = self.pattern(number, false) else { return Verdict::Reached };
        let mut machines = self.machines();
        machines.push(pattern);
        let one = match search(&machines, budget) {
            Found::Nothing => return Verdict::NoPath,
            Found::Unknown => return Verdict::Reached,
            Found::Witness(path) => path,
        };
        let prefixes = &self.scope.prefix;
        machines.push(self.longest(move |longest| {
            longest.is_none_or(|number| !prefixes[number as usize].no_regex)
        }));
        match search(&machines, budget) {
            Found::Nothing => return Verdict::CutOff(one),
            Found::Unknown => return Verdict::Reached,
            Found::Witness(_) => {}
        }
        self.taken(
            machines,
            |path, budget| match self.index.first(path, budget)? {
                Some(first) if first < number => Some(Some((self, first))),
                _ => Some(None),
            },
            budget,
        )
    }

    /// Whether a prefix can be selected.
    pub(super) fn prefix(&self, number: usize, budget: &mut Budget) -> Verdict<'_> {
        let prefix = &self.scope.prefix[number];
        let takers: Vec<&Scope<'_>> = if prefix.no_regex {
            Vec::new()
        } else {
            [self].into_iter().chain(self.around.after.iter().rev().copied()).collect()
        };
        if takers.iter().all(|scope| scope.index.len() == 0) && self.around.within.is_empty() {
            return Verdict::Reached;
        }
        let first = |path: &[u8], budget: &mut Budget| -> First<'_> {
            for &scope in &takers {
                if let Some(number) = scope.index.first(path, budget)? {
                    return Some(Some((scope, number)));
                }
            }
            Some(None)
        };
        let mine = |path: &[u8]| {
            self.is_here(path) && self.trie.look_up(path) == (Some(number as u32), false)
        };
        let mut guesses = [&b""[..], b"a"].into_iter().map(|rest| [&prefix.path, rest].concat());
        if guesses.any(|path| mine(&path) && matches!(first(&path, budget), None | Some(None))) {
            return Verdict::Reached;
        }
        let mut machines = self.machines();
        machines.push(self.longest(move |longest| longest == Some(number as u32)));
        self.taken(machines, first, budget)
    }

    /// Rules out what regexes take of the paths of `machines`, until one path is left or none.
    fn taken<'s>(
        &'s self,
        mut machines: Vec<Machine<'s>>,
        first: impl Fn(&[u8], &mut Budget) -> First<'s>,
        budget: &mut Budget,
    ) -> Verdict<'s> {
        let given = machines.len();
        let mut takers: Vec<Taker<'s>> = Vec::new();
        let mut example = Vec::new();
        loop {
            let path = match search(&machines, budget) {
                Found::Nothing if takers.is_empty() => return Verdict::NoPath,
                Found::Nothing => break,
                Found::Unknown => return Verdict::Reached,
                Found::Witness(path) => path,
            };
            let Some(Some((scope, number))) = first(&path, budget) else { return Verdict::Reached };
            let Some(pattern) = scope.pattern(number, true) else { return Verdict::Reached };
            if takers.is_empty() {
                example = path;
            }
            takers.push((scope, number));
            machines.push(pattern);
            if takers.len() > MOST_TAKERS {
                return Verdict::Reached;
            }
        }
        // One of them may do alone; it is the one to show.
        for &(scope, number) in takers.iter().skip(1) {
            machines.truncate(given);
            machines.extend(scope.pattern(number, true));
            if search(&machines, budget) == Found::Nothing {
                return Verdict::Taken(vec![(scope, number)], example);
            }
        }
        Verdict::Taken(takers, example)
    }
}
