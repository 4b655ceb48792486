//! Uploads into folders on a disk.

use std::cell::RefCell;
use std::fmt;
use std::fs;

use super::*;
use crate::exchange::UriState;
use crate::samples::{Folder, SETTINGS, head, leak, with_variables};
use crate::site::UploadSettings;

const UPLOAD: Upload =
    Upload { directory: 0, folder_len: Some(3), redirect: None, plain: UploadSettings::DEFAULT };

/// A request to a store, and the content that comes with it.
struct Ask<'a> {
    folder: &'a Folder,
    upload: Upload,
    method: Method,
    target: &'a str,
    fields: &'a str,
}

impl<'a> Ask<'a> {
    fn new(folder: &'a Folder, method: Method, target: &'a str) -> Ask<'a> {
        Ask { folder, upload: UPLOAD, method, target, fields: "Transfer-Encoding: chunked\r\n" }
    }

    /// Sends the pieces. Gives status, Location, content.
    fn send(self, pieces: &[&[u8]]) -> (u16, String, String) {
        self.send_and(pieces, || ())
    }

    /// The same, with something that happens before the end.
    fn send_and(self, pieces: &[&[u8]], meanwhile: impl FnOnce()) -> (u16, String, String) {
        let log = RefCell::new(Vec::new());
        let report = |_: Level, text: fmt::Arguments<'_>| log.borrow_mut().push(text.to_string());
        let directories = std::slice::from_ref(&self.folder.0);
        let head = head(self.target, self.fields);
        let outcome = with_variables(&head, &SETTINGS, directories, |variables| {
            let request = Request {
                variables,
                method: self.method,
                framing: head.framing,
                conditional: true,
                append_path: false,
                media_type: |_, _| None,
                locate: &|_| panic!("nothing leads there"),
                uri: UriState::AS_SENT,
                programs: &[],
                upstreams: &[],
                list: None,
                cached: None,
                report: &report,
            };
            let mut files = Files::new(directories);
            let outcome = serve(leak(self.upload), &request, &mut files);
            let Outcome::Receive(mut receiver) = outcome else { return outcome };
            for piece in pieces {
                if let Err(refusal) = receiver.receive(piece) {
                    return Outcome::Status(refusal.status);
                }
            }
            meanwhile();
            receiver.finish(&request, &mut files)
        });
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
        match outcome {
            Outcome::Status(status) => (status, String::new(), String::new()),
            Outcome::Response(made) => {
                (made.status, made.location.map(text).unwrap_or_default(), text(made.content))
            }
            outcome => panic!("{outcome:?}"),
        }
    }
}

fn put(folder: &Folder, target: &str, content: &str) -> (u16, String) {
    let (status, location, _) = Ask::new(folder, Method::Put, target).send(&[content.as_bytes()]);
    (status, location)
}

/// The names and contents in the folder, hidden ones too.
fn stored(folder: &Folder) -> Vec<(String, String)> {
    let read = |entry: std::io::Result<fs::DirEntry>| {
        let entry = entry.expect("an entry");
        let content = fs::read_to_string(entry.path()).unwrap_or_default();
        (entry.file_name().into_string().expect("text"), content)
    };
    let mut entries: Vec<_> = fs::read_dir(&folder.0).expect("the folder").map(read).collect();
    entries.sort();
    entries
}

fn names(folder: &Folder) -> Vec<String> {
    stored(folder).into_iter().map(|(name, _)| name).collect()
}

#[test]
fn a_body_is_stored_under_its_name() {
    let folder = Folder::new();
    assert_eq!(put(&folder, "/up/a%20b.txt", "one"), (201, "/up/a%20b.txt".to_owned()));
    let (status, location, _) =
        Ask::new(&folder, Method::Post, "/up/c%3f").send(&[b"two", b"", b" three"]);
    assert_eq!((status, location.as_str()), (201, "/up/c%3F"));
    let long = "x".repeat(100_000);
    assert_eq!(put(&folder, "/up/long", &long).0, 201);
    assert_eq!(put(&folder, "/up/none", "").0, 201);
    let expected = [("a b.txt", "one"), ("c?", "two three"), ("long", &long), ("none", "")];
    assert_eq!(stored(&folder), expected.map(|(name, text)| (name.to_owned(), text.to_owned())));
}

