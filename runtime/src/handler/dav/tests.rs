//! What nginx answers to the same requests, but where the comments say otherwise.

use std::fs;
use std::os::unix::fs::MetadataExt;

use super::*;
use crate::exchange::UriState;
use crate::http::method::MethodSet;
use crate::samples::{Folder, ROOT, SETTINGS, head, leak, with_variables};
use crate::site::{
    Access, Action, Admission, DavSettings, FileBase, Follow, Handler, LimitExcept, Location,
    PlainSettings, Ranges, Settings, Symlinks,
};

const DAV: Dav = Dav {
    methods: MethodSet::of(&[
        Method::Put,
        Method::Delete,
        Method::Mkcol,
        Method::Copy,
        Method::Move,
    ]),
    plain: DavSettings::DEFAULT,
};

/// Makes a request; gives status and Location. A PUT sends its own path as content.
fn ask_with(
    folder: &Folder,
    conf: (Dav, Settings),
    request: (Method, &str, &str),
) -> (u16, String) {
    ask_meanwhile(folder, conf, request, || ())
}

/// The same; something else happens while the content comes.
fn ask_meanwhile(
    folder: &Folder,
    conf: (Dav, Settings),
    request: (Method, &str, &str),
    meanwhile: impl FnOnce(),
) -> (u16, String) {
    match outcome(folder, conf, request, meanwhile) {
        Outcome::Status(status) => (status, String::new()),
        Outcome::Response(made) => {
            (made.status, String::from_utf8(made.location.unwrap_or_default()).expect("text"))
        }
        outcome => panic!("{outcome:?}"),
    }
}

fn outcome(
    folder: &Folder,
    (dav, settings): (Dav, Settings),
    (method, target, fields): (Method, &str, &str),
    meanwhile: impl FnOnce(),
) -> Outcome {
    let directories = std::slice::from_ref(&folder.0);
    let length = if method == Method::Put { "Transfer-Encoding: chunked\r\n" } else { "" };
    let head = head(target, &format!("{length}{fields}"));
    let (dav, settings) = (leak(dav), leak(settings));
    with_variables(&head, settings, directories, |variables| {
        let request = Request {
            variables,
            method,
            framing: head.framing,
            conditional: true,
            append_path: false,
            media_type: |_, _| None,
            locate: &|path| locate(path, dav, settings),
            uri: UriState::AS_SENT,
            programs: &[],
            upstreams: &[],
            list: None,
            cached: None,
            report: &|_, _| (),
        };
        let mut files = Files::new(directories);
        match serve(dav, &request, &mut files) {
            Outcome::Receive(mut receiver) => {
                receiver.receive(variables.path).expect("room");
                meanwhile();
                receiver.finish(&request, &mut files)
            }
            Outcome::Work(mut work) => {
                while !work.step() {}
                work.finish(&request, &mut files)
            }
            outcome => outcome,
        }
    })
}

/// `deny all;`
static NOBODY: Access = Access {
    v4: Some(Ranges { first: false, flips: &[] }),
    v6: Ranges { first: false, flips: &[] },
    unix: false,
};

/// Where a path leads: to the location that is asked, but for what is beneath `/other/`.
fn locate(path: &[u8], dav: &'static Dav, settings: &'static Settings) -> &'static Location {
    let handler = if path.starts_with(b"/other/") { Handler::Files } else { Handler::Dav(dav) };
    leak(Location {
        settings,
        internal: path.starts_with(b"/inside/"),
        patterns: &[],
        limit_except: path.starts_with(b"/shut/").then_some(LimitExcept {
            methods: MethodSet::of(&[Method::Get]),
            admission: Admission { access: Some(&NOBODY), ..Admission::OPEN },
            location: None,
        }),
        methods: MethodSet::ALL,
        methods_named: false,
        ops: &[],
        allow: b"",
        action: Action::Serve { try_files: None, handler },
    })
}

fn ask(folder: &Folder, request: (Method, &str, &str)) -> (u16, String) {
    ask_with(folder, (DAV, SETTINGS), request)
}

fn check(folder: &Folder, requests: &[(Method, &str, &str, u16)]) {
    for &(method, target, fields, status) in requests {
        let found = ask(folder, (method, target, fields)).0;
        assert_eq!(found, status, "{method:?} {target} {fields}");
    }
}

fn read(folder: &Folder, name: &str) -> String {
    fs::read_to_string(folder.0.join(name)).unwrap_or_else(|error| error.to_string())
}

