//! Applications beside the server: they are started with it, started again, and stopped with it.

use std::os::unix::net::UnixListener;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use crate::launch;
use sitec_tests::PATIENCE;
use sitec_tests::backend::nobody;
use sitec_tests::folder::Folder;
use sitec_tests::server::{Launch, Server};

/// A server whose applications leave their marks in a folder.
fn site(marks: &Folder) -> Launch {
    let socket = format!("unix:{}", marks.path().join("other.sock").display());
    let folder = marks.path().display().to_string();
    launch("commands").set("APP", &nobody()).set("OTHER", &socket).set("MARKS", &folder)
}

/// Waits until something is so.
#[track_caller]
fn until(what: &str, is_so: impl Fn() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < PATIENCE, "{what}");
        thread::sleep(Duration::from_millis(10));
    }
}

/// The processes that an application's marks tell of, in the order in which they were started.
fn processes(marks: &Folder, name: &str) -> Vec<u32> {
    let text = marks.text(&format!("{name}-started"));
    text.split_whitespace().map(|word| word.parse().unwrap()).collect()
}

fn runs(pid: u32) -> bool {
    // One that nobody has waited for is none any more.
    let state = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    !state.is_empty() && !state.contains(") Z ")
}

/// Asserts that nothing is left of what the applications were.
#[track_caller]
fn all_are_gone(marks: &Folder) {
    for pid in ["app", "other"].iter().flat_map(|name| processes(marks, name)) {
        until(&format!("{pid} is gone"), || !runs(pid));
    }
}

fn stop(mut server: Server) {
    server.signal("TERM");
    assert!(server.ended().success());
}

#[test]
fn applications_know_where_to_listen() {
    let marks = Folder::new();
    let address = nobody();
    let (host, port) = address.split_once(':').unwrap();
    let server = site(&marks).set("APP", &address).variable("LISTEN_FDS", "0").start();
    let told = server.get("/").text();
    let words: Vec<_> = told.split(' ').collect();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("sites").display().to_string();
    assert_eq!(words[..6], ["app", host, port, "-", "-", &folder], "{}", server.log());
    let socket = marks.path().join("other.sock").display().to_string();
    let told = server.get("/other/").text();
    assert_eq!(told.split(' ').take(4).collect::<Vec<_>>(), ["other", "-", "-", &socket]);
    // What they write is in the log.
    server.wait_for("[error] ");
    server.wait_for("upstream_command \"python3\" says: hello on stdout");
    server.wait_for("upstream_command \"python3\" says: asked for /other/");
    stop(server);
    for name in ["app", "other"] {
        assert_eq!(marks.text(&format!("{name}-asked-to-end")), "\n", "{name}");
    }
    all_are_gone(&marks);
}

#[test]
fn requests_wait_until_the_application_listens() {
    let marks = Folder::new();
    marks.write("delay", "");
    let server = site(&marks).start();
    let begun = Instant::now();
    thread::scope(|scope| {
        let post = scope.spawn(|| {
            let request = "POST /other/ HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello";
            server.connect().send(request).response("POST")
        });
        let hurried = scope.spawn(|| server.get("/hurried/").status);
        assert_eq!(server.get("/").status, 200, "{}", server.log());
        let response = post.join().unwrap();
        assert_eq!((response.status, &response.text()[..]), (200, "hello"), "{}", server.log());
        assert_eq!(hurried.join().unwrap(), 502);
    });
    assert!(begun.elapsed() >= Duration::from_millis(900), "{:?}", begun.elapsed());
    assert!(server.log().contains("connect() failed (111: Connection refused)"));
}

#[test]
fn an_application_that_ends_is_started_again() {
    let marks = Folder::new();
    let server = site(&marks).start();
    let pid = |text: String| text.split(' ').next_back().unwrap().to_owned();
    for path in ["/", "/other/"] {
        let first = pid(server.get(path).text());
        // Its answer may be lost with it.
        server.get(&format!("{path}die"));
        until("it has ended", || !runs(first.parse().unwrap()));
        // Its socket in the file system is in the way of the next one.
        let response = server.get(path);
        assert_eq!(response.status, 200, "{}", server.log());
        assert_ne!(pid(response.text()), first);
    }
    let text = "upstream_command \"python3\" has ended with status 3; it is started again in 10 ms";
    server.wait_for_times(2, text);
    // What one has started itself has ended with it.
    let [_, child, ..] = processes(&marks, "app")[..] else { panic!("there are two") };
    until("the child is gone", || !runs(child));
    stop(server);
    all_are_gone(&marks);
}

#[test]
fn a_socket_that_is_used_stays() {
    let marks = Folder::new();
    let _used = UnixListener::bind(marks.path().join("other.sock")).unwrap();
    let server = site(&marks).start();
    server.wait_for("Address already in use");
    // It rests longer each time.
    server.wait_for("has ended with status 1; it is started again in 20 ms");
    assert!(marks.path().join("other.sock").exists());
}

#[test]
fn applications_end_with_a_server_that_is_killed() {
    let marks = Folder::new();
    let server = site(&marks).start();
    assert_eq!((server.get("/").status, server.get("/other/").status), (200, 200));
    drop(server);
    all_are_gone(&marks);
}

#[test]
fn a_program_that_is_missing_stops_the_start() {
    let marks = Folder::new();
    let output = site(&marks).set("PROGRAM", "no-such-program").arg("--check").output();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success(), "{said}");
    assert!(said.contains("program `no-such-program` is not in PATH"), "{said}");
    let output = site(&marks).arg("--check").output();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(processes(&marks, "app").is_empty(), "a check starts nothing");
}
