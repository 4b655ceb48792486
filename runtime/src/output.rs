//! Bytes on their way to a client: a buffer, and behind it the rest of a content that is not
//! copied but sent from where it lies.

use std::io;
use std::os::fd::BorrowedFd;

use crate::handler::{FileBody, Piece};
use crate::image::Image;
use crate::sys::net;

mod send;

/// Contents up to this length are copied behind their heads: cheaper than another part of the
/// write, and pipelined responses go out as one.
pub const COPIED_LEN: usize = 4096;
/// Memory of the buffer that is kept from one connection to the next.
pub const KEPT_LEN: usize = 128 * 1024;
/// The most that is sent from a file before others have their turn. Longer turns fill the socket,
/// so that both ends sleep by turns: they cost a tenth more for each byte.
const TURN_LEN: u64 = 256 << 10;

/// The content of a response.
#[derive(Debug)]
pub enum Body {
    /// None.
    Empty,
    /// Bytes of the site.
    Static(&'static [u8]),
    /// Bytes made for this response.
    Owned(Vec<u8>),
    /// A file, or parts of it.
    File(FileBody),
}

impl Body {
    /// Its length in bytes.
    pub fn len(&self) -> u64 {
        match self {
            Body::Empty | Body::File(FileBody::Empty) => 0,
            Body::Static(bytes) => bytes.len() as u64,
            Body::Owned(bytes) => bytes.len() as u64,
            Body::File(FileBody::One(piece)) => piece.len(),
            Body::File(FileBody::Multipart(pieces)) => pieces.iter().map(Piece::len).sum(),
        }
    }
}

/// How far a send has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Progress {
    /// All is sent.
    Done,
    /// The socket takes no more now, or others have their turn.
    Blocked,
}

/// What is sent behind the buffer.
#[derive(Debug, Default)]
enum Tail {
    #[default]
    None,
    Static(&'static [u8]),
    /// A piece, as far as it is not sent, and those behind it.
    Pieces(Piece, std::vec::IntoIter<Piece>),
}

/// Bytes on their way to a client.
#[derive(Debug, Default)]
pub struct Output {
    bytes: Vec<u8>,
    sent: usize,
    tail: Tail,
    image: Option<&'static Image>,
}

impl Output {
    /// An empty one that sends large bytes of the site from the program's file, if there is one.
    pub fn new(image: Option<&'static Image>) -> Output {
        Output { image, ..Output::default() }
    }

    /// The buffer, to append heads and small contents to.
    pub fn buffer(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }

    /// Appends a content. Nothing may be appended behind it where it returns false: it is too
    /// large to be copied.
    pub fn append(&mut self, body: Body) -> bool {
        match body {
            Body::Empty | Body::File(FileBody::Empty) => {}
            Body::Static(bytes) | Body::File(FileBody::One(Piece::Static(bytes))) => {
                match bytes.len() {
                    ..=COPIED_LEN => self.bytes.extend_from_slice(bytes),
                    _ => self.tail = Tail::Static(bytes),
                }
            }
            Body::Owned(bytes) => self.bytes.extend_from_slice(&bytes),
            Body::File(FileBody::One(Piece::Memory(bytes, range))) if range.len() <= COPIED_LEN => {
                self.bytes.extend_from_slice(&bytes[range]);
            }
            Body::File(FileBody::One(piece)) => {
                self.tail = Tail::Pieces(piece, Vec::new().into_iter());
            }
            Body::File(FileBody::Multipart(pieces)) => self.next_piece(pieces.into_iter()),
        }
        matches!(self.tail, Tail::None)
    }

    /// Length of what waits in the buffer.
    pub fn buffered_len(&self) -> usize {
        self.bytes.len() - self.sent
    }

    /// Bytes that the socket has not taken yet.
    pub fn unsent_len(&self) -> u64 {
        let tail_len = match &self.tail {
            Tail::None => 0,
            Tail::Static(bytes) => bytes.len() as u64,
            Tail::Pieces(piece, rest) => {
                piece.len() + rest.as_slice().iter().map(Piece::len).sum::<u64>()
            }
        };
        self.buffered_len() as u64 + tail_len
    }

    /// Forgets everything, and keeps the buffer's memory up to a bound.
    pub fn clear(&mut self) {
        self.bytes.clear();
        if self.bytes.capacity() > KEPT_LEN {
            self.bytes.shrink_to(KEPT_LEN);
        }
        self.sent = 0;
        if !matches!(self.tail, Tail::None) {
            self.tail = Tail::None;
        }
    }

    /// What is left to send, in a buffer of its own.
    pub fn take_rest(&mut self) -> Output {
        let bytes = self.bytes[self.sent..].to_vec();
        let tail = std::mem::take(&mut self.tail);
        let rest = Output { bytes, sent: 0, tail, image: self.image };
        self.clear();
        rest
    }

