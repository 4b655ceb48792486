//! What paths are, remembered: a bounded cache for one worker, checked against the disk at
//! most once a second.

use std::collections::HashMap;
use std::ffi::CStr;
use std::io;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::entry::Entry;
use super::open::Directory;
use crate::clock::Now;
use crate::site::DirectoryId;
use crate::sys::fs::OpenFor;

/// Paths that are remembered.
const MAX_ENTRIES: usize = 1024;

/// Bytes of content that are held in memory.
const MAX_CONTENT_LEN: usize = 8 * 1024 * 1024;

/// Descriptors that are held; the others are the connections'.
const MAX_DESCRIPTORS: usize = 256;

/// How long an entry, or the directory itself, is believed.
const BELIEVED_MS: u64 = 1000;

/// Bytes of a key in front of the path: the directory, and how symlinks are followed.
const KEY_FRONT_LEN: usize = size_of::<DirectoryId>() + 1;

/// How often this process has changed files: what all workers share.
pub type Changes = Arc<AtomicU64>;

/// The files of a site, as one worker sees them.
pub struct Files {
    directories: Vec<OpenDirectory>,
    index: HashMap<Rc<[u8]>, usize>,
    slots: Vec<Slot>,
    /// Slots that hold nothing.
    free: Vec<usize>,
    /// Where the search for an entry to give up goes on.
    hand: usize,
    content_len: usize,
    descriptors: usize,
    /// Holds the key of a lookup.
    key: Vec<u8>,
    changes: Changes,
    /// The changes that the entries take account of.
    seen_changes: u64,
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
}

impl Files {
    /// The files beneath these absolute paths, in the order of their ids. One that is missing
    /// is looked for again when it is used.
    pub fn new(directories: &[PathBuf]) -> Files {
        Files::for_worker(directories, Changes::default())
    }

    /// The same for one more worker.
    pub fn for_worker(directories: &[PathBuf], changes: Changes) -> Files {
        let open = |path: &PathBuf| OpenDirectory { path: path.clone(), opened: None };
        Files {
            directories: directories.iter().map(open).collect(),
            index: HashMap::new(),
            slots: Vec::new(),
            free: Vec::new(),
            hand: 0,
            content_len: 0,
            descriptors: 0,
            key: Vec::new(),
            seen_changes: changes.load(Ordering::Acquire),
            changes,
        }
    }

    /// What a path beneath a directory is: now, or at most a second ago. `write_path` appends
    /// it: relative, no `..`, no NUL; `None` if no such path can lead anywhere. With
    /// `follow_symlinks`, symlinks may lead out of the directory.
    pub fn find(
        &mut self,
        directory: DirectoryId,
        follow_symlinks: bool,
        now: Now,
        write_path: impl FnOnce(&mut Vec<u8>) -> Option<()>,
    ) -> Entry {
        self.key.clear();
        self.key.extend_from_slice(&directory.to_ne_bytes());
        self.key.push(follow_symlinks.into());
        if write_path(&mut self.key).is_none() {
            return Entry::Failed(libc::ENOENT);
        }
        let changes = self.changes.load(Ordering::Acquire);
        if changes != self.seen_changes {
            self.seen_changes = changes;
            self.release();
        }
        let known = self.index.get(self.key.as_slice()).copied();
        if let Some(index) = known {
            let slot = &mut self.slots[index];
            slot.used = true;
            if now.monotonic_ms < slot.checked_ms + BELIEVED_MS {
                return slot.entry.clone();
            }
        }
        let entry = self.look(directory, follow_symlinks, now);
        match known {
            // The table may have been emptied to free descriptors.
            Some(index) if self.slots.get(index).is_some_and(|slot| slot.key.is_some()) => {
                self.refresh(index, entry, now)
            }
            _ => self.insert(entry, now),
        }
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

    /// A directory, to change what is in it.
    pub fn directory(&mut self, id: DirectoryId, now: Now) -> io::Result<&Directory> {
        self.directories.get_mut(usize::from(id)).ok_or_else(invalid_path)?.open(now)
    }

    /// Forgets everything, and so closes every descriptor that no response is using.
    pub fn release(&mut self) {
        self.index.clear();
        self.slots.clear();
        self.free.clear();
        (self.hand, self.content_len, self.descriptors) = (0, 0, 0);
    }

    /// How many entries and descriptors are held.
    #[cfg(test)]
    pub(super) fn held(&self) -> (usize, usize) {
        (self.index.len(), self.descriptors)
    }

    /// Looks at the disk. Where descriptors have run out, the cache's own are given up first.
    fn look(&mut self, directory: DirectoryId, follow_symlinks: bool, now: Now) -> Entry {
        // The path is to be a C string.
        self.key.push(0);
        let mut found = self.open(directory, follow_symlinks, now);
        if is_out_of_descriptors(&found) && self.descriptors > 0 {
            self.release();
            found = self.open(directory, follow_symlinks, now);
        }
        self.key.pop();
        found.unwrap_or_else(|error| Entry::Failed(error.raw_os_error().unwrap_or(libc::EIO)))
    }

    fn open(
        &mut self,
        directory: DirectoryId,
        follow_symlinks: bool,
        now: Now,
    ) -> io::Result<Entry> {
        let path = CStr::from_bytes_with_nul(&self.key[KEY_FRONT_LEN..]);
        let path = path.map_err(|_| invalid_path())?;
        let directory = self.directories.get_mut(usize::from(directory));
        let directory = directory.ok_or_else(invalid_path)?.open(now)?;
        let read = directory.open_file(path, follow_symlinks, OpenFor::Reading);
        match read.and_then(|file| Entry::read(file, now.unix_s())) {
            Err(error) if error.raw_os_error() == Some(libc::EACCES) => {
                let known = directory.open_file(path, follow_symlinks, OpenFor::Knowing)?;
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
    fn insert(&mut self, entry: Entry, now: Now) -> Entry {
        if self.index.len() >= MAX_ENTRIES {
            self.give_one_up();
        }
        let key: Rc<[u8]> = self.key.as_slice().into();
        let slot = Slot {
            key: Some(key.clone()),
            entry: entry.clone(),
            checked_ms: now.monotonic_ms,
            used: false,
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
        while self.content_len > MAX_CONTENT_LEN || self.descriptors > MAX_DESCRIPTORS {
            self.give_one_up();
        }
    }

    /// Gives up the next entry that was not used since the hand passed it last.
    fn give_one_up(&mut self) {
        while !self.index.is_empty() {
            self.hand = (self.hand + 1) % self.slots.len();
            let slot = &mut self.slots[self.hand];
            if slot.key.is_none() || std::mem::take(&mut slot.used) {
                continue;
            }
            let Some(key) = slot.key.take() else { continue };
            self.index.remove(&key);
            let entry = std::mem::replace(&mut slot.entry, Entry::Special);
            self.content_len -= entry.content_len();
            self.descriptors -= usize::from(entry.holds_descriptor());
            self.free.push(self.hand);
            return;
        }
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
