//! One request that is passed on: to a peer, and if that fails, to the next.

mod answer;
mod backend;
mod framed;
mod send;

use std::io;
use std::rc::Rc;

use super::call::{Call, Errno};
use super::pool::{NotBound, Upstreams};
use super::tunnel::PeerTunnel;
use crate::backend::{Front, Received};
use crate::cgi::ErrorLines;
use crate::cgi::output::HeadReader;
use crate::connection::LeaseId;
use crate::escape::Escaped;
use crate::exchange::Refusal;
use crate::fastcgi::RecordReader;
use crate::http::answer::AnswerReader;
use crate::http::body::BodyReader;
use crate::http::framed::Framed;
use crate::http::response::Fields;
use crate::memcached::LineReader;
use crate::output::Limit;
use crate::site::{Failures, Level, Try, Wire};

/// The most of a content that is held for a peer that takes no more.
pub(crate) const MOST_UNSENT: usize = 64 * 1024;
/// How long a program of the server's own that does not listen yet is left before it is asked again.
const RETRY_MS: u64 = 50;
/// How often a request that waits for a peer looks whether there is one.
const QUEUE_MS: u64 = 10;
/// The most lines of trouble that are held until they are told.
const MOST_REPORTS: usize = 16;
/// The most interim responses of one answer that are passed on, and the most that there may be: who goes
/// on saying that the answer comes would be waited for without end.
const MOST_INTERIM: usize = 16;
const MOST_INTERIM_HEARD: usize = 1000;

/// A request that is passed on.
pub(crate) struct Running {
    upstreams: Rc<Upstreams>,
    /// What the event loop knows the client by.
    owner: u64,
    call: Call,
    started_ms: u64,
    /// When the last peer was asked.
    asked_ms: u64,
    tries: Vec<Try>,
    reports: Vec<(Level, String)>,
    /// What FastCGI's standard error has said.
    error_lines: ErrorLines,
    line: Option<Line>,
    /// Content in a stream that has not been sent.
    unsent: Vec<u8>,
    /// Whether some of the stream was sent or thrown away: it cannot be repeated.
    stream_is_used: bool,
    stream_has_ended: bool,
    answer: Answer,
    /// What FastCGI's records are taken apart by.
    records: RecordReader,
    /// How much of a content in a file was put into records.
    file_at: u64,
    /// What came with the head.
    front: Front,
    /// What the last head said of the protocol to go over to.
    tunnel: Option<PeerTunnel>,
    /// The lines of the answer's head.
    fields: Vec<u8>,
    /// The lines behind its content.
    trailers: Vec<u8>,
    /// What was said before the answer and is not told yet: statuses and fields.
    interim: Vec<(u16, Fields)>,
    /// How many of these there were.
    interim_count: usize,
    /// Why no peer can be asked.
    refusal: Option<Refusal>,
    /// How fast the content is read, once it has begun.
    limit: Option<Limit>,
    /// The peer that does not listen yet, and when it is asked again.
    wait: Option<(usize, u64)>,
    /// Its number among those that wait for a peer, and since when it does (`queue`).
    queued: Option<(u64, u64)>,
}

/// The connection to the peer that is asked.
struct Line {
    lease: LeaseId,
    peer: usize,
    is_connected: bool,
    /// Whether it was used before.
    is_reused: bool,
    /// Bytes of the head, then of the content that is there, which were sent.
    sent: u64,
    /// Whether nothing more can be sent.
    is_deaf: bool,
    /// Whether the last look has taken all that was there.
    is_drained: bool,
    has_received: bool,
    /// What its frames are written and read by, where it has any.
    framed: Option<Framing>,
}

/// A connection that has frames.
struct Framing {
    framed: Box<dyn Framed>,
    /// Why nothing more comes, if nothing does: in words, where it is not a whole connection's end.
    ended: Option<FramedEnd>,
    /// How much of the content in a file, or of bytes that are there, was put into frames.
    content_at: u64,
}

