//! Which places there are for connections and for streams that wait.

use super::Source;

/// The token of one descriptor of a connection: from the highest bit down what it is (3 bits,
/// the first clear), the generation of its slot (29), the slot's index (32).
fn token(index: usize, generation: u32, source: Source) -> u64 {
    (source as u64) << 61 | u64::from(generation) << 32 | index as u64
}

/// Generations have 29 bits.
const GENERATIONS: u32 = (1 << 29) - 1;

/// The places of one worker. The generation of each tells an event for an earlier connection from one
/// for its own.
#[derive(Default)]
pub struct Places {
    generations: Vec<u32>,
    free: Vec<usize>,
}

impl Places {
    /// A free place. Whether there are too many of them is asked once somebody stays there.
    pub fn take(&mut self) -> usize {
        self.free.pop().unwrap_or_else(|| {
            self.generations.push(0);
            self.generations.len() - 1
        })
    }

    /// Takes a place back.
    pub fn give_back(&mut self, index: usize) {
        let generation = &mut self.generations[index];
        *generation = generation.wrapping_add(1) & GENERATIONS;
        self.free.push(index);
    }

    /// What the client in a place is known by to the event loop.
    pub fn client_token(&self, index: usize) -> u64 {
        self.token(index, Source::Client)
    }

    /// What one of its descriptors is known by.
    pub(crate) fn token(&self, index: usize, source: Source) -> u64 {
        token(index, self.generations[index], source)
    }

    /// The place that a token is of, unless that has gone to another connection.
    pub(crate) fn index_of(&self, token: u64) -> Option<usize> {
        let index = token as u32 as usize;
        let generation = (token >> 32) as u32 & GENERATIONS;
        (self.generations.get(index) == Some(&generation)).then_some(index)
    }

    /// How many are taken.
    pub(crate) fn open_count(&self) -> usize {
        self.generations.len() - self.free.len()
    }
}
