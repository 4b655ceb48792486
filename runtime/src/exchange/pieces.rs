//! Content that is held in memory until it is passed on.
//!
//! A short one has memory of its own. What is more stands in pieces that all requests of a worker
//! share, so that its memory is bounded whatever comes, and is not asked of the system again and again.

use std::cell::{Cell, RefCell};

use crate::site::Settings;

/// The length of a piece, in bytes: what is read of a connection at once.
const PIECE_LEN: usize = 64 << 10;
/// How many pieces are kept for the next requests.
const KEPT: usize = 64;
/// One request takes at most this part of what there is for all.
const SHARES: usize = 8;

thread_local! {
    /// Pieces that nobody holds now.
    static SPARE: RefCell<Vec<Box<[u8]>>> = const { RefCell::new(Vec::new()) };
    /// How many pieces are held by the requests of this worker.
    static HELD: Cell<usize> = const { Cell::new(0) };
}

/// How much memory a content may take.
#[derive(Clone, Copy, Debug)]
pub struct Room {
    /// Bytes of its own: `client_body_buffer_size`.
    pub own_len: usize,
    /// Bytes that all requests of a worker share: `client_body_memory`.
    pub shared_len: usize,
}

impl Room {
    /// What the settings of a location give.
    pub(crate) fn of(settings: &Settings) -> Room {
        let (own_len, shared_len) = (settings.client_body_buffer_size, settings.client_body_memory);
        Room { own_len, shared_len }
    }
}

/// Content in memory.
#[derive(Debug, Default)]
pub struct Pieces {
    /// All of it, or its start where there are pieces behind.
    own: Vec<u8>,
    /// All but the last are full.
    shared: Vec<Box<[u8]>>,
    /// How much of the last is.
    last_len: usize,
}

impl Pieces {
    /// Appends as much as there is room for, and says how much that is.
    pub(crate) fn push(&mut self, data: &[u8], room: Room) -> usize {
        if self.shared.is_empty() && self.own.len() + data.len() <= room.own_len {
            self.own.extend_from_slice(data);
            return data.len();
        }
        let mut rest = data;
        while !rest.is_empty() {
            let Some(free) = self.free(room) else { break };
            let (now, later) = rest.split_at(rest.len().min(free.len()));
            free[..now.len()].copy_from_slice(now);
            self.fill(now.len());
            rest = later;
        }
        data.len() - rest.len()
    }

    /// Shared memory that what comes next may be read into, and is counted by [`fill`](Self::fill) then.
    /// `None`: there is no more, or what there is goes before.
    pub(crate) fn free(&mut self, room: Room) -> Option<&mut [u8]> {
        if self.shared.is_empty() || self.last_len == PIECE_LEN {
            let (held, most) = (HELD.get(), room.shared_len / PIECE_LEN);
            if held >= most || self.shared.len() >= most / SHARES {
                return None;
            }
            HELD.set(held + 1);
            let spare = SPARE.with_borrow_mut(Vec::pop);
            self.shared.push(spare.unwrap_or_else(|| vec![0; PIECE_LEN].into_boxed_slice()));
            self.last_len = 0;
        }
        self.shared.last_mut().map(|piece| &mut piece[self.last_len..])
    }

    /// So much was put where it is free.
    pub(crate) fn fill(&mut self, len: usize) {
        self.last_len += len;
    }

    /// All of it, where it is short, and not empty.
    pub(crate) fn as_short(&self) -> Option<&[u8]> {
        Some(&self.own[..]).filter(|own| self.shared.is_empty() && !own.is_empty())
    }

    /// Whether what comes next goes to shared memory.
    pub(crate) fn is_shared(&self) -> bool {
        !self.shared.is_empty()
    }

    /// How many bytes there are.
    pub fn len(&self) -> usize {
        self.own.len() + self.shared.len().saturating_sub(1) * PIECE_LEN + self.last_len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes from `at` on: those that stand together, none at the end.
    pub fn from(&self, at: usize) -> &[u8] {
        if let Some(own) = self.own.get(at..).filter(|own| !own.is_empty()) {
            return own;
        }
        let Some(at) = at.checked_sub(self.own.len()) else { return &[] };
        let piece = self.piece(at / PIECE_LEN);
        piece.and_then(|piece| piece.get(at % PIECE_LEN..)).unwrap_or_default()
    }

    /// All of it, piece by piece.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let shared = (0..self.shared.len()).filter_map(|index| self.piece(index));
        std::iter::once(&self.own[..]).chain(shared)
    }

