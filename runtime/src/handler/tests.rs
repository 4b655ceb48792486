//! Static files, from folders on a disk.

use std::cell::RefCell;
use std::fs;
use std::path::PathBuf;
use std::time::{Duration, UNIX_EPOCH};

use super::*;
use crate::exchange::UriState;
use crate::files::Files;
use crate::http::range::{Selection, select};
use crate::http::response::Fields;
use crate::output::{FileBody, Piece};
use crate::samples::{Folder, ROOT, SETTINGS, head, leak, with_variables};
use crate::site::{
    Beside, FileBase, Follow, IfModifiedSince, PlainSettings, Settings, Symlinks, Text,
};

const SAME: &str = "Wed, 01 Jan 2020 00:00:00 GMT";
const VALIDATORS: &str = "Last-Modified: Wed, 01 Jan 2020 00:00:00 GMT\r\nETag: \"5e0be100-c\"\r\n";

/// A folder with `a.html`, twelve bytes of 2020, and an empty file.
pub(super) fn folder() -> Folder {
    let folder = Folder::new();
    let file = fs::File::options().write(true).open(folder.write("a.html", "hello world\n"));
    let time = UNIX_EPOCH + Duration::from_secs(1_577_836_800);
    file.expect("the file").set_modified(time).expect("a time");
    folder.write("empty", "");
    folder
}

/// [`SETTINGS`] with other plain values.
fn with(plain: PlainSettings) -> Settings {
    Settings { plain, ..SETTINGS }
}

fn media_type(_: TypesId, extension: &[u8]) -> Option<&'static [u8]> {
    (extension == b"html").then_some(b"text/html")
}

/// Asks a handler about a GET; gives its outcome and what it wrote to the error log.
fn ask<T>(
    folder: &Folder,
    settings: Settings,
    (target, fields): (&str, &str),
    handle: impl FnOnce(&mut Request<'_>, &mut Files) -> T,
) -> (T, String) {
    let log = RefCell::new(String::new());
    let report = |_: Level, message: fmt::Arguments<'_>| {
        *log.borrow_mut() += &message.to_string().replace(&folder.0.display().to_string(), "");
    };
    let directories: &[PathBuf] = std::slice::from_ref(&folder.0);
    let head = head(target, fields);
    let outcome = with_variables(&head, leak(settings), directories, |variables| {
        let mut request = Request {
            variables,
            method: Method::Get,
            framing: Framing::Length(0),
            conditional: true,
            append_path: false,
            media_type,
            locate: &|_| panic!("nothing leads there"),
            uri: UriState::AS_SENT,
            programs: &[],
            upstreams: &[],
            list: None,
            cached: None,
            report: &report,
        };
        handle(&mut request, &mut Files::new(directories))
    });
    (outcome, log.into_inner())
}

pub(super) fn serve(folder: &Folder, settings: Settings, target: &str, fields: &str) -> Outcome {
    ask(folder, settings, (target, fields), |request, files| file::serve(request, files)).0
}

/// An outcome in short: status or redirect, fields, content.
fn show(outcome: Outcome) -> (String, String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    match outcome {
        Outcome::Status(status) => (status.to_string(), String::new(), String::new()),
        Outcome::RangeNotSatisfiable(len) => (format!("416 */{len}"), String::new(), String::new()),
        Outcome::InternalRedirect(path) => ("internal".into(), text(&path), String::new()),
        Outcome::Redirect(status, location) => (status.to_string(), text(&location), String::new()),
        Outcome::Receive(_)
        | Outcome::Gathered(..)
        | Outcome::Script(_)
        | Outcome::Proxy(_)
        | Outcome::Cached(_)
        | Outcome::Again(_)
        | Outcome::Made(..)
        | Outcome::Work(_) => {
            panic!("none of a file: {outcome:?}")
        }
        Outcome::Response(made) => (made.status.to_string(), String::new(), text(&made.content)),
        Outcome::File(response) => {
            let mut fields = Fields::default();
            response.write_fields(&mut fields);
            let len = response.content_len();
            let mut content = Vec::new();
            let push = |content: &mut Vec<u8>, piece: &Piece| {
                content.extend_from_slice(piece.in_memory().expect("a small file is in memory"));
            };
            match response.body {
                FileBody::Empty => {}
                FileBody::One(piece) => push(&mut content, &piece),
                FileBody::Multipart(mut parts) => {
                    while let Some(piece) = parts.next(&mut content) {
                        push(&mut content, &piece);
                        assert_eq!(content.len() as u64 + parts.len(), len);
                    }
                }
            }
            if !content.is_empty() {
                assert_eq!(content.len() as u64, len, "length of the content");
            }
            let mut lines = text(fields.lines());
            if let Some(len) = fields.content_len() {
                lines += &format!("Content-Length: {len}\r\n");
            }
            (response.status.to_string(), lines, text(&content))
        }
    }
}

