//! Answers of other servers that are kept: `proxy_cache_path`, `proxy_cache` and what goes with them.

use std::rc::Rc;

use sitec_runtime::site::{CacheId, ParamKind};

use super::groups::Groups;
use super::limits::{unknown, zone_name_and_len};
use super::noted::CachePlace;
use super::reader::Reader;
use crate::ast::{Directive, Word};
use crate::diagnostic::Diagnostic;
use crate::ir::{Cache, CacheValid, Caching, Piece, Value, Variable};
use crate::source::Span;
use crate::suggest::closest;
use crate::value::{Checked, count, keyword, seconds, size, status, time_ms};

/// What `_cache_path` is of.
const FRONTS: [&str; 4] = ["proxy", "fastcgi", "scgi", "uwsgi"];
/// Parameters that steer nginx's own processes.
const NEEDLESS: [&str; 7] = [
    "use_temp_path",
    "loader_files",
    "loader_sleep",
    "loader_threshold",
    "manager_files",
    "manager_sleep",
    "manager_threshold",
];

/// What a level has been given for keeping answers, of one protocol.
#[derive(Clone, Default)]
pub(super) struct Keeping {
    cache: Option<CacheId>,
    key: Option<Value>,
    valid: Rc<[CacheValid]>,
    bypass: Rc<[Value]>,
    refused: Rc<[Value]>,
}

impl Keeping {
    /// Takes those of these directives whose names begin with `front`.
    pub(super) fn set(
        &mut self,
        front: &str,
        directives: &[Directive],
        reader: &mut Reader<'_>,
        groups: &Groups,
    ) {
        let (mut valid, mut bypass, mut refused) = (Vec::new(), Vec::new(), Vec::new());
        for directive in directives {
            let name = directive.name.text().and_then(|name| name.strip_prefix(front));
            match name {
                Some("_cache") => {
                    let cache = reader.find_cache(front, &directive.args[0]);
                    // One that is not there is told of once.
                    self.cache = reader.report(cache).flatten();
                }
                Some("_cache_key") => {
                    let key = reader.value(&directive.args[0], 0, groups);
                    self.key = reader.report(key).or(self.key.take());
                }
                Some("_cache_valid") => {
                    let line = cache_valid(directive);
                    valid.extend(reader.report(line));
                }
                Some("_cache_bypass") => reader.conditions(directive, groups, &mut bypass),
                Some("_no_cache") => reader.conditions(directive, groups, &mut refused),
                Some("_cache_methods") => {
                    for word in &directive.args {
                        let known = keyword(word, &[("GET", ()), ("HEAD", ())]);
                        reader.report(known);
                    }
                }
                Some("_cache_max_range_offset") => {
                    let len = size(&directive.args[0]).map(drop);
                    reader.report(len);
                }
                _ => {}
            }
        }
        for (place, own) in [(&mut self.bypass, bypass), (&mut self.refused, refused)] {
            if !own.is_empty() {
                *place = own.into();
            }
        }
        if !valid.is_empty() {
            self.valid = valid.into();
        }
    }

    /// What a location keeps that has been given this. `host` is the variable that its key has the
    /// host from, where the conf says nothing of the key.
    pub(super) fn resolved(&self, host: &'static str) -> Option<Caching> {
        let usual = || {
            let names = ["scheme", host, "request_uri"];
            Value(names.map(|name| Piece::Variable(Variable::Simple(name))).to_vec())
        };
        Some(Caching {
            cache: self.cache?,
            key: self.key.clone().unwrap_or_else(usual),
            valid: self.valid.to_vec(),
            bypass: self.bypass.to_vec(),
            refused: self.refused.to_vec(),
        })
    }
}

/// Fields of a request for a part, or for what a client may have: what is kept is whole. The values are
/// those that a question has whether what is stale still holds.
pub(super) fn withheld_fields() -> impl Iterator<Item = (&'static str, Value)> {
    let variable = |name| Value(vec![Piece::Variable(Variable::Simple(name))]);
    [
        ("If-Modified-Since", variable("upstream_cache_last_modified")),
        ("If-Unmodified-Since", Value::default()),
        ("If-None-Match", variable("upstream_cache_etag")),
        ("If-Match", Value::default()),
        ("Range", Value::default()),
        ("If-Range", Value::default()),
    ]
    .into_iter()
}

