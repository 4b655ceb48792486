//! Files that are nobody's business and lie where they are served.

use std::collections::BTreeSet;
use std::path::Path;

use sitec_runtime::site::{LocationId, ServerId};

use super::Tree;
use crate::audit::Subject;
use crate::audit::asking::Asking;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::ir::known_text;

/// Reports them: as errors if a client gets them, as warnings if only `hidden_files` keeps
/// them back.
pub(super) fn check(subject: &Subject<'_>, diagnostics: &mut Diagnostics) {
    let asking = Asking::new(subject);
    for tree in subject.trees().iter() {
        let secrets = secrets(subject, tree);
        let mut served: Vec<(String, String)> = Vec::new();
        let mut kept: Vec<String> = Vec::new();
        for file in secrets {
            match tree.locations.iter().find_map(|&id| fate(&asking, tree, id, &file)) {
                Some(Fate::Served(url)) => served.push((file, url)),
                Some(Fate::Hidden) => kept.push(file),
                None => {}
            }
        }
        let name = |file: &str| format!("{}/{file}", tree.name.trim_end_matches('/'));
        let is_certain = subject.is_certain(&tree.path);
        if let Some((file, url)) = served.first() {
            let message = format!("`{}` would be served as `{url}`", name(file));
            let others: Vec<_> = served.iter().map(|(file, _)| name(file)).collect();
            let diagnostic = Diagnostic::error("F09", tree.span, message).allowable();
            let diagnostic = with_others(diagnostic, &others).help(
                "move it out of the folder; names that begin with a dot are kept back by \
                 `hidden_files deny`",
            );
            diagnostics.push(diagnostic.of_this_disk(is_certain));
        } else if let Some(file) = kept.first() {
            let message = format!("`{}` lies in a folder that is served", name(file));
            let others: Vec<_> = kept.iter().map(|file| name(file)).collect();
            let diagnostic = Diagnostic::warning("F09", tree.span, message)
                .label("only `hidden_files` keeps it back");
            let diagnostic = with_others(diagnostic, &others).help("move it out of the folder");
            diagnostics.push(diagnostic.of_this_disk(is_certain));
        }
    }
}

fn with_others(diagnostic: Diagnostic, files: &[String]) -> Diagnostic {
    match files {
        [_] => diagnostic,
        [_, others @ ..] => diagnostic.note(format!("so do others: {}", others.join(", "))),
        [] => diagnostic,
    }
}

/// What becomes of a secret.
enum Fate {
    /// It is served at this path.
    Served(String),
    /// It has a hidden name, and is not.
    Hidden,
}

/// What becomes of a file of a location; `None` if nothing.
fn fate(asking: &Asking<'_>, tree: &Tree, id: LocationId, file: &str) -> Option<Fate> {
    let subject = asking.subject;
    if let Some(url) = asking.served(tree, id, file) {
        return Some(Fate::Served(url));
    }
    let url = tree.url(subject, id, file)?;
    let server: ServerId = subject.places.locations[id as usize].server;
    let answer = asking.get_from(server, &url)?;
    let hidden = answer.status == Some(404) && is_hidden(file) && answer.deciding().contains(&id);
    hidden.then_some(Fate::Hidden)
}

fn is_hidden(file: &str) -> bool {
    file.split('/').any(|name| name.starts_with('.'))
}

/// The files of a folder that look like secrets; of a repository, one.
fn secrets(subject: &Subject<'_>, tree: &Tree) -> Vec<String> {
    let mut repositories = BTreeSet::new();
    let mut conf = subject.conf_files();
    // Passwords, whatever the file is called.
    let users = subject.site.users.iter().filter_map(|text| known_text(text));
    conf.extend(users.map(|path| subject.folder.join(path)));
    let mut is_secret = |file: &str| {
        let repository = file.split('/').position(|name| [".git", ".svn", ".hg"].contains(&name));
        if let Some(depth) = repository {
            let folder: Vec<_> = file.split('/').take(depth + 1).collect();
            return repositories.insert(folder.join("/"));
        }
        let path = tree.path.join(file);
        conf.iter().any(|conf| same(conf, &path)) || is_secret_name(subject, &path)
    };
    tree.files.iter().filter(|file| is_secret(file)).cloned().collect()
}

fn same(one: &Path, other: &Path) -> bool {
    let plain = |path: &Path| {
        let parts = path.components().filter(|part| *part != std::path::Component::CurDir);
        parts.collect::<std::path::PathBuf>()
    };
    plain(one) == plain(other)
}

/// Whether a name is one that files have which are nobody's business.
pub(super) fn is_secret_name(subject: &Subject<'_>, path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let extension = path.extension().unwrap_or_default().to_string_lossy();
    match &name[..] {
        ".htpasswd" | ".netrc" | ".pgpass" | ".npmrc" | "id_rsa" | "id_ecdsa" | "id_ed25519" => {
            true
        }
        ".env.example" | ".env.sample" | ".env.template" => false,
        name if name == ".env" || name.starts_with(".env.") => true,
        name if name.ends_with('~') => true,
        _ => match &extension[..] {
            "sql" | "swp" => true,
            "pem" | "key" => holds_private_key(subject, path),
            _ => false,
        },
    }
}

/// Certificates are public, and share their extension with keys.
fn holds_private_key(subject: &Subject<'_>, path: &Path) -> bool {
    let text = subject.files.read(path).unwrap_or_default();
    text.windows(11).any(|window| window == b"PRIVATE KEY")
}
