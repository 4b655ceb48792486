//! `rewrite`, `if`, `set`, `break`, and `return` among them: the steps of a server or a location.

use std::rc::Rc;

use sitec_runtime::site::{Assigned, LocationId, PathTest, Then};

use super::level::Level;
use super::location::Path;
use super::server::Names;
use super::text::Groups;
use super::{Checker, named};
use crate::ast::{Directive, Word};
use crate::diagnostic::Diagnostic;
use crate::ir::{Condition, Op, Piece, Regex, Rewrite, Test, Value, Variable};
use crate::source::Span;
use crate::value::{self, Checked, regex};

/// The directives that are steps.
const STEPS: [&[u8]; 5] = [b"break", b"if", b"return", b"rewrite", b"set"];

/// Where steps stand.
pub(super) struct Stage<'a> {
    /// What holds there.
    pub(super) level: &'a Level,
    /// The paths of the location; `None` in a server.
    pub(super) path: Option<&'a Path>,
    /// What `$1` may stand for.
    pub(super) groups: &'a Groups,
    /// The server's named locations.
    pub(super) names: &'a Names,
}

/// Whether a directive is a step.
fn is_step(directive: &Directive) -> bool {
    STEPS.contains(&&directive.name.value[..])
}

/// Whether the first step among these directives is a `return`: then it is the only one.
pub(super) fn begins_with_return(directives: &[Directive]) -> bool {
    let first = directives.iter().find(|directive| is_step(directive));
    first.is_some_and(|directive| directive.name.value == b"return")
}

