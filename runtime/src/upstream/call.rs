//! A request that is to be passed on.

use std::fmt;

use super::balance::Choice;
use crate::backend::Input;
use crate::site::{Proxy, UpstreamId, Wire};

/// How the content that is passed on is framed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Content {
    /// There is none.
    None,
    /// It has a length.
    Length(u64),
    /// It comes in chunks, and goes on in chunks of our own.
    Chunked,
}

/// A request that is to be passed on.
pub(crate) struct Call {
    /// The location's conf.
    pub(super) proxy: &'static Proxy,
    /// Whom it goes to.
    pub(super) upstream: UpstreamId,
    /// The request's head.
    pub(super) head: Vec<u8>,
    /// Its content.
    pub(super) input: Input,
    /// How that is framed.
    pub(super) content: Content,
    /// What the peer is chosen by.
    pub(super) choice: Choice,
    /// Whether the answer has no content, whatever it says: to HEAD.
    pub(super) has_no_answer_content: bool,
    /// Whether it may be carried out twice.
    pub(super) may_repeat: bool,
    /// The protocol that the client wants to go over to.
    pub(super) upgrade: Option<Vec<u8>>,
    /// Whether the connection is for this request alone.
    pub(super) closes: bool,
    /// The scheme of what is asked, where the head does not name that: other than HTTP.
    pub(super) url: Option<&'static str>,
}

impl Call {
    /// Whether the request's content goes on as it comes.
    pub(crate) fn is_streamed(&self) -> bool {
        matches!(self.input, Input::Stream)
    }

    /// Whether it goes on in FastCGI's records.
    pub(super) fn is_fastcgi(&self) -> bool {
        matches!(self.proxy.wire, Wire::Fastcgi(_))
    }
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("head", &format_args!("{}", self.head.escape_ascii()))
            .finish_non_exhaustive()
    }
}
