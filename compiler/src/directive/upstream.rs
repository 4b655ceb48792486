//! Rows about servers behind this one.

use super::Context::{Http, IfInLocation, LimitExcept, Location, Upstream};
use super::Naming::{Gives, Uses};
use super::kind::*;
use super::setting::setting;
use super::{
    At, Context, Directive, Group, HTTP_SERVER_LOCATION, MANY, NameKind, block, simple, table,
};

/// The lines of an `upstream`.
const IN_UPSTREAM: &[Context] = &[Upstream];

pub(super) const GROUP: Group = Group {
    title: "Proxying",
    about: "A location with a `proxy_pass` passes requests on to another server, and sends its \
            answer to the client. [Proxying](proxy.md) describes what goes to the other server and \
            what comes back.",
    about_files: false,
    rows: &[
        simple("proxy_pass", &[Location, IfInLocation, LimitExcept], (1, 1), "http://HOST[:PORT][URI] | http://unix:PATH[:URI]").names(&[Uses(NameKind::Upstream, At::Host)])
            .params(1)
            .doc(
                "Requests here are passed on to HOST: an `upstream`, a name, which is looked up \
                 when the server starts, or an address. If there is a URI, which may be `/` alone, \
                 it replaces the location's own path: with `location /a/ { proxy_pass \
                 http://app/b/; }`, `/a/x` arrives as `/b/x`. Without one, the request's path goes \
                 on as the client sent it, or as steps have left it. In a regex location, a named \
                 location and an `if`, there is no such path, and so a URI is an error. With \
                 variables in it, the URI is all that goes on, and what stands for the host must \
                 come from the conf's own texts. If the location's path ends in a slash, a request \
                 without the slash is redirected there. Any method may be used, unless `methods` \
                 says otherwise. Nested locations do not inherit it. In a `limit_except`, it is \
                 for the methods that are limited: they have the settings of the location, but \
                 neither its steps nor its `try_files`.",
            )
            .differs("⟪A host that a client writes is an error: `proxy_pass http://$arg_host;`.⟫"),
        simple("proxy_set_header", HTTP_SERVER_LOCATION, (2, 2), "NAME VALUE").inherits_all("").doc(
            "Sets a header field of the request to the other server, instead of the client's. A \
             field with an empty VALUE is not sent. Unless it is set, Host is `$proxy_host`. All \
             other fields of the client are passed on, except those about its own connection: \
             Connection and what that names, Keep-Alive, TE, Trailer, Transfer-Encoding, Upgrade, \
             Proxy and Expect. If a client asks for another protocol, such as WebSocket, Upgrade \
             and Connection are sent in any case.",
        ),
        simple("proxy_method", HTTP_SERVER_LOCATION, (1, 1), "METHOD")
            .inherits("")
            .doc("The method of the request to the other server, instead of the client's."),
        simple("proxy_set_body", HTTP_SERVER_LOCATION, (1, 1), "VALUE")
            .inherits("")
            .doc("The content of the request to the other server, instead of the client's."),
        setting!(
            "proxy_pass_request_headers",
            FLAG,
            proxy.pass_fields,
            "Whether the client's header fields are passed on.",
        ),
        setting!(
            "proxy_pass_request_body",
            FLAG,
            proxy.pass_content,
            "Whether the client's content is passed on.",
        ),
        setting!(
            "proxy_http_version",
            words(),
            proxy.http_version,
            "The version of HTTP in which the other server is asked. 1.0 takes a connection for each \
             request.",
        )
        .differs("⟪nginx before 1.29 has 1.0 where the conf says nothing.⟫"),
        simple("proxy_hide_header", HTTP_SERVER_LOCATION, (1, 1), "NAME").inherits_all("").doc(
            "A header field of the answer that is not sent to the client, in addition to those \
             that never are: Date, Server, X-Pad and `X-Accel-…`.",
        ),
        simple("proxy_pass_header", HTTP_SERVER_LOCATION, (1, 1), "NAME")
            .inherits_all("")
            .doc("A header field of the answer that is sent to the client nevertheless."),
        setting!(
            "proxy_ignore_headers",
            IGNORED,
            proxy.ignored,
            "Fields of the answer that are not acted on: X-Accel-Redirect, which is a redirect within \
             the server, X-Accel-Limit-Rate, X-Accel-Buffering and X-Accel-Charset. The others are about \
             how long an answer may be kept.",
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
        simple("proxy_cookie_flags", HTTP_SERVER_LOCATION, (1, MANY), "off | COOKIE FLAG… | ~REGEX FLAG…")
            .inherits_all("off")
            .doc(
                "What flags a Set-Cookie in the answer gets or loses: `secure`, `httponly`, `samesite=strict`, \
                 `samesite=lax`, `samesite=none`, `nosecure`, `nohttponly` and `nosamesite`. The first line \
                 that fits the cookie's name, in any case, is the one. For example, \
                 `proxy_cookie_flags ~ secure samesite=lax;`.",
            ),
        simple("proxy_bind", HTTP_SERVER_LOCATION, (1, 2), "ADDRESS | off")
            .inherits("off")
            .doc(
                "The address that connections to the other server come from, on a machine that has several. A \
                 value that is no address is told of in the error log, and left out.",
            )
            .differs(
                "⟪`transparent` is an error.⟫ A connection is used again only for the same address; nginx does \
                 not look at it.",
            ),
        simple("proxy_limit_rate", HTTP_SERVER_LOCATION, (1, 1), "RATE").inherits("0").doc(
            "How many bytes of an answer are read in a second; 0 sets no limit. It has an effect \
             only if `proxy_buffering` is on: without it, the answer is read at the client's pace.",
        ),
        setting!(
            "proxy_connect_timeout",
            TIMEOUT,
            proxy.connect_timeout_ms,
            "How long connecting may take. After that, the answer is 504.",
        )
        .unseen(),
        setting!(
            "proxy_send_timeout",
            TIMEOUT,
            proxy.send_timeout_ms,
            "The time between two writes to the other server. After that, the answer is 504.",
        )
        .unseen(),
        setting!(
            "proxy_read_timeout",
            TIMEOUT,
            proxy.read_timeout_ms,
            "The time between two reads of its answer. After that, the answer is 504, unless it \
             has begun. A WebSocket on which nothing is sent for so long is closed.",
        )
        .unseen(),
        setting!(
            "proxy_request_buffering",
            FLAG,
            proxy.request_buffering,
            "Whether the whole content of a request is read before the other server is asked. With \
             `off`, a request with content cannot be tried again at another server.",
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
            "The longest header that an answer may have. A longer one is 502.",
        )
        .differs("⟪nginx has 4k or 8k where the conf says nothing, and fails for heads that are longer.⟫")
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
            .doc("Not needed: every part of an answer is sent at once.")
            .differs("Has no effect."),
        simple("proxy_max_temp_file_size", HTTP_SERVER_LOCATION, (1, 1), "SIZE")
            .inherits("0")
            .unseen()
            .doc("Not needed: no answer is written to a file. The other server waits for a slow \
                  client.")
            .differs("Has no effect."),
        simple("proxy_temp_file_write_size", HTTP_SERVER_LOCATION, (1, 1), "SIZE")
            .inherits("")
            .unseen()
            .doc("Not needed, for the same reason.")
            .differs("Has no effect."),
        simple("proxy_send_lowat", HTTP_SERVER_LOCATION, (1, 1), "SIZE")
            .inherits("")
            .unseen()
            .doc("Not needed: Linux has no such setting.")
            .differs("Has no effect, as nginx's has none on Linux."),
        setting!(
            "proxy_force_ranges",
            FLAG,
            proxy.force_ranges,
            "Whether a client that asks for a part of an answer (Range) gets that, where the other server sends \
             all of it, with its length. Of several parts, all is sent.",
        ),
        setting!(
            "proxy_intercept_errors",
            FLAG,
            proxy.intercept_errors,
            "Whether `error_page` also replaces answers of the other server with status 300 and \
             above.",
        ),
        setting!(
            "proxy_pass_trailers",
            FLAG,
            proxy.pass_trailers,
            "Whether fields behind the content of an answer go on to the client. HTTP/1.1 has them where \
             the answer comes in chunks.",
        )
        .differs("⟪On by default.⟫ Fields that would change what the message is, or where it ends, stay behind."),
        simple("early_hints", HTTP_SERVER_LOCATION, (1, MANY), "VALUE…")
            .inherits("")
            .doc(
                "When what another server says before its answer (103 and other statuses below 200) is \
                 passed on: if one of the values is neither empty nor `0`. For example, `early_hints \
                 $http2;` has browsers alone told that speak HTTP/2.",
            )
            .differs(
                "⟪Without it, all is passed on (RFC 9110, 15.2), but for 100, which the server says itself, \
                 and to HTTP/1.0.⟫",
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
        simple("proxy_ssl_name", HTTP_SERVER_LOCATION, (1, 1), "VALUE")
            .inherits("$proxy_host")
            .doc(
                "Who the other server of a `proxy_pass https://…` is to be: the name that its certificate is for, \
                 and that it is told with `proxy_ssl_server_name`. A port behind it does not count.",
            ),
        setting!(
            "proxy_ssl_server_name",
            FLAG,
            tls_peer.server_name,
            "Whether the other server is told the name that it is asked by (SNI). Many need that.",
        ),
        setting!(
            "proxy_ssl_verify",
            FLAG,
            tls_peer.verify,
            "Whether the other server's certificate is looked at: who has signed it, for how long, and for \
             which name. Without that, whoever stands on the way may answer in its place.",
        ),
        setting!(
            "proxy_ssl_verify_depth",
            COUNT,
            tls_peer.verify_depth,
            "How many authorities may stand between the other server and one that is trusted.",
        ),
        simple("proxy_ssl_trusted_certificate", HTTP_SERVER_LOCATION, (1, 1), "FILE")
            .params(1)
            .inherits("")
            .doc(
                "The authorities that the other server's certificate may come from, in PEM; those of the system \
                 are often in `/etc/ssl/certs/ca-certificates.crt`. It is read when the server starts.",
            ),
        simple("proxy_ssl_crl", HTTP_SERVER_LOCATION, (1, 1), "FILE")
            .params(1)
            .inherits("")
            .doc("Lists of certificates that are revoked, in PEM."),
        simple("proxy_ssl_certificate", HTTP_SERVER_LOCATION, (1, 1), "FILE").params(1).inherits("").doc(
            "What another server is shown that asks who it talks to: a certificate in PEM, and behind it those \
             that lead to its authority.",
        ),
        simple("proxy_ssl_certificate_key", HTTP_SERVER_LOCATION, (1, 1), "FILE")
            .params(1)
            .inherits("")
            .doc("Its private key, in PEM."),
        simple("proxy_ssl_password_file", HTTP_SERVER_LOCATION, (1, 1), "FILE")
            .params(1)
            .inherits("")
            .doc("A file with the passwords of that key, as in [`ssl_password_file`](#ssl_password_file)."),
        setting!(
            "proxy_ssl_protocols",
            TLS_VERSIONS,
            tls_peer.versions,
            "The versions of TLS that other servers are spoken to in.",
        ),
        simple("proxy_ssl_ciphers", HTTP_SERVER_LOCATION, (1, 1), "LIST")
            .inherits("HIGH:!aNULL:!MD5")
            .doc("The cipher suites of TLS 1.2 for them, as in [`ssl_ciphers`](#ssl_ciphers)."),
        setting!(
            "proxy_ssl_session_reuse",
            FLAG,
            tls_peer.session_reuse,
            "Whether a new connection goes on with an earlier session.",
        )
        .unseen(),
        simple("resolver", HTTP_SERVER_LOCATION, (1, MANY), "ADDRESS… [OPTION…]")
            .inherits("")
            .unseen()
            .doc(
                "The names of other servers are looked up by the system, when the server starts and then every \
                 30 seconds, or as often as `valid=` says: connections to where a name does not lead any more are \
                 closed once nobody uses them. A name that cannot be looked up keeps its addresses.",
            )
            .differs(
                "ADDRESS, `ipv4=` and `ipv6=` have no effect: whom to ask is up to the system. All names are \
                 looked up again, also those without a variable or `resolve`; nginx goes by how long an answer \
                 says that it holds.",
            ),
        simple("resolver_timeout", HTTP_SERVER_LOCATION, (1, 1), "TIME")
            .inherits("")
            .unseen()
            .doc("Not needed: names are looked up in the background, and no request waits for that.")
            .differs("Has no effect."),
        simple(
            "health_check",
            &[Location],
            (0, MANY),
            "[interval=TIME] [jitter=TIME] [fails=N] [passes=N] [uri=URI] [match=NAME] [port=N] [mandatory]",
        ).names(&[Uses(NameKind::Match, At::Option("match"))])
        .doc(
            "The servers of the upstream that `proxy_pass` here names are asked for URI (`/`) now and then, each \
             every `interval` (5s) and up to `jitter` (0) more. After `fails` (1) failures in a row, a server is \
             not asked for anything else until `passes` (1) answers in a row are as they should be: of a status from \
             200 to 399, or as the [`match`](#match) says. With `mandatory`, it has to be found well first. They are asked by \
             HTTP/1.0, at `port` if that is given, for the Host that `proxy_set_header` gives as a text, or the \
             upstream's name. The upstream must have a `zone`. An answer may take as long as \
             `proxy_connect_timeout` and `proxy_read_timeout` allow.",
        )
        .differs(
            "⟪In nginx, it is of the commercial edition. `type=` is an error, and so is a check over TLS; \
             `persistent` and `keepalive_time` have no effect.⟫",
        ),
        Directive { args: (1, 1), usage: "NAME", ..table("match", &[Http]) }.names(&[Gives(NameKind::Match, At::Word(0))]).repeats().doc(
            "What an answer to a `health_check` is to be, a line each: `status 200 301-308;` or `status ! 500;`; \
             `header Name;`, `header ! Name;`, `header Name = text;` or `header Name ~ regex;` (`!=`, `!~`); \
             `body ~ regex;` or `body !~ regex;`, of the first 256k. For example, \
             `match fine { status 200; body ~ ready; }`.",
        )
        .differs("⟪`require` is an error.⟫"),
        block("upstream", &[Http], (1, 1), Upstream, "NAME").names(&[Gives(NameKind::Upstream, At::Word(0))]).repeats().doc(
            "Servers that `proxy_pass http://NAME` asks, one for each request. For example, `upstream app { \
             server 10.0.0.1:8080; server 10.0.0.2:8080; }`. Without a line that says otherwise, they are \
             asked one after the other, each as often as its weight says.",
        ),
    ],
};

pub(super) const LINES: Group = Group {
    title: "In an upstream",
    about: "The lines of an [`upstream`](#upstream). Whom to ask, and how many connections there are, is \
            known to each worker by itself, unless there is a [`zone`](#zone-in-upstream).",
    about_files: false,
    rows: &[
        simple(
            "server",
            IN_UPSTREAM,
            (1, MANY),
            "ADDRESS [weight=N] [max_conns=N] [max_fails=N] [fail_timeout=TIME] [slow_start=TIME] \
             [backup] [down] [drain] [resolve] [route=NAME]",
        )
        .repeats()
        .params(1)
        .doc(
            "A server: `HOST:PORT`, with port 80 where there is none, or `unix:PATH`. A name that has several \
             addresses is as many servers. After `max_fails` (1) failures within `fail_timeout` (10s), it is \
             left alone for that time; `max_fails=0` never. `weight` (1) is how often it is asked, \
             `max_conns` (0, any) how many connections it has at most; without a `zone`, these and failures are \
             counted by each worker. `slow_start` (0) is how long one that has failed, or was ill, has less than its \
             weight once it can be asked again. `backup`: asked where the others \
             cannot be. `down`: never asked. `drain`: asked for clients alone that come to it again by `sticky`, which \
             know it by `route`.",
        )
        .differs(
            "All names are looked up again, also those \
             without `resolve`.",
        ),
        simple("upstream_command", IN_UPSTREAM, (1, MANY), "PROGRAM [ARGUMENT…]")
            .repeats()
            .params(MANY)
            .doc(
                "A program that runs beside the server, and listens where the `server` of this upstream is: the \
                 first program where the first one is, and so on. It is started with the server and stopped with \
                 it, and started again when it ends, after a rest that grows. PROGRAM is a path, or a name that \
                 is looked for in `PATH`. It works in the prefix, and has the server's environment, with `HOST` and `PORT` of \
                 its address, or `SOCKET`, the path of its socket. What it writes is in the error log. A request \
                 that comes before it listens waits for it, up to `proxy_connect_timeout`. For example, \
                 `upstream app { server unix:run/app.sock; upstream_command ./app --listen run/app.sock; }`. \
                 [Proxying](proxy.md#an-application-beside-the-server) tells more.",
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
            .doc(
                "All workers share what they know of the servers: who has failed, how many connections there are, \
                 and whose turn it is. Without it, each worker goes by what it has seen itself.",
            )
            .differs("SIZE has no effect: it takes as much as it needs. NAME is said nowhere else."),
        simple(
            "sticky",
            IN_UPSTREAM,
            (1, MANY),
            "cookie NAME [OPTION…] | route VALUE… | learn create=VALUE lookup=VALUE zone=NAME:SIZE [timeout=TIME]",
        )
        .doc(
            "A client comes to the same server again, as long as that can be asked. `cookie`: by a cookie that \
             the server sets, with `expires=TIME` (or `max`), `domain=`, `path=`, `secure`, `httponly` and \
             `samesite=`. `route`: the first VALUE that is not empty names the server. `learn`: by sessions that \
             the servers make themselves, known by `create` in an answer and by `lookup` in a request, and \
             remembered for `timeout` (10m) after their last use; a megabyte of the zone holds 4096. A server is \
             named by its `route`, or else by the MD5 of its address in hexadecimal digits. For example, \
             `sticky cookie srv_id expires=1h path=/ httponly;`.",
        )
        .differs("⟪`sync` is an error.⟫ What `learn` learns is known as soon as there is the head of an answer."),
        setting!(
            "keepalive",
            COUNT,
            upstream.keepalive,
            "How many idle connections each worker keeps for the next requests; 0 closes them.",
        )
        .holds_only_in(IN_UPSTREAM)
        .differs("⟪nginx before 1.29 keeps none where the conf says nothing.⟫"),
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
        setting!(
            "queue",
            QUEUE,
            upstream.queue,
            "How many requests wait where no server can be asked, as when all have `max_conns` connections, and \
             for how long (60s). Past either, 502. They are served in their order.",
        )
        .differs("⟪In nginx, it is of the commercial edition.⟫ Each worker has a queue of its own.")
        .holds_only_in(IN_UPSTREAM),
    ],
};
