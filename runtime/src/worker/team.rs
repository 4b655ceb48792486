//! What workers have in common, and what wakes them.

use std::os::fd::AsRawFd;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::sys::signal::{Signals, Wakened, Waker};

/// What the workers of a process have in common while they run.
pub struct Team {
    leaving: AtomicBool,
    wakers: Vec<Waker>,
    /// Connections accepted so far, by all of them.
    accepted: AtomicU64,
}

impl Team {
    /// The team of the first worker and of those behind these wakers.
    pub fn new(wakers: Vec<Waker>) -> Team {
        Team { leaving: AtomicBool::new(false), wakers, accepted: AtomicU64::new(0) }
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
