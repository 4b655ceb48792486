//! The groups of regexes: which a conf has, and which of them values look at.

use std::collections::BTreeSet;

use super::noted::CaptureNames;
use super::path::regex_words;
use super::steps;
use crate::ast::Directive;
use crate::diagnostic::Diagnostic;
use crate::ir::{Piece, Value, Variable};
use crate::source::Span;
use crate::value::{self, Checked, Regex};

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
    fn most(&self) -> usize {
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

/// What `$1` may stand for among these directives: the groups of a regex of their steps, too.
pub(super) fn groups_of_steps(directives: &[Directive], around: &Groups) -> Groups {
    let mut most = 0;
    let mut note = |directive: &Directive| {
        for word in steps::regex_words(directive) {
            let outline = value::outline(&word.value);
            most = most.max(outline.map_or(0, |outline| outline.groups));
        }
    };
    for directive in directives {
        note(directive);
        if let (Some(block), b"if") = (&directive.block, &directive.name.value[..]) {
            block.directives.iter().for_each(&mut note);
        }
    }
    match most {
        0 => around.clone(),
        most => Groups::AtMost(most.max(around.most())),
    }
}

/// The names in all regexes of a conf, with those of `others`, which are reported where they are defined.
pub(super) fn capture_names(directives: &[Directive], others: BTreeSet<String>) -> CaptureNames {
    let mut names = others;
    each_regex(directives, &mut |regex| names.extend(regex.names));
    CaptureNames(names)
}

/// Calls `visit` for each regex in these directives and those within them that can be read.
fn each_regex(directives: &[Directive], visit: &mut dyn FnMut(value::Outline)) {
    for directive in directives {
        for (word, start) in regex_words(directive) {
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
        for word in steps::regex_words(directive) {
            if let Some(outline) = value::outline(&word.value) {
                visit(outline);
            }
        }
        if let Some(regex) = regex_replaced(directive) {
            value::outline(regex).into_iter().for_each(&mut *visit);
        }
        if let Some(block) = &directive.block {
            each_regex(&block.directives, visit);
        }
    }
}

/// The captures that values refer to.
#[derive(Clone, Default)]
pub(super) struct Usage {
    numbered: bool,
    names: BTreeSet<String>,
}

impl Usage {
    /// Whether the captures of `regex` are looked at.
    pub(super) fn needs(&self, regex: &Regex) -> bool {
        self.numbered || regex.names.iter().any(|name| self.names.contains(name))
    }

    /// What is left to an earlier regex where these have matched.
    pub(super) fn without(&self, regexes: &[impl AsRef<Regex>]) -> Usage {
        let given = |name: &String| regexes.iter().any(|regex| regex.as_ref().names.contains(name));
        Usage {
            numbered: self.numbered && regexes.is_empty(),
            names: self.names.iter().filter(|name| !given(name)).cloned().collect(),
        }
    }

    pub(super) fn merge(&mut self, other: Usage) {
        self.numbered |= other.numbered;
        self.names.extend(other.names);
    }

    pub(super) fn add(&mut self, value: &Value) {
        for piece in &value.0 {
            match piece {
                Piece::Variable(variable) | Piece::Logged(variable, _) => match variable {
                    Variable::Capture(_)
                    | Variable::EscapedCapture(_)
                    | Variable::StepCapture(_) => self.numbered = true,
                    Variable::NamedCapture(name) | Variable::Shared(_, name) => {
                        self.names.insert(name.clone());
                    }
                    Variable::Simple(_)
                    | Variable::Argument(_)
                    | Variable::RequestField(_)
                    | Variable::ResponseField(_)
                    | Variable::Trailer(_)
                    | Variable::Cookie(_)
                    | Variable::UpstreamField(_)
                    | Variable::UpstreamTrailer(_)
                    | Variable::UpstreamCookie(_)
                    | Variable::Assigned(..)
                    | Variable::Mapped(..) => {}
                },
                Piece::Literal(_) => {}
            }
        }
    }
}

/// The regex of what takes the place of texts in an answer, if it has one.
fn regex_replaced(directive: &Directive) -> Option<&[u8]> {
    let names: [&[u8]; 4] =
        [b"proxy_redirect", b"proxy_cookie_domain", b"proxy_cookie_path", b"proxy_cookie_flags"];
    let regex = directive.args.first()?.value.strip_prefix(b"~")?;
    let regex = regex.strip_prefix(b"*").unwrap_or(regex);
    names.contains(&&directive.name.value[..]).then_some(regex)
}
