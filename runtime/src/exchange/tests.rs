//! The phases, in a world of a few lines.

use super::world::Base;
use super::*;
use crate::http::accept::Coding;
use crate::http::method::MethodSet;
use crate::site::{CompressionSettings, ErrorStatus, Then};
use toy::*;

mod inquiry;
mod toy;

#[test]
fn try_files_takes_the_first_that_is_there() {
    const FILES: &[&str] = &["/a.html", "/dir/", "/dir/index", "/empty"];
    static ALL: [Toy; 1] = [Toy {
        candidates: &[("$uri", false), ("$uri", true), ("$uri.html", false), ("/empty", false)],
        fallback: Some("404"),
        ..TOY
    }];
    static SOME: [Toy; 1] = [Toy { candidates: &[("$uri", false)], fallback: Some("410"), ..TOY }];
    for (path, all, some) in [
        ("/a.html", "200 /a.html []", "200 /a.html []"),
        ("/dir/", "200 /dir/index []", "410 page of 410 []"),
        ("/a", "200 /a.html []", "410 page of 410 []"),
        ("/x", "200 /empty []", "410 page of 410 []"),
    ] {
        let request = format!("GET {path}");
        assert_eq!(ask(&mut world(&ALL, FILES), &request), all, "{path}");
        assert_eq!(ask(&mut world(&SOME, FILES), &request), some, "{path}");
    }
}

#[test]
fn a_connection_that_is_unfit_is_told_so_before_a_location_is_looked_for() {
    static PLAIN: [Toy; 1] = [TOY];
    const PAGE: (ErrorStatus, &str) = (ErrorStatus::Replace(200), "/page");
    static PAGES: [Toy; 1] = [Toy {
        error_pages: &[
            (497, PAGE.0, PAGE.1),
            (496, PAGE.0, PAGE.1),
            (495, PAGE.0, PAGE.1),
            (421, PAGE.0, PAGE.1),
        ],
        ..TOY
    }];
    for (unfit, plain) in [
        (Unfit::Plain, "400 page of 400 []"),
        (Unfit::NoCertificate, "400 page of 400 []"),
        (Unfit::BadCertificate("old"), "400 page of 400 []"),
        (Unfit::Misdirected, "421 page of 421 []"),
    ] {
        let ask = |toys| {
            let mut exchange = exchange("GET /a");
            let mut world = ToyWorld { unfit: Some(unfit), ..world(toys, &["/a", "/page"]) };
            let reply = exchange.step(&mut world, Event::Head);
            assert!(exchange.rest_unwanted, "the connection is not kept");
            show(&exchange, reply)
        };
        assert_eq!(ask(&PLAIN), plain, "{unfit:?}");
        assert_eq!(ask(&PAGES), "200 /page []", "{unfit:?}");
    }
}

#[test]
fn pages_of_what_fails_later_may_be_internal() {
    static TOYS: [Toy; 2] = [
        Toy {
            error_pages: &[
                (502, ErrorStatus::Keep, "/page"),
                (413, ErrorStatus::Keep, "/page"),
                (405, ErrorStatus::Keep, "/page"),
            ],
            ..TOY
        },
        Toy { path: "/page", internal: true, ..TOY },
    ];
    let refusal = |status| Refusal { status, level: Level::Error, reason: "x".to_owned() };
    let (failed, large) = (refusal(502), refusal(413));
    let ask = |method: &str, events: Vec<Event<'_, ToyWorld>>| {
        let mut exchange = exchange(&format!("{method} /a"));
        let mut world = world(&TOYS, &["/a", "/page"]);
        let replies = events.into_iter().map(|event| exchange.step(&mut world, event));
        let reply = replies.last().expect("a reply");
        show(&exchange, reply)
    };
    assert_eq!(ask("GET", vec![Event::Head, Event::Failed(&failed)]), "502 /page []");
    assert_eq!(ask("GET", vec![Event::Head, Event::Refused(&large)]), "413 /page []");
    assert_eq!(ask("TRACE", vec![Event::Head]), "405 /page [Allow: GET, HEAD]");
    assert!(ask("GET", vec![Event::Head]).starts_with("200 /a"));
}

