//! `empty_gif`: a transparent image of one pixel, the one of nginx.

use super::{Outcome, Request, Response};
use crate::http::conditional::{Conditions, Validators, Verdict};
use crate::http::head::Head;
use crate::site::IfModifiedSince;

/// The image.
pub const GIF: &[u8] =
    b"GIF89a\x01\x00\x01\x00\x80\x01\x00\x00\x00\x00\xff\xff\xff\x21\xf9\x04\x01\
    \x00\x00\x01\x00\x2c\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02\x4c\x01\x00\x3b";

/// When it was last modified, as nginx says: 28 September 1970, 6 o'clock.
pub const MODIFIED_S: i64 = 23_349_600;

/// The status of a response to a GET or HEAD of the image: 200, 304 or 412.
pub fn status(head: &Head, conditional: bool, if_modified_since: IfModifiedSince) -> u16 {
    let conditions = Conditions::find(head.fields()).filter(|_| conditional);
    let validators = Validators { etag: None, modified_s: MODIFIED_S };
    match conditions.map(|conditions| conditions.evaluate(validators, if_modified_since)) {
        Some(Verdict::Failed) => 412,
        Some(Verdict::NotModified) => 304,
        Some(Verdict::Proceed) | None => 200,
    }
}

/// Sends it.
pub(crate) fn serve(request: &Request<'_>) -> Outcome {
    let variables = request.variables;
    let since = variables.settings.if_modified_since;
    let modified_s = Some(MODIFIED_S);
    match status(variables.head, request.conditional, since) {
        412 => Outcome::Status(412),
        304 => Outcome::Response(Response { status: 304, modified_s, ..Response::default() }),
        status => {
            let (content_type, content) = (b"image/gif", GIF.to_vec());
            Outcome::Response(Response {
                status,
                content_type,
                content,
                modified_s,
                ..Response::default()
            })
        }
    }
}
