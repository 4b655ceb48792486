//! A client whose response is made elsewhere: content goes there and the response comes back, both
//! only as fast as the other end takes them, but for what is held in between.

mod answer;

use std::io;

use crate::backend::{Backend, Event, Heard, Input, Received, RequestId};
use crate::cgi::{self, not_started};
use crate::compiled::Exchange;
use crate::connection::{Deadline, Next, Pace, Source};
use crate::context::Context;
use crate::exchange::Refusal;
use crate::http::body::BodyReader;
use crate::output::{Copying, Output};
use crate::site::Site;
use crate::upstream;

use super::framing::ContentWriter;
use super::request::timed_out;
use super::session::{Ending, Session};
use super::states::After;
use super::{Connection, State, Step};

/// The most that is read of one response before others have their turn.
const TURN_LEN: usize = 256 * 1024;
impl Connection {
    /// Has a script started for a request whose content, as far as it is the script's, `reader`
    /// reads. `preface` is sent before the response.
    pub(super) fn start_script<S: Site>(
        &mut self,
        cx: &mut Context<S>,
        mut exchange: Box<Exchange>,
        call: cgi::Call,
        reader: BodyReader,
        preface: &[u8],
    ) {
        let streamed = matches!(call.input, Input::Stream);
        let started = match &cx.spawner {
            Some(spawner) => cgi::Running::start(spawner, cx.token, call),
            None => Err(io::ErrorKind::BrokenPipe.into()),
        };
        let running = match started {
            Ok(running) => running,
            Err(error) => {
                let reply = exchange.fail_backend(cx, &self.client, &not_started(&error));
                let content = (!reader.is_done()).then_some(reader);
                return self.answer(cx, exchange, reply, content);
            }
        };
        self.begin_relay(cx, exchange, Box::new(running), (reader, streamed), preface);
    }

    /// Has another server asked for the response to a request, likewise.
    pub(super) fn start_proxying<S: Site>(
        &mut self,
        cx: &mut Context<S>,
        mut exchange: Box<Exchange>,
        call: upstream::Call,
        reader: BodyReader,
        preface: &[u8],
    ) {
        let streamed = call.is_streamed();
        exchange.tries.begin();
        let backend = cx.ask_upstream(call);
        self.begin_relay(cx, exchange, backend, (reader, streamed), preface);
    }

    /// Lets a backend make the response. Where content is `streamed`, `reader` reads it for that.
    fn begin_relay<S: Site>(
        &mut self,
        cx: &mut Context<S>,
        exchange: Box<Exchange>,
        backend: Box<dyn Backend>,
        (reader, streamed): (BodyReader, bool),
        preface: &[u8],
    ) {
        let mut output = Output::default();
        output.buffer().extend_from_slice(preface);
        let session = Session {
            exchange,
            backend,
            reader,
            input_ended: !streamed,
            output,
            writer: None,
            part: None,
            held_until_ms: None,
            client_ended: false,
            discards: false,
            persistence: None,
            pace: Pace::default(),
        };
        // Responses to earlier requests come first.
        self.send(cx, None, After::Relay(Box::new(session)));
    }

    /// One of its descriptors is ready.
    pub(super) fn on_backend_ready<S: Site>(
        &mut self,
        cx: &mut Context<S>,
        source: Source,
    ) -> Next {
        let State::Relay(session) = &mut self.state else { return Next::Close };
        match source {
            Source::Client if session.is_blocked() => self.on_relay_client(cx),
            Source::Client => self.receive(cx),
            Source::ScriptInput => {
                session.backend.write();
                self.resume(cx)
            }
            Source::ScriptOutput => self.on_backend_output(cx),
            Source::ScriptErrors => {
                self.report_backend(cx);
                Next::Wait(Deadline::Keep)
            }
            Source::Upstream => {
                session.backend.write();
                let wants = session.reads_backend();
                let is_over = !wants && cx.with_scratch(|_, scratch| session.backend.heed(scratch));
                if is_over {
                    // The client, who takes nothing now, hears of it at once.
                    session.output.clear();
                }
                match wants || is_over {
                    true => self.on_backend_output(cx),
                    false => self.resume(cx),
                }
            }
        }
    }

