//! Answers of other servers that were kept, as responses: whole, in part, or not at all since the
//! client has them.

use std::rc::Rc;

use crate::cache::Hit;
use crate::coding::{Sliced, Source};
use crate::escape::Escaped;
use crate::exchange::world::{Note, Reason, World};
use crate::exchange::{Misfit, Outcome};
use crate::http::conditional::{Conditions, Validators, Verdict};
use crate::http::date;
use crate::http::range::{self, Selection};
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
            let modified_s = exchange.fields.get("Last-Modified").and_then(date::parse);
            let etag = exchange.fields.get("ETag").map(<[u8]>::to_vec);
            let validators =
                Validators { etag: etag.as_deref(), modified_s: modified_s.unwrap_or(i64::MAX) };
            if let Some(conditions) = Conditions::find(exchange.head.fields()) {
                match conditions.evaluate(validators, settings.if_modified_since) {
                    Verdict::Failed => return Outcome::Status(412),
                    Verdict::NotModified => {
                        let of_content =
                            ["Content-Type", "Content-Length", "Content-Encoding", "Content-Range"];
                        for name in of_content {
                            exchange.fields.remove(name);
                        }
                        return Outcome::Response(304, Body::Empty);
                    }
                    Verdict::Proceed => {}
                }
                let asked = conditions.range(validators).filter(|_| has_parts);
                // Of several parts, all is sent.
                match asked.map(|value| range::select(value, len, 1)) {
                    Some(Selection::Unsatisfiable) => return Outcome::RangeNotSatisfiable(len),
                    Some(Selection::One(range)) => selected = range,
                    Some(Selection::Whole | Selection::Several(_)) | None => {}
                }
            }
        }
        if selected != (0..len) {
            exchange.status = 206;
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
