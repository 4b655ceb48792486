//! Many patterns to a few automata.
//!
//! Patterns are put together by how they are anchored, and as many to an automaton as its limit
//! lets. What has something like `.*` in it may double the states that all others are in, again
//! and again: such patterns get an automaton each, and one that finds the few that are worth
//! asking. So neither the tables nor the time to make them grow faster than the list.

use std::collections::BTreeMap;

use regex_automata::dfa::dense::DFA;
use regex_syntax::hir::{ClassBytes, ClassBytesRange, Hir};
use sitec_runtime::regex::{Class, GroupRows, Rows, Set};

use super::needs::{Texts, needs};
use super::rows::rows;
use super::{PATTERN_LIMIT, Parsed, REST_LIMIT, automaton, class_of, parsed, repeats_any};
use crate::ir::Pattern;

/// The largest automata of several patterns. Past them a list is halved; the time to find out
/// grows with the limit.
#[derive(Clone, Copy)]
struct Limits {
    anchored: usize,
    /// Where a match may begin anywhere, and for what is tried.
    rest: usize,
}

const LIMITS: Limits = Limits { anchored: 2 << 20, rest: REST_LIMIT };
/// So many patterns are put together to see whether their states multiply.
const PROBED: usize = 16;
/// So much of a needed text is looked for.
const SCREENED_LEN: usize = 32;

/// The automata that find the first of `patterns` that matches.
pub(crate) fn set(patterns: &[&Pattern]) -> Vec<u8> {
    Set::encode(&Builder::of(patterns, LIMITS).groups)
}

/// A pattern, and its place in the list.
type Listed = (usize, Parsed);

struct Builder {
    limits: Limits,
    groups: Vec<GroupRows>,
    /// How many bytes of automata were made, those that passed a limit included: as the time is.
    made: usize,
}

impl Builder {
    fn of(patterns: &[&Pattern], limits: Limits) -> Builder {
        let parsed: Vec<Listed> = patterns.iter().map(|p| parsed(p)).enumerate().collect();
        let mut builder = Builder { limits, groups: Vec::new(), made: 0 };
        for class in [Class::Anchored, Class::Suffix, Class::Rest] {
            let members = parsed.iter().filter(|(_, parsed)| class_of(parsed) == class);
            builder.add(class, &members.collect::<Vec<_>>());
        }
        builder
    }

    /// One automaton of `members`, or more as the limit demands.
    fn add(&mut self, class: Class, members: &[&Listed]) {
        let (spreading, others): (Vec<_>, Vec<_>) = members
            .iter()
            .partition(|(_, parsed)| repeats_any(parsed) && !needs(&parsed.hir).is_empty());
        if self.multiply(class, &spreading) {
            self.add_screened(class, &spreading);
            self.add_merged(class, &others);
        } else {
            self.add_merged(class, members);
        }
    }

    /// Whether the states of `members` multiply where they are put together: some of them tell.
    fn multiply(&mut self, class: Class, members: &[&Listed]) -> bool {
        let step = members.len().div_ceil(PROBED).max(1);
        let probed: Vec<_> = members.iter().copied().step_by(step).collect();
        probed.len() > 1 && self.automaton(class, &patterns(&probed), self.limits.rest).is_none()
    }

    fn add_merged(&mut self, class: Class, members: &[&Listed]) {
        if members.is_empty() {
            return;
        }
        let limit = match (members.len(), class) {
            (1, _) => PATTERN_LIMIT,
            (_, Class::Rest) => self.limits.rest,
            (_, Class::Anchored | Class::Suffix) => self.limits.anchored,
        };
        match self.automaton(class, &patterns(members), limit) {
            Some(dfa) => {
                // What counts is the first of what matches.
                let least = |list: &mut dyn Iterator<Item = usize>| {
                    list.map(|member| members[member].0).min().into_iter().collect()
                };
                self.groups.push(GroupRows::Merged(class, rows(&dfa, class, least)));
            }
            None => {
                assert!(members.len() > 1, "a pattern in ir fits");
                let (front, back) = members.split_at(members.len() / 2);
                self.add(class, front);
                self.add(class, back);
            }
        }
    }

