//! Where a `;` is missing. Without it, a statement takes in the words of the next one, so
//! that only a look at the directive table can tell them apart.

use super::lines::Lines;
use super::read::{End, Item, Items, written};
use crate::ast::Word;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::directive::{self, Context, Form};
use crate::names;
use crate::source::{Source, Span};

/// What stands inside the block that is being walked.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Inside {
    /// Directives of the table.
    Directives,
    /// Lines such as those of `types`.
    Table,
    /// Those of an `upstream`.
    Upstream,
    /// Nobody knows.
    Unknown,
}

/// Reports statements that lack their `;`, and splits them where the next one begins.
pub(super) fn restore(source: &Source, items: &mut Items, diagnostics: &mut Diagnostics) {
    let lines = Lines::new(&source.text);
    let mut repair = Repair { source, lines, diagnostics, items: Vec::new(), unsure: items.unsure };
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
    items.unsure = repair.unsure;
    items.items = repair.items;
}

/// What the block `name` holds.
fn content(name: Option<&Word>) -> Inside {
    match name.and_then(row).map(|row| row.form) {
        Some(Form::Block(Context::Upstream)) => Inside::Upstream,
        Some(Form::Block(_) | Form::Condition) => Inside::Directives,
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
            End::Open(_) | End::Verbatim(_) => row.form != Form::Simple,
            End::Missing | End::Excused => true,
        };
        form && (row.args.0..=row.args.1).contains(&args)
    })
}

/// Whether a word is the name of a directive, ours or nginx's.
fn is_known(word: &Word) -> bool {
    word.text().is_some_and(|name| directive::find(name).is_some() || names::is_nginx(name))
}

/// Whether a word begins a line of an `upstream`.
fn is_line(word: &Word) -> bool {
    let find = |name| directive::find_in(name, Context::Upstream);
    !word.quoted && word.text().and_then(find).is_some()
}

/// Whether a word is the name of another server's directive.
fn is_foreign(word: &Word) -> bool {
    word.text().is_some_and(names::is_foreign)
}

/// How many `}` at the end of a word are most likely no part of it.
fn glued_braces(word: &Word) -> usize {
    let is_plain = !word.quoted && word.offsets.is_empty() && !word.value.contains(&b'{');
    if is_plain { word.value.iter().rev().take_while(|&&byte| byte == b'}').count() } else { 0 }
}

/// `//` or `/*`.
fn foreign_comment(first: &Word) -> Diagnostic {
    let mark = Span { end: first.span.start + 2, ..first.span };
    Diagnostic::error("D03", mark, "a comment begins with `#` here")
        .label("begins a comment in other languages")
        .patch("write `#`, on each of its lines", mark, "#")
}

struct Repair<'a> {
    source: &'a Source,
    lines: Lines,
    diagnostics: &'a mut Diagnostics,
    items: Vec<Item>,
    /// Whether a `{` is missing that nobody knows the `}` of.
    unsure: bool,
}

