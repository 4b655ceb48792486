//! Who a request within another one comes from: the client of that.

use std::net::SocketAddr;

use crate::http::target::Scheme;
use crate::proxy_protocol::Proxied;
use crate::secured::Told;
use crate::site::{Agreed, ClientValue};
use crate::site::{ConnectionFacts, Endpoint, ListenId};

/// What is known of a client's connection, kept for as long as a request within another one lasts.
pub(crate) struct Origin {
    serial: u64,
    peer: Option<SocketAddr>,
    local: Result<SocketAddr, Vec<u8>>,
    proxied: Option<Proxied>,
    requests: u64,
    accepted_ms: u64,
    scheme: Scheme,
    told: Told,
    listen: ListenId,
}

impl Origin {
    /// What a connection tells.
    pub(crate) fn of(client: &dyn ConnectionFacts) -> Origin {
        let write = |which, out: &mut Vec<u8>| client.write_client(which, out);
        Origin {
            told: Told::of(client.agreed(), write),
            serial: client.serial(),
            peer: client.peer().address(),
            local: match client.local() {
                Endpoint::Ip(address) => Ok(address),
                Endpoint::Unix(path) => Err(path.to_vec()),
            },
            proxied: client.proxied().copied(),
            requests: client.requests(),
            accepted_ms: client.accepted_ms(),
            scheme: client.scheme(),
            listen: client.listen(),
        }
    }
}

impl ConnectionFacts for Origin {
    fn serial(&self) -> u64 {
        self.serial
    }

    fn peer(&self) -> Endpoint<'_> {
        self.peer.map_or(Endpoint::Unix(b""), Endpoint::Ip)
    }

    fn local(&self) -> Endpoint<'_> {
        match &self.local {
            Ok(address) => Endpoint::Ip(*address),
            Err(path) => Endpoint::Unix(path),
        }
    }

    fn proxied(&self) -> Option<&Proxied> {
        self.proxied.as_ref()
    }

    fn requests(&self) -> u64 {
        self.requests
    }

    fn accepted_ms(&self) -> u64 {
        self.accepted_ms
    }

    fn scheme(&self) -> Scheme {
        self.scheme
    }

    fn agreed(&self) -> Option<&Agreed> {
        self.told.agreed.as_ref()
    }

    fn listen(&self) -> ListenId {
        self.listen
    }

    fn write_client(&self, which: ClientValue, out: &mut Vec<u8>) {
        self.told.write_client(which, out);
    }
}
