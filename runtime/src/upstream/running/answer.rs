//! What comes from a peer: the answer's head, and its content.

use std::io;
use std::ops::Range;
use std::rc::Rc;

use super::super::tunnel::PeerTunnel;
use super::{
    Answer, Errno, Failure, Left, MOST_INTERIM, MOST_INTERIM_HEARD, MOST_REPORTS, Running,
};
use crate::backend::{Front, Received};
use crate::cgi::ErrorLines;
use crate::cgi::output::BadOutput;
use crate::escape::Escaped;
use crate::exchange::{BackendHead, Designated, Refusal};
use crate::fastcgi::BadRecord;
use crate::http::answer::{AnswerFraming, AnswerHead, AnswerReader, BadAnswer};
use crate::http::body::BodyReader;
use crate::http::response::Fields;
use crate::http::status;
use crate::memcached;
use crate::output::Limit;
use crate::site::Wire;
use crate::site::{Failures, Level};

impl Running {
    /// Reads a piece of the answer's head.
    pub(super) fn read_head(
        &mut self,
        scratch: &mut [u8],
        len: usize,
    ) -> Result<Received, Refusal> {
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
                if let Err(failure) = self.take_interim_head(status, answer.fields) {
                    return self.fail(failure);
                }
                self.answer = Answer::Head(AnswerReader::new(self.call.proxy.head_len));
                continue;
            }
            return self.begin(answer, scratch, at..len);
        }
    }

    /// Takes what is said before the answer. The error: it is said too often.
    pub(super) fn take_interim_head(&mut self, status: u16, fields: Fields) -> Result<(), Failure> {
        self.interim_count += 1;
        if self.interim_count > MOST_INTERIM_HEARD {
            let words = "upstream sent too many interim responses".to_owned();
            return Err(Failure { kind: Failures::INVALID_HEADER, status: 502, words });
        }
        // The server itself has said that the content may come.
        if status != 100 && self.interim_count <= MOST_INTERIM {
            self.interim.push((status, fields));
        }
        Ok(())
    }

    pub(super) fn awaits_head(&self) -> bool {
        matches!(
            self.answer,
            Answer::Head(_) | Answer::ScriptHead(_) | Answer::Line(_) | Answer::FramedHead
        )
    }

    /// The same in the manner of CGI.
    pub(super) fn read_script_head(
        &mut self,
        scratch: &mut [u8],
        len: usize,
    ) -> Result<Received, Refusal> {
        let bad = |reason: &str| Failure {
            kind: Failures::INVALID_HEADER,
            status: 502,
            words: format!("upstream sent {reason} while reading response header"),
        };
        let (mut made, mut surplus, mut is_done) = (len, 0, false);
        if self.call.is_fastcgi() {
            let mut lines = Vec::new();
            let read = self.records.read(scratch, len, &mut |text| lines.extend_from_slice(text));
            says(&lines, &mut self.error_lines, &mut self.reports);
            if let Some(caught) = self.catch(&lines) {
                return self.fail(bad(&caught));
            }
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
        let designated = self.designated();
        let persists = !self.call.closes;
        self.answer = Answer::Content { left, persists };
        let mut content = front;
        self.count_front(content.len());
        if self.call.is_fastcgi() {
            if let Some(last) = self.tries.last_mut() {
                last.content_len += content.len() as u64;
            }
            self.front = Front { content, is_last: is_done, ..Front::default() };
            if is_done {
                self.answer = Answer::Complete { persists: persists && surplus == 0 };
            }
        } else {
            let len = content.len();
            let (len, is_last) = self.take_content(&mut content, len);
            content.truncate(len);
            self.front = Front { content, is_last, ..Front::default() };
        }
        head.designated = designated;
        Ok(Received::Head(Box::new(head)))
    }

    /// Who has answered, where clients are to come to that again.
    pub(super) fn designated(&self) -> Option<Designated> {
        let peer = self.line.as_ref()?.peer;
        let route = self.group().lend().route(peer)?;
        Some(Designated { upstream: self.call.upstream, route })
    }

    /// What of a standard error makes an answer invalid, in words, if anything does.
    fn catch(&self, lines: &[u8]) -> Option<String> {
        let Wire::Fastcgi(said) = &self.call.proxy.wire else { return None };
        let is_in = |text: &&&[u8]| memchr::memmem::find(lines, text).is_some();
        let caught = said.caught.iter().find(is_in)?;
        Some(format!("\"{}\" in stderr", Escaped(caught)))
    }

    /// Reads what an answer of memcached begins with.
    pub(super) fn read_line(
        &mut self,
        scratch: &mut [u8],
        len: usize,
    ) -> Result<Received, Refusal> {
        let Answer::Line(reader) = &mut self.answer else { return Ok(Received::Part) };
        let (flags, value_len, used) = match reader.read(&scratch[..len], &self.call.key) {
            Ok(Some((memcached::Answer::Value { flags, len }, used))) => (flags, len, used),
            Ok(Some((memcached::Answer::NotFound, used))) => return self.find_nothing(used == len),
            Ok(None) => return Ok(Received::Part),
            Err(memcached::BadAnswer(reason)) => {
                let words = format!("memcached sent {reason}");
                return self.fail(Failure { kind: Failures::INVALID_HEADER, status: 502, words });
            }
        };
        self.note_head(200, Vec::new());
        let mut head = BackendHead {
            status: 200,
            content_len: Some(value_len),
            is_typed_by_path: true,
            is_ranged: true,
            designated: self.designated(),
            ..BackendHead::default()
        };
        if let Wire::Memcached { gzip_flag, .. } = self.call.proxy.wire
            && flags & gzip_flag != 0
        {
            head.fields.add("Content-Encoding", b"gzip");
        }
        let left = Left::Trailed(value_len, memcached::TRAILER);
        self.answer = Answer::Content { left, persists: true };
        let (content_len, is_last) = self.take_content(&mut scratch[used..], len - used);
        self.front = Front { within: used..used + content_len, is_last, ..Front::default() };
        self.count_front(content_len);
        Ok(Received::Head(Box::new(head)))
    }

    /// memcached has no value. The connection is kept where nothing else has come.
    fn find_nothing(&mut self, persists: bool) -> Result<Received, Refusal> {
        let words = "key was not found by memcached".to_owned();
        let failure = Failure { kind: Failures::HTTP_404, status: 404, words };
        self.note_head(404, Vec::new());
        let next = self.call.proxy.next_upstream.have(Failures::HTTP_404);
        if next && self.may_try_again(&failure) {
            return self.fail(failure);
        }
        if let Some(line) = self.line.take() {
            self.group().lend().free(line.peer, false, self.upstreams.now_ms());
            match persists {
                true => self.upstreams.keep(line.lease, None),
                false => self.upstreams.close(line.lease),
            }
        }
        self.finish();
        Err(Refusal { status: 404, level: Level::Info, reason: failure.words })
    }

    /// Asks another peer where an answer with this status leads to that.
    pub(super) fn pass_over(&mut self, status: u16) -> Result<Option<Received>, Refusal> {
        let kind = Failures::of_status(status);
        if kind == Failures::NONE || !self.call.proxy.next_upstream.have(kind) {
            return Ok(None);
        }
        let words = format!("upstream answered {status}");
        let failure = Failure { kind, status, words };
        let was_sent = self.line.as_ref().is_some_and(|line| line.sent > 0);
        let now_ms = self.upstreams.now_ms();
        if let Some(last) = self.tries.last_mut() {
            last.head_ms = Some(now_ms.saturating_sub(self.asked_ms));
        }
        match self.may_try_again(&failure) && self.may_repeat(was_sent) {
            true => self.fail(failure).map(Some),
            false => Ok(None),
        }
    }

    /// Notes that the head of an answer is there.
    pub(super) fn note_head(&mut self, status: u16, lines: Vec<u8>) {
        let now_ms = self.upstreams.now_ms();
        if let Some(last) = self.tries.last_mut() {
            last.status = status;
            last.head_ms = Some(now_ms.saturating_sub(self.asked_ms));
        }
        self.fields = lines;
        let rate = self.call.rate;
        self.limit = (rate > 0).then(|| Limit::new(rate, 0, now_ms));
    }

    /// Counts what of the content has come with the head.
    pub(super) fn count_front(&mut self, len: usize) {
        let now_ms = self.upstreams.now_ms();
        if let Some(limit) = &mut self.limit {
            limit.count(len as u64, now_ms);
        }
    }

    /// Begins an answer whose head is whole.
    fn begin(
        &mut self,
        answer: AnswerHead,
        scratch: &mut [u8],
        rest: Range<usize>,
    ) -> Result<Received, Refusal> {
        let AnswerHead { status, fields, content_len, lines, framing, persists, .. } = answer;
        if let Some(received) = self.pass_over(status)? {
            return Ok(received);
        }
        self.note_head(status, lines);
        let designated = self.designated();
        let has_none = self.call.has_no_answer_content || status::has_no_content(status);
        let left = match framing {
            _ if has_none => Left::Length(0),
            AnswerFraming::Length(len) => Left::Length(len),
            AnswerFraming::Chunked => Left::Chunks(BodyReader::keeping_trailers()),
            AnswerFraming::UntilClose => Left::UntilClose,
        };
        self.answer = Answer::Content { left, persists };
        let (start, len) = (rest.start, rest.len());
        let (len, is_last) = self.take_content(&mut scratch[rest], len);
        self.front = Front { within: start..start + len, is_last, ..Front::default() };
        self.count_front(len);
        let head = BackendHead {
            status,
            fields,
            content_len,
            designated,
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
            self.group().lend().free(line.peer, false, self.upstreams.now_ms());
            let upstreams = Rc::clone(&self.upstreams);
            let timeout_ms = self.call.proxy.read_timeout_ms;
            self.tunnel = Some(PeerTunnel::new(upstreams, line.lease, rest.to_vec(), timeout_ms));
        }
        Received::Head(Box::new(head))
    }

    /// Sorts out what of `len` bytes at the front of `bytes` is content: it stands at their front
    /// then. Returns its length, and whether it is the last.
    pub(super) fn take_content(&mut self, bytes: &mut [u8], len: usize) -> (usize, bool) {
        let Answer::Content { left, persists } = &mut self.answer else { return (0, true) };
        let mut broken = None;
        let (content_len, is_whole, surplus) = match left {
            Left::Length(left) => {
                let taken = usize::try_from(*left).map_or(len, |left| left.min(len));
                *left -= taken as u64;
                (taken, *left == 0, len - taken)
            }
            Left::UntilClose => (len, false, 0),
            // What comes in frames goes another way.
            Left::Frames(_) => (0, false, 0),
            Left::Trailed(left, trailer) => {
                let taken = usize::try_from(*left).map_or(len, |left| left.min(len));
                *left -= taken as u64;
                let rest = &bytes[taken..len];
                let seen = rest.len().min(trailer.len());
                if rest[..seen] != trailer[..seen] {
                    broken = Some("an invalid trailer");
                }
                *trailer = &trailer[seen..];
                (taken, trailer.is_empty() && broken.is_none(), rest.len() - seen)
            }
            Left::Records(promised) => {
                let mut lines = Vec::new();
                let read = self.records.read(bytes, len, &mut |text| lines.extend_from_slice(text));
                says(&lines, &mut self.error_lines, &mut self.reports);
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
                if reader.is_done() {
                    self.trailers = reader.take_trailers();
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
    pub(super) fn on_end(&mut self, error: Option<&io::Error>) -> Result<Received, Refusal> {
        match &self.answer {
            Answer::Head(_) | Answer::ScriptHead(_) | Answer::Line(_) | Answer::FramedHead => {
                let words = match error {
                    Some(error) if error.kind() == io::ErrorKind::InvalidData => {
                        format!("SSL failed ({error}) while SSL handshaking to upstream")
                    }
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
}

/// Notes lines that FastCGI's standard error has, within the bounds that scripts have.
fn says(text: &[u8], lines: &mut ErrorLines, reports: &mut Vec<(Level, String)>) {
    let mut note = |line: &[u8]| {
        if reports.len() < MOST_REPORTS {
            let words = format!("FastCGI sent in stderr: \"{}\"", Escaped(line));
            reports.push((Level::Error, words));
        }
    };
    lines.read(text, &mut note);
    // What follows may be long in coming.
    lines.finish(&mut note);
}
