//! Heads that come as fields, not as lines (RFC 9113, section 8): the request line is made of the
//! pseudo-fields, so that whoever reads a head finds in it what HTTP/1 would have sent.

use super::super::body::{Framing, is_token_byte};
use super::super::fields::{FieldSpan, Names, Span};
use super::super::method::Method;
use super::super::target;
use super::interpret::{self, Seen};
use super::{Head, HeadError, Limits};

/// Why there is no request in a block of fields.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BadFields {
    /// It is malformed (RFC 9113, 8.1.1): an error of its stream.
    Malformed(&'static str),
    /// It is refused with a status.
    Refused(HeadError),
}

/// What a field counts beside its name and its value: as much as its line in HTTP/1.
const LINE_LEN: usize = b": \r\n".len();

/// Gathers a head from its fields, as they come.
pub struct FieldsReader<'h> {
    head: &'h mut Head,
    limits: Limits,
    size: Size,
    fault: Option<BadFields>,
    pseudo: Pseudo,
    /// Whether a field has come that is none of these, so that these are over.
    is_past_pseudo: bool,
    seen: Seen,
    host: Option<Span>,
    /// Where the first of several cookies is among the fields.
    cookie: Option<usize>,
    cookies: Vec<Span>,
    /// The value of Priority (RFC 9218).
    priority: Option<Span>,
}

/// Pseudo-fields (RFC 9113, 8.3.1).
#[derive(Default)]
struct Pseudo {
    method: Option<Span>,
    scheme: Option<Span>,
    authority: Option<Span>,
    path: Option<Span>,
    /// Of CONNECT alone (RFC 8441, 4).
    protocol: Option<Span>,
}

