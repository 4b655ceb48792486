//! What a transport and the variables know of TLS, whatever speaks it: so that nothing else of a site
//! without it has code for it, or names a library.

mod keys;

use std::fmt;
use std::io::{self, IoSlice};
use std::os::fd::BorrowedFd;
use std::path::PathBuf;

use crate::site::{Agreed, ClientValue, ClientVerdict, TlsId, TlsPeerId};
use crate::sys::poll::Readiness;

pub use keys::Keys;

/// Sealed bytes that are read in one call of the kernel.
pub(crate) const READ_LEN: usize = 64 << 10;
/// Content that is sealed for one call of the kernel.
pub(crate) const WRITE_LEN: usize = 64 << 10;

/// Where keys and certificates are.
#[derive(Clone, Default, Debug)]
pub struct KeyFiles {
    /// What each of [`TlsSite::servers`](crate::site::TlsSite::servers) names.
    pub servers: Vec<TlsFiles>,
    /// What each of [`TlsSite::peers`](crate::site::TlsSite::peers) names.
    pub peers: Vec<PeerFiles>,
    /// The folders of certificates that are shown to who checks a challenge (RFC 8737).
    pub challenges: Vec<PathBuf>,
}

/// The absolute paths of what a [`Tls`](crate::site::Tls) names.
#[derive(Clone, Debug)]
pub struct TlsFiles {
    /// The certificates.
    pub certificates: Vec<PairFiles>,
    /// `ssl_stapling_file`.
    pub stapling: Option<PathBuf>,
    /// `ssl_session_ticket_key`.
    pub ticket_keys: Vec<PathBuf>,
    /// `ssl_client_certificate`.
    pub authorities: Option<PathBuf>,
    /// `ssl_trusted_certificate`.
    pub trusted: Option<PathBuf>,
    /// `ssl_crl`.
    pub revoked: Option<PathBuf>,
}

/// A certificate and its key.
#[derive(Clone, Debug)]
pub struct PairFiles {
    /// Where the certificate is, with those that lead to its authority.
    pub chain: PathBuf,
    /// Where its key is.
    pub key: PathBuf,
    /// Whether a server starts without them.
    pub is_fetched: bool,
    /// Where the passwords of keys are, and what opens a key by them.
    pub passwords: Option<PathBuf>,
}

impl PairFiles {
    /// Whether they are yet to be fetched.
    pub fn is_absent(&self) -> bool {
        self.is_fetched && !self.chain.exists()
    }
}

/// The absolute paths of what a [`TlsPeer`](crate::site::TlsPeer) names.
#[derive(Clone, Debug)]
pub struct PeerFiles {
    /// `proxy_ssl_certificate`, and its key.
    pub certificate: Option<PairFiles>,
    /// `proxy_ssl_trusted_certificate`.
    pub trusted: Option<PathBuf>,
    /// `proxy_ssl_crl`.
    pub revoked: Option<PathBuf>,
}

/// What a client that begins asks for leads to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Chosen {
    /// What the server says of TLS.
    pub tls: TlsId,
    /// Whether HTTP/2 is spoken there.
    pub http2: bool,
}

/// Picks a server by the name that a client has in mind, in lower case; empty where it says none.
/// `None`: the handshake is refused.
pub type Choose = Box<dyn FnOnce(&[u8]) -> Option<Chosen>>;

/// Who holds the keys.
pub trait Keeper: fmt::Debug + Send + Sync {
    /// Begins TLS on a connection of which `received` was read already. `choose` is asked once the
    /// client has said whom it wants.
    fn begin(&self, received: &[u8], choose: Choose) -> Box<dyn Secured>;

    /// Begins TLS on a connection to a server behind this one, which is to be of this name. The error
    /// says why that cannot be.
    fn connect(&self, peer: TlsPeerId, name: &str) -> Result<Box<dyn Secured>, String>;

    /// Looks whether files have changed, and takes what is whole; of the rest, what was there stays.
    /// What came of it is told in lines for the log; empty where nothing has changed.
    fn renew(&self) -> Vec<Renewed>;
}

/// What came of reading a file again.
pub enum Renewed {
    /// New ones are used from now on.
    Taken(String),
    /// The old ones stay, and why.
    Kept(String),
}

/// What speaks TLS on a connection, over its socket. Nothing waits: what cannot be done now is
/// `WouldBlock`.
pub trait Secured: fmt::Debug {
    /// Reads content into the front of `buffer`; 0 is the end of the stream. Handshakes are part of it.
    fn read(&mut self, socket: BorrowedFd<'_>, buffer: &mut [u8]) -> io::Result<usize>;

    /// Writes from the front of `slices`, as one. What was sealed and is not yet on its way counts as
    /// not written: the next call must begin with the same bytes.
    fn write_slices(
        &mut self,
        socket: BorrowedFd<'_>,
        slices: &[IoSlice<'_>],
        more: bool,
    ) -> io::Result<usize>;

    /// What to poll for, so that this can be done next.
    fn readiness(&self, wanted: Readiness) -> Readiness;

    /// Whether nothing is here that was not read, not even the end. What the socket has is not looked
    /// at.
    fn is_quiet(&self) -> bool;

    /// Tells the other side that nothing more comes, where all else is on its way.
    fn say_end(&mut self, socket: BorrowedFd<'_>);

    /// What was agreed on, once it is.
    fn agreed(&self) -> Option<&Agreed>;

    /// A value of the client's certificate, appended to `out`; nothing where there is none.
    fn write_client(&self, which: ClientValue, out: &mut Vec<u8>);
}

/// What a connection tells of TLS, kept for who outlives a look at it.
#[derive(Debug)]
pub struct Told {
    /// What was agreed on.
    pub agreed: Option<Agreed>,
    /// What the client's certificate says, where it has one.
    certificate: Vec<(ClientValue, Vec<u8>)>,
}

impl Told {
    /// What is told of a connection that has `agreed` on this; `write` gives the values of the client's
    /// certificate.
    pub fn of(agreed: Option<&Agreed>, write: impl Fn(ClientValue, &mut Vec<u8>)) -> Told {
        let has_one = agreed.is_some_and(|agreed| agreed.client != ClientVerdict::None);
        let all = ClientValue::ALL.iter().filter(|_| has_one);
        let certificate = all.map(|&which| {
            let mut value = Vec::new();
            write(which, &mut value);
            (which, value)
        });
        Told { agreed: agreed.cloned(), certificate: certificate.collect() }
    }

    /// Appends a value of the client's certificate; nothing where there is none.
    pub fn write_client(&self, which: ClientValue, out: &mut Vec<u8>) {
        let value = self.certificate.iter().find(|(other, _)| *other == which);
        out.extend_from_slice(value.map_or(&[], |(_, value)| value));
    }
}
