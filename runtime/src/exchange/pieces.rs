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
    static SPARE: RefCell<Vec<Vec<u8>>> = const { RefCell::new(Vec::new()) };
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
    shared: Vec<Vec<u8>>,
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
            let piece = match self.shared.last_mut() {
                Some(piece) if piece.len() < PIECE_LEN => piece,
                _ => {
                    let Some(piece) = self.another(room.shared_len / PIECE_LEN) else { break };
                    self.shared.push(piece);
                    continue;
                }
            };
            let (now, later) = rest.split_at(rest.len().min(PIECE_LEN - piece.len()));
            piece.extend_from_slice(now);
            rest = later;
        }
        data.len() - rest.len()
    }

    /// An empty piece, if there may be one more of `most`.
    fn another(&self, most: usize) -> Option<Vec<u8>> {
        let held = HELD.get();
        if held >= most || self.shared.len() >= most / SHARES {
            return None;
        }
        HELD.set(held + 1);
        Some(SPARE.with_borrow_mut(Vec::pop).unwrap_or_else(|| Vec::with_capacity(PIECE_LEN)))
    }

    /// How many bytes there are.
    pub fn len(&self) -> usize {
        let shared = match self.shared.as_slice() {
            [] => 0,
            [full @ .., last] => full.len() * PIECE_LEN + last.len(),
        };
        self.own.len() + shared
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.own.is_empty() && self.shared.is_empty()
    }

    /// Bytes from `at` on: those that stand together, none at the end.
    pub fn from(&self, at: usize) -> &[u8] {
        if let Some(own) = self.own.get(at..).filter(|own| !own.is_empty()) {
            return own;
        }
        let Some(at) = at.checked_sub(self.own.len()) else { return &[] };
        let piece = self.shared.get(at / PIECE_LEN);
        piece.and_then(|piece| piece.get(at % PIECE_LEN..)).unwrap_or_default()
    }

    /// All of it, piece by piece.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &[u8]> {
        std::iter::once(&self.own).chain(&self.shared).map(Vec::as_slice)
    }

    /// All of it in one.
    pub(crate) fn to_vec(&self) -> Vec<u8> {
        self.iter().collect::<Vec<_>>().concat()
    }
}

impl From<Vec<u8>> for Pieces {
    fn from(own: Vec<u8>) -> Pieces {
        Pieces { own, shared: Vec::new() }
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
            spare.extend(self.shared.drain(..).take(kept).map(|mut piece| {
                piece.clear();
                piece
            }));
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
