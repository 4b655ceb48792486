//! R3: files that lie there compressed.

use crate::listing::serve;
use sitec_tests::folder::Folder;
use sitec_tests::response::Response;
use sitec_tests::server::Server;

/// GET with these field lines.
fn get(server: &Server, path: &str, fields: &str) -> Response {
    let mut client = server.connect();
    client.send(format!("GET {path} HTTP/1.1\r\nHost: a\r\n{fields}\r\n"));
    client.response("GET")
}

#[test]
fn the_variant_follows_the_client() {
    let folder = Folder::new();
    folder.write("www/a.js", "long and plain");
    folder.write("www/a.js.gz", "short");
    let server = serve(&folder);
    let (short, long) = ("short", "long and plain");
    for (path, fields, body, coding, vary) in [
        ("/gzip/a.js", "Accept-Encoding: br, gzip\r\n", short, Some("gzip"), true),
        ("/gzip/a.js", "Accept-Encoding: br\r\n", long, None, true),
        ("/gzip/a.js", "Accept-Encoding: gzip;q=0\r\n", long, None, true),
        ("/gzip/a.js", "Accept-Encoding: gzip\r\nVia: 1.1 x\r\n", long, None, true),
        ("/gzip/a.js", "", long, None, true),
        ("/gzip-re/a.js", "Accept-Encoding: gzip\r\n", short, Some("gzip"), true),
        ("/gzip-always/a.js", "", short, Some("gzip"), false),
        ("/a.js", "Accept-Encoding: gzip\r\n", long, None, false),
    ] {
        let response = get(&server, path, fields);
        assert_eq!((response.status, &response.text()[..]), (200, body), "{path} {fields}");
        assert_eq!(response.field("Content-Encoding"), coding, "{path} {fields}");
        assert_eq!(response.field("Vary").is_some(), vary, "{path} {fields}");
        let length = body.len().to_string();
        assert_eq!(response.field("Content-Length"), Some(&length[..]), "{path} {fields}");
        assert!(response.field("Content-Type").unwrap().ends_with("/javascript"), "{response:?}");
    }
    let mut old = server.connect();
    old.send("GET /gzip/a.js HTTP/1.0\r\nAccept-Encoding: gzip\r\n\r\n");
    assert_eq!(old.response("GET").text(), long);
}

/// What nginx 1.22 answers.
#[test]
fn an_alias_may_be_there_compressed_alone() {
    let folder = Folder::new();
    folder.write("www/alone.gz", "short");
    let server = serve(&folder);
    let takes = "Accept-Encoding: gzip\r\n";
    for (path, fields, status) in [
        ("/alone", takes, 200),
        ("/alone", "", 404),
        ("/alone-always", takes, 200),
        ("/alone-always", "", 200),
    ] {
        let response = get(&server, path, fields);
        assert_eq!(response.status, status, "{path} {fields}");
        assert_eq!(response.text() == "short", status == 200, "{path} {fields}");
    }
}

#[test]
fn variants_are_told_apart() {
    let folder = Folder::new();
    folder.write("www/a.js", "long and plain");
    folder.write("www/a.js.gz", "short");
    let server = serve(&folder);
    let takes = "Accept-Encoding: gzip\r\n";
    let compressed = get(&server, "/gzip/a.js", takes);
    let plain = get(&server, "/gzip/a.js", "");
    assert_ne!(compressed.field("ETag"), plain.field("ETag"));
    assert_eq!(compressed.field("Accept-Ranges"), None);
    assert_eq!(plain.field("Accept-Ranges"), Some("bytes"));
    let tag = format!("{takes}If-None-Match: {}\r\n", compressed.field("ETag").unwrap());
    let unchanged = get(&server, "/gzip/a.js", &tag);
    assert_eq!((unchanged.status, unchanged.field("Vary")), (304, Some("Accept-Encoding")));
    assert_eq!(unchanged.field("Content-Encoding"), None);
    let part = get(&server, "/gzip/a.js", &format!("{takes}Range: bytes=0-1\r\n"));
    assert_eq!((part.status, &part.text()[..]), (200, "short"));
}

/// Of the forms that lie beside a file, a client gets the one that it wants most.
#[test]
fn several_forms_lie_beside_a_file() {
    let folder = Folder::new();
    for (path, content) in [
        ("a.js", "plain"),
        ("a.js.gz", "gzip"),
        ("a.js.br", "br"),
        ("a.js.zst", "zstd"),
        ("b.js", "plain"),
        ("b.js.gz", "gzip"),
        ("c.js.zst", "zstd"),
    ] {
        folder.write(&format!("www/{path}"), content);
    }
    let server = serve(&folder);
    for (path, accepted, content, vary) in [
        ("/forms/a.js", "gzip, br, zstd", "br", true),
        ("/forms/a.js", "gzip, zstd", "zstd", true),
        ("/forms/a.js", "gzip, br;q=0.5, zstd;q=0.6", "gzip", true),
        ("/forms/a.js", "gzip;q=0, br;q=0", "plain", true),
        ("/forms/a.js", "*", "plain", true),
        ("/forms/b.js", "br, gzip;q=0.1", "gzip", true),
        ("/forms/b.js", "br", "plain", true),
        ("/forms/c.js", "zstd", "zstd", true),
        ("/forms-br/a.js", "gzip;q=0", "br", true),
        ("/forms-br/a.js", "gzip, br;q=0.1", "gzip", true),
        ("/forms-br/b.js", "br", "plain", true),
        ("/forms-zstd/a.js", "gzip", "zstd", false),
        ("/forms-quiet/a.js", "br", "br", false),
    ] {
        let fields = format!("Accept-Encoding: {accepted}\r\n");
        let response = get(&server, path, &fields);
        let shown = format!("{path} {accepted}");
        assert_eq!((response.status, &response.text()[..]), (200, content), "{shown}");
        let coding = Some(content).filter(|content| *content != "plain");
        assert_eq!(response.field("Content-Encoding"), coding, "{shown}");
        assert_eq!(response.field("Vary").is_some(), vary, "{shown}");
        assert_eq!(response.field("Accept-Ranges").is_none(), coding.is_some(), "{shown}");
        let tag = format!("{fields}If-None-Match: {}\r\n", response.field("ETag").unwrap());
        assert_eq!(get(&server, path, &tag).status, 304, "{shown}");
    }
    let nothing = get(&server, "/forms/c.js", "");
    assert_eq!(nothing.status, 404);
}
