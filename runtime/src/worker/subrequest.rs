//! One request within another one, from its beginning to its answer.

use std::io;

use crate::backend::{Backend, Event, Front, Heard, Received, RequestId};
use crate::cgi::{self, not_started};
use crate::coding::Filtered;
use crate::compiled::Exchange;
use crate::connection::{Deadline, Interests, Next, Source};
use crate::context::Context;
use crate::exchange::{BackendHead, Refusal};
use crate::handler::Work;
use crate::output::{Body, Produce};
use crate::serving::{Later, MAX_ANSWER_MS, Reply, Wait};
use crate::site::{Level, Site};
use crate::subrequest::{Answerer, Begun, Origin, PipeWriter, Task};

/// How much of an answer that nobody reads is taken, so that the connection that it comes on can be used
/// again.
const DRAINED_LEN: usize = 64 * 1024;
/// What is counted of it for what brings no content.
const PART_LEN: usize = 1024;
/// What is read of one answer before others have their turn, in bytes.
const TURN_LEN: usize = 256 * 1024;
/// When what takes longer goes on.
const STEP_MS: u64 = 1;

/// A request within another one.
pub(super) struct Subrequest {
    // Dropped before the rest: who waits is told first.
    answerer: Answerer,
    origin: Origin,
    exchange: Box<Exchange>,
    doing: Doing,
}

/// What it does.
enum Doing {
    /// Nothing yet. It is for this URI.
    Begun(Vec<u8>),
    /// It waits.
    Waiting(Wait),
    /// It takes longer than others should wait.
    Working(Box<dyn Work>),
    /// Its answer is made elsewhere.
    Relaying(Box<dyn Backend>),
    /// The content of an answer is made elsewhere, and goes where it is wanted.
    Streaming(Box<dyn Backend>, PipeWriter),
    /// Nobody wants the content but who keeps it.
    Keeping(Box<dyn Backend>),
    /// It has answered.
    Over,
}

impl Subrequest {
    /// One that is to get a place.
    pub(super) fn new(begun: Begun) -> Subrequest {
        let Begun { answerer, origin, exchange, task } = begun;
        let doing = match task {
            Task::Answer(uri) => Doing::Begun(uri),
            Task::Stream(backend, writer) => Doing::Streaming(backend, writer),
            Task::Keep(backend) => Doing::Keeping(backend),
        };
        Subrequest { answerer, origin, exchange, doing }
    }

    /// Takes note of what the event loop knows it by. Whether anybody waits for it.
    pub(super) fn is_wanted(&mut self, token: u64) -> bool {
        self.answerer.set_token(token);
        match &mut self.doing {
            Doing::Streaming(backend, writer) => {
                backend.move_to(token);
                writer.set_maker(token);
                // What is whole is left in order, and what is kept is kept for others.
                writer.is_wanted() || writer.has_ended() || backend.outlives_client()
            }
            Doing::Keeping(backend) => {
                backend.move_to(token);
                true
            }
            _ => self.answerer.is_wanted(),
        }
    }

    /// What `poll(2)` should watch.
    pub(super) fn interests(&self) -> Interests {
        let mut interests = Interests::default();
        match &self.doing {
            Doing::Relaying(backend) | Doing::Keeping(backend) => {
                backend.watch(true, &mut interests);
            }
            Doing::Streaming(backend, writer) => backend.watch(writer.has_room(), &mut interests),
            Doing::Begun(_) | Doing::Waiting(_) | Doing::Working(_) | Doing::Over => {}
        }
        interests
    }

    /// Goes on where it can.
    pub(super) fn on_ready<S: Site>(&mut self, cx: &mut Context<S>, source: Source) -> Next {
        match &mut self.doing {
            Doing::Streaming(_, writer) if !writer.is_wanted() && !writer.has_ended() => {
                return self.on_unwanted(cx);
            }
            Doing::Begun(uri) => {
                let reply = self.exchange.respond_within(cx, &self.origin, uri);
                self.take(cx, reply);
            }
            Doing::Relaying(backend) if S::RELAYS => match source {
                Source::ScriptInput => backend.write(),
                Source::ScriptErrors => self.report(cx),
                Source::ScriptOutput => self.read(cx),
                Source::Client | Source::Upstream => {
                    backend.write();
                    self.read(cx);
                }
            },
            Doing::Streaming(backend, _) if S::RELAYS => {
                match source {
                    Source::ScriptErrors => self.report(cx),
                    Source::ScriptInput | Source::Client | Source::Upstream => backend.write(),
                    Source::ScriptOutput => {}
                }
                self.stream(cx);
            }
            Doing::Keeping(backend) if !S::CACHES.is_empty() => {
                backend.write();
                self.keep(cx);
            }
            Doing::Relaying(_)
            | Doing::Streaming(..)
            | Doing::Keeping(_)
            | Doing::Waiting(_)
            | Doing::Working(_)
            | Doing::Over => {}
        }
        self.next(cx)
    }

