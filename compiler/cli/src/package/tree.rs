//! Files as they are to lie on another machine, and the archive that carries them. Equal trees
//! give equal bytes: entries stand in the order of their paths, and all have one time.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use super::hashed::Hashed;

/// Who owns what the server writes to, and runs it, in an image.
pub(super) const SERVER_ID: u64 = 65532;

/// Folders, files and links by their paths, which have no slash in front.
#[derive(Clone, Default)]
pub(super) struct Tree {
    entries: BTreeMap<PathBuf, Entry>,
}

/// What is at a path.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Entry {
    pub(super) node: Node,
    mode: u32,
    owner: u64,
}

/// A folder, a file or a link.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Node {
    Folder,
    /// A file with these bytes.
    Bytes(Vec<u8>),
    /// A copy of a file of this machine.
    Copy(PathBuf),
    /// A symlink.
    Link(PathBuf),
}

/// A path without the slash in front.
fn relative(path: &Path) -> PathBuf {
    path.strip_prefix("/").unwrap_or(path).to_owned()
}

impl Tree {
    /// A folder that its owner writes to; the folders on the way are root's.
    pub(super) fn folder(&mut self, path: impl AsRef<Path>, owner: u64) {
        self.insert(path.as_ref(), Entry { node: Node::Folder, mode: 0o755, owner });
    }

    /// A file of root's with these bytes.
    pub(super) fn bytes(&mut self, path: impl AsRef<Path>, bytes: impl Into<Vec<u8>>, mode: u32) {
        let node = Node::Bytes(bytes.into());
        self.insert(path.as_ref(), Entry { node, mode, owner: 0 });
    }

    /// A copy of a file of this machine.
    pub(super) fn copy(&mut self, path: impl AsRef<Path>, from: &Path, mode: u32, owner: u64) {
        let node = Node::Copy(from.to_owned());
        self.insert(path.as_ref(), Entry { node, mode, owner });
    }

    /// A symlink.
    pub(super) fn link(&mut self, path: impl AsRef<Path>, target: impl Into<PathBuf>) {
        let node = Node::Link(target.into());
        self.insert(path.as_ref(), Entry { node, mode: 0o777, owner: 0 });
    }

    fn insert(&mut self, path: &Path, entry: Entry) {
        let path = relative(path);
        for folder in path.ancestors().skip(1).filter(|it| !it.as_os_str().is_empty()) {
            let root = Entry { node: Node::Folder, mode: 0o755, owner: 0 };
            self.entries.entry(folder.to_owned()).or_insert(root);
        }
        if !path.as_os_str().is_empty() {
            self.entries.insert(path, entry);
        }
    }

    /// Adds all of another tree.
    pub(super) fn extend(&mut self, other: &Tree) {
        for (path, entry) in &other.entries {
            match entry.node {
                // What is there already knows more.
                Node::Folder if entry.owner == 0 && self.entries.contains_key(path) => {}
                _ => self.insert(path, entry.clone()),
            }
        }
    }

    /// Leaves out what is at a path and beneath it.
    pub(super) fn remove(&mut self, path: &Path) {
        let path = relative(path);
        self.entries.retain(|other, _| !other.starts_with(&path));
    }

    /// Whether a file or a link is at a path or beneath it.
    pub(super) fn has_files(&self, path: &Path) -> bool {
        let path = relative(path);
        let mut inside = self.entries.iter().filter(|(other, _)| other.starts_with(&path));
        inside.any(|(_, entry)| entry.node != Node::Folder)
    }

    /// The entries, in the order of their paths.
    pub(super) fn entries(&self) -> impl Iterator<Item = (&Path, &Entry)> {
        self.entries.iter().map(|(path, entry)| (path.as_path(), entry))
    }

    /// Path, length and SHA-256 of each file.
    pub(super) fn hashes(&self) -> Result<Vec<(&Path, u64, String)>, String> {
        let files = self.entries().filter_map(|(path, entry)| {
            let mut hashed = Hashed::new(io::sink());
            let copied = match &entry.node {
                Node::Folder | Node::Link(_) => return None,
                Node::Bytes(bytes) => hashed.write_all(bytes).map(|()| bytes.len() as u64),
                Node::Copy(from) => {
                    File::open(from).and_then(|mut it| io::copy(&mut it, &mut hashed))
                }
            };
            let sum = |len| (path, len, hashed.finish().1);
            Some(copied.map(sum).map_err(|error| unreadable(&entry.node, &error)))
        });
        files.collect()
    }

