//! What a server sends, read without much judging: other tests are strict.

use std::fmt;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};

use sitec_tests::PATIENCE;

/// A response; a status of 0 where the connection was closed without one.
#[derive(Clone, PartialEq, Eq)]
pub struct Reply {
    pub status: u16,
    /// Names in lower case, sorted by them.
    pub fields: Vec<(String, String)>,
    pub content: Vec<u8>,
}

impl Reply {
    /// Asks on a connection of its own.
    pub fn to(request: &str, port: u16) -> Reply {
        let mut stream =
            TcpStream::connect((Ipv4Addr::LOCALHOST, port)).expect("the server accepts");
        stream.set_read_timeout(Some(PATIENCE)).expect("a limit");
        // Whoever refuses content may close before it has come.
        let _ = stream.write_all(request.as_bytes());
        let mut bytes = Vec::new();
        let mut piece = [0; 16 << 10];
        loop {
            match stream.read(&mut piece) {
                Ok(0) => break,
                Ok(count) => bytes.extend_from_slice(&piece[..count]),
                Err(e) if e.kind() == std::io::ErrorKind::ConnectionReset => break,
                // That is a difference, unless both are silent.
                Err(e) => {
                    bytes = format!("HTTP/1.1 0 {e}\r\n\r\nsilent on {port}").into_bytes();
                    break;
                }
            }
        }
        Reply::parse(&bytes)
    }

    fn parse(bytes: &[u8]) -> Reply {
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").unwrap_or(bytes.len());
        let head = bytes[..end].iter().map(|&byte| char::from(byte)).collect::<String>();
        let mut content = bytes.get(end + 4..).unwrap_or_default().to_vec();
        let mut lines = head.split("\r\n");
        let status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok());
        let mut fields: Vec<_> = lines
            .map(|line| line.split_once(": ").unwrap_or((line, "")))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
            .collect();
        fields.sort_by(|a, b| a.0.cmp(&b.0));
        if fields.iter().any(|(name, _)| name == "transfer-encoding") {
            let (whole, behind) = unchunked(&content);
            content = whole;
            fields.extend(behind);
        }
        Reply { status: status.unwrap_or(0), fields, content }
    }

    /// The value of a field.
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Gives another value to the first field of a name.
    pub fn replace(&mut self, name: &str, value: String) {
        if let Some(field) = self.fields.iter_mut().find(|(known, _)| known == name) {
            field.1 = value;
        }
    }

    /// Takes a field away.
    pub fn drop(&mut self, name: &str) {
        self.fields.retain(|(known, _)| known != name);
    }

    /// Its content as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.content).into_owned()
    }
}

/// Content without its chunks' heads, and the fields behind it; what is broken off stays away.
fn unchunked(mut rest: &[u8]) -> (Vec<u8>, Vec<(String, String)>) {
    let mut content = Vec::new();
    while let Some(end) = rest.windows(2).position(|two| two == b"\r\n") {
        let len = std::str::from_utf8(&rest[..end]).ok();
        let len = len.and_then(|len| usize::from_str_radix(len, 16).ok()).unwrap_or(0);
        if len == 0 {
            let behind = String::from_utf8_lossy(&rest[end + 2..]).into_owned();
            let behind = behind.lines().filter_map(|line| line.split_once(": "));
            let named = |(name, value): (&str, &str)| {
                (format!("behind: {}", name.to_ascii_lowercase()), value.to_owned())
            };
            return (content, behind.map(named).collect());
        }
        let chunk = rest.get(end + 2..end + 2 + len).unwrap_or_default();
        content.extend_from_slice(chunk);
        rest = rest.get(end + 4 + len..).unwrap_or_default();
    }
    (content, Vec::new())
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "  {}", self.status)?;
        self.fields.iter().try_for_each(|(name, value)| writeln!(f, "  {name}: {value}"))?;
        let text = self.text();
        let shown: String = text.chars().take(300).collect();
        writeln!(f, "  ({} bytes) {shown:?}", self.content.len())
    }
}
