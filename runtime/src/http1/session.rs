//! What is known of a request whose response is made elsewhere, and what it waits for.

use crate::backend::Backend;
use crate::compiled::Exchange;
use crate::connection::{Interests, Pace, in_steps};
use crate::context::{Client, Context};
use crate::http::body::BodyReader;
use crate::http::response::Persistence;
use crate::output::{COPIED_LEN, Output, Turn};
use crate::poll_set::Interest;
use crate::site::{Settings, Site};
use crate::transport::Transport;

use super::framing::ContentWriter;

/// What the end of the content means for the response.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Ending {
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
    pub(super) exchange: Box<Exchange>,
    pub(super) backend: Box<dyn Backend>,
    /// The content that is still to come.
    pub(super) reader: BodyReader,
    /// Whether the backend was told that all content has come.
    pub(super) input_ended: bool,
    pub(super) output: Output,
    /// What frames the content, once the response has begun.
    pub(super) writer: Option<ContentWriter>,
    /// How much of the content is left out before that, and how much of it is sent; `None`: all.
    pub(super) part: Option<(u64, u64)>,
    /// Until when the front of the response is held back, if it is.
    pub(super) held_until_ms: Option<u64>,
    /// Whether the client has said that it sends no more: it is probably gone.
    pub(super) client_ended: bool,
    /// Whether it is, and the backend goes on all the same.
    pub(super) discards: bool,
    /// What the response's head has said, once it is written.
    pub(super) persistence: Option<Persistence>,
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
    pub(super) fn is_blocked(&self) -> bool {
        self.held_until_ms.is_none() && self.output.buffered_len() > 0
    }

    /// Whether more of the response is wanted now.
    pub(super) fn reads_backend(&self) -> bool {
        !self.is_blocked() || self.output.buffered_len() < self.backend.most_held()
    }

    /// Whether the client is to send content now.
    pub(super) fn wants_content(&self) -> bool {
        !self.reader.is_done() && self.backend.takes_content()
    }

    /// Frames a piece of the content; one that is worth it is sent at once, as far as the client takes
    /// it, and the rest is copied. Whether that is all that the head has promised.
    pub(super) fn frame(
        &mut self,
        piece: &[u8],
        transport: &mut Transport,
        turn: &mut Turn,
    ) -> bool {
        let Some(writer) = &mut self.writer else { return false };
        let mut piece = self.part.as_mut().map_or(piece, |part| cut(piece, part));
        let as_it_comes = writer.as_it_comes(piece);
        if as_it_comes.len() > COPIED_LEN && !self.discards {
            self.held_until_ms = None;
            let sent = self.output.send_through(as_it_comes, transport, turn);
            writer.skip(sent);
            self.exchange.content_sent_len += sent as u64;
            piece = &piece[sent..];
        }
        self.output.compact();
        let before = self.output.buffered_len();
        writer.write(piece, self.output.buffer());
        self.exchange.content_sent_len += (self.output.buffered_len() - before) as u64;
        writer.is_full()
    }

    /// Frames what an encoder holds back.
    pub(super) fn flush(&mut self) {
        let Some(writer) = &mut self.writer else { return };
        let before = self.output.buffered_len();
        writer.flush(self.output.buffer());
        self.exchange.content_sent_len += (self.output.buffered_len() - before) as u64;
    }

    /// Frames the end of the content, and the fields that follow it.
    pub(super) fn end_content<S: Site>(&mut self, cx: &mut Context<S>, client: &Client) -> Ending {
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
