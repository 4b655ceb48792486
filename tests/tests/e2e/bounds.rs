//! What `sitec bounds` says of a conf holds of its server, whatever clients do.

use std::io::{ErrorKind, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::path::Path;

use sitec_compiler::bounds::{Reckoned, reckon};
use sitec_compiler::compile;
use sitec_compiler::files::Disk;
use sitec_tests::folder::Folder;
use sitec_tests::server::Server;

use crate::{http, launch};

pub(crate) fn reckoned(conf: &str) -> Reckoned {
    let compilation = compile(&Disk, Path::new(conf));
    let site = compilation.site.expect("the conf of a test compiles");
    reckon(&site, &compilation.places, &compilation.sources, 1)
}

/// A client that sends requests and reads no response.
struct Deaf {
    stream: TcpStream,
    /// How much of the request under way is sent.
    sent: usize,
}

impl Deaf {
    fn connect(server: &Server) -> Deaf {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, server.port())).unwrap();
        stream.set_nonblocking(true).unwrap();
        Deaf { stream, sent: 0 }
    }

    /// Sends more, of one `request` after another. Whether anything was taken.
    fn send(&mut self, request: &[u8]) -> bool {
        match self.stream.write(&request[self.sent..]) {
            Ok(len) => {
                self.sent = (self.sent + len) % request.len();
                true
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => false,
            Err(error) => panic!("{error}"),
        }
    }
}

#[test]
fn clients_that_take_nothing_do_not_pass_the_bound() {
    const CLIENTS: u64 = 16;
    let Reckoned { bounds, .. } = reckoned("sites/http.conf");
    let server = http();
    assert_eq!(server.get("/ping").text(), "pong");
    let before = server.peak_memory_kb() << 10;
    let mut clients: Vec<_> = (0..CLIENTS).map(|_| Deaf::connect(&server)).collect();
    let request = format!("GET /uri?{} HTTP/1.1\r\nHost: a\r\n\r\n", "x".repeat(4000));
    let mut taken = true;
    while taken {
        taken = false;
        for client in &mut clients {
            taken |= client.send(request.as_bytes());
        }
        // The server has had its turn with what came before.
        assert_eq!(server.get("/ping").text(), "pong");
    }
    let grown = (server.peak_memory_kb() << 10) - before;
    // They do make it hold something.
    assert!(grown > CLIENTS * 10_000, "{grown}");
    let most = CLIENTS * bounds.connection_len + bounds.worker_len;
    assert!(grown < most, "{grown} bytes of {most}");
    assert!(before + grown < bounds.memory);
}

#[test]
fn listings_that_nobody_takes_do_not_pass_the_bound() {
    const CLIENTS: u64 = 20;
    let Reckoned { bounds, .. } = reckoned("sites/assets.conf");
    let folder = Folder::new();
    for number in 0..2000 {
        folder.write(&format!("www/long/{number:04}-{}", "&".repeat(245)), "");
    }
    let server = crate::listing::serve(&folder);
    let before = server.peak_memory_kb() << 10;
    let mut clients: Vec<_> = (0..CLIENTS).map(|_| server.connect()).collect();
    for (index, client) in clients.iter_mut().enumerate() {
        let path = ["/long/", "/delete/long/", "/json/long/", "/xml/long/"][index % 4];
        client.send(format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n"));
        // What a socket takes of a page of megabytes has been sent when others are answered.
        assert_eq!(server.get("/none").status, 404);
    }
    let grown = (server.peak_memory_kb() << 10) - before;
    let most = CLIENTS * bounds.connection_len + bounds.worker_len;
    assert!(grown < most && before + grown < bounds.memory, "{grown} bytes of {most}");
    // All of them get theirs when they want it.
    for client in &mut clients {
        let listing = client.response("GET");
        assert_eq!(listing.status, 200);
        assert!(listing.text().matches("1999-").count() >= 1);
    }
}

#[test]
fn contents_that_nobody_takes_are_compressed_within_the_bound() {
    const CLIENTS: usize = 80;
    let Reckoned { bounds, .. } = reckoned("sites/compression.conf");
    let folder = Folder::new();
    // What does not become shorter fills each client's socket.
    let number = |n: u64| n.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes();
    folder.write("www/noise.txt", (0..1_500_000).flat_map(number).collect::<Vec<u8>>());
    let server = launch("compression").arg("--prefix").arg(folder.path()).start();
    let before = server.peak_memory_kb() << 10;
    let mut clients: Vec<_> = (0..CLIENTS).map(|_| server.connect()).collect();
    for (index, client) in clients.iter_mut().enumerate() {
        let (location, coding) = [("all", "gzip"), ("br", "br"), ("zstd", "zstd")][index % 3];
        let head = format!("Host: a.test\r\nAccept-Encoding: {coding}\r\n");
        client.send(format!("GET /{location}/noise.txt HTTP/1.1\r\n{head}\r\n"));
    }
    server.wait_for_times(CLIENTS - 64, "64 contents are being compressed");
    // What is short is compressed nevertheless.
    let mut client = server.connect();
    client.send("GET /text HTTP/1.1\r\nHost: a.test\r\nAccept-Encoding: gzip\r\n\r\n");
    assert_eq!(client.response("GET").field("Content-Encoding"), Some("gzip"));
    let grown = (server.peak_memory_kb() << 10) - before;
    let most = CLIENTS as u64 * bounds.connection_len + bounds.worker_len;
    assert!(grown < most && before + grown < bounds.memory, "{grown} bytes of {most}");
}

#[test]
fn heads_that_do_not_end_do_not_pass_the_bound() {
    const CLIENTS: usize = 400;
    /// Turns that the server may take to read what is there.
    const MOST_TURNS: usize = 10_000;
    let Reckoned { bounds, .. } = reckoned("sites/http.conf");
    let server = http();
    assert_eq!(server.get("/ping").text(), "pong");
    let before = server.peak_memory_kb() << 10;
    let fields: String = (0..4).map(|i| format!("X-{i}: {}\r\n", "x".repeat(7000))).collect();
    let mut clients: Vec<_> = (0..CLIENTS).map(|_| server.connect()).collect();
    for client in &mut clients {
        client.send(format!("GET / HTTP/1.1\r\nHost: a\r\n{fields}"));
    }
    // What is sent is held, when all of it has been read: the test would see nothing otherwise.
    let grown = (0..MOST_TURNS).find_map(|_| {
        assert_eq!(server.get("/ping").text(), "pong");
        let grown = (server.peak_memory_kb() << 10) - before;
        (grown > CLIENTS as u64 * 20_000).then_some(grown)
    });
    let grown = grown.expect("heads are held");
    assert!(grown < CLIENTS as u64 * bounds.connection_len + bounds.worker_len, "{grown}");
    let descriptors = std::fs::read_dir(format!("/proc/{}/fd", server.pid())).expect("/proc");
    let descriptors = descriptors.count();
    assert!(descriptors > CLIENTS && (descriptors as u64) < bounds.descriptors, "{descriptors}");
}
