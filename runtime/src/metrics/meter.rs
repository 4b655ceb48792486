//! What one worker counts.

use std::sync::{Arc, Mutex, PoisonError};

use super::times::Histogram;
use crate::counts::{Count, Scripts};
use crate::site::{CacheId, LocationId, Metrics, Upstream, ZoneId};
use crate::site::{CacheStatus, LimitStatus, Try};

/// The most pairs of a server and a location that are told apart. Those behind them are counted
/// together.
pub const MAX_SERIES: usize = 512;

/// The statuses that are told apart, rising; the others are counted together.
pub(super) const STATUSES: [u16; 63] = [
    101, 200, 201, 202, 203, 204, 205, 206, 207, 208, 226, 300, 301, 302, 303, 304, 305, 307, 308,
    400, 401, 402, 403, 404, 405, 406, 407, 408, 409, 410, 411, 412, 413, 414, 415, 416, 417, 418,
    421, 422, 423, 424, 425, 426, 428, 429, 431, 444, 451, 494, 495, 496, 497, 499, 500, 501, 502,
    503, 504, 505, 507, 508, 511,
];

/// The numbers of [`STATUSES`] in it, for each status from 100 on.
const NUMBERS: [u8; 412] = {
    let mut numbers = [STATUSES.len() as u8; 412];
    let mut number = 0;
    while number < STATUSES.len() {
        numbers[STATUSES[number] as usize - 100] = number as u8;
        number += 1;
    }
    numbers
};

/// A count for each of [`STATUSES`], and one for the others.
#[derive(Debug)]
pub(super) struct ByStatus(pub(super) [Count; STATUSES.len() + 1]);

/// What is counted of the requests that one location has answered.
#[derive(Default, Debug)]
pub(super) struct Series {
    pub(super) statuses: ByStatus,
    pub(super) received: Count,
    pub(super) sent: Count,
    pub(super) times: Histogram,
}

/// A request that is finished.
#[derive(Clone, Copy, Debug)]
pub struct Request {
    /// The location that it has come to.
    pub location: LocationId,
    /// The status of the response.
    pub status: u16,
    /// Its bytes.
    pub received_len: u64,
    /// Those of the response.
    pub sent_len: u64,
    /// The time from its first byte to the last one of the response.
    pub time_ms: u64,
}

/// One worker's counts.
#[derive(Default, Debug)]
pub struct Meter {
    /// Of each of [`Labels::all`](crate::site::Labels::all), as far as those are told apart.
    pub(super) series: Box<[Series]>,
    /// What the limits of each zone have come to.
    pub(super) zones: Box<[[Count; LIMIT_STATUSES.len()]]>,
    /// What the looks at each cache have come to.
    pub(super) caches: Box<[[Count; CACHE_STATUSES.len()]]>,
    /// Of each server of each upstream, by what the conf says.
    pub(super) peers: Box<[Box<[Asked]>]>,
    /// Handshakes that have failed, and by version those that were whole and those that resumed a
    /// session.
    pub(super) failed_handshakes: Count,
    pub(super) handshakes: [[Count; 2]; TLS_VERSIONS.len()],
    /// Scripts.
    pub scripts: Arc<Scripts>,
}

/// The versions of TLS that are told apart.
pub(super) const TLS_VERSIONS: [&str; 2] = ["TLSv1.2", "TLSv1.3"];

/// What a limit may come to.
pub(super) const LIMIT_STATUSES: [LimitStatus; 5] = [
    LimitStatus::Passed,
    LimitStatus::Delayed,
    LimitStatus::Rejected,
    LimitStatus::DelayedDryRun,
    LimitStatus::RejectedDryRun,
];

/// What a look at a cache may come to.
pub(super) const CACHE_STATUSES: [CacheStatus; 7] = [
    CacheStatus::Hit,
    CacheStatus::Miss,
    CacheStatus::Bypass,
    CacheStatus::Expired,
    CacheStatus::Stale,
    CacheStatus::Updating,
    CacheStatus::Revalidated,
];

/// What is counted of the requests that a server behind this one was asked.
#[derive(Default, Debug)]
pub(super) struct Asked {
    pub(super) statuses: ByStatus,
    pub(super) received: Count,
    pub(super) sent: Count,
    pub(super) times: Histogram,
}

