//! R3: conditional requests (RFC 9110, section 13).

use std::fs::File;
use std::time::{Duration, SystemTime};

use crate::files::serve;
use sitec_tests::folder::Folder;
use sitec_tests::response::Response;
use sitec_tests::server::Server;

/// The file's time: Sun, 06 Nov 1994 08:49:37 GMT.
const TIME: u64 = 784_111_777;
const EARLIER: &str = "Sun, 06 Nov 1994 08:49:36 GMT";
const SAME: &str = "Sun, 06 Nov 1994 08:49:37 GMT";
const LATER: &str = "Sun, 06 Nov 1994 08:49:38 GMT";

fn server() -> (Folder, Server) {
    let folder = Folder::new();
    write_at(&folder, "www/c.txt", "content", SystemTime::UNIX_EPOCH + Duration::from_secs(TIME));
    let server = serve(&folder);
    (folder, server)
}

/// A file that was last modified at a time.
fn write_at(folder: &Folder, name: &str, content: &str, time: SystemTime) {
    let path = folder.write(name, content);
    File::options().write(true).open(path).unwrap().set_modified(time).unwrap();
}

fn get(server: &Server, path: &str, fields: &str) -> Response {
    let request = format!("GET {path} HTTP/1.1\r\nHost: files.test\r\n{fields}\r\n");
    server.connect().send(request).response("GET")
}

#[test]
fn validators_are_sent() {
    let (_folder, server) = server();
    let response = get(&server, "/c.txt", "");
    assert_eq!(response.field("Last-Modified"), Some(SAME));
    let etag = response.field("ETag").unwrap();
    assert!(etag.len() > 2 && etag.starts_with('"') && etag.ends_with('"'), "{etag}");
    assert_eq!(get(&server, "/c.txt", "").field("ETag"), Some(etag));
    assert_eq!(get(&server, "/no-tags/c.txt", "").field("ETag"), None);
}

#[test]
fn states_within_a_second_have_tags_of_their_own() {
    let folder = Folder::new();
    let second = SystemTime::UNIX_EPOCH + Duration::from_secs(TIME);
    for (name, content, nanoseconds) in
        [("a", "one", 0), ("b", "two", 1), ("c", "six", 500_000_000)]
    {
        let time = second + Duration::from_nanos(nanoseconds);
        write_at(&folder, &format!("www/{name}.txt"), content, time);
    }
    let server = serve(&folder);
    for (name, tag) in
        [("a", "\"2ebc98a1-3\""), ("b", "\"2ebc98a100000001-3\""), ("c", "\"2ebc98a11dcd6500-3\"")]
    {
        let path = format!("/{name}.txt");
        let response = get(&server, &path, "");
        assert_eq!(response.field("ETag"), Some(tag), "{name}");
        assert_eq!(response.field("Last-Modified"), Some(SAME), "{name}");
        assert_eq!(get(&server, &path, &format!("If-None-Match: {tag}\r\n")).status, 304);
        let range = format!("Range: bytes=0-0\r\nIf-Range: {tag}\r\n");
        assert_eq!(get(&server, &path, &range).status, 206);
        for other in ["a", "b", "c"].into_iter().filter(|other| *other != name) {
            let path = format!("/{other}.txt");
            assert_eq!(get(&server, &path, &format!("If-None-Match: {tag}\r\n")).status, 200);
            assert_eq!(get(&server, &path, &format!("If-Match: {tag}\r\n")).status, 412);
            assert_eq!(get(&server, &path, &range).status, 200);
        }
    }
}

#[test]
fn no_time_is_sent_that_is_yet_to_come() {
    let folder = Folder::new();
    write_at(&folder, "www/f.txt", "text", SystemTime::now() + Duration::from_secs(100_000));
    let server = serve(&folder);
    for fields in ["", "Range: bytes=0-0\r\n", "If-None-Match: *\r\n"] {
        let response = get(&server, "/f.txt", fields);
        assert_eq!(response.field("Last-Modified"), response.field("Date"), "{fields}");
        assert_eq!(response.values("Last-Modified").count(), 1, "{fields}");
        // It tells no state from another.
        let said = response.field("Last-Modified").unwrap();
        let since = get(&server, "/f.txt", &format!("If-Modified-Since: {said}\r\n"));
        assert_eq!(since.status, 200, "{fields}");
    }
}

