//! Contents that others go into: what makes such a one asks, while it is sent, for what only who serves
//! the request can do.

use std::fmt;

use super::Body;
use crate::http::slice::Slice;
use crate::site::Level;

/// A request within the client's, by number; [`Part::OWN`] is the client's own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Part(pub(crate) u32);

impl Part {
    /// The client's own request.
    pub const OWN: Part = Part(0);
}

/// What has become of a request within the client's.
#[derive(Debug)]
pub enum Answered {
    /// It is waited for.
    Waits,
    /// There is no answer, or it was closed.
    Lost,
    /// This is its content. `has_failed`: it is a page of the server's own that tells of an error.
    Content {
        #[allow(missing_docs)]
        body: Body,
        #[allow(missing_docs)]
        has_failed: bool,
    },
}

/// Who serves the request of a content that others go into.
// Only SSI asks for all of it.
#[cfg_attr(not(feature = "ssi"), allow(dead_code))]
pub trait Attendant {
    /// Asks for a URI within a request. `None`: there are too many, or they stand too deep.
    fn ask(&mut self, of: Part, uri: Vec<u8>) -> Option<Part>;

    /// Asks for a part of the client's content.
    fn ask_slice(&mut self, slice: Slice) -> Part;

    /// Takes the answer, once it is there. What it shares with the request that it stands within goes
    /// back to that.
    fn take(&mut self, part: Part, of: Part) -> Answered;

    /// Forgets a request within the client's.
    fn forget(&mut self, part: Part);

    /// Appends the value of a variable that has this name in lower case, if there is one and it has one.
    fn variable(&mut self, of: Part, name: &[u8], out: &mut Vec<u8>) -> bool;

    /// Appends the time in a form of `strftime`.
    fn write_time(&self, is_utc: bool, format: &[u8], out: &mut Vec<u8>);

    /// The path of a request.
    fn path(&self, of: Part) -> Vec<u8>;

    /// What the location of a request says of commands in its content, if they are carried out.
    fn commands(&self, of: Part) -> Option<&'static crate::site::Ssi>;

    /// Writes a line to the error log.
    fn report(&mut self, of: Part, level: Level, text: fmt::Arguments<'_>);
}
