//! What a server is asked: the request, written anew.
//!
//! Nothing of the client's own framing goes on. The fields that speak of its connection stay here,
//! and those that its Connection field names; no value has a control character in it, so that nothing
//! that a client sends can end a line or begin a request.

mod params;

use std::borrow::Cow;
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;

use super::spool::{Spool, Spooled};
use super::{Outcome, Request, escape_path};
use crate::backend::Input;
use crate::cache::{Fill, Look};
use crate::escape::Escaped;
use crate::exchange::Room;
use crate::http::body;
use crate::http::framed::{Framing, RequestHead};
use crate::http::method::Method;
use crate::http::response::write_uri;
use crate::http::target::split_args;
use crate::memcached;
use crate::site::{
    Balance, Endpoint, Level, Proxy, ProxyTls, ProxyVersion, Target, TargetUri, Upstream,
    UpstreamId, Variables, Wire,
};
use crate::upstream::{Call, Choice, Content, Secure, sticky};

/// Fields of a client that are never passed on (RFC 9110, 7.6.1): they speak of its connection, or
/// are said anew. `Proxy` is what programs take for a setting of theirs.
const WITHHELD: [&[u8]; 11] = [
    b"host",
    b"connection",
    b"keep-alive",
    b"proxy-connection",
    b"te",
    b"trailer",
    b"transfer-encoding",
    b"upgrade",
    b"content-length",
    b"expect",
    b"proxy",
];

/// Those of them that the conf may not set either: the framing is ours. In frames, nothing speaks of the
/// connection (RFC 9113, 8.2.2).
fn is_ours(name: &[u8], in_frames: bool) -> bool {
    const OURS: [&[u8]; 3] = [b"transfer-encoding", b"upgrade", b"content-length"];
    let ours = if in_frames { &WITHHELD[1..10] } else { &OURS };
    ours.iter().any(|other| name.eq_ignore_ascii_case(other))
}

/// Whether a Connection of the conf's has more to say than what becomes of the connection.
fn says_more(value: &[u8]) -> bool {
    let mut words = value.split(|&byte| byte == b',').map(<[u8]>::trim_ascii);
    !words.any(|word| [&b"close"[..], b"upgrade"].iter().any(|it| word.eq_ignore_ascii_case(it)))
}

/// Passes a request on. `keeps_content`: a value of the conf may ask for its content.
pub(crate) fn serve(
    proxy: &'static Proxy,
    upstreams: &'static [Upstream],
    keeps_content: bool,
    request: &Request<'_>,
) -> Outcome {
    let asked = Asked { proxy, upstreams };
    match request.framing {
        body::Framing::Length(0) => asked.call(request, Input::Empty, Content::None),
        // It may be a part of what goes in its place.
        _ if !(asked.passes_content() || keeps_content && proxy.request_buffering) => {
            asked.call(request, Input::Empty, Content::None)
        }
        _ if proxy.request_buffering => asked.gather(request),
        body::Framing::Length(len) => asked.call(request, Input::Stream, Content::Length(len)),
        // The length is told before the content.
        body::Framing::Chunked
            if !matches!(proxy.wire, Wire::Http | Wire::Grpc | Wire::Fastcgi(_))
                || proxy.http_version == ProxyVersion::Http10 =>
        {
            asked.gather(request)
        }
        body::Framing::Chunked => asked.call(request, Input::Stream, Content::Chunked),
    }
}

/// A location that passes requests on.
#[derive(Clone, Copy)]
struct Asked {
    proxy: &'static Proxy,
    upstreams: &'static [Upstream],
}

impl Spooled for Asked {
    fn finish(&self, request: &Request<'_>, input: Input, len: u64) -> Outcome {
        match self.passes_content() {
            true => self.call(request, input, Content::Length(len)),
            false => self.call(request, Input::Empty, Content::None),
        }
    }
}

/// Who is asked, and for what.
struct Found<'a> {
    upstream: UpstreamId,
    /// Whether it is asked over TLS.
    is_secure: bool,
    uri: Option<FoundUri<'a>>,
}

/// The URI that the conf names.
enum FoundUri<'a> {
    /// In the place of the location's own.
    Front(&'a TargetUri),
    /// All of it.
    Whole(Vec<u8>),
}