    /// What it waits for has taken its time.
    pub(super) fn on_deadline<S: Site>(&mut self, cx: &mut Context<S>) -> Next {
        match &mut self.doing {
            Doing::Waiting(_) => self.stop_waiting(cx),
            Doing::Working(work) if !S::DAV.is_empty() => {
                if work.step()
                    && let Doing::Working(work) = std::mem::replace(&mut self.doing, Doing::Over)
                {
                    let reply = self.exchange.worked(cx, &self.origin, work);
                    self.take(cx, reply);
                }
            }
            Doing::Relaying(backend) if S::RELAYS => {
                if backend.awaits_end_ms().is_some() {
                    backend.stop_awaiting_end();
                    self.read(cx);
                } else if let Some(refusal) = backend.time_out() {
                    self.fail(cx, &refusal);
                } else {
                    self.report(cx);
                    // What was kept before may be there instead.
                    self.read(cx);
                }
            }
            Doing::Keeping(_) if !S::CACHES.is_empty() => self.end_keeping(cx, true),
            Doing::Streaming(backend, writer) if S::RELAYS => {
                if backend.awaits_end_ms().is_some() {
                    backend.stop_awaiting_end();
                    self.stream(cx);
                } else if !writer.has_room() {
                    self.end_stream(cx, true);
                } else if let Some(refusal) = backend.time_out() {
                    self.break_off(cx, &refusal);
                } else {
                    self.report(cx);
                }
            }
            Doing::Relaying(_)
            | Doing::Streaming(..)
            | Doing::Keeping(_)
            | Doing::Working(_)
            | Doing::Begun(_)
            | Doing::Over => {}
        }
        self.next(cx)
    }

    /// Nobody waits for it any more. What is kept is kept all the same.
    pub(super) fn on_unwanted<S: Site>(&mut self, cx: &mut Context<S>) -> Next {
        match std::mem::replace(&mut self.doing, Doing::Over) {
            Doing::Streaming(backend, _) if !S::CACHES.is_empty() && backend.outlives_client() => {
                self.doing = Doing::Keeping(backend);
                self.keep(cx);
                self.next(cx)
            }
            _ => Next::Close,
        }
    }

    /// Looks whether what it waits for is there.
    pub(super) fn look_again<S: Site>(&mut self, cx: &mut Context<S>) -> Next {
        if matches!(&self.doing, Doing::Waiting(wait) if wait.is_over(cx.now.monotonic_ms)) {
            self.stop_waiting(cx);
        }
        if matches!(&self.doing, Doing::Streaming(..)) && S::RELAYS {
            self.stream(cx);
        }
        self.next(cx)
    }

    /// What has become of its script.
    pub(super) fn on_script_event<S: Site>(
        &mut self,
        cx: &mut Context<S>,
        id: RequestId,
        event: &Event,
    ) -> Next {
        let (Doing::Relaying(backend) | Doing::Streaming(backend, _)) = &mut self.doing else {
            return self.next(cx);
        };
        let heard = backend.hear(id, event);
        let streams = matches!(self.doing, Doing::Streaming(..));
        match heard {
            Ok(Heard::Other | Heard::Started) => {}
            Ok(Heard::Ended) if streams => self.stream(cx),
            Ok(Heard::Ended) => self.read(cx),
            Err(refusal) if streams => self.break_off(cx, &refusal),
            Err(refusal) => self.fail(cx, &refusal),
        }
        self.next(cx)
    }

