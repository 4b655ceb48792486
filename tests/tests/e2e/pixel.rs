//! `empty_gif`.

use crate::headers::headers;

const MODIFIED: &str = "Mon, 28 Sep 1970 06:00:00 GMT";

#[test]
fn an_image_of_one_pixel() {
    let server = headers();
    let image = server.get_from("expires.test", "/pixel");
    assert_eq!(image.status, 200);
    assert_eq!(image.field("Content-Type"), Some("image/gif"));
    assert_eq!(image.field("Last-Modified"), Some(MODIFIED));
    assert_eq!(image.field("Cache-Control"), Some("max-age=3600"));
    assert_eq!((image.field("ETag"), image.field("Accept-Ranges")), (None, None));
    assert_eq!(image.body.len(), 43);
    assert!(image.body.starts_with(b"GIF89a\x01\0\x01\0") && image.body.ends_with(b";"));
    assert_eq!(server.get_from("expires.test", "/pixel/no").status, 403);
}

#[test]
fn it_is_asked_for_as_a_file_is() {
    let server = headers();
    let mut client = server.connect();
    let mut ask = |line: &str, field: &str| {
        let request = format!("{line} HTTP/1.1\r\nHost: expires.test\r\n{field}\r\n");
        client.send(&request).response(line.split(' ').next().unwrap())
    };
    for (line, field, status, len) in [
        ("HEAD /pixel", "", 200, Some("43")),
        ("GET /pixel", "Range: bytes=0-3\r\n", 200, Some("43")),
        ("GET /pixel", &format!("If-Modified-Since: {MODIFIED}\r\n"), 304, None),
        ("GET /pixel", "If-Match: \"a\"\r\n", 412, Some("")),
        ("POST /pixel", "Content-Length: 0\r\n", 405, Some("")),
        ("POST /pixel/410", "Content-Length: 0\r\n", 410, Some("43")),
    ] {
        let response = ask(line, field);
        assert_eq!(response.status, status, "{line} {field}");
        match len {
            Some("") => assert_ne!(response.field("Content-Length"), Some("43"), "{line}"),
            len => assert_eq!(response.field("Content-Length"), len, "{line} {field}"),
        }
        let is_whole = matches!(status, 200 | 304);
        assert_eq!(response.field("Last-Modified"), is_whole.then_some(MODIFIED), "{line} {field}");
    }
}
