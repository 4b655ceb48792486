//! What a peer may make the server do for nothing. An honest peer never comes near it.

/// What a peer has left.
#[derive(Debug)]
pub struct Budget {
    /// Streams that may still come to nothing: each takes one, and each that ends well gives one back.
    /// So both rapid resets and frames that make the server reset are bounded by what is done
    /// for somebody.
    streams: u32,
    most_streams: u32,
    /// Bytes of frames that have come.
    total: u64,
    /// Bytes among them, and among those that were sent, that are part of a message.
    useful: u64,
}

/// Bytes that may come beyond eight times the useful ones.
const FREE_LEN: u64 = 1 << 20;
const RATIO: u64 = 8;

/// The most frames that one block of fields may come in, beside those that its length takes.
pub const BLOCK_FRAMES: usize = 8;

impl Budget {
    /// A budget of this many streams that come to nothing.
    pub fn new(most_streams: u32) -> Budget {
        Budget { streams: most_streams, most_streams, total: 0, useful: 0 }
    }

    /// A stream has come to nothing: the peer has reset it, or made the server reset it. Whether that
    /// was one too many.
    #[must_use]
    pub fn lose_stream(&mut self) -> bool {
        self.streams = self.streams.saturating_sub(1);
        self.streams == 0
    }

    /// A stream has ended well.
    pub fn end_stream(&mut self) {
        self.streams = (self.streams + 1).min(self.most_streams);
    }

    /// A frame has come, of so many bytes, of which so many are part of a message. Whether that was
    /// one too many: mostly what comes is of no use.
    #[must_use]
    pub fn receive(&mut self, total: usize, useful: usize) -> bool {
        self.total += total as u64;
        self.useful += useful as u64;
        self.total / RATIO > self.useful + FREE_LEN
    }

    /// So much of a message was sent.
    pub fn send(&mut self, useful: usize) {
        self.useful += useful as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resets_are_bounded_by_what_ends_well() {
        let mut budget = Budget::new(100);
        assert!((0..99).all(|_| !budget.lose_stream()));
        budget.end_stream();
        assert!(!budget.lose_stream());
        assert!(budget.lose_stream());
        let mut budget = Budget::new(100);
        for _ in 0..100_000 {
            budget.end_stream();
            assert!(!budget.lose_stream(), "half of them end well");
        }
    }

    #[test]
    fn frames_of_no_use_are_bounded_by_those_of_some() {
        let pings = |useful: usize| {
            let mut budget = Budget::new(100);
            budget.send(useful);
            (0..10_000_000).position(|_| budget.receive(17, 0))
        };
        assert_eq!(pings(0), Some(8 * (1 << 20) / 17));
        assert!(pings(10 << 20) > pings(0));
        let mut budget = Budget::new(100);
        assert!((0..1_000_000).all(|_| !budget.receive(16_393, 16_384)), "an upload");
    }
}
