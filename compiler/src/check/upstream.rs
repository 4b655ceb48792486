//! `upstream`: the servers that requests are passed on to, and how they are named.

mod sticky;

use sitec_runtime::site::{ParamKind, UpstreamId};

use super::groups::Groups;
use super::noted::UpstreamPlace;
use super::reader::Reader;
use crate::ast::{Block, Directive, Word, named};
use crate::diagnostic::Diagnostic;
use crate::directive::{self, Context, Values};
use crate::ir::{Balance, Command, Peer, StartPiece, StartText, Upstream};
use crate::source::Span;
use crate::suggest::closest;
use crate::value::{self, Bind, Checked, Part, count, time_ms};

/// The port of an address that names none.
const DEFAULT_PORT: &str = "80";
/// The most of anything that is counted.
const MOST: u64 = u32::MAX as u64;

/// A host with or without a port, or a socket in the file system.
pub(super) struct Authority {
    /// As it is written.
    name: String,
    host: StartText,
    /// Empty where none is written, and for a socket.
    port: StartText,
    /// Where the port is, if one is written.
    port_span: Option<Span>,
    kind: Kind,
    /// The port where none is written.
    default_port: &'static str,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A host.
    Host,
    /// A socket in the file system.
    Socket,
    /// Whatever the param is that stands for all of it.
    Param,
}

impl Authority {
    /// The same where another port is meant if none is written.
    pub(super) fn with_default_port(self, default_port: &'static str) -> Authority {
        Authority { default_port, ..self }
    }

    /// See [`Peer::address`].
    fn address(&self) -> StartText {
        let mut address = self.host.clone();
        if self.kind == Kind::Host {
            push(&mut address, ":");
            let port = match self.port.is_empty() {
                true => literal(self.default_port),
                false => self.port.clone(),
            };
            port.into_iter().for_each(|piece| match piece {
                StartPiece::Literal(text) => push(&mut address, &text),
                piece => address.push(piece),
            });
        }
        address
    }

    /// What it is called without an `upstream`: two ports of one host are not the same.
    fn own_name(&self) -> String {
        match self.kind {
            Kind::Host if self.port.is_empty() && self.default_port != DEFAULT_PORT => {
                format!("{}:{}", self.name, self.default_port)
            }
            Kind::Host | Kind::Socket | Kind::Param => self.name.clone(),
        }
    }

    /// What `proxy_pass` asks without an `upstream`.
    fn upstream(&self) -> Upstream {
        let (mut host, mut port) = (self.host.clone(), self.port.clone());
        match self.kind {
            Kind::Socket => host = literal("localhost"),
            Kind::Host if port.is_empty() || port == literal(self.default_port) => {
                port = literal(self.default_port);
            }
            Kind::Host => {
                push(&mut host, ":");
                for piece in &port {
                    match piece {
                        StartPiece::Literal(text) => push(&mut host, text),
                        piece => host.push(piece.clone()),
                    }
                }
            }
            Kind::Param => port = literal(self.default_port),
        }
        Upstream {
            name: self.own_name(),
            host,
            port,
            is_optional: false,
            peers: vec![Peer::plain(self.address())],
            balance: Balance::RoundRobin,
            commands: Vec::new(),
            is_shared: false,
            sticky: None,
            health: None,
            plain: Values::DEFAULT.upstream,
        }
    }
}

fn literal(text: &str) -> StartText {
    vec![StartPiece::Literal(text.to_owned())]
}

/// Adds text at the end, as part of the literal there if there is one.
fn push(text: &mut StartText, more: &str) {
    match text.last_mut() {
        Some(StartPiece::Literal(last)) => last.push_str(more),
        _ => text.push(StartPiece::Literal(more.to_owned())),
    }
}

