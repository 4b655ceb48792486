//! Zones: what is known of each client, or of whatever else limits are counted by. All workers share
//! them, and each has its memory from the start. Where one is full, who was seen longest ago goes.
//!
//! The sums are nginx's: thousandths of a request, and milliseconds.

use std::collections::HashMap;
use std::hash::{BuildHasher, BuildHasherDefault, Hasher, RandomState};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What one entry costs, in bytes, with what finds it: 8,000 of them to a mebibyte, as in nginx.
pub const ENTRY_LEN: usize = 128;
/// Parts of a zone, each with a lock of its own.
pub const SHARDS: usize = 16;
/// No entry.
const NONE: u32 = u32::MAX;
/// A clock that was so far ahead was set back, as nginx has it.
const FAR_MS: u64 = 60_000;

/// Two keyed hashes of what is counted by: no client chooses to share another's entry.
type Key = [u64; 2];

/// A zone.
pub struct Zone {
    keys: [RandomState; 2],
    shards: Vec<Mutex<Shard>>,
    /// Whether it was told that it is full.
    is_full_told: AtomicBool,
}

/// What comes of a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// It is within the limit, or so many thousandths above it.
    Within(u64),
    /// It is so much above the limit that it is refused.
    Above(u64),
}

/// A part of a zone: its entries, in a ring from the one that was seen last to the one longest ago.
struct Shard {
    index: HashMap<Key, u32, BuildHasherDefault<Hashed>>,
    entries: Vec<Entry>,
    most: usize,
    newest: u32,
    oldest: u32,
    free: u32,
}

#[derive(Clone, Copy)]
struct Entry {
    key: Key,
    /// Thousandths of requests above the rate; or connections.
    count: u64,
    seen_ms: u64,
    newer: u32,
    older: u32,
}

/// The hash of a key, which is one already.
#[derive(Default)]
struct Hashed(u64);

impl Hasher for Hashed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|&byte| self.0 = self.0.rotate_left(8) ^ u64::from(byte));
    }

    fn write_u64(&mut self, half: u64) {
        self.0 ^= half;
    }

    fn write_usize(&mut self, _: usize) {}
}

impl Zone {
    /// A zone of so many bytes.
    pub fn new(len: usize) -> Zone {
        let most = (len / ENTRY_LEN).div_ceil(SHARDS).max(1);
        Zone {
            keys: [RandomState::new(), RandomState::new()],
            shards: (0..SHARDS).map(|_| Mutex::new(Shard::new(most))).collect(),
            is_full_told: AtomicBool::new(false),
        }
    }

    /// How many are counted, and how many can be.
    pub fn fill(&self) -> (usize, usize) {
        let shards = self.shards.iter();
        let shards = shards.map(|shard| shard.lock().unwrap_or_else(PoisonError::into_inner));
        shards.fold((0, 0), |(held, most), shard| (held + shard.index.len(), most + shard.most))
    }

    fn key(&self, of: &[u8]) -> Key {
        self.keys.each_ref().map(|key| key.hash_one(of))
    }

    fn shard(&self, key: Key) -> MutexGuard<'_, Shard> {
        // The map takes the other bits.
        let shard = &self.shards[key[1] as usize % SHARDS];
        shard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether somebody who counted was given up, and it is to be told that the zone is full: once.
    pub fn takes_notice(&self, gave_up: bool) -> bool {
        gave_up && !self.is_full_told.swap(true, Ordering::Relaxed)
    }

    /// Looks at a request counted by `of`, and counts it unless it is refused. `rate` is how many
    /// thousandths come off in a second, `burst` how many may be above it. Whether somebody was given
    /// up for it who still counted.
    pub fn request(&self, of: &[u8], now_ms: u64, rate: u64, burst: u64) -> (Verdict, bool) {
        let key = self.key(of);
        self.shard(key).request(key, now_ms, rate, burst)
    }

    /// What a request counted by `of` would come to, without counting it.
    pub fn foresee(&self, of: &[u8], now_ms: u64, rate: u64, burst: u64) -> Verdict {
        let key = self.key(of);
        let shard = self.shard(key);
        let Some(&at) = shard.index.get(&key) else { return Verdict::Within(0) };
        shard.entries[at as usize].verdict(now_ms, rate, burst)
    }