#[test]
fn try_files_beneath_an_alias() {
    const PREFIX: Base = Base { replaced_len: 2, append_path: true, alias: true };
    const WHOLE: Base = Base { replaced_len: 0, append_path: false, alias: true };
    const FILES: &[&str] = &["/a.html", "/dir/x.html", "/ix", "/a", "/a/"];
    // The path afterwards, and whether it is to be appended to the alias.
    for (base, candidate, expected) in [
        (PREFIX, ("$uri", false), Some(("/i/a.html", false))),
        (PREFIX, ("/dir/x.html", false), Some(("/i/dir/x.html", false))),
        (PREFIX, ("a.html", false), Some(("/i/a.html", false))),
        (PREFIX, ("/none", false), None),
        (WHOLE, (".html", false), Some((".html", true))),
        (WHOLE, ("$uri", false), None),
        (WHOLE, ("", true), Some(("/i/a.html", false))),
        (WHOLE, ("", false), Some(("", true))),
    ] {
        let candidates = Box::leak(Box::new([candidate]));
        let toy: &'static Toy = Box::leak(Box::new(Toy { base, candidates, ..TOY }));
        let mut world = world(std::slice::from_ref(toy), FILES);
        let mut exchange = exchange("GET /i/a.html");
        exchange.enter_server(&world, 0);
        let found = exchange.try_files(&mut world, toy);
        let path = String::from_utf8_lossy(exchange.path()).into_owned();
        let found = found.then_some((path.as_str(), exchange.appends_path()));
        assert_eq!(found, expected, "{candidate:?}");
    }
}

static SITE: [Toy; 9] = [
    TOY,
    Toy { path: "/in", internal: true, ..TOY },
    Toy { path: "/deny", denied: true, ..TOY },
    Toy { path: "/deny/not", denied: true, answer: Some((200, "in $uri")), ..TOY },
    Toy { path: "/put", methods: Some(MethodSet::of(&[Method::Put])), ..TOY },
    Toy { path: "/moved", answer: Some((301, "/to a")), ..TOY },
    Toy {
        path: "/e",
        error_pages: &[
            (404, ErrorStatus::Keep, "/page"),
            (410, ErrorStatus::FromTarget, "/in-page"),
            (403, ErrorStatus::Replace(200), "/none"),
        ],
        ..TOY
    },
    Toy { path: "/round", candidates: &[("/none", false)], fallback: Some("/round"), ..TOY },
    Toy { path: "/bye", answer: Some((444, "")), ..TOY },
];

#[test]
fn phases_come_in_their_order() {
    const FILES: &[&str] = &["/page", "/in-page", "/deny/x"];
    for (request, expected) in [
        ("GET /page", "200 /page []"),
        ("HEAD /page", "200 nothing []"),
        ("GET /none", "404 page of 404 []"),
        ("POST /page|Content-Length: 11", "413 page of 413 []"),
        ("POST /none", "404 page of 404 []"),
        ("PUT /page", "405 page of 405 [Allow: GET, HEAD]"),
        ("GET /put", "405 page of 405 [Allow: PUT]"),
        ("GET /in-page", "404 page of 404 []"),
        ("GET /deny/x", "403 page of 403 []"),
        ("GET /deny/not", "200 in /deny/not [Content-Length: 12]"),
        ("GET /moved", "301 page of 301 [Location: http://toy.test:8080/to%20a]"),
        ("BREW /page", "501 page of 501 []"),
        ("TRACE /page", "405 page of 405 [Allow: GET, HEAD]"),
        ("OPTIONS *", "204 nothing [Allow: GET, HEAD]"),
        ("GET /e/none", "404 /page []"),
        ("HEAD /e/none", "404 nothing []"),
        ("GET /round", "500 page of 500 []"),
        ("GET /bye", "closed"),
    ] {
        assert_eq!(ask(&mut world(&SITE, FILES), request), expected, "{request}");
    }
    let mut world = world(&SITE, FILES);
    ask(&mut world, "GET /round");
    ask(&mut world, "POST /page|Content-Length: 11");
    assert_eq!(world.reasons, ["cycle", "11 bytes"]);
}

