//! Frames (RFC 9113, sections 4 and 6): bytes to frames and back, and what makes one an error whatever
//! the state of its stream. No I/O.

/// Bytes of a frame's header (RFC 9113, 4.1).
pub const HEADER_LEN: usize = 9;
/// The longest payload that is taken: what all have to take, SETTINGS_MAX_FRAME_SIZE as it is where
/// nothing is said (RFC 9113, 4.2).
pub const MAX_LEN: usize = 16_384;
/// What a client begins with (RFC 9113, 3.4).
pub const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// The bit of a stream identifier that is not its own.
const RESERVED: u32 = 1 << 31;

/// The flag of a frame that ends its stream (RFC 9113, 6.1 and 6.2).
pub const END_STREAM: u8 = 0x1;
const ACK: u8 = 0x1;
const END_HEADERS: u8 = 0x4;
const PADDED: u8 = 0x8;
const PRIORITY: u8 = 0x20;

/// Error codes (RFC 9113, section 7).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u32)]
#[allow(missing_docs)]
pub enum Code {
    NoError = 0x0,
    ProtocolError = 0x1,
    InternalError = 0x2,
    FlowControlError = 0x3,
    SettingsTimeout = 0x4,
    StreamClosed = 0x5,
    FrameSizeError = 0x6,
    RefusedStream = 0x7,
    Cancel = 0x8,
    CompressionError = 0x9,
    ConnectError = 0xa,
    EnhanceYourCalm = 0xb,
    InadequateSecurity = 0xc,
    Http11Required = 0xd,
}

impl Code {
    /// All of them, by their numbers.
    const ALL: [Code; 14] = [
        Code::NoError,
        Code::ProtocolError,
        Code::InternalError,
        Code::FlowControlError,
        Code::SettingsTimeout,
        Code::StreamClosed,
        Code::FrameSizeError,
        Code::RefusedStream,
        Code::Cancel,
        Code::CompressionError,
        Code::ConnectError,
        Code::EnhanceYourCalm,
        Code::InadequateSecurity,
        Code::Http11Required,
    ];

    /// The name of a number, if it has one.
    pub fn name_of(number: u32) -> &'static str {
        Code::ALL.get(number as usize).map_or("an unknown code", |code| code.name())
    }

    /// Its name in RFC 9113.
    pub fn name(self) -> &'static str {
        match self {
            Code::NoError => "NO_ERROR",
            Code::ProtocolError => "PROTOCOL_ERROR",
            Code::InternalError => "INTERNAL_ERROR",
            Code::FlowControlError => "FLOW_CONTROL_ERROR",
            Code::SettingsTimeout => "SETTINGS_TIMEOUT",
            Code::StreamClosed => "STREAM_CLOSED",
            Code::FrameSizeError => "FRAME_SIZE_ERROR",
            Code::RefusedStream => "REFUSED_STREAM",
            Code::Cancel => "CANCEL",
            Code::CompressionError => "COMPRESSION_ERROR",
            Code::ConnectError => "CONNECT_ERROR",
            Code::EnhanceYourCalm => "ENHANCE_YOUR_CALM",
            Code::InadequateSecurity => "INADEQUATE_SECURITY",
            Code::Http11Required => "HTTP_1_1_REQUIRED",
        }
    }
}

/// What a frame has broken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Fault {
    /// The code that the peer is told.
    pub code: Code,
    /// Whether it is an error of its stream alone (RFC 9113, 5.4).
    pub of_stream: bool,
    /// What it is, for the error log.
    pub reason: &'static str,
}

impl Fault {
    /// An error of the connection (RFC 9113, 5.4.1).
    pub const fn of_connection(code: Code, reason: &'static str) -> Fault {
        Fault { code, of_stream: false, reason }
    }

    /// An error of a stream (RFC 9113, 5.4.2).
    pub const fn of_stream(code: Code, reason: &'static str) -> Fault {
        Fault { code, of_stream: true, reason }
    }
}

/// The header of a frame.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Header {
    /// Bytes of the payload.
    pub len: usize,
    /// What it is.
    pub kind: u8,
    /// Its flags, each of which means something for some kinds alone.
    pub flags: u8,
    /// Its stream; 0 is the connection.
    pub stream: u32,
}

