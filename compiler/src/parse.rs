//! Text to tree: reads a conf and all that it includes.
//!
//! A mistake is reported once, and the text is then read as it was most likely meant:
//! each pass here repairs what it reports, so that no later one stumbles over it.
//!
//! ```text
//! text ─read→ items ─semicolon→ items ─brace→ items ─tree→ directives ─include→ ast
//! ```

mod brace;
mod dialect;
mod include;
mod lines;
mod read;
mod semicolon;
mod slip;
mod tree;
mod walk;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::ast::{Comment, Conf, Directive, Word};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::files::{Files, Kind};
use crate::source::{FileId, Source, Sources, Span};
use include::Includer;

/// Reads the conf at `path` and what it includes. `dependencies` gets every file that was
/// read or looked for and the folder of every pattern, the conf itself first. `None` if the
/// text is so broken that looking at its directives would only bring follow-up messages;
/// with `Some`, there may be errors in `diagnostics` all the same.
pub fn parse(
    files: &dyn Files,
    path: &Path,
    sources: &mut Sources,
    dependencies: &mut Vec<PathBuf>,
    diagnostics: &mut Diagnostics,
) -> Option<Conf> {
    let mut includer = Includer {
        files,
        sources,
        dependencies,
        diagnostics,
        base: path.parent().unwrap_or(Path::new("")).to_owned(),
        read: BTreeMap::new(),
        chain: Vec::new(),
        count: 0,
        comments: Vec::new(),
        is_sound: true,
        included: None,
    };
    let directives = match includer.file(path) {
        Ok((_, directives)) => directives,
        Err(error) => {
            let span = Span { file: sources.add(path.to_string_lossy(), b""), start: 0, end: 0 };
            diagnostics.push(unreadable(files, path, span, &error));
            return None;
        }
    };
    includer.chain.push((Span::default(), path.to_owned()));
    let directives = includer.resolve(directives, 0);
    let comments = includer.comments;
    includer.is_sound.then_some(Conf { directives, comments })
}

/// A conf and what it includes, as far as it can be understood while somebody writes it.
#[derive(Default)]
pub(crate) struct Draft {
    /// The files, that of the conf first; none if it cannot be read.
    pub(crate) sources: Sources,
    /// The directives of each file, as written.
    pub(crate) written: BTreeMap<FileId, Vec<Directive>>,
    /// All directives. Those of an included file stand behind the `include`.
    pub(crate) directives: Vec<Directive>,
    /// The comments of all files.
    pub(crate) comments: Vec<Comment>,
    /// The parameters of `include`, and the files that each has brought.
    pub(crate) included: Vec<(Span, FileId)>,
}

/// Reads the conf at `path` and what it includes, and says nothing of what is wrong with them.
pub(crate) fn draft(files: &dyn Files, path: &Path) -> Draft {
    let mut sources = Sources::default();
    let (mut dependencies, mut diagnostics) = (Vec::new(), Diagnostics::default());
    let mut includer = Includer {
        files,
        sources: &mut sources,
        dependencies: &mut dependencies,
        diagnostics: &mut diagnostics,
        base: path.parent().unwrap_or(Path::new("")).to_owned(),
        read: BTreeMap::new(),
        chain: vec![(Span::default(), path.to_owned())],
        count: 0,
        comments: Vec::new(),
        is_sound: true,
        included: Some(Vec::new()),
    };
    let Ok((_, directives)) = includer.file(path) else { return Draft::default() };
    let directives = includer.resolve(directives, 0);
    let Includer { read, comments, included, .. } = includer;
    let included = included.unwrap_or_default();
    Draft { sources, written: read.into_values().collect(), directives, comments, included }
}

/// The directives of one file, as they are most likely meant: what is not closed is closed by its
/// end.
pub(crate) fn outline(id: FileId, source: &Source, comments: &mut Vec<Comment>) -> Vec<Directive> {
    let mut ignored = Diagnostics::default();
    let mut items = read::items(id, source, &mut ignored);
    comments.append(&mut items.comments);
    semicolon::restore(source, &mut items, &mut ignored);
    brace::balance(source, &mut items, &mut ignored);
    let end = source.text.len() as u32;
    tree::build(items.items, Span { file: id, start: end, end }, &mut ignored)
}

/// What stands before a place of a text.
#[derive(Default)]
pub(crate) struct Before {
    /// The names and parameters of the blocks that are open there, the outermost first.
    pub(crate) blocks: Vec<Vec<Word>>,
    /// The words of the directive that has not ended; of none, nothing.
    pub(crate) words: Vec<Word>,
    /// The comment that goes on.
    pub(crate) comment: Option<Comment>,
    /// Whether a string goes on.
    pub(crate) in_string: bool,
}

