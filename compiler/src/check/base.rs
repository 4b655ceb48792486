//! `root` and `alias`: the folder that files are opened beneath, and what is put behind it.
//!
//! Everything up to the last slash before the first variable is the folder; nothing that a
//! request says can leave it. See [`sitec_runtime::site::FileBase`] for how a path is put
//! behind it.

use std::path::{Path as FsPath, PathBuf};

use sitec_runtime::site::{DirectoryId, ParamKind};

use super::location::Path;
use super::param::utf8;
use super::text::{Groups, literal, push_literal};
use super::value::{self, Checked, Part};
use super::{Checker, named};
use crate::ast::{Directive, Word};
use crate::diagnostic::{Diagnostic, Severity};
use crate::files::Kind;
use crate::ir::{FileBase, Piece, StartPiece, StartText, Value, Variable};
use crate::suggest::closest;

/// The folder of files where no `root` is given, as in nginx.
const DEFAULT_ROOT: &str = "html";

/// Variables that `root` and `alias` themselves make.
const MADE_HERE: &[&str] = &["document_root", "realpath_root", "request_filename"];

/// The base of a location that has no files.
pub(super) fn no_files() -> FileBase {
    FileBase {
        directory: 0,
        inner: Value::default(),
        replaced_len: 0,
        append_path: true,
        text: Value::default(),
        alias: false,
    }
}

