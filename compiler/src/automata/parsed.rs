//! Patterns as structures: what is matched, and what is looked at around it.
//!
//! regex-syntax has no lookaround. A pattern of [`ir`](crate::ir) spells it as a group with a
//! name that no conf can write; here it is taken out of the structure again.

use std::collections::BTreeMap;
use std::sync::Arc;

use regex_automata::util::syntax;
use regex_syntax::hir::{Capture, Hir, HirKind, Look as Assertion, LookSet, Repetition};

/// Whether what follows a place, or what is before it, must match or must not.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Direction {
    /// `(?<=…)` and `(?<!…)`.
    pub(crate) behind: bool,
    /// `(?!…)` and `(?<!…)`.
    pub(crate) negated: bool,
}

/// How the groups that stand for lookaround are called, before a number. The names of a conf's
/// groups are in lower case.
const NAMES: [(&str, Direction); 4] = [
    ("Ahead", Direction { behind: false, negated: false }),
    ("NotAhead", Direction { behind: false, negated: true }),
    ("Behind", Direction { behind: true, negated: false }),
    ("NotBehind", Direction { behind: true, negated: true }),
];

impl Direction {
    /// What stands for the begin of the lookaround with this number.
    pub(crate) fn group(self, number: usize) -> String {
        let name = NAMES.iter().find(|(_, direction)| *direction == self).map(|(name, _)| name);
        format!("(?P<{}{number}>", name.expect("each direction has a name"))
    }
}

/// The text of a pattern with its lookaround as confs have it.
pub(crate) fn shown(text: &str) -> String {
    let mut shown = text.to_owned();
    for (name, Direction { behind, negated }) in NAMES {
        let begin = format!("(?P<{name}");
        let look =
            format!("(?{}{}", if behind { "<" } else { "" }, if negated { "!" } else { "=" });
        while let Some(start) = shown.find(&begin) {
            let len = shown[start..].find('>').map_or(begin.len(), |end| end + 1);
            shown.replace_range(start..start + len, &look);
        }
    }
    shown
}

/// The structure of a pattern.
#[derive(Clone, Debug)]
pub(crate) struct Parsed {
    /// What is matched, with an empty group wherever something is looked at.
    pub(super) hir: Hir,
    pub(super) looks: Vec<Look>,
    /// What the groups of `hir` are; filled in where there are looks, as are the names.
    pub(super) roles: BTreeMap<u32, Role>,
    /// The names of the groups that capture, the whole match first.
    pub(super) names: Vec<Option<Arc<str>>>,
}

/// What a pattern looks at.
#[derive(Clone, Debug)]
pub(super) struct Look {
    pub(super) direction: Direction,
    /// As the group that stands for it is numbered.
    number: usize,
    pub(super) pattern: Parsed,
}

/// What a group of a structure is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Role {
    /// A group that captures, by its number.
    Captures(u32),
    /// The place from which is looked.
    Looks(usize),
}

/// The structure of a text in regex-syntax's language, with groups for lookaround. Bytes are
/// matched, and case is that of ASCII.
pub(crate) fn parse(text: &str, ignore_case: bool) -> Result<Parsed, Box<regex_syntax::Error>> {
    let config = syntax::Config::new();
    let config = config.unicode(false).utf8(false).case_insensitive(ignore_case);
    let hir = syntax::parse_with(text, &config).map_err(Box::new)?;
    let mut groups = BTreeMap::new();
    collect_groups(&hir, &mut groups);
    if groups.values().all(|name| direction(name.as_deref()).is_none()) {
        return Ok(Parsed::plain(hir));
    }
    let mut names = vec![None];
    let mut roles = BTreeMap::from([(0, Role::Captures(0))]);
    for (&index, name) in &groups {
        if direction(name.as_deref()).is_none() {
            roles.insert(index, Role::Captures(names.len() as u32));
            names.push(name.as_deref().map(Arc::from));
        }
    }
    Ok(Parsed { roles, names, ..Parsed::plain(Hir::empty()) }.with(hir))
}

/// The names of all groups, by their numbers.
fn collect_groups<'h>(hir: &'h Hir, groups: &mut BTreeMap<u32, &'h Option<Box<str>>>) {
    if let HirKind::Capture(capture) = hir.kind() {
        groups.insert(capture.index, &capture.name);
    }
    hir.kind().subs().iter().for_each(|sub| collect_groups(sub, groups));
}

/// The direction and the number that the name of a group stands for.
fn direction(name: Option<&str>) -> Option<(Direction, usize)> {
    let name = name?;
    NAMES
        .iter()
        .find_map(|(known, direction)| Some((*direction, name.strip_prefix(known)?.parse().ok()?)))
}

impl Parsed {
    /// A pattern of which no group is asked for, and that looks at nothing.
    pub(super) fn plain(hir: Hir) -> Parsed {
        Parsed { hir, looks: Vec::new(), roles: BTreeMap::new(), names: vec![None] }
    }

    /// What is matched, with an empty group wherever something is looked at: where there are no
    /// such groups, it is the whole pattern, else it matches more.
    pub(crate) fn hir(&self) -> &Hir {
        &self.hir
    }

