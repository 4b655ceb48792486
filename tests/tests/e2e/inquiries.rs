//! `auth_request`: what nginx 1.22 answered to the same conf, and what comes of who is asked.

use std::io::Write;
use std::time::{Duration, Instant};

use sitec_tests::backend::{Backend, Then};
use sitec_tests::response::Response;
use sitec_tests::server::Server;

use crate::launch;

/// The right password of one of the users.
const LOGIN: &str = "Authorization: Basic cGxhaW46c2VjcmV0\r\n";

fn serve(backend: &Backend) -> Server {
    launch("inquiries").set("BACK", &backend.address()).start()
}

/// One that tells whom it was asked about, unless the cookie says what it is to answer.
fn desk() -> Backend {
    Backend::start(|asked, stream| {
        let field = |name| asked.fields(name).first().map_or("-", |value| value).to_owned();
        let (status, more) = match &*field("Cookie") {
            "say=401" => (401, "WWW-Authenticate: Bearer x\r\nWWW-Authenticate: Digest y\r\n"),
            "say=403" => (403, ""),
            "say=500" => (500, ""),
            "say=302" => (302, "Location: /x\r\n"),
            "say=nothing" => return Then::Close,
            "say=late" => {
                std::thread::sleep(Duration::from_secs(2));
                return Then::Close;
            }
            _ => (200, ""),
        };
        let method = asked.line().split(' ').next().unwrap_or_default().to_owned();
        let user = ["X-Original-URI", "Content-Length", "X-F", "X-Sub", "X-User"].map(field);
        let text = format!(
            "HTTP/1.1 {status} S\r\nX-User: {method} {}\r\n{more}Content-Length: 4\r\n\r\nbody",
            user.join(" ")
        );
        let _ = stream.write_all(text.as_bytes());
        Then::Keep
    })
}

fn ask(server: &Server, method: &str, path: &str, fields: &str) -> Response {
    let content = if method == "POST" { "Content-Length: 3\r\n\r\nabc" } else { "\r\n" };
    let request = format!("{method} {path} HTTP/1.1\r\nHost: a.test\r\n{fields}{content}");
    server.connect().send(request).response(method)
}

#[test]
fn statuses_are_those_of_nginx() {
    let backend = desk();
    let server = serve(&backend);
    for (path, fields, status) in [
        ("/a/yes", "", 200),
        ("/a/no", "", 403),
        ("/a/who", "", 401),
        ("/a/odd", "", 500),
        ("/a/gone", "", 500),
        ("/a/page", "", 200),
        ("/a/missing", "", 500),
        ("/a/denied", "", 200),
        ("/a/set", "", 200),
        ("/a/text", "", 200),
        ("/a/err", "", 200),
        ("/a/err1", "", 500),
        ("/a/rew", "", 200),
        ("/a/method", "", 200),
        ("/a/none", "", 500),
        ("/a/spin", "", 500),
        ("/a/back/", "", 200),
        ("/a/back/", "Cookie: say=401\r\n", 401),
        ("/a/back/", "Cookie: say=403\r\n", 403),
        ("/a/back/", "Cookie: say=500\r\n", 500),
        ("/a/back/", "Cookie: say=302\r\n", 500),
        ("/a/back/", "Cookie: say=nothing\r\n", 500),
        ("/a/down", "", 500),
        ("/a/deny", "", 403),
        ("/a/basic", "", 401),
        ("/a/basic", LOGIN, 403),
        ("/y/dy", "", 200),
        ("/y/dn", "", 403),
        ("/y/dw", "", 401),
        ("/y/do", "", 500),
        ("/y/ay", "", 200),
        ("/y/bn", "", 401),
        ("/y/bw", "", 401),
        ("/y/by", "", 200),
        ("/y/bo", "", 500),
        ("/y/bn", LOGIN, 200),
        ("/y/bw", LOGIN, 200),
        ("/y/bo", LOGIN, 200),
        ("/y/only", "", 403),
        ("/ret", "", 200),
        ("/ep", "", 200),
        ("/ep2", "", 401),
        ("/ep3", "", 401),
        // From outside, they are not there.
        ("/yes", "", 404),
        ("/back", "", 404),
    ] {
        for method in ["GET", "HEAD"] {
            let response = ask(&server, method, path, fields);
            assert_eq!(response.status, status, "{method} {path} {fields}: {}", server.log());
        }
    }
    assert_eq!(ask(&server, "POST", "/a/method", "").status, 403);
    assert_eq!(ask(&server, "GET", "/ep", "").text(), "login 200");
    assert_eq!(ask(&server, "GET", "/ep2", "").text(), "login 401");
    assert_eq!(ask(&server, "GET", "/ep3", "").text(), "hello\n");
    let log = server.log();
    assert!(log.contains("auth request unexpected status: 404"), "{log}");
    // Who is asked leaves no line in the access log.
    assert!(!log.contains("GET /no "), "{log}");
}

