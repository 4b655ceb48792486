//! The kinds of plain settings: how a value is read, told in words and written as Rust.

mod bits;
mod tls;

use sitec_runtime::site::{
    Beside, IfModifiedSince, KeepaliveDisable, KeepaliveTimeout, LeastVersion, Level, Lingering,
    ListingFormat, MinRate, PlainSettings, Proxied, ProxyVersion, TraceContext,
};

use super::MANY;
use crate::ast::Word;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::value::{
    Checked, buffer_len, count, file_mode, file_mode_words, flag, keyword, keyword_in_any_case,
    seconds, size, time_ms,
};
use crate::wording;

pub(super) use self::bits::{FAILURES, IGNORED, MEMCACHED_FAILURES, SCRIPT_FAILURES, STALE};
pub(super) use self::tls::{RECORD, SESSION_CACHE, SESSION_TIMEOUT, TLS_VERSIONS};

/// More scripts than this at once are probably not meant.
const PLAUSIBLE_SCRIPTS: u64 = 1000;
/// Scripts that may run at once where a conf says nothing.
pub(super) const USUAL_SCRIPTS: u32 = 32;

/// A kind of value.
pub(super) struct Kind<T> {
    /// What the parameters are, as shown in messages.
    pub(super) usage: &'static str,
    /// Fewest and most parameters; at least one.
    pub(super) args: (usize, usize),
    /// Reads the parameters.
    pub(super) read: fn(&[Word], &mut Diagnostics) -> Checked<T>,
    /// The value in the conf's words.
    pub(super) words: fn(T) -> String,
    /// The words that it may be written with, where `usage` does not list them.
    pub(super) choices: fn() -> Vec<&'static str>,
}

/// A kind of one parameter.
const fn one<T>(
    usage: &'static str,
    read: fn(&[Word], &mut Diagnostics) -> Checked<T>,
    words: fn(T) -> String,
) -> Kind<T> {
    Kind { usage, args: (1, 1), read, words, choices: Vec::new }
}

/// `on` or `off`.
pub(super) const FLAG: Kind<bool> = one("on | off", |words, _| flag(&words[0]), wording::flag);

/// A number from 0 on.
pub(super) const COUNT: Kind<u32> =
    one("N", |words, _| up_from(0, &words[0]), |number| number.to_string());

/// A number from 1 on.
pub(super) const AT_LEAST_ONE: Kind<u32> =
    one("N", |words, _| up_from(1, &words[0]), |number| number.to_string());

/// A length in bytes.
pub(super) const LENGTH: Kind<u64> = one("SIZE", |words, _| size(&words[0]), wording::size);

/// `gzip_comp_level`.
pub(super) const GZIP_LEVEL: Kind<u32> = one("N", |words, _| level(&words[0], 1, 9), level_words);

/// `brotli_comp_level`.
pub(super) const BROTLI_LEVEL: Kind<u32> =
    one("N", |words, _| level(&words[0], 0, 11), level_words);

/// `zstd_comp_level`.
pub(super) const ZSTD_LEVEL: Kind<u32> = one("N", |words, _| level(&words[0], 1, 22), level_words);

/// `compress_private`.
pub(super) const PRIVATE: Kind<bool> =
    Kind { read: |words, found| compress_private(&words[0], found), ..FLAG };

/// `gzip_vary`.
pub(super) const VARY: Kind<Option<bool>> = one(
    "on | off",
    |words, _| Ok(Some(flag(&words[0])?)),
    |vary| vary.map_or_else(String::new, wording::flag),
);

/// `gzip_proxied`.
pub(super) const PROXIED: Kind<Proxied> = Kind {
    usage: "off | any | WHICH…",
    args: (1, MANY),
    read: |words, _| proxied(words),
    words: proxied_words,
    choices: || PROXIED_WORDS.iter().map(|(word, _)| *word).collect(),
};

