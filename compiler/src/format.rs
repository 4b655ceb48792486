//! Confs laid out in one way: four spaces for each block, one directive a line, at most one
//! empty line. Words, comments and their order stay as they are, so the conf means the same.
//!
//! What was broken into lines within a directive stays so, and a block that stood on one line
//! with one directive in it stays on one.

use crate::diagnostic::Diagnostics;
use crate::parse::{self, Token, TokenKind};
use crate::source::{Sources, unescape};

/// The most columns of a block on one line.
const MAX_COLUMNS: usize = 100;
const INDENT: &str = "    ";

/// A conf that cannot be formatted.
pub struct Wrong {
    /// The conf.
    pub sources: Sources,
    /// What is wrong with it.
    pub diagnostics: Diagnostics,
}

/// A conf's bytes, formatted; or what is wrong with it. Files that it includes are not looked
/// at.
pub fn format(name: &str, bytes: &[u8]) -> Result<Vec<u8>, Box<Wrong>> {
    let (mut sources, mut diagnostics) = (Sources::default(), Diagnostics::default());
    let id = sources.add(name, bytes);
    let tokens = parse::tokens(id, sources.file(id), &mut diagnostics);
    if diagnostics.has_errors() {
        diagnostics.finish();
        return Err(Box::new(Wrong { sources, diagnostics }));
    }
    let text = &sources.file(id).text;
    let mut layout = Layout { text, out: String::new(), depth: 0, place: Place::LineStart };
    let mut last_end = 0;
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let before = &text[last_end..token.span.start as usize];
        let breaks = before.matches('\n').count();
        let taken = layout.one_line_block(&tokens[at..], breaks);
        let taken = taken.unwrap_or_else(|| {
            layout.token(token, breaks);
            1
        });
        at += taken;
        last_end = tokens[at - 1].span.end as usize;
    }
    if layout.place != Place::LineStart {
        layout.out.push('\n');
    }
    let out = layout.out;
    Ok(if sources.file(id).escaped { unescape(&out) } else { out.into_bytes() })
}

/// What has been written last.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Nothing, on this line.
    LineStart,
    /// A word of a directive that has not ended.
    Within,
    /// The end of a directive, or a brace: only a comment may follow on the line.
    Ended,
    /// A comment at the end of a line within a directive.
    Commented,
}

struct Layout<'t> {
    text: &'t str,
    out: String,
    depth: usize,
    place: Place,
}

