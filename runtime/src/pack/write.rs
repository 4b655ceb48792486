//! Writing the table: paths in order, a slot for each, and the heads of their forms.

use std::collections::BTreeMap;
use std::ops::Range;

use super::read::{bucket, hash, slot};
use crate::http::accept::Coding;
use crate::http::date;
use crate::http::response::Fields;

/// Paths for each bucket. More make the table smaller, and a place for all harder to find.
const PATHS_PER_BUCKET: usize = 4;
/// Numbers that are tried for a bucket before another seed is.
const MAX_TRIES: u32 = 1 << 20;

/// What stands at a path of a pack.
#[derive(Clone, Debug)]
pub struct Node {
    /// When it was last modified, in seconds since 1970.
    pub modified_s: i64,
    /// The length of a file.
    pub len: u64,
    /// What it is.
    pub contents: Contents,
}

/// What a [`Node`] is.
#[derive(Clone, Debug)]
pub enum Contents {
    /// A directory.
    Directory,
    /// A file that stays on the disk.
    OnDisk,
    /// A FIFO, a socket or a device.
    Special,
    /// A symlink that may not be followed.
    Barred,
    /// A file: the forms of it, itself first.
    File {
        /// Its media type; empty for none.
        content_type: Vec<u8>,
        /// Whether parts of it may be asked for.
        ranges: bool,
        /// The forms.
        forms: Vec<Form>,
    },
}

/// A form of a file.
#[derive(Clone, Debug)]
pub struct Form {
    /// How it is compressed.
    pub coding: Option<Coding>,
    /// Where its bytes are among the contents.
    pub place: Range<u64>,
    /// Its entity tag, with quotes; without one it has no ETag.
    pub etag: Option<String>,
}

/// The bytes of a table. Paths are relative, without a slash at either end; every directory on
/// the way to a node is one too, the root, whose path is empty, included.
///
/// # Panics
/// Where a directory is missing.
pub fn write(nodes: &BTreeMap<Vec<u8>, Node>) -> Vec<u8> {
    // What is in one directory stands together, behind the directory.
    let mut order: Vec<_> = nodes.iter().collect();
    order.sort_by_key(|(path, _)| (!path.is_empty(), split(path)));
    let mut inside: BTreeMap<&[u8], Range<u32>> = BTreeMap::new();
    for (index, (path, _)) in (0..).zip(&order).skip(1) {
        let parent = inside.entry(split(path).0).or_insert(index..index);
        parent.end = index + 1;
    }
    let (mut entries, mut forms, mut text) = (Vec::new(), Vec::new(), Vec::new());
    let mut form_count = 0;
    for (path, node) in &order {
        entries.extend(place(path, &mut text).map(u32::to_le_bytes).as_flattened());
        let (kind, within) = match &node.contents {
            Contents::Directory => (0_u32, inside.get(&path[..]).cloned().unwrap_or(0..0)),
            Contents::File { forms: of_file, .. } => {
                let first = form_count;
                form_count += of_file.len() as u32;
                (1, first..form_count)
            }
            Contents::OnDisk => (2, 0..0),
            Contents::Special => (3, 0..0),
            Contents::Barred => (4, 0..0),
        };
        for number in [kind, within.start, within.len() as u32] {
            entries.extend(number.to_le_bytes());
        }
        entries.extend(node.modified_s.to_le_bytes());
        entries.extend(node.len.to_le_bytes());
        write_forms(node, &mut forms, &mut text);
    }
    let paths: Vec<_> = order.iter().map(|(path, _)| &path[..]).collect();
    let (seed, buckets, slots) = (0..).find_map(|seed| slots(seed, &paths)).expect("some seed");
    let counts = [seed, buckets.len() as u32, slots.len() as u32];
    let counts = counts.into_iter().chain([paths.len() as u32, form_count]);
    let numbers = counts.chain(buckets).chain(slots).flat_map(u32::to_le_bytes);
    numbers.chain(entries).chain(forms).chain(text).collect()
}

