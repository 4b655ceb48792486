//! Reading the table: where its parts are, and what an entry and a form hold.

use super::{Kind, Pack, PackedForm};
use crate::http::accept::Coding;

/// Bytes of an entry: u32 path offset, u32 path length, u32 kind, u32 first, u32 count,
/// i64 modified, u64 length. Of a directory, the first and the count are of the entries in it; of
/// a file, of its forms.
pub(super) const ENTRY_LEN: usize = 36;
/// Bytes of a form: u64 content offset, u64 content length, u32 head offset, u16 head length,
/// u16 ends of the parts of the head (four), u16 coding.
pub(super) const FORM_LEN: usize = 32;
/// Where the head, the ends and the coding stand in a form.
const HEAD: usize = 16;
const ENDS: usize = 22;
const CODING: usize = 30;

/// An entry, read.
pub(super) struct Entry {
    pub(super) row: &'static [u8; ENTRY_LEN],
    pub(super) path: &'static [u8],
    pub(super) kind: Kind,
    pub(super) first: u32,
    pub(super) count: u32,
    pub(super) modified_s: i64,
    pub(super) len: u64,
}

impl Pack {
    /// The pack of a table and the contents that it points into.
    ///
    /// # Panics
    /// Where the table is too short for what it says it holds: in a constant, when it is built.
    pub const fn new(table: &'static [u8], contents: &'static [u8]) -> Pack {
        let (numbers, rest) = table.split_at(20);
        let (numbers, _) = numbers.as_chunks::<4>();
        let (buckets, rest) = rest.split_at(4 * u32::from_le_bytes(numbers[1]) as usize);
        let (slots, rest) = rest.split_at(4 * u32::from_le_bytes(numbers[2]) as usize);
        let (entries, rest) = rest.split_at(ENTRY_LEN * u32::from_le_bytes(numbers[3]) as usize);
        let (forms, text) = rest.split_at(FORM_LEN * u32::from_le_bytes(numbers[4]) as usize);
        Pack {
            seed: u32::from_le_bytes(numbers[0]) as u64,
            buckets: buckets.as_chunks().0,
            slots: slots.as_chunks().0,
            entries: entries.as_chunks().0,
            forms: forms.as_chunks().0,
            text,
            contents,
        }
    }

    /// The entry of a path as it stands in the table.
    pub(super) fn entry(&'static self, path: &[u8]) -> Option<Entry> {
        let hash = hash(self.seed, path);
        let bucket = bucket(hash, self.buckets.len());
        let displacement = u32::from_le_bytes(*self.buckets.get(bucket)?);
        let slot = self.slots.get(slot(hash, displacement, self.slots.len()))?;
        let index = u32::from_le_bytes(*slot).checked_sub(1)?;
        Some(self.entry_at(index)).filter(|entry| entry.path == path)
    }

    /// The entry with a number.
    pub(super) fn entry_at(&'static self, index: u32) -> Entry {
        self.read(&self.entries[index as usize])
    }

    /// What a row says.
    pub(super) fn read(&'static self, bytes: &'static [u8; ENTRY_LEN]) -> Entry {
        let mut row = Row(bytes);
        let path = row.number() as usize;
        let path = &self.text[path..path + row.number() as usize];
        let kind = match row.number() {
            0 => Kind::Directory,
            1 => Kind::File,
            2 => Kind::OnDisk,
            3 => Kind::Special,
            _ => Kind::Barred,
        };
        let (first, count) = (row.number(), row.number());
        let (modified_s, len) = (row.long() as i64, row.long());
        Entry { row: bytes, path, kind, first, count, modified_s, len }
    }

    /// The form with a number.
    pub(super) fn form(&'static self, index: u32) -> PackedForm {
        PackedForm { pack: self, row: &self.forms[index as usize] }
    }
}

impl PackedForm {
    /// Its content.
    pub fn content(&self) -> &'static [u8] {
        let mut row = Row(self.row);
        let start = row.long() as usize;
        &self.pack.contents[start..start + row.long() as usize]
    }

    /// How it is compressed.
    pub fn coding(&self) -> Option<Coding> {
        match Row(&self.row[CODING..]).short() {
            1 => Some(Coding::Gzip),
            2 => Some(Coding::Brotli),
            3 => Some(Coding::Zstd),
            _ => None,
        }
    }

    /// All lines of its head.
    pub(super) fn head(&self) -> &'static [u8] {
        let mut row = Row(&self.row[HEAD..]);
        let start = row.number() as usize;
        &self.pack.text[start..start + usize::from(row.short())]
    }

    /// Where a part of the head ends: that of the content, that of ranges, that of the length,
    /// and all in front of the entity tag.
    pub(super) fn end(&self, part: usize) -> usize {
        Row(&self.row[ENDS + 2 * part..]).short().into()
    }
}

/// The rest of a row.
struct Row(&'static [u8]);

impl Row {
    fn take<const LEN: usize>(&mut self) -> [u8; LEN] {
        let (front, rest) = self.0.split_first_chunk().expect("a row is as long as its numbers");
        self.0 = rest;
        *front
    }

    fn short(&mut self) -> u16 {
        u16::from_le_bytes(self.take())
    }

    fn number(&mut self) -> u32 {
        u32::from_le_bytes(self.take())
    }

    fn long(&mut self) -> u64 {
        u64::from_le_bytes(self.take())
    }
}

/// The hash of a path.
pub(super) fn hash(seed: u64, path: &[u8]) -> u64 {
    let (words, rest) = path.as_chunks();
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    let start = mix(seed ^ (path.len() as u64) << 32);
    let hash = words.iter().fold(start, |hash, word| mix(hash ^ u64::from_le_bytes(*word)));
    mix(hash ^ u64::from_le_bytes(last))
}

/// The bucket of a hash; the number of buckets is a power of two.
pub(super) fn bucket(hash: u64, buckets: usize) -> usize {
    (hash >> 32) as usize & buckets.wrapping_sub(1)
}

/// The slot of a hash whose bucket has this number; the number of slots is a power of two.
pub(super) fn slot(hash: u64, displacement: u32, slots: usize) -> usize {
    mix(hash ^ u64::from(displacement)) as usize & slots.wrapping_sub(1)
}

/// Spreads every bit over all of them: both halves of a product.
fn mix(value: u64) -> u64 {
    let product = u128::from(value ^ 0x9e37_79b9_7f4a_7c15) * 0xd6e8_feb8_6659_fd93;
    product as u64 ^ (product >> 64) as u64
}
