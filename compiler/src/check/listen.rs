//! `listen` and `host`: the addresses of the servers, and who shares one.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use sitec_runtime::site::{ParamKind, ServerId};

use super::log::option;
use super::value::{self, Bind, Checked, Part};
use super::{Checker, named};
use crate::ast::{Directive, Word};
use crate::diagnostic::Diagnostic;
use crate::ir::{self, Address, StartPiece, StartText};
use crate::source::Span;
use crate::suggest::closest;

/// The backlog where none is given, as in nginx on Linux.
const DEFAULT_BACKLOG: i32 = 511;

/// One `listen` of one server.
pub(crate) struct Listen {
    address: Address,
    server: ServerId,
    /// The address in the conf.
    span: Span,
    default_server: Option<Span>,
    backlog: Option<(i32, Span)>,
    ipv6_only: Option<(bool, Span)>,
}

/// What `host` says.
enum Host {
    Ip(IpAddr),
    Param(StartText),
}

impl Checker<'_> {
    /// Takes the `listen` lines of a server; without one, it listens on port 80.
    pub(super) fn listens_of(&mut self, server: ServerId, directives: &[Directive], span: Span) {
        let host = named(directives, "host").next().map(|host| self.host(&host.args[0]));
        let host = match host {
            Some(host) => match self.report(host) {
                Some(host) => Some(host),
                None => return,
            },
            None => None,
        };
        let mut any = false;
        for directive in named(directives, "listen") {
            any = true;
            let listen = self.listen(directive, server, host.as_ref());
            if let Some(listen) = self.report(listen) {
                let unique = self.check_once(&listen, &directive.args[0]);
                if self.report(unique).is_some() {
                    self.listens.push(listen);
                }
            }
        }
        if !any {
            let address = with_port(host.as_ref(), 80);
            let (default_server, backlog, ipv6_only) = (None, None, None);
            self.listens.push(Listen { address, server, span, default_server, backlog, ipv6_only });
        }
    }

    /// That the server does not listen on the address already.
    fn check_once(&self, listen: &Listen, word: &Word) -> Checked<()> {
        let mine = self.listens.iter().rev().take_while(|other| other.server == listen.server);
        match mine.into_iter().find(|other| other.address == listen.address) {
            None => Ok(()),
            Some(first) => {
                let message = format!("duplicate `listen {}`", word.shown());
                let diagnostic = Diagnostic::error("D06", listen.span, message);
                Err(Box::new(diagnostic.also(first.span, "first here")))
            }
        }
    }

    fn host(&mut self, word: &Word) -> Checked<Host> {
        if word.value.contains(&b'$') {
            let text = self.params.start_text(word, 0, ParamKind::Ip)?;
            return match &text[..] {
                [StartPiece::Param(_)] => Ok(Host::Param(text)),
                _ => Err(partial(word)),
            };
        }
        value::ip(word).map(Host::Ip)
    }

    fn listen(
        &mut self,
        directive: &Directive,
        server: ServerId,
        host: Option<&Host>,
    ) -> Checked<Listen> {
        let [word, options @ ..] = &directive.args[..] else {
            unreachable!("the table asks for a parameter")
        };
        let address = if word.value.contains(&b'$') {
            self.address_with_params(word, host)?
        } else {
            match value::bind(word)? {
                Bind::Port(port) => with_port(host, port),
                Bind::Ip(address) => Address::Ip(address),
                Bind::Unix(path) => Address::Unix(vec![StartPiece::Literal(path)]),
            }
        };
        let (default_server, backlog, ipv6_only) = (None, None, None);
        let span = word.span;
        let mut listen = Listen { address, server, span, default_server, backlog, ipv6_only };
        for word in options {
            let taken = self.listen_option(&mut listen, word);
            self.report(taken);
        }
        Ok(listen)
    }

    fn listen_option(&mut self, listen: &mut Listen, word: &Word) -> Checked<()> {
        match (&word.value[..], option(word)) {
            (b"default_server", _) => listen.default_server = Some(word.span),
            (b"default", _) => {
                let message = "`default` is spelled `default_server` today";
                self.diagnostics.push(Diagnostic::warning("D13", word.span, message).patch(
                    "write `default_server`",
                    word.span,
                    "default_server",
                ));
                listen.default_server = Some(word.span);
            }
            // Each address has a socket of its own, and one for each worker, in any case.
            (b"reuseport" | b"bind", _) => {}
            (_, Some((b"backlog", value))) => {
                let backlog = value::count(&value, 1..=i32::MAX as u64)? as i32;
                listen.backlog = Some((backlog, word.span));
            }
            (_, Some((b"ipv6only", value))) => {
                let only = value::flag(&value)?;
                if let Address::Ip(SocketAddr::V4(_)) | Address::Unix(_) = listen.address {
                    let message = "`ipv6only` belongs to IPv6 addresses";
                    return Err(Box::new(Diagnostic::error("T07", word.span, message)));
                }
                listen.ipv6_only = Some((only, word.span));
            }
            _ => return Err(unknown_option(word)),
        }
        Ok(())
    }

    /// An address in which `${NAME}` is the whole, the port, the host, or part of a path.
    fn address_with_params(&mut self, word: &Word, host: Option<&Host>) -> Checked<Address> {
        if word.value.starts_with(b"unix:") {
            return Ok(Address::Unix(self.params.start_text(word, 5, ParamKind::Path)?));
        }
        let kinds: &[ParamKind] = match &value::split(word, 0)?[..] {
            [Part::Name { .. }] if host.is_some() => &[ParamKind::Port],
            [Part::Name { .. }] => &[ParamKind::Listen],
            [Part::Literal(front), Part::Name { .. }] if front.ends_with(b":") => {
                // With a port in the place of the param, it must be an address.
                let mut probe = word.clone();
                probe.value = [&front[..], b"1"].concat();
                value::bind(&probe)?;
                &[ParamKind::Port]
            }
            [Part::Name { .. }, Part::Literal(end)] if end.starts_with(b":") => {
                value::port(&word.tail(word.value.len() - end.len() + 1))?;
                &[ParamKind::Ip]
            }
            [Part::Name { .. }, Part::Literal(colon), Part::Name { .. }] if colon == b":" => {
                &[ParamKind::Ip, ParamKind::Port]
            }
            _ => return Err(partial(word)),
        };
        let mut kinds = kinds.iter();
        let mut text = Vec::new();
        if let ([ParamKind::Port], Some(host), true) =
            (kinds.as_slice(), host, word.value.starts_with(b"$"))
        {
            text.extend(host_text(host));
            text.push(StartPiece::Literal(":".into()));
        }
        for part in value::split(word, 0)? {
            match part {
                Part::Name { range, .. } => {
                    let kind = *kinds.next().unwrap_or(&ParamKind::Text);
                    let one = one_param(word, range);
                    text.extend(self.params.start_text(&one, 0, kind)?);
                }
                Part::Literal(bytes) => {
                    let literal = String::from_utf8_lossy(&bytes).replace('*', "0.0.0.0");
                    text.push(StartPiece::Literal(literal));
                }
                Part::Group { .. } => return Err(partial(word)),
            }
        }
        Ok(Address::Param(text))
    }

    /// The distinct addresses, each with its servers.
    pub(super) fn group_listens(&mut self) -> Vec<ir::Listen> {
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
        resolved
    }

    fn listen_group(&mut self, group: &[&Listen]) -> ir::Listen {
        let first = group[0];
        let default = self.only_default(group);
        let backlog = self.agreed(group, "backlog", |listen| listen.backlog);
        let ipv6_only = self.agreed(group, "ipv6only", |listen| listen.ipv6_only);
        let servers: Vec<_> = group.iter().map(|listen| listen.server).collect();
        let (names, param_names) = self.names_at(&shown(&first.address), &servers);
        ir::Listen {
            address: first.address.clone(),
            backlog: backlog.unwrap_or(DEFAULT_BACKLOG),
            ipv6_only: ipv6_only.unwrap_or(true),
            shared_port: false,
            names,
            param_names,
            default_server: default.unwrap_or(first).server,
        }
    }

    fn only_default<'a>(&mut self, group: &[&'a Listen]) -> Option<&'a Listen> {
        let mut defaults = group.iter().filter_map(|l| Some((*l, l.default_server?)));
        let (listen, first) = defaults.next()?;
        for (_, second) in defaults {
            let message = format!("`{}` has a default server already", shown(&listen.address));
            let diagnostic = Diagnostic::error("K03", second, message);
            self.diagnostics.push(diagnostic.also(first, "first default here"));
        }
        Some(listen)
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
            self.diagnostics.push(diagnostic.also(first, "first given here"));
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
            self.diagnostics.push(
                Diagnostic::error("K05", second.span, message)
                    .also(first.span, "the other one is here")
                    .help("leave out `ipv6only=off`, or the `listen` for IPv4"),
            );
        }
    }
}

