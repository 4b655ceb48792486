//! Requests that are passed on: what arrives there, and what of the answer comes back.

use std::io::{Read, Write};
use std::time::Duration;

use crate::launch;
use sitec_tests::backend::{Asked, Backend, Then, nobody};
use sitec_tests::response::Response;
use sitec_tests::server::Server;

/// A server of `sites/proxy.conf` before this one.
pub(crate) fn before(backend: &Backend) -> Server {
    launch("proxy").set("BACK", &backend.address()).start()
}

/// One that answers with what it was asked.
fn echo() -> Backend {
    Backend::start(|asked, stream| {
        let text = asked.head.clone();
        let len = if asked.line().starts_with("HEAD") { 0 } else { text.len() };
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", text.len());
        let _ = stream.write_all([head.as_bytes(), &text.as_bytes()[..len]].concat().as_slice());
        Then::Keep
    })
}

/// What arrives for a request.
fn arrives(request: &str) -> Asked {
    let backend = echo();
    let server = before(&backend);
    let method = request.split(' ').next().unwrap();
    let response = server.connect().send(request).response(method);
    assert_eq!(response.status, 200, "{response:?} {}", server.log());
    backend.only()
}

#[test]
fn a_request_is_written_anew() {
    let asked = arrives(
        "GET /a?b=c HTTP/1.1\r\nHost: a.test:81\r\nConnection: keep-alive, X-Hop, close\r\n\
         X-Hop: 1\r\nKeep-Alive: 5\r\nTE: trailers\r\nProxy: p\r\nProxy-Connection: q\r\n\
         X-Forwarded-For: 1.2.3.4\r\nX-Forwarded-For: 5.6.7.8\r\nX-Real-IP: 9\r\nX-None: 1\r\n\
         Upgrade: h2c\r\nAccept: */*\r\naccept: text/html\r\nCookie: a=b\r\n\r\n",
    );
    let expected = "GET /a?b=c HTTP/1.1\nHost: a.test\nX-Real-IP: 127.0.0.1\n\
                    X-Forwarded-For: 1.2.3.4, 5.6.7.8, 127.0.0.1\nAccept: */*\n\
                    accept: text/html\nCookie: a=b\n";
    assert_eq!(asked.head, expected);
}

#[test]
fn the_conf_may_say_more_of_the_connection() {
    let asked = arrives("GET /said/ HTTP/1.1\r\nHost: a.test\r\nTE: gzip\r\n\r\n");
    let expected = "GET /said/ HTTP/1.1\nHost: a.test\nConnection: keep-alive\nTE: trailers\n";
    assert_eq!(asked.head, expected);
}

#[test]
fn http_1_0_has_no_chunks() {
    let asked = arrives(
        "POST /old-stream/ HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n\
         2\r\nhi\r\n1\r\n!\r\n0\r\n\r\n",
    );
    assert_eq!((asked.fields("Content-Length"), &asked.content[..]), (vec!["3"], &b"hi!"[..]));
    assert!(asked.fields("Transfer-Encoding").is_empty());
}

#[test]
fn a_location_stays_a_path_unless_the_conf_replaces_it() {
    for (location, expected) in [
        ("/a", "/a"),
        ("//other.test/a", "//other.test/a"),
        ("http://back/a", "http://localhost:PORT/whole/a"),
    ] {
        let backend = Backend::start(move |_, stream| {
            let head =
                format!("HTTP/1.1 302 F\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n");
            let _ = stream.write_all(head.as_bytes());
            Then::Keep
        });
        let server = before(&backend);
        let expected = expected.replace("PORT", &server.port().to_string());
        assert_eq!(server.get("/whole/").field("Location"), Some(&expected[..]));
    }
}

