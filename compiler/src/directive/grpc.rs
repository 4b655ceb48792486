//! Rows about gRPC, which is passed on over HTTP/2.

use super::Context::{IfInLocation, LimitExcept, Location};
use super::Naming::Uses;
use super::kind::*;
use super::setting::setting;
use super::{At, Group, HTTP_SERVER_LOCATION, NameKind, simple};

pub(super) const GROUP: Group = Group {
    title: "gRPC",
    about: "A location with a `grpc_pass` passes requests on over HTTP/2, message by message in both \
            directions. [Proxying](proxy.md#grpc) tells more.",
    about_files: false,
    rows: &[
        simple(
            "grpc_pass",
            &[Location, IfInLocation, LimitExcept],
            (1, 1),
            "[grpc://]HOST:PORT | grpcs://HOST:PORT | unix:PATH | NAME",
        ).names(&[Uses(NameKind::Upstream, At::Host)])
        .params(1)
        .doc(
            "Requests here are passed on over HTTP/2, with their path as it is; with `grpcs://`, over TLS. What \
             the client sends goes on as it comes, and so does the answer, with the fields behind its content \
             (`grpc-status`). Clients speak HTTP/2, so `http2 on;` belongs to the server. For example, \
             `location /helloworld.Greeter { grpc_pass grpc://127.0.0.1:50051; }`.",
        ),
        simple("grpc_set_header", HTTP_SERVER_LOCATION, (2, 2), "NAME VALUE").inherits_all("").doc(
            "A field of the request that is passed on, as with `proxy_set_header`. Host is `:authority`. TE is \
             `trailers` where the client says so.",
        ),
        simple("grpc_hide_header", HTTP_SERVER_LOCATION, (1, 1), "NAME").inherits_all("").doc(
            "A field of the answer that the client is not sent, beside those that never go on: Date, Server \
             and `X-Accel-…`.",
        ),
        simple("grpc_pass_header", HTTP_SERVER_LOCATION, (1, 1), "NAME")
            .inherits_all("")
            .doc("A header field of the answer that is sent to the client nevertheless."),
        setting!(
            "grpc_ignore_headers",
            IGNORED,
            grpc.ignored,
            "Fields of the answer that are not acted on: X-Accel-Redirect and X-Accel-Charset.",
        ),
        setting!(
            "grpc_intercept_errors",
            FLAG,
            grpc.intercept_errors,
            "Whether `error_page` also replaces answers of the other server with status 300 and \
             above.",
        ),
        simple("grpc_bind", HTTP_SERVER_LOCATION, (1, 2), "ADDRESS | off")
            .inherits("off")
            .doc("The address that connections come from, as with `proxy_bind`.")
            .differs("⟪`transparent` is an error.⟫"),
        setting!(
            "grpc_connect_timeout",
            TIMEOUT,
            grpc.connect_timeout_ms,
            "How long connecting may take. After that, the answer is 504.",
        )
        .unseen(),
        setting!(
            "grpc_send_timeout",
            TIMEOUT,
            grpc.send_timeout_ms,
            "The time between two writes to the other server, or two times that it takes more; past it, 504.",
        )
        .unseen(),
        setting!(
            "grpc_read_timeout",
            TIMEOUT,
            grpc.read_timeout_ms,
            "The time between two reads of its answer; past it, 504 unless the answer has begun. A stream on \
             which nobody says anything for longer needs more, and a `client_body_timeout` as long.",
        )
        .unseen(),
        setting!(
            "grpc_buffer_size",
            BUFFER,
            grpc.head_len,
            "The longest head that an answer may have, and the longest fields behind its content; more is 502.",
        )
        .differs("⟪nginx has 4k or 8k where the conf says nothing.⟫")
        .unseen(),
        setting!(
            "grpc_next_upstream",
            FAILURES,
            grpc.next_upstream,
            "After which failures another server of the upstream is asked, as with `proxy_next_upstream`. What \
             a server has refused (`REFUSED_STREAM`, or by `GOAWAY`) was not carried out, and counts as an \
             `error`. Content that has gone on cannot be sent again.",
        ),
        setting!(
            "grpc_next_upstream_tries",
            COUNT,
            grpc.next_upstream_tries,
            "The most servers that are asked for one request; 0: all.",
        ),
        setting!(
            "grpc_next_upstream_timeout",
            TIME,
            grpc.next_upstream_timeout_ms,
            "How long others are asked; 0: as long as there are any.",
        ),
        setting!(
            "grpc_socket_keepalive",
            FLAG,
            grpc.socket_keepalive,
            "Whether the system looks after connections on which nothing happens (`SO_KEEPALIVE`).",
        )
        .unseen(),
        simple("grpc_ssl_name", HTTP_SERVER_LOCATION, (1, 1), "VALUE")
            .inherits("the host that `grpc_pass` names")
            .doc("Who the other server of `grpcs://` is to be, as with `proxy_ssl_name`."),
        setting!(
            "grpc_ssl_server_name",
            FLAG,
            grpc_tls.server_name,
            "Whether the other server is told the name that it is asked by (SNI).",
        ),
        setting!(
            "grpc_ssl_verify",
            FLAG,
            grpc_tls.verify,
            "Whether the other server's certificate is looked at, as with `proxy_ssl_verify`.",
        ),
        setting!(
            "grpc_ssl_verify_depth",
            COUNT,
            grpc_tls.verify_depth,
            "How many authorities may stand between the other server and one that is trusted.",
        ),
        simple("grpc_ssl_trusted_certificate", HTTP_SERVER_LOCATION, (1, 1), "FILE")
            .params(1)
            .inherits("")
            .doc("The authorities that the other server's certificate may come from, in PEM."),
        simple("grpc_ssl_crl", HTTP_SERVER_LOCATION, (1, 1), "FILE")
            .params(1)
            .inherits("")
            .doc("Lists of certificates that are revoked, in PEM."),
        simple("grpc_ssl_certificate", HTTP_SERVER_LOCATION, (1, 1), "FILE")
            .params(1)
            .inherits("")
            .doc("What another server is shown that asks who it talks to, in PEM."),
        simple("grpc_ssl_certificate_key", HTTP_SERVER_LOCATION, (1, 1), "FILE")
            .params(1)
            .inherits("")
            .doc("Its private key, in PEM."),
        simple("grpc_ssl_password_file", HTTP_SERVER_LOCATION, (1, 1), "FILE")
            .params(1)
            .inherits("")
            .doc("A file with the passwords of that key, as in [`ssl_password_file`](#ssl_password_file)."),
        setting!(
            "grpc_ssl_protocols",
            TLS_VERSIONS,
            grpc_tls.versions,
            "The versions of TLS that other servers are spoken to in.",
        ),
        simple("grpc_ssl_ciphers", HTTP_SERVER_LOCATION, (1, 1), "LIST")
            .inherits("HIGH:!aNULL:!MD5")
            .doc("The cipher suites of TLS 1.2 for them, as in [`ssl_ciphers`](#ssl_ciphers)."),
        setting!(
            "grpc_ssl_session_reuse",
            FLAG,
            grpc_tls.session_reuse,
            "Whether a new connection goes on with an earlier session.",
        )
        .unseen(),
    ],
};
