//! How long something took, how many times.

use crate::counts::Count;

/// The upper bounds of the buckets that times fall into, in milliseconds, rising. Longer ones have a
/// bucket of their own.
pub const BOUNDS_MS: [u64; 14] =
    [1, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000, 60_000];

/// How many times were how long.
#[derive(Default, Debug)]
pub struct Histogram {
    buckets: [Count; BOUNDS_MS.len() + 1],
    sum_ms: Count,
}

/// The sums of several histograms.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(super) struct Times {
    /// How many were at most so long as each of [`BOUNDS_MS`], and how many there were.
    pub(super) up_to: [u64; BOUNDS_MS.len() + 1],
    /// All of them together, in milliseconds.
    pub(super) sum_ms: u64,
}

impl Histogram {
    /// Counts a time.
    pub fn observe(&self, time_ms: u64) {
        let longer = |bound: &u64| time_ms > *bound;
        let bucket = BOUNDS_MS.iter().position(|bound| !longer(bound)).unwrap_or(BOUNDS_MS.len());
        self.buckets[bucket].add(1);
        self.sum_ms.add(time_ms);
    }

    /// How many times there were.
    pub(super) fn count(&self) -> u64 {
        self.buckets.iter().map(Count::value).sum()
    }
}

impl Times {
    /// Adds histograms up. How many times there were follows from the buckets, so that the two fit
    /// together whatever is counted meanwhile.
    pub(super) fn of<'a>(all: impl Iterator<Item = &'a Histogram>) -> Times {
        let mut times = Times::default();
        for Histogram { buckets, sum_ms } in all {
            let mut so_far = 0;
            for (sum, bucket) in times.up_to.iter_mut().zip(buckets) {
                so_far += bucket.value();
                *sum += so_far;
            }
            times.sum_ms += sum_ms.value();
        }
        times
    }

    /// How many there were.
    pub(super) fn count(&self) -> u64 {
        self.up_to[BOUNDS_MS.len()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_fall_into_the_first_bucket_that_holds_them() {
        let (one, other) = (Histogram::default(), Histogram::default());
        [0, 1, 2, 5].into_iter().for_each(|time_ms| one.observe(time_ms));
        [60_000, 60_001, u64::from(u32::MAX)]
            .into_iter()
            .for_each(|time_ms| other.observe(time_ms));
        let times = Times::of([&one, &other].into_iter());
        assert_eq!(times.up_to, [2, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 5, 7]);
        assert_eq!((times.count(), times.sum_ms), (7, 120_009 + u64::from(u32::MAX)));
    }
}
