//! What a head means: its framing, whether the connection persists, and what is asked for.

use super::super::body::Framing;
use super::super::fields::{FieldSpan, Span};
use super::super::method::Method;
use super::super::target::{self, Target};
use super::{Head, HeadError, Limits, refuse, span};

impl Head {
    /// What the fields say about the message itself.
    pub(super) fn interpret(&mut self, limits: &Limits) -> Result<(), HeadError> {
        self.drop_underscores(limits);
        let mut seen = Seen::default();
        self.expect_continue = false;
        for index in 0..self.fields.len() {
            self.interpret_field(&mut seen, self.fields[index])?;
        }
        self.settle_framing(&seen)?;
        self.persist = match self.minor_version {
            0 => seen.keep_alive && !seen.close,
            _ => !seen.close,
        };
        // An HTTP/1.0 client knows no 100 (RFC 9110, 10.1.1).
        self.expect_continue &= self.minor_version > 0 && !self.framing.is_empty();
        let host = self.settle_host(&seen)?;
        self.settle_target(host, limits)
    }

    /// An underscore makes a name invalid, but for RFC 9110: so it is dropped or kept, as nginx
    /// does it, and never refused.
    fn drop_underscores(&mut self, limits: &Limits) {
        if limits.underscores || !limits.ignore_invalid_fields {
            return;
        }
        let bytes = &self.bytes[self.fields_start..];
        // Mostly there is none, in values neither.
        if memchr::memchr(b'_', bytes).is_some() {
            self.fields.retain(|field: &FieldSpan| !field.name.of(bytes).contains(&b'_'));
        }
    }

    fn interpret_field(&mut self, seen: &mut Seen, field: FieldSpan) -> Result<(), HeadError> {
        let lines = &self.bytes[self.fields_start..];
        let (name, text) = (field.name.of(lines), field.value.of(lines));
        match name.len() {
            4 if is_named(name, b"host") && seen.host.replace(field.value).is_some() => {
                return refuse(400, "more than one Host");
            }
            6 if is_named(name, b"expect") => {
                let members = text.split(|&byte| byte == b',').map(<[u8]>::trim_ascii);
                for member in members.filter(|member| !member.is_empty()) {
                    if !member.eq_ignore_ascii_case(b"100-continue") {
                        return refuse(417, "unknown expectation");
                    }
                    self.expect_continue = true;
                }
            }
            10 if is_named(name, b"connection") => {
                for option in text.split(|&byte| byte == b',') {
                    seen.close |= option.trim_ascii().eq_ignore_ascii_case(b"close");
                    seen.keep_alive |= option.trim_ascii().eq_ignore_ascii_case(b"keep-alive");
                }
            }
            14 if is_named(name, b"content-length")
                && seen.content_length.replace(parse_length(text)?).is_some() =>
            {
                return refuse(400, "more than one Content-Length");
            }
            17 if is_named(name, b"transfer-encoding") => {
                if std::mem::replace(&mut seen.transfer_encoding, true) {
                    return refuse(400, "more than one Transfer-Encoding");
                }
                seen.chunked = text.eq_ignore_ascii_case(b"chunked");
            }
            _ => {}
        }
        Ok(())
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
        let text = value.of(&self.bytes[self.fields_start..]);
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
        let shift = self.fields_start as u32;
        let (value, name_len) = host.unwrap_or_default();
        self.host = Span { start: value.start + shift, end: value.end + shift };
        self.host_name_len = name_len;
        self.has_host = host.is_some();
        self.uri = self.target;
        let whole = self.target.of(&self.bytes);
        if let Some(parts) =
            Target::parse_plain(whole).filter(|_| self.method != Some(Method::Connect))
        {
            self.path.clear();
            self.path.extend_from_slice(parts.path);
            self.args =
                Span { start: self.target.end - parts.args.len() as u32, end: self.target.end };
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
            self.host = span(authority, &self.bytes);
            self.host_name_len = name_len as u32;
            self.has_host = true;
            self.uri.start = self.host.end;
        }
        self.args = match parts.args {
            b"" => Span { start: self.target.end, end: self.target.end },
            args => span(args, &self.bytes),
        };
        target::normalize(parts.path, limits.merge_slashes, &mut self.path)?;
        if parts.authority.is_some() {
            self.put_host_field();
        }
        Ok(())
    }

    /// Puts the target's authority in the place of what Host says, for all who read the fields: a
    /// server ignores that field then (RFC 9112, 3.2.2).
    fn put_host_field(&mut self) {
        // Past the end of the head, so that no other place in it moves.
        let end = self.bytes.len();
        self.bytes.extend_from_within(self.host.start as usize..self.host.end as usize);
        let place = |start: usize, len: usize| {
            let start = (start - self.fields_start) as u32;
            Span { start, end: start + len as u32 }
        };
        let value = place(end, self.bytes.len() - end);
        let lines = &self.bytes[self.fields_start..];
        let is_host = |field: &&mut FieldSpan| is_named(field.name.of(lines), b"host");
        if let Some(field) = self.fields.iter_mut().find(is_host) {
            field.value = value;
        } else {
            let name = place(self.bytes.len(), "Host".len());
            self.bytes.extend_from_slice(b"Host");
            self.fields.push(FieldSpan { name, value });
        }
    }
}

/// Whether a field has this name, given in lower case. Of a token's bytes only a letter becomes
/// a letter by this bit, and only a hyphen a hyphen.
fn is_named<const LEN: usize>(name: &[u8], wanted: &[u8; LEN]) -> bool {
    <&[u8; LEN]>::try_from(name).is_ok_and(|name| name.map(|byte| byte | 0x20) == *wanted)
}

/// What the fields of one head have said so far.
#[derive(Default)]
struct Seen {
    host: Option<Span>,
    content_length: Option<u64>,
    transfer_encoding: bool,
    chunked: bool,
    close: bool,
    keep_alive: bool,
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
