//! H2: `error_page` in all its forms, and its bounds.

use crate::routing;

#[test]
fn every_form_of_error_page() {
    let server = routing();
    for (path, status, body) in [
        // A file; the status stays.
        ("/missing", 404, "<p>own 404</p>\n"),
        ("/code/404", 404, "<p>own 404</p>\n"),
        // `=200`.
        ("/code/410", 200, "instead\n"),
        // A named location sees the path that failed.
        ("/code/500", 500, "named /code/500"),
        // `=`: the target's own status.
        ("/code/502", 299, "target says"),
        // A location's own error_page replaces all of the server's.
        ("/own", 404, "instead\n"),
        ("/variable/x", 404, "for x\n"),
        // Not allowed here: the page is fetched by GET.
        ("/error/404.html", 404, "<p>own 404</p>\n"),
    ] {
        let response = server.get_from("errors.test", path);
        assert_eq!((response.status, response.text().as_str()), (status, body), "{path}");
    }
    let post = "POST /get HTTP/1.1\r\nHost: errors.test\r\n\r\n";
    let response = server.connect().send(post).response("POST");
    assert_eq!((response.status, response.text().as_str()), (405, "GET /error/method"));
}

#[test]
fn an_error_page_elsewhere_is_a_redirect() {
    let server = routing();
    for (path, status, target) in [
        ("/code/503", 302, "http://status.test/down"),
        ("/code/504", 301, "http://status.test/moved"),
    ] {
        let response = server.get_from("errors.test", path);
        assert_eq!((response.status, response.field("Location")), (status, Some(target)));
    }
}

#[test]
fn an_error_within_an_error_page_ends_there() {
    let server = routing();
    // 403 leads to a page that answers 404, which has a page of its own that is not asked.
    let response = server.get_from("errors.test", "/code/403");
    assert_eq!(response.status, 404);
    assert!(!response.text().contains("own 404"), "{response:?}");
    // Without an error_page, the default one.
    assert_eq!(server.get_from("errors.test", "/code/401").status, 401);
    assert_eq!(server.get_from("errors.test", "/variable/y").status, 404);
    // Recursive ones are bounded.
    assert_eq!(server.get_from("errors.test", "/recursive").status, 500);
}

#[test]
fn an_error_page_for_what_was_not_read() {
    let server = routing();
    let post = "POST /body HTTP/1.1\r\nHost: errors.test\r\nContent-Length: 9\r\n\r\n123456789";
    let response = server.connect().send(post).response("POST");
    assert_eq!((response.status, response.text().as_str()), (413, "too large, says /error/413"));
    let head = "HEAD /missing HTTP/1.1\r\nHost: errors.test\r\n\r\n";
    let mut client = server.connect();
    let response = client.send(head).response("HEAD");
    assert_eq!((response.status, response.field("Content-Length")), (404, Some("15")));
    assert_eq!(client.get("/get", "errors.test").text(), "got");
}

#[test]
fn a_page_for_a_redirect_still_says_where_to() {
    let server = routing();
    for (path, target) in [("/moved", "/there"), ("/moved/out", "http://else.test/")] {
        let response = server.get_from("errors.test", path);
        assert_eq!((response.status, response.field("Location")), (301, Some(target)));
        assert_eq!(response.text(), "moved, 301");
    }
    // A redirect in place of one says only its own.
    for (path, status, target) in
        [("/moved/on", 301, "http://status.test/moved"), ("/moved/again", 302, "/elsewhere")]
    {
        let response = server.get_from("errors.test", path);
        assert_eq!((response.status, response.field("Location")), (status, Some(target)));
    }
}

#[test]
fn what_a_page_is_sent_with_follows_from_the_status() {
    let server = routing();
    let get = |path: &str, fields: &str| {
        let request = format!("GET {path} HTTP/1.1\r\nHost: errors.test\r\n{fields}\r\n");
        server.connect().send(request).response("GET")
    };
    let kept = get("/missing", "");
    assert!(kept.field("Last-Modified").is_none() && kept.field("ETag").is_some(), "{kept:?}");
    let replaced = get("/code/410", "");
    assert!(replaced.field("Last-Modified").is_some(), "{replaced:?}");
    let empty = get("/without", "");
    assert_eq!((empty.status, empty.body.len()), (204, 0));
    for name in ["Content-Type", "Content-Length", "Last-Modified"] {
        assert_eq!(empty.field(name), None, "{name}");
    }
    // A page that stands for a 200 has parts and states; one that tells an error is sent whole.
    let part = get("/code/410", "Range: bytes=0-1\r\n");
    assert_eq!((part.status, part.text().as_str()), (206, "in"));
    assert_eq!(get("/code/410", "If-None-Match: *\r\n").status, 304);
    assert_eq!(get("/missing", "Range: bytes=0-1\r\n").text(), "<p>own 404</p>\n");
}

#[test]
fn the_status_is_known_before_there_is_a_response() {
    let server = routing();
    for (path, status, body) in [
        ("/none", 404, "<p>own 404</p>\n"),
        ("/410", 410, "<p>own 410</p>\n"),
        ("/403", 200, "200 /says/200"),
        // As in nginx: with `=` alone the target decides, and has not yet.
        ("/401", 200, "200 /says/000"),
        ("/root", 404, "found by its status\n"),
    ] {
        let response = server.get_from("status.test", path);
        assert_eq!((response.status, response.text().as_str()), (status, body), "{path}");
    }
    for (path, target) in [("/412", "http://x.test/?c=412"), ("/302", "/to/302")] {
        let response = server.get_from("status.test", path);
        assert_eq!(response.field("Location"), Some(target), "{path}");
    }
}

#[test]
fn allow_goes_with_405_alone() {
    let server = routing();
    for (path, status, allow) in [("/not/here", 200, None), ("/nor/here", 405, Some("GET, HEAD"))] {
        let post = format!("POST {path} HTTP/1.1\r\nHost: status.test\r\n\r\n");
        let response = server.connect().send(post).response("POST");
        assert_eq!((response.status, response.field("Allow")), (status, allow), "{path}");
    }
}
