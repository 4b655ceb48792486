//! The trie as a tree, from which the compiler writes match arms or the flat form.

use std::collections::VecDeque;

use super::{NODE_LEN, NONE};

/// From which end keys are read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum End {
    /// From the first byte: paths.
    Front,
    /// From the last byte: host names.
    Back,
}

/// A node of a radix trie: what its label leads to. The root has an empty label.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Tree {
    /// The bytes that lead here from the parent, in the order in which they are read.
    pub label: Vec<u8>,
    /// The value of a key that ends here, where it differs from `prefix`.
    pub exact: Option<u32>,
    /// The value of every key that comes through here.
    pub prefix: Option<u32>,
    /// What follows, sorted; no two labels begin with the same byte.
    pub children: Vec<Tree>,
}

/// The longest label: its length is a `u16` in the flat form.
const MAX_LABEL_LEN: usize = u16::MAX as usize;

impl Tree {
    /// A tree of `exact` keys, each for itself alone, and of `prefix` keys, each for all that
    /// begin with it (with [`End::Back`]: that end in it).
    pub fn new<'a>(
        end: End,
        exact: impl IntoIterator<Item = (&'a [u8], u32)>,
        prefix: impl IntoIterator<Item = (&'a [u8], u32)>,
    ) -> Tree {
        let in_order = |key: &[u8]| -> Vec<u8> {
            match end {
                End::Front => key.to_vec(),
                End::Back => key.iter().rev().copied().collect(),
            }
        };
        let mut root = Tree::default();
        for (key, value) in exact {
            root.insert(&in_order(key)).exact = Some(value);
        }
        for (key, value) in prefix {
            root.insert(&in_order(key)).prefix = Some(value);
        }
        root
    }

    /// The node of `key`, which is made where there is none.
    fn insert(&mut self, key: &[u8]) -> &mut Tree {
        let Some(&first) = key.first() else { return self };
        let at = match self.children.binary_search_by_key(&first, |child| child.label[0]) {
            Ok(at) => at,
            Err(at) => {
                let label = key[..key.len().min(MAX_LABEL_LEN)].to_vec();
                self.children.insert(at, Tree { label, ..Tree::default() });
                at
            }
        };
        let child = &mut self.children[at];
        let common = key.iter().zip(&child.label).take_while(|(a, b)| a == b).count();
        if common < child.label.len() {
            child.split(common);
        }
        child.insert(&key[common..])
    }

    /// Puts a node between this one and its parent, `at` bytes into the label.
    fn split(&mut self, at: usize) {
        let lower_label = self.label.split_off(at);
        let label = std::mem::take(&mut self.label);
        let lower = Tree { label: lower_label, ..std::mem::take(self) };
        *self = Tree { label, children: vec![lower], ..Tree::default() };
    }

    /// Nodes in this tree, itself included.
    pub fn node_count(&self) -> usize {
        1 + self.children.iter().map(Tree::node_count).sum::<usize>()
    }

    /// The form that [`Trie`](super::Trie) walks.
    pub fn flatten(&self, end: End) -> Vec<u8> {
        let (mut nodes, mut first_bytes, mut labels) = (Vec::new(), Vec::new(), Vec::new());
        let mut queue = VecDeque::from([self]);
        let mut placed = 1;
        while let Some(tree) = queue.pop_front() {
            nodes.extend((labels.len() as u32).to_le_bytes());
            nodes.extend((tree.label.len() as u16).to_le_bytes());
            nodes.extend((tree.children.len() as u16).to_le_bytes());
            nodes.extend((placed as u32).to_le_bytes());
            nodes.extend(tree.prefix.unwrap_or(NONE).to_le_bytes());
            nodes.extend(tree.exact.unwrap_or(NONE).to_le_bytes());
            first_bytes.push(tree.label.first().copied().unwrap_or(0));
            match end {
                End::Front => labels.extend(&tree.label),
                End::Back => labels.extend(tree.label.iter().rev()),
            }
            placed += tree.children.len();
            queue.extend(&tree.children);
        }
        debug_assert_eq!(nodes.len(), first_bytes.len() * NODE_LEN);
        let count = (first_bytes.len() as u32).to_le_bytes();
        [&count[..], &nodes, &first_bytes, &labels].concat()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::trie::Trie;

    type Entries = Vec<(Vec<u8>, u32)>;

    fn flat(end: End, exact: &Entries, prefix: &Entries) -> Vec<u8> {
        fn slices(entries: &Entries) -> impl Iterator<Item = (&[u8], u32)> {
            entries.iter().map(|(key, value)| (&key[..], *value))
        }
        Tree::new(end, slices(exact), slices(prefix)).flatten(end)
    }

    fn entries(keys: &[&str], first_value: u32) -> Entries {
        (first_value..).zip(keys).map(|(value, key)| (key.as_bytes().to_vec(), value)).collect()
    }

    #[test]
    fn longest_prefix_unless_exact() {
        let long = "/".to_owned() + &"x".repeat(70_000);
        let exact = entries(&["/", "/docs", "/docs/a"], 0);
        let prefix = entries(&["/docs/", "/doc", "/docs/api/v1", "/dot", &long], 10);
        let bytes = flat(End::Front, &exact, &prefix);
        let trie = Trie::new(&bytes);
        let cases: &[(&str, Option<u32>)] = &[
            ("", None),
            ("/", Some(0)),
            ("/x", None),
            ("/do", None),
            ("/doc", Some(11)),
            ("/docs", Some(1)),
            ("/docs/", Some(10)),
            ("/docs/a", Some(2)),
            ("/docs/ab", Some(10)),
            ("/docs/api/v", Some(10)),
            ("/docs/api/v12", Some(12)),
            ("/dots", Some(13)),
            (&long, Some(14)),
            (&long[..69_000], None),
        ];
        for (path, expected) in cases {
            assert_eq!(trie.find(path.as_bytes()), *expected, "{path:.40}");
        }
    }

    #[test]
    fn longest_suffix_unless_exact() {
        let exact = entries(&["a.test", "", "www.a.test"], 0);
        let suffix = entries(&[".a.test", ".test", ".b.a.test"], 10);
        let bytes = flat(End::Back, &exact, &suffix);
        let trie = Trie::new(&bytes);
        let cases = [
            ("", Some(1)),
            ("a.test", Some(0)),
            ("ba.test", Some(11)),
            ("www.a.test", Some(2)),
            ("x.a.test", Some(10)),
            ("x.b.a.test", Some(12)),
            ("test", None),
        ];
        for (host, expected) in cases {
            assert_eq!(trie.find_from_end(host.as_bytes()), expected, "{host}");
        }
    }

    /// What a trie finds, by looking at every key.
    fn plain(end: End, exact: &Entries, prefix: &Entries, key: &[u8]) -> Option<u32> {
        let comes_through = |entry: &Vec<u8>| match end {
            End::Front => key.starts_with(entry),
            End::Back => key.ends_with(entry),
        };
        let whole = exact.iter().find(|(entry, _)| entry == key);
        let part = prefix.iter().filter(|(entry, _)| comes_through(entry));
        whole.or(part.max_by_key(|(entry, _)| entry.len())).map(|&(_, value)| value)
    }

    proptest! {
        #[test]
        fn agrees_with_a_plain_search(
            exact in proptest::collection::btree_set("[ab/]{0,5}", 0..12),
            prefix in proptest::collection::btree_set("[ab/]{0,5}", 0..12),
            keys in proptest::collection::vec("[ab/]{0,7}", 20),
        ) {
            let number = |set: std::collections::BTreeSet<String>, first| {
                entries(&set.iter().map(String::as_str).collect::<Vec<_>>(), first)
            };
            let (exact, prefix) = (number(exact, 0), number(prefix, 100));
            for end in [End::Front, End::Back] {
                let bytes = flat(end, &exact, &prefix);
                let trie = Trie::new(&bytes);
                for key in &keys {
                    let found = match end {
                        End::Front => trie.find(key.as_bytes()),
                        End::Back => trie.find_from_end(key.as_bytes()),
                    };
                    prop_assert_eq!(found, plain(end, &exact, &prefix, key.as_bytes()));
                }
            }
        }
    }
}
