//! gzip (RFC 1952) undone, for clients that do not take it.

use std::io;

use flate2::{Decompress, FlushDecompress, Status};

use crate::site::{Effort, Encode};

/// The window, as the logarithm of its length: the largest.
const WINDOW_BITS: u8 = 15;
/// The least room that output is made in.
const ROOM_LEN: usize = 4096;

/// A decoder.
#[derive(Debug)]
struct Gunzip {
    member: Decompress,
    /// Whether a member is at its end, and none has begun since.
    is_between: bool,
}

/// Makes a decoder.
pub fn begin(_: Effort, _: Option<u64>) -> io::Result<Box<dyn Encode>> {
    Ok(Box::new(Gunzip { member: Decompress::new_gzip(WINDOW_BITS), is_between: false }))
}

impl Encode for Gunzip {
    fn write(&mut self, mut piece: &[u8], out: &mut Vec<u8>) -> io::Result<()> {
        while !piece.is_empty() {
            if std::mem::take(&mut self.is_between) {
                self.member = Decompress::new_gzip(WINDOW_BITS);
            }
            out.reserve(ROOM_LEN);
            let taken = self.member.total_in();
            let status = self.member.decompress_vec(piece, out, FlushDecompress::None)?;
            let taken = (self.member.total_in() - taken) as usize;
            piece = &piece[taken..];
            self.is_between = status == Status::StreamEnd;
        }
        self.flush(out)
    }

    fn flush(&mut self, out: &mut Vec<u8>) -> io::Result<()> {
        while !self.is_between {
            out.reserve(ROOM_LEN);
            let status = self.member.decompress_vec(&[], out, FlushDecompress::None);
            match status {
                Ok(Status::StreamEnd) => self.is_between = true,
                // Where there is room left, nothing more is to come.
                Ok(_) if out.len() == out.capacity() => {}
                _ => break,
            }
        }
        Ok(())
    }

    fn finish(&mut self, _: &mut Vec<u8>) -> io::Result<()> {
        match self.is_between {
            true => Ok(()),
            false => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }

    fn reset(&mut self) -> bool {
        false
    }

    /// A byte may become a thousand.
    fn piece_len(&self) -> usize {
        256
    }
}
