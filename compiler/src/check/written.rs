//! What becomes of the files that clients write: whether a location runs them, or shows them.
//!
//! Looked at once the whole site is resolved, since only then it is known which location takes
//! a path. Nothing is said where a folder is not known when the site is built.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use sitec_runtime::http::method::Method;
use sitec_runtime::site::{DirectoryId, LocationId};

use super::text::literal;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::ir::{self, Action, FileBase, Handler, Scripts, StartPiece};
use crate::places::Places;
use crate::route::Router;
use crate::source::Span;

/// A location where clients write.
pub(super) struct Writer {
    pub(super) location: LocationId,
    /// The directive that lets them.
    pub(super) span: Span,
}

/// Reports uploads and scripts in one folder, and stores that are public.
pub(super) fn check_writers(
    writers: &[Writer],
    site: &ir::Site,
    (places, prefixes): (&Places, &[Vec<u8>]),
    folder: &Path,
    diagnostics: &mut Diagnostics,
) {
    if writers.is_empty() {
        return;
    }
    let lookup = Lookup { site, places, prefixes, folder, router: Router::new(site) };
    let mut reported = BTreeSet::new();
    for writer in writers {
        for diagnostic in lookup.check(writer) {
            if reported.insert((writer.span, diagnostic.code)) {
                diagnostics.push(diagnostic);
            }
        }
    }
}

struct Lookup<'a> {
    site: &'a ir::Site,
    places: &'a Places,
    /// What the paths of each location begin with; empty where that is not known.
    prefixes: &'a [Vec<u8>],
    folder: &'a Path,
    router: Router<'a>,
}

impl Lookup<'_> {
    fn check(&self, writer: &Writer) -> Vec<Diagnostic> {
        let Some(written) = self.written_folder(writer.location) else { return Vec::new() };
        let locations = || 0..self.site.locations.len() as LocationId;
        if let Some((id, uri)) =
            locations().find_map(|id| Some((id, self.run(writer.location, &written, id)?)))
        {
            return vec![self.runs(writer, id, &uri)];
        }
        if !matches!(self.handler(writer.location), Some(Handler::Upload(_))) {
            return Vec::new();
        }
        let served = |id| {
            let handler = self.handler(id).filter(|handler| !matches!(handler, Handler::Cgi(_)));
            handler.and_then(|_| self.uri_of(id, &written, "NAME"))
        };
        let shown = |id| (!self.is_meant(id, &written)).then(|| served(id)).flatten();
        let listed = |id| self.settings(id).listing.as_ref().and_then(|_| served(id));
        let shown = locations().find_map(|id| Some(self.shows(writer, id, &shown(id)?)));
        let listed = locations().find_map(|id| Some(self.lists(writer, id, &listed(id)?)));
        shown.into_iter().chain(listed).collect()
    }

    /// The path of a URI by which a location runs what another one writes in a folder. WebDAV
    /// writes to the folders within it too.
    fn run(&self, writer: LocationId, written: &Path, runner: LocationId) -> Option<String> {
        let Handler::Cgi(ir::Cgi { scripts: Scripts::ByExtension(rules), .. }) =
            self.handler(runner)?
        else {
            return None;
        };
        let names =
            rules.iter().map(|rule| format!("x{}", String::from_utf8_lossy(&rule.extension)));
        let dav = matches!(self.handler(writer), Some(Handler::Dav(_)));
        let inner =
            self.prefixed_folder(runner).filter(|folder| dav && folder.starts_with(written));
        let folders: Vec<_> = [Some(written.to_owned()), inner].into_iter().flatten().collect();
        let reaches =
            |folder: &Path, name: &str| !dav || self.uri_of(writer, folder, name).is_some();
        names
            .flat_map(|name| folders.iter().map(move |folder| (folder, name.clone())))
            .filter(|(folder, name)| reaches(folder, name))
            .find_map(|(folder, name)| self.uri_of(runner, folder, &name))
    }

    fn handler(&self, id: LocationId) -> Option<&Handler> {
        match &self.site.locations[id as usize].action {
            Action::Serve { handler, .. } => Some(handler),
            Action::Return(_) => None,
        }
    }

    fn settings(&self, id: LocationId) -> &ir::Settings {
        &self.site.settings[self.site.locations[id as usize].settings]
    }

    fn base(&self, id: LocationId) -> &FileBase {
        &self.settings(id).base
    }

    /// The folder that clients of a location write to.
    fn written_folder(&self, id: LocationId) -> Option<PathBuf> {
        match self.handler(id)? {
            Handler::Upload(upload) => self.directory(upload.directory),
            Handler::Dav(_) => self.prefixed_folder(id),
            Handler::Cgi(_) | Handler::Files | Handler::Status => None,
        }
    }

    /// The folder that the paths of a location lie in.
    fn prefixed_folder(&self, id: LocationId) -> Option<PathBuf> {
        let base = self.base(id);
        let rest = self.prefixes[id as usize].get(base.replaced_len..)?;
        let rest = std::str::from_utf8(rest).ok()?.trim_matches('/');
        Some(plain(&self.base_folder(base)?.join(rest)))
    }

    /// The folder that paths are looked up in.
    fn base_folder(&self, base: &FileBase) -> Option<PathBuf> {
        let plain = literal(&base.inner)?.is_empty() && base.append_path;
        plain.then(|| self.directory(base.directory)).flatten()
    }

    fn directory(&self, id: DirectoryId) -> Option<PathBuf> {
        match &self.site.directories.get(usize::from(id))?[..] {
            [StartPiece::Literal(only)] => Some(plain(&self.folder.join(only))),
            _ => None,
        }
    }

    /// The path of a URI by which a location gets at a file of this name in a folder, if there
    /// is one: seen by clients, and not taken by another location.
    fn uri_of(&self, id: LocationId, written: &Path, name: &str) -> Option<String> {
        let (location, base) = (&self.site.locations[id as usize], self.base(id));
        let file = written.join(name);
        let beneath = file.strip_prefix(self.base_folder(base)?).ok()?.to_str()?;
        let hidden = beneath.split('/').any(|name| name.starts_with('.'));
        let replaced = self.prefixes[id as usize].get(..base.replaced_len)?;
        let uri = format!("{}/{beneath}", std::str::from_utf8(replaced).ok()?);
        let server = self.places.locations[id as usize].server;
        let reaches = || self.router.location(server, uri.as_bytes()) == id;
        let readable = location.methods.contains(Method::Get) && !location.internal && !hidden;
        (readable && reaches()).then_some(uri)
    }

    /// Whether a location says of itself that it shows this folder: by an `alias` to it.
    fn is_meant(&self, id: LocationId, written: &Path) -> bool {
        let base = self.base(id);
        base.alias && self.base_folder(base).is_some_and(|folder| folder == written)
    }

    fn runs(&self, writer: &Writer, id: LocationId, uri: &str) -> Diagnostic {
        let message = format!("what clients write here they could run, as `{uri}`");
        Diagnostic::error("X02", writer.span, message)
            .also(self.places.locations[id as usize].span, "scripts of this folder are run here")
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
            false => {
                diagnostic.also(self.places.locations[id as usize].span, "they are served here")
            }
        }
    }
}

/// A path in the one form that all have.
fn plain(path: &Path) -> PathBuf {
    path.components().filter(|component| *component != Component::CurDir).collect()
}
