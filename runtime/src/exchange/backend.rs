//! From what makes a response elsewhere, a script, to a reply.

use crate::escape::Escaped;
use crate::http::method::Method;
use crate::http::response::Fields;
use crate::http::status;
use crate::http::target::{normalize, split_args};
use crate::site::Level;

use super::world::{Form, Location, World};
use super::{Exchange, MAX_REDIRECTS, Outcome, Refusal, Reply, Step};

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
    /// Content-Length.
    pub content_len: Option<u64>,
    /// A local redirect: the server answers with what this path and its arguments lead to.
    pub local_redirect: Option<Vec<u8>>,
    /// Whether an `error_page` stands in its place where it has a status of 300 and above.
    pub intercept: bool,
    /// Whether another server has made it: an `error_page` that has led there gives it its status
    /// whatever its own is, and its Location is as whole as the server's own.
    pub is_passed_on: bool,
}

impl<F: Form> Exchange<F> {
    /// Makes the reply to a head: [`Reply::Content`] where the content follows, and anything else
    /// where it is not wanted.
    pub(super) fn take_head<W: World<Form = F>>(
        &mut self,
        world: &mut W,
        head: BackendHead,
    ) -> Step<W> {
        if let Some(uri) = &head.local_redirect {
            return self.redirect_locally(world, uri);
        }
        if head.intercept && head.status >= 300 && self.has_error_page(head.status) {
            let challenge = head.fields.get("WWW-Authenticate").filter(|_| head.status == 401);
            let challenge = challenge.map(<[u8]>::to_vec);
            let step = self.settle(world, Outcome::Status(head.status));
            if let Some(challenge) = challenge {
                self.fields.add_checked("WWW-Authenticate", &challenge);
            }
            return step;
        }
        self.status = match self.status_override {
            Some(status) if head.is_passed_on || !status::is_redirect(head.status) => status,
            _ => head.status,
        };
        self.append_own(head.fields.lines());
        if head.is_passed_on {
            self.complete_location(world);
        }
        if head.fields.has_origin() {
            self.fields.set_origin();
        }
        self.is_coded = self.fields.get("Content-Encoding").is_some();
        let no_content = status::has_no_content(self.status);
        let default_type = self.location().default_type();
        let may_be_typed = !no_content && !status::is_redirect(head.status);
        if may_be_typed && !head.has_type && head.content_len != Some(0) && !default_type.is_empty()
        {
            self.fields.add("Content-Type", &default_type);
        }
        if let Some(len) = head.content_len.filter(|_| self.status != 204) {
            self.fields.set_content_len(len);
        }
        Step::Reply(match no_content || self.head.method == Some(Method::Head) {
            true => Reply::Response(world.text(Vec::new())),
            false => Reply::Content(head.content_len),
        })
    }

    /// Goes on with another path of this server, as if the client had asked for that (RFC 3875,
    /// 6.2.2).
    fn redirect_locally<W: World<Form = F>>(&mut self, world: &mut W, uri: &[u8]) -> Step<W> {
        let merge_slashes = self.merges_slashes(world);
        let (path, args) = split_args(uri);
        let mut decoded = Vec::new();
        let fault = match normalize(path, merge_slashes, &mut decoded) {
            Err(error) => Some(error.0),
            Ok(()) if self.redirects >= MAX_REDIRECTS => Some("internal redirection cycle"),
            Ok(()) => None,
        };
        self.content_taken = true;
        if let Some(fault) = fault {
            let reason = format!("{fault}, where a script redirects to \"{}\"", Escaped(uri));
            return self.fail(world, &Refusal { status: 502, level: Level::Error, reason });
        }
        self.head.path = decoded;
        (self.is_changed, self.has_left_location) = (true, false);
        self.args = Some(args.to_vec());
        self.as_get = self.head.method != Some(Method::Head);
        self.redirected();
        Step::Path
    }
}
