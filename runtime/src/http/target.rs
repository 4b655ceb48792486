//! Request targets (RFC 9112, section 3.2): their forms, and paths decoded and normalised,
//! once. Also used by the compiler, so that the two never disagree about a path.

use std::borrow::Cow;

/// The scheme of a URL that leads to the server.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Scheme {
    /// Its name.
    pub name: &'static str,
    /// The port of a URL that names none.
    pub port: u16,
}

impl Scheme {
    /// Without encryption.
    pub const HTTP: Scheme = Scheme { name: "http", port: 80 };
    /// Over TLS.
    pub const HTTPS: Scheme = Scheme { name: "https", port: 443 };
}

/// A request target, taken apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Target<'a> {
    /// The authority of an absolute-form target.
    pub authority: Option<&'a [u8]>,
    /// The path as sent; begins with a slash.
    pub path: &'a [u8],
    /// What follows the first `?`; empty without one.
    pub args: &'a [u8],
}

/// What is wrong with a target.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BadTarget(pub &'static str);

impl<'a> Target<'a> {
    /// Takes a target apart that is a path as it will be used, perhaps with arguments: most are.
    /// `None` sends it the long way.
    pub fn parse_plain(target: &'a [u8]) -> Option<Target<'a>> {
        let path_len = plain_len(target);
        let (path, rest) = target.split_at(path_len);
        let args = match rest {
            [] => b"",
            [b'?', args @ ..] if !args.contains(&b'#') => args,
            _ => return None,
        };
        path.starts_with(b"/").then_some(Target { authority: None, path, args })
    }

    /// Takes origin-form and absolute-form targets apart.
    pub fn parse(target: &'a [u8]) -> Result<Target<'a>, BadTarget> {
        if target.contains(&b'#') {
            return Err(BadTarget("fragment in the request target"));
        }
        if target.first() == Some(&b'/') {
            let (path, args) = split_args(target);
            return Ok(Target { authority: None, path, args });
        }
        let scheme_end = target.windows(3).position(|window| window == b"://");
        let scheme_end =
            scheme_end.ok_or(BadTarget("request target is neither a path nor a URL"))?;
        let scheme = &target[..scheme_end];
        if !scheme.eq_ignore_ascii_case(b"http") && !scheme.eq_ignore_ascii_case(b"https") {
            return Err(BadTarget("scheme of the request target is not http"));
        }
        let rest = &target[scheme_end + 3..];
        let authority_len = rest.iter().position(|byte| matches!(byte, b'/' | b'?'));
        let (authority, rest) = rest.split_at(authority_len.unwrap_or(rest.len()));
        if authority.is_empty() {
            return Err(BadTarget("no host in the request target"));
        }
        let (path, args) = split_args(rest);
        let path = if path.is_empty() { b"/" } else { path };
        Ok(Target { authority: Some(authority), path, args })
    }
}

/// Whether `uri` is a path with its query, such as a client may ask for: it has no host and no
/// fragment, and no byte that a request line cannot hold.
pub fn is_path_and_query(uri: &[u8]) -> bool {
    let is_path = uri.starts_with(b"/") && !uri.starts_with(b"//");
    is_path && !uri.iter().any(|&byte| byte <= b' ' || matches!(byte, b'#' | 0x7f))
}

/// What stands before and behind the first `?`.
pub fn split_args(uri: &[u8]) -> (&[u8], &[u8]) {
    // Most are too short for a search by vectors to pay.
    match uri.iter().position(|&byte| byte == b'?') {
        Some(at) => (&uri[..at], &uri[at + 1..]),
        None => (uri, b""),
    }
}

/// Decodes and normalises `path`, which begins with a slash, into `out` (cleared first):
/// percent-encoding is decoded once, `.` and `..` segments are resolved (RFC 3986, 5.2.4)
/// after decoding, and runs of slashes become one if `merge_slashes`. Errors: a bad escape, a
/// NUL, a path that leads above the root.
pub fn normalize(path: &[u8], merge_slashes: bool, out: &mut Vec<u8>) -> Result<(), BadTarget> {
    out.clear();
    let mut rest = path.iter();
    // Where the segment that is being read begins in `out`.
    let mut segment = 0;
    loop {
        let byte = match rest.next() {
            Some(b'%') => {
                let (high, low) = (rest.next().and_then(hex), rest.next().and_then(hex));
                let (Some(high), Some(low)) = (high, low) else {
                    return Err(BadTarget("bad percent-encoding in the path"));
                };
                Some(high << 4 | low)
            }
            byte => byte.copied(),
        };
        match byte {
            Some(0) => return Err(BadTarget("NUL in the path")),
            Some(b'/') | None => {
                end_segment(out, &mut segment, byte.is_some(), merge_slashes)?;
                if byte.is_none() {
                    return Ok(());
                }
            }
            Some(byte) => out.push(byte),
        }
    }
}

/// Normalises a path that is decoded already, as [`normalize`] does. Errors: a path that leads above
/// the root.
pub fn resolve(path: &[u8], merge_slashes: bool) -> Result<Cow<'_, [u8]>, BadTarget> {
    if plain_len(path) == path.len() {
        return Ok(Cow::Borrowed(path));
    }
    let (mut out, mut segment) = (Vec::with_capacity(path.len()), 0);
    for &byte in path {
        match byte {
            b'/' => end_segment(&mut out, &mut segment, true, merge_slashes)?,
            byte => out.push(byte),
        }
    }
    end_segment(&mut out, &mut segment, false, merge_slashes)?;
    Ok(Cow::Owned(out))
}

/// Ends the segment that began at `segment`, with a slash or with the path.
fn end_segment(
    out: &mut Vec<u8>,
    segment: &mut usize,
    slash: bool,
    merge_slashes: bool,
) -> Result<(), BadTarget> {
    match &out[*segment..] {
        // The slash in front of a dot segment stays, and stands for the one behind it.
        b"." if *segment > 0 => out.truncate(*segment),
        b".." if *segment > 0 => {
            let parent = out[..*segment - 1].iter().rposition(|&byte| byte == b'/');
            let parent = parent.ok_or(BadTarget("the path leads above the root"))?;
            out.truncate(parent + 1);
        }
        b"" if merge_slashes && *segment > 0 => {}
        _ if slash => out.push(b'/'),
        _ => {}
    }
    *segment = out.len();
    Ok(())
}

/// Kinds of bytes in a target: those that stand for themselves, two that do so unless they are
/// behind a slash, and the others, which end a path, escape another byte, or are in no path.
const KINDS: [u8; 256] = {
    let mut kinds = [0; 256];
    kinds[b'/' as usize] = SLASH;
    kinds[b'.' as usize] = DOT;
    kinds[0] = OTHER;
    kinds[b'#' as usize] = OTHER;
    kinds[b'%' as usize] = OTHER;
    kinds[b'?' as usize] = OTHER;
    kinds
};
// In this order: what may not be behind a slash is all from `SLASH` on.
const SLASH: u8 = 1;
const DOT: u8 = 2;
const OTHER: u8 = 3;

/// The length of the front of a target that [`normalize`] would leave as it is, in one look at
/// each byte: no escape, no empty or dot segment. A `?` or `#` ends it too.
fn plain_len(target: &[u8]) -> usize {
    // The first kind that may not come next.
    let mut stop = OTHER;
    for (len, &byte) in target.iter().enumerate() {
        let kind = KINDS[usize::from(byte)];
        if kind >= stop {
            return len;
        }
        stop = if kind == SLASH { SLASH } else { OTHER };
    }
    target.len()
}

fn hex(digit: &u8) -> Option<u8> {
    char::from(*digit).to_digit(16).map(|value| value as u8)
}

/// Whether `host` (an authority without userinfo) is `uri-host [":" port]` (RFC 3986, 3.2).
/// An empty one is valid.
pub fn is_valid_host(host: &[u8]) -> bool {
    host_name_len(host).is_some()
}

/// The length of the name in such a host, or of the address and its brackets; `None` if the host
/// is not valid.
pub fn host_name_len(host: &[u8]) -> Option<usize> {
    let name_len = match host {
        [b'[', rest @ ..] => match rest.iter().position(|&byte| byte == b']') {
            Some(len) if is_ipv6_address(&rest[..len]) => len + 2,
            _ => return None,
        },
        _ => reg_name_len(host)?,
    };
    let valid = match &host[name_len..] {
        [] => true,
        // There is no port of no host (RFC 9110, 4.2.1).
        [b':', port @ ..] => name_len > 0 && port.iter().all(u8::is_ascii_digit),
        _ => false,
    };
    valid.then_some(name_len)
}

fn is_ipv6_address(text: &[u8]) -> bool {
    let text = std::str::from_utf8(text).unwrap_or_default();
    text.parse::<std::net::Ipv6Addr>().is_ok()
}

/// A host and the port behind its last colon, if it has one.
pub fn split_port(host: &[u8]) -> (&[u8], Option<&[u8]>) {
    // Colons within brackets are part of an address.
    let name_end = match host.first() {
        Some(b'[') => host.iter().rposition(|&byte| byte == b']').unwrap_or(0),
        _ => 0,
    };
    match host[name_end..].iter().position(|&byte| byte == b':') {
        Some(at) => (&host[..name_end + at], Some(&host[name_end + at + 1..])),
        None => (host, None),
    }
}

/// Bytes of a `reg-name` (RFC 3986, 3.2.2).
const REG_NAME: [bool; 256] = {
    let mut table = [false; 256];
    let marks = b"-._~%!$&'()*+,;=";
    let mut byte = 0;
    while byte < 256 {
        table[byte] = (byte as u8).is_ascii_alphanumeric();
        byte += 1;
    }
    let mut index = 0;
    while index < marks.len() {
        table[marks[index] as usize] = true;
        index += 1;
    }
    table
};

/// Whether a `reg-name` may have `byte` in it.
pub fn is_reg_name_byte(byte: u8) -> bool {
    REG_NAME[usize::from(byte)]
}

/// Length of the `reg-name` that `host` begins with; `None` where a label of it is empty.
fn reg_name_len(host: &[u8]) -> Option<usize> {
    let (mut len, mut last) = (0, 0);
    while let Some(&byte) = host.get(len)
        && is_reg_name_byte(byte)
    {
        if byte == b'.' && last == b'.' {
            return None;
        }
        last = byte;
        len += 1;
    }
    (&host[..len] != b".").then_some(len)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn normalizes_paths() {
        // path, with slashes merged, without
        let table: &[(&str, Option<&str>, Option<&str>)] = &[
            ("/", Some("/"), Some("/")),
            ("/a/b.html", Some("/a/b.html"), Some("/a/b.html")),
            ("//", Some("/"), Some("//")),
            ("/a//b///c/", Some("/a/b/c/"), Some("/a//b///c/")),
            ("/a/./b", Some("/a/b"), Some("/a/b")),
            ("/a/.", Some("/a/"), Some("/a/")),
            ("/a/..", Some("/"), Some("/")),
            ("/a/../b", Some("/b"), Some("/b")),
            ("/a/b/../../c", Some("/c"), Some("/c")),
            ("/a//../b", Some("/b"), Some("/a/b")),
            ("/%2e%2E/x", None, None),
            ("/..", None, None),
            ("/a/../../x", None, None),
            ("/a/%2e%2e/x", Some("/x"), Some("/x")),
            ("/a%2f..%2fx", Some("/x"), Some("/x")),
            ("/a%2Fb", Some("/a/b"), Some("/a/b")),
            ("/%41%2542", Some("/A%42"), Some("/A%42")),
            ("/a%00b", None, None),
            ("/a%0", None, None),
            ("/a%zz", None, None),
            ("/...", Some("/..."), Some("/...")),
            ("/.a/..b/c..", Some("/.a/..b/c.."), Some("/.a/..b/c..")),
            ("/a?b", Some("/a?b"), Some("/a?b")),
            ("/%3F%23", Some("/?#"), Some("/?#")),
        ];
        for &(path, merged, unmerged) in table {
            for (merge, expected) in [(true, merged), (false, unmerged)] {
                let mut out = Vec::new();
                let result = normalize(path.as_bytes(), merge, &mut out);
                let result = result.ok().map(|()| String::from_utf8(out).unwrap());
                assert_eq!(result.as_deref(), expected, "{path} merge={merge}");
                if let Some(plain) = Target::parse_plain(path.as_bytes()) {
                    assert_eq!(Ok(plain), Target::parse(path.as_bytes()));
                    let stays = path.split('?').next();
                    assert_eq!(stays.map(str::as_bytes), Some(plain.path), "{path}");
                    assert!(path.contains('?') || expected == Some(path), "{path}");
                }
            }
        }
    }

    #[test]
    fn takes_targets_apart() {
        let ok = |authority: Option<&'static str>, path: &'static str, args: &'static str| {
            let authority = authority.map(str::as_bytes);
            Ok(Target { authority, path: path.as_bytes(), args: args.as_bytes() })
        };
        assert_eq!(Target::parse(b"/a?b?c"), ok(None, "/a", "b?c"));
        assert_eq!(Target::parse(b"http://h:80/a?b"), ok(Some("h:80"), "/a", "b"));
        assert_eq!(Target::parse(b"HTTP://h"), ok(Some("h"), "/", ""));
        assert_eq!(Target::parse(b"http://h?x"), ok(Some("h"), "/", "x"));
        for bad in ["*", "a", "ftp://h/", "http:///a", "h:80", "/a#b", ""] {
            assert!(Target::parse(bad.as_bytes()).is_err(), "{bad}");
        }
    }

