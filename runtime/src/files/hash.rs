//! Hashes of short paths: a few multiplications in place of the standard library's SipHash, which
//! costs more than the rest of a lookup. Seeded at random for each table, so that a client cannot
//! choose paths that collide.

use std::hash::{BuildHasher, Hasher, RandomState};

/// The seeds of one table.
#[derive(Clone, Debug)]
pub(super) struct Seeds {
    start: u64,
    factor: u64,
}

impl Default for Seeds {
    fn default() -> Seeds {
        let random = RandomState::new();
        // An even factor would lose bits.
        Seeds { start: random.hash_one(0), factor: random.hash_one(1) | 1 }
    }
}

impl BuildHasher for Seeds {
    type Hasher = PathHasher;

    fn build_hasher(&self) -> PathHasher {
        PathHasher { state: self.start, factor: self.factor }
    }
}

/// The hash of what was written so far.
pub(super) struct PathHasher {
    state: u64,
    factor: u64,
}

impl PathHasher {
    fn mix(&mut self, word: u64) {
        let product = u128::from(self.state ^ word) * u128::from(self.factor);
        self.state = product as u64 ^ (product >> 64) as u64;
    }
}

impl Hasher for PathHasher {
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        words.iter().for_each(|word| self.mix(u64::from_le_bytes(*word)));
        let rest = rest.iter().fold(rest.len() as u64, |word, &byte| word << 8 | u64::from(byte));
        self.mix(rest);
    }

    fn write_usize(&mut self, number: usize) {
        self.mix(number as u64);
    }

    fn finish(&self) -> u64 {
        let mut last = PathHasher { ..*self };
        last.mix(self.factor);
        last.state
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn paths_that_differ_hash_differently() {
        let seeds = Seeds::default();
        let paths = (0..1000usize).map(|n| format!("{}/{n}.html", "a".repeat(n % 20)));
        let hashes: HashSet<u64> = paths.map(|path| seeds.hash_one(path.as_bytes())).collect();
        assert_eq!(hashes.len(), 1000);
        let short = [&b""[..], b"\0", b"\0\0", b"a", b"a\0", b"aaaaaaa", b"aaaaaaaa", b"aaaaaaaaa"];
        let hashes: HashSet<u64> = short.into_iter().map(|path| seeds.hash_one(path)).collect();
        assert_eq!(hashes.len(), short.len());
    }

    #[test]
    fn tables_hash_differently() {
        assert_ne!(Seeds::default().hash_one(b"a"), Seeds::default().hash_one(b"a"));
    }
}
