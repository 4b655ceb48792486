//! The look at what is kept, before another server is asked.

use std::cell::Cell;
use std::fmt;
use std::fs::File;
use std::io;
use std::rc::Rc;

use super::fill::Fill;
use super::record::Record;
use super::store::Store;
use super::variant::variant;
use super::{Digest, digest};
use crate::clock::Now;
use crate::exchange::BackendHead;
use crate::http::method::Method;
use crate::http::response;
use crate::http::target::split_args;
use crate::site::{CacheStatus, Caching, Failures, Ignored, Level, Proxy, Text, Variables, Wire};

/// How often it is looked whether somebody else has come to an answer.
const WAIT_MS: u64 = 50;

/// What a look has come to.
pub(crate) enum Look {
    /// What is kept is given.
    Hit(Box<Hit>),
    /// It is looked again, by then at the latest.
    Again(u64),
    /// The other server is asked, and its answer kept if it may be.
    Ask(Option<Box<Fill>>),
}

/// An answer that was kept.
pub(crate) struct Hit {
    file: File,
    record: Record,
    /// Whether the other server is to be asked for a new one, while this one is given.
    pub(crate) renews: bool,
    /// The location's conf.
    pub(crate) proxy: &'static Proxy,
}

impl Hit {
    /// Its head.
    pub(crate) fn head(&self) -> BackendHead {
        self.record.head()
    }

    /// Its fields, as they came.
    pub(crate) fn lines(&self) -> &[u8] {
        &self.record.lines
    }

    /// The file, and where in it the content begins.
    pub(crate) fn into_file(self) -> (File, u64) {
        let start = self.record.head_len();
        (self.file, start)
    }
}

/// What is asked for.
pub(crate) struct Asked<'a> {
    /// What the key is computed from.
    pub(crate) variables: &'a Variables<'a>,
    pub(crate) method: Method,
    /// Whether the request has a content.
    pub(crate) has_content: bool,
    /// Whether its path is the one that the client has sent.
    pub(crate) is_as_sent: bool,
    /// Writes to the request's error log.
    pub(crate) report: &'a dyn Fn(Level, fmt::Arguments<'_>),
}

/// A place where an answer may be.
struct Place {
    key: Digest,
    /// What is there.
    found: Option<(File, Record)>,
    /// Since when somebody asks the other server.
    asked_ms: Option<u64>,
    uses: u32,
}

