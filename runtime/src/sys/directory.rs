//! Reading directories that are open, and what the names in them are.

use std::ffi::CStr;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, BorrowedFd};

use super::{check, check_len, retry};

/// Where a record of `getdents64(2)` says how long it is: behind two numbers of 64 bits.
const LEN_AT: usize = 16;
/// Where it says what the name is.
const KIND_AT: usize = 18;
/// Where its name begins.
const NAME_AT: usize = 19;

/// One name in a directory.
#[derive(Clone, Copy, Debug)]
pub struct Record<'r> {
    /// The name.
    pub name: &'r CStr,
    /// What it is, where the file system says so at once.
    pub kind: Option<Kind>,
}

/// `getdents64(2)`: the next records of a directory that was opened for reading, where the last
/// reader of the descriptor has ended; 0 at the end. `records` has room for one at least.
pub fn read(directory: BorrowedFd<'_>, records: &mut [u8]) -> io::Result<usize> {
    let (fd, len) = (directory.as_raw_fd(), records.len());
    // SAFETY: pointer and length describe one exclusive buffer, the directory is open.
    let mut read = || unsafe { libc::syscall(libc::SYS_getdents64, fd, records.as_mut_ptr(), len) };
    retry(|| check_len(read() as libc::ssize_t))
}

/// The names in records that were read, without `.` and `..`.
pub fn records(mut records: &[u8]) -> impl Iterator<Item = Record<'_>> {
    let next = move || {
        let (record, rest) = split_record(records)?;
        records = rest;
        Some(record)
    };
    let is_named = |record: &Record<'_>| record.name != c"." && record.name != c"..";
    std::iter::from_fn(next).filter(is_named)
}

/// The first record, and those behind it.
fn split_record(records: &[u8]) -> Option<(Record<'_>, &[u8])> {
    let &[low, high] = records.get(LEN_AT..LEN_AT + 2)? else { return None };
    let (record, rest) = records.split_at_checked(u16::from_ne_bytes([low, high]).into())?;
    let name = CStr::from_bytes_until_nul(record.get(NAME_AT..)?).ok()?;
    let kind = match *record.get(KIND_AT)? {
        libc::DT_UNKNOWN => None,
        libc::DT_DIR => Some(Kind::Directory),
        libc::DT_REG => Some(Kind::File),
        libc::DT_LNK => Some(Kind::Symlink),
        _ => Some(Kind::Other),
    };
    Some((Record { name, kind }, rest))
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
    retry(|| check(unsafe { libc::fstatat(fd, name.as_ptr(), &raw mut stat, flags) }))?;
    let kind = match stat.st_mode & libc::S_IFMT {
        libc::S_IFDIR => Kind::Directory,
        libc::S_IFREG => Kind::File,
        libc::S_IFLNK => Kind::Symlink,
        _ => Kind::Other,
    };
    Ok(Status { kind, len: stat.st_size as u64, modified_s: stat.st_mtime })
}
