//! Which server and location a request gets.

use super::{Check, Group, error, warning};

pub(super) const GROUP: Group = Group { title: "Routing", checks: CHECKS };

const CHECKS: &[Check] = &[
    error(
        "K01",
        "duplicate-location",
        "Two locations of one block have the same path and the same kind, so that the second could \
         never be selected. `/a` and `^~ /a` are the same kind.",
        "server {\n    listen 8080;\n    location /a { return 200 \"1\"; }\n    ⟪location /a⟫ { return 200 \"2\"; }\n}",
        "server {\n    listen 8080;\n    location /a { return 200 \"1\"; }\n    location = /a { return 200 \"2\"; }\n}",
    ),
    error(
        "K02",
        "duplicate-server-name",
        "Two servers with one address have the same name; only the first gets its requests. nginx \
         warns and goes on.",
        "server {\n    listen 8080 default_server;\n    server_name a.test;\n    root www;\n}\nserver {\n    listen 8080;\n    server_name ⟪a.test⟫;\n    root www;\n}",
        "server {\n    listen 8080;\n    server_name a.test;\n    root www;\n}\nserver {\n    listen 8081;\n    server_name a.test;\n    root www;\n}",
    ),
    error(
        "K03",
        "two-defaults",
        "One address has one default server.",
        "server {\n    listen 8080 default_server;\n    server_name a.test;\n    root www;\n}\nserver {\n    listen 8080 ⟪default_server⟫;\n    server_name b.test;\n    root www;\n}",
        "server {\n    listen 8080 default_server;\n    server_name a.test;\n    root www;\n}\nserver {\n    listen 8081 default_server;\n    server_name b.test;\n    root www;\n}",
    ),
    error(
        "K05",
        "listen-overlap",
        "`[::]` that takes IPv4 too, and `0.0.0.0`, are the same address to the kernel: the second \
         of the two could not be bound.",
        "server {\n    listen [::]:8080 ipv6only=off;\n    listen ⟪0.0.0.0:8080⟫;\n    root www;\n}",
        "server {\n    listen [::]:8080;\n    listen 0.0.0.0:8080;\n    root www;\n}",
    ),
    error(
        "K06",
        "listen-options",
        "Options of a socket stand at one `listen` of an address, or are the same at all of them.",
        "server {\n    listen 8080 default_server backlog=1;\n    server_name a.test;\n    root www;\n}\nserver {\n    listen 8080 ⟪backlog=2⟫;\n    server_name b.test;\n    root www;\n}",
        "server {\n    listen 8080 default_server backlog=1;\n    server_name a.test;\n    root www;\n}\nserver {\n    listen 8080;\n    server_name b.test;\n    root www;\n}",
    ),
    warning(
        "K07",
        "location-unreachable",
        "No request can select this location. That is proved from the patterns, not guessed.",
        "server {\n    listen 8080;\n    location ⟪img/⟫ { root www; }\n}",
        "server {\n    listen 8080;\n    location /img/ { root www; }\n}",
    ),
    error(
        "K15",
        "undefined-name",
        "A named location, or a `log_format`, is used and there is none of this name.",
        "server {\n    listen 8080;\n    root www;\n    location / { try_files $uri ⟪@app⟫; }\n}",
        "server {\n    listen 8080;\n    root www;\n    location / { try_files $uri @app; }\n    location @app { return 404; }\n}",
    ),
    warning(
        "K16",
        "unused-definition",
        "A named location, a `log_format` or a `param` is defined and nothing refers to it.",
        "param ⟪ADDRESS⟫ 127.0.0.1;\nserver {\n    listen 8080;\n    root www;\n}",
        "param ADDRESS 127.0.0.1;\nserver {\n    listen ${ADDRESS}:8080;\n    root www;\n}",
    ),
    error(
        "K18",
        "nested-outside",
        "A nested location is looked for once its outer one was picked, so its path must begin \
         with that one's.",
        "server {\n    listen 8080;\n    location /a/ {\n        location ⟪/b/⟫ { return 200 \"b\"; }\n        return 200 \"a\";\n    }\n}",
        "server {\n    listen 8080;\n    location /a/ {\n        location /a/b/ { return 200 \"b\"; }\n        return 200 \"a\";\n    }\n}",
    ),
];
