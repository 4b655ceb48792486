//! What stands beside a `return` and is never looked at, and where redirects lead.

use sitec_runtime::site::LocationId;

use super::Subject;
use crate::ast::{Block, Directive};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::directive::is_for_files;
use crate::ir::{Action, Piece, Return, Value, Variable};
use crate::source::Span;

/// Variables that are made of the root.
const OF_ROOT: &[&str] = &["document_root", "realpath_root", "request_filename"];

/// Reports them.
pub(super) fn check(subject: &Subject<'_>, diagnostics: &mut Diagnostics) {
    for id in 0..subject.site.locations.len() as LocationId {
        let Action::Return(answer) = &subject.location(id).action else { continue };
        let Some(block) = subject.block(id).and_then(|directive| directive.block.as_ref()) else {
            continue;
        };
        let Some(directive) = find(block, "return") else { continue };
        let is_server = subject.places.locations[id as usize].written.is_empty();
        check_unheard(directive, block, is_server, answer, diagnostics);
        if let Return::Redirect(_, target) = answer {
            check_target(subject, id, directive, target, diagnostics);
        }
    }
}

/// Reports what a `return` answers before.
fn check_unheard(
    answer: &Directive,
    block: &Block,
    is_server: bool,
    resolved: &Return,
    diagnostics: &mut Diagnostics,
) {
    let text = match resolved {
        Return::Redirect(_, text) | Return::Text(_, text) => Some(text),
        Return::Status(_) | Return::Close => None,
    };
    let names_root = text.is_some_and(|text| has_variable(text, OF_ROOT));
    let has_locations = find(block, "location").is_some();
    // What is written beside locations is theirs, too.
    let is_inherited = has_locations && (!is_server || block.directives.iter().any(is_named));
    for directive in &block.directives {
        let name = directive.name.text().unwrap_or_default();
        let is_unheard = !is_inherited && is_for_files(name);
        if is_unheard && !(names_root && ["root", "alias"].contains(&name)) {
            diagnostics.push(unheard(directive, answer, name));
        }
    }
    if is_server {
        check_locations(answer, block, diagnostics);
    }
}

/// Reports that a `return` of the server comes before any location is looked for: once, however
/// many there are. An `error_page` leads to named ones still.
fn check_locations(answer: &Directive, block: &Block, diagnostics: &mut Diagnostics) {
    let is_location = |directive: &&Directive| directive.name.value == b"location";
    let mut dead = block.directives.iter().filter(is_location).filter(|found| !is_named(found));
    let Some(first) = dead.next() else { return };
    let diagnostic = unheard(first, answer, "location");
    diagnostics.push(match dead.count() {
        0 => diagnostic,
        1 => diagnostic.note("nor has the other one"),
        more => diagnostic.note(format!("nor have the {more} others")),
    });
}

fn unheard(directive: &Directive, answer: &Directive, name: &str) -> Diagnostic {
    Diagnostic::warning("D08", directive.span(), format!("`{name}` has no effect here"))
        .label("never looked at")
        .also(answer.span(), "this answers before")
        .help("delete it, or give `return` a `location` of its own")
}

/// Whether it is a `location @name`.
fn is_named(directive: &Directive) -> bool {
    directive.name.value == b"location"
        && directive.args.first().is_some_and(|word| word.value.starts_with(b"@"))
}

/// Reports what a request may put into the target of a redirect.
fn check_target(
    subject: &Subject<'_>,
    id: LocationId,
    directive: &Directive,
    target: &Value,
    diagnostics: &mut Diagnostics,
) {
    let Some(place) = directive.args.last().map(|word| word.span) else { return };
    if has_variable(target, &["uri", "document_uri"]) {
        diagnostics.push(decoded(place));
    }
    let of_client = |piece: &Piece| match piece {
        Piece::Variable(Variable::Simple(name)) => *name == "host",
        Piece::Variable(Variable::RequestField(name)) => name == b"host",
        _ => false,
    };
    let server = subject.places.locations[id as usize].server;
    let takes_all = subject.site.listens.iter().any(|listen| listen.default_server == server);
    if takes_all && target.0.iter().take(2).any(of_client) {
        diagnostics.push(
            Diagnostic::lint("X05", place, "the client chooses where this leads")
                .note("this server is a default one: it takes requests for any host")
                .help("write the name, or let another server be the default and turn others away"),
        );
    }
}

/// `$uri` in the target of a redirect, which is encoded again.
fn decoded(place: Span) -> Diagnostic {
    let message = "`$uri` is decoded: it may hold anything, line breaks too";
    Diagnostic::lint("X06", place, message)
        .help("`$request_uri` is what the client sent, arguments included")
        .note("sitec encodes the target again; nginx sends it as it is")
}

fn has_variable(value: &Value, names: &[&str]) -> bool {
    value.0.iter().any(|piece| match piece {
        Piece::Variable(Variable::Simple(name)) => names.contains(name),
        _ => false,
    })
}

fn find<'a>(block: &'a Block, name: &str) -> Option<&'a Directive> {
    block.directives.iter().find(|directive| directive.name.value == name.as_bytes())
}
