//! Programs that are left to find out which part of a path is the script.
//!
//! `cgi_pass .EXT` looks for the script itself: it must be there, and have the extension. A
//! program that is told `SCRIPT_FILENAME` from the path is told of files that are not there, and
//! interpreters that look for a shorter name then (PHP with `cgi.fix_pathinfo`) run whatever that is.

use std::collections::BTreeSet;

use sitec_runtime::site::{LocationId, ServerId};

use super::Subject;
use crate::ast::Directive;
use crate::automata;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::ir::{Action, Cgi, CgiParam, Handler, Piece, Scope, Scripts, Variable};
use crate::prove::guess;

/// The variables that interpreters take their script from.
const SCRIPT_NAMES: [&[u8]; 2] = [b"SCRIPT_FILENAME", b"PATH_TRANSLATED"];

/// Reports them.
pub(super) fn check(subject: &Subject<'_>, diagnostics: &mut Diagnostics) {
    let mut reported = BTreeSet::new();
    for (id, server) in subject.site.servers.iter().enumerate() {
        let mut found = Vec::new();
        check_scope(subject, id as ServerId, &server.scope, &mut found);
        let found = found.into_iter().filter(|found| reported.insert(found.primary.span));
        diagnostics.extend(found);
    }
}

fn check_scope(
    subject: &Subject<'_>,
    server: ServerId,
    scope: &Scope,
    found: &mut Vec<Diagnostic>,
) {
    for prefix in &scope.prefix {
        let paths = || {
            let front = String::from_utf8_lossy(&prefix.path);
            vec![format!("{}/a.jpg/x.php", front.trim_end_matches('/'))]
        };
        found.extend(split(subject, server, prefix.location, paths));
        check_scope(subject, server, &prefix.nested, found);
    }
    for regex in &scope.regex {
        let paths = || {
            let end = guess(&automata::parsed(&regex.pattern));
            let end = String::from_utf8_lossy(&end).into_owned();
            let (folder, name) = end.rsplit_once('/').unwrap_or(("", &end));
            vec![format!("/a.jpg/x{end}"), format!("{folder}/a.jpg/{name}")]
        };
        found.extend(split(subject, server, regex.location, paths));
        check_scope(subject, server, &regex.nested, found);
    }
}

/// What to say of a location whose program is told of one of these paths.
fn split(
    subject: &Subject<'_>,
    server: ServerId,
    id: LocationId,
    paths: impl FnOnce() -> Vec<String>,
) -> Option<Diagnostic> {
    let Action::Serve { handler: Handler::Cgi(cgi), .. } = &subject.location(id).action else {
        return None;
    };
    let Cgi { scripts: Scripts::Program { .. }, params, .. } = cgi else { return None };
    let param = params.iter().find(|param| tells_path(param))?;
    let router = subject.router();
    let is_its = |path: &String| router.location(server, path.as_bytes()) == id;
    let path = paths().into_iter().find(is_its)?;
    let is_it = |directive: &Directive| {
        let name = directive.args.first();
        directive.name.value == b"cgi_param" && name.is_some_and(|name| name.value == param.name)
    };
    let value = subject.nearest_that(id, &is_it)?.args[1].span;
    let program = subject.nearest(id, &["cgi_pass"])?;
    let name = String::from_utf8_lossy(&param.name);
    let message = format!("`{name}` names files that nobody has looked for");
    let diagnostic = match written(subject, id) {
        true => Diagnostic::error("X18", value, message).allowable(),
        false => Diagnostic::warning("X18", value, message),
    };
    Some(
        diagnostic
            .also(program.span(), "this program is told")
            .note(format!("for `{path}` it may run `a.jpg`: PHP does, with `cgi.fix_pathinfo`"))
            .help(
                "`cgi_pass .EXT INTERPRETER;` runs scripts that are there and have the extension",
            ),
    )
}

/// Whether a variable is the path of a script, as the client has it.
fn tells_path(param: &CgiParam) -> bool {
    let is_path = |piece: &Piece| {
        let Piece::Variable(variable) = piece else { return false };
        matches!(
            variable,
            Variable::Simple("uri" | "document_uri" | "request_filename" | "request_uri")
                | Variable::Capture(_)
                | Variable::NamedCapture(_)
        )
    };
    SCRIPT_NAMES.contains(&&param.name[..]) && param.value.0.iter().any(is_path)
}

/// Whether clients write to a folder within that of a location.
fn written(subject: &Subject<'_>, id: LocationId) -> bool {
    let Some(folder) = subject.base_folder(&subject.settings(id).base) else { return false };
    (0..subject.site.locations.len() as LocationId).any(|writer| {
        let directory = subject.written_directory(writer);
        let store = directory.and_then(|id| subject.directory(id));
        store.is_some_and(|store| store.starts_with(&folder))
    })
}
