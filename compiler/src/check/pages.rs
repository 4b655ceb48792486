//! Pages that the conf itself leads to: whether `error_page` and `try_files` name something that
//! is answered.
//!
//! Looked at once the whole site is resolved, since only then it is known which location
//! serves a page. Nothing is said unless the answer is 404 whatever the request is.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use sitec_runtime::http::method::Method;
use sitec_runtime::pure::is_hidden;
use sitec_runtime::site::{LocationId, ServerId};

use super::exist::listed;
use crate::answer::led::{Led, Outcome};
use crate::answer::{Answers, Step, start_text};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::files::{Files, is_certain};
use crate::ir::{self, Action, Handler, Piece};
use crate::source::Span;
use crate::suggest::closest_file;

/// A URI that the conf leads to.
#[derive(Clone)]
pub(super) struct Page {
    /// The URI, with its arguments as far as they are known.
    uri: Vec<u8>,
    /// Whether that is all of it.
    is_whole: bool,
    /// Where it is written.
    span: Span,
    /// The server that looks it up.
    server: ServerId,
    /// For `try_files`, the location that it is the fallback of.
    fallback_of: Option<LocationId>,
}

impl Page {
    /// The page that a value names, if its path has no variables.
    pub(super) fn new(
        value: &ir::Value,
        span: Span,
        server: ServerId,
        fallback_of: Option<LocationId>,
    ) -> Option<Page> {
        let is_whole = value.literal().is_some();
        let uri = match value.0.first()? {
            Piece::Literal(front) if is_whole || front.contains(&b'?') => front.clone(),
            _ => return None,
        };
        uri.starts_with(b"/").then_some(Page { uri, is_whole, span, server, fallback_of })
    }

    fn code(&self) -> &'static str {
        if self.fallback_of.is_some() { "F04" } else { "F03" }
    }

    fn path(&self) -> &[u8] {
        self.uri.split(|&byte| byte == b'?').next().unwrap_or_default()
    }
}

/// What becomes of a page.
#[derive(Clone)]
enum Found {
    /// Something answers, or it cannot be known.
    Something,
    /// Nothing is there, in this file least of all. Without one, the path cannot lead to any.
    Missing(Option<PathBuf>),
    /// Nobody asks for it.
    Nobody,
}

/// Reports the pages that no server has.
pub(super) fn check_pages(
    pages: &[Page],
    site: &ir::Site,
    folder: &Path,
    files: &dyn Files,
    diagnostics: &mut Diagnostics,
) {
    let answers = Answers::new(site, files, folder);
    let mut lookup = Lookup { site, answers, led: HashMap::new(), folder, files };
    let mut by_place: BTreeMap<Span, Vec<&Page>> = BTreeMap::new();
    for page in pages {
        by_place.entry(page.span).or_default().push(page);
    }
    for pages in by_place.values() {
        let mut missing = None;
        for page in pages {
            match lookup.find(page) {
                Found::Something => {
                    missing = None;
                    break;
                }
                Found::Missing(file) => missing = missing.or(Some((page, file))),
                Found::Nobody => {}
            }
        }
        if let Some((page, file)) = missing {
            diagnostics.push(lookup.report(page, file.as_deref()));
        }
    }
}

/// A server, and a URI with whether it is whole.
type Asked<'a> = (ServerId, &'a [u8], bool);

struct Lookup<'a> {
    site: &'a ir::Site,
    answers: Answers<'a>,
    /// What came of pages that were looked up before: often all locations name the same few.
    led: HashMap<Asked<'a>, (Outcome, Option<PathBuf>)>,
    folder: &'a Path,
    files: &'a dyn Files,
}

