//! Heads, whole and byte by byte.

use super::*;

const LIMITS: Limits = Limits {
    line_len: 100,
    head_len: 400,
    max_fields: 70,
    ignore_invalid_fields: true,
    underscores: false,
    merge_slashes: true,
};

/// Feeds ever longer fronts of `input` until the head is complete or refused.
fn parse_growing(input: &[u8], limits: &Limits) -> Result<Option<(usize, Head)>, HeadError> {
    for end in 0..=input.len() {
        let mut head = Head::default();
        if let Some(len) = head.parse(&input[..end], limits)? {
            return Ok(Some((len, head)));
        }
    }
    Ok(None)
}

fn parse_whole(input: &[u8], limits: &Limits) -> Result<Option<(usize, Head)>, HeadError> {
    let mut head = Head::default();
    Ok(head.parse(input, limits)?.map(|len| (len, head)))
}

#[test]
fn accepts_what_is_well_formed() {
    let table = [
        // input; method, path, args, host, persist, framing
        ("GET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET", "/", "", "a", true, Framing::Length(0)),
        ("GET / HTTP/1.1\nHost: a\n\n", "GET", "/", "", "a", true, Framing::Length(0)),
        (
            "\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET",
            "/",
            "",
            "a",
            true,
            Framing::Length(0),
        ),
        ("GET / HTTP/1.0\r\n\r\n", "GET", "/", "", "", false, Framing::Length(0)),
        (
            "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n",
            "GET",
            "/",
            "",
            "",
            true,
            Framing::Length(0),
        ),
        (
            "GET / HTTP/1.1\r\nHost: a\r\nConnection: x, CLOSE\r\n\r\n",
            "GET",
            "/",
            "",
            "a",
            false,
            Framing::Length(0),
        ),
        ("GET / HTTP/1.7\r\nHost: a\r\n\r\n", "GET", "/", "", "a", true, Framing::Length(0)),
        (
            "GET http://b:8/x?y HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET",
            "/x",
            "y",
            "b:8",
            true,
            Framing::Length(0),
        ),
        (
            "POST /%41/../b//c?d=%41 HTTP/1.1\r\nHost: a:1\r\nContent-Length: 007\r\n\r\n",
            "POST",
            "/b/c",
            "d=%41",
            "a:1",
            true,
            Framing::Length(7),
        ),
        (
            "PUT / HTTP/1.1\r\nhost: \t a \r\ntransfer-encoding: Chunked\r\n\r\n",
            "PUT",
            "/",
            "",
            "a",
            true,
            Framing::Chunked,
        ),
        (
            "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
            "OPTIONS",
            "/",
            "",
            "a",
            true,
            Framing::Length(0),
        ),
        ("BREW /x HTTP/1.1\r\nHost: a\r\n\r\n", "BREW", "/x", "", "a", true, Framing::Length(0)),
        (
            "GET / HTTP/1.1\r\nHost: a\r\nX@Y: 1\r\nX_Y: 2\r\n\r\n",
            "GET",
            "/",
            "",
            "a",
            true,
            Framing::Length(0),
        ),
    ];
    for (input, method, path, args, host, persist, framing) in table {
        let input = [input.as_bytes(), b"rest"].concat();
        for result in [parse_whole(&input, &LIMITS), parse_growing(&input, &LIMITS)] {
            let shown = String::from_utf8_lossy(&input).into_owned();
            let (len, head) = result.expect(&shown).expect(&shown);
            assert_eq!(len, input.len() - 4, "{shown}");
            assert_eq!(head.method_name(), method.as_bytes(), "{shown}");
            assert_eq!(head.path, path.as_bytes(), "{shown}");
            assert_eq!(head.args(), args.as_bytes(), "{shown}");
            assert_eq!(head.host(), host.as_bytes(), "{shown}");
            assert_eq!((head.persist, head.framing), (persist, framing), "{shown}");
            assert!(head.fields().first(b"x_y").is_none() && head.fields().first(b"x@y").is_none());
        }
    }
}

