//! The one place where clocks are read.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use crate::clock::Now;

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
