//! What is drawn at random follows from one number, so that it can be drawn again.

/// A source of numbers (SplitMix64).
pub struct Draw(u64);

impl Draw {
    /// What is drawn follows from `seed` alone.
    pub fn new(seed: u64) -> Draw {
        Draw(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`.
    pub fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    /// True so many times in a hundred.
    pub fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// One of them.
    pub fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }

    /// One of the texts, with each `%NAME%` in it replaced by what is drawn from the texts that
    /// `pools` has for NAME. A `%` that no such name follows stays.
    pub fn text(&mut self, of: &[&str], pools: &[(&str, &[&str])]) -> String {
        let (mut out, mut rest) = (String::new(), *self.pick(of));
        while let Some((before, after)) = rest.split_once('%') {
            out.push_str(before);
            let named = after.split_once('%').and_then(|(name, after)| {
                let (_, pool) = pools.iter().find(|(known, _)| *known == name)?;
                Some((pool, after))
            });
            rest = match named {
                Some((pool, after)) => {
                    out.push_str(&self.text(pool, pools));
                    after
                }
                None => {
                    out.push('%');
                    after
                }
            };
        }
        out + rest
    }
}
