//! Asking a site as a client does.

use sitec_runtime::site::ServerId;

use super::Subject;
use crate::answer::{Answer, Answers, Request};

/// Requests to a site, by URL.
pub(super) struct Asking<'a> {
    pub(super) subject: &'a Subject<'a>,
    answers: Answers<'a>,
}

impl<'a> Asking<'a> {
    pub(super) fn new(subject: &'a Subject<'a>) -> Asking<'a> {
        let answers = Answers::new(subject.site, subject.files, subject.folder);
        Asking { subject, answers }
    }

    /// What a server answers to `GET path`, whatever its names are.
    pub(super) fn get_from(&self, server: ServerId, path: &str) -> Option<Answer> {
        let request = Request::new(self.subject.site, Some(server), "GET", path, &[]).ok()?;
        Some(self.answers.to(&request))
    }
}
