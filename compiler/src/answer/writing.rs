//! Requests that change files: uploads and WebDAV. What they would do is told, and not done.

use std::path::{Path, PathBuf};

use sitec_runtime::http::method::Method;
use sitec_runtime::http::multipart;
use sitec_runtime::pure::{check_upload_name, escape_path};
use sitec_runtime::site::{Dav, Upload};

use super::End;
use super::walk::{Next, Walk};
use crate::files::Kind;

impl Walk<'_, '_> {
    /// A location with `upload_store`.
    pub(super) fn upload(&mut self, upload: &Upload) -> Next {
        match self.method() {
            Some(Method::Post | Method::Put) => self.store(upload),
            Some(Method::Delete) => self.delete_upload(upload),
            _ => self.serve_file(),
        }
    }

    fn store(&mut self, upload: &Upload) -> Next {
        if self.names_part() {
            return self.error(400, "a part of a file is not stored".to_owned());
        }
        let Some((store, name)) = self.upload_place(upload) else {
            return self.error(404, "the path is not of this location".to_owned());
        };
        let content_type = self.head.fields().first(b"content-type").unwrap_or_default();
        if self.method() == Some(Method::Post) {
            match multipart::boundary(content_type) {
                Ok(Some(_)) => return self.store_form(store),
                Ok(None) => {}
                Err(error) => return self.error(400, error.0.to_owned()),
            }
        }
        if let Err(reason) = check_upload_name(&name) {
            return self.error(400, reason.to_owned());
        }
        let file = store.join(String::from_utf8_lossy(&name).as_ref());
        if !self.may_change(&file) {
            return self.failed();
        }
        match self.answers.files.kind(&file) {
            Some(Kind::Directory) => self.error(409, "a folder has the name".to_owned()),
            Some(_) if !upload.overwrite => {
                self.error(409, "the file exists, and `upload_overwrite` is off".to_owned())
            }
            Some(_) if self.method() == Some(Method::Put) => self.stored(file, 204),
            _ => self.stored(file, 201),
        }
    }

    /// A form: its content says which files are in it.
    fn store_form(&mut self, store: PathBuf) -> Next {
        if self.head.fields().first(b"content-length") == Some(b"0") {
            return self.error(400, "a form without content has no file".to_owned());
        }
        self.doubt("what is in a form; it is taken to have files that can be stored".to_owned());
        self.stored(store, 201)
    }

    fn delete_upload(&mut self, upload: &Upload) -> Next {
        let Some((store, name)) = self.upload_place(upload) else {
            return self.error(404, "the path is not of this location".to_owned());
        };
        if name.is_empty() {
            return self.error(403, "a folder is not removed".to_owned());
        }
        if let Err(reason) = check_upload_name(&name) {
            return self.error(400, reason.to_owned());
        }
        let file = store.join(String::from_utf8_lossy(&name).as_ref());
        let kind = self.answers.files.kind(&file);
        self.remove(file, kind)
    }

    /// The store, and the name that the path has for a file in it.
    fn upload_place(&self, upload: &Upload) -> Option<(PathBuf, Vec<u8>)> {
        let last = self.path.iter().rposition(|&byte| byte == b'/');
        let (_, rest) = self.path.split_at_checked(upload.folder_len.or(last)?)?;
        let name = match rest {
            [] => b"",
            [b'/', name @ ..] => name,
            _ => return None,
        };
        Some((self.directory_at(upload.directory)?, name.to_vec()))
    }

