//! Contents that are fetched in parts of one length (`slice`), as nginx's slice module does it: the first
//! answer says how long the whole is, and further parts are asked for by requests within the request.

use std::rc::Rc;

use crate::http::conditional::{Conditions, Validators};
use crate::http::date;
use crate::http::method::Method;
use crate::http::range::{self, Selection};
use crate::http::response::Fields;
use crate::http::slice::{ContentRange, Slice, Slices, content_range, first_byte};
use crate::site::Level;

use super::step::Step;
use super::world::{Form, Location, Note, Reason, World};
use super::{BackendHead, Exchange, Outcome, Refusal, Reply};

/// Why an answer is not the part that was asked for.
pub(crate) enum Misfit {
    /// Of a content of this length, nothing is what the client asks for.
    Unsatisfiable(u64),
    /// The other server has answered something else.
    Wrong(Refusal),
}

impl<F: Form> Exchange<F> {
    /// Where the part begins that it asks for; `None`: it is to have the whole.
    pub fn slice_start(&self, len: u64) -> Option<u64> {
        if self.is_within() {
            return self.slice.as_ref().map(|slice| slice.start);
        }
        let fields = self.head.fields();
        let range = fields.first(b"range");
        let first = first_byte(range, fields.first(b"if-range").is_some());
        let start = first / len * len;
        Some(if start > i64::MAX as u64 - len { 0 } else { start })
    }

    /// A request for a part of the same content within this one.
    pub(crate) fn for_slice(&self, slice: Slice) -> Exchange<F> {
        let mut part = self.part_of();
        part.slice = Some(slice);
        part
    }

    /// Whether nothing is known against it: a part that was asked for has come as it was to.
    pub(crate) fn is_usable(&self) -> bool {
        self.slice.is_none()
    }

    /// Looks at an answer that may be a part of what the client is to have. The first one of them becomes
    /// what the client has asked for.
    pub(super) fn take_slice<W: World<Form = F>>(
        &mut self,
        world: &mut W,
        head: BackendHead,
    ) -> Result<BackendHead, Step<W>> {
        self.fit_slice(head).map_err(|misfit| match misfit {
            Misfit::Unsatisfiable(len) => self.settle(world, Outcome::RangeNotSatisfiable(len)),
            Misfit::Wrong(refusal) if !self.is_within() => self.fail(world, &refusal),
            Misfit::Wrong(refusal) => {
                world.note(self, Note::Refused(Reason::Other(&refusal)));
                Step::Reply(Reply::Close)
            }
        })
    }

    /// The same, wherever the answer comes from.
    pub(crate) fn fit_slice(&mut self, mut head: BackendHead) -> Result<BackendHead, Misfit> {
        let len = self.location().slice_len();
        let is_read = matches!(self.head.method, Some(Method::Get | Method::Head));
        if len == 0 || !is_read || !self.memo.is_sliced() {
            return Ok(head);
        }
        let Some(start) = self.slice_start(len) else { return Ok(head) };
        if head.status != 206 && !self.is_within() {
            return Ok(head);
        }
        let wrong = |reason| Misfit::Wrong(Refusal { status: 502, level: Level::Error, reason });
        let found = self.check_slice(&head, (start, len)).map_err(wrong)?;
        if self.is_within() {
            // It can be used.
            self.slice = None;
            return Ok(head);
        }
        let (wanted, status) = match self.asked_of(&head.fields, found.whole) {
            Selection::One(range) => (range, 206),
            Selection::Unsatisfiable => return Err(Misfit::Unsatisfiable(found.whole)),
            Selection::Whole | Selection::Several(_) => (0..found.whole, 200),
        };
        let etag = head.fields.get("ETag").map(Rc::from);
        for name in ["Content-Range", "Accept-Ranges"] {
            head.fields.remove(name);
        }
        let line = match status {
            206 => format!(
                "Content-Range: bytes {}-{}/{}\r\n",
                wanted.start,
                wanted.end - 1,
                found.whole
            ),
            _ => "Accept-Ranges: bytes\r\n".to_owned(),
        };
        head.fields.append(line.as_bytes());
        (head.status, head.content_len) = (status, Some(wanted.end - wanted.start));
        // Parts between the first and the one that is wanted are not fetched.
        let next_start = match wanted.start >= found.end {
            true => wanted.start / len * len,
            false => found.end,
        };
        self.slices = Some(Box::new(Slices {
            skip: wanted.start.min(found.end).saturating_sub(found.start),
            next: Slice { start: next_start, etag },
            skip_next: wanted.start.saturating_sub(next_start),
            len,
            left: wanted.end - wanted.start,
        }));
        Ok(head)
    }

    /// What an answer is of the part that was asked for, or why it is not that.
    fn check_slice(
        &self,
        head: &BackendHead,
        (start, len): (u64, u64),
    ) -> Result<ContentRange, String> {
        if head.status != 206 {
            return Err(format!("unexpected status code {} in slice response", head.status));
        }
        let wanted = self.slice.as_ref().and_then(|slice| slice.etag.as_deref());
        if wanted.is_some_and(|tag| head.fields.get("ETag") != Some(tag)) {
            return Err("etag mismatch in slice response".to_owned());
        }
        let found = head.fields.get("Content-Range").and_then(content_range);
        let found = found.ok_or("invalid range in slice response")?;
        let end = start.saturating_add(len).min(found.whole);
        if (found.start, found.end) != (start, end) {
            let (from, to) = (found.start, found.end);
            return Err(format!(
                "unexpected range in slice response: {from}-{to}, expected: {start}-{end}"
            ));
        }
        Ok(found)
    }

    /// What the client asks for of a content of this length.
    fn asked_of(&self, fields: &Fields, len: u64) -> Selection {
        let modified_s = fields.get("Last-Modified").and_then(date::parse).unwrap_or(0);
        let validators = Validators { etag: fields.get("ETag"), modified_s };
        let conditions = Conditions::find(self.head.fields());
        let value = conditions.as_ref().and_then(|conditions| conditions.range(validators));
        value.map_or(Selection::Whole, |value| range::select(value, len, 1))
    }
}
