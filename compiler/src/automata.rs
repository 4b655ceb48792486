//! Patterns to automata and capture programs, in the bytes that
//! [`sitec_runtime::regex`] loads.

mod needs;
mod rows;
mod set;
mod shape;
mod table;

use regex_automata::dfa::StartKind;
use regex_automata::dfa::dense::{self, DFA};
use regex_automata::nfa::thompson::pikevm::PikeVM;
use regex_automata::nfa::thompson::{self, NFA, WhichCaptures};
use regex_automata::{MatchKind, util::syntax};
use regex_syntax::hir::{Hir, HirKind, Look};
use sitec_runtime::regex::{Class, Program};

use crate::ir::Pattern;
pub(crate) use needs::required;
pub(crate) use set::set;
pub(crate) use table::{Table, table};

/// The largest automaton in which a match may begin anywhere, where it is of several patterns
/// or can be done without.
const REST_LIMIT: usize = 256 << 10;
/// The largest automaton of one pattern.
const PATTERN_LIMIT: usize = 2 << 20;
/// The largest program of one pattern.
const PROGRAM_LIMIT: usize = 1 << 20;

/// Whether the automaton and the program of a pattern fit the limits; else what is wrong with
/// it. Every pattern of an [`ir::Site`](crate::ir::Site) has passed.
pub(crate) fn check(hir: &Hir) -> Result<(), String> {
    let class = class_of(hir);
    if shape::is_small(class, hir) {
        return Ok(());
    }
    automaton(class, &[hir], PATTERN_LIMIT)
        .ok_or("the automaton of this regex is too large: use fewer or smaller repetitions")?;
    nfa(hir).ok_or("the program of this regex is too large: use smaller repetitions")?;
    Ok(())
}

/// The structure of a text in regex-syntax's language. Bytes are matched, and case is that of
/// ASCII.
pub(crate) fn parse(text: &str, ignore_case: bool) -> Result<Hir, Box<regex_syntax::Error>> {
    let config = syntax::Config::new();
    let config = config.unicode(false).utf8(false).case_insensitive(ignore_case);
    syntax::parse_with(text, &config).map_err(Box::new)
}

/// The structure of a pattern that has passed [`check`].
pub(crate) fn parsed(pattern: &Pattern) -> Hir {
    parse(&pattern.text, pattern.ignore_case).expect("a pattern in ir parses")
}

/// A plain matcher of one pattern, for what routes without automata.
pub(crate) fn matcher(pattern: &Hir) -> PikeVM {
    let nfa = nfa(pattern).expect("a pattern in ir fits");
    PikeVM::new_from_nfa(nfa).expect("an NFA with captures makes a matcher")
}

/// The automaton that finds whether one pattern matches anywhere, unless it is very large.
pub(crate) fn searcher(pattern: &Pattern) -> Option<DFA<Vec<u32>>> {
    automaton(Class::Rest, &[&parsed(pattern)], REST_LIMIT)
}

/// The program that finds the captures of `pattern`.
pub(crate) fn program(pattern: &Pattern) -> Vec<u8> {
    Program::encode(&nfa(&parsed(pattern)).expect("a pattern in ir fits"))
}

fn nfa(hir: &Hir) -> Option<NFA> {
    let config = thompson::Config::new().utf8(false).nfa_size_limit(Some(PROGRAM_LIMIT));
    thompson::Compiler::new().configure(config).build_from_hir(hir).ok()
}

/// One automaton of all `hirs`, unless it passes the limit.
fn automaton(class: Class, hirs: &[&Hir], limit: usize) -> Option<DFA<Vec<u32>>> {
    let start = match class {
        Class::Anchored | Class::Suffix => StartKind::Anchored,
        Class::Rest => StartKind::Unanchored,
    };
    let nfa_config = thompson::Config::new()
        .utf8(false)
        .reverse(class == Class::Suffix)
        .which_captures(WhichCaptures::None)
        .nfa_size_limit(Some(limit));
    let dfa_config = dense::Config::new()
        .match_kind(MatchKind::All)
        .start_kind(start)
        .accelerate(false)
        .dfa_size_limit(Some(limit))
        .determinize_size_limit(Some(2 * limit));
    let nfa = thompson::Compiler::new().configure(nfa_config).build_many_from_hir(hirs).ok()?;
    dense::Builder::new().configure(dfa_config).build_from_nfa(&nfa).ok()
}

/// How a pattern is anchored.
fn class_of(hir: &Hir) -> Class {
    let properties = hir.properties();
    if properties.look_set_prefix().contains(Look::Start) {
        Class::Anchored
    } else if properties.look_set_suffix().contains(Look::End)
        && !properties.look_set().contains(Look::Start)
        && !repeats_any(hir)
    {
        Class::Suffix
    } else {
        Class::Rest
    }
}