impl Checker<'_> {
    /// What `root` or `alias` among these directives say, if any does.
    pub(super) fn base(
        &mut self,
        directives: &[Directive],
        path: Option<&Path>,
        groups: &Groups,
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
            (None, Some(alias)) => self.alias(alias, path, groups).map(Some),
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
            let directory = self.directories.add(vec![text]) as DirectoryId;
            let text = Value(vec![Piece::Literal(DEFAULT_ROOT.into())]);
            Some(FileBase { directory, text, ..no_files() })
        } else {
            self.dependencies.push(path);
            None
        };
        self.default_base = Some(base.clone());
        base
    }

    fn root(&mut self, word: &Word, groups: &Groups) -> Checked<FileBase> {
        let mut target = self.target(word, groups)?;
        target.refuse_everything(word)?;
        if let Some(directory) = target.literal_directory() {
            self.must_exist(word, directory, Kind::Directory)?;
        }
        trim_slash(&mut target.text);
        let directory = self.directories.add(target.directory) as DirectoryId;
        let Target { inner, text, .. } = target;
        Ok(FileBase { directory, inner, text, ..no_files() })
    }

    fn alias(
        &mut self,
        directive: &Directive,
        path: Option<&Path>,
        groups: &Groups,
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
            same_slashes(word, prefix, folder)?;
        }
        target.refuse_everything(word)?;
        if let Some(directory) = target.literal_directory() {
            let directory = directory.to_owned();
            let is_file = !folder
                && literal(&target.text).is_some()
                && match path {
                    Some(Path::Prefix { .. }) => self.is_file(&directory),
                    _ => true,
                };
            let kind = if is_file { Kind::File } else { Kind::Directory };
            if literal(&target.text).is_some() || !folder {
                self.must_exist(word, &directory, kind)?;
            }
            if is_file {
                target.split_file();
            }
        }
        let directory = self.directories.add(target.directory) as DirectoryId;
        let Target { inner, text, .. } = target;
        let replaced_len = prefix.len() - usize::from(append_path && folder);
        Ok(FileBase { directory, inner, replaced_len, append_path, text, alias: true })
    }

    /// Takes the path apart that a `root` or `alias` gives.
    fn target(&mut self, word: &Word, groups: &Groups) -> Checked<Target> {
        let mut target = Target::default();
        for part in value::split(word, 0)? {
            let param = match &part {
                Part::Name { name, .. } => self.params.find(name),
                _ => None,
            };
            match (part, param) {
                (Part::Literal(bytes), _) => {
                    push_literal(&mut target.text, &bytes);
                    match target.bounded {
                        false => target.directory.push(StartPiece::Literal(utf8(word, bytes)?)),
                        true => push_literal(&mut target.inner, &bytes),
                    }
                }
                (Part::Name { range, .. }, Some(param)) if !target.bounded => {
                    self.params.demand(param, ParamKind::Path, word.part(range))?;
                    push_literal(&mut target.text, self.params.default_of(param));
                    target.directory.push(StartPiece::Param(param));
                }
                (Part::Name { name, range, .. }, _) => {
                    let span = word.part(range);
                    if MADE_HERE.contains(&name.to_ascii_lowercase().as_str()) {
                        let message = format!("`${name}` is made of what stands here");
                        return Err(Box::new(Diagnostic::error("T18", span, message)));
                    }
                    let variable = self.variable(&name, span)?;
                    target.variable(word, variable)?;
                }
                (Part::Group { number, range }, _) => {
                    groups.check(number, word.part(range))?;
                    target.variable(word, Variable::Capture(number))?;
                }
            }
        }
        target.finish();
        Ok(target)
    }

    /// Whether an `alias` without a slash at its end is a file: as the disk has it; else a
    /// name with a dot in it is a file's.
    fn is_file(&self, path: &str) -> bool {
        match self.files.kind(&self.folder.join(path)) {
            Some(Kind::Directory) => false,
            Some(_) => true,
            None => FsPath::new(path).extension().is_some(),
        }
    }

    /// That something is there. Beneath the site's folder its absence is an error; elsewhere
    /// this machine may not be the one that serves.
    pub(super) fn must_exist(&mut self, word: &Word, text: &str, wanted: Kind) -> Checked<()> {
        let path = self.folder.join(text);
        let found = self.files.kind(&path);
        if found == Some(wanted) {
            return Ok(());
        }
        let inside = FsPath::new(text).is_relative() || path.starts_with(&self.folder);
        let inside =
            inside && !self.folder.as_os_str().is_empty() || FsPath::new(text).is_relative();
        let what = if wanted == Kind::Directory { "folder" } else { "file" };
        let message = match found {
            Some(_) => format!("`{text}` is not a {what}"),
            None => format!("there is no {what} `{text}`"),
        };
        let severity = if inside { Severity::Error } else { Severity::Warning };
        let mut diagnostic = match severity {
            Severity::Error => Diagnostic::error("F01", word.span, message),
            Severity::Warning => Diagnostic::warning("F01", word.span, message),
        };
        if found.is_none() {
            diagnostic = self.suggest_file(diagnostic, word, text, wanted);
            self.dependencies.push(path);
        }
        match severity {
            Severity::Error => Err(Box::new(diagnostic)),
            Severity::Warning => {
                let note = "it is looked for on the machine that compiles, and again at start";
                self.diagnostics.push(diagnostic.note(note));
                Ok(())
            }
        }
    }

    /// Adds what is there under a similar name.
    fn suggest_file(&self, at: Diagnostic, word: &Word, text: &str, wanted: Kind) -> Diagnostic {
        let path = PathBuf::from(text);
        let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else { return at };
        let listed = self.files.list(&self.folder.join(parent)).unwrap_or_default();
        let names =
            listed.iter().filter(|(_, kind)| *kind == wanted).map(|(name, _)| name.as_str());
        match closest(&name.to_string_lossy(), names) {
            Some(meant) => {
                let meant = parent.join(meant).to_string_lossy().into_owned();
                at.patch(format!("did you mean `{meant}`?"), word.span, meant)
            }
            None => at,
        }
    }
}

/// A path of a `root` or `alias`, taken apart.
#[derive(Default)]
struct Target {
    /// The folder: nothing in it is a request's.
    directory: StartText,
    /// What follows the folder.
    inner: Value,
    /// The whole, with params as their defaults.
    text: Value,
    /// Whether `directory` is complete.
    bounded: bool,
}

