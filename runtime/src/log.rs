//! The error log and the access logs of one worker: whole lines, appended. A log that cannot
//! be written to never stops the server.

mod file;
mod named;
mod syslog;

use std::cell::{Cell, RefCell};
use std::fmt;
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::clock::{LocalClock, Now};
use crate::escape::Escaped;
use crate::site::{AccessLog, ErrorLog, Level, LogGzip, LogId, Report, Syslog, Variables};
use crate::sys::append::Appender;
use crate::sys::identity;

pub(crate) use file::{KEPT_LEN, Trouble};
use file::{LogFile, Way};
pub use named::MOST_NAME_LEN;
use named::Named;
pub(crate) use named::{AppendToNamed, append_to_named};
pub use syslog::{Datagrams, SyslogServer};
pub(crate) use syslog::{OpenSyslog, open as open_syslog};

/// The longest line of the error log, in bytes.
const MAX_ERROR_LEN: usize = 2048;

/// Lines of a log without a buffer are gathered up to this length, in bytes, but never longer than
/// for one turn of the event loop.
pub(crate) const GATHERED_LEN: usize = 16 * 1024;

/// How soon a log that has not taken all is tried again.
const RETRY_MS: u64 = 200;

/// How often the logs were to be opened again.
static REOPENINGS: AtomicU32 = AtomicU32::new(0);

/// Makes every worker open its log files again, at its next [`Logs::follow_reopening`].
pub(crate) fn ask_to_reopen() {
    REOPENINGS.fetch_add(1, Ordering::Release);
}

/// Where a log goes, its path resolved.
#[derive(Clone)]
#[cfg_attr(test, derive(PartialEq, Debug))]
pub(crate) enum LogPlace {
    /// Standard error.
    Stderr,
    /// Standard output.
    Stdout,
    /// A file.
    File(PathBuf),
    /// A folder of files that values name.
    Folder(FolderPlace),
    /// A syslog server.
    Syslog(SyslogPlace),
    /// Nowhere.
    Off,
}

/// A syslog server, its params filled in.
#[derive(Clone)]
pub(crate) struct SyslogPlace {
    /// What the conf says of it.
    pub(crate) syslog: &'static Syslog,
    /// Where it is.
    pub(crate) server: String,
    /// What its path is beneath.
    pub(crate) prefix: PathBuf,
    /// Finds it: [`open_syslog`], which a site without one has no code for.
    pub(crate) open: OpenSyslog,
}

/// A folder of files that values name.
#[derive(Clone)]
pub(crate) struct FolderPlace {
    /// Where it is.
    pub(crate) path: PathBuf,
    /// Appends a line to a file of it: [`append_to_named`], which a site without has no code for.
    pub(crate) append: AppendToNamed,
}

/// What a line of the error log is about.
#[derive(Clone, Copy)]
pub(crate) enum About<'a> {
    /// The process.
    Process,
    /// A request.
    Request(&'a Variables<'a>),
}

/// The logs of one worker, by [`LogId`].
pub struct Logs {
    sinks: Vec<RefCell<Sink>>,
    reopenings: Cell<u32>,
    /// When logs that have not taken all are tried again, by the monotonic clock.
    retry_at_ms: Cell<Option<u64>>,
    /// Holds the line that is being written.
    line: RefCell<Vec<u8>>,
    /// Files that values have named.
    named: RefCell<Named>,
}

struct Sink {
    file: Arc<LogFile>,
    /// What a syslog server is told of each line.
    syslog: Option<&'static Syslog>,
    /// Appends a line to a file that a value names.
    append: Option<AppendToNamed>,
    buffer: Vec<u8>,
    /// When the buffer has to be written, by the monotonic clock.
    flush_at_ms: Option<u64>,
    /// How lines of access logs are compressed.
    gzip: Option<LogGzip>,
    /// Whether the file has not taken all of what this worker has written.
    behind: bool,
}

impl Report for Logs {
    fn report(&self, level: Level, about: &Variables<'_>, text: fmt::Arguments<'_>) {
        let (logs, time) = (about.settings.error_logs, (about.now, about.local_clock));
        self.error(logs, level, About::Request(about), time, text);
    }
}

