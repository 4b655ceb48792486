//! What comes with nginx for FastCGI, SCGI and uwsgi, and how the last two are spoken.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::thread;

use crate::launch;
use sitec_tests::PATIENCE;
use sitec_tests::folder::Folder;
use sitec_tests::responder::{Responder, answer};

const USUAL: &str = "Status: 201 Made\r\nContent-Type: a/b\r\nX-Powered-By: x\r\n\r\nhello";

#[test]
fn scripts_that_are_there_are_told_what_nginx_tells() {
    let folder = Folder::new();
    folder.write("www/there/a.php", "");
    folder.write("www/there/a.jpg", "");
    let responder = Responder::start(|_| answer(USUAL.as_bytes()));
    let server = launch("pools").set("BACK", &responder.address());
    let server = server.arg("--prefix").arg(folder.path()).start();
    assert_eq!(server.get("/there/b.php").status, 404);
    assert_eq!(server.get("/there/a.jpg/x.php").status, 404);
    assert_eq!(server.get("/there/a.php?b=c").status, 201);
    let told = responder.told().pop().unwrap();
    assert_eq!(responder.told().len(), 1);
    for (name, value) in [
        ("SCRIPT_NAME", "/there/a.php"),
        ("PATH_INFO", ""),
        ("QUERY_STRING", "b=c"),
        ("GATEWAY_INTERFACE", "CGI/1.1"),
        ("SERVER_SOFTWARE", "nginx/1.29.0"),
        ("HTTPS", "-"),
    ] {
        assert_eq!(told.param(name), value, "{name} in {told:?}");
    }
    assert!(told.param("SCRIPT_FILENAME").ends_with("/www/there/a.php"), "{told:?}");
}

#[test]
fn places_are_for_clients() {
    let responder = Responder::start(|_| answer(b"Location: /there\r\n\r\n"));
    let server = launch("pools").set("BACK", &responder.address()).start();
    let response = server.get("/a");
    assert_eq!((response.status, response.field("Location")), (302, Some("/there")));
}

#[test]
fn pages_take_the_place_of_answers() {
    let responder = Responder::start(|_| answer(b"Status: 410 Gone\r\n\r\nown"));
    let server = launch("pools").set("BACK", &responder.address()).start();
    let response = server.get("/a");
    assert_eq!((response.status, &response.text()[..]), (410, "gone"));
}

/// What arrives for a request at a server that reads `len` bytes.
fn bytes(path: &str, len: usize) -> Vec<u8> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    let address = listener.local_addr().expect("an address").to_string();
    let reader = thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a connection");
        stream.set_read_timeout(Some(PATIENCE)).expect("a limit");
        let mut bytes = vec![0; len];
        stream.read_exact(&mut bytes).expect("so many");
        let mut more = [0; 4096];
        let count = stream.read(&mut more).expect("the rest");
        bytes.extend_from_slice(&more[..count]);
        stream.write_all(USUAL.as_bytes()).expect("it is read");
        bytes
    });
    let server = launch("pools").set("BACK", &address).start();
    let response = server.get(path);
    assert_eq!((response.status, &response.text()[..]), (201, "hello"), "{}", server.log());
    reader.join().expect("it has read")
}

#[test]
fn others_are_told_in_their_own_way() {
    let told = bytes("/scgi?a=b", 4);
    let colon = told.iter().position(|&byte| byte == b':').expect("a netstring");
    let len: usize = String::from_utf8_lossy(&told[..colon]).parse().expect("a length");
    assert_eq!((told.len(), told.last()), (colon + len + 2, Some(&b',')));
    let text = String::from_utf8_lossy(&told[colon + 1..]);
    assert!(text.starts_with("CONTENT_LENGTH\x000\x00"), "{text}");
    assert!(text.contains("\x00SCGI\x001\x00") && text.contains("\0QUERY_STRING\0a=b\0"), "{text}");
    let told = bytes("/uwsgi?a=b", 4);
    assert_eq!((told[0], told[3]), (9, 0));
    assert_eq!(usize::from(u16::from_le_bytes([told[1], told[2]])), told.len() - 4);
    let text = String::from_utf8_lossy(&told[4..]);
    assert!(text.contains("\u{c}\0QUERY_STRING\u{3}\0a=b"), "{text:?}");
}
