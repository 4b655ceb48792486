//! Where `${NAME}` of a `param` may stand: the table says it of each directive. Anywhere else
//! it would be taken for text, or for a variable that nobody knows.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::ast::{Conf, Directive, Word};
use crate::check::groups::capture_names;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::directive::{self, Context};
use crate::source::Span;

/// Reports each param that stands where the table allows none.
pub(crate) fn check(conf: &Conf, diagnostics: &mut Diagnostics) {
    let named = conf.directives.iter().filter(|directive| directive.name.value == b"param");
    let names: BTreeSet<_> = named.filter_map(|directive| directive.args.first()?.text()).collect();
    if names.is_empty() {
        return;
    }
    let captures = capture_names(&conf.directives, BTreeSet::new());
    let is_param = |name: &str| names.contains(name) && !captures.has(name);
    check_block(&conf.directives, Context::Main, &is_param, diagnostics);
}

fn check_block(
    directives: &[Directive],
    context: Context,
    is_param: &dyn Fn(&str) -> bool,
    diagnostics: &mut Diagnostics,
) {
    for directive in directives {
        let name = directive.name.text();
        let row = name.and_then(|name| directive::find_for(name, context));
        let table = row.is_some_and(|row| row.form == directive::Form::Table);
        if let Some(row) = row {
            check_words(directive.args.iter().skip(row.params), is_param, diagnostics);
        }
        let Some(block) = &directive.block else { continue };
        match table {
            true => {
                let lines = block.directives.iter();
                let words = lines.flat_map(|line| [&line.name].into_iter().chain(&line.args));
                check_words(words, is_param, diagnostics);
            }
            false => {
                let context = match row.map(|row| row.form) {
                    Some(directive::Form::Block(context)) => context,
                    _ => Context::Main,
                };
                check_block(&block.directives, context, is_param, diagnostics);
            }
        }
    }
}

fn check_words<'a>(
    words: impl Iterator<Item = &'a Word>,
    is_param: &dyn Fn(&str) -> bool,
    diagnostics: &mut Diagnostics,
) {
    for word in words {
        let wrong = references(word).find(|(name, _)| is_param(name));
        diagnostics.extend(wrong.map(|(name, range)| misplaced(name, word.part(range))));
    }
}

/// That a param cannot stand here, and where one may.
pub(crate) fn misplaced(name: &str, span: Span) -> Diagnostic {
    Diagnostic::error("T26", span, format!("the param `{name}` cannot stand here"))
        .help(format!("a param may stand in {}", directive::with_params()))
}

/// The names behind a `$` in a word, with braces or without, and where they stand in its value.
pub(crate) fn references(word: &Word) -> impl Iterator<Item = (&str, Range<usize>)> {
    let value = &word.value;
    let dollars = value.iter().enumerate().filter(|&(_, &byte)| byte == b'$');
    dollars.filter_map(move |(start, _)| {
        let braces = value.get(start + 1) == Some(&b'{');
        let name_start = start + 1 + usize::from(braces);
        let belongs = |byte: &&u8| byte.is_ascii_alphanumeric() || **byte == b'_';
        let name_end = name_start + value[name_start..].iter().take_while(belongs).count();
        let closed = !braces || value.get(name_end) == Some(&b'}');
        let name = std::str::from_utf8(&value[name_start..name_end]).ok()?;
        closed.then_some((name, start..name_end + usize::from(braces)))
    })
}
