//! Memory of a peak, which is given back to the system once the peak is over.

use super::Worker;
use crate::exchange::pieces;
use crate::site::Site;
use crate::sys::process;

/// How long there have to be few connections before memory is given back.
const QUIET_MS: u64 = 2000;
/// Fewer connections than this are no peak.
const LEAST_PEAK: usize = 8;

/// The connections that there were.
#[derive(Default)]
pub(super) struct Peak {
    most: usize,
    /// When memory is to be given back, by the monotonic clock.
    pub(super) due_ms: Option<u64>,
}

impl Peak {
    /// Notes how many connections there are; whether a peak is over.
    fn is_over(&mut self, count: usize, now_ms: u64) -> bool {
        self.most = self.most.max(count);
        if self.most < LEAST_PEAK || count > self.most / 2 {
            self.due_ms = None;
            return false;
        }
        let is_over = *self.due_ms.get_or_insert(now_ms + QUIET_MS) <= now_ms;
        if is_over {
            *self = Peak { most: count, due_ms: None };
        }
        is_over
    }
}

impl<S: Site> Worker<S> {
    /// Gives memory back if many connections have become few.
    pub(super) fn give_memory_back(&mut self) {
        if self.peak.is_over(self.open_count(), self.cx.now.monotonic_ms) {
            self.cx.drop_spare();
            pieces::drop_spare();
            process::give_memory_back();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peak_is_over_when_it_has_been_quiet_for_a_while() {
        let mut peak = Peak::default();
        for (now_ms, count, over) in [
            (0, LEAST_PEAK - 1, false),
            (0, 0, false),
            (9000, 100, false),
            (9001, 50, false),
            (9002, 51, false),
            (20_000, 50, false),
            (20_000 + QUIET_MS - 1, 0, false),
            (20_000 + QUIET_MS, 0, true),
            (90_000, 0, false),
        ] {
            assert_eq!(peak.is_over(count, now_ms), over, "{now_ms}");
        }
    }
}
