//! How fast a client is: what it sends or takes in the time in which that is waited for.

use crate::site::MinRate;

/// How long a client was waited for before it can be called slow, in milliseconds.
const JUDGED_AFTER_MS: u64 = 1000;
/// Who moves less in a second may be closed to make room, in bytes.
const SLOW_LEN: u64 = 16 * 1024;

/// What the client has done of one thing that it is waited for: content, or taking a response.
#[derive(Default, Debug)]
pub(crate) struct Pace {
    /// The bytes at the last look.
    seen: Option<u64>,
    /// Since when it is waited for, if it is.
    since_ms: Option<u64>,
    waited_ms: u64,
    moved: u64,
    /// The time that it has left.
    left_ms: u64,
}

impl Pace {
    /// Looks at the client, which has moved `total` bytes so far, and is waited for now or not.
    /// Returns how long it may go on so, if there is a bound. What it has earned by being fast is
    /// never more than `most_ms`.
    pub(crate) fn look(
        &mut self,
        now_ms: u64,
        total: u64,
        waits: bool,
        rate: Option<MinRate>,
        most_ms: u64,
    ) -> Option<u64> {
        let grace_ms = rate.map_or(0, |rate| rate.grace_ms);
        let spent_ms = self.since_ms.map_or(0, |since| now_ms.saturating_sub(since));
        let moved = total.saturating_sub(self.seen.unwrap_or(total));
        if self.seen.is_none() {
            self.left_ms = grace_ms;
        }
        self.seen = Some(total);
        self.since_ms = waits.then_some(now_ms);
        self.waited_ms += spent_ms;
        self.moved = self.moved.saturating_add(moved);
        let rate = rate?;
        let earned_ms = rate.time_ms(moved);
        // What is spent outlives what has come of it: nobody goes on for ever by single bytes.
        self.left_ms = self.left_ms.saturating_add(earned_ms).saturating_sub(spent_ms);
        self.left_ms = self.left_ms.min(most_ms.max(grace_ms));
        waits.then_some(self.left_ms)
    }

    /// Bytes a second, if it is waited for and was for long enough to tell, and is slow.
    pub(crate) fn slow(&self, now_ms: u64) -> Option<u64> {
        let since = self.since_ms?;
        slow(self.waited_ms + now_ms.saturating_sub(since), self.moved)
    }
}

/// The rate of so many bytes in so long a wait, if that is long enough to tell, and slow.
pub(crate) fn slow(waited_ms: u64, moved: u64) -> Option<u64> {
    let rate = moved.saturating_mul(1000) / waited_ms.max(1);
    (waited_ms >= JUDGED_AFTER_MS && rate < SLOW_LEN).then_some(rate)
}

/// A time that is left, in steps: connections share few deadlines, so that finding the next one
/// stays cheap. Never shorter.
pub(crate) fn in_steps(left_ms: u64) -> u64 {
    left_ms.next_multiple_of(if left_ms < 2000 { 100 } else { 1000 })
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Option<MinRate> = Some(MinRate { bytes_per_s: 100, grace_ms: 5000 });

    /// What is left after each look: when, how much has moved, whether it is waited for.
    fn left(looks: &[(u64, u64, bool)]) -> Vec<Option<u64>> {
        let mut pace = Pace::default();
        looks.iter().map(|&(at, total, waits)| pace.look(at, total, waits, RATE, 60_000)).collect()
    }

    #[test]
    fn time_runs_while_the_client_is_waited_for() {
        // One byte a second earns 10 ms for each.
        assert_eq!(
            left(&[(0, 7, true), (1000, 8, true), (2000, 9, true), (5500, 9, true)]),
            [Some(5000), Some(4010), Some(3020), Some(0)]
        );
        // A byte that comes when the time is over does not bring it back.
        assert_eq!(left(&[(0, 0, true), (4990, 0, true), (5040, 1, true)])[2], Some(0));
        // Nothing runs while it is not.
        assert_eq!(
            left(&[(0, 0, true), (1000, 0, false), (90_000, 0, true), (91_000, 0, true)]),
            [Some(5000), None, Some(4000), Some(3000)]
        );
        // As fast as it has to be, and faster, though never for longer than the bound.
        assert_eq!(
            left(&[(0, 0, true), (1000, 100, true), (2000, 1 << 30, true), (3000, 1 << 30, true)]),
            [Some(5000), Some(5000), Some(60_000), Some(59_000)]
        );
    }

    #[test]
    fn without_a_rate_it_is_measured_and_not_bounded() {
        let mut pace = Pace::default();
        assert_eq!(pace.look(0, 0, true, None, 1000), None);
        assert_eq!(pace.look(2000, 50, true, None, 1000), None);
        assert_eq!(pace.slow(2000), Some(25));
    }

    #[test]
    fn slow_is_who_moves_little_in_a_time_that_tells() {
        assert_eq!(slow(999, 0), None);
        assert_eq!(slow(1000, 0), Some(0));
        assert_eq!(slow(2000, 2 * SLOW_LEN), None);
        assert_eq!(slow(2000, 2 * SLOW_LEN - 2), Some(SLOW_LEN - 1));
        let mut pace = Pace::default();
        pace.look(0, 0, true, RATE, 1000);
        pace.look(1500, 3, false, RATE, 1000);
        assert_eq!(pace.slow(1500), None, "it is not waited for");
    }

    #[test]
    fn steps_are_never_shorter() {
        for left_ms in [0, 1, 99, 100, 101, 1999, 2000, 2001, 59_999] {
            let step = in_steps(left_ms);
            assert!((left_ms..left_ms + 1000).contains(&step), "{left_ms} {step}");
        }
        assert_eq!((in_steps(101), in_steps(2001)), (200, 3000));
    }
}
