//! One worker: its listeners, connections and deadlines, and the loop around `poll(2)` that
//! serves them. Only here does anything block, and only here is a clock read.

use std::io;
use std::os::fd::{AsFd, AsRawFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use crate::cgi::describe_end;
use crate::clock::Now;
use crate::connection::{Connection, Deadline, Interests, Next, Source};
use crate::context::{Client, Context};
use crate::counts::Phase;
use crate::deadlines::Deadlines;
use crate::listener::Listener;
use crate::poll_set::{Interest, PollSet};
use crate::site::{Level, Site};
use crate::sys::net;
use crate::sys::signal::{Signal, Signals, Wakened, Waker};

/// Connections that are accepted before others have their turn.
const ACCEPT_BATCH: usize = 64;
/// How long requests under way may take once the server is to leave.
const DRAIN_MS: u64 = 30_000;
/// How long accepting rests when the process has no descriptor left.
const ACCEPT_REST_MS: u64 = 500;
/// How long the spawner is not told of scripts that it may forget, unless it is told something else.
const TELL_RELEASES_MS: u64 = 100;

/// How often it is reported that there is no room for more connections.
const FULL_REPORT_MS: u64 = 1000;

/// Token of what wakes the worker.
const WAKE: u64 = u64::MAX;
/// Token of the spawner's events, and of its socket when it takes more.
const SPAWNER: u64 = u64::MAX - 1;
const SPAWNER_OUTGOING: u64 = u64::MAX - 2;
/// Marks the token of a listener; the rest is its index.
const LISTENER: u64 = 1 << 63;

/// The token of one descriptor of a connection: from the highest bit down what it is (3 bits,
/// the first clear), the generation of its slot (29), the slot's index (32).
fn token(index: usize, generation: u32, source: Source) -> u64 {
    (source as u64) << 61 | u64::from(generation) << 32 | index as u64
}

/// Generations have 29 bits.
const GENERATIONS: u32 = (1 << 29) - 1;

/// How long the time of day is told by the monotonic clock before it is read anew.
const DAY_CLOCK_MS: u64 = 1000;

/// Reads both clocks: the monotonic one on every turn, the time of day once a second.
#[derive(Clone, Copy)]
pub struct Clock {
    start: Instant,
    /// Both as they were when the time of day was read last.
    read: Option<Now>,
}

impl Clock {
    /// A clock whose monotonic time begins now.
    pub fn start() -> Clock {
        Clock { start: Instant::now(), read: None }
    }

    /// The present.
    pub fn now(&mut self) -> Now {
        let monotonic_ms = self.start.elapsed().as_millis() as u64;
        let since = |read: Now| monotonic_ms.wrapping_sub(read.monotonic_ms);
        match self.read.filter(|&read| since(read) < DAY_CLOCK_MS) {
            Some(read) => Now { monotonic_ms, unix_ms: read.unix_ms + since(read) },
            None => {
                let unix = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
                *self.read.insert(Now { monotonic_ms, unix_ms: unix.as_millis() as u64 })
            }
        }
    }
}

/// What the workers of a process have in common while they run.
pub struct Team {
    leaving: AtomicBool,
    wakers: Vec<Waker>,
    /// Connections accepted so far, by all of them.
    accepted: AtomicU64,
}

impl Team {
    /// The team of the first worker and of those behind these wakers.
    pub fn new(wakers: Vec<Waker>) -> Team {
        Team { leaving: AtomicBool::new(false), wakers, accepted: AtomicU64::new(0) }
    }

    /// The number of a new connection.
    fn next_serial(&self) -> u64 {
        self.accepted.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Tells them to leave.
    pub fn announce_leaving(&self) {
        self.leaving.store(true, Ordering::Release);
        self.wake();
    }

    /// Makes every worker take a turn.
    pub fn wake(&self) {
        self.wakers.iter().for_each(Waker::wake);
    }
}

/// What wakes a worker from outside.
pub enum Wake {
    /// Signals: the first worker has them, and tells the others.
    Signals(Signals),
    /// The first worker.
    Worker(Wakened),
}

impl AsRawFd for Wake {
    fn as_raw_fd(&self) -> std::os::fd::RawFd {
        match self {
            Wake::Signals(signals) => signals.as_raw_fd(),
            Wake::Worker(wakened) => wakened.as_raw_fd(),
        }
    }
}

/// A place for a connection. The generation tells an event for an earlier one from its own.
#[derive(Default)]
struct Slot {
    generation: u32,
    connection: Option<Box<Connection>>,
    /// What is watched of it.
    interests: Interests,
}

/// One worker.
pub struct Worker<S> {
    cx: Context<S>,
    clock: Clock,
    poll_set: PollSet,
    deadlines: Deadlines,
    listeners: Vec<Listener>,
    slots: Vec<Slot>,
    free: Vec<usize>,
    /// When accepting goes on, if it rests.
    accept_rests_until_ms: Option<u64>,
    wake: Wake,
    team: Arc<Team>,
    leave_until_ms: Option<u64>,
    /// When it was last reported that there is no room for more connections.
    full_reported_ms: u64,
    spawner_outgoing: bool,
    /// When the spawner is told of scripts that it may forget, if it is to be told of any.
    tell_releases_at_ms: Option<u64>,
}

impl<S: Site> Worker<S> {
    /// A worker that serves these listeners.
    pub fn new(
        cx: Context<S>,
        clock: Clock,
        listeners: Vec<Listener>,
        wake: Wake,
        team: Arc<Team>,
    ) -> io::Result<Worker<S>> {
        let mut poll_set = PollSet::new()?;
        poll_set.add(wake.as_raw_fd(), WAKE, Interest::Read);
        if let Some(spawner) = &cx.spawner {
            poll_set.add(spawner.as_raw_fd(), SPAWNER, Interest::Read);
        }
        for (index, listener) in listeners.iter().enumerate() {
            poll_set.add(listener.socket.as_raw_fd(), LISTENER | index as u64, Interest::Read);
        }
        Ok(Worker {
            cx,
            clock,
            poll_set,
            deadlines: Deadlines::default(),
            listeners,
            slots: Vec::new(),
            free: Vec::new(),
            accept_rests_until_ms: None,
            wake,
            team,
            leave_until_ms: None,
            full_reported_ms: 0,
            spawner_outgoing: false,
            tell_releases_at_ms: None,
        })
    }

    /// Serves until told to leave and all requests under way are answered.
    pub fn run(&mut self) -> io::Result<()> {
        while !self.is_done() {
            let ready = self.poll_set.wait(self.timeout_ms())?;
            self.cx.set_now(self.clock.now());
            for &token in &ready {
                self.on_ready(token);
            }
            self.poll_set.recycle(ready);
            self.expire();
            self.watch_spawner();
            self.cx.logs.flush_due(self.cx.now);
        }
        self.cx.logs.flush();
        Ok(())
    }

    fn is_done(&self) -> bool {
        self.leave_until_ms
            .is_some_and(|until_ms| self.open_count() == 0 || self.cx.now.monotonic_ms >= until_ms)
    }

    fn open_count(&self) -> usize {
        self.slots.len() - self.free.len()
    }

    /// How long `poll(2)` may wait.
    fn timeout_ms(&self) -> i32 {
        let next = [
            self.deadlines.next_ms(),
            self.accept_rests_until_ms,
            self.leave_until_ms,
            self.cx.logs.next_flush_ms(),
            self.tell_releases_at_ms,
        ];
        let Some(next_ms) = next.into_iter().flatten().min() else { return -1 };
        let left_ms = next_ms.saturating_sub(self.cx.now.monotonic_ms);
        i32::try_from(left_ms).unwrap_or(i32::MAX)
    }

    fn on_ready(&mut self, token: u64) {
        if token == WAKE {
            return self.on_wake();
        }
        let index = token as u32 as usize;
        if matches!(token, SPAWNER | SPAWNER_OUTGOING) {
            return self.on_spawner(token);
        }
        if token & LISTENER != 0 {
            return self.accept(index);
        }
        let source = match token >> 61 {
            0 => Source::Socket,
            1 => Source::ScriptInput,
            2 => Source::ScriptOutput,
            _ => Source::ScriptErrors,
        };
        if source == Source::ScriptOutput {
            // A script that was not started has closed its output: the reason comes first.
            self.on_spawner(SPAWNER);
        }
        // A connection that was served before it in this turn may have made way for another.
        if self.slots[index].generation == (token >> 32) as u32 & GENERATIONS {
            self.drive(index, |connection, cx| connection.on_ready(cx, source));
        }
    }

    fn on_wake(&mut self) {
        match &self.wake {
            Wake::Signals(signals) => {
                while let Some(signal) = signals.next() {
                    match signal {
                        Signal::Terminate => self.team.announce_leaving(),
                        Signal::Reopen => {
                            crate::log::ask_to_reopen();
                            self.team.wake();
                        }
                    }
                }
            }
            Wake::Worker(wakened) => wakened.clear(),
        }
        self.cx.logs.follow_reopening();
        if self.team.leaving.load(Ordering::Acquire) && self.leave_until_ms.is_none() {
            self.begin_to_leave();
        }
    }

    /// Tells connections what has become of their scripts.
    fn on_spawner(&mut self, token: u64) {
        // Without scripts in the site, their code is not in the binary.
        let scripted = S::MAX_SCRIPTS.is_some();
        let Some(spawner) = self.cx.spawner.clone().filter(|_| scripted) else { return };
        let result = if token == SPAWNER_OUTGOING { spawner.flush() } else { Ok(()) };
        let mut next = result.and_then(|()| spawner.next_event());
        while let Ok(Some((id, event))) = next {
            if let Some((level, text)) = describe_end(&event) {
                self.cx.report(level, format_args!("{text}"));
            }
            let index = id.token as u32 as usize;
            self.drive(index, |connection, cx| connection.on_script_event(cx, id, &event));
            next = spawner.next_event();
        }
        if let Err(error) = next {
            // Its scripts have ended with it, which their pipes tell.
            let text = format_args!("the process that starts scripts is gone: {error}");
            self.cx.report(Level::Emerg, text);
            self.poll_set.remove(SPAWNER);
            self.poll_set.remove(SPAWNER_OUTGOING);
            self.cx.spawner = None;
        }
    }

    /// Tells the spawner what is due, and watches it for taking more as long as something waits.
    fn watch_spawner(&mut self) {
        let scripted = S::MAX_SCRIPTS.is_some();
        let Some(spawner) = self.cx.spawner.as_ref().filter(|_| scripted) else { return };
        let now_ms = self.cx.now.monotonic_ms;
        if self.tell_releases_at_ms.is_some_and(|at_ms| at_ms <= now_ms) {
            spawner.tell_releases();
        }
        self.tell_releases_at_ms = match spawner.has_releases() {
            true => self.tell_releases_at_ms.or(Some(now_ms + TELL_RELEASES_MS)),
            false => None,
        };
        let outgoing = spawner.has_outgoing();
        if outgoing != self.spawner_outgoing {
            self.spawner_outgoing = outgoing;
            match outgoing {
                true => self.poll_set.add(spawner.as_raw_fd(), SPAWNER_OUTGOING, Interest::Write),
                false => self.poll_set.remove(SPAWNER_OUTGOING),
            }
        }
    }

    /// No new connections, none that waits between two requests; the others finish theirs.
    fn begin_to_leave(&mut self) {
        self.leave_until_ms = Some(self.cx.now.monotonic_ms + DRAIN_MS);
        self.cx.leaving = true;
        for index in 0..self.listeners.len() {
            self.poll_set.remove(LISTENER | index as u64);
        }
        self.listeners.clear();
        for index in 0..self.slots.len() {
            let idle = |connection: &Connection| connection.is_idle();
            if self.slots[index].connection.as_deref().is_some_and(idle) {
                self.close(index);
            }
        }
    }

    /// Accepts a batch of connections, and serves each at once: its request is mostly there.
    fn accept(&mut self, listener: usize) {
        for _ in 0..ACCEPT_BATCH {
            let full = self.open_count() >= S::PROCESS.worker_connections as usize;
            // Closed only once somebody is there to take its place.
            let leaving = if full { self.longest_idle() } else { None };
            if full && leaving.is_none() {
                self.report_full();
                return self.rest_accepting();
            }
            let Some(Listener { id, socket }) = self.listeners.get(listener) else { return };
            let (id, accepted) = (*id, net::accept(socket.as_fd()));
            let (socket, peer) = match accepted {
                Ok(accepted) => accepted,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(error) => match error.raw_os_error() {
                    Some(libc::EMFILE | libc::ENFILE | libc::ENOBUFS | libc::ENOMEM) => {
                        self.cx.report(Level::Crit, format_args!("accept4() failed: {error}"));
                        return self.rest_accepting();
                    }
                    // The client is gone again, or its network is.
                    _ => continue,
                },
            };
            leaving.into_iter().for_each(|index| self.close(index));
            let accepted_ms = self.cx.now.monotonic_ms;
            let client = Client::new(socket, id, self.team.next_serial(), peer, accepted_ms);
            let connection = Box::new(Connection::new::<S>(client));
            let timeout_ms = connection.first_timeout_ms();
            let index = self.free.pop().unwrap_or_else(|| {
                self.slots.push(Slot::default());
                self.slots.len() - 1
            });
            self.slots[index].connection = Some(connection);
            if S::COUNTS {
                self.cx.counts.accept();
            }
            self.deadlines.set(index, accepted_ms, timeout_ms);
            self.drive(index, |connection, cx| connection.on_ready(cx, Source::Socket));
        }
    }

    /// The connection that has waited longest between two requests.
    fn longest_idle(&self) -> Option<usize> {
        let connections = self.slots.iter().map(|slot| slot.connection.as_deref());
        let idle = connections.enumerate().filter(|(_, c)| c.is_some_and(|c| c.is_idle()));
        let longest = idle.min_by_key(|&(index, _)| self.deadlines.deadline_ms(index));
        longest.map(|(index, _)| index)
    }

    /// Says that connections have to wait, once in a while.
    fn report_full(&mut self) {
        if self.cx.now.monotonic_ms >= self.full_reported_ms + FULL_REPORT_MS {
            self.full_reported_ms = self.cx.now.monotonic_ms;
            let most = S::PROCESS.worker_connections;
            self.cx.report(Level::Alert, format_args!("{most} worker_connections are not enough"));
        }
    }

    /// Leaves new connections in their queues for a while.
    fn rest_accepting(&mut self) {
        self.accept_rests_until_ms = Some(self.cx.now.monotonic_ms + ACCEPT_REST_MS);
        self.set_accepting(false);
    }

    fn set_accepting(&mut self, accepting: bool) {
        for index in 0..self.listeners.len() {
            self.poll_set.set_enabled(LISTENER | index as u64, accepting);
        }
    }

    /// Counts a connection in another phase than before, where the site tells its counts.
    fn count(&self, before: Phase, after: Phase) {
        if S::COUNTS {
            self.cx.counts.enter(before, after);
        }
    }

    /// Lets a connection act, and does what it says then.
    fn drive(&mut self, index: usize, act: impl FnOnce(&mut Connection, &mut Context<S>) -> Next) {
        let slot = &mut self.slots[index];
        let Some(mut connection) = slot.connection.take() else { return };
        self.cx.token = token(index, slot.generation, Source::Socket);
        let before = connection.phase();
        self.count(before, Phase::Writing);
        let next = contain(|| act(&mut connection, &mut self.cx));
        self.count(Phase::Writing, connection.phase());
        self.slots[index].connection = Some(connection);
        match next {
            Some(Next::Wait(deadline)) => {
                if let Deadline::In(timeout_ms) = deadline {
                    self.deadlines.set(index, self.cx.now.monotonic_ms, timeout_ms);
                }
                if self.watch(index).is_err() {
                    self.close(index);
                }
            }
            Some(Next::Close) => self.close(index),
            None => {
                self.cx.recover();
                self.cx.report(Level::Alert, format_args!("a request made the server panic"));
                self.close(index);
            }
        }
    }

    /// Watches what the connection is interested in now.
    fn watch(&mut self, index: usize) -> io::Result<()> {
        let slot = &mut self.slots[index];
        let Some(connection) = &slot.connection else { return Ok(()) };
        let wanted = connection.interests();
        let watched = std::mem::replace(&mut slot.interests, wanted);
        if wanted == watched {
            return Ok(());
        }
        let token = |source| token(index, slot.generation, source);
        for ((source, new), (_, old)) in wanted.pipes().into_iter().zip(watched.pipes()) {
            if new != old {
                self.poll_set.remove(token(source));
                if let Some((fd, interest)) = new {
                    self.poll_set.add(fd, token(source), interest);
                }
            }
        }
        if wanted.socket == watched.socket {
            return Ok(());
        }
        let socket = token(Source::Socket);
        if let Some(interest) = watched.socket {
            self.poll_set.unwatch(connection.socket(), socket, interest);
        }
        match wanted.socket {
            Some(interest) => self.poll_set.watch(connection.socket(), socket, interest),
            None => Ok(()),
        }
    }

    fn close(&mut self, index: usize) {
        let slot = &mut self.slots[index];
        let Some(connection) = slot.connection.take() else { return };
        let watched = std::mem::take(&mut slot.interests);
        let pipes = watched.pipes().into_iter().filter(|(_, pipe)| pipe.is_some());
        for (source, _) in pipes {
            self.poll_set.remove(token(index, slot.generation, source));
        }
        if watched.socket == Some(Interest::Write) {
            self.poll_set.remove(token(index, slot.generation, Source::Socket));
        }
        if S::COUNTS {
            self.cx.counts.close(connection.phase());
        }
        // Closing takes it out of the epoll instance: no other descriptor stands for it.
        drop(connection);
        slot.generation = slot.generation.wrapping_add(1) & GENERATIONS;
        self.deadlines.clear(index);
        self.free.push(index);
        if self.accept_rests_until_ms.take().is_some() {
            self.set_accepting(true);
        }
    }

    fn expire(&mut self) {
        let now_ms = self.cx.now.monotonic_ms;
        while let Some(index) = self.deadlines.pop_expired(now_ms) {
            self.drive(index, |connection, cx| connection.on_deadline(cx));
        }
        if self.accept_rests_until_ms.is_some_and(|until_ms| until_ms <= now_ms) {
            self.accept_rests_until_ms = None;
            self.set_accepting(true);
        }
    }
}

/// Keeps a panic to the connection that it came up with. There is none that is known.
fn contain<T>(act: impl FnOnce() -> T) -> Option<T> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(act)).ok()
}
