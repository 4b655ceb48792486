//! What a head means: its framing, whether the connection persists, and what is asked for.

use super::super::body::Framing;
use super::super::fields::{FieldSpan, Names, Span};
use super::super::method::Method;
use super::super::target::{self, Target};
use super::{Head, HeadError, Limits, refuse};

impl Head {
    /// Fills in what the head means, once it is whole.
    pub(super) fn interpret(&mut self, seen: Seen, limits: &Limits) -> Result<(), HeadError> {
        if let Some(fault) = seen.fault {
            return Err(fault);
        }
        self.settle_framing(&seen)?;
        self.persist = match self.minor_version {
            0 => seen.keep_alive && !seen.close,
            _ => !seen.close,
        };
        // An HTTP/1.0 client knows no 100 (RFC 9110, 10.1.1).
        self.expect_continue =
            seen.expect_continue && self.minor_version > 0 && !self.framing.is_empty();
        let host = self.settle_host(&seen)?;
        self.settle_target(host, limits)
    }

    /// RFC 9112, 6.1 and 6.3.
    fn settle_framing(&mut self, seen: &Seen) -> Result<(), HeadError> {
        self.framing = match (seen.transfer_encoding, seen.content_length) {
            (true, Some(_)) => return refuse(400, "both Transfer-Encoding and Content-Length"),
            (true, None) if self.minor_version == 0 => {
                return refuse(400, "Transfer-Encoding in HTTP/1.0");
            }
            (true, None) if !seen.chunked => return refuse(501, "unknown transfer coding"),
            (true, None) => Framing::Chunked,
            (false, length) => Framing::Length(length.unwrap_or(0)),
        };
        Ok(())
    }

    /// Where among the fields the value of Host is, and how much of it is the name (RFC 9112, 3.2).
    fn settle_host(&self, seen: &Seen) -> Result<Option<(Span, u32)>, HeadError> {
        let Some(value) = seen.host else {
            return if self.minor_version > 0 { refuse(400, "no Host") } else { Ok(None) };
        };
        let text = value.of(&self.bytes);
        // Of an http URI the host is never empty (RFC 9110, 4.2.1).
        match target::host_name_len(text).filter(|_| !text.is_empty()) {
            Some(name_len) => Ok(Some((value, name_len as u32))),
            None => refuse(400, "invalid Host"),
        }
    }

    /// The path, the arguments, and the host that is asked for (RFC 9112, 3.2 and 3.3).
    pub(super) fn settle_target(
        &mut self,
        host: Option<(Span, u32)>,
        limits: &Limits,
    ) -> Result<(), HeadError> {
        self.has_host = host.is_some();
        (self.host, self.host_name_len) = host.unwrap_or_default();
        self.uri = self.target;
        let whole = self.target.of(&self.bytes);
        if let Some(parts) =
            Target::parse_plain(whole).filter(|_| self.method != Some(Method::Connect))
        {
            self.path.clear();
            self.path.extend_from_slice(parts.path);
            self.args = Span { start: self.target.end - parts.args.len() as u32, ..self.target };
            return Ok(());
        }
        let parts = match (self.method, whole) {
            // What these ask for is refused or answered by the server as a whole.
            (Some(Method::Options), b"*") | (Some(Method::Connect), _) => {
                Target { authority: None, path: b"/", args: b"" }
            }
            _ => Target::parse(whole)?,
        };
        if let Some(authority) = parts.authority {
            let Some(name_len) = target::host_name_len(authority) else {
                return refuse(400, "invalid host in the request target");
            };
            self.host = place_of(authority, &self.bytes);
            self.host_name_len = name_len as u32;
            self.has_host = true;
            self.uri.start = self.host.end;
        }
        self.args = Span { start: self.target.end - parts.args.len() as u32, ..self.target };
        target::normalize(parts.path, limits.merge_slashes, &mut self.path)?;
        if parts.authority.is_some() {
            self.put_host_field();
            if self.uri.start == self.uri.end {
                let end = self.bytes.len();
                self.bytes.push(b'/');
                self.uri = Span::from(end..end + 1);
            }
        }
        Ok(())
    }

    /// Puts the target's authority in the place of what Host says, for all who read the fields: a
    /// server ignores that field then (RFC 9112, 3.2.2).
    fn put_host_field(&mut self) {
        // Past the end of the head, so that no other place in it moves.
        let end = self.bytes.len();
        self.bytes.extend_from_within(self.host.start as usize..self.host.end as usize);
        let value = Span::from(end..self.bytes.len());
        let is_host = |field: &&mut FieldSpan| is_named(field.name.of(&self.bytes), b"host");
        if let Some(field) = self.fields.iter_mut().find(is_host) {
            field.value = value;
        } else {
            self.bytes.extend_from_slice(b"Host");
            let name = Span::from(value.end as usize..self.bytes.len());
            self.fields.push(FieldSpan { name, value });
            self.names = self.names.and(Names::of_one(b"Host"));
        }
    }
}