/// A status of a refusal.
pub(super) const REFUSAL: Kind<u16> = one(
    "CODE",
    |words, _| count(&words[0], 400..=599).map(|status| status as u16),
    |status| status.to_string(),
);

/// The most streams of a connection.
pub(super) const STREAMS: Kind<u32> = one(
    "N",
    |words, _| count(&words[0], 1..=1 << 16).map(|number| number as u32),
    |number| number.to_string(),
);

/// A window of a stream (RFC 9113, 6.9.1).
pub(super) const WINDOW: Kind<u32> = one(
    "SIZE",
    |words, _| size_up_to(&words[0], (1 << 31) - 1).map(|len| len as u32),
    |len| wording::size(u64::from(len)),
);

/// The content of a frame (RFC 9113, 4.2).
pub(super) const CHUNK: Kind<usize> = one(
    "SIZE",
    |words, _| match buffer_len(&words[0])? {
        len @ ..=MOST_CHUNK => Ok(len),
        _ => Err(too_long(&words[0], "16k")),
    },
    |len| wording::size(len as u64),
);

/// What every peer takes in one frame.
const MOST_CHUNK: usize = 16 << 10;

/// A size that is no larger than this.
fn size_up_to(word: &Word, most: u64) -> Checked<u64> {
    match size(word)? {
        len if len <= most => Ok(len),
        _ => Err(too_long(word, "2147483647")),
    }
}

fn too_long(word: &Word, most: &str) -> Box<Diagnostic> {
    let message = format!("`{}` is larger than {most}", word.shown());
    Box::new(Diagnostic::error("T01", word.span, message))
}

/// The size of a buffer.
pub(super) const BUFFER: Kind<usize> =
    one("SIZE", |words, _| buffer_len(&words[0]), |len| wording::size(len as u64));

/// The size of a memory that there may be none of.
pub(super) const MEMORY: Kind<usize> = one(
    "SIZE",
    |words, _| match size(&words[0])? {
        0 => Ok(0),
        _ => buffer_len(&words[0]),
    },
    |len| wording::size(len as u64),
);

/// The number and the size of buffers.
pub(super) const BUFFERS: Kind<(usize, usize)> = Kind {
    usage: "N SIZE",
    args: (2, 2),
    read: |words, _| Ok((count(&words[0], 1..=1024)? as usize, buffer_len(&words[1])?)),
    words: |(number, len)| format!("{number} {}", wording::size(len as u64)),
    choices: Vec::new,
};

/// A number, and how long they wait, in milliseconds: `queue`.
pub(super) const QUEUE: Kind<(usize, usize)> = Kind {
    usage: "N [timeout=TIME]",
    args: (1, 2),
    read: |words, _| {
        let most = count(&words[0], 1..=100_000)? as usize;
        let Some(word) = words.get(1) else { return Ok((most, 60_000)) };
        match word.option() {
            Some((b"timeout", time)) => Ok((most, time_ms(&time)? as usize)),
            _ => {
                let place = word.part(0..word.shown().split('=').next().unwrap_or_default().len());
                let name = String::from_utf8_lossy(&word.value);
                let name = name.split('=').next().unwrap_or_default();
                let message = format!("`queue` has no parameter `{name}`");
                let wrong = Diagnostic::error("T25", place, message);
                Err(Box::new(wrong.patch("did you mean `timeout`?", place, "timeout")))
            }
        }
    },
    words: |(most, wait_ms)| match most {
        0 => "off".to_owned(),
        _ => format!("{most} timeout={}", wording::time(wait_ms as u64)),
    },
    choices: Vec::new,
};

/// The most bytes of something; `u64::MAX` for any number.
pub(super) const MOST_BYTES: Kind<u64> = one("SIZE | unlimited", most_bytes, wording::size);

/// A time.
pub(super) const TIME: Kind<u64> = one("TIME", |words, _| time_ms(&words[0]), wording::time);

/// A time that the conf's author may have meant in milliseconds.
pub(super) const WAIT: Kind<u64> =
    one("TIME", |words, found| seconds_or_units(&words[0], found), wording::time);

