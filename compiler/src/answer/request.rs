//! A request as somebody writes it down: method, URL, fields. What a server would read of it is
//! read by the server's own parser.

use std::net::IpAddr;

use sitec_runtime::http::head::{Head, HeadError, Limits};
use sitec_runtime::http::response::write_uri;
use sitec_runtime::http::target::{Scheme, split_port};
use sitec_runtime::site::{ListenId, ServerId};

use super::{address, server_name};
use crate::ir;

/// A request, and where it comes in.
#[derive(Clone, Debug)]
pub struct Request {
    /// Method and URL, for messages.
    pub(super) shown: String,
    /// Where the connection comes in.
    pub(super) listen: ListenId,
    /// The server that is to answer; without one, the host picks it.
    pub(super) server: Option<ServerId>,
    /// Whether it comes without TLS where that is spoken.
    pub(super) is_plain: bool,
    /// Where it comes from, if that is known.
    pub(super) from: Option<IpAddr>,
    /// What the server reads of it.
    pub(super) head: Result<Head, HeadError>,
}

/// A URL, taken apart.
struct Url<'a> {
    scheme: Option<Scheme>,
    host: Option<&'a str>,
    port: Option<u16>,
    target: &'a str,
}

impl Request {
    /// A request with these fields to `url`: `http://HOST[:PORT]/PATH`, the same with `https`, or
    /// `/PATH` alone, which goes to `server` if one is given, and else to the default server of the
    /// first address.
    ///
    /// Errors: what is wrong with the URL, or that nobody listens on its port or speaks TLS there.
    pub fn new(
        site: &ir::Site,
        server: Option<ServerId>,
        method: &str,
        url: &str,
        fields: &[(String, String)],
    ) -> Result<Request, String> {
        let url_parts = Url::parse(url)?;
        let given = fields.iter().find(|(name, _)| is_host(name));
        let given = given.map(|(_, value)| value.as_str());
        let (host, port) = match (url_parts.host, given) {
            (Some(host), _) => (Some(host), url_parts.port),
            // The port of a field is what a client says, and not where it has come in.
            (None, Some(host)) => (Some(host), port_of(host).ok().flatten()),
            (None, None) => (None, None),
        };
        let scheme = url_parts.scheme;
        let found = find_listen(site, server, scheme, host, port);
        let (found, is_plain) = match scheme {
            Some(Scheme::HTTP) if found.is_err() => {
                let port = port.unwrap_or(Scheme::HTTP.port);
                match find_listen(site, server, Some(Scheme::HTTPS), host, Some(port)) {
                    Ok(listen) => (Ok(listen), true),
                    Err(_) => (found, false),
                }
            }
            _ => (found, false),
        };
        let listen = match url_parts.host {
            Some(_) => found?,
            None => found.or_else(|_| find_listen(site, server, None, None, None))?,
        };
        let fixed = server.filter(|_| host.is_none());
        let at = fixed.unwrap_or(site.listens[usize::from(listen)].default_server);
        let host = host.map_or_else(|| name_of(site, at), str::to_owned);
        let target = match given.and(url_parts.host) {
            // As to a proxy: the target names the host, whatever the field says.
            Some(host) => {
                let scheme = site.listens[usize::from(listen)].scheme();
                format!("{}://{host}{}", scheme.name, url_parts.target)
            }
            None => url_parts.target.to_owned(),
        };
        let host = Some(host.as_bytes()).filter(|_| given.is_none());
        let head = read(site, at, method, target.as_bytes(), host, fields)?;
        let shown = format!("{method} {url}");
        Ok(Request { shown, listen, server: fixed, is_plain, from: None, head })
    }

    /// The same from a client with this address.
    pub fn from(self, address: IpAddr) -> Request {
        Request { from: Some(address), ..self }
    }

    /// A request that comes in at a listen: its method, its host, which may be empty, and its
    /// target. No field has a line break in it.
    pub(crate) fn with(
        site: &ir::Site,
        listen: ListenId,
        (method, host, target): (&str, &[u8], &[u8]),
        fields: &[(String, String)],
    ) -> Request {
        let server = site.listens[usize::from(listen)].default_server;
        let head = read(site, server, method, target, Some(host), fields);
        let head = head.unwrap_or_else(|reason| unreachable!("{reason}"));
        let shown = format!("{method} {}", String::from_utf8_lossy(target));
        Request { shown, listen, server: None, is_plain: false, from: None, head }
    }
}

/// Writes a head, and reads it as `server` does. An empty host is that of a request of an older
/// kind, which has none; without one, it is among the fields.
fn read(
    site: &ir::Site,
    server: ServerId,
    method: &str,
    target: &[u8],
    host: Option<&[u8]>,
    fields: &[(String, String)],
) -> Result<Result<Head, HeadError>, String> {
    let mut bytes = format!("{method} ").into_bytes();
    write_uri(&mut bytes, target);
    match host {
        Some(b"") => bytes.extend(b" HTTP/1.0\r\n"),
        Some(host) => bytes.extend([b" HTTP/1.1\r\nHost: ", host, b"\r\n"].concat()),
        None => bytes.extend(b" HTTP/1.1\r\n"),
    }
    // As clients do, even where there is no content.
    let takes_content = ["POST", "PUT", "PATCH"].contains(&method);
    if takes_content && !fields.iter().any(|(name, _)| frames_content(name)) {
        bytes.extend(b"Content-Length: 0\r\n");
    }
    for (name, value) in fields {
        bytes.extend(format!("{name}: {value}\r\n").bytes());
    }
    bytes.extend(b"\r\n");
    let mut head = Head::default();
    match head.parse(&bytes, &limits(&site.servers[usize::from(server)])) {
        Ok(Some(_)) => Ok(Ok(head)),
        Ok(None) => Err("a method or a field has a line break in it".to_owned()),
        Err(error) => Ok(Err(error)),
    }
}

