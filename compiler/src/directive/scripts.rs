//! Rows about servers that are spoken to in the manner of CGI: FastCGI, SCGI and uwsgi.

use super::Context::{IfInLocation, Location};
use super::Naming::Uses;
use super::kind::*;
use super::setting::setting;
use super::{At, Group, HTTP_SERVER_LOCATION, NameKind, simple};

/// The rows of one protocol: its own, and those that all of them have.
macro_rules! rows {
    ($front:literal, $group:ident, [$($own:expr),* $(,)?]) => {
        &[
            simple(concat!($front, "_pass"), &[Location, IfInLocation], (1, 1), "HOST:PORT | unix:PATH | NAME").names(&[Uses(NameKind::Upstream, At::Host)])
                .params(1)
                .doc(concat!(
                    "Requests here are passed on to a server that runs scripts: an `upstream`, an \
                     address, or a name with a port, which is looked up when the server starts. \
                     What it is told of a request is what `", $front, "_param` says, and the \
                     request's fields. With variables, what they come to must be the conf's own \
                     texts. Any method may be used, unless `methods` says otherwise. Does not hold \
                     in locations within this one.",
                )),
            simple(concat!($front, "_param"), HTTP_SERVER_LOCATION, (2, 3), "NAME VALUE [if_not_empty]")
                .inherits_all("")
                .doc(
                    "A variable that the script gets. With `if_not_empty`, it is left out where \
                     VALUE comes to nothing. A field of the request of such a name (`HTTP_HOST`) \
                     gives way to it.",
                ),
            $($own,)*
            setting!(
                concat!($front, "_pass_request_headers"),
                FLAG,
                $group.pass_fields,
                "Whether the client's fields go on, as `HTTP_NAME`.",
            ),
            setting!(
                concat!($front, "_pass_request_body"),
                FLAG,
                $group.pass_content,
                "Whether the client's content is passed on.",
            ),
            simple(concat!($front, "_hide_header"), HTTP_SERVER_LOCATION, (1, 1), "NAME")
                .inherits_all("")
                .doc(
                    "A field of the answer that the client is not sent, beside those that never go \
                     on: `X-Accel-…`, and Status but by uwsgi.",
                ),
            simple(concat!($front, "_pass_header"), HTTP_SERVER_LOCATION, (1, 1), "NAME")
                .inherits_all("")
                .doc("A header field of the answer that is sent to the client nevertheless."),
            setting!(
                concat!($front, "_ignore_headers"),
                IGNORED,
                $group.ignored,
                "Fields of the answer that are not acted on, as with `proxy_ignore_headers`.",
            ),
            simple(concat!($front, "_bind"), HTTP_SERVER_LOCATION, (1, 2), "ADDRESS | off")
                .inherits("off")
                .doc("The address that connections to the other server come from, as with `proxy_bind`."),
            simple(concat!($front, "_limit_rate"), HTTP_SERVER_LOCATION, (1, 1), "RATE")
                .inherits("0")
                .doc("How many bytes of an answer are read in a second, as with `proxy_limit_rate`."),
            setting!(
                concat!($front, "_connect_timeout"),
                TIMEOUT,
                $group.connect_timeout_ms,
                "How long connecting may take. After that, the answer is 504.",
            )
            .unseen(),
            setting!(
                concat!($front, "_send_timeout"),
                TIMEOUT,
                $group.send_timeout_ms,
                "The time between two writes to the other server. After that, the answer is 504.",
            )
            .unseen(),
            setting!(
                concat!($front, "_read_timeout"),
                TIMEOUT,
                $group.read_timeout_ms,
                "The time between two reads of its answer; past it, 504 unless the answer has begun.",
            )
            .unseen(),
            setting!(
                concat!($front, "_request_buffering"),
                FLAG,
                $group.request_buffering,
                "Whether all of a request's content is here before the other server is asked.",
            )
            .unseen(),
            setting!(
                concat!($front, "_buffering"),
                FLAG,
                $group.buffering,
                "Whether an answer is read faster than the client takes it, as with `proxy_buffering`.",
            )
            .unseen(),
            setting!(
                concat!($front, "_buffer_size"),
                BUFFER,
                $group.head_len,
                "The longest header that an answer may have. A longer one is 502.",
            )
            .differs("⟪nginx has 4k or 8k where the conf says nothing, and fails for heads that are longer.⟫")
            .unseen(),
            setting!(
                concat!($front, "_buffers"),
                BUFFERS,
                $group.buffers,
                "Number and size of the buffers for an answer that comes faster than the client \
                 takes it. Their product counts.",
            )
            .unseen(),
            simple(concat!($front, "_busy_buffers_size"), HTTP_SERVER_LOCATION, (1, 1), "SIZE")
                .inherits("")
                .unseen()
                .doc("Not needed: every part of an answer is sent at once.")
                .differs("Has no effect."),
            simple(concat!($front, "_max_temp_file_size"), HTTP_SERVER_LOCATION, (1, 1), "SIZE")
                .inherits("0")
                .unseen()
                .doc("Not needed: no answer is written to a file. The other server waits for a \
                      slow client.")
                .differs("Has no effect."),
            simple(concat!($front, "_temp_file_write_size"), HTTP_SERVER_LOCATION, (1, 1), "SIZE")
                .inherits("")
                .unseen()
                .doc("Not needed, for the same reason.")
                .differs("Has no effect."),
            setting!(
                concat!($front, "_force_ranges"),
                FLAG,
                $group.force_ranges,
                "Whether a client that asks for a part of an answer (Range) gets that, where the other server sends \
                 all of it, with its length.",
            ),
            setting!(
                concat!($front, "_intercept_errors"),
                FLAG,
                $group.intercept_errors,
                "Whether `error_page` also replaces answers of the other server with status 300 \
                 and above.",
            ),
            setting!(
                concat!($front, "_ignore_client_abort"),
                FLAG,
                $group.ignore_client_abort,
                "Whether a request goes on whose client has gone away.",
            )
            .unseen(),
            setting!(
                concat!($front, "_next_upstream"),
                SCRIPT_FAILURES,
                $group.next_upstream,
                "After which failures another server of the upstream is asked, as with \
                 `proxy_next_upstream`.",
            ),
            setting!(
                concat!($front, "_next_upstream_tries"),
                COUNT,
                $group.next_upstream_tries,
                "The most servers that are asked for one request; 0: all.",
            ),
            setting!(
                concat!($front, "_next_upstream_timeout"),
                TIME,
                $group.next_upstream_timeout_ms,
                "How long others are asked; 0: as long as there are any.",
            ),
            setting!(
                concat!($front, "_socket_keepalive"),
                FLAG,
                $group.socket_keepalive,
                "Whether the system looks after connections on which nothing happens (`SO_KEEPALIVE`).",
            )
            .unseen(),
        ]
    };
}

