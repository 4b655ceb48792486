//! Rows that bound what one client may take: bytes, fields, time.

use super::{Group, HTTP_SERVER, HTTP_SERVER_LOCATION, MANY, flag, setting, simple};

pub(super) const GROUP: Group = Group {
    title: "Limits and timeouts",
    about: "Sizes are `512`, `8k`, `10m`, `1g`; times are `30s`, `5m`, `1h`, `1d`, `500ms`, \
            `1h30m`, and a number alone counts seconds.",
    about_files: false,
    rows: &[
        setting(
            "client_max_body_size",
            "SIZE | unlimited",
            "1m",
            "The most content that a request may have; more is 413. 0 and `unlimited` set no \
             bound.",
        )
        .differs("`unlimited` is sitec's own; it says that it is meant."),
        setting(
            "client_body_buffer_size",
            "SIZE",
            "16k",
            "The buffer that a request's content is read into.",
        ),
        setting(
            "client_header_buffer_size",
            "SIZE",
            "1k",
            "The first of the buffers for a request's head.",
        )
        .server_wide(),
        simple("large_client_header_buffers", HTTP_SERVER, (2, 2), "N SIZE").inherits("4 8k").doc(
            "Number and size of the buffers for a head that needs more. A request line longer than \
             one is 414, a field longer than one or a head longer than all is 431. Lines count \
             with their ends, and `client_header_buffer_size` counts too.",
        )
        .differs("nginx answers 400 where this is 431."),
        setting("max_headers", "N", "1000", "The most fields that a head may have; more is 431.")
            .server_wide()
            .differs("nginx answers 400."),
        simple("client_timeout", HTTP_SERVER, (1, 1), "TIME").inherits("").doc(
            "Sets `client_header_timeout`, `client_body_timeout`, `send_timeout` and \
             `keepalive_timeout` at once. Beside one of these, that one holds.",
        )
        .differs("sitec's own."),
        setting(
            "client_header_timeout",
            "TIME",
            "60s",
            "The time for a whole head, from its first byte; past it, 408.",
        )
        .server_wide(),
        setting(
            "client_body_timeout",
            "TIME",
            "60s",
            "The time between two reads of a request's content; past it, 408.",
        ),
        setting(
            "send_timeout",
            "TIME",
            "60s",
            "The time between two writes of a response; past it, the connection is closed.",
        ),
        simple("client_min_rate", HTTP_SERVER, (1, 2), "SIZE [grace=TIME] | off")
            .inherits("200 grace=10s")
            .doc(
                "How many bytes a second a client has to send of a request, or take of a response. \
                 It has the grace, and what SIZE makes of the bytes so far, but no longer than the \
                 timeout of what it does; past it, a request is 408 and a response is broken off. \
                 Only the time counts in which the client was waited for: not while a script has \
                 nothing to send, nor between two requests, nor the content of a request whose \
                 script answers already.",
            )
            .differs("sitec's own."),
        setting(
            "keepalive_timeout",
            "TIME [SECONDS]",
            "75s",
            "How long a connection waits for the next request; 0 closes after each response. The \
             second parameter is sent in a Keep-Alive field.",
        )
        .args(1, 2),
        setting(
            "keepalive_requests",
            "N",
            "1000",
            "How many requests one connection may bring.",
        ),
        setting(
            "keepalive_time",
            "TIME",
            "1h",
            "The age from which a connection is closed after a response.",
        ),
        simple("keepalive_disable", HTTP_SERVER_LOCATION, (1, MANY), "none | msie6 | safari…")
            .inherits("msie6")
            .doc("Old browsers whose connections are closed after each response: `msie6` after a \
                  POST, `safari` on macOS always."),
        setting(
            "lingering_close",
            "off | on | always",
            "on",
            "Whether, before it closes, the server reads on from a client that may still be \
             sending: never, where more is to be expected, or always.",
        ),
        setting("lingering_time", "TIME", "30s", "The longest that such reading may take."),
        setting("lingering_timeout", "TIME", "5s", "The longest that it waits for more."),
        flag(
            "reset_timedout_connection",
            "off",
            "Whether a connection that timed out is reset, which frees its memory at once.",
        ),
        flag(
            "ignore_invalid_headers",
            "on",
            "Whether a field with an invalid name is dropped; `off` refuses the request with 400, \
             but for an underscore in the name, which is kept.",
        )
        .server_wide()
        .differs("nginx takes such names where this is `off`."),
        flag(
            "underscores_in_headers",
            "off",
            "Whether a field name with an underscore is valid; else `ignore_invalid_headers` says \
             whether it is dropped or kept.",
        )
        .server_wide(),
    ],
};
