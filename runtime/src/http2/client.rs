//! The end of a connection that asks another server (RFC 9113): one request after the other, each a stream,
//! and no second one before the first is over. No I/O.
//!
//! What an answer holds is no more than its window. Frames that say something of the connection are taken
//! whatever becomes of the content, so that a slow client keeps nobody from hearing that a request is given
//! up, or that more of it may be sent.

use std::collections::VecDeque;

use super::budget::Budget;
use super::flow::{Overflow, ReceiveWindow, SendWindow};
use super::frame::{self, Code, Fault, Frame, HEADER_LEN, Header, MAX_LEN, Settings};
use super::gathered::Gathered;
use super::hpack::{BadBlock, Decoder, Encoder};
use crate::http::body::is_token_byte;
use crate::http::framed::{Broken, Failed, Framed, FramedHead, Framing, RequestHead};

/// The window that connections and streams begin with (RFC 9113, 6.9.2).
const FIRST_WINDOW: u32 = 65_535;
/// The most of an answer's content that is held.
pub const RECEIVED_LEN: usize = 128 << 10;
/// The most that is gathered to be sent.
pub const GATHERED_LEN: usize = 64 << 10;
/// The least room that content is worth a frame in.
const LEAST_LEN: usize = 1024;
/// The most that may be said before an answer.
const MOST_INTERIM: usize = 16;
/// Numbers of streams end there: a new connection begins anew.
const LAST_STREAM: u32 = 1 << 30;

/// What a connection holds at most, in bytes, where heads may be of this length: content as it comes, with
/// what its memory grows by; frames; fields, as they come and as lines; the table of fields.
pub const fn held_len(head_len: usize) -> usize {
    2 * RECEIVED_LEN + 2 * GATHERED_LEN + 2 * MAX_LEN + 3 * head_len + 4 * super::hpack::TABLE_LEN
}

/// HTTP/2 as what another server is asked in.
pub static FRAMING: Framing =
    Framing { begin: |most_head_len| Box::new(Client::new(most_head_len)), code };

/// Codes the head of a request (RFC 9113, 8.3.1). Nothing in it depends on the connection.
fn code(head: &RequestHead<'_>) -> Vec<u8> {
    let mut out = Vec::with_capacity(512);
    let mut encoder = Encoder::default();
    encoder.pseudo(&mut out, b":method", head.method);
    encoder.pseudo(&mut out, b":scheme", if head.is_secure { b"https" } else { b"http" });
    encoder.pseudo(&mut out, b":path", head.target);
    if !head.authority.is_empty() {
        encoder.pseudo(&mut out, b":authority", head.authority);
    }
    head.fields().for_each(|(name, value)| encoder.field(&mut out, name, value));
    out
}

/// The end of a connection that asks.
#[derive(Debug)]
pub struct Client {
    /// What is to be sent, and how much of it was.
    out: Vec<u8>,
    sent: usize,
    /// A frame that is not whole.
    input: Vec<u8>,
    /// Whether the other side's SETTINGS have come, which are its first frame (RFC 9113, 3.4).
    is_open: bool,
    decoder: Decoder,
    encoder: Encoder,
    /// The longest block of fields, and the longest lines that it may come to.
    most_head_len: usize,
    block: Option<Block>,
    window: SendWindow,
    initial_window: u32,
    max_frame_len: usize,
    receive: ReceiveWindow,
    /// Whether the other side takes any streams.
    takes_streams: bool,
    is_leaving: bool,
    is_broken: bool,
    next: u32,
    stream: Option<Stream>,
    budget: Budget,
}

/// Fields that come in several frames.
#[derive(Debug)]
struct Block {
    id: u32,
    ends: bool,
    gathered: Gathered,
}

/// The request that is under way.
#[derive(Debug)]
struct Stream {
    id: u32,
    window: SendWindow,
    receive: ReceiveWindow,
    is_written: bool,
    heads: VecDeque<FramedHead>,
    interim: usize,
    has_head: bool,
    /// Content that has come, and how much of it was taken.
    content: Vec<u8>,
    taken: usize,
    trailers: Vec<u8>,
    has_ended: bool,
    failed: Option<Failed>,
}

impl Stream {
    /// Content that was not taken.
    fn held(&self) -> &[u8] {
        &self.content[self.taken..]
    }

    /// Whether nothing more is to come of it.
    fn is_over(&self) -> bool {
        self.has_ended || self.failed.is_some()
    }