    /// An automaton for each of `members`, behind as few as can be that find the texts that they
    /// need.
    fn add_screened(&mut self, class: Class, members: &[&Listed]) {
        let texts = rarest(members);
        let screened: Vec<_> = members.iter().copied().zip(texts.iter().map(any_of)).collect();
        self.add_screens(class, &screened);
    }

    fn add_screens(&mut self, class: Class, members: &[(&Listed, Parsed)]) {
        let screens: Vec<_> = members.iter().map(|(_, screen)| screen).collect();
        let limit = if members.len() == 1 { PATTERN_LIMIT } else { self.limits.rest };
        let Some(screen) = self.automaton(Class::Rest, &screens, limit) else {
            assert!(members.len() > 1, "a few texts of a pattern fit");
            let (front, back) = members.split_at(members.len() / 2);
            self.add_screens(class, front);
            return self.add_screens(class, back);
        };
        let own = |(listed, _): &(&Listed, Parsed)| {
            let (index, parsed) = listed;
            let dfa =
                self.automaton(class, &[parsed], PATTERN_LIMIT).expect("a pattern in ir fits");
            (*index, class, as_they_are(&dfa, class))
        };
        let each = members.iter().map(own).collect();
        self.groups.push(GroupRows::Screened(as_they_are(&screen, Class::Rest), each));
    }

    fn automaton(
        &mut self,
        class: Class,
        patterns: &[&Parsed],
        limit: usize,
    ) -> Option<DFA<Vec<u32>>> {
        let dfa = automaton(class, patterns, limit);
        self.made += dfa.as_ref().map_or(limit, DFA::memory_usage);
        dfa
    }
}

fn patterns<'a>(members: &[&'a Listed]) -> Vec<&'a Parsed> {
    members.iter().map(|(_, parsed)| parsed).collect()
}

/// The table of `dfa`, with the numbers that its patterns have there.
fn as_they_are(dfa: &DFA<Vec<u32>>, class: Class) -> Rows {
    rows(dfa, class, |list| list.collect())
}

/// Of what each of `members` needs, what the fewest of them do.
fn rarest(members: &[&Listed]) -> Vec<Texts> {
    let all: Vec<_> = members.iter().map(|(_, parsed)| needs(&parsed.hir)).collect();
    let mut counts = BTreeMap::<&Texts, usize>::new();
    all.iter().flatten().for_each(|texts| *counts.entry(texts).or_default() += 1);
    let rarest = |needs: &Vec<Texts>| needs.iter().min_by_key(|texts| counts[texts]).cloned();
    all.iter().filter_map(rarest).collect()
}

