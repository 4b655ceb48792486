//! The files of a root as part of the binary (`embed on`): a table that finds a path in one
//! look, with the heads of all responses ready, and the contents that it points into.
//!
//! ```text
//! u32 seed | u32 buckets | u32 slots | u32 entries | u32 forms
//! | a u32 for each bucket | a u32 for each slot | entries | forms | text
//! ```
//!
//! Numbers are little-endian. The hash of a path picks a bucket; the bucket's number makes of
//! the same hash a slot that no other path has, which holds the number of its entry and one
//! ([`write`] sees to that). Entries are in the order of directories, so that what is in one
//! stands together; the first is the root itself.

mod read;
mod write;

use std::fmt;
use std::ops::Range;

use crate::http::accept::{Coding, Weights};
use crate::http::fields::Fields;
pub use write::{Contents, Form, Node, write};

/// Contents from this length on are sent from the program's own file, without a copy. For shorter
/// ones one more call of the kernel costs more than that.
pub const LARGE_LEN: usize = 64 << 10;

/// A table as [`write`] wrote it, and its contents.
pub struct Pack {
    seed: u64,
    buckets: &'static [[u8; 4]],
    slots: &'static [[u8; 4]],
    entries: &'static [[u8; read::ENTRY_LEN]],
    forms: &'static [[u8; read::FORM_LEN]],
    text: &'static [u8],
    contents: &'static [u8],
}

/// What a path is.
#[derive(Clone, Copy, Debug)]
pub enum Found {
    /// A file.
    File(Packed),
    /// A directory.
    Directory,
    /// A file that was left on the disk.
    OnDisk,
    /// No file and no directory.
    Special,
    /// Nothing: `errno`.
    Nothing(i32),
}

/// A file of a pack.
#[derive(Clone, Copy, Debug)]
pub struct Packed {
    pack: &'static Pack,
    row: &'static [u8; read::ENTRY_LEN],
}

/// One form of a file: itself, or compressed.
#[derive(Clone, Copy, Debug)]
pub struct PackedForm {
    pack: &'static Pack,
    row: &'static [u8; read::FORM_LEN],
}

/// What a listing tells of a name.
pub struct Listed {
    /// The name, one segment.
    pub name: &'static [u8],
    /// What it is.
    pub kind: Kind,
    /// The length of a file.
    pub len: u64,
    /// When it was last modified, in seconds since 1970.
    pub modified_s: i64,
}

/// What an entry is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Kind {
    /// A file, and its forms are here.
    File,
    /// A directory.
    Directory,
    /// A file that is on the disk.
    OnDisk,
    /// A FIFO, a socket or a device.
    Special,
    /// A symlink that may not be followed.
    Barred,
}

impl Pack {
    /// What is at a relative path without `..`: `.` is the root itself.
    pub fn find(&'static self, path: &[u8]) -> Found {
        let end = path.iter().rposition(|&byte| byte != b'/').map_or(0, |last| last + 1);
        let plain = if path == b"." { b"" } else { &path[..end] };
        let entry = self.entry(plain).or_else(|| self.entry(&normal(plain)?));
        let Some(entry) = entry else { return Found::Nothing(self.reason(plain)) };
        match entry.kind {
            Kind::Directory => Found::Directory,
            Kind::Barred if end == path.len() => Found::Nothing(libc::ELOOP),
            _ if end < path.len() => Found::Nothing(libc::ENOTDIR),
            Kind::OnDisk => Found::OnDisk,
            Kind::Special | Kind::Barred => Found::Special,
            Kind::File => Found::File(Packed { pack: self, row: entry.row }),
        }
    }

    /// What is in the directory at a path, by name; `None` if it is none. What begins with a dot
    /// is passed over, and so are symlinks that may not be followed.
    pub fn list(&'static self, path: &[u8]) -> Option<impl Iterator<Item = Listed> + use<>> {
        let path = normal(path).unwrap_or_else(|| path.to_vec());
        let directory = self.entry(&path).filter(|entry| entry.kind == Kind::Directory)?;
        let inside = (directory.first..directory.first + directory.count).map(|index| {
            let entry = self.entry_at(index);
            let name = entry.path.rsplit(|&byte| byte == b'/').next().unwrap_or_default();
            Listed { name, kind: entry.kind, len: entry.len, modified_s: entry.modified_s }
        });
        Some(inside.filter(|listed| !listed.name.starts_with(b".") && listed.kind != Kind::Barred))
    }

