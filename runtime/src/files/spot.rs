//! A place for a file or a directory: a name in an open directory. What is done here is done
//! to the entry itself; a symlink under that name is never followed.

use std::ffi::{CStr, CString};
use std::fs::{File, Metadata, Permissions};
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::PermissionsExt;
use std::rc::Rc;

use super::draft::{Draft, Present};
use crate::sys::fs::{self, OpenFor};
use crate::sys::{change, directory};

/// Directories within directories that are removed or copied with their parent: each level
/// holds descriptors.
const MAX_DEPTH: usize = 128;

/// A name in an open directory.
#[derive(Clone, Debug)]
pub struct Spot {
    pub(super) parent: Rc<File>,
    pub(super) name: CString,
}

impl Spot {
    /// The place for `name`, one segment of a path, in a directory.
    pub fn new(parent: Rc<File>, name: CString) -> Spot {
        Spot { parent, name }
    }

    /// The directory that it is in.
    pub fn parent(&self) -> &Rc<File> {
        &self.parent
    }

    /// The name.
    pub fn name(&self) -> &[u8] {
        self.name.to_bytes()
    }

    /// What is there.
    pub fn metadata(&self) -> io::Result<Metadata> {
        fs::open_at_no_follow(self.parent.as_fd(), &self.name, OpenFor::Knowing)?.metadata()
    }

    /// Opens the file that is there.
    pub fn open(&self) -> io::Result<File> {
        fs::open_at_no_follow(self.parent.as_fd(), &self.name, OpenFor::Reading)
    }

    /// Opens the directory that is there, as a parent.
    pub fn open_directory(&self) -> io::Result<File> {
        let file = fs::open_at_no_follow(self.parent.as_fd(), &self.name, OpenFor::Knowing)?;
        match file.metadata()?.is_dir() {
            true => Ok(file),
            false => Err(io::ErrorKind::NotADirectory.into()),
        }
    }

    /// Removes anything but a directory: that is `EISDIR`.
    pub fn remove(&self) -> io::Result<()> {
        change::remove_file(self.parent.as_fd(), &self.name)
    }

    /// Removes a directory and all that is in it. What can be removed is, even after an error.
    pub fn remove_tree(&self) -> io::Result<()> {
        remove_tree(self.parent.as_fd(), &self.name, MAX_DEPTH)
    }

    /// Makes a directory with these permissions, whatever the umask.
    pub fn make_directory(&self, mode: u32) -> io::Result<()> {
        change::make_directory(self.parent.as_fd(), &self.name, mode)?;
        let made = fs::open_at_no_follow(self.parent.as_fd(), &self.name, OpenFor::Reading)?;
        made.set_permissions(Permissions::from_mode(mode))
    }

    /// Moves what is there to another place, onto the file that is there.
    pub fn rename(&self, to: &Spot) -> io::Result<()> {
        change::rename((self.parent.as_fd(), &self.name), (to.parent.as_fd(), &to.name))
    }

    /// Copies a file to here, onto what is here: the content, the permissions, and the time of
    /// the last change. What is no regular file is `EINVAL`.
    pub fn copy_from(&self, source: &File) -> io::Result<()> {
        let metadata = source.metadata()?;
        if !metadata.is_file() {
            return Err(io::Error::from_raw_os_error(libc::EINVAL));
        }
        let mut draft = Draft::begin(&self.parent, 0o600)?;
        draft.write_from(source, u64::MAX)?;
        draft.set_mode(metadata.permissions().mode() & 0o777)?;
        draft.set_modified(metadata.modified()?)?;
        draft.publish(self, Present::Replaced, false).map(drop)
    }

    /// Copies a directory to a place where nothing is: with the files and directories in it
    /// where `whole`. Symlinks and special files are left out, as nginx leaves them.
    pub fn copy_tree(&self, to: &Spot, whole: bool) -> io::Result<()> {
        copy_tree(self, to, if whole { MAX_DEPTH } else { 0 })
    }

    /// Brings the name, or that there is none, to the disk.
    pub(super) fn sync_directory(&self) -> io::Result<()> {
        fs::open_at(self.parent.as_fd(), c".", OpenFor::Reading)?.sync_all()
    }
}

fn remove_tree(parent: BorrowedFd<'_>, name: &CStr, depth: usize) -> io::Result<()> {
    let opened = fs::open_at_no_follow(parent, name, OpenFor::Reading)?;
    let mut result = Ok(());
    for entry in directory::names(opened.as_fd()).collect::<io::Result<Vec<_>>>()? {
        let removed = match change::remove_file(opened.as_fd(), &entry) {
            Err(error) if error.kind() == io::ErrorKind::IsADirectory => match depth {
                0 => Err(too_deep()),
                _ => remove_tree(opened.as_fd(), &entry, depth - 1),
            },
            result => result,
        };
        result = result.and(removed);
    }
    result.and_then(|()| change::remove_directory(parent, name))
}

fn copy_tree(from: &Spot, to: &Spot, depth: usize) -> io::Result<()> {
    let source = fs::open_at_no_follow(from.parent.as_fd(), &from.name, OpenFor::Reading)?;
    let metadata = source.metadata()?;
    to.make_directory(metadata.permissions().mode() & 0o777)?;
    if depth == 0 {
        return Ok(());
    }
    let target = Rc::new(fs::open_at_no_follow(to.parent.as_fd(), &to.name, OpenFor::Reading)?);
    let source = Rc::new(source);
    for name in directory::names(source.as_fd()).collect::<io::Result<Vec<_>>>()? {
        let from = Spot::new(source.clone(), name.clone());
        let to = Spot::new(target.clone(), name);
        let kind = from.metadata()?.file_type();
        if kind.is_file() {
            to.copy_from(&from.open()?)?;
        } else if kind.is_dir() {
            match depth {
                1 => return Err(too_deep()),
                _ => copy_tree(&from, &to, depth - 1)?,
            }
        }
    }
    target.set_modified(metadata.modified()?)
}

fn too_deep() -> io::Error {
    io::Error::other("directories are nested too deep")
}
