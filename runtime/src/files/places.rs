//! Places for what takes longer than others should wait: so much of it is carried out at once.

use std::cell::Cell;
use std::rc::Rc;

/// What one worker carries out at once of what takes longer; the rest waits for its turn.
pub const MAX_WORKS: usize = 4;

/// The places for what is carried out at once.
#[derive(Clone, Default)]
pub struct Places(Rc<Cell<usize>>);

/// One of them, or the wish for one.
#[derive(Debug)]
pub(crate) struct Place {
    all: Rc<Cell<usize>>,
    taken: bool,
}

impl Places {
    /// The wish for one of them.
    pub(crate) fn wish(&self) -> Place {
        Place { all: self.0.clone(), taken: false }
    }
}

impl Place {
    /// Takes a place, if there is one or it is taken already.
    pub(crate) fn take(&mut self) -> bool {
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
