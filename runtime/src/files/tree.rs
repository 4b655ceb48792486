//! Directories that are removed and copied with all that is in them, a step at a time: others have
//! their turns in between. A symlink is never followed.

use std::ffi::CString;
use std::fs::{File, Metadata, Permissions};
use std::io::{self, Seek, SeekFrom};
use std::os::fd::AsFd;
use std::os::unix::fs::PermissionsExt;
use std::rc::Rc;

use super::draft::{Draft, Present};
use super::spot::Spot;
use crate::sys::fs::{self, OpenFor};
use crate::sys::{change, directory};

/// Directories within directories that are removed or copied with their parent: each level holds
/// descriptors.
pub const MAX_DEPTH: usize = 128;
/// Bytes of a directory that are read at once.
pub const RECORDS_LEN: usize = 4096;
/// Descriptors of a level that is copied: where from and where to.
pub const LEVEL_DESCRIPTORS: usize = 2;
/// Names that are removed or copied in a step.
const STEP_NAMES: usize = 16;
/// Bytes of a file that are copied in a step.
const STEP_LEN: u64 = 1 << 20;
/// Failures that are kept of a removal.
const MAX_FAILURES: usize = 100;

/// The names in an open directory, read piece by piece.
#[derive(Debug)]
struct Names {
    directory: Rc<File>,
    records: Vec<u8>,
    /// The names that were read and not given out yet.
    read: std::vec::IntoIter<CString>,
}

impl Names {
    fn new(directory: File) -> Names {
        let (directory, read) = (Rc::new(directory), Vec::new().into_iter());
        Names { directory, records: vec![0; RECORDS_LEN], read }
    }

    fn next(&mut self) -> io::Result<Option<CString>> {
        loop {
            if let Some(name) = self.read.next() {
                return Ok(Some(name));
            }
            let len = directory::read(self.directory.as_fd(), &mut self.records)?;
            if len == 0 {
                return Ok(None);
            }
            let names = directory::records(&self.records[..len]);
            self.read = names.map(|record| record.name.to_owned()).collect::<Vec<_>>().into_iter();
        }
    }
}

/// What could not be removed.
#[derive(Debug)]
pub struct Failure {
    /// Its path beneath what is removed; empty for that itself.
    pub path: Vec<u8>,
    /// Why.
    pub error: io::Error,
}

/// The removal of a directory and all that is in it, or of a file. What can be removed is, even
/// after an error.
#[derive(Debug)]
pub struct Removal {
    spot: Spot,
    levels: Vec<RemovedLevel>,
    begun: bool,
    failures: Vec<Failure>,
}

#[derive(Debug)]
struct RemovedLevel {
    name: CString,
    names: Names,
    /// Whether something in it was removed since it was read from its start.
    removed: bool,
    failed: bool,
}

impl Removal {
    /// The removal of what is at a place.
    pub fn new(spot: &Spot) -> Removal {
        Removal { spot: spot.clone(), levels: Vec::new(), begun: false, failures: Vec::new() }
    }

    /// Removes some more. Whether that was all.
    pub fn step(&mut self) -> bool {
        if !std::mem::replace(&mut self.begun, true) {
            self.remove(self.spot.name.clone());
        }
        let mut left = STEP_NAMES;
        while left > 0 && !self.levels.is_empty() {
            left -= 1;
            self.go_on();
        }
        self.levels.is_empty()
    }

    /// What could not be removed, as far as it is kept.
    pub fn failures(self) -> Vec<Failure> {
        self.failures
    }

    fn go_on(&mut self) {
        let Some(level) = self.levels.last_mut() else { return };
        match level.names.next() {
            Ok(Some(name)) => self.remove(name),
            Ok(None) => self.leave(),
            Err(error) => {
                level.failed = true;
                let name = level.name.clone();
                self.levels.pop();
                self.fail(&name, error);
            }
        }
    }

    /// Removes a name in the directory that is at work, or enters it.
    fn remove(&mut self, name: CString) {
        let parent = self.parent();
        match change::remove_file(parent.as_fd(), &name) {
            Ok(()) => self.set_removed(),
            Err(error) if error.kind() == io::ErrorKind::IsADirectory => {
                let opened = match self.levels.len() > MAX_DEPTH {
                    true => Err(too_deep()),
                    false => fs::open_at_no_follow(parent.as_fd(), &name, OpenFor::Reading),
                };
                match opened {
                    Ok(opened) => self.levels.push(RemovedLevel {
                        name,
                        names: Names::new(opened),
                        removed: false,
                        failed: false,
                    }),
                    Err(error) => self.fail(&name, error),
                }
            }
            // Somebody else was faster.
            Err(error) if error.kind() == io::ErrorKind::NotFound && !self.levels.is_empty() => {}
            Err(error) => self.fail(&name, error),
        }
    }

    /// Removes the directory that is at work, which is empty.
    fn leave(&mut self) {
        let Some(mut level) = self.levels.pop() else { return };
        match change::remove_directory(self.parent().as_fd(), &level.name) {
            Ok(()) => self.set_removed(),
            // Not all file systems give out all names while some are removed.
            Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty && level.removed => {
                level.removed = false;
                match (&*level.names.directory).seek(SeekFrom::Start(0)) {
                    Ok(_) => self.levels.push(level),
                    Err(error) => self.fail(&level.name, error),
                }
            }
            // What is in it has failed, which says it all.
            Err(_) if level.failed => self.set_failed(),
            Err(error) => self.fail(&level.name, error),
        }
    }

