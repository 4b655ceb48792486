//! TLS: who a server is, whom it takes requests from, and what becomes of its keys.

use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, SupportedProtocolVersion};
use sitec_compiler::bounds::Reckoned;
use sitec_tests::PATIENCE;
use sitec_tests::client::Client;
use sitec_tests::folder::Folder;
use sitec_tests::http2::Http2;
use sitec_tests::secure::{self, Authority, Identity};
use sitec_tests::server::Server;

use crate::bounds::reckoned;
use crate::launch;

const BOTH: [&SupportedProtocolVersion; 2] = [&TLS13, &TLS12];

/// A server of `sites/tls.conf`, with keys of its own.
struct Site {
    authority: Authority,
    folder: Folder,
    server: Server,
}

impl Site {
    fn new() -> Site {
        let (authority, folder) = (Authority::new("root"), Folder::new());
        keys(&authority, &folder);
        folder.write("large", large());
        let certs = folder.path().display().to_string();
        let log = folder.path().join("access.log").display().to_string();
        let server = launch("tls").ports(3).set("CERTS", &certs).set("WWW", &certs);
        let server = server.set("LOG", &log).start();
        Site { authority, folder, server }
    }

    /// What a client knows that trusts the authority.
    fn config(&self, identity: Option<&Identity>) -> Arc<ClientConfig> {
        Arc::new(self.authority.trusted(&BOTH, identity))
    }

    fn client(&self, name: &str) -> Client {
        self.client_as(&self.config(None), name)
    }

    fn client_as(&self, config: &Arc<ClientConfig>, name: &str) -> Client {
        Client::secure(self.address(), config, name).expect("a handshake")
    }

    fn address(&self) -> (&'static str, u16) {
        ("127.0.0.1", self.server.port())
    }
}

/// Writes what the site names.
pub(crate) fn keys(authority: &Authority, folder: &Folder) {
    let names = ["a.test", "staff.test", "maybe.test", "many.test"];
    folder.write("ticket.key", [7; 80]);
    authority.server(&names, &rcgen::PKCS_ECDSA_P256_SHA256).write(folder, "a");
    authority.server(&names, &rcgen::PKCS_RSA_SHA256).write(folder, "rsa");
    authority.server(&["b.test"], &rcgen::PKCS_ECDSA_P384_SHA384).write(folder, "b");
    folder.write("ca.pem", authority.pem());
    authority.client("server", 0x51, false).write(folder, "client");
}

/// More than a socket takes at once.
fn large() -> Vec<u8> {
    (0..8_000_000u32).map(|number| (number % 251) as u8).collect()
}

#[test]
fn both_sides_know_what_they_have_agreed_on() {
    let site = Site::new();
    for (version, expected) in [
        (&TLS12, "https on TLSv1.2 ECDHE-ECDSA-AES256-GCM-SHA384 X25519 a.test"),
        (&TLS13, "https on TLSv1.3 TLS_AES_256_GCM_SHA384 X25519 a.test"),
    ] {
        let config = Arc::new(site.authority.trusted(&[version], None));
        for reused in [".", "r"] {
            let text = site.client_as(&config, "a.test").get("/said", "a.test").text();
            // A session that is resumed has exchanged no keys in the older version.
            let expected = match (version.version, reused) {
                (rustls::ProtocolVersion::TLSv1_2, "r") => expected.replace(" X25519", " "),
                _ => expected.to_owned(),
            };
            assert_eq!(text, format!("{expected} {reused} |NONE|"));
        }
    }
    let mut config = site.authority.trusted(&BOTH, None);
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    let text = site.client_as(&Arc::new(config), "a.test").get("/said", "a.test").text();
    assert!(text.ends_with(" . http/1.1|NONE|"), "{text}");
    // Without TLS there is nothing to tell.
    let mut plain = Client::connect(("127.0.0.1", site.server.port_at(1)));
    assert_eq!(plain.get("/plain", "a.test").text(), "http---");
}