impl Target {
    /// Adds a variable; the first one ends the folder at the slash before it.
    fn variable(&mut self, word: &Word, variable: Variable) -> Checked<()> {
        if !self.bounded {
            self.bounded = true;
            let last = match (self.directory.pop(), self.directory.is_empty()) {
                (Some(StartPiece::Literal(last)), alone) if alone || last.contains('/') => last,
                _ => {
                    let message = "nothing bounds this path: it begins with a request's variable";
                    return Err(Box::new(
                        Diagnostic::error("X03", word.span, message)
                            .help("put a folder and a slash before the variable"),
                    ));
                }
            };
            let behind = last.rfind('/').map_or(0, |slash| slash + 1);
            push_literal(&mut self.inner, &last.as_bytes()[behind..]);
            self.directory.push(StartPiece::Literal(last[..behind].to_owned()));
        }
        self.inner.0.push(Piece::Variable(variable.clone()));
        self.text.0.push(Piece::Variable(variable));
        Ok(())
    }

    /// Spells the folder plainly, and takes the slash from the end.
    fn finish(&mut self) {
        trim_slash(&mut self.inner);
        match &mut self.directory[..] {
            [] => self.directory.push(StartPiece::Literal(".".into())),
            [StartPiece::Literal(only)] => *only = plain(only),
            [.., StartPiece::Literal(last)] => {
                last.truncate(last.trim_end_matches('/').len());
                if last.is_empty() {
                    self.directory.pop();
                }
            }
            _ => {}
        }
    }

    /// The folder, if it is known now.
    fn literal_directory(&self) -> Option<&str> {
        match &self.directory[..] {
            [StartPiece::Literal(only)] => Some(only),
            _ => None,
        }
    }

    /// The whole file system is no folder to serve.
    fn refuse_everything(&self, word: &Word) -> Checked<()> {
        let Some(directory) = self.literal_directory() else { return Ok(()) };
        let mut depth = 0;
        for segment in directory.split('/').filter(|segment| !segment.is_empty()) {
            depth = if segment == ".." { (depth - 1).max(0) } else { depth + 1 };
        }
        if directory.starts_with('/') && depth == 0 {
            let message = "this publishes the whole file system";
            return Err(Box::new(
                Diagnostic::error("X03", word.span, message).help("name the folder to serve"),
            ));
        }
        Ok(())
    }

    /// Makes the last segment of the folder the file in it.
    fn split_file(&mut self) {
        let Some(directory) = self.literal_directory() else { return };
        let (folder, name) = match directory.rfind('/') {
            Some(0) => ("/", &directory[1..]),
            Some(slash) => (&directory[..slash], &directory[slash + 1..]),
            None => (".", directory),
        };
        let (folder, name) = (folder.to_owned(), name.to_owned());
        push_literal(&mut self.inner, name.as_bytes());
        self.directory = vec![StartPiece::Literal(folder)];
    }
}

/// A location and its `alias` must both end in a slash or both not: else a path could be put
/// together that leaves the folder, or none that is ever found.
fn same_slashes(word: &Word, prefix: &[u8], folder: bool) -> Checked<()> {
    let shown = String::from_utf8_lossy(prefix).into_owned();
    let alias = word.shown();
    let diagnostic = match (prefix.ends_with(b"/"), folder) {
        (false, true) => {
            let message = format!("`{shown}..` would lead out of `{alias}`");
            Diagnostic::error("X01", word.span, message)
                .help(format!("write `location {shown}/`"))
                .note("the location ends without a slash and `alias` ends in one")
        }
        (true, false) => {
            let message = format!("`{shown}x` would be the file `{alias}x`");
            Diagnostic::error("X01", word.span, message).patch(
                "end `alias` in a slash too",
                word.span,
                format!("{alias}/"),
            )
        }
        _ => return Ok(()),
    };
    Err(Box::new(diagnostic))
}

/// `path` without empty and `.` segments and without a slash at its end.
fn plain(path: &str) -> String {
    let segments = path.split('/').filter(|segment| !segment.is_empty() && *segment != ".");
    let joined = segments.collect::<Vec<_>>().join("/");
    match (path.starts_with('/'), joined.is_empty()) {
        (true, _) => format!("/{joined}"),
        (false, true) => ".".to_owned(),
        (false, false) => joined,
    }
}

/// Takes the slashes from the end of a literal piece.
fn trim_slash(value: &mut Value) {
    if let Some(Piece::Literal(last)) = value.0.last_mut() {
        while last.last() == Some(&b'/') {
            last.pop();
        }
        if last.is_empty() {
            value.0.pop();
        }
    }
}
