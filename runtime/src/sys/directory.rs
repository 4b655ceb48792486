//! Reading directories that are open, and what the names in them are.

use std::ffi::{CStr, CString};
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, BorrowedFd};

use super::{check, check_len};

/// Where a record of `getdents64(2)` says how long it is: behind two numbers of 64 bits.
const LEN_AT: usize = 16;
/// Where its name begins: behind that length and a byte for the kind.
const NAME_AT: usize = 19;

/// The names in a directory that was opened for reading, without `.` and `..`, in no order.
/// Goes on where the last reader of the descriptor has ended.
pub fn names(directory: BorrowedFd<'_>) -> Names<'_> {
    Names { directory, records: vec![0; 32 * 1024], start: 0, end: 0 }
}

/// See [`names`]. Holds as much memory for a large directory as for a small one.
pub struct Names<'d> {
    directory: BorrowedFd<'d>,
    records: Vec<u8>,
    /// The records that were read and not given out yet.
    start: usize,
    end: usize,
}

impl Names<'_> {
    /// Reads the next records; false at the end of the directory.
    fn read(&mut self) -> io::Result<bool> {
        let buffer = &mut self.records;
        // SAFETY: pointer and length describe one exclusive buffer, the directory is open.
        let len = check_len(unsafe {
            libc::syscall(
                libc::SYS_getdents64,
                self.directory.as_raw_fd(),
                buffer.as_mut_ptr(),
                buffer.len(),
            )
        } as libc::ssize_t)?;
        (self.start, self.end) = (0, len);
        Ok(len > 0)
    }

    /// The name of the next record, if one is left.
    fn take(&mut self) -> Option<CString> {
        let records = &self.records[self.start..self.end];
        let &[low, high] = records.get(LEN_AT..LEN_AT + 2)? else { return None };
        let len = usize::from(u16::from_ne_bytes([low, high]));
        self.start += len;
        let name = records.get(NAME_AT..len).map(CStr::from_bytes_until_nul);
        name?.ok().map(CStr::to_owned)
    }
}

impl Iterator for Names<'_> {
    type Item = io::Result<CString>;

    fn next(&mut self) -> Option<io::Result<CString>> {
        loop {
            match self.take() {
                Some(name) if name.as_c_str() == c"." || name.as_c_str() == c".." => {}
                Some(name) => return Some(Ok(name)),
                None => match self.read() {
                    Ok(true) => {}
                    Ok(false) => return None,
                    Err(error) => return Some(Err(error)),
                },
            }
        }
    }
}

/// What a name is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Status {
    /// What it is.
    pub kind: Kind,
    /// Its length in bytes.
    pub len: u64,
    /// When it was last modified, in seconds since 1970.
    pub modified_s: i64,
}

/// The kinds of names that are told apart.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[allow(missing_docs)]
pub enum Kind {
    Directory,
    File,
    Symlink,
    /// A FIFO, a socket or a device.
    Other,
}

/// `fstatat(2)` of a name in a directory, which is not followed if it is a symlink.
pub fn status(directory: BorrowedFd<'_>, name: &CStr) -> io::Result<Status> {
    let fd = directory.as_raw_fd();
    // SAFETY: all-zero bytes are a valid `stat`.
    let mut stat: libc::stat = unsafe { MaybeUninit::zeroed().assume_init() };
    let flags = libc::AT_SYMLINK_NOFOLLOW;
    // SAFETY: `name` is a C string, the directory is open, and `stat` is a live value that the
    // call may write.
    check(unsafe { libc::fstatat(fd, name.as_ptr(), &raw mut stat, flags) })?;
    let kind = match stat.st_mode & libc::S_IFMT {
        libc::S_IFDIR => Kind::Directory,
        libc::S_IFREG => Kind::File,
        libc::S_IFLNK => Kind::Symlink,
        _ => Kind::Other,
    };
    Ok(Status { kind, len: stat.st_size as u64, modified_s: stat.st_mtime })
}
