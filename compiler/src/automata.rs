//! Patterns to automata and capture programs, in the bytes that
//! [`sitec_runtime::regex`] loads.

mod table;

use regex_automata::dfa::StartKind;
use regex_automata::dfa::dense::{self, DFA};
use regex_automata::nfa::thompson::pikevm::PikeVM;
use regex_automata::nfa::thompson::{self, NFA, WhichCaptures};
use regex_automata::{MatchKind, util::syntax};
use regex_syntax::hir::{Hir, HirKind, Look};
use sitec_runtime::regex::{Class, GroupBytes, Program, Set};

use crate::ir::Pattern;
pub(crate) use table::{Table, table};

/// The largest automaton that holds several patterns. Past it the list is halved; the time
/// to find out grows with the limit, and is worst where matches may begin anywhere.
const GROUP_LIMIT: usize = 2 << 20;
const REST_GROUP_LIMIT: usize = 256 << 10;
/// The largest automaton of one pattern.
const PATTERN_LIMIT: usize = 2 << 20;
/// The largest program of one pattern.
const PROGRAM_LIMIT: usize = 1 << 20;

/// Whether `pattern` parses and its automaton fits the limits; else what is wrong with it.
/// Every pattern of an [`ir::Site`](crate::ir::Site) has passed.
pub fn check(pattern: &Pattern) -> Result<(), String> {
    let hir = parse(pattern).map_err(|error| error.to_string())?;
    let class = class_of(&hir);
    automaton(class, &[&hir], PATTERN_LIMIT)
        .ok_or("the automaton of this regex is too large: use fewer or smaller repetitions")?;
    nfa(&hir).ok_or("the program of this regex is too large: use smaller repetitions")?;
    Ok(())
}

/// The pattern's structure. Bytes are matched, and case is that of ASCII.
fn parse(pattern: &Pattern) -> Result<Hir, Box<regex_syntax::Error>> {
    let config = syntax::Config::new();
    let config = config.unicode(false).utf8(false).case_insensitive(pattern.ignore_case);
    syntax::parse_with(&pattern.text, &config).map_err(Box::new)
}

/// The structure of a pattern that has passed [`check`].
pub(crate) fn parsed(pattern: &Pattern) -> Hir {
    parse(pattern).expect("a pattern in ir parses")
}

/// A plain matcher of one pattern, for what routes without automata.
pub(crate) fn matcher(pattern: &Pattern) -> PikeVM {
    let nfa = nfa(&parsed(pattern)).expect("a pattern in ir fits");
    PikeVM::new_from_nfa(nfa).expect("an NFA with captures makes a matcher")
}

/// The automaton that finds whether one pattern matches anywhere, unless it is very large.
pub(crate) fn searcher(pattern: &Pattern) -> Option<DFA<Vec<u32>>> {
    automaton(Class::Rest, &[&parsed(pattern)], REST_GROUP_LIMIT)
}

/// The program that finds the captures of `pattern`.
pub(crate) fn program(pattern: &Pattern) -> Vec<u8> {
    Program::encode(&nfa(&parsed(pattern)).expect("a pattern in ir fits"))
}

fn nfa(hir: &Hir) -> Option<NFA> {
    let config = thompson::Config::new().utf8(false).nfa_size_limit(Some(PROGRAM_LIMIT));
    thompson::Compiler::new().configure(config).build_from_hir(hir).ok()
}

/// The automata that find the first of `patterns` that matches.
pub(crate) fn set(patterns: &[&Pattern]) -> Vec<u8> {
    let parsed: Vec<(usize, Hir)> = patterns.iter().map(|p| parsed(p)).enumerate().collect();
    let mut groups = Vec::new();
    for class in [Class::Anchored, Class::Suffix, Class::Rest] {
        let members = parsed.iter().filter(|(_, hir)| class_of(hir) == class);
        add_groups(&mut groups, class, &members.collect::<Vec<_>>());
    }
    Set::encode(&groups)
}

