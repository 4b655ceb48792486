//! What is in a directory: its names, read and sorted while others have their turns, and what each
//! of them is when it is asked for.
//!
//! Directories that are listed hold memory until their clients have taken the listing. So clients
//! that ask for the same directory share its names, and what all of them hold is bounded.

use std::cell::{Cell, RefCell};
use std::ffi::{CStr, CString};
use std::fs::{File, Metadata};
use std::io;
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;
use std::rc::{Rc, Weak};

use super::open::Directory;
use crate::clock::Now;
use crate::pack::{self, Pack};
use crate::sys::directory::{self, Kind};
use crate::sys::fs::OpenFor;

/// Names that are listed of one directory.
pub const MAX_NAMES: usize = 20_000;
/// The longest name, in bytes.
const MAX_NAME_LEN: usize = 255;
/// The text of names, and places in it, are made room for by so much at a time.
const TEXT_STEP: usize = 256 * 1024;
const NAMES_STEP: usize = 1024;
/// Bytes that a directory may take while it is read.
const READING_LEN: usize =
    MAX_NAMES * MAX_NAME_LEN + TEXT_STEP + (MAX_NAMES + NAMES_STEP) * size_of::<Name>();
/// Bytes that all directories together may take that one worker lists.
pub const MAX_LISTED_LEN: usize = 128 << 20;
/// How long the times of a directory may stay as they are while it changes: a tick of the kernel,
/// or what a file system counts in that has no parts of seconds.
const TICK_MS: u64 = 50;
const LONG_TICK_MS: u64 = 2000;
/// Bytes of a directory that are read at once.
const RECORDS_LEN: usize = 8 * 1024;
/// Names that are read before others have their turn. One that is looked up counts for several.
const TURN_NAMES: usize = 1024;
/// What a name counts that is looked up.
const LOOKED_UP: usize = 16;

/// One name in a directory.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Item {
    /// The name, one segment of a path.
    pub name: Vec<u8>,
    /// What it is, or leads to.
    pub kind: ItemKind,
    /// The length of a file, in bytes.
    pub len: u64,
    /// When it was last modified, in seconds since 1970.
    pub modified_s: i64,
}

/// What a name is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ItemKind {
    /// A directory.
    Directory,
    /// A regular file.
    File,
}

impl Item {
    /// `None` of what is not served.
    fn of(name: &[u8], metadata: &Metadata) -> Option<Item> {
        let kind = match metadata.file_type() {
            kind if kind.is_dir() => ItemKind::Directory,
            kind if kind.is_file() => ItemKind::File,
            _ => return None,
        };
        let (len, modified_s) = (metadata.len(), metadata.mtime());
        Some(Item { name: name.to_vec(), kind, len, modified_s })
    }

    fn packed(listed: pack::Listed) -> Item {
        let kind = match listed.kind {
            pack::Kind::Directory => ItemKind::Directory,
            _ => ItemKind::File,
        };
        let (len, modified_s) = (listed.len, listed.modified_s);
        Item { name: listed.name.to_vec(), kind, len, modified_s }
    }
}

/// Where a name is in the text of all.
#[derive(Clone, Copy)]
struct Name {
    start: u32,
    len: u8,
    is_directory: bool,
}

/// A directory that is listed, on its way from its first name to all of them in order.
pub struct Folder {
    directory: Directory,
    path: CString,
    opened: File,
    text: Vec<u8>,
    names: Vec<Name>,
    /// Whether all names are there, in the order of a listing.
    is_read: bool,
    /// Whether there are more of them than are listed.
    cut: bool,
    held: Held,
}

impl Folder {
    /// The directory at a path, opened for reading.
    fn new(directory: Directory, path: CString, opened: File, held: Held) -> Folder {
        let (text, names) = (Vec::new(), Vec::new());
        Folder { directory, path, opened, text, names, is_read: false, cut: false, held }
    }

    /// Reads names for as long as others may wait. Whether all are there.
    fn read(&mut self, most: usize) -> io::Result<bool> {
        let mut left = TURN_NAMES;
        while !self.is_read && left > 0 {
            let mut records = [0; RECORDS_LEN];
            let len = directory::read(self.opened.as_fd(), &mut records)?;
            let mut names = directory::records(&records[..len]);
            while let Some(record) = names.next().filter(|_| !self.cut) {
                left = left.saturating_sub(self.take(record, most)?);
            }
            if len == 0 || self.cut {
                self.sort();
            }
        }
        Ok(self.is_read)
    }

