//! New connections: accepted in batches, served at once, refused room when all places are taken.

use std::io;
use std::os::fd::{AsFd, AsRawFd};

use super::guest::Guest;
use super::{LISTENER, TAKEN_ON_MS, Worker};
use crate::connection::Source;
use crate::context::Client;
use crate::http1::Connection;
use crate::listener::Listener;
use crate::site::{Level, Site};
use crate::sys::net;
use crate::sys::poll::is_readable;
use crate::transport::Transport;

/// Connections that are accepted before others have their turn.
const ACCEPT_BATCH: usize = 64;
/// How long accepting rests when the process has no descriptor left.
const ACCEPT_REST_MS: u64 = 500;
/// How long accepting rests where it fails in another way.
const FAILURE_REST_MS: u64 = 100;

impl<S: Site> Worker<S> {
    /// Accepts a batch of connections, and serves each at once: its request is often there. Whether
    /// more wait is asked first: accept4(2) makes a whole socket before it finds that none does,
    /// which costs ten times as much.
    pub(super) fn accept(&mut self, listener: usize) {
        for _ in 0..ACCEPT_BATCH {
            let short = self.short();
            // Closed only once somebody is there to take its place.
            let leaving = short.map(|short| (self.least_missed(), short));
            if let Some((None, short)) = leaving {
                self.note_full(short);
                return self.rest_accepting(ACCEPT_REST_MS);
            }
            let Some(Listener { id, socket, is_beside: _ }) = self.listeners.get(listener) else {
                return;
            };
            let (id, accepted) = (*id, net::accept(socket.as_fd()));
            let (socket, peer) = match accepted {
                Ok(accepted) => accepted,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(error) if self.goes_on_after(&error) => continue,
                Err(_) => return,
            };
            if let Some((Some(index), short)) = leaving {
                self.make_way(index, short);
            }
            self.spare_descriptors(socket.as_raw_fd());
            let accepted_ms = self.cx.now.monotonic_ms;
            let transport = Transport::plain(socket);
            let client = Client::new(
                self.cx.shared,
                transport,
                id,
                self.team.next_serial(),
                peer,
                accepted_ms,
            );
            let connection = Connection::new::<S>(client);
            let timeout_ms = match self.cx.leaving {
                true => TAKEN_ON_MS,
                false => connection.first_timeout_ms(),
            };
            let index = self.cx.places.take();
            self.slot(index).guest = Some(Box::new(Guest::Client(connection)));
            if S::COUNTS {
                self.cx.counts.accept();
            }
            self.deadlines.set(index, accepted_ms, timeout_ms);
            self.drive(index, |guest, cx| guest.on_ready(cx, Source::Client));
            if !is_readable(self.listeners[listener].socket.as_fd()) {
                return;
            }
        }
    }

    /// Whether to accept on at once after an error. Otherwise accepting rests.
    fn goes_on_after(&mut self, error: &io::Error) -> bool {
        match error.raw_os_error() {
            Some(libc::EMFILE | libc::ENFILE) => {
                let has_made_room = self.free_descriptor();
                if !has_made_room {
                    self.rest_accepting(ACCEPT_REST_MS);
                }
                has_made_room
            }
            // The client is gone again, or its network is (accept(2)).
            Some(
                libc::ECONNABORTED
                | libc::EPROTO
                | libc::EPERM
                | libc::EINTR
                | libc::ENETDOWN
                | libc::ENOPROTOOPT
                | libc::EHOSTDOWN
                | libc::ENONET
                | libc::EHOSTUNREACH
                | libc::EOPNOTSUPP
                | libc::ENETUNREACH
                | libc::ETIMEDOUT,
            ) => true,
            errno => {
                let short = matches!(errno, Some(libc::ENOBUFS | libc::ENOMEM));
                self.cx.report(Level::Crit, format_args!("accept4() failed: {error}"));
                self.rest_accepting(if short { ACCEPT_REST_MS } else { FAILURE_REST_MS });
                false
            }
        }
    }

    /// Leaves new connections in their queues for a while.
    fn rest_accepting(&mut self, rest_ms: u64) {
        self.accept_rests_until_ms = Some(self.cx.now.monotonic_ms + rest_ms);
        self.set_accepting(false);
    }

    pub(super) fn set_accepting(&mut self, accepting: bool) {
        for index in 0..self.listeners.len() {
            self.poll_set.set_enabled(LISTENER | index as u64, accepting);
        }
    }
}