/// A session that was begun on one goes on on another that has the same key; and each tells what a client
/// offers.
#[test]
fn servers_share_tickets_by_the_keys_of_files() {
    let site = Site::new();
    let certs = site.folder.path().display().to_string();
    let log = site.folder.path().join("access.log").display().to_string();
    let start = || {
        let launch = launch("tls").ports(3).set("CERTS", &certs).set("WWW", &certs);
        launch.set("LOG", &log).start()
    };
    let other = start();
    for version in [&TLS12, &TLS13] {
        let config = Arc::new(site.authority.trusted(&[version], None));
        let ask = |server: &Server| {
            let address = ("127.0.0.1", server.port());
            let mut client = Client::secure(address, &config, "many.test").expect("a handshake");
            client.get("/", "many.test").text()
        };
        let (first, second) = (ask(&site.server), ask(&other));
        assert!(first.starts_with(". ") && second.starts_with("r "), "{first}, {second}");
        let suite = match version.version {
            rustls::ProtocolVersion::TLSv1_2 => ":ECDHE-RSA-AES128-GCM-SHA256:",
            _ => "TLS_AES_128_GCM_SHA256",
        };
        assert!(first.contains(suite) && first.contains("X25519:prime256v1"), "{first}");
    }
    // A key of another one.
    site.folder.write("ticket.key", [8; 48]);
    site.server.signal("HUP");
    site.server.wait_for("is used from now on");
    let config = Arc::new(site.authority.trusted(&[&TLS12], None));
    let begin = |server: &Server| {
        let address = ("127.0.0.1", server.port());
        let mut client = Client::secure(address, &config, "many.test").expect("a handshake");
        client.get("/", "many.test").text()
    };
    assert!(begin(&other).starts_with(". ") && begin(&site.server).starts_with(". "));
}

/// RFC 9113, 3.2: HTTP/2 is agreed on by ALPN, with the server that the client names.
#[test]
fn http2_is_agreed_on() {
    let site = Site::new();
    let config = |identity: Option<&Identity>| {
        let mut config = site.authority.trusted(&BOTH, identity);
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Arc::new(config)
    };
    let mut client = Http2::secure(&site.server, &config(None), "a.test");
    let id = client.open_with(&of("a.test", "/said"), true);
    let text = client.answer(id).text();
    assert!(text.starts_with("https on TLSv1.3") && text.ends_with("h2|NONE|"), "{text}");
    let large: Vec<_> = (0..3).map(|_| client.open_with(&of("a.test", "/large"), true)).collect();
    for id in large {
        assert!(client.answer(id).content == self::large());
    }
    // A server that asks who its clients are is reached by its own name alone.
    let id = client.open_with(&of("staff.test", "/"), true);
    assert_eq!(client.answer(id).status, 421);
    let identity = site.authority.client("eve", 0x1234, false);
    let mut client = Http2::secure(&site.server, &config(Some(&identity)), "staff.test");
    let id = client.open_with(&of("staff.test", "/"), true);
    assert_eq!(client.answer(id).text(), "SUCCESS CN=eve 1234");
    // One that does not speak it agrees on the other.
    let mut client = site.client_as(&config(None), "b.test");
    assert_eq!(client.get("/", "b.test").text(), "b b.test");
}

/// The fields of a request to a server of this name.
fn of<'a>(authority: &'a str, path: &'a str) -> [(&'a str, &'a str); 4] {
    [(":method", "GET"), (":scheme", "https"), (":path", path), (":authority", authority)]
}

