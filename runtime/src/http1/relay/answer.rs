//! The way back: from a backend's head to the end of what the client is sent.

use crate::backend::{Backend, Front};
use crate::compiled::Exchange;
use crate::context::Context;
use crate::exchange::{BackendHead, Gathered, Refusal};
use crate::http::response::{HEAD_LEN, Persistence, write_interim};
use crate::http1::framing::{ContentWriter, Transfer};
use crate::http1::states::{After, Sending};
use crate::http1::{Connection, State};
use crate::output::{COPIED_LEN, Copying, Limit, Output};
use crate::serving::Reply;
use crate::site::{Level, Site};

use crate::http1::session::{Ending, Session};

/// The longest front of a response that is held back.
const HELD_LEN: usize = 4096;

impl Connection {
    /// Passes on what was said before the answer, where it may be.
    pub(super) fn pass_interim<S: Site>(&mut self, cx: &mut Context<S>) {
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
    pub(super) fn begin_relayed<S: Site>(
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
        let leads_to_name = head.status >= 300 && session.exchange.has_error_page(head.status)
            || head.fields.get("X-Accel-Redirect").is_some_and(|it| it.starts_with(b"@"));
        if leads_to_name && !S::UPSTREAMS.is_empty() {
            session.exchange.gathered = gathered_again(&*session.backend);
        }
        let promised = head.content_len;
        let reply = session.exchange.answer_backend(cx, &self.client, head);
        let Reply::Content(len) = reply else {
            let Session { mut exchange, mut backend, reader, output, .. } = *session;
            backend.end();
            backend.tell_tries(&mut exchange.tries);
            if let Some(backend) = self.leave_to_keep(cx, &exchange, backend) {
                backend.release(scratch, &mut |level, text| {
                    exchange.report(cx, &self.client, level, text);
                });
            }
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
        let Front { content, within, is_last } = backend.take_front();
        let copied_len = (content.len() + within.len()).min(COPIED_LEN);
        output.buffer().reserve(HEAD_LEN + exchange.fields.lines().len() + copied_len);
        self.write_head(cx.date.text(), output, exchange, persistence);
        let (transport, turn) = (&mut self.client.transport, &mut cx.turn);
        let mut is_full = session.frame(&content, transport, turn);
        is_full |= session.frame(scratch.get(within).unwrap_or_default(), transport, turn);
        let ending = (is_full || is_last).then(|| session.end_content(cx, &self.client));
        self.state = State::Relay(session);
        match ending {
            Some(ending) => self.end_relay(cx, ending, scratch),
            None => self.hold_or_send(cx, scratch),
        }
    }

    /// Has a content kept that the client does not want, or not all of. Who makes it comes back where nothing
    /// more is to be kept.
    fn leave_to_keep<S: Site>(
        &self,
        cx: &mut Context<S>,
        exchange: &Exchange,
        mut backend: Box<dyn Backend>,
    ) -> Option<Box<dyn Backend>> {
        let is_kept = S::SUBREQUESTS && !S::CACHES.is_empty() && backend.outlives_client();
        match is_kept && !backend.take_front().is_last {
            true => cx.subrequests.keep(&self.client, exchange.twin(), backend),
            false => Some(backend),
        }
    }

    /// Sends what there is, unless it is the front of the response and short. Whether more output
    /// is to be read now.
    pub(super) fn hold_or_send<S: Site>(
        &mut self,
        cx: &mut Context<S>,
        scratch: &mut [u8],
    ) -> bool {
        let State::Relay(session) = &mut self.state else { return false };
        let hold_ms = session.backend.hold_ms();
        let has_begun = session.output.taken_len() > 0;
        if hold_ms == 0 || has_begun || session.output.buffered_len() > HELD_LEN {
            return self.send_relayed(cx, scratch);
        }
        session.held_until_ms.get_or_insert(cx.now.monotonic_ms + hold_ms);
        true
    }

    /// Sends what there is. Whether more is to be read.
    pub(super) fn send_relayed<S: Site>(
        &mut self,
        cx: &mut Context<S>,
        scratch: &mut [u8],
    ) -> bool {
        let State::Relay(session) = &mut self.state else { return false };
        session.held_until_ms = None;
        if session.discards {
            session.output.clear();
            // Nobody goes on where what it was for is given up.
            let goes_on = session.backend.outlives_client();
            if !goes_on {
                self.abandon_relay(cx, scratch);
            }
            return goes_on;
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
    pub(super) fn end_relay<S: Site>(
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
            part,
            ..
        } = *session;
        if ending == Ending::Cut && writer.is_some_and(|writer| writer.ends_by_close()) {
            // Without a reset, it would look whole.
            self.client.transport.break_on_close();
        }
        let cut_words = backend.cut_words();
        backend.end();
        backend.tell_tries(&mut exchange.tries);
        let rest = match part.is_some() && ending == Ending::Complete {
            true => self.leave_to_keep(cx, &exchange, backend),
            false => Some(backend),
        };
        if let Some(backend) = rest {
            backend.release(scratch, &mut |level, text| {
                exchange.report(cx, &self.client, level, text);
            });
        }
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
    pub(super) fn fail_relay<S: Site>(
        &mut self,
        cx: &mut Context<S>,
        refusal: &Refusal,
        scratch: &mut [u8],
    ) -> bool {
        let State::Relay(session) = std::mem::replace(&mut self.state, State::Closed) else {
            return false;
        };
        let Session { mut exchange, mut backend, reader, output, persistence, .. } = *session;
        backend.end();
        backend.tell_tries(&mut exchange.tries);
        let again = gathered_again(&*backend);
        backend.abandon(scratch, &mut |level, text| {
            exchange.report(cx, &self.client, level, text);
        });
        if persistence.is_some() || output.buffered_len() > 0 {
            exchange.report(cx, &self.client, refusal.level, format_args!("{}", refusal.reason));
            self.send_rest(cx, output, exchange, After::Break);
        } else {
            if !S::UPSTREAMS.is_empty() && exchange.has_error_page(refusal.status) {
                exchange.gathered = again;
            }
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

/// The content that a backend was given, for who is asked next.
fn gathered_again(backend: &dyn Backend) -> Option<Gathered> {
    backend.content_again().map(|(input, len)| Gathered { input, len })
}
