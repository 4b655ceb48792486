use super::*;

const LIMITS: Limits = Limits {
    line_len: 100,
    head_len: 300,
    max_fields: 8,
    ignore_invalid_fields: true,
    underscores: false,
    merge_slashes: true,
};

const GET: [(&str, &str); 4] =
    [(":method", "GET"), (":scheme", "http"), (":authority", "a:8"), (":path", "/b?c")];

fn read(fields: &[(&str, &str)], ends: bool) -> Result<Head, BadFields> {
    let mut head = Head::default();
    let mut reader = FieldsReader::new(&mut head, &LIMITS);
    fields.iter().for_each(|(name, value)| reader.take(name.as_bytes(), value.as_bytes()));
    reader.finish(7, ends)?;
    Ok(head)
}

fn with(more: &[(&str, &str)], ends: bool) -> Result<Head, BadFields> {
    read(&[&GET[..], more].concat(), ends)
}

fn is_malformed(fields: &[(&str, &str)], ends: bool) -> bool {
    matches!(read(fields, ends), Err(BadFields::Malformed(_)))
}

#[test]
fn a_head_is_what_http_1_would_have_sent() {
    let head = with(&[("accept", "x"), ("cookie", "a=1"), ("te", "trailers")], true).unwrap();
    assert_eq!(head.line(), b"GET /b?c HTTP/2.0");
    assert_eq!((head.target(), head.uri(), head.args()), (&b"/b?c"[..], &b"/b?c"[..], &b"c"[..]));
    assert_eq!((head.host(), head.host_name()), (&b"a:8"[..], &b"a"[..]));
    assert_eq!((&head.path[..], head.method), (&b"/b"[..], Some(Method::Get)));
    assert_eq!(head.fields().first(b"Host"), Some(&b"a:8"[..]));
    assert_eq!(head.fields().first(b"cookie"), Some(&b"a=1"[..]));
    assert_eq!((head.received_len(), head.framing), (7, Framing::Length(0)));
    assert_eq!(head.method_name(), b"GET");
}

/// RFC 8441, 4 and 5.
#[test]
fn rfc8441_4_connect_with_a_protocol_asks_for_an_upgrade() {
    let fields = |protocol| {
        let scheme = (":scheme", "https");
        [(":method", "CONNECT"), scheme, (":authority", "a"), (":path", "/c"), protocol]
    };
    let head = read(&fields((":protocol", "websocket")), false).unwrap();
    assert!(head.is_tunnel && head.method == Some(Method::Get));
    assert_eq!(head.line(), b"GET /c HTTP/2.0");
    assert_eq!(head.fields().first(b"upgrade"), Some(&b"websocket"[..]));
    assert_eq!(head.fields().first(b"connection"), Some(&b"upgrade"[..]));
    assert_eq!(head.framing, Framing::Length(0));
    assert!(is_malformed(&fields((":protocol", "a b")), false));
    assert!(is_malformed(&fields((":method", "CONNECT")), false));
    let get = [(":method", "GET"), (":scheme", "https"), (":authority", "a"), (":path", "/")];
    assert!(is_malformed(&[&get[..], &[(":protocol", "websocket")]].concat(), false));
    let without = [(":method", "CONNECT"), (":authority", "a"), (":protocol", "websocket")];
    assert!(is_malformed(&without, false));
}

/// RFC 9113, 8.3: pseudo-fields come first and once, and there are no others; 8.3.1: those that
/// there have to be.
#[test]
fn rfc9113_8_3_pseudo_fields_are_checked() {
    for missing in [0, 1, 3] {
        let mut fields = GET.to_vec();
        fields.remove(missing);
        assert!(is_malformed(&fields, true), "{missing}");
    }
    for (name, value) in
        [(":path", "/"), (":method", "GET"), (":status", "200"), (":protocol", "x"), (":", "")]
    {
        let mut fields = GET.to_vec();
        fields.insert(2, (name, value));
        assert!(is_malformed(&fields, true), "{name}");
    }
    let late = [GET[0], GET[1], GET[3], ("a", "b"), GET[2]];
    assert!(is_malformed(&late, true));
    let any_order = [GET[3], GET[1], GET[2], GET[0]];
    assert!(read(&any_order, true).is_ok());
}

#[test]
fn rfc9113_8_3_1_values_of_pseudo_fields_are_checked() {
    for (at, value) in [
        (3, ""),
        (3, "b"),
        (3, "*"),
        (3, "http://a/b"),
        (3, "/a b"),
        (0, ""),
        (0, "GET /x"),
        (1, ""),
        (1, "1http"),
        (2, ""),
        (2, "user@a"),
        (2, "a/b"),
        (2, "a:b"),
        (2, "[::1"),
    ] {
        let mut fields = GET;
        fields[at].1 = value;
        assert!(is_malformed(&fields, true), "{at} {value}");
    }
    let options = [(":method", "OPTIONS"), GET[1], GET[2], (":path", "*")];
    assert_eq!(read(&options, true).map(|head| head.target().to_vec()), Ok(b"*".to_vec()));
}

/// RFC 9113, 8.5: CONNECT has neither a scheme nor a path.
#[test]
fn rfc9113_8_5_connect_has_an_authority_alone() {
    let connect = (":method", "CONNECT");
    assert!(read(&[connect, GET[2]], false).is_ok());
    assert!(is_malformed(&[connect], false));
    assert!(is_malformed(&[connect, GET[1], GET[2], GET[3]], false));
}

