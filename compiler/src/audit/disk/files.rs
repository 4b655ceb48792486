//! Files that are served otherwise than they look, or not at all.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use sitec_runtime::http::accept::Coding;
use sitec_runtime::site::{Beside, Follow, LocationId};

use super::Tree;
use super::secrets::is_secret_name;
use crate::audit::Subject;
use crate::audit::asking::Asking;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::ir::{Action, Handler};

/// The most files whose way to a client is looked for.
const MOST_ASKED: usize = 200;

/// How many names a message shows.
const SHOWN: usize = 5;

/// A checkout writes files in any order; so much between two of them tells nothing.
const SAME_TIME: Duration = Duration::from_secs(2);

/// Looks at the files of one folder.
pub(super) fn check(subject: &Subject<'_>, tree: &Tree, diagnostics: &mut Diagnostics) {
    let found = [
        escapes(subject, tree),
        same_but_for_case(tree),
        unknown_types(subject, tree),
        unreadable(subject, tree),
        stale(subject, tree),
    ];
    let is_certain = subject.is_certain(&tree.path);
    let found = found.into_iter().flatten();
    diagnostics.extend(found.map(|diagnostic| diagnostic.of_this_disk(is_certain)));
}

/// F10: links that lead out of the folder.
fn escapes(subject: &Subject<'_>, tree: &Tree) -> Option<Diagnostic> {
    let first = tree.escapes.first()?;
    let follows = |&id: &LocationId| subject.settings(id).symlinks.follow != Follow::Never;
    // Where the conf says that no link is followed, links are known of.
    if !tree.locations.iter().any(follows) {
        return None;
    }
    let target = subject.files.real(&tree.path.join(first))?;
    let (name, target) = (join(tree, first), target.display().to_string());
    let message = format!("the link `{name}` leads to `{target}`, outside of `{}`", tree.name);
    let followed =
        tree.locations.iter().any(|&id| subject.settings(id).symlinks.follow == Follow::Anywhere);
    let label = if followed { "it is served" } else { "it is not served" };
    let diagnostic = Diagnostic::warning("F10", tree.span, message).label(label);
    let diagnostic = match tree.escapes.len() {
        1 => diagnostic,
        count => diagnostic.note(format!("there are {} more", count - 1)),
    };
    Some(match followed {
        true => diagnostic.help("without `disable_symlinks off`, links stay beneath the root"),
        false => diagnostic.help("`disable_symlinks off;` lets links lead anywhere"),
    })
}

/// F14: names that are one name to some file systems, and to some readers.
fn same_but_for_case(tree: &Tree) -> Option<Diagnostic> {
    let mut by_name: BTreeMap<String, &str> = BTreeMap::new();
    let same = tree.files.iter().find_map(|file| {
        let earlier = by_name.insert(file.to_lowercase(), file)?;
        Some((earlier, file))
    });
    let (first, second) = same?;
    let message =
        format!("`{}` and `{}` differ only by case", join(tree, first), join(tree, second));
    let help = "rename one of them: where case does not count, one takes the other's place";
    Some(Diagnostic::warning("F14", tree.span, message).help(help))
}

/// F11: extensions without a type, where nobody has said what such files are.
fn unknown_types(subject: &Subject<'_>, tree: &Tree) -> Option<Diagnostic> {
    let mut known = BTreeSet::new();
    for &id in &tree.locations {
        let settings = subject.settings(id);
        let serves_files =
            matches!(subject.location(id).action, Action::Serve { handler: Handler::Files, .. });
        if !serves_files || settings.default_type != b"text/plain" {
            return None;
        }
        known.extend(subject.site.types[usize::from(settings.types)].iter().map(|(name, _)| name));
    }
    let is_unknown = |file: &&String| {
        let name = file.rsplit('/').next().unwrap_or(file);
        let is_hidden = file.split('/').any(|name| name.starts_with('.'));
        let extension = name.rsplit_once('.').filter(|(stem, _)| !stem.is_empty());
        extension.is_some_and(|(_, extension)| {
            let lower = extension.to_ascii_lowercase().into_bytes();
            !is_hidden
                && !known.contains(&lower)
                && is_plain(extension)
                && !is_secret_name(subject, &tree.path.join(file.as_str()))
        })
    };
    let asking = Asking::new(subject);
    let is_sent =
        |file: &&String| tree.locations.iter().any(|&id| asking.served(tree, id, file).is_some());
    let unknown = tree.files.iter().filter(is_unknown).take(MOST_ASKED);
    let unknown: Vec<_> = unknown.filter(is_sent).collect();
    let message = match unknown.len() {
        0 => return None,
        1 => "a file here has no known type, and is sent as text/plain".to_owned(),
        count => format!("{count} files here have no known type, and are sent as text/plain"),
    };
    Some(
        Diagnostic::warning("F11", tree.span, message)
            .note(list(tree, &unknown))
            .help("name the types in `types { }`, or what such files are by `default_type`"),
    )
}

