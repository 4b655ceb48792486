//! A client whose response is made elsewhere: content goes there and the response comes back, both
//! only as fast as the other end takes them, but for what is held in between.

use std::io;

use crate::backend::{Backend, Front, Input, Received};
use crate::cgi::{self, Event, RequestId, not_started};
use crate::connection::{Deadline, Interests, Next, Pace, Source, in_steps};
use crate::context::{Client, Context};
use crate::exchange::{BackendHead, Gathered, Refusal};
use crate::http::body::BodyReader;
use crate::http::response::{Persistence, write_interim};
use crate::output::{Copying, Limit, Output};
use crate::poll_set::Interest;
use crate::serving::{Exchange, Reply};
use crate::site::{Level, Settings, Site};
use crate::upstream;

use super::framing::{ContentWriter, Transfer};
use super::request::timed_out;
use super::response::{After, Sending};
use super::{Connection, State, Step};

/// The most that is read of one response before others have their turn.
const TURN_LEN: usize = 256 * 1024;
/// The longest front of a response that is held back.
const HELD_LEN: usize = 4096;

/// What the end of the content means for the response.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Ending {
    /// It is whole.
    Complete,
    /// It is shorter than its head has said: the connection is to be closed, so that the client
    /// sees it.
    Short,
    /// It has ended before all was made, as far as can be told: the same.
    Cut,
}

/// A request whose response is made elsewhere.
pub(super) struct Session {
    exchange: Box<Exchange>,
    backend: Box<dyn Backend>,
    /// The content that is still to come.
    reader: BodyReader,
    /// Whether the backend was told that all content has come.
    input_ended: bool,
    output: Output,
    /// What frames the content, once the response has begun.
    writer: Option<ContentWriter>,
    /// How much of the content is left out before that, and how much of it is sent; `None`: all.
    part: Option<(u64, u64)>,
    /// Until when the front of the response is held back, if it is.
    held_until_ms: Option<u64>,
    /// Whether the client has said that it sends no more: it is probably gone.
    client_ended: bool,
    /// Whether it is, and the backend goes on all the same.
    discards: bool,
    /// What the response's head has said, once it is written.
    persistence: Option<Persistence>,
    pub(super) pace: Pace,
}

impl Session {
    /// What `poll(2)` should watch. Where nothing is wanted of the client, it is read as long as
    /// nothing was `received`, so that its end is seen.
    pub(super) fn interests(&self, received: bool) -> Interests {
        let blocked = self.is_blocked();
        let client = match () {
            () if self.discards => None,
            () if blocked && self.output.paused_until_ms().is_some() => None,
            () if blocked => Some(Interest::Write),
            () if self.client_ended => None,
            () if self.wants_content() || !received => Some(Interest::Read),
            () => None,
        };
        let mut interests = Interests { client, ..Interests::default() };
        self.backend.watch(self.reads_backend(), &mut interests);
        interests
    }

    /// What reads the request's content.
    pub(super) fn reader(&mut self) -> &mut BodyReader {
        &mut self.reader
    }

    /// Whether the client is to take something.
    fn is_blocked(&self) -> bool {
        self.held_until_ms.is_none() && self.output.buffered_len() > 0
    }

    /// Whether more of the response is wanted now.
    fn reads_backend(&self) -> bool {
        !self.is_blocked() || self.output.buffered_len() < self.backend.most_held()
    }

    /// Whether the client is to send content now.
    fn wants_content(&self) -> bool {
        !self.reader.is_done() && self.backend.takes_content()
    }

    /// Frames a piece of the content. Whether that is all that the head has promised.
    fn frame(&mut self, piece: &[u8]) -> bool {
        let Some(writer) = &mut self.writer else { return false };
        self.output.compact();
        let before = self.output.buffered_len();
        let piece = self.part.as_mut().map_or(piece, |part| cut(piece, part));
        writer.write(piece, self.output.buffer());
        self.exchange.content_sent_len += (self.output.buffered_len() - before) as u64;
        writer.is_full()
    }

    /// Frames what an encoder holds back.
    fn flush(&mut self) {
        let Some(writer) = &mut self.writer else { return };
        let before = self.output.buffered_len();
        writer.flush(self.output.buffer());
        self.exchange.content_sent_len += (self.output.buffered_len() - before) as u64;
    }

