//! What memcached is asked, and what it answers: its text protocol, no I/O.

/// The longest line of an answer: a key has 250 bytes at most.
const MAX_LINE_LEN: usize = 1024;
/// What stands behind a value.
pub const TRAILER: &[u8] = b"\r\nEND\r\n";

/// What is asked for a key: blanks, control characters and percent signs in it are encoded.
pub fn request(key: &[u8]) -> Vec<u8> {
    [b"get ", &escaped(key)[..], b"\r\n"].concat()
}

/// A key as it is asked for.
pub fn escaped(key: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(key.len());
    for &byte in key {
        match byte {
            b' ' | b'%' | 0x7f | ..0x20 => out.extend_from_slice(format!("%{byte:02X}").as_bytes()),
            _ => out.push(byte),
        }
    }
    out
}

/// What an answer begins with.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Answer {
    /// A value of this length follows.
    Value {
        #[allow(missing_docs)]
        flags: u32,
        #[allow(missing_docs)]
        len: u64,
    },
    /// There is none.
    NotFound,
}

/// Why an answer cannot be read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BadAnswer(pub &'static str);

/// Reads the line that an answer begins with, in any pieces.
#[derive(Clone, Debug, Default)]
pub struct LineReader {
    line: Vec<u8>,
}

impl LineReader {
    /// Takes a piece. The answer, and how many bytes of the piece belong to its line; `None` where that
    /// has no end yet. `key` is what was asked for, as [`escaped`].
    pub fn read(&mut self, piece: &[u8], key: &[u8]) -> Result<Option<(Answer, usize)>, BadAnswer> {
        let end = memchr::memchr(b'\n', piece).map(|at| at + 1);
        let used = end.unwrap_or(piece.len());
        if self.line.len() + used > MAX_LINE_LEN {
            return Err(BadAnswer("too long a line"));
        }
        self.line.extend_from_slice(&piece[..used]);
        if end.is_none() {
            return Ok(None);
        }
        parse(&self.line, key).map(|answer| Some((answer, used)))
    }
}

fn parse(line: &[u8], key: &[u8]) -> Result<Answer, BadAnswer> {
    let line = line.strip_suffix(b"\r\n").ok_or(BadAnswer("a line without CR"))?;
    if line == b"END" {
        return Ok(Answer::NotFound);
    }
    let mut words = line.split(|&byte| byte == b' ');
    if words.next() != Some(b"VALUE") {
        return Err(BadAnswer("no value"));
    }
    if words.next() != Some(key) {
        return Err(BadAnswer("the value of another key"));
    }
    let mut number = || number(words.next()?);
    let flags = number().and_then(|flags| u32::try_from(flags).ok());
    let flags = flags.ok_or(BadAnswer("invalid flags"))?;
    let len = number().ok_or(BadAnswer("an invalid length"))?;
    // A unique number may follow.
    Ok(Answer::Value { flags, len })
}

fn number(word: &[u8]) -> Option<u64> {
    let is_number = !word.is_empty() && word.iter().all(u8::is_ascii_digit);
    str::from_utf8(word).ok().filter(|_| is_number)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads an answer in pieces of this length.
    fn read(text: &[u8], step: usize) -> Result<Option<(Answer, usize)>, BadAnswer> {
        let mut reader = LineReader::default();
        let mut before = 0;
        for piece in text.chunks(step) {
            if let Some((answer, used)) = reader.read(piece, b"/a%20b")? {
                return Ok(Some((answer, before + used)));
            }
            before += piece.len();
        }
        Ok(None)
    }

    #[test]
    fn answers() {
        let value = |flags, len| Answer::Value { flags, len };
        for (text, expected) in [
            (&b"VALUE /a%20b 0 5\r\nhello\r\nEND\r\n"[..], Ok(Some((value(0, 5), 18)))),
            (b"VALUE /a%20b 4294967295 0 77\r\n", Ok(Some((value(u32::MAX, 0), 30)))),
            (b"END\r\n", Ok(Some((Answer::NotFound, 5)))),
            (b"END", Ok(None)),
            (b"END\n", Err(BadAnswer("a line without CR"))),
            (b"ERROR\r\n", Err(BadAnswer("no value"))),
            (b"VALUE /a 0 5\r\n", Err(BadAnswer("the value of another key"))),
            (b"VALUE /a%20b 4294967296 5\r\n", Err(BadAnswer("invalid flags"))),
            (b"VALUE /a%20b x 5\r\n", Err(BadAnswer("invalid flags"))),
            (b"VALUE /a%20b 0 -5\r\n", Err(BadAnswer("an invalid length"))),
            (b"VALUE /a%20b 0\r\n", Err(BadAnswer("an invalid length"))),
            (&[b'x'; MAX_LINE_LEN + 1], Err(BadAnswer("too long a line"))),
        ] {
            for step in [1, 3, 4096] {
                assert_eq!(read(text, step), expected, "{} {step}", text.escape_ascii());
            }
        }
    }

    #[test]
    fn keys_are_one_word() {
        assert_eq!(request(b"/a b%\r\n\x00"), b"get /a%20b%25%0D%0A%00\r\n");
        assert_eq!(request("/ä?x=1".as_bytes()), "get /ä?x=1\r\n".as_bytes());
    }
}