impl Asked {
    /// Whether the other server is given the request's content. Memcached is asked for what there is.
    fn passes_content(self) -> bool {
        let Proxy { body, wire, .. } = self.proxy;
        body.is_none() && self.proxy.pass_content && !matches!(wire, Wire::Memcached { .. })
    }

    /// Waits for all of the content first.
    fn gather(self, request: &Request<'_>) -> Outcome {
        let room = Room::of(request.variables.settings);
        Outcome::Receive(Box::new(Spool::new(Box::new(self), room)))
    }

    fn call(&self, request: &Request<'_>, input: Input, content: Content) -> Outcome {
        let Asked { proxy, .. } = *self;
        let variables = request.variables;
        let found = match self.find(variables) {
            Ok(found) => found,
            Err(text) => {
                (request.report)(Level::Error, format_args!("{text}"));
                return Outcome::Status(500);
            }
        };
        // What a key or a field says of the target is known from here on.
        let target = request.upstreams.get(usize::from(found.upstream));
        if let Some(target) = target.filter(|_| matches!(proxy.wire, Wire::Http | Wire::Grpc)) {
            variables.progress.tries.set_target(&target.host, &target.port);
        }
        let looked = match (&proxy.caching, request.cached) {
            // A content may change the answer, and is no part of the key.
            (Some(caching), Some(look)) if matches!(input, Input::Empty) => {
                look(proxy, caching, request)
            }
            _ => Look::Ask(None),
        };
        let keep = match looked {
            Look::Hit(hit) => return Outcome::Cached(hit),
            Look::Again(at_ms) => return Outcome::Again(at_ms),
            Look::Ask(keep) => keep,
        };
        let mut body = Vec::new();
        let (input, content) = match &proxy.body {
            Some(text) => {
                text.write(variables, &mut body);
                let len = body.len() as u64;
                (Input::Bytes(Rc::new(body.into())), Content::Length(len))
            }
            None => (input, content),
        };
        let method = match &proxy.method {
            Some(text) => {
                let mut method = Vec::new();
                text.write(variables, &mut method);
                method.retain(|&byte| crate::http::body::is_token_byte(byte));
                Cow::Owned(method)
            }
            // What is kept has a content.
            None if keep.is_some() => Cow::Borrowed(&b"GET"[..]),
            None => Cow::Borrowed(request.method.name().as_bytes()),
        };
        if !matches!(proxy.wire, Wire::Http | Wire::Grpc) {
            return self.call_as_script(request, found.upstream, (input, content), keep);
        }
        if let Some(framing) = proxy.framing {
            let content = (input, content);
            return self.call_in_frames(framing, request, found, &method, content, keep);
        }
        let upgrade = upgrade(request, proxy).filter(|_| matches!(input, Input::Empty));
        let keep = keep.filter(|_| upgrade.is_none());
        let mut head = Vec::with_capacity(512);
        head.extend_from_slice(&method);
        head.push(b' ');
        write_target(&found, request, &mut head);
        head.extend_from_slice(match proxy.http_version {
            ProxyVersion::Http10 => b" HTTP/1.0\r\n",
            ProxyVersion::Http11 | ProxyVersion::Http2 => b" HTTP/1.1\r\n",
        });
        let closes = self.write_own_fields(variables, &mut head);
        self.write_framing(request, content, upgrade.as_deref(), closes, &found, &mut head);
        if proxy.pass_fields {
            write_passed_fields(proxy, variables, &mut head);
        }
        if upgrade.as_deref().is_some_and(|it| it.eq_ignore_ascii_case(b"websocket")) {
            write_websocket_key(variables, &mut head);
        }
        head.extend_from_slice(b"\r\n");
        Outcome::Proxy(Box::new(Call {
            proxy,
            upstream: found.upstream,
            head,
            target: Vec::new(),
            input,
            content,
            choice: self.choice(found.upstream, variables),
            has_no_answer_content: *method == *b"HEAD",
            may_repeat: may_repeat(request.method),
            upgrade,
            closes,
            secure: self.secure(&found, variables),
            local: self.local(request),
            key: Vec::new(),
            rate: self.rate(request),
            url: None,
            keep,
        }))
    }

