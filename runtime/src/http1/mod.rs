//! A client that speaks HTTP/1 (RFC 9112): its state, and the bytes that it has sent and that were not
//! used yet. What to poll for and when to give up follow from the state. Framing, persistence and
//! pipelining are known here alone.

mod composed;
mod frames;
mod framing;
mod persistence;
mod proxied;
mod relay;
mod request;
mod response;
mod secured;
mod session;
mod states;
mod streams;
mod tunnel;
mod waiting;

use std::io;
use std::os::fd::{AsFd, BorrowedFd};

use crate::connection::{Deadline, Interests, Next, Place, Source, Stake, in_steps, slow};
use crate::context::{Client, Context};
use crate::counts::Phase;
use crate::http::body::BodyReader;
use crate::http::head::{Unfinished, skip_empty_lines};
use crate::http2::session::Session as Frames;
use crate::poll_set::Interest;
use crate::serving::MAX_ANSWER_MS;
use crate::site::{Server, Settings, Site};

pub use request::limits;
use request::{timed_out, too_slow};
pub use response::GATHERED_LEN;
use session::Session;
use states::{After, Pending, Sending, Waiting, Working};
pub use streams::Born;
use tunnel::Tunneling;

/// When a request that takes longer goes on, if its socket takes nothing.
const STEP_MS: u64 = 10;

/// What a connection waits for, in the order in which a request passes the states.
enum State {
    /// A head, or the rest of one: `input` has what is there.
    Head,
    /// The content of a request that is not answered before it is read.
    Content(Box<Pending>),
    /// A turn, to go on with what takes longer: the socket, which mostly takes something, tells of
    /// it at once.
    Working(Box<Working>),
    /// What a request comes to later, without being worked at meanwhile.
    Waiting(Box<Waiting>),
    /// What makes the response elsewhere.
    Relay(Box<Session>),
    /// Either side: another protocol is spoken.
    Tunnel(Box<Tunneling>),
    /// Frames of HTTP/2, or that the client takes some.
    Frames(Box<Frames>),
    /// The socket takes more of a response.
    Sending(Box<Sending>),
    /// Content that comes behind its response.
    Draining { reader: BodyReader, until_ms: u64 },
    /// The end of the stream, or silence: all is said, and what still comes is thrown away, so
    /// that a reset does not destroy the response on its way (RFC 9112, 9.6).
    Lingering { until_ms: u64 },
    /// Nothing.
    Closed,
}

/// Whether a state has what it needs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Step {
    /// The state has changed, or there is more to use.
    Again,
    /// More input is needed.
    More,
}

/// One client.
pub struct Connection {
    client: Client,
    state: State,
    /// Whether a header of the PROXY protocol comes first.
    awaits_proxy: bool,
    /// Whether TLS begins then.
    awaits_hello: bool,
    /// Whether its handshake is under way and is to be counted.
    shakes_hands: bool,
    /// Bytes received and not used yet.
    input: Vec<u8>,
    /// How far they were looked through, where they are a head that is not whole.
    unfinished: Unfinished,
    /// When the first byte of the head under way came; `None` between requests.
    head_began_ms: Option<u64>,
    /// The settings of the last response, or the default server's.
    settings: &'static Settings,
    server: &'static Server,
    nodelay: bool,
    /// Streams that have begun and have to wait.
    born: Vec<Born>,
}

impl Connection {
    /// A connection that was just accepted.
    pub fn new<S: Site>(client: Client) -> Connection {
        let server = S::server_settings(S::LISTENS[usize::from(client.listen)].default_server);
        let settings = S::location(server.location).settings;
        Connection {
            awaits_proxy: S::LISTENS[usize::from(client.listen)].proxy_protocol,
            awaits_hello: S::LISTENS[usize::from(client.listen)].tls,
            shakes_hands: false,
            client,
            state: State::Head,
            input: Vec::new(),
            unfinished: Unfinished::default(),
            head_began_ms: None,
            settings,
            server,
            nodelay: false,
            born: Vec::new(),
        }
    }

