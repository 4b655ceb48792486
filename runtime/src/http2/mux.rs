//! What the streams of one connection share: the frames that are to be sent, the windows, and what has
//! come of each stream's content. Whoever reads the frames of the connection holds it, and each
//! stream does.
//!
//! All frames of a turn are gathered here, and sent together. Content is copied here only as far as the
//! windows are open and there is room: until then it stays where it lies.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::io;
use std::rc::Rc;

use super::budget::Budget;
use super::flow::{Overflow, ReceiveWindow, SendWindow};
use super::frame::{self, Code, Fault, HEADER_LEN, MAX_LEN, Settings};
use super::hpack::Encoder;
use super::priority::Priority;
use crate::http::date;
use crate::http::response::Fields;
use crate::http::target::Scheme;
use crate::poll_set::Interest;
use crate::secured::Told;
use crate::transport::Transport;

/// The window that connections and streams begin with (RFC 9113, 6.9.2).
const FIRST_WINDOW: u32 = 65_535;
/// Content that may be on its way, or held, of all streams of a connection.
pub const RECEIVED_LEN: usize = 128 << 10;
/// Frames that are gathered before they are sent.
pub const GATHERED_LEN: usize = 64 << 10;
/// The least that is worth a frame of its own, where there is more to send.
const LEAST_LEN: usize = 1024;
/// What a stream may send before others that wait have their turn.
const SHARE_LEN: usize = 16 << 10;
/// How many of those that wait are woken at once.
const WOKEN: usize = 4;
/// Streams that the server has reset, which are remembered so that what still comes for them is told
/// from what nobody may send.
const REMEMBERED: usize = 128;

/// Tokens of connections and streams that are to act in this turn, though no descriptor of theirs is
/// ready.
#[derive(Default)]
pub(crate) struct Queue {
    streams: RefCell<Vec<u64>>,
    connections: RefCell<Vec<u64>>,
    /// Memory to gather frames in.
    spare: RefCell<Vec<u8>>,
}

impl Queue {
    /// Streams that have something to do.
    pub(crate) fn take_streams(&self) -> Vec<u64> {
        self.streams.take()
    }

    /// Connections that have something to send, or to end.
    pub(crate) fn take_connections(&self) -> Vec<u64> {
        self.connections.take()
    }

    /// Whether nobody waits.
    pub(crate) fn is_empty(&self) -> bool {
        self.streams.borrow().is_empty() && self.connections.borrow().is_empty()
    }
}

/// What the conf says of HTTP/2.
#[derive(Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) max_streams: u32,
    pub(crate) preread_len: u32,
    pub(crate) chunk_len: usize,
    /// Whether CONNECT with a protocol may lead to another server (RFC 8441).
    pub(crate) tunnels: bool,
}

/// What the streams of one connection share.
pub(crate) struct Mux {
    queue: Rc<Queue>,
    scheme: Scheme,
    /// What is told of TLS.
    told: Told,
    shared: RefCell<Shared>,
    /// Whether the connection is in the queue.
    is_queued: Cell<bool>,
}

struct Shared {
    /// What the connection is known by to the event loop.
    token: u64,
    limits: Limits,
    /// Frames to be sent, and how much of them is.
    out: Vec<u8>,
    sent: usize,
    /// Bytes that were ever sent before `out`, so that a place in it can be named for longer.
    base: u64,
    /// Up to here, the transport may have sealed what it has not taken yet: it stays as it is.
    frozen: u64,
    encoder: Encoder,
    window: SendWindow,
    receive: ReceiveWindow,
    /// The windows that streams begin with, of the peer and of ours.
    initial_window: u32,
    first_receive: u32,
    max_frame_len: usize,
    /// By rising numbers.
    streams: Vec<Entry>,
    /// Those of them that were not reset.
    live: usize,
    /// Those that were reset by the server last.
    reset: VecDeque<u32>,
    budget: Budget,
    is_exhausted: bool,
    is_dead: bool,
    /// How often a stream was woken to send: who was woken last is the last of its kind.
    turns: u64,
}

/// What is known of a stream, with the memory of its table.
pub const ENTRY_LEN: usize = 2 * size_of::<Entry>();