fn with_port(host: Option<&Host>, port: u16) -> Address {
    match host {
        None => Address::Ip(SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), port)),
        Some(Host::Ip(ip)) => Address::Ip(SocketAddr::new(*ip, port)),
        Some(Host::Param(text)) => {
            let mut text = text.clone();
            text.push(StartPiece::Literal(format!(":{port}")));
            Address::Param(text)
        }
    }
}

fn host_text(host: &Host) -> StartText {
    match host {
        Host::Ip(IpAddr::V4(ip)) => vec![StartPiece::Literal(ip.to_string())],
        Host::Ip(IpAddr::V6(ip)) => vec![StartPiece::Literal(format!("[{ip}]"))],
        Host::Param(text) => text.clone(),
    }
}

/// The part of a word that is one `${NAME}`, as a word.
fn one_param(word: &Word, range: std::ops::Range<usize>) -> Word {
    let mut one = word.tail(range.start);
    one.value.truncate(range.len());
    one
}

fn partial(word: &Word) -> Box<Diagnostic> {
    let message = "a param is a whole address, a whole port or a whole `ADDRESS:PORT` here";
    Box::new(Diagnostic::error("T26", word.span, message))
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
            })
            .collect()
    };
    match address {
        Address::Ip(address) => address.to_string(),
        Address::Unix(path) => format!("unix:{}", text(path)),
        Address::Param(pieces) => text(pieces),
    }
}

fn unknown_option(word: &Word) -> Box<Diagnostic> {
    const KNOWN: &[&str] = &["default_server", "backlog", "ipv6only", "reuseport"];
    let shown = word.shown();
    let name = shown.split('=').next().unwrap_or_default();
    let not_built = |what: &str, help: &str| {
        let message = format!("`{shown}`: {what}");
        Box::new(Diagnostic::error("D14", word.span, message).help(help))
    };
    match name {
        "ssl" | "http2" | "quic" | "http3" | "spdy" => {
            not_built("TLS is not built in", "put a TLS proxy in front, and listen behind it")
        }
        "proxy_protocol" => not_built("the PROXY protocol is not built in", "leave it out"),
        "setfib" | "fastopen" | "rcvbuf" | "sndbuf" | "accept_filter" | "deferred"
        | "so_keepalive" | "multipath" => {
            not_built("this option of sockets is not built in", "leave it out")
        }
        _ => {
            let message = format!("`listen` has no parameter `{shown}`");
            let diagnostic = Diagnostic::error("T25", word.span, message);
            Box::new(match closest(name, KNOWN.iter().copied()) {
                Some(meant) => diagnostic.help(format!("did you mean `{meant}`?")),
                None => diagnostic,
            })
        }
    }
}
