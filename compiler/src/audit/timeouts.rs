//! Timeouts that another one ends before they can run out.

use std::collections::BTreeMap;

use sitec_runtime::site::LocationId;

use super::Subject;
use crate::ast::Directive;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::ir::{Action, Handler};
use crate::source::Span;
use crate::wording::time;

/// Reports them, if anybody wants to know.
pub(super) fn check(subject: &Subject<'_>, diagnostics: &mut Diagnostics) {
    if !diagnostics.wants("Z06") {
        return;
    }
    // A directive holds for many locations.
    let mut found: BTreeMap<Span, Diagnostic> = BTreeMap::new();
    for id in 0..subject.site.locations.len() as LocationId {
        let both = [script(subject, id), lingering(subject, id)];
        found.extend(both.into_iter().flatten().map(|wrong| (wrong.primary.span, wrong)));
    }
    diagnostics.extend(found.into_values());
}

/// Scripts that the server does not wait for when it is told to stop.
fn script(subject: &Subject<'_>, id: LocationId) -> Option<Diagnostic> {
    let Action::Serve { handler: Handler::Cgi(cgi), .. } = &subject.location(id).action else {
        return None;
    };
    let directive = subject.nearest(id, &["cgi_timeout"])?;
    let longest_ms = subject.site.process.shutdown_timeout_ms?;
    let longest = time(longest_ms);
    (cgi.plain.timeout_ms > longest_ms).then(|| {
        let message = "a server that stops does not wait so long for a script";
        Diagnostic::lint("Z06", value(directive), message)
            .note(format!(
                "told to stop, it ends what is under way after {longest}: the client is dropped \
                 before the script may answer"
            ))
            .help(format!(
                "write `{longest}` or less where no answer may be lost, or more for \
                 `worker_shutdown_timeout`"
            ))
    })
}

/// A wait for one more byte that is longer than all of them together may take.
fn lingering(subject: &Subject<'_>, id: LocationId) -> Option<Diagnostic> {
    let settings = subject.settings(id);
    let directive = subject.nearest(id, &["lingering_timeout"])?;
    (settings.lingering_timeout_ms > settings.lingering_time_ms).then(|| {
        let message = "this never runs out: `lingering_time` is over before";
        let diagnostic = Diagnostic::lint("Z06", value(directive), message)
            .help("write less here, or more for `lingering_time`");
        match subject.nearest(id, &["lingering_time"]) {
            Some(other) => diagnostic.also(value(other), "the whole time"),
            None => diagnostic.note("`lingering_time` is 30s where the conf does not say"),
        }
    })
}

fn value(directive: &Directive) -> Span {
    directive.args.first().map_or(directive.span(), |word| word.span)
}
