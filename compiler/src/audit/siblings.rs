//! Prefixes without a slash at their end, which take more than the folder that they name.

use sitec_runtime::site::ServerId;

use super::Subject;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::ir::Scope;

/// Reports them, if anybody wants to know.
pub(super) fn check(subject: &Subject<'_>, diagnostics: &mut Diagnostics) {
    if !diagnostics.wants("K11") {
        return;
    }
    for (id, server) in subject.site.servers.iter().enumerate() {
        check_scope(subject, id as ServerId, &server.scope, diagnostics);
    }
}

fn check_scope(
    subject: &Subject<'_>,
    server: ServerId,
    scope: &Scope,
    diagnostics: &mut Diagnostics,
) {
    let router = subject.router();
    for prefix in &scope.prefix {
        let other = [&prefix.path[..], b"-else"].concat();
        let is_open = prefix.path.len() > 1 && !prefix.path.ends_with(b"/");
        if is_open && router.location(server, &other) == prefix.location {
            let path = String::from_utf8_lossy(&prefix.path);
            let message = format!("this takes `{path}-else` too, not only what is in `{path}/`");
            diagnostics.push(
                Diagnostic::lint("K11", subject.span(prefix.location), message)
                    .help(format!("`location {path}/`, and `location = {path}` for itself")),
            );
        }
    }
    let nested = scope.prefix.iter().map(|prefix| &prefix.nested);
    for scope in nested.chain(scope.regex.iter().map(|regex| &regex.nested)) {
        check_scope(subject, server, scope, diagnostics);
    }
}