/// Why nothing more comes.
enum FramedEnd {
    /// The other side has closed the connection.
    Closed,
    /// The connection is broken.
    Lost(io::Error),
    /// What comes cannot be read.
    Broken(&'static str),
}

/// How far the answer has come.
enum Answer {
    Head(AnswerReader),
    /// The same in the manner of CGI.
    ScriptHead(HeadReader),
    /// The same of memcached.
    Line(LineReader),
    /// The same in frames.
    FramedHead,
    Content {
        left: Left,
        persists: bool,
    },
    /// All of it is there. `persists`: the connection may be used again.
    Complete {
        persists: bool,
    },
    /// What follows cannot be read.
    Broken,
}

/// What is still to come of the content.
enum Left {
    Length(u64),
    Chunks(BodyReader),
    UntilClose,
    /// In frames; so many bytes are promised, if that is known.
    Frames(Option<u64>),
    /// In FastCGI's records; so many bytes are promised, if that is known.
    Records(Option<u64>),
    /// So many bytes, and behind them so much of memcached's trailer.
    Trailed(u64, &'static [u8]),
}

/// What goes wrong with a peer.
struct Failure {
    kind: Failures,
    status: u16,
    words: String,
}

impl Answer {
    /// The beginning of an answer to a call.
    fn to(call: &Call) -> Answer {
        match call.proxy.wire {
            _ if call.framing().is_some() => Answer::FramedHead,
            Wire::Http | Wire::Grpc => Answer::Head(AnswerReader::new(call.proxy.head_len)),
            Wire::Memcached { .. } => Answer::Line(LineReader::default()),
            Wire::Fastcgi(_) | Wire::Scgi(_) | Wire::Uwsgi { .. } => {
                Answer::ScriptHead(HeadReader::default())
            }
        }
    }
}

impl Running {
    /// Asks the first peer.
    pub(crate) fn start(upstreams: &Rc<Upstreams>, owner: u64, call: Call) -> Running {
        let (answer, mut call) = (Answer::to(&call), call);
        upstreams.resolve(call.upstream, &mut call.choice);
        let mut running = Running {
            upstreams: Rc::clone(upstreams),
            owner,
            call,
            started_ms: upstreams.now_ms(),
            asked_ms: upstreams.now_ms(),
            tries: Vec::new(),
            reports: Vec::new(),
            error_lines: ErrorLines::default(),
            line: None,
            unsent: Vec::new(),
            stream_is_used: false,
            stream_has_ended: false,
            answer,
            records: RecordReader::default(),
            file_at: 0,
            front: Front::default(),
            trailers: Vec::new(),
            interim: Vec::new(),
            interim_count: 0,
            tunnel: None,
            fields: Vec::new(),
            refusal: None,
            limit: None,
            wait: None,
            queued: None,
        };
        match upstreams.has_queue(running.call.upstream) {
            // Those that have come before have their turn before.
            true => running.queue_or_refuse(),
            false => running.ask_next(),
        }
        running
    }

    fn group(&self) -> &super::held::Held {
        &self.upstreams.groups[usize::from(self.call.upstream)]
    }

    /// Asks one peer after the other until a connection is made or begun.
    fn ask_next(&mut self) {
        loop {
            let now_ms = self.upstreams.now_ms();
            let group = &self.upstreams.groups[usize::from(self.call.upstream)];
            let picked = group.lend().pick(&mut self.call.choice, now_ms);
            let Some(peer) = picked else {
                if self.tries.is_empty() {
                    return self.queue_or_refuse();
                }
                return self.refuse(None);
            };
            let found = self.group().lend().found(peer);
            self.asked_ms = now_ms;
            let seat = Some((self.call.upstream, found.index));
            self.tries.push(Try { seat, ..Try::of(found.words.clone()) });
            match self.open(peer, true) {
                Ok(()) => return,
                Err(error) if is_not_bound(&error) => {
                    self.group().lend().free(peer, false, now_ms);
                    let words = error.to_string();
                    return self.give_up(Failure { kind: Failures::NONE, status: 500, words });
                }
                Err(error) if is_own_fault(&error) => {
                    self.group().lend().free(peer, false, now_ms);
                    let words = format!("socket() failed ({})", Errno(&error));
                    return self.give_up(Failure { kind: Failures::NONE, status: 503, words });
                }
                Err(error) if self.may_wait_for(peer, &error) => return self.wait_for(peer),
                Err(error) => {
                    let failure = refused(&error);
                    self.note_failure(peer, &failure);
                    if !self.may_try_again(&failure) {
                        return self.give_up(failure);
                    }
                }
            }
        }
    }

