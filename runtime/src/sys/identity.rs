//! Names of what runs here: the machine, the thread.

use std::io;

use super::check;

/// The machine's host name.
pub fn host_name() -> io::Result<Vec<u8>> {
    let mut name = vec![0u8; 256];
    // SAFETY: pointer and length describe one exclusive buffer.
    check(unsafe { libc::gethostname(name.as_mut_ptr().cast(), name.len()) })?;
    let end = name.iter().position(|&byte| byte == 0).unwrap_or(name.len());
    name.truncate(end);
    Ok(name)
}

/// The kernel's number of the calling thread.
pub fn thread_id() -> i32 {
    // SAFETY: takes no pointers and cannot fail.
    unsafe { libc::gettid() }
}
