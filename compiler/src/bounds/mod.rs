//! What the server of a conf may need at most, and what its binary will contain: reckoned from
//! the resolved site by the server's own sums.

mod parts;
#[cfg(test)]
mod tests;
mod text;

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};
pub use sitec_runtime::bounds::Bounds;
use sitec_runtime::bounds::{
    COMPOSED_PARTS, Facts, LISTED_LEN, WOVEN_PARTS, counts_len, keys_len, sessions_len, zone_len,
};
use sitec_runtime::coding::encoder_len;
use sitec_runtime::exchange::MAX_VALUE_LEN;
use sitec_runtime::http2;
use sitec_runtime::site::SessionCache;

use crate::ir::{self, Action, Handler, Piece, Purpose, Value, Variable};
use crate::places::Places;
use crate::source::Sources;
pub use parts::Part;

/// The bounds of one site.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reckoned {
    /// What they follow from.
    pub facts: Facts,
    /// The bounds.
    pub bounds: Bounds,
    /// Whether there is one worker for each CPU, and so many of these.
    pub workers_by_cpus: bool,
    /// What a binary may contain.
    pub parts: Vec<Part>,
}

/// Reckons a site on a machine with so many CPUs.
pub fn reckon(site: &ir::Site, places: &Places, sources: &Sources, cpus: u64) -> Reckoned {
    let facts = facts(site, cpus);
    Reckoned {
        facts,
        bounds: facts.bounds(),
        workers_by_cpus: site.process.workers.is_none(),
        parts: parts::parts(site, places, sources),
    }
}

/// Bytes of the sessions that an upstream learns.
fn learnt_len(upstream: &ir::Upstream) -> usize {
    match upstream.sticky {
        Some(ir::Sticky::Learn { zone_len, .. }) => zone_len,
        _ => 0,
    }
}