    /// Waits until a peer can be asked, where the conf says so and there is room.
    fn queue_or_refuse(&mut self) {
        let (most, _) = self.group().lend().settings().queue;
        if most == 0 {
            return self.refuse(None);
        }
        match self.upstreams.queue(self.call.upstream, most) {
            Some(number) => self.queued = Some((number, self.upstreams.now_ms())),
            None => self.refuse(Some(Failure {
                kind: Failures::ERROR,
                status: 502,
                words: "upstream queue is full while connecting to upstream".to_owned(),
            })),
        }
    }

    /// Looks whether a peer can be asked now.
    fn look_again(&mut self, number: u64, since_ms: u64) {
        let group = self.call.upstream;
        let (_, most_ms) = self.group().lend().settings().queue;
        let waited_ms = self.upstreams.now_ms().saturating_sub(since_ms);
        let can = self.upstreams.is_next(group, number)
            && self.group().lend().can_pick(&self.call.choice, self.upstreams.now_ms());
        if !can && waited_ms < most_ms as u64 {
            return;
        }
        self.queued = None;
        self.upstreams.leave_queue(group, number);
        match can {
            true => self.ask_next(),
            false => self.refuse(Some(Failure {
                kind: Failures::ERROR,
                status: 502,
                words: "upstream queue timed out while connecting to upstream".to_owned(),
            })),
        }
    }

    /// Nobody can be asked, for this reason or since none is live. As in nginx, that is a try of its own.
    fn refuse(&mut self, why: Option<Failure>) {
        let name = self.group().lend().name();
        self.tries.push(Try { status: 502, response_ms: Some(0), ..Try::of(name.into()) });
        let failure = why.unwrap_or_else(|| Failure {
            kind: Failures::ERROR,
            status: 502,
            words: "no live upstreams while connecting to upstream".to_owned(),
        });
        self.give_up(failure);
    }

    /// Opens a connection to a peer, or takes one that is open.
    fn open(&mut self, peer: usize, may_reuse: bool) -> io::Result<()> {
        let group = self.call.upstream;
        let reuses = may_reuse && self.call.upgrade.is_none() && !self.call.closes;
        let reused = if reuses {
            let made = (self.call.secure.as_ref(), self.call.local);
            self.upstreams.reuse(group, peer, made, self.owner)
        } else {
            None
        };
        let is_reused = reused.is_some();
        let (lease, is_connected, framed) = match reused {
            Some((lease, framed)) => (lease, true, framed),
            None => {
                let (lease, is_connected) =
                    self.upstreams.connect(group, peer, self.call.local, self.owner)?;
                (lease, is_connected, None)
            }
        };
        let framed = self.call.framing().map(|framing| self.begin_framed(framing, framed));
        self.answer = Answer::to(&self.call);
        self.records = RecordReader::default();
        if !self.call.is_streamed() {
            self.unsent.clear();
            self.file_at = 0;
        }
        self.line = Some(Line {
            lease,
            peer,
            is_connected,
            is_reused,
            sent: 0,
            is_deaf: false,
            is_drained: false,
            has_received: false,
            framed,
        });
        if is_connected {
            self.note_connected();
            self.send();
        }
        Ok(())
    }

    fn note_connected(&mut self) {
        let Some(line) = &mut self.line else { return };
        line.is_connected = true;
        let time_ms = self.upstreams.now_ms().saturating_sub(self.asked_ms);
        if let Some(last) = self.tries.last_mut() {
            last.connect_ms = Some(time_ms);
        }
        if line.framed.is_some() {
            // Frames are small, and each is to go at once.
            let lease = line.lease;
            let _ = self.upstreams.with(lease, |transport| {
                transport.set_nodelay();
                Ok(())
            });
        }
        let Some(line) = &self.line else { return };
        if self.call.proxy.socket_keepalive {
            let lease = line.lease;
            let _ = self.upstreams.with(lease, |transport| transport.set_keepalive());
        }
        self.secure();
    }

