//! Zstandard (RFC 8878), by its reference implementation.

use std::fmt;
use std::io;

use zstd::stream::raw::{CParameter, Encoder, InBuffer, Operation, OutBuffer};

use crate::output::RUN_LEN;
use crate::site::{Effort, Encode};

/// The hardest level that a request may pay for, and the one of a form that is kept.
const MAX_LEVEL: i32 = 9;
/// The window, as the logarithm of its length. Browsers take up to 23 (RFC 9659).
const WINDOW_BITS: u32 = 18;
/// The least room that output is made in.
const ROOM_LEN: usize = 1024;

/// An encoder.
struct Zstd(Encoder<'static>);

/// Makes an encoder.
pub fn begin(effort: Effort, len: Option<u64>) -> io::Result<Box<dyn Encode>> {
    let level = match effort {
        Effort::Level(level) => (level as i32).min(MAX_LEVEL),
        Effort::Kept => MAX_LEVEL,
    };
    let mut encoder = Encoder::new(level)?;
    encoder.set_parameter(CParameter::WindowLog(WINDOW_BITS))?;
    if len.is_some() {
        encoder.set_pledged_src_size(len)?;
    }
    Ok(Box::new(Zstd(encoder)))
}

impl Zstd {
    /// Runs a step until it has nothing left to write: it returns how much that is.
    fn drain(
        &mut self,
        out: &mut Vec<u8>,
        mut step: impl FnMut(&mut Encoder<'static>, &mut OutBuffer<'_, Vec<u8>>) -> io::Result<usize>,
    ) -> io::Result<()> {
        loop {
            out.reserve(ROOM_LEN);
            let filled = out.len();
            let mut buffer = OutBuffer::around_pos(out, filled);
            if step(&mut self.0, &mut buffer)? == 0 {
                return Ok(());
            }
        }
    }
}

impl Encode for Zstd {
    fn write(&mut self, piece: &[u8], out: &mut Vec<u8>) -> io::Result<()> {
        let mut input = InBuffer::around(piece);
        self.drain(out, |encoder, out| {
            encoder.run(&mut input, out)?;
            Ok(piece.len() - input.pos())
        })
    }

    fn flush(&mut self, out: &mut Vec<u8>) -> io::Result<()> {
        self.drain(out, |encoder, out| encoder.flush(out))
    }

    fn finish(&mut self, out: &mut Vec<u8>) -> io::Result<()> {
        self.drain(out, |encoder, out| encoder.finish(out, true))
    }

    /// The length that it was told may be another one the next time.
    fn reset(&mut self) -> bool {
        false
    }

    fn piece_len(&self) -> usize {
        RUN_LEN
    }
}

impl fmt::Debug for Zstd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Zstd").finish_non_exhaustive()
    }
}
