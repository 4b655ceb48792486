//! The head of a script's output (RFC 3875, section 6): what the script says before the empty
//! line, as the field lines of a response.
//!
//! Read strictly, since every line goes on to the client: what is no field, or has a control
//! character in it, refuses all of the output, and what only the server may say is left out.
//! A first line `HTTP/1.1 200 OK`, as scripts that speak for themselves write it (`nph-`), says
//! the status; such a script is run like any other, so that the connection stays in step.

use crate::exchange::BackendHead;
use crate::http::body::is_token_byte;
use crate::http::response::Fields;
use crate::http::status;
use crate::http::target::is_path_and_query;

/// The longest head, in bytes.
pub const MAX_HEAD_LEN: usize = 64 * 1024;

/// Why output is no response: the reason, for the error log.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BadOutput(pub &'static str);

/// Gathers the head from output in any pieces.
#[derive(Debug, Default)]
pub(crate) struct HeadReader {
    bytes: Vec<u8>,
    /// The start of the line that is not complete yet.
    line_start: usize,
}

impl HeadReader {
    /// Takes a piece of output. Once the head is complete: it, and the front of the content.
    pub(crate) fn read(
        &mut self,
        piece: &[u8],
    ) -> Result<Option<(BackendHead, Vec<u8>)>, BadOutput> {
        let mut searched = self.bytes.len();
        self.bytes.extend_from_slice(piece);
        while let Some(offset) = memchr::memchr(b'\n', &self.bytes[searched..]) {
            let line_end = searched + offset;
            let line = &self.bytes[self.line_start..line_end];
            searched = line_end + 1;
            if matches!(line, b"" | b"\r") {
                let head = parse(&self.bytes[..self.line_start])?;
                return Ok(Some((head, self.bytes.split_off(searched))));
            }
            self.line_start = searched;
            if searched > MAX_HEAD_LEN {
                break;
            }
        }
        match self.bytes.len() > MAX_HEAD_LEN {
            true => Err(BadOutput("its head is too long")),
            false => Ok(None),
        }
    }

    /// What is wrong with output that ends here.
    pub(crate) fn at_end(&self) -> BadOutput {
        BadOutput(match self.bytes.is_empty() {
            true => "it has written nothing",
            false => "its output ends within its head",
        })
    }
}

/// What the lines of a head come to.
#[derive(Default)]
struct Lines<'a> {
    status: Option<u16>,
    location: Option<&'a [u8]>,
    content_type: Option<&'a [u8]>,
    content_len: Option<u64>,
    /// Those that go on, without Location.
    fields: Fields,
}

/// Reads the lines of a head, each with its end.
fn parse(head: &[u8]) -> Result<BackendHead, BadOutput> {
    let mut lines = Lines::default();
    for (index, line) in head.split_inclusive(|&byte| byte == b'\n').enumerate() {
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        match line.strip_prefix(b"HTTP/1.") {
            Some([b'0' | b'1', b' ', status @ ..]) if index == 0 => {
                lines.status = Some(parse_status(status)?);
            }
            _ => lines.take(line)?,
        }
    }
    if head.is_empty() {
        return Err(BadOutput("it has written no head"));
    }
    lines.conclude()
}

impl<'a> Lines<'a> {
    /// Takes one field.
    fn take(&mut self, line: &'a [u8]) -> Result<(), BadOutput> {
        let colon =
            memchr::memchr(b':', line).ok_or(BadOutput("a line of its head is no field"))?;
        let (name, value) = (&line[..colon], line[colon + 1..].trim_ascii());
        if name.is_empty() || !name.iter().copied().all(is_token_byte) {
            return Err(BadOutput("a field of its head has an invalid name"));
        }
        if value.iter().any(|&byte| byte != b'\t' && byte.is_ascii_control()) {
            return Err(BadOutput("a field of its head has a control character in it"));
        }
        let is = |other: &str| name.eq_ignore_ascii_case(other.as_bytes());
        if is("Status") {
            once(&mut self.status, parse_status(value)?, BadOutput("it has two statuses"))
        } else if is("Location") {
            once(&mut self.location, value, BadOutput("it has two locations"))
        } else if is("Content-Length") && value.is_empty() {
            // As a script writes it whose own variable is empty.
            Ok(())
        } else if is("Content-Length") {
            let len = parse_len(value).ok_or(BadOutput("its Content-Length is no number"))?;
            once(&mut self.content_len, len, BadOutput("it has two lengths"))
        } else if is("Transfer-Encoding") {
            Err(BadOutput("it names a transfer coding, which is the server's to choose"))
        } else if is("Content-Type") {
            if self.content_type.is_none() {
                self.push(name, value);
            }
            once(&mut self.content_type, value, BadOutput("it has two content types"))
        } else {
            if !is_servers_own(name) {
                self.push(name, value);
            }
            Ok(())
        }
    }