#[test]
fn of_several_types_the_last_one_counts() {
    for (fields, expected) in [
        ("Content-Type: a/b\r\nContent-Type: c/d\r\n", vec!["c/d"]),
        ("Content-Type: \r\n", vec![]),
    ] {
        let backend = Backend::start(move |_, stream| {
            let head = format!("HTTP/1.1 200 OK\r\n{fields}Content-Length: 2\r\n\r\nok");
            let _ = stream.write_all(head.as_bytes());
            Then::Keep
        });
        let response = before(&backend).get("/");
        assert_eq!(response.values("Content-Type").collect::<Vec<_>>(), expected);
    }
}

#[test]
fn the_host_is_the_upstream_s_where_the_conf_says_nothing() {
    let asked = arrives("GET /plain HTTP/1.1\r\nHost: a.test\r\n\r\n");
    assert_eq!(asked.head, "GET /plain HTTP/1.1\nHost: back\n");
}

#[test]
fn uris_are_those_of_nginx() {
    let backend = echo();
    let server = before(&backend);
    let mut client = server.connect();
    for (asked, arrives) in [
        ("/a%2Fb//c/../d?x=%20", "/a%2Fb//c/../d?x=%20"),
        ("/plain%41", "/plain%41"),
        ("/front/", "/base/"),
        ("/front/a%2Fb//c?d", "/base/a/b/c?d"),
        ("/front/a%20b%3Fc%25", "/base/a%20b%3Fc%25"),
        ("/front/a/../%0d%0aX:y", "/base/%0D%0AX:y"),
        ("/exact?q", "/other?q"),
        ("/re/a%2Fb", "/re/a%2Fb"),
        ("/broken/a%20b?c", "/was/a%20b?c"),
        ("/last/a%2Fb?c", "/base/a/b?c"),
        ("/named/a%2Fb?c", "/named/a%2Fb?c"),
        ("/computed/a%2Fb?c", "/computed/a%2Fb?c"),
        ("/computed-uri/a%2Fb?c", "/fixed?a=b"),
        ("http://other.test/abs?x", "/abs?x"),
    ] {
        let response = client.get(asked, "a.test");
        assert_eq!(response.status, 200, "{asked}: {response:?}");
        assert_eq!(backend.asked().last().unwrap().target(), arrives, "{asked}");
    }
}

#[test]
fn content_goes_on_whole() {
    let backend = echo();
    let server = before(&backend);
    let mut client = server.connect();
    // In pieces of memory; and more than one request has of these, so that it goes on in a file.
    let [long, longest] = [200_000, 3_000_000].map(|len| {
        let words: String = (0..len / 6).map(|n| format!("{n:6}")).collect();
        words
    });
    for path in ["/a", "/filed/a", "/stream/a"] {
        for content in ["", "hello", &long, &longest] {
            if path == "/stream/a" && content.len() > 1 << 20 {
                continue;
            }
            let len = content.len();
            client
                .send(format!("POST {path} HTTP/1.1\r\nHost: a\r\nContent-Length: {len}\r\n\r\n"));
            assert_eq!(client.send(content).response("POST").status, 200);
            let asked = backend.asked().pop().unwrap();
            assert_eq!(asked.fields("Content-Length"), [len.to_string()], "{path}");
            assert!(asked.content == content.as_bytes());
            client.send(format!(
                "POST {path} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
            ));
            if len > 0 {
                client.send(format!("{len:x};x=y\r\n{content}\r\n"));
            }
            assert_eq!(client.send("0\r\nTrailer: t\r\n\r\n").response("POST").status, 200);
            let asked = backend.asked().pop().unwrap();
            let framing = (asked.fields("Content-Length"), asked.fields("Transfer-Encoding"));
            match path {
                "/a" | "/filed/a" => assert_eq!(framing, (vec![&len.to_string()[..]], vec![])),
                _ => assert_eq!(framing, (vec![], vec!["chunked"]), "{asked:?}"),
            }
            assert!(asked.content == content.as_bytes());
        }
    }
    assert_eq!(backend.connections(), 1, "{:?}", server.log());
}

