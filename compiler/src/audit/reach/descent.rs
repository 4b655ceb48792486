//! All locations of a scope, and those within them.

use std::collections::BTreeSet;

use sitec_runtime::site::LocationId;

use super::scope::{Scope, Within};
use super::verdict::Verdict;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::ir::{self, Prefix};
use crate::prove::{Budget, Trie};

impl Scope<'_> {
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
                Verdict::Reached => {
                    diagnostics.extend(self.eclipsed(number, budget));
                    diagnostics.extend(self.hole(number, budget));
                }
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
