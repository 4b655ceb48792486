//! R3: ranges (RFC 9110, section 14).

use crate::files::serve;
use sitec_tests::folder::Folder;
use sitec_tests::response::Response;
use sitec_tests::server::Server;

const CONTENT: &str = "0123456789abcdefghij";

fn server() -> (Folder, Server) {
    let folder = Folder::new();
    folder.write("www/r.txt", CONTENT);
    folder.write("www/empty.txt", "");
    let server = serve(&folder);
    (folder, server)
}

fn get(server: &Server, path: &str, fields: &str) -> Response {
    let request = format!("GET {path} HTTP/1.1\r\nHost: files.test\r\n{fields}\r\n");
    server.connect().send(request).response("GET")
}

#[test]
fn one_range() {
    let (_folder, server) = server();
    for (range, content, content_range) in [
        ("bytes=0-4", "01234", "bytes 0-4/20"),
        ("bytes=0-0", "0", "bytes 0-0/20"),
        ("bytes=5-", "56789abcdefghij", "bytes 5-19/20"),
        ("bytes=-3", "hij", "bytes 17-19/20"),
        ("bytes=-100", CONTENT, "bytes 0-19/20"),
        ("bytes=19-19", "j", "bytes 19-19/20"),
        ("bytes=15-1000", "fghij", "bytes 15-19/20"),
        ("bytes= 1-2", "12", "bytes 1-2/20"),
        ("bytes=1-2,50-60", "12", "bytes 1-2/20"),
        ("Bytes=1-2", "12", "bytes 1-2/20"),
    ] {
        let response = get(&server, "/r.txt", &format!("Range: {range}\r\n"));
        assert_eq!((response.status, response.text().as_str()), (206, content), "{range}");
        assert_eq!(response.field("Content-Range"), Some(content_range), "{range}");
        assert!(response.field("ETag").is_some() && response.field("Last-Modified").is_some());
    }
}

#[test]
fn ranges_that_are_ignored() {
    let (_folder, server) = server();
    for range in [
        "",
        "bytes",
        "bytes=",
        "bytes=a-b",
        "bytes=1",
        "bytes=--1",
        "lines=0-4",
        "bytes=0-4x",
        "0-4",
        "bytes=0x0-4",
        "bytes=0-,0-",
    ] {
        let response = get(&server, "/r.txt", &format!("Range: {range}\r\n"));
        let status = response.status;
        assert!(
            status == 416 || (status == 200 && response.text() == CONTENT),
            "{range}: {status}"
        );
    }
    for (path, range) in [("/ranges/r.txt", "0-1,3-4,6-7"), ("/no-ranges/r.txt", "0-1")] {
        let response = get(&server, path, &format!("Range: bytes={range}\r\n"));
        assert_eq!((response.status, response.text().as_str()), (200, CONTENT), "{path}");
    }
    assert_eq!(get(&server, "/no-ranges/r.txt", "").field("Accept-Ranges"), None);
    let post = "POST /post HTTP/1.1\r\nHost: files.test\r\nRange: bytes=0-0\r\n\r\n";
    assert_eq!(server.connect().send(post).response("POST").status, 200);
}

#[test]
fn ranges_that_cannot_be() {
    let (_folder, server) = server();
    for range in ["bytes=20-", "bytes=20-25", "bytes=100-200", "bytes=-0", "bytes=30-,40-"] {
        let response = get(&server, "/r.txt", &format!("Range: {range}\r\n"));
        assert_eq!(response.status, 416, "{range}");
        assert_eq!(response.field("Content-Range"), Some("bytes */20"), "{range}");
    }
    let empty = get(&server, "/empty.txt", "Range: bytes=0-\r\n").status;
    assert!([200, 416].contains(&empty), "{empty}");
}

#[test]
fn several_ranges_are_parts() {
    let (_folder, server) = server();
    for (ranges, parts) in [
        ("0-1,5-6", &[("0-1", "01"), ("5-6", "56")][..]),
        ("0-0, -1", &[("0-0", "0"), ("19-19", "j")]),
        ("15-, 1-2 ,3-3", &[("15-19", "fghij"), ("1-2", "12"), ("3-3", "3")]),
    ] {
        let response = get(&server, "/r.txt", &format!("Range: bytes={ranges}\r\n"));
        assert_eq!(response.status, 206, "{ranges}");
        let kind = response.field("Content-Type").unwrap();
        let boundary = kind.strip_prefix("multipart/byteranges; boundary=").unwrap();
        let mut expected = String::new();
        for (range, content) in parts {
            expected += &format!(
                "\r\n--{boundary}\r\nContent-Type: text/plain\r\n\
                 Content-Range: bytes {range}/20\r\n\r\n{content}"
            );
        }
        expected += &format!("\r\n--{boundary}--\r\n");
        assert_eq!(response.text(), expected, "{ranges}");
        assert_eq!(response.field("Content-Range"), None);
    }
}

#[test]
fn ranges_of_large_files() {
    let folder = Folder::new();
    let content: Vec<_> = (0..3_000_000_u32).map(|i| (i / 3) as u8).collect();
    folder.write("www/large.bin", &content);
    let server = serve(&folder);
    let mut client = server.connect();
    for (start, end) in [(0, 2_999_999), (1_000_000, 2_000_000), (2_999_999, 2_999_999)] {
        client.send(format!(
            "GET /large.bin HTTP/1.1\r\nHost: files.test\r\nRange: bytes={start}-{end}\r\n\r\n"
        ));
        let response = client.response("GET");
        assert!(response.status == 206 && response.body == content[start..=end], "{start}-{end}");
    }
}

#[test]
fn a_range_if_the_file_is_still_the_same() {
    let (_folder, server) = server();
    let whole = get(&server, "/r.txt", "");
    let (etag, date) = (whole.field("ETag").unwrap(), whole.field("Last-Modified").unwrap());
    for (validator, status) in [
        (etag, 206),
        (date, 206),
        ("\"other\"", 200),
        (&format!("W/{etag}"), 200),
        ("Sun, 06 Nov 1994 08:49:37 GMT", 200),
        ("Sun, 06 Nov 2094 08:49:37 GMT", 200),
    ] {
        let fields = format!("Range: bytes=0-1\r\nIf-Range: {validator}\r\n");
        assert_eq!(get(&server, "/r.txt", &fields).status, status, "{validator}");
    }
    // A range that cannot be is not looked at when the whole is due.
    let fields = "Range: bytes=90-\r\nIf-Range: \"other\"\r\n";
    assert_eq!(get(&server, "/r.txt", fields).status, 200);
}

#[test]
fn head_and_ranges() {
    let (_folder, server) = server();
    let head = "HEAD /r.txt HTTP/1.1\r\nHost: files.test\r\nRange: bytes=0-4\r\n\r\n";
    let response = server.connect().send(head).response("HEAD");
    assert!([200, 206].contains(&response.status), "{response:?}");
    let len = if response.status == 206 { "5" } else { "20" };
    assert_eq!(response.field("Content-Length"), Some(len));
}
