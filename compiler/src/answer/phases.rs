//! What one location makes of a request, in the order of nginx's phases.

use std::path::PathBuf;

use sitec_runtime::http::body::Framing;
use sitec_runtime::http::method::Method;
use sitec_runtime::http::status;
use sitec_runtime::pure::{accepts_gzip, escape_path, find_argument, is_callback};
use sitec_runtime::site::{GzipStatic, ListingFormat};

use super::disk::Found;
use super::walk::{Next, Walk};
use super::{End, Field, Looker, Step};
use crate::files::Kind;
use crate::ir::{self, Action, Fallback, FileBase, Handler, Piece, Return, TryFiles};

impl<'a> Walk<'_, 'a> {
    /// Asks the location that the request has come to.
    pub(super) fn ask(&mut self, location: &'a ir::Location) -> Next {
        if location.internal && !self.internal {
            return self.error(404, "`internal`: no client may come here".to_owned());
        }
        let limit = self.settings().client_max_body_size;
        if let Framing::Length(len) = self.head.framing
            && !self.internal
            && len > limit
        {
            let reason = format!("the content has {len} bytes; `client_max_body_size` is {limit}");
            return self.error(413, reason);
        }
        if self.keeps_out(location) {
            return self.error(403, "`deny` keeps the client out".to_owned());
        }
        let allowed = self.method().is_some_and(|method| location.methods.contains(method));
        if !allowed && location.methods_named {
            return self.not_allowed(location);
        }
        match &location.action {
            Action::Return(answer) => self.answer(answer),
            Action::Serve { try_files, handler } => {
                let fallback = try_files.as_ref().and_then(|list| self.try_files(list));
                // To a POST, what is not there is 404; a file itself refuses it.
                let posted = self.method() == Some(Method::Post) && *handler == Handler::Files;
                fallback.unwrap_or_else(|| match allowed || posted {
                    true => self.handle(handler),
                    false => self.not_allowed(location),
                })
            }
        }
    }

    fn not_allowed(&mut self, location: &ir::Location) -> Next {
        self.error(405, format!("the methods here are {}", location.methods.allow()))
    }

    fn handle(&mut self, handler: &'a Handler) -> Next {
        match handler {
            Handler::Files => self.serve_file(),
            Handler::Status => self.counts(),
            Handler::Upload(upload) => self.upload(upload),
            Handler::Dav(dav) => self.dav(dav),
            Handler::Cgi(cgi) => self.script(cgi).unwrap_or_else(|| self.serve_file()),
        }
    }

    /// A `return`.
    fn answer(&mut self, answer: &'a Return) -> Next {
        match answer {
            Return::Close => Next::End(End::Close),
            Return::Status(code) => self.error(*code, "`return` says so".to_owned()),
            // The value may name the status.
            Return::Redirect(code, target) => {
                self.status = self.status_override.unwrap_or(*code);
                let target = self.value(target);
                self.redirect_by_return(*code, &target)
            }
            Return::Text(code, value) => {
                self.status = self.status_override.unwrap_or(*code);
                let text = self.value(value);
                self.text(*code, text)
            }
        }
    }

    /// A response made of a text of the conf.
    fn text(&mut self, code: u16, text: Vec<u8>) -> Next {
        self.status = match self.status_override {
            Some(status) if !status::is_redirect(code) => status,
            _ => code,
        };
        if !status::has_no_content(code) {
            let media_type = self.media_type();
            if !media_type.is_empty() {
                self.field("Content-Type", media_type);
            }
            self.field("Content-Length", text.len().to_string());
        }
        self.end(End::Text(text))
    }

    /// `try_files`: `None` where the path, perhaps a new one, is to be served here.
    fn try_files(&mut self, list: &'a TryFiles) -> Option<Next> {
        if list.candidates.iter().any(|candidate| self.try_one(candidate)) {
            return None;
        }
        Some(match &list.fallback {
            Fallback::Status(code) => {
                self.error(*code, "`try_files` has found nothing else".to_owned())
            }
            Fallback::Named(id) => Next::Location(*id),
            Fallback::Uri(value) => {
                let uri = self.target(value);
                self.set_uri(&uri);
                self.steps.push(Step::Redirect { by: Looker::TryFiles, uri });
                Next::Path
            }
        })
    }

    /// Whether a candidate of `try_files` is there; if so, the path is its from now on.
    fn try_one(&mut self, candidate: &'a ir::Candidate) -> bool {
        let base = &self.settings().base;
        let front = self.path.get(..base.replaced_len).unwrap_or_default().to_vec();
        let mut path = self.value(&candidate.path);
        // Beneath an `alias`, a candidate names the whole path of the URI or what is left of it.
        let computed = candidate.path.0.iter().any(|piece| !matches!(piece, ir::Piece::Literal(_)));
        let within = |path: &[u8]| {
            path.strip_prefix(&front[..]).is_some_and(|rest| rest.is_empty() || rest[0] == b'/')
        };
        let names_all = computed && within(&path);
        if !front.is_empty() && !names_all {
            let slash: &[u8] = if path.is_empty() || path[0] == b'/' { b"" } else { b"/" };
            path = [&front[..], slash, &path].concat();
        }
        let complete = base.alias && !base.append_path;
        let found = self.look_up(&path, self.append_path || complete);
        let there = match found.kind {
            Some(kind) => (kind == Kind::Directory) == candidate.directory,
            None => false,
        };
        let by = Looker::TryFiles;
        let slash = |file: PathBuf| if candidate.directory { file.join("") } else { file };
        self.steps.extend(found.file.map(|file| Step::Looked {
            by,
            path: slash(file),
            found: there,
        }));
        if there {
            // Of an alias that is complete, nginx takes on a file and leaves a directory.
            let taken = !(complete && candidate.directory);
            self.append_path = complete && taken;
            if taken {
                self.path = path;
            }
        }
        there
    }

    /// Serves what the path leads to.
    pub(super) fn serve_file(&mut self) -> Next {
        let method = self.method().unwrap_or(Method::Get);
        if !matches!(method, Method::Get | Method::Head | Method::Post | Method::Delete) {
            return self.error(405, format!("files take no {}", method.name()));
        }
        if self.path.ends_with(b"/") && method != Method::Delete {
            return self.serve_directory();
        }
        if let Some(file) = self.compressed(method) {
            return self.send(file, true);
        }
        let Found { file, kind } = self.look_up(&self.path.clone(), self.append_path);
        let found = kind.is_some();
        self.steps.extend(file.clone().map(|path| Step::Looked { by: Looker::File, path, found }));
        match (kind, file) {
            (_, Some(file)) if method != Method::Delete && self.is_denied(&file) => self.denied(),
            (Some(Kind::File), Some(_)) if method == Method::Post => {
                self.error(405, "files take no POST".to_owned())
            }
            (kind, Some(file)) if method == Method::Delete => self.remove(file, kind),
            (Some(Kind::File), Some(file)) => self.send(file, false),
            (Some(Kind::Directory), _) => self.slash_redirect(),
            (Some(Kind::Other), _) => self.error(404, "it is not a regular file".to_owned()),
            _ => self.error(404, "there is no such file".to_owned()),
        }
    }

    /// The `.gz` file that `gzip_static` sends in place of the file.
    fn compressed(&mut self, method: Method) -> Option<PathBuf> {
        let gzip_static = self.settings().gzip_static;
        if gzip_static == GzipStatic::Off || !matches!(method, Method::Get | Method::Head) {
            return None;
        }
        let Found { file, kind } = self.look_up_with(&self.path.clone(), self.append_path, ".gz");
        let (by, found) = (Looker::File, kind == Some(Kind::File));
        self.steps.extend(file.clone().map(|path| Step::Looked { by, path, found }));
        let file = file.filter(|_| found)?;
        let chosen = gzip_static == GzipStatic::Always || accepts_gzip(&self.head);
        if chosen {
            self.field("Content-Encoding", "gzip");
        }
        if gzip_static == GzipStatic::On {
            self.field("Vary", "Accept-Encoding");
        }
        chosen.then_some(file)
    }

    /// The first of `index` that is there, by an internal redirect.
    fn serve_directory(&mut self) -> Next {
        for name in &self.settings().index {
            let name = self.value(name);
            if name.starts_with(b"/") {
                return self.index(name);
            }
            let path = [&self.path[..], &name].concat();
            let base = &self.settings().base;
            let found = match base.append_path {
                true => self.look_up(&path, self.append_path),
                // The `alias` is complete, and the directory itself. Only behind a slash is the
                // name of an index beneath it.
                false if !self.alias_ends_with_slash(base) => continue,
                false => self.look_up(&path[self.path.len() - 1..], true),
            };
            let there = found.kind.is_some();
            if !there && found.file.as_deref().is_some_and(|file| self.is_denied(file)) {
                return self.denied();
            }
            let by = Looker::Index;
            self.steps.extend(found.file.map(|path| Step::Looked { by, path, found: there }));
            if there {
                return self.index(path);
            }
        }
        let Found { file, kind } = self.look_up(&self.path.clone(), self.append_path);
        let posted = self.method() == Some(Method::Post);
        match (kind, file, self.settings().listing) {
            (Some(Kind::Directory), _, Some(_)) if posted => {
                self.error(405, "a list takes no POST".to_owned())
            }
            (Some(Kind::Directory), Some(folder), Some(_)) if self.is_denied(&folder) => {
                self.denied()
            }
            (Some(Kind::Directory), Some(folder), Some(listing)) => {
                self.list(folder, listing.format)
            }
            (Some(Kind::Directory), ..) => self.error(403, "the folder has no index".to_owned()),
            _ => self.error(404, "there is no such folder".to_owned()),
        }
    }

    /// Whether an `alias` ends with a slash, as the conf and the request make it.
    fn alias_ends_with_slash(&self, base: &FileBase) -> bool {
        let is_literal = |piece: &Piece| matches!(piece, Piece::Literal(_));
        if base.slash || base.inner.0.iter().all(is_literal) {
            return base.slash;
        }
        let inner = self.value(&base.inner);
        inner.is_empty() || inner.ends_with(b"/")
    }

    /// The listing of a folder.
    fn list(&mut self, folder: PathBuf, format: ListingFormat) -> Next {
        let callback = find_argument(&self.args, b"callback").unwrap_or_default().to_vec();
        if matches!(format, ListingFormat::Jsonp) && !is_callback(&callback) {
            return self.error(400, "`callback` is not the name of a function".to_owned());
        }
        self.status = self.status_override.unwrap_or(200);
        let media_type = match format {
            ListingFormat::Html => "text/html",
            ListingFormat::Jsonp if !callback.is_empty() => "application/javascript",
            ListingFormat::Json | ListingFormat::Jsonp => "application/json",
            ListingFormat::Xml => "text/xml; charset=utf-8",
        };
        self.field("Content-Type", media_type);
        self.fields.push(Field { name: "Content-Length".to_owned(), value: None });
        self.end(End::Listing(folder))
    }

    /// `stub_status`.
    fn counts(&mut self) -> Next {
        self.status = self.status_override.unwrap_or(200);
        self.field("Content-Type", "text/plain");
        self.fields.push(Field { name: "Content-Length".to_owned(), value: None });
        self.end(End::Counts)
    }

    fn index(&mut self, path: Vec<u8>) -> Next {
        self.path = path.clone();
        self.steps.push(Step::Redirect { by: Looker::Index, uri: path });
        Next::Path
    }

    /// A directory without its slash: 301 to the path with it.
    fn slash_redirect(&mut self) -> Next {
        let mut location = escape_path(&self.path);
        location.push(b'/');
        if !self.args.is_empty() {
            location.push(b'?');
            location.extend_from_slice(&self.args);
        }
        self.redirect(301, &location, "it is a folder, and the path has no slash at its end")
    }
}
