//! The plain evaluation of routing: which server takes a host, which location a path.
//!
//! It walks `ir` as nginx walks its own trees, asks one regex after another, and prepares
//! nothing. What is generated must agree with it.

use std::cell::RefCell;
use std::collections::HashMap;

use regex_automata::nfa::thompson::pikevm::PikeVM;
use sitec_runtime::site::{ListenId, LocationId, ServerId};

use crate::{automata, ir};

/// Routes requests to a site that need not be built.
pub struct Router<'a> {
    site: &'a ir::Site,
    matchers: RefCell<HashMap<(&'a str, bool), PikeVM>>,
}

/// What a scope found, and whether regexes around it are still asked.
enum Found {
    /// An exact location or a regex: the search is over.
    Settled(LocationId),
    /// A prefix location: a regex may still take the path.
    Prefix(LocationId),
    Nothing,
}

impl<'a> Router<'a> {
    /// A router for `site`.
    pub fn new(site: &'a ir::Site) -> Router<'a> {
        Router { site, matchers: RefCell::default() }
    }

    /// The server that takes `host` at a listen. The host is in lower case, without port and
    /// last dot; empty where the request has none.
    pub fn server(&self, listen: ListenId, host: &[u8]) -> ServerId {
        let listen = &self.site.listens[usize::from(listen)];
        let names = &listen.names;
        let exact = names.exact.iter().find(|(name, _)| name == host);
        let suffix = longest(&names.suffix, |name| host.ends_with(name));
        let prefix = longest(&names.prefix, |name| host.starts_with(name));
        if let Some((_, server)) = exact.or(suffix).or(prefix) {
            return *server;
        }
        let regexes = names.regex.iter().filter(|_| !host.is_empty());
        let regex = regexes.into_iter().find(|name| self.matches(&name.pattern, host));
        regex.map_or(listen.default_server, |name| name.server)
    }

    /// The location of `server` that takes a normalised path.
    pub fn location(&self, server: ServerId, path: &[u8]) -> LocationId {
        let server = &self.site.servers[usize::from(server)];
        match self.find(&server.scope, path) {
            Found::Settled(location) | Found::Prefix(location) => location,
            Found::Nothing => server.location,
        }
    }

    /// Searches one scope, and those within it.
    fn find(&self, scope: &'a ir::Scope, path: &[u8]) -> Found {
        if let Some((_, location)) = scope.exact.iter().find(|(exact, _)| exact == path) {
            return Found::Settled(*location);
        }
        let prefixes = scope.prefix.iter().filter(|prefix| path.starts_with(&prefix.path));
        let prefix = prefixes.max_by_key(|prefix| prefix.path.len());
        let mut found = Found::Nothing;
        if let Some(prefix) = prefix {
            found = match self.find(&prefix.nested, path) {
                Found::Settled(location) => return Found::Settled(location),
                Found::Prefix(location) => Found::Prefix(location),
                Found::Nothing => Found::Prefix(prefix.location),
            };
        }
        if prefix.is_some_and(|prefix| prefix.no_regex) {
            return found;
        }
        match scope.regex.iter().find(|regex| self.matches(&regex.pattern, path)) {
            Some(regex) => match self.find(&regex.nested, path) {
                Found::Settled(location) | Found::Prefix(location) => Found::Settled(location),
                Found::Nothing => Found::Settled(regex.location),
            },
            None => found,
        }
    }

    fn matches(&self, pattern: &'a ir::Pattern, subject: &[u8]) -> bool {
        let mut matchers = self.matchers.borrow_mut();
        let key = (&pattern.text[..], pattern.ignore_case);
        let matcher = matchers.entry(key).or_insert_with(|| automata::matcher(pattern));
        matcher.is_match(&mut matcher.create_cache(), subject)
    }
}

/// The longest of `names` that is as asked.
fn longest(
    names: &[(Vec<u8>, ServerId)],
    is_part: impl Fn(&[u8]) -> bool,
) -> Option<&(Vec<u8>, ServerId)> {
    names.iter().filter(|(name, _)| is_part(name)).max_by_key(|(name, _)| name.len())
}
