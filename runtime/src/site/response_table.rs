//! Many prebuilt responses in one run of bytes, for sites with more redirects than statics
//! are good for: a static with pointers is written anew at every start, and costs rustc time.
//!
//! ```text
//! u32 first id | u32 count | count entries of 16 bytes | fields and bodies
//! entry: u32 fields offset, u16 fields length, u16 status, u32 body offset, u32 body length
//! ```
//!
//! Numbers are little-endian. Entries are found by location id; ids between them that have
//! no response have an empty one. Equal bodies are held once.

use std::collections::HashMap;

use super::{LocationId, Prebuilt};

/// Bytes of one entry.
const ENTRY_LEN: usize = 16;

/// The responses of many locations.
pub struct ResponseTable {
    first: u32,
    entries: &'static [[u8; ENTRY_LEN]],
    content: &'static [u8],
}

impl ResponseTable {
    /// The table in `bytes`.
    ///
    /// # Panics
    /// Where `bytes` is too short for what it says it holds: in a constant, when it is built.
    pub const fn new(bytes: &'static [u8]) -> ResponseTable {
        let (head, rest) = bytes.split_at(8);
        let first = u32::from_le_bytes([head[0], head[1], head[2], head[3]]);
        let count = u32::from_le_bytes([head[4], head[5], head[6], head[7]]) as usize;
        let (entries, content) = rest.split_at(count * ENTRY_LEN);
        ResponseTable { first, entries: entries.as_chunks().0, content }
    }

    /// The response of a location that has one here.
    pub fn response(&self, id: LocationId) -> Prebuilt {
        let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] =
            self.entries[(id - self.first) as usize];
        let slice =
            |start: [u8; 4], len: usize| &self.content[u32::from_le_bytes(start) as usize..][..len];
        Prebuilt {
            status: u16::from_le_bytes([g, h]),
            fields: slice([a, b, c, d], u16::from_le_bytes([e, f]).into()),
            body: slice([i, j, k, l], u32::from_le_bytes([m, n, o, p]) as usize),
        }
    }

    /// The bytes of a table: for each location its status, fields and body, in rising order.
    pub fn encode(responses: &[(LocationId, u16, Vec<u8>, Vec<u8>)]) -> Vec<u8> {
        let first = responses.first().map_or(0, |response| response.0);
        let last = responses.last().map_or(0, |response| response.0);
        let count = (last - first + 1) as usize;
        let mut entries = vec![[0; ENTRY_LEN]; count];
        let mut content: Vec<u8> = Vec::new();
        let mut places: HashMap<&[u8], usize> = HashMap::new();
        let mut place = |bytes| {
            let place = *places.entry(bytes).or_insert(content.len());
            if place == content.len() {
                content.extend(bytes);
            }
            (place as u32).to_le_bytes()
        };
        for (id, status, fields, body) in responses {
            let entry = &mut entries[(id - first) as usize];
            entry[0..4].copy_from_slice(&place(fields));
            entry[4..6].copy_from_slice(&(fields.len() as u16).to_le_bytes());
            entry[6..8].copy_from_slice(&status.to_le_bytes());
            entry[8..12].copy_from_slice(&place(body));
            entry[12..16].copy_from_slice(&(body.len() as u32).to_le_bytes());
        }
        let head = [first.to_le_bytes(), (count as u32).to_le_bytes()].concat();
        [head, entries.concat(), content].concat()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gives_back_what_was_put_in() {
        let text = |text: &str| text.as_bytes().to_vec();
        let responses = [
            (7, 301, text("Location: /a\r\n"), text("moved")),
            (8, 204, text(""), text("")),
            (12, 301, text("Location: /b\r\n"), text("moved")),
        ];
        let bytes = ResponseTable::encode(&responses);
        assert_eq!(bytes.windows(5).filter(|window| window == b"moved").count(), 1);
        let table = ResponseTable::new(Vec::leak(bytes));
        for (id, status, fields, body) in &responses {
            let found = table.response(*id);
            assert_eq!((found.status, found.fields, found.body), (*status, &fields[..], &body[..]));
        }
        assert_eq!(table.response(9).status, 0);
    }
}
