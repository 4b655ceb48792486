//! Descriptors, interest and tokens in step. One `poll(2)` a turn watches everything; the
//! clients that wait for something to read stand in an epoll instance whose own descriptor is
//! one entry of the set, so that a thousand idle ones cost nothing.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, RawFd};
use std::time::Duration;

use crate::sys::poll::{Epoll, EpollEvent, PollFd, poll};

/// What to watch a descriptor for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Interest {
    /// There is something to read, or the other end is gone.
    Read,
    /// It can be written to.
    Write,
}

/// The most parked clients that one turn serves; the rest are ready again at the next.
const BATCH_LEN: usize = 512;

/// The clients that are served before all else that is watched has its turn: the epoll instance
/// is asked alone as long as it has several of them each time, which saves a call of `poll(2)`.
const ALONE_LEN: usize = 128;

/// How long the loop rests where the kernel has no memory to wait in.
const SHORTAGE_REST: Duration = Duration::from_millis(10);

/// A poll set whose entries carry tokens.
pub struct PollSet {
    entries: Vec<PollFd>,
    tokens: Vec<u64>,
    parked: Epoll,
    events: Box<[EpollEvent; BATCH_LEN]>,
    ready: Vec<u64>,
    /// Clients that may be served yet before `poll(2)` is called.
    alone_left: usize,
}

impl PollSet {
    /// An empty set.
    pub fn new() -> io::Result<PollSet> {
        let parked = Epoll::new()?;
        let entries = vec![PollFd::new(parked.as_raw_fd(), false)];
        let events = Box::new([EpollEvent::EMPTY; BATCH_LEN]);
        Ok(PollSet { entries, tokens: vec![0], parked, events, ready: Vec::new(), alone_left: 0 })
    }

    /// Forgets what it watches, but for the clients: they are out of it once they are closed.
    pub fn forget_all(&mut self) {
        self.entries.truncate(1);
        self.tokens.truncate(1);
        self.alone_left = 0;
    }

    /// Adds a descriptor that is watched by the set itself (listeners, wakers, pipes). It is
    /// removed before it is closed, or in the same turn.
    pub fn add(&mut self, fd: RawFd, token: u64, interest: Interest) {
        self.entries.push(PollFd::new(fd, interest == Interest::Write));
        self.tokens.push(token);
    }

    /// Stops or resumes watching the entry with `token`.
    pub fn set_enabled(&mut self, token: u64, enabled: bool) {
        let index = self.tokens.iter().skip(1).position(|&other| other == token);
        if let Some(index) = index {
            self.entries[index + 1].set_enabled(enabled);
        }
    }

    /// Removes the entry with `token` from the set itself.
    pub fn remove(&mut self, token: u64) {
        if let Some(index) = self.tokens.iter().skip(1).position(|&other| other == token) {
            self.entries.swap_remove(index + 1);
            self.tokens.swap_remove(index + 1);
        }
    }

    /// Begins to watch a client.
    pub fn watch(&mut self, fd: BorrowedFd<'_>, token: u64, interest: Interest) -> io::Result<()> {
        match interest {
            Interest::Read => self.parked.add(fd, token),
            Interest::Write => {
                self.add(fd.as_raw_fd(), token, interest);
                Ok(())
            }
        }
    }

    /// Stops watching a client, before it is closed or watched for something else.
    pub fn unwatch(&mut self, fd: BorrowedFd<'_>, token: u64, interest: Interest) {
        match interest {
            // It can only fail if the descriptor is not there, and then there is nothing to do.
            Interest::Read => drop(self.parked.remove(fd)),
            Interest::Write => self.remove(token),
        }
    }

    /// Waits, at most for `timeout_ms` (-1: for ever), and returns the tokens that are ready.
    /// The slice's memory is given back with [`recycle`](Self::recycle).
    pub fn wait(&mut self, timeout_ms: i32) -> io::Result<Vec<u64>> {
        let mut ready = std::mem::take(&mut self.ready);
        ready.clear();
        if self.alone_left > 0 {
            let count = self.take_parked(&mut ready)?;
            self.alone_left = if count > 1 { self.alone_left.saturating_sub(count) } else { 0 };
            if count > 0 {
                return Ok(ready);
            }
        }
        let mut left = match poll(&mut self.entries, timeout_ms) {
            // The kernel has no memory for the call. What waits is there still after a rest.
            Err(error) if matches!(error.raw_os_error(), Some(libc::ENOMEM | libc::EAGAIN)) => {
                std::thread::sleep(SHORTAGE_REST);
                0
            }
            result => result?,
        };
        if left > 0 && self.entries[0].ready() {
            left -= 1;
            // Of one client alone nothing more is to be expected at once.
            let count = self.take_parked(&mut ready)?;
            self.alone_left = if count > 1 { ALONE_LEN } else { 0 };
        }
        for (entry, &token) in self.entries.iter().zip(&self.tokens).skip(1) {
            if left == 0 {
                break;
            }
            if entry.ready() {
                ready.push(token);
                left -= 1;
            }
        }
        Ok(ready)
    }

    /// Appends the tokens of clients that are ready now; returns how many they are.
    fn take_parked(&mut self, ready: &mut Vec<u64>) -> io::Result<usize> {
        let count = self.parked.ready(&mut self.events[..])?;
        ready.extend(self.events[..count].iter().map(EpollEvent::token));
        Ok(count)
    }

    /// Takes the memory of a served batch back.
    pub fn recycle(&mut self, ready: Vec<u64>) {
        self.ready = ready;
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::os::fd::AsFd;
    use std::os::unix::net::UnixStream;

    use super::*;

    fn wait(set: &mut PollSet) -> Vec<u64> {
        let ready = set.wait(1000).expect("poll");
        set.recycle(ready.clone());
        ready
    }

    #[test]
    fn what_is_watched_has_its_turn_beside_busy_clients() {
        let pair = || UnixStream::pair().expect("sockets");
        let mut set = PollSet::new().expect("an epoll instance");
        let clients = [pair(), pair()];
        let (pipe, mut writer) = pair();
        set.add(pipe.as_raw_fd(), 9, Interest::Read);
        for ((client, other), token) in clients.iter().zip(1..) {
            set.watch(client.as_fd(), token, Interest::Read).expect("watched");
            (&*other).write_all(b"x").expect("written");
        }
        assert_eq!(wait(&mut set), [1, 2]);
        writer.write_all(b"x").expect("written");
        // The clients are never read, so that they are ready each time.
        let turns = (0..1000).take_while(|_| !wait(&mut set).contains(&9)).count();
        assert_eq!(turns, ALONE_LEN / 2);
        // One client is not asked alone.
        set.unwatch(clients[1].0.as_fd(), 2, Interest::Read);
        wait(&mut set);
        assert_eq!(wait(&mut set), [1, 9]);
        set.unwatch(clients[0].0.as_fd(), 1, Interest::Read);
        assert_eq!(wait(&mut set), [9]);
    }
}
