//! Helps of this package's tests.

use std::path::Path;

use crate::check::structure;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::files::Memory;
use crate::parse;
use crate::source::{Sources, Span};

/// What parsing and the check of structure say about `text`, and the text as read.
pub(crate) fn diagnose(text: &str) -> (Diagnostics, Sources) {
    diagnose_files(&Memory::new([("site.conf", text)]))
}

/// The same for a `site.conf` among other files.
pub(crate) fn diagnose_files(files: &Memory) -> (Diagnostics, Sources) {
    let (mut sources, mut diagnostics) = (Sources::default(), Diagnostics::default());
    let path = Path::new("site.conf");
    let conf = parse::parse(files, path, &mut sources, &mut Vec::new(), &mut diagnostics);
    if let Some(conf) = conf {
        structure::check(&conf, &mut diagnostics);
    }
    diagnostics.finish();
    (diagnostics, sources)
}

/// Asserts that `text` has one mistake, which is drawn under it: `^` under the place (of
/// which an empty one is one `^` too), `-` under the other places. The last line of `text`
/// that has any of them is meant; `message` is the code and the message.
#[track_caller]
pub(crate) fn check_err(text: &str, drawn: &str, message: &str) {
    let (diagnostics, sources) = diagnose(text);
    assert_drawn(&diagnostics, &sources, text, drawn, message);
}

/// Asserts that `diagnostics` are one mistake in `text`, drawn as for [`check_err`].
#[track_caller]
pub(crate) fn assert_drawn(
    diagnostics: &Diagnostics,
    sources: &Sources,
    text: &str,
    drawn: &str,
    message: &str,
) {
    let found = diagnostics.sorted();
    let rendered = diagnostics.render(sources, false);
    let [diagnostic] = found[..] else { panic!("{text}\nhas not one mistake:\n{rendered}") };
    let said = format!("{}: {}", diagnostic.code, diagnostic.message);
    assert_eq!(said, message, "{text}");
    assert_eq!(draw(text, diagnostic), drawn.trim_end(), "{text}\n{rendered}");
}

/// The places of `diagnostic` on the line of the primary one.
fn draw(text: &str, diagnostic: &Diagnostic) -> String {
    let at = diagnostic.primary.span.start as usize;
    let start = text[..at].rfind('\n').map_or(0, |at| at + 1);
    let end = text[start..].find('\n').map_or(text.len(), |at| start + at);
    let mut marks = vec![' '; text[start..end].chars().count() + 1];
    let mut mark = |span: Span, with: char| {
        let (from, to) = (span.start as usize, (span.end as usize).max(span.start as usize + 1));
        if (start..=end).contains(&from) {
            let column = text[start..from].chars().count();
            let width = text[from..to.min(end).max(from)].chars().count().max(1);
            marks[column..column + width].fill(with);
        }
    };
    diagnostic.secondary.iter().for_each(|label| mark(label.span, '-'));
    mark(diagnostic.primary.span, '^');
    marks.into_iter().collect::<String>().trim_end().to_owned()
}
