//! What becomes of the files that clients write: whether a location runs them, or shows them.
//!
//! Nothing is said where a folder is not known when the site is built.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use sitec_runtime::http::method::Method;
use sitec_runtime::site::{LocationId, ServerId};

use super::Subject;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::ir::{self, Action, FileBase, Handler, Op, Scripts, Test, Wire};
use crate::route::Router;
use crate::source::Span;

/// A location where clients write, and the directive that lets them.
#[derive(Clone, Copy)]
struct Writer {
    location: LocationId,
    span: Span,
}

/// Reports uploads and scripts in one folder, and stores that are public.
pub(super) fn check(subject: &Subject<'_>, diagnostics: &mut Diagnostics) {
    let places = (0..).zip(&subject.places.locations);
    let writers =
        places.filter_map(|(location, place)| Some(Writer { location, span: place.writer? }));
    let writers: Vec<_> = writers.collect();
    if writers.is_empty() {
        return;
    }
    let lookup = Lookup::new(subject);
    let mut reported = BTreeSet::new();
    for writer in &writers {
        for diagnostic in lookup.check(writer) {
            if reported.insert((writer.span, diagnostic.code)) {
                diagnostics.push(diagnostic);
            }
        }
    }
}

struct Lookup<'a> {
    subject: &'a Subject<'a>,
    router: Router<'a>,
    /// The ways from paths to files, by the folder that paths are looked up in: the server, and
    /// what is replaced of a path.
    ways: BTreeMap<PathBuf, BTreeSet<(ServerId, &'a [u8])>>,
    /// The extensions of scripts.
    extensions: BTreeSet<&'a [u8]>,
    /// The folders of locations that run scripts by their extension.
    run_folders: BTreeSet<PathBuf>,
}

/// A location, and the path of a URI by which it gets at a file.
type Taker = (LocationId, String);

