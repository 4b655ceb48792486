//! The fields of a response.

use std::ops::Range;

/// The fields of a response, by name and in order. They are stored as the lines of an HTTP/1 head, so
/// that a run of lines that is ready is copied as a whole, in and out.
///
/// The length of the content stands apart, as a number, unless a run that is ready has it.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Fields {
    /// Each ended by CRLF.
    lines: Vec<u8>,
    content_len: Option<u64>,
    /// Whether there is a Server or a Date among them.
    has_origin: bool,
    /// Whether the response does not say which server has made it.
    is_anonymous: bool,
}

impl Fields {
    /// None yet, with room for so many bytes of lines.
    pub fn with_room(len: usize) -> Fields {
        Fields { lines: Vec::with_capacity(len), ..Fields::default() }
    }

    /// Adds a field. Bytes that may not stand in a value (CR, LF, other controls) are left out, so
    /// that nothing can end the line early.
    pub fn add(&mut self, name: &str, value: &[u8]) {
        self.begin(name);
        let kept = value.iter().filter(|&&byte| byte == b'\t' || byte >= b' ' && byte != 0x7f);
        self.lines.extend(kept);
        self.lines.extend_from_slice(b"\r\n");
    }

    /// The same for a value that is known to hold no control: made by the server, or checked with
    /// the conf.
    pub fn add_checked(&mut self, name: &str, value: &[u8]) {
        self.begin(name);
        self.lines.extend_from_slice(value);
        self.lines.extend_from_slice(b"\r\n");
    }

    /// The same for a name that is checked, too.
    pub fn add_copied(&mut self, name: &[u8], value: &[u8]) {
        for part in [name, b": ", value, b"\r\n"] {
            self.lines.extend_from_slice(part);
        }
    }

    /// The same for a value in parts.
    pub fn add_parts(&mut self, name: &str, parts: &[&[u8]]) {
        self.begin(name);
        parts.iter().for_each(|part| self.lines.extend_from_slice(part));
        self.lines.extend_from_slice(b"\r\n");
    }

    /// The same for a number.
    pub fn add_number(&mut self, name: &str, value: u64) {
        self.add_checked(name, itoa::Buffer::new().format(value).as_bytes());
    }

    fn begin(&mut self, name: &str) {
        self.lines.extend_from_slice(name.as_bytes());
        self.lines.extend_from_slice(b": ");
    }

    /// Adds fields that are ready: lines, each ended by CRLF.
    pub fn append(&mut self, lines: &[u8]) {
        self.lines.extend_from_slice(lines);
    }

    /// Puts a field in the place of all that have its name.
    pub fn set(&mut self, name: &str, value: &[u8]) {
        self.remove(name);
        self.add(name, value);
    }

    /// Gives the first field of this name another value, which holds no control, in its place.
    pub fn replace(&mut self, name: &str, value: &[u8]) {
        if let Some(range) = find(&self.lines, name) {
            self.lines.splice(range, value.iter().copied());
        }
    }

    /// Says that there is a Server or a Date among them, which are not the server's own then.
    pub fn set_origin(&mut self) {
        self.has_origin = true;
    }

    /// Whether that was said.
    #[inline]
    pub fn has_origin(&self) -> bool {
        self.has_origin
    }

    /// Says that the response has no Server but one that is added after this.
    pub fn remove_server(&mut self) {
        self.remove("Server");
        (self.has_origin, self.is_anonymous) = (true, true);
    }

    /// Whether the server has to say that it has made the response.
    pub fn wants_server(&self) -> bool {
        !(self.is_anonymous || self.has_origin && self.get("Server").is_some())
    }

    /// Says how long the content is, in bytes.
    pub fn set_content_len(&mut self, len: u64) {
        self.content_len = Some(len);
    }

    /// How long the content is, in bytes, unless a run that was ready says it or nothing does.
    #[inline]
    pub fn content_len(&self) -> Option<u64> {
        self.content_len
    }

    /// Removes all fields of this name.
    pub fn remove(&mut self, name: &str) {
        if name.eq_ignore_ascii_case("Content-Length") {
            self.content_len = None;
        }
        let mut start = 0;
        while let Some(len) = memchr::memchr(b'\n', &self.lines[start..]) {
            let line = start..start + len + 1;
            match find(&self.lines[line.clone()], name) {
                Some(_) => drop(self.lines.drain(line)),
                None => start = line.end,
            }
        }
    }

