//! The file that holds the process id while the server runs.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::PathBuf;

/// The file, open. Dropped, it is removed where this process has made or written it.
pub(super) struct PidFile {
    path: PathBuf,
    file: File,
    is_ours: bool,
}

impl PidFile {
    /// Opens the file. What another process has written stays until [`write`](Self::write).
    pub(super) fn open(path: PathBuf) -> Result<PidFile, String> {
        let open = |new| OpenOptions::new().write(true).create_new(new).open(&path);
        let opened = match open(true) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                open(false).map(|file| (file, false))
            }
            made => made.map(|file| (file, true)),
        };
        match opened {
            Ok((file, is_ours)) => Ok(PidFile { path, file, is_ours }),
            Err(error) => Err(format!("cannot write the pid file `{}`: {error}", path.display())),
        }
    }

    /// Writes the process id.
    pub(super) fn write(&mut self) -> Result<(), String> {
        let text = format!("{}\n", std::process::id());
        // A device, such as `/dev/null`, has no length and is nobody's.
        self.is_ours = self.file.metadata().is_ok_and(|metadata| metadata.is_file());
        let emptied = if self.is_ours { self.file.set_len(0) } else { Ok(()) };
        emptied.and_then(|()| self.file.write_all(text.as_bytes())).map_err(|error| {
            format!("cannot write the pid file `{}`: {error}", self.path.display())
        })
    }
}

impl Drop for PidFile {
    fn drop(&mut self) {
        if self.is_ours {
            // The user that the process has become may have no right to; nobody can be told.
            let _ = fs::remove_file(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::Folder;

    #[test]
    fn only_what_is_ours_is_removed() {
        let folder = Folder::new();
        let path = folder.0.join("pid");
        drop(PidFile::open(path.clone()).unwrap());
        assert!(!path.exists());
        folder.write("pid", "123456789\n");
        let mut file = PidFile::open(path.clone()).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "123456789\n");
        file.write().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), format!("{}\n", std::process::id()));
        drop(file);
        assert!(!path.exists());
        folder.write("pid", "1\n");
        drop(PidFile::open(path.clone()).unwrap());
        assert!(path.exists());
        assert!(PidFile::open(folder.0.join("no/pid")).is_err());
        assert!(PidFile::open(folder.0.clone()).is_err());
    }
}
