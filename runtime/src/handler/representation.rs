//! A file as a response: whole, in part, or not at all since the client has it.

use std::fmt::Write as _;
use std::fs::File;
use std::hash::{BuildHasher, RandomState};
use std::ops::Range;
use std::rc::Rc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use super::{Outcome, Request};
use crate::files::{Source, StoredFile};
use crate::http::accept::accepts_gzip;
use crate::http::conditional::{Conditions, Validators, Verdict};
use crate::http::method::Method;
use crate::http::range::{self, Selection};
use crate::site::GzipStatic;

/// The response that a file is.
#[derive(Debug)]
pub struct FileResponse {
    /// 200, 206 or 304.
    pub status: u16,
    /// Length of the content that a GET is sent; 0 with 304.
    pub content_len: u64,
    /// The content. Empty for HEAD and with 304.
    pub body: FileBody,
    file: Rc<StoredFile>,
    content_type: &'static [u8],
    etag: bool,
    variant: Variant,
    form: Form,
}

/// Which representation of a resource a file is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Variant {
    /// There is no other.
    Only,
    /// There is a compressed one beside it.
    Plain,
    /// It is compressed.
    Gzip {
        /// Whether some clients get the plain one.
        varies: bool,
    },
}

impl Variant {
    /// The variant to send of a file that has a compressed one, as nginx's gzip_static module
    /// chooses.
    pub(super) fn choose(request: &Request<'_>) -> Variant {
        let head = request.variables.head;
        match request.variables.settings.gzip_static {
            GzipStatic::Off => Variant::Only,
            GzipStatic::Always => Variant::Gzip { varies: false },
            GzipStatic::On if accepts_gzip(head) => Variant::Gzip { varies: true },
            GzipStatic::On => Variant::Plain,
        }
    }

    fn write_fields(self, status: u16, out: &mut Vec<u8>) {
        if matches!(self, Variant::Gzip { .. }) && status != 304 {
            out.extend_from_slice(b"Content-Encoding: gzip\r\n");
        }
        if matches!(self, Variant::Plain | Variant::Gzip { varies: true }) {
            out.extend_from_slice(b"Vary: Accept-Encoding\r\n");
        }
    }
}

/// What to send behind the head.
#[derive(Debug)]
pub enum FileBody {
    /// Nothing.
    Empty,
    /// The file or a part of it.
    One(Piece),
    /// `multipart/byteranges`: the parts and what stands around them.
    Multipart(Vec<Piece>),
}

/// Bytes to send.
#[derive(Clone, Debug)]
pub enum Piece {
    /// Bytes in memory.
    Memory(Rc<[u8]>, Range<usize>),
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

/// What of the file is sent.
#[derive(Debug)]
enum Form {
    Whole { accept_ranges: bool },
    Part(Range<u64>),
    Parts { boundary: String },
    NotModified,
}

/// The response to a GET or HEAD of `file`: preconditions first, then ranges.
pub(super) fn respond(
    request: &Request<'_>,
    file: Rc<StoredFile>,
    content_type: &'static [u8],
    variant: Variant,
) -> Outcome {
    let settings = request.variables.settings;
    // As in nginx, a compressed file is sent whole.
    let compressed = matches!(variant, Variant::Gzip { .. });
    let accept_ranges = request.conditional && settings.max_ranges > 0 && !compressed;
    let mut selection = Selection::Whole;
    let conditions = Conditions::find(request.variables.head.fields());
    if let Some(conditions) = conditions.filter(|_| request.conditional) {
        let etag = settings.etag.then(|| file.etag());
        let validators = Validators { etag, modified_s: file.modified_s };
        match conditions.evaluate(validators, settings.if_modified_since) {
            Verdict::Failed => return Outcome::Status(412),
            Verdict::NotModified => {
                let response = FileResponse::empty(file, content_type, settings.etag, variant);
                return Outcome::File(response);
            }
            Verdict::Proceed => {}
        }
        if let Some(value) = conditions.range(validators).filter(|_| accept_ranges) {
            selection = range::select(value, file.len, settings.max_ranges);
        }
    }
    let mut response = FileResponse::empty(file, content_type, settings.etag, variant);
    match selection {
        Selection::Unsatisfiable => return Outcome::RangeNotSatisfiable(response.file.len),
        Selection::Whole => response.send_whole(accept_ranges),
        Selection::One(range) => response.send_part(range),
        Selection::Several(ranges) => response.send_parts(&ranges),
    }
    if request.method == Method::Head || response.content_len == 0 {
        response.body = FileBody::Empty;
    }
    Outcome::File(response)
}

impl FileResponse {
    /// A 304.
    fn empty(
        file: Rc<StoredFile>,
        content_type: &'static [u8],
        etag: bool,
        variant: Variant,
    ) -> FileResponse {
        let (status, form) = (304, Form::NotModified);
        FileResponse {
            status,
            content_len: 0,
            body: FileBody::Empty,
            file,
            content_type,
            etag,
            variant,
            form,
        }
    }

