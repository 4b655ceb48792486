//! What single words of the conf say: regexes that match more than they look like, variables in
//! more than one spelling, and names that stand twice in a list.

use std::collections::HashMap;

use super::Subject;
use crate::ast::{Directive, Word};
use crate::check::{is_known_extension, regex_words};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::source::Span;
use crate::value::{Part, split};

/// Reports them.
pub(super) fn check(subject: &Subject<'_>, diagnostics: &mut Diagnostics) {
    let mut spelled = HashMap::new();
    visit(&subject.conf.directives, &mut spelled, diagnostics);
}

/// How each variable was spelled first, by its name in lower case.
type Spelled = HashMap<String, (String, Span)>;

fn visit(directives: &[Directive], spelled: &mut Spelled, diagnostics: &mut Diagnostics) {
    for directive in directives {
        let regexes = regex_words(directive);
        for &(word, start) in &regexes {
            let is_host = directive.name.value == b"server_name";
            diagnostics.extend(open_dot(word, start, is_host));
            diagnostics.extend(unanchored(word, start).filter(|_| !is_host));
        }
        for word in &directive.args {
            if !regexes.iter().any(|(regex, _)| std::ptr::eq(*regex, word)) {
                diagnostics.extend(other_case(word, spelled));
            }
        }
        diagnostics.extend(listed_twice(directive));
        if let Some(block) = &directive.block {
            visit(&block.directives, spelled, diagnostics);
        }
    }
}

/// A dot of a regex that stands for any byte, before what looks like an extension or between
/// the labels of a host.
fn open_dot(word: &Word, start: usize, is_host: bool) -> Option<Diagnostic> {
    let pattern = &word.value[start..];
    let is_label =
        |byte: Option<&u8>| byte.is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'-');
    let dot = dots(pattern).find(|&at| {
        let rest = &pattern[at + 1..];
        match is_host {
            true => {
                is_label(at.checked_sub(1).and_then(|at| pattern.get(at))) && is_label(rest.first())
            }
            false => begins_with_extension(rest),
        }
    })?;
    let place = word.part(start + dot..start + dot + 1);
    let message = "this dot stands for any byte, not only for a dot";
    Some(Diagnostic::warning("T21", place, message).patch("escape it", place, "\\."))
}

/// Where a pattern has a dot that stands for one byte of any value.
fn dots(pattern: &[u8]) -> impl Iterator<Item = usize> {
    let (mut escaped, mut in_class) = (false, false);
    pattern.iter().enumerate().filter_map(move |(at, &byte)| {
        let was_escaped = std::mem::take(&mut escaped);
        match byte {
            _ if was_escaped => {}
            b'\\' => escaped = true,
            b'[' => in_class = true,
            b']' => in_class = false,
            b'.' if !in_class
                && !matches!(pattern.get(at + 1), Some(b'*' | b'+' | b'?' | b'{')) =>
            {
                return Some(at);
            }
            _ => {}
        }
        None
    })
}

/// Whether `rest` begins with an extension, or a group of them, that nothing else follows.
fn begins_with_extension(rest: &[u8]) -> bool {
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric();
    let is_end = |rest: &[u8]| matches!(rest.first(), None | Some(b'$' | b')' | b'|'));
    if let Some(group) = rest.strip_prefix(b"(") {
        let group = group.strip_prefix(b"?:").unwrap_or(group);
        let Some(end) = group.iter().position(|&byte| byte == b')') else { return false };
        let mut names = group[..end].split(|&byte| byte == b'|');
        return names.all(is_extension) && is_end(&group[end + 1..]);
    }
    let len = rest.iter().take_while(|byte| is_word(byte) || **byte == b'?').count();
    is_extension(&rest[..len]) && is_end(&rest[len..])
}

/// Whether a name is an extension in common use; letters of it may be optional.
fn is_extension(name: &[u8]) -> bool {
    let letters: Vec<u8> = name.iter().copied().filter(|&byte| byte != b'?').collect();
    letters.len() >= 2 && std::str::from_utf8(&letters).is_ok_and(is_known_extension)
}

/// A regex that begins with a slash and may match anywhere in a path.
fn unanchored(word: &Word, start: usize) -> Option<Diagnostic> {
    let pattern = &word.value[start..];
    // What is hidden is hidden in any folder.
    let is_open = pattern.starts_with(b"/") && !pattern.starts_with(b"/\\.");
    if !is_open || pattern.ends_with(b"$") || pattern.contains(&b'|') {
        return None;
    }
    let place = word.part(start..word.value.len());
    let front = Span { end: place.start, ..place };
    let shown = String::from_utf8_lossy(pattern);
    let message = format!("this matches anywhere in a path: `/else{shown}` too");
    Some(Diagnostic::lint("T22", place, message).patch("anchor it", front, "^"))
}

/// A file that is looked for a second time, where it was not there the first time. What
/// `try_files` falls back to is not looked for, but asked for.
fn listed_twice(directive: &Directive) -> Option<Diagnostic> {
    let files = match (&directive.name.value[..], &directive.args[..]) {
        (b"index", files) => files,
        (b"try_files", [files @ .., _]) => files,
        _ => return None,
    };
    let earlier = |at: usize| files[..at].iter().find(|word| word.value == files[at].value);
    let (word, before) = (0..files.len()).find_map(|at| Some((&files[at], earlier(at)?)))?;
    let message = format!("`{}` is looked for already", word.shown());
    let diagnostic = Diagnostic::warning("Z19", word.span, message);
    Some(diagnostic.also(before.span, "it is here").help("delete one of them"))
}

/// A variable that was spelled otherwise before.
fn other_case(word: &Word, spelled: &mut Spelled) -> Option<Diagnostic> {
    for part in split(word, 0).ok()? {
        let Part::Name { name, range, .. } = part else { continue };
        let place = word.part(range);
        let (first, first_place) =
            spelled.entry(name.to_ascii_lowercase()).or_insert_with(|| (name.clone(), place));
        if *first != name {
            let message = format!("`${name}` and `${first}` are one variable");
            return Some(
                Diagnostic::warning("T19", place, message)
                    .also(*first_place, "spelled so here")
                    .note("the case of letters in a variable's name does not matter, as in nginx"),
            );
        }
    }
    None
}
