//! All that is told: a row of [`FAMILIES`] for each name. The order is that of the rows.

use super::facts::{Facts, Peer};
use super::meter::{Asked, CACHE_STATUSES, LIMIT_STATUSES, Meter, STATUSES, TLS_VERSIONS};
use super::times::Times;

/// What a number is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// It only grows, until the server is started anew.
    Counter,
    /// It goes up and down.
    Gauge,
    /// How many times were how long.
    Histogram,
}

/// A name, and the numbers that it has.
pub(super) struct Family {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) help: &'static str,
    /// How many rows of samples there are; of none, nothing is told.
    rows: fn(&Facts) -> usize,
    /// Tells the samples of a row.
    tell: fn(&Facts, usize, &mut Sink<'_>),
}

/// What takes samples.
type Sink<'s> = dyn for<'a> FnMut(Sample<'a>) + 's;

/// One number, or one histogram.
pub(super) struct Sample<'a> {
    /// What it is about: names and values.
    pub(super) labels: &'a [(&'static str, &'a str)],
    pub(super) number: Number,
}

/// How much.
#[derive(Clone, Copy, Debug)]
pub(super) enum Number {
    Whole(u64),
    /// Seconds, in thousandths.
    Millis(u64),
    Times(Times),
}

impl Family {
    pub(super) fn row_count(&self, facts: &Facts) -> usize {
        (self.rows)(facts)
    }

    pub(super) fn tell(&self, facts: &Facts, row: usize, sink: &mut Sink<'_>) {
        (self.tell)(facts, row, sink);
    }
}

