//! A client that speaks HTTP/2: its frames are read here, its streams are opened, and what they send is
//! written. Which frame may come, and what streams share, is known to `http2`.

use super::streams::Born;
use super::{Connection, State, Step, limits};
use crate::connection::{Deadline, Interests, Next, Stake, in_steps, slow};
use crate::context::Context;
use crate::escape::Escaped;
use crate::exchange::Refusal;
use crate::http::body::Framing;
use crate::http::head::{BadFields, FieldsReader, TrailersReader};
use crate::http2::frame::{Code, Fault, PREFACE};
use crate::http2::mux::{Limits, Mux, Stream};
use crate::http2::priority::Priority;
use crate::http2::session::{Fields, FieldsKind, LAST_WAIT_MS, Session, Taken};
use crate::poll_set::Interest;
use crate::secured::Told;
use crate::site::{Level, Server, Settings, Site};

/// How much of the preface no request of HTTP/1 begins with.
const TELLING_LEN: usize = b"PRI ".len();

impl Connection {
    /// Whether a client that begins so may speak HTTP/2: TLS has agreed on that, or its listen takes
    /// those who know it beforehand.
    pub(super) fn may_speak_http2<S: Site>(&self, data: &[u8]) -> bool {
        if !S::HTTP2 || self.client.requests > 0 {
            return false;
        }
        let len = data.len().min(TELLING_LEN);
        match self.client.transport.is_secured() {
            true => self.has_agreed_on_http2(),
            false => {
                let listen = self.client.listen;
                // Nobody has asked for another server than the default one yet.
                let speaks = self.server.http2 || S::HTTP2_LISTENS.contains(&listen);
                speaks && data[..len] == PREFACE[..len]
            }
        }
    }

    fn has_agreed_on_http2(&self) -> bool {
        self.client.transport.agreed().is_some_and(|agreed| agreed.alpn == b"h2")
    }

    /// Goes over to HTTP/2 once the client's first bytes tell that it speaks that.
    pub(super) fn advance_preface<S: Site>(&mut self, cx: &mut Context<S>, data: &[u8]) -> Step {
        if data.len() < TELLING_LEN && !self.has_agreed_on_http2() {
            return Step::More;
        }
        self.speak_http2(cx);
        Step::Again
    }

    /// Speaks HTTP/2 from now on: what comes next is the client's preface.
    pub(super) fn speak_http2<S: Site>(&mut self, cx: &mut Context<S>) {
        let conf = Limits {
            max_streams: self.server.http2_max_concurrent_streams,
            preread_len: self.server.http2_body_preread_len,
            chunk_len: self.settings.http2_chunk_len,
            tunnels: !S::UPSTREAMS.is_empty(),
        };
        let carried = &self.client.transport;
        let told = Told::of(carried.agreed(), |which, out| carried.write_client(which, out));
        let mux = Mux::new(cx.queue.clone(), (carried.scheme(), told), cx.token, conf);
        let session = Session::new(mux, limits(self.server).head_len, cx.now.monotonic_ms);
        self.set_nodelay();
        self.state = State::Frames(Box::new(session));
    }

    /// Reads frames, as far as they are whole, as the client takes what comes of them, and as others may
    /// wait.
    pub(super) fn advance_frames<S: Site>(
        &mut self,
        cx: &mut Context<S>,
        data: &mut &[u8],
    ) -> Step {
        let State::Frames(mut session) = std::mem::replace(&mut self.state, State::Closed) else {
            return Step::Again;
        };
        session.mux.begin_turn();
        let before = data.len();
        if let Err(fault) = self.read_frames(cx, &mut session, data) {
            self.note_bad(cx, &mut session, &fault);
            session.fail(fault.code, cx.now.monotonic_ms);
            *data = &[];
        }
        let (now_ms, within) = (cx.now.monotonic_ms, session.is_within_block());
        session.began_ms = match () {
            () if session.holds || data.is_empty() && !within => None,
            // What is not whole now began behind what was.
            () if data.len() < before && !within => Some(now_ms),
            () => session.began_ms.or(Some(now_ms)),
        };
        self.settle_frames(cx, session)
    }

