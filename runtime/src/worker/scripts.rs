//! What the worker hears from the process that starts scripts, and tells it.

use std::os::fd::AsRawFd;
use std::rc::Rc;

use super::{SPAWNER, SPAWNER_OUTGOING, Worker};
use crate::cgi::{Spawner, describe_end};
use crate::poll_set::Interest;
use crate::site::{Level, Site};

/// How long the spawner is not told of scripts that it may forget, unless it is told something else.
const TELL_RELEASES_MS: u64 = 100;

impl<S: Site> Worker<S> {
    /// Tells connections what has become of their scripts.
    pub(super) fn on_spawner(&mut self, token: u64) {
        // Without scripts in the site, their code is not in the binary.
        let scripted = S::MAX_SCRIPTS.is_some();
        let Some(spawner) = self.cx.spawner.clone().filter(|_| scripted) else { return };
        let result = if token == SPAWNER_OUTGOING { spawner.flush() } else { Ok(()) };
        let mut next = result.and_then(|()| spawner.next_event());
        while let Ok(Some((id, event))) = next {
            if let Some((level, text)) = describe_end(&event) {
                self.cx.report(level, format_args!("{text}"));
            }
            let index = spawner.owner(id) as u32 as usize;
            self.drive(index, |guest, cx| guest.on_script_event(cx, id, &event));
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
    pub(super) fn watch_spawner(&mut self) {
        let scripted = S::MAX_SCRIPTS.is_some();
        let has_early = |spawner: &Rc<Spawner>| scripted && spawner.has_early_events();
        if self.cx.spawner.as_ref().is_some_and(has_early) {
            self.on_spawner(SPAWNER);
        }
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
}
