//! The whole map of a site: its addresses, servers and locations, in the order in which they are
//! tried, and what each of them does. As a table, JSON, a graph for Graphviz, or a page.

mod dot;
mod html;
mod json;
mod row;
mod svg;
mod table;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use sitec_runtime::site::{ListenId, LocationId, ServerId};

use crate::answer::address;
use crate::ir::{self, Scope};
use crate::places::Places;
use crate::source::Sources;
use crate::wording;
pub(crate) use row::Words;

/// A site, laid out.
pub struct Map<'a> {
    site: &'a ir::Site,
    places: &'a Places,
    /// The name of the conf's first file, as places have it.
    file: String,
    servers: Vec<Server>,
}

/// One server.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Server {
    id: ServerId,
    /// As they are written.
    names: Vec<String>,
    /// FILE:LINE.
    place: String,
    /// Its addresses.
    listens: Vec<Reached>,
    /// Its locations in the order in which they are tried: exact ones, prefixes from the longest
    /// on, regexes; those within one behind it. Then what no location takes, and named ones.
    rows: Vec<Row>,
}

/// An address that a server listens on.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Reached {
    /// With the defaults of params.
    address: String,
    /// Whether TLS is spoken there.
    tls: bool,
    /// Whether it is the default server there.
    is_default: bool,
}

/// One location.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Row {
    id: LocationId,
    /// How it takes paths.
    kind: Kind,
    /// Its path, pattern or name; empty for what no location takes.
    path: String,
    /// FILE:LINE.
    place: String,
    /// How many locations it is within.
    depth: usize,
    /// What it does, in a few words.
    does: String,
    /// The methods, in words.
    methods: String,
    /// Whether no request comes to it. The page has it all the same, since paths may be led past it.
    unreachable: bool,
    /// Statuses with an `error_page` and what answers them; empty where it is as in the server.
    error_pages: Vec<(String, String)>,
}

impl Server {
    /// The rows of what requests come to.
    fn shown(&self) -> impl Iterator<Item = &Row> + Clone {
        self.rows.iter().filter(|row| !row.unreachable)
    }
}

impl Row {
    /// The location as it is written, with one space behind its modifier.
    fn named(&self) -> String {
        match self.kind {
            Kind::Rest => "any other path".to_owned(),
            Kind::Server => "no other path".to_owned(),
            Kind::Prefix | Kind::Within => self.path.clone(),
            Kind::Named => format!("@{}", self.path),
            kind => format!("{} {}", kind.modifier(), self.path),
        }
    }
}

/// How a location takes paths.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Exact,
    Prefix,
    /// `^~`.
    PrefixAlone,
    Regex,
    /// `~*`.
    RegexAnyCase,
    /// The server, where no location takes a path.
    Rest,
    /// The server, where a location takes every path.
    Server,
    Named,
    /// An `if` or a `limit_except`, which answers in its own way.
    Within,
}

impl Kind {
    /// Its name for programs.
    fn name(self) -> &'static str {
        match self {
            Kind::Exact => "exact",
            Kind::Prefix => "prefix",
            Kind::PrefixAlone => "prefix-no-regex",
            Kind::Regex => "regex",
            Kind::RegexAnyCase => "regex-ignore-case",
            Kind::Rest => "rest",
            Kind::Server => "server",
            Kind::Named => "named",
            Kind::Within => "within",
        }
    }

    /// How it is written before a path.
    fn modifier(self) -> &'static str {
        match self {
            Kind::Exact => "=",
            Kind::Prefix | Kind::Rest | Kind::Server | Kind::Within => "",
            Kind::PrefixAlone => "^~",
            Kind::Regex => "~",
            Kind::RegexAnyCase => "~*",
            Kind::Named => "@",
        }
    }
}

impl Map<'_> {
    /// A place for people: the line alone where it is in the file that was named.
    fn line<'p>(&self, place: &'p str) -> &'p str {
        let line = place.strip_prefix(&self.file).and_then(|line| line.strip_prefix(':'));
        line.unwrap_or(place)
    }
}

impl Map<'_> {
    /// How many servers there are, and how many locations that requests come to.
    pub fn counts(&self) -> (usize, usize) {
        let is_location =
            |row: &&Row| !matches!(row.kind, Kind::Rest | Kind::Server | Kind::Within);
        let rows = self.servers.iter().flat_map(Server::shown);
        (self.servers.len(), rows.filter(is_location).count())
    }
}

