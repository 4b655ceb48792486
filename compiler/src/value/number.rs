//! Numbers, `on` and `off`, and words out of a fixed list.

use std::ops::RangeInclusive;

use super::Checked;
use crate::ast::Word;
use crate::diagnostic::Diagnostic;
use crate::suggest::closest;

/// A decimal number within `range`.
pub(crate) fn count(word: &Word, range: RangeInclusive<u64>) -> Checked<u64> {
    let wrong = |text: String| {
        let message = format!("`{}` {text}", word.shown());
        Err(Box::new(Diagnostic::error("T24", word.span, message)))
    };
    if word.value.is_empty() || !word.value.iter().all(u8::is_ascii_digit) {
        return wrong("is not a whole number".into());
    }
    match word.text().and_then(|text| text.parse().ok()) {
        Some(number) if range.contains(&number) => Ok(number),
        Some(number) if number < *range.start() => wrong(format!("is below {}", range.start())),
        _ => wrong(format!("is above {}", range.end())),
    }
}

/// `on` or `off`, in any case as in nginx.
pub(crate) fn flag(word: &Word) -> Checked<bool> {
    let shown = word.shown();
    match shown.to_ascii_lowercase().as_str() {
        "on" => return Ok(true),
        "off" => return Ok(false),
        _ => {}
    }
    let meant = match shown.to_ascii_lowercase().as_str() {
        "yes" | "true" | "1" | "enable" | "enabled" => Some("on"),
        "no" | "false" | "0" | "disable" | "disabled" => Some("off"),
        other => closest(other, ["off", "on"]),
    };
    let message = format!("`{shown}` is neither `on` nor `off`");
    let diagnostic = Diagnostic::error("T11", word.span, message);
    Err(Box::new(match meant {
        Some(meant) => diagnostic.patch(format!("did you mean `{meant}`?"), word.span, meant),
        None => diagnostic,
    }))
}

/// The meaning of one of these words.
pub(crate) fn keyword<T: Copy>(word: &Word, words: &[(&str, T)]) -> Checked<T> {
    if let Some(&(_, meaning)) = words.iter().find(|(name, _)| name.as_bytes() == word.value) {
        return Ok(meaning);
    }
    let shown = word.shown();
    let names: Vec<_> = words.iter().map(|(name, _)| format!("`{name}`")).collect();
    let message = match &names[..] {
        [one] => format!("`{shown}` is not {one}"),
        [many @ .., last] => format!("`{shown}` is none of {} and {last}", many.join(", ")),
        [] => format!("`{shown}` is not known"),
    };
    let diagnostic = Diagnostic::error("T25", word.span, message);
    Err(Box::new(match closest(&shown, words.iter().map(|(name, _)| *name)) {
        Some(meant) => diagnostic.patch(format!("did you mean `{meant}`?"), word.span, meant),
        None => diagnostic,
    }))
}

/// Likewise, case aside: where nginx takes it so.
pub(crate) fn keyword_in_any_case<T: Copy>(word: &Word, words: &[(&str, T)]) -> Checked<T> {
    let found = words.iter().find(|(name, _)| name.as_bytes().eq_ignore_ascii_case(&word.value));
    found.map_or_else(|| keyword(word, words), |&(_, meaning)| Ok(meaning))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::testing::{outcome, word};

    #[test]
    fn numbers() {
        for (text, expected) in [
            ("1", Ok(1)),
            ("0010", Ok(10)),
            ("0", Err("T24 0..1 `0` is below 1")),
            ("101", Err("T24 0..3 `101` is above 100")),
            ("99999999999999999999", Err("T24 0..20 `99999999999999999999` is above 100")),
            ("1k", Err("T24 0..2 `1k` is not a whole number")),
            ("-1", Err("T24 0..2 `-1` is not a whole number")),
        ] {
            assert_eq!(outcome(count(&word(text), 1..=100)), expected.map_err(str::to_owned));
        }
    }

    #[test]
    fn on_and_off() {
        for (text, expected) in [
            ("on", Ok(true)),
            ("off", Ok(false)),
            ("On", Ok(true)),
            ("OFF", Ok(false)),
            ("yes", Err("T11 0..3 `yes` is neither `on` nor `off` [did you mean `on`?]")),
            ("of", Err("T11 0..2 `of` is neither `on` nor `off` [did you mean `off`?]")),
            ("maybe", Err("T11 0..5 `maybe` is neither `on` nor `off`")),
        ] {
            assert_eq!(outcome(flag(&word(text))), expected.map_err(str::to_owned));
        }
    }

    #[test]
    fn keywords() {
        let words = [("exact", 1), ("before", 2), ("off", 3)];
        for (text, expected) in [
            ("before", Ok(2)),
            (
                "exatc",
                Err("T25 0..5 `exatc` is none of `exact`, `before` and `off` \
                     [did you mean `exact`?]"),
            ),
        ] {
            assert_eq!(outcome(keyword(&word(text), &words)), expected.map_err(str::to_owned));
        }
        assert!(keyword(&word("EXACT"), &words).is_err());
        assert_eq!(keyword_in_any_case(&word("EXACT"), &words).unwrap(), 1);
        assert!(keyword_in_any_case(&word("EXATC"), &words).is_err());
    }
}
