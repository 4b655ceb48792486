//! Proofs about sets of paths and hosts: whether a path exists that some patterns match and
//! others do not, by a walk over the product of their automata.
//!
//! A walk ends with the shortest witness, with the certainty that there is none, or at its
//! bound; whoever asks says nothing then.

mod classes;
mod index;
mod machine;
mod search;
mod tour;
mod trie;
mod witness;

/// What all proofs of a run may cost, so that no conf takes long.
pub(crate) struct Budget {
    /// How often a pattern may be matched.
    matches: usize,
    /// How many states of products may be looked at.
    states: usize,
}

impl Budget {
    /// Whether there is nothing left for another walk.
    pub(crate) fn is_spent(&self) -> bool {
        self.states == 0
    }
}

impl Default for Budget {
    fn default() -> Budget {
        Budget { matches: 1_000_000, states: 300_000 }
    }
}

pub(crate) use index::Index;
pub(crate) use machine::{Machine, Text};
pub(crate) use search::{Found, search};
pub(crate) use tour::{Tour, tour};
pub(crate) use trie::{Longest, Trie};
pub(crate) use witness::guess;
