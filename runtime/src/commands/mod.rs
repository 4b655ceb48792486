//! Programs that run beside the server (`upstream_command`): applications that requests are passed on to.
//!
//! A process of their own starts them ([`minder`]): it is forked before the first thread, ends with the
//! server, and starts a program again that has ended. What the programs write goes through pipes to a
//! thread of the server, and from there to the error log, so that it follows when logs are opened anew.

mod minder;

use std::ffi::OsString;
use std::io::{self, PipeReader, Read};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::thread;

use crate::cgi::ErrorLines;
use crate::escape::Escaped;
use crate::keeper;
use crate::params::Params;
use crate::site::{Command, Peer};
use crate::sys::poll::{PollFd, poll};
use crate::sys::spawn::{self, Pid};

/// The most lines that wait for the log.
const MAX_LINES: usize = 1000;
/// What the thread that reads them needs.
const STACK_LEN: usize = 256 << 10;
/// Variables that are about the server's own process, and no other's.
const OWN: [&str; 6] = [
    "LISTEN_PID",
    "LISTEN_FDS",
    "LISTEN_FDNAMES",
    "NOTIFY_SOCKET",
    "WATCHDOG_PID",
    "WATCHDOG_USEC",
];

/// A program, with all that it is started with.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FoundCommand {
    /// What the log calls it.
    name: String,
    /// Program, folder, arguments and environment: each ended by a NUL.
    texts: Vec<u8>,
    argument_count: usize,
    /// The socket in the file system that it is to listen on, if it is one.
    socket: Option<PathBuf>,
}

impl FoundCommand {
    /// A program that is to listen where `peer` is. `None`: a text has a NUL in it.
    pub fn new(
        command: &'static Command,
        peer: &'static Peer,
        program: &Path,
        params: &Params,
        prefix: &Path,
        environment: impl Iterator<Item = (OsString, OsString)>,
    ) -> Option<FoundCommand> {
        let arguments: Vec<_> = command.args.iter().map(|text| params.text(text)).collect();
        let name = params.text(command.name);
        let mut texts = Texts::default();
        texts.add(program.as_os_str().as_bytes());
        texts.add(prefix.as_os_str().as_bytes());
        texts.add(name.as_bytes());
        arguments.iter().for_each(|text| texts.add(text.as_bytes()));
        let address = params.text(peer.address);
        let socket = address.strip_prefix("unix:").map(|path| prefix.join(path));
        let own: Vec<(&str, OsString)> = match &socket {
            Some(path) => vec![("SOCKET", path.clone().into())],
            None => {
                let (host, port) = address.rsplit_once(':').unwrap_or((&address, "80"));
                let host = host.trim_matches(['[', ']']);
                vec![("HOST", host.into()), ("PORT", port.into())]
            }
        };
        let is_own = |name: &OsString| {
            OWN.iter().any(|it| name == it) || own.iter().any(|(it, _)| name == it)
        };
        for (name, value) in environment.filter(|(name, _)| !is_own(name)) {
            texts.add(&[name.as_bytes(), b"=", value.as_bytes()].concat());
        }
        for (name, value) in &own {
            texts.add(&[name.as_bytes(), b"=", value.as_bytes()].concat());
        }
        let argument_count = 1 + arguments.len();
        let found = FoundCommand { name, texts: texts.bytes, argument_count, socket };
        (!texts.is_broken).then_some(found)
    }
}

#[derive(Default)]
struct Texts {
    bytes: Vec<u8>,
    is_broken: bool,
}

impl Texts {
    fn add(&mut self, text: &[u8]) {
        self.is_broken |= text.contains(&0);
        self.bytes.extend_from_slice(text);
        self.bytes.push(0);
    }
}

/// The process that starts programs, as the server's main thread holds it.
#[derive(Debug)]
pub struct CommandsProcess {
    pid: Pid,
    /// Closed, it has the programs stopped.
    control: OwnedFd,
}

