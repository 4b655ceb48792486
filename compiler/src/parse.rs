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

use crate::ast::{Comment, Conf, Directive};
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
        included: 0,
        comments: Vec::new(),
        is_sound: true,
    };
    let directives = match includer.file(path) {
        Ok(directives) => directives,
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
    let directives = if is_sound { tree::build(items.items, diagnostics) } else { Vec::new() };
    (directives, is_sound)
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
