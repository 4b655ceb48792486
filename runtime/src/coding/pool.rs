//! The encoders of one worker: how many there are at once, and those that wait for the next content.

use std::cell::{Cell, RefCell};
use std::io;
use std::rc::Rc;

use crate::exchange::world::Recoding;
use crate::site::{Begin, Effort, Encode};

/// The most contents that one worker compresses at once. What comes beyond is sent as it is.
pub const MAX_ENCODERS: usize = 64;
/// Encoders that are kept for reuse.
const MAX_SPARE: usize = 2;

/// The encoders of one worker.
#[derive(Clone, Debug, Default)]
pub(crate) struct Encoders(Rc<Pool>);

#[derive(Debug, Default)]
struct Pool {
    in_use: Cell<usize>,
    spare: RefCell<Vec<(Kind, Box<dyn Encode>)>>,
}

/// What makes one encoder as good as another.
type Kind = (Recoding, Effort);

/// An encoder in use; it goes back to where it came from.
#[derive(Debug)]
pub(crate) struct Encoder {
    encode: Option<Box<dyn Encode>>,
    kind: Kind,
    pool: Rc<Pool>,
}

impl Encoders {
    /// An encoder for a content of this length, in bytes, where it is known; `None` if so many are
    /// in use that there is none. For a content that is compressed `at_once` there always is one.
    pub(crate) fn take(
        &self,
        recoding: Recoding,
        begin: Begin,
        effort: Effort,
        (len, at_once): (Option<u64>, bool),
    ) -> io::Result<Option<Encoder>> {
        let pool = &self.0;
        if pool.in_use.get() >= MAX_ENCODERS && !at_once {
            return Ok(None);
        }
        let kind = (recoding, effort);
        let mut spare = pool.spare.borrow_mut();
        let found = spare.iter().position(|(other, _)| *other == kind);
        let encode = match found {
            Some(index) => spare.swap_remove(index).1,
            None => begin(effort, len)?,
        };
        pool.in_use.set(pool.in_use.get() + 1);
        Ok(Some(Encoder { encode: Some(encode), kind, pool: pool.clone() }))
    }
}

impl Encoder {
    /// The encoder itself.
    pub(crate) fn get(&mut self) -> &mut dyn Encode {
        &mut **self.encode.as_mut().expect("it is there until it is dropped")
    }
}

impl Drop for Encoder {
    fn drop(&mut self) {
        self.pool.in_use.set(self.pool.in_use.get() - 1);
        let mut spare = self.pool.spare.borrow_mut();
        if let Some(mut encode) = self.encode.take()
            && spare.len() < MAX_SPARE
            && encode.reset()
        {
            spare.push((self.kind, encode));
        }
    }
}
