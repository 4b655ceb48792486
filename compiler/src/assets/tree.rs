//! What is beneath a directory, as requests would find it there: symlinks are followed while
//! they stay beneath it, or wherever they lead.

use std::collections::VecDeque;
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

use sitec_runtime::pure::is_hidden;
use sitec_runtime::site::Follow;

use crate::files::{Files, Kind};
use crate::ir::{PackKind, PackNode};

/// Symlinks on the way to a file, as many as the server follows.
const MAX_LINKS: usize = 40;

/// What is looked for.
#[derive(Clone, Copy)]
pub(crate) struct Rules {
    /// Which symlinks are followed. Whose they are while the site is built says nothing.
    pub(crate) follow: Follow,
    /// Whether names that begin with a dot are wanted.
    pub(crate) hidden: bool,
}

/// All nodes beneath `root`, itself first, by path. A symlink to a directory that it stands in
/// is left out: there would be no end. What symlinks lead to outside of `root` is added to
/// `outside`. Errors name the path.
pub(crate) fn walk(
    files: &dyn Files,
    root: &Path,
    rules: Rules,
    outside: &mut Vec<PathBuf>,
) -> Result<Vec<PackNode>, (PathBuf, io::Error)> {
    let mut walk = Walk { files, root, rules, outside, nodes: Vec::new() };
    let modified_s = files.status(root).map_or(0, |status| status.modified_s);
    let source = root.to_owned();
    walk.nodes.push(PackNode {
        path: Vec::new(),
        kind: PackKind::Directory,
        source: source.clone(),
        len: 0,
        modified_s,
    });
    walk.directory(b"", &mut vec![source])?;
    walk.nodes.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(walk.nodes)
}

/// Where a name leads.
enum Place {
    /// To this path.
    At(PathBuf),
    /// To nothing, or to where requests may not come.
    Nowhere,
    /// Nowhere, and whoever asks is refused: the symlink may not be followed, or leads round in
    /// circles.
    Barred,
}

struct Walk<'a> {
    files: &'a dyn Files,
    root: &'a Path,
    rules: Rules,
    outside: &'a mut Vec<PathBuf>,
    nodes: Vec<PackNode>,
}

impl Walk<'_> {
    /// Adds what is in the directory at `path`. `above` are the places of this directory, which is
    /// the last of them, and of those around it.
    fn directory(
        &mut self,
        path: &[u8],
        above: &mut Vec<PathBuf>,
    ) -> Result<(), (PathBuf, io::Error)> {
        let Some(here) = above.last().cloned() else { return Ok(()) };
        let names = self.files.names(&here).map_err(|error| (here.clone(), error))?;
        for name in names {
            let slash: &[u8] = if path.is_empty() { b"" } else { b"/" };
            let path = [path, slash, name.as_bytes()].concat();
            if is_hidden(&path) && !self.rules.hidden {
                continue;
            }
            let source = match self.resolve(&here, &name) {
                Place::At(source) => source,
                Place::Nowhere => continue,
                Place::Barred => {
                    let (kind, source) = (PackKind::Barred, here.join(&name));
                    self.nodes.push(PackNode { path, kind, source, len: 0, modified_s: 0 });
                    continue;
                }
            };
            let status = self.files.status(&source).map_err(|error| (source.clone(), error))?;
            let kind = match status.kind {
                Kind::File => PackKind::File,
                Kind::Directory => PackKind::Directory,
                Kind::Other => PackKind::Special,
            };
            let is_directory = kind == PackKind::Directory;
            if is_directory && above.contains(&source) {
                continue;
            }
            let len = if is_directory { 0 } else { status.len };
            let node = PackNode { path, kind, source, len, modified_s: status.modified_s };
            let (path, source) = (node.path.clone(), node.source.clone());
            self.nodes.push(node);
            if is_directory {
                above.push(source);
                self.directory(&path, above)?;
                above.pop();
            }
        }
        Ok(())
    }

    /// The place of a name in a directory, symlinks resolved.
    fn resolve(&mut self, here: &Path, name: &OsStr) -> Place {
        let path = here.join(name);
        match self.files.status(&path) {
            Err(_) => return Place::Nowhere,
            Ok(status) if status.link.is_none() => return Place::At(path),
            Ok(_) if self.rules.follow == Follow::Never => return Place::Barred,
            Ok(_) => {}
        }
        let place = self.beneath(&path);
        if self.rules.follow == Follow::Anywhere
            && matches!(place, Place::Nowhere)
            && let Some(place) = self.files.real(&path)
        {
            self.outside.push(place.clone());
            return Place::At(place);
        }
        place
    }

    /// The place that a path beneath the root leads to, if it and all links on the way are
    /// beneath the root too.
    fn beneath(&self, path: &Path) -> Place {
        let Ok(path) = path.strip_prefix(self.root) else { return Place::Nowhere };
        let mut left: VecDeque<OsString> = segments(path).into();
        let (mut passed, mut links) = (Vec::new(), 0);
        while let Some(name) = left.pop_front() {
            if name == ".." {
                match passed.pop() {
                    Some(_) => continue,
                    None => return Place::Nowhere,
                }
            }
            passed.push(name);
            let place = self.root.join(passed.iter().collect::<PathBuf>());
            let Ok(status) = self.files.status(&place) else { return Place::Nowhere };
            let Some(mut target) = status.link else { continue };
            passed.pop();
            if target.is_absolute() {
                passed.clear();
                let Some(inside) = self.inside(&target) else { return Place::Nowhere };
                target = inside;
            }
            segments(&target).into_iter().rev().for_each(|name| left.push_front(name));
            links += 1;
            if links > MAX_LINKS {
                return Place::Barred;
            }
        }
        Place::At(self.root.join(passed.iter().collect::<PathBuf>()))
    }

    /// The target of an absolute symlink from the root on, if it leads there by the root's name.
    fn inside(&self, target: &Path) -> Option<PathBuf> {
        let absolute = std::path::absolute(self.root).ok()?;
        let rest = target.strip_prefix(absolute).ok().map(Path::to_owned);
        rest.or_else(|| Some(target.strip_prefix(self.files.real(self.root)?).ok()?.to_owned()))
    }
}

/// The names and `..` of a path.
fn segments(path: &Path) -> Vec<OsString> {
    let names = path.components().filter_map(|component| match component {
        Component::Normal(name) => Some(name.to_owned()),
        Component::ParentDir => Some("..".into()),
        _ => None,
    });
    names.collect()
}
