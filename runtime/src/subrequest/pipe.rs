//! What a content that is made elsewhere goes through on its way into another one: so much of it is held
//! that both ends have something to do, and no more is read of who makes it meanwhile.

use std::cell::{Cell, RefCell};
use std::io;
use std::rc::Rc;

use super::Subrequests;
use crate::output::{Produce, Produced};

/// The most that is held, in bytes.
pub(crate) const HELD_LEN: usize = 64 * 1024;

/// How a content has ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ended {
    /// It is whole.
    Whole,
    /// It is broken off.
    Cut,
}

/// What both ends share.
struct Pipe {
    all: Rc<Subrequests>,
    /// Who takes the content, as the event loop knows it.
    owner: u64,
    /// Who makes it, once it has a place.
    maker: Cell<Option<u64>>,
    held: RefCell<Vec<u8>>,
    ended: Cell<Option<Ended>>,
    /// Whether the one who takes it has found nothing.
    is_missed: Cell<bool>,
    /// Whether the one who makes it has found no room.
    is_full: Cell<bool>,
    is_wanted: Cell<bool>,
}

/// The end that the content goes into.
pub(crate) struct PipeWriter {
    pipe: Rc<Pipe>,
    /// Bytes that are still to come, where that is known.
    left: Option<u64>,
}

/// The end that it comes out of.
pub(crate) struct PipeReader(Rc<Pipe>);

/// A pipe to `owner`, for a content of this length, where that is known.
pub(crate) fn pipe(
    all: &Rc<Subrequests>,
    owner: u64,
    len: Option<u64>,
) -> (PipeWriter, PipeReader) {
    let pipe = Rc::new(Pipe {
        all: Rc::clone(all),
        owner,
        maker: Cell::new(None),
        held: RefCell::default(),
        ended: Cell::new(None),
        is_missed: Cell::new(false),
        is_full: Cell::new(false),
        is_wanted: Cell::new(true),
    });
    (PipeWriter { pipe: Rc::clone(&pipe), left: len }, PipeReader(pipe))
}

impl PipeWriter {
    /// Takes note of what the event loop knows by that fills it.
    pub(crate) fn set_maker(&self, token: u64) {
        self.pipe.maker.set(Some(token));
    }

    /// Whether anybody takes what goes into it.
    pub(crate) fn is_wanted(&self) -> bool {
        self.pipe.is_wanted.get()
    }

    /// Whether its end was said.
    pub(crate) fn has_ended(&self) -> bool {
        self.pipe.ended.get().is_some()
    }

    /// How many bytes may be read for it now.
    pub(crate) fn room(&self) -> usize {
        HELD_LEN.saturating_sub(self.pipe.held.borrow().len())
    }

    /// Whether there is room. If not, who fills it is told once there is.
    pub(crate) fn has_room(&self) -> bool {
        let has_room = self.room() > 0;
        self.pipe.is_full.set(!has_room);
        has_room
    }

    /// Puts a piece in. What goes beyond the length that was promised is left out. Whether that is all.
    pub(crate) fn push(&mut self, piece: &[u8]) -> bool {
        let most = self.left.map_or(usize::MAX, |left| usize::try_from(left).unwrap_or(usize::MAX));
        let piece = &piece[..piece.len().min(most)];
        self.left = self.left.map(|left| left - piece.len() as u64);
        self.pipe.held.borrow_mut().extend_from_slice(piece);
        self.pipe.tell_owner();
        self.left == Some(0)
    }

    /// Says that nothing follows. A content that is shorter than it was to be is not whole.
    pub(crate) fn end(&mut self, is_cut: bool) {
        let is_short = self.left.is_some_and(|left| left > 0);
        let ended = if is_cut || is_short { Ended::Cut } else { Ended::Whole };
        self.pipe.ended.set(self.pipe.ended.get().or(Some(ended)));
        self.pipe.tell_owner();
    }
}

impl Drop for PipeWriter {
    /// Who waits is not left waiting, whatever has ended it.
    fn drop(&mut self) {
        self.end(true);
    }
}

