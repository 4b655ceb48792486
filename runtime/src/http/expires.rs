//! When a response expires: Expires and Cache-Control as nginx's `expires` makes them.

use super::date;
use super::response::Fields;

/// `expires epoch`: one second after the beginning of time.
const EPOCH_S: i64 = 1;
/// `expires max`: the last day of 2037, 23:55:55.
const MAX_S: i64 = 2_145_916_555;
/// The age that goes with it: ten years.
const MAX_AGE_S: u64 = 315_360_000;

/// The longest time, in seconds: that of a conf.
const MOST_S: u64 = i32::MAX as u64;
/// Seconds of a day.
const DAY_S: i64 = 24 * 3600;
/// Units from the largest to the smallest, as they must stand, with their seconds.
const UNITS: [(u8, u64); 7] = [
    (b'y', 365 * 86_400),
    (b'M', 30 * 86_400),
    (b'w', 7 * 86_400),
    (b'd', 86_400),
    (b'h', 3600),
    (b'm', 60),
    (b's', 1),
];

/// `expires`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Expires {
    /// Long ago: not to be kept.
    Epoch,
    /// In ten years and more.
    Max,
    /// So many seconds from now.
    FromNow(i64),
    /// So many seconds from Last-Modified; from now, where there is none.
    FromModified(i64),
    /// When the day is so many seconds old the next time, in local time.
    AtTime(i64),
}

/// What a computed `expires` says, if it says anything: `off` does not, and neither does what is no
/// time. `modified`: it counts from the last change.
pub fn parse(value: &[u8], modified: bool) -> Option<Expires> {
    let (sign, time) = match value {
        b"off" if !modified => return None,
        b"epoch" if !modified => return Some(Expires::Epoch),
        b"max" if !modified => return Some(Expires::Max),
        [b'@', time @ ..] => {
            let time = seconds(time)?;
            return (!modified && time <= DAY_S).then_some(Expires::AtTime(time));
        }
        [b'+', time @ ..] => (1, time),
        [b'-', time @ ..] => (-1, time),
        time => (1, time),
    };
    let time = sign * seconds(time)?;
    Some(match modified && time != 0 {
        true => Expires::FromModified(time),
        // As in nginx, 0 is now in any case.
        false => Expires::FromNow(time),
    })
}

/// A time such as `90`, `1h30m` or `1d 12h`, in seconds.
fn seconds(text: &[u8]) -> Option<i64> {
    let (mut total, mut units) = (0_u64, &UNITS[..]);
    let mut rest = text;
    loop {
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let number: u64 = std::str::from_utf8(&rest[..digits]).ok()?.parse().ok()?;
        rest = &rest[digits..];
        let unit = match rest.split_first() {
            // A number alone counts seconds.
            None => b's',
            Some((&unit, after)) => {
                rest = after.trim_ascii_start();
                unit
            }
        };
        let place = units.iter().position(|&(name, _)| name == unit)?;
        total = total.checked_add(number.checked_mul(units[place].1)?)?;
        units = &units[place + 1..];
        if rest.is_empty() {
            return i64::try_from(total).ok().filter(|_| total <= MOST_S);
        }
    }
}

/// When a response expires.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Expiry {
    /// Seconds since 1970, for Expires.
    pub at_s: i64,
    /// For how many seconds it may be kept; `None`: it may not.
    pub max_age_s: Option<u64>,
}

/// When a response expires that is sent at `now_s`, of what was last modified at `modified_s`.
/// `next` tells when the day is so many seconds old the next time.
pub fn expiry(
    expires: Expires,
    modified_s: Option<i64>,
    now_s: i64,
    next: impl Fn(i64) -> i64,
) -> Expiry {
    let (at_s, is_past) = match (expires, modified_s) {
        (Expires::Epoch, _) => return Expiry { at_s: EPOCH_S, max_age_s: None },
        (Expires::Max, _) => return Expiry { at_s: MAX_S, max_age_s: Some(MAX_AGE_S) },
        (Expires::AtTime(second_of_day), _) => (next(second_of_day), false),
        (Expires::FromModified(time), Some(modified_s)) => (modified_s + time, time < 0),
        (Expires::FromNow(time) | Expires::FromModified(time), _) => (now_s + time, time < 0),
    };
    let age = u64::try_from(at_s - now_s).ok();
    Expiry { at_s, max_age_s: age.filter(|_| !is_past) }
}

