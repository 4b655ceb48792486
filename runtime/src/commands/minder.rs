//! The process that starts the programs: one loop around `poll(2)`, which waits for the end of a program,
//! for the time to start one again, or for the end of the server.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::fs::FileTypeExt;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

use super::FoundCommand;
use crate::keeper::next_rest;
use crate::sys::poll::{PollFd, poll};
use crate::sys::spawn::{
    self, ChildSignals, DescriptorLimit, Ended, Launch, Launcher, Pid, Stop, Texts,
};

/// How long programs that were asked to end may take before they are forced to.
const GRACE: Duration = Duration::from_secs(10);

/// One program.
struct Minded<'a> {
    command: &'a FoundCommand,
    /// What it writes to.
    output: &'a OwnedFd,
    /// The process, and when it was started.
    running: Option<(Pid, Instant)>,
    /// When it is to be started, if it is not there.
    start_at: Instant,
    rest: Duration,
}

/// Runs the programs until the other end of `control` is closed. The last of the `outputs` is for what
/// is said about them.
pub(super) fn run(
    commands: &[FoundCommand],
    control: &UnixStream,
    outputs: &[OwnedFd],
) -> io::Result<()> {
    let signals = ChildSignals::install()?;
    spawn::adopt_orphans()?;
    let nothing = File::open("/dev/null")?;
    spawn::set_standard_input(nothing.as_fd())?;
    let (own, outputs) = outputs.split_last().ok_or(io::ErrorKind::InvalidInput)?;
    // Another description of the same pipe: to wait for room in it is nobody's business here.
    let log = OpenOptions::new().write(true).open(format!("/proc/self/fd/{}", own.as_raw_fd()))?;
    let mut minder = Minder { launcher: Launcher::new(DescriptorLimit::current()?), log };
    let now = Instant::now();
    let minded = |(command, output)| {
        let (running, rest) = (None, Duration::ZERO);
        Minded { command, output, running, start_at: now, rest }
    };
    let mut all: Vec<_> = commands.iter().zip(outputs).map(minded).collect();
    loop {
        all.iter_mut().for_each(|program| minder.start(program));
        let mut entries =
            [PollFd::new(signals.as_raw_fd(), false), PollFd::for_end(control.as_raw_fd())];
        let due = all.iter().filter(|program| program.running.is_none());
        poll(&mut entries, until(due.map(|program| program.start_at).min()))?;
        signals.clear();
        while let Some((pid, ended)) = spawn::reap() {
            minder.on_end(&mut all, pid, ended);
        }
        if entries[1].ready() {
            return stop(&mut all, &signals);
        }
    }
}

/// Milliseconds for `poll(2)`, rounded up.
fn until(at: Option<Instant>) -> i32 {
    at.map_or(-1, |at| {
        let left = at.saturating_duration_since(Instant::now()).as_millis();
        i32::try_from(left).map_or(i32::MAX, |ms| ms.saturating_add(1))
    })
}

struct Minder {
    launcher: Launcher,
    log: File,
}

impl Minder {
    /// Starts a program whose time has come.
    fn start(&mut self, program: &mut Minded<'_>) {
        let now = Instant::now();
        if program.running.is_some() || program.start_at > now {
            return;
        }
        if let Some(path) = &program.command.socket {
            remove_stale(path);
        }
        match self.launch(program) {
            Ok(pid) => program.running = Some((pid, now)),
            Err(error) => {
                self.rest(program, Duration::ZERO, &format!("cannot be started: {error}"))
            }
        }
    }

    fn launch(&mut self, program: &Minded<'_>) -> io::Result<Pid> {
        let invalid = || io::Error::from_raw_os_error(libc::EINVAL);
        let mut texts = Texts::new(&program.command.texts).ok_or_else(invalid)?;
        let (Some(path), Some(folder)) = (texts.next(), texts.next()) else {
            return Err(invalid());
        };
        self.launcher.launch(&Launch {
            program: path,
            folder,
            argument_count: program.command.argument_count,
            texts,
            input: None,
            output: program.output.as_fd(),
            errors: program.output.as_fd(),
        })
    }

    /// A child has ended: a program, or what one has left behind.
    fn on_end(&mut self, all: &mut [Minded<'_>], pid: Pid, ended: Ended) {
        let is_it = |program: &&mut Minded<'_>| program.running.is_some_and(|(it, _)| it == pid);
        let Some(program) = all.iter_mut().find(is_it) else { return };
        let Some((_, started)) = program.running.take() else { return };
        // What it has started would hold its port.
        spawn::stop_group(pid, Stop::Force);
        let words = match ended {
            Ended::Exited(status) => format!("has ended with status {status}"),
            Ended::Killed(signal) => format!("was killed by signal {signal}"),
        };
        self.rest(program, started.elapsed(), &words);
    }

    /// Has a program rest that has run for so long, before it is started again.
    fn rest(&mut self, program: &mut Minded<'_>, ran: Duration, words: &str) {
        program.rest = next_rest(program.rest, ran);
        program.start_at = Instant::now() + program.rest;
        let (name, ms) = (&program.command.name, program.rest.as_millis());
        let line = format!("upstream_command \"{name}\" {words}; it is started again in {ms} ms\n");
        let mut entry = [PollFd::new(self.log.as_raw_fd(), true)];
        // Nobody waits for a log.
        if poll(&mut entry, 0).is_ok_and(|ready| ready > 0) {
            let _ = self.log.write_all(line.as_bytes());
        }
    }
}

/// Asks all programs to end, and forces those that do not.
fn stop(all: &mut [Minded<'_>], signals: &ChildSignals) -> io::Result<()> {
    let mut groups: Vec<_> = all.iter().filter_map(|program| program.running).collect();
    groups.iter().for_each(|(pid, _)| spawn::stop_group(*pid, Stop::Ask));
    let end = Instant::now() + GRACE;
    while !groups.is_empty() && Instant::now() < end {
        poll(&mut [PollFd::new(signals.as_raw_fd(), false)], until(Some(end)))?;
        signals.clear();
        while spawn::reap().is_some() {}
        groups.retain(|(pid, _)| spawn::has_child_in(*pid));
    }
    groups.iter().for_each(|(pid, _)| spawn::stop_group(*pid, Stop::Force));
    Ok(())
}

/// Removes a socket in the file system that nobody listens on any more: a program could not make its
/// own there.
fn remove_stale(path: &Path) {
    let is_socket = fs::symlink_metadata(path).is_ok_and(|data| data.file_type().is_socket());
    let refuses = || {
        let tried = UnixStream::connect(path);
        tried.is_err_and(|error| error.kind() == io::ErrorKind::ConnectionRefused)
    };
    if is_socket && refuses() {
        let _ = fs::remove_file(path);
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener;

    use super::*;
    use crate::samples::Folder;

    #[test]
    fn only_stale_sockets_are_removed() {
        let folder = Folder::new();
        let (live, stale) = (folder.0.join("live"), folder.0.join("stale"));
        let file = folder.write("file", "");
        let _listener = UnixListener::bind(&live).expect("a socket");
        drop(UnixListener::bind(&stale).expect("a socket"));
        for path in [&live, &stale, &file, &folder.0.join("none")] {
            remove_stale(path);
        }
        assert_eq!([&live, &stale, &file].map(|path| path.exists()), [true, false, true]);
    }
}
