//! Opening and remembering, on a disk.

use std::ffi::CString;
use std::fs;
use std::io::Read;
use std::path::PathBuf;
use std::rc::Rc;

use super::cache::{Changes, Files, Name, Question};
use super::entry::{Entry, SMALL_LEN, Source, StoredFile};
use super::links::Links;
use super::open::Directory;
use super::path;
use super::walk::{Start, Walk};
use crate::clock::Now;
use crate::samples::{Folder, ROOT, SETTINGS, head, leak, with_variables};
use crate::site::{FileBase, FileCache, Follow, Text};
use crate::sys::fs::OpenFor;

/// Far enough from the present for every time stamp to be settled.
const LATER_MS: u64 = 4_000_000_000_000;

fn at(monotonic_ms: u64) -> Now {
    Now { monotonic_ms, unix_ms: LATER_MS + monotonic_ms }
}

fn find(files: &mut Files, path: &str, now: Now) -> Entry {
    find_with(files, path, FileCache::USUAL, now)
}

fn find_with(files: &mut Files, path: &str, cache: FileCache, now: Now) -> Entry {
    let question =
        Question { name: None, directory: 0, links: Links::BENEATH, pack: None, cache, now };
    files.find(question, |out| {
        out.extend_from_slice(path.as_bytes());
        Some(())
    })
}

fn stored(entry: Entry) -> Rc<StoredFile> {
    match entry {
        Entry::File(file) => file,
        other => panic!("not a file: {other:?}"),
    }
}

fn content(file: &StoredFile) -> &[u8] {
    match &file.source {
        Source::Memory(content) => content,
        Source::File(_) => panic!("not in memory"),
    }
}

fn files(folder: &Folder) -> Files {
    Files::new(std::slice::from_ref(&folder.0))
}

#[test]
fn no_path_leaves_the_directory() {
    let outside = Folder::new();
    outside.write("secret", "secret");
    let folder = Folder::new();
    folder.write("a.txt", "a");
    folder.write("sub/b.txt", "b");
    fs::create_dir(folder.0.join("empty")).expect("a folder");
    folder.link("a.txt", "inside");
    folder.link("../a.txt", "sub/up");
    folder.link("sub", "folder");
    folder.link("sub/", "folder-slash");
    folder.link("a.txt/", "file-slash");
    folder.link(folder.0.join("sub/b.txt"), "absolute");
    folder.link(&folder.0, "self");
    folder.link("../..", "sub/out");
    folder.link(outside.0.join("secret"), "escape");
    folder.link(&outside.0, "escape-folder");
    folder.link(format!("../{}", outside.0.file_name().unwrap().display()), "escape-relative");
    folder.link(format!("{}x", folder.0.display()), "longer-name");
    folder.link(folder.0.join("sub/../../x"), "absolute-out");
    folder.link("loop-b", "loop-a");
    folder.link("loop-a", "loop-b");
    let directory = Directory::open(&folder.0).expect("the folder");
    for (path, expected) in [
        ("a.txt", Ok("a")),
        ("sub/b.txt", Ok("b")),
        ("sub//./b.txt", Ok("b")),
        ("inside", Ok("a")),
        ("sub/up", Ok("a")),
        ("folder/b.txt", Ok("b")),
        ("folder/up", Ok("a")),
        ("folder-slash/b.txt", Ok("b")),
        ("absolute", Ok("b")),
        ("self/self/a.txt", Ok("a")),
        ("folder", Ok("folder")),
        ("sub/", Ok("folder")),
        (".", Ok("folder")),
        ("a.txt/", Err(libc::ENOTDIR)),
        ("inside/", Err(libc::ENOTDIR)),
        ("a.txt/x", Err(libc::ENOTDIR)),
        ("file-slash", Err(libc::ENOTDIR)),
        ("missing", Err(libc::ENOENT)),
        ("missing/x", Err(libc::ENOENT)),
        ("escape", Err(libc::EXDEV)),
        ("escape-folder/secret", Err(libc::EXDEV)),
        ("escape-relative/secret", Err(libc::EXDEV)),
        ("longer-name", Err(libc::EXDEV)),
        ("absolute-out", Err(libc::EXDEV)),
        ("sub/out", Err(libc::EXDEV)),
        ("loop-a", Err(libc::ELOOP)),
    ] {
        let name = CString::new(path).expect("no NUL");
        let describe = |opened: std::io::Result<fs::File>| match opened {
            Ok(file) if file.metadata().expect("metadata").is_dir() => Ok("folder".to_owned()),
            Ok(mut file) => {
                let mut text = String::new();
                file.read_to_string(&mut text).expect("content");
                Ok(text)
            }
            Err(error) => Err(error.raw_os_error().expect("errno")),
        };
        let expected = expected.map(str::to_owned);
        let by_kernel = directory.open_file(&name, OpenFor::Reading);
        assert_eq!(describe(by_kernel), expected, "{path} by the kernel");
        let Directory { file, path: root, links } = &directory;
        let start = Start { file, path: root, follow: links.follow };
        let by_hand = Walk::new(start, &name).open(OpenFor::Reading);
        assert_eq!(describe(by_hand), expected, "{path} by hand");
    }
    let anywhere = Links { follow: Follow::Anywhere, ..Links::BENEATH };
    let followed = directory.with_links(anywhere).open_file(c"escape", OpenFor::Reading);
    assert!(followed.is_ok(), "symlinks are followed anywhere where that is asked for");
}

