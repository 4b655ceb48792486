//! `include`: puts the directives of other files in place.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

use super::tree::MAX_DEPTH;
use crate::ast::{Block, Comment, Directive, Word};
use crate::check::types;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::files::{Files, Kind};
use crate::names::{self, Stock, StockMap};
use crate::source::{FileId, Sources, Span};
use crate::suggest;

/// The most files that are put in place: a few files that include each other twice would
/// grow without bound.
const MAX_INCLUDED: usize = 10_000;

/// Reads files and puts those that they include in place.
pub(super) struct Includer<'a> {
    pub(super) files: &'a dyn Files,
    pub(super) sources: &'a mut Sources,
    pub(super) dependencies: &'a mut Vec<PathBuf>,
    pub(super) diagnostics: &'a mut Diagnostics,
    /// The folder of the first file, which all paths are relative to.
    pub(super) base: PathBuf,
    /// Each file that was read, as written, so that a second `include` costs nothing.
    pub(super) read: BTreeMap<PathBuf, (FileId, Vec<Directive>)>,
    /// The `include` words that led here, and what each named.
    pub(super) chain: Vec<(Span, PathBuf)>,
    /// The comments of the files that were read.
    pub(super) comments: Vec<Comment>,
    /// How many files were put in place.
    pub(super) count: usize,
    /// Whether all braces have their partners.
    pub(super) is_sound: bool,
    /// Where an editor asks, the `include` words and the files that each has put in place: the
    /// directives stay then, before what they bring, and broken files are read as far as it goes.
    pub(super) included: Option<Vec<(Span, FileId)>>,
}