#[test]
fn a_name_that_exists_is_a_conflict() {
    let folder = Folder::new();
    folder.write("a", "old");
    assert_eq!(put(&folder, "/up/a", "new").0, 409);
    // Somebody else was faster.
    let faster = || drop(folder.write("b", "first"));
    let (status, ..) = Ask::new(&folder, Method::Put, "/up/b").send_and(&[b"second"], faster);
    assert_eq!(status, 409);
    folder.write("d/file", "");
    folder.link("/nowhere", "l");
    assert_eq!(put(&folder, "/up/d", "new").0, 409);
    assert_eq!(put(&folder, "/up/l", "new").0, 409);
    assert_eq!(fs::read_to_string(folder.0.join("a")).expect("a"), "old");
    assert_eq!(fs::read_to_string(folder.0.join("b")).expect("b"), "first");
    assert_eq!(names(&folder), ["a", "b", "d", "l"]);
}

#[test]
fn a_file_is_replaced_where_that_is_allowed() {
    let folder = Folder::new();
    let replace = |method, target| Ask {
        upload: Upload { plain: UploadSettings { overwrite: true, sync: true }, ..UPLOAD },
        ..Ask::new(&folder, method, target)
    };
    folder.write("other", "kept");
    folder.link(folder.0.join("other"), "l");
    folder.write("d/file", "");
    for (method, target, status) in [
        (Method::Put, "/up/a", 201),
        (Method::Put, "/up/a", 204),
        (Method::Post, "/up/a", 201),
        // The link is replaced, not what it leads to.
        (Method::Put, "/up/l", 204),
        (Method::Put, "/up/d", 409),
    ] {
        assert_eq!(replace(method, target).send(&[b"new"]).0, status, "{target}");
    }
    let appears = || drop(folder.write("b", "first"));
    assert_eq!(replace(Method::Put, "/up/b").send_and(&[b"second"], appears).0, 204);
    let expected = [("a", "new"), ("b", "second"), ("d", ""), ("l", "new"), ("other", "kept")];
    assert_eq!(stored(&folder), expected.map(|(name, text)| (name.to_owned(), text.to_owned())));
}

#[test]
fn names_that_cannot_be_stored() {
    let folder = Folder::new();
    let long = format!("/up/{}", "n".repeat(256));
    for (target, status) in [
        ("/up/", 400),
        ("/up", 400),
        ("/up/.hidden", 400),
        ("/up/a/b", 400),
        ("/up/a%2fb", 400),
        ("/up/a/", 400),
        ("/up/a%0ab", 400),
        ("/upa", 404),
        (&long, 400),
    ] {
        for method in [Method::Put, Method::Post] {
            assert_eq!(Ask::new(&folder, method, target).send(&[b"x"]).0, status, "{target}");
        }
    }
    assert_eq!(names(&folder), [""; 0]);
}

#[test]
fn what_is_not_a_whole_file() {
    let folder = Folder::new();
    for (fields, status) in [
        ("", 411),
        ("Content-Length: 0\r\n", 201),
        ("Content-Length: 1\r\nContent-Range: bytes 0-0/2\r\n", 400),
        ("Transfer-Encoding: chunked\r\nIf-None-Match: *\r\n", 412),
        ("Content-Length: 1\r\nIf-Match: *\r\n", 409),
    ] {
        let ask = Ask { fields, ..Ask::new(&folder, Method::Put, "/up/a") };
        assert_eq!(ask.send(&[]).0, status, "{fields}");
    }
    let ask = Ask::new(&folder, Method::Put, "/up/b");
    assert_eq!(Ask { fields: "Content-Length: 1\r\nIf-Match: \"x\"\r\n", ..ask }.send(&[]).0, 412);
    assert_eq!(names(&folder), ["a"]);
}

