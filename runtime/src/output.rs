//! Bytes on their way to a client: a buffer, and behind it the rest of a content that is not
//! copied but sent from where it lies.

use std::fs::File;
use std::io::{self, IoSlice};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::FileExt;

use crate::handler::{FileBody, Piece};
use crate::sys::{fs, net};

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
}

impl Output {
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
        let rest = Output { bytes, sent: 0, tail: std::mem::take(&mut self.tail) };
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
        let sent = match &mut self.tail {
            Tail::None => {
                let sent = net::send(socket, head, false)?;
                self.sent += sent;
                return Ok(sent as u64);
            }
            Tail::Static(tail) => {
                let (sent, from_tail) = send_both(socket, head, tail)?;
                *tail = &tail[from_tail..];
                self.sent += sent - from_tail;
                sent
            }
            Tail::Pieces(Piece::Memory(bytes, range), _) => {
                let (sent, from_tail) = send_both(socket, head, &bytes[range.clone()])?;
                range.start += from_tail;
                self.sent += sent - from_tail;
                sent
            }
            Tail::Pieces(Piece::Static(bytes), _) => {
                let (sent, from_tail) = send_both(socket, head, bytes)?;
                *bytes = &bytes[from_tail..];
                self.sent += sent - from_tail;
                sent
            }
            Tail::Pieces(..) if !head.is_empty() => {
                let sent = net::send(socket, head, true)?;
                self.sent += sent;
                sent
            }
            Tail::Pieces(piece, _) => send_file(socket, piece, sendfile, turn_left)?,
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

/// Sends from two slices as one. Returns what was sent of both, and of the second.
fn send_both(socket: BorrowedFd<'_>, head: &[u8], tail: &[u8]) -> io::Result<(usize, usize)> {
    let sent = match head {
        [] => net::send(socket, tail, false)?,
        _ => net::send_vectored(socket, &[IoSlice::new(head), IoSlice::new(tail)])?,
    };
    Ok((sent, sent.saturating_sub(head.len())))
}

/// Sends from the front of a piece of a file, and takes what was sent off it.
fn send_file(
    socket: BorrowedFd<'_>,
    piece: &mut Piece,
    sendfile: bool,
    turn_left: u64,
) -> io::Result<usize> {
    let Piece::File { file, offset, len } = piece else { return Ok(0) };
    let most = (*len).min(turn_left) as usize;
    let sent = match sendfile {
        true => fs::send_file(socket, file.as_fd(), *offset, most)?,
        false => copy_file(socket, file, *offset, most, *len)?,
    };
    if sent == 0 {
        // The file has become shorter than its head said: the client must see a broken end.
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    *offset += sent as u64;
    *len -= sent as u64;
    Ok(sent)
}

/// Sends at most `most` of the `left` bytes at `offset` by way of a buffer. Apart from what calls
/// it, so that only who needs the buffer pays for so much of the stack.
#[inline(never)]
fn copy_file(
    socket: BorrowedFd<'_>,
    file: &File,
    offset: u64,
    most: usize,
    left: u64,
) -> io::Result<usize> {
    let mut buffer = [0; 32 * 1024];
    let most = most.min(buffer.len());
    match file.read_at(&mut buffer[..most], offset)? {
        0 => Ok(0),
        read => net::send(socket, &buffer[..read], left > read as u64),
    }
}
