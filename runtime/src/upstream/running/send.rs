//! What goes to a peer: the request's head, and its content.

use std::fs::File;
use std::io::{self, IoSlice};
use std::os::fd::AsFd;
use std::os::unix::fs::FileExt;

use super::super::call::{Call, Content};
use super::super::pool::Upstreams;
use super::{Line, Running};
use crate::backend::Input;
use crate::connection::LeaseId;
use crate::fastcgi;

/// The most of a file that is sent before others have their turn.
const SEND_LEN: usize = 256 * 1024;
/// How much of a file goes into a record.
const FILE_PIECE_LEN: usize = 32 * 1024;

impl Running {
    /// Sends as much of the request as the peer takes. What goes wrong is seen when it is read from:
    /// there may be an answer all the same.
    pub(super) fn send(&mut self) {
        if self.call.framing().is_some() {
            return self.send_frames();
        }
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
                Input::Bytes(bytes) => bytes.from(line.sent.saturating_sub(head_len) as usize),
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
    pub(super) fn has_unsent(&self) -> bool {
        let Some(line) = &self.line else { return false };
        if let Some(framing) = &line.framed {
            return !line.is_deaf && !framing.framed.output().is_empty();
        }
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
    pub(super) fn is_sent(&self) -> bool {
        let ended = !self.call.is_streamed() || self.stream_has_ended;
        let is_deaf = self.line.as_ref().is_some_and(|line| line.is_deaf);
        ended && !is_deaf && !self.has_unsent()
    }
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
            let piece = bytes.from(at as usize);
            fastcgi::write_content(piece, unsent);
            end = if piece.is_empty() { len } else { end + piece.len() as u64 };
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

fn send_file(
    upstreams: &Upstreams,
    lease: LeaseId,
    file: &File,
    at: u64,
    most: usize,
) -> io::Result<usize> {
    upstreams.with(lease, |transport| match transport.sends_files() {
        true => transport.send_file(file.as_fd(), at, most),
        false => {
            let mut piece = vec![0; FILE_PIECE_LEN.min(most)];
            let len = file.read_at(&mut piece, at)?;
            transport.write(&piece[..len], false)
        }
    })
}
