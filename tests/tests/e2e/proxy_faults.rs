//! What goes wrong behind the server, or before it: what the client sees, what the log says, and that
//! nothing of it is left for the next request.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::launch;
use crate::proxy::before;
use sitec_tests::backend::{Backend, Then, nobody};

const WHOLE: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

#[test]
fn nobody_is_there() {
    let server = launch("proxy").set("BACK", &nobody()).start();
    let response = server.get("/");
    assert_eq!(response.status, 502);
    server.wait_for("connect() failed (111: Connection refused)");
}

/// Answers that are none, or not whole: the bytes, whether the client sees a whole answer with this
/// status, and what the log says.
const BAD: &[(&str, Option<u16>, &str)] = &[
    ("", Some(502), "upstream prematurely closed connection while reading response header"),
    ("HTTP/1.1 200 OK\r\nA: b\r\n", Some(502), "upstream prematurely closed connection"),
    ("hello", Some(502), "upstream sent no valid HTTP/1 status line"),
    ("<html>no head at all</html>\r\n\r\n", Some(502), "no valid HTTP/1 status line"),
    ("HTTP/1.1 200 OK\r\nA b\r\n\r\n", Some(502), "a line that is no field"),
    (
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        Some(502),
        "both Content-Length and Transfer-Encoding",
    ),
    ("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello", None, "prematurely closed connection"),
    (
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
        None,
        "prematurely closed connection while reading upstream",
    ),
    (
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nxyz\r\n",
        None,
        "invalid chunked response",
    ),
    (
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\n\r\nanother",
        Some(200),
        "more data than its answer has",
    ),
];