#[test]
fn what_the_conf_sets_goes_instead() {
    let backend = echo();
    let server = before(&backend);
    let mut client = server.connect();
    let request = |path| {
        format!("POST {path} HTTP/1.1\r\nHost: a\r\nX-A: b\r\nContent-Length: 5\r\n\r\nhello")
    };
    client.send(request("/set/?a=7")).response("POST");
    client.send(request("/bare/")).response("POST");
    client.send(request("/old/")).response("POST");
    let [set, bare, old] = &backend.asked()[..] else { panic!("three requests") };
    assert_eq!(set.line(), "PUT /set/?a=7 HTTP/1.1");
    assert_eq!((&set.content[..], set.fields("Content-Length")), (&b"it is 7"[..], vec!["7"]));
    assert_eq!(bare.head, "POST /bare/ HTTP/1.1\nHost: back\n");
    assert_eq!(old.line(), "POST /old/ HTTP/1.0");
    assert_eq!(
        (old.fields("Connection"), old.fields("Content-Length")),
        (vec!["close"], vec!["5"])
    );
}

/// What comes of an answer, and what the log says.
fn comes(answer: &'static str, then: Then, path: &str) -> (Response, String) {
    let backend = Backend::saying(answer, then);
    let server = before(&backend);
    let response = server.get(path);
    server.wait_for("length=");
    (response, server.log())
}

#[test]
fn an_answer_comes_back_in_our_framing() {
    for (answer, body) in [
        ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "hello"),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n",
            "hello",
        ),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n0\r\nT: u\r\n\r\n",
            "hello",
        ),
        ("HTTP/1.0 200 OK\r\n\r\nhello", "hello"),
        ("HTTP/1.1 204 No Content\r\n\r\n", ""),
    ] {
        let (response, log) = comes(answer, Then::Close, "/");
        assert!(response.status == 200 || response.status == 204, "{answer:?}: {response:?} {log}");
        assert_eq!(response.text(), body, "{answer:?}");
    }
}

#[test]
fn fields_of_the_connection_stay_behind() {
    let answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: X-Hop\r\nX-Hop: 1\r\n\
                  Keep-Alive: timeout=1\r\nServer: own\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nX-Accel-Buffering: no\r\n\
                  X-Own: yes\r\nSet-Cookie: a=b\r\nSet-Cookie: c=d\r\nX-Own: too\r\n\r\n";
    let (response, log) = comes(answer, Then::Keep, "/");
    for name in ["X-Hop", "Keep-Alive", "X-Accel-Buffering"] {
        assert_eq!(response.field(name), None);
    }
    assert_eq!(response.field("Server"), Some("sitec"));
    assert_eq!(response.values("X-Own").collect::<Vec<_>>(), ["yes", "too"]);
    assert_eq!(response.values("Set-Cookie").collect::<Vec<_>>(), ["a=b", "c=d"]);
    assert!(log.contains("own=yes"), "{log}");
    let (response, _) = comes(answer, Then::Keep, "/passed/");
    let own = (Some("own"), Some("Sun, 06 Nov 1994 08:49:37 GMT"));
    assert_eq!((response.field("Server"), response.field("Date")), own);
}

#[test]
fn heads_have_no_content() {
    let backend = Backend::saying("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n", Then::Keep);
    let server = before(&backend);
    let mut client = server.connect();
    for _ in 0..2 {
        let response = client.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n").response("HEAD");
        assert_eq!((response.status, response.field("Content-Length")), (200, Some("500")));
    }
    assert_eq!(backend.connections(), 1);
}

