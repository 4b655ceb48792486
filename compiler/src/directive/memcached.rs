//! Rows about memcached, which values are asked of.

use super::Context::{IfInLocation, Location};
use super::Naming::Uses;
use super::kind::*;
use super::setting::setting;
use super::{At, Group, HTTP_SERVER_LOCATION, NameKind, simple};

pub(super) const GROUP: Group = Group {
    title: "memcached",
    about: "A location with a `memcached_pass` asks memcached for a value, and sends that.",
    about_files: false,
    rows: &[
        simple("memcached_pass", &[Location, IfInLocation], (1, 1), "HOST:PORT | unix:PATH | NAME").names(&[Uses(NameKind::Upstream, At::Host)])
            .params(1)
            .doc(
                "GET and HEAD here are answered with what memcached has for the key `$memcached_key`, which \
                 `set` says: `set $memcached_key $uri?$args;`. Where it has nothing, that is 404, and an \
                 `error_page` may lead to who makes it. Whom it asks is said as with `fastcgi_pass`. The \
                 path's extension says of which type the value is.",
            ),
        setting!(
            "memcached_gzip_flag",
            COUNT,
            compiled.memcached_gzip_flag,
            "A flag of values that are compressed: they are sent with `Content-Encoding: gzip`.",
        ),
        simple("memcached_bind", HTTP_SERVER_LOCATION, (1, 2), "ADDRESS | off")
            .inherits("off")
            .doc("The address that connections to memcached come from, as with `proxy_bind`."),
        setting!(
            "memcached_connect_timeout",
            TIMEOUT,
            memcached.connect_timeout_ms,
            "How long connecting may take. After that, the answer is 504.",
        )
        .unseen(),
        setting!(
            "memcached_send_timeout",
            TIMEOUT,
            memcached.send_timeout_ms,
            "The time between two writes to memcached; past it, 504.",
        )
        .unseen(),
        setting!(
            "memcached_read_timeout",
            TIMEOUT,
            memcached.read_timeout_ms,
            "The time between two reads of its answer; past it, 504 unless the answer has begun.",
        )
        .unseen(),
        setting!(
            "memcached_buffer_size",
            BUFFER,
            memcached.head_len,
            "Not needed: the first line of an answer has a limit of its own.",
        )
        .differs("Has no effect.")
        .unseen(),
        setting!(
            "memcached_next_upstream",
            MEMCACHED_FAILURES,
            memcached.next_upstream,
            "After which failures another server of the upstream is asked.",
        ),
        setting!(
            "memcached_next_upstream_tries",
            COUNT,
            memcached.next_upstream_tries,
            "The most servers that are asked for one request; 0: all.",
        ),
        setting!(
            "memcached_next_upstream_timeout",
            TIME,
            memcached.next_upstream_timeout_ms,
            "How long others are asked; 0: as long as there are any.",
        ),
        setting!(
            "memcached_socket_keepalive",
            FLAG,
            memcached.socket_keepalive,
            "Whether the system looks after connections on which nothing happens (`SO_KEEPALIVE`).",
        )
        .unseen(),
    ],
};
