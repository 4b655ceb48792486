//! What the worker hears of connections to the servers behind it.

use super::Worker;
use super::slot::GENERATIONS;
use crate::connection::Source;
use crate::site::Site;
use crate::upstream::Heard;

impl<S: Site> Worker<S> {
    /// A connection to another server is ready.
    pub(super) fn on_upstream(&mut self, token: u64) {
        let Heard::Owner(owner) = self.cx.upstreams.hear(token) else { return };
        let index = owner as u32 as usize;
        if self.slots[index].generation == (owner >> 32) as u32 & GENERATIONS {
            self.drive(index, |connection, cx| connection.on_ready(cx, Source::Upstream));
        }
    }

    /// Closes connections that have been idle for too long.
    pub(super) fn sweep_upstreams(&mut self) {
        if !S::UPSTREAMS.is_empty() {
            self.cx.upstreams.sweep();
        }
    }
}