#[test]
fn what_happens_from_outside_is_answered() {
    const FILES: &[&str] = &["/page", "/in-page"];
    let refusal = Refusal::of_client(400, "bad");
    let mut world = world(&SITE, FILES);
    let mut unread = Exchange::default();
    let reply = unread.step(&mut world, Event::Refused(&refusal));
    assert_eq!(show(&unread, reply), "400 page of 400 []");
    assert!(unread.rest_unwanted);
    assert_eq!(world.reasons, ["bad"]);

    // (what the location is, the head of a backend) and the reply.
    let head = |status| BackendHead { status, has_type: true, ..BackendHead::default() };
    let to = |path: &str| BackendHead {
        local_redirect: Some(path.as_bytes().to_vec()),
        ..BackendHead::default()
    };
    let sized = |len| BackendHead { content_len: Some(len), ..head(200) };
    let untyped = BackendHead { status: 200, ..BackendHead::default() };
    for (request, head, expected) in [
        ("GET /a", head(200), "200 None []"),
        ("GET /a", sized(3), "200 Some(3) [Content-Length: 3]"),
        ("GET /a", untyped, "200 None [Content-Type: text/plain]"),
        ("HEAD /a", sized(3), "200 nothing [Content-Length: 3]"),
        ("GET /a", head(204), "204 nothing []"),
        ("GET /a", to("/in-page"), "200 /in-page []"),
        ("POST /a", to("/in-page"), "200 /in-page []"),
        ("GET /a", to("/../x"), "502 page of 502 []"),
    ] {
        let mut exchange = exchange(request);
        exchange.enter_server(&world, 0);
        let reply = exchange.step(&mut world, Event::Backend(head));
        assert_eq!(show(&exchange, reply), expected, "{request}");
    }
}

static REWRITING: [Toy; 10] = [
    TOY,
    Toy { path: "/a", ops: &[ToyOp::Rewrite("/a", "/b$uri?x=$uri", Then::Last)], ..TOY },
    Toy {
        path: "/b",
        ops: &[
            ToyOp::Set(0, "old"),
            ToyOp::Set(1, "$0er"),
            ToyOp::If("$args", 1, None),
            ToyOp::Return(410),
            ToyOp::Rewrite("/b/x", "/", Then::Break),
        ],
        answer: Some((200, "$uri $1 $args")),
        ..TOY
    },
    Toy { path: "/round", ops: &[ToyOp::Rewrite("/", "/round", Then::Next)], ..TOY },
    Toy {
        path: "/none",
        ops: &[ToyOp::Rewrite("/x", "/never", Then::Last), ToyOp::Rewrite("/", "", Then::Last)],
        ..TOY
    },
    Toy {
        path: "/away",
        ops: &[ToyOp::Rewrite(
            "/away",
            "/%41%20%3f%41",
            Then::Redirect { status: 302, has_args: false },
        )],
        ..TOY
    },
    Toy {
        path: "/if",
        ops: &[
            ToyOp::If("0", 1, Some(0)),
            ToyOp::Return(500),
            ToyOp::If("$args", 0, Some(7)),
            ToyOp::If("$args", 0, Some(8)),
            ToyOp::Break,
            ToyOp::Return(500),
        ],
        answer: Some((200, "outer")),
        ..TOY
    },
    Toy { path: "/no path: first", answer: Some((200, "first")), ..TOY },
    Toy { path: "/no path: second", answer: Some((200, "second")), ..TOY },
    Toy { path: "/in", internal: true, answer: Some((200, "in $uri")), ..TOY },
];

#[test]
fn steps_are_taken_before_the_rest() {
    for (request, expected) in [
        ("GET /a/1?q", "410 page of 410 []"),
        ("GET /b", "200 /b older  [Content-Length: 9]"),
        ("GET /b/x", "200 / older  [Content-Length: 8]"),
        ("GET /round", "500 page of 500 []"),
        ("GET /none", "500 page of 500 []"),
        ("GET /away?q", "302 page of 302 [Location: http://toy.test:8080/A%20?%41?q]"),
        ("GET /if", "200 outer [Content-Length: 5]"),
        ("GET /if?x", "200 second [Content-Length: 6]"),
        ("GET /in", "404 page of 404 []"),
    ] {
        let mut world = world(&REWRITING, &[]);
        assert_eq!(ask(&mut world, request), expected, "{request}");
        let reason = world.reasons.first().map(String::as_str);
        match request {
            "GET /round" => assert_eq!(reason, Some("cycle")),
            "GET /none" => assert_eq!(reason, Some("no path")),
            _ => assert_eq!(reason, None, "{request}"),
        }
    }
}

