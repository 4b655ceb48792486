//! What `$1` and named groups stand for: as in nginx 1.22, which was asked the same.

use crate::routing;

const HOST: &str = "ann.captures.test";

#[test]
fn groups_reach_every_value() {
    let server = routing();
    let response = server.get_from(HOST, "/dl/a%20b.bin");
    assert_eq!(response.field("Content-Disposition"), Some("attachment; filename=\"a b.bin\""));
    assert_eq!(response.field("X-Group"), Some("a b.bin"));
    let response = server.get_from(HOST, "/charset/koi");
    assert_eq!(response.field("Content-Type"), Some("text/html; charset=koi"));
    // `root www/none-$part`, and a field from the server's own regex.
    let response = server.get_from(HOST, "/app/red/x");
    assert_eq!((response.field("X-User"), response.text().as_str()), (Some("ann"), "red"));
}

#[test]
fn named_groups_outlive_other_regexes() {
    let server = routing();
    // The outer location's, beside the inner one's; a number is the last regex's.
    let response = server.get_from(HOST, "/app/red/a.css");
    assert_eq!(response.field("X-Both"), Some("red css css"));
    for (path, status, body) in [
        // The last regex has no group, and so `$1` is empty.
        ("/app/red/a.txt", 404, "team red, "),
        // By `try_files` from one regex location to another.
        ("/then/abc", 200, "abc abc ann"),
        // By `error_page` to a location without a regex.
        ("/dir/q/none", 404, "q"),
        // No location has a regex: the last one is the host's.
        ("/else", 200, "ann ann"),
    ] {
        let response = server.get_from(HOST, path);
        assert_eq!((response.status, response.text().as_str()), (status, body), "{path}");
    }
}

#[test]
fn groups_are_of_one_request_alone() {
    let server = routing();
    let mut client = server.connect();
    for (host, path, body) in [
        (HOST, "/app/red/x", "red"),
        ("bob.captures.test", "/else", "bob bob"),
        (HOST, "/then/abc", "abc abc ann"),
        (HOST, "/then/second/xyz/x", " xyz ann"),
    ] {
        let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n");
        assert_eq!(client.send(request).response("GET").text(), body, "{path}");
    }
}
