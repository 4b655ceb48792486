//! Requests that change files: uploads and WebDAV. What they would do is told, and not done.

use std::path::{Path, PathBuf};

use sitec_runtime::exchange::Outcome;
use sitec_runtime::http::method::Method;
use sitec_runtime::http::multipart;
use sitec_runtime::pure::{check_upload_name, escape_path};
use sitec_runtime::site::Dav;

use super::End;
use super::world::{Handled, Handling};
use crate::files::Kind;
use crate::ir::Upload;

impl<'w, 'a> Handling<'_, 'w, 'a> {
    /// A location with `upload_store`.
    pub(super) fn upload(&mut self, upload: &Upload) -> Handled<'w, 'a> {
        match self.method() {
            Some(Method::Post | Method::Put) => self.store(upload),
            Some(Method::Delete) => self.delete_upload(upload),
            _ => self.serve_file(),
        }
    }

    fn store(&mut self, upload: &Upload) -> Handled<'w, 'a> {
        if self.names_part() {
            return self.error(400, "a part of a file is not stored");
        }
        let Some((store, name)) = self.upload_place(upload) else {
            return self.error(404, "the path is not of this location");
        };
        let content_type = self.request_field(b"content-type").unwrap_or_default();
        if self.method() == Some(Method::Post) {
            match multipart::boundary(content_type) {
                Ok(Some(_)) => return self.store_form(upload, store),
                Ok(None) => {}
                Err(error) => return self.error(400, error.0),
            }
        }
        if let Err(reason) = check_upload_name(&name) {
            return self.error(400, reason);
        }
        let file = store.join(String::from_utf8_lossy(&name).as_ref());
        if !self.may_change(&file) {
            return self.failed();
        }
        match self.world.answers.files.kind(&file) {
            Some(Kind::Directory) => self.error(409, "a folder has the name"),
            Some(_) if !upload.overwrite => {
                self.error(409, "the file exists, and `upload_overwrite` is off")
            }
            Some(_) if self.method() == Some(Method::Put) => self.stored(file, 204),
            _ => self.stored(file, 201),
        }
    }

    /// A form: its content says which files are in it.
    fn store_form(&mut self, upload: &Upload, store: PathBuf) -> Handled<'w, 'a> {
        if self.request_field(b"content-length") == Some(b"0") {
            return self.error(400, "a form without content has no file");
        }
        self.world
            .doubt("what is in the form; it is taken to have files that can be stored".to_owned());
        if let Some(uri) = &upload.redirect {
            self.world.reason = "the files of the form are stored".to_owned();
            return Outcome::Redirect(303, uri.clone().into_bytes());
        }
        self.known_or_not("Content-Length", None);
        let accept = self.request_field(b"accept").unwrap_or_default();
        let wants_page = accept.split(|&byte| byte == b',').any(|range| {
            let media_type = range.split(|&byte| byte == b';').next().unwrap_or_default();
            media_type.trim_ascii().eq_ignore_ascii_case(b"text/html")
        });
        self.field("Content-Type", if wants_page { "text/html" } else { "text/plain" });
        self.respond(201, End::StoredForm(store))
    }

    fn delete_upload(&mut self, upload: &Upload) -> Handled<'w, 'a> {
        let Some((store, name)) = self.upload_place(upload) else {
            return self.error(404, "the path is not of this location");
        };
        if name.is_empty() {
            return self.error(403, "a folder is not removed");
        }
        if let Err(reason) = check_upload_name(&name) {
            return self.error(400, reason);
        }
        let file = store.join(String::from_utf8_lossy(&name).as_ref());
        let kind = self.world.answers.files.kind(&file);
        self.remove(file, kind)
    }

    /// The store, and the name that the path has for a file in it.
    fn upload_place(&self, upload: &Upload) -> Option<(PathBuf, Vec<u8>)> {
        let last = self.exchange.path().iter().rposition(|&byte| byte == b'/');
        let (_, rest) = self.exchange.path().split_at_checked(upload.folder_len.or(last)?)?;
        let name = match rest {
            [] => b"",
            [b'/', name @ ..] => name,
            _ => return None,
        };
        Some((self.view().directory_at(upload.directory)?, name.to_vec()))
    }

    /// A location with `dav_methods`.
    pub(super) fn dav(&mut self, dav: &Dav) -> Handled<'w, 'a> {
        let Some(method) = self.method().filter(|&method| dav.methods.contains(method)) else {
            return self.serve_file();
        };
        let folder = self.exchange.path().ends_with(b"/");
        // What is wrong with the path itself comes before where it leads.
        match method {
            Method::Put if folder => {
                return self.error(409, "the path is a folder's");
            }
            Method::Put if self.names_part() => {
                return self.error(501, "a part of a file is not stored");
            }
            Method::Mkcol if !folder => {
                return self.error(409, "the path of a folder ends in a slash");
            }
            Method::Delete if self.depth() < dav.min_delete_depth as usize => {
                return self.error(409, "`min_delete_depth` keeps it");
            }
            _ => {}
        }
        let found = self.look_up_path();
        if matches!(method, Method::Copy | Method::Move) {
            return self.relocate(method, found.file.unwrap_or_default());
        }
        let Some(file) = found.file else {
            return self.error(404, "the path can lead to no file");
        };
        let parent = file
            .parent()
            .is_some_and(|parent| self.world.answers.files.kind(parent) == Some(Kind::Directory));
        match (method, found.kind) {
            (Method::Put, Some(Kind::Directory)) => {
                self.error(409, "a folder is in the place of the file")
            }
            (Method::Put, _) if !self.may_change(&file) && (parent || found.kind.is_some()) => {
                self.failed()
            }
            (Method::Put, Some(_)) => self.stored(file, 204),
            (Method::Put, None) if !parent && !dav.create_full_put_path => {
                self.error(409, "the file's folder is not there")
            }
            (Method::Put, None) => self.stored(file, 201),
            (Method::Mkcol, _) if self.is_taken(&file) => self.error(405, "it is there already"),
            (Method::Mkcol, _) if !parent => self.error(409, "the folder around it is not there"),
            (Method::Mkcol, _) => self.stored(file, 201),
            (Method::Delete, Some(kind)) if (kind == Kind::Directory) != folder => {
                self.error(409, "the path of a folder ends in a slash")
            }
            (Method::Delete, Some(_)) if self.is_base(&file) => {
                self.error(403, "the folder of `root` or `alias` itself is not removed")
            }
            (Method::Delete, Some(_)) if !self.names_whole(folder) => {
                self.error(400, "Depth is not that of all that is removed")
            }
            (Method::Delete, Some(_)) if !self.may_change(&file) => self.failed(),
            (Method::Delete, Some(_)) => self.removed(file),
            (Method::Delete, None) if self.is_behind_file(&file) => {
                self.error(409, "a file is in the place of a folder")
            }
            _ => self.error(404, "there is no such file"),
        }
    }

    /// COPY or MOVE: what is at both ends decides, and the location that Destination comes to.
    fn relocate(&mut self, method: Method, file: PathBuf) -> Handled<'w, 'a> {
        if self.request_field(b"destination").is_none() {
            return self.error(400, "the request has no Destination");
        }
        if !self.names_whole(method == Method::Move) {
            return self.error(400, "Depth is not that of all that is there");
        }
        self.world.doubt(format!("what {} does depends on Destination", method.name()));
        self.respond(200, End::Moved(file))
    }

    /// Whether anything has the name, be it a file or a symlink that leads nowhere.
    fn is_taken(&self, folder: &Path) -> bool {
        let name: PathBuf = folder.components().collect();
        self.world.answers.files.status(&name).is_ok()
    }

    /// Whether it is the folder that files are beneath.
    fn is_base(&self, file: &Path) -> bool {
        self.view().directory_at(self.settings().base.directory).is_some_and(|base| base == file)
    }

    /// Whether something that is no folder stands where the path of a folder leads, or on its way.
    fn is_behind_file(&self, file: &Path) -> bool {
        let folder = if self.exchange.path().ends_with(b"/") { Some(file) } else { file.parent() };
        let mut kinds = folder.into_iter().flat_map(Path::ancestors);
        let first = kinds.find_map(|path| self.world.answers.files.kind(path));
        first.is_some_and(|kind| kind != Kind::Directory)
    }

    /// Whether the content is said to be a part of the file.
    fn names_part(&self) -> bool {
        self.request_field(b"content-range").is_some()
    }

    /// Whether Depth, if there is one, says that all of what is there is meant: of a `collection`,
    /// what is in it too.
    fn names_whole(&self, collection: bool) -> bool {
        match self.request_field(b"depth") {
            None | Some(b"infinity") => true,
            Some(depth) => depth == b"0" && !collection,
        }
    }

    /// How many segments the path has.
    fn depth(&self) -> usize {
        let slashes = self.exchange.path().iter().filter(|&&byte| byte == b'/').count();
        slashes - usize::from(self.exchange.path().ends_with(b"/"))
    }

    /// `DELETE` of what is at a place.
    pub(super) fn remove(&mut self, file: PathBuf, kind: Option<Kind>) -> Handled<'w, 'a> {
        match kind {
            None => self.error(404, "there is no such file"),
            Some(_) if self.is_base(&file) => self.error(403, "the folder itself is not removed"),
            Some(_) if !self.may_change(&file) => self.failed(),
            Some(Kind::Directory) => self.error(403, "a folder is not removed"),
            Some(_) => self.removed(file),
        }
    }

    fn removed(&mut self, file: PathBuf) -> Handled<'w, 'a> {
        self.respond(204, End::Removed(file))
    }

    fn stored(&mut self, file: PathBuf, status: u16) -> Handled<'w, 'a> {
        if status == 201 {
            self.field("Content-Length", "0");
            let location = escape_path(self.exchange.path());
            self.exchange.write_location(self.world, &location);
        }
        self.respond(status, End::Stored(file))
    }
}
