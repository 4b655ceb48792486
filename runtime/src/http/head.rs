//! Request heads (RFC 9112, sections 2 to 6): read strictly wherever laxness lets two parties
//! disagree about where a message ends.

mod interpret;
mod refused;
mod unfinished;

use std::mem::MaybeUninit;

use httparse::{Error, Header, Status};

use super::body::{Framing, is_token_byte};
use super::fields::{FieldSpan, Fields, Span};
use super::method::Method;
use super::target::BadTarget;
pub use unfinished::Unfinished;

/// As many fields are parsed on the stack; a head with more takes an allocation.
const FEW: usize = 64;

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

/// Why a head is refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct HeadError {
    /// The response's status.
    pub status: u16,
    /// For the error log.
    pub reason: &'static str,
}

fn refuse<T>(status: u16, reason: &'static str) -> Result<T, HeadError> {
    Err(HeadError { status, reason })
}

impl From<BadTarget> for HeadError {
    fn from(BadTarget(reason): BadTarget) -> Self {
        HeadError { status: 400, reason }
    }
}

/// The place of `part` in `whole`, which it is a slice of.
fn span(part: &[u8], whole: &[u8]) -> Span {
    let start = (part.as_ptr() as usize).wrapping_sub(whole.as_ptr() as usize) as u32;
    Span { start, end: start + part.len() as u32 }
}

