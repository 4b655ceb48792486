//! Servers that have nothing to serve.

use super::Subject;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::ir::{Action, Return, Scope};

/// Reports them: their block has no `return`, and nothing else that could answer.
pub(super) fn check(subject: &Subject<'_>, diagnostics: &mut Diagnostics) {
    for (id, server) in subject.site.servers.iter().enumerate() {
        let location = subject.location(server.location);
        let is_nothing = matches!(location.action, Action::Return(Return::Status(404)));
        let Some(block) = subject.server_block(id as u16) else { continue };
        let inside = block.block.iter().flat_map(|block| &block.directives);
        let answers =
            inside.map(|directive| &directive.name.value[..]).any(|name| name == b"return");
        let has_pages = !subject.settings(server.location).error_pages.is_empty();
        let site = subject.site;
        let mut listens = site.listens.iter().filter(|listen| listen.reaches(id as u16));
        if listens.all(|listen| site.rejects(listen, id as u16)) {
            continue;
        }
        if is_nothing && !answers && !has_pages && is_empty(&server.scope) {
            diagnostics.push(
                Diagnostic::warning(
                    "Z14",
                    block.name.span,
                    "this server answers 404 to everything",
                )
                .label("it has no `root`, no `return` and no `location`")
                .help("give it a folder, `root www;`, or, to turn clients away, `return 444;`"),
            );
        }
    }
}

fn is_empty(scope: &Scope) -> bool {
    scope.exact.is_empty() && scope.prefix.is_empty() && scope.regex.is_empty()
}
