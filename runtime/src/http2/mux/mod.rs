//! What the streams of one connection share: the frames that are to be sent, the windows, and what has
//! come of each stream's content. Whoever reads the frames of the connection holds it, and each
//! stream does.
//!
//! All frames of a turn are gathered here, and sent together. Content is copied here only as far as the
//! windows are open and there is room: until then it stays where it lies.

mod shared;
mod stream;

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::io;
use std::rc::Rc;

use super::budget::Budget;
use super::flow::{Overflow, ReceiveWindow, SendWindow};
use super::frame::{self, Code, Fault, MAX_LEN, Settings};
use super::hpack::Encoder;
use super::priority::Priority;
use crate::http::target::Scheme;
use crate::secured::Told;

pub use shared::{ENTRY_LEN, GATHERED_LEN};
use shared::{Entry, Shared};
pub(crate) use stream::Stream;

/// The window that connections and streams begin with (RFC 9113, 6.9.2).
const FIRST_WINDOW: u32 = 65_535;
/// Content that may be on its way, or held, of all streams of a connection.
pub const RECEIVED_LEN: usize = 128 << 10;
/// What a stream may send before others that wait have their turn.
const SHARE_LEN: usize = 16 << 10;
/// How many of those that wait are woken at once.
const WOKEN: usize = 4;
/// RFC 9113, 8.1.1.
const WRONG_LENGTH: Fault =
    Fault::of_stream(Code::ProtocolError, "content of another length than Content-Length says");

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

impl Mux {
    /// What begins with these limits, for a client that has come by this scheme and of which TLS tells
    /// this. `token` is what the event loop knows it by. Our SETTINGS are the first frame.
    pub(crate) fn new(
        queue: Rc<Queue>,
        (scheme, told): (Scheme, Told),
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
            scheme,
            told,
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

    /// How many streams are open.
    pub(crate) fn open_count(&self) -> usize {
        self.shared.borrow().streams.len()
    }

    /// Whether one more would be too many.
    pub(crate) fn is_full(&self) -> bool {
        let shared = self.shared.borrow();
        shared.live >= shared.limits.max_streams as usize
    }

    /// Whether the client has sent all of its message, where a stream is open.
    pub(crate) fn has_ended(&self, id: u32) -> Option<bool> {
        let mut shared = self.shared.borrow_mut();
        shared.entry(id).filter(|entry| !entry.is_reset).map(|entry| entry.has_ended)
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
        let Some(entry) = shared.entry(id).filter(|entry| !entry.is_reset) else {
            shared.give_back(None, flow_len);
            return match shared.reset.contains(&id) {
                true => Ok(()),
                false => Err(Fault::of_stream(Code::StreamClosed, "content of a closed stream")),
            };
        };
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

    /// Bytes that the client has taken so far.
    pub(crate) fn taken_len(&self) -> u64 {
        let shared = self.shared.borrow();
        shared.base + shared.sent as u64
    }

    /// Sends what is gathered by `write`, which takes from the front of what it is given. How much was
    /// sent, and whether all was.
    pub(crate) fn flush(
        &self,
        mut write: impl FnMut(&[u8]) -> io::Result<usize>,
    ) -> io::Result<(u64, bool)> {
        let mut shared = self.shared.borrow_mut();
        let mut total = 0;
        while shared.sent < shared.out.len() {
            match write(&shared.out[shared.sent..]) {
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
