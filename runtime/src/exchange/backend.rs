//! From what makes a response elsewhere, a script, to a reply.

use std::fs::File;
use std::rc::Rc;
use std::sync::Arc;

use crate::escape::Escaped;
use crate::http::conditional::{Conditions, Validators, Verdict};
use crate::http::date;
use crate::http::method::Method;
use crate::http::range::{self, Selection};
use crate::http::response::Fields;
use crate::http::status;
use crate::http::target::{normalize, split_args};
use crate::site::{Level, UpstreamId};

use super::pieces::Pieces;
use super::step::Step;
use super::world::{Form, Location, World};
use super::{Exchange, MAX_REDIRECTS, Outcome, Refusal, Reply};

/// The content that is passed on to what makes a response elsewhere.
#[derive(Debug)]
pub enum Input {
    /// Nothing.
    Empty,
    /// The request's content, as it comes.
    Stream,
    /// Content that is there already.
    Bytes(Rc<Pieces>),
    /// Content in a file, from its start.
    File(File),
}

/// The head of a response that is made elsewhere.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct BackendHead {
    /// The status: named, 302 for a redirect, or 200.
    pub status: u16,
    /// The fields that go on to the client. Neither Content-Length, nor what speaks of the
    /// connection, nor what the server says itself.
    pub fields: Fields,
    /// Whether there is a Content-Type.
    pub has_type: bool,
    /// Whether the path says of which type it is, as that of a file does.
    pub is_typed_by_path: bool,
    /// Content-Length.
    pub content_len: Option<u64>,
    /// A local redirect: the server answers with what this path and its arguments lead to. Where another
    /// server says so, the fields go with that.
    pub local_redirect: Option<Vec<u8>>,
    /// Whether an `error_page` stands in its place where it has a status of 300 and above.
    pub intercept: bool,
    /// The cookie by which a client that comes again is known (`sticky`).
    pub cookie: Option<Vec<u8>>,
    /// Who has made it, where clients are to come to that again.
    pub designated: Option<Designated>,
    /// Whether another server has made it: an `error_page` that has led there gives it its status
    /// whatever its own is.
    pub is_passed_on: bool,
    /// Whether the conf has put something in the place of its Location: that is as whole as the server's own.
    pub is_redirected: bool,
    /// Whether it is kept for others: then a client gets of it what it asks for, as of a file.
    pub is_kept: bool,
    /// What the request's conditions come to, where it is kept.
    pub verdict: Option<Verdict>,
    /// Whether a part of it is sent where that is all that is asked for, whatever it says of parts.
    pub is_ranged: bool,
}

/// A server of an upstream with `sticky`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Designated {
    /// The upstream.
    pub upstream: UpstreamId,
    /// How the server is known.
    pub route: Arc<str>,
}

impl<F: Form> Exchange<F> {
    /// Makes the reply to a head: [`Reply::Content`] where the content follows, and anything else
    /// where it is not wanted.
    pub(super) fn take_head<W: World<Form = F>>(
        &mut self,
        world: &mut W,
        head: BackendHead,
    ) -> Step<W> {
        let head = match self.take_slice(world, head) {
            Ok(head) => head,
            Err(step) => return step,
        };
        if let Some(uri) = &head.local_redirect {
            if head.is_passed_on {
                self.carried = Some(Box::new(head.fields));
            }
            return self.redirect_locally(world, uri, head.is_passed_on);
        }
        if self.intercepts(&head) {
            return self.settle(world, Outcome::Intercepted(head.status, challenge(&head)));
        }
        let is_empty = self.adopt(world, &head);
        match head.verdict.filter(|_| self.status == 200) {
            Some(Verdict::Failed) => return self.settle(world, Outcome::Status(412)),
            Some(Verdict::NotModified) => {
                self.leave_out_content();
                return Step::Reply(Reply::Response(world.text(Vec::new())));
            }
            Some(Verdict::Proceed) | None => {}
        }
        if let Some(len) = head.content_len.filter(|_| self.status != 204) {
            self.fields.set_content_len(len);
        }
        if head.is_ranged
            && let Some(len) = head.content_len
            && let Some(step) = self.cut_to_range(world, len)
        {
            return step;
        }
        let len = self.part.as_ref().map_or(head.content_len, |part| Some(part.end - part.start));
        Step::Reply(match is_empty || self.head.method == Some(Method::Head) {
            true => Reply::Response(world.text(Vec::new())),
            false => Reply::Content(len),
        })
    }

    /// Whether an `error_page` stands in the place of an answer.
    pub(crate) fn intercepts(&self, head: &BackendHead) -> bool {
        head.intercept && head.status >= 300 && self.has_error_page(head.status)
    }

