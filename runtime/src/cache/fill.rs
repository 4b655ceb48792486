//! What keeps an answer on its way to the client: it stands between the two. Where the other server
//! fails, it gives what was kept before in its place, if it may.

use std::cell::Cell;
use std::fmt;
use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::SystemTime;

use super::Digest;
use super::freshness::{Freshness, freshness, renewed};
use super::record::Record;
use super::store::Store;
use super::variant::{variant_of, vary_of};
use crate::backend::{Backend, Front, Received, Report, Tunnel};
use crate::connection::Interests;
use crate::escape::Escaped;
use crate::exchange::{BackendHead, Refusal};
use crate::http::response::Fields;
use crate::http::status;
use crate::site::{CacheStatus, Caching, Failures, Level, Proxy, Tries};

/// What is to be kept of the answer to a request.
pub(crate) struct Fill {
    pub(super) store: &'static Store,
    pub(super) proxy: &'static Proxy,
    pub(super) caching: &'static Caching,
    /// What the key's answers are known by that differ from no other.
    pub(super) main: Digest,
    /// What the answer is known by that was looked for.
    pub(super) key: Digest,
    /// The key itself.
    pub(super) text: Vec<u8>,
    /// The request's fields.
    pub(super) fields: Fields,
    /// What was kept before, and is not fresh any more.
    pub(super) stale: Option<(File, Record)>,
    /// Since when the other server is asked, where others are to know it.
    pub(super) since_ms: Option<u64>,
    /// Whether the answer may be kept (`proxy_no_cache`).
    pub(super) is_kept: Rc<Cell<bool>>,
}

impl Drop for Fill {
    fn drop(&mut self) {
        if let Some(since_ms) = self.since_ms {
            self.store.index().end_asking(&self.key, since_ms);
        }
    }
}

impl fmt::Debug for Fill {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fill").field("key", &shown(&self.text)).finish_non_exhaustive()
    }
}

/// Has an answer kept. `now_ms` is the present, by the monotonic clock.
pub(crate) fn keep(inner: Box<dyn Backend>, fill: Box<Fill>, now_ms: u64) -> Box<dyn Backend> {
    Box::new(Keeping {
        inner,
        fill,
        doing: Doing::Passing,
        has_head: false,
        front: None,
        remarks: Vec::new(),
        status: None,
        now_ms,
    })
}

/// An answer that is kept on its way.
struct Keeping {
    inner: Box<dyn Backend>,
    fill: Box<Fill>,
    doing: Doing,
    /// Whether a head was given.
    has_head: bool,
    /// What has come with it, where that was looked at.
    front: Option<Front>,
    remarks: Vec<(Level, String)>,
    /// What `$upstream_cache_status` is in the place of what the look has come to.
    status: Option<CacheStatus>,
    now_ms: u64,
}

/// What it does.
enum Doing {
    /// Nothing: all goes on as it comes.
    Passing,
    /// It writes what comes.
    Writing(Draft),
    /// What was kept before is given, after this failure or news.
    Begins(CacheStatus),
    /// Its content is given from here on.
    Gives { file: File, at: u64, left: u64 },
}

/// A file that is not whole yet. Without being put in its place, it goes.
struct Draft {
    path: PathBuf,
    file: File,
    record: Record,
    /// The length that the head says.
    promised: Option<u64>,
}

impl Drop for Draft {
    fn drop(&mut self) {
        // Once it is in its place, there is none by this name.
        let _ = fs::remove_file(&self.path);
    }
}

impl Draft {
    fn is_whole(&self) -> bool {
        self.promised == Some(self.record.content_len)
    }

    fn write(&mut self, piece: &[u8]) -> io::Result<()> {
        self.file.write_all(piece)?;
        self.record.content_len += piece.len() as u64;
        Ok(())
    }
}

impl Keeping {
    /// Whether what was kept before may be given in the place of a failure.
    fn may_give(&self, failure: Failures) -> bool {
        let Some((_, record)) = &self.fill.stale else { return false };
        let is_recent = unix_s() - record.fresh.until_s <= i64::from(record.fresh.if_error_s);
        let used = self.fill.proxy.plain.cache_use_stale;
        is_recent || failure != Failures::NONE && used.0 & failure.0 != 0
    }

