//! Whether the files are there that `index` names: a site's front page, and that of each folder
//! whose location names one.

use std::collections::BTreeSet;

use sitec_runtime::site::{LocationId, ServerId};

use super::Tree;
use crate::answer::{Answer, Looker, Step};
use crate::audit::Subject;
use crate::audit::asking::Asking;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::ir::{Action, Handler, Value};

/// Reports servers whose front page is a folder without an index.
pub(super) fn check(subject: &Subject<'_>, diagnostics: &mut Diagnostics) {
    let asking = Asking::new(subject);
    let mut reported = BTreeSet::new();
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
        let names = subject.settings(location).index.iter().filter_map(Value::literal);
        let names: Vec<_> = names.map(|name| String::from_utf8_lossy(name)).collect();
        let tree = subject.tree(&subject.settings(location).base);
        let is_bare = |tree: &Tree| !names.iter().any(|name| tree.files.iter().any(|f| f == name));
        let Some(span) = subject.base_span(location).filter(|_| serves) else { continue };
        if !tree.is_some_and(is_bare) {
            continue;
        }
        let Some(answer) = asking.get_from(id, "/") else { continue };
        let given = given(&answer);
        let is_here = answer.deciding().last() == Some(&location);
        if !matches!(given, Some(403 | 404)) || !is_here || !answer.doubts.is_empty() {
            continue;
        }
        let message = match &names[..] {
            [] => "there is nothing here that `index` names".to_owned(),
            names => format!("there is no `{}` here", names.join("` or `")),
        };
        diagnostics.push(
            Diagnostic::warning("F02", span, message)
                .label(format!("`GET /` is always answered {}", given.unwrap_or(403)))
                .help("add one, name another with `index`, or list the folder: `autoindex on;`")
                .of_this_disk(subject.is_certain_of(&answer)),
        );
        reported.insert(location);
    }
    for id in 0..subject.site.locations.len() as LocationId {
        if !reported.contains(&id) {
            diagnostics.extend(named_by_location(subject, &asking, id));
        }
    }
}

/// What to say of a location whose own `index` names nothing that is in its folder.
fn named_by_location(
    subject: &Subject<'_>,
    asking: &Asking<'_>,
    id: LocationId,
) -> Option<Diagnostic> {
    let block = subject.block(id)?.block.as_ref()?;
    let directive = block.directives.iter().find(|d| d.name.value == b"index")?;
    let place = &subject.places.locations[id as usize];
    let path = place.written.rsplit(' ').next()?;
    let is_folder = path.starts_with('/') && path.ends_with('/') && !place.written.starts_with('~');
    if !is_folder || subject.location(id).internal {
        return None;
    }
    let answer = asking.get_from(place.server, path)?;
    let looked = |step: &Step| matches!(step, Step::Looked { by: Looker::Index, .. });
    let status = given(&answer).filter(|status| matches!(status, 403 | 404))?;
    if answer.deciding().last() != Some(&id)
        || !answer.steps.iter().any(looked)
        || !asking.is_settled(&answer)
    {
        return None;
    }
    let names: Vec<_> = directive.args.iter().map(|word| word.shown()).collect();
    let message = format!("there is no `{}` here", names.join("` or `"));
    Some(
        Diagnostic::warning("F02", directive.args.first()?.span, message)
            .label(format!("`GET {path}` is always answered {status}"))
            .help("add one, name another, or list the folder: `autoindex on;`"),
    )
}

/// The status that a location gives first.
fn given(answer: &Answer) -> Option<u16> {
    answer.steps.iter().find_map(|step| match step {
        Step::Status { status, .. } => Some(*status),
        _ => None,
    })
}
