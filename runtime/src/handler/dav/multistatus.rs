//! 207: what could not be done of a request for a whole collection (RFC 4918, 13).

use std::io;

use crate::escape;
use crate::files::Failure;
use crate::handler::{Outcome, Request, Response, change, escape_path};
use crate::http::status;
use crate::site::Level;

/// The answer where what is named beneath `path`, a collection's, could not be removed. What has
/// failed alone and is the collection itself has its status for the whole.
pub(super) fn answer(request: &Request<'_>, path: &[u8], failures: &[Failure]) -> Outcome {
    if let [Failure { path: own, error }] = failures
        && own.is_empty()
    {
        return change::fail(request, "rmdir()", path, error, 404);
    }
    let mut content = b"<?xml version=\"1.0\" encoding=\"utf-8\"?>\n".to_vec();
    content.extend_from_slice(b"<D:multistatus xmlns:D=\"DAV:\">\n");
    for failure in failures {
        let member = [path, &failure.path].concat();
        write_member(request, &member, &failure.error, &mut content);
    }
    content.extend_from_slice(b"</D:multistatus>\n");
    let content_type = b"application/xml; charset=utf-8";
    Outcome::Response(Response { status: 207, content_type, content, ..Response::default() })
}

fn write_member(request: &Request<'_>, path: &[u8], error: &io::Error, out: &mut Vec<u8>) {
    let refusal = change::refusal("unlink()", path, error, 404);
    (request.report)(refusal.level.max(Level::Error), format_args!("{}", refusal.reason));
    out.extend_from_slice(b"<D:response><D:href>");
    escape::write_html(&escape_path(path), out);
    let reason = status::reason(refusal.status).unwrap_or_default();
    let text = format!("</D:href><D:status>HTTP/1.1 {} {reason}</D:status>", refusal.status);
    out.extend_from_slice(text.as_bytes());
    out.extend_from_slice(b"</D:response>\n");
}
