//! Named locations and log formats that nothing refers to.

use std::collections::{BTreeMap, BTreeSet};

use super::Subject;
use crate::ast::{Directive, Word};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::ir::{Action, ErrorTarget, Fallback};
use crate::source::Span;

/// Reports them.
pub(super) fn check(subject: &Subject<'_>, diagnostics: &mut Diagnostics) {
    check_named(subject, diagnostics);
    check_formats(subject, diagnostics);
}

fn check_named(subject: &Subject<'_>, diagnostics: &mut Diagnostics) {
    let mut used = BTreeSet::new();
    for location in &subject.site.locations {
        if let Action::Serve { try_files: Some(try_files), .. } = &location.action
            && let Fallback::Named(id) = try_files.fallback
        {
            used.insert(id);
        }
        for page in &subject.site.settings[location.settings].error_pages {
            used.extend(match page.target {
                ErrorTarget::Named(id) => Some(id),
                _ => None,
            });
        }
    }
    // A file that several servers include has its names in each of them.
    let mut by_place: BTreeMap<Span, (&str, bool)> = BTreeMap::new();
    for (id, place) in subject.places.locations.iter().enumerate() {
        if place.written.starts_with('@') {
            let entry = by_place.entry(place.span).or_insert((&place.written, false));
            entry.1 |= used.contains(&(id as u32));
        }
    }
    for (span, (name, _)) in by_place.into_iter().filter(|(_, (_, used))| !used) {
        let message = format!("nothing leads to `{name}`");
        diagnostics.push(
            Diagnostic::warning("K16", span, message)
                .help("delete it, or name it in a `try_files` or an `error_page`"),
        );
    }
}

fn check_formats(subject: &Subject<'_>, diagnostics: &mut Diagnostics) {
    let (mut defined, mut used) = (Vec::new(), BTreeSet::new());
    collect(&subject.conf.directives, &mut defined, &mut used);
    for name in defined.into_iter().filter(|name| !used.contains(&name.value[..])) {
        let message = format!("no `access_log` uses the format `{}`", name.shown());
        diagnostics.push(Diagnostic::warning("K16", name.span, message).help("delete it"));
    }
}

fn collect<'a>(
    directives: &'a [Directive],
    defined: &mut Vec<&'a Word>,
    used: &mut BTreeSet<&'a [u8]>,
) {
    for directive in directives {
        match &directive.name.value[..] {
            b"log_format" => defined.extend(directive.args.first()),
            b"access_log" => used.extend(directive.args.get(1).map(|word| &word.value[..])),
            _ => {}
        }
        if let Some(block) = &directive.block {
            collect(&block.directives, defined, used);
        }
    }
}
