//! What paths are, remembered: a bounded cache for one worker, checked against the disk at
//! most once a second, or as `open_file_cache` says.

use std::collections::HashMap;
use std::ffi::CStr;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use foldhash::fast::RandomState;

use super::entry::Entry;
use super::links::{Checked, Links};
use super::list::Folders;
use super::open::Directory;
use super::places::Places;
use crate::clock::Now;
use crate::pack::{Found, Pack};
use crate::site::{DirectoryId, FileCache, Settings};
use crate::sys::fs::OpenFor;

/// Paths that are remembered where the conf says nothing.
pub const MAX_ENTRIES: usize = 1024;

/// Bytes of content that are held in memory.
pub const MAX_CONTENT_LEN: usize = 8 * 1024 * 1024;

/// Descriptors that are held where the conf says nothing; the others are the connections'.
pub const MAX_DESCRIPTORS: usize = 256;

/// How long a directory is believed to be the one that its path names.
const BELIEVED_MS: u64 = 1000;

/// Entries that are looked at, each time that another is made, for being idle too long.
const SWEPT_AT_ONCE: usize = 2;

/// How often this process has changed files: what all workers share.
pub type Changes = Arc<AtomicU64>;

/// The files of a site, as one worker sees them.
pub struct Files {
    directories: Vec<OpenDirectory>,
    index: HashMap<Rc<[u8]>, usize, RandomState>,
    slots: Vec<Slot>,
    /// Slots that hold nothing.
    free: Vec<usize>,
    /// Where the search for an entry to give up goes on.
    hand: usize,
    /// Where the search for idle ones goes on.
    sweeper: usize,
    max_entries: usize,
    max_descriptors: usize,
    content_len: usize,
    descriptors: usize,
    /// Holds the key of a lookup.
    key: Vec<u8>,
    /// Holds its path, beneath the directory.
    path: Vec<u8>,
    changes: Changes,
    /// The changes that the entries take account of.
    seen_changes: u64,
    /// Places for what takes longer.
    pub places: Places,
    /// The directories that are listed.
    pub folders: Folders,
}

/// A directory, opened again once a second: another one may have taken its place.
struct OpenDirectory {
    path: PathBuf,
    opened: Option<(Directory, u64)>,
}

struct Slot {
    /// What the slot is found by; `None` if it is free.
    key: Option<Rc<[u8]>>,
    entry: Entry,
    checked_ms: u64,
    /// Whether it was used since the hand last passed.
    used: bool,
    /// How often it was used without a pause that made it idle.
    uses: u32,
    /// When it is idle.
    idle_at_ms: u64,
}

/// What a file is asked for by, where a location and the path of a URI decide alone which it is:
/// it is found again without a look at what the path leads to.
#[derive(Clone, Copy)]
pub struct Name<'a> {
    /// What holds in the location.
    pub settings: &'static Settings,
    /// Whether the path is beneath an `alias` that is otherwise complete.
    pub append_path: bool,
    /// The path of the URI, decoded and normalised.
    pub path: &'a [u8],
    /// What is put behind it.
    pub ending: &'static [u8],
}

/// What is asked about a path.
#[derive(Clone)]
pub struct Question<'a> {
    /// What the answer is remembered by; else by the path beneath the directory.
    pub name: Option<Name<'a>>,
    /// The directory that it is beneath.
    pub directory: DirectoryId,
    /// Which symlinks are followed.
    pub links: Links,
    /// What of it is part of the binary.
    pub pack: Option<&'static Pack>,
    /// How long an answer is believed.
    pub cache: FileCache,
    /// The present.
    pub now: Now,
}

impl Files {
    /// The files beneath these absolute paths, in the order of their ids. One that is missing
    /// is looked for again when it is used.
    #[cfg(test)]
    pub fn new(directories: &[PathBuf]) -> Files {
        Files::for_worker(directories, None, Changes::default())
    }

