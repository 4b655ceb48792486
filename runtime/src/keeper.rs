//! A process between the server and one that starts programs for it: it starts another such one where
//! one has died, and does nothing else, so that little can happen to it.
//!
//! The server's descriptors outlive the one that has died: what it was told and has not read, the next
//! one reads. The programs of the one that has died are killed, with all that they have started.

use std::io;
use std::os::fd::RawFd;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use crate::sys::append::say;
use crate::sys::poll::{PollFd, poll};
use crate::sys::spawn::{self, ChildSignals, Stop};
use crate::sys::terminal;

/// How long the process rests before it starts another one: twice as long each time, up to the
/// longest.
const FIRST_REST: Duration = Duration::from_millis(10);
const LONGEST_REST: Duration = Duration::from_secs(30);
/// One that has served for so long makes good for those before it.
const CALM: Duration = Duration::from_secs(60);

/// How often what one has left behind is looked for: a process that is killed may leave
/// children of its own.
const MAX_SWEEPS: usize = 32;

/// What the process does: has `serve` run in a process of its own until the server has closed the other
/// ends of the descriptors that are `kept`. `what` is started, for what is said of it.
pub(crate) fn keep(kept: &[RawFd], what: &str, serve: impl Fn() -> io::Result<()>) -> ExitCode {
    let failed = |error: &io::Error| {
        say(&format!("error: the process that starts {what} failed: {error}\n"));
        ExitCode::FAILURE
    };
    let serve = || match spawn::end_with_parent().and_then(|()| serve()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&error),
    };
    keep_on(kept, what, serve).unwrap_or_else(|error| failed(&error))
}

fn keep_on(kept: &[RawFd], what: &str, serve: impl Fn() -> ExitCode) -> io::Result<ExitCode> {
    spawn::close_all_but(kept)?;
    // What ends the server from a terminal is not for this one.
    let _signals = ChildSignals::install()?;
    terminal::leave()?;
    spawn::adopt_orphans()?;
    let mut rest = Duration::ZERO;
    loop {
        let start = Instant::now();
        if spawn::wait_for(spawn::fork(&serve)?)? {
            return Ok(ExitCode::SUCCESS);
        }
        kill_orphans()?;
        rest = next_rest(rest, start.elapsed());
        let ms = rest.as_millis();
        say(&format!(
            "error: the process that starts {what} has died, and is started again in {ms} ms\n"
        ));
        wait_while_open(kept, rest);
    }
}

/// How long to rest after what has run for so long, and after such a rest before it.
pub(crate) fn next_rest(last: Duration, served: Duration) -> Duration {
    if served >= CALM { FIRST_REST } else { (2 * last).clamp(FIRST_REST, LONGEST_REST) }
}

/// Waits for so long, or until the workers have closed all channels.
fn wait_while_open(channels: &[RawFd], time: Duration) {
    let end = Instant::now() + time;
    let mut open: Vec<_> = channels.iter().map(|&fd| PollFd::for_end(fd)).collect();
    while !open.is_empty() {
        let left = end.saturating_duration_since(Instant::now()).as_millis();
        if left == 0 || poll(&mut open, i32::try_from(left).unwrap_or(i32::MAX)).is_err() {
            break;
        }
        open.retain(|entry| !entry.ready());
    }
}

/// Ends what one that has died has left behind.
fn kill_orphans() -> io::Result<()> {
    for _ in 0..MAX_SWEEPS {
        let orphans = spawn::children();
        if orphans.is_empty() {
            break;
        }
        orphans.iter().for_each(|orphan| spawn::stop(*orphan, Stop::Force));
        for orphan in orphans {
            spawn::wait_for(orphan)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::fd::AsRawFd;

    use super::*;

    #[test]
    fn rests_grow_and_are_forgotten() {
        let (mut rest, mut rests) = (Duration::ZERO, Vec::new());
        for _ in 0..20 {
            rest = next_rest(rest, Duration::from_secs(1));
            rests.push(rest);
        }
        assert_eq!((rests[0], rests[1], rests[19]), (FIRST_REST, 2 * FIRST_REST, LONGEST_REST));
        assert!(rests.is_sorted());
        assert_eq!(next_rest(rest, CALM), FIRST_REST);
    }

    #[test]
    fn a_rest_ends_when_all_channels_are_closed() {
        let (ours, theirs) = crate::sys::pass::packet_pair().expect("a pair");
        let (others, kept) = crate::sys::pass::packet_pair().expect("a pair");
        drop((theirs, kept));
        let start = Instant::now();
        wait_while_open(&[ours.as_raw_fd(), others.as_raw_fd()], LONGEST_REST);
        assert!(start.elapsed() < LONGEST_REST);
    }
}
