//! The lines of a head (RFC 9112, sections 3 and 5), each taken apart in one pass. Strict: what two
//! parties might read differently is an error.

use std::ops::Range;

use super::body::is_token_byte;
use super::scan;

/// Why a head is refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct HeadError {
    /// The response's status.
    pub status: u16,
    /// For the error log.
    pub reason: &'static str,
}

pub(super) fn refuse<T>(status: u16, reason: &'static str) -> Result<T, HeadError> {
    Err(HeadError { status, reason })
}

/// The front of a request line: where its method and its target are.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Start {
    /// The method.
    pub method: Range<usize>,
    /// The target. A space follows it.
    pub target: Range<usize>,
}

impl Start {
    /// Reads it from the front of `input`, which `None` is too short for.
    pub fn read(input: &[u8]) -> Result<Option<Start>, HeadError> {
        let method_len = match input {
            [b'G', b'E', b'T', b' ', ..] => 3,
            // It may be the front of an empty line.
            [b'\r'] => return Ok(None),
            _ => token_len(input),
        };
        let target_start = match input.get(method_len) {
            None => return Ok(None),
            Some(b' ') if method_len > 0 => method_len + 1,
            Some(_) => return refuse(400, "invalid request line"),
        };
        let target_len = scan::visible_len(&input[target_start..]);
        let target = target_start..target_start + target_len;
        match input.get(target.end) {
            None => Ok(None),
            Some(b' ') if target_len > 0 => Ok(Some(Start { method: 0..method_len, target })),
            Some(_) => refuse(400, "invalid request line"),
        }
    }
}

/// The rest of a request line: the version and the line's end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Version {
    /// The minor version: 0 or 1.
    pub minor: u8,
    /// Length of the line's end, in bytes.
    pub end_len: usize,
}

impl Version {
    /// Length of its name, in bytes.
    pub const LEN: usize = b"HTTP/1.1".len();

    /// Reads it from what follows the target and a space; `None` if the line is not whole. HTTP/1.2
    /// to 1.9 are read as 1.1 (RFC 9110, 2.5).
    pub fn read(input: &[u8]) -> Result<Option<Version>, HeadError> {
        if input.starts_with(b"HTTP/1.1\r\n") {
            return Ok(Some(Version { minor: 1, end_len: 2 }));
        }
        let Some(len) = memchr::memchr(b'\n', input) else { return Ok(None) };
        let line = &input[..len];
        let (name, end_len) = line.strip_suffix(b"\r").map_or((line, 1), |name| (name, 2));
        match name {
            b"HTTP/1.0" => Ok(Some(Version { minor: 0, end_len })),
            [b'H', b'T', b'T', b'P', b'/', b'1', b'.', b'1'..=b'9'] => {
                Ok(Some(Version { minor: 1, end_len }))
            }
            [b'H', b'T', b'T', b'P', b'/', major, b'.', minor]
                if major.is_ascii_digit() && minor.is_ascii_digit() =>
            {
                refuse(505, "unsupported HTTP version")
            }
            _ => refuse(400, "invalid HTTP version"),
        }
    }
}

/// What the front of the input is, where fields may follow.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Line {
    /// A field.
    Field(FieldLine),
    /// A field whose name is no token, which nobody reads as another one: length of the line.
    Invalid(usize),
    /// The empty line at the end: its length.
    End(usize),
}

/// Where the parts of a field line are.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FieldLine {
    /// Length of the name, at its front. It is a token.
    pub name_len: usize,
    /// The value, without the white space around it.
    pub value: Range<usize>,
    /// Length of the line, in bytes.
    pub len: usize,
    /// Whether the name has an underscore in it, which is a hyphen for some.
    pub underscore: bool,
}

impl Line {
    /// Reads a line from the front of `input`; `None` if it is not whole.
    pub fn read(input: &[u8]) -> Result<Option<Line>, HeadError> {
        match input {
            [b'\r', b'\n', ..] => return Ok(Some(Line::End(2))),
            [b'\n', ..] => return Ok(Some(Line::End(1))),
            _ => {}
        }
        let name_len = token_len(input);
        if name_len > 0 && input.get(name_len) == Some(&b':') {
            let rest = read_value(input, name_len + 1)?;
            let underscore = input[..name_len].contains(&b'_');
            let field = |(value, len)| Line::Field(FieldLine { name_len, value, len, underscore });
            return Ok(rest.map(field));
        }
        let Some(len) = memchr::memchr(b'\n', input) else { return Ok(None) };
        let name_len = match memchr::memchr(b':', &input[..len]) {
            None | Some(0) => return refuse(400, "invalid field name"),
            Some(name_len) => name_len,
        };
        // It might be read as another name by somebody else.
        if input[..name_len].iter().any(|&byte| byte <= b' ' || byte == 0x7f) {
            return refuse(400, "blank or control character in a field name");
        }
        let rest = read_value(input, name_len + 1)?;
        Ok(rest.map(|(_, len)| Line::Invalid(len)))
    }
}

impl FieldLine {
    /// Reads a line as most are: the name is made of letters and hyphens, and a blank is between the
    /// colon and the value, and nowhere else around that.
    #[inline(always)]
    pub fn read_usual(input: &[u8]) -> Option<FieldLine> {
        let name_len = scan::word_len(input);
        let text = input.get(name_len..)?.strip_prefix(b": ")?;
        let text_len = scan::text_len(text);
        let (value, rest) = text.split_at_checked(text_len)?;
        // Of what a text holds, only blanks are no more than this.
        let is_bare = *value.first()? > b' ' && *value.last()? > b' ';
        if name_len == 0 || !is_bare || !rest.starts_with(b"\r\n") {
            return None;
        }
        let start = name_len + 2;
        let end = start + text_len;
        Some(FieldLine { name_len, value: start..end, len: end + 2, underscore: false })
    }
}

