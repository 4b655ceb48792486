//! `expect`: tests that stand in the conf and are run when it is compiled.
//!
//! They are run once the whole site is resolved, against what the site would answer. Of a test
//! that fails, the first thing that is not as expected is reported: the rest follows from it.

use std::path::{Path, PathBuf};

use sitec_runtime::site::ServerId;

use super::location::written;
use super::{Checker, named};
use crate::answer::{Answer, Answers, End, Request, Step};
use crate::ast::{Directive, Word};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::files::{Files, is_certain};
use crate::ir;
use crate::places::Places;
use crate::source::Span;
use crate::suggest::closest;
use crate::value::{self, Checked, status};

/// One test.
pub(super) struct Expectation {
    server: ServerId,
    method: String,
    url: Word,
    status: (u16, Span),
    conditions: Vec<(Condition, Span)>,
}

/// What else a test asks for.
enum Condition {
    /// The location that answers, as it is written.
    Location(String),
    /// `file=`: the file that is sent or run.
    File(String),
    /// `location=`: the Location field.
    Target(String),
    /// `type=`: the Content-Type field.
    Type(String),
}

/// Makes a condition of what stands behind its `=`.
type Make = fn(String) -> Condition;

/// The names before `=`.
const KEYS: [(&str, Make); 3] =
    [("file", Condition::File), ("location", Condition::Target), ("type", Condition::Type)];

