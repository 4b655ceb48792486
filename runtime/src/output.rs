//! Bytes on their way to a client: a buffer, and behind it the rest of a content that is not
//! copied but sent from where it lies.

use std::io;

use crate::image::Image;
use crate::site::Level;
use crate::transport::Transport;

mod attend;
mod byteranges;
mod limit;
mod piece;
mod produce;
mod send;
mod turn;

pub use attend::{Answered, Attendant, Part};
pub use byteranges::Parts;
pub use limit::Limit;
pub use piece::{FileBody, Piece};
pub use produce::{Chunks, Made, Produce, Produced, RUN_LEN};
pub use send::Copying;
pub use turn::Turn;

/// Contents up to this length are copied behind their heads: cheaper than another part of the
/// write, and pipelined responses go out as one.
pub const COPIED_LEN: usize = 4096;
/// Memory of the buffer that is kept from one connection to the next.
pub const KEPT_LEN: usize = 128 * 1024;
/// Small parts of a content are gathered up to this length, and sent as one.
const GATHERED_PARTS_LEN: usize = 16 * 1024;

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
    /// Made while it is sent.
    Made(Box<dyn Produce>),
}

impl Body {
    /// Its length in bytes; `None` of one that is not made yet.
    pub fn len(&self) -> Option<u64> {
        Some(match self {
            Body::Empty | Body::File(FileBody::Empty) => 0,
            Body::Static(bytes) => bytes.len() as u64,
            Body::Owned(bytes) => bytes.len() as u64,
            Body::File(FileBody::One(piece)) => piece.len(),
            Body::File(FileBody::Multipart(parts)) => parts.len(),
            Body::Made(_) => return None,
        })
    }
}

impl Body {
    /// Its length in bytes as its head may say it, also where it is not made yet.
    pub fn promised_len(&self) -> Option<u64> {
        match self {
            Body::Made(producer) => producer.promised_len(),
            body => body.len(),
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
    /// A piece, as far as it is not sent, and the parts behind it.
    Piece(Piece, Option<Box<Parts>>),
    Made(Box<Made>),
}

/// How the sending of a response has ended.
#[derive(Debug, Default)]
pub struct Tally {
    /// Bytes that the socket has not taken.
    pub unsent_len: u64,
    /// Bytes that were made while they were sent, with what frames them.
    pub made_len: u64,
    /// What the error log should know.
    pub remark: Option<Remark>,
    /// Bytes of a content that was compressed on its way, before and after.
    pub encoded: Option<(u64, u64)>,
}

/// A line for the error log.
pub type Remark = Box<(Level, String)>;

/// How much has been sent of a buffer before what waits in it is moved to its front, in bytes.
const COMPACTED_LEN: usize = 64 * 1024;

/// Bytes on their way to a client.
#[derive(Debug, Default)]
pub struct Output {
    bytes: Vec<u8>,
    sent: usize,
    tail: Tail,
    /// What follows the tail.
    coda: Vec<u8>,
    made_len: u64,
    remark: Option<Remark>,
    encoded: Option<(u64, u64)>,
    /// Whether what makes the content has nothing to give before something else has come.
    waits: bool,
    image: Option<&'static Image>,
    /// Bytes that sockets have taken of it.
    taken: u64,
    /// How fast it is sent.
    limit: Option<Limit>,
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

    /// Appends a content; one that is made while it is sent, framed so. Nothing may be appended behind it where it returns false: it is too large to be copied.
    pub fn append(&mut self, body: Body, chunks: Chunks) -> bool {
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
                self.tail = Tail::Piece(piece, None);
            }
            Body::File(FileBody::Multipart(parts)) => self.next_part(parts),
            Body::Made(producer) => self.tail = Tail::Made(Box::new(Made { producer, chunks })),
        }
        matches!(self.tail, Tail::None)
    }

    /// Puts something behind the content that was appended last.
    pub fn append_behind(&mut self, bytes: &[u8]) {
        match self.tail {
            Tail::None => self.bytes.extend_from_slice(bytes),
            _ => self.coda.extend_from_slice(bytes),
        }
    }

    /// Sends what is in it, and what is yet appended, no faster than this.
    pub fn limit(&mut self, limit: Limit) {
        self.limit = Some(limit);
    }

    /// Forgets how fast it is sent.
    pub fn end_limit(&mut self) {
        self.limit = None;
    }

    /// Until when nothing is sent, if it was sent too fast.
    pub fn paused_until_ms(&self) -> Option<u64> {
        self.limit.as_ref().and_then(Limit::paused_until_ms)
    }

    /// Gives up the memory of what was sent, where that is much: more may be appended for as long as
    /// something waits.
    pub fn compact(&mut self) {
        if self.sent >= COMPACTED_LEN {
            self.bytes.drain(..self.sent);
            self.sent = 0;
        }
    }

