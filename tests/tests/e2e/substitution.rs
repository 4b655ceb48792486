//! `sub_filter`: what nginx 1.22 answered to the same conf.

use std::io::{Read, Write};
use std::time::Duration;

use flate2::read::GzDecoder;
use sitec_tests::backend::{Backend, Then};
use sitec_tests::response::Response;
use sitec_tests::server::Server;

use crate::launch;

fn serve(back: &Backend) -> Server {
    launch("substitution").set("BACK", &back.address()).start()
}

/// One that sends a long page, in pieces that end where the text begins.
fn back() -> Backend {
    Backend::start(|asked, stream| {
        let page = "hay nee".to_owned() + &"dle hay Nee".repeat(2000) + "DLE hay nee";
        let length = match asked.target() {
            "/sized" => format!("Content-Length: {}\r\n", page.len()),
            _ => "Connection: close\r\n".to_owned(),
        };
        let more = match asked.target() {
            "/coded" => "Content-Encoding: br\r\n",
            "/part" => "Content-Range: bytes 0-9/10\r\n",
            _ => "",
        };
        let status = if more.contains("Range") { "206 P" } else { "200 OK" };
        let head = format!(
            "HTTP/1.1 {status}\r\nContent-Type: text/html; charset=x\r\nETag: \"t\"\r\n{length}{more}\r\n"
        );
        let _ = stream.write_all(head.as_bytes());
        if asked.target() == "/slowly" {
            for piece in page.as_bytes()[..100].chunks(7) {
                let _ = stream.write_all(piece).and_then(|()| stream.flush());
                std::thread::sleep(Duration::from_millis(2));
            }
            let _ = stream.write_all(&page.as_bytes()[100..]);
        } else if !asked.line().starts_with("HEAD") {
            let _ = stream.write_all(page.as_bytes());
        }
        if asked.target() == "/sized" { Then::Keep } else { Then::Close }
    })
}

fn ask(server: &Server, method: &str, path: &str, fields: &str) -> Response {
    let request = format!("{method} {path} HTTP/1.1\r\nHost: a\r\n{fields}\r\n");
    server.connect().send(request).response(method)
}

#[test]
fn texts_are_replaced_as_in_nginx() {
    let back = back();
    let server = serve(&back);
    for (path, expected) in [
        ("/page/hello.txt", "hello\n"),
        ("/page/empty.txt", ""),
        ("/own/hello.txt?a=bye", "bye\n"),
        ("/own/hello.txt?b=LO", "\n"),
        ("/own/hello.txt?a=x&b=lo", "x\n"),
        ("/own/hello.txt?a=&b=", "\n"),
        ("/all/hello.txt", "heLL0\n"),
        ("/var/hello.txt?x=ll", "heyo\n"),
        ("/var/hello.txt?x=", "hello\n"),
        ("/plain/hello.txt", "bye\n"),
        ("/any/hello.txt", "bye\n"),
        ("/none/hello.txt", "hello\n"),
        ("/text/", "ONE two one"),
        ("/error/", "ONE"),
        ("/empty/", ""),
    ] {
        let response = ask(&server, "GET", path, "");
        assert_eq!(response.text(), expected, "{path}: {}", server.log());
        let is_whole = response.field("Content-Length").is_some();
        let is_left = path.starts_with("/none") || path.contains("/empty") || path.ends_with("x=");
        assert_eq!(is_whole, is_left, "{path}: {response:?}");
    }
}

#[test]
fn fields_are_those_of_nginx() {
    let back = back();
    let server = serve(&back);
    let names = ["Content-Length", "Last-Modified", "ETag", "Accept-Ranges", "Content-Range"];
    let has = |response: &Response| {
        let has = |name: &&&str| response.field(name).is_some();
        names.iter().filter(has).map(|name| &name[..1]).collect::<String>()
    };
    for method in ["GET", "HEAD"] {
        for (path, fields, status, expected) in [
            ("/page/hello.txt", "", 200, ""),
            ("/page/hello.txt", "Range: bytes=0-1\r\n", 200, ""),
            ("/kept/hello.txt", "", 200, "LE"),
            ("/kept/hello.txt", "Range: bytes=0-1\r\n", 200, "LE"),
            ("/none/hello.txt", "", 200, "CLEA"),
            ("/none/hello.txt", "Range: bytes=0-1\r\n", 206, "CLEC"),
        ] {
            let response = ask(&server, method, path, fields);
            assert_eq!(
                (response.status, &has(&response)[..]),
                (status, expected),
                "{path} {fields}"
            );
        }
    }
    let response = ask(&server, "GET", "/kept/hello.txt", "");
    let tag = response.field("ETag").expect("a tag").to_owned();
    assert!(tag.starts_with("W/"), "{tag}");
    let known = ask(&server, "GET", "/kept/hello.txt", &format!("If-None-Match: {tag}\r\n"));
    assert_eq!(known.status, 304);
}

#[test]
fn what_is_changed_is_compressed_afterwards() {
    let back = back();
    let server = serve(&back);
    let response = ask(&server, "GET", "/gzip/hello.txt", "Accept-Encoding: gzip\r\n");
    assert_eq!(response.field("Content-Encoding"), Some("gzip"));
    let mut text = String::new();
    GzDecoder::new(&response.body[..]).read_to_string(&mut text).expect("gzip");
    assert_eq!(text, "bye\n");
}

#[test]
fn answers_of_other_servers_are_changed_however_they_come() {
    let back = back();
    let server = serve(&back);
    let expected = "hay ".to_owned() + &"thread hay ".repeat(2001) + "nee";
    for path in ["/back/", "/back/sized", "/back/slowly"] {
        for _ in 0..2 {
            let response = ask(&server, "GET", path, "");
            assert!(response.text() == expected, "{path}: {}", server.log());
            assert_eq!((response.field("ETag"), response.field("Content-Length")), (None, None));
        }
    }
    let head = ask(&server, "HEAD", "/back/sized", "");
    assert_eq!((head.status, head.field("Content-Length")), (200, None));
    for path in ["/back/coded", "/back/part"] {
        let response = ask(&server, "GET", path, "");
        assert!(response.text().contains("needle"), "{path}");
        assert_eq!(response.field("ETag"), Some("\"t\""), "{path}");
    }
}
