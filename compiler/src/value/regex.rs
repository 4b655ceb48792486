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
    let Translated { text, origins, groups, names, looks } = translated;
    let parsed = automata::parse(&text, ignore_case)
        .map_err(|error| shown(word, start, unreadable(&error, &origins)))?;
    if let Some((number, what)) = parsed.unsupported() {
        return Err(shown(word, start, pcre::not_linear(looks[number].clone(), what)));
    }
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
            let message = other.to_string();
            return Wrong { code: "T15", range, message, help: None, delete: None };
        }
    };
    let origin = |at: usize| origins.get(at).copied();
    let end = origins.last().map_or(0, |last| last + 1);
    let first = origin(span.start.offset).unwrap_or(end);
    let last = span.end.offset.checked_sub(1).and_then(origin).map_or(end, |last| last + 1);
    let help = message.ends_with("group").then_some(ESCAPE);
    Wrong { code: "T15", range: first..last.max(first), message, help, delete: None }
}

fn shown(word: &Word, start: usize, wrong: Wrong) -> Box<Diagnostic> {
    let place = word.part(start + wrong.range.start..start + wrong.range.end);
    let diagnostic = Diagnostic::error(wrong.code, place, wrong.message);
    Box::new(match (wrong.help, wrong.delete) {
        (Some(help), _) => diagnostic.help(help),
        (None, Some(why)) => diagnostic.patch(format!("leave it out: {why}"), place, ""),
        (None, None) => diagnostic,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use sitec_runtime::regex::{Program, Set};

    use super::*;
    use crate::value::testing::{outcome, word};

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
                "/(?=(a))",
                "T16 4..5 a group that captures within lookaround is not supported: regexes are \
                 matched in linear time [write `(?:…)` for a group whose text nothing uses]",
            ),
            (
                "/(?<=a*)",
                "T16 1..5 a lookbehind without a longest length is not supported: regexes are \
                 matched in linear time [match more by it, or put a narrower `location` before \
                 this one]",
            ),
            (
                "^(?<!/)(?<=a$)",
                "T16 7..11 a lookbehind that ends in `$` or `\\b` is not supported: regexes are \
                 matched in linear time [match more by it, or put a narrower `location` before \
                 this one]",
            ),
            (
                "(?!.(?=\\bx))",
                "T16 4..7 a lookahead within another that begins with `^` or `\\b` is not \
                 supported: regexes are matched in linear time [match more by it, or put a \
                 narrower `location` before this one]",
            ),
            ("/(?!a", "T15 1..2 unclosed group [for the character itself, write `\\` before it]"),
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

    /// A pattern as PCRE has it, and whether it may match nothing. `<` begins a group that
    /// captures, unless it is made one that does not.
    type Drawn = (String, bool);

    fn drawn() -> impl Strategy<Value = Drawn> {
        let leaf = prop_oneof![
            8 => prop::sample::select(vec!["a", "b", "/", ".", "[ab]", "[^a]"])
                .prop_map(|text| (text.to_owned(), false)),
            1 => prop::sample::select(vec!["^", "$", "\\b", "\\B"])
                .prop_map(|text| (text.to_owned(), true)),
        ];
        leaf.prop_recursive(4, 16, 3, |inner| {
            let several = prop::collection::vec(inner.clone(), 1..4);
            prop_oneof![
                3 => several.clone().prop_map(concat),
                1 => several.prop_map(alternation),
                2 => (inner.clone(), prop::sample::select(vec!["*", "+", "?", "{1,2}", "*?", "??"]))
                    .prop_map(repeated),
                4 => (concat_of(inner), any::<bool>(), any::<bool>()).prop_map(look),
            ]
        })
    }

    fn concat_of(inner: impl Strategy<Value = Drawn>) -> impl Strategy<Value = Drawn> {
        prop::collection::vec(inner, 1..4).prop_map(concat)
    }

    fn concat(parts: Vec<Drawn>) -> Drawn {
        let is_empty = parts.iter().all(|(_, is_empty)| *is_empty);
        (parts.into_iter().map(|(text, _)| text).collect(), is_empty)
    }

    fn alternation(parts: Vec<Drawn>) -> Drawn {
        let is_empty = parts.iter().any(|(_, is_empty)| *is_empty);
        let texts: Vec<_> = parts.into_iter().map(|(text, _)| text).collect();
        (format!("<{})", texts.join("|")), is_empty)
    }

    /// Loops of what may match nothing are left out: what their groups capture differs.
    fn repeated(((text, is_empty), times): (Drawn, &str)) -> Drawn {
        match is_empty {
            true => (text, true),
            false => (format!("(?:{text}){times}"), times.contains(['*', '?'])),
        }
    }

    fn look(((text, _), behind, negated): (Drawn, bool, bool)) -> Drawn {
        let refused = match behind {
            true => ["(?=", "(?!", "(?<", "*", "+"].iter().any(|part| text.contains(part)),
            false => text.contains("(?<"),
        };
        if refused {
            return (text.clone(), true);
        }
        let sign = if negated { "!" } else { "=" };
        let text = if negated { text } else { text.replace("<", "(?:") };
        let text = text.replace("(?(?:", "(?<");
        (format!("(?{}{sign}{text})", if behind { "<" } else { "" }), true)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]
        #[test]
        fn patterns_match_and_capture_as_with_pcre(
            (text, _) in concat_of(drawn()),
            ignore_case in any::<bool>(),
            subjects in prop::collection::vec("[abAB/]{0,8}", 12),
        ) {
            let text = spelled(&text);
            let Ok(found) = regex(&word(&text), 0, ignore_case) else { return Ok(()) };
            let other = pcre2::bytes::RegexBuilder::new().caseless(ignore_case).build(&text);
            let Ok(other) = other else { return Err(TestCaseError::fail(format!("{text} {other:?}"))) };
            let set = Set::load(Vec::leak(automata::set(&[&found.pattern])));
            let program = Program::decode(Vec::leak(automata::program(&found.pattern)));
            prop_assert_eq!(found.groups + 1, other.captures_len());
            for subject in &subjects {
                let subject = subject.as_bytes();
                let expected = other.captures(subject).unwrap().map(|captures| {
                    let group = |index| captures.get(index).map(|group| (group.start(), group.end()));
                    (0..captures.len()).map(group).collect::<Vec<_>>()
                });
                let shown = || format!("{text} on {}", subject.escape_ascii());
                prop_assert_eq!(set.find(subject), expected.is_some().then_some(0), "{}", shown());
                prop_assert_eq!(program.captures(subject), expected, "{}", shown());
            }
        }
    }

    /// The text of a drawn pattern.
    fn spelled(text: &str) -> String {
        text.replace("(?<", "\u{1}").replace('<', "(").replace('\u{1}', "(?<")
    }
}
