//! One request that is passed on: to a peer, and if that fails, to the next.

mod answer;
mod backend;
mod send;

use std::fmt;
use std::io;
use std::rc::Rc;

use super::call::Call;
use super::pool::{LeaseId, Upstreams};
use super::tunnel::Tunnel;
use crate::backend::{Front, Received};
use crate::cgi::output::HeadReader;
use crate::escape::Escaped;
use crate::exchange::{Refusal, Try};
use crate::fastcgi::RecordReader;
use crate::http::answer::AnswerReader;
use crate::http::body::BodyReader;
use crate::site::{Failures, Level, Wire};

/// The most of a content that is held for a peer that takes no more.
pub(crate) const MOST_UNSENT: usize = 64 * 1024;
/// The most lines of trouble that are held until they are told.
const MOST_REPORTS: usize = 16;

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
    tunnel: Option<Tunnel>,
    /// The lines of the answer's head.
    fields: Vec<u8>,
    /// Why no peer can be asked.
    refusal: Option<Refusal>,
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
}

/// How far the answer has come.
enum Answer {
    Head(AnswerReader),
    /// The same in the manner of CGI.
    ScriptHead(HeadReader),
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
    /// In FastCGI's records; so many bytes are promised, if that is known.
    Records(Option<u64>),
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
            Wire::Http => Answer::Head(AnswerReader::new(call.proxy.head_len)),
            Wire::Fastcgi(_) | Wire::Scgi(_) | Wire::Uwsgi { .. } => {
                Answer::ScriptHead(HeadReader::default())
            }
        }
    }
}

impl Running {
    /// Asks the first peer.
    pub(crate) fn start(upstreams: &Rc<Upstreams>, owner: u64, call: Call) -> Running {
        let answer = Answer::to(&call);
        let mut running = Running {
            upstreams: Rc::clone(upstreams),
            owner,
            call,
            started_ms: upstreams.now_ms(),
            asked_ms: upstreams.now_ms(),
            tries: Vec::new(),
            reports: Vec::new(),
            line: None,
            unsent: Vec::new(),
            stream_is_used: false,
            stream_has_ended: false,
            answer,
            records: RecordReader::default(),
            file_at: 0,
            front: Front::default(),
            tunnel: None,
            fields: Vec::new(),
            refusal: None,
        };
        running.ask_next(None);
        running
    }

    fn group(&self) -> &std::cell::RefCell<super::balance::Group> {
        &self.upstreams.groups[usize::from(self.call.upstream)]
    }

    /// Asks one peer after the other until a connection is made or begun. `last`: what went wrong
    /// with the one before.
    fn ask_next(&mut self, mut last: Option<Failure>) {
        loop {
            let now_ms = self.upstreams.now_ms();
            let group = &self.upstreams.groups[usize::from(self.call.upstream)];
            let picked = group.borrow_mut().pick(&mut self.call.choice, now_ms);
            let Some(peer) = picked else {
                let name = self.group().borrow().name();
                if self.tries.is_empty() {
                    self.tries.push(Try { address: name, status: 502, ..Try::default() });
                }
                let failure = last.unwrap_or_else(|| Failure {
                    kind: Failures::ERROR,
                    status: 502,
                    words: "no live upstreams while connecting to upstream".to_owned(),
                });
                return self.give_up(failure);
            };
            let address = self.group().borrow().words(peer);
            self.asked_ms = now_ms;
            self.tries.push(Try { address, ..Try::default() });
            match self.open(peer, true) {
                Ok(()) => return,
                Err(error) if is_own_fault(&error) => {
                    self.group().borrow_mut().free(peer, false, now_ms);
                    let words = format!("socket() failed ({})", Errno(&error));
                    return self.give_up(Failure { kind: Failures::NONE, status: 503, words });
                }
                Err(error) => {
                    let failure = refused(&error);
                    self.note_failure(peer, &failure);
                    if !self.may_try_again(&failure) {
                        return self.give_up(failure);
                    }
                    last = Some(failure);
                }
            }
        }
    }

