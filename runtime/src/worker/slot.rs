//! The places of connections: what lets one act, watches what it waits for, and closes it.

use std::io;

use super::Worker;
use crate::connection::{Deadline, Interests, Next, Source, UpstreamInterest};
use crate::context::Context;
use crate::counts::Phase;
use crate::http1::Connection;
use crate::output::Turn;
use crate::site::{Level, Site};

/// The token of one descriptor of a connection: from the highest bit down what it is (3 bits,
/// the first clear), the generation of its slot (29), the slot's index (32).
pub(super) fn token(index: usize, generation: u32, source: Source) -> u64 {
    (source as u64) << 61 | u64::from(generation) << 32 | index as u64
}

/// Generations have 29 bits.
pub(super) const GENERATIONS: u32 = (1 << 29) - 1;

/// A place for a connection. The generation tells an event for an earlier one from its own.
#[derive(Default)]
pub(super) struct Slot {
    pub(super) generation: u32,
    pub(super) connection: Option<Box<Connection>>,
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
        act: impl FnOnce(&mut Connection, &mut Context<S>) -> Next,
    ) {
        let slot = &mut self.slots[index];
        let Some(mut connection) = slot.connection.take() else { return };
        self.cx.token = token(index, slot.generation, Source::Client);
        self.cx.turn = Turn::at(self.cx.now.monotonic_ms);
        let before = connection.phase();
        self.count(before, Phase::Writing);
        let next = contain(|| act(&mut connection, &mut self.cx));
        self.count(Phase::Writing, connection.phase());
        self.slots[index].connection = Some(connection);
        self.settle(index, next);
        if !S::UPSTREAMS.is_empty() {
            self.cx.upstreams.watch(&self.poll_set);
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
        let Some(connection) = &slot.connection else { return Ok(()) };
        if connection.only_reads() && slot.interests.are_input() {
            return Ok(());
        }
        let wanted = connection.interests();
        // It may have been given back meanwhile, and taken again.
        if let Some(UpstreamInterest { lease, readiness }) = wanted.upstream {
            self.cx.upstreams.want(lease, readiness);
        }
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
        if wanted.client == watched.client {
            return Ok(());
        }
        let client = connection.descriptor();
        self.poll_set.watch(client, token(Source::Client), watched.client, wanted.client)
    }

    pub(super) fn close(&mut self, index: usize) {
        let slot = &mut self.slots[index];
        let Some(connection) = slot.connection.take() else { return };
        let watched = std::mem::take(&mut slot.interests);
        let pipes = watched.pipes().into_iter().filter(|(_, pipe)| pipe.is_some());
        for (source, _) in pipes {
            self.poll_set.remove(token(index, slot.generation, source));
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
}

/// Keeps a panic to the connection that it came up with. There is none that is known.
pub(super) fn contain<T>(act: impl FnOnce() -> T) -> Option<T> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(act)).ok()
}
