//! One script that runs for a request: its pipes, and how far its output has come.
//!
//! Nothing here waits. What the script does not take of its input is kept until it does, and
//! [`Running::takes_input`] says so, so that no more is read from the client meanwhile; output is
//! read when it is asked for, so that a slow client slows the script down. Dropped before its
//! end, a script is stopped.

use std::io::{self, PipeReader, PipeWriter, Read, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::rc::Rc;

use super::command::Command;
use super::output::{BadOutput, HeadReader};
use super::spawner::{Descriptors, Spawner};
use super::stderr::ErrorLines;
use crate::backend::{Event, Input, Received, RequestId};
use crate::sys::fs::set_nonblocking;
use crate::sys::spawn::Ended;

/// The most that a pipe holds, as far as the kernel lets anybody raise it without privileges.
const MAX_PIPE_LEN: usize = 1 << 20;
/// The most that is read of what a script says on standard error before others have their turn.
const ERRORS_TURN_LEN: usize = 16 * 1024;

/// A script that is to be run for a request.
#[derive(Debug)]
pub struct Call {
    /// What is started.
    pub command: Command,
    /// What it reads.
    pub input: Input,
    /// Whether what it writes to standard error is wanted.
    pub errors: bool,
    /// `cgi_timeout`: how long it may neither read nor write.
    pub timeout_ms: u64,
}

/// One script that runs, or waits for its turn.
pub struct Running {
    spawner: Rc<Spawner>,
    id: RequestId,
    /// Its path, for messages.
    script: Vec<u8>,
    timeout_ms: u64,
    /// Whether it may still be stopped: its output is not complete.
    wanted: bool,
    input: Option<PipeWriter>,
    /// What the input has not taken yet.
    unwritten: Vec<u8>,
    /// Whether nothing follows that.
    input_ends: bool,
    /// `None` once it has come to its end.
    output: Option<PipeReader>,
    /// Set once the script itself is gone: how much is still read of its output. What it has left
    /// behind may hold the pipe open, and write to it, for as long as it likes.
    left_len: Option<usize>,
    /// Whether a signal has ended it.
    killed: bool,
    progress: Progress,
    errors: Option<PipeReader>,
    error_lines: ErrorLines,
}

/// How far the output has come.
enum Progress {
    Head(HeadReader),
    /// The front of the content, until it is wanted. `sized`: the head has said how long that is.
    Held {
        front: Vec<u8>,
        sized: bool,
    },
    Content {
        sized: bool,
    },
}

impl Running {
    /// Has a script started. `token` is what the spawner's events name it by. Errors: `EMFILE`
    /// and the like where there are no descriptors left, `E2BIG`; others mean that the spawner
    /// process is gone.
    pub fn start(spawner: &Rc<Spawner>, token: u64, call: Call) -> io::Result<Running> {
        let (output, output_end) = io::pipe()?;
        set_nonblocking(output.as_fd())?;
        let (errors, errors_end) = if call.errors { open_errors()? } else { (None, None) };
        let input_ends = !matches!(call.input, Input::Stream);
        let (input, input_end, unwritten) = match call.input {
            Input::Empty => (None, None, Vec::new()),
            Input::File(file) => (None, Some(OwnedFd::from(file)), Vec::new()),
            Input::Stream => open_input(Vec::new())?,
            Input::Bytes(bytes) => open_input(bytes.to_vec())?,
        };
        let descriptors =
            Descriptors { input: input_end, output: output_end.into(), errors: errors_end };
        let id = spawner.start(token, &call.command, descriptors)?;
        let mut running = Running {
            spawner: Rc::clone(spawner),
            id,
            script: call.command.script().to_vec(),
            timeout_ms: call.timeout_ms,
            wanted: true,
            input,
            unwritten,
            input_ends,
            output: Some(output),
            left_len: None,
            killed: false,
            progress: Progress::Head(HeadReader::default()),
            errors,
            error_lines: ErrorLines::default(),
        };
        running.write_input();
        Ok(running)
    }

    /// Says that the script has ended, and how. What it has written can still be read, and ends
    /// where the pipe is empty: no later event tells of that.
    pub fn set_gone(&mut self, ended: Ended) {
        self.left_len = Some(MAX_PIPE_LEN);
        self.killed = matches!(ended, Ended::Killed(_));
    }

    /// Whether nothing is missing but how the script has ended: its output has, and whether that is
    /// all of it is to be told by nothing else.
    pub fn awaits_end(&self) -> bool {
        let is_unsized = matches!(self.progress, Progress::Content { sized: false });
        self.output.is_none() && !self.is_gone() && is_unsized
    }

    /// Takes the output for whole: the script has closed it, and goes on.
    pub fn stop_awaiting_end(&mut self) {
        self.left_len = Some(0);
    }

    /// Whether the script has ended.
    pub fn is_gone(&self) -> bool {
        self.left_len.is_some()
    }

    /// Has what the spawner tells of it go to who has this token.
    pub(super) fn move_to(&mut self, token: u64) {
        self.spawner.set_owner(self.id, token);
    }

    /// What the spawner's events name it by.
    pub fn id(&self) -> RequestId {
        self.id
    }

    /// Its path.
    pub(super) fn script(&self) -> &[u8] {
        &self.script
    }

    /// What the spawner has told of it and nobody has looked at: why it was not started.
    pub(super) fn told(&self) -> Option<Event> {
        self.spawner.refusal(self.id)
    }

    /// How long it may neither read nor write.
    pub fn timeout_ms(&self) -> u64 {
        self.timeout_ms
    }

    /// The pipe to be watched for writing, while something waits to be written.
    pub fn input_fd(&self) -> Option<BorrowedFd<'_>> {
        self.input.as_ref().filter(|_| !self.unwritten.is_empty()).map(AsFd::as_fd)
    }

    /// The pipe to be watched for reading, while the client takes the output; `None` once it is
    /// closed.
    pub fn output_fd(&self) -> Option<BorrowedFd<'_>> {
        self.output.as_ref().map(AsFd::as_fd)
    }

    /// The pipe to be watched for reading, always; `None` once it is closed, or nobody wants it.
    pub fn errors_fd(&self) -> Option<BorrowedFd<'_>> {
        self.errors.as_ref().map(AsFd::as_fd)
    }

    /// Whether more content may be given to [`feed`](Self::feed): nothing of it waits. Content for
    /// a script that has closed its input is taken as well, and thrown away.
    pub fn takes_input(&self) -> bool {
        self.unwritten.is_empty()
    }

    /// Gives the script content. What it does not take at once is kept.
    pub fn feed(&mut self, content: &[u8]) {
        let taken = if self.unwritten.is_empty() { self.write(content) } else { 0 };
        if self.input.is_some() {
            self.unwritten.extend_from_slice(&content[taken..]);
        }
    }

    /// Says that all content was fed.
    pub fn end_input(&mut self) {
        self.input_ends = true;
        self.write_input();
    }

    /// Writes what waits, as far as the script takes it. Whether it has taken any.
    pub fn write_input(&mut self) -> bool {
        let mut unwritten = std::mem::take(&mut self.unwritten);
        let written = self.write(&unwritten);
        if self.input.is_some() && written < unwritten.len() {
            unwritten.drain(..written);
            self.unwritten = unwritten;
        } else if self.input_ends {
            self.input = None;
        }
        written > 0
    }

    /// Writes from the front of `bytes` what the script takes, and returns how much that is.
    fn write(&mut self, bytes: &[u8]) -> usize {
        let mut written = 0;
        while let Some(input) = &mut self.input
            && written < bytes.len()
        {
            match input.write(&bytes[written..]) {
                Ok(len) => written += len,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                // It has closed its input, as it may (RFC 3875, 4.2).
                Err(_) => self.input = None,
            }
        }
        written
    }

    /// Looks at the output once. Content stands at the front of `scratch` then.
    pub(crate) fn read_output(&mut self, scratch: &mut [u8]) -> Result<Received, BadOutput> {
        let most = self.left_len.unwrap_or(scratch.len()).min(scratch.len());
        let read = self.output.as_mut().map_or(Ok(0), |output| output.read(&mut scratch[..most]));
        let len = match read {
            Ok(len) => len,
            Err(error) if is_transient(&error) && !self.is_gone() => return Ok(Received::Nothing),
            Err(_) => 0,
        };
        if matches!(read, Ok(0)) && most > 0 {
            self.output = None;
        }
        self.left_len = self.left_len.map(|left| left - len);
        if len == 0 && self.awaits_end() {
            return Ok(Received::Nothing);
        }
        let piece = &scratch[..len];
        match &mut self.progress {
            Progress::Head(reader) if len == 0 => Err(reader.at_end()),
            Progress::Head(reader) => match reader.read(piece)? {
                Some((head, front)) => {
                    let sized = head.content_len.is_some();
                    self.progress = Progress::Held { front, sized };
                    Ok(Received::Head(Box::new(head)))
                }
                None => Ok(Received::Part),
            },
            // Nobody reads on before it is known what for.
            Progress::Held { front, .. } => {
                front.extend_from_slice(piece);
                Ok(Received::Part)
            }
            Progress::Content { .. } if len == 0 => Ok(Received::End { cut: self.killed }),
            Progress::Content { .. } => Ok(Received::Content(len)),
        }
    }

    /// Begins the content, after a head, and takes what is there of it already.
    pub fn take_front(&mut self) -> Vec<u8> {
        let Progress::Held { front, sized } = &mut self.progress else { return Vec::new() };
        let (front, sized) = (std::mem::take(front), *sized);
        self.progress = Progress::Content { sized };
        front
    }

    /// Reads standard error, as far as there is something, and gives out whole lines.
    pub fn read_errors(&mut self, scratch: &mut [u8], emit: &mut dyn FnMut(&[u8])) {
        let mut left = ERRORS_TURN_LEN;
        while let Some(errors) = &mut self.errors
            && left > 0
        {
            match errors.read(scratch) {
                Ok(0) => self.errors = None,
                Ok(len) => {
                    self.error_lines.read(&scratch[..len], emit);
                    left = left.saturating_sub(len);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return,
            }
        }
    }

    /// Lets the script come to its end: its response is complete, or of its output only the head
    /// was wanted. It is stopped if that takes longer than its timeout. Gives out what it has
    /// still said on standard error.
    pub fn release(mut self, scratch: &mut [u8], emit: &mut dyn FnMut(&[u8])) {
        self.read_errors(scratch, emit);
        self.error_lines.finish(emit);
        self.wanted = false;
        let output = self.output.take().map(OwnedFd::from);
        self.spawner.release(self.id, self.timeout_ms, output);
    }

    /// Stops the script, with all of its process group, and gives out what it has still said on
    /// standard error.
    pub fn abandon(mut self, scratch: &mut [u8], emit: &mut dyn FnMut(&[u8])) {
        self.read_errors(scratch, emit);
        self.error_lines.finish(emit);
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.wanted {
            self.spawner.cancel(self.id);
        }
    }
}

