//! What lets others do what they should not.

use super::{Check, Group, error, lint, warning};

pub(super) const GROUP: Group = Group { title: "Security", checks: CHECKS };

const CHECKS: &[Check] = &[
    error(
        "X01",
        "alias-traversal",
        "A location without a slash at its end and an `alias` with one, or the reverse: in nginx, \
         `/i../x` would leave the folder. The server refuses such paths in any case; the conf does \
         not mean what it says.",
        "server {\n    listen 8080;\n    location /i { alias ⟪www/⟫; }\n}",
        "server {\n    listen 8080;\n    location /i/ { alias www/; }\n}",
    ),
    error(
        "X02",
        "upload-plus-cgi",
        "A place where clients store files is one where files are run as scripts: anyone who may \
         upload may run anything. That may be one location, or two that lead to one folder.",
        "server {\n    listen 8080;\n    root www;\n    location /up/ {\n        upload_store store;\n        ⟪cgi_pass .py python3⟫;\n    }\n}",
        "server {\n    listen 8080;\n    root www;\n    location /up/ { upload_store store; }\n    location /cgi/ { cgi_pass .py python3; }\n}",
    )
    .among(&[super::Entry::File("store/.keep", "")]),
    error(
        "X03",
        "root-is-fs-root",
        "The root is the whole file system, or nothing bounds it: the first thing in it is a \
         variable that a request sets.",
        "server {\n    listen 8080;\n    root ⟪/⟫;\n}",
        "server {\n    listen 8080;\n    root /srv/www;\n}",
    ),
    warning(
        "X04",
        "listing-of-uploads",
        "The folder of an `upload_store` is listed: everyone sees what everyone has uploaded.",
        "server {\n    listen 8080;\n    location /up/ {\n        alias store/;\n        autoindex on;\n        ⟪upload_store store⟫;\n    }\n}",
        "server {\n    listen 8080;\n    location /up/ {\n        alias store/;\n        upload_store store;\n    }\n}",
    )
    .among(&[super::Entry::File("store/.keep", "")]),
    lint(
        "X13",
        "version-disclosure",
        "With `server_tokens on`, every response names the server and its version, which spares \
         an attacker some work. It is off by default, unlike in nginx.",
        "server {\n    listen 8080;\n    root www;\n    server_tokens ⟪on⟫;\n}",
        "server {\n    listen 8080;\n    root www;\n    server_tokens off;\n}",
    ),
    error(
        "X14",
        "httpoxy",
        "Programs take `HTTP_PROXY` for the address of a proxy, whoever has set it. No script is \
         given a variable of this name.",
        "server {\n    listen 8080;\n    root www;\n    cgi_pass .py python3;\n    cgi_param ⟪HTTP_PROXY⟫ http://a.test;\n}",
        "server {\n    listen 8080;\n    root www;\n    cgi_pass .py python3;\n    cgi_param http_proxy http://a.test;\n}",
    ),
    warning(
        "X15",
        "cgi-unbounded",
        "More scripts at once than the memory of a machine, or its limit of processes, is likely \
         to carry.",
        "cgi_max_processes ⟪5000⟫;\nserver {\n    listen 8080;\n    root www;\n    cgi_pass .py python3;\n}",
        "cgi_max_processes 64;\nserver {\n    listen 8080;\n    root www;\n    cgi_pass .py python3;\n}",
    ),
];
