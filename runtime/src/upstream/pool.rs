//! The connections of one worker to the servers behind it. Each stands in the worker's epoll instance
//! from its beginning to its end, so that one that is used again costs no system call; while it is
//! idle, that tells of its end.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::os::fd::AsFd;

use super::balance::Choice;
use super::call::{Errno, Secure};
use super::held::{Held, SharedGroups};
use super::{FoundUpstream, Names, PeerAddress};
use crate::connection::LeaseId;
use crate::exchange::Designated;
use crate::http::framed::Framed;
use crate::poll_set::PollSet;
use crate::secured::Keys;
use crate::site::{Upstream, UpstreamId};
use crate::sys::net;
use crate::sys::poll::Readiness;
use crate::transport::Transport;

/// Marks the token of a connection to another server; the rest is its generation and its index.
pub const UPSTREAM: u64 = 0b11 << 62;
/// The most that is read at once of what comes on an idle connection.
const HEEDED_LEN: usize = 1024;
/// Generations have 29 bits.
const GENERATIONS: u32 = (1 << 29) - 1;
/// How long a connection is not looked at again before it is used: what closes idle ones waits longer.
const FRESH_MS: u64 = 1000;

/// A connection that is used again, and what reads its frames, if it has any.
pub(crate) type Reused = (LeaseId, Option<Box<dyn Framed>>);

impl LeaseId {
    fn token(self) -> u64 {
        UPSTREAM | u64::from(self.generation) << 32 | u64::from(self.index)
    }
}

/// One connection.
struct Line {
    transport: Transport,
    group: u16,
    peer: usize,
    /// Who that is, where others have had the place before.
    serial: u64,
    /// Whom it is for, as the event loop knows him; `None` while it is idle.
    owner: Option<u64>,
    /// How it is secured, and for whom; `None`: it is not.
    secure: Option<Secure>,
    /// The address that it was to come from.
    local: Option<SocketAddr>,
    /// What reads its frames, while it is idle.
    framed: Option<Box<dyn Framed>>,
    watched: Option<Readiness>,
    wanted: Option<Readiness>,
    opened_ms: u64,
    idle_since_ms: u64,
    requests: u64,
}

/// That a connection cannot come from an address.
#[derive(Debug)]
pub(super) struct NotBound(SocketAddr, io::Error);

impl std::error::Error for NotBound {}

impl fmt::Display for NotBound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let NotBound(local, error) = self;
        write!(f, "bind({local}) failed ({})", Errno(error))
    }
}

#[derive(Default)]
struct Place {
    generation: u32,
    line: Option<Line>,
}

/// The upstreams of a site, and the connections to them.
pub struct Upstreams {
    /// By [`UpstreamId`](crate::site::UpstreamId).
    pub(super) groups: Vec<Held>,
    shared: &'static SharedGroups,
    places: RefCell<Vec<Place>>,
    free: RefCell<Vec<u32>>,
    /// Idle ones, by upstream, the one used last at the end.
    idle: Vec<RefCell<Vec<u32>>>,
    /// Requests that wait for a peer, by upstream, in their order (`queue`).
    queues: Vec<RefCell<VecDeque<u64>>>,
    /// How many have waited.
    queued: Cell<u64>,
    /// Those that are to be watched for something else.
    to_watch: RefCell<Vec<u32>>,
    now_ms: Cell<u64>,
    /// Which version of the peers' names is known.
    names_version: Cell<u64>,
    /// What begins TLS.
    keys: Option<&'static Keys>,
    /// When idle connections are to be looked through.
    pub(crate) sweep_at_ms: Cell<Option<u64>>,
}

/// Who hears of a connection.
pub(crate) enum Heard {
    /// Whose request it is for.
    Owner(u64),
    /// Nobody: it was idle, and is closed, or it is none any more.
    Nobody,
}

impl Upstreams {
    /// Upstreams without connections.
    pub fn new(
        upstreams: &'static [Upstream],
        found: &'static [FoundUpstream],
        shared: &'static SharedGroups,
        keys: Option<&'static Keys>,
    ) -> Upstreams {
        Upstreams {
            groups: shared.held(upstreams, found),
            idle: upstreams.iter().map(|_| RefCell::default()).collect(),
            queues: upstreams.iter().map(|_| RefCell::default()).collect(),
            keys,
            ..Upstreams::none(shared)
        }
    }

    /// Of each upstream, the peers that are there: which of the conf's they are, and whether they can be
    /// asked, as far as this worker knows.
    pub(crate) fn states(&self) -> Vec<Vec<(usize, bool)>> {
        self.groups.iter().map(|group| group.lend().states(self.now_ms.get())).collect()
    }