/// A pipe from a script, and its end.
fn open_errors() -> io::Result<(Option<PipeReader>, Option<OwnedFd>)> {
    let (errors, end) = io::pipe()?;
    set_nonblocking(errors.as_fd())?;
    Ok((Some(errors), Some(end.into())))
}

/// A pipe to a script, its end, and what is to be written first.
fn open_input(first: Vec<u8>) -> io::Result<(Option<PipeWriter>, Option<OwnedFd>, Vec<u8>)> {
    let (end, input) = io::pipe()?;
    set_nonblocking(input.as_fd())?;
    Ok((Some(input), Some(end.into()), first))
}

/// Whether a read may succeed later.
fn is_transient(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted)
}

#[cfg(test)]
mod tests {
    use std::os::fd::AsRawFd;

    use super::*;
    use crate::cgi::SpawnerProcess;
    use crate::sys::poll::{PollFd, poll};

    fn wait_for(fd: &impl AsRawFd, write: bool) {
        let ready = poll(&mut [PollFd::new(fd.as_raw_fd(), write)], 20_000).expect("a wait");
        assert!(ready > 0, "nothing comes");
    }

    /// A script of the shell, and the process that has started it.
    fn run(script: &[u8]) -> (SpawnerProcess, Running) {
        let (process, mut spawners) = SpawnerProcess::start(1, 1).expect("a spawner");
        let spawner = Rc::new(spawners.remove(0));
        let command = Command::new(b"/bin/sh", b"/", &[b"sh", b"-c", script]);
        let command = command.expect("a command");
        let call = Call { command, input: Input::Stream, errors: false, timeout_ms: 60_000 };
        let running = Running::start(&spawner, 7, call).expect("a script");
        while spawner.has_outgoing() {
            wait_for(&*spawner, true);
            spawner.flush().expect("a spawner");
        }
        (process, running)
    }

