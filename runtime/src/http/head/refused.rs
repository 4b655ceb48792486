//! Heads that are refused, or are never whole: what the logs say of them.

use httparse::{EMPTY_HEADER, Status};

use super::super::body::{Framing, is_token_byte};
use super::super::fields::Span;
use super::super::method::Method;
use super::super::target;
use super::{Head, HeadError, Limits, first_line, skip_empty_lines, span, with_text_target};

impl Head {
    /// Keeps what a head that is refused, or will not be complete, begins with: its request line,
    /// and what that asks for, if it can be read. The logs want it.
    pub fn abandon(&mut self, input: &[u8], limits: &Limits) {
        let line = first_line(input);
        let line = &line[..line.len().min(1024)];
        *self = Head { bytes: line.to_vec(), fields_start: line.len(), ..std::mem::take(self) };
        self.received_len = read_len(input, limits);
        self.path.clear();
        self.line = Span { start: 0, end: line.len() as u32 };
        let empty = Span::default();
        (self.method_name, self.host, self.host_name_len) = (empty, empty, 0);
        (self.target, self.uri, self.args) = (empty, empty, empty);
        // Of a HEAD request that is refused, the answer has no content either.
        self.method = line.split(|&byte| byte == b' ').next().and_then(Method::parse);
        (self.has_host, self.persist) = (false, false);
        (self.framing, self.expect_continue) = (Framing::Length(0), false);
        if self.read_line(limits).is_err() {
            self.path.clear();
        }
        // The target's host would be the only one.
        self.fields.clear();
    }

    /// Takes apart the request line, which is all that there is.
    fn read_line(&mut self, limits: &Limits) -> Result<(), HeadError> {
        let head = [&self.bytes, &b"\r\n\r\n"[..]].concat();
        let head = with_text_target(&head).unwrap_or(head);
        let mut request = httparse::Request::new(&mut []);
        // What comes before the mistake, if there is one, is there all the same.
        let _ = request.parse(&head);
        if let (Some(method), Some(target)) = (request.method, request.path) {
            self.method_name = span(method.as_bytes(), &head);
            self.target = span(target.as_bytes(), &head);
            self.settle_target(None, limits)?;
        }
        Ok(())
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
    let text = with_text_target(line);
    let mut request = httparse::Request::new(&mut []);
    // All that is missing are the fields.
    let parsed = request.parse(text.as_deref().unwrap_or(line));
    parsed == Ok(Status::Partial) && request.version.is_some() && line.len() <= limits.line_len
}

/// Whether a line with its end is one of a field, be it dropped.
fn is_field_line(line: &[u8], limits: &Limits) -> bool {
    let is_whole = line.ends_with(b"\n") && line.len() <= limits.line_len;
    let is_valid = || httparse::parse_headers(line, &mut [EMPTY_HEADER]) == Ok(Status::Partial);
    let name = line.split(|&byte| byte == b':').next().unwrap_or_default();
    let is_dropped = || {
        limits.ignore_invalid_fields
            && !name.iter().all(|&byte| is_token_byte(byte))
            && !name.iter().any(|&byte| byte <= b' ' || byte == 0x7f)
    };
    is_whole && (is_valid() || is_dropped())
}

/// The value of a line, if that is Host.
fn host_of(line: &[u8]) -> Option<&[u8]> {
    let (name, value) = line.split_at_checked(5)?;
    name.eq_ignore_ascii_case(b"host:").then(|| value.trim_ascii())
}

fn is_host(value: &[u8]) -> bool {
    !value.is_empty() && target::is_valid_host(value)
}
