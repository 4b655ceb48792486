//! Things that many locations share, each held once.

use std::collections::HashMap;
use std::hash::Hash;

/// A list without equals, in the order in which they came.
pub(crate) struct Interner<T> {
    items: Vec<T>,
    places: HashMap<T, usize>,
}

impl<T: Clone + Eq + Hash> Interner<T> {
    pub(crate) fn new() -> Self {
        Interner { items: Vec::new(), places: HashMap::new() }
    }

    /// The index of `item`, which is added unless it is there.
    pub(crate) fn add(&mut self, item: T) -> usize {
        *self.places.entry(item).or_insert_with_key(|item| {
            self.items.push(item.clone());
            self.items.len() - 1
        })
    }

    pub(crate) fn into_items(self) -> Vec<T> {
        self.items
    }

    pub(crate) fn items(&self) -> &[T] {
        &self.items
    }
}
