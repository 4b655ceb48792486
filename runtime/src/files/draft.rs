//! A file under way: nobody sees it before it is whole, and nothing is left of it if it is
//! dropped or the server is killed.
//!
//! It has no name until it is published. Where the file system has no such files it has a name
//! that begins with a dot, and a lock as long as somebody works on it, so that what a killed
//! server has left can be told from it and swept away.

use std::ffi::CString;
use std::fs::{File, Permissions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::os::fd::AsFd;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::rc::Rc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::spot::Spot;
use crate::sys::change;

/// What temporary names begin with.
pub(super) const TEMPORARY: &[u8] = b".sitec-";
/// Shorter writes are gathered up to this length, in bytes.
const GATHERED_LEN: usize = 16 * 1024;

/// What becomes of a file that has the name already.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Present {
    /// It stays, and publishing is `EEXIST`.
    Kept,
    /// It is replaced.
    Replaced,
    /// It is replaced; and there is one, as far as is known, so that nothing else is tried first.
    KnownReplaced,
}

/// A file under way.
#[derive(Debug)]
pub struct Draft {
    file: File,
    directory: Rc<File>,
    /// The name that it has meanwhile, if the file system wants one.
    name: Option<CString>,
    /// What is not written yet.
    gathered: Vec<u8>,
    len: u64,
    /// Whether the time of its last change was set.
    is_dated: bool,
}

impl Draft {
    /// Begins a file in the file system of `directory`, with these permissions as far as the
    /// process's umask lets them be.
    pub fn begin(directory: &Rc<File>, mode: u32) -> io::Result<Draft> {
        if !can_name_later() {
            return Draft::begin_named(directory, mode);
        }
        match change::create_unnamed(directory.as_fd(), mode) {
            Ok(file) => Ok(Draft::new(file, directory, None)),
            Err(error) if is_refusal(&error) => Draft::begin_named(directory, mode),
            Err(error) => Err(error),
        }
    }

    /// The same where the file system has no files without a name.
    pub(super) fn begin_named(directory: &Rc<File>, mode: u32) -> io::Result<Draft> {
        let create = |name: &CString| change::create_new(directory.as_fd(), name, mode);
        let (name, file) = with_temporary_name(create)?;
        lock(&file);
        Ok(Draft::new(file, directory, Some(name)))
    }

    fn new(file: File, directory: &Rc<File>, name: Option<CString>) -> Draft {
        Draft {
            file,
            directory: directory.clone(),
            name,
            gathered: Vec::new(),
            len: 0,
            is_dated: false,
        }
    }

    /// Its length so far, in bytes.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Appends bytes.
    pub fn write(&mut self, data: &[u8]) -> io::Result<()> {
        self.len += data.len() as u64;
        if self.gathered.len() + data.len() < GATHERED_LEN {
            self.gathered.extend_from_slice(data);
            return Ok(());
        }
        self.flush()?;
        self.file.write_all(data)
    }

    /// Appends what is left of another file, at most `max_len` bytes.
    pub fn write_from(&mut self, source: &File, max_len: u64) -> io::Result<()> {
        self.flush()?;
        self.len += io::copy(&mut source.take(max_len), &mut self.file)?;
        Ok(())
    }

    /// Begins a file beside it with a part of its content.
    pub fn copy_part(&mut self, part: Range<u64>, mode: u32) -> io::Result<Draft> {
        self.flush()?;
        let mut copy = Draft::begin(&self.directory, mode)?;
        self.file.seek(SeekFrom::Start(part.start))?;
        copy.write_from(&self.file, part.end - part.start)?;
        Ok(copy)
    }

    /// Writes what is gathered.
    pub fn flush(&mut self) -> io::Result<()> {
        self.file.write_all(&self.gathered)?;
        self.gathered = Vec::new();
        Ok(())
    }

    /// Sets its permissions, whatever the umask.
    pub fn set_mode(&self, mode: u32) -> io::Result<()> {
        self.file.set_permissions(Permissions::from_mode(mode))
    }

