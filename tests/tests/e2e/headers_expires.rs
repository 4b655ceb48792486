//! What `expires` adds.

use crate::headers::headers;
use sitec_tests::response::Response;
use sitec_tests::server::Server;

fn get(server: &Server, path: &str) -> Response {
    server.get_from("expires.test", path)
}

fn fields(response: &Response) -> (Option<&str>, Option<&str>) {
    (response.field("Expires"), response.field("Cache-Control"))
}

#[test]
fn what_is_known_beforehand() {
    let server = headers();
    for (path, expires, control) in [
        ("/off/plain.txt", None, None),
        ("/403", None, None),
        ("/missing", None, None),
        ("/epoch/plain.txt", Some("Thu, 01 Jan 1970 00:00:01 GMT"), Some("no-cache")),
        ("/max/plain.txt", Some("Thu, 31 Dec 2037 23:55:55 GMT"), Some("max-age=315360000")),
    ] {
        assert_eq!(fields(&get(&server, path)), (expires, control), "{path}");
    }
}

#[test]
fn what_counts_from_now() {
    let server = headers();
    for (path, control) in [
        ("/plain.txt", "max-age=3600"),
        ("/text", "max-age=3600"),
        ("/modified", "max-age=60"),
        ("/past/plain.txt", "no-cache"),
        ("/zero/plain.txt", "max-age=0"),
        ("/gone/plain.txt", "no-cache"),
    ] {
        let response = get(&server, path);
        assert_eq!(response.field("Cache-Control"), Some(control), "{path}");
        let date = response.field("Date");
        assert_eq!(response.field("Expires") == date, path.starts_with("/zero/"), "{path}");
    }
    let daily = get(&server, "/daily/plain.txt");
    let (Some(expires), Some(control)) = fields(&daily) else { panic!("{daily:?}") };
    let age: u64 = control.strip_prefix("max-age=").unwrap().parse().unwrap();
    assert!(expires.ends_with(":30:00 GMT") && (1..=90_000).contains(&age), "{daily:?}");
}

#[test]
fn what_counts_from_the_last_change() {
    let server = headers();
    let response = get(&server, "/modified/plain.txt");
    let (Some(expires), Some(_)) = fields(&response) else { panic!("{response:?}") };
    let modified = response.field("Last-Modified").unwrap();
    // A day later, at the same time.
    assert_eq!(expires[17..], modified[17..], "{response:?}");
    assert_ne!(expires, modified);
}

#[test]
fn what_is_not_modified_expires_too() {
    let server = headers();
    let request = "GET /plain.txt HTTP/1.1\r\nHost: expires.test\r\nIf-None-Match: *\r\n\r\n";
    let response = server.connect().send(request).response("GET");
    assert_eq!(response.status, 304);
    assert_eq!(response.field("Cache-Control"), Some("max-age=3600"));
}

#[test]
fn what_a_value_says() {
    let server = headers();
    for (path, control) in [
        ("/kept/plain.txt", Some("max-age=315360000")),
        ("/kept/error/404.html", Some("no-cache")),
        ("/kept/alone.gz", None),
        ("/asked/plain.txt?e=1h30m", Some("max-age=5400")),
        ("/asked/plain.txt?e=-1", Some("no-cache")),
        ("/asked/plain.txt?e=epoch", Some("no-cache")),
        ("/asked/plain.txt?e=off", None),
        ("/asked/plain.txt?e=soon", None),
        ("/asked/plain.txt?e=99999999999999999999", None),
        ("/asked/plain.txt", None),
    ] {
        let response = get(&server, path);
        assert_eq!(response.status, 200, "{path}");
        assert_eq!(response.field("Cache-Control"), control, "{path}");
        assert_eq!(response.field("Expires").is_some(), control.is_some(), "{path}");
    }
}
