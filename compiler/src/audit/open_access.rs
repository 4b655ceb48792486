//! Locations where anyone may delete files, or see what the server does.

use std::collections::BTreeSet;

use sitec_runtime::http::method::Method;
use sitec_runtime::site::{LocationId, ServerId};

use super::Subject;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::ir::{Action, Address, Handler, Listen, StartPiece};
use crate::source::Span;

/// Warns about them, where a server is reached from other machines.
pub(super) fn check(subject: &Subject<'_>, diagnostics: &mut Diagnostics) {
    let mut reported = BTreeSet::new();
    for id in 0..subject.site.locations.len() as LocationId {
        let server = subject.places.locations[id as usize].server;
        let Some(open) = open(subject, id) else { continue };
        let is_reached = subject.site.listens.iter().any(|listen| opens(listen, server));
        if is_reached && reported.insert(open.primary.span) {
            diagnostics.push(open);
        }
    }
}

/// What anyone may do in a location.
fn open(subject: &Subject<'_>, id: LocationId) -> Option<Diagnostic> {
    let (location, place) = (subject.location(id), &subject.places.locations[id as usize]);
    let Action::Serve { handler, .. } = &location.action else { return None };
    let method = match handler {
        Handler::Files | Handler::Upload(_) | Handler::Dav(_) => Method::Delete,
        Handler::Status | Handler::Metrics | Handler::StatusPage => Method::Get,
        Handler::EmptyGif | Handler::Cgi(_) | Handler::Proxy(_) => return None,
    };
    if location.internal || !location.methods.contains(method) {
        return None;
    }
    let limit = location.limit_except.as_ref();
    let admission = match limit.filter(|limit| !limit.methods.contains(method)) {
        Some(limit) => &limit.admission,
        None => &subject.settings(id).admission,
    };
    if !admission.lets_all_in(&subject.site.accesses) {
        return None;
    }
    match method {
        Method::Get => place.status.map(open_status),
        _ => {
            let mut named = place.methods.iter().flat_map(|named| named.iter()).rev();
            let named = named.find(|(named, _)| *named == method);
            named.map(|(_, place)| *place).or(place.writer).map(open_deletion)
        }
    }
}

/// Whether another machine may reach `server` here.
pub(super) fn opens(listen: &Listen, server: ServerId) -> bool {
    listen.reaches(server)
        && match &listen.address {
            Address::Ip(address) => !address.ip().is_loopback(),
            Address::Unix(_) => false,
            Address::Param(text) => match text.first() {
                Some(StartPiece::Literal(text)) => {
                    !["127.", "[::1]", "unix:"].iter().any(|start| text.starts_with(start))
                }
                _ => true,
            },
        }
}

fn open_deletion(place: Span) -> Diagnostic {
    Diagnostic::warning("X07", place, "anyone may delete files here")
        .help("say who may: `limit_except GET { allow 10.0.0.0/8; deny all; }`")
}

fn open_status(place: Span) -> Diagnostic {
    Diagnostic::warning("X12", place, "anyone may see how busy the server is")
        .help("say who may: `allow 127.0.0.1; deny all;`")
}