/// Everything, in the order in which it is told.
pub(super) const FAMILIES: &[Family] = &[
    Family {
        name: "sitec_build_info",
        kind: Kind::Gauge,
        help: "The site, sitec's version, and a hash of the conf that it was built from; always 1.",
        rows: one,
        tell: |facts, _, sink| {
            let labels = [
                ("site", facts.site),
                ("version", env!("CARGO_PKG_VERSION")),
                ("conf", facts.metrics.conf_hash),
            ];
            sink(Sample { labels: &labels, number: Number::Whole(1) });
        },
    },
    Family {
        name: "process_start_time_seconds",
        kind: Kind::Gauge,
        help: "When the server was started, in seconds since 1970.",
        rows: one,
        tell: |facts, _, sink| plain(Number::Millis(facts.started_unix_ms), sink),
    },
    Family {
        name: "process_cpu_seconds_total",
        kind: Kind::Counter,
        help: "The time of CPUs that the process has taken, in seconds.",
        rows: one,
        tell: |facts, _, sink| plain(Number::Millis(facts.usage.cpu_ms), sink),
    },
    Family {
        name: "process_resident_memory_bytes",
        kind: Kind::Gauge,
        help: "Memory of the process that is resident, in bytes.",
        rows: |facts| usize::from(facts.usage.resident_len.is_some()),
        tell: |facts, _, sink| {
            plain(Number::Whole(facts.usage.resident_len.unwrap_or_default()), sink);
        },
    },
    Family {
        name: "process_max_fds",
        kind: Kind::Gauge,
        help: "The most descriptors that may be open.",
        rows: one,
        tell: |facts, _, sink| plain(Number::Whole(facts.usage.most_descriptors), sink),
    },
    Family {
        name: "sitec_workers",
        kind: Kind::Gauge,
        help: "Threads that serve.",
        rows: one,
        tell: |facts, _, sink| plain(Number::Whole(facts.meters.len() as u64), sink),
    },
    Family {
        name: "sitec_leaving",
        kind: Kind::Gauge,
        help: "1 once the server was told to leave and finishes what is under way, else 0.",
        rows: one,
        tell: |facts, _, sink| plain(Number::Whole(u64::from(facts.is_leaving)), sink),
    },
    Family {
        name: "sitec_connections_accepted_total",
        kind: Kind::Counter,
        help: "Connections of clients that were accepted.",
        rows: one,
        tell: |facts, _, sink| plain(Number::Whole(facts.connections.accepted), sink),
    },
    Family {
        name: "sitec_connections",
        kind: Kind::Gauge,
        help: "Connections of clients that are open: those that send a head, those with a request \
               under way, and those that wait for one.",
        rows: one,
        tell: |facts, _, sink| {
            let sums = facts.connections;
            for (state, count) in
                [("reading", sums.reading), ("writing", sums.writing), ("waiting", sums.waiting)]
            {
                sink(Sample { labels: &[("state", state)], number: Number::Whole(count) });
            }
        },
    },
    Family {
        name: "sitec_connections_max",
        kind: Kind::Gauge,
        help: "The most connections of clients that the conf allows.",
        rows: one,
        tell: |facts, _, sink| plain(Number::Whole(facts.most_connections), sink),
    },
    Family {
        name: "sitec_http_requests_total",
        kind: Kind::Counter,
        help: "Requests that were answered, by the status of the response.",
        rows: Facts::series_count,
        tell: |facts, row, sink| {
            for (number, status) in STATUSES.iter().map(Some).chain([None]).enumerate() {
                let count = facts.sum(|meter| meter.series[row].statuses.0[number].value());
                if count > 0 {
                    let mut buffer = itoa::Buffer::new();
                    let status = status.map_or("other", |status| buffer.format(*status));
                    of_series(facts, row, Some(status), Number::Whole(count), sink);
                }
            }
        },
    },
    Family {
        name: "sitec_http_request_bytes_total",
        kind: Kind::Counter,
        help: "Bytes of requests, heads included.",
        rows: Facts::series_count,
        tell: |facts, row, sink| {
            let len = facts.sum(|meter| meter.series[row].received.value());
            of_used(facts, row, Number::Whole(len), sink);
        },
    },
    Family {
        name: "sitec_http_response_bytes_total",
        kind: Kind::Counter,
        help: "Bytes of responses, heads included.",
        rows: Facts::series_count,
        tell: |facts, row, sink| {
            let len = facts.sum(|meter| meter.series[row].sent.value());
            of_used(facts, row, Number::Whole(len), sink);
        },
    },
    Family {
        name: "sitec_http_request_duration_seconds",
        kind: Kind::Histogram,
        help: "The time from the first byte of a request to the last one of its response, in seconds.",
        rows: Facts::series_count,
        tell: |facts, row, sink| {
            let times = Times::of(facts.meters.iter().map(|meter| &meter.series[row].times));
            of_used(facts, row, Number::Times(times), sink);
        },
    },
    Family {
        name: "sitec_limit_requests_total",
        kind: Kind::Counter,
        help: "Requests that limits have looked at, by the zone and what came of it.",
        rows: |facts| facts.zones.len(),
        tell: |facts, row, sink| {
            for (number, status) in LIMIT_STATUSES.iter().enumerate() {
                let count = facts.sum(|meter| meter.zones[row][number].value());
                let result = status.word().to_ascii_lowercase();
                let labels = [("zone", facts.zones[row].0), ("result", &*result)];
                sink(Sample { labels: &labels, number: Number::Whole(count) });
            }
        },
    },
    Family {
        name: "sitec_zone_entries",
        kind: Kind::Gauge,
        help: "Keys that a zone counts by now.",
        rows: |facts| facts.zones.len(),
        tell: |facts, row, sink| {
            let (zone, (held, _)) = facts.zones[row];
            sink(Sample { labels: &[("zone", zone)], number: Number::Whole(held as u64) });
        },
    },
    Family {
        name: "sitec_zone_entries_max",
        kind: Kind::Gauge,
        help: "Keys that there is room for in a zone.",
        rows: |facts| facts.zones.len(),
        tell: |facts, row, sink| {
            let (zone, (_, most)) = facts.zones[row];
            sink(Sample { labels: &[("zone", zone)], number: Number::Whole(most as u64) });
        },
    },
    Family {
        name: "sitec_cache_requests_total",
        kind: Kind::Counter,
        help: "Requests that a cache was looked into for, by what came of it.",
        rows: |facts| facts.caches.len(),
        tell: |facts, row, sink| {
            for (number, status) in CACHE_STATUSES.iter().enumerate() {
                let count = facts.sum(|meter| meter.caches[row][number].value());
                let result = status.word().to_ascii_lowercase();
                let labels = [("cache", facts.caches[row].0), ("result", &*result)];
                sink(Sample { labels: &labels, number: Number::Whole(count) });
            }
        },
    },
    Family {
        name: "sitec_cache_bytes",
        kind: Kind::Gauge,
        help: "Bytes that a cache holds.",
        rows: |facts| facts.caches.len(),
        tell: |facts, row, sink| {
            let (cache, len) = facts.caches[row];
            sink(Sample { labels: &[("cache", cache)], number: Number::Whole(len) });
        },
    },
    Family {
        name: "sitec_upstream_requests_total",
        kind: Kind::Counter,
        help: "Requests that servers behind this one were asked, by the status of the answer, or what \
               its failure is taken for.",
        rows: |facts| facts.peers.len(),
        tell: |facts, row, sink| {
            let peer = &facts.peers[row];
            for (number, status) in STATUSES.iter().map(Some).chain([None]).enumerate() {
                let count = facts.sum(|meter| peer.asked(meter).statuses.0[number].value());
                if count > 0 {
                    let mut buffer = itoa::Buffer::new();
                    let status = status.map_or("other", |status| buffer.format(*status));
                    of_peer(peer, Some(status), Number::Whole(count), sink);
                }
            }
        },
    },
    Family {
        name: "sitec_upstream_received_bytes_total",
        kind: Kind::Counter,
        help: "Bytes of the answers of servers behind this one.",
        rows: |facts| facts.peers.len(),
        tell: |facts, row, sink| {
            let peer = &facts.peers[row];
            let len = facts.sum(|meter| peer.asked(meter).received.value());
            of_peer(peer, None, Number::Whole(len), sink);
        },
    },
    Family {
        name: "sitec_upstream_sent_bytes_total",
        kind: Kind::Counter,
        help: "Bytes that servers behind this one were sent.",
        rows: |facts| facts.peers.len(),
        tell: |facts, row, sink| {
            let peer = &facts.peers[row];
            let len = facts.sum(|meter| peer.asked(meter).sent.value());
            of_peer(peer, None, Number::Whole(len), sink);
        },
    },
    Family {
        name: "sitec_upstream_response_time_seconds",
        kind: Kind::Histogram,
        help: "The time from asking a server behind this one to the end of its answer, in seconds.",
        rows: |facts| facts.peers.len(),
        tell: |facts, row, sink| {
            let peer = &facts.peers[row];
            let times = Times::of(facts.meters.iter().map(|meter| &peer.asked(meter).times));
            of_peer(peer, None, Number::Times(times), sink);
        },
    },
    Family {
        name: "sitec_upstream_addresses",
        kind: Kind::Gauge,
        help: "Addresses that a server behind this one has.",
        rows: |facts| facts.peers.len(),
        tell: |facts, row, sink| {
            let peer = &facts.peers[row];
            of_peer(peer, None, Number::Whole(peer.able.1 as u64), sink);
        },
    },
    Family {
        name: "sitec_upstream_addresses_up",
        kind: Kind::Gauge,
        help: "Those of them that can be asked now: not after failures, not while they are ill or full. \
               Without a `zone`, as the worker knows it that answers.",
        rows: |facts| facts.peers.len(),
        tell: |facts, row, sink| {
            let peer = &facts.peers[row];
            of_peer(peer, None, Number::Whole(peer.able.0 as u64), sink);
        },
    },
    Family {
        name: "sitec_scripts",
        kind: Kind::Gauge,
        help: "Scripts that run, and those that wait for others to end.",
        rows: |facts| usize::from(facts.most_scripts.is_some()),
        tell: |facts, _, sink| {
            let begun = facts.sum(|meter| meter.scripts.begun.value());
            let all = begun.saturating_sub(facts.sum(|meter| meter.scripts.over.value()));
            let running = all.min(u64::from(facts.most_scripts.unwrap_or_default()));
            for (state, count) in [("running", running), ("waiting", all - running)] {
                sink(Sample { labels: &[("state", state)], number: Number::Whole(count) });
            }
        },
    },
    Family {
        name: "sitec_scripts_max",
        kind: Kind::Gauge,
        help: "The most scripts that run at once.",
        rows: |facts| usize::from(facts.most_scripts.is_some()),
        tell: |facts, _, sink| {
            plain(Number::Whole(u64::from(facts.most_scripts.unwrap_or_default())), sink);
        },
    },
    Family {
        name: "sitec_scripts_started_total",
        kind: Kind::Counter,
        help: "Scripts that were started, or wait for that.",
        rows: |facts| usize::from(facts.most_scripts.is_some()),
        tell: |facts, _, sink| {
            plain(Number::Whole(facts.sum(|meter| meter.scripts.begun.value())), sink);
        },
    },
    Family {
        name: "sitec_tls_handshakes_total",
        kind: Kind::Counter,
        help: "Handshakes of TLS with clients: whole ones, those that resumed a session, and those that \
               have failed, which have no version.",
        rows: |facts| usize::from(facts.has_tls),
        tell: |facts, _, sink| {
            for (number, version) in TLS_VERSIONS.iter().enumerate() {
                for (at, result) in ["full", "resumed"].into_iter().enumerate() {
                    let count = facts.sum(|meter| meter.handshakes[number][at].value());
                    let labels = [("version", *version), ("result", result)];
                    sink(Sample { labels: &labels, number: Number::Whole(count) });
                }
            }
            let count = facts.sum(|meter| meter.failed_handshakes.value());
            let labels = [("version", "none"), ("result", "failed")];
            sink(Sample { labels: &labels, number: Number::Whole(count) });
        },
    },
];