    /// The same for one of several workers; `max_entries` is what the conf says.
    pub fn for_worker(
        directories: &[PathBuf],
        max_entries: Option<usize>,
        changes: Changes,
    ) -> Files {
        let open = |path: &PathBuf| OpenDirectory { path: path.clone(), opened: None };
        Files {
            directories: directories.iter().map(open).collect(),
            index: HashMap::default(),
            slots: Vec::new(),
            free: Vec::new(),
            hand: 0,
            sweeper: 0,
            max_entries: max_entries.unwrap_or(MAX_ENTRIES),
            max_descriptors: max_entries.unwrap_or(MAX_DESCRIPTORS),
            content_len: 0,
            descriptors: 0,
            key: Vec::new(),
            path: Vec::new(),
            seen_changes: changes.load(Ordering::Acquire),
            changes,
            places: Places::default(),
            folders: Folders::default(),
        }
    }

    /// How often this process has changed files up to now.
    fn present_changes(&self) -> u64 {
        self.changes.load(Ordering::Acquire)
    }

    /// What was found by a name a little while ago, where that is still believed.
    pub fn recall(&mut self, name: &Name<'_>, now: Now) -> Option<Entry> {
        if self.present_changes() != self.seen_changes {
            return None;
        }
        self.key.clear();
        name.write(&mut self.key);
        let index = *self.index.get(self.key.as_slice())?;
        let slot = &mut self.slots[index];
        let cache = &name.settings.file_cache;
        if !slot.is_believed(cache, now) {
            return None;
        }
        slot.note_use(cache, now);
        Some(slot.entry.clone())
    }

    /// What a path beneath a directory is: now, or a little while ago. `write_path` appends it:
    /// relative, no `..`, no NUL; `None` if no such path can lead anywhere.
    pub fn find(
        &mut self,
        question: Question<'_>,
        write_path: impl FnOnce(&mut Vec<u8>) -> Option<()>,
    ) -> Entry {
        self.path.clear();
        if write_path(&mut self.path).is_none() {
            return Entry::Failed(libc::ENOENT);
        }
        if let Some(pack) = question.pack {
            match pack.find(&self.path) {
                Found::File(file) => return Entry::Packed(file),
                Found::Directory => return Entry::Directory,
                Found::Special => return Entry::Special,
                Found::Nothing(error) => return Entry::Failed(error),
                Found::OnDisk => {}
            }
        }
        self.write_key(&question);
        let changes = self.present_changes();
        if changes != self.seen_changes {
            self.seen_changes = changes;
            self.release();
        }
        let known = self.index.get(self.key.as_slice()).copied();
        if let Some(index) = known {
            let slot = &mut self.slots[index];
            let believed = slot.is_believed(&question.cache, question.now);
            slot.note_use(&question.cache, question.now);
            if believed {
                return slot.entry.clone();
            }
        }
        let entry = self.look(&question);
        let entry = match known {
            // The table may have been emptied to free descriptors.
            Some(index) if self.slots.get(index).is_some_and(|slot| slot.key.is_some()) => {
                self.refresh(index, entry, question.now)
            }
            _ => self.insert(entry, &question),
        };
        self.sweep(question.now);
        entry
    }

    /// What tells other workers of changes.
    pub fn changes(&self) -> Changes {
        self.changes.clone()
    }

    /// Tells all workers that this one has changed files: they look anew, and hold no descriptor
    /// of a file that is gone.
    pub fn announce_change(&self) {
        self.changes.fetch_add(1, Ordering::Release);
    }

    /// A directory, to list or to change what is in it.
    pub fn directory(&mut self, id: DirectoryId, links: Links, now: Now) -> io::Result<Directory> {
        let directory = self.directories.get_mut(usize::from(id)).ok_or_else(invalid_path)?;
        Ok(directory.open(now)?.with_links(links))
    }

    /// Forgets everything, and so closes every descriptor that no response is using.
    pub fn release(&mut self) {
        self.index.clear();
        self.slots.clear();
        self.free.clear();
        (self.hand, self.sweeper, self.content_len, self.descriptors) = (0, 0, 0, 0);
    }