    fn read_frames<S: Site>(
        &mut self,
        cx: &mut Context<S>,
        session: &mut Session,
        data: &mut &[u8],
    ) -> Result<(), Fault> {
        session.holds = false;
        if session.over_until_ms.is_some() {
            *data = &[];
            return Ok(());
        }
        session.take_preface(data)?;
        loop {
            if session.mux.is_blocked() || cx.turn.is_over() {
                session.holds = !data.is_empty();
                return Ok(());
            }
            let Some(Taken { len, fields, fault }) = session.take(data)? else { return Ok(()) };
            if let Some(fault) = fault {
                self.note_bad(cx, session, &fault);
            }
            *data = &data[len..];
            if let Some(fields) = fields
                && let Some(fault) = self.take_fields(cx, session, fields)?
            {
                self.note_bad(cx, session, &fault);
                session.mux.check_budget()?;
            }
        }
    }

    /// Takes a block of fields. `Err` is an error of the connection; one of the stream, which was reset
    /// then, is returned.
    fn take_fields<S: Site>(
        &mut self,
        cx: &mut Context<S>,
        session: &mut Session,
        fields: Fields<'_>,
    ) -> Result<Option<Fault>, Fault> {
        let bad_block = |reason| Fault::of_connection(Code::CompressionError, reason);
        let Fields { id, kind, ends, block } = fields;
        let fault = match kind {
            FieldsKind::Head => return self.take_head(cx, session, (id, ends), &block),
            FieldsKind::Trailers => {
                let mut trailers = TrailersReader::new(&limits(self.server));
                let decoded =
                    session.decoder.decode(&block, |name, value| trailers.take(name, value));
                decoded.map_err(|bad| bad_block(bad.0))?;
                let well_formed = match trailers.finish() {
                    Ok(()) if ends => Ok(()),
                    Ok(()) => Err((Code::ProtocolError, "trailers that do not end their stream")),
                    Err(BadFields::Malformed(reason)) => Err((Code::ProtocolError, reason)),
                    // There is no status for what comes behind a head.
                    Err(BadFields::Refused(_)) => {
                        Err((Code::EnhanceYourCalm, "trailers that are too large"))
                    }
                };
                let well_formed =
                    well_formed.map_err(|(code, reason)| Fault::of_stream(code, reason));
                match well_formed.and_then(|()| session.mux.receive_end(id)) {
                    Ok(()) => return Ok(None),
                    Err(fault) => fault,
                }
            }
            FieldsKind::Ignored | FieldsKind::Wrong | FieldsKind::Late => {
                let decoded = session.decoder.decode(&block, |_, _| {});
                decoded.map_err(|bad| bad_block(bad.0))?;
                match kind {
                    FieldsKind::Wrong => {
                        Fault::of_stream(Code::ProtocolError, "a stream that depends on itself")
                    }
                    FieldsKind::Late => {
                        Fault::of_stream(Code::StreamClosed, "fields behind the end of a stream")
                    }
                    _ => return Ok(None),
                }
            }
        };
        session.mux.reset(id, fault.code);
        Ok(Some(fault))
    }

    /// Takes the head of a request, and opens its stream.
    fn take_head<S: Site>(
        &mut self,
        cx: &mut Context<S>,
        session: &mut Session,
        (id, ends): (u32, bool),
        block: &[u8],
    ) -> Result<Option<Fault>, Fault> {
        let mut exchange = cx.take_exchange();
        let mut reader = FieldsReader::new(&mut exchange.head, &limits(self.server));
        let decoded = session.decoder.decode(block, |name, value| reader.take(name, value));
        let made = reader.finish(block.len(), ends);
        if let Err(bad) = decoded {
            cx.return_exchange(exchange);
            return Err(Fault::of_connection(Code::CompressionError, bad.0));
        }
        let fault = match &made {
            Err(BadFields::Malformed(reason)) => {
                Some(Fault::of_stream(Code::ProtocolError, reason))
            }
            _ if session.mux.is_full() => {
                Some(Fault::of_stream(Code::RefusedStream, "too many streams"))
            }
            _ => None,
        };
        if let Some(fault) = fault {
            cx.return_exchange(exchange);
            session.mux.reset(id, fault.code);
            return Ok(Some(fault));
        }
        // Mostly it is given back at once.
        let index = cx.places.take();
        self.count_request(cx);
        session.begin(id);
        let age_ms = cx.now.monotonic_ms.saturating_sub(self.client.accepted_ms);
        if !self.settings.keeps(self.client.requests, age_ms) {
            session.leave();
        } else if cx.leaving {
            session.leave_soon(cx.now.monotonic_ms);
        }
        exchange.started_ms = session.began_ms.unwrap_or(cx.now.monotonic_ms);
        let (refusal, priority) = match made {
            Ok(priority) => (None, priority.map(|value| Priority::parse(&value))),
            Err(BadFields::Refused(error)) => {
                (Some(Refusal::of_client(error.status, error.reason)), None)
            }
            Err(BadFields::Malformed(_)) => (None, None),
        };
        let left = match exchange.head.framing {
            // Of what is refused, the length may not be known.
            Framing::Length(len) if !ends && !exchange.head.is_tunnel && refusal.is_none() => {
                Some(len)
            }
            _ => None,
        };
        let token = cx.places.client_token(index);
        let stream =
            Stream::open(&session.mux, id, token, left, ends, priority.unwrap_or_default());
        let client = self.client.on_stream(stream);
        let mut connection = self.on_stream(client);
        let own = std::mem::replace(&mut cx.token, token);
        let next = connection.begin_stream(cx, exchange, refusal);
        cx.token = own;
        match next {
            Next::Wait(deadline) => self.born.push(Born { index, connection, deadline }),
            Next::Close => {
                drop(connection);
                cx.places.give_back(index);
            }
        }
        Ok(None)
    }

