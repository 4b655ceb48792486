//! Groups: `(…)`, `(?:…)`, `(?<name>…)`, `(?i)`, and those that are refused.

use std::ops::Range;

use super::super::variable::variable;
use super::{Step, Translator, Wrong, not_linear};
use crate::automata::Direction;

/// What to do about a group that captures where nothing can be captured.
const PLAIN_GROUP: &str = "write `(?:…)` for a group whose text nothing uses";

impl Translator<'_> {
    /// Reads the begin of a group; `start` is the place of its parenthesis.
    pub(super) fn group(&mut self, start: usize) -> Step {
        match self.peek() {
            Some(b'*') => {
                let len = self.input[start..].iter().position(|&byte| byte == b')');
                let end = len.map_or(start + 2, |len| start + len + 1);
                let text = String::from_utf8_lossy(&self.input[start..end]);
                let is_mode = ["(*UTF8)", "(*UTF)", "(*UCP)"].contains(&&*text) && start == 0;
                let wrong = self.wrong(start..end, format!("`{text}` is not supported"));
                let help = "paths are matched byte by byte; a character of several may stand in it";
                Err(if is_mode { Wrong { delete: Some(help), ..wrong } } else { wrong })
            }
            Some(b'?') => {
                self.at += 1;
                self.extension(start)
            }
            _ => {
                self.capture(start..start + 1)?;
                self.put("(", start);
                Ok(())
            }
        }
    }

    /// Reads on behind `(?`.
    fn extension(&mut self, start: usize) -> Step {
        let rest = &self.input[self.at..];
        let refuse = |len: usize, what: &str| Err(not_linear(start..start + 2 + len, what));
        match rest {
            [b'#', ..] => match self.until(b")") {
                Some(_) => Ok(()),
                None => Err(self.wrong(start..self.at, "this comment has no end")),
            },
            [b'=' | b'!', ..] => self.look(start, false, 1),
            [b'<', b'=' | b'!', ..] => self.look(start, true, 2),
            [b'>', ..] => refuse(1, "an atomic group"),
            [b'(', ..] => refuse(1, "a condition"),
            [b'P', b'=', ..] => refuse(2, "a backreference"),
            [b'P', b'>', ..] => refuse(2, "recursion"),
            [b'R' | b'&' | b'0'..=b'9' | b'+', ..] => refuse(1, "recursion"),
            [b'-', b'0'..=b'9', ..] => refuse(2, "recursion"),
            [b'|', ..] => Err(self.wrong(start..start + 3, "`(?|…)` is not supported")),
            [b'P', b'<', ..] => self.named(start, 2, b">"),
            [b'<', ..] => self.named(start, 1, b">"),
            [b'\'', ..] => self.named(start, 1, b"'"),
            _ => self.flags(start),
        }
    }

    /// Reads on behind `(?`, where the `len` bytes that follow begin lookaround.
    fn look(&mut self, start: usize, behind: bool, len: usize) -> Step {
        let range = start..start + 2 + len;
        let mut around = self.open.iter().flatten();
        match around.next_back() {
            Some(Direction { behind: true, .. }) => {
                return Err(not_linear(range, "lookaround within a lookbehind"));
            }
            Some(_) if behind => {
                return Err(not_linear(range, "a lookbehind within a lookahead"));
            }
            _ => {}
        }
        let direction = Direction { behind, negated: self.input[range.end - 1] == b'!' };
        self.at = range.end;
        self.put(&direction.group(self.out.looks.len()), start);
        self.out.looks.push(range);
        self.open.push(Some(direction));
        self.repeatable = false;
        Ok(())
    }

    /// Begins a group that captures, unless what it captures could not be told: what is looked
    /// at is not walked through but ruled in or out, so its groups stay empty. Groups of what
    /// must not match are empty in any case.
    fn capture(&mut self, range: Range<usize>) -> Step {
        let mut around = self.open.iter().flatten().peekable();
        if around.peek().is_some() && !around.any(|direction| direction.negated) {
            let wrong = not_linear(range, "a group that captures within lookaround");
            return Err(Wrong { help: Some(PLAIN_GROUP), ..wrong });
        }
        self.out.groups += 1;
        self.open.push(None);
        self.repeatable = false;
        Ok(())
    }

    /// Reads the name of a group, which stands behind `skip` bytes and before `end`.
    fn named(&mut self, start: usize, skip: usize, end: &[u8]) -> Step {
        self.at += skip;
        let name_start = self.at;
        let Some(range) = self.until(end) else {
            return Err(self.wrong(start..name_start, "the name of this group has no end"));
        };
        // Variables are the same in any case, so groups are too.
        let name = String::from_utf8_lossy(&self.input[range.clone()]).to_ascii_lowercase();
        let fits = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if !fits {
            let message = format!("`{name}` is not a name for a group");
            return Err(self.wrong(start..range.end, message));
        }
        if variable(&name).is_some() {
            return Err(self.wrong(range, format!("`${name}` is a variable of its own")));
        }
        if self.out.names.contains(&name) {
            return Err(self.wrong(range, format!("there is a group `{name}` before this one")));
        }
        self.capture(start..self.at)?;
        self.put(&format!("(?P<{name}>"), start);
        self.out.names.push(name);
        Ok(())
    }

    /// Reads flags: `(?i)` or `(?i:`.
    fn flags(&mut self, start: usize) -> Step {
        let flags = self.input[self.at..].iter().take_while(|byte| b"imsU-".contains(byte)).count();
        self.at += flags;
        match self.peek() {
            Some(b')' | b':') => {}
            _ => return Err(self.wrong(start..self.at + 1, "this kind of group is not supported")),
        }
        if self.peek() == Some(b':') {
            self.open.push(None);
        }
        self.at += 1;
        let text = String::from_utf8_lossy(&self.input[start..self.at]).into_owned();
        self.put(&text, start);
        self.repeatable = false;
        Ok(())
    }
}