/// A path as its parent and its name.
fn split(path: &[u8]) -> (&[u8], &[u8]) {
    match memchr::memrchr(b'/', path) {
        Some(slash) => (&path[..slash], &path[slash + 1..]),
        None => (b"", path),
    }
}

/// Appends bytes to the text; where they begin and how many they are.
fn place(bytes: &[u8], text: &mut Vec<u8>) -> [u32; 2] {
    let start = text.len();
    text.extend_from_slice(bytes);
    [start as u32, bytes.len() as u32]
}

/// Appends the forms of a file and their heads.
fn write_forms(node: &Node, rows: &mut Vec<u8>, text: &mut Vec<u8>) {
    let Contents::File { content_type, ranges, forms } = &node.contents else { return };
    for form in forms {
        let mut head = Fields::default();
        if let Some(coding) = form.coding {
            head.add("Content-Encoding", coding.name().as_bytes());
        }
        if !content_type.is_empty() {
            head.add("Content-Type", content_type);
        }
        let content_end = head.lines().len();
        if *ranges {
            head.add("Accept-Ranges", b"bytes");
        }
        let ranges_end = head.lines().len();
        let len = form.place.end - form.place.start;
        head.add_number("Content-Length", len);
        let length_end = head.lines().len();
        if forms.len() > 1 {
            head.add("Vary", b"Accept-Encoding");
        }
        head.add("Last-Modified", &date::format(node.modified_s));
        let etag = head.lines().len();
        if let Some(tag) = &form.etag {
            head.add("ETag", tag.as_bytes());
        }
        rows.extend(form.place.start.to_le_bytes());
        rows.extend(len.to_le_bytes());
        rows.extend(place(head.lines(), text)[0].to_le_bytes());
        let coding = match form.coding {
            None => 0,
            Some(Coding::Gzip) => 1,
            Some(Coding::Brotli) => 2,
            Some(Coding::Zstd) => 3,
        };
        for number in [head.lines().len(), content_end, ranges_end, length_end, etag, coding] {
            rows.extend((number as u16).to_le_bytes());
        }
    }
}

/// The seed, a number for each bucket, and for each slot the number of a path and one, such that
/// every path has a slot of its own; `None` if this seed leads to none.
fn slots(seed: u32, paths: &[&[u8]]) -> Option<(u32, Vec<u32>, Vec<u32>)> {
    let mut slots = vec![0; (paths.len() * 5 / 4).next_power_of_two()];
    let mut buckets = vec![Vec::new(); (paths.len() / PATHS_PER_BUCKET).next_power_of_two()];
    for (number, path) in (1..).zip(paths) {
        let hash = hash(seed.into(), path);
        let bucket = bucket(hash, buckets.len());
        buckets[bucket].push((hash, number));
    }
    let mut displacements = vec![0; buckets.len()];
    let mut order: Vec<_> = (0..buckets.len()).collect();
    // The fullest first, as long as there is room.
    order.sort_by_key(|&index| std::cmp::Reverse(buckets[index].len()));
    for index in order {
        let taken = |displacement| places(&buckets[index], displacement, &slots);
        let (displacement, taken) =
            (0..MAX_TRIES).find_map(|tried| Some((tried, taken(tried)?)))?;
        displacements[index] = displacement;
        for (place, (_, number)) in taken.into_iter().zip(&buckets[index]) {
            slots[place] = *number;
        }
    }
    Some((seed, displacements, slots))
}

/// Where a bucket's paths go with this number; `None` if there is not room for each.
fn places(bucket: &[(u64, u32)], displacement: u32, slots: &[u32]) -> Option<Vec<usize>> {
    let mut places = Vec::with_capacity(bucket.len());
    for (hash, _) in bucket {
        let place = slot(*hash, displacement, slots.len());
        if slots[place] != 0 || places.contains(&place) {
            return None;
        }
        places.push(place);
    }
    Some(places)
}
