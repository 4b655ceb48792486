//! Content that is gathered before anybody has asked for it: a `mirror` gets it as well.

use super::spool::{Spool, Spooled};
use super::{Outcome, Receiver, Request};
use crate::backend::Input;

/// Gives the content back once it is there.
struct Gather;

impl Spooled for Gather {
    fn finish(&self, _: &Request<'_>, input: Input, len: u64) -> Outcome {
        Outcome::Gathered(input, len)
    }
}

/// What gathers a content, up to `memory_len` bytes of it in memory.
pub(crate) fn gather(memory_len: usize) -> Box<dyn Receiver> {
    Box::new(Spool::new(Box::new(Gather), memory_len))
}
