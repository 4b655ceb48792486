//! `precompress`: the compressed forms of embedded files.

use std::io::Read;

use sitec_tests::folder::Folder;
use sitec_tests::response::Response;
use sitec_tests::server::Server;

use crate::launch;

/// The site, in an empty folder.
fn forms() -> (Server, Folder) {
    let folder = Folder::new();
    (launch("embed_on").arg("--prefix").arg(folder.path()).start(), folder)
}

fn ask(server: &Server, method: &str, path: &str, fields: &str) -> Response {
    let mut client = server.connect();
    client.send(format!("{method} {path} HTTP/1.1\r\nHost: forms.test\r\n{fields}\r\n"));
    client.response(method)
}

/// The content without its coding.
fn decoded(response: &Response) -> Vec<u8> {
    let body = &response.body[..];
    let mut content = Vec::new();
    let read = match response.field("Content-Encoding") {
        None => return body.to_vec(),
        Some("gzip") => flate2::read::GzDecoder::new(body).read_to_end(&mut content),
        Some("br") => brotli::Decompressor::new(body, 4096).read_to_end(&mut content),
        Some("zstd") => {
            zstd::Decoder::new(body).and_then(|mut body| body.read_to_end(&mut content))
        }
        Some(other) => panic!("{other}"),
    };
    read.expect("a whole stream");
    content
}

#[test]
fn the_form_follows_the_weights() {
    let (server, _folder) = forms();
    let plain = ask(&server, "GET", "/dir/long.css", "").body;
    for (accepted, coding) in [
        (None, None),
        (Some(""), None),
        (Some("gzip"), Some("gzip")),
        (Some("GZIP"), Some("gzip")),
        (Some("x-gzip"), Some("gzip")),
        (Some("br"), Some("br")),
        (Some("zstd"), Some("zstd")),
        (Some("gzip, deflate, br, zstd"), Some("br")),
        (Some("*"), Some("br")),
        (Some("gzip;q=1, br;q=0.5"), Some("gzip")),
        (Some("br;q=0, *"), Some("zstd")),
        (Some("br;q=0, zstd;q=0, *"), Some("gzip")),
        (Some("identity, gzip;q=0.5"), None),
        (Some("identity;q=0.5, gzip;q=0.4"), None),
        (Some("gzip;q=0"), None),
        (Some("*;q=0"), None),
        (Some("identity;q=0"), None),
        (Some("identity;q=0, gzip;q=0.001"), Some("gzip")),
        (Some("deflate"), None),
        (Some("gzip;q=2"), None),
    ] {
        let fields = accepted.map(|value| format!("Accept-Encoding: {value}\r\n"));
        let fields = fields.unwrap_or_default();
        let response = ask(&server, "GET", "/dir/long.css", &fields);
        assert_eq!(
            (response.status, response.field("Content-Encoding")),
            (200, coding),
            "{fields}"
        );
        assert_eq!(response.field("Vary"), Some("Accept-Encoding"), "{fields}");
        assert_eq!(response.field("Content-Type"), Some("text/css"), "{fields}");
        assert!(decoded(&response) == plain, "{fields}");
        let head = ask(&server, "HEAD", "/dir/long.css", &fields);
        let without_date = |response: &Response| {
            let fields = response.fields.iter().filter(|(name, _)| name != "Date");
            fields.cloned().collect::<Vec<_>>()
        };
        assert_eq!(without_date(&head), without_date(&response), "{fields}");
    }
}

#[test]
fn each_form_has_a_tag_of_its_own() {
    let (server, _folder) = forms();
    let mut tags = Vec::new();
    for accepted in ["identity", "gzip", "br", "zstd"] {
        let accept = format!("Accept-Encoding: {accepted}\r\n");
        let get = |fields: &str| ask(&server, "GET", "/dir/long.css", &format!("{accept}{fields}"));
        let whole = get("");
        let tag = whole.field("ETag").unwrap().to_owned();
        let unchanged = get(&format!("If-None-Match: {tag}\r\n"));
        assert_eq!(unchanged.status, 304);
        assert_eq!(unchanged.field("ETag"), Some(&tag[..]));
        assert_eq!(unchanged.field("Vary"), Some("Accept-Encoding"));
        assert_eq!(unchanged.field("Content-Encoding"), None);
        for other in &tags {
            let changed = get(&format!("If-None-Match: {other}\r\n"));
            assert_eq!(changed.status, 200);
            let ranged = get(&format!("If-Range: {other}\r\nRange: bytes=0-1\r\n"));
            assert_eq!(ranged.status, 200);
        }
        let part = get(&format!("If-Range: {tag}\r\nRange: bytes=1-4\r\n"));
        assert_eq!((part.status, &part.body[..]), (206, &whole.body[1..5]));
        assert_eq!(part.field("Content-Encoding"), whole.field("Content-Encoding"));
        assert_eq!(part.field("Vary"), Some("Accept-Encoding"));
        let range = format!("bytes 1-4/{}", whole.body.len());
        assert_eq!(part.field("Content-Range"), Some(&range[..]));
        let parts = get("Range: bytes=0-0,2-2\r\n");
        assert_eq!(parts.status, 206);
        assert_eq!(parts.text().matches("Content-Encoding").count(), 0);
        assert_eq!(parts.text().matches("Content-Type: text/css\r\n").count(), 2);
        tags.push(tag);
    }
    tags.sort();
    tags.dedup();
    assert_eq!(tags.len(), 4);
}

#[test]
fn only_what_gains_is_compressed() {
    let (server, _folder) = forms();
    for (path, coding, varies) in [
        ("/dir/long.css", Some("gzip"), true),
        ("/one/dir/long.css", Some("gzip"), true),
        ("/typed", Some("gzip"), true),
        ("/tiny.js", None, false),
        ("/empty.txt", None, false),
        ("/noise.bin", None, false),
        ("/none/dir/long.css", None, false),
        // What is compressed here is not looked for on the disk.
        ("/dir/hand.js", None, false),
    ] {
        let response = ask(&server, "GET", path, "Accept-Encoding: gzip\r\n");
        assert_eq!(response.status, 200, "{path}");
        assert_eq!(response.field("Content-Encoding"), coding, "{path}");
        assert_eq!(response.field("Vary").is_some(), varies, "{path}");
    }
    assert_eq!(ask(&server, "GET", "/status", "").status, 200);
    let response = ask(&server, "GET", "/one/dir/long.css", "Accept-Encoding: br, gzip\r\n");
    assert_eq!(response.field("X-Coding"), Some("gzip"));
    assert_eq!(response.field("Cache-Control"), Some("max-age=3600"));
    assert_eq!(ask(&server, "GET", "/typed", "").field("Content-Type"), Some("text/plain"));
    let untagged = ask(&server, "GET", "/no-tags/dir/long.css", "Accept-Encoding: br\r\n");
    assert_eq!((untagged.field("ETag"), untagged.field("Content-Encoding")), (None, Some("br")));
}
