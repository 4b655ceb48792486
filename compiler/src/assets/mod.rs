//! `embed`: the files of a site's packs, read and written one behind the other into one file,
//! and the tables that say where each is and how it is sent.
//!
//! Equal files give equal bytes: contents stand in the order of packs and paths, equal ones
//! once. Times are those of the files, up to a bound for whoever wants the same from any
//! checkout.

pub(crate) mod tree;

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};

use sitec_runtime::media;
use sitec_runtime::pack::{Contents, Form, Node};
use xxhash_rust::xxh3::xxh3_128;

use crate::files::Files;
use crate::ir::{self, PackKind};

/// The file beside the generated text that holds the contents.
pub const FILE_NAME: &str = "files.bin";

/// The tables of a site's packs.
#[derive(Default)]
pub struct Assets {
    tables: Vec<Vec<u8>>,
}

impl Assets {
    pub(crate) fn tables(&self) -> &[Vec<u8>] {
        &self.tables
    }
}

/// A file that cannot be embedded.
#[derive(Debug)]
pub struct Failure {
    /// Its path.
    pub path: PathBuf,
    /// Why.
    pub error: io::Error,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot embed `{}`: {}", self.path.display(), self.error)
    }
}

/// How files are gathered.
pub struct Options<'a> {
    /// Where they are.
    pub files: &'a (dyn Files + Sync),
    /// The latest time of a file, in seconds since 1970; later ones count as this.
    pub newest_s: Option<i64>,
}

/// The variable that says what [`Options::newest_s`] is, as other tools take it, so that the
/// times of a checkout do not show in what is built from it.
pub const EPOCH_VARIABLE: &str = "SOURCE_DATE_EPOCH";

/// Reads the files of a site's packs, and writes their contents to `out`. Nothing is written for
/// a site without.
pub fn gather(
    site: &ir::Site,
    options: &Options<'_>,
    out: &mut dyn Write,
) -> Result<Assets, Failure> {
    let mut writer = Writer { out, written: 0, places: HashMap::new() };
    let tables = site.packs.iter().map(|pack| table(site, pack, options, &mut writer));
    Ok(Assets { tables: tables.collect::<Result<_, _>>()? })
}

/// The same into [`FILE_NAME`] in a folder. What is there stays as it is where it is equal, so
/// that nothing has to be compiled again.
pub fn gather_into(
    folder: &Path,
    site: &ir::Site,
    options: &Options<'_>,
) -> Result<Assets, Failure> {
    if site.packs.is_empty() {
        return Ok(Assets::default());
    }
    let path = folder.join(FILE_NAME);
    let new = folder.join(format!("{FILE_NAME}.{}", std::process::id()));
    let failure = |error| Failure { path: path.clone(), error };
    let mut out = BufWriter::new(File::create(&new).map_err(failure)?);
    let gathered = gather(site, options, &mut out).and_then(|assets| {
        out.flush().and_then(|()| replace(&new, &path)).map_err(failure)?;
        Ok(assets)
    });
    if gathered.is_err() {
        let _ = fs::remove_file(&new);
    }
    gathered
}

/// The table of one pack.
fn table(
    site: &ir::Site,
    pack: &ir::Pack,
    options: &Options<'_>,
    writer: &mut Writer<'_>,
) -> Result<Vec<u8>, Failure> {
    let mut nodes = BTreeMap::new();
    for node in &pack.nodes {
        let contents = match node.kind {
            PackKind::Directory => Contents::Directory,
            PackKind::OnDisk => Contents::OnDisk,
            PackKind::Special => Contents::Special,
            PackKind::File => {
                let content_type = media_type(site, pack, &node.path).to_vec();
                let forms = forms(pack, node, options, writer).map_err(|error| {
                    let path = node.source.clone();
                    Failure { path, error }
                })?;
                Contents::File { content_type, ranges: pack.ranges, forms }
            }
        };
        let modified_s = node.modified_s.min(options.newest_s.unwrap_or(i64::MAX));
        let node = (node.path.clone(), Node { modified_s, len: node.len, contents });
        nodes.extend([node]);
    }
    Ok(sitec_runtime::pack::write(&nodes))
}

/// The forms of a file.
fn forms(
    pack: &ir::Pack,
    node: &ir::PackNode,
    options: &Options<'_>,
    writer: &mut Writer<'_>,
) -> io::Result<Vec<Form>> {
    let plain = options.files.read(&node.source)?;
    let (hash, place) = writer.add(&plain)?;
    let etag = |hash: u128| pack.etag.then(|| format!("\"{:016x}\"", hash as u64));
    Ok(vec![Form { coding: None, place, etag: etag(hash) }])
}

/// The media type of a file, as the server finds it for files on the disk.
fn media_type<'a>(site: &'a ir::Site, pack: &'a ir::Pack, path: &[u8]) -> &'a [u8] {
    let extension = media::extension(path).to_ascii_lowercase();
    let types = &site.types[usize::from(pack.types)];
    let known = types.iter().find(|(known, _)| *known == extension);
    known.map_or(&pack.default_type, |(_, media_type)| media_type)
}

/// Writes contents one behind the other, equal ones once.
struct Writer<'a> {
    out: &'a mut dyn Write,
    written: u64,
    places: HashMap<u128, Range<u64>>,
}

impl Writer<'_> {
    /// The hash of a content, and its place.
    fn add(&mut self, content: &[u8]) -> io::Result<(u128, Range<u64>)> {
        let hash = xxh3_128(content);
        if let Some(place) = self.places.get(&hash) {
            return Ok((hash, place.clone()));
        }
        self.out.write_all(content)?;
        let start = self.written;
        self.written += content.len() as u64;
        self.places.insert(hash, start..self.written);
        Ok((hash, start..self.written))
    }
}

/// Puts the file `new` in the place of `old`, unless they are equal.
fn replace(new: &Path, old: &Path) -> io::Result<()> {
    match same_bytes(new, old) {
        Ok(true) => fs::remove_file(new),
        _ => fs::rename(new, old),
    }
}

fn same_bytes(a: &Path, b: &Path) -> io::Result<bool> {
    let (mut a, mut b) = (File::open(a)?, File::open(b)?);
    if a.metadata()?.len() != b.metadata()?.len() {
        return Ok(false);
    }
    let (mut from_a, mut from_b) = (vec![0; 1 << 20], vec![0; 1 << 20]);
    loop {
        let len = a.read(&mut from_a)?;
        if len == 0 {
            return Ok(true);
        }
        b.read_exact(&mut from_b[..len])?;
        if from_a[..len] != from_b[..len] {
            return Ok(false);
        }
    }
}