#[test]
fn answers_are_edited_as_the_conf_says() {
    let answer = "HTTP/1.1 302 Found\r\nContent-Length: 0\r\nX-Secret: s\r\n\
                  Location: http://back.test/a?b\r\nSet-Cookie: a=b; Domain=.Back.Test; Path=/app/x\r\n\
                  Set-Cookie: path=/app/; HttpOnly\r\n\r\n";
    let (response, _) = comes(answer, Then::Keep, "/edited/");
    assert_eq!(response.field("Location"), Some("/edited/a?b"));
    assert_eq!(response.field("X-Secret"), None);
    let cookies = ["a=b; Domain=.localhost; Path=/edited/x", "path=/app/; HttpOnly"];
    assert_eq!(response.values("Set-Cookie").collect::<Vec<_>>(), cookies);
    let answer = "HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: http://other.test/a\r\n\
                  Refresh: 5; url=http://back.test/x\r\n\r\n";
    let (response, _) = comes(answer, Then::Keep, "/edited/");
    assert_eq!(response.field("Location"), Some("/other/a"));
    assert_eq!(response.field("Refresh"), Some("5; url=/edited/x"));
    // Without `proxy_redirect`, what `proxy_pass` names becomes what the location is.
    let answer = "HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: http://back/base/x\r\n\r\n";
    assert_eq!(comes(answer, Then::Keep, "/front/").0.field("Location"), Some("/front/x"));
}

#[test]
fn pages_of_our_own_stand_for_errors() {
    let answer = "HTTP/1.1 404 Not Found\r\nContent-Length: 3\r\n\r\nno!";
    assert_eq!(comes(answer, Then::Keep, "/").0.text(), "no!");
    let (response, _) = comes(answer, Then::Keep, "/own/");
    assert_eq!((response.status, &response.text()[..]), (404, "sorry for 404"));
}

#[test]
fn parts_of_answers_are_sent_where_the_conf_says_so() {
    let backend = Backend::start(|asked, stream| {
        let tag =
            "ETag: \"t\"\r\nLast-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\nAccept-Ranges: none";
        let content: String = (0..20_000).map(|at| char::from(b'a' + (at % 26) as u8)).collect();
        let _ = match asked.target() {
            "/parts/chunked" => write!(
                stream,
                "HTTP/1.1 200 OK\r\n{tag}\r\nTransfer-Encoding: chunked\r\n\r\n4e20\r\n{content}\r\n0\r\n\r\n"
            ),
            "/parts/gone" => {
                write!(stream, "HTTP/1.1 404 Not Found\r\nContent-Length: 20000\r\n\r\n{content}")
            }
            _ => {
                write!(stream, "HTTP/1.1 200 OK\r\n{tag}\r\nContent-Length: 20000\r\n\r\n{content}")
            }
        };
        Then::Keep
    });
    let server = before(&backend);
    let mut client = server.connect();
    let content: Vec<u8> = (0..20_000).map(|at| b'a' + (at % 26) as u8).collect();
    let mut ask = |path: &str, more: &str| {
        let response =
            client.send(format!("GET {path} HTTP/1.1\r\nHost: a\r\n{more}\r\n")).response("GET");
        let range = response.field("Content-Range").map(str::to_owned);
        (response.status, range, response.field("Accept-Ranges").map(str::to_owned), response.body)
    };
    let bytes = Some("bytes".to_owned());
    for (range, said, part) in [
        ("bytes=0-0", "bytes 0-0/20000", 0..1),
        ("bytes=100-199", "bytes 100-199/20000", 100..200),
        ("bytes=19990-", "bytes 19990-19999/20000", 19_990..20_000),
        ("bytes=-5", "bytes 19995-19999/20000", 19_995..20_000),
        ("bytes=0-19999", "bytes 0-19999/20000", 0..20_000),
    ] {
        let expected = (206, Some(said.to_owned()), None::<String>, content[part].to_vec());
        let found = ask("/parts/x", &format!("Range: {range}\r\n"));
        assert_eq!((found.0, &found.1, &found.2), (expected.0, &expected.1, &expected.2));
        assert!(found.3 == expected.3, "{range}");
    }
    let same = "If-Range: \"t\"\r\nRange: bytes=1-2\r\n";
    assert_eq!(ask("/parts/x", same).3, b"bc");
    let whole = (200, None, bytes.clone(), content.clone());
    for more in [
        "",
        "Range: bytes=0-1,5-6\r\n",
        "Range: lines=1-2\r\n",
        "If-Range: \"u\"\r\nRange: bytes=1-2\r\n",
        "If-Range: Sun, 06 Nov 1994 08:49:38 GMT\r\nRange: bytes=1-2\r\n",
    ] {
        assert!(ask("/parts/x", more) == whole, "{more}");
    }
    let (status, range, ..) = ask("/parts/x", "Range: bytes=20000-\r\n");
    assert_eq!((status, range.as_deref()), (416, Some("bytes */20000")));
    assert_eq!(ask("/parts/gone", "Range: bytes=1-2\r\n").0, 404);
    // Without a length, and where the conf does not say so, it goes on as it is.
    assert!(ask("/parts/chunked", "Range: bytes=1-2\r\n").3 == content);
    assert_eq!(ask("/x", "Range: bytes=1-2\r\n").0, 200);
}

