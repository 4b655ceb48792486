//! What a `proxy_pass` with variables may come to. Whom it asks is for the conf to say, and not for
//! a client: each host must be one that the conf's own texts make.

use std::collections::BTreeSet;

use regex_syntax::hir::Capture;

use super::url::authority_len;
use crate::ast::Word;
use crate::automata::is_path;
use crate::check::draft::Draft;
use crate::check::noted::{Computed, Form};
use crate::check::param::places::references;
use crate::diagnostic::Diagnostic;
use crate::ir::{Action, Handler, Op, Piece, Target, Value, Variable};
use crate::source::Span;
use crate::value::Checked;

/// The most hosts that are told apart, and the most texts on the way to them.
const MOST: usize = 1000;

impl Computed {
    fn is_url(&self) -> bool {
        self.form == Form::Url
    }

    /// Whether a variable ends the host that stands before it: it begins with a slash or a `?`, or
    /// is empty, if it may be that.
    fn begins_uri(&self, variable: &Variable) -> Option<bool> {
        let is_path = |is_it: &dyn Fn(&Capture) -> bool| {
            let regex = self.regex.as_ref().filter(|regex| is_path(&regex.pattern, is_it));
            regex.map(|_| true)
        };
        match variable {
            Variable::Simple("request_uri" | "uri" | "document_uri") => Some(false),
            // Without a `?`, there are no arguments behind it.
            Variable::Simple("is_args") => Some(false),
            Variable::Capture(group) => is_path(&|it| it.index as usize == *group),
            Variable::NamedCapture(name) => is_path(&|it| {
                it.name.as_ref().is_some_and(|other| other.eq_ignore_ascii_case(name))
            }),
            _ => None,
        }
    }
}

/// A URL as far as it is put together.
#[derive(Clone)]
struct Partial {
    text: Vec<u8>,
    /// What is left, the next piece last, each with the variable of the URL that it comes of.
    rest: Vec<(Piece, usize)>,
}

impl Partial {
    /// The length of what is before the URI, and where that begins; `None` where that is not there
    /// yet.
    fn uri_start(&self) -> Option<(usize, usize)> {
        let scheme = self.text.windows(3).position(|three| three == b"://")? + 3;
        let (len, start) = authority_len(&self.text[scheme..]);
        (scheme + start <= self.text.len() && (len < self.text.len() - scheme))
            .then_some((scheme + len, scheme + start))
    }

    /// Whether there is a host, that goes on as long as no URI begins.
    fn has_host(&self) -> bool {
        let text = &self.text;
        let scheme = text.windows(3).position(|three| three == b"://");
        scheme.is_some_and(|at| at + 3 < text.len() && !text[at + 3..].starts_with(b"unix:"))
    }

    fn with(&self, value: &Value, origin: usize) -> Partial {
        let mut partial = self.clone();
        partial.rest.extend(value.0.iter().rev().map(|piece| (piece.clone(), origin)));
        partial
    }
}

