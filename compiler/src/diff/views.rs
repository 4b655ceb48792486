//! Disks that decide nothing: one where every file is, one where none is, and one that lacks what
//! is asked for and nothing else.

use std::io;
use std::path::{Path, PathBuf};

use crate::files::{Files, Kind, Status};

/// Which files are there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Disk {
    /// Whatever is looked for is a file.
    All,
    /// All but those that have the name that the request ends in.
    Without,
    /// Nothing is there.
    Nothing,
}

/// A disk, as one request finds it.
pub(super) struct View {
    disk: Disk,
    /// The last name of the request's path.
    name: Vec<u8>,
}

impl View {
    /// The disk for a path.
    pub(super) fn of(disk: Disk, path: &[u8]) -> View {
        let mut names = path.split(|&byte| byte == b'/').rev();
        let name = names.find(|name| !name.is_empty()).unwrap_or_default();
        View { disk, name: name.to_vec() }
    }

    fn has(&self, path: &Path) -> bool {
        match self.disk {
            Disk::All => true,
            Disk::Without => {
                path.file_name().is_none_or(|name| name.as_encoded_bytes() != self.name)
            }
            Disk::Nothing => false,
        }
    }
}

impl Files for View {
    fn read(&self, _path: &Path) -> io::Result<Vec<u8>> {
        Err(io::ErrorKind::NotFound.into())
    }

    fn kind(&self, path: &Path) -> Option<Kind> {
        self.has(path).then_some(Kind::File)
    }

    fn glob(&self, _pattern: &str) -> Result<Vec<PathBuf>, String> {
        Ok(Vec::new())
    }

    fn list(&self, _directory: &Path) -> io::Result<Vec<(String, Kind)>> {
        Ok(Vec::new())
    }

    fn status(&self, path: &Path) -> io::Result<Status> {
        match self.has(path) {
            // Enough for a few ranges, and older than any condition.
            true => Ok(Status {
                kind: Kind::File,
                len: 1000,
                modified_s: 0,
                modified_ns: 0,
                link: None,
            }),
            false => Err(io::ErrorKind::NotFound.into()),
        }
    }

    fn is_executable(&self, path: &Path) -> bool {
        self.has(path)
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
