//! Sizes: `512`, `8k`, `10m`, `1g`.

use super::Checked;
use crate::ast::Word;
use crate::diagnostic::Diagnostic;

/// A size in bytes, up to 2^63-1.
pub(crate) fn size(word: &Word) -> Checked<u64> {
    let digits = word.value.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (number, unit) = word.value.split_at(digits);
    let Some(factor) = factor(unit).filter(|_| digits > 0) else {
        return Err(Box::new(wrong_unit(word, digits)));
    };
    let number = std::str::from_utf8(number).ok().and_then(|text| text.parse::<u64>().ok());
    number
        .and_then(|number| number.checked_mul(factor))
        .filter(|&size| i64::try_from(size).is_ok())
        .ok_or_else(|| {
            let message = format!("`{}` is larger than 2^63-1 bytes", word.shown());
            Box::new(Diagnostic::error("T01", word.span, message).help("the most is `8589934591g`"))
        })
}

/// The size of a buffer: not 0, and at most 1g.
pub(crate) fn buffer_len(word: &Word) -> Checked<usize> {
    let wrong = |text: &str| {
        let message = format!("a buffer of `{}` {text}", word.shown());
        Err(Box::new(Diagnostic::error("T01", word.span, message)))
    };
    match size(word)? {
        0 => wrong("holds nothing"),
        len if len > 1 << 30 => wrong("is larger than 1g"),
        len => Ok(len as usize),
    }
}

fn factor(unit: &[u8]) -> Option<u64> {
    Some(match unit {
        b"" => 1,
        b"k" | b"K" => 1 << 10,
        b"m" | b"M" => 1 << 20,
        b"g" | b"G" => 1 << 30,
        _ => return None,
    })
}

/// What is wrong behind the first `digits` bytes, and what was probably meant.
fn wrong_unit(word: &Word, digits: usize) -> Diagnostic {
    let unit = String::from_utf8_lossy(&word.value[digits..]).into_owned();
    if digits == 0 {
        let message = format!("`{}` is not a size", word.shown());
        return Diagnostic::error("T02", word.span, message)
            .help("a size is a number of bytes, or of `k`, `m` or `g`: `8k`, `10m`, `1g`");
    }
    let message = format!("`{unit}` is no unit of size");
    let diagnostic = Diagnostic::error("T02", word.part(digits..word.value.len()), message);
    let letter = match unit.to_ascii_lowercase().as_str() {
        "b" | "byte" | "bytes" => "",
        "kb" | "kib" => "k",
        "mb" | "mib" => "m",
        "gb" | "gib" => "g",
        _ => return diagnostic.help("the units are `k`, `m` and `g`"),
    };
    let number = String::from_utf8_lossy(&word.value[..digits]);
    let meant = format!("{number}{letter}");
    let bytes = number
        .parse::<u64>()
        .ok()
        .zip(factor(letter.as_bytes()))
        .and_then(|(number, factor)| number.checked_mul(factor));
    let help = match bytes {
        Some(bytes) => format!("write `{meant}` (= {} bytes)", grouped(bytes)),
        None => format!("write `{meant}`"),
    };
    diagnostic.patch(help, word.span, meant)
}

/// A number with a comma between thousands.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::testing::{outcome, word};

    #[test]
    fn sizes() {
        for (text, expected) in [
            ("0", Ok(0)),
            ("512", Ok(512)),
            ("8k", Ok(8192)),
            ("10M", Ok(10 << 20)),
            ("1g", Ok(1 << 30)),
            ("9223372036854775807", Ok(i64::MAX as u64)),
            (
                "9223372036854775808",
                Err(
                    "T01 0..19 `9223372036854775808` is larger than 2^63-1 bytes [the most is `8589934591g`]",
                ),
            ),
            (
                "99999999999g",
                Err(
                    "T01 0..12 `99999999999g` is larger than 2^63-1 bytes [the most is `8589934591g`]",
                ),
            ),
            ("10MB", Err("T02 2..4 `MB` is no unit of size [write `10m` (= 10,485,760 bytes)]")),
            ("5t", Err("T02 1..2 `t` is no unit of size [the units are `k`, `m` and `g`]")),
            ("1.5m", Err("T02 1..4 `.5m` is no unit of size [the units are `k`, `m` and `g`]")),
            (
                "big",
                Err("T02 0..3 `big` is not a size [a size is a number of bytes, or of `k`, `m` \
                     or `g`: `8k`, `10m`, `1g`]"),
            ),
        ] {
            assert_eq!(outcome(size(&word(text))), expected.map_err(str::to_owned), "{text}");
        }
    }

    #[test]
    fn buffers() {
        assert_eq!(buffer_len(&word("8k")).unwrap(), 8192);
        assert!(buffer_len(&word("0")).is_err());
        assert!(buffer_len(&word("2g")).is_err());
    }
}
