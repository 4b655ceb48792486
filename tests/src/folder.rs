//! Folders that a test makes for itself, gone when it ends.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::PATIENCE;

/// A new folder in the system's place for temporary files.
pub struct Folder {
    path: PathBuf,
}

impl Folder {
    /// Makes an empty one.
    #[allow(clippy::new_without_default)]
    pub fn new() -> Folder {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        loop {
            let count = COUNT.fetch_add(1, Ordering::Relaxed);
            let name = format!("sitec-tests-{}-{count}", std::process::id());
            let path = std::env::temp_dir().join(name);
            match fs::create_dir(&path) {
                Ok(()) => return Folder { path },
                // A process that had the same number was killed, and left it.
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => panic!("no folder for temporary files: {error}"),
            }
        }
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes a file beneath it, and the folders on the way.
    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path.join(name);
        fs::create_dir_all(path.parent().expect("a file is in a folder")).expect("a folder");
        fs::write(&path, bytes).expect("a file");
        path
    }

    /// Makes a symlink beneath it.
    pub fn link(&self, name: &str, target: impl AsRef<Path>) {
        let path = self.path.join(name);
        fs::create_dir_all(path.parent().expect("a link is in a folder")).expect("a folder");
        std::os::unix::fs::symlink(target, path).expect("a link");
    }

    /// The whole lines of a file beneath it. A long line may be seen while it is being written:
    /// what does not end in a line feed is left out.
    pub fn lines(&self, name: &str) -> Vec<String> {
        let text = self.text(name);
        let whole = text.rfind('\n').map_or("", |end| &text[..end]);
        whole.lines().map(str::to_owned).collect()
    }

    /// The same, once there are so many of them.
    pub fn wait_for_lines(&self, name: &str, count: usize) -> Vec<String> {
        let start = Instant::now();
        loop {
            let lines = self.lines(name);
            if lines.len() >= count {
                return lines;
            }
            assert!(start.elapsed() < PATIENCE, "{count} lines of {name}: {lines:?}");
            thread::sleep(Duration::from_millis(1));
        }
    }

    /// The text of a file beneath it; empty where there is none.
    pub fn text(&self, name: &str) -> String {
        let bytes = fs::read(self.path.join(name)).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.path);
    }
}
