//! Status codes.

use std::ops::{Range, RangeInclusive};

use super::Checked;
use crate::ast::Word;
use crate::diagnostic::Diagnostic;

/// The status code that `part` of the word gives, within `range`.
pub(crate) fn status(word: &Word, part: Range<usize>, range: RangeInclusive<u16>) -> Checked<u16> {
    let text = String::from_utf8_lossy(&word.value[part.clone()]).into_owned();
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match text.parse() {
        Ok(code) if digits && range.contains(&code) => return Ok(code),
        _ => {}
    }
    if let Ok(100..=199) = text.parse::<u16>()
        && digits
    {
        let message = format!("`{text}` is an interim status: clients wait for the final one");
        let help = "write a final status, from 200 on: `200`, `204`, `404`";
        return Err(Box::new(Diagnostic::error("T09", word.part(part), message).help(help)));
    }
    let message = match digits {
        true => format!("`{text}` is not between {} and {}", range.start(), range.end()),
        false => format!("`{text}` is not a status code"),
    };
    let help = match range.start() {
        300 => "a page takes the place of a redirect or an error: `404`, `500`",
        _ => "a status code has three digits: `200`, `404`",
    };
    Err(Box::new(Diagnostic::error("T09", word.part(part), message).help(help)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::testing::{outcome, word};

    #[test]
    fn codes() {
        for (text, expected) in [
            ("=404", Ok(404)),
            ("=599", Ok(599)),
            ("=200", Err("T09 1..4 `200` is not between 300 and 599")),
            ("=99999", Err("T09 1..6 `99999` is not between 300 and 599")),
            ("=4o4", Err("T09 1..4 `4o4` is not a status code")),
            ("=+404", Err("T09 1..5 `+404` is not a status code")),
        ] {
            let word = word(text);
            let result = status(&word, 1..word.value.len(), 300..=599);
            let help = "[a page takes the place of a redirect or an error: `404`, `500`]";
            let expected = expected.map_err(|wrong: &str| format!("{wrong} {help}"));
            assert_eq!(outcome(result), expected, "{text}");
        }
    }

    #[test]
    fn a_response_has_a_final_status() {
        for (text, expected) in [
            ("200", Ok(200)),
            ("99", Err("T09 0..2 `99` is not between 200 and 599")),
            ("100", Err("T09 0..3 `100` is an interim status: clients wait for the final one")),
            ("199", Err("T09 0..3 `199` is an interim status: clients wait for the final one")),
            ("+103", Err("T09 0..4 `+103` is not a status code")),
        ] {
            let word = word(text);
            let result = status(&word, 0..word.value.len(), 200..=599);
            let help = match text.starts_with('1') {
                true => "[write a final status, from 200 on: `200`, `204`, `404`]",
                false => "[a status code has three digits: `200`, `404`]",
            };
            let expected = expected.map_err(|wrong: &str| format!("{wrong} {help}"));
            assert_eq!(outcome(result), expected, "{text}");
        }
    }
}
