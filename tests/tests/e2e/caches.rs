//! Answers of another server that are kept: which are, for how long, and what is given of them.

use std::io::Write;
use std::net::TcpStream;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};
use std::{fs, thread};

use crate::launch;
use sitec_tests::PATIENCE;
use sitec_tests::backend::{Asked, Backend, Then, nobody};
use sitec_tests::folder::Folder;
use sitec_tests::response::Response;
use sitec_tests::server::Server;

/// Longer than what is fresh for a second is fresh.
const OVER: Duration = Duration::from_millis(2100);

/// A server that keeps in a folder what another one answers.
fn keeping(folder: &Folder, back: &str) -> Server {
    let kept = folder.path().to_str().expect("a path");
    launch("caches").set("BACK", back).set("KEPT", kept).start()
}

/// One that answers with these fields and the number of the answer.
fn counting(fields: &'static str) -> Backend {
    let count = AtomicUsize::new(0);
    Backend::start(move |_, stream| {
        let text = format!("answer {}", count.fetch_add(1, Ordering::SeqCst) + 1);
        answer(stream, 200, fields, &text)
    })
}

/// Sends an answer. `fields` are lines, each ended by CRLF.
fn answer(stream: &mut TcpStream, status: u16, fields: &str, content: &str) -> Then {
    let len = content.len();
    let _ = write!(
        stream,
        "HTTP/1.1 {status} Said\r\nContent-Type: text/plain\r\n{fields}Content-Length: {len}\r\n\r\n{content}"
    );
    Then::Keep
}

/// What has come of the look, and the content.
fn seen(response: &Response) -> (Option<&str>, String) {
    (response.field("X-Cache"), response.text())
}

/// The same for a request with these fields.
fn ask(server: &Server, path: &str, fields: &str) -> (String, String) {
    let mut client = server.connect();
    client.send(format!("GET {path} HTTP/1.1\r\nHost: a\r\n{fields}\r\n"));
    let response = client.response("GET");
    let (status, text) = seen(&response);
    (status.unwrap_or("none").to_owned(), text)
}

fn is(found: (String, String), status: &str, text: &str) {
    assert_eq!((&found.0[..], &found.1[..]), (status, text));
}

/// Files beneath a folder, and the bytes of all of them.
fn files(folder: &Path) -> (usize, u64) {
    let mut found = (0, 0);
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let (count, len) = match path.is_dir() {
            true => files(&path),
            false => (1, entry.metadata().map_or(0, |it| it.len())),
        };
        found = (found.0 + count, found.1 + len);
    }
    found
}

fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < PATIENCE, "{what}");
        thread::sleep(Duration::from_millis(10));
    }
}

/// HEAD asks by GET, and what its client does not want is kept all the same.
#[test]
fn what_head_asks_for_is_kept_for_get() {
    let folder = Folder::new();
    let gate = Arc::new((Mutex::new(false), Condvar::new()));
    let opened = gate.clone();
    let backend = Backend::start(move |asked, stream| {
        let method = asked.line().split(' ').next().unwrap_or_default().to_owned();
        let content = "c".repeat(200_000);
        let _ = write!(
            stream,
            "HTTP/1.1 200 OK\r\nX-Method: {method}\r\nContent-Length: {}\r\n\r\n",
            content.len()
        );
        if method == "GET" {
            let (is_open, changed) = &*opened;
            let is_open = is_open.lock().unwrap();
            drop(changed.wait_timeout_while(is_open, PATIENCE, |is_open| !*is_open));
            let _ = stream.write_all(content.as_bytes());
        }
        Then::Keep
    });
    let server = keeping(&folder, &backend.address());
    let mut client = server.connect();
    // Its client waits for no content, and goes on.
    let response = client.send("HEAD /a HTTP/1.1\r\nHost: a\r\n\r\n").response("HEAD");
    assert_eq!(seen(&response).0, Some("MISS"));
    assert_eq!(response.field("X-Method"), Some("GET"));
    assert_eq!(response.field("Content-Length"), Some("200000"));
    let response = client.send("HEAD /head/a HTTP/1.1\r\nHost: a\r\n\r\n").response("HEAD");
    assert_eq!((seen(&response).0, response.field("X-Method")), (Some("MISS"), Some("HEAD")));
    *gate.0.lock().unwrap() = true;
    gate.1.notify_all();
    wait_until("it is kept", || {
        let response = client.send("HEAD /a HTTP/1.1\r\nHost: a\r\n\r\n").response("HEAD");
        seen(&response).0 == Some("HIT")
    });
    let (status, text) = ask(&server, "/a", "");
    assert_eq!((&status[..], text.len()), ("HIT", 200_000));
    // Nothing is kept of what was asked for by HEAD.
    assert_eq!(ask(&server, "/head/a", "").0, "MISS");
}

