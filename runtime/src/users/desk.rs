//! Where passwords are checked that take long: threads beside the workers, a queue of bounded length
//! before them, and what they have found.
//!
//! What was found is known by a keyed hash of what is stored and of the password, so that it is never
//! true of another file than the one it was asked of.

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use super::Stored;

/// The threads that check.
pub const HELPERS: usize = 2;
/// Passwords that wait for a check. What comes beyond is refused.
const MAX_WAITING: usize = 64;
/// Results of each kind that are remembered, at most twice as many.
const MAX_RESULTS: usize = 1024;
/// The stack of a thread that checks.
const STACK_LEN: usize = 256 << 10;

/// What all of it may need, in bytes.
pub const LEN: usize = HELPERS * STACK_LEN
    + MAX_WAITING * (super::MAX_PASSWORD_LEN + 1024)
    + 4 * MAX_RESULTS * size_of::<Key>() * 4;

/// Two keyed hashes: what is right is not guessed.
type Key = [u64; 2];

/// A place where passwords are checked.
pub struct Desk {
    keys: [RandomState; 2],
    found: Mutex<Found>,
    jobs: Mutex<VecDeque<Job>>,
    is_work: Condvar,
    /// For each worker, what waits there and may go on.
    done: Vec<Mutex<Vec<u64>>>,
}

/// What has been found.
#[derive(Default)]
struct Found {
    right: Recent,
    /// Apart, so that who guesses does not push out who knows.
    wrong: Recent,
}

/// What came up of late, of two ages: the older goes when the younger is full.
#[derive(Default)]
struct Recent {
    young: HashMap<Key, ()>,
    old: HashMap<Key, ()>,
}

/// A password to be checked.
struct Job {
    key: Key,
    stored: Stored,
    password: Vec<u8>,
    verdict: Arc<Verdict>,
    worker: usize,
    token: u64,
}

/// What becomes of a check.
#[derive(Default, Debug)]
pub struct Verdict(AtomicU8);

impl Verdict {
    /// Whether the password is right, once that is known.
    pub fn is_right(&self) -> Option<bool> {
        match self.0.load(Ordering::Acquire) {
            0 => None,
            known => Some(known == 2),
        }
    }

    fn set(&self, is_right: bool) {
        self.0.store(1 + u8::from(is_right), Ordering::Release);
    }
}

/// What comes of asking.
pub enum Asked {
    /// It is known.
    Known(bool),
    /// It is being found out.
    Later(Arc<Verdict>),
    /// Too many wait.
    Busy,
}

impl Desk {
    /// A desk for so many workers.
    pub fn new(workers: usize) -> Desk {
        Desk {
            keys: [RandomState::new(), RandomState::new()],
            found: Mutex::default(),
            jobs: Mutex::default(),
            is_work: Condvar::new(),
            done: (0..workers).map(|_| Mutex::default()).collect(),
        }
    }

    /// Asks whether a password is right. Where that takes long, `worker` is told later that `token`
    /// may go on.
    pub fn ask(&self, stored: &Stored, password: &[u8], worker: usize, token: u64) -> Asked {
        if !stored.is_slow() {
            return Asked::Known(stored.matches(password));
        }
        let key = self.key(stored, password);
        if let Some(is_right) = lock(&self.found).get(&key) {
            return Asked::Known(is_right);
        }
        let mut jobs = lock(&self.jobs);
        if jobs.len() >= MAX_WAITING {
            return Asked::Busy;
        }
        let verdict = Arc::new(Verdict::default());
        let (stored, password) = (stored.clone(), password.to_vec());
        jobs.push_back(Job { key, stored, password, verdict: verdict.clone(), worker, token });
        drop(jobs);
        self.is_work.notify_one();
        Asked::Later(verdict)
    }

    fn key(&self, stored: &Stored, password: &[u8]) -> Key {
        self.keys.each_ref().map(|key| key.hash_one((stored.text(), password)))
    }

    /// The tokens of what waited at a worker and may go on.
    pub fn take_done(&self, worker: usize) -> Vec<u64> {
        std::mem::take(&mut *lock(&self.done[worker]))
    }

