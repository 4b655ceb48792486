//! What is told: the counts of all workers, and what is known beside them when somebody asks.

use std::sync::Arc;

use super::meter::Meter;
use crate::counts::Sums;
use crate::site::Metrics;
use crate::sys::usage::Usage;

/// What is told, as far as it was known when somebody asked; what is counted goes on meanwhile.
#[derive(Debug)]
pub struct Facts {
    /// What the site tells apart.
    pub metrics: Metrics,
    /// The site's name.
    pub site: &'static str,
    /// What each worker has counted.
    pub meters: Vec<Arc<Meter>>,
    /// Connections.
    pub connections: Sums,
    /// The most of them.
    pub most_connections: u64,
    /// The time when it was asked, in milliseconds since 1970.
    pub now_unix_ms: u64,
    /// When the server was started, in milliseconds since 1970.
    pub started_unix_ms: u64,
    /// Whether it is on its way out.
    pub is_leaving: bool,
    /// What the process takes.
    pub usage: Usage,
    /// The zones of limits: how much of each is taken, and how much there is.
    pub zones: Vec<(&'static str, (usize, usize))>,
    /// The caches, and how much each holds.
    pub caches: Vec<(&'static str, u64)>,
    /// The servers of upstreams.
    pub peers: Vec<Peer>,
    /// The most scripts that run at once, in a site that has any.
    pub most_scripts: Option<u32>,
    /// Whether clients speak TLS.
    pub has_tls: bool,
}

/// A server of an upstream, as the conf has it.
#[derive(Debug)]
pub struct Peer {
    /// Which upstream it is of, and how that is named.
    pub upstream: (usize, &'static str),
    /// Which of its servers it is, and where the conf has it.
    pub number: usize,
    #[allow(missing_docs)]
    pub address: &'static str,
    /// How many of its addresses can be asked, and how many there are.
    pub able: (usize, usize),
}

impl Facts {
    /// A sum over all workers.
    pub(super) fn sum(&self, part: impl Fn(&Meter) -> u64) -> u64 {
        self.meters.iter().map(|meter| part(meter)).sum()
    }

    /// Server and location of a series, as they are named.
    pub(super) fn series(&self, number: usize) -> (&'static str, &'static str) {
        let all = self.metrics.labels.all;
        match number + 1 == self.series_count() && all.len() > self.series_count() {
            true => ("others", "others"),
            false => all[number],
        }
    }

    /// How many series are told apart.
    pub(super) fn series_count(&self) -> usize {
        self.meters.first().map_or(0, |meter| meter.series.len())
    }
}