    /// Opens a connection to a peer, or takes one that is open.
    fn open(&mut self, peer: usize, may_reuse: bool) -> io::Result<()> {
        let group = self.call.upstream;
        let reuses = may_reuse && self.call.upgrade.is_none() && !self.call.closes;
        let reused = if reuses { self.upstreams.reuse(group, peer, self.owner) } else { None };
        let is_reused = reused.is_some();
        let (lease, is_connected) = match reused {
            Some(lease) => (lease, true),
            None => self.upstreams.connect(group, peer, self.owner)?,
        };
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
        if self.call.proxy.socket_keepalive {
            let lease = line.lease;
            let _ = self.upstreams.with(lease, |transport| transport.set_keepalive());
        }
    }

    /// What has gone wrong with the connection, or the answer on it. Another peer is asked, or the
    /// error is the end.
    fn fail(&mut self, failure: Failure) -> Result<Received, Refusal> {
        let Some(line) = self.line.take() else { return Err(self.refusal(failure)) };
        self.upstreams.close(line.lease);
        let was_sent = line.sent > 0;
        // A connection that was idle may have been closed just now, by no fault of the peer.
        let is_stale = line.is_reused && !line.has_received && failure.kind == Failures::ERROR;
        let repeats = self.may_repeat(was_sent);
        if is_stale && repeats && self.is_in_time() {
            return match self.open(line.peer, false) {
                Ok(()) => Ok(Received::Nothing),
                Err(error) => {
                    let failure = refused(&error);
                    self.note_failure(line.peer, &failure);
                    self.go_on(failure)
                }
            };
        }
        self.note_failure(line.peer, &failure);
        match repeats {
            true => self.go_on(failure),
            false => Err(self.refusal(failure)),
        }
    }

    fn go_on(&mut self, failure: Failure) -> Result<Received, Refusal> {
        if !self.may_try_again(&failure) {
            return Err(self.refusal(failure));
        }
        self.ask_next(Some(failure));
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
        let others = self.call.choice.tried.len() < self.group().borrow().len();
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
        let is_off = self.group().borrow_mut().free(peer, counts, now_ms);
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
        let address = self.group().borrow().words(peer);
        if let Some(scheme) = self.call.url {
            return format!("{scheme}://{address}");
        }
        let target = self.call.head.split(|&byte| byte == b' ').nth(1).unwrap_or_default();
        let colon = if address.starts_with("unix:") { ":" } else { "" };
        format!("http://{address}{colon}{}", Escaped(target))
    }

    fn note(&mut self, level: Level, text: String) {
        if self.reports.len() < MOST_REPORTS {
            self.reports.push((level, text));
        }
    }

    /// The end of all tries: what the client is answered. Its reason was told with the last peer.
    fn refusal(&mut self, failure: Failure) -> Refusal {
        let upstream = self.group().borrow().name();
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
        if let Some(line) = self.line.take() {
            self.group().borrow_mut().free(line.peer, false, self.upstreams.now_ms());
            self.upstreams.close(line.lease);
        }
    }
}

/// An error as nginx tells it: its number and its words.
struct Errno<'a>(&'a io::Error);

impl fmt::Display for Errno<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.0.to_string();
        let words = text.split(" (os error").next().unwrap_or_default();
        match self.0.raw_os_error() {
            Some(errno) => write!(f, "{errno}: {words}"),
            None => f.write_str(words),
        }
    }
}

/// Whether it is this server that lacks something, and not the peer.
fn is_own_fault(error: &io::Error) -> bool {
    let errno = error.raw_os_error();
    matches!(errno, Some(libc::EMFILE | libc::ENFILE | libc::ENOMEM | libc::ENOBUFS))
}

fn refused(error: &io::Error) -> Failure {
    let words = format!("connect() failed ({}) while connecting to upstream", Errno(error));
    Failure { kind: Failures::ERROR, status: 502, words }
}
