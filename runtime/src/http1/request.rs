//! Requests: heads, and what becomes of their content.

use std::io;

use crate::compiled::Exchange;
use crate::connection::Pace;
use crate::context::Context;
use crate::exchange::Refusal;
use crate::http::body::{BodyReader, Framing};
use crate::http::head::{Limits, Unfinished, skip_empty_lines};
use crate::serving::{Later, Reply};
use crate::site::{Server, Site};
use crate::transport::Transport;

use super::states::{After, Left, Pending, Sink};
use super::{Connection, State, Step};

/// What a client gets when it should send the content that it has announced.
pub(super) const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

impl Connection {
    /// Reads a head, and makes the response to it.
    pub(super) fn advance_head<S: Site>(&mut self, cx: &mut Context<S>, data: &mut &[u8]) -> Step {
        *data = skip_empty_lines(data);
        if data.is_empty() {
            return Step::More;
        }
        let mut exchange = cx.take_exchange();
        let len = match exchange.head.parse(data, &limits(self.server)) {
            Ok(Some(len)) => len,
            Ok(None) => {
                cx.return_exchange(exchange);
                self.unfinished = Unfinished::new(data);
                return Step::More;
            }
            Err(error) => {
                self.count_request(cx);
                let refusal = Refusal::of_client(error.status, error.reason);
                self.refuse(cx, exchange, refusal);
                *data = &[];
                return Step::Again;
            }
        };
        *data = &data[len..];
        self.count_request(cx);
        exchange.persist = exchange.head.persist;
        exchange.started_ms = self.head_began_ms.take().unwrap_or(cx.now.monotonic_ms);
        exchange.pipelined = cx.output.buffered_len() > 0;
        let reply = exchange.respond(cx, &self.client);
        self.settings = exchange.settings().unwrap_or(self.settings);
        self.take_content(cx, exchange, reply, !data.is_empty());
        Step::Again
    }

    pub(super) fn count_request<S: Site>(&mut self, cx: &mut Context<S>) {
        self.client.requests += 1;
        cx.turn.count_request();
        if S::COUNTS {
            cx.counts.request();
        }
    }

    /// Decides what becomes of a request's content, and answers at once if that does not depend
    /// on it. `begun`: some of it has come, or of the next request.
    pub(super) fn take_content<S: Site>(
        &mut self,
        cx: &mut Context<S>,
        mut exchange: Box<Exchange>,
        reply: Reply,
        begun: bool,
    ) {
        let framing = exchange.head.framing;
        let reader = self.reader::<S>(framing);
        // The client waits to be asked for the content.
        let asks = exchange.head.expect_continue && !begun;
        let sink = match reply {
            Reply::Later(Later::Receive(receiver)) if reader.is_done() => {
                let reply = exchange.received(cx, &self.client, receiver);
                return self.answer(cx, exchange, reply, begun.then_some(reader));
            }
            Reply::Later(Later::Receive(receiver)) => Sink::Receive(receiver),
            Reply::Later(Later::Script(call)) if S::RELAYS => {
                let preface = self.go_ahead::<S>(asks);
                return self.start_script(cx, exchange, *call, reader, preface);
            }
            Reply::Later(Later::Proxy(call)) if !S::UPSTREAMS.is_empty() => {
                let preface = self.go_ahead::<S>(asks && call.is_streamed());
                return self.start_proxying(cx, exchange, *call, reader, preface);
            }
            Reply::Later(Later::Wait(wait)) if S::WAITS => {
                return self.begin_to_wait(cx, exchange, wait, Left::All);
            }
            reply if reader.is_done() => {
                return self.queue(cx, exchange, reply, begun.then_some(reader));
            }
            reply if asks && exchange.status >= 300 => {
                exchange.persist = false;
                return self.queue(cx, exchange, reply, Some(reader));
            }
            reply if !asks && !self.is_read_first(framing) => {
                return self.queue(cx, exchange, reply, Some(reader));
            }
            reply => Sink::Discard(reply),
        };
        let preface = self.go_ahead::<S>(asks);
        cx.output.buffer().extend_from_slice(preface);
        let pending = Pending { exchange, reader, sink, pace: Pace::default() };
        // Responses to earlier requests come first.
        self.send(cx, None, After::Content(Box::new(pending)));
    }

    /// Whether content that nobody wants is read before the answer, since it may yet prove that there is
    /// no request: by its framing, or, of a stream, by its length (RFC 9113, 8.1.1), if it is not long.
    fn is_read_first(&self, framing: Framing) -> bool {
        match framing {
            Framing::Chunked => !self.is_stream(),
            Framing::Length(len) => {
                self.is_stream() && len <= u64::from(self.server.http2_body_preread_len)
            }
        }
    }

