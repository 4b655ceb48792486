//! From what a location gives to a response: `error_page`, redirects, pages, fields.

use sitec_runtime::http::method::Method;
use sitec_runtime::http::response::write_uri;
use sitec_runtime::http::status;
use sitec_runtime::media;
use sitec_runtime::site::ErrorStatus;

use super::request::listen_port;
use super::walk::{Next, Walk};
use super::{End, Field, Step, server_name};
use crate::ir::ErrorTarget;

impl Walk<'_, '_> {
    /// Adds a field to the response.
    pub(super) fn field(&mut self, name: &str, value: impl Into<String>) {
        self.fields.push(Field { name: name.to_owned(), value: Some(value.into()) });
    }

    pub(super) fn end(&mut self, end: End) -> Next {
        Next::End(end)
    }

    /// A status of 300 and above: an `error_page` answers it, or the default page.
    pub(super) fn error(&mut self, status: u16, reason: String) -> Next {
        self.settle(status, reason, None)
    }

    /// A redirect of the client, which an `error_page` may answer too.
    pub(super) fn redirect(&mut self, status: u16, location: &[u8], reason: &str) -> Next {
        self.settle(status, reason.to_owned(), Some(location))
    }

    /// The redirect of a `return`, whose target is not yet escaped.
    pub(super) fn redirect_by_return(&mut self, status: u16, target: &[u8]) -> Next {
        let mut location = Vec::with_capacity(target.len());
        write_uri(&mut location, target);
        self.redirect(status, &location, "`return` says so")
    }

    fn settle(&mut self, status: u16, reason: String, location: Option<&[u8]>) -> Next {
        self.steps.push(Step::Status { status, reason });
        self.fields.clear();
        if status == 405 {
            self.refused_at = Some(self.location);
        }
        // A page in the place of a redirect's own says where to all the same.
        if let Some(location) = location {
            self.location_field(location);
        }
        self.error_page(status).unwrap_or_else(|| Next::End(self.default_page(status)))
    }

    /// The `error_page` for a status, unless one has been used already.
    fn error_page(&mut self, status: u16) -> Option<Next> {
        let settings = self.settings();
        if self.without_pages || self.error_page_used && !settings.recursive_error_pages {
            return None;
        }
        let page = settings.error_pages.iter().find(|page| page.status == status)?;
        self.error_page_used = true;
        self.status_override = match page.response {
            ErrorStatus::Keep => Some(status),
            ErrorStatus::Replace(status) => Some(status),
            ErrorStatus::FromTarget => None,
        };
        // Until there is a response, it is this that `$status` stands for.
        self.status = self.status_override.unwrap_or(self.status);
        let told = |target: &[u8]| {
            let target = String::from_utf8_lossy(target).into_owned();
            Step::ErrorPage { status, target }
        };
        Some(match &page.target {
            ErrorTarget::Named(id) => {
                self.steps.push(told(b"a named location"));
                Next::Location(*id)
            }
            ErrorTarget::Uri(value) => {
                let uri = self.value(value);
                self.steps.push(told(&uri));
                self.set_uri(&uri);
                self.as_get = self.head.method != Some(Method::Head);
                Next::Path
            }
            ErrorTarget::Redirect(value) => {
                let mut location = Vec::new();
                write_uri(&mut location, &self.value(value));
                self.steps.push(told(&location));
                let status = match page.response {
                    ErrorStatus::Replace(status) if status::is_redirect(status) => status,
                    _ => 302,
                };
                self.fields.clear();
                self.location_field(&location);
                Next::End(self.default_page(status))
            }
        })
    }

    /// The page of a status for which the conf has none.
    pub(super) fn default_page(&mut self, status: u16) -> End {
        self.status = status;
        if !status::has_no_content(status) {
            self.field("Content-Type", "text/html");
        }
        End::Page
    }

    /// Adds a Location.
    pub(super) fn location_field(&mut self, location: &[u8]) {
        let location = self.origin(location) + &String::from_utf8_lossy(location);
        self.field("Location", location);
    }

    /// What stands before a path in a Location, where the conf wants it whole.
    fn origin(&self, location: &[u8]) -> String {
        let settings = self.settings();
        if !settings.absolute_redirect || location.first() != Some(&b'/') {
            return String::new();
        }
        let name = server_name(self.site(), &self.site().servers[usize::from(self.server)].name);
        let host = match settings.server_name_in_redirect && !name.is_empty() {
            true => name.into(),
            false => String::from_utf8_lossy(&self.host),
        };
        let port = listen_port(self.site(), self.listen).filter(|&port| port != 80);
        match port.filter(|_| settings.port_in_redirect) {
            Some(port) => format!("http://{host}:{port}"),
            None => format!("http://{host}"),
        }
    }

    /// The media type for the extension of the path, or the location's default one.
    pub(super) fn media_type(&self) -> String {
        let settings = self.settings();
        let extension = media::extension(&self.path).to_ascii_lowercase();
        let types = &self.site().types[usize::from(settings.types)];
        let known = types.iter().find(|(other, _)| *other == extension);
        let media_type = known.map_or(&settings.default_type, |(_, media_type)| media_type);
        String::from_utf8_lossy(media_type).into_owned()
    }
}
