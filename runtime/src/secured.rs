//! What a transport and the variables know of TLS, whatever speaks it: so that nothing else of a site
//! without it has code for it, or names a library.

mod keys;

use std::fmt;
use std::io::{self, IoSlice};
use std::os::fd::BorrowedFd;
use std::path::PathBuf;

use crate::site::{TlsId, TlsPeerId};
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
    pub certificate: Option<(PathBuf, PathBuf)>,
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

/// What a client offers in its first message, in its order.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Offered {
    /// The numbers of cipher suites.
    pub suites: Box<[u16]>,
    /// Those of groups that keys are exchanged in.
    pub groups: Box<[u16]>,
}

/// What the two sides of a connection have agreed on.
#[derive(Clone, Debug)]
pub struct Agreed {
    /// By which server's word.
    pub tls: TlsId,
    /// `TLSv1.2` or `TLSv1.3`.
    pub protocol: &'static str,
    /// OpenSSL's name of the cipher suite.
    pub cipher: &'static str,
    /// OpenSSL's name of the group that keys were exchanged in; empty where a session was resumed
    /// without.
    pub group: &'static str,
    /// What the client has offered.
    pub offered: Offered,
    /// The name that the client has asked for, in lower case; empty without one.
    pub name: Box<[u8]>,
    /// Whether an earlier session was resumed.
    pub resumed: bool,
    /// The protocol above, by ALPN; empty where none was agreed on.
    pub alpn: &'static [u8],
    /// What came of the client's certificate.
    pub client: ClientVerdict,
}

/// What came of a client's certificate.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ClientVerdict {
    /// There is none, or none was asked for.
    None,
    /// It holds.
    Good,
    /// It does not, and why. Where `by_stranger`, the only fault is that nobody who is trusted has
    /// certified it.
    Bad {
        /// In a few words, as in `$ssl_client_verify`.
        reason: &'static str,
        /// Whether `optional_no_ca` takes it.
        by_stranger: bool,
    },
}

/// A value of a client's certificate, named like its variable.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ClientValue {
    /// `$ssl_client_cert`: PEM, with each line but the first behind a tab.
    Cert,
    /// `$ssl_client_raw_cert`: PEM.
    RawCert,
    /// `$ssl_client_escaped_cert`: PEM, escaped as in a URL.
    EscapedCert,
    /// `$ssl_client_fingerprint`: SHA-1, in hex.
    Fingerprint,
    /// `$ssl_client_i_dn`: the issuer, by RFC 2253.
    Issuer,
    /// `$ssl_client_s_dn`: the subject, by RFC 2253.
    Subject,
    /// `$ssl_client_i_dn_legacy`: the issuer, with slashes.
    LegacyIssuer,
    /// `$ssl_client_s_dn_legacy`: the subject, with slashes.
    LegacySubject,
    /// `$ssl_client_serial`: in hex.
    Serial,
    /// `$ssl_client_v_start`.
    ValidFrom,
    /// `$ssl_client_v_end`.
    ValidUntil,
    /// `$ssl_client_v_remain`: whole days.
    DaysLeft,
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

impl ClientValue {
    /// All of them.
    pub const ALL: &[ClientValue] = &[
        ClientValue::Cert,
        ClientValue::RawCert,
        ClientValue::EscapedCert,
        ClientValue::Fingerprint,
        ClientValue::Issuer,
        ClientValue::Subject,
        ClientValue::LegacyIssuer,
        ClientValue::LegacySubject,
        ClientValue::Serial,
        ClientValue::ValidFrom,
        ClientValue::ValidUntil,
        ClientValue::DaysLeft,
    ];
}
