//! Escapes: `\` and what follows.

use std::ops::Range;

use super::{Step, Translator, not_linear};

/// What an escape stands for.
pub(super) enum Escape {
    /// One byte.
    Byte(u8),
    /// A set of bytes, as the inside of a class, and whether it is the others.
    Set(&'static str, bool),
}

/// What `\h` and `\v` stand for.
const HORIZONTAL: &str = r"\t\x20\xA0";
const VERTICAL: &str = r"\n\x0B\f\r\x85";

impl Translator<'_> {
    /// Reads an escape outside of a class; `start` is the place of its backslash.
    pub(super) fn escape(&mut self, start: usize) -> Step {
        match self.peek() {
            Some(byte @ (b'b' | b'B' | b'A' | b'z' | b'Z')) => {
                self.at += 1;
                // An end with or without a last newline is the end: a path has no lines.
                let text = format!("\\{}", char::from(if byte == b'Z' { b'z' } else { byte }));
                match self.peek() {
                    Some(b'{') => self.put(&format!("(?:{text})"), start),
                    _ => self.put(&text, start),
                }
                Ok(())
            }
            Some(b'1'..=b'9' | b'k' | b'g') => Err(not_linear(start..start + 2, "a backreference")),
            Some(b'Q') => {
                self.at += 1;
                let rest = self.at..self.input.len();
                for at in self.until(b"\\E").unwrap_or(rest) {
                    self.literal(self.input[at], at);
                    self.at = self.at.max(at + 1);
                }
                Ok(())
            }
            Some(b'E') => {
                self.at += 1;
                Ok(())
            }
            _ => {
                match self.common_escape(start)? {
                    Escape::Byte(byte) => self.literal(byte, start),
                    // A set with a letter of its own needs no brackets.
                    Escape::Set(set, false) if set.len() == 2 => self.put(set, start),
                    Escape::Set(set, false) => self.put(&format!("[{set}]"), start),
                    Escape::Set(set, true) => self.put(&format!("[^{set}]"), start),
                }
                Ok(())
            }
        }
    }

    /// Reads an escape that means the same inside and outside of a class, from behind its
    /// backslash at `start`.
    pub(super) fn common_escape(&mut self, start: usize) -> Step<Escape> {
        let Some(byte) = self.peek() else {
            return Err(self.wrong(start..start + 1, "there is nothing behind this backslash"));
        };
        self.at += 1;
        Ok(match byte {
            b'd' => Escape::Set(r"\d", false),
            b'D' => Escape::Set(r"\D", false),
            b'w' => Escape::Set(r"\w", false),
            b'W' => Escape::Set(r"\W", false),
            b's' => Escape::Set(r"\s", false),
            b'S' => Escape::Set(r"\S", false),
            b'h' => Escape::Set(HORIZONTAL, false),
            b'H' => Escape::Set(HORIZONTAL, true),
            b'v' => Escape::Set(VERTICAL, false),
            b'V' => Escape::Set(VERTICAL, true),
            b'N' => Escape::Set(r"\n", true),
            b'n' => Escape::Byte(b'\n'),
            b'r' => Escape::Byte(b'\r'),
            b't' => Escape::Byte(b'\t'),
            b'f' => Escape::Byte(0x0C),
            b'a' => Escape::Byte(0x07),
            b'e' => Escape::Byte(0x1B),
            b'c' => Escape::Byte(self.control(start)?),
            b'x' if self.peek() == Some(b'{') => Escape::Byte(self.braced(start, 16)?),
            b'x' => Escape::Byte(self.digits(start, 2, 16)?),
            b'o' if self.peek() == Some(b'{') => Escape::Byte(self.braced(start, 8)?),
            b'0'..=b'7' => {
                self.at -= 1;
                Escape::Byte(self.digits(start, 3, 8)?)
            }
            letter if letter.is_ascii_alphanumeric() => {
                let message = format!("`\\{}` is not supported", char::from(letter));
                return Err(self.wrong(start..start + 2, message));
            }
            other => Escape::Byte(other),
        })
    }

    /// The character behind `\c`.
    fn control(&mut self, start: usize) -> Step<u8> {
        match self.peek() {
            Some(byte @ b' '..=b'~') => {
                self.at += 1;
                Ok(byte.to_ascii_uppercase() ^ 0x40)
            }
            _ => Err(self.wrong(start..start + 2, "there is no character behind this `\\c`")),
        }
    }

    /// The number in braces.
    fn braced(&mut self, start: usize, radix: u32) -> Step<u8> {
        self.at += 1;
        match self.until(b"}") {
            Some(digits) => self.byte(start, digits, radix),
            None => Err(self.wrong(start..self.at, "this `{` has no `}`")),
        }
    }

    /// The number that up to `most` digits give; 0 if there are none.
    fn digits(&mut self, start: usize, most: usize, radix: u32) -> Step<u8> {
        let is_digit = |byte: &&u8| char::from(**byte).is_digit(radix);
        let count = self.input[self.at..].iter().take(most).take_while(is_digit).count();
        let digits = self.at..self.at + count;
        self.at = digits.end;
        if count == 0 { Ok(0) } else { self.byte(start, digits, radix) }
    }

    fn byte(&self, start: usize, digits: Range<usize>, radix: u32) -> Step<u8> {
        std::str::from_utf8(&self.input[digits])
            .ok()
            .and_then(|digits| u8::from_str_radix(digits, radix).ok())
            .ok_or_else(|| self.wrong(start..self.at, "this is not the number of a byte"))
    }
}
