//! Responses: gathered, sent, and what follows them.

use std::io;

use crate::compiled::Exchange;
use crate::context::Context;
use crate::http::body::{BodyReader, Framing};
use crate::http::date;
use crate::http::response::{Persistence, write_head};
use crate::output::{Body, Copying, Limit, Output, Progress, Tally};
use crate::serving::{Later, Reply};
use crate::site::{Lingering, Site};

use super::framing::{self, Transfer};
use super::states::{After, Left, Sending, Working};
use super::{Connection, State};

/// Responses to pipelined requests are gathered up to this length before they are sent.
pub const GATHERED_LEN: usize = 64 * 1024;

impl Connection {
    /// Does what a reply says that takes no content of the request; `content` is what is still
    /// to come of that.
    pub(super) fn answer<S: Site>(
        &mut self,
        cx: &mut Context<S>,
        exchange: Box<Exchange>,
        reply: Reply,
        content: Option<BodyReader>,
    ) {
        match reply {
            Reply::Later(Later::Script(call)) if S::RELAYS => {
                let reader = content.unwrap_or(BodyReader::new(Framing::Length(0)));
                self.start_script(cx, exchange, *call, reader, b"");
            }
            Reply::Later(Later::Proxy(call)) if !S::UPSTREAMS.is_empty() => {
                let reader = content.unwrap_or(BodyReader::new(Framing::Length(0)));
                self.start_proxying(cx, exchange, *call, reader, b"");
            }
            Reply::Later(Later::Wait(wait)) if S::WAITS => {
                self.begin_to_wait(cx, exchange, wait, Left::Of(content));
            }
            reply => self.queue(cx, exchange, reply, content),
        }
    }

    /// Puts a response into the output, and sends that unless more responses may be gathered.
    /// `content` is what is still to come: the rest of the request's content, or further
    /// requests where that is done.
    pub(super) fn queue<S: Site>(
        &mut self,
        cx: &mut Context<S>,
        mut exchange: Box<Exchange>,
        reply: Reply,
        content: Option<BodyReader>,
    ) {
        let body = match reply {
            Reply::Response(body) => body,
            // Responses to earlier requests come first.
            Reply::Later(Later::Work(work)) if !S::DAV.is_empty() => {
                let working = Box::new(Working { exchange, work, content });
                return self.send(cx, None, After::Work(working));
            }
            _ => {
                (exchange.status, exchange.persist) = (444, false);
                exchange.log(cx, &self.client);
                return self.send(cx, None, After::Break);
            }
        };
        let transfer = Transfer::of(body.promised_len(), &mut exchange);
        let persistence = self.persistence(cx, &exchange);
        let rate = exchange.rate(cx, &self.client);
        if let Some((per_second, after)) = rate {
            // What was gathered before it is not its own.
            let free = after.saturating_add(cx.output.buffered_len() as u64);
            cx.output.limit(Limit::new(per_second, free, exchange.started_ms));
        }
        let date = cx.date.text();
        self.write_head(date, &mut cx.output, &mut exchange, persistence);
        exchange.content_sent_len = body.len().unwrap_or(0);
        let whole = match S::TRAILERS && exchange.has_trailers {
            false => cx.output.append(body, transfer.chunks(false)),
            true => self.append_with_trailers(cx, &mut exchange, body, transfer),
        };
        let after = match (persistence, content) {
            // Its end is a part of it.
            _ if S::HTTP2 && self.is_stream() => After::Close { linger: false },
            (Persistence::Keep(_), Some(reader)) if !reader.is_done() => After::Drain(reader),
            (Persistence::Keep(_), _) => After::Head,
            (Persistence::Close | Persistence::Upgrade, content) => {
                After::Close { linger: content.is_some() }
            }
        };
        let is_short = cx.output.buffered_len() < GATHERED_LEN;
        if whole && rate.is_none() && matches!(after, After::Head) && is_short {
            exchange.is_complete = true;
            exchange.log(cx, &self.client);
            cx.recycle_exchange(exchange);
            self.enter_head();
        } else {
            self.send(cx, Some(exchange), after);
        }
    }

    /// Appends a content, framed so, and the fields that follow it. Whether more may be appended.
    fn append_with_trailers<S: Site>(
        &self,
        cx: &mut Context<S>,
        exchange: &mut Exchange,
        body: Body,
        transfer: Transfer,
    ) -> bool {
        let trailers = exchange.following(cx, &self.client);
        exchange.sent_trailers = Some(Box::new(trailers.clone()));
        if let Some(stream) = self.stream() {
            stream.set_trailers(trailers);
            return cx.output.append(body, transfer.chunks(true));
        }
        let (front, back) = framing::around(body.len(), &trailers);
        exchange.content_sent_len += (front.len() + back.len()) as u64;
        cx.output.buffer().extend_from_slice(&front);
        let whole = cx.output.append(body, transfer.chunks(true));
        cx.output.append_behind(&back);
        whole
    }

    /// Does some more of what takes longer, and makes the response once that is done. It is done
    /// to its end even if the client is gone.
    pub(super) fn continue_working<S: Site>(&mut self, cx: &mut Context<S>) {
        let State::Working(working) = &mut self.state else { return };
        if !working.work.step() {
            return;
        }
        if let State::Working(working) = std::mem::replace(&mut self.state, State::Head) {
            let Working { mut exchange, work, content } = *working;
            let reply = exchange.worked(cx, &self.client, work);
            self.settings = exchange.settings().unwrap_or(self.settings);
            self.answer(cx, exchange, reply, content);
        }
    }

