//! Locations whose paths are written as URLs are: paths are decoded before they are looked at,
//! and have no query.

use sitec_runtime::site::LocationId;

use super::Subject;
use crate::ast::Word;
use crate::automata;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::ir::{Pattern, Scope};

/// Reports them.
pub(super) fn check(subject: &Subject<'_>, diagnostics: &mut Diagnostics) {
    for server in &subject.site.servers {
        check_scope(subject, &server.scope, diagnostics);
    }
}

fn check_scope(subject: &Subject<'_>, scope: &Scope, diagnostics: &mut Diagnostics) {
    let uri = |id: LocationId| subject.block(id)?.args.last();
    let exact = scope.exact.iter().map(|(path, id)| (&path[..], *id));
    let prefix = scope.prefix.iter().map(|prefix| (&prefix.path[..], prefix.location));
    for (path, id) in exact.chain(prefix) {
        diagnostics.extend(uri(id).and_then(|word| in_path(word, path)));
    }
    for regex in &scope.regex {
        diagnostics.extend(uri(regex.location).and_then(|word| in_regex(word, &regex.pattern)));
    }
    let nested = scope.prefix.iter().map(|prefix| &prefix.nested);
    for inner in nested.chain(scope.regex.iter().map(|regex| &regex.nested)) {
        check_scope(subject, inner, diagnostics);
    }
}

/// A path that `word` ends in.
fn in_path(word: &Word, path: &[u8]) -> Option<Diagnostic> {
    let start = word.value.len().checked_sub(path.len())?;
    let shown = String::from_utf8_lossy(path);
    if let Some(at) = path.iter().position(|&byte| byte == b'?') {
        let query = word.part(start + at..word.value.len());
        let diagnostic = of_query(query);
        let diagnostic =
            diagnostic.note(format!("`{}` would come here, `{shown}` does not", escaped(path)));
        return Some(diagnostic.patch("leave the query out", query, ""));
    }
    let at = (0..path.len()).find(|&at| is_escape(&path[at..]))?;
    let diagnostic = of_escape(word.part(start + at..start + at + 3), &path[at..at + 3]);
    let diagnostic =
        diagnostic.note(format!("`{}` would come here, `{shown}` does not", escaped(path)));
    let front = String::from_utf8_lossy(&word.value[..start]);
    let space = if front.is_empty() { "" } else { " " };
    Some(match decoded(path) {
        Some(path) => {
            let path = path.replace('\\', r"\\").replace('"', r#"\""#);
            let patch = format!("{front}{space}\"{path}\"");
            diagnostic.patch("write the path as it is when it is decoded", word.span, patch)
        }
        None => diagnostic.help("write the path as it is when it is decoded"),
    })
}

/// A regex that `word` ends in: what every match of it has.
fn in_regex(word: &Word, pattern: &Pattern) -> Option<Diagnostic> {
    let needs = automata::needs(automata::parsed(pattern).hir());
    let all_have = |has: &dyn Fn(&[u8]) -> bool| {
        needs.iter().find(|texts| texts.iter().all(|text| has(text))).map(|texts| &texts[0])
    };
    if all_have(&|text| text.contains(&b'?')).is_some() {
        return Some(of_query(word.span).help("leave the query out"));
    }
    let escape_at = |text: &[u8]| (0..text.len()).find(|&at| is_escape(&text[at..]));
    let text = all_have(&|text| escape_at(text).is_some())?;
    let at = escape_at(text)?;
    let diagnostic = of_escape(word.span, &text[at..at + 3]);
    Some(diagnostic.help("write the pattern for paths as they are when they are decoded"))
}

fn of_query(place: crate::source::Span) -> Diagnostic {
    Diagnostic::warning("K19", place, "a path has no query, so this looks for a `?` in vain")
        .help("`$arg_NAME` has the arguments; a location takes a path whatever its query is")
}

fn of_escape(place: crate::source::Span, escape: &[u8]) -> Diagnostic {
    let escape = String::from_utf8_lossy(escape);
    let message = format!("paths are decoded first, so this looks for `{escape}` in vain");
    Diagnostic::warning("K19", place, message)
}

/// Whether `text` begins with `%` and two digits.
fn is_escape(text: &[u8]) -> bool {
    matches!(text, [b'%', high, low, ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit())
}

/// The URL's path that is decoded to `path`.
fn escaped(path: &[u8]) -> String {
    String::from_utf8_lossy(path).replace('%', "%25").replace('?', "%3F")
}

/// What `path` is decoded to, if that can be written down.
fn decoded(path: &[u8]) -> Option<String> {
    let mut out = Vec::new();
    let mut rest = path;
    while let [first, tail @ ..] = rest {
        if is_escape(rest) {
            let digits = std::str::from_utf8(&rest[1..3]).ok()?;
            out.push(u8::from_str_radix(digits, 16).ok()?);
            rest = &rest[3..];
        } else {
            out.push(*first);
            rest = tail;
        }
    }
    let text = String::from_utf8(out).ok()?;
    text.chars().all(|character| !character.is_control()).then_some(text)
}
