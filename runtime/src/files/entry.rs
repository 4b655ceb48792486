//! What a path is, and what a response needs to know of a file.

use std::cell::RefCell;
use std::fs::{File, Metadata};
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::rc::Rc;

use crate::forms::Form;
use crate::http::accept::Coding;
use crate::http::{date, etag};
use crate::pack::Packed;

/// Files up to this length are held in memory.
pub(super) const SMALL_LEN: u64 = 16 * 1024;

/// The coarsest time stamps of a file system that is in use, in seconds.
const STAMP_S: i64 = 2;

/// How often a file is read anew that changes while it is read.
const MAX_READS: usize = 3;

/// What a path is.
#[derive(Clone, Debug)]
pub enum Entry {
    /// A regular file that can be read.
    File(Rc<StoredFile>),
    /// A file that is part of the binary.
    Packed(Packed),
    /// A directory.
    Directory,
    /// It is there, but this process may not read it.
    Unreadable {
        /// Whether it is a directory.
        directory: bool,
    },
    /// A FIFO, a socket or a device: never served.
    Special,
    /// It cannot be reached: `errno`.
    Failed(i32),
}

/// A file as it was when it was last looked at.
#[derive(Debug)]
pub struct StoredFile {
    /// Its length in bytes.
    pub len: u64,
    /// When it was last modified, in seconds since 1970.
    pub modified_s: i64,
    /// Where its content comes from.
    pub source: Source,
    /// Accept-Ranges, Content-Length, Last-Modified and ETag, each ended by CRLF.
    fields: Box<[u8]>,
    content_length: usize,
    last_modified: usize,
    etag: usize,
    identity: Identity,
    /// Its content in other codings, as far as that was asked for and is kept.
    forms: RefCell<Vec<Form>>,
    /// Whether a later change is certain to show in the identity.
    settled: bool,
}

/// Where the content of a file comes from.
#[derive(Clone, Debug)]
pub enum Source {
    /// All of it, in memory.
    Memory(Rc<[u8]>),
    /// The open file.
    File(Rc<File>),
}

/// What changes when a file does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Identity {
    device: u64,
    inode: u64,
    len: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Entry {
    /// What an open file is. `now_s` is the present, in seconds since 1970.
    pub(super) fn read(file: File, now_s: i64) -> io::Result<Entry> {
        let metadata = file.metadata()?;
        let kind = metadata.file_type();
        if kind.is_dir() {
            return Ok(Entry::Directory);
        }
        if !kind.is_file() {
            return Ok(Entry::Special);
        }
        StoredFile::read(file, metadata, now_s).map(|file| Entry::File(Rc::new(file)))
    }

    /// The bytes of memory that keep the content.
    pub(super) fn content_len(&self) -> usize {
        match self {
            Entry::File(file) => match &file.source {
                Source::Memory(content) => content.len(),
                Source::File(_) => 0,
            },
            _ => 0,
        }
    }

    /// Whether the entry holds a descriptor.
    pub(super) fn holds_descriptor(&self) -> bool {
        matches!(self, Entry::File(file) if matches!(file.source, Source::File(_)))
    }
}

impl StoredFile {
    fn read(file: File, mut metadata: Metadata, now_s: i64) -> io::Result<StoredFile> {
        for _ in 0..MAX_READS {
            if metadata.len() > SMALL_LEN {
                break;
            }
            let content = read_content(&file, metadata.len())?;
            let after = file.metadata()?;
            // Content and length that do not belong together are never served.
            if let Some(content) = content
                && Identity::of(&after) == Identity::of(&metadata)
            {
                return Ok(StoredFile::new(Source::Memory(content), &metadata, now_s));
            }
            metadata = after;
        }
        Ok(StoredFile::new(Source::File(Rc::new(file)), &metadata, now_s))
    }

    fn new(source: Source, metadata: &Metadata, now_s: i64) -> StoredFile {
        let identity = Identity::of(metadata);
        let mut fields = Vec::with_capacity(160);
        fields.extend_from_slice(b"Accept-Ranges: bytes\r\n");
        let content_length = fields.len();
        fields.extend_from_slice(b"Content-Length: ");
        fields.extend_from_slice(itoa::Buffer::new().format(metadata.len()).as_bytes());
        fields.extend_from_slice(b"\r\n");
        let last_modified = fields.len();
        fields.extend_from_slice(b"Last-Modified: ");
        fields.extend_from_slice(&date::format(metadata.mtime()));
        fields.extend_from_slice(b"\r\n");
        let etag = fields.len();
        fields.extend_from_slice(b"ETag: ");
        etag::write(metadata.mtime(), metadata.mtime_nsec(), metadata.len(), &mut fields);
        fields.extend_from_slice(b"\r\n");
        StoredFile {
            len: metadata.len(),
            modified_s: metadata.mtime(),
            source,
            fields: fields.into(),
            content_length,
            last_modified,
            etag,
            identity,
            forms: RefCell::default(),
            settled: now_s - metadata.mtime().max(metadata.ctime()) > STAMP_S,
        }
    }

    /// The field lines of a whole response: Accept-Ranges and ETag only where asked for.
    pub fn fields(&self, ranges: bool, etag: bool) -> &[u8] {
        let start = if ranges { 0 } else { self.content_length };
        &self.fields[start..self.end(etag)]
    }

    /// The field lines that tell one state of the file from another.
    pub fn validator_fields(&self, etag: bool) -> &[u8] {
        &self.fields[self.last_modified..self.end(etag)]
    }

    /// The entity tag, with its quotes.
    pub fn etag(&self) -> &[u8] {
        &self.fields[self.etag + b"ETag: ".len()..self.fields.len() - b"\r\n".len()]
    }

    /// All of it in a coding, if that is kept.
    pub(crate) fn form(&self, coding: Coding) -> Option<Rc<[u8]>> {
        let forms = self.forms.borrow();
        forms.iter().find(|form| form.coding == coding).map(|form| form.bytes.clone())
    }

    /// Keeps all of it in another coding.
    pub(crate) fn keep(&self, form: Form) {
        let mut forms = self.forms.borrow_mut();
        forms.retain(|other| other.coding != form.coding);
        forms.push(form);
    }

    fn end(&self, etag: bool) -> usize {
        if etag { self.fields.len() } else { self.etag }
    }

    /// Whether `other`, looked at later, is the same file with the same content.
    pub(super) fn is_still(&self, other: &StoredFile) -> bool {
        self.settled && self.identity == other.identity
    }
}

impl Identity {
    fn of(metadata: &Metadata) -> Identity {
        Identity {
            device: metadata.dev(),
            inode: metadata.ino(),
            len: metadata.len(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        }
    }
}

/// The first `len` bytes of a file; `None` if there are fewer.
fn read_content(file: &File, len: u64) -> io::Result<Option<Rc<[u8]>>> {
    let mut content = vec![0; len as usize];
    match file.read_exact_at(&mut content, 0) {
        Ok(()) => Ok(Some(content.into())),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
        Err(error) => Err(error),
    }
}