    /// Tells the error log of a client that breaks the protocol: once, since a line for each frame would
    /// be worse than the frames.
    fn note_bad<S: Site>(&self, cx: &Context<S>, session: &mut Session, fault: &Fault) {
        if std::mem::replace(&mut session.is_known_bad, true) {
            return;
        }
        let peer = self.client.peer.map_or("unix:".to_owned(), |peer| peer.ip().to_string());
        let (code, reason) = (fault.code.name(), fault.reason);
        let what = if fault.of_stream { "stream" } else { "connection" };
        let text = format_args!(
            "client broke HTTP/2: {reason} ({what} error {code}); more of this connection is not logged, \
             client: {}",
            Escaped(peer.as_bytes())
        );
        cx.report(Level::Info, text);
    }

    /// Sends what is gathered, and ends the connection once it is over and all is sent.
    fn settle_frames<S: Site>(&mut self, cx: &mut Context<S>, session: Box<Session>) -> Step {
        let transport = &mut self.client.transport;
        let flushed = session.mux.flush(|bytes| transport.write(bytes, false));
        let Ok((sent, is_all)) = flushed else {
            // Dropped, it tells the streams.
            self.state = State::Closed;
            return Step::Again;
        };
        if sent > 0 {
            cx.turn.count_flush();
        }
        if is_all && session.is_over() {
            let until_ms = cx.now.monotonic_ms + LAST_WAIT_MS;
            let until_ms = session.over_until_ms.unwrap_or(until_ms);
            self.state = match self.client.transport.close_write() {
                Ok(()) => State::Lingering { until_ms },
                Err(_) => State::Closed,
            };
            return Step::Again;
        }
        // What was held back because of what was to be sent goes on.
        let goes_on = session.holds && is_all && !cx.turn.is_over();
        self.state = State::Frames(session);
        if goes_on { Step::Again } else { Step::More }
    }

    /// The client can be read or written to.
    pub(super) fn on_frames_ready<S: Site>(&mut self, cx: &mut Context<S>) -> Next {
        let State::Frames(session) = &self.state else { return Next::Close };
        let holds = session.holds;
        if session.mux.has_output()
            && let Some(next) = self.flush_frames(cx)
        {
            return next;
        }
        let next = match holds {
            true => self.resume(cx),
            false => self.receive(cx),
        };
        match next {
            // Something was sent, if nothing was read.
            Next::Wait(Deadline::Keep) => self.wait(cx),
            next => next,
        }
    }

    /// Streams have something to send, or have ended.
    pub fn on_queued<S: Site>(&mut self, cx: &mut Context<S>) -> Next {
        if !matches!(self.state, State::Frames(_)) {
            return Next::Wait(Deadline::Keep);
        }
        self.flush_frames(cx).unwrap_or_else(|| self.resume(cx))
    }

    /// Sends what is gathered. `Some`: there is nothing else to do.
    fn flush_frames<S: Site>(&mut self, cx: &mut Context<S>) -> Option<Next> {
        let State::Frames(session) = std::mem::replace(&mut self.state, State::Closed) else {
            return Some(Next::Close);
        };
        session.mux.begin_turn();
        self.settle_frames(cx, session);
        match &self.state {
            State::Frames(session) if session.mux.is_blocked() => Some(self.wait(cx)),
            State::Frames(_) => None,
            State::Closed => Some(Next::Close),
            _ => Some(self.wait(cx)),
        }
    }