#[test]
fn who_is_asked_is_told_of_the_request_and_not_its_content() {
    let backend = desk();
    let server = serve(&backend);
    for (method, path, expected) in [
        ("GET", "/a/back/x", "GET /a/back/x - 1 x -|200|GET /a/back/x - 1 x -|/back|200||x"),
        (
            "POST",
            "/a/back/?q=1",
            "GET /a/back/?q=1 - 1 - -|200|GET /a/back/?q=1 - 1 - -|/back|200||",
        ),
        ("HEAD", "/a/back/y", "GET /a/back/y - 1 y -|200|GET /a/back/y - 1 y -|/back|200||y"),
    ] {
        let response = ask(&server, method, path, "X-F: 1\r\n");
        // A file is not what a POST is for.
        assert_eq!(response.status, if method == "POST" { 405 } else { 200 }, "{response:?}");
        assert_eq!(response.field("X-U"), Some(expected), "{method} {path}");
    }
    // Its fields go on to who answers.
    let response = ask(&server, "POST", "/a/pass", "");
    assert_eq!(response.field("X-User"), Some("POST - 3 - - GET /a/pass - - - -"), "{response:?}");
    // Connections to it are used again.
    assert!(backend.asked().iter().all(|asked| asked.connection < 2), "{:?}", backend.asked());
}

#[test]
fn challenges_are_passed_on() {
    let backend = desk();
    let server = serve(&backend);
    for (path, fields, expected) in [
        ("/a/back/", "Cookie: say=401\r\n", vec!["Bearer x", "Digest y"]),
        ("/a/back/", "Cookie: say=403\r\n", vec![]),
        ("/a/who", "", vec![]),
        ("/a/script", "", vec!["Cookie"]),
        ("/a/basic", "", vec!["Basic realm=\"r\""]),
        ("/y/bw", "", vec!["Cookie", "Basic realm=\"r\""]),
        ("/y/by", "", vec![]),
    ] {
        let response = ask(&server, "GET", path, fields);
        let found: Vec<_> = response.values("WWW-Authenticate").collect();
        assert_eq!(found, expected, "{path}");
    }
}

#[test]
fn variables_are_shared_and_fields_are_those_of_the_answer() {
    let backend = desk();
    let server = serve(&backend);
    for (path, name, expected) in [
        ("/a/set", "X-Mine", "inner"),
        // Nobody is sent what `add_header` adds there.
        ("/a/page", "X-P", "<>"),
        ("/a/text", "X-T", "<text/plain>"),
        ("/a/down", "X-S", "502"),
    ] {
        assert_eq!(ask(&server, "GET", path, "").field(name), Some(expected), "{path}");
    }
}

#[test]
fn scripts_are_asked_and_limits_wait() {
    let backend = desk();
    let server = serve(&backend);
    for (cookie, status, user) in
        [("who=jane", 200, Some("jane")), ("who=nobody", 403, None), ("x=y", 401, None)]
    {
        let response = ask(&server, "GET", "/a/script", &format!("Cookie: {cookie}\r\n"));
        assert_eq!((response.status, response.field("X-U")), (status, user), "{cookie}");
    }
    // An index is asked about as well.
    let response = ask(&server, "GET", "/idx/", "Cookie: who=joe\r\n");
    assert_eq!((response.status, response.field("X-U")), (200, Some("joe")));
    let began = Instant::now();
    for _ in 0..3 {
        assert_eq!(ask(&server, "GET", "/a/delayed", "X-Slow: 1\r\n").status, 200);
    }
    assert!(began.elapsed() >= Duration::from_millis(350), "{:?}", began.elapsed());
}

#[test]
fn a_client_is_closed_with_who_is_asked_and_others_are_not_held_up() {
    let backend = desk();
    let server = serve(&backend);
    let request = "GET /a/close HTTP/1.1\r\nHost: a\r\n\r\n";
    assert!(server.connect().send(request).closed());
    // While one waits for who does not answer, others are served; in the end it is 504, and so 500.
    let mut waits = server.connect();
    let waits_for = "GET /a/back/ HTTP/1.1\r\nHost: a\r\nCookie: say=late\r\n\r\n";
    let began = Instant::now();
    waits.send(waits_for);
    assert_eq!(ask(&server, "GET", "/a/yes", "").status, 200);
    assert!(began.elapsed() < Duration::from_millis(450), "{:?}", began.elapsed());
    assert_eq!(waits.response("GET").status, 500);
    server.wait_for("auth request unexpected status: 504");
    // A client that goes away takes the question with it.
    server.connect().send(waits_for);
    assert_eq!(ask(&server, "GET", "/a/yes", "").status, 200);
}

#[test]
fn requests_one_after_another_on_one_connection_each_ask() {
    let backend = desk();
    let server = serve(&backend);
    let one = |path: &str| format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n");
    let mut client = server.connect();
    client.send(["/a/yes", "/a/back/1", "/a/no", "/a/back/2", "/ret"].map(one).concat());
    for status in [200, 200, 403, 200, 200] {
        assert_eq!(client.response("GET").status, status);
    }
}
