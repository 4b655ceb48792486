//! Prefixes and whole strings, as an automaton that knows the longest prefix so far.

use std::collections::HashMap;

/// A state of a machine.
pub(crate) type State = u32;

/// The longest prefix of a string that is in a [`Trie`], by its number.
pub(crate) type Longest = Option<u32>;

/// Prefixes, numbered as they were given, and whole strings.
pub(crate) struct Trie {
    nodes: Vec<Node>,
    edges: HashMap<(State, u8), State>,
    /// The bytes that lead anywhere.
    bytes: [bool; 256],
}

#[derive(Clone, Copy, Default)]
struct Node {
    /// The longest prefix that ends here or on the way here.
    longest: Longest,
    is_whole: bool,
}

impl Trie {
    /// The state of the empty string.
    pub(super) const START: State = 0;

    /// The trie of these.
    pub(crate) fn new<'a>(
        prefixes: impl IntoIterator<Item = &'a [u8]>,
        whole: impl IntoIterator<Item = &'a [u8]>,
    ) -> Trie {
        let node = Node::default();
        let mut trie = Trie { nodes: vec![node], edges: HashMap::new(), bytes: [false; 256] };
        let mut ends = Vec::new();
        for (number, prefix) in prefixes.into_iter().enumerate() {
            ends.push((trie.insert(prefix), number as u32));
        }
        for text in whole {
            let node = trie.insert(text);
            trie.nodes[node as usize].is_whole = true;
        }
        for (node, number) in ends {
            trie.nodes[node as usize].longest = Some(number);
        }
        trie.inherit();
        trie
    }

    fn insert(&mut self, text: &[u8]) -> State {
        let mut node = Self::START;
        for &byte in text {
            self.bytes[usize::from(byte)] = true;
            node = *self.edges.entry((node, byte)).or_insert_with(|| {
                self.nodes.push(Node::default());
                self.nodes.len() as State - 1
            });
        }
        node
    }

    /// Gives each node the prefix of the one before it, unless it has its own. A node comes
    /// behind the one before it.
    fn inherit(&mut self) {
        let mut before = vec![Self::START; self.nodes.len()];
        self.edges.iter().for_each(|(&(from, _), &to)| before[to as usize] = from);
        for (node, before) in before.into_iter().enumerate().skip(1) {
            let inherited = self.nodes[before as usize].longest;
            let own = &mut self.nodes[node].longest;
            *own = own.or(inherited);
        }
    }

    /// The state behind `byte`. A string that has left the trie is past all nodes, where only
    /// its longest prefix counts.
    pub(super) fn next(&self, state: State, byte: u8) -> State {
        match self.edges.get(&(state, byte)) {
            Some(&next) => next,
            None => {
                let longest = self.longest(state).map_or(0, |number| number + 1);
                self.nodes.len() as State + longest
            }
        }
    }

    /// The longest prefix of a string that has come to `state`.
    pub(super) fn longest(&self, state: State) -> Longest {
        match self.nodes.get(state as usize) {
            Some(node) => node.longest,
            None => (state - self.nodes.len() as State).checked_sub(1),
        }
    }

    /// Whether a string that ends in `state` is one of the whole ones.
    pub(super) fn is_whole(&self, state: State) -> bool {
        self.nodes.get(state as usize).is_some_and(|node| node.is_whole)
    }

    /// What strings that end in `state` have in common: which whole string they are, or else their
    /// longest prefix.
    pub(super) fn mark(&self, state: State) -> State {
        let past = self.nodes.len() as State;
        if self.is_whole(state) { state } else { past + self.longest(state).map_or(0, |n| n + 1) }
    }

    /// Bytes that lead nowhere are of one class.
    pub(super) fn class(&self, byte: u8) -> u8 {
        if self.bytes[usize::from(byte)] { byte } else { 0 }
    }

    /// The longest prefix of `text`, and whether it is one of the whole strings.
    pub(crate) fn look_up(&self, text: &[u8]) -> (Longest, bool) {
        let state = text.iter().fold(Self::START, |state, &byte| self.next(state, byte));
        (self.longest(state), self.is_whole(state))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_prefix_is_known_everywhere() {
        let prefixes: [&[u8]; 4] = [b"/a/b/c", b"/a/", b"/", b"/ab"];
        let trie = Trie::new(prefixes, [&b"/a"[..], b"/a/b"]);
        for (text, longest, is_whole) in [
            ("", None, false),
            ("x", None, false),
            ("/", Some(2), false),
            ("/a", Some(2), true),
            ("/a/", Some(1), false),
            ("/a/b", Some(1), true),
            ("/a/b/cd", Some(0), false),
            ("/a/b/d", Some(1), false),
            ("/abc", Some(3), false),
            ("/b", Some(2), false),
        ] {
            assert_eq!(trie.look_up(text.as_bytes()), (longest, is_whole), "{text}");
        }
    }
}
