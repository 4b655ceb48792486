//! Which symlinks are followed, on a disk. The table is what nginx makes of the same folders,
//! but for what leads out of the root.

use std::ffi::CString;
use std::fs::File;
use std::os::unix::fs::lchown;

use super::links::Links;
use super::open::Directory;
use crate::samples::Folder;
use crate::site::Follow;
use crate::sys::fs::OpenFor;

use Follow::{Never, SameOwner};

const LOOP: Option<i32> = Some(libc::ELOOP);
const NO_DIRECTORY: Option<i32> = Some(libc::ENOTDIR);
const MISSING: Option<i32> = Some(libc::ENOENT);
const OUT: Option<i32> = Some(libc::EXDEV);

/// What opening a path comes to: the error, if any.
fn open(directory: &Directory, path: &str) -> Option<i32> {
    let path = CString::new(path).expect("no NUL");
    let opened: Result<File, _> = directory.open_file(&path, OpenFor::Reading);
    opened.err().map(|error| error.raw_os_error().expect("errno"))
}

/// A root with symlinks in it, and one that leads to it.
fn folder() -> Folder {
    let folder = Folder::new();
    folder.write("secret", "secret");
    folder.write("www/a.txt", "a");
    folder.write("www/sub/s.txt", "s");
    folder.link("a.txt", "www/in");
    folder.link("../secret", "www/out");
    folder.link("sub", "www/ls");
    folder.link("loop", "www/loop");
    folder.link("none", "www/dangling");
    folder.link("www", "lwww");
    folder
}

#[test]
fn no_symlink_is_followed_where_none_may_be() {
    let folder = folder();
    let (www, lwww) = (folder.0.join("www"), folder.0.join("lwww"));
    let (root, link) = (www.to_str().unwrap(), lwww.to_str().unwrap());
    let in_root = |name: &str| format!("{root}/{name}");
    for (base, from, path, expected) in [
        (&www, "", "a.txt", None),
        (&www, "", "sub/s.txt", None),
        (&www, "", "sub/", None),
        (&www, "", ".", None),
        (&www, "", "in", LOOP),
        (&www, "", "out", LOOP),
        (&www, "", "ls", LOOP),
        (&www, "", "ls/", NO_DIRECTORY),
        (&www, "", "ls/s.txt", NO_DIRECTORY),
        (&www, "", "loop", LOOP),
        (&www, "", "dangling", LOOP),
        (&www, "", "none", MISSING),
        (&lwww, "", "a.txt", NO_DIRECTORY),
        (&lwww, link, "a.txt", None),
        (&lwww, link, "in", LOOP),
        (&www, &in_root("ls"), "ls/s.txt", None),
        (&www, &in_root("ls"), "ls", None),
        (&www, &in_root("ls"), "in", LOOP),
        (&www, &in_root("in"), "in", None),
        (&www, &in_root("out"), "out", OUT),
    ] {
        let links = Links { follow: Never, from: from.into() };
        let directory = Directory::open(base).expect("the root").with_links(links);
        assert_eq!(open(&directory, path), expected, "{path} from {from:?}");
    }
}

#[test]
fn a_symlink_is_followed_to_what_its_owner_has() {
    let folder = folder();
    for name in ["other", "other-folder"] {
        folder.link(if name == "other" { "a.txt" } else { "sub" }, &format!("www/{name}"));
        let path = folder.0.join("www").join(name);
        if lchown(&path, Some(1), None).is_err() {
            return; // Only the superuser gives files away.
        }
    }
    folder.link("other", "www/chain");
    let links = Links { follow: SameOwner, from: Vec::new() };
    let directory = Directory::open(&folder.0.join("www")).expect("the root").with_links(links);
    for (path, expected) in [
        ("a.txt", None),
        ("in", None),
        ("ls", None),
        ("ls/", None),
        ("ls/s.txt", None),
        ("other", LOOP),
        ("other-folder", LOOP),
        ("other-folder/s.txt", LOOP),
        // The owner of the first link is that of the file.
        ("chain", None),
        ("loop", LOOP),
        ("dangling", MISSING),
        ("out", OUT),
    ] {
        assert_eq!(open(&directory, path), expected, "{path}");
    }
}