/// The place of `part` in `whole`, which it is a slice of.
fn place_of(part: &[u8], whole: &[u8]) -> Span {
    let start = part.as_ptr().addr().wrapping_sub(whole.as_ptr().addr());
    Span::from(start..start + part.len())
}

/// Whether a field has this name, given in lower case. Of a token's bytes only a letter becomes
/// a letter by this bit, and only a hyphen a hyphen.
fn is_named<const LEN: usize>(name: &[u8], wanted: &[u8; LEN]) -> bool {
    <&[u8; LEN]>::try_from(name).is_ok_and(|name| name.map(|byte| byte | 0x20) == *wanted)
}

/// The names of fields that say something about the message itself.
pub(super) const NAMES: Names =
    Names::of(&[b"Host", b"Expect", b"Connection", b"Content-Length", b"Transfer-Encoding"]);

/// What the fields of one head have said so far about the message itself.
#[derive(Default)]
pub(super) struct Seen {
    /// The first fault among them.
    fault: Option<HeadError>,
    host: Option<Span>,
    content_length: Option<u64>,
    transfer_encoding: bool,
    chunked: bool,
    close: bool,
    keep_alive: bool,
    expect_continue: bool,
}

impl Seen {
    /// The first fault among the fields.
    pub(super) fn fault(&self) -> Option<HeadError> {
        self.fault
    }

    /// Content-Length.
    pub(super) fn content_length(&self) -> Option<u64> {
        self.content_length
    }

    /// Whether the client waits for a 100.
    pub(super) fn expects_continue(&self) -> bool {
        self.expect_continue
    }

    /// Notes a field of `head`, if it has one of the [`NAMES`].
    #[inline(never)]
    pub(super) fn note(&mut self, field: FieldSpan, head: &[u8]) {
        let (name, value) = (field.name.of(head), field.value.of(head));
        let noted = match name.len() {
            4 if is_named(name, b"host") => self.note_host(field.value),
            6 if is_named(name, b"expect") => self.note_expect(value),
            10 if is_named(name, b"connection") => self.note_connection(value),
            14 if is_named(name, b"content-length") => self.note_length(value),
            17 if is_named(name, b"transfer-encoding") => self.note_coding(value),
            _ => Ok(()),
        };
        if let Err(fault) = noted {
            self.fault.get_or_insert(fault);
        }
    }

    fn note_host(&mut self, place: Span) -> Result<(), HeadError> {
        match self.host.replace(place) {
            Some(_) => refuse(400, "more than one Host"),
            None => Ok(()),
        }
    }

    fn note_connection(&mut self, value: &[u8]) -> Result<(), HeadError> {
        // What most clients say.
        if value == b"keep-alive" {
            self.keep_alive = true;
            return Ok(());
        }
        for option in value.split(|&byte| byte == b',') {
            self.close |= option.trim_ascii().eq_ignore_ascii_case(b"close");
            self.keep_alive |= option.trim_ascii().eq_ignore_ascii_case(b"keep-alive");
        }
        Ok(())
    }

    fn note_expect(&mut self, value: &[u8]) -> Result<(), HeadError> {
        let members = value.split(|&byte| byte == b',').map(<[u8]>::trim_ascii);
        for member in members.filter(|member| !member.is_empty()) {
            if !member.eq_ignore_ascii_case(b"100-continue") {
                return refuse(417, "unknown expectation");
            }
            self.expect_continue = true;
        }
        Ok(())
    }

    fn note_length(&mut self, value: &[u8]) -> Result<(), HeadError> {
        match self.content_length.replace(parse_length(value)?) {
            Some(_) => refuse(400, "more than one Content-Length"),
            None => Ok(()),
        }
    }

    fn note_coding(&mut self, value: &[u8]) -> Result<(), HeadError> {
        self.chunked = value.eq_ignore_ascii_case(b"chunked");
        match std::mem::replace(&mut self.transfer_encoding, true) {
            true => refuse(400, "more than one Transfer-Encoding"),
            false => Ok(()),
        }
    }
}

/// `1*DIGIT` (RFC 9110, 8.6).
fn parse_length(text: &[u8]) -> Result<u64, HeadError> {
    if text.is_empty() || !text.iter().all(u8::is_ascii_digit) {
        return refuse(400, "invalid Content-Length");
    }
    let text = std::str::from_utf8(text).unwrap_or_default();
    match text.parse::<u64>() {
        Ok(length) if length <= i64::MAX as u64 => Ok(length),
        _ => refuse(413, "Content-Length is larger than any limit"),
    }
}