impl<'h> FieldsReader<'h> {
    /// A reader that fills in `head`.
    pub fn new(head: &'h mut Head, limits: &Limits) -> FieldsReader<'h> {
        head.bytes.clear();
        head.fields.clear();
        head.names = Names::default();
        head.path.clear();
        FieldsReader {
            head,
            limits: *limits,
            size: Size::default(),
            fault: None,
            pseudo: Pseudo::default(),
            is_past_pseudo: false,
            seen: Seen::default(),
            host: None,
            cookie: None,
            cookies: Vec::new(),
            priority: None,
        }
    }

    /// Takes a field. Past a fault or a limit, nothing is kept.
    pub fn take(&mut self, name: &[u8], value: &[u8]) {
        if self.fault.is_some() {
            return;
        }
        let counted = self.size.count(name, value, &self.limits);
        let taken = counted.and_then(|()| match name {
            [b':', ..] => self.take_pseudo(name, value),
            _ => self.take_field(name, value),
        });
        self.fault = taken.err();
    }

    fn take_pseudo(&mut self, name: &[u8], value: &[u8]) -> Result<(), BadFields> {
        if self.is_past_pseudo {
            return malformed("a pseudo-field behind others");
        }
        check_value(value)?;
        let value = self.keep(value);
        let Pseudo { method, scheme, authority, path, protocol } = &mut self.pseudo;
        let place = match name {
            b":method" => method,
            b":scheme" => scheme,
            b":authority" => authority,
            b":path" => path,
            b":protocol" => protocol,
            _ => return malformed("an unknown pseudo-field"),
        };
        match place.replace(value) {
            Some(_) => malformed("a pseudo-field that comes twice"),
            None => Ok(()),
        }
    }

    fn take_field(&mut self, name: &[u8], value: &[u8]) -> Result<(), BadFields> {
        self.is_past_pseudo = true;
        check_field(name, value)?;
        if name == b"cookie" {
            return self.take_cookie(value);
        }
        let is_dropped = self.limits.ignore_invalid_fields && !self.limits.underscores;
        if is_dropped && name.contains(&b'_') {
            return Ok(());
        }
        let field = FieldSpan { name: self.keep(name), value: self.keep(value) };
        match name {
            b"host" if self.host.replace(field.value).is_some() => {
                return malformed("more than one Host");
            }
            b"priority" => self.priority = Some(field.value),
            _ => {}
        }
        self.push(field);
        Ok(())
    }

    /// Cookies may come in crumbs, and are joined again for all who know them as one (RFC 9113, 8.2.3).
    fn take_cookie(&mut self, value: &[u8]) -> Result<(), BadFields> {
        let value = self.keep(value);
        self.cookies.push(value);
        if self.cookie.is_none() {
            self.cookie = Some(self.head.fields.len());
            let name = self.keep(b"cookie");
            self.push(FieldSpan { name, value });
        }
        Ok(())
    }

    fn push(&mut self, field: FieldSpan) {
        let name = Names::of_one(field.name.of(&self.head.bytes));
        if name.may_share(interpret::NAMES) {
            self.seen.note(field, &self.head.bytes);
        }
        self.head.names = self.head.names.and(name);
        self.head.fields.push(field);
    }

    fn keep(&mut self, bytes: &[u8]) -> Span {
        let start = self.head.bytes.len();
        self.head.bytes.extend_from_slice(bytes);
        Span::from(start..self.head.bytes.len())
    }

    /// Makes the head of what has come: a block of so many bytes. `ends`: no content follows. Returns
    /// the value of Priority, if there is one.
    pub fn finish(mut self, block_len: usize, ends: bool) -> Result<Option<Vec<u8>>, BadFields> {
        self.head.received_len = block_len;
        (self.head.is_http2, self.head.is_tunnel) = (true, false);
        self.head.minor_version = 1;
        let made = match self.fault {
            Some(fault) => Err(fault),
            None => self.interpret(ends),
        };
        let priority = self.priority.map(|value| value.of(&self.head.bytes).to_vec());
        if made.is_err() {
            self.abandon();
        }
        made.map(|()| priority)
    }

    fn interpret(&mut self, ends: bool) -> Result<(), BadFields> {
        let Pseudo { method, scheme, authority, path, protocol } = self.pseudo;
        let Some(mut method) = method else { return malformed("no :method") };
        if let Some(protocol) = protocol {
            method = self.begin_tunnel(method, protocol)?;
        }
        let head = &mut *self.head;
        head.method = Method::parse(method.of(&head.bytes));
        head.method_name = method;
        if !is_token(method.of(&head.bytes)) {
            return malformed("an invalid :method");
        }
        let is_connect = head.method == Some(Method::Connect);
        let target = match (scheme, path, authority) {
            (None, None, Some(authority)) if is_connect => authority,
            (Some(scheme), Some(path), _) if !is_connect => {
                check_scheme(scheme.of(&head.bytes))?;
                check_path(path.of(&head.bytes), head.method)?;
                path
            }
            _ => return malformed("pseudo-fields that are missing, or not of this method"),
        };
        if let Some(at) = self.cookie.filter(|_| self.cookies.len() > 1) {
            head.fields[at].value = join(&self.cookies, &mut head.bytes);
        }
        // The line comes last, since its parts come in any order.
        let start = head.bytes.len();
        head.bytes.extend_from_within(method.start as usize..method.end as usize);
        head.bytes.push(b' ');
        let target_start = head.bytes.len();
        head.bytes.extend_from_within(target.start as usize..target.end as usize);
        head.target = Span::from(target_start..head.bytes.len());
        head.bytes.extend_from_slice(b" HTTP/2.0");
        head.line = Span::from(start..head.bytes.len());
        let host = self.settle_host()?;
        if self.head.line.end - self.head.line.start > self.limits.line_len as u32 {
            return refuse(414, "request line is too long");
        }
        self.settle_content(ends)?;
        let refused = |error| Err(BadFields::Refused(error));
        match self.head.settle_target(host, &self.limits) {
            Err(error) => refused(error),
            Ok(()) if host.is_none() => refused(HeadError { status: 400, reason: "no Host" }),
            Ok(()) => Ok(()),
        }
    }

    /// Makes of CONNECT with a protocol what HTTP/1 asks for an upgrade by (RFC 8441, 5). Returns where the
    /// method is.
    fn begin_tunnel(&mut self, method: Span, protocol: Span) -> Result<Span, BadFields> {
        let is_connect = method.of(&self.head.bytes) == b"CONNECT";
        if !is_connect || self.pseudo.authority.is_none() {
            return malformed("a :protocol that is not of this method");
        }
        if !is_token(protocol.of(&self.head.bytes)) {
            return malformed("an invalid :protocol");
        }
        self.head.is_tunnel = true;
        let name = self.keep(b"upgrade");
        self.push(FieldSpan { name, value: protocol });
        let (name, value) = (self.keep(b"connection"), self.keep(b"upgrade"));
        self.push(FieldSpan { name, value });
        Ok(self.keep(b"GET"))
    }

    /// Where the host is that is asked for, and how much of it is the name: in the authority, which
    /// becomes Host for all who read the fields, or in Host.
    fn settle_host(&mut self) -> Result<Option<(Span, u32)>, BadFields> {
        let Some(place) = self.pseudo.authority.or(self.host) else { return Ok(None) };
        let text = place.of(&self.head.bytes);
        let name_len = target::host_name_len(text).filter(|_| !text.is_empty());
        let Some(name_len) = name_len else { return malformed("an invalid authority") };
        match self.host {
            Some(host) if !host.of(&self.head.bytes).eq_ignore_ascii_case(text) => {
                return malformed("a Host that is not the authority");
            }
            Some(_) => {}
            None => {
                let name = self.keep(b"host");
                self.head.names = self.head.names.and(Names::of_one(b"host"));
                self.head.fields.push(FieldSpan { name, value: place });
            }
        }
        Ok(Some((place, name_len as u32)))
    }

    /// How the content is framed: by its length, or until its stream ends.
    fn settle_content(&mut self, ends: bool) -> Result<(), BadFields> {
        match self.seen.fault() {
            // What is wrong with a length makes the message malformed (RFC 9113, 8.1.1).
            Some(HeadError { status: 400, reason }) => return malformed(reason),
            Some(error) => return Err(BadFields::Refused(error)),
            None => {}
        }
        self.head.framing = match self.seen.content_length() {
            // What follows is of the other protocol.
            _ if self.head.is_tunnel => Framing::Length(0),
            Some(len) if ends && len > 0 => return malformed("content that does not come"),
            None if !ends => Framing::Chunked,
            len => Framing::Length(len.unwrap_or(0)),
        };
        self.head.persist = true;
        self.head.expect_continue = self.seen.expects_continue() && !ends;
        Ok(())
    }

    /// Leaves what the logs want of a head that is refused: its line, if there is one.
    fn abandon(&mut self) {
        let head = &mut *self.head;
        head.fields.clear();
        head.names = Names::default();
        let empty = Span::default();
        if self.fault.is_some() {
            let of = |span: Option<Span>| span.unwrap_or_default().of(&head.bytes).to_vec();
            let (method, path) = (of(self.pseudo.method), of(self.pseudo.path));
            head.method = Method::parse(&method);
            head.bytes.clear();
            for part in [&method[..], b" ", &path, b" HTTP/2.0"] {
                head.bytes.extend_from_slice(part);
            }
            head.method_name = Span::from(0..method.len());
            head.line = Span::from(0..head.bytes.len());
        }
        head.path.clear();
        (head.target, head.uri, head.args) = (empty, empty, empty);
        (head.host, head.host_name_len, head.has_host) = (empty, 0, false);
        (head.framing, head.expect_continue) = (Framing::Length(0), false);
        head.is_tunnel = false;
    }
}

/// Trailers, of which nothing is kept: whether a block of them is well-formed (RFC 9113, 8.1), and no
/// larger than a head.
pub struct TrailersReader {
    limits: Limits,
    size: Size,
    fault: Option<BadFields>,
}

impl TrailersReader {
    /// A reader of trailers within these limits.
    pub fn new(limits: &Limits) -> TrailersReader {
        TrailersReader { limits: *limits, size: Size::default(), fault: None }
    }

