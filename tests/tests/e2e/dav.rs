//! `dav_methods`, as nginx carries them out; the cases in full stand beside the code.

use std::collections::BTreeSet;
use std::fs;
use std::net::TcpStream;
use std::os::unix::fs::MetadataExt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::launch;
use sitec_tests::PATIENCE;
use sitec_tests::folder::Folder;
use sitec_tests::response::Response;
use sitec_tests::server::{Launch, Server};

/// A site whose folder this is.
pub(crate) fn site(www: &Folder) -> Launch {
    let path = www.path().to_str().expect("text");
    launch("writing").set("WWW", path).set("STORE", path)
}

fn start(www: &Folder) -> Server {
    site(www).start()
}

/// Makes a request on a connection of its own.
pub(crate) fn ask(
    server: &Server,
    method: &str,
    path: &str,
    fields: &str,
    content: &str,
) -> Response {
    let length = format!("Content-Length: {}\r\n", content.len());
    let length = if content.is_empty() && method != "PUT" { "" } else { &length };
    let request = format!("{method} {path} HTTP/1.1\r\nHost: a\r\n{length}{fields}\r\n{content}");
    server.connect().send(request).response(method)
}

#[test]
fn a_folder_is_built_and_taken_apart() {
    let www = Folder::new();
    let server = start(&www);
    for (method, path, fields, content, status, location) in [
        ("MKCOL", "/dav/c%20d/", "", "", 201, Some("/dav/c%20d/")),
        ("MKCOL", "/dav/c%20d/", "", "", 405, None),
        ("MKCOL", "/dav/x", "", "", 409, None),
        ("MKCOL", "/dav/x/", "", "body", 415, None),
        ("PUT", "/dav/c%20d/a", "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n", "text", 201, {
            Some("/dav/c%20d/a")
        }),
        ("PUT", "/dav/c%20d/a", "", "text", 204, None),
        ("PUT", "/dav/c%20d/", "", "text", 409, None),
        ("PUT", "/dav/none/a", "", "text", 409, None),
        ("PUT", "/dav/b", "Content-Range: bytes 0-1/2\r\n", "xx", 501, None),
        ("COPY", "/dav/c%20d/", "Destination: /dav/e/\r\n", "", 201, None),
        ("COPY", "/dav/e/a", "Destination: http://a/dav/b\r\n", "", 204, None),
        ("COPY", "/dav/e/a", "Destination: /dav/b\r\nOverwrite: F\r\n", "", 412, None),
        ("MOVE", "/dav/b", "Destination: /dav/way/b\r\n", "", 204, None),
        ("COPY", "/dav/way/b", "Destination: /elsewhere\r\n", "", 400, None),
        ("COPY", "/dav/way/b", "", "", 400, None),
        ("MOVE", "/dav/e/", "Destination: /dav/f/\r\n", "", 201, None),
        ("DELETE", "/dav/f", "", "", 409, None),
        ("DELETE", "/dav/f/", "", "", 204, None),
        ("DELETE", "/dav/f/", "", "", 404, None),
        ("DELETE", "/dav/", "", "", 403, None),
    ] {
        let response = ask(&server, method, path, fields, content);
        assert_eq!(response.status, status, "{method} {path} {fields}");
        let found = response.field("Location").map(str::to_owned);
        assert_eq!(found.as_deref(), location, "{method} {path}");
    }
    assert_eq!((www.text("c d/a"), www.text("way/b")), ("text".into(), "text".into()));
    assert_eq!(server.get("/dav/way/b").text(), "text");
    assert!(!www.path().join("f").exists() && !www.path().join("e").exists());
}