    fn stop_waiting<S: Site>(&mut self, cx: &mut Context<S>) {
        if let Doing::Waiting(wait) = std::mem::replace(&mut self.doing, Doing::Over) {
            let reply = self.exchange.waited(cx, &self.origin, &wait);
            self.take(cx, reply);
        }
    }

    /// What the event loop does next for it.
    fn next<S: Site>(&self, cx: &Context<S>) -> Next {
        let timeout_ms = match &self.doing {
            Doing::Begun(_) | Doing::Over => return Next::Close,
            Doing::Waiting(wait) => wait.until_ms.saturating_sub(cx.now.monotonic_ms).max(1),
            Doing::Working(_) => STEP_MS,
            // Who takes the content is no faster.
            Doing::Streaming(_, writer) if !writer.has_room() => MAX_ANSWER_MS,
            Doing::Relaying(backend) | Doing::Streaming(backend, _) | Doing::Keeping(backend) => {
                backend.awaits_end_ms().unwrap_or_else(|| backend.timeout_ms())
            }
        };
        Next::Wait(Deadline::In(timeout_ms))
    }

    /// Does what a reply says, until the answer is there or is waited for.
    fn take<S: Site>(&mut self, cx: &mut Context<S>, mut reply: Reply) {
        self.doing = loop {
            reply = match reply {
                Reply::Response(body) => break self.end(cx, body),
                Reply::Content(_) => break self.end(cx, Body::Empty),
                // There is no content that could be received.
                Reply::Later(Later::Receive(receiver)) => {
                    self.exchange.received(cx, &self.origin, receiver)
                }
                Reply::Later(Later::Work(work)) => break Doing::Working(work),
                Reply::Later(Later::Wait(wait)) => break Doing::Waiting(wait),
                Reply::Later(Later::Script(call)) if S::MAX_SCRIPTS.is_some() => {
                    match start_script(cx, *call) {
                        Ok(running) => break Doing::Relaying(Box::new(running)),
                        Err(error) => {
                            let refusal = not_started(&error);
                            self.exchange.fail_backend(cx, &self.origin, &refusal)
                        }
                    }
                }
                Reply::Later(Later::Proxy(call)) if !S::UPSTREAMS.is_empty() => {
                    self.exchange.tries.begin();
                    break Doing::Relaying(cx.ask_upstream(*call));
                }
                // A site that makes nothing elsewhere has no code for it.
                Reply::Close | Reply::Later(Later::Script(_) | Later::Proxy(_)) => {
                    self.exchange.status = 0;
                    break self.end(cx, Body::Empty);
                }
            };
        };
    }

    /// Gives the exchange to who waits for it.
    fn end<S: Site>(&mut self, cx: &Context<S>, body: Body) -> Doing {
        self.exchange.count_asked(cx);
        let body = if self.answerer.is_whole() { body } else { Body::Empty };
        self.answerer.tell((std::mem::take(&mut self.exchange), body));
        Doing::Over
    }

    /// Reads what is made elsewhere, as far as it is there.
    fn read<S: Site>(&mut self, cx: &mut Context<S>) {
        cx.with_scratch(|cx, scratch| {
            let mut turn_left = TURN_LEN;
            while let Doing::Relaying(backend) = &mut self.doing
                && (turn_left > 0 || backend.is_gone())
            {
                turn_left = turn_left.saturating_sub(scratch.len());
                match backend.read(scratch) {
                    Ok(Received::Nothing) => break,
                    Ok(Received::Part | Received::Content(_)) => {}
                    Ok(Received::Head(head)) => self.begin_answer(cx, *head, scratch),
                    Ok(Received::Last(_) | Received::End { .. }) => {
                        let reason = "an answer without a head".to_owned();
                        let level = Level::Error;
                        self.fail_with(cx, &Refusal { status: 502, level, reason }, scratch);
                    }
                    Err(refusal) => self.fail_with(cx, &refusal, scratch),
                }
            }
        });
    }

