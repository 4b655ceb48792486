//! Regexes as nginx takes them (PCRE, on bytes) in the language of regex-syntax.
//!
//! Most of the two languages is one. What is spelled differently is spelled anew here; what
//! looks alike and means something else (`\v`, `[a&&b]`, `a++`) must not get through as it
//! is; what cannot be matched in linear time is refused by name.

use std::ops::Range;

use crate::automata::Direction;

mod class;
mod escape;
mod group;

/// A pattern in the language of regex-syntax, without Unicode.
#[derive(Default)]
pub(super) struct Translated {
    pub(super) text: String,
    /// For each byte of `text`, the byte of the original that it comes from.
    pub(super) origins: Vec<usize>,
    /// How many groups capture.
    pub(super) groups: usize,
    /// The names of those that have one.
    pub(super) names: Vec<String>,
    /// Where each lookaround begins, by its number.
    pub(super) looks: Vec<Range<usize>>,
}

/// What is wrong with a part of a pattern.
#[derive(Debug)]
pub(super) struct Wrong {
    pub(super) code: &'static str,
    pub(super) range: Range<usize>,
    pub(super) message: String,
    pub(super) help: Option<&'static str>,
    /// Why it may be deleted.
    pub(super) delete: Option<&'static str>,
}

/// What to do about a character that was meant as itself.
pub(super) const ESCAPE: &str = "for the character itself, write `\\` before it";

type Step<T = ()> = Result<T, Wrong>;

/// Spells `pattern` in the language of regex-syntax.
pub(super) fn translate(pattern: &[u8]) -> Step<Translated> {
    let mut translator = Translator {
        input: pattern,
        at: 0,
        out: Translated::default(),
        repeatable: false,
        open: Vec::new(),
    };
    while translator.at < pattern.len() {
        translator.item()?;
    }
    Ok(translator.out)
}

struct Translator<'a> {
    input: &'a [u8],
    /// The next byte to read.
    at: usize,
    out: Translated,
    /// Whether what was read last may be repeated.
    repeatable: bool,
    /// The groups around the next byte; of lookaround, its direction.
    open: Vec<Option<Direction>>,
}

impl Translator<'_> {
    /// Reads one item: a character, a class, a group's begin or end, a repetition.
    fn item(&mut self) -> Step {
        let start = self.at;
        let byte = self.input[start];
        self.at += 1;
        match byte {
            b'\\' => self.escape(start)?,
            b'[' => self.class(start)?,
            b'(' => return self.group(start),
            b'*' | b'+' | b'?' => return self.repetition(start..start + 1),
            b'{' => match self.bounds(start) {
                Some(end) => return self.repetition(start..end),
                None => self.literal(byte, start),
            },
            b'|' => {
                self.put("|", start);
                self.repeatable = false;
                return Ok(());
            }
            b')' => {
                self.open.pop();
                self.put(")", start);
            }
            b'^' | b'$' | b'.' => self.put(&char::from(byte).to_string(), start),
            _ => self.literal(byte, start),
        }
        self.repeatable = true;
        Ok(())
    }

    /// The end of `{N}`, `{N,}` or `{N,M}`; any other `{` stands for itself.
    fn bounds(&self, start: usize) -> Option<usize> {
        let end = start + self.input[start..].iter().position(|&byte| byte == b'}')?;
        let inner = &self.input[start + 1..end];
        let (least, most) = match inner.iter().position(|&byte| byte == b',') {
            Some(comma) => (&inner[..comma], &inner[comma + 1..]),
            None => (inner, &b""[..]),
        };
        let digits = |text: &[u8]| text.iter().all(u8::is_ascii_digit);
        (!least.is_empty() && digits(least) && digits(most)).then_some(end + 1)
    }

    fn repetition(&mut self, range: Range<usize>) -> Step {
        if !self.repeatable {
            let wrong = self.wrong(range, "there is nothing to repeat here");
            return Err(Wrong { help: Some(ESCAPE), ..wrong });
        }
        self.at = range.end;
        match self.peek() {
            Some(b'+') => {
                return Err(not_linear(range.start..range.end + 1, "possessive repetition"));
            }
            Some(b'?') => self.at += 1,
            _ => {}
        }
        self.repeatable = false;
        for at in range.start..self.at {
            self.put(&char::from(self.input[at]).to_string(), at);
        }
        Ok(())
    }

    fn peek(&self) -> Option<u8> {
        self.input.get(self.at).copied()
    }

    /// What follows up to `end`, if it comes; goes behind it.
    fn until(&mut self, end: &[u8]) -> Option<Range<usize>> {
        let rest = &self.input[self.at..];
        let len = rest.windows(end.len()).position(|window| window == end)?;
        let range = self.at..self.at + len;
        self.at = range.end + end.len();
        Some(range)
    }

    /// Writes `text`, which comes from the byte at `origin`.
    fn put(&mut self, text: &str, origin: usize) {
        self.out.text.push_str(text);
        self.out.origins.resize(self.out.text.len(), origin);
    }

    /// Writes one byte that stands for itself.
    fn literal(&mut self, byte: u8, origin: usize) {
        let character = char::from(byte);
        if byte.is_ascii_alphanumeric() || b"/_=:,;<>!@%\"'`".contains(&byte) {
            self.put(&character.to_string(), origin);
        } else if byte.is_ascii_punctuation() {
            self.put(&format!("\\{character}"), origin);
        } else {
            self.put(&format!("\\x{byte:02X}"), origin);
        }
    }

    fn wrong(&self, range: Range<usize>, message: impl Into<String>) -> Wrong {
        let range = range.start..range.end.min(self.input.len());
        Wrong { code: "T15", range, message: message.into(), help: None, delete: None }
    }
}

