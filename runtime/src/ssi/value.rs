//! Values: variables, texts with variables in them, and what is written of them.

use percent_encoding::{AsciiSet, CONTROLS, percent_encode};

use super::Ssi;
use crate::coding::Loom;

/// What stands in a content, for messages.
pub(super) fn shown(text: &[u8]) -> String {
    text.escape_ascii().to_string()
}

/// The longest text that a value with variables may become, in bytes.
const MOST_TEXT_LEN: usize = 64 * 1024;

impl Ssi {
    /// Appends the value of a variable, if it has one: a group of the regex that matched last, what `set`
    /// has given, or one of the server's. The error says that it cannot be had.
    pub(super) fn variable(
        &self,
        name: &[u8],
        loom: &mut Loom<'_>,
        out: &mut Vec<u8>,
    ) -> Result<bool, String> {
        let name = name.to_ascii_lowercase();
        if let Some(found) = loom.woven().get(&name) {
            out.extend_from_slice(found);
            return Ok(true);
        }
        let is_utc = match &name[..] {
            b"date_local" => false,
            b"date_gmt" => true,
            name => return Ok(loom.variable(name, out)),
        };
        let start = out.len();
        loom.write_time(is_utc, &self.time_format, out);
        match out.len() > start {
            true => Ok(true),
            false => Err("the time cannot be written as \"timefmt\" says".to_owned()),
        }
    }

    /// What a text with variables comes to.
    pub(super) fn evaluate(&self, text: &[u8], loom: &mut Loom<'_>) -> Result<Vec<u8>, String> {
        let mut out = Vec::new();
        let mut rest = text;
        while let [byte, after @ ..] = rest {
            match (byte, after) {
                (b'\\', [escaped @ (b'\\' | b'\'' | b'"' | b'$'), after @ ..]) => {
                    out.push(*escaped);
                    rest = after;
                }
                (b'$', _) => {
                    let (name, after) = name(after, text)?;
                    self.variable(name, loom, &mut out)?;
                    rest = after;
                }
                _ => {
                    out.push(*byte);
                    rest = after;
                }
            }
            if out.len() > MOST_TEXT_LEN {
                return Err("a value of an SSI command is too long".to_owned());
            }
        }
        Ok(out)
    }
}

/// The name of a variable at the front of what follows its `$`, and what follows that.
fn name<'t>(rest: &'t [u8], text: &[u8]) -> Result<(&'t [u8], &'t [u8]), String> {
    let (rest, is_braced) = match rest {
        [b'{', rest @ ..] => (rest, true),
        _ => (rest, false),
    };
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    let len = rest.iter().take_while(|byte| is_part(byte)).count();
    let (name, after) = rest.split_at(len);
    let name_shown = shown(name);
    match after {
        _ if name.is_empty() => Err(format!("invalid variable name in \"{}\"", shown(text))),
        [b'}', after @ ..] if is_braced => Ok((name, after)),
        _ if is_braced => {
            Err(format!("the closing bracket in \"{name_shown}\" variable is missing"))
        }
        _ => Ok((name, after)),
    }
}

/// What nginx escapes of a value by `encoding="url"`.
const IN_URL: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'\'')
    .add(b'<')
    .add(b'>')
    .add(b'\\')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// Appends a value as a part of a URL.
pub(super) fn escape_url(value: &[u8], out: &mut Vec<u8>) {
    for piece in percent_encode(value, IN_URL) {
        out.extend_from_slice(piece.as_bytes());
    }
}

/// A path, decoded, with its arguments as they are; `None`: it would lead out of where it stands.
pub(super) fn safe_uri(uri: &[u8]) -> Option<Vec<u8>> {
    let (path, args) = match uri.iter().position(|&byte| byte == b'?') {
        Some(at) => (&uri[..at], &uri[at..]),
        None => (uri, &b""[..]),
    };
    let path: Vec<u8> = percent_encoding::percent_decode(path).collect();
    let is_up = path.split(|&byte| byte == b'/').any(|segment| segment == b"..");
    // Behind a question mark that was encoded, there would be arguments.
    let is_other = path.iter().any(|byte| matches!(byte, 0 | b'?'));
    (!is_up && !is_other && !path.is_empty()).then(|| [&path[..], args].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_variables_end_where_those_of_nginx_do() {
        let taken = |text: &str| {
            let (name, after) = name(text.as_bytes(), text.as_bytes()).ok()?;
            Some([name, b"|", after].concat())
        };
        for (text, expected) in [
            ("a", Some("a|")),
            ("a_1.b", Some("a_1|.b")),
            ("{a}b", Some("a|b")),
            ("1", Some("1|")),
            ("", None),
            ("-", None),
            ("{}", None),
            ("{a", None),
            ("{a-}", None),
        ] {
            assert_eq!(taken(text), expected.map(|text| text.as_bytes().to_vec()), "{text}");
        }
    }

    #[test]
    fn paths_that_lead_upwards_are_none() {
        for (uri, expected) in [
            ("/a?b=../c", Some("/a?b=../c")),
            ("/%61/b", Some("/a/b")),
            ("/a/../b", None),
            ("/%2e%2E/b", None),
            ("/a..b/..c", Some("/a..b/..c")),
            ("/a%00", None),
            ("/a%3fb", None),
        ] {
            assert_eq!(
                safe_uri(uri.as_bytes()),
                expected.map(|uri| uri.as_bytes().to_vec()),
                "{uri}"
            );
        }
    }

    #[test]
    fn what_is_escaped_is_what_nginx_escapes() {
        let mut out = Vec::new();
        escape_url(b"<b>&\" a%", &mut out);
        assert_eq!(out, b"%3Cb%3E&%22%20a%25");
    }
}
