//! `userid`: cookies as nginx 1.22 writes and reads them.

use sitec_tests::folder::Folder;
use sitec_tests::response::Response;
use sitec_tests::server::Server;

use crate::launch;

fn start() -> (Folder, Server) {
    let folder = Folder::new();
    folder.write("logs/ids.log", "");
    let server = launch("userid").arg("--prefix").arg(folder.path()).start();
    (folder, server)
}

fn ask(server: &Server, path: &str, cookie: &str) -> Response {
    let request = format!("GET {path} HTTP/1.1\r\nHost: a.test\r\nCookie: {cookie}\r\n\r\n");
    server.connect().send(request).response("GET")
}

/// A number of nginx: 127.0.0.1, a time, a process, and its first sequence.
const COOKIE: &str = "fwAAAWofKzwSNFZ4AwMDAg==";
/// The same as it is shown.
const SHOWN: &str = "uid=0100007F3C2B1F6A7856341202030303";

#[test]
fn a_client_without_a_number_is_given_one() {
    let (folder, server) = start();
    let mut before = String::new();
    for path in ["/on", "/v1", "/mark", "/service", "/service1", "/day"] {
        let response = ask(&server, path, "other=1");
        let cookie = response.field("Set-Cookie").unwrap_or_default().to_owned();
        let (value, rest) = cookie.strip_prefix("uid=").expect(&cookie).split_at(24);
        assert!(cookie != before && value.ends_with(if path == "/mark" { "a=" } else { "==" }));
        match path {
            "/day" => assert!(rest.starts_with("; expires=") && rest.ends_with(" GMT; path=/")),
            _ => assert_eq!(rest, "; path=/", "{path}"),
        }
        // It is what the log shows, and what is read when it comes back.
        let count = folder.lines("logs/ids.log").len();
        let again = ask(&server, "/shown", &format!("uid={value}"));
        assert_eq!(again.field("Set-Cookie"), None, "{path}");
        let shown = again.text();
        let got = shown.strip_suffix('|').expect("none is set");
        let lines = folder.wait_for_lines("logs/ids.log", count + 1);
        let given = lines.iter().rev().find(|line| line.starts_with(&format!("{path} ")));
        assert_eq!(given.map(String::as_str), Some(&*format!("{path} got=- set={got}")));
        let first = &got["uid=".len()..][..8];
        assert_eq!(
            first,
            match path {
                "/v1" => "00000000",
                "/service" => "07000000",
                "/service1" => "00000007",
                _ => "0100007F",
            }
        );
        before = cookie;
    }
}

#[test]
fn what_a_client_brings_is_read_as_nginx_reads_it() {
    let (_folder, server) = start();
    for (cookie, got, is_given) in [
        (format!("uid={COOKIE}"), SHOWN, false),
        (format!("a=b; uid={COOKIE}; c=d"), SHOWN, false),
        (format!("uid={}x!", &COOKIE[..22]), SHOWN, false),
        (format!("uid={}", &COOKIE[..21]), "", true),
        ("uid=fwAAAWofKzwSNFZ4AwMD!g==".to_owned(), "", true),
        ("uid=fwAAAWofKzwSNFZ4AAAAAA==".to_owned(), "", true),
        ("id=1".to_owned(), "", true),
    ] {
        let response = ask(&server, "/shown", &cookie);
        let text = response.text();
        let (shown, set) = text.split_once('|').expect("two values");
        assert_eq!((shown, !set.is_empty()), (got, is_given), "{cookie}");
        assert_eq!(response.field("Set-Cookie").is_some(), is_given, "{cookie}");
    }
    for path in ["/log", "/off"] {
        assert_eq!(ask(&server, path, "").field("Set-Cookie"), None, "{path}");
    }
}

#[test]
fn marks_and_resets() {
    let (_folder, server) = start();
    let digits = &COOKIE[..22];
    let told = |path: &str, value: &str| {
        let response = ask(&server, path, &format!("uid={value}"));
        response.field("Set-Cookie").map(str::to_owned)
    };
    assert_eq!(told("/mark", COOKIE), Some(format!("uid={digits}a=; path=/")));
    assert_eq!(told("/mark", &format!("{digits}a=")), None);
    assert_eq!(told("/mark", &format!("{digits}b=")), Some(format!("uid={digits}a=; path=/")));
    assert_eq!(told("/reset0", COOKIE), None);
    for path in ["/reset", "/told"] {
        let cookie = told(path, COOKIE).expect("another number");
        assert!(!cookie.contains(digits), "{cookie}");
    }
    server.wait_for(&format!("userid cookie \"{SHOWN}\" was reset"));
    let said = server.log();
    assert_eq!(said.matches("was reset").count(), 1, "{said}");
}

#[test]
fn all_that_is_said_of_a_cookie() {
    let (_folder, server) = start();
    let response = ask(&server, "/all", "");
    let cookie = response.field("Set-Cookie").expect("a cookie").to_owned();
    let rest = cookie.strip_prefix("id=").expect(&cookie).split_at(24).1;
    assert_eq!(
        rest,
        "; expires=Thu, 31-Dec-37 23:55:55 GMT; domain=a.test; path=/x; secure; httponly; samesite=lax"
    );
    assert_eq!((response.status, response.field("P3P")), (404, Some("CP=x")));
    let again = ask(&server, "/all", &format!("id={COOKIE}"));
    assert_eq!((again.field("P3P"), again.field("Set-Cookie")), (None, None));
}