    /// Counts a connection, if there are fewer than `most`. `Ok(None)`: it is one too many; the error
    /// is a zone without room.
    pub fn connect(&'static self, of: &[u8], most: u64) -> Result<Option<Held>, Full> {
        let key = self.key(of);
        let is_in = self.shard(key).connect(key, most)?;
        // One that is not in must not be made: it would leave.
        Ok(is_in.then(|| Held { zone: self, key }))
    }
}

/// A zone that has no room, and nobody to give up.
#[derive(Debug)]
pub struct Full;

/// A connection that counts in a zone as long as this is there.
pub struct Held {
    zone: &'static Zone,
    key: Key,
}

impl Drop for Held {
    fn drop(&mut self) {
        self.zone.shard(self.key).disconnect(self.key);
    }
}

impl Entry {
    /// What one more request comes to.
    fn verdict(&self, now_ms: u64, rate: u64, burst: u64) -> Verdict {
        let elapsed_ms = match now_ms.checked_sub(self.seen_ms) {
            Some(elapsed_ms) => elapsed_ms,
            None if self.seen_ms - now_ms > FAR_MS => 1,
            None => 0,
        };
        let gone = rate.saturating_mul(elapsed_ms) / 1000;
        let excess = self.count.saturating_add(1000).saturating_sub(gone);
        if excess > burst { Verdict::Above(excess) } else { Verdict::Within(excess) }
    }
}

impl Shard {
    fn new(most: usize) -> Shard {
        Shard {
            index: HashMap::with_capacity_and_hasher(most, BuildHasherDefault::default()),
            entries: Vec::with_capacity(most),
            most,
            newest: NONE,
            oldest: NONE,
            free: NONE,
        }
    }

    fn request(&mut self, key: Key, now_ms: u64, rate: u64, burst: u64) -> (Verdict, bool) {
        let Some(&at) = self.index.get(&key) else {
            let gave_up = self.make_room(now_ms, rate);
            self.add(key, 0, now_ms);
            return (Verdict::Within(0), gave_up);
        };
        self.renew(at);
        let entry = &mut self.entries[at as usize];
        let verdict = entry.verdict(now_ms, rate, burst);
        if let Verdict::Within(excess) = verdict {
            entry.count = excess;
            // A clock that stands still, or is behind another's, takes nothing back.
            if now_ms > entry.seen_ms || entry.seen_ms - now_ms > FAR_MS {
                entry.seen_ms = now_ms;
            }
        }
        (verdict, false)
    }

    fn connect(&mut self, key: Key, most: u64) -> Result<bool, Full> {
        if let Some(&at) = self.index.get(&key) {
            let entry = &mut self.entries[at as usize];
            let is_in = entry.count < most;
            entry.count += u64::from(is_in);
            return Ok(is_in);
        }
        if self.free == NONE && self.entries.len() >= self.most {
            return Err(Full);
        }
        self.add(key, 1, 0);
        Ok(true)
    }

    fn disconnect(&mut self, key: Key) {
        let Some(&at) = self.index.get(&key) else { return };
        let entry = &mut self.entries[at as usize];
        entry.count = entry.count.saturating_sub(1);
        if entry.count == 0 {
            self.remove(at);
        }
    }

    /// Gives up who was seen longest ago, if there is no room. Whether that one still counted.
    fn make_room(&mut self, now_ms: u64, rate: u64) -> bool {
        if self.free != NONE || self.entries.len() < self.most || self.oldest == NONE {
            return false;
        }
        let at = self.oldest;
        let counts = self.entries[at as usize].verdict(now_ms, rate, 0) != Verdict::Within(0);
        self.remove(at);
        counts
    }

    fn add(&mut self, key: Key, count: u64, now_ms: u64) {
        let entry = Entry { key, count, seen_ms: now_ms, newer: NONE, older: NONE };
        let at = match self.free {
            NONE => {
                self.entries.push(entry);
                (self.entries.len() - 1) as u32
            }
            at => {
                self.free = self.entries[at as usize].older;
                self.entries[at as usize] = entry;
                at
            }
        };
        self.index.insert(key, at);
        self.link(at);
    }

    fn remove(&mut self, at: u32) {
        self.unlink(at);
        let entry = &mut self.entries[at as usize];
        self.index.remove(&entry.key);
        entry.older = self.free;
        self.free = at;
    }

    /// Makes an entry the newest.
    fn renew(&mut self, at: u32) {
        if self.newest != at {
            self.unlink(at);
            self.link(at);
        }
    }

