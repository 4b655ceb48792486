//! What is sent, piece by piece.

use std::fs::File;
use std::ops::Range;
use std::rc::Rc;

use super::Parts;

/// Bytes to send.
#[derive(Clone, Debug)]
pub enum Piece {
    /// Bytes in memory.
    Memory(Rc<[u8]>, Range<usize>),
    /// Bytes of the binary.
    Static(&'static [u8]),
    /// Bytes of an open file. It may have become shorter meanwhile: then the connection has to
    /// be closed, since the head has promised more.
    File {
        /// The file.
        file: Rc<File>,
        /// Where the bytes begin.
        offset: u64,
        /// How many they are.
        len: u64,
    },
}

impl Piece {
    /// How many bytes it is.
    pub fn len(&self) -> u64 {
        match self {
            Piece::Memory(_, range) => range.len() as u64,
            Piece::Static(bytes) => bytes.len() as u64,
            Piece::File { len, .. } => *len,
        }
    }

    /// A part of it.
    pub(crate) fn part(&self, range: Range<u64>) -> Piece {
        let bytes = range.start as usize..range.end as usize;
        match self {
            Piece::Memory(content, whole) => {
                Piece::Memory(content.clone(), whole.start + bytes.start..whole.start + bytes.end)
            }
            Piece::Static(content) => Piece::Static(&content[bytes]),
            Piece::File { file, offset, .. } => Piece::File {
                file: file.clone(),
                offset: offset + range.start,
                len: range.end - range.start,
            },
        }
    }

    /// Its bytes, if they are in memory.
    pub fn in_memory(&self) -> Option<&[u8]> {
        match self {
            Piece::Memory(bytes, range) => bytes.get(range.clone()),
            Piece::Static(bytes) => Some(bytes),
            Piece::File { .. } => None,
        }
    }
}

/// A file as a content.
#[derive(Debug)]
pub enum FileBody {
    /// Nothing.
    Empty,
    /// The file or a part of it.
    One(Piece),
    /// `multipart/byteranges`: the parts and what stands around them.
    Multipart(Box<Parts>),
}
