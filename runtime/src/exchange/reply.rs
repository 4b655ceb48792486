//! From an outcome to a reply: `error_page`, redirects, the default pages.

use crate::http::method::Method;
use crate::http::{response, status};
use crate::site::ErrorStatus;

use super::step::Step;
use super::world::{ErrorTarget, Form, Location, Note, Server, World};
use super::{Exchange, Outcome, Reply, ReplyOf};

impl<F: Form> Exchange<F> {
    /// Turns an outcome into a reply, or into where to go on: that is an internal redirect.
    pub(super) fn settle<W: World<Form = F>>(
        &mut self,
        world: &mut W,
        outcome: Outcome<W>,
    ) -> Step<W> {
        let step = self.lead(world, outcome);
        if !matches!(step, Step::Reply(_)) {
            self.redirected();
        }
        step
    }

    fn lead<W: World<Form = F>>(&mut self, world: &mut W, outcome: Outcome<W>) -> Step<W> {
        match outcome {
            Outcome::Close => Step::Reply(Reply::Close),
            Outcome::Gathered => {
                let outcome = self.hand_over(world);
                self.settle_asked(world, outcome)
            }
            Outcome::Named(id) => {
                world.note(self, Note::Named(id));
                Step::Location(id)
            }
            Outcome::Uri(uri) => {
                let set = self.set_uri(world, &uri);
                self.go_on(world, set).unwrap_or_else(|status| self.error(world, status, None))
            }
            Outcome::Rewritten => Step::Find,
            Outcome::Path(path) => {
                let set = self.set_path(world, &path);
                self.go_on(world, set).unwrap_or_else(|status| self.error(world, status, None))
            }
            Outcome::Status(status) => self.error(world, status, None),
            Outcome::Intercepted(status, challenge) => {
                let step = self.error(world, status, None);
                if let Some(challenge) = challenge {
                    self.fields.add_checked("WWW-Authenticate", &challenge);
                }
                step
            }
            Outcome::Challenge(realm) => {
                self.realm = Some(realm);
                self.error(world, 401, None)
            }
            Outcome::RangeNotSatisfiable(len) => {
                let step = self.error(world, 416, None);
                let value = format!("bytes */{len}");
                self.fields.add("Content-Range", value.as_bytes());
                step
            }
            Outcome::Redirect(status, location) => self.error(world, status, Some(&location)),
            Outcome::Response(status, body) => {
                self.status = status;
                Step::Reply(Reply::Response(body))
            }
            Outcome::Later(later) => Step::Reply(Reply::Later(later)),
        }
    }

    /// Answers with a status of 300 and above: by an `error_page`, or by the default page.
    fn error<W: World<Form = F>>(
        &mut self,
        world: &mut W,
        status: u16,
        location: Option<&[u8]>,
    ) -> Step<W> {
        world.note(self, Note::Status(status));
        // Whatever it comes from: `try_files … =444`, `limit_req_status 444`.
        if status == 444 {
            return Step::Reply(Reply::Close);
        }
        self.fields.clear();
        (self.is_coded, self.has_failed) = (false, true);
        if status == 405 {
            self.refused_at = self.route.map(|route| route.location);
        }
        self.write_challenge();
        // A page in the place of a redirect's own says where to all the same.
        if let Some(location) = location {
            self.write_location(world, location);
        }
        match self.error_page(world, status) {
            Some(step) => step,
            None => Step::Reply(self.default_page(world, status)),
        }
    }

    /// Whether an `error_page` stands in the place of a response with this status.
    pub(crate) fn has_error_page(&self, status: u16) -> bool {
        !self.error_pages_end
            && self.route.is_some_and(|route| route.location.error_page(status).is_some())
    }