    /// Passes on what is made elsewhere, as far as it is there and there is room for it.
    fn stream<S: Site>(&mut self, cx: &mut Context<S>) {
        cx.with_scratch(|cx, scratch| {
            let mut turn_left = TURN_LEN;
            while let Doing::Streaming(backend, writer) = &mut self.doing
                && (turn_left > 0 || backend.is_gone())
            {
                if writer.has_ended() {
                    return self.end_stream_with(cx, false, scratch);
                }
                if !writer.has_room() {
                    return;
                }
                let most = writer.room().min(scratch.len());
                turn_left = turn_left.saturating_sub(most);
                let (len, is_last) = match backend.read(&mut scratch[..most]) {
                    Ok(Received::Nothing) => return,
                    Ok(Received::Part | Received::Head(_)) => continue,
                    Ok(Received::Content(len)) => (len, false),
                    Ok(Received::Last(len)) => (len, true),
                    Ok(Received::End { cut }) => return self.end_stream_with(cx, cut, scratch),
                    Err(refusal) => {
                        let text = format_args!("{}", refusal.reason);
                        self.exchange.report(cx, &self.origin, refusal.level, text);
                        return self.end_stream_with(cx, true, scratch);
                    }
                };
                if writer.push(&scratch[..len]) || is_last {
                    return self.end_stream_with(cx, false, scratch);
                }
            }
        });
    }

    /// Says that a content is broken off, and why.
    fn break_off<S: Site>(&mut self, cx: &mut Context<S>, refusal: &Refusal) {
        let text = format_args!("{}", refusal.reason);
        self.exchange.report(cx, &self.origin, refusal.level, text);
        self.end_stream(cx, true);
    }

    fn end_stream<S: Site>(&mut self, cx: &mut Context<S>, is_cut: bool) {
        cx.with_scratch(|cx, scratch| self.end_stream_with(cx, is_cut, scratch));
    }

