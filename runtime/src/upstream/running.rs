//! One request that is passed on: to a peer, and if that fails, to the next.

use std::fmt;
use std::fs::File;
use std::io::{self, IoSlice};
use std::os::fd::AsFd;
use std::os::unix::fs::FileExt;
use std::rc::Rc;

use super::balance::Choice;
use super::pool::{LeaseId, Upstreams};
use super::tunnel::Tunnel;
use crate::backend::{Backend, Front, Input, Received, Report};
use crate::cgi::output::{BadOutput, HeadReader};
use crate::connection::{Interests, UpstreamInterest};
use crate::escape::Escaped;
use crate::exchange::{BackendHead, Refusal, Tries, Try};
use crate::fastcgi::{self, BadRecord, RecordReader};
use crate::http::answer::{AnswerFraming, AnswerHead, AnswerReader, BadAnswer};
use crate::http::body::{BodyReader, Framing};
use crate::http::status;
use crate::site::{Failures, Level, Proxy, UpstreamId, Wire};
use crate::sys::poll::Readiness;

/// The most of a file that is sent before others have their turn.
const SEND_LEN: usize = 256 * 1024;
/// The most of a content that is held for a peer that takes no more.
pub(crate) const MOST_UNSENT: usize = 64 * 1024;
/// How much of a file goes into a record.
const FILE_PIECE_LEN: usize = 32 * 1024;
/// The most lines of trouble that are held until they are told.
const MOST_REPORTS: usize = 16;

/// How the content that is passed on is framed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Content {
    /// There is none.
    None,
    /// It has a length.
    Length(u64),
    /// It comes in chunks, and goes on in chunks of our own.
    Chunked,
}

/// A request that is to be passed on.
pub(crate) struct Call {
    /// The location's conf.
    pub(super) proxy: &'static Proxy,
    /// Whom it goes to.
    pub(super) upstream: UpstreamId,
    /// The request's head.
    pub(super) head: Vec<u8>,
    /// Its content.
    pub(super) input: Input,
    /// How that is framed.
    pub(super) content: Content,
    /// What the peer is chosen by.
    pub(super) choice: Choice,
    /// Whether the answer has no content, whatever it says: to HEAD.
    pub(super) has_no_answer_content: bool,
    /// Whether it may be carried out twice.
    pub(super) may_repeat: bool,
    /// The protocol that the client wants to go over to.
    pub(super) upgrade: Option<Vec<u8>>,
    /// Whether the connection is for this request alone.
    pub(super) closes: bool,
    /// The scheme of what is asked, where the head does not name that: other than HTTP.
    pub(super) url: Option<&'static str>,
}

impl Call {
    fn is_fastcgi(&self) -> bool {
        matches!(self.proxy.wire, Wire::Fastcgi(_))
    }

    /// A reader of the answer.
    fn answer(&self) -> Answer {
        match self.proxy.wire {
            Wire::Http => Answer::Head(AnswerReader::new(self.proxy.head_len)),
            Wire::Fastcgi(_) | Wire::Scgi(_) | Wire::Uwsgi { .. } => {
                Answer::ScriptHead(HeadReader::default())
            }
        }
    }
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("head", &format_args!("{}", self.head.escape_ascii()))
            .finish_non_exhaustive()
    }
}

impl Call {
    /// Whether the request's content goes on as it comes.
    pub(crate) fn is_streamed(&self) -> bool {
        matches!(self.input, Input::Stream)
    }
}

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