    fn fail(&mut self, reason: String, is_refused: bool) {
        if !self.is_over() {
            self.failed = Some(Failed { reason, is_refused });
        }
    }
}

/// What an answer is said to be that is none (RFC 9113, 8.1.1).
const fn malformed(reason: &'static str) -> Fault {
    Fault::of_stream(Code::ProtocolError, reason)
}

impl Client {
    /// A connection that begins: what a client begins with is to be sent.
    pub fn new(most_head_len: usize) -> Client {
        let mut out = frame::PREFACE.to_vec();
        frame::write_client_settings(&mut out, RECEIVED_LEN as u32);
        frame::write_window_update(&mut out, 0, RECEIVED_LEN as u32 - FIRST_WINDOW);
        Client {
            out,
            sent: 0,
            input: Vec::new(),
            is_open: false,
            decoder: Decoder::default(),
            encoder: Encoder::default(),
            most_head_len,
            block: None,
            window: SendWindow::new(FIRST_WINDOW),
            initial_window: FIRST_WINDOW,
            max_frame_len: MAX_LEN,
            receive: ReceiveWindow::new(RECEIVED_LEN as u32),
            takes_streams: true,
            is_leaving: false,
            is_broken: false,
            next: 1,
            stream: None,
            budget: Budget::new(1),
        }
    }

    /// The stream, if it is the one that is under way.
    fn stream(&mut self, id: u32) -> Option<&mut Stream> {
        self.stream.as_mut().filter(|stream| stream.id == id && !stream.is_over())
    }

    /// How much may be gathered yet.
    fn room(&self) -> usize {
        GATHERED_LEN.saturating_sub(self.output().len())
    }

    /// Takes the frames at the front of `bytes` that are whole. Returns their length.
    fn take_frames(&mut self, bytes: &[u8]) -> Result<usize, Fault> {
        const FLOOD: Fault =
            Fault::of_connection(Code::EnhanceYourCalm, "mostly frames that are of no use");
        let mut at = 0;
        while let Some(header) = Header::read(&bytes[at..]) {
            self.check_order(&header)?;
            let checked = header.check();
            if let Err(fault) = checked
                && !fault.of_stream
            {
                return Err(fault);
            }
            let end = at + HEADER_LEN + header.len;
            let Some(payload) = bytes.get(at + HEADER_LEN..end) else { break };
            at = end;
            let is_useful = header.is_of_message() && self.stream(header.stream).is_some();
            if self.budget.receive(HEADER_LEN + header.len, if is_useful { header.len } else { 0 })
            {
                return Err(FLOOD);
            }
            let frame = checked.and_then(|()| header.frame(payload));
            match frame.and_then(|frame| self.act(frame)) {
                Ok(()) => {}
                Err(fault) if fault.of_stream => self.refuse(header.stream, fault),
                Err(fault) => return Err(fault),
            }
        }
        Ok(at)
    }

    /// Which frames may come now (RFC 9113, 3.4 and 4.3).
    fn check_order(&self, header: &Header) -> Result<(), Fault> {
        let refuse = |reason| Err(Fault::of_connection(Code::ProtocolError, reason));
        match &self.block {
            _ if !self.is_open && !header.is_settings() => refuse("no HTTP/2"),
            Some(block) if !header.is_continuation() || header.stream != block.id => {
                refuse("a frame within a block of fields")
            }
            None if header.is_continuation() => refuse("CONTINUATION of nothing"),
            _ => Ok(()),
        }
    }

    /// Resets a stream whose answer is none.
    fn refuse(&mut self, id: u32, fault: Fault) {
        if let Some(stream) = self.stream(id) {
            stream.fail(format!("upstream sent {}", fault.reason), false);
            frame::write_reset(&mut self.out, id, fault.code);
        }
    }

