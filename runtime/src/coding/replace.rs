//! Texts that are replaced in a content on its way (`sub_filter`), whatever pieces that comes in.

use std::io;

use crate::output::RUN_LEN;
use crate::site::Encode;

/// The most that one piece may become, in bytes. Where it becomes more, the content is broken off.
const MOST_GROWN_LEN: usize = 1 << 20;

/// A text, and what stands in its place.
#[derive(Debug)]
struct Pair {
    /// In lower case.
    text: Vec<u8>,
    by: Vec<u8>,
    is_done: bool,
}

/// Replaces texts, in any case of ASCII letters. Of several that stand in one place, the first of the
/// conf is replaced.
#[derive(Debug)]
pub(crate) struct Replacer {
    pairs: Vec<Pair>,
    /// Whether each is replaced once.
    once: bool,
    /// Which bytes a text begins with.
    begins: Box<[bool; 256]>,
    /// The end of what has come, which may be the front of a text.
    held: Vec<u8>,
}

/// What stands at a place.
enum Found {
    /// The text of this pair.
    Text(usize),
    /// What may become one.
    Front,
    Nothing,
}

impl Replacer {
    /// Replaces the first of each pair by the second. An empty text is none.
    pub(crate) fn new(pairs: impl Iterator<Item = (Vec<u8>, Vec<u8>)>, once: bool) -> Replacer {
        let pairs = pairs.filter(|(text, _)| !text.is_empty());
        let pairs = pairs.map(|(mut text, by)| {
            text.make_ascii_lowercase();
            Pair { text, by, is_done: false }
        });
        let pairs: Vec<_> = pairs.collect();
        let mut begins = Box::new([false; 256]);
        for Pair { text, .. } in &pairs {
            begins[usize::from(text[0])] = true;
            begins[usize::from(text[0].to_ascii_uppercase())] = true;
        }
        Replacer { pairs, once, begins, held: Vec::new() }
    }

    /// Whether there is anything to replace.
    pub(crate) fn has_texts(&self) -> bool {
        !self.pairs.is_empty()
    }

    /// What stands at the front of `rest`. `is_end`: nothing follows that.
    fn look(&self, rest: &[u8], is_end: bool) -> Found {
        for (index, Pair { text, is_done, .. }) in self.pairs.iter().enumerate() {
            let len = text.len().min(rest.len());
            if *is_done || !rest[..len].eq_ignore_ascii_case(&text[..len]) {
                continue;
            }
            match len == text.len() {
                true => return Found::Text(index),
                false if is_end => {}
                false => return Found::Front,
            }
        }
        Found::Nothing
    }

    /// Appends what has come of `bytes`, and holds their end back where that may be the front of a text.
    fn replace(&mut self, bytes: &[u8], is_end: bool, out: &mut Vec<u8>) -> io::Result<()> {
        let start = out.len();
        let (mut plain, mut at) = (0, 0);
        while let Some(skipped) =
            bytes[at..].iter().position(|&byte| self.begins[usize::from(byte)])
        {
            at += skipped;
            match self.look(&bytes[at..], is_end) {
                Found::Text(index) => {
                    out.extend_from_slice(&bytes[plain..at]);
                    let pair = &mut self.pairs[index];
                    out.extend_from_slice(&pair.by);
                    pair.is_done = self.once;
                    at += pair.text.len();
                    plain = at;
                    if out.len() - start > MOST_GROWN_LEN {
                        let text = "what is put in the place of texts is too long";
                        return Err(io::Error::other(text));
                    }
                }
                Found::Front => {
                    out.extend_from_slice(&bytes[plain..at]);
                    self.held = bytes[at..].to_vec();
                    return Ok(());
                }
                Found::Nothing => at += 1,
            }
        }
        out.extend_from_slice(&bytes[plain..]);
        Ok(())
    }
}

impl Encode for Replacer {
    fn write(&mut self, piece: &[u8], out: &mut Vec<u8>) -> io::Result<()> {
        if self.held.is_empty() {
            return self.replace(piece, false, out);
        }
        let mut held = std::mem::take(&mut self.held);
        held.extend_from_slice(piece);
        self.replace(&held, false, out)
    }

    /// What may be the front of a text is held back all the same.
    fn flush(&mut self, _: &mut Vec<u8>) -> io::Result<()> {
        Ok(())
    }

    fn finish(&mut self, out: &mut Vec<u8>) -> io::Result<()> {
        let held = std::mem::take(&mut self.held);
        self.replace(&held, true, out)
    }

    fn reset(&mut self) -> bool {
        false
    }

    fn piece_len(&self) -> usize {
        let growth = self.pairs.iter().map(|pair| pair.by.len().div_ceil(pair.text.len()));
        (2 * RUN_LEN / growth.max().unwrap_or(1).max(2)).max(64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What comes of a content in pieces of this length.
    fn replaced(pairs: &[(&str, &str)], once: bool, content: &str, len: usize) -> String {
        let owned =
            pairs.iter().map(|(text, by)| (text.as_bytes().to_vec(), by.as_bytes().to_vec()));
        let mut replacer = Replacer::new(owned, once);
        let mut out = Vec::new();
        for piece in content.as_bytes().chunks(len) {
            replacer.write(piece, &mut out).expect("it is short");
            replacer.flush(&mut out).expect("nothing is done");
        }
        replacer.finish(&mut out).expect("it is short");
        String::from_utf8(out).expect("a text")
    }

    #[test]
    fn texts_are_replaced_however_the_content_is_cut() {
        for (pairs, once, content, expected) in [
            (&[("one", "1")][..], true, "one One two", "1 One two"),
            (&[("one", "1")], false, "one ONE oNe on", "1 1 1 on"),
            (&[("ONE", "1")], false, "oneone", "11"),
            (&[("aab", "x")], false, "aaab aab", "ax x"),
            (&[("aa", "b")], false, "aaaaa", "bba"),
            (&[("a", "aa")], false, "aaa", "aaaaaa"),
            (&[("one", "")], false, "one two one", " two "),
            (&[("abc", "1"), ("ab", "2")], false, "abc abd ab", "1 2d 2"),
            (&[("ab", "2"), ("abc", "1")], false, "abc abd ab", "2c 2d 2"),
            (&[("a", "1"), ("b", "2")], true, "abab", "12ab"),
            (&[("</head>", "<x></head>")], true, "<HEAD></HEAD></head>", "<HEAD><x></head></head>"),
            (&[("", "x")], false, "abc", "abc"),
            (&[("\u{e9}", "e")], false, "\u{e9}t\u{e9}", "ete"),
            (&[("nowhere", "x")], false, "now here nowher", "now here nowher"),
        ] {
            for len in 1..=content.len() {
                let found = replaced(pairs, once, content, len);
                assert_eq!(found, expected, "{content} in pieces of {len}");
            }
        }
    }

    #[test]
    fn what_comes_of_a_piece_is_bounded() {
        let by = vec![b'x'; 4096];
        let mut replacer = Replacer::new([(b"a".to_vec(), by)].into_iter(), false);
        assert_eq!(replacer.piece_len(), 64);
        let piece = vec![b'a'; replacer.piece_len()];
        let mut out = Vec::new();
        replacer.write(&piece, &mut out).expect("it is short enough");
        assert_eq!(out.len(), 64 * 4096);
        out.clear();
        replacer.write(&vec![b'a'; 65536], &mut out).expect_err("it is too long");
        assert!(out.len() <= MOST_GROWN_LEN + 4096);
        let plain = Replacer::new([(b"abc".to_vec(), b"d".to_vec())].into_iter(), true);
        assert_eq!(plain.piece_len(), RUN_LEN);
    }
}
