//! Who may come in: `allow`, `deny`, `limit_except`.

use std::io::{BufReader, Write};
use std::os::unix::net::UnixStream;

use crate::launch;
use sitec_tests::folder::Folder;
use sitec_tests::response::Response;
use sitec_tests::server::Server;

fn serve() -> (Folder, Server) {
    let folder = Folder::new();
    folder.write("www/plain.txt", "a");
    let server = launch("access").arg("--prefix").arg(folder.path()).start();
    (folder, server)
}

fn ask(server: &Server, method: &str, path: &str) -> Response {
    let request = format!("{method} {path} HTTP/1.1\r\nHost: a\r\n\r\n");
    server.connect().send(request).response(method)
}

#[test]
fn the_first_rule_that_fits_decides() {
    let (_folder, server) = serve();
    for (path, status) in [
        ("/open/plain.txt", 200),
        ("/closed/plain.txt", 403),
        ("/closed/none.txt", 403),
        ("/local/plain.txt", 200),
        ("/one-out/plain.txt", 403),
        ("/others-out/plain.txt", 200),
        ("/order/plain.txt", 200),
        ("/socket/plain.txt", 403),
        ("/no-socket/plain.txt", 200),
        ("/outer/plain.txt", 403),
        ("/outer/same/plain.txt", 403),
        ("/outer/own/plain.txt", 200),
    ] {
        assert_eq!(server.get(path).status, status, "{path}");
    }
}

#[test]
fn clients_of_a_socket_have_rules_of_their_own() {
    let (folder, _server) = serve();
    for (path, status) in [
        ("/open/plain.txt", 200),
        ("/closed/plain.txt", 403),
        ("/local/plain.txt", 403),
        ("/one-out/plain.txt", 200),
        ("/socket/plain.txt", 200),
        ("/no-socket/plain.txt", 403),
    ] {
        let mut stream = UnixStream::connect(folder.path().join("access.sock")).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
        let response = Response::read(&mut BufReader::new(stream), "GET");
        assert_eq!(response.status, status, "{path}");
    }
}

#[test]
fn rules_have_their_place_among_the_phases() {
    let (_folder, server) = serve();
    for (method, path, status) in [
        // Before `try_files` and the content, and before the methods of a handler.
        ("GET", "/tried/plain.txt", 403),
        ("POST", "/closed/plain.txt", 403),
        ("POST", "/open/plain.txt", 405),
        ("PUT", "/methods/", 403),
        // Behind `return`.
        ("GET", "/return-first/in", 200),
        // A limit stands in the place of the location's rules, and before its `return`.
        ("GET", "/get-only/plain.txt", 200),
        ("HEAD", "/get-only/plain.txt", 200),
        ("POST", "/get-only/plain.txt", 403),
        ("DELETE", "/get-only/plain.txt", 403),
        ("GET", "/post-only/", 403),
        ("HEAD", "/post-only/", 403),
        ("POST", "/post-only/", 200),
        ("GET", "/post-in/plain.txt", 403),
        ("POST", "/post-in/plain.txt", 405),
    ] {
        assert_eq!(ask(&server, method, path).status, status, "{method} {path}");
    }
}

#[test]
fn who_is_kept_out_is_told_and_logged() {
    let (_folder, server) = serve();
    let response = server.get("/outer/plain.txt");
    assert_eq!((response.status, response.text().as_str()), (403, "keep out"));
    server.wait_for("access forbidden by rule, client: 127.0.0.1, server: access.test, request: \"GET /outer/plain.txt HTTP/1.1\"");
    // The rules hold for an internal redirect too.
    let response = server.get("/closed-twice/plain.txt");
    assert!(response.status == 403 && response.text().contains("403 Forbidden"), "{response:?}");
}

#[test]
fn who_is_kept_out_may_stay_connected() {
    let (_folder, server) = serve();
    let mut client = server.connect();
    for _ in 0..3 {
        assert_eq!(client.get("/closed/plain.txt", "a").status, 403);
        assert_eq!(client.get("/open/plain.txt", "a").status, 200);
    }
    let post = "POST /closed/plain.txt HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nabcd";
    assert_eq!(client.send(post).response("POST").status, 403);
    assert_eq!(client.get("/open/plain.txt", "a").status, 200);
}

#[test]
fn rules_hold_where_there_are_no_files() {
    let (_folder, server) = serve();
    for (path, status) in [("/closed/x", 403), ("/local/x", 404), ("/x", 404)] {
        assert_eq!(server.get_from("rootless.test", path).status, status, "{path}");
    }
}
