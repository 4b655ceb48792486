//! How fast a response is sent: `limit_rate`, by nginx's sums.

/// The longest that nothing is sent. What is due then is sent then.
const MAX_PAUSE_MS: u64 = 60 * 60 * 1000;

/// The limit of one response.
#[derive(Debug)]
pub struct Limit {
    /// Bytes a second; not 0.
    per_second: u64,
    /// Bytes that are not counted.
    free: u64,
    /// When the request came.
    started_ms: u64,
    sent: u64,
    paused_until_ms: Option<u64>,
}

impl Limit {
    /// A limit of so many bytes a second, once the first `free` are sent.
    pub fn new(per_second: u64, free: u64, started_ms: u64) -> Limit {
        Limit { per_second: per_second.max(1), free, started_ms, sent: 0, paused_until_ms: None }
    }

    /// Until when nothing is sent, as far as is known.
    pub fn paused_until_ms(&self) -> Option<u64> {
        self.paused_until_ms
    }

    /// The bytes that may be sent now. Without any, the limit is paused.
    pub(crate) fn most(&mut self, now_ms: u64) -> usize {
        if self.paused_until_ms.is_some_and(|until_ms| now_ms < until_ms) {
            return 0;
        }
        self.paused_until_ms = None;
        // One second is always given in advance.
        let elapsed_ms = u128::from(now_ms.saturating_sub(self.started_ms)) + 1000;
        let due = u128::from(self.per_second) * elapsed_ms / 1000 + u128::from(self.free);
        match due.checked_sub(self.sent.into()) {
            Some(most @ 1..) => usize::try_from(most).unwrap_or(usize::MAX),
            _ => {
                self.pause(now_ms, 1 + self.sent - due as u64);
                0
            }
        }
    }

    /// Counts what was sent: as long as that should have taken, nothing else is.
    pub(crate) fn count(&mut self, sent: u64, now_ms: u64) {
        let counted = |total: u64| total.saturating_sub(self.free);
        let newly = counted(self.sent.saturating_add(sent)) - counted(self.sent);
        self.sent = self.sent.saturating_add(sent);
        self.pause(now_ms, newly);
    }

    /// Pauses for as long as so many bytes take.
    fn pause(&mut self, now_ms: u64, bytes: u64) {
        let pause_ms = (bytes.saturating_mul(1000) / self.per_second).min(MAX_PAUSE_MS);
        if pause_ms > 0 {
            self.paused_until_ms = Some(now_ms + pause_ms);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// When what is sent of a response of so many bytes, by a socket that takes everything.
    fn sent(mut limit: Limit, len: usize) -> Vec<(u64, usize)> {
        let (mut now_ms, mut left, mut all) = (0, len, Vec::new());
        while left > 0 {
            let most = limit.most(now_ms).min(left);
            if most > 0 {
                all.push((now_ms, most));
                limit.count(most as u64, now_ms);
                left -= most;
            }
            now_ms = limit.paused_until_ms().unwrap_or(now_ms);
        }
        all
    }

    #[test]
    fn a_second_is_given_in_advance() {
        let plain = |per_second, free| Limit::new(per_second, free, 0);
        assert_eq!(sent(plain(100, 0), 250), [(0, 100), (1000, 100), (2000, 50)]);
        assert_eq!(sent(plain(100, 120), 250), [(0, 220), (1000, 30)]);
        assert_eq!(sent(plain(100, 1000), 250), [(0, 250)]);
        assert_eq!(sent(plain(1, 0), 3), [(0, 1), (1000, 1), (2000, 1)]);
        assert_eq!(sent(plain(u64::MAX, 0), 3), [(0, 3)]);
        // Where the request has taken long, as much more.
        let late = Limit { started_ms: 0, ..plain(100, 0) };
        let mut late = late;
        assert_eq!(late.most(3000), 400);
    }
}
