//! How long an answer may be given again without asking: what it says of that itself
//! (RFC 9111, 4.2 and 5.2), and what the conf says, in nginx's order.

use crate::http::date;
use crate::http::response::Fields;
use crate::site::{CacheValid, Ignored};

/// The longest Vary that is looked at, as in nginx.
const MAX_VARY_LEN: usize = 128;

/// Until when an answer is fresh, and for how long it may be given after that.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Freshness {
    /// In seconds since 1970.
    pub(super) until_s: i64,
    /// `stale-while-revalidate`, in seconds (RFC 5861, 3).
    pub(super) while_updating_s: u32,
    /// `stale-if-error`, in seconds (RFC 5861, 4).
    pub(super) if_error_s: u32,
}

/// What the fields say of time.
#[derive(Default)]
struct Said {
    /// Whether the answer is not to be kept.
    refused: bool,
    until_s: Option<i64>,
    while_updating_s: u32,
    if_error_s: u32,
}

/// How long an answer is fresh; `None`: it is not to be kept.
pub(super) fn freshness(
    status: u16,
    fields: &Fields,
    valid: &[CacheValid],
    ignored: Ignored,
    now_s: i64,
) -> Option<Freshness> {
    if !ignored.have(Ignored::SET_COOKIE) && fields.get("Set-Cookie").is_some() {
        return None;
    }
    if !ignored.have(Ignored::VARY) && !is_usable(&vary(fields)) {
        return None;
    }
    let mut said = Said::default();
    // What comes later overrides what came before.
    if !ignored.have(Ignored::EXPIRES) {
        said.take_expires(fields, now_s);
    }
    if !ignored.have(Ignored::CACHE_CONTROL) {
        said.take_cache_control(fields, now_s);
    }
    if !ignored.have(Ignored::ACCEL_EXPIRES) {
        said.take_accel(fields, now_s);
    }
    if said.refused {
        return None;
    }
    let until_s = match said.until_s {
        Some(until_s) => until_s,
        None => now_s.saturating_add(time_of(valid, status)? as i64),
    };
    let Said { while_updating_s, if_error_s, .. } = said;
    (until_s > now_s).then_some(Freshness { until_s, while_updating_s, if_error_s })
}

/// How long the conf keeps answers of this status that say nothing of it. The first line that names
/// the status is the one.
pub(super) fn time_of(valid: &[CacheValid], status: u16) -> Option<u64> {
    let is_it = |line: &&CacheValid| line.statuses.is_empty() || line.statuses.contains(&status);
    valid.iter().find(is_it).map(|line| line.time_s)
}

/// Which fields say how long an answer is fresh that the other server has said still holds: where it says
/// nothing of time, what was `kept` (RFC 9111, 4.3.4).
pub(super) fn renewed<'f>(said: &'f Fields, kept: &'f Fields) -> &'f Fields {
    let says = |name: &&str| said.get(name).is_some();
    match ["Cache-Control", "Expires", "X-Accel-Expires"].iter().any(says) {
        true => said,
        false => kept,
    }
}

/// What Vary names, in all of its lines; empty: nothing.
pub(super) fn vary(fields: &Fields) -> Vec<u8> {
    let lines = fields.iter().filter(|(name, _)| name.eq_ignore_ascii_case(b"Vary"));
    let named: Vec<&[u8]> =
        lines.map(|(_, value)| value.trim_ascii()).filter(|value| !value.is_empty()).collect();
    named.join(&b", "[..])
}

/// Whether requests can be told apart by it.
fn is_usable(vary: &[u8]) -> bool {
    vary.len() <= MAX_VARY_LEN
        && !vary.split(|&byte| byte == b',').any(|name| name.trim_ascii() == b"*")
}

impl Said {
    /// Expires: a time that is over, or that is none, says that the answer is stale already.
    fn take_expires(&mut self, fields: &Fields, now_s: i64) {
        let Some(value) = fields.get("Expires") else { return };
        match date::parse(value).filter(|&until_s| until_s > now_s) {
            Some(until_s) => self.until_s = Some(until_s),
            None => self.refused = true,
        }
    }