    /// Takes a field. Past a fault or a limit, nothing is looked at.
    pub fn take(&mut self, name: &[u8], value: &[u8]) {
        if self.fault.is_some() {
            return;
        }
        let counted = self.size.count(name, value, &self.limits);
        let taken = counted.and_then(|()| match name {
            [b':', ..] => malformed("a pseudo-field in trailers"),
            _ => check_field(name, value),
        });
        self.fault = taken.err();
    }

    /// What was wrong with them.
    pub fn finish(self) -> Result<(), BadFields> {
        self.fault.map_or(Ok(()), Err)
    }
}

/// What the fields of a block are long, and how many they are: both are counted as they are decoded.
#[derive(Default)]
struct Size {
    len: usize,
    count: usize,
}

impl Size {
    /// Counts a field.
    fn count(&mut self, name: &[u8], value: &[u8], limits: &Limits) -> Result<(), BadFields> {
        let line_len = name.len() + value.len() + LINE_LEN;
        self.len += line_len;
        self.count += usize::from(!name.starts_with(b":"));
        match name {
            _ if self.len > limits.head_len => refuse(431, "head is too long"),
            b":path" if line_len > limits.line_len => refuse(414, "request line is too long"),
            _ if line_len > limits.line_len => refuse(431, "field is too long"),
            _ if self.count > limits.max_fields => refuse(431, "too many fields"),
            _ => Ok(()),
        }
    }
}

fn malformed<T>(reason: &'static str) -> Result<T, BadFields> {
    Err(BadFields::Malformed(reason))
}

fn refuse<T>(status: u16, reason: &'static str) -> Result<T, BadFields> {
    Err(BadFields::Refused(HeadError { status, reason }))
}

fn is_token(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().copied().all(is_token_byte)
}

/// What every field has to be like that is no pseudo-field (RFC 9113, 8.2).
fn check_field(name: &[u8], value: &[u8]) -> Result<(), BadFields> {
    check_name(name)?;
    check_value(value)?;
    match name {
        b"connection" | b"proxy-connection" | b"keep-alive" | b"transfer-encoding" | b"upgrade" => {
            malformed("a field of the connection")
        }
        b"te" if value != b"trailers" => malformed("TE other than trailers"),
        _ => Ok(()),
    }
}

/// RFC 9113, 8.2.1, and RFC 9110, 5.1.
fn check_name(name: &[u8]) -> Result<(), BadFields> {
    match is_token(name) && !name.iter().any(u8::is_ascii_uppercase) {
        true => Ok(()),
        false => malformed("an invalid field name"),
    }
}

/// RFC 9113, 8.2.1, and RFC 9110, 5.5.
fn check_value(value: &[u8]) -> Result<(), BadFields> {
    let is_blank = |byte: Option<&u8>| matches!(byte, Some(b' ' | b'\t'));
    if is_blank(value.first()) || is_blank(value.last()) {
        return malformed("a field value with blanks around it");
    }
    match value.iter().all(|&byte| byte == b'\t' || byte >= b' ' && byte != 0x7f) {
        true => Ok(()),
        false => malformed("a field value with a control character in it"),
    }
}

/// RFC 3986, 3.1.
fn check_scheme(scheme: &[u8]) -> Result<(), BadFields> {
    let is_scheme = scheme.first().is_some_and(u8::is_ascii_alphabetic)
        && scheme.iter().all(|&byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    if is_scheme { Ok(()) } else { malformed("an invalid :scheme") }
}

/// RFC 9113, 8.3.1. What else may not stand in a path is refused as in HTTP/1.
fn check_path(path: &[u8], method: Option<Method>) -> Result<(), BadFields> {
    match path {
        [b'/', ..] if !path.iter().any(|byte| matches!(byte, b' ' | b'\t')) => Ok(()),
        b"*" if method == Some(Method::Options) => Ok(()),
        _ => malformed("an invalid :path"),
    }
}

/// Appends crumbs as one value.
fn join(crumbs: &[Span], bytes: &mut Vec<u8>) -> Span {
    let start = bytes.len();
    for (index, crumb) in crumbs.iter().enumerate() {
        if index > 0 {
            bytes.extend_from_slice(b"; ");
        }
        bytes.extend_from_within(crumb.start as usize..crumb.end as usize);
    }
    Span::from(start..bytes.len())
}

#[cfg(test)]
mod tests;
