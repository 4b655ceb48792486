//! Media types: `text/html`, `text/html; charset=utf-8`.

use super::Checked;
use crate::ast::Word;
use crate::diagnostic::Diagnostic;

/// A media type, with or without parameters (RFC 9110, 8.3.1).
pub(crate) fn media_type(word: &Word) -> Checked<Vec<u8>> {
    let mut parts = word.value.split(|&byte| byte == b';');
    let essence = parts.next().unwrap_or_default();
    let slash = essence.iter().position(|&byte| byte == b'/');
    let essence_fits = slash.is_some_and(|slash| {
        is_token(&essence[..slash]) && is_token(essence[slash + 1..].trim_ascii_end())
    });
    if essence_fits && parts.all(is_parameter) {
        return Ok(word.value.clone());
    }
    let message = format!("`{}` is not a media type", word.shown());
    Err(Box::new(
        Diagnostic::error("T14", word.span, message)
            .help("a media type is a type and a subtype with a slash between: `text/html`"),
    ))
}

/// `NAME=TOKEN` or `NAME="TEXT"`, perhaps with spaces around it.
fn is_parameter(text: &[u8]) -> bool {
    let text = text.trim_ascii();
    let Some(equals) = text.iter().position(|&byte| byte == b'=') else { return false };
    let (name, value) = (&text[..equals], &text[equals + 1..]);
    let quoted = value.len() >= 2 && value.starts_with(b"\"") && value.ends_with(b"\"");
    is_token(name) && (is_token(value) || quoted && !value.iter().any(u8::is_ascii_control))
}

/// Whether `text` is a token (RFC 9110, 5.6.2).
pub(crate) fn is_token(text: &[u8]) -> bool {
    let belongs = |&byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.iter().all(belongs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::testing::word;

    #[test]
    fn media_types() {
        for (text, fits) in [
            ("text/html", true),
            ("application/vnd.api+json", true),
            ("text/html; charset=utf-8", true),
            ("text/html;charset=\"utf 8\"; a=b", true),
            ("texthtml", false),
            ("text/", false),
            ("text/html/x", false),
            ("text/html; charset", false),
            ("text/html\r\nX: y", false),
            ("", false),
        ] {
            assert_eq!(media_type(&word(text)).is_ok(), fits, "{text}");
        }
    }
}
