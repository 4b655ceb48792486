//! `metrics` and `status_page` in a running server: what is known when somebody asks.

use crate::handler::status_page::StatusPart;
use crate::handler::{Outcome, Response};
use crate::metrics::{Facts, Form, Peer, TEXT_TYPE, Telling};
use crate::site::{Handler, Metrics, Site, StatusPage};
use crate::sys::usage::Usage;

use super::Exchange;
use super::world::Serving;

impl<S: Site> Serving<'_, S> {
    /// Tells the counts, where that is what a location does.
    pub(super) fn tell_metrics(
        &self,
        exchange: &Exchange,
        handler: &Handler,
        metrics: Metrics,
    ) -> Option<Outcome> {
        match handler {
            Handler::Metrics => Some(self.told(metrics, TEXT_TYPE, Form::Text)),
            Handler::StatusPage(page) => Some(self.status_page(exchange, page, metrics)),
            _ => None,
        }
    }

    fn status_page(&self, exchange: &Exchange, page: &StatusPage, metrics: Metrics) -> Outcome {
        let accept = exchange.head.fields().first(b"accept").unwrap_or_default();
        let part = StatusPart::of(exchange.args(), accept);
        let content_type = part.media_type().as_bytes();
        let content = match part {
            StatusPart::Page => page.page,
            StatusPart::Style => page.style,
            StatusPart::Script => page.script,
            StatusPart::Numbers => return self.told(metrics, content_type, Form::Json),
        };
        let content = content.to_vec();
        Outcome::Response(Response { status: 200, content_type, content, ..Response::default() })
    }

    fn told(&self, metrics: Metrics, content_type: &'static [u8], form: Form) -> Outcome {
        Outcome::Made(content_type, Box::new(Telling::new(self.facts(metrics), form)))
    }

    fn facts(&self, metrics: Metrics) -> Facts {
        let shared = self.cx.shared;
        let meters = shared.meters.all();
        Facts {
            metrics,
            site: S::NAME,
            most_connections: u64::from(S::PROCESS.worker_connections) * meters.len() as u64,
            meters,
            connections: shared.counts.sums(),
            now_unix_ms: self.cx.now.unix_ms,
            started_unix_ms: shared.started_unix_ms,
            is_leaving: self.cx.leaving,
            usage: Usage::now(),
            zones: S::ZONES
                .iter()
                .zip(&shared.zones)
                .map(|(it, zone)| (it.name, zone.fill()))
                .collect(),
            caches: S::CACHES
                .iter()
                .zip(&shared.caches)
                .map(|(it, store)| (it.name, store.len()))
                .collect(),
            peers: if S::UPSTREAMS.is_empty() { Vec::new() } else { self.peers() },
            most_scripts: S::MAX_SCRIPTS,
            has_tls: S::TLS.is_some() && S::LISTENS.iter().any(|listen| listen.tls),
        }
    }

    fn peers(&self) -> Vec<Peer> {
        let states = self.cx.upstreams.states();
        let all = S::UPSTREAMS.iter().zip(&self.cx.shared.upstreams).zip(states).enumerate();
        let peers = all.flat_map(|(id, ((upstream, found), states))| {
            found.sought.iter().enumerate().map(move |(number, sought)| {
                let mine = states.iter().filter(|(index, _)| *index == number);
                let able = mine.clone().filter(|(_, is_able)| *is_able).count();
                let able = (able, mine.count());
                Peer { upstream: (id, upstream.name), number, address: sought.text(), able }
            })
        });
        peers.collect()
    }
}
