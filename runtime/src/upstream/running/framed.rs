//! A request and its answer in frames: what is there is read whether the client takes more or not, so that
//! the other side is heard, and the windows alone hold content back.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::rc::Rc;

use super::super::call::Content;
use super::{Answer, Failure, FramedEnd, Framing, Left, Line, Running};
use crate::backend::{Front, Input, Received};
use crate::exchange::{BackendHead, Refusal};
use crate::http::answer::{self, AnswerHead, BadAnswer};
use crate::http::framed::{self, Broken, Failed, Framed, FramedHead};
use crate::http::status;
use crate::site::{Failures, Level};
use crate::sys::poll::Readiness;

/// The most content that goes with a head.
const FRONT_LEN: usize = 16 * 1024;
/// The most of a file that is read at once.
const PIECE_LEN: usize = 16 * 1024;
/// The most that is sent before others have their turn.
const SEND_LEN: usize = 256 * 1024;

impl Line {
    /// Whether the other side has said that it has done nothing for the request.
    pub(super) fn is_refused(&self) -> bool {
        let failed = self.framed.as_ref().and_then(|framing| framing.framed.failed());
        failed.is_some_and(|failed| failed.is_refused)
    }
}

impl Running {
    /// Begins the request on a connection that may be a new one.
    pub(super) fn begin_framed(
        &self,
        framing: &framed::Framing,
        framed: Option<Box<dyn Framed>>,
    ) -> Framing {
        let new = || (framing.begin)(self.call.proxy.head_len);
        let mut framed = framed.unwrap_or_else(new);
        framed.begin(&self.call.head, self.call.content == Content::None);
        Framing { framed, ended: None, content_at: 0 }
    }

    /// What the connection is watched for.
    pub(super) fn framed_readiness(&self, line: &Line) -> Readiness {
        let is_over = matches!(self.answer, Answer::Complete { .. } | Answer::Broken);
        let Some(Framing { framed, ended, .. }) = &line.framed else { return Readiness::READ };
        Readiness {
            reads: ended.is_none() && !is_over && !framed.is_full(),
            writes: !line.is_deaf && !framed.output().is_empty(),
        }
    }

    /// Whether something is here that no descriptor tells of.
    pub(super) fn has_framed_news(&self) -> bool {
        let framing = self.line.as_ref().and_then(|line| line.framed.as_ref());
        framing.is_some_and(|it| it.ended.is_some() || it.framed.has_news())
    }

    /// Whether content waits for the other side to take more.
    pub(super) fn is_held_up(&self) -> bool {
        let framing = self.line.as_ref().and_then(|line| line.framed.as_ref());
        framing.is_some_and(|it| {
            let is_open = !it.framed.is_written() && it.framed.failed().is_none();
            is_open && (!self.unsent.is_empty() || !self.call.is_streamed())
        })
    }

    /// Takes what has come while no more of the answer is wanted. Whether the answer comes to nothing.
    pub(super) fn hear_frames(&mut self, scratch: &mut [u8]) -> bool {
        while self.receive_frames(scratch) {}
        let framing = self.line.as_ref().and_then(|line| line.framed.as_ref());
        framing.is_some_and(|it| {
            it.framed.failed().is_some() || matches!(it.ended, Some(FramedEnd::Broken(_)))
        })
    }

