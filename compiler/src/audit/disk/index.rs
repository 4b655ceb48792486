//! Whether a site has a front page.

use sitec_runtime::site::ServerId;

use super::{Tree, Trees};
use crate::answer::Step;
use crate::audit::Subject;
use crate::audit::asking::Asking;
use crate::check::text::literal;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::ir::{Action, Handler};

/// Reports servers whose front page is a folder without an index.
pub(super) fn check(subject: &Subject<'_>, trees: &Trees<'_>, diagnostics: &mut Diagnostics) {
    let asking = Asking::new(subject);
    for (id, server) in subject.site.servers.iter().enumerate() {
        let id = id as ServerId;
        // What is nested may take the path of an index, so the request itself has the say.
        let location = match server.scope.exact.iter().find(|(path, _)| path == b"/") {
            Some((_, location)) => *location,
            None => {
                let root = server.scope.prefix.iter().find(|prefix| prefix.path == b"/");
                root.map_or(server.location, |prefix| prefix.location)
            }
        };
        let serves = matches!(
            subject.location(location).action,
            Action::Serve { handler: Handler::Files, try_files: None }
        ) && !subject.location(location).internal;
        let names = subject.settings(location).index.iter().filter_map(literal);
        let names: Vec<_> = names.map(|name| String::from_utf8_lossy(name)).collect();
        let tree = trees.of(&subject.settings(location).base);
        let is_bare = |tree: &Tree| !names.iter().any(|name| tree.files.iter().any(|f| f == name));
        let Some(span) = subject.base_span(location).filter(|_| serves) else { continue };
        if !tree.is_some_and(is_bare) {
            continue;
        }
        let Some(answer) = asking.get_from(id, "/") else { continue };
        let given = answer.steps.iter().find_map(|step| match step {
            Step::Status { status, .. } => Some(*status),
            _ => None,
        });
        let is_here = answer.deciding().last() == Some(&location);
        if !matches!(given, Some(403 | 404)) || !is_here || !answer.doubts.is_empty() {
            continue;
        }
        let message = format!("there is no `{}` here", names.join("` or `"));
        diagnostics.push(
            Diagnostic::warning("F02", span, message)
                .label(format!("`GET /` is always answered {}", given.unwrap_or(403)))
                .help("add one, name another with `index`, or list the folder: `autoindex on;`"),
        );
    }
}
