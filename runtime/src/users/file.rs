//! One file of users, read again when it changes.

use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::{MAX_FILE_LEN, Users};

/// How often it is looked at whether the file has changed.
const LOOK_EVERY_MS: u64 = 1000;

/// A file of users. All workers share it.
pub struct UserFile {
    path: PathBuf,
    state: Mutex<State>,
}

/// What is known of it.
#[derive(Default)]
struct State {
    /// `None`: it is not there.
    users: Option<Arc<Users>>,
    /// What the file was when it was read.
    stamp: Option<Stamp>,
    /// When that was asked last.
    looked_ms: Option<u64>,
    /// What is the matter with it, and was told.
    trouble: Option<String>,
}

/// What changes with a file.
type Stamp = (u64, u64, u64, (i64, i64), (i64, i64));

impl UserFile {
    /// The file at this path, as it is now. The error says what is wrong with it; one that is not
    /// there is not.
    pub fn open(path: PathBuf) -> Result<UserFile, String> {
        let mut state = State::default();
        match state.read(&path) {
            Some(trouble) => Err(trouble),
            None => Ok(UserFile { path, state: Mutex::new(state) }),
        }
    }

    /// Whether it is not there, as far as is known.
    pub fn is_missing(&self) -> bool {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).users.is_none()
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its users; `None` if it is not there. Where it has become one that cannot be read, they are those
    /// of before, and `report` is told once.
    pub fn users(&self, now_ms: u64, report: impl FnOnce(&str)) -> Option<Arc<Users>> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let is_due = |looked_ms: u64| now_ms.saturating_sub(looked_ms) >= LOOK_EVERY_MS;
        if state.looked_ms.is_none_or(is_due) {
            state.looked_ms = Some(now_ms);
            let trouble = state.read(&self.path);
            if trouble != state.trouble
                && let Some(trouble) = &trouble
            {
                report(trouble);
            }
            state.trouble = trouble;
        }
        state.users.clone()
    }
}

impl State {
    /// Reads the file if it has changed. What is the matter with it, if anything is.
    fn read(&mut self, path: &Path) -> Option<String> {
        let file = match open(path) {
            Ok(found) => found,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                *self = State { looked_ms: self.looked_ms, ..State::default() };
                return None;
            }
            Err(error) => return Some(format!("`{}`: {error}", path.display())),
        };
        let (file, stamp) = file;
        if self.stamp == Some(stamp) {
            // What was wrong with it then is wrong still.
            return self.trouble.clone();
        }
        let users = read(file).and_then(|text| {
            Users::parse(&text)
                .map_err(|fault| io::Error::new(io::ErrorKind::InvalidData, fault.to_string()))
        });
        self.stamp = Some(stamp);
        match users {
            Ok(users) => {
                self.users = Some(Arc::new(users));
                None
            }
            Err(error) => Some(format!("`{}`: {error}", path.display())),
        }
    }
}

/// Opens a regular file. Others may never end, or keep whoever opens them waiting.
fn open(path: &Path) -> io::Result<(File, Stamp)> {
    let found = std::fs::metadata(path)?;
    if !found.is_file() {
        return Err(io::Error::other("this is not a file"));
    }
    let file = File::open(path)?;
    let stamp = stamp(&file.metadata()?);
    Ok((file, stamp))
}

fn stamp(found: &Metadata) -> Stamp {
    let modified = (found.mtime(), found.mtime_nsec());
    (found.dev(), found.ino(), found.len(), modified, (found.ctime(), found.ctime_nsec()))
}

fn read(file: File) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    file.take(MAX_FILE_LEN as u64 + 1).read_to_end(&mut text)?;
    if text.len() > MAX_FILE_LEN {
        return Err(io::Error::other(format!("it is longer than {MAX_FILE_LEN} bytes")));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::fs;

    use super::*;

    #[test]
    fn what_is_wrong_keeps_what_was_right() {
        let folder = std::env::temp_dir().join(format!("sitec-users-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("a folder");
        let path = folder.join("users");
        fs::write(&path, "a:{PLAIN}b\n").expect("a file");
        let file = UserFile::open(path.clone()).expect("it is well formed");
        let said = RefCell::new(Vec::new());
        let knows = |user: &str, now_ms| {
            let users = file.users(now_ms, |text| said.borrow_mut().push(text.to_owned()));
            users.map(|users| users.find(user.as_bytes()).is_some())
        };
        assert_eq!(knows("a", 0), Some(true));
        fs::write(&path, "c:{PLAIN}dd\n").expect("a file");
        assert_eq!((knows("c", 999), knows("c", 1000)), (Some(false), Some(true)));
        fs::write(&path, "broken\n").expect("a file");
        assert_eq!((knows("c", 2000), knows("c", 3000)), (Some(true), Some(true)));
        assert_eq!(said.borrow().len(), 1);
        assert!(said.borrow()[0].ends_with("users`: line 1: there is no `:` after the user"));
        fs::remove_file(&path).expect("it was there");
        assert_eq!(knows("c", 4000), None);
        fs::write(&path, "e:{PLAIN}f\n").expect("a file");
        assert_eq!((knows("c", 5000), knows("e", 5000)), (Some(false), Some(true)));
        assert_eq!(said.borrow().len(), 1);
        fs::write(&path, vec![b'#'; MAX_FILE_LEN + 1]).expect("a file");
        assert_eq!((knows("e", 6000), said.borrow().len()), (Some(true), 2));
        assert!(UserFile::open(folder.clone()).is_err());
        assert!(UserFile::open(path).is_err());
        fs::remove_dir_all(&folder).expect("it was there");
    }
}
