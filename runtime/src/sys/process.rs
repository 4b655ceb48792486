//! The process itself: users, limits, CPUs.

use std::ffi::CString;
use std::io;
use std::mem::MaybeUninit;

use super::check;

/// Numeric ids of a user and a group.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ids {
    /// User id.
    pub user: u32,
    /// Group id.
    pub group: u32,
}

/// Whether the process runs as root.
pub fn is_root() -> bool {
    // SAFETY: takes no pointers, cannot fail.
    unsafe { libc::geteuid() == 0 }
}

/// The ids of a user by name, with that user's own group unless one is named. Call it before
/// the first thread is started.
pub fn look_up(user: &str, group: Option<&str>) -> io::Result<Ids> {
    let not_found = |what: &str, name: &str| {
        io::Error::new(io::ErrorKind::NotFound, format!("no {what} is named `{name}`"))
    };
    let name = CString::new(user)?;
    // SAFETY: `name` is a C string.
    let entry = unsafe { libc::getpwnam(name.as_ptr()) };
    // SAFETY: it is null, or valid until the next call, and no other thread runs yet.
    let entry = unsafe { entry.as_ref() }.ok_or_else(|| not_found("user", user))?;
    let mut ids = Ids { user: entry.pw_uid, group: entry.pw_gid };
    if let Some(group) = group {
        let name = CString::new(group)?;
        // SAFETY: `name` is a C string.
        let entry = unsafe { libc::getgrnam(name.as_ptr()) };
        // SAFETY: as above.
        ids.group = unsafe { entry.as_ref() }.ok_or_else(|| not_found("group", group))?.gr_gid;
    }
    Ok(ids)
}

/// Becomes `user` for good: supplementary groups, group, then user.
pub fn become_user(user: &str, ids: Ids) -> io::Result<()> {
    let name = CString::new(user)?;
    // SAFETY: `name` is a C string.
    check(unsafe { libc::initgroups(name.as_ptr(), ids.group) })?;
    // SAFETY: takes no pointers.
    check(unsafe { libc::setgid(ids.group) })?;
    // SAFETY: takes no pointers.
    check(unsafe { libc::setuid(ids.user) })?;
    Ok(())
}

/// Gives memory that was freed back to the system. glibc keeps it otherwise.
pub fn give_memory_back() {
    #[cfg(target_env = "gnu")]
    // SAFETY: takes no pointers; it touches nothing but memory that nobody has.
    unsafe {
        libc::malloc_trim(0)
    };
}

/// The soft limit of open descriptors.
pub fn descriptor_limit() -> io::Result<u64> {
    limits().map(|limit| limit.rlim_cur)
}

fn limits() -> io::Result<libc::rlimit> {
    let mut limit = MaybeUninit::<libc::rlimit>::zeroed();
    // SAFETY: getrlimit(2) writes one `rlimit`.
    check(unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, limit.as_mut_ptr()) })?;
    // SAFETY: it was zeroed, and then written.
    Ok(unsafe { limit.assume_init() })
}

/// Raises the soft limit of open descriptors to at least `wanted`, as far as the hard limit
/// allows, and returns what it is then.
pub fn raise_descriptor_limit(wanted: u64) -> io::Result<u64> {
    let mut limit = limits()?;
    if limit.rlim_cur < wanted {
        limit.rlim_cur = wanted.min(limit.rlim_max);
        // SAFETY: setrlimit(2) reads one `rlimit`.
        check(unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit) })?;
    }
    Ok(limit.rlim_cur)
}
