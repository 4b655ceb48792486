//! Kinds of settings of TLS.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use sitec_runtime::site::{SessionCache, TlsVersions, VerifyClient};

use super::{Kind, Plain, Words, one};
use crate::ast::Word;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::value::{Checked, buffer_len, count, keyword_in_any_case, seconds, size};
use crate::wording;

/// `ssl_protocols`.
pub(in crate::directive) const TLS_VERSIONS: Kind<TlsVersions> = Kind {
    usage: "[TLSv1.2] [TLSv1.3]",
    args: (1, 8),
    read: versions,
    words: |TlsVersions { v12, v13 }| {
        let words = [(v12, "TLSv1.2"), (v13, "TLSv1.3")].into_iter().filter(|(on, _)| *on);
        words.map(|(_, word)| word).collect::<Vec<_>>().join(" ")
    },
    choices: Vec::new,
};

/// `ssl_session_cache`.
pub(in crate::directive) const SESSION_CACHE: Kind<SessionCache> = Kind {
    usage: "off | none | [builtin[:N]] [shared:NAME:SIZE]",
    args: (1, 2),
    read: |words, _| session_cache(words),
    words: |cache| match cache {
        SessionCache::Off => "none".to_owned(),
        SessionCache::Kept(sessions) => format!("builtin:{sessions}"),
        SessionCache::Shared { name, sessions } => {
            let len = (u64::from(sessions) << 20) / SESSIONS_IN_MB;
            format!("shared:{name}:{}", wording::size(len))
        }
    },
    choices: Vec::new,
};

/// `ssl_session_timeout`.
pub(in crate::directive) const SESSION_TIMEOUT: Kind<u32> = one(
    "TIME",
    |words, _| seconds(&words[0]).map(|time| u32::try_from(time).unwrap_or(u32::MAX)),
    |seconds| wording::time(u64::from(seconds) * 1000),
);

/// `ssl_buffer_size`.
pub(in crate::directive) const RECORD: Kind<usize> = one(
    "SIZE",
    |words, _| {
        let len = buffer_len(&words[0])?;
        if len < LEAST_RECORD {
            let message = format!("`{}` is below {LEAST_RECORD}", words[0].shown());
            return Err(Box::new(Diagnostic::error("T24", words[0].span, message)));
        }
        Ok(len.min(MOST_RECORD))
    },
    |len| wording::size(len as u64),
);

/// A shorter record is mostly what goes round its content.
const LEAST_RECORD: usize = 512;
/// The longest record that there may be (RFC 8446, section 5.1).
const MOST_RECORD: usize = 16 << 10;
/// Sessions that nginx keeps in a megabyte.
const SESSIONS_IN_MB: u64 = 4000;
/// Sessions of `builtin`, where it names no number.
const BUILTIN_SESSIONS: u64 = 20_480;
/// The least that `shared` may be, as in nginx: eight pages.
const LEAST_SHARED: u64 = 32 << 10;

/// A version that is spoken.
type Version = fn(&mut TlsVersions) -> &mut bool;

/// The words of `ssl_protocols`; `None`: a version that is not spoken any more.
const VERSIONS: &[(&str, Option<Version>)] = &[
    ("TLSv1.2", Some(|versions| &mut versions.v12)),
    ("TLSv1.3", Some(|versions| &mut versions.v13)),
    ("SSLv2", None),
    ("SSLv3", None),
    ("TLSv1", None),
    ("TLSv1.1", None),
];

fn versions(words: &[Word], found: &mut Diagnostics) -> Checked<TlsVersions> {
    let mut versions = TlsVersions { v12: false, v13: false };
    let mut old: Vec<&Word> = Vec::new();
    for word in words {
        match keyword_in_any_case(word, VERSIONS)? {
            Some(version) => *version(&mut versions) = true,
            None => old.push(word),
        }
    }
    let ([first, ..], [.., last]) = (&old[..], &old[..]) else { return Ok(versions) };
    let names: Vec<_> = old.iter().map(|word| format!("`{}`", word.shown())).collect();
    let is = if old.len() == 1 { "is" } else { "are" };
    let message = format!("{} {is} not spoken", names.join(" and "));
    let reason =
        "rustls has TLS 1.2 and 1.3 alone: older versions are broken, and RFC 8996 forbids them";
    if !versions.v12 && !versions.v13 {
        let place = first.span.to(last.span);
        return Err(Box::new(Diagnostic::error("S04", place, message).note(reason).patch(
            "leave the line out, or write what is spoken",
            place,
            "TLSv1.2 TLSv1.3",
        )));
    }
    let spoken = TLS_VERSIONS.words;
    found.push(
        Diagnostic::warning("S04", first.span, message)
            .label("left out")
            .note(reason)
            .help(format!("write `ssl_protocols {};`", spoken(versions))),
    );
    Ok(versions)
}

fn session_cache(words: &[Word]) -> Checked<SessionCache> {
    let (mut kept, mut shared) = (None, None);
    for word in words {
        let wrong = |message: String| {
            let help = "write `shared:SSL:10m`, `builtin`, `none` or `off`";
            Err(Box::new(Diagnostic::error("T25", word.span, message).help(help)))
        };
        let parts: Vec<_> = word.value.split(|&byte| byte == b':').collect();
        let mut name = None;
        let sessions = match parts[..] {
            [b"off" | b"none"] if words.len() == 1 => return Ok(SessionCache::Off),
            [b"off" | b"none"] => {
                return wrong(format!("`{}` stands alone", word.shown()));
            }
            [b"builtin"] => BUILTIN_SESSIONS,
            [b"builtin", _] => count(&word.tail("builtin:".len()), 1..=u64::from(u32::MAX))?,
            [b"shared", given, _] if !given.is_empty() => {
                let len = word.tail("shared::".len() + given.len());
                name = Some(lasting(&String::from_utf8_lossy(given)));
                let bytes = size(&len)?;
                if bytes < LEAST_SHARED {
                    let message = format!("`{}` is below 32k", len.shown());
                    return Err(Box::new(Diagnostic::error("T24", len.span, message)));
                }
                (bytes.saturating_mul(SESSIONS_IN_MB) >> 20).min(u64::from(u32::MAX))
            }
            _ => return wrong(format!("`{}` is not understood", word.shown())),
        };
        let sessions = sessions as u32;
        match name {
            Some(name) => shared = Some(SessionCache::Shared { name, sessions }),
            None => kept = Some(SessionCache::Kept(sessions)),
        }
    }
    // nginx looks into both; one is as good.
    Ok(shared.or(kept).unwrap_or(SessionCache::Off))
}

/// The text, for as long as the compiler runs: plain settings hold nothing that ends. Each is there once.
fn lasting(text: &str) -> &'static str {
    static TEXTS: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
    let mut texts = TEXTS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = texts.get(text) {
        return known;
    }
    let new: &'static str = Box::leak(text.into());
    texts.insert(new);
    new
}

impl Words for VerifyClient {
    const USAGE: &'static str = "on | off | optional | optional_no_ca";
    const WORDS: &'static [(&'static str, VerifyClient)] = &[
        ("on", VerifyClient::On),
        ("off", VerifyClient::Off),
        ("optional", VerifyClient::Optional),
        ("optional_no_ca", VerifyClient::OptionalNoCa),
    ];
}

macro_rules! plain {
    ($($name:ident: $path:literal;)*) => {$(
        impl Plain for $name {
            fn rust(self) -> String {
                format!(concat!($path, "{:?}"), self)
            }
        }
    )*};
}

plain! {
    TlsVersions: "site::";
    SessionCache: "site::SessionCache::";
    VerifyClient: "site::VerifyClient::";
}
