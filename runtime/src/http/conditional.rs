//! Conditional requests (RFC 9110, section 13): what a GET or HEAD demands of the
//! representation before it wants to see it.

use super::date;
use super::etag::{Comparison, list_matches};
use super::fields::{Fields, Names};

/// What tells one state of a representation from another.
#[derive(Clone, Copy, Debug)]
pub struct Validators<'a> {
    /// Its entity tag, strong, if it has one.
    pub etag: Option<&'a [u8]>,
    /// When it was last modified, in seconds since 1970.
    pub modified_s: i64,
}

/// What If-Modified-Since does: `if_modified_since`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum IfModifiedSince {
    /// Ignores the field.
    Off,
    /// 304 only for the same time.
    Exact,
    /// 304 for the same or an earlier time.
    Before,
}

/// What the preconditions of a request come to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// The method is carried out.
    Proceed,
    /// 304.
    NotModified,
    /// 412.
    Failed,
}

/// The conditional fields and the range of one request.
#[derive(Clone, Copy, Default)]
pub struct Conditions<'a> {
    fields: Fields<'a>,
    if_match: bool,
    if_none_match: bool,
    if_modified_since: Option<&'a [u8]>,
    if_unmodified_since: Option<&'a [u8]>,
    if_range: Option<&'a [u8]>,
    range: Option<&'a [u8]>,
}

/// The names of the fields.
const NAMES: Names = Names::of(&[
    b"Range",
    b"If-Match",
    b"If-Range",
    b"If-None-Match",
    b"If-Modified-Since",
    b"If-Unmodified-Since",
]);

impl<'a> Conditions<'a> {
    /// Finds the fields, in one pass. `None` if there are none, as in most requests.
    pub fn find(fields: Fields<'a>) -> Option<Conditions<'a>> {
        if !fields.may_have(NAMES) {
            return None;
        }
        let mut found = Conditions { fields, ..Conditions::default() };
        let mut any = false;
        for (name, value) in fields.iter() {
            any |= found.take(name, value);
        }
        any.then_some(found)
    }

    /// Takes note of a field, if it is one of these.
    fn take(&mut self, name: &[u8], value: &'a [u8]) -> bool {
        let is = |other: &str| name.eq_ignore_ascii_case(other.as_bytes());
        match name.len() {
            5 if is("Range") => set_once(&mut self.range, value),
            8 if is("If-Match") => self.if_match = true,
            8 if is("If-Range") => set_once(&mut self.if_range, value),
            13 if is("If-None-Match") => self.if_none_match = true,
            17 if is("If-Modified-Since") => set_once(&mut self.if_modified_since, value),
            19 if is("If-Unmodified-Since") => set_once(&mut self.if_unmodified_since, value),
            _ => return false,
        }
        true
    }

    /// Evaluates the preconditions in the order of RFC 9110, 13.2.2. A date that cannot be
    /// read is as if it had not been sent.
    pub fn evaluate(&self, now: Validators<'_>, mode: IfModifiedSince) -> Verdict {
        if self.if_match {
            if !self.any_matches(b"If-Match", now, Comparison::Strong) {
                return Verdict::Failed;
            }
        } else if let Some(since) = self.if_unmodified_since.and_then(date::parse)
            && now.modified_s > since
        {
            return Verdict::Failed;
        }
        let unchanged = if self.if_none_match {
            self.any_matches(b"If-None-Match", now, Comparison::Weak)
        } else {
            match (self.if_modified_since.and_then(date::parse), mode) {
                (None, _) | (_, IfModifiedSince::Off) => false,
                (Some(since), IfModifiedSince::Exact) => now.modified_s == since,
                (Some(since), IfModifiedSince::Before) => now.modified_s <= since,
            }
        };
        if unchanged { Verdict::NotModified } else { Verdict::Proceed }
    }

    /// Whether the preconditions hold for a resource that is not there.
    pub fn hold_for_nothing(&self) -> bool {
        !self.if_match
    }

    /// The value of Range, unless If-Range says that the client's copy is out of date.
    pub fn range(&self, now: Validators<'_>) -> Option<&'a [u8]> {
        let current = match self.if_range {
            None => true,
            Some(tag) if tag.ends_with(b"\"") => now.etag == Some(tag),
            Some(time) => date::parse(time) == Some(now.modified_s),
        };
        self.range.filter(|_| current)
    }

    /// Whether any line of this name names the tag. Lists may be spread over lines.
    fn any_matches(&self, name: &[u8], now: Validators<'_>, comparison: Comparison) -> bool {
        self.fields.values(name).any(|list| list_matches(list, now.etag, comparison))
    }
}

/// Sets a field that has one value. Sent twice it has none that could be read.
fn set_once<'a>(slot: &mut Option<&'a [u8]>, value: &'a [u8]) {
    *slot = Some(if slot.is_none() { value } else { b"" });
}

#[cfg(test)]
mod tests {
    use super::Verdict::{Failed, NotModified, Proceed};
    use super::*;
    use crate::http::fields::spans_of;

