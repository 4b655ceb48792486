//! What the compiler asks of a file system, so that tests need no disk and another root can
//! stand in.

mod memory;
mod overlay;
mod sysroot;

use std::ffi::OsString;
use std::fs::FileType;
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Component, Path, PathBuf};
use std::time::SystemTime;

pub use memory::Memory;
pub use overlay::Overlay;
pub use sysroot::Sysroot;

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

impl Kind {
    fn of(kind: FileType) -> Kind {
        match kind {
            kind if kind.is_dir() => Kind::Directory,
            kind if kind.is_file() => Kind::File,
            _ => Kind::Other,
        }
    }
}

/// What is known of a file without reading it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Status {
    /// What it is; of a symlink, nothing that tells.
    pub kind: Kind,
    /// Its length in bytes.
    pub len: u64,
    /// When it was last modified, in seconds since 1970.
    pub modified_s: i64,
    /// Its fraction of a second, in nanoseconds.
    pub modified_ns: i64,
    /// Where it leads, if it is a symlink.
    pub link: Option<PathBuf>,
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

    /// The names in a directory as they are, in no order.
    fn names(&self, directory: &Path) -> io::Result<Vec<OsString>> {
        Ok(self.list(directory)?.into_iter().map(|(name, _)| name.into()).collect())
    }

    /// What is at `path` itself, symlinks not followed.
    fn status(&self, path: &Path) -> io::Result<Status>;

    /// `path` with all symlinks resolved; `None` if there is no such path, or no links.
    fn real(&self, _path: &Path) -> Option<PathBuf> {
        None
    }

    /// Whether `path` itself is a symlink.
    fn is_link(&self, _path: &Path) -> bool {
        false
    }

    /// When a file was changed last.
    fn modified(&self, _path: &Path) -> Option<SystemTime> {
        None
    }

    /// Whether `path` is a regular file that somebody may execute.
    fn is_executable(&self, path: &Path) -> bool;

    /// The folders that programs are looked for in.
    fn search_path(&self) -> Vec<PathBuf>;

    /// Who may do what with the file or folder at `path`, as `chmod` has it.
    fn mode(&self, path: &Path) -> Option<u32>;

    /// Whether something may be at `path`, and this user may not open it.
    fn is_denied(&self, _path: &Path) -> bool {
        false
    }

    /// What time it is, in seconds since 1970.
    fn now_s(&self) -> i64 {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        since.map_or(0, |time| time.as_secs() as i64)
    }

    /// Whether these are the files that the site will run with, so that what is not here will
    /// not be there.
    fn knows_all(&self) -> bool {
        false
    }
}

/// Whether what is found at `path` is what the site will run with: it lies beneath the conf's
/// folder, or the disk is the one that the site will have.
pub(crate) fn is_certain(files: &dyn Files, folder: &Path, path: &Path) -> bool {
    files.knows_all() || path.is_relative() || folder.is_absolute() && path.starts_with(folder)
}

/// `path` without `.` and `..` components, as if there were no symlinks.
pub fn plain(path: impl AsRef<Path>) -> PathBuf {
    let mut plain = PathBuf::new();
    for component in path.as_ref().components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                plain.pop();
            }
            other => plain.push(other),
        }
    }
    plain
}

/// What is in a folder, which may be the working directory.
pub(crate) fn listed(files: &dyn Files, folder: &Path) -> Vec<(String, Kind)> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    files.list(folder).unwrap_or_default()
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
        Some(Kind::of(std::fs::metadata(path).ok()?.file_type()))
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

    fn names(&self, directory: &Path) -> io::Result<Vec<OsString>> {
        std::fs::read_dir(directory)?.map(|entry| Ok(entry?.file_name())).collect()
    }

    fn status(&self, path: &Path) -> io::Result<Status> {
        let metadata = std::fs::symlink_metadata(path)?;
        let link = metadata.is_symlink().then(|| std::fs::read_link(path)).transpose()?;
        let (modified_s, modified_ns) = (metadata.mtime(), metadata.mtime_nsec());
        let (kind, len) = (Kind::of(metadata.file_type()), metadata.len());
        Ok(Status { kind, len, modified_s, modified_ns, link })
    }

    fn real(&self, path: &Path) -> Option<PathBuf> {
        path.canonicalize().ok()
    }

    fn is_link(&self, path: &Path) -> bool {
        std::fs::symlink_metadata(path).is_ok_and(|data| data.is_symlink())
    }

    fn modified(&self, path: &Path) -> Option<SystemTime> {
        std::fs::metadata(path).ok()?.modified().ok()
    }

    fn is_denied(&self, path: &Path) -> bool {
        let denied = |error: io::Error| error.kind() == io::ErrorKind::PermissionDenied;
        match std::fs::metadata(path) {
            // To open a pipe or a device may do something.
            Ok(data) if !data.is_file() && !data.is_dir() => false,
            Ok(_) => std::fs::File::open(path).is_err_and(denied),
            Err(error) => denied(error),
        }
    }

    fn is_executable(&self, path: &Path) -> bool {
        let executable = self.mode(path).is_some_and(|mode| mode & 0o111 != 0);
        self.kind(path) == Some(Kind::File) && executable
    }

    fn mode(&self, path: &Path) -> Option<u32> {
        Some(std::fs::metadata(path).ok()?.permissions().mode() & 0o7777)
    }

    fn search_path(&self) -> Vec<PathBuf> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        std::env::split_paths(&path).filter(|folder| folder.is_absolute()).collect()
    }
}
