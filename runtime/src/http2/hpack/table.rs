//! The tables that indices point into (RFC 7541, section 2.3).

/// A field: its name and its value.
pub type Field<'a> = (&'a [u8], &'a [u8]);

/// What an entry counts beside its name and its value (RFC 7541, 4.1).
const ENTRY_LEN: usize = 32;

/// The static table (RFC 7541, appendix A). Its indices begin at 1.
#[rustfmt::skip]
pub(super) const STATIC: [(&[u8], &[u8]); 61] = [
    (b":authority", b""),
    (b":method", b"GET"),
    (b":method", b"POST"),
    (b":path", b"/"),
    (b":path", b"/index.html"),
    (b":scheme", b"http"),
    (b":scheme", b"https"),
    (b":status", b"200"),
    (b":status", b"204"),
    (b":status", b"206"),
    (b":status", b"304"),
    (b":status", b"400"),
    (b":status", b"404"),
    (b":status", b"500"),
    (b"accept-charset", b""),
    (b"accept-encoding", b"gzip, deflate"),
    (b"accept-language", b""),
    (b"accept-ranges", b""),
    (b"accept", b""),
    (b"access-control-allow-origin", b""),
    (b"age", b""),
    (b"allow", b""),
    (b"authorization", b""),
    (b"cache-control", b""),
    (b"content-disposition", b""),
    (b"content-encoding", b""),
    (b"content-language", b""),
    (b"content-length", b""),
    (b"content-location", b""),
    (b"content-range", b""),
    (b"content-type", b""),
    (b"cookie", b""),
    (b"date", b""),
    (b"etag", b""),
    (b"expect", b""),
    (b"expires", b""),
    (b"from", b""),
    (b"host", b""),
    (b"if-match", b""),
    (b"if-modified-since", b""),
    (b"if-none-match", b""),
    (b"if-range", b""),
    (b"if-unmodified-since", b""),
    (b"last-modified", b""),
    (b"link", b""),
    (b"location", b""),
    (b"max-forwards", b""),
    (b"proxy-authenticate", b""),
    (b"proxy-authorization", b""),
    (b"range", b""),
    (b"referer", b""),
    (b"refresh", b""),
    (b"retry-after", b""),
    (b"server", b""),
    (b"set-cookie", b""),
    (b"strict-transport-security", b""),
    (b"transfer-encoding", b""),
    (b"user-agent", b""),
    (b"vary", b""),
    (b"via", b""),
    (b"www-authenticate", b""),
];

/// The dynamic table (RFC 7541, 2.3.2), as both ends keep it in step. Its bytes lie in a run whose
/// front is given up from time to time, so that each string is in one piece; the run is at most three times
/// as long as the table may be.
#[derive(Debug)]
pub(super) struct Table {
    /// The bytes of all entries, the oldest first, and before them of some that are gone.
    bytes: Vec<u8>,
    /// The oldest first.
    entries: std::collections::VecDeque<Entry>,
    /// What the entries count.
    len: usize,
    /// The most that they may.
    most: usize,
}

/// Where an entry is.
#[derive(Clone, Copy, Debug)]
struct Entry {
    start: u32,
    name_len: u32,
    value_len: u32,
}

impl Entry {
    /// What it counts.
    fn len(self) -> usize {
        self.name_len as usize + self.value_len as usize + ENTRY_LEN
    }
}

impl Table {
    /// An empty one that may become so large.
    pub(super) fn new(most: usize) -> Table {
        Table { bytes: Vec::new(), entries: Default::default(), len: 0, most }
    }