impl Peer {
    /// What a worker has counted of it.
    fn asked<'a>(&self, meter: &'a Meter) -> &'a Asked {
        &meter.peers[self.upstream.0][self.number]
    }
}

fn of_peer(peer: &Peer, status: Option<&str>, number: Number, sink: &mut Sink<'_>) {
    let labels =
        [("upstream", peer.upstream.1), ("peer", peer.address), ("status", status.unwrap_or(""))];
    let count = labels.len() - usize::from(status.is_none());
    sink(Sample { labels: &labels[..count], number });
}

/// The names of all that is told.
pub fn names() -> impl Iterator<Item = &'static str> {
    FAMILIES.iter().map(|family| family.name)
}

fn one(_: &Facts) -> usize {
    1
}

fn plain(number: Number, sink: &mut Sink<'_>) {
    sink(Sample { labels: &[], number });
}

/// Tells something of a location that has answered a request.
fn of_used(facts: &Facts, row: usize, number: Number, sink: &mut Sink<'_>) {
    if facts.sum(|meter| meter.series[row].times.count()) > 0 {
        of_series(facts, row, None, number, sink);
    }
}

fn of_series(facts: &Facts, row: usize, status: Option<&str>, number: Number, sink: &mut Sink<'_>) {
    let (server, location) = facts.series(row);
    let labels = [("server", server), ("location", location), ("status", status.unwrap_or(""))];
    let count = labels.len() - usize::from(status.is_none());
    sink(Sample { labels: &labels[..count], number });
}
