//! `limit_req` and `limit_conn` in a running server: what is counted, and what comes of it.

use crate::exchange::world::Limited;
use crate::site::{ConnLimit, Level, LimitStatus, ReqLimit, Settings, Site};
use crate::zone::Verdict;

use super::world::Serving;
use super::{Exchange, Later, Wait};

impl<S: Site> Serving<'_, S> {
    /// Counts a request by the limits that hold for it, each kind once.
    pub(super) fn limit_all(&mut self, exchange: &mut Exchange) -> Limited<Later> {
        let settings = exchange.location().settings;
        if exchange.limit_req_status.is_none() && !settings.limit_reqs.is_empty() {
            let limited = self.limit_requests(exchange, settings);
            if !matches!(limited, Limited::Free) {
                return limited;
            }
        }
        if exchange.limit_conn_status.is_none() && !settings.limit_conns.is_empty() {
            return self.limit_connections(exchange, settings);
        }
        Limited::Free
    }

    /// What a request is counted by in a zone; empty: it is not.
    fn zone_key(&self, exchange: &Exchange, zone: u16) -> Vec<u8> {
        let mut key = Vec::new();
        S::ZONES[usize::from(zone)].key.write(&exchange.variables(self.cx, self.client), &mut key);
        key
    }

    /// `limit_req`: all limits are asked, and count only where none refuses.
    fn limit_requests(
        &mut self,
        exchange: &mut Exchange,
        settings: &'static Settings,
    ) -> Limited<Later> {
        let now_ms = self.cx.now.monotonic_ms;
        let keyed = settings.limit_reqs.iter();
        let keyed = keyed.map(|limit| (limit, self.zone_key(exchange, limit.zone)));
        let keyed: Vec<_> = keyed.filter(|(_, key)| !key.is_empty()).collect();
        let Some(((last, last_key), others)) = keyed.split_last() else { return Limited::Free };
        let mut above = None;
        for (limit, key) in others {
            let (zone, rate) = self.zone(limit.zone);
            if let Verdict::Above(excess) = zone.foresee(key, now_ms, rate, limit.burst) {
                above = Some((excess, *limit));
                break;
            }
        }
        let mut delay = (0, 0, *last);
        if above.is_none() {
            match self.count(exchange, (last, last_key), last.burst) {
                Verdict::Above(excess) => above = Some((excess, *last)),
                Verdict::Within(excess) => {
                    let mut longest = |limit: &'static ReqLimit, excess: u64| {
                        let rate = S::ZONES[usize::from(limit.zone)].rate.max(1);
                        let late = excess.saturating_sub(limit.delay);
                        let delay_ms = late.saturating_mul(1000) / rate;
                        if delay_ms > delay.0 {
                            delay = (delay_ms, excess, limit);
                        }
                    };
                    longest(last, excess);
                    for (limit, key) in others {
                        // What another worker has counted meanwhile refuses it no more.
                        let verdict = self.count(exchange, (limit, key), u64::MAX);
                        if let Verdict::Within(excess) = verdict {
                            longest(limit, excess);
                        }
                    }
                }
            }
        }
        let is_dry = settings.limit_req_dry_run;
        let level = settings.limit_req_log_level;
        let dry = if is_dry { ", dry run" } else { "" };
        let shown = |excess: u64| format!("{}.{:03}", excess / 1000, excess % 1000);
        let name = |limit: &ReqLimit| S::ZONES[usize::from(limit.zone)].name;
        if let Some((excess, limit)) = above {
            let (excess, zone) = (shown(excess), name(limit));
            let text = format_args!("limiting requests{dry}, excess: {excess} by zone \"{zone}\"");
            exchange.report(self.cx, self.client, level, text);
            self.count_limit(limit.zone, LimitStatus::Rejected, is_dry);
            return match is_dry {
                true => free(&mut exchange.limit_req_status, LimitStatus::RejectedDryRun),
                false => {
                    exchange.limit_req_status = Some(LimitStatus::Rejected);
                    Limited::Refused(settings.limit_req_status)
                }
            };
        }
        let (delay_ms, excess, limit) = delay;
        for (passed, _) in &keyed {
            if delay_ms == 0 || passed.zone != limit.zone {
                self.count_limit(passed.zone, LimitStatus::Passed, false);
            }
        }
        if delay_ms == 0 {
            return free(&mut exchange.limit_req_status, LimitStatus::Passed);
        }
        let (excess, zone) = (shown(excess), name(limit));
        let text = format_args!("delaying request{dry}, excess: {excess}, by zone \"{zone}\"");
        exchange.report(self.cx, self.client, milder(level), text);
        self.count_limit(limit.zone, LimitStatus::Delayed, is_dry);
        if is_dry {
            return free(&mut exchange.limit_req_status, LimitStatus::DelayedDryRun);
        }
        exchange.limit_req_status = Some(LimitStatus::Delayed);
        let until_ms = now_ms.saturating_add(delay_ms);
        Limited::Later(Later::Wait(Wait::until(until_ms)))
    }

    /// Counts what a limit has come to, where that is told.
    fn count_limit(&self, zone: u16, status: LimitStatus, is_dry: bool) {
        if S::METRICS.is_some() {
            let status = match (status, is_dry) {
                (LimitStatus::Delayed, true) => LimitStatus::DelayedDryRun,
                (LimitStatus::Rejected, true) => LimitStatus::RejectedDryRun,
                (status, _) => status,
            };
            self.cx.meter.limit(zone, status);
        }
    }

    /// The zone, and its rate.
    fn zone(&self, id: u16) -> (&'static crate::zone::Zone, u64) {
        let id = usize::from(id);
        (&self.cx.shared.zones[id], S::ZONES[id].rate)
    }

    fn count(
        &self,
        exchange: &Exchange,
        (limit, key): (&ReqLimit, &Vec<u8>),
        burst: u64,
    ) -> Verdict {
        let (zone, rate) = self.zone(limit.zone);
        let (verdict, gave_up) = zone.request(key, self.cx.now.monotonic_ms, rate, burst);
        if zone.takes_notice(gave_up) {
            let name = S::ZONES[usize::from(limit.zone)].name;
            let text = format_args!(
                "the zone \"{name}\" is full: who was seen longest ago is counted no more"
            );
            exchange.report(self.cx, self.client, Level::Warn, text);
        }
        verdict
    }

    /// `limit_conn`: the request counts as long as it is under way.
    fn limit_connections(
        &mut self,
        exchange: &mut Exchange,
        settings: &'static Settings,
    ) -> Limited<Later> {
        let mut held = Vec::new();
        for limit in settings.limit_conns {
            let ConnLimit { zone: id, most } = *limit;
            let key = self.zone_key(exchange, id);
            if key.is_empty() {
                continue;
            }
            let (zone, _) = self.zone(id);
            let full = match zone.connect(&key, most) {
                Ok(Some(one)) => {
                    self.count_limit(id, LimitStatus::Passed, false);
                    held.push(one);
                    continue;
                }
                Ok(None) => "",
                Err(_) => ", which is full",
            };
            let name = S::ZONES[usize::from(id)].name;
            let is_dry = settings.limit_conn_dry_run;
            let dry = if is_dry { ", dry run," } else { "" };
            let text = format_args!("limiting connections{dry} by zone \"{name}\"{full}");
            exchange.report(self.cx, self.client, settings.limit_conn_log_level, text);
            self.count_limit(id, LimitStatus::Rejected, is_dry);
            return match is_dry {
                true => free(&mut exchange.limit_conn_status, LimitStatus::RejectedDryRun),
                false => {
                    exchange.limit_conn_status = Some(LimitStatus::Rejected);
                    Limited::Refused(settings.limit_conn_status)
                }
            };
        }
        if held.is_empty() {
            return Limited::Free;
        }
        exchange.held = held;
        free(&mut exchange.limit_conn_status, LimitStatus::Passed)
    }
}

/// Lets a request go on.
fn free(status: &mut Option<LimitStatus>, becomes: LimitStatus) -> Limited<Later> {
    *status = Some(becomes);
    Limited::Free
}

/// The level of a delay, where a refusal has this one.
fn milder(level: Level) -> Level {
    match level {
        Level::Error => Level::Warn,
        Level::Warn => Level::Notice,
        _ => Level::Info,
    }
}