fn exists(folder: &Folder, name: &str) -> bool {
    folder.0.join(name).symlink_metadata().is_ok()
}

#[test]
fn put() {
    let folder = Folder::new();
    folder.write("dir/file", "");
    folder.write(".hidden/file", "");
    assert_eq!(ask(&folder, (Method::Put, "/a%20b%3f", "")), (201, "/a%20b%3F".to_owned()));
    assert_eq!(ask(&folder, (Method::Put, "/a%20b%3f", "")), (204, String::new()));
    assert_eq!(read(&folder, "a b?"), "/a b?");
    check(
        &folder,
        &[
            (Method::Put, "/dir/", "", 409),
            (Method::Put, "/dir", "", 409),
            (Method::Put, "/x", "Content-Range: bytes 0-1/2\r\n", 501),
            (Method::Put, "/x", "If-Match: *\r\n", 412),
            // nginx says 500; RFC 4918, 9.7.1.
            (Method::Put, "/none/x", "", 409),
            (Method::Put, "/dir/file/x", "", 409),
            // nginx makes them, though it need not serve them.
            (Method::Put, "/.hidden/x", "", 404),
            (Method::Put, "/dir/.x", "", 404),
        ],
    );
    let date = "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n";
    assert_eq!(ask(&folder, (Method::Put, "/dated", date)).0, 201);
    let metadata = fs::metadata(folder.0.join("dated")).expect("the file");
    assert_eq!((metadata.mtime(), metadata.mode() & 0o777), (784_111_777, 0o600));
}

#[test]
fn what_comes_while_a_file_is_put_counts() {
    let folder = Folder::new();
    folder.write("dir/file", "");
    let put = |target: &str, fields: &str, meanwhile: &dyn Fn(&Folder)| {
        let request = (Method::Put, target, fields);
        ask_meanwhile(&folder, (DAV, SETTINGS), request, || meanwhile(&folder)).0
    };
    let make = |name: &'static str| move |folder: &Folder| drop(folder.write(name, ""));
    assert_eq!(put("/new", "", &make("new")), 204);
    assert_eq!(read(&folder, "new"), "/new");
    assert_eq!(put("/newer", "If-None-Match: *\r\n", &make("newer")), 412);
    assert_eq!(put("/taken", "", &make("taken/file")), 409);
    let leave = |folder: &Folder| fs::remove_dir_all(folder.0.join("dir")).expect("a directory");
    assert_eq!(put("/dir/x", "", &leave), 409);
    assert!(!exists(&folder, "dir"));
    assert!(exists(&folder, "taken/file"));
}

#[test]
fn put_makes_its_way_where_that_is_on() {
    let folder = Folder::new();
    let plain =
        DavSettings { create_full_put_path: true, file_mode: 0o664, ..DavSettings::DEFAULT };
    let dav = || Dav { plain, ..DAV };
    let request = (Method::Put, "/x/y/z", "");
    assert_eq!(ask_with(&folder, (dav(), SETTINGS), request).0, 201);
    assert_eq!(ask_with(&folder, (dav(), SETTINGS), request).0, 204);
    let request = (Method::Put, "/x/y/z/file", "");
    assert_eq!(ask_with(&folder, (dav(), SETTINGS), request).0, 409);
    let mode = |name: &str| fs::metadata(folder.0.join(name)).expect("made").mode() & 0o777;
    assert_eq!((mode("x"), mode("x/y"), mode("x/y/z")), (0o775, 0o775, 0o664));
}

#[test]
fn delete() {
    let (folder, outside) = (Folder::new(), Folder::new());
    outside.write("kept", "");
    for name in ["a", "b", "c", "dir/x/y", "dir/z", "full/x"] {
        folder.write(name, "");
    }
    folder.link(&outside.0, "dir/link");
    folder.link(&outside.0, "link");
    check(
        &folder,
        &[
            (Method::Delete, "/a", "", 204),
            (Method::Delete, "/a", "", 404),
            (Method::Delete, "/b/x", "", 409),
            (Method::Delete, "/b/", "", 409),
            (Method::Delete, "/b", "Content-Length: 1\r\n", 415),
            (Method::Delete, "/b", "Depth: 1\r\n", 400),
            (Method::Delete, "/b", "Depth: x\r\n", 400),
            (Method::Delete, "/b", "If-Match: \"x\"\r\n", 412),
            (Method::Delete, "/b", "Depth: 0\r\n", 204),
            (Method::Delete, "/c", "Depth: infinity\r\n", 204),
            (Method::Delete, "/dir", "", 409),
            (Method::Delete, "/dir/", "Depth: 0\r\n", 400),
            (Method::Delete, "/dir/link/kept", "", 404),
            (Method::Delete, "/dir/", "", 204),
            (Method::Delete, "/dir/", "", 404),
            (Method::Delete, "/link", "", 204),
            // nginx removes its own root.
            (Method::Delete, "/", "", 403),
        ],
    );
    assert!(exists(&outside, "kept") && exists(&folder, "full/x"));
}

