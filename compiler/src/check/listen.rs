//! `listen` and `host`: the addresses of the servers, and who shares one.

mod group;
mod keepalive;
mod params;

use std::net::{Ipv4Addr, SocketAddr};

use sitec_runtime::pure::{BindAddress, parse_listen};
use sitec_runtime::site::{ParamKind, ServerId};

use super::draft::{Draft, Listen};
use crate::ast::{Directive, Word, named};
use crate::diagnostic::Diagnostic;
use crate::ir::{Address, StartPiece};
use crate::source::Span;
use crate::suggest::closest;
use crate::value::{self, Bind, Checked};
use keepalive::keepalive;
use params::{Host, partial};

impl Draft<'_> {
    /// Takes the `listen` lines of a server; without one, it listens on port 80. `is_secure`: by
    /// `ssl on`, all of them speak TLS.
    pub(super) fn listens_of(
        &mut self,
        server: ServerId,
        directives: &[Directive],
        span: Span,
        is_secure: bool,
    ) {
        let first = self.listens.len();
        self.listens_written(server, directives, span);
        let switch = named(directives, "ssl").next().map_or(span, Directive::span);
        for listen in self.listens[first..].iter_mut().filter(|listen| listen.ssl.is_none()) {
            listen.ssl_on = is_secure.then_some(switch);
            listen.ssl = listen.ssl_on;
        }
    }

    fn listens_written(&mut self, server: ServerId, directives: &[Directive], span: Span) {
        let host = named(directives, "host").next().map(|host| self.host(&host.args[0]));
        let host = match host {
            Some(host) => match self.reader.report(host) {
                Some(host) => Some(host),
                None => return,
            },
            None => None,
        };
        let of_quic = |directive: &Directive| -> Option<Word> {
            directive.args.iter().find(|word| word.value == b"quic").cloned()
        };
        let mut any = false;
        for directive in named(directives, "listen").filter(|it| of_quic(it).is_none()) {
            any = true;
            let listens = self.listens(directive, server, host.as_ref());
            for listen in self.reader.report(listens).unwrap_or_default() {
                let unique = self.check_once(&listen, &directive.args[0]);
                if self.reader.report(unique).is_none() {
                    break;
                }
                self.listens.push(listen);
            }
        }
        let quics: Vec<_> = named(directives, "listen").filter_map(of_quic).collect();
        self.reader.diagnostics.extend(quics.iter().map(|word| without_quic(word, any)));
        if !any && quics.is_empty() {
            self.listens.push(Listen::plain(with_port(host.as_ref(), 80), server, span));
        }
    }

    /// Says of an `ssl on` what it is called today.
    pub(super) fn warn_of_old_ssl(&mut self, directives: &[Directive]) {
        for directive in named(directives, "ssl").filter(|it| it.args[0].value == b"on") {
            let message = "`ssl` is a parameter of `listen` today";
            self.reader.diagnostics.push(
                Diagnostic::warning("D13", directive.span(), message)
                    .help("leave it out, and write `listen 443 ssl;`"),
            );
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
                Err(Box::new(diagnostic.also(first.span, "first here").help("delete one of them")))
            }
        }
    }

    fn host(&mut self, word: &Word) -> Checked<Host> {
        if word.value.contains(&b'$') {
            let text = self.reader.params.start_text(word, 0, ParamKind::Ip)?;
            return match &text[..] {
                [StartPiece::Param(_)] => Ok(Host::Param(text)),
                _ => Err(partial(word)),
            };
        }
        value::ip(word).map(Host::Ip)
    }

    /// What a `listen` asks for, for each of its ports.
    fn listens(
        &mut self,
        directive: &Directive,
        server: ServerId,
        host: Option<&Host>,
    ) -> Checked<Vec<Listen>> {
        let [word, options @ ..] = &directive.args[..] else {
            unreachable!("the table asks for a parameter")
        };
        let mut addresses = if word.value.contains(&b'$') {
            vec![self.reader.address_with_params(word, host)?]
        } else {
            let address = |bind| match bind {
                Bind::Port(port) => with_port(host, port),
                Bind::Ip(address) => Address::Ip(address),
                Bind::Unix(path) => Address::Unix(vec![StartPiece::Literal(path)]),
            };
            value::binds(word)?.into_iter().map(address).collect()
        };
        let mut listen = Listen::plain(addresses.remove(0), server, word.span);
        for word in options {
            let taken = self.listen_option(&mut listen, word);
            self.reader.report(taken);
        }
        let others = addresses.into_iter().map(|address| Listen { address, ..listen.clone() });
        let others: Vec<_> = others.collect();
        Ok([listen].into_iter().chain(others).collect())
    }

    fn family(&self, address: &Address) -> Family {
        let of = |address: &SocketAddr| if address.is_ipv4() { Family::V4 } else { Family::V6 };
        match address {
            Address::Ip(address) => of(address),
            Address::Unix(_) => Family::Unix,
            Address::Param(text) => match parse_listen(&self.reader.params.text(text)) {
                Some(BindAddress::Ip(address)) => of(&address),
                Some(BindAddress::Unix(_)) => Family::Unix,
                None => Family::Unknown,
            },
        }
    }

    fn listen_option(&mut self, listen: &mut Listen, word: &Word) -> Checked<()> {
        match (&word.value[..], word.option()) {
            (b"default_server", _) => listen.default_server = Some(word.span),
            (b"default", _) => {
                let message = "`default` is spelled `default_server` today";
                self.reader.diagnostics.push(Diagnostic::warning("D13", word.span, message).patch(
                    "write `default_server`",
                    word.span,
                    "default_server",
                ));
                listen.default_server = Some(word.span);
            }
            (b"deferred", _) => {
                self.must_be_tcp(listen, word, "deferred")?;
                listen.deferred = true;
            }
            (b"proxy_protocol", _) => listen.proxy_protocol = true,
            (b"ssl", _) => listen.ssl = Some(word.span),
            (b"http2", _) => {
                listen.http2 = true;
                let message = "`http2` is a directive today";
                self.reader.diagnostics.push(
                    Diagnostic::warning("D13", word.span, message)
                        .help("leave it out, and write `http2 on;` in the server"),
                );
            }
            (_, Some((b"rcvbuf", value))) => {
                listen.rcvbuf = Some((value::buffer_len(&value)? as i32, word.span));
            }
            (_, Some((b"sndbuf", value))) => {
                listen.sndbuf = Some((value::buffer_len(&value)? as i32, word.span));
            }
            (_, Some((b"fastopen", value))) => {
                self.must_be_tcp(listen, word, "fastopen")?;
                let most = value::count(&value, 0..=i32::MAX as u64)? as i32;
                listen.fastopen = Some((most, word.span));
            }
            (_, Some((b"so_keepalive", value))) => {
                self.must_be_tcp(listen, word, "so_keepalive")?;
                listen.keepalive = Some((keepalive(&value)?, word.span));
            }
            // As in nginx, a system that has none goes without.
            (_, Some((b"accept_filter", _))) => {
                let message = "`accept_filter` has no effect: Linux has no filters of this kind";
                self.reader.diagnostics.push(
                    Diagnostic::warning("D08", word.span, message).help(
                        "`deferred` holds connections back until their first bytes are there",
                    ),
                );
            }
            // Each address has a socket of its own, and one for each worker, in any case.
            (b"reuseport" | b"bind", _) => {}
            (_, Some((b"backlog", value))) => {
                let backlog = value::count(&value, 1..=i32::MAX as u64)? as i32;
                listen.backlog = Some((backlog, word.span));
            }
            (_, Some((b"ipv6only", value))) => {
                let only = value::flag(&value)?;
                if matches!(self.family(&listen.address), Family::V4 | Family::Unix) {
                    let message = "`ipv6only` belongs to IPv6 addresses";
                    return Err(Box::new(Diagnostic::error("T07", word.span, message)));
                }
                listen.ipv6_only = Some((only, word.span));
            }
            _ => return Err(unknown_option(word)),
        }
        Ok(())
    }

    /// That an option stands at an address of TCP.
    fn must_be_tcp(&self, listen: &Listen, word: &Word, name: &str) -> Checked<()> {
        match self.family(&listen.address) {
            Family::Unix => {
                let message = format!("`{name}` belongs to TCP");
                Err(Box::new(Diagnostic::error("T07", word.span, message)))
            }
            Family::V4 | Family::V6 | Family::Unknown => Ok(()),
        }
    }
}

