//! Clients that come to the same server again (`sticky`): how a server is known, which one a request asks
//! for, and what an answer says of it.

use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::site::{Sticky, StickyBy, Variables};
use crate::variables::find_cookie;

/// What a session takes in a zone, in bytes.
pub const SESSION_LEN: usize = 256;

/// `expires=max`, in seconds, and the day that it stands for.
const MAX_LIFETIME_S: u64 = 315_360_000;
const LAST_DAY: &str = "Thu, 31 Dec 2037 23:55:55 GMT";

/// What a request says of whom it is to come to: how a server is known, or of which session it is.
pub(crate) fn wanted(sticky: &Sticky, variables: &Variables<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    match &sticky.by {
        StickyBy::Cookie { name, .. } => {
            variables.cookie(name, &mut out);
        }
        StickyBy::Route(texts) | StickyBy::Learn { lookup: texts, .. } => {
            // The first that says anything.
            for text in *texts {
                text.write(variables, &mut out);
                if !out.is_empty() {
                    break;
                }
            }
        }
    }
    out
}

/// The cookie by which a client comes to a server again, unless it has that already.
pub(crate) fn cookie(sticky: &Sticky, variables: &Variables<'_>, route: &str) -> Option<Vec<u8>> {
    let StickyBy::Cookie { name, attributes, lifetime_s } = &sticky.by else { return None };
    let lines = variables.head.fields().values(b"cookie");
    let mut own = lines.filter_map(|line| find_cookie(line, name));
    // One that ends is renewed.
    if lifetime_s.is_none() && own.any(|value| value == route.as_bytes()) {
        return None;
    }
    let mut out = [&name[..], b"=", route.as_bytes()].concat();
    if let Some(lifetime_s) = *lifetime_s {
        let lifetime_s = lifetime_s.min(MAX_LIFETIME_S);
        let until = SystemTime::now().checked_add(Duration::from_secs(lifetime_s));
        let until = until.filter(|_| lifetime_s < MAX_LIFETIME_S).map(httpdate::fmt_http_date);
        let until = until.as_deref().unwrap_or(LAST_DAY);
        out.extend_from_slice(format!("; expires={until}; max-age={lifetime_s}").as_bytes());
    }
    attributes.write(variables, &mut out);
    // A value that a variable gives begins no line of its own.
    out.retain(|byte| !byte.is_ascii_control());
    Some(out)
}

/// The session that an answer begins or goes on with; empty where it is of none.
pub(crate) fn created(sticky: &Sticky, variables: &Variables<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    if let StickyBy::Learn { create, .. } = &sticky.by {
        for text in *create {
            text.write(variables, &mut out);
            if !out.is_empty() {
                break;
            }
        }
    }
    out
}

/// The sessions of an upstream that were learnt from its answers, as many as fit: those that were used
/// longest ago make way.
pub(super) struct Sessions {
    most: usize,
    timeout_ms: u64,
    /// By two hashes that nobody else can reckon: their names may be of any length.
    by_name: HashMap<(u64, u64), Session>,
    /// The same by the time of their last use.
    by_use: BTreeMap<u64, (u64, u64)>,
    hashers: [RandomState; 2],
    uses: u64,
}

struct Session {
    route: Arc<str>,
    used_ms: u64,
    used: u64,
}

impl Sessions {
    /// Sessions that are kept for so long after their last use.
    pub(super) fn new(most: usize, timeout_ms: u64) -> Sessions {
        let hashers = [RandomState::new(), RandomState::new()];
        let (by_name, by_use) = (HashMap::new(), BTreeMap::new());
        Sessions { most, timeout_ms, by_name, by_use, hashers, uses: 0 }
    }

    fn key(&self, name: &[u8]) -> (u64, u64) {
        let [one, two] = &self.hashers;
        (one.hash_one(name), two.hash_one(name))
    }

    /// Which server a session is with.
    pub(super) fn find(&mut self, name: &[u8], now_ms: u64) -> Option<Arc<str>> {
        let key = self.key(name);
        let session = self.by_name.get(&key)?;
        let (route, is_over) = (Arc::clone(&session.route), self.is_over(session, now_ms));
        if is_over {
            self.forget(key);
            return None;
        }
        self.put(key, &route, now_ms);
        Some(route)
    }

    /// Takes note of which server a session is with.
    pub(super) fn learn(&mut self, name: &[u8], route: &Arc<str>, now_ms: u64) {
        let key = self.key(name);
        self.put(key, route, now_ms);
        while let Some((_, &oldest)) = self.by_use.first_key_value() {
            let is_over = self.by_name.get(&oldest).is_none_or(|it| self.is_over(it, now_ms));
            if !is_over && self.by_name.len() <= self.most {
                break;
            }
            self.forget(oldest);
        }
    }

    fn is_over(&self, session: &Session, now_ms: u64) -> bool {
        now_ms.saturating_sub(session.used_ms) > self.timeout_ms
    }

    fn put(&mut self, key: (u64, u64), route: &Arc<str>, now_ms: u64) {
        self.uses += 1;
        let session = Session { route: Arc::clone(route), used_ms: now_ms, used: self.uses };
        if let Some(before) = self.by_name.insert(key, session) {
            self.by_use.remove(&before.used);
        }
        self.by_use.insert(self.uses, key);
    }

    fn forget(&mut self, key: (u64, u64)) {
        if let Some(session) = self.by_name.remove(&key) {
            self.by_use.remove(&session.used);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sessions_are_bounded_and_end() {
        let mut sessions = Sessions::new(2, 1000);
        let [one, two]: [Arc<str>; 2] = ["one".into(), "two".into()];
        sessions.learn(b"a", &one, 0);
        sessions.learn(b"b", &two, 1);
        assert_eq!(sessions.find(b"a", 2).as_deref(), Some("one"));
        // The one that was used longest ago makes way.
        sessions.learn(b"c", &two, 3);
        assert_eq!(sessions.find(b"b", 4), None);
        assert_eq!(sessions.find(b"a", 1002).as_deref(), Some("one"));
        assert_eq!(sessions.find(b"c", 1004), None, "it has ended");
        sessions.learn(b"a", &two, 1500);
        assert_eq!(sessions.find(b"a", 2500).as_deref(), Some("two"));
        sessions.learn(b"d", &one, 9000);
        assert_eq!((sessions.by_name.len(), sessions.by_use.len()), (1, 1));
    }
}
