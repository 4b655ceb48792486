//! Fallbacks that answer for files that are missing: a page where a style sheet was asked for.

use sitec_runtime::site::{LocationId, ServerId};

use super::Subject;
use super::asking::Asking;
use crate::answer::End;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::ir::{Action, Fallback, TryFiles};

/// What pages ask for, and never is a page.
const ASSETS: &[&str] = &["js", "css", "png", "svg", "woff2"];

/// Reports them.
pub(super) fn check(subject: &Subject<'_>, diagnostics: &mut Diagnostics) {
    let asking = Asking::new(subject);
    for (id, server) in subject.site.servers.iter().enumerate() {
        let root = server.scope.prefix.iter().find(|prefix| prefix.path == b"/");
        let location = root.map_or(server.location, |prefix| prefix.location);
        diagnostics.extend(masked(&asking, id as ServerId, location));
    }
}

fn masked(asking: &Asking<'_>, server: ServerId, id: LocationId) -> Option<Diagnostic> {
    let subject = asking.subject;
    let Action::Serve { try_files: Some(try_files), .. } = &subject.location(id).action else {
        return None;
    };
    let TryFiles { fallback: Fallback::Uri(_), .. } = try_files else { return None };
    let missing = missing_asset(subject, id);
    let answer = asking.get_from(server, &missing)?;
    let End::File(file) = &answer.end else { return None };
    let is_page = file.extension().is_some_and(|extension| extension == "html");
    if answer.status != Some(200)
        || !is_page
        || answer.deciding().last() != Some(&id) && answer.deciding().first() != Some(&id)
    {
        return None;
    }
    let block = subject.block(id)?.block.as_ref()?;
    let directive = block.directives.iter().find(|d| d.name.value == b"try_files")?;
    let shown = file.strip_prefix(subject.folder).unwrap_or(file);
    let message = format!("`{missing}`, which is not there, is answered 200 with a page");
    Some(
        Diagnostic::lint("X17", directive.span(), message)
            .note(format!("the page is `{}`", shown.display()))
            .help(
                "let what has an extension be missing: \
                 `location ~ \\.[a-z0-9]+$ { try_files $uri =404; }`",
            )
            .of_this_disk(subject.is_certain_of(&answer)),
    )
}

/// The path of a file that is not there, beside one that is if there is any.
fn missing_asset(subject: &Subject<'_>, id: LocationId) -> String {
    let tree = subject.tree(&subject.settings(id).base);
    let files = tree.iter().flat_map(|tree| &tree.files);
    let is_asset = |file: &&String| {
        let extension = file.rsplit_once('.').map(|(_, extension)| extension);
        extension.is_some_and(|extension| ASSETS.contains(&extension))
    };
    let found = files.into_iter().find(is_asset);
    let Some(found) = found else { return "/assets/missing.js".to_owned() };
    let (folder, name) =
        found.rsplit_once('/').map_or(("", &found[..]), |(folder, name)| (folder, name));
    let extension = name.rsplit_once('.').map_or("js", |(_, extension)| extension);
    let slash = if folder.is_empty() { "" } else { "/" };
    format!("/{folder}{slash}missing.{extension}")
}
