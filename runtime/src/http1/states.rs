//! What the states of a connection hold. What leads from one to the next stands with the requests, the
//! responses and the rest.

use crate::compiled::Exchange;
use crate::connection::Pace;
use crate::handler::{Receiver, Work};
use crate::http::body::BodyReader;
use crate::output::Output;
use crate::serving::{Parts, Reply, Wait};

use super::session::Session;

/// A request whose content is read before the response is sent.
pub(super) struct Pending {
    pub(super) exchange: Box<Exchange>,
    pub(super) reader: BodyReader,
    pub(super) sink: Sink,
    pub(super) pace: Pace,
}

/// What becomes of a request's content.
pub(super) enum Sink {
    /// It is thrown away: its framing may still prove wrong. This is the response.
    Discard(Reply),
    /// A handler takes it, and makes the response.
    Receive(Box<dyn Receiver>),
}

/// A request that waits.
pub(super) struct Waiting {
    pub(super) exchange: Box<Exchange>,
    pub(super) wait: Wait,
    pub(super) left: Left,
    /// Whether the client has said that it sends no more. It may still read.
    pub(super) client_ended: bool,
}

/// What is still to come of a request's content.
pub(super) enum Left {
    /// All of it: nobody has decided what becomes of it.
    All,
    /// The rest, or further requests where that is done.
    Of(Option<BodyReader>),
}

impl Waiting {
    /// Whether the client is read, so that its end is seen: as long as it has sent nothing.
    pub(super) fn listens(&self, input: &[u8]) -> bool {
        input.is_empty() && !self.client_ended
    }

    /// How long the wait lasts at most.
    pub(super) fn left_ms(&self, now_ms: u64) -> u64 {
        match self.wait.is_over(now_ms) {
            true => 0,
            false => self.wait.until_ms - now_ms,
        }
    }
}

/// A response under way.
pub(super) struct Sending {
    pub(super) output: Output,
    /// The exchange, to be logged at the end. `None`: logged already.
    pub(super) exchange: Option<Box<Exchange>>,
    pub(super) after: After,
    pub(super) pace: Pace,
    /// Whether the client has said that it sends no more. It may still read.
    pub(super) client_ended: bool,
    /// The requests within it whose answers go into the response.
    pub(super) parts: Parts,
    /// What the client had taken at the last look, whether something waited for it then, and since when
    /// that is so.
    moved: (u64, bool, u64),
}

impl Sending {
    pub(super) fn new(output: Output, exchange: Option<Box<Exchange>>, after: After) -> Sending {
        Sending {
            output,
            exchange,
            after,
            pace: Pace::default(),
            client_ended: false,
            parts: Parts::default(),
            moved: (0, false, 0),
        }
    }

    /// Since when nothing has moved: neither has the client taken anything, nor has something come that it
    /// could take.
    pub(super) fn still_since_ms(&mut self, now_ms: u64) -> u64 {
        let (taken_len, waits) = (self.output.taken_len(), self.output.buffered_len() > 0);
        let (before_len, waited, since_ms) = self.moved;
        if (taken_len, waits) != (before_len, waited) || since_ms == 0 {
            self.moved = (taken_len, waits, now_ms);
        }
        self.moved.2
    }

    /// Nobody waits for the client: time does not run.
    pub(super) fn stop_clock(&mut self) {
        self.moved.2 = 0;
    }
}

/// A request that takes longer than others should wait.
pub(super) struct Working {
    pub(super) exchange: Box<Exchange>,
    pub(super) work: Box<dyn Work>,
    /// What is still to come of its content.
    pub(super) content: Option<BodyReader>,
}

/// What follows a response.
pub(super) enum After {
    /// The next request.
    Head,
    /// The content of a request whose response is held back.
    Content(Box<Pending>),
    /// What takes longer, and then the response.
    Work(Box<Working>),
    /// What is waited for, and then the response.
    Waiting(Box<Waiting>),
    /// The response of a script.
    Relay(Box<Session>),
    /// The content of this one, then the next.
    Drain(BodyReader),
    /// The end; with a lingering read if something may still come.
    Close { linger: bool },
    /// The end of a response that is not whole, or of none.
    Break,
}