    /// Sets the time of its last change, which the next write would change again.
    pub fn set_modified(&mut self, time: SystemTime) -> io::Result<()> {
        self.flush()?;
        self.is_dated = true;
        self.file.set_modified(time)
    }

    /// Sets the second of its last change, likewise. The fraction is the present one, so that two
    /// states of a file with the same second can be told apart.
    pub fn set_modified_s(&mut self, unix_s: u64) -> io::Result<()> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        self.set_modified(UNIX_EPOCH + Duration::new(unix_s, now.subsec_nanos()))
    }

    /// Makes it visible under a name of the same file system: whole, at once. True if it has
    /// replaced a file. With `sync` both the file and its name are on the disk when this returns.
    pub fn publish(mut self, spot: &Spot, present: Present, sync: bool) -> io::Result<bool> {
        if self.is_dated {
            self.flush()?;
        } else {
            // The kernel's times of files go by ticks of milliseconds: two states within one would
            // have the same entity tag, and an update by `If-Match` could be lost.
            self.set_modified(SystemTime::now())?;
        }
        if sync {
            self.file.sync_all()?;
        }
        let named = match present {
            Present::KnownReplaced => Err(io::ErrorKind::AlreadyExists.into()),
            _ => self.name_new(spot),
        };
        let replaced = match named {
            Err(error)
                if present != Present::Kept && error.kind() == io::ErrorKind::AlreadyExists =>
            {
                self.name_over(spot)?;
                true
            }
            result => result.map(|()| false)?,
        };
        if sync {
            spot.sync_directory()?;
        }
        Ok(replaced)
    }

    fn name_new(&mut self, spot: &Spot) -> io::Result<()> {
        let Some(name) = &self.name else {
            return change::link(self.file.as_fd(), spot.parent.as_fd(), &spot.name);
        };
        let from = (self.directory.as_fd(), name.as_c_str());
        change::rename_new(from, (spot.parent.as_fd(), &spot.name))?;
        self.name = None;
        Ok(())
    }

    /// No call links over a name, so it gets another for a moment.
    fn name_over(&mut self, spot: &Spot) -> io::Result<()> {
        if self.name.is_none() {
            lock(&self.file);
            let link = |name: &CString| change::link(self.file.as_fd(), spot.parent.as_fd(), name);
            let (name, ()) = with_temporary_name(link)?;
            (self.directory, self.name) = (spot.parent.clone(), Some(name));
        }
        if let Some(name) = &self.name {
            let from = (self.directory.as_fd(), name.as_c_str());
            change::rename(from, (spot.parent.as_fd(), &spot.name))?;
        }
        self.name = None;
        Ok(())
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if let Some(name) = &self.name {
            // What cannot be removed now is swept away at the next start.
            let _ = change::remove_file(self.directory.as_fd(), name);
        }
    }
}

/// Shows that somebody works on a file. Where the file system has no locks, a server that starts
/// meanwhile may take it for abandoned.
pub(super) fn lock(file: &File) {
    let _ = file.try_lock();
}

/// Whether a file can be given a name that has none: where `linkat(2)` does not do it alone, it
/// needs `/proc`.
fn can_name_later() -> bool {
    static CAN: OnceLock<bool> = OnceLock::new();
    *CAN.get_or_init(|| Path::new("/proc/self/fd").exists())
}

/// Whether the file system has no files without a name.
fn is_refusal(error: &io::Error) -> bool {
    let refusals = [libc::EOPNOTSUPP, libc::EISDIR, libc::ENOENT, libc::EINVAL];
    error.raw_os_error().is_some_and(|error| refusals.contains(&error))
}

/// A temporary name that this process gives once; `what` it is for comes first in it.
pub(super) fn temporary_name(what: &str) -> CString {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let name = [TEMPORARY, format!("{what}{}-{number}", std::process::id()).as_bytes()].concat();
    CString::new(name).unwrap_or_default()
}

/// Does something with a temporary name that is not taken.
pub(super) fn with_temporary_name<T>(
    act: impl Fn(&CString) -> io::Result<T>,
) -> io::Result<(CString, T)> {
    loop {
        let name = temporary_name("");
        match act(&name) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            result => return result.map(|done| (name, done)),
        }
    }
}
