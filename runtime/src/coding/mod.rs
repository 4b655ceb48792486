//! Contents that are compressed on their way to a client: what does it, and how much of it there is
//! at once.
//!
//! A site names its encoders in the generated text, so that what it does not use is not linked.

mod compose;
mod encoded;
mod filtered;
mod forms;
mod pool;
mod recode;
mod replace;
mod sliced;

#[cfg(feature = "brotli")]
pub mod brotli;
#[cfg(feature = "gzip")]
pub mod gunzip;
#[cfg(feature = "gzip")]
pub mod gzip;
#[cfg(feature = "zstd")]
pub mod zstd;

#[cfg(feature = "ssi")]
pub(crate) use compose::Wanted;
pub(crate) use compose::{Composed, MOST_AHEAD, MOST_WOVEN_LEN};
pub use compose::{Loom, Weave};
pub(crate) use encoded::{Encoded, Owner, Source};
pub(crate) use filtered::Filtered;
pub(crate) use forms::{Form, Forms};
pub(crate) use pool::{Encoder, Encoders};
pub(crate) use recode::Recoder;
pub(crate) use replace::Replacer;
pub(crate) use sliced::Sliced;

pub use forms::MAX_FORMS_LEN;
pub use pool::MAX_ENCODERS;

use std::fmt;
use std::io;

use crate::http::accept::Coding;
use crate::output::RUN_LEN;

/// Compresses a content piece by piece, or undoes that.
pub trait Encode: fmt::Debug {
    /// Takes a piece, and appends what has come of all so far; some of it may be held back.
    fn write(&mut self, piece: &[u8], out: &mut Vec<u8>) -> io::Result<()>;

    /// Appends what is held back, so that the other end can read all that was taken.
    fn flush(&mut self, out: &mut Vec<u8>) -> io::Result<()>;

    /// Appends the end. Nothing is taken after it.
    fn finish(&mut self, out: &mut Vec<u8>) -> io::Result<()>;

    /// Makes it ready for another content. Whether that can be done.
    fn reset(&mut self) -> bool;

    /// The longest piece that it should be given, in bytes, so that what comes of one is bounded.
    fn piece_len(&self) -> usize {
        RUN_LEN
    }
}

/// How hard an encoder tries.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Effort {
    /// By the level of the conf: each request pays for it.
    Level(u32),
    /// For a form that is kept: made once and sent often.
    Kept,
}

/// The most memory that one encoder takes, in bytes, with what it reads and what has come of it.
pub fn encoder_len(coding: Coding) -> usize {
    let state_len = match coding {
        Coding::Gzip => 384 << 10,
        Coding::Brotli | Coding::Zstd => 4 << 20,
    };
    state_len + 4 * RUN_LEN
}

/// Makes an encoder. The length of the content is told where it is known, in bytes.
pub type Begin = fn(Effort, Option<u64>) -> io::Result<Box<dyn Encode>>;

#[cfg(test)]
mod tests;
