//! `rewrite`, `if`, `set`, `break`, and `return` among them: the steps of a server or a location.

use std::rc::Rc;

use sitec_runtime::site::{Assigned, LocationId, PathTest, Then};

use super::draft::{Draft, Names};
use super::groups::Groups;
use super::level::Level;
use super::path::Path;
use super::steps::{begins_with_return, condition_words, is_step, unreadable};
use crate::ast::{Directive, Word, named};
use crate::diagnostic::Diagnostic;
use crate::ir::{Condition, Op, Piece, Regex, Rewrite, Test, Value, Variable};
use crate::value::{self, Checked, regex};

/// Where steps stand.
pub(super) struct Stage<'a> {
    /// What holds there.
    pub(super) level: &'a Level,
    /// The location, and its paths; `None` in a server.
    pub(super) location: Option<(LocationId, &'a Path)>,
    /// What `$1` may stand for.
    pub(super) groups: &'a Groups,
    /// The server's named locations.
    pub(super) names: &'a Names,
}

impl Draft<'_> {
    /// The steps among these directives. None where a `return` is the first of them: it is what
    /// the location does.
    pub(super) fn steps(&mut self, directives: &[Directive], stage: &Stage<'_>) -> Vec<Op> {
        match begins_with_return(directives) {
            true => Vec::new(),
            false => self.steps_within(directives, stage),
        }
    }

    fn steps_within(&mut self, directives: &[Directive], stage: &Stage<'_>) -> Vec<Op> {
        let mut ops = Vec::new();
        for directive in directives.iter().filter(|directive| is_step(directive)) {
            match &directive.name.value[..] {
                b"if" => self.condition_and_steps(directive, directives, stage, &mut ops),
                b"break" => ops.push(Op::Break),
                b"set" => {
                    let set = self.set(directive, stage.groups);
                    ops.extend(self.reader.report(set));
                }
                b"rewrite" => {
                    let rewrite = self.rewrite(directive);
                    ops.extend(self.reader.report(rewrite).map(Op::Rewrite));
                }
                _ => {
                    let answer = self.answer(directive, stage.groups);
                    ops.extend(self.reader.report(answer).map(Op::Return));
                }
            }
        }
        ops
    }

    fn set(&mut self, directive: &Directive, groups: &Groups) -> Checked<Op> {
        let [variable, value] = &directive.args[..] else {
            unreachable!("the structure is checked")
        };
        let mut value = self.reader.value(value, 0, groups)?;
        for piece in &mut value.0 {
            if let Piece::Variable(Variable::Capture(number)) = piece {
                *piece = Piece::Variable(Variable::StepCapture(*number));
            }
        }
        let (assigned, name) = self.reader.assigned(variable)?;
        if assigned == Assigned::LimitRate && value.literal().is_some() {
            let bytes = value::size(&directive.args[1])?;
            value = Value(vec![Piece::Literal(bytes.to_string().into_bytes())]);
        }
        Ok(Op::Set(assigned, name, value))
    }

    fn rewrite(&mut self, directive: &Directive) -> Checked<Rewrite> {
        let [pattern, target, flag @ ..] = &directive.args[..] else {
            unreachable!("the structure is checked")
        };
        let regex = regex(pattern, 0, false);
        let then = match flag.first() {
            None => Ok(None),
            Some(word) => flag_of(word).map(Some),
        };
        let (regex, then) = (self.reader.report(regex), self.reader.report(then));
        let groups = match &regex {
            Some(regex) => Groups::Of { pattern: pattern.span, count: regex.groups },
            None => Groups::AtMost(9),
        };
        let leaves = ["http://", "https://", "$scheme", "${scheme}"]
            .iter()
            .any(|start| target.value.starts_with(start.as_bytes()));
        let then = match then.flatten() {
            _ if leaves && !matches!(then, Some(Some(Then::Redirect { .. }))) => {
                Then::Redirect { status: 302, has_args: false }
            }
            None => Then::Next,
            Some(then) => then,
        };
        let mut value = self.reader.value(target, 0, &groups)?;
        // A `?` at the end drops the request's arguments.
        let keep_args = !ends_with_question_mark(&mut value);
        let (target, args, then) = match then {
            Then::Redirect { status, .. } => {
                escape_groups(&mut value);
                let has_args = value.0.iter().any(has_question_mark);
                (value, None, Then::Redirect { status, has_args })
            }
            then => {
                let (path, args) = split_at_question_mark(value);
                (path, args, then)
            }
        };
        let Some(regex) = regex else {
            // It was reported already.
            let pattern = crate::ir::Pattern { text: String::new(), ignore_case: false };
            let regex = Regex { pattern, captures_used: false };
            return Ok(Rewrite { regex, target, args, keep_args, then });
        };
        Ok(Rewrite { regex: self.own_regex(regex), target, args, keep_args, then })
    }

    /// A regex of a step. Whether its captures are used is settled once all values are known.
    fn own_regex(&mut self, regex: value::Regex) -> Regex {
        let pattern = regex.pattern.clone();
        self.reader.step_regexes.push(Rc::new(regex));
        Regex { pattern, captures_used: false }
    }

    /// An `if` and what is in it.
    fn condition_and_steps(
        &mut self,
        directive: &Directive,
        around: &[Directive],
        stage: &Stage<'_>,
        ops: &mut Vec<Op>,
    ) {
        let Some(block) = &directive.block else { return };
        let condition = self.condition(directive, stage.groups);
        let condition = self.reader.report(condition);
        // As in nginx, the last one that holds is what counts, even if it says nothing of its own.
        let follows_another = ops.iter().any(|op| matches!(op, Op::If { location: Some(_), .. }));
        let location = self
            .location_of_if(directive, around, stage)
            .or(stage.location.map(|(id, _)| id).filter(|_| follows_another));
        let at = ops.len();
        let within = self.steps_within(&block.directives, stage);
        if let Some(condition) = condition {
            ops.push(Op::If { condition, skip: within.len(), location });
            ops.extend(within);
            debug_assert!(ops.len() > at);
        }
    }

    /// The location that an `if` is, where it differs from the one around it.
    fn location_of_if(
        &mut self,
        directive: &Directive,
        around: &[Directive],
        stage: &Stage<'_>,
    ) -> Option<LocationId> {
        let (block, (_, path)) = (directive.block.as_ref()?, stage.location?);
        let loses = named(around, "try_files").next().is_some();
        let has_settings = block.directives.iter().any(|inner| !is_step(inner));
        if !loses && !has_settings {
            return None;
        }
        let id = self.reserve_location(stage.names.id, directive);
        let settings: Vec<_> =
            block.directives.iter().filter(|inner| !is_step(inner)).cloned().collect();
        let level = stage.level.of_if(&settings, &mut self.reader, stage.groups, path);
        self.resolve(id, &settings, &level, stage.groups, stage.names);
        Some(id)
    }

    fn condition(&mut self, directive: &Directive, groups: &Groups) -> Checked<Condition> {
        let words = condition_words(directive)?;
        let (operator, words) = match &words[..] {
            [only] => return self.truth(only),
            [test, path] if test.value.first() != Some(&b'$') => {
                return self.path_test(test, path, groups);
            }
            [variable, operator, value] => (operator, (variable, value)),
            _ => return Err(unreadable(directive.span())),
        };
        let (negated, sign) = match operator.value.strip_prefix(b"!") {
            Some(sign) => (true, sign),
            None => (false, &operator.value[..]),
        };
        let subject = self.lone_variable(words.0)?;
        let test = match sign {
            b"=" => Test::Equal(subject, self.reader.value(words.1, 0, groups)?),
            b"~" | b"~*" => {
                let regex = regex(words.1, 0, sign == b"~*")?;
                Test::Matches(subject, self.own_regex(regex))
            }
            _ => {
                let message = format!("`{}` compares nothing", operator.shown());
                let known = "`=`, `!=`, `~`, `~*`, `!~` and `!~*` do";
                let wrong = Diagnostic::error("R10", operator.span, message);
                return Err(Box::new(match &operator.value[..] {
                    b"==" => wrong.patch("write `=`", operator.span, "="),
                    _ => wrong.help(known),
                }));
            }
        };
        Ok(Condition { negated, test })
    }

    fn truth(&mut self, word: &Word) -> Checked<Condition> {
        Ok(Condition { negated: false, test: Test::Truth(self.lone_variable(word)?) })
    }

    fn path_test(&mut self, test: &Word, path: &Word, groups: &Groups) -> Checked<Condition> {
        let (negated, sign) = match test.value.strip_prefix(b"!") {
            Some(sign) => (true, sign),
            None => (false, &test.value[..]),
        };
        let kind = match sign {
            b"-f" => PathTest::File,
            b"-d" => PathTest::Directory,
            b"-e" => PathTest::Exists,
            b"-x" => PathTest::Executable,
            _ => {
                let message = format!("`{}` asks nothing of a path", test.shown());
                return Err(Box::new(
                    Diagnostic::error("R10", test.span, message)
                        .help("`-f`, `-d`, `-e` and `-x` do, and `!-f` and so on"),
                ));
            }
        };
        Ok(Condition { negated, test: Test::Path(self.reader.value(path, 0, groups)?, kind) })
    }

    /// What a condition begins with: one variable and nothing else.
    fn lone_variable(&mut self, word: &Word) -> Checked<Value> {
        let value = self.reader.value(word, 0, &Groups::AtMost(9))?;
        match &value.0[..] {
            [Piece::Variable(Variable::Capture(_))] | [Piece::Literal(_), ..] | [] => {}
            [Piece::Variable(_)] => return Ok(value),
            _ => {}
        }
        Err(Box::new(
            Diagnostic::error("R10", word.span, "a condition begins with a variable")
                .help("write `$name`, or put the text together by `set` before"),
        ))
    }
}

