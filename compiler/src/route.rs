//! The plain evaluation of routing: which server takes a host, which location a path.
//!
//! It walks `ir` as nginx walks its own trees, asks one regex after another, and prepares
//! nothing but what each regex needs to match at all. What is generated must agree with it. On
//! request it tells what it asks.

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;

use regex_automata::PatternID;
use regex_automata::nfa::thompson::pikevm::{Cache, PikeVM};
use sitec_runtime::site::{ListenId, LocationId, ServerId};

use crate::automata::Parsed;
use crate::{automata, ir};

/// Routes requests to a site that need not be built.
pub struct Router<'a> {
    site: &'a ir::Site,
    matchers: RefCell<Matchers<'a>>,
}

/// What each pattern that was asked is known by: its text, and whether case is ignored.
type Matchers<'a> = HashMap<(&'a str, bool), Matcher>;

/// One pattern that is asked.
struct Matcher {
    pattern: Parsed,
    /// Texts in lower case of which every match has one; none where none are known.
    required: Vec<Vec<u8>>,
    /// What asks it, made when it is.
    machine: OnceCell<(PikeVM, RefCell<Cache>)>,
}

impl Matcher {
    fn new(pattern: Parsed) -> Matcher {
        Matcher { required: automata::required(pattern.hir()), pattern, machine: OnceCell::new() }
    }

    fn machine(&self) -> &(PikeVM, RefCell<Cache>) {
        self.machine.get_or_init(|| {
            let machine = automata::matcher(&self.pattern);
            let cache = machine.create_cache();
            (machine, RefCell::new(cache))
        })
    }

    fn is_match(&self, subject: &[u8]) -> bool {
        let (machine, cache) = self.machine();
        machine.is_match(&mut cache.borrow_mut(), subject)
    }

    /// The same, told by the texts alone where that can be: of thousands of patterns nearly
    /// all. `lower` is the subject in lower case.
    fn matches(&self, subject: &[u8], lower: &[u8]) -> bool {
        let has = |text: &Vec<u8>| memchr::memmem::find(lower, text).is_some();
        if !self.required.is_empty() && !self.required.iter().any(has) {
            debug_assert!(!self.is_match(subject), "{:?}", self.pattern);
            return false;
        }
        self.is_match(subject)
    }
}

