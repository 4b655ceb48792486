//! `rewrite`, `if` and `set`.

use super::{Check, Group, error, warning};

pub(super) const GROUP: Group = Group { title: "Rewriting", checks: CHECKS };

const CHECKS: &[Check] = &[
    error(
        "R01",
        "rewrite-loop",
        "A `rewrite` of a location that leads back to that location for ever, by itself or with others. The \
         answer is 500 after ten rounds; the request that shows it is told.",
        "server {\n    listen 8080;\n    root www;\n    location /a { ⟪rewrite ^/a(.*) /a/b$1 last⟫; }\n}",
        "server {\n    listen 8080;\n    root www;\n    location /a { rewrite ^/a(.*) /b$1 last; }\n}",
    ),
    warning(
        "R02",
        "rewrite-never",
        "A `rewrite` of a location whose pattern matches no path that comes there: each begins as the location \
         says, and the pattern wants another beginning. That is proved, not guessed.",
        "server {\n    listen 8080;\n    root www;\n    location /blog/ { rewrite ⟪^/news/(.*)$⟫ /old/$1 last; }\n}",
        "server {\n    listen 8080;\n    root www;\n    location /blog/ { rewrite ^/blog/(.*)$ /old/$1 last; }\n}",
    ),
    warning(
        "R03",
        "rewrite-drops-arguments",
        "A `?` at the end of what a `rewrite` within the server makes drops the arguments of the request. That \
         is easily overlooked. For a redirect, nothing is said: there it is usual.",
        "server {\n    listen 8080;\n    root www;\n    location /a/ { rewrite ^/a/(.*)$ /b/$1⟪?⟫ last; }\n}",
        "server {\n    listen 8080;\n    root www;\n    location /a/ { rewrite ^/a/(.*)$ /b/$1 last; }\n}",
    ),
    warning(
        "R04",
        "if-surprises",
        "An `if` in a location takes something away where it holds, as it is a location of its own: the \
         `try_files` around it, and of two that hold, all that the first one says. `return` and `rewrite` in \
         it are safe.",
        "server {\n    listen 8080;\n    root www;\n    location / {\n        try_files $uri /index.html;\n        ⟪if⟫ ($arg_x) { add_header X-A 1; }\n    }\n}",
        "server {\n    listen 8080;\n    root www;\n    location / {\n        try_files $uri /index.html;\n        if ($arg_x) { return 204; }\n    }\n}",
    ),
    warning(
        "R05",
        "variable-unset",
        "A server reads a variable that only another server gives a value to by `set`: it is always empty here.",
        "server {\n    listen 8080 default_server;\n    server_name a.test;\n    root www;\n    set $kind a;\n    add_header X-Kind $kind;\n}\nserver {\n    listen 8080;\n    server_name b.test;\n    root www;\n    add_header X-Kind ⟪$kind⟫;\n}",
        "server {\n    listen 8080 default_server;\n    server_name a.test;\n    root www;\n    set $kind a;\n    add_header X-Kind $kind;\n}\nserver {\n    listen 8080;\n    server_name b.test;\n    root www;\n    set $kind b;\n    add_header X-Kind $kind;\n}",
    ),
    warning(
        "R06",
        "unread-variable",
        "A variable that `set`, `map`, `geo` or `split_clients` gives a value to, and that nothing reads.",
        "server {\n    listen 8080;\n    root www;\n    set ⟪$kind⟫ a;\n}",
        "server {\n    listen 8080;\n    root www;\n    set $kind a;\n    add_header X-Kind $kind;\n}",
    ),
    warning(
        "R07",
        "map-entry-never",
        "A line of a `geo` that no address comes to: others are about parts of its network and together \
         about all of it, or say of the same network something else.",
        "geo $near {\n    ⟪10.0.0.0/8⟫ a;\n    10.0.0.0/9 b;\n    10.128.0.0/9 c;\n}\nserver {\n    listen 8080;\n    location / { return 200 \"$near\"; }\n}",
        "geo $near {\n    10.0.0.0/8 a;\n    10.0.0.0/9 b;\n}\nserver {\n    listen 8080;\n    location / { return 200 \"$near\"; }\n}",
    ),
    warning(
        "R08",
        "unanchored-name",
        "A regex that a host name or an origin is asked for matches more than the name in it: without a `$`, \
         `example\\.com` matches `example.com.evil.test`, too.",
        "server {\n    listen 8080;\n    root www;\n    if ($http_origin ~ ⟪^https://a\\.test⟫) { return 204; }\n}",
        "server {\n    listen 8080;\n    root www;\n    if ($http_origin ~ ^https://a\\.test$) { return 204; }\n}",
    ),
    warning(
        "R09",
        "if-is-a-location",
        "An `if` of a server asks for one path or one host and does nothing but `return`: a `location` or a \
         `server` says the same, and is looked up once instead of asked each time.",
        "server {\n    listen 8080;\n    root www;\n    ⟪if⟫ ($uri = /old) { return 301 https://new.test/; }\n}",
        "server {\n    listen 8080;\n    root www;\n    location = /old { return 301 https://new.test/; }\n}",
    ),
    error(
        "R10",
        "rewriting-form",
        "A condition, a variable of `set` or a flag of `rewrite` that cannot be read. A condition stands in \
     parentheses and is one of `$name`, `$name = text`, `$name ~ regex` and `-f path`, or a negation; \
     there is no `and`, `or` or `else`. `set` gives values to variables of the conf's own and to `$args`.",
        "server {\n    listen 8080;\n    root www;\n    if ($http_x ⟪==⟫ a.test) { return 403; }\n}",
        "server {\n    listen 8080;\n    root www;\n    if ($http_x = a.test) { return 403; }\n}",
    ),
    error(
        "R11",
        "map-form",
        "A line of a `map` that cannot be read or has a text that stands there already, case aside; or a \
         variable that something else gives values to, or that rests on itself.",
        "map $uri $kind {\n    /a 1;\n    ⟪/A⟫ 2;\n}\nserver {\n    listen 8080;\n    location / { return 200 $kind; }\n}",
        "map $uri $kind {\n    /a 1;\n    /b 2;\n}\nserver {\n    listen 8080;\n    location / { return 200 $kind; }\n}",
    ),
    error(
        "R12",
        "geo-form",
        "A line of a `geo` that cannot be read: a network and a text, or `default`, `delete` and `ranges`. \
         Ranges may not overlap, but lie within one that stands before them, as in nginx.",
        "geo $near {\n    ranges;\n    10.0.0.1-10.0.0.9 a;\n    ⟪10.0.0.5-10.0.0.20⟫ b;\n}\nserver {\n    listen 8080;\n    location / { return 200 \"$near\"; }\n}",
        "geo $near {\n    ranges;\n    10.0.0.1-10.0.0.9 a;\n    10.0.0.5-10.0.0.6 b;\n}\nserver {\n    listen 8080;\n    location / { return 200 \"$near\"; }\n}",
    ),
    error(
        "R13",
        "split-clients-form",
        "A line of `split_clients` that cannot be read, or shares that come to more than all. A share is a \
         percentage with two digits behind the point at most; `*`, the last one, is what is left.",
        "split_clients $remote_addr $variant {\n    60% a;\n    ⟪50%⟫ b;\n}\nserver {\n    listen 8080;\n    location / { return 200 \"$variant\"; }\n}",
        "split_clients $remote_addr $variant {\n    60% a;\n    40% b;\n}\nserver {\n    listen 8080;\n    location / { return 200 \"$variant\"; }\n}",
    ),
];