    #[test]
    fn knows_paths_and_queries() {
        for uri in ["/", "/a?b=c", "/a//b?", "/%zz", "/\u{fc}", "/?//"] {
            assert!(is_path_and_query(uri.as_bytes()), "{uri}");
        }
        for uri in ["", "a", "//a/b", "/a#b", "/a?b#c", "/a b", "/a\tb", "/\u{7f}", "http://a/"] {
            assert!(!is_path_and_query(uri.as_bytes()), "{uri}");
        }
    }

    #[test]
    fn plain_targets_are_taken_apart_at_once() {
        for target in ["/", "/a/b.html", "/a.b/c../", "/a?b?c=/../%zz//", "/?"] {
            let plain = Target::parse_plain(target.as_bytes());
            assert_eq!(plain, Target::parse(target.as_bytes()).ok(), "{target}");
            assert!(plain.is_some(), "{target}");
        }
        for target in ["", "*", "a/b", "//", "/a//b", "/./", "/.b", "/a/..", "/%41", "/a#", "/?#"] {
            assert_eq!(Target::parse_plain(target.as_bytes()), None, "{target}");
        }
    }

    #[test]
    fn resolves_decoded_paths() {
        for (path, merged, kept) in [
            ("/", "/", "/"),
            ("/a/b.html", "/a/b.html", "/a/b.html"),
            ("//a///b/", "/a/b/", "//a///b/"),
            ("/./a/./b/.", "/a/b/", "/a/b/"),
            ("/x/../a/y/..", "/a/", "/a/"),
            // What stands behind a percent sign was decoded before.
            ("/%2e%2e/a", "/%2e%2e/a", "/%2e%2e/a"),
            ("/.../a..", "/.../a..", "/.../a.."),
        ] {
            for (merge_slashes, expected) in [(true, merged), (false, kept)] {
                let resolved = resolve(path.as_bytes(), merge_slashes).expect(path);
                assert_eq!(String::from_utf8_lossy(&resolved), expected, "{path}");
            }
        }
        for path in ["/..", "/a/../..", "/../a"] {
            assert!(resolve(path.as_bytes(), true).is_err(), "{path}");
        }
    }

    #[test]
    fn knows_valid_hosts() {
        for host in ["", "a", "a.test", "a.test.", "a:80", "a:", "[::1]", "[::1]:8080", "a_b"] {
            assert!(is_valid_host(host.as_bytes()), "{host}");
            let name = split_port(host.as_bytes()).0;
            assert_eq!(host_name_len(host.as_bytes()), Some(name.len()), "{host}");
        }
        for host in [
            "a b", "a/b", "a:80:80", "a:x", "[::1", "::1", "[x]", "a@b", "a..b", ".", "a\\b",
            "a,b\t", ":80",
        ] {
            assert!(!is_valid_host(host.as_bytes()), "{host}");
        }
    }
}
