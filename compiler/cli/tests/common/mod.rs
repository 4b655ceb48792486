//! What the tests of commands share.

use std::fs;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// An empty folder for one test, outside of the checkout; gone when the test ends.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new(name: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("sitec-{}-{name}", std::process::id()));
        fs::create_dir(&path).expect("a folder for temporary files");
        Folder(path)
    }
}

impl Deref for Folder {
    type Target = Path;

    fn deref(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Runs `sitec` in `folder`.
pub fn sitec(folder: &Path, args: &[&str]) -> Output {
    command(folder, args).output().expect("sitec runs")
}

/// A `sitec` to be run in `folder`.
pub fn command(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sitec"));
    // Kept from one run of the tests to the next, as users keep it.
    command.env("SITEC_HOME", Path::new(env!("CARGO_TARGET_TMPDIR")).join("home"));
    command.env_remove("NO_COLOR").env_remove("SOURCE_DATE_EPOCH");
    command.current_dir(folder).args(args);
    command
}

pub fn status(output: &Output) -> i32 {
    output.status.code().expect("an exit status")
}

pub fn errors(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}
