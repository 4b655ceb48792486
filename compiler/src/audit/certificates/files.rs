//! Files that the conf names, and what is said of them.

use std::path::PathBuf;

use super::Look;
use crate::answer::start_text;
use crate::audit::Subject;
use crate::diagnostic::Diagnostic;
use crate::files::Kind;
use crate::ir::{StartPiece, StartText};
use crate::source::Span;

/// A file, and where the conf names it.
#[derive(Clone, Copy)]
pub(super) struct File<'a> {
    pub(super) text: &'a StartText,
    pub(super) span: Span,
}

impl File<'_> {
    /// As it is written, with the defaults of params.
    pub(super) fn shown(&self, subject: &Subject<'_>) -> String {
        start_text(subject.site, self.text)
    }

    pub(super) fn path(&self, subject: &Subject<'_>) -> PathBuf {
        subject.folder.join(self.shown(subject))
    }

    /// Whether what is there is what the site will run with.
    pub(super) fn is_certain(&self, subject: &Subject<'_>) -> bool {
        let has_param = self.text.iter().any(|piece| matches!(piece, StartPiece::Param(_)));
        !has_param && subject.is_certain(&self.path(subject))
    }
}

impl Look<'_, '_> {
    /// What is in a file, if it is there and may be read.
    pub(super) fn read(&mut self, file: &File<'_>) -> Option<Vec<u8>> {
        let (path, name) = (file.path(self.subject), file.shown(self.subject));
        self.dependencies.push(path.clone());
        let files = self.subject.files;
        match files.kind(&path) {
            // Most keys may be read by root alone.
            _ if files.is_denied(&path) => None,
            Some(Kind::File) => files.read(&path).ok(),
            found => {
                let message = match found {
                    Some(_) => format!("`{name}` is not a file"),
                    None => format!("there is no file `{name}`"),
                };
                self.wrong(file, "S01", message, |it| {
                    it.help("make it, or name one that is there")
                        .note("keys and certificates are looked for again when the server starts")
                });
                None
            }
        }
    }

    /// Reports what keeps the server from starting: a warning, where the machine that serves may have
    /// it otherwise.
    pub(super) fn wrong(
        &mut self,
        file: &File<'_>,
        code: &'static str,
        message: String,
        more: impl FnOnce(Diagnostic) -> Diagnostic,
    ) {
        let is_certain = file.is_certain(self.subject);
        let diagnostic = match is_certain {
            // They are no part of the site, which is whole without them.
            true => Diagnostic::error(code, file.span, message).allowable(),
            false => Diagnostic::warning(code, file.span, message),
        };
        self.diagnostics.push(more(diagnostic).of_this_disk(is_certain));
    }

    /// Reports what clients will not like.
    pub(super) fn doubtful(
        &mut self,
        file: &File<'_>,
        code: &'static str,
        message: String,
        more: impl FnOnce(Diagnostic) -> Diagnostic,
    ) {
        let is_certain = file.is_certain(self.subject);
        let diagnostic = more(Diagnostic::warning(code, file.span, message));
        self.diagnostics.push(diagnostic.of_this_disk(is_certain));
    }
}