/// Without a length, an answer to HEAD looks like one whose content is empty.
#[test]
fn an_answer_to_a_head_that_goes_on_is_not_kept() {
    let folder = Folder::new();
    let backend = Backend::start(|asked, stream| {
        let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
        let content = if asked.line().starts_with("HEAD ") { "" } else { "3\r\nall\r\n0\r\n\r\n" };
        let _ = write!(stream, "{head}{content}");
        Then::Keep
    });
    let server = keeping(&folder, &backend.address());
    let mut client = server.connect();
    for _ in 0..2 {
        let response = client.send("HEAD /method/a HTTP/1.1\r\nHost: a\r\n\r\n").response("HEAD");
        assert_eq!(seen(&response).0, Some("MISS"));
    }
    is(ask(&server, "/method/a", ""), "MISS", "all");
    is(ask(&server, "/method/a", ""), "HIT", "all");
}

#[test]
fn an_answer_is_asked_for_once() {
    let folder = Folder::new();
    let backend = counting(
        "ETag: \"a\"\r\nLast-Modified: Sun, 09 Sep 2001 01:46:40 GMT\r\nAccept-Ranges: bytes\r\n",
    );
    let server = keeping(&folder, &backend.address());
    is(ask(&server, "/a?b=1", ""), "MISS", "answer 1");
    is(ask(&server, "/a?b=1", "Cookie: c=d\r\n"), "HIT", "answer 1");
    is(ask(&server, "/a?b=2", ""), "MISS", "answer 2");
    assert_eq!(backend.asked().len(), 2);
    let mut client = server.connect();
    let response = client.send("HEAD /a?b=1 HTTP/1.1\r\nHost: a\r\n\r\n").response("HEAD");
    assert_eq!((response.status, response.field("Content-Length")), (200, Some("8")));
    assert_eq!(response.field("X-Cache"), Some("HIT"));
    for (fields, status, content) in [
        ("Range: bytes=0-5\r\n", 206, "answer"),
        ("Range: bytes=-1\r\n", 206, "1"),
        ("Range: bytes=0-5\r\nIf-Range: \"b\"\r\n", 200, "answer 1"),
        ("Range: bytes=0-1,3-4\r\n", 200, "answer 1"),
        ("If-None-Match: \"a\"\r\n", 304, ""),
        ("If-None-Match: \"b\"\r\n", 200, "answer 1"),
        ("If-Modified-Since: Sun, 09 Sep 2001 01:46:40 GMT\r\n", 304, ""),
        ("If-Match: \"a\"\r\n", 200, "answer 1"),
    ] {
        client.send(format!("GET /a?b=1 HTTP/1.1\r\nHost: a\r\n{fields}\r\n"));
        let response = client.response("GET");
        assert_eq!((response.status, &response.text()[..]), (status, content), "{fields}");
    }
    for (fields, status) in [("Range: bytes=8-\r\n", 416), ("If-Match: \"b\"\r\n", 412)] {
        client.send(format!("GET /a?b=1 HTTP/1.1\r\nHost: a\r\n{fields}\r\n"));
        assert_eq!(client.response("GET").status, status, "{fields}");
    }
    assert_eq!(backend.asked().len(), 2);
    // Who does not say that there are parts has none.
    let other = counting("");
    let server = keeping(&folder, &other.address());
    is(ask(&server, "/parts", ""), "MISS", "answer 1");
    is(ask(&server, "/parts", "Range: bytes=0-5\r\n"), "HIT", "answer 1");
    is(ask(&server, "/forced/a", ""), "MISS", "answer 2");
    is(ask(&server, "/forced/a", "Range: bytes=0-5\r\n"), "HIT", "answer");
    // The file is where `levels` says.
    assert_eq!(files(&folder.path().join("most")).0, 4);
    let level = fs::read_dir(folder.path().join("most")).unwrap().flatten().next().unwrap();
    assert_eq!(level.file_name().len(), 1);
}