    const OLD: &str = "Sun, 06 Nov 1994 08:49:36 GMT";
    const SAME: &str = "Sun, 06 Nov 1994 08:49:37 GMT";
    const NEW: &str = "Sun, 06 Nov 1994 08:49:38 GMT";
    const NOW: Validators<'static> = Validators { etag: Some(b"\"t\""), modified_s: 784_111_777 };

    fn with<T>(head: &str, ask: impl FnOnce(Conditions<'_>) -> T) -> T {
        let spans = spans_of(head);
        let fields = Fields::new(head.as_bytes(), &spans);
        ask(Conditions::find(fields).expect("conditional fields"))
    }

    #[test]
    fn a_request_without_such_fields_has_no_conditions() {
        let head = "Host: a\r\nIf: (x)\r\nReferer: r\r\nIf-Modified: x\r\n";
        let spans = spans_of(head);
        assert!(Conditions::find(Fields::new(head.as_bytes(), &spans)).is_none());
    }

    #[test]
    fn preconditions_in_order() {
        for (head, exact, before, off) in [
            (format!("If-Modified-Since: {SAME}"), NotModified, NotModified, Proceed),
            (format!("If-Modified-Since: {NEW}"), Proceed, NotModified, Proceed),
            (format!("If-Modified-Since: {OLD}"), Proceed, Proceed, Proceed),
            ("If-Modified-Since: today".into(), Proceed, Proceed, Proceed),
            (
                format!("If-Modified-Since: {SAME}\r\nIf-Modified-Since: {SAME}"),
                Proceed,
                Proceed,
                Proceed,
            ),
            (format!("If-Unmodified-Since: {OLD}"), Failed, Failed, Failed),
            (format!("If-Unmodified-Since: {SAME}"), Proceed, Proceed, Proceed),
            (format!("if-unmodified-since: {NEW}"), Proceed, Proceed, Proceed),
            ("If-Unmodified-Since: never".into(), Proceed, Proceed, Proceed),
            ("If-None-Match: \"t\"".into(), NotModified, NotModified, NotModified),
            ("If-None-Match: W/\"t\"".into(), NotModified, NotModified, NotModified),
            (
                "If-None-Match: \"u\"\r\nIf-None-Match: \"t\"".into(),
                NotModified,
                NotModified,
                NotModified,
            ),
            ("If-None-Match: *".into(), NotModified, NotModified, NotModified),
            (
                format!("If-None-Match: \"u\"\r\nIf-Modified-Since: {SAME}"),
                Proceed,
                Proceed,
                Proceed,
            ),
            (
                format!("If-None-Match: \"t\"\r\nIf-Modified-Since: {OLD}"),
                NotModified,
                NotModified,
                NotModified,
            ),
            ("If-Match: \"t\"".into(), Proceed, Proceed, Proceed),
            ("If-Match: *".into(), Proceed, Proceed, Proceed),
            ("If-Match: W/\"t\"".into(), Failed, Failed, Failed),
            ("If-Match: \"u\"".into(), Failed, Failed, Failed),
            (format!("If-Match: \"t\"\r\nIf-Unmodified-Since: {OLD}"), Proceed, Proceed, Proceed),
            (format!("If-Unmodified-Since: {OLD}\r\nIf-None-Match: \"t\""), Failed, Failed, Failed),
            (
                "If-Match: \"t\"\r\nIf-None-Match: \"t\"".into(),
                NotModified,
                NotModified,
                NotModified,
            ),
        ] {
            let evaluate = |mode| with(&head, |conditions| conditions.evaluate(NOW, mode));
            assert_eq!(evaluate(IfModifiedSince::Exact), exact, "exact {head}");
            assert_eq!(evaluate(IfModifiedSince::Before), before, "before {head}");
            assert_eq!(evaluate(IfModifiedSince::Off), off, "off {head}");
        }
    }

    #[test]
    fn if_range_guards_the_range() {
        for (head, kept) in [
            ("Range: bytes=0-1".to_owned(), true),
            ("Range: bytes=0-1\r\nIf-Range: \"t\"".into(), true),
            ("Range: bytes=0-1\r\nIf-Range: W/\"t\"".into(), false),
            ("Range: bytes=0-1\r\nIf-Range: \"u\"".into(), false),
            (format!("Range: bytes=0-1\r\nIf-Range: {SAME}"), true),
            (format!("Range: bytes=0-1\r\nIf-Range: {NEW}"), false),
            ("Range: bytes=0-1\r\nIf-Range: x".into(), false),
        ] {
            assert_eq!(with(&head, |conditions| conditions.range(NOW).is_some()), kept, "{head}");
        }
        let bare = Validators { etag: None, ..NOW };
        assert!(with("Range: bytes=0-1\r\nIf-Range: \"t\"", |c| c.range(bare).is_none()));
    }

    proptest::proptest! {
        #[test]
        fn no_value_makes_it_panic(value in "[ -~\\t]{0,60}", name in 0usize..6) {
            let names = ["Range", "If-Match", "If-Range", "If-None-Match", "If-Modified-Since",
                "If-Unmodified-Since"];
            let head = format!("{}: {value}\r\n", names[name]);
            with(&head, |conditions| {
                conditions.evaluate(NOW, IfModifiedSince::Before);
                conditions.range(NOW);
            });
        }
    }
}
