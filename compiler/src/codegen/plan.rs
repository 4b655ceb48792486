//! What routing a path takes, step by step: the locations of `ir` as lookups and regex sets
//! whose order is settled. The text is written from it, and tests interpret it.
//!
//! nginx falls back outwards: where a nested scope gives no regex location, the regexes
//! beside its parent are asked, and those beside the parent's parent. Which sets those are
//! is known here, so a scope has a list of them and no scope ever returns to its parent.

use sitec_runtime::site::LocationId;
use sitec_runtime::trie::{End, Tree};

use crate::ir;

/// Index into [`Plan::scopes`].
pub(super) type ScopeIndex = usize;
/// Index into [`Plan::regexes`].
pub(super) type RegexesIndex = usize;

/// Routing of a whole site.
#[derive(Default)]
pub(super) struct Plan {
    /// For each server, the scope that its paths are routed by, or where all of them go.
    pub(super) servers: Vec<Target>,
    /// All scopes with locations.
    pub(super) scopes: Vec<Scope>,
    /// All lists of regex locations.
    pub(super) regexes: Vec<Regexes>,
}

/// Where a path goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Target {
    /// To this location.
    Location(LocationId),
    /// Where this scope says.
    Scope(ScopeIndex),
}

/// How a path is routed among locations that stand beside each other.
pub(super) struct Scope {
    /// The enclosing location: taken where no name here does.
    pub(super) otherwise: LocationId,
    /// Exact and prefix locations by path.
    pub(super) names: Tree,
    /// How many there are.
    pub(super) name_count: usize,
    /// Exact locations, after which nothing more is asked.
    pub(super) exact: Vec<LocationId>,
    /// `^~` locations, after which only `outer` is asked.
    pub(super) no_regex: Vec<LocationId>,
    /// Prefix locations with a scope of their own, which is asked instead.
    pub(super) nested: Vec<(LocationId, ScopeIndex)>,
    /// The regexes of this scope.
    pub(super) own: Option<RegexesIndex>,
    /// The regexes of the enclosing scopes, innermost first.
    pub(super) outer: Vec<RegexesIndex>,
}

/// Regex locations that stand beside each other.
pub(super) struct Regexes {
    /// Their patterns, in the order of the conf.
    pub(super) patterns: Vec<ir::Pattern>,
    /// Where each leads.
    pub(super) targets: Vec<Target>,
}

impl Scope {
    /// The regexes that are asked after a name has been found, `^~` or not.
    pub(super) fn regexes_after(&self, no_regex: bool) -> Vec<RegexesIndex> {
        let own = self.own.filter(|_| !no_regex);
        own.into_iter().chain(self.outer.iter().copied()).collect()
    }
}

impl Plan {
    /// The plan of `site`.
    pub(super) fn new(site: &ir::Site) -> Plan {
        let mut plan = Plan::default();
        for server in &site.servers {
            let target = plan.target(server.location, &server.scope, &[]);
            plan.servers.push(target);
        }
        plan
    }

    /// Where paths go that have come to `location`, whose nested locations are `scope`, and
    /// where the regexes of `outer` are still to be asked.
    fn target(
        &mut self,
        location: LocationId,
        scope: &ir::Scope,
        outer: &[RegexesIndex],
    ) -> Target {
        if scope.exact.is_empty() && scope.prefix.is_empty() && scope.regex.is_empty() {
            return Target::Location(location);
        }
        let own = self.regexes(&scope.regex);
        let mut planned = Scope {
            otherwise: location,
            names: Tree::new(
                End::Front,
                scope.exact.iter().map(|(path, id)| (&path[..], *id)),
                scope.prefix.iter().map(|prefix| (&prefix.path[..], prefix.location)),
            ),
            name_count: scope.exact.len() + scope.prefix.len(),
            exact: sorted(scope.exact.iter().map(|&(_, id)| id)),
            no_regex: Vec::new(),
            nested: Vec::new(),
            own,
            outer: outer.to_vec(),
        };
        for prefix in &scope.prefix {
            let after = planned.regexes_after(prefix.no_regex);
            match self.target(prefix.location, &prefix.nested, &after) {
                Target::Scope(scope) => planned.nested.push((prefix.location, scope)),
                Target::Location(id) if prefix.no_regex => planned.no_regex.push(id),
                Target::Location(_) => {}
            }
        }
        planned.no_regex.sort_unstable();
        self.scopes.push(planned);
        Target::Scope(self.scopes.len() - 1)
    }

    /// The regexes among the locations of one scope. What one of them encloses ends there.
    fn regexes(&mut self, locations: &[ir::RegexLocation]) -> Option<RegexesIndex> {
        if locations.is_empty() {
            return None;
        }
        let target =
            |location: &ir::RegexLocation| self.target(location.location, &location.nested, &[]);
        let targets = locations.iter().map(target).collect();
        let patterns = locations.iter().map(|location| location.pattern.clone()).collect();
        self.regexes.push(Regexes { patterns, targets });
        Some(self.regexes.len() - 1)
    }
}

fn sorted(ids: impl Iterator<Item = LocationId>) -> Vec<LocationId> {
    let mut ids: Vec<_> = ids.collect();
    ids.sort_unstable();
    ids
}
