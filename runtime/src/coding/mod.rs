//! Contents that are compressed on their way to a client: what does it, and how much of it there is
//! at once.
//!
//! A site names its encoders in the generated text ([`Begin`](crate::site::Begin)), so that what it does
//! not use is not linked.

mod compose;
mod encoded;
mod filtered;
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
pub(crate) use compose::{BeginWeave, Composed, MOST_AHEAD, MOST_WOVEN_LEN};
pub use compose::{Loom, Weave};
pub(crate) use encoded::{Encoded, Owner, Source};
pub(crate) use filtered::Filtered;
pub(crate) use pool::{Encoder, Encoders};
pub(crate) use recode::Recoder;
pub(crate) use replace::Replacer;
pub(crate) use sliced::Sliced;

pub use pool::MAX_ENCODERS;

use crate::http::accept::Coding;
use crate::output::RUN_LEN;

/// The most memory that one encoder takes, in bytes, with what it reads and what has come of it.
pub fn encoder_len(coding: Coding) -> usize {
    let state_len = match coding {
        Coding::Gzip => 384 << 10,
        Coding::Brotli | Coding::Zstd => 4 << 20,
    };
    state_len + 4 * RUN_LEN
}

#[cfg(test)]
mod tests;
