//! lighttpd's language: assignments, and blocks under conditions.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::import::draft::escaped;
use crate::import::included::Included;

/// What is assigned.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Value {
    Text(String),
    Array(Vec<(Option<String>, Value)>),
}

impl Value {
    /// About how many bytes it takes.
    fn len(&self) -> usize {
        match self {
            Value::Text(text) => 16 + text.len(),
            Value::Array(entries) => {
                let entry = |(key, value): &(Option<String>, Value)| {
                    16 + key.as_ref().map_or(0, String::len) + value.len()
                };
                16 + entries.iter().map(entry).sum::<usize>()
            }
        }
    }
}

/// What a block asks for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Test {
    /// The parameters of `server_name`.
    Host(Vec<String>),
    /// The parameters of `location`.
    Url(Vec<String>),
    Socket(String),
    RemoteIp {
        address: String,
        is_equal: bool,
    },
    /// The parameters of `if`.
    If(Vec<String>),
    Other(String),
}

/// A line, or a block of them.
#[derive(Clone, Debug)]
pub(super) enum Line {
    Comment {
        text: String,
        gap: bool,
        range: Range<usize>,
    },
    Assign {
        key: String,
        value: Value,
        adds: bool,
        range: Range<usize>,
    },
    /// What is not read, and why; of a command, there is nothing to say.
    Include {
        what: String,
        why: String,
        range: Range<usize>,
    },
    When {
        test: Test,
        lines: Vec<Line>,
        range: Range<usize>,
    },
    Wrong {
        range: Range<usize>,
    },
}

impl Line {
    pub(super) fn range(&self) -> &Range<usize> {
        match self {
            Line::Comment { range, .. }
            | Line::Assign { range, .. }
            | Line::Include { range, .. }
            | Line::When { range, .. }
            | Line::Wrong { range } => range,
        }
    }
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Token {
    Word(String),
    Text(String),
    /// `$HTTP["host"]`, as it is written.
    Variable(String),
    Sign(&'static str),
    Comment(String, bool),
}

const SIGNS: &[&str] =
    &["=>", "+=", ":=", "==", "!=", "=~", "!~", "=^", "=$", "=", "+", "(", ")", ",", "{", "}"];

/// The most blocks and arrays within each other.
const MOST_WITHIN: usize = 50;

/// How much variables may come to, wherever they stand: one may stand twice in the next.
const MOST_LEN: usize = 4 << 20;

/// The lines of a file and of those that it includes, with variables (`var.x`) replaced by what they
/// are.
pub(super) fn lines(included: &mut Included<'_>) -> Vec<Line> {
    let tokens = tokens(&included.text(), 0);
    Parser { tokens, at: 0, variables: BTreeMap::new(), left: MOST_LEN, included }.all()
}

struct Parser<'a, 'b> {
    tokens: Vec<(Token, Range<usize>)>,
    at: usize,
    variables: BTreeMap<String, Value>,
    /// How much they may still come to.
    left: usize,
    included: &'a mut Included<'b>,
}

impl Parser<'_, '_> {
    /// The lines of the whole text.
    fn all(&mut self) -> Vec<Line> {
        let mut lines = Vec::new();
        while self.at < self.tokens.len() {
            let before = self.at;
            lines.extend(self.block(0));
            if self.at == before || self.at < self.tokens.len() {
                // A brace that closes nothing.
                if let Some((_, range)) = self.tokens.get(self.at) {
                    lines.push(Line::Wrong { range: range.clone() });
                }
                self.at += 1;
            }
        }
        lines
    }

    /// The lines of the files that a name means, in its place.
    fn include(&mut self, what: String, range: Range<usize>) -> Vec<Line> {
        let folder = self.included.first_folder();
        let found = match self.included.find(&what, &folder) {
            Ok(found) => found,
            Err(why) => return vec![Line::Include { what, why, range }],
        };
        let mut lines = Vec::new();
        for path in found {
            match self.included.open(&path) {
                Ok((text, start)) => {
                    let (gap, text_of) = (false, format!(" from {}", path.display()));
                    lines.push(Line::Comment { text: text_of, gap, range: range.clone() });
                    let tokens = std::mem::replace(&mut self.tokens, tokens(&text, start));
                    let at = std::mem::take(&mut self.at);
                    lines.extend(self.all());
                    (self.tokens, self.at) = (tokens, at);
                    self.included.close();
                }
                Err(why) => {
                    let what = path.to_string_lossy().into_owned();
                    lines.push(Line::Include { what, why, range: range.clone() });
                }
            }
        }
        lines
    }

    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at).map(|it| &it.0)
    }

