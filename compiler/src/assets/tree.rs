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
            let Some(source) = self.resolve(&here, &name) else { continue };
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

    /// The place of a name in a directory, symlinks resolved; `None` where a request could not
    /// follow them.
    fn resolve(&mut self, here: &Path, name: &OsStr) -> Option<PathBuf> {
        let path = here.join(name);
        let status = self.files.status(&path).ok()?;
        if status.link.is_none() {
            return Some(path);
        }
        if self.rules.follow == Follow::Never {
            return None;
        }
        if let Some(place) = self.beneath(&path) {
            return Some(place);
        }
        let place = self.files.real(&path).filter(|_| self.rules.follow == Follow::Anywhere)?;
        self.outside.push(place.clone());
        Some(place)
    }

    /// The place that a path beneath the root leads to, if it and all links on the way are
    /// beneath the root too.
    fn beneath(&self, path: &Path) -> Option<PathBuf> {
        let mut left: VecDeque<OsString> = segments(path.strip_prefix(self.root).ok()?).into();
        let (mut passed, mut links) = (Vec::new(), 0);
        while let Some(name) = left.pop_front() {
            if name == ".." {
                passed.pop()?;
                continue;
            }
            passed.push(name);
            let place = self.root.join(passed.iter().collect::<PathBuf>());
            let Some(target) = self.files.status(&place).ok()?.link else { continue };
            links += 1;
            passed.pop();
            let target = if target.is_absolute() {
                passed.clear();
                self.inside(&target)?
            } else {
                target
            };
            segments(&target).into_iter().rev().for_each(|name| left.push_front(name));
            if links > MAX_LINKS {
                return None;
            }
        }
        Some(self.root.join(passed.iter().collect::<PathBuf>()))
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