    /// Gives the backend content, as far as it takes it.
    pub(super) fn advance_relay<S: Site>(&mut self, cx: &mut Context<S>, data: &mut &[u8]) -> Step {
        let most = self.settings.client_max_body_size;
        let State::Relay(session) = &mut self.state else { return Step::Again };
        while session.wants_content() && !data.is_empty() {
            let piece = session.reader.read(data);
            let piece = piece.map_err(|error| Refusal::of_client(400, error.0));
            let piece = piece.and_then(|piece| {
                session.exchange.content_len += piece.data.len() as u64;
                match session.exchange.content_len > most {
                    true => Err(Refusal::of_client(413, "client sent too large body")),
                    false => Ok(piece),
                }
            });
            match piece {
                Ok(piece) => {
                    *data = &data[piece.used..];
                    session.backend.feed(piece.data);
                }
                Err(refusal) => {
                    // What follows is no request.
                    *data = &[];
                    session.exchange.rest_unwanted = true;
                    cx.with_scratch(|cx, scratch| self.fail_relay(cx, &refusal, scratch));
                    return Step::Again;
                }
            }
        }
        if session.reader.is_done() && !session.input_ended {
            session.input_ended = true;
            session.backend.end_content();
        }
        Step::More
    }

    /// The client takes more of the output.
    fn on_relay_client<S: Site>(&mut self, cx: &mut Context<S>) -> Next {
        let State::Relay(session) = &mut self.state else { return Next::Close };
        let (transport, copying) = (&mut self.client.transport, Copying::of(self.settings));
        match session.output.send(transport, copying, &mut cx.turn) {
            Ok(_) if session.reads_backend() && session.backend.is_gone() => {
                self.on_backend_output(cx)
            }
            Ok(_) => self.wait(cx),
            Err(_) => cx.with_scratch(|cx, scratch| self.lose_client(cx, scratch)),
        }
    }

    /// Writes to the error log what has gone wrong.
    fn report_backend<S: Site>(&mut self, cx: &mut Context<S>) {
        let State::Relay(session) = &mut self.state else { return };
        let Session { exchange, backend, .. } = &mut **session;
        cx.with_scratch(|cx, scratch| {
            backend.report(scratch, &mut |level, text| {
                exchange.report(cx, &self.client, level, text);
            });
        });
    }

    /// More of the response has been made, or that has ended.
    fn on_backend_output<S: Site>(&mut self, cx: &mut Context<S>) -> Next {
        let mut turn_left = TURN_LEN;
        cx.with_scratch(|cx, scratch| {
            while (turn_left > 0 || self.backend_is_gone()) && self.read_backend(cx, scratch) {
                turn_left = turn_left.saturating_sub(scratch.len());
            }
        });
        self.resume(cx)
    }

    /// Whether nothing will tell that more output has come.
    fn backend_is_gone(&self) -> bool {
        matches!(&self.state, State::Relay(session) if session.backend.is_gone())
    }

    /// Looks at the output once. Whether to look again.
    fn read_backend<S: Site>(&mut self, cx: &mut Context<S>, scratch: &mut [u8]) -> bool {
        let State::Relay(session) = &mut self.state else { return false };
        let transport = &mut self.client.transport;
        let most = session.writer.as_ref().map_or(usize::MAX, ContentWriter::piece_len);
        let most = most.min(scratch.len());
        match session.backend.read(&mut scratch[..most]) {
            Ok(Received::Nothing) if session.held_until_ms.is_none() => {
                session.flush();
                if session.is_blocked() {
                    self.send_relayed(cx, scratch);
                }
                false
            }
            Ok(Received::Nothing) => false,
            Ok(Received::Part) => {
                self.pass_interim(cx);
                true
            }
            Ok(Received::Head(head)) => {
                self.pass_interim(cx);
                self.begin_relayed(cx, *head, scratch)
            }
            Ok(Received::Content(len))
                if session.frame(&scratch[..len], transport, &mut cx.turn) =>
            {
                let ending = session.end_content(cx, &self.client);
                self.end_relay(cx, ending, scratch)
            }
            Ok(Received::Content(_)) if session.held_until_ms.is_some() => {
                self.hold_or_send(cx, scratch)
            }
            Ok(Received::Content(_)) => self.send_relayed(cx, scratch),
            Ok(Received::Last(len)) => {
                session.frame(&scratch[..len], transport, &mut cx.turn);
                let ending = session.end_content(cx, &self.client);
                self.end_relay(cx, ending, scratch)
            }
            Ok(Received::End { cut: true }) => self.end_relay(cx, Ending::Cut, scratch),
            Ok(Received::End { cut: false }) => {
                let ending = session.end_content(cx, &self.client);
                self.end_relay(cx, ending, scratch)
            }
            Err(refusal) => self.fail_relay(cx, &refusal, scratch),
        }
    }

