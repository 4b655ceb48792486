//! Points in time, as ACME and certificates have them.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The longest rest that an authority can ask for.
const MOST_REST: Duration = Duration::from_secs(30 * 86_400);

/// So many seconds since 1970; before that, 1970.
pub(super) fn at(seconds: i64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(u64::try_from(seconds).unwrap_or(0))
}

/// A time for people, in UTC.
pub(super) fn shown(time: SystemTime) -> String {
    httpdate::fmt_http_date(time)
}

/// `Retry-After`: seconds, or a date (RFC 9110, 10.2.3).
pub(super) fn rest(value: &str, now: SystemTime) -> Option<Duration> {
    let value = value.trim();
    let rest = match value.parse::<u64>() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => httpdate::parse_http_date(value).ok()?.duration_since(now).unwrap_or_default(),
    };
    Some(rest.min(MOST_REST))
}

/// A time as RFC 3339 writes it, in seconds since 1970.
pub(super) fn seconds(text: &str) -> Option<i64> {
    let number = |range: std::ops::Range<usize>| -> Option<i64> {
        let part = text.get(range)?;
        part.bytes().all(|byte| byte.is_ascii_digit()).then(|| part.parse().ok())?
    };
    let bytes = text.as_bytes();
    let marks = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')];
    let is_marked = |(place, mark): &(usize, u8)| {
        bytes.get(*place).is_some_and(|byte| byte.eq_ignore_ascii_case(mark))
    };
    if !marks.iter().all(is_marked) {
        return None;
    }
    let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
    let (hour, minute, second) = (number(11..13)?, number(14..16)?, number(17..19)?);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) || hour > 24 || minute > 59 {
        return None;
    }
    let rest = text.get(19..)?;
    let rest = match rest.strip_prefix('.') {
        Some(fraction) => fraction.trim_start_matches(|it: char| it.is_ascii_digit()),
        None => rest,
    };
    let offset = match rest.as_bytes() {
        b"Z" | b"z" => 0,
        [sign @ (b'+' | b'-'), ..] if rest.len() == 6 => {
            let end = text.len();
            let ahead = number(end - 5..end - 3)? * 3600 + number(end - 2..end)? * 60;
            if *sign == b'+' { ahead } else { -ahead }
        }
        _ => return None,
    };
    Some(days(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second - offset)
}

/// Days from 1970 to a date of the Gregorian calendar: years begin in March, so that the day that some
/// of them lack is their last.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let leaps = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    year * 365 + leaps + (month * 153 + 2) / 5 + day - 1 - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read() {
        for (text, expected) in [
            ("1970-01-01T00:00:00Z", Some(0)),
            ("2000-02-29T12:34:56Z", Some(951_827_696)),
            ("2025-01-02T04:00:00Z", Some(1_735_790_400)),
            ("2025-01-02T04:00:00.123456789Z", Some(1_735_790_400)),
            ("2025-01-02t06:30:00+02:30", Some(1_735_790_400)),
            ("2025-01-01T23:00:00-05:00", Some(1_735_790_400)),
            ("2100-03-01T00:00:00Z", Some(4_107_542_400)),
            ("2025-13-02T04:00:00Z", None),
            ("2025-01-02 04:00:00Z", None),
            ("2025-01-02T04:00:00", None),
            ("2025-01-02T04:00:00+0230", None),
            ("+025-01-02T04:00:00Z", None),
            ("2025-01-02T04:00:0\u{fc}Z", None),
            ("", None),
        ] {
            assert_eq!(seconds(text), expected, "{text}");
        }
    }

    #[test]
    fn rests_are_read() {
        let now = at(1_735_790_400);
        let later = "Thu, 02 Jan 2025 04:01:00 GMT";
        for (value, expected) in [
            ("120", Some(120)),
            (" 0 ", Some(0)),
            (later, Some(60)),
            ("Thu, 02 Jan 2020 04:01:00 GMT", Some(0)),
            ("99999999999", Some(30 * 86_400)),
            ("soon", None),
            ("-1", None),
        ] {
            assert_eq!(rest(value, now), expected.map(Duration::from_secs), "{value}");
        }
    }
}
