//! The modifier of a `location`. nginx takes four, each alone or glued to the URI.

use super::inside::behind;
use crate::ast::{Directive, Word};
use crate::diagnostic::Diagnostic;
use crate::source::Span;

/// What may stand before the URI of a `location`.
const MODIFIERS: &[&str] = &["=", "^~", "~", "~*"];

/// Modifiers that are none, and what was most likely meant.
const SLIPS: &[(&str, &str)] = &[
    ("=~", "~"),
    ("~=", "~"),
    ("==", "="),
    ("^", "^~"),
    ("^=", "^~"),
    ("~^", "^~"),
    ("*~", "~*"),
    ("=~*", "~*"),
    ("~~", "~"),
    ("*", "~*"),
];

/// What is wrong with the modifier of `location`, if anything is.
pub(super) fn check(location: &Directive) -> Option<Diagnostic> {
    match &location.args[..] {
        [modifier, _] if !MODIFIERS.iter().any(|known| known.as_bytes() == modifier.value) => {
            Some(bad_modifier(modifier, modifier.span, &modifier.shown()))
        }
        [uri] if !uri.quoted && MODIFIERS.iter().any(|known| known.as_bytes() == uri.value) => {
            let place = behind(uri);
            let message = format!("`location {}` has no URI", uri.shown());
            Some(Diagnostic::error("D05", place, message).label("expected a URI"))
        }
        [uri] if uri.value.starts_with(b"=~") => Some(bad_modifier(uri, uri.part(0..2), "=~")),
        _ => None,
    }
}

fn bad_modifier(word: &Word, place: Span, modifier: &str) -> Diagnostic {
    if word.value.starts_with(b"/") {
        return Diagnostic::error("Y08", place, "`location` takes one URI")
            .label("not a modifier")
            .help("write a `location` for each URI, or one with a regex: `location ~ ^/(a|b)`");
    }
    let message = format!("unknown modifier `{modifier}`");
    let diagnostic = Diagnostic::error("Y08", place, message).label("not a modifier");
    let diagnostic = match SLIPS.iter().find(|(slip, _)| *slip == modifier) {
        Some((_, meant)) => {
            diagnostic.patch("a modifier with a similar form exists", place, *meant)
        }
        None => diagnostic,
    };
    diagnostic.note("`=` exact, `^~` prefix before any regex, `~` regex, `~*` regex in any case")
}

#[cfg(test)]
mod tests {
    use crate::testing::{check_err, diagnose};

    #[test]
    fn locations_have_one_of_four_modifiers() {
        for modifier in ["=", "^~", "~", "~*"] {
            for text in [format!("{modifier} /a"), format!("{modifier}/a"), "@a".to_owned()] {
                let text = format!("server {{ location {text} {{ }} }}");
                assert!(diagnose(&text).0.is_empty(), "{text}");
            }
        }
        for (text, drawn, message) in [
            ("=~ ^/x", "^^", "unknown modifier `=~`"),
            ("== /x", "^^", "unknown modifier `==`"),
            ("exact /x", "^^^^^", "unknown modifier `exact`"),
            ("=~^/x", "^^", "unknown modifier `=~`"),
            ("/a /b", "^^", "`location` takes one URI"),
        ] {
            let text = format!("server {{ location {text} {{ }} }}");
            check_err(&text, &format!("                  {drawn}"), &format!("Y08: {message}"));
        }
        check_err(
            "server { location ~ { } }",
            "                   ^",
            "D05: `location ~` has no URI",
        );
    }
}
