//! Logs whose file a value names: `access_log /var/log/$host.log`. Each file is beneath the folder
//! that the conf names, whatever the value says. Few stay open, and what is not written is counted
//! and told of.

use std::collections::{BTreeMap, HashMap};
use std::ffi::CString;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use super::{About, Logs};
use crate::clock::Now;
use crate::escape::Escaped;
use crate::files::path::write_root;
use crate::site::{Level, LogCache, LogId, LogName, Text, Variables};
use crate::sys::append::Appender;

/// The longest path beneath the folder, in bytes.
pub const MOST_NAME_LEN: usize = 1024;

/// How often it is told that lines are not written.
const TOLD_EVERY_MS: u64 = 1000;

/// Appends a line to a file that a value names.
pub(crate) type AppendToNamed = fn(&Logs, LogId, &LogName, &Variables<'_>, &[u8]);

/// The files of one worker.
#[derive(Default)]
pub(super) struct Named {
    files: HashMap<(LogId, Vec<u8>), Open>,
    /// Their names, the one first that was not used for longest.
    by_use: BTreeMap<u64, (LogId, Vec<u8>)>,
    uses: u64,
    /// Lines that were not written, since it was told of them last.
    lost: u64,
    told_at_ms: Option<u64>,
}

/// A file that was used.
struct Open {
    /// `None`: it is not used often enough to stay open.
    appender: Option<Appender>,
    /// How often it was used without a longer pause.
    uses: u32,
    used_ms: u64,
    checked_ms: u64,
    /// Its place in [`Named::by_use`].
    last_use: u64,
}

/// Appends `line` to the file.
pub(crate) fn append_to_named(
    logs: &Logs,
    log: LogId,
    name: &LogName,
    variables: &Variables<'_>,
    line: &[u8],
) {
    // As in nginx, a host that has no folder makes no file.
    if matches!(variables.settings.base.inner, Text::Computed(_)) {
        let mut root = Vec::new();
        write_root(variables, &mut root);
        if !Path::new(std::ffi::OsStr::from_bytes(&root)).is_dir() {
            return;
        }
    }
    let mut path = Vec::new();
    name.path.write(variables, &mut path);
    let now = variables.now;
    let written = logs.append_named(log, &path, name.cache, now, line);
    let Err(error) = written else { return };
    let lost = {
        let mut named = logs.named.borrow_mut();
        named.lost += 1;
        if named.told_at_ms.is_some_and(|at| now.monotonic_ms < at + TOLD_EVERY_MS) {
            return;
        }
        named.told_at_ms = Some(now.monotonic_ms);
        std::mem::take(&mut named.lost)
    };
    let (folder, path) = (logs.place(log), Escaped(&path));
    let lines = if lost == 1 { "line was" } else { "lines were" };
    logs.error(
        variables.settings.error_logs,
        Level::Crit,
        About::Request(variables),
        (now, variables.local_clock),
        format_args!("{lost} {lines} not written to a log: `{folder}/{path}`: {error}"),
    );
}

impl Logs {
    fn place(&self, log: LogId) -> String {
        let sink = self.sinks.get(usize::from(log));
        sink.map_or_else(String::new, |sink| sink.borrow().file.path().display().to_string())
    }

    fn append_named(
        &self,
        log: LogId,
        path: &[u8],
        cache: LogCache,
        now: Now,
        line: &[u8],
    ) -> io::Result<()> {
        if path.len() > MOST_NAME_LEN {
            return Err(io::Error::from_raw_os_error(libc::ENAMETOOLONG));
        }
        let open = || {
            let sink = self.sinks.get(usize::from(log)).ok_or(io::ErrorKind::NotFound)?;
            sink.borrow().file.open_named(&CString::new(path)?)
        };
        if cache.max == 0 {
            return append(&open()?, line);
        }
        let mut named = self.named.borrow_mut();
        let is_known = named.files.contains_key(&(log, path.to_vec()));
        named.forget(cache, now, is_known);
        let entry = named.enter((log, path), now);
        let checks = now.monotonic_ms >= entry.checked_ms + cache.valid_ms;
        if checks || entry.appender.is_none() {
            // Where the file has been moved, this is another one.
            entry.appender = None;
            entry.appender = Some(open()?);
            entry.checked_ms = now.monotonic_ms;
        }
        let result = entry.appender.as_ref().map_or(Ok(()), |appender| append(appender, line));
        if entry.uses < cache.min_uses {
            entry.appender = None;
        }
        result
    }
}

impl Named {
    /// Closes what was not used for long, and makes room for one more, unless it `is_known`.
    fn forget(&mut self, cache: LogCache, now: Now, is_known: bool) {
        while let Some((&use_, key)) = self.by_use.first_key_value() {
            let is_idle = self.files.get(key).is_none_or(|open| {
                now.monotonic_ms.saturating_sub(open.used_ms) > cache.inactive_ms
            });
            if !is_idle && (is_known || self.files.len() < cache.max) {
                return;
            }
            self.files.remove(key);
            self.by_use.remove(&use_);
        }
    }

    /// The entry of a file that is used now.
    fn enter(&mut self, (log, path): (LogId, &[u8]), now: Now) -> &mut Open {
        self.uses += 1;
        let key = (log, path.to_vec());
        let fresh = Open {
            appender: None,
            uses: 0,
            used_ms: 0,
            checked_ms: now.monotonic_ms,
            last_use: self.uses,
        };
        let entry = self.files.entry(key.clone()).or_insert(fresh);
        self.by_use.remove(&entry.last_use);
        self.by_use.insert(self.uses, key);
        entry.last_use = self.uses;
        entry.uses = entry.uses.saturating_add(1);
        entry.used_ms = now.monotonic_ms;
        entry
    }
}

/// Appends a whole line, or says why not. Nothing waits.
fn append(appender: &Appender, line: &[u8]) -> io::Result<()> {
    let mut rest = line;
    while !rest.is_empty() {
        match appender.append(rest)? {
            0 => return Err(io::ErrorKind::WriteZero.into()),
            len => rest = &rest[len..],
        }
    }
    Ok(())
}
