//! Files as an editor has them: what is not saved yet stands before what is on the disk.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::{Files, Kind, Status, plain};

/// Files, some of which have another content.
pub struct Overlay<'a> {
    files: &'a dyn Files,
    contents: &'a BTreeMap<PathBuf, String>,
}

impl<'a> Overlay<'a> {
    /// `files`, with these contents by their paths, which have no `.` and no `..`.
    pub fn new(files: &'a dyn Files, contents: &'a BTreeMap<PathBuf, String>) -> Overlay<'a> {
        Overlay { files, contents }
    }

    /// The content that a file has here; by its own name, or by the one that its links lead to.
    fn content(&self, path: &Path) -> Option<&str> {
        let own = self.contents.get(&plain(path));
        own.or_else(|| self.contents.get(&self.files.real(path)?)).map(String::as_str)
    }
}

impl Files for Overlay<'_> {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        match self.content(path) {
            Some(content) => Ok(content.as_bytes().to_vec()),
            None => self.files.read(path),
        }
    }

    fn kind(&self, path: &Path) -> Option<Kind> {
        self.files.kind(path).or_else(|| self.content(path).map(|_| Kind::File))
    }

    fn glob(&self, pattern: &str) -> Result<Vec<PathBuf>, String> {
        self.files.glob(pattern)
    }

    fn list(&self, directory: &Path) -> io::Result<Vec<(String, Kind)>> {
        self.files.list(directory)
    }

    fn names(&self, directory: &Path) -> io::Result<Vec<OsString>> {
        self.files.names(directory)
    }

    fn status(&self, path: &Path) -> io::Result<Status> {
        self.files.status(path)
    }

    fn real(&self, path: &Path) -> Option<PathBuf> {
        self.files.real(path)
    }

    fn is_link(&self, path: &Path) -> bool {
        self.files.is_link(path)
    }

    fn modified(&self, path: &Path) -> Option<SystemTime> {
        self.files.modified(path)
    }

    fn is_executable(&self, path: &Path) -> bool {
        self.files.is_executable(path)
    }

    fn search_path(&self) -> Vec<PathBuf> {
        self.files.search_path()
    }

    fn mode(&self, path: &Path) -> Option<u32> {
        self.files.mode(path)
    }

    fn is_denied(&self, path: &Path) -> bool {
        self.files.is_denied(path)
    }

    fn now_s(&self) -> i64 {
        self.files.now_s()
    }

    fn knows_all(&self) -> bool {
        self.files.knows_all()
    }
}

#[cfg(test)]
mod tests {
    use super::super::Memory;
    use super::*;

    #[test]
    fn contents_stand_before_those_of_the_disk() {
        let disk = Memory::new([("a.conf", "a"), ("b.conf", "b")]);
        let contents = [("b.conf", "B"), ("c.conf", "C")];
        let contents = contents.map(|(path, text)| (PathBuf::from(path), text.to_owned())).into();
        let files = Overlay::new(&disk, &contents);
        for (path, expected) in [
            ("a.conf", Some("a")),
            ("b.conf", Some("B")),
            ("x/../b.conf", Some("B")),
            ("c.conf", Some("C")),
            ("d.conf", None),
        ] {
            let path = Path::new(path);
            let read = files.read(path).ok().map(|bytes| String::from_utf8(bytes).unwrap());
            assert_eq!(read.as_deref(), expected, "{path:?}");
            assert_eq!(files.kind(path).is_some(), expected.is_some(), "{path:?}");
        }
    }
}
