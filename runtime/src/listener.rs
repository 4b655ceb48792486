//! Listening sockets: those handed over by a parent (`LISTEN_FDS`), and our own.

use std::fs::Permissions;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use crate::params::{BindAddress, Params, parse_listen};
use crate::site::{Address, Listen, ListenId, Site};
use crate::sys::net::{self, Inherited, ListenOptions};

/// A listening socket of one worker.
pub struct Listener {
    /// Which `listen` it is.
    pub id: ListenId,
    /// The socket.
    pub socket: OwnedFd,
}

/// One `listen` with its params filled in.
pub struct Endpoint {
    listen: &'static Listen,
    /// Where to bind.
    pub address: BindAddress,
    /// For how long connections are held back until their first bytes are there, if they are.
    deferral_s: Option<i32>,
}

impl std::fmt::Display for Endpoint {
    /// A URL where it is one that a browser can open.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.address {
            BindAddress::Ip(address) if address.port() == 80 && address.is_ipv4() => {
                write!(f, "http://{}", address.ip())
            }
            BindAddress::Ip(address) => write!(f, "http://{address}"),
            BindAddress::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

/// Every address of the site. Errors: a text that gives no address, an address that two
/// `listen` directives give once the params are known.
pub fn endpoints<S: Site>(params: &Params, prefix: &Path) -> Result<Vec<Endpoint>, String> {
    let mut endpoints = Vec::<Endpoint>::new();
    for listen in S::LISTENS {
        let address = match &listen.address {
            Address::Ip(address) => BindAddress::Ip(*address),
            Address::Unix(path) => BindAddress::Unix(params.path(prefix, path)),
            Address::Param(text) => {
                let text = params.text(text);
                match parse_listen(&text) {
                    Some(BindAddress::Unix(path)) => BindAddress::Unix(prefix.join(path)),
                    Some(address) => address,
                    None => return Err(format!("`listen {text}`: this is no address")),
                }
            }
        };
        let timeout_ms = S::server_settings(listen.default_server).client_header_timeout_ms;
        let timeout_s = i32::try_from(timeout_ms / 1000).unwrap_or(i32::MAX);
        let deferral_s = listen.deferred.then_some(timeout_s.max(1));
        let endpoint = Endpoint { listen, address, deferral_s };
        if endpoints.iter().any(|other| other.address == endpoint.address) {
            return Err(format!("two `listen` directives give {endpoint} with these params"));
        }
        endpoints.push(endpoint);
    }
    Ok(endpoints)
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

/// Opens every endpoint once for each worker. Errors name the address.
pub fn open(endpoints: &[Endpoint], workers: usize) -> Result<Opened, String> {
    let mut paths = Vec::new();
    let mut inherited = inherited();
    let mut handed_over = Vec::new();
    for endpoint in endpoints {
        handed_over.push(take_inherited(&mut inherited, &endpoint.address));
    }
    // All probes come first: once one of two overlapping addresses listens, the other's fails.
    for (endpoint, _) in endpoints.iter().zip(&handed_over).filter(|(_, socket)| socket.is_none()) {
        probe(endpoint).map_err(|error| format!("cannot listen on {endpoint}: {error}"))?;
    }
    let mut listeners: Vec<Vec<Listener>> = (0..workers).map(|_| Vec::new()).collect();
    for (id, (endpoint, socket)) in endpoints.iter().zip(handed_over).enumerate() {
        let sockets = match socket {
            Some(socket) => share(socket, workers),
            None => open_own(endpoint, workers, &mut paths),
        };
        let sockets = sockets.map_err(|error| format!("cannot listen on {endpoint}: {error}"))?;
        for (listeners, socket) in listeners.iter_mut().zip(sockets) {
            listeners.push(Listener { id: id as ListenId, socket });
        }
    }
    Ok(Opened { listeners, paths })
}

/// The sockets that the parent has handed over, if it meant this process.
fn inherited() -> Vec<Option<(OwnedFd, Inherited)>> {
    let number = |name| std::env::var(name).ok()?.parse::<u32>().ok();
    match (number("LISTEN_PID"), number("LISTEN_FDS")) {
        (Some(pid), Some(count)) if pid == std::process::id() && count < 1024 => {
            net::inherited_listeners(count as i32)
        }
        _ => Vec::new(),
    }
}

fn take_inherited(
    sockets: &mut [Option<(OwnedFd, Inherited)>],
    address: &BindAddress,
) -> Option<OwnedFd> {
    use std::os::unix::ffi::OsStrExt;
    let same = |bound: &Inherited| match (bound, address) {
        (Inherited::Ip(bound), BindAddress::Ip(address)) => bound == address,
        (Inherited::Unix(bound), BindAddress::Unix(path)) => bound == path.as_os_str().as_bytes(),
        _ => false,
    };
    let found = sockets.iter_mut().find(|slot| slot.as_ref().is_some_and(|(_, at)| same(at)));
    found?.take().map(|(socket, _)| socket)
}

/// One socket for all workers: each has a descriptor of its own for it.
fn share(socket: OwnedFd, workers: usize) -> io::Result<Vec<OwnedFd>> {
    let mut sockets = (1..workers).map(|_| socket.try_clone()).collect::<io::Result<Vec<_>>>()?;
    sockets.push(socket);
    Ok(sockets)
}

/// Finds out whether somebody listens there already: with `SO_REUSEPORT` a second server would
/// bind beside the first unnoticed. Nothing listens on the probe, so it is not in the way.
fn probe(endpoint: &Endpoint) -> io::Result<()> {
    match &endpoint.address {
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
) -> io::Result<Vec<OwnedFd>> {
    let listen = endpoint.listen;
    match &endpoint.address {
        BindAddress::Ip(address) => {
            let reuse_port = workers > 1 || listen.shared_port;
            let options = ListenOptions { reuse_port, ipv6_only: listen.ipv6_only };
            let open = |_| {
                let socket = net::bind_ip(*address, &options)?;
                if let Some(seconds) = endpoint.deferral_s {
                    net::defer_accept(&socket, seconds)?;
                }
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
