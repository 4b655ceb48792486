//! The locations of one server, or those within one location.

use std::collections::BTreeSet;

use sitec_runtime::site::{LocationId, ServerId};

use super::super::Subject;
use super::verdict::Verdict;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::ir::{self, Prefix};
use crate::prove::{Budget, Index, Longest, Machine, Text, Trie};

/// What is known of the paths that come to a scope.
#[derive(Clone)]
pub(super) struct Around<'a> {
    pub(super) server: ServerId,
    /// What paths look like.
    pub(super) text: Text,
    /// What the scopes around have asked of a path that comes here.
    pub(super) within: Vec<Within<'a>>,
    /// The regexes of the scopes around, which take a path from a prefix location here.
    pub(super) after: Vec<&'a Scope<'a>>,
}

/// What an outer location asks of a path.
#[derive(Clone)]
pub(super) enum Within<'a> {
    Prefix(&'a [u8], &'a Trie),
    Pattern(&'a Scope<'a>, usize),
}

/// One scope, prepared.
pub(super) struct Scope<'a> {
    pub(super) subject: &'a Subject<'a>,
    pub(super) scope: &'a ir::Scope,
    pub(super) around: &'a Around<'a>,
    /// The regexes.
    pub(super) index: Index<'a>,
    /// The prefixes and exact paths.
    pub(super) trie: Trie,
}