    /// Starts the threads. `wake` makes a worker look at what may go on.
    pub fn start(&'static self, wake: impl Fn(usize) + Send + Sync + 'static) -> io::Result<()> {
        let wake = Arc::new(wake);
        for number in 1..=HELPERS {
            let wake = wake.clone();
            let thread = thread::Builder::new().name(format!("passwords-{number}"));
            thread.stack_size(STACK_LEN).spawn(move || self.work(&*wake))?;
        }
        Ok(())
    }

    /// Checks one password after another, as long as the process lives.
    fn work(&self, wake: &dyn Fn(usize)) {
        loop {
            let jobs = self.is_work.wait_while(lock(&self.jobs), |jobs| jobs.is_empty());
            let job = jobs.unwrap_or_else(PoisonError::into_inner).pop_front();
            let Some(job) = job else { continue };
            job.verdict.set(self.check(&job));
            lock(&self.done[job.worker]).push(job.token);
            wake(job.worker);
        }
    }

    /// Checks a password, unless another has just been the same.
    fn check(&self, job: &Job) -> bool {
        if let Some(is_right) = lock(&self.found).get(&job.key) {
            return is_right;
        }
        // Nobody would go on if a thread ended.
        let check = || job.stored.matches(&job.password);
        let is_right = std::panic::catch_unwind(check).unwrap_or(false);
        lock(&self.found).note(job.key, is_right);
        is_right
    }
}

impl Found {
    fn get(&mut self, key: &Key) -> Option<bool> {
        match () {
            () if self.right.has(key) => Some(true),
            () if self.wrong.has(key) => Some(false),
            () => None,
        }
    }

    fn note(&mut self, key: Key, is_right: bool) {
        if is_right { self.right.add(key) } else { self.wrong.add(key) }
    }
}

impl Recent {
    /// Whether it came up; then it is young again.
    fn has(&mut self, key: &Key) -> bool {
        if self.young.contains_key(key) {
            return true;
        }
        let was_old = self.old.remove(key).is_some();
        if was_old {
            self.add(*key);
        }
        was_old
    }

    fn add(&mut self, key: Key) {
        if self.young.len() >= MAX_RESULTS {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key, ());
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored() -> Stored {
        Stored::parse(b"$apr1$gllgMHjU$JRiomGeG9gpexBGYPLXl5/").expect("well formed")
    }

    #[test]
    fn a_result_is_found_once_and_known_after() {
        let desk: &'static Desk = Box::leak(Box::new(Desk::new(2)));
        let (sender, woken) = std::sync::mpsc::channel();
        desk.start(move |worker| sender.send(worker).expect("somebody listens")).expect("threads");
        for (password, is_right) in [("secret", true), ("other", false)] {
            let Asked::Later(verdict) = desk.ask(&stored(), password.as_bytes(), 1, 7) else {
                panic!("it is not known yet");
            };
            assert_eq!(woken.recv(), Ok(1));
            assert_eq!(desk.take_done(1), [7]);
            assert_eq!(verdict.is_right(), Some(is_right));
            let again = desk.ask(&stored(), password.as_bytes(), 0, 1);
            assert!(matches!(again, Asked::Known(known) if known == is_right));
        }
    }

    #[test]
    fn the_queue_is_bounded() {
        let desk = Desk::new(1);
        for number in 0..MAX_WAITING {
            let password = number.to_string();
            assert!(matches!(desk.ask(&stored(), password.as_bytes(), 0, 0), Asked::Later(_)));
        }
        assert!(matches!(desk.ask(&stored(), b"one more", 0, 0), Asked::Busy));
    }

    #[test]
    fn guesses_do_not_push_out_what_is_right() {
        let mut found = Found::default();
        found.note([0, 0], true);
        for number in 1..10 * MAX_RESULTS as u64 {
            found.note([number, 0], false);
        }
        assert_eq!(found.get(&[0, 0]), Some(true));
        assert!(found.wrong.young.len() + found.wrong.old.len() <= 2 * MAX_RESULTS);
        assert_eq!(found.get(&[1, 0]), None);
    }
}
