//! The locations of one server, or those within one location.

use sitec_runtime::site::{LocationId, ServerId};

use super::super::Subject;
use crate::ir;
use crate::prove::{Index, Longest, Machine, Text, Trie};

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

    /// What is known of the paths that come to a scope within this one.
    pub(super) fn inside<'s>(&'s self, within: Within<'s>) -> Around<'s> {
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
}