    /// Writes and reads as far as that goes, and gives what the script has written.
    fn finish(running: &mut Running) -> Vec<u8> {
        let (mut seen, mut scratch) = (Vec::new(), [0; 5000]);
        loop {
            let output = running.output.as_mut().expect("a pipe");
            match output.read(&mut scratch) {
                Ok(0) => return seen,
                Ok(len) => seen.extend_from_slice(&scratch[..len]),
                Err(_) => wait_for(output, false),
            }
            running.write_input();
        }
    }

    #[test]
    fn content_comes_whole_where_the_pipe_is_full() {
        let (_process, mut running) = run(b"exec cat");
        // More than a pipe holds; no two parts of it are the same.
        let content: Vec<u8> = (0..100_000_u32).flat_map(u32::to_be_bytes).collect();
        assert!(running.takes_input() && running.input_fd().is_none());
        let (front, rest) = content.split_at(300_000);
        running.feed(front);
        assert!(!running.takes_input() && running.input_fd().is_some());
        running.feed(rest);
        running.end_input();
        assert!(finish(&mut running) == content);
        assert!(running.takes_input() && running.input_fd().is_none());
    }

    #[test]
    fn content_that_a_script_does_not_want_is_taken() {
        let (_process, mut running) = run(b"exec <&-; echo x");
        let mut seen = [0; 2];
        wait_for(&running.output_fd().expect("a pipe"), false);
        running.output.as_mut().expect("a pipe").read_exact(&mut seen).expect("output");
        running.feed(&[0; 300_000]);
        // The spawner has had the reading end too, and may close it later than the script.
        while let Some(input) = running.input_fd() {
            wait_for(&input, true);
            running.write_input();
        }
        assert!(running.takes_input() && running.input.is_none());
    }
}