    /// How many entries and descriptors are held.
    #[cfg(test)]
    pub(super) fn held(&self) -> (usize, usize) {
        (self.index.len(), self.descriptors)
    }

    /// Writes what the answer is remembered by: the name, or the directory, how symlinks are
    /// followed, from where on they are looked at, and the path.
    fn write_key(&mut self, question: &Question<'_>) {
        self.key.clear();
        if let Some(name) = &question.name {
            return name.write(&mut self.key);
        }
        let directory = self.directories.get(usize::from(question.directory));
        let root = directory.map_or(&b""[..], |found| found.path.as_os_str().as_bytes());
        let from = match question.links.checked(root, &self.path) {
            Checked::Nothing => u32::MAX,
            Checked::Behind(len) => len as u32,
        };
        self.key.push(BY_PATH);
        self.key.extend_from_slice(&question.directory.to_ne_bytes());
        self.key.push(question.links.follow as u8);
        self.key.extend_from_slice(&from.to_ne_bytes());
        self.key.extend_from_slice(&self.path);
    }

    /// Looks at the disk. Where descriptors have run out, the cache's own are given up first.
    fn look(&mut self, question: &Question<'_>) -> Entry {
        // The path is to be a C string.
        self.path.push(0);
        let mut found = self.open(question);
        if is_out_of_descriptors(&found) && self.descriptors > 0 {
            self.release();
            found = self.open(question);
        }
        found.unwrap_or_else(|error| Entry::Failed(error.raw_os_error().unwrap_or(libc::EIO)))
    }

    fn open(&mut self, question: &Question<'_>) -> io::Result<Entry> {
        let path = CStr::from_bytes_with_nul(&self.path);
        let path = path.map_err(|_| invalid_path())?;
        let directory = self.directories.get_mut(usize::from(question.directory));
        let directory = directory.ok_or_else(invalid_path)?.open(question.now)?;
        let directory = directory.with_links(question.links.clone());
        let read = directory.open_file(path, OpenFor::Reading);
        match read.and_then(|file| Entry::read(file, question.now.unix_s())) {
            Err(error) if error.raw_os_error() == Some(libc::EACCES) => {
                let known = directory.open_file(path, OpenFor::Knowing)?;
                Ok(Entry::Unreadable { directory: known.metadata()?.is_dir() })
            }
            // A socket, or a device without a driver.
            Err(error) if error.raw_os_error() == Some(libc::ENXIO) => Ok(Entry::Special),
            result => result,
        }
    }

    /// Replaces what a slot says, unless it is the same file still.
    fn refresh(&mut self, index: usize, entry: Entry, now: Now) -> Entry {
        let slot = &mut self.slots[index];
        slot.checked_ms = now.monotonic_ms;
        if let (Entry::File(old), Entry::File(new)) = (&slot.entry, &entry)
            && old.is_still(new)
        {
            return slot.entry.clone();
        }
        self.content_len -= slot.entry.content_len();
        self.descriptors -= usize::from(slot.entry.holds_descriptor());
        slot.entry = entry.clone();
        self.content_len += entry.content_len();
        self.descriptors += usize::from(entry.holds_descriptor());
        self.shrink();
        entry
    }

    /// Remembers an entry under the key of the lookup.
    fn insert(&mut self, entry: Entry, question: &Question<'_>) -> Entry {
        if self.index.len() >= self.max_entries {
            self.give_one_up();
        }
        let key: Rc<[u8]> = self.key.as_slice().into();
        let slot = Slot {
            key: Some(key.clone()),
            entry: entry.clone(),
            checked_ms: question.now.monotonic_ms,
            used: false,
            uses: 1,
            idle_at_ms: idle_at_ms(&question.cache, question.now),
        };
        let index = self.free.pop().unwrap_or(self.slots.len());
        match self.slots.get_mut(index) {
            Some(free) => *free = slot,
            None => self.slots.push(slot),
        }
        self.index.insert(key, index);
        self.content_len += entry.content_len();
        self.descriptors += usize::from(entry.holds_descriptor());
        self.shrink();
        entry
    }