#[test]
fn nobody_writes_by_a_destination_where_he_is_kept_out() {
    let www = Folder::new();
    let server = start(&www);
    for folder in ["tree", "tree/shut", "tree/less", "tree/open"] {
        fs::create_dir(www.path().join(folder)).expect("a folder");
    }
    assert_eq!(ask(&server, "PUT", "/tree/a", "", "text").status, 201);
    for (method, to, status) in [
        ("COPY", "/tree/shut/a", 403),
        ("MOVE", "/tree/shut/a", 403),
        ("MOVE", "/tree/less/a", 403),
        ("COPY", "/tree/less/a", 204),
        ("COPY", "/tree/open/a", 204),
        ("MOVE", "/tree/open/b", 204),
    ] {
        let fields = format!("Destination: {to}\r\n");
        let response = ask(&server, method, "/tree/a", &fields, "");
        assert_eq!(response.status, status, "{method} {to}");
        let there = www.path().join(&to[1..]).exists();
        assert_eq!(there, status != 403, "{method} {to}");
        assert_eq!(www.path().join("tree/a").exists(), to != "/tree/open/b", "{method} {to}");
    }
}

#[test]
fn an_update_of_another_state_is_refused() {
    let www = Folder::new();
    let server = start(&www);
    // The client's Date is the file's time: the same second, and the same length.
    for fields in ["", "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"] {
        ask(&server, "PUT", "/dav/a", fields, "one");
        let tag = server.get("/dav/a").field("ETag").expect("a tag").to_owned();
        let seen = format!("{fields}If-Match: {tag}\r\n");
        assert_eq!(ask(&server, "PUT", "/dav/a", fields, "two").status, 204);
        assert_eq!(ask(&server, "PUT", "/dav/a", &seen, "six").status, 412, "{fields}");
        assert_eq!(ask(&server, "DELETE", "/dav/a", &seen, "").status, 412, "{fields}");
        let tag = server.get("/dav/a").field("ETag").expect("a tag").to_owned();
        let seen = format!("{fields}If-Match: {tag}\r\n");
        assert_eq!(ask(&server, "PUT", "/dav/a", &seen, "six").status, 204, "{fields}");
        assert_eq!(www.text("a"), "six");
    }
    assert_eq!(server.get("/dav/a").field("Last-Modified"), Some("Sun, 06 Nov 1994 08:49:37 GMT"));
}

#[test]
fn what_takes_long_is_carried_out_whoever_waits() {
    let www = Folder::new();
    for number in 0..500 {
        www.write(&format!("a/{number}"), "text");
    }
    let server = start(&www);
    // Answers come in order, and others are served meanwhile.
    let mut client = server.connect();
    client.send(
        "COPY /dav/a/ HTTP/1.1\r\nHost: a\r\nDestination: /dav/b/\r\n\r\n\
         GET /dav/b/7 HTTP/1.1\r\nHost: a\r\n\r\n",
    );
    assert_eq!(server.get("/ping").text(), "pong");
    assert_eq!(client.response("COPY").status, 201);
    assert_eq!(client.response("GET").text(), "text");
    // A client that is gone, and more of them than are served at once.
    let mut gone: Vec<_> = (0..10).map(|_| server.connect()).collect();
    for (number, client) in gone.iter_mut().enumerate() {
        client.send(format!(
            "COPY /dav/a/ HTTP/1.1\r\nHost: a\r\nDestination: /dav/gone{number}/\r\n\r\n"
        ));
    }
    assert_eq!(server.get("/ping").text(), "pong");
    drop(gone);
    while (0..10).any(|number| !www.path().join(format!("gone{number}/499")).exists()) {
        assert_eq!(server.get("/ping").text(), "pong");
    }
    assert_eq!(ask(&server, "DELETE", "/dav/a/", "", "").status, 204);
    let hidden = |entry: std::io::Result<fs::DirEntry>| {
        entry.expect("an entry").file_name().as_encoded_bytes().starts_with(b".")
    };
    assert!(!fs::read_dir(www.path()).expect("a folder").any(hidden));
}

