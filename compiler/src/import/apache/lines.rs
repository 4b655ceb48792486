//! The lines of an .htaccess, as directives within sections.

use std::ops::Range;

/// A directive, a section or a comment.
pub(super) enum Line<'a> {
    Comment {
        text: &'a str,
        gap: bool,
    },
    Directive {
        name: String,
        args: Vec<String>,
        range: Range<usize>,
        gap: bool,
    },
    Section {
        name: String,
        args: Vec<String>,
        lines: Vec<Line<'a>>,
        range: Range<usize>,
        gap: bool,
    },
    /// The end of a section that never began.
    Stray {
        range: Range<usize>,
    },
}

/// The most sections within each other.
const MOST_WITHIN: usize = 50;

/// A section that has not ended: its name, its parameters, where it begins, whether an empty line is
/// before it, and its lines.
type Open<'a> = (String, Vec<String>, usize, bool, Vec<Line<'a>>);

/// The lines of a text. A section that does not end goes on to the end of the text.
pub(super) fn lines(text: &str) -> Vec<Line<'_>> {
    let mut open: Vec<Open<'_>> = Vec::new();
    let (mut top, mut gap, mut at) = (Vec::new(), false, 0);
    while at < text.len() {
        let start = at;
        let (mut whole, mut joined) = (String::new(), true);
        while joined && at < text.len() {
            let len = text[at..].find('\n').map_or(text.len() - at, |len| len + 1);
            let line = text[at..at + len].trim_end_matches(['\n', '\r']);
            at += len;
            joined = line.ends_with('\\') && !line.trim_start().starts_with('#');
            whole.push_str(line.strip_suffix('\\').filter(|_| joined).unwrap_or(line));
        }
        let indent = text[start..at].len() - text[start..at].trim_start().len();
        let range = start + indent..start + text[start..at].trim_end().len();
        let line = whole.trim();
        let can_open = open.len() < MOST_WITHIN;
        let here = open.last_mut().map_or(&mut top, |frame| &mut frame.4);
        if line.is_empty() {
            gap = true;
            continue;
        }
        if let Some(comment) = line.strip_prefix('#') {
            let at = text[start..].find('#').map_or(start, |hash| start + hash + 1);
            here.push(Line::Comment { text: text.get(at..at + comment.len()).unwrap_or(""), gap });
        } else if let Some(rest) = line.strip_prefix("</") {
            let name = rest.trim_end_matches('>').trim().to_ascii_lowercase();
            match open.pop() {
                Some((of, args, begin, gap, lines)) if of == name => {
                    let range = begin..range.end;
                    let parent = open.last_mut().map_or(&mut top, |frame| &mut frame.4);
                    parent.push(Line::Section { name: of, args, lines, range, gap });
                }
                other => {
                    open.extend(other);
                    let parent = open.last_mut().map_or(&mut top, |frame| &mut frame.4);
                    parent.push(Line::Stray { range });
                }
            }
        } else if let Some(rest) = line.strip_prefix('<').filter(|_| can_open) {
            let mut words = words(rest.trim_end_matches('>')).into_iter();
            let name = words.next().unwrap_or_default().to_ascii_lowercase();
            open.push((name, words.collect(), range.start, gap, Vec::new()));
        } else {
            let mut words = words(line).into_iter();
            let name = words.next().unwrap_or_default();
            here.push(Line::Directive { name, args: words.collect(), range, gap });
        }
        gap = false;
    }
    while let Some((name, args, begin, gap, lines)) = open.pop() {
        let range = begin..text.trim_end().len().max(begin);
        let parent = open.last_mut().map_or(&mut top, |frame| &mut frame.4);
        parent.push(Line::Section { name, args, lines, range, gap });
    }
    top
}

/// The words of a line, without their quotes.
pub(super) fn words(line: &str) -> Vec<String> {
    let (mut found, mut rest) = (Vec::new(), line.trim_start());
    while let Some(first) = rest.chars().next() {
        let mut word = String::new();
        let is_quoted = first == '"' || first == '\'';
        let mut characters = rest.char_indices().skip(usize::from(is_quoted)).peekable();
        let mut end = rest.len();
        while let Some((at, character)) = characters.next() {
            let next = characters.peek().map(|(_, next)| *next);
            match character {
                '\\' if is_quoted && next == Some(first) => {
                    word.push(first);
                    characters.next();
                }
                '\\' if !is_quoted && next == Some(' ') => {
                    word.push_str("\\ ");
                    characters.next();
                }
                _ if is_quoted && character == first => {
                    end = at + 1;
                    break;
                }
                _ if !is_quoted && character.is_whitespace() => {
                    end = at;
                    break;
                }
                _ => word.push(character),
            }
        }
        found.push(word);
        rest = rest[end..].trim_start();
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_their_quotes() {
        for (line, expected) in [
            ("A b  c", &["A", "b", "c"][..]),
            ("A \"b c\" 'd \"e'", &["A", "b c", "d \"e"]),
            ("A \"b \\\" c\"x", &["A", "b \" c", "x"]),
            ("RewriteRule ^a\\ b$ x", &["RewriteRule", "^a\\ b$", "x"]),
            ("A \"open", &["A", "open"]),
            ("", &[]),
        ] {
            assert_eq!(words(line), expected, "{line}");
        }
    }

    #[test]
    fn sections_and_continued_lines() {
        let text = "# c\nA 1 \\\n  2\n\n<If x>\nB\n</If>\n</Stray>\n<Open\nC";
        let found = lines(text);
        let shown: Vec<_> = found
            .iter()
            .map(|line| match line {
                Line::Comment { text, .. } => format!("#{text}"),
                Line::Directive { name, args, .. } => format!("{name} {args:?}"),
                Line::Section { name, lines, range, .. } => {
                    format!("<{name}> {} {:?}", lines.len(), &text[range.clone()])
                }
                Line::Stray { .. } => "stray".to_owned(),
            })
            .collect();
        assert_eq!(
            shown,
            [
                "# c",
                "A [\"1\", \"2\"]",
                "<if> 1 \"<If x>\\nB\\n</If>\"",
                "stray",
                "<open> 1 \"<Open\\nC\""
            ]
        );
    }
}
