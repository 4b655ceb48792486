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
    use sitec_runtime::http::expires::parse;

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
        ] {
            assert_eq!(outcome(expires(&word(text))), expected, "{text}");
        }
        for text in ["", "-", "@", "--1", "soon", "MAX", "1h1h", "1m1h", "69y"] {
            assert_eq!(expires(&word(text)).unwrap_err().code, "T04", "{text}");
        }
    }

    /// What a conf says and what a variable says at run time is read alike.
    #[test]
    fn as_the_server_reads_it() {
        for text in [
            "off",
            "max",
            "epoch",
            "0",
            "-1",
            "+1h",
            "1d12h",
            "1d 12h",
            "1h30",
            "@15h30m",
            "@24h",
            "@25h",
            "68y",
            "69y",
            "1m1h",
            "1h1h",
            "1x",
            "h",
            "",
            "-",
            "@",
            "MAX",
            "+",
            "1y1M1w1d1h1m1s",
        ] {
            let (usual, modified) = (expires(&word(text)), expires_modified(&word(text)));
            assert_eq!(usual.ok().flatten(), parse(text.as_bytes(), false), "{text}");
            assert_eq!(modified.ok(), parse(text.as_bytes(), true), "modified {text}");
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
