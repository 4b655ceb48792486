//! What the worker hears of connections to the servers behind it.

use super::{Wake, Worker};
use crate::connection::Source;
use crate::site::{Level, Site};
use crate::upstream::{Heard, News};

impl<S: Site> Worker<S> {
    /// A connection to another server is ready.
    pub(super) fn on_upstream(&mut self, token: u64) {
        let Heard::Owner(owner) = self.cx.upstreams.hear(token) else { return };
        self.drive_token(owner, |guest, cx| guest.on_ready(cx, Source::Upstream));
    }

    /// Takes note of names that lead elsewhere. The first worker tells the log.
    pub(super) fn follow_names(&self) {
        // Without upstreams in the site, their code is not in the binary.
        let Some(names) = self.cx.shared.names.as_ref().filter(|_| !S::UPSTREAMS.is_empty()) else {
            return;
        };
        self.cx.upstreams.follow(names);
        if !matches!(self.wake, Wake::Signals(_)) {
            return;
        }
        for news in names.take_news() {
            match news {
                News::Moved(text) => self.cx.report(Level::Notice, format_args!("{text}")),
                News::Failed(text) => self.cx.report(Level::Error, format_args!("{text}")),
            }
        }
    }

    /// Tells the log who is well.
    pub(super) fn follow_health(&self) {
        if !S::HEALTH || !matches!(self.wake, Wake::Signals(_)) {
            return;
        }
        for (level, line) in self.cx.shared.findings.take() {
            self.cx.report(level, format_args!("{line}"));
        }
    }

    /// Tells the log what programs beside the server have said.
    pub(super) fn follow_commands(&self) {
        if !S::COMMANDS || !matches!(self.wake, Wake::Signals(_)) {
            return;
        }
        let (lines, dropped) = self.cx.shared.sayings.take();
        for line in lines {
            self.cx.report(Level::Error, format_args!("{line}"));
        }
        if dropped > 0 {
            let text = format_args!("{dropped} more lines of programs are not logged");
            self.cx.report(Level::Error, text);
        }
    }

    /// Closes connections that have been idle for too long.
    pub(super) fn sweep_upstreams(&mut self) {
        if !S::UPSTREAMS.is_empty() {
            self.cx.upstreams.sweep();
        }
    }
}