#[test]
fn delete_goes_no_higher_than_it_may() {
    let folder = Folder::new();
    folder.write("a/b/c/d", "");
    for (target, status) in
        [("/a/", 409), ("/a/b/", 409), ("/x/y", 409), ("/x/y/z", 404), ("/a/b/c/", 204)]
    {
        let plain = DavSettings { min_delete_depth: 3, ..DavSettings::DEFAULT };
        let dav = Dav { plain, ..DAV };
        let found = ask_with(&folder, (dav, SETTINGS), (Method::Delete, target, "")).0;
        assert_eq!(found, status, "{target}");
    }
}

#[test]
fn mkcol() {
    let folder = Folder::new();
    folder.write("file", "");
    assert_eq!(ask(&folder, (Method::Mkcol, "/a%20b/", "")), (201, "/a%20b/".to_owned()));
    check(
        &folder,
        &[
            (Method::Mkcol, "/x", "", 409),
            (Method::Mkcol, "/a%20b/", "", 405),
            (Method::Mkcol, "/file/", "", 405),
            (Method::Mkcol, "/none/x/", "", 409),
            (Method::Mkcol, "/x/", "Content-Length: 1\r\n", 415),
            (Method::Mkcol, "/", "", 405),
        ],
    );
    assert_eq!(fs::metadata(folder.0.join("a b")).expect("made").mode() & 0o777, 0o700);
}

#[test]
fn copy_and_move_files() {
    let folder = Folder::new();
    folder.write("a", "text");
    folder.write("dir/x", "");
    check(
        &folder,
        &[
            (Method::Copy, "/a", "", 400),
            (Method::Copy, "/a", "Destination: /b\r\n", 204),
            (Method::Copy, "/a", "Destination: /b\r\nOverwrite: F\r\n", 412),
            (Method::Copy, "/a", "Destination: /b\r\nOverwrite: t\r\n", 204),
            (Method::Copy, "/a", "Destination: /b\r\nOverwrite: x\r\n", 400),
            (Method::Copy, "/a", "Destination: /b\r\nDepth: 1\r\n", 400),
            (Method::Copy, "/a", "Destination: /b\r\nDepth: 0\r\n", 204),
            (Method::Copy, "/a", "Destination: /b\r\nContent-Length: 1\r\n", 415),
            (Method::Move, "/b", "Destination: /c\r\nDepth: 0\r\n", 400),
            (Method::Copy, "/a", "Destination: http://a/c%20d?x#y\r\n", 204),
            (Method::Copy, "/a", "Destination: HTTPS://A.:99/e\r\n", 204),
            (Method::Copy, "/a", "Destination: http://b/e\r\n", 400),
            (Method::Copy, "/a", "Destination: http://ab/e\r\n", 400),
            (Method::Copy, "/a", "Destination: http://a\r\n", 400),
            (Method::Copy, "/a", "Destination: e\r\n", 400),
            (Method::Copy, "/a", "Destination: \r\n", 400),
            (Method::Copy, "/a", "Destination: /../e\r\n", 400),
            (Method::Copy, "/a", "Destination: /a\r\n", 403),
            (Method::Copy, "/a", "Destination: /.a\r\n", 403),
            (Method::Copy, "/a", "Destination: /dir/\r\n", 409),
            (Method::Copy, "/a", "Destination: /dir\r\n", 409),
            (Method::Copy, "/none", "Destination: /e\r\n", 404),
            // nginx says 500; RFC 4918, 9.8.5.
            (Method::Copy, "/a", "Destination: /none/e\r\n", 409),
            (Method::Move, "/none", "Destination: /way/e\r\n", 404),
            (Method::Move, "/b", "Destination: /the/way/e\r\n", 204),
        ],
    );
    for name in ["a", "c d", "e", "the/way/e"] {
        assert_eq!(read(&folder, name), "text", "{name}");
    }
    assert!(!exists(&folder, "b") && !exists(&folder, "way") && !exists(&folder, "none"));
}