#[test]
fn a_server_takes_its_steps_first_and_again_after_a_redirect() {
    const OPS: &[ToyOp] = &[
        ToyOp::Rewrite("/s", "/in", Then::Last),
        ToyOp::Set(0, "$0+"),
        ToyOp::If("$args", 1, None),
        ToyOp::Return(403),
    ];
    for (request, expected) in [
        // What a `rewrite` has led to is no longer the client's, and `last` ends the steps.
        ("GET /s", "200 in /in [Content-Length: 6]"),
        ("GET /b?x", "403 page of 403 []"),
        ("GET /a", "410 page of 410 []"),
        ("GET /in", "404 page of 404 []"),
    ] {
        let mut world = world(&REWRITING, &[]);
        world.server_ops = OPS;
        assert_eq!(ask(&mut world, request), expected, "{request}");
    }
    // `index` is an internal redirect, and the server's steps are taken for it, too.
    static ALONE: [Toy; 1] = [TOY];
    let mut world = world(&ALONE, &["/index"]);
    world.server_ops = OPS;
    let mut exchange = exchange("GET /");
    exchange.step(&mut world, Event::Head);
    assert_eq!(exchange.slots[0].as_deref(), Some(&b"++"[..]));
}

#[test]
fn nothing_is_left_of_the_last_request() {
    let mut world = world(&SITE, &["/page"]);
    let mut used = exchange("GET /e/none?a");
    used.step(&mut world, Event::Head);
    used.reset();
    let Exchange { head: _, ref fields, ref host, ref matches, .. } = used;
    assert!(fields.is_empty() && host.is_empty() && matches.is_empty());
    assert!(used.route().is_none() && used.status_override().is_none() && !used.is_as_get());
    assert_eq!((used.status, used.error_status, used.redirects), (0, None, 0));
}

#[test]
fn a_password_is_asked_for_and_waited_for() {
    static SITE: [Toy; 3] = [
        Toy { realm: Some("a \"b\""), error_pages: &[(401, ErrorStatus::Keep, "/page")], ..TOY },
        Toy { path: "/off", realm: Some("off"), ..TOY },
        Toy { path: "/page", ..TOY },
    ];
    const FILES: &[&str] = &["/x", "/off", "/page"];
    let challenge = "WWW-Authenticate: Basic realm=\"a \\\"b\\\"\"";
    assert_eq!(ask(&mut world(&SITE, FILES), "GET /x"), format!("401 /page [{challenge}]"));
    assert_eq!(ask(&mut world(&SITE, FILES), "GET /off"), "200 /off []");
    for (checked, expected) in [
        (Some(true), "200 /x []".to_owned()),
        (Some(false), format!("401 /page [{challenge}]")),
        (None, "503 page of 503 []".to_owned()),
    ] {
        let mut world = world(&SITE, FILES);
        let mut exchange = exchange("GET /x");
        exchange.enter_server(&world, 0);
        let reply = exchange.step(&mut world, Event::Checked(checked));
        assert_eq!(show(&exchange, reply), expected, "{checked:?}");
    }
}

/// The fields of a script's response, after what a request has made of it.
fn recoded(settings: CompressionSettings, request: &str, status: u16, fields: &str) -> String {
    relayed(Toy { compression: Some(settings), ..TOY }, request, status, fields)
}

/// What becomes of a response that is made elsewhere, with these fields.
fn relayed(toy: Toy, request: &str, status: u16, fields: &str) -> String {
    let toy: &'static Toy = Box::leak(Box::new(toy));
    let mut world = world(std::slice::from_ref(toy), &[]);
    let mut exchange = exchange(request);
    exchange.enter_server(&world, 0);
    let mut head = BackendHead { status, has_type: true, ..BackendHead::default() };
    for field in fields.split('|').filter(|field| !field.is_empty()) {
        let (name, value) = field.split_once(": ").expect("a field");
        match name {
            "Content-Length" => head.content_len = value.parse().ok(),
            _ => head.fields.add(name, value.as_bytes()),
        }
    }
    let reply = exchange.step(&mut world, Event::Backend(head));
    show(&exchange, reply)
}

