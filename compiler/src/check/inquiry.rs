//! `auth_request` and `auth_request_set`: which location is asked whether a client may come in, and what
//! is remembered of its answer.

use std::rc::Rc;

use sitec_runtime::site::Assigned;

use super::groups::Groups;
use super::reader::Reader;
use super::steps::assigned_name;
use crate::ast::{Directive, Word, named};
use crate::diagnostic::Diagnostic;
use crate::ir::{Answered, Piece, Value};
use crate::source::Span;
use crate::value::{self, Checked};

/// The directives in one context, inherited ones included.
#[derive(Clone, Default)]
pub(super) struct Inquiry {
    /// What is asked, and where that is written; `None`: nothing.
    pub(super) uri: Option<(Value, Span)>,
    /// What is remembered.
    answered: Rc<[Answered]>,
}

impl Inquiry {
    /// Takes those among the directives of a context.
    pub(super) fn set(
        &mut self,
        directives: &[Directive],
        reader: &mut Reader<'_>,
        groups: &Groups,
    ) {
        if let Some(directive) = named(directives, "auth_request").next() {
            let word = &directive.args[0];
            self.uri = match &word.value[..] {
                b"off" => None,
                _ => {
                    reader.warn_of_return(directives, directive, "`auth_request` asks anybody");
                    let uri = reader.report(path(word));
                    uri.map(|uri| (Value(vec![Piece::Literal(uri)]), word.span))
                }
            };
        }
        let sets: Vec<_> = named(directives, "auth_request_set").collect();
        if !sets.is_empty() {
            let read = sets.into_iter().filter_map(|directive| {
                let set = reader.answered(directive, groups);
                reader.report(set)
            });
            self.answered = read.collect();
        }
    }

    /// What is remembered of the answer, where anybody is asked.
    pub(super) fn resolved(&self) -> Vec<Answered> {
        self.uri.iter().flat_map(|_| self.answered.iter().cloned()).collect()
    }
}

/// A path of this server, as it stands there: nginx knows no variables and no arguments here.
pub(super) fn path(word: &Word) -> Checked<Vec<u8>> {
    let wrong = |text: &str, help: &str| {
        let message = format!("`{}` {text}", word.shown());
        Err(Box::new(Diagnostic::error("A20", word.span, message).help(help)))
    };
    match &word.value[..] {
        [b'/', ..] if word.value.contains(&b'$') => {
            wrong("has a variable, which stands for itself here", "name one path")
        }
        [b'/', ..] if word.value.contains(&b'?') => wrong(
            "has arguments, which nginx takes for a part of the path",
            "let the location set them: `set $args x=1;`",
        ),
        [b'/', ..] => Ok(word.value.clone()),
        [b'@', ..] => wrong(
            "is a named location, which cannot be asked",
            "give it a path: `location = /_auth { internal; … }`",
        ),
        _ => wrong("is no path of this server", "begin it with a slash, or write `off`"),
    }
}

impl Reader<'_> {
    /// An `auth_request_set`.
    fn answered(&mut self, directive: &Directive, groups: &Groups) -> Checked<Answered> {
        let [variable, value] = &directive.args[..] else {
            unreachable!("the structure is checked")
        };
        let value = self.value(value, 0, groups)?;
        let (variable, name) = self.assigned(variable)?;
        Ok(Answered { variable, name, value })
    }

    /// What a directive gives a value to, and its name.
    pub(super) fn assigned(&mut self, variable: &Word) -> Checked<(Assigned, String)> {
        let name = assigned_name(variable)?;
        let assigned = match &name[..] {
            "args" => Assigned::Args,
            "limit_rate" => Assigned::LimitRate,
            _ if value::variable(&name).is_some() => {
                let message = format!("`${name}` is the server's own, and is not set");
                return Err(Box::new(
                    Diagnostic::error("R10", variable.span, message)
                        .help("choose another name; of the server's own variables, `$args` and `$limit_rate` can be set"),
                ));
            }
            _ => {
                let slot = self.assigned.iter().position(|slot| *slot == name);
                Assigned::Slot(slot.unwrap_or_default() as u16)
            }
        };
        Ok((assigned, name))
    }
}
