//! What there is to tell about what stands at a place.

use super::names::Name;
use super::project::Project;
use crate::catalogue;
use crate::check::references;
use crate::directive::{self, Context};
use crate::source::{FileId, Span};
use crate::value::variable;

impl Project {
    /// What is told of a place of a file, in Markdown, and the text that it is about: the reference
    /// of a directive, a variable or a check, or what gives a name.
    pub fn hover(&self, file: FileId, offset: usize) -> Option<(String, Span)> {
        let offset = crate::source::char_floor(&self.source(file).text, offset);
        if let Some(comment) = self.comment_at(file, offset) {
            let within = offset - comment.span.start as usize;
            let text = self.source(file).text.get(comment.span.start as usize..)?;
            let is_code = |char: char| char.is_ascii_alphanumeric() || char == '-';
            let mut before = text[..within].char_indices().rev();
            let start = before.find(|(_, char)| !is_code(*char));
            let start = start.map_or(0, |(at, char)| at + char.len_utf8());
            let len = text[start..].find(|char| !is_code(char)).unwrap_or(text.len() - start);
            let check = catalogue::find(&text[start..start + len])?;
            let start = comment.span.start + start as u32;
            return Some((
                catalogue::markdown(check),
                Span { file, start, end: start + len as u32 },
            ));
        }
        if let Some(name) = self.name_at(file, offset)
            && let Some(told) = self.given_by(name)
        {
            return Some((told, name.span));
        }
        let found = self.at(file, offset)?;
        let (index, word) = found.word?;
        if index == 0 {
            let row = found.place.inside.row(word)?;
            return Some((directive::markdown(row), word.span));
        }
        let place = |range| word.part(range);
        let mut variables = references(word).map(|(name, range)| (name, place(range)));
        let (name, span) = variables
            .find(|(_, span)| (span.start as usize..=span.end as usize).contains(&offset))?;
        Some((variable::explain(name)?, span))
    }

    /// The lines of the conf that give a name.
    fn given_by(&self, name: &Name) -> Option<String> {
        let mut told = String::new();
        for given in self.same(name).filter(|other| other.gives).take(5) {
            let source = self.source(given.directive.file);
            let range = given.directive.start as usize..given.directive.end as usize;
            let place = self.draft.sources.place(given.span);
            told += &format!(
                "```nginx\n{}\n```\n\n{}, {place}\n\n",
                &source.text[range],
                name.kind.noun()
            );
        }
        (!told.is_empty()).then_some(told)
    }
}

/// What there is to tell of a directive by its name, where `is_line` says whether it is a line of
/// an `upstream`, or of a variable or a check.
pub fn documentation(word: &str, is_line: bool) -> Option<String> {
    if let Some(name) = word.strip_prefix('$') {
        return variable::explain(name.trim_matches(['{', '}']));
    }
    let context = if is_line { Context::Upstream } else { Context::Main };
    let row = directive::find_in(word, context).or_else(|| directive::find(word));
    let check = || catalogue::find(word).map(catalogue::markdown);
    row.map(directive::markdown).or_else(check)
}