#[test]
fn what_is_kept_outlives_the_server() {
    let folder = Folder::new();
    let backend = counting("X-A: b\r\n");
    let server = keeping(&folder, &backend.address());
    is(ask(&server, "/key/a", ""), "MISS", "answer 1");
    drop(server);
    // What was not finished goes; what is no answer is none.
    folder.write("most/.sitec-4194304-0", "half");
    let server = keeping(&folder, &nobody());
    assert!(!folder.path().join("most/.sitec-4194304-0").exists());
    is(ask(&server, "/key/a", ""), "HIT", "answer 1");
    assert_eq!(server.get("/key/a").field("X-A"), Some("b"));
}

#[test]
fn what_is_broken_on_the_disk_is_asked_for_again() {
    let folder = Folder::new();
    let backend = counting("");
    let server = keeping(&folder, &backend.address());
    is(ask(&server, "/a", ""), "MISS", "answer 1");
    let mut path = folder.path().join("most");
    while path.is_dir() {
        path = fs::read_dir(&path).unwrap().flatten().next().unwrap().path();
    }
    let whole = fs::read(&path).unwrap();
    fs::write(&path, &whole[..whole.len() - 1]).unwrap();
    is(ask(&server, "/a", ""), "MISS", "answer 2");
    is(ask(&server, "/a", ""), "HIT", "answer 2");
    fs::remove_file(&path).unwrap();
    is(ask(&server, "/a", ""), "MISS", "answer 3");
}

#[test]
fn not_every_answer_is_kept() {
    for fields in [
        "Set-Cookie: a=b\r\n",
        "Cache-Control: private\r\n",
        "Cache-Control: no-store\r\n",
        "Cache-Control: max-age=0\r\n",
        "Expires: Sun, 09 Sep 2001 01:46:40 GMT\r\n",
        "X-Accel-Expires: 0\r\n",
        "Vary: *\r\n",
        "X-Secret: 1\r\n",
    ] {
        let folder = Folder::new();
        let backend = counting(fields);
        let server = keeping(&folder, &backend.address());
        is(ask(&server, "/a", ""), "MISS", "answer 1");
        is(ask(&server, "/a", ""), "MISS", "answer 2");
        assert_eq!(files(&folder.path().join("most")).0, 0, "{fields}");
    }
}