impl<'a> Url<'a> {
    fn parse(url: &'a str) -> Result<Url<'a>, String> {
        if url.starts_with('/') || url == "*" {
            return Ok(Url { scheme: None, host: None, port: None, target: url });
        }
        let schemes = [Scheme::HTTP, Scheme::HTTPS];
        let find = |name: &str| schemes.into_iter().find(|it| it.name.eq_ignore_ascii_case(name));
        let (scheme, rest) = match url.split_once("://") {
            Some((name, rest)) => {
                (find(name).ok_or_else(|| format!("`{name}` is neither http nor https"))?, rest)
            }
            None => {
                return Err(format!("`{url}` is neither a path nor a URL that begins with http"));
            }
        };
        let (authority, target) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        let target = if target.is_empty() { "/" } else { target };
        if authority.is_empty() {
            return Err(format!("`{url}` has no host"));
        }
        let port = port_of(authority)?;
        Ok(Url { scheme: Some(scheme), host: Some(authority), port, target })
    }
}

fn is_host(name: &str) -> bool {
    name.eq_ignore_ascii_case("host")
}

fn frames_content(name: &str) -> bool {
    ["content-length", "transfer-encoding"].iter().any(|framing| name.eq_ignore_ascii_case(framing))
}

/// The port behind a host.
fn port_of(host: &str) -> Result<Option<u16>, String> {
    match split_port(host.as_bytes()).1 {
        None | Some(b"") => Ok(None),
        Some(port) => {
            let port = String::from_utf8_lossy(port);
            port.parse().map(Some).map_err(|_| format!("`{port}` is not a port"))
        }
    }
}

/// Where a connection for such a URL comes in. Without a scheme, any will do.
fn find_listen(
    site: &ir::Site,
    server: Option<ServerId>,
    scheme: Option<Scheme>,
    host: Option<&str>,
    port: Option<u16>,
) -> Result<ListenId, String> {
    let is_spoken = |id: &ListenId| {
        scheme.is_none_or(|scheme| site.listens[usize::from(*id)].scheme() == scheme)
    };
    let ids = || (0..site.listens.len()).map(|id| id as ListenId).filter(is_spoken);
    let of_server =
        |id: &ListenId| server.is_none_or(|server| site.listens[usize::from(*id)].reaches(server));
    let usual = scheme.unwrap_or(Scheme::HTTP);
    let at_port = |id: &ListenId| listen_port(site, *id) == Some(port.unwrap_or(usual.port));
    let of_host = |id: &ListenId| {
        let name = host.map(|host| split_port(host.as_bytes()).0).unwrap_or_default();
        let name = String::from_utf8_lossy(name);
        address(site, *id).starts_with(&format!("{name}:"))
    };
    let first = ids().find(of_server).or_else(|| ids().next());
    let nobody = || format!("no `listen` speaks {}", usual.name);
    let first = first.ok_or_else(nobody)?;
    if host.is_none() {
        return Ok(first);
    }
    let found = ids().find(|id| at_port(id) && of_host(id));
    let found = found.or_else(|| ids().find(|id| at_port(id) && of_server(id)));
    match found.or_else(|| ids().find(at_port)) {
        Some(listen) => Ok(listen),
        None if port.is_none() => Ok(first),
        None => {
            let port = port.unwrap_or(usual.port);
            let others = (0..site.listens.len()).map(|id| id as ListenId);
            let is_other = others.into_iter().any(|id| listen_port(site, id) == Some(port));
            let speaks = if is_other { format!("speaks {}", usual.name) } else { "listens".into() };
            Err(format!("nobody {speaks} on port {port}"))
        }
    }
}

/// The port of a listen, with the defaults of params.
pub(super) fn listen_port(site: &ir::Site, listen: ListenId) -> Option<u16> {
    let address = address(site, listen);
    address.rsplit(':').next().and_then(|port| port.parse().ok())
}

/// A host that a server answers to, for requests that name none.
fn name_of(site: &ir::Site, server: ServerId) -> String {
    let name = server_name(site, &site.servers[usize::from(server)].name);
    match name.is_empty() || name.contains(['*', '~', '/', ' ']) {
        true => "localhost".to_owned(),
        false => name,
    }
}

/// What heads may be like in a server.
fn limits(server: &ir::Server) -> Limits {
    let (count, line_len) = server.large_client_header_buffers;
    Limits {
        line_len,
        head_len: count * line_len,
        max_fields: server.max_headers as usize,
        ignore_invalid_fields: server.ignore_invalid_headers,
        underscores: server.underscores_in_headers,
        merge_slashes: server.merge_slashes,
    }
}
