//! The fields of a head as places in its bytes, so that they can be kept without borrowing.

use std::ops::Range;

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

impl From<Range<usize>> for Span {
    /// Heads are shorter than 4 GB.
    fn from(range: Range<usize>) -> Span {
        Span { start: range.start as u32, end: range.end as u32 }
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

/// Which names there may be among some fields: one bit for a length with a first letter. So it is
/// known of most names at once that they are not there.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Names(u64);

impl Names {
    /// This name, in any case.
    #[inline]
    pub const fn of_one(name: &[u8]) -> Names {
        let first = if let [first, ..] = name { *first | 0x20 } else { 0 };
        Names(1 << ((name.len() + 3 * first as usize) % 64))
    }

    /// These names.
    pub const fn of(names: &[&[u8]]) -> Names {
        let (mut all, mut index) = (Names(0), 0);
        while index < names.len() {
            all = all.and(Names::of_one(names[index]));
            index += 1;
        }
        all
    }

    /// These and others.
    pub const fn and(self, others: Names) -> Names {
        Names(self.0 | others.0)
    }

    /// Whether one may be among both.
    pub const fn may_share(self, other: Names) -> bool {
        self.0 & other.0 != 0
    }
}

/// The fields of one head, in the order in which they came.
#[derive(Clone, Copy, Default)]
pub struct Fields<'a> {
    bytes: &'a [u8],
    spans: &'a [FieldSpan],
    names: Names,
}

impl<'a> Fields<'a> {
    /// The fields whose lines are at these places of `bytes`.
    pub fn new(bytes: &'a [u8], spans: &'a [FieldSpan]) -> Fields<'a> {
        let names = spans.iter().map(|line| Names::of_one(line.name.of(bytes)));
        let names = names.fold(Names::default(), Names::and);
        Fields { bytes, spans, names }
    }

    /// The same where the names are known.
    pub(super) fn with_names(bytes: &'a [u8], spans: &'a [FieldSpan], names: Names) -> Fields<'a> {
        Fields { bytes, spans, names }
    }

    /// Whether there may be a field with one of these names.
    pub fn may_have(self, names: Names) -> bool {
        self.names.may_share(names)
    }

    /// Every line's name and value.
    pub fn iter(self) -> impl Iterator<Item = (&'a [u8], &'a [u8])> {
        self.spans.iter().map(move |line| (line.name.of(self.bytes), line.value.of(self.bytes)))
    }

    /// The values of every line with this name.
    pub fn values<'n>(self, name: &'n [u8]) -> impl Iterator<Item = &'a [u8]> + use<'a, 'n> {
        let spans = if self.may_have(Names::of_one(name)) { self.spans } else { &[] };
        let lines = Fields { spans, ..self }.iter();
        lines.filter(move |(line, _)| line.eq_ignore_ascii_case(name)).map(|(_, value)| value)
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
        let fields = Fields::new(head.as_bytes(), &spans);
        assert_eq!(fields.values(b"HOST").collect::<Vec<_>>(), [b"a", b"b"]);
        assert_eq!(fields.first(b"accept"), Some(&b"x"[..]));
        assert_eq!(fields.first(b"cookie"), None);
    }

    #[test]
    fn names_that_are_there_are_told_of_in_any_case() {
        let names = ["Host", "Range", "If-Range", "x", ""].map(str::as_bytes);
        let there = Names::of(&names);
        for name in names {
            let (lower, upper) = (name.to_ascii_lowercase(), name.to_ascii_uppercase());
            assert!(there.may_share(Names::of(&[&lower])) && there.may_share(Names::of(&[&upper])));
        }
        assert!(!there.may_share(Names::of(&[b"Hosts", b"Cookie"])));
        assert!(!there.may_share(Names::default()));
    }

    #[test]
    fn a_span_outside_of_the_bytes_is_empty() {
        assert_eq!(Span { start: 2, end: 9 }.of(b"abc"), b"");
    }
}
