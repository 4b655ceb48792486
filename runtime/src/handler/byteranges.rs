//! `multipart/byteranges` (RFC 9110, 14.6): several parts of a file, each made when those before
//! it are sent, so that many parts take no more memory than their ranges.

use std::fmt::Write as _;
use std::hash::{BuildHasher, RandomState};
use std::ops::Range;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::vec;

use super::resource::Resource;
use crate::http::response::Fields;
use crate::output::Piece;

/// The longest head of a part beside its Content-Type: the boundary and Content-Range.
const HEAD_LEN: usize = 128;

/// The parts that are still to be sent.
#[derive(Debug)]
pub struct Parts {
    resource: Resource,
    ranges: vec::IntoIter<Range<u64>>,
    boundary: String,
    /// Those of the part that is begun.
    fields: Fields,
    /// Length of what is not given out yet, in bytes.
    len: u64,
}

impl Parts {
    pub(super) fn new(resource: &Resource, ranges: Vec<Range<u64>>) -> Parts {
        let (resource, boundary) = (resource.clone(), boundary());
        let (none, fields) = (Vec::new().into_iter(), Fields::default());
        let mut parts = Parts { resource, ranges: none, boundary, fields, len: 0 };
        let mut text = Vec::with_capacity(HEAD_LEN);
        parts.write_end(&mut text);
        parts.len = text.len() as u64;
        for range in &ranges {
            text.clear();
            parts.write_head(range, &mut text);
            parts.len += text.len() as u64 + (range.end - range.start);
        }
        parts.ranges = ranges.into_iter();
        parts
    }

    /// What stands between the parts.
    pub(super) fn boundary(&self) -> &str {
        &self.boundary
    }

    /// Length of what is not given out yet, in bytes.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Appends what stands before the next part, and gives the part; the end where there is none.
    pub fn next(&mut self, out: &mut Vec<u8>) -> Option<Piece> {
        let before = out.len();
        let piece = self.ranges.next().map(|range| {
            self.write_head(&range, out);
            self.resource.piece(range)
        });
        if piece.is_none() {
            self.write_end(out);
        }
        self.len -= (out.len() - before) as u64 + piece.as_ref().map_or(0, Piece::len);
        piece
    }

    fn write_head(&mut self, range: &Range<u64>, out: &mut Vec<u8>) {
        for text in ["\r\n--", &self.boundary, "\r\n"] {
            out.extend_from_slice(text.as_bytes());
        }
        self.fields.clear();
        self.resource.write_type(&mut self.fields);
        write_content_range(range, self.resource.len(), &mut self.fields);
        out.extend_from_slice(self.fields.lines());
        out.extend_from_slice(b"\r\n");
    }

    fn write_end(&self, out: &mut Vec<u8>) {
        for text in ["\r\n--", &self.boundary, "--\r\n"] {
            out.extend_from_slice(text.as_bytes());
        }
    }
}

/// Appends a Content-Range: which part of how much this is.
pub(super) fn write_content_range(range: &Range<u64>, len: u64, fields: &mut Fields) {
    let value = format!("bytes {}-{}/{len}", range.start, range.end - 1);
    fields.add_checked("Content-Range", value.as_bytes());
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

#[cfg(test)]
mod tests {
    use std::io::read_to_string;
    use std::os::fd::OwnedFd;
    use std::os::unix::net::UnixStream;
    use std::thread;

    use crate::handler::Outcome;
    use crate::handler::tests::{folder, serve};
    use crate::output::{Body, Chunks, Copying, Output, Progress, Turn};
    use crate::samples::SETTINGS;
    use crate::transport::Transport;

    #[test]
    fn many_parts_of_a_file_take_turns() {
        const PARTS: usize = 500;
        let folder = folder();
        folder.write("large", vec![b'x'; 1 << 20]);
        let ranges: Vec<_> = (0..PARTS).map(|part| format!("{0}-{0}", 2 * part)).collect();
        let fields = format!("Range: bytes={}\r\n", ranges.join(","));
        let Outcome::File(response) = serve(&folder, SETTINGS, "/large", &fields) else { panic!() };
        let len = response.content_len();
        let (ours, theirs) = UnixStream::pair().expect("a socket");
        let mut ours = Transport::plain(OwnedFd::from(ours));
        let reader = thread::spawn(move || read_to_string(theirs).expect("text"));
        let mut output = Output::new(None);
        output.append(Body::File(response.body), Chunks::None);
        let mut turns = 1;
        while output
            .send(&mut ours, Copying { sendfile: true, nopush: true }, &mut Turn::default())
            .expect("sent")
            != Progress::Done
        {
            turns += 1;
        }
        drop(ours);
        let content = reader.join().expect("all is read");
        assert_eq!((content.len() as u64, content.matches("Content-Range").count()), (len, PARTS));
        // Two calls of the kernel for each.
        assert!(turns > PARTS / 100, "{turns}");
    }
}