    /// Gives entries up until memory and descriptors are within their bounds.
    fn shrink(&mut self) {
        while self.content_len > MAX_CONTENT_LEN || self.descriptors > self.max_descriptors {
            self.give_one_up();
        }
    }

    /// Gives up the next entry that was not used since the hand passed it last.
    fn give_one_up(&mut self) {
        while !self.index.is_empty() {
            self.hand = (self.hand + 1) % self.slots.len();
            let slot = &mut self.slots[self.hand];
            if slot.key.is_some() && !std::mem::take(&mut slot.used) {
                return self.give_up(self.hand);
            }
        }
    }

    fn give_up(&mut self, index: usize) {
        let slot = &mut self.slots[index];
        let Some(key) = slot.key.take() else { return };
        self.index.remove(&key);
        let entry = std::mem::replace(&mut slot.entry, Entry::Special);
        self.content_len -= entry.content_len();
        self.descriptors -= usize::from(entry.holds_descriptor());
        self.free.push(index);
    }

    /// Gives up entries that are idle, a few at a time.
    fn sweep(&mut self, now: Now) {
        for _ in 0..SWEPT_AT_ONCE.min(self.slots.len()) {
            self.sweeper = (self.sweeper + 1) % self.slots.len();
            if self.slots[self.sweeper].idle_at_ms <= now.monotonic_ms {
                self.give_up(self.sweeper);
            }
        }
    }
}

impl Slot {
    /// Whether its answer is good for a question, before that is counted as a use.
    fn is_believed(&self, cache: &FileCache, now: Now) -> bool {
        let now_ms = now.monotonic_ms;
        let is_kind_believed = match self.entry {
            Entry::File(_) => self.uses >= cache.min_uses,
            Entry::Packed(_) | Entry::Directory | Entry::Special => true,
            Entry::Unreadable { .. } | Entry::Failed(_) => cache.errors,
        };
        is_kind_believed && now_ms < self.believed_until_ms(cache)
    }

    /// Until when, if it is.
    fn believed_until_ms(&self, cache: &FileCache) -> u64 {
        self.checked_ms.saturating_add(cache.valid_ms).min(self.idle_at_ms)
    }

    fn note_use(&mut self, cache: &FileCache, now: Now) {
        let is_idle = self.idle_at_ms <= now.monotonic_ms;
        self.uses = if is_idle { 1 } else { self.uses.saturating_add(1) };
        self.used = true;
        self.idle_at_ms = idle_at_ms(cache, now);
    }
}

/// When what is used now is idle.
fn idle_at_ms(cache: &FileCache, now: Now) -> u64 {
    now.monotonic_ms.saturating_add(cache.inactive_ms)
}

/// What keys begin with, so that one of a kind is none of the other.
const BY_PATH: u8 = 0;
const BY_NAME: u8 = 1;

impl Name<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        // Settings are statics: where they lie tells them apart.
        out.push(BY_NAME + u8::from(self.append_path));
        out.extend_from_slice(&std::ptr::from_ref(self.settings).addr().to_ne_bytes());
        out.extend_from_slice(self.path);
        out.extend_from_slice(self.ending);
    }
}

impl OpenDirectory {
    fn open(&mut self, now: Now) -> io::Result<&Directory> {
        let believed = |&(_, at): &(Directory, u64)| now.monotonic_ms < at + BELIEVED_MS;
        if !self.opened.as_ref().is_some_and(believed) {
            self.opened = None;
            self.opened = Some((Directory::open(&self.path)?, now.monotonic_ms));
        }
        self.opened.as_ref().map(|(directory, _)| directory).ok_or_else(invalid_path)
    }
}

fn invalid_path() -> io::Error {
    io::Error::from_raw_os_error(libc::ENOENT)
}

fn is_out_of_descriptors(found: &io::Result<Entry>) -> bool {
    let error = found.as_ref().err().and_then(io::Error::raw_os_error);
    matches!(error, Some(libc::EMFILE | libc::ENFILE))
}