#[test]
fn an_answer_may_lead_inside() {
    let answer = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Type: a/b\r\n\
                  X-Accel-Redirect: /inside/x%20y?z\r\nX-Other: o\r\nSet-Cookie: a=b\r\n\r\nhello";
    let (response, _) = comes(answer, Then::Keep, "/");
    assert_eq!((response.status, &response.text()[..]), (200, "inside /inside/x y"));
    assert_eq!(response.field("X-Other"), None);
    // Its type and its cookies go with what it leads to.
    assert_eq!(response.values("Content-Type").collect::<Vec<_>>(), ["a/b"]);
    assert_eq!(response.values("Set-Cookie").collect::<Vec<_>>(), ["a=b"]);
}

#[test]
fn an_answer_may_lead_to_a_name() {
    let answer = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Accel-Redirect: @led\r\n\r\nhello";
    let backend = Backend::saying(answer, Then::Keep);
    let server = before(&backend);
    let post = "POST /a%20b HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi";
    let mut client = server.connect();
    for _ in 0..2 {
        let response = client.send(post).response("POST");
        assert_eq!((response.status, &response.text()[..]), (200, "POST led from /a b"));
    }
    // The content goes with it.
    for name in ["passed", "streamed"] {
        let answer =
            format!("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX-Accel-Redirect: @{name}\r\n\r\n");
        let backend = Backend::start(move |_, stream| {
            let _ = stream.write_all(answer.as_bytes());
            Then::Keep
        });
        let other = Backend::saying("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", Then::Keep);
        let launch = launch("proxy").set("BACK", &backend.address());
        let server = launch.set("OTHER", &other.address()).start();
        let mut client = server.connect();
        // In memory, in a file, in chunks, and none.
        let large = "x".repeat(100_000);
        for (framing, content) in [
            ("Content-Length: 2\r\n\r\nhi".to_owned(), "hi"),
            (format!("Content-Length: 100000\r\n\r\n{large}"), &large[..]),
            ("Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n1\r\n!\r\n0\r\n\r\n".to_owned(), "hi!"),
            ("Content-Length: 0\r\n\r\n".to_owned(), ""),
        ] {
            let head = format!("POST /a HTTP/1.1\r\nHost: a\r\n{framing}");
            assert_eq!(client.send(head).response("POST").text(), "ok", "{}", server.log());
            let asked = other.asked().pop().unwrap();
            assert_eq!(asked.line(), "POST /a HTTP/1.1");
            assert!(asked.content == content.as_bytes(), "{name} {}", asked.head);
        }
    }
    // So it does where a name stands for an error, of an answer or of none.
    let busy = "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n";
    for back in [Backend::saying(busy, Then::Keep).address(), nobody()] {
        let other = Backend::saying("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", Then::Keep);
        let server = launch("proxy").set("BACK", &back).set("OTHER", &other.address()).start();
        let post = "POST /caught/a HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi";
        assert_eq!(server.connect().send(post).response("POST").text(), "ok", "{}", server.log());
        let asked = other.only();
        assert_eq!((asked.line(), &asked.content[..]), ("POST /caught/a HTTP/1.1", &b"hi"[..]));
    }
    let nowhere = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Accel-Redirect: @none\r\n\r\nhello";
    let backend = Backend::saying(nowhere, Then::Keep);
    let server = before(&backend);
    assert_eq!(server.get("/").status, 500);
    server.wait_for("could not find named location \"@none\"");
}

