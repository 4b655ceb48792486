//! Descriptors, interest and tokens in step. One `poll(2)` a turn watches everything; the clients
//! stand in an epoll instance whose own descriptor is one entry of the set, so that thousands that
//! say nothing, or that take nothing of what they are sent, cost nothing.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, RawFd};
use std::time::Duration;

use crate::sys::poll::{Epoll, EpollEvent, PollFd, Readiness, poll};

/// What to watch a descriptor for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Interest {
    /// There is something to read, or the other end is gone.
    Read,
    /// It can be written to.
    Write,
    /// Either. Of a client alone.
    Both,
}

impl From<Interest> for Readiness {
    fn from(interest: Interest) -> Readiness {
        match interest {
            Interest::Read => Readiness::READ,
            Interest::Write => Readiness::WRITE,
            Interest::Both => Readiness { reads: true, writes: true },
        }
    }
}

impl Interest {
    /// What a readiness comes to; `None`: nothing.
    pub fn of(readiness: Readiness) -> Option<Interest> {
        match readiness {
            Readiness { reads: true, writes: true } => Some(Interest::Both),
            Readiness { reads: true, writes: false } => Some(Interest::Read),
            Readiness { reads: false, writes: true } => Some(Interest::Write),
            Readiness { reads: false, writes: false } => None,
        }
    }
}

/// The most clients that one turn serves; the rest are ready again at the next.
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
    clients: Epoll,
    events: Box<[EpollEvent; BATCH_LEN]>,
    ready: Vec<u64>,
    /// Clients that may be served yet before `poll(2)` is called.
    alone_left: usize,
}

impl PollSet {
    /// An empty set.
    pub fn new() -> io::Result<PollSet> {
        let clients = Epoll::new()?;
        let entries = vec![PollFd::new(clients.as_raw_fd(), false)];
        let events = Box::new([EpollEvent::EMPTY; BATCH_LEN]);
        Ok(PollSet { entries, tokens: vec![0], clients, events, ready: Vec::new(), alone_left: 0 })
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

    /// Watches a client for what is `wanted` of it now, where it was watched for something else.
    /// One for which nothing is wanted is not watched, not even for its end. Closed, it is out of
    /// the set.
    pub fn watch(
        &self,
        fd: BorrowedFd<'_>,
        token: u64,
        watched: Option<Interest>,
        wanted: Option<Interest>,
    ) -> io::Result<()> {
        match (watched, wanted) {
            (None, None) => Ok(()),
            (None, Some(interest)) => self.clients.add(fd, token, interest.into()),
            (Some(_), Some(interest)) => self.clients.modify(fd, token, interest.into()),
            (Some(_), None) => self.clients.remove(fd),
        }
    }

    /// Watches a connection to another server, which was `watched` for something else or not at all.
    /// Closed, it is out of the set.
    pub fn watch_upstream(
        &self,
        fd: BorrowedFd<'_>,
        token: u64,
        watched: Option<Readiness>,
        wanted: Option<Readiness>,
    ) -> io::Result<()> {
        match (watched, wanted) {
            (None, None) => Ok(()),
            (None, Some(wanted)) => self.clients.add(fd, token, wanted),
            (Some(_), Some(wanted)) => self.clients.modify(fd, token, wanted),
            (Some(_), None) => self.clients.remove(fd),
        }
    }

    /// Waits, at most for `timeout_ms` (-1: for ever), and returns the tokens that are ready.
    /// The slice's memory is given back with [`recycle`](Self::recycle).
    pub fn wait(&mut self, timeout_ms: i32) -> io::Result<Vec<u64>> {
        let mut ready = std::mem::take(&mut self.ready);
        ready.clear();
        if self.alone_left > 0 {
            let count = self.take_clients(&mut ready)?;
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
            self.alone_left = ALONE_LEN;
            self.take_clients(&mut ready)?;
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
    fn take_clients(&mut self, ready: &mut Vec<u64>) -> io::Result<usize> {
        let count = self.clients.ready(&mut self.events[..])?;
        let events = &self.events[..count];
        ready.extend(events.iter().map(EpollEvent::token));
        // Of one client alone nothing more is to be expected at once, and what is sent to one takes
        // much longer than what one has asked.
        let alone = count > 1 && !events.iter().any(EpollEvent::is_write);
        self.alone_left = if alone { self.alone_left.saturating_sub(count) } else { 0 };
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
        let watch = |set: &PollSet, client: usize, from, to| {
            let fd = clients[client - 1].0.as_fd();
            set.watch(fd, client as u64, from, to).expect("watched");
        };
        for client in [1, 2] {
            watch(&set, client, None, Some(Interest::Read));
            (&clients[client - 1].1).write_all(b"x").expect("written");
        }
        assert_eq!(wait(&mut set), [1, 2]);
        writer.write_all(b"x").expect("written");
        // The clients are never read, so that they are ready each time.
        let turns = (0..1000).take_while(|_| !wait(&mut set).contains(&9)).count();
        assert_eq!(turns, ALONE_LEN / 2 - 1);
        // Clients that are sent something are not asked alone, and neither is one client.
        watch(&set, 2, Some(Interest::Read), Some(Interest::Write));
        wait(&mut set);
        let mut ready = wait(&mut set);
        ready.sort_unstable();
        assert_eq!(ready, [1, 2, 9]);
        watch(&set, 2, Some(Interest::Write), None);
        wait(&mut set);
        assert_eq!(wait(&mut set), [1, 9]);
        watch(&set, 1, Some(Interest::Read), None);
        assert_eq!(wait(&mut set), [9]);
    }

    #[test]
    fn who_takes_nothing_is_not_ready() {
        let (ours, mut theirs) = UnixStream::pair().expect("sockets");
        ours.set_nonblocking(true).expect("a socket");
        let mut set = PollSet::new().expect("an epoll instance");
        set.watch(ours.as_fd(), 1, None, Some(Interest::Write)).expect("watched");
        assert_eq!(wait(&mut set), [1]);
        while (&ours).write(&[0; 4096]).is_ok() {}
        let ready = set.wait(0).expect("poll");
        assert!(ready.is_empty(), "{ready:?}");
        set.recycle(ready);
        // What it says is not looked at meanwhile, and that it is gone is.
        theirs.write_all(b"x").expect("written");
        assert!(set.wait(0).expect("poll").is_empty());
        drop(theirs);
        assert_eq!(wait(&mut set), [1]);
    }
}
