//! A client that speaks HTTP/2 by hand: it sends the frames that it is told to, right or wrong, and
//! says what comes.

#![allow(missing_docs)]

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::ClientConfig;
use sitec_runtime::http2::frame::PREFACE;
use sitec_runtime::http2::hpack::Decoder;

use crate::PATIENCE;
use crate::secure::{Wire, begin};
use crate::server::Server;

pub const DATA: u8 = 0;
pub const HEADERS: u8 = 1;
pub const PRIORITY: u8 = 2;
pub const RST_STREAM: u8 = 3;
pub const SETTINGS: u8 = 4;
pub const PUSH_PROMISE: u8 = 5;
pub const PING: u8 = 6;
pub const GOAWAY: u8 = 7;
pub const WINDOW_UPDATE: u8 = 8;
pub const CONTINUATION: u8 = 9;

pub const END_STREAM: u8 = 1;
pub const ACK: u8 = 1;
pub const END_HEADERS: u8 = 4;
pub const PADDED: u8 = 8;

/// Error codes (RFC 9113, 7).
pub const NO_ERROR: u32 = 0;
pub const PROTOCOL_ERROR: u32 = 1;
pub const INTERNAL_ERROR: u32 = 2;
pub const FLOW_CONTROL_ERROR: u32 = 3;
pub const SETTINGS_TIMEOUT: u32 = 4;
pub const STREAM_CLOSED: u32 = 5;
pub const FRAME_SIZE_ERROR: u32 = 6;
pub const REFUSED_STREAM: u32 = 7;
pub const CANCEL: u32 = 8;
pub const COMPRESSION_ERROR: u32 = 9;
pub const ENHANCE_YOUR_CALM: u32 = 11;

/// A frame.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Frame {
    pub kind: u8,
    pub flags: u8,
    pub stream: u32,
    pub payload: Vec<u8>,
    /// What HEADERS say, which is read in the order in which they come.
    pub fields: Vec<(String, String)>,
}

impl Frame {
    /// The number at a place of the payload.
    pub fn number(&self, at: usize) -> u32 {
        u32::from_be_bytes(self.payload[at..at + 4].try_into().expect("four bytes"))
    }
}

/// What a stream has come to.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Answer {
    pub status: u16,
    /// Statuses before it.
    pub interim: Vec<u16>,
    pub fields: Vec<(String, String)>,
    pub content: Vec<u8>,
    /// The fields that follow it.
    pub trailers: Vec<(String, String)>,
    /// Whether the last frame said that it was.
    pub ended: bool,
    /// Whether that was HEADERS.
    pub ended_by_head: bool,
    /// The code of RST_STREAM.
    pub reset: Option<u32>,
}

impl Answer {
    /// The content as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.content).into_owned()
    }

    /// The value of a field.
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(field, _)| field == name).map(|(_, value)| &value[..])
    }
}

/// One connection.
pub struct Http2 {
    stream: BufReader<Wire>,
    decoder: Decoder,
    next: u32,
    /// Frames that were read while others were waited for.
    seen: Vec<Frame>,
    /// Whether content that comes is given back to the windows.
    pub gives_back: bool,
}