/// The same answers as from nginx 1.22.
#[test]
fn cookies_get_flags() {
    let answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\
                  Set-Cookie: one=1; path=/app;HttpOnly;  Secure ; domain=a\r\n\
                  Set-Cookie: ONE=2;samesite=Lax\r\n\
                  Set-Cookie: two=3; secure; Secure; HttpOnly; SameSite=None; Max-Age=1\r\n\
                  Set-Cookie: vee=4; a=b=c;;x\r\nSet-Cookie: other\r\n\r\n";
    for (args, vee) in [
        ("?f=secure&s=lax", "vee=4; a=b=c; ; x; Secure; SameSite=Lax"),
        ("?s=None", "vee=4; a=b=c; ; x; SameSite=None"),
        ("?f=bad&s=weird", "vee=4; a=b=c;;x"),
    ] {
        let (response, _) = comes(answer, Then::Keep, &format!("/flagged/{args}"));
        let cookies = [
            "one=1; path=/x; HttpOnly; Secure; domain=a; SameSite=Strict",
            "ONE=2; SameSite=Strict; Secure; HttpOnly",
            "two=3; Max-Age=1",
            vee,
            "other",
        ];
        assert_eq!(response.values("Set-Cookie").collect::<Vec<_>>(), cookies, "{args}");
    }
}

#[test]
fn connections_come_from_where_the_conf_says() {
    let backend = Backend::start(|_, stream| {
        let from = stream.peer_addr().unwrap().ip().to_string();
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{from}", from.len());
        let _ = stream.write_all(head.as_bytes());
        Then::Keep
    });
    let server = before(&backend);
    for (path, expected) in [
        ("/", "127.0.0.1"),
        ("/from/", "127.0.0.2"),
        // One that comes from elsewhere is not used again.
        ("/", "127.0.0.1"),
        ("/from-any/?from=127.0.0.3", "127.0.0.3"),
        ("/from-any/?from=127.0.0.2", "127.0.0.2"),
        ("/from-any/", "127.0.0.1"),
        ("/from-any/?from=me", "127.0.0.1"),
    ] {
        assert_eq!(server.get(path).text(), expected, "{path}");
    }
    assert_eq!(backend.connections(), 3);
    server.wait_for("invalid local address \"me\"");
    assert_eq!(server.get("/from-any/?from=192.0.2.1").status, 500);
    server.wait_for("bind(192.0.2.1:0) failed (99: ");
    assert_eq!(server.get("/from-any/?from=::1").status, 500);
}

#[test]
fn an_answer_is_read_as_slowly_as_the_conf_says() {
    let long = "x".repeat(25_000);
    let backend = Backend::start(move |asked, stream| {
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{long}", long.len());
        let _ = stream.write_all(head.as_bytes());
        let _ = asked;
        Then::Keep
    });
    let server = before(&backend);
    for _ in 0..2 {
        let begun = std::time::Instant::now();
        let response = server.get("/slow/");
        assert_eq!(response.text().len(), 25_000);
        // The first 10k come at once, and then as many in each second.
        let took = begun.elapsed();
        assert!((1400..4000).contains(&took.as_millis()), "{took:?}");
    }
    assert_eq!(backend.connections(), 1);
}