    fn is(&mut self, sign: &str) -> bool {
        let is = matches!(self.peek(), Some(Token::Sign(found)) if *found == sign);
        self.at += usize::from(is);
        is
    }

    /// Where the last token ended.
    fn end(&self) -> usize {
        self.tokens[..self.at.min(self.tokens.len())].last().map_or(0, |it| it.1.end)
    }

    /// Lines until a brace closes.
    fn block(&mut self, within: usize) -> Vec<Line> {
        let mut lines = Vec::new();
        while let Some((token, range)) = self.tokens.get(self.at).cloned() {
            match token {
                Token::Sign("}") => break,
                Token::Comment(text, gap) => {
                    self.at += 1;
                    lines.push(Line::Comment { text, gap, range });
                }
                _ => lines.extend(self.line(within, range)),
            }
        }
        lines
    }

    fn line(&mut self, within: usize, range: Range<usize>) -> Vec<Line> {
        let start = self.at;
        let read = self.statement(within, range.start);
        match read {
            Some(line) => line,
            None => {
                self.at = self.at.max(start + 1);
                vec![Line::Wrong { range: range.start..self.end().max(range.end) }]
            }
        }
    }

    fn statement(&mut self, within: usize, start: usize) -> Option<Vec<Line>> {
        let (token, _) = self.tokens.get(self.at)?.clone();
        self.at += 1;
        match token {
            Token::Word(word) if word.starts_with("include") => {
                let Value::Text(what) = self.value(0)? else { return None };
                let range = start..self.end();
                Some(match word == "include_shell" {
                    true => vec![Line::Include { what, why: String::new(), range }],
                    false => self.include(what, range),
                })
            }
            Token::Word(word) if word == "else" => {
                if matches!(self.peek(), Some(Token::Word(word)) if word == "if") {
                    self.at += 1;
                }
                match self.peek() {
                    Some(Token::Variable(_)) => self.when(within, start),
                    _ => {
                        let lines = self.braces(within)?;
                        let test = Test::Other("else".to_owned());
                        Some(vec![Line::When { test, lines, range: start..self.end() }])
                    }
                }
            }
            Token::Word(word) if word == "global" => self.braces(within),
            Token::Word(key) => {
                let adds = self.is("+=");
                if !adds && !self.is("=") && !self.is(":=") {
                    return None;
                }
                let value = self.value(0)?;
                if let Some(name) = key.strip_prefix("var.") {
                    self.variables.insert(name.to_owned(), value);
                    return Some(Vec::new());
                }
                Some(vec![Line::Assign { key, value, adds, range: start..self.end() }])
            }
            Token::Variable(_) => {
                self.at -= 1;
                self.when(within, start)
            }
            _ => None,
        }
    }

    fn when(&mut self, within: usize, start: usize) -> Option<Vec<Line>> {
        let Some(Token::Variable(variable)) = self.peek().cloned() else { return None };
        self.at += 1;
        let Some(Token::Sign(operator)) = self.peek().cloned() else { return None };
        self.at += 1;
        let Value::Text(value) = self.value(0)? else { return None };
        let test = test(&variable, operator, &value);
        let lines = self.braces(within)?;
        Some(vec![Line::When { test, lines, range: start..self.end() }])
    }

    fn braces(&mut self, within: usize) -> Option<Vec<Line>> {
        if within > MOST_WITHIN || !self.is("{") {
            return None;
        }
        let lines = self.block(within + 1);
        self.is("}");
        Some(lines)
    }

    /// A value, and what `+` adds to it.
    fn value(&mut self, within: usize) -> Option<Value> {
        let mut value = self.one(within)?;
        while self.is("+") {
            value = match (value, self.one(within)?) {
                (Value::Text(a), Value::Text(b)) => Value::Text(a + &b),
                (Value::Array(mut a), Value::Array(b)) => {
                    a.extend(b);
                    Value::Array(a)
                }
                _ => return None,
            };
        }
        Some(value)
    }

