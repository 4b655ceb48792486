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
        self.host = Span::default();
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
        self.settle_target(&seen, limits)
    }

    /// An underscore makes a name invalid, but for RFC 9110: so it is dropped or kept, as nginx
    /// does it, and never refused.
    fn drop_underscores(&mut self, limits: &Limits) {
        if limits.underscores || !limits.ignore_invalid_fields {
            return;
        }
        let bytes = &self.bytes;
        self.fields.retain(|field| !field.name.of(bytes).contains(&b'_'));
    }

    fn interpret_field(&mut self, seen: &mut Seen, field: FieldSpan) -> Result<(), HeadError> {
        let (name, text) = (field.name.of(&self.bytes), field.value.of(&self.bytes));
        let is = |other: &str| name.eq_ignore_ascii_case(other.as_bytes());
        match name.len() {
            4 if is("host") && seen.host.replace(field.value).is_some() => {
                return refuse(400, "more than one Host");
            }
            6 if is("expect") => {
                let members = text.split(|&byte| byte == b',').map(<[u8]>::trim_ascii);
                for member in members.filter(|member| !member.is_empty()) {
                    if !member.eq_ignore_ascii_case(b"100-continue") {
                        return refuse(417, "unknown expectation");
                    }
                    self.expect_continue = true;
                }
            }
            10 if is("connection") => {
                for option in text.split(|&byte| byte == b',') {
                    seen.close |= option.trim_ascii().eq_ignore_ascii_case(b"close");
                    seen.keep_alive |= option.trim_ascii().eq_ignore_ascii_case(b"keep-alive");
                }
            }
            14 if is("content-length")
                && seen.content_length.replace(parse_length(text)?).is_some() =>
            {
                return refuse(400, "more than one Content-Length");
            }
            17 if is("transfer-encoding") => {
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

    /// The path, the arguments, and the host that is asked for (RFC 9112, 3.2 and 3.3).
    fn settle_target(&mut self, seen: &Seen, limits: &Limits) -> Result<(), HeadError> {
        if self.minor_version > 0 && seen.host.is_none() {
            return refuse(400, "no Host");
        }
        if let Some(value) = seen.host {
            let text = value.of(&self.bytes);
            // Of an http URI the host is never empty (RFC 9110, 4.2.1).
            if text.is_empty() || !target::is_valid_host(text) {
                return refuse(400, "invalid Host");
            }
            self.host = value;
        }
        self.has_host = seen.host.is_some();
        let whole = self.target.of(&self.bytes);
        let parts = match (self.method, whole) {
            // What these ask for is refused or answered by the server as a whole.
            (Some(Method::Options), b"*") | (Some(Method::Connect), _) => {
                Target { authority: None, path: b"/", args: b"" }
            }
            _ => Target::parse(whole)?,
        };
        self.uri = self.target;
        if let Some(authority) = parts.authority {
            if !target::is_valid_host(authority) {
                return refuse(400, "invalid host in the request target");
            }
            self.host = span(authority, &self.bytes);
            self.has_host = true;
            self.uri.start = self.host.end;
        }
        self.args = match parts.args {
            b"" => Span { start: self.target.end, end: self.target.end },
            args => span(args, &self.bytes),
        };
        target::normalize(parts.path, limits.merge_slashes, &mut self.path)?;
        Ok(())
    }
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
