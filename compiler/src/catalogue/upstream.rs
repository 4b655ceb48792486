//! What is passed on to other servers.

use super::{Check, Group, error, lint, warning};

pub(super) const GROUP: Group = Group { title: "Proxying", checks: CHECKS };

const CHECKS: &[Check] = &[
    error(
        "U01",
        "ssrf",
        "A client writes what stands for the host of a `proxy_pass`, and so chooses whom the server asks: \
         services of its own network among them, which nobody else can reach (server-side request \
         forgery). Each host must be one that texts of the conf make: those of a `set`, or of a `map` \
         that a client's text is looked up in.",
        "server {\n    listen 8080;\n    location / { proxy_pass http://⟪$arg_host⟫; }\n}",
        "map $arg_host $backend {\n    a app-a:8080;\n    default app-b:8080;\n}\nserver {\n    listen 8080;\n    location / { proxy_pass http://$backend; }\n}",
    ),
    lint(
        "U02",
        "host-not-passed",
        "Without a `proxy_set_header Host`, another server is asked for the host that stands in \
         `proxy_pass`, and not for the one that the client asks for: the name of an `upstream`, or an \
         address. What makes links or redirects of it, or has several sites, may make wrong ones.",
        "server {\n    listen 8080;\n    location / { proxy_pass ⟪http://127.0.0.1:3000⟫; }\n}",
        "server {\n    listen 8080;\n    location / {\n        proxy_pass http://127.0.0.1:3000;\n        proxy_set_header Host $host;\n    }\n}",
    ),
    warning(
        "U03",
        "set-header-inheritance",
        "A context with a `proxy_set_header` of its own inherits none, as in nginx, so a field that is \
         set outside is not passed on from here.",
        "server {\n    listen 8080;\n    proxy_set_header X-Real-IP $remote_addr;\n    location / {\n        proxy_pass http://127.0.0.1:3000;\n        ⟪proxy_set_header Host⟫ $host;\n    }\n}",
        "server {\n    listen 8080;\n    proxy_set_header X-Real-IP $remote_addr;\n    location / {\n        proxy_pass http://127.0.0.1:3000;\n        proxy_set_header Host $host;\n        proxy_set_header X-Real-IP $remote_addr;\n    }\n}",
    ),
    warning(
        "U04",
        "uri-part",
        "The URI of a `proxy_pass` takes the place of the location's own path, byte by byte. Where one of \
         them ends in a slash and the other does not, what follows has one slash too many or none. With \
         variables in the URL, the URI is all that is passed on.",
        "server {\n    listen 8080;\n    location /api/ {\n        proxy_pass http://127.0.0.1:3000⟪/v1⟫;\n        proxy_set_header Host $host;\n    }\n}",
        "server {\n    listen 8080;\n    location /api/ {\n        proxy_pass http://127.0.0.1:3000/v1/;\n        proxy_set_header Host $host;\n    }\n}",
    ),
    warning(
        "U06",
        "php-anything",
        "A location for scripts of PHP passes on whatever has such a name, whether it is there or not. PHP \
         may then look for a script further up in the path (`cgi.fix_pathinfo`), and run what a client \
         has uploaded: `/upload/x.jpg` for `/upload/x.jpg/y.php`. With `try_files`, only a script that is \
         there is asked for.",
        "server {\n    listen 8080;\n    root www;\n    location ~ \\.php$ {\n        include fastcgi.conf;\n        ⟪fastcgi_pass 127.0.0.1:9000⟫;\n    }\n}",
        "server {\n    listen 8080;\n    root www;\n    location ~ \\.php$ {\n        include fastcgi.conf;\n        try_files $fastcgi_script_name =404;\n        fastcgi_pass 127.0.0.1:9000;\n    }\n}",
    ),
    error(
        "U07",
        "upstream-form",
        "An `upstream` that cannot be what is meant: there is no server in it, it has two ways to choose \
         one, or a `backup` where the way to choose knows none. A warning, where all of its servers are \
         `down`.",
        "⟪upstream app⟫ { }\nserver {\n    listen 8080;\n    location / {\n        proxy_pass http://127.0.0.1:3000;\n        proxy_set_header Host $host;\n    }\n}",
        "upstream app { server 127.0.0.1:3000; }\nserver {\n    listen 8080;\n    location / {\n        proxy_pass http://app;\n        proxy_set_header Host $host;\n    }\n}",
    ),
    error(
        "U10",
        "proxy-target",
        "What stands behind `proxy_pass` is no URL of another server, behind `grpc_pass`, `fastcgi_pass` or its like no \
         address, or has a URI where there is no path \
         that it could take the place of: in a regex, a named location or an `if`.",
        "server {\n    listen 8080;\n    location ~ ^/api/ {\n        proxy_pass http://127.0.0.1:3000⟪/⟫;\n        proxy_set_header Host $host;\n    }\n}",
        "server {\n    listen 8080;\n    location ~ ^/api/ {\n        proxy_pass http://127.0.0.1:3000;\n        proxy_set_header Host $host;\n    }\n}",
    ),
    warning(
        "U11",
        "script-filename",
        "Without a `fastcgi_param SCRIPT_FILENAME`, PHP and its like do not know which script to run, and \
         answer with nothing, or with 404. `fastcgi_params` has none; `fastcgi.conf` has.",
        "server {\n    listen 8080;\n    location / {\n        include fastcgi_params;\n        ⟪fastcgi_pass 127.0.0.1:9000⟫;\n    }\n}",
        "server {\n    listen 8080;\n    root www;\n    location / {\n        include fastcgi.conf;\n        fastcgi_pass 127.0.0.1:9000;\n    }\n}",
    ),
    warning(
        "U12",
        "grpc-without-http2",
        "gRPC goes over HTTP/2. Where no server of a site speaks that, its clients cannot, and what comes by \
         HTTP/1.1 instead is no gRPC.",
        "server {\n    listen 8080;\n    location / { ⟪grpc_pass grpc://127.0.0.1:50051⟫; }\n}",
        "server {\n    listen 8080;\n    http2 on;\n    location / { grpc_pass grpc://127.0.0.1:50051; }\n}",
    ),
    warning(
        "U13",
        "part-as-whole",
        "Where answers are kept, and the other server is asked for the part that a client wants, each part \
         is an answer of its own. A key that does not say which part it is of gives one client the part of \
         another.",
        "proxy_cache_path kept keys_zone=kept:1m;\nserver {\n    listen 8080;\n    location / {\n        proxy_pass http://127.0.0.1:3000;\n        proxy_set_header Host $host;\n        ⟪proxy_set_header Range⟫ $http_range;\n        proxy_cache kept;\n        proxy_cache_valid 200 206 1h;\n    }\n}",
        "proxy_cache_path kept keys_zone=kept:1m;\nserver {\n    listen 8080;\n    location / {\n        proxy_pass http://127.0.0.1:3000;\n        proxy_set_header Host $host;\n        proxy_set_header Range $slice_range;\n        slice 1m;\n        proxy_cache kept;\n        proxy_cache_key $uri$slice_range;\n        proxy_cache_valid 200 206 1h;\n    }\n}",
    ),
];
