//! What workers have in common, and what wakes them.

use std::os::fd::AsRawFd;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

use crate::sys::signal::{Signals, Wakened, Waker};

/// What the workers of a process have in common while they run.
pub struct Team {
    leaving: AtomicBool,
    /// Whether they are not to finish what is under way.
    hurried: AtomicBool,
    /// Whether one has failed.
    failed: AtomicBool,
    wakers: Vec<Waker>,
    /// Workers beside the first that serve still.
    others: AtomicUsize,
    /// Connections accepted so far, by all of them.
    accepted: AtomicU64,
}

impl Team {
    /// The team of the first worker and of those behind these wakers.
    pub fn new(wakers: Vec<Waker>) -> Team {
        Team {
            leaving: AtomicBool::new(false),
            hurried: AtomicBool::new(false),
            failed: AtomicBool::new(false),
            others: AtomicUsize::new(wakers.len()),
            wakers,
            accepted: AtomicU64::new(0),
        }
    }

    /// The number of a new connection.
    pub(super) fn next_serial(&self) -> u64 {
        self.accepted.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Whether they are to leave.
    pub(super) fn is_leaving(&self) -> bool {
        self.leaving.load(Ordering::Acquire)
    }

    /// Tells them to leave.
    pub fn announce_leaving(&self) {
        self.leaving.store(true, Ordering::Release);
        self.wake();
    }

    /// Whether they are to leave at once.
    pub fn is_hurried(&self) -> bool {
        self.hurried.load(Ordering::Acquire)
    }

    /// Tells them to leave at once.
    pub(super) fn hurry(&self) {
        self.hurried.store(true, Ordering::Release);
        self.announce_leaving();
    }

    /// Whether the loop of a worker has ended before it was told to.
    pub fn has_failed(&self) -> bool {
        self.failed.load(Ordering::Acquire)
    }

    /// Notes that it has.
    pub(super) fn note_failure(&self) {
        self.failed.store(true, Ordering::Release);
    }

    /// Whether no worker but the first serves any more. Until then it hears signals for them.
    pub(super) fn are_others_gone(&self) -> bool {
        self.others.load(Ordering::Acquire) == 0
    }

    /// Notes that a worker beside the first has left, and tells the first.
    pub(super) fn note_left(&self) {
        self.others.fetch_sub(1, Ordering::AcqRel);
        Signals::wake();
    }

    /// Makes one worker take a turn.
    pub fn wake_one(&self, worker: usize) {
        match worker.checked_sub(1) {
            None => Signals::wake(),
            Some(other) => self.wakers[other].wake(),
        }
    }

    /// Makes every worker take a turn.
    pub fn wake(&self) {
        self.wakers.iter().for_each(Waker::wake);
    }
}

/// What wakes a worker from outside.
pub enum Wake {
    /// Signals: the first worker has them, and tells the others.
    Signals(Signals),
    /// The first worker.
    Worker(Wakened),
}

impl AsRawFd for Wake {
    fn as_raw_fd(&self) -> std::os::fd::RawFd {
        match self {
            Wake::Signals(signals) => signals.as_raw_fd(),
            Wake::Worker(wakened) => wakened.as_raw_fd(),
        }
    }
}