/// One group of `members`, or two of its halves, as the limit demands.
fn add_groups(groups: &mut Vec<GroupBytes>, class: Class, members: &[&(usize, Hir)]) {
    if members.is_empty() {
        return;
    }
    let limit = match (members.len(), class) {
        (1, _) => PATTERN_LIMIT,
        (_, Class::Rest) => REST_GROUP_LIMIT,
        (_, Class::Anchored | Class::Suffix) => GROUP_LIMIT,
    };
    let hirs: Vec<&Hir> = members.iter().map(|(_, hir)| hir).collect();
    match automaton(class, &hirs, limit) {
        Some(dfa) => {
            let (dfa, padding) = dfa.to_bytes_little_endian();
            let indices = members.iter().map(|(index, _)| *index).collect();
            groups.push(GroupBytes { class, indices, dfa: dfa[padding..].to_vec() });
        }
        None => {
            assert!(members.len() > 1, "a pattern in ir fits");
            let (front, back) = members.split_at(members.len() / 2);
            add_groups(groups, class, front);
            add_groups(groups, class, back);
        }
    }
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use sitec_runtime::regex::Aligned;

    use super::*;

    fn pattern(text: &str) -> Pattern {
        let (text, ignore_case) = match text.strip_prefix("~*") {
            Some(text) => (text, true),
            None => (text, false),
        };
        Pattern { text: text.to_owned(), ignore_case, captures_used: true }
    }

    /// A set as it is loaded from a binary.
    fn load(patterns: &[Pattern]) -> Set {
        let bytes = set(&patterns.iter().collect::<Vec<_>>());
        // Any place in a buffer may be aligned or not: the table is moved to one that is.
        const LEN: usize = 256 << 10;
        let mut aligned = Box::new(Aligned([0; LEN]));
        aligned.0[..bytes.len()].copy_from_slice(&bytes);
        Set::load(Box::leak(aligned))
    }

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
    fn first_in_the_list_wins() {
        let texts = [r"\.php$", "^/x/", "/api/", r"~*\.PNG$", "^/$", r"^/\xff", "/x.z"];
        let set = load(&texts.map(pattern));
        let cases: &[(&[u8], Option<usize>)] = &[
            (b"/a.php", Some(0)),
            (b"/x/api/a.php", Some(0)),
            (b"/x/api/", Some(1)),
            (b"/y/api/x.png", Some(2)),
            (b"/y/x.pNg", Some(3)),
            (b"/y/x.png\n", None),
            (b"/", Some(4)),
            (b"", None),
            (b"/\xff", Some(5)),
            (b"/x\x80z", Some(6)),
            (b"/x\nz", None),
        ];
        for (subject, expected) in cases {
            assert_eq!(set.find(subject), *expected, "{}", subject.escape_ascii());
        }
        assert_eq!(load(&[]).find(b"/"), None);
        // Both match in one state, which the second pattern has come to first.
        assert_eq!(load(&["(a|b/)", ".*"].map(pattern)).find(b"/a"), Some(0));
    }

    #[test]
    fn a_list_too_large_for_one_automaton_is_split() {
        let patterns: Vec<_> = (0..8).map(|i| pattern(&format!(r"/p{i}/.*\.php{i}$"))).collect();
        let set = load(&patterns);
        for i in 0..8 {
            assert_eq!(set.find(format!("/p{i}/x/p3/y.php{i}").as_bytes()), Some(i));
        }
        assert_eq!(set.find(b"/p3/y.php4"), None);
    }

    #[test]
    fn checks() {
        assert_eq!(check(&pattern(r"^/(\d+)/(?<name>.*)\.html$")), Ok(()));
        assert!(check(&pattern("(")).is_err());
        assert!(check(&pattern("a.{20}b")).unwrap_err().contains("automaton"));
        assert!(check(&pattern("(a{1000}){1000}")).is_err());
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

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn agrees_with_one_matcher_a_pattern(
            texts in proptest::collection::vec(
                r"(~\*)?\^?([ab/]|\.|\[ab\]\*|\.\*|\(a\|b/\)){1,5}\$?", 1..8),
            subjects in proptest::collection::vec("[abAB/]{0,8}", 12),
        ) {
            let patterns: Vec<_> = texts.iter().map(|text| pattern(text)).collect();
            let set = load(&patterns);
            let matchers: Vec<_> = patterns.iter().map(matcher).collect();
            for subject in &subjects {
                let is_match = |vm: &PikeVM| vm.is_match(&mut vm.create_cache(), subject.as_bytes());
                prop_assert_eq!(set.find(subject.as_bytes()), matchers.iter().position(is_match));
            }
        }
    }
}
