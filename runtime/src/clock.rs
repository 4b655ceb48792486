//! The time that one turn of the event loop works with, and the local time of log lines.
//! Nothing here reads a clock; the event loop does, once a turn.

use std::cell::Cell;
use std::io::Write;

use crate::sys::time::{LocalTime, local_time};

/// An instant, read from both clocks at once.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Now {
    /// Milliseconds of a clock that never goes back: for durations and deadlines.
    pub monotonic_ms: u64,
    /// Milliseconds since 1970: for what people and files say.
    pub unix_ms: u64,
}

impl Now {
    /// Whole seconds since 1970.
    pub fn unix_s(self) -> i64 {
        (self.unix_ms / 1000) as i64
    }
}

/// The machine's local time, asked for and written out once a second.
pub struct LocalClock {
    last: Cell<Option<Shown>>,
}

/// What the clock shows for a second.
#[derive(Clone, Copy)]
struct Shown {
    unix_s: i64,
    time: LocalTime,
    common: [u8; "22/Nov/2026:21:05:10 +0000".len()],
    iso: [u8; "2026-11-22T21:05:10+00:00".len()],
}

/// The months, as dates name them.
pub(crate) const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

impl LocalClock {
    /// A clock. Asks for the time once, so that the zone is read before the process gives
    /// up the right to open files.
    pub fn new(now: Now) -> LocalClock {
        let clock = LocalClock { last: Cell::new(None) };
        clock.at(now);
        clock
    }

    /// Appends `22/Nov/2026:21:05:10 +0000`.
    pub fn write_common(&self, now: Now, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.shown(now).common);
    }

    /// Appends `2026-11-22T21:05:10+00:00`.
    pub fn write_iso(&self, now: Now, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.shown(now).iso);
    }

    /// Appends `2026/11/22 21:05:10`.
    pub fn write_log(&self, now: Now, out: &mut Vec<u8>) {
        let LocalTime { year, month, day, hour, minute, second, .. } = self.at(now);
        let month = month + 1;
        // Writing to a vector does not fail.
        let _ = write!(out, "{year}/{month:02}/{day:02} {hour:02}:{minute:02}:{second:02}");
    }

    /// Appends `Nov 22 21:05:10`, the day with a blank in the place of a zero (RFC 3164, 4.1.2).
    pub fn write_syslog(&self, now: Now, out: &mut Vec<u8>) {
        let LocalTime { month, day, hour, minute, second, .. } = self.at(now);
        let month = MONTHS[usize::from(month) % 12];
        // Writing to a vector does not fail.
        let _ = write!(out, "{month} {day:2} {hour:02}:{minute:02}:{second:02}");
    }

    /// When the local day is `second_of_day` old the next time, in seconds since 1970.
    pub fn next(&self, now: Now, second_of_day: i64) -> i64 {
        let time = self.at(now);
        let [hour, minute, second] = [time.hour, time.minute, time.second].map(i64::from);
        let mut wait = second_of_day - (hour * 3600 + minute * 60 + second);
        if wait <= 0 {
            wait += 24 * 3600;
        }
        let next = now.unix_s() + wait;
        // Summer time may begin or end before it.
        next + i64::from(time.offset_s - local_time(next).offset_s)
    }

    /// Seconds that the zone is ahead of UTC.
    pub fn offset_s(&self, now: Now) -> i32 {
        self.at(now).offset_s
    }

    fn at(&self, now: Now) -> LocalTime {
        self.shown(now).time
    }

    fn shown(&self, now: Now) -> Shown {
        let unix_s = now.unix_s();
        match self.last.get() {
            Some(shown) if shown.unix_s == unix_s => shown,
            _ => {
                let shown = Shown::new(unix_s, local_time(unix_s));
                self.last.set(Some(shown));
                shown
            }
        }
    }
}

impl Shown {
    fn new(unix_s: i64, time: LocalTime) -> Shown {
        let (sign, hours, minutes) = offset(&time);
        let LocalTime { year, month, day, hour, minute, second, .. } = time;
        let (name, month) = (MONTHS[usize::from(month) % 12], month + 1);
        let mut shown = Shown { unix_s, time, common: [b' '; _], iso: [b' '; _] };
        // They have room for years of four digits; of longer ones the zone is cut short.
        let _ = write!(
            &mut shown.common[..],
            "{day:02}/{name}/{year}:{hour:02}:{minute:02}:{second:02} {sign}{hours:02}{minutes:02}"
        );
        let _ = write!(
            &mut shown.iso[..],
            "{year}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}\
             {sign}{hours:02}:{minutes:02}"
        );
        shown
    }
}

/// The zone's distance from UTC: sign, hours, minutes.
fn offset(time: &LocalTime) -> (char, i32, i32) {
    let minutes = time.offset_s.abs() / 60;
    (if time.offset_s < 0 { '-' } else { '+' }, minutes / 60, minutes % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_a_time_in_a_zone() {
        let now = Now { monotonic_ms: 0, unix_ms: 1_000 };
        let time = LocalTime {
            year: 2026,
            month: 10,
            day: 2,
            hour: 3,
            minute: 4,
            second: 5,
            offset_s: -12_600,
        };
        let clock = LocalClock { last: Cell::new(Some(Shown::new(1, time))) };
        let text = |write: fn(&LocalClock, Now, &mut Vec<u8>)| {
            let mut out = Vec::new();
            write(&clock, now, &mut out);
            String::from_utf8(out).expect("ASCII")
        };
        assert_eq!(text(LocalClock::write_common), "02/Nov/2026:03:04:05 -0330");
        assert_eq!(text(LocalClock::write_iso), "2026-11-02T03:04:05-03:30");
        assert_eq!(text(LocalClock::write_log), "2026/11/02 03:04:05");
    }

    #[test]
    fn the_next_time_of_a_day_is_in_the_future() {
        let now = Now { monotonic_ms: 0, unix_ms: 1_700_000_000_000 };
        let clock = LocalClock::new(now);
        for second_of_day in [0, 1, 43_200, 80_000, 86_400] {
            let next = clock.next(now, second_of_day);
            assert!(next > now.unix_s() && next <= now.unix_s() + 25 * 3600, "{second_of_day}");
            let LocalTime { hour, minute, second, .. } = local_time(next);
            let found = [hour, minute, second].map(i64::from);
            let found = found[0] * 3600 + found[1] * 60 + found[2];
            assert_eq!(found, second_of_day % 86_400);
        }
    }

    #[test]
    fn the_clock_follows_the_second() {
        let clock = LocalClock::new(Now::default());
        for write in [LocalClock::write_common, LocalClock::write_iso, LocalClock::write_log] {
            let at = |unix_ms| {
                let mut out = Vec::new();
                write(&clock, Now { monotonic_ms: 0, unix_ms }, &mut out);
                out
            };
            assert_eq!(at(5_000), at(5_999));
            assert_ne!(at(5_000), at(6_000));
        }
    }
}