    /// Reads once from the connection. Whether there may be more.
    fn receive_frames(&mut self, scratch: &mut [u8]) -> bool {
        let Some(line) = self.line.as_mut().filter(|line| line.is_connected) else { return false };
        let Some(Framing { framed, ended, .. }) = &mut line.framed else { return false };
        if ended.is_some() || framed.is_full() {
            return false;
        }
        let found = self.upstreams.with(line.lease, |transport| transport.read(scratch));
        let mut more = false;
        match found {
            Ok(0) => *ended = Some(FramedEnd::Closed),
            Ok(len) => {
                line.has_received = true;
                more = len == scratch.len();
                if let Some(last) = self.tries.last_mut() {
                    last.received_len += len as u64;
                }
                if let Err(Broken(reason)) = framed.receive(&scratch[..len]) {
                    *ended = Some(FramedEnd::Broken(reason));
                    more = false;
                }
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return false,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return true,
            Err(error) => *ended = Some(FramedEnd::Lost(error)),
        }
        // Windows may have opened, and what has come may want an answer.
        self.send_frames();
        more
    }

    /// Takes the next of what has come.
    pub(super) fn read_framed(&mut self, scratch: &mut [u8]) -> Result<Received, Refusal> {
        loop {
            if let Some(received) = self.take_framed(scratch)? {
                return Ok(received);
            }
            let Some(line) = self.line.as_mut().filter(|line| line.is_connected) else {
                return Ok(Received::Nothing);
            };
            if std::mem::take(&mut line.is_drained) {
                return Ok(Received::Nothing);
            }
            let more = self.receive_frames(scratch);
            if let Some(line) = &mut self.line {
                line.is_drained = !more;
            }
            if !more && !self.has_framed_news() {
                if let Some(line) = &mut self.line {
                    line.is_drained = false;
                }
                return Ok(Received::Nothing);
            }
        }
    }

    /// Takes the next of what is here already.
    fn take_framed(&mut self, scratch: &mut [u8]) -> Result<Option<Received>, Refusal> {
        let Some(framing) = self.line.as_mut().and_then(|line| line.framed.as_mut()) else {
            return Ok(None);
        };
        if let Some(Failed { reason, .. }) = framing.framed.failed() {
            return self.break_off(reason, Failures::ERROR).map(Some);
        }
        if let Some(FramedEnd::Broken(reason)) = framing.ended {
            let words = format!("upstream sent {reason}");
            return self.break_off(words, Failures::INVALID_HEADER).map(Some);
        }
        if let Some(head) = framing.framed.take_head() {
            return self.take_framed_head(head, scratch).map(Some);
        }
        if matches!(self.answer, Answer::Content { .. }) {
            let len = self.take_framed_content(scratch)?;
            match (len, self.is_framed_end()) {
                (Err(received), _) => return Ok(Some(received)),
                (Ok(len), true) => return Ok(Some(Received::Last(len))),
                (Ok(0), false) => {}
                (Ok(len), false) => return Ok(Some(Received::Content(len))),
            }
        }
        self.take_framed_end()
    }

    /// What is wrong with the answer is the end of the request, whatever has come of it.
    fn break_off(&mut self, words: String, kind: Failures) -> Result<Received, Refusal> {
        if self.awaits_head() {
            return self.fail(Failure { kind, status: 502, words });
        }
        self.note(Level::Error, words);
        self.answer = Answer::Broken;
        Ok(Received::End { cut: true })
    }

    fn take_framed_head(
        &mut self,
        FramedHead { status, lines }: FramedHead,
        scratch: &mut [u8],
    ) -> Result<Received, Refusal> {
        let head = match answer::of_lines(1, status, lines) {
            Ok(head) => head,
            Err(BadAnswer(reason)) => {
                let words = format!("upstream sent {reason} while reading response header");
                let kind = Failures::INVALID_HEADER;
                return self.fail(Failure { kind, status: 502, words });
            }
        };
        let AnswerHead { status, fields, content_len, lines, .. } = head;
        if status < 200 {
            return match self.take_interim_head(status, fields) {
                Ok(()) => Ok(Received::Part),
                Err(failure) => self.fail(failure),
            };
        }
        if let Some(received) = self.pass_over(status)? {
            return Ok(received);
        }
        self.note_head(status, lines);
        let designated = self.designated();
        let has_none = self.call.has_no_answer_content || status::has_no_content(status);
        let promised = if has_none { Some(0) } else { content_len };
        self.answer = Answer::Content { left: Left::Frames(promised), persists: true };
        let most = scratch.len().min(FRONT_LEN);
        let len = self.take_framed_content(&mut scratch[..most])?.unwrap_or(0);
        let is_last = self.is_framed_end();
        self.front = Front { content: scratch[..len].to_vec(), is_last, ..Front::default() };
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

    /// Takes content to the front of `scratch`. Returns its length, or what is wrong with it.
    fn take_framed_content(
        &mut self,
        scratch: &mut [u8],
    ) -> Result<Result<usize, Received>, Refusal> {
        let now_ms = self.upstreams.now_ms();
        let most = match &mut self.limit {
            Some(limit) => limit.most(now_ms).min(scratch.len()),
            None => scratch.len(),
        };
        let Some(framing) = self.line.as_mut().and_then(|line| line.framed.as_mut()) else {
            return Ok(Ok(0));
        };
        let len = framing.framed.read(&mut scratch[..most]);
        let has_ended = framing.framed.is_read();
        let Answer::Content { left: Left::Frames(promised), .. } = &mut self.answer else {
            return Ok(Ok(0));
        };
        let is_wrong = match promised {
            Some(left) => match left.checked_sub(len as u64) {
                Some(rest) => {
                    *left = rest;
                    has_ended && rest > 0
                }
                None => true,
            },
            None => false,
        };
        if is_wrong {
            let words = "upstream sent content of another length than its Content-Length says";
            return self.break_off(words.to_owned(), Failures::INVALID_HEADER).map(Err);
        }
        if let Some(last) = self.tries.last_mut() {
            last.content_len += len as u64;
        }
        self.count_front(len);
        if len > 0 {
            // What was taken makes room for more.
            self.send_frames();
        }
        Ok(Ok(len))
    }

    /// Whether all of the answer was taken. It is complete then.
    fn is_framed_end(&mut self) -> bool {
        let Some(framing) = self.line.as_mut().and_then(|line| line.framed.as_mut()) else {
            return false;
        };
        if !matches!(self.answer, Answer::Content { .. }) || !framing.framed.is_read() {
            return false;
        }
        self.trailers = framing.framed.take_trailers();
        self.answer = Answer::Complete { persists: true };
        true
    }

    /// The end of the connection, once all else was taken.
    fn take_framed_end(&mut self) -> Result<Option<Received>, Refusal> {
        let Some(framing) = self.line.as_mut().and_then(|line| line.framed.as_mut()) else {
            return Ok(None);
        };
        match &framing.ended {
            // What is broken was told before.
            None | Some(FramedEnd::Broken(_)) => Ok(None),
            Some(FramedEnd::Closed) => self.on_end(None).map(Some),
            Some(FramedEnd::Lost(error)) => {
                let error = io::Error::from_raw_os_error(error.raw_os_error().unwrap_or(0));
                self.on_end(Some(&error)).map(Some)
            }
        }
    }

    /// Sends what is to be sent, and as much of the content as the windows let.
    pub(super) fn send_frames(&mut self) {
        let mut turn_left = SEND_LEN;
        loop {
            self.fill_frames();
            let Some(line) = self.line.as_mut().filter(|line| line.is_connected && !line.is_deaf)
            else {
                return;
            };
            let Some(Framing { framed, .. }) = &mut line.framed else { return };
            if framed.output().is_empty() || turn_left == 0 {
                return;
            }
            let written = self
                .upstreams
                .with(line.lease, |transport| transport.write(framed.output(), false));
            match written {
                Ok(0) => return,
                Ok(len) => {
                    framed.sent(len);
                    line.sent += len as u64;
                    turn_left = turn_left.saturating_sub(len);
                    if let Some(last) = self.tries.last_mut() {
                        last.sent_len += len as u64;
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(_) => {
                    // What is wrong is seen when it is read from.
                    line.is_deaf = true;
                    self.stream_is_used |= self.call.is_streamed() && !self.unsent.is_empty();
                    self.unsent.clear();
                    return;
                }
            }
        }
    }

    /// Puts content into frames, as far as there is room and the other side takes it.
    fn fill_frames(&mut self) {
        let Running { call, line, unsent, stream_is_used, stream_has_ended, .. } = self;
        let Some(line) = line.as_mut().filter(|line| line.is_connected) else { return };
        let Some(Framing { framed, content_at, .. }) = &mut line.framed else { return };
        if framed.is_written() {
            return;
        }
        let open = framed.open_len();
        match (&call.input, call.content) {
            (Input::Stream, _) => {
                let len = open.min(unsent.len());
                let ends = *stream_has_ended && len == unsent.len();
                if len > 0 || ends {
                    framed.write(&unsent[..len], ends);
                    unsent.drain(..len);
                    *stream_is_used |= len > 0;
                }
            }
            (Input::Bytes(bytes), _) => {
                let piece = bytes.from(*content_at as usize);
                let len = open.min(piece.len());
                if len > 0 || piece.is_empty() {
                    *content_at += len as u64;
                    framed.write(&piece[..len], *content_at >= bytes.len() as u64);
                }
            }
            (Input::File(file), Content::Length(whole)) => {
                fill_from(file, whole, content_at, open, &mut **framed);
            }
            (Input::File(_) | Input::Empty, _) => framed.write(&[], true),
        }
    }

    /// Gives a connection back that nothing more is wanted of. It is kept where that may be.
    pub(super) fn part_with(&mut self, mut line: Line) {
        let upstreams = Rc::clone(&self.upstreams);
        let Some(Framing { mut framed, ended, .. }) =
            line.framed.take().filter(|_| line.is_connected && !line.is_deaf)
        else {
            return upstreams.close(line.lease);
        };
        framed.cancel();
        while !framed.output().is_empty() {
            let written =
                upstreams.with(line.lease, |transport| transport.write(framed.output(), false));
            match written {
                Ok(len) if len > 0 => framed.sent(len),
                _ => return upstreams.close(line.lease),
            }
        }
        match ended.is_none() && framed.may_begin() && !self.call.closes {
            true => upstreams.keep(line.lease, Some(framed)),
            false => upstreams.close(line.lease),
        }
    }
}

/// Puts content of a file into frames.
fn fill_from(file: &File, whole: u64, at: &mut u64, open: usize, framed: &mut dyn Framed) {
    let mut left_open = open;
    while *at < whole && left_open > 0 {
        let left = usize::try_from(whole - *at).unwrap_or(usize::MAX);
        let mut piece = vec![0; PIECE_LEN.min(left_open).min(left)];
        match file.read_at(&mut piece, *at) {
            // It has become shorter: what was promised does not come, which the other side sees.
            Ok(0) | Err(_) => return framed.cancel(),
            Ok(len) => {
                *at += len as u64;
                framed.write(&piece[..len], *at == whole);
                left_open -= len;
            }
        }
    }
    if whole == 0 {
        framed.write(&[], true);
    }
}
