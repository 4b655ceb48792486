//! A block of fields that comes in several frames (RFC 9113, 4.3), gathered within bounds.

use super::budget::BLOCK_FRAMES;
use super::frame::{Code, Fault, MAX_LEN};

/// What has come of it.
#[derive(Debug)]
pub(super) struct Gathered {
    bytes: Vec<u8>,
    frames: usize,
}

impl Gathered {
    /// One that begins with this.
    pub(super) fn new(front: &[u8]) -> Gathered {
        Gathered { bytes: front.to_vec(), frames: 1 }
    }

    /// Adds a frame. The error: it is too long, or in too many parts.
    pub(super) fn add(&mut self, more: &[u8], most_len: usize) -> Result<(), Fault> {
        self.frames += 1;
        self.bytes.extend_from_slice(more);
        let most_frames = BLOCK_FRAMES + most_len / MAX_LEN;
        match self.bytes.len() > most_len || self.frames > most_frames {
            true => {
                let reason = "a block of fields that is too long, or in too many parts";
                Err(Fault::of_connection(Code::EnhanceYourCalm, reason))
            }
            false => Ok(()),
        }
    }

    /// All of it.
    pub(super) fn take(self) -> Vec<u8> {
        self.bytes
    }
}