impl Logs {
    /// Opens the logs. The errors name those that cannot be opened.
    pub(crate) fn open(places: &[LogPlace]) -> Result<Logs, Vec<(PathBuf, io::Error)>> {
        let reopenings = REOPENINGS.load(Ordering::Acquire);
        let (mut sinks, mut faults) = (Vec::new(), Vec::new());
        for place in places {
            match LogFile::open(place.clone(), reopenings) {
                Ok(file) => sinks.push(Sink::new(Arc::new(file), place)),
                Err(error) => faults.push((place.path(), error)),
            }
        }
        if faults.is_empty() { Ok(Logs::of(sinks)) } else { Err(faults) }
    }

    /// The same logs for another worker, with buffers of their own.
    pub(crate) fn for_worker(&self) -> Logs {
        let sink = |sink: &RefCell<Sink>| {
            let sink = sink.borrow();
            Sink::of(sink.file.clone(), (sink.syslog, sink.append))
        };
        Logs::of(self.sinks.iter().map(sink).collect())
    }

    fn of(sinks: Vec<Sink>) -> Logs {
        Logs {
            sinks: sinks.into_iter().map(RefCell::new).collect(),
            reopenings: Cell::new(REOPENINGS.load(Ordering::Acquire)),
            retry_at_ms: Cell::default(),
            line: RefCell::default(),
            named: RefCell::default(),
        }
    }

    /// Writes the lines of a request that has been answered.
    pub(crate) fn access(&self, variables: &Variables<'_>) {
        let mut line = self.line.borrow_mut();
        for log in variables.settings.access_logs {
            line.clear();
            if let Some(condition) = log.condition {
                condition.write(variables, &mut line);
                if matches!(line.as_slice(), b"" | b"0") {
                    continue;
                }
                line.clear();
            }
            let sink = self.sinks.get(usize::from(log.log)).map(RefCell::borrow);
            let (syslog, append) = sink.map_or((None, None), |sink| (sink.syslog, sink.append));
            if let Some(syslog) = syslog {
                let time = (variables.now, variables.local_clock);
                syslog.write_front(syslog.severity, time, &mut line);
            }
            (log.format)(variables, &mut line);
            if syslog.is_some() {
                // What a format has in it does not end the datagram.
                line.iter_mut().filter(|byte| **byte == b'\n').for_each(|byte| *byte = b' ');
            }
            line.push(b'\n');
            if let (Some(name), Some(append)) = (&log.name, append) {
                append(self, log.log, name, variables, &line);
                continue;
            }
            self.with_sink(log.log, |sink| sink.append(&line, log, variables.now));
        }
    }

    /// Writes a line to those of the error logs whose level is talkative enough.
    pub(crate) fn error(
        &self,
        logs: &[ErrorLog],
        level: Level,
        about: About<'_>,
        (now, clock): (Now, &LocalClock),
        message: fmt::Arguments<'_>,
    ) {
        if !ErrorLog::any_takes(logs, level) {
            return;
        }
        let mut line = Vec::with_capacity(256);
        clock.write_log(now, &mut line);
        let (pid, tid) = (std::process::id(), identity::thread_id());
        // Writing to a vector does not fail.
        let _ = write!(line, " [{}] {pid}#{tid}: ", level_name(level));
        let _ = write_message(&mut line, about, message);
        line.truncate(MAX_ERROR_LEN - 1);
        // Whatever the message was made of, it stays one line.
        line.iter_mut().filter(|byte| byte.is_ascii_control()).for_each(|byte| *byte = b' ');
        line.push(b'\n');
        for log in logs.iter().filter(|log| log.takes(level)) {
            self.with_sink(log.log, |sink| {
                sink.flush_if_due(now);
                match sink.syslog {
                    None => sink.write(&line),
                    Some(syslog) => {
                        let mut front = Vec::new();
                        syslog.write_front(level, (now, clock), &mut front);
                        sink.write(&[&front[..], &line].concat());
                    }
                }
            });
        }
    }

    /// When [`flush_due`](Self::flush_due) has something to do, by the monotonic clock.
    pub(crate) fn next_flush_ms(&self) -> Option<u64> {
        let sinks = self.sinks.iter().filter_map(|sink| sink.borrow().flush_at_ms);
        sinks.chain(self.retry_at_ms.get()).min()
    }

