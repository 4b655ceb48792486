//! What is kept in the file system: written beside its place, and put there whole.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Makes a folder, and those that it is in.
pub(super) fn make_folder(path: &Path, owner: Option<(u32, u32)>) -> Result<(), String> {
    if path.is_dir() {
        return Ok(());
    }
    if let Some(outer) = path.parent().filter(|outer| !outer.as_os_str().is_empty()) {
        make_folder(outer, owner)?;
    }
    let made = DirBuilder::new().mode(0o755).create(path).and_then(|()| give(path, owner));
    made.map_err(|error| format!("cannot make the folder `{}`: {error}", path.display()))
}

/// Writes a file that nobody else may read.
pub(super) fn write_secret(
    path: &Path,
    bytes: &[u8],
    owner: Option<(u32, u32)>,
) -> Result<(), String> {
    put(&beside(path, bytes, 0o600, owner)?, path)
}

/// Writes a file that everybody may read.
pub(super) fn write_public(
    path: &Path,
    bytes: &[u8],
    owner: Option<(u32, u32)>,
) -> Result<(), String> {
    put(&beside(path, bytes, 0o644, owner)?, path)
}

/// Writes what a file is to hold beside its place, onto the disk. Returns where.
pub(super) fn beside(
    path: &Path,
    bytes: &[u8],
    mode: u32,
    owner: Option<(u32, u32)>,
) -> Result<PathBuf, String> {
    if let Some(folder) = path.parent() {
        make_folder(folder, owner)?;
    }
    let new = with_ending(path, ".new");
    // One that somebody has left there may have other rights.
    let _ = fs::remove_file(&new);
    let write = || {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(&new)?;
        give(&new, owner)?;
        file.write_all(bytes)?;
        file.sync_all()
    };
    write().map_err(|error| format!("cannot write `{}`: {error}", new.display()))?;
    Ok(new)
}

/// Puts a file in its place.
pub(super) fn put(new: &Path, path: &Path) -> Result<(), String> {
    fs::rename(new, path).map_err(|error| format!("cannot put `{}` there: {error}", path.display()))
}

/// The path with something behind its name.
pub(super) fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut text = path.as_os_str().to_owned();
    text.push(ending);
    text.into()
}

fn give(path: &Path, owner: Option<(u32, u32)>) -> std::io::Result<()> {
    match owner {
        Some((user, group)) => chown(path, Some(user), Some(group)),
        None => Ok(()),
    }
}

/// Keeps others from asking the same authority at the same time, as long as this lives.
pub(super) fn lock(folder: &Path, owner: Option<(u32, u32)>) -> Result<File, String> {
    make_folder(folder, owner)?;
    let path = folder.join("lock");
    let shown = path.display();
    let options =
        OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&path);
    let file = options.map_err(|error| format!("cannot write `{shown}`: {error}"))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            Err(format!("another run is under way: `{shown}` is locked"))
        }
        Err(TryLockError::Error(error)) => Err(format!("cannot lock `{shown}`: {error}")),
    }
}

/// The name of the file that says until when an authority is to be left alone.
const REST: &str = "rest-until";

/// Until when an authority is to be left alone, if that is not over.
pub(super) fn rest_until(folder: &Path) -> Option<SystemTime> {
    let text = fs::read_to_string(folder.join(REST)).ok()?;
    let until = UNIX_EPOCH.checked_add(Duration::from_secs(text.trim().parse().ok()?))?;
    (until > SystemTime::now()).then_some(until)
}

/// Remembers that an authority is to be left alone for so long.
pub(super) fn remember_rest(folder: &Path, rest: Duration, owner: Option<(u32, u32)>) {
    let until = SystemTime::now() + rest;
    let seconds = until.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    // Who cannot remember asks again.
    let _ = write_public(&folder.join(REST), format!("{seconds}\n").as_bytes(), owner);
}
