//! What of a site's files goes into a package, and what does not: what it writes is made where it
//! runs, secrets are put there by who runs it, and what lies elsewhere on a machine stays there,
//! but for an image, which is a machine of its own.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Component, Path, PathBuf};

use sitec_compiler::needs::{Needs, What, Written};

use super::tree::{Tree, mode_of};

/// What a site's package has of its files.
#[derive(Default)]
pub(super) struct Contents {
    /// Files under the prefix.
    pub(super) own: Tree,
    /// Files that the conf names by absolute paths.
    pub(super) absolute: Tree,
    /// The folders that the server writes to, each once: absolute, on the machine where it runs.
    pub(super) written: Vec<(PathBuf, Written)>,
    /// The files that only who runs the server has.
    pub(super) secrets: Vec<PathBuf>,
    /// What was left out, and why.
    pub(super) left_out: Vec<String>,
}

/// Where the files of a site are: here, and on the machine where it runs.
#[derive(Clone, Copy)]
pub(super) struct Prefixes<'a> {
    pub(super) here: &'a Path,
    pub(super) there: &'a Path,
    /// The folder that packages are written to, which is in none of them.
    pub(super) out: &'a Path,
}

impl Contents {
    /// Gathers what a site needs.
    ///
    /// Errors: a file cannot be read, or is to be written where it cannot be.
    pub(super) fn gather(needs: &Needs, prefixes: Prefixes<'_>) -> Result<Contents, String> {
        let mut contents = Contents::default();
        for path in &needs.paths {
            let there = normal(&prefixes.there.join(&path.path));
            let written = match path.what {
                What::Written(written) => (there, written),
                What::WrittenFile(written) => {
                    let folder = there.parent().unwrap_or(Path::new("/")).to_owned();
                    (folder, written)
                }
                What::Secret => {
                    contents.secrets.push(there);
                    continue;
                }
                What::Folder { .. } | What::File | What::Program => continue,
            };
            // What must be kept is kept, whatever else is written beside it.
            match contents.written.iter_mut().find(|(folder, _)| *folder == written.0) {
                Some((_, kind)) => *kind = written.1.min(*kind),
                None => contents.written.push(written),
            }
        }
        contents.written.sort();
        contents.secrets.sort();
        contents.secrets.dedup();
        for path in &needs.paths {
            let (here, there) = (prefixes.here.join(&path.path), prefixes.there.join(&path.path));
            let there = normal(&there);
            match path.what {
                What::Folder { hidden } => contents.add_folder(&here, &there, hidden, prefixes)?,
                What::File => contents.add_file(&here, &there, prefixes)?,
                // Other programs are those of the machine, which go with its libraries.
                What::Program if Path::new(&path.path).is_relative() => {
                    contents.add_file(&here, &there, prefixes)?
                }
                What::Program | What::Secret | What::Written(_) | What::WrittenFile(_) => {}
            }
        }
        Ok(contents)
    }

    /// What is written in the midst of what is served, and would hide or be hidden.
    pub(super) fn check_written(&self, prefix: &Path) -> Result<(), String> {
        for (folder, written) in &self.written {
            let is_shared = *written != Written::State
                && (self.own.has_files(folder) || self.absolute.has_files(folder));
            if is_shared || prefix.starts_with(folder) {
                return Err(format!(
                    "the server writes to `{}`, where other files of the site are: name a folder \
                     for it alone, or log to `stderr` or `stdout`",
                    folder.display()
                ));
            }
        }
        Ok(())
    }

    /// The tree that a path on the machine belongs to.
    fn tree(&mut self, there: &Path, prefixes: Prefixes<'_>) -> &mut Tree {
        match there.starts_with(prefixes.there) {
            true => &mut self.own,
            false => &mut self.absolute,
        }
    }

    fn add_file(
        &mut self,
        here: &Path,
        there: &Path,
        prefixes: Prefixes<'_>,
    ) -> Result<(), String> {
        let data = fs::metadata(here)
            .map_err(|error| format!("cannot pack `{}`: {error}", here.display()))?;
        self.tree(there, prefixes).copy(there, here, mode_of(&data), 0);
        Ok(())
    }

    /// Adds a folder and all that a server can open beneath it: neither secrets, nor what lies
    /// where the server writes, nor what links lead to elsewhere.
    fn add_folder(
        &mut self,
        here: &Path,
        there: &Path,
        hidden: bool,
        prefixes: Prefixes<'_>,
    ) -> Result<(), String> {
        let root = here
            .canonicalize()
            .map_err(|error| format!("cannot pack `{}`: {error}", here.display()))?;
        if self.is_written(there) {
            return Ok(());
        }
        self.tree(there, prefixes).folder(there, 0);
        let mut folders = vec![(root.clone(), there.to_owned())];
        let mut seen = BTreeSet::from([root.clone()]);
        let out = prefixes.out.canonicalize().ok();
        while let Some((here, there)) = folders.pop() {
            let problem = |error| format!("cannot pack `{}`: {error}", here.display());
            for entry in fs::read_dir(&here).map_err(problem)? {
                let entry = entry.map_err(problem)?;
                let is_hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
                let (path, at) = (entry.path(), there.join(entry.file_name()));
                if is_hidden && !hidden || self.secrets.contains(&at) || self.is_written(&at) {
                    continue;
                }
                // What a link leads to, as long as that is in the same folder.
                let Ok(real) = path.canonicalize() else {
                    self.left_out.push(format!("{}: the link leads nowhere", path.display()));
                    continue;
                };
                if !real.starts_with(&root) {
                    self.left_out.push(format!("{}: the link leads out", path.display()));
                    continue;
                }
                let data = fs::metadata(&real).map_err(problem)?;
                if out.as_deref() == Some(&real) {
                    continue;
                }
                if data.is_dir() {
                    self.tree(&at, prefixes).folder(&at, 0);
                    match seen.insert(real.clone()) {
                        true => folders.push((real, at)),
                        false => self
                            .left_out
                            .push(format!("{}: the link leads into a circle", path.display())),
                    }
                } else if data.is_file() {
                    self.tree(&at, prefixes).copy(&at, &real, mode_of(&data), 0);
                }
            }
        }
        Ok(())
    }

    fn is_written(&self, there: &Path) -> bool {
        self.written
            .iter()
            .any(|(folder, written)| *written == Written::State && there.starts_with(folder))
    }
}

/// A path without `.` and `..`.
pub(super) fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                normal.pop();
            }
            other => normal.push(other),
        }
    }
    normal
}
