//! The map as one page without anything beside it. What its search box needs to find the
//! location of a path is put into it: the names, the locations, and the automata of the regexes.

use std::cell::RefCell;

use serde_json::{Value, json};

use super::{Kind, Map, Reached, Row, Server};
use crate::answer::{address, server_name};
use crate::automata::{self, Table};
use crate::ir::{self, Pattern, Scope};
use crate::template::{Filling, Template, Values};

impl Map<'_> {
    /// The page.
    pub fn html(&self) -> String {
        let servers = self.servers.iter().map(|server| self.server_values(server));
        let locations: usize = self.servers.iter().map(|server| server.rows.len()).sum();
        let values = vec![
            ("name", text(&self.site.name)),
            ("servers", text(counted(self.servers.len(), "server"))),
            ("locations", text(counted(locations, "location"))),
            ("data", text(self.data().to_string())),
            ("server", Filling::Each(servers.collect())),
        ];
        Template::new(include_str!("../../templates/routes.html")).render(&values)
    }

    fn server_values(&self, server: &Server) -> Values {
        let name = server.names.first().map_or("without a name", String::as_str);
        let others = server.names.iter().skip(1).map(|name| vec![("name", text(name))]);
        let listens = server.listens.iter().map(|Reached { address, tls, is_default }| {
            vec![
                ("address", text(address)),
                ("tls", shown_if(*tls)),
                ("default", shown_if(*is_default)),
            ]
        });
        vec![
            ("id", text(server.id.to_string())),
            ("name", text(name)),
            ("other", Filling::Each(others.collect())),
            ("listen", Filling::Each(listens.collect())),
            ("place", text(&server.place)),
            ("row", Filling::Each(server.rows.iter().map(|row| self.row_values(row)).collect())),
        ]
    }

    fn row_values(&self, row: &Row) -> Values {
        let methods = row.methods.split(' ').map(|method| vec![("method", text(method))]);
        let pages = row.error_pages.iter();
        let pages = pages
            .map(|(statuses, target)| vec![("statuses", text(statuses)), ("target", text(target))]);
        let path = match row.kind {
            Kind::Rest | Kind::Server => row.named(),
            _ => row.path.clone(),
        };
        vec![
            ("id", text(row.id.to_string())),
            ("kind", text(row.kind.name())),
            ("modifier", text(row.kind.modifier())),
            ("depth", text(row.depth.to_string())),
            ("path", text(&path)),
            ("method", Filling::Each(methods.collect())),
            ("does", text(&row.does)),
            ("page", Filling::Each(pages.collect())),
            ("place", text(self.line(&row.place))),
        ]
    }

    /// What the search box reads.
    fn data(&self) -> Value {
        let tables = Tables::default();
        let site = self.site;
        let listens = (0..).zip(&site.listens).map(|(id, listen)| {
            let names = &listen.names;
            let at_start = listen.start_names.iter();
            let at_start = at_start.map(|(name, id)| json!([server_name(site, name), id]));
            let exact = names.exact.iter().map(named).chain(at_start).collect::<Vec<_>>();
            let regex = names.regex.iter();
            json!({
                "address": address(site, id),
                "tls": listen.tls,
                "default": listen.default_server,
                "exact": exact,
                "suffix": names.suffix.iter().map(named).collect::<Vec<_>>(),
                "prefix": names.prefix.iter().map(named).collect::<Vec<_>>(),
                "regex": regex.map(|name| json!([tables.number(&name.pattern), name.server]))
                    .collect::<Vec<_>>(),
            })
        });
        let listens = listens.collect::<Vec<_>>();
        let servers = site.servers.iter().map(|server| {
            json!({
                "merge": server.merge_slashes,
                "rest": server.location,
                "scope": tables.scope(&server.scope),
            })
        });
        let servers = servers.collect::<Vec<_>>();
        json!({ "listens": listens, "servers": servers, "automata": tables.json() })
    }
}

fn named((name, server): &(Vec<u8>, u16)) -> Value {
    json!([String::from_utf8_lossy(name), server])
}

fn text(text: impl Into<String>) -> Filling {
    Filling::Text(text.into())
}

/// A section that is shown once or not at all.
fn shown_if(shown: bool) -> Filling {
    Filling::Each(shown.then(Vec::new).into_iter().collect())
}

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// The automata of the page, each once.
#[derive(Default)]
struct Tables<'a> {
    patterns: RefCell<Vec<&'a Pattern>>,
}

impl<'a> Tables<'a> {
    /// The number of a pattern's automaton.
    fn number(&self, pattern: &'a Pattern) -> usize {
        let mut patterns = self.patterns.borrow_mut();
        let same = |other: &&Pattern| {
            (&other.text, other.ignore_case) == (&pattern.text, pattern.ignore_case)
        };
        patterns.iter().position(same).unwrap_or_else(|| {
            patterns.push(pattern);
            patterns.len() - 1
        })
    }

    fn scope(&self, scope: &'a Scope) -> Value {
        let path = String::from_utf8_lossy;
        let exact = scope.exact.iter().map(|(p, id)| json!([path(p), id]));
        let prefixes = scope.prefix.iter().map(|prefix| {
            let ir::Prefix { path: p, no_regex, location, nested } = prefix;
            json!([path(p), location, no_regex, self.scope(nested)])
        });
        let regexes = scope.regex.iter().map(|regex| {
            json!([self.number(&regex.pattern), regex.location, self.scope(&regex.nested)])
        });
        json!({
            "exact": exact.collect::<Vec<_>>(),
            "prefix": prefixes.collect::<Vec<_>>(),
            "regex": regexes.collect::<Vec<_>>(),
        })
    }

    /// The automata in the order of their numbers; null for one that is too large for a page.
    fn json(&self) -> Value {
        let patterns = self.patterns.borrow();
        let tables = patterns.iter().map(|pattern| match automata::table(pattern) {
            Some(Table { classes, next, ends }) => {
                json!({ "classes": classes, "next": next, "ends": ends })
            }
            None => Value::Null,
        });
        tables.collect::<Vec<_>>().into()
    }
}
