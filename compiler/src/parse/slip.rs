//! The messages of the grammar's slips.

use crate::diagnostic::Diagnostic;
use crate::source::Span;

/// Typographic quotes, and the quote that each stands for.
const ODD_QUOTES: &[(char, &str, &str)] = &[
    ('“', "left double quotation mark", "\""),
    ('”', "right double quotation mark", "\""),
    ('„', "low double quotation mark", "\""),
    ('‟', "reversed double quotation mark", "\""),
    ('«', "left guillemet", "\""),
    ('»', "right guillemet", "\""),
    ('＂', "full-width quotation mark", "\""),
    ('‘', "left single quotation mark", "'"),
    ('’', "right single quotation mark", "'"),
    ('‚', "low single quotation mark", "'"),
    ('＇', "full-width apostrophe", "'"),
];

/// Other characters that are taken for something else.
const ODD_MARKS: &[(char, &str)] = &[
    ('\u{A0}', "no-break space"),
    ('\u{202F}', "narrow no-break space"),
    ('\u{3000}', "ideographic space"),
    ('\u{B}', "vertical tab"),
    ('\u{C}', "form feed"),
    ('\u{200B}', "zero-width space"),
    ('\u{2060}', "word joiner"),
    ('\u{FEFF}', "byte order mark"),
    ('\u{AD}', "soft hyphen"),
    ('；', "full-width semicolon"),
    ('｛', "full-width brace"),
    ('｝', "full-width brace"),
];

/// Whether a character takes no room on a screen.
pub(super) fn is_invisible(character: char) -> bool {
    matches!(character, '\u{200B}' | '\u{2060}' | '\u{FEFF}' | '\u{AD}')
}

/// `U+00A0 (no-break space)`.
fn named(character: char) -> String {
    let code = u32::from(character);
    let quote = ODD_QUOTES.iter().find(|row| row.0 == character).map(|row| row.1);
    let mark = ODD_MARKS.iter().find(|row| row.0 == character).map(|row| row.1);
    format!("U+{code:04X} ({})", quote.or(mark).unwrap_or("space"))
}

fn odd_quote(character: char) -> Option<&'static str> {
    ODD_QUOTES.iter().find(|row| row.0 == character).map(|row| row.2)
}

/// The part of `span` from `start` of `len` bytes.
fn within(span: Span, start: usize, len: usize) -> Span {
    let start = span.start + start as u32;
    Span { start, end: start + len as u32, ..span }
}

/// `“a”`, the text within its quotes being `inner`.
pub(super) fn odd_quoted(span: Span, text: &str, inner: &str) -> Diagnostic {
    let mark = text.chars().find(|&c| odd_quote(c).is_some()).unwrap_or('“');
    let quote = odd_quote(mark).unwrap_or("\"");
    let rest = text.rfind(inner).map_or("", |at| &text[at + inner.len()..]);
    let rest = rest.chars().next().map_or("", |closing| &rest[closing.len_utf8()..]);
    Diagnostic::error("Y06", span, format!("{} does not quote", named(mark)))
        .label("typographic quotes are part of the word, as any letter")
        .patch(format!("type `{quote}`"), span, format!("{quote}{inner}{rest}{quote}"))
}

/// A word that begins or ends with a typographic quote.
pub(super) fn odd_start(span: Span, text: &str) -> Option<Diagnostic> {
    let (first, last) = (text.chars().next()?, text.chars().next_back()?);
    let (mark, at) = match (odd_quote(first), odd_quote(last)) {
        (Some(_), _) => (first, 0),
        (None, Some("\"")) => (last, text.len() - last.len_utf8()),
        _ => return None,
    };
    Some(lookalike(within(span, at, mark.len_utf8()), &mark.to_string(), odd_quote(mark)?))
}

/// `odd`, which was taken for `meant`.
pub(super) fn lookalike(span: Span, odd: &str, meant: &str) -> Diagnostic {
    let name = odd.chars().next().map(named).unwrap_or_default();
    Diagnostic::error("Y06", span, format!("{name} is not `{meant}`"))
        .label(format!("looks like `{meant}`"))
        .patch(format!("type `{meant}`"), span, meant)
}