impl<'a> Lookup<'a> {
    fn new(subject: &'a Subject<'a>) -> Lookup<'a> {
        let (ways, extensions, run_folders) = Default::default();
        let router = subject.router();
        let mut lookup = Lookup { subject, router, ways, extensions, run_folders };
        for id in 0..subject.site.locations.len() as LocationId {
            if let Some((folder, way)) = lookup.way(id) {
                lookup.ways.entry(folder).or_default().insert(way);
            }
            let extensions = lookup.run_extensions(id);
            if !extensions.is_empty() {
                lookup.run_folders.extend(subject.paths_folder(id));
                lookup.extensions.extend(extensions);
            }
        }
        lookup
    }

    fn check(&self, writer: &Writer) -> Vec<Diagnostic> {
        let Some(written) = self.written_folder(writer.location) else { return Vec::new() };
        if let Some((id, uri)) = self.run(writer.location, &written) {
            return vec![self.runs(writer, id, &uri)];
        }
        if !matches!(self.handler(writer.location), Some(Handler::Upload(_))) {
            return Vec::new();
        }
        let mut served = self.takers(&written, "NAME");
        served.retain(|(id, _)| {
            let is_file =
                |handler: &Handler| !matches!(handler, Handler::Cgi(_) | Handler::Proxy(_));
            self.handler(*id).is_some_and(is_file) && self.is_open(*id)
        });
        let shown = served.iter().find(|(id, _)| !self.is_meant(*id, &written));
        let listed = served.iter().find(|(id, _)| self.subject.settings(*id).listing.is_some());
        let shown = shown.map(|(id, uri)| self.shows(writer, *id, uri));
        let listed = listed.map(|(id, uri)| self.lists(writer, *id, uri));
        shown.into_iter().chain(listed).collect()
    }

    /// The first location that runs what another one writes in a folder. WebDAV writes to the
    /// folders within it too.
    fn run(&self, writer: LocationId, written: &Path) -> Option<Taker> {
        let dav = matches!(self.handler(writer), Some(Handler::Dav(_)));
        let inner = self.run_folders.iter().map(PathBuf::as_path);
        let inner = inner.filter(|folder| dav && folder.starts_with(written));
        let mut found: Vec<Taker> = Vec::new();
        for folder in [written].into_iter().chain(inner) {
            for extension in &self.extensions {
                let shown = String::from_utf8_lossy(extension);
                let takers = self.takers(folder, &format!("x{shown}"));
                let is_writable = !dav || takers.iter().any(|(id, _)| *id == writer);
                let runs = |id: LocationId| self.run_extensions(id).contains(extension);
                found.extend(takers.into_iter().filter(|(id, _)| is_writable && runs(*id)));
                // Where nothing looks whether the script is there, it may be one further up.
                let further = self.takers(folder, &format!("x.jpg/x{shown}"));
                found.extend(further.into_iter().filter(|(id, _)| self.passes_any(*id)));
            }
        }
        found.into_iter().min()
    }

    /// The extensions that a location runs scripts by. What a server is told by FastCGI of a file
    /// of its path is taken for PHP's.
    fn run_extensions(&self, id: LocationId) -> Vec<&'a [u8]> {
        match self.handler(id) {
            Some(Handler::Cgi(ir::Cgi { scripts: Scripts::ByExtension(rules), .. })) => {
                rules.iter().map(|rule| &rule.extension[..]).collect()
            }
            Some(Handler::Proxy(proxy)) if runs_files(&proxy.wire) => vec![b".php"],
            _ => Vec::new(),
        }
    }

    /// Whether a location has scripts run that need not be there.
    fn passes_any(&self, id: LocationId) -> bool {
        let location = self.subject.location(id);
        let looks = |op: &Op| match op {
            Op::If { condition, .. } => matches!(condition.test, Test::Path(..)),
            Op::Set(..) | Op::Rewrite(_) | Op::Return(_) | Op::Break => false,
        };
        match &location.action {
            Action::Serve { handler: Handler::Proxy(proxy), try_files: None } => {
                runs_files(&proxy.wire) && !location.ops.iter().any(looks)
            }
            Action::Serve { .. } | Action::Return(_) => false,
        }
    }

    fn handler(&self, id: LocationId) -> Option<&'a Handler> {
        match &self.subject.location(id).action {
            Action::Serve { handler, .. } => Some(handler),
            Action::Return(_) => None,
        }
    }

    fn base(&self, id: LocationId) -> &'a FileBase {
        &self.subject.settings(id).base
    }

    /// The folder that clients of a location write to.
    fn written_folder(&self, id: LocationId) -> Option<PathBuf> {
        match self.handler(id)?.store() {
            Some(store) => self.subject.directory(store),
            None => {
                self.subject.written_directory(id)?;
                self.subject.paths_folder(id)
            }
        }
    }

    /// How a location gets from paths to files: by which folder, for which server, and what is
    /// replaced of a path.
    fn way(&self, id: LocationId) -> Option<(PathBuf, (ServerId, &'a [u8]))> {
        self.handler(id)?;
        let base = self.base(id);
        let replaced =
            self.subject.places.locations[id as usize].prefix.get(..base.replaced_len)?;
        let server = self.subject.places.locations[id as usize].server;
        Some((self.subject.base_folder(base)?, (server, replaced)))
    }

    /// The locations that get at a file of this name in a folder, in their order: seen by
    /// clients, and not taken by another location.
    fn takers(&self, written: &Path, name: &str) -> Vec<Taker> {
        let file = written.join(name);
        let mut takers = Vec::new();
        for folder in file.ancestors() {
            let Some(ways) = self.ways.get(folder) else { continue };
            let Some(beneath) = file.strip_prefix(folder).ok().and_then(Path::to_str) else {
                continue;
            };
            for (server, replaced) in ways {
                let uri = format!("{}/{beneath}", String::from_utf8_lossy(replaced));
                let id = self.router.location(*server, uri.as_bytes());
                let location = self.subject.location(id);
                let readable = location.methods.contains(Method::Get) && !location.internal;
                let is_its = || {
                    self.way(id).is_some_and(|way| way.0 == folder && way.1 == (*server, replaced))
                };
                if readable && !is_hidden(beneath) && is_its() {
                    takers.push((id, uri));
                }
            }
        }
        takers.sort();
        takers
    }

    /// Whether a location keeps nobody out.
    fn is_open(&self, id: LocationId) -> bool {
        self.subject.settings(id).admission.lets_all_in(&self.subject.site.accesses)
    }

    /// Whether a location says of itself that it shows this folder: by an `alias` to it.
    fn is_meant(&self, id: LocationId, written: &Path) -> bool {
        let base = self.base(id);
        base.alias && self.subject.base_folder(base).is_some_and(|folder| folder == written)
    }

    fn runs(&self, writer: &Writer, id: LocationId, uri: &str) -> Diagnostic {
        let message = format!("what clients write here they could run, as `{uri}`");
        Diagnostic::error("X02", writer.span, message)
            .also(
                self.subject.places.locations[id as usize].span,
                "scripts of this folder are run here",
            )
            .help("give files that are written and scripts a folder each")
    }

    fn shows(&self, writer: &Writer, id: LocationId, uri: &str) -> Diagnostic {
        let message = format!("uploads are public at once, as `{uri}`");
        self.beside(Diagnostic::warning("F08", writer.span, message), writer, id).help(
            "move the folder out of the root; where it is to be seen, say so in a location with \
             `alias`",
        )
    }

    fn lists(&self, writer: &Writer, id: LocationId, uri: &str) -> Diagnostic {
        let folder = uri.strip_suffix("NAME").unwrap_or(uri);
        let message = format!("every upload is listed to everyone, at `{folder}`");
        self.beside(Diagnostic::warning("X04", writer.span, message), writer, id)
            .help("leave `autoindex` off there, or let nobody in who should not see them")
    }

    /// Adds the location that serves uploads, if it is another one.
    fn beside(&self, diagnostic: Diagnostic, writer: &Writer, id: LocationId) -> Diagnostic {
        match id == writer.location {
            true => diagnostic,
            false => diagnostic
                .also(self.subject.places.locations[id as usize].span, "they are served here"),
        }
    }
}

/// Whether the file that is run follows from the path.
fn runs_files(wire: &Wire) -> bool {
    let is_it = |param: &&ir::PassedParam| param.name == b"SCRIPT_FILENAME";
    let script = wire.params().iter().find(is_it).filter(|_| matches!(wire, Wire::Fastcgi(_)));
    script.is_some_and(|param| param.value.literal().is_none())
}

fn is_hidden(path: &str) -> bool {
    path.split('/').any(|name| name.starts_with('.'))
}