    /// The answer's head is there. Whether what was kept before is given in its place.
    fn take_head(&mut self, head: &BackendHead, scratch: &[u8]) {
        let Fill { proxy, caching, stale, .. } = &*self.fill;
        let now_s = unix_s();
        let ignored = proxy.plain.ignored;
        if let (304, Some((file, record)), true) =
            (head.status, stale, proxy.plain.cache_revalidate)
        {
            let kept = record.fields();
            let fields = renewed(&head.fields, &kept);
            let fresh = freshness(record.status, fields, caching.valid, ignored, now_s);
            if let Some(fresh) = fresh {
                self.renew(file, record, fresh);
            }
            self.doing = Doing::Begins(CacheStatus::Revalidated);
            return;
        }
        if self.may_give(Failures::of_status(head.status)) && head.status >= 400 {
            self.doing = Doing::Begins(CacheStatus::Stale);
            return;
        }
        let is_answer = (200..600).contains(&head.status) && head.status != 304;
        let redirects = head.fields.get("X-Accel-Redirect").is_some();
        let fresh = freshness(head.status, &head.fields, caching.valid, ignored, now_s);
        let Some(fresh) = fresh.filter(|_| is_answer && !redirects) else { return };
        let vary = vary_of(head, ignored);
        let values = |name: &[u8]| {
            let fields = self.fill.fields.iter();
            let named = fields.filter(|(other, _)| other.eq_ignore_ascii_case(name));
            named.map(|(_, value)| value.to_vec()).collect()
        };
        let variant = match vary.is_empty() {
            true => Digest::default(),
            false => variant_of(self.fill.store.said.digest, &self.fill.main, &vary, values),
        };
        let record = Record {
            key: self.fill.text.clone(),
            status: head.status,
            fresh,
            has_type: head.has_type,
            vary,
            variant,
            lines: head.fields.lines().to_vec(),
            content_len: 0,
        };
        let promised = match status::has_no_content(head.status) {
            true => Some(0),
            false => head.content_len,
        };
        self.begin(record, promised);
        let front = self.inner.take_front();
        self.write_piece(&front.content);
        self.write_piece(scratch.get(front.within.clone()).unwrap_or_default());
        if front.is_last {
            self.set_whole();
        }
        self.front = Some(front);
    }

    /// Notes that what was kept before holds longer.
    fn renew(&self, file: &File, record: &Record, fresh: Freshness) {
        let Fill { store, key, .. } = &*self.fill;
        if Record::refresh(file, fresh).is_ok() {
            let mut gone = Vec::new();
            let mut index = store.index();
            index.store(*key, (record.file_len(), fresh), self.now_ms, &mut gone);
            let removed = store.take_away(&gone);
            drop(index);
            removed.iter().for_each(|path| drop(fs::remove_file(path)));
        }
    }

    /// Begins a file.
    fn begin(&mut self, record: Record, promised: Option<u64>) {
        let begun = self.fill.store.draft().and_then(|(path, file)| {
            let mut draft = Draft { path, file, record, promised };
            draft.file.write_all(&draft.record.encode())?;
            Ok(draft)
        });
        match begun {
            Ok(draft) => self.doing = Doing::Writing(draft),
            Err(error) => self.give_up(&error),
        }
    }

    fn write_piece(&mut self, piece: &[u8]) {
        let most = self.fill.store.said.max_len;
        if let Doing::Writing(draft) = &mut self.doing {
            let written = match draft.record.file_len().saturating_add(piece.len() as u64) > most {
                // It would not stay, and may have no end.
                true => Err(io::Error::other("it is longer than all that may be kept")),
                false => draft.write(piece),
            };
            if let Err(error) = written {
                self.give_up(&error);
            }
        }
    }

    /// Notes that all of the content has come.
    fn set_whole(&mut self) {
        if let Doing::Writing(draft) = &mut self.doing {
            // One that has broken its promise is not kept.
            draft.promised.get_or_insert(draft.record.content_len);
        }
    }

    fn give_up(&mut self, error: &io::Error) {
        let (store, text) = (self.fill.store, shown(&self.fill.text));
        let path = store.path().display();
        let words = format!("the answer for {text} cannot be kept in \"{path}\": {error}");
        self.remarks.push((Level::Crit, words));
        self.doing = Doing::Passing;
    }

