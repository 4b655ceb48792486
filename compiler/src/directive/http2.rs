//! Rows of HTTP/2.

use super::Context::Http;
use super::Group;
use super::kind::*;
use super::setting::setting;

pub(super) const GROUP: Group = Group {
    title: "HTTP/2 connections",
    about: "Clients that speak HTTP/2 are answered as others are: all directives hold for them, those of \
            heads, timeouts, kept connections and contents, too. `docs/http2.md` tells what is bounded.",
    about_files: false,
    rows: &[
        setting!(
            "http2",
            FLAG,
            server.http2,
            "Whether clients may speak HTTP/2 with this server, beside HTTP/1. Over TLS, a client agrees on \
             it with the server that it names. Without TLS, it has to know beforehand, and begins with the \
             preface of HTTP/2, which no browser does; the default server of the address says whether \
             that is taken.",
        )
        .server_wide(),
        setting!(
            "http2_max_concurrent_streams",
            STREAMS,
            server.http2_max_concurrent_streams,
            "The most requests of one connection that are under way at once. One more is reset with \
             REFUSED_STREAM, so that its client may send it again.",
        )
        .server_wide()
        .unseen(),
        setting!(
            "http2_body_preread_size",
            WINDOW,
            server.http2_body_preread_len,
            "The bytes of a request's content that may come before anybody has asked for them. Of all \
             requests of a connection together, 128 KB are held at most.",
        )
        .server_wide()
        .unseen(),
        setting!(
            "http2_chunk_size",
            CHUNK,
            plain.http2_chunk_len,
            "The longest piece that a response's content is cut into.",
        )
        .unseen()
        .differs("⟪It holds for the whole connection, as the default server says it.⟫"),
        setting!(
            "http2_recv_buffer_size",
            BUFFER,
            server.http2_recv_buffer_len,
            "The least memory that a worker reads input into. It has no default of its own: there are \
             64 KB in any case, and more where heads may be longer or contents are stored.",
        )
        .holds_only_in(&[Http])
        .unseen()
        .differs("⟪The default is 256 KB in nginx.⟫"),
    ],
};
