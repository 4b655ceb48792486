//! What a server answers over HTTP/1 (RFC 9112): its head, read strictly, and where its content ends.
//!
//! What cannot be read in one way alone is refused, so that nothing that follows it is taken for the
//! answer to another request.

use super::body::is_token_byte;
use super::response::Fields;
use super::status;

/// Why an answer is none: the reason, for the error log.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BadAnswer(pub &'static str);

/// Where the content of an answer ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AnswerFraming {
    /// So many bytes.
    Length(u64),
    /// By chunks.
    Chunked,
    /// By the end of the connection.
    UntilClose,
}

/// A head that is whole.
#[derive(Debug)]
pub struct AnswerHead {
    /// The status, 100 and above.
    pub status: u16,
    /// The fields that are not about the connection, and not Content-Length.
    pub fields: Fields,
    /// Content-Length, of an answer that may have content, and of a 304.
    pub content_len: Option<u64>,
    /// All lines, as they came.
    pub lines: Vec<u8>,
    /// Where the content ends, of an answer that has any.
    pub framing: AnswerFraming,
    /// Whether the connection may be used again.
    pub persists: bool,
    /// The protocol that is gone over to.
    pub upgrade: Option<Vec<u8>>,
}

/// Gathers the head from pieces of any length.
#[derive(Debug)]
pub struct AnswerReader {
    bytes: Vec<u8>,
    /// How far its end was looked for.
    searched: usize,
    most: usize,
}

impl AnswerReader {
    /// A reader of heads that are no longer than this, in bytes.
    pub fn new(most: usize) -> AnswerReader {
        AnswerReader { bytes: Vec::new(), searched: 0, most }
    }

    /// Takes a piece. Once the head is whole: it, and how much of the piece it took.
    pub fn read(&mut self, piece: &[u8]) -> Result<Option<(AnswerHead, usize)>, BadAnswer> {
        let before = self.bytes.len();
        // The status line is looked at as soon as it can be told: what is no HTTP has no end.
        let is_http = |bytes: &[u8]| bytes.iter().zip(b"HTTP/1.").all(|(one, other)| one == other);
        let room = self.most + 1 - before.min(self.most);
        let front = &piece[..piece.len().min(room)];
        // Mostly, a head comes whole: then nothing of what follows it is copied.
        let is_first = before == 0;
        let whole = if is_first { end_of(front, &mut self.searched) } else { None };
        self.bytes.extend_from_slice(&front[..whole.unwrap_or(front.len())]);
        if !is_http(&self.bytes) {
            return Err(BadAnswer("no valid HTTP/1 status line"));
        }
        let end = match is_first {
            true => whole,
            false => end_of(&self.bytes, &mut self.searched),
        };
        let Some(len) = end else {
            return match self.bytes.len() > self.most {
                true => Err(BadAnswer("too big header")),
                false => Ok(None),
            };
        };
        let mut lines = std::mem::take(&mut self.bytes);
        lines.truncate(len);
        self.searched = 0;
        let head = parse(lines)?;
        Ok(Some((head, len - before)))
    }
}

/// Where a head ends, behind its empty line. `searched`: how far that was looked for.
fn end_of(bytes: &[u8], searched: &mut usize) -> Option<usize> {
    while let Some(offset) = memchr::memchr(b'\n', &bytes[*searched..]) {
        let line_end = *searched + offset + 1;
        match &bytes[line_end..] {
            [b'\n', ..] => return Some(line_end + 1),
            [b'\r', b'\n', ..] => return Some(line_end + 2),
            [] | [b'\r'] => return None,
            _ => *searched = line_end,
        }
    }
    *searched = bytes.len();
    None
}

/// Fields that speak of the connection (RFC 9110, 7.6.1).
const OF_CONNECTION: [&[u8]; 7] = [
    b"connection",
    b"keep-alive",
    b"proxy-connection",
    b"te",
    b"trailer",
    b"transfer-encoding",
    b"upgrade",
];