    /// Appends the head of a response.
    pub(super) fn write_head(
        &self,
        date: &[u8; date::LEN],
        output: &mut Output,
        exchange: &mut Exchange,
        persistence: Persistence,
    ) {
        exchange.persistence = Some(persistence);
        let tokens = self.settings.server_tokens;
        if let Some(stream) = self.stream() {
            let status = match (exchange.head.is_tunnel, persistence) {
                (true, Persistence::Upgrade) => 200,
                // Success would say that there is a tunnel (RFC 8441, 5).
                (true, _) if (200..300).contains(&exchange.status) => 501,
                _ => exchange.status,
            };
            exchange.head_len = stream.write_head(status, date, tokens, &exchange.fields) as u64;
            return;
        }
        let buffer = output.buffer();
        let before = buffer.len();
        write_head(buffer, exchange.status, date, tokens, &exchange.fields, persistence);
        exchange.head_len = (buffer.len() - before) as u64;
    }

    /// Sends what is in the output, and enters the state that follows it.
    pub(super) fn send<S: Site>(
        &mut self,
        cx: &mut Context<S>,
        exchange: Option<Box<Exchange>>,
        after: After,
    ) {
        let (transport, copying) = (&mut self.client.transport, Copying::of(self.settings));
        let progress = cx.output.send(transport, copying, &mut cx.turn);
        match (progress, exchange, after) {
            (Ok(Progress::Done), None, After::Head) => self.persist(),
            (Ok(Progress::Blocked), exchange, after) => {
                let output = cx.output.take_rest();
                self.state = State::Sending(Box::new(Sending::new(output, exchange, after)));
                if self.attend(cx) {
                    self.continue_sending(cx);
                }
            }
            (progress, mut exchange, after) => {
                complete(exchange.as_deref_mut(), &progress, &after);
                let tally = cx.output.tally();
                self.log_sent(cx, exchange, tally);
                self.enter(cx, after, progress.is_err());
                cx.output.clear();
                cx.output.end_limit();
            }
        }
    }

    /// Sends more of what is under way, and enters the state that follows it once it is sent.
    pub(super) fn continue_sending<S: Site>(&mut self, cx: &mut Context<S>) {
        let progress = loop {
            let State::Sending(sending) = &mut self.state else { return };
            let (transport, copying) = (&mut self.client.transport, Copying::of(self.settings));
            let progress = sending.output.send(transport, copying, &mut cx.turn);
            if !matches!(progress, Ok(Progress::Blocked)) {
                break progress;
            }
            if !self.attend(cx) {
                return;
            }
        };
        if let State::Sending(sending) = std::mem::replace(&mut self.state, State::Closed) {
            let Sending { mut output, mut exchange, after, .. } = *sending;
            complete(exchange.as_deref_mut(), &progress, &after);
            self.log_sent(cx, exchange, output.tally());
            self.enter(cx, after, progress.is_err());
        }
    }

    /// Logs an exchange whose response was sent, as far as it was.
    pub(super) fn log_sent<S: Site>(
        &mut self,
        cx: &mut Context<S>,
        exchange: Option<Box<Exchange>>,
        tally: Tally,
    ) {
        if let Some(mut exchange) = exchange {
            if let Some(remark) = tally.remark {
                exchange.report(cx, &self.client, remark.0, format_args!("{}", remark.1));
            }
            exchange.encoded = tally.encoded.or(exchange.encoded);
            let content_len = exchange.content_sent_len + tally.made_len;
            exchange.content_sent_len = content_len.saturating_sub(tally.unsent_len);
            exchange.log(cx, &self.client);
            cx.recycle_exchange(exchange);
        }
    }

    /// Enters the state behind a response; if that has failed, there is only the end.
    pub(super) fn enter<S: Site>(&mut self, cx: &Context<S>, after: After, failed: bool) {
        let until_ms = cx.now.monotonic_ms + self.settings.lingering_time_ms;
        self.state = match after {
            _ if failed => State::Closed,
            After::Break => State::Closed,
            After::Head | After::Drain(_) | After::Close { .. } if self.is_stream() => {
                // It is known to be whole, and what still comes of the request is not wanted.
                let _ = self.client.transport.close_write();
                State::Closed
            }
            After::Head => return self.persist(),
            After::Content(pending) => State::Content(pending),
            After::Work(working) => State::Working(working),
            After::Waiting(waiting) => State::Waiting(waiting),
            After::Relay(session) => State::Relay(session),
            After::Drain(reader) => State::Draining { reader, until_ms },
            After::Close { linger } => {
                let linger = match self.settings.lingering_close {
                    Lingering::Off => false,
                    Lingering::On => linger,
                    Lingering::Always => true,
                };
                match linger && self.client.transport.close_write().is_ok() {
                    true => State::Lingering { until_ms },
                    false => State::Closed,
                }
            }
        };
        if matches!(self.state, State::Draining { .. }) {
            self.set_nodelay();
        }
    }

    /// Goes on with the next request behind a response that was sent.
    fn persist(&mut self) {
        self.enter_head();
        self.set_nodelay();
    }

    /// Waits for the next request; mostly it does so already.
    fn enter_head(&mut self) {
        if !matches!(self.state, State::Head) {
            self.state = State::Head;
        }
    }

    /// The first response went out whole; the next may be several writes.
    pub(super) fn set_nodelay(&mut self) {
        if self.settings.tcp_nodelay && !self.nodelay && self.client.peer.is_some() {
            self.client.transport.set_nodelay();
            self.nodelay = true;
        }
    }
}

/// Takes note of a response that was sent to its end, and is whole.
fn complete(exchange: Option<&mut Exchange>, progress: &io::Result<Progress>, after: &After) {
    if let Some(exchange) = exchange
        && matches!(progress, Ok(Progress::Done))
    {
        exchange.is_complete = !matches!(after, After::Break);
    }
}