#[test]
fn what_is_compressed_is_what_nginx_compresses() {
    const GZIP: CompressionSettings =
        CompressionSettings { gzip: true, gzip_vary: Some(true), ..CompressionSettings::DEFAULT };
    const TEXT: &str = "Content-Type: text/plain";
    const ASKED: &str = "GET /|Accept-Encoding: gzip";
    const CODED: &str =
        "200 None [Content-Type: text/plain; Vary: Accept-Encoding; Content-Encoding: gzip]";
    const VARIES: &str = "200 None [Content-Type: text/plain; Vary: Accept-Encoding]";
    const PLAIN: &str = "200 None [Content-Type: text/plain]";
    for (request, status, fields, expected) in [
        (ASKED, 200, TEXT, CODED),
        ("GET /", 200, TEXT, VARIES),
        ("GET /|Accept-Encoding: *", 200, TEXT, VARIES),
        ("GET /|Accept-Encoding: br", 200, TEXT, VARIES),
        ("GET /|Accept-Encoding: gzip;q=0", 200, TEXT, VARIES),
        (ASKED, 403, TEXT, &CODED.replace("200", "403")),
        (ASKED, 500, TEXT, &PLAIN.replace("200", "500")),
        (ASKED, 206, TEXT, &VARIES.replace("200", "206")),
        (ASKED, 200, "Content-Type: text/css", "200 None [Content-Type: text/css]"),
        (
            ASKED,
            200,
            "Content-Type: text/html ;charset=x|Content-Length: 20|ETag: \"a\"|Accept-Ranges: b",
            "200 None [Content-Type: text/html ;charset=x; ETag: W/\"a\"; Vary: Accept-Encoding; \
             Content-Encoding: gzip]",
        ),
        (
            ASKED,
            200,
            "Content-Type: text/plain|Content-Length: 19",
            "200 Some(19) [Content-Type: text/plain; Content-Length: 19]",
        ),
        (
            ASKED,
            200,
            "Content-Type: text/plain|Content-Encoding: x",
            "200 None [Content-Type: text/plain; Content-Encoding: x]",
        ),
        (
            "HEAD /|Accept-Encoding: gzip",
            200,
            TEXT,
            "200 nothing [Content-Type: text/plain; Vary: Accept-Encoding; Content-Encoding: gzip]",
        ),
        // What is one client's alone may hold its secrets.
        (
            ASKED,
            200,
            "Content-Type: text/plain|Set-Cookie: a=b",
            "200 None [Content-Type: text/plain; Set-Cookie: a=b]",
        ),
        ("GET /|Accept-Encoding: gzip\r\nAuthorization: x", 200, TEXT, PLAIN),
        ("GET /|Accept-Encoding: gzip\r\nUser-Agent: Old x", 200, TEXT, VARIES),
        ("GET /|Accept-Encoding: gzip\r\nVia: 1.1 x", 200, TEXT, VARIES),
    ] {
        assert_eq!(recoded(GZIP, request, status, fields), expected, "{request} {fields}");
    }
    let private = CompressionSettings { compress_private: true, gzip_vary: None, ..GZIP };
    assert_eq!(
        recoded(private, ASKED, 200, "Content-Type: text/plain|Set-Cookie: a=b"),
        "200 None [Content-Type: text/plain; Set-Cookie: a=b; Content-Encoding: gzip]"
    );
}

#[test]
fn of_several_codings_the_one_that_is_wanted_most_is_taken() {
    let all = CompressionSettings {
        gzip: true,
        brotli: true,
        zstd: true,
        ..CompressionSettings::DEFAULT
    };
    for (accepted, settings, expected) in [
        ("gzip, br, zstd", all, "br"),
        ("gzip, zstd", all, "zstd"),
        ("gzip;q=1, br;q=0.9", all, "gzip"),
        ("gzip, br", CompressionSettings { brotli_min_len: 500, ..all }, "gzip"),
        ("gzip;q=0.1", CompressionSettings { brotli: false, ..all }, "gzip"),
    ] {
        let head = exchange(&format!("GET /|Accept-Encoding: {accepted}")).head;
        let found = compress::wanted(&settings, |_| true, &head, Some(100));
        assert_eq!(found.coding.map(Coding::name), Some(expected), "{accepted}");
    }
}