#[test]
fn a_file_is_sent_whole() {
    let folder = folder();
    let (status, fields, content) = show(serve(&folder, SETTINGS, "/a.html", ""));
    assert_eq!((status.as_str(), content.as_str()), ("200", "hello world\n"));
    let common = "Content-Type: text/html\r\nAccept-Ranges: bytes\r\nContent-Length: 12\r\n";
    assert_eq!(fields, format!("{common}{VALIDATORS}"));

    let plain = with(PlainSettings { etag: false, max_ranges: 0, ..SETTINGS.plain });
    let (_, fields, _) = show(serve(&folder, plain, "/a.html", "Range: bytes=0-1\r\n"));
    let common = "Content-Type: text/html\r\nContent-Length: 12\r\n";
    assert_eq!(fields, format!("{common}Last-Modified: {SAME}\r\n"));

    let untyped = Settings { default_type: b"", ..SETTINGS };
    let (status, fields, content) = show(serve(&folder, untyped, "/empty", "Range: bytes=0-\r\n"));
    assert_eq!((status.as_str(), content.as_str()), ("200", ""));
    assert!(fields.starts_with("Accept-Ranges: bytes\r\nContent-Length: 0\r\n"), "{fields}");
}

#[test]
fn head_has_the_fields_alone() {
    let folder = folder();
    for (fields, status, len) in [("", 200, 12), ("Range: bytes=0-1\r\n", 206, 2)] {
        let (outcome, _) = ask(&folder, SETTINGS, ("/a.html", fields), |request, files| {
            request.method = Method::Head;
            file::serve(request, files)
        });
        let Outcome::File(response) = outcome else { panic!("{outcome:?}") };
        assert!(matches!(response.body, FileBody::Empty));
        assert_eq!((response.status, response.content_len()), (status, len));
    }
}

#[test]
fn conditions_and_ranges() {
    let folder = folder();
    for (fields, status, content) in [
        ("If-None-Match: \"5e0be100-c\"", "304", ""),
        ("If-Modified-Since: Wed, 01 Jan 2020 00:00:00 GMT", "304", ""),
        ("If-None-Match: \"x\"", "200", "hello world\n"),
        ("If-Match: \"x\"", "412", ""),
        ("If-None-Match: \"5e0be100-c\"\r\nRange: bytes=0-1", "304", ""),
        ("Range: bytes=0-4", "206", "hello"),
        ("Range: bytes=0-4\r\nIf-Range: \"5e0be100-c\"", "206", "hello"),
        ("Range: bytes=0-4\r\nIf-Range: \"x\"", "200", "hello world\n"),
        ("Range: bytes=-2", "206", "d\n"),
        ("Range: bytes=12-", "416 */12", ""),
        ("Range: bytes=x", "416 */12", ""),
        ("Range: lines=0-1", "200", "hello world\n"),
    ] {
        let outcome = show(serve(&folder, SETTINGS, "/a.html", &format!("{fields}\r\n")));
        assert_eq!((outcome.0.as_str(), outcome.2.as_str()), (status, content), "{fields}");
    }
    let (_, fields, _) = show(serve(&folder, SETTINGS, "/a.html", "If-None-Match: *\r\n"));
    assert_eq!(fields, VALIDATORS);
    let (_, fields, _) = show(serve(&folder, SETTINGS, "/a.html", "Range: bytes=1-2\r\n"));
    let own = "Content-Type: text/html\r\nContent-Range: bytes 1-2/12\r\n";
    assert_eq!(fields, format!("{own}{VALIDATORS}Content-Length: 2\r\n"));
    let off = with(PlainSettings { if_modified_since: IfModifiedSince::Off, ..SETTINGS.plain });
    let since = format!("If-Modified-Since: {SAME}\r\n");
    assert_eq!(show(serve(&folder, off, "/a.html", &since)).0, "200");
}