impl Pipe {
    fn tell_owner(&self) {
        if self.is_missed.replace(false) && self.is_wanted.get() {
            self.all.tell(self.owner);
        }
    }
}

impl Produce for PipeReader {
    fn produce(&mut self, out: &mut Vec<u8>, room: usize) -> io::Result<Produced> {
        let pipe = &*self.0;
        let mut held = pipe.held.borrow_mut();
        let len = held.len().min(room);
        out.extend(held.drain(..len));
        if len > 0
            && pipe.is_full.replace(false)
            && let Some(maker) = pipe.maker.get()
        {
            pipe.all.tell(maker);
        }
        match pipe.ended.get().filter(|_| held.is_empty()) {
            Some(Ended::Whole) => Ok(Produced::End),
            Some(Ended::Cut) => Err(io::Error::other("a part of it has ended before it was whole")),
            None if len == 0 => {
                pipe.is_missed.set(true);
                Ok(Produced::Waits)
            }
            None => Ok(Produced::More),
        }
    }
}

impl Drop for PipeReader {
    fn drop(&mut self) {
        self.0.is_wanted.set(false);
        if let Some(maker) = self.0.maker.get().filter(|_| self.0.ended.get().is_none()) {
            self.0.all.drop_later(maker);
        }
    }
}

impl std::fmt::Debug for PipeReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PipeReader").field("held", &self.0.held.borrow().len()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::subrequest::Due;

    fn told(all: &Subrequests) -> Option<u64> {
        match all.next()? {
            Due::Tell(token) => Some(token),
            Due::Drop(token) => Some(1000 + token),
            Due::Begin(_) => None,
        }
    }

    #[test]
    fn both_ends_are_told_and_no_more_is_held_than_may_be() {
        let all = Rc::new(Subrequests::default());
        let (mut writer, mut reader) = pipe(&all, 1, None);
        writer.set_maker(2);
        let mut out = Vec::new();
        assert_eq!(reader.produce(&mut out, 10).expect("it waits"), Produced::Waits);
        assert!(!writer.push(b"abc"));
        assert_eq!(told(&all), Some(1), "who misses something is told");
        writer.push(&vec![b'x'; HELD_LEN - 3]);
        assert_eq!(told(&all), None, "and nobody else");
        assert!(!writer.has_room());
        assert_eq!(reader.produce(&mut out, 10).expect("it has some"), Produced::More);
        assert_eq!((out.len(), told(&all)), (10, Some(2)), "there is room");
        assert!(writer.has_room() && writer.room() == 10);
        writer.end(false);
        out.clear();
        assert_eq!(reader.produce(&mut out, usize::MAX).expect("all"), Produced::End);
        assert_eq!(out.len(), HELD_LEN - 10);
        drop(reader);
        assert_eq!(told(&all), None, "it has ended");
    }

    #[test]
    fn what_is_shorter_than_promised_is_cut_and_what_is_longer_is_shortened() {
        let all = Rc::new(Subrequests::default());
        let mut out = Vec::new();
        let (mut writer, mut reader) = pipe(&all, 1, Some(4));
        assert!(writer.push(b"abcdef"));
        writer.end(false);
        assert_eq!(reader.produce(&mut out, 9).expect("it is whole"), Produced::End);
        assert_eq!(out, b"abcd");
        let (mut writer, mut reader) = pipe(&all, 1, Some(4));
        writer.push(b"abc");
        writer.end(false);
        reader.produce(&mut out, 9).expect_err("it is not");
        let (writer, mut reader) = pipe(&all, 1, None);
        drop(writer);
        reader.produce(&mut out, 9).expect_err("nobody has ended it");
    }

    #[test]
    fn what_nobody_takes_is_stopped() {
        let all = Rc::new(Subrequests::default());
        let (writer, reader) = pipe(&all, 1, None);
        writer.set_maker(2);
        drop(reader);
        assert_eq!(told(&all), Some(1002));
        assert!(!writer.is_wanted());
    }
}
