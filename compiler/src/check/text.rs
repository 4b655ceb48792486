//! Values with variables in them.

use std::collections::BTreeSet;

use super::Checker;
use crate::ast::{Directive, Word};
use crate::diagnostic::Diagnostic;
use crate::ir::{Piece, Value, Variable};
use crate::source::Span;
use crate::suggest::closest;
use crate::value::{self, Checked, Part};

/// The regexes whose groups `$1` to `$9` may stand for at some place.
#[derive(Clone, Debug)]
pub(crate) enum Groups {
    /// This one, and no other.
    Of { pattern: Span, count: usize },
    /// Some regexes, the largest of which has so many.
    AtMost(usize),
}

impl Groups {
    /// The groups of all regexes of a conf.
    pub(crate) fn of_conf(directives: &[Directive]) -> Groups {
        let mut most = 0;
        each_regex(directives, &mut |regex| most = most.max(regex.groups));
        Groups::AtMost(most)
    }

    /// How many there are at most.
    pub(super) fn most(&self) -> usize {
        match self {
            Groups::Of { count, .. } | Groups::AtMost(count) => *count,
        }
    }

    /// That `$number`, at `place`, is not always empty.
    pub(super) fn check(&self, number: usize, place: Span) -> Checked<()> {
        let most = self.most();
        if number <= most {
            return Ok(());
        }
        let counted = match most {
            0 => "no groups".to_owned(),
            1 => "1 group".to_owned(),
            _ => format!("{most} groups"),
        };
        let message = format!("`${number}` is always empty");
        let diagnostic = Diagnostic::error("T17", place, message);
        let diagnostic = diagnostic.help(match number {
            1 => "a group is what stands in parentheses: `^/old/(.*)$`".to_owned(),
            _ => format!("it is what the group with the number {number} has matched"),
        });
        Err(Box::new(match self {
            Groups::Of { pattern, .. } => {
                diagnostic.also(*pattern, format!("this regex has {counted}"))
            }
            Groups::AtMost(0) => diagnostic.note("no regex with a group leads here"),
            Groups::AtMost(_) => diagnostic.note(format!("no regex has more than {counted}")),
        }))
    }
}

/// The names of groups, in lower case.
pub(crate) struct CaptureNames(BTreeSet<String>);

impl CaptureNames {
    /// Whether a group has this name, whatever its case.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.contains(&name.to_ascii_lowercase())
    }

    /// The names in all regexes of a conf.
    /// With those of `others`, which are reported where they are defined.
    pub(crate) fn collect(directives: &[Directive], others: BTreeSet<String>) -> Self {
        let mut names = others;
        each_regex(directives, &mut |regex| names.extend(regex.names));
        CaptureNames(names)
    }
}

/// Calls `visit` for each regex in these directives and those within them that can be read.
fn each_regex(directives: &[Directive], visit: &mut dyn FnMut(value::Outline)) {
    for directive in directives {
        for (word, start) in super::location::regex_words(directive) {
            if let Some(outline) = value::outline(&word.value[start..]) {
                visit(outline);
            }
        }
        if let (Some(block), b"map") = (&directive.block, &directive.name.value[..]) {
            for word in block.directives.iter().map(|line| &line.name) {
                let regex = word.value.strip_prefix(b"~");
                let regex = regex.map(|regex| regex.strip_prefix(b"*").unwrap_or(regex));
                if let Some(outline) = regex.and_then(value::outline) {
                    visit(outline);
                }
            }
            continue;
        }
        for (word, range) in super::rewrite::regex_words(directive) {
            if let Some(outline) = value::outline(&word.value[range]) {
                visit(outline);
            }
        }
        if let Some(block) = &directive.block {
            each_regex(&block.directives, visit);
        }
    }
}

impl Checker<'_> {
    /// The value that the word gives from `start` on.
    pub(super) fn value(&mut self, word: &Word, start: usize, groups: &Groups) -> Checked<Value> {
        let mut value = Value::default();
        let mut wrong = None;
        for part in value::split(word, start)? {
            let variable = match part {
                Part::Literal(bytes) => {
                    value.push_literal(&bytes);
                    continue;
                }
                Part::Group { number, range } => {
                    groups.check(number, word.part(range)).map(|()| Variable::Capture(number))
                }
                Part::Name { name, range, .. } => self.variable(&name, word.part(range)),
            };
            match variable {
                Ok(variable) => value.0.push(Piece::Variable(variable)),
                Err(another) => {
                    // The last is the caller's to report.
                    if let Some(earlier) = wrong.replace(another) {
                        self.report_once::<()>(Err(earlier));
                    }
                }
            }
        }
        wrong.map_or(Ok(value), Err)
    }

    /// The variable or named group with this name.
    pub(super) fn variable(&self, name: &str, span: Span) -> Checked<Variable> {
        if let Some(variable) = value::variable(name) {
            return Ok(variable);
        }
        let lower = name.to_ascii_lowercase();
        if let Some(slot) = self.slots.iter().position(|slot| *slot == lower) {
            return Ok(Variable::Assigned(slot as u16, lower));
        }
        if let Some(map) = self.map_names.iter().position(|name| *name == lower) {
            return Ok(Variable::Mapped(map, lower));
        }
        if self.capture_names.0.contains(&lower) {
            return Ok(Variable::NamedCapture(lower));
        }
        if self.params.find(name).is_some() {
            return Err(Box::new(super::param::places::misplaced(name, span)));
        }
        if value::is_only_nginx(name) {
            let message = format!("nginx's `${name}` is not supported");
            return Err(Box::new(
                Diagnostic::error("T18", span, message).help(value::instead_of(&lower)),
            ));
        }
        let known = value::variable::VARIABLES.iter().map(|row| row.name);
        let known = known.chain(
            self.capture_names
                .0
                .iter()
                .chain(&self.slots)
                .chain(&self.map_names)
                .map(String::as_str),
        );
        let diagnostic = Diagnostic::error("T18", span, format!("there is no variable `${name}`"));
        let like = closest(&lower, known).filter(|_| !is_of_environment(name));
        Err(Box::new(match like {
            Some(meant) => {
                diagnostic.patch(format!("did you mean `${meant}`?"), span, format!("${meant}"))
            }
            None if is_of_environment(name) => diagnostic.help(format!(
                "`param {name} VALUE;` at top level takes it from the environment at start, for \
                 `${{{name}}}`"
            )),
            None => diagnostic,
        }))
    }
}

/// Whether a name is written as those of a process's environment are.
fn is_of_environment(name: &str) -> bool {
    let belongs = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    name.len() > 1 && name.bytes().all(belongs)
}
