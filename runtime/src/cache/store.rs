//! The files of one `proxy_cache_path`, and what is known of them.
//!
//! A file is written under a name of its own, and put in its place when it is whole; so whoever opens
//! one has all of it, also while another takes its place. What is too much, or was not asked for, is
//! removed by a thread, which at first finds out what an earlier start has left.

use std::collections::VecDeque;
use std::ffi::CString;
use std::fs::{self, File};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::Digest;
use super::freshness::Freshness;
use super::index::Index;
use super::record::Record;
use crate::site;
use crate::sys::fs::free_len;

/// What the names of files begin with that are not whole.
const DRAFT: &str = ".sitec-";
/// How often it is looked whether files have to go.
const EVERY: Duration = Duration::from_secs(10);
/// How deep folders lie within each other.
const MAX_LEVELS: usize = 3;

/// Answers of other servers that are kept.
pub struct Store {
    pub(super) said: &'static site::Cache,
    path: PathBuf,
    index: Mutex<Index>,
    /// Whether it is known what is there.
    is_loaded: AtomicBool,
    next_draft: AtomicU64,
    /// Rung where files have to go at once.
    bell: Condvar,
    is_full: Mutex<bool>,
}

impl Store {
    /// What is kept in a folder.
    pub fn new(said: &'static site::Cache, path: PathBuf) -> Store {
        Store {
            said,
            path,
            index: Mutex::new(Index::new(said.keys_len)),
            is_loaded: AtomicBool::new(false),
            next_draft: AtomicU64::new(0),
            bell: Condvar::new(),
            is_full: Mutex::new(false),
        }
    }

    /// How long all is that is kept, in bytes.
    pub fn len(&self) -> u64 {
        self.index().len()
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Finds out whether files can be kept. Removes what was not finished.
    pub fn prepare(&self) -> io::Result<()> {
        fs::create_dir_all(&self.path)?;
        for found in fs::read_dir(&self.path)? {
            let found = found?;
            if found.file_name().to_str().is_some_and(is_left) {
                fs::remove_file(found.path())?;
            }
        }
        let (path, _) = self.draft()?;
        fs::remove_file(path)
    }

    pub(super) fn index(&self) -> MutexGuard<'_, Index> {
        self.index.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether it is known what is there.
    pub(super) fn is_loaded(&self) -> bool {
        self.is_loaded.load(Ordering::Acquire)
    }

    /// Opens the file of a key.
    pub(super) fn open(&self, key: &Digest) -> io::Result<File> {
        File::options().read(true).write(true).open(self.place(key))
    }

    /// A file that is not whole yet.
    pub(super) fn draft(&self) -> io::Result<(PathBuf, File)> {
        let number = self.next_draft.fetch_add(1, Ordering::Relaxed);
        let path = self.path.join(format!("{DRAFT}{}-{number}", std::process::id()));
        let file = File::options().write(true).create_new(true).open(&path)?;
        Ok((path, file))
    }

    /// Puts a whole file in its place.
    pub(super) fn put(
        &self,
        key: Digest,
        draft: &Path,
        (len, fresh): (u64, Freshness),
        now_ms: u64,
    ) -> io::Result<()> {
        let place = self.place(&key);
        let moved = fs::rename(draft, &place);
        if moved.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::NotFound) {
            place.parent().map_or(Ok(()), fs::create_dir_all)?;
            fs::rename(draft, &place)?;
        } else {
            moved?;
        }
        let mut gone = Vec::new();
        let mut index = self.index();
        index.store(key, (len, fresh), now_ms, &mut gone);
        let is_full = index.len() > self.said.max_len;
        let removed = self.take_away(&gone);
        drop(index);
        removed.iter().for_each(|path| drop(fs::remove_file(path)));
        if is_full {
            self.ring();
        }
        Ok(())
    }

    /// Takes files out of their places, so that others may come there. To be called with the index, and
    /// what it gives to be removed without that: this takes longer.
    pub(super) fn take_away(&self, gone: &[Digest]) -> Vec<PathBuf> {
        let moved = gone.iter().filter_map(|key| {
            let number = self.next_draft.fetch_add(1, Ordering::Relaxed);
            let away = self.path.join(format!("{DRAFT}{}-{number}", std::process::id()));
            fs::rename(self.place(key), &away).is_ok().then_some(away)
        });
        moved.collect()
    }