    /// Begins TLS on a connection that has just been made, where it is to be.
    fn secure(&mut self) {
        let Some(line) = self.line.as_ref().filter(|line| !line.is_reused) else { return };
        let Some(secure) = &self.call.secure else { return };
        let (lease, peer) = (line.lease, line.peer);
        if let Err(reason) = self.upstreams.secure(lease, secure) {
            self.line = None;
            self.upstreams.close(lease);
            let words = format!("{reason} while SSL handshaking to upstream");
            // Any other peer is to be the same.
            let failure = Failure { kind: Failures::NONE, status: 502, words };
            self.note_failure(peer, &failure);
            self.give_up(failure);
        }
    }

    /// What has gone wrong with the connection, or the answer on it. Another peer is asked, or the
    /// error is the end.
    fn fail(&mut self, failure: Failure) -> Result<Received, Refusal> {
        let Some(line) = self.line.take() else { return Err(self.refusal(failure)) };
        let is_refused = line.is_refused();
        let was_sent = line.sent > 0 && !is_refused || self.stream_is_used;
        // A connection that was idle may have been closed just now, by no fault of the peer.
        let is_stale = line.is_reused && failure.kind == Failures::ERROR;
        let is_stale = is_stale && (!line.has_received || is_refused);
        let repeats = self.may_repeat(was_sent);
        let (lease, peer) = (line.lease, line.peer);
        match failure.kind == Failures::TIMEOUT {
            true => self.upstreams.close(lease),
            false => self.part_with(line),
        }
        if is_stale && repeats && self.is_in_time() {
            return match self.open(peer, false) {
                Ok(()) => Ok(Received::Nothing),
                Err(error) if self.may_wait_for(peer, &error) => {
                    self.wait_for(peer);
                    Ok(Received::Nothing)
                }
                Err(error) => self.go_on_without(peer, &error),
            };
        }
        self.note_failure(peer, &failure);
        match repeats {
            true => self.go_on(failure),
            false => Err(self.refusal(failure)),
        }
    }

    /// Whether a peer that cannot be reached is a program of the server's own that is about to start,
    /// with nobody else to ask and time left.
    fn may_wait_for(&self, peer: usize, error: &io::Error) -> bool {
        let is_absent =
            matches!(error.kind(), io::ErrorKind::ConnectionRefused | io::ErrorKind::NotFound);
        let waited_ms = self.upstreams.now_ms().saturating_sub(self.asked_ms);
        let group = self.group().lend();
        is_absent
            && group.has_command(peer)
            && waited_ms < self.call.proxy.connect_timeout_ms
            && self.call.choice.tried.len() >= group.len()
    }

    fn wait_for(&mut self, peer: usize) {
        self.wait = Some((peer, self.upstreams.now_ms() + RETRY_MS));
    }

    /// Asks a peer again that did not listen.
    fn ask_again(&mut self, peer: usize) -> Option<Refusal> {
        match self.open(peer, false) {
            Ok(()) => None,
            Err(error) if self.may_wait_for(peer, &error) => {
                self.wait_for(peer);
                None
            }
            Err(error) => self.go_on_without(peer, &error).err(),
        }
    }

    /// Goes on where a peer cannot be reached.
    fn go_on_without(&mut self, peer: usize, error: &io::Error) -> Result<Received, Refusal> {
        let failure = refused(error);
        self.note_failure(peer, &failure);
        self.go_on(failure)
    }

    fn go_on(&mut self, failure: Failure) -> Result<Received, Refusal> {
        if !self.may_try_again(&failure) {
            return Err(self.refusal(failure));
        }
        self.ask_next();
        match self.refusal.take() {
            Some(refusal) => Err(refusal),
            None => Ok(Received::Nothing),
        }
    }

    /// Whether the request may be sent once more, where some of it `was_sent`.
    fn may_repeat(&self, was_sent: bool) -> bool {
        let is_safe =
            self.call.may_repeat || self.call.proxy.next_upstream.have(Failures::NON_IDEMPOTENT);
        !was_sent || is_safe && !(self.call.is_streamed() && self.stream_is_used)
    }