    /// The `error_page` for a status, unless one has been used where that is to be the last.
    fn error_page<W: World<Form = F>>(&mut self, world: &mut W, status: u16) -> Option<Step<W>> {
        let location = self.route?.location;
        if self.error_pages_end || !world.has_error_pages() {
            return None;
        }
        let page = location.error_page(status)?;
        self.error_pages_end = !location.has_recursive_error_pages();
        self.error_status = Some(status);
        self.status_override = match page.response {
            ErrorStatus::Keep => Some(status::public(status)),
            ErrorStatus::Replace(status) => Some(status),
            ErrorStatus::FromTarget => None,
        };
        // Until there is a response, it is this that `$status` stands for.
        self.status = self.status_override.unwrap_or(self.status);
        Some(match page.target {
            ErrorTarget::Named(id) => {
                world.note(self, Note::ErrorPage(status, None));
                world.note(self, Note::Named(id));
                // The method stays what it is, and so does what was gathered of the content.
                self.content_taken &= self.gathered.is_none();
                Step::Location(id)
            }
            ErrorTarget::Uri(uri) => {
                let mut target = Vec::new();
                world.write(self, uri, &mut target);
                world.note(self, Note::ErrorPage(status, Some(&target)));
                if self.set_uri(world, &target).is_err() {
                    return Some(Step::Reply(self.default_page(world, status)));
                }
                self.as_get = self.head.method != Some(Method::Head);
                Step::Path
            }
            ErrorTarget::Redirect(target) => {
                let (mut uri, mut location) = (Vec::new(), Vec::new());
                world.write(self, target, &mut uri);
                response::write_uri(&mut location, &uri);
                world.note(self, Note::ErrorPage(status, Some(&location)));
                let status = match page.response {
                    ErrorStatus::Replace(status) if status::is_redirect(status) => status,
                    _ => 302,
                };
                self.fields.clear();
                self.write_challenge();
                self.write_location(world, &location);
                Step::Reply(self.default_page(world, status))
            }
        })
    }

    /// The page of a status for which the conf has none.
    pub(super) fn default_page<W: World<Form = F>>(
        &mut self,
        world: &mut W,
        status: u16,
    ) -> ReplyOf<W> {
        let status = status::public(status);
        self.status = status;
        Reply::Response(world.page(self, status))
    }

    /// Adds an answer's own fields, which are lines. Where it stands in the place of a redirect, as
    /// its `error_page`, there may be a Location, of which a response has one.
    pub fn append_own(&mut self, lines: &[u8]) {
        if self.error_status.is_some() && response::value_in(lines, "Location").is_some() {
            self.fields.remove("Location");
        }
        self.fields.append(lines);
    }

    /// Appends what asks for a password, where one was asked for: whatever stands in the place of the
    /// 401 asks too, as in nginx.
    fn write_challenge(&mut self) {
        for challenge in &self.challenges {
            self.fields.add("WWW-Authenticate", challenge);
        }
        let Some(realm) = &self.realm else { return };
        let mut challenge = b"Basic realm=\"".to_vec();
        escape_quoted(realm, &mut challenge);
        challenge.push(b'"');
        self.fields.add("WWW-Authenticate", &challenge);
    }

    /// Appends a Location.
    pub fn write_location<W: World<Form = F>>(&mut self, world: &W, location: &[u8]) {
        let mut uri = Vec::with_capacity(location.len());
        self.write_origin(world, location, &mut uri);
        uri.extend_from_slice(location);
        self.fields.add("Location", &uri);
    }

    /// Puts before the Location of an answer what the conf wants there.
    pub(super) fn complete_location<W: World<Form = F>>(&mut self, world: &W) {
        let Some(location) = self.fields.get("Location").map(<[u8]>::to_vec) else { return };
        let mut uri = Vec::new();
        self.write_origin(world, &location, &mut uri);
        if !uri.is_empty() {
            uri.extend_from_slice(&location);
            self.fields.replace("Location", &uri);
        }
    }

    /// What stands before a path in a Location, where the conf wants it whole.
    fn write_origin<W: World<Form = F>>(&self, world: &W, location: &[u8], out: &mut Vec<u8>) {
        let Some(route) = self.route else { return };
        let redirects = route.location.redirects();
        if !redirects.absolute || location.first() != Some(&b'/') {
            return;
        }
        let scheme = world.scheme();
        out.extend_from_slice(scheme.name.as_bytes());
        out.extend_from_slice(b"://");
        let (name, (address, port)) = (route.server.name(), world.local());
        match &self.host[..] {
            _ if redirects.server_name && !name.is_empty() => out.extend_from_slice(&name),
            b"" if name.is_empty() => out.extend_from_slice(address.as_bytes()),
            b"" => out.extend_from_slice(&name),
            host => out.extend_from_slice(host),
        }
        if let Some(port) = port.filter(|&port| port != scheme.port && redirects.port) {
            out.push(b':');
            out.extend_from_slice(itoa::Buffer::new().format(port).as_bytes());
        }
    }
}

/// Appends a text as it stands within quotes (RFC 9110, 5.6.4).
fn escape_quoted(text: &[u8], out: &mut Vec<u8>) {
    for &byte in text {
        if matches!(byte, b'"' | b'\\') {
            out.push(b'\\');
        }
        out.push(byte);
    }
}
