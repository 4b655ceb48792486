//! Drafts, and places for files, on a disk.

use std::ffi::CString;
use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::rc::Rc;
use std::time::{Duration, UNIX_EPOCH};

use super::draft::{Draft, Present};
use super::journal::{Journal, Record, id};
use super::open::Directory;
use super::placement::Placement;
use super::spot::Spot;
use super::sweep::{prepare_store, sweep};
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

/// Moves or copies `a/x`, and stops at a moment at which a server may be killed: nothing is
/// cleared up, and its lock is gone.
fn cut_short(folder: &Folder, moves: bool, step: usize) {
    let directory = Directory::open(&folder.0).expect("the folder");
    let spot = |path: &str| directory.spot_beneath(path.as_bytes()).expect("a place");
    let (from, to) = (spot("a/x"), spot("b/y"));
    let [found, replaced] = [&from, &to].map(|spot| spot.metadata().ok());
    let place = Placement::new(&directory, (b"b/y/", &to, replaced.as_ref()), true);
    let mut place = match (moves, &found) {
        (true, Some(found)) => place.moved_from(b"a/x/", found),
        _ => place,
    };
    place.begin();
    let temporary = place.copy();
    if !moves {
        copy(&from, temporary.spot(), true).expect("copied");
    }
    let new = if moves { &from } else { temporary.spot() };
    match step {
        0 => {}
        1 => new.exchange(&to).expect("exchanged"),
        _ => std::mem::forget(place.put(new).expect("put")),
    }
    // A journal is left, and its descriptor is closed, as at the end of a process.
    place.leave();
    std::mem::forget(temporary);
}

#[test]
fn what_was_cut_short_is_put_right() {
    for moves in [false, true] {
        for step in [0, 1, 3] {
            let folder = Folder::new();
            folder.write("a/x/new", "");
            folder.write("b/y/old", "");
            folder.write("kept", "");
            cut_short(&folder, moves, step);
            assert!(tree(&folder.0).iter().any(|path| path.starts_with(".sitec-journal-")));
            assert_eq!(sweep(&folder.0).expect("a folder"), 1);
            let (done, there) = (step > 0, !(moves && step > 0));
            let mut expected = vec!["a/", "b/", "b/y/", "kept"];
            expected.push(if done { "b/y/new" } else { "b/y/old" });
            expected.extend(["a/x/", "a/x/new"].into_iter().filter(|_| there));
            expected.sort_unstable();
            assert_eq!(tree(&folder.0), expected, "moves: {moves}, step {step}");
        }
    }
}

#[test]
fn a_record_is_believed_as_far_as_it_fits() {
    let name = |text: &str| CString::new(text).expect("a name");
    let record = |to: &str, from: &str, ids: [Vec<u8>; 2]| Record {
        to: to.into(),
        from: from.into(),
        copy: name(".sitec-copy-1"),
        old: name(".sitec-old-1"),
        ids,
    };
    let is = |folder: &Folder, path: &str| id(&fs::metadata(folder.0.join(path)).expect("there"));
    let none = || [Vec::new(), Vec::new()];
    type Make<'m> = &'m dyn Fn(&Folder) -> Record;
    let cases: [(&[&str], Make<'_>, &[&str]); 7] = [
        // What was moved aside without being replaced comes back, with no copy beside it.
        (&["d/.sitec-old-1/old", "d/.sitec-copy-1/new"], &|_| record("d/to", "", none()), {
            &["d/", "d/to/", "d/to/old"]
        }),
        // What has been replaced goes, and so do the source's former entries.
        (&["to/new", ".sitec-old-1/old"], &|_| record("to", "", none()), &["to/", "to/new"]),
        (&["to/new", "s/.sitec-old-1/old"], &|_| record("to", "s/from", none()), {
            &["s/", "to/", "to/new"]
        }),
        // They have changed places.
        (&["to/new", "from/old"], &|at| record("to", "from", [is(at, "to"), is(at, "from")]), {
            &["to/", "to/new"]
        }),
        // One of them is something else by now.
        (&["to/new", "from/old"], &|at| record("to", "from", [is(at, "to"), b"1:1".to_vec()]), {
            &["from/", "from/old", "to/", "to/new"]
        }),
        (&["to/new", "from/old"], &|_| record("to", "from", none()), {
            &["from/", "from/old", "to/", "to/new"]
        }),
        // The way there is gone.
        (&["other/file"], &|_| record("d/to", "e/from", none()), &["other/", "other/file"]),
    ];
    for (number, (paths, make, expected)) in cases.into_iter().enumerate() {
        let folder = Folder::new();
        paths.iter().for_each(|path| drop(folder.write(path, "")));
        Journal::begin(&open(&folder), &make(&folder)).expect("written").keep();
        assert_eq!(sweep(&folder.0).expect("a folder"), 1, "case {number}");
        assert_eq!(tree(&folder.0), expected, "case {number}");
    }
}

#[test]
fn a_record_that_is_not_whole_says_nothing() {
    let bytes = |old: &str, end: &str| {
        ["open", "to", "", ".sitec-copy-1", old, "", "", end].join("\0").into_bytes()
    };
    for (old, end, is_right) in [
        (".sitec-old-1", "end", true),
        (".sitec-old-1", "en", false),
        ("kept", "end", false),
        (".sitec-/../kept", "end", false),
    ] {
        let folder = Folder::new();
        folder.write("kept", "");
        folder.write(".sitec-old-1", "");
        let written = folder.write(".sitec-journal-1-1", bytes(old, end));
        assert!(written.exists());
        sweep(&folder.0).expect("a folder");
        let expected = ["kept", if is_right { "to" } else { ".sitec-old-1" }];
        let expected = if is_right { expected } else { [expected[1], expected[0]] };
        assert_eq!(tree(&folder.0), expected, "{old} {end}");
    }
}

#[test]
fn what_is_being_done_is_not_swept() {
    let folder = Folder::new();
    folder.write("to/old", "");
    folder.write("a/new", "");
    let directory = Directory::open(&folder.0).expect("the folder");
    let [from, to] = ["a", "to"].map(|name| spot(&folder, name));
    let (found, replaced) = (from.metadata().expect("a"), to.metadata().ok());
    let mut place = Placement::new(&directory, (b"to", &to, replaced.as_ref()), true);
    place = place.moved_from(b"a", &found);
    place.begin();
    assert_eq!(sweep(&folder.0).expect("a folder"), 0);
    let old = place.put(&from).expect("moved").expect("something was there");
    assert_eq!(sweep(&folder.0).expect("a folder"), 0);
    drop((old, place));
    assert_eq!(tree(&folder.0), ["to/", "to/new"]);
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
    // A symlink that leads nowhere is in the way.
    folder.link("nowhere", "dangling");
    let found = directory.make_way(b"dangling/new", 0o750).expect_err("no directory");
    assert_eq!(found.kind(), ErrorKind::NotADirectory);
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