#[test]
fn proxies_get_what_gzip_proxied_says() {
    use crate::site::Proxied;
    const OFF: Proxied = Proxied::OFF;
    for (proxied, fields, expected) in [
        (OFF, "", false),
        (Proxied { any: true, ..OFF }, "", true),
        (Proxied { expired: true, ..OFF }, "", true),
        (Proxied { expired: true, ..OFF }, "Expires: Thu, 01 Jan 1970 00:00:01 GMT", true),
        (Proxied { expired: true, ..OFF }, "Expires: Thu, 01 Jan 2037 00:00:01 GMT", false),
        (Proxied { expired: true, ..OFF }, "Expires: never", false),
        (Proxied { private: true, ..OFF }, "Expires: Thu, 01 Jan 1970 00:00:01 GMT", false),
        (Proxied { no_cache: true, ..OFF }, "Cache-Control: x, No-Cache", true),
        (Proxied { no_cache: true, ..OFF }, "Cache-Control: no-store", false),
        (Proxied { no_store: true, ..OFF }, "Cache-Control: no-store", true),
        (Proxied { private: true, ..OFF }, "Cache-Control: a|Cache-Control: private", true),
        (Proxied { expired: true, ..OFF }, "Cache-Control: private", false),
        (Proxied { no_etag: true, ..OFF }, "ETag: \"a\"", false),
        (Proxied { no_etag: true, ..OFF }, "", true),
        (Proxied { no_last_modified: true, ..OFF }, "Last-Modified: x", false),
        (Proxied { auth: true, no_etag: true, ..OFF }, "ETag: \"a\"", false),
    ] {
        let settings = CompressionSettings {
            gzip: true,
            gzip_proxied: proxied,
            ..CompressionSettings::DEFAULT
        };
        let fields = format!("Content-Type: text/plain|{fields}");
        let request = "GET /|Accept-Encoding: gzip\r\nVia: 1.1 x";
        let found = recoded(settings, request, 200, &fields);
        assert_eq!(found.contains("Content-Encoding"), expected, "{proxied:?} {fields}");
    }
}

#[test]
fn limits_come_before_anybody_asks_who_the_client_is() {
    static DENIED: [Toy; 1] = [Toy { denied: true, ..TOY }];
    static RETURNS: [Toy; 1] = [Toy { answer: Some((200, "all")), ..TOY }];
    for (site, expected) in
        [(&DENIED, "429 page of 429 []"), (&RETURNS, "200 all [Content-Length: 3]")]
    {
        let found = ask(&mut world(site, &[]), "GET /limited");
        assert_eq!(found, expected);
    }
    let mut world = world(&DENIED, &[]);
    let mut exchange = exchange("GET /x");
    exchange.enter_server(&world, 0);
    let reply = exchange.step(&mut world, Event::Waited);
    assert_eq!(show(&exchange, reply), "403 page of 403 []");
}

#[test]
fn what_texts_are_replaced_in() {
    for (request, keeps, status, fields, expected) in [
        (
            "GET /",
            false,
            200,
            "Content-Type: text/plain; charset=x|Content-Length: 5|ETag: \"a\"",
            "200 None [Content-Type: text/plain; charset=x]",
        ),
        (
            "GET /",
            true,
            404,
            "Content-Type: text/plain|ETag: \"a\"",
            "404 None [Content-Type: text/plain; ETag: W/\"a\"]",
        ),
        (
            "GET /",
            false,
            200,
            "Content-Type: text/html|Content-Length: 5",
            "200 Some(5) [Content-Type: text/html; Content-Length: 5]",
        ),
        (
            "GET /?empty",
            false,
            200,
            "Content-Type: text/plain|Content-Length: 5",
            "200 Some(5) [Content-Type: text/plain; Content-Length: 5]",
        ),
        (
            "GET /",
            false,
            200,
            "Content-Type: text/plain|Content-Length: 0",
            "200 Some(0) [Content-Type: text/plain; Content-Length: 0]",
        ),
        (
            "GET /",
            false,
            206,
            "Content-Type: text/plain|Content-Length: 5",
            "206 Some(5) [Content-Type: text/plain; Content-Length: 5]",
        ),
        (
            "GET /",
            false,
            200,
            "Content-Type: text/plain|Content-Encoding: br",
            "200 None [Content-Type: text/plain; Content-Encoding: br]",
        ),
        (
            "HEAD /",
            false,
            200,
            "Content-Type: text/plain|Content-Length: 5",
            "200 nothing [Content-Type: text/plain]",
        ),
    ] {
        let toy = Toy { substitution: Some(keeps), ..TOY };
        assert_eq!(relayed(toy, request, status, fields), expected, "{request} {status} {fields}");
    }
}