    /// What to poll of the client.
    pub fn descriptor(&self) -> BorrowedFd<'_> {
        self.client.transport.as_fd()
    }

    /// How long it may take for the first head to be whole.
    pub fn first_timeout_ms(&self) -> u64 {
        self.server.client_header_timeout_ms
    }

    /// Whether it waits between two requests, so that closing it loses nothing.
    pub fn is_idle(&self) -> bool {
        match &self.state {
            State::Head => self.input.is_empty(),
            State::Frames(session) => self.input.is_empty() && session.is_idle(),
            _ => false,
        }
    }

    /// Whether it has brought a request.
    pub fn has_asked(&self) -> bool {
        self.client.requests > 0
    }

    /// What it is counted as.
    pub fn phase(&self) -> Phase {
        match self.state {
            State::Head if self.input.is_empty() => Phase::Waiting,
            State::Head => Phase::Reading,
            State::Closed => Phase::Waiting,
            State::Frames(ref session) if session.mux.open_count() == 0 => Phase::Waiting,
            _ => Phase::Writing,
        }
    }

    /// Whether `poll(2)` should watch for input and nothing else, as mostly.
    pub fn only_reads(&self) -> bool {
        let is_other = matches!(
            self.state,
            State::Relay(_)
                | State::Tunnel(_)
                | State::Frames(_)
                | State::Sending(_)
                | State::Working(_)
                | State::Waiting(_)
        );
        !is_other
            && !self.is_stream()
            && self.client.transport.interest(Interest::Read) == Interest::Read
    }

    /// What `poll(2)` should watch. Derived on every turn, so that it cannot disagree with the
    /// state.
    pub fn interests(&self) -> Interests {
        let mut interests = match &self.state {
            State::Relay(session) => session.interests(!self.input.is_empty()),
            State::Tunnel(tunneling) => tunneling.interests(),
            State::Frames(session) => frames::interests(session),
            State::Sending(sending) if sending.output.paused_until_ms().is_some() => {
                Interests::default()
            }
            State::Sending(sending) if sending.output.waits() => {
                sending.awaiting_interests(&self.input, self.is_stream())
            }
            State::Sending(_) | State::Working(_) => Interests::of_client(Interest::Write),
            State::Waiting(waiting) if !waiting.listens(&self.input) => Interests::default(),
            _ => Interests::of_client(Interest::Read),
        };
        let wanted = interests.client;
        interests.client = wanted.map(|wanted| self.client.transport.interest(wanted));
        interests
    }

    /// Reads or writes, as the state wants it, and goes on as far as that leads.
    pub fn on_ready<S: Site>(&mut self, cx: &mut Context<S>, source: Source) -> Next {
        if S::HTTP2 && source == Source::Client && self.take_stream_reset() {
            return self.on_stream_reset(cx);
        }
        match (&self.state, source) {
            (State::Frames(_), Source::Client) if S::HTTP2 => self.on_frames_ready(cx),
            // Without scripts in the site, their code is not in the binary.
            (State::Relay(_), _) if S::RELAYS => self.on_backend_ready(cx, source),
            (State::Tunnel(_), _) if !S::UPSTREAMS.is_empty() => self.on_tunnel_ready(cx, source),
            (State::Sending(sending), Source::Client)
                if S::ATTENDS && sending.output.waits() && !self.is_stream() =>
            {
                self.receive(cx)
            }
            (State::Sending(_), Source::Client) => {
                self.continue_sending(cx);
                self.resume(cx)
            }
            (State::Working(_), Source::Client) if !S::DAV.is_empty() => {
                self.continue_working(cx);
                self.resume(cx)
            }
            (_, Source::Client) => self.receive(cx),
            // It has told before the script was let go.
            _ => Next::Wait(Deadline::Keep),
        }
    }

    /// Reads from the client, and goes on as far as that leads.
    fn receive<S: Site>(&mut self, cx: &mut Context<S>) -> Next {
        if S::HTTP2 && self.is_stream() {
            return self.receive_from_stream(cx);
        }
        if let State::Content(pending) = &mut self.state
            && self.input.is_empty()
            && let Some(received) =
                pending.receive(&mut self.client.transport, self.settings.client_max_body_size)
        {
            return match received {
                Ok(1..) => self.advance(cx, &[]),
                nothing => self.on_nothing(cx, nothing),
            };
        }
        let mut scratch = std::mem::take(&mut cx.scratch);
        let kept = self.input.len();
        let received = self.client.transport.read(&mut scratch[kept..]);
        if S::METRICS.is_some() && S::TLS.is_some() {
            self.count_handshake(cx);
        }
        if let Ok(len @ 1..) = received {
            // Empty lines are nothing to wait longer for.
            if self.is_between_requests() && skip_empty_lines(&scratch[..len]).is_empty() {
                cx.scratch = scratch;
                return Next::Wait(Deadline::Keep);
            }
            if kept > 0 {
                if self.keeps_for_head(&scratch[kept..kept + len]) {
                    cx.scratch = scratch;
                    return self.wait(cx);
                }
                scratch[..kept].copy_from_slice(&self.input[..kept]);
                self.input.clear();
            }
            let next = self.advance(cx, &scratch[..kept + len]);
            cx.scratch = scratch;
            return next;
        }
        cx.scratch = scratch;
        self.on_nothing(cx, received)
    }

    /// A read has brought nothing: there is nothing yet, or no more.
    fn on_nothing<S: Site>(&mut self, cx: &mut Context<S>, received: io::Result<usize>) -> Next {
        match received {
            Err(error) if is_transient(&error) => Next::Wait(Deadline::Keep),
            Err(error) if S::TLS.is_some() && secured::is_broken(&self.client, &error) => {
                self.note_failed_handshake(cx, &error);
                self.on_end(cx, true)
            }
            result => self.on_end(cx, result.is_err()),
        }
    }

    /// Whether it has had a request, and waits for the next.
    fn is_between_requests(&self) -> bool {
        matches!(self.state, State::Head) && self.client.requests > 0 && self.input.is_empty()
    }

    /// Whether there is nothing to do with more input than to keep it, which is done then: a head
    /// is under way that is not to be parsed again yet.
    fn keeps_for_head(&mut self, more: &[u8]) -> bool {
        if !matches!(self.state, State::Head) || self.awaits_proxy {
            return false;
        }
        self.input.extend_from_slice(more);
        !self.unfinished.is_to_be_parsed(&self.input, &limits(self.server))
    }

    /// The client sends no more, or is `gone`. A request that it has not finished is logged.
    fn on_end<S: Site>(&mut self, cx: &mut Context<S>, gone: bool) -> Next {
        match &mut self.state {
            State::Content(pending) => {
                (pending.exchange.status, pending.exchange.persist) = (400, false);
                pending.exchange.log(cx, &self.client);
            }
            State::Relay(_) if S::RELAYS => {
                return self.on_relay_client_end(cx, gone);
            }
            State::Waiting(_) if S::WAITS => return self.on_waiting_client_end(cx, gone),
            State::Sending(_) if S::ATTENDS => return self.on_awaiting_client_end(cx, gone),
            _ => {}
        }
        Next::Close
    }

    /// The deadline of what it waits for has passed.
    pub fn on_deadline<S: Site>(&mut self, cx: &mut Context<S>) -> Next {
        if matches!(self.state, State::Relay(_)) && S::RELAYS {
            return self.on_relay_deadline(cx);
        }
        if matches!(self.state, State::Tunnel(_)) && !S::UPSTREAMS.is_empty() {
            return self.end_tunnel(cx);
        }
        if matches!(self.state, State::Frames(_)) && S::HTTP2 {
            return self.on_frames_deadline(cx);
        }
        if matches!(self.state, State::Working(_)) && !S::DAV.is_empty() {
            self.continue_working(cx);
            return self.resume(cx);
        }
        if matches!(self.state, State::Waiting(_)) && S::WAITS {
            self.stop_waiting(cx);
            return self.resume(cx);
        }
        if matches!(&self.state, State::Sending(it) if it.output.paused_until_ms().is_some()) {
            self.continue_sending(cx);
            return self.resume(cx);
        }
        let slow = self.rate_left_ms(cx.now.monotonic_ms) == Some(0);
        let refusal = if slow { too_slow() } else { timed_out() };
        match std::mem::replace(&mut self.state, State::Closed) {
            // Nothing is known of a client that has not been told of.
            State::Head if self.awaits_proxy => Next::Close,
            State::Head if !self.input.is_empty() => {
                let mut exchange = cx.take_exchange();
                exchange.head.abandon(&self.input, &limits(self.server));
                self.input.clear();
                self.refuse(cx, exchange, refusal);
                self.advance(cx, &[])
            }
            State::Content(pending) => {
                self.refuse(cx, pending.exchange, refusal);
                self.advance(cx, &[])
            }
            State::Sending(sending) => {
                let Sending { mut output, exchange, .. } = *sending;
                self.log_sent(cx, exchange, output.tally());
                if self.settings.reset_timedout_connection {
                    // It saves memory.
                    self.client.transport.break_on_close();
                }
                Next::Close
            }
            _ => Next::Close,
        }
    }

    /// Uses up `data`, as far as it goes, and keeps the rest.
    fn advance<S: Site>(&mut self, cx: &mut Context<S>, mut data: &[u8]) -> Next {
        loop {
            let step = match self.state {
                State::Head if data.is_empty() => Step::More,
                // Without such a listen in the site, the code is not in the binary.
                State::Head if self.awaits_proxy && S::PROXY_PROTOCOL => {
                    self.advance_proxy_header(cx, &mut data)
                }
                State::Head if self.awaits_hello && S::TLS.is_some() => {
                    self.advance_to_secured(cx, &mut data)
                }
                State::Head if self.may_speak_http2::<S>(data) => self.advance_preface(cx, data),
                // Further requests wait for the next turn, as if the client took no more now.
                State::Head if cx.turn.is_over() => {
                    self.send(cx, None, After::Head);
                    Step::More
                }
                State::Head => self.advance_head(cx, &mut data),
                State::Content(_) => self.advance_content(cx, &mut data),
                State::Draining { .. } => self.advance_draining(&mut data),
                State::Relay(_) if S::RELAYS => self.advance_relay(cx, &mut data),
                State::Tunnel(ref mut tunneling) => {
                    tunneling.feed(data);
                    data = &[];
                    Step::More
                }
                State::Frames(_) if S::HTTP2 => self.advance_frames(cx, &mut data),
                State::Frames(_)
                | State::Sending(_)
                | State::Relay(_)
                | State::Working(_)
                | State::Waiting(_) => Step::More,
                State::Lingering { .. } => {
                    data = &[];
                    Step::More
                }
                State::Closed => return Next::Close,
            };
            if S::HTTP2 && step == Step::More && data.is_empty() && self.end_stream_content() {
                continue;
            }
            if step == Step::More && cx.output.buffered_len() > 0 {
                self.send(cx, None, After::Head);
            } else if step == Step::More {
                break;
            }
        }
        if !data.is_empty() {
            self.input.extend_from_slice(data);
        }
        self.wait(cx)
    }

    /// Goes on with what was received already, in a state that may be another one now.
    fn resume<S: Site>(&mut self, cx: &mut Context<S>) -> Next {
        let input = std::mem::take(&mut self.input);
        self.advance(cx, &input)
    }

    /// How long the client may go on as slowly as it does, if there is a bound: of a head, of
    /// content, or of a response that it takes.
    fn rate_left_ms(&mut self, now_ms: u64) -> Option<u64> {
        let rate = self.settings.client_min_rate;
        match &mut self.state {
            State::Head => {
                let (rate, began_ms) = (rate?, self.head_began_ms?);
                let time_ms = rate.grace_ms.saturating_add(rate.time_ms(self.input.len() as u64));
                Some((began_ms.saturating_add(time_ms)).saturating_sub(now_ms))
            }
            State::Content(pending) => {
                let (moved, most_ms) =
                    (pending.exchange.content_len, self.settings.client_body_timeout_ms);
                pending.pace.look(now_ms, moved, true, rate, most_ms)
            }
            State::Sending(sending) => {
                let (moved, most_ms) = (sending.output.taken_len(), self.settings.send_timeout_ms);
                let waits = sending.output.paused_until_ms().is_none() && !sending.output.waits();
                sending.pace.look(now_ms, moved, waits, rate, most_ms)
            }
            _ => None,
        }
    }

    /// What closing the connection to make room would lose.
    pub fn stake(&self, now_ms: u64) -> Stake {
        let slow = match &self.state {
            State::Head if self.input.is_empty() => return Stake::Nothing,
            State::Draining { .. } | State::Lingering { .. } => return Stake::Rest,
            State::Head => {
                let waited_ms = now_ms.saturating_sub(self.head_began_ms.unwrap_or(now_ms));
                slow(waited_ms, self.input.len() as u64)
            }
            State::Content(pending) => pending.pace.slow(now_ms),
            State::Relay(session) => session.pace.slow(now_ms),
            State::Sending(sending) => sending.pace.slow(now_ms),
            State::Frames(session) => return frames::stake(self, session, now_ms),
            State::Tunnel(_) | State::Working(_) | State::Waiting(_) | State::Closed => None,
        };
        slow.map_or(Stake::Work, Stake::Slow)
    }

    /// Its number, given once.
    pub fn serial(&self) -> u64 {
        self.client.serial
    }

    /// Where the client is, as far as one that has many addresses can be told.
    pub fn place(&self) -> Place {
        Place::of(self.client.peer.map(|peer| peer.ip()))
    }

    /// Ends what is under way, to make room for others.
    pub fn give_way<S: Site>(&mut self, cx: &mut Context<S>) -> Next {
        if matches!(self.state, State::Waiting(_)) && S::WAITS {
            return self.on_waiting_client_end(cx, true);
        }
        if let State::Sending(sending) = &mut self.state {
            sending.output.end_limit();
        }
        self.on_deadline(cx);
        // The answer to its end may be a script's.
        if matches!(self.state, State::Relay(_)) && S::RELAYS {
            return cx.with_scratch(|cx, scratch| self.abandon_relay(cx, scratch));
        }
        Next::Close
    }

    /// What the state waits for, and for how long.
    fn wait<S: Site>(&mut self, cx: &Context<S>) -> Next {
        let now_ms = cx.now.monotonic_ms;
        let left_ms = |until_ms: u64| until_ms.saturating_sub(now_ms);
        let timeout_ms = match &mut self.state {
            State::Head if self.input.is_empty() => {
                if self.input.capacity() > 0 {
                    self.input = Vec::new();
                }
                match self.client.requests {
                    0 => return Next::Wait(Deadline::Keep),
                    _ if cx.leaving => return Next::Close,
                    _ => self.settings.keepalive_timeout.wait_ms,
                }
            }
            State::Head => {
                let began_ms = *self.head_began_ms.get_or_insert(now_ms);
                let first = self.client.requests == 0;
                let since_ms = if first { self.client.accepted_ms } else { began_ms };
                let until_ms = since_ms.saturating_add(self.server.client_header_timeout_ms);
                return self.wait_in_steps(now_ms, in_steps(left_ms(until_ms)));
            }
            State::Content(_) => {
                return self.wait_in_steps(now_ms, self.settings.client_body_timeout_ms);
            }
            State::Relay(session) => {
                return Next::Wait(Deadline::In(session.timeout_ms(self.settings, now_ms)));
            }
            State::Tunnel(tunneling) => {
                return Next::Wait(Deadline::In(tunneling.timeout_ms()));
            }
            State::Frames(session) => {
                // Memory of what waits is given up where nothing does.
                if self.input.is_empty() && self.input.capacity() > 0 {
                    self.input = Vec::new();
                }
                let session = &mut **session;
                return Next::Wait(Deadline::In(frames::timeout_ms(
                    self.settings,
                    self.server,
                    self.client.accepted_ms,
                    (session, now_ms),
                )));
            }
            State::Draining { until_ms, .. } | State::Lingering { until_ms } => {
                self.settings.lingering_timeout_ms.min(left_ms(*until_ms))
            }
            // What takes longer does not wait for a client that takes nothing.
            State::Working(_) => return Next::Wait(Deadline::In(STEP_MS)),
            State::Waiting(waiting) => {
                return Next::Wait(Deadline::In(waiting.left_ms(now_ms)));
            }
            // Who makes what it waits for has a time of its own. A client that sends no more has mostly
            // closed, which nobody hears of where nothing is sent; the few that still read get what comes
            // soon.
            State::Sending(sending) if sending.output.waits() => {
                let most_ms = match sending.client_ended {
                    true => self.settings.lingering_timeout_ms,
                    false => MAX_ANSWER_MS,
                };
                let until_ms = sending.still_since_ms(now_ms).saturating_add(most_ms);
                return Next::Wait(Deadline::In(left_ms(until_ms)));
            }
            State::Sending(sending) => {
                return match sending.output.paused_until_ms() {
                    Some(until_ms) => {
                        sending.stop_clock();
                        self.rate_left_ms(now_ms);
                        Next::Wait(Deadline::In(left_ms(until_ms)))
                    }
                    None => {
                        let since_ms = sending.still_since_ms(now_ms);
                        let until_ms = since_ms.saturating_add(self.settings.send_timeout_ms);
                        self.wait_in_steps(now_ms, left_ms(until_ms))
                    }
                };
            }
            State::Closed => 0,
        };
        match timeout_ms {
            0 => Next::Close,
            _ => Next::Wait(Deadline::In(timeout_ms)),
        }
    }

    /// Waits for the client so long, or until it is too slow. Without time left, the deadline is
    /// due in this turn.
    fn wait_in_steps(&mut self, now_ms: u64, timeout_ms: u64) -> Next {
        let left_ms = self.rate_left_ms(now_ms).map_or(timeout_ms, in_steps);
        Next::Wait(Deadline::In(left_ms.min(timeout_ms)))
    }
}

/// Whether a read may succeed later.
fn is_transient(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted)
}