impl Reader<'_> {
    /// Takes the upstreams of a conf, which a `proxy_pass` may come before.
    pub(super) fn read_upstreams(&mut self, directives: &[Directive]) {
        for directive in directives {
            let Some(block) = &directive.block else { continue };
            match &directive.name.value[..] {
                b"http" => self.read_upstreams(&block.directives),
                b"upstream" => {
                    let upstream = self.upstream(directive, block);
                    if let Some(upstream) = self.report(upstream) {
                        self.upstreams.push(upstream);
                        let span = Some(directive.args[0].span);
                        self.upstream_places.push(UpstreamPlace { span, is_used: false });
                    }
                }
                _ => {}
            }
        }
    }

    fn upstream(&mut self, directive: &Directive, block: &Block) -> Checked<Upstream> {
        let word = &directive.args[0];
        let name = super::param::utf8(word, word.value.clone())?;
        if let Some(at) = self.find_upstream(&name) {
            let message = format!("there is an upstream `{name}` already");
            let wrong = Diagnostic::error("D06", word.span, message);
            let first = self.upstream_places[at].span;
            return Err(Box::new(match first {
                Some(first) => wrong.also(first, "the first one is here"),
                None => wrong,
            }));
        }
        let directives = &block.directives;
        let mut values = Values::DEFAULT;
        for line in directives {
            let name = line.name.text().unwrap_or_default();
            let row = directive::find_in(name, Context::Upstream);
            if let Some(setting) = row.and_then(|row| row.setting) {
                let read = setting.read(line, &mut values, self.diagnostics);
                self.report(read);
            }
        }
        let balance = self.balance(directives);
        let (balance, without_backup) = self.report(balance).unwrap_or((Balance::RoundRobin, None));
        let mut peers = Vec::new();
        for line in named(directives, "server") {
            let peer = self.peer(line, without_backup);
            peers.extend(self.report(peer));
        }
        for word in named(directives, "zone").filter_map(|line| line.args.get(1)) {
            let len = value::size(word);
            self.report(len);
        }
        let sticky = self.sticky(directives);
        let sticky = self.report(sticky).flatten();
        let commands = self.commands(directives);
        // A line that is wrong is not there any more, and was told of.
        let inside = block.open.to(block.close);
        let is_inside = |wrong: &&Diagnostic| {
            let place = wrong.primary.span;
            place.file == inside.file && (inside.start..=inside.end).contains(&place.start)
        };
        let was_wrong = self.diagnostics.sorted().into_iter().any(|wrong| is_inside(&wrong));
        if named(directives, "server").next().is_none() && !was_wrong {
            let message = format!("there are no servers in the upstream `{name}`");
            return Err(Box::new(
                Diagnostic::error("U07", directive.span(), message)
                    .help("add one: `server 127.0.0.1:8080;`"),
            ));
        }
        if !peers.is_empty() && peers.iter().all(|peer| peer.down) {
            let message = format!("all servers of the upstream `{name}` are down");
            self.diagnostics.push(
                Diagnostic::warning("U07", word.span, message)
                    .label("502 for every request that is passed on to it"),
            );
        }
        Ok(Upstream {
            host: literal(&name),
            port: literal(DEFAULT_PORT),
            name,
            is_optional: false,
            peers,
            balance,
            commands,
            is_shared: named(directives, "zone").next().is_some(),
            sticky,
            health: None,
            plain: values.upstream,
        })
    }

    /// The programs that run beside the server: each listens where the server of the same place in the
    /// conf is.
    fn commands(&mut self, directives: &[Directive]) -> Vec<Command> {
        let mut servers = named(directives, "server");
        let mut commands = Vec::new();
        for line in named(directives, "upstream_command") {
            let Some(server) = servers.next() else {
                let message = "there is no `server` that this program would be";
                self.diagnostics.push(
                    Diagnostic::error("U07", line.span(), message)
                        .label("each program is one server, in the order of the conf")
                        .help("say where it listens: `server 127.0.0.1:8001;` or `server unix:run/app.sock;`"),
                );
                continue;
            };
            let command = self.command(line, server);
            commands.extend(self.report(command));
        }
        commands
    }

    fn command(&mut self, line: &Directive, server: &Directive) -> Checked<Command> {
        let [program, args @ ..] = &line.args[..] else { unreachable!("the structure is checked") };
        if let Some(word) = server.args.first().filter(|word| is_elsewhere(word)) {
            let message = "a program beside this server listens on this machine";
            return Err(Box::new(
                Diagnostic::error("U07", word.span, message)
                    .also(line.span(), "this is the program")
                    .help("write `127.0.0.1:PORT` or `unix:PATH`"),
            ));
        }
        let name = self.params.start_text(program, 0, ParamKind::Path)?;
        let args = args.iter().map(|word| self.params.start_text(word, 0, ParamKind::Text));
        let args = args.collect::<Checked<_>>()?;
        Ok(Command { name, program: self.program(program)?, args })
    }

    /// How the servers of an upstream are chosen, and what says so where it knows no backup
    /// servers.
    fn balance<'d>(
        &mut self,
        directives: &'d [Directive],
    ) -> Checked<(Balance, Option<&'d Directive>)> {
        let is_one = |line: &&Directive| {
            matches!(&line.name.value[..], b"least_conn" | b"ip_hash" | b"hash" | b"random")
        };
        let mut lines = directives.iter().filter(is_one);
        let Some(line) = lines.next() else { return Ok((Balance::RoundRobin, None)) };
        if let Some(other) = lines.next() {
            let message = "an upstream has one way to choose a server";
            return Err(Box::new(
                Diagnostic::error("U07", other.span(), message)
                    .also(line.span(), "another one is here")
                    .help("delete one of them"),
            ));
        }
        let wrong = |word: &Word| {
            let row = directive::find_in(&line.name.shown(), Context::Upstream);
            let usage = row.map_or("", |row| row.usage);
            let message = format!("`{}` has no parameter `{}`", line.name.shown(), word.shown());
            let wrong = Diagnostic::error("T25", word.span, message);
            Err(Box::new(wrong.help(format!("it takes `{usage}`"))))
        };
        let balance = match (&line.name.value[..], &line.args[..]) {
            (b"least_conn", _) => return Ok((Balance::LeastConn, None)),
            (b"ip_hash", _) => Balance::IpHash,
            (b"hash", [key, rest @ ..]) => {
                let key = self.value(key, 0, &Groups::AtMost(9))?;
                match rest.first() {
                    None => Balance::Hash(key),
                    Some(word) if word.value == b"consistent" => Balance::ConsistentHash(key),
                    Some(word) => return wrong(word),
                }
            }
            (_, [two, rest @ ..]) => match rest.first() {
                _ if two.value != b"two" => return wrong(two),
                Some(word) if word.value != b"least_conn" => return wrong(word),
                _ => Balance::RandomTwo,
            },
            (_, []) => Balance::Random,
        };
        Ok((balance, Some(line)))
    }

    /// A `server` of an upstream.
    fn peer(&mut self, line: &Directive, without_backup: Option<&Directive>) -> Checked<Peer> {
        let [address, options @ ..] = &line.args[..] else {
            unreachable!("the structure is checked")
        };
        let mut peer = Peer::plain(self.peer_address(address)?);
        for word in options {
            match (&word.value[..], word.option()) {
                (b"backup", _) => {
                    check_known("backup", word, without_backup)?;
                    peer.backup = true;
                }
                (_, Some((b"slow_start", time))) => {
                    check_known("slow_start", word, without_backup)?;
                    peer.slow_start_ms = time_ms(&time)?;
                }
                (b"down", _) => peer.down = true,
                (b"drain", _) => peer.drain = true,
                (_, Some((b"route", value))) => {
                    peer.route = super::param::utf8(&value, value.value.clone())?;
                }
                // All names are looked up again.
                (b"resolve", _) => {}
                (_, Some((b"weight", number))) => peer.weight = count(&number, 1..=MOST)? as u32,
                (_, Some((b"max_conns", number))) => {
                    peer.max_conns = count(&number, 0..=MOST)? as u32;
                }
                (_, Some((b"max_fails", number))) => {
                    peer.max_fails = count(&number, 0..=MOST)? as u32;
                }
                (_, Some((b"fail_timeout", time))) => peer.fail_timeout_ms = time_ms(&time)?,
                _ => return Err(no_option(word)),
            }
        }
        Ok(peer)
    }

    fn peer_address(&mut self, word: &Word) -> Checked<StartText> {
        let shown = word.shown();
        // The slashes of `unix:///run/app.sock` begin the path.
        let url = shown.split_once("://").filter(|(scheme, _)| *scheme != "unix");
        if let Some((scheme, rest)) = url {
            let place = word.part(0..scheme.len() + 3);
            let host = rest.split('/').next().unwrap_or_default();
            let message = "a server of an upstream is an address, and no URL";
            let wrong = Diagnostic::error("U07", place, message);
            return Err(Box::new(match host.is_empty() {
                true => wrong,
                false => wrong.patch(
                    "`proxy_pass` names the scheme and the URI",
                    word.span,
                    host.to_owned(),
                ),
            }));
        }
        Ok(self.authority(word)?.address())
    }

    /// Reads `HOST[:PORT]` or `unix:PATH`.
    pub(super) fn authority(&mut self, word: &Word) -> Checked<Authority> {
        let name = super::param::utf8(word, word.value.clone())?;
        let authority = |host, port, port_span, kind| {
            let default_port = DEFAULT_PORT;
            Ok(Authority { name: name.clone(), host, port, port_span, kind, default_port })
        };
        if name.starts_with("unix:") {
            let host = match name.contains('$') {
                true => self.params.start_text(word, 0, ParamKind::Path)?,
                false => match value::bind(word)? {
                    Bind::Unix(path) => literal(&format!("unix:{path}")),
                    Bind::Port(_) | Bind::Ip(_) => unreachable!("it is a path"),
                },
            };
            return authority(host, Vec::new(), None, Kind::Socket);
        }
        if let [Part::Name { .. }] = &value::split(word, 0)?[..] {
            let host = self.params.start_text(word, 0, ParamKind::Text)?;
            return authority(host, Vec::new(), None, Kind::Param);
        }
        let bracket = name.rfind(']').map_or(0, |at| at + 1);
        let colon = name[bracket..].rfind(':').map(|at| bracket + at);
        let host_end = colon.unwrap_or(name.len());
        let host = host(&word.front(host_end), word, self)?;
        let Some(colon) = colon else {
            return authority(host, Vec::new(), None, Kind::Host);
        };
        let port = word.tail(colon + 1);
        let text = match port.value.contains(&b'$') {
            true => self.params.start_text(&port, 0, ParamKind::Port)?,
            false => literal(&value::port(&port)?.to_string()),
        };
        authority(host, text, Some(port.span), Kind::Host)
    }

    /// The upstream of this name, whatever its case.
    fn find_upstream(&self, name: &str) -> Option<usize> {
        self.upstreams.iter().position(|upstream| upstream.name.eq_ignore_ascii_case(name))
    }

    /// The upstream that a `proxy_pass` names.
    pub(super) fn named_upstream(&mut self, authority: Authority) -> Checked<UpstreamId> {
        let (host, _) =
            authority.name.split_at(authority.name.rfind(':').unwrap_or(authority.name.len()));
        let is_block = |at: &usize| self.upstream_places[*at].span.is_some();
        let block = self.find_upstream(host).filter(is_block);
        block.into_iter().for_each(|at| self.upstream_places[at].is_used = true);
        if let (Some(at), Some(port), Some(span)) =
            (block, authority.port_span, block.and_then(|at| self.upstream_places[at].span))
        {
            let name = &self.upstreams[at].name;
            let message = format!("the upstream `{name}` has no port of its own");
            return Err(Box::new(
                Diagnostic::error("U07", port, message)
                    .also(span, "its servers have their ports")
                    .help(format!("write `http://{name}`, or give the upstream another name")),
            ));
        }
        let known = block.or_else(|| self.find_upstream(&authority.own_name()));
        let at = known.unwrap_or_else(|| {
            self.upstreams.push(authority.upstream());
            self.upstream_places.push(UpstreamPlace { span: None, is_used: true });
            self.upstreams.len() - 1
        });
        self.upstream_places[at].is_used = true;
        Ok(at as UpstreamId)
    }

    /// The upstream that a `fastcgi_pass` or one of its like names: an address has a port.
    pub(super) fn named_address(
        &mut self,
        authority: Authority,
        word: &Word,
    ) -> Checked<UpstreamId> {
        let is_bare = authority.kind == Kind::Host && authority.port.is_empty();
        if is_bare && self.find_upstream(&authority.name).is_none() {
            let message =
                format!("`{}` has no port, and there is no such `upstream`", authority.name);
            return Err(Box::new(
                Diagnostic::error("U10", word.span, message)
                    .help(format!("write `{}:9000`", authority.name)),
            ));
        }
        self.named_upstream(authority)
    }

    /// Says which upstreams no request is passed on to.
    pub(super) fn warn_of_unused_upstreams(&mut self) {
        for (upstream, place) in self.upstreams.iter().zip(&self.upstream_places) {
            if let (false, Some(span)) = (place.is_used, place.span) {
                let message =
                    format!("no request is passed on to the upstream `{}`", upstream.name);
                self.diagnostics.push(Diagnostic::warning("K16", span, message).help("delete it"));
            }
        }
    }
}

