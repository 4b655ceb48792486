//! Another server as who makes a response.

use std::io;

use super::super::call::Content;
use super::{Answer, Failure, MOST_UNSENT, QUEUE_MS, Running};
use crate::backend::{Backend, Front, Input, Received, Report, Tunnel};
use crate::connection::{Interests, UpstreamInterest};
use crate::exchange::Refusal;
use crate::fastcgi;
use crate::http::answer;
use crate::http::response::Fields;
use crate::site::{Failures, Level, Tries};
use crate::sys::poll::Readiness;

/// The most that is read at once of a head whose content is read slowly.
const FRONT_LEN: usize = 4096;

impl Backend for Running {
    fn watch(&self, reads: bool, interests: &mut Interests) {
        let Some(line) = &self.line else { return };
        let readiness = match line.is_connected {
            false => Readiness::WRITE,
            // What is said of the connection is heard whether more of the answer is wanted or not.
            true if line.framed.is_some() => self.framed_readiness(line),
            true => Readiness {
                reads: reads
                    && !matches!(self.answer, Answer::Complete { .. })
                    && self.paused_ms().is_none(),
                writes: self.has_unsent(),
            },
        };
        interests.upstream = Some(UpstreamInterest { lease: line.lease, readiness });
    }

    fn move_to(&mut self, token: u64) {
        self.owner = token;
        if let Some(line) = &self.line {
            self.upstreams.set_owner(line.lease, token);
        }
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
        self.call.is_streamed()
            && self.unsent.len() < MOST_UNSENT
            && self.wait.is_none()
            && self.queued.is_none()
            // Nobody is to wait for content that nobody wants.
            && self.refusal.is_none()
    }

