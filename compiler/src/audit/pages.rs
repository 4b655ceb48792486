//! Pages that the conf itself leads to: whether `error_page` and `try_files` name something that
//! is answered.
//!
//! Nothing is said unless the answer is 404 whatever the request is.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use sitec_runtime::http::method::Method;
use sitec_runtime::pure::is_hidden;
use sitec_runtime::site::{LocationId, ServerId};

use super::Subject;
use crate::answer::led::{Led, Outcome};
use crate::answer::{Answers, Step, start_text};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::files::listed;
use crate::ir::{self, Action, Handler, Piece};
use crate::places::PagePlace;
use crate::source::Span;
use crate::suggest::closest_file;

/// A page that the conf leads to, as far as its path has no variables.
struct Page<'a> {
    place: &'a PagePlace,
    /// The URI, with its arguments as far as they are known.
    uri: &'a [u8],
    /// Whether that is all of it.
    is_whole: bool,
}

impl<'a> Page<'a> {
    fn new(place: &'a PagePlace) -> Option<Page<'a>> {
        let is_whole = place.uri.literal().is_some();
        let uri = match place.uri.0.first()? {
            Piece::Literal(front) if is_whole || front.contains(&b'?') => &front[..],
            _ => return None,
        };
        uri.starts_with(b"/").then_some(Page { place, uri, is_whole })
    }

    fn code(&self) -> &'static str {
        if self.place.fallback_of.is_some() { "F04" } else { "F03" }
    }

    fn path(&self) -> &'a [u8] {
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
pub(super) fn check(subject: &Subject<'_>, diagnostics: &mut Diagnostics) {
    let answers = Answers::new(subject.site, subject.files, subject.folder);
    let mut lookup = Lookup { subject, answers, led: HashMap::new() };
    let mut by_place: BTreeMap<Span, Vec<Page<'_>>> = BTreeMap::new();
    for page in subject.places.pages.iter().filter_map(Page::new) {
        by_place.entry(page.place.span).or_default().push(page);
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
    subject: &'a Subject<'a>,
    answers: Answers<'a>,
    /// What came of pages that were looked up before: often all locations name the same few.
    led: HashMap<Asked<'a>, (Outcome, Option<PathBuf>)>,
}

impl<'a> Lookup<'a> {
    fn find(&mut self, page: &Page<'a>) -> Found {
        let key = (page.place.server, page.uri, page.is_whole);
        if !self.led.contains_key(&key) {
            let led = self.answers.led_to(page.place.server, page.uri, page.is_whole);
            let file = led.as_ref().and_then(|led| looked_for(led, page.path()));
            let outcome = led.map_or(Outcome::Answered, |led| led.outcome);
            self.led.insert(key, (outcome, file));
        }
        let (outcome, file) = &self.led[&key];
        let server = &self.subject.site.servers[usize::from(page.place.server)];
        match outcome {
            Outcome::Returned(location) if *location == server.location => Found::Nobody,
            Outcome::NotFound(_) => self.missing(file.as_deref()),
            // Only a fallback to itself is known to find nothing new.
            Outcome::Endless(first) if page.place.fallback_of == Some(*first) => {
                self.missing(file.as_deref())
            }
            Outcome::Answered | Outcome::Returned(_) | Outcome::Endless(_) => Found::Something,
        }
    }

    /// A file is not there now; clients may bring it.
    fn missing(&self, file: Option<&Path>) -> Found {
        let brings = |location: &ir::Location| match &location.action {
            Action::Serve { handler: Handler::Dav(dav), .. } => {
                let brings = [Method::Put, Method::Copy, Method::Move];
                brings.iter().any(|&method| dav.methods.contains(method))
            }
            _ => true,
        };
        let site = self.subject.site;
        let is_to_come = |id: LocationId| {
            let directory = self.subject.written_directory(id);
            let directory = directory.filter(|_| brings(self.subject.location(id)));
            let text = directory.and_then(|id| site.directories.get(usize::from(id)));
            let directory = text.map(|text| self.subject.folder.join(start_text(site, text)));
            file.zip(directory).is_some_and(|(file, directory)| file.starts_with(directory))
        };
        match (0..site.locations.len() as LocationId).any(is_to_come) {
            true => Found::Something,
            false => Found::Missing(file.map(Path::to_owned)),
        }
    }

    fn report(&self, page: &Page<'_>, file: Option<&Path>) -> Diagnostic {
        let path = String::from_utf8_lossy(page.path());
        let message = format!("nothing serves `{path}`");
        let is_certain = file.is_none_or(|file| self.subject.is_certain(file));
        let file = file.map(|file| match file.strip_prefix(self.subject.folder) {
            Ok(inner) => inner,
            Err(_) => file,
        });
        let diagnostic = match is_certain {
            true => Diagnostic::error(page.code(), page.place.span, message).allowable(),
            false => Diagnostic::warning(page.code(), page.place.span, message),
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
        let listed = listed(self.subject.files, &self.subject.folder.join(parent));
        let names = listed.iter().map(|(name, _)| name.as_str());
        match closest_file(&name.to_string_lossy(), names) {
            Some(meant) if page.is_whole && page.path().ends_with(name.as_encoded_bytes()) => {
                let front = &path[..path.len() - name.len()];
                let args = String::from_utf8_lossy(&page.uri[page.path().len()..]);
                let uri = format!("{front}{meant}{args}");
                diagnostic.patch(format!("did you mean `{uri}`?"), page.place.span, uri)
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
