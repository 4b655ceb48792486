//! The default pages: one for each status that may come up.

use std::collections::BTreeSet;

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use sitec_runtime::http::status;
use sitec_runtime::site::ErrorStatus;

use super::tokens::{Shared, number};
use crate::ir;
use crate::template::{Filling, Template};

/// The type of the default pages.
pub(super) const PAGE_TYPE: &[u8] = b"text/html";

/// What the page of 409 says beside its name. Files that are written are what leads there.
const HELP_AGAINST_CONFLICT: &str =
    "The name is taken, or its folder is missing: nothing was stored. Choose another name.";

/// The default page of a status. That of a redirect is short: who is sent elsewhere seldom sees it.
pub(super) fn page(code: u16) -> String {
    let template = match status::is_redirect(code) {
        true => include_str!("../../templates/redirect.html"),
        false => include_str!("../../templates/error.html"),
    };
    let (code, reason) = (code.to_string(), status::reason(code).unwrap_or_default());
    let title = format!("{code} {reason}");
    let text = |value: &str| Filling::Text(value.to_owned());
    let help = (code == "409").then(|| vec![("text", text(HELP_AGAINST_CONFLICT))]);
    Template::new(template).render(&vec![
        ("title", text(title.trim_end())),
        ("status", text(&code)),
        ("reason", text(reason)),
        ("help", Filling::Each(help.into_iter().collect())),
    ])
}

/// The page of `status_page`, and what it is made with, in a site that has it.
pub(super) fn status_page(site: &ir::Site, shared: &mut Shared) -> Option<TokenStream> {
    site.is_any_handler(|handler| *handler == ir::Handler::StatusPage).then(|| {
        let mut include =
            |name: &str, text: &str| shared.include(name.to_owned(), text.as_bytes().to_vec());
        let page = include("status.html", include_str!("../../templates/status.html"));
        let script = include("status.js", include_str!("../../templates/status.js"));
        let style = include("status.css", include_str!("../../templates/status.css"));
        quote! {
            static STATUS_PAGE: site::StatusPage =
                site::StatusPage { page: #page, script: #script, style: #style };
        }
    })
}

/// The name of the constant that holds a page.
pub(super) fn page_name(code: u16) -> Ident {
    format_ident!("PAGE_{code}")
}

/// The statuses that get a page: those that come up by themselves, and those that the conf names.
fn page_statuses(site: &ir::Site) -> BTreeSet<u16> {
    let mut statuses: BTreeSet<u16> = status::with_page().collect();
    let steps = site.steps().filter_map(|op| match op {
        ir::Op::Return(what) => Some(what),
        _ => None,
    });
    let actions = site.locations.iter().filter_map(|location| match &location.action {
        ir::Action::Return(what) => Some(what),
        ir::Action::Serve { .. } => None,
    });
    statuses.extend(steps.chain(actions).filter_map(|what| match what {
        ir::Return::Status(code) | ir::Return::Text(code, _) => Some(*code),
        ir::Return::Redirect(..) | ir::Return::Close => None,
    }));
    for location in &site.locations {
        if let ir::Action::Serve { try_files: Some(try_files), .. } = &location.action
            && let ir::Fallback::Status(code) = try_files.fallback
        {
            statuses.insert(code);
        }
    }
    for page in site.settings.iter().flat_map(|settings| &settings.error_pages) {
        if let ErrorStatus::Replace(code) = page.response {
            statuses.insert(code);
        }
    }
    for settings in &site.settings {
        let limits = [
            (settings.limit_reqs.is_empty(), settings.limit_req_status),
            (settings.limit_conns.is_empty(), settings.limit_conn_status),
        ];
        statuses.extend(limits.into_iter().filter(|(is_none, _)| !is_none).map(|(_, code)| code));
    }
    let limits = site.locations.iter().filter_map(|location| location.limit_except.as_ref());
    let mut admissions = site
        .settings
        .iter()
        .map(|settings| &settings.admission)
        .chain(limits.map(|limit| &limit.admission));
    if admissions.any(|admission| admission.auth.is_some() || admission.inquiry.is_some()) {
        statuses.insert(401);
    }
    statuses.retain(|&code| status::has_page(code));
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
    let own = statuses.iter().map(|&code| (number(code), page_name(code)));
    let (codes, names): (Vec<_>, Vec<_>) = own.unzip();
    let body = quote! {
        match status {
            #(#codes => &#names,)*
            _ => &site::Prebuilt::EMPTY,
        }
    };
    (body, items)
}

/// The fields that describe content.
pub(super) fn content_fields(media_type: &[u8], len: usize) -> Vec<u8> {
    let mut fields = Vec::new();
    if !media_type.is_empty() {
        fields.extend([b"Content-Type: ", media_type, b"\r\n"].concat());
    }
    fields.extend(format!("Content-Length: {len}\r\n").bytes());
    fields
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codegen::tests::site;

    #[test]
    fn statuses_that_a_conf_names_get_pages_too() {
        let statuses = |server: &str| {
            let zone = "limit_req_zone $remote_addr zone=z:64k rate=1r/s;";
            let site = site(&format!("{zone} server {{ listen 80; root /srv; {server} }}"));
            page_statuses(&site).into_iter().collect::<Vec<_>>()
        };
        let own = statuses("");
        assert!(own.contains(&404) && own.contains(&505) && !own.contains(&410));
        for (server, code) in [
            ("return 410;", 410),
            ("location /a { set $a b; return 410; }", 410),
            ("if ($arg_a) { return 410; }", 410),
            ("location /a { return 429 text; }", 429),
            ("location /a { try_files $uri =406; }", 406),
            ("error_page 404 =402 /a;", 402),
            ("limit_req zone=z; limit_req_status 429;", 429),
            ("location /a { auth_request /b; } location /b { return 204; }", 401),
            ("location /a { auth_basic x; auth_basic_user_file /etc/users; }", 401),
            (
                "location /a { limit_except GET { auth_basic x; auth_basic_user_file /etc/users; } }",
                401,
            ),
        ] {
            let added: Vec<_> =
                statuses(server).into_iter().filter(|code| !own.contains(code)).collect();
            assert_eq!(added, [code], "{server}");
        }
        for pageless in ["return 418;", "return 451;", "return 422;", "return 599;"] {
            assert_eq!(statuses(pageless), own, "{pageless}");
        }
    }

    #[test]
    fn a_page_shows_its_status() {
        assert!(page(404).contains("<title>404 Not Found</title>"));
        assert_eq!(page(302), "<!DOCTYPE html>\n<title>302 Found</title>\n<h1>302 Found</h1>\n");
        assert!(!page(500).contains("{{") && !page(500).contains("Choose"));
        assert!(page(409).contains("<p>Conflict</p>\n<p>The name is taken"));
    }
}
