//! Static files and folders: which file a path leads to, its index, its listing.

use std::path::PathBuf;

use sitec_runtime::exchange::Outcome;
use sitec_runtime::http::date;
use sitec_runtime::http::method::Method;
use sitec_runtime::pure::{StatusPart, beside, find_argument, folder_uri, gif, is_callback};
use sitec_runtime::site::{CompressionSettings, ListingFormat};

use super::disk::Found;
use super::world::{Handled, Handling};
use super::{End, Looker, Step};
use crate::files::Kind;
use crate::ir::{FileBase, Piece};

impl<'w, 'a> Handling<'_, 'w, 'a> {
    /// Serves what the path leads to.
    pub(super) fn serve_file(&mut self) -> Handled<'w, 'a> {
        let method = self.method().unwrap_or(Method::Get);
        if !matches!(method, Method::Get | Method::Head | Method::Post | Method::Delete) {
            return self.error(405, format!("files take no {}", method.name()));
        }
        if self.exchange.path().ends_with(b"/") && method != Method::Delete {
            return self.serve_directory();
        }
        if let Some(file) = self.compressed(method) {
            return self.send(file, true);
        }
        let Found { file, kind } = self.look_up_path();
        let found = kind.is_some();
        self.looked(Looker::File, file.clone(), found);
        match (kind, file) {
            (_, Some(file)) if method != Method::Delete && self.is_denied(&file) => self.denied(),
            (Some(Kind::File), Some(_)) if method == Method::Post => {
                self.error(405, "files take no POST")
            }
            (kind, Some(file)) if method == Method::Delete => self.remove(file, kind),
            (Some(Kind::File), Some(file)) => self.send(file, false),
            (Some(Kind::Directory), _) => self.slash_redirect(),
            (Some(Kind::Other), _) => self.error(404, "it is not a regular file"),
            _ => self.error(404, "there is no such file"),
        }
    }

    /// The compressed file that is sent in place of the file: `gzip_static` and its kind.
    fn compressed(&mut self, method: Method) -> Option<PathBuf> {
        if !matches!(method, Method::Get | Method::Head) {
            return None;
        }
        let mut there = Vec::new();
        for coding in self.settings().plain.codings_beside() {
            let (path, appends) = (self.exchange.path(), self.exchange.appends_path());
            let Found { file, kind } = self.view().look_up_with(path, appends, coding.ending());
            let found = kind == Some(Kind::File);
            self.looked(Looker::File, file.clone(), found);
            there.extend(file.filter(|_| found).map(|file| (coding, file)));
        }
        if there.is_empty() {
            return None;
        }
        let settings = self.settings();
        let compression = settings.compression.as_ref();
        let compression = compression.map_or(CompressionSettings::DEFAULT, |found| found.plain);
        let codings: Vec<_> = there.iter().map(|(coding, _)| *coding).collect();
        let chosen = beside(&settings.plain, &compression, &self.exchange.head, &codings);
        if let Some(coding) = chosen.coding {
            self.field("Content-Encoding", coding.name());
        }
        if chosen.varies {
            self.field("Vary", "Accept-Encoding");
        }
        let file = there.into_iter().find(|(coding, _)| chosen.coding == Some(*coding));
        file.map(|(_, file)| file)
    }

    /// The first of `index` that is there, by an internal redirect.
    fn serve_directory(&mut self) -> Handled<'w, 'a> {
        if self.settings().random_index {
            self.world.doubt("which file `random_index` draws".to_owned());
        }
        for name in &self.settings().index {
            let name = self.view().value(name);
            if name.starts_with(b"/") {
                return self.index(name);
            }
            let path = [self.exchange.path(), &name].concat();
            let base = &self.settings().base;
            let found = match base.append_path {
                true => self.view().look_up(&path, self.exchange.appends_path()),
                // The `alias` is complete, and the directory itself. Only behind a slash is the
                // name of an index beneath it.
                false if !self.alias_ends_with_slash(base) => continue,
                false => self.view().look_up(&path[self.exchange.path().len() - 1..], true),
            };
            let there = found.kind.is_some();
            if !there && found.file.as_deref().is_some_and(|file| self.is_denied(file)) {
                return self.denied();
            }
            self.looked(Looker::Index, found.file, there);
            if there {
                return self.index(path);
            }
        }
        let Found { file, kind } = self.look_up_path();
        let posted = self.method() == Some(Method::Post);
        match (kind, file, self.settings().listing) {
            (Some(Kind::Directory), _, Some(_)) if posted => {
                self.error(405, "a list takes no POST")
            }
            (Some(Kind::Directory), Some(folder), Some(_)) if self.is_denied(&folder) => {
                self.denied()
            }
            (Some(Kind::Directory), Some(folder), Some(listing)) => {
                self.list(folder, listing.format)
            }
            (Some(Kind::Directory), ..) => self.error(403, "the folder has no index"),
            _ => self.error(404, "there is no such folder"),
        }
    }

    /// Whether an `alias` ends with a slash, as the conf and the request make it.
    fn alias_ends_with_slash(&self, base: &FileBase) -> bool {
        let is_literal = |piece: &Piece| matches!(piece, Piece::Literal(_));
        if base.slash || base.inner.0.iter().all(is_literal) {
            return base.slash;
        }
        let inner = self.view().value(&base.inner);
        inner.is_empty() || inner.ends_with(b"/")
    }

    /// The listing of a folder.
    fn list(&mut self, folder: PathBuf, format: ListingFormat) -> Handled<'w, 'a> {
        let callback =
            find_argument(self.exchange.args(), b"callback").unwrap_or_default().to_vec();
        if matches!(format, ListingFormat::Jsonp) && !is_callback(&callback) {
            return self.error(400, "`callback` is not the name of a function");
        }
        let media_type = match format {
            ListingFormat::Html => "text/html",
            ListingFormat::Jsonp if !callback.is_empty() => "application/javascript",
            ListingFormat::Json | ListingFormat::Jsonp => "application/json",
            ListingFormat::Xml => "text/xml; charset=utf-8",
        };
        self.field("Content-Type", media_type);
        self.known_or_not("Content-Length", None);
        self.respond(200, End::Listing(folder))
    }

    /// `status_page`.
    pub(super) fn status_page(&mut self) -> Handled<'w, 'a> {
        let accept = self.exchange.head.fields().first(b"accept").unwrap_or_default();
        let part = StatusPart::of(self.exchange.args(), accept);
        self.counts(part.media_type())
    }

    /// `stub_status` and its like, whose content is of this type.
    pub(super) fn counts(&mut self, media_type: &str) -> Handled<'w, 'a> {
        self.field("Content-Type", media_type);
        self.known_or_not("Content-Length", None);
        self.respond(200, End::Counts)
    }

    /// `empty_gif`.
    pub(super) fn gif(&mut self) -> Handled<'w, 'a> {
        let since = self.settings().if_modified_since;
        let status = gif::status(&self.exchange.head, self.exchange.is_conditional(), since);
        if status == 412 {
            return self.error(412, "a condition of the request does not hold");
        }
        if status == 200 {
            self.field("Content-Type", "image/gif");
            self.field("Content-Length", gif::GIF.len().to_string());
        }
        if matches!(self.exchange.status_of(status), 200 | 304) {
            self.field("Last-Modified", date::format(gif::MODIFIED_S));
        }
        self.respond(status, End::Text(if status == 200 { gif::GIF.to_vec() } else { Vec::new() }))
    }

    fn index(&mut self, path: Vec<u8>) -> Handled<'w, 'a> {
        self.world.steps.push(Step::Redirect { by: Looker::Index, uri: path.clone() });
        Outcome::Path(path)
    }

    /// A directory without its slash: 301 to the path with it.
    fn slash_redirect(&mut self) -> Handled<'w, 'a> {
        let location = folder_uri(self.exchange.path(), self.exchange.args());
        self.world.reason = "it is a folder, and the path has no slash at its end".to_owned();
        Outcome::Redirect(301, location)
    }

    /// What the path of the request leads to.
    pub(super) fn look_up_path(&self) -> Found {
        self.view().look_up(self.exchange.path(), self.exchange.appends_path())
    }
}
