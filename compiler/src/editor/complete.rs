//! What may be written at a place.

use std::ops::Range;

use super::place::{Inside, Place};
use super::project::Project;
use crate::ast::Word;
use crate::catalogue;
use crate::directive::{self, At, Form, NameKind, Naming};
use crate::parse::{self, Before};
use crate::source::{FileId, Span};
use crate::value::variable;

/// What a completion is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Of {
    /// A directive that ends in `;`.
    Simple,
    /// One with a block.
    Block,
    /// A word that the table knows.
    Keyword,
    /// A variable.
    Variable,
    /// A name of the conf.
    Name(NameKind),
    /// A check.
    Check,
}

impl Of {
    /// Whether it is a directive.
    pub fn is_directive(&self) -> bool {
        matches!(self, Of::Simple | Of::Block)
    }
}

/// A text that may stand at a place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Completion {
    /// What is shown, and written in the place of `replaces`.
    pub text: String,
    /// What it is.
    pub of: Of,
    /// A few words about it.
    pub detail: String,
    /// The bytes of the file that it replaces.
    pub replaces: Range<usize>,
    /// Whether it is a directive, and nothing but blanks stands behind it on the line.
    pub ends_line: bool,
    /// Of a directive: whether it has parameters.
    pub has_parameters: bool,
    /// Of a directive: whether it is a line of an `upstream`.
    pub is_line: bool,
}

impl Completion {
    /// What is no directive.
    fn new(text: String, of: Of, detail: &str, replaces: Range<usize>) -> Completion {
        let (ends_line, has_parameters, is_line) = (false, false, false);
        let detail = detail.to_owned();
        Completion { text, of, detail, replaces, ends_line, has_parameters, is_line }
    }
}

/// The place that is asked about.
struct Cursor<'a> {
    text: &'a str,
    offset: usize,
    /// What is written of the word so far; between words, nothing.
    partial: Word,
    /// The words of the directive before it.
    words: Vec<Word>,
    place: Place,
    in_string: bool,
}

impl Project {
    /// What may be written at a place of a file: directives where one begins, words, variables and
    /// names of the conf where a parameter does.
    pub fn completions(&self, file: FileId, offset: usize) -> Vec<Completion> {
        let text = &self.source(file).text;
        let offset = crate::source::char_floor(text, offset);
        let before = parse::before(&text[..offset]);
        if let Some(comment) = &before.comment {
            return checks(&text[comment.span.start as usize..offset], offset);
        }
        let cursor = Cursor::new(self.base(file), text, offset, before);
        let [name, args @ ..] = &cursor.words[..] else { return cursor.directives() };
        if let Some(completions) = self.variables(&cursor) {
            return completions;
        }
        match cursor.place.inside.row(name) {
            Some(row) => self.parameters(&cursor, row, args),
            None => Vec::new(),
        }
    }

    /// Variables, if one has begun.
    fn variables(&self, cursor: &Cursor<'_>) -> Option<Vec<Completion>> {
        let dollar = cursor.partial.value.iter().rposition(|&byte| byte == b'$')?;
        let behind = &cursor.partial.value[dollar + 1..];
        let braces = behind.first() == Some(&b'{');
        let name = &behind[usize::from(braces)..];
        if !name.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_') {
            return None;
        }
        let start = cursor.place_of(dollar);
        let closed = cursor.text[cursor.offset..].starts_with('}');
        let shown = |name: &str| match (braces, closed) {
            (false, _) => format!("${name}"),
            (true, false) => format!("${{{name}}}"),
            (true, true) => format!("${{{name}"),
        };
        let one = |name: &str, detail: &str| {
            let replaces = start..cursor.offset;
            Completion::new(shown(name), Of::Variable, first_sentence(detail), replaces)
        };
        let own = self.given(NameKind::Variable, cursor.place);
        let own = own.into_iter().map(|name| one(&name.text, "a variable of this conf"));
        let params = self.given(NameKind::Param, cursor.place).into_iter().map(|name| {
            let text = match (braces, closed) {
                (true, true) => format!("${{{}", name.text),
                _ => format!("${{{}}}", name.text),
            };
            Completion {
                text,
                of: Of::Name(NameKind::Param),
                ..one(&name.text, "a param of this conf")
            }
        });
        let builtin = variable::VARIABLES.iter().map(|row| one(row.name, row.doc));
        let families = variable::FAMILIES.iter().map(|family| one(family.prefix, family.doc));
        // What may be completed further has no end yet.
        let families = families.map(|mut family| {
            family.text.retain(|char| char != '}');
            family
        });
        Some(own.chain(params).chain(builtin).chain(families).collect())
    }

    /// Words and names that a parameter may be.
    fn parameters(
        &self,
        cursor: &Cursor<'_>,
        row: &directive::Directive,
        args: &[Word],
    ) -> Vec<Completion> {
        if args.len() >= row.args.1 {
            return Vec::new();
        }
        let mut completions = Vec::new();
        let partial = &cursor.partial;
        let with_partial: Vec<_> = args.iter().chain([partial]).cloned().collect();
        for naming in row.names {
            let Naming::Uses(kind, at) = *naming else { continue };
            let found = at.find(&with_partial);
            let mut found = found.into_iter().filter(|(index, _)| *index == args.len());
            let is_at_end = |(_, range): (usize, Range<usize>)| {
                (range.end == partial.value.len()).then_some(range.start)
            };
            // The `@` may still be missing.
            let begin = found.next().and_then(is_at_end).map(|start| (start, ""));
            let begin = begin
                .or_else(|| (at == At::Marked && partial.value.is_empty()).then_some((0, "@")));
            let Some((skipped, front)) = begin else { continue };
            for name in self.given(kind, cursor.place) {
                let text = format!("{front}{}", name.text);
                let replaces = cursor.place_of(skipped)..cursor.offset;
                completions.push(Completion::new(text, Of::Name(kind), kind.noun(), replaces));
            }
        }
        let keywords = row.keywords().into_iter().filter(|it| !it.alone || args.is_empty());
        let is_there = |text: &str| {
            let is_same = |word: &Word| match text.ends_with('=') {
                true => word.value.starts_with(text.as_bytes()),
                false => word.value == text.as_bytes(),
            };
            args.iter().any(is_same)
        };
        let begins = |text: &str| text.as_bytes().starts_with(&partial.value);
        let keywords = keywords.filter(|it| !is_there(&it.text) && begins(&it.text));
        let detail = format!("{} {}", row.name, row.usage);
        completions.extend(keywords.map(|keyword| {
            Completion::new(keyword.text, Of::Keyword, &detail, cursor.place_of(0)..cursor.offset)
        }));
        completions
    }
}

