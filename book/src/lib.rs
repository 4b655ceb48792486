//! The book: the pages of `docs/`, as the site that `sites/docs` serves.
//!
//! What is written is a folder of files and depends on the sources alone: equal pages give equal
//! bytes, and all of them have the time of the newest source. What is wrong with the sources, such
//! as a link that leads nowhere, is found here; nothing is written then.

mod contents;
mod highlight;
mod outline;
mod pages;
mod render;
mod search;
mod site;
mod template;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// The folder of the site's files, and what gives them their looks, in the repository.
pub const SITE: &str = "sites/docs/www";
const THEME: &str = "sites/docs/theme";
const PICTURES: &str = "docs/pictures";

/// A book that is ready to be written.
pub struct Book {
    /// Contents by their path in the folder.
    files: BTreeMap<String, Vec<u8>>,
    time: SystemTime,
}

/// The sources of the book in a repository: what it depends on.
pub fn sources(repository: &Path) -> Vec<PathBuf> {
    let paths = ["docs", THEME, "ARCHITECTURE.md", "CHANGELOG.md", "SECURITY.md"];
    paths.map(|path| repository.join(path)).into()
}

/// Reads the sources in a repository.
///
/// # Errors
/// All that is wrong with them, a line each.
pub fn read(repository: &Path) -> Result<Book, Vec<String>> {
    let failed = |error: io::Error| vec![format!("the book cannot be read: {error}")];
    let mut paths = BTreeSet::new();
    for source in sources(repository) {
        walk(&source, &mut paths).map_err(failed)?;
    }
    let mut time = SystemTime::UNIX_EPOCH;
    let mut texts = BTreeMap::new();
    for path in paths {
        time = time.max(fs::metadata(&path).and_then(|it| it.modified()).map_err(failed)?);
        let name = path.strip_prefix(repository).unwrap_or(&path).to_string_lossy().into_owned();
        if [".md", ".svg", ".html", ".css", ".js"].iter().any(|end| name.ends_with(end)) {
            texts.insert(name, fs::read_to_string(&path).map_err(failed)?);
        }
    }
    let files = site::build(&texts)?;
    Ok(Book { files, time })
}

/// The files at and beneath a path.
fn walk(path: &Path, found: &mut BTreeSet<PathBuf>) -> io::Result<()> {
    if !path.is_dir() {
        found.insert(path.to_owned());
        return Ok(());
    }
    for entry in fs::read_dir(path)? {
        walk(&entry?.path(), found)?;
    }
    Ok(())
}

impl Book {
    /// The contents of the files, by their path in the folder.
    pub fn files(&self) -> &BTreeMap<String, Vec<u8>> {
        &self.files
    }

    /// Writes the files to a folder, and removes what else is in it. A file that is there is left
    /// alone where it is right, and never seen half written.
    ///
    /// # Errors
    /// What the file system says.
    pub fn write(&self, folder: &Path) -> io::Result<()> {
        fs::create_dir_all(folder)?;
        let mut present = BTreeSet::new();
        walk(folder, &mut present)?;
        for path in present {
            let name = path.strip_prefix(folder).unwrap_or(&path).to_string_lossy().into_owned();
            if !self.files.contains_key(&name) {
                fs::remove_file(path)?;
            }
        }
        let mut folders = BTreeSet::from([folder.to_owned()]);
        for (name, content) in &self.files {
            let path = folder.join(name);
            let parent = path.parent().unwrap_or(folder);
            fs::create_dir_all(parent)?;
            folders.insert(parent.to_owned());
            if fs::read(&path).is_ok_and(|present| present == *content) {
                File::options().write(true).open(&path)?.set_modified(self.time)?;
                continue;
            }
            let new = path.with_extension(format!("{}.new", std::process::id()));
            fs::write(&new, content)?;
            File::options().write(true).open(&new)?.set_modified(self.time)?;
            fs::rename(new, path)?;
        }
        // Cargo watches folders too: one that is newer than its build would be built again.
        folders.iter().try_for_each(|folder| File::open(folder)?.set_modified(self.time))
    }
}
