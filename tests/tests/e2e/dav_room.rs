//! `dav_methods` where there is no room, and from one file system to another.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::dav::{ask, site};
use sitec_tests::folder::Folder;
use sitec_tests::server::Server;

/// The names in a folder, in order.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder");
    let name = |entry: std::io::Result<fs::DirEntry>| {
        entry.expect("an entry").file_name().into_string().expect("text")
    };
    let mut names: Vec<_> = entries.map(name).collect();
    names.sort();
    names
}

/// What two files hold that stay as they were.
fn old() -> (String, String) {
    ("old".to_owned(), "old".to_owned())
}

fn text(path: PathBuf) -> String {
    fs::read_to_string(path).expect("a file")
}

/// COPY or MOVE; the status.
fn relocate(server: &Server, method: &str, from: &str, to: &str) -> u16 {
    ask(server, method, from, &format!("Destination: {to}\r\n"), "").status
}

#[test]
fn what_cannot_be_written_leaves_everything_as_it_was() {
    const MOST: usize = 64 << 10;
    let www = Folder::new();
    let large = "x".repeat(4 * MOST);
    www.write("from/a", "a");
    www.write("from/large", &large);
    www.write("from/z", "z");
    www.write("old/kept", "old");
    www.write("file", "old");
    // No file becomes larger, as on a disk that is full.
    let server = site(&www).after(&[], &format!("ulimit -f {}", MOST >> 10)).start();
    for (from, to) in [("/from/", "/old/"), ("/from/", "/new/"), ("/from/large", "/file")] {
        let status = relocate(&server, "COPY", &format!("/dav{from}"), &format!("/dav{to}"));
        assert_eq!(status, 507, "{from} {to}");
    }
    assert_eq!(ask(&server, "PUT", "/dav/file", "", &large).status, 507);
    assert_eq!(ask(&server, "PUT", "/dav/new", "", &large).status, 507);
    server.wait_for_times(5, "[crit]");
    assert_eq!(names(www.path()), ["file", "from", "old"]);
    assert_eq!(names(&www.path().join("from")), ["a", "large", "z"]);
    assert_eq!(names(&www.path().join("old")), ["kept"]);
    assert_eq!((www.text("file"), www.text("old/kept")), old());
    // What fits is stored as ever.
    assert_eq!(ask(&server, "PUT", "/dav/file", "", "new").status, 204);
    assert_eq!(relocate(&server, "COPY", "/dav/old/", "/dav/new/"), 201);
    assert_eq!((www.text("file"), www.text("new/kept")), ("new".to_owned(), "old".to_owned()));
}

/// What lets a process see a file system of a megabyte of its own, without anybody else: words that
/// run a program so, to be followed by the command `mount`.
///
/// # Panics
/// Where this user may not mount anything. Who knows that sets `SITEC_TESTS_WITHOUT_MOUNTS`, and gets
/// `None`.
fn with_mounts() -> Option<&'static [&'static str]> {
    let ways: [&[&str]; 2] = [&["unshare", "--mount"], &["unshare", "--map-root-user", "--mount"]];
    let probe = ["mount", "-t", "tmpfs", "probe", "/tmp"];
    let works = |way: &&&[&str]| {
        let status = Command::new(way[0]).args(&way[1..]).args(probe).status();
        status.is_ok_and(|status| status.success())
    };
    let way = ways.iter().find(works).copied();
    let known = std::env::var_os("SITEC_TESTS_WITHOUT_MOUNTS").is_some();
    assert!(way.is_some() || known, "this user may not mount: set SITEC_TESTS_WITHOUT_MOUNTS");
    way
}

#[test]
fn a_full_file_system_and_another_one() {
    let Some(way) = with_mounts() else { return };
    let www = Folder::new();
    let half = "x".repeat(600 << 10);
    for name in ["large/a", "large/b"] {
        www.write(name, &half);
    }
    www.write("fits/in/a", "a");
    www.write("fits/b", "b");
    www.write("file", "f");
    www.write("small/none", "");
    let path = www.path().join("small");
    let mount = format!("mount -t tmpfs -o size=1m small '{}'", path.display());
    let server = site(&www).after(way, &mount).start();
    // The folder as the server has it.
    let small = PathBuf::from(format!("/proc/{}/root{}", server.pid(), path.display()));
    assert_eq!(names(&small), [""; 0]);
    assert_eq!(ask(&server, "MKCOL", "/dav/small/old/", "", "").status, 201);
    assert_eq!(ask(&server, "PUT", "/dav/small/old/kept", "", "old").status, 201);
    assert_eq!(ask(&server, "PUT", "/dav/small/file", "", "old").status, 201);
    let large = format!("{half}{half}");
    for method in ["COPY", "MOVE"] {
        for to in ["/dav/small/old/", "/dav/small/new/"] {
            assert_eq!(relocate(&server, method, "/dav/large/", to), 507, "{method} {to}");
        }
    }
    assert_eq!(ask(&server, "PUT", "/dav/small/file", "", &large).status, 507);
    server.wait_for_times(5, "No space left on device");
    assert_eq!(names(&small), ["file", "old"]);
    assert_eq!((text(small.join("file")), text(small.join("old/kept"))), old());
    assert_eq!(names(&www.path().join("large")), ["a", "b"]);
    // What fits goes there and back.
    assert_eq!(relocate(&server, "MOVE", "/dav/fits/", "/dav/small/old/"), 201);
    assert_eq!(names(&small.join("old")), ["b", "in"]);
    assert_eq!(text(small.join("old/in/a")), "a");
    assert_eq!(relocate(&server, "MOVE", "/dav/file", "/dav/small/file"), 204);
    assert_eq!(
        (text(small.join("file")), names(www.path())),
        ("f".to_owned(), vec!["large".to_owned(), "small".to_owned()])
    );
    assert_eq!(relocate(&server, "MOVE", "/dav/small/old/", "/dav/back/"), 201);
    assert_eq!(relocate(&server, "MOVE", "/dav/small/file", "/dav/back/in/a"), 204);
    assert_eq!(names(&small), [""; 0]);
    assert_eq!((www.text("back/b"), www.text("back/in/a")), ("b".to_owned(), "f".to_owned()));
    assert_eq!(names(www.path()), ["back", "large", "small"]);
}

/// Each upload has a file open beside its connection, and none of them is idle.
#[test]
fn slow_uploads_leave_descriptors_to_others() {
    let www = Folder::new();
    www.write("a.txt", "text");
    let server = site(&www).after(&[], "ulimit -n 60").start();
    let upload = |number: usize| {
        let mut client = server.connect();
        let head = "HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\nx";
        client.send(format!("PUT /dav/{number} {head}"));
        client
    };
    let mut slow: Vec<_> = (0..60).map(upload).collect();
    for number in 0..30 {
        assert_eq!(server.get("/ping").text(), "pong");
        assert_eq!(server.get("/dav/a.txt").text(), "text", "{}", server.log());
        slow.push(upload(60 + number));
    }
    server.wait_for("60 descriptors are not enough");
}