impl<'a> Cursor<'a> {
    fn new(base: Place, text: &'a str, offset: usize, before: Before) -> Cursor<'a> {
        let Before { blocks, mut words, in_string, .. } = before;
        let place = blocks.iter().fold(base, |place, header| {
            let Some((name, args)) = header.split_first() else { return place };
            let (name, args) = (name.clone(), args.to_vec());
            place.within(&crate::ast::Directive { name, args, block: None })
        });
        let is_open = |word: &Word| in_string || word.span.end as usize == offset && !word.quoted;
        let open = words.pop_if(|word| is_open(word));
        let partial = open.unwrap_or_else(|| {
            let file = FileId::default();
            let span = Span { file, start: offset as u32, end: offset as u32 };
            Word { value: Vec::new(), span, quoted: false, offsets: Vec::new() }
        });
        let start = partial.span.start as usize;
        let mut cursor = Cursor { text, offset, partial, words, place, in_string };
        // A line that begins at the column of the directive before begins another one.
        let column = |at: usize| at - line_start(text, at);
        let is_first = text[line_start(text, start)..start].trim().is_empty();
        let is_next = cursor.words.first().is_some_and(|name| {
            let name = name.span.start as usize;
            line_start(text, name) < line_start(text, start) && column(start) <= column(name)
        });
        if is_first && is_next && !in_string {
            cursor.words.clear();
        }
        cursor
    }

    /// Where the byte at an index of the word so far stands.
    fn place_of(&self, index: usize) -> usize {
        self.partial.part(index..index).start as usize
    }

    /// The directives that may stand here.
    fn directives(&self) -> Vec<Completion> {
        let Inside::Directives(context) = self.place.inside else { return Vec::new() };
        if self.in_string {
            return Vec::new();
        }
        let behind = &self.text[self.offset..];
        let ends_line = behind.lines().next().unwrap_or_default().trim().is_empty();
        let rows = directive::all().filter(|row| row.allowed_in(context));
        let completions = rows.map(|row| Completion {
            text: row.name.to_owned(),
            of: if row.form == Form::Simple { Of::Simple } else { Of::Block },
            detail: row.usage.to_owned(),
            replaces: self.place_of(0)..self.offset,
            ends_line,
            has_parameters: row.args.1 > 0,
            is_line: row.is_line(),
        });
        completions.collect()
    }
}

/// The codes of checks, where a comment allows some.
fn checks(comment: &str, offset: usize) -> Vec<Completion> {
    let Some((_, list)) = comment.split_once("sitec:").and_then(|(_, it)| it.split_once("allow("))
    else {
        return Vec::new();
    };
    if list.contains(')') {
        return Vec::new();
    }
    let written = list.rsplit([',', ' ']).next().unwrap_or_default();
    let completions = catalogue::all().map(|check| {
        let replaces = offset - written.len()..offset;
        Completion::new(check.code.to_owned(), Of::Check, check.name, replaces)
    });
    completions.collect()
}

fn line_start(text: &str, at: usize) -> usize {
    text[..at].rfind('\n').map_or(0, |at| at + 1)
}

fn first_sentence(text: &str) -> &str {
    text.split_inclusive(". ").next().unwrap_or_default().trim_end()
}
