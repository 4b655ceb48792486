//! Whether a connection is kept behind a response (RFC 9112, 9.3, and nginx's directives).

use crate::compiled::Exchange;
use crate::context::Context;
use crate::http::method::Method;
use crate::http::response::Persistence;
use crate::site::{KeepaliveDisable, Site};

use super::Connection;

impl Connection {
    /// Whether the connection is kept behind the response to `exchange`.
    pub(super) fn persistence<S: Site>(&self, cx: &Context<S>, exchange: &Exchange) -> Persistence {
        let settings = self.settings;
        let age_ms = cx.now.monotonic_ms.saturating_sub(self.client.accepted_ms);
        let keep = exchange.persist
            && !exchange.rest_unwanted
            && !cx.leaving
            && settings.keeps(self.client.requests, age_ms)
            && !is_disabled(settings.keepalive_disable, exchange);
        match keep {
            true => Persistence::Keep(settings.keepalive_timeout.header_s),
            false => Persistence::Close,
        }
    }
}

/// `keepalive_disable`: browsers whose kept connections are known to break.
fn is_disabled(disable: KeepaliveDisable, exchange: &Exchange) -> bool {
    let posted = exchange.head.method == Some(Method::Post);
    if !(disable.msie6 && posted || disable.safari) {
        return false;
    }
    let agent = exchange.head.fields().first(b"user-agent").unwrap_or_default();
    // So rare that a search which is fast on long texts would only add to the binary.
    let has = |text: &str| agent.windows(text.len()).any(|part| part == text.as_bytes());
    // Windows XP's second service pack, which says that it is SV1, mended version 6.
    let msie6 = || has("MSIE 4.") || has("MSIE 5.") || has("MSIE 6.") && !has("SV1");
    let safari = || has("Safari/") && has("Mac OS X") && !has("Chrome/");
    disable.msie6 && posted && msie6() && !has("Opera") || disable.safari && safari()
}
