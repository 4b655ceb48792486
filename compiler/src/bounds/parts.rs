//! The parts of the server that a binary contains only where the conf needs them.

use sitec_runtime::http::accept::Coding;
use sitec_runtime::site::{Beside, LocationId};

use crate::automata::shown;
use crate::ir::{self, Action, Handler, Scope};
use crate::places::Places;
use crate::source::Sources;

/// A part of the server.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Part {
    /// What it is.
    pub name: &'static str,
    /// Whether the binary will contain it.
    pub contained: bool,
    /// What needs it first: a location and where it is.
    pub by: Option<String>,
}

/// All parts, in the order in which they are shown.
pub(super) fn parts(site: &ir::Site, places: &Places, sources: &Sources) -> Vec<Part> {
    let named = |id: LocationId| {
        let place = sources.place(places.locations[id as usize].span);
        format!("{} ({place})", places.location(id))
    };
    let needed = |name, needs: &dyn Fn(&ir::Location, &ir::Settings) -> bool| {
        let locations = (0..).zip(&site.locations);
        let mut first = locations.filter(|(_, l)| needs(l, &site.settings[l.settings]));
        let by = first.next().map(|(id, _)| named(id));
        Part { name, contained: by.is_some(), by }
    };
    let handled = |location: &ir::Location, is: fn(&Handler) -> bool| match &location.action {
        Action::Serve { handler, .. } => is(handler),
        Action::Return(_) => false,
    };
    vec![
        needed("scripts", &|l, _| handled(l, |h| matches!(h, Handler::Cgi(_)))),
        needed("uploads", &|l, _| handled(l, |h| matches!(h, Handler::Upload(_)))),
        needed("WebDAV methods", &|l, _| handled(l, |h| matches!(h, Handler::Dav(_)))),
        needed("proxying", &|l, _| handled(l, |h| matches!(h, Handler::Proxy(_)))),
        needed("lists of folders", &|l, s| handled(l, |_| true) && s.listing.is_some()),
        needed("gzip_static", &|l, s| handled(l, |_| true) && s.gzip_static != Beside::Off),
        needed("brotli_static", &|l, s| handled(l, |_| true) && s.brotli_static != Beside::Off),
        needed("zstd_static", &|l, s| handled(l, |_| true) && s.zstd_static != Beside::Off),
        needed("gzip", &|_, s| codes(s, Coding::Gzip)),
        needed("Brotli", &|_, s| codes(s, Coding::Brotli)),
        needed("Zstandard", &|_, s| codes(s, Coding::Zstd)),
        needed("sub_filter", &|_, s| s.substitution.is_some()),
        needed("charset_map", &|_, s| {
            s.source_charset.is_some() || s.override_charset || !site.charset_maps.is_empty()
        }),
        needed("ssi", &|_, s| s.ssi.is_some()),
        needed("access rules", &|l, s| !s.admission.is_open() || l.limit_except.is_some()),
        needed("passwords", &|l, s| {
            let limited = l.limit_except.as_ref().map(|limit| &limit.admission);
            limited.into_iter().chain([&s.admission]).any(|it| it.auth.is_some())
        }),
        needed("subrequests", &|l, s| {
            let limited = l.limit_except.as_ref().map(|limit| &limit.admission);
            let mut all = limited.into_iter().chain([&s.admission]);
            !s.mirrors.is_empty()
                || s.slice_len > 0
                || s.additions.is_some()
                || s.ssi.is_some()
                || all.any(|it| it.inquiry.is_some())
        }),
        part("TLS", tls(site).map(named)),
        needed("secure links", &|_, s| s.secure_link.is_some()),
        needed("limits", &|_, s| !s.limit_reqs.is_empty() || !s.limit_conns.is_empty()),
        needed("counts", &|l, s| {
            let tells =
                |h: &Handler| matches!(h, Handler::Status | Handler::Metrics | Handler::StatusPage);
            let names = site.named.iter().any(|name| name.starts_with("connections_"));
            names || s.ssi.is_some() || handled(l, tells)
        }),
        needed("metrics", &|l, _| {
            handled(l, |h| matches!(h, Handler::Metrics | Handler::StatusPage))
        }),
        part("HTTP/2", http2(site, places, sources)),
        regexes(site, &named),
        part("params", site.params.first().map(|param| format!("param {}", param.name))),
    ]
}

/// Whether contents are compressed so.
fn codes(settings: &ir::Settings, coding: Coding) -> bool {
    settings.compression.as_ref().is_some_and(|it| it.plain.is_on(coding))
}

/// The first server that speaks HTTP/2.
fn http2(site: &ir::Site, places: &Places, sources: &Sources) -> Option<String> {
    let of_listen = || site.listens.iter().find(|listen| listen.http2);
    let server = site.servers.iter().position(|server| server.http2);
    let server = server.or_else(|| of_listen().map(|it| usize::from(it.default_server)))?;
    Some(format!("server ({})", sources.place(places.servers[server].span)))
}

/// The first location of a server that speaks TLS, or that is passed on over it.
fn tls(site: &ir::Site) -> Option<LocationId> {
    let server = site.servers.iter().find(|server| server.tls.is_some());
    let is_passed_on =
        |location: &ir::Location| location.action.proxy().is_some_and(|it| it.tls.is_some());
    let location = || site.locations.iter().position(is_passed_on).map(|id| id as LocationId);
    server.map(|server| server.location).or_else(location)
}

fn part(name: &'static str, by: Option<String>) -> Part {
    Part { name, contained: by.is_some(), by }
}

/// The automata of regexes.
fn regexes(site: &ir::Site, named: &dyn Fn(LocationId) -> String) -> Part {
    let location = site.servers.iter().find_map(|server| first_regex(&server.scope));
    let names = site.listens.iter().flat_map(|listen| &listen.names.regex);
    let by_name = || names.map(|name| format!("server_name ~{}", shown(&name.pattern.text))).next();
    part("regexes", location.map(named).or_else(by_name))
}

fn first_regex(scope: &Scope) -> Option<LocationId> {
    let nested = || scope.prefix.iter().find_map(|prefix| first_regex(&prefix.nested));
    scope.regex.first().map(|regex| regex.location).or_else(nested)
}
