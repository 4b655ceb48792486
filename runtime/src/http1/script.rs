//! A client whose script runs: content goes in and output comes out, both only as fast as the
//! other end takes them.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};

use crate::cgi::{Call, Event, Input, Received, RequestId, Running, not_started};
use crate::connection::{Deadline, Interests, Next, Pace, Source, in_steps};
use crate::context::Context;
use crate::exchange::{BackendHead, Refusal};
use crate::http::body::BodyReader;
use crate::http::response::Persistence;
use crate::output::{Limit, Output, Progress};
use crate::poll_set::Interest;
use crate::serving::{Exchange, Reply};
use crate::site::{Level, Settings, Site};

use super::framing::{ContentWriter, Transfer};
use super::request::timed_out;
use super::response::{After, Sending};
use super::{Connection, State, Step};

/// The most that is read of one script's output before others have their turn.
const TURN_LEN: usize = 256 * 1024;
/// How long the front of a response is held back for what follows at once: most scripts write and
/// end, and one write to the client costs half of two. On a busy machine, a script may not get to
/// its end much faster.
const HOLD_MS: u64 = 10;
/// How long a response whose script has closed its output is held open until it is known whether
/// a signal has ended the script. One that goes on has closed its output on purpose.
const AWAIT_END_MS: u64 = 100;
/// The longest front that is held back.
const HELD_LEN: usize = 4096;

/// What the end of the output means for the response.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Ending {
    /// It is whole.
    Complete,
    /// It is shorter than its head has said: the connection is to be closed, so that the client
    /// sees it.
    Short,
    /// The script was killed before it had written all, as far as can be told: the same.
    Cut,
}

/// A request whose script runs.
pub(super) struct Session {
    exchange: Box<Exchange>,
    running: Running,
    /// The content that is still to come.
    reader: BodyReader,
    /// Whether the script was told that all content has come.
    input_ended: bool,
    output: Output,
    /// What frames the content, once the response has begun.
    writer: Option<ContentWriter>,
    /// Until when the front of the response is held back, if it is.
    held_until_ms: Option<u64>,
    /// Whether the client has said that it sends no more: it is probably gone.
    client_ended: bool,
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
            () if blocked && self.output.paused_until_ms().is_some() => None,
            () if blocked => Some(Interest::Write),
            () if self.client_ended => None,
            () if self.wants_content() || !received => Some(Interest::Read),
            () => None,
        };
        let pipe = |fd: BorrowedFd<'_>, interest| (fd.as_raw_fd(), interest);
        let output = self.running.output_fd().filter(|_| !blocked);
        Interests {
            client,
            input: self.running.input_fd().map(|fd| pipe(fd, Interest::Write)),
            output: output.map(|fd| pipe(fd, Interest::Read)),
            errors: self.running.errors_fd().map(|fd| pipe(fd, Interest::Read)),
        }
    }

    /// Whether the client is to take something before anything else is done.
    fn is_blocked(&self) -> bool {
        self.held_until_ms.is_none() && self.output.buffered_len() > 0
    }

    /// Whether the client is to send content now.
    fn wants_content(&self) -> bool {
        !self.reader.is_done() && self.running.takes_input()
    }

    /// Frames a piece of the content. Whether that is all that the head has promised.
    fn frame(&mut self, piece: &[u8]) -> bool {
        let Some(writer) = &mut self.writer else { return false };
        let before = self.output.buffered_len();
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

    /// Frames the end of the content.
    fn end_content(&mut self) -> Ending {
        let Some(writer) = &mut self.writer else { return Ending::Cut };
        let before = self.output.buffered_len();
        let whole = writer.finish(self.output.buffer());
        self.exchange.encoded = writer.lens();
        self.exchange.content_sent_len += (self.output.buffered_len() - before) as u64;
        if whole { Ending::Complete } else { Ending::Short }
    }

    /// How long the next step may take: the client's, or the script's. A client that sends no
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
        match () {
            () if self.is_blocked() => settings.send_timeout_ms,
            () if self.running.awaits_end() => AWAIT_END_MS,
            () if self.wants_content() => settings.client_body_timeout_ms,
            () if self.client_ended => self.running.timeout_ms().min(settings.lingering_timeout_ms),
            () => self.running.timeout_ms(),
        }
    }
}