fn flag_of(word: &Word) -> Checked<Then> {
    Ok(match &word.value[..] {
        b"last" => Then::Last,
        b"break" => Then::Break,
        b"redirect" => Then::Redirect { status: 302, has_args: false },
        b"permanent" => Then::Redirect { status: 301, has_args: false },
        _ => {
            let message = format!("`{}` is no flag of `rewrite`", word.shown());
            let known = ["last", "break", "redirect", "permanent"];
            let wrong = Diagnostic::error("R10", word.span, message);
            return Err(Box::new(match crate::suggest::closest(&word.shown(), known) {
                Some(meant) => wrong.patch(format!("write `{meant}`"), word.span, meant),
                None => wrong.help("the flags are `last`, `break`, `redirect` and `permanent`"),
            }));
        }
    })
}

fn has_question_mark(piece: &Piece) -> bool {
    matches!(piece, Piece::Literal(text) if text.contains(&b'?'))
}

/// Takes a `?` off the end of a target.
fn ends_with_question_mark(value: &mut Value) -> bool {
    let Some(Piece::Literal(last)) = value.0.last_mut() else { return false };
    if last.last() != Some(&b'?') {
        return false;
    }
    last.pop();
    if last.is_empty() {
        value.0.pop();
    }
    true
}

/// A path, and the arguments behind the first `?` of the conf's own text.
fn split_at_question_mark(value: Value) -> (Value, Option<Value>) {
    let (mut path, mut args) = (Value::default(), None::<Value>);
    for piece in value.0 {
        match (&mut args, piece) {
            (Some(args), Piece::Literal(text)) => args.push_literal(&text),
            (Some(args), piece) => args.0.push(escaped(piece)),
            (None, Piece::Literal(text)) => match text.iter().position(|&byte| byte == b'?') {
                Some(at) => {
                    path.push_literal(&text[..at]);
                    let mut rest = Value::default();
                    rest.push_literal(&text[at + 1..]);
                    args = Some(rest);
                }
                None => path.push_literal(&text),
            },
            (None, piece) => path.0.push(piece),
        }
    }
    (path, args)
}

/// Escapes the numbered groups of a value.
fn escape_groups(value: &mut Value) {
    value.0 = std::mem::take(&mut value.0).into_iter().map(escaped).collect();
}

fn escaped(piece: Piece) -> Piece {
    match piece {
        Piece::Variable(Variable::Capture(number)) => {
            Piece::Variable(Variable::EscapedCapture(number))
        }
        piece => piece,
    }
}