/// A pattern that matches any of these texts, in any case.
fn any_of(texts: &Texts) -> Parsed {
    let byte = |byte: &u8| {
        let range = |byte| ClassBytesRange::new(byte, byte);
        let cases = [byte.to_ascii_lowercase(), byte.to_ascii_uppercase()];
        Hir::class(regex_syntax::hir::Class::Bytes(ClassBytes::new(cases.map(range))))
    };
    let text = |text: &Vec<u8>| Hir::concat(text.iter().take(SCREENED_LEN).map(byte).collect());
    Parsed::plain(Hir::alternation(texts.iter().map(text).collect()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use regex_automata::nfa::thompson::pikevm::PikeVM;

    use super::super::matcher;
    use super::*;
    use crate::automata::testing::pattern;

    /// A set as it is loaded from a binary.
    fn load(patterns: &[Pattern]) -> Set {
        Set::load(Vec::leak(set(&patterns.iter().collect::<Vec<_>>())))
    }

    /// Limits that few patterns come to.
    const LOW: Limits = Limits { anchored: 24 << 10, rest: 24 << 10 };

    fn build(patterns: &[Pattern]) -> Builder {
        Builder::of(&patterns.iter().collect::<Vec<_>>(), LOW)
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
    fn patterns_whose_states_would_multiply_are_screened() {
        let text = |i| match i % 4 {
            0 => format!(r"/p{i}/.*\.php{i}$"),
            1 => format!(r"~*^/(.*)/P{i}/(.*)\.html$"),
            2 => format!(r"^/.*/(a|b{i}c)/.*/x$"),
            _ => "^/.*[0-9]{3}.*z$".to_owned(),
        };
        let patterns: Vec<_> = (0..64).map(|i| pattern(&text(i))).collect();
        let builder = build(&patterns);
        let is_screened = |group: &&GroupRows| matches!(group, GroupRows::Screened(..));
        assert!(builder.groups.iter().any(|group| is_screened(&group)));
        let set = Set::load(Vec::leak(Set::encode(&builder.groups)));
        for (subject, expected) in [
            ("/p8/x/p12/y.php12", Some(12)),
            ("/p12/x/p8/p8/y.php8", Some(8)),
            ("/p8/y.php12", None),
            ("/x/p9/p5/y.html", Some(5)),
            ("/x/p9/y.htm", None),
            ("/x/b2c/b6c/x", Some(2)),
            ("/x/a/b6c/x", Some(2)),
            ("/x/b6c/y/x", Some(6)),
            ("/1234z", Some(3)),
            ("/x/b6c/123/z", Some(3)),
            ("/", None),
        ] {
            assert_eq!(set.find(subject.as_bytes()), expected, "{subject}");
        }
    }

    /// The work for four times as many patterns is not much more than four times as much, and
    /// a few kilobytes for each.
    #[test]
    fn the_work_grows_with_the_list() {
        let shapes: [fn(usize) -> String; 10] = [
            |i| format!("^/p{i}/a[0-9]+$"),
            |i| format!("^/app/v1/item{i}/(edit|show)$"),
            |i| format!(r"\.(php{i}|inc{i})$"),
            |i| format!(r"^/d{i}/.*\.(php|inc)$"),
            |i| format!(r"^/u{i}/(\d+)/([a-z]+)$"),
            |i| format!("~*^/wiki{i}/[a-z_]+$"),
            |i| format!("/v{i}/"),
            |i| format!(r"/p{i}/.*\.php{i}$"),
            |i| format!(r"^/(.*)/x{i}/(.*)\.html$"),
            |i| format!("^/[^/]+/[^/]+/k{i}(/.*)?$"),
        ];
        let work = |shape: fn(usize) -> String, count| {
            let patterns: Vec<_> = (0..count).map(|i| pattern(&shape(100_000 + i))).collect();
            let builder = build(&patterns);
            (builder.made, Set::encode(&builder.groups).len())
        };
        for shape in shapes {
            let ((few_made, few_len), (many_made, many_len)) = (work(shape, 80), work(shape, 320));
            assert!(many_made <= few_made * 6, "{}: {few_made} {many_made}", shape(0));
            assert!(many_made <= 320 * (12 << 10), "{}: {many_made}", shape(0));
            assert!(many_len <= few_len * 5, "{}: {few_len} {many_len}", shape(0));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn agrees_with_one_matcher_a_pattern(
            texts in proptest::collection::vec(
                r"(~\*)?\^?(\(\?P<(Not)?(Ahead0>[ab]\.?\$?|Behind0>[ab]/?)\))?\
                  ([ab/]|\.|\[ab\]\*|\.\*|\(a\|b/\)){1,5}\$?", 1..8),
            subjects in proptest::collection::vec("[abAB/]{0,8}", 12),
        ) {
            let patterns: Vec<_> = texts.iter().map(|text| pattern(text)).collect();
            let set = Set::load(Vec::leak(Set::encode(&build(&patterns).groups)));
            let matcher = |pattern| matcher(&parsed(pattern));
            let matchers: Vec<_> = patterns.iter().map(matcher).collect();
            for subject in &subjects {
                let is_match = |vm: &PikeVM| vm.is_match(&mut vm.create_cache(), subject.as_bytes());
                prop_assert_eq!(set.find(subject.as_bytes()), matchers.iter().position(is_match));
            }
        }
    }
}