    /// Removes all fields, and keeps their memory.
    pub fn clear(&mut self) {
        self.lines.clear();
        self.content_len = None;
        (self.has_origin, self.is_anonymous) = (false, false);
    }

    /// The value of the first field of this name.
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        value_in(&self.lines, name)
    }

    /// Every field but the length that stands apart: its name and its value.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        let mut rest = &self.lines[..];
        std::iter::from_fn(move || {
            let (name, behind) = rest.split_at(memchr::memchr(b':', rest)?);
            let (value, lines) = behind.split_at(memchr::memchr(b'\n', behind)?);
            rest = &lines[1..];
            Some((name, value[1..].trim_ascii()))
        })
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty() && self.content_len.is_none()
    }

    /// The lines of all fields but the length that stands apart, each ended by CRLF.
    #[inline]
    pub fn lines(&self) -> &[u8] {
        &self.lines
    }
}

/// The value of the first field of this name among lines.
pub fn value_in<'l>(lines: &'l [u8], name: &str) -> Option<&'l [u8]> {
    find(lines, name).map(|range| &lines[range])
}

/// Where that value is.
fn find(lines: &[u8], name: &str) -> Option<Range<usize>> {
    let mut at = 0;
    loop {
        let rest = &lines[at..];
        let (found, value) = rest.split_at_checked(name.len())?;
        // A name has no line's end in it.
        if value.first() == Some(&b':') && found.eq_ignore_ascii_case(name.as_bytes()) {
            let end = memchr::memchr(b'\n', value).unwrap_or(value.len());
            let line = value[..end].strip_suffix(b"\r").unwrap_or(&value[..end]);
            let value = line[1..].trim_ascii_start();
            let start = at + name.len() + line.len() - value.len();
            return Some(start..start + value.trim_ascii_end().len());
        }
        at += memchr::memchr(b'\n', rest)? + 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(lines: &str) -> Fields {
        Fields { lines: lines.as_bytes().to_vec(), ..Fields::default() }
    }

    #[test]
    fn fields_are_found_replaced_and_removed() {
        let mut found =
            fields("ETag: \"a\"\r\nCache-Control: no-store\r\nX: \r\ncache-control: a\r\n");
        for (name, value) in [
            ("etag", Some("\"a\"")),
            ("Cache-Control", Some("no-store")),
            ("Cache", None),
            ("x", Some("")),
        ] {
            assert_eq!(found.get(name), value.map(str::as_bytes), "{name}");
        }
        let all = found.iter().map(|(name, value)| [name, value].map(str::from_utf8));
        assert_eq!(all.last(), Some([Ok("cache-control"), Ok("a")]));
        assert_eq!(found.iter().count(), 4);
        found.replace("x", b"y");
        found.replace("z", b"y");
        found.remove("Tag");
        found.remove("CACHE-CONTROL");
        assert_eq!(found, fields("ETag: \"a\"\r\nX: y\r\n"));
        found.set("etag", b"b");
        found.remove("X");
        found.remove("X");
        assert_eq!(found, fields("etag: b\r\n"));
        found.clear();
        assert!(found.is_empty() && found.iter().next().is_none());
    }

    #[test]
    fn only_whole_names_are_removed() {
        let mut all = fields("A: 1\r\nContent-Type: x\r\ncontent-type:\r\nContent: y\r\n");
        all.remove("Content-Type");
        assert_eq!(all, fields("A: 1\r\nContent: y\r\n"));
        all.remove("content");
        all.remove("A");
        assert!(all.is_empty());
        all.set_content_len(1);
        assert!(!all.is_empty());
        all.append(b"Content-Length: 2\r\n");
        all.remove("content-length");
        assert!(all.is_empty());
    }

    #[test]
    fn nothing_ends_a_line_early() {
        let mut all = Fields::default();
        all.add("X", b"a\r\nSet-Cookie: b\0");
        all.add_number("N", 10);
        all.add_checked("C", b"c");
        all.add_parts("D", &[b"d", b" ", b"e"]);
        all.append(b"F: g\r\n");
        assert_eq!(all.lines(), b"X: aSet-Cookie: b\r\nN: 10\r\nC: c\r\nD: d e\r\nF: g\r\n");
    }
}
