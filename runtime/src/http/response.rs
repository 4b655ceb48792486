//! Responses: their fields, and their heads as HTTP/1 sends them (RFC 9112, section 4).

mod fields;

use super::date;
use super::status::reason;

pub use fields::{Fields, value_in};

/// Whether the connection is kept, as the response says it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Persistence {
    /// It is closed behind this response.
    Close,
    /// It is kept; with the timeout of a Keep-Alive field, in seconds.
    Keep(Option<u64>),
    /// It goes over to another protocol.
    Upgrade,
}

impl Persistence {
    /// The value of Connection.
    pub fn connection(self) -> &'static [u8] {
        match self {
            Persistence::Close => b"close",
            Persistence::Upgrade => b"upgrade",
            Persistence::Keep(_) => b"keep-alive",
        }
    }
}

/// Room for a head without its fields.
pub const HEAD_LEN: usize = 192;

/// Appends a response head.
pub fn write_head(
    out: &mut Vec<u8>,
    status: u16,
    date: &[u8; date::LEN],
    server_tokens: bool,
    fields: &Fields,
    persistence: Persistence,
) {
    out.reserve(HEAD_LEN + fields.lines().len());
    match status {
        200 => out.extend_from_slice(b"HTTP/1.1 200 OK"),
        301 => out.extend_from_slice(b"HTTP/1.1 301 Moved Permanently"),
        304 => out.extend_from_slice(b"HTTP/1.1 304 Not Modified"),
        404 => out.extend_from_slice(b"HTTP/1.1 404 Not Found"),
        _ => write_status_line(out, status),
    }
    match server_tokens {
        _ if fields.has_origin() => write_missing_origin(out, date, fields),
        true => out.extend_from_slice(
            concat!("\r\nServer: sitec/", env!("CARGO_PKG_VERSION"), "\r\nDate: ").as_bytes(),
        ),
        false => out.extend_from_slice(b"\r\nServer: sitec\r\nDate: "),
    }
    if !fields.has_origin() {
        out.extend_from_slice(date);
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(fields.lines());
    if let Some(len) = fields.content_len() {
        out.extend_from_slice(b"Content-Length: ");
        out.extend_from_slice(itoa::Buffer::new().format(len).as_bytes());
        out.extend_from_slice(b"\r\n");
    }
    match persistence {
        Persistence::Close => out.extend_from_slice(b"Connection: close\r\n\r\n"),
        Persistence::Upgrade => out.extend_from_slice(b"Connection: upgrade\r\n\r\n"),
        Persistence::Keep(None) => out.extend_from_slice(b"Connection: keep-alive\r\n\r\n"),
        Persistence::Keep(Some(seconds)) => {
            out.extend_from_slice(b"Connection: keep-alive\r\nKeep-Alive: timeout=");
            out.extend_from_slice(itoa::Buffer::new().format(seconds).as_bytes());
            out.extend_from_slice(b"\r\n\r\n");
        }
    }
}

/// Appends an interim response (RFC 9110, 15.2): a status below 200, and fields.
pub fn write_interim(out: &mut Vec<u8>, status: u16, fields: &Fields) {
    write_status_line(out, status);
    out.extend_from_slice(b"\r\n");
    out.extend_from_slice(fields.lines());
    out.extend_from_slice(b"\r\n");
}

/// Appends those of Server and Date that the fields do not have, behind the end of the status line.
#[inline(never)]
fn write_missing_origin(out: &mut Vec<u8>, date: &[u8; date::LEN], fields: &Fields) {
    out.extend_from_slice(b"\r\n");
    if fields.wants_server() {
        out.extend_from_slice(b"Server: sitec\r\n");
    }
    if fields.get("Date").is_none() {
        out.extend_from_slice(b"Date: ");
        out.extend_from_slice(date);
        out.extend_from_slice(b"\r\n");
    }
}

/// Appends the status line of a status that is not among the most frequent, without its end.
#[inline(never)]
fn write_status_line(out: &mut Vec<u8>, status: u16) {
    out.extend_from_slice(b"HTTP/1.1 ");
    out.extend_from_slice(itoa::Buffer::new().format(status).as_bytes());
    out.push(b' ');
    out.extend_from_slice(reason(status).unwrap_or_default().as_bytes());
}

/// Appends `uri` for a Location field: what may not stand in a URI is percent-encoded.
pub fn write_uri(out: &mut Vec<u8>, uri: &[u8]) {
    for &byte in uri {
        if byte.is_ascii_graphic()
            && !matches!(byte, b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}')
        {
            out.push(byte);
        } else {
            out.extend_from_slice(percent_encoding::percent_encode_byte(byte).as_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_heads() {
        let date = date::format(784_111_777);
        let head = |status, tokens, persistence| {
            let (mut out, mut fields) = (Vec::new(), Fields::default());
            fields.add("A", b"b");
            if status == 200 {
                fields.set_content_len(10);
            }
            write_head(&mut out, status, &date, tokens, &fields, persistence);
            String::from_utf8(out).unwrap()
        };
        assert_eq!(
            head(200, false, Persistence::Keep(None)),
            "HTTP/1.1 200 OK\r\nServer: sitec\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n\
             A: b\r\nContent-Length: 10\r\nConnection: keep-alive\r\n\r\n"
        );
        assert!(
            head(404, true, Persistence::Close)
                .starts_with("HTTP/1.1 404 Not Found\r\nServer: sitec/")
        );
        assert!(head(599, true, Persistence::Close).starts_with("HTTP/1.1 599 \r\n"));
        assert!(
            head(301, true, Persistence::Keep(Some(5)))
                .ends_with("\r\nA: b\r\nConnection: keep-alive\r\nKeep-Alive: timeout=5\r\n\r\n")
        );
    }

    #[test]
    fn what_no_uri_has_is_escaped() {
        let mut out = Vec::new();
        write_uri(&mut out, "/a b\r\n?x=%20&\u{e9}\"#c".as_bytes());
        assert_eq!(out, b"/a%20b%0D%0A?x=%20&%C3%A9%22#c");
    }
}