/// The same, and not 0.
pub(super) const TIMEOUT: Kind<u64> =
    one("TIME", |words, found| timeout(&words[0], found), wording::time);

/// One of the words of `T`, case aside.
pub(super) const fn words<T: Words>() -> Kind<T> {
    one(T::USAGE, |words, _| keyword_in_any_case(&words[0], T::WORDS), T::word)
}

/// One of the words of `T`.
pub(super) const fn lower_case_words<T: Words>() -> Kind<T> {
    one(T::USAGE, |words, _| keyword(&words[0], T::WORDS), T::word)
}

/// `hidden_files`.
pub(super) const HIDDEN_FILES: Kind<bool> = one(
    "deny | allow",
    |words, _| keyword(&words[0], &[("deny", false), ("allow", true)]),
    |allowed| if allowed { "allow" } else { "deny" }.to_owned(),
);

/// `keepalive_disable`.
pub(super) const KEEPALIVE_DISABLE: Kind<KeepaliveDisable> = Kind {
    usage: "none | msie6 | safari…",
    args: (1, MANY),
    read: |words, _| browsers(words),
    words: |disable| {
        match disable {
            KeepaliveDisable { msie6: false, safari: false } => "none",
            KeepaliveDisable { msie6: true, safari: false } => "msie6",
            KeepaliveDisable { msie6: false, safari: true } => "safari",
            KeepaliveDisable { msie6: true, safari: true } => "msie6 safari",
        }
        .to_owned()
    },
    choices: Vec::new,
};

/// `keepalive_requests`.
pub(super) const KEEPALIVE_REQUESTS: Kind<u64> =
    one("N", |words, found| keepalive_requests(&words[0], found), |number| number.to_string());

/// `keepalive_timeout`.
pub(super) const KEEPALIVE_TIMEOUT: Kind<KeepaliveTimeout> = Kind {
    usage: "TIME [SECONDS]",
    args: (1, 2),
    read: |words, found| {
        let wait_ms = seconds_or_units(&words[0], found)?;
        let header_s = words.get(1).map(seconds).transpose()?.filter(|&seconds| seconds > 0);
        Ok(KeepaliveTimeout { wait_ms, header_s })
    },
    words: |KeepaliveTimeout { wait_ms, header_s }| {
        let header = header_s.map_or_else(String::new, |seconds| format!(" {seconds}s"));
        wording::time(wait_ms) + &header
    },
    choices: Vec::new,
};

/// `client_min_rate`.
pub(super) const MIN_RATE: Kind<Option<MinRate>> = Kind {
    usage: "SIZE [grace=TIME] | off",
    args: (1, 2),
    read: |words, _| min_rate(words),
    words: |rate| match rate {
        None => "off".to_owned(),
        Some(MinRate { bytes_per_s, grace_ms }) => {
            format!("{} grace={}", wording::size(bytes_per_s), wording::time(grace_ms))
        }
    },
    choices: Vec::new,
};

/// `server_tokens`.
pub(super) const SERVER_TOKENS: Kind<bool> =
    Kind { read: |words, found| server_tokens(&words[0], found), ..FLAG };

/// `dav_access`.
pub(super) const DAV_ACCESS: Kind<u32> = Kind {
    usage: "USER:RIGHTS…",
    args: (1, 3),
    read: |words, _| file_mode(words),
    words: file_mode_words,
    choices: Vec::new,
};

/// `worker_processes`.
pub(super) const WORKERS: Kind<Option<u16>> = one(
    "N | auto",
    |words, _| match &words[0].value[..] {
        b"auto" => Ok(None),
        _ => count(&words[0], 1..=1024)
            .map(|workers| Some(workers as u16))
            .map_err(|wrong| wrong.help("write a number, or `auto` for one per CPU").into()),
    },
    |workers| workers.map_or_else(|| "auto".to_owned(), |number| number.to_string()),
);

