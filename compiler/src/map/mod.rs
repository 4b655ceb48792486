//! The whole map of a site: its addresses, servers and locations, in the order in which they are
//! tried, and what each of them does. As a table, JSON, a graph for Graphviz, or a page.

mod dot;
mod html;
mod json;
mod row;
mod table;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use sitec_runtime::site::{LocationId, ServerId};

use crate::answer::{address, listens_at};
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
    /// Its addresses, and whether it is their default server.
    listens: Vec<(String, bool)>,
    /// Its locations in the order in which they are tried: exact ones, prefixes from the longest
    /// on, regexes; those within one behind it. Then what no location takes, and named ones.
    rows: Vec<Row>,
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
    /// Statuses with an `error_page` and what answers them; empty where it is as in the server.
    error_pages: Vec<(String, String)>,
}

impl Row {
    /// The location as it is written, with one space behind its modifier.
    fn named(&self) -> String {
        match self.kind {
            Kind::Rest => "any other path".to_owned(),
            Kind::Server => "no other path".to_owned(),
            Kind::Prefix => self.path.clone(),
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
        }
    }

    /// How it is written before a path.
    fn modifier(self) -> &'static str {
        match self {
            Kind::Exact => "=",
            Kind::Prefix | Kind::Rest | Kind::Server => "",
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
    let own = if takes_all(words.site, server) { Kind::Server } else { Kind::Rest };
    order.push((server.location, own, 0));
    let listed: BTreeSet<LocationId> = order.iter().map(|(id, ..)| *id).collect();
    let all = (0..).zip(&words.places.locations);
    let others = all.filter(|(other, place)| place.server == id && !listed.contains(other));
    order.extend(others.map(|(other, _)| (other, Kind::Named, 0)));
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

/// Whether the locations of a server leave no path to the server itself.
fn takes_all(site: &ir::Site, server: &ir::Server) -> bool {
    let answers = matches!(site.locations[server.location as usize].action, ir::Action::Return(_));
    !answers && server.scope.prefix.iter().any(|prefix| prefix.path == b"/")
}

/// The addresses of a server with the defaults of params, and whether it is their default one.
fn listens(site: &ir::Site, server: ServerId) -> Vec<(String, bool)> {
    let listens = (0..).zip(&site.listens).filter(|(_, listen)| listens_at(listen, server));
    listens.map(|(id, listen)| (address(site, id), listen.default_server == server)).collect()
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
