//! One stream of a connection, as what answers on it sees it.

use std::io;
use std::rc::Rc;

use crate::http::date;
use crate::http::response::Fields;
use crate::http::target::Scheme;
use crate::http2::flow::{ReceiveWindow, SendWindow};
use crate::http2::frame::{self, Code, HEADER_LEN, MAX_LEN};
use crate::http2::priority::Priority;
use crate::http2::response;
use crate::poll_set::Interest;
use crate::secured::Told;

use super::shared::{Entry, GATHERED_LEN, gone};
use super::{FIRST_WINDOW, Mux, SHARE_LEN};

/// The server's end of a stream, as its bearer's transport. Dropped before it has [ended](Self::end), it
/// is reset.
pub(crate) struct Stream {
    mux: Rc<Mux>,
    id: u32,
}

impl std::fmt::Debug for Stream {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "stream {}", self.id)
    }
}

impl Stream {
    /// Opens a stream that is known to the event loop by `token`. `left`: the content that is said to
    /// come; `has_ended`: none comes.
    pub(crate) fn open(
        mux: &Rc<Mux>,
        id: u32,
        token: u64,
        left: Option<u64>,
        has_ended: bool,
        priority: Priority,
    ) -> Stream {
        let mut shared = mux.shared.borrow_mut();
        let entry = Entry {
            id,
            token,
            window: SendWindow::new(shared.initial_window),
            receive: ReceiveWindow::new(shared.first_receive),
            input: Vec::new(),
            taken: 0,
            left,
            has_ended,
            end_is_told: has_ended,
            is_reset: false,
            reset_is_told: false,
            wants: None,
            is_queued: false,
            last_frame: None,
            trailers: None,
            share: SHARE_LEN.max(GATHERED_LEN / (1 + shared.streams.len())),
            priority,
            served: 0,
        };
        // Numbers rise.
        shared.streams.push(entry);
        shared.live += 1;
        drop(shared);
        Stream { mux: mux.clone(), id }
    }

    /// The scheme of URLs that lead to its connection.
    pub(crate) fn scheme(&self) -> Scheme {
        self.mux.scheme
    }

    /// What its connection tells of TLS.
    pub(crate) fn told(&self) -> &Told {
        &self.mux.told
    }