    /// Reads the content of a request that is answered when it is read.
    pub(super) fn advance_content<S: Site>(
        &mut self,
        cx: &mut Context<S>,
        data: &mut &[u8],
    ) -> Step {
        let State::Content(mut pending) = std::mem::replace(&mut self.state, State::Closed) else {
            return Step::Again;
        };
        let max_len = self.settings.client_max_body_size;
        loop {
            if let Err(refusal) = pending.read(data, max_len) {
                self.refuse(cx, pending.exchange, refusal);
                *data = &[];
                return Step::Again;
            }
            if pending.reader.is_done() {
                let Pending { mut exchange, sink, reader, .. } = *pending;
                let reply = match sink {
                    Sink::Discard(reply) => reply,
                    Sink::Receive(receiver) => exchange.received(cx, &self.client, receiver),
                };
                self.answer(cx, exchange, reply, (!data.is_empty()).then_some(reader));
                return Step::Again;
            }
            if data.is_empty() {
                self.state = State::Content(pending);
                return Step::More;
            }
        }
    }

    /// Throws content away that comes behind its response.
    pub(super) fn advance_draining(&mut self, data: &mut &[u8]) -> Step {
        let State::Draining { reader, .. } = &mut self.state else { return Step::Again };
        while !data.is_empty() && !reader.is_done() {
            match reader.read(data) {
                Ok(piece) => *data = &data[piece.used..],
                Err(_) => {
                    self.state = State::Closed;
                    return Step::Again;
                }
            }
        }
        if !reader.is_done() {
            return Step::More;
        }
        self.state = State::Head;
        Step::Again
    }

    /// Answers what cannot be read, or not to its end; the connection is closed behind that.
    pub(super) fn refuse<S: Site>(
        &mut self,
        cx: &mut Context<S>,
        mut exchange: Box<Exchange>,
        refusal: Refusal,
    ) {
        let reply = exchange.refuse(cx, &self.client, &refusal);
        self.settings = exchange.settings().unwrap_or(self.settings);
        // What has come, or may still come, is not looked at.
        self.answer(cx, exchange, reply, Some(BodyReader::new(Framing::Chunked)));
    }
}

impl Pending {
    /// Reads content into memory of who takes it, where that is possible.
    pub(super) fn receive(
        &mut self,
        transport: &mut Transport,
        max_len: u64,
    ) -> Option<io::Result<usize>> {
        let left = self.reader.left_len()?;
        if left > max_len.saturating_sub(self.exchange.content_len) {
            return None;
        }
        let left = usize::try_from(left).unwrap_or(usize::MAX);
        let Sink::Receive(receiver) = &mut self.sink else { return None };
        let room = receiver.room()?;
        let most = room.len().min(left);
        let received = transport.read(&mut room[..most]);
        if let Ok(len) = received {
            receiver.filled(len);
            self.reader.skip(len as u64);
            self.exchange.content_len += len as u64;
        }
        Some(received)
    }

    /// Reads one run of content from the front of `data`.
    fn read(&mut self, data: &mut &[u8], max_len: u64) -> Result<(), Refusal> {
        let piece = self.reader.read(data);
        let piece = piece.map_err(|error| Refusal::of_client(400, error.0))?;
        *data = &data[piece.used..];
        self.exchange.content_len += piece.data.len() as u64;
        if self.exchange.content_len > max_len {
            return Err(Refusal::of_client(413, "client sent too large body"));
        }
        match &mut self.sink {
            Sink::Receive(receiver) if !piece.data.is_empty() => receiver.receive(piece.data),
            _ => Ok(()),
        }
    }
}

/// What becomes of a client that is silent for too long within a request.
pub(super) fn timed_out() -> Refusal {
    Refusal::of_client(408, "client timed out")
}

/// What becomes of a client that sends less than it has to.
pub(super) fn too_slow() -> Refusal {
    Refusal::of_client(408, "client sends too slowly")
}

/// What heads may be like on a connection to this server.
#[inline]
pub fn limits(server: &Server) -> Limits {
    let (count, line_len) = server.large_client_header_buffers;
    Limits {
        // A line may also stand in the first buffer, as in nginx.
        line_len: line_len.max(server.client_header_buffer_len),
        head_len: server.client_header_buffer_len + count * line_len,
        max_fields: server.max_headers as usize,
        ignore_invalid_fields: server.ignore_invalid_headers,
        underscores: server.underscores_in_headers,
        merge_slashes: server.merge_slashes,
    }
}