impl Connection {
    /// Has a script started for a request whose content, as far as it is the script's, `reader`
    /// reads. `preface` is sent before the response.
    pub(super) fn start_script<S: Site>(
        &mut self,
        cx: &mut Context<S>,
        mut exchange: Box<Exchange>,
        call: Call,
        reader: BodyReader,
        preface: &[u8],
    ) {
        let streamed = matches!(call.input, Input::Stream);
        let started = match &cx.spawner {
            Some(spawner) => Running::start(spawner, cx.token, call),
            None => Err(io::ErrorKind::BrokenPipe.into()),
        };
        let running = match started {
            Ok(running) => running,
            Err(error) => {
                let reply = exchange.fail_script(cx, &self.client, &not_started(&error));
                let content = (!reader.is_done()).then_some(reader);
                return self.answer(cx, exchange, reply, content);
            }
        };
        let mut output = Output::default();
        output.buffer().extend_from_slice(preface);
        let input_ended = !streamed;
        let session = Session {
            exchange,
            running,
            reader,
            input_ended,
            output,
            writer: None,
            held_until_ms: None,
            client_ended: false,
            persistence: None,
            pace: Pace::default(),
        };
        // Responses to earlier requests come first.
        self.send(cx, None, After::Script(Box::new(session)));
    }

    /// One of its descriptors is ready.
    pub(super) fn on_script_ready<S: Site>(&mut self, cx: &mut Context<S>, source: Source) -> Next {
        let State::Script(session) = &self.state else { return Next::Close };
        match source {
            Source::Client if session.is_blocked() => self.on_script_client(cx),
            Source::Client => self.receive(cx),
            Source::ScriptInput => self.on_script_input(cx),
            Source::ScriptOutput => self.on_script_output(cx),
            Source::ScriptErrors => self.on_script_errors(cx),
        }
    }

    /// Gives the script content, as far as it takes it.
    pub(super) fn advance_script(&mut self, data: &mut &[u8]) -> Step {
        let State::Script(session) = &mut self.state else { return Step::Again };
        while session.wants_content() && !data.is_empty() {
            let Ok(piece) = session.reader.read(data) else { break };
            *data = &data[piece.used..];
            session.exchange.content_len += piece.data.len() as u64;
            session.running.feed(piece.data);
        }
        if session.reader.is_done() && !session.input_ended {
            session.input_ended = true;
            session.running.end_input();
        }
        Step::More
    }

    /// The client takes more of the output.
    fn on_script_client<S: Site>(&mut self, cx: &mut Context<S>) -> Next {
        let State::Script(session) = &mut self.state else { return Next::Close };
        let (transport, sendfile) = (&mut self.client.transport, self.settings.sendfile);
        match session.output.send(transport, sendfile, &mut cx.turn) {
            Ok(Progress::Done) if session.running.is_gone() => self.on_script_output(cx),
            Ok(_) => self.wait(cx),
            Err(_) => cx.with_scratch(|cx, scratch| self.abandon_script(cx, scratch)),
        }
    }

    /// The script takes more of its input.
    fn on_script_input<S: Site>(&mut self, cx: &mut Context<S>) -> Next {
        let State::Script(session) = &mut self.state else { return Next::Close };
        session.running.write_input();
        self.resume(cx)
    }

    /// The script says something about its troubles.
    fn on_script_errors<S: Site>(&mut self, cx: &mut Context<S>) -> Next {
        let State::Script(session) = &mut self.state else { return Next::Close };
        let Session { exchange, running, .. } = &mut **session;
        cx.with_scratch(|cx, scratch| {
            running
                .read_errors(scratch, &mut |line| exchange.report_script(cx, &self.client, line));
        });
        Next::Wait(Deadline::Keep)
    }

    /// The script has written something, or has closed its output.
    fn on_script_output<S: Site>(&mut self, cx: &mut Context<S>) -> Next {
        let mut turn_left = TURN_LEN;
        cx.with_scratch(|cx, scratch| {
            while (turn_left > 0 || self.script_is_gone()) && self.read_script_output(cx, scratch) {
                turn_left = turn_left.saturating_sub(scratch.len());
            }
        });
        self.resume(cx)
    }

    /// Whether nothing will tell that more output has come.
    fn script_is_gone(&self) -> bool {
        matches!(&self.state, State::Script(session) if session.running.is_gone())
    }