    fn send_whole(&mut self, accept_ranges: bool) {
        self.status = 200;
        self.content_len = self.file.len;
        self.body = FileBody::One(self.file.piece(0..self.file.len));
        self.form = Form::Whole { accept_ranges };
    }

    fn send_part(&mut self, range: Range<u64>) {
        self.status = 206;
        self.content_len = range.end - range.start;
        self.body = FileBody::One(self.file.piece(range.clone()));
        self.form = Form::Part(range);
    }

    /// Sends several parts (RFC 9110, 14.6).
    fn send_parts(&mut self, ranges: &[Range<u64>]) {
        let boundary = boundary();
        let mut pieces = Vec::with_capacity(2 * ranges.len() + 1);
        for range in ranges {
            let mut head = format!("\r\n--{boundary}\r\n").into_bytes();
            write_content_type(self.content_type, &mut head);
            write_content_range(range, self.file.len, &mut head);
            head.extend_from_slice(b"\r\n");
            pieces.push(Piece::of_text(head));
            pieces.push(self.file.piece(range.clone()));
        }
        pieces.push(Piece::of_text(format!("\r\n--{boundary}--\r\n").into_bytes()));
        self.status = 206;
        self.content_len = pieces.iter().map(Piece::len).sum();
        self.body = FileBody::Multipart(pieces);
        self.form = Form::Parts { boundary };
    }

    /// Appends the field lines that describe the content, each ended by CRLF: Content-Type,
    /// Content-Length, Content-Range, Accept-Ranges, Last-Modified, ETag, as the status has them.
    pub fn write_fields(&self, out: &mut Vec<u8>) {
        self.variant.write_fields(self.status, out);
        match &self.form {
            Form::NotModified => {}
            Form::Whole { accept_ranges } => {
                write_content_type(self.content_type, out);
                out.extend_from_slice(self.file.fields(*accept_ranges, self.etag));
                return;
            }
            Form::Part(range) => {
                write_content_type(self.content_type, out);
                write_content_length(self.content_len, out);
                write_content_range(range, self.file.len, out);
            }
            Form::Parts { boundary } => {
                out.extend_from_slice(b"Content-Type: multipart/byteranges; boundary=");
                out.extend_from_slice(boundary.as_bytes());
                out.extend_from_slice(b"\r\n");
                write_content_length(self.content_len, out);
            }
        }
        out.extend_from_slice(self.file.validator_fields(self.etag));
    }
}

impl Piece {
    /// How many bytes it is.
    pub fn len(&self) -> u64 {
        match self {
            Piece::Memory(_, range) => range.len() as u64,
            Piece::File { len, .. } => *len,
        }
    }

    fn of_text(text: Vec<u8>) -> Piece {
        let len = text.len();
        Piece::Memory(text.into(), 0..len)
    }
}

impl StoredFile {
    /// A part of the content, or all of it.
    fn piece(&self, range: Range<u64>) -> Piece {
        match &self.source {
            Source::Memory(content) => {
                Piece::Memory(content.clone(), range.start as usize..range.end as usize)
            }
            Source::File(file) => {
                let len = range.end - range.start;
                Piece::File { file: file.clone(), offset: range.start, len }
            }
        }
    }
}

/// Twenty digits that no file was made to contain: none can be told from those before it.
fn boundary() -> String {
    static SEED: OnceLock<RandomState> = OnceLock::new();
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let mut boundary = String::with_capacity(20);
    // Writing to a string does not fail.
    let _ = write!(boundary, "{:020}", SEED.get_or_init(RandomState::new).hash_one(number));
    boundary
}

fn write_content_type(content_type: &[u8], out: &mut Vec<u8>) {
    if !content_type.is_empty() {
        out.extend_from_slice(b"Content-Type: ");
        out.extend_from_slice(content_type);
        out.extend_from_slice(b"\r\n");
    }
}

fn write_content_length(len: u64, out: &mut Vec<u8>) {
    out.extend_from_slice(b"Content-Length: ");
    out.extend_from_slice(itoa::Buffer::new().format(len).as_bytes());
    out.extend_from_slice(b"\r\n");
}

fn write_content_range(range: &Range<u64>, len: u64, out: &mut Vec<u8>) {
    let line = format!("Content-Range: bytes {}-{}/{len}\r\n", range.start, range.end - 1);
    out.extend_from_slice(line.as_bytes());
}
