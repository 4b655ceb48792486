//! The process between the server and the spawner: it starts another spawner where one has died,
//! and does nothing else, so that little can happen to it.
//!
//! The workers' sockets outlive a spawner: what they have told it and it has not read, the next
//! one reads. The scripts of the one that has died are killed, with all that they have started.

use std::collections::VecDeque;
use std::io;
use std::os::fd::AsRawFd;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use super::channel::Channel;
use super::server;
use crate::sys::append::say;
use crate::sys::spawn::{self, ChildSignals, DescriptorLimit, Stop};
use crate::sys::terminal;

/// How often a spawner may die within [`WINDOW`] and be followed by another one.
const MAX_DEATHS: usize = 5;
const WINDOW: Duration = Duration::from_secs(60);

/// How often what a spawner has left behind is looked for: a process that is killed may leave
/// children of its own.
const MAX_SWEEPS: usize = 32;

/// What the process does: serves the channels by a spawner until they are closed, or until too
/// many have died.
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
    let mut deaths = VecDeque::new();
    loop {
        if spawn::wait_for(spawn::fork(&serve)?)? {
            return Ok(ExitCode::SUCCESS);
        }
        kill_orphans()?;
        let now = Instant::now();
        deaths.retain(|&death| now - death < WINDOW);
        deaths.push_back(now);
        if deaths.len() > MAX_DEATHS {
            say("error: the process that starts scripts has died too often\n");
            return Ok(ExitCode::FAILURE);
        }
        say("error: the process that starts scripts has died, and is started again\n");
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