    /// Looks at the output once. Whether to look again.
    fn read_script_output<S: Site>(&mut self, cx: &mut Context<S>, scratch: &mut [u8]) -> bool {
        let State::Script(session) = &mut self.state else { return false };
        match session.running.read_output(scratch) {
            Ok(Received::Nothing) if session.held_until_ms.is_none() => {
                session.flush();
                if session.is_blocked() {
                    self.send_script_output(cx, scratch);
                }
                false
            }
            Ok(Received::Nothing) => false,
            Ok(Received::Part) => true,
            Ok(Received::Head(head)) => self.begin_script_response(cx, head, scratch),
            Ok(Received::Content(len)) if session.frame(&scratch[..len]) => {
                let ending = session.end_content();
                self.end_script(cx, ending, scratch)
            }
            Ok(Received::Content(_)) if session.held_until_ms.is_some() => {
                self.hold_or_send_script_output(cx, scratch)
            }
            Ok(Received::Content(_)) => self.send_script_output(cx, scratch),
            Ok(Received::End { cut: true }) => self.end_script(cx, Ending::Cut, scratch),
            Ok(Received::End { cut: false }) => {
                let ending = session.end_content();
                self.end_script(cx, ending, scratch)
            }
            Err(bad_output) => {
                let running = &session.running;
                let told = cx.spawner.as_ref().and_then(|spawner| spawner.refusal(running.id()));
                let refusal = told.and_then(|event| running.refusal(&event));
                let refusal = refusal.unwrap_or_else(|| running.bad_output(bad_output));
                self.fail_script(cx, &refusal, scratch)
            }
        }
    }

    /// What has become of the script, as the spawner tells it.
    pub fn on_script_event<S: Site>(
        &mut self,
        cx: &mut Context<S>,
        id: RequestId,
        event: &Event,
    ) -> Next {
        let session = match &mut self.state {
            State::Script(session) if session.running.id() == id => session,
            _ => return Next::Wait(Deadline::Keep),
        };
        if let Some(refusal) = session.running.refusal(event) {
            cx.with_scratch(|cx, scratch| self.fail_script(cx, &refusal, scratch));
        } else if let Event::Ended(ended, _) = event {
            session.running.set_gone(*ended);
            // What it has written is still to be read, once the client takes it.
            return match session.is_blocked() {
                false => self.on_script_output(cx),
                true => Next::Wait(Deadline::Keep),
            };
        }
        self.resume(cx)
    }

    /// The client or the script has taken too long.
    pub(super) fn on_script_deadline<S: Site>(&mut self, cx: &mut Context<S>) -> Next {
        let State::Script(session) = &mut self.state else { return Next::Close };
        let refusal = match () {
            () if session.is_blocked() && session.output.paused_until_ms().is_some() => {
                return self.on_script_client(cx);
            }
            () if session.held_until_ms.is_some() => {
                session.flush();
                cx.with_scratch(|cx, scratch| self.send_script_output(cx, scratch));
                return self.resume(cx);
            }
            () if session.running.awaits_end() && !session.is_blocked() => {
                session.running.stop_awaiting_end();
                return self.on_script_output(cx);
            }
            () if session.is_blocked() || session.client_ended => {
                return cx.with_scratch(|cx, scratch| self.abandon_script(cx, scratch));
            }
            () if session.wants_content() => {
                // The rest of the content may still come, and is no request.
                session.exchange.persist = false;
                timed_out()
            }
            () => session.running.timed_out(),
        };
        cx.with_scratch(|cx, scratch| self.fail_script(cx, &refusal, scratch));
        self.resume(cx)
    }

    /// The client sends no more, or is `gone`.
    pub(super) fn on_script_client_end<S: Site>(
        &mut self,
        cx: &mut Context<S>,
        gone: bool,
    ) -> Next {
        let State::Script(session) = &mut self.state else { return Next::Close };
        if gone || !session.reader.is_done() {
            return cx.with_scratch(|cx, scratch| self.abandon_script(cx, scratch));
        }
        session.client_ended = true;
        session.exchange.persist = false;
        self.wait(cx)
    }

    /// Nobody wants the response any more.
    pub(super) fn abandon_script<S: Site>(
        &mut self,
        cx: &mut Context<S>,
        scratch: &mut [u8],
    ) -> Next {
        if let State::Script(session) = std::mem::replace(&mut self.state, State::Closed) {
            let Session { mut exchange, running, mut output, .. } = *session;
            running.abandon(scratch, &mut |line| exchange.report_script(cx, &self.client, line));
            if exchange.status == 0 {
                (exchange.status, exchange.persist) = (499, false);
            }
            self.log_sent(cx, Some(exchange), output.tally());
        }
        Next::Close
    }

