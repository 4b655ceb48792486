//! Responses as a strict client reads them: what is not well formed fails the test.

use std::fmt;
use std::io::BufRead;

/// One response, complete.
#[derive(Clone, PartialEq, Eq)]
pub struct Response {
    /// Its status.
    pub status: u16,
    /// The status line, without its end.
    pub status_line: String,
    /// Names (as sent) and values, in their order.
    pub fields: Vec<(String, String)>,
    /// Its content, without framing.
    pub body: Vec<u8>,
    /// The fields that follow it.
    pub trailers: Vec<(String, String)>,
}

impl Response {
    /// Reads a response to a request with `method` (which matters for HEAD).
    ///
    /// # Panics
    /// Where the bytes are not a well-formed response, or stop early.
    pub fn read(input: &mut impl BufRead, method: &str) -> Response {
        let status_line = line(input);
        let fields: Vec<_> = std::iter::from_fn(|| field(&line(input))).collect();
        let (body, trailers) = (Vec::new(), Vec::new());
        let mut response = Response { status: 0, status_line, fields, body, trailers };
        response.status = response.parsed_status();
        (response.body, response.trailers) = response.content(input, method);
        response
    }

    /// The value of the only field with this name, in any case.
    ///
    /// # Panics
    /// Where there are two.
    pub fn field(&self, name: &str) -> Option<&str> {
        let mut values = self.values(name);
        let value = values.next();
        assert_eq!(values.next(), None, "two fields `{name}` in {self:?}");
        value
    }

    /// The values of all fields with this name.
    pub fn values(&self, name: &str) -> impl Iterator<Item = &str> {
        let fields = self.fields.iter().filter(move |(n, _)| n.eq_ignore_ascii_case(name));
        fields.map(|(_, value)| value.as_str())
    }

    /// The content as text; what is not UTF-8 is replaced.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// Whether the server says that it closes the connection after this response.
    pub fn closes(&self) -> bool {
        self.field("Connection") == Some("close")
    }

    fn parsed_status(&self) -> u16 {
        let parts: Vec<_> = self.status_line.splitn(3, ' ').collect();
        let &["HTTP/1.1", status, _reason] = parts.as_slice() else {
            panic!("not a status line: {:?}", self.status_line)
        };
        assert_eq!(status.len(), 3, "not a status: {:?}", self.status_line);
        status.parse().expect("a status is a number")
    }

    /// Reads the content by the framing that the fields announce (RFC 9112, 6.3).
    fn content(&self, input: &mut impl BufRead, method: &str) -> (Vec<u8>, Vec<(String, String)>) {
        let chunked = self.field("Transfer-Encoding").map(|value| {
            assert_eq!(value, "chunked", "{self:?}");
        });
        let length = self.field("Content-Length").map(|value| {
            assert!(value.bytes().all(|byte| byte.is_ascii_digit()), "{self:?}");
            value.parse().expect("a length fits")
        });
        assert!(chunked.is_none() || length.is_none(), "framed twice: {self:?}");
        if self.status < 200 || self.status == 204 {
            assert!(chunked.is_none() && length.is_none(), "framed for nothing: {self:?}");
        }
        if self.status >= 200 {
            let date = self.field("Date").unwrap_or_else(|| panic!("no Date: {self:?}"));
            assert!(is_http_date(date), "not a date: {date:?}");
        }
        let (mut body, mut trailers) = (Vec::new(), Vec::new());
        if self.status < 200 || matches!(self.status, 204 | 304) || method == "HEAD" {
        } else if chunked.is_some() {
            trailers = read_chunks(input, &mut body);
        } else if let Some(length) = length {
            body.resize(length, 0);
            input.read_exact(&mut body).unwrap_or_else(|e| panic!("short body: {e}: {self:?}"));
        } else {
            assert!(self.closes(), "no framing and no close: {self:?}");
            input.read_to_end(&mut body).unwrap_or_else(|e| panic!("{e}: {self:?}"));
        }
        (body, trailers)
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.status_line)?;
        self.fields.iter().try_for_each(|(name, value)| writeln!(f, "{name}: {value}"))?;
        write!(f, "\n{}", self.text().chars().take(400).collect::<String>())
    }
}

