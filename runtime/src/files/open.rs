//! Opening a path beneath a directory.
//!
//! The kernel does it where it has `openat2`. Where it has not, for absolute symlinks (which it
//! refuses wherever they lead), and where owners decide, the path is [walked](super::walk) here.

use std::ffi::{CStr, CString, OsStr};
use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::rc::Rc;
use std::sync::OnceLock;

use super::links::{Checked, Links};
use super::spot::Spot;
use super::walk::{Start, Walk};
use crate::site::Follow;
use crate::sys::fs::{self, OpenFor};

/// How often a path is tried again that was being renamed while the kernel resolved it.
const MAX_RACES: usize = 8;

/// A directory to open files beneath.
#[derive(Clone)]
pub struct Directory {
    pub(super) file: Rc<File>,
    pub(super) path: Rc<Path>,
    pub(super) links: Links,
}

impl Directory {
    /// Opens the directory at an absolute path.
    pub(super) fn open(path: &Path) -> io::Result<Directory> {
        let flags = libc::O_PATH | libc::O_DIRECTORY;
        let file = OpenOptions::new().read(true).custom_flags(flags).open(path)?;
        Ok(Directory { file: Rc::new(file), path: path.into(), links: Links::BENEATH })
    }

    /// The same directory, where other symlinks are followed.
    pub(super) fn with_links(&self, links: Links) -> Directory {
        Directory { links, ..self.clone() }
    }

    /// Opens a relative path that has no `..` in it. Errors: `EXDEV` for a symlink that leads out
    /// of the directory, `ELOOP` for one that may not be followed. Where none may, one in the
    /// place of a directory on the way is `ENOTDIR`, as in nginx.
    pub(super) fn open_file(&self, path: &CStr, purpose: OpenFor) -> io::Result<File> {
        if self.links.follow == Follow::Anywhere {
            return fs::open_at(self.file.as_fd(), path, purpose);
        }
        let (root, beneath) = (self.path.as_os_str().as_bytes(), path.to_bytes());
        let free_len = match self.links.checked(root, beneath) {
            Checked::Nothing => return self.open_beneath(path, purpose),
            Checked::Behind(free_len) => free_len,
        };
        match free_len.checked_sub(root.len() + 1) {
            Some(free_len) => {
                let front = CString::new(&beneath[..free_len])?;
                let file = Rc::new(self.open_beneath(&front, OpenFor::Knowing)?);
                let path = self.path.join(OsStr::from_bytes(front.to_bytes())).into();
                let front = Directory { file, path, links: self.links.clone() };
                front.open_checked(&without_slash(&beneath[free_len..])?, purpose)
            }
            None => self.check_itself(free_len)?.open_checked(path, purpose),
        }
    }

    /// The same directory, opened with a look at its own path behind so many bytes.
    fn check_itself(&self, free_len: usize) -> io::Result<Directory> {
        let (front, rest) = self.path.as_os_str().as_bytes().split_at(free_len);
        if rest.is_empty() {
            return Ok(self.clone());
        }
        let front = if front.is_empty() { b"/" } else { front };
        let start = Directory::open(Path::new(OsStr::from_bytes(front)))?;
        let start = start.with_links(self.links.clone());
        // The slash says that it is a directory on the way.
        let rest = without_slash(&[rest, b"/"].concat())?;
        let file = start.open_checked(&rest, OpenFor::Knowing)?;
        Ok(Directory { file: Rc::new(file), ..self.clone() })
    }

    /// Opens a path of which all is looked at.
    fn open_checked(&self, path: &CStr, purpose: OpenFor) -> io::Result<File> {
        if has_open_beneath() {
            match fs::open_without_links(self.file.as_fd(), path, purpose) {
                Err(error) if error.raw_os_error() == Some(libc::ELOOP) => {}
                result => return result,
            }
        }
        self.walk(path, purpose)
    }

    /// Opens a path whose symlinks are followed beneath the directory.
    fn open_beneath(&self, path: &CStr, purpose: OpenFor) -> io::Result<File> {
        let directory = self.with_links(Links::BENEATH);
        if !has_open_beneath() {
            return directory.walk(path, purpose);
        }
        for _ in 0..MAX_RACES {
            match fs::open_beneath(self.file.as_fd(), path, purpose) {
                Err(error) if error.raw_os_error() == Some(libc::EAGAIN) => {}
                Err(error) if error.raw_os_error() == Some(libc::EXDEV) => break,
                result => return result,
            }
        }
        directory.walk(path, purpose)
    }

    fn walk(&self, path: &CStr, purpose: OpenFor) -> io::Result<File> {
        let follow = self.links.follow;
        Walk::new(Start { file: &self.file, path: &self.path, follow }, path).open(purpose)
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
        self.open_file(path, OpenFor::Reading)
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
        if path.is_empty() && self.links == Links::BENEATH {
            return Ok(self.file.clone());
        }
        let path = if path.is_empty() { b"." } else { path };
        let parent = self.open_file(&CString::new(path)?, OpenFor::Knowing)?;
        match parent.metadata()?.is_dir() {
            true => Ok(Rc::new(parent)),
            false => Err(io::ErrorKind::NotADirectory.into()),
        }
    }
}

/// What follows a front that has been opened, as a path from there.
fn without_slash(rest: &[u8]) -> io::Result<CString> {
    Ok(CString::new(rest.strip_prefix(b"/").unwrap_or(rest))?)
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

/// Whether the kernel has `openat2`, and lets this process use it.
fn has_open_beneath() -> bool {
    static HAS: OnceLock<bool> = OnceLock::new();
    *HAS.get_or_init(|| {
        let probe = |root: File| fs::open_beneath(root.as_fd(), c".", OpenFor::Knowing);
        File::open("/").and_then(probe).is_ok()
    })
}
