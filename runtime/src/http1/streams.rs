//! A stream of a client that speaks HTTP/2 (RFC 9113, section 5): one exchange, whose request came with
//! the stream, and whose end is that of the stream.

use super::request::CONTINUE;
use super::states::Pending;
use super::{Connection, State};
use crate::compiled::Exchange;
use crate::connection::{Deadline, Next};
use crate::context::{Client, Context};
use crate::exchange::Refusal;
use crate::http::body::{BodyReader, Framing};
use crate::http::head::Unfinished;
use crate::http::response::Fields;
use crate::http2::mux::Stream;
use crate::site::Site;

/// A stream that has to wait.
pub struct Born {
    /// Its place.
    pub index: usize,
    #[allow(missing_docs)]
    pub connection: Connection,
    /// For how long it may wait.
    pub deadline: Deadline,
}

impl Connection {
    /// Streams that have begun and have to wait.
    pub fn take_born(&mut self) -> Vec<Born> {
        std::mem::take(&mut self.born)
    }

    /// A connection that stands for one of this one's streams.
    pub(super) fn on_stream(&self, client: Client) -> Connection {
        Connection {
            client,
            state: State::Closed,
            awaits_proxy: false,
            awaits_hello: false,
            shakes_hands: false,
            input: Vec::new(),
            unfinished: Unfinished::default(),
            head_began_ms: None,
            settings: self.settings,
            server: self.server,
            nodelay: true,
            born: Vec::new(),
        }
    }

    /// The stream that it stands for, if it does.
    pub fn stream(&self) -> Option<&Stream> {
        self.client.transport.stream()
    }

    /// Whether it stands for a stream.
    pub fn is_stream(&self) -> bool {
        self.stream().is_some()
    }

    /// Answers the request that has come with the stream.
    pub(super) fn begin_stream<S: Site>(
        &mut self,
        cx: &mut Context<S>,
        mut exchange: Box<Exchange>,
        refusal: Option<Refusal>,
    ) -> Next {
        exchange.persist = true;
        match refusal {
            Some(refusal) => self.refuse(cx, exchange, refusal),
            None => {
                let reply = exchange.respond(cx, &self.client);
                self.settings = exchange.settings().unwrap_or(self.settings);
                self.take_content(cx, exchange, reply, false);
            }
        }
        self.advance(cx, &[])
    }

    /// What reads the content of a request that is framed so.
    pub(super) fn reader<S: Site>(&self, framing: Framing) -> BodyReader {
        match S::HTTP2 && self.is_stream() && !framing.is_empty() {
            true => BodyReader::until_end(),
            false => BodyReader::new(framing),
        }
    }

    /// What is to be sent so that the content comes, which the client has `asked` for; on a stream, it
    /// is sent.
    pub(super) fn go_ahead<S: Site>(&self, asked: bool) -> &'static [u8] {
        match self.stream().filter(|_| S::HTTP2) {
            _ if !asked => b"",
            None => CONTINUE,
            Some(stream) => {
                stream.write_interim(100, &Fields::default());
                b""
            }
        }
    }

    /// Reads content, and goes on as far as that leads.
    pub(super) fn receive_from_stream<S: Site>(&mut self, cx: &mut Context<S>) -> Next {
        let mut scratch = std::mem::take(&mut cx.scratch);
        // What is here already comes first.
        let kept = self.input.len().min(scratch.len());
        let received = self.client.transport.read(&mut scratch[kept..]);
        let next = match received {
            Err(error) if !super::is_transient(&error) => {
                cx.scratch = scratch;
                return self.on_end(cx, true);
            }
            received => {
                let len = received.unwrap_or(0);
                scratch[..kept].copy_from_slice(&self.input[..kept]);
                self.input.drain(..kept);
                self.advance(cx, &scratch[..kept + len])
            }
        };
        cx.scratch = scratch;
        next
    }

    /// Tells whoever reads the content that no more comes, if that is so. Whether that was news.
    pub(super) fn end_stream_content(&mut self) -> bool {
        let reader = match &mut self.state {
            State::Content(pending) => {
                let Pending { reader, .. } = &mut **pending;
                reader
            }
            State::Relay(session) => session.reader(),
            _ => return false,
        };
        if reader.is_done() || !self.client.transport.stream().is_some_and(Stream::take_end) {
            return false;
        }
        reader.end();
        true
    }

    /// Whether the stream was reset, by either side. It is told once.
    pub(super) fn take_stream_reset(&self) -> bool {
        self.stream().is_some_and(Stream::take_reset)
    }

    /// Nobody wants the response any more.
    pub(super) fn on_stream_reset<S: Site>(&mut self, cx: &mut Context<S>) -> Next {
        match &mut self.state {
            State::Content(_) => self.on_end(cx, true),
            State::Waiting(_) if S::WAITS => self.on_waiting_client_end(cx, true),
            State::Relay(session) if S::RELAYS => match session.reader().is_done() {
                true => cx.with_scratch(|cx, scratch| self.lose_client(cx, scratch)),
                false => self.on_relay_client_end(cx, true),
            },
            State::Sending(_) => {
                if let State::Sending(sending) = std::mem::replace(&mut self.state, State::Closed) {
                    let mut sending = *sending;
                    self.log_sent(cx, sending.exchange.take(), sending.output.tally());
                }
                Next::Close
            }
            State::Tunnel(_) if !S::UPSTREAMS.is_empty() => self.end_tunnel(cx),
            // It is done to its end.
            State::Working(_) => Next::Wait(Deadline::In(super::STEP_MS)),
            _ => Next::Close,
        }
    }
}