impl<'a> Scope<'a> {
    pub(super) fn new(
        subject: &'a Subject<'a>,
        scope: &'a ir::Scope,
        around: &'a Around<'a>,
    ) -> Scope<'a> {
        let index = Index::new(scope.regex.iter().map(|regex| &regex.pattern));
        let prefixes = scope.prefix.iter().map(|prefix| &prefix.path[..]);
        let trie = Trie::new(prefixes, scope.exact.iter().map(|(path, _)| &path[..]));
        Scope { subject, scope, around, index, trie }
    }

    /// Checks the locations of this scope, and those within them.
    pub(super) fn check(&self, budget: &mut Budget, diagnostics: &mut Diagnostics) {
        for (path, id) in &self.scope.exact {
            if !self.around.text.contains(path) && !lacks_slash(path) {
                diagnostics.push(self.not_normal(*id, path));
            }
        }
        let mut dead = BTreeSet::new();
        for (number, prefix) in self.scope.prefix.iter().enumerate() {
            if let Some(diagnostic) = self.dead_prefix(number, budget) {
                dead.insert(prefix.location);
                diagnostics.extend(Some(diagnostic).filter(|_| !lacks_slash(&prefix.path)));
            } else {
                diagnostics.extend(self.all_within(prefix));
            }
        }
        for number in 0..self.scope.regex.len() {
            match self.regex(number, budget) {
                Verdict::Reached => diagnostics.extend(self.eclipsed(number, budget)),
                verdict => diagnostics.extend(self.report_regex(number, verdict)),
            }
        }
        self.check_nested(&dead, budget, diagnostics);
    }

    /// What to say of a prefix if neither it nor what is in it can be selected.
    fn dead_prefix(&self, number: usize, budget: &mut Budget) -> Option<Diagnostic> {
        let prefix = &self.scope.prefix[number];
        if !self.around.text.begins(&prefix.path) && !lacks_slash(&prefix.path) {
            return Some(self.not_normal(prefix.location, &prefix.path));
        }
        if keeps_from_regexes(&prefix.nested) {
            return None;
        }
        match self.prefix(number, budget) {
            Verdict::Reached => None,
            verdict => self.report_prefix(number, verdict),
        }
    }

    /// Checks what is in the locations of this scope, but for what is in `dead` ones: what is
    /// said of these is true of all that is in them.
    fn check_nested(
        &self,
        dead: &BTreeSet<LocationId>,
        budget: &mut Budget,
        diagnostics: &mut Diagnostics,
    ) {
        let alive = self.scope.prefix.iter().filter(|prefix| !dead.contains(&prefix.location));
        for prefix in alive.filter(|prefix| !has_none(&prefix.nested)) {
            let trie = Trie::new([&prefix.path[..]], []);
            let mut around = self.inside(Within::Prefix(&prefix.path, &trie));
            match prefix.no_regex {
                true => around.after.clear(),
                false => around.after.push(self),
            }
            Scope::new(self.subject, &prefix.nested, &around).check(budget, diagnostics);
        }
        for (number, regex) in self.scope.regex.iter().enumerate() {
            if !has_none(&regex.nested) {
                let mut around = self.inside(Within::Pattern(self, number));
                around.after.clear();
                Scope::new(self.subject, &regex.nested, &around).check(budget, diagnostics);
            }
        }
    }

    /// What is known of the paths that come to a scope within this one.
    fn inside<'s>(&'s self, within: Within<'s>) -> Around<'s> {
        let mut around: Around<'s> = self.around.clone();
        around.within.push(within);
        around
    }

    /// The paths that come to this scope.
    pub(super) fn machines(&self) -> Vec<Machine<'_>> {
        let within = self.around.within.iter().filter_map(|within| match within {
            Within::Prefix(_, trie) => {
                Some(Machine::Prefix { trie, wanted: Box::new(|longest| longest.is_some()) })
            }
            // Without it the set is larger, and what is proved of it holds all the same.
            Within::Pattern(scope, number) => scope.pattern(*number, false),
        });
        [Machine::Text(self.around.text)].into_iter().chain(within).collect()
    }

    /// The paths that a regex matches, or does not; `None` if its automaton is very large.
    pub(super) fn pattern(&self, number: usize, negated: bool) -> Option<Machine<'static>> {
        Some(Machine::Pattern { dfa: self.index.automaton(number)?, negated })
    }

    /// The paths that are no exact location, whose longest prefix is as `wanted`.
    pub(super) fn longest<'s>(&'s self, wanted: impl Fn(Longest) -> bool + 's) -> Machine<'s> {
        Machine::Prefix { trie: &self.trie, wanted: Box::new(wanted) }
    }

    /// Whether a path comes to this scope.
    pub(super) fn is_here(&self, path: &[u8]) -> bool {
        self.around.text.contains(path)
            && self.around.within.iter().all(|within| match within {
                Within::Prefix(prefix, _) => path.starts_with(prefix),
                Within::Pattern(scope, number) => scope.index.matches(*number, path),
            })
    }

    /// Whether a path comes to the regexes of this scope.
    pub(super) fn comes_to_regexes(&self, path: &[u8]) -> bool {
        let (longest, is_exact) = self.trie.look_up(path);
        let no_regex = longest.is_some_and(|number| self.scope.prefix[number as usize].no_regex);
        !is_exact && !no_regex && self.is_here(path)
    }

    /// What paths that come here begin with.
    pub(super) fn front(&self) -> Option<&'a [u8]> {
        self.around.within.iter().rev().find_map(|within| match within {
            Within::Prefix(prefix, _) => Some(*prefix),
            Within::Pattern(..) => None,
        })
    }

    /// The location of a regex.
    pub(super) fn regex_location(&self, number: usize) -> LocationId {
        self.scope.regex[number].location
    }

    /// Whether the router says, too, that a path is not this location's.
    pub(super) fn is_elsewhere(&self, id: LocationId, path: &[u8]) -> bool {
        self.subject.router().location(self.around.server, path) != id
    }

    /// What to say of a prefix that stands in itself once more.
    fn all_within(&self, outer: &Prefix) -> Option<Diagnostic> {
        let inner = outer.nested.prefix.iter().find(|inner| inner.path == outer.path)?;
        Some(
            self.unreachable(outer.location).also(
                self.subject.span(inner.location),
                "every path that comes here is this one's",
            ),
        )
    }
}

/// Whether a location of a scope takes paths before the regexes around the scope have their turn.
fn keeps_from_regexes(scope: &ir::Scope) -> bool {
    let keeps = |prefix: &Prefix| prefix.no_regex || keeps_from_regexes(&prefix.nested);
    !scope.exact.is_empty() || !scope.regex.is_empty() || scope.prefix.iter().any(keeps)
}

/// Whether it was said where the path stands that no path begins so.
fn lacks_slash(path: &[u8]) -> bool {
    !path.is_empty() && !path.starts_with(b"/")
}

fn has_none(scope: &ir::Scope) -> bool {
    scope.exact.is_empty() && scope.prefix.is_empty() && scope.regex.is_empty()
}