#[test]
fn not_for_every_request_is_one_kept() {
    let folder = Folder::new();
    let backend = counting("");
    let server = keeping(&folder, &backend.address());
    is(ask(&server, "/a?nostore=1", ""), "MISS", "answer 1");
    is(ask(&server, "/a?nostore=1", ""), "MISS", "answer 2");
    let mut client = server.connect();
    for method in ["POST", "PUT"] {
        client.send(format!("{method} /b HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"));
        assert_eq!(client.response(method).field("X-Cache"), None);
    }
    client.send("GET /b HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx");
    assert_eq!(client.response("GET").field("X-Cache"), None);
    let head = client.send("HEAD /head/b HTTP/1.1\r\nHost: a\r\n\r\n").response("HEAD");
    assert_eq!(head.field("X-Cache"), Some("MISS"));
    assert_eq!(backend.asked().last().unwrap().line(), "HEAD /head/b HTTP/1.1");
    is(ask(&server, "/off/a", ""), "none", "answer 7");
    is(ask(&server, "/off/a", ""), "none", "answer 8");
    is(ask(&server, "/twice/a", ""), "MISS", "answer 9");
    is(ask(&server, "/twice/a", ""), "MISS", "answer 10");
    is(ask(&server, "/twice/a", ""), "HIT", "answer 10");
    // What is to be ignored says nothing, and what tells one from another is the conf's to say.
    is(ask(&server, "/key/a?b=1", ""), "MISS", "answer 11");
    is(ask(&server, "/key/a?b=2", ""), "HIT", "answer 11");
}

#[test]
fn what_is_to_be_ignored_says_nothing() {
    let folder = Folder::new();
    let backend = counting("Set-Cookie: a=b\r\nCache-Control: private\r\nVary: *\r\n");
    let server = keeping(&folder, &backend.address());
    is(ask(&server, "/deaf/a", ""), "MISS", "answer 1");
    let response = server.get("/deaf/a");
    assert_eq!((seen(&response).0, response.field("Set-Cookie")), (Some("HIT"), None));
}

#[test]
fn statuses_have_their_times() {
    for (status, path, expected) in [
        (301, "/a", ["MISS", "HIT"]),
        (404, "/a", ["MISS", "MISS"]),
        (206, "/a", ["MISS", "MISS"]),
        (500, "/a", ["MISS", "MISS"]),
    ] {
        let folder = Folder::new();
        let backend = Backend::start(move |_, stream| answer(stream, status, "", "text"));
        let server = keeping(&folder, &backend.address());
        for expected in expected {
            let response = server.get(path);
            assert_eq!((response.status, seen(&response).0), (status, Some(expected)), "{status}");
        }
    }
}

#[test]
fn answers_that_are_not_whole_are_not_kept() {
    for said in [
        "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
        "HTTP/1.1 200 OK\r\nX-Accel-Redirect: /a\r\nContent-Length: 2\r\n\r\nok",
    ] {
        let folder = Folder::new();
        let backend = Backend::saying(said, Then::Close);
        let server = keeping(&folder, &backend.address());
        for _ in 0..2 {
            let mut client = server.connect();
            client.send("GET /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").until_closed();
        }
        assert!(backend.asked().len() >= 2, "{said}");
        assert_eq!(files(&folder.path().join("most")), (0, 0), "{said}");
    }
}

#[test]
fn an_answer_in_chunks_is_kept_with_its_length() {
    let folder = Folder::new();
    let said =
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n3\r\nyou\r\n0\r\n\r\n";
    let backend = Backend::saying(said, Then::Keep);
    let server = keeping(&folder, &backend.address());
    is(ask(&server, "/a", ""), "MISS", "helloyou");
    let response = server.get("/a");
    assert_eq!(seen(&response), (Some("HIT"), "helloyou".to_owned()));
    assert_eq!(response.field("Content-Length"), Some("8"));
    let until_close = Backend::saying("HTTP/1.1 200 OK\r\n\r\nall of it", Then::Close);
    let server = keeping(&folder, &until_close.address());
    is(ask(&server, "/b", ""), "MISS", "all of it");
    is(ask(&server, "/b", ""), "HIT", "all of it");
}

#[test]
fn who_asks_anew_gets_it_anew() {
    let folder = Folder::new();
    let backend = counting("");
    let server = keeping(&folder, &backend.address());
    is(ask(&server, "/key/x", ""), "MISS", "answer 1");
    is(ask(&server, "/a", ""), "MISS", "answer 2");
    is(ask(&server, "/a", "Cookie: fresh=1\r\n"), "BYPASS", "answer 3");
    is(ask(&server, "/a", "Cookie: fresh=0\r\n"), "HIT", "answer 3");
}