impl<'a> Map<'a> {
    /// The map of a site.
    pub fn new(site: &'a ir::Site, places: &'a Places, sources: &Sources) -> Map<'a> {
        let words = Words { site, places };
        let servers = (0..).zip(&site.servers).map(|(id, server)| Server {
            id,
            names: places.servers[usize::from(id)]
                .names
                .iter()
                .map(|name| shown_name(name))
                .collect(),
            place: sources.place(places.servers[usize::from(id)].span),
            listens: listens(site, id),
            rows: rows(words, id, server, sources),
        });
        let file = sources.iter().next().map_or_else(String::new, |(_, file)| file.name.clone());
        Map { site, places, file, servers: servers.collect() }
    }
}

/// A server's name; the empty one as it is written.
fn shown_name(name: &str) -> String {
    if name.is_empty() { "\"\"" } else { name }.to_owned()
}

/// The rows of one server.
fn rows(words: Words<'_>, id: ServerId, server: &ir::Server, sources: &Sources) -> Vec<Row> {
    let mut order = Vec::new();
    arrange(&server.scope, 0, &mut order);
    let own = if takes_all(server) { Kind::Server } else { Kind::Rest };
    order.push((server.location, own, 0));
    let listed: BTreeSet<LocationId> = order.iter().map(|(id, ..)| *id).collect();
    let all = (0..).zip(&words.places.locations);
    let others = all.filter(|(other, place)| place.server == id && !listed.contains(other));
    order.extend(others.filter_map(|(other, place)| match &place.written[..] {
        // What else may stand in these changes no more than fields of an answer.
        "if" | "limit_except" => {
            let is_own = words.site.locations[other as usize].action.proxy().is_some();
            is_own.then_some((other, Kind::Within, 0))
        }
        // Others are in a server that answers all by itself.
        written => written.starts_with('@').then_some((other, Kind::Named, 0)),
    }));
    let common = words.error_pages(server.location);
    let rows = order.into_iter().map(|(id, kind, depth)| {
        let place = &words.places.locations[id as usize];
        let path = place.written.strip_prefix(kind.modifier()).unwrap_or(&place.written);
        let own = words.error_pages(id);
        Row {
            id,
            kind,
            path: path.trim_start().to_owned(),
            place: sources.place(place.span),
            unreachable: words.places.unreachable.contains(&id),
            depth,
            does: if kind == Kind::Server { String::new() } else { words.does(id, kind) },
            methods: match kind {
                Kind::Server => String::new(),
                _ => wording::methods(words.site.locations[id as usize].methods),
            },
            error_pages: match kind {
                Kind::Rest | Kind::Server => own,
                _ if own == common => Vec::new(),
                _ => own,
            },
        }
    });
    rows.collect()
}

/// Whether the locations of a server leave no path to the server itself. One that answers all by
/// itself has none.
fn takes_all(server: &ir::Server) -> bool {
    server.scope.prefix.iter().any(|prefix| prefix.path == b"/")
}

/// The addresses of a server.
fn listens(site: &ir::Site, server: ServerId) -> Vec<Reached> {
    let listens = (0..).zip(&site.listens).filter(|(_, listen)| listen.reaches(server));
    let reached = |(id, listen): (ListenId, &ir::Listen)| Reached {
        address: address(site, id),
        tls: listen.tls,
        is_default: listen.default_server == server,
    };
    listens.map(reached).collect()
}

/// The locations of a scope in the order in which they are tried, with how deep they stand.
fn arrange(scope: &Scope, depth: usize, order: &mut Vec<(LocationId, Kind, usize)>) {
    order.extend(scope.exact.iter().map(|(_, location)| (*location, Kind::Exact, depth)));
    let mut prefixes: Vec<_> = scope.prefix.iter().collect();
    prefixes.sort_by(|a, b| b.path.len().cmp(&a.path.len()).then_with(|| a.path.cmp(&b.path)));
    for prefix in prefixes {
        let kind = if prefix.no_regex { Kind::PrefixAlone } else { Kind::Prefix };
        order.push((prefix.location, kind, depth));
        arrange(&prefix.nested, depth + 1, order);
    }
    for regex in &scope.regex {
        let kind = if regex.pattern.ignore_case { Kind::RegexAnyCase } else { Kind::Regex };
        order.push((regex.location, kind, depth));
        arrange(&regex.nested, depth + 1, order);
    }
}