impl CommandsProcess {
    /// Starts it, and with it the programs. Before the first thread.
    pub fn start(commands: &[FoundCommand]) -> io::Result<(CommandsProcess, Vec<PipeReader>)> {
        let (control, theirs) = UnixStream::pair()?;
        let pipes = (0..=commands.len()).map(|_| io::pipe()).collect::<io::Result<Vec<_>>>()?;
        let (readers, writers): (Vec<_>, Vec<_>) = pipes.into_iter().unzip();
        let writers: Vec<OwnedFd> = writers.into_iter().map(OwnedFd::from).collect();
        let pid = spawn::fork(|| {
            let mut kept: Vec<_> = writers.iter().map(AsRawFd::as_raw_fd).collect();
            kept.push(theirs.as_raw_fd());
            keeper::keep(&kept, "programs", || minder::run(commands, &theirs, &writers))
        })?;
        Ok((CommandsProcess { pid, control: control.into() }, readers))
    }

    /// Has the programs stopped, and waits for that unless there is no time.
    pub fn stop(self, waits: bool) {
        drop(self.control);
        if waits {
            // It can only fail if there is no such process any more.
            let _ = spawn::wait_for(self.pid);
        }
    }
}

/// What programs have said and the log was not told yet.
#[derive(Default)]
pub struct Sayings {
    lines: Mutex<(Vec<String>, u64)>,
}

impl Sayings {
    /// Starts the thread that listens to programs. `wake` has the first worker look.
    pub fn start(
        &'static self,
        commands: &'static [FoundCommand],
        mut readers: Vec<PipeReader>,
        wake: impl Fn() + Send + 'static,
    ) -> io::Result<()> {
        let thread = thread::Builder::new().name("programs".to_owned()).stack_size(STACK_LEN);
        thread.spawn(move || {
            let mut pieces: Vec<_> = readers.iter().map(|_| ErrorLines::endless()).collect();
            let mut buffer = [0; 4096];
            let mut open = vec![true; readers.len()];
            while open.contains(&true) {
                let mut entries: Vec<_> =
                    readers.iter().map(|reader| PollFd::new(reader.as_raw_fd(), false)).collect();
                entries.iter_mut().zip(&open).for_each(|(entry, is_open)| {
                    entry.set_enabled(*is_open);
                });
                if poll(&mut entries, -1).is_err() {
                    return;
                }
                let mut is_first = false;
                for (at, _) in entries.iter().enumerate().filter(|(_, entry)| entry.ready()) {
                    let len = readers[at].read(&mut buffer).unwrap_or(0);
                    open[at] = len > 0;
                    pieces[at].read(&buffer[..len], &mut |line| {
                        is_first |= self.add(match commands.get(at) {
                            Some(FoundCommand { name, .. }) => {
                                format!("upstream_command \"{name}\" says: {}", Escaped(line))
                            }
                            // The last one is that of who starts them.
                            None => String::from_utf8_lossy(line).into_owned(),
                        });
                    });
                }
                if is_first {
                    wake();
                }
            }
        })?;
        Ok(())
    }

    /// Adds a line, unless there are too many. Whether it is the first one.
    fn add(&self, line: String) -> bool {
        let mut held = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        let (lines, dropped) = &mut *held;
        match lines.len() < MAX_LINES {
            true => lines.push(line),
            false => *dropped += 1,
        }
        lines.len() == 1
    }

    /// What has come since this was last asked, and how many lines did not fit.
    pub fn take(&self) -> (Vec<String>, u64) {
        std::mem::take(&mut *self.lines.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_wait_are_bounded() {
        let sayings = Sayings::default();
        assert!(sayings.add("one".to_owned()));
        assert!(!sayings.add("two".to_owned()));
        for _ in 0..MAX_LINES {
            sayings.add("more".to_owned());
        }
        let (lines, dropped) = sayings.take();
        assert_eq!((lines.len(), dropped), (MAX_LINES, 2));
        assert_eq!(sayings.take(), (Vec::new(), 0));
        assert!(sayings.add("again".to_owned()));
    }
}
