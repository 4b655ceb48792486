//! A content that is compressed while it is sent.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::rc::Rc;

use super::Encoder;
use crate::files::StoredFile;
use crate::forms::{Form, Forms, Making};
use crate::http::accept::Coding;
use crate::output::{Attendant, Body, FileBody, Piece, Produce, Produced, RUN_LEN};
use crate::site::Encode;

/// What is taken of a content in one run: what is very regular may leave little behind.
const TAKEN_LEN: u64 = 2 * RUN_LEN as u64;

/// What is compressed.
#[derive(Debug)]
pub(crate) enum Source {
    /// Bytes in memory or of a file.
    Piece(Piece),
    /// Bytes that were made for this response.
    Owned(Vec<u8>, Range<usize>),
    /// What is made while it is sent.
    Made(Box<dyn Produce>),
}

impl Source {
    /// What is read of a content piece by piece; the error is one that is not.
    pub(crate) fn of(body: Body) -> Result<Source, Body> {
        Ok(match body {
            Body::Static(bytes) => Source::Piece(Piece::Static(bytes)),
            Body::Owned(bytes) => {
                let range = 0..bytes.len();
                Source::Owned(bytes, range)
            }
            Body::File(FileBody::One(piece)) => Source::Piece(piece),
            Body::Made(producer) => Source::Made(producer),
            Body::Empty | Body::File(FileBody::Empty | FileBody::Multipart(_)) => {
                return Err(body);
            }
        })
    }

    /// Takes the next piece for an encoder. How long it was, and whether there is more. `scratch` is what
    /// files are read into.
    pub(crate) fn feed(
        &mut self,
        encoder: &mut dyn Encode,
        scratch: &mut Vec<u8>,
        out: &mut Vec<u8>,
    ) -> io::Result<(u64, Produced)> {
        match self {
            Source::Piece(Piece::File { file, offset, len }) => {
                let wanted = (*len).min(encoder.piece_len() as u64);
                scratch.resize(wanted as usize, 0);
                let read = read_at(file, scratch, *offset)?;
                encoder.write(&scratch[..read], out)?;
                *offset += read as u64;
                *len -= read as u64;
                Ok((read as u64, produced(*len == 0)))
            }
            Source::Piece(Piece::Memory(bytes, range)) => take_of(bytes, range, encoder, out),
            Source::Piece(Piece::Static(bytes)) => {
                let mut range = 0..bytes.len();
                let taken = take_of(bytes, &mut range, encoder, out)?;
                *bytes = &bytes[range.start..];
                Ok(taken)
            }
            Source::Owned(bytes, range) => take_of(bytes, range, encoder, out),
            Source::Made(producer) => {
                scratch.clear();
                let produced = producer.produce(scratch, RUN_LEN)?;
                for piece in scratch.chunks(encoder.piece_len().max(1)) {
                    encoder.write(piece, out)?;
                }
                Ok((scratch.len() as u64, produced))
            }
        }
    }

    /// Lets what makes it do what it waits for.
    pub(crate) fn attend(&mut self, attendant: &mut dyn Attendant) -> bool {
        match self {
            Source::Made(producer) => producer.attend(attendant),
            Source::Piece(_) | Source::Owned(..) => false,
        }
    }

    /// What the error log should know of a content that has come to its end.
    pub(crate) fn remark(&self) -> Option<String> {
        match self {
            Source::Made(producer) => producer.remark(),
            Source::Piece(_) | Source::Owned(..) => None,
        }
    }
}

/// Whose form it is, where it is kept.
#[derive(Debug)]
pub(crate) enum Owner {
    /// A file's.
    File(Rc<StoredFile>),
    /// Of bytes of the site.
    Site(Forms, &'static [u8]),
}

impl Owner {
    /// The form in a coding, if it is kept.
    pub(crate) fn form(&self, coding: Coding) -> Option<Rc<[u8]>> {
        match self {
            Owner::File(file) => file.form(coding),
            Owner::Site(forms, content) => forms.of_site(content, coding),
        }
    }

