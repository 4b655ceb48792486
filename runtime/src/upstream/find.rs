//! Where the peers are: addresses as they are when the server starts, as in nginx.

use std::net::{SocketAddr, ToSocketAddrs};
use std::path::{Path, PathBuf};

use crate::params::Params;
use crate::site::{Peer, Upstream};

/// The port where an address has none.
const PORT: u16 = 80;

/// Where a peer is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PeerAddress {
    /// An address and a port.
    Ip(SocketAddr),
    /// A socket in the file system.
    Unix(PathBuf),
}

/// An upstream, as it was found at start.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FoundUpstream {
    /// `$proxy_host`.
    pub host: String,
    /// `$proxy_port`.
    pub port: String,
    /// Its peers.
    pub peers: Vec<FoundPeer>,
}

/// A peer, as it was found at start.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FoundPeer {
    /// Which of the upstream's peers it is one of the addresses of.
    pub index: usize,
    /// Where it is.
    pub address: PeerAddress,
    /// The same in words, as `$upstream_addr` tells it.
    pub words: String,
    /// What a `hash … consistent` places it by: the address as the conf has it.
    pub said: String,
}

/// Looks an upstream's peers up. The errors are the names that have no address.
pub fn find(
    upstream: &'static Upstream,
    params: &Params,
    prefix: &Path,
) -> (FoundUpstream, Vec<String>) {
    let mut faults = Vec::new();
    let mut peers = Vec::new();
    for (index, peer) in upstream.peers.iter().enumerate() {
        match find_peer(peer, params, prefix) {
            Ok(addresses) => {
                let said = params.text(peer.address);
                peers.extend(addresses.into_iter().map(|address| FoundPeer {
                    index,
                    words: words(&address),
                    address,
                    said: said.clone(),
                }));
            }
            Err(fault) if !upstream.is_optional => faults.push(fault),
            Err(_) => {}
        }
    }
    let (host, port) = (params.text(upstream.host), params.text(upstream.port));
    (FoundUpstream { host, port, peers }, faults)
}

fn find_peer(peer: &Peer, params: &Params, prefix: &Path) -> Result<Vec<PeerAddress>, String> {
    let text = params.text(peer.address);
    if let Some(path) = text.strip_prefix("unix:") {
        return Ok(vec![PeerAddress::Unix(prefix.join(path))]);
    }
    let found = match has_port(&text) {
        true => text.to_socket_addrs(),
        false => (text.trim_matches(['[', ']']), PORT).to_socket_addrs(),
    };
    let fault =
        |why: &str| format!("upstream server `{text}`{}: {why}", params.behind(peer.address));
    let mut addresses: Vec<SocketAddr> =
        found.map_err(|error| fault(&error.to_string()))?.collect();
    let mut seen = Vec::new();
    addresses.retain(|address| {
        !seen.contains(address) && {
            seen.push(*address);
            true
        }
    });
    match addresses.is_empty() {
        true => Err(fault("the name has no address")),
        false => Ok(addresses.into_iter().map(PeerAddress::Ip).collect()),
    }
}

fn has_port(text: &str) -> bool {
    match text.rsplit_once(':') {
        Some((host, port)) => {
            let is_port = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
            is_port && (!host.contains(':') || host.ends_with(']'))
        }
        None => false,
    }
}

fn words(address: &PeerAddress) -> String {
    match address {
        PeerAddress::Ip(address) => address.to_string(),
        PeerAddress::Unix(path) => format!("unix:{}", path.display()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_behind_the_last_colon() {
        for (text, expected) in [
            ("a", false),
            ("a:80", true),
            ("a:", false),
            ("127.0.0.1:8080", true),
            ("::1", false),
            ("[::1]", false),
            ("[::1]:80", true),
            ("::1:80", false),
        ] {
            assert_eq!(has_port(text), expected, "{text}");
        }
    }
}