    /// Whether what has gone wrong is of a kind that leads to another peer, and it is not too late.
    fn may_try_again(&self, failure: &Failure) -> bool {
        let next = self.call.proxy.next_upstream;
        let tries = self.call.proxy.next_upstream_tries;
        let is_one_more = tries == 0 || (self.tries.len() as u32) < tries;
        let others = self.call.choice.tried.len() < self.group().lend().up_len();
        next.have(failure.kind) && is_one_more && others && self.is_in_time()
    }

    fn is_in_time(&self) -> bool {
        let most_ms = self.call.proxy.next_upstream_timeout_ms;
        most_ms == 0 || self.upstreams.now_ms().saturating_sub(self.started_ms) < most_ms
    }

    /// Notes that a peer has failed.
    fn note_failure(&mut self, peer: usize, failure: &Failure) {
        let now_ms = self.upstreams.now_ms();
        // An answer that forbids or does not find is the peer's at work.
        let counts = failure.kind != Failures::HTTP_403 && failure.kind != Failures::HTTP_404;
        let is_off = self.group().lend().free(peer, counts, now_ms);
        if let Some(last) = self.tries.last_mut() {
            last.status = failure.status;
            last.response_ms.get_or_insert(now_ms.saturating_sub(self.asked_ms));
        }
        let url = self.url(peer);
        self.note(Level::Error, format!("{}, upstream: \"{url}\"", failure.words));
        if is_off {
            let text = format!("upstream server temporarily disabled, upstream: \"{url}\"");
            self.note(Level::Warn, text);
        }
    }

    /// What a peer is asked for, for the log.
    fn url(&self, peer: usize) -> String {
        let address = self.group().lend().words(peer);
        if let Some(scheme) = self.call.url {
            return format!("{scheme}://{address}");
        }
        let target = match &self.call.target[..] {
            [] => self.call.head.split(|&byte| byte == b' ').nth(1).unwrap_or_default(),
            target => target,
        };
        let colon = if address.starts_with("unix:") { ":" } else { "" };
        let scheme = if self.call.secure.is_some() { "https" } else { "http" };
        format!("{scheme}://{address}{colon}{}", Escaped(target))
    }

    fn note(&mut self, level: Level, text: String) {
        if self.reports.len() < MOST_REPORTS {
            self.reports.push((level, text));
        }
    }

    /// The end of all tries: what the client is answered. Its reason was told with the last peer.
    fn refusal(&mut self, failure: Failure) -> Refusal {
        let upstream = self.group().lend().name();
        let reason = format!("no answer from upstream \"{upstream}\": {}", failure.words);
        Refusal { status: failure.status, level: Level::Info, reason }
    }

    fn give_up(&mut self, failure: Failure) {
        let mut refusal = self.refusal(failure);
        if self.reports.is_empty() {
            refusal.level = Level::Error;
        }
        self.refusal = Some(refusal);
    }

    /// Notes when the answer was whole, or is not wanted any more.
    fn finish(&mut self) {
        let now_ms = self.upstreams.now_ms();
        if let Some(last) = self.tries.last_mut() {
            last.response_ms.get_or_insert(now_ms.saturating_sub(self.asked_ms));
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some((number, _)) = self.queued.take() {
            self.upstreams.leave_queue(self.call.upstream, number);
        }
        if let Some((peer, _)) = self.wait.take() {
            self.group().lend().free(peer, false, self.upstreams.now_ms());
        }
        if let Some(line) = self.line.take() {
            self.group().lend().free(line.peer, false, self.upstreams.now_ms());
            self.part_with(line);
        }
    }
}

/// Whether it is this server that lacks something, and not the peer.
fn is_own_fault(error: &io::Error) -> bool {
    let errno = error.raw_os_error();
    matches!(errno, Some(libc::EMFILE | libc::ENFILE | libc::ENOMEM | libc::ENOBUFS))
}

/// Whether it is the conf's address that a connection cannot come from.
fn is_not_bound(error: &io::Error) -> bool {
    error.get_ref().is_some_and(|inner| inner.is::<NotBound>())
}

fn refused(error: &io::Error) -> Failure {
    let words = format!("connect() failed ({}) while connecting to upstream", Errno(error));
    Failure { kind: Failures::ERROR, status: 502, words }
}
