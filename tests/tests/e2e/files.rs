//! R2, R3: which file a path means, its type, index, try_files, alias.

use crate::launch;
use sitec_tests::folder::Folder;
use sitec_tests::server::Server;

/// A server over the files of `folder`.
pub(crate) fn serve(folder: &Folder) -> Server {
    // What the conf names must be there.
    for name in ["www/dir", "www/docs", "logs"] {
        std::fs::create_dir_all(folder.path().join(name)).unwrap();
    }
    launch("files").arg("--prefix").arg(folder.path()).start()
}

/// A folder with these files beneath `www`, each with its own name as its content.
pub(crate) fn folder(names: &[&str]) -> Folder {
    let folder = Folder::new();
    names.iter().for_each(|name| drop(folder.write(&format!("www/{name}"), name)));
    folder
}

/// nginx takes such paths as they are: it serves the file of `/secret/` by `//secret/`, and what is
/// outside of the root by `/../`.
#[test]
fn a_path_that_the_conf_makes_comes_to_its_own_location() {
    let folder = folder(&["secret/f.txt", "f.txt"]);
    folder.write("outside.txt", "outside");
    let server = serve(&folder);
    for way in ["/try/none", "/page/none", "/index/", "/over/x"] {
        let to = |to: &str| server.get_from("led.test", &format!("{way}?to={to}"));
        let secret = "secret/f.txt";
        for front in ["", "/", "//", "./", "x/../", "x/..//", "/./x/y/../../"] {
            assert_eq!(to(&format!("{front}{secret}")).status, 403, "{way} {front}");
            assert_eq!(to(&format!("{front}exact")).text(), "exact", "{way} {front}");
            assert_eq!(to(&format!("{front}f.txt")).text(), "f.txt", "{way} {front}");
        }
        for above in ["../outside.txt", "../www/f.txt", "x/../../outside.txt", "/../"] {
            assert_eq!(to(above).status, 404, "{way} {above}");
        }
    }
}

#[test]
fn a_path_is_a_file_beneath_the_root() {
    let names =
        ["a.txt", "dir/b.txt", "with space.txt", "ä.txt", "50%.txt", "q?.txt", "semi;colon"];
    let folder = folder(&names);
    let server = serve(&folder);
    for (path, name) in [
        ("/a.txt", "a.txt"),
        ("/a.txt?query", "a.txt"),
        ("/dir/b.txt", "dir/b.txt"),
        ("/dir/../a.txt", "a.txt"),
        ("//dir//b.txt", "dir/b.txt"),
        ("/with%20space.txt", "with space.txt"),
        ("/%C3%A4.txt", "ä.txt"),
        ("/50%25.txt", "50%.txt"),
        ("/q%3f.txt", "q?.txt"),
        ("/semi;colon", "semi;colon"),
    ] {
        let response = server.get(path);
        assert_eq!((response.status, response.text().as_str()), (200, name), "{path}");
        assert_eq!(response.field("Content-Length"), Some(name.len().to_string().as_str()));
    }
    for path in ["/b.txt", "/A.txt", "/a.txt/", "/a.txt/x", "/dir/a.txt", "/a.tx", "/a.txtx"] {
        assert_eq!(server.get_from("plain.test", path).status, 404, "{path}");
    }
    assert_eq!(server.get_from("rootless.test", "/a.txt").status, 404);
}

#[test]
fn types_go_by_extension() {
    let folder = folder(&[
        "a.html",
        "a.css",
        "a.js",
        "a.json",
        "a.svg",
        "a.png",
        "a.jpg",
        "a.txt",
        "a.wasm",
        "A.HTML",
        "a.tar.gz",
        "none",
        "a.unknown-ext",
        "types/a.one",
        "types/a.TWO",
        "types/a.three",
        "types/a.html",
        "types/none",
    ]);
    let server = serve(&folder);
    for (path, kind) in [
        ("/a.html", "text/html"),
        ("/a.css", "text/css"),
        ("/a.json", "application/json"),
        ("/a.svg", "image/svg+xml"),
        ("/a.png", "image/png"),
        ("/a.jpg", "image/jpeg"),
        ("/a.txt", "text/plain"),
        ("/a.wasm", "application/wasm"),
        ("/A.HTML", "text/html"),
        ("/none", "text/plain"),
        ("/a.unknown-ext", "text/plain"),
        ("/types/a.one", "application/x-one"),
        ("/types/a.TWO", "text/x-two"),
        ("/types/a.three", "text/x-two"),
        ("/types/a.html", "application/x-none"),
        ("/types/none", "application/x-none"),
    ] {
        assert_eq!(server.get(path).field("Content-Type"), Some(kind), "{path}");
    }
    let script = server.get("/a.js");
    assert!(script.field("Content-Type").unwrap().ends_with("/javascript"), "{script:?}");
}

#[test]
fn an_alias_that_is_complete_has_an_index_behind_a_slash() {
    let folder = folder(&["docs/second.html"]);
    let server = serve(&folder);
    for (path, status, location) in [
        ("/bare/docs", 301, Some("/bare/docs/")),
        ("/bare/docs/", 403, None),
        ("/into/", 200, None),
        ("/into/second.html", 200, None),
        ("/into/missing", 404, None),
    ] {
        let response = server.get_from("files.test", path);
        assert_eq!((response.status, response.field("Location")), (status, location), "{path}");
    }
}

