//! HTTP dates (RFC 9110, 5.6.7) and the Date field, which is formatted once a second.

use std::io::Write;
use std::time::{Duration, UNIX_EPOCH};

use httpdate::HttpDate;

/// Length of a date in the fixed form, `Sun, 06 Nov 1994 08:49:37 GMT`.
pub const LEN: usize = 29;

/// The last second that the fixed form can hold: the end of the year 9999.
const LAST: i64 = 253_402_300_799;

const DAYS: [&str; 7] =
    ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// Seconds since 1970 as a date. Times that the form cannot hold become the nearest that it can.
pub fn format(unix_s: i64) -> [u8; LEN] {
    let since_epoch = Duration::from_secs(unix_s.clamp(0, LAST) as u64);
    let mut text = [b' '; LEN];
    // A date always has `LEN` bytes, so that the write cannot fall short.
    let _ = write!(&mut text[..], "{}", HttpDate::from(UNIX_EPOCH + since_epoch));
    text
}

/// The names of the months in dates.
const MONTHS: [&[u8; 3]; 12] = [
    b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec",
];

/// Appends `1994-11-06T08:49:37Z`, likewise.
pub fn write_iso(unix_s: i64, out: &mut Vec<u8>) {
    let date = format(unix_s);
    let month = MONTHS.iter().position(|name| name[..] == date[8..11]).unwrap_or_default() + 1;
    let month = [b'0' + month as u8 / 10, b'0' + month as u8 % 10];
    out.extend([&date[12..16], b"-", &month, b"-", &date[5..7], b"T"].concat());
    out.extend_from_slice(&date[17..25]);
    out.push(b'Z');
}

/// Appends `06-Nov-1994 08:49`, likewise.
pub fn write_short(unix_s: i64, out: &mut Vec<u8>) {
    let date = format(unix_s);
    out.extend([&date[5..7], b"-", &date[8..11], b"-", &date[12..16], b" "].concat());
    out.extend_from_slice(&date[17..22]);
}

/// A date in one of the three forms of RFC 9110, in seconds since 1970. The name of the day is
/// not compared with the date, as in nginx.
pub fn parse(text: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(text).ok()?;
    let time = httpdate::parse_http_date(text).ok().or_else(|| {
        let (_, rest) = text.split_at_checked(text.find([',', ' '])?)?;
        // Only one of them is right, in its long or its short form.
        DAYS.iter().find_map(|day| {
            let short = httpdate::parse_http_date(&format!("{}{rest}", &day[..3]));
            short.or_else(|_| httpdate::parse_http_date(&format!("{day}{rest}"))).ok()
        })
    });
    i64::try_from(time?.duration_since(UNIX_EPOCH).ok()?.as_secs()).ok()
}

/// The value of the Date field of this second.
pub struct Clock {
    unix_s: i64,
    text: [u8; LEN],
}

impl Clock {
    /// A clock that shows `unix_s`.
    pub fn new(unix_s: i64) -> Clock {
        Clock { unix_s, text: format(unix_s) }
    }

    /// Sets the time; formats only when the second is another one.
    pub fn update(&mut self, unix_s: i64) {
        if self.unix_s != unix_s {
            *self = Clock::new(unix_s);
        }
    }

    /// The date that the clock shows.
    pub fn text(&self) -> &[u8; LEN] {
        &self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_forms_are_read_and_one_is_written() {
        for text in [
            "Sun, 06 Nov 1994 08:49:37 GMT",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun Nov  6 08:49:37 1994",
            "Mon, 06 Nov 1994 08:49:37 GMT",
            "Friday, 06-Nov-94 08:49:37 GMT",
            "Xyz Nov  6 08:49:37 1994",
        ] {
            assert_eq!(parse(text.as_bytes()), Some(784_111_777), "{text}");
        }
        assert_eq!(&format(784_111_777), b"Sun, 06 Nov 1994 08:49:37 GMT");
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in
            ["", "now", "Sun, 06 Nov 1994 08:49:37", "Sun, 66 Nov 1994 08:49:37 GMT", "\u{e9}"]
        {
            assert_eq!(parse(text.as_bytes()), None, "{text}");
        }
        assert_eq!(parse(&[0xff, 0xfe]), None);
    }

    #[test]
    fn times_outside_of_the_form_are_clamped() {
        assert_eq!(&format(-5), b"Thu, 01 Jan 1970 00:00:00 GMT");
        assert_eq!(&format(i64::MAX), b"Fri, 31 Dec 9999 23:59:59 GMT");
    }

    #[test]
    fn other_forms_are_written() {
        for (unix_s, iso, short) in [
            (784_111_777, "1994-11-06T08:49:37Z", "06-Nov-1994 08:49"),
            (0, "1970-01-01T00:00:00Z", "01-Jan-1970 00:00"),
            (1_583_020_799, "2020-02-29T23:59:59Z", "29-Feb-2020 23:59"),
        ] {
            let (mut out, mut other) = (Vec::new(), Vec::new());
            write_iso(unix_s, &mut out);
            write_short(unix_s, &mut other);
            assert_eq!((&out[..], &other[..]), (iso.as_bytes(), short.as_bytes()));
        }
    }

    #[test]
    fn the_clock_follows_the_second() {
        let mut clock = Clock::new(0);
        clock.update(0);
        assert_eq!(clock.text(), b"Thu, 01 Jan 1970 00:00:00 GMT");
        clock.update(61);
        assert_eq!(clock.text(), b"Thu, 01 Jan 1970 00:01:01 GMT");
    }
}
