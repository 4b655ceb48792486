//! Methods that a conf names and nobody answers.

use std::collections::BTreeMap;

use sitec_runtime::http::method::Method;
use sitec_runtime::site::LocationId;

use super::Subject;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::ir::{self, Action, Fallback, Handler, TryFiles};
use crate::source::Span;

/// Reports the words of a `methods` that no location answers which has them.
pub(super) fn check(subject: &Subject<'_>, diagnostics: &mut Diagnostics) {
    let mut answered: BTreeMap<Span, (Method, bool)> = BTreeMap::new();
    for (id, place) in (0..).zip(&subject.places.locations) {
        for &(method, span) in place.methods.iter().flat_map(|words| words.iter()) {
            let entry = answered.entry(span).or_insert((method, false));
            entry.1 |= may_answer(subject.site, id, method);
        }
    }
    for (span, (method, _)) in answered.into_iter().filter(|(_, (_, answered))| !answered) {
        let message = format!("nothing here answers {0}: it would be 405", method.name());
        diagnostics.push(Diagnostic::warning("Z01", span, message).help(
            "delete it, or add what answers it: `cgi_pass`, `upload_store`, `dav_methods`, `return`",
        ));
    }
}

/// Whether a location answers a method, or leads to another that may.
fn may_answer(site: &ir::Site, id: LocationId, method: Method) -> bool {
    let location = &site.locations[id as usize];
    let Action::Serve { try_files, handler } = &location.action else { return true };
    let falls_back =
        matches!(try_files, Some(TryFiles { fallback: Fallback::Uri(_) | Fallback::Named(_), .. }));
    let pages = &site.settings[location.settings].error_pages;
    let by_file = matches!(method, Method::Get | Method::Head | Method::Delete);
    let by_handler = match handler {
        Handler::Cgi(_) | Handler::Proxy(_) => true,
        Handler::Upload(_) => matches!(method, Method::Post | Method::Put),
        Handler::Dav(dav) => dav.methods.contains(method),
        Handler::Files
        | Handler::Status
        | Handler::Metrics
        | Handler::StatusPage
        | Handler::EmptyGif => false,
    };
    // An index may be a script of another location.
    let by_index = method == Method::Post && site.max_scripts.is_some();
    falls_back || by_file || by_handler || by_index || pages.iter().any(|page| page.status == 405)
}