/// Kinds of frames (RFC 9113, section 6, and RFC 9218, 7.1).
mod kind {
    pub(super) const DATA: u8 = 0x0;
    pub(super) const HEADERS: u8 = 0x1;
    pub(super) const PRIORITY: u8 = 0x2;
    pub(super) const RST_STREAM: u8 = 0x3;
    pub(super) const SETTINGS: u8 = 0x4;
    pub(super) const PUSH_PROMISE: u8 = 0x5;
    pub(super) const PING: u8 = 0x6;
    pub(super) const GOAWAY: u8 = 0x7;
    pub(super) const WINDOW_UPDATE: u8 = 0x8;
    pub(super) const CONTINUATION: u8 = 0x9;
    pub(super) const PRIORITY_UPDATE: u8 = 0x10;
}

/// A frame, and what it says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum Frame<'a> {
    /// Content of a stream. `flow_len` counts to the windows: padding does, too.
    Data { stream: u32, content: &'a [u8], flow_len: usize, end_stream: bool },
    /// The front of a block of fields.
    Headers {
        stream: u32,
        block: &'a [u8],
        end_headers: bool,
        end_stream: bool,
        /// Whether its stream depends on itself: an error of that, once the block is read.
        is_wrong: bool,
    },
    /// More of that block.
    Continuation { stream: u32, block: &'a [u8], end_headers: bool },
    /// What RFC 9113, 5.3 has done away with.
    Priority,
    /// The peer wants no more of a stream, and why, by its number.
    RstStream { stream: u32, code: u32 },
    /// What the peer says of itself.
    Settings(Settings),
    /// The peer has taken note of ours.
    SettingsAck,
    /// To be sent back.
    Ping([u8; 8]),
    /// What was sent back.
    Pong([u8; 8]),
    /// The peer opens no more. Of the other side's streams, those up to `last` were looked at.
    GoAway { last: u32, code: u32 },
    /// More may be sent, on a stream or on the connection (0).
    WindowUpdate { stream: u32, increment: u32 },
    /// How urgent a response is (RFC 9218, 7.1).
    PriorityUpdate { stream: u32, value: &'a [u8] },
    /// A kind that is not known, which is ignored (RFC 9113, 5.5).
    Unknown,
}

/// Values of SETTINGS that matter here (RFC 9113, 6.5.2): the last one of each, since what came
/// before it holds for no time at all, but for what a table has lost by it.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Settings {
    /// The longest table of its decoder: the least that is said, since that makes it give up entries
    /// (RFC 7541, 4.2).
    pub header_table_len: Option<u32>,
    /// The window that streams begin with.
    pub initial_window: Option<u32>,
    /// The longest payload that it takes.
    pub max_frame_len: Option<u32>,
    /// How many streams it takes at once.
    pub max_streams: Option<u32>,
}

/// The largest window (RFC 9113, 6.9.1).
pub const MAX_WINDOW: u32 = (1 << 31) - 1;

impl Header {
    /// Reads the header at the front of `input`, if it is whole.
    pub fn read(input: &[u8]) -> Option<Header> {
        let &[a, b, c, kind, flags, d, e, f, g, ..] = input else { return None };
        let len = u32::from_be_bytes([0, a, b, c]) as usize;
        Some(Header { len, kind, flags, stream: u32::from_be_bytes([d, e, f, g]) & !RESERVED })
    }

    /// What can be said of a frame before its payload has come: its length, and its stream.
    pub fn check(&self) -> Result<(), Fault> {
        const SIZE: Fault = Fault::of_connection(Code::FrameSizeError, "a frame of a wrong length");
        let Header { len, stream, .. } = *self;
        if len > MAX_LEN {
            return Err(Fault::of_connection(Code::FrameSizeError, "a frame that is too long"));
        }
        let (is_len, of_connection) = match self.kind {
            // RFC 9113, 6.3: an error of the stream alone.
            kind::PRIORITY if len != 5 && stream != 0 => {
                return Err(Fault::of_stream(Code::FrameSizeError, "PRIORITY of a wrong length"));
            }
            kind::DATA | kind::HEADERS | kind::CONTINUATION | kind::PRIORITY => (true, false),
            kind::RST_STREAM => (len == 4, false),
            kind::SETTINGS if self.flags & ACK != 0 => (len == 0, true),
            kind::SETTINGS => (len.is_multiple_of(6), true),
            kind::PUSH_PROMISE => {
                return Err(Fault::of_connection(
                    Code::ProtocolError,
                    "a push that nobody may make",
                ));
            }
            kind::PING => (len == 8, true),
            kind::GOAWAY => (len >= 8, true),
            kind::PRIORITY_UPDATE => (len >= 4, true),
            kind::WINDOW_UPDATE => (len == 4, stream == 0),
            _ => (true, stream == 0),
        };
        match () {
            () if of_connection != (stream == 0) => {
                let reason = if of_connection { "a frame of a stream" } else { "no stream" };
                Err(Fault::of_connection(Code::ProtocolError, reason))
            }
            () if !is_len => Err(SIZE),
            () => Ok(()),
        }
    }

    /// Reads the payload, which is as long as the header says and was [checked](Self::check).
    pub fn frame<'a>(&self, payload: &'a [u8]) -> Result<Frame<'a>, Fault> {
        let Header { flags, stream, .. } = *self;
        let number = |at: usize| {
            let bytes = payload.get(at..at + 4).and_then(|bytes| bytes.try_into().ok());
            u32::from_be_bytes(bytes.unwrap_or_default())
        };
        let has = |flag: u8| flags & flag != 0;
        Ok(match self.kind {
            kind::DATA => Frame::Data {
                stream,
                content: self.without_padding(payload)?,
                flow_len: payload.len(),
                end_stream: has(END_STREAM),
            },
            kind::HEADERS => {
                let mut block = self.without_padding(payload)?;
                let mut is_wrong = false;
                if has(PRIORITY) {
                    let Some((priority, rest)) = block.split_at_checked(5) else {
                        let reason = "HEADERS too short for its priority";
                        return Err(Fault::of_connection(Code::FrameSizeError, reason));
                    };
                    is_wrong = check_dependency(stream, priority).is_err();
                    block = rest;
                }
                let (end_headers, end_stream) = (has(END_HEADERS), has(END_STREAM));
                Frame::Headers { stream, block, end_headers, end_stream, is_wrong }
            }
            kind::CONTINUATION => {
                Frame::Continuation { stream, block: payload, end_headers: has(END_HEADERS) }
            }
            kind::PRIORITY => {
                check_dependency(stream, payload)?;
                Frame::Priority
            }
            kind::RST_STREAM => Frame::RstStream { stream, code: number(0) },
            kind::SETTINGS if has(ACK) => Frame::SettingsAck,
            kind::SETTINGS => Frame::Settings(Settings::read(payload)?),
            kind::PING if has(ACK) => Frame::Pong(payload.try_into().unwrap_or_default()),
            kind::PING => Frame::Ping(payload.try_into().unwrap_or_default()),
            kind::GOAWAY => Frame::GoAway { last: number(0) & !RESERVED, code: number(4) },
            kind::WINDOW_UPDATE => match number(0) & !RESERVED {
                0 => {
                    let reason = "WINDOW_UPDATE of 0";
                    let of_stream = stream != 0;
                    return Err(Fault { code: Code::ProtocolError, of_stream, reason });
                }
                increment => Frame::WindowUpdate { stream, increment },
            },
            kind::PRIORITY_UPDATE => {
                let value = payload.get(4..).unwrap_or_default();
                match number(0) & !RESERVED {
                    0 => {
                        let reason = "PRIORITY_UPDATE of no stream";
                        return Err(Fault::of_connection(Code::ProtocolError, reason));
                    }
                    stream => Frame::PriorityUpdate { stream, value },
                }
            }
            _ => Frame::Unknown,
        })
    }

    /// Whether the frame goes on with a block of fields, which no other may interrupt.
    pub fn is_continuation(&self) -> bool {
        self.kind == kind::CONTINUATION
    }

    /// Whether it is SETTINGS, which a client begins with.
    pub fn is_settings(&self) -> bool {
        self.kind == kind::SETTINGS && self.flags & ACK == 0
    }

    /// Whether it bears a stream on: content or fields. Of all else there may not be much.
    pub fn is_of_message(&self) -> bool {
        matches!(self.kind, kind::DATA | kind::HEADERS | kind::CONTINUATION)
    }

    /// What stands between the length of the padding and the padding (RFC 9113, 6.1).
    fn without_padding<'a>(&self, payload: &'a [u8]) -> Result<&'a [u8], Fault> {
        if self.flags & PADDED == 0 {
            return Ok(payload);
        }
        let Some((&padding, rest)) = payload.split_first() else {
            let reason = "a frame too short for its padding";
            return Err(Fault::of_connection(Code::FrameSizeError, reason));
        };
        let len = rest.len().checked_sub(usize::from(padding));
        match len {
            Some(len) => Ok(&rest[..len]),
            None => Err(Fault::of_connection(Code::ProtocolError, "padding longer than a frame")),
        }
    }
}