    /// Asks in frames.
    fn call_in_frames(
        &self,
        framing: &Framing,
        request: &Request<'_>,
        found: Found<'_>,
        method: &[u8],
        (input, content): (Input, Content),
        keep: Option<Box<Fill>>,
    ) -> Outcome {
        let Asked { proxy, .. } = *self;
        let variables = request.variables;
        let mut target = Vec::new();
        write_target(&found, request, &mut target);
        let mut lines = Vec::with_capacity(512);
        let closes = self.write_own_fields(variables, &mut lines);
        if let Content::Length(len) = content {
            lines.extend_from_slice(b"content-length: ");
            lines.extend_from_slice(itoa::Buffer::new().format(len).as_bytes());
            lines.extend_from_slice(b"\r\n");
        }
        if takes_trailers(variables) {
            lines.extend_from_slice(b"te: trailers\r\n");
        }
        if proxy.pass_fields {
            write_passed_fields(proxy, variables, &mut lines);
        }
        let authority = take_host(&mut lines);
        let secure = self.secure(&found, variables);
        let head = (framing.code)(&RequestHead {
            method,
            is_secure: secure.is_some(),
            authority: &authority,
            target: &target,
            lines: &lines,
        });
        let url = match proxy.wire {
            Wire::Grpc if secure.is_some() => Some("grpcs"),
            Wire::Grpc => Some("grpc"),
            _ => None,
        };
        Outcome::Proxy(Box::new(Call {
            proxy,
            upstream: found.upstream,
            head,
            target,
            input,
            content,
            choice: self.choice(found.upstream, variables),
            has_no_answer_content: method == b"HEAD",
            may_repeat: may_repeat(request.method),
            upgrade: None,
            closes,
            secure,
            local: self.local(request),
            key: Vec::new(),
            rate: self.rate(request),
            url,
            keep,
        }))
    }

    /// Asks in the manner of CGI.
    fn call_as_script(
        &self,
        request: &Request<'_>,
        upstream: UpstreamId,
        (input, content): (Input, Content),
        keep: Option<Box<Fill>>,
    ) -> Outcome {
        let (scheme, keeps) = match &self.proxy.wire {
            Wire::Fastcgi(said) => ("fastcgi", said.keeps),
            Wire::Scgi(_) => ("scgi", false),
            Wire::Uwsgi { .. } => ("uwsgi", false),
            Wire::Memcached { .. } => ("memcached", true),
            Wire::Http | Wire::Grpc => ("http", true),
        };
        let mut key = Vec::new();
        let head = match &self.proxy.wire {
            Wire::Memcached { key: text, .. } => {
                text.write(request.variables, &mut key);
                if key.is_empty() {
                    let text = format_args!("the \"$memcached_key\" variable is not set");
                    (request.report)(Level::Error, text);
                    return Outcome::Status(500);
                }
                let head = memcached::request(&key);
                key = memcached::escaped(&key);
                head
            }
            _ => params::write(self.proxy, request, content),
        };
        Outcome::Proxy(Box::new(Call {
            proxy: self.proxy,
            upstream,
            head,
            target: Vec::new(),
            input,
            content,
            choice: self.choice(upstream, request.variables),
            has_no_answer_content: request.method == Method::Head,
            may_repeat: may_repeat(request.method),
            upgrade: None,
            closes: !keeps,
            secure: None,
            local: self.local(request),
            key,
            rate: self.rate(request),
            url: Some(scheme),
            keep,
        }))
    }

    /// How the connection is secured, if it is.
    fn secure(&self, found: &Found<'_>, variables: &Variables<'_>) -> Option<Secure> {
        let ProxyTls { peer, name } = self.proxy.tls.as_ref().filter(|_| found.is_secure)?;
        let mut text = Vec::new();
        name.write(variables, &mut text);
        // A port may stand behind it, as in nginx.
        let text = String::from_utf8_lossy(&text);
        let name = match text.strip_prefix('[') {
            Some(rest) => rest.split(']').next(),
            None => text.split(':').next(),
        };
        Some(Secure { peer: *peer, name: name.unwrap_or_default().into() })
    }

    /// The address that the connection comes from. One that is none is told of and left out, as in nginx.
    fn local(&self, request: &Request<'_>) -> Option<SocketAddr> {
        let mut text = Vec::new();
        self.proxy.local.as_ref()?.write(request.variables, &mut text);
        let words = str::from_utf8(&text).unwrap_or_default();
        let bare = words.trim_matches(['[', ']']).parse::<IpAddr>();
        let found = words.parse().ok().or_else(|| Some(SocketAddr::new(bare.ok()?, 0)));
        if found.is_none() && !text.is_empty() {
            let shown = Escaped(&text);
            (request.report)(Level::Error, format_args!("invalid local address \"{shown}\""));
        }
        found
    }

