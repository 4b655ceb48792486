//! `charset_map`, `source_charset`, `override_charset`: what nginx 1.22 answered to the same conf.

use std::io::{Read, Write};

use sitec_tests::backend::{Backend, Then};
use sitec_tests::folder::Folder;
use sitec_tests::response::Response;
use sitec_tests::server::Server;

use crate::launch;

/// "Привет" in each charset.
const KOI: &[u8] = b"\xf0\xd2\xc9\xd7\xc5\xd4";
const WIN: &[u8] = b"\xcf\xf0\xe8\xe2\xe5\xf2";
const UTF: &str = "Привет";

/// Pages in each of them.
fn pages() -> Folder {
    let folder = Folder::new();
    let with_mark = [KOI, b" \x80\xff!"].concat();
    for (path, content) in [
        ("koi.html", &with_mark[..]),
        ("koi.css", KOI),
        ("utf.html", "Привет, жизнь 日 \u{1f600}<".as_bytes()),
        ("broken.html", b"a\xd0\x9f\xc0\x80\xd0x\xe0\x80\x80y\xd0"),
        ("bytes.html", b"abc\x80\x81\xff"),
        ("page.html", b"-hello-"),
        ("page.html.gz", b"not a page"),
        ("parts/win.html", WIN),
        ("parts/utf.html", UTF.as_bytes()),
        ("parts/off.html", KOI),
        (
            "ssi.html",
            &[
                KOI,
                b" <!--#include virtual=\"/parts/win.html\" --> \
                  <!--#include virtual=\"/parts/utf.html\" --> \
                  <!--#include virtual=\"/parts/off.html\" -->",
            ]
            .concat(),
        ),
    ] {
        folder.write(&format!("www/{path}"), content);
    }
    folder
}

fn serve(folder: &Folder, back: &str) -> Server {
    let www = folder.path().join("www");
    launch("recoding").set("WWW", www.to_str().unwrap()).set("BACK", back).start()
}

fn ask(server: &Server, method: &str, path: &str, fields: &str) -> Response {
    let request = format!("{method} {path} HTTP/1.1\r\nHost: a\r\n{fields}\r\n");
    server.connect().send(request).response(method)
}

#[test]
fn contents_are_recoded_as_in_nginx() {
    let folder = pages();
    let server = serve(&folder, "127.0.0.1:1");
    let utf = |text: &str| text.as_bytes().to_vec();
    let both = |one: &[u8], other: &[u8]| [one, other].concat();
    for (path, charset, content) in [
        ("/koi.html", Some("utf-8"), utf("Привет €Ъ!")),
        ("/koi.css", None, KOI.to_vec()),
        ("/win/koi.html", Some("windows-1251"), both(WIN, b" \x88\xda!")),
        ("/same/koi.html", Some("KOI8-R"), both(KOI, b" \x80\xff!")),
        (
            "/from-utf/utf.html",
            Some("koi8-r"),
            both(KOI, b", \xd6\xc9\xda\xce\xd8 &#26085; &#128512;<"),
        ),
        ("/from-utf/broken.html", Some("koi8-r"), b"a\xf0????y".to_vec()),
        ("/bytes/bytes.html", Some("x-two"), b"bbc\x81?\x00".to_vec()),
        ("/there/bytes.html", Some("x-one"), b"aac?\x80?".to_vec()),
        ("/types/koi.css", Some("utf-8"), utf(UTF)),
        ("/off/koi.html", Some("utf-8"), both(KOI, b" \x80\xff!")),
        ("/without/koi.html", None, both(KOI, b" \x80\xff!")),
        ("/if/koi.html", Some("utf-8"), utf("Привет €Ъ!")),
        ("/if/koi.html?w=1", Some("windows-1251"), both(WIN, b" \x88\xda!")),
        ("/asked/koi.html?from=koi8-r&to=UTF-8", Some("UTF-8"), utf("Привет €Ъ!")),
        ("/asked/koi.html?from=koi8-r&to=koi8-R", Some("koi8-R"), both(KOI, b" \x80\xff!")),
        ("/asked/koi.html?from=koi8-r&to=latin1", None, both(KOI, b" \x80\xff!")),
        ("/asked/koi.html", None, both(KOI, b" \x80\xff!")),
        (
            "/ssi/ssi.html",
            Some("utf-8"),
            utf("Привет Привет Привет ").into_iter().chain(KOI.iter().copied()).collect(),
        ),
        ("/around/koi.html", Some("utf-8"), utf("ПриветПривет €Ъ!Привет")),
        ("/text", Some("koi8-r"), both(KOI, b", \x80")),
    ] {
        let response = ask(&server, "GET", path, "");
        assert_eq!((response.status, &response.body), (200, &content), "{path}: {response:?}");
        let told = response.field("Content-Type").unwrap().split_once("charset=");
        assert_eq!(told.map(|told| told.1), charset, "{path}");
        // As in nginx, it is not weak, unless something else has made it so.
        let is_strong = response.field("ETag").is_none_or(|tag| tag.starts_with('"'));
        assert_eq!(is_strong, !path.starts_with("/around"), "{path}");
    }
    assert!(
        server.log().contains("no \"charset_map\" between the charsets \"koi8-r\" and \"latin1\"")
    );
    let moved = ask(&server, "GET", "/moved", "");
    assert_eq!(moved.field("Content-Type"), Some("text/html"));
    let error = ask(&server, "GET", "/error", "");
    assert_eq!((error.status, &error.body[..]), (404, KOI));
}

