//! gzip (RFC 1952), by zlib-rs.

use std::io;

use flate2::{Compress, Compression, FlushCompress, Status};

use crate::output::RUN_LEN;
use crate::site::{Effort, Encode};

/// The window, as the logarithm of its length: the largest.
const WINDOW_BITS: u8 = 15;
/// The least room that output is made in.
const ROOM_LEN: usize = 512;

/// An encoder.
#[derive(Debug)]
struct Gzip(Compress);

/// Makes an encoder.
pub fn begin(effort: Effort, _: Option<u64>) -> io::Result<Box<dyn Encode>> {
    let level = Compression::new(level(effort));
    Ok(Box::new(Gzip(Compress::new_gzip(level, WINDOW_BITS))))
}

/// zlib-rs' level for one of `gzip_comp_level`. The same numbers mean other things to it than to
/// zlib: its first level is much weaker, and the others are faster. By this table, the forms of pages,
/// texts and code that were measured are at most half a percent longer than zlib's.
fn level(effort: Effort) -> u32 {
    match effort {
        Effort::Level(level @ ..=2) => level + 1,
        Effort::Level(level @ 3..=5) => level,
        Effort::Level(level) => (level + 1).min(9),
        Effort::Kept => 9,
    }
}

/// What comes of `bytes`, as a member of a file: members may follow each other.
pub fn member(level: u32, bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut out = Vec::new();
    let mut encoder = begin(Effort::Level(level), Some(bytes.len() as u64))?;
    encoder.write(bytes, &mut out)?;
    encoder.finish(&mut out)?;
    Ok(out)
}

impl Gzip {
    fn run(&mut self, mut piece: &[u8], flush: FlushCompress, out: &mut Vec<u8>) -> io::Result<()> {
        loop {
            out.reserve(ROOM_LEN.max(piece.len() / 4));
            let taken = self.0.total_in();
            let status = self.0.compress_vec(piece, out, flush)?;
            piece = &piece[(self.0.total_in() - taken) as usize..];
            let is_done = match flush {
                FlushCompress::Finish => status == Status::StreamEnd,
                // Where there is room left, nothing more is to come.
                _ => piece.is_empty() && out.len() < out.capacity(),
            };
            if is_done {
                return Ok(());
            }
        }
    }
}

impl Encode for Gzip {
    fn write(&mut self, piece: &[u8], out: &mut Vec<u8>) -> io::Result<()> {
        self.run(piece, FlushCompress::None, out)
    }

    fn flush(&mut self, out: &mut Vec<u8>) -> io::Result<()> {
        self.run(&[], FlushCompress::Sync, out)
    }

    fn finish(&mut self, out: &mut Vec<u8>) -> io::Result<()> {
        self.run(&[], FlushCompress::Finish, out)
    }

    fn reset(&mut self) -> bool {
        self.0.reset();
        true
    }

    fn piece_len(&self) -> usize {
        RUN_LEN
    }
}
