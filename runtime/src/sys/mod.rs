//! All of libc, and all unsafe code of the runtime: one call, one safe function. What goes
//! in and comes out are std's types; errors are `io::Error`.

#![allow(unsafe_code)]

pub mod append;
pub mod block;
pub mod change;
pub mod directory;
pub mod fs;
pub mod identity;
pub mod net;
pub mod pass;
pub mod poll;
pub mod process;
pub mod signal;
pub mod socket;
pub mod spawn;
pub mod terminal;
pub mod time;
pub mod usage;

use std::io;

/// The result of a call that returns -1 and sets `errno` on failure.
fn check(result: libc::c_int) -> io::Result<libc::c_int> {
    if result == -1 { Err(io::Error::last_os_error()) } else { Ok(result) }
}

/// The same for calls that return a length.
fn check_len(result: libc::ssize_t) -> io::Result<usize> {
    usize::try_from(result).map_err(|_| io::Error::last_os_error())
}

/// Calls again what a signal has interrupted.
fn retry<T>(mut call: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    loop {
        match call() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}
