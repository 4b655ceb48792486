//! Rows about servers behind this one.

use super::Context::{Http, IfInLocation, Location, Upstream};
use super::kind::*;
use super::setting::setting;
use super::{Context, Group, HTTP_SERVER_LOCATION, MANY, block, simple};

/// The lines of an `upstream`.
const IN_UPSTREAM: &[Context] = &[Upstream];

pub(super) const GROUP: Group = Group {
    title: "Proxying",
    about: "A location with a `proxy_pass` asks another server, and sends the client what that answers. \
            [Proxying](proxy.md) tells what goes to the other server and what comes back of it.",
    about_files: false,
    rows: &[
        simple("proxy_pass", &[Location, IfInLocation], (1, 1), "http://HOST[:PORT][URI] | http://unix:PATH[:URI]")
            .params(1)
            .doc(
                "Requests here are passed on to HOST: an `upstream`, a name, which is looked up when the \
                 server starts, or an address. With a URI, which may be `/` alone, that takes the place of \
                 the location's own path: with `location /a/ { proxy_pass http://app/b/; }`, `/a/x` arrives \
                 as `/b/x`. Without one, the request's path goes on as the client sent it, or as steps have \
                 left it. In a regex, a named location and an `if`, there is no such place, and no URI. \
                 With variables in it, the URI is all that goes on, and what stands for the host must come \
                 from the conf's own texts. \
                 A location whose path ends in a slash sends who asks without it there. Any method may be \
                 used, unless `methods` says otherwise. Does not hold in locations within this one.",
            )
            .differs(
                "`https://` is an error: TLS to other servers is not supported. So is a host that a client \
                 writes: `proxy_pass http://$arg_host;`.",
            ),
        simple("proxy_set_header", HTTP_SERVER_LOCATION, (2, 2), "NAME VALUE").inherits_all("").doc(
            "A field of the request that is passed on, in the place of the client's. One whose VALUE comes \
             to nothing is not sent. Unless it is named, Host is `$proxy_host`. All other fields of the \
             client go on, but for those that are about its own connection: Connection and what that \
             names, Keep-Alive, TE, Trailer, Transfer-Encoding, Upgrade, Proxy and Expect. Upgrade and \
             Connection are sent where a client asks for another protocol, such as WebSocket, whether \
             they stand here or not.",
        ),
        simple("proxy_method", HTTP_SERVER_LOCATION, (1, 1), "METHOD")
            .inherits("")
            .doc("The method of the request that is passed on, in the place of the client's."),
        simple("proxy_set_body", HTTP_SERVER_LOCATION, (1, 1), "VALUE")
            .inherits("")
            .doc("The content of the request that is passed on, in the place of the client's."),
        setting!(
            "proxy_pass_request_headers",
            FLAG,
            proxy.pass_fields,
            "Whether the client's fields go on.",
        ),
        setting!(
            "proxy_pass_request_body",
            FLAG,
            proxy.pass_content,
            "Whether the client's content goes on.",
        ),
        setting!(
            "proxy_http_version",
            words(),
            proxy.http_version,
            "The version of HTTP in which the other server is asked. 1.0 takes a connection for each \
             request.",
        )
        .differs("nginx before 1.29 has 1.0 where the conf says nothing."),
        simple("proxy_hide_header", HTTP_SERVER_LOCATION, (1, 1), "NAME").inherits_all("").doc(
            "A field of the answer that the client is not sent, beside those that never go on: Date, \
             Server, X-Pad and `X-Accel-…`.",
        ),
        simple("proxy_pass_header", HTTP_SERVER_LOCATION, (1, 1), "NAME")
            .inherits_all("")
            .doc("A field of the answer that the client is sent all the same."),
        setting!(
            "proxy_ignore_headers",
            IGNORED,
            proxy.ignored,
            "Fields of the answer that are not acted on: X-Accel-Redirect, which is a redirect within \
             the server, X-Accel-Limit-Rate, X-Accel-Buffering and X-Accel-Charset. The others are about \
             caches, which sitec has not.",
        ),
        simple("proxy_redirect", HTTP_SERVER_LOCATION, (1, 2), "off | default | TEXT BY | ~REGEX BY | ~*REGEX BY")
            .inherits_all("default")
            .doc(
                "What takes the place of the front of a Location or Refresh in the answer: BY stands for \
                 TEXT, or for all of what a regex (`~*`: in any case) matches, whose groups it may name. \
                 `default`: for the URL of `proxy_pass`, the location's own path, or `/` for its host \
                 where it has no URI. With variables in `proxy_pass`, there is no such default.",
            ),
        simple("proxy_cookie_domain", HTTP_SERVER_LOCATION, (1, 2), "off | DOMAIN BY | ~REGEX BY")
            .inherits_all("off")
            .doc("What takes the place of the Domain of a Set-Cookie in the answer, in any case."),
        simple("proxy_cookie_path", HTTP_SERVER_LOCATION, (1, 2), "off | TEXT BY | ~REGEX BY | ~*REGEX BY")
            .inherits_all("off")
            .doc("What takes the place of the front of the Path of a Set-Cookie in the answer."),
        setting!(
            "proxy_connect_timeout",
            TIMEOUT,
            proxy.connect_timeout_ms,
            "The longest that a connection may take; past it, 504.",
        )
        .unseen(),
        setting!(
            "proxy_send_timeout",
            TIMEOUT,
            proxy.send_timeout_ms,
            "The time between two writes to the other server; past it, 504.",
        )
        .unseen(),
        setting!(
            "proxy_read_timeout",
            TIMEOUT,
            proxy.read_timeout_ms,
            "The time between two reads of its answer; past it, 504 unless the answer has begun. A \
             WebSocket on which nobody says anything for so long is closed.",
        )
        .unseen(),
        setting!(
            "proxy_request_buffering",
            FLAG,
            proxy.request_buffering,
            "Whether all of a request's content is here before the other server is asked. Where it is \
             not, nothing can be tried again at another one.",
        )
        .unseen(),
        setting!(
            "proxy_buffering",
            FLAG,
            proxy.buffering,
            "Whether an answer is read faster than the client takes it, up to `proxy_buffers`. Its parts \
             go on as they come in either case. `X-Accel-Buffering` in the answer says the same of it.",
        )
        .unseen(),
        setting!(
            "proxy_buffer_size",
            BUFFER,
            proxy.head_len,
            "The longest head that an answer may have; more is 502.",
        )
        .differs("nginx has 4k or 8k where the conf says nothing, and fails for heads that are longer.")
        .unseen(),
        setting!(
            "proxy_buffers",
            BUFFERS,
            proxy.buffers,
            "Number and size of the buffers for an answer that comes faster than the client takes it. \
             Their product counts.",
        )
        .unseen(),
        simple("proxy_busy_buffers_size", HTTP_SERVER_LOCATION, (1, 1), "SIZE")
            .inherits("")
            .unseen()
            .doc("Needless: what is there of an answer is sent at once.")
            .differs("Has no effect."),
        simple("proxy_max_temp_file_size", HTTP_SERVER_LOCATION, (1, 1), "SIZE")
            .inherits("0")
            .unseen()
            .doc("Needless: no answer is written to a file; the other server waits for a client that is slow.")
            .differs("Has no effect."),
        simple("proxy_temp_file_write_size", HTTP_SERVER_LOCATION, (1, 1), "SIZE")
            .inherits("")
            .unseen()
            .doc("Needless, for the same reason.")
            .differs("Has no effect."),
        simple("proxy_cache_bypass", HTTP_SERVER_LOCATION, (1, MANY), "VALUE…")
            .inherits("")
            .doc("Needless: no answers are kept, so each request is passed on.")
            .differs("Has no effect."),
        simple("proxy_no_cache", HTTP_SERVER_LOCATION, (1, MANY), "VALUE…")
            .inherits("")
            .doc("Needless, for the same reason.")
            .differs("Has no effect."),
        setting!(
            "proxy_intercept_errors",
            FLAG,
            proxy.intercept_errors,
            "Whether an `error_page` takes the place of answers of 300 and above.",
        ),
        setting!(
            "proxy_ignore_client_abort",
            FLAG,
            proxy.ignore_client_abort,
            "Whether a request goes on whose client has gone away.",
        )
        .unseen(),
        setting!(
            "proxy_next_upstream",
            FAILURES,
            proxy.next_upstream,
            "After which failures another server of the upstream is asked, as long as nothing has been \
             sent to the client. A POST, LOCK or PATCH that was sent is not sent again without \
             `non_idempotent`.",
        ),
        setting!(
            "proxy_next_upstream_tries",
            COUNT,
            proxy.next_upstream_tries,
            "The most servers that are asked for one request; 0: all.",
        ),
        setting!(
            "proxy_next_upstream_timeout",
            TIME,
            proxy.next_upstream_timeout_ms,
            "How long others are asked; 0: as long as there are any.",
        ),
        setting!(
            "proxy_socket_keepalive",
            FLAG,
            proxy.socket_keepalive,
            "Whether the system looks after connections on which nothing happens (`SO_KEEPALIVE`).",
        )
        .unseen(),
        simple("resolver", HTTP_SERVER_LOCATION, (1, MANY), "ADDRESS… [OPTION…]")
            .inherits("")
            .unseen()
            .doc("Needless: the names of other servers are looked up by the system when the server starts.")
            .differs("Has no effect."),
        simple("resolver_timeout", HTTP_SERVER_LOCATION, (1, 1), "TIME")
            .inherits("")
            .unseen()
            .doc("Needless, for the same reason.")
            .differs("Has no effect."),
        block("upstream", &[Http], (1, 1), Upstream, "NAME").repeats().doc(
            "Servers that `proxy_pass http://NAME` asks, one for each request. For example, `upstream app { \
             server 10.0.0.1:8080; server 10.0.0.2:8080; }`. Without a line that says otherwise, they are \
             asked one after the other, each as often as its weight says.",
        ),
    ],
};

