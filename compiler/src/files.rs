//! What the compiler asks of a file system, so that tests need no disk and another root can
//! stand in.

use std::io;
use std::path::{Path, PathBuf};

/// What a path is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Kind {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// Something else: a socket, a device.
    Other,
}

/// The questions. Paths are absolute, or relative to the working directory.
pub trait Files {
    /// The bytes of a file.
    fn read(&self, path: &Path) -> io::Result<Vec<u8>>;

    /// What is at `path`, symlinks followed; `None` if nothing is.
    fn kind(&self, path: &Path) -> Option<Kind>;

    /// The paths that match `pattern` (`*`, `?`, `[…]`), sorted by bytes.
    fn glob(&self, pattern: &str) -> Result<Vec<PathBuf>, String>;

    /// The names in a directory, sorted by bytes, and what each is.
    fn list(&self, directory: &Path) -> io::Result<Vec<(String, Kind)>>;
}

/// The file system of this machine.
pub struct Disk;

impl Files for Disk {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        std::fs::read(path)
    }

    fn kind(&self, path: &Path) -> Option<Kind> {
        let metadata = std::fs::metadata(path).ok()?;
        Some(match metadata.file_type() {
            kind if kind.is_dir() => Kind::Directory,
            kind if kind.is_file() => Kind::File,
            _ => Kind::Other,
        })
    }

    fn glob(&self, pattern: &str) -> Result<Vec<PathBuf>, String> {
        let paths = glob::glob(pattern).map_err(|error| error.msg.to_owned())?;
        let mut paths: Vec<_> = paths.filter_map(Result::ok).collect();
        paths.sort();
        Ok(paths)
    }

    fn list(&self, directory: &Path) -> io::Result<Vec<(String, Kind)>> {
        let mut names = Vec::new();
        for entry in std::fs::read_dir(directory)? {
            let entry = entry?;
            let kind = self.kind(&entry.path()).unwrap_or(Kind::Other);
            names.push((entry.file_name().to_string_lossy().into_owned(), kind));
        }
        names.sort();
        Ok(names)
    }
}
