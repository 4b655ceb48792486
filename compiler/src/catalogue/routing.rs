//! Which server and location a request gets.

use super::{Check, Group, error, lint, warning};

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
    warning(
        "K04",
        "no-default-server",
        "Several servers share an address and none of them is its `default_server`, so the first \
         one in the conf gets the requests for every host that no server has a name for: for \
         other people's names, and for bare addresses. Say which one it is, or add a server that \
         turns them away. A first server without a name can only be meant for them, so nothing is \
         said then.",
        "server {\n    listen ⟪8080⟫;\n    server_name a.test;\n    root www;\n}\nserver {\n    listen 8080;\n    server_name b.test;\n    root www;\n}",
        "server {\n    listen 8080 default_server;\n    server_name a.test;\n    root www;\n}\nserver {\n    listen 8080;\n    server_name b.test;\n    root www;\n}",
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
        "No request can select this location: an earlier regex matches every path that this one \
         matches, or no path looks like it at all. That is proved from the patterns, not guessed. \
         Regexes are tried in the order of the conf; put the narrower one first.",
        "server {\n    listen 8080;\n    location ~ ^/api/ { return 200 \"api\"; }\n    ⟪location ~ ^/api/v1/⟫ { return 200 \"v1\"; }\n}",
        "server {\n    listen 8080;\n    location ~ ^/api/v1/ { return 200 \"v1\"; }\n    location ~ ^/api/ { return 200 \"api\"; }\n}",
    ),
    warning(
        "K08",
        "prefix-eclipsed",
        "Every path that this prefix would take is taken by regexes, which are tried before the \
         longest prefix has its turn. With `^~`, no regex is tried.",
        "server {\n    listen 8080;\n    ⟪location /img/⟫ { root www; }\n    location ~ ^/img/ { return 404; }\n}",
        "server {\n    listen 8080;\n    location /img/ { root www; }\n    location ~ ^/img/old/ { return 404; }\n}",
    ),
    warning(
        "K09",
        "regex-cut-off",
        "Every path that this regex matches belongs to a prefix with `^~`, or is an exact \
         location's, so the regex is never tried. Put it into that location, or leave `^~` out.",
        "server {\n    listen 8080;\n    root www;\n    location ^~ / { index index.html; }\n    ⟪location ~ \\.css$⟫ { expires 1d; }\n}",
        "server {\n    listen 8080;\n    root www;\n    location / { index index.html; }\n    location ~ \\.css$ { return 404; }\n}",
    ),
    warning(
        "K10",
        "partly-eclipsed",
        "Some paths that this regex matches belong to a prefix with `^~` that serves files \
         otherwise, so the regex is not tried for them. The message shows such a path. Of a regex \
         that runs scripts or answers by itself, this is said only if a file is there that it \
         is for: to keep it away is what `^~` is for.",
        "server {\n    listen 8080;\n    root www;\n    location ^~ /static/ { expires 1h; }\n    ⟪location ~ \\.css$⟫ { expires 1d; }\n}",
        "server {\n    listen 8080;\n    root www;\n    location ^~ /static/ { expires 1h; }\n    location ~ \\.php$ { return 404; }\n}",
    ),
    lint(
        "K11",
        "sibling-prefix",
        "A prefix without a slash at its end takes every path that begins so: `/api` takes \
         `/apikeys` too.",
        "server {\n    listen 8080;\n    ⟪location /api⟫ { return 200 \"api\"; }\n}",
        "server {\n    listen 8080;\n    location /api/ { return 200 \"api\"; }\n    location = /api { return 301 /api/; }\n}",
    ),
    warning(
        "K12",
        "dead-server-name",
        "Every host that this name would match belongs to another name: whole names come before \
         those with `*`, and these before regexes, which are tried in the order of the conf. That \
         is proved from the patterns.",
        "server {\n    listen 8080 default_server;\n    server_name *.a.test;\n    root www;\n}\nserver {\n    listen 8080;\n    server_name ⟪~^[a-z]+\\.a\\.test$⟫;\n    root www;\n}",
        "server {\n    listen 8080 default_server;\n    server_name *.a.test;\n    root www;\n}\nserver {\n    listen 8080;\n    server_name ~^[a-z]+\\.b\\.test$;\n    root www;\n}",
    ),
    error(
        "K13",
        "internal-loop",
        "Named locations fall back to each other: a request for a file that none of them has goes \
         round until it is given up. A page for a status that answers that very status, without a \
         text, is a warning: the default page is sent in its place. So is a `try_files` that falls \
         back to itself, such as `try_files $uri $uri/`.",
        "server {\n    listen 8080;\n    root www;\n    location / { try_files $uri @a; }\n    ⟪location @a⟫ { try_files $uri.html @b; }\n    location @b { try_files $uri.htm @a; }\n}",
        "server {\n    listen 8080;\n    root www;\n    location / { try_files $uri @a; }\n    location @a { try_files $uri.html @b; }\n    location @b { try_files $uri.htm =404; }\n}",
    ),
    warning(
        "K14",
        "redirect-loop",
        "A redirect leads, perhaps by way of others, back to where it began, so that a browser \
         gives up. Found by following the redirects of the conf as a browser would, from the paths \
         that it names and from the files that are there.",
        "server {\n    listen 8080;\n    location /a { ⟪return 301 /a/⟫; }\n}",
        "server {\n    listen 8080;\n    location = /a { return 301 /a/; }\n    location /a/ { return 200 \"a\"; }\n}",
    ),
    error(
        "K15",
        "undefined-name",
        "A named location, a `log_format` or a zone (of a limit, or of kept answers) is used, and there is \
         none of this name.",
        "server {\n    listen 8080;\n    root www;\n    location / { try_files $uri ⟪@app⟫; }\n}",
        "server {\n    listen 8080;\n    root www;\n    location / { try_files $uri @app; }\n    location @app { return 404; }\n}",
    ),
    warning(
        "K16",
        "unused-definition",
        "A named location, a `log_format`, a zone or a `param` is defined and nothing refers to it; \
         or nothing leads to an `internal` location, so that every request for it is answered 404.",
        "param ⟪ADDRESS⟫ 127.0.0.1;\nserver {\n    listen 8080;\n    root www;\n}",
        "param ADDRESS 127.0.0.1;\nserver {\n    listen ${ADDRESS}:8080;\n    root www;\n}",
    ),
    warning(
        "K17",
        "redirect-to-404",
        "A redirect always leads to the same path of this site, and that is answered 404, whatever \
         the client sends. Found by asking for it; nothing is said where a client or a script could \
         bring what is missing.",
        "server {\n    listen 8080;\n    root www;\n    location = /old { return 301 ⟪/new/⟫; }\n}",
        "server {\n    listen 8080;\n    root www;\n    location = /old { return 301 /style.css; }\n}",
    ),
    error(
        "K18",
        "nested-outside",
        "A nested location is looked for once its outer one was picked, so its path must begin \
         with that one's.",
        "server {\n    listen 8080;\n    location /a/ {\n        location ⟪/b/⟫ { return 200 \"b\"; }\n        return 200 \"a\";\n    }\n}",
        "server {\n    listen 8080;\n    location /a/ {\n        location /a/b/ { return 200 \"b\"; }\n        return 200 \"a\";\n    }\n}",
    ),
    warning(
        "K19",
        "url-in-location",
        "The path of a location is compared with that of the request once the query is taken off \
         and the rest is decoded: a `?` in it is looked for in vain, and so is `%20`. A location \
         takes a path whatever the query is; `$arg_NAME` has the arguments.",
        "server {\n    listen 8080;\n    location /a⟪%20⟫b { return 200 \"a b\"; }\n}",
        "server {\n    listen 8080;\n    location \"/a b\" { return 200 \"a b\"; }\n    location ~ ^/c(?:%|d)?$ { return 200 \"c\"; }\n}",
    ),
];
