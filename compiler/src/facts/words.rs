//! Values of `ir` that have no words of their own in a conf, or several.

use std::fmt::Debug;
use std::net::{Ipv4Addr, Ipv6Addr};

use sitec_runtime::site::{Expires, FileCache, ReqLimit};

use crate::ir::{self, Return};
use crate::wording::{self, flag, time};

pub(super) fn returned(answer: &Return) -> String {
    match answer {
        Return::Status(code) => code.to_string(),
        Return::Redirect(code, value) | Return::Text(code, value) => {
            format!("{code} {:?}", wording::value(value))
        }
        Return::Close => "444".to_owned(),
    }
}

pub(super) fn charset_text(charset: &ir::Charset) -> String {
    let ir::Charset { name, types } = charset;
    let types = types.iter().flatten().map(|name| String::from_utf8_lossy(name));
    let types = types.collect::<Vec<_>>().join(" ");
    format!("{} {types}", wording::value(name)).trim_end().to_owned()
}

/// A `charset_map`, by what becomes of each byte that does not stay.
pub(super) fn map_text(map: &ir::CharsetMap) -> String {
    let ir::CharsetMap { names: [first, second], form } = map;
    let lines: Vec<_> = match form {
        ir::MapForm::Bytes { there, back: _ } => (0..=u8::MAX)
            .zip(there)
            .filter(|(from, to)| from != *to && **to != b'?')
            .map(|(from, to)| format!("{from:02X} {to:02X}"))
            .collect(),
        ir::MapForm::Utf8 { there: _, back } => {
            back.iter().map(|(number, byte)| format!("{byte:02X} U+{number:04X}")).collect()
        }
    };
    let [first, second] = [first, second].map(|name| String::from_utf8_lossy(name));
    format!("{first} {second}: {}", lines.join(", "))
}

/// What `valid_referers` says.
pub(super) fn referers_text(referers: &ir::Referers) -> String {
    let ir::Referers { none, blocked, hosts, paths, servers, regexes } = referers;
    let ir::NameTable { exact, suffix, prefix } = hosts;
    let text = |front: &str, (name, path): &(Vec<u8>, u32), end: &str| {
        let path = String::from_utf8_lossy(&paths[*path as usize]);
        format!("{front}{}{end}{path}", String::from_utf8_lossy(name))
    };
    let flags = [("none", *none), ("blocked", *blocked)].into_iter();
    let flags = flags.filter(|(_, says)| *says).map(|(word, _)| word.to_owned());
    let mut words: Vec<_> = flags
        .chain(exact.iter().map(|name| text("", name, "")))
        .chain(suffix.iter().map(|name| text("*", name, "")))
        .chain(prefix.iter().map(|name| text("", name, "*")))
        .chain(servers.iter().map(|regex| format!("server ~{}", regex.text)))
        .chain(regexes.iter().map(|regex| format!("~{}", regex.text)))
        .collect();
    // Their order decides nothing.
    words.sort_unstable();
    words.join(" ")
}

/// Which location is asked whether a client may come in.
pub(super) fn asked(admission: &ir::Admission) -> String {
    let Some(uri) = &admission.inquiry else { return "off".to_owned() };
    let any = if admission.satisfy_any { ", satisfy any" } else { "" };
    format!("{}{any}", wording::value(uri))
}

/// What is remembered of its answer.
pub(super) fn remembered(answered: &ir::Answered) -> String {
    format!("${} {:?}", answered.name, wording::value(&answered.value))
}

/// Which texts are replaced.
pub(super) fn included(ssi: &ir::Ssi) -> String {
    let ir::Ssi { types, silent_errors, value_len, set_len, variables: _ } = ssi;
    let types = types.as_ref().map_or("*".to_owned(), |types| {
        types.iter().map(|name| String::from_utf8_lossy(name)).collect::<Vec<_>>().join(" ")
    });
    let silent = if *silent_errors { ", silent errors" } else { "" };
    format!("on, types: {types}, values: {value_len}, in variables: {set_len}{silent}")
}

pub(super) fn surrounded(additions: &ir::Additions) -> String {
    let ir::Additions { before, after, types } = additions;
    let shown = |path: &[u8]| String::from_utf8_lossy(path).into_owned();
    let types = types.as_ref().map_or("*".to_owned(), |types| {
        types.iter().map(|name| shown(name)).collect::<Vec<_>>().join(" ")
    });
    format!("before: {:?}, after: {:?}, types: {types}", shown(before), shown(after))
}

pub(super) fn substituted(substitution: &ir::Substitution) -> String {
    let ir::Substitution { pairs, types } = substitution;
    let pairs = pairs.iter();
    let pairs =
        pairs.map(|(text, by)| format!("{:?} {:?}", wording::value(text), wording::value(by)));
    let types = types.as_ref().map_or_else(
        || "*".to_owned(),
        |types| types.iter().map(|it| String::from_utf8_lossy(it)).collect::<Vec<_>>().join(" "),
    );
    format!("{} in {types}", pairs.collect::<Vec<_>>().join(", "))
}

