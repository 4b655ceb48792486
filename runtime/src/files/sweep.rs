//! What a killed server has left in a directory, and how the next one puts it right.

use std::ffi::{CString, OsStr};
use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::rc::Rc;

use super::draft::{Draft, TEMPORARY};
use super::journal::{self, JOURNAL};
use crate::sys::fs::{self, OpenFor};

/// Makes sure that files can be stored in a directory, and [sweeps](sweep) it.
pub fn prepare_store(directory: &Path) -> io::Result<usize> {
    Draft::begin(&Rc::new(File::open(directory)?), 0o600)?;
    sweep(directory)
}

/// Removes the drafts that a killed server has left in a directory, and puts right what its
/// journals there say; gives their number. What cannot be put right is left, and the first reason
/// is given when the rest is done.
pub fn sweep(directory: &Path) -> io::Result<usize> {
    let (mut swept, mut failed) = (0, None);
    for entry in directory.read_dir()? {
        let name = entry?.file_name();
        let Some(kind) = Kind::of(name.as_bytes()) else { continue };
        let Some(left) = open_abandoned(directory, &name) else { continue };
        let settled = match kind {
            Kind::Draft => Ok(()),
            Kind::Journal => journal::settle(directory, &left),
        };
        match settled.and_then(|()| std::fs::remove_file(directory.join(&name))) {
            Ok(()) => swept += 1,
            Err(error) => failed = failed.or(Some(error)),
        }
    }
    failed.map_or(Ok(swept), Err)
}

/// What is swept. What a journal names is removed by the journal alone.
enum Kind {
    Draft,
    Journal,
}

impl Kind {
    fn of(name: &[u8]) -> Option<Kind> {
        let rest = name.strip_prefix(TEMPORARY)?;
        match rest.first()? {
            b'0'..=b'9' => Some(Kind::Draft),
            _ => rest.starts_with(JOURNAL.as_bytes()).then_some(Kind::Journal),
        }
    }
}

/// Whether a path has a name in it that only the server gives: what clients write there could be
/// taken for what a killed server has left.
pub fn is_reserved(path: &[u8]) -> bool {
    path.split(|&byte| byte == b'/').any(|name| name.starts_with(TEMPORARY))
}

/// Opens a file, and locks it, if nobody has the lock on it.
fn open_abandoned(directory: &Path, name: &OsStr) -> Option<File> {
    let name = CString::new(name.as_bytes()).ok()?;
    let directory = File::open(directory).ok()?;
    let file = fs::open_at_no_follow(directory.as_fd(), &name, OpenFor::Reading).ok()?;
    (file.metadata().ok()?.is_file() && file.try_lock().is_ok()).then_some(file)
}