#[test]
fn answers_differ_by_the_fields_that_they_name() {
    for vary in ["Vary: X-Kind, Accept-Language\r\n", "Vary: X-Kind\r\nVary: Accept-Language\r\n"] {
        differ_by_kind_and_language(vary);
    }
}

fn differ_by_kind_and_language(vary: &'static str) {
    let folder = Folder::new();
    let backend = counting(vary);
    let server = keeping(&folder, &backend.address());
    is(ask(&server, "/a", "X-Kind: one\r\n"), "MISS", "answer 1");
    is(ask(&server, "/a", "X-Kind: two\r\n"), "MISS", "answer 2");
    is(ask(&server, "/a", ""), "MISS", "answer 3");
    is(ask(&server, "/a", "X-Kind: one\r\nUser-Agent: b\r\n"), "HIT", "answer 1");
    is(ask(&server, "/a", "x-kind:  two\r\n"), "HIT", "answer 2");
    is(ask(&server, "/a", "Accept-Language: de\r\n"), "MISS", "answer 4");
    is(ask(&server, "/a", ""), "HIT", "answer 3");
}

#[test]
fn what_is_stale_is_given_where_the_other_server_fails() {
    let folder = Folder::new();
    let failure = Arc::new(AtomicUsize::new(0));
    let which = failure.clone();
    let backend = Backend::start(move |_, stream| match which.load(Ordering::SeqCst) {
        0 => answer(stream, 200, "Cache-Control: max-age=1\r\n", "good"),
        1 => answer(stream, 500, "", "bad"),
        2 => Then::Close,
        4 => answer(stream, 200, "Cache-Control: max-age=600\r\n", "good"),
        _ => {
            thread::sleep(Duration::from_secs(6));
            Then::Close
        }
    });
    let server = keeping(&folder, &backend.address());
    is(ask(&server, "/stale/a", ""), "MISS", "good");
    is(ask(&server, "/a", ""), "MISS", "good");
    thread::sleep(OVER);
    for failing in 1..=3 {
        failure.store(failing, Ordering::SeqCst);
        is(ask(&server, "/stale/a", ""), "STALE", "good");
    }
    server.wait_for("upstream timed out");
    failure.store(2, Ordering::SeqCst);
    let response = server.get("/a");
    assert_eq!((response.status, seen(&response).0), (502, Some("EXPIRED")));
    failure.store(1, Ordering::SeqCst);
    is(ask(&server, "/a", ""), "EXPIRED", "bad");
    // It was not put in the place of what was good.
    is(ask(&server, "/stale/a", ""), "STALE", "good");
    failure.store(4, Ordering::SeqCst);
    is(ask(&server, "/stale/a", ""), "EXPIRED", "good");
    is(ask(&server, "/stale/a", ""), "HIT", "good");
}

#[test]
fn an_answer_may_allow_that_itself() {
    let folder = Folder::new();
    let fails = Arc::new(AtomicBool::new(false));
    let now = fails.clone();
    let backend = Backend::start(move |_, stream| match now.load(Ordering::SeqCst) {
        false => answer(stream, 200, "Cache-Control: max-age=1, stale-if-error=600\r\n", "good"),
        true => answer(stream, 503, "", "bad"),
    });
    let server = keeping(&folder, &backend.address());
    is(ask(&server, "/a", ""), "MISS", "good");
    fails.store(true, Ordering::SeqCst);
    thread::sleep(OVER);
    is(ask(&server, "/a", ""), "STALE", "good");
}