    /// Reads content. There is no end here: [`take_end`](Self::take_end) tells it.
    pub(crate) fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut shared = self.mux.shared.borrow_mut();
        let shared = &mut *shared;
        let is_dead = shared.is_dead;
        let entry = shared.entry(self.id).filter(|entry| !entry.is_reset && !is_dead);
        let Some(entry) = entry else { return Err(gone()) };
        let held = &entry.input[entry.taken..];
        let len = held.len().min(buffer.len());
        if len == 0 {
            if !entry.has_ended
                && let Some(increment) = entry.receive.widen(FIRST_WINDOW)
            {
                frame::write_window_update(&mut shared.out, self.id, increment);
                self.mux.queue_connection(shared);
            }
            return Err(io::ErrorKind::WouldBlock.into());
        }
        buffer[..len].copy_from_slice(&held[..len]);
        entry.taken += len;
        if entry.taken == entry.input.len() {
            (entry.input, entry.taken) = (Vec::new(), 0);
        }
        let before = shared.out.len();
        shared.give_back(Some(self.id), len);
        if shared.out.len() > before {
            self.mux.queue_connection(shared);
        }
        Ok(len)
    }

    /// Whether all content was read and no more comes. It is told once.
    pub(crate) fn take_end(&self) -> bool {
        let mut shared = self.mux.shared.borrow_mut();
        let Some(entry) = shared.entry(self.id) else { return false };
        let is_end = entry.has_ended && entry.taken == entry.input.len();
        is_end && !std::mem::replace(&mut entry.end_is_told, true)
    }

    /// Whether the stream is no more. It is told once.
    pub(crate) fn take_reset(&self) -> bool {
        let mut shared = self.mux.shared.borrow_mut();
        let entry = shared.entry(self.id).filter(|entry| entry.is_reset);
        entry.is_some_and(|entry| !std::mem::replace(&mut entry.reset_is_told, true))
    }

    /// How much content can be sent now. What is gone takes any, and says so then.
    pub(crate) fn open_len(&self) -> usize {
        let mut shared = self.mux.shared.borrow_mut();
        let is_dead = shared.is_dead;
        match shared.entry(self.id) {
            Some(entry) if !entry.is_reset && !is_dead => shared.open_len(self.id),
            _ => usize::MAX,
        }
    }

    /// Sends content, as far as the windows are open and there is room.
    pub(crate) fn write(&mut self, parts: [&[u8]; 2]) -> io::Result<usize> {
        let mut shared = self.mux.shared.borrow_mut();
        self.mux.lend_memory(&mut shared);
        let len = shared.write_content(self.id, parts)?;
        self.mux.queue_connection(&shared);
        Ok(len)
    }

    /// Sends the head of a response. Returns its length.
    pub(crate) fn write_head(
        &self,
        status: u16,
        date: &[u8; date::LEN],
        server_tokens: bool,
        fields: &Fields,
    ) -> usize {
        let mut shared = self.mux.shared.borrow_mut();
        let shared = &mut *shared;
        let start = shared.out.len();
        shared.out.extend_from_slice(&[0; HEADER_LEN]);
        response::write_head(
            &mut shared.encoder,
            &mut shared.out,
            (status, date, server_tokens),
            fields,
        );
        let len = frame::frame_block(&mut shared.out, start, self.id, MAX_LEN, false);
        let place = shared.base + start as u64;
        shared.budget.send(len);
        if let Some(entry) = shared.entry(self.id) {
            entry.last_frame = Some(place);
        }
        self.mux.queue_connection(shared);
        len
    }

    /// Says something before the response: that the content may come (RFC 9110, 15.2.1), or what another
    /// server has said.
    pub(crate) fn write_interim(&self, status: u16, fields: &Fields) {
        let mut shared = self.mux.shared.borrow_mut();
        let shared = &mut *shared;
        let start = shared.out.len();
        shared.out.extend_from_slice(&[0; HEADER_LEN]);
        response::write_interim(&mut shared.encoder, &mut shared.out, status, fields);
        let len = frame::frame_block(&mut shared.out, start, self.id, MAX_LEN, false);
        shared.budget.send(len);
        self.mux.queue_connection(shared);
    }

    /// What follows the content of the response, once that has ended.
    pub(crate) fn set_trailers(&self, trailers: Fields) {
        let mut shared = self.mux.shared.borrow_mut();
        if let Some(entry) = shared.entry(self.id).filter(|_| !trailers.is_empty()) {
            entry.trailers = Some(Box::new(trailers));
        }
    }

    /// The response is whole. Where the request is not, no more of it is wanted (RFC 9113, 8.1).
    pub(crate) fn end(&self) {
        let mut shared = self.mux.shared.borrow_mut();
        let is_dead = shared.is_dead;
        let Some(entry) = shared.remove(self.id) else { return };
        if !entry.is_reset && !is_dead {
            match &entry.trailers {
                Some(trailers) => shared.write_trailers(self.id, trailers),
                None => shared.write_end(self.id, entry.last_frame),
            }
            shared.budget.end_stream();
            if !entry.has_ended {
                shared.write_reset(self.id, Code::NoError);
            }
        }
        let unused = entry.input.len() - entry.taken;
        shared.give_back(None, unused);
        self.mux.queue_connection(&shared);
    }

    /// What the stream waits for: it is let act once that is there.
    pub(crate) fn want(&self, wants: Option<Interest>) {
        let mut shared = self.mux.shared.borrow_mut();
        let can_send = shared.can_send();
        let Some(entry) = shared.entry(self.id) else { return };
        entry.is_queued = false;
        entry.wants = wants;
        let waits = entry.share == 0
            && !entry.is_reset
            && match wants {
                Some(Interest::Write) => true,
                Some(Interest::Both) => !entry.has_news(),
                Some(Interest::Read) | None => false,
            };
        if !waits {
            self.mux.wake(entry, can_send);
        } else {
            // The others first: it is woken once what is gathered is sent.
            self.mux.queue_connection(&shared);
        }
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        let mut shared = self.mux.shared.borrow_mut();
        let is_dead = shared.is_dead;
        let Some(entry) = shared.remove(self.id) else { return };
        if !entry.is_reset && !is_dead {
            shared.write_reset(self.id, Code::InternalError);
        }
        let unused = entry.input.len() - entry.taken;
        shared.give_back(None, unused);
        self.mux.queue_connection(&shared);
    }
}
