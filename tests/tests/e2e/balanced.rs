//! What many workers know of the servers behind them.

use std::io::Write;
use std::sync::Arc;
use std::sync::mpsc;
use std::thread;

use crate::launch;
use sitec_tests::backend::{Backend, Then, nobody};
use sitec_tests::response::Response;
use sitec_tests::server::Server;

fn before(one: &str, two: &str) -> Server {
    launch("balanced").set("ONE", one).set("TWO", two).start()
}

/// One that says who it is.
fn named(name: &'static str) -> Backend {
    Backend::start(move |_, stream| {
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{name}", name.len());
        let _ = stream.write_all(head.as_bytes());
        Then::Keep
    })
}

#[test]
fn workers_take_turns_together() {
    let (one, two) = (named("one"), named("two"));
    let server = before(&one.address(), &two.address());
    // Each connection may be another worker's.
    let texts: Vec<_> = (0..40).map(|_| server.get("/turns/").text()).collect();
    for pair in texts.chunks(2) {
        assert_ne!(pair[0], pair[1], "{texts:?}");
    }
}

#[test]
fn workers_count_connections_together() {
    let (free, wait) = mpsc::channel::<()>();
    let wait = Arc::new(std::sync::Mutex::new(wait));
    let backend = Backend::start(move |_, stream| {
        let _ = wait.lock().unwrap().recv();
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        Then::Keep
    });
    let server = before(&backend.address(), &nobody());
    thread::scope(|scope| {
        let asked: Vec<_> = (0..12).map(|_| scope.spawn(|| server.get("/alone/").status)).collect();
        // All others are told at once that there is no place.
        server.wait_for_times(10, "no live upstreams while connecting to upstream");
        free.send(()).unwrap();
        free.send(()).unwrap();
        let mut statuses: Vec<_> = asked.into_iter().map(|it| it.join().unwrap()).collect();
        statuses.sort_unstable();
        assert_eq!(statuses, [[200].repeat(2), [502].repeat(10)].concat());
    });
    assert_eq!(backend.asked().len(), 2);
}

#[test]
fn one_failure_is_known_to_all_workers() {
    let broken = Backend::start(|_, _| Then::Close);
    let fine = named("fine");
    let server = before(&broken.address(), &fine.address());
    for _ in 0..40 {
        assert_eq!(server.get("/failing/").text(), "fine");
    }
    assert_eq!(broken.connections(), 1, "{}", server.log());
}

/// GET with this Cookie on a connection of its own.
fn with_cookie(server: &Server, path: &str, cookie: &str) -> Response {
    let request = format!("GET {path} HTTP/1.1\r\nHost: a.test\r\nCookie: {cookie}\r\n\r\n");
    server.connect().send(request).response("GET")
}

#[test]
fn a_cookie_leads_to_the_same_server() {
    let (one, two) = (named("one"), named("two"));
    let server = before(&one.address(), &two.address());
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..4 {
        let first = server.get("/cookies/?site=Lax");
        let cookie = first.field("Set-Cookie").unwrap().to_owned();
        let (pair, attributes) = cookie.split_once("; ").unwrap();
        assert_eq!(attributes, "path=/; HttpOnly; SameSite=Lax");
        seen.insert(pair.to_owned());
        for _ in 0..4 {
            let again = with_cookie(&server, "/cookies/", &format!("a=b; {pair}"));
            assert_eq!((again.text(), again.field("Set-Cookie")), (first.text(), None));
        }
    }
    // The MD5 of an address is 32 digits.
    let lens: Vec<_> = seen.iter().map(|pair| pair.len()).collect();
    assert!(seen.contains("srv_id=two") && lens.contains(&39), "{seen:?}");
    // One who is nobody gets another, and no line of its own.
    let other = with_cookie(&server, "/cookies/?site=a%0d%0aX:y", "srv_id=three");
    assert!(other.field("Set-Cookie").is_some() && other.field("X").is_none());
}

#[test]
fn a_cookie_that_ends_is_renewed() {
    let (one, two) = (named("one"), named("two"));
    let server = before(&one.address(), &two.address());
    for (cookie, expected) in [("a=b", "one"), ("srv_id=one", "one"), ("srv_id=two", "two")] {
        let response = with_cookie(&server, "/renewed/", cookie);
        assert_eq!(response.text(), expected, "{cookie}");
        let cookie = response.field("Set-Cookie").unwrap();
        let front = format!("srv_id={expected}; expires=");
        assert!(cookie.starts_with(&front), "{cookie}");
        assert!(cookie.ends_with(" GMT; max-age=3600; Secure; domain=a.test"), "{cookie}");
    }
}

#[test]
fn a_request_may_name_its_server() {
    let (one, two) = (named("one"), named("two"));
    let server = before(&one.address(), &two.address());
    for _ in 0..4 {
        assert_eq!(server.get("/routes/?route=one").text(), "one");
        assert_eq!(with_cookie(&server, "/routes/?route=one", "route=two").text(), "two");
    }
}

#[test]
fn sessions_of_the_servers_own_are_learnt_by_all_workers() {
    let session = |name: &'static str| {
        Backend::start(move |asked, stream| {
            let cookie = match asked.fields("Cookie").is_empty() {
                true => format!("Set-Cookie: sid={}; Path=/\r\n", asked.target().len()),
                false => String::new(),
            };
            let head = format!("HTTP/1.1 200 OK\r\n{cookie}Content-Length: 3\r\n\r\n{name}");
            let _ = stream.write_all(head.as_bytes());
            Then::Keep
        })
    };
    let (one, two) = (session("one"), session("two"));
    let server = before(&one.address(), &two.address());
    let mut seen = std::collections::BTreeSet::new();
    for len in 0..6 {
        let first = server.get(&format!("/learnt/{}", "x".repeat(len)));
        seen.insert(first.text());
        let cookie = first.field("Set-Cookie").unwrap().split(';').next().unwrap().to_owned();
        for _ in 0..6 {
            assert_eq!(with_cookie(&server, "/learnt/", &cookie).text(), first.text());
        }
    }
    assert_eq!(seen.len(), 2);
}