/// How links are made.
pub(super) fn link_text(link: &ir::SecureLink) -> String {
    match link {
        ir::SecureLink::Pair { link, hashed } => {
            format!("{:?} of {:?}", wording::value(link), wording::value(hashed))
        }
        ir::SecureLink::Secret(secret) => format!("secret {}", String::from_utf8_lossy(secret)),
    }
}

/// The media types of a coding.
pub(super) fn coder_types(coder: &ir::Coder) -> String {
    let Some(types) = &coder.types else { return "*".to_owned() };
    types.iter().map(|name| String::from_utf8_lossy(name)).collect::<Vec<_>>().join(" ")
}

pub(super) fn added(field: &ir::AddedField) -> String {
    let how = match field {
        ir::AddedField { replaces: true, .. } => " in the place of others",
        ir::AddedField { always: true, .. } => " always",
        _ => "",
    };
    format!("{} {:?}{how}", field.name, wording::value(&field.value))
}

/// The addresses that are let in.
pub(super) fn allowed(access: &ir::Access) -> String {
    let ir::Access { v4, v6, unix } = access;
    let v4 = v4.as_ref().map(|ranges| {
        spans(ranges, u128::from(u32::MAX), |address| Ipv4Addr::from(address as u32).to_string())
    });
    let v6 = spans(v6, u128::MAX, |address| Ipv6Addr::from(address).to_string());
    let unix = if *unix { "unix:" } else { "" };
    let all: Vec<_> =
        v4.into_iter().chain([v6, unix.to_owned()]).filter(|s| !s.is_empty()).collect();
    if all.is_empty() { "nobody".to_owned() } else { all.join(" ") }
}

/// The spans of addresses that are let in, up to `last`.
fn spans(ranges: &ir::Ranges, last: u128, shown: impl Fn(u128) -> String) -> String {
    let first = ranges.first.then_some(0);
    let mut edges = first.into_iter().chain(ranges.flips.iter().copied());
    let mut spans = Vec::new();
    while let Some(from) = edges.next() {
        let to = edges.next().map_or(last, |next| next - 1);
        spans.push(match from == to {
            true => shown(from),
            false => format!("{}-{}", shown(from), shown(to)),
        });
    }
    spans.join(" ")
}

pub(super) fn expiry(expires: &ir::Expiration) -> String {
    let expires = match expires {
        ir::Expiration::Fixed(expires) => *expires,
        ir::Expiration::Computed(value, modified) => {
            let modified = if *modified { "modified " } else { "" };
            return format!("{modified}{}", wording::value(value));
        }
    };
    let seconds =
        |s: i64| format!("{}{}", if s < 0 { "-" } else { "" }, time(s.unsigned_abs() * 1000));
    match expires {
        Expires::Epoch => "epoch".to_owned(),
        Expires::Max => "max".to_owned(),
        Expires::FromNow(s) => seconds(s),
        Expires::FromModified(s) => format!("modified {}", seconds(s)),
        Expires::AtTime(s) => format!("@{}", seconds(s)),
    }
}

pub(super) fn cached(cache: FileCache) -> String {
    let FileCache { valid_ms, inactive_ms, min_uses, errors } = cache;
    let (valid, inactive) = (time(valid_ms), time(inactive_ms));
    format!("valid {valid}, inactive {inactive}, min_uses {min_uses}, errors {}", flag(errors))
}

pub(super) fn symlinks_text(symlinks: &ir::Symlinks) -> String {
    let ir::Symlinks { follow, from } = symlinks;
    format!("{} {}", plain(follow), wording::value(from)).trim_end().to_owned()
}

/// How files are part of the binary; which they are is no part of the conf.
pub(super) fn packed(pack: &ir::Pack) -> String {
    let codings = pack.codings.iter().map(|coding| coding.name());
    ["on"].into_iter().chain(codings).collect::<Vec<_>>().join(" ")
}

/// A value that has no better words, in small letters.
pub(super) fn plain(value: &impl Debug) -> String {
    format!("{value:?}").to_lowercase()
}

/// `limit_rate`, and after how much it holds.
pub(super) fn rate_text(rate: &ir::Rate) -> String {
    format!("{} after {}", amount(&rate.per_second), amount(&rate.after))
}

/// A number of bytes.
pub(super) fn amount(amount: &ir::Amount) -> String {
    match amount {
        ir::Amount::Fixed(bytes) => wording::size(*bytes),
        ir::Amount::Computed(value) => wording::value(value),
    }
}

/// What a `limit_req` says beside its zone.
pub(super) fn request_limit(limit: &ReqLimit) -> String {
    let delay = match limit.delay {
        u64::MAX => "nodelay".to_owned(),
        delay => format!("delay={}", delay / 1000),
    };
    format!("burst={} {delay}", limit.burst / 1000)
}