/// A time of which 0 is any length.
pub(super) const LONGEST: Kind<Option<u64>> = one(
    "TIME",
    |words, found| Ok(Some(seconds_or_units(&words[0], found)?).filter(|&time| time > 0)),
    |longest| wording::time(longest.unwrap_or(0)),
);

/// `cgi_max_processes`.
pub(super) const MAX_SCRIPTS: Kind<u32> =
    one("N", |words, found| max_scripts(&words[0], found), |number| number.to_string());

/// A byte.
pub(super) const BYTE: Kind<u8> =
    one("N", |words, _| count(&words[0], 0..=255).map(|byte| byte as u8), |it| it.to_string());

/// `keepalive_requests` of an `upstream`.
pub(super) const UPSTREAM_REQUESTS: Kind<u64> =
    one("N", |words, _| count(&words[0], 1..=u64::MAX), |number| number.to_string());

fn level(word: &Word, least: u64, most: u64) -> Checked<u32> {
    count(word, least..=most).map(|level| level as u32)
}

fn level_words(level: u32) -> String {
    level.to_string()
}

/// A part of `gzip_proxied`.
type ProxiedPart = fn(&mut Proxied) -> &mut bool;

/// The words of `gzip_proxied`, and what each turns on.
const PROXIED_WORDS: &[(&str, ProxiedPart)] = &[
    ("any", |proxied| &mut proxied.any),
    ("auth", |proxied| &mut proxied.auth),
    ("expired", |proxied| &mut proxied.expired),
    ("no-cache", |proxied| &mut proxied.no_cache),
    ("no-store", |proxied| &mut proxied.no_store),
    ("private", |proxied| &mut proxied.private),
    ("no_last_modified", |proxied| &mut proxied.no_last_modified),
    ("no_etag", |proxied| &mut proxied.no_etag),
];

fn proxied(words: &[Word]) -> Checked<Proxied> {
    let mut proxied = Proxied::OFF;
    let known: Vec<_> = PROXIED_WORDS
        .iter()
        .map(|(word, part)| (*word, Some(*part)))
        .chain([("off", None)])
        .collect();
    for word in words {
        match keyword_in_any_case(word, &known)? {
            Some(part) => *part(&mut proxied) = true,
            None if words.len() > 1 => {
                let message = "`off` stands alone: beside it, others say what is compressed";
                return Err(Box::new(
                    Diagnostic::error("T25", word.span, message).help("leave one of them out"),
                ));
            }
            None => {}
        }
    }
    Ok(proxied)
}

fn proxied_words(mut proxied: Proxied) -> String {
    let on = PROXIED_WORDS.iter().filter(|(_, part)| *part(&mut proxied));
    let words: Vec<_> = on.map(|(word, _)| *word).collect();
    if words.is_empty() { "off".to_owned() } else { words.join(" ") }
}

fn up_from(least: u64, word: &Word) -> Checked<u32> {
    count(word, least..=u64::from(u32::MAX)).map(|number| number as u32)
}

/// The parameters of `client_min_rate`.
fn min_rate(words: &[Word]) -> Checked<Option<MinRate>> {
    let [first, rest @ ..] = words else { return Ok(Some(MinRate::USUAL)) };
    let off = first.value == b"off";
    let mut rate = MinRate::USUAL;
    if !off {
        rate.bytes_per_s = size(first)?;
    }
    for word in rest {
        match word.option() {
            Some((b"grace", value)) if !off => rate.grace_ms = time_ms(&value)?,
            _ if off => {
                let message = "nothing may stand behind `off`";
                return Err(Box::new(Diagnostic::error("T25", word.span, message)));
            }
            _ => {
                let message = format!("`client_min_rate` has no parameter `{}`", word.shown());
                let error = Diagnostic::error("T25", word.span, message);
                return Err(Box::new(error.help("it takes a size, and perhaps `grace=TIME`")));
            }
        }
    }
    match (off, rate.bytes_per_s) {
        (true, _) => Ok(None),
        (false, 0) => Err(Box::new(
            Diagnostic::error("T25", first.span, "a rate of 0 bounds nothing")
                .help("write `off` if that is meant, else a size such as `200`"),
        )),
        (false, _) => Ok(Some(rate)),
    }
}