impl Includer<'_> {
    /// The directives of `path`, as written; reads it unless that was done.
    pub(super) fn file(&mut self, path: &Path) -> std::io::Result<(FileId, Vec<Directive>)> {
        if let Some(read) = self.read.get(path) {
            return Ok(read.clone());
        }
        depend(self.dependencies, path);
        let bytes = self.files.read(path)?;
        let id = self.sources.add(path.to_string_lossy(), &bytes);
        let source = self.sources.file(id);
        let directives = match self.included {
            Some(_) => super::outline(id, source, &mut self.comments),
            None => {
                let (directives, is_sound) =
                    super::file(id, source, &mut self.comments, self.diagnostics);
                self.is_sound &= is_sound;
                directives
            }
        };
        self.read.insert(path.to_owned(), (id, directives.clone()));
        Ok((id, directives))
    }

    /// `directives` with every `include` replaced; they stand within `depth` blocks.
    pub(super) fn resolve(&mut self, directives: Vec<Directive>, depth: usize) -> Vec<Directive> {
        let mut resolved = Vec::with_capacity(directives.len());
        for directive in directives {
            if directive.name.value == b"include" && !directive.name.quoted {
                if self.included.is_some() {
                    resolved.push(directive.clone());
                }
                self.include(&directive, depth, &mut resolved);
                continue;
            }
            if depth >= MAX_DEPTH && directive.block.is_some() {
                let place = directive.block.as_ref().map_or(directive.span(), |block| block.open);
                self.diagnostics.push(super::tree::too_deep(place));
                continue;
            }
            let block = directive.block.map(|block| Block {
                directives: self.resolve(block.directives, depth + 1),
                ..block
            });
            resolved.push(Directive { block, ..directive });
        }
        resolved
    }

    fn include(&mut self, directive: &Directive, depth: usize, resolved: &mut Vec<Directive>) {
        let ([word], None) = (&directive.args[..], &directive.block) else {
            self.diagnostics.push(misused(directive));
            return;
        };
        let pattern = self.base.join(OsStr::from_bytes(&word.value));
        if !word.value.iter().any(|byte| b"*?[".contains(byte)) {
            return self.one(word, pattern, depth, resolved);
        }
        let folder = self.literal_folder(word);
        depend(self.dependencies, &folder);
        let base = glob::Pattern::escape(&self.base.to_string_lossy());
        let pattern = Path::new(&base).join(word.shown());
        match self.files.glob(&pattern.to_string_lossy()) {
            Err(error) => self.diagnostics.push(
                Diagnostic::error("Y09", word.span, format!("bad pattern in `include`: {error}"))
                    .label("expected a path with `*`, `?` or `[…]` in it"),
            ),
            Ok(paths) if paths.is_empty() => {
                // Nothing that is not there would be loaded.
                if !matches!(names::stock(&word.shown()), Some(Stock::Modules)) {
                    self.diagnostics.push(nothing_matches(word));
                }
            }
            Ok(paths) => {
                paths.into_iter().for_each(|path| self.one(word, path, depth, resolved));
            }
        }
    }

    /// Puts one file in place.
    fn one(&mut self, word: &Word, path: PathBuf, depth: usize, resolved: &mut Vec<Directive>) {
        let path = plain(&path);
        if let Some(at) = self.chain.iter().position(|(_, earlier)| *earlier == path) {
            let diagnostic = self.cycle(word, &path, at);
            return self.diagnostics.push(diagnostic);
        }
        self.count += 1;
        if self.count > MAX_INCLUDED {
            if self.count == MAX_INCLUDED + 1 {
                self.diagnostics.push(too_many(word));
            }
            return;
        }
        match self.file(&path) {
            Ok((id, directives)) => {
                self.included.iter_mut().for_each(|included| included.push((word.span, id)));
                self.chain.push((word.span, path));
                let directives = self.resolve(directives, depth);
                self.chain.pop();
                resolved.extend(directives);
            }
            Err(_) if self.files.kind(&path).is_none() => self.missing(word, &path, resolved),
            Err(error) => {
                let diagnostic = self.unreadable(word, &path, &error);
                self.diagnostics.push(diagnostic);
            }
        }
    }

    /// The longest folder of a pattern that has no wildcard and exists: what must be
    /// watched for files to come.
    fn literal_folder(&self, word: &Word) -> PathBuf {
        let path = self.base.join(OsStr::from_bytes(&word.value));
        let is_literal = |component: &Component| {
            !component.as_os_str().as_bytes().iter().any(|byte| b"*?[".contains(byte))
        };
        let base_len =
            if word.value.starts_with(b"/") { 0 } else { self.base.components().count() };
        let names = path.components().count() - 1;
        let literal = path.components().take(names).enumerate();
        let mut folder: PathBuf = literal
            .take_while(|(index, component)| *index < base_len || is_literal(component))
            .map(|(_, component)| component)
            .collect();
        while !folder.as_os_str().is_empty() && self.files.kind(&folder).is_none() && folder.pop() {
        }
        if folder.as_os_str().is_empty() { PathBuf::from(".") } else { folder }
    }

    fn cycle(&self, word: &Word, path: &Path, at: usize) -> Diagnostic {
        let shown = path.to_string_lossy();
        let chain = self.chain[at..].iter().map(|(_, path)| path.as_path()).chain([path]);
        let chain: Vec<_> = chain.map(|path| path.to_string_lossy()).collect();
        let message = format!("`{shown}` includes itself");
        let diagnostic = Diagnostic::error("Y09", word.span, message)
            .label("this closes the circle")
            .note(format!("the circle: {}", chain.join(" -> ")));
        self.chain[at + 1..].iter().rev().fold(diagnostic, |diagnostic, (span, path)| {
            diagnostic.also(*span, format!("`{}` is included here", path.to_string_lossy()))
        })
    }

    fn unreadable(&self, word: &Word, path: &Path, error: &std::io::Error) -> Diagnostic {
        let shown = path.to_string_lossy();
        if self.files.kind(path) != Some(Kind::Directory) {
            let message = format!("`{shown}` cannot be read: {error}");
            return Diagnostic::error("Y09", word.span, message).label("included here");
        }
        let text = word.shown();
        let files = format!("{}/*.conf", text.trim_end_matches('/'));
        Diagnostic::error("Y09", word.span, format!("`{shown}` is a directory"))
            .label("included here")
            .patch("include the files in it", word.span, files)
    }

    /// Says what to do about a file that is not there, and puts in its place what is known of it.
    fn missing(&mut self, word: &Word, path: &Path, resolved: &mut Vec<Directive>) {
        let diagnostic = match names::stock(&word.shown()) {
            Some(Stock::Types) => {
                resolved.push(built_in_types(word));
                needless_types(word)
            }
            Some(Stock::Charsets(map)) => return resolved.push(stock_charset_map(word, &map)),
            Some(Stock::Lines(lines)) => return self.stock_lines(word, lines, resolved),
            Some(Stock::Modules) | None => {
                let message = format!("`{}` does not exist", path.to_string_lossy());
                let diagnostic =
                    Diagnostic::error("Y09", word.span, message).label("included here");
                self.suggest_name(diagnostic, word, path)
            }
        };
        self.diagnostics.push(diagnostic);
    }

    /// Puts the lines of a file in place that is the same on every machine. One that it includes
    /// stands beside it.
    fn stock_lines(&mut self, word: &Word, lines: &[&str], resolved: &mut Vec<Directive>) {
        let written = |value: &str| Word {
            value: value.as_bytes().to_vec(),
            offsets: Vec::new(),
            ..word.clone()
        };
        for line in lines {
            let mut words = line.split(' ').map(written);
            let Some(name) = words.next() else { continue };
            let args: Vec<_> = words.collect();
            match (&name.value[..], &args[..]) {
                (b"include", [inner]) => {
                    let path = self.base.join(OsStr::from_bytes(&inner.value));
                    self.one(inner, path, 0, resolved);
                }
                _ => resolved.push(Directive { name, args, block: None }),
            }
        }
    }

    /// Offers a file of a like name beside the missing `path`, or says what paths are
    /// relative to.
    fn suggest_name(&self, diagnostic: Diagnostic, word: &Word, path: &Path) -> Diagnostic {
        let folder = path.parent().unwrap_or(Path::new(""));
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        let names = self.files.list(folder).unwrap_or_default();
        let files = names.iter().filter(|entry| entry.1 == Kind::File).map(|entry| &*entry.0);
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let Some(like) = suggest::closest(&name, files) else {
            return match word.value.starts_with(b"/") {
                true => diagnostic
                    .help("copy it to the folder of the conf, and include it by its name alone")
                    .note("it is looked for on the machine that compiles"),
                false => diagnostic
                    .note("a relative path is relative to the folder of the conf that is compiled"),
            };
        };
        let text = word.shown();
        let start = text.len() - text.rsplit('/').next().unwrap_or_default().len();
        let text = format!("{}{like}", &text[..start]);
        diagnostic.patch("a file with a similar name exists", word.span, text)
    }
}

