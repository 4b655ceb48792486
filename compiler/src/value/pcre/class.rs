//! Classes: `[…]`.

use super::escape::Escape;
use super::{ESCAPE, Step, Translator, Wrong};

const POSIX: &[&[u8]] = &[
    b"alnum", b"alpha", b"ascii", b"blank", b"cntrl", b"digit", b"graph", b"lower", b"print",
    b"punct", b"space", b"upper", b"word", b"xdigit",
];

impl Translator<'_> {
    /// Reads a class; `start` is the place of its bracket.
    pub(super) fn class(&mut self, start: usize) -> Step {
        self.put("[", start);
        if self.peek() == Some(b'^') {
            self.put("^", self.at);
            self.at += 1;
        }
        let first = self.at;
        loop {
            match self.peek() {
                None => {
                    let wrong = self.wrong(start..self.at, "this `[` has no `]`");
                    return Err(Wrong { help: Some(ESCAPE), ..wrong });
                }
                Some(b']') if self.at > first => {
                    self.put("]", self.at);
                    self.at += 1;
                    return Ok(());
                }
                Some(_) => self.member()?,
            }
        }
    }

    /// Reads a character, a range or a set within a class.
    fn member(&mut self) -> Step {
        let start = self.at;
        let Escape::Byte(low) = self.element()? else { return Ok(()) };
        let is_range = self.peek() == Some(b'-')
            && self.input.get(self.at + 1).is_some_and(|&byte| byte != b']');
        self.class_byte(low, start);
        if !is_range {
            return Ok(());
        }
        let (dash, written) = (self.at, self.out.text.len());
        self.at += 1;
        match self.element()? {
            Escape::Byte(high) if high < low => {
                Err(self.wrong(start..self.at, "this range ends before it begins"))
            }
            Escape::Byte(high) => {
                self.put("-", dash);
                self.class_byte(high, dash + 1);
                Ok(())
            }
            // Beside a set, the dash stands for itself.
            Escape::Set(..) => {
                self.out.text.insert_str(written, r"\x2D");
                self.out.origins.splice(written..written, [dash; 4]);
                Ok(())
            }
        }
    }

    /// Reads one element. A set is written at once; a byte is left to the caller.
    fn element(&mut self) -> Step<Escape> {
        let start = self.at;
        let byte = self.input[start];
        self.at += 1;
        let element = match byte {
            b'[' if self.peek() == Some(b':') => return self.posix(start),
            b'\\' => match self.peek() {
                Some(b'b') => {
                    self.at += 1;
                    Escape::Byte(0x08)
                }
                _ => self.common_escape(start)?,
            },
            _ => Escape::Byte(byte),
        };
        match element {
            Escape::Set(set, false) => self.put(set, start),
            Escape::Set(set, true) => self.put(&format!("[^{set}]"), start),
            Escape::Byte(_) => {}
        }
        Ok(element)
    }

    /// Reads `[:name:]`, if it is that; else the bracket stands for itself.
    fn posix(&mut self, start: usize) -> Step<Escape> {
        let rest = &self.input[start + 2..];
        let name_len = rest
            .iter()
            .position(|byte| !byte.is_ascii_alphabetic() && *byte != b'^')
            .unwrap_or(rest.len());
        if !rest[name_len..].starts_with(b":]") {
            return Ok(Escape::Byte(b'['));
        }
        self.at = start + 2 + name_len + 2;
        let name = &rest[..name_len];
        if !POSIX.contains(&name.strip_prefix(b"^").unwrap_or(name)) {
            return Err(self.wrong(start..self.at, "there is no such set of characters"));
        }
        let text = String::from_utf8_lossy(&self.input[start..self.at]).into_owned();
        self.put(&text, start);
        Ok(Escape::Set("", false))
    }

    /// Writes one byte of a class, escaped unless it is a letter or digit.
    fn class_byte(&mut self, byte: u8, origin: usize) {
        if byte.is_ascii_alphanumeric() {
            self.put(&char::from(byte).to_string(), origin);
        } else {
            self.put(&format!("\\x{byte:02X}"), origin);
        }
    }
}