/// What kind of address a `listen` has, with the defaults of params.
enum Family {
    V4,
    V6,
    Unix,
    /// A default that is no address, which is told where it stands.
    Unknown,
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

/// Versions of HTTP that are not spoken.
const VERSIONS: &[&str] = &["http3", "spdy"];

/// What to say of a `listen` for HTTP/3. Whoever would speak it comes by TCP.
fn without_quic(word: &Word, has_others: bool) -> Diagnostic {
    match has_others {
        true => Diagnostic::warning("D08", word.span, "`quic` has no effect: HTTP/3 is not spoken")
            .help("delete the line, and a field `Alt-Svc` that names `h3`")
            .note("a client that is told of HTTP/3 tries it first, and then comes by TCP"),
        false => Diagnostic::error("D14", word.span, "this server would speak HTTP/3 alone")
            .label("the server speaks HTTP/1.1 and HTTP/2")
            .help("let it listen for these: `listen 443 ssl;` and `http2 on;`"),
    }
}

fn unknown_option(word: &Word) -> Box<Diagnostic> {
    const KNOWN: &[&str] = &[
        "default_server",
        "backlog",
        "ipv6only",
        "reuseport",
        "deferred",
        "proxy_protocol",
        "http2",
        "rcvbuf",
        "sndbuf",
        "so_keepalive",
        "fastopen",
        "ssl",
    ];
    let shown = word.shown();
    let name = shown.split('=').next().unwrap_or_default();
    let not_built = |what: &str, help: &str| {
        let message = format!("`{shown}`: {what}");
        Box::new(Diagnostic::error("D14", word.span, message).help(help))
    };
    match name {
        _ if VERSIONS.contains(&name) => not_built(
            "the server speaks HTTP/1.1 and HTTP/2",
            "leave it out; a proxy in front can speak other versions to clients",
        ),
        "setfib" | "multipath" => {
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
