//! What a server that is killed while it puts a directory into its place would leave: written
//! down before, as a file in the directory of the location, so that the next start puts it right.
//!
//! The file has a name that begins with a dot, and a lock as long as somebody works by it. Only
//! the server gives such names, so that what a journal says can be believed.

use std::ffi::CString;
use std::fs::{File, Metadata};
use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::Path;
use std::rc::Rc;

use super::draft::{TEMPORARY, lock, temporary_name};
use super::open::Directory;
use super::spot::Spot;
use super::tree::Removal;
use crate::sys::change;

/// What the names of journals begin with, after what all temporary names begin with.
pub(super) const JOURNAL: &str = "journal-";
/// Bytes of a record that are read at most: two paths, and what else there is.
const MAX_RECORD_LEN: u64 = 64 * 1024;
/// The first field, as long as source and destination may have changed places.
const OPEN: &[u8] = b"open";
/// The same once they have not, or no longer. As long as the other.
const DONE: &[u8] = b"done";
/// The last field.
const END: &[u8] = b"end";

/// Where a directory is to go, and what there is meanwhile.
#[derive(Debug)]
pub(super) struct Record {
    /// The path of its place.
    pub(super) to: Vec<u8>,
    /// Where it is moved from; empty for a copy.
    pub(super) from: Vec<u8>,
    /// The name of the copy beside its place, until it is whole.
    pub(super) copy: CString,
    /// The name of what it replaces, for as long as that is there: beside its place, or beside
    /// where it was.
    pub(super) old: CString,
    /// By what to know what is moved, and what it replaces; empty if there is nothing.
    pub(super) ids: [Vec<u8>; 2],
}

/// By what to know a file or directory under another name.
pub(super) fn id(metadata: &Metadata) -> Vec<u8> {
    format!("{}:{}", metadata.dev(), metadata.ino()).into_bytes()
}

impl Record {
    fn to_bytes(&self) -> Vec<u8> {
        let Record { to, from, copy, old, ids: [moved, replaced] } = self;
        let (copy, old) = (copy.to_bytes(), old.to_bytes());
        [OPEN, to, from, copy, old, moved, replaced, END].join(&0)
    }

    /// A record, and whether it is still open. `None` where it was not written to its end:
    /// nothing was begun.
    fn from_bytes(bytes: &[u8]) -> Option<(Record, bool)> {
        let fields: Vec<&[u8]> = bytes.split(|&byte| byte == 0).collect();
        let [state, to, from, copy, old, moved, replaced, END] = fields[..] else { return None };
        let name = |name: &[u8]| {
            let is_ours = name.starts_with(TEMPORARY) && !name.contains(&b'/');
            is_ours.then(|| CString::new(name).ok()).flatten()
        };
        let (copy, old) = (name(copy)?, name(old)?);
        let ids = [moved.to_vec(), replaced.to_vec()];
        Some((Record { to: to.to_vec(), from: from.to_vec(), copy, old, ids }, state == OPEN))
    }

    /// Puts right what was cut short: what has replaced something stays, and what was moved aside
    /// without being replaced comes back.
    fn settle(&self, directory: &Directory, open: bool) -> io::Result<()> {
        // Where a directory on the way is gone, nothing is left there.
        if let Ok(to) = directory.spot_beneath(&self.to) {
            remove(&to.beside(&self.copy))?;
            let old = to.beside(&self.old);
            match to.metadata() {
                Err(error) if error.kind() == io::ErrorKind::NotFound => restore(&old, &to)?,
                _ => remove(&old)?,
            }
            if let Ok(from) = self.source(directory) {
                remove(&from.beside(&self.old))?;
                let [moved, replaced] = &self.ids;
                if open && is(&to, moved) && is(&from, replaced) {
                    remove(&from)?;
                }
            }
        }
        Ok(())
    }

    fn source(&self, directory: &Directory) -> io::Result<Spot> {
        match self.from.is_empty() {
            true => Err(io::ErrorKind::NotFound.into()),
            false => directory.spot_beneath(&self.from),
        }
    }
}

/// Whether it is what is at a place.
fn is(spot: &Spot, known: &[u8]) -> bool {
    spot.metadata().is_ok_and(|found| id(&found) == known)
}

/// Removes what is at a place, if anything is.
fn remove(spot: &Spot) -> io::Result<()> {
    let mut removal = Removal::new(spot);
    while !removal.step() {}
    match removal.failures().into_iter().next().map(|failure| failure.error) {
        Some(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Moves what was replaced back, if it is there.
fn restore(old: &Spot, to: &Spot) -> io::Result<()> {
    match old.rename(to) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// A record on the disk. It goes with this value, unless it is kept.
#[derive(Debug)]
pub(super) struct Journal {
    file: File,
    directory: Rc<File>,
    name: CString,
    kept: bool,
}

impl Journal {
    /// Writes a record down, in the directory that its paths are beneath.
    pub(super) fn begin(directory: &Rc<File>, record: &Record) -> io::Result<Journal> {
        let name = temporary_name(JOURNAL);
        let file = change::create_new(directory.as_fd(), &name, 0o600)?;
        lock(&file);
        let mut journal = Journal { file, directory: directory.clone(), name, kept: false };
        journal.file.write_all(&record.to_bytes())?;
        Ok(journal)
    }

    /// Notes that source and destination have not changed places, or no longer.
    pub(super) fn note_done(&self) {
        // If this fails it is the next start that sees it, by what is where.
        let _ = self.file.write_at(DONE, 0);
    }

    /// Leaves it for the next start.
    pub(super) fn keep(&mut self) {
        self.kept = true;
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        if !self.kept {
            // A record of what is done does no harm at the next start.
            let _ = change::remove_file(self.directory.as_fd(), &self.name);
        }
    }
}

/// Puts right what a journal of a killed server says.
pub(super) fn settle(directory: &Path, file: &File) -> io::Result<()> {
    let mut bytes = Vec::new();
    file.take(MAX_RECORD_LEN).read_to_end(&mut bytes)?;
    let Some((record, open)) = Record::from_bytes(&bytes) else { return Ok(()) };
    record.settle(&Directory::open(directory)?, open)
}
