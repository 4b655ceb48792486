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
    /// What the fields are long, and how many they are.
    len: usize,
    count: usize,
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
            len: 0,
            count: 0,
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
        let line_len = name.len() + value.len() + LINE_LEN;
        (self.len, self.count) = (self.len + line_len, self.count + 1);
        let taken = match name {
            _ if self.len > self.limits.head_len => refuse(431, "head is too long"),
            b":path" if line_len > self.limits.line_len => refuse(414, "request line is too long"),
            _ if line_len > self.limits.line_len => refuse(431, "field is too long"),
            [b':', ..] => self.take_pseudo(name, value),
            _ if self.count > self.limits.max_fields => refuse(431, "too many fields"),
            _ => self.take_field(name, value),
        };
        self.fault = taken.err();
    }

    fn take_pseudo(&mut self, name: &[u8], value: &[u8]) -> Result<(), BadFields> {
        self.count -= 1;
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
        check_name(name)?;
        check_value(value)?;
        match name {
            b"connection" | b"proxy-connection" | b"keep-alive" | b"transfer-encoding"
            | b"upgrade" => return malformed("a field of the connection"),
            b"te" if value != b"trailers" => return malformed("TE other than trailers"),
            b"cookie" => return self.take_cookie(value),
            _ => {}
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

/// Trailers, of which nothing is kept: whether a block of them is well-formed (RFC 9113, 8.1).
#[derive(Default)]
pub struct TrailersReader {
    fault: Option<&'static str>,
}

impl TrailersReader {
    /// Takes a field.
    pub fn take(&mut self, name: &[u8], value: &[u8]) {
        let checked = match name {
            [b':', ..] => malformed("a pseudo-field in trailers"),
            _ => check_name(name).and_then(|()| check_value(value)),
        };
        if let Err(BadFields::Malformed(reason)) = checked {
            self.fault.get_or_insert(reason);
        }
    }

    /// What was wrong with them.
    pub fn finish(self) -> Result<(), &'static str> {
        self.fault.map_or(Ok(()), Err)
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
mod tests {
    use super::*;

    const LIMITS: Limits = Limits {
        line_len: 100,
        head_len: 300,
        max_fields: 8,
        ignore_invalid_fields: true,
        underscores: false,
        merge_slashes: true,
    };

    const GET: [(&str, &str); 4] =
        [(":method", "GET"), (":scheme", "http"), (":authority", "a:8"), (":path", "/b?c")];

    fn read(fields: &[(&str, &str)], ends: bool) -> Result<Head, BadFields> {
        let mut head = Head::default();
        let mut reader = FieldsReader::new(&mut head, &LIMITS);
        fields.iter().for_each(|(name, value)| reader.take(name.as_bytes(), value.as_bytes()));
        reader.finish(7, ends)?;
        Ok(head)
    }

    fn with(more: &[(&str, &str)], ends: bool) -> Result<Head, BadFields> {
        read(&[&GET[..], more].concat(), ends)
    }

    fn is_malformed(fields: &[(&str, &str)], ends: bool) -> bool {
        matches!(read(fields, ends), Err(BadFields::Malformed(_)))
    }

    #[test]
    fn a_head_is_what_http_1_would_have_sent() {
        let head = with(&[("accept", "x"), ("cookie", "a=1"), ("te", "trailers")], true).unwrap();
        assert_eq!(head.line(), b"GET /b?c HTTP/2.0");
        assert_eq!(
            (head.target(), head.uri(), head.args()),
            (&b"/b?c"[..], &b"/b?c"[..], &b"c"[..])
        );
        assert_eq!((head.host(), head.host_name()), (&b"a:8"[..], &b"a"[..]));
        assert_eq!((&head.path[..], head.method), (&b"/b"[..], Some(Method::Get)));
        assert_eq!(head.fields().first(b"Host"), Some(&b"a:8"[..]));
        assert_eq!(head.fields().first(b"cookie"), Some(&b"a=1"[..]));
        assert_eq!((head.received_len(), head.framing), (7, Framing::Length(0)));
        assert_eq!(head.method_name(), b"GET");
    }

    /// RFC 8441, 4 and 5.
    #[test]
    fn rfc8441_4_connect_with_a_protocol_asks_for_an_upgrade() {
        let fields = |protocol| {
            let scheme = (":scheme", "https");
            [(":method", "CONNECT"), scheme, (":authority", "a"), (":path", "/c"), protocol]
        };
        let head = read(&fields((":protocol", "websocket")), false).unwrap();
        assert!(head.is_tunnel && head.method == Some(Method::Get));
        assert_eq!(head.line(), b"GET /c HTTP/2.0");
        assert_eq!(head.fields().first(b"upgrade"), Some(&b"websocket"[..]));
        assert_eq!(head.fields().first(b"connection"), Some(&b"upgrade"[..]));
        assert_eq!(head.framing, Framing::Length(0));
        assert!(is_malformed(&fields((":protocol", "a b")), false));
        assert!(is_malformed(&fields((":method", "CONNECT")), false));
        let get = [(":method", "GET"), (":scheme", "https"), (":authority", "a"), (":path", "/")];
        assert!(is_malformed(&[&get[..], &[(":protocol", "websocket")]].concat(), false));
        let without = [(":method", "CONNECT"), (":authority", "a"), (":protocol", "websocket")];
        assert!(is_malformed(&without, false));
    }

    /// RFC 9113, 8.3: pseudo-fields come first and once, and there are no others; 8.3.1: those that
    /// there have to be.
    #[test]
    fn rfc9113_8_3_pseudo_fields_are_checked() {
        for missing in [0, 1, 3] {
            let mut fields = GET.to_vec();
            fields.remove(missing);
            assert!(is_malformed(&fields, true), "{missing}");
        }
        for (name, value) in
            [(":path", "/"), (":method", "GET"), (":status", "200"), (":protocol", "x"), (":", "")]
        {
            let mut fields = GET.to_vec();
            fields.insert(2, (name, value));
            assert!(is_malformed(&fields, true), "{name}");
        }
        let late = [GET[0], GET[1], GET[3], ("a", "b"), GET[2]];
        assert!(is_malformed(&late, true));
        let any_order = [GET[3], GET[1], GET[2], GET[0]];
        assert!(read(&any_order, true).is_ok());
    }

    #[test]
    fn rfc9113_8_3_1_values_of_pseudo_fields_are_checked() {
        for (at, value) in [
            (3, ""),
            (3, "b"),
            (3, "*"),
            (3, "http://a/b"),
            (3, "/a b"),
            (0, ""),
            (0, "GET /x"),
            (1, ""),
            (1, "1http"),
            (2, ""),
            (2, "user@a"),
            (2, "a/b"),
            (2, "a:b"),
            (2, "[::1"),
        ] {
            let mut fields = GET;
            fields[at].1 = value;
            assert!(is_malformed(&fields, true), "{at} {value}");
        }
        let options = [(":method", "OPTIONS"), GET[1], GET[2], (":path", "*")];
        assert_eq!(read(&options, true).map(|head| head.target().to_vec()), Ok(b"*".to_vec()));
    }

    /// RFC 9113, 8.5: CONNECT has neither a scheme nor a path.
    #[test]
    fn rfc9113_8_5_connect_has_an_authority_alone() {
        let connect = (":method", "CONNECT");
        assert!(read(&[connect, GET[2]], false).is_ok());
        assert!(is_malformed(&[connect], false));
        assert!(is_malformed(&[connect, GET[1], GET[2], GET[3]], false));
    }

    /// RFC 9113, 8.3.1: a Host that is equal to the authority is taken, and stands for it where there
    /// is none.
    #[test]
    fn rfc9113_8_3_1_host_is_the_authority() {
        assert!(with(&[("host", "A:8")], true).is_ok());
        assert!(is_malformed(&[&GET[..], &[("host", "b")]].concat(), true));
        assert!(is_malformed(&[&GET[..], &[("host", "a:8"), ("host", "a:8")]].concat(), true));
        let alone = [GET[0], GET[1], GET[3], ("host", "c")];
        assert_eq!(read(&alone, true).map(|head| head.host().to_vec()), Ok(b"c".to_vec()));
        let none = BadFields::Refused(HeadError { status: 400, reason: "no Host" });
        assert_eq!(read(&alone[..3], true).err(), Some(none));
    }

    /// RFC 9113, 8.2.1 and 8.2.2.
    #[test]
    fn rfc9113_8_2_fields_are_checked() {
        for (name, value) in [
            ("", "x"),
            ("A", "x"),
            ("a b", "x"),
            ("a:b", "x"),
            ("a\r", "x"),
            ("\u{80}", "x"),
            ("a", " x"),
            ("a", "x\t"),
            ("a", "x\ry"),
            ("a", "x\ny"),
            ("a", "x\0y"),
            ("connection", "close"),
            ("keep-alive", "5"),
            ("proxy-connection", "x"),
            ("transfer-encoding", "chunked"),
            ("upgrade", "h2c"),
            ("te", "gzip"),
            ("te", "trailers, gzip"),
        ] {
            assert!(is_malformed(&[&GET[..], &[(name, value)]].concat(), true), "{name}: {value}");
            let mut trailers = TrailersReader::default();
            trailers.take(name.as_bytes(), value.as_bytes());
            let of_message = name.is_empty() || value != "x" || !name.is_ascii();
            assert!(trailers.finish().is_err() || !of_message || name.len() > 1, "{name}");
        }
        assert!(with(&[("a", "x y\tz"), ("b", "")], true).is_ok());
        let mut trailers = TrailersReader::default();
        trailers.take(b":path", b"/");
        assert_eq!(trailers.finish(), Err("a pseudo-field in trailers"));
    }

    /// RFC 9113, 8.1.1 and 8.6: what Content-Length says has to come.
    #[test]
    fn rfc9113_8_1_1_content_length_is_checked() {
        for (len, ends, framing) in [
            (None, true, Some(Framing::Length(0))),
            (None, false, Some(Framing::Chunked)),
            (Some("0"), true, Some(Framing::Length(0))),
            (Some("5"), false, Some(Framing::Length(5))),
            (Some("5"), true, None),
            (Some("-5"), false, None),
            (Some("5, 5"), false, None),
            (Some(""), false, None),
        ] {
            let more: Vec<_> = len.iter().map(|len| ("content-length", *len)).collect();
            let found = with(&more, ends);
            assert_eq!(found.as_ref().ok().map(|head| head.framing), framing, "{len:?} {ends}");
            assert!(found.is_ok() || matches!(found, Err(BadFields::Malformed(_))));
        }
        let twice = [("content-length", "5"), ("content-length", "5")];
        assert!(matches!(with(&twice, false), Err(BadFields::Malformed(_))));
    }

    /// RFC 9113, 8.2.3.
    #[test]
    fn rfc9113_8_2_3_crumbs_of_cookies_are_joined() {
        let head =
            with(&[("cookie", "a=1"), ("x", "y"), ("cookie", "b=2"), ("cookie", "c=3")], true)
                .unwrap();
        let cookies: Vec<_> = head.fields().values(b"cookie").collect();
        assert_eq!(cookies, [b"a=1; b=2; c=3"]);
        assert_eq!(head.fields().iter().count(), 3, "with Host");
    }

    #[test]
    fn limits_are_those_of_http_1_and_empty_fields_count() {
        let status = |more: &[(&str, &str)]| match with(more, true) {
            Err(BadFields::Refused(error)) => error.status,
            other => panic!("{:?}", other.err()),
        };
        let long = "x".repeat(100);
        assert_eq!(status(&[("a", &long)]), 431);
        assert_eq!(status(&[("a", ""); 9]), 431);
        assert_eq!(status(&[("cookie", "a"); 9]), 431);
        assert_eq!(status(&[("a", &long[..80]); 4]), 431);
        let mut fields = GET;
        fields[3].1 = &long;
        let too_long =
            BadFields::Refused(HeadError { status: 414, reason: "request line is too long" });
        assert_eq!(read(&fields, true).err(), Some(too_long));
    }

    #[test]
    fn what_is_refused_leaves_its_line_to_the_logs() {
        let mut head = Head::default();
        let mut reader = FieldsReader::new(&mut head, &LIMITS);
        GET.iter().for_each(|(name, value)| reader.take(name.as_bytes(), value.as_bytes()));
        reader.take(b"a", &[b'x'; 200]);
        assert!(reader.finish(9, true).is_err());
        assert_eq!(head.line(), b"GET /b?c HTTP/2.0");
        assert_eq!((head.fields().iter().count(), head.has_host), (0, false));
        assert_eq!((head.method, &head.path[..]), (Some(Method::Get), &b""[..]));
    }
}
