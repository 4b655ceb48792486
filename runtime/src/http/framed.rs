//! A connection to another server on which a request and its answer go in frames, as a trait, so that a
//! site which asks nobody in frames has no code for them. No I/O: bytes in, bytes out.
//!
//! One request is under way at a time. What it holds is bounded: of an answer, no more than the window
//! that the other side was given; of what is to be sent, [`Framed::open_len`] says how much there is room
//! for.

use std::fmt;

/// How it is done.
pub struct Framing {
    /// Makes the beginning of a connection. Heads of answers may be no longer than this, in bytes.
    pub begin: fn(usize) -> Box<dyn Framed>,
    /// Codes the head of a request.
    pub code: fn(&RequestHead<'_>) -> Vec<u8>,
}

/// The head of a request.
pub struct RequestHead<'a> {
    /// The method.
    pub method: &'a [u8],
    /// Whether the connection is secured.
    pub is_secure: bool,
    /// The host that is asked for; empty: none.
    pub authority: &'a [u8],
    /// The path and the arguments.
    pub target: &'a [u8],
    /// The fields, each a line that ends in CRLF.
    pub lines: &'a [u8],
}

impl RequestHead<'_> {
    /// The fields: their names and their values.
    pub fn fields(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        let lines = self.lines.split(|&byte| byte == b'\n');
        lines.filter_map(|line| {
            let line = line.strip_suffix(b"\r")?;
            let colon = memchr::memchr(b':', line)?;
            Some((&line[..colon], line[colon + 1..].trim_ascii()))
        })
    }
}

/// Why nothing more can be read from the connection: the reason, for the error log.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Broken(pub &'static str);

/// The head of an answer, or of what is said before it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FramedHead {
    /// The status, 100 and above.
    pub status: u16,
    /// Its fields, each a line that ends in CRLF.
    pub lines: Vec<u8>,
}

/// How a request has come to nothing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Failed {
    /// What is wrong, for the error log.
    pub reason: String,
    /// Whether the other side has said that it has done nothing for it.
    pub is_refused: bool,
}

/// The end of a connection that asks.
pub trait Framed: fmt::Debug {
    /// Begins a request by its coded head. `ends`: no content follows.
    fn begin(&mut self, head: &[u8], ends: bool);

    /// Takes what has come.
    fn receive(&mut self, bytes: &[u8]) -> Result<(), Broken>;

    /// Whether so much waits to be sent that nothing more is to be received.
    fn is_full(&self) -> bool;

    /// The next head that has come and was not taken.
    fn take_head(&mut self) -> Option<FramedHead>;

    /// Takes content of the answer to the front of `buffer`. Returns its length.
    fn read(&mut self, buffer: &mut [u8]) -> usize;

    /// Whether all of the answer was taken, and it is whole.
    fn is_read(&self) -> bool;

    /// Whether there is something to be taken.
    fn has_news(&self) -> bool;

    /// The fields behind the content, as lines.
    fn take_trailers(&mut self) -> Vec<u8>;

    /// How the request has come to nothing, if it has.
    fn failed(&self) -> Option<Failed>;

    /// How much content can be written now.
    fn open_len(&self) -> usize;

    /// Writes content, of no more than [`open_len`](Self::open_len); `ends`: the last of it.
    fn write(&mut self, content: &[u8], ends: bool);

    /// Whether the end of the request is written.
    fn is_written(&self) -> bool;

    /// What is to be sent.
    fn output(&self) -> &[u8];

    /// Takes note that so much of it was sent.
    fn sent(&mut self, len: usize);

    /// Gives up what is under way, if anything is.
    fn cancel(&mut self);

    /// Whether another request may begin.
    fn may_begin(&self) -> bool;
}