impl Reader<'_> {
    /// Takes the caches of a conf, which locations may come before.
    pub(super) fn read_caches(&mut self, directives: &[Directive]) {
        for directive in directives {
            if directive.name.value == b"http" {
                let block = directive.block.iter();
                block.for_each(|block| self.read_caches(&block.directives));
                continue;
            }
            let name = directive.name.text().and_then(|name| name.strip_suffix("_cache_path"));
            if name.is_some_and(|front| FRONTS.contains(&front)) {
                let cache = self.cache(directive);
                if let Some((cache, span)) = self.report(cache) {
                    self.caches.push(cache);
                    self.cache_places.push(CachePlace { span, is_used: false });
                }
            }
        }
    }

    fn cache(&mut self, directive: &Directive) -> Checked<(Cache, Span)> {
        let [path, rest @ ..] = &directive.args[..] else {
            unreachable!("the structure is checked")
        };
        let path = self.params.start_text(path, 0, ParamKind::Path)?;
        let mut cache = Cache {
            name: String::new(),
            path,
            levels: [0; 3],
            keys_len: 0,
            inactive_ms: 600_000,
            max_len: u64::MAX,
            min_free: 0,
        };
        let mut span = None;
        for word in rest {
            match word.option() {
                Some((b"keys_zone", value)) => {
                    let (name, len, place) = zone_name_and_len(&value, "keys_zone=NAME:10m")?;
                    (cache.name, cache.keys_len, span) = (name, len, Some(place));
                }
                Some((b"levels", value)) => cache.levels = levels(&value)?,
                Some((b"inactive", value)) => cache.inactive_ms = time_ms(&value)?,
                Some((b"max_size", value)) => cache.max_len = size(&value)?,
                Some((b"min_free", value)) => cache.min_free = size(&value)?,
                Some((name, _)) if NEEDLESS.iter().any(|needless| needless.as_bytes() == name) => {}
                _ => return Err(unknown(directive, word)),
            }
        }
        let Some(span) = span else {
            let message = format!("`{}` lacks `keys_zone=NAME:SIZE`", directive.name.shown());
            let help = "add it: `keys_zone=pages:10m`";
            return Err(Box::new(
                Diagnostic::error("D05", directive.name.span, message).help(help),
            ));
        };
        if let Some(at) = self.caches.iter().position(|other| other.name == cache.name) {
            let message = format!("there is a zone `{}` already", cache.name);
            return Err(Box::new(
                Diagnostic::error("D06", span, message)
                    .also(self.cache_places[at].span, "the first one is here")
                    .help("give it another name"),
            ));
        }
        Ok((cache, span))
    }

    /// The zone that a `proxy_cache` or its like names; `None`: nothing is kept.
    fn find_cache(&mut self, front: &str, word: &Word) -> Checked<Option<CacheId>> {
        if word.value == b"off" {
            return Ok(None);
        }
        let shown = word.shown();
        let Some(at) = self.caches.iter().position(|cache| cache.name == shown) else {
            let message = match word.value.contains(&b'$') {
                true => "a zone is not named by a variable".to_owned(),
                false => format!("there is no zone `{shown}`"),
            };
            let wrong = Diagnostic::error("K15", word.span, message);
            let meant = closest(&shown, self.caches.iter().map(|cache| cache.name.as_str()));
            return Err(Box::new(match meant {
                Some(meant) => {
                    wrong.patch(format!("did you mean `{meant}`?"), word.span, meant.to_owned())
                }
                None => wrong.help(format!(
                    "add it in `http`: `{front}_cache_path /var/cache/site keys_zone={shown}:10m;`"
                )),
            }));
        };
        self.cache_places[at].is_used = true;
        Ok(Some(at as CacheId))
    }

    /// The values of a `proxy_cache_bypass` or its like.
    fn conditions(&mut self, directive: &Directive, groups: &Groups, out: &mut Vec<Value>) {
        for word in &directive.args {
            let value = self.value(word, 0, groups);
            out.extend(self.report(value));
        }
    }

    /// Says which zones nothing is kept in.
    pub(super) fn warn_of_unused_caches(&mut self) {
        for (cache, place) in self.caches.iter().zip(&self.cache_places) {
            if !place.is_used {
                let message = format!("nothing is kept in the zone `{}`", cache.name);
                self.diagnostics
                    .push(Diagnostic::warning("K16", place.span, message).help("delete it"));
            }
        }
    }
}

/// A `proxy_cache_valid`.
fn cache_valid(directive: &Directive) -> Checked<CacheValid> {
    let [statuses @ .., time] = &directive.args[..] else {
        unreachable!("the structure is checked")
    };
    let time_s = seconds(time)?;
    let statuses = match statuses {
        [] => vec![200, 301, 302],
        [word] if word.value == b"any" => Vec::new(),
        words => {
            let each = |word: &Word| status(word, 0..word.value.len(), 100..=599);
            words.iter().map(each).collect::<Checked<Vec<_>>>()?
        }
    };
    Ok(CacheValid { statuses, time_s })
}

/// `N[:N[:N]]`.
fn levels(word: &Word) -> Checked<[u8; 3]> {
    let mut levels = [0; 3];
    let mut start = 0;
    let parts: Vec<_> = word.value.split(|&byte| byte == b':').collect();
    for (at, part) in parts.iter().enumerate() {
        let span = word.part(start..start + part.len());
        start += part.len() + 1;
        let Some(level) = levels.get_mut(at) else {
            let message = "there are more than three levels";
            return Err(Box::new(
                Diagnostic::error("T25", span, message).help("write `levels=1:2`"),
            ));
        };
        let digits = Word { value: part.to_vec(), span, ..word.clone() };
        *level = count(&digits, 1..=2)? as u8;
    }
    Ok(levels)
}
