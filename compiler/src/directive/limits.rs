//! Rows that bound what one client may take: bytes, fields, time.

use super::Context::Http;
use super::Naming::{Gives, Uses};
use super::kind::*;
use super::setting::setting;
use super::{
    At, Group, HTTP_SERVER, HTTP_SERVER_LOCATION, HTTP_SERVER_LOCATION_IF, NameKind, simple,
};

pub(super) const GROUP: Group = Group {
    title: "Limits and timeouts",
    about: "Sizes are `512`, `8k`, `10m`, `1g`; times are `30s`, `5m`, `1h`, `1d`, `500ms`, \
            `1h30m`, and a number alone counts seconds.",
    about_files: false,
    rows: &[
        setting!(
            "client_max_body_size",
            MOST_BYTES,
            plain.client_max_body_size,
            "The most content that a request may have; more is 413. 0 and `unlimited` set no \
             bound.",
        )
        .differs("⟪`unlimited` is sitec's own; it says that it is meant.⟫"),
        setting!(
            "client_body_buffer_size",
            BUFFER,
            plain.client_body_buffer_size,
            "How much of a request's content is held in memory of its own, where it waits to be passed \
             on. More goes to the memory that all requests share (`client_body_memory`), and what \
             has no room there, to a file without a name.",
        )
        .unseen(),
        setting!(
            "client_body_memory",
            MEMORY,
            plain.client_body_memory,
            "How much memory of a worker all contents take that wait to be passed on, beside \
             `client_body_buffer_size` for each. One of them takes an eighth of it at most. With 0, \
             what is more goes to a file.",
        )
        .unseen(),
        setting!(
            "client_header_buffer_size",
            BUFFER,
            server.client_header_buffer_len,
            "The first of the buffers for a request's head.",
        )
        .server_wide()
        .unseen(),
        setting!(
            "large_client_header_buffers",
            BUFFERS,
            server.large_client_header_buffers,
            "Number and size of the buffers for a head that needs more. A request line longer than \
             one is 414, a field longer than one or a head longer than all is 431. Lines count \
             with their ends, and `client_header_buffer_size` counts too.",
        )
        .server_wide()
        .differs("nginx answers 400 where this is 431.")
        .unseen(),
        setting!(
            "max_headers",
            AT_LEAST_ONE,
            server.max_headers,
            "The most fields that a head may have; more is 431."
        )
        .server_wide()
        .differs("nginx answers 400.")
        .unseen(),
        simple("client_timeout", HTTP_SERVER, (1, 1), "TIME")
            .inherits("")
            .doc(
                "Sets `client_header_timeout`, `client_body_timeout`, `send_timeout` and \
                 `keepalive_timeout` at once. Beside one of these, that one holds.",
            )
            .differs("sitec's own."),
        setting!(
            "client_header_timeout",
            TIMEOUT,
            server.client_header_timeout_ms,
            "The time for a whole head, from its first byte; past it, 408.",
        )
        .server_wide()
        .unseen(),
        setting!(
            "client_body_timeout",
            TIMEOUT,
            plain.client_body_timeout_ms,
            "The time between two reads of a request's content; past it, 408.",
        )
        .unseen(),
        setting!(
            "send_timeout",
            TIMEOUT,
            plain.send_timeout_ms,
            "The time between two writes of a response; past it, the connection is closed.",
        )
        .unseen(),
        setting!(
            "client_min_rate",
            MIN_RATE,
            plain.client_min_rate,
            "How many bytes a second a client has to send of a request, or take of a response. \
             It has the grace, and what SIZE makes of the bytes so far, but no longer than the \
             timeout of what it does; past it, a request is 408 and a response is broken off. \
             Only the time counts in which the client was waited for: not while a script has \
             nothing to send, nor between two requests, nor the content of a request whose \
             script answers already.",
        )
        .server_wide()
        .differs("sitec's own."),
        simple("limit_rate", HTTP_SERVER_LOCATION_IF, (1, 1), "SIZE")
            .inherits("0")
            .unseen()
            .doc(
                "The bytes of one response that a client is sent in a second, after a first second's \
                 at once; 0 sets no bound. SIZE may hold variables; one that makes no size sets no \
                 bound either. `set $limit_rate` comes first. `client_min_rate` does not count the \
                 time in which nothing is sent for this.",
            ),
        simple("limit_rate_after", HTTP_SERVER_LOCATION_IF, (1, 1), "SIZE")
            .inherits("0")
            .unseen()
            .doc("The bytes of a response that are sent as fast as they can be before `limit_rate` holds."),
        simple("limit_req_zone", &[Http], (3, 3), "KEY zone=NAME:SIZE rate=RATE").names(&[Gives(NameKind::RequestZone, At::Option("zone"))])
            .repeats()
            .doc(
                "What requests are counted by, mostly `$binary_remote_addr`, and how many there may be: \
                 `10r/s`, `30r/m`. A request whose KEY is empty is not counted. All workers share the \
                 SIZE bytes; `1m` is enough for 8,000 clients. Where there are more, who was seen longest \
                 ago is counted no more, which the error log tells once.",
            ),
        simple("limit_req", HTTP_SERVER_LOCATION, (1, 3), "zone=NAME [burst=N] [nodelay | delay=N]").names(&[Uses(NameKind::RequestZone, At::Option("zone"))])
            .inherits_all("")
            .unseen()
            .doc(
                "Refuses requests above the rate of the zone, but for `burst` of them: these wait until \
                 the rate has room, but for the first `delay` of them, or all with `nodelay`. Of several \
                 zones, any may refuse, and the longest wait holds. A request is counted once, before \
                 anybody asks who the client is; a `return` counts nothing.",
            ),
        setting!(
            "limit_req_status",
            REFUSAL,
            plain.limit_req_status,
            "The status of a request that `limit_req` refuses.",
        )
        .unseen(),
        setting!(
            "limit_req_log_level",
            lower_case_words(),
            plain.limit_req_log_level,
            "The level at which the error log tells of requests that are refused. Those that wait are \
             told one level milder.",
        )
        .unseen(),
        setting!(
            "limit_req_dry_run",
            FLAG,
            plain.limit_req_dry_run,
            "Whether `limit_req` only counts, and tells what it would do.",
        )
        .unseen(),
        simple("limit_conn_zone", &[Http], (2, 2), "KEY zone=NAME:SIZE").names(&[Gives(NameKind::ConnectionZone, At::Option("zone"))])
            .repeats()
            .doc(
                "What requests under way are counted by. One whose KEY is empty is not counted. All \
                 workers share the SIZE bytes; where these are full, requests are refused.",
            ),
        simple("limit_conn", HTTP_SERVER_LOCATION, (2, 2), "NAME N").names(&[Uses(NameKind::ConnectionZone, At::Word(0))])
            .inherits_all("")
            .unseen()
            .doc(
                "Refuses a request where N with its KEY are under way. A connection that waits for a \
                 request does not count.",
            ),
        setting!(
            "limit_conn_status",
            REFUSAL,
            plain.limit_conn_status,
            "The status of a request that `limit_conn` refuses.",
        )
        .unseen(),
        setting!(
            "limit_conn_log_level",
            lower_case_words(),
            plain.limit_conn_log_level,
            "The level at which the error log tells of requests that `limit_conn` refuses.",
        )
        .unseen(),
        setting!(
            "limit_conn_dry_run",
            FLAG,
            plain.limit_conn_dry_run,
            "Whether `limit_conn` only counts, and tells what it would do.",
        )
        .unseen(),
        setting!(
            "keepalive_timeout",
            KEEPALIVE_TIMEOUT,
            plain.keepalive_timeout,
            "How long a connection waits for the next request; 0 closes after each response. The \
             second parameter is sent in a Keep-Alive field.",
        )
        .unseen(),
        setting!(
            "keepalive_requests",
            KEEPALIVE_REQUESTS,
            plain.keepalive_requests,
            "How many requests one connection may bring.",
        )
        .unseen(),
        setting!(
            "keepalive_time",
            TIME,
            plain.keepalive_time_ms,
            "The age from which a connection is closed after a response.",
        )
        .unseen(),
        setting!(
            "keepalive_disable",
            KEEPALIVE_DISABLE,
            plain.keepalive_disable,
            "Old browsers whose connections are closed after each response: `msie6` after a \
             POST, `safari` on macOS always."
        )
        .unseen(),
        setting!(
            "lingering_close",
            words(),
            plain.lingering_close,
            "Whether, before it closes, the server reads on from a client that may still be \
             sending: never, where more is to be expected, or always.",
        )
        .unseen(),
        setting!(
            "lingering_time",
            TIME,
            plain.lingering_time_ms,
            "The longest that such reading may take."
        )
        .unseen(),
        setting!(
            "lingering_timeout",
            WAIT,
            plain.lingering_timeout_ms,
            "The longest that it waits for more."
        )
        .unseen(),
        setting!(
            "reset_timedout_connection",
            FLAG,
            plain.reset_timedout_connection,
            "Whether a connection that timed out is reset, which frees its memory at once.",
        )
        .unseen(),
        setting!(
            "ignore_invalid_headers",
            FLAG,
            server.ignore_invalid_headers,
            "Whether a field with an invalid name is dropped; `off` refuses the request with 400, \
             but for an underscore in the name, which is kept.",
        )
        .server_wide()
        .differs("nginx takes such names where this is `off`."),
        setting!(
            "underscores_in_headers",
            FLAG,
            server.underscores_in_headers,
            "Whether a field name with an underscore is valid; else `ignore_invalid_headers` says \
             whether it is dropped or kept.",
        )
        .server_wide(),
    ],
};