/// Blanks that separate nothing, and characters that cannot be seen.
pub(super) fn odd_blank(span: Span, text: &str) -> Diagnostic {
    let name = text.chars().next().map(named).unwrap_or_default();
    if text.starts_with(is_invisible) {
        return Diagnostic::error("Y06", span, format!("{name} stands here, unseen"))
            .label("this character takes no room")
            .patch("delete it", span, "");
    }
    Diagnostic::error("Y06", span, format!("{name} does not separate words"))
        .label("looks like a space")
        .patch("type a space", span, " ".repeat(text.chars().count()))
}

/// `""a"`.
pub(super) fn doubled(span: Span, text: &str) -> Diagnostic {
    let quote = &text[..1];
    Diagnostic::error("Y10", within(span, 1, 1), format!("unexpected `{quote}`"))
        .label("ends the string that has just begun")
        .patch("delete it", within(span, 1, 1), "")
}

/// `"a"b`, of which the string is `string_len` bytes.
pub(super) fn glued(span: Span, text: &str, string_len: usize) -> Diagnostic {
    let (string, rest) = text.split_at(string_len);
    let at = within(span, string_len, rest.chars().next().map_or(0, char::len_utf8));
    let message = format!("a word cannot go on behind its closing `{}`", &text[..1]);
    let diagnostic = Diagnostic::error("Y10", at, message)
        .label("expected a blank, `;` or `{`")
        .also(within(span, 0, string_len), "this string ends the word");
    if rest.contains(['"', '\'']) {
        let gap = within(span, string_len, 0);
        return diagnostic.patch("separate them, if these are two words", gap, " ");
    }
    if text.starts_with('\'') && rest.len() <= 2 && rest.chars().all(|c| c.is_ascii_alphabetic()) {
        return diagnostic.help("for an apostrophe in a text, quote the text with `\"`");
    }
    let (body, quote) = (&string[..string_len - 1], &text[..1]);
    diagnostic.patch("quote the whole word", span, format!("{body}{rest}{quote}"))
}

/// A string that does not end; `text` is what is taken for it.
pub(super) fn unterminated(span: Span, text: &str) -> Diagnostic {
    let quote = &text[..1];
    if let Some((at, mark)) = text.char_indices().find(|&(_, c)| odd_quote(c).is_some()) {
        return lookalike(within(span, at, mark.len_utf8()), &mark.to_string(), quote);
    }
    let end = within(span, text.len(), 0);
    Diagnostic::error("Y04", within(span, 0, 1), "unterminated string")
        .label("this string starts here and never ends")
        .patch(format!("close it with `{quote}`"), end, quote)
}

/// `;` with nothing before it.
pub(super) fn lone_semicolon(span: Span) -> Diagnostic {
    Diagnostic::error("Y10", span, "unexpected `;`").label("ends nothing").patch(
        "delete it",
        span,
        "",
    )
}

/// `{` with no name before it.
pub(super) fn lone_open(span: Span) -> Diagnostic {
    Diagnostic::error("Y10", span, "unexpected `{`")
        .label("a block needs a name")
        .help("write what the block is before it, such as `server {`")
}

/// `{ … }` in the unquoted `word`.
pub(super) fn regex_braces(braces: Span, span: Span, word: &str) -> Diagnostic {
    let open = Span { end: braces.start + 1, ..braces };
    let quote = if word.contains('"') { '\'' } else { '"' };
    Diagnostic::error("Y07", open, "`{` within an unquoted word")
        .label("would start a block here")
        .patch("quote the word", span, format!("{quote}{word}{quote}"))
}

/// A word that ends in `$`, and `{` directly behind it.
pub(super) fn dollar_brace(open: Span) -> Diagnostic {
    Diagnostic::error("Y07", open, "`{` directly behind `$`")
        .label("would be part of a variable's name, as in `${name}`")
        .patch("put a blank before it", Span { end: open.start, ..open }, " ")
}
