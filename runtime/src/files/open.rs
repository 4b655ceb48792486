//! Opening a path beneath a directory.
//!
//! The kernel does it where it has `openat2`. Where it has not, and for absolute symlinks
//! (which it refuses wherever they lead), the path is walked here: each segment is opened
//! without following, so that no race can slip a symlink in between.

use std::ffi::{CStr, CString};
use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use crate::sys::fs::{self, OpenFor};

/// Symlinks on the way, as many as Linux itself follows.
const MAX_LINKS: usize = 40;

/// How often a path is tried again that was being renamed while the kernel resolved it.
const MAX_RACES: usize = 8;

/// A directory to open files beneath.
pub(super) struct Directory {
    file: File,
    path: PathBuf,
}

impl Directory {
    /// Opens the directory at an absolute path.
    pub(super) fn open(path: &Path) -> io::Result<Directory> {
        let flags = libc::O_PATH | libc::O_DIRECTORY;
        let file = OpenOptions::new().read(true).custom_flags(flags).open(path)?;
        Ok(Directory { file, path: path.to_owned() })
    }

    /// Opens a relative path that has no `..` in it. With `follow_symlinks`, symlinks may
    /// lead anywhere; without, only to what is beneath the directory (`EXDEV` otherwise).
    pub(super) fn open_file(
        &self,
        path: &CStr,
        follow_symlinks: bool,
        purpose: OpenFor,
    ) -> io::Result<File> {
        if follow_symlinks {
            return fs::open_at(self.file.as_fd(), path, purpose);
        }
        if !has_open_beneath() {
            return self.walk(path, purpose);
        }
        for _ in 0..MAX_RACES {
            match fs::open_beneath(self.file.as_fd(), path, purpose) {
                Err(error) if error.raw_os_error() == Some(libc::EAGAIN) => {}
                Err(error) if error.raw_os_error() == Some(libc::EXDEV) => break,
                result => return result,
            }
        }
        self.walk(path, purpose)
    }

    /// Opens a relative path segment by segment, resolving symlinks here.
    pub(super) fn walk(&self, path: &CStr, purpose: OpenFor) -> io::Result<File> {
        let mut todo = Segments::new(path.to_bytes());
        // The directories passed, for `..` in the target of a symlink.
        let mut passed: Vec<File> = Vec::new();
        let mut links = 0;
        loop {
            let here = passed.last().unwrap_or(&self.file);
            let Some(segment) = todo.next() else {
                return fs::open_at(here.as_fd(), c".", purpose);
            };
            if segment == b".." {
                passed.pop().ok_or_else(|| io::Error::from_raw_os_error(libc::EXDEV))?;
                continue;
            }
            let name = CString::new(segment)?;
            let found = fs::open_at_no_follow(here.as_fd(), &name, OpenFor::Knowing)?;
            let kind = found.metadata()?.file_type();
            if kind.is_symlink() {
                links += 1;
                if links > MAX_LINKS {
                    return Err(io::Error::from_raw_os_error(libc::ELOOP));
                }
                let target = fs::read_link(found.as_fd())?;
                if target.starts_with(b"/") {
                    passed.clear();
                }
                todo.push(self.relative(&target)?);
            } else if kind.is_dir() {
                passed.push(found);
            } else if todo.is_empty() {
                return fs::open_at_no_follow(here.as_fd(), &name, purpose);
            } else {
                return Err(io::Error::from_raw_os_error(libc::ENOTDIR));
            }
        }
    }

    /// The target of a symlink as a path from where the walk goes on. An absolute one leads
    /// back inside if it begins with the directory's name, as the conf has it or with its own
    /// symlinks resolved.
    fn relative<'t>(&self, target: &'t [u8]) -> io::Result<&'t [u8]> {
        if !target.starts_with(b"/") {
            return Ok(target);
        }
        let beneath = |name: &Path| {
            let name = name.as_os_str().as_bytes();
            let rest = target.strip_prefix(name)?;
            (rest.is_empty() || rest.starts_with(b"/") || name.ends_with(b"/")).then_some(rest)
        };
        let rest = beneath(&self.path).or_else(|| beneath(&self.path.canonicalize().ok()?));
        rest.ok_or_else(|| io::Error::from_raw_os_error(libc::EXDEV))
    }
}

/// The segments of a path that are still to be walked, the next one last.
struct Segments {
    reversed: Vec<Vec<u8>>,
    /// Whether the path ends in a slash, so that it must be a directory.
    directory: bool,
}

impl Segments {
    fn new(path: &[u8]) -> Segments {
        let mut segments = Segments { reversed: Vec::new(), directory: path.ends_with(b"/") };
        segments.push(path);
        segments
    }

    /// Puts the segments of `path` in front of the others.
    fn push(&mut self, path: &[u8]) {
        let segments = path.split(|&byte| byte == b'/').rev();
        let named = segments.filter(|segment| !segment.is_empty() && *segment != b".");
        if self.reversed.is_empty() && path.ends_with(b"/") {
            self.directory = true;
        }
        self.reversed.extend(named.map(<[u8]>::to_vec));
    }

    fn next(&mut self) -> Option<Vec<u8>> {
        self.reversed.pop()
    }

    /// Whether nothing is left, not even a slash.
    fn is_empty(&self) -> bool {
        self.reversed.is_empty() && !self.directory
    }
}

/// Whether the kernel has `openat2`, and lets this process use it.
fn has_open_beneath() -> bool {
    static HAS: OnceLock<bool> = OnceLock::new();
    *HAS.get_or_init(|| {
        let probe = |root: File| fs::open_beneath(root.as_fd(), c".", OpenFor::Knowing);
        File::open("/").and_then(probe).is_ok()
    })
}
