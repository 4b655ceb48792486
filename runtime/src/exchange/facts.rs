//! What values of the conf and the logs may read of an exchange.

use std::fmt;

use crate::clock::{LocalClock, Now};
use crate::context::{Client, Context, Shared};
use crate::escape::Escaped;
use crate::log::About;
use crate::site::{ErrorLog, Level, Site, Text};
use crate::variables::{Progress, Variables};

use super::Exchange;

impl Exchange {
    /// What values may read.
    pub(super) fn variables<'a>(
        &'a self,
        shared: &'static Shared,
        now: Now,
        local_clock: &'a LocalClock,
        client: &'a Client,
    ) -> Variables<'a> {
        let route = self.route.expect("a server is chosen before anything is asked of it");
        let server = route.server_settings;
        Variables {
            unrepeatable: &self.unrepeatable,
            as_get: self.as_get,
            head: &self.head,
            path: &self.head.path,
            args: self.args.as_deref().unwrap_or(self.head.args()),
            host: if self.host.is_empty() { server.name.bytes() } else { &self.host },
            server,
            settings: route.location.settings,
            directories: &shared.directories,
            matches: &self.matches,
            connection: client,
            progress: Progress {
                started_ms: self.started_ms,
                pipelined: self.pipelined,
                request_len: self.head.received_len() as u64 + self.content_len,
                received_content_len: self.content_len,
                status: self.status,
                error_status: self.error_status,
                sent_len: self.head_len + self.content_sent_len,
                content_sent_len: self.content_sent_len,
                response_fields: &self.fields,
                persists: self.persist,
                persistence: self.persistence,
            },
            now,
            local_clock,
        }
    }

    /// A value for this request.
    pub(super) fn value<S: Site>(&self, cx: &Context<S>, client: &Client, text: &Text) -> Vec<u8> {
        let variables = self.variables(cx.shared, cx.now, &cx.local_clock, client);
        let mut out = Vec::new();
        text.write(&variables, &mut out);
        out
    }

    /// Writes a line about the request to its error log.
    pub fn report<S: Site>(
        &self,
        cx: &Context<S>,
        client: &Client,
        level: Level,
        text: fmt::Arguments<'_>,
    ) {
        let Some(settings) = self.settings() else { return };
        if ErrorLog::any_takes(settings.error_logs, level) {
            let variables = self.variables(cx.shared, cx.now, &cx.local_clock, client);
            let about = About::Request(&variables);
            cx.logs.error(settings.error_logs, level, about, (cx.now, &cx.local_clock), text);
        }
    }

    /// Writes the exchange to the access logs: it is at its end.
    pub fn log<S: Site>(&self, cx: &Context<S>, client: &Client) {
        if self.settings().is_some_and(|settings| !settings.access_logs.is_empty()) {
            cx.logs.access(&self.variables(cx.shared, cx.now, &cx.local_clock, client));
        }
    }

    /// The path for a message.
    pub(super) fn shown_path(&self) -> String {
        Escaped(&self.head.path).to_string()
    }
}
