//! R4, R5: uploads by raw content and by forms, and what is left of those that fail.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Instant;

use crate::launch;
use sitec_tests::PATIENCE;
use sitec_tests::client::{PACES, Pace};
use sitec_tests::folder::Folder;
use sitec_tests::response::Response;
use sitec_tests::server::Server;

/// A server of `sites/writing.conf` that stores in this folder.
fn start(store: &Path) -> Server {
    launch("writing").set("STORE", store.to_str().expect("text")).start()
}

/// The names in a folder, hidden ones too, in order.
fn names(folder: &Path) -> Vec<String> {
    let name = |entry: fs::DirEntry| entry.file_name().into_string().expect("text");
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry"));
    let mut names: Vec<_> = entries.map(name).collect();
    names.sort();
    names
}

fn head(method: &str, path: &str, fields: &str) -> String {
    format!("{method} {path} HTTP/1.1\r\nHost: a\r\n{fields}\r\n")
}

/// A request with content of a known length.
fn request(method: &str, path: &str, content: impl AsRef<[u8]>) -> Vec<u8> {
    let content = content.as_ref();
    let head = head(method, path, &format!("Content-Length: {}\r\n", content.len()));
    [head.as_bytes(), content].concat()
}

fn send(server: &Server, method: &str, path: &str, content: impl AsRef<[u8]>) -> Response {
    server.connect().send(request(method, path, content)).response(method)
}

/// Content of some length that differs from others.
fn content(seed: usize, len: usize) -> Vec<u8> {
    (0..len).map(|at| (at * 31 + at / 251 + seed * 7) as u8).collect()
}

/// A form with these files, and its head.
fn form(path: &str, files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut content = b"--sep\r\nContent-Disposition: form-data; name=n\r\n\r\n1\r\n".to_vec();
    for (name, bytes) in files {
        let disposition = format!("form-data; name=\"f\"; filename=\"{name}\"");
        content.extend(format!("--sep\r\nContent-Disposition: {disposition}\r\n\r\n").bytes());
        content.extend_from_slice(bytes);
        content.extend(b"\r\n");
    }
    content.extend(b"--sep--\r\n");
    let media_type = "Content-Type: multipart/form-data; boundary=sep\r\n";
    let fields = format!("{media_type}Content-Length: {}\r\n", content.len());
    [head("POST", path, &fields).as_bytes(), &content].concat()
}

#[test]
fn a_body_becomes_a_file() {
    let store = Folder::new();
    let server = start(store.path());
    for (pace, name) in PACES.into_iter().zip(["whole", "bytes"]) {
        let path = format!("/up/{name}%20%c3%a9");
        let response =
            server.connect().send_at(request("PUT", &path, "hello"), pace).response("PUT");
        assert_eq!((response.status, response.text()), (201, String::new()));
        let escaped = path.replace("%c3%a9", "%C3%A9");
        assert_eq!(response.field("Location"), Some(&*escaped));
        assert_eq!(response.field("Content-Length"), Some("0"));
        assert_eq!(server.get(&path).text(), "hello");
        let chunked = head("POST", &format!("/up/{name}"), "Transfer-Encoding: chunked\r\n");
        let chunked = chunked + "3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\nT: r\r\n\r\n";
        let response = server.connect().send_at(chunked, pace).response("POST");
        assert_eq!(response.status, 201);
        assert_eq!(store.text(name), "hello");
        // The old content is not believed any longer than it is there.
        assert_eq!(server.get(&format!("/up/{name}")).text(), "hello");
        assert_eq!(send(&server, "PUT", &format!("/over/{name}"), "new").status, 204);
        assert_eq!(server.get(&format!("/up/{name}")).text(), "new");
    }
    assert_eq!(names(store.path()), ["bytes", "bytes \u{e9}", "whole", "whole \u{e9}"]);
}

#[test]
fn an_upload_leaves_the_connection_in_step() {
    let store = Folder::new();
    let server = start(store.path());
    let mut client = server.connect();
    let ping = head("GET", "/ping", "");
    for (request, status) in [
        (request("PUT", "/up/a", "1"), 201),
        (request("PUT", "/up/a", "2"), 409),
        (request("PUT", "/over/a", content(1, 300_000)), 204),
        (request("POST", "/up/", "3"), 400),
        (form("/form", &[("b", b"4"), ("c", b"5")]), 201),
        (request("DELETE", "/up/b", ""), 204),
        (head("DELETE", "/up/b", "").into_bytes(), 404),
    ] {
        let shown = String::from_utf8_lossy(&request[..20]).into_owned();
        let response = client.send([&request, ping.as_bytes()].concat()).response("PUT");
        assert_eq!(response.status, status, "{shown}");
        if response.closes() {
            client = server.connect();
            continue;
        }
        assert_eq!(client.response("GET").text(), "pong", "{shown}");
    }
    assert_eq!(names(store.path()), ["a", "c"]);
}

