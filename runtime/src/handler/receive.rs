//! Requests whose content is taken before they are answered.

use std::fmt;

use super::{Outcome, Request};
use crate::exchange::Refusal;
use crate::files::Files;

/// Takes a request's content as it comes, and makes the response at its end. One that is
/// dropped before its end leaves nothing behind.
pub trait Receiver: fmt::Debug {
    /// Takes a run of content, of any length. After an error the rest is not wanted, and the
    /// receiver is to be dropped.
    fn receive(&mut self, data: &[u8]) -> Result<(), Refusal>;

    /// Memory that content may be read into, which [`filled`](Self::filled) tells of then: it need not
    /// be copied there. `None`: it is to be handed over.
    fn room(&mut self) -> Option<&mut [u8]> {
        None
    }

    /// So much was read there.
    fn filled(&mut self, _: usize) {}

    /// All that has come, where that is in memory and not empty.
    fn in_memory(&self) -> Option<&[u8]> {
        None
    }

    /// All content has come. Not called where the content broke off or was refused.
    fn finish(self: Box<Self>, request: &Request<'_>, files: &mut Files) -> Outcome;
}

/// A response below 300 that a handler has made: no `error_page` stands for it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Response {
    /// 200, 201, 204, 304.
    pub status: u16,
    /// The value of a Location field, ready to be sent: a path, before which the conf may want
    /// the origin.
    pub location: Option<Vec<u8>>,
    /// The media type; empty: no Content-Type.
    pub content_type: &'static [u8],
    /// The content.
    pub content: Vec<u8>,
    /// When it was last modified, in seconds since 1970, if that is said.
    pub modified_s: Option<i64>,
}
