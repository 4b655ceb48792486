//! One class of requests, as both confs handle it.

use std::collections::BTreeSet;

use sitec_runtime::http::method::Method;
use sitec_runtime::pure::escape_path;
use sitec_runtime::site::{ListenId, LocationId, ServerId};

use super::views::View;
use super::{Change, Handling, Pair, Side, Witness};
use crate::answer::{Answers, Field, Request, Shown, address};
use crate::facts::differing;

/// The methods that are asked, as far as a conf may tell them apart.
const METHODS: [Method; 10] = [
    Method::Get,
    Method::Head,
    Method::Post,
    Method::Put,
    Method::Delete,
    Method::Patch,
    Method::Options,
    Method::Mkcol,
    Method::Copy,
    Method::Move,
];

/// The change of an address that is served no longer.
pub(super) fn listens_no_more(old: Side<'_>, id: ListenId) -> Change {
    let default = old.site.listens[usize::from(id)].default_server;
    let place = old.sources.place(old.places.servers[usize::from(default)].span);
    let was = Handling { location: "server".to_owned(), place, ..Handling::default() };
    let becomes = Handling { end: "nobody listens there".to_owned(), ..Handling::default() };
    let url = url(&address(old.site, id), b"", b"/");
    let witness = Some(Witness { method: "GET".to_owned(), url });
    Change { witness, was, becomes, directives: Vec::new() }
}

/// The change of an address that is served now.
pub(super) fn listens_now(new: Side<'_>, id: ListenId) -> Change {
    let Change { witness, was, becomes, directives } = listens_no_more(new, id);
    Change { witness, was: becomes, becomes: was, directives }
}

impl Pair<'_> {
    /// Compares two servers that the same host comes to.
    pub(super) fn compare_servers(
        &self,
        host: &[u8],
        servers: (ServerId, ServerId),
        paths: &[(Vec<u8>, (LocationId, LocationId))],
        changes: &mut Vec<Change>,
    ) {
        let (old, new) = (self.old.facts(), self.new.facts());
        // What holds for all paths is told once, with a path that they all have.
        let at_server = differing(&old.of_server(servers.0), &new.of_server(servers.1));
        changes.extend(self.change(host, b"/", at_server));
        let first = changes.len();
        for (path, locations) in paths {
            let (was, becomes) = (old.of_location(locations.0), new.of_location(locations.1));
            let directives = differing(&was, &becomes);
            changes.extend(match self.contrast(host, path) {
                Some(change) => Some(Change { directives, ..change }),
                None => self.change(host, path, directives),
            });
        }
        self.compare_named(host, servers, paths, changes);
        merge_alike(changes, first);
    }

    /// The change of a path of which only settings differ.
    fn change(
        &self,
        host: &[u8],
        path: &[u8],
        directives: Vec<(&'static str, String, String)>,
    ) -> Option<Change> {
        let [was, becomes] = self.ask(View::All, Method::Get, host, path);
        let (was, becomes) = (was.handling, becomes.handling);
        let witness = Some(self.witness(Method::Get, host, path));
        (!directives.is_empty()).then_some(Change { witness, was, becomes, directives })
    }

    /// The first request for a path that is answered differently.
    fn contrast(&self, host: &[u8], path: &[u8]) -> Option<Change> {
        let asked = METHODS.iter().flat_map(|&method| {
            [View::All, View::Nothing].into_iter().map(move |view| (method, view))
        });
        asked.into_iter().find_map(|(method, view)| {
            let [was, becomes] = self.ask(view, method, host, path);
            let alike = (was.handling.status, &was.handling.end, &was.fields)
                == (becomes.handling.status, &becomes.handling.end, &becomes.fields);
            let witness = Some(self.witness(method, host, path));
            let (was, becomes) = (was.handling, becomes.handling);
            (!alike).then(|| Change { witness, was, becomes, directives: Vec::new() })
        })
    }

    pub(super) fn witness(&self, method: Method, host: &[u8], path: &[u8]) -> Witness {
        let at = address(self.old.site, self.listens.0);
        Witness { method: method.name().to_owned(), url: url(&at, host, path) }
    }

    /// What both confs answer.
    fn ask(&self, view: View, method: Method, host: &[u8], path: &[u8]) -> [Asked; 2] {
        [(self.old, self.listens.0), (self.new, self.listens.1)].map(|(side, listen)| {
            let Side { site, places, sources, folder } = side;
            let request = Request::at(site, listen, method.name(), host, &escape_path(path));
            let answer = Answers::new(site, &view, folder).to(&request);
            let shown = Shown { site, places, sources, folder };
            let deciding = answer.deciding().first().copied();
            let location = deciding.unwrap_or(site.servers[usize::from(answer.server)].location);
            let handling = Handling {
                location: places.location(location),
                place: sources.place(places.locations[location as usize].span),
                status: answer.status,
                end: shown.end(&answer),
            };
            Asked { handling, fields: answer.fields }
        })
    }
}

/// An answer, as far as it is compared.
struct Asked {
    handling: Handling,
    fields: Vec<Field>,
}

/// Puts changes from `first` on together that lead from one location to another in the same way:
/// paths may come to them by different ways, and one witness is enough.
fn merge_alike(changes: &mut Vec<Change>, first: usize) {
    let mut seen = BTreeSet::new();
    let mut number = 0;
    changes.retain(|change| {
        number += 1;
        let key = (&change.was.place, &change.becomes.place, &change.directives);
        number <= first || seen.insert(format!("{key:?}"))
    });
}

/// The URL of a path for a host at an address.
fn url(address: &str, host: &[u8], path: &[u8]) -> String {
    let path = String::from_utf8_lossy(&escape_path(path)).into_owned();
    let host = String::from_utf8_lossy(host);
    match address.rsplit_once(':').map(|(_, port)| port) {
        _ if host.is_empty() => format!("http://{address}{path}"),
        Some(port) if port != "80" && !address.starts_with("unix:") => {
            format!("http://{host}:{port}{path}")
        }
        _ => format!("http://{host}{path}"),
    }
}