    fn act(&mut self, frame: Frame<'_>) -> Result<(), Fault> {
        const IDLE: Fault =
            Fault::of_connection(Code::ProtocolError, "a frame of a stream that is not open");
        const WINDOW: &str = "a window that is too large";
        match frame {
            Frame::Data { stream, .. }
            | Frame::Headers { stream, .. }
            | Frame::RstStream { stream, .. }
            | Frame::WindowUpdate { stream, .. }
                if stream != 0 && (stream.is_multiple_of(2) || stream >= self.next) =>
            {
                return Err(IDLE);
            }
            Frame::Data { stream, content, flow_len, end_stream } => {
                self.take_content(stream, content, flow_len, end_stream)?;
            }
            Frame::Headers { stream, block, end_headers, end_stream, .. } => match end_headers {
                true => self.take_fields(stream, block, end_stream)?,
                false => {
                    let gathered = Gathered::new(block);
                    self.block = Some(Block { id: stream, ends: end_stream, gathered });
                }
            },
            Frame::Continuation { block: more, end_headers, .. } => {
                let Some(block) = &mut self.block else { return Ok(()) };
                block.gathered.add(more, self.most_head_len)?;
                if let Some(Block { id, ends, gathered }) = self.block.take_if(|_| end_headers) {
                    self.take_fields(id, &gathered.take(), ends)?;
                }
            }
            Frame::RstStream { stream, code } => {
                let name = Code::name_of(code);
                if let Some(stream) = self.stream(stream) {
                    let reason = format!("upstream rejected request with error {code} ({name})");
                    stream.fail(reason, code == Code::RefusedStream as u32);
                }
            }
            Frame::Settings(settings) => self.apply(&settings)?,
            Frame::Ping(payload) => frame::write_pong(&mut self.out, &payload),
            Frame::GoAway { last, code } => {
                self.is_leaving = true;
                if let Some(stream) = self.stream.as_mut().filter(|stream| stream.id > last) {
                    let name = Code::name_of(code);
                    let reason = format!("upstream sent goaway with error {code} ({name})");
                    stream.fail(reason, true);
                }
            }
            Frame::WindowUpdate { stream: 0, increment } => {
                let grown = self.window.grow(increment);
                grown.map_err(|Overflow| Fault::of_connection(Code::FlowControlError, WINDOW))?;
            }
            Frame::WindowUpdate { stream, increment } => {
                if let Some(stream) = self.stream(stream) {
                    let grown = stream.window.grow(increment);
                    grown.map_err(|Overflow| Fault::of_stream(Code::FlowControlError, WINDOW))?;
                }
            }
            Frame::SettingsAck
            | Frame::Priority
            | Frame::Pong(_)
            | Frame::PriorityUpdate { .. }
            | Frame::Unknown => {}
        }
        Ok(())
    }

    /// Takes what the other side says of itself, and says so.
    fn apply(&mut self, settings: &Settings) -> Result<(), Fault> {
        const REASON: &str = "a window that SETTINGS make too large";
        self.is_open = true;
        if let Some(len) = settings.header_table_len {
            self.encoder.set_table_len(len);
        }
        if let Some(len) = settings.max_frame_len {
            self.max_frame_len = (len as usize).min(MAX_LEN);
        }
        if let Some(most) = settings.max_streams {
            self.takes_streams = most > 0;
        }
        if let Some(window) = settings.initial_window {
            let by = i64::from(window) - i64::from(self.initial_window);
            self.initial_window = window;
            if let Some(stream) = &mut self.stream {
                let adjusted = stream.window.adjust(by);
                adjusted
                    .map_err(|Overflow| Fault::of_connection(Code::FlowControlError, REASON))?;
            }
        }
        frame::write_settings_ack(&mut self.out);
        Ok(())
    }

    fn take_content(
        &mut self,
        id: u32,
        content: &[u8],
        flow_len: usize,
        ends: bool,
    ) -> Result<(), Fault> {
        const CONNECTION: Fault =
            Fault::of_connection(Code::FlowControlError, "more content than the window has");
        self.receive.receive(flow_len).map_err(|Overflow| CONNECTION)?;
        let Some(stream) = self.stream(id) else {
            // It was on its way when the request was given up.
            self.give_back(flow_len);
            return Ok(());
        };
        let fault = match () {
            () if stream.receive.receive(flow_len).is_err() => {
                let reason = "more content than the stream's window has";
                Some(Fault::of_stream(Code::FlowControlError, reason))
            }
            () if !stream.has_head => Some(malformed("content before the head of an answer")),
            () => None,
        };
        if let Some(fault) = fault {
            self.give_back(flow_len);
            return Err(fault);
        }
        stream.content.drain(..std::mem::take(&mut stream.taken));
        stream.content.extend_from_slice(content);
        stream.has_ended = ends;
        let padding = flow_len - content.len();
        let increment = stream.receive.give_back(padding).filter(|_| !ends);
        if let Some(increment) = increment {
            frame::write_window_update(&mut self.out, id, increment);
        }
        self.give_back(padding);
        Ok(())
    }

    /// Lets the other side send so much again on the connection.
    fn give_back(&mut self, len: usize) {
        if let Some(increment) = self.receive.give_back(len) {
            frame::write_window_update(&mut self.out, 0, increment);
        }
    }

