//! Times: `30s`, `5m`, `1h30m`, `500ms`; a number alone counts seconds.

use super::Checked;
use crate::ast::Word;
use crate::diagnostic::Diagnostic;

/// Units in the order in which they must stand, with their milliseconds.
const UNITS: &[(&[u8], u64)] = &[
    (b"y", 365 * 86_400_000),
    (b"M", 30 * 86_400_000),
    (b"w", 7 * 86_400_000),
    (b"d", 86_400_000),
    (b"h", 3_600_000),
    (b"m", 60_000),
    (b"s", 1000),
    (b"ms", 1),
];

/// The longest time, 2^31-1 seconds: a deadline that far off still fits every clock.
const MOST_MS: u64 = i32::MAX as u64 * 1000;

/// A time in milliseconds.
pub(crate) fn time_ms(word: &Word) -> Checked<u64> {
    let value = &word.value;
    let (mut at, mut total) = (0, Some(0_u64));
    let mut smallest = None;
    while at < value.len() {
        let digits = at..end_of(value, at, |byte| byte.is_ascii_digit());
        let unit =
            digits.end..end_of(value, digits.end, |byte| !byte.is_ascii_digit() && byte != b' ');
        let bare = unit.is_empty() && unit.end == value.len();
        let name = if bare { b"s" } else { &value[unit.clone()] };
        let place = UNITS.iter().position(|&(known, _)| known == name);
        let Some(place) = place.filter(|_| !digits.is_empty()) else {
            return Err(Box::new(wrong_unit(word, digits, unit)));
        };
        if smallest.is_some_and(|smallest| smallest >= place) {
            return Err(Box::new(wrong_order(word, digits.start..unit.end)));
        }
        smallest = Some(place);
        let number: Option<u64> =
            std::str::from_utf8(&value[digits]).ok().and_then(|text| text.parse().ok());
        total = total
            .zip(number)
            .and_then(|(total, number)| total.checked_add(number.checked_mul(UNITS[place].1)?));
        at = end_of(value, unit.end, |byte| byte == b' ');
    }
    match total {
        _ if smallest.is_none() => Err(Box::new(not_a_time(word))),
        Some(total) if total <= MOST_MS => Ok(total),
        _ => {
            let message = format!("`{}` is longer than 68 years", word.shown());
            Err(Box::new(Diagnostic::error("T04", word.span, message)))
        }
    }
}

/// A time of whole seconds, in seconds.
pub(crate) fn seconds(word: &Word) -> Checked<u64> {
    match time_ms(word)? {
        time if time % 1000 == 0 => Ok(time / 1000),
        _ => {
            let message = format!("`{}` is not a number of whole seconds", word.shown());
            Err(Box::new(Diagnostic::error("T04", word.span, message)))
        }
    }
}

fn end_of(value: &[u8], from: usize, belongs: impl Fn(u8) -> bool) -> usize {
    from + value[from..].iter().take_while(|&&byte| belongs(byte)).count()
}

fn not_a_time(word: &Word) -> Diagnostic {
    let message = format!("`{}` is not a time", word.shown());
    Diagnostic::error("T04", word.span, message)
        .help("a time is a number of seconds, or has units: `30s`, `5m`, `1h30m`, `500ms`")
}

fn wrong_order(word: &Word, part: std::ops::Range<usize>) -> Diagnostic {
    let shown = String::from_utf8_lossy(&word.value[part.clone()]).into_owned();
    Diagnostic::error("T04", word.part(part), format!("`{shown}` stands behind a smaller unit"))
        .help("units stand from the largest to the smallest, each once: `1h30m`")
}

fn wrong_unit(
    word: &Word,
    digits: std::ops::Range<usize>,
    unit: std::ops::Range<usize>,
) -> Diagnostic {
    if digits.is_empty() || unit.is_empty() {
        return not_a_time(word);
    }
    let name = String::from_utf8_lossy(&word.value[unit.clone()]).into_owned();
    let message = format!("`{name}` is no unit of time");
    let diagnostic = Diagnostic::error("T04", word.part(unit.clone()), message);
    let meant = match name.to_ascii_lowercase().as_str() {
        "sec" | "secs" | "second" | "seconds" | "S" => "s",
        "min" | "mins" | "minute" | "minutes" => "m",
        "hr" | "hrs" | "hour" | "hours" => "h",
        "day" | "days" => "d",
        "week" | "weeks" => "w",
        "month" | "months" | "mon" => "M",
        "year" | "years" => "y",
        "msec" | "msecs" | "millis" | "milliseconds" => "ms",
        _ => return diagnostic.help("the units are `ms`, `s`, `m`, `h`, `d`, `w`, `M` and `y`"),
    };
    let number = String::from_utf8_lossy(&word.value[digits]).into_owned();
    diagnostic.patch(format!("write `{number}{meant}`"), word.part(unit), meant)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::testing::{outcome, word};

    #[test]
    fn times() {
        const UNIT_LIST: &str = "[the units are `ms`, `s`, `m`, `h`, `d`, `w`, `M` and `y`]";
        for (text, expected) in [
            ("0", Ok(0)),
            ("30", Ok(30_000)),
            ("30s", Ok(30_000)),
            ("5m", Ok(300_000)),
            ("1h30m", Ok(5_400_000)),
            ("1h 30m", Ok(5_400_000)),
            ("1h30", Ok(3_630_000)),
            ("500ms", Ok(500)),
            ("1s500ms", Ok(1500)),
            ("1d", Ok(86_400_000)),
            ("1w", Ok(604_800_000)),
            ("1M", Ok(2_592_000_000)),
            ("1y", Ok(31_536_000_000)),
            ("2147483647", Ok(2_147_483_647_000)),
            ("2147483648", Err("T04 0..10 `2147483648` is longer than 68 years".into())),
            (
                "99999999999999999999y",
                Err("T04 0..21 `99999999999999999999y` is longer than 68 years".into()),
            ),
            ("75sec", Err("T04 2..5 `sec` is no unit of time [write `75s`]".into())),
            ("1.5h", Err(format!("T04 1..2 `.` is no unit of time {UNIT_LIST}"))),
            (
                "30s5m",
                Err("T04 3..5 `5m` stands behind a smaller unit [units stand from the largest to \
                     the smallest, each once: `1h30m`]"
                    .into()),
            ),
            ("1x", Err(format!("T04 1..2 `x` is no unit of time {UNIT_LIST}"))),
        ] {
            assert_eq!(outcome(time_ms(&word(text))), expected, "{text}");
        }
        for text in ["", " ", "s", "soon", "-5s"] {
            let error = time_ms(&word(text)).unwrap_err();
            assert!(error.message.ends_with("is not a time"), "{text}: {}", error.message);
        }
    }

    #[test]
    fn whole_seconds() {
        assert_eq!(seconds(&word("1m")).unwrap(), 60);
        assert!(seconds(&word("1500ms")).is_err());
    }
}
