//! From an outcome to a reply: `error_page`, redirects, the default pages.

use crate::cgi::Transfer;
use crate::context::{Client, Context};
use crate::handler;
use crate::http::method::Method;
use crate::http::{response, status};
use crate::output::{Body, Made, Produce};
use crate::site::{ErrorStatus, ErrorTarget, Prebuilt, Site};

use super::{Exchange, Outcome, Reply, Step};

impl Exchange {
    /// Turns an outcome into a reply, or into where to go on.
    pub(super) fn settle<S: Site>(
        &mut self,
        cx: &mut Context<S>,
        client: &Client,
        outcome: Outcome,
    ) -> Step {
        use handler::Outcome::{File, InternalRedirect, RangeNotSatisfiable, Status};
        match outcome {
            Outcome::Close => Step::Reply(Reply::Close),
            Outcome::Named(id) => Step::Location(id),
            Outcome::Uri(uri) => {
                self.set_uri(&uri);
                Step::Path
            }
            Outcome::Handled(InternalRedirect(path)) => {
                self.head.path = path;
                Step::Path
            }
            Outcome::Handled(Status(status)) => self.error(cx, client, status, None),
            Outcome::Handled(RangeNotSatisfiable(len)) => {
                let step = self.error(cx, client, 416, None);
                let value = format!("bytes */{len}");
                response::write_field(&mut self.fields, "Content-Range", value.as_bytes());
                step
            }
            Outcome::Handled(handler::Outcome::Redirect(status, location)) => {
                self.error(cx, client, status, Some(&location))
            }
            Outcome::Redirect(status, target) => {
                let mut location = Vec::with_capacity(target.len());
                response::write_uri(&mut location, &target);
                self.error(cx, client, status, Some(&location))
            }
            Outcome::Handled(File(file)) => {
                self.status = match self.status_override {
                    // A part is a part, and what the client has it has, of this page too.
                    None | Some(200) => file.status,
                    Some(status) => status,
                };
                file.write_fields(&mut self.fields);
                if file.modified_s() > cx.now.unix_s() {
                    self.write_present_as_modified(cx);
                }
                if !matches!(self.status, 200 | 206 | 304) {
                    response::remove_field(&mut self.fields, "Last-Modified");
                }
                Step::Reply(Reply::Response(Body::File(file.body)))
            }
            Outcome::Handled(handler::Outcome::Response(response)) => {
                Step::Reply(self.made(client, response))
            }
            Outcome::Handled(handler::Outcome::Made(content_type, producer)) => {
                Step::Reply(self.made_while_sent(content_type, producer))
            }
            Outcome::Handled(handler::Outcome::Receive(receiver)) => {
                Step::Reply(Reply::Receive(receiver))
            }
            Outcome::Handled(handler::Outcome::Work(work)) => Step::Reply(Reply::Work(work)),
            Outcome::Handled(handler::Outcome::Script(call)) => Step::Reply(Reply::Script(call)),
            Outcome::Prebuilt(prebuilt) => Step::Reply(self.prebuilt(prebuilt)),
            Outcome::Text(status, content) => Step::Reply(self.text::<S>(status, content)),
        }
    }

    /// Puts the present in the place of a Last-Modified that is yet to come (RFC 9110, 8.8.2.1).
    fn write_present_as_modified<S: Site>(&mut self, cx: &Context<S>) {
        if let Some(range) = response::field_range(&self.fields, "Last-Modified") {
            self.fields.splice(range, *cx.date.text());
        }
    }

    /// Answers with a status of 300 and above: by an `error_page`, or by the default page.
    fn error<S: Site>(
        &mut self,
        cx: &Context<S>,
        client: &Client,
        status: u16,
        location: Option<&[u8]>,
    ) -> Step {
        self.fields.clear();
        if let (405, Some(route)) = (status, self.route) {
            self.allow = Some(route.location.allow);
        }
        // A page in the place of a redirect's own says where to all the same.
        if let Some(location) = location {
            self.write_location(client, location);
        }
        let step = self.error_page(cx, client, status);
        step.unwrap_or_else(|| Step::Reply(self.default_page::<S>(status)))
    }

    /// The `error_page` for a status, unless one has been used already.
    fn error_page<S: Site>(
        &mut self,
        cx: &Context<S>,
        client: &Client,
        status: u16,
    ) -> Option<Step> {
        let settings = self.settings()?;
        if self.error_page_used && !settings.recursive_error_pages {
            return None;
        }
        let page = settings.error_pages.iter().find(|page| page.status == status)?;
        self.error_page_used = true;
        self.error_status = Some(status);
        self.status_override = match page.response {
            ErrorStatus::Keep => Some(status),
            ErrorStatus::Replace(status) => Some(status),
            ErrorStatus::FromTarget => None,
        };
        // Until there is a response, it is this that `$status` stands for.
        self.status = self.status_override.unwrap_or(self.status);
        Some(match &page.target {
            ErrorTarget::Named(id) => Step::Location(*id),
            ErrorTarget::Uri(uri) => {
                let uri = self.value(cx, client, uri);
                self.set_uri(&uri);
                self.as_get = self.head.method != Some(Method::Head);
                Step::Path
            }
            ErrorTarget::Redirect(target) => {
                let mut location = Vec::new();
                response::write_uri(&mut location, &self.value(cx, client, target));
                let status = match page.response {
                    ErrorStatus::Replace(status) if status::is_redirect(status) => status,
                    _ => 302,
                };
                self.fields.clear();
                self.write_location(client, &location);
                Step::Reply(self.default_page::<S>(status))
            }
        })
    }

