//! What a script that fails means for its request: a status, and what the error log says.

use std::io;

use super::output::BadOutput;
use super::running::Running;
use crate::backend::Event;
use crate::escape::Escaped;
use crate::exchange::Refusal;
use crate::site::Level;
use crate::sys::spawn::Ended;

/// A script that was not even asked for.
pub fn not_started(error: &io::Error) -> Refusal {
    let (status, level) = match error.raw_os_error() {
        Some(libc::EMFILE | libc::ENFILE | libc::ENOMEM) => (503, Level::Crit),
        // So many are to be told of first.
        Some(libc::EAGAIN) => (503, Level::Error),
        Some(libc::E2BIG) => (502, Level::Error),
        _ => (502, Level::Alert),
    };
    Refusal { status, level, reason: format!("a script could not be started: {error}") }
}

/// What the error log says of a script that has come to a bad end. Its response may be complete.
pub fn describe_end(event: &Event) -> Option<(Level, String)> {
    let Event::Ended(ended, script) = event else { return None };
    let script = Escaped(script);
    match ended {
        Ended::Exited(0) => None,
        Ended::Exited(status) => {
            Some((Level::Warn, format!("script \"{script}\" has ended with status {status}")))
        }
        Ended::Killed(signal) => {
            // One that nobody reads any more is killed for writing on.
            let is_pipe = i32::from(*signal) == libc::SIGPIPE;
            let level = if is_pipe { Level::Info } else { Level::Error };
            Some((level, format!("script \"{script}\" was killed by signal {signal}")))
        }
    }
}

impl Running {
    /// What an event of the spawner means before there is a response.
    pub fn refusal(&self, event: &Event) -> Option<Refusal> {
        let error = match event {
            Event::Started | Event::Ended(..) => return None,
            Event::Refused => {
                let reason = "was not started: too many scripts wait already";
                return Some(self.fault(503, Level::Error, reason));
            }
            Event::Failed(errno) => io::Error::from_raw_os_error(*errno),
        };
        let status = match error.raw_os_error() {
            Some(libc::EACCES | libc::EPERM) => 403,
            Some(libc::EAGAIN | libc::ENOMEM | libc::EMFILE | libc::ENFILE) => 503,
            _ => 502,
        };
        Some(self.fault(status, Level::Error, &format!("could not be started: {error}")))
    }

    /// Output that is no response.
    pub fn bad_output(&self, BadOutput(reason): BadOutput) -> Refusal {
        self.fault(502, Level::Error, &format!("is no good: {reason}"))
    }

    /// A script that has neither read nor written anything for too long.
    pub fn timed_out(&self) -> Refusal {
        self.fault(504, Level::Error, "timed out")
    }

    fn fault(&self, status: u16, level: Level, what: &str) -> Refusal {
        let script = Escaped(self.script());
        Refusal { status, level, reason: format!("script \"{script}\" {what}") }
    }
}
