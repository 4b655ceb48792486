//! One worker: its listeners, connections and deadlines, and the loop around `poll(2)` that
//! serves them. Only here does anything block, and only here is a clock read.

mod accept;
mod clock;
mod guest;
mod memory;
mod parts;
mod room;
mod scripts;
mod slot;
mod subrequest;
mod team;
mod upstreams;

use std::io;
use std::os::fd::{AsFd, AsRawFd};
use std::sync::Arc;
use std::time::Duration;

use crate::connection::{Deadline, Next, Source};
use crate::context::Context;
use crate::deadlines::Deadlines;
use crate::http1::Connection;
use crate::listener::Listener;
use crate::poll_set::{Interest, PollSet};
use crate::secured::Renewed;
use crate::site::{Level, Site};
use crate::sys::net;
use crate::sys::signal::Signal;
use crate::upstream::UPSTREAM;

pub use clock::Clock;
use guest::Guest;
use memory::Peak;
use parts::MOST_DUE;
use room::Shortage;
use slot::Slot;
pub use team::{Team, Wake};

/// Token of what wakes the worker.
const WAKE: u64 = u64::MAX;
/// Token of the spawner's events, and of its socket when it takes more.
const SPAWNER: u64 = u64::MAX - 1;
const SPAWNER_OUTGOING: u64 = u64::MAX - 2;
/// Marks the token of a listener; the rest is its index.
const LISTENER: u64 = 1 << 63;

/// How long a server that leaves waits for what has begun: for the first request of a new connection, and
/// for connections whose beginning has come already, where another server takes the place of this one
/// (`--beside`). Longer than most clients take to answer.
const TAKEN_ON_MS: u64 = 300;

/// How long a worker that has ended unexpectedly rests before it begins again: twice as long each
/// time, up to the longest.
const FIRST_REST_MS: u64 = 10;
const LONGEST_REST_MS: u64 = 1000;

/// One worker.
pub struct Worker<S> {
    cx: Context<S>,
    clock: Clock,
    poll_set: PollSet,
    deadlines: Deadlines,
    listeners: Vec<Listener>,
    slots: Vec<Slot>,
    /// How many places requests within others have.
    part_count: usize,
    /// Whether they are being attended to, and how much of that this turn has left.
    attends: bool,
    due_left: usize,
    /// When accepting goes on, if it rests.
    accept_rests_until_ms: Option<u64>,
    wake: Wake,
    team: Arc<Team>,
    leave_until_ms: Option<u64>,
    /// When listeners are closed that take connections on until then.
    close_listeners_at_ms: Option<u64>,
    shortage: Shortage,
    peak: Peak,
    spawner_outgoing: bool,
    /// When the spawner is told of scripts that it may forget, if it is to be told of any.
    tell_releases_at_ms: Option<u64>,
}

impl<S: Site> Worker<S> {
    /// A worker that serves these listeners.
    pub fn new(
        cx: Context<S>,
        clock: Clock,
        poll_set: PollSet,
        listeners: Vec<Listener>,
        wake: Wake,
        team: Arc<Team>,
    ) -> Worker<S> {
        let mut worker = Worker {
            cx,
            clock,
            poll_set,
            deadlines: Deadlines::default(),
            listeners,
            slots: Vec::new(),
            part_count: 0,
            attends: false,
            due_left: MOST_DUE,
            accept_rests_until_ms: None,
            wake,
            team,
            leave_until_ms: None,
            close_listeners_at_ms: None,
            shortage: Shortage::new(),
            peak: Peak::default(),
            spawner_outgoing: false,
            tell_releases_at_ms: None,
        };
        worker.watch_all();
        worker
    }

    /// Watches what is watched as long as the worker serves.
    fn watch_all(&mut self) {
        self.poll_set.add(self.wake.as_raw_fd(), WAKE, Interest::Read);
        if let Some(spawner) = &self.cx.spawner {
            self.poll_set.add(spawner.as_raw_fd(), SPAWNER, Interest::Read);
        }
        for (index, listener) in self.listeners.iter().enumerate() {
            let token = LISTENER | index as u64;
            self.poll_set.add(listener.socket.as_raw_fd(), token, Interest::Read);
        }
    }

