//! One log, as all workers share it. Nothing waits for it: lines that it does not take are kept up
//! to a bound and written before all others, and past that bound they are dropped and counted.

use std::collections::VecDeque;
use std::ffi::CStr;
use std::fmt;
use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::{Datagrams, LogPlace};
use crate::sys::append::Appender;

/// The most that is kept of what a log has not taken yet, in bytes.
pub(crate) const KEPT_LEN: usize = 256 * 1024;

/// How long the last lines may take at the end of the process.
const LAST_WAIT: Duration = Duration::from_millis(200);

/// A log of the process.
pub(super) struct LogFile {
    place: LogPlace,
    state: Mutex<State>,
}

/// How lines go.
pub(super) enum Way {
    /// One behind another.
    Lines(Appender),
    /// Each by itself.
    Datagrams(Box<dyn Datagrams>),
    /// To a file in this folder, which is opened for it.
    Folder(File),
}

impl Way {
    /// Writes from the front of `lines`, and returns how much was taken.
    fn append(&mut self, lines: &[u8]) -> io::Result<usize> {
        match self {
            Way::Lines(appender) => appender.append(lines),
            Way::Datagrams(server) => {
                let len = memchr::memchr(b'\n', lines).unwrap_or(lines.len());
                server.send(&lines[..len])?;
                Ok(lines.len().min(len + 1))
            }
            // Nobody writes lines that go to no file of it.
            Way::Folder(_) => Ok(lines.len()),
        }
    }

    fn is_writable(&self, timeout_ms: i32) -> bool {
        match self {
            Way::Lines(appender) => appender.is_writable(timeout_ms),
            Way::Datagrams(server) => server.is_writable(timeout_ms),
            Way::Folder(_) => true,
        }
    }
}

/// Where lines go, and those that have not gone yet.
struct State {
    /// `None`: what is written is dropped on purpose.
    way: Option<Way>,
    /// The reopening that was followed last.
    reopening: u32,
    /// Lines that wait, the first perhaps without its front.
    kept: Vec<u8>,
    /// Whether its front was written already.
    torn: bool,
    /// What of that is no lines but belongs together, in order: how many bytes each still has, and for how
    /// many lines it stands.
    wholes: VecDeque<(usize, u64)>,
    /// Whether the front of the first of these was written already.
    is_begun: bool,
    /// Lines that were dropped and not told of yet.
    dropped: u64,
    /// Why the last line was not taken.
    cause: Option<io::Error>,
    /// Whether it was told that lines are not taken.
    told: bool,
}

/// What is to be told of a log.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// It cannot be written to: its place, and why.
    Failing(PathBuf, io::Error),
    /// It could not, and can again: so many lines are missing in it.
    Dropped(PathBuf, u64),
    /// It could not be opened again: it goes on where it was.
    NotReopened(PathBuf, io::Error),
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Trouble::Failing(path, error) => {
                write!(f, "cannot write to the log `{}`: {error}", path.display())
            }
            Trouble::Dropped(path, count) => {
                let (lines, were) = if *count == 1 { ("line", "was") } else { ("lines", "were") };
                write!(f, "{count} {lines} of the log `{}` {were} dropped", path.display())?;
                f.write_str(": it did not take them in time")
            }
            Trouble::NotReopened(path, error) => {
                write!(f, "cannot reopen the log `{}`: {error}", path.display())?;
                f.write_str("; the file that is open stays in use")
            }
        }
    }
}

