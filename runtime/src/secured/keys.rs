//! The keys of a running server, and the thread that looks whether they have changed: reading them must
//! not hold up the workers.

use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use super::{Keeper, Renewed};

/// How long a change may go unnoticed.
const LOOK_EVERY: Duration = Duration::from_secs(60);

/// The keys of a server.
pub struct Keys {
    keeper: Arc<dyn Keeper>,
    /// Whether somebody wants them looked at now.
    asked: Mutex<bool>,
    is_asked: Condvar,
    /// What the log is not told yet.
    news: Mutex<Vec<Renewed>>,
}

impl Keys {
    /// The keys that somebody holds.
    pub fn new(keeper: Arc<dyn Keeper>) -> Keys {
        let (asked, is_asked) = (Mutex::new(false), Condvar::new());
        Keys { keeper, asked, is_asked, news: Mutex::default() }
    }

    /// Who holds them.
    pub fn keeper(&self) -> &dyn Keeper {
        &*self.keeper
    }

    /// Has the files looked at now.
    pub fn look_now(&self) {
        *lock(&self.asked) = true;
        self.is_asked.notify_one();
    }

    /// What came of looking since this was last asked.
    pub fn take_news(&self) -> Vec<Renewed> {
        std::mem::take(&mut *lock(&self.news))
    }

    /// Starts the thread. `wake` has somebody take the news.
    pub fn start(&'static self, wake: impl Fn() + Send + 'static) -> io::Result<()> {
        let thread = thread::Builder::new().name("keys".to_owned());
        thread.spawn(move || {
            loop {
                self.wait();
                // The next look would not be taken if the thread ended.
                let look = || self.keeper.renew();
                let look = std::panic::AssertUnwindSafe(look);
                let news = std::panic::catch_unwind(look).unwrap_or_default();
                if !news.is_empty() {
                    lock(&self.news).extend(news);
                    wake();
                }
            }
        })?;
        Ok(())
    }

    /// Waits until it is time to look.
    fn wait(&self) {
        let asked = lock(&self.asked);
        let waited = self.is_asked.wait_timeout_while(asked, LOOK_EVERY, |asked| !*asked);
        let (mut asked, _) = waited.unwrap_or_else(PoisonError::into_inner);
        *asked = false;
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
