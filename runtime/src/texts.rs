//! A list of texts in one run of bytes, for maps with many values.
//!
//! ```text
//! u32 count | count + 1 times u32: where a text begins, and the last one ends | texts
//! ```

/// Texts as [`Texts::encode`] wrote them.
pub struct Texts<'a> {
    starts: &'a [[u8; 4]],
    texts: &'a [u8],
}

impl<'a> Texts<'a> {
    /// The bytes that [`Texts::new`] reads.
    pub fn encode(texts: &[&[u8]]) -> Vec<u8> {
        let mut out = (texts.len() as u32).to_le_bytes().to_vec();
        let mut at = 0u32;
        for len in texts.iter().map(|text| text.len()).chain([0]) {
            out.extend(at.to_le_bytes());
            at += len as u32;
        }
        out.extend(texts.concat());
        out
    }

    /// The texts in `bytes`.
    ///
    /// # Panics
    /// Where `bytes` is too short for what it says it holds: in a constant, when it is built.
    pub const fn new(bytes: &'a [u8]) -> Texts<'a> {
        let (count, rest) = bytes.split_at(4);
        let count = u32::from_le_bytes([count[0], count[1], count[2], count[3]]) as usize;
        let (starts, texts) = rest.split_at((count + 1) * 4);
        Texts { starts: starts.as_chunks().0, texts }
    }

    /// A text, by its place in the list; an empty one past its end.
    pub fn get(&self, index: usize) -> &'a [u8] {
        let start = |index: usize| Some(u32::from_le_bytes(*self.starts.get(index)?) as usize);
        let range = start(index).zip(start(index + 1));
        range.and_then(|(start, end)| self.texts.get(start..end)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_found_again() {
        for texts in [&[&b""[..], b"a", b"", b"bcd"][..], &[], &[b"x"]] {
            let bytes = Texts::encode(texts);
            let read = Texts::new(&bytes);
            for (index, text) in texts.iter().enumerate() {
                assert_eq!(read.get(index), *text);
            }
            assert_eq!(read.get(texts.len()), b"");
        }
    }
}