    /// What a site without upstreams has.
    pub fn none(shared: &'static SharedGroups) -> Upstreams {
        Upstreams {
            groups: Vec::new(),
            shared,
            places: RefCell::default(),
            free: RefCell::default(),
            idle: Vec::new(),
            queues: Vec::new(),
            queued: Cell::new(0),
            to_watch: RefCell::default(),
            now_ms: Cell::new(0),
            names_version: Cell::new(0),
            keys: None,
            sweep_at_ms: Cell::new(None),
        }
    }

    /// Takes note of where peers are now. Idle connections to where they were are closed.
    pub(crate) fn follow(&self, names: &Names) {
        let version = names.version();
        if self.names_version.replace(version) == version {
            return;
        }
        for (id, (group, idle)) in self.groups.iter().zip(&self.idle).enumerate() {
            group.lend().follow(&names.peers(id));
            let mut closed = Vec::new();
            idle.borrow_mut().retain(|&index| {
                let places = self.places.borrow();
                let line = places[index as usize].line.as_ref();
                let stays = line.is_some_and(|line| group.lend().is_there(line.peer, line.serial));
                if !stays {
                    closed.push(index);
                }
                stays
            });
            closed.into_iter().for_each(|index| self.remove(index));
        }
    }

    /// Has a request wait for a peer behind those that wait already, up to so many. Returns its number.
    pub(super) fn queue(&self, group: UpstreamId, most: usize) -> Option<u64> {
        let mut queue = self.queues[usize::from(group)].borrow_mut();
        (queue.len() < most).then(|| {
            let number = self.queued.get();
            self.queued.set(number + 1);
            queue.push_back(number);
            number
        })
    }

    /// Whether it is the turn of a request that waits.
    pub(super) fn is_next(&self, group: UpstreamId, number: u64) -> bool {
        self.queues[usize::from(group)].borrow().front() == Some(&number)
    }

    /// Whether any wait.
    pub(super) fn has_queue(&self, group: UpstreamId) -> bool {
        !self.queues[usize::from(group)].borrow().is_empty()
    }

    /// A request waits no more.
    pub(super) fn leave_queue(&self, group: UpstreamId, number: u64) {
        self.queues[usize::from(group)].borrow_mut().retain(|other| *other != number);
    }

    /// Puts in the place of a session who it is with, where that was learnt.
    pub(super) fn resolve(&self, group: UpstreamId, choice: &mut Choice) {
        if choice.wanted.is_empty() {
            return;
        }
        if let Some(mut sessions) = self.shared.sessions(group) {
            let found = sessions.find(&choice.wanted, self.now_ms());
            choice.wanted = found.map_or_else(Vec::new, |route| route.as_bytes().to_vec());
        }
    }

    /// Takes note of whom a session is with.
    pub(crate) fn learn(&self, name: &[u8], with: &Designated) {
        if let Some(mut sessions) = self.shared.sessions(with.upstream).filter(|_| !name.is_empty())
        {
            sessions.learn(name, &with.route, self.now_ms());
        }
    }

    /// The present, by the monotonic clock.
    pub(crate) fn now_ms(&self) -> u64 {
        self.now_ms.get()
    }

    /// Sets the present, once a turn.
    pub(crate) fn set_now(&self, now_ms: u64) {
        self.now_ms.set(now_ms);
    }

    /// An idle connection to a peer that is still open, and was made alike, if there is one.
    pub(crate) fn reuse(
        &self,
        group: u16,
        peer: usize,
        (secure, local): (Option<&Secure>, Option<SocketAddr>),
        owner: u64,
    ) -> Option<Reused> {
        let (settings, serial) = {
            let group = self.groups[usize::from(group)].lend();
            (group.settings(), group.serial(peer))
        };
        loop {
            let index = {
                let mut idle = self.idle[usize::from(group)].borrow_mut();
                let places = self.places.borrow();
                let is_of_peer = |index: &u32| {
                    let line = places[*index as usize].line.as_ref();
                    line.is_some_and(|line| {
                        line.peer == peer
                            && line.serial == serial
                            && line.secure.as_ref() == secure
                            && line.local == local
                    })
                };
                let at = idle.iter().rposition(is_of_peer)?;
                idle.remove(at)
            };
            let mut places = self.places.borrow_mut();
            let place = &mut places[index as usize];
            let Some(line) = &mut place.line else { continue };
            let is_young = self.now_ms() < line.idle_since_ms + settings.keepalive_timeout_ms
                && self.now_ms() < line.opened_ms + settings.keepalive_time_ms;
            // The event loop has told of what was closed before this turn.
            let is_fresh = self.now_ms() < line.idle_since_ms + FRESH_MS;
            if is_young && (is_fresh || line.transport.is_quiet()) {
                line.owner = Some(owner);
                line.requests += 1;
                let framed = line.framed.take();
                return Some((LeaseId { index, generation: place.generation }, framed));
            }
            drop(places);
            self.remove(index);
        }
    }

