//! Who makes a response elsewhere, and is given the request's content meanwhile: a script, or another
//! server. Nothing here waits. What is not taken of the content is kept until it is, and
//! [`Backend::takes_content`] says so, so that no more is read from the client meanwhile; what is
//! made is read when it is asked for, so that a slow client slows it down.

mod script;

use std::fmt;
use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::fd::AsRawFd;
use std::rc::Rc;

use crate::connection::{Interests, UpstreamInterest};
use crate::exchange::{BackendHead, Refusal};
use crate::http::response::Fields;
use crate::site::{Level, Tries};
use crate::sys::poll::Readiness;

pub use crate::exchange::Input;
pub use script::{Event, Heard, RequestId};

impl Input {
    /// The same content once more, for another one. What comes as a stream comes once.
    pub(crate) fn again(&self) -> io::Result<Input> {
        Ok(match self {
            Input::Empty => Input::Empty,
            Input::Stream => return Err(io::ErrorKind::Unsupported.into()),
            Input::Bytes(bytes) => Input::Bytes(Rc::clone(bytes)),
            // A descriptor of its own would share the place that is read at.
            Input::File(file) => {
                Input::File(File::open(format!("/proc/self/fd/{}", file.as_raw_fd()))?)
            }
        })
    }
}

/// What a look at what is made has brought.
pub(crate) enum Received {
    /// Nothing is there now.
    Nothing,
    /// Something that is not for the client: a part of the head.
    Part,
    /// The head. [`Backend::take_front`] gives what has come of the content already.
    Head(Box<BackendHead>),
    /// So many bytes of content, at the front of the scratch memory.
    Content(usize),
    /// The same, and nothing follows.
    Last(usize),
    /// The end. `cut`: maybe before all was made.
    End {
        #[allow(missing_docs)]
        cut: bool,
    },
}

/// What has come of the content together with the head.
#[derive(Default)]
pub(crate) struct Front {
    /// The content's first bytes, where they were kept.
    pub(crate) content: Vec<u8>,
    /// The bytes behind those, where they stand in the scratch memory still.
    pub(crate) within: Range<usize>,
    /// Whether nothing follows.
    pub(crate) is_last: bool,
}

/// Writes a line to the request's error log.
pub(crate) type Report<'a> = &'a mut dyn FnMut(Level, fmt::Arguments<'_>);

/// The other side of a connection that has gone over to another protocol: bytes go both ways as they
/// are.
pub(crate) trait Tunnel {
    /// What has come already.
    fn take_front(&mut self) -> Vec<u8>;

    /// What to watch for.
    fn interest(&self, readiness: Readiness) -> UpstreamInterest;

    /// Reads into the front of `buffer`; 0 is the end.
    fn read(&self, buffer: &mut [u8]) -> io::Result<usize>;

    /// Writes from the front of `bytes`.
    fn write(&self, bytes: &[u8]) -> io::Result<usize>;

    /// Says that nothing more is written.
    fn close_write(&self);

    /// How long nothing may come from either side.
    fn timeout_ms(&self) -> u64;
}

/// Who makes a response.
pub(crate) trait Backend {
    /// Adds what is to be watched. `reads`: whether what is made is wanted now.
    fn watch(&self, reads: bool, interests: &mut Interests);

    /// How many bytes are held for a client that is slower before no more is read.
    fn most_held(&self) -> usize;

    /// How long the front of the response is held back for what follows at once.
    fn hold_ms(&self) -> u64;

    /// Whether a client that says that it sends no more is taken for gone.
    fn leaves_half_closed(&self) -> bool;

    /// Whether the end of the client is none of its business.
    fn outlives_client(&self) -> bool {
        false
    }

    /// Whether more content may be given to [`feed`](Self::feed): nothing of it waits.
    fn takes_content(&self) -> bool;

    /// Takes content. What cannot be passed on at once is kept.
    fn feed(&mut self, content: &[u8]);

    /// Takes note that all content was fed.
    fn end_content(&mut self);

    /// Passes on what waits.
    fn write(&mut self);

    /// Looks once at what is made. Content stands at the front of `scratch` then.
    fn read(&mut self, scratch: &mut [u8]) -> Result<Received, Refusal>;

    /// Takes what has come though no more of the response is wanted now. Whether the response comes to
    /// nothing, so that nobody need wait for what is held of it.
    fn heed(&mut self, _scratch: &mut [u8]) -> bool {
        false
    }

    /// Begins the content, after a head, and takes what is there of it already.
    fn take_front(&mut self) -> Front;

    /// What was said before the head: statuses from 102 to 199 and their fields (RFC 9110, 15.2).
    fn take_interim(&mut self) -> Vec<(u16, Fields)> {
        Vec::new()
    }

    /// The fields that follow the content, once that has ended, as far as they are passed on.
    fn trailers(&self) -> Fields {
        Fields::default()
    }

    /// Says what has gone wrong meanwhile.
    fn report(&mut self, scratch: &mut [u8], report: Report<'_>);

    /// How long the next step may take.
    fn timeout_ms(&self) -> u64;

    /// How long nothing more is read, so that it is not read too fast; `None`: it may be.
    fn paused_ms(&self) -> Option<u64> {
        None
    }

    /// It has taken longer. `None`: it goes on in another way.
    fn time_out(&mut self) -> Option<Refusal>;

    /// Whether nothing tells of more that is there.
    fn is_gone(&self) -> bool {
        false
    }

    /// How long it is to be waited for the news of how it has ended, where nothing else is missing.
    fn awaits_end_ms(&self) -> Option<u64> {
        None
    }

    /// What was made counts as whole: that news has not come in time.
    fn stop_awaiting_end(&mut self) {}

    /// Takes note that somebody else waits for it from now on: who the event loop knows by this token.
    fn move_to(&mut self, token: u64);

    /// Takes what has become of a script. The refusal is why there is no response of it.
    fn hear(&mut self, _: RequestId, _: &Event) -> Result<Heard, Refusal> {
        Ok(Heard::Other)
    }

    /// The two sides talk to each other from now on; `None`: nothing has led to that.
    fn take_tunnel(&mut self) -> Option<Box<dyn Tunnel>> {
        None
    }

    /// The request's content once more, and its length, where all of it was there before it was passed on.
    fn content_again(&self) -> Option<(Input, u64)> {
        None
    }

    /// Takes note that nothing more of it is wanted.
    fn end(&mut self) {}

    /// Tells which servers were asked.
    fn tell_tries(&mut self, _: &mut Tries) {}

    /// What is missing at its end, in words, where the content is shorter than its head says.
    fn cut_words(&self) -> &'static str;

    /// Lets it come to its end: the response is complete, or of it only the head was wanted.
    fn release(self: Box<Self>, scratch: &mut [u8], report: Report<'_>);

    /// Stops it.
    fn abandon(self: Box<Self>, scratch: &mut [u8], report: Report<'_>);
}