/// Whether something like `.*` is in it, which keeps an automaton from dying early and
/// multiplies its states with those of its neighbours.
fn repeats_any(hir: &Hir) -> bool {
    match hir.kind() {
        HirKind::Repetition(repetition) => {
            (repetition.max.is_none() && is_nearly_any(&repetition.sub))
                || repeats_any(&repetition.sub)
        }
        HirKind::Capture(capture) => repeats_any(&capture.sub),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => parts.iter().any(repeats_any),
        HirKind::Empty | HirKind::Literal(_) | HirKind::Class(_) | HirKind::Look(_) => false,
    }
}

/// Whether `hir` is one byte of nearly any value, a slash included.
fn is_nearly_any(hir: &Hir) -> bool {
    match hir.kind() {
        HirKind::Class(regex_syntax::hir::Class::Bytes(class)) => {
            class.ranges().iter().any(|range| (range.start()..=range.end()).contains(&b'/'))
                && class.ranges().iter().map(|range| range.len()).sum::<usize>() > 128
        }
        HirKind::Capture(capture) => is_nearly_any(&capture.sub),
        _ => false,
    }
}

/// What tests have in common.
#[cfg(test)]
pub(crate) mod testing {
    use super::Pattern;

    /// A pattern as it is written, `~*` before it where case is ignored.
    pub(crate) fn pattern(text: &str) -> Pattern {
        let (text, ignore_case) = match text.strip_prefix("~*") {
            Some(text) => (text, true),
            None => (text, false),
        };
        Pattern { text: text.to_owned(), ignore_case }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::automata::testing::pattern;

    fn decode(text: &str) -> Program {
        Program::decode(Vec::leak(program(&pattern(text))))
    }

    #[test]
    fn classes() {
        let cases = [
            ("^/a", Class::Anchored),
            ("^/a|^/b", Class::Anchored),
            ("^/a|/b", Class::Rest),
            (r"\.php$", Class::Suffix),
            (r"\.(gif|jpe?g)$", Class::Suffix),
            (r"\.a$|\.b", Class::Rest),
            ("/p/.*x$", Class::Rest),
            ("/p/[^/]*x$", Class::Suffix),
            ("/api/", Class::Rest),
            ("(?m)^/a", Class::Rest),
            ("", Class::Rest),
        ];
        for (text, class) in cases {
            assert_eq!(class_of(&parsed(&pattern(text))), class, "{text}");
        }
    }

    #[test]
    fn checks() {
        let check = |text| check(&parse(text, false).unwrap());
        assert_eq!(check(r"^/(\d+)/(?<name>.*)\.html$"), Ok(()));
        assert!(check("a.{20}b").unwrap_err().contains("automaton"));
        assert!(check("(a{1000}){1000}").is_err());
    }

    #[test]
    fn captures() {
        let program = decode(r"^/(?<user>[a-z]+)(?:/(\d+))?/(.*)$");
        assert_eq!(program.group("user"), Some(1));
        assert_eq!(program.group("other"), None);
        let cases: &[(&str, Option<&[Option<&str>]>)] = &[
            ("/joe/42/x/y", Some(&[Some("/joe/42/x/y"), Some("joe"), Some("42"), Some("x/y")])),
            ("/joe/x", Some(&[Some("/joe/x"), Some("joe"), None, Some("x")])),
            ("/joe/", Some(&[Some("/joe/"), Some("joe"), None, Some("")])),
            ("/42", None),
        ];
        for (subject, expected) in cases {
            let captures = program.captures(subject.as_bytes()).map(|spans| {
                spans.iter().map(|s| s.map(|(start, end)| &subject[start..end])).collect::<Vec<_>>()
            });
            assert_eq!(captures.as_deref(), *expected, "{subject}");
        }
        // One kept cache serves programs of other sizes.
        assert_eq!(decode("b(?:x|y|(z))").captures(b"abz"), Some(vec![Some((1, 3)), Some((2, 3))]));
        assert_eq!(decode(r"~*(Ä|\xFF)").captures(b"\xff"), Some(vec![Some((0, 1)); 2]));
    }

    #[test]
    fn captures_of_the_longest_subject() {
        let program = decode("^((?:ab?){1,40})*(c)?");
        let subject = "ab".repeat(500_000) + "c";
        let spans = program.captures(subject.as_bytes()).expect("matches");
        assert_eq!((spans[0], spans[2]), (Some((0, 1_000_001)), Some((1_000_000, 1_000_001))));
    }

    #[test]
    fn a_damaged_program_never_matches() {
        for program in [&b""[..], b"\xff\xff\xff\xff", b"\x01\0\0\0\0\0\0\0\0\0\0\0\x09"] {
            assert_eq!(Program::decode(program).captures(b"/"), None);
        }
    }
}