#[test]
fn the_other_server_may_say_that_it_still_holds() {
    let folder = Folder::new();
    let backend = Backend::start(|asked, stream| {
        let fields = "ETag: \"a\"\r\nCache-Control: max-age=1\r\n";
        match asked.fields("If-None-Match").is_empty() {
            true => answer(stream, 200, fields, "kept"),
            false => {
                let _ = write!(stream, "HTTP/1.1 304 N\r\nCache-Control: max-age=600\r\n\r\n");
                Then::Keep
            }
        }
    });
    let server = keeping(&folder, &backend.address());
    let conditional = "If-None-Match: \"b\"\r\nRange: bytes=0-1\r\nIf-Range: \"b\"\r\n";
    is(ask(&server, "/asked/a", conditional), "MISS", "kept");
    // What a client asks for is nothing that all are given.
    let first: Asked = backend.only();
    for name in ["If-None-Match", "Range", "If-Range", "If-Modified-Since"] {
        assert!(first.fields(name).is_empty(), "{}", first.head);
    }
    thread::sleep(OVER);
    is(ask(&server, "/asked/a", ""), "REVALIDATED", "kept");
    assert_eq!(backend.asked()[1].fields("If-None-Match"), ["\"a\""]);
    thread::sleep(OVER);
    is(ask(&server, "/asked/a", ""), "HIT", "kept");
}

/// Whether an answer is in its place, and none on its way there.
fn is_there(folder: &Path) -> bool {
    let mut beneath = fs::read_dir(folder).into_iter().flatten().flatten();
    files(folder).0 == 1 && beneath.all(|entry| entry.path().is_dir())
}

#[test]
fn a_client_has_its_conditions_met_while_an_answer_is_kept() {
    const FIELDS: &str = "ETag: \"a\"\r\nAccept-Ranges: bytes\r\nCache-Control: max-age=600\r\n";
    for (fields, status, text) in [
        ("If-None-Match: \"a\"\r\n", 304, ""),
        ("If-None-Match: \"b\"\r\n", 200, "answer 1"),
        ("Range: bytes=2-4\r\n", 206, "swe"),
        ("Range: bytes=0-0\r\nIf-Range: \"b\"\r\n", 200, "answer 1"),
    ] {
        let folder = Folder::new();
        let backend = counting(FIELDS);
        let server = keeping(&folder, &backend.address());
        // At first it is not there yet, and then it is.
        for found in ["MISS", "HIT"] {
            let mut client = server.connect();
            client.send(format!("GET /a HTTP/1.1\r\nHost: a\r\n{fields}\r\n"));
            let response = client.response("GET");
            assert_eq!((response.status, response.text().as_str()), (status, text), "{response:?}");
            assert_eq!(seen(&response).0, Some(found));
            assert_eq!(response.field("Accept-Ranges").is_some(), status == 200, "{response:?}");
            wait_until("it is there", || is_there(&folder.path().join("most")));
        }
        backend.only();
    }
    let folder = Folder::new();
    let backend = counting(FIELDS);
    let server = keeping(&folder, &backend.address());
    for _ in 0..2 {
        let mut client = server.connect();
        client.send("GET /a HTTP/1.1\r\nHost: a\r\nIf-Match: \"b\"\r\n\r\n");
        assert_eq!(client.response("GET").status, 412);
    }
}

#[test]
fn an_error_that_is_kept_has_its_page_too() {
    let folder = Folder::new();
    let backend = Backend::start(|_, stream| answer(stream, 404, "", "its own"));
    let server = keeping(&folder, &backend.address());
    for found in ["MISS", "HIT"] {
        is(ask(&server, "/pages/a", ""), found, "a page for 404");
    }
    backend.only();
}

/// What others wait for.
#[derive(Default)]
struct Gate(Mutex<bool>, Condvar);

impl Gate {
    fn open(&self) {
        *self.0.lock().unwrap() = true;
        self.1.notify_all();
    }

    fn wait(&self) {
        drop(self.1.wait_while(self.0.lock().unwrap(), |is_open| !*is_open).unwrap());
    }
}

/// One whose answers after the first `free` come once the gate is open.
fn gated(gate: &Arc<Gate>, free: usize, fields: &'static str) -> Backend {
    let (gate, count) = (gate.clone(), AtomicUsize::new(0));
    Backend::start(move |_, stream| {
        let number = count.fetch_add(1, Ordering::SeqCst);
        if number >= free {
            gate.wait();
        }
        answer(stream, 200, fields, &format!("answer {}", number + 1))
    })
}