#[test]
fn copy_and_move_collections() {
    let folder = Folder::new();
    folder.write("a/x", "text");
    folder.write("a/b/y", "");
    folder.write("old/z", "");
    folder.write("file", "");
    check(
        &folder,
        &[
            (Method::Copy, "/a", "Destination: /c\r\n", 400),
            (Method::Copy, "/a/", "Destination: /c\r\n", 409),
            (Method::Copy, "/a/", "Destination: /c/\r\n", 201),
            (Method::Copy, "/a/", "Destination: /a/c/\r\n", 403),
            (Method::Move, "/a/b/", "Destination: /a/\r\n", 403),
            (Method::Copy, "/a/", "Destination: /old/\r\nOverwrite: F\r\n", 412),
            (Method::Copy, "/a/", "Destination: /old/\r\n", 201),
            (Method::Copy, "/a/", "Destination: /none/d/\r\n", 404),
            (Method::Copy, "/file/", "Destination: /d/\r\n", 404),
            (Method::Move, "/c/", "Destination: /d/\r\n", 201),
            // nginx copies what is in it, too; RFC 4918, 9.8.3.
            (Method::Copy, "/a/", "Destination: /e/\r\nDepth: 0\r\n", 201),
        ],
    );
    for (name, there) in
        [("old/x", true), ("old/b/y", true), ("old/z", false), ("c", false), ("d/b/y", true)]
    {
        assert_eq!(exists(&folder, name), there, "{name}");
    }
    assert_eq!(fs::read_dir(folder.0.join("e")).expect("made").count(), 0);
}

/// Names in a folder, hidden ones too.
fn names(folder: &Folder, name: &str) -> Vec<String> {
    let entries = fs::read_dir(folder.0.join(name)).expect("a folder");
    let name = |entry: std::io::Result<fs::DirEntry>| entry.expect("an entry").file_name();
    let mut names: Vec<_> = entries.map(|entry| name(entry).into_string().expect("text")).collect();
    names.sort();
    names
}

#[test]
fn a_failure_leaves_everything_as_it_was() {
    let folder = Folder::new();
    folder.write(&("deep/".to_owned() + &"d/".repeat(200) + "file"), "");
    folder.write("old/kept", "text");
    let long = format!("Destination: /{}/\r\n", "x".repeat(300));
    check(
        &folder,
        &[
            (Method::Copy, "/deep/", "Destination: /old/\r\n", 500),
            (Method::Copy, "/deep/", "Destination: /new/\r\n", 500),
            (Method::Move, "/old/", &long, 404),
            (Method::Copy, "/old/", &long, 404),
        ],
    );
    assert_eq!(names(&folder, ""), ["deep", "old"]);
    assert_eq!(read(&folder, "old/kept"), "text");
    // What cannot be deleted is named, and the rest is gone.
    folder.write("deep/x", "");
    let (outcome, content) = multistatus(&folder, "/deep/");
    assert_eq!(outcome, 207);
    let member = format!("<D:href>/deep/{}d</D:href>", "d/".repeat(128));
    assert!(content.contains(&member), "{content}");
    assert!(content.contains("<D:status>HTTP/1.1 500 Internal Server Error</D:status>"));
    assert_eq!(names(&folder, "deep"), ["d"]);
}