impl LogFile {
    pub(super) fn open(place: LogPlace, reopening: u32) -> io::Result<LogFile> {
        let way = place.open()?;
        let state = State {
            way,
            reopening,
            kept: Vec::new(),
            torn: false,
            wholes: VecDeque::new(),
            is_begun: false,
            dropped: 0,
            cause: None,
            told: false,
        };
        Ok(LogFile { place, state: Mutex::new(state) })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing in here panics.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes whole lines, as far as they are taken; whether some are kept, so that
    /// [`retry`](Self::retry) is to be called after a while.
    #[must_use]
    pub(super) fn write(&self, lines: &[u8]) -> bool {
        let mut state = self.state();
        state.write(lines);
        state.is_behind()
    }

    /// The same of bytes that stand for so many lines and belong together: a member of a file in gzip. An
    /// error is why there are none.
    #[must_use]
    pub(super) fn write_whole(&self, bytes: io::Result<Vec<u8>>, lines: u64) -> bool {
        let mut state = self.state();
        match bytes {
            Ok(bytes) => state.write_whole(&bytes, lines),
            Err(error) => {
                state.dropped += lines;
                state.cause = Some(error);
            }
        }
        state.is_behind()
    }

    /// Writes what was kept, and says what there is to tell. Whether some is kept still.
    pub(super) fn retry(&self) -> (Option<Trouble>, bool) {
        let mut state = self.state();
        state.write(&[]);
        let path = || self.place.path();
        let failing = |error: &io::Error| error.kind() != io::ErrorKind::WouldBlock;
        let trouble = if state.kept.is_empty() {
            state.told = false;
            let dropped = std::mem::take(&mut state.dropped);
            (dropped > 0).then(|| Trouble::Dropped(path(), dropped))
        } else if !state.told && state.cause.as_ref().is_some_and(failing) {
            state.told = true;
            state.cause.take().map(|error| Trouble::Failing(path(), error))
        } else {
            None
        };
        (trouble, state.is_behind())
    }

    /// Opens the file again, unless another worker has done so for this `reopening`.
    pub(super) fn reopen(&self, reopening: u32) -> Option<Trouble> {
        let mut state = self.state();
        if std::mem::replace(&mut state.reopening, reopening) == reopening
            || !matches!(self.place, LogPlace::File(_) | LogPlace::Folder(_))
        {
            return None;
        }
        state.write(&[]);
        match self.place.open() {
            Ok(way) => {
                state.way = way;
                state.forget_torn();
                None
            }
            Err(error) => Some(Trouble::NotReopened(self.place.path(), error)),
        }
    }

    /// What the log is called.
    pub(super) fn path(&self) -> PathBuf {
        self.place.path()
    }

    /// Opens a file beneath the folder that the log is.
    pub(super) fn open_named(&self, path: &CStr) -> io::Result<Appender> {
        match &self.state().way {
            Some(Way::Folder(folder)) => Appender::open_beneath(folder.as_fd(), path),
            _ => Err(io::ErrorKind::NotADirectory.into()),
        }
    }

    /// Gives what was kept a last time. The end of the process does not wait long for it.
    pub(super) fn finish(&self) {
        let (mut state, start) = (self.state(), Instant::now());
        state.write(&[]);
        while !state.kept.is_empty() {
            let left = LAST_WAIT.saturating_sub(start.elapsed());
            let writable = |way: &Way| way.is_writable(left.as_millis() as i32) && !left.is_zero();
            if !state.way.as_ref().is_some_and(writable) {
                return;
            }
            let before = state.kept.len();
            state.write(&[]);
            if state.kept.len() == before {
                return;
            }
        }
    }
}

impl State {
    fn is_behind(&self) -> bool {
        !self.kept.is_empty() || self.dropped > 0
    }

    /// Writes what was kept and then `lines`, and keeps what is not taken.
    fn write(&mut self, lines: &[u8]) {
        let kept = std::mem::take(&mut self.kept);
        let taken = self.append(&kept);
        self.kept = kept;
        self.kept.drain(..taken);
        self.pass(taken);
        if !self.kept.is_empty() {
            return self.keep(lines);
        }
        // What a log has kept once, it need not keep again.
        self.kept = Vec::new();
        let taken = self.append(lines);
        self.keep(&lines[taken..]);
    }

    /// Takes note of what was written of what belongs together.
    fn pass(&mut self, mut taken: usize) {
        while let Some((left, _)) = self.wholes.front_mut().filter(|_| taken > 0) {
            let len = taken.min(*left);
            (taken, *left) = (taken - len, *left - len);
            self.is_begun = *left > 0;
            if *left == 0 {
                self.wholes.pop_front();
            }
        }
    }

