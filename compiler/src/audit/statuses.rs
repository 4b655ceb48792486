//! Error pages for a status that nothing here gives.

use std::collections::BTreeSet;

use super::Subject;
use crate::ast::Directive;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::ir::{Action, Fallback, Handler, Op, Return};

/// What the server may give by itself, and what nginx may, so that a conf of its is no mistake.
const GIVEN: &[u16] = &[
    301, 302, 303, 304, 307, 308, 400, 403, 404, 405, 408, 409, 411, 412, 413, 414, 415, 416, 417,
    421, 424, 431, 494, 495, 496, 497, 500, 501, 502, 503, 504, 505, 507,
];

/// Reports them. A script may give any status, and so may another server.
pub(super) fn check(subject: &Subject<'_>, diagnostics: &mut Diagnostics) {
    let mut given: BTreeSet<u16> = GIVEN.iter().copied().collect();
    for location in &subject.site.locations {
        match &location.action {
            Action::Return(Return::Status(status) | Return::Text(status, _)) => {
                given.insert(*status);
            }
            Action::Return(_) => {}
            Action::Serve { handler: Handler::Cgi(_) | Handler::Proxy(_), .. } => return,
            Action::Serve { try_files, .. } => {
                given.extend(try_files.iter().filter_map(|try_files| match try_files.fallback {
                    Fallback::Status(status) => Some(status),
                    _ => None,
                }));
            }
        }
    }
    let limited = subject.site.locations.iter().filter_map(|it| it.limit_except.as_ref());
    let admissions = subject.site.settings.iter().map(|settings| &settings.admission);
    let mut admissions = admissions.chain(limited.map(|limit| &limit.admission));
    if admissions.any(|admission| admission.auth.is_some() || admission.inquiry.is_some()) {
        given.insert(401);
    }
    given.extend(subject.site.steps().filter_map(|op| match op {
        Op::Return(Return::Status(status) | Return::Text(status, _)) => Some(*status),
        _ => None,
    }));
    visit(&subject.conf.directives, &given, diagnostics);
}

fn visit(directives: &[Directive], given: &BTreeSet<u16>, diagnostics: &mut Diagnostics) {
    for directive in directives {
        if directive.name.value == b"error_page" {
            for word in &directive.args {
                let status = word.text().and_then(|text| text.parse::<u16>().ok());
                if let Some(status) = status.filter(|status| !given.contains(status)) {
                    let message = format!("nothing here answers {status}");
                    diagnostics
                        .push(Diagnostic::warning("Z15", word.span, message).help("delete it"));
                }
            }
        }
        if let Some(block) = &directive.block {
            visit(&block.directives, given, diagnostics);
        }
    }
}
