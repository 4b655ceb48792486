//! Clients behind proxies: what nginx 1.22 answered to the same conf.

use std::fs;

use sitec_tests::folder::Folder;
use sitec_tests::server::Server;

use crate::launch;

/// What a server says of a request with such fields.
fn said(server: &Server, host: &str, path: &str, field: &str, values: &[&str]) -> String {
    let lines: String = values.iter().map(|value| format!("{field}: {value}\r\n")).collect();
    let request = format!("GET {path} HTTP/1.1\r\nHost: {host}.test\r\n{lines}\r\n");
    let response = server.connect().send(request).response("GET");
    match response.status {
        200 => response.text(),
        status => status.to_string(),
    }
}

/// The values of a field, and who the client is in each server, its port and whether it is near.
const CLIENTS: &[(&[&str], [&str; 4])] = &[
    (&[], ["own", "own", "own", "own"]),
    (&["192.0.2.1"], ["192.0.2.1  near", "192.0.2.1  near", "192.0.2.1  near", "192.0.2.1  near"]),
    (
        &["192.0.2.1:99"],
        ["192.0.2.1 99 near", "192.0.2.1 99 near", "192.0.2.1 99 near", "192.0.2.1 99 near"],
    ),
    (
        &["192.0.2.1, 10.0.0.1"],
        ["10.0.0.1  far", "10.0.0.1  far", "192.0.2.1  near", "10.0.0.1  far"],
    ),
    (
        &["192.0.2.1,192.0.2.2, 10.0.0.1"],
        ["10.0.0.1  far", "10.0.0.1  far", "192.0.2.2  near", "10.0.0.1  far"],
    ),
    (&["10.0.0.2, 10.0.0.1"], ["10.0.0.1  far", "10.0.0.1  far", "10.0.0.2  far", "10.0.0.1  far"]),
    (&["junk"], ["own", "own", "own", "own"]),
    (&["junk, 10.0.0.1"], ["10.0.0.1  far", "10.0.0.1  far", "10.0.0.1  far", "10.0.0.1  far"]),
    (&["192.0.2.1, junk"], ["own", "own", "own", "own"]),
    (&[""], ["own", "own", "own", "own"]),
    (
        &["2001:db9::1"],
        ["2001:db9::1  far", "2001:db9::1  far", "2001:db9::1  far", "2001:db9::1  far"],
    ),
    (
        &["[2001:db9::1]:80"],
        ["2001:db9::1 80 far", "2001:db9::1 80 far", "2001:db9::1 80 far", "2001:db9::1 80 far"],
    ),
    (&["[2001:db9::1]"], ["own", "own", "own", "own"]),
    (
        &["::ffff:192.0.2.1"],
        [
            "::ffff:192.0.2.1  near",
            "::ffff:192.0.2.1  near",
            "::ffff:192.0.2.1  near",
            "::ffff:192.0.2.1  near",
        ],
    ),
    (&["192.0.2.1 "], ["192.0.2.1  near", "192.0.2.1  near", "192.0.2.1  near", "192.0.2.1  near"]),
    (
        &["192.0.2.1, "],
        ["192.0.2.1  near", "192.0.2.1  near", "192.0.2.1  near", "192.0.2.1  near"],
    ),
    (
        &["192.0.2.9, 2001:db8::1"],
        ["2001:db8::1  far", "2001:db8::1  far", "192.0.2.9  near", "2001:db8::1  far"],
    ),
    (&["255.255.255.255"], ["own", "own", "own", "own"]),
    (&["192.0.2.1:0"], ["own", "own", "own", "own"]),
    (&["192.0.2.1:x"], ["own", "own", "own", "own"]),
    (&["unix:"], ["own", "own", "own", "own"]),
    (&[", ,"], ["own", "own", "own", "own"]),
    (
        &["192.0.2.1", "192.0.2.2"],
        ["192.0.2.1  near", "192.0.2.2  near", "192.0.2.2  near", "192.0.2.1  near"],
    ),
    (
        &["192.0.2.1", "10.0.0.1"],
        ["192.0.2.1  near", "10.0.0.1  far", "192.0.2.1  near", "192.0.2.1  near"],
    ),
    (&["192.0.2.1", "junk"], ["192.0.2.1  near", "own", "own", "192.0.2.1  near"]),
    (&["junk", "10.0.0.1"], ["own", "10.0.0.1  far", "10.0.0.1  far", "own"]),
];

#[test]
fn proxies_are_believed_as_in_nginx() {
    let server = launch("proxied").ports(2).start();
    for (values, expected) in CLIENTS {
        let servers = [
            ("one", "X-Real-IP"),
            ("last", "X-Forwarded-For"),
            ("all", "x-forwarded-for"),
            ("low", "X-Forwarded-For"),
        ];
        for ((host, field), expected) in servers.into_iter().zip(expected) {
            let said = said(&server, host, "/real", field, values);
            let parts: Vec<_> = said.split(' ').collect();
            assert_eq!((parts.len(), parts[2]), (4, "127.0.0.1"), "{said}");
            let own = ["127.0.0.1", parts[1], "127.0.0.1", "far"];
            let found = match parts == own && !parts[1].is_empty() {
                true => "own".to_owned(),
                false => [parts[0], parts[1], parts[3]].join(" "),
            };
            assert_eq!(found, *expected, "{host} {values:?}");
        }
    }
}

