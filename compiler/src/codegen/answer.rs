//! What a `return` comes to: a whole response where no variable and no path decides it.

use std::collections::BTreeMap;

use proc_macro2::TokenStream;
use quote::quote;
use sitec_runtime::http::status;
use sitec_runtime::media;
use sitec_runtime::site::LocationId;

use super::page::{PAGE_TYPE, content_fields, page, page_name};
use super::tokens::{bytes, fixed, number};
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
        ir::Return::Redirect(code, value) => match fixed(value) {
            Some(uri) if !has_error_page(settings, *code) && !is_made_absolute(settings, &uri) => {
                Answer::Known(redirect(*code, &uri))
            }
            _ => Answer::Redirect(*code, value.clone()),
        },
        ir::Return::Text(code, value) => match fixed(value) {
            Some(text) if text.is_empty() => status_alone(site, settings, path, *code),
            Some(text) => fixed_text(site, settings, path, *code, text),
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
    for &byte in uri {
        // A control character would end the field, or the head.
        match byte {
            0..b' ' | 0x7f => fields.extend(format!("%{byte:02X}").bytes()),
            _ => fields.push(byte),
        }
    }
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
    use sitec_runtime::site::ErrorStatus;

    use super::*;
    use crate::by_hand::{empty_site, literal};

    /// What a `return` comes to, in one line.
    fn shown(site: &ir::Site, path: Option<&str>, back: &ir::Return) -> String {
        match answer(site, &site.settings[0], path.map(str::as_bytes), back) {
            Answer::Known(response) => {
                let body = match response.body {
                    Body::Page => "PAGE".to_owned(),
                    Body::Bytes(bytes) => String::from_utf8(bytes).unwrap(),
                };
                let fields = String::from_utf8(response.fields).unwrap();
                let fields = fields.replace(&page(response.status).len().to_string(), "LEN");
                format!("{} {}| {body}", response.status, fields.replace("\r\n", " "))
            }
            Answer::Status(code) => format!("status {code}"),
            Answer::Redirect(code, value) => format!("redirect {code} {:?}", fixed(&value)),
            Answer::Text(code, value) => format!("text {code} {}", fixed(&value).is_some()),
            Answer::Close => "close".to_owned(),
        }
    }

    #[test]
    fn what_is_known_is_a_whole_response() {
        use ir::Return::{Close, Redirect, Status, Text};
        let site = empty_site("test.conf");
        let variable = ir::Value(vec![ir::Piece::Variable(ir::Variable::Simple("uri"))]);
        let exact_html = Some("/a.HTML");
        let cases = [
            (None, Close, "close"),
            (None, Status(404), "status 404"),
            (None, Status(301), "status 301"),
            (None, Status(204), "204 | "),
            (None, Status(200), "text 200 true"),
            (exact_html, Status(200), "200 Content-Type: text/html Content-Length: 0 | "),
            (None, Text(404, literal("")), "status 404"),
            (None, Text(404, literal("x")), "text 404 true"),
            (
                exact_html,
                Text(404, literal("x")),
                "404 Content-Type: text/html Content-Length: 1 | x",
            ),
            (
                Some("/a"),
                Text(200, literal("x")),
                "200 Content-Type: text/plain Content-Length: 1 | x",
            ),
            (exact_html, Text(204, literal("x")), "204 | "),
            (exact_html, Text(200, variable.clone()), "text 200 false"),
            (
                None,
                Redirect(302, literal("https://a.test/\r\n x")),
                "302 Content-Type: text/html Content-Length: LEN Location: https://a.test/%0D%0A x | PAGE",
            ),
            (None, Redirect(301, variable), "redirect 301 None"),
        ];
        for (path, back, expected) in cases {
            assert_eq!(shown(&site, path, &back), expected, "{back:?}");
        }
    }

    #[test]
    fn what_depends_on_settings_is_not_known() {
        use ir::Return::{Redirect, Text};
        let redirect = |uri| Redirect(301, literal(uri));
        let mut site = empty_site("test.conf");
        site.settings[0].absolute_redirect = true;
        assert!(shown(&site, None, &redirect("/a")).starts_with("redirect 301"));
        assert!(shown(&site, None, &redirect("//a.test/")).starts_with("redirect 301"));
        assert!(shown(&site, None, &redirect("https://a.test/")).starts_with("301 "));

        site.settings[0].error_pages.push(ir::ErrorPage {
            status: 301,
            response: ErrorStatus::Keep,
            target: ir::ErrorTarget::Uri(literal("/moved")),
        });
        assert!(shown(&site, None, &redirect("https://a.test/")).starts_with("redirect 301"));

        site.types[0].clear();
        let text = Text(200, literal("x"));
        let expected = "200 Content-Type: text/plain Content-Length: 1 | x";
        assert_eq!(shown(&site, None, &text), expected);
        site.settings[0].default_type.clear();
        assert_eq!(shown(&site, None, &text), "200 Content-Length: 1 | x");
    }
}