/// Whether an extension looks like one: a version number at the end of a name is none.
fn is_plain(extension: &str) -> bool {
    extension.starts_with(|first: char| first.is_ascii_alphabetic())
        && extension.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// F15: files that only their owner can read. Where all of them are so, it is meant, unless
/// the server becomes another user.
fn unreadable(subject: &Subject<'_>, tree: &Tree) -> Option<Diagnostic> {
    let becomes = &subject.site.process.user;
    let mask = if becomes.is_some() { 0o004 } else { 0o044 };
    let is_private = |file: &&String| {
        let mode = subject.files.mode(&tree.path.join(file.as_str()));
        mode.is_some_and(|mode| mode & mask == 0)
    };
    let private: Vec<_> = tree.files.iter().filter(is_private).collect();
    if private.is_empty() || becomes.is_none() && private.len() == tree.files.len() {
        return None;
    }
    let first = join(tree, private[0]);
    let message = match becomes {
        Some(user) => {
            format!("`{user}`, whom the server becomes, may not be able to read `{first}`")
        }
        None => format!("nobody but its owner can read `{first}`"),
    };
    let diagnostic = Diagnostic::warning("F15", tree.span, message);
    let diagnostic = diagnostic.help(format!("`chmod go+r {first}`"));
    Some(match private.len() {
        1 => diagnostic,
        _ => diagnostic.note(list(tree, &private)),
    })
}

/// F13: compressed files that are older than what they were made from.
fn stale(subject: &Subject<'_>, tree: &Tree) -> Option<Diagnostic> {
    let uses = |coding: &Coding| {
        let is_sent = |id: &LocationId| subject.settings(*id).beside(*coding) != Beside::Off;
        tree.locations.iter().any(is_sent)
    };
    let used: Vec<_> = Coding::ORDER.into_iter().filter(uses).collect();
    let source = |file: &str| {
        used.iter().find_map(|coding| file.strip_suffix(coding.ending()).map(str::to_owned))
    };
    let modified = |file: &str| subject.files.modified(&tree.path.join(file));
    let is_stale = |file: &&String| {
        let source = source(file).and_then(|source| modified(&source));
        let later = source.zip(modified(file)).map(|(source, own)| source.duration_since(own));
        matches!(later, Some(Ok(later)) if later > SAME_TIME)
    };
    let stale: Vec<_> = tree.files.iter().filter(is_stale).collect();
    let first = join(tree, stale.first()?);
    let source = source(&first).unwrap_or_default();
    let message = format!("`{first}` is older than `{source}`, and is sent in its place");
    let diagnostic = Diagnostic::warning("F13", tree.span, message).help("compress it again");
    Some(match stale.len() {
        1 => diagnostic,
        _ => diagnostic.note(list(tree, &stale)),
    })
}

fn join(tree: &Tree, file: &str) -> String {
    format!("{}/{file}", tree.name.trim_end_matches('/'))
}

/// The first of some files, and how many there are.
fn list(tree: &Tree, files: &[&String]) -> String {
    let shown: Vec<_> = files.iter().take(SHOWN).map(|file| join(tree, file)).collect();
    match files.len() {
        count if count > SHOWN => format!("{} and {} more", shown.join(", "), count - SHOWN),
        _ => shown.join(", "),
    }
}
