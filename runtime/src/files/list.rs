//! What is in a directory.

use std::ffi::{CStr, CString};
use std::fs::{File, Metadata};
use std::io;
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;

use super::open::Directory;
use crate::pack::{self, Pack};
use crate::sys::directory::{self, Kind};
use crate::sys::fs::OpenFor;

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

/// What a name is, in the order in which a listing has them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum ItemKind {
    /// A directory.
    Directory,
    /// A regular file.
    File,
    /// A FIFO, a socket or a device.
    Other,
}

/// What was found in a directory.
#[derive(Debug)]
pub struct Items {
    /// The names, in no order.
    pub items: Vec<Item>,
    /// Whether there are more of them.
    pub cut: bool,
}

impl Items {
    /// What is in the directory of a pack at `path`, up to `most` names; `None` if it is none.
    pub fn packed(pack: &'static Pack, path: &[u8], most: usize) -> Option<Items> {
        let mut listed = pack.list(path)?.map(|listed| Item {
            name: listed.name.to_vec(),
            kind: match listed.kind {
                pack::Kind::Directory => ItemKind::Directory,
                pack::Kind::File | pack::Kind::OnDisk => ItemKind::File,
                pack::Kind::Special | pack::Kind::Barred => ItemKind::Other,
            },
            len: listed.len,
            modified_s: listed.modified_s,
        });
        let items = listed.by_ref().take(most).collect();
        Some(Items { items, cut: listed.next().is_some() })
    }
}

impl Directory {
    /// What is in the directory at `path`, up to `most` names. Those that begin with a dot are
    /// passed over, and symlinks that a request could not follow.
    pub fn list(&self, path: &CStr, most: usize) -> io::Result<Items> {
        let opened = self.open_file(path, OpenFor::Reading)?;
        if !opened.metadata()?.is_dir() {
            return Err(io::ErrorKind::NotADirectory.into());
        }
        let mut items = Vec::new();
        for name in directory::names(opened.as_fd()) {
            let name = name?;
            if name.to_bytes().starts_with(b".") {
                continue;
            }
            if items.len() == most {
                return Ok(Items { items, cut: true });
            }
            items.extend(self.item(&opened, path, name));
        }
        Ok(Items { items, cut: false })
    }

    /// One name in the directory at `path`, which is `opened`. `None` if it is gone again, or
    /// cannot be followed.
    fn item(&self, opened: &File, path: &CStr, name: CString) -> Option<Item> {
        let status = directory::status(opened.as_fd(), &name).ok()?;
        let kind = match status.kind {
            Kind::Directory => ItemKind::Directory,
            Kind::File => ItemKind::File,
            Kind::Other => ItemKind::Other,
            Kind::Symlink => {
                let path = [path.to_bytes(), b"/", name.to_bytes()].concat();
                let path = CString::new(path).ok()?;
                let target = self.open_file(&path, OpenFor::Knowing).ok()?;
                return target.metadata().ok().map(|target| Item::of(name, &target));
            }
        };
        let (len, modified_s) = (status.len, status.modified_s);
        Some(Item { name: name.into_bytes(), kind, len, modified_s })
    }
}

impl Item {
    fn of(name: CString, metadata: &Metadata) -> Item {
        let kind = match metadata.file_type() {
            kind if kind.is_dir() => ItemKind::Directory,
            kind if kind.is_file() => ItemKind::File,
            _ => ItemKind::Other,
        };
        let (len, modified_s) = (metadata.len(), metadata.mtime());
        Item { name: name.into_bytes(), kind, len, modified_s }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::Folder;

    #[test]
    fn a_large_folder_is_cut() {
        let folder = Folder::new();
        ["a", "b", "c", ".d"].into_iter().for_each(|name| drop(folder.write(name, "")));
        let directory = Directory::open(&folder.0).unwrap();
        for (most, len, cut) in [(2, 2, true), (3, 3, false), (4, 3, false)] {
            let found = directory.list(c".", most).unwrap();
            assert_eq!((found.items.len(), found.cut), (len, cut));
        }
    }
}