    fn link(&mut self, at: u32) {
        let older = self.newest;
        let entry = &mut self.entries[at as usize];
        (entry.newer, entry.older) = (NONE, older);
        match older {
            NONE => self.oldest = at,
            older => self.entries[older as usize].newer = at,
        }
        self.newest = at;
    }

    fn unlink(&mut self, at: u32) {
        let Entry { newer, older, .. } = self.entries[at as usize];
        match newer {
            NONE => self.newest = older,
            newer => self.entries[newer as usize].older = older,
        }
        match older {
            NONE => self.oldest = newer,
            older => self.entries[older as usize].newer = newer,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What requests at these times come to.
    fn verdicts(rate: u64, burst: u64, times: &[u64]) -> Vec<Verdict> {
        let zone = Zone::new(1 << 20);
        times.iter().map(|&now_ms| zone.request(b"a", now_ms, rate, burst).0).collect()
    }

    #[test]
    fn the_sums_are_those_of_nginx() {
        use Verdict::{Above, Within};
        // One a second, as it refused and let in.
        assert_eq!(
            verdicts(1000, 0, &[0, 21, 43, 1000, 1500, 2000]),
            [Within(0), Above(979), Above(957), Within(0), Above(500), Within(0)]
        );
        assert_eq!(
            verdicts(1000, 3000, &[0, 28, 58, 124, 125]),
            [Within(0), Within(972), Within(1942), Within(2876), Above(3875)]
        );
        // Clocks of workers differ a little.
        assert_eq!(verdicts(1000, 3000, &[100, 90, 110]), [Within(0), Within(1000), Within(1990)]);
        assert_eq!(verdicts(100, 0, &[0, 9999, 10_000]), [Within(0), Above(1), Within(0)]);
    }

    #[test]
    fn the_oldest_goes_where_there_is_no_room() {
        let zone = Zone::new(0);
        let mut gave_up = 0;
        for number in 0..1000u32 {
            let (verdict, gives_up) = zone.request(&number.to_le_bytes(), 5, 1000, 0);
            assert_eq!(verdict, Verdict::Within(0));
            gave_up += u32::from(gives_up);
        }
        assert_eq!(gave_up, 1000 - SHARDS as u32, "one stays in each part");
        let held = zone.shards.iter().map(|shard| shard.lock().expect("no panic").index.len());
        assert_eq!(held.sum::<usize>(), SHARDS);
        assert!(zone.takes_notice(true) && !zone.takes_notice(true) && !zone.takes_notice(false));
        // Who no longer counts is not missed.
        assert!(!zone.request(b"x", 60_000, 1000, 0).1);
    }

    #[test]
    fn connections_count_as_long_as_they_are_held() {
        let zone: &'static Zone = Box::leak(Box::new(Zone::new(1 << 20)));
        let first = zone.connect(b"a", 2).expect("there is room").expect("it is the first");
        let second = zone.connect(b"a", 2).expect("there is room").expect("it is the second");
        for _ in 0..3 {
            assert!(zone.connect(b"a", 2).expect("there is room").is_none());
        }
        assert!(zone.connect(b"b", 2).expect("there is room").is_some());
        drop(first);
        let third = zone.connect(b"a", 2).expect("there is room");
        assert!(third.is_some());
        drop((second, third));
        assert!(zone.shards.iter().all(|shard| shard.lock().expect("no panic").index.is_empty()));
        let small: &'static Zone = Box::leak(Box::new(Zone::new(0)));
        let held: Vec<_> = (0..200u8).map(|number| small.connect(&[number], 1)).collect();
        assert_eq!(held.iter().filter(|held| held.is_ok()).count(), SHARDS);
        drop(held);
        assert!(small.connect(b"a", 1).is_ok_and(|held| held.is_some()));
    }

    #[test]
    fn all_threads_together_let_in_no_more() {
        let zone: &'static Zone = Box::leak(Box::new(Zone::new(1 << 20)));
        let threads: Vec<_> = (0..4)
            .map(|_| {
                let ask =
                    move |_: &u32| zone.request(b"a", 0, 1000, 99_000).0 != Verdict::Above(100_000);
                std::thread::spawn(move || (0..1000u32).filter(ask).count())
            })
            .collect();
        let let_in: usize =
            threads.into_iter().map(|thread| thread.join().expect("no panic")).sum();
        assert_eq!(let_in, 100);
    }
}
