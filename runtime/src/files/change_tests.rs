//! Drafts, and places for files, on a disk.

use std::ffi::CString;
use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::rc::Rc;
use std::time::{Duration, UNIX_EPOCH};

use super::draft::{Draft, Present, prepare_store, sweep};
use super::open::Directory;
use super::spot::Spot;
use super::tree::{Failure, MAX_DEPTH, Removal, TreeCopy};
use crate::samples::Folder;

fn open(folder: &Folder) -> Rc<File> {
    Directory::open(&folder.0).expect("the folder").file().clone()
}

fn spot(folder: &Folder, name: &str) -> Spot {
    Spot::new(open(folder), CString::new(name).expect("a name"))
}

/// The paths beneath a folder, in order; those of directories with a slash at the end.
fn tree(folder: &Path) -> Vec<String> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let entry = entry.expect("an entry");
        let name = entry.file_name().into_string().expect("text");
        if entry.file_type().expect("a kind").is_dir() {
            paths.extend(tree(&entry.path()).into_iter().map(|path| format!("{name}/{path}")));
            paths.push(format!("{name}/"));
        } else {
            paths.push(name);
        }
    }
    paths.sort();
    paths
}

#[test]
fn a_draft_is_seen_when_it_is_published() {
    for begin in [Draft::begin, Draft::begin_named] {
        let folder = Folder::new();
        let mut draft = begin(&open(&folder), 0o600).expect("a draft");
        for piece in ["one ", "two ", &"three".repeat(10_000)] {
            draft.write(piece.as_bytes()).expect("room");
        }
        assert!(!folder.0.join("a").exists());
        draft.set_modified(UNIX_EPOCH + Duration::from_secs(1_000_000)).expect("a time");
        draft.set_mode(0o640).expect("a mode");
        assert!(!draft.publish(&spot(&folder, "a"), Present::Kept, true).expect("published"));
        let content = fs::read_to_string(folder.0.join("a")).expect("the file");
        assert_eq!(content, "one two ".to_owned() + &"three".repeat(10_000));
        let metadata = fs::metadata(folder.0.join("a")).expect("the file");
        assert_eq!((metadata.mode() & 0o777, metadata.mtime()), (0o640, 1_000_000));
        assert_eq!(tree(&folder.0), ["a"]);
    }
}

#[test]
fn a_name_is_replaced_only_where_that_is_asked_for() {
    for begin in [Draft::begin, Draft::begin_named] {
        let folder = Folder::new();
        folder.write("a", "old");
        folder.write("d/file", "");
        let draft = || {
            let mut draft = begin(&open(&folder), 0o600).expect("a draft");
            draft.write(b"new").expect("room");
            draft
        };
        let taken = draft().publish(&spot(&folder, "a"), Present::Kept, false);
        assert_eq!(taken.expect_err("a conflict").kind(), ErrorKind::AlreadyExists);
        assert_eq!(fs::read_to_string(folder.0.join("a")).expect("a"), "old");
        for present in [Present::Replaced, Present::KnownReplaced] {
            folder.write("a", "old");
            assert!(draft().publish(&spot(&folder, "a"), present, false).expect("published"));
            assert_eq!(fs::read_to_string(folder.0.join("a")).expect("a"), "new");
            let directory = draft().publish(&spot(&folder, "d"), present, false);
            assert_eq!(directory.expect_err("a conflict").kind(), ErrorKind::IsADirectory);
            // Whatever was known, the name may be free again.
            fs::remove_file(folder.0.join("a")).expect("a");
            draft().publish(&spot(&folder, "a"), present, false).expect("published");
        }
        drop(draft());
        assert_eq!(tree(&folder.0), ["a", "d/", "d/file"]);
    }
}

#[test]
fn what_a_killed_server_has_left_is_swept_away() {
    let folder = Folder::new();
    folder.write(".sitec-1-1", "left");
    folder.write(".sitec-1-2/file", "not ours");
    folder.write("kept", "");
    let mut at_work = Draft::begin_named(&open(&folder), 0o600).expect("a draft");
    assert_eq!(sweep(&folder.0).expect("a folder"), 1);
    at_work.write(b"whole").expect("room");
    at_work.publish(&spot(&folder, "done"), Present::Kept, false).expect("published");
    assert_eq!(tree(&folder.0), [".sitec-1-2/", ".sitec-1-2/file", "done", "kept"]);
    assert!(prepare_store(&folder.0.join("nowhere")).is_err());
}