#[test]
fn one_asks_and_others_wait() {
    let (folder, gate) = (Folder::new(), Arc::new(Gate::default()));
    let backend = gated(&gate, 0, "");
    let server = keeping(&folder, &backend.address());
    let mut clients: Vec<_> = (0..5).map(|_| server.connect()).collect();
    for client in &mut clients {
        client.send("GET /one/a HTTP/1.1\r\nHost: a\r\n\r\n");
    }
    wait_until("somebody asks", || !backend.asked().is_empty());
    // The others have time to ask as well, if they did.
    thread::sleep(Duration::from_millis(300));
    assert_eq!(backend.asked().len(), 1);
    gate.open();
    let mut found: Vec<_> = clients
        .iter_mut()
        .map(|client| seen(&client.response("GET")).0.map(str::to_owned))
        .collect();
    found.sort();
    let hit = Some("HIT".to_owned());
    assert_eq!(found[..4], vec![hit; 4][..]);
    assert_eq!(found[4].as_deref(), Some("MISS"));
    assert_eq!(backend.asked().len(), 1);
}

#[test]
fn nobody_waits_for_ever() {
    let (folder, gate) = (Folder::new(), Arc::new(Gate::default()));
    let backend = gated(&gate, 0, "");
    let server = keeping(&folder, &backend.address());
    let mut first = server.connect();
    first.send("GET /impatient/a HTTP/1.1\r\nHost: a\r\n\r\n");
    wait_until("the first asks", || backend.asked().len() == 1);
    let mut second = server.connect();
    second.send("GET /impatient/a HTTP/1.1\r\nHost: a\r\n\r\n");
    wait_until("the second asks as well", || backend.asked().len() == 2);
    gate.open();
    assert_eq!(first.response("GET").status, 200);
    assert_eq!(second.response("GET").status, 200);
}

#[test]
fn what_is_stale_is_given_while_it_is_asked_for_anew() {
    let (folder, gate) = (Folder::new(), Arc::new(Gate::default()));
    let backend = gated(&gate, 3, "Cache-Control: max-age=1\r\n");
    let server = keeping(&folder, &backend.address());
    is(ask(&server, "/meanwhile/a", ""), "MISS", "answer 1");
    is(ask(&server, "/others/a", ""), "MISS", "answer 2");
    is(ask(&server, "/meanwhile/b%2Fc", ""), "MISS", "answer 3");
    thread::sleep(OVER);
    // Nobody waits for a request that is nobody's.
    is(ask(&server, "/meanwhile/a", ""), "STALE", "answer 1");
    wait_until("it is asked for", || backend.asked().len() == 4);
    is(ask(&server, "/meanwhile/a", ""), "UPDATING", "answer 1");
    // Or the first waits, and others do not.
    let mut first = server.connect();
    first.send("GET /others/a HTTP/1.1\r\nHost: a\r\n\r\n");
    wait_until("it is asked for", || backend.asked().len() == 5);
    is(ask(&server, "/others/a", ""), "UPDATING", "answer 2");
    gate.open();
    assert_eq!(seen(&first.response("GET")).0, Some("EXPIRED"));
    // What a path does not say whole is asked for as it was sent.
    assert_eq!(ask(&server, "/meanwhile/b%2Fc", "").0, "EXPIRED");
    assert!(backend.asked().iter().all(|asked| asked.target() != "/meanwhile/b/c"));
    wait_until("the new one is there", || {
        let (status, text) = ask(&server, "/meanwhile/a", "");
        status == "HIT" && text != "answer 1" || status == "STALE"
    });
}