/// RFC 7540, 5.3.1, which RFC 9113 lets stand as an error: a stream cannot depend on itself.
fn check_dependency(stream: u32, priority: &[u8]) -> Result<(), Fault> {
    let parent = priority.first_chunk().map(|bytes| u32::from_be_bytes(*bytes) & !RESERVED);
    match parent == Some(stream) {
        true => Err(Fault::of_stream(Code::ProtocolError, "a stream that depends on itself")),
        false => Ok(()),
    }
}

impl Settings {
    /// Identifiers (RFC 9113, 6.5.2).
    const HEADER_TABLE_SIZE: u16 = 0x1;
    const ENABLE_PUSH: u16 = 0x2;
    const MAX_CONCURRENT_STREAMS: u16 = 0x3;
    const INITIAL_WINDOW_SIZE: u16 = 0x4;
    const MAX_FRAME_SIZE: u16 = 0x5;
    const ENABLE_CONNECT_PROTOCOL: u16 = 0x8;
    /// RFC 9218, 2.1.
    const NO_RFC7540_PRIORITIES: u16 = 0x9;

    fn read(payload: &[u8]) -> Result<Settings, Fault> {
        let mut settings = Settings::default();
        for pair in payload.chunks_exact(6) {
            let &[a, b, c, d, e, f] = pair else { continue };
            let value = u32::from_be_bytes([c, d, e, f]);
            let refuse = |code, reason| Err(Fault::of_connection(code, reason));
            match u16::from_be_bytes([a, b]) {
                Settings::HEADER_TABLE_SIZE => {
                    let least = settings.header_table_len.map_or(value, |before| before.min(value));
                    settings.header_table_len = Some(least);
                }
                Settings::ENABLE_PUSH if value > 1 => {
                    return refuse(Code::ProtocolError, "ENABLE_PUSH is neither 0 nor 1");
                }
                Settings::NO_RFC7540_PRIORITIES if value > 1 => {
                    return refuse(Code::ProtocolError, "NO_RFC7540_PRIORITIES is neither 0 nor 1");
                }
                Settings::INITIAL_WINDOW_SIZE if value > MAX_WINDOW => {
                    return refuse(Code::FlowControlError, "INITIAL_WINDOW_SIZE is too large");
                }
                Settings::INITIAL_WINDOW_SIZE => settings.initial_window = Some(value),
                Settings::MAX_FRAME_SIZE if !(MAX_LEN as u32..1 << 24).contains(&value) => {
                    return refuse(Code::ProtocolError, "MAX_FRAME_SIZE is out of range");
                }
                Settings::MAX_FRAME_SIZE => settings.max_frame_len = Some(value),
                Settings::MAX_CONCURRENT_STREAMS => settings.max_streams = Some(value),
                _ => {}
            }
        }
        Ok(settings)
    }
}