pub(super) const FASTCGI: Group = Group {
    title: "FastCGI",
    about: "A location with a `fastcgi_pass` asks a server that runs scripts, such as PHP-FPM. \
            [Proxying](proxy.md#fastcgi-scgi-and-uwsgi) tells what that needs to be told.",
    about_files: false,
    rows: rows!(
        "fastcgi",
        fastcgi,
        [
            simple("fastcgi_index", HTTP_SERVER_LOCATION, (1, 1), "NAME")
                .inherits("")
                .doc("What stands behind `$fastcgi_script_name` where that ends in a slash.",),
            simple("fastcgi_split_path_info", HTTP_SERVER_LOCATION, (1, 1), "REGEX")
                .inherits("")
                .doc(
                    "A regex with two groups: the first is `$fastcgi_script_name`, the second \
             `$fastcgi_path_info`. A path that it does not match is the script's name.",
                ),
            simple("fastcgi_catch_stderr", HTTP_SERVER_LOCATION, (1, 1), "TEXT")
                .inherits_all("")
                .doc(
                    "A text that makes an answer invalid where it is in what the script writes to its \
             standard error before the head: 502, or another server (`fastcgi_next_upstream \
             invalid_header`).",
                ),
            setting!(
                "fastcgi_keep_conn",
                FLAG,
                compiled.fastcgi_keep_conn,
                "Whether the other server is asked to keep the connection open. `keepalive` of an \
             `upstream` says how many are kept.",
            ),
        ]
    ),
};

pub(super) const SCGI: Group = Group {
    title: "SCGI",
    about: "A location with an `scgi_pass` asks a server that runs scripts and speaks SCGI.",
    about_files: false,
    rows: rows!("scgi", scgi, []),
};

pub(super) const UWSGI: Group = Group {
    title: "uwsgi",
    about: "A location with a `uwsgi_pass` asks a server that speaks uwsgi, such as uWSGI with \
            applications in Python.",
    about_files: false,
    rows: rows!(
        "uwsgi",
        uwsgi,
        [
            setting!(
                "uwsgi_modifier1",
                BYTE,
                compiled.uwsgi_modifier1,
                "The first modifier of the packets: which kind of application is asked.",
            ),
            setting!(
                "uwsgi_modifier2",
                BYTE,
                compiled.uwsgi_modifier2,
                "The second modifier of the packets.",
            ),
        ]
    ),
};