impl Http2 {
    /// Connects, and says nothing.
    ///
    /// # Panics
    /// Where nobody accepts.
    pub fn silent(server: &Server, port: usize) -> Http2 {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, server.port_at(port)));
        let stream = stream.expect("the server accepts");
        prepare(&stream);
        Http2::over(Wire::Plain(stream))
    }

    /// Connects to a server of this name over TLS, and says what a client begins with.
    pub fn secure(server: &Server, config: &Arc<ClientConfig>, name: &str) -> Http2 {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, server.port()));
        let stream = stream.expect("the server accepts");
        prepare(&stream);
        let stream = begin(stream, config, name).expect("a handshake");
        assert_eq!(stream.conn.alpn_protocol(), Some(&b"h2"[..]));
        let mut client = Http2::over(Wire::Secure(Box::new(stream)));
        client.send(PREFACE);
        client.settings(&[]);
        // A server ends a connection whose client does not say soon that it knows its SETTINGS.
        client.wait_for(|frame| frame.kind == SETTINGS && frame.flags & ACK == 0);
        client.frame(SETTINGS, ACK, 0, b"");
        client
    }

    /// The other end of a connection that was accepted: what a client begins with is read, and answered with
    /// these SETTINGS.
    pub fn accepted(stream: TcpStream, settings: &[(u16, u32)]) -> Http2 {
        prepare(&stream);
        let mut server = Http2::over(Wire::Plain(stream));
        let mut preface = [0; PREFACE.len()];
        server.stream.read_exact(&mut preface).expect("what a client begins with");
        assert_eq!(&preface[..], PREFACE);
        server.settings(settings);
        server
    }

    fn over(wire: Wire) -> Http2 {
        let stream = BufReader::new(wire);
        Http2 { stream, decoder: Decoder::default(), next: 1, seen: Vec::new(), gives_back: true }
    }

    /// Connects to a port of the server, and says what a client begins with, with these SETTINGS.
    pub fn with_settings(server: &Server, port: usize, settings: &[(u16, u32)]) -> Http2 {
        let mut client = Http2::silent(server, port);
        client.send(PREFACE);
        client.settings(settings);
        client
    }

    /// The same with none, to the first port.
    pub fn connect(server: &Server) -> Http2 {
        Http2::with_settings(server, 0, &[])
    }

    /// Sends bytes. That the server has closed is for the reader to see.
    pub fn send(&mut self, bytes: &[u8]) -> &mut Http2 {
        match self.stream.get_mut().write_all(bytes) {
            Err(error)
                if !matches!(error.kind(), ErrorKind::BrokenPipe | ErrorKind::ConnectionReset) =>
            {
                panic!("cannot send: {error}")
            }
            _ => self,
        }
    }

    /// Whether these bytes are taken within this time. After that only what came can be read.
    pub fn sends_within(&mut self, bytes: &[u8], limit: Duration) -> bool {
        self.stream.get_ref().socket().set_write_timeout(Some(limit)).expect("a limit");
        self.stream.get_mut().write_all(bytes).is_ok()
    }

    /// The same connection once more, to be read while this one is written to.
    pub fn twin(&self) -> Http2 {
        let socket = self.stream.get_ref().socket().try_clone().expect("a descriptor");
        Http2 { gives_back: false, ..Http2::over(Wire::Plain(socket)) }
    }

    /// Sends a frame.
    pub fn frame(&mut self, kind: u8, flags: u8, stream: u32, payload: &[u8]) -> &mut Http2 {
        self.send(&frame(kind, flags, stream, payload))
    }

    /// Sends SETTINGS.
    pub fn settings(&mut self, settings: &[(u16, u32)]) -> &mut Http2 {
        let pair =
            |&(id, value): &(u16, u32)| [&id.to_be_bytes()[..], &value.to_be_bytes()].concat();
        let payload: Vec<u8> = settings.iter().flat_map(pair).collect();
        self.frame(SETTINGS, 0, 0, &payload)
    }

    /// Lets the server send more.
    pub fn window(&mut self, stream: u32, increment: u32) -> &mut Http2 {
        self.frame(WINDOW_UPDATE, 0, stream, &increment.to_be_bytes())
    }

    /// Sends nothing more, and says so to the server.
    pub fn finish(&mut self) -> &mut Http2 {
        let _ = self.stream.get_ref().socket().shutdown(Shutdown::Write);
        self
    }

    /// The number of the next stream.
    pub fn next_stream(&mut self) -> u32 {
        let id = self.next;
        self.next += 2;
        id
    }

    /// Opens a stream by a request with these fields beside the usual ones.
    pub fn open(&mut self, method: &str, path: &str, more: &[(&str, &str)], ends: bool) -> u32 {
        let fields = [&request(method, path)[..], more].concat();
        self.open_with(&fields, ends)
    }

    /// Opens a stream by these fields.
    pub fn open_with(&mut self, fields: &[(&str, &str)], ends: bool) -> u32 {
        let id = self.next_stream();
        let ends = if ends { END_STREAM } else { 0 };
        self.frame(HEADERS, END_HEADERS | ends, id, &block(fields));
        id
    }

    /// Asks for a path, and waits for the answer.
    pub fn get(&mut self, path: &str) -> Answer {
        let id = self.open("GET", path, &[], true);
        self.answer(id)
    }

    /// Sends a request with content, and waits for the answer.
    pub fn put(&mut self, method: &str, path: &str, content: &[u8]) -> Answer {
        let id = self.open(method, path, &[], false);
        self.frame(DATA, END_STREAM, id, content);
        self.answer(id)
    }

    /// The next frame; `None` at the end of the connection.
    pub fn next_frame(&mut self) -> Option<Frame> {
        if !self.seen.is_empty() {
            return Some(self.seen.remove(0));
        }
        self.read_frame()
    }

    fn read_frame(&mut self) -> Option<Frame> {
        let mut header = [0; 9];
        match self.stream.read_exact(&mut header) {
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                panic!("nothing more comes")
            }
            Err(_) => return None,
            Ok(()) => {}
        }
        let [a, b, c, kind, flags, d, e, f, g] = header;
        let mut payload = vec![0; u32::from_be_bytes([0, a, b, c]) as usize];
        self.stream.read_exact(&mut payload).ok()?;
        if kind == DATA && self.gives_back && !payload.is_empty() {
            self.window(0, payload.len() as u32);
        }
        let mut fields = Vec::new();
        if kind == HEADERS {
            assert_eq!(flags & END_HEADERS, END_HEADERS, "no test has longer heads");
            let decoded = self.decoder.decode(&payload, |name, value| {
                let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
                fields.push((text(name), text(value)));
            });
            assert_eq!(decoded, Ok(()));
        }
        Some(Frame { kind, flags, stream: u32::from_be_bytes([d, e, f, g]), payload, fields })
    }

    /// Waits for a frame of a kind, and passes over others, of which it keeps those of streams.
    ///
    /// # Panics
    /// Where the connection ends before.
    pub fn wait_for(&mut self, wanted: impl Fn(&Frame) -> bool) -> Frame {
        if let Some(at) = self.seen.iter().position(&wanted) {
            return self.seen.remove(at);
        }
        loop {
            let frame = self.read_frame().expect("the connection goes on");
            if wanted(&frame) {
                return frame;
            }
            self.seen.push(frame);
        }
    }

    /// Waits for all of the answer on a stream.
    pub fn answer(&mut self, id: u32) -> Answer {
        let mut answer = Answer::default();
        while !answer.ended && answer.reset.is_none() {
            let frame = self.wait_for(|frame| frame.stream == id);
            self.take(&mut answer, frame);
        }
        answer
    }

    /// Waits for the head of an answer, and not for its end.
    pub fn head(&mut self, id: u32) -> Answer {
        let mut answer = Answer::default();
        while answer.status == 0 && answer.reset.is_none() {
            let frame = self.wait_for(|frame| frame.stream == id);
            self.take(&mut answer, frame);
        }
        answer
    }

    /// Takes a frame into an answer.
    pub fn take(&mut self, answer: &mut Answer, frame: Frame) {
        match frame.kind {
            HEADERS => {
                let mut fields = frame.fields;
                if answer.status > 0 {
                    assert!(fields.iter().all(|(name, _)| !name.starts_with(':')), "{fields:?}");
                    answer.trailers = fields;
                } else {
                    assert_eq!(fields[0].0, ":status");
                    let status: u16 = fields.remove(0).1.parse().expect("a number");
                    match status {
                        100..200 => answer.interim.push(status),
                        _ => (answer.status, answer.fields) = (status, fields),
                    }
                }
                answer.ended_by_head = frame.flags & END_STREAM != 0;
            }
            DATA => {
                answer.content.extend_from_slice(&frame.payload);
                let len = frame.payload.len() as u32;
                if self.gives_back && len > 0 && frame.flags & END_STREAM == 0 {
                    self.window(frame.stream, len);
                }
            }
            RST_STREAM => answer.reset = Some(frame.number(0)),
            _ => {}
        }
        answer.ended |= matches!(frame.kind, HEADERS | DATA) && frame.flags & END_STREAM != 0;
    }

    /// How many streams were reset by what has come so far.
    pub fn resets_so_far(&mut self) -> usize {
        assert!(self.paces(Duration::from_millis(200)));
        self.seen.iter().filter(|frame| frame.kind == RST_STREAM).count()
    }

    /// Whether a stream is answered, and not reset.
    pub fn is_answered(&mut self, id: u32) -> bool {
        self.answer(id).reset.is_none()
    }

    /// Whether the connection works: it answers a request.
    pub fn works(&mut self) -> bool {
        let answer = self.get("/ping");
        answer.status == 200 && answer.text() == "pong"
    }

    /// Waits for GOAWAY, and then for the end of the connection, which comes within two seconds and a
    /// little. Returns the last stream and the code.
    pub fn goaway(&mut self) -> (u32, u32) {
        let frame = self.wait_for(|frame| frame.kind == GOAWAY);
        let began = Instant::now();
        let (last, code) = (frame.number(0), frame.number(4));
        while self.read_frame().is_some() {}
        assert!(began.elapsed() < Duration::from_secs(5), "it takes long: {:?}", began.elapsed());
        (last, code)
    }

    /// Waits for the end of the connection.
    pub fn until_closed(&mut self) {
        while self.read_frame().is_some() {}
    }

    /// Waits so long for the end of the connection, and passes over frames that come. Whether it goes on.
    pub fn paces(&mut self, limit: Duration) -> bool {
        let until = Instant::now() + limit;
        while let Some(left) = until.checked_duration_since(Instant::now()) {
            self.stream.get_ref().socket().set_read_timeout(Some(left)).expect("a limit");
            let has_more = match self.stream.fill_buf() {
                Ok([]) => return false,
                Ok(_) => true,
                Err(_) => false,
            };
            self.stream.get_ref().socket().set_read_timeout(Some(PATIENCE)).expect("a limit");
            if has_more {
                let frame = self.read_frame();
                self.seen.extend(frame);
            }
        }
        self.stream.get_ref().socket().set_read_timeout(Some(PATIENCE)).expect("a limit");
        true
    }

    /// Whether no frame comes for so long.
    pub fn is_silent_for(&mut self, limit: Duration) -> bool {
        self.stream.get_ref().socket().set_read_timeout(Some(limit)).expect("a limit");
        let mut byte = [0];
        let peeked = self.stream.get_ref().socket().peek(&mut byte);
        self.stream.get_ref().socket().set_read_timeout(Some(PATIENCE)).expect("a limit");
        self.stream.buffer().is_empty() && peeked.is_err()
    }
}