    /// A new connection to a peer, and whether it is complete. Errors: what connect(2) says, or
    /// [`NotBound`].
    pub(crate) fn connect(
        &self,
        group: u16,
        peer: usize,
        local: Option<SocketAddr>,
        owner: u64,
    ) -> io::Result<(LeaseId, bool)> {
        let (found, serial) = {
            let group = self.groups[usize::from(group)].lend();
            (group.found(peer), group.serial(peer))
        };
        let (socket, is_complete) = {
            // Nobody else waits for a connection.
            match &found.address {
                PeerAddress::Ip(address) => {
                    let socket = net::socket_for(*address)?;
                    if let Some(local) = local {
                        net::bind_local(socket.as_fd(), local)
                            .map_err(|error| io::Error::other(NotBound(local, error)))?;
                    }
                    net::connect_ip(socket, *address)?
                }
                PeerAddress::Unix(path) => net::connect_unix(path)?,
            }
        };
        let line = Line {
            transport: Transport::plain(socket),
            group,
            peer,
            serial,
            owner: Some(owner),
            secure: None,
            local,
            framed: None,
            watched: None,
            wanted: None,
            opened_ms: self.now_ms(),
            idle_since_ms: 0,
            requests: 1,
        };
        let mut places = self.places.borrow_mut();
        let index = self.free.borrow_mut().pop().unwrap_or_else(|| {
            places.push(Place::default());
            (places.len() - 1) as u32
        });
        let place = &mut places[index as usize];
        place.line = Some(line);
        Ok((LeaseId { index, generation: place.generation }, is_complete))
    }

    /// Takes note that somebody else waits for a connection from now on.
    pub(crate) fn set_owner(&self, lease: LeaseId, owner: u64) {
        let mut places = self.places.borrow_mut();
        let place = places.get_mut(lease.index as usize);
        let place = place.filter(|place| place.generation == lease.generation);
        if let Some(line) = place.and_then(|place| place.line.as_mut()) {
            line.owner = Some(owner);
        }
    }

    /// Begins TLS on a connection that has been made. The error says why that cannot be.
    pub(crate) fn secure(&self, lease: LeaseId, secure: &Secure) -> Result<(), String> {
        let keys = self.keys.ok_or("there are no keys")?;
        let secured = keys.keeper().connect(secure.peer, &secure.name)?;
        let mut places = self.places.borrow_mut();
        let place = places.get_mut(lease.index as usize);
        if let Some(line) = place.and_then(|place| place.line.as_mut()) {
            line.transport.secure(secured);
            line.secure = Some(secure.clone());
        }
        Ok(())
    }

    /// Lends out what carries a connection's bytes.
    pub(crate) fn with<T>(
        &self,
        lease: LeaseId,
        act: impl FnOnce(&mut Transport) -> io::Result<T>,
    ) -> io::Result<T> {
        let mut places = self.places.borrow_mut();
        let place = places.get_mut(lease.index as usize);
        let place = place.filter(|place| place.generation == lease.generation);
        match place.and_then(|place| place.line.as_mut()) {
            Some(line) => act(&mut line.transport),
            None => Err(io::ErrorKind::NotConnected.into()),
        }
    }

    /// Takes a connection back that nothing more is to be read from, and keeps it for another
    /// request, unless there are enough.
    pub(crate) fn keep(&self, lease: LeaseId, framed: Option<Box<dyn Framed>>) {
        let mut places = self.places.borrow_mut();
        let Some(line) = places.get_mut(lease.index as usize).and_then(|it| it.line.as_mut())
        else {
            return;
        };
        let group = usize::from(line.group);
        let settings = self.groups[group].lend().settings();
        let mut idle = self.idle[group].borrow_mut();
        let is_there = self.groups[group].lend().is_there(line.peer, line.serial);
        if !is_there || settings.keepalive == 0 || line.requests >= settings.keepalive_requests {
            drop((places, idle));
            return self.remove(lease.index);
        }
        line.owner = None;
        line.framed = framed;
        line.idle_since_ms = self.now_ms();
        line.wanted = Some(Readiness::READ);
        if line.watched != line.wanted {
            self.to_watch.borrow_mut().push(lease.index);
        }
        let until_ms = line.idle_since_ms + settings.keepalive_timeout_ms;
        let next_ms = self.sweep_at_ms.get().map_or(until_ms, |at_ms| at_ms.min(until_ms));
        self.sweep_at_ms.set(Some(next_ms));
        idle.push(lease.index);
        // The one that has waited longest makes way.
        let surplus = (idle.len() > settings.keepalive as usize).then(|| idle.remove(0));
        drop((places, idle));
        if let Some(index) = surplus {
            self.remove(index);
        }
    }

