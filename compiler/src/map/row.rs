//! What a location does, in a few words.

use sitec_runtime::http::status;
use sitec_runtime::site::{ErrorStatus, LocationId, ProgramId};

use super::Kind;
use crate::ir::{self, Action, ErrorTarget, Fallback, Handler, Op, Return, Scripts};
use crate::places::Places;
use crate::wording;

/// The most of a text that is shown.
const SHOWN_LEN: usize = 40;
/// The most of a location's steps that is shown.
const STEPS_LEN: usize = 80;

/// Who says it.
#[derive(Clone, Copy)]
pub(crate) struct Words<'a> {
    pub(crate) site: &'a ir::Site,
    pub(crate) places: &'a Places,
}

impl Words<'_> {
    /// What a location does.
    pub(super) fn does(self, id: LocationId, kind: Kind) -> String {
        let location = &self.site.locations[id as usize];
        let mut said = Vec::new();
        if location.internal && kind != Kind::Named {
            said.push("internal".to_owned());
        }
        let settings = &self.site.settings[location.settings];
        if !settings.admission.is_open() || location.limit_except.is_some() {
            said.push("not for everyone".to_owned());
        }
        if !location.ops.is_empty() {
            said.push(shortened(&wording::steps(&location.ops), STEPS_LEN));
        }
        match &location.action {
            _ if always_returns(&location.ops) => {}
            Action::Return(answer) => said.push(returns(answer)),
            Action::Serve { try_files, handler } => {
                said.extend(try_files.as_ref().map(|list| self.tries(list)));
                said.extend(self.handles(settings, handler));
            }
        }
        said.join("; ")
    }

    /// What `try_files` says.
    pub(crate) fn tries(self, list: &ir::TryFiles) -> String {
        let candidates = list.candidates.iter().map(candidate).collect::<Vec<_>>();
        format!("tries {}, then {}", candidates.join(" "), self.fallback(&list.fallback))
    }

    /// Where `try_files` leads at last.
    pub(super) fn fallback(self, fallback: &Fallback) -> String {
        match fallback {
            Fallback::Uri(uri) => wording::value(uri),
            Fallback::Named(id) => self.named(*id),
            Fallback::Status(code) => code.to_string(),
        }
    }

    /// A location as it is written.
    pub(super) fn named(self, id: LocationId) -> String {
        self.places.locations[id as usize].written.clone()
    }

    /// What makes responses; nothing where there are no files.
    fn handles(self, settings: &ir::Settings, handler: &Handler) -> Vec<String> {
        let files = files(self.site, settings);
        match handler {
            Handler::Files => vec![files.unwrap_or_else(|| "no files: no root".to_owned())],
            Handler::Status => vec!["counts of the process".to_owned()],
            Handler::Metrics => vec!["metrics of the process".to_owned()],
            Handler::StatusPage => vec!["a page of what the process does".to_owned()],
            Handler::EmptyGif => vec!["an image of one pixel".to_owned()],
            Handler::Cgi(cgi) => match &cgi.scripts {
                Scripts::Program { program, .. } => {
                    vec![format!("runs {}", self.program(*program))]
                }
                Scripts::ByExtension(rules) => {
                    let rules = rules.iter().map(|rule| self.rule(rule)).collect::<Vec<_>>();
                    [format!("runs {}", rules.join(", "))].into_iter().chain(files).collect()
                }
            },
            Handler::Proxy(proxy) => {
                vec![format!("passes on to {}", wording::target(self.site, proxy))]
            }
            Handler::Upload(upload) => {
                let store = wording::directory(self.site, upload.directory);
                [format!("stores in {store}")].into_iter().chain(files).collect()
            }
            Handler::Dav(dav) => {
                let change = format!("{} change files", wording::methods(dav.methods));
                [change].into_iter().chain(files).collect()
            }
        }
    }

    /// A program as it is written.
    pub(super) fn program(self, id: ProgramId) -> String {
        wording::start_text(self.site, &self.site.programs[usize::from(id)])
    }

    /// Which files are scripts, or which program all is given to.
    pub(crate) fn scripts(self, scripts: &Scripts) -> String {
        match scripts {
            Scripts::Program { program, .. } => self.program(*program),
            Scripts::ByExtension(rules) => {
                rules.iter().map(|rule| self.rule(rule)).collect::<Vec<_>>().join(", ")
            }
        }
    }

    fn rule(self, rule: &ir::CgiRule) -> String {
        let extension = String::from_utf8_lossy(&rule.extension);
        match rule.interpreter {
            Some(id) => format!("*{extension} by {}", self.program(id)),
            None => format!("*{extension}"),
        }
    }

    /// The `error_page`s of a location: the statuses that one target answers, and that target.
    pub(super) fn error_pages(self, id: LocationId) -> Vec<(String, String)> {
        let settings = &self.site.settings[self.site.locations[id as usize].settings];
        self.error_pages_of(&settings.error_pages)
    }

    /// The same of some `error_page`s.
    pub(crate) fn error_pages_of<'p>(
        self,
        all: impl IntoIterator<Item = &'p ir::ErrorPage>,
    ) -> Vec<(String, String)> {
        let mut pages: Vec<(String, String)> = Vec::new();
        for page in all {
            let (status, target) = (page.status.to_string(), self.error_target(page));
            match pages.iter_mut().find(|(_, other)| *other == target) {
                Some((statuses, _)) => *statuses += &format!(" {status}"),
                None => pages.push((status, target)),
            }
        }
        pages
    }

    /// What answers a status in place of its page.
    fn error_target(self, page: &ir::ErrorPage) -> String {
        let target = match &page.target {
            ErrorTarget::Uri(uri) => wording::value(uri),
            ErrorTarget::Named(id) => self.named(*id),
            ErrorTarget::Redirect(target) => format!("redirect to {}", wording::value(target)),
        };
        match page.response {
            ErrorStatus::Keep => target,
            ErrorStatus::Replace(code) => format!("{target} as {code}"),
            ErrorStatus::FromTarget => format!("{target} with its status"),
        }
    }
}

