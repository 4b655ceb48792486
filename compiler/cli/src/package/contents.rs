//! What of a site's files goes into a package, and what does not: what it writes is made where it
//! runs, secrets are put there by who runs it, and what lies elsewhere on a machine stays there,
//! but for an image, which is a machine of its own.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path, PathBuf};

use sitec_compiler::needs::{Follow, Needs, What, Written};

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
                What::Folder { .. } | What::Page { .. } | What::File | What::Program => continue,
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
                What::Folder { hidden, follow } => {
                    contents.add_folder((&here, &there), (hidden, follow), prefixes)?;
                }
                What::Page { folder_len, follow } => {
                    let folder = prefixes.here.join(&path.path[..folder_len]);
                    contents.add_page((&here, &there), (&folder, follow), prefixes)?;
                }
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
            // Quotes, colons and the like mean something to those who are told of the folder.
            let name = folder.to_string_lossy();
            if name.contains(|c: char| c.is_control() || "\"\\:$".contains(c)) {
                return Err(format!(
                    "the server writes to `{}`, and neither systemd nor Docker can be told of a folder \
                     that is called so: use letters, digits, spaces, `.`, `-` and `_`",
                    name.escape_debug()
                ));
            }
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

    /// Adds a file that a server opens beneath a folder, unless it would not open it.
    fn add_page(
        &mut self,
        (here, there): (&Path, &Path),
        (folder, follow): (&Path, Follow),
        prefixes: Prefixes<'_>,
    ) -> Result<(), String> {
        let problem = |error| format!("cannot pack `{}`: {error}", here.display());
        let (real, root) = (here.canonicalize(), folder.canonicalize());
        let (real, root) = (real.map_err(problem)?, root.map_err(problem)?);
        // Whatever is a link on the way, the last name tells whose it is.
        let is_straight = here.strip_prefix(folder).is_ok_and(|inner| root.join(inner) == real);
        let refused = if is_straight { None } else { refused(here, &real, &root, follow) };
        match refused {
            Some(reason) => self.left_out.push(format!("{}: {reason}", here.display())),
            None => self.add_file(&real, there, prefixes)?,
        }
        Ok(())
    }

    /// Adds a folder and all that a server can open beneath it: neither secrets, nor what lies
    /// where the server writes, nor what links lead to elsewhere.
    fn add_folder(
        &mut self,
        (here, there): (&Path, &Path),
        (hidden, follow): (bool, Follow),
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
        let secrets = self.secrets.iter().map(|file| {
            prefixes.here.join(file.strip_prefix(prefixes.there).unwrap_or(file)).canonicalize()
        });
        let secrets: BTreeSet<_> = secrets.filter_map(Result::ok).collect();
        while let Some((here, there)) = folders.pop() {
            let problem = |error| format!("cannot pack `{}`: {error}", here.display());
            for entry in fs::read_dir(&here).map_err(problem)? {
                let entry = entry.map_err(problem)?;
                let is_hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
                let (path, at) = (entry.path(), there.join(entry.file_name()));
                if is_hidden && !hidden || self.secrets.contains(&at) || self.is_written(&at) {
                    continue;
                }
                // What a link leads to, as long as the server follows it, too.
                let Ok(real) = path.canonicalize() else {
                    self.left_out.push(format!("{}: the link leads nowhere", path.display()));
                    continue;
                };
                // Whatever it is called here.
                if secrets.contains(&real) {
                    continue;
                }
                let is_link = entry.file_type().map_err(problem)?.is_symlink();
                let follow = if follow == Follow::Anywhere { Follow::Beneath } else { follow };
                if let Some(reason) =
                    is_link.then(|| refused(&path, &real, &root, follow)).flatten()
                {
                    self.left_out.push(format!("{}: {reason}", path.display()));
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

/// Why a link is not followed, if it is not: it stands at `link` and leads to `real`.
fn refused(link: &Path, real: &Path, root: &Path, follow: Follow) -> Option<&'static str> {
    let leads_out = || (!real.starts_with(root)).then_some("the link leads out");
    let owners = || Some((fs::symlink_metadata(link).ok()?.uid(), fs::metadata(real).ok()?.uid()));
    match follow {
        Follow::Anywhere => None,
        Follow::Beneath => leads_out(),
        Follow::SameOwner if owners().is_none_or(|(link, real)| link != real) => {
            Some("the link has another owner than what it leads to")
        }
        Follow::SameOwner => leads_out(),
        Follow::Never => Some("it is a link, and `disable_symlinks` is on"),
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
