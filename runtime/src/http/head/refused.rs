//! Heads that are refused, or are never whole: what the logs say of them.

use super::super::body::Framing;
use super::super::fields::{Names, Span};
use super::super::lines::{Line, Start, Version};
use super::super::method::Method;
use super::super::target;
use super::{Head, HeadError, Limits, first_line, skip_empty_lines};

impl Head {
    /// Keeps what a head that is refused, or will not be complete, begins with: its request line,
    /// and what that asks for, if it can be read. The logs want it.
    pub fn abandon(&mut self, input: &[u8], limits: &Limits) {
        let line = first_line(input);
        let line = &line[..line.len().min(1024)];
        self.bytes.clear();
        self.bytes.extend_from_slice(line);
        self.received_len = read_len(input, limits);
        self.path.clear();
        self.line = Span { start: 0, end: line.len() as u32 };
        let empty = Span::default();
        (self.method_name, self.host, self.host_name_len) = (empty, empty, 0);
        (self.target, self.uri, self.args) = (empty, empty, empty);
        // Of a HEAD request that is refused, the answer has no content either.
        self.method = line.split(|&byte| byte == b' ').next().and_then(Method::parse);
        (self.has_host, self.persist) = (false, false);
        (self.is_http2, self.is_tunnel) = (false, false);
        (self.framing, self.expect_continue) = (Framing::Length(0), false);
        if self.read_line(limits).is_err() {
            self.path.clear();
        }
        // The target's host would be the only one.
        self.fields.clear();
        self.names = Names::default();
    }

    /// Takes apart the request line, which is all that there is.
    fn read_line(&mut self, limits: &Limits) -> Result<(), HeadError> {
        let Some(Start { method, target }) = Start::read(&self.bytes)? else { return Ok(()) };
        self.method_name = Span::from(method);
        self.target = Span::from(target);
        self.settle_target(None, limits)
    }
}

/// How much of a head was read before it was refused, as nginx counts it: the lines that are in
/// order, and a Host behind which nginx does not look.
fn read_len(input: &[u8], limits: &Limits) -> usize {
    let mut lines = skip_empty_lines(input).split_inclusive(|&byte| byte == b'\n');
    let request_line = lines.next().filter(|line| is_request_line(line, limits));
    let Some(mut len) = request_line.map(<[u8]>::len) else { return 0 };
    let mut host_seen = false;
    for line in lines {
        let is_end = matches!(line, b"\n" | b"\r\n");
        if len + line.len() > limits.head_len || !is_end && !is_field_line(line, limits) {
            break;
        }
        len += line.len();
        let ends = is_end || host_of(line).is_some_and(|host| host_seen || !is_host(host));
        if ends {
            break;
        }
        host_seen |= host_of(line).is_some();
    }
    len
}

/// Whether a line with its end is a request line of this protocol.
fn is_request_line(line: &[u8], limits: &Limits) -> bool {
    let Ok(Some(start)) = Start::read(line) else { return false };
    let version = Version::read(&line[start.target.end + 1..]);
    matches!(version, Ok(Some(_))) && line.len() <= limits.line_len
}

/// Whether a line with its end is one of a field, be it dropped.
fn is_field_line(line: &[u8], limits: &Limits) -> bool {
    line.len() <= limits.line_len
        && match Line::read(line) {
            Ok(Some(Line::Field(_))) => true,
            Ok(Some(Line::Invalid(_))) => limits.ignore_invalid_fields,
            _ => false,
        }
}

/// The value of a line, if that is Host.
fn host_of(line: &[u8]) -> Option<&[u8]> {
    let (name, value) = line.split_at_checked(5)?;
    name.eq_ignore_ascii_case(b"host:").then(|| value.trim_ascii())
}

fn is_host(value: &[u8]) -> bool {
    !value.is_empty() && target::is_valid_host(value)
}
