//! Request heads (RFC 9112, sections 2 to 6): read strictly wherever laxness lets two parties
//! disagree about where a message ends. Each byte is looked at once, but for those of the few fields
//! that say something about the message itself.

mod from_fields;
mod interpret;
mod refused;
mod unfinished;

use super::body::Framing;
use super::fields::{FieldSpan, Fields, Names, Span};
pub use super::lines::HeadError;
use super::lines::{FieldLine, Line, Start, Version, refuse};
use super::method::Method;
use super::target::BadTarget;
pub use from_fields::{BadFields, FieldsReader, TrailersReader};
use interpret::Seen;
pub use unfinished::Unfinished;

/// What a head may be like.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Longest request line and longest field line, in bytes, with their ends.
    pub line_len: usize,
    /// Longest head, in bytes.
    pub head_len: usize,
    /// Most fields.
    pub max_fields: usize,
    /// Whether fields with invalid names are dropped rather than refused.
    pub ignore_invalid_fields: bool,
    /// Whether names with underscores are valid.
    pub underscores: bool,
    /// Whether runs of slashes in the path count as one.
    pub merge_slashes: bool,
}

impl From<BadTarget> for HeadError {
    fn from(BadTarget(reason): BadTarget) -> Self {
        HeadError { status: 400, reason }
    }
}

/// The head of one request. Reused from one to the next, so that a kept connection costs no
/// allocation.
#[derive(Clone, Debug)]
pub struct Head {
    bytes: Vec<u8>,
    /// How much of it has been received, empty lines in front apart.
    received_len: usize,
    /// Where the fields are.
    fields: Vec<FieldSpan>,
    /// The names that they may have.
    names: Names,
    /// The method; `None` for one that this server does not know.
    pub method: Option<Method>,
    method_name: Span,
    line: Span,
    target: Span,
    uri: Span,
    args: Span,
    /// The minor version: 0 or 1. HTTP/2 counts as 1.
    pub minor_version: u8,
    /// Whether it came over HTTP/2.
    pub is_http2: bool,
    /// Whether it was CONNECT with a protocol (RFC 8441): it is read as a GET that asks for an upgrade, and
    /// no other answer to it is a success.
    pub is_tunnel: bool,
    /// Host, or the authority of an absolute-form target: as sent, with its port.
    host: Span,
    /// How much of it is the name.
    host_name_len: u32,
    /// Whether there is a Host field or an authority.
    pub has_host: bool,
    /// The path, decoded and normalised.
    pub path: Vec<u8>,
    /// How the content is framed.
    pub framing: Framing,
    /// Whether the client wants the connection to persist (RFC 9112, 9.3).
    pub persist: bool,
    /// Whether the client waits for a 100 before it sends the content.
    pub expect_continue: bool,
}

impl Default for Head {
    fn default() -> Self {
        Head {
            bytes: Vec::new(),
            received_len: 0,
            fields: Vec::new(),
            names: Names::default(),
            method: None,
            method_name: Span::default(),
            line: Span::default(),
            target: Span::default(),
            uri: Span::default(),
            args: Span::default(),
            minor_version: 1,
            is_http2: false,
            is_tunnel: false,
            host: Span::default(),
            host_name_len: 0,
            has_host: false,
            path: Vec::new(),
            framing: Framing::Length(0),
            persist: true,
            expect_continue: false,
        }
    }
}

impl Head {
    /// Parses one head from the front of `input`. `Some` carries its length in bytes, the
    /// empty line included; `None` means that it is not complete, and consumes nothing. After
    /// an error only what the request line says is meaningful.
    pub fn parse(&mut self, input: &[u8], limits: &Limits) -> Result<Option<usize>, HeadError> {
        let head = skip_empty_lines(input);
        match self.parse_strictly(head, limits) {
            Ok(len) => Ok(len.map(|len| input.len() - head.len() + len)),
            Err(error) => {
                self.abandon(head, limits);
                Err(error)
            }
        }
    }

    fn parse_strictly(
        &mut self,
        input: &[u8],
        limits: &Limits,
    ) -> Result<Option<usize>, HeadError> {
        let mut found = Found::new(&mut self.fields);
        let parsed = self.parse_lines(input, limits, &mut found);
        (self.fields, self.names) = (found.fields, found.names);
        let Some(len) = parsed? else {
            check_lengths(input, limits)?;
            return Ok(None);
        };
        let head = &input[..len];
        check_lengths(head, limits)?;
        self.bytes.clear();
        self.bytes.extend_from_slice(head);
        self.received_len = len;
        self.interpret(found.seen, limits)?;
        Ok(Some(len))
    }

    /// Finds the lines, and what each is made of; returns the length of all of them.
    fn parse_lines(
        &mut self,
        input: &[u8],
        limits: &Limits,
        found: &mut Found,
    ) -> Result<Option<usize>, HeadError> {
        let Some(mut at) = self.parse_request_line(input, limits)? else { return Ok(None) };
        let drops_underscores = limits.ignore_invalid_fields && !limits.underscores;
        let mut most = limits.max_fields;
        loop {
            at = found.take_usual(input, at, most);
            let Some(line) = Line::read(&input[at..])? else { return Ok(None) };
            at += match line {
                Line::Field(_) if found.fields.len() >= most => {
                    return refuse(431, "too many fields");
                }
                // An underscore makes a name invalid, but for RFC 9110: so it is dropped or kept,
                // as nginx does it, and never refused.
                Line::Field(line) if line.underscore && drops_underscores => {
                    most -= 1;
                    line.len
                }
                Line::Field(line) => found.take(input, at, line),
                Line::Invalid(len) if limits.ignore_invalid_fields => len,
                Line::Invalid(_) => return refuse(400, "invalid field name"),
                Line::End(len) => return Ok(Some(at + len)),
            };
        }
    }