    /// Writes what was kept and then bytes that belong together, or keeps them. One that was begun is kept
    /// whatever its length: nothing may stand between.
    fn write_whole(&mut self, bytes: &[u8], lines: u64) {
        self.write(&[]);
        let taken = if self.kept.is_empty() { self.append(bytes) } else { 0 };
        let rest = &bytes[taken..];
        if rest.is_empty() {
            return;
        }
        if taken == 0 && self.kept.len() + rest.len() > KEPT_LEN {
            self.dropped += lines;
            return;
        }
        self.is_begun |= taken > 0;
        self.kept.extend_from_slice(rest);
        self.wholes.push_back((rest.len(), lines));
    }

    /// Appends as much as is taken; returns how much.
    fn append(&mut self, bytes: &[u8]) -> usize {
        let Some(way) = &mut self.way else { return bytes.len() };
        let mut taken = 0;
        while taken < bytes.len() {
            let rest = &bytes[taken..];
            match way.append(rest) {
                Ok(0) => break,
                Ok(len) => taken += len,
                // It never fits into a datagram.
                Err(error) if error.raw_os_error() == Some(libc::EMSGSIZE) => {
                    taken += memchr::memchr(b'\n', rest).map_or(rest.len(), |end| end + 1);
                    self.dropped += 1;
                }
                Err(error) => {
                    self.cause = Some(error);
                    break;
                }
            }
        }
        if let Some(last) = bytes[..taken].last() {
            self.torn = *last != b'\n';
        }
        taken
    }

    /// Keeps lines, as far as there is room. The rest of a line that was begun is kept whatever
    /// its length: nothing may stand between.
    fn keep(&mut self, lines: &[u8]) {
        let end_of_line = |at: Option<usize>| at.map_or(0, |at| at + 1);
        let begun = if self.torn && self.kept.is_empty() {
            end_of_line(memchr::memchr(b'\n', lines))
        } else {
            0
        };
        let room = KEPT_LEN.saturating_sub(self.kept.len()).min(lines.len());
        let end = begun.max(end_of_line(memchr::memrchr(b'\n', &lines[..room])));
        self.kept.reserve_exact(end);
        self.kept.extend_from_slice(&lines[..end]);
        self.dropped += memchr::memchr_iter(b'\n', &lines[end..]).count() as u64;
    }