    /// The page of a status for which the conf has none.
    pub(super) fn default_page<S: Site>(&mut self, status: u16) -> Reply {
        let page = S::error_page(status);
        self.status = status;
        self.fields.extend_from_slice(page.fields);
        Reply::Response(Body::Static(page.body))
    }

    fn prebuilt(&mut self, prebuilt: Prebuilt) -> Reply {
        self.status = match self.status_override {
            Some(status) if !status::is_redirect(prebuilt.status) => status,
            _ => prebuilt.status,
        };
        self.append_own(prebuilt.fields);
        Reply::Response(Body::Static(prebuilt.body))
    }

    /// Appends an answer's own fields. Where it stands in the place of a redirect, as its
    /// `error_page`, there may be a Location, of which a response has one.
    pub(super) fn append_own(&mut self, fields: &[u8]) {
        if self.error_page_used && response::field_value(fields, "Location").is_some() {
            response::remove_field(&mut self.fields, "Location");
        }
        self.fields.extend_from_slice(fields);
    }

    /// A response that a handler has made in memory.
    fn made(&mut self, client: &Client, response: handler::Response) -> Reply {
        let handler::Response { status, location, content_type, content } = response;
        self.status = self.status_override.unwrap_or(status);
        if !content_type.is_empty() {
            response::write_field(&mut self.fields, "Content-Type", content_type);
        }
        if status != 204 {
            response::write_content_length(&mut self.fields, content.len() as u64);
        }
        if let Some(location) = location {
            response::remove_field(&mut self.fields, "Location");
            self.write_location(client, &location);
        }
        Reply::Response(Body::Owned(content))
    }

    /// A response whose content is made while it is sent.
    fn made_while_sent(&mut self, content_type: &[u8], producer: Box<dyn Produce>) -> Reply {
        self.status = self.status_override.unwrap_or(200);
        response::write_field(&mut self.fields, "Content-Type", content_type);
        if status::has_no_content(self.status) {
            return Reply::Response(Body::Empty);
        }
        let chunked = self.transfer(None) == Transfer::Chunked;
        Reply::Response(Body::Made(Made { producer, chunked }))
    }

    fn text<S: Site>(&mut self, status: u16, content: Vec<u8>) -> Reply {
        self.status = self.status_override.unwrap_or(status);
        if let Some(settings) = self.settings() {
            let media_type = handler::media_type(settings, &self.head.path, S::media_type);
            if !media_type.is_empty() {
                response::write_field(&mut self.fields, "Content-Type", media_type);
            }
        }
        response::write_content_length(&mut self.fields, content.len() as u64);
        Reply::Response(Body::Owned(content))
    }

    /// Appends a Location.
    fn write_location(&mut self, client: &Client, location: &[u8]) {
        let mut uri = Vec::with_capacity(location.len());
        self.write_origin(client, location, &mut uri);
        uri.extend_from_slice(location);
        response::write_field(&mut self.fields, "Location", &uri);
    }

    /// What stands before a path in a Location, where the conf wants it whole.
    fn write_origin(&self, client: &Client, location: &[u8], out: &mut Vec<u8>) {
        let Some(route) = self.route else { return };
        let (settings, name) = (route.location.settings, route.server_settings.name.bytes());
        if !settings.absolute_redirect || location.first() != Some(&b'/') {
            return;
        }
        out.extend_from_slice(b"http://");
        self.unrepeatable.set(true);
        let local = client.local();
        match (&self.host[..], local) {
            _ if settings.server_name_in_redirect && !name.is_empty() => {
                out.extend_from_slice(name);
            }
            (b"", Some(local)) if name.is_empty() => {
                out.extend_from_slice(local.ip().to_string().as_bytes());
            }
            (b"", _) => out.extend_from_slice(name),
            (host, _) => out.extend_from_slice(host),
        }
        let port = local.map(|local| local.port()).filter(|&port| port != 80);
        if let Some(port) = port.filter(|_| settings.port_in_redirect) {
            out.push(b':');
            out.extend_from_slice(itoa::Buffer::new().format(port).as_bytes());
        }
    }

    /// What holds of every reply.
    pub(super) fn finish<S: Site>(
        &mut self,
        cx: &mut Context<S>,
        client: &Client,
        reply: Reply,
    ) -> Reply {
        if matches!(self.status, 204 | 205) {
            // What an `error_page` gives this status to has fields of a content.
            for name in ["Content-Type", "Content-Length", "Last-Modified"] {
                response::remove_field(&mut self.fields, name);
            }
        }
        if self.status == 205 {
            // No rule of framing says that it ends with its head (RFC 9110, 15.3.6).
            response::write_content_length(&mut self.fields, 0);
        }
        // Only now: an `error_page` may have given another status in its place.
        if let (405, Some(allow)) = (self.status, self.allow)
            && response::field_value(&self.fields, "Allow").is_none()
        {
            response::write_field(&mut self.fields, "Allow", allow);
        }
        if matches!(reply, Reply::Response(_) | Reply::Content(_)) {
            self.say_charset(cx, client);
            self.add_fields(cx, client);
        }
        let is_head = self.head.method == Some(Method::Head);
        match reply {
            Reply::Response(_) if is_head || status::has_no_content(self.status) => {
                Reply::Response(Body::Empty)
            }
            reply => reply,
        }
    }
}
