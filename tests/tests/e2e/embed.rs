//! `embed`: a site in the binary answers as it does from the disk.
//!
//! The same requests go to the same conf with `embed on` and `embed off`, and the answers are
//! compared field by field. All but the entity tags are equal. The embedded site runs in an
//! empty folder, so that nothing can come from the disk.

use sitec_tests::folder::Folder;
use sitec_tests::response::Response;
use sitec_tests::server::Server;

use crate::launch;

/// The site from the binary, with the folder that it runs in, and the site from the disk.
fn servers() -> (Server, Folder, Server) {
    let folder = Folder::new();
    let embedded = launch("embed_on").arg("--prefix").arg(folder.path()).start();
    (embedded, folder, launch("embed_off").start())
}

fn ask(server: &Server, method: &str, path: &str, fields: &str) -> Response {
    let mut client = server.connect();
    client.send(format!("{method} {path} HTTP/1.1\r\n{fields}\r\n"));
    client.response(method)
}

/// All of a response that does not depend on when it was made: status, fields in order of their
/// names, and content. A boundary is random, and so are tags made of other things.
fn comparable(response: &Response) -> (u16, Vec<(String, String)>, Vec<u8>) {
    let mut fields: Vec<_> = response
        .fields
        .iter()
        .map(|(name, value)| (name.to_ascii_lowercase(), value.clone()))
        .filter(|(name, _)| name != "date")
        .collect();
    fields.sort();
    let mut body = response.body.clone();
    for (name, value) in &mut fields {
        if name == "etag" && value != "\"own\"" {
            *value = "tag".to_owned();
        }
        let boundary = value.strip_prefix("multipart/byteranges; boundary=").map(str::to_owned);
        if let Some(boundary) = boundary {
            body = response.text().replace(&boundary, "boundary").into_bytes();
            *value = "multipart/byteranges".to_owned();
        }
    }
    (response.status, fields, body)
}

/// Compares the answers to a request whose fields may name the tag and the time of what is
/// there as `{tag}` and `{time}`.
fn compare((embedded, disk): (&Server, &Server), method: &str, path: &str, fields: &str) -> u16 {
    let host = if fields.contains("Host:") { "" } else { "Host: localhost\r\n" };
    let answers = [embedded, disk].map(|server| {
        let mut filled = format!("{host}{fields}");
        if fields.contains('{') {
            let now = ask(server, "GET", path, host);
            let value = |name: &str| now.field(name).unwrap_or_default().to_owned();
            filled = filled.replace("{tag}", &value("ETag"));
            filled = filled.replace("{time}", &value("Last-Modified"));
        }
        ask(server, method, path, &filled)
    });
    let [embedded, disk] = answers.each_ref().map(comparable);
    assert_eq!(embedded, disk, "{method} {path} {fields:?}\n{:?}\n{:?}", answers[0], answers[1]);
    embedded.0
}

/// Every way to a file, and to none.
const PATHS: &[&str] = &[
    "/",
    "/index.html",
    "/index.html/",
    "/index.html/x",
    "/missing",
    "/missing/",
    "/dir",
    "/dir?a=b",
    "/dir/",
    "/dir/page.html",
    "/dir/long.css",
    "/dir/deep",
    "/dir/deep/",
    "/dir/deep/UPPER.HTML",
    "/dir/deep/upper.html",
    "/dir/a%20b%23c%3F.txt",
    "/dir/../index.html",
    "//dir//page.html",
    "/empty.d/",
    "/empty.txt",
    "/noise.bin",
    "/.hidden.txt",
    "/.well-known/known.txt",
    "/hidden/.hidden.txt",
    "/hidden/empty.d/.keep",
    "/inside.html",
    "/linked/page.html",
    "/linked",
    "/outside.txt",
    "/dangling",
    "/absolute",
    "/links/outside.txt",
    "/links/inside.html",
    "/round",
    "/links/round",
    "/no-links/inside.html",
    "/no-links/linked",
    "/no-links/linked/page.html",
    "/no-links/outside.txt",
    "/no-links/",
    "/one",
    "/one.css",
    "/prefix",
    "/prefix/",
    "/prefix/page.html",
    "/prefixes",
    "/re/page",
    "/re/none",
    "/folder/",
    "/alias/",
    "/alias",
    "/alias/deep",
    "/alias/long.css",
    "/list/",
    "/list/dir/",
    "/list/dir",
    "/list/dir/deep/",
    "/list/missing/",
    "/list/tiny.js/",
    "/json/",
    "/json/dir/",
    "/xml/dir/",
    "/types/index.html",
    "/types/tiny.js",
    "/untyped/index.html",
    "/no-tags/index.html",
    "/no-ranges/noise.bin",
    "/before/index.html",
    "/expires/index.html",
    "/own-tag/index.html",
    "/try/page.html",
    "/try/none?f=index.txt",
    "/try/none",
    "/try/",
    "/try-code/none",
    "/gzip/dir/hand.js",
    "/gzip/dir/long.css",
    "/gzip-always/dir/hand.js",
    "/forms/dir/hand.js",
    "/internal/index.html",
    "/moved",
    "/shown",
];

