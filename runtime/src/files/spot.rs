//! A place for a file or a directory: a name in an open directory. What is done here is done
//! to the entry itself; a symlink under that name is never followed.

use std::ffi::{CStr, CString};
use std::fs::{File, Metadata, Permissions};
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::PermissionsExt;
use std::rc::Rc;

use crate::sys::change;
use crate::sys::fs::{self, OpenFor};

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

    /// The place for another name in the same directory.
    pub(super) fn beside(&self, name: &CStr) -> Spot {
        Spot::new(self.parent.clone(), name.to_owned())
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

    /// Makes a directory with these permissions, whatever the umask.
    pub fn make_directory(&self, mode: u32) -> io::Result<()> {
        change::make_directory(self.parent.as_fd(), &self.name, mode)?;
        let made = fs::open_at_no_follow(self.parent.as_fd(), &self.name, OpenFor::Reading)?;
        made.set_permissions(Permissions::from_mode(mode))
    }

    /// Moves what is there to another place, onto the file that is there.
    pub fn rename(&self, to: &Spot) -> io::Result<()> {
        change::rename(self.entry(), to.entry())
    }

    /// Moves the directory that is there to a place where nothing is: else `EEXIST`. Some file
    /// systems cannot tell; there, an empty directory may be replaced.
    pub(super) fn rename_directory(&self, to: &Spot) -> io::Result<()> {
        let (from, to) = (self.entry(), to.entry());
        match change::rename_new(from, to) {
            // What is tried there last is a second name, which no directory can have.
            Err(error) if error.raw_os_error() == Some(libc::EPERM) => change::rename(from, to),
            result => result,
        }
    }

    /// Lets what is here and what is at another place change places.
    pub(super) fn exchange(&self, to: &Spot) -> io::Result<()> {
        change::exchange(self.entry(), to.entry())
    }

    fn entry(&self) -> (BorrowedFd<'_>, &CStr) {
        (self.parent.as_fd(), &self.name)
    }

    /// Brings the name, or that there is none, to the disk.
    pub(super) fn sync_directory(&self) -> io::Result<()> {
        fs::open_at(self.parent.as_fd(), c".", OpenFor::Reading)?.sync_all()
    }
}
