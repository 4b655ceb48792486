//! A request that shows a difference: candidates are asked of both sites, and the first that they
//! answer differently is the witness. Which candidates there are follows from what differs.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use sitec_runtime::http::accept::Coding;
use sitec_runtime::http::method::Method;
use sitec_runtime::pure::escape_path;
use sitec_runtime::site::{LocationId, ServerId};

use super::asked::Asked;
use super::views::Disk;
use super::{Change, Class, Pair, Witness};
use crate::directive::{self, beside};
use crate::ir::{Access, Settings};
use crate::prove::Text;
use crate::route::Router;

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

/// The most parts that a witness asks for.
const MOST_PARTS: u32 = 16;
/// The most extensions, and the most addresses of each kind, that are tried.
const MOST_TRIED: usize = 8;

/// A directive that differs, with both values.
pub(super) type Told = (&'static str, String, String);

/// What is asked beside method, host and path.
#[derive(Clone, Default)]
pub(super) struct Extra {
    pub(super) fields: Vec<(String, String)>,
    pub(super) from: Option<IpAddr>,
}

/// Whether no answer is made of a directive.
fn is_unseen(name: &str) -> bool {
    directive::find(name).is_some_and(|row| row.unseen)
}

/// A request that both sites answer differently.
pub(super) struct Found {
    pub(super) witness: Witness,
    pub(super) asked: [Asked; 2],
}

/// Asks both sites about one host.
pub(super) struct Asker<'a> {
    pub(super) pair: &'a Pair<'a>,
    pub(super) host: &'a [u8],
    pub(super) servers: (ServerId, ServerId),
    routers: (Router<'a>, Router<'a>),
}

