//! The classes of hosts and paths that two confs tell apart, each with a witness.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use sitec_runtime::site::{ListenId, LocationId, ServerId};

use super::Pair;
use crate::answer::{named_at_start, server_name};
use crate::automata;
use crate::ir::{self, Pattern, Scope, ServerNames};
use crate::prove::{Machine, Text, Tour, Trie, guess, tour};
use crate::route::Router;

/// The most states of a product that are looked at.
const MOST_STATES: usize = 60_000;
/// The most ends of hosts that are looked at together with regexes.
const MOST_ENDS: usize = 16;
/// Fronts and ends of hosts are tried together as long as there are not more of these pairs.
const MOST_HOSTS: usize = 10_000;

/// The most witnesses of a class that are kept.
const MOST_WITNESSES: usize = 3;

/// Pairs of what the old and the new conf choose, in the order of the old.
pub(super) struct Classes<Id> {
    pub(super) found: Vec<Class<Id>>,
    pub(super) complete: bool,
}

/// A pair of what the two confs choose, and some of what is chosen so; the first is the plainest.
pub(super) struct Class<Id> {
    pub(super) witnesses: Vec<Vec<u8>>,
    pub(super) pair: (Id, Id),
    /// One that ends in a slash, if any was found.
    pub(super) folder: Option<Vec<u8>>,
}

/// The pairs of locations that paths may come to. With `folders`, whether paths that end in a
/// slash may come to a pair is a difference of its own.
pub(super) fn paths(
    pair: &Pair<'_>,
    servers: (ServerId, ServerId),
    folders: bool,
) -> Classes<LocationId> {
    let old = &pair.old.site.servers[usize::from(servers.0)];
    let new = &pair.new.site.servers[usize::from(servers.1)];
    let mut parts = Parts::default();
    parts.collect(&old.scope);
    parts.collect(&new.scope);
    let folder = Pattern { text: r"/\z".to_owned(), ignore_case: false };
    if folders {
        add(&mut parts.patterns, &folder);
    }
    let merge_slashes = old.merge_slashes && new.merge_slashes;
    let text = Text::Path { merge_slashes, hidden: true };
    let trie = Trie::new(parts.prefixes.iter().copied(), parts.exact.iter().copied());
    let (patterns, whole) = machines(&parts.patterns);
    let prefix = Machine::Prefix { trie: &trie, wanted: Box::new(|_| true) };
    let plain = Text::Path { merge_slashes, hidden: false };
    let mut all: Vec<_> = [Machine::Text(plain), prefix].into_iter().chain(patterns).collect();
    // Where there is a choice, a witness has no hidden names: these are seldom served.
    let visible = tour(&all, MOST_STATES);
    all[0] = Machine::Text(text);
    let tour = tour(&all, MOST_STATES);
    // Where the walk came to its bound, what the confs name is looked at in any case.
    let mut strings = visible.strings;
    strings.extend(tour.strings);
    let named = parts.exact.iter().chain(&parts.prefixes).map(|path| path.to_vec());
    let beneath = parts.prefixes.iter().map(|path| [path, &b"a"[..]].concat());
    let guessed = parts.patterns.iter().map(|pattern| guess(&automata::parsed(pattern)));
    strings.extend(named.chain(beneath).chain(guessed).filter(|path| text.contains(path)));
    let (old, new) = (Router::new(pair.old.site), Router::new(pair.new.site));
    let found = strings.into_iter().map(|path| {
        let locations = (old.location(servers.0, &path), new.location(servers.1, &path));
        (path, locations)
    });
    Classes { found: distinct(found), complete: tour.complete && whole }
}

/// The pairs of servers that hosts may come to.
pub(super) fn hosts(pair: &Pair<'_>) -> Classes<ServerId> {
    let Pair { old, new, listens } = *pair;
    let sides = [(old.site, listens.0), (new.site, listens.1)];
    let both = sides.map(|(site, id)| &site.listens[usize::from(id)]);
    let names = both.map(|listen| &listen.names);
    let mut patterns: Vec<&Pattern> = Vec::new();
    for name in names.iter().flat_map(|names| &names.regex) {
        add(&mut patterns, &name.pattern);
    }
    let tour = named_tour(names, &patterns);
    let unnamed = [b"localhost".to_vec(), b"a".to_vec(), b"a.test".to_vec(), Vec::new()];
    let strings = named_hosts(names).into_iter().chain(tour.strings);
    let strings = strings.chain(sides.into_iter().flat_map(hosts_of_start)).chain(unnamed);
    let routers = [Router::new(old.site), Router::new(new.site)];
    let found = strings.map(|host| {
        let server = |at: usize| match named_at_start(sides[at].0, both[at], &host) {
            Some((_, server)) => *server,
            None => routers[at].server(sides[at].1, &host),
        };
        let servers = (server(0), server(1));
        (host, servers)
    });
    Classes { found: distinct(found), complete: tour.complete }
}

/// The names that are known at start, with the defaults of params.
fn hosts_of_start((site, listen): (&ir::Site, ListenId)) -> Vec<Vec<u8>> {
    let names = site.listens[usize::from(listen)].start_names.iter();
    names.map(|(name, _)| server_name(site, name).into_bytes()).collect()
}