/// Reads one line that CRLF ends, and returns it without.
fn line(input: &mut impl BufRead) -> String {
    let mut bytes = Vec::new();
    input.read_until(b'\n', &mut bytes).unwrap_or_else(|e| panic!("{e} after {bytes:?}"));
    let text = String::from_utf8(bytes).expect("a head is ASCII");
    let line = text.strip_suffix("\r\n").unwrap_or_else(|| panic!("no CRLF ends {text:?}"));
    assert!(!line.contains('\r'), "a bare CR in {line:?}");
    line.to_owned()
}

/// The name and value of a field line; nothing for the line that ends a head.
fn field(line: &str) -> Option<(String, String)> {
    if line.is_empty() {
        return None;
    }
    let (name, value) = line.split_once(": ").unwrap_or_else(|| panic!("not a field: {line:?}"));
    let token = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    assert!(!name.is_empty() && name.bytes().all(token), "not a name: {line:?}");
    assert_eq!(value.trim(), value, "space around a value: {line:?}");
    Some((name.to_owned(), value.to_owned()))
}

/// Reads chunks into `body`, and the fields behind them.
fn read_chunks(input: &mut impl BufRead, body: &mut Vec<u8>) -> Vec<(String, String)> {
    loop {
        let head = line(input);
        let size = usize::from_str_radix(&head, 16).unwrap_or_else(|_| panic!("chunk {head:?}"));
        if size == 0 {
            return std::iter::from_fn(|| field(&line(input))).collect();
        }
        let start = body.len();
        body.resize(start + size, 0);
        input.read_exact(&mut body[start..]).expect("a chunk is complete");
        assert_eq!(line(input), "", "data after a chunk");
    }
}

/// Whether `text` has the one form that a date may be sent in (RFC 9110, 5.6.7).
fn is_http_date(text: &str) -> bool {
    let pattern = b"Aaa, 00 Aaa 0000 00:00:00 GMT";
    let fits = |(&byte, &kind): (&u8, &u8)| match kind {
        b'A' => byte.is_ascii_uppercase(),
        b'a' => byte.is_ascii_lowercase(),
        b'0' => byte.is_ascii_digit(),
        other => byte == other,
    };
    text.len() == pattern.len() && text.as_bytes().iter().zip(pattern).all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DATE: &str = "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n";

    fn read(head: &str, rest: &str, method: &str) -> (Response, usize) {
        let text = format!("{head}{DATE}\r\n{rest}");
        let mut input = text.as_bytes();
        let response = Response::read(&mut input, method);
        (response, input.len())
    }

    #[test]
    fn framing_decides_where_a_response_ends() {
        let next = "HTTP/1.1";
        let cases = [
            ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n", "ok", "GET", "ok"),
            ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n", "", "HEAD", ""),
            ("HTTP/1.1 304 Not Modified\r\n", "", "GET", ""),
            (
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n",
                "2\r\nok\r\n0\r\n\r\n",
                "GET",
                "ok",
            ),
        ];
        for (head, rest, method, body) in cases {
            let (response, left) = read(head, &format!("{rest}{next}"), method);
            assert_eq!((response.text().as_str(), left), (body, next.len()), "{head}");
        }
    }

    #[test]
    fn malformed_responses_fail() {
        let cases = [
            "HTTP/1.1 200\r\n",
            "HTTP/1.0 200 OK\r\nConnection: close\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nContent-Length: 0\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nTransfer-Encoding: chunked\r\n",
            "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n",
            "HTTP/1.1 200 OK\n",
            "HTTP/1.1 200 OK\r\nX:y\r\n",
            "HTTP/1.1 200 OK\r\n",
        ];
        for head in cases {
            let result = std::panic::catch_unwind(|| read(head, "", "GET"));
            assert!(result.is_err(), "{head:?}");
        }
    }
}
