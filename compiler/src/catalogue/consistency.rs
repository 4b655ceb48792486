//! What directives say together.

use super::{Check, Entry, Group, error, lint, warning};

pub(super) const GROUP: Group = Group { title: "Consistency", checks: CHECKS };

const CHECKS: &[Check] = &[
    warning(
        "Z01",
        "method-without-handler",
        "A `methods` names a method that nothing answers where it holds: the response would be 405 \
         all the same. Static files take GET and HEAD, and DELETE where it is named.",
        "server {\n    listen 8080;\n    root www;\n    methods GET ⟪POST⟫;\n}",
        "server {\n    listen 8080;\n    root www;\n    methods GET POST;\n    location /cgi/ { cgi_pass .py python3; }\n}",
    ),
    warning(
        "Z02",
        "handler-without-method",
        "A location stores uploads, or has methods of WebDAV, and `methods` does not let them be \
         used.",
        "server {\n    listen 8080;\n    root www;\n    location /up/ { ⟪upload_store⟫ store; methods GET; }\n}",
        "server {\n    listen 8080;\n    root www;\n    location /up/ { upload_store store; methods GET POST; }\n}",
    )
    .among(&[Entry::File("store/.keep", "")]),
    warning(
        "Z03",
        "body-limit-unused",
        "The size of content is bounded where no method may be used that has content.",
        "server {\n    listen 8080;\n    root www;\n    methods GET;\n    ⟪client_max_body_size⟫ 1g;\n}",
        "server {\n    listen 8080;\n    root www;\n    methods GET;\n}",
    ),
    error(
        "Z05",
        "timeout-zero",
        "A timeout of 0 leaves a client no time, or, taken as no limit, lets clients that send \
         nothing use up all connections.",
        "server {\n    listen 8080;\n    root www;\n    client_header_timeout ⟪0⟫;\n}",
        "server {\n    listen 8080;\n    root www;\n    client_header_timeout 5s;\n}",
    ),
    lint(
        "Z06",
        "timeout-order",
        "A timeout that another one ends before it can run out. Told to stop, a server waits for \
         what is under way as long as `worker_shutdown_timeout` says, 30 seconds by default: with \
         a longer `cgi_timeout`, the client may be dropped before the script answers. And `lingering_timeout`, the wait for one more byte, is of no \
         use when longer than `lingering_time`, all the waits together. A `send_timeout` below \
         `cgi_timeout` is fine: it runs only while there is something to send.",
        "server {\n    listen 8080;\n    root www;\n    cgi_pass .py python3;\n    cgi_timeout ⟪60s⟫;\n}",
        "server {\n    listen 8080;\n    root www;\n    cgi_pass .py python3;\n    cgi_timeout 30s;\n    send_timeout 5s;\n}",
    ),
    lint(
        "Z07",
        "keepalive-low",
        "A connection is closed after a few requests, and the client has to open another one. \
         nginx's default of 1000 costs nothing here.",
        "server {\n    listen 8080;\n    root www;\n    keepalive_requests ⟪10⟫;\n}",
        "server {\n    listen 8080;\n    root www;\n    keepalive_requests 1000;\n}",
    ),
    warning(
        "Z08",
        "fd-budget",
        "So many connections may need more descriptors than this machine lets a process have: each \
         has a socket, and perhaps a file or a pipe. The server raises the limit as far as it may \
         (`ulimit -Hn`).",
        "worker_connections ⟪1000000⟫;\nserver {\n    listen 8080;\n    root www;\n}",
        "worker_connections 1000;\nserver {\n    listen 8080;\n    root www;\n}",
    )
    .among(&[Entry::File("/proc/self/limits", LIMITS)]),
    warning(
        "Z09",
        "static-gz-without-files",
        "`gzip_static` sends `FILE.gz` in the place of `FILE`, and none of the folders that it \
         holds for has such a file; `brotli_static` and `zstd_static` likewise. With `embed`, \
         `precompress` makes them when the site is built.",
        "server {\n    listen 8080;\n    root www;\n    ⟪gzip_static on⟫;\n}",
        "server {\n    listen 8080;\n    root site;\n    gzip_static on;\n}",
    )
    .among(&[Entry::File("site/index.html", ""), Entry::File("site/index.html.gz", "")]),
    warning(
        "Z10",
        "html-cached-long",
        "Clients keep pages for a month or more, and do not ask for a newer one meanwhile. That is \
         for files whose names change with their content, such as `app.3f9c.js`.",
        "server {\n    listen 8080;\n    root www;\n    ⟪expires max⟫;\n}",
        "server {\n    listen 8080;\n    root www;\n    location ~ \\.(css|js)$ { expires max; }\n}",
    ),
    warning(
        "Z12",
        "header-twice",
        "`expires` sends Cache-Control and Expires, and an `add_header` sends one of them again. \
         Caches take whichever of the two they like.",
        "server {\n    listen 8080;\n    root www;\n    expires 1h;\n    ⟪add_header Cache-Control⟫ no-store;\n}",
        "server {\n    listen 8080;\n    root www;\n    add_header Cache-Control no-store;\n}",
    ),
    warning(
        "Z13",
        "content-type-by-header",
        "A field that every response has anyhow would be sent twice. `default_type` and `types` \
         set the type of what is sent. What frames a response (Content-Length, \
         Transfer-Encoding) cannot be added at all: that is an error, but for `Content-Length 0`, which \
         is left out.",
        "server {\n    listen 8080;\n    root www;\n    add_header ⟪Content-Type⟫ text/html;\n}",
        "server {\n    listen 8080;\n    root www;\n    default_type text/html;\n}",
    ),
    error(
        "Z14",
        "empty-server",
        "There is nothing to serve: no `server` at all, which is a warning in a whole nginx.conf. A server without a `root`, a `return` and a \
         `location` answers 404 to everything, which is a warning.",
        "⟪worker_processes 1⟫;",
        "server {\n    listen 8080;\n    root www;\n}",
    ),
    warning(
        "Z15",
        "error-page-unused",
        "The page of an `error_page` is for a status that neither the server nor any `return` of \
         the conf gives.",
        "server {\n    listen 8080;\n    root www;\n    error_page ⟪401⟫ /404.html;\n}",
        "server {\n    listen 8080;\n    root www;\n    error_page 401 /404.html;\n    location = /members { return 401; }\n}",
    ),
    warning(
        "Z17",
        "pipeline-memory",
        "All connections together could hold 3 GB of memory or more, if each sent as large a \
         head, and as much content for a script, as the conf lets it. Fewer connections or smaller \
         buffers bound it.",
        "worker_connections 10000;\nserver {\n    listen 8080;\n    root www;\n    ⟪large_client_header_buffers 8 64k⟫;\n}",
        "worker_connections 10000;\nserver {\n    listen 8080;\n    root www;\n    large_client_header_buffers 4 16k;\n}",
    ),
    warning(
        "Z19",
        "listed-twice",
        "A name stands twice in a list. Of an extension in `types`, the later type counts, as in \
         nginx, which warns too; a file that `index` or `try_files` has not found is looked for \
         again; a log that two `error_log` of one context name gets lines twice.",
        "server {\n    listen 8080;\n    root www;\n    types {\n        text/html html;\n        text/css css ⟪html⟫;\n    }\n}",
        "server {\n    listen 8080;\n    root www;\n    types {\n        text/html html htm;\n        text/css css;\n    }\n}",
    ),
];

/// What Linux says of a process.
const LIMITS: &str = "Limit                     Soft Limit           Hard Limit           Units\n\
    Max open files            1024                 524288               files\n";