#[test]
fn limited_methods_may_be_passed_on() {
    let backend = echo();
    let server = before(&backend);
    let mut client = server.connect();
    let ask = |client: &mut sitec_tests::client::Client, method: &str, path: &str| {
        client.send(format!("{method} {path} HTTP/1.1\r\nHost: a\r\n\r\n")).response(method)
    };
    assert_eq!(ask(&mut client, "GET", "/limited/").status, 502);
    assert_eq!(ask(&mut client, "GET", "/limited/?in=1").text(), "in if");
    // Neither the steps of the location, nor whom it asks.
    let response = ask(&mut client, "POST", "/limited/?in=1");
    assert_eq!(response.status, 200, "{}", server.log());
    assert_eq!(backend.only().head, "POST /limited/?in=1 HTTP/1.1\nX-Outer: yes\nHost: back\n");
    assert_eq!(ask(&mut client, "DELETE", "/limited-files/a").status, 403);
    assert_eq!(ask(&mut client, "GET", "/limited-files/a").status, 404);
}

#[test]
fn connections_are_kept() {
    let backend = echo();
    let server = before(&backend);
    for path in ["/", "/plain", "/front/", "/"] {
        assert_eq!(server.get(path).status, 200);
    }
    assert_eq!(backend.connections(), 1);
    for _ in 0..3 {
        assert_eq!(server.get("/alone/").status, 200);
    }
    assert_eq!(backend.connections(), 4);
    assert_eq!(backend.asked().last().unwrap().fields("Connection"), ["close"]);
}

#[test]
fn events_are_not_held_back() {
    let backend = Backend::start(|_, stream| {
        let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";
        let _ = stream.write_all(head.as_bytes());
        for _ in 0..3 {
            let _ = stream.write_all(b"data: x\n\n");
            std::thread::sleep(Duration::from_millis(300));
        }
        Then::Close
    });
    let server = before(&backend);
    let mut client = server.connect();
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    let begun = std::time::Instant::now();
    let mut head = [0; 130];
    client.read_exact(&mut head);
    assert!(begun.elapsed() < Duration::from_millis(250), "{:?}", begun.elapsed());
    client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    let rest = String::from_utf8(client.until_closed()).unwrap();
    assert_eq!(rest.matches("data: x").count() + rest.matches("HTTP/1.1 200").count(), 7);
}

#[test]
fn two_sides_may_talk_in_another_protocol() {
    let backend = Backend::start(|_, stream| {
        let head =
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: upgrade\r\n\r\nhi";
        let _ = stream.write_all(head.as_bytes());
        let mut buffer = [0; 4096];
        while let Ok(len @ 1..) = stream.read(&mut buffer) {
            let _ = stream.write_all(&buffer[..len].to_ascii_uppercase());
        }
        Then::Close
    });
    let server = before(&backend);
    let mut client = server.connect();
    client
        .send("GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\nearly ");
    let response = client.response("HEAD");
    assert_eq!((response.status, response.field("Upgrade")), (101, Some("echo")));
    assert_eq!(response.field("Connection"), Some("upgrade"));
    let mut said = [0; 8];
    client.read_exact(&mut said);
    assert_eq!(&said, b"hiEARLY ");
    let long = "abc ".repeat(100_000);
    std::thread::scope(|scope| {
        let mut got = vec![0; long.len()];
        let mut reader = client.twin();
        let reading = scope.spawn(move || {
            reader.read_exact(&mut got);
            got
        });
        client.send(&long);
        assert!(reading.join().unwrap() == long.to_uppercase().as_bytes());
    });
    client.finish();
    assert!(client.closed());
    let asked = backend.only();
    assert_eq!(
        (asked.fields("Upgrade"), asked.fields("Connection")),
        (vec!["echo"], vec!["upgrade"])
    );
}

#[test]
fn nobody_goes_over_to_what_was_not_asked_for() {
    let answer = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: upgrade\r\n\r\n";
    assert_eq!(comes(answer, Then::Keep, "/").0.status, 502);
    // An upgrade that is refused is an answer like others.
    let backend = Backend::saying("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno", Then::Keep);
    let server = before(&backend);
    let mut client = server.connect();
    client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n");
    assert_eq!(client.response("GET").text(), "no");
    assert_eq!(client.get("/", "a").text(), "no");
}
