//! What the compiler asks of a file system, so that tests need no disk and another root can
//! stand in.

use std::collections::BTreeMap;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Component, Path, PathBuf};

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

    /// Whether `path` is a regular file that somebody may execute.
    fn is_executable(&self, path: &Path) -> bool;

    /// The folders that programs are looked for in.
    fn search_path(&self) -> Vec<PathBuf>;
}

/// A pattern matches as glob(3) does it for nginx: no slash, and no dot at a name's start.
const GLOB_OPTIONS: glob::MatchOptions = glob::MatchOptions {
    case_sensitive: true,
    require_literal_separator: true,
    require_literal_leading_dot: true,
};

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
        let paths = glob::glob_with(pattern, GLOB_OPTIONS).map_err(|error| error.msg.to_owned())?;
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

    fn is_executable(&self, path: &Path) -> bool {
        let executable = |data: std::fs::Metadata| data.permissions().mode() & 0o111 != 0;
        self.kind(path) == Some(Kind::File) && std::fs::metadata(path).is_ok_and(executable)
    }

    fn search_path(&self) -> Vec<PathBuf> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        std::env::split_paths(&path).filter(|folder| folder.is_absolute()).collect()
    }
}

/// Files that are not on any disk, for tests: each a path and its bytes. A folder is there
/// if a file is in it. Those beneath a folder `bin` are executable, and `/usr/bin` is searched
/// for programs.
#[derive(Default, Clone, Debug)]
pub struct Memory {
    files: BTreeMap<PathBuf, Vec<u8>>,
}

impl Memory {
    /// These files.
    pub fn new<'a, B: AsRef<[u8]>>(files: impl IntoIterator<Item = (&'a str, B)>) -> Self {
        let files = files.into_iter();
        Memory {
            files: files.map(|(path, bytes)| (plain(path), bytes.as_ref().to_vec())).collect(),
        }
    }
}

#[cfg(test)]
impl Memory {
    /// Adds a file.
    pub(crate) fn add(&mut self, path: &str, text: &str) {
        self.files.insert(plain(path), text.into());
    }

    /// Adds a file that its owner alone can read.
    pub(crate) fn add_private(&mut self, path: &str) {
        self.add(path, "");
    }

    /// Adds a symlink.
    pub(crate) fn add_link(&mut self, path: &str, _target: &str) {
        self.add(path, "");
    }
}

/// `path` without `.` components.
fn plain(path: impl AsRef<Path>) -> PathBuf {
    path.as_ref().components().filter(|component| *component != Component::CurDir).collect()
}

impl Files for Memory {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        match self.kind(path) {
            Some(Kind::Directory) => Err(io::ErrorKind::IsADirectory.into()),
            _ => self.files.get(&plain(path)).cloned().ok_or(io::ErrorKind::NotFound.into()),
        }
    }

    fn kind(&self, path: &Path) -> Option<Kind> {
        let path = plain(path);
        if self.files.contains_key(&path) {
            return Some(Kind::File);
        }
        self.files.keys().any(|file| file.starts_with(&path)).then_some(Kind::Directory)
    }

    fn glob(&self, pattern: &str) -> Result<Vec<PathBuf>, String> {
        let pattern = glob::Pattern::new(pattern.strip_prefix("./").unwrap_or(pattern))
            .map_err(|error| error.msg.to_owned())?;
        let files = self.files.keys().filter(|path| pattern.matches_path_with(path, GLOB_OPTIONS));
        Ok(files.cloned().collect())
    }

    fn list(&self, directory: &Path) -> io::Result<Vec<(String, Kind)>> {
        let directory = plain(directory);
        let mut names = BTreeMap::new();
        for file in self.files.keys() {
            let Ok(rest) = file.strip_prefix(&directory) else { continue };
            let mut components = rest.components();
            let Some(name) = components.next() else { continue };
            let kind = if components.next().is_some() { Kind::Directory } else { Kind::File };
            names.insert(name.as_os_str().to_string_lossy().into_owned(), kind);
        }
        if names.is_empty() {
            Err(io::ErrorKind::NotFound.into())
        } else {
            Ok(names.into_iter().collect())
        }
    }

    fn is_executable(&self, path: &Path) -> bool {
        let mut folders = path.parent().into_iter().flat_map(Path::components);
        self.kind(path) == Some(Kind::File) && folders.any(|name| name.as_os_str() == "bin")
    }

    fn search_path(&self) -> Vec<PathBuf> {
        vec!["/usr/bin".into()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_in_memory_answer_as_those_on_disk() {
        let files = Memory::new([("site.conf", "a"), ("d/b.conf", "b"), ("d/.c.conf", "c")]);
        assert_eq!(files.read(Path::new("./d/b.conf")).unwrap(), b"b");
        assert_eq!(files.kind(Path::new("d")), Some(Kind::Directory));
        assert_eq!(files.kind(Path::new("d/b.conf")), Some(Kind::File));
        assert_eq!(files.kind(Path::new("e")), None);
        assert_eq!(files.glob("d/*.conf").unwrap(), [Path::new("d/b.conf")]);
        assert_eq!(files.glob("*.conf").unwrap(), [Path::new("site.conf")]);
        let names = files.list(Path::new("")).unwrap();
        assert_eq!(names, [("d".into(), Kind::Directory), ("site.conf".into(), Kind::File)]);
        assert!(files.list(Path::new("e")).is_err());
    }
}