fn nothing_matches(word: &Word) -> Diagnostic {
    Diagnostic::warning("Y09", word.span, "nothing matches this `include`")
        .label("no file")
        .help("nginx says nothing here; name a file without `*` if it must be there")
}

/// nginx's table of types is not there. What it says holds all the same.
fn needless_types(word: &Word) -> Diagnostic {
    Diagnostic::warning("Y09", word.span, format!("there is no file `{}`", word.shown()))
        .label("the types that are built in hold instead")
        .help("nothing is needed here: delete the line, or write your own types in `types { … }`")
}

/// The table of types that is built in, as the file would say it.
fn built_in_types(word: &Word) -> Directive {
    let written =
        |value: &[u8]| Word { value: value.to_vec(), offsets: Vec::new(), ..word.clone() };
    let line = |(extension, media_type): (Vec<u8>, Vec<u8>)| Directive {
        name: written(&media_type),
        args: vec![written(&extension)],
        block: None,
    };
    let directives = types::common().into_iter().map(line).collect();
    let block = Block { directives, open: word.span, close: word.span };
    Directive { name: written(b"types"), args: Vec::new(), block: Some(block) }
}

/// A `charset_map` that comes with nginx, as the file would say it.
fn stock_charset_map(word: &Word, map: &StockMap) -> Directive {
    let written = |value: &str| Word { value: value.into(), offsets: Vec::new(), ..word.clone() };
    let line = |(from, to): &(String, String)| Directive {
        name: written(from),
        args: vec![written(to)],
        block: None,
    };
    let directives = map.lines.iter().map(line).collect();
    let block = Block { directives, open: word.span, close: word.span };
    let args = map.charsets.into_iter().map(written).collect();
    Directive { name: written("charset_map"), args, block: Some(block) }
}

/// Adds a dependency once.
pub(super) fn depend(dependencies: &mut Vec<PathBuf>, path: &Path) {
    if !dependencies.iter().any(|known| known == path) {
        dependencies.push(path.to_owned());
    }
}

/// `path` without its `.` components, so that equal files have equal names.
fn plain(path: &Path) -> PathBuf {
    path.components().filter(|component| *component != Component::CurDir).collect()
}

fn too_many(word: &Word) -> Diagnostic {
    Diagnostic::error("Y09", word.span, "too many files are included")
        .label(format!("more than {MAX_INCLUDED}, a file counted each time"))
}

fn misused(directive: &Directive) -> Diagnostic {
    match (&directive.block, directive.args.get(1)) {
        (Some(block), _) => {
            Diagnostic::error("Y05", block.open, "`include` takes no block").label("expected `;`")
        }
        (None, Some(second)) => {
            Diagnostic::error("D05", second.span, "`include` takes one file or pattern")
                .label("one too many")
                .help("write an `include` for each file")
        }
        (None, None) => {
            let name = directive.name.span;
            Diagnostic::error("D05", name, "`include` takes one file or pattern")
                .label("which file is missing")
                .help("usage: `include FILE | PATTERN;`")
        }
    }
}
