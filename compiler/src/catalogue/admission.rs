//! Who may come in, by a password or by where a link stands.

use super::{Check, Entry, Group, error, warning};

pub(super) const GROUP: Group = Group { title: "Who may come in", checks: CHECKS };

const CHECKS: &[Check] = &[
    error(
        "A01",
        "password-file",
        "A file of users cannot be what is meant: it is not there, a line of it says nothing, or its \
         form of passwords is not known or broken. A warning, where the file is outside of the site's \
         folder, so that the machine that serves may have another one; where there are no users; and \
         where a password stands in the file as it is.",
        "server {\n    listen 8080;\n    root www;\n    auth_basic Members;\n    auth_basic_user_file ⟪users⟫;\n}",
        "server {\n    listen 8080;\n    root www;\n    auth_basic Members;\n    auth_basic_user_file members;\n}",
    )
    .among(&[
        Entry::File("users", "jane:secret\n"),
        Entry::File("members", "jane:$apr1$gllgMHjU$JRiomGeG9gpexBGYPLXl5/\n"),
    ]),
    error(
        "A02",
        "auth-without-users",
        "`auth_basic` stands where no `auth_basic_user_file` says whose the password may be. nginx \
         asks nobody then, and serves to everyone.",
        "server {\n    listen 8080;\n    root www;\n    ⟪auth_basic Members⟫;\n}",
        "server {\n    listen 8080;\n    root www;\n    auth_basic Members;\n    auth_basic_user_file members;\n}",
    )
    .among(&[Entry::File("members", "jane:$apr1$gllgMHjU$JRiomGeG9gpexBGYPLXl5/\n")]),
    warning(
        "A03",
        "auth-hole",
        "A regex takes paths of a prefix that asks for a password or has rules of addresses, and asks nobody \
         itself: a client gets there what the prefix keeps from it. The path that does so is told.",
        "server {\n    listen 8080;\n    root www;\n    location /admin/ { allow 10.0.0.0/8; deny all; }\n    ⟪location ~ \\.css$⟫ { expires 1d; }\n}",
        "server {\n    listen 8080;\n    root www;\n    location ^~ /admin/ { allow 10.0.0.0/8; deny all; }\n    location ~ \\.css$ { expires 1d; }\n}",
    ),
    warning(
        "A04",
        "limit-key",
        "A limit counts by fields, arguments or cookies of the request alone. A client that says something \
         else each time is counted anew each time, and never limited; one that says nothing is not counted.",
        "limit_req_zone ⟪$http_x_forwarded_for⟫ zone=login:1m rate=1r/s;\nserver {\n    listen 8080;\n    root www;\n    limit_req zone=login;\n}",
        "limit_req_zone $binary_remote_addr zone=login:1m rate=1r/s;\nserver {\n    listen 8080;\n    root www;\n    limit_req zone=login;\n}",
    ),
    error(
        "A10",
        "referers-form",
        "A `valid_referers` that cannot be what is meant: a name that stands there twice, also as one of \
         `server_names`; nothing between quotes; `none` or `blocked` without any page that is valid. nginx \
         refuses these, too.",
        "server {\n    listen 8080;\n    root www;\n    valid_referers none a.test ⟪A.test⟫;\n    if ($invalid_referer) { return 403; }\n}",
        "server {\n    listen 8080;\n    root www;\n    valid_referers none a.test *.a.test;\n    if ($invalid_referer) { return 403; }\n}",
    ),
    warning(
        "A11",
        "referer-never",
        "A name among `valid_referers` that no Referer has, since scheme and port are left out before a \
         name is looked for. nginx takes it, and every request from that page is invalid.",
        "server {\n    listen 8080;\n    root www;\n    valid_referers none a.test ⟪https://⟫b.test;\n    if ($invalid_referer) { return 403; }\n}",
        "server {\n    listen 8080;\n    root www;\n    valid_referers none a.test b.test;\n    if ($invalid_referer) { return 403; }\n}",
    ),
    warning(
        "A12",
        "referers-unused",
        "`valid_referers` does nothing by itself: it decides on `$invalid_referer`, which an `if` has to \
         ask. And without `valid_referers` in the block or around it, the variable is always empty: one \
         within a location does not hold for an `if` of the server.",
        "server {\n    listen 8080;\n    root www;\n    ⟪valid_referers⟫ none server_names;\n}",
        "server {\n    listen 8080;\n    root www;\n    valid_referers none server_names;\n    if ($invalid_referer) { return 403; }\n}",
    ),
    error(
        "A13",
        "secure-link-mixed",
        "`secure_link_secret` stands beside `secure_link` or `secure_link_md5`. They are two ways to check \
         a link, and nginx refuses both at once.",
        "server {\n    listen 8080;\n    root www;\n    location /p/ {\n        secure_link_secret word;\n        ⟪secure_link $arg_md5⟫;\n        if ($secure_link = \"\") { return 403; }\n    }\n}",
        "server {\n    listen 8080;\n    root www;\n    location /p/ {\n        secure_link_secret word;\n        if ($secure_link = \"\") { return 403; }\n    }\n}",
    ),
    warning(
        "A14",
        "secure-link-unused",
        "A link is checked by `secure_link` and `secure_link_md5` together, and what comes of it is \
         `$secure_link`, which an `if` has to ask. One of these three is missing: nobody is kept out, or \
         everybody.",
        "server {\n    listen 8080;\n    root www;\n    ⟪secure_link⟫ $arg_md5;\n    secure_link_md5 \"$uri word\";\n}",
        "server {\n    listen 8080;\n    root www;\n    secure_link $arg_md5;\n    secure_link_md5 \"$uri word\";\n    if ($secure_link = \"\") { return 403; }\n}",
    ),
    warning(
        "A15",
        "secure-link-forgeable",
        "A client can make a link, or make one hold longer: what the digest is of has no secret in it, or \
         not the time up to which the link holds.",
        "server {\n    listen 8080;\n    root www;\n    secure_link $arg_md5,$arg_expires;\n    secure_link_md5 ⟪\"$uri word\"⟫;\n    if ($secure_link != 1) { return 403; }\n}",
        "server {\n    listen 8080;\n    root www;\n    secure_link $arg_md5,$arg_expires;\n    secure_link_md5 \"$secure_link_expires$uri word\";\n    if ($secure_link != 1) { return 403; }\n}",
    ),
    warning(
        "A16",
        "real-ip-trusts-all",
        "Everyone is trusted to say who a client is, so that every client may take any address, and with it \
         pass `allow`, `deny`, `geo` and limits. Name the proxies alone.",
        "server {\n    listen 8080;\n    root www;\n    set_real_ip_from ⟪0.0.0.0/0⟫;\n}",
        "server {\n    listen 8080;\n    root www;\n    set_real_ip_from 10.0.0.0/8;\n}",
    ),
    warning(
        "A17",
        "real-ip-without-proxy",
        "`real_ip_header` or `real_ip_recursive` where no `set_real_ip_from` says whose word counts: nobody's \
         does, and `$remote_addr` stays who is connected.",
        "server {\n    listen 8080;\n    root www;\n    ⟪real_ip_header⟫ X-Forwarded-For;\n}",
        "server {\n    listen 8080;\n    root www;\n    real_ip_header X-Forwarded-For;\n    set_real_ip_from 10.0.0.1;\n}",
    ),
    warning(
        "A18",
        "proxy-protocol-unread",
        "`real_ip_header proxy_protocol` where no `listen` of the server reads the PROXY protocol: nothing \
         says who a client is.",
        "server {\n    listen 8080;\n    root www;\n    set_real_ip_from 10.0.0.1;\n    real_ip_header ⟪proxy_protocol⟫;\n}",
        "server {\n    listen 8080 proxy_protocol;\n    root www;\n    set_real_ip_from 10.0.0.1;\n    real_ip_header proxy_protocol;\n}",
    ),
    error(
        "A20",
        "subrequest-uri",
        "The URI of an `auth_request` or a `mirror` is none that can be asked. It is the path of a location of the same \
         server, as it stands there: nginx takes variables and arguments for a part of the path, and does not \
         know named locations here.",
        "server {\n    listen 8080;\n    root www;\n    auth_request ⟪@auth⟫;\n    location @auth { return 204; }\n}",
        "server {\n    listen 8080;\n    root www;\n    auth_request /_auth;\n    location = /_auth {\n        internal;\n        if ($cookie_key != word) { return 401; }\n        return 204;\n    }\n}",
    ),
    warning(
        "A21",
        "inquiry-settled",
        "The location that an `auth_request` asks answers the same to everyone: with 2xx, nobody is kept \
         out; with anything but 2xx, 401 and 403, every request gets 500.",
        "server {\n    listen 8080;\n    root www;\n    auth_request ⟪/_auth⟫;\n    location = /_auth { internal; return 204; }\n}",
        "server {\n    listen 8080;\n    root www;\n    auth_request /_auth;\n    location = /_auth {\n        internal;\n        if ($cookie_key != word) { return 401; }\n        return 204;\n    }\n}",
    ),
];
