//! What of an answer's head goes on to the client, as the conf says.

use crate::exchange::BackendHead;
use crate::http::response::Fields;
use crate::http::size;
use crate::site::{CookieFlags, Ignored, Match, Proxy, Replaced, Replacement, Variables};

/// Fields of an answer that go on with what an `X-Accel-Redirect` leads to, as in nginx.
const KEPT: [&str; 6] = [
    "Content-Type",
    "Content-Disposition",
    "Set-Cookie",
    "Accept-Ranges",
    "Cache-Control",
    "Expires",
];

/// Takes out what is not passed on, and replaces what is to be. Returns the rate that
/// `X-Accel-Limit-Rate` asks for.
pub(crate) fn edit(
    proxy: &'static Proxy,
    variables: &Variables<'_>,
    head: &mut BackendHead,
) -> Option<u64> {
    let acts_on = |what| !proxy.ignored.have(what);
    let text = |name| head.fields.get(name).map(<[u8]>::to_vec);
    let redirect = text("X-Accel-Redirect").filter(|_| acts_on(Ignored::ACCEL_REDIRECT));
    let rate = text("X-Accel-Limit-Rate").filter(|_| acts_on(Ignored::ACCEL_LIMIT_RATE));
    let charset = text("X-Accel-Charset").filter(|_| acts_on(Ignored::ACCEL_CHARSET));
    if let Some(uri) = redirect {
        let mut fields = Fields::default();
        for (name, value) in head.fields.iter() {
            if let Some(name) = KEPT.iter().find(|kept| name.eq_ignore_ascii_case(kept.as_bytes()))
            {
                fields.add_checked(name, value);
            }
        }
        head.fields = fields;
        head.local_redirect = Some(uri);
        // They are another server's, in whatever way that is spoken to.
        head.is_passed_on = true;
        return None;
    }
    let mut fields = Fields::with_room(head.fields.lines().len());
    let is_type = |name: &[u8]| name.eq_ignore_ascii_case(b"Content-Type");
    let mut types_left = head.fields.iter().filter(|(name, _)| is_type(name)).count();
    for (name, value) in head.fields.iter() {
        let is = |other: &str| name.eq_ignore_ascii_case(other.as_bytes());
        if proxy.hidden.iter().any(|hidden| name.eq_ignore_ascii_case(hidden)) {
            continue;
        }
        if is("Server") || is("Date") {
            fields.set_origin();
        }
        if is_type(name) {
            // The last one counts, as in nginx, and one that is empty says nothing.
            types_left -= 1;
            if types_left > 0 || value.is_empty() {
                continue;
            }
        }
        let edited = match () {
            () if is("Location") => {
                let by = redirected(proxy, variables, value);
                head.is_redirected |= by.is_some();
                by
            }
            () if is("Refresh") => refreshed(proxy, variables, value),
            () if is("Set-Cookie") => {
                let edited = cookie(proxy, variables, value);
                let flagged = flagged(proxy, variables, edited.as_deref().unwrap_or(value));
                flagged.or(edited)
            }
            () if is("Content-Type") => charset.as_deref().and_then(|set| typed(value, set)),
            () => None,
        };
        match edited {
            // A token is ASCII.
            Some(value) => fields.add(str::from_utf8(name).unwrap_or_default(), &value),
            None => fields.add_copied(name, value),
        }
    }
    head.fields = fields;
    // A type is not the location's to say.
    head.has_type = !head.is_typed_by_path;
    head.intercept = proxy.intercept_errors;
    head.is_ranged |= proxy.force_ranges;
    rate.and_then(|rate| size::parse(&rate))
}

/// A media type with a charset, unless it has one.
fn typed(value: &[u8], charset: &[u8]) -> Option<Vec<u8>> {
    let has_one = value.windows(8).any(|part| part.eq_ignore_ascii_case(b"charset="));
    (!has_one).then(|| [value, b"; charset=", charset].concat())
}

/// The value of a Location, if `proxy_redirect` replaces it.
fn redirected(proxy: &Proxy, variables: &Variables<'_>, value: &[u8]) -> Option<Vec<u8>> {
    proxy.redirects.iter().find_map(|replacement| front_or_regex(replacement, variables, value))
}

/// The value of a Refresh, likewise: the URL in it.
fn refreshed(proxy: &Proxy, variables: &Variables<'_>, value: &[u8]) -> Option<Vec<u8>> {
    let at = value.windows(4).position(|part| part.eq_ignore_ascii_case(b"url="))? + 4;
    let url = redirected(proxy, variables, &value[at..])?;
    Some([&value[..at], &url].concat())
}

fn front_or_regex(
    Replacement { pattern, by }: &Replacement,
    variables: &Variables<'_>,
    value: &[u8],
) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    match pattern {
        Replaced::Front(front) => {
            let mut text = Vec::new();
            front.write(variables, &mut text);
            let rest = value.strip_prefix(&text[..])?;
            by.write(variables, &mut out);
            out.extend_from_slice(rest);
        }
        Replaced::Regex(regex) => {
            regex.set.find(value)?;
            match regex.captures {
                Some(pattern) => {
                    let own = Match::new(pattern, value);
                    by.write(&Variables { own_match: Some(&own), ..*variables }, &mut out);
                }
                None => by.write(variables, &mut out),
            }
        }
    }
    Some(out)
}

