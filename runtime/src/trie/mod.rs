//! A radix trie in one flat run of bytes, for sites with more names than match arms are good
//! for: a lookup costs the length of the key, and the compiler pays nothing for its size.
//!
//! ```text
//! u32 count | count nodes of 20 bytes | count first bytes of labels | labels
//! node: u32 label offset, u16 label length, u16 child count, u32 first child,
//!       u32 prefix value, u32 exact value
//! ```
//!
//! Numbers are little-endian. The children of a node stand next to each other; their first
//! bytes are apart from them, so that choosing one reads one cache line.

mod tree;

pub use tree::{End, Tree};

/// Marks a node without a value.
const NONE: u32 = u32::MAX;
/// Bytes of one node.
const NODE_LEN: usize = 20;

/// A trie as [`Tree::flatten`] wrote it.
pub struct Trie<'a> {
    nodes: &'a [[u8; NODE_LEN]],
    first_bytes: &'a [u8],
    labels: &'a [u8],
}

/// One node, read.
struct Node {
    label_start: usize,
    label_len: usize,
    child_count: usize,
    first_child: usize,
    prefix: u32,
    exact: u32,
}

impl<'a> Trie<'a> {
    /// The trie in `bytes`.
    ///
    /// # Panics
    /// Where `bytes` is too short for what it says it holds: in a constant, when it is built.
    pub const fn new(bytes: &'a [u8]) -> Trie<'a> {
        let (count, rest) = bytes.split_at(4);
        let count = u32::from_le_bytes([count[0], count[1], count[2], count[3]]) as usize;
        let (nodes, rest) = rest.split_at(count * NODE_LEN);
        let (first_bytes, labels) = rest.split_at(count);
        Trie { nodes: nodes.as_chunks().0, first_bytes, labels }
    }

    /// The value of `key` itself, else of the longest prefix of `key`.
    pub fn find(&self, key: &[u8]) -> Option<u32> {
        self.walk(key, |rest, label| rest.strip_prefix(label), |rest| rest.first())
    }

    /// The value of `key` itself, else of the longest suffix of `key`, in a trie of
    /// [`End::Back`].
    pub fn find_from_end(&self, key: &[u8]) -> Option<u32> {
        self.walk(key, |rest, label| rest.strip_suffix(label), |rest| rest.last())
    }

    #[inline]
    fn walk<'k>(
        &self,
        key: &'k [u8],
        strip: impl Fn(&'k [u8], &[u8]) -> Option<&'k [u8]>,
        next_byte: impl Fn(&'k [u8]) -> Option<&'k u8>,
    ) -> Option<u32> {
        let (mut node, mut rest, mut best) = (self.node(0), key, NONE);
        loop {
            if node.prefix != NONE {
                best = node.prefix;
            }
            let Some(byte) = next_byte(rest) else {
                let value = if node.exact != NONE { node.exact } else { best };
                return (value != NONE).then_some(value);
            };
            let children = &self.first_bytes[node.first_child..][..node.child_count];
            let stripped = children.iter().position(|first| first == byte).and_then(|child| {
                node = self.node(node.first_child + child);
                strip(rest, &self.labels[node.label_start..][..node.label_len])
            });
            match stripped {
                Some(stripped) => rest = stripped,
                None => return (best != NONE).then_some(best),
            }
        }
    }

    fn node(&self, index: usize) -> Node {
        let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t] = self.nodes[index];
        Node {
            label_start: u32::from_le_bytes([a, b, c, d]) as usize,
            label_len: u16::from_le_bytes([e, f]).into(),
            child_count: u16::from_le_bytes([g, h]).into(),
            first_child: u32::from_le_bytes([i, j, k, l]) as usize,
            prefix: u32::from_le_bytes([m, n, o, p]),
            exact: u32::from_le_bytes([q, r, s, t]),
        }
    }
}
