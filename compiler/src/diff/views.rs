//! Two disks that decide nothing: one where every file is, and one where none is.

use std::io;
use std::path::{Path, PathBuf};

use crate::files::{Files, Kind, Status};

/// A disk with all files or none.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum View {
    /// Whatever is looked for is a file.
    All,
    /// Nothing is there.
    Nothing,
}

impl Files for View {
    fn read(&self, _path: &Path) -> io::Result<Vec<u8>> {
        Err(io::ErrorKind::NotFound.into())
    }

    fn kind(&self, _path: &Path) -> Option<Kind> {
        (*self == View::All).then_some(Kind::File)
    }

    fn glob(&self, _pattern: &str) -> Result<Vec<PathBuf>, String> {
        Ok(Vec::new())
    }

    fn list(&self, _directory: &Path) -> io::Result<Vec<(String, Kind)>> {
        Ok(Vec::new())
    }

    fn status(&self, _path: &Path) -> io::Result<Status> {
        Err(io::ErrorKind::NotFound.into())
    }

    fn is_executable(&self, _path: &Path) -> bool {
        *self == View::All
    }

    fn search_path(&self) -> Vec<PathBuf> {
        Vec::new()
    }

    fn mode(&self, _path: &Path) -> Option<u32> {
        None
    }

    fn knows_all(&self) -> bool {
        true
    }
}