    /// Length of what waits in the buffer.
    pub fn buffered_len(&self) -> usize {
        self.bytes.len() - self.sent
    }

    /// What waits in the buffer.
    pub fn unsent(&self) -> &[u8] {
        &self.bytes[self.sent..]
    }

    /// Bytes that the socket has taken so far.
    pub fn taken_len(&self) -> u64 {
        self.taken
    }

    /// How the sending has ended, for the logs.
    pub fn tally(&mut self) -> Tally {
        let tail_len = match &self.tail {
            Tail::None | Tail::Made(_) => 0,
            Tail::Static(bytes) => bytes.len() as u64,
            Tail::Piece(piece, parts) => piece.len() + parts.as_ref().map_or(0, |rest| rest.len()),
        };
        Tally {
            unsent_len: (self.buffered_len() + self.coda.len()) as u64 + tail_len,
            made_len: std::mem::take(&mut self.made_len),
            remark: self.remark.take(),
            encoded: self.encoded.take(),
        }
    }

    /// Forgets everything, and keeps the buffer's memory up to a bound.
    pub fn clear(&mut self) {
        self.bytes.clear();
        if self.bytes.capacity() > KEPT_LEN {
            self.bytes.shrink_to(KEPT_LEN);
        }
        (self.sent, self.waits) = (0, false);
        if !matches!(self.tail, Tail::None) {
            self.tail = Tail::None;
            self.coda = Vec::new();
        }
    }

    /// What is left to send, in a buffer of its own.
    pub fn take_rest(&mut self) -> Output {
        let bytes = self.bytes[self.sent..].to_vec();
        let (tail, coda) = (std::mem::take(&mut self.tail), std::mem::take(&mut self.coda));
        let (made_len, remark) = (std::mem::take(&mut self.made_len), self.remark.take());
        let (image, limit, encoded) = (self.image, self.limit.take(), self.encoded.take());
        let (sent, taken, waits) = (0, 0, std::mem::take(&mut self.waits));
        let rest = Output {
            bytes,
            sent,
            tail,
            coda,
            made_len,
            remark,
            encoded,
            waits,
            image,
            taken,
            limit,
        };
        self.clear();
        rest
    }

