//! A request that is to be passed on.

use std::fmt;
use std::io;
use std::net::SocketAddr;

use super::balance::Choice;
use crate::backend::Input;
use crate::cache::Fill;
use crate::http::framed::Framing;
use crate::site::{Proxy, TlsPeerId, UpstreamId, Wire};

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

/// How a connection is secured, and who is to be at its other end.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Secure {
    pub(crate) peer: TlsPeerId,
    pub(crate) name: Box<str>,
}

/// A request that is to be passed on.
pub(crate) struct Call {
    /// The location's conf.
    pub(crate) proxy: &'static Proxy,
    /// Whom it goes to.
    pub(crate) upstream: UpstreamId,
    /// The request's head, coded as it goes.
    pub(crate) head: Vec<u8>,
    /// What is asked for, where the head does not tell it in text.
    pub(crate) target: Vec<u8>,
    /// Its content.
    pub(crate) input: Input,
    /// How that is framed.
    pub(crate) content: Content,
    /// What the peer is chosen by.
    pub(crate) choice: Choice,
    /// Whether the answer has no content, whatever it says: to HEAD.
    pub(crate) has_no_answer_content: bool,
    /// Whether it may be carried out twice.
    pub(crate) may_repeat: bool,
    /// The protocol that the client wants to go over to.
    pub(crate) upgrade: Option<Vec<u8>>,
    /// Whether the connection is for this request alone.
    pub(crate) closes: bool,
    /// How the connection is secured, if it is.
    pub(crate) secure: Option<Secure>,
    /// The address that the connection comes from, if the conf names one.
    pub(crate) local: Option<SocketAddr>,
    /// The key that memcached is asked for, as it is written there.
    pub(crate) key: Vec<u8>,
    /// How many bytes of the content are read in a second; 0: any number.
    pub(crate) rate: u64,
    /// The scheme of what is asked, where the head does not name that: other than HTTP.
    pub(crate) url: Option<&'static str>,
    /// What is to be kept of the answer.
    pub(crate) keep: Option<Box<Fill>>,
}

impl Call {
    /// Whether the request's content goes on as it comes.
    pub(crate) fn is_streamed(&self) -> bool {
        matches!(self.input, Input::Stream)
    }

    /// Gives it content that is there, of the length that its head says, in the place of a stream.
    pub(crate) fn set_input(&mut self, input: Input) {
        self.input = input;
    }

    /// How it goes on in frames, if it does.
    pub(super) fn framing(&self) -> Option<&'static Framing> {
        self.proxy.framing
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

/// An error as nginx tells it: its number and its words.
pub(super) struct Errno<'a>(pub(super) &'a io::Error);

impl fmt::Display for Errno<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.0.to_string();
        let words = text.split(" (os error").next().unwrap_or_default();
        match self.0.raw_os_error() {
            Some(errno) => write!(f, "{errno}: {words}"),
            None => f.write_str(words),
        }
    }
}