/// `range` is something that no automaton can do.
pub(super) fn not_linear(range: Range<usize>, what: &str) -> Wrong {
    let message = format!("{what} is not supported: regexes are matched in linear time");
    let help = Some("match more by it, or put a narrower `location` before this one");
    Wrong { code: "T16", range, message, help, delete: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_spelled_anew() {
        for (pattern, expected) in [
            (r"^/a\.(php|html)$", r"^/a\.(php|html)$"),
            (r"^\/a\-b\_\<c\>", r"^/a\-b_<c>"),
            (r"(?<x>a)(?P<y>b)(?'z'c)", "(?P<x>a)(?P<y>b)(?P<z>c)"),
            (r"(?:a)(?i)b(?i-s:c)(?#note)", "(?:a)(?i)b(?i-s:c)"),
            (r"a{2}b{2,}c{2,3}?", r"a{2}b{2,}c{2,3}?"),
            (r"a{,2}{x", r"a\{,2\}\{x"),
            (r"\d+\W\bx", r"\d+\W\bx"),
            (r"\v\h\N\Z", r"[\n\x0B\f\r\x85][\t\x20\xA0][^\n]\z"),
            (r"\e\cA\x41\x{42}\012\o{13}\0", r"\x1B\x01AB\x0A\x0B\x00"),
            (r"\Qa.b\E.", r"a\.b."),
            (r"[a-z0-9_-]", r"[a-z0-9\x5F\x2D]"),
            (r"[^]a]", r"[^\x5Da]"),
            (r"[a&&b[c]", r"[a\x26\x26b\x5Bc]"),
            (r"[[:alpha:]\d\v\b]", r"[[:alpha:]\d\n\x0B\f\r\x85\x08]"),
            (r"[+--]", r"[\x2B-\x2D]"),
            ("a b#é", r"a\x20b\#\xC3\xA9"),
            (r"/\.(?!well)(?=a)", r"/\.(?P<NotAhead0>well)(?P<Ahead1>a)"),
            (r"(?<!x(?:y))\.php(?<=p)", r"(?P<NotBehind0>x(?:y))\.php(?P<Behind1>p)"),
            (r"^(?!/(a|(?<n>b))(?=(c)))", r"^(?P<NotAhead0>/(a|(?P<n>b))(?P<Ahead1>(c)))"),
        ] {
            assert_eq!(translate(pattern.as_bytes()).unwrap().text, expected, "{pattern}");
        }
    }

    #[test]
    fn groups_are_counted() {
        let translated = translate(b"(a)(?:b)(?<n>c)[(](?i)\\(").unwrap();
        assert_eq!((translated.groups, translated.names), (2, vec!["n".to_owned()]));
        let translated = translate(b"(?!(a)(?<n>b))(?=c)(d)").unwrap();
        assert_eq!((translated.groups, translated.names), (3, vec!["n".to_owned()]));
    }

    #[test]
    fn what_has_no_counterpart_is_refused() {
        for (pattern, code, part) in [
            (r"(?=.*\.(js|css)$)", "T16", "("),
            (r"(?=(?<x>a))", "T16", "(?<x>"),
            (r"(?<=(a))", "T16", "("),
            (r"(?!a(?<!b))", "T16", "(?<!"),
            (r"(?<=a(?=b))", "T16", "(?="),
            (r"(?>a)", "T16", "(?>"),
            (r"a++", "T16", "++"),
            (r"a{2}+", "T16", "{2}+"),
            (r"(a)\1", "T16", r"\1"),
            (r"(?<n>a)\k<n>", "T16", r"\k"),
            (r"(a)\g{1}", "T16", r"\g"),
            (r"(?<n>a)(?P=n)", "T16", "(?P="),
            (r"(?R)", "T16", "(?R"),
            (r"(?1)", "T16", "(?1"),
            (r"(?(1)a)", "T16", "(?("),
            (r"(?|a)", "T15", "(?|"),
            (r"(*UTF8)a", "T15", "(*UTF8)"),
            (r"a(*SKIP)", "T15", "(*SKIP)"),
            (r"(?x)a", "T15", "(?x"),
            (r"(?<1>a)", "T15", "(?<1"),
            (r"\p{L}", "T15", r"\p"),
            (r"a\Kb", "T15", r"\K"),
            (r"a**", "T15", "*"),
            (r"*a", "T15", "*"),
            (r"(|*)", "T15", "*"),
            (r"a\", "T15", r"\"),
            (r"[a", "T15", "[a"),
            (r"[]", "T15", "[]"),
            (r"[z-a]", "T15", "z-a"),
            (r"[[:alfa:]]", "T15", "[:alfa:]"),
            (r"\x{100}", "T15", r"\x{100}"),
        ] {
            let Err(wrong) = translate(pattern.as_bytes()) else { panic!("{pattern}") };
            assert_eq!((wrong.code, &pattern[wrong.range]), (code, part), "{pattern}");
        }
    }
}