/// The host in front of a port: a name or an address.
fn host(word: &Word, whole: &Word, reader: &mut Reader<'_>) -> Checked<StartText> {
    if word.value.contains(&b'$') {
        return reader.params.start_text(word, 0, ParamKind::HostName);
    }
    let text = word.shown();
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let is_name = !text.is_empty()
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte));
    if is_name || bare.is_some_and(|inner| inner.parse::<std::net::Ipv6Addr>().is_ok()) {
        return Ok(literal(&text));
    }
    if whole.text().is_some_and(|text| text.parse::<std::net::Ipv6Addr>().is_ok()) {
        let message = "an IPv6 address stands in brackets";
        return Err(Box::new(Diagnostic::error("T07", whole.span, message).patch(
            "write it so, and a port behind it as `:80`",
            whole.span,
            format!("[{}]", whole.shown()),
        )));
    }
    if text.is_empty() {
        let message = "there is no host here";
        return Err(Box::new(
            Diagnostic::error("T07", whole.span, message)
                .help("write a name or an address, `app:8080` or `127.0.0.1:8080`"),
        ));
    }
    let message = format!("`{text}` is neither a name nor an address");
    Err(Box::new(
        Diagnostic::error("T07", word.span, message)
            .help("it is `HOST:PORT`, `[IPV6]:PORT` or `unix:PATH`"),
    ))
}

