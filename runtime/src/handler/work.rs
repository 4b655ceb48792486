//! Requests that take longer to carry out than others should wait: a step at a time.

use std::fmt;

use super::{Outcome, Request};
use crate::files::Files;

/// Something that takes longer. It is carried out to its end even if the client is gone.
pub trait Work: fmt::Debug {
    /// Does some more, for as long as others may wait. Whether that was all.
    fn step(&mut self) -> bool;

    /// Makes the response, once all is done.
    fn finish(self: Box<Self>, request: &Request<'_>, files: &mut Files) -> Outcome;
}

/// Begins something that may take longer: mostly it does not.
pub(super) fn begin(mut work: Box<dyn Work>, request: &Request<'_>, files: &mut Files) -> Outcome {
    match work.step() {
        true => work.finish(request, files),
        false => Outcome::Work(work),
    }
}
