//! Where directives and words stand, and how a directive is used.

use crate::ast::{Directive, Word};
use crate::directive::{self, Context, Form};
use crate::source::Span;

/// Where directives stand.
pub(super) struct Inside<'a> {
    pub(super) context: Context,
    /// The block that they are in; none at top level.
    pub(super) block: Option<&'a Directive>,
}

/// `usage: NAME ARGS;`
pub(super) fn usage(row: &directive::Directive) -> String {
    let space = if row.usage.is_empty() { "" } else { " " };
    let end = if row.form == Form::Simple { ";" } else { " { … }" };
    format!("usage: `{}{space}{}{end}`", row.name, row.usage)
}

/// The place right behind a word.
pub(super) fn behind(word: &Word) -> Span {
    Span { start: word.span.end, ..word.span }
}