#[test]
fn a_path_may_be_deep_and_a_name_too_long() {
    let folder = Folder::new();
    folder.write("a/b/c/d/e/f", "deep");
    let mut files = files(&folder);
    assert_eq!(content(&stored(find(&mut files, "a/b/c/d/e/f", at(0)))), b"deep");
    let long = "x".repeat(300);
    assert!(matches!(find(&mut files, &long, at(0)), Entry::Failed(libc::ENAMETOOLONG)));
    let deep = "x/".repeat(3000);
    assert!(matches!(find(&mut files, &deep, at(0)), Entry::Failed(libc::ENAMETOOLONG)));
}

#[test]
fn what_is_no_file_is_not_waited_for() {
    let folder = Folder::new();
    folder.fifo("fifo");
    let _socket = std::os::unix::net::UnixListener::bind(folder.0.join("socket")).expect("bind");
    let mut files = files(&folder);
    assert!(matches!(find(&mut files, "fifo", at(0)), Entry::Special));
    assert!(matches!(find(&mut files, "socket", at(0)), Entry::Special));
    assert!(matches!(find(&mut files, ".", at(0)), Entry::Directory));
}

#[test]
fn a_change_is_seen_after_a_second() {
    let folder = Folder::new();
    folder.write("a", "one");
    let mut files = files(&folder);
    let first = stored(find(&mut files, "a", at(0)));
    assert_eq!(content(&first), b"one");
    folder.write("a", "three");
    assert_eq!(content(&stored(find(&mut files, "a", at(999)))), b"one");
    let second = stored(find(&mut files, "a", at(1000)));
    assert_eq!(content(&second), b"three");
    assert!(
        second.fields(true, true).starts_with(b"Accept-Ranges: bytes\r\nContent-Length: 5\r\n")
    );
    assert!(Rc::ptr_eq(&second, &stored(find(&mut files, "a", at(5000)))), "unchanged");
    fs::remove_file(folder.0.join("a")).expect("removed");
    assert!(matches!(find(&mut files, "a", at(6000)), Entry::Failed(libc::ENOENT)));
    folder.write("a", "four");
    assert!(matches!(find(&mut files, "a", at(6999)), Entry::Failed(libc::ENOENT)));
    assert_eq!(content(&stored(find(&mut files, "a", at(7000)))), b"four");
}

#[test]
fn a_file_that_was_just_written_is_read_again() {
    // Its next change might leave the same time stamp.
    let folder = Folder::new();
    let path = folder.write("a", "one");
    let modified = fs::metadata(&path).expect("metadata").modified().expect("a time");
    let since_epoch = modified.duration_since(std::time::UNIX_EPOCH).expect("after 1970");
    let unix_ms = since_epoch.as_millis() as u64;
    let mut files = files(&folder);
    let first = stored(find(&mut files, "a", Now { monotonic_ms: 0, unix_ms }));
    let again = Now { monotonic_ms: 1000, unix_ms: unix_ms + 1000 };
    assert!(!Rc::ptr_eq(&first, &stored(find(&mut files, "a", again))));
}

#[test]
fn a_directory_may_come_late_and_be_replaced() {
    let folder = Folder::new();
    let mut files = Files::new(&[folder.0.join("www")]);
    assert!(matches!(find(&mut files, "a", at(0)), Entry::Failed(libc::ENOENT)));
    folder.write("www/a", "one");
    assert_eq!(content(&stored(find(&mut files, "a", at(1000)))), b"one");
    fs::rename(folder.0.join("www"), folder.0.join("old")).expect("renamed");
    folder.write("www/a", "two");
    assert_eq!(content(&stored(find(&mut files, "a", at(2000)))), b"two");
}

#[test]
fn large_files_are_held_open_and_small_ones_in_memory() {
    let folder = Folder::new();
    folder.write("small", vec![b'x'; SMALL_LEN as usize]);
    folder.write("large", vec![b'x'; SMALL_LEN as usize + 1]);
    let mut files = files(&folder);
    assert!(matches!(stored(find(&mut files, "small", at(0))).source, Source::Memory(_)));
    assert!(matches!(stored(find(&mut files, "large", at(0))).source, Source::File(_)));
    assert!(matches!(find(&mut Files::new(&[]), "a", at(0)), Entry::Failed(libc::ENOENT)));
}

