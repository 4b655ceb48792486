//! Contents with others in them: what requests within a request answer goes into the content of its
//! response, at its place. Nothing is made faster than the client takes it, and of what is asked ahead
//! there is a bound.

// Only SSI weaves.
#[cfg_attr(not(feature = "ssi"), allow(dead_code))]
mod loom;
mod node;

use std::fmt;
use std::io;

use super::Source;
use crate::output::{Attendant, Part, Produce, Produced};
use crate::site::{Around, Ssi};

pub(crate) use loom::BeginWeave;
#[cfg(feature = "ssi")]
pub(crate) use loom::Wanted;
use loom::Woven;
pub use loom::{Loom, Weave};
pub(crate) use loom::{MOST_AHEAD, MOST_WOVEN_LEN};
use node::Node;

/// A content with others in it, while it is sent.
pub(crate) struct Composed {
    node: Node,
    woven: Woven,
    /// What is to be taken next.
    ready: Vec<u8>,
    /// Whether nothing follows that.
    is_over: bool,
    error: Option<io::Error>,
}

impl Composed {
    /// What the client's request has been answered, with others around it and in it.
    /// `commands` are those in it, and `begin` takes it apart, in a site where any content is.
    pub(crate) fn new(
        source: Source,
        around: Around,
        commands: Option<&'static Ssi>,
        begin: Option<BeginWeave>,
    ) -> Composed {
        let (woven, ready) = (Woven::new(begin), Vec::new());
        let node = Node::new(Part::OWN, source, around, woven.weave(commands));
        Composed { node, woven, ready, is_over: false, error: None }
    }
}

impl Produce for Composed {
    fn produce(&mut self, out: &mut Vec<u8>, room: usize) -> io::Result<Produced> {
        let len = self.ready.len().min(room);
        out.extend(self.ready.drain(..len));
        if !self.ready.is_empty() {
            return Ok(Produced::More);
        }
        match self.error.take() {
            Some(error) => Err(error),
            None if self.is_over => Ok(Produced::End),
            None if len > 0 => Ok(Produced::More),
            None => Ok(Produced::Waits),
        }
    }

    fn attend(&mut self, attendant: &mut dyn Attendant) -> bool {
        self.woven.begin();
        match self.node.fill(attendant, &mut self.woven, &mut self.ready) {
            Ok(Produced::End) => self.is_over = true,
            Ok(Produced::More) => {}
            Ok(Produced::Waits) => return !self.ready.is_empty(),
            Err(error) => self.error = Some(error),
        }
        true
    }
}

impl fmt::Debug for Composed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Composed").field("is_over", &self.is_over).finish_non_exhaustive()
    }
}
