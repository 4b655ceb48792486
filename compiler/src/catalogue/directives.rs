//! Which directives there are, and where.

use super::{Check, Group, error, warning};

pub(super) const GROUP: Group = Group { title: "Directives", checks: CHECKS };

const CHECKS: &[Check] = &[
    error(
        "D01",
        "unknown-directive",
        "No directive has this name, neither here nor in nginx. If one has a similar name, the \
         message offers it.",
        "server {\n    ⟪lsten⟫ 8080;\n    root www;\n}",
        "server {\n    listen 8080;\n    root www;\n}",
    ),
    error(
        "D02",
        "known-but-unsupported",
        "nginx has this directive and sitec has not. The message says what to do instead. See \
         docs/nginx.md for what is supported.",
        "server {\n    listen 8080;\n    location / { ⟪redis_pass⟫ app:6379; }\n}",
        "server {\n    listen 8080;\n    location / { root www; }\n}",
    ),
    error(
        "D03",
        "foreign-dialect",
        "Another web server's name for something that sitec has under the name that nginx gives \
         it, or its own; a comment that begins with `//` or `/*`; or a whole file in the language \
         of another server.",
        "server {\n    listen 8080;\n    ⟪DocumentRoot⟫ www;\n}",
        "server {\n    listen 8080;\n    root www;\n}",
    ),
    error(
        "D04",
        "wrong-context",
        "The directive exists, and not in this block. The message says where it may stand. What \
         stands at top level counts as `main`, `events` and `http`.",
        "server {\n    listen 8080;\n    location / { ⟪listen⟫ 8081; }\n}",
        "root www;\nserver {\n    listen 8080;\n    location / { index index.html; }\n}",
    ),
    error(
        "D05",
        "arg-count",
        "The directive takes fewer or more parameters than it has.",
        "server {\n    listen 8080;\n    root www;\n    ⟪index⟫;\n}",
        "server {\n    listen 8080;\n    root www;\n    index index.html index.htm;\n}",
    ),
    error(
        "D06",
        "duplicate-directive",
        "The directive is set twice in one block, and there is no telling which one is meant. An \
         inner block may set it again for itself.",
        "server {\n    listen 8080;\n    root www;\n    ⟪root www⟫;\n}",
        "server {\n    listen 8080;\n    root www;\n    location /img/ { root www; }\n}",
    ),
    warning(
        "D08",
        "no-effect",
        "What the directive says is never used: another one answers before it is looked at, or it \
         steers a part of nginx that sitec has not.",
        "⟪daemon⟫ off;\nserver {\n    listen 8080;\n    root www;\n}",
        "worker_processes 1;\nserver {\n    listen 8080;\n    root www;\n}",
    ),
    warning(
        "D09",
        "inheritance-drop",
        "A context with an `add_header` of its own inherits none, as in nginx, so a field that is \
         set outside is not sent here. `add_header_inherit merge;` keeps it, and \
         `add_header_inherit off;` says that it is meant.",
        "server {\n    listen 8080;\n    root www;\n    add_header X-Frame-Options DENY;\n    location /a/ { ⟪add_header X-Tag⟫ a; }\n}",
        "server {\n    listen 8080;\n    root www;\n    add_header X-Frame-Options DENY;\n    location /a/ {\n        add_header X-Tag a;\n        add_header_inherit merge;\n    }\n}",
    ),
    error(
        "D10",
        "root-and-alias",
        "`root` is put before the path, `alias` replaces the front of it. Both side by side \
         cannot be.",
        "server {\n    listen 8080;\n    location /img/ {\n        root www;\n        ⟪alias⟫ www/;\n    }\n}",
        "server {\n    listen 8080;\n    root www;\n    location /img/ { alias www/; }\n}",
    ),
    warning(
        "D11",
        "error-log-off",
        "`error_log off;` writes a file with the name `off`, as in nginx. Only `access_log` can be \
         switched off. `access_log on;` writes a file with the name `on`.",
        "error_log ⟪off⟫;\nserver {\n    listen 8080;\n    root www;\n}",
        "error_log stderr crit;\naccess_log off;\nserver {\n    listen 8080;\n    root www;\n}",
    ),
    error(
        "D12",
        "alias-in-named",
        "`alias` replaces the front of a path that its `location` names; a named location, or a \
         server, names none.",
        "server {\n    listen 8080;\n    location / { try_files $uri @x; }\n    location @x { ⟪alias⟫ www/; }\n    root www;\n}",
        "server {\n    listen 8080;\n    location / { try_files $uri @x; }\n    location @x { root www; }\n    root www;\n}",
    ),
    warning(
        "D13",
        "deprecated-form",
        "nginx spells this otherwise today.",
        "server {\n    listen 8080 ⟪default⟫;\n    root www;\n}",
        "server {\n    listen 8080 default_server;\n    root www;\n}",
    ),
    error(
        "D14",
        "feature-not-built",
        "nginx can do this, and sitec does not: a server that speaks HTTP/3 alone, say. It is \
         an error since a server that does less than its conf says would be a surprise: a plain \
         connection where TLS was asked for, say.",
        "server {\n    listen 8443 ⟪quic⟫;\n    root www;\n}",
        "server {\n    listen 8443 backlog=64;\n    root www;\n}",
    ),
];