impl<'t> Layout<'t> {
    fn slice(&self, token: &Token) -> &'t str {
        self.text[token.span.start as usize..token.span.end as usize].trim_end()
    }

    /// Writes a token, with so many line breaks before it in the original.
    fn token(&mut self, token: &Token, breaks: usize) {
        let text = self.slice(token);
        match token.kind {
            TokenKind::Word => {
                self.before_word(breaks);
                self.out.push_str(text);
                self.place = Place::Within;
            }
            TokenKind::Semicolon => {
                if self.place == Place::Commented {
                    self.line(self.depth + 1);
                }
                self.out.push(';');
                self.place = Place::Ended;
            }
            TokenKind::Open => {
                match self.place {
                    Place::Commented => self.line(self.depth + 1),
                    _ => self.out.push(' '),
                }
                self.out.push('{');
                self.depth += 1;
                self.place = Place::Ended;
            }
            TokenKind::Verbatim => {
                match self.place {
                    Place::Commented => self.line(self.depth + 1),
                    _ => self.out.push(' '),
                }
                self.out.push_str(text);
                self.place = Place::Ended;
            }
            TokenKind::Close => {
                self.depth = self.depth.saturating_sub(1);
                self.end_line();
                self.line(self.depth);
                self.out.push('}');
                self.place = Place::Ended;
            }
            TokenKind::Comment => self.comment(text, breaks),
        }
    }

    fn comment(&mut self, text: &str, breaks: usize) {
        let within = matches!(self.place, Place::Within | Place::Commented);
        match self.place {
            Place::Within | Place::Ended if breaks == 0 => self.out.push(' '),
            Place::Within | Place::Commented => self.line(self.depth + 1),
            Place::LineStart | Place::Ended => {
                self.empty_line(breaks);
                self.line(self.depth);
            }
        }
        self.out.push_str(text);
        self.place = Place::Commented;
        if !within {
            self.out.push('\n');
            self.place = Place::LineStart;
        }
    }

    fn before_word(&mut self, breaks: usize) {
        match self.place {
            Place::LineStart | Place::Ended => {
                self.empty_line(breaks);
                self.line(self.depth);
            }
            Place::Within if breaks == 0 => self.out.push(' '),
            Place::Within | Place::Commented => self.line(self.depth + 1),
        }
    }

    /// Ends the line, if it is not at its start.
    fn end_line(&mut self) {
        if self.place != Place::LineStart {
            self.out.push('\n');
            self.place = Place::LineStart;
        }
    }

    /// Begins a line with so many blocks around it.
    fn line(&mut self, depth: usize) {
        self.end_line();
        self.out.push_str(&INDENT.repeat(depth));
    }

    /// Keeps one of the original's empty lines, but at the start of a block or the file.
    fn empty_line(&mut self, breaks: usize) {
        self.end_line();
        let opened = self.out.trim_end_matches('\n').ends_with('{') && !self.ends_in_comment();
        if breaks > 1 && !self.out.is_empty() && !opened {
            self.out.push('\n');
        }
    }

    fn ends_in_comment(&self) -> bool {
        self.out
            .trim_end()
            .rsplit('\n')
            .next()
            .is_some_and(|line| line.trim_start().starts_with('#'))
    }

    /// Writes a block that is on one line and has at most one directive in it, if `tokens`
    /// begin with one; returns how many tokens that takes.
    fn one_line_block(&mut self, tokens: &[Token], breaks: usize) -> Option<usize> {
        if !matches!(self.place, Place::LineStart | Place::Ended) {
            return None;
        }
        let kinds = tokens.iter().map(|token| token.kind);
        let close = kinds.clone().position(|kind| kind == TokenKind::Close)?;
        let count = |wanted| kinds.clone().take(close).filter(|kind| *kind == wanted).count();
        let open = tokens[..close].iter().position(|token| token.kind == TokenKind::Open)?;
        let whole = &self.text[tokens[0].span.start as usize..tokens[close].span.end as usize];
        let inside = &tokens[open + 1..close];
        let simple = count(TokenKind::Open) == 1
            && count(TokenKind::Comment) == 0
            && count(TokenKind::Semicolon) <= 1
            && tokens[..open].iter().all(|token| token.kind == TokenKind::Word)
            && inside.last().is_none_or(|last| last.kind == TokenKind::Semicolon);
        if !simple || whole.contains('\n') {
            return None;
        }
        let words = |tokens: &[Token]| {
            let words = tokens.iter().filter(|token| token.kind == TokenKind::Word);
            words.map(|word| self.slice(word)).collect::<Vec<_>>().join(" ")
        };
        let line = match inside {
            [] => format!("{} {{ }}", words(&tokens[..open])),
            inside => format!("{} {{ {}; }}", words(&tokens[..open]), words(inside)),
        };
        if INDENT.len() * self.depth + line.chars().count() > MAX_COLUMNS {
            return None;
        }
        self.empty_line(breaks);
        self.line(self.depth);
        self.out.push_str(&line);
        self.place = Place::Ended;
        Some(close + 1)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sketch;

    #[track_caller]
    fn formatted(text: &str) -> String {
        match format("site.conf", text.as_bytes()) {
            Ok(bytes) => String::from_utf8(bytes).unwrap(),
            Err(wrong) => panic!("{}", wrong.diagnostics.render(&wrong.sources, false)),
        }
    }

    #[test]
    fn layouts() {
        for (text, expected) in [
            ("", ""),
            ("\n\n# a  \n\n\n\n#b", "# a\n\n#b\n"),
            ("a   b;c;", "a b;\nc;\n"),
            ("a { b ; c ; }", "a {\n    b;\n    c;\n}\n"),
            ("a{b;}", "a { b; }\n"),
            ("a{\nb;}", "a {\n    b;\n}\n"),
            ("a {}", "a { }\n"),
            ("a { b { c; } }", "a {\n    b { c; }\n}\n"),
            ("a {\n\n\nb;\n\n\nc;\n\n}\n\n\nd;", "a {\n    b;\n\n    c;\n}\n\nd;\n"),
            (
                "a; # one\n# two\nb { # three\n c; } # four",
                "a; # one\n# two\nb { # three\n    c;\n} # four\n",
            ),
            ("a { # x\n\n b; }", "a { # x\n\n    b;\n}\n"),
            ("a\r\n   b\r\n c;\r\n", "a\n    b\n    c;\n"),
            ("a # x\n b\n # y\n ;", "a # x\n    b\n    # y\n    ;\n"),
            ("a 'x  y' \"}\" ~ \\.php$;", "a 'x  y' \"}\" ~ \\.php$;\n"),
            ("a 'x\ny' { b; }", "a 'x\ny' {\n    b;\n}\n"),
            ("a { # {\n}", "a { # {\n}\n"),
            (
                "a{x_by_lua_block{\n  s = '}'  -- }\n\n\n }b;}",
                "a {\n    x_by_lua_block {\n  s = '}'  -- }\n\n\n }\n    b;\n}\n",
            ),
            ("x_by_lua_block # c\n {;}", "x_by_lua_block # c\n    {;}\n"),
            ("gzip_types\na/b\nc/d;", "gzip_types\n    a/b\n    c/d;\n"),
            ("nobodys\na/b\nc/d;", "nobodys\n    a/b\n    c/d;\n"),
        ] {
            assert_eq!(formatted(text), expected, "{text:?}");
            assert_eq!(formatted(expected), expected, "{text:?} is not settled");
        }
    }

    #[test]
    fn bytes_that_are_no_text_stay() {
        assert_eq!(format("x", b"a\xff  '\xfe';").ok().unwrap(), b"a\xff '\xfe';\n");
    }

    #[test]
    fn what_is_wrong_is_not_formatted() {
        for text in ["a", "a {", "}", "a 'b;"] {
            assert!(format("site.conf", text.as_bytes()).is_err(), "{text}");
        }
    }

    /// All words and signs in order, and all comments in order: what a layout must not change.
    fn content(text: &str) -> (Vec<String>, Vec<String>) {
        let (mut sources, mut diagnostics) = (Sources::default(), Diagnostics::default());
        let id = sources.add("x", text.as_bytes());
        let tokens = parse::tokens(id, sources.file(id), &mut diagnostics);
        assert!(!diagnostics.has_errors(), "{text}");
        let text = |token: &Token| {
            text[token.span.start as usize..token.span.end as usize].trim_end().to_owned()
        };
        let (comments, others): (Vec<_>, Vec<_>) =
            tokens.iter().partition(|token| token.kind == TokenKind::Comment);
        (others.into_iter().map(text).collect(), comments.into_iter().map(text).collect())
    }

    /// Random confs, laid out at random.
    fn laid_out() -> impl Strategy<Value = String> {
        let gap = prop::sample::select(&[" ", "\n", "\n\n\n", "  \t", " # x\n", "\n# {;}\n"][..]);
        (sketch::sketches(), prop::collection::vec(gap, 1..40)).prop_map(|(sketch, gaps)| {
            let mut gaps = gaps.into_iter().cycle();
            let conf = sketch.conf();
            let (words, _) = content(&conf);
            words.into_iter().fold(String::new(), |text, word| {
                let gap = gaps.next().unwrap_or(" ");
                // A sign needs no gap before it.
                let gap = if gap == "  \t" && word == ";" { "" } else { gap };
                text + gap + &word
            })
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]
        #[test]
        fn words_and_comments_stay(text in laid_out()) {
            let once = formatted(&text);
            prop_assert_eq!(content(&once), content(&text));
            prop_assert_eq!(&formatted(&once), &once);
        }
    }
}
