//! A content that is put together from parts of it, each fetched once those before it were taken.

use std::io;

use super::Source;
use crate::http::slice::Slices;
use crate::output::{Answered, Attendant, Part, Produce, Produced, RUN_LEN};
use crate::site::Encode;

/// A content in parts, while it is sent.
#[derive(Debug)]
pub(crate) struct Sliced {
    slices: Slices,
    /// The part that is read now.
    source: Option<Source>,
    /// Bytes that are not sent of it.
    skip: u64,
    /// The next one, once it was asked for.
    asked: Option<Part>,
    scratch: Vec<u8>,
    read: Vec<u8>,
    /// What is to be taken next.
    ready: Vec<u8>,
    error: Option<io::Error>,
}

/// Takes a part as it is.
#[derive(Debug)]
struct Copied;

impl Encode for Copied {
    fn write(&mut self, piece: &[u8], out: &mut Vec<u8>) -> io::Result<()> {
        out.extend_from_slice(piece);
        Ok(())
    }

    fn flush(&mut self, _: &mut Vec<u8>) -> io::Result<()> {
        Ok(())
    }

    fn finish(&mut self, _: &mut Vec<u8>) -> io::Result<()> {
        Ok(())
    }

    fn reset(&mut self) -> bool {
        true
    }

    fn piece_len(&self) -> usize {
        RUN_LEN
    }
}

impl Sliced {
    /// What begins with this part.
    pub(crate) fn new(first: Source, slices: Slices) -> Sliced {
        let skip = slices.skip;
        Sliced {
            slices,
            source: Some(first),
            skip,
            asked: None,
            scratch: Vec::new(),
            read: Vec::new(),
            ready: Vec::new(),
            error: None,
        }
    }

    /// Reads on, up to a bound. Whether there may be more at once.
    fn fill(&mut self, attendant: &mut dyn Attendant) -> io::Result<bool> {
        let Some(source) = &mut self.source else { return self.next_part(attendant) };
        self.read.clear();
        let (len, produced) = source.feed(&mut Copied, &mut self.scratch, &mut self.read)?;
        let skipped = self.skip.min(self.read.len() as u64);
        self.skip -= skipped;
        let rest = &self.read[skipped as usize..];
        let taken = rest.len().min(usize::try_from(self.slices.left).unwrap_or(usize::MAX));
        self.ready.extend_from_slice(&rest[..taken]);
        self.slices.left -= taken as u64;
        if produced == Produced::End {
            self.source = None;
        }
        Ok(produced == Produced::End || produced == Produced::More && len > 0)
    }

    /// Goes on to the next part, once it is there. Whether it is.
    fn next_part(&mut self, attendant: &mut dyn Attendant) -> io::Result<bool> {
        let Some(part) = self.asked else {
            self.asked = Some(attendant.ask_slice(self.slices.next.clone()));
            return Ok(false);
        };
        let body = match attendant.take(part, Part::OWN) {
            Answered::Waits => return Ok(false),
            Answered::Lost => return Err(io::Error::other("a part of it was not answered")),
            Answered::Content { body, .. } => body,
        };
        attendant.forget(part);
        self.asked = None;
        let source = Source::of(body).map_err(|_| io::Error::other("a part of it is empty"))?;
        self.source = Some(source);
        self.skip = std::mem::take(&mut self.slices.skip_next);
        self.slices.next.start = self.slices.next.start.saturating_add(self.slices.len);
        Ok(true)
    }
}

impl Produce for Sliced {
    fn produce(&mut self, out: &mut Vec<u8>, room: usize) -> io::Result<Produced> {
        let len = self.ready.len().min(room);
        out.extend(self.ready.drain(..len));
        if !self.ready.is_empty() {
            return Ok(Produced::More);
        }
        match self.error.take() {
            Some(error) => Err(error),
            None if self.slices.left == 0 => Ok(Produced::End),
            None if len > 0 => Ok(Produced::More),
            None => Ok(Produced::Waits),
        }
    }

    fn attend(&mut self, attendant: &mut dyn Attendant) -> bool {
        while self.slices.left > 0 && self.ready.len() < RUN_LEN {
            match self.fill(attendant) {
                Ok(true) => {}
                Ok(false) => return !self.ready.is_empty(),
                Err(error) => {
                    self.error = Some(error);
                    return true;
                }
            }
        }
        true
    }

    fn remark(&self) -> Option<String> {
        self.source.as_ref().and_then(Source::remark)
    }

    fn promised_len(&self) -> Option<u64> {
        Some(self.slices.left + self.ready.len() as u64)
    }
}