#[test]
fn content_is_asked_for_where_it_is_wanted() {
    let store = Folder::new();
    store.write("taken", "old");
    let server = start(store.path());
    let expect = "Expect: 100-continue\r\nContent-Length: 5\r\n";
    let mut client = server.connect();
    client.send(head("PUT", "/up/a", expect));
    let mut interim = [0; 25];
    client.read_exact(&mut interim);
    assert_eq!(&interim, b"HTTP/1.1 100 Continue\r\n\r\n");
    assert_eq!(client.send("hello").response("PUT").status, 201);
    assert_eq!(store.text("a"), "hello");
    for (path, status) in [("/up/taken", 409), ("/up/.a", 400), ("/up/a/b", 400)] {
        let response = server.connect().send(head("PUT", path, expect)).response("PUT");
        assert_eq!(response.status, status, "{path}");
    }
    let large = "Expect: 100-continue\r\nContent-Length: 11\r\n";
    let response = server.connect().send(head("PUT", "/small/a", large)).response("PUT");
    assert_eq!(response.status, 413);
}

#[test]
fn a_form_stores_its_files() {
    let store = Folder::new();
    let server = start(store.path());
    let (large, tricky) = (content(2, 500_000), b"\r\n--se\r\n-\r--sep".repeat(1000));
    for (path, folder) in [("/up/", "/up"), ("/form", "/form"), ("/any/where/", "/any/where")] {
        let files: &[(&str, &[u8])] = &[("a b", &large), ("t", &tricky), ("empty", b"")];
        let response = server.connect().send(form(path, files)).response("POST");
        let listed = format!("{folder}/a%20b\n{folder}/t\n{folder}/empty\n");
        assert_eq!((response.status, response.text()), (201, listed), "{path}");
        assert_eq!(fs::read(store.path().join("a b")).expect("stored"), large);
        assert_eq!(fs::read(store.path().join("t")).expect("stored"), tricky);
        for name in names(store.path()) {
            fs::remove_file(store.path().join(name)).expect("a file");
        }
    }
    let one = form("/up/", &[("one", b"1")]);
    let response = server.connect().send_at(one, Pace::ByteByByte).response("POST");
    assert_eq!((response.status, response.field("Location")), (201, Some("/up/one")));
    let taken = form("/up/", &[("new", b""), ("one", b"2")]);
    let response = server.connect().send(taken).response("POST");
    assert_eq!((response.status, response.text()), (409, "taken".to_owned()));
    let response = server.connect().send(form("/up/", &[("../x", b"")])).response("POST");
    assert_eq!(response.status, 400);
    assert_eq!(names(store.path()), ["one"]);
}

#[test]
fn a_browser_is_shown_links_or_led_on() {
    let store = Folder::new();
    let server = start(store.path());
    let with = |path: &str, name: &str, accept: &str| {
        let form = String::from_utf8(form(path, &[(name, b"1")])).expect("text");
        let form = form.replacen("Host: a\r\n", &format!("Host: a\r\nAccept: {accept}\r\n"), 1);
        server.connect().send(form).response("POST")
    };
    let page = with("/up/", "<b>&.txt", "text/html,application/xml;q=0.9,*/*;q=0.8");
    assert_eq!((page.status, page.field("Content-Type")), (201, Some("text/html")));
    let link = "<li><a href=\"/up/%3Cb%3E&amp;.txt\">&lt;b&gt;&amp;.txt</a></li>";
    assert!(page.text().contains(link), "{}", page.text());
    let listed = with("/up/", "c", "*/*");
    assert_eq!((listed.status, listed.text()), (201, "/up/c\n".to_owned()));
    // Where it leads, and only after a form.
    let led = with("/sent", "d", "text/html");
    assert_eq!((led.status, led.field("Location")), (303, Some("/up/?sent")));
    assert_eq!(with("/sent", "d", "text/html").status, 409);
    assert_eq!(send(&server, "PUT", "/sent", "1").status, 400);
    assert_eq!(names(store.path()), ["<b>&.txt", "c", "d"]);
}

