//! `error_page`.

use std::ops::Range;

use sitec_runtime::site::ErrorStatus;

use super::draft::{Draft, Names};
use super::groups::Groups;
use super::reader::Reader;
use crate::ast::{Directive, Word};
use crate::diagnostic::Diagnostic;
use crate::ir::{self, ErrorTarget, Piece, Variable};
use crate::places::PagePlace;
use crate::source::Span;
use crate::value::{Checked, status};

/// One status of an `error_page`, not yet in a server.
#[derive(Clone)]
pub(crate) struct ErrorPage {
    status: u16,
    response: ErrorStatus,
    target: Target,
}

#[derive(Clone)]
enum Target {
    /// A URI or URL, and where it is written.
    Known(ErrorTarget, Span),
    /// `@name`, which each server may have of its own.
    Named(Word),
}

impl Reader<'_> {
    /// The statuses of one `error_page`.
    pub(super) fn error_page(
        &mut self,
        directive: &Directive,
        groups: &Groups,
    ) -> Checked<Vec<ErrorPage>> {
        let [codes @ .., target] = &directive.args[..] else { return Ok(Vec::new()) };
        let (codes, response) = match codes.split_last() {
            Some((last, rest)) if last.value.starts_with(b"=") => (rest, response(last)?),
            _ => (codes, ErrorStatus::Keep),
        };
        if codes.is_empty() {
            let message = "there is no status in front of the target";
            return Err(Box::new(Diagnostic::error("T09", directive.span(), message)));
        }
        let target = self.error_target(target, groups)?;
        let pages = codes.iter().filter_map(|code| {
            let status = self.report(error_status(code))?;
            Some(ErrorPage { status, response, target: target.clone() })
        });
        Ok(pages.collect())
    }

    fn error_target(&mut self, word: &Word, groups: &Groups) -> Checked<Target> {
        if word.value.starts_with(b"@") {
            return Ok(Target::Named(word.clone()));
        }
        let value = self.value(word, 0, groups)?;
        let is_uri = match value.0.first() {
            Some(Piece::Literal(text)) => text.starts_with(b"/"),
            Some(Piece::Variable(Variable::Simple(name))) => {
                matches!(*name, "uri" | "document_uri" | "request_uri")
            }
            Some(_) => false,
            None => {
                let message = "the target of an `error_page` cannot be empty";
                return Err(Box::new(Diagnostic::error("T09", word.span, message)));
            }
        };
        if is_uri {
            return Ok(Target::Known(ErrorTarget::Uri(value), word.span));
        }
        if let Some(text) = value.literal()
            && !text.contains(&b':')
        {
            let shown = word.shown();
            let message = format!("`{shown}` does not begin with a slash: clients are sent there");
            let diagnostic = Diagnostic::warning("F03", word.span, message);
            self.diagnostics.push(meant_page(diagnostic, word, &shown));
        }
        Ok(Target::Known(ErrorTarget::Redirect(value), word.span))
    }
}

impl Draft<'_> {
    /// The pages as they are in one server.
    pub(super) fn error_pages_in(
        &mut self,
        pages: &[ErrorPage],
        names: &Names,
    ) -> Vec<ir::ErrorPage> {
        let mut resolved = Vec::with_capacity(pages.len());
        for page in pages {
            let target = match &page.target {
                Target::Known(target, span) => {
                    if let ErrorTarget::Uri(uri) = target
                        && self.looked_up.insert((names.id, *span))
                    {
                        let (uri, span, server) = (uri.clone(), *span, names.id);
                        let page = PagePlace { uri, span, server, fallback_of: None };
                        self.places.pages.push(page);
                    }
                    Some(target.clone())
                }
                Target::Named(word) => {
                    self.reader.report_once(names.find(word)).map(ErrorTarget::Named)
                }
            };
            let (status, response) = (page.status, page.response);
            resolved.extend(target.map(|target| ir::ErrorPage { status, response, target }));
        }
        resolved
    }
}

/// Says what to type for a page of this server.
fn meant_page(diagnostic: Diagnostic, word: &Word, shown: &str) -> Diagnostic {
    let rest = shown.strip_prefix('=').map(|rest| rest.trim_start_matches(char::is_numeric));
    if let Some(page) = rest.filter(|rest| rest.starts_with(['/', '@'])) {
        let meant = format!("{} {page}", &shown[..shown.len() - page.len()]);
        let help = "a blank stands between the status and the page";
        return diagnostic.patch(help, word.span, meant);
    }
    if shown.bytes().all(|byte| byte.is_ascii_digit() || byte == b'=') {
        return diagnostic.help("the page comes last, behind all statuses: `/50x.html`");
    }
    let help = format!("write `/{shown}` for a page of this server");
    diagnostic.patch(help, word.span, format!("/{shown}"))
}

/// What `=` or `=CODE` says.
fn response(word: &Word) -> Checked<ErrorStatus> {
    match word.value.len() {
        1 => Ok(ErrorStatus::FromTarget),
        len => status(word, 1..len, 200..=599).map(ErrorStatus::Replace),
    }
}

/// A status that can have a page. nginx keeps 499 for clients that went away.
fn error_status(word: &Word) -> Checked<u16> {
    let whole: Range<usize> = 0..word.value.len();
    match status(word, whole, 300..=599)? {
        499 => {
            let message = "499 stands for a client that went away: there is nobody to answer";
            Err(Box::new(Diagnostic::error("T09", word.span, message)))
        }
        status => Ok(status),
    }
}