/// Appends the header of a frame.
fn write_header(out: &mut Vec<u8>, len: usize, kind: u8, flags: u8, stream: u32) {
    let [_, a, b, c] = (len as u32).to_be_bytes();
    let [d, e, f, g] = stream.to_be_bytes();
    out.extend_from_slice(&[a, b, c, kind, flags, d, e, f, g]);
}

/// Appends the front of DATA, of which so many bytes follow.
pub fn write_data_header(out: &mut Vec<u8>, stream: u32, len: usize, end_stream: bool) {
    write_header(out, len, kind::DATA, if end_stream { END_STREAM } else { 0 }, stream);
}

/// Puts frames around a block of fields, which stands at the end of `out` from `start` on, behind room
/// for the header of a frame: HEADERS, and CONTINUATION where it is longer than a frame may be.
/// Returns the length of all of them.
pub fn frame_block(
    out: &mut Vec<u8>,
    start: usize,
    stream: u32,
    max_len: usize,
    end_stream: bool,
) -> usize {
    let len = out.len() - start - HEADER_LEN;
    let end_stream = if end_stream { END_STREAM } else { 0 };
    if len > max_len {
        let block = out.split_off(start + HEADER_LEN);
        out.truncate(start);
        let pieces = block.len().div_ceil(max_len);
        for (index, piece) in block.chunks(max_len).enumerate() {
            let kind = if index == 0 { kind::HEADERS } else { kind::CONTINUATION };
            let flags = if index == 0 { end_stream } else { 0 };
            let ends = if index + 1 == pieces { END_HEADERS } else { 0 };
            write_header(out, piece.len(), kind, flags | ends, stream);
            out.extend_from_slice(piece);
        }
        return out.len() - start;
    }
    let mut header = Vec::with_capacity(HEADER_LEN);
    write_header(&mut header, len, kind::HEADERS, END_HEADERS | end_stream, stream);
    out[start..start + HEADER_LEN].copy_from_slice(&header);
    len + HEADER_LEN
}

