//! Which Referer fields are valid: `valid_referers`, in nginx's order and with its bounds.

use std::borrow::Cow;

use crate::site::Referers;

/// What a `valid_referers` says, in the server's form or the compiler's.
pub trait ValidReferers {
    /// Whether a request without the field is valid.
    fn none(&self) -> bool;
    /// Whether a field that is no URL is.
    fn blocked(&self) -> bool;
    /// What the path must begin with on a host that is named. The host is in lower case.
    fn path(&self, host: &[u8]) -> Option<Cow<'_, [u8]>>;
    /// Whether a regex of `server_names` matches a host in lower case.
    fn is_server(&self, host: &[u8]) -> bool;
    /// Whether one of its own matches a host and what follows.
    fn is_match(&self, rest: &[u8]) -> bool;
}

impl ValidReferers for Referers {
    fn none(&self) -> bool {
        self.none
    }

    fn blocked(&self) -> bool {
        self.blocked
    }

    fn path(&self, host: &[u8]) -> Option<Cow<'_, [u8]>> {
        (self.path)(host).map(Cow::Borrowed)
    }

    fn is_server(&self, host: &[u8]) -> bool {
        (self.is_server)(host)
    }

    fn is_match(&self, rest: &[u8]) -> bool {
        (self.is_match)(rest)
    }
}

/// The shortest field that may be a URL, and the longest host that is looked for.
const MIN_URL_LEN: usize = "http://i.ru".len();
const MAX_HOST_LEN: usize = 256;

/// Whether a request with this Referer is valid.
pub fn is_valid(referers: &impl ValidReferers, field: Option<&[u8]>) -> bool {
    let Some(field) = field else { return referers.none() };
    let Some(rest) = without_scheme(field) else { return referers.blocked() };
    let host_len = rest.iter().position(|byte| matches!(byte, b'/' | b':')).unwrap_or(rest.len());
    if host_len > MAX_HOST_LEN {
        return false;
    }
    let (host, after) = rest.split_at(host_len);
    let host = host.to_ascii_lowercase();
    // A name decides, even where a regex would see it otherwise.
    if let Some(front) = referers.path(&host) {
        let path = after.iter().position(|&byte| byte == b'/').map_or(&[][..], |at| &after[at..]);
        return path.starts_with(&front);
    }
    referers.is_server(&host) || referers.is_match(rest)
}

/// The host of a URL and what follows.
fn without_scheme(field: &[u8]) -> Option<&[u8]> {
    let is_long = field.len() >= MIN_URL_LEN;
    let schemes: [&[u8]; 2] = [b"http://", b"https://"];
    schemes.into_iter().filter(|_| is_long).find_map(|scheme| {
        let (front, rest) = field.split_at_checked(scheme.len())?;
        front.eq_ignore_ascii_case(scheme).then_some(rest)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    static REFERERS: Referers = Referers {
        none: true,
        blocked: true,
        path: |host| match host {
            b"a.test" => Some(b""),
            b"d.test" => Some(b"/p/"),
            _ => None,
        },
        is_server: |host| host == b"r1.test",
        is_match: |rest| rest.ends_with(b"x.z") || rest.len() > 300,
    };

    #[test]
    fn fields() {
        for (field, expected) in [
            (None, true),
            (Some(""), true),
            (Some("junk"), true),
            (Some("ftp://a.test/x"), true),
            // Too short to be looked at.
            (Some("http://i.r"), true),
            (Some("http://i.ru"), false),
            (Some("http://a.test"), true),
            (Some("HTTPS://A.Test:80/x"), true),
            (Some("http://a.test."), false),
            (Some("http://u@a.test/"), false),
            (Some("http://d.test/p/x"), true),
            (Some("http://d.test:80/p/x"), true),
            (Some("http://d.test/x.z"), false),
            (Some("http://d.test"), false),
            (Some("http://R1.test/"), true),
            (Some("http://evil.test/x.z"), true),
        ] {
            assert_eq!(is_valid(&REFERERS, field.map(str::as_bytes)), expected, "{field:?}");
        }
        let long = |len| format!("http://{}/{}", "h".repeat(len), "p".repeat(300));
        assert!(is_valid(&REFERERS, Some(long(256).as_bytes())));
        assert!(!is_valid(&REFERERS, Some(long(257).as_bytes())));
        let strict = Referers { none: false, blocked: false, ..REFERERS };
        assert!(!is_valid(&strict, None) && !is_valid(&strict, Some(b"junk")));
    }
}