#[test]
fn servers_are_chosen_by_the_name_that_a_client_asks_for() {
    let site = Site::new();
    assert_eq!(site.client("b.test").get("/", "b.test").text(), "b b.test");
    let refused = |name: &str, versions: &[&'static SupportedProtocolVersion]| {
        let config = Arc::new(site.authority.trusted(versions, None));
        let refused = Client::secure(site.address(), &config, name).err().expect("a refusal");
        refused.to_string()
    };
    // The server by default answers for names that nobody has, which its certificate does not.
    let said = refused("c.test", &BOTH);
    assert!(said.contains("not valid for name"), "{said}");
    let said = refused("shut.test", &BOTH);
    assert!(said.contains("UnrecognisedName"), "{said}");
    let said = refused("b.test", &[&TLS12]);
    assert!(said.contains("ProtocolVersion"), "{said}");
    // A name in capitals is the same name.
    assert_eq!(site.client("B.TEST").get("/", "b.test").text(), "b b.test");
}

#[test]
fn content_of_any_length_arrives_whole() {
    let site = Site::new();
    let root = site.folder.path().display().to_string();
    let mut client = site.client("a.test");
    let expected = large();
    let response = client.get("/large", "a.test");
    assert_eq!(response.status, 200, "{root}");
    assert!(response.body == expected);
    let request = "GET /large HTTP/1.1\r\nHost: a.test\r\nRange: bytes=100000-299999\r\n\r\n";
    let part = client.send(request).response("GET");
    assert!(part.status == 206 && part.body == expected[100_000..300_000]);
    // Many at once, byte by byte, and one that takes its time.
    let requests = "HEAD /large HTTP/1.1\r\nHost: a.test\r\n\r\n".repeat(20);
    client.send(requests);
    for _ in 0..20 {
        assert_eq!(client.response("HEAD").field("Content-Length"), Some("8000000"));
    }
    let one = "GET /said HTTP/1.1\r\nHost: a.test\r\n\r\n";
    client.send_at(one, sitec_tests::client::Pace::ByteByByte);
    assert_eq!(client.response("GET").status, 200);
    client.send("GET /large HTTP/1.1\r\nHost: a.test\r\n\r\n");
    thread::sleep(Duration::from_millis(300));
    assert!(client.response("GET").body == expected);
}

#[test]
fn scripts_are_told_and_take_what_is_sent() {
    let site = Site::new();
    let mut client = site.client("a.test");
    let content = "x".repeat(1_000_000);
    let head = "POST /script HTTP/1.1\r\nHost: a.test\r\nContent-Length: 1000000\r\n\r\n";
    let text = client.send(format!("{head}{content}")).response("POST").text();
    assert!(text.contains("\nHTTPS=on\n"), "{}", &text[..2000.min(text.len())]);
    assert!(text.contains(&format!("\nSERVER_PORT={}\n", site.server.port())));
    assert!(text.ends_with(&content));
}

#[test]
fn redirects_stay_with_the_scheme() {
    let site = Site::new();
    let response = site.client("a.test").get("/moved", "a.test");
    let port = site.server.port();
    let expected = format!("https://a.test:{port}/there");
    assert_eq!(response.field("Location"), Some(&expected[..]));
    let mut plain = Client::connect(("127.0.0.1", site.server.port_at(1)));
    let response = plain.get("/x?y", "a.test");
    assert_eq!((response.status, response.field("Location")), (301, Some("https://a.test/x?y")));
}

#[test]
fn http_where_tls_is_spoken_is_told_so() {
    let site = Site::new();
    let port = site.server.port();
    let mut plain = Client::connect(site.address());
    let response = plain.get("/x?y", "a.test");
    let expected = format!("https://a.test:{port}/x?y");
    assert_eq!((response.status, response.field("Location")), (302, Some(&expected[..])));
    assert!(plain.closed());
    // Where the conf says nothing of it.
    let mut plain = Client::connect(site.address());
    let response = plain.get("/", "b.test");
    assert_eq!((response.status, response.field("Connection")), (400, Some("close")));
    assert!(plain.closed());
    let mut plain = Client::connect(site.address());
    plain.send("\x01\x02\x03\r\n\r\n");
    assert!(String::from_utf8_lossy(&plain.until_closed()).starts_with("HTTP/1.1 400"));
}