/// A candidate of `try_files`, as it is written.
pub(super) fn candidate(candidate: &ir::Candidate) -> String {
    wording::value(&candidate.path) + if candidate.directory { "/" } else { "" }
}

fn returns(answer: &Return) -> String {
    match answer {
        Return::Status(code) => {
            let reason = status::reason(*code).unwrap_or_default();
            format!("{code} {reason}").trim_end().to_owned()
        }
        Return::Redirect(code, target) => format!("{code} to {}", wording::value(target)),
        Return::Text(code, text) => {
            format!("{code} {:?}", shortened(&wording::value(text), SHOWN_LEN))
        }
        Return::Close => "closes the connection".to_owned(),
    }
}

/// Whether steps end in a `return`, whatever is asked before.
fn always_returns(ops: &[Op]) -> bool {
    let mut rest = ops;
    while let [op, after @ ..] = rest {
        rest = match op {
            Op::Return(_) => return true,
            Op::If { skip, .. } => after.get(*skip..).unwrap_or_default(),
            Op::Break => return false,
            _ => after,
        };
    }
    false
}

fn shortened(text: &str, len: usize) -> String {
    let text = text.trim_end();
    match text.char_indices().nth(len) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// Where files come from.
fn files(site: &ir::Site, settings: &ir::Settings) -> Option<String> {
    let (directive, folder) = wording::base(site, &settings.base)?;
    let listed = if settings.listing.is_some() { ", folders listed" } else { "" };
    Some(match directive {
        "alias" => format!("files of alias {folder}{listed}"),
        _ if folder.is_empty() => format!("files of /{listed}"),
        _ => format!("files of {folder}{listed}"),
    })
}