    /// Frames the end of the content, and the fields that follow it.
    fn end_content<S: Site>(&mut self, cx: &mut Context<S>, client: &Client) -> Ending {
        let Session { exchange, backend, output, writer, .. } = self;
        let Some(writer) = writer else { return Ending::Cut };
        let mut trailers = backend.trailers();
        if S::TRAILERS && exchange.has_trailers {
            // They may tell of the answer.
            backend.tell_tries(&mut exchange.tries);
            trailers.append(exchange.following(cx, client).lines());
        }
        let before = output.buffered_len();
        let whole = writer.finish(&trailers, output.buffer());
        if !trailers.is_empty() {
            exchange.sent_trailers = Some(Box::new(trailers.clone()));
            if let Some(stream) = client.transport.stream().filter(|_| whole) {
                stream.set_trailers(trailers);
            }
        }
        exchange.encoded = writer.lens();
        exchange.content_sent_len += (output.buffered_len() - before) as u64;
        if whole { Ending::Complete } else { Ending::Short }
    }

    /// How long the next step may take: the client's, or the backend's. A client that sends no
    /// more has mostly closed; the few that still read get what comes soon.
    pub(super) fn timeout_ms(&mut self, settings: &Settings, now_ms: u64) -> u64 {
        if let Some(until_ms) = self.output.paused_until_ms().filter(|_| self.is_blocked()) {
            self.pace.look(now_ms, self.moved(), false, settings.client_min_rate, 0);
            return until_ms.saturating_sub(now_ms).max(1);
        }
        let timeout_ms = self.step_timeout_ms(settings, now_ms);
        // A stream is as slow as both ends like, but for what waits to be taken.
        let waits = self.is_blocked() || self.wants_content() && self.persistence.is_none();
        let moved = self.moved();
        let left_ms = self.pace.look(now_ms, moved, waits, settings.client_min_rate, timeout_ms);
        left_ms.map_or(timeout_ms, |left_ms| in_steps(left_ms).min(timeout_ms))
    }

    /// Bytes that the client has sent or taken.
    fn moved(&self) -> u64 {
        self.exchange.content_len + self.output.taken_len()
    }

    fn step_timeout_ms(&self, settings: &Settings, now_ms: u64) -> u64 {
        if let Some(until_ms) = self.held_until_ms {
            // What takes no time at all is over.
            return until_ms.saturating_sub(now_ms).max(1);
        }
        if self.is_blocked() {
            return settings.send_timeout_ms;
        }
        if let Some(wait_ms) = self.backend.awaits_end_ms() {
            return wait_ms;
        }
        if let Some(pause_ms) = self.backend.paused_ms() {
            return pause_ms.max(1);
        }
        match () {
            () if self.wants_content() => settings.client_body_timeout_ms,
            () if self.client_ended && !self.backend.outlives_client() => {
                self.backend.timeout_ms().min(settings.lingering_timeout_ms)
            }
            () => self.backend.timeout_ms(),
        }
    }
}

