//! Where a location may stand, and what its name is for others.

use std::collections::HashMap;

use crate::ast::{Directive, Word};
use crate::check::draft::Draft;
use crate::check::path::Path;
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::value::Checked;

impl Draft<'_> {
    /// That the location may stand where it does, and can be reached there.
    pub(super) fn check_place(
        &mut self,
        directive: &Directive,
        path: &Path,
        span: Span,
        outer: Option<(&Path, Span)>,
    ) -> Checked<()> {
        let place = directive.span();
        let misplaced = |message: String| Diagnostic::error("D04", place, message);
        let inner = match path {
            Path::Exact(path) | Path::Prefix { path, .. } => Some(path),
            Path::Regex(_) | Path::Named(_) => None,
        };
        match (outer, path) {
            (Some((_, outer)), Path::Named(_)) => {
                let diagnostic = misplaced("a named location stands in `server`".into());
                return Err(Box::new(diagnostic.also(outer, "inside this location")));
            }
            (Some((Path::Exact(_) | Path::Named(_), outer)), _) => {
                let diagnostic = misplaced("this location can have none within it".into());
                let label = "an exact or named location has one path at most";
                return Err(Box::new(diagnostic.also(outer, label)));
            }
            (Some((Path::Prefix { path: outer_path, .. }, outer)), _) => {
                if let Some(inner) = inner.filter(|inner| !inner.starts_with(outer_path)) {
                    let (inner, outer_path) =
                        (String::from_utf8_lossy(inner), String::from_utf8_lossy(outer_path));
                    let message = format!("`{inner}` does not begin with `{outer_path}`");
                    let diagnostic = Diagnostic::error("K18", span, message);
                    return Err(Box::new(diagnostic.also(outer, "the outer location is here")));
                }
            }
            _ => {}
        }
        if inner.is_some_and(|inner| !inner.is_empty() && !inner.starts_with(b"/")) {
            let shown = String::from_utf8_lossy(inner.map_or(&[], |inner| inner)).into_owned();
            let message = format!("no path begins with `{shown}`");
            let (help, meant) = match shown.strip_prefix('*') {
                Some(end) => ("a regex says so", format!("~ {}$", regex_syntax::escape(end))),
                None if shown.starts_with(['^', '\\']) || shown.ends_with('$') => {
                    ("a regex has a `~` before it", format!("~ {shown}"))
                }
                None => match shown.split_once("://") {
                    Some((_, rest)) => {
                        let path = rest.find('/').map_or("/", |slash| &rest[slash..]);
                        ("the host stands in `server_name`, and its path here", path.to_owned())
                    }
                    None => ("a path begins with a slash", format!("/{shown}")),
                },
            };
            let diagnostic = Diagnostic::warning("K07", span, message);
            self.reader.diagnostics.push(diagnostic.patch(help, span, meant));
        }
        Ok(())
    }
}

/// That no location of the same scope has the same path. A regex may stand twice, as in nginx.
pub(super) fn check_unique(
    directive: &Directive,
    path: &Path,
    seen: &mut HashMap<(u8, Vec<u8>), Span>,
) -> Checked<()> {
    let key = match path {
        Path::Exact(path) => (b'=', path.clone()),
        Path::Prefix { path, .. } => (b'/', path.clone()),
        Path::Named(name) => (b'@', name.clone()),
        Path::Regex(_) => return Ok(()),
    };
    let span = directive.span();
    let Some(first) = seen.insert(key, span) else { return Ok(()) };
    let words: Vec<_> = directive.args.iter().map(Word::shown).collect();
    let message = format!("there is a `location {}` already", words.join(" "));
    let diagnostic = Diagnostic::error("K01", span, message);
    let help = "delete one of them, or write what both say into one block";
    Err(Box::new(diagnostic.also(first, "first defined here").help(help)))
}