    /// Whether there is lookaround in it.
    pub(super) fn looks_around(&self) -> bool {
        !self.looks.is_empty()
    }

    /// The number of the first lookaround that cannot be matched, and what it is.
    pub(crate) fn unsupported(&self) -> Option<(usize, &'static str)> {
        self.looks.iter().find_map(|look| look.unsupported(false))
    }

    /// This, with the structure `hir`, in which lookaround is a group yet.
    fn with(mut self, hir: Hir) -> Parsed {
        self.hir = self.take(hir);
        self
    }

    /// Takes what is looked at out of `hir`.
    fn take(&mut self, hir: Hir) -> Hir {
        match hir.into_kind() {
            HirKind::Empty => Hir::empty(),
            HirKind::Literal(literal) => Hir::literal(literal.0),
            HirKind::Class(class) => Hir::class(class),
            HirKind::Look(look) => Hir::look(look),
            HirKind::Repetition(repetition) => {
                let sub = Box::new(self.take(*repetition.sub));
                Hir::repetition(Repetition { sub, ..repetition })
            }
            HirKind::Capture(Capture { index, name, sub }) => {
                let (name, sub) = match direction(name.as_deref()) {
                    Some((direction, number)) => {
                        self.roles.insert(index, Role::Looks(self.looks.len()));
                        let pattern = Parsed::plain(Hir::empty()).with(*sub);
                        self.looks.push(Look { direction, number, pattern });
                        (None, Hir::empty())
                    }
                    None => (name, self.take(*sub)),
                };
                Hir::capture(Capture { index, name, sub: Box::new(sub) })
            }
            HirKind::Concat(parts) => {
                Hir::concat(parts.into_iter().map(|part| self.take(part)).collect())
            }
            HirKind::Alternation(parts) => {
                Hir::alternation(parts.into_iter().map(|part| self.take(part)).collect())
            }
        }
    }
}

impl Look {
    /// The number of this or of one within it that cannot be matched, and what it is.
    fn unsupported(&self, nested: bool) -> Option<(usize, &'static str)> {
        let hir = &self.pattern.hir;
        let is_of_start = |look| matches!(look, Assertion::Start | Assertion::StartLF);
        let what = match self.direction.behind {
            true if hir.properties().maximum_len().is_none() => {
                "a lookbehind without a longest length"
            }
            true if !at_edge(hir, Edge::End).iter().all(is_of_start) => {
                "a lookbehind that ends in `$` or `\\b`"
            }
            false if nested && self.asks_what_is_before() => {
                "a lookahead within another that begins with `^` or `\\b`"
            }
            _ => return self.pattern.looks.iter().find_map(|look| look.unsupported(true)),
        };
        Some((self.number, what))
    }

    /// Whether a lookahead depends on what is before its place.
    pub(super) fn asks_what_is_before(&self) -> bool {
        let is_of_end = |look| matches!(look, Assertion::End | Assertion::EndLF);
        !self.direction.behind && !at_edge(&self.pattern.hir, Edge::Start).iter().all(is_of_end)
    }
}

/// Where a match begins, or where it ends.
#[derive(Clone, Copy, PartialEq)]
enum Edge {
    Start,
    End,
}

/// The assertions that may be made at the edge of a match.
fn at_edge(hir: &Hir, edge: Edge) -> LookSet {
    match hir.kind() {
        HirKind::Empty | HirKind::Literal(_) | HirKind::Class(_) => LookSet::empty(),
        HirKind::Look(look) => LookSet::singleton(*look),
        HirKind::Repetition(repetition) => at_edge(&repetition.sub, edge),
        HirKind::Capture(capture) => at_edge(&capture.sub, edge),
        HirKind::Alternation(parts) => {
            parts.iter().fold(LookSet::empty(), |all, part| all.union(at_edge(part, edge)))
        }
        HirKind::Concat(parts) => {
            let mut all = LookSet::empty();
            let ordered: Vec<_> = match edge {
                Edge::Start => parts.iter().collect(),
                Edge::End => parts.iter().rev().collect(),
            };
            for part in ordered {
                all = all.union(at_edge(part, edge));
                if part.properties().minimum_len() != Some(0) {
                    break;
                }
            }
            all
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lookaround_is_shown_as_it_is_written() {
        let text =
            ["Ahead0", "NotAhead1", "Behind2", "NotBehind3"].map(|name| format!("(?P<{name}>a)"));
        assert_eq!(shown(&text.concat()), "(?=a)(?!a)(?<=a)(?<!a)");
        assert_eq!(shown("(?P<ahead0>a)"), "(?P<ahead0>a)");
    }

    #[test]
    fn groups_are_numbered_without_lookaround() {
        let text = "(a)(?P<NotAhead0>(?P<n>b(?P<Ahead1>c)))(?P<m>d)";
        let parsed = parse(text, false).unwrap();
        let names: Vec<_> = parsed.names.iter().map(Option::as_deref).collect();
        assert_eq!(names, [None, None, Some("n"), Some("m")]);
        assert_eq!(parsed.roles[&5], Role::Captures(3));
        assert_eq!(parsed.looks.len(), 1);
        assert_eq!(parsed.looks[0].pattern.looks.len(), 1);
    }
}