    /// Puts the file in its place, if it is whole and is to be kept.
    fn finish(&mut self) {
        let Doing::Writing(draft) = std::mem::replace(&mut self.doing, Doing::Passing) else {
            return;
        };
        if !draft.is_whole() || !self.fill.is_kept.get() {
            return;
        }
        let (record, file) = (&draft.record, &draft.file);
        // The length is known only now.
        let put = file.write_all_at(&record.encode(), 0).and_then(|()| {
            let state = (record.file_len(), record.fresh);
            self.fill.store.put(self.key_for(record), &draft.path, state, self.now_ms)
        });
        if let Err(error) = put {
            self.give_up(&error);
        }
    }

    /// What the answer is known by: its key's own place, or one beside it where that has another one
    /// that is fresh.
    fn key_for(&self, record: &Record) -> Digest {
        let Fill { store, main, .. } = &*self.fill;
        if record.vary.is_empty() {
            return *main;
        }
        let there = store.open(main).and_then(|file| Record::read(&file)).ok().flatten();
        let is_other = there.is_some_and(|there| {
            there.variant != record.variant
                && there.vary == record.vary
                && there.key == record.key
                && there.fresh.until_s > unix_s()
        });
        if is_other { record.variant } else { *main }
    }
}

impl Backend for Keeping {
    fn watch(&self, reads: bool, interests: &mut Interests) {
        if !self.gives() {
            self.inner.watch(reads, interests);
        }
    }

    fn most_held(&self) -> usize {
        self.inner.most_held()
    }

    fn hold_ms(&self) -> u64 {
        self.inner.hold_ms()
    }

    fn leaves_half_closed(&self) -> bool {
        self.inner.leaves_half_closed()
    }

    fn outlives_client(&self) -> bool {
        // As in nginx, what is begun to be kept is kept for those who come.
        let is_kept = self.fill.is_kept.get();
        self.inner.outlives_client() || is_kept && matches!(self.doing, Doing::Writing(_))
    }

    fn takes_content(&self) -> bool {
        self.inner.takes_content()
    }

    fn feed(&mut self, content: &[u8]) {
        self.inner.feed(content);
    }

    fn end_content(&mut self) {
        self.inner.end_content();
    }

    fn write(&mut self) {
        if !self.gives() {
            self.inner.write();
        }
    }

    fn read(&mut self, scratch: &mut [u8]) -> Result<Received, Refusal> {
        match &mut self.doing {
            Doing::Begins(_) => return Ok(self.give_head()),
            Doing::Gives { file, at, left } => {
                let most = scratch.len().min((*left).try_into().unwrap_or(usize::MAX));
                if most == 0 {
                    return Ok(Received::End { cut: *left > 0 });
                }
                return Ok(match file.read_at(&mut scratch[..most], *at) {
                    Ok(0) | Err(_) => Received::End { cut: true },
                    Ok(len) => {
                        *at += len as u64;
                        *left -= len as u64;
                        if *left == 0 { Received::Last(len) } else { Received::Content(len) }
                    }
                });
            }
            Doing::Passing | Doing::Writing(_) => {}
        }
        let mut received = self.inner.read(scratch);
        match &mut received {
            Ok(Received::Head(head)) => {
                self.take_head(head, scratch);
                if self.gives() {
                    return Ok(self.give_head());
                }
                self.has_head = true;
                head.is_kept = matches!(self.doing, Doing::Writing(_));
            }
            Ok(Received::Content(len)) => self.write_piece(&scratch[..*len]),
            Ok(Received::Last(len)) => {
                self.write_piece(&scratch[..*len]);
                self.set_whole();
            }
            Ok(Received::End { cut: false }) => self.set_whole(),
            Ok(Received::End { cut: true }) => self.doing = Doing::Passing,
            Ok(Received::Nothing | Received::Part) => {}
            Err(refusal) => {
                if self.gives_for(refusal) {
                    return Ok(self.give_head());
                }
            }
        }
        received
    }

    fn take_front(&mut self) -> Front {
        self.front.take().unwrap_or_else(|| self.inner.take_front())
    }

