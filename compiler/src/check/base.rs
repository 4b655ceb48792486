//! `root` and `alias`: the folder that files are opened beneath, and what is put behind it.
//!
//! Everything up to the last slash before the first variable is the folder; nothing that a
//! request says can leave it. See [`sitec_runtime::site::FileBase`] for how a path is put
//! behind it.

mod target;

use sitec_runtime::site::{DirectoryId, PlainSettings};

use super::exist::DEFAULT_ROOT;
use super::groups::Groups;
use super::path::Path;
use super::reader::Reader;
use crate::ast::{Directive, Word, named};
use crate::diagnostic::Diagnostic;
use crate::files::Kind;
use crate::ir::{FileBase, StartPiece, Value};
use crate::value::Checked;

/// What is wrong with `root /`.
const PUBLISHES_ALL: &str = "this publishes the whole file system";

/// The base of a location that has no files.
pub(super) fn no_files() -> FileBase {
    FileBase {
        directory: DirectoryId::MAX,
        inner: Value::default(),
        replaced_len: 0,
        append_path: true,
        alias: false,
        slash: false,
    }
}

impl Reader<'_> {
    /// What `root` or `alias` among these directives say, if any does. With `gzip_static` and
    /// its kind, a file may be there compressed alone.
    pub(super) fn base(
        &mut self,
        directives: &[Directive],
        path: Option<&Path>,
        groups: &Groups,
        plain: &PlainSettings,
    ) -> Checked<Option<FileBase>> {
        let root = named(directives, "root").next();
        let alias = named(directives, "alias").next();
        match (root, alias) {
            (Some(root), Some(alias)) => {
                let (first, second) = match root.span() < alias.span() {
                    true => (root, alias),
                    false => (alias, root),
                };
                let message = "`root` and `alias` cannot stand side by side";
                Err(Box::new(
                    Diagnostic::error("D10", second.name.span, message)
                        .also(first.name.span, "the other one is here")
                        .help("`root` is put before the path; `alias` replaces its front"),
                ))
            }
            (Some(root), None) => self.root(&root.args[0], groups).map(Some),
            (None, Some(alias)) => self.alias(alias, path, groups, plain).map(Some),
            (None, None) => Ok(None),
        }
    }

    /// Where files are if nothing says so: the folder `html`, if there is one.
    pub(super) fn default_base(&mut self) -> Option<FileBase> {
        if let Some(known) = &self.default_base {
            return known.clone();
        }
        let path = self.folder.join(DEFAULT_ROOT);
        let base = if self.files.kind(&path) == Some(Kind::Directory) {
            let text = StartPiece::Literal(DEFAULT_ROOT.into());
            let directory = self.tables.directories.add(vec![text]) as DirectoryId;
            Some(FileBase { directory, ..no_files() })
        } else {
            self.dependencies.push(path);
            None
        };
        self.default_base = Some(base.clone());
        base
    }

    /// The folder of an `upload_store`.
    pub(super) fn store(&mut self, word: &Word, groups: &Groups) -> Checked<DirectoryId> {
        let target = self.target(word, groups)?;
        if !target.inner.0.is_empty() {
            let message = "uploads are stored in one folder, whatever the request";
            return Err(Box::new(
                Diagnostic::error("X03", word.span, message)
                    .help("a `param` may be part of its path, a request's variable may not"),
            ));
        }
        target.refuse_everything(word, "uploads would be stored in the root of the file system")?;
        if let Some(directory) = target.literal_directory() {
            self.must_exist_for("F07", word, directory, Kind::Directory)?;
        }
        Ok(self.tables.directories.add(target.directory) as DirectoryId)
    }

    fn root(&mut self, word: &Word, groups: &Groups) -> Checked<FileBase> {
        let target = self.target(word, groups)?;
        target.refuse_everything(word, PUBLISHES_ALL)?;
        if let Some(directory) = target.literal_directory() {
            self.must_exist(word, directory, Kind::Directory)?;
        }
        let directory = self.tables.directories.add(target.directory) as DirectoryId;
        Ok(FileBase { directory, inner: target.inner, ..no_files() })
    }

    fn alias(
        &mut self,
        directive: &Directive,
        path: Option<&Path>,
        groups: &Groups,
        plain: &PlainSettings,
    ) -> Checked<FileBase> {
        let word = &directive.args[0];
        let (prefix, append_path) = match path {
            Some(Path::Prefix { path, .. }) => (&path[..], true),
            Some(Path::Exact(path)) => (&path[..], false),
            Some(Path::Regex(_)) => (&b""[..], false),
            Some(Path::Named(_)) | None => {
                let message = "`alias` has nothing to replace in a named location";
                return Err(Box::new(
                    Diagnostic::error("D12", directive.name.span, message).help("use `root`"),
                ));
            }
        };
        let mut target = self.target(word, groups)?;
        let folder = word.value.ends_with(b"/");
        if append_path {
            self.same_slashes(word, prefix, folder)?;
        }
        target.refuse_everything(word, PUBLISHES_ALL)?;
        if let Some(directory) = target.literal_directory() {
            let directory = directory.to_owned();
            let compressed = self.compressed(plain, &directory);
            let is_compressed = compressed.is_some();
            let is_file = !folder
                && !target.bounded
                && match path {
                    Some(Path::Prefix { .. }) => is_compressed || self.is_file(&directory),
                    _ => true,
                };
            let kind = if is_file { Kind::File } else { Kind::Directory };
            match compressed.filter(|_| is_file) {
                Some(coding) => self.warn_compressed(word, &directory, coding, plain),
                None if target.bounded && folder => {}
                None => self.must_exist(word, &directory, kind)?,
            }
            if is_file {
                target.split_file();
            }
        } else if !folder && !append_path && target.inner.0.is_empty() {
            target.split_file();
        }
        let directory = self.tables.directories.add(target.directory) as DirectoryId;
        let inner = target.inner;
        let ends_alike = folder && prefix.ends_with(b"/");
        let replaced_len = prefix.len() - usize::from(append_path && ends_alike);
        Ok(FileBase { directory, inner, replaced_len, append_path, alias: true, slash: folder })
    }

    /// A location and its `alias` end in a slash, or neither does: else a path could be put
    /// together that leaves the folder, or none that is ever found.
    fn same_slashes(&mut self, word: &Word, prefix: &[u8], folder: bool) -> Checked<()> {
        let shown = String::from_utf8_lossy(prefix).into_owned();
        let alias = word.shown();
        match (prefix.ends_with(b"/"), folder) {
            // Whatever it is that the path goes on with, it is not what leads out: see
            // `write_beneath`.
            (false, true) => {
                let message = format!("`{shown}..` would lead out of `{alias}` in nginx");
                self.diagnostics.push(
                    Diagnostic::error("X01", word.span, message)
                        .allowable()
                        .label("ends in a slash, and the location does not")
                        .help(format!("write `location {shown}/`"))
                        .note(format!("here, `{shown}/x` is `{alias}x`, and `{shown}x` is 404")),
                );
                Ok(())
            }
            (true, false) => {
                let message = format!("`{shown}x` would be the file `{alias}x`");
                Err(Box::new(Diagnostic::error("X01", word.span, message).patch(
                    "end `alias` in a slash too",
                    word.span,
                    format!("{alias}/"),
                )))
            }
            _ => Ok(()),
        }
    }
}
