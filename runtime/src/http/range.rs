//! Byte ranges (RFC 9110, 14.1 and 14.2), read as nginx reads them.

use std::ops::Range;

use super::response::Fields;

/// What a Range field asks for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Selection {
    /// All of it: the field says nothing that this server follows.
    Whole,
    /// One part, never empty.
    One(Range<u64>),
    /// Several parts, none of them empty, in the order of the field.
    Several(Vec<Range<u64>>),
    /// No part of the representation, or nothing that can be understood: 416.
    Unsatisfiable,
}

/// Reads the value of a Range field for a representation of `len` bytes.
///
/// Another unit than bytes, more than `max` parts, and parts that are longer together than
/// the whole select the whole. Whatever is wrong after `bytes=` is unsatisfiable. Unlike in nginx,
/// an empty element of the list is none (RFC 9110, 5.6.1.2), and no number is too large.
pub fn select(value: &[u8], len: u64, max: usize) -> Selection {
    match value.split_at_checked(6) {
        Some((unit, set)) if unit.eq_ignore_ascii_case(b"bytes=") && !set.is_empty() => {
            select_from(set, len, max)
        }
        _ => Selection::Whole,
    }
}

/// Reads a range set.
fn select_from(set: &[u8], len: u64, max: usize) -> Selection {
    let mut first: Option<Range<u64>> = None;
    let mut others = Vec::new();
    let mut sum: u64 = 0;
    for part in set.split(|&byte| byte == b',') {
        if skip_spaces(part).is_empty() {
            continue;
        }
        let Some(range) = parse_part(part, len) else { return Selection::Unsatisfiable };
        if range.is_empty() {
            if range.start == 0 {
                return Selection::Whole;
            }
            continue;
        }
        if usize::from(first.is_some()) + others.len() == max {
            return Selection::Whole;
        }
        sum = sum.saturating_add(range.end - range.start);
        match first {
            None => first = Some(range),
            Some(_) => others.push(range),
        }
    }
    match first {
        None => Selection::Unsatisfiable,
        Some(_) if sum > len => Selection::Whole,
        Some(range) if others.is_empty() => Selection::One(range),
        Some(range) => {
            others.insert(0, range);
            Selection::Several(others)
        }
    }
}

/// Reads `FIRST-LAST`, `FIRST-` or `-SUFFIX`, cut to `len`. One that has nothing in it is
/// empty, `None` is one that cannot be read.
fn parse_part(part: &[u8], len: u64) -> Option<Range<u64>> {
    let (first, rest) = number(skip_spaces(part));
    let rest = skip_spaces(rest).strip_prefix(b"-")?;
    // A suffix has its digits right after the dash.
    let (last, rest) = number(if first.is_some() { skip_spaces(rest) } else { rest });
    if !skip_spaces(rest).is_empty() {
        return None;
    }
    match (first, last) {
        (None, None) => None,
        (None, Some(suffix)) => Some(len.saturating_sub(suffix)..len),
        (Some(first), None) => Some(first..len),
        (Some(first), Some(last)) => Some(first..len.min(last.saturating_add(1))),
    }
}

/// Splits a number off the front, if there is one. What no file is as long as is the largest.
fn number(text: &[u8]) -> (Option<u64>, &[u8]) {
    let end = text.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    let value = digits.iter().fold(0u64, |value, digit| {
        value.saturating_mul(10).saturating_add(u64::from(digit - b'0'))
    });
    ((!digits.is_empty()).then_some(value), rest)
}

fn skip_spaces(text: &[u8]) -> &[u8] {
    let end = text.iter().position(|byte| !matches!(byte, b' ' | b'\t')).unwrap_or(text.len());
    &text[end..]
}

