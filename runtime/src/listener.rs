//! Listening sockets: those that a parent has handed over, and our own.

use std::fs::Permissions;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use crate::handed_over::{self, HandedOver};
use crate::http::target::Scheme;
use crate::params::{BindAddress, Params, parse_listen};
use crate::site::{Address, Listen, ListenId, Site, StartText};
use crate::sys::net::{self, ListenOptions};

/// A listening socket of one worker.
pub struct Listener {
    /// Which `listen` it is.
    pub id: ListenId,
    /// The socket.
    pub socket: OwnedFd,
    /// Whether another server may take its place at this address (`--beside`).
    pub is_beside: bool,
}

/// One `listen` with its params filled in.
pub struct Endpoint {
    listen: &'static Listen,
    /// Where to bind.
    pub address: BindAddress,
    /// For how long connections are held back until their first bytes are there, if they are.
    deferral_s: Option<i32>,
}

impl Endpoint {
    /// The text that gives the address; empty where params have no part in it.
    fn text(&self) -> StartText {
        match &self.listen.address {
            Address::Ip(_) => &[],
            Address::Unix(text) | Address::Param(text) => text,
        }
    }
}

impl std::fmt::Display for Endpoint {
    /// A URL where it is one that a browser can open.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Scheme { name, port } = if self.listen.tls { Scheme::HTTPS } else { Scheme::HTTP };
        match &self.address {
            BindAddress::Ip(address) if address.port() == port && address.is_ipv4() => {
                write!(f, "{name}://{}", address.ip())
            }
            BindAddress::Ip(address) => write!(f, "{name}://{address}"),
            BindAddress::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

/// The addresses of the site, and what is wrong with the others: a text that gives no address or
/// one that an option does not go with, and an address that another `listen` takes once the params
/// are known.
pub fn endpoints<S: Site>(params: &Params, prefix: &Path) -> (Vec<Endpoint>, Vec<String>) {
    let mut endpoints = Vec::<Endpoint>::new();
    let mut faults = Vec::new();
    for listen in S::LISTENS {
        let timeout_ms = S::server_settings(listen.default_server).client_header_timeout_ms;
        let endpoint = endpoint(listen, params, prefix, timeout_ms).and_then(|endpoint| {
            let clash = endpoints.iter().find_map(|other| clash(other, &endpoint, params));
            clash.map_or(Ok(endpoint), Err)
        });
        match endpoint {
            Ok(endpoint) => endpoints.push(endpoint),
            Err(fault) => faults.push(fault),
        }
    }
    (endpoints, faults)
}

fn endpoint(
    listen: &'static Listen,
    params: &Params,
    prefix: &Path,
    timeout_ms: u64,
) -> Result<Endpoint, String> {
    let address = match &listen.address {
        Address::Ip(address) => BindAddress::Ip(*address),
        Address::Unix(path) => BindAddress::Unix(params.path(prefix, path)),
        Address::Param(text) => {
            let (shown, by) = (params.text(text), params.behind(text));
            match parse_listen(&shown) {
                Some(BindAddress::Unix(_)) if listen.tcp_option().is_some() => {
                    let option = listen.tcp_option().unwrap_or_default();
                    return Err(format!("`listen {shown}`{by}: `{option}` belongs to TCP"));
                }
                Some(BindAddress::Unix(_) | BindAddress::Ip(SocketAddr::V4(_)))
                    if listen.ipv6_only_given =>
                {
                    let message = "`ipv6only` belongs to IPv6 addresses";
                    return Err(format!("`listen {shown}`{by}: {message}"));
                }
                Some(BindAddress::Unix(path)) => BindAddress::Unix(prefix.join(path)),
                Some(address) => address,
                None => return Err(format!("`listen {shown}`{by}: this is no address")),
            }
        }
    };
    let timeout_s = i32::try_from(timeout_ms / 1000).unwrap_or(i32::MAX);
    let deferral_s = listen.deferred.then_some(timeout_s.max(1));
    Ok(Endpoint { listen, address, deferral_s })
}

/// Where the parent has opened another address than the conf's, that is where the site listens, so that
/// it is told in one place. It must be clear which `listen` is meant: one socket is left and one
/// `listen`, whose address is made of params that nobody has set.
pub fn adopt(endpoints: &mut [Endpoint], sockets: &[SocketAddr], params: &Params) {
    let at =
        |endpoint: &Endpoint, socket: &SocketAddr| endpoint.address == BindAddress::Ip(*socket);
    let is_left = |socket: &&SocketAddr| !endpoints.iter().any(|endpoint| at(endpoint, socket));
    let left: Vec<_> = sockets.iter().filter(is_left).collect();
    let mut open: Vec<_> = endpoints
        .iter_mut()
        .filter(|endpoint| {
            matches!(endpoint.address, BindAddress::Ip(_))
                && params.has_only_defaults(endpoint.text())
                && !sockets.iter().any(|socket| at(endpoint, socket))
        })
        .collect();
    if let ([endpoint], [socket]) = (&mut open[..], &left[..]) {
        endpoint.address = BindAddress::Ip(**socket);
    }
}

/// Why two addresses cannot be bound side by side.
fn clash(first: &Endpoint, second: &Endpoint, params: &Params) -> Option<String> {
    let params = params.behind(second.text()) + &params.behind(first.text());
    if first.address == second.address {
        return Some(format!("two `listen` directives give {second}{params}"));
    }
    let (BindAddress::Ip(a), BindAddress::Ip(b)) = (&first.address, &second.address) else {
        return None;
    };
    let is_any = a.ip().is_unspecified() && b.ip().is_unspecified() && a.port() == b.port();
    let takes_both =
        |endpoint: &Endpoint, address: &SocketAddr| address.is_ipv6() && !endpoint.listen.ipv6_only;
    (is_any && (takes_both(first, a) || takes_both(second, b)))
        .then(|| format!("{first} and {second}{params} take the same IPv4 connections"))
}

/// A socket's path that this process has made. Dropped, it is removed.
pub struct SocketPath(PathBuf);

impl Drop for SocketPath {
    fn drop(&mut self) {
        // Nobody can be told; a start finds out that nobody answers there, and removes it.
        let _ = std::fs::remove_file(&self.0);
    }
}

/// The listening sockets of all workers.
pub struct Opened {
    /// By worker.
    pub listeners: Vec<Vec<Listener>>,
    /// The paths that were made for them.
    pub paths: Vec<SocketPath>,
}

/// Opens every endpoint once for each worker, and leaves what is handed over for none of them.
/// `beside`: another server may listen there. Errors name the address.
pub fn open(
    endpoints: &[Endpoint],
    workers: usize,
    handed_over: &mut Vec<HandedOver>,
    beside: bool,
) -> Result<Opened, Vec<String>> {
    let taken: Vec<_> = endpoints
        .iter()
        .map(|endpoint| handed_over::take_for(handed_over, &endpoint.address))
        .collect();
    let mut faults = Vec::new();
    let failed = |endpoint: &Endpoint, error: io::Error| {
        let help = help(&endpoint.address, &error);
        format!("cannot listen on {endpoint}: {error}{help}")
    };
    // All probes come first: once one of two overlapping addresses listens, the other's fails.
    for (endpoint, _) in endpoints.iter().zip(&taken).filter(|(_, socket)| socket.is_none()) {
        faults.extend(probe(endpoint, beside).err().map(|error| failed(endpoint, error)));
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    let mut paths = Vec::new();
    let mut listeners: Vec<Vec<Listener>> = (0..workers).map(|_| Vec::new()).collect();
    for (id, (endpoint, socket)) in endpoints.iter().zip(taken).enumerate() {
        let is_beside =
            beside && socket.is_none() && matches!(endpoint.address, BindAddress::Ip(_));
        let sockets = match socket {
            Some(socket) => share(socket, workers),
            None => open_own(endpoint, workers, &mut paths, beside),
        };
        match sockets {
            Ok(sockets) => {
                for (listeners, socket) in listeners.iter_mut().zip(sockets) {
                    listeners.push(Listener { id: id as ListenId, socket, is_beside });
                }
            }
            Err(error) => faults.push(failed(endpoint, error)),
        }
    }
    if faults.is_empty() { Ok(Opened { listeners, paths }) } else { Err(faults) }
}

/// What to do about an address that cannot be had.
fn help(address: &BindAddress, error: &io::Error) -> &'static str {
    match (address, error.kind()) {
        (BindAddress::Ip(address), ErrorKind::PermissionDenied) if address.port() < 1024 => {
            "\n\nhelp: ports below 1024 are root's. Give the right to the program (`setcap \
             cap_net_bind_service=+ep FILE`) or to its service (`AmbientCapabilities=\
             CAP_NET_BIND_SERVICE`), start it as root with `user` in the conf, or listen on another \
             port"
        }
        (BindAddress::Ip(_), ErrorKind::AddrInUse) => {
            "\n\nhelp: another program listens there: stop it, or listen on another port; `--beside` \
             takes the place of a server that was started so"
        }
        (BindAddress::Ip(_), ErrorKind::AddrNotAvailable) => {
            "\n\nhelp: this machine does not have the address; `0.0.0.0` and `[::]` are all that it has"
        }
        _ => "",
    }
}

/// One socket for all workers: each has a descriptor of its own for it.
fn share(socket: OwnedFd, workers: usize) -> io::Result<Vec<OwnedFd>> {
    let mut sockets = (1..workers).map(|_| socket.try_clone()).collect::<io::Result<Vec<_>>>()?;
    sockets.push(socket);
    Ok(sockets)
}

/// Finds out whether somebody listens there already: with `SO_REUSEPORT` a second server would
/// bind beside the first unnoticed. Nothing listens on the probe, so it is not in the way.
fn probe(endpoint: &Endpoint, beside: bool) -> io::Result<()> {
    match &endpoint.address {
        BindAddress::Ip(_) if beside => Ok(()),
        BindAddress::Ip(address) => {
            let ipv6_only = endpoint.listen.ipv6_only;
            net::bind_ip(*address, &ListenOptions { reuse_port: false, ipv6_only }).map(drop)
        }
        BindAddress::Unix(path) => remove_stale(path),
    }
}

fn open_own(
    endpoint: &Endpoint,
    workers: usize,
    paths: &mut Vec<SocketPath>,
    beside: bool,
) -> io::Result<Vec<OwnedFd>> {
    let listen = endpoint.listen;
    match &endpoint.address {
        BindAddress::Ip(address) => {
            let reuse_port = workers > 1 || listen.shared_port || beside;
            let options = ListenOptions { reuse_port, ipv6_only: listen.ipv6_only };
            let open = |_| {
                let socket = net::bind_ip(*address, &options)?;
                if let Some(seconds) = endpoint.deferral_s {
                    net::defer_accept(&socket, seconds)?;
                }
                net::set_socket_options(&socket, &listen.socket)?;
                net::listen(&socket, listen.backlog)?;
                Ok(socket)
            };
            (0..workers).map(open).collect()
        }
        BindAddress::Unix(path) => {
            let socket = net::bind_unix(path)?;
            paths.push(SocketPath(path.clone()));
            // As in nginx: who may connect is up to the folder.
            std::fs::set_permissions(path, Permissions::from_mode(0o666))?;
            net::set_socket_options(&socket, &listen.socket)?;
            net::listen(&socket, listen.backlog)?;
            share(socket, workers)
        }
    }
}

/// Removes a socket that an earlier server has left behind, unless somebody answers on it.
fn remove_stale(path: &Path) -> io::Result<()> {
    let is_socket = std::fs::symlink_metadata(path).is_ok_and(|m| m.file_type().is_socket());
    if !is_socket {
        return Ok(());
    }
    match UnixStream::connect(path) {
        Ok(_) => Err(io::ErrorKind::AddrInUse.into()),
        Err(_) => std::fs::remove_file(path),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::{Param, ParamKind, SocketOptions, StartPiece};

    #[test]
    fn what_cannot_be_had_is_told_with_what_to_do() {
        let help = |address: &str, kind: ErrorKind| {
            help(&BindAddress::Ip(address.parse().expect("an address")), &kind.into())
        };
        let denied = ErrorKind::PermissionDenied;
        assert!(help("127.0.0.1:80", denied).contains("AmbientCapabilities=CAP_NET_BIND_SERVICE"));
        assert_eq!(help("127.0.0.1:1024", denied), "");
        assert!(help("127.0.0.1:80", ErrorKind::AddrInUse).contains("another program"));
        assert!(help("192.0.2.1:80", ErrorKind::AddrNotAvailable).contains("does not have"));
        assert_eq!(help("127.0.0.1:80", ErrorKind::OutOfMemory), "");
        let unix = BindAddress::Unix(PathBuf::from("s"));
        assert_eq!(super::help(&unix, &ErrorKind::AddrInUse.into()), "");
    }

    const fn listen(tls: bool) -> Listen {
        Listen {
            address: Address::Unix(&[]),
            backlog: 1,
            ipv6_only: false,
            ipv6_only_given: false,
            deferred: false,
            proxy_protocol: false,
            tls,
            socket: SocketOptions::NONE,
            shared_port: false,
            default_server: 0,
            start_names: &[],
            whole_names: &[],
        }
    }

    /// Of two `listen` with a param in each, and sockets of a parent, where the site listens.
    #[test]
    fn a_parent_says_where_unless_somebody_else_does() {
        const PARAM: Param = Param { name: "A", kind: ParamKind::Listen, default: "127.0.0.1:80" };
        static BY_PARAM: Listen =
            Listen { address: Address::Param(&[StartPiece::Param(0)]), ..listen(false) };
        static BY_OTHER: Listen =
            Listen { address: Address::Param(&[StartPiece::Param(1)]), ..listen(false) };
        const OTHER: Param = Param { name: "B", default: "127.0.0.1:81", ..PARAM };
        let address = |text: &str| text.parse::<SocketAddr>().expect("an address");
        for (set, sockets, expected) in [
            ("", &[][..], "127.0.0.1:80 127.0.0.1:81"),
            ("", &["127.0.0.1:80", "0.0.0.0:9000"], "127.0.0.1:80 0.0.0.0:9000"),
            ("", &["127.0.0.1:81", "[::]:80"], "[::]:80 127.0.0.1:81"),
            // Which of both?
            ("", &["0.0.0.0:9000"], "127.0.0.1:80 127.0.0.1:81"),
            ("", &["0.0.0.0:9000", "0.0.0.0:9001"], "127.0.0.1:80 127.0.0.1:81"),
            // Somebody has said where.
            ("B", &["127.0.0.1:80", "0.0.0.0:9000"], "127.0.0.1:80 127.0.0.1:81"),
            ("B", &["0.0.0.0:9000"], "0.0.0.0:9000 127.0.0.1:81"),
        ] {
            let set: Vec<_> = [(set.to_owned(), "127.0.0.1:81".to_owned())].into();
            let set: Vec<_> = set.into_iter().filter(|(name, _)| !name.is_empty()).collect();
            let params = Params::settle(&[PARAM, OTHER], &set, |_| None).expect("they fit");
            let ends = [(&BY_PARAM, "127.0.0.1:80"), (&BY_OTHER, "127.0.0.1:81")];
            let mut endpoints = ends.map(|(listen, at)| {
                let address = BindAddress::Ip(address(at));
                Endpoint { listen, address, deferral_s: None }
            });
            let sockets: Vec<_> = sockets.iter().map(|text| address(text)).collect();
            adopt(&mut endpoints, &sockets, &params);
            let found = endpoints.each_ref().map(|endpoint| match &endpoint.address {
                BindAddress::Ip(address) => address.to_string(),
                BindAddress::Unix(_) => unreachable!("none is given"),
            });
            assert_eq!(found.join(" "), expected, "{sockets:?} {set:?}");
        }
    }

    #[test]
    fn an_address_is_shown_as_a_url() {
        static PLAIN: Listen = listen(false);
        static SECURED: Listen = listen(true);
        for (listen, address, expected) in [
            (&PLAIN, "127.0.0.1:80", "http://127.0.0.1"),
            (&PLAIN, "127.0.0.1:443", "http://127.0.0.1:443"),
            (&SECURED, "127.0.0.1:443", "https://127.0.0.1"),
            (&SECURED, "127.0.0.1:80", "https://127.0.0.1:80"),
            (&SECURED, "[::1]:443", "https://[::1]:443"),
        ] {
            let address = BindAddress::Ip(address.parse().expect("an address"));
            let endpoint = Endpoint { listen, address, deferral_s: None };
            assert_eq!(endpoint.to_string(), expected);
        }
    }
}
