//! One client: its state, and the bytes that it has sent and that were not used yet. What to
//! poll for and when to give up follow from the state.

mod persistence;
mod script;

use std::io;
use std::os::fd::{AsFd, BorrowedFd, RawFd};

use crate::context::{Client, Context};
use crate::exchange::{Exchange, Reply};
use crate::handler::{Receiver, Refusal};
use crate::http::body::{BodyReader, Framing};
use crate::http::head::Limits;
use crate::http::response::{Persistence, write_head};
use crate::output::{Output, Progress};
use crate::poll_set::Interest;
use crate::site::{Lingering, Server, Settings, Site};
use crate::sys::net;

use script::Session;

/// Responses to pipelined requests are gathered up to this length before they are sent.
const GATHERED_LEN: usize = 64 * 1024;
/// What a client gets when it should send the content that it has announced.
const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

/// What a connection waits for, in the order in which a request passes the states.
enum State {
    /// A head, or the rest of one: `input` has what is there.
    Head,
    /// The content of a request that is not answered before it is read.
    Content(Box<Pending>),
    /// A script that makes the response.
    Script(Box<Session>),
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

/// A request whose content is read before the response is sent.
struct Pending {
    exchange: Box<Exchange>,
    reader: BodyReader,
    sink: Sink,
}

/// What becomes of a request's content.
enum Sink {
    /// It is thrown away: its framing may still prove wrong. This is the response.
    Discard(Reply),
    /// A handler takes it, and makes the response.
    Receive(Box<dyn Receiver>),
}

/// A response under way.
struct Sending {
    output: Output,
    /// The exchange, to be logged at the end. `None`: logged already.
    exchange: Option<Box<Exchange>>,
    after: After,
}

/// What follows a response.
enum After {
    /// The next request.
    Head,
    /// The content of a request whose response is held back.
    Content(Box<Pending>),
    /// The response of a script.
    Script(Box<Session>),
    /// The content of this one, then the next.
    Drain(BodyReader),
    /// The end; with a lingering read if something may still come.
    Close { linger: bool },
}

/// What the event loop should do with a connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Next {
    /// Wait for what it is interested in, with this deadline.
    Wait(Deadline),
    /// Close it.
    Close,
}

/// When a wait has lasted long enough.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Deadline {
    /// When it was already.
    Keep,
    /// So many milliseconds from now.
    In(u64),
}

/// A descriptor of a connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Source {
    /// The client.
    Socket,
    /// What the client's script reads.
    ScriptInput,
    /// What it writes.
    ScriptOutput,
    /// What it says about its troubles.
    ScriptErrors,
}

/// A pipe, and what to watch it for.
pub type Pipe = Option<(RawFd, Interest)>;

/// What `poll(2)` should watch of a connection.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Interests {
    /// The client.
    pub socket: Option<Interest>,
    input: Pipe,
    output: Pipe,
    errors: Pipe,
}

impl Interests {
    /// The pipes of its script.
    pub fn pipes(&self) -> [(Source, Pipe); 3] {
        [
            (Source::ScriptInput, self.input),
            (Source::ScriptOutput, self.output),
            (Source::ScriptErrors, self.errors),
        ]
    }
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
    /// Bytes received and not used yet.
    input: Vec<u8>,
    /// When the first byte of the head under way came; `None` between requests.
    head_began_ms: Option<u64>,
    /// The settings of the last response, or the default server's.
    settings: &'static Settings,
    server: &'static Server,
    nodelay: bool,
}

impl Connection {
    /// A connection that was just accepted.
    pub fn new<S: Site>(client: Client) -> Connection {
        let server = S::server_settings(S::LISTENS[usize::from(client.listen)].default_server);
        let settings = S::location(server.location).settings;
        Connection {
            client,
            state: State::Head,
            input: Vec::new(),
            head_began_ms: None,
            settings,
            server,
            nodelay: false,
        }
    }