    fn one(&mut self, within: usize) -> Option<Value> {
        while matches!(self.peek(), Some(Token::Comment(..))) {
            self.at += 1;
        }
        let token = self.peek()?.clone();
        self.at += 1;
        match token {
            Token::Text(text) => Some(Value::Text(text)),
            Token::Word(word) => match word.strip_prefix("var.") {
                Some(name) => {
                    let value = self.variables.get(name)?;
                    self.left = self.left.checked_sub(value.len())?;
                    Some(value.clone())
                }
                None if word.starts_with("env.") => None,
                None => Some(Value::Text(word)),
            },
            Token::Sign("(") if within < MOST_WITHIN => self.array(within + 1),
            _ => None,
        }
    }

    fn array(&mut self, within: usize) -> Option<Value> {
        let mut entries = Vec::new();
        loop {
            while matches!(self.peek(), Some(Token::Comment(..) | Token::Sign(","))) {
                self.at += 1;
            }
            if self.is(")") {
                return Some(Value::Array(entries));
            }
            let value = self.value(within)?;
            entries.push(match value {
                Value::Text(key) if self.is("=>") => (Some(key), self.value(within)?),
                value => (None, value),
            });
        }
    }
}

/// What a condition asks for.
fn test(variable: &str, operator: &str, value: &str) -> Test {
    let other = || Test::Other(format!("{variable} {operator} \"{value}\""));
    match (variable, operator) {
        ("$HTTP[\"host\"]", "==") => Test::Host(vec![value.to_owned()]),
        ("$HTTP[\"host\"]", "=~") => Test::Host(vec![format!("~{value}")]),
        ("$HTTP[\"url\"]", "==") => {
            Test::Url(vec!["~".to_owned(), format!("^{}$", escaped(value))])
        }
        ("$HTTP[\"url\"]", "=^") => Test::Url(vec!["^~".to_owned(), value.to_owned()]),
        ("$HTTP[\"url\"]", "=~") => {
            let is_plain = |c: char| c.is_ascii_alphanumeric() || "/-_".contains(c);
            match value.strip_prefix('^') {
                Some(prefix) if prefix.starts_with('/') && prefix.chars().all(is_plain) => {
                    Test::Url(vec!["^~".to_owned(), prefix.to_owned()])
                }
                _ => Test::Url(vec!["~".to_owned(), value.to_owned()]),
            }
        }
        ("$SERVER[\"socket\"]", "==") => Test::Socket(value.to_owned()),
        ("$HTTP[\"remoteip\"]" | "$HTTP[\"remote-ip\"]", "==" | "!=") if !value.is_empty() => {
            Test::RemoteIp { address: value.to_owned(), is_equal: operator == "==" }
        }
        _ => match asked(variable) {
            Some(ours) => {
                let operator = match operator {
                    "==" => "=",
                    "=~" => "~",
                    operator => operator,
                };
                let known = ["=", "!=", "~", "!~"].contains(&operator);
                let words = [&format!("({ours}"), operator, value, ")"].map(str::to_owned);
                if known { Test::If(words.to_vec()) } else { other() }
            }
            None => other(),
        },
    }
}

/// What a condition asks about, as a variable.
fn asked(variable: &str) -> Option<String> {
    let field = |text: &str| Some(text.strip_suffix("\"]")?.to_ascii_lowercase().replace('-', "_"));
    Some(match variable {
        "$HTTP[\"useragent\"]" | "$HTTP[\"user-agent\"]" => "$http_user_agent".to_owned(),
        "$HTTP[\"referer\"]" => "$http_referer".to_owned(),
        "$HTTP[\"cookie\"]" => "$http_cookie".to_owned(),
        "$HTTP[\"querystring\"]" | "$HTTP[\"query-string\"]" => "$args".to_owned(),
        "$HTTP[\"request-method\"]" => "$request_method".to_owned(),
        "$HTTP[\"scheme\"]" => "$scheme".to_owned(),
        _ => format!("$http_{}", field(variable.strip_prefix("$REQUEST_HEADER[\"")?)?),
    })
}

/// The tokens of a text that begins at `start` among all.
fn tokens(text: &str, start: usize) -> Vec<(Token, Range<usize>)> {
    let mut found = tokens_of(text);
    for (_, range) in &mut found {
        *range = start + range.start..start + range.end;
    }
    found
}