pub(super) const LINES: Group = Group {
    title: "In an upstream",
    about: "The lines of an [`upstream`](#upstream). Whom to ask, and how many connections there are, is \
            known to each worker by itself.",
    about_files: false,
    rows: &[
        simple(
            "server",
            IN_UPSTREAM,
            (1, MANY),
            "ADDRESS [weight=N] [max_conns=N] [max_fails=N] [fail_timeout=TIME] [backup] [down]",
        )
        .repeats()
        .params(1)
        .doc(
            "A server: `HOST:PORT`, with port 80 where there is none, or `unix:PATH`. A name that has several \
             addresses is as many servers. After `max_fails` (1) failures within `fail_timeout` (10s), it is \
             left alone for that time; `max_fails=0` never. `weight` (1) is how often it is asked, \
             `max_conns` (0, any) how many connections it has at most. `backup`: asked where the others \
             cannot be. `down`: never asked.",
        )
        .differs(
            "`max_conns` and failures are counted by each worker. `resolve` is an error: names are looked up \
             when the server starts.",
        ),
        simple("least_conn", IN_UPSTREAM, (0, 0), "")
            .doc("Whoever has the fewest connections for its weight is asked."),
        simple("ip_hash", IN_UPSTREAM, (0, 0), "").doc(
            "The client's address decides who is asked; of an IPv4 address, its first three numbers.",
        ),
        simple("hash", IN_UPSTREAM, (1, 2), "KEY [consistent]").doc(
            "KEY decides who is asked. With `consistent`, a server that comes or goes changes little for \
             the keys of others.",
        ),
        simple("random", IN_UPSTREAM, (0, 2), "[two [least_conn]]").doc(
            "Who is asked is drawn. `two`: of two that are drawn, the one with fewer connections.",
        ),
        simple("zone", IN_UPSTREAM, (1, 2), "NAME [SIZE]")
            .doc("In nginx, the memory in which workers share what they know of the servers.")
            .differs("Has no effect: each worker knows its own connections and failures."),
        setting!(
            "keepalive",
            COUNT,
            upstream.keepalive,
            "How many idle connections each worker keeps for the next requests; 0 closes them.",
        )
        .holds_only_in(IN_UPSTREAM)
        .differs("nginx before 1.29 keeps none where the conf says nothing."),
        setting!(
            "keepalive_requests",
            UPSTREAM_REQUESTS,
            upstream.keepalive_requests,
            "How many requests one connection may take.",
        )
        .holds_only_in(IN_UPSTREAM),
        setting!(
            "keepalive_time",
            TIME,
            upstream.keepalive_time_ms,
            "The age from which a connection is not kept.",
        )
        .holds_only_in(IN_UPSTREAM),
        setting!(
            "keepalive_timeout",
            TIME,
            upstream.keepalive_timeout_ms,
            "How long an idle connection is kept.",
        )
        .holds_only_in(IN_UPSTREAM),
    ],
};
