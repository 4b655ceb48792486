//! The terminal that the server may have been started from.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::OpenOptionsExt;

use super::check;

/// Leaves the terminal for good, with all processes that this one starts from then on: they lead
/// or join other process groups than the server's, and cannot open `/dev/tty`. To be called in a
/// process that has just been forked.
///
/// The session stays the server's where it can. Linux shares a CPU out among sessions before it
/// does so among their processes: in another one, scripts and the worker that waits for them would
/// interrupt each other whenever one of them has something for the other.
pub fn leave() -> io::Result<()> {
    match open() {
        // SAFETY: takes no pointers. This process leads no session, so that no other one loses the
        // terminal.
        Ok(terminal) => check(unsafe { libc::ioctl(terminal.as_raw_fd(), libc::TIOCNOTTY) })?,
        // There is none.
        Err(error) if error.raw_os_error() == Some(libc::ENXIO) => 0,
        // Whether there is one cannot be told, as where there is no `/dev`.
        // SAFETY: takes no pointers.
        Err(_) => return check(unsafe { libc::setsid() }).map(drop),
    };
    // SAFETY: takes no pointers.
    check(unsafe { libc::setpgid(0, 0) })?;
    Ok(())
}

fn open() -> io::Result<File> {
    OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK).open("/dev/tty")
}

#[cfg(test)]
mod tests {
    use std::process::ExitCode;

    use super::*;
    use crate::sys::spawn::{fork, wait_for};

    /// Runs `run` in a session of its own that has a terminal.
    fn on_a_terminal(run: impl FnOnce() -> io::Result<bool>) -> bool {
        let begin = || {
            // SAFETY: takes no pointers.
            check(unsafe { libc::setsid() })?;
            let (mut main, mut other) = (-1, -1);
            let (no_name, no_settings) = (std::ptr::null_mut(), std::ptr::null());
            // Both ends stay open: a terminal that hangs up kills who leads its session.
            // SAFETY: writes two descriptors; no name, settings or size are given.
            check(unsafe {
                libc::openpty(&raw mut main, &raw mut other, no_name, no_settings, std::ptr::null())
            })?;
            // SAFETY: takes no pointers.
            check(unsafe { libc::ioctl(other, libc::TIOCSCTTY, 0) })?;
            open()?;
            run()
        };
        in_child(begin).expect("a process")
    }

    /// Runs `run` in another process; whether it says yes.
    fn in_child(run: impl FnOnce() -> io::Result<bool>) -> io::Result<bool> {
        wait_for(fork(|| match run() {
            Ok(true) => ExitCode::SUCCESS,
            _ => ExitCode::FAILURE,
        })?)
    }

    fn has_terminal() -> bool {
        open().is_ok()
    }

    /// Session and process group.
    fn place() -> (libc::pid_t, libc::pid_t) {
        // SAFETY: takes no pointers.
        let session = unsafe { libc::getsid(0) };
        // SAFETY: takes no pointers.
        (session, unsafe { libc::getpgid(0) })
    }

    #[test]
    fn who_leaves_has_no_terminal_and_its_children_have_none() {
        let held = on_a_terminal(|| {
            let (session, group) = place();
            let left = in_child(|| {
                leave()?;
                let own = i32::try_from(std::process::id()).expect("a number");
                let alone = place() == (session, own) && own != group;
                Ok(alone && !has_terminal() && in_child(|| Ok(!has_terminal()))?)
            })?;
            // The others keep theirs.
            Ok(left && has_terminal())
        });
        assert!(held);
    }

    #[test]
    fn without_a_terminal_nothing_but_the_group_changes() {
        let held = in_child(|| {
            // SAFETY: takes no pointers.
            check(unsafe { libc::setsid() })?;
            let (session, group) = place();
            in_child(|| {
                leave()?;
                let (session_then, group_then) = place();
                Ok(!has_terminal() && session_then == session && group_then != group)
            })
        });
        assert!(held.expect("two processes"));
    }
}