#[test]
fn answers_that_are_none_are_seen_and_logged() {
    for (answer, seen, logged) in BAD {
        let backend = Backend::start(|_, stream| {
            let _ = stream.write_all(answer.as_bytes());
            Then::Close
        });
        let server = before(&backend);
        let mut client = server.connect();
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        match seen {
            Some(status) => {
                assert_eq!(client.response("GET").status, *status, "{answer:?}");
                // The connection to the client is as good as before.
                client.send("GET /nobody/ HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
                client.until_closed();
            }
            None => {
                let rest = String::from_utf8(client.until_closed()).unwrap();
                assert!(rest.starts_with("HTTP/1.1 200 ") && rest.contains("hello"), "{rest}");
                assert!(!rest.ends_with("0\r\n\r\n"), "{rest}");
            }
        }
        server.wait_for(logged);
    }
}

/// Who says again and again that the answer comes is not waited for without end.
#[test]
fn interim_answers_have_a_bound() {
    for said in ["HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"]
    {
        let backend = Backend::start(move |asked, stream| {
            let many = said.repeat(500);
            let _ = stream.write_all(many.as_bytes());
            if asked.target() == "/many" {
                let _ = stream.write_all(WHOLE.as_bytes());
                return Then::Keep;
            }
            while stream.write_all(many.as_bytes()).is_ok() {}
            Then::Close
        });
        let server = before(&backend);
        // A client of HTTP/1.0 is told nothing of them.
        let ask = |path: &str| {
            let request = format!("GET {path} HTTP/1.0\r\nHost: a\r\n\r\n");
            server.connect().send(request).response("GET")
        };
        assert_eq!(ask("/many").text(), "ok");
        assert_eq!(ask("/endless").status, 502);
        server.wait_for("upstream sent too many interim responses");
    }
}

#[test]
fn a_connection_with_something_left_is_not_used_again() {
    let count = Arc::new(AtomicUsize::new(0));
    let seen = count.clone();
    let backend = Backend::start(move |_, stream| {
        let surplus = if seen.fetch_add(1, Ordering::SeqCst) == 0 { WHOLE } else { "" };
        let _ = stream.write_all([WHOLE, surplus].concat().as_bytes());
        Then::Keep
    });
    let server = before(&backend);
    for _ in 0..3 {
        assert_eq!(server.get("/").text(), "ok");
    }
    assert_eq!(backend.connections(), 2);
}

#[test]
fn a_connection_that_was_closed_meanwhile_is_made_anew() {
    // It answers once on each connection, and closes that some time later.
    let backend = Backend::start(|_, stream| {
        let _ = stream.write_all(WHOLE.as_bytes());
        let stream = stream.try_clone().unwrap();
        thread::spawn(move || {
            thread::sleep(Duration::from_millis(50));
            let _ = stream.shutdown(std::net::Shutdown::Both);
        });
        Then::Keep
    });
    let server = before(&backend);
    for wait_ms in [0, 200, 45, 48, 50, 52] {
        thread::sleep(Duration::from_millis(wait_ms));
        let request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
        assert_eq!(server.connect().send(request).response("GET").text(), "ok", "{wait_ms}");
    }
}

/// A server that closes a connection on its second request, before it answers.
fn second_is_closed() -> Backend {
    let seen = Arc::new(std::sync::Mutex::new(std::collections::BTreeSet::new()));
    Backend::start(move |asked, stream| {
        if !seen.lock().unwrap().insert(asked.connection) {
            return Then::Close;
        }
        let _ = stream.write_all(WHOLE.as_bytes());
        Then::Keep
    })
}

#[test]
fn what_must_not_be_done_twice_is_not() {
    for (method, status) in
        [("GET", 200), ("PUT", 200), ("DELETE", 200), ("POST", 502), ("PATCH", 502)]
    {
        let backend = second_is_closed();
        let server = before(&backend);
        assert_eq!(server.get("/").status, 200);
        let request = format!("{method} / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi");
        let response = server.connect().send(request).response(method);
        assert_eq!(response.status, status, "{method} {}", server.log());
    }
    // What comes as it is sent is not there to be sent again.
    let backend = second_is_closed();
    let server = before(&backend);
    assert_eq!(server.get("/").status, 200);
    let request = "PUT /stream/ HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi";
    assert_eq!(server.connect().send(request).response("PUT").status, 502);
}

#[test]
fn the_next_one_is_asked() {
    let backend = Backend::saying(WHOLE, Then::Keep);
    let server = launch("proxy").set("OTHER", &nobody()).set("BACK", &backend.address()).start();
    for _ in 0..3 {
        let response = server
            .connect()
            .send("POST /pair/ HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi")
            .response("POST");
        assert_eq!(response.text(), "ok");
    }
    server.wait_for("status=502, 200");
    // Two that are asked in turn, of which one is never there: as often as the other.
    let statuses = |path: &str| -> Vec<u16> { (0..4).map(|_| server.get(path).status).collect() };
    let once = statuses("/pair-once/");
    assert!(once.contains(&502) && once.contains(&200), "{once:?}");
    let server = launch("proxy").set("OTHER", &nobody()).set("SPARE", &backend.address()).start();
    assert_eq!(server.get("/spared/").text(), "ok");
    server.wait_for("upstream server temporarily disabled");
    // Where nobody is left, that is a try of its own, as in nginx.
    let server = launch("proxy").set("OTHER", &nobody()).set("SPARE", &nobody()).start();
    assert_eq!([server.get("/spared/").status, server.get("/spared/").status], [502, 502]);
    server.wait_for("addr=spared status=502");
}

#[test]
fn an_answer_may_lead_to_the_next_one() {
    let busy = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\n\r\nbusy";
    let (first, second) = (Backend::saying(busy, Then::Keep), Backend::saying(WHOLE, Then::Keep));
    let start = |other: &Backend, back: &Backend| {
        launch("proxy").set("OTHER", &other.address()).set("BACK", &back.address()).start()
    };
    let server = start(&first, &second);
    for _ in 0..4 {
        assert_eq!(server.get("/pair/").text(), "ok");
    }
    // The last answer is the answer.
    let server = start(&first, &first);
    let response = server.get("/pair/");
    assert_eq!((response.status, &response.text()[..]), (503, "busy"));
}

#[test]
fn nobody_is_waited_for_for_ever() {
    let backend = Backend::start(|asked, stream| {
        if asked.target().ends_with("/body") {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe");
        }
        thread::sleep(Duration::from_secs(2));
        Then::Close
    });
    let server = before(&backend);
    let begun = Instant::now();
    assert_eq!(server.get("/short/").status, 504);
    let mut client = server.connect();
    client.send("GET /short/body HTTP/1.1\r\nHost: a\r\n\r\n");
    let rest = String::from_utf8(client.until_closed()).unwrap();
    assert!(rest.ends_with("he"), "{rest}");
    assert!(begun.elapsed() < Duration::from_secs(2));
    server.wait_for("timed out while reading response header from upstream");
    server.wait_for("timed out while reading upstream");
}

#[test]
fn heads_have_a_bound() {
    let long = format!("HTTP/1.1 200 OK\r\nA: {}\r\nContent-Length: 0\r\n\r\n", "x".repeat(1100));
    let backend = Backend::start(move |_, stream| {
        let _ = stream.write_all(long.as_bytes());
        Then::Keep
    });
    let server = before(&backend);
    assert_eq!(server.get("/small/").status, 502);
    assert_eq!(server.get("/").status, 200);
    server.wait_for("upstream sent too big header");
}

#[test]
fn an_early_answer_is_taken_though_content_is_still_to_come() {
    let backend = Backend::start(|_, _| Then::Close);
    drop(backend);
    // It answers as soon as it has the head, and reads nothing more.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut buffer = [0; 100];
            let _ = std::io::Read::read(&mut stream, &mut buffer);
            let _ = stream.write_all(
                b"HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\nConnection: close\r\n\r\nbig",
            );
            thread::sleep(Duration::from_millis(200));
        }
    });
    let server = launch("proxy").set("BACK", &address).start();
    let content = "x".repeat(20_000_000);
    let mut client = server.connect();
    let len = content.len();
    client.send(format!("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {len}\r\n\r\n"));
    client.send(&content);
    let response = client.response("POST");
    assert_eq!((response.status, &response.text()[..]), (413, "big"), "{}", server.log());
}

