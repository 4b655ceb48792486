//! The file of an answer that is kept: what is known of the answer, its head, its content.
//!
//! The front has a fixed length, so that one read tells all but the longest heads. Numbers are written
//! with their lowest byte first.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use super::Digest;
use super::freshness::Freshness;
use crate::exchange::BackendHead;
use crate::http::response::Fields;

/// What a file begins with. The last byte is the version of the form.
const MAGIC: &[u8; 8] = b"sitec\0c\x01";
/// What stands before the key: all that has a fixed length.
const FRONT_LEN: usize = 64;
/// How much of a file is read at first: the front, the key and a usual head.
const FIRST_LEN: usize = 4096;
/// The longest key and head of an answer that a file may have.
const MAX_REST_LEN: usize = 2 << 20;

/// What is known of an answer that is kept.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Record {
    /// What tells it from others.
    pub(super) key: Vec<u8>,
    pub(super) status: u16,
    pub(super) fresh: Freshness,
    /// Whether it has a Content-Type.
    pub(super) has_type: bool,
    /// The names of fields of requests by which it differs from others of its key.
    pub(super) vary: Vec<u8>,
    /// What those fields were.
    pub(super) variant: Digest,
    /// Its fields, each line ended by CRLF.
    pub(super) lines: Vec<u8>,
    /// Length of its content, in bytes.
    pub(super) content_len: u64,
}

impl Record {
    /// Where the content begins.
    pub(super) fn head_len(&self) -> u64 {
        (FRONT_LEN + self.key.len() + self.vary.len() + self.lines.len()) as u64
    }

    /// Length of the whole file.
    pub(super) fn file_len(&self) -> u64 {
        self.head_len() + self.content_len
    }

