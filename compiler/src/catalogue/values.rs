//! What parameters may be.

use super::{Check, Entry, Group, error, lint, warning};

pub(super) const GROUP: Group = Group { title: "Values", checks: CHECKS };

const CHECKS: &[Check] = &[
    error(
        "T01",
        "size-overflow",
        "A size is larger than a 63-bit number of bytes can tell.",
        "server {\n    listen 8080;\n    root www;\n    client_max_body_size ⟪99999999999g⟫;\n}",
        "server {\n    listen 8080;\n    root www;\n    client_max_body_size 99999g;\n}",
    ),
    error(
        "T02",
        "size-unit",
        "A size is a number alone, which counts bytes, or with `k`, `m` or `g` behind it.",
        "server {\n    listen 8080;\n    root www;\n    client_max_body_size 10⟪MB⟫;\n}",
        "server {\n    listen 8080;\n    root www;\n    client_max_body_size 10M;\n}",
    ),
    lint(
        "T03",
        "size-zero",
        "A size of 0 means no bound, as in nginx: whoever sends enough can fill the disk. Write \
         `unlimited` if that is meant.",
        "server {\n    listen 8080;\n    root www;\n    client_max_body_size ⟪0⟫;\n}",
        "server {\n    listen 8080;\n    root www;\n    client_max_body_size unlimited;\n}",
    ),
    error(
        "T04",
        "time-unit",
        "A time is a number alone, which counts seconds, or several with units: `ms`, `s`, `m`, \
         `h`, `d`, `w`, `M`, `y`, the largest first.",
        "server {\n    listen 8080;\n    root www;\n    keepalive_timeout 75⟪sec⟫;\n}",
        "server {\n    listen 8080;\n    root www;\n    keepalive_timeout 1m15s;\n}",
    ),
    warning(
        "T05",
        "time-suspicious",
        "A number alone counts seconds. One as large and as round as this was most likely meant in \
         milliseconds. With a unit, nothing is said.",
        "server {\n    listen 8080;\n    root www;\n    send_timeout ⟪5000⟫;\n}",
        "server {\n    listen 8080;\n    root www;\n    send_timeout 5000ms;\n    keepalive_timeout 3600;\n}",
    ),
    error(
        "T06",
        "port-range",
        "A port is a number from 1 to 65535.",
        "server {\n    listen ⟪70000⟫;\n    root www;\n}",
        "server {\n    listen 65535;\n    root www;\n}",
    ),
    error(
        "T07",
        "listen-name",
        "`listen` takes an address, a port, or both. Names are not looked up when a site is built: \
         they may mean something else where it runs.",
        "server {\n    listen ⟪example.test⟫:8080;\n    root www;\n}",
        "server {\n    listen [::1]:8080;\n    root www;\n}",
    ),
    error(
        "T09",
        "status-range",
        "`return` takes a status from 200 to 599, `error_page` one from 300 to 599 that a response \
         can have. A status below 200 is an interim one: the client goes on waiting for the final \
         response, and takes the next one on the connection for it.",
        "server {\n    listen 8080;\n    return ⟪99⟫;\n}",
        "server {\n    listen 8080;\n    return 599;\n}",
    ),
    error(
        "T10",
        "redirect-without-target",
        "A response of 301, 302, 303, 307 or 308 says where to go.",
        "server {\n    listen 8080;\n    ⟪return 301⟫;\n}",
        "server {\n    listen 8080;\n    location = /old { return 301 /new; }\n}",
    ),
    error(
        "T11",
        "bool",
        "The directive takes `on` or `off`.",
        "server {\n    listen 8080;\n    root www;\n    sendfile ⟪yes⟫;\n}",
        "server {\n    listen 8080;\n    root www;\n    sendfile on;\n}",
    ),
    error(
        "T12",
        "bad-method",
        "`methods` takes the names of methods that the server knows, in upper case.",
        "server {\n    listen 8080;\n    root www;\n    methods ⟪GTE⟫;\n}",
        "server {\n    listen 8080;\n    root www;\n    methods GET;\n}",
    ),
    error(
        "T13",
        "header-grammar",
        "The name of a field has letters, digits and `-`; its value is one line without control \
         characters.",
        "server {\n    listen 8080;\n    root www;\n    add_header ⟪\"X Foo\"⟫ 1;\n}",
        "server {\n    listen 8080;\n    root www;\n    add_header X-Foo \"1, 2\";\n}",
    ),
    error(
        "T14",
        "mime-grammar",
        "A media type is a type, a slash and a subtype: `text/html`.",
        "server {\n    listen 8080;\n    root www;\n    default_type ⟪texthtml⟫;\n}",
        "server {\n    listen 8080;\n    root www;\n    default_type text/html;\n}",
    ),
    error(
        "T15",
        "regex-syntax",
        "The pattern cannot be read. The place shown is the one inside the pattern.",
        "server {\n    listen 8080;\n    location ~ ^/⟪(⟫a { return 200 \"a\"; }\n}",
        "server {\n    listen 8080;\n    location ~ ^/(a)$ { return 200 \"a\"; }\n}",
    ),
    error(
        "T16",
        "regex-not-linear",
        "Regexes are matched in linear time, so that no request can make the server slow. There \
         are groups, named groups, lookahead, and lookbehind whose text has a longest length; there \
         is no backreference, atomic group or possessive repetition. No group captures within \
         `(?=…)` and `(?<=…)`: write `(?:…)`. A lookbehind is not part of other lookaround, and \
         does not end in `$` or `\\b`.",
        "server {\n    listen 8080;\n    location ~ ^/(a|b)/⟪\\1⟫$ { return 403; }\n}",
        "server {\n    listen 8080;\n    location ~ /\\.(?!well-known) { return 403; }\n}",
    ),
    error(
        "T17",
        "capture-missing",
        "`$1` stands for the first group of the regex that matched. No regex that leads here has \
         as many groups, so it would always be empty.",
        "server {\n    listen 8080;\n    location ~ ^/a$ { return 301 /b/⟪$1⟫; }\n}",
        "server {\n    listen 8080;\n    location ~ ^/a/(.*)$ { return 301 /b/$1; }\n}",
    ),
    error(
        "T18",
        "unknown-variable",
        "There is no variable of this name, nor a group of any regex.",
        "server {\n    listen 8080;\n    return 301 https://a.test⟪$requset_uri⟫;\n}",
        "server {\n    listen 8080;\n    return 301 https://a.test$request_uri;\n}",
    ),
    warning(
        "T19",
        "variable-case",
        "A variable is spelled in two ways that differ by the case of letters. Both are the same \
         variable, as in nginx; whoever reads the conf may take them for two.",
        "server {\n    listen 8080;\n    location ~ ^/(?<My_Name>[a-z]+)$ { return 200 \"$My_Name, ⟪$MY_NAME⟫\"; }\n}",
        "server {\n    listen 8080;\n    location ~ ^/(?<My_Name>[a-z]+)$ { return 200 \"$My_Name, $My_Name\"; }\n}",
    ),
    error(
        "T20",
        "server-name-grammar",
        "A `server_name` is a host name: no scheme, port or path.",
        "server {\n    listen 8080;\n    server_name ⟪http://⟫a.test/;\n    root www;\n}",
        "server {\n    listen 8080;\n    server_name a.test *.a.test;\n    root www;\n}",
    ),
    warning(
        "T21",
        "unescaped-dot",
        "A dot of a regex stands for any byte. Before an extension, or between the labels of a \
         host, a real dot is meant: `\\.`.",
        "server {\n    listen 8080;\n    root www;\n    location ~ ⟪.⟫php$ { return 403; }\n}",
        "server {\n    listen 8080;\n    root www;\n    location ~ ^/x.*\\.php$ { return 403; }\n}",
    ),
    lint(
        "T22",
        "unanchored-regex",
        "A regex that begins with a slash matches anywhere in a path: `/v1/` matches `/else/v1/` \
         too. With `^`, it matches at the front alone, and faster.",
        "server {\n    listen 8080;\n    location ~ ⟪/v1/⟫ { return 200 \"v1\"; }\n}",
        "server {\n    listen 8080;\n    location ~ ^/v1/ { return 200 \"v1\"; }\n    location ~ /\\.ht { return 403; }\n}",
    ),
    error(
        "T23",
        "dfa-too-large",
        "The automaton of the pattern, or its program, would be larger than 2 MB. Use fewer or \
         smaller repetitions, or anchor it.",
        "server {\n    listen 8080;\n    location ~ \"⟪(a{1000}){1000}⟫\" { return 200 \"a\"; }\n}",
        "server {\n    listen 8080;\n    location ~ \"^/(a{10}){10}$\" { return 200 \"a\"; }\n}",
    ),
    error(
        "T24",
        "number-range",
        "A number is not a whole one, or out of the range that the directive takes.",
        "worker_processes ⟪0⟫;\nserver {\n    listen 8080;\n    root www;\n}",
        "worker_processes 4;\nserver {\n    listen 8080;\n    root www;\n}",
    ),
    error(
        "T25",
        "keyword",
        "The directive takes one of a few words, and this is none of them.",
        "server {\n    listen 8080;\n    root www;\n    if_modified_since ⟪exakt⟫;\n}",
        "server {\n    listen 8080;\n    root www;\n    if_modified_since exact;\n}",
    ),
    error(
        "T26",
        "param-use",
        "A `param` has a name that cannot be one, a default that does not fit its use, two uses \
         that do not go together, or stands where everything is frozen when the site is built.",
        "param WWW www;\nserver {\n    listen 8080;\n    root ${WWW};\n    return 200 \"⟪${WWW}⟫\";\n}",
        "param WWW www;\nserver {\n    listen 8080;\n    root ${WWW};\n}",
    ),
    error(
        "T27",
        "cgi-form",
        "`cgi_pass` takes an extension with its dot and perhaps an interpreter, or the path of a \
         program, or `off`; `cgi_param` a name of letters, digits and `_`.",
        "server {\n    listen 8080;\n    root www;\n    cgi_pass ⟪py⟫ python3;\n}",
        "server {\n    listen 8080;\n    root www;\n    cgi_pass .py python3;\n}",
    ),
    error(
        "T28",
        "empty-text",
        "A `sub_filter` replaces an empty text, which stands everywhere.",
        "server {\n    listen 8080;\n    root www;\n    sub_filter ⟪\"\"⟫ x;\n}",
        "server {\n    listen 8080;\n    root www;\n    sub_filter x \"\";\n}",
    ),
    error(
        "T29",
        "upload-redirect",
        "The address of an `upload_redirect` is none: it is a path of the site, which begins with a slash, or a \
         URL. It has no variables, so that nobody can send others anywhere by a form of this site.",
        "server {\n    listen 8080;\n    location = /up { upload_store incoming; upload_redirect ⟪done⟫; }\n    location /done { return 200; }\n}",
        "server {\n    listen 8080;\n    location = /up { upload_store incoming; upload_redirect /done; }\n    location /done { return 200; }\n}",
    )
    .among(&[Entry::File("incoming/a", "")]),
    error(
        "T30",
        "charset-map-form",
        "A `charset_map` that cannot be read, that is there already, or that is missing between the \
         charsets of `source_charset` and `charset`. Its lines are two characters in hexadecimal; a \
         character of `utf-8` is written by its bytes.",
        "charset_map koi8-r utf-8 {\n    C0 ⟪44E⟫;\n}\nserver {\n    listen 8080;\n    root www;\n}",
        "charset_map koi8-r utf-8 {\n    C0 D18E;\n}\nserver {\n    listen 8080;\n    root www;\n}",
    ),
];
