//! Values with variables in them.

use super::groups::Groups;
use super::reader::Reader;
use crate::ast::Word;
use crate::diagnostic::Diagnostic;
use crate::ir::{Piece, Value, Variable};
use crate::source::Span;
use crate::suggest::closest;
use crate::value::{self, Checked, Part};

impl Reader<'_> {
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

    /// The variable with this name, in lower case, that the conf gives values to.
    pub(super) fn own_variable(&self, lower: &str) -> Option<Variable> {
        let name = || lower.to_owned();
        let is_captured = self.capture_names.0.contains(lower);
        let slot = self.assigned.iter().position(|slot| slot == lower);
        let slot = slot.map(|slot| match is_captured {
            true => Variable::Shared(slot as u16, name()),
            false => Variable::Assigned(slot as u16, name(), self.set_first.contains(lower)),
        });
        let map = || self.map_names.iter().position(|name| name == lower);
        let map = || map().map(|map| Variable::Mapped(map, name()));
        slot.or_else(map).or_else(|| is_captured.then(|| Variable::NamedCapture(name())))
    }

    /// The variable or named group with this name.
    pub(super) fn variable(&self, name: &str, span: Span) -> Checked<Variable> {
        if let Some(variable) = value::variable(name) {
            if let Variable::Simple(name) = variable {
                self.named.borrow_mut().insert(name);
            }
            return Ok(variable);
        }
        let lower = name.to_ascii_lowercase();
        if let Some(variable) = self.own_variable(&lower) {
            return Ok(variable);
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
        let known =
            known.chain(self.capture_names.0.iter().chain(&self.assigned).map(String::as_str));
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