    fn take_cache_control(&mut self, fields: &Fields, now_s: i64) {
        let values = fields.iter().filter(|(name, _)| name.eq_ignore_ascii_case(b"Cache-Control"));
        let directives = values.flat_map(|(_, value)| value.split(|&byte| byte == b','));
        let (mut shared_s, mut max_s, mut refused) = (None, None, false);
        for directive in directives.map(<[u8]>::trim_ascii) {
            let name_len = directive.iter().position(|&byte| byte == b'=');
            let (name, value) = directive.split_at(name_len.unwrap_or(directive.len()));
            let value = value.strip_prefix(b"=").map(seconds);
            match &name.to_ascii_lowercase()[..] {
                // What only its own client may see, or what is to be asked for anew each time.
                b"no-cache" | b"no-store" | b"private" => refused = true,
                // A time that is none is over (RFC 9111, 4.2.1).
                b"s-maxage" => shared_s = Some(value.flatten().unwrap_or(0)),
                b"max-age" => max_s = Some(value.flatten().unwrap_or(0)),
                b"stale-while-revalidate" => {
                    self.while_updating_s = value.flatten().unwrap_or(0);
                }
                b"stale-if-error" => self.if_error_s = value.flatten().unwrap_or(0),
                _ => {}
            }
        }
        if let Some(seconds) = shared_s.or(max_s) {
            self.until_s = Some(now_s.saturating_add(seconds.into()));
            self.refused = seconds == 0;
        }
        self.refused |= refused;
    }

    /// X-Accel-Expires: seconds, or `@` and a time. It is the last word.
    fn take_accel(&mut self, fields: &Fields, now_s: i64) {
        let Some(value) = fields.get("X-Accel-Expires") else { return };
        let until_s = match value.strip_prefix(b"@") {
            Some(time) => seconds(time).map(i64::from),
            None => seconds(value).map(|seconds| now_s.saturating_add(seconds.into())),
        };
        if let Some(until_s) = until_s {
            (self.until_s, self.refused) = (Some(until_s), until_s <= now_s);
        }
    }
}

