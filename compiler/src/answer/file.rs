//! A file as the response: whole, in part, or not at all since the client has it. By the rules of
//! the server's own `http::conditional` and `http::range`.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use sitec_runtime::exchange::Outcome;
use sitec_runtime::exchange::world::Location as _;
use sitec_runtime::http::conditional::{Conditions, Validators, Verdict};
use sitec_runtime::http::range::{Selection, select};
use sitec_runtime::http::{date, etag};
use sitec_runtime::media::without_parameters;
use sitec_runtime::pure::wanted;
use sitec_runtime::site::IfModifiedSince;

use super::End;
use super::world::{Handled, Handling};
use crate::files::Status;

/// What is known of a file that may be sent.
struct State {
    len: u64,
    modified_s: i64,
    /// Its tag, where it has one.
    etag: Option<Vec<u8>>,
}

impl State {
    fn of(status: &Status, has_tag: bool) -> State {
        let Status { len, modified_s, modified_ns, .. } = *status;
        let etag = has_tag.then(|| {
            let mut tag = Vec::new();
            etag::write(modified_s, modified_ns, len, &mut tag);
            tag
        });
        State { len, modified_s, etag }
    }

    fn validators(&self) -> Validators<'_> {
        Validators { etag: self.etag.as_deref(), modified_s: self.modified_s }
    }
}

/// The present, in seconds since 1970.
fn present_s() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs() as i64)
}