    /// Where the file of a key is.
    fn place(&self, key: &Digest) -> PathBuf {
        let name: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
        let mut path = self.path.clone();
        let mut end = name.len();
        for level in self.said.levels.into_iter().map(usize::from).take_while(|&level| level > 0) {
            path.push(&name[end - level..end]);
            end -= level;
        }
        path.push(name);
        path
    }

    fn ring(&self) {
        *self.is_full.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.bell.notify_one();
    }

    /// Starts the thread that looks after the files.
    pub fn start(&'static self, since: Instant, since_ms: u64) -> io::Result<()> {
        let clock = move || since_ms + since.elapsed().as_millis() as u64;
        let thread = thread::Builder::new().name(format!("cache-{}", self.said.name));
        thread.spawn(move || self.look_after(&clock)).map(drop)
    }

    /// Looks after the files as long as the process lives.
    fn look_after(&self, clock: &dyn Fn() -> u64) {
        self.load(clock());
        loop {
            self.shrink(clock());
            let waiting = self.is_full.lock().unwrap_or_else(PoisonError::into_inner);
            let waited = self.bell.wait_timeout_while(waiting, EVERY, |is_full| !*is_full);
            let (mut is_full, _) = waited.unwrap_or_else(PoisonError::into_inner);
            *is_full = false;
        }
    }

    /// Finds out what an earlier start has left.
    fn load(&self, now_ms: u64) {
        let mut folders = VecDeque::from([(self.path.clone(), 0)]);
        while let Some((folder, depth)) = folders.pop_front() {
            for found in fs::read_dir(folder).into_iter().flatten().flatten() {
                let name = found.file_name().to_string_lossy().into_owned();
                match found.file_type() {
                    Ok(kind) if kind.is_dir() && depth < MAX_LEVELS => {
                        folders.push_back((found.path(), depth + 1));
                    }
                    Ok(kind) if kind.is_file() => self.load_one(&found.path(), &name, now_ms),
                    _ => {}
                }
            }
        }
        self.is_loaded.store(true, Ordering::Release);
    }

    fn load_one(&self, path: &Path, name: &str, now_ms: u64) {
        let Some(key) = digest_of(name).filter(|key| self.place(key) == path) else { return };
        match File::open(path).and_then(|file| Record::read(&file)) {
            Ok(Some(record)) => {
                let mut index = self.index();
                // Somebody may have been quicker.
                if index.get(&key).is_none_or(|entry| entry.len == 0) {
                    let mut gone = Vec::new();
                    index.store(key, (record.file_len(), record.fresh), now_ms, &mut gone);
                    let removed = self.take_away(&gone);
                    drop(index);
                    removed.iter().for_each(|path| drop(fs::remove_file(path)));
                }
            }
            Ok(None) => drop(fs::remove_file(path)),
            Err(_) => {}
        }
    }

    /// Removes what nobody has asked for, and what is too much.
    fn shrink(&self, now_ms: u64) {
        let said = self.said;
        let mut most = said.max_len;
        loop {
            let mut gone = Vec::new();
            let mut index = self.index();
            index.shrink(now_ms.saturating_sub(said.inactive_ms), most, &mut gone);
            let removed = self.take_away(&gone);
            let len = index.len();
            drop(index);
            removed.iter().for_each(|path| drop(fs::remove_file(path)));
            match self.free_len() {
                Some(free) if free < said.min_free && len > 0 => {
                    most = len.saturating_sub(said.min_free - free);
                }
                _ => return,
            }
        }
    }

    /// Bytes that are free where it is, if that is to be known.
    fn free_len(&self) -> Option<u64> {
        let path = CString::new(self.path.as_os_str().as_bytes()).ok()?;
        (self.said.min_free > 0).then(|| free_len(&path).ok()).flatten()
    }
}

/// Whether a name is that of a file that nobody finishes any more.
fn is_left(name: &str) -> bool {
    let process = name.strip_prefix(DRAFT).and_then(|rest| rest.split('-').next());
    process.is_some_and(|id| !Path::new("/proc").join(id).exists())
}

