//! What one connection may do before others have their turn.

use super::RUN_LEN;

/// The most that is sent in a turn. Longer turns fill the socket, so that both ends sleep by
/// turns: they cost a tenth more for each byte.
const LEN: u64 = 256 << 10;
/// The most requests and calls of the kernel in a turn: a thousand answers of a byte take as long
/// as one of megabytes.
const CALLS: u32 = 128;
/// As many calls a run of a content is worth that is made while it is sent: mostly, the disk is
/// asked for it.
const CALLS_OF_RUN: u32 = 32;

/// What is left of a turn.
#[derive(Clone, Copy, Debug)]
pub struct Turn {
    bytes_left: u64,
    calls_left: u32,
}

impl Default for Turn {
    fn default() -> Turn {
        Turn { bytes_left: LEN, calls_left: CALLS }
    }
}

impl Turn {
    /// Whether others are to have their turn.
    pub fn is_over(&self) -> bool {
        self.bytes_left == 0 || self.calls_left == 0
    }

    /// Bytes that may be sent yet.
    pub(super) fn bytes_left(&self) -> u64 {
        self.bytes_left
    }

    /// Counts a call that has sent so much.
    pub(super) fn count_call(&mut self, sent: u64) {
        self.bytes_left = self.bytes_left.saturating_sub(sent);
        self.calls_left = self.calls_left.saturating_sub(1);
    }

    /// Counts a run of a content that is made while it is sent.
    pub(super) fn count_run(&mut self) {
        self.calls_left = self.calls_left.saturating_sub(CALLS_OF_RUN);
    }

    /// Counts a request.
    pub fn count_request(&mut self) {
        self.calls_left = self.calls_left.saturating_sub(1);
    }
}

// A run is sent in the turn in which it is made.
const _: () = assert!(CALLS_OF_RUN < CALLS && RUN_LEN as u64 <= LEN);