    fn end_stream_with<S: Site>(&mut self, cx: &mut Context<S>, is_cut: bool, scratch: &mut [u8]) {
        let doing = std::mem::replace(&mut self.doing, Doing::Over);
        let Doing::Streaming(backend, mut writer) = doing else { return };
        writer.end(is_cut);
        let (exchange, origin) = (&self.exchange, &self.origin);
        let report = &mut |level: Level, text: std::fmt::Arguments<'_>| {
            exchange.report(cx, origin, level, text);
        };
        match is_cut {
            true => backend.abandon(scratch, report),
            false => backend.release(scratch, report),
        }
    }

    /// Takes the head of what is made elsewhere. Its content is nobody's, unless the whole answer is
    /// wanted.
    fn begin_answer<S: Site>(
        &mut self,
        cx: &mut Context<S>,
        head: BackendHead,
        scratch: &mut [u8],
    ) {
        let Doing::Relaying(mut backend) = std::mem::replace(&mut self.doing, Doing::Over) else {
            return;
        };
        // What is kept is read to its end.
        let is_kept =
            !S::CACHES.is_empty() && !self.answerer.has_owner() && backend.outlives_client();
        if !self.answerer.is_whole() && !is_kept {
            drain(&mut *backend, scratch);
        }
        if !self.answerer.is_whole() {
            backend.end();
        }
        backend.tell_tries(&mut self.exchange.tries);
        let promised = head.content_len;
        let reply = self.exchange.answer_backend(cx, &self.origin, head);
        if let Reply::Content(_) = &reply
            && let Some((mut writer, reader)) = self.answerer.pipe(promised)
        {
            let Front { content, within, is_last } = backend.take_front();
            let is_full =
                writer.push(&content) | writer.push(scratch.get(within).unwrap_or_default());
            let mut body: Box<dyn Produce> = Box::new(reader);
            if let Some(filter) = cx.filter.take() {
                body = Box::new(Filtered::new(crate::coding::Source::Made(body), filter));
            }
            self.doing = Doing::Streaming(backend, writer);
            // What the log tells of goes on without the answer.
            let own = self.exchange.twin();
            let exchange = std::mem::replace(&mut self.exchange, Box::new(own));
            self.answerer.tell((exchange, Body::Made(body)));
            if is_full || is_last {
                self.end_stream_with(cx, false, scratch);
            }
            return;
        }
        if let (true, Reply::Content(_)) = (is_kept, &reply) {
            let is_last = backend.take_front().is_last;
            self.doing = Doing::Keeping(backend);
            if is_last {
                self.end_keeping_with(cx, false, scratch);
            }
            return;
        }
        let (exchange, origin) = (&self.exchange, &self.origin);
        backend.release(scratch, &mut |level, text| exchange.report(cx, origin, level, text));
        self.take(cx, reply);
    }

    /// Reads what somebody keeps, as far as it is there.
    fn keep<S: Site>(&mut self, cx: &mut Context<S>) {
        cx.with_scratch(|cx, scratch| {
            let mut turn_left = TURN_LEN;
            while let Doing::Keeping(backend) = &mut self.doing
                && (turn_left > 0 || backend.is_gone())
            {
                turn_left = turn_left.saturating_sub(scratch.len());
                match backend.read(scratch) {
                    Ok(Received::Nothing) => return,
                    // It is not kept any more.
                    Ok(Received::Content(_)) if !backend.outlives_client() => {
                        self.end_keeping_with(cx, true, scratch);
                    }
                    Ok(Received::Part | Received::Head(_) | Received::Content(_)) => {}
                    Ok(Received::Last(_) | Received::End { cut: false }) => {
                        self.end_keeping_with(cx, false, scratch);
                    }
                    Ok(Received::End { cut: true }) | Err(_) => {
                        self.end_keeping_with(cx, true, scratch);
                    }
                }
            }
        });
    }

    fn end_keeping<S: Site>(&mut self, cx: &mut Context<S>, is_cut: bool) {
        cx.with_scratch(|cx, scratch| self.end_keeping_with(cx, is_cut, scratch));
    }

    /// Nothing more comes of what is kept.
    fn end_keeping_with<S: Site>(&mut self, cx: &mut Context<S>, is_cut: bool, scratch: &mut [u8]) {
        let doing = std::mem::replace(&mut self.doing, Doing::Over);
        let Doing::Keeping(backend) = doing else { return };
        let (exchange, origin) = (&self.exchange, &self.origin);
        let report = &mut |level: Level, text: std::fmt::Arguments<'_>| {
            exchange.report(cx, origin, level, text);
        };
        match is_cut {
            true => backend.abandon(scratch, report),
            false => backend.release(scratch, report),
        }
        self.doing = self.end(cx, Body::Empty);
    }

    fn fail<S: Site>(&mut self, cx: &mut Context<S>, refusal: &Refusal) {
        cx.with_scratch(|cx, scratch| self.fail_with(cx, refusal, scratch));
    }

    /// Answers in place of who does not.
    fn fail_with<S: Site>(&mut self, cx: &mut Context<S>, refusal: &Refusal, scratch: &mut [u8]) {
        let Doing::Relaying(mut backend) = std::mem::replace(&mut self.doing, Doing::Over) else {
            return;
        };
        backend.end();
        backend.tell_tries(&mut self.exchange.tries);
        let (exchange, origin) = (&self.exchange, &self.origin);
        backend.abandon(scratch, &mut |level, text| exchange.report(cx, origin, level, text));
        let reply = self.exchange.fail_backend(cx, &self.origin, refusal);
        self.take(cx, reply);
    }

    /// Writes to the error log what has gone wrong.
    fn report<S: Site>(&mut self, cx: &mut Context<S>) {
        let Doing::Relaying(backend) = &mut self.doing else { return };
        let (exchange, origin) = (&self.exchange, &self.origin);
        cx.with_scratch(|cx, scratch| {
            backend.report(scratch, &mut |level, text| exchange.report(cx, origin, level, text));
        });
    }
}

/// Has a script started.
fn start_script<S: Site>(cx: &Context<S>, call: cgi::Call) -> io::Result<cgi::Running> {
    match &cx.spawner {
        Some(spawner) => cgi::Running::start(spawner, cx.token, call),
        None => Err(io::ErrorKind::BrokenPipe.into()),
    }
}

/// Takes a content that nobody reads, as far as it is there and short.
fn drain(backend: &mut dyn Backend, scratch: &mut [u8]) {
    let mut left = DRAINED_LEN;
    let mut is_whole = backend.take_front().is_last;
    while !is_whole && left > 0 {
        let len = match backend.read(scratch) {
            Ok(Received::Content(len)) => len,
            Ok(Received::Part) => PART_LEN,
            Ok(Received::Nothing) | Err(_) => return,
            Ok(Received::Head(_) | Received::Last(_) | Received::End { .. }) => {
                is_whole = true;
                0
            }
        };
        left = left.saturating_sub(len);
    }
}