    /// How fast the answer's content is read.
    fn rate(&self, request: &Request<'_>) -> u64 {
        // Where nothing is held for the client, that is up to the client alone.
        let Some(rate) = self.proxy.rate.as_ref().filter(|_| self.proxy.buffering) else {
            return 0;
        };
        rate.bytes(request.variables, |value| {
            let shown = Escaped(value);
            (request.report)(Level::Error, format_args!("invalid size \"{shown}\""));
        })
    }

    /// Who is asked. The error is for the log.
    fn find(&self, variables: &Variables<'_>) -> Result<Found<'static>, String> {
        match &self.proxy.target {
            Target::Fixed { upstream, uri } => {
                let is_secure = self.proxy.tls.is_some();
                let uri = uri.as_ref().map(FoundUri::Front);
                Ok(Found { upstream: *upstream, is_secure, uri })
            }
            Target::Computed(text) => {
                let mut url = Vec::new();
                text.write(variables, &mut url);
                self.find_computed(&url)
            }
        }
    }

    fn find_computed(&self, url: &[u8]) -> Result<Found<'static>, String> {
        let shown = Escaped(url);
        if matches!(self.proxy.wire, Wire::Grpc) {
            return self.find_grpc(url);
        }
        if !matches!(self.proxy.wire, Wire::Http) {
            // It is an address alone.
            let is_it = |it: &Upstream| it.name.as_bytes().eq_ignore_ascii_case(url);
            let id = self.upstreams.iter().position(is_it);
            let unknown = || format!("no upstream is known that \"{shown}\" names");
            let upstream = id.ok_or_else(unknown)? as UpstreamId;
            return Ok(Found { upstream, is_secure: false, uri: None });
        }
        let secure = url.strip_prefix(b"https://").filter(|_| self.proxy.tls.is_some());
        let is_secure = secure.is_some();
        let Some(rest) = secure.or_else(|| url.strip_prefix(b"http://")) else {
            return Err(format!("invalid URL prefix in \"{shown}\""));
        };
        let host_len = match rest.strip_prefix(b"unix:") {
            Some(path) => path.iter().position(|&byte| byte == b':').map(|at| at + 5),
            None => rest.iter().position(|&byte| matches!(byte, b'/' | b'?')),
        };
        let (host, uri) = rest.split_at(host_len.unwrap_or(rest.len()));
        let uri = uri.strip_prefix(b":").unwrap_or(uri);
        let port = if is_secure { ":443" } else { ":80" };
        let with_port = [host, port.as_bytes()].concat();
        let is_it = |upstream: &Upstream| {
            let name = upstream.name.as_bytes();
            name.eq_ignore_ascii_case(host) || name.eq_ignore_ascii_case(&with_port)
        };
        let Some(id) = self.upstreams.iter().position(is_it) else {
            return Err(format!("no upstream is known that \"{shown}\" names"));
        };
        let whole = match uri {
            b"" => None,
            [b'/', ..] => Some(FoundUri::Whole(uri.to_vec())),
            _ => Some(FoundUri::Whole([b"/", uri].concat())),
        };
        Ok(Found { upstream: id as UpstreamId, is_secure, uri: whole })
    }

