//! Regexes that are not tried for some paths that they match, since a `^~` keeps them away.

use sitec_runtime::site::LocationId;

use super::scope::Scope;
use crate::diagnostic::Diagnostic;
use crate::ir::{self, Action, Handler};
use crate::prove::{Budget, Found, Machine, Text, guess, search};

/// The most pairs of a regex and a `^~` in one scope that are looked at.
const MOST_PAIRS: usize = 20_000;

impl<'a> Scope<'a> {
    /// What to say of a regex that can be selected.
    pub(super) fn eclipsed(&self, number: usize, budget: &mut Budget) -> Option<Diagnostic> {
        let id = self.regex_location(number);
        let prefixes = self.scope.prefix.iter().enumerate();
        let barriers: Vec<_> = prefixes.filter(|(_, prefix)| prefix.no_regex).collect();
        if barriers.len() * self.index.len() > MOST_PAIRS {
            return None;
        }
        let mut eclipsed = Vec::new();
        for (barrier, prefix) in barriers {
            if self.is_other_mind(id, prefix.location, &prefix.path)
                && let Some((path, is_certain)) = self.example(number, barrier, budget)
                && self.subject.router().location(self.around.server, &path) == prefix.location
            {
                eclipsed.push((prefix, path, is_certain));
            }
        }
        let (first, path, _) = eclipsed.first()?;
        let shown = String::from_utf8_lossy(&first.path);
        // A longer prefix without `^~` has the regexes tried again.
        let reached = self.scope.prefix.iter().find(|longer| {
            !longer.no_regex
                && longer.path.len() > first.path.len()
                && longer.path.starts_with(&first.path)
        });
        let except = reached.map_or(String::new(), |longer| {
            format!(", unless with `{}`", String::from_utf8_lossy(&longer.path))
        });
        let message = format!("this regex is not tried for what begins with `{shown}`{except}");
        let diagnostic = Diagnostic::warning("K10", self.subject.span(id), message);
        let is_certain = eclipsed.iter().all(|(_, _, is_certain)| *is_certain);
        let diagnostic = eclipsed.iter().fold(diagnostic, |diagnostic, (prefix, ..)| {
            let span = self.subject.span(prefix.location);
            diagnostic.also(span, "`^~` keeps regexes from being tried")
        });
        Some(diagnostic.of_this_disk(is_certain).note(self.witness(path)).help(
            "if that is meant, say so: `# sitec: allow(K10) why`; else leave `^~` out, or put the \
             regex into that location too",
        ))
    }

    /// Whether the location of a `^~` serves files, otherwise than the one of the regex. What
    /// answers all of its paths in one way means to. So does the place of other programs' files.
    fn is_other_mind(&self, regex: LocationId, prefix: LocationId, path: &[u8]) -> bool {
        let (regex, prefix) = (self.subject.location(regex), self.subject.location(prefix));
        serves_files(prefix) && regex != prefix && !path.starts_with(b"/.well-known/")
    }

    /// A path of the `^~` that the regex would take without it. To keep scripts, answers
    /// and rules away from a folder is what `^~` is for, so for these it is the path of a file
    /// that is there. The second: whether it is there wherever the site runs.
    fn example(
        &self,
        number: usize,
        barrier: usize,
        budget: &mut Budget,
    ) -> Option<(Vec<u8>, bool)> {
        let (regex, prefix) = (self.regex_location(number), self.scope.prefix[barrier].location);
        let access = |id| &self.subject.settings(id).admission;
        if serves_files(self.subject.location(regex)) && access(regex) == access(prefix) {
            return self.overlap(number, barrier, budget).map(|path| (path, true));
        }
        let tree = self.subject.tree(&self.subject.settings(prefix).base)?;
        let urls = tree.files.iter().filter_map(|file| tree.url(self.subject, prefix, file));
        let mut paths = urls.map(String::into_bytes);
        let path = paths.find(|path| self.is_between(path, number, barrier, budget))?;
        Some((path, self.subject.is_certain(&tree.path)))
    }

    /// Whether a path is a `^~`'s, and would be the regex's without it.
    fn is_between(&self, path: &[u8], number: usize, barrier: usize, budget: &mut Budget) -> bool {
        self.is_here(path)
            && self.trie.look_up(path) == (Some(barrier as u32), false)
            && self.index.first(path, budget) == Some(Some(number))
    }

    /// A path of a prefix that a regex matches, and no other one before it.
    pub(super) fn overlap(
        &self,
        number: usize,
        barrier: usize,
        budget: &mut Budget,
    ) -> Option<Vec<u8>> {
        let prefix = &self.scope.prefix[barrier];
        let is_one =
            |path: &[u8], budget: &mut Budget| self.is_between(path, number, barrier, budget);
        let guess = guess(self.index.parsed(number));
        let names = [[b"a", &guess[..]].concat(), guess.clone()];
        let guesses = names.map(|name| [&prefix.path[..], &name].concat());
        let mut guesses = guesses.into_iter().chain([guess]);
        if let Some(path) = guesses.find(|path| is_one(path, budget)) {
            return Some(path);
        }
        let Text::Path { merge_slashes, .. } = self.around.text else { return None };
        let mut machines = self.machines();
        machines.push(Machine::Text(Text::Path { merge_slashes, hidden: false }));
        machines.push(self.pattern(number, false)?);
        machines.push(self.longest(move |longest| longest == Some(barrier as u32)));
        match search(&machines, budget) {
            Found::Witness(path) => Some(path).filter(|path| is_one(path, budget)),
            Found::Nothing | Found::Unknown => None,
        }
    }
}

fn serves_files(location: &ir::Location) -> bool {
    matches!(location.action, Action::Serve { handler: Handler::Files, .. })
}
