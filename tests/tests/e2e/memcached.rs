//! Values of memcached: what is asked for, and what of its answers is sent.

use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::sync::{Arc, Mutex};
use std::thread;

use crate::launch;
use sitec_tests::backend::nobody;
use sitec_tests::server::Server;

/// A server that answers as memcached does.
struct Memcached {
    port: u16,
    /// The number of each connection, and the lines that came on it.
    asked: Arc<Mutex<Vec<(usize, String)>>>,
}

impl Memcached {
    /// One that answers a line with these bytes.
    fn start(answer: impl Fn(&str) -> Vec<u8> + Send + Sync + 'static) -> Memcached {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (all, answer) = (asked.clone(), Arc::new(answer));
        thread::spawn(move || {
            for (number, stream) in listener.incoming().flatten().enumerate() {
                let (all, answer) = (all.clone(), answer.clone());
                thread::spawn(move || {
                    let mut output = stream.try_clone().unwrap();
                    for line in BufReader::new(stream).lines().map_while(Result::ok) {
                        let bytes = answer(&line);
                        all.lock().unwrap().push((number, line));
                        let is_whole = bytes.ends_with(b"END\r\n");
                        if output.write_all(&bytes).is_err() || !is_whole {
                            return;
                        }
                    }
                });
            }
        });
        Memcached { port, asked }
    }

    /// One that has these values.
    fn with(values: &'static [(&'static str, u32, &'static str)]) -> Memcached {
        Memcached::start(|line| {
            let key = line.strip_prefix("get ").unwrap();
            let found = values.iter().find(|(known, ..)| *known == key);
            found.map_or_else(
                || b"END\r\n".to_vec(),
                |(key, flags, value)| {
                    let len = value.len();
                    format!("VALUE {key} {flags} {len}\r\n{value}\r\nEND\r\n").into_bytes()
                },
            )
        })
    }

    fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    fn asked(&self) -> Vec<(usize, String)> {
        self.asked.lock().unwrap().clone()
    }
}

fn before(one: &str, two: &str) -> Server {
    launch("memcached").set("ONE", one).set("TWO", two).start()
}

#[test]
fn values_are_sent() {
    let memcached = Memcached::with(&[
        ("/a.css?", 0, "a {}"),
        ("/b%20c?d=%2520", 1, "blank"),
        ("/zipped.html?", 3, "not really"),
        ("/empty.txt?", 0, ""),
    ]);
    let server = before(&memcached.address(), &nobody());
    let mut client = server.connect();
    for (path, media_type, coding, content) in [
        ("/a.css", Some("text/css"), None, "a {}"),
        ("/b%20c?d=%20", Some("text/plain"), None, "blank"),
        ("/zipped.html", Some("text/html"), Some("gzip"), "not really"),
        ("/empty.txt", Some("text/plain"), None, ""),
    ] {
        let response = client.get(path, "a");
        assert_eq!((response.status, &response.text()[..]), (200, content), "{path}");
        let found = response.field("Content-Type").map(|it| it.split(';').next().unwrap());
        assert_eq!((found, response.field("Content-Encoding")), (media_type, coding), "{path}");
    }
    let response = client.send("HEAD /a.css HTTP/1.1\r\nHost: a\r\n\r\n").response("HEAD");
    assert_eq!((response.status, response.field("Content-Length")), (200, Some("4")));
    assert_eq!(client.get("/none", "a").status, 404);
    let post = "POST /a.css HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi";
    let response = client.send(post).response("POST");
    assert_eq!((response.status, response.field("Allow")), (405, Some("GET, HEAD")));
    let content = "GET /a.css HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi";
    assert_eq!(client.send(content).response("GET").text(), "a {}");
    // Connections are kept, but maybe after a HEAD, where the value is not all there with its head.
    let asked = memcached.asked();
    assert_eq!(asked[1].1, "get /b%20c?d=%2520");
    assert!(asked.iter().all(|(number, _)| *number <= 1), "{asked:?}");
}

#[test]
fn what_is_missing_may_be_made() {
    let memcached = Memcached::with(&[("/made/a", 0, "kept")]);
    let server = before(&memcached.address(), &nobody());
    assert_eq!(server.get("/made/a").text(), "kept");
    let response = server.get("/made/b%20c");
    assert_eq!((response.status, &response.text()[..]), (200, "made for /made/b c"));
    assert_eq!(memcached.asked()[1].1, "get /made/b%20c");
    assert_eq!(server.get("/empty/").status, 500);
    server.wait_for("the \"$memcached_key\" variable is not set");
}

#[test]
fn another_one_may_have_it() {
    let (none, some) = (Memcached::with(&[]), Memcached::with(&[("/next/?", 0, "found")]));
    let server = before(&none.address(), &some.address());
    for _ in 0..4 {
        assert_eq!(server.get("/next/").text(), "found", "{}", server.log());
        assert_eq!(server.get("/next/none").status, 404);
    }
}

#[test]
fn answers_that_are_none_are_seen_and_logged() {
    for (answer, seen, logged) in [
        (&b"ERROR\r\n"[..], Some(502), "memcached sent no value"),
        (b"VALUE /other 0 2\r\nhi\r\nEND\r\n", Some(502), "the value of another key"),
        (b"VALUE /a? 0 x\r\n", Some(502), "memcached sent an invalid length"),
        (b"VALUE /a? 0 5", Some(502), "prematurely closed connection"),
        (b"", Some(502), "prematurely closed connection"),
        (b"VALUE /a? 0 5\r\nhel", None, "prematurely closed connection while reading upstream"),
    ] {
        let memcached = Memcached::start(move |_| answer.to_vec());
        let server = before(&memcached.address(), &nobody());
        let mut client = server.connect();
        client.send("GET /a HTTP/1.1\r\nHost: a\r\n\r\n");
        match seen {
            Some(status) => assert_eq!(client.response("GET").status, status, "{logged}"),
            None => {
                let rest = String::from_utf8(client.until_closed()).unwrap();
                assert!(rest.contains("Content-Length: 5") && rest.ends_with("hel"), "{rest}");
            }
        }
        server.wait_for(logged);
    }
}