    /// Takes one name: not one that begins with a dot, and nothing that no request gets, such as a
    /// symlink that may not be followed, a FIFO, a socket or a device. What it counts.
    fn take(&mut self, record: directory::Record<'_>, most: usize) -> io::Result<usize> {
        let name = record.name.to_bytes();
        if name.starts_with(b".") || name.len() > MAX_NAME_LEN {
            return Ok(1);
        }
        let (is_directory, count) = match record.kind {
            Some(Kind::Symlink) | None => match self.look_up(record.name) {
                Some(item) => (item.kind == ItemKind::Directory, LOOKED_UP),
                None => return Ok(LOOKED_UP),
            },
            Some(Kind::Other) => return Ok(1),
            Some(kind) => (kind == Kind::Directory, 1),
        };
        if self.names.len() == most {
            self.cut = true;
            return Ok(count);
        }
        make_room(&mut self.text, name.len(), TEXT_STEP)?;
        make_room(&mut self.names, 1, NAMES_STEP)?;
        let start = self.text.len() as u32;
        self.names.push(Name { start, len: name.len() as u8, is_directory });
        self.text.extend_from_slice(name);
        Ok(count)
    }

    /// Puts the names in order: directories first.
    fn sort(&mut self) {
        let text = &self.text;
        self.names.sort_unstable_by_key(|name| (!name.is_directory, name.of(text)));
        self.text.shrink_to_fit();
        self.names.shrink_to_fit();
        self.is_read = true;
        self.held.set(self.text.len() + self.names.len() * size_of::<Name>());
    }

    /// What a name is. `None` if it is gone again, or is not served.
    fn look_up(&self, name: &CStr) -> Option<Item> {
        let status = directory::status(self.opened.as_fd(), name).ok()?;
        let kind = match status.kind {
            Kind::Directory => ItemKind::Directory,
            Kind::File => ItemKind::File,
            Kind::Other => return None,
            Kind::Symlink => {
                let path = [self.path.to_bytes(), b"/", name.to_bytes()].concat();
                let path = CString::new(path).ok()?;
                let target = self.directory.open_file(&path, OpenFor::Knowing).ok()?;
                return Item::of(name.to_bytes(), &target.metadata().ok()?);
            }
        };
        let (len, modified_s) = (status.len, status.modified_s);
        Some(Item { name: name.to_bytes().to_vec(), kind, len, modified_s })
    }
}

impl Name {
    fn of(self, text: &[u8]) -> &[u8] {
        let start = self.start as usize;
        &text[start..start + usize::from(self.len)]
    }
}

/// Makes room for so much more, by `step` at a time.
fn make_room<T>(vector: &mut Vec<T>, more: usize, step: usize) -> io::Result<()> {
    if vector.capacity() - vector.len() >= more {
        return Ok(());
    }
    let reserved = vector.try_reserve_exact(step.max(more));
    reserved.map_err(|_| io::Error::from_raw_os_error(libc::ENOMEM))
}

/// Bytes that a directory takes of what all may take together.
struct Held {
    all: Rc<Cell<usize>>,
    len: usize,
}

impl Held {
    /// Takes so much as a directory may need. `ENOBUFS` if the others leave too little.
    fn reserve(all: &Rc<Cell<usize>>) -> io::Result<Held> {
        if all.get() + READING_LEN > MAX_LISTED_LEN {
            return Err(io::Error::from_raw_os_error(libc::ENOBUFS));
        }
        let mut held = Held { all: all.clone(), len: 0 };
        held.set(READING_LEN);
        Ok(held)
    }

    fn set(&mut self, len: usize) {
        self.all.set(self.all.get() - self.len + len);
        self.len = len;
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.set(0);
    }
}

