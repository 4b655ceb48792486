//! H7: redirects, with and without variables in the target.

use crate::routing;
use sitec_tests::response::Response;

fn location(response: &Response) -> &str {
    response.field("Location").unwrap_or_else(|| panic!("no Location: {response:?}"))
}

#[test]
fn each_status_and_its_target() {
    let server = routing();
    let port = server.port();
    for (path, status, target) in [
        ("/301", 301, "/new"),
        ("/302", 302, "http://else.test/x"),
        ("/303", 303, "/see"),
        ("/307", 307, "/keep?a=b"),
        ("/308", 308, "/keep"),
        ("/url", 302, "https://else.test/"),
        ("/to/a?b=c", 301, "https://secure.test/to/a?b=c"),
        ("/to/%20?", 301, "https://secure.test/to/%20?"),
        ("/old/a/b.php", 301, "/new/a/b?"),
        ("/old/a.php?x=1&y", 301, "/new/a?x=1&y"),
    ] {
        let response = server.get_from("redirects.test", path);
        assert_eq!((response.status, location(&response)), (status, target), "{path}");
        assert_eq!(response.field("Content-Type"), Some("text/html"), "{path}");
        assert!(response.text().contains(&status.to_string()), "{path}");
    }
    let response = server.get_from("redirects.test", "/scheme?q");
    assert_eq!(location(&response), format!("http://redirects.test:{port}/scheme?q"));
    let cookie = "GET /cookie HTTP/1.1\r\nHost: redirects.test\r\nCookie: user=ann\r\n\r\n";
    let response = server.connect().send(cookie).response("GET");
    assert_eq!(location(&response), "/for/ann");
}

#[test]
fn a_redirect_keeps_the_connection() {
    let server = routing();
    let mut client = server.connect();
    for _ in 0..3 {
        assert_eq!(client.get("/301", "redirects.test").status, 301);
        assert_eq!(client.get("/to/x", "redirects.test").status, 301);
    }
}

#[test]
fn a_target_never_adds_a_field() {
    let server = routing();
    for path in ["/raw/%0d%0aX-Evil:%20yes", "/raw/%0aX-Evil:%20yes", "/raw/a%0d%0a%0d%0ab"] {
        let response = server.get_from("redirects.test", path);
        assert_eq!(response.status, 301, "{path}");
        assert_eq!(response.field("X-Evil"), None, "{path}");
        assert!(location(&response).starts_with("/raw/"), "{path}");
    }
    let cookie = "GET /cookie HTTP/1.1\r\nHost: redirects.test\r\nCookie: user=a\tb\r\n\r\n";
    let response = server.connect().send(cookie).response("GET");
    assert!(location(&response).starts_with("/for/a"), "{response:?}");
}

#[test]
fn texts_and_statuses() {
    let server = routing();
    for (path, status, body) in [("/text", 410, "gone for good"), ("/odd", 299, "two nines")] {
        let response = server.get_from("redirects.test", path);
        assert_eq!((response.status, response.text().as_str()), (status, body), "{path}");
        assert_eq!(response.field("Content-Type"), Some("text/plain"), "{path}");
    }
    assert_eq!(server.get_from("redirects.test", "/status").status, 410);
}

#[test]
fn absolute_redirects_name_host_and_port() {
    let server = routing();
    let port = server.port();
    for (host, path, target) in [
        ("absolute.test", "/host", format!("http://absolute.test:{port}/new")),
        ("alias.test", "/host", format!("http://alias.test:{port}/new")),
        ("alias.test:1", "/host", format!("http://alias.test:{port}/new")),
        ("alias.test", "/plain", "http://alias.test/new".to_owned()),
        ("alias.test", "/name", format!("http://absolute.test:{port}/new")),
    ] {
        let response = server.get_from(host, path);
        assert_eq!(location(&response), target, "{host} {path}");
    }
}
