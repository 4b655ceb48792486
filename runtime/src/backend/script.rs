//! What is told of a script to who waits for what it makes.

use crate::sys::spawn::Ended;

/// Names one script of one worker.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct RequestId {
    /// What the worker knows the request by; a later one may have the same.
    pub token: u64,
    /// Its number, given once.
    pub serial: u64,
}

/// What became of a script. One that starts at once makes no event of that, and one that was
/// released makes none if it leaves with status 0 and leaves nobody behind.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Event {
    /// It has started, having waited for others to end.
    Started,
    /// It is not started: too many wait already.
    Refused,
    /// It could not be started: `errno`.
    Failed(i32),
    /// This one has left, or a signal has killed it, though nobody had given it up. The response
    /// may be complete by then.
    Ended(Ended, Vec<u8>),
}

/// What a backend makes of what is told of a script.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Heard {
    /// It is about another one.
    Other,
    /// The script has started.
    Started,
    /// It has ended. What it has written is still to be read.
    Ended,
}
