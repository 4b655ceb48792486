//! How much one client may ask for, and how fast it gets it: what nginx 1.22 did with the same conf.

use std::time::{Duration, Instant};

use sitec_tests::client::Client;
use sitec_tests::server::Server;

use crate::launch;

fn serve() -> Server {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/sites");
    launch("limits").arg("--prefix").arg(folder).start()
}

fn request(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: a.test\r\n\r\n")
}

/// How long a response of 50,000 bytes takes.
fn time(client: &mut Client, path: &str) -> Duration {
    let begun = Instant::now();
    let response = client.send(request(path)).response("GET");
    assert_eq!((response.status, response.body.len()), (200, 50_000), "{path}");
    begun.elapsed()
}

#[test]
fn the_variable_is_what_was_set() {
    let server = serve();
    for (path, expected) in [
        ("/none", "[0]"),
        ("/set", "[4096]"),
        ("/value?r=1m", "[1048576]"),
        ("/value?r=0", "[0]"),
        ("/value?r=4q", "[0]"),
        ("/conf", "[0]"),
        ("/both", "[4096]"),
    ] {
        assert_eq!(server.get(path).text(), expected, "{path}");
    }
    server.wait_for("invalid $limit_rate \"4q\"");
}

#[test]
fn a_response_is_no_faster_than_its_limit() {
    let server = serve();
    // In whole seconds, of which the first is given in advance.
    let paths = [
        ("/slow/fifty?r=20k", 2),
        ("/slow/fifty?r=10k&a=20k", 2),
        ("/slow/fifty?r=20k&a=20k", 1),
        ("/slow/fifty?r=1k&a=50k", 0),
        ("/slow/fifty?r=100m", 0),
        ("/slow/fifty?r=x", 0),
        ("/slow/fifty", 0),
        ("/fixed/fifty", 1),
        ("/script/fifty.sh", 2),
        ("/if/fifty?x=1", 2),
        ("/if/fifty?y=1", 2),
        ("/if/fifty", 0),
    ];
    std::thread::scope(|scope| {
        for (path, seconds) in paths {
            let server = &server;
            scope.spawn(move || {
                let found = time(&mut server.connect(), path);
                let least = Duration::from_secs(seconds).saturating_sub(Duration::from_millis(20));
                let most = least + Duration::from_millis(900);
                assert!((least..most).contains(&found), "{path}: {found:?}");
            });
        }
    });
    server.wait_for("invalid size \"x\"");
}

#[test]
fn each_response_of_a_connection_has_its_own_limit() {
    let server = serve();
    let mut client = server.connect();
    let begun = Instant::now();
    client.send(request("/none") + &request("/fixed/fifty") + &request("/none"));
    assert_eq!(client.response("GET").text(), "[0]");
    assert_eq!(client.response("GET").body.len(), 50_000);
    assert_eq!(client.response("GET").text(), "[0]");
    assert!(begun.elapsed() > Duration::from_millis(950));
    assert!(time(&mut client, "/slow/fifty") < Duration::from_millis(500));
}

/// The status of a response, and what the limits have come to.
fn told(client: &mut Client) -> String {
    let response = client.response("GET");
    format!("{} {}", response.status, response.field("X-Status").unwrap_or_default())
}

/// What seven requests come to that are sent at once, in the order in which they are answered.
const SEVEN: &[(&str, &str)] = &[
    ("plain", "200 PASSED/, 503 REJECTED/*6"),
    ("burst", "200 PASSED/, 503 REJECTED/*3, 200 DELAYED/*3"),
    ("nodelay", "200 PASSED/*4, 503 REJECTED/*3"),
    ("delay", "200 PASSED/*4, 503 REJECTED/, 200 DELAYED/*2"),
    ("dry", "200 PASSED/, 200 REJECTED_DRY_RUN/*6"),
    ("drydelay", "200 PASSED/, 200 DELAYED_DRY_RUN/*3, 200 REJECTED_DRY_RUN/*3"),
    ("status", "200 PASSED/, 429 REJECTED/*6"),
    ("return", "200 /*7"),
    ("two", "200 PASSED/, 503 REJECTED/*6"),
    ("slow", "200 PASSED/, 503 REJECTED/*6"),
    ("deny", "403 PASSED/, 503 REJECTED/*6"),
    ("page", "200 PASSED/, 200 REJECTED/*6"),
];