fn tokens_of(text: &str) -> Vec<(Token, Range<usize>)> {
    let (mut found, mut at) = (Vec::new(), 0);
    while let Some(first) = text[at..].chars().next() {
        let rest = &text[at..];
        let start = at;
        if first.is_whitespace() {
            at += first.len_utf8();
            continue;
        }
        let token = match first {
            '#' => {
                let len = rest.find('\n').unwrap_or(rest.len());
                at += len;
                let gap = text[..start].trim_end_matches([' ', '\t']).ends_with("\n\n");
                Token::Comment(rest[1..len].trim_end().to_owned(), gap)
            }
            '"' => {
                let (mut word, mut len) = (String::new(), 1);
                let mut characters = rest[1..].chars().peekable();
                while let Some(character) = characters.next() {
                    len += character.len_utf8();
                    match character {
                        '\\' if characters.peek() == Some(&'"') => {
                            word.push('"');
                            characters.next();
                            len += 1;
                        }
                        '"' => break,
                        _ => word.push(character),
                    }
                }
                at += len;
                Token::Text(word)
            }
            '$' => {
                let len = rest.find(']').map_or(1, |end| end + 1);
                at += len;
                Token::Variable(rest[..len].replace(' ', ""))
            }
            _ => match SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
                Some(sign) => {
                    at += sign.len();
                    Token::Sign(sign)
                }
                None => {
                    let is_word = |c: char| c.is_ascii_alphanumeric() || "._-:/".contains(c);
                    let len =
                        rest.find(|c| !is_word(c)).unwrap_or(rest.len()).max(first.len_utf8());
                    at += len;
                    Token::Word(rest[..len].to_owned())
                }
            },
        };
        found.push((token, start..at));
    }
    found
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::files::Memory;
    use crate::source::Sources;

    fn lines(conf: &str) -> Vec<Line> {
        let (files, mut sources) = (Memory::default(), Sources::default());
        let id = sources.add("lighttpd.conf", conf.as_bytes());
        super::lines(&mut Included::new(&files, &mut sources, (Path::new("lighttpd.conf"), id)))
    }

    #[test]
    fn variables_do_not_grow_without_end() {
        for (first, again) in [
            ("\"0123456789abcdef\"", "var.a + var.a"),
            ("( \"a\" )", "var.a + var.a"),
            ("\"a\"", "( var.a, var.a )"),
        ] {
            let conf = format!("var.a = {first}\n{}", format!("var.a = {again}\n").repeat(60));
            let wrong = lines(&conf);
            assert!(wrong.iter().any(|line| matches!(line, Line::Wrong { .. })), "{again}");
        }
    }

    fn text(text: &str) -> Value {
        Value::Text(text.to_owned())
    }

    #[test]
    fn assignments_and_conditions() {
        let conf = "var.base = \"/srv\"\n# c\nserver.document-root = var.base + \"/www\"\n\
                    a.b += ( \"x\" => \"y\", # z\n (\"p\" => 80 ) )\n\
                    $HTTP[\"host\"] =~ \"^a\\.test$\" { c = 1 } else $HTTP[\"url\"] =^ \"/x\" { }\n}";
        let found = lines(conf);
        let [
            Line::Comment { .. },
            Line::Assign { key, value, .. },
            Line::Assign { value: array, adds, .. },
            Line::When { test: host, lines, .. },
            Line::When { test: url, .. },
            Line::Wrong { .. },
        ] = &found[..]
        else {
            panic!("{found:?}");
        };
        assert_eq!((&key[..], value), ("server.document-root", &text("/srv/www")));
        let inner = Value::Array(vec![(Some("p".to_owned()), text("80"))]);
        let expected = Value::Array(vec![(Some("x".to_owned()), text("y")), (None, inner)]);
        assert!(*adds && *array == expected, "{array:?}");
        assert_eq!(*host, Test::Host(vec!["~^a\\.test$".to_owned()]));
        assert!(lines.len() == 1 && *url == Test::Url(vec!["^~".to_owned(), "/x".to_owned()]));
    }

    #[test]
    fn anything_is_read() {
        for conf in [
            "a = (",
            "$HTTP[",
            "a",
            "=",
            "{",
            "else",
            "a = \"",
            "include",
            "\u{e4} = 1",
            "$x == \"\" {",
        ] {
            assert!(!lines(conf).is_empty(), "{conf}");
        }
    }
}