#[test]
fn the_way_is_made_with_the_rights_that_are_given() {
    let www = Folder::new();
    let server = start(&www);
    assert_eq!(ask(&server, "PUT", "/deep/x/y/z", "", "text").status, 201);
    for (path, mode) in [("x", 0o775), ("x/y", 0o775), ("x/y/z", 0o664)] {
        let found = fs::metadata(www.path().join(path)).expect("made").mode() & 0o777;
        assert_eq!(found, mode, "{path}");
    }
    assert_eq!(ask(&server, "DELETE", "/deep/x/", "", "").status, 409);
    assert_eq!(ask(&server, "DELETE", "/deep/x/y/", "", "").status, 204);
    assert_eq!(ask(&server, "MKCOL", "/deep/z/", "", "").status, 405);
    assert_eq!(ask(&server, "MKCOL", "/deep/z/", "", "").field("Allow"), {
        Some("GET, HEAD, PUT, DELETE")
    });
}

/// Files of a collection.
const FILES: usize = 60;

#[test]
fn a_killed_server_leaves_whole_collections() {
    let www = Folder::new();
    for name in ["one", "two", "live"] {
        (0..FILES).for_each(|number| drop(www.write(&format!("{name}/{number}"), name)));
    }
    let names = || {
        let names = fs::read_dir(www.path())
            .expect("a folder")
            .map(|entry| entry.expect("an entry").file_name().into_string().expect("text"));
        let mut names: Vec<_> = names.collect();
        names.sort_unstable();
        names
    };
    let live = www.path().join("live");
    let mut left = BTreeSet::new();
    for round in 0..24 {
        let server = start(&www);
        let found = names();
        let staged = found.iter().any(|name| name == "staged");
        let expected: &[&str] = &["live", "one", "staged", "two"];
        let expected = expected.iter().filter(|name| staged || **name != "staged");
        assert!(found.iter().eq(expected), "round {round}: {found:?}");
        for name in &found {
            check_whole(&www, name);
        }
        let answers = AtomicUsize::new(0);
        thread::scope(|scope| {
            scope.spawn(|| replace_until_refused(&server, &answers));
            let begin = Instant::now();
            while answers.load(Ordering::Relaxed) < 3 && begin.elapsed() < PATIENCE {
                // Nobody ever finds nothing there.
                fs::metadata(&live).expect("a collection");
            }
            // From here on, at another moment each time.
            let begin = Instant::now();
            while begin.elapsed() < Duration::from_micros(250 * round) {
                fs::metadata(&live).expect("a collection");
            }
            server.signal("KILL");
        });
        check_whole(&www, "live");
        left.extend(
            names()
                .into_iter()
                .filter(|name| name.starts_with(".sitec-"))
                .map(|name| name.split('-').nth(1).expect("what it is").to_owned()),
        );
    }
    // Some of the moments were such that something had to be put right.
    assert!(left.contains("journal") && left.contains("copy"), "{left:?}");
}

/// Every file of a collection is there, and all are of the same origin.
fn check_whole(www: &Folder, name: &str) {
    let texts = (0..FILES).map(|number| www.text(&format!("{name}/{number}")));
    let texts: BTreeSet<_> = texts.collect();
    assert_eq!(texts.len(), 1, "{name}: {texts:?}");
    assert_eq!(fs::read_dir(www.path().join(name)).expect("a folder").count(), FILES, "{name}");
}

/// Replaces a collection by copies and by moves until the server is gone.
fn replace_until_refused(server: &Server, answers: &AtomicUsize) {
    use std::io::{Read, Write};
    let requests = [("COPY", "one", "live"), ("COPY", "two", "staged"), ("MOVE", "staged", "live")];
    for (method, from, to) in requests.into_iter().cycle() {
        let Ok(mut stream) = TcpStream::connect(("127.0.0.1", server.port())) else { return };
        let request = format!(
            "{method} /dav/{from}/ HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\
             Destination: /dav/{to}/\r\n\r\n"
        );
        let mut answer = Vec::new();
        if stream.write_all(request.as_bytes()).is_err()
            || stream.read_to_end(&mut answer).is_err()
            || answer.is_empty()
        {
            return;
        }
        let answer = String::from_utf8_lossy(&answer);
        assert!(answer.starts_with("HTTP/1.1 201 "), "{method} {from} {to}: {answer}");
        answers.fetch_add(1, Ordering::Relaxed);
    }
}