    /// A location with `dav_methods`.
    pub(super) fn dav(&mut self, dav: &Dav) -> Next {
        let Some(method) = self.method().filter(|&method| dav.methods.contains(method)) else {
            return self.serve_file();
        };
        let folder = self.path.ends_with(b"/");
        // What is wrong with the path itself comes before where it leads.
        match method {
            Method::Put if folder => {
                return self.error(409, "the path is a folder's".to_owned());
            }
            Method::Put if self.names_part() => {
                return self.error(501, "a part of a file is not stored".to_owned());
            }
            Method::Mkcol if !folder => {
                return self.error(409, "the path of a folder ends in a slash".to_owned());
            }
            Method::Delete if self.depth() < dav.min_delete_depth => {
                return self.error(409, "`min_delete_depth` keeps it".to_owned());
            }
            _ => {}
        }
        let found = self.look_up(&self.path.clone(), self.append_path);
        if matches!(method, Method::Copy | Method::Move) {
            return self.relocate(method, found.file.unwrap_or_default());
        }
        let Some(file) = found.file else {
            return self.error(404, "the path can lead to no file".to_owned());
        };
        let parent = file
            .parent()
            .is_some_and(|parent| self.answers.files.kind(parent) == Some(Kind::Directory));
        match (method, found.kind) {
            (Method::Put, Some(Kind::Directory)) => {
                self.error(409, "a folder is in the place of the file".to_owned())
            }
            (Method::Put, _) if !self.may_change(&file) && (parent || found.kind.is_some()) => {
                self.failed()
            }
            (Method::Put, Some(_)) => self.stored(file, 204),
            (Method::Put, None) if !parent && !dav.create_full_put_path => {
                self.error(409, "the file's folder is not there".to_owned())
            }
            (Method::Put, None) => self.stored(file, 201),
            (Method::Mkcol, Some(_)) => self.error(405, "it is there already".to_owned()),
            (Method::Mkcol, None) if !parent => {
                self.error(409, "the folder around it is not there".to_owned())
            }
            (Method::Mkcol, None) => self.stored(file, 201),
            (Method::Delete, Some(kind)) if (kind == Kind::Directory) != folder => {
                self.error(409, "the path of a folder ends in a slash".to_owned())
            }
            (Method::Delete, Some(_)) if self.is_base(&file) => {
                self.error(403, "the folder of `root` or `alias` itself is not removed".to_owned())
            }
            (Method::Delete, Some(_)) if !self.names_whole(folder) => {
                self.error(400, "Depth is not that of all that is removed".to_owned())
            }
            (Method::Delete, Some(_)) if !self.may_change(&file) => self.failed(),
            (Method::Delete, Some(_)) => self.removed(file),
            (Method::Delete, None) if self.is_behind_file(&file) => {
                self.error(409, "a file is in the place of a folder".to_owned())
            }
            _ => self.error(404, "there is no such file".to_owned()),
        }
    }

    /// COPY or MOVE: what is at both ends decides, and the location that Destination comes to.
    fn relocate(&mut self, method: Method, file: PathBuf) -> Next {
        if self.head.fields().first(b"destination").is_none() {
            return self.error(400, "the request has no Destination".to_owned());
        }
        if !self.names_whole(method == Method::Move) {
            return self.error(400, "Depth is not that of all that is there".to_owned());
        }
        self.doubt(format!("what {} does depends on Destination", method.name()));
        Next::End(End::Moved(file))
    }

    /// Whether it is the folder that files are beneath.
    fn is_base(&self, file: &Path) -> bool {
        self.directory_at(self.settings().base.directory).is_some_and(|base| base == file)
    }

    /// Whether something that is no folder stands where the path of a folder leads, or on its way.
    fn is_behind_file(&self, file: &Path) -> bool {
        let folder = if self.path.ends_with(b"/") { Some(file) } else { file.parent() };
        let mut kinds = folder.into_iter().flat_map(Path::ancestors);
        let first = kinds.find_map(|path| self.answers.files.kind(path));
        first.is_some_and(|kind| kind != Kind::Directory)
    }

    /// Whether the content is said to be a part of the file.
    fn names_part(&self) -> bool {
        self.head.fields().first(b"content-range").is_some()
    }

    /// Whether Depth, if there is one, says that all of what is there is meant: of a `collection`,
    /// what is in it too.
    fn names_whole(&self, collection: bool) -> bool {
        match self.head.fields().first(b"depth") {
            None | Some(b"infinity") => true,
            Some(depth) => depth == b"0" && !collection,
        }
    }

    /// How many segments the path has.
    fn depth(&self) -> usize {
        let slashes = self.path.iter().filter(|&&byte| byte == b'/').count();
        slashes - usize::from(self.path.ends_with(b"/"))
    }

    /// `DELETE` of what is at a place.
    pub(super) fn remove(&mut self, file: PathBuf, kind: Option<Kind>) -> Next {
        match kind {
            None => self.error(404, "there is no such file".to_owned()),
            Some(_) if self.is_base(&file) => {
                self.error(403, "the folder itself is not removed".to_owned())
            }
            Some(_) if !self.may_change(&file) => self.failed(),
            Some(Kind::Directory) => self.error(403, "a folder is not removed".to_owned()),
            Some(_) => self.removed(file),
        }
    }

    fn removed(&mut self, file: PathBuf) -> Next {
        self.status = self.status_override.unwrap_or(204);
        self.end(End::Removed(file))
    }

    fn stored(&mut self, file: PathBuf, status: u16) -> Next {
        self.status = self.status_override.unwrap_or(status);
        if status == 201 {
            self.field("Content-Length", "0");
            self.location_field(&escape_path(&self.path));
        }
        self.end(End::Stored(file))
    }
}