    /// Begins the response. Whether more output is to be read now.
    fn begin_script_response<S: Site>(
        &mut self,
        cx: &mut Context<S>,
        head: BackendHead,
        scratch: &mut [u8],
    ) -> bool {
        let State::Script(mut session) = std::mem::replace(&mut self.state, State::Closed) else {
            return false;
        };
        let promised = head.content_len;
        let reply = session.exchange.answer_script(cx, &self.client, head);
        let Reply::Content(len) = reply else {
            let Session { exchange, running, reader, .. } = *session;
            running.release(scratch, &mut |line| exchange.report_script(cx, &self.client, line));
            self.answer(cx, exchange, reply, (!reader.is_done()).then_some(reader));
            return false;
        };
        self.settings = session.exchange.settings().unwrap_or(self.settings);
        // A stream is many short writes.
        self.set_nodelay();
        let transfer = Transfer::of(len, &mut session.exchange);
        session.writer = Some(match cx.encoder.take() {
            Some(encoder) => ContentWriter::encoded(transfer, encoder, promised),
            None => ContentWriter::new(transfer),
        });
        let persistence = self.persistence(cx, &session.exchange);
        session.persistence = Some(persistence);
        let Session { exchange, running, output, .. } = &mut *session;
        if let Some((per_second, after)) = exchange.rate(cx, &self.client) {
            output.limit(Limit::new(per_second, after, exchange.started_ms));
        }
        self.write_head(cx.date.text(), output, exchange, persistence);
        let front = running.take_front();
        let ending = session.frame(&front).then(|| session.end_content());
        self.state = State::Script(session);
        match ending {
            Some(ending) => self.end_script(cx, ending, scratch),
            None => self.hold_or_send_script_output(cx, scratch),
        }
    }

    /// Sends what there is, unless it is the front of the response and short. Whether more output
    /// is to be read now.
    fn hold_or_send_script_output<S: Site>(
        &mut self,
        cx: &mut Context<S>,
        scratch: &mut [u8],
    ) -> bool {
        let State::Script(session) = &mut self.state else { return false };
        if session.output.buffered_len() > HELD_LEN {
            return self.send_script_output(cx, scratch);
        }
        session.held_until_ms.get_or_insert(cx.now.monotonic_ms + HOLD_MS);
        true
    }

    /// Sends what there is. Whether the client takes more.
    fn send_script_output<S: Site>(&mut self, cx: &mut Context<S>, scratch: &mut [u8]) -> bool {
        let State::Script(session) = &mut self.state else { return false };
        session.held_until_ms = None;
        let (transport, sendfile) = (&mut self.client.transport, self.settings.sendfile);
        match session.output.send(transport, sendfile, &mut cx.turn) {
            Ok(progress) => progress == Progress::Done,
            Err(_) => {
                self.abandon_script(cx, scratch);
                false
            }
        }
    }

    /// The output is complete: the script is let go, and what is left of the response is sent.
    fn end_script<S: Site>(
        &mut self,
        cx: &mut Context<S>,
        ending: Ending,
        scratch: &mut [u8],
    ) -> bool {
        let State::Script(session) = std::mem::replace(&mut self.state, State::Closed) else {
            return false;
        };
        let Session { exchange, running, reader, output, writer, persistence, .. } = *session;
        if ending == Ending::Cut && writer.is_some_and(|writer| writer.ends_by_close()) {
            // Without a reset, it would look whole.
            self.client.transport.break_on_close();
        }
        running.release(scratch, &mut |line| exchange.report_script(cx, &self.client, line));
        let keep = matches!(persistence, Some(Persistence::Keep(_)));
        let after = match (ending, reader.is_done()) {
            (Ending::Short, _) => {
                let text = format_args!("script has written less than its Content-Length");
                exchange.report(cx, &self.client, Level::Error, text);
                After::Close { linger: false }
            }
            (Ending::Cut, _) => After::Close { linger: false },
            (Ending::Complete, true) if keep => After::Head,
            (Ending::Complete, false) if keep => After::Drain(reader),
            (Ending::Complete, done) => After::Close { linger: !done },
        };
        self.send_rest(cx, output, exchange, after);
        false
    }

    /// Answers in place of a script that does not, or breaks the response off.
    fn fail_script<S: Site>(
        &mut self,
        cx: &mut Context<S>,
        refusal: &Refusal,
        scratch: &mut [u8],
    ) -> bool {
        let State::Script(session) = std::mem::replace(&mut self.state, State::Closed) else {
            return false;
        };
        let Session { mut exchange, running, reader, output, persistence, .. } = *session;
        running.abandon(scratch, &mut |line| exchange.report_script(cx, &self.client, line));
        if persistence.is_some() || output.buffered_len() > 0 {
            exchange.report(cx, &self.client, refusal.level, format_args!("{}", refusal.reason));
            self.send_rest(cx, output, exchange, After::Close { linger: false });
        } else {
            let reply = exchange.fail_script(cx, &self.client, refusal);
            let content = (!reader.is_done()).then_some(reader);
            self.answer(cx, exchange, reply, content);
        }
        false
    }

    /// Sends the rest of a script's response.
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
