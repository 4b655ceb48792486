//! What a `return` comes to: a whole response where no variable and no path decides it.

use std::collections::BTreeMap;

use proc_macro2::TokenStream;
use quote::quote;
use sitec_runtime::http::{response::write_uri, status};
use sitec_runtime::media;
use sitec_runtime::site::LocationId;

use super::page::{PAGE_TYPE, content_fields, page, page_name};
use super::tokens::{bytes, number};
use crate::ir;

/// What a `return` comes to.
pub(super) enum Answer {
    /// A whole response.
    Known(Response),
    /// A status whose page is looked for.
    Status(u16),
    /// A redirect to a value.
    Redirect(u16, ir::Value),
    /// A body whose type the path decides, or which has variables.
    Text(u16, ir::Value),
    /// No response.
    Close,
}

/// A response that is known.
pub(super) struct Response {
    pub(super) status: u16,
    pub(super) fields: Vec<u8>,
    pub(super) body: Body,
}

/// The content of a known response.
pub(super) enum Body {
    /// The default page of the response's status.
    Page,
    Bytes(Vec<u8>),
}

/// The only path of each location that has one.
pub(super) fn exact_paths(site: &ir::Site) -> BTreeMap<LocationId, &[u8]> {
    fn add<'a>(scope: &'a ir::Scope, paths: &mut BTreeMap<LocationId, &'a [u8]>) {
        paths.extend(scope.exact.iter().map(|(path, location)| (*location, &path[..])));
        scope.prefix.iter().for_each(|prefix| add(&prefix.nested, paths));
        scope.regex.iter().for_each(|regex| add(&regex.nested, paths));
    }
    let mut paths = BTreeMap::new();
    site.servers.iter().for_each(|server| add(&server.scope, &mut paths));
    paths
}

/// What `back` comes to in a location with `settings`, which only `path` reaches, if given.
pub(super) fn answer(
    site: &ir::Site,
    settings: &ir::Settings,
    path: Option<&[u8]>,
    back: &ir::Return,
) -> Answer {
    match back {
        ir::Return::Close => Answer::Close,
        ir::Return::Status(code) => status_alone(site, settings, path, *code),
        ir::Return::Redirect(code, value) => match value.literal() {
            Some(uri) if !has_error_page(settings, *code) && !is_made_absolute(settings, uri) => {
                Answer::Known(redirect(*code, uri))
            }
            _ => Answer::Redirect(*code, value.clone()),
        },
        ir::Return::Text(code, value) => match value.literal() {
            Some([]) => status_alone(site, settings, path, *code),
            Some(text) => fixed_text(site, settings, path, *code, text.to_vec()),
            None => Answer::Text(*code, value.clone()),
        },
    }
}

/// As in nginx, a status below 400 alone is an empty body, and any other is an error.
fn status_alone(
    site: &ir::Site,
    settings: &ir::Settings,
    path: Option<&[u8]>,
    code: u16,
) -> Answer {
    if code >= 400 || status::is_redirect(code) {
        Answer::Status(code)
    } else {
        fixed_text(site, settings, path, code, Vec::new())
    }
}

fn fixed_text(
    site: &ir::Site,
    settings: &ir::Settings,
    path: Option<&[u8]>,
    code: u16,
    text: Vec<u8>,
) -> Answer {
    if status::has_no_content(code) {
        let body = Body::Bytes(Vec::new());
        return Answer::Known(Response { status: code, fields: Vec::new(), body });
    }
    match media_type(site, settings, path) {
        Some(media_type) => {
            let fields = content_fields(media_type, text.len());
            Answer::Known(Response { status: code, fields, body: Body::Bytes(text) })
        }
        None => Answer::Text(code, ir::Value(vec![ir::Piece::Literal(text)])),
    }
}

/// The type that every path of a location gives, if it is one.
fn media_type<'a>(
    site: &'a ir::Site,
    settings: &'a ir::Settings,
    path: Option<&[u8]>,
) -> Option<&'a [u8]> {
    let types = &site.types[usize::from(settings.types)];
    if types.is_empty() {
        return Some(&settings.default_type);
    }
    let extension = media::extension(path?).to_ascii_lowercase();
    let entry = types.iter().find(|(other, _)| *other == extension);
    Some(entry.map_or(&settings.default_type, |(_, media_type)| media_type))
}

