//! `embed`: the files of a site's packs, read and written one behind the other into one file,
//! and the tables that say where each is and how it is sent.
//!
//! Equal files give equal bytes: contents stand in the order of packs and paths, equal ones
//! once. Times are those of the files, up to a bound for whoever wants the same from any
//! checkout.

pub(crate) mod compress;
pub(crate) mod tree;

use std::collections::{BTreeMap, HashMap};
use std::ffi::OsString;
use std::fmt;
use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use sitec_runtime::http::accept::Coding;
use sitec_runtime::media;
use sitec_runtime::pack::{Contents, Form, Node};
use xxhash_rust::xxh3::xxh3_128;

use crate::files::Files;
use crate::ir::{self, PackKind};
use compress::Store;

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
    /// Where compressed forms are kept from one build to the next.
    pub forms: Option<PathBuf>,
    /// Is told, from any thread, how many of how many files are compressed.
    pub progress: &'a (dyn Fn(usize, usize) + Sync),
}

/// The folder of whatever outlives builds: `SITEC_HOME`, else `sitec` in the user's cache.
/// `variable` reads the environment.
pub fn home(variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let named = |name| variable(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    named("SITEC_HOME")
        .or_else(|| Some(named("XDG_CACHE_HOME")?.join("sitec")))
        .or_else(|| Some(named("HOME")?.join(".cache/sitec")))
}

impl<'a> Options<'a> {
    /// The options that the environment gives, which `variable` reads.
    pub fn new(
        files: &'a (dyn Files + Sync),
        variable: impl Fn(&str) -> Option<OsString>,
        progress: &'a (dyn Fn(usize, usize) + Sync),
    ) -> Options<'a> {
        let epoch = variable(EPOCH_VARIABLE).and_then(|time| time.into_string().ok());
        let newest_s = epoch.and_then(|time| time.parse().ok());
        let forms = home(variable).map(|home| home.join("forms"));
        Options { files, newest_s, forms, progress }
    }
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
    let store = Store { folder: options.forms.as_deref() };
    compress_all(site, options, &store);
    let mut writer = Writer { out, written: 0, places: HashMap::new() };
    let tables = site.packs.iter().map(|pack| table(site, pack, (options, &store), &mut writer));
    Ok(Assets { tables: tables.collect::<Result<_, _>>()? })
}

/// Makes the compressed forms of all files, on all processors, where they are kept: then they are
/// at hand when the files are written in order.
fn compress_all(site: &ir::Site, options: &Options<'_>, store: &Store<'_>) {
    let nodes = site
        .packs
        .iter()
        .flat_map(|pack| pack.nodes.iter().map(move |node| (node, codings(site, pack, node))));
    let mut jobs: Vec<_> = nodes.filter(|(_, codings)| !codings.is_empty()).collect();
    if jobs.is_empty() || store.folder.is_none() {
        return;
    }
    // The longest first, so that none is left to the end.
    jobs.sort_by_key(|(node, _)| std::cmp::Reverse(node.len));
    let (next, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let work = || {
        while let Some((node, codings)) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) {
            // What fails is tried again, and told, when it is written.
            if let Ok(content) = options.files.read(&node.source) {
                let hash = xxh3_128(&content);
                codings.iter().for_each(|&coding| drop(store.form(coding, hash, &content)));
            }
            (options.progress)(done.fetch_add(1, Ordering::Relaxed) + 1, jobs.len());
        }
    };
    let threads = thread::available_parallelism().map_or(1, usize::from).min(jobs.len());
    thread::scope(|scope| (0..threads).for_each(|_| drop(scope.spawn(work))));
    store.sweep();
}

/// How a file is compressed.
fn codings<'a>(site: &ir::Site, pack: &'a ir::Pack, node: &ir::PackNode) -> &'a [Coding] {
    let is_file = node.kind == PackKind::File;
    match is_file && compress::is_compressible(media_type(site, pack, &node.path)) {
        true => &pack.codings,
        false => &[],
    }
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
    (options, store): (&Options<'_>, &Store<'_>),
    writer: &mut Writer<'_>,
) -> Result<Vec<u8>, Failure> {
    let mut nodes = BTreeMap::new();
    for node in &pack.nodes {
        let contents = match node.kind {
            PackKind::Directory => Contents::Directory,
            PackKind::OnDisk => Contents::OnDisk,
            PackKind::Special => Contents::Special,
            PackKind::Barred => Contents::Barred,
            PackKind::File => {
                let content_type = media_type(site, pack, &node.path).to_vec();
                let codings = codings(site, pack, node);
                let content = options.files.read(&node.source);
                let forms =
                    content.and_then(|content| forms(pack, &content, codings, store, writer));
                let failure = |error| Failure { path: node.source.clone(), error };
                let forms = forms.map_err(failure)?;
                Contents::File { content_type, ranges: pack.ranges, forms }
            }
        };
        let modified_s = node.modified_s.min(options.newest_s.unwrap_or(i64::MAX));
        let node = (node.path.clone(), Node { modified_s, len: node.len, contents });
        nodes.extend([node]);
    }
    Ok(sitec_runtime::pack::write(&nodes))
}

/// The forms of a file, itself first.
fn forms(
    pack: &ir::Pack,
    content: &[u8],
    codings: &[Coding],
    store: &Store<'_>,
    writer: &mut Writer<'_>,
) -> io::Result<Vec<Form>> {
    let etag = |hash: u128| pack.etag.then(|| format!("\"{:016x}\"", hash as u64));
    let (hash, place) = writer.add(content)?;
    let mut forms = vec![Form { coding: None, place, etag: etag(hash) }];
    for &coding in codings {
        if let Some(form) = store.form(coding, hash, content)? {
            let (hash, place) = writer.add(&form)?;
            forms.push(Form { coding: Some(coding), place, etag: etag(hash) });
        }
    }
    Ok(forms)
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