    fn take_interim(&mut self) -> Vec<(u16, Fields)> {
        self.inner.take_interim()
    }

    fn trailers(&self) -> Fields {
        match self.gives() {
            true => Fields::default(),
            false => self.inner.trailers(),
        }
    }

    fn report(&mut self, scratch: &mut [u8], report: Report<'_>) {
        self.remarks.drain(..).for_each(|(level, text)| report(level, format_args!("{text}")));
        self.inner.report(scratch, report);
    }

    fn timeout_ms(&self) -> u64 {
        if self.gives() { 1 } else { self.inner.timeout_ms() }
    }

    fn paused_ms(&self) -> Option<u64> {
        match self.doing {
            Doing::Begins(_) => Some(0),
            Doing::Gives { .. } => None,
            Doing::Passing | Doing::Writing(_) => self.inner.paused_ms(),
        }
    }

    fn time_out(&mut self) -> Option<Refusal> {
        if self.gives() {
            return None;
        }
        let refusal = self.inner.time_out()?;
        if self.gives_for(&refusal) { None } else { Some(refusal) }
    }

    fn is_gone(&self) -> bool {
        self.gives() || self.inner.is_gone()
    }

    fn awaits_end_ms(&self) -> Option<u64> {
        if self.gives() { None } else { self.inner.awaits_end_ms() }
    }

    fn stop_awaiting_end(&mut self) {
        self.inner.stop_awaiting_end();
    }

    fn move_to(&mut self, token: u64) {
        self.inner.move_to(token);
    }

    fn take_tunnel(&mut self) -> Option<Box<dyn Tunnel>> {
        self.inner.take_tunnel()
    }

    fn end(&mut self) {
        self.inner.end();
    }

    fn tell_tries(&mut self, tries: &mut Tries) {
        self.inner.tell_tries(tries);
        if let Some(status) = self.status {
            tries.set_cached(|cached| cached.status = Some(status));
        }
    }

    fn cut_words(&self) -> &'static str {
        self.inner.cut_words()
    }

    fn release(mut self: Box<Self>, scratch: &mut [u8], report: Report<'_>) {
        self.finish();
        self.remarks.drain(..).for_each(|(level, text)| report(level, format_args!("{text}")));
        let Keeping { inner, status, .. } = *self;
        match status {
            // What it has said was not read to its end.
            Some(CacheStatus::Stale) => inner.abandon(scratch, report),
            _ => inner.release(scratch, report),
        }
    }

    fn abandon(mut self: Box<Self>, scratch: &mut [u8], report: Report<'_>) {
        self.remarks.drain(..).for_each(|(level, text)| report(level, format_args!("{text}")));
        self.inner.abandon(scratch, report);
    }
}

impl Keeping {
    /// Whether what was kept before is given.
    fn gives(&self) -> bool {
        matches!(self.doing, Doing::Begins(_) | Doing::Gives { .. })
    }

    /// Whether what was kept before is given from now on in the place of a failure.
    fn gives_for(&mut self, refusal: &Refusal) -> bool {
        let failure = match refusal.status {
            504 => Failures::TIMEOUT,
            _ => Failures::ERROR.and(Failures::INVALID_HEADER),
        };
        // Once there is a head, it is too late.
        let may = !self.has_head && self.may_give(failure);
        if may {
            self.remarks.push((refusal.level, refusal.reason.clone()));
            self.doing = Doing::Begins(CacheStatus::Stale);
        }
        may
    }

    /// Gives the head of what was kept before.
    fn give_head(&mut self) -> Received {
        let status = match self.doing {
            Doing::Begins(status) => status,
            _ => CacheStatus::Stale,
        };
        let Some((file, record)) = self.fill.stale.take() else {
            return Received::End { cut: true };
        };
        self.status = Some(status);
        self.front = Some(Front { is_last: record.content_len == 0, ..Front::default() });
        self.has_head = true;
        self.doing = Doing::Gives { file, at: record.head_len(), left: record.content_len };
        Received::Head(Box::new(record.head()))
    }
}

/// The present, in seconds since 1970.
fn unix_s() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs() as i64)
}

/// A key as a log shows it.
fn shown(text: &[u8]) -> String {
    format!("\"{}\"", Escaped(text))
}
