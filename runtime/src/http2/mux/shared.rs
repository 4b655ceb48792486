//! What is known of a connection's streams, and the frames that are gathered for it: no event loop, and
//! nobody who waits.

use std::collections::VecDeque;
use std::io;

use crate::http::response::Fields;
use crate::http2::budget::Budget;
use crate::http2::flow::{ReceiveWindow, SendWindow};
use crate::http2::frame::{self, Code, HEADER_LEN, MAX_LEN};
use crate::http2::hpack::Encoder;
use crate::http2::priority::Priority;
use crate::http2::response;
use crate::poll_set::Interest;

use super::Limits;

/// Frames that are gathered before they are sent.
pub const GATHERED_LEN: usize = 64 << 10;
/// The least that is worth a frame of its own, where there is more to send.
const LEAST_LEN: usize = 1024;
/// Streams that the server has reset, which are remembered so that what still comes for them is told
/// from what nobody may send: at least so many, and as many as there may be at once.
const REMEMBERED: usize = 128;

pub(super) struct Shared {
    /// What the connection is known by to the event loop.
    pub(super) token: u64,
    pub(super) limits: Limits,
    /// Frames to be sent, and how much of them is.
    pub(super) out: Vec<u8>,
    pub(super) sent: usize,
    /// Bytes that were ever sent before `out`, so that a place in it can be named for longer.
    pub(super) base: u64,
    /// Up to here, the transport may have sealed what it has not taken yet: it stays as it is.
    pub(super) frozen: u64,
    pub(super) encoder: Encoder,
    pub(super) window: SendWindow,
    pub(super) receive: ReceiveWindow,
    /// The windows that streams begin with, of the peer and of ours.
    pub(super) initial_window: u32,
    pub(super) first_receive: u32,
    pub(super) max_frame_len: usize,
    /// By rising numbers.
    pub(super) streams: Vec<Entry>,
    /// Those of them that were not reset.
    pub(super) live: usize,
    /// Those that were reset by the server last.
    pub(super) reset: VecDeque<u32>,
    pub(super) budget: Budget,
    pub(super) is_exhausted: bool,
    pub(super) is_dead: bool,
    /// How often a stream was woken to send: who was woken last is the last of its kind.
    pub(super) turns: u64,
}

/// What is known of a stream, and its number once it is reset, with the memory of their tables.
pub const ENTRY_LEN: usize = 2 * (size_of::<Entry>() + size_of::<u32>());

/// One stream.
pub(super) struct Entry {
    pub(super) id: u32,
    pub(super) token: u64,
    pub(super) window: SendWindow,
    pub(super) receive: ReceiveWindow,
    /// Content that has come and was not taken, and how much of it was.
    pub(super) input: Vec<u8>,
    pub(super) taken: usize,
    /// What Content-Length leaves to come.
    pub(super) left: Option<u64>,
    /// Whether the client has sent all of its message, and whether the stream knows.
    pub(super) has_ended: bool,
    pub(super) end_is_told: bool,
    /// Whether it is no more, and whether the stream knows.
    pub(super) is_reset: bool,
    pub(super) reset_is_told: bool,
    /// What the stream waits for.
    pub(super) wants: Option<Interest>,
    pub(super) is_queued: bool,
    /// Where the last frame of it begins, counted from the first byte of the connection.
    pub(super) last_frame: Option<u64>,
    /// What follows the content of its response.
    pub(super) trailers: Option<Box<Fields>>,
    /// What it may send before others have their turn.
    pub(super) share: usize,
    pub(super) priority: Priority,
    pub(super) served: u64,
}

impl Entry {
    /// Whether it has what it waits for.
    pub(super) fn is_ready(&self, can_send: bool) -> bool {
        if self.is_reset {
            return !self.reset_is_told;
        }
        match self.wants {
            None => false,
            Some(Interest::Read) => self.has_news(),
            Some(Interest::Write) => can_send && self.window.open() > 0,
            Some(Interest::Both) => self.has_news() || can_send && self.window.open() > 0,
        }
    }

    pub(super) fn has_news(&self) -> bool {
        self.taken < self.input.len() || self.has_ended && !self.end_is_told
    }

    /// Counts content, of which the message may end with this. Whether it is not what was said.
    pub(super) fn count_content(&mut self, len: usize, ends: bool) -> bool {
        let Some(left) = &mut self.left else { return false };
        match left.checked_sub(len as u64) {
            Some(rest) => {
                *left = rest;
                ends && rest > 0
            }
            None => true,
        }
    }

    /// What comes first.
    pub(super) fn rank(&self) -> (u8, u64, u32) {
        let turn = if self.priority.incremental { self.served } else { 0 };
        (self.priority.urgency, turn, self.id)
    }
}