#[test]
fn answers_are_those_from_the_disk() {
    let (embedded, _folder, disk) = servers();
    let both = (&embedded, &disk);
    let mut found = 0;
    for path in PATHS {
        for method in ["GET", "HEAD", "POST", "DELETE", "PUT"] {
            found += usize::from(compare(both, method, path, "") == 200);
        }
    }
    assert!(found > 70, "{found} of the answers are 200");
    for host in ["host.test", "none.test", "slashes.test"] {
        for path in ["/host/", "/", "/dir//page.html", "//dir/page.html", "/dir//", "/dir/./"] {
            compare(both, "GET", path, &format!("Host: {host}\r\n"));
        }
    }
}

#[test]
fn conditions_and_ranges_are_those_from_the_disk() {
    let (embedded, _folder, disk) = servers();
    let both = (&embedded, &disk);
    let paths = ["/dir/long.css", "/no-tags/dir/long.css", "/no-ranges/dir/long.css"];
    let more = ["/two-ranges/dir/long.css", "/before/dir/long.css", "/gzip/dir/hand.js", "/one"];
    for path in paths.into_iter().chain(more).chain(["/empty.txt", "/moved", "/shown"]) {
        for (fields, statuses) in [
            ("If-None-Match: {tag}\r\n", &[304, 200, 202][..]),
            ("If-None-Match: \"x\", {tag}\r\n", &[304, 200, 202]),
            ("If-None-Match: \"x\"\r\n", &[200, 202]),
            ("If-None-Match: *\r\n", &[304, 202]),
            ("If-Match: {tag}\r\n", &[200, 202, 412]),
            ("If-Match: \"x\"\r\n", &[412, 202]),
            ("If-Modified-Since: {time}\r\n", &[304, 202]),
            ("If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n", &[200, 202]),
            ("If-Unmodified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n", &[412, 202]),
            ("Range: bytes=0-9\r\n", &[206, 200, 202, 416]),
            ("Range: bytes=-5\r\n", &[206, 200, 202, 416]),
            ("Range: bytes=5-\r\n", &[206, 200, 202, 416]),
            ("Range: bytes=0-1,4-5\r\n", &[206, 200, 202, 416]),
            ("Range: bytes=0-1,4-5,7-8\r\n", &[206, 200, 202, 416]),
            ("Range: bytes=900000-\r\n", &[416, 200, 202]),
            ("Range: bytes=0-9\r\nIf-Range: {tag}\r\n", &[206, 200, 202, 416]),
            ("Range: bytes=0-9\r\nIf-Range: \"x\"\r\n", &[200, 202]),
            ("Range: bytes=0-9\r\nIf-Range: {time}\r\n", &[206, 200, 202, 416]),
            ("Accept-Encoding: gzip, br\r\n", &[200, 202]),
            ("Accept-Encoding: gzip\r\nRange: bytes=0-1\r\n", &[200, 202, 206, 416]),
            ("Accept-Encoding: gzip\r\nIf-None-Match: *\r\n", &[304, 202]),
        ] {
            for method in ["GET", "HEAD"] {
                let status = compare(both, method, path, fields);
                assert!(statuses.contains(&status), "{method} {path} {fields:?}: {status}");
            }
        }
    }
}

#[test]
fn tags_follow_the_content() {
    let (embedded, _folder, _disk) = servers();
    let tag = |path| embedded.get(path).field("ETag").unwrap().to_owned();
    assert_eq!(tag("/dir/page.html"), tag("/inside.html"));
    assert_ne!(tag("/dir/page.html"), tag("/index.html"));
}

#[test]
fn a_large_file_follows_small_ones_in_step() {
    let (embedded, _folder, disk) = servers();
    let request = |path: &str| format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n");
    let paths = ["/tiny.js", "/dir/long.css", "/tiny.js", "/noise.bin"];
    let bodies = [&embedded, &disk].map(|server| {
        let mut client = server.connect();
        client.send(paths.map(request).concat());
        paths.map(|_| client.response("GET").body)
    });
    assert_eq!(bodies[0], bodies[1]);
    assert!(bodies[0][1].len() > 16 * 1024);
}
