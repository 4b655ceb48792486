//! Pages that the conf itself leads to: whether `error_page` and `try_files` name files that
//! are there.
//!
//! Looked at once the whole site is resolved, since only then it is known which location
//! serves a page. Nothing is said where that depends on the request.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use sitec_runtime::site::{LocationId, ServerId};

use super::exist::listed;
use super::text::literal;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::files::{Files, Kind};
use crate::ir::{self, Action, Candidate, FileBase, Piece, StartPiece, Variable};
use crate::route::Router;
use crate::source::Span;
use crate::suggest::closest;

/// A URI that the conf leads to.
#[derive(Clone)]
pub(super) struct Page {
    /// The path, without arguments.
    path: Vec<u8>,
    /// Where it is written.
    span: Span,
    /// The server that looks it up.
    server: ServerId,
    /// For `try_files`, the location that it is the fallback of.
    fallback_of: Option<LocationId>,
}

impl Page {
    /// The page that a value names, if it has no variables and is a path.
    pub(super) fn new(
        value: &ir::Value,
        span: Span,
        server: ServerId,
        fallback_of: Option<LocationId>,
    ) -> Option<Page> {
        let path = literal(value)?.split(|&byte| byte == b'?').next()?;
        let path = path.starts_with(b"/").then(|| path.to_vec())?;
        Some(Page { path, span, server, fallback_of })
    }

    fn code(&self) -> &'static str {
        if self.fallback_of.is_some() { "F04" } else { "F03" }
    }
}

/// What becomes of a page.
enum Found {
    /// Something answers, or it cannot be known.
    Something,
    /// It is this file beneath the site's folder (or elsewhere, if absolute), and not there.
    Missing(String),
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
    let (router, routed) = (Router::new(site), RefCell::default());
    let lookup = Lookup { site, router, routed, folder, files };
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
            diagnostics.push(lookup.report(page, &file));
        }
    }
}

struct Lookup<'a> {
    site: &'a ir::Site,
    router: Router<'a>,
    /// Where paths lead that were looked up before: often all locations name the same few.
    routed: RefCell<HashMap<(ServerId, &'a [u8]), LocationId>>,
    folder: &'a Path,
    files: &'a dyn Files,
}

impl<'a> Lookup<'a> {
    fn find(&self, page: &'a Page) -> Found {
        let id = *self
            .routed
            .borrow_mut()
            .entry((page.server, &page.path))
            .or_insert_with(|| self.router.location(page.server, &page.path));
        let server = &self.site.servers[usize::from(page.server)];
        let location = &self.site.locations[id as usize];
        let base = &self.site.settings[location.settings].base;
        match &location.action {
            Action::Return(_) if id == server.location => Found::Nobody,
            Action::Serve { try_files: None, .. } => self.file(base, &page.path),
            // Only a fallback to itself is known to find nothing new.
            Action::Serve { try_files: Some(try_files), .. } if page.fallback_of == Some(id) => {
                let mut last = Found::Something;
                for candidate in &try_files.candidates {
                    match tried(candidate, &page.path) {
                        // Beneath an `alias` a name may stand for several files.
                        Some(path) if base.alias && path != page.path => return Found::Something,
                        Some(path) => match self.file(base, &path) {
                            Found::Missing(file) => last = Found::Missing(file),
                            found => return found,
                        },
                        None if candidate.directory => {}
                        None => return Found::Something,
                    }
                }
                last
            }
            _ => Found::Something,
        }
    }

    /// Whether the file of `path` is there.
    fn file(&self, base: &FileBase, path: &[u8]) -> Found {
        let directory = self.site.directories.get(usize::from(base.directory));
        let Some([StartPiece::Literal(directory)]) = directory.map(Vec::as_slice) else {
            return Found::Something;
        };
        let rest = if base.append_path { path.get(base.replaced_len..) } else { Some(&b""[..]) };
        let (Some(inner), Some(rest)) = (literal(&base.inner), rest) else {
            return Found::Something;
        };
        let parts = [directory.as_bytes(), inner, rest].map(String::from_utf8_lossy);
        let [directory, inner, rest] = parts;
        let mut file = Path::new(&*directory).to_owned();
        for part in [inner.trim_matches('/'), rest.trim_matches('/')] {
            if !part.is_empty() {
                file.push(part);
            }
        }
        // A folder that this machine does not have was reported where it is named.
        let known = self.files.kind(&self.folder.join(&*directory)) == Some(Kind::Directory);
        match self.files.kind(&self.folder.join(&file)) {
            None if known => Found::Missing(file.to_string_lossy().into_owned()),
            _ => Found::Something,
        }
    }

    fn report(&self, page: &Page, file: &str) -> Diagnostic {
        let shown = String::from_utf8_lossy(&page.path);
        let message = format!("nothing serves `{shown}`");
        let diagnostic = match Path::new(file).is_relative() || self.files.knows_all() {
            true => Diagnostic::error(page.code(), page.span, message),
            false => Diagnostic::warning(page.code(), page.span, message),
        };
        let diagnostic = diagnostic.label(format!("there is no file `{file}`"));
        let (Some(parent), Some(name)) = (Path::new(file).parent(), Path::new(file).file_name())
        else {
            return diagnostic;
        };
        let listed = listed(self.files, &self.folder.join(parent));
        let names = listed.iter().map(|(name, _)| name.as_str());
        match closest(&name.to_string_lossy(), names) {
            Some(meant) => {
                let end = shown.len() - name.len().min(shown.len());
                let uri = format!("{}{meant}", &shown[..end]);
                diagnostic.patch(format!("did you mean `{uri}`?"), page.span, uri)
            }
            None => diagnostic.help("make the file, or name one that is there"),
        }
    }
}

/// The path of a file that `try_files` looks for where the request's is `path`; `None` for a
/// folder and for what depends on more than the path.
fn tried(candidate: &Candidate, path: &[u8]) -> Option<Vec<u8>> {
    let mut tried = Vec::new();
    for piece in &candidate.path.0 {
        match piece {
            Piece::Literal(bytes) => tried.extend_from_slice(bytes),
            Piece::Variable(Variable::Simple("uri" | "document_uri")) => {
                tried.extend_from_slice(path);
            }
            _ => return None,
        }
    }
    (!candidate.directory).then_some(tried)
}
