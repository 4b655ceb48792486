//! Patterns to automata and capture programs, in the bytes that
//! [`sitec_runtime::regex`] loads.

mod front;
mod needs;
mod parsed;
mod product;
mod rows;
mod set;
mod shape;
mod table;

use regex_automata::MatchKind;
use regex_automata::dfa::StartKind;
use regex_automata::dfa::dense::{self, DFA};
use regex_automata::nfa::thompson::pikevm::PikeVM;
use regex_automata::nfa::thompson::{self, NFA, WhichCaptures};
use regex_syntax::hir::{Hir, HirKind, Look};
use sitec_runtime::regex::{Class, Program};

use crate::ir::Pattern;
pub(crate) use front::is_path;
pub(crate) use needs::{needs, required};
pub(crate) use parsed::{Direction, Parsed, parse, shown};
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
pub(crate) fn check(pattern: &Parsed) -> Result<(), String> {
    let class = class_of(pattern);
    if pattern.looks.is_empty() && shape::is_small(class, &pattern.hir) {
        return Ok(());
    }
    automaton(class, &[pattern], PATTERN_LIMIT)
        .ok_or("the automaton of this regex is too large: use fewer or smaller repetitions")?;
    nfa(pattern).ok_or("the program of this regex is too large: use smaller repetitions")?;
    Ok(())
}

/// The structure of a pattern that has passed [`check`].
pub(crate) fn parsed(pattern: &Pattern) -> Parsed {
    parse(&pattern.text, pattern.ignore_case).expect("a pattern in ir parses")
}