    /// Serves until told to leave. Where something ends that before, which nothing is known to do,
    /// the worker begins again without the connections that it had.
    pub fn serve(&mut self) {
        let mut rest_ms = FIRST_REST_MS;
        loop {
            let ended = match slot::contain(|| self.run()) {
                Some(Ok(())) => break,
                Some(Err(error)) => error.to_string(),
                None => "it has panicked".to_owned(),
            };
            self.team.note_failure();
            let text =
                format_args!("a worker has ended unexpectedly and is started again: {ended}");
            self.cx.report(Level::Emerg, text);
            std::thread::sleep(Duration::from_millis(rest_ms));
            rest_ms = (2 * rest_ms).min(LONGEST_REST_MS);
            self.begin_again();
        }
        self.cx.logs.flush();
        if matches!(self.wake, Wake::Worker(_)) {
            self.team.note_left();
        }
    }

    /// Forgets all connections, and what was watched.
    fn begin_again(&mut self) {
        self.cx.recover();
        // What they are due for is nothing any more.
        self.attends = true;
        (0..self.slots.len()).for_each(|index| self.close(index));
        self.cx.subrequests.clear();
        self.attends = false;
        self.poll_set.forget_all();
        self.spawner_outgoing = false;
        self.accept_rests_until_ms = None;
        self.watch_all();
        // It may be what never was heard.
        self.cx.set_now(self.clock.now());
        self.on_wake();
    }

    /// Serves until told to leave and all requests under way are answered.
    fn run(&mut self) -> io::Result<()> {
        while !self.is_done() {
            let ready = self.poll_set.wait(self.timeout_ms())?;
            self.cx.set_now(self.clock.now());
            self.due_left = MOST_DUE;
            self.attend_parts();
            for &token in &ready {
                self.on_ready(token);
            }
            self.poll_set.recycle(ready);
            self.expire();
            self.drive_queued();
            self.watch_spawner();
            self.sweep_upstreams();
            self.report_shortage();
            self.give_memory_back();
            self.cx.flush_logs();
        }
        Ok(())
    }

    fn is_done(&self) -> bool {
        let Some(until_ms) = self.leave_until_ms else { return false };
        let hears_for_others =
            matches!(self.wake, Wake::Signals(_)) && !self.team.are_others_gone();
        let is_empty = self.open_count() == 0
            && self.listeners.is_empty()
            && (!S::SUBREQUESTS || self.cx.subrequests.are_none_due());
        is_empty && !hears_for_others || self.cx.now.monotonic_ms >= until_ms
    }

    fn open_count(&self) -> usize {
        self.cx.places.open_count()
    }

    /// How long `poll(2)` may wait.
    fn timeout_ms(&self) -> i32 {
        if S::HTTP2 && !self.cx.queue.is_empty() {
            return 0;
        }
        if S::SUBREQUESTS && !self.cx.subrequests.are_none_due() {
            return 0;
        }
        let next = [
            self.deadlines.next_ms(),
            self.accept_rests_until_ms,
            self.shortage.report_at_ms(),
            self.peak.due_ms,
            self.leave_until_ms,
            self.close_listeners_at_ms,
            self.cx.logs.next_flush_ms(),
            self.tell_releases_at_ms,
            self.cx.upstreams.sweep_at_ms.get(),
        ];
        let Some(next_ms) = next.into_iter().flatten().min() else { return -1 };
        let left_ms = next_ms.saturating_sub(self.cx.now.monotonic_ms);
        i32::try_from(left_ms).unwrap_or(i32::MAX)
    }

    fn on_ready(&mut self, token: u64) {
        if token == WAKE {
            return self.on_wake();
        }
        if !S::UPSTREAMS.is_empty() && token & UPSTREAM == UPSTREAM && token < SPAWNER_OUTGOING {
            return self.on_upstream(token);
        }
        let index = token as u32 as usize;
        if matches!(token, SPAWNER | SPAWNER_OUTGOING) {
            return self.on_spawner(token);
        }
        if token & LISTENER != 0 {
            return self.accept(index);
        }
        let source = match token >> 61 {
            0 => Source::Client,
            1 => Source::ScriptInput,
            2 => Source::ScriptOutput,
            _ => Source::ScriptErrors,
        };
        // A connection that was served before it in this turn may have made way for another.
        self.drive_token(token, |guest, cx| guest.on_ready(cx, source));
    }