/// What tells a directory from another one and from itself after a change.
#[derive(PartialEq, Eq)]
struct Stamp {
    device: u64,
    inode: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Stamp {
    /// Whether another change would have changed the times.
    fn is_certain(&self, now: Now) -> bool {
        let (s, ns) = self.modified.max(self.changed);
        let tick_ms = if ns == 0 { LONG_TICK_MS } else { TICK_MS };
        (s * 1000 + ns / 1_000_000).saturating_add_unsigned(tick_ms) < now.unix_ms as i64
    }
}

/// The directories that one worker lists.
#[derive(Default)]
pub struct Folders {
    held: Rc<Cell<usize>>,
    shared: Vec<(Stamp, Weak<RefCell<Folder>>)>,
}

impl Folders {
    /// What is in the directory at a path, in the order of a listing. `ENOBUFS` if too much is
    /// listed at once.
    pub fn list(&mut self, directory: Directory, path: CString, now: Now) -> io::Result<Items> {
        // Names of directories that nobody lists any more go first.
        self.shared.retain(|(_, folder)| folder.strong_count() > 0);
        let opened = directory.open_file(&path, OpenFor::Reading)?;
        let found = opened.metadata()?;
        if !found.is_dir() {
            return Err(io::ErrorKind::NotADirectory.into());
        }
        let stamp = Stamp {
            device: found.dev(),
            inode: found.ino(),
            modified: (found.mtime(), found.mtime_nsec()),
            changed: (found.ctime(), found.ctime_nsec()),
        };
        let known = self.shared.iter().filter(|(known, _)| *known == stamp);
        let mut known = known.filter_map(|(_, folder)| folder.upgrade());
        let is_same = |folder: &Rc<RefCell<Folder>>| {
            let Folder { directory: other, path: other_path, .. } = &*folder.borrow();
            other.path == directory.path && other.links == directory.links && *other_path == path
        };
        if let Some(folder) = known.find(is_same) {
            return Ok(Items(Source::Disk { folder, next: 0 }));
        }
        drop(known);
        let held = Held::reserve(&self.held)?;
        let folder = Rc::new(RefCell::new(Folder::new(directory, path, opened, held)));
        if stamp.is_certain(now) {
            self.shared.push((stamp, Rc::downgrade(&folder)));
        }
        Ok(Items(Source::Disk { folder, next: 0 }))
    }
}

/// What is in a directory, given out one by one.
pub struct Items(Source);

enum Source {
    Disk { folder: Rc<RefCell<Folder>>, next: usize },
    Packed { items: Box<dyn Iterator<Item = pack::Listed>>, count: usize },
}

impl Items {
    /// What is in the directory of a pack at `path`; `None` if it is none.
    pub fn packed(pack: &'static Pack, path: &[u8]) -> Option<Items> {
        let is_directory = |listed: &pack::Listed| listed.kind == pack::Kind::Directory;
        let is_file =
            |listed: &pack::Listed| matches!(listed.kind, pack::Kind::File | pack::Kind::OnDisk);
        let directories = pack.list(path)?.filter(is_directory);
        let all = directories.chain(pack.list(path)?.filter(is_file));
        let count =
            pack.list(path)?.filter(|listed| is_directory(listed) || is_file(listed)).count();
        Some(Items(Source::Packed { items: Box::new(all.take(MAX_NAMES)), count }))
    }

    /// Goes on with reading, for as long as others may wait. Whether all names are known.
    pub fn read(&mut self) -> io::Result<bool> {
        match &self.0 {
            Source::Disk { folder, .. } => folder.borrow_mut().read(MAX_NAMES),
            Source::Packed { .. } => Ok(true),
        }
    }

    /// How many names are listed.
    pub fn count(&self) -> usize {
        match &self.0 {
            Source::Disk { folder, .. } => folder.borrow().names.len(),
            Source::Packed { count, .. } => (*count).min(MAX_NAMES),
        }
    }

    /// Goes on with a name that `choose` picks of so many that are no directories, once all are known.
    pub fn skip_to_file(&mut self, choose: impl FnOnce(usize) -> usize) {
        match &mut self.0 {
            Source::Disk { folder, next } => {
                let names = &folder.borrow().names;
                let first = names.partition_point(|name| name.is_directory);
                *next = first + choose(names.len() - first);
            }
            Source::Packed { items, count } => {
                let mut files: Vec<_> = items
                    .take(*count)
                    .filter(|listed| listed.kind != pack::Kind::Directory)
                    .collect();
                let at = choose(files.len()).min(files.len());
                files.rotate_left(at);
                *items = Box::new(files.into_iter());
            }
        }
    }

