//! The fields of a head as places in its bytes, so that they can be kept without borrowing.

/// A range of bytes of a head.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Span {
    /// Where it begins.
    pub start: u32,
    /// Where it ends.
    pub end: u32,
}

impl Span {
    /// The bytes of `text` that the span covers; none if it does not lie within.
    pub fn of(self, text: &[u8]) -> &[u8] {
        text.get(self.start as usize..self.end as usize).unwrap_or_default()
    }
}

/// Where one field line is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct FieldSpan {
    /// The name, as it was sent.
    pub name: Span,
    /// The value, without the white space around it.
    pub value: Span,
}

/// The fields of one head, in the order in which they came.
#[derive(Clone, Copy, Default)]
pub struct Fields<'a> {
    /// What the spans are places in.
    pub bytes: &'a [u8],
    /// One for each line.
    pub spans: &'a [FieldSpan],
}

impl<'a> Fields<'a> {
    /// Every line's name and value.
    pub fn iter(self) -> impl Iterator<Item = (&'a [u8], &'a [u8])> {
        self.spans.iter().map(move |line| (line.name.of(self.bytes), line.value.of(self.bytes)))
    }

    /// The values of every line with this name.
    pub fn values<'n>(self, name: &'n [u8]) -> impl Iterator<Item = &'a [u8]> + use<'a, 'n> {
        self.iter().filter(move |(line, _)| line.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// The value of the first line with this name.
    pub fn first(self, name: &[u8]) -> Option<&'a [u8]> {
        self.values(name).next()
    }
}

/// Fields for tests: the bytes of a head and the spans of its lines, `Name: value` each.
#[cfg(test)]
pub(crate) fn spans_of(head: &str) -> Vec<FieldSpan> {
    let mut spans = Vec::new();
    let mut start = 0;
    for line in head.split_inclusive("\r\n") {
        let text = line.trim_end();
        if let Some(colon) = text.find(':') {
            let skipped = text[colon + 1..].len() - text[colon + 1..].trim_start().len();
            let value = start + colon + 1 + skipped;
            spans.push(FieldSpan {
                name: Span { start: start as u32, end: (start + colon) as u32 },
                value: Span { start: value as u32, end: (start + text.len()) as u32 },
            });
        }
        start += line.len();
    }
    spans
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_found_by_name_in_any_case() {
        let head = "Host: a\r\nAccept:x\r\nhost: b\r\n";
        let spans = spans_of(head);
        let fields = Fields { bytes: head.as_bytes(), spans: &spans };
        assert_eq!(fields.values(b"HOST").collect::<Vec<_>>(), [b"a", b"b"]);
        assert_eq!(fields.first(b"accept"), Some(&b"x"[..]));
        assert_eq!(fields.first(b"cookie"), None);
    }

    #[test]
    fn a_span_outside_of_the_bytes_is_empty() {
        assert_eq!(Span { start: 2, end: 9 }.of(b"abc"), b"");
    }
}