    /// Takes a block of fields that is whole. It is read to its end whatever stream it is of.
    fn take_fields(&mut self, id: u32, block: &[u8], ends: bool) -> Result<(), Fault> {
        let mut fields = Fields::new(self.most_head_len);
        let read = self.decoder.decode(block, |name, value| fields.take(name, value));
        read.map_err(|BadBlock(reason)| Fault::of_connection(Code::CompressionError, reason))?;
        let Some(stream) = self.stream(id) else { return Ok(()) };
        let Fields { status, lines, fault, .. } = fields;
        if let Some(reason) = fault {
            return Err(malformed(reason));
        }
        if stream.has_head {
            if status.is_some() || !ends {
                return Err(malformed("a second head"));
            }
            (stream.trailers, stream.has_ended) = (lines, true);
            return Ok(());
        }
        let Some(status) = status else { return Err(malformed("a head without a status")) };
        if status < 200 {
            stream.interim += 1;
            if ends || status == 101 || stream.interim > MOST_INTERIM {
                return Err(malformed("an invalid interim head"));
            }
        } else {
            (stream.has_head, stream.has_ended) = (true, ends);
        }
        stream.heads.push_back(FramedHead { status, lines });
        Ok(())
    }

    /// Ends what is under way, and gives back what nobody has taken of it.
    fn drop_stream(&mut self) {
        let Some(stream) = self.stream.take() else { return };
        self.give_back(stream.held().len());
        if self.out.is_empty() {
            self.out = Vec::new();
        }
    }
}

/// The fields of a block, as they are read.
struct Fields {
    status: Option<u16>,
    lines: Vec<u8>,
    most_len: usize,
    fault: Option<&'static str>,
}

/// Fields that speak of the connection, and may not be sent (RFC 9113, 8.2.2).
const OF_CONNECTION: [&[u8]; 5] =
    [b"connection", b"keep-alive", b"proxy-connection", b"transfer-encoding", b"upgrade"];

impl Fields {
    fn new(most_len: usize) -> Fields {
        Fields { status: None, lines: Vec::new(), most_len, fault: None }
    }

    fn take(&mut self, name: &[u8], value: &[u8]) {
        let fault = match name {
            _ if self.fault.is_some() => return,
            b":status" if self.status.is_none() && self.lines.is_empty() => {
                self.status = status(value);
                self.status.is_none().then_some("no valid status")
            }
            [b':', ..] => Some("a pseudo-header that is none of an answer"),
            _ if name.is_empty() || !name.iter().all(|&byte| is_name_byte(byte)) => {
                Some("a field with an invalid name")
            }
            _ if value.iter().any(|&byte| byte != b'\t' && byte.is_ascii_control()) => {
                Some("a field with a control character in it")
            }
            _ if OF_CONNECTION.contains(&name) => Some("a field of the connection"),
            _ if self.lines.len() + name.len() + value.len() + 4 > self.most_len => {
                Some("too big header")
            }
            _ => None,
        };
        self.fault = fault;
        if fault.is_none() && !name.starts_with(b":") {
            for part in [name, b": ", value.trim_ascii(), b"\r\n"] {
                self.lines.extend_from_slice(part);
            }
        }
    }
}

/// Whether it may stand in a name (RFC 9113, 8.2.1).
fn is_name_byte(byte: u8) -> bool {
    is_token_byte(byte) && !byte.is_ascii_uppercase()
}

/// The value of `:status`.
fn status(value: &[u8]) -> Option<u16> {
    let digits = value.len() == 3 && value.iter().all(u8::is_ascii_digit);
    let status = str::from_utf8(value).ok().filter(|_| digits)?.parse().ok()?;
    (status >= 100).then_some(status)
}

impl Framed for Client {
    fn begin(&mut self, head: &[u8], ends: bool) {
        self.drop_stream();
        let id = self.next;
        self.next += 2;
        self.stream = Some(Stream {
            id,
            window: SendWindow::new(self.initial_window),
            receive: ReceiveWindow::new(RECEIVED_LEN as u32),
            is_written: ends,
            heads: VecDeque::new(),
            interim: 0,
            has_head: false,
            content: Vec::new(),
            taken: 0,
            trailers: Vec::new(),
            has_ended: false,
            failed: None,
        });
        let start = self.out.len();
        self.out.extend_from_slice(&[0; HEADER_LEN]);
        self.encoder.begin_trailers(&mut self.out);
        self.out.extend_from_slice(head);
        let len = frame::frame_block(&mut self.out, start, id, self.max_frame_len, ends);
        self.budget.send(len);
    }