#[test]
fn what_is_refused_is_not_stored() {
    let store = Folder::new();
    let server = start(store.path());
    let chunks = |len: usize| format!("{:x}\r\n{}\r\n0\r\n\r\n", len, "x".repeat(len));
    let chunked = "Transfer-Encoding: chunked\r\n";
    for (request, status) in [
        (head("PUT", "/small/a", "Content-Length: 11\r\n") + "hello world", 413),
        (head("PUT", "/small/a", chunked) + &chunks(11), 413),
        (head("PUT", "/small/b", chunked) + &chunks(10), 201),
        (head("PUT", "/up/a", ""), 411),
        (head("POST", "/up/a", ""), 411),
        (head("PUT", "/up/a", "Content-Length: 1\r\nContent-Range: bytes 0-0/1\r\n") + "x", 400),
        (head("PUT", "/up/a", chunked) + "x\r\n", 400),
        (head("MKCOL", "/up/a/", ""), 405),
        (head("PATCH", "/up/a", "Content-Length: 1\r\n") + "x", 405),
        (head("DELETE", "/over/a", ""), 405),
        (head("PUT", "/none/a", "Content-Length: 1\r\n") + "x", 405),
    ] {
        let response = server.connect().send(&request).response("PUT");
        assert_eq!(response.status, status, "{}", request.lines().next().unwrap_or_default());
    }
    assert_eq!(names(store.path()), ["b"]);
    let allow = send(&server, "PATCH", "/over/a", "x");
    assert_eq!(allow.field("Allow"), Some("GET, HEAD, POST, PUT"));
}

#[test]
fn files_are_deleted() {
    let (store, www) = (Folder::new(), Folder::new());
    for folder in [&store, &www] {
        folder.write("a", "");
        folder.write("dir/b", "");
        folder.write(".c", "");
        folder.link("out", "/etc");
    }
    let www_path = www.path().to_str().expect("text");
    let store_path = store.path().to_str().expect("text");
    let server = launch("writing").set("STORE", store_path).set("WWW", www_path).start();
    for (path, status) in [
        ("/up/a", 204),
        ("/up/a", 404),
        ("/up/dir", 403),
        ("/up/dir/b", 400),
        ("/up/.c", 400),
        ("/plain/a", 204),
        ("/plain/a", 404),
        ("/plain/dir/b", 204),
        ("/plain/dir/", 403),
        ("/plain/dir", 403),
        ("/plain/.c", 404),
        ("/plain/out/hostname", 404),
        ("/plain/", 403),
        ("/none/dir", 405),
    ] {
        assert_eq!(send(&server, "DELETE", path, "").status, status, "{path}");
    }
    assert_eq!(names(store.path()), [".c", "dir", "out"]);
    assert_eq!(names(www.path()), [".c", "dir", "out"]);
    // What was cached is gone as well.
    store.write("seen", "text");
    assert_eq!(server.get("/up/seen").status, 200);
    assert_eq!(send(&server, "DELETE", "/up/seen", "").status, 204);
    assert_eq!(server.get("/up/seen").status, 404);
}

/// The descriptors of a process that lead to files without a name in a folder.
fn drafts(server: &Server, folder: &Path) -> usize {
    let descriptors = fs::read_dir(format!("/proc/{}/fd", server.pid())).expect("a process");
    let target = |entry: std::io::Result<fs::DirEntry>| fs::read_link(entry.ok()?.path()).ok();
    let is_draft =
        |path: &PathBuf| path.starts_with(folder) && path.to_string_lossy().ends_with("(deleted)");
    descriptors.filter_map(target).filter(is_draft).count()
}

/// Waits until a process holds so many drafts.
fn wait_for_drafts(server: &Server, folder: &Path, count: usize) {
    let begin = Instant::now();
    while drafts(server, folder) != count {
        assert!(begin.elapsed() < PATIENCE, "{} drafts, not {count}", drafts(server, folder));
        thread::yield_now();
    }
}

#[test]
fn nothing_is_left_of_a_client_that_goes_away() {
    let store = Folder::new();
    let server = start(store.path());
    let part = form("/up/", &[("a", &content(1, 50_000)), ("b", &content(2, 50_000))]);
    let raw = request("PUT", "/up/a", content(3, 100_000));
    for unfinished in [&raw[..1000], &raw[..raw.len() - 1], &part[..30_000], &part[..90_000]] {
        let mut client = server.connect();
        client.send(unfinished);
        wait_for_drafts(&server, store.path(), if unfinished.len() == 90_000 { 2 } else { 1 });
        drop(client);
        wait_for_drafts(&server, store.path(), 0);
        assert_eq!(names(store.path()), [""; 0]);
    }
    assert_eq!(server.get("/ping").text(), "pong");
}

#[test]
fn many_clients_upload_at_once() {
    let store = Folder::new();
    let server = start(store.path());
    thread::scope(|scope| {
        for number in 0..24 {
            let server = &server;
            scope.spawn(move || {
                let bytes = content(number, 400_000 + number);
                let name = format!("f{number}");
                let request = match number % 3 {
                    0 => request("PUT", &format!("/up/{name}"), &bytes),
                    1 => form("/up/", &[(&name, &bytes)]),
                    _ => {
                        let path = format!("/sync/{name}");
                        let head = head("POST", &path, "Transfer-Encoding: chunked\r\n");
                        let mut chunked = head.into_bytes();
                        for chunk in bytes.chunks(9000 + number) {
                            chunked.extend(format!("{:x}\r\n", chunk.len()).bytes());
                            chunked.extend_from_slice(chunk);
                            chunked.extend(b"\r\n");
                        }
                        chunked.extend(b"0\r\n\r\n");
                        chunked
                    }
                };
                assert_eq!(server.connect().send(request).response("POST").status, 201);
            });
        }
    });
    for number in 0..24 {
        let bytes = fs::read(store.path().join(format!("f{number}"))).expect("stored");
        assert!(bytes == content(number, 400_000 + number), "f{number} is not what was sent");
    }
    assert_eq!(names(store.path()).len(), 24);
}

