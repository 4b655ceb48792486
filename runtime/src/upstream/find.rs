//! Where the peers are: their addresses when the server starts, and what is looked up again later.

use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::params::Params;
use crate::site::Upstream;

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
    /// Its peers, in the order of the conf.
    pub sought: Vec<Sought>,
    /// Where they are: a name that has several addresses is as many.
    pub peers: Vec<Arc<FoundPeer>>,
}

/// What the conf says of where a peer is, with params filled in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sought {
    /// The address.
    text: String,
    /// The same if it is a socket in the file system.
    path: Option<PathBuf>,
}

/// A peer, as it was found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FoundPeer {
    /// Which of the upstream's peers it is one of the addresses of.
    pub index: usize,
    /// Where it is.
    pub address: PeerAddress,
    /// The same in words, as `$upstream_addr` tells it.
    pub words: Arc<str>,
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
    let mut all = Vec::new();
    for (index, peer) in upstream.peers.iter().enumerate() {
        let text = params.text(peer.address);
        let path = text.strip_prefix("unix:").map(|path| prefix.join(path));
        let sought = Sought { text, path };
        match sought.find(index) {
            Ok(found) => peers.extend(found),
            Err(fault) if !upstream.is_optional => {
                let by = params.behind(peer.address);
                faults.push(format!("upstream server `{}`{by}: {fault}", sought.text));
            }
            Err(_) => {}
        }
        all.push(sought);
    }
    let (host, port) = (params.text(upstream.host), params.text(upstream.port));
    (FoundUpstream { host, port, sought: all, peers }, faults)
}

impl Sought {
    /// An address that stands for itself.
    #[cfg(test)]
    pub(super) fn literal(text: &str) -> Sought {
        Sought { text: text.to_owned(), path: None }
    }

    /// The address as the conf has it.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Whether it is a name, which may lead elsewhere later.
    pub(super) fn is_name(&self) -> bool {
        let is_address = self.text.parse::<SocketAddr>().is_ok()
            || self.text.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok();
        self.path.is_none() && !is_address
    }

    /// Finds where a peer is, of which it is the one at `index`. A name is looked up by the system,
    /// which may take its time.
    pub(super) fn find(&self, index: usize) -> io::Result<Vec<Arc<FoundPeer>>> {
        let found = |address| {
            let words = words(&address).into();
            Arc::new(FoundPeer { index, address, words, said: self.text.clone() })
        };
        if let Some(path) = &self.path {
            return Ok(vec![found(PeerAddress::Unix(path.clone()))]);
        }
        let addresses = match has_port(&self.text) {
            true => self.text.to_socket_addrs(),
            false => (self.text.trim_matches(['[', ']']), PORT).to_socket_addrs(),
        }?;
        let mut seen = Vec::new();
        for address in addresses {
            if !seen.contains(&address) {
                seen.push(address);
            }
        }
        match seen.is_empty() {
            true => Err(io::Error::new(io::ErrorKind::NotFound, "the name has no address")),
            false => Ok(seen.into_iter().map(PeerAddress::Ip).map(found).collect()),
        }
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
    fn names_are_what_may_lead_elsewhere() {
        for (text, expected) in [
            ("127.0.0.1:80", false),
            ("127.0.0.1", false),
            ("[::1]:80", false),
            ("[::1]", false),
            ("localhost:80", true),
            ("app", true),
        ] {
            let sought = Sought { text: text.to_owned(), path: None };
            assert_eq!(sought.is_name(), expected, "{text}");
        }
        let path = Some(PathBuf::from("/run/app.sock"));
        assert!(!Sought { text: "unix:/run/app.sock".to_owned(), path }.is_name());
    }

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