/// Reads a head with its empty line.
fn parse(mut bytes: Vec<u8>) -> Result<AnswerHead, BadAnswer> {
    let line_len = memchr::memchr(b'\n', &bytes).map_or(bytes.len(), |at| at + 1);
    let (minor_version, status) = status_line(bytes[..line_len].trim_ascii_end())?;
    bytes.drain(..line_len);
    of_lines(minor_version, status, bytes)
}

/// The head that has this status and these fields, each a line.
pub fn of_lines(minor_version: u8, status: u16, lines: Vec<u8>) -> Result<AnswerHead, BadAnswer> {
    let mut said = Said::default();
    for line in fields(&lines) {
        let (name, value) = line?;
        check(name, value)?;
        said.take((name, value))?;
    }
    let Said { content_len, is_chunked, mut persists, of_connection, upgrade } = said;
    if is_chunked && content_len.is_some() {
        return Err(BadAnswer("both Content-Length and Transfer-Encoding"));
    }
    if minor_version == 0 {
        if is_chunked {
            return Err(BadAnswer("Transfer-Encoding in an answer of HTTP/1.0"));
        }
        persists = Some(persists == Some(true));
    }
    let mut out = Fields::with_room(lines.len());
    for (name, value) in fields(&lines).flatten() {
        let is = |other: &[u8]| name.eq_ignore_ascii_case(other);
        let is_hop = OF_CONNECTION.iter().any(|other| is(other))
            || is(b"content-length")
            || of_connection.iter().any(|other| is(other));
        if !is_hop {
            out.add_copied(name, value);
        }
    }
    let framing = match content_len {
        _ if is_chunked => AnswerFraming::Chunked,
        Some(len) => AnswerFraming::Length(len),
        None => AnswerFraming::UntilClose,
    };
    let content_len = content_len.filter(|_| !status::has_no_content(status) || status == 304);
    Ok(AnswerHead {
        status,
        fields: out,
        content_len,
        framing,
        persists: persists != Some(false),
        upgrade,
        lines,
    })
}

/// Fields that decide what a message is or where it goes: behind a content they come too late
/// (RFC 9110, 6.5.1).
const NOT_BEHIND: [&[u8]; 12] = [
    b"content-length",
    b"content-encoding",
    b"content-type",
    b"content-range",
    b"host",
    b"authorization",
    b"proxy-authorization",
    b"www-authenticate",
    b"proxy-authenticate",
    b"set-cookie",
    b"location",
    b"cache-control",
];

/// Which of the fields behind a content may be passed on: well-formed lines, each ended by CRLF.
pub fn trailers(lines: &[u8]) -> Fields {
    let mut out = Fields::default();
    let is_well = |&(name, value): &(&[u8], &[u8])| check(name, value).is_ok();
    for (name, value) in fields(lines).flatten().filter(is_well) {
        let is = |other: &&[u8]| name.eq_ignore_ascii_case(other);
        if !OF_CONNECTION.iter().chain(&NOT_BEHIND).any(is) {
            out.add_copied(name, value);
        }
    }
    out
}

/// Minor version and status.
fn status_line(line: &[u8]) -> Result<(u8, u16), BadAnswer> {
    const BAD: BadAnswer = BadAnswer("no valid HTTP/1 status line");
    let rest = line.strip_prefix(b"HTTP/1.").ok_or(BAD)?;
    let (minor_version, rest) = match rest {
        [b'0', b' ', rest @ ..] => (0, rest),
        [b'1', b' ', rest @ ..] => (1, rest),
        _ => return Err(BAD),
    };
    let (digits, reason) = rest.split_at_checked(3).ok_or(BAD)?;
    let is_status = digits.iter().all(u8::is_ascii_digit) && matches!(reason, [] | [b' ', ..]);
    let status = str::from_utf8(digits).ok().filter(|_| is_status);
    let status = status.and_then(|digits| digits.parse().ok()).ok_or(BAD)?;
    match status {
        100..1000 => Ok((minor_version, status)),
        _ => Err(BAD),
    }
}

