//! `poll(2)`, and the epoll instance that clients stand in.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};

use super::{check, retry};

/// One entry of a poll set: a descriptor, what to watch for, what was seen.
#[repr(transparent)]
#[derive(Clone, Copy)]
pub struct PollFd(libc::pollfd);

impl PollFd {
    /// Watches `fd` for reading or for writing.
    pub fn new(fd: RawFd, write: bool) -> Self {
        let events = if write { libc::POLLOUT } else { libc::POLLIN };
        PollFd(libc::pollfd { fd, events, revents: 0 })
    }

    /// Watches `fd` for nothing but that its other end is closed.
    pub fn for_end(fd: RawFd) -> Self {
        PollFd(libc::pollfd { fd, events: 0, revents: 0 })
    }

    /// Whether anything was seen: readiness, a hang-up or an error.
    pub fn ready(&self) -> bool {
        self.0.revents != 0
    }

    /// Stops or resumes watching: an entry with a negative descriptor is skipped.
    pub fn set_enabled(&mut self, enabled: bool) {
        if enabled == (self.0.fd < 0) {
            self.0.fd = !self.0.fd;
        }
    }
}

/// Waits until an entry is ready, or for `timeout_ms` (-1: for ever). An interrupting signal
/// ends the wait with 0.
pub fn poll(entries: &mut [PollFd], timeout_ms: i32) -> io::Result<usize> {
    // SAFETY: `PollFd` is `repr(transparent)` over `pollfd`; pointer and length describe one
    // exclusive slice, and poll(2) writes only within it.
    let result = check(unsafe {
        libc::poll(entries.as_mut_ptr().cast(), entries.len() as libc::nfds_t, timeout_ms)
    });
    match result {
        Ok(ready) => Ok(ready as usize),
        Err(error) if error.kind() == io::ErrorKind::Interrupted => {
            entries.iter_mut().for_each(|entry| entry.0.revents = 0);
            Ok(0)
        }
        Err(error) => Err(error),
    }
}

/// Whether there is something to read now, or to accept.
pub fn is_readable(fd: BorrowedFd<'_>) -> bool {
    poll(&mut [PollFd::new(fd.as_raw_fd(), false)], 0).is_ok_and(|ready| ready > 0)
}

/// What a descriptor is watched for. For neither, an error of it is still seen.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Readiness {
    /// There is something to read, or the other end is gone.
    pub reads: bool,
    /// It can be written to.
    pub writes: bool,
}

impl Readiness {
    /// To be read.
    pub const READ: Readiness = Readiness { reads: true, writes: false };
    /// To be written to.
    pub const WRITE: Readiness = Readiness { reads: false, writes: true };
}

/// One event of an [`Epoll`].
#[repr(transparent)]
#[derive(Clone, Copy)]
pub struct EpollEvent(libc::epoll_event);

impl EpollEvent {
    /// An event to be written over.
    pub const EMPTY: EpollEvent = EpollEvent(libc::epoll_event { events: 0, u64: 0 });

    /// What was given to [`Epoll::add`].
    pub fn token(&self) -> u64 {
        self.0.u64
    }

    /// Whether it is about writing.
    pub fn is_write(&self) -> bool {
        self.0.events & libc::EPOLLOUT as u32 != 0
    }
}

/// An epoll instance, level-triggered.
pub struct Epoll(OwnedFd);

impl Epoll {
    /// A new one.
    pub fn new() -> io::Result<Epoll> {
        // SAFETY: takes no pointers.
        let fd = check(unsafe { libc::epoll_create1(libc::EPOLL_CLOEXEC) })?;
        // SAFETY: the kernel has just made this descriptor, and nothing else owns it.
        Ok(Epoll(unsafe { OwnedFd::from_raw_fd(fd) }))
    }

    /// Watches `fd` for this under `token`.
    pub fn add(&self, fd: BorrowedFd<'_>, token: u64, readiness: Readiness) -> io::Result<()> {
        self.control(libc::EPOLL_CTL_ADD, fd, token, readiness)
    }

    /// Watches `fd`, which is watched already, for something else.
    pub fn modify(&self, fd: BorrowedFd<'_>, token: u64, readiness: Readiness) -> io::Result<()> {
        self.control(libc::EPOLL_CTL_MOD, fd, token, readiness)
    }

    fn control(
        &self,
        operation: libc::c_int,
        fd: BorrowedFd<'_>,
        token: u64,
        readiness: Readiness,
    ) -> io::Result<()> {
        let reads = if readiness.reads { libc::EPOLLIN | libc::EPOLLRDHUP } else { 0 };
        let events = reads | if readiness.writes { libc::EPOLLOUT } else { 0 };
        let mut event = libc::epoll_event { events: events as u32, u64: token };
        let (epoll, fd) = (self.0.as_raw_fd(), fd.as_raw_fd());
        // SAFETY: `event` outlives the call, which only reads it.
        retry(|| check(unsafe { libc::epoll_ctl(epoll, operation, fd, &raw mut event) }))?;
        Ok(())
    }

    /// Stops watching `fd`.
    pub fn remove(&self, fd: BorrowedFd<'_>) -> io::Result<()> {
        let (epoll, fd) = (self.0.as_raw_fd(), fd.as_raw_fd());
        // SAFETY: EPOLL_CTL_DEL takes no event.
        check(unsafe { libc::epoll_ctl(epoll, libc::EPOLL_CTL_DEL, fd, std::ptr::null_mut()) })?;
        Ok(())
    }

    /// Fills the front of `events` with what is ready now, without waiting.
    pub fn ready(&self, events: &mut [EpollEvent]) -> io::Result<usize> {
        let len = events.len() as libc::c_int;
        // SAFETY: `EpollEvent` is `repr(transparent)` over `epoll_event`; pointer and length
        // describe one exclusive slice.
        let count = check(unsafe {
            libc::epoll_wait(self.0.as_raw_fd(), events.as_mut_ptr().cast(), len, 0)
        });
        match count {
            // They are there still at the next look.
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(0),
            result => result.map(|count| count as usize),
        }
    }
}

impl AsRawFd for Epoll {
    fn as_raw_fd(&self) -> RawFd {
        self.0.as_raw_fd()
    }
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, TcpStream};
    use std::os::fd::AsFd;

    use super::*;

    #[test]
    fn a_listener_is_readable_while_somebody_waits() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        for _ in 0..2 {
            assert!(!is_readable(listener.as_fd()));
            let _client = TcpStream::connect(address).expect("connected");
            poll(&mut [PollFd::new(listener.as_raw_fd(), false)], -1).expect("poll");
            assert!(is_readable(listener.as_fd()));
            listener.accept().expect("accepted");
        }
    }
}
