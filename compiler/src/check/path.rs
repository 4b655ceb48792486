//! Which paths are a location's.

use std::rc::Rc;

use crate::ast::{Directive, Word};
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::value::{Checked, Regex, regex};

/// The paths of a location.
#[derive(Clone, Debug)]
pub(crate) enum Path {
    /// `= URI`
    Exact(Vec<u8>),
    /// `URI` and `^~ URI`
    Prefix { path: Vec<u8>, no_regex: bool },
    /// `~ REGEX` and `~* REGEX`
    Regex(Rc<Regex>),
    /// `@NAME`
    Named(Vec<u8>),
}

/// What stands in front of a location's URI.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Modifier {
    None,
    Exact,
    NoRegex,
    Regex,
    RegexAnyCase,
    Named,
}

const MODIFIERS: &[(&[u8], Modifier)] = &[
    (b"=", Modifier::Exact),
    (b"^~", Modifier::NoRegex),
    (b"~*", Modifier::RegexAnyCase),
    (b"~", Modifier::Regex),
];

/// The modifier, the word with the URI, and where in it the URI begins; the modifier may be
/// glued to the URI, as in nginx.
fn head(words: &[Word]) -> Option<(Modifier, &Word, usize)> {
    match words {
        [word] if word.value.starts_with(b"@") => Some((Modifier::Named, word, 1)),
        [word] => {
            let glued = MODIFIERS.iter().find(|(text, _)| word.value.starts_with(text));
            let (text, modifier) = glued.copied().unwrap_or((b"", Modifier::None));
            Some((modifier, word, text.len()))
        }
        [modifier, word] => {
            let known = MODIFIERS.iter().find(|(text, _)| modifier.value == *text);
            known.map(|&(_, modifier)| (modifier, word, 0))
        }
        _ => None,
    }
}

/// A location's words as everybody writes them: modifier and URI with a space between.
pub(super) fn written(words: &[Word]) -> Option<String> {
    let (modifier, word, start) = head(words)?;
    let uri = String::from_utf8_lossy(&word.value[start..]);
    let sign = MODIFIERS.iter().find(|(_, known)| *known == modifier);
    Some(match (modifier, sign) {
        (Modifier::Named, _) => format!("@{uri}"),
        (_, Some((sign, _))) => format!("{} {uri}", String::from_utf8_lossy(sign)),
        (_, None) => uri.into_owned(),
    })
}

/// The words of a directive that hold regexes, and where in each the regex begins.
pub(crate) fn regex_words(directive: &Directive) -> Vec<(&Word, usize)> {
    match &directive.name.value[..] {
        b"location" => match head(&directive.args) {
            Some((Modifier::Regex | Modifier::RegexAnyCase, word, start)) => vec![(word, start)],
            _ => Vec::new(),
        },
        b"server_name" => {
            let regexes = directive.args.iter().filter(|word| word.value.starts_with(b"~"));
            regexes.map(|word| (word, 1)).collect()
        }
        _ => Vec::new(),
    }
}

/// The name of a named location.
pub(super) fn location_name(directive: &Directive) -> Option<&[u8]> {
    match &directive.args[..] {
        [word] => word.value.strip_prefix(b"@"),
        _ => None,
    }
}

/// Reads which paths are the location's, and where they are written.
pub(super) fn path(directive: &Directive) -> Checked<(Path, Span)> {
    let Some((modifier, word, start)) = head(&directive.args) else {
        unreachable!("the structure of locations is checked")
    };
    let text = word.value[start..].to_vec();
    let span = word.part(start..word.value.len());
    if text.is_empty() && start > 0 {
        let message = format!("there is nothing behind `{}`", word.shown());
        return Err(Box::new(Diagnostic::error("D05", word.span, message)));
    }
    if let (Modifier::Regex, Some(b'*'), [sign, _]) =
        (modifier, word.value.get(start), &directive.args[..])
    {
        let place = Span { end: word.part(start..start + 1).end, ..sign.span };
        let wrong = Diagnostic::error("T15", place, "there is nothing to repeat here");
        return Err(Box::new(wrong.patch("write `~*` in one word", place, "~* ")));
    }
    let path = match modifier {
        Modifier::None => Path::Prefix { path: text, no_regex: false },
        Modifier::NoRegex => Path::Prefix { path: text, no_regex: true },
        Modifier::Exact => Path::Exact(text),
        Modifier::Regex => Path::Regex(Rc::new(regex(word, start, false)?)),
        Modifier::RegexAnyCase => Path::Regex(Rc::new(regex(word, start, true)?)),
        Modifier::Named => Path::Named(text),
    };
    Ok((path, span))
}