#[test]
fn the_cache_is_bounded_and_keeps_what_is_used() {
    let folder = Folder::new();
    folder.write("hot", "hot");
    for number in 0..300 {
        folder.write(&format!("large-{number}"), vec![0; SMALL_LEN as usize + 1]);
    }
    let mut files = files(&folder);
    let hot = stored(find(&mut files, "hot", at(0)));
    for number in 0..3000 {
        find(&mut files, &format!("missing-{number}"), at(0));
        find(&mut files, &format!("large-{}", number % 300), at(0));
        assert!(Rc::ptr_eq(&hot, &stored(find(&mut files, "hot", at(0)))), "{number}");
        let (entries, descriptors) = files.held();
        assert!(entries <= 1024 && descriptors <= 256, "{entries} {descriptors}");
    }
    files.release();
    assert_eq!(files.held(), (0, 0));
    assert_eq!(content(&stored(find(&mut files, "hot", at(0)))), b"hot");
}

/// A file that was read anew is not the one that was.
fn is_same(first: &Entry, second: &Entry) -> bool {
    matches!((first, second), (Entry::File(first), Entry::File(second)) if Rc::ptr_eq(first, second))
}

#[test]
fn an_answer_is_believed_for_as_long_as_the_conf_says() {
    let folder = Folder::new();
    folder.write("a", "one");
    let minute = FileCache { valid_ms: 60_000, inactive_ms: u64::MAX, ..FileCache::USUAL };
    let never = FileCache { valid_ms: 0, ..FileCache::USUAL };
    let mut files = files(&folder);
    let first = find_with(&mut files, "a", minute, at(0));
    folder.write("a", "changed");
    assert!(is_same(&first, &find_with(&mut files, "a", minute, at(59_999))));
    assert_eq!(content(&stored(find_with(&mut files, "a", minute, at(60_000)))), b"changed");
    folder.write("a", "again");
    assert_eq!(content(&stored(find_with(&mut files, "a", never, at(60_000)))), b"again");
    assert_eq!(content(&stored(find_with(&mut files, "a", never, at(60_000)))), b"again");
}

#[test]
fn a_failure_is_believed_only_where_that_is_asked_for() {
    for (errors, expected) in [(true, true), (false, false)] {
        let folder = Folder::new();
        let mut files = files(&folder);
        let cache = FileCache { errors, ..FileCache::USUAL };
        assert!(matches!(find_with(&mut files, "a", cache, at(0)), Entry::Failed(libc::ENOENT)));
        folder.write("a", "new");
        let found = find_with(&mut files, "a", cache, at(1));
        assert_eq!(matches!(found, Entry::Failed(_)), expected, "{errors}");
    }
}

#[test]
fn a_file_is_believed_once_it_was_used_often_enough() {
    let folder = Folder::new();
    let mut files = files(&folder);
    let cache = FileCache { min_uses: 3, inactive_ms: 10, ..FileCache::USUAL };
    let mut find = |text: &str, ms| {
        folder.write("a", text);
        String::from_utf8(content(&stored(find_with(&mut files, "a", cache, at(ms)))).to_vec())
            .expect("text")
    };
    assert_eq!(find("first", 0), "first");
    assert_eq!(find("second", 5), "second");
    assert_eq!(find("third", 10), "third");
    assert_eq!(find("fourth", 15), "third");
    // A pause, and it is as if it had not been used.
    assert_eq!(find("fifth", 25), "fifth");
    assert_eq!(find("sixth", 26), "sixth");
}

#[test]
fn what_is_idle_is_given_up() {
    let folder = Folder::new();
    folder.write("large", vec![0; SMALL_LEN as usize + 1]);
    let mut files = files(&folder);
    find(&mut files, "large", at(0));
    assert_eq!(files.held(), (1, 1));
    find(&mut files, "missing", at(FileCache::USUAL.inactive_ms));
    find(&mut files, "missing-too", at(FileCache::USUAL.inactive_ms));
    assert_eq!(files.held(), (2, 0));
}

#[test]
fn the_conf_says_how_much_is_remembered() {
    let folder = Folder::new();
    let names: Vec<_> = (0..400).map(|number| format!("{number}")).collect();
    names.iter().for_each(|name| drop(folder.write(name, vec![0; SMALL_LEN as usize + 1])));
    for (max, expected) in [(Some(10), (10, 10)), (Some(300), (300, 300)), (None, (256, 256))] {
        let directory = std::slice::from_ref(&folder.0);
        let mut files = Files::for_worker(directory, max, Changes::default());
        names.iter().for_each(|name| drop(find(&mut files, name, at(0))));
        assert_eq!(files.held(), expected);
    }
}