/// Looks for an answer to a request.
pub(crate) fn look(
    store: &'static Store,
    (proxy, caching): (&'static Proxy, &'static Caching),
    asked: &Asked<'_>,
    (now, renews): (Now, bool),
) -> Look {
    let variables = asked.variables;
    let tries = variables.progress.tries;
    let set = |status| tries.set_cached(|cached| cached.status = Some(status));
    tries.set_cached(|cached| cached.validators = None);
    let method = asked.method;
    if !matches!(method, Method::Get | Method::Head) || asked.has_content {
        return Look::Ask(None);
    }
    let mut text = Vec::new();
    caching.key.write(variables, &mut text);
    let hash = store.said.digest;
    let main = digest(hash, &[&text]);
    let now_ms = now.monotonic_ms;
    // To HEAD, there is no content to keep, unless the other server is asked by GET: by nothing else that
    // the conf says (`proxy_method`), which could make an answer without content stand for GET.
    let is_converted = proxy.plain.cache_converts_head
        && proxy.method.is_none()
        && matches!(proxy.wire, Wire::Http);
    let has_content = method == Method::Get || is_converted;
    let fill = |key: Digest, stale, since_ms| {
        let is_kept = Rc::new(Cell::new(true));
        tries.set_cached(|cached| cached.is_kept = Some(Rc::clone(&is_kept)));
        let (text, fields) = (text.clone(), request_fields(variables));
        let fill =
            Fill { store, proxy, caching, main, key, text, fields, stale, since_ms, is_kept };
        Look::Ask(has_content.then(|| Box::new(fill)))
    };
    if caching.bypass.iter().any(|text| holds(text, variables)) {
        set(CacheStatus::Bypass);
        return fill(main, None, None);
    }
    let look_at = |key| {
        place(store, key, &text, now_ms).unwrap_or_else(|error| {
            (asked.report)(Level::Crit, format_args!("cannot read what is kept: {error}"));
            Place { key, found: None, asked_ms: None, uses: u32::MAX }
        })
    };
    let mut place = look_at(main);
    if let Some((_, record)) = &place.found
        && !record.vary.is_empty()
        && !proxy.plain.ignored.have(Ignored::VARY)
    {
        let variant = variant(hash, &main, &record.vary, variables.head.fields());
        if variant != record.variant {
            place = look_at(variant);
            place.found = place.found.filter(|(_, record)| record.variant == variant);
        }
    }
    let Place { key, found, asked_ms, uses } = place;
    let plain = &proxy.plain;
    let Some((file, record)) = found else {
        set(CacheStatus::Miss);
        if uses < plain.cache_min_uses || !has_content {
            return Look::Ask(None);
        }
        let others = asked_ms.filter(|asked_ms| now_ms - asked_ms < plain.cache_lock_age_ms);
        if others.is_some() && plain.cache_lock {
            let began = tries.cached(|cached| cached.waits_since_ms).flatten().unwrap_or(now_ms);
            tries.set_cached(|cached| cached.waits_since_ms = Some(began));
            return match now_ms - began < plain.cache_lock_timeout_ms {
                true => Look::Again(now_ms + WAIT_MS),
                // As in nginx, what is asked for then is not kept.
                false => Look::Ask(None),
            };
        }
        return fill(key, None, Some(begin_asking(store, key, now_ms)));
    };
    let now_s = now.unix_s();
    let hit = |file, record, renews| Look::Hit(Box::new(Hit { file, record, renews, proxy }));
    if record.fresh.until_s > now_s && !renews {
        set(CacheStatus::Hit);
        return hit(file, record, false);
    }
    let stale_s = now_s - record.fresh.until_s;
    let may_wait = plain.cache_use_stale.have(Failures::UPDATING)
        || stale_s <= i64::from(record.fresh.while_updating_s);
    if may_wait && !renews {
        if asked_ms.is_some() {
            set(CacheStatus::Updating);
            return hit(file, record, false);
        }
        if plain.cache_background_update && is_asked_for_by_path(asked) {
            set(CacheStatus::Stale);
            return hit(file, record, true);
        }
    }
    set(CacheStatus::Expired);
    if plain.cache_revalidate {
        let fields = record.fields();
        let value = |name| fields.get(name).unwrap_or_default().to_vec();
        let validators = [value("Last-Modified"), value("ETag")];
        tries.set_cached(|cached| cached.validators = Some(validators));
    }
    let since_ms = asked_ms.is_none().then(|| begin_asking(store, key, now_ms));
    fill(key, Some((file, record)), since_ms)
}

/// Whether the path alone says all that the client has sent of it, so that a request for that path asks for
/// the same: not `/a%2Fb`, which is no `/a/b` to the other server.
fn is_asked_for_by_path(asked: &Asked<'_>) -> bool {
    let (sent, _) = split_args(asked.variables.head.uri());
    asked.is_as_sent && sent == asked.variables.path
}

/// Whether a value of `proxy_cache_bypass` or `proxy_no_cache` says so.
pub(crate) fn holds(text: &'static Text, variables: &Variables<'_>) -> bool {
    let mut value = Vec::new();
    text.write(variables, &mut value);
    !matches!(&value[..], b"" | b"0")
}

/// What is where an answer of this key would be. A file that is none of ours is as good as none.
fn place(store: &Store, key: Digest, text: &[u8], now_ms: u64) -> io::Result<Place> {
    let mut gone = Vec::new();
    let mut index = store.index();
    let entry = index.touch(key, now_ms, &mut gone);
    entry.uses = entry.uses.saturating_add(1);
    let entry = *entry;
    let removed = store.take_away(&gone);
    drop(index);
    removed.iter().for_each(|path| drop(std::fs::remove_file(path)));
    let found = match entry.len == 0 && store.is_loaded() {
        true => None,
        false => match store.open(&key) {
            Ok(file) => Record::read(&file)?.map(|record| (file, record)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        },
    };
    let found = found.filter(|(_, record)| record.key == text);
    if found.is_none() && entry.len > 0 {
        store.index().forget_file(&key);
    }
    Ok(Place { key, found, asked_ms: entry.asked_ms, uses: entry.uses })
}

/// Notes that the other server is asked from now on.
fn begin_asking(store: &Store, key: Digest, now_ms: u64) -> u64 {
    store.index().touch(key, now_ms, &mut Vec::new()).asked_ms = Some(now_ms);
    now_ms
}

/// The request's fields: by them, one answer may differ from another.
fn request_fields(variables: &Variables<'_>) -> response::Fields {
    let mut fields = response::Fields::default();
    for (name, value) in variables.head.fields().iter() {
        fields.append(&[name, b": ", value, b"\r\n"].concat());
    }
    fields
}

impl fmt::Debug for Hit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hit").field("record", &self.record).finish_non_exhaustive()
    }
}