/// One stream.
struct Entry {
    id: u32,
    token: u64,
    window: SendWindow,
    receive: ReceiveWindow,
    /// Content that has come and was not taken, and how much of it was.
    input: Vec<u8>,
    taken: usize,
    /// What Content-Length leaves to come.
    left: Option<u64>,
    /// Whether the client has sent all of its message, and whether the stream knows.
    has_ended: bool,
    end_is_told: bool,
    /// Whether it is no more, and whether the stream knows.
    is_reset: bool,
    reset_is_told: bool,
    /// What the stream waits for.
    wants: Option<Interest>,
    is_queued: bool,
    /// Where the last frame of it begins, counted from the first byte of the connection.
    last_frame: Option<u64>,
    /// What follows the content of its response.
    trailers: Option<Box<Fields>>,
    /// What it may send before others have their turn.
    share: usize,
    priority: Priority,
    served: u64,
}

impl Entry {
    /// Whether it has what it waits for.
    fn is_ready(&self, can_send: bool) -> bool {
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

    fn has_news(&self) -> bool {
        self.taken < self.input.len() || self.has_ended && !self.end_is_told
    }
}

impl Mux {
    /// What begins with these limits, for a client that `transport` leads to. `token` is what the
    /// event loop knows it by. Our SETTINGS are the first frame.
    pub(crate) fn new(
        queue: Rc<Queue>,
        transport: &Transport,
        token: u64,
        limits: Limits,
    ) -> Rc<Mux> {
        let mut out = Vec::new();
        frame::write_settings(&mut out, limits.max_streams, limits.preread_len, limits.tunnels);
        frame::write_window_update(&mut out, 0, RECEIVED_LEN as u32 - FIRST_WINDOW);
        let shared = Shared {
            token,
            limits,
            out,
            sent: 0,
            base: 0,
            frozen: 0,
            encoder: Encoder::default(),
            window: SendWindow::new(FIRST_WINDOW),
            receive: ReceiveWindow::new(RECEIVED_LEN as u32),
            initial_window: FIRST_WINDOW,
            // Until the client knows of another one, it may rely on the usual one.
            first_receive: limits.preread_len.max(FIRST_WINDOW),
            max_frame_len: MAX_LEN.min(limits.chunk_len.max(1)),
            streams: Vec::new(),
            live: 0,
            reset: VecDeque::new(),
            budget: Budget::new(limits.max_streams.max(100)),
            is_exhausted: false,
            is_dead: false,
            turns: 0,
        };
        Rc::new(Mux {
            queue,
            scheme: transport.scheme(),
            told: Told::of(transport.agreed(), |which, out| transport.write_client(which, out)),
            shared: RefCell::new(shared),
            is_queued: Cell::new(false),
        })
    }

    /// Has the connection act in this turn.
    fn queue_connection(&self, shared: &Shared) {
        if !self.is_queued.replace(true) {
            self.queue.connections.borrow_mut().push(shared.token);
        }
    }

    /// Takes note that the connection acts.
    pub(crate) fn begin_turn(&self) {
        self.is_queued.set(false);
        self.lend_memory(&mut self.shared.borrow_mut());
    }

    /// Takes the memory that connections have in turn, if it is there.
    fn lend_memory(&self, shared: &mut Shared) {
        if shared.out.capacity() == 0 {
            shared.out = self.queue.spare.take();
        }
    }

    /// Lets a stream act that has what it waits for.
    fn wake(&self, entry: &mut Entry, can_send: bool) {
        if !entry.is_queued && entry.is_ready(can_send) {
            entry.is_queued = true;
            self.queue.streams.borrow_mut().push(entry.token);
        }
    }

    /// Opens a stream that is known to the event loop by `token`. `left`: the content that is said to
    /// come; `has_ended`: none comes.
    pub(crate) fn open(
        self: &Rc<Mux>,
        id: u32,
        token: u64,
        left: Option<u64>,
        has_ended: bool,
        priority: Priority,
    ) -> Stream {
        let mut shared = self.shared.borrow_mut();
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
        Stream { mux: self.clone(), id }
    }

    /// How many streams are open.
    pub(crate) fn open_count(&self) -> usize {
        self.shared.borrow().streams.len()
    }

    /// Whether one more would be too many.
    pub(crate) fn is_full(&self) -> bool {
        let shared = self.shared.borrow();
        shared.live >= shared.limits.max_streams as usize
    }

    /// Whether a stream is open.
    pub(crate) fn is_open(&self, id: u32) -> bool {
        self.shared.borrow_mut().entry(id).is_some()
    }

