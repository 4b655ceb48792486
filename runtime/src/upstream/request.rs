//! What a server is asked: the request, written anew.
//!
//! Nothing of the client's own framing goes on. The fields that speak of its connection stay here,
//! and those that its Connection field names; no value has a control character in it, so that nothing
//! that a client sends can end a line or begin a request.

use super::balance::Choice;
use super::call::{Call, Content};
use super::params;
use crate::backend::Input;
use crate::escape::Escaped;
use crate::handler::spool::{Spool, Spooled};
use crate::handler::{Outcome, Request, escape_path};
use crate::http::body::Framing;
use crate::http::method::Method;
use crate::http::response::write_uri;
use crate::http::target::split_args;
use crate::site::{
    Balance, Level, Proxy, ProxyVersion, Target, TargetUri, Upstream, UpstreamId, Wire,
};
use crate::variables::{Endpoint, Variables};

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

/// Those of them that the conf may not set either: the framing is ours.
fn is_framing(name: &[u8]) -> bool {
    WITHHELD[1..10].iter().any(|other| name.eq_ignore_ascii_case(other))
}

/// Passes a request on.
pub(crate) fn serve(
    proxy: &'static Proxy,
    upstreams: &'static [Upstream],
    request: &Request<'_>,
) -> Outcome {
    let asked = Asked { proxy, upstreams };
    let is_replaced = proxy.body.is_some() || !proxy.pass_content;
    match request.framing {
        Framing::Length(0) => asked.call(request, Input::Empty, Content::None),
        _ if is_replaced => asked.call(request, Input::Empty, Content::None),
        _ if proxy.request_buffering => asked.gather(request),
        Framing::Length(len) => asked.call(request, Input::Stream, Content::Length(len)),
        // The length is told before the content.
        Framing::Chunked if !matches!(proxy.wire, Wire::Http | Wire::Fastcgi(_)) => {
            asked.gather(request)
        }
        Framing::Chunked => asked.call(request, Input::Stream, Content::Chunked),
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
        self.call(request, input, Content::Length(len))
    }
}

/// Who is asked, and for what.
struct Found<'a> {
    upstream: UpstreamId,
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
    /// Waits for all of the content first.
    fn gather(self, request: &Request<'_>) -> Outcome {
        let memory_len = request.variables.settings.client_body_buffer_size;
        Outcome::Receive(Box::new(Spool::new(Box::new(self), memory_len)))
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
        let mut body = Vec::new();
        let (input, content) = match &proxy.body {
            Some(text) => {
                text.write(variables, &mut body);
                let len = body.len() as u64;
                (Input::Bytes(body), Content::Length(len))
            }
            None => (input, content),
        };
        let method = match &proxy.method {
            Some(text) => {
                let mut method = Vec::new();
                text.write(variables, &mut method);
                method.retain(|&byte| crate::http::body::is_token_byte(byte));
                method
            }
            None => request.method.name().as_bytes().to_vec(),
        };
        if !matches!(proxy.wire, Wire::Http) {
            return self.call_as_script(request, found.upstream, input, content);
        }
        let upgrade = upgrade(request, proxy).filter(|_| matches!(input, Input::Empty));
        let mut head = Vec::with_capacity(512);
        head.extend_from_slice(&method);
        head.push(b' ');
        write_target(&found, request, &mut head);
        head.extend_from_slice(match proxy.http_version {
            ProxyVersion::Http10 => b" HTTP/1.0\r\n",
            ProxyVersion::Http11 => b" HTTP/1.1\r\n",
        });
        // What a value says of the target is known from here on.
        let tries = &variables.progress.tries;
        if let Some(target) = request.upstreams.get(usize::from(found.upstream)) {
            tries.set_target(&target.host, &target.port);
        }
        let closes = self.write_own_fields(variables, &mut head);
        self.write_framing(request, content, upgrade.as_deref(), closes, &found, &mut head);
        if proxy.pass_fields {
            write_passed_fields(proxy, variables, &mut head);
        }
        head.extend_from_slice(b"\r\n");
        Outcome::Proxy(Box::new(Call {
            proxy,
            upstream: found.upstream,
            head,
            input,
            content,
            choice: self.choice(found.upstream, variables),
            has_no_answer_content: method == b"HEAD",
            may_repeat: may_repeat(request.method),
            upgrade,
            closes,
            url: None,
        }))
    }

    /// Asks in the manner of CGI.
    fn call_as_script(
        &self,
        request: &Request<'_>,
        upstream: UpstreamId,
        input: Input,
        content: Content,
    ) -> Outcome {
        let (scheme, keeps) = match &self.proxy.wire {
            Wire::Fastcgi(said) => ("fastcgi", said.keeps),
            Wire::Scgi(_) => ("scgi", false),
            Wire::Uwsgi { .. } => ("uwsgi", false),
            Wire::Http => ("http", true),
        };
        Outcome::Proxy(Box::new(Call {
            proxy: self.proxy,
            upstream,
            head: params::write(self.proxy, request, content),
            input,
            content,
            choice: self.choice(upstream, request.variables),
            has_no_answer_content: request.method == Method::Head,
            may_repeat: may_repeat(request.method),
            upgrade: None,
            closes: !keeps,
            url: Some(scheme),
        }))
    }

    /// Who is asked. The error is for the log.
    fn find(&self, variables: &Variables<'_>) -> Result<Found<'static>, String> {
        match &self.proxy.target {
            Target::Fixed { upstream, uri } => {
                Ok(Found { upstream: *upstream, uri: uri.as_ref().map(FoundUri::Front) })
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
        if !matches!(self.proxy.wire, Wire::Http) {
            // It is an address alone.
            let is_it = |it: &Upstream| it.name.as_bytes().eq_ignore_ascii_case(url);
            let id = self.upstreams.iter().position(is_it);
            let unknown = || format!("no upstream is known that \"{shown}\" names");
            return Ok(Found { upstream: id.ok_or_else(unknown)? as UpstreamId, uri: None });
        }
        let Some(rest) = url.strip_prefix(b"http://") else {
            return Err(format!("invalid URL prefix in \"{shown}\""));
        };
        let host_len = match rest.strip_prefix(b"unix:") {
            Some(path) => path.iter().position(|&byte| byte == b':').map(|at| at + 5),
            None => rest.iter().position(|&byte| matches!(byte, b'/' | b'?')),
        };
        let (host, uri) = rest.split_at(host_len.unwrap_or(rest.len()));
        let uri = uri.strip_prefix(b":").unwrap_or(uri);
        let with_port = [host, b":80"].concat();
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
        Ok(Found { upstream: id as UpstreamId, uri: whole })
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
            if is_framing(field.name) {
                closes |= field.name.eq_ignore_ascii_case(b"connection")
                    && head[value_start..].eq_ignore_ascii_case(b"close");
                head.truncate(start);
                continue;
            }
            if head.len() == value_start {
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
        let said = request.variables.head.fields().first(b"content-length").is_some();
        let says_none = said && request.variables.head.framing.is_empty();
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
    if head.minor_version == 0 || proxy.http_version == ProxyVersion::Http10 {
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