    fn receive(&mut self, bytes: &[u8]) -> Result<(), Broken> {
        let mut input = std::mem::take(&mut self.input);
        let taken = match input.is_empty() {
            true => self.take_frames(bytes).map(|taken| input.extend_from_slice(&bytes[taken..])),
            false => {
                input.extend_from_slice(bytes);
                self.take_frames(&input).map(|taken| drop(input.drain(..taken)))
            }
        };
        match taken {
            Ok(()) => {
                if !input.is_empty() {
                    self.input = input;
                }
                Ok(())
            }
            Err(Fault { code, reason, .. }) => {
                self.is_broken = true;
                frame::write_goaway(&mut self.out, 0, code);
                Err(Broken(reason))
            }
        }
    }

    fn is_full(&self) -> bool {
        self.room() == 0
    }

    fn take_head(&mut self) -> Option<FramedHead> {
        self.stream.as_mut()?.heads.pop_front()
    }

    fn read(&mut self, buffer: &mut [u8]) -> usize {
        let Some(stream) = &mut self.stream else { return 0 };
        let len = stream.held().len().min(buffer.len());
        if len == 0 {
            return 0;
        }
        buffer[..len].copy_from_slice(&stream.held()[..len]);
        stream.taken += len;
        if stream.taken == stream.content.len() {
            (stream.content, stream.taken) = (Vec::new(), 0);
        }
        let (id, ended) = (stream.id, stream.is_over());
        if let Some(increment) = stream.receive.give_back(len).filter(|_| !ended) {
            frame::write_window_update(&mut self.out, id, increment);
        }
        self.give_back(len);
        len
    }

    fn is_read(&self) -> bool {
        self.stream.as_ref().is_some_and(|stream| {
            stream.has_ended && stream.heads.is_empty() && stream.held().is_empty()
        })
    }

    fn has_news(&self) -> bool {
        self.stream.as_ref().is_some_and(|stream| {
            stream.is_over() || !stream.heads.is_empty() || !stream.held().is_empty()
        })
    }

    fn take_trailers(&mut self) -> Vec<u8> {
        self.stream.as_mut().map_or_else(Vec::new, |stream| std::mem::take(&mut stream.trailers))
    }

    fn failed(&self) -> Option<Failed> {
        self.stream.as_ref()?.failed.clone()
    }

    fn open_len(&self) -> usize {
        let Some(stream) = self.stream.as_ref().filter(|it| !it.is_written && it.failed.is_none())
        else {
            return 0;
        };
        match self.room() {
            room if room < LEAST_LEN => 0,
            room => room.min(self.window.open()).min(stream.window.open()),
        }
    }

    fn write(&mut self, content: &[u8], ends: bool) {
        let Some(stream) = self.stream.as_mut().filter(|stream| !stream.is_written) else { return };
        stream.is_written = ends;
        stream.window.take(content.len());
        self.window.take(content.len());
        self.budget.send(content.len());
        let pieces = content.len().div_ceil(self.max_frame_len);
        for (index, piece) in content.chunks(self.max_frame_len).enumerate() {
            let is_last = ends && index + 1 == pieces;
            frame::write_data_header(&mut self.out, stream.id, piece.len(), is_last);
            self.out.extend_from_slice(piece);
        }
        if pieces == 0 && ends {
            frame::write_data_header(&mut self.out, stream.id, 0, true);
        }
    }

    fn is_written(&self) -> bool {
        self.stream.as_ref().is_none_or(|stream| stream.is_written)
    }

    fn output(&self) -> &[u8] {
        &self.out[self.sent..]
    }

    fn sent(&mut self, len: usize) {
        self.sent += len;
        if self.sent == self.out.len() {
            self.out.clear();
            self.sent = 0;
        } else if self.sent >= GATHERED_LEN / 2 {
            self.out.drain(..std::mem::take(&mut self.sent));
        }
    }

    fn cancel(&mut self) {
        if let Some(stream) = &self.stream
            && stream.failed.is_none()
            && !(stream.has_ended && stream.is_written)
        {
            frame::write_reset(&mut self.out, stream.id, Code::Cancel);
        }
        self.drop_stream();
    }

    fn may_begin(&self) -> bool {
        let is_free = self.stream.is_none() && self.block.is_none() && self.is_open;
        is_free
            && self.takes_streams
            && !self.is_leaving
            && !self.is_broken
            && self.next < LAST_STREAM
    }
}

#[cfg(test)]
mod tests;