    /// Whether the server has reset a stream lately.
    pub(crate) fn has_reset(&self, id: u32) -> bool {
        self.shared.borrow().reset.contains(&id)
    }

    /// Takes note of a stream that nothing is done for.
    pub(crate) fn remember(&self, id: u32) {
        self.shared.borrow_mut().remember(id);
    }

    /// Resets a stream, because of what the peer has sent: it costs the peer something.
    pub(crate) fn reset(&self, id: u32, code: Code) {
        let mut shared = self.shared.borrow_mut();
        shared.write_reset(id, code);
        shared.lose();
        self.kill_stream(&mut shared, id);
    }

    /// The peer has reset a stream.
    pub(crate) fn take_reset(&self, id: u32) {
        let mut shared = self.shared.borrow_mut();
        if shared.entry(id).is_some_and(|entry| !entry.is_reset) {
            shared.lose();
            self.kill_stream(&mut shared, id);
        }
    }

    /// A stream is no more, which it is told.
    fn kill_stream(&self, shared: &mut Shared, id: u32) {
        let Some(entry) = shared.entry(id).filter(|entry| !entry.is_reset) else { return };
        entry.is_reset = true;
        let unused = entry.input.len() - entry.taken;
        (entry.input, entry.taken) = (Vec::new(), 0);
        self.wake(entry, false);
        shared.live -= 1;
        shared.give_back(None, unused);
    }

    /// All streams are no more: the connection is over.
    pub(crate) fn kill(&self) {
        let mut shared = self.shared.borrow_mut();
        shared.is_dead = true;
        shared.live = 0;
        for entry in &mut shared.streams {
            entry.is_reset = true;
            self.wake(entry, false);
        }
    }

    /// Counts a frame that has come. `Err`: it is one too many.
    pub(crate) fn count_frame(&self, len: usize, useful: usize) -> Result<(), Fault> {
        const FLOOD: Fault =
            Fault::of_connection(Code::EnhanceYourCalm, "mostly frames that are of no use");
        let mut shared = self.shared.borrow_mut();
        match shared.budget.receive(len, useful) {
            true => Err(FLOOD),
            false => Ok(()),
        }
    }

    /// Whether too many streams have come to nothing.
    pub(crate) fn check_budget(&self) -> Result<(), Fault> {
        const RESETS: Fault =
            Fault::of_connection(Code::EnhanceYourCalm, "too many streams that come to nothing");
        if self.shared.borrow().is_exhausted { Err(RESETS) } else { Ok(()) }
    }

    /// Takes content. What is of no stream is given back.
    pub(crate) fn receive(
        &self,
        id: u32,
        content: &[u8],
        flow_len: usize,
        ends: bool,
    ) -> Result<(), Fault> {
        const CONNECTION: Fault =
            Fault::of_connection(Code::FlowControlError, "more content than the window has");
        const STREAM: Fault =
            Fault::of_stream(Code::FlowControlError, "more content than the stream's window has");
        let mut shared = self.shared.borrow_mut();
        shared.receive.receive(flow_len).map_err(|Overflow| CONNECTION)?;
        let Some(entry) = shared.entry(id) else {
            shared.give_back(None, flow_len);
            return match shared.reset.contains(&id) {
                true => Ok(()),
                false => Err(Fault::of_stream(Code::StreamClosed, "content of a closed stream")),
            };
        };
        if entry.is_reset {
            shared.give_back(None, flow_len);
            return Ok(());
        }
        if entry.has_ended {
            shared.give_back(None, flow_len);
            return Err(Fault::of_stream(Code::StreamClosed, "content behind the end of a stream"));
        }
        let fits = entry.receive.receive(flow_len);
        let (wrong, padding) = (entry.count_content(content.len(), ends), flow_len - content.len());
        if fits.is_err() || wrong {
            shared.give_back(None, flow_len);
            return Err(if wrong { WRONG_LENGTH } else { STREAM });
        }
        // What is taken off the front is given up first.
        entry.input.drain(..std::mem::take(&mut entry.taken));
        entry.input.reserve_exact(content.len());
        entry.input.extend_from_slice(content);
        entry.has_ended = ends;
        self.wake(entry, false);
        shared.give_back(Some(id), padding);
        Ok(())
    }

