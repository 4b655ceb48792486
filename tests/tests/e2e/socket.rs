//! N1 to N4: many clients at once, and time limits.

use crate::{http, launch};
use std::io::{BufReader, Write};
use std::os::unix::net::UnixStream;
use std::process::Command;
use std::time::{Duration, Instant};

use sitec_tests::client::Client;
use sitec_tests::folder::Folder;
use sitec_tests::response::Response;
use sitec_tests::server::Server;

/// The time limits of the server on the third port.
const LIMIT: Duration = Duration::from_millis(400);

/// How long it takes until the server closes, and what it says before.
fn time_to_close(client: &mut Client) -> (Duration, Vec<u8>) {
    let start = Instant::now();
    let bytes = client.until_closed();
    (start.elapsed(), bytes)
}

#[test]
fn many_clients_are_served_at_once() {
    let server = http();
    let mut clients: Vec<_> = (0..300).map(|_| server.connect()).collect();
    let (first, rest) = "GET /ping HTTP/1.1\r\nHost: a\r\n\r\n".split_at(9);
    for part in [first, rest] {
        for client in &mut clients {
            client.send(part);
        }
    }
    for client in clients.iter_mut().rev() {
        assert_eq!(client.response("GET").text(), "pong");
    }
    for client in &mut clients {
        assert_eq!(client.get("/ping", "a").text(), "pong");
    }
}

#[test]
fn a_slow_client_holds_nobody_up() {
    let server = http();
    let mut slow = server.connect();
    for byte in b"GET /ping HTTP/1.1\r\nHost: a\r\n\r" {
        slow.send([*byte]);
        assert_eq!(server.get_from("http.test", "/ping").text(), "pong");
    }
    assert_eq!(slow.send("\n").response("GET").text(), "pong");
}

#[test]
fn clients_that_vanish_are_forgotten() {
    let server = http();
    for i in 0..500 {
        let sent = [
            "",
            "GET /ping HT",
            "GET /ping HTTP/1.1\r\nHost: a\r\n\r\n",
            "POST /ping HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc",
        ];
        server.connect().send(sent[i % sent.len()]);
    }
    assert_eq!(server.get_from("http.test", "/ping").text(), "pong");
}

#[test]
fn a_head_that_does_not_come_is_408() {
    let server = http();
    for part in ["G", "GET / HTTP/1.1\r\n", "GET /ping HTTP/1.1\r\nHost: a\r\n"] {
        let mut client = server.connect_at(2);
        let start = Instant::now();
        assert_eq!(client.send(part).response("GET").status, 408, "{part:?}");
        assert!(client.until_closed().is_empty());
        assert!(start.elapsed() >= LIMIT / 2, "too early");
    }
}

#[test]
fn a_head_must_be_whole_in_time_however_it_drips() {
    let server = http();
    let mut client = server.connect_at(2);
    let start = Instant::now();
    client.send("GET /ping HTTP/1.1\r\nX: ");
    while client.silent_for(Duration::from_millis(50)) {
        client.send("x");
        assert!(start.elapsed() < Duration::from_secs(5), "dripping keeps a connection");
    }
    assert_eq!(client.response("GET").status, 408);
}

#[test]
fn idle_connections_are_closed_in_silence() {
    let server = http();
    let (fresh, said) = time_to_close(&mut server.connect_at(2));
    assert!(said.is_empty() && fresh >= LIMIT / 2, "{fresh:?}: {said:?}");
    let mut kept = server.connect_at(2);
    assert_eq!(kept.get("/ping", "a").text(), "pong");
    let (idle, said) = time_to_close(&mut kept);
    assert!(said.is_empty() && idle >= LIMIT / 2, "{idle:?}: {said:?}");
}

#[test]
fn content_that_does_not_come_ends_the_connection() {
    let server = http();
    for framing in ["Content-Length: 10\r\n\r\nabc", "Transfer-Encoding: chunked\r\n\r\n5\r\nab"] {
        let mut client = server.connect_at(2);
        client.send(format!("POST /ping HTTP/1.1\r\nHost: a\r\n{framing}"));
        let status = client.response("POST").status;
        assert!([200, 408].contains(&status), "{status}");
        assert!(client.until_closed().is_empty());
    }
}

