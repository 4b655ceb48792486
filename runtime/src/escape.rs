//! Bytes of clients and file names as text that cannot break a line or leave its quotes.

use std::fmt::{self, Display, Write};
use std::io::Write as _;

use percent_encoding::{AsciiSet, CONTROLS, percent_encode};

const UPPER_HEX: &[u8; 16] = b"0123456789ABCDEF";

/// How many bytes of a log one byte of a value becomes at most.
pub const MOST_ESCAPED: usize = 6;

/// Appends `value` as nginx's `escape=default` does: a quote, a backslash, and bytes outside
/// of printable ASCII become `\xHH`.
pub fn write_log(value: &[u8], out: &mut Vec<u8>) {
    for &byte in value {
        if is_plain(byte) {
            out.push(byte);
        } else {
            let digit = |nibble: u8| UPPER_HEX[usize::from(nibble)];
            out.extend([b'\\', b'x', digit(byte >> 4), digit(byte & 15)]);
        }
    }
}

/// Appends `value` as nginx's `escape=json` does: what may not stand in a JSON string is
/// escaped, and bytes past ASCII stay as they are.
pub fn write_json(value: &[u8], out: &mut Vec<u8>) {
    for &byte in value {
        match byte {
            b'"' | b'\\' => out.extend([b'\\', byte]),
            b'\n' => out.extend(b"\\n"),
            b'\r' => out.extend(b"\\r"),
            b'\t' => out.extend(b"\\t"),
            0x08 => out.extend(b"\\b"),
            0x0c => out.extend(b"\\f"),
            // Writing to a vector does not fail.
            0..0x20 => drop(write!(out, "\\u{byte:04X}")),
            _ => out.push(byte),
        }
    }
}

/// Appends `value` as text of HTML and XML, or the value of an attribute in quotes.
pub fn write_html(value: &[u8], out: &mut Vec<u8>) {
    for &byte in value {
        match byte {
            b'&' => out.extend(b"&amp;"),
            b'<' => out.extend(b"&lt;"),
            b'>' => out.extend(b"&gt;"),
            b'"' => out.extend(b"&quot;"),
            _ => out.push(byte),
        }
    }
}

/// What is escaped in arguments; bytes past ASCII always are.
const IN_ARGUMENTS: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'&')
    .add(b'+')
    .add(b';')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'\\')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// Appends `value` as it may stand in the arguments of a URI, as nginx's `rewrite` writes it there.
pub fn write_arguments(value: &[u8], out: &mut Vec<u8>) {
    out.extend(percent_encode(value, IN_ARGUMENTS).flat_map(str::bytes));
}

/// Shows bytes as [`write_log`] writes them, but for text in UTF-8, which stays readable.
pub struct Escaped<'a>(pub &'a [u8]);

impl Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for chunk in self.0.utf8_chunks() {
            for character in chunk.valid().chars() {
                match character {
                    '"' | '\\' => write!(f, "\\x{:02X}", character as u32)?,
                    // Controls of Latin-1 and the separators of lines would still move a
                    // terminal's cursor.
                    _ if character.is_control() => write_bytes(f, character)?,
                    '\u{2028}' | '\u{2029}' => write_bytes(f, character)?,
                    _ => f.write_char(character)?,
                }
            }
            chunk.invalid().iter().try_for_each(|byte| write!(f, "\\x{byte:02X}"))?;
        }
        Ok(())
    }
}

fn write_bytes(f: &mut fmt::Formatter<'_>, character: char) -> fmt::Result {
    let mut bytes = [0; 4];
    character.encode_utf8(&mut bytes).bytes().try_for_each(|byte| write!(f, "\\x{byte:02X}"))
}

/// Whether no log escapes the byte.
pub fn is_plain(byte: u8) -> bool {
    matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\'
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: fn(&[u8], &mut Vec<u8>), value: &[u8]) -> String {
        let mut out = Vec::new();
        write(value, &mut out);
        String::from_utf8_lossy(&out).into_owned()
    }

    #[test]
    fn log_values() {
        for (value, text) in [
            (&b"GET / ~"[..], "GET / ~"),
            (b"a\"b\\c", "a\\x22b\\x5Cc"),
            (b"\r\n\x00\x7f", "\\x0D\\x0A\\x00\\x7F"),
            ("é".as_bytes(), "\\xC3\\xA9"),
        ] {
            assert_eq!(written(write_log, value), text);
        }
    }

    #[test]
    fn json_values() {
        for (value, text) in [
            (&b"a\"b\\c"[..], r#"a\"b\\c"#),
            (b"\n\r\t\x08\x0c\x00\x1f\x7f", "\\n\\r\\t\\b\\f\\u0000\\u001F\x7f"),
            ("é".as_bytes(), "é"),
        ] {
            assert_eq!(written(write_json, value), text);
        }
    }

    #[test]
    fn html_values() {
        assert_eq!(written(write_html, b"a<b> & \"c\" 'd'"), "a&lt;b&gt; &amp; &quot;c&quot; 'd'");
        assert_eq!(written(write_html, "é".as_bytes()), "é");
    }

    #[test]
    fn shown_values() {
        for (value, text) in [
            (&b"/a b"[..], "/a b"),
            (b"/a\n\"\\", "/a\\x0A\\x22\\x5C"),
            ("/\u{e9}\u{85}\u{2028}".as_bytes(), "/é\\xC2\\x85\\xE2\\x80\\xA8"),
            (b"/\xff", "/\\xFF"),
        ] {
            assert_eq!(Escaped(value).to_string(), text);
        }
    }
}
