//! Any sequence of frames, right and wrong, on a connection to a server that runs in this process: it
//! answers in frames that can be read, and goes on serving others.
#![no_main]

use std::io::{ErrorKind, Read, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use libfuzzer_sys::fuzz_target;
use sitec_runtime::http2::frame::{END_STREAM, HEADER_LEN, Header, MAX_LEN, PREFACE};
use sitec_runtime::http2::hpack::Decoder;

mod site {
    sitec_macros::site!("connection.conf");
}

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const WINDOW_UPDATE: u8 = 8;
const CONTINUATION: u8 = 9;
const END_HEADERS: u8 = 4;

const METHODS: [&str; 6] = ["GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS"];
const PATHS: [&str; 10] = [
    "/",
    "/file/large",
    "/file/small",
    "/put/a",
    "/put/b",
    "/zip/large",
    "/sub/large",
    "/slow/large",
    "/shut/x",
    "/named/x",
];
const FIELDS: [(&str, &str); 8] = [
    ("content-length", "5"),
    ("expect", "100-continue"),
    ("accept-encoding", "gzip"),
    ("range", "bytes=5-70000"),
    ("te", "trailers"),
    ("priority", "u=0, i"),
    ("cookie", "a=b"),
    ("connection", "close"),
];

/// Starts the server once. Its socket.
fn socket() -> &'static PathBuf {
    static SOCKET: OnceLock<PathBuf> = OnceLock::new();
    SOCKET.get_or_init(|| {
        let dir = std::env::temp_dir().join(format!("sitec-fuzz-{}", std::process::id()));
        std::fs::create_dir_all(&dir).expect("a folder");
        std::fs::write(dir.join("small"), "small").expect("a file");
        std::fs::write(dir.join("large"), "a large file ".repeat(20_000)).expect("a file");
        let socket = dir.join("socket");
        let words =
            [format!("--set=SOCKET={}", socket.display()), format!("--set=DIR={}", dir.display())];
        std::thread::spawn(move || {
            sitec_runtime::run::<site::Conf>(site::PREFIX, words.into_iter());
            eprintln!("the server has ended");
            std::process::abort();
        });
        while UnixStream::connect(&socket).is_err() {
            std::thread::sleep(Duration::from_millis(10));
        }
        socket
    })
}

/// Bytes of the input, in the order in which they are used; at its end, zeros.
struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    fn byte(&mut self) -> u8 {
        self.take(1).first().copied().unwrap_or(0)
    }

    fn take(&mut self, len: usize) -> &'a [u8] {
        let (front, rest) = self.0.split_at(len.min(self.0.len()));
        self.0 = rest;
        front
    }

    fn number(&mut self) -> u32 {
        (0..4).fold(0, |sum, _| sum << 8 | u32::from(self.byte()))
    }

    /// A stream: mostly one that there was.
    fn stream(&mut self, next: u32) -> u32 {
        match self.byte() {
            0 => 0,
            byte @ 250.. => u32::from(byte) * 7,
            byte => ((u32::from(byte) * 2 + 1) % next.max(2)) | 1,
        }
    }
}

fn frame(out: &mut Vec<u8>, kind: u8, flags: u8, stream: u32, payload: &[u8]) {
    out.extend_from_slice(&(payload.len() as u32).to_be_bytes()[1..]);
    out.extend_from_slice(&[kind, flags]);
    out.extend_from_slice(&stream.to_be_bytes());
    out.extend_from_slice(payload);
}

/// A literal field, which goes into the table where the first byte says so.
fn field(out: &mut Vec<u8>, first: u8, name: &str, value: &str) {
    out.push(first);
    for text in [name, value] {
        out.push(text.len() as u8);
        out.extend_from_slice(text.as_bytes());
    }
}

fn request(input: &mut Input<'_>) -> Vec<u8> {
    let (which, more) = (input.byte(), input.byte());
    let mut block = Vec::new();
    let first = if which & 0x80 == 0 { 0 } else { 0x40 };
    field(&mut block, first, ":method", METHODS[usize::from(which) % METHODS.len()]);
    field(&mut block, first, ":scheme", "http");
    field(&mut block, first, ":path", PATHS[usize::from(input.byte()) % PATHS.len()]);
    field(&mut block, first, ":authority", "a.test");
    for (bit, (name, value)) in FIELDS.iter().enumerate() {
        if more >> bit & 1 == 1 {
            field(&mut block, first, name, value);
        }
    }
    block
}