/// What stands before the end of a text.
pub(crate) fn before(text: &str) -> Before {
    let read = |end: &str| {
        let (name, text) = (String::new(), format!("{text}{end}"));
        let source = Source { name, text, escaped: false, mark_len: 0 };
        let mut ignored = Diagnostics::default();
        let mut items = read::items(FileId::default(), &source, &mut ignored);
        let is_whole = !items.unsure;
        semicolon::restore(&source, &mut items, &mut ignored);
        is_whole.then_some(items)
    };
    // A string that goes on ends with the mark that makes sense of it.
    let mut ends = ["", "\"", "'"].into_iter();
    let Some((end, items)) = ends.find_map(|end| Some((end, read(end)?))) else {
        return Before::default();
    };
    let mut before = Before { in_string: !end.is_empty(), ..Before::default() };
    for item in items.items {
        match item {
            read::Item::Statement(words, read::End::Open(_)) => before.blocks.push(words),
            read::Item::Statement(words, read::End::Missing | read::End::Excused) => {
                before.words = words;
                continue;
            }
            read::Item::Statement(..) => {}
            read::Item::Close(_) => drop(before.blocks.pop()),
        }
        before.words.clear();
    }
    let at_end = |comment: &Comment| comment.span.end as usize == text.len();
    before.comment = items.comments.into_iter().next_back().filter(at_end);
    before
}

/// The directives of one file, as written, and whether its braces can be relied on. Adds its
/// comments to `comments`.
pub(crate) fn file(
    id: FileId,
    source: &Source,
    comments: &mut Vec<Comment>,
    diagnostics: &mut Diagnostics,
) -> (Vec<Directive>, bool) {
    if let Some(foreign) = dialect::check(id, source) {
        diagnostics.push(foreign);
        return (Vec::new(), false);
    }
    let mut items = read::items(id, source, diagnostics);
    comments.append(&mut items.comments);
    semicolon::restore(source, &mut items, diagnostics);
    let is_sound = brace::balance(source, &mut items, diagnostics);
    if !is_sound {
        return (Vec::new(), false);
    }
    let end = source.text.len() as u32;
    let end = Span { file: id, start: end, end };
    (tree::build(items.items, end, diagnostics), true)
}

/// A word, a sign or a comment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Token {
    pub(crate) kind: TokenKind,
    pub(crate) span: Span,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum TokenKind {
    Word,
    Semicolon,
    Open,
    Close,
    Comment,
    /// A block in another language, with its braces.
    Verbatim,
}

/// All tokens of a file, in the order of the text; complete if there is no error.
pub(crate) fn tokens(id: FileId, source: &Source, diagnostics: &mut Diagnostics) -> Vec<Token> {
    file(id, source, &mut Vec::new(), diagnostics);
    let items = read::items(id, source, &mut Diagnostics::default());
    let mut tokens = Vec::new();
    let mut add = |kind, span| tokens.push(Token { kind, span });
    for item in &items.items {
        match item {
            read::Item::Statement(words, end) => {
                words.iter().for_each(|word| add(TokenKind::Word, word.span));
                match end {
                    read::End::Semicolon(span) => add(TokenKind::Semicolon, *span),
                    read::End::Open(span) => add(TokenKind::Open, *span),
                    read::End::Verbatim(span) => add(TokenKind::Verbatim, *span),
                    read::End::Missing | read::End::Excused => {}
                }
            }
            read::Item::Close(span) => add(TokenKind::Close, *span),
        }
    }
    items.comments.iter().for_each(|comment| add(TokenKind::Comment, comment.span));
    tokens.sort_by_key(|token| token.span.start);
    tokens
}

fn unreadable(files: &dyn Files, path: &Path, span: Span, error: &std::io::Error) -> Diagnostic {
    let shown = path.to_string_lossy();
    match files.kind(path) {
        Some(Kind::Directory) => {
            let message = format!("`{shown}` is a directory, not a conf");
            let conf = path.join("site.conf");
            Diagnostic::error("Y09", span, message)
                .help(format!("name the file in it: `{}`", conf.to_string_lossy()))
        }
        Some(_) => Diagnostic::error("Y09", span, format!("`{shown}` cannot be read: {error}")),
        None => Diagnostic::error("Y09", span, format!("`{shown}` does not exist")),
    }
}
