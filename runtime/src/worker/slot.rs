//! The places of connections: what lets one act, watches what it waits for, and closes it.

use std::io;

use super::Worker;
use super::guest::Guest;
use crate::connection::{Deadline, Interests, Next, Source, UpstreamInterest};
use crate::context::Context;
use crate::counts::Phase;
use crate::http1::{Born, Connection};
use crate::output::Turn;
use crate::site::{Level, Site};

/// A place for a guest.
#[derive(Default)]
pub(super) struct Slot {
    pub(super) guest: Option<Box<Guest>>,
    /// What is watched of it.
    interests: Interests,
}

impl<S: Site> Worker<S> {
    /// Counts a connection in another phase than before, where the site tells its counts.
    fn count(&self, before: Phase, after: Phase) {
        if S::COUNTS {
            self.cx.counts.enter(before, after);
        }
    }

    /// Lets a connection act, and does what it says then.
    pub(super) fn drive(
        &mut self,
        index: usize,
        act: impl FnOnce(&mut Guest, &mut Context<S>) -> Next,
    ) {
        let Some(slot) = self.slots.get_mut(index) else { return };
        let Some(mut guest) = slot.guest.take() else { return };
        self.cx.token = self.cx.places.client_token(index);
        self.cx.turn = Turn::at(self.cx.now.monotonic_ms);
        let is_counted = !guest.is_stream();
        if is_counted {
            self.count(guest.phase(), Phase::Writing);
        }
        let next = contain(|| act(&mut guest, &mut self.cx));
        if is_counted {
            self.count(Phase::Writing, guest.phase());
        }
        let born = if S::HTTP2 { guest.take_born() } else { Vec::new() };
        self.slots[index].guest = Some(guest);
        self.settle(index, next);
        if S::HTTP2 {
            self.settle_born(born);
        }
        self.attend_parts();
        if !S::UPSTREAMS.is_empty() {
            self.cx.upstreams.watch(&self.poll_set);
        }
    }

    /// Puts streams that have to wait into their places.
    fn settle_born(&mut self, born: Vec<Born>) {
        for Born { index, connection, deadline } in born {
            if let Some(short) = self.short_with_born() {
                match self.least_missed() {
                    Some(other) => self.make_way(other, short),
                    None => {
                        self.note_full(short);
                        // Its client hears of it.
                        drop(connection);
                        self.cx.places.give_back(index);
                        continue;
                    }
                }
            }
            self.slot(index).guest = Some(Box::new(Guest::Client(connection)));
            self.settle(index, Some(Next::Wait(deadline)));
        }
    }

    /// A slot that may be new.
    pub(super) fn slot(&mut self, index: usize) -> &mut Slot {
        if self.slots.len() <= index {
            self.slots.resize_with(index + 1, Slot::default);
        }
        &mut self.slots[index]
    }

    /// Lets those act whom others have made ready: the streams first, so that all that they send goes
    /// out at once.
    pub(super) fn drive_queued(&mut self) {
        if !S::HTTP2 {
            return;
        }
        let queue = self.cx.queue.clone();
        for token in queue.take_streams() {
            self.drive_token(token, |stream, cx| stream.on_ready(cx, Source::Client));
        }
        for token in queue.take_connections() {
            self.drive_token(token, |guest, cx| guest.on_queued(cx));
        }
    }

    /// Lets the connection act that a token is of, if it is still there.
    pub(super) fn drive_token(
        &mut self,
        token: u64,
        act: impl FnOnce(&mut Guest, &mut Context<S>) -> Next,
    ) {
        if let Some(index) = self.cx.places.index_of(token) {
            self.drive(index, act);
        }
    }

    /// Does what a connection says that has acted.
    fn settle(&mut self, index: usize, next: Option<Next>) {
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
        let Some(guest) = &slot.guest else { return Ok(()) };
        if guest.only_reads() && slot.interests.are_input() {
            return Ok(());
        }
        let mut wanted = guest.interests();
        if S::HTTP2
            && let Some(stream) = guest.client().and_then(Connection::stream)
        {
            stream.want(wanted.client.take());
        }
        // It may have been given back meanwhile, and taken again.
        if let Some(UpstreamInterest { lease, readiness }) = wanted.upstream {
            self.cx.upstreams.want(lease, readiness);
        }
        let watched = std::mem::replace(&mut slot.interests, wanted);
        if wanted == watched {
            return Ok(());
        }
        let token = |source| self.cx.places.token(index, source);
        for ((source, new), (_, old)) in wanted.pipes().into_iter().zip(watched.pipes()) {
            if new != old {
                self.poll_set.remove(token(source));
                if let Some((fd, interest)) = new {
                    self.poll_set.add(fd, token(source), interest);
                }
            }
        }
        let Some(connection) = guest.client().filter(|_| wanted.client != watched.client) else {
            return Ok(());
        };
        let client = connection.descriptor();
        self.poll_set.watch(client, token(Source::Client), watched.client, wanted.client)
    }

    pub(super) fn close(&mut self, index: usize) {
        let slot = &mut self.slots[index];
        let Some(guest) = slot.guest.take() else { return };
        let watched = std::mem::take(&mut slot.interests);
        let pipes = watched.pipes().into_iter().filter(|(_, pipe)| pipe.is_some());
        for (source, _) in pipes {
            self.poll_set.remove(self.cx.places.token(index, source));
        }
        match guest.client() {
            Some(connection) if S::COUNTS && !connection.is_stream() => {
                self.cx.counts.close(connection.phase());
            }
            Some(_) => {}
            None => self.part_count -= 1,
        }
        // Closing takes it out of the epoll instance: no other descriptor stands for it.
        drop(guest);
        self.deadlines.clear(index);
        self.cx.places.give_back(index);
        if self.accept_rests_until_ms.take().is_some() {
            self.set_accepting(true);
        }
        self.attend_parts();
    }
}

/// Keeps a panic to the connection that it came up with. There is none that is known.
pub(super) fn contain<T>(act: impl FnOnce() -> T) -> Option<T> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(act)).ok()
}