    /// The field at an index of both tables.
    pub(super) fn get(&self, index: usize) -> Option<Field<'_>> {
        if let Some(field) = STATIC.get(index.checked_sub(1)?) {
            return Some(*field);
        }
        let back = index - STATIC.len();
        let entry = self.entries.get(self.entries.len().checked_sub(back)?)?;
        let (start, name_len) = (entry.start as usize, entry.name_len as usize);
        let value_start = start + name_len;
        let value_end = value_start + entry.value_len as usize;
        Some((&self.bytes[start..value_start], &self.bytes[value_start..value_end]))
    }

    /// Changes the most that it may hold (RFC 7541, 4.3).
    pub(super) fn resize(&mut self, most: usize) {
        self.most = most;
        self.make_room(0);
        if self.entries.is_empty() {
            self.bytes = Vec::new();
        }
    }

    /// Adds an entry, and gives up old ones for it (RFC 7541, 4.4). One that is larger than the
    /// table empties it.
    pub(super) fn add(&mut self, name: &[u8], value: &[u8]) {
        self.add_with(name.len(), value, |bytes| bytes.extend_from_slice(name));
    }

    /// The same, with the name of the field at an index, which may have to make room.
    pub(super) fn add_named(&mut self, index: usize, value: &[u8]) {
        if let Some((name, _)) = STATIC.get(index.wrapping_sub(1)) {
            return self.add(name, value);
        }
        let back = index - STATIC.len();
        let found = self.entries.len().checked_sub(back).and_then(|at| self.entries.get(at));
        let Some(&Entry { start, name_len, .. }) = found else { return };
        let name = start as usize..(start + name_len) as usize;
        self.add_with(name_len as usize, value, |bytes| bytes.extend_from_within(name));
    }

    fn add_with(&mut self, name_len: usize, value: &[u8], put_name: impl FnOnce(&mut Vec<u8>)) {
        let len = name_len + value.len() + ENTRY_LEN;
        if len > self.most {
            self.make_room(self.most + 1);
            return;
        }
        let start = self.bytes.len();
        put_name(&mut self.bytes);
        self.bytes.extend_from_slice(value);
        self.make_room(len);
        let (start, name_len) = (start as u32, name_len as u32);
        self.entries.push_back(Entry { start, name_len, value_len: value.len() as u32 });
        self.len += len;
        self.compact();
    }

    /// Gives up old entries until one that counts `len` has room.
    fn make_room(&mut self, len: usize) {
        while self.len + len > self.most
            && let Some(oldest) = self.entries.pop_front()
        {
            self.len -= oldest.len();
        }
    }

    /// Gives up the bytes of entries that are gone, once they are as many as there may be others.
    fn compact(&mut self) {
        let gone = self.entries.front().map_or(self.bytes.len(), |oldest| oldest.start as usize);
        if gone > self.most {
            self.bytes.drain(..gone);
            self.entries.iter_mut().for_each(|entry| entry.start -= gone as u32);
        }
    }

    /// What its entries count (RFC 7541, 4.1).
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Its entries, the youngest first.
    #[cfg(test)]
    pub(super) fn dynamic(&self) -> Vec<(String, String)> {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let all = (STATIC.len() + 1..).map_while(|index| self.get(index));
        all.map(|(name, value)| (text(name), text(value))).collect()
    }

    /// Bytes that it has taken of memory for strings.
    #[cfg(test)]
    pub(super) fn held(&self) -> usize {
        self.bytes.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indices_outside_of_both_tables_name_nothing() {
        let mut table = Table::new(4096);
        assert_eq!(table.get(0), None);
        assert_eq!(table.get(61), Some((&b"www-authenticate"[..], &b""[..])));
        assert_eq!(table.get(62), None);
        table.add(b"a", b"b");
        assert_eq!(table.get(62), Some((&b"a"[..], &b"b"[..])));
        assert_eq!(table.get(63), None);
        assert_eq!(table.get(usize::MAX), None);
    }

    /// RFC 7541, 4.4: "an attempt to add an entry larger than the maximum size causes the table to
    /// be emptied of all existing entries and results in an empty table."
    #[test]
    fn rfc7541_4_4_an_entry_larger_than_the_table_empties_it() {
        let mut table = Table::new(100);
        table.add(b"a", b"b");
        table.add(b"c", &[b'x'; 68]);
        assert_eq!(table.dynamic(), []);
        table.add(b"c", &[b'x'; 67]);
        assert_eq!(table.len(), 100);
    }

    /// RFC 7541, 4.4: "A new entry can reference the name of an entry in the dynamic table that
    /// will be evicted when adding this new entry".
    #[test]
    fn rfc7541_4_4_a_name_may_be_of_an_entry_that_makes_room() {
        let mut table = Table::new(70);
        table.add(b"name", b"first");
        table.add_named(62, b"second");
        assert_eq!(table.dynamic(), [("name".to_owned(), "second".to_owned())]);
    }

    /// RFC 7541, 4.3.
    #[test]
    fn rfc7541_4_3_a_smaller_table_gives_up_its_oldest() {
        let mut table = Table::new(4096);
        for value in [b"1", b"2", b"3"] {
            table.add(b"n", value);
        }
        table.resize(2 * 34);
        let values: Vec<_> = table.dynamic().into_iter().map(|(_, value)| value).collect();
        assert_eq!(values, ["3", "2"]);
        table.resize(0);
        assert_eq!((table.len(), table.held()), (0, 0));
    }

    #[test]
    fn memory_is_bounded_whatever_is_added() {
        let mut table = Table::new(4096);
        for round in 0..10_000usize {
            let value = vec![b'x'; round * 37 % 4200];
            table.add(b"name", &value);
            assert!(table.len() <= 4096 && table.held() <= 3 * 4096, "{round}");
            assert!(table.entries.len() <= 4096 / ENTRY_LEN);
        }
    }
}
