//! Requests, drawn near what a conf names.

use std::fmt::Write;

use crate::conf::Drawn;
use crate::draw::Draw;

/// A request.
pub struct Asked {
    /// What a proxy says before it.
    pub before: String,
    pub method: &'static str,
    pub target: String,
    pub host: String,
    /// The lines between Host and the end of the head.
    pub fields: String,
    pub version: &'static str,
    pub content: &'static str,
}

const METHODS: &[&str] = &[
    "GET", "GET", "GET", "GET", "GET", "GET", "GET", "HEAD", "HEAD", "POST", "PUT", "DELETE",
    "OPTIONS", "PATCH", "REPORT",
];

const FIELDS: &[&str] = &[
    "Range: bytes=0-1",
    "Range: bytes=-3",
    "Range: bytes=2-",
    "Range: bytes=0-0,2-3",
    "Range: bytes=0-0,1-1,2-2",
    "Range: bytes=9999-",
    "X-Forwarded-For: 10.1.2.3",
    "X-Forwarded-For: 203.0.113.7, 10.1.2.3, 127.0.0.1",
    "X-Real-IP: 10.9.9.9",
    "Range: bytes=3-1",
    "Range: lines=1-2",
    "Range: bytes=0-1\r\nIf-Range: \"%TAG%\"",
    "Range: bytes=0-1\r\nIf-Range: \"other\"",
    "Range: bytes=0-1\r\nIf-Range: %TIME%",
    "If-None-Match: \"%TAG%\"",
    "If-None-Match: W/\"%TAG%\", \"a\"",
    "If-None-Match: *",
    "If-None-Match: \"a\"",
    "If-Match: \"%TAG%\"",
    "If-Match: W/\"%TAG%\"",
    "If-Match: *",
    "If-Match: \"a\", \"b\"",
    "If-Modified-Since: %TIME%",
    "If-Modified-Since: Mon, 14 Sep 2020 12:26:40 GMT",
    "If-Modified-Since: Sat, 12 Sep 2020 12:26:40 GMT",
    "If-Modified-Since: yesterday",
    "If-Unmodified-Since: %TIME%",
    "If-Unmodified-Since: Sat, 12 Sep 2020 12:26:40 GMT",
    "If-Modified-Since: %TIME%\r\nIf-None-Match: \"a\"",
    "Accept-Encoding: gzip",
    "Accept-Encoding: gzip;q=0",
    "Accept-Encoding: br, *",
    "Accept-Encoding: deflate, gzip;q=0.5",
    "Accept-Encoding: gzip\r\nVia: 1.1 proxy",
    "X: ab",
    "X: /a/x",
    "Cookie: b=1; c=2",
    "User-Agent: some",
    "Referer: http://s1.test/",
    "Referer: https://S1.test:8/a/x",
    "Referer: http://x.s2.test/a.txt",
    "Referer: s1.test",
];

/// Names of files, and what is not there.
const NAMES: &[&str] = &[
    "",
    "a",
    "a.txt",
    "b.html",
    "d",
    "d/",
    "a/",
    "a/a.txt",
    "ssi.html",
    "a/ssi.html",
    "index.html",
    "none",
    "x.bin",
    "noext",
    "page.json",
    "empty.txt",
    "big.txt",
    "a/b/c.txt",
    "s%20p.txt",
    "d/%C3%A9.txt",
    "a%2fa.txt",
    "404.html",
    "in/a.txt",
    "A.TXT",
    "d/x.txt",
    ".hidden",
    "link.txt",
    "%61.txt",
    "a.txt/",
    "x/y",
    "x/y/z",
];

const QUERIES: &[&str] = &[
    "x=1",
    "x=a.txt",
    "m=a",
    "m=b",
    "m=xxy",
    "x=1&m=xx",
    "",
    "i=a.txt&c=koi",
    "x=%41",
    "a?b",
    "ip=10.1.2.3",
    "ip=::1&x=2",
    "ip=10.9.9.9",
    "x=yoSJANjwA0JwJnE8-aO0fw",
    "x=asm0hizi6bRrP6cRBXPGgQ&e=4102444800",
    "x=asm0hizi6bRrP6cRBXPGgQ&e=1",
];

/// What is put in front of a path.
const ODD: &[&str] = &["/", "/.", "/./", "/a/..", "/%2e%2e/", "/a//", "/x/../", "/%2F", "/../.."];

impl Asked {
    /// A request to the server, with a number to know it by.
    pub fn new(draw: &mut Draw, to: &Drawn, number: usize) -> Asked {
        let method = *draw.pick(METHODS);
        let has_content = matches!(method, "POST" | "PUT") && draw.chance(60);
        let content = if has_content { *draw.pick(&["content", "abc"]) } else { "" };
        let host = match draw.below(10) {
            0 => format!("www.{}:80", to.name),
            1 => to.name.to_uppercase(),
            _ => to.name.clone(),
        };
        let mut fields = format!("Number: {number}\r\n");
        if draw.chance(40) {
            let (field, tag) = (*draw.pick(FIELDS), *draw.pick(TAGS));
            let field = field.replace("%TAG%", tag).replace("%TIME%", TIME);
            let _ = write!(fields, "{field}\r\n");
        }
        if has_content {
            let _ = write!(fields, "Content-Length: {}\r\n", content.len());
        }
        let version = if draw.chance(8) { "1.0" } else { "1.1" };
        let before = String::new();
        Asked { before, method, target: target(draw, to), host, fields, version, content }
    }

    /// A request for this.
    pub fn of(
        method: &str,
        path: &str,
        host: &str,
        fields: String,
        content: &'static str,
    ) -> Asked {
        let method = *METHODS.iter().find(|known| **known == method).expect("a method");
        let (target, host, before) = (path.to_owned(), host.to_owned(), String::new());
        Asked { before, method, target, host, fields, version: "1.1", content }
    }

    /// Its bytes.
    pub fn bytes(&self) -> String {
        let Asked { before, method, target, host, fields, version, content } = self;
        format!(
            "{before}{method} {target} HTTP/{version}\r\nHost: {host}\r\nConnection: close\r\n{fields}\r\n{content}"
        )
    }
}

/// The time of all files.
pub const TIME: &str = "Sun, 13 Sep 2020 12:26:40 GMT";

/// The tags of some.
const TAGS: &[&str] = &["5f5e1000-6", "5f5e1000-1388", "5f5e1000-14", "5f5e1000-0"];

fn target(draw: &mut Draw, to: &Drawn) -> String {
    let named = paths_in(&to.text);
    let mut path = match draw.below(10) {
        0..4 => draw.pick(&named).clone(),
        4..7 => format!("{}/{}", draw.pick(&named).trim_end_matches('/'), draw.pick(NAMES)),
        _ => format!("/{}", draw.pick(NAMES)),
    };
    if draw.chance(12) {
        path = draw.pick(ODD).to_string() + &path;
    }
    if draw.chance(35) {
        path = format!("{path}?{}", draw.pick(QUERIES));
    }
    if draw.chance(2) {
        path = format!("http://{}{path}", to.name);
    }
    path
}

/// The paths that a text names, as a client may write them.
fn paths_in(text: &str) -> Vec<String> {
    let ends = |byte: char| !byte.is_ascii_alphanumeric() && !"/._-".contains(byte);
    let parts = text.split(ends).filter(|part| part.starts_with('/') && !part.starts_with("//"));
    let mut paths: Vec<_> = parts.map(str::to_owned).collect();
    paths.push("/".to_owned());
    paths
}