#[test]
fn one_of_many_gets_the_name() {
    let store = Folder::new();
    let server = start(store.path());
    let upload = |number: usize| {
        let response = send(&server, "PUT", "/up/a", content(number, 100_000));
        (response.status, number)
    };
    let results: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = (0..16).map(|number| scope.spawn(move || upload(number))).collect();
        threads.into_iter().map(|thread| thread.join().expect("an answer")).collect()
    });
    let (first, others): (Vec<_>, Vec<_>) =
        results.into_iter().partition(|(status, _)| *status == 201);
    assert!(others.iter().all(|(status, _)| *status == 409), "{others:?}");
    let [(_, number)] = first[..] else { panic!("{first:?}") };
    assert!(fs::read(store.path().join("a")).expect("stored") == content(number, 100_000));
}

#[test]
fn a_killed_server_leaves_whole_files() {
    let store = Folder::new();
    let bytes = content(5, 200_000);
    for round in 0..10 {
        let server = start(store.path());
        assert!(names(store.path()).iter().all(|name| !name.starts_with('.')), "not swept");
        thread::scope(|scope| {
            for client in 0..3 {
                let (server, bytes) = (&server, &bytes);
                scope.spawn(move || upload_until_refused(server, bytes, round, client));
            }
            // Some have been stored, and others are under way.
            let begin = Instant::now();
            while names(store.path()).len() < 6 * (round + 1) && begin.elapsed() < PATIENCE {
                thread::yield_now();
            }
            server.signal("KILL");
        });
        for name in names(store.path()) {
            let stored = fs::read(store.path().join(&name)).expect("a file");
            assert!(stored == bytes, "{name} has {} bytes", stored.len());
        }
    }
}

/// Uploads under new names and over old ones until the server is gone.
fn upload_until_refused(server: &Server, bytes: &[u8], round: usize, client: usize) {
    use std::io::{Read, Write};
    let address = ("127.0.0.1", server.port());
    for number in 0.. {
        let Ok(mut stream) = std::net::TcpStream::connect(address) else { return };
        let path = format!("/over/{round}-{client}-{}", number % 100);
        let request = request("PUT", &path, bytes);
        let request = String::from_utf8_lossy(&request[..request.len() - bytes.len()])
            .replace("Host: a\r\n", "Host: a\r\nConnection: close\r\n");
        let sent = stream.write_all(request.as_bytes()).and_then(|()| stream.write_all(bytes));
        if sent.is_err() || stream.read_to_end(&mut Vec::new()).is_err() {
            return;
        }
    }
}

#[test]
fn memory_does_not_grow_with_the_content() {
    let store = Folder::new();
    let server = start(store.path());
    let memory = || {
        let status = fs::read_to_string(format!("/proc/{}/status", server.pid()));
        let status = status.expect("a process");
        let line = status.lines().find(|line| line.starts_with("RssAnon:")).expect("memory");
        line.split_whitespace().nth(1).expect("a number").parse::<usize>().expect("a number")
    };
    let before = memory();
    let piece = content(0, 1 << 20);
    let len = 96 * piece.len();
    let disposition = "Content-Disposition: form-data; name=f; filename=b";
    let part = format!("--sep\r\n{disposition}\r\n\r\n");
    let media_type = "Content-Type: multipart/form-data; boundary=sep\r\n";
    let form_len = len + part.len() + "\r\n--sep--".len();
    let form_head = head("POST", "/up/", &format!("{media_type}Content-Length: {form_len}\r\n"));
    for (front, back) in [
        (head("PUT", "/up/a", &format!("Content-Length: {len}\r\n")), ""),
        (form_head + &part, "\r\n--sep--"),
    ] {
        let mut client = server.connect();
        client.send(front);
        for number in 0..96 {
            client.send(&piece);
            let grown = memory().saturating_sub(before);
            assert!(grown < 4096, "{grown} KiB more after {} MiB", number + 1);
        }
        assert_eq!(client.send(back).response("PUT").status, 201);
    }
    for name in ["a", "b"] {
        assert_eq!(fs::metadata(store.path().join(name)).expect("stored").len(), len as u64);
    }
}
