//! What lets others do what they should not.

use super::{Check, Entry, Group, error, lint, warning};

pub(super) const GROUP: Group = Group { title: "Security", checks: CHECKS };

const CHECKS: &[Check] = &[
    error(
        "X01",
        "alias-slash",
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
        "X05",
        "host-in-redirect",
        "A redirect leads to the host that the client asked for, and this server takes any host. \
         Write the name, or let another server be the default one and turn the others away.",
        "server {\n    listen 8080;\n    return 301 ⟪https://$host$request_uri⟫;\n}",
        "server {\n    listen 8080;\n    return 301 https://a.test$request_uri;\n}",
    ),
    lint(
        "X06",
        "crlf-in-redirect",
        "`$uri` is decoded, and may hold a line break. nginx sends it as it is, so that a client \
         can be made to read fields that somebody else wrote. Here it is encoded again, so that \
         nothing of the kind happens; a conf that nginx reads, too, is better without it. It also \
         lacks the arguments. `$request_uri` is what the client sent.",
        "server {\n    listen 8080;\n    return 301 ⟪https://a.test$uri⟫;\n}",
        "server {\n    listen 8080;\n    return 301 https://a.test$request_uri;\n}",
    ),
    warning(
        "X07",
        "write-open-to-all",
        "DELETE is allowed, and whoever reaches the server may use it. `allow` and `deny` say who \
         may, for the whole location or within `limit_except`. A server that listens on this \
         machine alone is taken to know its clients.",
        "server {\n    listen 8080;\n    root www;\n    location /up/ { methods GET POST ⟪DELETE⟫; upload_store store; }\n}",
        "server {\n    listen 8080;\n    root www;\n    location /up/ {\n        methods GET POST DELETE;\n        upload_store store;\n        limit_except GET POST { allow 10.0.0.0/8; deny all; }\n    }\n}",
    )
    .among(&[super::Entry::File("store/.keep", "")]),
    warning(
        "X08",
        "allow-without-deny",
        "Rules are tried in order, and a client that none of them is about may come in: a list of \
         `allow` alone keeps nobody out. Add `deny all;` at its end.",
        "server {\n    listen 8080;\n    root www;\n    ⟪allow 10.0.0.0/8⟫;\n}",
        "server {\n    listen 8080;\n    root www;\n    allow 10.0.0.0/8;\n    deny all;\n}",
    ),
    warning(
        "X09",
        "return-before-deny",
        "As in nginx, `return` answers before the rules of addresses are looked at and before \
         `auth_basic` asks for a password, so that it answers everyone. A `limit_except` comes \
         before it.",
        "server {\n    listen 8080;\n    location /a/ { ⟪deny all⟫; return 200 secret; }\n}",
        "server {\n    listen 8080;\n    location /a/ { deny all; root www; }\n}",
    ),
    warning(
        "X10",
        "acl-dead-rule",
        "A rule that can never apply: those before it decide for every address that it is about. \
         Or a network whose address has bits that its prefix leaves out: `10.0.0.1/8` is all of \
         `10.0.0.0/8`.",
        "server {\n    listen 8080;\n    root www;\n    deny all;\n    ⟪allow 10.0.0.1⟫;\n}",
        "server {\n    listen 8080;\n    root www;\n    allow 10.0.0.1;\n    deny all;\n}",
    ),
    warning(
        "X12",
        "status-exposed",
        "The counts of `stub_status`, `metrics` or `status_page` are anybody's to see. They are for \
         whoever watches the server: `allow` and `deny` say who that is. A server that listens on this machine alone is \
         taken to know its clients.",
        "server {\n    listen 8080;\n    root www;\n    location = /status { ⟪stub_status⟫; }\n}",
        "server {\n    listen 8080;\n    root www;\n    location = /status { stub_status; allow 127.0.0.1; deny all; }\n}",
    ),
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
    lint(
        "X16",
        "runs-as-root",
        "A port below 1024 is opened by root, and no `user` says who the server becomes then. \
         Where it is started as somebody else who may open such ports, all is well.",
        "server {\n    listen ⟪80⟫;\n    root www;\n}",
        "user www-data;\nserver {\n    listen 80;\n    root www;\n}",
    ),
    lint(
        "X17",
        "spa-masks-404",
        "`try_files` falls back to a page for everything that is missing, so that a missing script \
         or picture is answered 200 with a page: caches keep it, and the fault shows elsewhere. \
         The fallback is for paths without an extension.",
        "server {\n    listen 8080;\n    root www;\n    location / { ⟪try_files $uri /index.html⟫; }\n}",
        "server {\n    listen 8080;\n    root www;\n    location / { try_files $uri /index.html; }\n    location ~ \\.[a-z0-9]+$ { try_files $uri =404; }\n}",
    ),
    error(
        "X18",
        "script-split",
        "A program is told by `SCRIPT_FILENAME` or `PATH_TRANSLATED` which script to run, from the \
         path that the client sent, and nobody has looked whether it is there: for \
         `/a.jpg/x.php`, PHP runs `a.jpg` (`cgi.fix_pathinfo`). An error where clients write to the \
         same folder, else a warning. With `cgi_pass .php php-cgi`, the script must exist and have \
         the extension, and what is behind its name never selects what runs it.",
        "server {\n    listen 8080;\n    root www;\n    location ~ \\.php$ {\n        cgi_pass /usr/bin/php-cgi;\n        cgi_param SCRIPT_FILENAME ⟪$document_root$uri⟫;\n    }\n    location /up/ { upload_store www/up; methods POST; }\n}",
        "server {\n    listen 8080;\n    root www;\n    location ~ \\.php$ { cgi_pass .php php-cgi; }\n    location /up/ { upload_store store; methods POST; }\n}",
    )
    .among(&[
        Entry::File("/usr/bin/php-cgi", ""),
        Entry::File("www/up/.keep", ""),
        Entry::File("store/.keep", ""),
    ]),
    lint(
        "X19",
        "lan-rebinding",
        "A server in a private network answers requests for any host. A page elsewhere can let a \
         name of its own lead to this address, and read what is answered. A default server that \
         turns other hosts away keeps it out.",
        "server {\n    listen ⟪192.168.1.1:8080⟫;\n    root www;\n}",
        "server {\n    listen 192.168.1.1:8080 default_server;\n    return 444;\n}\nserver {\n    listen 192.168.1.1:8080;\n    server_name box.lan;\n    root www;\n}",
    ),
];