    /// The message of a stream ends with trailers.
    pub(crate) fn receive_end(&self, id: u32) -> Result<(), Fault> {
        let mut shared = self.shared.borrow_mut();
        let Some(entry) = shared.entry(id).filter(|entry| !entry.is_reset) else { return Ok(()) };
        if entry.has_ended {
            return Err(Fault::of_stream(Code::StreamClosed, "fields behind the end of a stream"));
        }
        if entry.count_content(0, true) {
            return Err(WRONG_LENGTH);
        }
        entry.has_ended = true;
        self.wake(entry, false);
        Ok(())
    }

    /// The peer takes more.
    pub(crate) fn grow(&self, id: u32, increment: u32) -> Result<(), Fault> {
        const REASON: &str = "a window that is too large";
        let mut shared = self.shared.borrow_mut();
        if id == 0 {
            let was_open = shared.window.open() > 0;
            let grown = shared.window.grow(increment);
            grown.map_err(|Overflow| Fault::of_connection(Code::FlowControlError, REASON))?;
            if !was_open {
                self.wake_waiting(&mut shared);
            }
            return Ok(());
        }
        let can_send = shared.can_send();
        let Some(entry) = shared.entry(id) else { return Ok(()) };
        let grown = entry.window.grow(increment);
        grown.map_err(|Overflow| Fault::of_stream(Code::FlowControlError, REASON))?;
        self.wake(entry, can_send);
        Ok(())
    }

    /// Takes what the peer says of itself, and says so.
    pub(crate) fn apply(&self, settings: &Settings) -> Result<(), Fault> {
        const REASON: &str = "a window that SETTINGS make too large";
        let mut shared = self.shared.borrow_mut();
        if let Some(len) = settings.header_table_len {
            shared.encoder.set_table_len(len);
        }
        if let Some(len) = settings.max_frame_len {
            shared.max_frame_len = (len as usize).min(shared.limits.chunk_len.max(1));
        }
        if let Some(window) = settings.initial_window {
            let by = i64::from(window) - i64::from(shared.initial_window);
            shared.initial_window = window;
            for entry in &mut shared.streams {
                let adjusted = entry.window.adjust(by);
                adjusted
                    .map_err(|Overflow| Fault::of_connection(Code::FlowControlError, REASON))?;
            }
            self.wake_waiting(&mut shared);
        }
        frame::write_settings_ack(&mut shared.out);
        Ok(())
    }

    /// The peer knows our SETTINGS.
    pub(crate) fn note_settings_known(&self) {
        let mut shared = self.shared.borrow_mut();
        shared.first_receive = shared.limits.preread_len;
    }

    /// How urgent a stream is.
    pub(crate) fn set_priority(&self, id: u32, priority: Priority) {
        if let Some(entry) = self.shared.borrow_mut().entry(id) {
            entry.priority = priority;
        }
    }

    /// Appends a frame of the connection.
    pub(crate) fn write(&self, write: impl FnOnce(&mut Vec<u8>)) {
        write(&mut self.shared.borrow_mut().out);
    }

    /// Whether so much is to be sent that nothing more is read.
    pub(crate) fn is_blocked(&self) -> bool {
        self.shared.borrow().room() == 0
    }

    /// Whether something is to be sent.
    pub(crate) fn has_output(&self) -> bool {
        let shared = self.shared.borrow();
        shared.sent < shared.out.len()
    }

    /// Sends what is gathered. Whether all of it was.
    pub(crate) fn flush(&self, transport: &mut Transport) -> io::Result<(u64, bool)> {
        let mut shared = self.shared.borrow_mut();
        let mut total = 0;
        while shared.sent < shared.out.len() {
            match transport.write(&shared.out[shared.sent..], false) {
                Ok(sent) => {
                    shared.sent += sent;
                    total += sent as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    shared.frozen = shared.base + shared.out.len() as u64;
                    // What is gone does not take the place of what comes.
                    if shared.sent >= GATHERED_LEN / 2 {
                        let sent = std::mem::take(&mut shared.sent);
                        shared.base += sent as u64;
                        shared.out.drain(..sent);
                    }
                    return Ok((total, false));
                }
                Err(error) => return Err(error),
            }
        }
        shared.base += shared.out.len() as u64;
        shared.sent = 0;
        let mut out = std::mem::take(&mut shared.out);
        if out.capacity() <= 2 * GATHERED_LEN {
            out.clear();
            self.queue.spare.replace(out);
        }
        self.wake_waiting(&mut shared);
        Ok((total, true))
    }