#[test]
fn nothing_is_left_of_an_upload_that_breaks_off() {
    let folder = Folder::new();
    let draft = Draft::begin(
        Files::new(std::slice::from_ref(&folder.0))
            .directory(
                0,
                crate::files::Links::BENEATH,
                crate::clock::Now { monotonic_ms: 0, unix_ms: 0 },
            )
            .expect("the folder")
            .file(),
        FILE_MODE,
    );
    draft.expect("a draft").write(&[b'x'; 100_000]).expect("room");
    assert_eq!(names(&folder), [""; 0]);
}

#[test]
fn files_are_deleted_and_nothing_else() {
    let folder = Folder::new();
    let outside = Folder::new();
    outside.write("kept", "");
    folder.write("a", "");
    folder.write("d/file", "");
    folder.write(".hidden", "");
    folder.link(outside.0.join("kept"), "l");
    for (target, status) in [
        ("/up/a", 204),
        ("/up/a", 404),
        ("/up/l", 204),
        ("/up/d", 403),
        ("/up/d/", 400),
        ("/up/d/file", 400),
        ("/up/", 403),
        ("/up", 403),
        ("/up/.hidden", 400),
        ("/upa", 404),
    ] {
        assert_eq!(Ask::new(&folder, Method::Delete, target).send(&[]).0, status, "{target}");
    }
    assert_eq!(names(&folder), [".hidden", "d"]);
    assert_eq!(names(&outside), ["kept"]);
}

/// A form with these files.
fn form(files: &[(&str, &str)]) -> Vec<u8> {
    let part = |(name, content): &(&str, &str)| {
        let disposition = "Content-Disposition: form-data; name=\"f\"";
        format!("--b\r\n{disposition}; filename=\"{name}\"\r\n\r\n{content}\r\n")
    };
    let note = "--b\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\nnot a file\r\n";
    let parts: String = files.iter().map(part).collect();
    format!("{note}{parts}--b--\r\n").into_bytes()
}

fn post_form(folder: &Folder, overwrite: bool, content: &[u8]) -> (u16, String, String) {
    let ask = Ask::new(folder, Method::Post, "/up/");
    let fields = "Transfer-Encoding: chunked\r\nContent-Type: multipart/form-data; boundary=b\r\n";
    let plain = UploadSettings { overwrite, ..UploadSettings::DEFAULT };
    let upload = Upload { plain, ..UPLOAD };
    let pieces: Vec<&[u8]> = content.chunks(7).collect();
    Ask { fields, upload, ..ask }.send(&pieces)
}

#[test]
fn the_files_of_a_form_are_stored() {
    let folder = Folder::new();
    let (status, location, content) = post_form(&folder, false, &form(&[("a b", "one")]));
    assert_eq!((status, location.as_str(), content.as_str()), (201, "/up/a%20b", "/up/a%20b\n"));
    // A field that is left empty comes along as a file without a name.
    let files = form(&[("c", "two"), ("", ""), ("d", "")]);
    let (status, location, content) = post_form(&folder, false, &files);
    assert_eq!((status, location.as_str(), content.as_str()), (201, "", "/up/c\n/up/d\n"));
    let expected = [("a b", "one"), ("c", "two"), ("d", "")];
    assert_eq!(stored(&folder), expected.map(|(name, text)| (name.to_owned(), text.to_owned())));
}

#[test]
fn a_form_is_stored_whole_or_not_at_all() {
    let folder = Folder::new();
    folder.write("taken", "old");
    let whole = form(&[("a", "1")]);
    for (content, status) in [
        (form(&[("a", "1"), ("taken", "2")]), 409),
        (form(&[("a", "1"), ("a", "2")]), 409),
        (form(&[("a", "1"), ("../b", "2")]), 400),
        (form(&[("a", "1"), ("", "2")]), 400),
        (form(&[]), 400),
        (form(&[("", "")]), 400),
        (whole[..whole.len() - 4].to_vec(), 400),
        (b"no form".to_vec(), 400),
    ] {
        let text = String::from_utf8_lossy(&content).into_owned();
        assert_eq!(post_form(&folder, false, &content).0, status, "{text}");
        assert_eq!(stored(&folder), [("taken".to_owned(), "old".to_owned())], "{text}");
    }
    let content = form(&[("taken", "new"), ("a", "1"), ("a", "2")]);
    assert_eq!(post_form(&folder, true, &content).0, 201);
    let expected = [("a", "2"), ("taken", "new")];
    assert_eq!(stored(&folder), expected.map(|(name, text)| (name.to_owned(), text.to_owned())));
}