#[test]
fn a_client_that_does_not_read_is_dropped() {
    let folder = Folder::new();
    let large = std::fs::File::create(folder.write("www/large.bin", "")).unwrap();
    let len = 200_000_000;
    large.set_len(len).unwrap();
    let server = launch("http").ports(3).arg("--prefix").arg(folder.path()).start();
    let mut client = server.connect_at(2);
    client.send("GET /large.bin HTTP/1.1\r\nHost: a\r\n\r\n");
    // Nothing is read until a connection that began later has been closed for its idleness.
    for _ in 0..4 {
        time_to_close(&mut server.connect_at(2));
    }
    let received = client.until_closed().len() as u64;
    assert!(received < len, "all of it was sent");
}

/// `worker_connections` of `few.conf`.
const FEW: usize = 4;

#[test]
fn a_connection_too_many_waits_for_another_to_end() {
    let place = Folder::new();
    let server = launch("few").ports(3).arg("--prefix").arg(place.path()).start();
    let request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    let mut open: Vec<_> = (0..FEW).map(|_| server.connect()).collect();
    for client in &mut open {
        // Once the first is answered, the server has seen that a second one has begun.
        client.send(format!("{request}GET")).response("GET");
    }
    let mut next = server.connect();
    next.send(request);
    assert!(next.silent_for(Duration::from_millis(100)));
    drop(open.pop());
    assert_eq!(next.response("GET").text(), "few");
    // This one is idle now, and makes room.
    assert_eq!(server.get("/").text(), "few");
    assert!(next.until_closed().is_empty());
}

/// The front of a request whose content is read before it is answered.
const POST: &str = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";

/// What a client gets that asks whether to send its content.
const CONTINUE: &str = "HTTP/1.1 100 Continue\r\n\r\n";

#[test]
fn idle_clients_make_way_before_slow_ones_and_those_before_nobody() {
    let place = Folder::new();
    let server = launch("few").ports(3).arg("--prefix").arg(place.path()).start();
    let mut slow: Vec<_> = (0..FEW - 2).map(|_| server.connect()).collect();
    for client in &mut slow {
        client.get("/", "a");
        client.send(POST);
    }
    // Long enough to be called slow.
    assert!(slow[0].silent_for(Duration::from_millis(1200)));
    let mut idle: Vec<_> = (0..2).map(|_| server.connect()).collect();
    for client in &mut idle {
        assert_eq!(client.get("/", "a").text(), "few");
    }
    let mut next: Vec<_> = (0..2).map(|_| server.connect()).collect();
    for (next, idle) in next.iter_mut().zip(&mut idle) {
        // The one that has been idle for longest.
        assert_eq!(next.send(POST).send("0\r\n\r\n").response("POST").text(), "few");
        assert!(idle.until_closed().is_empty());
        // Once it is asked for the content, the server has seen that a request has begun.
        next.send(format!("{}Expect: 100-continue\r\n\r\n", POST.strip_suffix("\r\n").unwrap()));
        let mut asked = [0; CONTINUE.len()];
        next.read_exact(&mut asked);
        assert_eq!(asked, *CONTINUE.as_bytes());
    }
    // All are under way, two of them slowly. One has to go, and is told.
    assert_eq!(server.get("/").text(), "few");
    server.wait_for("4 worker_connections are not enough");
    let gone = slow.iter_mut().map(|client| !client.silent_for(Duration::from_millis(50)));
    assert_eq!(gone.filter(|gone| *gone).count(), 1);
    for client in &mut next {
        assert_eq!(client.send("0\r\n\r\n").response("POST").text(), "few");
    }
}

#[test]
fn who_sends_too_slowly_is_refused() {
    let place = Folder::new();
    let server = launch("few").ports(3).arg("--prefix").arg(place.path()).start();
    for front in ["GET / HTTP/1.1\r\nHost: a\r\nX: ", &format!("{POST}100\r\n")] {
        let mut client = server.connect_at(2);
        client.send(front);
        let start = Instant::now();
        // A byte each time is less than it takes.
        while client.silent_for(Duration::from_millis(50)) {
            client.send("x");
            assert!(start.elapsed() < sitec_tests::PATIENCE, "{front}");
        }
        assert_eq!(client.response("GET").status, 408, "{front}");
        assert!(start.elapsed() > Duration::from_millis(400), "{front}");
    }
    server.get("/");
}

