//! Files that are not on any disk, for tests.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::{Files, GLOB_OPTIONS, Kind, Status, plain};

/// Files that are not on any disk, for tests: each a path and its bytes. A folder is there
/// if a file is in it. Those beneath a folder `bin` are executable, those that end in `.key` are their owner's alone, and
/// `/usr/bin` is searched for programs. It is the first of December 2026.
#[derive(Default, Clone, Debug)]
pub struct Memory {
    files: BTreeMap<PathBuf, File>,
    /// Symlinks, and where each leads.
    links: BTreeMap<PathBuf, PathBuf>,
    /// What may not be opened.
    locked: BTreeSet<PathBuf>,
}

#[derive(Clone, Debug)]
struct File {
    bytes: Vec<u8>,
    /// Its length, if that is not the number of the bytes.
    len: Option<u64>,
    is_private: bool,
    /// Since 1970.
    modified: Duration,
}

impl Memory {
    /// These files.
    pub fn new<'a, B: AsRef<[u8]>>(files: impl IntoIterator<Item = (&'a str, B)>) -> Self {
        let mut memory = Memory::default();
        files.into_iter().for_each(|(path, bytes)| memory.add(path, bytes.as_ref(), false));
        memory
    }

    fn add(&mut self, path: &str, bytes: &[u8], is_private: bool) {
        let bytes = bytes.to_vec();
        let file = File { bytes, len: None, is_private, modified: Duration::ZERO };
        self.files.insert(plain(path), file);
    }

    /// Where `path` leads.
    fn follow(&self, path: &Path) -> PathBuf {
        let path = plain(path);
        let link = self.links.iter().find_map(|(link, target)| {
            let rest = path.strip_prefix(link).ok()?;
            let target = link.parent().unwrap_or(Path::new("")).join(target);
            Some(if rest.as_os_str().is_empty() { target } else { target.join(rest) })
        });
        link.map_or(path, plain)
    }

    /// The file at `path`.
    fn file(&self, path: &Path) -> Option<&File> {
        self.files.get(&self.follow(path))
    }
}

#[cfg(test)]
impl Memory {
    /// Adds a file that its owner alone can read.
    pub(crate) fn add_private(&mut self, path: &str) {
        self.add(path, b"", true);
    }

    /// Lets nobody open a file or a folder, nor what is in it.
    pub(crate) fn lock(&mut self, path: &str) {
        self.locked.insert(plain(path));
    }

    /// Lets a file be changed an hour after the others.
    pub(crate) fn touch(&mut self, path: &str) {
        if let Some(file) = self.files.get_mut(Path::new(path)) {
            file.modified = Duration::from_secs(3600);
        }
    }

    /// Adds a file that is too long for this memory.
    pub(crate) fn add_long(&mut self, path: &str, len: u64) {
        self.add(path, b"", false);
        if let Some(file) = self.files.get_mut(Path::new(path)) {
            file.len = Some(len);
        }
    }

    /// Adds a symlink; `target` is no link itself.
    pub(crate) fn add_link(&mut self, path: &str, target: &str) {
        self.links.insert(plain(path), PathBuf::from(target));
    }

    /// These files too.
    pub(crate) fn with(mut self, path: &str, text: &str) -> Self {
        self.add(path, text.as_bytes(), false);
        self
    }
}

impl Files for Memory {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        match self.kind(path) {
            Some(Kind::Directory) => Err(io::ErrorKind::IsADirectory.into()),
            _ => {
                self.file(path).map(|file| file.bytes.clone()).ok_or(io::ErrorKind::NotFound.into())
            }
        }
    }

    fn kind(&self, path: &Path) -> Option<Kind> {
        let path = self.follow(path);
        if self.files.contains_key(&path) {
            return Some(Kind::File);
        }
        self.files.keys().any(|file| file.starts_with(&path)).then_some(Kind::Directory)
    }

    fn status(&self, path: &Path) -> io::Result<Status> {
        let link = self.links.get(&plain(path)).cloned();
        let kind = self.kind(path).or(link.is_some().then_some(Kind::Other));
        let kind = kind.ok_or(io::ErrorKind::NotFound)?;
        let len = |file: &File| file.len.unwrap_or(file.bytes.len() as u64);
        let len = self.file(path).map_or(0, len);
        let modified = self.file(path).map_or(Duration::ZERO, |file| file.modified);
        let (modified_s, modified_ns) = (modified.as_secs() as i64, modified.subsec_nanos().into());
        Ok(Status { kind, len, modified_s, modified_ns, link })
    }

    fn glob(&self, pattern: &str) -> Result<Vec<PathBuf>, String> {
        let pattern = glob::Pattern::new(pattern.strip_prefix("./").unwrap_or(pattern))
            .map_err(|error| error.msg.to_owned())?;
        let files = self.files.keys().filter(|path| pattern.matches_path_with(path, GLOB_OPTIONS));
        Ok(files.cloned().collect())
    }

    fn list(&self, directory: &Path) -> io::Result<Vec<(String, Kind)>> {
        let directory = self.follow(directory);
        let mut names = BTreeMap::new();
        for file in self.files.keys().chain(self.links.keys()) {
            let Ok(rest) = file.strip_prefix(&directory) else { continue };
            let Some(name) = rest.components().next() else { continue };
            let kind = self.kind(&directory.join(name)).unwrap_or(Kind::Other);
            names.insert(name.as_os_str().to_string_lossy().into_owned(), kind);
        }
        if names.is_empty() {
            Err(io::ErrorKind::NotFound.into())
        } else {
            Ok(names.into_iter().collect())
        }
    }

    fn real(&self, path: &Path) -> Option<PathBuf> {
        self.kind(path).map(|_| self.follow(path))
    }

    fn is_link(&self, path: &Path) -> bool {
        self.links.contains_key(&plain(path))
    }

    fn modified(&self, path: &Path) -> Option<SystemTime> {
        self.file(path).map(|file| SystemTime::UNIX_EPOCH + file.modified)
    }

    fn is_denied(&self, path: &Path) -> bool {
        self.follow(path).ancestors().any(|path| self.locked.contains(path))
    }

    fn is_executable(&self, path: &Path) -> bool {
        let mut folders = path.parent().into_iter().flat_map(Path::components);
        self.kind(path) == Some(Kind::File) && folders.any(|name| name.as_os_str() == "bin")
    }

    fn search_path(&self) -> Vec<PathBuf> {
        vec!["/usr/bin".into()]
    }

    fn now_s(&self) -> i64 {
        1_796_083_200
    }

    fn mode(&self, path: &Path) -> Option<u32> {
        let file = self.file(path)?;
        let executable = if self.is_executable(path) { 0o111 } else { 0 };
        let is_secret = path.extension().is_some_and(|end| end == "key");
        let is_private = file.is_private || is_secret || path.ends_with("passwords");
        Some(if is_private { 0o600 } else { 0o644 | executable })
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