/// RFC 9113, 8.3.1: a Host that is equal to the authority is taken, and stands for it where there
/// is none.
#[test]
fn rfc9113_8_3_1_host_is_the_authority() {
    assert!(with(&[("host", "A:8")], true).is_ok());
    assert!(is_malformed(&[&GET[..], &[("host", "b")]].concat(), true));
    assert!(is_malformed(&[&GET[..], &[("host", "a:8"), ("host", "a:8")]].concat(), true));
    let alone = [GET[0], GET[1], GET[3], ("host", "c")];
    assert_eq!(read(&alone, true).map(|head| head.host().to_vec()), Ok(b"c".to_vec()));
    let none = BadFields::Refused(HeadError { status: 400, reason: "no Host" });
    assert_eq!(read(&alone[..3], true).err(), Some(none));
}

/// RFC 9113, 8.2.1 and 8.2.2.
#[test]
fn rfc9113_8_2_fields_are_checked() {
    for (name, value) in [
        ("", "x"),
        ("A", "x"),
        ("a b", "x"),
        ("a:b", "x"),
        ("a\r", "x"),
        ("\u{80}", "x"),
        ("a", " x"),
        ("a", "x\t"),
        ("a", "x\ry"),
        ("a", "x\ny"),
        ("a", "x\0y"),
        ("connection", "close"),
        ("keep-alive", "5"),
        ("proxy-connection", "x"),
        ("transfer-encoding", "chunked"),
        ("upgrade", "h2c"),
        ("te", "gzip"),
        ("te", "trailers, gzip"),
    ] {
        assert!(is_malformed(&[&GET[..], &[(name, value)]].concat(), true), "{name}: {value}");
        let mut trailers = TrailersReader::new(&LIMITS);
        trailers.take(name.as_bytes(), value.as_bytes());
        let found = trailers.finish();
        assert!(matches!(found, Err(BadFields::Malformed(_))), "{name}: {value}");
    }
    assert!(with(&[("a", "x y\tz"), ("b", "")], true).is_ok());
    let mut trailers = TrailersReader::new(&LIMITS);
    trailers.take(b":path", b"/");
    assert_eq!(trailers.finish(), malformed("a pseudo-field in trailers"));
}

/// Trailers are counted as heads are: by their length, and by their number where they are empty.
#[test]
fn trailers_have_the_bounds_of_heads() {
    for (value_len, most) in [(80, 3), (0, 8)] {
        let mut trailers = TrailersReader::new(&LIMITS);
        let value = "x".repeat(value_len);
        (0..most).for_each(|_| trailers.take(b"a", value.as_bytes()));
        assert_eq!(trailers.fault, None, "{value_len}");
        trailers.take(b"a", value.as_bytes());
        assert!(matches!(trailers.finish(), Err(BadFields::Refused(_))), "{value_len}");
    }
}

/// RFC 9113, 8.1.1 and 8.6: what Content-Length says has to come.
#[test]
fn rfc9113_8_1_1_content_length_is_checked() {
    for (len, ends, framing) in [
        (None, true, Some(Framing::Length(0))),
        (None, false, Some(Framing::Chunked)),
        (Some("0"), true, Some(Framing::Length(0))),
        (Some("5"), false, Some(Framing::Length(5))),
        (Some("5"), true, None),
        (Some("-5"), false, None),
        (Some("5, 5"), false, None),
        (Some(""), false, None),
    ] {
        let more: Vec<_> = len.iter().map(|len| ("content-length", *len)).collect();
        let found = with(&more, ends);
        assert_eq!(found.as_ref().ok().map(|head| head.framing), framing, "{len:?} {ends}");
        assert!(found.is_ok() || matches!(found, Err(BadFields::Malformed(_))));
    }
    let twice = [("content-length", "5"), ("content-length", "5")];
    assert!(matches!(with(&twice, false), Err(BadFields::Malformed(_))));
}

/// RFC 9113, 8.2.3.
#[test]
fn rfc9113_8_2_3_crumbs_of_cookies_are_joined() {
    let head =
        with(&[("cookie", "a=1"), ("x", "y"), ("cookie", "b=2"), ("cookie", "c=3")], true).unwrap();
    let cookies: Vec<_> = head.fields().values(b"cookie").collect();
    assert_eq!(cookies, [b"a=1; b=2; c=3"]);
    assert_eq!(head.fields().iter().count(), 3, "with Host");
}

#[test]
fn limits_are_those_of_http_1_and_empty_fields_count() {
    let status = |more: &[(&str, &str)]| match with(more, true) {
        Err(BadFields::Refused(error)) => error.status,
        other => panic!("{:?}", other.err()),
    };
    let long = "x".repeat(100);
    assert_eq!(status(&[("a", &long)]), 431);
    assert_eq!(status(&[("a", ""); 9]), 431);
    assert_eq!(status(&[("cookie", "a"); 9]), 431);
    assert_eq!(status(&[("a", &long[..80]); 4]), 431);
    let mut fields = GET;
    fields[3].1 = &long;
    let too_long =
        BadFields::Refused(HeadError { status: 414, reason: "request line is too long" });
    assert_eq!(read(&fields, true).err(), Some(too_long));
}

#[test]
fn what_is_refused_leaves_its_line_to_the_logs() {
    let mut head = Head::default();
    let mut reader = FieldsReader::new(&mut head, &LIMITS);
    GET.iter().for_each(|(name, value)| reader.take(name.as_bytes(), value.as_bytes()));
    reader.take(b"a", &[b'x'; 200]);
    assert!(reader.finish(9, true).is_err());
    assert_eq!(head.line(), b"GET /b?c HTTP/2.0");
    assert_eq!((head.fields().iter().count(), head.has_host), (0, false));
    assert_eq!((head.method, &head.path[..]), (Some(Method::Get), &b""[..]));
}