    /// Whether there are more of them.
    pub fn are_cut(&self) -> bool {
        match &self.0 {
            Source::Disk { folder, .. } => folder.borrow().cut,
            Source::Packed { count, .. } => *count > MAX_NAMES,
        }
    }
}

impl Iterator for Items {
    type Item = Item;

    /// The next one, once all names are known. One that is gone again is passed over.
    fn next(&mut self) -> Option<Item> {
        match &mut self.0 {
            Source::Disk { folder, next } => {
                let folder = folder.borrow();
                loop {
                    let name = folder.names.get(*next)?.of(&folder.text);
                    *next += 1;
                    let item = CString::new(name).ok().and_then(|name| folder.look_up(&name));
                    if item.is_some() {
                        return item;
                    }
                }
            }
            Source::Packed { items, .. } => items.next().map(Item::packed),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;
    use crate::samples;

    fn folder(path: &std::path::Path, all: &Rc<Cell<usize>>) -> Folder {
        let directory = Directory::open(path).expect("a directory");
        let opened = directory.open_file(c".", OpenFor::Reading).expect("opened");
        Folder::new(directory, c".".to_owned(), opened, Held::reserve(all).expect("room"))
    }

    #[test]
    fn a_large_folder_is_cut() {
        let disk = samples::Folder::new();
        ["a", "b", "c", ".d"].into_iter().for_each(|name| drop(disk.write(name, "")));
        for (most, len, cut) in [(2, 2, true), (3, 3, false), (4, 3, false)] {
            let mut folder = folder(&disk.0, &Rc::default());
            while !folder.read(most).expect("it is read") {}
            assert_eq!((folder.names.len(), folder.cut), (len, cut));
        }
    }

    #[test]
    fn reading_takes_turns() {
        let disk = samples::Folder::new();
        (0..3000).for_each(|number| drop(disk.write(&format!("{number:04}"), "")));
        let mut folder = folder(&disk.0, &Rc::default());
        let turns = (1..).find(|_| folder.read(MAX_NAMES).expect("it is read"));
        assert!((2..=4).contains(&turns.unwrap_or(0)), "{turns:?}");
        let text = String::from_utf8(folder.text.clone()).expect("ASCII");
        let names: Vec<_> = folder.names.iter().map(|name| name.of(text.as_bytes())).collect();
        assert!(names.len() == 3000 && names.is_sorted());
    }

    #[test]
    fn what_is_held_is_bounded_and_given_back() {
        let disk = samples::Folder::new();
        disk.write("name", "");
        let all = Rc::default();
        let mut folders: Vec<_> =
            (0..MAX_LISTED_LEN / READING_LEN).map(|_| folder(&disk.0, &all)).collect();
        assert!(folders.len() > 1);
        assert_eq!(
            Held::reserve(&all).err().and_then(|error| error.raw_os_error()),
            Some(libc::ENOBUFS)
        );
        // What is read needs no more than it has.
        while !folders[0].read(MAX_NAMES).expect("it is read") {}
        drop(Held::reserve(&all).expect("there is room again"));
        folders.clear();
        assert_eq!(all.get(), 0);
    }

    #[test]
    fn who_lists_the_same_directory_shares_its_names() {
        let disk = samples::Folder::new();
        disk.write("a", "");
        let directory = || Directory::open(&disk.0).expect("a directory");
        let now = |later_s: u64| {
            let since = UNIX_EPOCH.elapsed().expect("it is past 1970");
            Now { unix_ms: since.as_millis() as u64 + 1000 * later_s, ..Now::default() }
        };
        let mut folders = Folders::default();
        let mut list = |later_s| {
            let items = folders.list(directory(), c".".to_owned(), now(later_s)).expect("listed");
            let Source::Disk { folder, .. } = items.0 else { panic!("it is on the disk") };
            folder
        };
        // Just changed: it may change again within the same instant.
        assert!(!Rc::ptr_eq(&list(0), &list(0)));
        let (first, second) = (list(9), list(9));
        assert!(Rc::ptr_eq(&first, &second));
        disk.write("b", "");
        assert!(!Rc::ptr_eq(&first, &list(9)));
    }
}