impl<'a> Lookup<'a> {
    fn find(&mut self, page: &'a Page) -> Found {
        let key = (page.server, &page.uri[..], page.is_whole);
        if !self.led.contains_key(&key) {
            let led = self.answers.led_to(page.server, &page.uri, page.is_whole);
            let file = led.as_ref().and_then(|led| looked_for(led, page.path()));
            let outcome = led.map_or(Outcome::Answered, |led| led.outcome);
            self.led.insert(key, (outcome, file));
        }
        let (outcome, file) = &self.led[&key];
        let server = &self.site.servers[usize::from(page.server)];
        match outcome {
            Outcome::Returned(location) if *location == server.location => Found::Nobody,
            Outcome::NotFound(_) => self.missing(file.as_deref()),
            // Only a fallback to itself is known to find nothing new.
            Outcome::Endless(first) if page.fallback_of == Some(*first) => {
                self.missing(file.as_deref())
            }
            Outcome::Answered | Outcome::Returned(_) | Outcome::Endless(_) => Found::Something,
        }
    }

    /// A file is not there now; clients may bring it.
    fn missing(&self, file: Option<&Path>) -> Found {
        let is_to_come = |location: &ir::Location| {
            let Action::Serve { handler, .. } = &location.action else { return false };
            let directory = match handler {
                Handler::Upload(upload) => upload.directory,
                Handler::Dav(dav) => {
                    let brings = [Method::Put, Method::Copy, Method::Move];
                    if !brings.iter().any(|&method| dav.methods.contains(method)) {
                        return false;
                    }
                    self.site.settings[location.settings].base.directory
                }
                Handler::Files | Handler::Status | Handler::Cgi(_) => return false,
            };
            let directory = self.site.directories.get(usize::from(directory));
            let directory = directory.map(|text| self.folder.join(start_text(self.site, text)));
            file.zip(directory).is_some_and(|(file, directory)| file.starts_with(directory))
        };
        match self.site.locations.iter().any(is_to_come) {
            true => Found::Something,
            false => Found::Missing(file.map(Path::to_owned)),
        }
    }

    fn report(&self, page: &Page, file: Option<&Path>) -> Diagnostic {
        let path = String::from_utf8_lossy(page.path());
        let message = format!("nothing serves `{path}`");
        let is_certain = file.is_none_or(|file| is_certain(self.files, self.folder, file));
        let file = file.map(|file| match file.strip_prefix(self.folder) {
            Ok(inner) => inner,
            Err(_) => file,
        });
        let diagnostic = match is_certain {
            true => Diagnostic::error(page.code(), page.span, message).allowable(),
            false => Diagnostic::warning(page.code(), page.span, message),
        };
        let diagnostic = diagnostic.of_this_disk(is_certain);
        let Some(file) = file else {
            let why = match is_hidden(page.path()) {
                true => "a name in it begins with a dot, and `hidden_files` is `deny`",
                false => "the path leads to no file",
            };
            return diagnostic.label(why).help("name a page that is served");
        };
        let diagnostic = diagnostic.label(format!("there is no file `{}`", file.display()));
        let (Some(parent), Some(name)) = (file.parent(), file.file_name()) else {
            return diagnostic;
        };
        let listed = listed(self.files, &self.folder.join(parent));
        let names = listed.iter().map(|(name, _)| name.as_str());
        match closest_file(&name.to_string_lossy(), names) {
            Some(meant) if page.is_whole && page.path().ends_with(name.as_encoded_bytes()) => {
                let front = &path[..path.len() - name.len()];
                let args = String::from_utf8_lossy(&page.uri[page.path().len()..]);
                let uri = format!("{front}{meant}{args}");
                diagnostic.patch(format!("did you mean `{uri}`?"), page.span, uri)
            }
            _ => diagnostic.help("make the file, or name one that is there"),
        }
    }
}

/// The file that was looked for: of several, the last that has the path's own name.
fn looked_for(led: &Led, path: &[u8]) -> Option<PathBuf> {
    let mut files = led.steps.iter().filter_map(|step| match step {
        Step::Looked { path, .. } => Some(path),
        _ => None,
    });
    let name = path.rsplit(|&byte| byte == b'/').next().unwrap_or_default();
    let has_name =
        |file: &&PathBuf| file.file_name().is_some_and(|found| found.as_encoded_bytes() == name);
    files.clone().rfind(has_name).or_else(|| files.next_back()).cloned()
}