impl Expiry {
    /// Appends both fields. `at` is the time in the form of a date.
    pub fn write(&self, at: &[u8; date::LEN], fields: &mut Fields) {
        fields.add_checked("Expires", at);
        match self.max_age_s {
            None => fields.append(b"Cache-Control: no-cache\r\n"),
            Some(age) => {
                let mut digits = itoa::Buffer::new();
                let age = digits.format(age).as_bytes();
                fields.add_parts("Cache-Control", &[b"max-age=", age]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_ages() {
        // The day has begun an hour ago.
        let next = |second_of_day: i64| 996_400 + second_of_day;
        let modified = Some(999_000);
        for (expires, modified_s, at_s, max_age_s) in [
            (Expires::FromNow(0), None, 1_000_000, Some(0)),
            (Expires::FromNow(60), modified, 1_000_060, Some(60)),
            (Expires::FromNow(-1), None, 999_999, None),
            (Expires::FromModified(60), None, 1_000_060, Some(60)),
            (Expires::FromModified(60), modified, 999_060, None),
            (Expires::FromModified(3000), modified, 1_002_000, Some(2000)),
            // The file is of the future, and the time before it still to come.
            (Expires::FromModified(-60), Some(2_000_000), 1_999_940, None),
        ] {
            let found = expiry(expires, modified_s, 1_000_000, next);
            assert_eq!(found, Expiry { at_s, max_age_s }, "{expires:?} {modified_s:?}");
        }
        let daily = expiry(Expires::AtTime(7200), None, 1_000_000, next);
        assert_eq!(daily, Expiry { at_s: 1_003_600, max_age_s: Some(3600) });
    }

    #[test]
    fn what_a_value_says() {
        for (value, expected) in [
            ("off", None),
            ("epoch", Some(Expires::Epoch)),
            ("max", Some(Expires::Max)),
            ("0", Some(Expires::FromNow(0))),
            ("90", Some(Expires::FromNow(90))),
            ("-1", Some(Expires::FromNow(-1))),
            ("+1h", Some(Expires::FromNow(3600))),
            ("1d12h", Some(Expires::FromNow(129_600))),
            ("1d 12h", Some(Expires::FromNow(129_600))),
            ("1h30", Some(Expires::FromNow(3630))),
            ("@15h30m", Some(Expires::AtTime(55_800))),
            ("@24h", Some(Expires::AtTime(86_400))),
            ("@25h", None),
            ("68y", Some(Expires::FromNow(2_144_448_000))),
            ("69y", None),
            ("99999999999999999999y", None),
            ("1m1h", None),
            ("1h1h", None),
            ("1000ms", None),
            ("1x", None),
            ("h", None),
            ("", None),
            ("-", None),
            ("--1", None),
            ("@", None),
            ("MAX", None),
            ("\u{e9}", None),
        ] {
            assert_eq!(parse(value.as_bytes(), false), expected, "{value}");
        }
        for (value, expected) in [
            ("1h", Some(Expires::FromModified(3600))),
            ("-1h", Some(Expires::FromModified(-3600))),
            ("0", Some(Expires::FromNow(0))),
            ("@1h", None),
            ("max", None),
            ("off", None),
        ] {
            assert_eq!(parse(value.as_bytes(), true), expected, "{value}");
        }
    }

    #[test]
    fn as_fields() {
        for (expires, expected) in [
            (
                Expires::Epoch,
                "Expires: Thu, 01 Jan 1970 00:00:01 GMT\r\nCache-Control: no-cache\r\n",
            ),
            (
                Expires::Max,
                "Expires: Thu, 31 Dec 2037 23:55:55 GMT\r\nCache-Control: max-age=315360000\r\n",
            ),
            (
                Expires::FromNow(90),
                "Expires: Thu, 01 Jan 1970 00:01:30 GMT\r\nCache-Control: max-age=90\r\n",
            ),
        ] {
            let mut fields = Fields::default();
            let expiry = expiry(expires, None, 0, |_| 0);
            expiry.write(&date::format(expiry.at_s), &mut fields);
            assert_eq!(String::from_utf8_lossy(fields.lines()), expected);
        }
    }
}