impl<'a> Asker<'a> {
    pub(super) fn new(
        pair: &'a Pair<'a>,
        host: &'a [u8],
        servers: (ServerId, ServerId),
    ) -> Asker<'a> {
        let routers = (Router::new(pair.old.site), Router::new(pair.new.site));
        Asker { pair, host, servers, routers }
    }

    /// The class of a path.
    pub(super) fn class_of(&self, path: &[u8]) -> Class<LocationId> {
        Class { witnesses: vec![path.to_vec()], pair: self.locations(path), folder: None }
    }

    fn locations(&self, path: &[u8]) -> (LocationId, LocationId) {
        let (old, new) = &self.routers;
        (old.location(self.servers.0, path), new.location(self.servers.1, path))
    }

    /// The change of a class, if there is any: directives that differ, or answers.
    pub(super) fn change(
        &self,
        class: &Class<LocationId>,
        directives: Vec<Told>,
    ) -> Option<Change> {
        if let Some(Found { witness, asked: [was, becomes] }) = self.seek(class, &directives) {
            let (was, becomes) = (was.handling, becomes.handling);
            let (witness, others) = (Some(witness), Vec::new());
            return Some(Change { witness, shows: true, was, becomes, directives, others });
        }
        let (method, path) = (Method::Get, &class.witnesses[0]);
        let [was, becomes] = self.pair.ask(Disk::All, method, self.host, path, &Extra::default());
        let (was, becomes) = (was.handling, becomes.handling);
        let witness = Some(self.witness(method, path));
        let shows = false;
        let others = Vec::new();
        (!directives.is_empty()).then_some(Change {
            witness,
            shows,
            was,
            becomes,
            directives,
            others,
        })
    }

    /// The first request of a class that is answered differently.
    pub(super) fn seek(&self, class: &Class<LocationId>, directives: &[Told]) -> Option<Found> {
        let differs = |name: &str| directives.iter().any(|(directive, ..)| *directive == name);
        let (there, absent) = match directives.iter().all(|(name, ..)| is_unseen(name)) {
            // Only what the path leads to may differ.
            true => (class.witnesses[..1].to_vec(), class.witnesses[..1].to_vec()),
            false => (self.paths(class, &differs, true), self.paths(class, &differs, false)),
        };
        let disks = [(Disk::All, &there), (Disk::Without, &absent), (Disk::Nothing, &absent)];
        for extra in &self.extras(class.pair, &differs) {
            for method in METHODS {
                for (disk, paths) in disks {
                    let mut paths = paths.iter();
                    let found = paths.find_map(|path| self.differ(disk, method, path, extra));
                    if found.is_some() {
                        return found;
                    }
                }
            }
        }
        None
    }

    /// The request, where it is answered differently, whoever asks.
    fn differ(&self, disk: Disk, method: Method, path: &[u8], extra: &Extra) -> Option<Found> {
        let asked = self.pair.ask(disk, method, self.host, path, extra);
        if asked[0].is_like(&asked[1]) || asked.iter().any(|asked| asked.depends_on_client) {
            return None;
        }
        let other = if disk == Disk::All { Disk::Without } else { Disk::All };
        let others = self.pair.ask(other, method, self.host, path, extra);
        let depends = match disk {
            Disk::All => others[0].is_like(&others[1]),
            // What is said of a file that is not there is not what anybody expects.
            _ => asked.iter().zip(&others).any(|(one, other)| !one.is_like(other)),
        };
        let witness = Witness {
            fields: extra.fields.clone(),
            from: extra.from,
            files: depends.then_some(disk == Disk::All),
            ..self.witness(method, path)
        };
        Some(Found { witness, asked })
    }

    /// Paths of a class, those first that are likely to lead to files that are `there` or not.
    fn paths(
        &self,
        class: &Class<LocationId>,
        differs: &dyn Fn(&str) -> bool,
        there: bool,
    ) -> Vec<Vec<u8>> {
        let mut paths = Vec::new();
        for path in class.witnesses.iter().chain(&class.folder) {
            let with = |end: &[u8]| [path, end].concat();
            match there {
                true => paths.push(path.clone()),
                false => paths.extend([with(b"no-such-file"), path.clone()]),
            }
            if differs("default_type") || differs("types") || differs("charset") {
                paths.extend([with(b"a"), with(b"a.none")]);
                let extensions = self.extensions(class.pair);
                paths
                    .extend(extensions.iter().map(|extension| with(&[b"a.", *extension].concat())));
            }
            if differs("hidden_files") {
                paths.extend([with(b".a"), with(b"/.a")]);
            }
            if differs("merge_slashes") {
                paths.push(with(b"//a"));
            }
            paths.push(with(b"/"));
        }
        let text = Text::Path { merge_slashes: false, hidden: true };
        // What a server does with slashes comes before there is a class.
        paths.retain(|path| {
            differs("merge_slashes") || text.contains(path) && self.locations(path) == class.pair
        });
        paths
    }

    /// Extensions that have different types.
    fn extensions(&self, pair: (LocationId, LocationId)) -> Vec<&[u8]> {
        let (old, new) = self.settings(pair);
        let was = &self.pair.old.site.types[usize::from(old.types)];
        let becomes = &self.pair.new.site.types[usize::from(new.types)];
        let gone: Vec<_> = was.iter().filter(|entry| !becomes.contains(entry)).collect();
        let added = becomes.iter().filter(|entry| !was.contains(entry));
        gone.into_iter()
            .chain(added)
            .map(|(extension, _)| &extension[..])
            .take(MOST_TRIED)
            .collect()
    }

    /// The settings of two locations.
    fn settings(&self, pair: (LocationId, LocationId)) -> (&Settings, &Settings) {
        let (old, new) = (self.pair.old.site, self.pair.new.site);
        let (was, becomes) =
            (old.locations[pair.0 as usize].settings, new.locations[pair.1 as usize].settings);
        (&old.settings[was], &new.settings[becomes])
    }

    /// What is asked beside, the plain request first.
    fn extras(&self, pair: (LocationId, LocationId), differs: &dyn Fn(&str) -> bool) -> Vec<Extra> {
        let (old, new) = self.settings(pair);
        let with = |name: &str, value: String| Extra {
            fields: vec![(name.to_owned(), value)],
            from: None,
        };
        let mut extras = vec![Extra::default()];
        if differs("client_max_body_size") {
            let least = old.client_max_body_size.min(new.client_max_body_size);
            extras.push(with("Content-Length", least.saturating_add(1).to_string()));
        }
        for coding in Coding::ORDER.into_iter().rev().filter(|it| differs(beside(*it).1)) {
            extras.push(with("Accept-Encoding", coding.name().to_owned()));
        }
        let codings = [("gzip", "gzip"), ("brotli", "br"), ("zstd", "zstd")];
        for (_, coding) in codings.into_iter().filter(|(name, _)| differs(name)) {
            extras.push(with("Accept-Encoding", coding.to_owned()));
        }
        if differs("etag") || differs("if_modified_since") {
            extras.push(with("If-Modified-Since", "Fri, 02 Jan 1970 00:00:00 GMT".to_owned()));
        }
        if differs("max_ranges") {
            let parts = old.max_ranges.min(new.max_ranges).saturating_add(1).min(MOST_PARTS);
            let parts: Vec<_> =
                (0..parts).map(|part| format!("{}-{}", part * 2, part * 2)).collect();
            extras.push(with("Range", format!("bytes={}", parts.join(","))));
        }
        let from = |from| Extra { fields: Vec::new(), from: Some(from) };
        extras.extend(self.addresses(pair).into_iter().map(from));
        extras
    }

    /// Clients that the rules of two locations tell apart; none where there are no rules.
    fn addresses(&self, pair: (LocationId, LocationId)) -> Vec<IpAddr> {
        let mut found = Vec::new();
        for (site, id) in [(self.pair.old.site, pair.0), (self.pair.new.site, pair.1)] {
            let location = &site.locations[id as usize];
            let limit = location.limit_except.as_ref().and_then(|limit| limit.admission.access);
            let own = site.settings[location.settings].admission.access;
            for access in [limit, own].into_iter().flatten() {
                let Access { v4, v6, unix: _ } = &site.accesses[access];
                let v4 = v4.iter().flat_map(|ranges| &ranges.flips).take(MOST_TRIED);
                let v4 = v4.filter_map(|flip| u32::try_from(*flip).ok());
                found.extend(v4.map(|flip| IpAddr::V4(Ipv4Addr::from_bits(flip))));
                let v6 = v6.flips.iter().take(MOST_TRIED);
                found.extend(v6.map(|flip| IpAddr::V6(Ipv6Addr::from_bits(*flip))));
                found.extend([IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)]);
            }
        }
        found
    }

    /// A request, without what is asked beside.
    pub(super) fn witness(&self, method: Method, path: &[u8]) -> Witness {
        let target = String::from_utf8_lossy(&escape_path(path)).into_owned();
        let Pair { old, listens, .. } = self.pair;
        Witness::new(old.site, listens.0, method.name(), self.host, &target)
    }
}
