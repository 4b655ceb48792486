//! The names of other servers, looked up again while the server runs: an application that is deployed
//! anew has another address. A thread asks the system; workers are told what has changed.

use std::collections::HashSet;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use super::find::{FoundPeer, FoundUpstream, Sought};

/// What a thread that looks names up needs.
const STACK_LEN: usize = 256 << 10;

/// The peers of all upstreams, as they were last found.
pub struct Names {
    found: Mutex<Vec<Arc<[Arc<FoundPeer>]>>>,
    /// How often they have changed.
    version: AtomicU64,
    /// What the log is not told yet.
    news: Mutex<Vec<News>>,
}

/// What came of looking names up.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum News {
    /// A name leads elsewhere.
    Moved(String),
    /// A name cannot be looked up; its last addresses stay.
    Failed(String),
}

impl Names {
    /// Names as they were found at start; `None` where nothing is a name.
    pub fn new(upstreams: &[FoundUpstream]) -> Option<Names> {
        let is_name = upstreams.iter().flat_map(|upstream| &upstream.sought).any(Sought::is_name);
        let found = upstreams.iter().map(|upstream| upstream.peers.clone().into()).collect();
        is_name.then(|| Names {
            found: Mutex::new(found),
            version: AtomicU64::new(0),
            news: Mutex::default(),
        })
    }

    /// Starts the thread. `wake` has the workers look.
    pub fn start(
        &'static self,
        upstreams: &'static [FoundUpstream],
        every: Duration,
        wake: impl Fn() + Send + 'static,
    ) -> io::Result<()> {
        let thread = thread::Builder::new().name("names".to_owned()).stack_size(STACK_LEN);
        thread.spawn(move || {
            let mut failing = HashSet::new();
            loop {
                thread::sleep(every);
                if self.look(upstreams, &mut failing, Sought::find) {
                    wake();
                }
            }
        })?;
        Ok(())
    }

    /// Looks all names up. Whether anybody is to be told. A name that fails again is not told of.
    fn look(
        &self,
        upstreams: &[FoundUpstream],
        failing: &mut HashSet<String>,
        find: impl Fn(&Sought, usize) -> io::Result<Vec<Arc<FoundPeer>>>,
    ) -> bool {
        let mut is_news = false;
        for (id, upstream) in upstreams.iter().enumerate() {
            let before = Arc::clone(&lock(&self.found)[id]);
            let mut now: Vec<Arc<FoundPeer>> = Vec::new();
            for (index, sought) in upstream.sought.iter().enumerate() {
                let known = before.iter().filter(|peer| peer.index == index);
                if !sought.is_name() {
                    now.extend(known.cloned());
                    continue;
                }
                match find(sought, index) {
                    Ok(found) => {
                        failing.remove(sought.text());
                        now.extend(found);
                    }
                    Err(error) => {
                        now.extend(known.cloned());
                        if failing.insert(sought.text().to_owned()) {
                            let text = format!("upstream server `{}`: {error}", sought.text());
                            lock(&self.news).push(News::Failed(text));
                            is_news = true;
                        }
                    }
                }
            }
            // In which order the system tells them means nothing.
            let is_same = now.len() == before.len() && now.iter().all(|peer| before.contains(peer));
            if is_same {
                continue;
            }
            let words: Vec<&str> = now.iter().map(|peer| &*peer.words).collect();
            let text = format!("upstream `{}` is now {}", upstream.host, words.join(", "));
            lock(&self.news).push(News::Moved(text));
            lock(&self.found)[id] = now.into();
            self.version.fetch_add(1, Ordering::Release);
            is_news = true;
        }
        is_news
    }

    /// How often something has changed.
    pub(super) fn version(&self) -> u64 {
        self.version.load(Ordering::Acquire)
    }

    /// Where the peers of an upstream are.
    pub(super) fn peers(&self, id: usize) -> Arc<[Arc<FoundPeer>]> {
        Arc::clone(&lock(&self.found)[id])
    }

    /// What came of looking since this was last asked.
    pub fn take_news(&self) -> Vec<News> {
        std::mem::take(&mut *lock(&self.news))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::net::SocketAddr;

    use super::super::PeerAddress;
    use super::*;

    #[test]
    fn names_that_lead_elsewhere_are_told_of_once() {
        let peer = |index: usize, address: &str| {
            let address: SocketAddr = address.parse().unwrap();
            let words = address.to_string();
            let (address, said) = (PeerAddress::Ip(address), "app:80".to_owned());
            Arc::new(FoundPeer { index, address, words: words.into(), said })
        };
        let fixed = peer(0, "10.0.0.9:80");
        let sought = |text: &str| Sought::literal(text);
        let upstream = FoundUpstream {
            host: "app".to_owned(),
            port: "80".to_owned(),
            sought: vec![sought("10.0.0.9:80"), sought("app:80")],
            peers: vec![Arc::clone(&fixed), peer(1, "10.0.0.1:80"), peer(1, "10.0.0.2:80")],
        };
        let upstreams = [upstream];
        let names = Names::new(&upstreams).unwrap();
        let mut failing = HashSet::new();
        let answer = RefCell::new(Ok(vec!["10.0.0.2:80", "10.0.0.1:80"]));
        let mut look = || {
            names.look(&upstreams, &mut failing, |sought, index| {
                assert_eq!((sought.text(), index), ("app:80", 1));
                match &*answer.borrow() {
                    Ok(found) => Ok(found.iter().map(|address| peer(index, address)).collect()),
                    Err(kind) => Err(io::Error::from(*kind)),
                }
            })
        };
        assert!(!look(), "only the order differs");
        *answer.borrow_mut() = Ok(vec!["10.0.0.3:80"]);
        assert!(look());
        let news = names.take_news();
        let text = "upstream `app` is now 10.0.0.9:80, 10.0.0.3:80".to_owned();
        assert_eq!(news, [News::Moved(text)]);
        assert_eq!(names.version(), 1);
        *answer.borrow_mut() = Err(io::ErrorKind::NotFound);
        assert!(look());
        assert!(matches!(&names.take_news()[..], [News::Failed(_)]));
        assert!(!look(), "it is told of once");
        assert_eq!(names.peers(0)[..], [fixed, peer(1, "10.0.0.3:80")]);
        *answer.borrow_mut() = Ok(vec!["10.0.0.3:80"]);
        assert!(!look());
        *answer.borrow_mut() = Err(io::ErrorKind::NotFound);
        assert!(look(), "it had worked in between");
    }

    #[test]
    fn addresses_are_never_looked_up_again() {
        let sought = vec![Sought::literal("127.0.0.1:80"), Sought::literal("[::1]:80")];
        let (host, port) = (String::new(), String::new());
        assert!(Names::new(&[FoundUpstream { host, port, sought, peers: vec![] }]).is_none());
    }
}
