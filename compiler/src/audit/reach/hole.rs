//! Regexes that take paths of a protected prefix, and ask nobody who comes.

use sitec_runtime::site::LocationId;

use super::scope::Scope;
use crate::diagnostic::Diagnostic;
use crate::ir::{Action, Handler};
use crate::prove::Budget;

/// The most pairs of a regex and a prefix in one scope that are looked at.
const MOST_PAIRS: usize = 20_000;

impl Scope<'_> {
    /// What to say of a regex that can be selected, where it lets in whom a prefix keeps out.
    pub(super) fn hole(&self, number: usize, budget: &mut Budget) -> Option<Diagnostic> {
        let id = self.regex_location(number);
        let accesses = &self.subject.site.accesses;
        let is_open = |id| self.subject.settings(id).admission.lets_all_in(accesses);
        let prefixes = self.scope.prefix.iter().enumerate();
        let guarded = prefixes.filter(|(_, prefix)| !prefix.no_regex && !is_open(prefix.location));
        let guarded: Vec<_> = guarded.collect();
        if !is_open(id) || guarded.len() * self.index.len() > MOST_PAIRS {
            return None;
        }
        let (prefix, path) = guarded.into_iter().find_map(|(at, prefix)| {
            let serves = self.serves_for(id, prefix.location);
            let path = serves.then(|| self.overlap(number, at, budget)).flatten()?;
            let is_here = self.subject.router().location(self.around.server, &path) == id;
            is_here.then_some((prefix, path))
        })?;
        let shown = String::from_utf8_lossy(&prefix.path);
        let message = format!("this regex lets everyone in where `{shown}` does not");
        Some(
            Diagnostic::warning("A03", self.subject.span(id), message)
                .also(self.subject.span(prefix.location), "this location asks who comes")
                .note(format!("`GET {}` is answered here", String::from_utf8_lossy(&path)))
                .help(format!(
                    "put the regex into `location {shown}`, or write `location ^~ {shown}`"
                )),
        )
    }

    /// Whether the location of a regex answers in the place of a prefix: with the same files, or by who
    /// makes answers elsewhere.
    fn serves_for(&self, regex: LocationId, prefix: LocationId) -> bool {
        let base = |id| &self.subject.settings(id).base;
        match &self.subject.location(regex).action {
            Action::Serve { handler: Handler::Files, .. } => base(regex) == base(prefix),
            Action::Serve { handler: Handler::Cgi(_) | Handler::Proxy(_), .. } => true,
            Action::Serve { .. } | Action::Return(_) => false,
        }
    }
}
