//! What comes before the first request of a connection that a proxy speaks for.

use super::{Connection, State, Step};
use crate::context::Context;
use crate::escape::Escaped;
use crate::proxy_protocol::{self, Broken, Header};
use crate::site::{Level, Site};

impl Connection {
    /// Reads the header of the PROXY protocol. A connection without one is closed, as in nginx.
    pub(super) fn advance_proxy_header<S: Site>(
        &mut self,
        cx: &Context<S>,
        data: &mut &[u8],
    ) -> Step {
        match proxy_protocol::parse(data) {
            Ok(None) => Step::More,
            Ok(Some(Header { len, proxied })) => {
                *data = &data[len..];
                self.client.proxied = proxied.map(Box::new);
                self.awaits_proxy = false;
                // The head of the request has not begun.
                self.head_began_ms = None;
                Step::Again
            }
            Err(Broken(reason)) => {
                let line = data.split(|byte| matches!(byte, b'\r' | b'\n')).next();
                let line = line.unwrap_or_default();
                let shown = Escaped(&line[..line.len().min(SHOWN_LEN)]);
                let peer =
                    self.client.peer.map_or("unix:".to_owned(), |peer| peer.ip().to_string());
                cx.report(
                    Level::Error,
                    format_args!(
                        "broken header: \"{shown}\" while reading PROXY protocol: {reason}, client: {peer}"
                    ),
                );
                self.state = State::Closed;
                Step::Again
            }
        }
    }
}

/// How much of a broken header the log shows.
const SHOWN_LEN: usize = 107;
