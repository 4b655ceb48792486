//! Where paths lead on the disk, as the server opens them: beneath the folder of a `root` or
//! `alias`, hidden names left out.

use std::path::{Path, PathBuf};

use sitec_runtime::pure::{is_hidden, stays_beneath};
use sitec_runtime::site::{DirectoryId, Follow};

use super::start_text;
use super::world::View;
use crate::files::Kind;
use crate::ir::{FileBase, Piece, StartPiece};

/// What a path leads to.
pub(super) struct Found {
    /// Where it was looked for; `None` where a path cannot lead to a file.
    pub(super) file: Option<PathBuf>,
    /// What is there.
    pub(super) kind: Option<Kind>,
}

impl View<'_, '_, '_> {
    /// What a path leads to beneath the root or alias of the request. `append_path` appends to
    /// an `alias` that is otherwise complete.
    pub(super) fn look_up(&self, path: &[u8], append_path: bool) -> Found {
        self.look_up_with(path, append_path, "")
    }

    /// The same with something at the end of the file's name.
    pub(super) fn look_up_with(&self, path: &[u8], append_path: bool, ending: &str) -> Found {
        let nothing = Found { file: None, kind: None };
        let settings = self.settings();
        let base = &settings.base;
        let Some(directory) = self.directory(base) else { return nothing };
        if !settings.hidden_files && self.is_hidden(base, path, append_path) {
            return nothing;
        }
        let Some(mut beneath) = self.beneath(base, path, append_path) else { return nothing };
        beneath.push_str(ending);
        let file = match &beneath[..] {
            "." => directory.clone(),
            beneath => directory.join(beneath.trim_end_matches('/')),
        };
        let files = self.world.answers.files;
        if files.kind(&directory) != Some(Kind::Directory) && !files.knows_all() {
            self.world
                .doubt(format!("the folder `{}` is not on this machine", directory.display()));
        }
        if matches!(settings.symlinks.follow, Follow::Never | Follow::SameOwner)
            && file.ancestors().any(|path| files.is_link(path))
        {
            self.world.doubt(format!("there are symlinks on the way to `{}`", file.display()));
        }
        let kind = files.kind(&file).filter(|kind| {
            // Behind a file's name there is nothing, not even a slash.
            (*kind == Kind::Directory || !beneath.ends_with('/'))
                && (settings.symlinks.follow == Follow::Anywhere
                    || self.stays_within(&directory, &file))
        });
        Found { file: Some(file), kind }
    }

    /// Whether no symlink on the way leads out of the folder.
    fn stays_within(&self, directory: &Path, file: &Path) -> bool {
        let files = self.world.answers.files;
        match (files.real(directory), files.real(file)) {
            (Some(directory), Some(file)) => file.starts_with(directory),
            _ => true,
        }
    }

    /// The folder that no path of a location leaves.
    fn directory(&self, base: &FileBase) -> Option<PathBuf> {
        self.directory_at(base.directory)
    }

    pub(super) fn directory_at(&self, id: DirectoryId) -> Option<PathBuf> {
        let directory = self.site().directories.get(usize::from(id))?;
        if directory.iter().any(|piece| matches!(piece, StartPiece::Param(_))) {
            self.world.depends.set(true);
        }
        Some(self.world.answers.folder.join(start_text(self.site(), directory)))
    }

    fn is_hidden(&self, base: &FileBase, path: &[u8], append_path: bool) -> bool {
        if base.append_path && is_hidden(path) {
            return true;
        }
        if base.inner.0.iter().all(|piece| matches!(piece, Piece::Literal(_))) {
            return false;
        }
        let mut inner = self.value(&base.inner);
        if append_path {
            inner.extend_from_slice(path);
        }
        is_hidden(&inner)
    }

    /// The path beneath the folder: without a slash at its front, `.` for the folder itself.
    fn beneath(&self, base: &FileBase, path: &[u8], append_path: bool) -> Option<String> {
        let mut out = self.value(&base.inner);
        if base.append_path {
            let rest = path.get(base.replaced_len..)?;
            if !rest.is_empty() && rest[0] != b'/' {
                return None;
            }
            out.extend_from_slice(rest);
        } else if append_path {
            out.extend_from_slice(path);
        }
        let front = out.iter().take_while(|&&byte| byte == b'/').count();
        let out = &out[front..];
        let out = if out.is_empty() { b"." } else { out };
        // A name that is no text cannot be asked for here; see `Files`.
        stays_beneath(out).then(|| String::from_utf8_lossy(out).into_owned())
    }

    /// `$document_root`.
    pub(super) fn document_root(&self) -> Vec<u8> {
        let base = &self.settings().base;
        let Some(directory) = self.directory(base) else { return Vec::new() };
        let mut root = directory.to_string_lossy().into_owned().into_bytes();
        let inner = self.value(&base.inner);
        if !inner.is_empty() && root.last() != Some(&b'/') {
            root.push(b'/');
        }
        root.extend_from_slice(&inner);
        // A slash stands before what variables give, and stays where they give nothing.
        let slash = base.slash || inner.is_empty() && !base.inner.0.is_empty();
        if slash && base.alias && base.append_path && root.last() != Some(&b'/') {
            root.push(b'/');
        }
        root
    }

    /// `$request_filename`.
    pub(super) fn file_name(&self) -> Vec<u8> {
        let base = &self.settings().base;
        let mut name = self.document_root();
        if base.append_path {
            let rest = self.exchange.path().get(base.replaced_len..).unwrap_or_default();
            if rest.starts_with(b"/") && name.ends_with(b"/") {
                name.pop();
            }
            name.extend_from_slice(rest);
        }
        name
    }
}
