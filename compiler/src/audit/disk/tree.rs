//! The folders that files are served from, each walked once.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use sitec_runtime::site::LocationId;

use crate::answer::End;
use crate::audit::Subject;
use crate::audit::asking::Asking;
use crate::files::{Files, Kind};
use crate::ir::{Action, FileBase, Handler};
use crate::source::Span;

/// The most names in one folder and those within it; of larger ones nothing is said.
const MOST_NAMES: usize = 20_000;

/// A folder that is served.
pub(crate) struct Tree {
    /// Its path, as the conf has it.
    pub(crate) name: String,
    /// Where it is.
    pub(crate) path: PathBuf,
    /// The `root` or `alias` that names it.
    pub(super) span: Span,
    /// The locations whose files are there.
    pub(crate) locations: Vec<LocationId>,
    /// The files in it, as paths from there, in the order of their bytes.
    pub(crate) files: Vec<String>,
    /// The symlinks in it that lead out of it; nothing behind them is looked at.
    pub(super) escapes: Vec<String>,
}

impl Tree {
    /// The path of a URL that a location finds a file of this folder by, if it has the URL.
    pub(crate) fn url(&self, subject: &Subject<'_>, id: LocationId, file: &str) -> Option<String> {
        let base = &subject.settings(id).base;
        let written = &subject.places.locations[id as usize].written;
        let path = written.rsplit(' ').next().unwrap_or_default();
        let front = if base.alias { path.get(..base.replaced_len)? } else { "" };
        Some(format!("{}/{file}", front.trim_end_matches('/')))
    }
}

impl Asking<'_> {
    /// The path of the URL by which a client gets a file of a location, if one does.
    pub(in crate::audit) fn served(
        &self,
        tree: &Tree,
        id: LocationId,
        file: &str,
    ) -> Option<String> {
        let url = tree.url(self.subject, id, file)?;
        let server = self.subject.places.locations[id as usize].server;
        let answer = self.get_from(server, &url)?;
        let is_it = matches!(&answer.end, End::File(found) if *found == tree.path.join(file));
        (is_it && answer.status == Some(200)).then_some(url)
    }
}

/// All of them, by the path that the conf has.
pub(crate) struct Trees(BTreeMap<String, Tree>);

impl Trees {
    /// The folders of a site that are there.
    pub(crate) fn of_site(subject: &Subject<'_>) -> Trees {
        let mut trees = BTreeMap::new();
        let mut by_folder: BTreeMap<&str, Vec<LocationId>> = BTreeMap::new();
        for id in 0..subject.site.locations.len() as LocationId {
            let serves = match &subject.location(id).action {
                Action::Serve { handler: Handler::Proxy(_), try_files } => try_files.is_some(),
                Action::Serve { .. } => true,
                Action::Return(_) => false,
            };
            if serves && let Some(folder) = subject.base_name(&subject.settings(id).base) {
                by_folder.entry(folder).or_default().push(id);
            }
        }
        for (name, locations) in by_folder {
            let (name, path) = (name.to_owned(), subject.folder.join(name));
            let span = locations.iter().find_map(|&id| subject.base_span(id));
            let Some(span) = span else { continue };
            if let Some((files, escapes)) = walk(subject.files, &path) {
                let tree = Tree { name: name.clone(), path, span, locations, files, escapes };
                trees.insert(name, tree);
            }
        }
        Trees(trees)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Tree> {
        self.0.values()
    }
}

impl Subject<'_> {
    /// The folders that files are served from.
    pub(crate) fn trees(&self) -> &Trees {
        self.trees.get_or_init(|| Trees::of_site(self))
    }

    /// The folder of a location's files.
    pub(crate) fn tree(&self, base: &FileBase) -> Option<&Tree> {
        self.trees().0.get(self.base_name(base)?)
    }
}

/// The files beneath a folder, and the links that lead out of it; `None` if there are too
/// many, or no folder.
fn walk(files: &dyn Files, root: &Path) -> Option<(Vec<String>, Vec<String>)> {
    if files.kind(root) != Some(Kind::Directory) {
        return None;
    }
    let real_root = files.real(root);
    let leaves = |path: &Path| {
        let real_root = real_root.as_ref()?;
        files
            .is_link(path)
            .then(|| files.real(path))
            .flatten()
            .map(|real| !real.starts_with(real_root))
    };
    let (mut found, mut escapes, mut left) = (Vec::new(), Vec::new(), MOST_NAMES);
    let mut folders = vec![(root.to_owned(), String::new())];
    while let Some((folder, name)) = folders.pop() {
        for (entry, kind) in files.list(&folder).unwrap_or_default() {
            left = left.checked_sub(1)?;
            let (path, relative) = (folder.join(&entry), format!("{name}{entry}"));
            let is_link = files.is_link(&path);
            match kind {
                _ if is_link && leaves(&path) == Some(true) => escapes.push(relative),
                // A link within the folder may lead round in a circle.
                Kind::Directory if is_link => {}
                Kind::Directory => folders.push((path, format!("{relative}/"))),
                Kind::File => found.push(relative),
                Kind::Other => {}
            }
        }
    }
    found.sort();
    escapes.sort();
    Some((found, escapes))
}
