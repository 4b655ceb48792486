//! The distinct addresses, and the servers that share each.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};

use sitec_runtime::site::SocketOptions;

use crate::check::draft::{Draft, Listen};
use crate::check::noted::Name;
use crate::diagnostic::Diagnostic;
use crate::ir::{self, Address, StartPiece, StartText};
use crate::source::Span;
use crate::value::ServerName;

/// The backlog where none is given, as in nginx on Linux.
const DEFAULT_BACKLOG: i32 = 511;

impl Draft<'_> {
    /// The distinct addresses, each with its servers.
    pub(in crate::check) fn group_listens(&mut self) -> Vec<ir::Listen> {
        let listens = std::mem::take(&mut self.listens);
        let mut groups: Vec<Vec<&Listen>> = Vec::new();
        let mut places = HashMap::new();
        for listen in &listens {
            let place = *places.entry(&listen.address).or_insert(groups.len());
            if place == groups.len() {
                groups.push(Vec::new());
            }
            groups[place].push(listen);
        }
        let mut resolved: Vec<_> = groups.iter().map(|group| self.listen_group(group)).collect();
        self.check_overlaps(&groups, &mut resolved);
        self.settle_tls(&groups, &resolved);
        if !self.reader.diagnostics.has_errors() {
            groups.iter().for_each(|group| self.check_default(group));
        }
        resolved
    }

    fn listen_group(&mut self, group: &[&Listen]) -> ir::Listen {
        let first = group[0];
        let default = self.only_default(group);
        let backlog = self.agreed(group, "backlog", |listen| listen.backlog);
        let ipv6_only = self.agreed(group, "ipv6only", |listen| listen.ipv6_only);
        let (ipv6_only, ipv6_only_given) = (ipv6_only.unwrap_or(true), ipv6_only.is_some());
        let socket = SocketOptions {
            rcvbuf: self.agreed(group, "rcvbuf", |listen| listen.rcvbuf),
            sndbuf: self.agreed(group, "sndbuf", |listen| listen.sndbuf),
            keepalive: self.agreed(group, "so_keepalive", |listen| listen.keepalive),
            fastopen: self.agreed(group, "fastopen", |listen| listen.fastopen),
        };
        if let Address::Ip(address) = &first.address {
            self.check_mapped(*address, ipv6_only, first.span);
        }
        self.check_switches(group, default.unwrap_or(first));
        let servers: Vec<_> = group.iter().map(|listen| listen.server).collect();
        let (names, start_names) = self.names_at(&shown(&first.address), &servers);
        let default_server = default.unwrap_or(first).server;
        ir::Listen {
            address: first.address.clone(),
            backlog: backlog.unwrap_or(DEFAULT_BACKLOG),
            ipv6_only,
            ipv6_only_given,
            proxy_protocol: group.iter().any(|listen| listen.proxy_protocol),
            tls: group.iter().any(|listen| listen.ssl.is_some()),
            http2: group.iter().any(|listen| listen.http2),
            deferred: group.iter().any(|listen| listen.deferred),
            socket,
            shared_port: false,
            names,
            start_names,
            default_server,
        }
    }

    /// That the default server says `ssl` of an address where another one has `ssl on`: in nginx, the
    /// address does not speak TLS otherwise.
    fn check_switches(&mut self, group: &[&Listen], default: &Listen) {
        let by_listen = group.iter().any(|listen| listen.ssl.is_some() && listen.ssl_on.is_none());
        let switch = group.iter().find_map(|listen| listen.ssl_on);
        if let Some(place) = switch.filter(|_| !by_listen && default.ssl_on.is_none()) {
            let message =
                format!("the default server of `{}` does not speak TLS", shown(&default.address));
            self.reader.diagnostics.push(
                Diagnostic::error("K06", place, message)
                    .also(default.span, "this is its default server")
                    .help("write `ssl` behind the address in `listen`"),
            );
        }
    }

    /// That a socket of IPv6 alone is not to have an address of IPv4: no system binds it.
    fn check_mapped(&mut self, address: SocketAddr, ipv6_only: bool, span: Span) {
        let IpAddr::V6(ip) = address.ip() else { return };
        if let Some(ip) = ip.to_ipv4_mapped().filter(|_| ipv6_only) {
            let message = format!("`{address}` is an IPv4 address, which no IPv6 socket takes");
            let plain = SocketAddr::new(ip.into(), address.port());
            let help = format!("write `{plain}`, or add `ipv6only=off`");
            self.reader.diagnostics.push(Diagnostic::error("T07", span, message).help(help));
        }
    }

    fn only_default<'a>(&mut self, group: &[&'a Listen]) -> Option<&'a Listen> {
        let mut defaults = group.iter().filter_map(|l| Some((*l, l.default_server?)));
        let (listen, first) = defaults.next()?;
        for (_, second) in defaults {
            let message = format!("`{}` has a default server already", shown(&listen.address));
            let diagnostic = Diagnostic::error("K03", second, message);
            let help = "leave `default_server` out of one of them";
            self.reader.diagnostics.push(diagnostic.also(first, "first default here").help(help));
        }
        Some(listen)
    }

    /// That nobody is surprised who gets the requests for hosts that no server has a name for.
    /// A first server that has no name of its own can only be meant for them.
    fn check_default(&mut self, group: &[&Listen]) {
        let [first, _, ..] = group else { return };
        if group.iter().any(|listen| listen.default_server.is_some()) {
            return;
        }
        let is_nobody = |(name, _): &(Name, Span)| matches!(name, Name::Known(ServerName::Exact(name)) if name.is_empty() || name == b"_");
        let server = &self.servers[usize::from(first.server)];
        if server.names.iter().all(is_nobody) {
            return;
        }
        let message = format!("no server on `{}` is its default", shown(&first.address));
        self.reader.diagnostics.push(
            Diagnostic::warning("K04", first.span, message)
                .label("requests for any other host come here, since it stands first")
                .help(
                    "add `default_server` here, or a server that turns them away: \
                     `server { listen … default_server; return 444; }`",
                ),
        );
    }

    /// The value of an option, on which all who give it must agree.
    fn agreed<T: PartialEq + Copy>(
        &mut self,
        group: &[&Listen],
        name: &str,
        value: impl Fn(&Listen) -> Option<(T, Span)>,
    ) -> Option<T> {
        let mut given = group.iter().filter_map(|listen| value(listen));
        let (agreed, first) = given.next()?;
        for (_, span) in given.filter(|(other, _)| *other != agreed) {
            let address = shown(&group[0].address);
            let message = format!("`{address}` has another `{name}` already");
            let diagnostic = Diagnostic::error("K06", span, message);
            let help = format!("leave `{name}` out here: one `listen` says it for the address");
            self.reader.diagnostics.push(diagnostic.also(first, "first given here").help(help));
        }
        Some(agreed)
    }

    /// Marks the addresses that share their port with another one, and refuses those that
    /// cannot be bound side by side.
    fn check_overlaps(&mut self, groups: &[Vec<&Listen>], resolved: &mut [ir::Listen]) {
        let mut by_port: HashMap<u16, Vec<usize>> = HashMap::new();
        let mut open = Vec::new();
        for (i, listen) in resolved.iter().enumerate() {
            match &listen.address {
                Address::Ip(address) => by_port.entry(address.port()).or_default().push(i),
                Address::Param(_) => open.push(i),
                Address::Unix(_) => {}
            }
        }
        for members in by_port.values() {
            for (nth, &a) in members.iter().enumerate() {
                for &b in &members[nth + 1..] {
                    if overlap(&resolved[a], &resolved[b]) {
                        resolved[a].shared_port = true;
                        resolved[b].shared_port = true;
                        self.check_bindable(groups[a][0], groups[b][0]);
                    }
                }
            }
        }
        // Which port a param gives is not known yet.
        let sockets = resolved.iter().filter(|listen| !is_unix(&listen.address)).count();
        if !open.is_empty() && sockets > 1 {
            let sockets = resolved.iter_mut().filter(|listen| !is_unix(&listen.address));
            sockets.for_each(|listen| listen.shared_port = true);
        }
    }

    /// `[::]` with IPv4 and `0.0.0.0` are both every IPv4 address.
    fn check_bindable(&mut self, a: &Listen, b: &Listen) {
        let is_any = |listen: &Listen| matches!(listen.address, Address::Ip(address) if address.ip().is_unspecified());
        if is_any(a) && is_any(b) {
            let (first, second) = if a.span < b.span { (a, b) } else { (b, a) };
            let message = "this address takes IPv4 connections that another one takes too";
            self.reader.diagnostics.push(
                Diagnostic::error("K05", second.span, message)
                    .also(first.span, "the other one is here")
                    .help("leave out `ipv6only=off`, or the `listen` for IPv4"),
            );
        }
    }
}

fn is_unix(address: &Address) -> bool {
    matches!(address, Address::Unix(_))
}

/// Whether a connection to one address of one of the two could be the other's too.
fn overlap(a: &ir::Listen, b: &ir::Listen) -> bool {
    let (Address::Ip(first), Address::Ip(second)) = (&a.address, &b.address) else { return false };
    let covers = |any: &SocketAddr, only_6: bool, other: &SocketAddr| {
        any.ip().is_unspecified() && (any.is_ipv4() == other.is_ipv4() || any.is_ipv6() && !only_6)
    };
    covers(first, a.ipv6_only, second) || covers(second, b.ipv6_only, first)
}

/// An address for a message.
fn shown(address: &Address) -> String {
    let text = |text: &StartText| -> String {
        text.iter()
            .map(|piece| match piece {
                StartPiece::Literal(text) => text.as_str(),
                StartPiece::Param(_) => "${…}",
                StartPiece::HostName => StartPiece::HOST_NAME,
            })
            .collect()
    };
    match address {
        Address::Ip(address) => address.to_string(),
        Address::Unix(path) => format!("unix:{}", text(path)),
        Address::Param(pieces) => text(pieces),
    }
}
