//! Responses that are known when the site is built: default pages, redirects and bodies of
//! `return` without variables.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use sitec_runtime::http::status;
use sitec_runtime::media;
use sitec_runtime::site::LocationId;

use super::tokens::{Shared, bytes, fixed, number};
use crate::ir;
use crate::template::Template;

/// What a `return` comes to.
pub(super) enum Answer<'a> {
    /// A whole response.
    Known(Response),
    /// A status whose page is looked for.
    Status(u16),
    /// A redirect to a value.
    Redirect(u16, &'a ir::Value),
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
pub(super) fn answer<'a>(
    site: &ir::Site,
    settings: &ir::Settings,
    path: Option<&[u8]>,
    back: &'a ir::Return,
) -> Answer<'a> {
    match back {
        ir::Return::Close => Answer::Close,
        ir::Return::Status(code) => status_alone(site, settings, path, *code),
        ir::Return::Redirect(code, value) => match fixed(value) {
            Some(uri) if !has_error_page(settings, *code) && !is_made_absolute(settings, &uri) => {
                Answer::Known(redirect(*code, &uri))
            }
            _ => Answer::Redirect(*code, value),
        },
        ir::Return::Text(code, value) => match fixed(value) {
            Some(text) if text.is_empty() => status_alone(site, settings, path, *code),
            Some(text) => fixed_text(site, settings, path, *code, text),
            None => Answer::Text(*code, value.clone()),
        },
    }
}

/// As in nginx, a status below 400 alone is an empty body, and any other is an error.
fn status_alone<'a>(
    site: &ir::Site,
    settings: &ir::Settings,
    path: Option<&[u8]>,
    code: u16,
) -> Answer<'a> {
    if code >= 400 || status::is_redirect(code) {
        Answer::Status(code)
    } else {
        fixed_text(site, settings, path, code, Vec::new())
    }
}

fn fixed_text<'a>(
    site: &ir::Site,
    settings: &ir::Settings,
    path: Option<&[u8]>,
    code: u16,
    text: Vec<u8>,
) -> Answer<'a> {
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

fn content_fields(media_type: &[u8], len: usize) -> Vec<u8> {
    let mut fields = Vec::new();
    if !media_type.is_empty() {
        fields.extend([b"Content-Type: ", media_type, b"\r\n"].concat());
    }
    fields.extend(format!("Content-Length: {len}\r\n").bytes());
    fields
}

/// The type of the default pages.
const PAGE_TYPE: &[u8] = b"text/html";

/// The default page of a status.
pub(super) fn page(code: u16) -> String {
    let (code, reason) = (code.to_string(), status::reason(code).unwrap_or_default());
    let title = format!("{code} {reason}");
    let values = [("title", title.trim_end()), ("status", &code[..]), ("reason", reason)];
    Template::new(include_str!("../../../templates/error.html")).fill(&values)
}

/// The name of the constant that holds a page.
fn page_name(code: u16) -> Ident {
    format_ident!("PAGE_{code}")
}

/// The statuses that get a page: those with a reason phrase, and those that the conf names.
fn page_statuses(site: &ir::Site) -> BTreeSet<u16> {
    let mut statuses: BTreeSet<u16> = status::with_page().collect();
    for location in &site.locations {
        match &location.action {
            ir::Action::Return(ir::Return::Status(code) | ir::Return::Text(code, _)) => {
                statuses.insert(*code);
            }
            ir::Action::Serve { try_files: Some(try_files), .. } => {
                if let ir::Fallback::Status(code) = try_files.fallback {
                    statuses.insert(code);
                }
            }
            _ => {}
        }
    }
    for page in site.settings.iter().flat_map(|settings| &settings.error_pages) {
        if let sitec_runtime::site::ErrorStatus::Replace(code) = page.response {
            statuses.insert(code);
        }
    }
    statuses.retain(|&code| (300..1000).contains(&code) && !status::has_no_content(code));
    statuses
}

/// The body of `Site::error_page`, and the constants that hold the pages.
pub(super) fn pages(site: &ir::Site, shared: &mut Shared) -> (TokenStream, TokenStream) {
    let statuses = page_statuses(site);
    let mut items = TokenStream::new();
    for &code in &statuses {
        let page = page(code);
        let mut message = content_fields(PAGE_TYPE, page.len());
        message.extend(b"\r\n");
        message.extend(page.bytes());
        let include = shared.include(format!("{code}.http"), message);
        let (name, code) = (page_name(code), number(code));
        items.extend(quote! {
            const #name: site::Prebuilt = site::Prebuilt::parse(#code, #include);
        });
    }
    // The pages that stand for their class come last.
    let own = statuses.iter().filter(|&&code| !matches!(code, 300 | 400 | 500));
    let (codes, names): (Vec<_>, Vec<_>) = own.map(|&code| (number(code), page_name(code))).unzip();
    let body = quote! {
        match status {
            #(#codes => &#names,)*
            ..=399 => &PAGE_300,
            400..=499 => &PAGE_400,
            _ => &PAGE_500,
        }
    };
    (body, items)
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
