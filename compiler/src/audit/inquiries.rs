//! `auth_request` where the location that is asked says the same of everyone.

use super::Subject;
use crate::answer::Answers;
use crate::diagnostic::{Diagnostic, Diagnostics};

/// Reports them.
pub(super) fn check(subject: &Subject<'_>, diagnostics: &mut Diagnostics) {
    let answers = Answers::new(subject.site, subject.files, subject.folder);
    for (uri, span, server) in &subject.places.inquiries {
        let Some(path) = uri.literal() else { continue };
        let Some(status) = answers.inquired(*server, path) else { continue };
        let shown = String::from_utf8_lossy(path);
        let said = format!("`{shown}` is always answered {status}");
        let wrong = Diagnostic::warning("A21", *span, said);
        diagnostics.push(match status {
            200..=299 => wrong.label("everybody is let in").help("let it ask something, or delete it"),
            401 | 403 => continue,
            _ => wrong.label("every request gets 500").help(
                "an answer of 2xx lets a client in, 401 and 403 refuse it; give `location` to what is asked",
            ),
        });
    }
}