fn prepare(stream: &TcpStream) {
    stream.set_nodelay(true).expect("a TCP socket");
    stream.set_read_timeout(Some(PATIENCE)).expect("a limit");
    stream.set_write_timeout(Some(PATIENCE)).expect("a limit");
}

/// The fields that a request has.
pub fn request<'a>(method: &'a str, path: &'a str) -> [(&'a str, &'a str); 4] {
    [(":method", method), (":scheme", "http"), (":path", path), (":authority", "h2.test")]
}

/// The bytes of a frame.
pub fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let [_, a, b, c] = (payload.len() as u32).to_be_bytes();
    let [d, e, f, g] = stream.to_be_bytes();
    [&[a, b, c, kind, flags, d, e, f, g][..], payload].concat()
}

/// A block of fields, as literals that no table keeps (RFC 7541, 6.2.2).
pub fn block(fields: &[(&str, &str)]) -> Vec<u8> {
    let mut out = Vec::new();
    for (name, value) in fields {
        literal(&mut out, 0, name, value);
    }
    out
}

/// Appends a literal with this first byte: 0x40 is kept by the table.
pub fn literal(out: &mut Vec<u8>, first: u8, name: &str, value: &str) {
    out.push(first);
    for text in [name, value] {
        match text.len() {
            len @ ..127 => out.push(len as u8),
            len => {
                out.push(127);
                let mut left = len - 127;
                while left >= 128 {
                    out.push(left as u8 | 128);
                    left >>= 7;
                }
                out.push(left as u8);
            }
        }
        out.extend_from_slice(text.as_bytes());
    }
}
