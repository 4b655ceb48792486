//! `expect`: the tests that stand in the conf, run against what the site would answer. Of a test
//! that fails, the first thing that is not as expected is reported: the rest follows from it.

use std::path::{Path, PathBuf};

use super::Subject;
use crate::answer::{Answer, Answers, End, Request, Step};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::places::{Condition, Expectation};
use crate::source::Span;
use crate::suggest::closest;
use crate::value::Checked;

/// Runs all tests. What they look for on the disk is added to `dependencies`.
pub(super) fn check(
    subject: &Subject<'_>,
    dependencies: &mut Vec<PathBuf>,
    diagnostics: &mut Diagnostics,
) {
    let answers = Answers::new(subject.site, subject.files, subject.folder);
    let runner = Runner { subject };
    for test in &subject.places.expectations {
        if let Err(diagnostic) = runner.run(&answers, test, dependencies) {
            diagnostics.push(*diagnostic);
        }
    }
}

/// Runs tests.
struct Runner<'a> {
    subject: &'a Subject<'a>,
}

impl Runner<'_> {
    fn run(
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
        let request = Request::new(self.subject.site, Some(test.server), &test.method, &url, &[])
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
        let known = || self.subject.places.locations.iter().map(|place| &place.written[..]);
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
                let places = &self.subject.places.locations;
                let is_it = |id: &u32| places[*id as usize].written == *name;
                let last = deciding.first().map_or("nothing".to_owned(), |id| {
                    format!("`{}`", self.subject.places.location(*id))
                });
                (!deciding.iter().any(is_it))
                    .then(|| format!("an answer of {last}, not of `location {name}`"))
            }
            Condition::File(name) => {
                let wanted = self.subject.folder.join(name);
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
            Condition::Upstream(name) => match &answer.end {
                End::PassedOn { upstream, .. } if upstream.eq_ignore_ascii_case(name) => None,
                End::PassedOn { upstream, .. } => {
                    Some(format!("an answer of the upstream `{upstream}`, not of `{name}`"))
                }
                _ => Some(format!("no answer of an upstream, where `{name}` was to be asked")),
            },
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
        file.strip_prefix(self.subject.folder).unwrap_or(file).display().to_string()
    }

    fn failure(&self, test: &Expectation, answer: &Answer, span: Span, said: &str) -> Diagnostic {
        let (method, url) = (&test.method, test.url.shown());
        let message = format!("`{method} {url}` gives {said}");
        let mut diagnostic = match answer.doubts.first() {
            None => Diagnostic::error("E01", span, message),
            Some(doubt) => Diagnostic::warning("E03", span, format!("here {message}"))
                .note(format!("that may be otherwise where the server runs: {doubt}")),
        };
        let is_told = !answer.doubts.is_empty();
        diagnostic = diagnostic.label("expected");
        diagnostic = diagnostic.of_this_disk(is_told || self.subject.is_certain_of(answer));
        for (nth, id) in answer.deciding().into_iter().enumerate() {
            let place = &self.subject.places.locations[id as usize];
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
        let scheme = self.subject.site.listens[usize::from(answer.listen)].scheme();
        let url = match url.starts_with('/') {
            true => format!("{}://{host}{url}", scheme.name),
            false => url,
        };
        let conf = self.subject.folder.join(&self.subject.site.name);
        let command = format!("sitec route {} {method} {url}", conf.display());
        diagnostic.help(format!("see each step: `{command}`"))
    }
}

/// Whether the answer has this status. Of a script, only that it runs is known, and of an upstream
/// that it is asked: that is 200;
/// 444 is a closed connection.
fn has_status(answer: &Answer, code: u16) -> bool {
    match (&answer.end, answer.status) {
        (End::Script { .. } | End::PassedOn { .. }, None) => code == 200,
        (End::Close, _) => code == 444,
        (_, status) => status == Some(code),
    }
}

fn shown_status(answer: &Answer) -> String {
    match (&answer.end, answer.status) {
        (End::Close, _) => "a closed connection".to_owned(),
        (_, Some(status)) => status.to_string(),
        (End::PassedOn { upstream, .. }, None) => format!("what the upstream `{upstream}` says"),
        (_, None) => "what a script says".to_owned(),
    }
}
