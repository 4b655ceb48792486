//! Messages as they stand in the input: a head with their length, and JSON.

use std::io::{self, BufRead, Read};

use lsp_server::Message;

/// The longest head of a message.
const MOST_HEAD: u64 = 4 << 10;
/// The longest message: a text may come as a whole.
const MOST_CONTENT: u64 = 64 << 20;

/// What has come in.
pub(super) enum Incoming {
    /// A message.
    Message(Message),
    /// Something that is none, though one can see where the next one begins; and why.
    Malformed(String),
}

/// Reads one message; `None` at the end of the input.
///
/// Errors: the input breaks, or nobody can tell where the next message begins.
pub(super) fn read(input: &mut impl BufRead) -> io::Result<Option<Incoming>> {
    let Some(len) = read_head(input)? else { return Ok(None) };
    let mut content = Vec::new();
    input.by_ref().take(len).read_to_end(&mut content)?;
    if (content.len() as u64) < len {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(Some(match serde_json::from_slice(&content) {
        Ok(message) => Incoming::Message(message),
        Err(error) => Incoming::Malformed(error.to_string()),
    }))
}

/// The length of a message's content.
fn read_head(input: &mut impl BufRead) -> io::Result<Option<u64>> {
    let mut head = input.take(MOST_HEAD);
    let (mut len, mut is_first) = (None, true);
    loop {
        let mut line = Vec::new();
        head.read_until(b'\n', &mut line)?;
        if line.is_empty() && is_first {
            return Ok(None);
        }
        is_first = false;
        let line = str::from_utf8(&line).ok().and_then(|line| line.strip_suffix("\r\n"));
        let line = line.ok_or_else(|| malformed("a message without a head"))?;
        if line.is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.trim().eq_ignore_ascii_case("Content-Length")
        {
            len = value.trim().parse().ok();
        }
    }
    match len {
        Some(len) if len <= MOST_CONTENT => Ok(Some(len)),
        Some(_) => Err(malformed("a message is too long")),
        None => Err(malformed("a message without a length")),
    }
}

fn malformed(why: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_all(mut input: &[u8]) -> Vec<String> {
        let mut all = Vec::new();
        loop {
            match read(&mut input) {
                Ok(None) => return all,
                Ok(Some(Incoming::Message(Message::Request(it)))) => all.push(it.method),
                Ok(Some(Incoming::Message(Message::Notification(it)))) => all.push(it.method),
                Ok(Some(Incoming::Message(Message::Response(_)))) => all.push("response".into()),
                Ok(Some(Incoming::Malformed(_))) => all.push("malformed".into()),
                Err(error) => {
                    all.push(format!("{:?}", error.kind()));
                    return all;
                }
            }
        }
    }

    #[test]
    fn messages_are_cut_by_their_length() {
        let frame = |text: &str| format!("Content-Length: {}\r\n\r\n{text}", text.len());
        let a = frame(r#"{"jsonrpc":"2.0","id":1,"method":"a"}"#);
        let b = frame(r#"{"jsonrpc":"2.0","method":"b","params":{}}"#);
        for (input, expected) in [
            (String::new(), &[][..]),
            (format!("{a}{b}"), &["a", "b"]),
            (a.replace("\r\n\r\n", "\r\nContent-Type: x\r\n\r\n"), &["a"]),
            (a.replace("Content-Length", "content-length"), &["a"]),
            (format!("{}{b}", frame("{")), &["malformed", "b"]),
            (format!("{}{b}", frame("[]")), &["malformed", "b"]),
            (format!("{}{b}", frame(r#"{"id":{},"method":1}"#)), &["malformed", "b"]),
            (format!("{}{b}", frame("\u{0}")), &["malformed", "b"]),
            (format!("{}{b}", frame(&"[".repeat(10_000))), &["malformed", "b"]),
            (a[..a.len() - 1].to_owned(), &["UnexpectedEof"]),
            ("Content-Length: 99999999999\r\n\r\n".into(), &["InvalidData"]),
            ("Content-Length: -1\r\n\r\n".into(), &["InvalidData"]),
            ("X: 1\r\n\r\n".into(), &["InvalidData"]),
            ("nonsense".into(), &["InvalidData"]),
            (format!("X: {}\r\n\r\n", "x".repeat(10_000)), &["InvalidData"]),
        ] {
            assert_eq!(read_all(input.as_bytes()), expected, "{input:.60}");
        }
        assert_eq!(read_all(b"\xff\xfe\r\n\r\n"), ["InvalidData"]);
    }
}