/// Whether an address is certainly another machine's: a name may be this one's.
fn is_elsewhere(word: &Word) -> bool {
    let text = word.shown();
    let host = text.rsplit_once(':').map_or(&text[..], |(host, _)| host).trim_matches(['[', ']']);
    let address = host.parse::<std::net::IpAddr>();
    address.is_ok_and(|address| !address.is_loopback() && !address.is_unspecified())
}

/// Says that a way to choose servers, which stands elsewhere, does not know a parameter.
fn check_known(option: &str, word: &Word, without: Option<&Directive>) -> Checked<()> {
    let Some(balance) = without else { return Ok(()) };
    let message = format!("`{}` knows no `{option}`", balance.name.shown());
    Err(Box::new(
        Diagnostic::error("U07", word.span, message)
            .also(balance.span(), "it stands here")
            .help("leave one of them out; `least_conn` knows it"),
    ))
}

/// What to say of a parameter that a `server` of an upstream does not take.
fn no_option(word: &Word) -> Box<Diagnostic> {
    const NOT_YET: &[&str] = &["service"];
    const KNOWN: &[&str] = &[
        "weight",
        "max_conns",
        "max_fails",
        "fail_timeout",
        "slow_start",
        "backup",
        "down",
        "drain",
        "resolve",
        "route",
    ];
    let shown = word.shown();
    let name = shown.split('=').next().unwrap_or_default();
    if NOT_YET.contains(&name) {
        let message = format!("nginx's `{name}` is not supported");
        return Box::new(Diagnostic::error("D14", word.span, message).help("leave it out"));
    }
    no_parameter("`server` of an upstream", word, KNOWN)
}

/// What to say of a parameter that something does not have, which has those that are `known`.
pub(super) fn no_parameter(whose: &str, word: &Word, known: &[&'static str]) -> Box<Diagnostic> {
    let shown = word.shown();
    let name = shown.split('=').next().unwrap_or_default();
    let place = word.part(0..name.len());
    let message = format!("{whose} has no parameter `{name}`");
    let wrong = Diagnostic::error("T25", place, message);
    Box::new(match closest(name, known.iter().copied()) {
        Some(meant) => wrong.patch(format!("did you mean `{meant}`?"), place, meant),
        None => wrong.help(format!("it has `{}`", known.join("`, `"))),
    })
}