    fn feed(&mut self, content: &[u8]) {
        let is_deaf = self.line.as_ref().is_none_or(|line| line.is_deaf);
        if is_deaf {
            self.stream_is_used = true;
            return;
        }
        match self.call.content {
            _ if self.call.is_fastcgi() => fastcgi::write_content(content, &mut self.unsent),
            _ if self.call.framing().is_some() => self.unsent.extend_from_slice(content),
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
        } else if self.call.content == Content::Chunked && self.call.framing().is_none() {
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
                if self.may_wait_for(peer, &error) {
                    return self.wait_for(peer);
                }
                if let Err(refusal) = self.go_on_without(peer, &error) {
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
            _ if self.call.framing().is_some() => return self.read_framed(scratch),
            Answer::Head(_) | Answer::ScriptHead(_) | Answer::Line(_) | Answer::Content { .. } => {}
            Answer::FramedHead => return Ok(Received::Nothing),
        }
        let Some(line) = &mut self.line else { return Ok(Received::Nothing) };
        if !line.is_connected || std::mem::take(&mut line.is_drained) {
            return Ok(Received::Nothing);
        }
        let now_ms = self.upstreams.now_ms();
        let most = match &mut self.limit {
            Some(limit) => limit.most(now_ms),
            // What comes with the head is little, where the rest is to come slowly.
            None if self.call.rate > 0 => FRONT_LEN,
            None => usize::MAX,
        };
        if most == 0 {
            return Ok(Received::Nothing);
        }
        let most = most.min(scratch.len());
        let scratch = &mut scratch[..most];
        let result = self.upstreams.with(line.lease, |transport| transport.read(scratch));
        let len = match result {
            Ok(0) => return self.on_end(None),
            Ok(len) => len,
            Err(error) if is_transient(&error) => return Ok(Received::Nothing),
            Err(error) => return self.on_end(Some(&error)),
        };
        line.is_drained = len < scratch.len();
        line.has_received = true;
        if let Some(limit) = &mut self.limit {
            limit.count(len as u64, now_ms);
        }
        if let Some(last) = self.tries.last_mut() {
            last.received_len += len as u64;
        }
        match self.answer {
            Answer::Head(_) => return self.read_head(scratch, len),
            Answer::ScriptHead(_) => return self.read_script_head(scratch, len),
            Answer::Line(_) => return self.read_line(scratch, len),
            Answer::Content { .. }
            | Answer::Complete { .. }
            | Answer::Broken
            | Answer::FramedHead => {}
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

    fn take_interim(&mut self) -> Vec<(u16, Fields)> {
        std::mem::take(&mut self.interim)
    }

    fn trailers(&self) -> Fields {
        match self.call.proxy.pass_trailers {
            true => answer::trailers(&self.trailers),
            false => Fields::default(),
        }
    }

    fn report(&mut self, _: &mut [u8], report: Report<'_>) {
        self.reports.drain(..).for_each(|(level, text)| report(level, format_args!("{text}")));
    }

    fn timeout_ms(&self) -> u64 {
        let proxy = self.call.proxy;
        match &self.line {
            Some(line) if !line.is_connected => proxy.connect_timeout_ms,
            Some(_) if self.has_unsent() || self.is_held_up() => proxy.send_timeout_ms,
            Some(_) => proxy.read_timeout_ms,
            None => match self.wait {
                Some((_, at_ms)) => at_ms.saturating_sub(self.upstreams.now_ms()).max(1),
                None if self.queued.is_some() => QUEUE_MS,
                // There is something to be told at once.
                None => 1,
            },
        }
    }

    fn is_gone(&self) -> bool {
        self.has_framed_news()
    }

    fn heed(&mut self, scratch: &mut [u8]) -> bool {
        self.hear_frames(scratch)
    }

    fn paused_ms(&self) -> Option<u64> {
        let until_ms = self.limit.as_ref()?.paused_until_ms()?;
        Some(until_ms.saturating_sub(self.upstreams.now_ms()))
    }

    fn time_out(&mut self) -> Option<Refusal> {
        if let Some(refusal) = self.refusal.take() {
            return Some(refusal);
        }
        if let Some((peer, _)) = self.wait.take() {
            return self.ask_again(peer);
        }
        if let Some((number, since_ms)) = self.queued {
            self.look_again(number, since_ms);
            return self.refusal.take();
        }
        let line = self.line.as_ref()?;
        let what = match () {
            () if !line.is_connected => "connecting to upstream",
            () if self.has_unsent() || self.is_held_up() => "sending request to upstream",
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

    fn take_tunnel(&mut self) -> Option<Box<dyn Tunnel>> {
        Some(Box::new(self.tunnel.take()?))
    }

    fn content_again(&self) -> Option<(Input, u64)> {
        // What the conf puts in its place is not the client's.
        let is_own = self.call.proxy.body.is_some();
        match (&self.call.input, self.call.content) {
            (input @ (Input::Bytes(_) | Input::File(_)), Content::Length(len)) if !is_own => {
                input.again().ok().map(|input| (input, len))
            }
            _ => None,
        }
    }

    fn end(&mut self) {
        self.finish();
    }

    fn tell_tries(&mut self, tries: &mut Tries) {
        if matches!(self.answer, Answer::Complete { .. }) {
            self.finish();
        }
        tries.put(&self.tries);
        if !self.fields.is_empty() {
            tries.swap_fields(&mut self.fields);
            self.fields.clear();
        }
        if !self.trailers.is_empty() {
            tries.set_trailers(&self.trailers);
        }
    }

    fn cut_words(&self) -> &'static str {
        "upstream has sent less than its Content-Length"
    }

    fn release(mut self: Box<Self>, _: &mut [u8], report: Report<'_>) {
        self.reports.drain(..).for_each(|(level, text)| report(level, format_args!("{text}")));
        let is_sent = self.is_sent();
        let Some(line) = self.line.take() else { return };
        if line.framed.is_some() {
            self.group().lend().free(line.peer, false, self.upstreams.now_ms());
            return self.part_with(line);
        }
        self.group().lend().free(line.peer, false, self.upstreams.now_ms());
        match self.answer {
            Answer::Complete { persists: true } if is_sent && !self.call.closes => {
                self.upstreams.keep(line.lease, None);
            }
            _ => self.upstreams.close(line.lease),
        }
    }

    fn abandon(mut self: Box<Self>, _: &mut [u8], report: Report<'_>) {
        self.reports.drain(..).for_each(|(level, text)| report(level, format_args!("{text}")));
    }
}

/// Whether a read may succeed later.
fn is_transient(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted)
}