    /// Writes a tar archive, in which each path has `front` before it and all have the time
    /// `time_s`.
    pub(super) fn write_tar<W: Write>(
        &self,
        front: &str,
        time_s: u64,
        out: W,
    ) -> Result<W, String> {
        let mut archive = tar::Builder::new(out);
        for (path, Entry { node, mode, owner }) in self.entries() {
            let mut header = tar::Header::new_gnu();
            header.set_mode(*mode);
            header.set_uid(*owner);
            header.set_gid(*owner);
            header.set_mtime(time_s);
            let path = Path::new(front).join(path);
            let written = match node {
                Node::Folder => {
                    header.set_entry_type(tar::EntryType::Directory);
                    header.set_size(0);
                    let mut path = path.into_os_string();
                    path.push("/");
                    archive.append_data(&mut header, path, io::empty())
                }
                Node::Link(target) => {
                    header.set_entry_type(tar::EntryType::Symlink);
                    header.set_size(0);
                    archive.append_link(&mut header, path, target)
                }
                Node::Bytes(bytes) => {
                    header.set_size(bytes.len() as u64);
                    archive.append_data(&mut header, path, &bytes[..])
                }
                Node::Copy(from) => append_copy(&mut archive, header, &path, from),
            };
            written.map_err(|error| unreadable(node, &error))?;
        }
        archive.into_inner().map_err(|error| error.to_string())
    }
}

#[cfg(test)]
impl std::fmt::Display for Tree {
    /// The entries, one on a line.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (path, Entry { node, mode, owner }) in self.entries() {
            write!(f, "{mode:03o} {owner:<5} {}", path.display())?;
            match node {
                Node::Folder => writeln!(f, "/")?,
                Node::Link(target) => writeln!(f, " -> {}", target.display())?,
                Node::Bytes(_) | Node::Copy(_) => writeln!(f)?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
impl Tree {
    /// The files that are not copies, each with its text.
    pub(super) fn text(&self) -> String {
        let texts = self.entries().filter_map(|(path, entry)| match &entry.node {
            Node::Bytes(bytes) => {
                Some(format!("--> {}\n{}", path.display(), String::from_utf8_lossy(bytes)))
            }
            Node::Folder | Node::Copy(_) | Node::Link(_) => None,
        });
        texts.collect()
    }
}

/// A file that changes while it is read makes an archive that is wrong: its length is held to.
fn append_copy<W: Write>(
    archive: &mut tar::Builder<W>,
    mut header: tar::Header,
    path: &Path,
    from: &Path,
) -> io::Result<()> {
    let file = File::open(from)?;
    let len = file.metadata()?.len();
    header.set_size(len);
    let mut content = file.take(len);
    archive.append_data(&mut header, path, &mut content)?;
    match content.limit() {
        0 => Ok(()),
        _ => Err(io::Error::other("it became shorter while it was read")),
    }
}

fn unreadable(node: &Node, error: &io::Error) -> String {
    match node {
        Node::Copy(from) => format!("cannot pack `{}`: {error}", from.display()),
        Node::Folder | Node::Bytes(_) | Node::Link(_) => format!("cannot write: {error}"),
    }
}

/// The mode that a file of this machine has in a package: that it can be executed is all that is
/// taken over.
pub(super) fn mode_of(data: &fs::Metadata) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    if data.permissions().mode() & 0o111 == 0 { 0o644 } else { 0o755 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_trees_are_equal_bytes() {
        let mut one = Tree::default();
        one.bytes("/b/x", "x", 0o644);
        one.folder("a", SERVER_ID);
        one.link("/b/y", "x");
        let mut other = Tree::default();
        other.link("b/y", "x");
        other.folder("/a", SERVER_ID);
        other.bytes("b/x", "x", 0o644);
        let tar = |tree: &Tree| tree.write_tar("", 5, Vec::new()).unwrap();
        assert_eq!(tar(&one), tar(&other));
        let bytes = tar(&one);
        let mut archive = tar::Archive::new(&bytes[..]);
        let entries = archive.entries().unwrap().map(|entry| {
            let entry = entry.unwrap();
            let header = entry.header();
            assert_eq!(header.mtime().unwrap(), 5);
            let path = entry.path().unwrap().display().to_string();
            (path, header.mode().unwrap(), header.uid().unwrap())
        });
        let expected = [
            ("a/".to_owned(), 0o755, SERVER_ID),
            ("b/".to_owned(), 0o755, 0),
            ("b/x".to_owned(), 0o644, 0),
            ("b/y".to_owned(), 0o777, 0),
        ];
        assert_eq!(entries.collect::<Vec<_>>(), expected);
    }

    #[test]
    fn trees_are_put_together() {
        let mut one = Tree::default();
        one.folder("data", SERVER_ID);
        let mut other = Tree::default();
        other.bytes("data/x", "x", 0o644);
        one.extend(&other);
        assert_eq!(one.entries["data".as_ref() as &Path].owner, SERVER_ID);
        assert!(one.has_files(Path::new("/data")));
        one.remove(Path::new("/data/x"));
        assert!(!one.has_files(Path::new("/data")));
        // A long path is carried whole.
        let long = "d/".repeat(120) + "x";
        one.bytes(&long, "x", 0o644);
        let bytes = one.write_tar("", 0, Vec::new()).unwrap();
        let mut archive = tar::Archive::new(&bytes[..]);
        let mut entries = archive.entries().unwrap();
        assert!(entries.any(|entry| entry.unwrap().path().unwrap() == Path::new(&long)));
    }
}