/// What of a piece belongs to a part: what stands before it is left out.
fn cut<'a>(piece: &'a [u8], (before, left): &mut (u64, u64)) -> &'a [u8] {
    let skipped = usize::try_from(*before).map_or(piece.len(), |before| before.min(piece.len()));
    *before -= skipped as u64;
    let rest = &piece[skipped..];
    let len = usize::try_from(*left).map_or(rest.len(), |left| left.min(rest.len()));
    *left -= len as u64;
    &rest[..len]
}

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
            Ok(Received::Content(len)) if session.frame(&scratch[..len]) => {
                let ending = session.end_content(cx, &self.client);
                self.end_relay(cx, ending, scratch)
            }
            Ok(Received::Content(_)) if session.held_until_ms.is_some() => {
                self.hold_or_send(cx, scratch)
            }
            Ok(Received::Content(_)) => self.send_relayed(cx, scratch),
            Ok(Received::Last(len)) => {
                session.frame(&scratch[..len]);
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
        let Some(running) = session.backend.script().filter(|running| running.id() == id) else {
            return Next::Wait(Deadline::Keep);
        };
        if let Some(refusal) = running.refusal(event) {
            cx.with_scratch(|cx, scratch| self.fail_relay(cx, &refusal, scratch));
        } else if let Event::Ended(ended, _) = event {
            running.set_gone(*ended);
            // What it has written is still to be read, once the client takes it.
            return match session.is_blocked() {
                false => self.on_backend_output(cx),
                true => Next::Wait(Deadline::Keep),
            };
        }
        self.resume(cx)
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

    /// Passes on what was said before the answer, where it may be.
    fn pass_interim<S: Site>(&mut self, cx: &mut Context<S>) {
        let State::Relay(session) = &mut self.state else { return };
        let Session { exchange, backend, output, .. } = &mut **session;
        let said = backend.take_interim();
        if said.is_empty() || !exchange.passes_interim(cx, &self.client) {
            return;
        }
        for (status, fields) in said {
            match self.client.transport.stream() {
                Some(stream) => stream.write_interim(status, &fields),
                None => write_interim(output.buffer(), status, &fields),
            }
        }
    }

    /// Begins the response. Whether more output is to be read now.
    fn begin_relayed<S: Site>(
        &mut self,
        cx: &mut Context<S>,
        head: BackendHead,
        scratch: &mut [u8],
    ) -> bool {
        let State::Relay(mut session) = std::mem::replace(&mut self.state, State::Closed) else {
            return false;
        };
        session.backend.tell_tries(&mut session.exchange.tries);
        if let Some(tunnel) = session.backend.take_tunnel() {
            let Session { exchange, output, .. } = *session;
            self.begin_tunnel(cx, exchange, (head, tunnel), output);
            return false;
        }
        let leads_to_name =
            head.fields.get("X-Accel-Redirect").is_some_and(|it| it.starts_with(b"@"));
        if leads_to_name && !S::UPSTREAMS.is_empty() {
            let again = session.backend.content_again();
            session.exchange.gathered = again.map(|(input, len)| Gathered { input, len });
        }
        let promised = head.content_len;
        let reply = session.exchange.answer_backend(cx, &self.client, head);
        let Reply::Content(len) = reply else {
            let Session { exchange, backend, reader, output, .. } = *session;
            backend.release(scratch, &mut |level, text| {
                exchange.report(cx, &self.client, level, text);
            });
            // What was said before the response.
            cx.output.buffer().extend_from_slice(output.unsent());
            self.answer(cx, exchange, reply, (!reader.is_done()).then_some(reader));
            return false;
        };
        session.part = session.exchange.part.take().map(|it| (it.start, it.end - it.start));
        self.settings = session.exchange.settings().unwrap_or(self.settings);
        let slices = session.exchange.slices.take().filter(|_| S::SLICES);
        let around = cx.around.take().filter(|_| S::COMPOSES);
        if around.is_some() || slices.is_some() {
            let Session { exchange, backend, reader, .. } = *session;
            let made = (backend, &*scratch, promised);
            let reply = self.reply_around(cx, &exchange, (slices, around), made);
            self.answer(cx, exchange, reply, (!reader.is_done()).then_some(reader));
            return false;
        }
        // A stream is many short writes.
        self.set_nodelay();
        let transfer = Transfer::of(len, &mut session.exchange);
        let (filter, encoder) = (cx.filter.take(), cx.encoder.take());
        session.writer = Some(ContentWriter::encoded(transfer, filter, encoder, promised));
        let persistence = self.persistence(cx, &session.exchange);
        session.persistence = Some(persistence);
        let Session { exchange, backend, output, .. } = &mut *session;
        if let Some((per_second, after)) = exchange.rate(cx, &self.client) {
            output.limit(Limit::new(per_second, after, exchange.started_ms));
        }
        self.write_head(cx.date.text(), output, exchange, persistence);
        let Front { content, within, is_last } = backend.take_front();
        let mut is_full = session.frame(&content);
        is_full |= session.frame(scratch.get(within).unwrap_or_default());
        let ending = (is_full || is_last).then(|| session.end_content(cx, &self.client));
        self.state = State::Relay(session);
        match ending {
            Some(ending) => self.end_relay(cx, ending, scratch),
            None => self.hold_or_send(cx, scratch),
        }
    }

    /// Sends what there is, unless it is the front of the response and short. Whether more output
    /// is to be read now.
    fn hold_or_send<S: Site>(&mut self, cx: &mut Context<S>, scratch: &mut [u8]) -> bool {
        let State::Relay(session) = &mut self.state else { return false };
        let hold_ms = session.backend.hold_ms();
        if hold_ms == 0 || session.output.buffered_len() > HELD_LEN {
            return self.send_relayed(cx, scratch);
        }
        session.held_until_ms.get_or_insert(cx.now.monotonic_ms + hold_ms);
        true
    }

    /// Sends what there is. Whether more is to be read.
    fn send_relayed<S: Site>(&mut self, cx: &mut Context<S>, scratch: &mut [u8]) -> bool {
        let State::Relay(session) = &mut self.state else { return false };
        session.held_until_ms = None;
        if session.discards {
            session.output.clear();
            return true;
        }
        let (transport, copying) = (&mut self.client.transport, Copying::of(self.settings));
        match session.output.send(transport, copying, &mut cx.turn) {
            Ok(_) => session.reads_backend(),
            Err(_) => {
                self.lose_client(cx, scratch);
                matches!(self.state, State::Relay(_))
            }
        }
    }

    /// The content is complete: the backend is let go, and what is left of the response is sent.
    fn end_relay<S: Site>(
        &mut self,
        cx: &mut Context<S>,
        ending: Ending,
        scratch: &mut [u8],
    ) -> bool {
        let State::Relay(session) = std::mem::replace(&mut self.state, State::Closed) else {
            return false;
        };
        let Session {
            mut exchange,
            mut backend,
            reader,
            mut output,
            writer,
            persistence,
            discards,
            ..
        } = *session;
        if ending == Ending::Cut && writer.is_some_and(|writer| writer.ends_by_close()) {
            // Without a reset, it would look whole.
            self.client.transport.break_on_close();
        }
        let cut_words = backend.cut_words();
        backend.tell_tries(&mut exchange.tries);
        backend.release(scratch, &mut |level, text| {
            exchange.report(cx, &self.client, level, text);
        });
        let keep = matches!(persistence, Some(Persistence::Keep(_)));
        let after = match (ending, reader.is_done()) {
            _ if discards => {
                output.clear();
                After::Break
            }
            (Ending::Short, _) => {
                exchange.report(cx, &self.client, Level::Error, format_args!("{cut_words}"));
                After::Break
            }
            (Ending::Cut, _) => After::Break,
            (Ending::Complete, true) if keep => After::Head,
            (Ending::Complete, false) if keep => After::Drain(reader),
            (Ending::Complete, done) => After::Close { linger: !done },
        };
        self.send_rest(cx, output, exchange, after);
        false
    }

    /// Answers in place of a backend that does not, or breaks the response off.
    fn fail_relay<S: Site>(
        &mut self,
        cx: &mut Context<S>,
        refusal: &Refusal,
        scratch: &mut [u8],
    ) -> bool {
        let State::Relay(session) = std::mem::replace(&mut self.state, State::Closed) else {
            return false;
        };
        let Session { mut exchange, mut backend, reader, output, persistence, .. } = *session;
        backend.tell_tries(&mut exchange.tries);
        backend.abandon(scratch, &mut |level, text| {
            exchange.report(cx, &self.client, level, text);
        });
        if persistence.is_some() || output.buffered_len() > 0 {
            exchange.report(cx, &self.client, refusal.level, format_args!("{}", refusal.reason));
            self.send_rest(cx, output, exchange, After::Break);
        } else {
            let reply = exchange.fail_backend(cx, &self.client, refusal);
            let content = (!reader.is_done()).then_some(reader);
            self.answer(cx, exchange, reply, content);
        }
        false
    }

    /// Sends the rest of a response.
    fn send_rest<S: Site>(
        &mut self,
        cx: &mut Context<S>,
        output: Output,
        exchange: Box<Exchange>,
        after: After,
    ) {
        let sending = Sending::new(output, Some(exchange), after);
        self.state = State::Sending(Box::new(sending));
        self.continue_sending(cx);
    }
}