    /// All that stands before the content.
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.head_len() as usize);
        out.extend_from_slice(MAGIC);
        out.extend_from_slice(&self.content_len.to_le_bytes());
        out.extend_from_slice(&self.fresh.until_s.to_le_bytes());
        out.extend_from_slice(&self.fresh.while_updating_s.to_le_bytes());
        out.extend_from_slice(&self.fresh.if_error_s.to_le_bytes());
        out.extend_from_slice(&self.variant);
        out.extend_from_slice(&self.status.to_le_bytes());
        out.extend_from_slice(&[u8::from(self.has_type), 0]);
        for part in [&self.key, &self.vary, &self.lines] {
            out.extend_from_slice(&(part.len() as u32).to_le_bytes());
        }
        for part in [&self.key, &self.vary, &self.lines] {
            out.extend_from_slice(part);
        }
        out
    }

    /// Reads what a file says. `None`: it is none of these, or not whole.
    pub(super) fn read(file: &File) -> io::Result<Option<Record>> {
        let file_len = file.metadata()?.len();
        let mut first = vec![0; FIRST_LEN.min(file_len.try_into().unwrap_or(FIRST_LEN))];
        file.read_exact_at(&mut first, 0)?;
        let Some((mut record, [key_len, vary_len, lines_len])) = Record::front(&first) else {
            return Ok(None);
        };
        let rest_len = key_len + vary_len + lines_len;
        if rest_len > MAX_REST_LEN || file_len != (FRONT_LEN + rest_len) as u64 + record.content_len
        {
            return Ok(None);
        }
        let mut rest = first.split_off(FRONT_LEN);
        let had = rest.len().min(rest_len);
        rest.resize(rest_len, 0);
        file.read_exact_at(&mut rest[had..], (FRONT_LEN + had) as u64)?;
        record.lines = rest.split_off(key_len + vary_len);
        record.vary = rest.split_off(key_len);
        record.key = rest;
        Ok(Some(record))
    }

    /// What stands at the front, and the lengths of the key, of Vary and of the fields.
    fn front(bytes: &[u8]) -> Option<(Record, [usize; 3])> {
        let mut rest = bytes.get(..FRONT_LEN)?.strip_prefix(MAGIC)?;
        let mut number = |len: usize| {
            let (front, behind) = rest.split_at_checked(len)?;
            rest = behind;
            let mut bytes = [0; 16];
            bytes[..len].copy_from_slice(front);
            Some(u128::from_le_bytes(bytes))
        };
        let content_len = number(8)? as u64;
        let until_s = number(8)? as i64;
        let while_updating_s = number(4)? as u32;
        let if_error_s = number(4)? as u32;
        let variant = number(16)?.to_le_bytes();
        let status = number(2)? as u16;
        let has_type = number(2)? == 1;
        let mut len = || Some(number(4)? as usize);
        let lens = [len()?, len()?, len()?];
        let fresh = Freshness { until_s, while_updating_s, if_error_s };
        let whole = content_len.checked_add(FRONT_LEN as u64 + 3 * u64::from(u32::MAX))?;
        let is_right = (200..600).contains(&status) && whole > 0;
        let record = Record { status, fresh, has_type, variant, content_len, ..Record::default() };
        is_right.then_some((record, lens))
    }

    /// Puts another time in the place of a file's own, where the answer has been found to hold still.
    pub(super) fn refresh(file: &File, fresh: Freshness) -> io::Result<()> {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&fresh.until_s.to_le_bytes());
        bytes[8..12].copy_from_slice(&fresh.while_updating_s.to_le_bytes());
        bytes[12..].copy_from_slice(&fresh.if_error_s.to_le_bytes());
        file.write_all_at(&bytes, 16)
    }

    /// The head of the answer.
    pub(super) fn head(&self) -> BackendHead {
        BackendHead {
            status: self.status,
            fields: self.fields(),
            has_type: self.has_type,
            content_len: Some(self.content_len),
            is_passed_on: true,
            is_kept: true,
            ..BackendHead::default()
        }
    }

    /// The fields of the answer.
    pub(super) fn fields(&self) -> Fields {
        let mut fields = Fields::default();
        fields.append(&self.lines);
        fields
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;
    use crate::samples::Folder;

    fn record() -> Record {
        Record {
            key: b"httpapp/x".to_vec(),
            status: 200,
            fresh: Freshness { until_s: 1_800_000_000, while_updating_s: 3, if_error_s: 4 },
            has_type: true,
            vary: b"Accept-Encoding".to_vec(),
            variant: [7; 16],
            lines: b"Content-Type: text/plain\r\nX-A: b\r\n".to_vec(),
            content_len: 3,
        }
    }

    fn written(folder: &Folder, bytes: &[u8]) -> File {
        let path = folder.0.join("record");
        File::create(&path).and_then(|mut file| file.write_all(bytes)).expect("a file");
        File::options().read(true).write(true).open(path).expect("a file")
    }

    #[test]
    fn what_was_written_is_read() {
        let folder = Folder::new();
        let long = Record { lines: b"X-A: b\r\n".repeat(2000), ..record() };
        let empty = Record { content_len: 0, key: Vec::new(), ..record() };
        for record in [record(), long, empty] {
            let mut bytes = record.encode();
            assert_eq!(bytes.len() as u64, record.head_len());
            bytes.resize(record.file_len() as usize, b'c');
            let file = written(&folder, &bytes);
            assert_eq!(Record::read(&file).expect("a read"), Some(record.clone()));
            let fresh = Freshness { until_s: 5, while_updating_s: 6, if_error_s: 7 };
            Record::refresh(&file, fresh).expect("a write");
            assert_eq!(Record::read(&file).expect("a read"), Some(Record { fresh, ..record }));
        }
    }

    #[test]
    fn what_is_cut_or_changed_is_no_record() {
        let folder = Folder::new();
        let mut whole = record().encode();
        whole.extend_from_slice(b"abc");
        for len in 0..whole.len() {
            let read = Record::read(&written(&folder, &whole[..len]));
            assert!(!matches!(read, Ok(Some(_))), "{len}");
        }
        let longer = [&whole[..], b"d"].concat();
        assert_eq!(Record::read(&written(&folder, &longer)).expect("a read"), None);
        for at in 0..MAGIC.len() {
            let mut other = whole.clone();
            other[at] ^= 1;
            assert_eq!(Record::read(&written(&folder, &other)).expect("a read"), None, "{at}");
        }
        // Lengths that add up to more than there is.
        for at in 8..FRONT_LEN {
            let mut other = whole.clone();
            other[at] = 0xff;
            if let Ok(Some(read)) = Record::read(&written(&folder, &other)) {
                assert_eq!(read.file_len(), whole.len() as u64, "{at}");
            }
        }
    }
}