/// Appends a Content-Range: which part of how much this is.
pub(crate) fn write_content_range(range: &Range<u64>, len: u64, fields: &mut Fields) {
    let value = format!("bytes {}-{}/{len}", range.start, range.end - 1);
    fields.add_checked("Content-Range", value.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::Selection::{One, Several, Unsatisfiable, Whole};
    use super::*;

    #[test]
    fn fields_are_read_as_nginx_reads_them() {
        for (value, selection) in [
            ("bytes=0-4", One(0..5)),
            ("Bytes=0-0", One(0..1)),
            ("bytes=0-", One(0..12)),
            ("bytes=3-", One(3..12)),
            ("bytes=-5", One(7..12)),
            ("bytes=-99", One(0..12)),
            ("bytes=0-99", One(0..12)),
            ("bytes= 0 - 4 ", One(0..5)),
            ("bytes=11-11", One(11..12)),
            ("bytes=0-9223372036854775807", One(0..12)),
            ("bytes=0-1,3-4", Several(vec![0..2, 3..5])),
            ("bytes=0-1, 20-, -1", Several(vec![0..2, 11..12])),
            ("bytes=20-,0-1", One(0..2)),
            ("bytes=0-10,0-10", Whole),
            ("bytes=0-5,0-5", Several(vec![0..6, 0..6])),
            ("bytes=12-", Unsatisfiable),
            ("bytes=20-30", Unsatisfiable),
            ("bytes=-0", Unsatisfiable),
            ("bytes=5-3", Unsatisfiable),
            ("bytes=abc", Unsatisfiable),
            ("bytes=-", Unsatisfiable),
            ("bytes=- 5", Unsatisfiable),
            ("bytes=1", Unsatisfiable),
            ("bytes=0-1x", Unsatisfiable),
            ("bytes=0-0,,2-2", Several(vec![0..1, 2..3])),
            ("bytes=0-0,", One(0..1)),
            ("bytes=, \t,0-0 , ,", One(0..1)),
            ("bytes=,", Unsatisfiable),
            ("bytes=0-0,x,", Unsatisfiable),
            ("bytes=+1-2", Unsatisfiable),
            ("bytes=9223372036854775808-", Unsatisfiable),
            ("bytes=99999999999999999999-", Unsatisfiable),
            ("bytes=0-9223372036854775808", One(0..12)),
            ("bytes=0-99999999999999999999", One(0..12)),
            ("bytes=4-18446744073709551615", One(4..12)),
            ("bytes=-9223372036854775808", One(0..12)),
            ("bytes=-99999999999999999999", One(0..12)),
            ("bytes=", Whole),
            ("bytes", Whole),
            ("lines=0-1", Whole),
            ("", Whole),
        ] {
            assert_eq!(select(value.as_bytes(), 12, usize::MAX), selection, "{value}");
        }
    }

    #[test]
    fn the_number_of_parts_is_bounded() {
        assert_eq!(select(b"bytes=0-0", 9, 1), One(0..1));
        assert_eq!(select(b"bytes=0-0,2-2", 9, 1), Whole);
        assert_eq!(select(b"bytes=0-0,2-2", 9, 2), Several(vec![0..1, 2..3]));
        assert_eq!(select(b"bytes=0-0", 9, 0), Whole);
    }

    #[test]
    fn an_empty_file_has_no_parts() {
        for (value, selection) in [
            ("bytes=0-", Whole),
            ("bytes=-5", Whole),
            ("bytes=0-0", Whole),
            ("bytes=3-", Unsatisfiable),
        ] {
            assert_eq!(select(value.as_bytes(), 0, usize::MAX), selection, "{value}");
        }
    }

    proptest::proptest! {
        #[test]
        fn parts_lie_within_and_fit(set in "[0-9, \\-]{0,30}", len in 0u64..50, max in 0usize..5) {
            let parts = match select(format!("bytes={set}").as_bytes(), len, max) {
                One(range) => vec![range],
                Several(ranges) => ranges,
                Whole | Unsatisfiable => vec![],
            };
            assert!(parts.len() <= max);
            assert!(parts.iter().all(|part| part.start < part.end && part.end <= len));
            assert!(parts.iter().map(|part| part.end - part.start).sum::<u64>() <= len);
        }

        #[test]
        fn no_bytes_make_it_panic(value: Vec<u8>, len: u64) {
            select(&value, len, 3);
            select(&[b"bytes=", &value[..]].concat(), len, usize::MAX);
        }
    }
}