#[test]
fn folders_have_an_index_or_none() {
    let folder =
        folder(&["docs/second.html", "dir/index.html", "empty/x", "with space/index.html"]);
    let server = serve(&folder);
    for (path, status, location) in [
        ("/dir", 301, Some("/dir/")),
        ("/dir?a=b", 301, Some("/dir/?a=b")),
        ("/with%20space", 301, Some("/with%20space/")),
        ("/dir/", 200, None),
        ("/with%20space/", 200, None),
        ("/empty/", 403, None),
        ("/empty", 301, Some("/empty/")),
        ("/nothing/", 404, None),
        ("/", 403, None),
    ] {
        let response = server.get(path);
        assert_eq!((response.status, response.field("Location")), (status, location), "{path}");
    }
    let index = server.get("/dir/");
    assert_eq!(index.text(), "dir/index.html");
    assert_eq!(index.field("Content-Type"), Some("text/html"));
    assert_eq!(server.get("/index/").text(), "docs/second.html");
    assert_eq!(server.get("/index-uri/").text(), "pong");
}

#[test]
fn alias_replaces_the_prefix() {
    let folder = folder(&["dir/plain.txt", "dir/index.html", "plain.txt"]);
    let server = serve(&folder);
    for (path, body) in [
        ("/alias/plain.txt", "dir/plain.txt"),
        ("/alias/", "dir/index.html"),
        ("/off/plain.txt", "dir/plain.txt"),
        ("/off/", "dir/index.html"),
        ("/one", "dir/plain.txt"),
        ("/re/plain", "dir/plain.txt"),
    ] {
        assert_eq!(server.get(path).text(), body, "{path}");
    }
    assert_eq!(server.get("/off").field("Location"), Some("/off/"));
    for path in ["/alias/x", "/off/x", "/offplain.txt", "/one/x", "/re/nothing", "/re/Plain"] {
        assert_eq!(server.get(path).status, 404, "{path}");
    }
}

#[test]
fn try_files_takes_the_first_that_exists() {
    let folder =
        folder(&["try/a", "try/b.html", "try/c/index.html", "try-code/a", "docs/second.html"]);
    let server = serve(&folder);
    for (path, status, body) in [
        ("/try/a", 200, "try/a"),
        ("/try/b", 200, "try/b.html"),
        ("/try/b.html", 200, "try/b.html"),
        ("/try/c/", 200, "try/c/index.html"),
        ("/try/d", 200, "last /try-last a=1"),
        ("/try/d?x=y", 200, "last /try-last a=1"),
        ("/try/a/x", 200, "last /try-last a=1"),
        ("/try-named/x?y", 200, "fallback for /try-named/x"),
        ("/try-code/a", 200, "try-code/a"),
        ("/spa/some/where", 200, "docs/second.html"),
    ] {
        let response = server.get(path);
        assert_eq!((response.status, response.text().as_str()), (status, body), "{path}");
    }
    assert_eq!(server.get("/try/b").field("Content-Type"), Some("text/html"));
    assert_eq!(server.get("/try/c").field("Location"), Some("/try/c/"));
    assert_eq!(server.get("/try-code/b").status, 418);
}

#[test]
fn files_of_every_size_arrive_whole() {
    let folder = Folder::new();
    let bytes = |len: usize| (0..len).map(|i| (i * 7 + i / 251) as u8).collect::<Vec<_>>();
    let sizes = [0, 1, 1023, 4096, 65_536, 65_537, 1_000_000, 9_000_001];
    for len in sizes {
        folder.write(&format!("www/{len}.bin"), bytes(len));
    }
    let server = serve(&folder);
    let mut client = server.connect();
    for len in sizes {
        let response = client.get(&format!("/{len}.bin"), "files.test");
        assert!(response.body == bytes(len), "{len}");
    }
    // All asked for before anything is read.
    let requests = sizes.map(|len| format!("GET /{len}.bin HTTP/1.1\r\nHost: a\r\n\r\n"));
    client.send(requests.concat().repeat(3));
    for len in sizes.repeat(3) {
        assert!(client.response("GET").body == bytes(len), "{len}");
    }
}

#[test]
fn a_file_that_changes_is_seen() {
    let folder = folder(&["a.txt"]);
    let server = serve(&folder);
    let first = server.get("/a.txt");
    assert_eq!(first.text(), "a.txt");
    folder.write("www/b.txt", "new");
    std::fs::rename(folder.path().join("www/b.txt"), folder.path().join("www/a.txt")).unwrap();
    let start = std::time::Instant::now();
    let changed = loop {
        let response = server.get("/a.txt");
        if response.text() == "new" {
            break response;
        }
        assert_eq!(response.text(), "a.txt");
        assert!(start.elapsed() < sitec_tests::PATIENCE, "the old file is still served");
    };
    assert_ne!(changed.field("ETag"), first.field("ETag"));
    std::fs::remove_file(folder.path().join("www/a.txt")).unwrap();
    while server.get("/a.txt").status != 404 {
        assert!(start.elapsed() < sitec_tests::PATIENCE, "a removed file is still served");
    }
    folder.write("www/a.txt", "back");
    while server.get("/a.txt").status != 200 {
        assert!(start.elapsed() < sitec_tests::PATIENCE, "a file that came back is not seen");
    }
}
