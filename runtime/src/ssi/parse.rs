//! Commands in a content, whatever pieces that comes in: no I/O, and no more held than one command.

use super::command::{Command, MOST_PARAMS};

/// The longest name of a command or a parameter, in bytes, as in nginx.
const NAME_LEN: usize = 32;
/// What a command begins with.
const OPENING: &[u8] = b"<!--#";

/// What comes next.
#[derive(PartialEq, Eq, Debug)]
pub(super) enum Event {
    /// So many bytes are a text as it stands there: those before what is left.
    Text(usize),
    /// These bytes are a text that looked like the front of a command.
    Front(&'static [u8]),
    /// A command.
    Command(Command),
    /// A comment that begins like one and is none, and why.
    Broken(String),
}

/// Where it stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    /// In a text, of which the last bytes are so many of a command's front.
    Text(usize),
    BeforeName,
    Name,
    BeforeParam,
    Param,
    BeforeEqual,
    BeforeValue,
    /// In a value that ends with this quote.
    Value(u8),
    /// The same, behind a backslash.
    Escaped(u8),
    AfterValue,
    /// Behind so many of the characters of `-->`.
    End(usize),
    /// In what is no command, up to its end; behind so many of the characters of that.
    Wrong(usize),
}

/// Takes a content apart.
#[derive(Debug)]
pub(super) struct Parser {
    state: State,
    command: Command,
    /// The longest value, in bytes.
    value_len: usize,
    reason: String,
}

/// The end of a command.
const CLOSING: &[u8] = b"-->";

impl Parser {
    pub(super) fn new(value_len: usize) -> Parser {
        let (command, reason) = (Command::default(), String::new());
        Parser { state: State::Text(0), command, value_len, reason }
    }

    /// What comes next in `rest`, which is what is left then. `None`: more is needed.
    pub(super) fn next(&mut self, rest: &mut &[u8]) -> Option<Event> {
        if let State::Text(front) = self.state {
            return self.text(front, rest);
        }
        while let [byte, after @ ..] = *rest {
            *rest = after;
            if let Some(event) = self.step(*byte) {
                return Some(event);
            }
        }
        None
    }

