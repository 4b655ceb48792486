//! Who is let in by where a link stands: what nginx 1.22 answered to the same conf.

use sitec_tests::server::Server;

use crate::launch;

/// What a location says of a request whose Referer is this.
fn said(server: &Server, path: &str, referer: Option<&str>) -> String {
    let field = referer.map(|referer| format!("Referer: {referer}\r\n")).unwrap_or_default();
    let request = format!("GET {path} HTTP/1.1\r\nHost: s1.test\r\n{field}\r\n");
    let response = server.connect().send(request).response("GET");
    match response.status {
        200 => response.text(),
        status => status.to_string(),
    }
}

/// The locations that are asked.
const ASKED: [&str; 7] = ["/none", "/a", "/b", "/s", "/r", "/h", "/h/i"];

/// A Referer, and where it is not valid: a `1` for each location that is asked.
const REFERERS: &[(Option<&str>, &str)] = &[
    (None, "..11111"),
    (Some(""), "..11111"),
    (Some("http://a.test"), "...11.."),
    (Some("http://a.test/"), "...11.."),
    (Some("https://A.TEST:80/x"), "...11.."),
    (Some("junk"), "..11111"),
    (Some("http://i.ru"), ".111111"),
    (Some("http://i.r"), "..11111"),
    (Some("ftp://a.test/x"), "..11111"),
    (Some("http://x.b.test/"), "..11111"),
    (Some("http://b.test"), ".111111"),
    (Some("http://c.d/"), "..11111"),
    (Some("http://c"), "..11111"),
    (Some("http://d.test/p/x"), "..11111"),
    (Some("http://d.test/q"), ".111111"),
    (Some("http://sub.d.test/p/"), "..11111"),
    (Some("http://e.test/Q"), "..11111"),
    (Some("http://e.test/q"), ".111111"),
    (Some("http://u@a.test/"), ".111111"),
    (Some("http://evil.test/x.z"), "..11111"),
    (Some("http://f.test/only"), ".1.1.11"),
    (Some("http://g.f.test/only/x"), ".111111"),
    (Some("http://f.test/ONLY"), ".1.1.11"),
    (Some("http://s1.test/"), ".11.111"),
    (Some("http://x.s2.test/a"), ".11.111"),
    (Some("http://s2.test/"), ".111111"),
    (Some("http://r12.test:8/"), ".11.111"),
    (Some("http://h.test/"), ".1111.."),
    (Some("http://a.test."), ".111111"),
    (Some("http:///a.test"), ".111111"),
    (Some("http://d.test:80/p/"), "..11111"),
    (Some("http://d.test?x/p/"), ".111111"),
];

#[test]
fn referers_are_valid_where_they_are_in_nginx() {
    let server = launch("guards").start();
    for &(referer, expected) in REFERERS {
        let said = ASKED.map(|path| match &*said(&server, path, referer) {
            "<1>" => '1',
            "<>" => '.',
            other => panic!("{path} {referer:?}: {other}"),
        });
        assert_eq!(said.iter().collect::<String>(), expected, "{referer:?}");
    }
}

#[test]
fn hotlinks_are_refused() {
    let server = launch("guards").start();
    for (referer, expected) in [
        (None, "image"),
        (Some("https://s1.test/page"), "image"),
        (Some("https://S1.TEST"), "image"),
        (Some("https://r2.test/page"), "image"),
        (Some("https://evil.test/s1.test"), "403"),
        (Some("https://s1.test.evil.test/"), "403"),
    ] {
        assert_eq!(said(&server, "/images/a.png", referer), expected, "{referer:?}");
    }
    // It is found out once for a request.
    assert_eq!(said(&server, "/first", Some("http://a.test")), " ");
    assert_eq!(said(&server, "/first", Some("http://b.test")), "1 1");
}

