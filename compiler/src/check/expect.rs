//! `expect`: tests that stand in the conf. They are run once the site is resolved.

use sitec_runtime::site::ServerId;

use super::draft::Draft;
use super::path::written;
use crate::ast::{Directive, Word, named};
use crate::diagnostic::Diagnostic;
use crate::places::{Condition, Expectation};
use crate::source::Span;
use crate::suggest::closest;
use crate::value::{self, Checked, status};

/// Makes a condition of what stands behind its `=`.
type Make = fn(String) -> Condition;

/// The names before `=`.
const KEYS: [(&str, Make); 4] = [
    ("file", Condition::File),
    ("location", Condition::Target),
    ("type", Condition::Type),
    ("upstream", Condition::Upstream),
];

impl Draft<'_> {
    /// Takes down the tests of a server.
    pub(super) fn expectations(&mut self, server: ServerId, directives: &[Directive]) {
        for directive in named(directives, "expect") {
            let expectation = expectation(server, directive);
            let expectation = self.reader.report(expectation);
            self.places.expectations.extend(expectation);
        }
    }
}

fn expectation(server: ServerId, directive: &Directive) -> Checked<Expectation> {
    let [method, url, code, rest @ ..] = &directive.args[..] else {
        unreachable!("the number of parameters is checked")
    };
    let method = value::method(method)?.name().to_owned();
    let code = (status(code, 0..code.value.len(), 200..=599)?, code.span);
    let mut conditions = Vec::new();
    let mut rest = rest;
    while let Some(word) = rest.first() {
        let text = word.shown();
        let pair = text.split_once('=').filter(|(key, _)| !key.is_empty() && is_plain(key));
        let taken = match pair {
            Some((key, value)) => {
                let known = KEYS.iter().find(|(name, _)| *name == key);
                let (_, make) = known.ok_or_else(|| unknown_key(word, key))?;
                conditions.push((make(value.to_owned()), word.span));
                1
            }
            None => {
                let taken = if is_modifier(word) { 2.min(rest.len()) } else { 1 };
                let span = word.span.to(rest[taken - 1].span);
                let location = written(&rest[..taken]).map(|location| one_space(&location));
                let location = location.filter(|location| !location.ends_with(' '));
                let location = location.ok_or_else(|| no_location(span))?;
                conditions.push((Condition::Location(location), span));
                taken
            }
        };
        rest = &rest[taken..];
    }
    Ok(Expectation { server, method, url: url.clone(), status: code, conditions })
}

/// `location` with one space behind its modifier: quoted, both may be one word.
fn one_space(location: &str) -> String {
    match location.split_once(' ') {
        Some((modifier, uri)) => format!("{modifier} {}", uri.trim_start()),
        None => location.to_owned(),
    }
}

fn is_plain(key: &str) -> bool {
    key.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

fn is_modifier(word: &Word) -> bool {
    matches!(&word.value[..], b"=" | b"^~" | b"~" | b"~*")
}

fn unknown_key(word: &Word, key: &str) -> Box<Diagnostic> {
    let known = KEYS.map(|(name, _)| name);
    let message = format!("`expect` knows no `{key}=`");
    let diagnostic = Diagnostic::error("E02", word.part(0..key.len()), message);
    Box::new(match closest(key, known) {
        Some(meant) => {
            diagnostic.patch(format!("did you mean `{meant}=`?"), word.part(0..key.len()), meant)
        }
        None => diagnostic.help(format!("it knows `{}=`", known.join("=`, `"))),
    })
}

fn no_location(span: Span) -> Box<Diagnostic> {
    let message = "there is nothing behind the modifier";
    Box::new(Diagnostic::error("E02", span, message).help("name a location as it is written"))
}
