//! Content that is gathered before anybody has asked for it: a `mirror` gets it as well.

use super::spool::{Spool, Spooled};
use super::{Outcome, Receiver, Request};
use crate::backend::Input;
use crate::exchange::Room;

/// Gives the content back once it is there.
struct Gather;

impl Spooled for Gather {
    fn finish(&self, _: &Request<'_>, input: Input, len: u64) -> Outcome {
        Outcome::Gathered(input, len)
    }
}

/// What gathers a content.
pub(crate) fn gather(room: Room) -> Box<dyn Receiver> {
    Box::new(Spool::new(Box::new(Gather), room))
}