#[test]
fn an_answer_is_kept_whose_client_has_left() {
    let (folder, gate) = (Folder::new(), Arc::new(Gate::default()));
    let (opens, half) = (gate.clone(), "x".repeat(3_000_000));
    let backend = Backend::start(move |_, stream| {
        let len = 2 * half.len();
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {len}\r\n\r\n");
        let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(half.as_bytes()));
        opens.wait();
        let _ = stream.write_all(half.as_bytes());
        Then::Keep
    });
    let server = keeping(&folder, &backend.address());
    let mut client = server.connect();
    client.send("GET /a HTTP/1.1\r\nHost: a\r\n\r\n").read_exact(&mut [0; 1000]);
    drop(client);
    gate.open();
    wait_until("it is there", || files(&folder.path().join("most")).1 > 6_000_000);
    let response = server.get("/a");
    assert_eq!((seen(&response).0, response.body.len()), (Some("HIT"), 6_000_000));
    assert_eq!(backend.asked().len(), 1);
}

/// An answer that is longer than all that may be kept is not kept; and nobody goes on reading it for that, where
/// its client is gone.
#[test]
fn answers_without_end_do_not_fill_the_disk() {
    let folder = Folder::new();
    let has_ended = Arc::new(AtomicBool::new(false));
    let ended = Arc::clone(&has_ended);
    let backend = Backend::start(move |_, stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n");
        while stream.write_all(&[b'x'; 65_536]).is_ok() {}
        ended.store(true, Ordering::SeqCst);
        Then::Close
    });
    let server = keeping(&folder, &backend.address());
    let mut client = server.connect();
    client.send("GET /small/endless HTTP/1.1\r\nHost: a\r\n\r\n");
    client.read_exact(&mut [0; 1000]);
    drop(client);
    wait_until("the other server is left", || has_ended.load(Ordering::SeqCst));
    wait_until("nothing is left of it", || files(&folder.path().join("small")) == (0, 0));
    server.wait_for("it is longer than all that may be kept");
}

#[test]
fn files_and_keys_have_a_bound() {
    let folder = Folder::new();
    let backend = Backend::start(|_, stream| answer(stream, 200, "", &"x".repeat(20_000)));
    let server = keeping(&folder, &backend.address());
    for number in 0..12 {
        assert_eq!(server.get(&format!("/small/{number}")).body.len(), 20_000);
    }
    wait_until("what is too much goes", || files(&folder.path().join("small")).1 <= 64 << 10);
    is((ask(&server, "/small/0", "").0, String::new()), "MISS", "");
    wait_until("what is too much goes", || files(&folder.path().join("small")).1 <= 64 << 10);
    assert_eq!(ask(&server, "/small/0", "").0, "HIT");
    // 256 of them are known at once.
    for number in 0..300 {
        server.get(&format!("/few/{number}"));
    }
    assert_eq!(files(&folder.path().join("few")).0, 256);
    assert_eq!(ask(&server, "/few/0", "").0, "MISS");
    assert_eq!(ask(&server, "/few/299", "").0, "HIT");
}

#[test]
fn what_is_kept_is_compressed_on_its_way() {
    let folder = Folder::new();
    let backend = Backend::start(|_, stream| answer(stream, 200, "", &"text ".repeat(1000)));
    let server = keeping(&folder, &backend.address());
    let mut client = server.connect();
    for expected in ["MISS", "HIT", "HIT"] {
        client.send("GET /gzip/a HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n");
        let response = client.response("GET");
        assert_eq!(response.field("X-Cache"), Some(expected));
        assert_eq!(response.field("Content-Encoding"), Some("gzip"));
        assert!(response.body.len() < 200);
    }
    assert_eq!(client.get("/gzip/a", "a").text(), "text ".repeat(1000));
}

#[test]
fn a_folder_that_cannot_be_written_to_stops_the_start() {
    let folder = Folder::new();
    folder.write("most", "a file");
    let kept = folder.path().to_str().expect("a path");
    let output = launch("caches").set("BACK", &nobody()).set("KEPT", kept).output();
    assert!(!output.status.success());
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("cannot keep answers in"), "{said}");
}