/// One host of each class that the regexes make together with the other names. Without regexes
/// there is none to be looked for.
fn named_tour(names: [&ServerNames; 2], patterns: &[&Pattern]) -> Tour {
    if patterns.is_empty() {
        return Tour { strings: Vec::new(), complete: true };
    }
    let texts = |list: fn(&ServerNames) -> &NameList| {
        names.into_iter().flat_map(list).map(|(name, _)| &name[..])
    };
    let trie = Trie::new(texts(|names| &names.prefix), texts(|names| &names.exact));
    let fronts = Machine::Prefix { trie: &trie, wanted: Box::new(|_| true) };
    let ends: Vec<Pattern> = texts(|names| &names.suffix).map(ending_in).collect();
    let looked_at = ends.iter().take(MOST_ENDS);
    let (machines, whole) =
        machines(&patterns.iter().copied().chain(looked_at).collect::<Vec<_>>());
    let all: Vec<_> = [Machine::Text(Text::Host), fronts].into_iter().chain(machines).collect();
    let tour = tour(&all, MOST_STATES);
    Tour { complete: tour.complete && whole && ends.len() <= MOST_ENDS, ..tour }
}

/// What ends in a name.
fn ending_in(name: &[u8]) -> Pattern {
    let text = format!(r"{}\z", regex_syntax::escape(&String::from_utf8_lossy(name)));
    Pattern { text, ignore_case: false }
}

/// Names of servers.
type NameList = Vec<(Vec<u8>, ServerId)>;

/// Hosts that are names of the confs, or begin and end as these do.
fn named_hosts(names: [&ServerNames; 2]) -> Vec<Vec<u8>> {
    let texts = |list: fn(&ServerNames) -> &NameList| {
        names.into_iter().flat_map(list).map(|(name, _)| &name[..]).collect::<Vec<_>>()
    };
    let exact = texts(|names| &names.exact);
    let (suffixes, prefixes) = (texts(|names| &names.suffix), texts(|names| &names.prefix));
    let other = label_of_none(&[&exact[..], &suffixes, &prefixes].concat());
    // A request without Host is looked at last: a URL cannot ask for it.
    let named = exact.iter().filter(|name| !name.is_empty());
    let mut hosts: Vec<_> = named.map(|name| name.to_vec()).collect();
    // A name comes before an end, and an end before a front; what has both is the end's.
    hosts.extend(suffixes.iter().map(|end| [&other[..], end].concat()));
    hosts.extend(prefixes.iter().map(|front| [front, &other[..]].concat()));
    if suffixes.len() * prefixes.len() <= MOST_HOSTS {
        for front in &prefixes {
            hosts.extend(suffixes.iter().map(|end| [front, &other[..], end].concat()));
        }
    }
    hosts.push(other);
    hosts
}

/// A label that is in no name, so that a host with it is not taken by a longer name.
fn label_of_none(names: &[&[u8]]) -> Vec<u8> {
    let labels: BTreeSet<&[u8]> =
        names.iter().flat_map(|name| name.split(|&byte| byte == b'.')).collect();
    let letter =
        (b'a'..=b'z').map(|letter| vec![letter]).find(|label| !labels.contains(&label[..]));
    let longest = labels.iter().map(|label| label.len()).max().unwrap_or_default();
    letter.unwrap_or_else(|| vec![b'a'; longest + 1])
}

/// A class for each pair, in the order of the pairs.
fn distinct<Id: Ord + Copy>(found: impl Iterator<Item = (Vec<u8>, (Id, Id))>) -> Vec<Class<Id>> {
    let mut by_pair: BTreeMap<_, Class<Id>> = BTreeMap::new();
    for (witness, pair) in found {
        let new = || Class { witnesses: Vec::new(), pair, folder: None };
        let class = by_pair.entry(pair).or_insert_with(new);
        if class.folder.is_none() && witness.ends_with(b"/") {
            class.folder = Some(witness.clone());
        }
        if class.witnesses.len() < MOST_WITNESSES {
            class.witnesses.push(witness);
        }
    }
    by_pair.into_values().collect()
}

/// The automata of patterns, and whether they are all there: very large ones are left out.
fn machines(patterns: &[&Pattern]) -> (Vec<Machine<'static>>, bool) {
    let searchers = patterns.iter().filter_map(|pattern| automata::searcher(pattern));
    let machine = |dfa| Machine::Pattern { dfa: Rc::new(dfa), negated: false };
    let machines: Vec<_> = searchers.map(machine).collect();
    let whole = machines.len() == patterns.len();
    (machines, whole)
}

/// What the locations of two servers are chosen by.
#[derive(Default)]
struct Parts<'a> {
    exact: Vec<&'a [u8]>,
    prefixes: Vec<&'a [u8]>,
    patterns: Vec<&'a Pattern>,
}

impl<'a> Parts<'a> {
    fn collect(&mut self, scope: &'a Scope) {
        self.exact.extend(scope.exact.iter().map(|(path, _)| &path[..]));
        for prefix in &scope.prefix {
            self.prefixes.push(&prefix.path);
            self.collect(&prefix.nested);
        }
        for regex in &scope.regex {
            add(&mut self.patterns, &regex.pattern);
            self.collect(&regex.nested);
        }
    }
}

/// Adds a pattern unless one like it is there.
fn add<'a>(patterns: &mut Vec<&'a Pattern>, pattern: &'a Pattern) {
    let key = |pattern: &'a Pattern| (&pattern.text, pattern.ignore_case);
    if !patterns.iter().any(|other| key(other) == key(pattern)) {
        patterns.push(pattern);
    }
}