/// A number of seconds, which may stand in quotes. One that is too large is very long.
fn seconds(text: &[u8]) -> Option<u32> {
    let text = text.trim_ascii();
    let bare = text.strip_prefix(b"\"").and_then(|text| text.strip_suffix(b"\"")).unwrap_or(text);
    let is_number = !bare.is_empty() && bare.iter().all(u8::is_ascii_digit);
    let number = is_number.then(|| str::from_utf8(bare).ok())??;
    Some(number.parse().unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW_S: i64 = 1_000_000_000;
    const VALID: &[CacheValid] = &[
        CacheValid { statuses: &[200, 301, 302], time_s: 60 },
        CacheValid { statuses: &[404], time_s: 0 },
        CacheValid { statuses: &[], time_s: 5 },
    ];

    fn of(lines: &str, ignored: Ignored) -> Option<(i64, u32, u32)> {
        let mut fields = Fields::default();
        for line in lines.split('|').filter(|line| !line.is_empty()) {
            let (name, value) = line.split_once(": ").expect("a field");
            fields.add(name, value.as_bytes());
        }
        let found = freshness(200, &fields, VALID, ignored, NOW_S)?;
        Some((found.until_s - NOW_S, found.while_updating_s, found.if_error_s))
    }

    #[test]
    fn answers_say_how_long_they_are_fresh() {
        for (lines, expected) in [
            ("", Some((60, 0, 0))),
            ("Cache-Control: max-age=10", Some((10, 0, 0))),
            ("Cache-Control: public, Max-Age=\"10\"", Some((10, 0, 0))),
            ("Cache-Control: max-age=10, s-maxage=20", Some((20, 0, 0))),
            ("Cache-Control: s-maxage=20|Cache-Control: max-age=10", Some((20, 0, 0))),
            ("Cache-Control: max-age=0", None),
            ("Cache-Control: max-age", None),
            ("Cache-Control: max-age=soon", None),
            ("Cache-Control: max-age=99999999999", Some((u32::MAX.into(), 0, 0))),
            ("Cache-Control: no-store", None),
            ("Cache-Control: no-cache, max-age=10", None),
            ("Cache-Control: private", None),
            ("Cache-Control: no-cache=\"Set-Cookie\"", None),
            (
                "Cache-Control: max-age=1, stale-while-revalidate=7, stale-if-error=8",
                Some((1, 7, 8)),
            ),
            ("Expires: Sun, 09 Sep 2001 01:47:00 GMT", Some((20, 0, 0))),
            ("Expires: Sun, 09 Sep 2001 01:46:00 GMT", None),
            ("Expires: Sun, 09 Sep 2001 01:46:00 GMT|Cache-Control: max-age=3", Some((3, 0, 0))),
            ("Expires: 0|Cache-Control: public", None),
            ("Expires: 0", None),
            ("Expires: Sun, 09 Sep 2001 01:47:00 GMT|Cache-Control: max-age=3", Some((3, 0, 0))),
            ("X-Accel-Expires: 30", Some((30, 0, 0))),
            ("X-Accel-Expires: 30|Cache-Control: no-store", Some((30, 0, 0))),
            ("X-Accel-Expires: 0|Cache-Control: max-age=9", None),
            ("X-Accel-Expires: @1000000005", Some((5, 0, 0))),
            ("X-Accel-Expires: @999999999", None),
            ("X-Accel-Expires: off|Cache-Control: max-age=9", Some((9, 0, 0))),
            ("Set-Cookie: a=b", None),
            ("Vary: Accept-Encoding", Some((60, 0, 0))),
            ("Vary: Accept-Encoding, *", None),
            ("Vary: ", Some((60, 0, 0))),
            ("Vary: Accept|Vary: *", None),
        ] {
            assert_eq!(of(lines, Ignored::NONE), expected, "{lines}");
        }
        assert_eq!(of(&format!("Vary: {}", "a".repeat(129)), Ignored::NONE), None);
    }

    #[test]
    fn what_still_holds_may_say_nothing_of_time() {
        let fields = |line: &str| {
            let mut fields = Fields::default();
            fields.append(format!("{line}\r\n").as_bytes());
            fields
        };
        let kept = fields("Cache-Control: max-age=9");
        for (said, expected) in [
            ("ETag: \"a\"", "Cache-Control: max-age=9\r\n"),
            ("Cache-Control: no-store", "Cache-Control: no-store\r\n"),
            ("Expires: 0", "Expires: 0\r\n"),
        ] {
            assert_eq!(renewed(&fields(said), &kept).lines(), expected.as_bytes(), "{said}");
        }
    }

    #[test]
    fn what_is_ignored_says_nothing() {
        for (lines, ignored) in [
            ("Set-Cookie: a=b", Ignored::SET_COOKIE),
            ("Cache-Control: no-store", Ignored::CACHE_CONTROL),
            ("Expires: 0", Ignored::EXPIRES),
            ("X-Accel-Expires: 0", Ignored::ACCEL_EXPIRES),
            ("Vary: *", Ignored::VARY),
        ] {
            assert_eq!(of(lines, Ignored::NONE), None, "{lines}");
            assert_eq!(of(lines, ignored), Some((60, 0, 0)), "{lines}");
        }
    }

    #[test]
    fn the_first_line_that_names_a_status_counts() {
        for (status, expected) in [(200, Some(60)), (404, Some(0)), (500, Some(5))] {
            assert_eq!(time_of(VALID, status), expected);
        }
        assert_eq!(time_of(&VALID[..2], 500), None);
    }
}