#[test]
fn what_follows_sees_the_client() {
    let folder = Folder::new();
    folder.write("www/closed", "in");
    let log = folder.path().join("access.log");
    let server = launch("proxied").ports(2).arg("--prefix").arg(folder.path()).start();
    let from = |path: &str, address: &str| said(&server, "one", path, "X-Real-IP", &[address]);
    assert_eq!(from("/closed", "192.0.2.1"), "in");
    assert_eq!(from("/closed", "192.0.2.2"), "403");
    assert_eq!(from("/raw", "49.50.51.52"), "1234");
    assert_eq!(from("/log", "192.0.2.7"), "ok");
    // It is the request's alone.
    let mut client = server.connect();
    let request = |field| format!("GET /real HTTP/1.1\r\nHost: one.test\r\n{field}\r\n");
    let first = client.send(request("X-Real-IP: 192.0.2.1\r\n")).response("GET");
    let second = client.send(request("")).response("GET");
    assert!(first.text().starts_with("192.0.2.1 ") && second.text().starts_with("127.0.0.1 "));
    drop(server);
    assert_eq!(fs::read_to_string(log).unwrap(), "192.0.2.7 127.0.0.1 /log\n");
}

#[test]
fn in_a_location_it_comes_after_return() {
    let folder = Folder::new();
    folder.write("www/none.txt", "");
    let server = launch("proxied").ports(2).arg("--prefix").arg(folder.path()).start();
    for (path, expected) in [
        ("/late", "127.0.0.1"),
        ("/page", "192.0.2.2 127.0.0.1"),
        ("/closed", "refused 192.0.2.2"),
        ("/other", "127.0.0.1 127.0.0.1"),
    ] {
        assert_eq!(said(&server, "late", path, "X-Real-IP", &["192.0.2.2"]), expected, "{path}");
    }
}

/// What is said of a request after what a proxy sends, in pieces of so many bytes.
fn told(server: &Server, header: &[u8], piece: usize, path: &str) -> String {
    let mut client = server.connect_at(1);
    let request = format!("GET {path} HTTP/1.1\r\nHost: told.test\r\n\r\n");
    for piece in [header, request.as_bytes()].concat().chunks(piece) {
        client.send(piece);
    }
    let first = client.response("GET").text();
    // It is the connection's.
    assert_eq!(client.send(request).response("GET").text(), first);
    first
}

const V2: &[u8] = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xc0\0\x02\x01\xc0\0\x02\x02\0\x07\0\x08";
const OWN: &[u8] = b"\r\n\r\n\0\r\nQUIT\n\x20\0\0\0";

#[test]
fn the_proxy_protocol_tells_of_clients() {
    let server = launch("proxied").ports(2).start();
    let v1 = b"PROXY TCP4 192.0.2.1 192.0.2.2 7 8\r\n";
    let v6 = b"PROXY TCP6 2001:DB8::1 ::2 7 8\r\n";
    for piece in [usize::MAX, 1, 7] {
        for (header, path, expected) in [
            (&v1[..], "/who", "192.0.2.1 7 127.0.0.1 near"),
            (v1, "/told", "192.0.2.1 7 192.0.2.2 8"),
            (V2, "/who", "192.0.2.1 7 127.0.0.1 near"),
            (V2, "/told", "192.0.2.1 7 192.0.2.2 8"),
            (v6, "/told", "2001:db8::1 7 ::2 8"),
            (b"PROXY UNKNOWN\r\n", "/told", "   "),
            (OWN, "/told", "   "),
        ] {
            let piece = piece.min(header.len() + 1000);
            assert_eq!(told(&server, header, piece, path), expected, "{}", header.escape_ascii());
        }
    }
    let own = told(&server, OWN, 1000, "/who");
    assert!(own.starts_with("127.0.0.1 ") && own.ends_with(" 127.0.0.1 far"), "{own}");
}

#[test]
fn connections_that_nobody_tells_of_are_closed() {
    let server = launch("proxied").ports(2).start();
    for (sent, shown) in [
        (&b"GET /who HTTP/1.1\r\nHost: told.test\r\n\r\n"[..], "GET /who HTTP/1.1"),
        (
            b"PROXY TCP4 192.0.2.1 192.0.2.2 7 x\r\nGET / HTTP/1.1\r\n",
            "PROXY TCP4 192.0.2.1 192.0.2.2 7 x",
        ),
        (b"PROXY\tq\r\n", "PROXY"),
    ] {
        let mut client = server.connect_at(1);
        client.send(sent);
        assert_eq!(client.until_closed(), b"");
        server.wait_for(&format!("broken header: \"{shown}"));
    }
    // Where nobody is to tell, it is no request.
    let mut client = server.connect();
    client.send("PROXY TCP4 192.0.2.1 192.0.2.2 7 8\r\nHost: one.test\r\n\r\n");
    assert_eq!(client.response("GET").status, 400);
}