/// Appends RST_STREAM.
pub fn write_reset(out: &mut Vec<u8>, stream: u32, code: Code) {
    write_header(out, 4, kind::RST_STREAM, 0, stream);
    out.extend_from_slice(&(code as u32).to_be_bytes());
}

/// Appends SETTINGS: what this server says of itself. It does not push, which goes without saying.
/// `tunnels`: it takes CONNECT with a protocol (RFC 8441, 3).
pub fn write_settings(out: &mut Vec<u8>, max_streams: u32, initial_window: u32, tunnels: bool) {
    let all = [
        (Settings::MAX_CONCURRENT_STREAMS, max_streams),
        (Settings::INITIAL_WINDOW_SIZE, initial_window),
        (Settings::ENABLE_CONNECT_PROTOCOL, 1),
    ];
    let said = &all[..if tunnels { 3 } else { 2 }];
    write_header(out, 6 * said.len(), kind::SETTINGS, 0, 0);
    for (id, value) in said {
        out.extend_from_slice(&id.to_be_bytes());
        out.extend_from_slice(&value.to_be_bytes());
    }
}

/// Appends SETTINGS: what a server says of itself that asks another one. It takes no push, and its windows
/// are of this length.
pub fn write_client_settings(out: &mut Vec<u8>, initial_window: u32) {
    write_header(out, 12, kind::SETTINGS, 0, 0);
    for (id, value) in [(Settings::ENABLE_PUSH, 0), (Settings::INITIAL_WINDOW_SIZE, initial_window)]
    {
        out.extend_from_slice(&id.to_be_bytes());
        out.extend_from_slice(&value.to_be_bytes());
    }
}

/// Appends what says that SETTINGS have come to hold.
pub fn write_settings_ack(out: &mut Vec<u8>) {
    write_header(out, 0, kind::SETTINGS, ACK, 0);
}

/// Appends PING, which the peer sends back.
pub fn write_ping(out: &mut Vec<u8>, payload: &[u8; 8]) {
    write_header(out, 8, kind::PING, 0, 0);
    out.extend_from_slice(payload);
}

/// Appends the answer to PING.
pub fn write_pong(out: &mut Vec<u8>, payload: &[u8; 8]) {
    write_header(out, 8, kind::PING, ACK, 0);
    out.extend_from_slice(payload);
}

/// Appends GOAWAY: `last` is the last stream that anything was done for.
pub fn write_goaway(out: &mut Vec<u8>, last: u32, code: Code) {
    write_header(out, 8, kind::GOAWAY, 0, 0);
    out.extend_from_slice(&last.to_be_bytes());
    out.extend_from_slice(&(code as u32).to_be_bytes());
}

/// Appends WINDOW_UPDATE.
pub fn write_window_update(out: &mut Vec<u8>, stream: u32, increment: u32) {
    write_header(out, 4, kind::WINDOW_UPDATE, 0, stream);
    out.extend_from_slice(&increment.to_be_bytes());
}

#[cfg(test)]
mod tests;