#[test]
fn several_ranges_are_sent_as_parts() {
    let folder = folder();
    let range = "Range: bytes=0-1,3-4\r\n";
    let (status, fields, content) = show(serve(&folder, SETTINGS, "/a.html", range));
    assert_eq!(status, "206");
    let boundary = fields.split("boundary=").nth(1).and_then(|rest| rest.split("\r\n").next());
    let boundary = boundary.expect("a boundary");
    assert_eq!(boundary.len(), 20);
    assert_eq!(
        content,
        format!(
            "\r\n--{boundary}\r\nContent-Type: text/html\r\nContent-Range: bytes 0-1/12\r\n\r\nhe\
             \r\n--{boundary}\r\nContent-Type: text/html\r\nContent-Range: bytes 3-4/12\r\n\r\nlo\
             \r\n--{boundary}--\r\n"
        )
    );
    assert!(fields.contains(&format!("Content-Length: {}\r\n", content.len())), "{fields}");
    assert_eq!(select(b"bytes=0-1,3-4", 12, 1), Selection::Whole);
}

#[test]
fn an_error_page_is_sent_whole() {
    let folder = folder();
    let fields = "If-None-Match: *\r\nRange: bytes=0-1\r\n";
    let (outcome, _) = ask(&folder, SETTINGS, ("/a.html", fields), |request, files| {
        request.conditional = false;
        file::serve(request, files)
    });
    let (status, fields, content) = show(outcome);
    assert_eq!((status.as_str(), content.as_str()), ("200", "hello world\n"));
    assert!(!fields.contains("Accept-Ranges"), "{fields}");
}

#[test]
fn directories_files_and_what_is_neither() {
    let folder = folder();
    folder.write("dir/index.html", "index");
    folder.write("bare/x", "x");
    folder.write("a b/\u{e9}?#%/x", "x");
    folder.write(".git/config", "x");
    folder.write(".well-known/x", "x");
    folder.fifo("fifo");
    folder.link("/etc", "etc");
    for (target, status, path, log) in [
        ("/dir", "301", "/dir/", ""),
        ("/dir?a=%20b", "301", "/dir/?a=%20b", ""),
        ("//dir", "301", "/.//dir/", ""),
        ("/a%20b/%C3%A9%3F%23%25", "301", "/a%20b/%C3%A9%3F%23%25/", ""),
        ("/dir/", "internal", "/dir/index.html", ""),
        ("/bare/", "403", "", "directory index of \"/bare/\" is forbidden"),
        ("/missing", "404", "", "open() \"/missing\" failed (2: No such file or directory)"),
        ("/missing/", "404", "", "open() \"/missing/\" failed (2: No such file or directory)"),
        ("/a.html/", "404", "", "open() \"/a.html/\" failed (20: Not a directory)"),
        ("/a.html/x", "404", "", "open() \"/a.html/x\" failed (20: Not a directory)"),
        (
            "/.git/config",
            "404",
            "",
            "open() \"/.git/config\" failed (2: No such file or directory)",
        ),
        ("/.well-known", "301", "/.well-known/", ""),
        ("/fifo", "404", "", "\"/fifo\" is not a regular file"),
        ("/etc/passwd", "404", "", "open() \"/etc/passwd\" failed (18: Invalid cross-device link)"),
        ("/a%0A%22", "404", "", "open() \"/a\\x0A\\x22\" failed (2: No such file or directory)"),
    ] {
        let (outcome, logged) =
            ask(&folder, SETTINGS, (target, ""), |request, files| file::serve(request, files));
        let (shown, text, _) = show(outcome);
        assert_eq!(
            (shown.as_str(), text.as_str(), logged.as_str()),
            (status, path, log),
            "{target}"
        );
    }
    let open = with(PlainSettings { hidden_files: true, log_not_found: false, ..SETTINGS.plain });
    assert_eq!(show(serve(&folder, open, "/.git/config", "")).0, "200");
    let quiet = with(PlainSettings { log_not_found: false, ..SETTINGS.plain });
    let (_, log) =
        ask(&folder, quiet, ("/missing", ""), |request, files| file::serve(request, files));
    assert_eq!(log, "");
    let symlinks = Symlinks { follow: Follow::Anywhere, ..Symlinks::USUAL };
    let following = Settings { symlinks, ..SETTINGS };
    assert_eq!(show(serve(&folder, following, "/etc/passwd", "")).0, "200");
}