/// The fields of lines that an empty one ends.
#[allow(clippy::type_complexity)]
fn fields(lines: &[u8]) -> impl Iterator<Item = Result<(&[u8], &[u8]), BadAnswer>> {
    let mut rest = lines;
    let lines = std::iter::from_fn(move || {
        let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        let line = rest.get(..end).filter(|_| !rest.is_empty())?;
        rest = rest.get(end + 1..).unwrap_or_default();
        Some(line.strip_suffix(b"\r").unwrap_or(line))
    });
    lines.filter(|line| !line.is_empty()).map(|line| {
        let colon = memchr::memchr(b':', line).ok_or(BadAnswer("a line that is no field"))?;
        Ok((&line[..colon], line[colon + 1..].trim_ascii()))
    })
}

/// Whether a field may be what it is.
fn check(name: &[u8], value: &[u8]) -> Result<(), BadAnswer> {
    if name.is_empty() || !name.iter().copied().all(is_token_byte) {
        return Err(BadAnswer("a field with an invalid name"));
    }
    // Without a way out of the loop, many bytes are looked at at once.
    let is_control = |byte: u8| byte < b' ' && byte != b'\t' || byte == 0x7f;
    match value.iter().fold(false, |found, &byte| found | is_control(byte)) {
        true => Err(BadAnswer("a field with a control character in it")),
        false => Ok(()),
    }
}

/// What the fields say that the framing depends on.
#[derive(Default)]
struct Said<'a> {
    content_len: Option<u64>,
    is_chunked: bool,
    persists: Option<bool>,
    of_connection: Vec<&'a [u8]>,
    upgrade: Option<Vec<u8>>,
}