/// Why a server takes a host.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NameMatch<'a> {
    /// The host is one of its names.
    Exact,
    /// This is the longest name with a leading star that the host ends in, without the star.
    Suffix(&'a [u8]),
    /// This is the longest name with a trailing star that the host begins with, without it.
    Prefix(&'a [u8]),
    /// This is the first regex that matches.
    Regex(&'a ir::Pattern),
    /// No server has a name for it.
    Default,
}

/// What was asked about a path, in the order of asking.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Asked {
    /// The path is the one of this exact location.
    Exact(LocationId),
    /// This is the longest prefix of the path in its scope; with `^~`, no regex is asked.
    Prefix {
        /// The location.
        location: LocationId,
        /// `^~`.
        no_regex: bool,
    },
    /// A regex.
    Regex {
        /// Its location.
        location: LocationId,
        /// Whether it matches.
        matches: bool,
    },
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
        self.server_and_why(listen, host).0
    }

    /// The same, and why it is that one.
    pub fn server_and_why(&self, listen: ListenId, host: &[u8]) -> (ServerId, NameMatch<'a>) {
        let listen = &self.site.listens[usize::from(listen)];
        let names = &listen.names;
        if let Some((_, server)) = names.exact.iter().find(|(name, _)| name == host) {
            return (*server, NameMatch::Exact);
        }
        if let Some((name, server)) = longest(&names.suffix, |name| host.ends_with(name)) {
            return (*server, NameMatch::Suffix(name));
        }
        if let Some((name, server)) = longest(&names.prefix, |name| host.starts_with(name)) {
            return (*server, NameMatch::Prefix(name));
        }
        let lower = host.to_ascii_lowercase();
        let mut regexes = names.regex.iter().filter(|_| !host.is_empty());
        match regexes.find(|name| self.matches(&name.pattern, host, &lower)) {
            Some(name) => (name.server, NameMatch::Regex(&name.pattern)),
            None => (listen.default_server, NameMatch::Default),
        }
    }

    /// The location of `server` that takes a normalised path.
    pub fn location(&self, server: ServerId, path: &[u8]) -> LocationId {
        self.location_asking(server, path, &mut |_| {})
    }

    /// The same, telling `asked` what is asked on the way.
    pub fn location_asking(
        &self,
        server: ServerId,
        path: &[u8],
        asked: &mut dyn FnMut(Asked),
    ) -> LocationId {
        let server = &self.site.servers[usize::from(server)];
        match self.find(&server.scope, path, asked) {
            Found::Settled(location) | Found::Prefix(location) => location,
            Found::Nothing => server.location,
        }
    }

    /// Searches one scope, and those within it.
    fn find(&self, scope: &'a ir::Scope, path: &[u8], asked: &mut dyn FnMut(Asked)) -> Found {
        if let Some((_, location)) = scope.exact.iter().find(|(exact, _)| exact == path) {
            asked(Asked::Exact(*location));
            return Found::Settled(*location);
        }
        let prefixes = scope.prefix.iter().filter(|prefix| path.starts_with(&prefix.path));
        let prefix = prefixes.max_by_key(|prefix| prefix.path.len());
        let mut found = Found::Nothing;
        if let Some(prefix) = prefix {
            asked(Asked::Prefix { location: prefix.location, no_regex: prefix.no_regex });
            found = match self.find(&prefix.nested, path, asked) {
                Found::Settled(location) => return Found::Settled(location),
                Found::Prefix(location) => Found::Prefix(location),
                Found::Nothing => Found::Prefix(prefix.location),
            };
        }
        if prefix.is_some_and(|prefix| prefix.no_regex) {
            return found;
        }
        let lower = path.to_ascii_lowercase();
        let matching = scope.regex.iter().find(|regex| {
            let matches = self.matches(&regex.pattern, path, &lower);
            asked(Asked::Regex { location: regex.location, matches });
            matches
        });
        match matching {
            Some(regex) => match self.find(&regex.nested, path, asked) {
                Found::Settled(location) | Found::Prefix(location) => Found::Settled(location),
                Found::Nothing => Found::Settled(regex.location),
            },
            None => found,
        }
    }

    fn matches(&self, pattern: &'a ir::Pattern, subject: &[u8], lower: &[u8]) -> bool {
        self.with_matcher(pattern, |matcher| matcher.matches(subject, lower))
    }

    /// The groups of a pattern that matches, the whole match first.
    pub fn groups(
        &self,
        pattern: &'a ir::Pattern,
        subject: &[u8],
    ) -> Vec<Option<std::ops::Range<usize>>> {
        self.with_matcher(pattern, |matcher| {
            let (machine, cache) = matcher.machine();
            let mut captures = machine.create_captures();
            machine.captures(&mut cache.borrow_mut(), subject, &mut captures);
            let groups = (0..captures.group_len()).map(|group| captures.get_group(group));
            groups.map(|span| span.map(|span| span.range())).collect()
        })
    }

    /// Whether a pattern matches.
    pub(crate) fn is_match(&self, pattern: &'a ir::Pattern, subject: &[u8]) -> bool {
        self.with_matcher(pattern, |matcher| matcher.is_match(subject))
    }

    /// The number of a pattern's group with this name.
    pub fn group_named(&self, pattern: &'a ir::Pattern, name: &str) -> Option<usize> {
        self.with_matcher(pattern, |matcher| {
            matcher.machine().0.get_nfa().group_info().to_index(PatternID::ZERO, name)
        })
    }

    /// A pattern's groups that have names, and these.
    pub fn group_names(&self, pattern: &'a ir::Pattern) -> Vec<(usize, String)> {
        self.with_matcher(pattern, |matcher| {
            let names = matcher.machine().0.get_nfa().group_info().pattern_names(PatternID::ZERO);
            names.enumerate().filter_map(|(index, name)| Some((index, name?.to_owned()))).collect()
        })
    }

    fn with_matcher<T>(&self, pattern: &'a ir::Pattern, ask: impl FnOnce(&Matcher) -> T) -> T {
        let mut matchers = self.matchers.borrow_mut();
        let key = (&pattern.text[..], pattern.ignore_case);
        ask(matchers.entry(key).or_insert_with(|| Matcher::new(automata::parsed(pattern))))
    }
}

/// The longest of `names` that is as asked.
fn longest(
    names: &[(Vec<u8>, ServerId)],
    is_part: impl Fn(&[u8]) -> bool,
) -> Option<&(Vec<u8>, ServerId)> {
    names.iter().filter(|(name, _)| is_part(name)).max_by_key(|(name, _)| name.len())
}
