//! What the connection and the phases of a request tell its variables.

use std::cell::OnceCell;
use std::io::Write;
use std::net::SocketAddr;

use crate::exchange::{LimitStatus, Tries};
use crate::http::response::{Fields, Persistence};
use crate::http::target::Scheme;
use crate::proxy_protocol::Proxied;
use crate::regex::Captures;
use crate::secured::{Agreed, ClientValue};
use crate::site::{ListenId, Pattern};

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

/// How far a request and its response have come.
#[derive(Clone, Copy)]
pub(crate) struct Progress<'a> {
    /// When the first byte of the head came, by the monotonic clock.
    pub(crate) started_ms: u64,
    /// Whether the request came before the response to the last one was sent.
    pub(crate) pipelined: bool,
    /// Bytes of the request received: head and content.
    pub(crate) request_len: u64,
    /// Bytes of the request's content received.
    pub(crate) received_content_len: u64,
    /// The response's status, or what is known of it: what a `return` says or what an
    /// `error_page` stands for. 0 before that.
    pub(crate) status: u16,
    /// The status that an `error_page` has led here for.
    pub(crate) error_status: Option<u16>,
    /// Who the client is by the word of a trusted proxy.
    pub(crate) real_address: Option<SocketAddr>,
    /// Bytes of the response that are sent in a second, as far as that is known; 0: any number.
    pub(crate) limit_rate: u64,
    /// What `limit_req` and `limit_conn` have come to.
    pub(crate) limit_req_status: Option<LimitStatus>,
    pub(crate) limit_conn_status: Option<LimitStatus>,
    /// Bytes of the response sent, the head included.
    pub(crate) sent_len: u64,
    /// Bytes of the response's content sent.
    pub(crate) content_sent_len: u64,
    /// Bytes of a content that was compressed on its way, before and after.
    pub(crate) encoded: Option<(u64, u64)>,
    /// The fields of the response.
    pub(crate) response_fields: &'a Fields,
    /// Those that have followed its content.
    pub(crate) trailers: Option<&'a Fields>,
    /// Whether the request lets the connection be kept.
    pub(crate) persists: bool,
    /// What the head of the response says of it, once that is written.
    pub(crate) persistence: Option<Persistence>,
    /// The servers that it was passed on to.
    pub(crate) tries: &'a Tries,
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
                    super::write_number(octet.into(), out);
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

    pub(super) fn write_port(&self, out: &mut Vec<u8>) {
        // What a proxy has said of a client may name none.
        if let Endpoint::Ip(address) = self
            && address.port() > 0
        {
            super::write_number(address.port().into(), out);
        }
    }
}

/// A pattern that matched. The captures are found when one is asked for.
#[derive(Clone)]
pub(crate) struct Match {
    pub(super) pattern: &'static Pattern,
    subject: Vec<u8>,
    captures: OnceCell<Captures>,
}

impl Match {
    /// A match of `pattern` in `subject`.
    pub(crate) fn new(pattern: &'static Pattern, subject: &[u8]) -> Match {
        Match { pattern, subject: subject.to_vec(), captures: OnceCell::new() }
    }

    /// What a group matched, if it took part.
    pub(super) fn group(&self, index: usize) -> Option<&[u8]> {
        let find = || self.pattern.program().captures(&self.subject).unwrap_or_default();
        let (start, end) = self.captures.get_or_init(find).get(index).copied().flatten()?;
        self.subject.get(start..end)
    }
}