/// What the sums depend on.
pub(crate) fn facts(site: &ir::Site, cpus: u64) -> Facts {
    let heads = site.servers.iter().map(|server| {
        let (count, len) = server.large_client_header_buffers;
        server.client_header_buffer_len + count * len
    });
    let head_len = heads.max().unwrap_or(0);
    let handlers = || site.locations.iter().filter_map(handler);
    let proxies: Vec<_> = site.locations.iter().filter_map(|it| it.action.proxy()).collect();
    let shares = site.has_mirrors()
        || site.is_composed()
        || proxies.iter().any(|it| it.plain.request_buffering);
    let waits = shares || site.max_scripts.is_some();
    let shared = site.settings.iter().map(|settings| settings.client_body_memory).max();
    let waiting = site.settings.iter().map(|settings| settings.client_body_buffer_size).max();
    let held = |it: &&ir::Proxy| {
        if it.is_http2() {
            return http2::client::held_len(it.plain.head_len);
        }
        if it.plain.buffering { it.plain.buffers.0.saturating_mul(it.plain.buffers.1) } else { 0 }
    };
    let answer_head_len = proxies.iter().map(|it| it.plain.head_len).max();
    let held_len = proxies.iter().map(held).max().unwrap_or(0);
    let kept = site.upstreams.iter().map(|upstream| u64::from(upstream.plain.keepalive));
    let logs = site.settings.iter().flat_map(|settings| &settings.access_logs);
    let mut buffers: Vec<_> = logs.map(|log| (log.log, log.buffer_len)).collect();
    buffers.sort_unstable();
    buffers.dedup();
    let named_logs = site.settings.iter().flat_map(|settings| &settings.access_logs);
    let named_logs = named_logs.map(|log| log.cache.max).max();
    let image = usize::from(site.packs.iter().any(ir::Pack::has_large_files));
    let opened = site.listens.len() + site.directories.len() + site.logs.len() + image;
    let speaks =
        |server: &&ir::Server| site.listens.iter().any(|listen| listen.http2) || server.http2;
    let http2 = site.servers.iter().filter(speaks);
    Facts {
        workers: site.process.workers.map_or(cpus, u64::from),
        connections: u64::from(site.process.worker_connections),
        head_len,
        text_len: site.locations.iter().map(|l| text_len(site, l, head_len)).max().unwrap_or(0),
        waiting_len: waiting.filter(|_| waits).unwrap_or(0),
        shared_len: shared.filter(|_| shares).unwrap_or(0),
        kept_content_len: kept_content_len(site),
        proxied: answer_head_len.map(|len| (len, held_len)),
        subrequests: match (site.ssi(), site.is_composed()) {
            (Some(_), _) => WOVEN_PARTS,
            (None, true) => COMPOSED_PARTS,
            (None, false) => u64::from(site.has_subrequests()),
        },
        composes: site.is_composed(),
        weaves: site.ssi().is_some(),
        mirrors: site.has_mirrors(),
        kept_lines: kept.sum(),
        streams: http2.clone().map(|server| server.http2_max_concurrent_streams).max(),
        received_len: site.servers.iter().map(|it| it.http2_recv_buffer_len).max().unwrap_or(0),
        scripts: site.max_scripts,
        checked: site
            .upstreams
            .iter()
            .filter(|it| it.health.is_some())
            .map(|it| it.peers.len() as u64)
            .sum(),
        commands: site.upstreams.iter().map(|it| it.commands.len() as u64).sum(),
        stores: handlers().any(|handler| matches!(handler, Handler::Upload(_) | Handler::Dav(_))),
        trees: handlers().any(|handler| matches!(handler, Handler::Dav(_))),
        forms: handlers().any(|handler| matches!(handler, Handler::Upload(_))),
        known_files: site.known_files,
        ranges: site.settings.iter().map(|it| it.max_ranges as usize).max().unwrap_or(0),
        lists: site.settings.iter().any(|settings| settings.listing.is_some()),
        encoder_len: site.codings().map(encoder_len).max().unwrap_or(0),
        log_len: buffers.iter().map(|(_, len)| len).sum(),
        logs: site.logs.len() as u64,
        named_logs: named_logs.unwrap_or(0),
        counts_len: if site.has_metrics() { counted(site) } else { 0 },
        zones_len: site.zones.iter().map(|zone| zone_len(zone.len)).sum::<usize>()
            + site.upstreams.iter().map(learnt_len).sum::<usize>()
            + site.caches.iter().map(|cache| keys_len(cache.keys_len)).sum::<usize>(),
        user_files: site.users.len(),
        tls_servers: site.tls.len(),
        tls_peers: site.tls_peers().len(),
        sessions_len: kept_sessions(site),
        opened: opened as u64,
    }
}

/// The bytes of what one worker counts.
fn counted(site: &ir::Site) -> usize {
    let peers = site.upstreams.iter().map(|upstream| upstream.peers.len()).sum();
    counts_len(site.labels.all.len(), peers, site.zones.len() + site.caches.len())
}

/// The bytes of the sessions that servers keep.
fn kept_sessions(site: &ir::Site) -> usize {
    let (mut own_len, mut shared) = (0, BTreeMap::new());
    for tls in &site.tls {
        let has_clients = tls.clients.is_some();
        match tls.session_cache {
            SessionCache::Off => {}
            SessionCache::Kept(sessions) => own_len += sessions_len(sessions, has_clients),
            SessionCache::Shared { name, sessions } => {
                let (most, with_clients) = shared.entry(name).or_insert((0, false));
                (*most, *with_clients) = (sessions.max(*most), has_clients || *with_clients);
            }
        }
    }
    let shared_len = shared.values().map(|(sessions, clients)| sessions_len(*sessions, *clients));
    own_len + shared_len.sum::<usize>()
}

fn handler(location: &ir::Location) -> Option<&Handler> {
    match &location.action {
        Action::Serve { handler, .. } => Some(handler),
        Action::Return(_) => None,
    }
}

