//! What one connection may do before others have their turn.

use super::RUN_LEN;

/// A request, or a call of the kernel, is worth as much as so many bytes that are sent: a thousand
/// answers of a byte take as long as one of megabytes.
const CALL_LEN: u64 = 2 << 10;
/// The same of a run of a content that is made while it is sent: mostly, the disk is asked for it.
const MAKING_LEN: u64 = 64 << 10;
/// The most that is sent in a turn, with the calls for a large file. Longer turns fill the socket,
/// so that both ends sleep by turns: they cost a tenth more for each byte.
const LEN: u64 = (256 << 10) + 4 * CALL_LEN;

/// What is left of a turn.
#[derive(Clone, Copy, Debug)]
pub struct Turn {
    left: u64,
    now_ms: u64,
}

impl Default for Turn {
    fn default() -> Turn {
        Turn::at(0)
    }
}

impl Turn {
    /// A turn at this time, by the monotonic clock.
    pub fn at(now_ms: u64) -> Turn {
        Turn { left: LEN, now_ms }
    }

    /// When it is.
    pub(super) fn now_ms(&self) -> u64 {
        self.now_ms
    }

    /// Whether others are to have their turn.
    pub fn is_over(&self) -> bool {
        self.left == 0
    }

    /// Bytes that may be sent yet.
    pub(super) fn bytes_left(&self) -> u64 {
        self.left
    }

    /// Counts a call that has sent so much.
    pub(super) fn count_call(&mut self, sent: u64) {
        self.left = self.left.saturating_sub(sent + CALL_LEN);
    }

    /// Counts what was sent of frames: their content was counted when it was put into them.
    pub fn count_flush(&mut self) {
        self.left = self.left.saturating_sub(CALL_LEN);
    }

    /// Counts a run of a content that is made while it is sent.
    pub(super) fn count_run(&mut self) {
        self.left = self.left.saturating_sub(MAKING_LEN);
    }

    /// Counts a request.
    pub fn count_request(&mut self) {
        self.left = self.left.saturating_sub(CALL_LEN);
    }
}

// A run is sent in the turn in which it is made.
const _: () = assert!(MAKING_LEN + (RUN_LEN as u64) < LEN);
