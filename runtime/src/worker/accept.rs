//! New connections: accepted in batches, served at once, refused room when all places are taken.

use std::io;
use std::os::fd::AsFd;

use super::slot::Slot;
use super::{LISTENER, Worker};
use crate::connection::{Connection, Source};
use crate::context::Client;
use crate::listener::Listener;
use crate::site::{Level, Site};
use crate::sys::net;
use crate::sys::poll::is_readable;

/// Connections that are accepted before others have their turn.
const ACCEPT_BATCH: usize = 64;
/// How long accepting rests when the process has no descriptor left.
const ACCEPT_REST_MS: u64 = 500;
/// How often it is reported that there is no room for more connections.
const FULL_REPORT_MS: u64 = 1000;

impl<S: Site> Worker<S> {
    /// Accepts a batch of connections, and serves each at once: its request is often there. Whether
    /// more wait is asked first: accept4(2) makes a whole socket before it finds that none does,
    /// which costs ten times as much.
    pub(super) fn accept(&mut self, listener: usize) {
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
            let client =
                Client::new(self.cx.shared, socket, id, self.team.next_serial(), peer, accepted_ms);
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
            if !is_readable(self.listeners[listener].socket.as_fd()) {
                return;
            }
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

    pub(super) fn set_accepting(&mut self, accepting: bool) {
        for index in 0..self.listeners.len() {
            self.poll_set.set_enabled(LISTENER | index as u64, accepting);
        }
    }
}
