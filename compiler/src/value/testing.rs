//! Helps of this module's tests.

use super::Checked;
use crate::ast::Word;
use crate::source::{FileId, Span};

/// A word as if it were the whole of a file, without quotes.
pub(crate) fn word(text: &str) -> Word {
    let span = Span { file: FileId(0), start: 0, end: text.len() as u32 };
    Word { value: text.into(), span, quoted: false, offsets: Vec::new() }
}

/// The value, or `CODE START..END MESSAGE [HELP]…`.
pub(crate) fn outcome<T>(result: Checked<T>) -> Result<T, String> {
    result.map_err(|diagnostic| {
        let span = diagnostic.primary.span;
        let mut text =
            format!("{} {}..{} {}", diagnostic.code, span.start, span.end, diagnostic.message);
        for help in &diagnostic.helps {
            text += &format!(" [{}]", help.text);
        }
        text
    })
}