#[test]
fn who_is_fast_enough_has_all_the_time() {
    let place = Folder::new();
    let server = launch("few").ports(3).arg("--prefix").arg(place.path()).start();
    let mut client = server.connect_at(2);
    assert_eq!(client.get("/", "a").text(), "quick");
    // Nothing is waited for between two requests.
    assert!(client.silent_for(Duration::from_millis(800)));
    client.send(POST);
    // Each piece earns two seconds, so that a test which has to wait for its turn is not slow.
    for _ in 0..10 {
        client.send(format!("7d0\r\n{}\r\n", "x".repeat(2000)));
        assert!(client.silent_for(Duration::from_millis(100)));
    }
    assert_eq!(client.send("0\r\n\r\n").response("POST").text(), "quick");
}

#[test]
fn idle_clients_do_not_use_up_the_descriptors() {
    let listeners: Vec<_> =
        (0..3).map(|_| std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap()).collect();
    let ports: Vec<_> = listeners.iter().map(|l| l.local_addr().unwrap().port()).collect();
    drop(listeners);
    let folder = Folder::new();
    folder.write("www/a.txt", "text");
    let direct = launch("http").ports(3).arg("--prefix").arg(folder.path()).command(&ports);
    let mut command = Command::new("bash");
    let script = "ulimit -n 40; exec -a http \"$0\" \"$@\"";
    command.args(["-c", script]).arg(direct.get_program()).args(direct.get_args());
    let server = Server::spawn(command, ports);
    assert!(server.listens(), "{}", server.log());
    assert!(server.log().contains("[error]") && server.log().contains("raise the limit"));
    let idle: Vec<_> = (0..80).map(|_| server.connect()).collect();
    for _ in 0..10 {
        assert_eq!(server.get_from("http.test", "/uri").status, 200, "{}", server.log());
        // There is a descriptor left for a file, too.
        assert_eq!(server.connect_at(2).get("/a.txt", "a").text(), "text", "{}", server.log());
    }
    server.wait_for("descriptors are not enough");
    drop(idle);
}

#[test]
fn who_says_nothing_takes_no_place_where_connections_are_deferred() {
    let place = Folder::new();
    let server = launch("few").ports(3).arg("--prefix").arg(place.path()).start();
    let mut silent: Vec<_> = (0..2 * FEW).map(|_| server.connect_at(1)).collect();
    assert_eq!(server.get("/").text(), "few");
    for client in &mut silent {
        assert_eq!(client.get("/", "a").text(), "few");
    }
}

/// The number of the timer that the system has for the server's end of a connection.
fn timer(port: u16) -> Option<String> {
    let local = format!(":{port:04X}");
    let table = std::fs::read_to_string("/proc/net/tcp").unwrap();
    let words = table.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    let mut connected = words.filter(|words| words[1].ends_with(&local) && words[3] == "01");
    connected.next().map(|words| words[5].split(':').next().unwrap().to_owned())
}

#[test]
fn connections_are_probed_where_the_conf_says_so() {
    const KEEPALIVE: &str = "02";
    let place = Folder::new();
    let server = launch("few").ports(3).arg("--prefix").arg(place.path()).start();
    let mut clients = [server.connect_at(0), server.connect_at(1)];
    for client in &mut clients {
        assert_eq!(client.get("/", "a").text(), "few");
    }
    let patience = std::time::Instant::now() + sitec_tests::PATIENCE;
    // Until the response is acknowledged, there is another timer.
    while timer(server.port_at(1)).as_deref() != Some(KEEPALIVE) {
        assert!(std::time::Instant::now() < patience, "{:?}", timer(server.port_at(1)));
        std::thread::yield_now();
    }
    assert_ne!(timer(server.port_at(0)).as_deref(), Some(KEEPALIVE));
}

#[test]
fn a_socket_in_the_file_system() {
    let place = Folder::new();
    let path = place.path().join("few.sock");
    // One that a server left which was killed.
    drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
    let mut server = launch("few").ports(3).arg("--prefix").arg(place.path()).start();
    let mut stream = UnixStream::connect(&path).unwrap();
    stream.set_read_timeout(Some(sitec_tests::PATIENCE)).unwrap();
    for _ in 0..2 {
        stream.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
        let mut reader = BufReader::new(&stream);
        assert_eq!(Response::read(&mut reader, "GET").text(), "few");
    }
    drop(stream);
    server.signal("TERM");
    assert!(server.ended().success());
    assert!(!path.exists());
}