    /// Sends until all is sent, the socket takes no more, or the turn is over. An error means that
    /// the client cannot be served any more, also where a file has become shorter, or what makes
    /// the content has failed.
    pub fn send(
        &mut self,
        transport: &mut Transport,
        copying: Copying,
        turn: &mut Turn,
    ) -> io::Result<Progress> {
        if turn.is_over() {
            return Ok(Progress::Blocked);
        }
        let copying = copying.over(transport);
        while !self.is_sent() {
            if matches!(self.tail, Tail::Made(_)) && self.buffered_len() == 0 {
                // What is made for a stream without a window would only be held.
                if self.made_len == 0 && transport.open_len() == 0 {
                    return Ok(Progress::Blocked);
                }
                match self.make(turn)? {
                    true => continue,
                    false => return Ok(Progress::Blocked),
                }
            }
            let now_ms = turn.now_ms();
            let most = self.limit.as_mut().map_or(usize::MAX, |limit| limit.most(now_ms));
            if most == 0 {
                return Ok(Progress::Blocked);
            }
            match self.send_once(transport, copying, turn.bytes_left(), most) {
                Ok(sent) => {
                    self.taken += sent;
                    if let Some(limit) = &mut self.limit {
                        limit.count(sent, now_ms);
                    }
                    turn.count_call(sent);
                    if turn.is_over() && !self.is_sent() {
                        return Ok(Progress::Blocked);
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    return Ok(Progress::Blocked);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    if send::is_of_file(&error) {
                        let text = format!("cannot read on in a file that is being sent: {error}");
                        self.remark = Some(Box::new((Level::Crit, text)));
                    }
                    return Err(error);
                }
            }
        }
        self.clear();
        Ok(Progress::Done)
    }

    /// Sends what waits in the buffer, and a piece behind it that is not copied, as far as the socket
    /// takes it now. How much of the piece is sent; what is left of it is the caller's. A socket that is
    /// gone says so when it is next written to.
    pub fn send_through(
        &mut self,
        piece: &[u8],
        transport: &mut Transport,
        turn: &mut Turn,
    ) -> usize {
        let waits = self.limit.is_some() || !matches!(self.tail, Tail::None);
        if waits || turn.is_over() {
            return 0;
        }
        let head = &self.bytes[self.sent..];
        let Ok((sent, of_piece)) = send::as_one(transport, head, piece, false) else { return 0 };
        turn.count_call(sent as u64);
        self.taken += sent as u64;
        self.sent += sent - of_piece;
        if self.buffered_len() == 0 {
            self.bytes.clear();
            self.sent = 0;
        }
        of_piece
    }

    /// Has the next run of the content made. Whether there is anything to send now, or the content
    /// has come to its end.
    #[inline(never)]
    fn make(&mut self, turn: &mut Turn) -> io::Result<bool> {
        let Tail::Made(made) = &mut self.tail else { return Ok(true) };
        self.waits = false;
        turn.count_run();
        self.sent = 0;
        let (start, produced) = match made.fill(&mut self.bytes) {
            Ok(filled) => filled,
            Err(error) => {
                let text = format!("the response is broken off: {error}");
                self.remark = Some(Box::new((Level::Error, text)));
                self.bytes.clear();
                return Err(error);
            }
        };
        self.sent = start;
        self.made_len += (self.bytes.len() - start) as u64;
        if produced == Produced::End {
            self.encoded = made.producer.encoded();
            self.remark = made.producer.remark().map(|text| Box::new((Level::Warn, text)));
            self.end_tail();
        }
        self.waits = produced == Produced::Waits && self.buffered_len() == 0;
        Ok(self.buffered_len() > 0 || produced == Produced::End)
    }

    /// Whether nothing can be sent before something else has come.
    pub fn waits(&self) -> bool {
        self.waits
    }

    /// Lets what makes the content do what it waits for. Whether there may be something to send then.
    pub fn attend(&mut self, attendant: &mut dyn Attendant) -> bool {
        let Tail::Made(made) = &mut self.tail else { return true };
        let goes_on = made.producer.attend(attendant);
        self.waits &= !goes_on;
        goes_on
    }

    /// Whether nothing is left to send.
    fn is_sent(&self) -> bool {
        self.sent == self.bytes.len() && matches!(self.tail, Tail::None)
    }

    /// One call of the kernel; returns what it has sent.
    fn send_once(
        &mut self,
        transport: &mut Transport,
        copying: Copying,
        turn_left: u64,
        most: usize,
    ) -> io::Result<u64> {
        let head = &self.bytes[self.sent..];
        let head = &head[..head.len().min(most)];
        let most_of_tail = most - head.len();
        let image = self.image.filter(|_| copying.sendfile);
        let sent = match &mut self.tail {
            Tail::None | Tail::Made(_) => {
                let sent = transport.write(head, false)?;
                self.sent += sent;
                return Ok(sent as u64);
            }
            Tail::Static(tail) => {
                let front = front(tail, most_of_tail);
                let (sent, from_tail) =
                    send::from_site(transport, (head, copying.nopush), front, (image, turn_left))?;
                *tail = &tail[from_tail..];
                self.sent += sent - from_tail;
                sent
            }
            Tail::Piece(Piece::Memory(bytes, range), _) => {
                let (sent, from_tail) = send::as_one(
                    transport,
                    head,
                    front(&bytes[range.clone()], most_of_tail),
                    false,
                )?;
                range.start += from_tail;
                self.sent += sent - from_tail;
                sent
            }
            Tail::Piece(Piece::Static(bytes), _) => {
                let (sent, from_tail) = send::from_site(
                    transport,
                    (head, copying.nopush),
                    front(bytes, most_of_tail),
                    (image, turn_left),
                )?;
                *bytes = &bytes[from_tail..];
                self.sent += sent - from_tail;
                sent
            }
            Tail::Piece(..) if !head.is_empty() => {
                let sent = transport.write(head, copying.nopush)?;
                self.sent += sent;
                sent
            }
            Tail::Piece(piece, _) => {
                send::from_file(transport, piece, copying.sendfile, (turn_left, most))?
            }
        };
        match std::mem::take(&mut self.tail) {
            Tail::Static([]) => {
                self.bytes.clear();
                self.sent = 0;
                self.end_tail();
            }
            Tail::Piece(piece, parts) if piece.len() == 0 => {
                // What stood before it is sent.
                self.bytes.clear();
                self.sent = 0;
                match parts {
                    Some(parts) => self.next_part(parts),
                    None => self.end_tail(),
                }
            }
            tail => self.tail = tail,
        }
        Ok(sent as u64)
    }

    /// Goes on with the next part, behind what stands before it. Small ones in memory are copied.
    fn next_part(&mut self, mut parts: Box<Parts>) {
        while let Some(piece) = parts.next(&mut self.bytes) {
            match piece.in_memory() {
                Some(bytes)
                    if bytes.len() <= COPIED_LEN && self.buffered_len() < GATHERED_PARTS_LEN =>
                {
                    self.bytes.extend_from_slice(bytes);
                }
                _ => {
                    self.tail = Tail::Piece(piece, Some(parts));
                    return;
                }
            }
        }
        self.end_tail();
    }

    /// Nothing is left of the tail: what follows it is sent.
    fn end_tail(&mut self) {
        self.tail = Tail::None;
        self.bytes.append(&mut self.coda);
    }
}

/// The front of a run of bytes.
fn front(bytes: &[u8], most: usize) -> &[u8] {
    &bytes[..bytes.len().min(most)]
}

#[cfg(test)]
mod tests;
