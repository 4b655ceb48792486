//! Regexes: that they can be read, and that their automata stay small.

use super::Checked;
use super::pcre::{self, ESCAPE, Translated, Wrong};
use crate::ast::Word;
use crate::automata;
use crate::diagnostic::Diagnostic;
use crate::ir::Pattern;

/// A regex that can be matched.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Regex {
    /// The pattern.
    pub(crate) pattern: Pattern,
    /// How many groups capture.
    pub(crate) groups: usize,
    /// The names of those that have one, in lower case.
    pub(crate) names: Vec<String>,
}

/// The groups of a regex.
pub(crate) struct Outline {
    /// How many capture.
    pub(crate) groups: usize,
    /// The names of those that have one, in lower case.
    pub(crate) names: Vec<String>,
}

/// The groups of `pattern`, without a look at whether it can be matched; `None` if it
/// cannot even be read.
pub(crate) fn outline(pattern: &[u8]) -> Option<Outline> {
    let Translated { groups, names, .. } = pcre::translate(pattern).ok()?;
    Some(Outline { groups, names })
}

/// The regex that the word's value is from `start` on.
pub(crate) fn regex(word: &Word, start: usize, ignore_case: bool) -> Checked<Regex> {
    let translated =
        pcre::translate(&word.value[start..]).map_err(|wrong| shown(word, start, wrong))?;
    let Translated { text, origins, groups, names } = translated;
    let parsed = automata::parse(&text, ignore_case)
        .map_err(|error| shown(word, start, unreadable(&error, &origins)))?;
    if let Err(message) = automata::check(&parsed) {
        let place = word.part(start..word.value.len());
        return Err(Box::new(Diagnostic::error("T23", place, message)));
    }
    let pattern = Pattern { text, ignore_case };
    Ok(Regex { pattern, groups, names })
}

/// What regex-syntax says, at the place in the original.
fn unreadable(error: &regex_syntax::Error, origins: &[usize]) -> Wrong {
    let (message, span) = match error {
        regex_syntax::Error::Parse(error) => (error.kind().to_string(), error.span()),
        regex_syntax::Error::Translate(error) => (error.kind().to_string(), error.span()),
        other => {
            let range = 0..origins.last().map_or(0, |last| last + 1);
            return Wrong { code: "T15", range, message: other.to_string(), help: None };
        }
    };
    let origin = |at: usize| origins.get(at).copied();
    let end = origins.last().map_or(0, |last| last + 1);
    let first = origin(span.start.offset).unwrap_or(end);
    let last = span.end.offset.checked_sub(1).and_then(origin).map_or(end, |last| last + 1);
    let help = message.ends_with("group").then_some(ESCAPE);
    Wrong { code: "T15", range: first..last.max(first), message, help }
}

fn shown(word: &Word, start: usize, wrong: Wrong) -> Box<Diagnostic> {
    let place = word.part(start + wrong.range.start..start + wrong.range.end);
    let diagnostic = Diagnostic::error(wrong.code, place, wrong.message);
    Box::new(match wrong.help {
        Some(help) => diagnostic.help(help),
        None => diagnostic,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::testing::{outcome, word};

    #[test]
    fn regexes() {
        let found = regex(&word("~^/(?<Name>[a-z]+)/(x)$"), 1, true).unwrap();
        assert_eq!((found.groups, found.names), (2, vec!["name".to_owned()]));
        assert!(found.pattern.ignore_case);
    }

    #[test]
    fn wrong_regexes() {
        for (text, expected) in [
            ("^/(a", "T15 2..3 unclosed group [for the character itself, write `\\` before it]"),
            ("^/a)", "T15 3..4 unopened group [for the character itself, write `\\` before it]"),
            ("/(?<a>b)(?<a>c)", "T15 11..12 there is a group `a` before this one"),
            ("a{3,2}", "T15 1..6 invalid repetition count range, the start must be <= the end"),
            (
                r"/\.(?!well-known)",
                "T16 3..6 lookahead is not supported: regexes are matched in linear time \
                 [paths with a segment that begins with a dot are refused by default, \
                 `/.well-known/` is not (`hidden_files`)]",
            ),
            (
                "a++",
                "T16 1..3 possessive repetition is not supported: regexes are matched in linear \
                 time [match more by it, or put a narrower `location` before this one]",
            ),
            (
                "*a",
                "T15 0..1 there is nothing to repeat here [for the character itself, write `\\` \
                 before it]",
            ),
            (
                "(a{1000}){1000}",
                "T23 0..15 the automaton of this regex is too large: use fewer or smaller \
                 repetitions",
            ),
        ] {
            let result = outcome(regex(&word(text), 0, false)).map(|found| found.pattern);
            assert_eq!(result, Err(expected.to_owned()), "{text}");
        }
    }
}
