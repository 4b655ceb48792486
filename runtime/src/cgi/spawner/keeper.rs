//! The process between the server and the spawner: it starts another spawner where one has died,
//! and does nothing else, so that little can happen to it.
//!
//! The workers' sockets outlive a spawner: what they have told it and it has not read, the next
//! one reads. The scripts of the one that has died are killed, with all that they have started.

use std::io;
use std::os::fd::{AsRawFd, RawFd};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use super::channel::Channel;
use super::server;
use crate::sys::append::say;
use crate::sys::poll::{PollFd, poll};
use crate::sys::spawn::{self, ChildSignals, DescriptorLimit, Stop};
use crate::sys::terminal;

/// How long the process rests before it starts another spawner: twice as long each time, up to the
/// longest.
const FIRST_REST: Duration = Duration::from_millis(10);
const LONGEST_REST: Duration = Duration::from_secs(30);
/// A spawner that has served for so long makes good for those before it.
const CALM: Duration = Duration::from_secs(60);

/// How often what a spawner has left behind is looked for: a process that is killed may leave
/// children of its own.
const MAX_SWEEPS: usize = 32;

/// What the process does: serves the channels by a spawner until they are closed.
pub(super) fn run(
    channels: Vec<Channel>,
    max_processes: usize,
    limit: DescriptorLimit,
) -> ExitCode {
    let kept = keep(&channels, || {
        let channels = channels.iter().map(Channel::another).collect::<io::Result<_>>();
        match spawn::end_with_parent().and(channels) {
            Ok(channels) => server::run(channels, max_processes, limit),
            Err(error) => failed(&error),
        }
    });
    kept.unwrap_or_else(|error| failed(&error))
}

fn failed(error: &io::Error) -> ExitCode {
    say(&format!("error: the process that starts scripts failed: {error}\n"));
    ExitCode::FAILURE
}

fn keep(channels: &[Channel], serve: impl Fn() -> ExitCode) -> io::Result<ExitCode> {
    let kept: Vec<_> = channels.iter().map(AsRawFd::as_raw_fd).collect();
    spawn::close_all_but(&kept)?;
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
            "error: the process that starts scripts has died, and is started again in {ms} ms\n"
        ));
        wait_while_open(&kept, rest);
    }
}

/// How long to rest after a spawner that has served for so long, and after such a rest before it.
fn next_rest(last: Duration, served: Duration) -> Duration {
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

/// Ends what a spawner that has died has left behind.
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