/// Links, and what is said of them. The first two hold for ever, or nearly.
const LINKS: &[(&str, &str)] = &[
    ("/md5?md5=gZ2-83F0VR6UxC19UmZpVA&e=100", "<0|100>"),
    ("/md5?md5=dPByOUuBzWImFUQjVNnG2g&e=0", "<|>"),
    ("/md5?md5=gy4-XvI2dgKmpjEoQgjLSQ&e=", "<|>"),
    ("/md5?md5=NSpCk3fqlqZX17hOdKKs0Q&e=x", "<|>"),
    ("/md5?md5=bad&e=1796062424", "<|1796062424>"),
    ("/md5", "<|>"),
    ("/nox?md5=ASvcileRP0U_NjWsevQchg", "<1|>"),
    ("/nox?md5=ASvcileRP0U_NjWsevQchg==", "<1|>"),
    ("/nox?md5=ASvcileRP0U_NjWsevQchg===", "<|>"),
    ("/nox?md5=ASvcileRP0U_NjWsevQchg=", "<1|>"),
    ("/nox?md5=ASvcileRP0U/NjWsevQchg==", "<|>"),
    ("/nox?md5=ASvcileRP0U_NjWsevQchg,1", "<0|1>"),
    ("/nox?md5=ASvcileRP0U_NjWsevQchg,5,6", "<|>"),
    ("/nox?md5=", "<|>"),
    ("/nox", "<|>"),
    ("/nox?md5=ASvcileRP0U_NjWsevQch", "<|>"),
    ("/nox?md5=ASvcileRP0U_NjWsevQchgA", "<|>"),
    ("/nox?md5=ASvcileRP0U_NjWsevQchg,+5", "<|>"),
    ("/nox?md5=ASvcileRP0U_NjWsevQchg,99999999999999999999", "<|>"),
    ("/nox?md5=ASvcileRP0U_NjWsevQchg,9223372036854775807", "<1|9223372036854775807>"),
    ("/exf?md5=jOSxayK1iJSqhsQh6HWd8w&e=9999999999", "<|1|>"),
    (
        "/p/c4438e101f99d14d60bdb7664a274e6c/a/b.txt",
        "<a/b.txt||/p/c4438e101f99d14d60bdb7664a274e6c/a/b.txt>",
    ),
    (
        "/p/C4438E101F99D14D60BDB7664A274E6C/a/b.txt",
        "<a/b.txt||/p/C4438E101F99D14D60BDB7664A274E6C/a/b.txt>",
    ),
    (
        "/p/ae1527ccb9feb1705d1008398eafebf1/a/b.txt?x=1",
        "<a/b.txt?x=1||/p/ae1527ccb9feb1705d1008398eafebf1/a/b.txt>",
    ),
    (
        "/p/c4438e101f99d14d60bdb7664a274e6c/a/b.txt?x=1",
        "<||/p/c4438e101f99d14d60bdb7664a274e6c/a/b.txt>",
    ),
    ("/p/c47d187067c6cf953245f128b5fde62a/", "<||/p/c47d187067c6cf953245f128b5fde62a/>"),
    (
        "/p/beb022f937bf7db4688ac639341f5bc9/a%20b",
        "<a%20b||/p/beb022f937bf7db4688ac639341f5bc9/a b>",
    ),
    ("/p/514d623631beeb054755cd2efa58ae60/a%20b", "<||/p/514d623631beeb054755cd2efa58ae60/a b>"),
    ("/p/zz/a", "<||/p/zz/a>"),
    ("/p/", "<||/p/>"),
    ("/open?md5=ASvcileRP0U_NjWsevQchg", "<|>"),
];

#[test]
fn links_hold_where_they_do_in_nginx() {
    let server = launch("guards").start();
    for &(target, expected) in LINKS {
        assert_eq!(said(&server, target, None), expected, "{target}");
    }
}

#[test]
fn downloads_are_for_who_has_the_link() {
    let server = launch("guards").start();
    for (target, expected) in [
        ("/file/a?md5=DIGEST&expires=9999999999", "file"),
        ("/file/a?md5=DIGEST&expires=9999999998", "403"),
        ("/file/b?md5=DIGEST&expires=9999999999", "403"),
        ("/file/a", "403"),
        ("/file/a?md5=OVER&expires=1", "410"),
    ] {
        let target = target
            .replace("DIGEST", "pFH-Vd3-1MpTty4vOnO-1w")
            .replace("OVER", "NvnxbB2QLlMWL-RJ080dDA");
        assert_eq!(said(&server, &target, None), expected, "{target}");
    }
}