    /// What is in a shared piece.
    fn piece(&self, index: usize) -> Option<&[u8]> {
        let is_last = index + 1 == self.shared.len();
        let len = if is_last { self.last_len } else { PIECE_LEN };
        self.shared.get(index).map(|piece| &piece[..len])
    }

    /// All of it in one.
    pub(crate) fn to_vec(&self) -> Vec<u8> {
        self.iter().collect::<Vec<_>>().concat()
    }
}

impl From<Vec<u8>> for Pieces {
    fn from(own: Vec<u8>) -> Pieces {
        Pieces { own, shared: Vec::new(), last_len: 0 }
    }
}

impl Drop for Pieces {
    fn drop(&mut self) {
        if self.shared.is_empty() {
            return;
        }
        HELD.set(HELD.get().saturating_sub(self.shared.len()));
        SPARE.with_borrow_mut(|spare| {
            let kept = KEPT.saturating_sub(spare.len());
            spare.extend(self.shared.drain(..).take(kept));
        });
    }
}

/// Frees the memory of pieces that nobody holds.
pub(crate) fn drop_spare() {
    SPARE.take();
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOM: Room = Room { own_len: 10, shared_len: 16 * PIECE_LEN };

    fn filled(len: usize, room: Room) -> (Pieces, usize) {
        let mut pieces = Pieces::default();
        let data: Vec<u8> = (0..len).map(|at| at as u8).collect();
        let mut taken = 0;
        for part in data.chunks(1000) {
            let len = pieces.push(part, room);
            taken += len;
            if len < part.len() {
                break;
            }
        }
        (pieces, taken)
    }

    #[test]
    fn all_of_it_is_found_again() {
        for len in [0, 1, 10, 11, 999, PIECE_LEN, PIECE_LEN + 1, 2 * PIECE_LEN] {
            let (pieces, taken) = filled(len, ROOM);
            assert_eq!((taken, pieces.len(), pieces.is_empty()), (len, len, len == 0));
            let mut at = 0;
            while let part @ [_, ..] = pieces.from(at) {
                assert!(part.iter().enumerate().all(|(n, &byte)| byte == (at + n) as u8));
                at += part.len();
            }
            assert_eq!((at, pieces.to_vec().len()), (len, len));
            assert_eq!(pieces.from(len + 1), b"");
        }
    }

    #[test]
    fn what_is_short_has_its_own_memory() {
        let mut pieces = Pieces::default();
        assert_eq!(pieces.push(b"0123", ROOM), 4);
        assert_eq!(pieces.push(b"456789", ROOM), 6);
        assert_eq!(HELD.get(), 0);
        assert_eq!(pieces.push(b"a", ROOM), 1);
        assert_eq!((HELD.get(), pieces.to_vec()), (1, b"0123456789a".to_vec()));
        // What comes later stays behind it.
        assert_eq!(pieces.push(b"b", Room { own_len: 100, ..ROOM }), 1);
        assert_eq!(pieces.to_vec(), b"0123456789ab");
    }

    #[test]
    fn the_shared_memory_ends() {
        let held: Vec<_> = (0..10).map(|_| filled(3 * PIECE_LEN, ROOM)).collect();
        let most = |&(_, taken): &(Pieces, usize)| taken <= 2 * PIECE_LEN + 10;
        assert!(held.iter().all(most), "no more than one share");
        assert_eq!((HELD.get(), held.iter().filter(|held| held.1 == 0).count()), (16, 2));
        drop(held);
        assert_eq!((HELD.get(), SPARE.with_borrow(Vec::len)), (0, 16));
        let (pieces, _) = filled(PIECE_LEN, ROOM);
        assert_eq!((pieces.len(), SPARE.with_borrow(Vec::len)), (PIECE_LEN, 15));
        drop_spare();
        assert_eq!(SPARE.with_borrow(Vec::len), 0);
    }
}