/// The counts of all workers.
#[derive(Default, Debug)]
pub struct Meters(Mutex<Vec<Arc<Meter>>>);

impl Default for ByStatus {
    fn default() -> Self {
        ByStatus([const { Count::new() }; STATUSES.len() + 1])
    }
}

impl ByStatus {
    /// Counts a status.
    pub(super) fn count(&self, status: u16) {
        let number = NUMBERS.get(usize::from(status).wrapping_sub(100));
        self.0[usize::from(number.copied().unwrap_or(STATUSES.len() as u8))].add(1);
    }
}

impl Meter {
    /// Counts a request that is finished.
    pub fn request(&self, metrics: &Metrics, request: &Request) {
        let last = self.series.len().saturating_sub(1);
        let number = metrics.labels.number(request.location).min(last);
        let Some(series) = self.series.get(number) else { return };
        series.statuses.count(request.status);
        series.received.add(request.received_len);
        series.sent.add(request.sent_len);
        series.times.observe(request.time_ms);
    }

    /// Counts what a limit has come to.
    pub fn limit(&self, zone: ZoneId, status: LimitStatus) {
        let Some(counts) = self.zones.get(usize::from(zone)) else { return };
        let number = LIMIT_STATUSES.iter().position(|it| *it == status);
        number.into_iter().for_each(|number| counts[number].add(1));
    }

    /// Counts what a look at a cache has come to.
    pub(crate) fn cache(&self, cache: CacheId, status: CacheStatus) {
        let Some(counts) = self.caches.get(usize::from(cache)) else { return };
        let number = CACHE_STATUSES.iter().position(|it| *it == status);
        number.into_iter().for_each(|number| counts[number].add(1));
    }

    /// Counts that another server was asked.
    pub(crate) fn asked(&self, asked: &Try) {
        let Some((upstream, peer)) = asked.seat else { return };
        let peers = self.peers.get(usize::from(upstream));
        let Some(counts) = peers.and_then(|peers| peers.get(peer)) else { return };
        counts.statuses.count(asked.status);
        counts.received.add(asked.received_len);
        counts.sent.add(asked.sent_len);
        if let Some(time_ms) = asked.response_ms {
            counts.times.observe(time_ms);
        }
    }

    /// Counts a handshake of TLS: its version, and whether a session was resumed.
    pub fn handshake(&self, protocol: &str, is_resumed: bool) {
        let number = TLS_VERSIONS.iter().position(|version| *version == protocol);
        number.into_iter().for_each(|at| self.handshakes[at][usize::from(is_resumed)].add(1));
    }

    /// Counts a handshake that has failed.
    pub fn failed_handshake(&self) {
        self.failed_handshakes.add(1);
    }
}

impl Meters {
    /// The counts of one more worker of a site that counts.
    pub fn join(
        &self,
        metrics: &Metrics,
        upstreams: &[Upstream],
        (zone_count, cache_count): (usize, usize),
    ) -> Arc<Meter> {
        let meter = Arc::new(Meter {
            series: some(metrics.labels.all.len().min(MAX_SERIES)),
            zones: some(zone_count),
            caches: some(cache_count),
            peers: upstreams.iter().map(|upstream| some(upstream.peers.len())).collect(),
            ..Meter::default()
        });
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(meter.clone());
        meter
    }

    /// The counts of all.
    pub fn all(&self) -> Vec<Arc<Meter>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// The bytes that one worker counts in: so many locations, servers behind this one, and zones and caches.
pub fn counts_len(locations: usize, peers: usize, others: usize) -> usize {
    let others_len = others * size_of::<[Count; CACHE_STATUSES.len()]>();
    let peers_len = peers * size_of::<Asked>();
    size_of::<Meter>() + locations.min(MAX_SERIES) * size_of::<Series>() + peers_len + others_len
}

/// So many counts.
fn some<T: Default>(count: usize) -> Box<[T]> {
    (0..count).map(|_| T::default()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_status_has_its_count() {
        let by_status = ByStatus::default();
        assert!(STATUSES.is_sorted());
        STATUSES.iter().for_each(|status| by_status.count(*status));
        assert!(by_status.0[..STATUSES.len()].iter().all(|count| count.value() == 1));
        [0, 99, 100, 599, 999, u16::MAX].into_iter().for_each(|status| by_status.count(status));
        assert_eq!(by_status.0[STATUSES.len()].value(), 6);
    }
}