    /// Takes the request line apart; returns its length.
    fn parse_request_line(
        &mut self,
        input: &[u8],
        limits: &Limits,
    ) -> Result<Option<usize>, HeadError> {
        let start = match Start::read(input) {
            // It is bad in any case, and most likely for its length.
            Err(_) if first_line(input).len() > limits.line_len => {
                return refuse(414, "request line is too long");
            }
            start => start?,
        };
        let Some(Start { method, target }) = start else { return Ok(None) };
        let version_start = target.end + 1;
        let Some(version) = Version::read(&input[version_start..])? else { return Ok(None) };
        let line_end = version_start + Version::LEN;
        self.method = Method::parse(&input[method.clone()]);
        self.method_name = Span::from(method);
        self.target = Span::from(target);
        self.line = Span::from(0..line_end);
        self.minor_version = version.minor;
        (self.is_http2, self.is_tunnel) = (false, false);
        Ok(Some(line_end + version.end_len))
    }

    /// The request line as sent, without its end.
    pub fn line(&self) -> &[u8] {
        self.line.of(&self.bytes)
    }

    /// The method as sent.
    pub fn method_name(&self) -> &[u8] {
        self.method_name.of(&self.bytes)
    }

    /// The request target as sent.
    pub fn target(&self) -> &[u8] {
        self.target.of(&self.bytes)
    }

    /// The path and the arguments as sent: the target without scheme and authority.
    pub fn uri(&self) -> &[u8] {
        self.uri.of(&self.bytes)
    }

    /// What follows the `?`, as sent.
    pub fn args(&self) -> &[u8] {
        self.args.of(&self.bytes)
    }

    /// The host that is asked for, as sent, with its port; empty if there is none.
    pub fn host(&self) -> &[u8] {
        self.host.of(&self.bytes)
    }

    /// The same without the port.
    pub fn host_name(&self) -> &[u8] {
        Span { end: self.host.start + self.host_name_len, ..self.host }.of(&self.bytes)
    }

    /// The port that is asked for; empty where none is named, or none that there is.
    pub fn port(&self) -> &[u8] {
        let port = self.host()[self.host_name().len()..].strip_prefix(b":").unwrap_or_default();
        let number = std::str::from_utf8(port).ok().and_then(|port| port.parse::<u16>().ok());
        // As a number has it, without zeros before it.
        let zeros = port.iter().take_while(|&&digit| digit == b'0').count();
        if number.is_some() { &port[zeros..] } else { b"" }
    }

    /// Length of the head as sent, in bytes; of one that was refused, as far as it was read.
    pub fn received_len(&self) -> usize {
        self.received_len
    }

    /// The fields, in the order in which they came.
    pub fn fields(&self) -> Fields<'_> {
        Fields::with_names(&self.bytes, &self.fields, self.names)
    }
}

/// The fields of a head, as far as they are read.
struct Found {
    fields: Vec<FieldSpan>,
    names: Names,
    seen: Seen,
}

impl Found {
    /// None yet; `memory` is taken.
    fn new(memory: &mut Vec<FieldSpan>) -> Found {
        let mut fields = std::mem::take(memory);
        fields.clear();
        Found { fields, names: Names::default(), seen: Seen::default() }
    }

    /// Takes lines as most are from `at` on, as long as there are no more than `most` fields; returns
    /// where others begin.
    #[inline(never)]
    fn take_usual(&mut self, input: &[u8], mut at: usize, most: usize) -> usize {
        while self.fields.len() < most
            && let Some(line) = FieldLine::read_usual(&input[at..])
        {
            at += self.take(input, at, line);
        }
        at
    }

    /// Takes a line that begins at `at`; returns its length.
    #[inline(always)]
    fn take(&mut self, input: &[u8], at: usize, line: FieldLine) -> usize {
        let FieldLine { name_len, value, len, .. } = line;
        let field = FieldSpan {
            name: Span::from(at..at + name_len),
            value: Span::from(at + value.start..at + value.end),
        };
        let name = Names::of_one(&input[at..at + name_len]);
        if name.may_share(interpret::NAMES) {
            self.seen.note(field, input);
        }
        self.names = self.names.and(name);
        self.fields.push(field);
        len
    }
}

/// What a head, or as much as there is of one, may not have: lines and a length past the limits.
fn check_lengths(head: &[u8], limits: &Limits) -> Result<(), HeadError> {
    if head.len() <= limits.line_len.min(limits.head_len) {
        return Ok(());
    }
    let mut lines = head.split_inclusive(|&byte| byte == b'\n');
    let is_long = |line: &[u8]| {
        // What has no end yet will have one.
        line.len() + usize::from(!line.ends_with(b"\n")) > limits.line_len
    };
    if lines.next().is_some_and(is_long) {
        return refuse(414, "request line is too long");
    }
    if lines.any(is_long) {
        return refuse(431, "field is too long");
    }
    if head.len() > limits.head_len {
        return refuse(431, "head is too long");
    }
    Ok(())
}

/// `input` without the empty lines in front of the request line (RFC 9112, 2.2).
pub fn skip_empty_lines(mut input: &[u8]) -> &[u8] {
    while let Some(rest) = input.strip_prefix(b"\r\n").or_else(|| input.strip_prefix(b"\n")) {
        input = rest;
    }
    input
}

/// The request line, as far as it is there, without its end.
fn first_line(input: &[u8]) -> &[u8] {
    let input = skip_empty_lines(input);
    let line = &input[..memchr::memchr(b'\n', input).unwrap_or(input.len())];
    line.strip_suffix(b"\r").unwrap_or(line)
}

#[cfg(test)]
#[path = "head_tests.rs"]
mod tests;