impl Repair<'_> {
    /// Passes on a statement, in parts if it is more than one.
    fn statement(&mut self, mut words: Vec<Word>, end: End, inside: Inside) {
        if let Some(len) = self.foreign_comment(&words, end) {
            let rest = words.split_off(len);
            self.diagnostics.push(foreign_comment(&words[0]));
            if !rest.is_empty() {
                self.statement(rest, end, inside);
            }
            return;
        }
        let mut lens = Vec::new();
        let mut rest = &words[..];
        while let Some(at) = self.cut(rest, end, inside) {
            lens.push((at, rest[at].span));
            rest = &rest[at..];
        }
        let mut words = words.into_iter();
        for (len, next) in lens {
            self.unfinished(words.by_ref().take(len).collect(), Some(next), inside);
        }
        if end == End::Missing {
            self.unfinished(words.collect(), None, inside);
        } else {
            self.items.push(Item::Statement(words.collect(), end));
        }
    }

    /// How many words are a comment in another language's form: those of a line, or up to the
    /// end that it has.
    fn foreign_comment(&self, words: &[Word], end: End) -> Option<usize> {
        // As it is written: a word's value is without what stands unseen in it.
        let text = &self.source.text[words.first()?.span.start as usize..];
        let is_last = |at: &usize| match text.starts_with("/*") {
            true => words[at - 1].value.ends_with(b"*/"),
            false => self.lines.begins_line(&words[at - 1], &words[*at]),
        };
        if !text.starts_with("//") && !text.starts_with("/*") {
            return None;
        }
        let len = (1..words.len()).find(is_last).unwrap_or(words.len());
        // The block of a directive that was taken out would have no name.
        (len < words.len() || !matches!(end, End::Open(_))).then_some(len)
    }

    /// The first word of the next statement, if `words` are more than one.
    fn cut(&self, words: &[Word], end: End, inside: Inside) -> Option<usize> {
        let first = words.first()?;
        let begins_line =
            |at: usize| !words[at].quoted && self.lines.begins_line(&words[at - 1], &words[at]);
        let is_left = |at: usize| begins_line(at) && !self.is_deeper(first, words[at].span);
        let fits_before = |at: usize| fits(first, at - 1, End::Missing);
        let mut all = 1..words.len();
        match inside {
            Inside::Unknown => return None,
            Inside::Table => return all.find(|&at| is_left(at) && words[at].value.contains(&b'/')),
            Inside::Upstream => return all.find(|&at| is_left(at) && is_line(&words[at])),
            Inside::Directives => {}
        }
        if row(first).is_none() {
            // Nobody knows how many lines it takes, so that only a name tells that it has ended.
            let is_name = |word: &Word| is_known(word) || is_foreign(first) && is_foreign(word);
            return all.find(|&at| is_left(at) && is_name(&words[at]));
        }
        if fits(first, words.len() - 1, end) {
            // But for two, no option of `listen` has the name of a directive.
            let is_option = |at: usize| {
                first.value != b"listen"
                    || at < 2
                    || words[at].quoted
                    || matches!(&words[at].value[..], b"http2" | b"ssl")
            };
            let is_name = |at: usize| !is_option(at) && row(&words[at]).is_some();
            return all.find(|&at| is_left(at) && is_known(&words[at]) || is_name(at));
        }
        if row(first).is_some_and(|row| row.form != Form::Simple) && !matches!(end, End::Open(_)) {
            return all.find(|&at| (begins_line(at) || is_known(&words[at])) && fits_before(at));
        }
        // A known name tells most, at the start of a line or behind a `}` that ends a word.
        let named = all.clone().find(|&at| {
            glued_braces(&words[at - 1]) > 0 || begins_line(at) && is_known(&words[at])
        });
        let named = named.or_else(|| all.find(|&at| is_known(&words[at]) && fits_before(at)));
        let before = named.unwrap_or(words.len());
        if named.is_some_and(fits_before) {
            return named;
        }
        (1..before).find(|&at| is_left(at) && fits_before(at)).or(named)
    }

    /// Reports and passes on a statement that neither `;` nor `{` ends; `next` is the
    /// word behind it, if it had taken that in.
    fn unfinished(&mut self, mut words: Vec<Word>, next: Option<Span>, inside: Inside) {
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
        let needs_block =
            inside != Inside::Upstream && row(first).is_some_and(|row| row.form != Form::Simple);
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
            diagnostic = diagnostic.also(next, "the next directive begins here");
        }
        self.diagnostics.push(diagnostic);
        let goes_on = closes.is_empty() && next.is_some_and(|next| self.is_deeper(first, next));
        let end = if needs_block && goes_on { End::Open(behind) } else { End::Excused };
        self.unsure |= needs_block && !goes_on;
        self.items.push(Item::Statement(words, end));
        self.items.extend(closes.into_iter().map(Item::Close));
    }

    fn is_deeper(&self, first: &Word, next: Span) -> bool {
        self.lines.place(next.start).column > self.lines.place(first.span.start).column
    }
}
