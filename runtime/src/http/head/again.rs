//! A head whose fields are those of the last one, byte for byte: what a client sends does not
//! change from request to request, but for the request line. So only that is parsed, if it is
//! another one.

use httparse::Status;

use super::super::body::Framing;
use super::super::fields::Span;
use super::{Head, HeadError, Limits, check_lengths};

/// What the fields of an HTTP/1.1 head came to, the request line apart.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known {
    /// What they were read by.
    pub(super) limits: Limits,
    /// The value of Host, among the fields, and how much of it is the name.
    pub(super) host: (Span, u32),
    pub(super) framing: Framing,
    pub(super) persist: bool,
    pub(super) expect_continue: bool,
}

impl Head {
    /// Parses a head with the fields of the last one; `None` if it has others, is not whole, or
    /// is not certain to mean the same.
    pub(super) fn parse_again(
        &mut self,
        input: &[u8],
        limits: &Limits,
    ) -> Result<Option<usize>, HeadError> {
        let Some(known) = &self.known else { return Ok(None) };
        if known.limits != *limits {
            return Ok(None);
        }
        let Some(line_len) = memchr::memchr(b'\n', input).map(|at| at + 1) else {
            return Ok(None);
        };
        let (line, rest) = input.split_at(line_len);
        let fields_len = self.bytes.len() - self.fields_start;
        if !rest.starts_with(&self.bytes[self.fields_start..]) {
            return Ok(None);
        }
        let (known_line, known_host) = (&self.bytes[..self.fields_start], known.host);
        self.framing = known.framing;
        self.persist = known.persist;
        self.expect_continue = known.expect_continue;
        let head = &input[..line_len + fields_len];
        // Who polls or checks a server asks the same again.
        self.repeated = line == known_line;
        if !self.repeated {
            // All that can be missing from a request line with its end are the fields.
            let mut request = httparse::Request::new(&mut []);
            let parsed = request.parse(line);
            if parsed != Ok(Status::Partial) || request.version != Some(1) {
                return Ok(None);
            }
            self.take_line(&request, head);
        }
        check_lengths(head, limits)?;
        self.settle_target(Some(known_host), limits)?;
        Ok(Some(head.len()))
    }
}