/// The key that a file's name says.
fn digest_of(name: &str) -> Option<Digest> {
    let mut key = Digest::default();
    if name.len() != 2 * key.len() || !name.is_ascii() {
        return None;
    }
    for (at, byte) in key.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&name[2 * at..2 * at + 2], 16).ok()?;
    }
    Some(key)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;
    use crate::samples::{Folder, leak};

    fn said(levels: [u8; 3], max_len: u64) -> &'static site::Cache {
        leak(site::Cache {
            name: "kept",
            path: &[],
            levels,
            keys_len: 1 << 20,
            inactive_ms: 1000,
            max_len,
            min_free: 0,
            digest: crate::links::digest,
        })
    }

    fn put(store: &Store, number: u8, content: &[u8], now_ms: u64) {
        let record = Record { status: 200, content_len: content.len() as u64, ..Record::default() };
        let (path, mut file) = store.draft().expect("a draft");
        file.write_all(&[&record.encode(), content].concat()).expect("a write");
        store.put([number; 16], &path, (record.file_len(), record.fresh), now_ms).expect("a move");
        assert!(!path.exists());
    }

    fn is_there(store: &Store, number: u8) -> bool {
        let is_known = store.index().get(&[number; 16]).is_some_and(|entry| entry.len > 0);
        assert_eq!(store.open(&[number; 16]).is_ok(), is_known);
        is_known
    }

    #[test]
    fn files_lie_where_the_levels_say() {
        let key = [0xab; 16];
        let name = "ab".repeat(16);
        for (levels, expected) in [
            ([0; 3], format!("/kept/{name}")),
            ([1, 2, 0], format!("/kept/b/ba/{name}")),
            ([2, 2, 1], format!("/kept/ab/ab/b/{name}")),
        ] {
            let store = Store::new(said(levels, 1), PathBuf::from("/kept"));
            assert_eq!(store.place(&key), Path::new(&expected));
            assert_eq!(digest_of(&name), Some(key));
        }
        for name in ["", "ab", &"xy".repeat(16), &"ä".repeat(16)] {
            assert_eq!(digest_of(name), None);
        }
    }

    #[test]
    fn what_is_old_or_too_much_goes() {
        let folder = Folder::new();
        let store = Store::new(said([1, 0, 0], 400), folder.0.join("kept"));
        store.prepare().expect("a folder");
        put(&store, 1, &[0; 100], 1000);
        put(&store, 2, &[0; 100], 1500);
        store.shrink(2200);
        assert_eq!([is_there(&store, 1), is_there(&store, 2)], [false, true]);
        for number in 3..6 {
            put(&store, number, &[0; 100], 2000 + u64::from(number));
        }
        store.shrink(2200);
        let found = [2, 3, 4, 5].map(|number| is_there(&store, number));
        assert_eq!(found, [false, false, true, true]);
        // One in the place of another counts once.
        put(&store, 5, &[0; 10], 2100);
        assert_eq!(store.index().len(), 64 + 100 + 64 + 10);
    }

    #[test]
    fn what_is_there_is_found_again() {
        let folder = Folder::new();
        let path = folder.0.join("kept");
        let store = Store::new(said([1, 2, 0], 1 << 20), path.clone());
        store.prepare().expect("a folder");
        put(&store, 1, b"hello", 1);
        put(&store, 2, b"", 1);
        let place = store.place(&[2; 16]);
        fs::write(&place, "cut").expect("a write");
        fs::write(path.join("a file of somebody's"), "mine").expect("a write");
        let again = Store::new(store.said, path.clone());
        assert!(!again.is_loaded());
        again.load(5);
        assert!(again.is_loaded() && is_there(&again, 1) && !is_there(&again, 2));
        assert_eq!(again.index().len(), 64 + 5);
        assert!(!place.exists() && path.join("a file of somebody's").exists());
    }

    #[test]
    fn drafts_of_who_is_gone_are_left() {
        let own = format!("{DRAFT}{}-7", std::process::id());
        // No process has so high a number.
        for (name, expected) in
            [(".sitec-4194305-0", true), (&own, false), ("other", false), (".sitec-", false)]
        {
            assert_eq!(is_left(name), expected, "{name}");
        }
    }
}
