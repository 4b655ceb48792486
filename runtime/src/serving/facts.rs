//! What values of the conf and the logs may read of an exchange.

use std::fmt;

use crate::clock::{LocalClock, Now};
use crate::context::{Context, Shared};
use crate::escape::Escaped;
use crate::log::{About, Logs};
use crate::metrics;
use crate::site::{
    Action, Amount, ConnectionFacts, ErrorLog, Handler, Level, Progress, Site, Variables,
};

use super::Exchange;

impl Exchange {
    /// What values may read.
    pub(super) fn variables<'a, S: Site>(
        &'a self,
        cx: &'a Context<S>,
        client: &'a dyn ConnectionFacts,
    ) -> Variables<'a> {
        self.variables_of(cx.shared, (cx.now, &cx.local_clock), &cx.logs, client)
    }

    /// The same, from the parts of a context.
    pub(super) fn variables_of<'a>(
        &'a self,
        shared: &'static Shared,
        (now, local_clock): (Now, &'a LocalClock),
        logs: &'a Logs,
        client: &'a dyn ConnectionFacts,
    ) -> Variables<'a> {
        let route = self.route().expect("a server is chosen before anything is asked of it");
        Variables {
            as_get: self.is_as_get(),
            head: &self.head,
            path: self.path(),
            args: self.args(),
            host: if self.host.is_empty() { route.server.name.bytes() } else { &self.host },
            server: route.server,
            settings: route.location.settings,
            action: Some(&route.location.action),
            labels: shared.labels.map_or(("", ""), |labels| labels.pair(route.id)),
            directories: &shared.directories,
            matches: &self.matches,
            inherited_matches: self.inherited_matches,
            is_within: self.is_within(),
            slots: &self.slots,
            slots_since: &self.slots_since,
            escapes_groups: self.escapes_groups,
            memo: &self.memo,
            report: Some(logs),
            slice_start: match route.location.settings.slice_len {
                0 => None,
                len => self.slice_start(len),
            },
            own_match: None,
            connection: client,
            progress: Progress {
                started_ms: self.started_ms,
                pipelined: self.pipelined,
                request_len: self.head.received_len() as u64 + self.content_len,
                received_content_len: self.content_len,
                content: self.kept_content.as_deref(),
                status: self.status,
                error_status: self.error_status,
                real_address: self.real_address,
                limit_req_status: self.limit_req_status,
                limit_conn_status: self.limit_conn_status,
                limit_rate: self.limit_rate.unwrap_or(0),
                sent_len: self.head_len + self.content_sent_len,
                content_sent_len: self.content_sent_len,
                encoded: self.encoded,
                is_complete: self.is_complete,
                response_fields: &self.fields,
                trailers: self.sent_trailers.as_deref(),
                persists: self.persist && !self.rest_unwanted,
                persistence: self.persistence,
                tries: &self.tries,
            },
            now,
            local_clock,
            counts: &shared.counts,
        }
    }

    /// The bytes of the response that are sent in a second, if they are limited, and those before.
    pub(crate) fn rate<S: Site>(
        &mut self,
        cx: &Context<S>,
        client: &dyn ConnectionFacts,
    ) -> Option<(u64, u64)> {
        let rate = self.settings().and_then(|settings| settings.rate);
        if rate.is_none() && self.limit_rate.is_none() {
            return None;
        }
        let per_second = self
            .limit_rate
            .unwrap_or_else(|| rate.map_or(0, |rate| self.amount(&rate.per_second, cx, client)));
        let after = rate.map_or(0, |rate| self.amount(&rate.after, cx, client));
        self.limit_rate = Some(per_second);
        (per_second > 0).then_some((per_second, after))
    }

    /// A number of bytes for this request.
    fn amount<S: Site>(
        &self,
        amount: &'static Amount,
        cx: &Context<S>,
        client: &dyn ConnectionFacts,
    ) -> u64 {
        amount.bytes(&self.variables(cx, client), |value| {
            let value = Escaped(value);
            let text = format_args!("invalid size \"{value}\"");
            self.report(cx, client, Level::Error, text);
        })
    }

    /// Writes a line about the request to its error log.
    pub(crate) fn report<S: Site>(
        &self,
        cx: &Context<S>,
        client: &dyn ConnectionFacts,
        level: Level,
        text: fmt::Arguments<'_>,
    ) {
        let Some(settings) = self.settings() else { return };
        if ErrorLog::any_takes(settings.error_logs, level) {
            let about = self.variables(cx, client);
            let time = (cx.now, &cx.local_clock);
            cx.logs.error(settings.error_logs, level, About::Request(&about), time, text);
        }
    }

    /// Counts what other servers were asked for it, and what came of looking at what is kept of their
    /// answers.
    pub(crate) fn count_asked<S: Site>(&self, cx: &Context<S>) {
        if S::METRICS.is_none() || S::UPSTREAMS.is_empty() {
            return;
        }
        self.tries.all().iter().for_each(|asked| cx.meter.asked(asked));
        if let Some(Action::Serve { handler: Handler::Proxy(proxy), .. }) =
            self.route().map(|route| &route.location.action)
            && let Some(caching) = &proxy.caching
            && let Some(status) = self.tries.cached(|cached| cached.status).flatten()
        {
            cx.meter.cache(caching.cache, status);
        }
    }

    /// The exchange is at its end: it is counted, and written to the access logs.
    pub(crate) fn log<S: Site>(&self, cx: &Context<S>, client: &dyn ConnectionFacts) {
        if let (Some(metrics), Some(route)) = (S::METRICS, self.route()) {
            let request = metrics::Request {
                location: route.id,
                status: self.status,
                received_len: self.head.received_len() as u64 + self.content_len,
                sent_len: self.head_len + self.content_sent_len,
                time_ms: cx.now.monotonic_ms.saturating_sub(self.started_ms),
            };
            cx.meter.request(&metrics, &request);
            self.count_asked(cx);
        }
        if self.settings().is_some_and(|settings| !settings.access_logs.is_empty()) {
            cx.logs.access(&self.variables(cx, client));
        }
    }
}