fn has_error_page(settings: &ir::Settings, code: u16) -> bool {
    settings.error_pages.iter().any(|page| page.status == code)
}

fn is_made_absolute(settings: &ir::Settings, uri: &[u8]) -> bool {
    settings.absolute_redirect && uri.starts_with(b"/")
}

fn redirect(code: u16, uri: &[u8]) -> Response {
    let mut fields = content_fields(PAGE_TYPE, page(code).len());
    fields.extend(b"Location: ");
    write_uri(&mut fields, uri);
    fields.extend(b"\r\n");
    Response { status: code, fields, body: Body::Page }
}

/// A `site::Prebuilt`.
pub(super) fn prebuilt(response: &Response) -> TokenStream {
    let (status, fields) = (number(response.status), bytes(&response.fields));
    let body = match &response.body {
        Body::Page => {
            let page = page_name(response.status);
            quote!(#page.body)
        }
        Body::Bytes(content) => {
            let content = bytes(content);
            quote!(#content)
        }
    };
    quote!(site::Prebuilt { status: #status, fields: #fields, body: #body })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codegen::tests::site;

    /// What the `return` of the last location comes to, in one line.
    fn shown(server: &str) -> String {
        let site = site(&format!("server {{ listen 80; {server} }}"));
        let (id, location) = (0..).zip(&site.locations).last().expect("a server has one");
        let ir::Action::Return(back) = &location.action else { panic!("{server} does not return") };
        let paths = exact_paths(&site);
        let settings = &site.settings[location.settings];
        match answer(&site, settings, paths.get(&id).copied(), back) {
            Answer::Known(response) => {
                let body = match response.body {
                    Body::Page => "PAGE".to_owned(),
                    Body::Bytes(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
                };
                let fields = String::from_utf8_lossy(&response.fields).replace("\r\n", "; ");
                let fields = fields.replace(&page(response.status).len().to_string(), "LEN");
                format!("{} {fields}{body}", response.status)
            }
            Answer::Status(code) => format!("status {code}"),
            Answer::Redirect(code, value) => {
                format!("redirect {code} {}", value.literal().is_some())
            }
            Answer::Text(code, value) => format!("text {code} {}", value.literal().is_some()),
            Answer::Close => "close".to_owned(),
        }
    }

    #[test]
    fn what_a_return_comes_to() {
        let cases = [
            ("return 444;", "close"),
            ("return 404;", "status 404"),
            ("return 204;", "204 "),
            ("return 404 \"\";", "status 404"),
            // The path decides the type, unless there is one path or one type.
            ("return 200;", "text 200 true"),
            ("return 404 x;", "text 404 true"),
            ("types { } return 200 x;", "200 Content-Type: text/plain; Content-Length: 1; x"),
            (
                "types { } default_type a/b; return 200;",
                "200 Content-Type: a/b; Content-Length: 0; ",
            ),
            (
                "location = /a.HTML { return 404 x; }",
                "404 Content-Type: text/html; Content-Length: 1; x",
            ),
            (
                "location = /a { return 200 x; }",
                "200 Content-Type: text/plain; Content-Length: 1; x",
            ),
            ("location = /a { return 200 $uri; }", "text 200 false"),
            ("location = /a { return 204 x; }", "204 "),
            ("location /a.html { return 200 x; }", "text 200 true"),
            (
                "return 302 https://a.test/b;",
                "302 Content-Type: text/html; Content-Length: LEN; Location: https://a.test/b; PAGE",
            ),
            (
                "return 301 /b;",
                "301 Content-Type: text/html; Content-Length: LEN; Location: /b; PAGE",
            ),
            ("return 301 $uri;", "redirect 301 false"),
            // The Host of the request is in it, or another response takes its place.
            ("absolute_redirect on; return 301 /b;", "redirect 301 true"),
            ("error_page 301 /moved; return 301 https://a.test/;", "redirect 301 true"),
            (
                "error_page 302 /moved; return 301 /;",
                "301 Content-Type: text/html; Content-Length: LEN; Location: /; PAGE",
            ),
        ];
        for (server, expected) in cases {
            assert_eq!(shown(server), expected, "{server}");
        }
    }

    #[test]
    fn a_location_field_is_one_line() {
        let fields = redirect(301, b"/a b\r\nX: \x7f\xff").fields;
        assert!(fields.ends_with(b"Location: /a%20b%0D%0AX:%20%7F%FF\r\n"));
    }
}