/// Reads the rest of a line from behind its colon: the value, and the length of the line.
fn read_value(input: &[u8], colon_end: usize) -> Result<Option<(Range<usize>, usize)>, HeadError> {
    let text_end = colon_end + scan::text_len(&input[colon_end..]);
    let len = match &input[text_end..] {
        [b'\r', b'\n', ..] => text_end + 2,
        [b'\n', ..] => text_end + 1,
        [] | [b'\r'] => return Ok(None),
        _ => return refuse(400, "invalid field value"),
    };
    let text = &input[colon_end..text_end];
    let start = text.iter().take_while(|&&byte| is_blank(byte)).count();
    let blanks = text[start..].iter().rev().take_while(|&&byte| is_blank(byte)).count();
    Ok(Some((colon_end + start..text_end - blanks, len)))
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

/// The length of the token at the front (RFC 9110, 5.6.2).
fn token_len(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|&&byte| is_token_byte(byte)).count()
}

#[cfg(test)]
mod tests {
    use httparse::{EMPTY_HEADER, Error, Request, Status};

    use super::*;

    /// Method, target, minor version and fields of a head, and whether there are fields beside.
    type Parts = (Vec<u8>, Vec<u8>, u8, Vec<(Vec<u8>, Vec<u8>)>, bool);

    /// A head, line by line, and its length.
    fn read(input: &[u8]) -> Result<Option<(Parts, usize)>, HeadError> {
        let Some(Start { method, target }) = Start::read(input)? else { return Ok(None) };
        let version_start = target.end + 1;
        let Some(version) = Version::read(&input[version_start..])? else { return Ok(None) };
        let mut at = version_start + Version::LEN + version.end_len;
        let (mut fields, mut others) = (Vec::new(), false);
        loop {
            let rest = &input[at..];
            let Some(line) = Line::read(rest)? else { return Ok(None) };
            if let Some(field) = FieldLine::read_usual(rest) {
                assert_eq!(line, Line::Field(field));
            }
            at += match line {
                Line::Field(FieldLine { name_len, value, len, underscore }) => {
                    let name = rest[..name_len].to_vec();
                    assert_eq!(underscore, name.contains(&b'_'));
                    fields.push((name, rest[value].to_vec()));
                    len
                }
                Line::Invalid(len) => {
                    others = true;
                    len
                }
                Line::End(len) => {
                    let [method, target] = [method, target].map(|part| input[part].to_vec());
                    return Ok(Some(((method, target, version.minor, fields, others), at + len)));
                }
            };
        }
    }

    proptest::proptest! {
        #![proptest_config(proptest::test_runner::Config::with_cases(2000))]

        /// Another parser takes the same, and in the same way, but for what it does not know of.
        #[test]
        fn heads_are_read_as_by_others(
            line in "(GET|POST|M-SEARCH|G@T|) (/|\\*|/a/b\\?c=d|http://a.test/[a-z]{0,20}|/\u{fc}|) \
                     HTTP/(1\\.1|1\\.1|1\\.[0-9]|2\\.0|1\\.x)",
            fields in proptest::collection::vec(
                "(Host|X-Y|x_y|X1|X@Y|X Y||User-Agent|Accept-Language-And-More)(:| :|: |:\t |)\
                 ([a-z0-9;,=*/ \t]{0,40}|\u{e4}|a\u{7f}|a\r|\u{0})(\r\n|\r\n|\r\n|\n|\r|)",
                0..6,
            ),
            byte: u8,
            places: [proptest::sample::Index; 2],
            changed: bool,
        ) {
            let mut head = format!("{line}\r\n{}\r\nrest", fields.concat()).into_bytes();
            let len = places[0].index(head.len() + 1);
            let at = places[1].index(head.len());
            if changed {
                head[at] = byte;
            }
            for input in [&head[..], &head[..len]] {
                let (mut parsed, ours) = ([EMPTY_HEADER; 8], read(input));
                let mut request = Request::new(&mut parsed);
                match (request.parse(input), ours) {
                    (Ok(Status::Complete(len)), ours) => {
                        let fields = request.headers.iter();
                        let fields = fields.map(|field| (field.name.into(), field.value.into()));
                        let method = request.method.unwrap().into();
                        let parts = (method, request.path.unwrap().into());
                        let version = request.version.unwrap();
                        let whole = (parts.0, parts.1, version, fields.collect(), false);
                        assert_eq!(ours, Ok(Some((whole, len))));
                    }
                    (Ok(Status::Partial), ours) => assert_eq!(ours, Ok(None)),
                    (Err(error), Ok(Some(((_, target, minor, _, others), _)))) => match error {
                        Error::HeaderName => assert!(others),
                        Error::Version => assert_eq!(minor, 1),
                        Error::Token => assert!(std::str::from_utf8(&target).is_err()),
                        error => panic!("{error} is taken: {}", input.escape_ascii()),
                    },
                    // What is wrong with a line is told once it is there.
                    (Err(_), Ok(None) | Err(_)) => {}
                }
            }
        }
    }
}
