//! Which locations can be selected at all.
//!
//! For each location a path is looked for that selects it. A guess does in nearly all cases;
//! where it fails, the automata decide: a path that something else takes is ruled out together
//! with all others that it takes, until one is left or none.

mod descent;
mod eclipse;
mod hole;
mod report;
mod scope;
mod verdict;

use sitec_runtime::site::ServerId;

use super::Subject;
use crate::diagnostic::Diagnostics;
use crate::prove::{Budget, Text};
use scope::{Around, Scope};

/// Reports the locations that no path selects.
pub(super) fn check(subject: &Subject<'_>, diagnostics: &mut Diagnostics) {
    let mut budget = Budget::default();
    for (id, server) in subject.site.servers.iter().enumerate() {
        let text = Text::Path { merge_slashes: server.merge_slashes, hidden: true };
        let around = Around { server: id as ServerId, text, within: Vec::new(), after: Vec::new() };
        let scope = Scope::new(subject, &server.scope, &around);
        scope.check(&mut budget, diagnostics);
    }
}
