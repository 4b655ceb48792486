//! R1: the path picks the location, in nginx's order.

use crate::routing;

#[test]
fn the_path_picks_the_location() {
    let server = routing();
    for (path, body) in [
        // The example of nginx's own documentation.
        ("/", "A"),
        ("/index.html", "B"),
        ("/documents/document.html", "C"),
        ("/images/1.gif", "D"),
        ("/documents/1.jpg", "E"),
        // A prefix is bytes, not segments.
        ("/documents", "B"),
        ("/images", "B"),
        ("/imagesx", "B"),
        ("/?x.gif", "A"),
        ("/x.gif?y", "E"),
        ("/x.GIF", "E"),
        ("/x.gif/", "B"),
        ("/x.gifx", "B"),
        ("/x.Case", "case"),
        ("/x.case", "B"),
        ("/glued", "glued ="),
        ("/glued/", "B"),
        ("/carets/x.jpg", "glued ^~"),
        ("/first", "first regex"),
        ("/first/longer", "first regex"),
        ("/braces/123", "braces"),
        ("/braces/1234", "B"),
        ("/with%20space/x", "space"),
        ("/%c3%a4/x", "umlaut"),
        ("/cap/one/two/three", "one-two/three"),
        ("/cap/%41/", "A-"),
        ("/cap//x", "B"),
    ] {
        assert_eq!(server.get_from("locations.test", path).text(), body, "{path}");
    }
}

#[test]
fn locations_nest() {
    let server = routing();
    for (path, body) in [
        ("/outer/", "outer"),
        ("/outer/x", "outer"),
        ("/outer/inner/", "inner"),
        ("/outer/inner/x", "inner"),
        ("/outer/inner", "outer"),
        ("/outer/exact", "inner exact"),
        ("/outer/exact/", "outer"),
        ("/outer/x.in", "inner regex"),
        ("/outer/inner/x.in", "inner regex"),
        // A regex of the server is asked after those within the prefix.
        ("/outer/x.gif", "E"),
        ("/nest/x.jpg", "nested jpg"),
        ("/nest/x.gif", "E"),
        ("/nest/quiet/x", "quiet"),
        // `^~` holds among its neighbours; the server's regexes are not among them.
        ("/nest/quiet/x.jpg", "E"),
        ("/x.in", "B"),
    ] {
        assert_eq!(server.get_from("locations.test", path).text(), body, "{path}");
    }
}

#[test]
fn the_path_is_normalised_before() {
    let server = routing();
    for (path, body) in [
        ("/x/../documents/a", "C"),
        ("/%64ocuments/a", "C"),
        ("//documents///a", "C"),
        ("/documents/../", "A"),
        ("/documents/..", "A"),
        ("/documents/.", "C"),
        ("/documents%2fa", "C"),
        ("/images/../documents/1", "C"),
        ("/documents/%2e%2e/images/x.jpg", "D"),
        ("/./", "A"),
        ("/.../", "B"),
        ("/images%2F..%2Fx.jpg", "E"),
    ] {
        assert_eq!(server.get_from("locations.test", path).text(), body, "{path}");
    }
}

#[test]
fn methods_of_a_location() {
    let server = routing();
    let send = |method: &str| {
        let request = format!("{method} /methods HTTP/1.1\r\nHost: locations.test\r\n\r\n");
        server.connect().send(request).response(method)
    };
    assert_eq!(send("GET").text(), "GET");
    assert_eq!(send("DELETE").text(), "DELETE");
    assert_eq!(send("HEAD").status, 200);
    let refused = send("POST");
    assert_eq!((refused.status, refused.field("Allow")), (405, Some("GET, HEAD, DELETE")));
}

#[test]
fn methods_are_judged_by_who_answers() {
    let server = routing();
    let send = |method: &str, path: &str| {
        let request = format!("{method} {path} HTTP/1.1\r\nHost: errors.test\r\n\r\n");
        server.connect().send(request).response(method)
    };
    for (method, path, status, body) in [
        // What `try_files` does not find goes to who takes any method.
        ("POST", "/app/x", 200, "app: POST /app/x"),
        ("DELETE", "/app/x", 200, "app: DELETE /app/x"),
        // What `methods` says comes first.
        ("GET", "/app/limited/x", 200, "app: GET /app/limited/x"),
        ("POST", "/app/limited/x", 405, "GET /error/method"),
        // A file that is not there cannot refuse a method.
        ("POST", "/app/404/x", 200, "app: POST /app/404/x"),
        ("POST", "/missing", 404, "<p>own 404</p>\n"),
        ("PUT", "/missing", 405, "GET /error/method"),
        ("POST", "/plain.txt", 405, "GET /error/method"),
    ] {
        let response = send(method, path);
        assert_eq!((response.status, response.text().as_str()), (status, body), "{method} {path}");
        assert_eq!(response.field("Allow").is_some(), status == 405, "{method} {path}");
    }
}
