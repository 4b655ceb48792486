//! Whether the folders and files that a conf names are there.

use std::path::Path;

use sitec_runtime::http::accept::Coding;
use sitec_runtime::site::{Beside, PlainSettings};

use super::reader::Reader;
use crate::ast::Word;
use crate::diagnostic::Diagnostic;
use crate::directive::beside;
use crate::files::{Kind, is_certain, listed};
use crate::suggest::closest;
use crate::value::Checked;

/// The folder of files where no `root` is given, as in nginx.
pub(super) const DEFAULT_ROOT: &str = "html";

impl Reader<'_> {
    /// Whether an `alias` without a slash at its end is a file: as the disk has it; else a
    /// name with a dot in it is a file's.
    pub(super) fn is_file(&self, path: &str) -> bool {
        match self.files.kind(&self.folder.join(path)) {
            Some(Kind::Directory) => false,
            Some(_) => true,
            None => Path::new(path).extension().is_some(),
        }
    }

    /// The coding of the file beside it that is sent in its place, where nothing else is there: one
    /// that all clients get, if there is one.
    pub(super) fn compressed(&self, plain: &PlainSettings, path: &str) -> Option<Coding> {
        let kind = |end: &str| self.files.kind(&self.folder.join(format!("{path}{end}")));
        let there = |coding: &Coding| kind(coding.ending()) == Some(Kind::File);
        let all = || plain.codings_beside().filter(there);
        let for_all = all().find(|coding| plain.beside(*coding) == Beside::Always);
        for_all.or_else(|| all().next()).filter(|_| kind("").is_none())
    }

    /// Says of such a file where it is not for all clients.
    pub(super) fn warn_compressed(
        &mut self,
        word: &Word,
        path: &str,
        coding: Coding,
        plain: &PlainSettings,
    ) {
        if plain.beside(coding) == Beside::Always {
            return;
        }
        let place = self.folder.join(path);
        let (ending, (name, directive)) = (coding.ending(), beside(coding));
        let message = format!("there is no file `{path}`, but for `{path}{ending}`");
        self.diagnostics.push(
            Diagnostic::warning("F01", word.span, message)
                .label(format!("404 for clients that do not take {name}"))
                .help(format!("add the file, or write `{directive} always;`"))
                .of_this_disk(is_certain(self.files, &self.folder, &place)),
        );
        self.dependencies.push(place);
    }

    /// That something is there. Beneath the site's folder its absence is an error; elsewhere
    /// this machine may not be the one that serves, and nginx's own paths are not relative to the
    /// folder of a conf.
    pub(super) fn must_exist(&mut self, word: &Word, text: &str, wanted: Kind) -> Checked<()> {
        self.must_exist_for("F01", word, text, wanted)
    }

    /// The same, for a check of its own.
    pub(super) fn must_exist_for(
        &mut self,
        code: &'static str,
        word: &Word,
        text: &str,
        wanted: Kind,
    ) -> Checked<()> {
        let path = self.folder.join(text);
        let found = self.files.kind(&path);
        if found == Some(wanted) {
            return Ok(());
        }
        let is_elsewhere = found.is_none() && self.is_of_nginx(text, wanted);
        let is_certain = !is_elsewhere && is_certain(self.files, &self.folder, &path);
        let what = if wanted == Kind::Directory { "folder" } else { "file" };
        let message = match found {
            Some(_) => format!("`{text}` is not a {what}"),
            None => format!("there is no {what} `{text}`"),
        };
        let mut diagnostic = match is_certain {
            true => Diagnostic::error(code, word.span, message),
            false => Diagnostic::warning(code, word.span, message),
        };
        match found {
            None => {
                diagnostic = self.suggest_file(diagnostic, word, text, wanted);
                self.dependencies.push(path);
            }
            Some(_) if wanted == Kind::Directory => {
                diagnostic = diagnostic.help("name the folder that it is in");
            }
            Some(_) => diagnostic = diagnostic.help("name a file in it"),
        }
        if is_certain {
            return Err(Box::new(diagnostic));
        }
        let note = "it is looked for on the machine that compiles, and again at start";
        self.diagnostics.push(diagnostic.note(note));
        Ok(())
    }

    /// Whether a path that leads nowhere is one beneath nginx's prefix: in a whole nginx.conf, unless
    /// there is something of a similar name, and `html` anywhere.
    fn is_of_nginx(&self, text: &str, wanted: Kind) -> bool {
        let path = Path::new(text);
        let is_stock = path.starts_with(DEFAULT_ROOT);
        let is_slip = || self.similar(path, wanted).is_some();
        path.is_relative() && (is_stock || self.is_whole && !is_slip())
    }

    /// What is there under a similar name.
    fn similar(&self, path: &Path, wanted: Kind) -> Option<String> {
        let (parent, name) = (path.parent()?, path.file_name()?);
        let listed = listed(self.files, &self.folder.join(parent));
        let names =
            listed.iter().filter(|(_, kind)| *kind == wanted).map(|(name, _)| name.as_str());
        closest(&name.to_string_lossy(), names).map(str::to_owned)
    }

    /// Adds what is there under a similar name.
    fn suggest_file(&self, at: Diagnostic, word: &Word, text: &str, wanted: Kind) -> Diagnostic {
        let path = Path::new(text);
        let parent = path.parent().unwrap_or(Path::new(""));
        match self.similar(path, wanted) {
            Some(meant) => {
                let mut meant = parent.join(meant).to_string_lossy().into_owned();
                if text.ends_with('/') {
                    meant.push('/');
                }
                at.patch(format!("did you mean `{meant}`?"), word.span, meant)
            }
            None if text.starts_with('~') => {
                at.help("`~` stands for no folder here: write the path of the home folder out")
            }
            None => at.help(match wanted {
                Kind::Directory => format!("make it, `mkdir -p {text}`, or name one that is there"),
                Kind::File | Kind::Other => "make it, or name one that is there".to_owned(),
            }),
        }
    }
}
