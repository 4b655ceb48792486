//! What is said of locations that cannot be selected.

use sitec_runtime::site::LocationId;

use super::scope::Scope;
use super::verdict::{Taker, Verdict};
use crate::diagnostic::Diagnostic;

impl Scope<'_> {
    /// K07: the fact alone.
    pub(super) fn unreachable(&self, id: LocationId) -> Diagnostic {
        let span = self.subject.span(id);
        Diagnostic::warning("K07", span, "this location can never be selected").label("unreachable")
    }

    /// A path that no request has once it is decoded and its dots are resolved.
    pub(super) fn not_normal(&self, id: LocationId, path: &[u8]) -> Diagnostic {
        let shown = String::from_utf8_lossy(path);
        let note = match shown.contains("//") {
            true => "runs of slashes are merged before locations are looked for (`merge_slashes`)",
            false => "dots are resolved before locations are looked for",
        };
        self.unreachable(id).note(format!("no path is, or begins with, `{shown}`: {note}"))
    }

    pub(super) fn report_regex(&self, number: usize, verdict: Verdict<'_>) -> Option<Diagnostic> {
        let id = self.regex_location(number);
        match verdict {
            Verdict::Reached => None,
            Verdict::NoPath => Some(self.unreachable(id).note(
                "no path that comes here matches it: paths begin with a slash, and have no empty \
                 or dot segments",
            )),
            Verdict::CutOff(path) => self.cut_off(id, &path),
            Verdict::Taken(takers, path) => {
                let diagnostic = self.taken_by(self.unreachable(id), id, &takers, &path)?;
                Some(diagnostic.help(
                    "regexes are tried in the order of the conf: put this one before the other",
                ))
            }
        }
    }

    pub(super) fn report_prefix(&self, number: usize, verdict: Verdict<'_>) -> Option<Diagnostic> {
        let prefix = &self.scope.prefix[number];
        let id = prefix.location;
        let Verdict::Taken(takers, path) = verdict else {
            return Some(self.unreachable(id).note("no path that comes here begins with it"));
        };
        let shown = String::from_utf8_lossy(&prefix.path);
        let message = format!("every path that begins with `{shown}` is a regex's");
        let diagnostic =
            Diagnostic::warning("K08", self.subject.span(id), message).label("never selected");
        let diagnostic = self.taken_by(diagnostic, id, &takers, &path)?;
        Some(diagnostic.help(format!("`location ^~ {shown}` keeps regexes from being tried")))
    }

    /// K09, or K07 if exact locations have all the paths of a regex.
    fn cut_off(&self, id: LocationId, path: &[u8]) -> Option<Diagnostic> {
        let (longest, is_exact) = self.trie.look_up(path);
        let (other, diagnostic) = if is_exact {
            let exact = self.scope.exact.iter().find(|(exact, _)| exact == path)?;
            (exact.1, self.unreachable(id))
        } else {
            let message = "no path that matches this regex comes to it";
            let prefix = &self.scope.prefix[longest? as usize];
            let diagnostic = Diagnostic::warning("K09", self.subject.span(id), message);
            (prefix.location, diagnostic.label("never tried"))
        };
        if !self.is_elsewhere(id, path) {
            return None;
        }
        let label =
            if is_exact { "this is its path" } else { "`^~` keeps regexes from being tried" };
        let help = match is_exact {
            true => "delete it, or the exact location",
            false => "leave `^~` out, or put this location into that one",
        };
        let diagnostic = diagnostic.also(self.subject.span(other), label);
        Some(diagnostic.help(help).note(self.witness(path)))
    }

    /// Shows the regexes that take all paths of the location `id`, and one path; `None` if the
    /// router is of another mind.
    fn taken_by(
        &self,
        diagnostic: Diagnostic,
        id: LocationId,
        takers: &[Taker<'_>],
        path: &[u8],
    ) -> Option<Diagnostic> {
        if !self.is_elsewhere(id, path) {
            return None;
        }
        let label = match takers {
            [_] => "this one takes every path that it would take",
            _ => "with the others here, this one takes every path that it would take",
        };
        let shown = takers.iter().fold(diagnostic, |diagnostic, (scope, number)| {
            let span = self.subject.span(scope.regex_location(*number));
            diagnostic.also(span, label)
        });
        Some(shown.note(self.witness(path)))
    }

    /// A path, and the location that takes it.
    pub(super) fn witness(&self, path: &[u8]) -> String {
        let id = self.subject.router().location(self.around.server, path);
        let location = self.subject.places.location(id);
        format!("`{}` is answered by `{location}`", path.escape_ascii())
    }
}