/// Reads what is there, and checks it. False at the end of the connection.
fn read(stream: &mut UnixStream, got: &mut Vec<u8>, decoder: &mut Decoder, wait: Duration) -> bool {
    stream.set_read_timeout(Some(wait)).expect("a limit");
    let mut buffer = [0; 64 << 10];
    let goes_on = match stream.read(&mut buffer) {
        Ok(0) => false,
        Ok(len) => {
            got.extend_from_slice(&buffer[..len]);
            true
        }
        Err(error) => matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut),
    };
    let mut at = 0;
    while let Some(header) = Header::read(&got[at..]) {
        assert!(header.len <= MAX_LEN && header.kind <= CONTINUATION, "{header:?}");
        let Some(payload) = got.get(at + HEADER_LEN..at + HEADER_LEN + header.len) else { break };
        if header.kind == HEADERS {
            assert!(header.flags & END_HEADERS != 0 && !header.stream.is_multiple_of(2));
            decoder.decode(payload, |_, _| {}).expect("fields that can be read");
        }
        at += HEADER_LEN + header.len;
    }
    got.drain(..at);
    goes_on
}

fuzz_target!(|bytes: &[u8]| {
    let mut stream = UnixStream::connect(socket()).expect("the server goes on");
    stream.set_write_timeout(Some(Duration::from_millis(50))).expect("a limit");
    let (mut got, mut decoder) = (Vec::new(), Decoder::default());
    let mut input = Input(bytes);
    let mut out = Vec::new();
    if input.byte() != 255 {
        out.extend_from_slice(PREFACE);
        frame(&mut out, SETTINGS, 0, 0, b"");
    }
    let mut next = 1;
    while !input.0.is_empty() {
        let flags = input.byte();
        match input.byte() % 12 {
            0 => {
                let len = usize::from(flags);
                out.extend_from_slice(input.take(len));
            }
            1 => {
                let (kind, stream, len) = (input.byte() % 20, input.stream(next), input.byte());
                frame(&mut out, kind, flags, stream, input.take(usize::from(len)));
            }
            2..=4 => {
                let block = request(&mut input);
                frame(&mut out, HEADERS, END_HEADERS | flags & END_STREAM, next, &block);
                next += 2;
            }
            5 => {
                let (id, len) = (input.stream(next), usize::from(input.byte()) * 64);
                frame(&mut out, DATA, flags & (END_STREAM | 8), id, &vec![0; len]);
            }
            6 => {
                let mut payload = vec![0, flags % 8];
                payload.extend_from_slice(&input.number().to_be_bytes());
                frame(&mut out, SETTINGS, 0, 0, &payload);
            }
            7 => {
                let id = input.stream(next);
                let grown = if flags > 200 { input.number() } else { u32::from(flags) << 10 };
                frame(&mut out, WINDOW_UPDATE, 0, id, &grown.to_be_bytes());
            }
            8 => {
                let id = input.stream(next);
                frame(&mut out, RST_STREAM, 0, id, &u32::from(flags).to_be_bytes());
            }
            9 => {
                // A head in parts.
                let block = request(&mut input);
                let (front, rest) = block.split_at(block.len().min(usize::from(flags)));
                frame(&mut out, HEADERS, flags & END_STREAM, next, front);
                frame(&mut out, CONTINUATION, END_HEADERS, next, rest);
                next += 2;
            }
            10 => {
                frame(&mut out, SETTINGS, 1, 0, b"");
                frame(&mut out, PING, flags & 1, 0, &[flags; 8]);
            }
            _ => {
                if stream.write_all(&std::mem::take(&mut out)).is_err() {
                    break;
                }
                read(&mut stream, &mut got, &mut decoder, Duration::from_millis(1));
            }
        }
    }
    let _ = stream.write_all(&out);
    let ends = bytes.len().is_multiple_of(2);
    if ends {
        let _ = stream.shutdown(Shutdown::Write);
    }
    let until = Instant::now() + Duration::from_millis(if ends { 20 } else { 3 });
    while Instant::now() < until
        && read(&mut stream, &mut got, &mut decoder, Duration::from_millis(2))
    {}
    drop(stream);
    // Others are served.
    let mut other = UnixStream::connect(socket()).expect("the server goes on");
    other.set_read_timeout(Some(Duration::from_secs(10))).expect("a limit");
    other.write_all(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").expect("a request");
    let mut answer = String::new();
    other.read_to_string(&mut answer).expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.ends_with("here"), "{answer}");
});