/// The head of one request. Reused from one to the next, so that a kept connection costs no
/// allocation.
#[derive(Clone, Debug)]
pub struct Head {
    bytes: Vec<u8>,
    /// How much of it has been received, empty lines in front apart.
    received_len: usize,
    /// Where the fields begin, behind the request line.
    fields_start: usize,
    /// Where they are behind that.
    fields: Vec<FieldSpan>,
    /// The method; `None` for one that this server does not know.
    pub method: Option<Method>,
    method_name: Span,
    line: Span,
    target: Span,
    uri: Span,
    args: Span,
    /// The minor version: 0 or 1.
    pub minor_version: u8,
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
            fields_start: 0,
            fields: Vec::new(),
            method: None,
            method_name: Span::default(),
            line: Span::default(),
            target: Span::default(),
            uri: Span::default(),
            args: Span::default(),
            minor_version: 1,
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
        let result = self.parse_strictly(input, limits);
        match result {
            Ok(Some(len)) => self.received_len = len,
            Ok(None) => {}
            Err(_) => self.abandon(input, limits),
        }
        result
    }

    fn parse_strictly(
        &mut self,
        input: &[u8],
        limits: &Limits,
    ) -> Result<Option<usize>, HeadError> {
        match self.parse_syntax(input, limits) {
            Ok(Some(len)) => {
                check_lengths(&input[..len], limits)?;
                self.interpret(limits)?;
                Ok(Some(len))
            }
            Ok(None) => {
                check_lengths(input, limits)?;
                Ok(None)
            }
            Err(Error::HeaderName) if limits.ignore_invalid_fields => {
                self.parse_without_invalid_names(input, limits)
            }
            Err(Error::Version) => self.parse_other_version(input, limits),
            Err(error) => refuse_syntax(error, input, limits),
        }
    }

    /// Fills in spans. The input is only copied when it is a whole head.
    fn parse_syntax(&mut self, input: &[u8], limits: &Limits) -> Result<Option<usize>, Error> {
        match self.parse_text(input, limits) {
            Err(Error::Token) => {
                // httparse wants targets in UTF-8. Which bytes they hold is the site's concern.
                let Some(text) = with_text_target(input) else { return Err(Error::Token) };
                let len = self.parse_text(&text, limits)?;
                if let Some(len) = len {
                    self.bytes.copy_from_slice(&input[..len]);
                }
                Ok(len)
            }
            result => result,
        }
    }

    fn parse_text(&mut self, input: &[u8], limits: &Limits) -> Result<Option<usize>, Error> {
        let mut few = [const { MaybeUninit::<Header<'_>>::uninit() }; FEW];
        let mut request = httparse::Request::new(&mut []);
        match request.parse_with_uninit_headers(input, &mut few) {
            Err(Error::TooManyHeaders) if limits.max_fields > FEW => {
                let mut many = vec![MaybeUninit::uninit(); limits.max_fields];
                let mut request = httparse::Request::new(&mut []);
                match request.parse_with_uninit_headers(input, &mut many)? {
                    Status::Complete(len) => Ok(Some(self.take(&request, &input[..len]))),
                    Status::Partial => Ok(None),
                }
            }
            Ok(Status::Complete(_)) if request.headers.len() > limits.max_fields => {
                Err(Error::TooManyHeaders)
            }
            Ok(Status::Complete(len)) => Ok(Some(self.take(&request, &input[..len]))),
            Ok(Status::Partial) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Copies a parsed head; returns its length.
    fn take(&mut self, request: &httparse::Request<'_, '_>, input: &[u8]) -> usize {
        self.take_line(request, input);
        let lines = &input[self.fields_start..];
        self.fields.clear();
        self.fields.extend(request.headers.iter().map(|field| {
            let name = span(field.name.as_bytes(), lines);
            FieldSpan { name, value: span(field.value, lines) }
        }));
        input.len()
    }

    /// Copies a head, and takes its request line apart.
    fn take_line(&mut self, request: &httparse::Request<'_, '_>, input: &[u8]) {
        self.bytes.clear();
        self.bytes.extend_from_slice(input);
        let method = request.method.unwrap_or_default().as_bytes();
        let target = request.path.unwrap_or_default().as_bytes();
        self.method_name = span(method, input);
        self.target = span(target, input);
        self.method = Method::parse(method);
        self.minor_version = request.version.unwrap_or(1);
        let line_end = self.target.end + " HTTP/1.1".len() as u32;
        self.line = Span { start: self.method_name.start, end: line_end };
        let has_cr = input.get(line_end as usize) == Some(&b'\r');
        self.fields_start = input.len().min(line_end as usize + if has_cr { 2 } else { 1 });
    }

    /// Parses again without the field lines whose names are no tokens. A name that is empty or
    /// has a blank or a control character in it is refused all the same: it might be read as
    /// another name by somebody else.
    fn parse_without_invalid_names(
        &mut self,
        input: &[u8],
        limits: &Limits,
    ) -> Result<Option<usize>, HeadError> {
        let mut kept = Vec::with_capacity(input.len());
        let mut complete_len = 0;
        for (index, line) in skip_empty_lines(input).split_inclusive(|&b| b == b'\n').enumerate() {
            if !line.ends_with(b"\n") {
                break;
            }
            complete_len += line.len();
            let name_len = memchr::memchr(b':', line);
            let name = &line[..name_len.unwrap_or(0)];
            let invalid = name.iter().any(|&byte| !is_token_byte(byte));
            if index == 0 || !invalid {
                kept.extend_from_slice(line);
            } else if name.iter().any(|&byte| byte <= b' ' || byte == 0x7f) {
                return refuse(400, "blank or control character in a field name");
            }
            if line == b"\n" || line == b"\r\n" {
                break;
            }
        }
        let skipped = input.len() - skip_empty_lines(input).len();
        match self.parse_syntax(&kept, limits) {
            Ok(Some(_)) => {
                check_lengths(&input[..skipped + complete_len], limits)?;
                self.interpret(limits)?;
                Ok(Some(skipped + complete_len))
            }
            Ok(None) => {
                check_lengths(input, limits)?;
                Ok(None)
            }
            Err(error) => refuse_syntax(error, &kept, limits),
        }
    }

    /// HTTP/1.2 to 1.9 are read as 1.1 (RFC 9110, 2.5); another major version is 505.
    fn parse_other_version(
        &mut self,
        input: &[u8],
        limits: &Limits,
    ) -> Result<Option<usize>, HeadError> {
        let line = first_line(input);
        if !skip_empty_lines(input).contains(&b'\n') {
            check_lengths(input, limits)?;
            return Ok(None);
        }
        let mut words = line.splitn(3, |&byte| byte == b' ').skip(2);
        match words.next().unwrap_or_default() {
            [b'H', b'T', b'T', b'P', b'/', b'1', b'.', b'2'..=b'9'] => {
                let minor = input.len() - skip_empty_lines(input).len() + line.len() - 1;
                let mut as_1_1 = input.to_vec();
                as_1_1[minor] = b'1';
                self.parse_strictly(&as_1_1, limits)
            }
            [b'H', b'T', b'T', b'P', b'/', major, b'.', minor]
                if major.is_ascii_digit() && minor.is_ascii_digit() =>
            {
                refuse(505, "unsupported HTTP version")
            }
            _ => refuse(400, "invalid HTTP version"),
        }
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

    /// The head as sent, but for what had to be left out or put right to read it.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Length of the head as sent, in bytes; of one that was refused, as far as it was read.
    pub fn received_len(&self) -> usize {
        self.received_len
    }

    /// The fields, in the order in which they came.
    pub fn fields(&self) -> Fields<'_> {
        Fields { bytes: &self.bytes[self.fields_start..], spans: &self.fields }
    }
}

/// What a head, or as much as there is of one, may not have: lines and a length past the limits.
fn check_lengths(head: &[u8], limits: &Limits) -> Result<(), HeadError> {
    if head.len() <= limits.line_len.min(limits.head_len) {
        return Ok(());
    }
    let head = skip_empty_lines(head);
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

/// The status for what httparse refuses.
fn refuse_syntax<T>(error: Error, input: &[u8], limits: &Limits) -> Result<T, HeadError> {
    match error {
        Error::TooManyHeaders => refuse(431, "too many fields"),
        Error::HeaderName => refuse(400, "invalid field name"),
        Error::HeaderValue => refuse(400, "invalid field value"),
        Error::NewLine => refuse(400, "bare CR in the head"),
        Error::Token if first_line(input).len() > limits.line_len => {
            refuse(414, "request line is too long")
        }
        _ => refuse(400, "invalid request line"),
    }
}

/// `input` without the empty lines in front of the request line (RFC 9112, 2.2).
pub fn skip_empty_lines(mut input: &[u8]) -> &[u8] {
    while let Some(rest) = input.strip_prefix(b"\r\n").or_else(|| input.strip_prefix(b"\n")) {
        input = rest;
    }
    input
}

/// A copy of `input` whose request target is ASCII: other bytes have become letters. `None` if it
/// is already.
fn with_text_target(input: &[u8]) -> Option<Vec<u8>> {
    let line_start = input.len() - skip_empty_lines(input).len();
    let target_start = line_start + memchr::memchr(b' ', &input[line_start..])? + 1;
    let target_len = input[target_start..].iter().position(|&byte| byte <= b' ')?;
    let target = target_start..target_start + target_len;
    if input[target.clone()].is_ascii() {
        return None;
    }
    let mut text = input.to_vec();
    text[target].iter_mut().filter(|byte| !byte.is_ascii()).for_each(|byte| *byte = b'x');
    Some(text)
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