#[test]
fn clients_have_certificates_where_the_conf_demands_it() {
    let site = Site::new();
    let good = site.authority.client("Ann", 0x1234, false);
    let old = site.authority.client("Bob", 7, true);
    let stranger = Authority::new("elsewhere").client("Eve", 9, false);
    for version in [&TLS12, &TLS13] {
        let ask = |identity: Option<&Identity>, name: &str, host: &str| {
            let config = Arc::new(site.authority.trusted(&[version], identity));
            let mut answers = Vec::new();
            // The second time, the session is resumed.
            for _ in 0..2 {
                let response = site.client_as(&config, name).get("/", host);
                answers.push((response.status, response.text()));
            }
            assert_eq!(answers[0], answers[1]);
            answers.remove(0)
        };
        let said = |status: u16, text: &str| (status, text.to_owned());
        assert_eq!(ask(Some(&good), "staff.test", "staff.test"), said(200, "SUCCESS CN=Ann 1234"));
        assert_eq!(ask(None, "staff.test", "staff.test"), said(400, "none NONE"));
        let expected = "bad FAILED:certificate has expired";
        assert_eq!(ask(Some(&old), "staff.test", "staff.test"), said(400, expected));
        let expected = "bad FAILED:unable to get local issuer certificate";
        assert_eq!(ask(Some(&stranger), "staff.test", "staff.test"), said(400, expected));
        assert_eq!(ask(None, "maybe.test", "maybe.test"), said(200, "NONE"));
        assert_eq!(ask(Some(&good), "maybe.test", "maybe.test"), said(200, "SUCCESS"));
        assert_eq!(ask(Some(&old), "maybe.test", "maybe.test").0, 400);
        // Nobody gets in by another door.
        for name in ["a.test", "maybe.test"] {
            for identity in [None, Some(&good)] {
                assert_eq!(ask(identity, name, "staff.test").0, 421, "{name}");
            }
        }
        // Out of it, everybody may go on.
        assert_eq!(ask(Some(&good), "staff.test", "b.test").0, 200);
    }
    // An absolute target names the host.
    let mut client = site.client("a.test");
    client.send("GET https://staff.test/ HTTP/1.1\r\nHost: a.test\r\n\r\n");
    assert_eq!(client.response("GET").status, 421);
}

#[test]
fn handshakes_do_not_last_for_ever() {
    let site = Site::new();
    // A hello that is not whole.
    let hello = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03";
    for (front, pause) in [(&hello[..0], None), (hello, None), (&hello[..1], Some(hello.len()))] {
        let mut stream = TcpStream::connect(site.address()).expect("the server accepts");
        stream.set_read_timeout(Some(PATIENCE)).expect("a limit");
        let began = Instant::now();
        stream.write_all(front).expect("room");
        if pause.is_some() {
            for byte in &hello[1..] {
                thread::sleep(Duration::from_millis(50));
                let _ = stream.write_all(&[*byte]);
            }
        }
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest);
        let took = began.elapsed();
        assert!(took > Duration::from_millis(3500) && took < PATIENCE, "{took:?}");
    }
}

#[test]
fn connections_end_in_order() {
    let site = Site::new();
    let mut idle = site.client("a.test");
    assert_eq!(idle.get("/said", "a.test").status, 200);
    let mut last = site.client("a.test");
    last.send("GET /said HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n");
    assert_eq!(last.response("GET").status, 200);
    // An end without a word would be an error.
    assert!(last.until_ended().is_empty());
    site.server.signal("TERM");
    assert!(idle.until_ended().is_empty());
}