/// What `$1` may stand for among these directives: the groups of a regex of their steps, too.
pub(super) fn groups_of_steps(directives: &[Directive], around: &Groups) -> Groups {
    let mut most = 0;
    let mut note = |directive: &Directive| {
        for (word, range) in regex_words(directive) {
            let outline = value::outline(&word.value[range]);
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

/// The words of a step that hold regexes, and where in each the regex is.
pub(super) fn regex_words(directive: &Directive) -> Vec<(&Word, std::ops::Range<usize>)> {
    match (&directive.name.value[..], &directive.args[..]) {
        (b"rewrite", [pattern, ..]) => vec![(pattern, 0..pattern.value.len())],
        (b"if", [_, sign, .., pattern]) if sign.value.contains(&b'~') => {
            let len = pattern.value.len();
            vec![(pattern, 0..if pattern.quoted { len } else { len.saturating_sub(1) })]
        }
        (b"if", [_, sign, pattern]) if sign.value.contains(&b'~') => {
            vec![(pattern, 0..pattern.value.len().saturating_sub(1))]
        }
        _ => Vec::new(),
    }
}

impl Checker<'_> {
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
                    ops.extend(self.report(set));
                }
                b"rewrite" => {
                    let rewrite = self.rewrite(directive);
                    ops.extend(self.report(rewrite).map(Op::Rewrite));
                }
                _ => {
                    let answer = self.answer(directive, stage.groups);
                    ops.extend(self.report(answer).map(Op::Return));
                }
            }
        }
        ops
    }

    fn set(&mut self, directive: &Directive, groups: &Groups) -> Checked<Op> {
        let [variable, value] = &directive.args[..] else {
            unreachable!("the structure is checked")
        };
        let mut value = self.value(value, 0, groups)?;
        escape_groups(&mut value);
        let name = assigned_name(variable)?;
        if name == "args" {
            return Ok(Op::Set(Assigned::Args, name, value));
        }
        if value::variable(&name).is_some() {
            let message = format!("`${name}` is the server's own, and is not set");
            return Err(Box::new(
                Diagnostic::error("R10", variable.span, message)
                    .help("choose another name; of the server's own variables, `$args` can be set"),
            ));
        }
        let slot = self.slots.iter().position(|slot| *slot == name).unwrap_or_default();
        Ok(Op::Set(Assigned::Slot(slot as u16), name, value))
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
        let (regex, then) = (self.report(regex), self.report(then));
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
        let mut value = self.value(target, 0, &groups)?;
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
        self.step_regexes.push(Rc::new(regex));
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
        let condition = self.report(condition);
        let location = self.location_of_if(directive, around, stage);
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
        let (block, path) = (directive.block.as_ref()?, stage.path?);
        let loses =
            ["try_files", "stub_status"].iter().any(|name| named(around, name).next().is_some());
        let has_settings = block.directives.iter().any(|inner| !is_step(inner));
        if !loses && !has_settings {
            return None;
        }
        let id = self.reserve_location(stage.names.id, directive);
        let settings: Vec<_> =
            block.directives.iter().filter(|inner| !is_step(inner)).cloned().collect();
        let level = stage.level.inner(&settings, self, stage.groups, Some(path));
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
            b"=" => Test::Equal(subject, self.value(words.1, 0, groups)?),
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
        Ok(Condition { negated, test: Test::Path(self.value(path, 0, groups)?, kind) })
    }

    /// What a condition begins with: one variable and nothing else.
    fn lone_variable(&mut self, word: &Word) -> Checked<Value> {
        let value = self.value(word, 0, &Groups::AtMost(9))?;
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

/// The words of a condition, without its parentheses.
fn condition_words(directive: &Directive) -> Checked<Vec<Word>> {
    let mut words = directive.args.clone();
    let wrong = || unreadable(directive.span());
    let first = words.first_mut().ok_or_else(wrong)?;
    if first.quoted || first.value.first() != Some(&b'(') {
        return Err(Box::new(
            Diagnostic::error("R10", first.span, "a condition stands in parentheses")
                .help("write `if ($name = text) { … }`"),
        ));
    }
    *first = first.tail(1);
    if first.value.is_empty() {
        words.remove(0);
    }
    let last = words.last_mut().ok_or_else(wrong)?;
    if last.quoted || last.value.last() != Some(&b')') {
        return Err(Box::new(
            Diagnostic::error("R10", last.span, "the condition has no `)` at its end")
                .help("write `if ($name = text) { … }`"),
        ));
    }
    *last = last.front(last.value.len() - 1);
    if last.value.is_empty() && !last.quoted {
        words.pop();
    }
    if words.is_empty() {
        return Err(wrong());
    }
    Ok(words)
}

fn unreadable(place: Span) -> Box<Diagnostic> {
    Box::new(Diagnostic::error("R10", place, "this is no condition").help(
        "write `if ($name)`, `if ($name = text)`, `if ($name ~ regex)` or `if (-f path)`; \
         there is no `and`, `or` or `else`",
    ))
}

/// The name of the variable that `set` is for.
pub(super) fn assigned_name(word: &Word) -> Checked<String> {
    let name = word.text().and_then(|text| text.strip_prefix('$'));
    let is_name = |name: &&str| {
        let belongs = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        !name.is_empty() && name.bytes().all(belongs) && !name.as_bytes()[0].is_ascii_digit()
    };
    match name.filter(is_name) {
        Some(name) => Ok(name.to_ascii_lowercase()),
        None => {
            let message = format!("`{}` is no variable", word.shown());
            let wrong = Diagnostic::error("R10", word.span, message);
            let meant = format!("${}", word.shown());
            let bare = word.text().filter(|text| is_name(text));
            Err(Box::new(match bare {
                Some(_) => wrong.patch(format!("write `{meant}`"), word.span, meant),
                None => wrong.help("write `$name`"),
            }))
        }
    }
}

/// The names of the variables that `set` gives values to, in the order of the conf.
pub(super) fn assigned_names(directives: &[Directive], found: &mut Vec<String>) {
    for directive in directives {
        if let (b"set", Some(word)) = (&directive.name.value[..], directive.args.first())
            && let Ok(name) = assigned_name(word)
            && value::variable(&name).is_none()
            && !found.contains(&name)
        {
            found.push(name);
        }
        if let Some(block) = &directive.block {
            assigned_names(&block.directives, found);
        }
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