/// A time that something must happen within, which cannot be 0.
pub(crate) fn timeout(word: &Word, found: &mut Diagnostics) -> Checked<u64> {
    match seconds_or_units(word, found)? {
        0 => Err(Box::new(
            Diagnostic::error("Z05", word.span, "a timeout of 0 leaves no time")
                .help("write a time such as `60s`"),
        )),
        time => Ok(time),
    }
}

/// A time. A bare number that is large and round in thousands, but not in minutes or hours,
/// was probably meant in milliseconds.
fn seconds_or_units(word: &Word, found: &mut Diagnostics) -> Checked<u64> {
    let time = time_ms(word)?;
    let seconds = time / 1000;
    let is_odd = seconds % 60 != 0 || seconds % 500 == 0 && seconds % 3600 != 0;
    if seconds >= 1000 && is_odd && word.value.iter().all(u8::is_ascii_digit) {
        let message = format!("this is {} minutes", seconds / 60);
        let meant = format!("{}ms", word.shown());
        found.push(Diagnostic::warning("T05", word.span, message).patch(
            "a number alone counts seconds; name the unit",
            word.span,
            meant,
        ));
    }
    Ok(time)
}

fn keepalive_requests(word: &Word, found: &mut Diagnostics) -> Checked<u64> {
    let requests = count(word, 0..=u64::MAX)?;
    let usual = PlainSettings::DEFAULT.keepalive_requests;
    if (1..usual).contains(&requests) {
        let message = format!("a client connects again after {requests} requests");
        let note = format!("the default is {usual}");
        found.push(Diagnostic::lint("Z07", word.span, message).note(note));
    }
    Ok(requests)
}

fn max_scripts(word: &Word, found: &mut Diagnostics) -> Checked<u32> {
    let number = count(word, 1..=1_000_000)?;
    if number > PLAUSIBLE_SCRIPTS {
        let message = format!("{number} scripts may run at once");
        found.push(
            Diagnostic::warning("X15", word.span, message)
                .note(format!(
                    "at 10 MB each they take {} GB, and {number} processes",
                    number / 100
                ))
                .help(format!(
                    "the default is {USUAL_SCRIPTS}; what comes beyond waits for its turn"
                )),
        );
    }
    Ok(number as u32)
}

fn server_tokens(word: &Word, found: &mut Diagnostics) -> Checked<bool> {
    let is_on = flag(word)?;
    if is_on {
        let message = "every response tells which version of the server this is";
        let lint = Diagnostic::lint("X13", word.span, message);
        found.push(lint.help("leave the line out: it is off by default"));
    }
    Ok(is_on)
}

fn compress_private(word: &Word, found: &mut Diagnostics) -> Checked<bool> {
    let is_on = flag(word)?;
    if is_on {
        let message = "the length of a compressed response may tell what is secret in it";
        let lint = Diagnostic::lint("G02", word.span, message);
        found.push(lint.help("leave the line out, unless no response repeats what requests say"));
    }
    Ok(is_on)
}

fn most_bytes(words: &[Word], found: &mut Diagnostics) -> Checked<u64> {
    let word = &words[0];
    if word.value == b"unlimited" {
        return Ok(u64::MAX);
    }
    match size(word)? {
        0 => {
            found.push(Diagnostic::lint("T03", word.span, "a size of 0 sets no bound").patch(
                "write `unlimited` if that is meant, else a size",
                word.span,
                "unlimited",
            ));
            Ok(u64::MAX)
        }
        size => Ok(size),
    }
}

fn browsers(words: &[Word]) -> Checked<KeepaliveDisable> {
    let mut disable = KeepaliveDisable { msie6: false, safari: false };
    for word in words {
        match keyword_in_any_case(word, &[("none", 'n'), ("msie6", 'm'), ("safari", 's')])? {
            'm' => disable.msie6 = true,
            's' => disable.safari = true,
            _ => {}
        }
    }
    Ok(disable)
}

