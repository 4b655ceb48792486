//! The statements of a Caddyfile: words on a line, and perhaps a block.

use std::ops::Range;

/// One statement, or a comment, whose one word begins with `#`.
#[derive(Clone, Debug)]
pub(super) struct Statement {
    pub(super) words: Vec<String>,
    pub(super) block: Option<Vec<Statement>>,
    pub(super) range: Range<usize>,
    pub(super) gap: bool,
    is_comment: bool,
}

impl Statement {
    pub(super) fn is_comment(&self) -> bool {
        self.is_comment
    }

    /// `(NAME) { … }`
    pub(super) fn is_snippet(&self) -> bool {
        self.block.is_some() && self.words.first().is_some_and(|it| it.starts_with('('))
    }

    /// What an `import` names.
    pub(super) fn imports(&self) -> Option<&str> {
        let is_import = !self.is_comment && self.block.is_none();
        let name = self.words.get(1).filter(|_| is_import && self.words[0] == "import");
        name.map(String::as_str)
    }

    /// Whether all that comes after it may belong to it: it is a line of addresses.
    pub(super) fn names_all(&self) -> bool {
        self.block.is_none() && self.imports().is_none()
    }

    /// Moves it behind `by` bytes of other texts.
    pub(super) fn shift(&mut self, by: usize) {
        self.range = self.range.start + by..self.range.end + by;
        self.block.iter_mut().flatten().for_each(|inner| inner.shift(by));
    }
}

/// The most blocks within each other.
const MOST_WITHIN: usize = 50;

/// The statements of a text. A block that does not end goes on to the end of the text.
pub(super) fn statements(text: &str) -> Vec<Statement> {
    let mut open: Vec<Statement> = Vec::new();
    let (mut top, mut at, mut gap) = (Vec::new(), 0, false);
    let mut addresses: Option<Statement> = None;
    while at < text.len() {
        let start = at;
        let (words, comment, end) = line(text, &mut at);
        let here = open.last_mut().and_then(|it| it.block.as_mut()).unwrap_or(&mut top);
        if words.is_empty() && comment.is_none() {
            gap |= text[start..at].trim().is_empty();
            continue;
        }
        let begin = start + (text[start..].len() - text[start..].trim_start().len());
        if let Some((range, words)) =
            comment.map(|range| (range.clone(), vec![text[range.start + 1..range.end].to_owned()]))
        {
            here.push(Statement { words, block: None, range, gap, is_comment: true });
        }
        let mut words = words;
        if words.is_empty() {
            gap = false;
            continue;
        }
        if words == ["}"] {
            if let Some(mut closed) = open.pop() {
                closed.range.end = end;
                open.last_mut().and_then(|it| it.block.as_mut()).unwrap_or(&mut top).push(closed);
            }
            gap = false;
            continue;
        }
        let opens = words.last().is_some_and(|word| word == "{") && open.len() < MOST_WITHIN;
        // A brace alone names nothing, unless it begins the options for all sites.
        if opens && (words.len() > 1 || open.is_empty()) {
            words.pop();
        }
        let (mut range, mut before) = (begin..end, Vec::new());
        if let Some(earlier) = addresses.take() {
            (range.start, before) = (earlier.range.start, earlier.words);
        }
        before.append(&mut words);
        let statement =
            Statement { words: before, block: opens.then(Vec::new), range, gap, is_comment: false };
        gap = false;
        // Addresses go on on the next line behind a comma.
        if !opens && open.is_empty() && statement.words.last().is_some_and(|it| it.ends_with(',')) {
            addresses = Some(statement);
        } else if opens {
            open.push(statement);
        } else {
            open.last_mut().and_then(|it| it.block.as_mut()).unwrap_or(&mut top).push(statement);
        }
    }
    while let Some(mut closed) = open.pop() {
        closed.range.end = text.trim_end().len().max(closed.range.start);
        open.last_mut().and_then(|it| it.block.as_mut()).unwrap_or(&mut top).push(closed);
    }
    top.extend(addresses);
    top
}

/// The words of the line that begins at `at`, which is moved behind it; its comment; where the last
/// word ends.
fn line(text: &str, at: &mut usize) -> (Vec<String>, Option<Range<usize>>, usize) {
    let (mut words, mut end) = (Vec::new(), *at);
    loop {
        let rest = &text[*at..];
        let Some(first) = rest.chars().next() else { return (words, None, end) };
        match first {
            '\n' => {
                *at += 1;
                return (words, None, end);
            }
            '\\' if rest[1..].starts_with(['\n', '\r']) => {
                *at += 1 + rest[1..].find('\n').map_or(1, |len| len + 1);
            }
            _ if first.is_whitespace() => *at += first.len_utf8(),
            '#' => {
                let len = rest.find('\n').unwrap_or(rest.len());
                let range = *at..*at + rest[..len].trim_end().len();
                *at += len;
                return (words, Some(range), end);
            }
            '"' | '`' => {
                let (mut word, mut len) = (String::new(), 1);
                let mut characters = rest[1..].chars().peekable();
                while let Some(character) = characters.next() {
                    len += character.len_utf8();
                    match character {
                        '\\' if first == '"' && characters.peek() == Some(&'"') => {
                            word.push('"');
                            characters.next();
                            len += 1;
                        }
                        _ if character == first => break,
                        _ => word.push(character),
                    }
                }
                words.push(word);
                *at += len;
                end = *at;
            }
            _ => {
                let len = rest.find(char::is_whitespace).unwrap_or(rest.len());
                words.push(rest[..len].to_owned());
                *at += len;
                end = *at;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(statements: &[Statement]) -> String {
        let one = |it: &Statement| {
            let block =
                it.block.as_ref().map_or(String::new(), |block| format!("{{{}}}", shown(block)));
            let mark = if it.is_comment() { "#" } else { "" };
            format!("{mark}{}{block}", it.words.join(" "))
        };
        statements.iter().map(one).collect::<Vec<_>>().join(";")
    }

    #[test]
    fn statements_and_blocks() {
        for (text, expected) in [
            (
                "a.test, b.test,\nc.test {\n  root * /x # here\n}\n",
                "a.test, b.test, c.test{# here;root * /x}",
            ),
            (
                "{\n email a@b.test\n}\n:80\nrespond \"a \\\" b\" 200",
                "{email a@b.test};:80;respond a \" b 200",
            ),
            ("a {\n b `c\nd`\n", "a{b c\nd}"),
            ("}\n", ""),
            ("a \\\n b", "a b"),
            ("a {\n{\nb\n}\n}", "a{{{b}}"),
            ("\"", ""),
        ] {
            let found = shown(&statements(text));
            assert_eq!(found.trim_end(), expected, "{text}");
        }
    }
}