    /// What has become of the script, as the spawner tells it.
    pub fn on_script_event<S: Site>(
        &mut self,
        cx: &mut Context<S>,
        id: RequestId,
        event: &Event,
    ) -> Next {
        let State::Relay(session) = &mut self.state else { return Next::Wait(Deadline::Keep) };
        match session.backend.hear(id, event) {
            Ok(Heard::Other) => Next::Wait(Deadline::Keep),
            Ok(Heard::Started) => self.resume(cx),
            // What it has written is read once the client takes it.
            Ok(Heard::Ended) if session.is_blocked() => Next::Wait(Deadline::Keep),
            Ok(Heard::Ended) => self.on_backend_output(cx),
            Err(refusal) => {
                cx.with_scratch(|cx, scratch| self.fail_relay(cx, &refusal, scratch));
                self.resume(cx)
            }
        }
    }

    /// The client or the backend has taken too long.
    pub(super) fn on_relay_deadline<S: Site>(&mut self, cx: &mut Context<S>) -> Next {
        let State::Relay(session) = &mut self.state else { return Next::Close };
        let refusal = match () {
            () if session.is_blocked() && session.output.paused_until_ms().is_some() => {
                return self.on_relay_client(cx);
            }
            () if session.held_until_ms.is_some() => {
                session.flush();
                cx.with_scratch(|cx, scratch| self.send_relayed(cx, scratch));
                return self.resume(cx);
            }
            () if session.backend.awaits_end_ms().is_some() && !session.is_blocked() => {
                session.backend.stop_awaiting_end();
                return self.on_backend_output(cx);
            }
            () if session.backend.paused_ms().is_some() && !session.is_blocked() => {
                return self.on_backend_output(cx);
            }
            () if session.is_blocked()
                || session.client_ended && !session.backend.outlives_client() =>
            {
                return cx.with_scratch(|cx, scratch| self.abandon_relay(cx, scratch));
            }
            () if session.wants_content() => {
                // The rest of the content may still come, and is no request.
                session.exchange.persist = false;
                Some(timed_out())
            }
            () => session.backend.time_out(),
        };
        match refusal {
            Some(refusal) => {
                cx.with_scratch(|cx, scratch| self.fail_relay(cx, &refusal, scratch));
            }
            None => self.report_backend(cx),
        }
        self.resume(cx)
    }

    /// The client sends no more, or is `gone`.
    pub(super) fn on_relay_client_end<S: Site>(&mut self, cx: &mut Context<S>, gone: bool) -> Next {
        let State::Relay(session) = &mut self.state else { return Next::Close };
        let gone = gone || session.backend.leaves_half_closed();
        if !session.reader.is_done() || gone && !session.backend.outlives_client() {
            return cx.with_scratch(|cx, scratch| self.abandon_relay(cx, scratch));
        }
        session.client_ended = true;
        session.exchange.persist = false;
        self.wait(cx)
    }

    /// What is sent to the client does not arrive.
    pub(super) fn lose_client<S: Site>(&mut self, cx: &mut Context<S>, scratch: &mut [u8]) -> Next {
        match &mut self.state {
            State::Relay(session) if session.backend.outlives_client() => {
                session.output.clear();
                (session.discards, session.held_until_ms) = (true, None);
                self.wait(cx)
            }
            _ => self.abandon_relay(cx, scratch),
        }
    }

    /// Nobody wants the response any more.
    pub(super) fn abandon_relay<S: Site>(
        &mut self,
        cx: &mut Context<S>,
        scratch: &mut [u8],
    ) -> Next {
        if let State::Relay(session) = std::mem::replace(&mut self.state, State::Closed) {
            let Session { mut exchange, mut backend, mut output, .. } = *session;
            backend.end();
            backend.tell_tries(&mut exchange.tries);
            backend.abandon(scratch, &mut |level, text| {
                exchange.report(cx, &self.client, level, text);
            });
            if exchange.status == 0 {
                (exchange.status, exchange.persist) = (499, false);
            }
            self.log_sent(cx, Some(exchange), output.tally());
        }
        Next::Close
    }
}