    fn parent(&self) -> Rc<File> {
        self.levels.last().map_or(&self.spot.parent, |level| &level.names.directory).clone()
    }

    fn set_removed(&mut self) {
        if let Some(level) = self.levels.last_mut() {
            level.removed = true;
        }
    }

    fn set_failed(&mut self) {
        if let Some(level) = self.levels.last_mut() {
            level.failed = true;
        }
    }

    /// Notes that a name in the directory that is at work could not be removed.
    fn fail(&mut self, name: &CString, error: io::Error) {
        self.set_failed();
        if self.failures.len() < MAX_FAILURES {
            let above = self.levels.iter().skip(1).map(|level| level.name.to_bytes());
            let own = (!self.levels.is_empty()).then_some(name.to_bytes());
            let path = above.chain(own).collect::<Vec<_>>().join(&b'/');
            self.failures.push(Failure { path, error });
        }
    }
}

/// A file that is copied: the content, the permissions, and the time of the last change.
#[derive(Debug)]
pub struct FileCopy {
    source: File,
    metadata: Metadata,
    draft: Draft,
    to: Spot,
}

impl FileCopy {
    /// Begins to copy a file to a place, onto what is there at the end. What is no regular file is
    /// `EINVAL`.
    pub fn begin(source: File, to: &Spot) -> io::Result<FileCopy> {
        let metadata = source.metadata()?;
        if !metadata.is_file() {
            return Err(io::Error::from_raw_os_error(libc::EINVAL));
        }
        let draft = Draft::begin(&to.parent, 0o600)?;
        Ok(FileCopy { source, metadata, draft, to: to.clone() })
    }

    /// Copies some more. Whether that was all.
    pub fn step(&mut self) -> io::Result<bool> {
        let before = self.draft.len();
        self.draft.write_from(&self.source, STEP_LEN)?;
        Ok(self.draft.len() - before < STEP_LEN)
    }

    /// Puts the whole copy into its place.
    pub fn publish(mut self) -> io::Result<()> {
        self.draft.set_mode(self.metadata.permissions().mode() & 0o777)?;
        self.draft.set_modified(self.metadata.modified()?)?;
        self.draft.publish(&self.to, Present::Replaced, false).map(drop)
    }
}

/// A directory that is copied with the files and directories in it. Symlinks and special files are
/// left out, as nginx leaves them.
#[derive(Debug)]
pub struct TreeCopy {
    levels: Vec<CopiedLevel>,
    file: Option<FileCopy>,
}

#[derive(Debug)]
struct CopiedLevel {
    /// `None`: what is in it is not copied.
    names: Option<Names>,
    metadata: Metadata,
    target: Rc<File>,
}

impl CopiedLevel {
    fn begin(from: &Spot, to: &Spot, whole: bool) -> io::Result<CopiedLevel> {
        let source = fs::open_at_no_follow(from.parent.as_fd(), &from.name, OpenFor::Reading)?;
        let metadata = source.metadata()?;
        // It gets its own permissions when all is in it.
        to.make_directory(0o700)?;
        let target = fs::open_at_no_follow(to.parent.as_fd(), &to.name, OpenFor::Reading)?;
        let names = whole.then(|| Names::new(source));
        Ok(CopiedLevel { names, metadata, target: Rc::new(target) })
    }

    fn end(self) -> io::Result<()> {
        let mode = self.metadata.permissions().mode() & 0o777;
        self.target.set_permissions(Permissions::from_mode(mode))?;
        self.target.set_modified(self.metadata.modified()?)
    }
}

impl TreeCopy {
    /// Begins to copy a directory to a place where nothing is; what is in it too where `whole`.
    pub fn begin(from: &Spot, to: &Spot, whole: bool) -> io::Result<TreeCopy> {
        Ok(TreeCopy { levels: vec![CopiedLevel::begin(from, to, whole)?], file: None })
    }

    /// Copies some more. Whether that was all.
    pub fn step(&mut self) -> io::Result<bool> {
        let mut left = STEP_NAMES;
        while left > 0 && !self.levels.is_empty() {
            left -= 1;
            if let Some(file) = &mut self.file {
                if !file.step()? {
                    return Ok(false);
                }
                self.file.take().map_or(Ok(()), FileCopy::publish)?;
            } else {
                self.go_on()?;
            }
        }
        Ok(self.levels.is_empty())
    }

    fn go_on(&mut self) -> io::Result<()> {
        let depth = self.levels.len();
        let Some(level) = self.levels.last_mut() else { return Ok(()) };
        let name = level.names.as_mut().map_or(Ok(None), Names::next)?;
        let (Some(name), Some(names)) = (name, &level.names) else {
            return self.levels.pop().map_or(Ok(()), CopiedLevel::end);
        };
        let from = Spot::new(names.directory.clone(), name.clone());
        let to = Spot::new(level.target.clone(), name);
        let kind = from.metadata()?.file_type();
        if kind.is_file() {
            self.file = Some(FileCopy::begin(from.open()?, &to)?);
        } else if kind.is_dir() {
            if depth == MAX_DEPTH {
                return Err(too_deep());
            }
            self.levels.push(CopiedLevel::begin(&from, &to, true)?);
        }
        Ok(())
    }
}

fn too_deep() -> io::Error {
    io::Error::other("directories are nested too deep")
}