#[test]
fn what_is_recoded_has_no_length_and_no_parts() {
    let folder = pages();
    let server = serve(&folder, "127.0.0.1:1");
    for (path, status, is_whole) in [
        ("/koi.html", 200, false),
        ("/win/koi.html", 200, false),
        ("/same/koi.html", 206, true),
        ("/koi.css", 206, true),
    ] {
        let response = ask(&server, "GET", path, "Range: bytes=0-1\r\n");
        assert_eq!(response.status, status, "{path}");
        assert_eq!(response.field("Content-Length").is_some(), is_whole, "{path}");
        assert_eq!(response.field("Content-Range").is_some(), is_whole, "{path}");
        let whole = ask(&server, "GET", path, "");
        assert_eq!(response.field("Content-Type"), whole.field("Content-Type"), "{path}");
        assert_eq!(whole.field("Accept-Ranges").is_some(), is_whole, "{path}");
        let tag = format!("If-None-Match: {}\r\n", whole.field("ETag").unwrap());
        assert_eq!(ask(&server, "GET", path, &tag).status, 304, "{path}");
        let head = ask(&server, "HEAD", path, "");
        assert_eq!((head.status, head.body.len()), (200, 0), "{path}");
        assert_eq!(head.field("Content-Type"), whole.field("Content-Type"), "{path}");
    }
}

#[test]
fn texts_are_replaced_before_and_compressed_after() {
    let folder = pages();
    let server = serve(&folder, "127.0.0.1:1");
    assert_eq!(ask(&server, "GET", "/changed/page.html", "").text(), "-\\xf0-");
    let coded = ask(&server, "GET", "/gzip/koi.html", "Accept-Encoding: gzip\r\n");
    assert_eq!(coded.field("Content-Encoding"), Some("gzip"));
    let mut text = String::new();
    flate2::read::GzDecoder::new(&coded.body[..]).read_to_string(&mut text).expect("gzip");
    assert_eq!(text, "Привет €Ъ!");
    // What is coded already is left alone, and nothing is said of it.
    let fixed = ask(&server, "GET", "/static/page.html", "");
    assert_eq!(
        (fixed.text(), fixed.field("Content-Type")),
        ("not a page".into(), Some("text/html"))
    );
}

/// Answers of others come in pieces, and name a charset themselves or do not.
#[test]
fn answers_of_others_are_recoded() {
    let back = Backend::start(|asked, stream| {
        let content = match asked.target() {
            "/named" | "/unknown" => WIN.repeat(3000),
            _ => KOI.repeat(3000),
        };
        let charset = match asked.target() {
            "/named" => "; charset=\"Windows-1251\"",
            "/unknown" => "; a=b; charset=latin1",
            _ => "",
        };
        let coded = if asked.target() == "/coded" { "Content-Encoding: br\r\n" } else { "" };
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: text/html{charset}\r\nContent-Length: {}\r\n{coded}\r\n",
            content.len()
        );
        let _ = stream.write_all(head.as_bytes());
        for piece in content.chunks(4999) {
            let _ = stream.write_all(piece).and_then(|()| stream.flush());
        }
        Then::Keep
    });
    let folder = pages();
    let server = serve(&folder, &back.address());
    let many = UTF.repeat(3000);
    for (path, media_type, content) in [
        ("/back/plain", "text/html; charset=utf-8", many.as_bytes().to_vec()),
        ("/back/named", "text/html; charset=\"Windows-1251\"", WIN.repeat(3000)),
        ("/over/named", "text/html; charset=utf-8", many.as_bytes().to_vec()),
        ("/over/plain", "text/html; charset=utf-8", many.as_bytes().to_vec()),
        ("/over/unknown", "text/html; a=b; charset=latin1", WIN.repeat(3000)),
        ("/over/coded", "text/html", KOI.repeat(3000)),
        ("/composed/plain", "text/html; charset=utf-8", (many.clone() + UTF).into_bytes()),
    ] {
        let response = ask(&server, "GET", path, "");
        assert_eq!(response.field("Content-Type"), Some(media_type), "{path}");
        assert!(response.body == content, "{path}: {}", server.log());
    }
}