/// The value of a Set-Cookie whose domain or path is replaced.
fn cookie(proxy: &Proxy, variables: &Variables<'_>, value: &[u8]) -> Option<Vec<u8>> {
    if proxy.cookie_domains.is_empty() && proxy.cookie_paths.is_empty() {
        return None;
    }
    let mut changed = false;
    let mut out = Vec::with_capacity(value.len());
    for (index, part) in value.split(|&byte| byte == b';').map(<[u8]>::trim_ascii).enumerate() {
        let name_end = memchr::memchr(b'=', part);
        if index > 0 {
            out.extend_from_slice(b"; ");
        } else if name_end.is_none() {
            // As in nginx, what has no value is no cookie.
            return None;
        }
        let Some(at) = name_end.filter(|_| index > 0) else {
            out.extend_from_slice(part);
            continue;
        };
        let (name, of) = (part[..at].trim_ascii(), part[at + 1..].trim_ascii_start());
        let replaced = match () {
            () if name.eq_ignore_ascii_case(b"domain") => domain(proxy, variables, of),
            () if name.eq_ignore_ascii_case(b"path") => proxy
                .cookie_paths
                .iter()
                .find_map(|replacement| front_or_regex(replacement, variables, of)),
            () => None,
        };
        out.extend_from_slice(name);
        out.push(b'=');
        changed |= replaced.is_some();
        out.extend_from_slice(replaced.as_deref().unwrap_or(of));
    }
    changed.then_some(out)
}

/// What flags a cookie is to have; `None`: it has it as the other server says.
#[derive(Default)]
struct Flags {
    secure: Option<bool>,
    http_only: Option<bool>,
    /// A value, or none at all.
    same_site: Option<Option<&'static [u8]>>,
}

impl Flags {
    /// Takes note of a word. One that is unknown says nothing, as in nginx.
    fn take(&mut self, word: &[u8]) {
        match &word.to_ascii_lowercase()[..] {
            b"secure" => self.secure = Some(true),
            b"nosecure" => self.secure = Some(false),
            b"httponly" => self.http_only = Some(true),
            b"nohttponly" => self.http_only = Some(false),
            b"samesite=strict" => self.same_site = Some(Some(b"Strict")),
            b"samesite=lax" => self.same_site = Some(Some(b"Lax")),
            b"samesite=none" => self.same_site = Some(Some(b"None")),
            b"nosamesite" => self.same_site = Some(None),
            _ => {}
        }
    }
}

/// The value of a Set-Cookie whose flags the conf sets.
fn flagged(proxy: &Proxy, variables: &Variables<'_>, value: &[u8]) -> Option<Vec<u8>> {
    let mut parts = value.split(|&byte| byte == b';').map(<[u8]>::trim_ascii);
    let first = parts.next()?;
    let name = first[..memchr::memchr(b'=', first)?].trim_ascii();
    let is_it = |flags: &&CookieFlags| match &flags.cookie {
        Replaced::Front(text) => {
            let mut wanted = Vec::new();
            text.write(variables, &mut wanted);
            wanted.eq_ignore_ascii_case(name)
        }
        Replaced::Regex(regex) => regex.set.find(name).is_some(),
    };
    let mut flags = Flags::default();
    let mut word = Vec::new();
    for text in proxy.cookie_flags.iter().find(is_it)?.flags {
        word.clear();
        text.write(variables, &mut word);
        flags.take(&word);
    }
    let Flags { secure, http_only, same_site } = flags;
    if secure.is_none() && http_only.is_none() && same_site.is_none() {
        return None;
    }
    let site = |value: &[u8]| [b"SameSite=", value].concat();
    let (mut has_secure, mut has_http_only, mut has_same_site) = (false, false, false);
    let mut out = first.to_vec();
    let mut put = |part: &[u8]| {
        out.extend_from_slice(b"; ");
        out.extend_from_slice(part);
    };
    for part in parts {
        let name = part.split(|&byte| byte == b'=').next().unwrap_or_default().trim_ascii();
        let is = |other: &str| name.eq_ignore_ascii_case(other.as_bytes());
        match () {
            () if is("secure") => has_secure = true,
            () if is("httponly") => has_http_only = true,
            () if is("samesite") => has_same_site = true,
            () => {}
        }
        match () {
            () if is("secure") && secure == Some(false) => {}
            () if is("httponly") && http_only == Some(false) => {}
            () if is("samesite") && same_site == Some(None) => {}
            () if is("samesite") => match same_site.flatten() {
                Some(value) => put(&site(value)),
                None => put(part),
            },
            () => put(part),
        }
    }
    // What is there already is not added.
    if secure == Some(true) && !has_secure {
        put(b"Secure");
    }
    if http_only == Some(true) && !has_http_only {
        put(b"HttpOnly");
    }
    if let Some(value) = same_site.flatten().filter(|_| !has_same_site) {
        put(&site(value));
    }
    Some(out)
}

/// A cookie's domain is replaced as a whole. A dot at its front means nothing.
fn domain(proxy: &Proxy, variables: &Variables<'_>, value: &[u8]) -> Option<Vec<u8>> {
    let bare = value.strip_prefix(b".").unwrap_or(value);
    proxy.cookie_domains.iter().find_map(|replacement| match &replacement.pattern {
        Replaced::Front(text) => {
            let mut wanted = Vec::new();
            text.write(variables, &mut wanted);
            let wanted = wanted.strip_prefix(b".").unwrap_or(&wanted);
            wanted.eq_ignore_ascii_case(bare).then(|| {
                // The dot stays, as in nginx.
                let mut out = value[..value.len() - bare.len()].to_vec();
                replacement.by.write(variables, &mut out);
                out
            })
        }
        Replaced::Regex(_) => front_or_regex(replacement, variables, value),
    })
}