    /// Whom a `grpc_pass` with variables asks: an address alone, maybe with a scheme.
    fn find_grpc(&self, url: &[u8]) -> Result<Found<'static>, String> {
        let shown = Escaped(url);
        let secure = url.strip_prefix(b"grpcs://").filter(|_| self.proxy.tls.is_some());
        let host = secure.or_else(|| url.strip_prefix(b"grpc://")).unwrap_or(url);
        let port = if secure.is_some() { ":443" } else { ":80" };
        let with_port = [host, port.as_bytes()].concat();
        let is_it = |upstream: &Upstream| {
            let name = upstream.name.as_bytes();
            name.eq_ignore_ascii_case(host) || name.eq_ignore_ascii_case(&with_port)
        };
        let id = self.upstreams.iter().position(is_it);
        let upstream = id.ok_or_else(|| format!("no upstream is known that \"{shown}\" names"))?;
        Ok(Found { upstream: upstream as UpstreamId, is_secure: secure.is_some(), uri: None })
    }

    /// Appends the fields that the conf sets. Whether it wants the connection closed.
    fn write_own_fields(&self, variables: &Variables<'_>, head: &mut Vec<u8>) -> bool {
        let mut closes = self.proxy.http_version == ProxyVersion::Http10;
        for field in self.proxy.fields {
            let start = head.len();
            head.extend_from_slice(field.name);
            head.extend_from_slice(b": ");
            let value_start = head.len();
            field.value.write(variables, head);
            let is_connection = field.name.eq_ignore_ascii_case(b"connection");
            closes |= is_connection && head[value_start..].eq_ignore_ascii_case(b"close");
            let is_left_out = is_ours(field.name, self.proxy.framing.is_some())
                || is_connection && (closes || !says_more(&head[value_start..]));
            if is_left_out || head.len() == value_start {
                head.truncate(start);
                continue;
            }
            if head[value_start..].iter().any(|&byte| is_control(byte)) {
                let kept: Vec<u8> =
                    head.drain(value_start..).filter(|&byte| !is_control(byte)).collect();
                head.extend_from_slice(&kept);
            }
            head.extend_from_slice(b"\r\n");
        }
        closes
    }

    /// Appends what says where the content ends, and what becomes of the connection.
    fn write_framing(
        &self,
        request: &Request<'_>,
        content: Content,
        upgrade: Option<&[u8]>,
        closes: bool,
        found: &Found<'_>,
        head: &mut Vec<u8>,
    ) {
        let variables = request.variables;
        let said = variables.head.fields().first(b"content-length").is_some();
        let says_none = said && variables.head.framing.is_empty() && !variables.is_within;
        match content {
            Content::None if says_none => head.extend_from_slice(b"Content-Length: 0\r\n"),
            Content::None => {}
            Content::Length(len) => {
                head.extend_from_slice(b"Content-Length: ");
                head.extend_from_slice(itoa::Buffer::new().format(len).as_bytes());
                head.extend_from_slice(b"\r\n");
            }
            Content::Chunked => head.extend_from_slice(b"Transfer-Encoding: chunked\r\n"),
        }
        let keeps = self.upstreams[usize::from(found.upstream)].plain.keepalive > 0;
        if let Some(protocol) = upgrade {
            head.extend_from_slice(b"Connection: upgrade\r\nUpgrade: ");
            head.extend_from_slice(protocol);
            head.extend_from_slice(b"\r\n");
        } else if closes || !keeps {
            head.extend_from_slice(b"Connection: close\r\n");
        }
    }

    fn choice(&self, upstream: UpstreamId, variables: &Variables<'_>) -> Choice {
        let mut choice = Choice::default();
        if let Some(sticky) = &self.upstreams[usize::from(upstream)].sticky {
            choice.wanted = sticky::wanted(sticky, variables);
        }
        match &self.upstreams[usize::from(upstream)].balance {
            Balance::Hash(key) | Balance::ConsistentHash(key) => {
                key.write(variables, &mut choice.key);
            }
            Balance::IpHash => {
                choice.client = match variables.client() {
                    Endpoint::Ip(address) => Some(address.ip()),
                    Endpoint::Unix(_) => None,
                };
            }
            Balance::RoundRobin | Balance::LeastConn | Balance::Random | Balance::RandomTwo => {}
        }
        choice
    }
}

fn is_control(byte: u8) -> bool {
    byte != b'\t' && byte.is_ascii_control()
}

/// The protocol that the client wants to go over to (RFC 9110, 7.8), if it may: it speaks HTTP/1.1,
/// and says it of this connection.
fn upgrade(request: &Request<'_>, proxy: &Proxy) -> Option<Vec<u8>> {
    let head = request.variables.head;
    let is_within = request.variables.is_within;
    if is_within || head.minor_version == 0 || proxy.http_version == ProxyVersion::Http10 {
        return None;
    }
    let protocol = head.fields().first(b"upgrade").filter(|value| !value.is_empty())?;
    let named = |value: &[u8]| {
        value
            .split(|&byte| byte == b',')
            .any(|one| one.trim_ascii().eq_ignore_ascii_case(b"upgrade"))
    };
    head.fields().values(b"connection").any(named).then(|| protocol.to_vec())
}