#[test]
fn what_may_not_be_read_is_told_apart_from_what_is_missing() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new();
    let path = folder.write("closed", "x");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).expect("chmod");
    if fs::File::open(&path).is_ok() {
        return; // This user may read everything.
    }
    let found = find(&mut files(&folder), "closed", at(0));
    assert!(matches!(found, Entry::Unreadable { directory: false }));
}

#[test]
fn paths_beneath_a_directory() {
    let base = |inner, replaced_len, append_path| FileBase {
        inner: Text::Fixed(inner),
        replaced_len,
        append_path,
        ..ROOT
    };
    let root = || base(b"", 0, true);
    with_variables(&head("/", ""), &SETTINGS, &[PathBuf::new()], |variables| {
        for (base, path, beneath) in [
            (root(), &b"/a/b"[..], Some("a/b")),
            (root(), b"/", Some(".")),
            (root(), b"//a//b/", Some("a//b/")),
            (root(), b"/..", None),
            (root(), b"/a/../../b", None),
            (root(), b"/...", Some("...")),
            (root(), b"/a\0b", None),
            (root(), b"", Some(".")),
            (root(), b"a", None),
            (base(b"x", 0, true), b"/a", Some("x/a")),
            (base(b"", 2, true), b"/i/a", Some("a")),
            (base(b"", 2, true), b"/i", Some(".")),
            (base(b"", 2, true), b"/ia", None),
            (base(b"", 2, true), b"/i../a", None),
            (base(b"", 9, true), b"/i", None),
            (base(b"f", 0, false), b"/i/a", Some("f")),
            (base(b"../f", 0, false), b"/i", None),
            (base(b"..", 0, true), b"/a", None),
        ] {
            let mut out = b"kept".to_vec();
            let append = base.append_path;
            let found = path::write_beneath(&base, path, variables, append, &mut out);
            let found = found.map(|()| String::from_utf8(out[4..].to_vec()).expect("text"));
            assert_eq!(found.as_deref(), beneath, "{path:?}");
        }
    });
}

#[test]
fn hidden_paths() {
    for (path, hidden) in [
        ("/a/b.html", false),
        ("/a/.b", true),
        ("/.git/config", true),
        ("/.well-known/x.txt", false),
        ("/.well-known", false),
        ("/.well-knownx", true),
        ("/.well-known/.x", true),
        ("/a/.well-known/x", true),
        ("/...", true),
        ("/a.b/c", false),
        ("/", false),
        ("//.a", true),
    ] {
        assert_eq!(path::is_hidden(path.as_bytes()), hidden, "{path}");
    }
}

#[test]
fn names_are_recalled_for_a_second() {
    let folder = Folder::new();
    folder.write("a", "one");
    let mut files = files(&folder);
    let plain = leak(SETTINGS);
    let other = leak(SETTINGS);
    let name = |settings, path| Name { settings, append_path: false, path, ending: b"" };
    let ask = |files: &mut Files, name: Name<'_>, now| {
        let cache = FileCache::USUAL;
        let question = Question {
            name: Some(name),
            directory: 0,
            links: Links::BENEATH,
            pack: None,
            cache,
            now,
        };
        files.find(question, |out| {
            out.extend_from_slice(&name.path[1..]);
            Some(())
        })
    };
    assert!(files.recall(&name(plain, b"/a"), at(0)).is_none(), "nobody has asked");
    assert_eq!(content(&stored(ask(&mut files, name(plain, b"/a"), at(0)))), b"one");
    assert!(matches!(ask(&mut files, name(plain, b"/b"), at(0)), Entry::Failed(libc::ENOENT)));
    folder.write("a", "two, longer");
    folder.write("b", "new");
    // Other settings may mean another folder, and other paths are other files.
    let beneath = Name { append_path: true, ..name(plain, b"/a") };
    for unknown in [name(other, b"/a"), name(plain, b"/c"), name(plain, b"/"), beneath] {
        assert!(files.recall(&unknown, at(1)).is_none());
    }
    for now in [at(1), at(999)] {
        let known = files.recall(&name(plain, b"/a"), now).expect("known");
        assert_eq!(content(&stored(known)), b"one");
        assert!(files.recall(&name(plain, b"/b"), now).is_some());
    }
    assert!(files.recall(&name(plain, b"/a"), at(1000)).is_none(), "it is looked at anew");
    assert_eq!(content(&stored(ask(&mut files, name(plain, b"/a"), at(1000)))), b"two, longer");
    // This process has changed files.
    files.announce_change();
    assert!(files.recall(&name(plain, b"/a"), at(1001)).is_none());
    assert_eq!(content(&stored(ask(&mut files, name(plain, b"/b"), at(1001)))), b"new");
}