    /// Drops the rest of a line, or of what belongs together, whose front is in a file that was left.
    fn forget_torn(&mut self) {
        if std::mem::take(&mut self.is_begun)
            && let Some((left, lines)) = self.wholes.pop_front()
        {
            self.kept.drain(..left);
            self.dropped += lines;
            return;
        }
        if std::mem::take(&mut self.torn)
            && let Some(end) = memchr::memchr(b'\n', &self.kept)
        {
            self.kept.drain(..=end);
            self.dropped += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::os::fd::OwnedFd;

    use super::*;
    use crate::samples::Folder;
    use crate::sys::poll::is_readable;

    const LINE: &[u8] = b"a line of some length\n";

    /// A log that goes into a pipe, and the pipe's other end.
    fn pipe() -> (io::PipeReader, LogFile) {
        let (reader, writer) = io::pipe().expect("a pipe");
        let log = LogFile::open(LogPlace::Off, 0).expect("a log");
        log.state().way = Appender::standard(writer.as_fd()).ok().map(Way::Lines);
        (reader, log)
    }

    /// What is in a pipe now.
    fn drain(reader: &mut io::PipeReader) -> Vec<u8> {
        if !is_readable(reader.as_fd()) {
            return Vec::new();
        }
        let mut text = vec![0; 1 << 20];
        let len = reader.read(&mut text).expect("what was written");
        text.truncate(len);
        text
    }

    #[test]
    fn what_a_full_pipe_does_not_take_is_kept_then_dropped_and_counted() {
        let (mut reader, log) = pipe();
        let (mut written, mut read) = (0, Vec::new());
        while !log.write(LINE) {
            written += 1;
        }
        written += 1;
        // A part of this fits into what is kept, and the rest is one call's and one count's.
        assert!(log.write(&LINE.repeat(KEPT_LEN / LINE.len() + 10)));
        written += (KEPT_LEN / LINE.len() + 10) as u64;
        assert!(log.state().kept.len() <= KEPT_LEN);
        assert!(matches!(log.retry(), (None, true)));
        let told = loop {
            read.extend(drain(&mut reader));
            if let (Some(trouble), _) = log.retry() {
                break trouble;
            }
        };
        assert!(!log.write(b"after\n"));
        read.extend(drain(&mut reader));
        let Trouble::Dropped(_, dropped) = told else { panic!("{told}") };
        let lines = read.strip_suffix(b"after\n").expect("the last line");
        assert!(lines.chunks(LINE.len()).all(|line| line == LINE));
        assert_eq!((lines.len() / LINE.len()) as u64 + dropped, written);
        assert!(dropped > 0);
    }

    #[test]
    fn a_line_that_was_begun_is_ended_before_another() {
        let (mut reader, log) = pipe();
        // Longer than what a pipe takes whole and than what it holds: it is begun.
        let long = [&[b'x'; 300_000][..], b"\n"].concat();
        assert!(log.write(&[&long[..], LINE].concat()));
        assert!(log.state().torn);
        let mut read = Vec::new();
        while !read.ends_with(LINE) || log.state().is_behind() {
            read.extend(drain(&mut reader));
            let _ = log.retry();
        }
        let begin = read.iter().position(|&byte| byte == b'x').expect("the long line");
        assert!(read[begin..].starts_with(&long));
    }

    #[test]
    fn a_log_that_fails_is_told_of_once() {
        let log = LogFile::open(LogPlace::File("/dev/full".into()), 0).expect("a device");
        assert!(log.write(LINE));
        let (told, _) = log.retry();
        assert!(matches!(&told, Some(Trouble::Failing(..))), "{told:?}");
        assert!(matches!(log.retry(), (None, true)));
        // It takes lines again.
        let folder = Folder::new();
        let path = folder.0.join("log");
        let file: OwnedFd = File::create(&path).expect("a file").into();
        log.state().way = Appender::standard(file.as_fd()).ok().map(Way::Lines);
        assert!(matches!(log.retry(), (None, false)));
        assert_eq!(std::fs::read(&path).expect("the log"), LINE);
    }

    #[test]
    fn the_end_does_not_wait_for_a_reader() {
        let (_reader, log) = pipe();
        while !log.write(LINE) {}
        let start = Instant::now();
        log.finish();
        assert!(start.elapsed() < 10 * LAST_WAIT);
    }

    #[test]
    fn what_belongs_together_is_written_whole_or_not_at_all() {
        let (mut reader, log) = pipe();
        // Bytes as they come, line breaks among them.
        let member = |number: u8| [&[number][..], b"\n\n", &[number; 60_000]].concat();
        let mut kept = Vec::new();
        for number in 0..20 {
            let before = log.state().dropped;
            let _ = log.write_whole(Ok(member(number)), 7);
            match log.state().dropped - before {
                0 => kept.push(number),
                lines => assert_eq!(lines, 7),
            }
        }
        assert!(kept.len() < 20 && log.state().kept.len() <= KEPT_LEN + 60_000);
        assert!(log.write_whole(Err(io::ErrorKind::OutOfMemory.into()), 2));
        let mut read = Vec::new();
        while !log.state().kept.is_empty() {
            read.extend(drain(&mut reader));
            let _ = log.retry();
        }
        read.extend(drain(&mut reader));
        assert!(read == kept.iter().flat_map(|&number| member(number)).collect::<Vec<_>>());
        let state = log.state();
        assert!(state.wholes.is_empty() && !state.is_begun);
    }

    #[test]
    fn the_rest_of_what_belongs_together_does_not_begin_another_file() {
        let (_reader, log) = pipe();
        assert!(log.write_whole(Ok(vec![b'x'; 300_000]), 3));
        assert!(log.write_whole(Ok(vec![b'y'; 10]), 1));
        let mut state = log.state();
        state.forget_torn();
        assert_eq!(state.kept, vec![b'y'; 10]);
        assert_eq!((state.dropped, state.is_begun), (3, false));
    }

    #[test]
    fn the_rest_of_a_line_does_not_begin_another_file() {
        let (_reader, log) = pipe();
        let long = [&[b'x'; 300_000][..], b"\n"].concat();
        let _ = log.write(&[&long[..], LINE].concat());
        log.state().forget_torn();
        assert_eq!(log.state().kept, LINE);
        assert_eq!(log.state().dropped, 1);
    }
}
