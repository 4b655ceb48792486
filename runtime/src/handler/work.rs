//! Requests that take longer to carry out than others should wait: a step at a time.

use std::cell::Cell;
use std::fmt;
use std::rc::Rc;

use super::{Outcome, Request};
use crate::files::Files;

/// What one worker carries out at once of what takes longer; the rest waits for its turn.
pub const MAX_WORKS: usize = 4;

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

/// The places for what is carried out at once.
#[derive(Clone, Default)]
pub struct Places(Rc<Cell<usize>>);

/// One of them, or the wish for one.
#[derive(Debug)]
pub(super) struct Place {
    all: Rc<Cell<usize>>,
    taken: bool,
}

impl Places {
    pub(super) fn wish(&self) -> Place {
        Place { all: self.0.clone(), taken: false }
    }
}

impl Place {
    /// Takes a place, if there is one or it is taken already.
    pub(super) fn take(&mut self) -> bool {
        if !self.taken && self.all.get() < MAX_WORKS {
            self.all.set(self.all.get() + 1);
            self.taken = true;
        }
        self.taken
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if self.taken {
            self.all.set(self.all.get() - 1);
        }
    }
}
