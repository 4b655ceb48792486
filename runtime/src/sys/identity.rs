//! Names of what runs here: the machine, the thread.

use std::io;
use std::sync::OnceLock;

use super::check;

/// The machine's host name in lower case, as it was when it was first asked for; empty where
/// the system does not tell.
pub fn host_name() -> &'static [u8] {
    static NAME: OnceLock<Vec<u8>> = OnceLock::new();
    NAME.get_or_init(|| ask_host_name().unwrap_or_default().to_ascii_lowercase())
}

fn ask_host_name() -> io::Result<Vec<u8>> {
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