#[test]
fn refuses_what_is_not() {
    let long = "x".repeat(101);
    let table = [
        (400, "GET / HTTP/1.1\r\n\r\n"),
        (400, "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"),
        (400, "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"),
        (400, "GET / HTTP/1.1\r\nHost:\r\n\r\n"),
        (400, "GET http://a/ HTTP/1.1\r\nHost: \r\n\r\n"),
        (400, "GET / HTTP/1.1\r\nHost : a\r\n\r\n"),
        (400, "GET / HTTP/1.1\r\nHost: a\r\nContent-Length : 1\r\n\r\n"),
        (400, "GET / HTTP/1.1\r\nHost: a\r\n folded: b\r\n\r\n"),
        (400, "GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n"),
        (400, "GET / HTTP/1.1\r\n Host: a\r\n\r\n"),
        (400, "GET / HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n"),
        (400, "GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n"),
        (400, "GET / HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n"),
        (400, "GET / HTTP/1.1\r\nHost: a\r\n: empty\r\n\r\n"),
        (400, "GET  / HTTP/1.1\r\nHost: a\r\n\r\n"),
        (400, "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n"),
        (400, "GET / HTTP/1.1 \r\nHost: a\r\n\r\n"),
        (400, "GET /\r\n\r\n"),
        (400, "GET / FTP/1.1\r\nHost: a\r\n\r\n"),
        (400, "G@T / HTTP/1.1\r\nHost: a\r\n\r\n"),
        (400, "GET x HTTP/1.1\r\nHost: a\r\n\r\n"),
        (400, "GET * HTTP/1.1\r\nHost: a\r\n\r\n"),
        (400, "GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n"),
        (400, "GET /../x HTTP/1.1\r\nHost: a\r\n\r\n"),
        (400, "GET /%00 HTTP/1.1\r\nHost: a\r\n\r\n"),
        (400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n"),
        (400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1, 1\r\n\r\n"),
        (400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\n"),
        (400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n"),
        (400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x1\r\n\r\n"),
        (400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\n"),
        (413, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n"),
        (
            400,
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        ),
        (
            400,
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
        ),
        (400, "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"),
        (501, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"),
        (501, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity\r\n\r\n"),
        (417, "POST / HTTP/1.1\r\nHost: a\r\nExpect: tea\r\n\r\n"),
        (505, "GET / HTTP/2.0\r\nHost: a\r\n\r\n"),
        (505, "GET / HTTP/0.9\r\n\r\n"),
        (414, &format!("GET /{long} HTTP/1.1\r\nHost: a\r\n\r\n")),
        (431, &format!("GET / HTTP/1.1\r\nHost: a\r\nX: {long}\r\n\r\n")),
        (
            431,
            &format!(
                "GET / HTTP/1.1\r\nHost: a\r\n{}\r\n",
                "X: 0123456789012345678901234567890123456789\r\n".repeat(9)
            ),
        ),
        (431, &format!("GET / HTTP/1.1\r\nHost: a\r\n{}\r\n", "X:\r\n".repeat(70))),
    ];
    for (status, input) in table {
        for result in
            [parse_whole(input.as_bytes(), &LIMITS), parse_growing(input.as_bytes(), &LIMITS)]
        {
            let error = result.map(|head| head.map(|(len, _)| len)).expect_err(input);
            assert_eq!(error.status, status, "{input:?}: {}", error.reason);
        }
    }
}

#[test]
fn invalid_names_are_refused_where_asked() {
    let strict = Limits { ignore_invalid_fields: false, ..LIMITS };
    let input = b"GET / HTTP/1.1\r\nHost: a\r\nX@Y: 1\r\n\r\n";
    assert_eq!(parse_whole(input, &strict).map(|_| ()).unwrap_err().status, 400);
    let input = b"GET / HTTP/1.1\r\nHost: a\r\nX_Y: 1\r\n\r\n";
    let underscores = |underscores, ignore_invalid_fields| {
        let limits = Limits { underscores, ignore_invalid_fields, ..LIMITS };
        let (_, head) = parse_whole(input, &limits).unwrap().unwrap();
        head.fields().first(b"x_y").is_some()
    };
    assert!(!underscores(false, true));
    assert!(underscores(true, true) && underscores(false, false) && underscores(true, false));
}

#[test]
fn lines_are_measured_with_their_ends() {
    let limits = Limits { line_len: 30, ..LIMITS };
    let line = |len: usize| format!("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", "x".repeat(len - 16));
    let field =
        |len: usize| format!("GET / HTTP/1.1\r\nHost: a\r\nX: {}\r\n\r\n", "x".repeat(len - 5));
    let spaces = |len: usize| format!("GET / HTTP/1.1\r\nHost: a{}\r\n\r\n", " ".repeat(len - 9));
    for (input, status) in [
        (line(30), None),
        (line(31), Some(414)),
        (field(30), None),
        (field(31), Some(431)),
        (spaces(30), None),
        (spaces(31), Some(431)),
    ] {
        for result in
            [parse_whole(input.as_bytes(), &limits), parse_growing(input.as_bytes(), &limits)]
        {
            assert_eq!(result.err().map(|error| error.status), status, "{input:?}");
        }
    }
}

#[test]
fn a_head_is_measured_before_it_is_whole() {
    let limits = Limits { line_len: 100, head_len: 40, ..LIMITS };
    let input = format!("GET / HTTP/1.1\r\nHost: {}", "a".repeat(40));
    for result in [parse_whole(input.as_bytes(), &limits), parse_growing(input.as_bytes(), &limits)]
    {
        assert_eq!(result.map(|_| ()).unwrap_err().status, 431);
    }
}

/// A CR that nothing follows yet may be the end of the line or a mistake within it.
#[test]
fn a_line_of_another_version_ends_with_its_lf() {
    assert!(parse_whole(b"GET / HTTP/1.2\r", &LIMITS).unwrap().is_none());
    for input in [&b"GET / HTTP/1.2\rx\r\nHost: a\r\n\r\n"[..], b"GET / HTTP/2.0\rx\r\n\r\n"] {
        let statuses = [parse_whole(input, &LIMITS), parse_growing(input, &LIMITS)]
            .map(|result| result.map(|_| ()).unwrap_err().status);
        assert_eq!(statuses, [400, 400], "{input:?}");
    }
}

#[test]
fn expects_only_what_can_come() {
    let head = |input: &str| parse_whole(input.as_bytes(), &LIMITS).unwrap().unwrap().1;
    let expect =
        |rest: &str| head(&format!("POST / HTTP/1.{rest}\r\nExpect: 100-Continue\r\n\r\n"));
    assert!(expect("1\r\nHost: a\r\nContent-Length: 1").expect_continue);
    assert!(!expect("1\r\nHost: a\r\nContent-Length: 0").expect_continue);
    assert!(!expect("0\r\nContent-Length: 1").expect_continue);
    for (value, status) in [
        ("", Ok(false)),
        (",", Ok(false)),
        ("100-continue, 100-continue", Ok(true)),
        (", 100-Continue ,", Ok(true)),
        ("100-continue, tea", Err(417)),
        ("100-continue;q=1", Err(417)),
    ] {
        let input =
            format!("PUT / HTTP/1.1\r\nHost: a\r\nExpect: {value}\r\nContent-Length: 1\r\n\r\n");
        let result = parse_whole(input.as_bytes(), &LIMITS);
        let found = result.map(|head| head.unwrap().1.expect_continue).map_err(|e| e.status);
        assert_eq!(found, status, "{value}");
    }
}

/// What the request line of a head asks for.
fn asked_for(head: &Head) -> String {
    let parts = [head.method_name(), head.uri(), &head.path, head.args(), head.host()];
    let [method, uri, path, args, host] = parts.map(|part| part.escape_ascii().to_string());
    format!("{method} {uri} is {path} ? {args} at {host}")
}

#[test]
fn a_refused_head_tells_what_it_asked_for() {
    for (line, expected) in [
        ("GET //a/../%41?x=1 HTTP/1.1\r\nHost: \r\n", "GET //a/../%41?x=1 is /A ? x=1 at "),
        ("GET / HTTP/1.1\r\n", "GET / is / ?  at "),
        ("GET http://b:8/x?y HTTP/1.1\r\nHost: ?\r\n", "GET /x?y is /x ? y at b:8"),
        ("GET http://b:8 HTTP/1.1\r\nHost: ?\r\n", "GET / is / ?  at b:8"),
        ("GET http://b?y HTTP/1.1\r\nHost: ?\r\n", "GET ?y is / ? y at b"),
        ("BREW /pot HTTP/1.1\r\nA b: c\r\n", "BREW /pot is /pot ?  at "),
        ("GET /x HTTP/3.0\r\nHost: a\r\n", "GET /x is /x ?  at "),
        ("GET /x%zz HTTP/1.1\r\nHost: a\r\n", "GET /x%zz is  ?  at "),
        ("GET /.. HTTP/1.1\r\nHost: a\r\n", "GET /.. is  ?  at "),
        ("GET  /x HTTP/1.1\r\nHost: a\r\n", "  is  ?  at "),
        ("G\tT /x HTTP/1.1\r\nHost: a\r\n", "  is  ?  at "),
    ] {
        let mut head = Head::default();
        assert!(head.parse(format!("{line}\r\n").as_bytes(), &LIMITS).is_err(), "{line:?}");
        assert_eq!(asked_for(&head), expected, "{line:?}");
        assert!(!head.persist && head.fields().iter().next().is_none());
    }
    let mut head = Head::default();
    head.abandon(b"GET /slow HTTP/1.1\r\nHost: a", &LIMITS);
    assert_eq!(asked_for(&head), "GET /slow is /slow ?  at ");
    head.abandon(b"GET /sl", &LIMITS);
    assert_eq!(asked_for(&head), "  is  ?  at ");
}

#[test]
fn a_refused_head_is_as_long_as_what_was_read_of_it() {
    let long = format!("A: {}\r\n", "a".repeat(100));
    for (whole, read, rest) in [
        // Bad request lines.
        ("", "", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n"),
        ("", "", "GET / HTTP/3.0\r\nHost: a\r\n\r\n"),
        ("", "", "G\tT / HTTP/1.1\r\n\r\n"),
        // What is wrong is known when all has come.
        ("GET /x HTTP/1.1\r\nA: b\r\n\r\n", "", "GET "),
        ("GET /x HTTP/1.1\nHost: a\nContent-Length: x\n\n", "", ""),
        ("GET /\u{fc} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: b\r\n\r\n", "", "rest"),
        ("GET /x HTTP/1.1\r\nb@d: dropped\r\n\r\n", "", ""),
        // A line is.
        ("", "GET /x HTTP/1.1\r\nHost: a\r\n", ": x\r\nC: d\r\n\r\n"),
        ("", "GET /x HTTP/1.1\r\nHost: a\r\n", "B : x\r\nC: d\r\n\r\n"),
        ("", "GET /x HTTP/1.1\r\nHost: a\r\n", "b@\td: x\r\n\r\n"),
        ("", "GET /x HTTP/1.1\r\nHost: a\r\n", &long),
        ("", "GET /x HTTP/1.1\r\nHost: a\r\nHost: a\r\n", "C: d\r\n\r\n"),
        ("", "GET /x HTTP/1.1\r\nHost: a b\r\n", "C: d\r\n\r\n"),
    ] {
        let mut head = Head::default();
        let input = format!("\r\n{whole}{read}{rest}");
        assert!(head.parse(input.as_bytes(), &LIMITS).is_err(), "{input:?}");
        assert_eq!(head.received_len(), whole.len() + read.len(), "{input:?}");
        head.abandon(input.as_bytes(), &LIMITS);
        assert_eq!(head.received_len(), whole.len() + read.len(), "{input:?}");
    }
    let mut head = Head::default();
    head.abandon(b"GET /x HTTP/1.1\r\nHost: a\r\nA: b", &LIMITS);
    assert_eq!(head.received_len(), "GET /x HTTP/1.1\r\nHost: a\r\n".len());
}

/// The values of Host that readers of the fields see.
fn hosts(head: &Head) -> Vec<String> {
    let values = head.fields().values(b"host");
    values.map(|value| String::from_utf8_lossy(value).into_owned()).collect()
}

#[test]
fn the_target_s_host_goes_before_the_field() {
    for (input, expected) in [
        ("GET http://b.test:8/x HTTP/1.1\r\nHost: a.test\r\nX: y\r\n\r\n", "b.test:8"),
        ("GET http://b.test HTTP/1.1\r\nX: y\r\nhOST: a.test:80\r\n\r\n", "b.test"),
        ("GET HTTPS://[::1]/ HTTP/1.1\r\nHost: a.test\r\n\r\n", "[::1]"),
        ("GET http://b.test/ HTTP/1.0\r\nX: y\r\n\r\n", "b.test"),
        ("GET /http://b.test/ HTTP/1.1\r\nHost: a.test\r\n\r\n", "a.test"),
        ("OPTIONS * HTTP/1.1\r\nHost: a.test\r\n\r\n", "a.test"),
    ] {
        let (len, head) = parse_whole(input.as_bytes(), &LIMITS).unwrap().unwrap();
        assert_eq!(hosts(&head), [expected], "{input:?}");
        assert_eq!(head.host(), expected.as_bytes(), "{input:?}");
        assert_eq!((len, head.received_len()), (input.len(), input.len()), "{input:?}");
        let others = head.fields().values(b"x").count();
        assert_eq!(others, usize::from(input.contains("X: y")), "{input:?}");
    }
}

#[test]
fn the_bytes_of_a_target_need_not_be_text() {
    for (target, path) in [
        (&b"/a\xff\xfe"[..], &b"/a\xff\xfe"[..]),
        (b"/\x80/../b%ff?\xc3", b"/b\xff"),
        (b"http://b.test/\xff", b"/\xff"),
        ("/\u{fc}".as_bytes(), "/\u{fc}".as_bytes()),
    ] {
        for rest in
            [&b" HTTP/1.1\r\nHost: a\r\n\r\n"[..], b" HTTP/1.2\r\nHost: a\r\nb@d: x\r\n\r\n"]
        {
            let input = [b"GET ", target, rest].concat();
            for result in [parse_whole(&input, &LIMITS), parse_growing(&input, &LIMITS)] {
                let (len, head) = result.unwrap().unwrap();
                assert_eq!((len, head.target(), &head.path[..]), (input.len(), target, path));
            }
        }
        // The reverse: it is no less strict about the rest of the line.
        for line in [&b" HTTP/1.1 x"[..], b" HTTP/\xff.1", b"\x00 HTTP/1.1", b" \xff HTTP/1.1"] {
            let input = [b"GET ", target, line, b"\r\nHost: a\r\n\r\n"].concat();
            assert_eq!(parse_whole(&input, &LIMITS).map(|_| ()).unwrap_err().status, 400);
        }
    }
    let mut head = Head::default();
    let method = head.parse(b"G\xffT / HTTP/1.1\r\nHost: a\r\n\r\n", &LIMITS);
    assert_eq!(method.unwrap_err().status, 400);
    assert!(head.parse(b"GET /\xff HTTP/1.1\r\n\r\n", &LIMITS).is_err());
    assert_eq!(asked_for(&head), "GET /\\xff is /\\xff ?  at ");
}

/// All that a head tells, after it was read into `head`.
fn told(head: &mut Head, input: &str) -> String {
    match head.parse(input.as_bytes(), &LIMITS) {
        Ok(Some(len)) => {
            let Head { method, minor_version, has_host, framing, persist, .. } = &*head;
            let what = (len, method, minor_version, has_host, framing, persist);
            let line = (head.expect_continue, head.line(), head.method_name(), head.target());
            let place = (head.uri(), head.args(), head.host(), head.host_name(), &head.path);
            let fields: Vec<_> = head.fields().iter().collect();
            format!("{what:?} {line:?} {place:?} {fields:?} {}", head.received_len())
        }
        Ok(None) => "not whole".into(),
        Err(error) => format!("{error:?} {:?} {}", head.line(), asked_for(head)),
    }
}

#[test]
fn a_head_means_the_same_whatever_came_before_it() {
    let lines = [
        "GET / HTTP/1.1\r\n",
        "GET /a/b?c HTTP/1.1\n",
        "POST http://b:8/x?y HTTP/1.1\r\n",
        "HEAD /a/../%41 HTTP/1.1\r\n",
        "OPTIONS * HTTP/1.1\r\n",
        "CONNECT /a HTTP/1.1\r\n",
        "GET / HTTP/1.0\r\n",
        "GET / HTTP/1.2\r\n",
        "GET / HTTP/2.0\r\n",
        "GET /.. HTTP/1.1\r\n",
        "GET  / HTTP/1.1\r\n",
        "GET /\r HTTP/1.1\r\n",
        "\r\nGET / HTTP/1.1\r\n",
        "",
    ];
    let fields = [
        "Host: a\r\n\r\n",
        "Host: a\r\n\r",
        "Host: a\r\n",
        "Host: a.b:80\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n",
        "Host: a\nTransfer-Encoding: chunked\nConnection: close\n\n",
        "Host: a\r\nx_y: 1\r\nbad(name: 1\r\nAccept:  b \r\n\r\n",
        "Host: \r\n\r\n",
        "\r\n",
    ];
    let long = format!("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", "x".repeat(90));
    let pairs = lines.iter().flat_map(|line| fields.map(|fields| format!("{line}{fields}")));
    let inputs: Vec<String> = pairs.chain([long]).collect();
    for first in &inputs {
        for second in &inputs {
            let mut head = Head::default();
            let alone = told(&mut Head::default(), second);
            told(&mut head, first);
            let again = second.clone() + "GET /next";
            for _ in 0..2 {
                assert_eq!(told(&mut head, second), alone, "{first:?}, then {second:?}");
            }
            let followed = told(&mut Head::default(), &again);
            assert_eq!(told(&mut head, &again), followed, "{first:?}, then {again:?}");
        }
    }
}