    /// What is left at the end of the content: a text that might have become a command.
    pub(super) fn finish(&mut self) -> &'static [u8] {
        match std::mem::replace(&mut self.state, State::Text(0)) {
            State::Text(front) => &OPENING[..front],
            _ => b"",
        }
    }

    /// A text, up to what may be the front of a command.
    fn text(&mut self, front: usize, rest: &mut &[u8]) -> Option<Event> {
        let bytes = *rest;
        if front > 0 {
            let byte = *bytes.first()?;
            if byte == OPENING[front] {
                *rest = &bytes[1..];
                self.state = match front + 1 == OPENING.len() {
                    true => State::BeforeName,
                    false => State::Text(front + 1),
                };
                return self.next(rest);
            }
            // No shorter front ends here: its first byte stands nowhere else in it.
            self.state = State::Text(0);
            return Some(Event::Front(&OPENING[..front]));
        }
        match memchr::memchr(OPENING[0], bytes) {
            Some(0) => {
                *rest = &bytes[1..];
                self.state = State::Text(1);
                self.next(rest)
            }
            found => {
                let len = found.unwrap_or(bytes.len());
                *rest = &bytes[len..];
                (len > 0).then_some(Event::Text(len))
            }
        }
    }

    fn wrong(&mut self, reason: String) -> State {
        self.reason = reason;
        State::Wrong(0)
    }

    /// Takes a byte of a command.
    fn step(&mut self, byte: u8) -> Option<Event> {
        let is_blank = matches!(byte, b' ' | b'\t' | b'\r' | b'\n');
        let shown = byte.escape_ascii();
        self.state = match (self.state, byte) {
            (State::Text(_), _) => unreachable!("a text is taken whole"),
            (State::BeforeName, _) if is_blank => State::BeforeName,
            (State::BeforeName, _) => {
                self.command = Command { name: vec![byte], params: Vec::new() };
                State::Name
            }
            (State::Name, _) if is_blank => State::BeforeParam,
            (State::Name | State::BeforeParam | State::AfterValue, b'-') => State::End(1),
            (State::Name, _) if self.command.name.len() == NAME_LEN => {
                let reason = format!("the \"{}\" SSI command is too long", self.command.shown());
                self.wrong(reason)
            }
            (State::Name, _) => {
                self.command.name.push(byte);
                State::Name
            }
            (State::BeforeParam | State::AfterValue, _) if is_blank => State::BeforeParam,
            (State::BeforeParam, _) if self.command.params.len() == MOST_PARAMS => {
                let reason =
                    format!("too many parameters in the \"{}\" SSI command", self.command.shown());
                self.wrong(reason)
            }
            (State::BeforeParam, _) => {
                self.command.params.push((vec![byte], Vec::new()));
                State::Param
            }
            (State::Param, b'=') | (State::BeforeEqual, b'=') => State::BeforeValue,
            (State::Param | State::BeforeEqual, _) if is_blank => State::BeforeEqual,
            (State::Param | State::BeforeEqual | State::BeforeValue, b'-') => {
                let reason =
                    format!("unexpected \"-\" in the \"{}\" SSI command", self.command.shown());
                self.wrong(reason);
                State::Wrong(1)
            }
            (State::Param, _) => {
                let (name, _) = self.command.params.last_mut()?;
                match name.len() < NAME_LEN {
                    true => {
                        name.push(byte);
                        State::Param
                    }
                    false => {
                        let reason = format!(
                            "too long a parameter in the \"{}\" SSI command",
                            self.command.shown()
                        );
                        self.wrong(reason)
                    }
                }
            }
            (State::BeforeValue, _) if is_blank => State::BeforeValue,
            (State::BeforeValue, b'"' | b'\'') => State::Value(byte),
            (State::BeforeEqual | State::BeforeValue | State::AfterValue, _) => {
                let reason = format!(
                    "unexpected \"{shown}\" in the \"{}\" SSI command",
                    self.command.shown()
                );
                self.wrong(reason)
            }
            (State::Value(quote), _) if byte == quote => State::AfterValue,
            (State::Value(quote) | State::Escaped(quote), _) => {
                let is_escape = byte == b'\\' && matches!(self.state, State::Value(_));
                let (_, value) = self.command.params.last_mut()?;
                match value.len() < self.value_len {
                    true => {
                        value.push(byte);
                        if is_escape { State::Escaped(quote) } else { State::Value(quote) }
                    }
                    false => {
                        let reason = format!(
                            "too long a value in the \"{}\" SSI command",
                            self.command.shown()
                        );
                        self.wrong(reason)
                    }
                }
            }
            (State::End(2), b'>') => {
                self.state = State::Text(0);
                return Some(Event::Command(std::mem::take(&mut self.command)));
            }
            (State::End(1), b'-') => State::End(2),
            (State::End(_), _) => {
                let reason = format!(
                    "unexpected \"{shown}\" in the \"{}\" SSI command",
                    self.command.shown()
                );
                self.wrong(reason)
            }
            (State::Wrong(2), b'>') => {
                self.state = State::Text(0);
                return Some(Event::Broken(std::mem::take(&mut self.reason)));
            }
            (State::Wrong(at), _) if at < 2 && byte == CLOSING[at] => State::Wrong(at + 1),
            (State::Wrong(_), _) => State::Wrong(0),
        };
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What comes of a content in pieces of this length: texts joined, commands in brackets.
    fn taken(content: &str, len: usize) -> String {
        let mut parser = Parser::new(8);
        let mut out = Vec::new();
        for piece in content.as_bytes().chunks(len) {
            let mut rest = piece;
            while let Some(event) = parser.next(&mut rest) {
                match event {
                    Event::Text(len) => {
                        let at = piece.len() - rest.len();
                        out.extend_from_slice(&piece[at - len..at]);
                    }
                    Event::Front(front) => out.extend_from_slice(front),
                    Event::Command(Command { name, params }) => {
                        out.push(b'[');
                        out.extend(name);
                        for (name, value) in params {
                            out.extend([b" ", &name[..], b"=", &value].concat());
                        }
                        out.push(b']');
                    }
                    Event::Broken(reason) => {
                        assert!(!reason.is_empty());
                        out.extend(b"[!]");
                    }
                }
            }
            assert_eq!(rest, b"");
        }
        out.extend_from_slice(parser.finish());
        String::from_utf8(out).expect("a text")
    }

    #[test]
    fn commands_are_found_however_the_content_is_cut() {
        for (content, expected) in [
            ("", ""),
            ("abc", "abc"),
            ("a<b<!c<!-d<!--e", "a<b<!c<!-d<!--e"),
            ("<<!<!-<!--<!--#x-->", "<<!<!-<!--[x]"),
            ("a<!--#echo var=\"x\" -->b", "a[echo var=x]b"),
            ("<!--# echo  var = 'x'\n\tencoding=\"y\"-->", "[echo var=x encoding=y]"),
            ("<!--#e a='\\'' b=\"\\\"\\\\\" -->", "[e a=\\' b=\\\"\\\\]"),
            ("<!--#e a=\"'-->\" -->", "[e a='-->]"),
            ("<!--#else--><!--#endif -->", "[else][endif]"),
            ("<!--#e a=b -->c", "[!]c"),
            ("<!--#e a-b=\"c\" -->d", "[!]d"),
            ("<!--#e a=\"b\"c=\"d\" -->e", "[!]e"),
            ("<!--#e a=\"b\" ->|-->c", "[!]c"),
            ("<!--#e --x-->b", "[!]b"),
            // The first `-` is taken for the name.
            ("<!--# --> a -->b", "[!]b"),
            ("<!--#e a=\"123456789\" -->b", "[!]b"),
            ("<!--#e a=\"1\" b=\"2\" c=\"3\" d=\"4\" e=\"5\" -->b", "[!]b"),
            ("<!--#e a=\"1\" b=\"2\" c=\"3\" d=\"4\" -->b", "[e a=1 b=2 c=3 d=4]b"),
            (&format!("<!--#{} -->b", "n".repeat(33)), "[!]b"),
            (&format!("<!--#e {}=\"\" -->b", "n".repeat(33)), "[!]b"),
            ("a<!--#echo var=\"x\"", "a"),
            ("a<!--", "a<!--"),
        ] {
            for len in 1..=content.len().max(1) {
                assert_eq!(taken(content, len), expected, "{content} in pieces of {len}");
            }
        }
    }
}