    /// Its socket.
    pub fn socket(&self) -> BorrowedFd<'_> {
        self.client.socket.as_fd()
    }

    /// How long it may take for the first head to be whole.
    pub fn first_timeout_ms(&self) -> u64 {
        self.server.client_header_timeout_ms
    }

    /// Whether it waits between two requests, so that closing it loses nothing.
    pub fn is_idle(&self) -> bool {
        matches!(self.state, State::Head) && self.input.is_empty()
    }

    /// What `poll(2)` should watch. Derived on every turn, so that it cannot disagree with the
    /// state.
    pub fn interests(&self) -> Interests {
        let socket = match &self.state {
            State::Script(session) => return session.interests(),
            State::Sending(_) => Interest::Write,
            _ => Interest::Read,
        };
        Interests { socket: Some(socket), ..Interests::default() }
    }

    /// Reads or writes, as the state wants it, and goes on as far as that leads.
    pub fn on_ready<S: Site>(&mut self, cx: &mut Context<S>, source: Source) -> Next {
        match (&self.state, source) {
            // Without scripts in the site, their code is not in the binary.
            (State::Script(_), _) if S::MAX_SCRIPTS.is_some() => self.on_script_ready(cx, source),
            (State::Sending(_), Source::Socket) => {
                self.continue_sending(cx);
                self.resume(cx)
            }
            (_, Source::Socket) => self.receive(cx),
            // It has told before the script was let go.
            _ => Next::Wait(Deadline::Keep),
        }
    }

    /// Reads from the client, and goes on as far as that leads.
    fn receive<S: Site>(&mut self, cx: &mut Context<S>) -> Next {
        let mut scratch = std::mem::take(&mut cx.scratch);
        let kept = self.input.len();
        scratch[..kept].copy_from_slice(&self.input);
        let next = match net::recv(self.socket(), &mut scratch[kept..]) {
            Ok(0) => self.on_end(cx),
            Ok(len) => {
                self.input.clear();
                self.advance(cx, &scratch[..kept + len])
            }
            Err(error) if is_transient(&error) => Next::Wait(Deadline::Keep),
            Err(_) => self.on_end(cx),
        };
        cx.scratch = scratch;
        next
    }

    /// The client sends no more. A request that it has not finished is logged.
    fn on_end<S: Site>(&mut self, cx: &mut Context<S>) -> Next {
        match &mut self.state {
            State::Content(pending) => {
                pending.exchange.status = 400;
                pending.exchange.log(cx, &self.client);
            }
            State::Script(_) if S::MAX_SCRIPTS.is_some() => {
                return cx.with_scratch(|cx, scratch| self.abandon_script(cx, scratch));
            }
            _ => {}
        }
        Next::Close
    }

    /// The deadline of what it waits for has passed.
    pub fn on_deadline<S: Site>(&mut self, cx: &mut Context<S>) -> Next {
        if matches!(self.state, State::Script(_)) && S::MAX_SCRIPTS.is_some() {
            return self.on_script_deadline(cx);
        }
        match std::mem::replace(&mut self.state, State::Closed) {
            State::Head if !self.input.is_empty() => {
                let mut exchange = cx.take_exchange();
                exchange.head.abandon(&self.input);
                self.input.clear();
                self.refuse(cx, exchange, timed_out());
                self.advance(cx, &[])
            }
            State::Content(pending) => {
                self.refuse(cx, pending.exchange, timed_out());
                self.advance(cx, &[])
            }
            State::Sending(sending) => {
                let Sending { output, exchange, .. } = *sending;
                self.log_sent(cx, exchange, output.unsent_len());
                if self.settings.reset_timedout_connection {
                    // It only saves memory: a failure changes nothing.
                    let _ = net::set_reset_on_close(self.socket());
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
                State::Head => self.advance_head(cx, &mut data),
                State::Content(_) => self.advance_content(cx, &mut data),
                State::Draining { .. } => self.advance_draining(&mut data),
                State::Script(_) => self.advance_script(&mut data),
                State::Sending(_) | State::Lingering { .. } => Step::More,
                State::Closed => return Next::Close,
            };
            if step == Step::More && cx.output.buffered_len() > 0 {
                self.send(cx, None, After::Head);
            } else if step == Step::More {
                break;
            }
        }
        self.input.extend_from_slice(data);
        self.wait(cx)
    }

    /// Goes on with what was received already, in a state that may be another one now.
    fn resume<S: Site>(&mut self, cx: &mut Context<S>) -> Next {
        let input = std::mem::take(&mut self.input);
        self.advance(cx, &input)
    }

    /// What the state waits for, and for how long.
    fn wait<S: Site>(&mut self, cx: &Context<S>) -> Next {
        let left_ms = |until_ms: u64| until_ms.saturating_sub(cx.now.monotonic_ms);
        let timeout_ms = match &self.state {
            State::Head if self.input.is_empty() => {
                self.input = Vec::new();
                match self.client.requests {
                    0 => return Next::Wait(Deadline::Keep),
                    _ if cx.leaving => return Next::Close,
                    _ => self.settings.keepalive_timeout_ms,
                }
            }
            State::Head => {
                let began = self.head_began_ms.replace(cx.now.monotonic_ms);
                if began.is_some() || self.client.requests == 0 {
                    self.head_began_ms = began.or(self.head_began_ms);
                    return Next::Wait(Deadline::Keep);
                }
                self.server.client_header_timeout_ms
            }
            State::Content(_) => self.settings.client_body_timeout_ms,
            State::Script(session) => {
                let Settings { send_timeout_ms, client_body_timeout_ms, .. } = *self.settings;
                session.timeout_ms(send_timeout_ms, client_body_timeout_ms)
            }
            State::Draining { until_ms, .. } | State::Lingering { until_ms } => {
                self.settings.lingering_timeout_ms.min(left_ms(*until_ms))
            }
            State::Sending(_) => {
                let deadline = Deadline::In(self.settings.send_timeout_ms);
                return Next::Wait(deadline);
            }
            State::Closed => 0,
        };
        match timeout_ms {
            0 => Next::Close,
            _ => Next::Wait(Deadline::In(timeout_ms)),
        }
    }

    /// Reads a head, and makes the response to it.
    fn advance_head<S: Site>(&mut self, cx: &mut Context<S>, data: &mut &[u8]) -> Step {
        if data.is_empty() {
            return Step::More;
        }
        let mut exchange = cx.take_exchange();
        let len = match exchange.head.parse(data, &limits(self.server)) {
            Ok(Some(len)) => len,
            Ok(None) => {
                cx.return_exchange(exchange);
                return Step::More;
            }
            Err(error) => {
                self.client.requests += 1;
                let refusal = Refusal::of_client(error.status, error.reason);
                self.refuse(cx, exchange, refusal);
                *data = &[];
                return Step::Again;
            }
        };
        *data = &data[len..];
        self.client.requests += 1;
        exchange.started_ms = self.head_began_ms.take().unwrap_or(cx.now.monotonic_ms);
        exchange.pipelined = cx.output.buffered_len() > 0;
        let reply = exchange.respond(cx, &self.client);
        self.settings = exchange.settings().unwrap_or(self.settings);
        self.take_content(cx, exchange, reply, !data.is_empty());
        Step::Again
    }

    /// Decides what becomes of a request's content, `begun` if some of it has come, and answers
    /// at once if that does not depend on it.
    fn take_content<S: Site>(
        &mut self,
        cx: &mut Context<S>,
        mut exchange: Box<Exchange>,
        reply: Reply,
        begun: bool,
    ) {
        let framing = exchange.head.framing;
        let reader = BodyReader::new(framing);
        // The client waits to be asked for the content.
        let asks = exchange.head.expect_continue && !begun;
        let sink = match reply {
            Reply::Receive(receiver) if reader.is_done() => {
                let reply = exchange.received(cx, &self.client, receiver);
                return self.answer(cx, exchange, reply, None);
            }
            Reply::Receive(receiver) => Sink::Receive(receiver),
            Reply::Script(call) if S::MAX_SCRIPTS.is_some() => {
                let preface = if asks { CONTINUE } else { b"" };
                return self.start_script(cx, exchange, *call, reader, preface);
            }
            reply if reader.is_done() => return self.queue(cx, exchange, reply, None),
            reply if asks && exchange.status >= 300 => {
                exchange.persist = false;
                return self.queue(cx, exchange, reply, Some(reader));
            }
            reply if framing != Framing::Chunked && !asks => {
                return self.queue(cx, exchange, reply, Some(reader));
            }
            reply => Sink::Discard(reply),
        };
        if asks {
            cx.output.buffer().extend_from_slice(CONTINUE);
        }
        // Responses to earlier requests come first.
        self.send(cx, None, After::Content(Box::new(Pending { exchange, reader, sink })));
    }

    /// Reads the content of a request that is answered when it is read.
    fn advance_content<S: Site>(&mut self, cx: &mut Context<S>, data: &mut &[u8]) -> Step {
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
                let Pending { mut exchange, sink, .. } = *pending;
                let reply = match sink {
                    Sink::Discard(reply) => reply,
                    Sink::Receive(receiver) => exchange.received(cx, &self.client, receiver),
                };
                self.answer(cx, exchange, reply, None);
                return Step::Again;
            }
            if data.is_empty() {
                self.state = State::Content(pending);
                return Step::More;
            }
        }
    }

    /// Throws content away that comes behind its response.
    fn advance_draining(&mut self, data: &mut &[u8]) -> Step {
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
    fn refuse<S: Site>(
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

    /// Does what a reply says that takes no content of the request; `content` is what is still
    /// to come of that.
    fn answer<S: Site>(
        &mut self,
        cx: &mut Context<S>,
        exchange: Box<Exchange>,
        reply: Reply,
        content: Option<BodyReader>,
    ) {
        match reply {
            Reply::Script(call) if S::MAX_SCRIPTS.is_some() => {
                let reader = content.unwrap_or(BodyReader::new(Framing::Length(0)));
                self.start_script(cx, exchange, *call, reader, b"");
            }
            reply => self.queue(cx, exchange, reply, content),
        }
    }

    /// Puts a response into the output, and sends that unless more responses may be gathered.
    /// `content` is what is still to come of the request.
    fn queue<S: Site>(
        &mut self,
        cx: &mut Context<S>,
        mut exchange: Box<Exchange>,
        reply: Reply,
        content: Option<BodyReader>,
    ) {
        let Reply::Response(body) = reply else {
            exchange.status = 444;
            exchange.log(cx, &self.client);
            return self.send(cx, None, After::Close { linger: false });
        };
        let persistence = self.persistence(cx, &exchange);
        let mut output = std::mem::take(&mut cx.output);
        self.write_head(cx, &mut output, &mut exchange, persistence);
        cx.output = output;
        exchange.content_sent_len = body.len();
        let whole = cx.output.append(body);
        let after = match (persistence, content) {
            (Persistence::Keep(_), None) => After::Head,
            (Persistence::Keep(_), Some(reader)) => After::Drain(reader),
            (Persistence::Close, content) => After::Close { linger: content.is_some() },
        };
        if whole && matches!(after, After::Head) && cx.output.buffered_len() < GATHERED_LEN {
            exchange.log(cx, &self.client);
            cx.recycle_exchange(exchange);
            self.state = State::Head;
        } else {
            self.send(cx, Some(exchange), after);
        }
    }

    /// Appends the head of a response.
    fn write_head<S: Site>(
        &self,
        cx: &Context<S>,
        output: &mut Output,
        exchange: &mut Exchange,
        persistence: Persistence,
    ) {
        let buffer = output.buffer();
        let before = buffer.len();
        let (date, tokens) = (cx.date.text(), self.settings.server_tokens);
        write_head(buffer, exchange.status, date, tokens, &exchange.fields, persistence);
        exchange.head_len = (buffer.len() - before) as u64;
    }

    /// Sends what is in the output, and enters the state that follows it.
    fn send<S: Site>(
        &mut self,
        cx: &mut Context<S>,
        exchange: Option<Box<Exchange>>,
        after: After,
    ) {
        let mut output = std::mem::take(&mut cx.output);
        let progress = output.send(self.socket(), self.settings.sendfile);
        if let Ok(Progress::Blocked) = progress {
            let rest = output.take_rest();
            self.state = State::Sending(Box::new(Sending { output: rest, exchange, after }));
        } else {
            self.log_sent(cx, exchange, output.unsent_len());
            self.enter(cx, after, progress.is_err());
        }
        output.clear();
        cx.output = output;
    }

    /// Sends more of what is under way, and enters the state that follows it once it is sent.
    fn continue_sending<S: Site>(&mut self, cx: &mut Context<S>) {
        let State::Sending(sending) = &mut self.state else { return };
        let progress = sending.output.send(self.client.socket.as_fd(), self.settings.sendfile);
        if let Ok(Progress::Blocked) = progress {
            return;
        }
        if let State::Sending(sending) = std::mem::replace(&mut self.state, State::Closed) {
            let Sending { output, exchange, after } = *sending;
            self.log_sent(cx, exchange, output.unsent_len());
            self.enter(cx, after, progress.is_err());
        }
    }

    /// Logs an exchange of whose response so many bytes were not sent.
    fn log_sent<S: Site>(
        &mut self,
        cx: &mut Context<S>,
        exchange: Option<Box<Exchange>>,
        unsent_len: u64,
    ) {
        if let Some(mut exchange) = exchange {
            exchange.content_sent_len = exchange.content_sent_len.saturating_sub(unsent_len);
            exchange.log(cx, &self.client);
            cx.recycle_exchange(exchange);
        }
    }

    /// Enters the state behind a response; if that has failed, there is only the end.
    fn enter<S: Site>(&mut self, cx: &Context<S>, after: After, failed: bool) {
        let until_ms = cx.now.monotonic_ms + self.settings.lingering_time_ms;
        self.state = match after {
            _ if failed => State::Closed,
            After::Head => State::Head,
            After::Content(pending) => State::Content(pending),
            After::Script(session) => State::Script(session),
            After::Drain(reader) => State::Draining { reader, until_ms },
            After::Close { linger } => {
                let linger = match self.settings.lingering_close {
                    Lingering::Off => false,
                    Lingering::On => linger,
                    Lingering::Always => true,
                };
                match linger && net::shutdown_write(self.socket()).is_ok() {
                    true => State::Lingering { until_ms },
                    false => State::Closed,
                }
            }
        };
        let stays = matches!(self.state, State::Head | State::Draining { .. });
        if stays && self.settings.tcp_nodelay && !self.nodelay && self.client.peer.is_some() {
            // The first response went out whole; the next may be several writes. Without the
            // option they are only slower.
            let _ = net::set_nodelay(self.socket(), true);
            self.nodelay = true;
        }
    }
}

impl Pending {
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
fn timed_out() -> Refusal {
    Refusal::of_client(408, "client timed out")
}

/// What heads may be like on a connection to this server.
fn limits(server: &Server) -> Limits {
    let (count, line_len) = server.large_client_header_buffers;
    Limits {
        line_len,
        head_len: count * line_len,
        max_fields: server.max_headers,
        ignore_invalid_fields: server.ignore_invalid_headers,
        underscores: server.underscores_in_headers,
        merge_slashes: server.merge_slashes,
    }
}

/// Whether a read may succeed later.
fn is_transient(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted)
}
