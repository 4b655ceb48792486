//! What a connection tells the variables of its requests.

use std::io::Write;
use std::net::SocketAddr;

use crate::http::target::Scheme;
use crate::proxy_protocol::Proxied;
use crate::site::{ListenId, TlsId};

/// One connection, as far as variables tell of it. It is asked only for what a value needs.
pub(crate) trait ConnectionFacts {
    /// Its number, given once.
    fn serial(&self) -> u64;
    /// The client's end.
    fn peer(&self) -> Endpoint<'_>;
    /// The server's end.
    fn local(&self) -> Endpoint<'_>;
    /// The ends of the connection that a proxy speaks for.
    fn proxied(&self) -> Option<&Proxied>;
    /// Requests on it so far, this one included.
    fn requests(&self) -> u64;
    /// When it was accepted, by the monotonic clock.
    fn accepted_ms(&self) -> u64;
    /// The scheme of URLs that lead to it.
    fn scheme(&self) -> Scheme;
    /// What TLS has agreed on; `None` where none is spoken.
    fn agreed(&self) -> Option<&Agreed>;
    /// Where it was accepted.
    fn listen(&self) -> ListenId;
    /// Appends a value of the client's certificate; nothing where there is none.
    fn write_client(&self, which: ClientValue, out: &mut Vec<u8>);
}

/// One end of a connection.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Endpoint<'a> {
    /// An address and a port.
    Ip(SocketAddr),
    /// A path in the file system, empty for a client's.
    Unix(&'a [u8]),
}

impl Endpoint<'_> {
    /// The address, if it is one.
    pub(crate) fn address(self) -> Option<SocketAddr> {
        match self {
            Endpoint::Ip(address) => Some(address),
            Endpoint::Unix(_) => None,
        }
    }

    /// Appends the address, or `unix:` and the path.
    pub(crate) fn write_address(&self, out: &mut Vec<u8>) {
        match self {
            // Most lines of most access logs begin with one, so it goes past std's formatting.
            Endpoint::Ip(SocketAddr::V4(address)) => {
                for (index, octet) in address.ip().octets().into_iter().enumerate() {
                    if index > 0 {
                        out.push(b'.');
                    }
                    out.extend_from_slice(itoa::Buffer::new().format(octet).as_bytes());
                }
            }
            // Writing to a vector does not fail.
            Endpoint::Ip(SocketAddr::V6(address)) => drop(write!(out, "{}", address.ip())),
            Endpoint::Unix(path) => {
                out.extend_from_slice(b"unix:");
                out.extend_from_slice(path);
            }
        }
    }

    /// Appends the port, if there is one.
    pub(crate) fn write_port(&self, out: &mut Vec<u8>) {
        // What a proxy has said of a client may name none.
        if let Endpoint::Ip(address) = self
            && address.port() > 0
        {
            out.extend_from_slice(itoa::Buffer::new().format(address.port()).as_bytes());
        }
    }
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
