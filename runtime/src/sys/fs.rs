//! Opening files beneath a directory, and sending them.

use std::ffi::CStr;
use std::fs::File;
use std::io;
use std::mem::{MaybeUninit, size_of};
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

use super::{check, check_len, retry};

/// What a file is opened for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OpenFor {
    /// To read it. Does not wait for the other end of a FIFO.
    Reading,
    /// To know what it is; needs no permission on the file itself.
    Knowing,
}

impl OpenFor {
    fn flags(self) -> libc::c_int {
        libc::O_CLOEXEC
            | match self {
                OpenFor::Reading => libc::O_RDONLY | libc::O_NONBLOCK | libc::O_NOCTTY,
                OpenFor::Knowing => libc::O_PATH,
            }
    }
}

/// Bytes of a file system that who is not root may still take (`statvfs(3)`).
pub fn free_len(path: &CStr) -> io::Result<u64> {
    // SAFETY: all-zero bytes are a valid `statvfs`.
    let mut found: libc::statvfs64 = unsafe { MaybeUninit::zeroed().assume_init() };
    // SAFETY: `path` is a C string, and `found` is written by nobody else.
    check(unsafe { libc::statvfs64(path.as_ptr(), &raw mut found) })?;
    Ok(found.f_bavail.saturating_mul(found.f_frsize))
}

/// `openat(2)`.
pub fn open_at(directory: BorrowedFd<'_>, path: &CStr, purpose: OpenFor) -> io::Result<File> {
    open_at_with(directory, path, purpose.flags())
}

/// `openat(2)` of a path of one segment; a symlink is not followed: `ELOOP` for reading, the
/// link itself for knowing.
pub fn open_at_no_follow(
    directory: BorrowedFd<'_>,
    name: &CStr,
    purpose: OpenFor,
) -> io::Result<File> {
    open_at_with(directory, name, purpose.flags() | libc::O_NOFOLLOW)
}

fn open_at_with(directory: BorrowedFd<'_>, path: &CStr, flags: libc::c_int) -> io::Result<File> {
    // SAFETY: `path` is a C string, `directory` is open.
    let open = || check(unsafe { libc::openat(directory.as_raw_fd(), path.as_ptr(), flags) });
    let fd = retry(open)?;
    // SAFETY: the descriptor was just opened and nobody else owns it.
    Ok(File::from(unsafe { OwnedFd::from_raw_fd(fd) }))
}

/// `openat2(2)` that leaves `directory` on no part of the way, by `..`, symlink or mount of
/// `/proc`: `EXDEV` where the path would. `ENOSYS` on kernels before 5.6.
pub fn open_beneath(directory: BorrowedFd<'_>, path: &CStr, purpose: OpenFor) -> io::Result<File> {
    let resolve = libc::RESOLVE_BENEATH | libc::RESOLVE_NO_MAGICLINKS;
    open_resolving(directory, path, (purpose.flags(), 0), resolve)
}

/// The same for a file that is appended to, and made with this mode where there is none. Where the
/// kernel has no such call, the path may have one segment, and be no symlink.
pub fn append_beneath(directory: BorrowedFd<'_>, path: &CStr, mode: u32) -> io::Result<File> {
    let flags = libc::O_CLOEXEC
        | libc::O_WRONLY
        | libc::O_APPEND
        | libc::O_CREAT
        | libc::O_NONBLOCK
        | libc::O_NOCTTY;
    let resolve = libc::RESOLVE_BENEATH | libc::RESOLVE_NO_MAGICLINKS;
    match open_resolving(directory, path, (flags, mode), resolve) {
        Err(error)
            if error.raw_os_error() == Some(libc::ENOSYS) && !path.to_bytes().contains(&b'/') =>
        {
            let (fd, flags) = (directory.as_raw_fd(), flags | libc::O_NOFOLLOW);
            // SAFETY: `path` is a C string, `directory` is open.
            let open = || check(unsafe { libc::openat(fd, path.as_ptr(), flags, mode) });
            let fd = retry(open)?;
            // SAFETY: the descriptor was just opened and nobody else owns it.
            Ok(File::from(unsafe { OwnedFd::from_raw_fd(fd) }))
        }
        result => result,
    }
}

/// The same where no part of the way may be a symlink: `ELOOP` for one.
pub fn open_without_links(
    directory: BorrowedFd<'_>,
    path: &CStr,
    purpose: OpenFor,
) -> io::Result<File> {
    let resolve = libc::RESOLVE_BENEATH | libc::RESOLVE_NO_SYMLINKS;
    open_resolving(directory, path, (purpose.flags(), 0), resolve)
}

fn open_resolving(
    directory: BorrowedFd<'_>,
    path: &CStr,
    (flags, mode): (libc::c_int, u32),
    resolve: u64,
) -> io::Result<File> {
    // SAFETY: all-zero bytes are a valid `open_how`.
    let mut how: libc::open_how = unsafe { MaybeUninit::zeroed().assume_init() };
    how.flags = flags as u64;
    how.mode = mode.into();
    how.resolve = resolve;
    // SAFETY: `path` is a C string, `how` is a live value of the length given; both are only read.
    let open = || unsafe {
        libc::syscall(
            libc::SYS_openat2,
            directory.as_raw_fd(),
            path.as_ptr(),
            &raw const how,
            size_of::<libc::open_how>(),
        )
    };
    let fd = retry(|| check(open() as libc::c_int))?;
    // SAFETY: the descriptor was just opened and nobody else owns it.
    Ok(File::from(unsafe { OwnedFd::from_raw_fd(fd) }))
}

/// `readlinkat(2)` of the symlink that `link` was opened on, for knowing. A target that is
/// longer than any path is `ENAMETOOLONG`.
pub fn read_link(link: BorrowedFd<'_>) -> io::Result<Vec<u8>> {
    let mut target = vec![0u8; libc::PATH_MAX as usize];
    // SAFETY: pointer and length describe one exclusive buffer; the path is an empty C string.
    let len = check_len(unsafe {
        libc::readlinkat(link.as_raw_fd(), c"".as_ptr(), target.as_mut_ptr().cast(), target.len())
    })?;
    if len == target.len() {
        return Err(io::Error::from_raw_os_error(libc::ENAMETOOLONG));
    }
    target.truncate(len);
    Ok(target)
}

/// `sendfile(2)` of up to `len` bytes from `offset`. 0 is the end of the file.
pub fn send_file(
    socket: BorrowedFd<'_>,
    file: BorrowedFd<'_>,
    offset: u64,
    len: usize,
) -> io::Result<usize> {
    let mut offset = offset as libc::off_t;
    // SAFETY: both descriptors are open; `offset` is a live value that the call may write.
    check_len(unsafe { libc::sendfile(socket.as_raw_fd(), file.as_raw_fd(), &raw mut offset, len) })
}

/// Lets reads and writes that would have to wait fail instead (`O_NONBLOCK`).
pub fn set_nonblocking(fd: BorrowedFd<'_>) -> io::Result<()> {
    // SAFETY: takes no pointers; `fd` is open.
    check(unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_SETFL, libc::O_NONBLOCK) })?;
    Ok(())
}