/// A plain matcher of one pattern, for what routes without automata.
pub(crate) fn matcher(pattern: &Parsed) -> PikeVM {
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

fn nfa(pattern: &Parsed) -> Option<NFA> {
    if !pattern.looks.is_empty() {
        return product::nfa(Class::Rest, &[pattern], PROGRAM_LIMIT);
    }
    let config = thompson::Config::new().utf8(false).nfa_size_limit(Some(PROGRAM_LIMIT));
    thompson::Compiler::new().configure(config).build_from_hir(&pattern.hir).ok()
}

/// One automaton of all `patterns`, unless it passes the limit.
fn automaton(class: Class, patterns: &[&Parsed], limit: usize) -> Option<DFA<Vec<u32>>> {
    let start = match class {
        Class::Anchored | Class::Suffix => StartKind::Anchored,
        Class::Rest => StartKind::Unanchored,
    };
    let config = dense::Config::new()
        .match_kind(MatchKind::All)
        .start_kind(start)
        .accelerate(false)
        .dfa_size_limit(Some(limit))
        .determinize_size_limit(Some(2 * limit));
    let nfa = nfa_of_all(class, patterns, limit)?;
    dense::Builder::new().configure(config).build_from_nfa(&nfa).ok()
}

/// One NFA of all `patterns`, for an automaton.
fn nfa_of_all(class: Class, patterns: &[&Parsed], limit: usize) -> Option<NFA> {
    if patterns.iter().any(|pattern| !pattern.looks.is_empty()) {
        return product::nfa(class, patterns, limit);
    }
    let config = thompson::Config::new()
        .utf8(false)
        .reverse(class == Class::Suffix)
        .which_captures(WhichCaptures::None)
        .nfa_size_limit(Some(limit));
    let hirs: Vec<_> = patterns.iter().map(|pattern| &pattern.hir).collect();
    thompson::Compiler::new().configure(config).build_many_from_hir(&hirs).ok()
}

/// How a pattern is anchored.
fn class_of(pattern: &Parsed) -> Class {
    let properties = pattern.hir.properties();
    if properties.look_set_prefix().contains(Look::Start) {
        Class::Anchored
    } else if properties.look_set_suffix().contains(Look::End)
        && !properties.look_set().contains(Look::Start)
        && pattern.looks.is_empty()
        && !repeats_any(pattern)
    {
        Class::Suffix
    } else {
        Class::Rest
    }
}

/// Whether something like `.*` is in it, which keeps an automaton from dying early and
/// multiplies its states with those of its neighbours.
fn repeats_any(pattern: &Parsed) -> bool {
    repeats_any_in(&pattern.hir) || pattern.looks.iter().any(|look| repeats_any(&look.pattern))
}

fn repeats_any_in(hir: &Hir) -> bool {
    match hir.kind() {
        HirKind::Repetition(repetition) => {
            (repetition.max.is_none() && is_nearly_any(&repetition.sub))
                || repeats_any_in(&repetition.sub)
        }
        HirKind::Capture(capture) => repeats_any_in(&capture.sub),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => parts.iter().any(repeats_any_in),
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
        // The byte from which something is looked at.
        HirKind::Concat(parts) => {
            let mut read = parts.iter().filter(|part| part.properties().maximum_len() != Some(0));
            read.next().is_some_and(is_nearly_any) && read.next().is_none()
        }
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
            ("^/(?P<NotAhead0>a)", Class::Anchored),
            (r"(?P<NotBehind0>a)\.php$", Class::Rest),
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

    /// What collections of configurations have, with a path that is matched and one that is not.
    #[test]
    fn usual_lookaround() {
        for (text, matched, other) in [
            (r"/\.(?P<NotAhead0>well\-known)", "/a/.git", "/.well-known/x"),
            (r"^/(?P<NotAhead0>api/)", "/ap/i", "/api/"),
            (r"^(?P<NotAhead0>/(a|b)).*$", "/c/a", "/b"),
            (r"^/(?:(?P<NotAhead0>foo).)*$", "/fo/o", "/x/foo"),
            (r"(?P<NotBehind0>x)\.php$", "/y.php", "/x.php"),
            (r"\.(?P<NotAhead0>php$)[a-z]+$", "/a.phps", "/a.php"),
            (r"^/(?P<Ahead0>.*\.js$)", "/a.js", "/a.js/b"),
            (r"~*^(?P<NotAhead0>.*\.(?:jpe?g|png|gif|css|js)$).*", "/a.html", "/a.JPG"),
            (r"^(?P<Ahead0>.*\d)(?P<Ahead1>.*[a-z])/.{4,}$", "/x/a.1", "/x/a.b"),
            (r"^/(?P<NotAhead0>a(?P<Ahead1>b|$))", "/ac", "/a"),
            (r"(?P<Behind0>^|/)b(?P<Ahead1>/|$)", "/a/b", "/ab/"),
            (r"x\b(?P<Ahead0>\B|/)", "/x/", "/x."),
        ] {
            let pattern = pattern(text);
            check(&parsed(&pattern)).unwrap();
            let (matcher, table) = (matcher(&parsed(&pattern)), set(&[&pattern]));
            assert!(table.len() < 64 << 10, "{text}: {}", table.len());
            let table = sitec_runtime::regex::Set::load(Vec::leak(table));
            let program = decode(text);
            for (path, expected) in [(matched, true), (other, false)] {
                let found = matcher.is_match(&mut matcher.create_cache(), path.as_bytes());
                assert_eq!(found, expected, "{text} {path}");
                assert_eq!(table.find(path.as_bytes()).is_some(), expected, "{text} {path}");
                assert_eq!(program.captures(path.as_bytes()).is_some(), expected, "{text} {path}");
            }
        }
        let too_large = parse("(?P<Ahead0>.*a.{20}b)", false).unwrap();
        assert!(check(&too_large).unwrap_err().contains("automaton"));
    }

    #[test]
    fn groups_beside_lookaround() {
        let program = decode(r"^/(?P<NotAhead0>(api)/)(?<rest>.+?)(?P<Ahead1>\.txt)(\..*)");
        assert_eq!(program.group("rest"), Some(2));
        let spans = program.captures(b"/a.b.txt").expect("matches");
        assert_eq!(spans, [Some((0, 8)), None, Some((1, 4)), Some((4, 8))]);
        // The match is where it ends, however far was looked.
        let program = decode(r"a(?P<Ahead0>.*z)|ab");
        assert_eq!(program.captures(b"xabz"), Some(vec![Some((1, 2))]));
        assert_eq!(program.captures(b"xaby"), Some(vec![Some((1, 3))]));
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
