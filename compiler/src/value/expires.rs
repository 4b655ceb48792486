//! What `expires` takes.

use sitec_runtime::site::Expires;

use super::{Checked, seconds};
use crate::ast::Word;
use crate::diagnostic::Diagnostic;

/// Seconds of a day.
const DAY_S: u64 = 24 * 3600;

/// The meaning of `TIME`, `@TIME`, `epoch`, `max` or `off`, which is `None`.
pub(crate) fn expires(word: &Word) -> Checked<Option<Expires>> {
    match &word.value[..] {
        b"epoch" => return Ok(Some(Expires::Epoch)),
        b"max" => return Ok(Some(Expires::Max)),
        b"off" => return Ok(None),
        value if value.contains(&b'$') => {
            let message = "`expires` has no variables";
            return Err(Box::new(
                Diagnostic::error("D14", word.span, message)
                    .help("write a `location` for each of its values"),
            ));
        }
        _ => {}
    }
    if !word.value.starts_with(b"@") {
        return signed(word).map(|time| Some(Expires::FromNow(time)));
    }
    match seconds(&word.tail(1))? {
        time @ 0..=DAY_S => Ok(Some(Expires::AtTime(time as i64))),
        _ => {
            let message = format!("`{}` is no time of a day", word.shown());
            Err(Box::new(Diagnostic::error("T04", word.span, message)))
        }
    }
}

/// The meaning of `modified TIME`, of which this is the time.
pub(crate) fn expires_modified(word: &Word) -> Checked<Expires> {
    if word.value.starts_with(b"@") {
        let message = "a time of the day does not count from the last change";
        return Err(Box::new(Diagnostic::error("T04", word.span, message)));
    }
    Ok(match signed(word)? {
        // As in nginx, 0 is now in any case.
        0 => Expires::FromNow(0),
        time => Expires::FromModified(time),
    })
}

/// A time in seconds, perhaps with a sign.
fn signed(word: &Word) -> Checked<i64> {
    match word.value.first() {
        Some(b'-') => seconds(&word.tail(1)).map(|time| -(time as i64)),
        Some(b'+') => seconds(&word.tail(1)).map(|time| time as i64),
        _ => seconds(word).map(|time| time as i64),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::testing::{outcome, word};

    #[test]
    fn times() {
        for (text, expected) in [
            ("off", Ok(None)),
            ("max", Ok(Some(Expires::Max))),
            ("epoch", Ok(Some(Expires::Epoch))),
            ("0", Ok(Some(Expires::FromNow(0)))),
            ("-1", Ok(Some(Expires::FromNow(-1)))),
            ("+1h", Ok(Some(Expires::FromNow(3600)))),
            ("1d12h", Ok(Some(Expires::FromNow(129_600)))),
            ("@15h30m", Ok(Some(Expires::AtTime(55_800)))),
            ("@24h", Ok(Some(Expires::AtTime(86_400)))),
            ("@25h", Err("T04 0..4 `@25h` is no time of a day".into())),
            (
                "$e",
                Err("D14 0..2 `expires` has no variables \
                     [write a `location` for each of its values]"
                    .into()),
            ),
        ] {
            assert_eq!(outcome(expires(&word(text))), expected, "{text}");
        }
        for text in ["", "-", "@", "--1", "soon", "MAX"] {
            assert_eq!(expires(&word(text)).unwrap_err().code, "T04", "{text}");
        }
    }

    #[test]
    fn times_from_the_last_change() {
        for (text, expected) in [
            ("1h", Ok(Expires::FromModified(3600))),
            ("-1h", Ok(Expires::FromModified(-3600))),
            ("0", Ok(Expires::FromNow(0))),
            ("@1h", Err("T04 0..3 a time of the day does not count from the last change".into())),
        ] {
            assert_eq!(outcome(expires_modified(&word(text))), expected, "{text}");
        }
        assert!(expires_modified(&word("max")).is_err());
    }
}
