//! How many connections and requests there are and have been, for `stub_status`. Each worker
//! counts its own, so that they do not wait for each other; whoever asks adds them up.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};

/// A sum. Only the worker that it belongs to adds to it, so that this needs no lock.
#[derive(Default, Debug)]
pub struct Count(AtomicU64);

impl Count {
    /// Nothing so far.
    pub const fn new() -> Count {
        Count(AtomicU64::new(0))
    }

    /// Adds to it.
    pub fn add(&self, more: u64) {
        self.0.store(self.0.load(Relaxed).wrapping_add(more), Relaxed);
    }

    /// What it is now.
    pub fn value(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

/// Scripts that one worker has started.
#[derive(Default, Debug)]
pub struct Scripts {
    /// Those that were started, or wait for that.
    pub begun: Count,
    /// Those of which nothing more is wanted.
    pub over: Count,
}

/// What a connection is counted as.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Phase {
    /// It is silent: new, or between two requests.
    Waiting,
    /// Part of a head has come.
    Reading,
    /// A request is under way.
    Writing,
}

/// One worker's counts.
#[derive(Default, Debug)]
pub struct Counts {
    accepted: AtomicU64,
    closed: AtomicU64,
    requests: AtomicU64,
    reading: AtomicU64,
    writing: AtomicU64,
}

impl Counts {
    /// A connection was accepted. It waits.
    pub fn accept(&self) {
        self.accepted.fetch_add(1, Relaxed);
    }

    /// A connection was closed that was in this phase.
    pub fn close(&self, phase: Phase) {
        self.enter(phase, Phase::Waiting);
        self.closed.fetch_add(1, Relaxed);
    }

    /// A request has come.
    pub fn request(&self) {
        self.requests.fetch_add(1, Relaxed);
    }

    /// A connection goes from one phase to another.
    pub fn enter(&self, from: Phase, to: Phase) {
        if from == to {
            return;
        }
        if let Some(count) = self.of(from) {
            count.fetch_sub(1, Relaxed);
        }
        if let Some(count) = self.of(to) {
            count.fetch_add(1, Relaxed);
        }
    }

    fn of(&self, phase: Phase) -> Option<&AtomicU64> {
        match phase {
            Phase::Waiting => None,
            Phase::Reading => Some(&self.reading),
            Phase::Writing => Some(&self.writing),
        }
    }
}

/// The counts of all workers.
#[derive(Default, Debug)]
pub struct AllCounts(Mutex<Vec<Arc<Counts>>>);

/// The sums. Workers go on while they are taken, so that they need not fit together exactly.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
#[allow(missing_docs)]
pub struct Sums {
    pub accepted: u64,
    pub active: u64,
    pub requests: u64,
    pub reading: u64,
    pub writing: u64,
    pub waiting: u64,
}

impl AllCounts {
    /// The counts of one more worker.
    pub fn join(&self) -> Arc<Counts> {
        let counts = Arc::<Counts>::default();
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(counts.clone());
        counts
    }

    /// Adds them up.
    pub fn sums(&self) -> Sums {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let sum = |part: fn(&Counts) -> &AtomicU64| -> u64 {
            all.iter().map(|counts| part(counts).load(Relaxed)).sum()
        };
        let closed = sum(|counts| &counts.closed);
        let accepted = sum(|counts| &counts.accepted);
        let active = accepted.saturating_sub(closed);
        let (reading, writing) = (sum(|counts| &counts.reading), sum(|counts| &counts.writing));
        let waiting = active.saturating_sub(reading + writing);
        let requests = sum(|counts| &counts.requests);
        Sums { accepted, active, requests, reading, writing, waiting }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_are_counted_once() {
        use Phase::{Reading, Waiting, Writing};
        let all = AllCounts::default();
        let (one, other) = (all.join(), all.join());
        one.accept();
        one.accept();
        other.accept();
        one.enter(Waiting, Reading);
        one.enter(Reading, Writing);
        one.request();
        other.enter(Waiting, Reading);
        let sums = Sums { accepted: 3, active: 3, requests: 1, reading: 1, writing: 1, waiting: 1 };
        assert_eq!(all.sums(), sums);
        one.close(Writing);
        other.close(Reading);
        let sums = Sums { accepted: 3, active: 1, requests: 1, waiting: 1, ..Sums::default() };
        assert_eq!(all.sums(), sums);
    }
}