impl Draft<'_> {
    /// Finds whom each `proxy_pass` with variables may ask.
    pub(in crate::check) fn find_targets(&mut self) {
        let mut secure = Vec::new();
        for computed in std::mem::take(&mut self.reader.computed) {
            let found = self.targets(&computed);
            if self.reader.report(found) == Some(true) {
                secure.push(computed.value);
            }
        }
        for location in self.locations.iter_mut().flatten() {
            if let Action::Serve { handler: Handler::Proxy(proxy), .. } = &mut location.action
                && let Target::Computed(url) = &proxy.target
                && !secure.contains(url)
            {
                proxy.tls = None;
            }
        }
    }

    /// Finds whom it may ask. Whether it may ask any of them over TLS.
    fn targets(&mut self, computed: &Computed) -> Checked<bool> {
        let mut hosts = BTreeSet::new();
        let mut is_fixed = true;
        let pieces = computed.value.0.iter().cloned().enumerate().rev();
        let first = Partial { text: Vec::new(), rest: pieces.map(|(at, it)| (it, at)).collect() };
        let (mut open, mut steps) = (vec![first], 0);
        while let Some(mut partial) = open.pop() {
            steps += 1;
            if steps > MOST {
                return Err(too_many(computed.word.span));
            }
            if let Some((end, start)) = partial.uri_start().filter(|_| computed.is_url()) {
                is_fixed &= partial.rest.is_empty();
                hosts.insert((partial.text[..end].to_vec(), partial.text[start..].to_vec()));
                continue;
            }
            let Some((piece, origin)) = partial.rest.pop() else {
                // An empty value, where no `set` has given one.
                if !partial.text.is_empty() {
                    hosts.insert((partial.text, Vec::new()));
                }
                continue;
            };
            match piece {
                Piece::Literal(text) => {
                    partial.text.extend(text);
                    open.push(partial);
                }
                Piece::Variable(variable) | Piece::Logged(variable, _) => {
                    if computed.is_url()
                        && partial.has_host()
                        && let Some(may_be_empty) = computed.begins_uri(&variable)
                    {
                        is_fixed = false;
                        hosts.insert((partial.text.clone(), Vec::new()));
                        open.extend(may_be_empty.then_some(partial));
                        continue;
                    }
                    let values = self.values_of(&variable);
                    let Some(values) = values else {
                        return Err(self.not_known(computed, &variable, origin));
                    };
                    open.extend(values.iter().map(|value| partial.with(value, origin)));
                }
            }
        }
        let is_secure = self.take_hosts(&hosts, computed)?;
        if is_fixed && !computed.is_exact {
            let uris: BTreeSet<_> = hosts.iter().map(|(_, uri)| &uri[..]).collect();
            if let Some(uri) = uris.iter().find(|uri| !uri.is_empty()) {
                self.warn_of_uri(uri, computed.word.span);
            }
        }
        Ok(is_secure)
    }

    /// The values that a variable may have, where the conf's own texts are all of them.
    fn values_of(&self, variable: &Variable) -> Option<Vec<Value>> {
        match variable {
            Variable::Simple("scheme") => {
                let literal = |text: &[u8]| {
                    let mut value = Value::default();
                    value.push_literal(text);
                    value
                };
                let is_secure = self.listens.iter().any(|listen| listen.ssl.is_some());
                let https = is_secure.then(|| literal(b"https"));
                Some([literal(b"http")].into_iter().chain(https).collect())
            }
            Variable::Mapped(map, _) => Some(self.reader.maps.get(*map)?.values.clone()),
            Variable::Assigned(_, name, _) => {
                let of_servers = self.servers.iter().flat_map(|server| &server.resolved.ops);
                let locations = self.locations.iter().flatten();
                let ops = of_servers.chain(locations.flat_map(|location| &location.ops));
                let values = ops.filter_map(|op| match op {
                    Op::Set(_, set, value) if set == name => Some(value.clone()),
                    _ => None,
                });
                Some(values.collect())
            }
            _ => None,
        }
    }

    /// Notes the hosts as upstreams, unless they are there already. Whether any is asked over TLS.
    fn take_hosts(
        &mut self,
        hosts: &BTreeSet<(Vec<u8>, Vec<u8>)>,
        computed: &Computed,
    ) -> Checked<bool> {
        let mut is_secure = false;
        let place = computed.word.span;
        for (front, _) in hosts {
            let shown = String::from_utf8_lossy(front).into_owned();
            let (scheme, host) = match (computed.form, shown.split_once("://")) {
                (Form::Url, Some((scheme, host))) => (scheme, host),
                (Form::Url, None) => ("", &shown[..]),
                (Form::Grpc, Some(("grpc", host))) => ("http", host),
                (Form::Grpc, Some(("grpcs", host))) => ("https", host),
                (Form::Grpc | Form::Address, None) => ("http", &shown[..]),
                (Form::Grpc | Form::Address, Some(_)) => {
                    let message = format!("this may come to the URL `{shown}`");
                    return Err(Box::new(
                        Diagnostic::error("U10", place, message)
                            .help("what its variables come to is an address: `127.0.0.1:9000`"),
                    ));
                }
            };
            let port = match () {
                () if scheme.eq_ignore_ascii_case("http") => Some("80"),
                () if scheme.eq_ignore_ascii_case("https") => Some("443"),
                () => None,
            };
            let Some(port) = port else {
                let message = format!("`{shown}` does not begin with `http://`");
                return Err(Box::new(
                    Diagnostic::error("U10", place, message)
                        .help("what its variables come to is a URL: `http://127.0.0.1:8080`"),
                ));
            };
            is_secure |= port == "443";
            if host.is_empty() {
                continue;
            }
            let word = Word {
                value: host.as_bytes().to_vec(),
                span: place,
                quoted: false,
                offsets: vec![0; host.len()],
            };
            let known = self.reader.upstreams.len();
            let authority = self.reader.authority(&word)?;
            let found = match computed.is_url() {
                true => self.reader.named_upstream(authority.with_default_port(port))?,
                false => self.reader.named_address(authority, &word)?,
            };
            let id = usize::from(found);
            if id == known {
                self.reader.upstreams[id].is_optional = true;
            }
        }
        Ok(is_secure)
    }

    /// That a host is not the conf's own.
    fn not_known(
        &self,
        computed: &Computed,
        variable: &Variable,
        origin: usize,
    ) -> Box<Diagnostic> {
        let place = place_of(computed, origin);
        let name = crate::wording::value(&Value(vec![Piece::Variable(variable.clone())]));
        let is_clients = !matches!(variable, Variable::Simple(name) if is_of_server(name));
        let message = match is_clients {
            true => format!("a client writes `{name}`, and so chooses who is asked"),
            false => format!("`{name}` is not known before the server runs"),
        };
        let wrong = Diagnostic::error("U01", place, message);
        let wrong = match is_clients {
            true => wrong.label("part of the host"),
            false => wrong,
        };
        Box::new(wrong.help(
            "choose from hosts that the conf names: `map $… $backend { a app-a:8080; default app-b:8080; }` \
             and `proxy_pass http://$backend;`",
        ))
    }

    /// Says that one URI is all that is asked for.
    fn warn_of_uri(&mut self, uri: &[u8], place: Span) {
        let uri = String::from_utf8_lossy(uri).into_owned();
        let message = format!("every request arrives as `{uri}`");
        self.reader.diagnostics.push(
            Diagnostic::warning("U04", place, message)
                .label("with variables here, the URI is all that is passed on, as in nginx")
                .help("leave the URI out: the request's own is passed on then"),
        );
    }
}

/// Whether a variable is the server's own, and no client's.
fn is_of_server(name: &str) -> bool {
    matches!(name, "hostname" | "server_addr" | "server_port" | "server_name" | "pid")
}

/// Where in a URL a piece of its value is written.
fn place_of(computed: &Computed, origin: usize) -> Span {
    let pieces = computed.value.0.iter().take(origin + 1);
    let number = pieces.filter(|piece| !matches!(piece, Piece::Literal(_))).count();
    let mut references = references(&computed.word);
    let found = number.checked_sub(1).and_then(|number| references.nth(number));
    found.map_or(computed.word.span, |(_, range)| computed.word.part(range))
}

fn too_many(place: Span) -> Box<Diagnostic> {
    let message = format!("this may come to more than {MOST} texts");
    Box::new(
        Diagnostic::error("U10", place, message)
            .help("choose the host by one `map`, whose values have no variables"),
    )
}