#[test]
fn a_form_that_fails_at_its_end_leaves_what_was_there() {
    let folder = Folder::new();
    folder.write("old", "old");
    let fields = "Transfer-Encoding: chunked\r\nContent-Type: multipart/form-data; boundary=b\r\n";
    let content = form(&[("old", "1"), ("new", "2"), ("old", "3"), ("late", "4")]);
    for (makes_directory, status) in [(true, 409), (false, 201)] {
        let plain = UploadSettings { overwrite: true, ..UploadSettings::DEFAULT };
        let upload = Upload { plain, ..UPLOAD };
        let ask = Ask { fields, upload, ..Ask::new(&folder, Method::Post, "/up/") };
        // Somebody makes a directory of the last name after the form has come.
        let late = folder.0.join("late");
        let (answered, ..) = ask.send_and(&[&content], || {
            if makes_directory {
                fs::create_dir(&late).expect("made");
            }
        });
        assert_eq!(answered, status);
        if makes_directory {
            assert_eq!(names(&folder), ["late", "old"]);
            assert_eq!(fs::read_to_string(folder.0.join("old")).expect("a file"), "old");
            fs::remove_dir(&late).expect("removed");
        }
    }
    assert_eq!(names(&folder), ["late", "new", "old"]);
    assert_eq!(fs::read_to_string(folder.0.join("old")).expect("a file"), "3");
}

#[test]
fn a_form_may_have_more_files_than_are_held_open() {
    let folder = Folder::new();
    let names_of: Vec<String> = (0..200).map(|number| format!("f{number}")).collect();
    let files: Vec<_> = names_of.iter().map(|name| (name.as_str(), name.as_str())).collect();
    let (status, _, content) = post_form(&folder, false, &form(&files));
    assert_eq!((status, content.lines().count()), (201, 200));
    assert!(stored(&folder).iter().all(|(name, content)| name == content));
    assert_eq!(stored(&folder).len(), 200);
    let many: Vec<_> = (0..1001).map(|number| format!("g{number}")).collect();
    let many: Vec<_> = many.iter().map(|name| (name.as_str(), "")).collect();
    assert_eq!(post_form(&folder, false, &form(&many)).0, 413);
    assert_eq!(stored(&folder).len(), 200);
}

#[test]
fn a_form_needs_a_boundary() {
    let folder = Folder::new();
    let ask = Ask::new(&folder, Method::Post, "/up/a");
    let fields = "Transfer-Encoding: chunked\r\nContent-Type: multipart/form-data\r\n";
    assert_eq!(Ask { fields, ..ask }.send(&[b"x"]).0, 400);
    // A PUT names what it sends.
    let ask = Ask::new(&folder, Method::Put, "/up/a");
    assert_eq!(Ask { fields, ..ask }.send(&[b"x"]).0, 201);
}

#[test]
fn the_folder_of_a_location_without_prefix_ends_at_the_last_slash() {
    let folder = Folder::new();
    let upload = || Upload { folder_len: None, ..UPLOAD };
    let ask = Ask::new(&folder, Method::Put, "/some/where/a");
    assert_eq!(Ask { upload: upload(), ..ask }.send(&[b"x"]).0, 201);
    let ask = Ask::new(&folder, Method::Put, "/some/where/");
    assert_eq!(Ask { upload: upload(), ..ask }.send(&[b"x"]).0, 400);
    assert_eq!(names(&folder), ["a"]);
}
