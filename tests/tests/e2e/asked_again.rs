//! A request that is the last one again is answered as if it were the first: with what holds now,
//! and with all that it leaves behind.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, TcpListener};

use sitec_tests::client::Client;
use sitec_tests::folder::Folder;
use sitec_tests::response::Response;

use crate::{http, launch, routing};

/// How often the same is asked: more than twice, so that the last answer would do.
const TIMES: usize = 5;

/// Status and content of the answers to one request, asked again and again.
fn answers(client: &mut Client, host: &str, path: &str) -> Vec<(u16, String)> {
    let mut ask = || client.get(path, host);
    (0..TIMES).map(|_| ask()).map(|response| (response.status, response.text())).collect()
}

/// A response without its date.
fn dateless(mut response: Response) -> Response {
    response.fields.retain(|(name, _)| name != "Date");
    response
}

/// Asks for all pairs of heads in all orders, each over a connection of its own and in one write.
fn ask_in_pairs(connect: impl Fn() -> Client, heads: &[String]) {
    let method = |head: &str| head.split(' ').next().map(str::to_owned).unwrap_or_default();
    let alone = |head: &String| dateless(connect().send(head).response(&method(head)));
    let alone: Vec<_> = heads.iter().map(alone).collect();
    for a in 0..heads.len() {
        for b in 0..heads.len() {
            let order = [a, a, a, b, a, b, b, b, a];
            let (mut one_by_one, mut at_once) = (connect(), connect());
            at_once.send(order.map(|at| heads[at].as_str()).concat());
            for at in order {
                let (head, method) = (&heads[at], method(&heads[at]));
                let first = dateless(one_by_one.send(head).response(&method));
                assert_eq!(first, alone[at], "{head} after {}", heads[a]);
                assert_eq!(dateless(at_once.response(&method)), alone[at], "{head}, pipelined");
            }
        }
    }
}

#[test]
fn one_answer_is_not_given_for_another() {
    let server = http();
    let mut heads: Vec<_> =
        ["ping", "empty", "timed", "get", "post", "none", "uri", "ping?a", "host"]
            .map(|path| format!("GET /{path} HTTP/1.1\r\nHost: http.test\r\n\r\n"))
            .into();
    heads.extend([
        "HEAD /ping HTTP/1.1\r\nHost: http.test\r\n\r\n".into(),
        "POST /ping HTTP/1.1\r\nHost: http.test\r\n\r\n".into(),
        "GET /ping HTTP/1.1\r\nHost: http.tes\r\n\r\n".into(),
        "GET /ping HTTP/1.1\nHost: http.test\n\n".into(),
        "GET http://a/ping HTTP/1.1\r\nHost: http.test\r\n\r\n".into(),
        "GET /host HTTP/1.1\r\nHost: http.test\r\nX-One: 1\r\n\r\n".into(),
    ]);
    ask_in_pairs(|| server.connect(), &heads);
}

#[test]
fn one_server_does_not_answer_for_another() {
    let server = routing();
    let paths = ["/", "/none", "/a/b", "/moved"];
    let hosts = ["exact.test", "a.star.test", "first.test", "joe.home.test"];
    let heads: Vec<_> = paths
        .iter()
        .flat_map(|path| hosts.map(|host| format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n")))
        .collect();
    for listen in 0..2 {
        ask_in_pairs(|| server.connect_at(listen), &heads[listen * 4..][..8]);
    }
    // The same is asked where other servers listen.
    for head in &heads {
        let ask = |at: usize| dateless(server.connect_at(at).send(head).response("GET"));
        let told = [0, 1].map(ask);
        for _ in 0..TIMES {
            let again = [0, 0, 0, 1].map(ask);
            assert_eq!((&again[2], &again[3]), (&told[0], &told[1]), "{head}");
        }
    }
}

#[test]
fn what_differs_each_time_is_made_anew() {
    let server = http();
    let counted = answers(&mut server.connect(), "http.test", "/count");
    let expected = (1..=TIMES).map(|count| (200, count.to_string()));
    assert_eq!(counted, expected.collect::<Vec<_>>());
    // A connection ends when the conf says so, and not a request later.
    server.get_from("http.test", "/three");
    for _ in 0..TIMES {
        let mut client = server.connect();
        let closes = [(); 3].map(|()| client.get("/three", "http.test").closes());
        assert_eq!(closes, [false, false, true]);
        assert!(client.closed());
    }
}

#[test]
fn each_request_leaves_its_line() {
    let server = launch("content").set("LOG", "stderr").start();
    answers(&mut server.connect(), "logs.test", "/one");
    server.wait_for_times(TIMES, "told /one\n");
    answers(&mut server.connect(), "logs.test", "/refused");
    server.wait_for_times(TIMES, "access forbidden by rule");
    // Its own line, and not the first one's.
    let mut client = server.connect();
    answers(&mut client, "logs.test", "/counted");
    client.send("GET /counted HTTP/1.1\r\nHost: logs.test\r\n\r\n".repeat(TIMES));
    for number in 1..=2 * TIMES {
        let pipe = if number > TIMES + 1 { 'p' } else { '.' };
        server.wait_for(&format!("counted {number} {pipe} 200 4 4.\n"));
    }
}

#[test]
fn each_request_is_counted() {
    let server = launch("content").start();
    let mut client = server.connect();
    let requests = |client: &mut Client| {
        let told = client.get("/status", "a").text();
        let line = told.lines().nth(2).unwrap_or_default();
        line.split_whitespace().last().and_then(|count| count.parse::<usize>().ok())
    };
    let before = requests(&mut client).expect("a count");
    answers(&mut server.connect(), "a", "/none");
    assert_eq!(requests(&mut client), Some(before + TIMES + 1));
}

#[test]
fn each_client_is_judged_by_itself() {
    let [v4, v6] = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];
    if let Err(error) = TcpListener::bind((v6, 0)) {
        return eprintln!("not tested: no IPv6 here: {error}");
    }
    let server = launch("ipv6").ports(2).start();
    let ask = |address| answers(&mut Client::connect((address, server.port_at(1))), "a", "/v4");
    assert!(ask(v4).iter().all(|(_, text)| text == "in"));
    assert!(ask(v6).iter().all(|(status, _)| *status == 403));
}

#[test]
fn what_a_client_has_written_is_seen_at_once() {
    let www = Folder::new();
    let path = www.path().to_str().expect("text");
    let server = launch("writing").set("WWW", path).set("STORE", path).start();
    let (mut reader, mut writer) = (server.connect(), server.connect());
    let (missing, of) = (404, |text: &str| vec![(200, text.to_owned()); TIMES]);
    assert!(answers(&mut reader, "a", "/plain/x").iter().all(|(status, _)| *status == missing));
    for (text, status) in [("1", 201), ("2", 204), ("3", 204)] {
        let put = "PUT /dav/x HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n";
        assert_eq!(writer.send(format!("{put}{text}")).response("PUT").status, status);
        // Another one makes the server take note of the change first.
        writer.get("/plain/y", "a");
        assert_eq!(answers(&mut reader, "a", "/plain/x"), of(text));
    }
    writer.send("DELETE /dav/x HTTP/1.1\r\nHost: a\r\n\r\n").response("DELETE");
    writer.get("/plain/y", "a");
    assert!(answers(&mut reader, "a", "/plain/x").iter().all(|(status, _)| *status == missing));
}