#[test]
fn content_that_is_passed_on_as_it_comes_has_its_bounds_too() {
    let backend = Backend::saying(WHOLE, Then::Keep);
    let server = before(&backend);
    let front = "POST /stream/ HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (content, status) in [
        (format!("{:x}\r\n{}\r\n0\r\n\r\n", 1 << 20, "x".repeat(1 << 20)), 200),
        (format!("{:x}\r\n{}", (1 << 20) + 1, "x".repeat((1 << 20) + 1)), 413),
        ("xyz\r\n".to_owned(), 400),
        ("5\r\nhelloX".to_owned(), 400),
    ] {
        let mut client = server.connect();
        let response = client.send(front).send(content).response("POST");
        assert_eq!(response.status, status);
        assert_eq!(response.closes(), status != 200);
    }
}

#[test]
fn a_client_that_leaves_takes_its_request_with_it() {
    let ended = Arc::new(AtomicUsize::new(0));
    let seen = ended.clone();
    let backend = Backend::start(move |_, stream| {
        let head = "HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n";
        let _ = stream.write_all(head.as_bytes());
        while stream.write_all(&[b'x'; 65536]).is_ok() {}
        seen.fetch_add(1, Ordering::SeqCst);
        Then::Close
    });
    let server = before(&backend);
    let at_rest_kb = server.peak_memory_kb();
    let mut client = server.connect();
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    client.read_exact(&mut [0; 100_000]);
    // As long as it takes nothing, no more than a bound is held for it.
    thread::sleep(Duration::from_millis(300));
    let before_kb = server.peak_memory_kb().saturating_sub(at_rest_kb);
    assert!(before_kb < 5_000, "{before_kb}");
    drop(client);
    let begun = Instant::now();
    while ended.load(Ordering::SeqCst) == 0 && begun.elapsed() < Duration::from_secs(5) {
        thread::sleep(Duration::from_millis(10));
    }
    assert_eq!(ended.load(Ordering::SeqCst), 1);
    // One that leaves before there is an answer has 499 in the log.
    let silent = Backend::start(|_, _| {
        thread::sleep(Duration::from_secs(1));
        Then::Close
    });
    let server = before(&silent);
    let mut client = server.connect();
    client.send("GET /gone HTTP/1.1\r\nHost: a\r\n\r\n");
    thread::sleep(Duration::from_millis(100));
    drop(client);
    server.wait_for("/gone 499");
}

#[test]
fn what_a_slow_client_has_taken_is_not_held() {
    let backend = Backend::start(|_, stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 12800000\r\n\r\n");
        for _ in 0..200 {
            let _ = stream.write_all(&[b'x'; 64_000]);
        }
        Then::Keep
    });
    let server = before(&backend);
    assert_eq!(server.get("/sorry").status, 200);
    let before_kb = server.peak_memory_kb();
    let mut client = server.connect();
    client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    let mut piece = vec![0; 64_000];
    for _ in 0..200 {
        client.read_exact(&mut piece);
        thread::sleep(Duration::from_micros(300));
    }
    client.until_closed();
    let after_kb = server.peak_memory_kb();
    assert!(after_kb < before_kb + 4000, "{before_kb} kB, and then {after_kb} kB");
}

#[test]
fn the_rest_is_done_though_the_client_is_gone_where_the_conf_says_so() {
    let backend = Backend::start(|_, stream| {
        thread::sleep(Duration::from_millis(300));
        let _ = stream.write_all(WHOLE.as_bytes());
        Then::Keep
    });
    let server = before(&backend);
    let mut client = server.connect();
    client.send("GET /ignoring/ HTTP/1.1\r\nHost: a\r\n\r\n");
    thread::sleep(Duration::from_millis(100));
    drop(client);
    server.wait_for("/ignoring/ 200");
}
