//! How a directory gets into its place where something else may be: at once, where the file
//! system lets two names change places. What a server leaves that is killed meanwhile, the next
//! one puts right by a [journal](super::journal).

use std::fs::{File, Metadata};
use std::io;
use std::rc::Rc;

use super::draft::temporary_name;
use super::journal::{Journal, Record, id};
use super::open::Directory;
use super::spot::Spot;
use super::tree::Removal;

/// A place that a directory is to have.
#[derive(Debug)]
pub struct Placement {
    directory: Rc<File>,
    record: Record,
    to: Spot,
    /// Whether what is there gives way.
    overwrite: bool,
    journal: Option<Journal>,
}

impl Placement {
    /// The place at a path beneath a directory, and what is there. What is there gives way if
    /// `overwrite`.
    pub fn new(
        directory: &Directory,
        (path, to, replaced): (&[u8], &Spot, Option<&Metadata>),
        overwrite: bool,
    ) -> Placement {
        let record = Record {
            to: path.to_vec(),
            from: Vec::new(),
            copy: temporary_name("copy-"),
            old: temporary_name("old-"),
            ids: [Vec::new(), replaced.map(id).unwrap_or_default()],
        };
        let directory = directory.file().clone();
        Placement { directory, record, to: to.clone(), overwrite, journal: None }
    }

    /// The same for what is moved from another path beneath the directory.
    pub fn moved_from(mut self, path: &[u8], found: &Metadata) -> Placement {
        self.record.from = path.to_vec();
        self.record.ids[0] = id(found);
        self
    }

    /// Writes down what would be left if the server were killed. Where that cannot be written, it
    /// is left.
    pub fn begin(&mut self) {
        if self.journal.is_none() {
            self.journal = Journal::begin(&self.directory, &self.record).ok();
        }
    }

    /// Where to copy to, beside the place; nothing is there.
    pub fn copy(&self) -> Temporary {
        Temporary::new(self.to.beside(&self.record.copy))
    }

    /// Puts what is at another place here. What was here has another name now, if anything was; it
    /// is back after a failure.
    pub fn put(&mut self, new: &Spot) -> io::Result<Option<Temporary>> {
        let put = if self.overwrite { self.replace(new) } else { self.fill(new) };
        if let (Ok(_), Some(journal)) = (&put, &self.journal) {
            journal.note_done();
        }
        put
    }

    /// Leaves it to the next start to remove what could not be removed.
    pub fn leave(&mut self) {
        if let Some(journal) = &mut self.journal {
            journal.keep();
        }
    }

    fn fill(&self, new: &Spot) -> io::Result<Option<Temporary>> {
        new.rename_directory(&self.to).map(|()| None)
    }

    fn replace(&self, new: &Spot) -> io::Result<Option<Temporary>> {
        // A killed server would leave the wrong thing at the source, so only by a journal.
        if self.journal.is_some() {
            match new.exchange(&self.to) {
                Ok(()) => {
                    let old = new.beside(&self.record.old);
                    let renamed = new.rename(&old);
                    return Ok(Some(Temporary::new(renamed.map_or(new.clone(), |()| old))));
                }
                Err(error) if error.kind() == io::ErrorKind::CrossesDevices => return Err(error),
                // Nothing is there, or the file system cannot.
                Err(_) => {}
            }
        }
        let aside = self.to.beside(&self.record.old);
        match self.to.rename(&aside) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return self.fill(new),
            result => result?,
        }
        if let Err(error) = new.rename_directory(&self.to) {
            // What cannot be put back keeps its other name: it is not ours to remove.
            let _ = aside.rename(&self.to);
            return Err(error);
        }
        Ok(Some(Temporary::new(aside)))
    }
}

/// What is not in its place yet, or no longer. It is removed when it is dropped.
#[derive(Debug)]
pub struct Temporary {
    spot: Spot,
    /// Whether it is in its place, or gone.
    settled: bool,
}

impl Temporary {
    fn new(spot: Spot) -> Temporary {
        Temporary { spot, settled: false }
    }

    /// Where it is.
    pub fn spot(&self) -> &Spot {
        &self.spot
    }

    /// Leaves what is there, if anything is.
    pub fn forget(mut self) {
        self.settled = true;
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if !self.settled {
            let mut removal = Removal::new(&self.spot);
            while !removal.step() {}
        }
    }
}