    fn on_wake(&mut self) {
        match &self.wake {
            Wake::Signals(signals) => {
                while let Some(signal) = signals.next() {
                    match signal {
                        Signal::Terminate if self.team.is_leaving() => self.team.hurry(),
                        Signal::Terminate | Signal::Drain => self.team.announce_leaving(),
                        Signal::Reopen => {
                            if let Some(keys) = &self.cx.shared.keys {
                                keys.look_now();
                            }
                            crate::log::ask_to_reopen();
                            self.team.wake();
                        }
                    }
                }
            }
            Wake::Worker(wakened) => wakened.clear(),
        }
        self.cx.tell_of_logs(self.cx.logs.follow_reopening());
        self.go_on_with_checked();
        self.tell_of_keys();
        self.follow_names();
        self.follow_commands();
        self.follow_health();
        if self.team.is_leaving() && self.leave_until_ms.is_none() {
            self.begin_to_leave();
        }
        if self.team.is_hurried() {
            self.leave_until_ms = Some(self.cx.now.monotonic_ms);
        }
    }

    /// Tells the log what has become of the keys.
    fn tell_of_keys(&self) {
        // Without TLS in the site, its code is not in the binary.
        let Some(keys) = self.cx.shared.keys.as_ref().filter(|_| S::TLS.is_some()) else { return };
        if !matches!(self.wake, Wake::Signals(_)) {
            return;
        }
        for renewed in keys.take_news() {
            match renewed {
                Renewed::Taken(text) => self.cx.report(Level::Notice, format_args!("{text}")),
                Renewed::Kept(text) => self.cx.report(Level::Error, format_args!("{text}")),
            }
        }
    }

    /// Lets those go on whose passwords were checked.
    fn go_on_with_checked(&mut self) {
        if S::USERS.is_empty() {
            return;
        }
        for token in self.cx.shared.desk.take_done(self.cx.worker) {
            self.drive_token(token, |guest, cx| guest.look_again(cx));
        }
    }

    /// No new connections, none that waits between two requests; the others finish theirs.
    fn begin_to_leave(&mut self) {
        let timeout_ms = S::PROCESS.shutdown_timeout_ms.unwrap_or(u64::MAX);
        self.leave_until_ms = Some(self.cx.now.monotonic_ms.saturating_add(timeout_ms));
        self.cx.leaving = true;
        // Nobody else takes what waits at a socket of our own.
        let is_beside = |listener: &Listener| {
            listener.is_beside && net::refuse_new(listener.socket.as_fd()).is_ok()
        };
        match self.listeners.iter().filter(|listener| is_beside(listener)).count() {
            0 => self.close_listeners(),
            _ => self.close_listeners_at_ms = Some(self.cx.now.monotonic_ms + TAKEN_ON_MS),
        }
        for index in 0..self.slots.len() {
            if S::HTTP2 {
                self.drive(index, |guest, cx| guest.on_leaving(cx));
            }
            // A request that has just come is answered.
            self.drive(index, |guest, cx| match guest.client().is_some_and(Connection::is_idle) {
                true => guest.on_ready(cx, Source::Client),
                false => Next::Wait(Deadline::Keep),
            });
            let client = self.slots[index].guest.as_deref().and_then(Guest::client);
            match client.filter(|client| client.is_idle()).map(Connection::has_asked) {
                Some(true) => self.close(index),
                // Its first request may be on its way.
                Some(false) => self.deadlines.set(index, self.cx.now.monotonic_ms, TAKEN_ON_MS),
                None => {}
            }
        }
    }

    /// Closes the listeners: what waits there and is whole is taken before.
    fn close_listeners(&mut self) {
        self.close_listeners_at_ms = None;
        for index in 0..self.listeners.len() {
            if self.listeners[index].is_beside {
                self.accept(index);
            }
            self.poll_set.remove(LISTENER | index as u64);
        }
        self.listeners.clear();
    }

    fn expire(&mut self) {
        let now_ms = self.cx.now.monotonic_ms;
        if self.close_listeners_at_ms.is_some_and(|at_ms| at_ms <= now_ms) {
            self.close_listeners();
        }
        while let Some(index) = self.deadlines.pop_expired(now_ms) {
            self.drive(index, |guest, cx| guest.on_deadline(cx));
        }
        if self.accept_rests_until_ms.is_some_and(|until_ms| until_ms <= now_ms) {
            self.accept_rests_until_ms = None;
            self.set_accepting(true);
        }
    }
}
