//! Where a `;` is missing. Without it, a statement takes in the words of the next one, so
//! that only a look at the directive table can tell them apart.

use super::lines::Lines;
use super::read::{End, Item, Items, written};
use crate::ast::Word;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::directive::{self, Form};
use crate::names;
use crate::source::{Source, Span};

/// What stands inside the block that is being walked.
#[derive(Clone, Copy)]
enum Inside {
    /// Directives of the table.
    Directives,
    /// Lines such as those of `types`.
    Table,
    /// Nobody knows.
    Unknown,
}

/// Reports statements that lack their `;`, and splits them where the next one begins.
pub(super) fn restore(source: &Source, items: &mut Items, diagnostics: &mut Diagnostics) {
    let lines = Lines::new(&source.text);
    let mut repair = Repair { source, lines, diagnostics, items: Vec::new() };
    let mut inside = Vec::new();
    for item in std::mem::take(&mut items.items) {
        match item {
            Item::Close(_) => {
                inside.pop();
                repair.items.push(item);
            }
            Item::Statement(words, end) => {
                let within = inside.last().copied().unwrap_or(Inside::Directives);
                repair.statement(words, end, within);
                if let Some(Item::Statement(words, End::Open(_))) = repair.items.last() {
                    inside.push(content(words.first()));
                }
            }
        }
    }
    items.items = repair.items;
}

/// What the block `name` holds.
fn content(name: Option<&Word>) -> Inside {
    match name.and_then(row).map(|row| row.form) {
        Some(Form::Block(_)) => Inside::Directives,
        Some(Form::Table) => Inside::Table,
        _ => Inside::Unknown,
    }
}

fn row(name: &Word) -> Option<&'static directive::Directive> {
    name.text().and_then(directive::find)
}

/// Whether the words behind `name` and what ends them are what its row asks for. A name
/// without a row takes anything.
fn fits(name: &Word, args: usize, end: End) -> bool {
    row(name).is_none_or(|row| {
        let form = match end {
            End::Semicolon(_) => row.form == Form::Simple,
            End::Open(_) => row.form != Form::Simple,
            End::Missing | End::Excused => true,
        };
        form && (row.args.0..=row.args.1).contains(&args)
    })
}

/// Whether a word is the name of a directive, ours or nginx's.
fn is_known(word: &Word) -> bool {
    word.text().is_some_and(|name| directive::find(name).is_some() || names::is_nginx(name))
}

/// How many `}` at the end of a word are most likely no part of it.
fn glued_braces(word: &Word) -> usize {
    let braces = word.value.iter().rev().take_while(|&&byte| byte == b'}').count();
    if word.quoted || word.value.contains(&b'{') { 0 } else { braces }
}

struct Repair<'a> {
    source: &'a Source,
    lines: Lines,
    diagnostics: &'a mut Diagnostics,
    items: Vec<Item>,
}

impl Repair<'_> {
    /// Passes on a statement, in parts if it is more than one.
    fn statement(&mut self, mut words: Vec<Word>, end: End, inside: Inside) {
        while let Some(at) = self.cut(&words, end, inside) {
            let rest = words.split_off(at);
            self.unfinished(words, Some(&rest[0]));
            words = rest;
        }
        if end == End::Missing {
            self.unfinished(words, None);
        } else {
            self.items.push(Item::Statement(words, end));
        }
    }

    /// The first word of the next statement, if `words` are more than one.
    fn cut(&self, words: &[Word], end: End, inside: Inside) -> Option<usize> {
        let first = words.first()?;
        let column = |word: &Word| self.lines.place(word.span.start).column;
        let fits = fits(first, words.len() - 1, end);
        (1..words.len()).find(|&at| {
            let (before, word) = (&words[at - 1], &words[at]);
            let begins_line = !word.quoted && self.lines.begins_line(before, word);
            let is_left = begins_line && column(word) <= column(first);
            match inside {
                Inside::Unknown => false,
                Inside::Table => is_left && word.value.contains(&b'/'),
                Inside::Directives if is_known(word) => is_left || begins_line && !fits,
                Inside::Directives if fits => false,
                Inside::Directives => {
                    let now_fits = self::fits(first, at - 1, End::Missing);
                    now_fits && is_left || glued_braces(before) > 0
                }
            }
        })
    }

    /// Reports and passes on a statement that neither `;` nor `{` ends; `next` is the
    /// word behind it, if it had taken that in.
    fn unfinished(&mut self, mut words: Vec<Word>, next: Option<&Word>) {
        let mut closes = Vec::new();
        if let Some(last) = words.last_mut() {
            let braces = glued_braces(last);
            last.value.truncate(last.value.len() - braces);
            last.span.end -= braces as u32;
            let start = last.span.end;
            closes.extend((0..braces as u32).map(|at| Span {
                start: start + at,
                end: start + at + 1,
                ..last.span
            }));
        }
        let (Some(first), Some(last)) = (words.first(), words.last()) else { return };
        let behind = Span { start: last.span.end, ..last.span };
        let written = written(self.source, &words);
        let needs_block = row(first).is_some_and(|row| row.form != Form::Simple);
        let mut diagnostic = if needs_block {
            Diagnostic::error("Y05", behind, format!("expected `{{` after `{written}`"))
                .label("`{` is missing here")
                .patch("open the block", behind, " {")
        } else {
            Diagnostic::error("Y01", behind, format!("expected `;` after `{written}`"))
                .label("`;` is missing here")
                .patch("add `;`", behind, ";")
        };
        if let Some(next) = next.filter(|_| closes.is_empty()) {
            diagnostic = diagnostic.also(next.span, "the next directive begins here");
        }
        self.diagnostics.push(diagnostic);
        let goes_on = closes.is_empty() && next.is_some_and(|next| self.is_deeper(first, next));
        let end = if needs_block && goes_on { End::Open(behind) } else { End::Excused };
        self.items.push(Item::Statement(words, end));
        self.items.extend(closes.into_iter().map(Item::Close));
    }

    fn is_deeper(&self, first: &Word, next: &Word) -> bool {
        self.lines.place(next.span.start).column > self.lines.place(first.span.start).column
    }
}