impl<'a> Said<'a> {
    fn take(&mut self, (name, value): (&'a [u8], &'a [u8])) -> Result<(), BadAnswer> {
        let is = |other: &[u8]| name.eq_ignore_ascii_case(other);
        if is(b"content-length") {
            let digits = !value.is_empty() && value.iter().all(u8::is_ascii_digit);
            let len = str::from_utf8(value).ok().filter(|_| digits);
            let len = len.and_then(|value| value.parse().ok());
            let len = len.ok_or(BadAnswer("an invalid Content-Length"))?;
            if self.content_len.replace(len).is_some_and(|other| other != len) {
                return Err(BadAnswer("two different Content-Lengths"));
            }
        } else if is(b"transfer-encoding") {
            if !value.eq_ignore_ascii_case(b"chunked") || self.is_chunked {
                return Err(BadAnswer("an unknown Transfer-Encoding"));
            }
            self.is_chunked = true;
        } else if is(b"connection") {
            for name in value.split(|&byte| byte == b',').map(<[u8]>::trim_ascii) {
                if name.eq_ignore_ascii_case(b"close") {
                    self.persists = Some(false);
                } else if name.eq_ignore_ascii_case(b"keep-alive") && self.persists.is_none() {
                    self.persists = Some(true);
                }
                self.of_connection.push(name);
            }
        } else if is(b"upgrade") {
            self.upgrade = Some(value.to_vec());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trailers_do_not_change_what_a_message_is() {
        let lines = b"X-Sum: 1\r\nContent-Length: 5\r\nConnection: x\r\nset-cookie: a=b\r\nGrpc-Status: 0\r\n";
        assert_eq!(trailers(lines).lines(), b"X-Sum: 1\r\nGrpc-Status: 0\r\n");
    }

    /// What comes of an answer that is read in pieces of this length, in short.
    fn show(answer: &str, step: usize) -> String {
        let mut reader = AnswerReader::new(200);
        let mut taken = 0;
        for piece in answer.as_bytes().chunks(step) {
            match reader.read(piece) {
                Err(BadAnswer(reason)) => return format!("bad: {reason}"),
                Ok(None) => taken += piece.len(),
                Ok(Some((answer_head, used))) => {
                    let AnswerHead { status, fields, framing, persists, upgrade, .. } = answer_head;
                    let fields = String::from_utf8_lossy(fields.lines()).replace("\r\n", "|");
                    let keep = if persists { "keep" } else { "close" };
                    let upgrade = upgrade.map(|to| format!(" to={}", to.escape_ascii()));
                    let upgrade = upgrade.unwrap_or_default();
                    let rest = answer.len() - taken - used;
                    return format!("{status} {fields} {framing:?} {keep}{upgrade} +{rest}");
                }
            }
        }
        "more".to_owned()
    }

    #[test]
    fn what_has_no_content_has_no_length_of_one() {
        for (status, expected) in [("200 OK", Some(5)), ("204 No", None), ("304 Not", Some(5))] {
            let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 5\r\n\r\n");
            let read = AnswerReader::new(200).read(answer.as_bytes()).expect("it is an answer");
            let (head, _) = read.expect("it is whole");
            assert_eq!(head.content_len, expected, "{status}");
        }
    }

    #[test]
    fn heads_are_read_in_any_pieces() {
        let long = format!("HTTP/1.1 200 OK\r\nA: {}\r\n\r\n", "x".repeat(200));
        for (answer, expected) in [
            ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "200  Length(5) keep +5"),
            ("HTTP/1.1 200 OK\nContent-Length: 5\n\n", "200  Length(5) keep +0"),
            ("HTTP/1.1 404\r\nA: b\r\n\r\n", "404 A: b| UntilClose keep +0"),
            ("HTTP/1.0 200 OK\r\nA:b\r\n\r\nx", "200 A: b| UntilClose close +1"),
            (
                "HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 1\r\n\r\n",
                "200  Length(1) keep +0",
            ),
            (
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\nX:\r\n\r\n",
                "200 X: | Chunked keep +0",
            ),
            (
                "HTTP/1.1 200 OK\r\nConnection: X-Own, close\r\nX-Own: a\r\nY: b\r\nKeep-Alive: 5\r\n\r\n",
                "200 Y: b| UntilClose close +0",
            ),
            (
                "HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n\x01",
                "101  UntilClose keep to=websocket +1",
            ),
            (
                "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n",
                "200  Length(5) keep +0",
            ),
            ("HTTP/1.1 200 OK\r\n\r\n", "200  UntilClose keep +0"),
            ("HTTP/1.1 200 OK\r\nA: b", "more"),
            ("HTTP/1.1 200 OK", "more"),
            ("hello", "bad: no valid HTTP/1 status line"),
            ("HTTP/2 200 OK\r\n\r\n", "bad: no valid HTTP/1 status line"),
            ("HTTP/1.1 20 OK\r\n\r\n", "bad: no valid HTTP/1 status line"),
            ("HTTP/1.1 2000 OK\r\n\r\n", "bad: no valid HTTP/1 status line"),
            ("HTTP/1.1 099 OK\r\n\r\n", "bad: no valid HTTP/1 status line"),
            ("HTTP/1.1  200 OK\r\n\r\n", "bad: no valid HTTP/1 status line"),
            (
                "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
                "bad: both Content-Length and Transfer-Encoding",
            ),
            (
                "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
                "bad: two different Content-Lengths",
            ),
            ("HTTP/1.1 200 OK\r\nContent-Length: +1\r\n\r\n", "bad: an invalid Content-Length"),
            (
                "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n",
                "bad: an invalid Content-Length",
            ),
            (
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
                "bad: an unknown Transfer-Encoding",
            ),
            (
                "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
                "bad: Transfer-Encoding in an answer of HTTP/1.0",
            ),
            ("HTTP/1.1 200 OK\r\nA\r\n\r\n", "bad: a line that is no field"),
            ("HTTP/1.1 200 OK\r\nA b: c\r\n\r\n", "bad: a field with an invalid name"),
            ("HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n", "bad: a line that is no field"),
            ("HTTP/1.1 200 OK\r\nA: b\rc\r\n\r\n", "bad: a field with a control character in it"),
            (&long, "bad: too big header"),
        ] {
            for step in [1, 2, 3, 7, answer.len()] {
                assert_eq!(show(answer, step), expected, "{answer:?} in steps of {step}");
            }
        }
    }
}