impl Checker<'_> {
    /// Takes down the tests of a server.
    pub(super) fn expectations(&mut self, server: ServerId, directives: &[Directive]) {
        for directive in named(directives, "expect") {
            let expectation = expectation(server, directive);
            let expectation = self.report(expectation);
            self.expectations.extend(expectation);
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

/// What tests are run against.
pub(super) struct Bench<'a> {
    pub(super) site: &'a ir::Site,
    pub(super) places: &'a Places,
    pub(super) files: &'a dyn Files,
    pub(super) folder: &'a Path,
}

impl Bench<'_> {
    /// Runs all tests. What they look for on the disk is added to `dependencies`.
    pub(super) fn run(
        &self,
        tests: &[Expectation],
        dependencies: &mut Vec<PathBuf>,
        diagnostics: &mut Diagnostics,
    ) {
        let answers = Answers::new(self.site, self.files, self.folder);
        for test in tests {
            if let Err(diagnostic) = self.run_one(&answers, test, dependencies) {
                diagnostics.push(*diagnostic);
            }
        }
    }

    fn run_one(
        &self,
        answers: &Answers<'_>,
        test: &Expectation,
        dependencies: &mut Vec<PathBuf>,
    ) -> Checked<()> {
        for (condition, span) in &test.conditions {
            if let Condition::Location(name) = condition {
                self.check_known(name, *span)?;
            }
        }
        let url = test.url.shown();
        let request = Request::new(self.site, Some(test.server), &test.method, &url, &[])
            .map_err(|wrong| Box::new(Diagnostic::error("E02", test.url.span, wrong)))?;
        let answer = answers.to(&request);
        dependencies.extend(answer.looked().cloned());
        match self.first_difference(test, &answer) {
            Some((span, said)) => Err(Box::new(self.failure(test, &answer, span, &said))),
            None => Ok(()),
        }
    }

    /// That there is such a location at all.
    fn check_known(&self, name: &str, span: Span) -> Checked<()> {
        let known = || self.places.locations.iter().map(|place| &place.written[..]);
        if known().any(|written| written == name) {
            return Ok(());
        }
        let message = format!("there is no `location {name}`");
        let diagnostic = Diagnostic::error("E02", span, message);
        Err(Box::new(match closest(name, known().filter(|name| !name.is_empty())) {
            Some(meant) => diagnostic.patch(format!("did you mean `{meant}`?"), span, meant),
            None => diagnostic.help("name it as it is written behind `location`: `\"= /x\"`"),
        }))
    }

    /// The first thing that is not as expected: its place, and what is instead.
    fn first_difference(&self, test: &Expectation, answer: &Answer) -> Option<(Span, String)> {
        let (code, span) = test.status;
        if !has_status(answer, code) {
            return Some((span, format!("{}, not {code}", shown_status(answer))));
        }
        test.conditions
            .iter()
            .find_map(|(condition, span)| Some((*span, self.difference(condition, answer)?)))
    }

    fn difference(&self, condition: &Condition, answer: &Answer) -> Option<String> {
        match condition {
            Condition::Location(name) => {
                let deciding = answer.deciding();
                let places = &self.places.locations;
                let is_it = |id: &u32| places[*id as usize].written == *name;
                let last = deciding
                    .first()
                    .map_or("nothing".to_owned(), |id| format!("`{}`", self.places.location(*id)));
                (!deciding.iter().any(is_it))
                    .then(|| format!("an answer of {last}, not of `location {name}`"))
            }
            Condition::File(name) => {
                let wanted = self.folder.join(name);
                let file = answer.file();
                (file != Some(&wanted)).then(|| match file {
                    Some(file) => format!("the file `{}`, not `{name}`", self.shown_file(file)),
                    None => format!("no file, where `{name}` was expected"),
                })
            }
            Condition::Target(uri) => {
                let location = answer.field("Location");
                (location != Some(uri)).then(|| match location {
                    Some(location) => format!("a redirect to `{location}`, not to `{uri}`"),
                    None => format!("no redirect, where one to `{uri}` was expected"),
                })
            }
            Condition::Type(media_type) => {
                let found = answer.field("Content-Type");
                (found != Some(media_type)).then(|| match found {
                    Some(found) => format!("the type `{found}`, not `{media_type}`"),
                    None => format!("no type, where `{media_type}` was expected"),
                })
            }
        }
    }

    fn shown_file(&self, file: &Path) -> String {
        file.strip_prefix(self.folder).unwrap_or(file).display().to_string()
    }

    fn failure(&self, test: &Expectation, answer: &Answer, span: Span, said: &str) -> Diagnostic {
        let (method, url) = (&test.method, test.url.shown());
        let message = format!("`{method} {url}` gives {said}");
        let mut diagnostic = match answer.doubts.first() {
            None => Diagnostic::error("E01", span, message),
            Some(doubt) => Diagnostic::warning("E03", span, format!("here {message}"))
                .note(format!("that may be otherwise where the server runs: {doubt}")),
        };
        let is_certain = |path: &PathBuf| is_certain(self.files, self.folder, path);
        let is_told = !answer.doubts.is_empty();
        diagnostic = diagnostic.label("expected");
        diagnostic = diagnostic.of_this_disk(is_told || answer.looked().all(is_certain));
        for (nth, id) in answer.deciding().into_iter().enumerate() {
            let place = &self.places.locations[id as usize];
            let what = if place.written.is_empty() { "server" } else { "location" };
            let label = match nth {
                0 => format!("this {what} answers"),
                _ => format!("this {what} has the `error_page` that leads there"),
            };
            diagnostic = diagnostic.also(place.span, label);
        }
        let looked = answer.steps.iter().rev().find_map(|step| match step {
            Step::Looked { path, found: false, .. } => Some(self.shown_file(path)),
            _ => None,
        });
        let reasons = answer.steps.iter().filter_map(|step| match step {
            Step::Status { status: status @ 400.., reason } => Some((status, reason)),
            _ => None,
        });
        for (status, reason) in reasons {
            let file = looked.as_ref().filter(|_| *status == 404);
            let file = file.map_or(String::new(), |file| format!(" (`{file}`)"));
            diagnostic = diagnostic.note(format!("{status}: {reason}{file}"));
        }
        let host = String::from_utf8_lossy(&answer.host).into_owned();
        let url = if url.starts_with('/') { format!("http://{host}{url}") } else { url };
        let conf = self.folder.join(&self.site.name);
        let command = format!("sitec route {} {method} {url}", conf.display());
        diagnostic.help(format!("see each step: `{command}`"))
    }
}

/// Whether the answer has this status. Of a script, only that it runs is known: that is 200;
/// 444 is a closed connection.
fn has_status(answer: &Answer, code: u16) -> bool {
    match (&answer.end, answer.status) {
        (End::Script { .. }, None) => code == 200,
        (End::Close, _) => code == 444,
        (_, status) => status == Some(code),
    }
}

fn shown_status(answer: &Answer) -> String {
    match (&answer.end, answer.status) {
        (End::Close, _) => "a closed connection".to_owned(),
        (_, Some(status)) => status.to_string(),
        (_, None) => "what a script says".to_owned(),
    }
}