    /// Keeps a form.
    pub(crate) fn keep(&self, form: Form) {
        match self {
            Owner::File(file) => file.keep(form),
            Owner::Site(forms, content) => forms.keep_of_site(content, form),
        }
    }
}

/// A content that is compressed while it is sent.
#[derive(Debug)]
pub(crate) struct Encoded {
    source: Source,
    encoder: Encoder,
    /// What was read and is to be compressed.
    scratch: Vec<u8>,
    making: Option<(Owner, Making)>,
    /// Bytes that were taken and made.
    taken: u64,
    made: u64,
    is_whole: bool,
    /// Whether some of what was taken is held back.
    holds: bool,
}

impl Encoded {
    /// Compresses `source`. Its form is kept where there is room for it.
    pub(crate) fn new(
        source: Source,
        encoder: Encoder,
        making: Option<(Owner, Making)>,
    ) -> Encoded {
        let (taken, made, is_whole, holds) = (0, 0, false, false);
        Encoded { source, encoder, scratch: Vec::new(), making, taken, made, is_whole, holds }
    }

    /// How many bytes the content had, and how many have come of it, once it is whole.
    pub(crate) fn lens(&self) -> Option<(u64, u64)> {
        self.is_whole.then_some((self.taken, self.made))
    }

    /// Hands what was appended since `start` to the form in the making.
    fn keep(&mut self, made: &[u8], is_end: bool) {
        let Some((owner, mut making)) = self.making.take() else { return };
        match making.push(made) {
            true if is_end => owner.keep(making.finish()),
            true => self.making = Some((owner, making)),
            false => {}
        }
    }
}

/// Reads from a place of a file. It may have become shorter than its head has said.
fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    loop {
        match file.read_at(buffer, offset) {
            Ok(0) if !buffer.is_empty() => return Err(io::ErrorKind::UnexpectedEof.into()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            read => return read,
        }
    }
}

fn take_of(
    bytes: &[u8],
    range: &mut Range<usize>,
    encoder: &mut dyn Encode,
    out: &mut Vec<u8>,
) -> io::Result<(u64, Produced)> {
    let end = range.end.min(range.start + encoder.piece_len());
    encoder.write(&bytes[range.start..end], out)?;
    let taken = (end - range.start) as u64;
    range.start = end;
    Ok((taken, produced(range.start == range.end)))
}

fn produced(is_all: bool) -> Produced {
    if is_all { Produced::End } else { Produced::More }
}

impl Produce for Encoded {
    fn produce(&mut self, out: &mut Vec<u8>, room: usize) -> io::Result<Produced> {
        let (start, mut taken) = (out.len(), 0);
        let mut produced = Produced::More;
        while produced == Produced::More && out.len() < start + room && taken < TAKEN_LEN {
            let (len, after) = self.source.feed(self.encoder.get(), &mut self.scratch, out)?;
            (taken, produced) = (taken + len, after);
            if len == 0 {
                break;
            }
        }
        self.holds |= taken > 0;
        match produced {
            Produced::End => self.encoder.get().finish(out)?,
            // What follows may be long in coming.
            Produced::Waits if std::mem::take(&mut self.holds) => self.encoder.get().flush(out)?,
            Produced::Waits | Produced::More => {}
        }
        self.taken += taken;
        self.made += (out.len() - start) as u64;
        self.is_whole = produced == Produced::End;
        self.keep(&out[start..], self.is_whole);
        Ok(produced)
    }

    fn attend(&mut self, attendant: &mut dyn Attendant) -> bool {
        self.source.attend(attendant)
    }

    fn encoded(&self) -> Option<(u64, u64)> {
        self.lens()
    }

    fn remark(&self) -> Option<String> {
        self.source.remark()
    }
}
