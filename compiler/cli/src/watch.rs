//! Waits for files to change, by looking at their times.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::thread::sleep;
use std::time::{Duration, SystemTime};

/// How often the files are looked at.
const PERIOD: Duration = Duration::from_millis(200);

/// Files, each with when it was last changed; without, if it is not there.
pub(crate) struct Watch {
    since: SystemTime,
    seen: BTreeMap<PathBuf, Option<SystemTime>>,
}

impl Watch {
    /// These files as they are now, which were read at `since` or later.
    pub(crate) fn new(paths: impl IntoIterator<Item = PathBuf>, since: SystemTime) -> Watch {
        let seen = paths.into_iter().map(|path| (path.clone(), changed_at(&path)));
        Watch { since, seen: seen.collect() }
    }

    /// Returns once any of them has changed, has come or has gone since then.
    pub(crate) fn wait(&self) {
        let is_old = |time: &Option<SystemTime>| time.is_none_or(|time| time <= self.since);
        while self.seen.iter().all(|(path, time)| is_old(time) && changed_at(path) == *time) {
            sleep(PERIOD);
        }
    }
}

fn changed_at(path: &PathBuf) -> Option<SystemTime> {
    std::fs::metadata(path).and_then(|metadata| metadata.modified()).ok()
}