impl Shared {
    pub(super) fn entry(&mut self, id: u32) -> Option<&mut Entry> {
        let at = self.streams.binary_search_by_key(&id, |entry| entry.id).ok()?;
        Some(&mut self.streams[at])
    }

    pub(super) fn lose(&mut self) {
        self.is_exhausted |= self.budget.lose_stream();
    }

    /// How much may be gathered yet.
    pub(super) fn room(&self) -> usize {
        GATHERED_LEN.saturating_sub(self.out.len() - self.sent)
    }

    pub(super) fn can_send(&self) -> bool {
        self.window.open() > 0 && self.room() >= LEAST_LEN
    }

    pub(super) fn write_reset(&mut self, id: u32, code: Code) {
        frame::write_reset(&mut self.out, id, code);
        self.remember(id);
    }

    pub(super) fn remember(&mut self, id: u32) {
        if self.reset.len() >= REMEMBERED.max(self.limits.max_streams as usize) {
            self.reset.pop_front();
        }
        self.reset.push_back(id);
    }

    /// Lets the peer send so much again, on the connection and, if it is open, on a stream.
    pub(super) fn give_back(&mut self, id: Option<u32>, len: usize) {
        if len == 0 {
            return;
        }
        if let Some(increment) = self.receive.give_back(len) {
            frame::write_window_update(&mut self.out, 0, increment);
        }
        let Some(id) = id else { return };
        let entry = self.entry(id).filter(|entry| !entry.has_ended && !entry.is_reset);
        if let Some(increment) = entry.and_then(|entry| entry.receive.give_back(len)) {
            frame::write_window_update(&mut self.out, id, increment);
        }
    }

    /// How much content of a stream can be put into frames now.
    pub(super) fn open_len(&mut self, id: u32) -> usize {
        let room = self.room();
        let most = if room < LEAST_LEN { 0 } else { room.min(self.window.open()) };
        self.entry(id).map_or(0, |entry| most.min(entry.window.open()).min(entry.share))
    }

    /// Puts content into frames, as far as there is room.
    pub(super) fn write_content(&mut self, id: u32, parts: [&[u8]; 2]) -> io::Result<usize> {
        let most = self.window.open();
        let (room, max_len, base) = (self.room(), self.max_frame_len, self.base);
        let is_dead = self.is_dead;
        let at = self.streams.binary_search_by_key(&id, |entry| entry.id);
        let entry = at.ok().map(|at| &mut self.streams[at]).filter(|entry| !entry.is_reset);
        let Some(entry) = entry.filter(|_| !is_dead) else {
            return Err(gone());
        };
        let wanted = parts[0].len() + parts[1].len();
        let len = wanted.min(most).min(entry.window.open()).min(room).min(entry.share);
        if len == 0 && wanted > 0 || len < wanted && room < LEAST_LEN {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let mut left = len;
        let mut parts = parts;
        while left > 0 {
            let piece = left.min(max_len);
            entry.last_frame = Some(base + self.out.len() as u64);
            frame::write_data_header(&mut self.out, id, piece, false);
            let mut of_frame = piece;
            for part in &mut parts {
                let (front, rest) = part.split_at(part.len().min(of_frame));
                self.out.extend_from_slice(front);
                *part = rest;
                of_frame -= front.len();
            }
            left -= piece;
        }
        entry.window.take(len);
        entry.share -= len;
        self.window.take(len);
        self.budget.send(len);
        Ok(len)
    }

    /// Ends a stream: on its last frame, if that is still here.
    pub(super) fn write_end(&mut self, id: u32, last_frame: Option<u64>) {
        let first = self.frozen.max(self.base + self.sent as u64);
        match last_frame.filter(|&last| last >= first) {
            Some(last) => self.out[(last - self.base) as usize + 4] |= frame::END_STREAM,
            None => frame::write_data_header(&mut self.out, id, 0, true),
        }
    }

    /// Ends a stream with fields (RFC 9113, 8.1).
    pub(super) fn write_trailers(&mut self, id: u32, trailers: &Fields) {
        let start = self.out.len();
        self.out.extend_from_slice(&[0; HEADER_LEN]);
        response::write_trailers(&mut self.encoder, &mut self.out, trailers);
        let len = frame::frame_block(&mut self.out, start, id, MAX_LEN, true);
        self.budget.send(len);
    }

    /// Takes a stream off the table.
    pub(super) fn remove(&mut self, id: u32) -> Option<Entry> {
        let at = self.streams.binary_search_by_key(&id, |entry| entry.id).ok()?;
        let entry = self.streams.remove(at);
        self.live -= usize::from(!entry.is_reset);
        Some(entry)
    }
}

/// What a socket says whose client is gone.
pub(super) fn gone() -> io::Error {
    io::Error::from_raw_os_error(libc::ECONNRESET)
}