    /// Why nothing is at a path.
    fn reason(&'static self, path: &[u8]) -> i32 {
        let ends = memchr::memrchr_iter(b'/', path);
        let above = ends.filter_map(|end| self.entry(&path[..end])).next();
        match above {
            Some(entry) if entry.kind != Kind::Directory => libc::ENOTDIR,
            _ => libc::ENOENT,
        }
    }
}

/// A path without empty and `.` segments; `None` if it has none of them.
fn normal(path: &[u8]) -> Option<Vec<u8>> {
    let is_plain = |segment: &&[u8]| !matches!(*segment, b"" | b".");
    let segments = path.split(|&byte| byte == b'/');
    if segments.clone().all(|segment| is_plain(&segment)) {
        return None;
    }
    Some(segments.filter(is_plain).collect::<Vec<_>>().join(&b'/'))
}

impl Packed {
    /// The file as it is.
    pub fn plain(self) -> PackedForm {
        self.pack.form(self.forms().start)
    }

    /// When it was last modified, in seconds since 1970.
    pub fn modified_s(self) -> i64 {
        self.entry().modified_s
    }

    /// The numbers of its forms.
    fn forms(self) -> Range<u32> {
        let entry = self.entry();
        entry.first..entry.first + entry.count
    }

    fn entry(self) -> read::Entry {
        self.pack.read(self.row)
    }

    /// The form that a client wants most; of those that it likes equally well, the smallest.
    /// One that wants none of them gets the file as it is.
    pub fn choose(self, fields: Fields<'_>) -> PackedForm {
        let forms = self.forms();
        if forms.len() == 1 {
            return self.plain();
        }
        let Some(weights) = Weights::read(fields) else { return self.plain() };
        let weighed = forms.rev().map(|index| {
            let form = self.pack.form(index);
            (weights.of(form.coding()), std::cmp::Reverse(form.content().len()), form)
        });
        let best = weighed.max_by_key(|&(weight, len, _)| (weight, len));
        best.filter(|&(weight, ..)| weight > 0).map_or(self.plain(), |(_, _, form)| form)
    }
}

impl PackedForm {
    /// The lines of the head for all of it: Content-Encoding, Content-Type, Accept-Ranges,
    /// Content-Length, and what is in [`validator_fields`](Self::validator_fields).
    pub fn fields(&self) -> &'static [u8] {
        self.head()
    }

    /// Content-Encoding, where there is one.
    pub fn coding_field(&self) -> &'static [u8] {
        let coding_len = |coding: Coding| "Content-Encoding: \r\n".len() + coding.name().len();
        &self.head()[..self.coding().map_or(0, coding_len)]
    }

    /// Content-Type.
    pub fn type_field(&self) -> &'static [u8] {
        &self.head()[self.coding_field().len()..self.end(0)]
    }

    /// Accept-Ranges.
    pub fn ranges_field(&self) -> &'static [u8] {
        &self.head()[self.end(0)..self.end(1)]
    }

    /// Content-Length.
    pub fn length_field(&self) -> &'static [u8] {
        &self.head()[self.end(1)..self.end(2)]
    }

    /// Vary, Last-Modified and ETag: what a 304 has too.
    pub fn validator_fields(&self) -> &'static [u8] {
        &self.head()[self.end(2)..]
    }

    /// Last-Modified and ETag.
    pub fn own_validator_fields(&self) -> &'static [u8] {
        let fields = self.validator_fields();
        fields.strip_prefix(b"Vary: Accept-Encoding\r\n").unwrap_or(fields)
    }

    /// The entity tag, with its quotes, if the conf wants one.
    pub fn etag(&self) -> Option<&'static [u8]> {
        let line = &self.head()[self.end(3)..];
        (!line.is_empty()).then(|| line["ETag: ".len()..].trim_ascii_end())
    }
}

impl fmt::Debug for Pack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pack").field("entries", &self.entries.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
