//! Settings of several words, each of which stands for a bit.

use sitec_runtime::site::{Failures, Ignored};

use super::{Kind, MANY, Plain};
use crate::ast::Word;
use crate::diagnostic::Diagnostic;
use crate::value::{Checked, keyword_in_any_case};

/// `proxy_next_upstream`.
pub(in crate::directive) const FAILURES: Kind<Failures> = Kind {
    usage: "off | WHICH…",
    args: (1, MANY),
    read: |words, _| set_of(words, FAILURE_WORDS, "off").map(Failures),
    words: |failures| set_words(failures.0, FAILURE_WORDS, "off"),
    choices: || listed(FAILURE_WORDS),
};

/// `proxy_cache_use_stale` and its like.
pub(in crate::directive) const STALE: Kind<Failures> = Kind {
    usage: "off | WHICH…",
    args: (1, MANY),
    read: |words, _| set_of(words, STALE_WORDS, "off").map(Failures),
    words: |failures| set_words(failures.0, STALE_WORDS, "off"),
    choices: || listed(STALE_WORDS),
};

/// `fastcgi_next_upstream` and its like.
pub(in crate::directive) const SCRIPT_FAILURES: Kind<Failures> = Kind {
    usage: "off | WHICH…",
    args: (1, MANY),
    read: |words, _| set_of(words, &script_failure_words(), "off").map(Failures),
    words: |failures| set_words(failures.0, FAILURE_WORDS, "off"),
    choices: || listed(&script_failure_words()),
};

/// `memcached_next_upstream`.
pub(in crate::directive) const MEMCACHED_FAILURES: Kind<Failures> = Kind {
    usage: "off | WHICH…",
    args: (1, MANY),
    read: |words, _| set_of(words, MEMCACHED_WORDS, "off").map(Failures),
    words: |failures| set_words(failures.0, MEMCACHED_WORDS, "off"),
    choices: || listed(MEMCACHED_WORDS),
};

/// `proxy_ignore_headers`.
pub(in crate::directive) const IGNORED: Kind<Ignored> = Kind {
    usage: "NAME…",
    args: (1, MANY),
    read: |words, _| set_of(words, IGNORED_WORDS, "").map(Ignored),
    words: |ignored| set_words(ignored.0, IGNORED_WORDS, ""),
    choices: || listed(IGNORED_WORDS),
};

/// The words of `proxy_next_upstream`.
const FAILURE_WORDS: &[(&str, u16)] = &[
    ("error", Failures::ERROR.0),
    ("timeout", Failures::TIMEOUT.0),
    ("invalid_header", Failures::INVALID_HEADER.0),
    ("http_500", Failures::HTTP_500.0),
    ("http_502", Failures::HTTP_502.0),
    ("http_503", Failures::HTTP_503.0),
    ("http_504", Failures::HTTP_504.0),
    ("http_403", Failures::HTTP_403.0),
    ("http_404", Failures::HTTP_404.0),
    ("http_429", Failures::HTTP_429.0),
    ("non_idempotent", Failures::NON_IDEMPOTENT.0),
];

/// The words of `proxy_cache_use_stale`.
const STALE_WORDS: &[(&str, u16)] = &[
    ("error", Failures::ERROR.0),
    ("timeout", Failures::TIMEOUT.0),
    ("invalid_header", Failures::INVALID_HEADER.0),
    ("updating", Failures::UPDATING.0),
    ("http_500", Failures::HTTP_500.0),
    ("http_502", Failures::HTTP_502.0),
    ("http_503", Failures::HTTP_503.0),
    ("http_504", Failures::HTTP_504.0),
    ("http_403", Failures::HTTP_403.0),
    ("http_404", Failures::HTTP_404.0),
    ("http_429", Failures::HTTP_429.0),
];

/// The words of `memcached_next_upstream`.
const MEMCACHED_WORDS: &[(&str, u16)] = &[
    ("error", Failures::ERROR.0),
    ("timeout", Failures::TIMEOUT.0),
    ("invalid_response", Failures::INVALID_HEADER.0),
    ("not_found", Failures::HTTP_404.0),
];

/// The words of `proxy_ignore_headers`.
const IGNORED_WORDS: &[(&str, u16)] = &[
    ("X-Accel-Redirect", Ignored::ACCEL_REDIRECT.0),
    ("X-Accel-Expires", Ignored::ACCEL_EXPIRES.0),
    ("X-Accel-Limit-Rate", Ignored::ACCEL_LIMIT_RATE.0),
    ("X-Accel-Buffering", Ignored::ACCEL_BUFFERING.0),
    ("X-Accel-Charset", Ignored::ACCEL_CHARSET.0),
    ("Expires", Ignored::EXPIRES.0),
    ("Cache-Control", Ignored::CACHE_CONTROL.0),
    ("Set-Cookie", Ignored::SET_COOKIE.0),
    ("Vary", Ignored::VARY.0),
];

/// The words of `fastcgi_next_upstream`: the others are of gateways that speak HTTP.
fn script_failure_words() -> Vec<(&'static str, u16)> {
    let is_known = |it: &(&str, u16)| !matches!(it.0, "http_502" | "http_504");
    FAILURE_WORDS.iter().copied().filter(is_known).collect()
}

fn listed(words: &[(&'static str, u16)]) -> Vec<&'static str> {
    words.iter().map(|(word, _)| *word).collect()
}

/// The bits of some words. One word may stand for none of them, which then stands alone.
fn set_of(words: &[Word], known: &[(&'static str, u16)], none: &'static str) -> Checked<u16> {
    let none_of = (!none.is_empty()).then_some((none, 0));
    let known: Vec<_> = known.iter().copied().chain(none_of).collect();
    let mut set = 0;
    for word in words {
        let bit = keyword_in_any_case(word, &known)?;
        if bit == 0 && words.len() > 1 {
            let message = format!("`{none}` stands alone: others say what it denies");
            return Err(Box::new(
                Diagnostic::error("T25", word.span, message).help("leave one of them out"),
            ));
        }
        set |= bit;
    }
    Ok(set)
}

fn set_words(set: u16, known: &[(&str, u16)], none: &str) -> String {
    let words: Vec<_> =
        known.iter().filter(|(_, bit)| set & bit != 0).map(|(word, _)| *word).collect();
    if words.is_empty() { none.to_owned() } else { words.join(" ") }
}

impl Plain for Failures {
    fn rust(self) -> String {
        format!("site::{self:?}")
    }
}

impl Plain for Ignored {
    fn rust(self) -> String {
        format!("site::{self:?}")
    }
}
