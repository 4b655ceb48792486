//! Answers of other servers that were kept, as responses: whole, in part, or not at all since the
//! client has them.

use std::rc::Rc;

use crate::cache::Hit;
use crate::coding::{Sliced, Source};
use crate::escape::Escaped;
use crate::exchange::world::{Note, Reason, World};
use crate::exchange::{BackendHead, Misfit, Outcome, challenge};
use crate::http::conditional::{Conditions, Validators, Verdict};
use crate::http::date;
use crate::http::range::{self, Selection};
use crate::http::response::Fields;
use crate::output::{Body, FileBody, Piece};
use crate::site::{Level, Site};
use crate::upstream;

use super::Exchange;
use super::world::Serving;

impl<S: Site> Serving<'_, S> {
    /// Gives an answer that was kept. Who comes first where it is stale has the other server asked for
    /// a new one meanwhile.
    pub(super) fn give_kept(&mut self, exchange: &mut Exchange, hit: Hit) -> Outcome<Self> {
        if hit.renews && S::SUBREQUESTS {
            self.renew_kept(exchange);
        }
        let mut head = hit.head();
        exchange.tries.swap_fields(&mut hit.lines().to_vec());
        let variables = exchange.variables(self.cx, self.client);
        let rate = upstream::edit(hit.proxy, &variables, &mut head);
        exchange.limit_rate = rate.or(exchange.limit_rate);
        if exchange.intercepts(&head) {
            return Outcome::Intercepted(head.status, challenge(&head));
        }
        let stored_len = head.content_len.unwrap_or(0);
        if S::SLICES {
            head = match exchange.fit_slice(head) {
                Ok(head) => head,
                Err(Misfit::Unsatisfiable(len)) => return Outcome::RangeNotSatisfiable(len),
                Err(Misfit::Wrong(refusal)) => {
                    self.note(exchange, Note::Refused(Reason::Other(&refusal)));
                    return match exchange.is_within() {
                        true => Outcome::Close,
                        false => Outcome::Status(refusal.status),
                    };
                }
            };
        }
        let slices = exchange.slices.take().filter(|_| S::SLICES);
        exchange.adopt(self, &head);
        let len = head.content_len.unwrap_or(0);
        let is_ranged = hit.proxy.plain.force_ranges;
        let (file, start) = hit.into_file();
        let mut selected = 0..len;
        if (exchange.status == 200 || slices.is_some()) && exchange.is_conditional() {
            let settings = exchange.location().settings;
            // As in nginx, it is up to the other server whether parts may be asked for.
            let said = exchange.fields.get("Accept-Ranges");
            let has_parts = settings.max_ranges > 0
                && slices.is_none()
                && (is_ranged || said.is_some_and(|said| said.eq_ignore_ascii_case(b"bytes")));
            let (now, rule) = (validators(&exchange.fields), settings.if_modified_since);
            let conditions = Conditions::find(exchange.head.fields());
            let verdict = conditions.map(|conditions| conditions.evaluate(now, rule));
            let asked = conditions.and_then(|conditions| conditions.range(now));
            // Of several parts, all is sent.
            let part = asked.filter(|_| has_parts).map(|value| range::select(value, len, 1));
            match verdict {
                Some(Verdict::Failed) => return Outcome::Status(412),
                Some(Verdict::NotModified) => {
                    exchange.leave_out_content();
                    return Outcome::Response(304, Body::Empty);
                }
                Some(Verdict::Proceed) | None => {}
            }
            match part {
                Some(Selection::Unsatisfiable) => return Outcome::RangeNotSatisfiable(len),
                Some(Selection::One(range)) => selected = range,
                Some(Selection::Whole | Selection::Several(_)) | None => {}
            }
        }
        if selected != (0..len) {
            exchange.status = 206;
            exchange.fields.remove("Accept-Ranges");
            let value = format!("bytes {}-{}/{len}", selected.start, selected.end - 1);
            exchange.fields.add_checked("Content-Range", value.as_bytes());
        }
        let left = selected.end - selected.start;
        if exchange.status != 204 {
            exchange.fields.set_content_len(left);
        }
        if let Some(slices) = slices {
            let piece = Piece::File { file: Rc::new(file), offset: start, len: stored_len };
            let first = Source::of(Body::File(FileBody::One(piece)));
            let first = first.unwrap_or_else(|_| Source::Owned(Vec::new(), 0..0));
            let body = Body::Made(Box::new(Sliced::new(first, *slices)));
            return Outcome::Response(exchange.status, body);
        }
        let offset = start + selected.start;
        let piece = Piece::File { file: Rc::new(file), offset, len: left };
        let body = if left == 0 { Body::Empty } else { Body::File(FileBody::One(piece)) };
        Outcome::Response(exchange.status, body)
    }

    /// Has the other server asked again, by a request of its own that nobody waits for.
    fn renew_kept(&mut self, exchange: &mut Exchange) {
        let mut path = exchange.path().to_vec();
        if !exchange.args().is_empty() {
            path.push(b'?');
            path.extend_from_slice(exchange.args());
        }
        let Some(part) = exchange.renewing() else { return };
        let shown = Escaped(&path).to_string();
        if !self.cx.subrequests.begin_alone(self.client, part, path) {
            let text =
                format_args!("what is kept of \"{shown}\" is not renewed: too many are already");
            exchange.report(self.cx, self.client, Level::Warn, text);
        }
    }
}

impl Exchange {
    /// Finds out what the client is to get of an answer that is being kept: as of a file, and as of what was
    /// kept before.
    pub(super) fn ask_of_kept(&self, head: &mut BackendHead) {
        if head.status != 200 || !self.is_conditional() {
            return;
        }
        let settings = self.location().settings;
        let now = validators(&head.fields);
        let conditions = Conditions::find(self.head.fields());
        head.verdict =
            conditions.map(|conditions| conditions.evaluate(now, settings.if_modified_since));
        let said = head.fields.get("Accept-Ranges");
        head.is_ranged |=
            settings.max_ranges > 0 && said.is_some_and(|said| said.eq_ignore_ascii_case(b"bytes"));
    }
}

/// What an answer that is kept is known by. What is not dated is as old as can be asked for.
fn validators(fields: &Fields) -> Validators<'_> {
    let modified_s = fields.get("Last-Modified").and_then(date::parse);
    Validators { etag: fields.get("ETag"), modified_s: modified_s.unwrap_or(i64::MAX) }
}