    /// Closes a connection.
    pub(crate) fn close(&self, lease: LeaseId) {
        let is_it = |place: &Place| place.generation == lease.generation;
        if self.places.borrow().get(lease.index as usize).is_some_and(is_it) {
            self.remove(lease.index);
        }
    }

    /// Closing takes it out of the epoll instance.
    fn remove(&self, index: u32) {
        let place = &mut self.places.borrow_mut()[index as usize];
        if place.line.take().is_some() {
            place.generation = place.generation.wrapping_add(1) & GENERATIONS;
            self.free.borrow_mut().push(index);
        }
    }

    /// Notes what a connection is to be watched for.
    pub(crate) fn want(&self, lease: LeaseId, readiness: Readiness) {
        let mut places = self.places.borrow_mut();
        let place = places.get_mut(lease.index as usize);
        let place = place.filter(|place| place.generation == lease.generation);
        if let Some(line) = place.and_then(|place| place.line.as_mut()) {
            let readiness = line.transport.readiness(readiness);
            line.wanted = (readiness.reads || readiness.writes).then_some(readiness);
            if line.wanted != line.watched {
                self.to_watch.borrow_mut().push(lease.index);
            }
        }
    }

    /// Watches what is to be watched for something else than before.
    pub(crate) fn watch(&self, poll_set: &PollSet) {
        let mut to_watch = self.to_watch.borrow_mut();
        let mut places = self.places.borrow_mut();
        for index in to_watch.drain(..) {
            let Some(place) = places.get_mut(index as usize) else { continue };
            let lease = LeaseId { index, generation: place.generation };
            let Some(line) = &mut place.line else { continue };
            if line.wanted == line.watched {
                continue;
            }
            let socket = line.transport.as_fd();
            // Where the kernel has no memory for it, a deadline ends the wait.
            let done = poll_set.watch_upstream(socket, lease.token(), line.watched, line.wanted);
            if done.is_ok() {
                line.watched = line.wanted;
            }
        }
    }

    /// Who is to hear that a connection is ready.
    pub(crate) fn hear(&self, token: u64) -> Heard {
        let index = token as u32;
        let generation = (token >> 32) as u32 & GENERATIONS;
        let owner = {
            let places = self.places.borrow();
            let place = places.get(index as usize);
            let place = place.filter(|place| place.generation == generation);
            place.and_then(|place| place.line.as_ref()).map(|line| (line.owner, line.group))
        };
        match owner {
            Some((Some(owner), _)) => return Heard::Owner(owner),
            Some((None, _)) if self.heed(index) => {}
            // It says something unasked, or has ended.
            Some((None, group)) => {
                self.idle[usize::from(group)].borrow_mut().retain(|&other| other != index);
                self.remove(index);
            }
            None => {}
        }
        Heard::Nobody
    }

    /// Takes what comes on an idle connection that has frames, and answers it. Whether it may be used again.
    fn heed(&self, index: u32) -> bool {
        let mut places = self.places.borrow_mut();
        let Some(line) = &mut places[index as usize].line else { return false };
        let Some(framed) = &mut line.framed else { return false };
        let mut buffer = [0; HEEDED_LEN];
        match line.transport.read(&mut buffer) {
            Ok(0) => return false,
            Ok(len) if framed.receive(&buffer[..len]).is_err() => return false,
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(_) => return false,
        }
        while !framed.output().is_empty() {
            match line.transport.write(framed.output(), false) {
                Ok(len) if len > 0 => framed.sent(len),
                // Who takes no answer of a few bytes is not worth waiting for.
                _ => return false,
            }
        }
        framed.may_begin()
    }

    /// Closes the connections that have been idle for too long.
    pub(crate) fn sweep(&self) {
        if self.sweep_at_ms.get().is_none_or(|at_ms| at_ms > self.now_ms()) {
            return;
        }
        let mut next_ms: Option<u64> = None;
        for (group, idle) in self.groups.iter().zip(&self.idle) {
            let timeout_ms = group.lend().settings().keepalive_timeout_ms;
            let mut closed = Vec::new();
            idle.borrow_mut().retain(|&index| {
                let since_ms = self.places.borrow()[index as usize]
                    .line
                    .as_ref()
                    .map_or(0, |line| line.idle_since_ms);
                let until_ms = since_ms + timeout_ms;
                let stays = until_ms > self.now_ms();
                match stays {
                    true => next_ms = Some(next_ms.map_or(until_ms, |ms| ms.min(until_ms))),
                    false => closed.push(index),
                }
                stays
            });
            closed.into_iter().for_each(|index| self.remove(index));
        }
        self.sweep_at_ms.set(next_ms);
    }
}