    /// The server is on its way out.
    pub fn on_leaving<S: Site>(&mut self, cx: &mut Context<S>) -> Next {
        let State::Frames(session) = &mut self.state else {
            return Next::Wait(Deadline::Keep);
        };
        session.leave_soon(cx.now.monotonic_ms);
        self.on_queued(cx)
    }

    /// Nothing has come for too long, or the client takes nothing.
    pub(super) fn on_frames_deadline<S: Site>(&mut self, cx: &mut Context<S>) -> Next {
        let State::Frames(session) = &mut self.state else { return Next::Close };
        if session.is_over() || session.mux.has_output() {
            if self.settings.reset_timedout_connection {
                self.client.transport.break_on_close();
            }
            return Next::Close;
        }
        let (now_ms, patience_ms) = (cx.now.monotonic_ms, self.server.client_header_timeout_ms);
        let was_due = session.due_ms(patience_ms).is_some_and(|due_ms| due_ms <= now_ms);
        if let Err(fault) = session.check_time(now_ms, patience_ms) {
            let State::Frames(mut session) = std::mem::replace(&mut self.state, State::Closed)
            else {
                return Next::Close;
            };
            self.note_bad(cx, &mut session, &fault);
            session.fail(fault.code, now_ms);
            self.state = State::Frames(session);
        } else if was_due {
            // The other times begin anew.
        } else if session.began_ms.is_some() || session.mux.open_count() == 0 {
            session.leave();
            session.over_until_ms = Some(cx.now.monotonic_ms + LAST_WAIT_MS);
            session.mux.kill();
        }
        self.on_queued(cx)
    }
}

/// What `poll(2)` should watch.
pub(super) fn interests(session: &Session) -> Interests {
    let reads = !session.holds && !session.mux.is_blocked();
    let writes = session.mux.has_output() || session.holds;
    let client = match (reads, writes) {
        (true, true) => Interest::Both,
        (true, false) => Interest::Read,
        (false, _) => Interest::Write,
    };
    Interests::of_client(client)
}

/// How long nothing may happen. Streams have deadlines of their own.
pub(super) fn timeout_ms(
    settings: &Settings,
    server: &Server,
    accepted_ms: u64,
    (session, now_ms): (&mut Session, u64),
) -> u64 {
    if let Some(until_ms) = session.over_until_ms {
        return until_ms.saturating_sub(now_ms).max(1);
    }
    session.note_progress(now_ms);
    let (rate, most_ms) = (settings.client_min_rate, settings.send_timeout_ms);
    let (silent_ms, slow_ms) = session.output_left_ms(now_ms, most_ms, rate);
    let until_ms = |since_ms: u64| {
        let until_ms = since_ms.saturating_add(server.client_header_timeout_ms);
        in_steps(until_ms.saturating_sub(now_ms))
    };
    let usual_ms = match session.began_ms {
        _ if session.mux.has_output() => {
            slow_ms.map_or(silent_ms, |slow_ms| silent_ms.min(in_steps(slow_ms))).max(1)
        }
        _ if !session.is_begun() => until_ms(accepted_ms),
        Some(began_ms) => until_ms(began_ms),
        None => {
            let since_ms = session.idle_since_ms.unwrap_or(now_ms);
            let until_ms = since_ms.saturating_add(settings.keepalive_timeout.wait_ms);
            until_ms.saturating_sub(now_ms).max(1)
        }
    };
    let due_ms = session.due_ms(server.client_header_timeout_ms);
    due_ms.map_or(usual_ms, |due_ms| usual_ms.min(due_ms.saturating_sub(now_ms).max(1)))
}

/// What closing the connection would lose.
pub(super) fn stake(connection: &Connection, session: &Session, now_ms: u64) -> Stake {
    match session.began_ms {
        _ if session.mux.open_count() > 0 => Stake::Work,
        Some(began_ms) => {
            let waited_ms = now_ms.saturating_sub(began_ms);
            let slow = slow(waited_ms, connection.input.len() as u64);
            slow.map_or(Stake::Work, Stake::Slow)
        }
        None if session.mux.has_output() => {
            session.pace.slow(now_ms).map_or(Stake::Work, Stake::Slow)
        }
        None => Stake::Nothing,
    }
}