#[test]
fn each_condition() {
    let (_folder, server) = server();
    let etag = get(&server, "/c.txt", "").field("ETag").unwrap().to_owned();
    for (fields, status) in [
        (format!("If-None-Match: {etag}"), 304),
        (format!("If-None-Match: W/{etag}"), 304),
        (format!("If-None-Match: \"x\", {etag}"), 304),
        (format!("If-None-Match: \"x\" ,W/\"y\",{etag} "), 304),
        (format!("If-None-Match: \"x\"\r\nIf-None-Match: {etag}"), 304),
        ("If-None-Match: *".to_owned(), 304),
        ("If-None-Match: \"x\"".to_owned(), 200),
        (format!("If-None-Match: {}", etag.trim_matches('"')), 200),
        (format!("If-Modified-Since: {SAME}"), 304),
        (format!("If-Modified-Since: {EARLIER}"), 200),
        // `if_modified_since exact`, nginx's default: another time is another file.
        (format!("If-Modified-Since: {LATER}"), 200),
        ("If-Modified-Since: Sunday, 06-Nov-94 08:49:37 GMT".to_owned(), 304),
        ("If-Modified-Since: Sun Nov  6 08:49:37 1994".to_owned(), 304),
        ("If-Modified-Since: yesterday".to_owned(), 200),
        (format!("If-Match: {etag}"), 200),
        (format!("If-Match: \"x\", {etag}"), 200),
        ("If-Match: *".to_owned(), 200),
        ("If-Match: \"x\"".to_owned(), 412),
        (format!("If-Match: W/{etag}"), 412),
        (format!("If-Unmodified-Since: {SAME}"), 200),
        (format!("If-Unmodified-Since: {LATER}"), 200),
        (format!("If-Unmodified-Since: {EARLIER}"), 412),
        ("If-Unmodified-Since: never".to_owned(), 200),
        // The order of RFC 9110, 13.2.2.
        (format!("If-None-Match: \"x\"\r\nIf-Modified-Since: {SAME}"), 200),
        (format!("If-None-Match: {etag}\r\nIf-Modified-Since: {EARLIER}"), 304),
        (format!("If-Match: {etag}\r\nIf-Unmodified-Since: {EARLIER}"), 200),
        (format!("If-Match: \"x\"\r\nIf-None-Match: {etag}"), 412),
        (format!("If-Match: {etag}\r\nIf-None-Match: {etag}"), 304),
        (format!("If-None-Match: {etag}\r\nRange: bytes=0-0"), 304),
        ("If-Match: \"x\"\r\nRange: bytes=0-0".to_owned(), 412),
    ] {
        let response = get(&server, "/c.txt", &format!("{fields}\r\n"));
        assert_eq!(response.status, status, "{fields}");
        if status == 304 {
            assert_eq!(response.field("ETag"), Some(etag.as_str()), "{fields}");
            assert_eq!(response.field("Content-Type"), None, "{fields}");
        }
    }
}

#[test]
fn what_the_conf_says_of_time() {
    let (_folder, server) = server();
    for (path, date, status) in [
        ("/since-before/c.txt", LATER, 304),
        ("/since-before/c.txt", SAME, 304),
        ("/since-before/c.txt", EARLIER, 200),
        ("/since-never/c.txt", SAME, 200),
    ] {
        let fields = format!("If-Modified-Since: {date}\r\n");
        assert_eq!(get(&server, path, &fields).status, status, "{path} {date}");
    }
}

#[test]
fn conditions_only_for_what_is_there() {
    let (_folder, server) = server();
    for (path, fields, status) in [
        ("/missing", "If-None-Match: *\r\n", 404),
        ("/missing", "If-Match: *\r\n", 404),
        ("/ping", "If-None-Match: *\r\n", 200),
    ] {
        assert_eq!(get(&server, path, fields).status, status, "{path} {fields}");
    }
    let head = format!("HEAD /c.txt HTTP/1.1\r\nHost: a\r\nIf-Modified-Since: {SAME}\r\n\r\n");
    let mut client = server.connect();
    assert_eq!(client.send(head).response("HEAD").status, 304);
    assert_eq!(client.get("/c.txt", "files.test").text(), "content");
}