    /// Sends until all is sent, the socket takes no more, or a turn is over. An error means that
    /// the client cannot be served any more, also where a file has become shorter.
    pub fn send(&mut self, socket: BorrowedFd<'_>, sendfile: bool) -> io::Result<Progress> {
        let mut turn_left = TURN_LEN;
        while turn_left > 0 && !self.is_sent() {
            match self.send_once(socket, sendfile, turn_left) {
                Ok(sent) => turn_left = turn_left.saturating_sub(sent),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        if !self.is_sent() {
            return Ok(Progress::Blocked);
        }
        self.clear();
        Ok(Progress::Done)
    }

    /// Whether nothing is left to send.
    fn is_sent(&self) -> bool {
        self.sent == self.bytes.len() && matches!(self.tail, Tail::None)
    }

    /// One call of the kernel; returns what it has sent.
    fn send_once(
        &mut self,
        socket: BorrowedFd<'_>,
        sendfile: bool,
        turn_left: u64,
    ) -> io::Result<u64> {
        let head = &self.bytes[self.sent..];
        let image = self.image.filter(|_| sendfile);
        let sent = match &mut self.tail {
            Tail::None => {
                let sent = net::send(socket, head, false)?;
                self.sent += sent;
                return Ok(sent as u64);
            }
            Tail::Static(tail) => {
                let (sent, from_tail) = send::from_site(socket, head, tail, (image, turn_left))?;
                *tail = &tail[from_tail..];
                self.sent += sent - from_tail;
                sent
            }
            Tail::Pieces(Piece::Memory(bytes, range), _) => {
                let (sent, from_tail) = send::as_one(socket, head, &bytes[range.clone()], false)?;
                range.start += from_tail;
                self.sent += sent - from_tail;
                sent
            }
            Tail::Pieces(Piece::Static(bytes), _) => {
                let (sent, from_tail) = send::from_site(socket, head, bytes, (image, turn_left))?;
                *bytes = &bytes[from_tail..];
                self.sent += sent - from_tail;
                sent
            }
            Tail::Pieces(..) if !head.is_empty() => {
                let sent = net::send(socket, head, true)?;
                self.sent += sent;
                sent
            }
            Tail::Pieces(piece, _) => send::from_file(socket, piece, sendfile, turn_left)?,
        };
        match std::mem::take(&mut self.tail) {
            Tail::Static([]) => {}
            Tail::Pieces(piece, rest) if piece.len() == 0 => self.next_piece(rest),
            tail => self.tail = tail,
        }
        Ok(sent as u64)
    }

    fn next_piece(&mut self, mut pieces: std::vec::IntoIter<Piece>) {
        if let Some(piece) = pieces.next() {
            self.tail = Tail::Pieces(piece, pieces);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::os::unix::net::UnixStream;
    use std::thread;

    use std::fs::File;
    use std::os::fd::AsFd;

    use super::*;
    use crate::pack::LARGE_LEN;

    const LEN: usize = 5 * LARGE_LEN + 1234;

    static CONTENTS: [u8; LEN] = {
        let mut contents = [0; LEN];
        let mut at = 0;
        while at < LEN {
            contents[at] = (at % 251) as u8;
            at += 1;
        }
        contents
    };

    /// What arrives of a head and a content.
    fn arrived(image: Option<Image>, sendfile: bool, content: &'static [u8]) -> Vec<u8> {
        let (ours, mut theirs) = UnixStream::pair().expect("a socket");
        let reader = thread::spawn(move || {
            let mut all = Vec::new();
            theirs.read_to_end(&mut all).expect("a stream");
            all
        });
        let mut output = Output::new(image.map(|image| &*Box::leak(Box::new(image))));
        output.buffer().extend_from_slice(b"head");
        output.append(Body::Static(content));
        while output.send(ours.as_fd(), sendfile).expect("it is sent") == Progress::Blocked {}
        drop(ours);
        reader.join().expect("all is read")
    }

    #[test]
    fn all_arrives_however_it_is_sent() {
        let found = || Some(Image::find(&CONTENTS).expect("tests run where /proc is"));
        let with = |file: io::Result<File>| Some(found()?.with_file(file.expect("a file")));
        for start in [0, 1, 4095, 4096] {
            for len in [0, 1, 4096, 5000, LARGE_LEN - 1, LARGE_LEN, LARGE_LEN + 1, LEN - start] {
                let content = &CONTENTS[start..start + len];
                let expected = [b"head", content].concat();
                for (what, image, sendfile) in [
                    ("by sendfile", found(), true),
                    ("not by sendfile", found(), false),
                    ("without a file", None, true),
                    ("from a file that has become empty", with(File::open("/dev/null")), true),
                    ("from one that gives nothing", with(File::open("/")), true),
                ] {
                    assert!(arrived(image, sendfile, content) == expected, "{start} {len} {what}");
                }
            }
        }
    }
}