    /// Writes the buffers that have been held back for long enough. To be called at the end of
    /// every turn of the event loop.
    pub(crate) fn flush_due(&self, now: Now) {
        self.sinks.iter().for_each(|sink| sink.borrow_mut().flush_if_due(now));
        self.plan_retry(now);
    }

    /// Has logs tried again after a while, if there are any that have not taken all.
    fn plan_retry(&self, now: Now) {
        let is_behind = || self.sinks.iter().any(|sink| sink.borrow().behind);
        if self.retry_at_ms.get().is_none() && is_behind() {
            self.retry_at_ms.set(Some(now.monotonic_ms + RETRY_MS));
        }
    }

    /// Tries the logs again that have not taken all, if it is time, and says what is to be told.
    pub(crate) fn retry_due(&self, now: Now) -> Vec<Trouble> {
        if self.retry_at_ms.get().is_none_or(|at| at > now.monotonic_ms) {
            return Vec::new();
        }
        self.retry_at_ms.set(None);
        let mut troubles = Vec::new();
        for sink in self.sinks.iter().filter(|sink| sink.borrow().behind) {
            let (trouble, behind) = sink.borrow().file.retry();
            troubles.extend(trouble);
            sink.borrow_mut().behind = behind;
        }
        self.plan_retry(now);
        troubles
    }

    /// Writes all buffers.
    pub(crate) fn flush(&self) {
        self.sinks.iter().for_each(|sink| sink.borrow_mut().flush());
    }

    /// Opens the files again if that was asked for since it was done last, and says what is to be
    /// told. One that cannot be opened goes on in the old file.
    pub(crate) fn follow_reopening(&self) -> Vec<Trouble> {
        let reopenings = REOPENINGS.load(Ordering::Acquire);
        if self.reopenings.replace(reopenings) == reopenings {
            return Vec::new();
        }
        let reopen = |sink: &RefCell<Sink>| {
            let mut sink = sink.borrow_mut();
            sink.flush();
            sink.file.reopen(reopenings)
        };
        self.named.take();
        self.sinks.iter().filter_map(reopen).collect()
    }

    fn with_sink(&self, log: LogId, write: impl FnOnce(&mut Sink)) {
        if let Some(sink) = self.sinks.get(usize::from(log)) {
            write(&mut sink.borrow_mut());
        }
    }
}

#[cfg(test)]
impl PartialEq for SyslogPlace {
    fn eq(&self, other: &SyslogPlace) -> bool {
        self.server == other.server
    }
}

#[cfg(test)]
impl PartialEq for FolderPlace {
    fn eq(&self, other: &FolderPlace) -> bool {
        self.path == other.path
    }
}

#[cfg(test)]
impl fmt::Debug for FolderPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.path.fmt(f)
    }
}

#[cfg(test)]
impl fmt::Debug for SyslogPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.server)
    }
}

impl Drop for Logs {
    fn drop(&mut self) {
        self.flush();
        self.sinks.iter().for_each(|sink| sink.borrow().file.finish());
    }
}

impl LogPlace {
    /// The place that a text means once params are in it; `path` is what it is as a path.
    pub(crate) fn of(text: &str, path: PathBuf) -> LogPlace {
        match text {
            "stderr" | "/dev/stderr" => LogPlace::Stderr,
            "stdout" | "/dev/stdout" => LogPlace::Stdout,
            "off" => LogPlace::Off,
            _ => LogPlace::File(path),
        }
    }

    fn open(&self) -> io::Result<Option<Way>> {
        let appender = match self {
            LogPlace::Stderr => Appender::standard(io::stderr().as_fd()),
            LogPlace::Stdout => Appender::standard(io::stdout().as_fd()),
            LogPlace::File(path) => Appender::open(path),
            LogPlace::Folder(FolderPlace { path, .. }) => {
                return std::fs::File::open(path).map(|folder| Some(Way::Folder(folder)));
            }
            LogPlace::Syslog(SyslogPlace { open, server, prefix, .. }) => {
                return open(server, prefix).map(|server| Some(Way::Datagrams(server)));
            }
            LogPlace::Off => return Ok(None),
        };
        appender.map(|appender| Some(Way::Lines(appender)))
    }

