//! Rows that have other locations of the server asked within a request.

use super::kind::*;
use super::setting::setting;
use super::{Group, HTTP_SERVER_LOCATION, simple};

pub(super) const GROUP: Group = Group {
    title: "Copies and parts of requests",
    about: "A request may go to other locations as well, whose answers nobody sees: to a server that is \
            tried out, or that counts. Or a large content is asked for in parts.",
    about_files: false,
    rows: &[
        simple("mirror", HTTP_SERVER_LOCATION, (1, 1), "URI | off")
            .repeats()
            .inherits_all("off")
            .doc(
                "Has another location of the server get the request too: by the same method, with its fields, \
                 arguments and content, once the client has been let in and `try_files` has looked. The client \
                 does not wait for it, and its answer is thrown away. For example, `mirror /copy;` and `location \
                 = /copy { internal; proxy_pass http://127.0.0.1:9000$request_uri; }`. Several may stand in one \
                 place. `return` and a `rewrite` that redirects are not mirrored, and what an internal redirect \
                 leads to is mirrored once more where that location has a `mirror`. Each worker has at most 256 \
                 such requests under way; beyond that a request is not mirrored, and the error log says so.",
            )
            .differs(
                "⟪A URI with variables or arguments, which stand for themselves in nginx, is an error.⟫ The next \
                 request of a connection does not wait for the mirror of the last.",
            ),
        setting!(
            "mirror_request_body",
            FLAG,
            plain.mirror_request_body,
            "Whether the content of a request goes to its mirrors. It is read whole before, and kept as \
             `client_body_buffer_size` says. With `off`, they get the request without content.",
        )
        .unseen(),
        setting!("slice", LENGTH, plain.slice_len,
            "The length of the parts in which a content is fetched from another server, one after the other, as \
             the client takes them: `proxy_set_header Range $slice_range;` asks for them. A part that a client \
             asks for by `Range` is fetched alone. The other server has to answer with 206 and the parts that \
             it was asked for, all of one ETag; else the first part is answered 502, and at a later one the \
             response is broken off. What it answers with another status than 206 goes on as it is. 0: off.",
        )
        .differs(
            "A first part that cannot be used is 502; nginx closes the connection. A further part is asked for \
             by the URI that the client has sent, so that a `rewrite` leads it there again.",
        )
        .unseen(),
    ],
};