    fn push(&mut self, name: &[u8], value: &[u8]) {
        // A token is ASCII.
        let name = str::from_utf8(name).unwrap_or_default();
        self.fields.add_checked(name, value);
    }

    /// Tells the kinds of responses apart (RFC 3875, 6.2).
    fn conclude(mut self) -> Result<BackendHead, BadOutput> {
        let alone = self.status.is_none() && self.fields.is_empty();
        let is_local = |location: &&[u8]| alone && is_path_and_query(location);
        let local_redirect = self.location.filter(is_local).map(<[u8]>::to_vec);
        if let Some(location) = self.location.filter(|_| local_redirect.is_none()) {
            self.push(b"Location", location);
        }
        let implied = if self.location.is_some() { 302 } else { 200 };
        let status = self.status.unwrap_or(implied);
        let content_len = self.content_len.filter(|_| !status::has_no_content(status));
        Ok(BackendHead {
            status,
            fields: self.fields,
            has_type: self.content_type.is_some(),
            content_len,
            local_redirect,
            ..BackendHead::default()
        })
    }
}

/// Sets what may be said once. A second time is an error, unless it says the same.
fn once<T: PartialEq>(slot: &mut Option<T>, value: T, twice: BadOutput) -> Result<(), BadOutput> {
    match slot.replace(value) {
        Some(old) if slot.as_ref() != Some(&old) => Err(twice),
        _ => Ok(()),
    }
}

/// Three digits, alone or before a reason. A final status: 200 to 599.
fn parse_status(value: &[u8]) -> Result<u16, BadOutput> {
    let (digits, rest) = value.split_at(value.len().min(3));
    let digits = str::from_utf8(digits).ok().filter(|_| matches!(rest, [] | [b' ' | b'\t', ..]));
    let status = digits.and_then(|digits| digits.parse().ok());
    status.filter(|status| (200..600).contains(status)).ok_or(BadOutput("its status is invalid"))
}

fn parse_len(value: &[u8]) -> Option<u64> {
    let digits = !value.is_empty() && value.iter().all(u8::is_ascii_digit);
    str::from_utf8(value).ok().filter(|_| digits)?.parse().ok()
}