    /// Takes the status and the fields of a head for the response's. Whether that has no content.
    pub(crate) fn adopt<W: World<Form = F>>(&mut self, world: &mut W, head: &BackendHead) -> bool {
        self.status = match self.status_override {
            Some(status) if head.is_passed_on || !status::is_redirect(head.status) => status,
            _ => head.status,
        };
        self.append_own(head.fields.lines());
        if let Some(cookie) = &head.cookie {
            self.fields.add("Set-Cookie", cookie);
        }
        if head.is_redirected {
            self.complete_location(world);
        }
        if head.fields.has_origin() {
            self.fields.set_origin();
        }
        self.is_coded = self.fields.get("Content-Encoding").is_some();
        let no_content = status::has_no_content(self.status);
        let default_type = match head.is_typed_by_path {
            true => world.media_type(self),
            false => self.location().default_type(),
        };
        // A file that is empty has a type, too.
        let is_empty = head.content_len == Some(0) && !head.is_typed_by_path;
        let may_be_typed = !no_content && !status::is_redirect(head.status);
        if may_be_typed && !head.has_type && !is_empty && !default_type.is_empty() {
            self.fields.add("Content-Type", &default_type);
        }
        no_content
    }

    /// Makes a response that is whole one of the part that is asked for, as nginx does: of one, and not of
    /// several. `Some`: it is another response.
    fn cut_to_range<W: World<Form = F>>(&mut self, world: &mut W, len: u64) -> Option<Step<W>> {
        let reads = matches!(self.method(), Some(Method::Get | Method::Head));
        if self.status != 200 || !reads || !self.is_conditional() || self.is_coded {
            return None;
        }
        self.put("Accept-Ranges", b"bytes");
        let fields = self.head.fields();
        let etag = self.fields.get("ETag").filter(|tag| !tag.starts_with(b"W/"));
        let modified = self.fields.get("Last-Modified").and_then(date::parse);
        // What is not dated is of no time that a client could name.
        let now = Validators { etag, modified_s: modified.unwrap_or(i64::MIN) };
        let range = Conditions::find(fields)?.range(now)?;
        match range::select(range, len, 1) {
            Selection::Whole | Selection::Several(_) => None,
            Selection::Unsatisfiable => {
                self.fields.clear();
                Some(self.settle(world, Outcome::RangeNotSatisfiable(len)))
            }
            Selection::One(part) => {
                self.status = 206;
                // As in nginx, a part says by its range that there are parts.
                self.fields.remove("Accept-Ranges");
                let value = format!("bytes {}-{}/{len}", part.start, part.end - 1);
                self.put("Content-Range", value.as_bytes());
                self.fields.set_content_len(part.end - part.start);
                self.part = Some(part);
                None
            }
        }
    }

    /// Makes the response a 304: without the fields that describe a content.
    pub(crate) fn leave_out_content(&mut self) {
        self.status = 304;
        let of_content = [
            "Content-Type",
            "Content-Length",
            "Content-Encoding",
            "Content-Range",
            "Accept-Ranges",
        ];
        for name in of_content {
            self.fields.remove(name);
        }
    }

    /// Gives a field this one value.
    fn put(&mut self, name: &'static str, value: &[u8]) {
        match self.fields.get(name) {
            Some(_) => self.fields.replace(name, value),
            None => self.fields.add(name, value),
        }
    }

    /// Goes on with another path of this server, as if the client had asked for that (RFC 3875,
    /// 6.2.2). `is_passed_on`: another server says so.
    fn redirect_locally<W: World<Form = F>>(
        &mut self,
        world: &mut W,
        uri: &[u8],
        is_passed_on: bool,
    ) -> Step<W> {
        if uri.starts_with(b"@") && self.head.method.is_some() {
            return self.redirect_to_named(world, uri);
        }
        let merge_slashes = self.merges_slashes(world);
        let (path, args) = split_args(uri);
        let mut decoded = Vec::new();
        let fault = match normalize(path, merge_slashes, &mut decoded) {
            Err(error) => Some((error.0, 404)),
            Ok(()) if is_passed_on && uri.is_empty() => Some(("an empty path", 404)),
            Ok(()) if self.redirects >= MAX_REDIRECTS => Some(("internal redirection cycle", 500)),
            Ok(()) => None,
        };
        self.content_taken = true;
        if let Some((fault, status)) = fault {
            let (who, status) = if is_passed_on { ("upstream", status) } else { ("a script", 502) };
            let reason = format!("{fault}, where {who} redirects to \"{}\"", Escaped(uri));
            return self.fail(world, &Refusal { status, level: Level::Error, reason });
        }
        self.head.path = decoded;
        (self.is_changed, self.has_left_location) = (true, false);
        self.args = Some(args.to_vec());
        self.as_get = self.head.method != Some(Method::Head);
        self.redirected();
        Step::Path
    }

    /// Goes on with a location by its name. The path and the method stay what they are.
    fn redirect_to_named<W: World<Form = F>>(&mut self, world: &mut W, name: &[u8]) -> Step<W> {
        // It has what was gathered of the content.
        self.content_taken = self.gathered.is_none();
        let Some(id) = world.named_location(self.chosen().server_id, name) else {
            let reason = format!("could not find named location \"{}\"", Escaped(name));
            return self.fail(world, &Refusal { status: 500, level: Level::Error, reason });
        };
        self.settle(world, Outcome::Named(id))
    }
}

/// The challenge that goes with the page of an answer.
pub(crate) fn challenge(head: &BackendHead) -> Option<Vec<u8>> {
    head.fields.get("WWW-Authenticate").filter(|_| head.status == 401).map(<[u8]>::to_vec)
}