impl<'w, 'a> Handling<'_, 'w, 'a> {
    /// Sends a file; `compressed`: in the place of another.
    pub(super) fn send(&mut self, file: PathBuf, compressed: bool) -> Handled<'w, 'a> {
        let media_type = self.media_type();
        if !media_type.is_empty() {
            self.field("Content-Type", media_type);
        }
        self.tell_form(&file);
        let state = self.state(&file);
        // The page of an error is sent whole.
        let conditional = self.exchange.is_conditional();
        let ranges = conditional && self.settings().max_ranges > 0 && !compressed;
        let selection = match self.judge(&file, state.as_ref(), conditional, ranges) {
            Ok(selection) => selection,
            Err(next) => return next,
        };
        let status = if selection == Selection::Whole { 200 } else { 206 };
        let status = if conditional { status } else { self.exchange.status_of(status) };
        if selection == Selection::Whole && ranges {
            self.field("Accept-Ranges", "bytes");
        }
        self.tell_content(&selection, state.as_ref());
        self.tell_validators(status, state.as_ref());
        Outcome::Response(status, End::File(file))
    }

    /// What of a file is sent, by the conditions and the range of the request. The error is an
    /// answer without the file.
    fn judge(
        &mut self,
        file: &Path,
        state: Option<&State>,
        conditional: bool,
        ranges: bool,
    ) -> Result<Selection, Handled<'w, 'a>> {
        let (head, settings) = (self.exchange.head.clone(), self.settings());
        let Some(conditions) = Conditions::find(head.fields()).filter(|_| conditional) else {
            return Ok(Selection::Whole);
        };
        let Some(state) = state else {
            self.world
                .doubt("what the conditions and ranges of an embedded file come to".to_owned());
            return Ok(Selection::Whole);
        };
        match conditions.evaluate(state.validators(), settings.if_modified_since) {
            Verdict::Failed => return Err(self.failed()),
            Verdict::NotModified => return Err(self.not_modified(file, state)),
            Verdict::Proceed => {}
        }
        let ranges = ranges && !self.is_changed(state.len);
        let range = conditions.range(state.validators()).filter(|_| ranges);
        let select = |range| select(range, state.len, settings.max_ranges as usize);
        match range.map_or(Selection::Whole, select) {
            Selection::Unsatisfiable => Err(self.unsatisfiable(state.len)),
            selection => Ok(selection),
        }
    }

    /// Whether all of a file of this length is changed or compressed on its way, whatever parts are asked
    /// for.
    fn is_changed(&self, len: u64) -> bool {
        let location = self.exchange.location();
        let media_type = self.exchange.fields.get("Content-Type").map(without_parameters);
        if media_type.is_some_and(|name| {
            location.substitutes(name)
                || location.adds_to(name)
                || location.weaves(name)
                || location.recodes(name)
        }) {
            return true;
        }
        let Some(settings) = location.compression() else { return false };
        let is_coded = self.exchange.fields.get("Content-Encoding").is_some();
        let codes = |coding| media_type.is_some_and(|name| location.codes(coding, name));
        !is_coded && wanted(&settings, codes, &self.exchange.head, Some(len)).coding.is_some()
    }

    /// Content-Length, and Content-Range of a part.
    fn tell_content(&mut self, selection: &Selection, state: Option<&State>) {
        let len = state.map(|state| state.len);
        match selection {
            Selection::Whole | Selection::Unsatisfiable => {
                self.known_or_not("Content-Length", len.map(|len| len.to_string().into_bytes()));
            }
            Selection::One(part) => {
                self.field("Content-Length", (part.end - part.start).to_string());
                let (first, last, len) = (part.start, part.end - 1, len.unwrap_or_default());
                self.field("Content-Range", format!("bytes {first}-{last}/{len}"));
            }
            Selection::Several(_) => {
                // The boundary between them is drawn at random.
                self.exchange.fields.remove("Content-Type");
                self.known_or_not("Content-Type", None);
                self.known_or_not("Content-Length", None);
            }
        }
    }

    /// What is known of a file on the disk; `None` of one that is embedded, whose tag and time
    /// are those of a build.
    fn state(&self, file: &Path) -> Option<State> {
        let settings = self.settings();
        if settings.pack.is_some() {
            return None;
        }
        let files = self.world.answers.files;
        let real = files.real(file);
        let status = files.status(real.as_deref().unwrap_or(file)).ok()?;
        Some(State::of(&status, settings.etag))
    }

    /// Last-Modified and ETag, where the response has them.
    fn tell_validators(&mut self, status: u16, state: Option<&State>) {
        if matches!(status, 200 | 206 | 304) {
            // In the place of a time that is yet to come stands that of the response.
            let past = state.filter(|state| state.modified_s <= present_s());
            let time = past.map(|state| date::format(state.modified_s));
            self.known_or_not("Last-Modified", time.map(|time| time.to_vec()));
        }
        if self.settings().etag {
            self.known_or_not("ETag", state.and_then(|state| state.etag.clone()));
        }
    }

    fn not_modified(&mut self, file: &Path, state: &State) -> Handled<'w, 'a> {
        for name in ["Content-Type", "Content-Encoding"] {
            self.exchange.fields.remove(name);
        }
        self.tell_validators(304, Some(state));
        Outcome::Response(304, End::Unchanged(file.to_owned()))
    }

    fn unsatisfiable(&mut self, len: u64) -> Handled<'w, 'a> {
        self.world.reason = format!("the file has {len} bytes, and none that are asked for");
        Outcome::RangeNotSatisfiable(len)
    }

    /// A precondition does not hold.
    pub(super) fn failed(&mut self) -> Handled<'w, 'a> {
        self.error(412, "the file is not what the client has asked for it to be")
    }

    /// Whether what the client demands of what it changes holds; nothing may be there.
    pub(super) fn may_change(&self, file: &Path) -> bool {
        let Some(conditions) = Conditions::find(self.exchange.head.fields()) else { return true };
        let Ok(status) = self.world.answers.files.status(file) else {
            return conditions.hold_for_nothing();
        };
        let state = State::of(&status, self.settings().etag);
        conditions.evaluate(state.validators(), IfModifiedSince::Off) == Verdict::Proceed
    }

    /// Whether this user may not open what is there.
    pub(super) fn is_denied(&self, file: &Path) -> bool {
        self.world.answers.files.is_denied(file)
    }

    /// Answers for what is there and may not be opened.
    pub(super) fn denied(&mut self) -> Handled<'w, 'a> {
        self.error(403, "this user may not open it")
    }
}
