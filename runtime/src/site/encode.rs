//! What changes a content piece by piece. Generated code names what makes it, so that what a site does
//! not use is not linked.

use std::fmt;
use std::io;

/// Compresses a content piece by piece, or undoes that.
pub trait Encode: fmt::Debug {
    /// Takes a piece, and appends what has come of all so far; some of it may be held back.
    fn write(&mut self, piece: &[u8], out: &mut Vec<u8>) -> io::Result<()>;

    /// Appends what is held back, so that the other end can read all that was taken.
    fn flush(&mut self, out: &mut Vec<u8>) -> io::Result<()>;

    /// Appends the end. Nothing is taken after it.
    fn finish(&mut self, out: &mut Vec<u8>) -> io::Result<()>;

    /// Makes it ready for another content. Whether that can be done.
    fn reset(&mut self) -> bool;

    /// The longest piece that it should be given, in bytes, so that what comes of one is bounded.
    fn piece_len(&self) -> usize;
}

/// How hard an encoder tries.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Effort {
    /// By the level of the conf: each request pays for it.
    Level(u32),
    /// For a form that is kept: made once and sent often.
    Kept,
}

/// Makes an encoder. The length of the content is told where it is known, in bytes.
pub type Begin = fn(Effort, Option<u64>) -> io::Result<Box<dyn Encode>>;
