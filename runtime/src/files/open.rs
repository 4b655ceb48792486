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
use std::rc::Rc;
use std::sync::OnceLock;

use super::spot::Spot;
use crate::sys::fs::{self, OpenFor};

/// Symlinks on the way, as many as Linux itself follows.
const MAX_LINKS: usize = 40;

/// How often a path is tried again that was being renamed while the kernel resolved it.
const MAX_RACES: usize = 8;

/// A directory to open files beneath.
pub struct Directory {
    file: Rc<File>,
    path: PathBuf,
}

impl Directory {
    /// Opens the directory at an absolute path.
    pub(super) fn open(path: &Path) -> io::Result<Directory> {
        let flags = libc::O_PATH | libc::O_DIRECTORY;
        let file = OpenOptions::new().read(true).custom_flags(flags).open(path)?;
        Ok(Directory { file: Rc::new(file), path: path.to_owned() })
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

    /// The directory itself.
    pub fn file(&self) -> &Rc<File> {
        &self.file
    }

    /// The place for a name in it.
    pub fn spot(&self, name: CString) -> Spot {
        Spot::new(self.file.clone(), name)
    }

    /// The place that a relative path without `..` names. The directory that it is in has to be
    /// there, and to be beneath this one; a slash at the end is passed over.
    pub fn spot_beneath(&self, path: &[u8]) -> io::Result<Spot> {
        let (parent, name) = split_path(path)?;
        Ok(Spot::new(self.open_parent(parent)?, name))
    }

    /// The same, where directories that are missing on the way are made with these permissions.
    pub fn make_way(&self, path: &[u8], mode: u32) -> io::Result<Spot> {
        let (parent, name) = split_path(path)?;
        let parent = match self.open_parent(parent) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let spot = self.make_way(parent, mode)?;
                match spot.make_directory(mode) {
                    Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                        return Err(error);
                    }
                    _ => Rc::new(spot.open_directory()?),
                }
            }
            result => result?,
        };
        Ok(Spot::new(parent, name))
    }

    /// Opens the file at a relative path, if it is beneath the directory.
    pub fn open_to_read(&self, path: &CStr) -> io::Result<File> {
        self.open_file(path, false, OpenFor::Reading)
    }

    /// The deepest directory that is there on the way to a path.
    pub fn nearest(&self, path: &[u8]) -> io::Result<Rc<File>> {
        let (parent, _) = split_path(path)?;
        match self.open_parent(parent) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => self.nearest(parent),
            result => result,
        }
    }

    fn open_parent(&self, path: &[u8]) -> io::Result<Rc<File>> {
        if path.is_empty() {
            return Ok(self.file.clone());
        }
        let parent = self.open_file(&CString::new(path)?, false, OpenFor::Knowing)?;
        match parent.metadata()?.is_dir() {
            true => Ok(Rc::new(parent)),
            false => Err(io::ErrorKind::NotADirectory.into()),
        }
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

/// A path as the one of its parent, empty for the directory itself, and the last name. The
/// directory itself is in no directory that may be changed: `EBUSY`.
fn split_path(path: &[u8]) -> io::Result<(&[u8], CString)> {
    let end = path.iter().rposition(|&byte| byte != b'/').map_or(0, |last| last + 1);
    let path = &path[..end];
    let slash = memchr::memrchr(b'/', path);
    let name = &path[slash.map_or(0, |slash| slash + 1)..];
    match name {
        b"" | b"." | b".." => Err(io::Error::from_raw_os_error(libc::EBUSY)),
        name => Ok((&path[..slash.unwrap_or(0)], CString::new(name)?)),
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