#[test]
fn index_names_are_tried_in_order() {
    let folder = folder();
    folder.write("dir/b.html", "b");
    folder.write("dir/sub/c.html", "c");
    fs::create_dir(folder.0.join("dir/folder")).expect("a folder");
    for (index, expected) in [
        (&[Text::Fixed(b"a.html"), Text::Fixed(b"b.html")][..], "/dir/b.html"),
        (&[Text::Fixed(b"sub/c.html")], "/dir/sub/c.html"),
        (&[Text::Fixed(b"none"), Text::Fixed(b"/a.html")], "/a.html"),
        (&[Text::Fixed(b"folder")], "/dir/folder"),
        (
            &[Text::Computed(|v, out| {
                v.argument(b"i", out);
            })],
            "/dir/b.html",
        ),
        (&[Text::Fixed(b"none")], ""),
        (&[], ""),
    ] {
        let settings = Settings { index: leak(index.to_vec()), ..SETTINGS };
        assert_eq!(show(serve(&folder, settings, "/dir/?i=b.html", "")).1, expected);
    }
}

#[test]
fn an_index_is_beneath_a_complete_alias() {
    let folder = folder();
    folder.write("dir/index.html", "index");
    folder.write("bare/x", "x");
    let computed: fn(&Variables<'_>, &mut Vec<u8>) = |v, out| {
        v.argument(b"d", out);
    };
    for (inner, slash, target, expected) in [
        (Text::Fixed(b"dir"), true, "/x/", ("internal", "/x/index.html")),
        (Text::Fixed(b"dir"), false, "/x/", ("403", "")),
        (Text::Computed(computed), false, "/x/?d=dir/", ("internal", "/x/index.html")),
        (Text::Computed(computed), true, "/x/?d=dir", ("internal", "/x/index.html")),
        (Text::Computed(computed), false, "/x/?d=dir", ("403", "")),
        (Text::Fixed(b"bare"), true, "/x/", ("403", "")),
        (Text::Fixed(b"none"), true, "/x/", ("404", "")),
        (Text::Fixed(b"a.html"), false, "/x/", ("404", "")),
        (Text::Computed(computed), false, "/x/?d=.git", ("404", "")),
    ] {
        let settings = Settings { base: FileBase { slash, ..alias(inner, 0, false) }, ..SETTINGS };
        let (status, path, _) = show(serve(&folder, settings, target, ""));
        assert_eq!((status.as_str(), path.as_str()), expected, "{target}");
    }
}

#[test]
fn other_methods() {
    let (folder, outside) = (folder(), Folder::new());
    folder.write("dir/index.html", "index");
    folder.write(".hidden", "");
    outside.write("kept", "");
    folder.link(&outside.0, "out");
    for (method, target, status) in [
        (Method::Post, "/a.html", "405"),
        (Method::Post, "/dir", "301"),
        (Method::Post, "/dir/", "internal"),
        (Method::Post, "/missing", "404"),
        (Method::Put, "/missing", "405"),
        (Method::Delete, "/missing", "404"),
        (Method::Delete, "/.hidden", "404"),
        (Method::Delete, "/dir", "403"),
        (Method::Delete, "/dir/", "403"),
        (Method::Delete, "/", "403"),
        (Method::Delete, "/empty/", "404"),
        (Method::Delete, "/empty", "204"),
        (Method::Delete, "/out/kept", "404"),
        (Method::Delete, "/out", "204"),
    ] {
        let (outcome, _) = ask(&folder, SETTINGS, (target, ""), |request, files| {
            request.method = method;
            file::serve(request, files)
        });
        assert_eq!(show(outcome).0, status, "{method:?} {target}");
    }
    let exists = |name: &str| folder.0.join(name).symlink_metadata().is_ok();
    assert!(exists(".hidden") && exists("dir/index.html") && !exists("empty") && !exists("out"));
    assert!(outside.0.join("kept").exists());
}