/// The longest content that is kept for `$request_body`.
fn kept_content_len(site: &ir::Site) -> usize {
    let all = site.settings.iter().map(|settings| settings.client_body_buffer_size);
    all.max().filter(|_| site.keeps_content()).unwrap_or(0)
}

/// The longest text and fields that a location makes of a request.
fn text_len(site: &ir::Site, location: &ir::Location, head_len: usize) -> usize {
    // In a Location, a byte may become three; a redirect to the path with a slash is always possible.
    let mut text = 3 * head_len;
    let (mut fields, mut environment) = (0, 0);
    let mut add = |purpose, value: &Value| {
        let len = value_len(site, value, head_len);
        match purpose {
            Purpose::Content | Purpose::File | Purpose::Uri | Purpose::Asked => {
                text = text.max(len)
            }
            Purpose::Redirect => text = text.max(3 * len),
            // It stays until the request is done.
            Purpose::Assigned => fields += len.min(MAX_VALUE_LEN),
            Purpose::Field(more) => fields += more + len,
            Purpose::ScriptVariable(more) | Purpose::Upstream(more) => environment += more + len,
            // A log line goes into the log's buffer.
            Purpose::Log => {}
        }
    };
    location.each_value(&mut add);
    for map in &site.maps {
        map.values.iter().for_each(|value| add(Purpose::Assigned, value));
    }
    site.zones.iter().for_each(|zone| add(Purpose::Asked, &zone.key));
    for server in site.servers.iter() {
        server.ops.iter().for_each(|op| op.each_value(&mut add));
    }
    site.settings[location.settings].each_value(&site.formats, &mut add);
    text.max(environment) + fields
}

/// The longest that a value may become: of its variables, only those that `set` gives values to and
/// `$request_body` may be longer than a head.
fn value_len(site: &ir::Site, value: &Value, head_len: usize) -> usize {
    let pieces = value.0.iter().map(|piece| match piece {
        Piece::Literal(bytes) => bytes.len(),
        Piece::Variable(Variable::Assigned(..) | Variable::Shared(..))
        | Piece::Logged(Variable::Assigned(..) | Variable::Shared(..), _) => {
            MAX_VALUE_LEN.max(head_len)
        }
        Piece::Variable(Variable::Mapped(map, _)) | Piece::Logged(Variable::Mapped(map, _), _) => {
            let values = site.maps[*map].values.iter();
            values.map(|value| value_len(site, value, head_len)).max().unwrap_or(0)
        }
        Piece::Variable(Variable::Simple("request_body"))
        | Piece::Logged(Variable::Simple("request_body"), _) => kept_content_len(site),
        Piece::Variable(_) | Piece::Logged(..) => head_len,
    });
    pieces.sum()
}

impl Reckoned {
    /// The bounds as one JSON object.
    pub fn json(&self) -> Json {
        let Reckoned { facts, bounds, workers_by_cpus, parts } = self;
        let parts = parts
            .iter()
            .map(|part| json!({ "name": part.name, "contained": part.contained, "by": part.by }));
        json!({
            "version": 1,
            "workers": facts.workers,
            "workers_by_cpus": workers_by_cpus,
            "connections": facts.connections * facts.workers,
            "scripts": facts.scripts.unwrap_or(0),
            "commands": facts.commands,
            "memory": bounds.memory,
            "memory_of_connection": bounds.connection_len,
            "memory_of_worker": bounds.worker_len,
            "memory_of_script": facts.scripts.map(|_| bounds.script_len),
            "memory_of_sessions": (facts.sessions_len > 0).then_some(facts.sessions_len),
            "memory_of_lists": facts.lists.then_some(LISTED_LEN),
            "descriptors": bounds.descriptors,
            "processes": bounds.processes,
            "threads": facts.threads(),
            "parts": parts.collect::<Vec<_>>(),
        })
    }
}
