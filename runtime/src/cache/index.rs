//! What is known of the answers that are kept, in memory: all workers share it. It has a bound;
//! past that, those go that were asked for longest ago.

use std::collections::{BTreeMap, HashMap};

use super::Digest;
use super::freshness::Freshness;

/// Bytes of a `keys_zone` for one answer: 8,000 of them to a mebibyte, as in nginx.
const ENTRY_LEN: usize = 128;

/// What is known of one key.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Entry {
    /// Bytes of its file; 0: there is none.
    pub(super) len: u64,
    pub(super) fresh: Freshness,
    /// How often it was asked for.
    pub(super) uses: u32,
    /// Since when somebody asks the other server, by the monotonic clock.
    pub(super) asked_ms: Option<u64>,
    /// When it was asked for last, likewise.
    used_ms: u64,
    /// Its place among all, by when they were asked for.
    order: u64,
}

/// All of them.
#[derive(Default)]
pub(super) struct Index {
    entries: HashMap<Digest, Entry>,
    /// By when they were asked for; the first was so longest ago.
    orders: BTreeMap<u64, Digest>,
    next_order: u64,
    most: usize,
    /// Bytes of all files.
    len: u64,
}

impl Index {
    /// One for so many bytes.
    pub(super) fn new(keys_len: usize) -> Index {
        Index { most: (keys_len / ENTRY_LEN).max(1), next_order: 1, ..Index::default() }
    }

    /// Bytes of all files.
    pub(super) fn len(&self) -> u64 {
        self.len
    }

    /// What is known of a key.
    pub(super) fn get(&self, key: &Digest) -> Option<&Entry> {
        self.entries.get(key)
    }

    /// Notes that a key is asked for, and gives what is known of it. What has to go is put in `gone`.
    pub(super) fn touch(&mut self, key: Digest, now_ms: u64, gone: &mut Vec<Digest>) -> &mut Entry {
        if !self.entries.contains_key(&key) {
            while self.entries.len() >= self.most && self.remove_oldest(gone) {}
        }
        let order = self.next_order;
        self.next_order += 1;
        let entry = self.entries.entry(key).or_default();
        self.orders.remove(&entry.order);
        self.orders.insert(order, key);
        (entry.order, entry.used_ms) = (order, now_ms);
        entry
    }

    /// Notes that there is a file, of this length.
    pub(super) fn store(
        &mut self,
        key: Digest,
        (len, fresh): (u64, Freshness),
        now_ms: u64,
        gone: &mut Vec<Digest>,
    ) {
        let entry = self.touch(key, now_ms, gone);
        let before = std::mem::replace(&mut entry.len, len);
        (entry.fresh, entry.asked_ms) = (fresh, None);
        self.len = self.len - before + len;
    }

    /// Notes that there is no file any more.
    pub(super) fn forget_file(&mut self, key: &Digest) {
        if let Some(entry) = self.entries.get_mut(key) {
            self.len -= std::mem::take(&mut entry.len);
        }
    }

    /// Notes that the other server has been asked, unless somebody else asks by now.
    pub(super) fn end_asking(&mut self, key: &Digest, since_ms: u64) {
        if let Some(entry) = self.entries.get_mut(key)
            && entry.asked_ms == Some(since_ms)
        {
            entry.asked_ms = None;
        }
    }

    /// Forgets what was not asked for since then, and then as long as all files have more bytes than
    /// `most`.
    pub(super) fn shrink(&mut self, since_ms: u64, most: u64, gone: &mut Vec<Digest>) {
        while let Some((_, key)) = self.orders.first_key_value()
            && self.entries.get(key).is_some_and(|entry| entry.used_ms < since_ms)
            && self.remove_oldest(gone)
        {}
        while self.len > most && self.remove_oldest(gone) {}
    }

    /// Whether there was one.
    fn remove_oldest(&mut self, gone: &mut Vec<Digest>) -> bool {
        let Some((_, key)) = self.orders.pop_first() else { return false };
        if let Some(entry) = self.entries.remove(&key)
            && entry.len > 0
        {
            self.len -= entry.len;
            gone.push(key);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(number: u8) -> Digest {
        [number; 16]
    }

    fn store(index: &mut Index, number: u8, len: u64, now_ms: u64) -> Vec<Digest> {
        let mut gone = Vec::new();
        index.store(key(number), (len, Freshness::default()), now_ms, &mut gone);
        gone
    }

    #[test]
    fn who_was_asked_for_longest_ago_goes_first() {
        let mut index = Index::new(3 * ENTRY_LEN);
        for number in 0..3 {
            assert!(store(&mut index, number, 10, 1).is_empty());
        }
        index.touch(key(0), 2, &mut Vec::new());
        assert_eq!(store(&mut index, 3, 5, 3), [key(1)]);
        assert_eq!((index.len(), index.get(&key(1))), (25, None));
        // One without a file leaves nothing to remove.
        let mut gone = Vec::new();
        index.touch(key(4), 4, &mut gone);
        assert_eq!(gone, [key(2)]);
        gone.clear();
        for number in 5..8 {
            index.touch(key(number), 5, &mut gone);
        }
        assert_eq!((gone, index.len()), (vec![key(0), key(3)], 0));
    }

    #[test]
    fn bytes_are_counted() {
        let mut index = Index::new(1 << 20);
        store(&mut index, 1, 10, 1);
        store(&mut index, 1, 7, 2);
        store(&mut index, 2, 5, 3);
        assert_eq!(index.len(), 12);
        index.forget_file(&key(1));
        index.forget_file(&key(1));
        assert_eq!(index.len(), 5);
        let mut gone = Vec::new();
        index.shrink(3, 100, &mut gone);
        assert_eq!((gone.len(), index.get(&key(1))), (0, None));
        index.shrink(0, 4, &mut gone);
        assert_eq!((gone, index.len()), (vec![key(2)], 0));
    }

    #[test]
    fn who_asks_is_known() {
        let mut index = Index::new(1 << 20);
        index.touch(key(1), 1, &mut Vec::new()).asked_ms = Some(1);
        index.end_asking(&key(1), 2);
        assert_eq!(index.get(&key(1)).expect("it is known").asked_ms, Some(1));
        index.end_asking(&key(1), 1);
        assert_eq!(index.get(&key(1)).expect("it is known").asked_ms, None);
    }
}