fn alias(inner: Text, replaced_len: usize, append_path: bool) -> FileBase {
    FileBase { inner, replaced_len, append_path, alias: true, ..ROOT }
}

#[test]
fn aliases() {
    let folder = folder();
    folder.write("dir/x.html", "x");
    let file = alias(Text::Fixed(b"a.html"), 0, false);
    let prefix = alias(Text::Fixed(b""), 2, true);
    let computed = alias(
        Text::Computed(|v, out| {
            v.argument(b"f", out);
        }),
        0,
        false,
    );
    for (base, target, status) in [
        (&file, "/anything", "200"),
        (&prefix, "/i/dir/x.html", "200"),
        (&prefix, "/i/dir", "301"),
        (&prefix, "/idir/x.html", "404"),
        (&prefix, "/i../dir/x.html", "404"),
        (&computed, "/x?f=dir/x.html", "200"),
        (&computed, "/x?f=../dir/x.html", "404"),
        (&computed, "/x?f=/dir/x.html", "200"),
        (&computed, "/x?f=.git", "404"),
    ] {
        let base = FileBase { alias: true, ..*base };
        let settings = Settings { base, ..SETTINGS };
        assert_eq!(show(serve(&folder, settings, target, "")).0, status, "{target}");
    }
}

#[test]
fn a_compressed_file_is_sent_to_those_who_take_it() {
    let folder = folder();
    folder.write("a.html.gz", "smaller");
    folder.write("only.html.gz", "alone");
    folder.write("plain.html", "plain");
    std::fs::create_dir(folder.0.join("plain.html.gz")).expect("a folder");
    let on = || with(PlainSettings { gzip_static: Beside::On, ..SETTINGS.plain });
    let always = || with(PlainSettings { gzip_static: Beside::Always, ..SETTINGS.plain });
    let takes = "Accept-Encoding: gzip\r\n";
    let through = "Via: 1.1 proxy\r\nAccept-Encoding: gzip\r\n";
    let (coding, vary) = ("Content-Encoding: gzip\r\n", "Vary: Accept-Encoding\r\n");
    let html = "Content-Type: text/html\r\n";
    for (settings, target, fields, status, start, content) in [
        (on(), "/a.html", takes, "200", [coding, vary, html].concat(), "smaller"),
        (on(), "/a.html", "", "200", [vary, html].concat(), "hello world\n"),
        (
            on(),
            "/a.html",
            "Accept-Encoding: gzip;q=0\r\n",
            "200",
            [vary, html].concat(),
            "hello world\n",
        ),
        (on(), "/a.html", through, "200", [vary, html].concat(), "hello world\n"),
        (on(), "/only.html", takes, "200", [coding, vary, html].concat(), "alone"),
        (on(), "/only.html", "", "404", String::new(), ""),
        (on(), "/plain.html", takes, "200", html.to_owned(), "plain"),
        (always(), "/a.html", "", "200", [coding, html].concat(), "smaller"),
        (SETTINGS, "/a.html", takes, "200", html.to_owned(), "hello world\n"),
        (
            on(),
            "/a.html",
            "Accept-Encoding: gzip\r\nRange: bytes=0-1\r\n",
            "200",
            [coding, vary, html].concat(),
            "smaller",
        ),
        (on(), "/a.html", "Range: bytes=0-1\r\n", "206", [vary, html].concat(), "he"),
        (
            on(),
            "/a.html",
            "Accept-Encoding: gzip\r\nIf-None-Match: *\r\n",
            "304",
            vary.to_owned(),
            "",
        ),
    ] {
        let (found, head, sent) = show(serve(&folder, settings, target, fields));
        assert_eq!((&found[..], &sent[..]), (status, content), "{target} {fields}");
        assert!(head.starts_with(&start), "{target} {fields}\n{head}");
        assert!(!head.contains(coding) || !head.contains("Accept-Ranges"), "{head}");
    }
}

#[test]
fn redirects_to_folders_hold_no_line_breaks() {
    for (path, args, uri) in [
        ("/a b", "", "/a%20b/"),
        ("/a", "x=%20&y", "/a/?x=%20&y"),
        ("/a", "b c\r\nX: y", "/a/?b%20c%0D%0AX:%20y"),
    ] {
        assert_eq!(folder_uri(path.as_bytes(), args.as_bytes()), uri.as_bytes());
    }
}