    /// Wakes some of those that wait to send, the most urgent first (RFC 9218, section 10): one after
    /// the other, or by turns where their clients want that.
    fn wake_waiting(&self, shared: &mut Shared) {
        if !shared.can_send() {
            return;
        }
        let waits = |entry: &Entry| !entry.is_queued && entry.is_ready(true);
        let mut waiting: Vec<usize> =
            (0..shared.streams.len()).filter(|&at| waits(&shared.streams[at])).collect();
        waiting.sort_by_key(|&at| shared.streams[at].rank());
        let others = waiting.len() > 1;
        for &at in waiting.iter().take(WOKEN) {
            shared.turns += 1;
            let turns = shared.turns;
            let entry = &mut shared.streams[at];
            entry.served = turns;
            entry.share = match others && entry.priority.incremental {
                true => SHARE_LEN,
                false => GATHERED_LEN,
            };
            self.wake(entry, true);
        }
    }
}

/// RFC 9113, 8.1.1.
const WRONG_LENGTH: Fault =
    Fault::of_stream(Code::ProtocolError, "content of another length than Content-Length says");

impl Entry {
    /// Counts content, of which the message may end with this. Whether it is not what was said.
    fn count_content(&mut self, len: usize, ends: bool) -> bool {
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
    fn rank(&self) -> (u8, u64, u32) {
        let turn = if self.priority.incremental { self.served } else { 0 };
        (self.priority.urgency, turn, self.id)
    }
}

impl Shared {
    fn entry(&mut self, id: u32) -> Option<&mut Entry> {
        let at = self.streams.binary_search_by_key(&id, |entry| entry.id).ok()?;
        Some(&mut self.streams[at])
    }

    fn lose(&mut self) {
        self.is_exhausted |= self.budget.lose_stream();
    }

    /// How much may be gathered yet.
    fn room(&self) -> usize {
        GATHERED_LEN.saturating_sub(self.out.len() - self.sent)
    }

    fn can_send(&self) -> bool {
        self.window.open() > 0 && self.room() >= LEAST_LEN
    }

    fn write_reset(&mut self, id: u32, code: Code) {
        frame::write_reset(&mut self.out, id, code);
        self.remember(id);
    }

    fn remember(&mut self, id: u32) {
        if self.reset.len() == REMEMBERED {
            self.reset.pop_front();
        }
        self.reset.push_back(id);
    }

    /// Lets the peer send so much again, on the connection and, if it is open, on a stream.
    fn give_back(&mut self, id: Option<u32>, len: usize) {
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
    fn open_len(&mut self, id: u32) -> usize {
        let room = self.room();
        let most = if room < LEAST_LEN { 0 } else { room.min(self.window.open()) };
        self.entry(id).map_or(0, |entry| most.min(entry.window.open()).min(entry.share))
    }

    /// Puts content into frames, as far as there is room.
    fn write_content(&mut self, id: u32, parts: [&[u8]; 2]) -> io::Result<usize> {
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
    fn write_end(&mut self, id: u32, last_frame: Option<u64>) {
        let first = self.frozen.max(self.base + self.sent as u64);
        match last_frame.filter(|&last| last >= first) {
            Some(last) => self.out[(last - self.base) as usize + 4] |= frame::END_STREAM,
            None => frame::write_data_header(&mut self.out, id, 0, true),
        }
    }

    /// Ends a stream with fields (RFC 9113, 8.1).
    fn write_trailers(&mut self, id: u32, trailers: &Fields) {
        let start = self.out.len();
        self.out.extend_from_slice(&[0; HEADER_LEN]);
        super::response::write_trailers(&mut self.encoder, &mut self.out, trailers);
        let len = frame::frame_block(&mut self.out, start, id, MAX_LEN, true);
        self.budget.send(len);
    }

    /// Takes a stream off the table.
    fn remove(&mut self, id: u32) -> Option<Entry> {
        let at = self.streams.binary_search_by_key(&id, |entry| entry.id).ok()?;
        let entry = self.streams.remove(at);
        self.live -= usize::from(!entry.is_reset);
        Some(entry)
    }
}

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
        super::response::write_head(
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
        super::response::write_interim(&mut shared.encoder, &mut shared.out, status, fields);
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

/// What a socket says whose client is gone.
fn gone() -> io::Error {
    io::Error::from_raw_os_error(libc::ECONNRESET)
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