    fn syslog(&self) -> Option<&'static Syslog> {
        match self {
            LogPlace::Syslog(place) => Some(place.syslog),
            _ => None,
        }
    }

    fn append(&self) -> Option<AppendToNamed> {
        match self {
            LogPlace::Folder(place) => Some(place.append),
            _ => None,
        }
    }

    fn path(&self) -> PathBuf {
        match self {
            LogPlace::Stderr => "stderr".into(),
            LogPlace::Stdout => "stdout".into(),
            LogPlace::File(path) | LogPlace::Folder(FolderPlace { path, .. }) => path.clone(),
            LogPlace::Syslog(place) => format!("syslog:server={}", place.server).into(),
            LogPlace::Off => "off".into(),
        }
    }
}

impl Sink {
    fn new(file: Arc<LogFile>, place: &LogPlace) -> Sink {
        Sink::of(file, (place.syslog(), place.append()))
    }

    fn of(
        file: Arc<LogFile>,
        (syslog, append): (Option<&'static Syslog>, Option<AppendToNamed>),
    ) -> Sink {
        Sink {
            file,
            syslog,
            append,
            buffer: Vec::new(),
            flush_at_ms: None,
            gzip: None,
            behind: false,
        }
    }

    /// Adds a line to the buffer. Without one in the conf it is due at once.
    fn append(&mut self, line: &[u8], log: &AccessLog, now: Now) {
        let room = if log.buffer_len == 0 { GATHERED_LEN } else { log.buffer_len };
        self.gzip = log.gzip;
        if self.buffer.len() + line.len() > room {
            self.flush();
        }
        if line.len() > room {
            return self.write_lines(line);
        }
        self.buffer.extend_from_slice(line);
        if log.buffer_len == 0 {
            self.flush_at_ms = Some(now.monotonic_ms);
        } else if log.flush_ms > 0 && self.flush_at_ms.is_none() {
            self.flush_at_ms = Some(now.monotonic_ms + log.flush_ms);
        }
    }

    fn flush_if_due(&mut self, now: Now) {
        if self.flush_at_ms.is_some_and(|at| at <= now.monotonic_ms) {
            self.flush();
        }
    }

    fn flush(&mut self) {
        self.flush_at_ms = None;
        let buffer = std::mem::take(&mut self.buffer);
        if !buffer.is_empty() {
            self.write_lines(&buffer);
        }
        self.buffer = buffer;
        self.buffer.clear();
    }

    /// Writes whole lines of an access log, now or later.
    fn write_lines(&mut self, lines: &[u8]) {
        match self.gzip.map(|gzip| (gzip.compress)(gzip.level, lines)) {
            None => self.write(lines),
            Some(member) => {
                let count = memchr::memchr_iter(b'\n', lines).count() as u64;
                self.behind |= self.file.write_whole(member, count);
            }
        }
    }

    /// Writes whole lines, now or later.
    fn write(&mut self, lines: &[u8]) {
        self.behind |= self.file.write(lines);
    }
}

/// Appends the message and whom it is about.
fn write_message(
    line: &mut Vec<u8>,
    about: About<'_>,
    message: fmt::Arguments<'_>,
) -> io::Result<()> {
    let variables = match about {
        About::Process => return write!(line, "{message}"),
        About::Request(variables) => variables,
    };
    let serial = variables.connection.serial();
    write!(line, "*{serial} {message}, client: ")?;
    variables.client().write_address(line);
    write!(line, ", server: {}", Escaped(variables.server.name.bytes()))?;
    write!(line, ", request: \"{}\"", Escaped(variables.head.line()))?;
    for (name, label) in [(&b"host"[..], "host"), (b"referer", "referrer")] {
        if let Some(value) = variables.head.fields().first(name) {
            write!(line, ", {label}: \"{}\"", Escaped(value))?;
        }
    }
    Ok(())
}

fn level_name(level: Level) -> &'static str {
    match level {
        Level::Emerg => "emerg",
        Level::Alert => "alert",
        Level::Crit => "crit",
        Level::Error => "error",
        Level::Warn => "warn",
        Level::Notice => "notice",
        Level::Info => "info",
        Level::Debug => "debug",
    }
}

#[cfg(test)]
mod tests;
