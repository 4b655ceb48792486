//! Changing what is in an open directory. Names are of one segment, and are never followed
//! where they are symlinks.

use std::ffi::CStr;
use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

use super::{check, retry};

/// Makes a file in the directory's file system that has no name, for reading and
/// writing. It is gone when it is closed, unless [`link`] gives it one. `EOPNOTSUPP` and others where the file system has
/// no such files.
pub fn create_unnamed(directory: BorrowedFd<'_>, mode: u32) -> io::Result<File> {
    create(directory, c".", libc::O_TMPFILE, mode)
}

/// Makes a file, for reading and writing. `EEXIST` if the name is taken.
pub fn create_new(directory: BorrowedFd<'_>, name: &CStr, mode: u32) -> io::Result<File> {
    create(directory, name, libc::O_CREAT | libc::O_EXCL, mode)
}

fn create(
    directory: BorrowedFd<'_>,
    name: &CStr,
    flags: libc::c_int,
    mode: u32,
) -> io::Result<File> {
    let flags = flags | libc::O_RDWR | libc::O_CLOEXEC | libc::O_NOFOLLOW;
    let fd = retry(|| {
        // SAFETY: `name` is a C string, `directory` is open; the mode goes with both kinds of flags.
        check(unsafe { libc::openat(directory.as_raw_fd(), name.as_ptr(), flags, mode) })
    })?;
    // SAFETY: the descriptor was just opened and nobody else owns it.
    Ok(File::from(unsafe { OwnedFd::from_raw_fd(fd) }))
}

/// Gives a file without a name one. `EEXIST` if it is taken.
pub fn link(file: BorrowedFd<'_>, directory: BorrowedFd<'_>, name: &CStr) -> io::Result<()> {
    let (from, to) = (file.as_raw_fd(), directory.as_raw_fd());
    let flags = libc::AT_EMPTY_PATH;
    // SAFETY: both paths are C strings, both descriptors are open.
    let linked =
        retry(|| check(unsafe { libc::linkat(from, c"".as_ptr(), to, name.as_ptr(), flags) }));
    match linked {
        // Kernels before 6.10 want a capability for it, and say so in this way.
        Err(error) if error.raw_os_error() == Some(libc::ENOENT) => link_by_proc(from, to, name),
        result => result.map(drop),
    }
}

fn link_by_proc(from: libc::c_int, to: libc::c_int, name: &CStr) -> io::Result<()> {
    let path = std::ffi::CString::new(format!("/proc/self/fd/{from}"))?;
    let (cwd, flags) = (libc::AT_FDCWD, libc::AT_SYMLINK_FOLLOW);
    // SAFETY: both paths are C strings, `to` is an open descriptor.
    retry(|| check(unsafe { libc::linkat(cwd, path.as_ptr(), to, name.as_ptr(), flags) }))?;
    Ok(())
}

/// Gives a file another name beside the one that it has. `EEXIST` if it is taken, `EPERM` for a
/// directory.
pub fn link_entry(from: (BorrowedFd<'_>, &CStr), to: (BorrowedFd<'_>, &CStr)) -> io::Result<()> {
    let ((from, old), (to, new)) = ((from.0.as_raw_fd(), from.1), (to.0.as_raw_fd(), to.1));
    // SAFETY: both names are C strings, both descriptors are open.
    retry(|| check(unsafe { libc::linkat(from, old.as_ptr(), to, new.as_ptr(), 0) }))?;
    Ok(())
}

/// Moves an entry, onto whatever has the new name.
pub fn rename(from: (BorrowedFd<'_>, &CStr), to: (BorrowedFd<'_>, &CStr)) -> io::Result<()> {
    let ((from, old), (to, new)) = ((from.0.as_raw_fd(), from.1), (to.0.as_raw_fd(), to.1));
    // SAFETY: both names are C strings, both descriptors are open.
    retry(|| check(unsafe { libc::renameat(from, old.as_ptr(), to, new.as_ptr()) }))?;
    Ok(())
}

/// Lets two entries change places, whatever they are: nobody sees one of the names without an
/// entry. `EINVAL` or `ENOSYS` where the file system cannot.
pub fn exchange(from: (BorrowedFd<'_>, &CStr), to: (BorrowedFd<'_>, &CStr)) -> io::Result<()> {
    rename_with(from, to, libc::RENAME_EXCHANGE)
}

fn rename_with(
    from: (BorrowedFd<'_>, &CStr),
    to: (BorrowedFd<'_>, &CStr),
    flags: libc::c_uint,
) -> io::Result<()> {
    let ((from, old), (to, new)) = ((from.0.as_raw_fd(), from.1), (to.0.as_raw_fd(), to.1));
    // SAFETY: both names are C strings, both descriptors are open.
    let rename = || unsafe {
        libc::syscall(libc::SYS_renameat2, from, old.as_ptr(), to, new.as_ptr(), flags)
    };
    retry(|| check(rename() as libc::c_int)).map(drop)
}

/// Moves an entry. `EEXIST` if the new name is taken.
pub fn rename_new(from: (BorrowedFd<'_>, &CStr), to: (BorrowedFd<'_>, &CStr)) -> io::Result<()> {
    match rename_with(from, to, libc::RENAME_NOREPLACE) {
        // File systems that cannot rename so can mostly link.
        Err(error) if matches!(error.raw_os_error(), Some(libc::EINVAL | libc::ENOSYS)) => {
            link_entry(from, to)?;
            remove_file(from.0, from.1)
        }
        result => result,
    }
}

/// Removes anything but a directory (`EISDIR`).
pub fn remove_file(directory: BorrowedFd<'_>, name: &CStr) -> io::Result<()> {
    // SAFETY: `name` is a C string, `directory` is open.
    retry(|| check(unsafe { libc::unlinkat(directory.as_raw_fd(), name.as_ptr(), 0) }))?;
    Ok(())
}

/// Removes an empty directory.
pub fn remove_directory(directory: BorrowedFd<'_>, name: &CStr) -> io::Result<()> {
    retry(|| {
        // SAFETY: `name` is a C string, `directory` is open.
        check(unsafe { libc::unlinkat(directory.as_raw_fd(), name.as_ptr(), libc::AT_REMOVEDIR) })
    })?;
    Ok(())
}

/// Makes a directory. `EEXIST` if the name is taken.
pub fn make_directory(directory: BorrowedFd<'_>, name: &CStr, mode: u32) -> io::Result<()> {
    retry(|| {
        // SAFETY: `name` is a C string, `directory` is open.
        check(unsafe { libc::mkdirat(directory.as_raw_fd(), name.as_ptr(), mode as libc::mode_t) })
    })?;
    Ok(())
}