#[test]
fn places_are_beneath_the_directory() {
    let (folder, outside) = (Folder::new(), Folder::new());
    folder.write("d/file", "");
    folder.link(&outside.0, "out");
    folder.link("d", "in");
    let directory = Directory::open(&folder.0).expect("the folder");
    for (path, kind) in [
        ("d/new", None),
        ("in/new/", None),
        ("new", None),
        ("out", None),
        ("out/new", Some(ErrorKind::CrossesDevices)),
        ("d/file/new", Some(ErrorKind::NotADirectory)),
        ("none/new", Some(ErrorKind::NotFound)),
        (".", Some(ErrorKind::ResourceBusy)),
        ("d/..", Some(ErrorKind::ResourceBusy)),
        ("", Some(ErrorKind::ResourceBusy)),
    ] {
        let found = directory.spot_beneath(path.as_bytes());
        assert_eq!(found.err().map(|error| error.kind()), kind, "{path}");
    }
    let made = directory.make_way(b"d/x/y/new", 0o750).expect("a place");
    made.make_directory(0o777).expect("a directory");
    let mode =
        |path: &str| fs::metadata(folder.0.join(path)).expect("made").permissions().mode() & 0o777;
    assert_eq!((mode("d/x"), mode("d/x/y"), mode("d/x/y/new")), (0o750, 0o750, 0o777));
    assert!(directory.make_way(b"out/x/new", 0o750).is_err());
    assert_eq!(tree(&outside.0), [""; 0]);
}

fn copy(from: &Spot, to: &Spot, whole: bool) -> io::Result<()> {
    let mut copy = TreeCopy::begin(from, to, whole)?;
    while !copy.step()? {}
    Ok(())
}

fn remove(spot: &Spot) -> Vec<Failure> {
    let mut removal = Removal::new(spot);
    while !removal.step() {}
    removal.failures()
}

#[test]
fn trees_take_steps() {
    let folder = Folder::new();
    (0..100).for_each(|number| drop(folder.write(&format!("a/{number}"), "")));
    folder.write("a/large", vec![b'x'; 5 << 20]);
    let mut copy = TreeCopy::begin(&spot(&folder, "a"), &spot(&folder, "b"), true).expect("begun");
    let steps = (1..).find(|_| copy.step().expect("copied")).unwrap_or(0);
    assert!((10..30).contains(&steps), "{steps}");
    assert_eq!(fs::read(folder.0.join("b/large")).expect("copied").len(), 5 << 20);
    let mut removal = Removal::new(&spot(&folder, "b"));
    let steps = (1..).find(|_| removal.step()).unwrap_or(0);
    assert!((6..12).contains(&steps), "{steps}");
    assert_eq!(tree(&folder.0).iter().filter(|name| name.starts_with('b')).count(), 0);
}

#[test]
fn trees_are_removed_and_copied_without_following_links() {
    let (folder, outside) = (Folder::new(), Folder::new());
    outside.write("kept", "");
    folder.write("a/file", "text");
    folder.write("a/b/c/deep", "");
    folder.link(&outside.0, "a/link");
    folder.fifo("a/fifo");
    let a = spot(&folder, "a");
    copy(&a, &spot(&folder, "whole"), true).expect("copied");
    copy(&a, &spot(&folder, "alone"), false).expect("copied");
    assert!(remove(&a).is_empty());
    let expected = ["alone/", "whole/", "whole/b/", "whole/b/c/", "whole/b/c/deep", "whole/file"];
    assert_eq!(tree(&folder.0), expected);
    assert_eq!(tree(&outside.0), ["kept"]);
    assert_eq!(fs::read_to_string(folder.0.join("whole/file")).expect("copied"), "text");
}

#[test]
fn trees_have_a_depth() {
    let folder = Folder::new();
    folder.write(&("d/".repeat(200) + "file"), "");
    assert!(copy(&spot(&folder, "d"), &spot(&folder, "e"), true).is_err());
    let failures = remove(&spot(&folder, "d"));
    assert_eq!((failures.len(), failures[0].path.len()), (1, 2 * MAX_DEPTH + 1));
}