#[test]
fn keys_that_change_are_used_from_then_on() {
    let site = Site::new();
    let mut kept = site.client("a.test");
    assert_eq!(kept.get("/said", "a.test").status, 200);
    let other = Authority::new("other");
    let config = Arc::new(other.trusted(&BOTH, None));
    let asked = |config: &Arc<ClientConfig>| {
        Client::secure(site.address(), config, "a.test")
            .map(|mut client| client.get("/said", "a.test").status)
    };
    assert!(asked(&config).is_err());
    // Half of a pair: the old one stays.
    let new = other.server(&["a.test"], &rcgen::PKCS_ECDSA_P256_SHA256);
    site.folder.write("a.pem", &new.certificate);
    site.server.signal("HUP");
    site.server.wait_for("does not belong to the certificate");
    assert!(asked(&config).is_err());
    assert!(matches!(asked(&site.config(None)), Ok(200)));
    // The other half; and a link that is turned, as certbot does it.
    let newer = other.server(&["a.test"], &rcgen::PKCS_ECDSA_P256_SHA256);
    newer.write(&site.folder, "newer");
    let path = |name: &str| site.folder.path().join(name);
    fs::remove_file(path("a.pem")).expect("a file");
    fs::remove_file(path("a.key")).expect("a file");
    site.folder.link("a.pem", "newer.pem");
    site.folder.link("a.key", "newer.key");
    site.server.signal("HUP");
    site.server.wait_for("has changed, and is used from now on");
    assert!(matches!(asked(&config), Ok(200)));
    assert_eq!(kept.get("/said", "a.test").status, 200);
}

#[test]
fn a_proxy_speaks_before_tls_begins() {
    let site = Site::new();
    let mut stream = TcpStream::connect(("127.0.0.1", site.server.port_at(2))).expect("accepts");
    stream.set_read_timeout(Some(PATIENCE)).expect("a limit");
    stream.write_all(b"PROXY TCP4 192.0.2.7 192.0.2.8 1234 443\r\n").expect("room");
    let mut stream =
        sitec_tests::secure::begin(stream, &site.config(None), "a.test").expect("a handshake");
    stream.write_all(b"GET / HTTP/1.0\r\nHost: a.test\r\n\r\n").expect("room");
    let mut text = String::new();
    stream.read_to_string(&mut text).expect("an answer");
    assert!(text.ends_with("\r\n\r\n192.0.2.7 https"), "{text}");
}

#[test]
fn keys_that_cannot_be_used_stop_the_start() {
    let (authority, folder) = (Authority::new("root"), Folder::new());
    keys(&authority, &folder);
    fs::remove_file(folder.path().join("b.key")).expect("a file");
    folder.write("a.key", &authority.server(&["x.test"], &rcgen::PKCS_ED25519).key);
    let certs = folder.path().display().to_string();
    for check in [false, true] {
        let launch = launch("tls").ports(3).set("CERTS", &certs).set("WWW", &certs);
        let launch = launch.set("LOG", &format!("{certs}/log"));
        let launch = if check { launch.arg("--check") } else { launch };
        let output = launch.output();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success());
        assert!(said.contains("error: cannot read `") && said.contains("b.key"), "{said}");
        assert!(said.contains("a.key` does not belong to the certificate in"), "{said}");
    }
}

#[test]
fn logs_tell_what_was_agreed_on() {
    let site = Site::new();
    let config = site.config(None);
    for _ in 0..2 {
        assert_eq!(site.client_as(&config, "a.test").get("/said", "a.test").status, 200);
    }
    let expected = ["TLSv1.3 a.test . 200 https", "TLSv1.3 a.test r 200 https"];
    assert_eq!(site.folder.wait_for_lines("access.log", 2), expected);
}

#[test]
fn connections_at_rest_hold_little() {
    const COUNT: u64 = 500;
    let site = Site::new();
    let config = site.config(None);
    let open = || {
        let mut client = site.client_as(&config, "a.test");
        assert_eq!(client.get("/said", "a.test").status, 200);
        client
    };
    let _first: Vec<Client> = (0..20).map(|_| open()).collect();
    let before = site.server.memory_kb();
    let _rest: Vec<Client> = (0..COUNT).map(|_| open()).collect();
    let each = (site.server.memory_kb() - before) * 1024 / COUNT;
    assert!(each <= 9 << 10, "{each} bytes each");
}