/// Whether a request by this method may be carried out twice, as nginx has it.
fn may_repeat(method: Method) -> bool {
    !matches!(method, Method::Post | Method::Lock | Method::Patch)
}

/// Whether the client takes fields behind the content (RFC 9110, 10.1.4).
fn takes_trailers(variables: &Variables<'_>) -> bool {
    let mut all =
        variables.head.fields().values(b"te").flat_map(|it| it.split(|&byte| byte == b','));
    all.any(|one| one.trim_ascii().eq_ignore_ascii_case(b"trailers"))
}

/// Takes the value of Host out of lines; empty: there is none.
fn take_host(lines: &mut Vec<u8>) -> Vec<u8> {
    let mut at = 0;
    while let Some(len) = memchr::memchr(b'\n', &lines[at..]).map(|len| len + 1) {
        let line = &lines[at..at + len];
        if line.get(..5).is_some_and(|name| name.eq_ignore_ascii_case(b"host:")) {
            let host = line[5..].trim_ascii().to_vec();
            lines.drain(at..at + len);
            return host;
        }
        at += len;
    }
    Vec::new()
}

/// Appends the target of the request line, by nginx's rules.
fn write_target(found: &Found<'_>, request: &Request<'_>, out: &mut Vec<u8>) {
    let variables = request.variables;
    let path = variables.path;
    let (front, rest) = match &found.uri {
        Some(FoundUri::Whole(uri)) => return write_uri(out, uri),
        None if request.uri.is_as_sent => return out.extend_from_slice(variables.head.uri()),
        None => (&b""[..], path),
        // A `rewrite … break` leaves the location's path behind.
        Some(FoundUri::Front(_)) if !request.uri.is_in_location => (&b""[..], path),
        Some(FoundUri::Front(uri)) => (uri.text, path.get(uri.replaced_len..).unwrap_or_default()),
    };
    let start = out.len();
    out.extend_from_slice(front);
    let was_escaped = variables.head.uri().contains(&b'%');
    match was_escaped || !request.uri.is_as_sent {
        true => escape_rest(rest, out),
        false => out.extend_from_slice(rest),
    }
    if out.len() == start || !out[start..].starts_with(b"/") {
        out.insert(start, b'/');
    }
    if !variables.args.is_empty() {
        let (_, front_args) = split_args(front);
        out.push(if front_args.is_empty() { b'?' } else { b'&' });
        write_uri(out, variables.args);
    }
}

/// Appends a part of a decoded path. Its slashes are its own.
fn escape_rest(rest: &[u8], out: &mut Vec<u8>) {
    match rest.starts_with(b"//") {
        true => {
            out.push(b'/');
            escape_rest(&rest[1..], out);
        }
        false => out.extend_from_slice(&escape_path(rest)),
    }
}

/// Appends the nonce that HTTP/1 asks for WebSocket with (RFC 6455, 4.1), where the client has asked in
/// another way: 16 bytes in Base64, which any 21 of its digits and these last ones are.
fn write_websocket_key(variables: &Variables<'_>, head: &mut Vec<u8>) {
    let has_one = variables.head.fields().first(b"sec-websocket-key").is_some();
    if !variables.head.is_tunnel || has_one {
        return;
    }
    let mut id = Vec::new();
    variables.request_id(&mut id);
    id.truncate(21);
    for part in [b"Sec-WebSocket-Key: ", &id[..], b"A==\r\n"] {
        head.extend_from_slice(part);
    }
}

/// Appends the client's fields that go on.
fn write_passed_fields(proxy: &Proxy, variables: &Variables<'_>, head: &mut Vec<u8>) {
    let fields = variables.head.fields();
    let of_connection: Vec<&[u8]> = fields
        .values(b"connection")
        .flat_map(|value| value.split(|&byte| byte == b','))
        .map(<[u8]>::trim_ascii)
        .collect();
    for (name, value) in fields.iter() {
        let is = |other: &&[u8]| name.eq_ignore_ascii_case(other);
        let is_set = || proxy.fields.iter().any(|field| name.eq_ignore_ascii_case(field.name));
        if WITHHELD.iter().any(is) || of_connection.iter().any(is) || is_set() {
            continue;
        }
        head.extend_from_slice(name);
        head.extend_from_slice(b": ");
        head.extend_from_slice(value);
        head.extend_from_slice(b"\r\n");
    }
}
