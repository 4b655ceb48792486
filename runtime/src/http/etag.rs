//! Entity tags (RFC 9110, 8.8.3): the one of a file, and the comparison with a list.

use std::io::Write;

/// Appends the tag of a file: modification time and length in hexadecimal. A time that is a whole
/// second gives the tag that nginx gives. Any other has its nanoseconds behind it, eight digits,
/// since a file may change more than once in a second.
pub fn write(modified_s: i64, modified_ns: i64, len: u64, out: &mut Vec<u8>) {
    // Writing to a vector does not fail.
    let _ = match modified_ns {
        0 => write!(out, "\"{modified_s:x}-{len:x}\""),
        ns => write!(out, "\"{modified_s:x}{ns:08x}-{len:x}\""),
    };
}

/// How tags are compared (RFC 9110, 8.8.3.2).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Comparison {
    /// Equal tags, neither of them weak.
    Strong,
    /// Equal but for the mark of weakness.
    Weak,
}

/// Whether `list`, the value of If-Match or If-None-Match, names `tag`, which is strong, or
/// is `*`. A member that is no entity tag matches nothing.
pub fn list_matches(list: &[u8], tag: Option<&[u8]>, comparison: Comparison) -> bool {
    if list.trim_ascii() == b"*" {
        return true;
    }
    let Some(tag) = tag else { return false };
    let mut rest = list;
    loop {
        let start = rest.iter().position(|byte| !matches!(byte, b' ' | b'\t' | b','));
        let Some(start) = start else { return false };
        let (member, after) = split_member(&rest[start..]);
        let opaque = match member.strip_prefix(b"W/") {
            Some(_) if comparison == Comparison::Strong => b"",
            Some(opaque) => opaque,
            None => member,
        };
        if opaque == tag {
            return true;
        }
        rest = after;
    }
}

/// Splits one member off a list. A comma within the quotes of a tag belongs to it.
fn split_member(list: &[u8]) -> (&[u8], &[u8]) {
    let mut quoted = false;
    let end = list.iter().position(|&byte| {
        quoted ^= byte == b'"';
        byte == b',' && !quoted
    });
    let (member, rest) = list.split_at(end.unwrap_or(list.len()));
    (member.trim_ascii_end(), rest)
}

#[cfg(test)]
mod tests {
    use super::Comparison::{Strong, Weak};
    use super::*;

    #[test]
    fn a_file_s_tag_is_time_and_length() {
        for (modified_ns, expected) in [
            (0, "\"5e0be100-c\""),
            (1, "\"5e0be10000000001-c\""),
            (999_999_999, "\"5e0be1003b9ac9ff-c\""),
        ] {
            let mut out = Vec::new();
            write(0x5e0b_e100, modified_ns, 12, &mut out);
            assert_eq!(out, expected.as_bytes());
        }
    }

    #[test]
    fn lists_are_matched_member_by_member() {
        let tag = Some(&b"\"a-1\""[..]);
        for (list, strong, weak) in [
            ("\"a-1\"", true, true),
            ("W/\"a-1\"", false, true),
            ("\"b\", \"a-1\"", true, true),
            ("\"b\",,\t\"a-1\"  ,", true, true),
            ("\"x,y\", \"a-1\"", true, true),
            ("\"x, \"a-1\"", false, false),
            ("*", true, true),
            (" * ", true, true),
            ("*, \"b\"", false, false),
            ("", false, false),
            (",", false, false),
            ("a-1", false, false),
            ("\"a-1", false, false),
            ("\"a-1\"x", false, false),
            ("w/\"a-1\"", false, false),
        ] {
            assert_eq!(list_matches(list.as_bytes(), tag, Strong), strong, "{list}");
            assert_eq!(list_matches(list.as_bytes(), tag, Weak), weak, "{list}");
        }
    }

    #[test]
    fn without_a_tag_only_the_star_matches() {
        assert!(list_matches(b"*", None, Strong));
        assert!(!list_matches(b"\"\"", None, Weak));
    }
}