#[test]
fn other_servers_are_asked_over_tls() {
    let site = Site::new();
    let mut plain = Client::connect(("127.0.0.1", site.server.port_at(1)));
    let mut ask = |path: &str, name: &str, host: &str| {
        let fields = format!("Host: back.test\r\nX-Name: {name}\r\nX-Host: {host}\r\n");
        let request = format!("GET {path} HTTP/1.1\r\n{fields}\r\n");
        let response = plain.send(request).response("GET");
        (response.status, response.text())
    };
    let said = "https on TLSv1.3 TLS_AES_256_GCM_SHA384 X25519 a.test . |NONE|";
    assert_eq!(ask("/back/said", "a.test", "a.test"), (200, said.to_owned()));
    // The connection is used again, for the same name alone.
    assert_eq!(ask("/back/said", "a.test", "a.test"), (200, said.to_owned()));
    assert_eq!(ask("/back/", "b.test", "b.test"), (200, "b b.test".to_owned()));
    assert_eq!(ask("/back/", "c.test", "a.test").0, 502);
    site.server.wait_for("no alternative certificate subject name matches");
    assert_eq!(ask("/back/loose/said", "c.test", "a.test").0, 200);
    assert_eq!(ask("/back/", "", "a.test").0, 502);
    let (status, text) = ask("/back/staff/", "staff.test", "staff.test");
    assert_eq!((status, &text[..]), (200, "SUCCESS CN=server 51"));
    let (status, text) = ask("/back/large", "a.test", "a.test");
    assert!(status == 200 && text.len() > 7_000_000);
    // What goes there is whole, too.
    let content = "x".repeat(3_000_000);
    let head =
        "POST /back/script HTTP/1.1\r\nHost: back.test\r\nX-Name: a.test\r\nX-Host: a.test\r\n";
    let request = format!("{head}Content-Length: {}\r\n\r\n{content}", content.len());
    let response = plain.send(request).response("POST");
    assert!(response.status == 200 && response.text().ends_with(&content));
}

/// A client that sends requests and reads no response.
struct Deaf {
    stream: secure::Stream,
    /// How much of the request under way is sent.
    sent: usize,
}

impl Deaf {
    fn connect(site: &Site, config: &Arc<ClientConfig>) -> Deaf {
        let stream = TcpStream::connect(site.address()).expect("the server accepts");
        let stream = secure::begin(stream, config, "a.test").expect("a handshake");
        stream.sock.set_nonblocking(true).expect("a socket");
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
    let Reckoned { bounds, .. } = reckoned("sites/tls.conf");
    let site = Site::new();
    let config = site.config(None);
    let is_there = || site.client_as(&config, "a.test").get("/said", "a.test").status == 200;
    assert!(is_there());
    let before = site.server.peak_memory_kb() << 10;
    let mut clients: Vec<_> = (0..CLIENTS).map(|_| Deaf::connect(&site, &config)).collect();
    let field = "x".repeat(4000);
    let request = format!("GET /large HTTP/1.1\r\nHost: a.test\r\nX-A: {field}\r\n\r\n");
    let mut taken = true;
    while taken {
        taken = false;
        for client in &mut clients {
            taken |= client.send(request.as_bytes());
        }
        // The server has had its turn with what came before.
        assert!(is_there());
    }
    let grown = (site.server.peak_memory_kb() << 10) - before;
    // They do make it hold something.
    assert!(grown > CLIENTS * 10_000, "{grown}");
    let most = CLIENTS * bounds.connection_len + bounds.worker_len;
    assert!(grown < most, "{grown} bytes of {most}");
    assert!(before + grown < bounds.memory);
}
