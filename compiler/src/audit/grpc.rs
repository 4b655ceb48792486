//! gRPC where no client can speak it.

use sitec_runtime::site::LocationId;

use super::Subject;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::ir::Wire;

/// Reports a `grpc_pass` of a site that speaks HTTP/1 alone.
pub(super) fn check(subject: &Subject<'_>, diagnostics: &mut Diagnostics) {
    let site = subject.site;
    let speaks = site.listens.iter().any(|listen| listen.http2)
        || site.servers.iter().any(|server| server.http2);
    if speaks {
        return;
    }
    let is_grpc = |id: &LocationId| {
        let proxy = subject.location(*id).action.proxy();
        proxy.is_some_and(|proxy| proxy.wire == Wire::Grpc)
    };
    let mut ids = (0..site.locations.len() as LocationId).filter(is_grpc);
    let Some(directive) = ids.find_map(|id| subject.nearest(id, &["grpc_pass"])) else { return };
    diagnostics.push(
        Diagnostic::warning("U12", directive.span(), "no client can speak gRPC here")
            .label("that goes over HTTP/2, which no server of this site speaks")
            .help("add `http2 on;` to the server"),
    );
}
