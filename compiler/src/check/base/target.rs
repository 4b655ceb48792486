//! The path of a `root` or `alias`, taken apart into the folder and what is put behind it.

use sitec_runtime::site::ParamKind;

use crate::ast::Word;
use crate::check::groups::Groups;
use crate::check::param::places::misplaced;
use crate::check::param::utf8;
use crate::check::reader::Reader;
use crate::diagnostic::Diagnostic;
use crate::ir::{Piece, StartPiece, StartText, Value, Variable};
use crate::value::{self, Checked, Part};

/// Variables that `root` and `alias` themselves make.
const MADE_HERE: &[&str] = &["document_root", "realpath_root", "request_filename"];

/// A path of a `root` or `alias`, taken apart.
#[derive(Default)]
pub(super) struct Target {
    /// The folder: nothing in it is a request's.
    pub(super) directory: StartText,
    /// What follows the folder.
    pub(super) inner: Value,
    /// Whether a request's variable is part of it: `directory` is complete then.
    pub(super) bounded: bool,
}

impl Target {
    /// Adds a text of the conf.
    fn literal(&mut self, text: String) {
        match self.directory.last_mut() {
            _ if self.bounded => self.inner.push_literal(text.as_bytes()),
            Some(StartPiece::Literal(last)) => last.push_str(&text),
            _ => self.directory.push(StartPiece::Literal(text)),
        }
    }

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
            self.inner.push_literal(&last.as_bytes()[behind..]);
            self.directory.push(StartPiece::Literal(last[..behind].to_owned()));
        }
        self.inner.0.push(Piece::Variable(variable));
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
    pub(super) fn literal_directory(&self) -> Option<&str> {
        match &self.directory[..] {
            [StartPiece::Literal(only)] => Some(only),
            _ => None,
        }
    }

    /// The whole file system is no folder to serve, or to write to.
    pub(super) fn refuse_everything(&self, word: &Word, message: &str) -> Checked<()> {
        let Some(directory) = self.literal_directory() else { return Ok(()) };
        let mut depth = 0;
        for segment in directory.split('/').filter(|segment| !segment.is_empty()) {
            depth = if segment == ".." { (depth - 1).max(0) } else { depth + 1 };
        }
        if directory.starts_with('/') && depth == 0 {
            return Err(Box::new(
                Diagnostic::error("X03", word.span, message).help("name a folder in it"),
            ));
        }
        Ok(())
    }

    /// Makes the last segment of the folder the file in it. A param alone stays the folder.
    pub(super) fn split_file(&mut self) {
        let alone = self.directory.len() == 1;
        let Some(StartPiece::Literal(last)) = self.directory.last_mut() else { return };
        let (folder, name) = match last.rfind('/') {
            Some(0) if alone => ("/", &last[1..]),
            Some(slash) => (&last[..slash], &last[slash + 1..]),
            None if alone => (".", &last[..]),
            None => return,
        };
        let (folder, name) = (folder.to_owned(), name.to_owned());
        self.inner.push_literal(name.as_bytes());
        self.directory.pop();
        if !folder.is_empty() {
            self.directory.push(StartPiece::Literal(folder));
        }
    }
}

impl Reader<'_> {
    /// Takes the path apart that a `root` or `alias` gives.
    pub(super) fn target(&mut self, word: &Word, groups: &Groups) -> Checked<Target> {
        let mut target = Target::default();
        for part in value::split(word, 0)? {
            let param = match &part {
                Part::Name { name, .. } => self.params.find(name),
                _ => None,
            };
            match (part, param) {
                (Part::Literal(bytes), _) if target.bounded => target.inner.push_literal(&bytes),
                (Part::Literal(bytes), _) => target.literal(utf8(word, bytes)?),
                (Part::Name { range, .. }, Some(param)) if !target.bounded => {
                    self.params.demand(param, ParamKind::Path, word.part(range))?;
                    target.directory.push(StartPiece::Param(param));
                }
                (Part::Name { name, range, .. }, Some(_)) => {
                    let note = "behind a variable, it would not say which folder bounds the path";
                    let wrong = misplaced(&name, word.part(range));
                    return Err(Box::new(wrong.note(note)));
                }
                (Part::Name { name, range, .. }, None) => {
                    let span = word.part(range);
                    if MADE_HERE.contains(&name.to_ascii_lowercase().as_str()) {
                        let message = format!("`${name}` is made of what stands here");
                        return Err(Box::new(Diagnostic::error("T18", span, message)));
                    }
                    match self.constants.get(&name.to_ascii_lowercase()) {
                        Some(text) => target.literal(text.to_owned()),
                        None => target.variable(word, self.variable(&name, span)?)?,
                    }
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