/// Whether a field speaks of the connection, which is not the script's, or is one that the server
/// writes into every response.
fn is_servers_own(name: &[u8]) -> bool {
    const NAMES: [&str; 8] = [
        "Connection",
        "Keep-Alive",
        "Proxy-Connection",
        "TE",
        "Trailer",
        "Upgrade",
        "Date",
        "Server",
    ];
    NAMES.iter().any(|other| name.eq_ignore_ascii_case(other.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a whole output comes to, fed in pieces of this length.
    fn read(output: &[u8], step: usize) -> Result<(BackendHead, Vec<u8>), BadOutput> {
        let mut reader = HeadReader::default();
        let mut pieces = output.chunks(step);
        while let Some(piece) = pieces.next() {
            if let Some((head, mut content)) = reader.read(piece)? {
                pieces.for_each(|piece| content.extend_from_slice(piece));
                return Ok((head, content));
            }
        }
        Err(reader.at_end())
    }

    /// Status, fields, length, local redirect and content, in short.
    fn show(output: &str, step: usize) -> String {
        match read(output.as_bytes(), step) {
            Err(BadOutput(reason)) => format!("bad: {reason}"),
            Ok((head, content)) => {
                let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace("\r\n", "|");
                let len = head.content_len.map_or(String::new(), |len| format!(" len={len}"));
                let local = head.local_redirect.as_deref();
                let local = local.map_or(String::new(), |path| format!(" to={}", text(path)));
                let (fields, content) = (text(head.fields.lines()), text(&content));
                format!("{} {fields}{len}{local} [{content}]", head.status)
            }
        }
    }

    #[test]
    fn reads_heads_in_any_pieces() {
        for (output, expected) in [
            ("Content-Type: a/b\n\nhello", "200 Content-Type: a/b| [hello]"),
            ("Content-Type: a/b\r\n\r\nhello", "200 Content-Type: a/b| [hello]"),
            ("content-type:a/b\r\n\n\n", "200 content-type: a/b| [\n]"),
            ("Status: 404 Not Found\n\n", "404  []"),
            ("Status: 404\n\n", "404  []"),
            ("Status: 299 \n\n", "299  []"),
            ("HTTP/1.0 404 Gone\nA: b\n\n", "404 A: b| []"),
            ("Set-Cookie: a=1\nSet-Cookie: b=2\n\n", "200 Set-Cookie: a=1|Set-Cookie: b=2| []"),
            ("Content-Length: 5\nX: \n\nhello", "200 X: | len=5 [hello]"),
            ("Content-Length: 5\nContent-Length: 5\nX:y\n\n", "200 X: y| len=5 []"),
            ("Status: 204\nContent-Length: 0\n\n", "204  []"),
            ("Status: 205\nContent-Length: 4\n\ntext", "205  [text]"),
            ("Content-Length:\nX: y\n\nhello", "200 X: y| [hello]"),
            ("Content-Length: \nContent-Length: 5\n\nhello", "200  len=5 [hello]"),
            ("Content-Type: a/b\ncontent-type: a/b\n\n", "200 Content-Type: a/b| []"),
            ("Location: /a?b=c\n\n", "302  to=/a?b=c []"),
            ("Location: http://a/\n\n", "302 Location: http://a/| []"),
            ("Location: //a/b\n\n", "302 Location: //a/b| []"),
            ("Location: b\n\n", "302 Location: b| []"),
            ("Location: /a?b#c\n\n", "302 Location: /a?b#c| []"),
            ("Location: /a#b\n\n", "302 Location: /a#b| []"),
            ("Location: /a b\n\n", "302 Location: /a b| []"),
            ("Location: /\u{e9}\n\n", "302  to=/\u{e9} []"),
            ("Location: /a\nStatus: 303 See\n\n", "303 Location: /a| []"),
            ("Location: /a\nSet-Cookie: b\n\n", "302 Set-Cookie: b|Location: /a| []"),
            (
                "Location: http://a/\nContent-Type: t\n\ntext",
                "302 Content-Type: t|Location: http://a/| [text]",
            ),
            ("Connection: close\nDate: x\nServer: y\nupgrade: z\nA: b\n\n", "200 A: b| []"),
            ("\ncontent", "bad: it has written no head"),
            ("\r\ncontent", "bad: it has written no head"),
            ("", "bad: it has written nothing"),
            ("Content-Type: a/b\n", "bad: its output ends within its head"),
            ("Content-Type: a/b", "bad: its output ends within its head"),
            ("hello\n\n", "bad: a line of its head is no field"),
            ("HTTP/2 200\n\n", "bad: a line of its head is no field"),
            ("A: b\nHTTP/1.1 200 OK\n\n", "bad: a line of its head is no field"),
            (": a\n\n", "bad: a field of its head has an invalid name"),
            ("A : b\n\n", "bad: a field of its head has an invalid name"),
            ("A: b\n c: d\n\n", "bad: a field of its head has an invalid name"),
            ("A: b\rC: d\n\n", "bad: a field of its head has a control character in it"),
            ("A: b\0\n\n", "bad: a field of its head has a control character in it"),
            ("A: \u{7f}\n\n", "bad: a field of its head has a control character in it"),
            ("Status: 100\n\n", "bad: its status is invalid"),
            ("Status: 103 Early Hints\n\n", "bad: its status is invalid"),
            ("Content-Type: a/b\nContent-Type: c/d\n\n", "bad: it has two content types"),
            ("Content-Type: a/b\nContent-Type:\n\n", "bad: it has two content types"),
            ("Status: 600\n\n", "bad: its status is invalid"),
            ("Status: 2000\n\n", "bad: its status is invalid"),
            ("Status: +20\n\n", "bad: its status is invalid"),
            ("Status: OK\n\n", "bad: its status is invalid"),
            ("Status: \n\n", "bad: its status is invalid"),
            ("Status: 200\nStatus: 404\n\n", "bad: it has two statuses"),
            ("Location: /a\nLocation: /b\n\n", "bad: it has two locations"),
            ("Content-Length: 1\nContent-Length: 2\n\n", "bad: it has two lengths"),
            ("Content-Length: -1\n\n", "bad: its Content-Length is no number"),
            ("Content-Length: 99999999999999999999\n\n", "bad: its Content-Length is no number"),
            (
                "Transfer-Encoding: chunked\n\n",
                "bad: it names a transfer coding, which is the server's to choose",
            ),
        ] {
            for step in [1, 2, 3, 7, output.len().max(1)] {
                assert_eq!(show(output, step), expected, "{output:?} in steps of {step}");
            }
        }
    }

    #[test]
    fn a_head_has_a_bound() {
        let line = format!("A: {}\n", "x".repeat(1000));
        let fits = line.repeat(60) + "\n";
        assert!(read(fits.as_bytes(), 4096).is_ok());
        let endless = line.repeat(70);
        for step in [1, 4096, endless.len()] {
            let result = read(endless.as_bytes(), step);
            assert_eq!(result, Err(BadOutput("its head is too long")));
        }
        let whole = endless + "\n";
        assert_eq!(read(whole.as_bytes(), 4096), Err(BadOutput("its head is too long")));
        assert_eq!(read(whole.as_bytes(), whole.len()), Err(BadOutput("its head is too long")));
        let one_line = "x".repeat(MAX_HEAD_LEN + 1);
        assert_eq!(read(one_line.as_bytes(), 512), Err(BadOutput("its head is too long")));
    }
}
