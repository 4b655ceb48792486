//! Which folders and files the paths of a site mean: the one place that says so of a site as it is
//! built. What a request makes of a path is the business of `answer`.

use std::path::{Component, Path, PathBuf};

use sitec_runtime::site::{DirectoryId, LocationId};

use super::Subject;
use crate::ir::{self, Action, FileBase};

impl<'a> Subject<'a> {
    /// A directory in the conf's words; `None` where a `param` is part of it.
    pub(super) fn directory_name(&self, id: DirectoryId) -> Option<&'a str> {
        ir::known_text(self.site.directories.get(usize::from(id))?)
    }

    /// Where that directory is.
    pub(super) fn directory(&self, id: DirectoryId) -> Option<PathBuf> {
        Some(plain(&self.folder.join(self.directory_name(id)?)))
    }

    /// The folder of a `root` or `alias` in the conf's words; `None` where a `param` or a request
    /// is part of it, or paths are not put behind it.
    pub(super) fn base_name(&self, base: &FileBase) -> Option<&'a str> {
        let paths_follow = base.inner.literal()?.is_empty() && base.append_path;
        paths_follow.then(|| self.directory_name(base.directory)).flatten()
    }

    /// Where that folder is.
    pub(super) fn base_folder(&self, base: &FileBase) -> Option<PathBuf> {
        Some(plain(&self.folder.join(self.base_name(base)?)))
    }

    /// The folder that the paths of a location lie in.
    pub(super) fn paths_folder(&self, id: LocationId) -> Option<PathBuf> {
        let base = &self.settings(id).base;
        let rest = self.places.locations[id as usize].prefix.get(base.replaced_len..)?;
        let rest = std::str::from_utf8(rest).ok()?.trim_matches('/');
        Some(plain(&self.base_folder(base)?.join(rest)))
    }

    /// The directory beneath which clients of a location write.
    pub(super) fn written_directory(&self, id: LocationId) -> Option<DirectoryId> {
        let Action::Serve { handler, .. } = &self.location(id).action else { return None };
        handler.writes_beneath(&self.settings(id).base)
    }
}

/// A path in the one form that all have.
fn plain(path: &Path) -> PathBuf {
    path.components().filter(|component| *component != Component::CurDir).collect()
}