/// The answer to a DELETE.
fn multistatus(folder: &Folder, target: &str) -> (u16, String) {
    match outcome(folder, (DAV, SETTINGS), (Method::Delete, target, ""), || ()) {
        Outcome::Response(made) => (made.status, String::from_utf8(made.content).expect("text")),
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_is_large_is_replaced_by_what_is_large() {
    let folder = Folder::new();
    for number in 0..300 {
        folder.write(&format!("a/{number}"), "a");
        folder.write(&format!("b/in/{number}"), "b");
    }
    folder.write("large", vec![b'x'; 5 << 20]);
    check(
        &folder,
        &[
            (Method::Copy, "/a/", "Destination: /b/\r\n", 201),
            (Method::Move, "/a/", "Destination: /b/\r\n", 201),
            (Method::Copy, "/large", "Destination: /b/7\r\n", 204),
        ],
    );
    assert_eq!(names(&folder, ""), ["b", "large"]);
    assert_eq!((names(&folder, "b").len(), read(&folder, "b/8").as_str()), (300, "a"));
    assert_eq!(read(&folder, "b/7").len(), 5 << 20);
    check(&folder, &[(Method::Delete, "/b/", "", 204)]);
    assert_eq!(names(&folder, ""), ["large"]);
}

#[test]
fn a_destination_stays_within_its_alias() {
    let folder = Folder::new();
    folder.write("a", "text");
    let settings =
        || Settings { base: FileBase { alias: true, replaced_len: 3, ..ROOT }, ..SETTINGS };
    for (destination, status) in [("/b", 400), ("/xx/b", 400), ("/al/b", 204), ("/al", 403)] {
        let fields = format!("Destination: {destination}\r\n");
        let found = ask_with(&folder, (DAV, settings()), (Method::Copy, "/al/a", &fields)).0;
        assert_eq!(found, status, "{destination}");
    }
    assert_eq!(read(&folder, "b"), "text");
}

#[test]
fn links_lead_nowhere_outside() {
    let (folder, outside) = (Folder::new(), Folder::new());
    outside.write("secret", "secret");
    folder.write("a", "text");
    folder.link(&outside.0, "out");
    folder.link(outside.0.join("secret"), "leak");
    folder.link("a", "inside");
    check(
        &folder,
        &[
            (Method::Put, "/out/x", "", 409),
            (Method::Copy, "/out/secret", "Destination: /b\r\n", 404),
            (Method::Copy, "/leak", "Destination: /b\r\n", 409),
            (Method::Copy, "/a", "Destination: /out/b\r\n", 409),
            (Method::Move, "/a", "Destination: /out/b/c\r\n", 409),
            (Method::Mkcol, "/out/x/", "", 409),
            (Method::Copy, "/inside", "Destination: /b\r\n", 204),
            // The link itself is what a PUT replaces.
            (Method::Put, "/leak", "", 204),
        ],
    );
    assert_eq!((read(&folder, "b"), read(&outside, "secret")), ("text".into(), "secret".into()));
    assert_eq!(fs::read_dir(&outside.0).expect("the folder").count(), 1);
}

#[test]
fn files_are_put_where_links_lead_if_the_conf_says_so() {
    let (folder, outside) = (Folder::new(), Folder::new());
    outside.write("kept", "");
    folder.link(&outside.0, "out");
    let symlinks = || Symlinks { follow: Follow::Anywhere, ..Symlinks::USUAL };
    let settings = || Settings { symlinks: symlinks(), ..SETTINGS };
    for (method, target, status) in [
        (Method::Put, "/out/x", 201),
        (Method::Put, "/out/new/x", 201),
        (Method::Put, "/out/x", 204),
        (Method::Delete, "/out/kept", 404),
        (Method::Mkcol, "/out/y/", 409),
    ] {
        let plain = DavSettings { create_full_put_path: true, ..DavSettings::DEFAULT };
        let dav = Dav { plain, ..DAV };
        let found = ask_with(&folder, (dav, settings()), (method, target, "")).0;
        assert_eq!(found, status, "{method:?} {target}");
    }
    assert_eq!(read(&outside, "x"), "/out/x");
    assert!(exists(&outside, "kept") && !exists(&outside, "y"));
}

#[test]
fn names_of_the_server_are_not_for_clients() {
    let folder = Folder::new();
    folder.write("a/file", "");
    let settings =
        || Settings { plain: PlainSettings { hidden_files: true, ..SETTINGS.plain }, ..SETTINGS };
    for (method, target, fields, status) in [
        (Method::Put, "/.sitec-journal-1-1", "", 404),
        (Method::Put, "/a/.sitec-1-1", "", 404),
        (Method::Mkcol, "/.sitec-old-1-1/", "", 404),
        (Method::Copy, "/a/file", "Destination: /.sitec-journal-1-1\r\n", 403),
        (Method::Move, "/a/", "Destination: /.sitec-old-1-1/\r\n", 403),
        (Method::Delete, "/.sitec-journal-1-1", "", 404),
        (Method::Put, "/.hidden", "", 201),
    ] {
        let found = ask_with(&folder, (DAV, settings()), (method, target, fields)).0;
        assert_eq!(found, status, "{method:?} {target}");
    }
    assert_eq!(names(&folder, ""), [".hidden", "a"]);
}

#[test]
fn methods_that_are_not_named_are_for_files() {
    let folder = Folder::new();
    folder.write("a", "");
    let dav = || Dav { methods: MethodSet::of(&[Method::Put]), ..DAV };
    for (method, status) in [(Method::Mkcol, 405), (Method::Post, 405), (Method::Delete, 204)] {
        assert_eq!(ask_with(&folder, (dav(), SETTINGS), (method, "/a", "")).0, status);
    }
}