impl Running {
    /// Asks the first peer.
    pub(crate) fn start(upstreams: &Rc<Upstreams>, owner: u64, call: Call) -> Running {
        let answer = call.answer();
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
        self.answer = self.call.answer();
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

    /// Sends as much of the request as the peer takes. What goes wrong is seen when it is read from:
    /// there may be an answer all the same.
    fn send(&mut self) {
        let Running { upstreams, call, line, unsent, file_at, tries, stream_is_used, .. } = self;
        let Some(line) = line else { return };
        if line.is_deaf || !line.is_connected {
            return;
        }
        let is_fastcgi = call.is_fastcgi();
        let head_len = call.head.len() as u64;
        let mut turn_left = SEND_LEN;
        while turn_left > 0 {
            let (head, rest): (&[u8], &[u8]) = match &call.input {
                _ if line.sent >= head_len => (&[], &[]),
                _ => (&call.head[line.sent as usize..], &[]),
            };
            if is_fastcgi && unsent.is_empty() {
                *file_at = fill_records(call, *file_at, unsent);
            }
            let rest = match &call.input {
                _ if is_fastcgi => &unsent[..],
                Input::Bytes(bytes) => {
                    bytes.get(line.sent.saturating_sub(head_len) as usize..).unwrap_or_default()
                }
                Input::Stream => &unsent[..],
                Input::Empty | Input::File(_) => rest,
            };
            let result = match &call.input {
                Input::File(file) if head.is_empty() && !is_fastcgi => {
                    let at = line.sent - head_len;
                    let Content::Length(len) = call.content else { break };
                    let most =
                        usize::try_from(len - at).map_or(turn_left, |len| len.min(turn_left));
                    if most == 0 {
                        break;
                    }
                    send_file(upstreams, line.lease, file, at, most)
                }
                _ if head.is_empty() && rest.is_empty() => break,
                input => {
                    let more = matches!(input, Input::File(_)) && !is_fastcgi;
                    let slices = [IoSlice::new(head), IoSlice::new(rest)];
                    upstreams.with(line.lease, |transport| match (head, rest) {
                        ([], rest) => transport.write(rest, false),
                        (head, []) => transport.write(head, more),
                        _ => transport.write_slices(&slices, false),
                    })
                }
            };
            match result {
                Ok(0) => break,
                Ok(len) => {
                    let over = len.saturating_sub(head.len());
                    if over > 0 && (is_fastcgi || call.is_streamed()) {
                        unsent.drain(..over);
                        *stream_is_used |= call.is_streamed();
                    }
                    line.sent += len as u64;
                    turn_left = turn_left.saturating_sub(len);
                    if let Some(last) = tries.last_mut() {
                        last.sent_len += len as u64;
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(_) => {
                    line.is_deaf = true;
                    *stream_is_used |= !unsent.is_empty();
                    unsent.clear();
                }
            }
            if line.is_deaf {
                break;
            }
        }
    }

    /// Whether some of the request is still to be sent, and is there.
    fn has_unsent(&self) -> bool {
        let Some(line) = &self.line else { return false };
        if self.call.is_fastcgi() && !self.call.is_streamed() {
            let is_whole = match (&self.call.input, self.call.content) {
                (Input::Bytes(_) | Input::File(_), Content::Length(len)) => self.file_at > len,
                _ => true,
            };
            let is_sent = is_whole && self.unsent.is_empty();
            return !line.is_deaf && (line.sent < self.call.head.len() as u64 || !is_sent);
        }
        let content_len = match (&self.call.input, self.call.content) {
            (Input::Stream, _) => self.unsent.len() as u64 + self.stream_sent(line),
            (Input::Bytes(_) | Input::File(_), Content::Length(len)) => len,
            _ => 0,
        };
        !line.is_deaf && line.sent < self.call.head.len() as u64 + content_len
    }

    /// Bytes of a stream that were sent on this connection.
    fn stream_sent(&self, line: &Line) -> u64 {
        line.sent.saturating_sub(self.call.head.len() as u64)
    }

    /// Whether all of the request was sent.
    fn is_sent(&self) -> bool {
        let ended = !self.call.is_streamed() || self.stream_has_ended;
        let is_deaf = self.line.as_ref().is_some_and(|line| line.is_deaf);
        ended && !is_deaf && !self.has_unsent()
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

    /// Reads a piece of the answer's head.
    fn read_head(&mut self, scratch: &[u8], len: usize) -> Result<Received, Refusal> {
        let mut at = 0;
        loop {
            let Answer::Head(reader) = &mut self.answer else { return Ok(Received::Part) };
            let (answer, used) = match reader.read(&scratch[at..len]) {
                Ok(Some(found)) => found,
                Ok(None) => return Ok(Received::Part),
                Err(BadAnswer(reason)) => {
                    let words = format!("upstream sent {reason} while reading response header");
                    let kind = Failures::INVALID_HEADER;
                    return self.fail(Failure { kind, status: 502, words });
                }
            };
            at += used;
            let status = answer.status;
            if status == 101 && self.call.upgrade.is_some() {
                return Ok(self.go_over(answer, &scratch[at..len]));
            }
            if status < 200 {
                if status == 101 {
                    let words = "upstream sent an unasked 101".to_owned();
                    let kind = Failures::INVALID_HEADER;
                    return self.fail(Failure { kind, status: 502, words });
                }
                // What is said before the answer is not passed on.
                self.answer = Answer::Head(AnswerReader::new(self.call.proxy.head_len));
                continue;
            }
            return self.begin(answer, &scratch[at..len]);
        }
    }

    fn awaits_head(&self) -> bool {
        matches!(self.answer, Answer::Head(_) | Answer::ScriptHead(_))
    }

    /// The same in the manner of CGI.
    fn read_script_head(&mut self, scratch: &mut [u8], len: usize) -> Result<Received, Refusal> {
        let bad = |reason: &str| Failure {
            kind: Failures::INVALID_HEADER,
            status: 502,
            words: format!("upstream sent {reason} while reading response header"),
        };
        let (mut made, mut surplus, mut is_done) = (len, 0, false);
        if self.call.is_fastcgi() {
            let mut lines = Vec::new();
            let read = self.records.read(scratch, len, &mut |text| lines.extend_from_slice(text));
            says(&lines, &mut self.reports);
            match read {
                Ok(found) => (made, surplus) = found,
                Err(BadRecord(reason)) => return self.fail(bad(reason)),
            }
            is_done = self.records.is_done();
        }
        let Answer::ScriptHead(reader) = &mut self.answer else { return Ok(Received::Part) };
        let (head, front) = match reader.read(&scratch[..made]) {
            Ok(Some(found)) => found,
            Ok(None) if is_done => {
                let BadOutput(reason) = reader.at_end();
                return self.fail(bad(&format!("no head: {reason}")));
            }
            Ok(None) => return Ok(Received::Part),
            Err(BadOutput(reason)) => return self.fail(bad(&format!("no head: {reason}"))),
        };
        let mut head = head;
        // It is for the client to go there, as in nginx, and not for the server.
        if let Some(location) = head.local_redirect.take() {
            head.fields.add_checked("Location", &location);
        }
        let lines = head.fields.lines().to_vec();
        let has_none = self.call.has_no_answer_content || status::has_no_content(head.status);
        let left = match head.content_len {
            _ if self.call.is_fastcgi() => Left::Records(head.content_len),
            _ if has_none => Left::Length(0),
            Some(len) => Left::Length(len),
            None => Left::UntilClose,
        };
        if let Some(received) = self.pass_over(head.status)? {
            return Ok(received);
        }
        self.note_head(head.status, lines);
        let persists = !self.call.closes;
        self.answer = Answer::Content { left, persists };
        let mut content = front;
        if self.call.is_fastcgi() {
            if let Some(last) = self.tries.last_mut() {
                last.content_len += content.len() as u64;
            }
            self.front = Front { content, is_last: is_done };
            if is_done {
                self.answer = Answer::Complete { persists: persists && surplus == 0 };
            }
        } else {
            let len = content.len();
            let (len, is_last) = self.take_content(&mut content, len);
            content.truncate(len);
            self.front = Front { content, is_last };
        }
        Ok(Received::Head(Box::new(head)))
    }

    /// Asks another peer where an answer with this status leads to that.
    fn pass_over(&mut self, status: u16) -> Result<Option<Received>, Refusal> {
        let kind = Failures::of_status(status);
        if kind == Failures::NONE || !self.call.proxy.next_upstream.have(kind) {
            return Ok(None);
        }
        let words = format!("upstream answered {status}");
        let failure = Failure { kind, status, words };
        let was_sent = self.line.as_ref().is_some_and(|line| line.sent > 0);
        match self.may_try_again(&failure) && self.may_repeat(was_sent) {
            true => self.fail(failure).map(Some),
            false => Ok(None),
        }
    }

    /// Notes that the head of an answer is there.
    fn note_head(&mut self, status: u16, lines: Vec<u8>) {
        let now_ms = self.upstreams.now_ms();
        if let Some(last) = self.tries.last_mut() {
            last.status = status;
            last.head_ms = Some(now_ms.saturating_sub(self.asked_ms));
        }
        self.fields = lines;
    }

    /// Begins an answer whose head is whole.
    fn begin(&mut self, answer: AnswerHead, rest: &[u8]) -> Result<Received, Refusal> {
        let AnswerHead { status, fields, content_len, lines, framing, persists, .. } = answer;
        if let Some(received) = self.pass_over(status)? {
            return Ok(received);
        }
        self.note_head(status, lines);
        let has_none = self.call.has_no_answer_content || status::has_no_content(status);
        let left = match framing {
            _ if has_none => Left::Length(0),
            AnswerFraming::Length(len) => Left::Length(len),
            AnswerFraming::Chunked => Left::Chunks(BodyReader::new(Framing::Chunked)),
            AnswerFraming::UntilClose => Left::UntilClose,
        };
        self.answer = Answer::Content { left, persists };
        let mut content = rest.to_vec();
        let len = content.len();
        let (len, is_last) = self.take_content(&mut content, len);
        content.truncate(len);
        self.front = Front { content, is_last };
        let head = BackendHead {
            status,
            fields,
            content_len,
            is_passed_on: true,
            ..BackendHead::default()
        };
        Ok(Received::Head(Box::new(head)))
    }

    /// The peer goes over to another protocol.
    fn go_over(&mut self, answer: AnswerHead, rest: &[u8]) -> Received {
        let AnswerHead { status, mut fields, lines, upgrade, .. } = answer;
        self.note_head(status, lines);
        if let Some(protocol) = &upgrade {
            fields.add("Upgrade", protocol);
        }
        let head = BackendHead { status, fields, is_passed_on: true, ..BackendHead::default() };
        if let Some(line) = self.line.take() {
            self.group().borrow_mut().free(line.peer, false, self.upstreams.now_ms());
            let upstreams = Rc::clone(&self.upstreams);
            let timeout_ms = self.call.proxy.read_timeout_ms;
            self.tunnel = Some(Tunnel::new(upstreams, line.lease, rest.to_vec(), timeout_ms));
        }
        Received::Head(Box::new(head))
    }

    /// Sorts out what of `len` bytes at the front of `bytes` is content: it stands at their front
    /// then. Returns its length, and whether it is the last.
    fn take_content(&mut self, bytes: &mut [u8], len: usize) -> (usize, bool) {
        let Answer::Content { left, persists } = &mut self.answer else { return (0, true) };
        let mut broken = None;
        let (content_len, is_whole, surplus) = match left {
            Left::Length(left) => {
                let taken = usize::try_from(*left).map_or(len, |left| left.min(len));
                *left -= taken as u64;
                (taken, *left == 0, len - taken)
            }
            Left::UntilClose => (len, false, 0),
            Left::Records(promised) => {
                let mut lines = Vec::new();
                let read = self.records.read(bytes, len, &mut |text| lines.extend_from_slice(text));
                says(&lines, &mut self.reports);
                match read {
                    Ok((made, surplus)) => {
                        if let Some(left) = promised {
                            *left = left.saturating_sub(made as u64);
                        }
                        (made, self.records.is_done(), surplus)
                    }
                    Err(BadRecord(reason)) => {
                        broken = Some(reason);
                        (0, false, 0)
                    }
                }
            }
            Left::Chunks(reader) => {
                let (mut at, mut end) = (0, 0);
                while at < len && !reader.is_done() {
                    let Ok(piece) = reader.read(&bytes[at..len]) else {
                        broken = Some("invalid chunked response");
                        break;
                    };
                    let (used, piece_len) = (piece.used, piece.data.len());
                    // Content is the last of what was used up.
                    let from = at + used - piece_len;
                    bytes.copy_within(from..from + piece_len, end);
                    end += piece_len;
                    at += used;
                }
                (end, reader.is_done(), len - at)
            }
        };
        if let Some(last) = self.tries.last_mut() {
            last.content_len += content_len as u64;
        }
        if let Some(reason) = broken {
            self.answer = Answer::Broken;
            self.note(Level::Error, format!("upstream sent {reason}"));
        } else if is_whole {
            let persists = *persists && surplus == 0;
            self.answer = Answer::Complete { persists };
            if surplus > 0 {
                let text = "upstream sent more data than its answer has";
                self.note(Level::Warn, text.to_owned());
            }
        }
        (content_len, is_whole)
    }

    /// The peer has closed the connection, or that is broken.
    fn on_end(&mut self, error: Option<&io::Error>) -> Result<Received, Refusal> {
        match &self.answer {
            Answer::Head(_) | Answer::ScriptHead(_) => {
                let words = match error {
                    Some(error) => format!(
                        "recv() failed ({}) while reading response header from upstream",
                        Errno(error)
                    ),
                    None => "upstream prematurely closed connection while reading response header \
                             from upstream"
                        .to_owned(),
                };
                self.fail(Failure { kind: Failures::ERROR, status: 502, words })
            }
            Answer::Content { left: Left::UntilClose, .. } if error.is_none() => {
                self.answer = Answer::Complete { persists: false };
                Ok(Received::End { cut: false })
            }
            Answer::Content { .. } => {
                let text = match error {
                    Some(error) => {
                        format!("recv() failed ({}) while reading upstream", Errno(error))
                    }
                    None => {
                        "upstream prematurely closed connection while reading upstream".to_owned()
                    }
                };
                self.note(Level::Error, text);
                Ok(Received::End { cut: true })
            }
            Answer::Complete { .. } => Ok(Received::End { cut: false }),
            Answer::Broken => Ok(Received::End { cut: true }),
        }
    }

    /// Notes when the answer was whole, or is not wanted any more.
    fn finish(&mut self) {
        let now_ms = self.upstreams.now_ms();
        if let Some(last) = self.tries.last_mut() {
            last.response_ms.get_or_insert(now_ms.saturating_sub(self.asked_ms));
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

/// Puts content that is there into records, as far as they are to be sent next, and returns how much
/// of it was put there: one more than it has where its end was, too.
fn fill_records(call: &Call, at: u64, unsent: &mut Vec<u8>) -> u64 {
    let Content::Length(len) = call.content else { return at };
    if call.is_streamed() || at > len {
        return at;
    }
    let mut end = at;
    match &call.input {
        Input::Bytes(bytes) => {
            fastcgi::write_content(bytes, unsent);
            end = len;
        }
        Input::File(file) => {
            let mut piece = vec![0; FILE_PIECE_LEN];
            match file.read_at(&mut piece, at) {
                Ok(0) | Err(_) => end = len,
                Ok(read) => {
                    fastcgi::write_content(&piece[..read], unsent);
                    end += read as u64;
                }
            }
        }
        Input::Empty | Input::Stream => end = len,
    }
    if end < len {
        return end;
    }
    fastcgi::end_content(unsent);
    len + 1
}

/// Notes lines that FastCGI's standard error has.
fn says(text: &[u8], reports: &mut Vec<(Level, String)>) {
    let lines = text.split(|&byte| byte == b'\n').filter(|line| !line.is_empty());
    let room = MOST_REPORTS.saturating_sub(reports.len());
    reports.extend(
        lines
            .take(room)
            .map(|line| (Level::Error, format!("FastCGI sent in stderr: \"{}\"", Escaped(line)))),
    );
}

fn send_file(
    upstreams: &Upstreams,
    lease: LeaseId,
    file: &File,
    at: u64,
    most: usize,
) -> io::Result<usize> {
    upstreams.with(lease, |transport| transport.send_file(file.as_fd(), at, most))
}

impl Backend for Running {
    fn watch(&self, reads: bool, interests: &mut Interests) {
        let Some(line) = &self.line else { return };
        let readiness = match line.is_connected {
            false => Readiness::WRITE,
            true => Readiness {
                reads: reads && !matches!(self.answer, Answer::Complete { .. }),
                writes: self.has_unsent(),
            },
        };
        interests.upstream = Some(UpstreamInterest { lease: line.lease, readiness });
    }

    fn most_held(&self) -> usize {
        let (count, len) = self.call.proxy.buffers;
        if self.call.proxy.buffering { count.saturating_mul(len) } else { 0 }
    }

    fn hold_ms(&self) -> u64 {
        0
    }

    fn leaves_half_closed(&self) -> bool {
        true
    }

    fn outlives_client(&self) -> bool {
        self.call.proxy.ignore_client_abort
    }

    fn takes_content(&self) -> bool {
        self.call.is_streamed() && self.unsent.len() < MOST_UNSENT
    }

    fn feed(&mut self, content: &[u8]) {
        let is_deaf = self.line.as_ref().is_none_or(|line| line.is_deaf);
        if is_deaf {
            self.stream_is_used = true;
            return;
        }
        match self.call.content {
            _ if self.call.is_fastcgi() => fastcgi::write_content(content, &mut self.unsent),
            // A chunk without content would be the last one.
            Content::Chunked if content.is_empty() => {}
            Content::Chunked => {
                self.unsent.extend_from_slice(format!("{:x}\r\n", content.len()).as_bytes());
                self.unsent.extend_from_slice(content);
                self.unsent.extend_from_slice(b"\r\n");
            }
            Content::Length(_) | Content::None => self.unsent.extend_from_slice(content),
        }
        self.send();
    }

    fn end_content(&mut self) {
        self.stream_has_ended = true;
        if self.call.is_fastcgi() && self.call.is_streamed() {
            fastcgi::end_content(&mut self.unsent);
        } else if self.call.content == Content::Chunked {
            self.unsent.extend_from_slice(b"0\r\n\r\n");
        }
        self.send();
    }

    fn write(&mut self) {
        let Some(line) = &self.line else { return };
        if line.is_connected {
            return self.send();
        }
        let (lease, peer) = (line.lease, line.peer);
        match self.upstreams.with(lease, |transport| transport.take_error()) {
            Ok(()) => {
                self.note_connected();
                self.send();
            }
            Err(error) => {
                self.line = None;
                self.upstreams.close(lease);
                let failure = refused(&error);
                self.note_failure(peer, &failure);
                if let Err(refusal) = self.go_on(failure) {
                    self.refusal = Some(refusal);
                }
            }
        }
    }

    fn read(&mut self, scratch: &mut [u8]) -> Result<Received, Refusal> {
        if let Some(refusal) = self.refusal.take() {
            return Err(refusal);
        }
        match self.answer {
            Answer::Complete { .. } => return Ok(Received::End { cut: false }),
            Answer::Broken => return Ok(Received::End { cut: true }),
            Answer::Head(_) | Answer::ScriptHead(_) | Answer::Content { .. } => {}
        }
        let Some(line) = &mut self.line else { return Ok(Received::Nothing) };
        if !line.is_connected || std::mem::take(&mut line.is_drained) {
            return Ok(Received::Nothing);
        }
        let result = self.upstreams.with(line.lease, |transport| transport.read(scratch));
        let len = match result {
            Ok(0) => return self.on_end(None),
            Ok(len) => len,
            Err(error) if is_transient(&error) => return Ok(Received::Nothing),
            Err(error) => return self.on_end(Some(&error)),
        };
        line.is_drained = len < scratch.len();
        line.has_received = true;
        if let Some(last) = self.tries.last_mut() {
            last.received_len += len as u64;
        }
        match self.answer {
            Answer::Head(_) => return self.read_head(scratch, len),
            Answer::ScriptHead(_) => return self.read_script_head(scratch, len),
            Answer::Content { .. } | Answer::Complete { .. } | Answer::Broken => {}
        }
        match self.take_content(scratch, len) {
            (0, false) => Ok(Received::Part),
            (len, false) => Ok(Received::Content(len)),
            (len, true) => Ok(Received::Last(len)),
        }
    }

    fn take_front(&mut self) -> Front {
        std::mem::take(&mut self.front)
    }

    fn report(&mut self, _: &mut [u8], report: Report<'_>) {
        self.reports.drain(..).for_each(|(level, text)| report(level, format_args!("{text}")));
    }

    fn timeout_ms(&self) -> u64 {
        let proxy = self.call.proxy;
        match &self.line {
            Some(line) if !line.is_connected => proxy.connect_timeout_ms,
            Some(_) if self.has_unsent() => proxy.send_timeout_ms,
            Some(_) => proxy.read_timeout_ms,
            // There is something to be told at once.
            None => 1,
        }
    }

    fn time_out(&mut self) -> Option<Refusal> {
        if let Some(refusal) = self.refusal.take() {
            return Some(refusal);
        }
        let line = self.line.as_ref()?;
        let what = match () {
            () if !line.is_connected => "connecting to upstream",
            () if self.has_unsent() => "sending request to upstream",
            () if self.awaits_head() => "reading response header from upstream",
            () => "reading upstream",
        };
        let words = format!("upstream timed out while {what}");
        if !self.awaits_head() {
            self.note(Level::Error, words.clone());
            return Some(Refusal { status: 504, level: Level::Info, reason: words });
        }
        self.fail(Failure { kind: Failures::TIMEOUT, status: 504, words }).err()
    }

    fn take_tunnel(&mut self) -> Option<Tunnel> {
        self.tunnel.take()
    }

    fn tell_tries(&mut self, tries: &mut Tries) {
        if matches!(self.answer, Answer::Complete { .. }) {
            self.finish();
        }
        tries.put(&self.tries);
        if !self.fields.is_empty() {
            std::mem::swap(&mut tries.fields, &mut self.fields);
            self.fields.clear();
        }
    }

    fn cut_words(&self) -> &'static str {
        "upstream has sent less than its Content-Length"
    }

    fn release(mut self: Box<Self>, _: &mut [u8], report: Report<'_>) {
        self.reports.drain(..).for_each(|(level, text)| report(level, format_args!("{text}")));
        let is_sent = self.is_sent();
        let Some(line) = self.line.take() else { return };
        self.group().borrow_mut().free(line.peer, false, self.upstreams.now_ms());
        match self.answer {
            Answer::Complete { persists: true } if is_sent && !self.call.closes => {
                self.upstreams.keep(line.lease);
            }
            _ => self.upstreams.close(line.lease),
        }
    }

    fn abandon(mut self: Box<Self>, _: &mut [u8], report: Report<'_>) {
        self.reports.drain(..).for_each(|(level, text)| report(level, format_args!("{text}")));
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

/// Whether a read may succeed later.
fn is_transient(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted)
}