#[test]
fn requests_are_counted_as_nginx_counts_them() {
    let server = serve();
    std::thread::scope(|scope| {
        for &(name, expected) in SEVEN {
            let server = &server;
            scope.spawn(move || {
                let mut clients: Vec<_> = (0..7).map(|_| server.connect()).collect();
                for client in &mut clients {
                    client.send(request(&format!("/req/{name}/?k={name}")));
                }
                let mut found: Vec<_> = clients.iter_mut().map(told).collect();
                let mut wanted = Vec::new();
                for part in expected.split(", ") {
                    let (text, times) = part.split_once('*').unwrap_or((part, "1"));
                    wanted.extend(vec![text.to_owned(); times.parse().expect("a number")]);
                }
                found.sort();
                wanted.sort();
                assert_eq!(found, wanted, "{name}");
            });
        }
    });
    for _ in 0..3 {
        let mut client = server.connect();
        assert_eq!(told(client.send(request("/req/plain/"))), "200 /", "an empty key");
    }
    let log = server.log();
    for line in [
        "[error] ",
        "limiting requests, excess: ",
        "by zone \"one\", client: 127.0.0.1",
        "delaying request, excess: ",
        "limiting requests, dry run, excess: ",
        "delaying request, dry run, excess: ",
        "access forbidden by rule",
    ] {
        assert!(log.contains(line), "{line}: {log}");
    }
    assert!(!log.lines().any(|line| line.contains("delaying") && !line.contains("[warn]")));
    let own = |line: &&str| line.contains("/req/status/") && line.contains("limiting");
    assert!(log.lines().filter(own).all(|line| line.contains("[info]")));
}

#[test]
fn a_request_waits_without_holding_others() {
    let server = serve();
    let begun = Instant::now();
    let mut clients: Vec<_> = (0..4).map(|_| server.connect()).collect();
    for client in &mut clients {
        client.send(request("/req/burst/?k=w"));
    }
    for _ in 0..20 {
        assert_eq!(server.get("/none").status, 200);
    }
    assert!(begun.elapsed() < Duration::from_millis(900));
    // Of one that goes away, nothing is left.
    drop(clients.pop());
    let answered: Vec<_> = clients.iter_mut().map(told).collect();
    assert!(answered.iter().all(|told| told.starts_with("200")), "{answered:?}");
    assert!(begun.elapsed() > Duration::from_millis(950), "{:?}", begun.elapsed());
}

#[test]
fn all_workers_together_let_in_no_more() {
    let server = serve();
    let asked = || {
        let ask = |_| told(server.connect().send(request("/req/exact/?k=e")));
        (0..25).map(ask).filter(|told| told == "200 PASSED/").count()
    };
    let let_in: usize = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(asked)).collect();
        threads.into_iter().map(|thread| thread.join().expect("no panic")).sum()
    });
    assert_eq!(let_in, 50);
}

#[test]
fn a_zone_that_is_full_gives_up_the_oldest() {
    let server = serve();
    let mut client = server.connect();
    for number in 0..600 {
        assert_eq!(told(client.send(request(&format!("/req/small/?k={number}")))), "200 PASSED/");
    }
    // The last ones are known still.
    assert_eq!(told(client.send(request("/req/small/?k=599"))), "503 REJECTED/");
    server.wait_for_times(1, "the zone \"small\" is full");
}

#[test]
fn connections_count_while_they_have_a_request() {
    let server = serve();
    let path = request("/req/conn/fifty?k=c");
    let mut idle = server.connect();
    let mut first = server.connect();
    first.send(&path);
    let mut front = [0; 1];
    first.read_exact(&mut front);
    let mut second = server.connect();
    assert_eq!(told(second.send(&path)), "503 /REJECTED");
    server.wait_for("limiting connections by zone \"conn\", client: 127.0.0.1");
    let dry = request("/req/conndry/fifty?k=c");
    assert_eq!(told(second.send(&dry)), "200 /REJECTED_DRY_RUN");
    // The first is over, or its client is gone: another one has its place.
    drop(first);
    let begun = Instant::now();
    while told(idle.send(&path)) != "200 /PASSED" {
        assert!(begun.elapsed() < Duration::from_secs(10));
    }
    assert_eq!(told(idle.send(&path)), "200 /PASSED", "a connection that waits does not count");
}

/// The right password of one of the users.
const LOGIN: &str = "Authorization: Basic cGxhaW46c2VjcmV0\r\n";

#[test]
fn who_is_not_let_in_waits_and_others_do_not() {
    let server = serve();
    let ask = |path: &str, login: &str| {
        let request = format!("GET {path} HTTP/1.1\r\nHost: a.test\r\n{login}\r\n");
        server.connect().send(request).response("GET").status
    };
    let begun = Instant::now();
    let mut waits = server.connect();
    waits.send(request("/wait/"));
    assert_eq!(ask("/wait/", LOGIN), 200);
    assert!(begun.elapsed() < Duration::from_millis(350), "{:?}", begun.elapsed());
    assert_eq!(waits.response("GET").status, 401);
    assert!(begun.elapsed() >= Duration::from_millis(400), "{:?}", begun.elapsed());
    let begun = Instant::now();
    assert_eq!(ask("/wait/who", LOGIN), 401);
    assert!(begun.elapsed() >= Duration::from_millis(400), "{:?}", begun.elapsed());
    server.wait_for("delaying unauthorized request");
}
