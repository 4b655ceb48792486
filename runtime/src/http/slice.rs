//! Parts of a content that are asked for one after the other (`slice`), and the fields that tell of them.

use std::rc::Rc;

/// A part that a request within another one asks for.
#[derive(Clone, Debug)]
pub struct Slice {
    /// Where it begins.
    pub start: u64,
    /// The tag that it has to have, where the first part had one.
    pub etag: Option<Rc<[u8]>>,
}

/// What is sent of parts.
#[derive(Clone, Debug)]
pub struct Slices {
    /// Bytes that are not sent of the first part.
    pub skip: u64,
    /// The part after it, of which as much is not sent.
    pub next: Slice,
    /// The same of that one.
    pub skip_next: u64,
    /// The length of a part.
    pub len: u64,
    /// Bytes that are to be sent.
    pub left: u64,
}

/// The value of a Content-Range field with all three numbers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ContentRange {
    /// Where the part begins.
    pub start: u64,
    /// Behind the last byte of it.
    pub end: u64,
    /// The length of the whole.
    pub whole: u64,
}

/// Where the first part begins that a Range field asks for, as nginx reads it; 0 where it does not say.
pub fn first_byte(range: Option<&[u8]>, has_if_range: bool) -> u64 {
    let set = range.filter(|_| !has_if_range).and_then(|value| value.split_at_checked(6));
    let set = set.filter(|(unit, _)| unit.eq_ignore_ascii_case(b"bytes=")).map(|(_, set)| set);
    let Some(set) = set.filter(|set| !set.contains(&b',')) else { return 0 };
    number(set.trim_ascii_start()).map_or(0, |(number, _)| number)
}

/// `$slice_range`, of a part that begins there.
pub fn write_range(start: u64, len: u64, out: &mut Vec<u8>) {
    out.extend_from_slice(format!("bytes={start}-{}", start.saturating_add(len - 1)).as_bytes());
}

/// The number at the front of a text, and what follows it.
fn number(text: &[u8]) -> Option<(u64, &[u8])> {
    let end = text.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    let number = str::from_utf8(&text[..end]).ok()?.parse().ok()?;
    Some((number, text[end..].trim_ascii_start()))
}

/// Reads `bytes 0-9/100`.
pub fn content_range(value: &[u8]) -> Option<ContentRange> {
    let (start, rest) = number(value.strip_prefix(b"bytes ")?.trim_ascii_start())?;
    let (last, rest) = number(rest.strip_prefix(b"-")?.trim_ascii_start())?;
    let (whole, rest) = number(rest.strip_prefix(b"/")?.trim_ascii_start())?;
    let end = last.checked_add(1)?;
    (rest.is_empty() && start < end && end <= whole).then_some(ContentRange { start, end, whole })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_bytes_are_read_as_in_nginx() {
        for (range, if_range, expected) in [
            (None, false, 0),
            (Some("bytes=7-"), false, 7),
            (Some("Bytes=  17-20"), false, 17),
            (Some("bytes=7-"), true, 0),
            (Some("bytes=7-8,9-"), false, 0),
            (Some("bytes=-5"), false, 0),
            (Some("lines=7-"), false, 0),
            (Some("bytes="), false, 0),
            (Some("bytes=99999999999999999999-"), false, 0),
        ] {
            assert_eq!(first_byte(range.map(str::as_bytes), if_range), expected, "{range:?}");
        }
    }

    #[test]
    fn content_ranges() {
        for (value, expected) in [
            ("bytes 0-9/100", Some((0, 10, 100))),
            ("bytes  10 - 19 / 20", Some((10, 20, 20))),
            ("bytes 0-9/*", None),
            ("bytes 9-0/100", None),
            ("bytes 0-100/100", None),
            ("bytes 0-9", None),
            ("bytes */100", None),
            ("bytes 0-9/100x", None),
            ("bytes 0-18446744073709551615/18446744073709551615", None),
            ("lines 0-9/100", None),
        ] {
            let found = content_range(value.as_bytes()).map(|it| (it.start, it.end, it.whole));
            assert_eq!(found, expected, "{value}");
        }
    }
}
