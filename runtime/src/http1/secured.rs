//! What comes before the first request of a connection that is to speak TLS.

use super::{Connection, Step};
use crate::context::{Client, Context, Shared};
use crate::escape::Escaped;
use crate::secured::Chosen;
use crate::site::{Level, ListenId, Site};

/// What the first record of a handshake begins with (RFC 8446, 5.1).
const HANDSHAKE: u8 = 22;
/// What the first byte of a handshake of SSL 2 has, which some may still try: no text has it.
const HIGH_BIT: u8 = 0x80;

impl Connection {
    /// Begins TLS. Who sends something else is taken for one that speaks HTTP without, and is told
    /// so in the answer to its request (497).
    pub(super) fn advance_to_secured<S: Site>(
        &mut self,
        cx: &Context<S>,
        data: &mut &[u8],
    ) -> Step {
        self.awaits_hello = false;
        self.shakes_hands = S::METRICS.is_some();
        let begins = data.first().is_some_and(|byte| *byte == HANDSHAKE || byte & HIGH_BIT != 0);
        let Some(keys) = cx.shared.keys.as_ref().filter(|_| begins) else { return Step::Again };
        let (shared, listen) = (cx.shared, self.client.listen);
        let choose = Box::new(move |name: &[u8]| choose::<S>(shared, listen, name));
        self.client.transport.secure(keys.keeper().begin(data, choose));
        *data = &[];
        Step::More
    }

    /// Counts a handshake that is done, where that is told.
    pub(super) fn count_handshake<S: Site>(&mut self, cx: &Context<S>) {
        if self.shakes_hands
            && let Some(agreed) = self.client.transport.agreed()
        {
            self.shakes_hands = false;
            cx.meter.handshake(agreed.protocol, agreed.resumed);
        }
    }

    /// Tells the log that a handshake has failed.
    pub(super) fn note_failed_handshake<S: Site>(&self, cx: &Context<S>, error: &std::io::Error) {
        if self.shakes_hands {
            cx.meter.failed_handshake();
        }
        let peer = self.client.peer.map_or("unix:".to_owned(), |peer| peer.ip().to_string());
        let text = error.to_string();
        let text = Escaped(text.as_bytes());
        cx.report(Level::Info, format_args!("TLS has failed: {text}, client: {peer}"));
    }
}

/// What the server says that a client asks for by this name.
fn choose<S: Site>(shared: &Shared, listen: ListenId, name: &[u8]) -> Option<Chosen> {
    let at_start = &shared.start_names[usize::from(listen)];
    let at_start = at_start.iter().find_map(|(known, id)| (known == name).then_some(*id));
    let server = at_start.unwrap_or_else(|| S::server(listen, name).id);
    let settings = S::server_settings(server);
    let http2 = S::HTTP2 && (settings.http2 || S::HTTP2_LISTENS.contains(&listen));
    Some(Chosen { tls: settings.tls?, http2 })
}

/// Whether something is wrong with TLS on a connection, so that no request is taken.
pub(super) fn is_broken(client: &Client, error: &std::io::Error) -> bool {
    client.transport.is_secured() && error.kind() == std::io::ErrorKind::InvalidData
}