/// A value that stands in the generated text as it is.
pub(super) trait Plain: Copy + PartialEq + 'static {
    /// An expression of Rust.
    fn rust(self) -> String;
}

/// A type with a word for each of its values.
pub(super) trait Words: Plain {
    /// The words as shown in messages.
    const USAGE: &'static str;
    /// The words and what they mean.
    const WORDS: &'static [(&'static str, Self)];

    /// The word for a value.
    fn word(self) -> String {
        let named = Self::WORDS.iter().find(|(_, value)| *value == self);
        named.map_or_else(String::new, |(word, _)| (*word).to_owned())
    }
}

macro_rules! words {
    ($($name:ident: $first:literal => $variant:ident $(, $word:literal => $other:ident)*;)*) => {$(
        impl Words for $name {
            const USAGE: &'static str = concat!($first $(, " | ", $word)*);
            const WORDS: &'static [(&'static str, $name)] =
                &[($first, $name::$variant) $(, ($word, $name::$other))*];
        }

        impl Plain for $name {
            fn rust(self) -> String {
                format!(concat!("site::", stringify!($name), "::{:?}"), self)
            }
        }
    )*};
}

words! {
    Beside: "on" => On, "off" => Off, "always" => Always;
    LeastVersion: "1.0" => Http10, "1.1" => Http11;
    IfModifiedSince: "off" => Off, "exact" => Exact, "before" => Before;
    InheritFields: "on" => Outer, "off" => Own, "merge" => Both;
    Level: "info" => Info, "notice" => Notice, "warn" => Warn, "error" => Error;
    Satisfy: "all" => All, "any" => Any;
    ProxyVersion: "1.0" => Http10, "1.1" => Http11, "2" => Http2;
    Lingering: "off" => Off, "on" => On, "always" => Always;
    TraceContext: "ignore" => Ignore, "extract" => Extract, "inject" => Inject,
        "propagate" => Propagate;
    ListingFormat: "html" => Html, "xml" => Xml, "json" => Json, "jsonp" => Jsonp;
}

/// Which `add_header` of outer contexts hold beside a context's own: what `add_header_inherit` says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum InheritFields {
    /// All of them where there are no own ones.
    Outer,
    /// None.
    Own,
    /// All of them.
    Both,
}

/// Whether a client has to fit the rules of addresses and to have a password, or one of both: what
/// `satisfy` says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Satisfy {
    /// Both.
    All,
    /// One of both.
    Any,
}

impl Plain for bool {
    fn rust(self) -> String {
        self.to_string()
    }
}

macro_rules! numbers {
    ($($name:ident)*) => {$(
        impl Plain for $name {
            fn rust(self) -> String {
                match self {
                    $name::MAX => concat!(stringify!($name), "::MAX").to_owned(),
                    _ => self.to_string(),
                }
            }
        }
    )*};
}

numbers!(u8 u16 u32 u64 usize);

impl<T: Plain> Plain for Option<T> {
    fn rust(self) -> String {
        self.map_or_else(|| "None".to_owned(), |value| format!("Some({})", value.rust()))
    }
}

impl Plain for (usize, usize) {
    fn rust(self) -> String {
        format!("({}, {})", self.0, self.1)
    }
}

impl Plain for KeepaliveDisable {
    fn rust(self) -> String {
        format!("site::{self:?}")
    }
}

impl Plain for KeepaliveTimeout {
    fn rust(self) -> String {
        format!("site::{self:?}")
    }
}

impl Plain for Proxied {
    fn rust(self) -> String {
        match self {
            Proxied::OFF => "site::Proxied::OFF".to_owned(),
            _ => format!("site::{self:?}"),
        }
    }
}

impl Plain for MinRate {
    fn rust(self) -> String {
        format!("site::{self:?}")
    }
}
