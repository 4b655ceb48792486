//! Confs, drawn from one table: a row for each directive. A new directive is one more row.

use std::collections::BTreeSet;

use crate::draw::Draw;
use Level::{If, IfInServer, Location, Server};

/// Where a directive is drawn.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Level {
    Server,
    Location,
    /// An `if` in a location.
    If,
    /// An `if` in a server.
    IfInServer,
}

/// A directive, where it is drawn, how often for a hundred of these places, and how it is written.
type Row = (&'static str, &'static [Level], usize, &'static [&'static str]);

/// Every directive that is drawn.
pub const ROWS: &[Row] = &[
    ("set", &[Server, Location, If, IfInServer], 15, &["set $%v% \"%text%\";", "set $%v% %var%;"]),
    ("rewrite", &[Server], 15, &["rewrite %regex% %uri%%flag%;"]),
    (
        "rewrite",
        &[Location, If],
        18,
        &["rewrite %regex% %uri%%flag%;", "rewrite %regex% %uri%%flag%; rewrite %regex% %uri%;"],
    ),
    ("break", &[If, IfInServer], 5, &["break;"]),
    ("break", &[Location], 3, &["break;"]),
    ("return", &[Server], 2, RETURNS),
    ("return", &[Location], 25, RETURNS),
    ("return", &[If, IfInServer], 35, RETURNS),
    ("root", &[Server], 100, &["root ${WWW}%folder%;"]),
    ("root", &[Location, If], 12, &["root ${WWW}%folder%;"]),
    ("index", &[Server, Location], 15, &["index %index%;", "index %index% %index%;"]),
    ("try_files", &[Server], 5, TRIES),
    ("try_files", &[Location], 20, TRIES),
    (
        "error_page",
        &[Server, Location, If],
        15,
        &[
            "error_page %error%%as% %uri%;",
            "error_page %error% %error%%as% %uri%;",
            "error_page %error%%as% @named;",
            "error_page %error%%as% http://x.test%uri%;",
            "error_page 403 /403.html; error_page 404%as% /404.html;",
        ],
    ),
    ("recursive_error_pages", &[Server, Location], 4, &["recursive_error_pages on;"]),
    (
        "add_header",
        &[Server, Location, If],
        15,
        &[
            "add_header X-%w% \"%text%\";",
            "add_header X-%w% \"%text%\" always;",
            "add_header X-%w% 1; add_header X-%w% %var% always;",
            "add_header Cache-Control %w%;",
        ],
    ),
    (
        "add_trailer",
        &[Server, Location],
        8,
        &[
            "add_trailer X-%w% \"%text%\";",
            "add_trailer X-%w% \"%text%\" always;",
            "add_trailer X-%w% 1; add_trailer X-Uri %var%;",
        ],
    ),
    (
        "expires",
        &[Server, Location, If],
        12,
        &[
            "expires 1h;",
            "expires -1;",
            "expires epoch;",
            "expires max;",
            "expires off;",
            "expires 0;",
            "expires modified 1d;",
            "expires $kept;",
            "expires modified $arg_m;",
        ],
    ),
    ("empty_gif", &[Location], 4, &["empty_gif;"]),
    (
        "autoindex",
        &[Server, Location],
        12,
        &["autoindex on; autoindex_format json;", "autoindex on; autoindex_format xml;"],
    ),
    (
        "types",
        &[Server, Location],
        6,
        &["types { text/x-%w% txt html; application/x-%w% json; }", "types { }"],
    ),
    (
        "default_type",
        &[Server, Location],
        10,
        &["default_type text/plain;", "default_type text/html;", "default_type a/x-%w%;"],
    ),
    (
        "charset",
        &[Server, Location, If],
        10,
        &["charset utf-8;", "charset off;", "charset koi8-r;", "charset $named;"],
    ),
    (
        "charset_types",
        &[Server, Location],
        4,
        &["charset_types application/json;", "charset_types *;"],
    ),
    ("etag", &[Server, Location], 6, &["etag off;", "etag on;"]),
    (
        "if_modified_since",
        &[Server, Location],
        8,
        &["if_modified_since off;", "if_modified_since before;", "if_modified_since exact;"],
    ),
    ("max_ranges", &[Server, Location], 8, &["max_ranges 0;", "max_ranges 1;", "max_ranges 2;"]),
    ("gzip_static", &[Server, Location], 12, &["gzip_static on;", "gzip_static always;"]),
    ("gzip", &[Server, Location, If], 15, &["gzip on;", "gzip on;", "gzip off;"]),
    (
        "gzip_types",
        &[Server, Location],
        12,
        &["gzip_types *;", "gzip_types text/plain application/json;"],
    ),
    ("gzip_min_length", &[Server, Location], 12, &["gzip_min_length 0;", "gzip_min_length 6;"]),
    ("gzip_comp_level", &[Server, Location], 3, &["gzip_comp_level 9;"]),
    ("gzip_vary", &[Server, Location], 8, &["gzip_vary on;", "gzip_vary off;"]),
    ("gzip_http_version", &[Server, Location], 4, &["gzip_http_version 1.0;"]),
    (
        "gzip_proxied",
        &[Server, Location],
        10,
        &[
            "gzip_proxied any;",
            "gzip_proxied expired no_etag;",
            "gzip_proxied no-cache no-store private;",
        ],
    ),
    ("gzip_disable", &[Server, Location], 4, &["gzip_disable \"so(m)e\";", "gzip_disable msie6;"]),
    ("internal", &[Location], 5, &["internal;"]),
    (
        "limit_except",
        &[Location],
        6,
        &[
            "limit_except GET { deny all; }",
            "limit_except POST PUT { allow 127.0.0.2; deny all; }",
            "limit_except GET { proxy_pass http://back; }",
            "limit_except POST { allow 127.0.0.0/8; deny all; proxy_pass http://${BACK}; }",
        ],
    ),
    (
        "allow",
        &[Server, Location],
        8,
        &[
            "allow 127.0.0.0/8; deny all;",
            "deny 127.0.0.1;",
            "deny 10.0.0.0/8; allow 127.0.0.1; deny all;",
            "deny all;",
            "allow ::1; deny 127.0.0.0/30;",
        ],
    ),
    (
        "auth_request",
        &[Server, Location],
        5,
        &[
            "auth_request /a.txt;",
            "auth_request %plain%;",
            "auth_request %plain%;",
            "auth_request off;",
        ],
    ),
    (
        "auth_request_set",
        &[Server, Location],
        6,
        &[
            "auth_request_set $%v% $upstream_status;",
            "auth_request_set $%v% \"%text%\";",
            "auth_request_set $%v% $sent_http_content_type; auth_request_set $%v% $status;",
        ],
    ),
    ("satisfy", &[Server, Location], 6, &["satisfy any;", "satisfy all;"]),
    ("mirror", &[Server, Location], 3, &["mirror /a.txt;", "mirror %plain%;", "mirror off;"]),
    (
        "sub_filter",
        &[Server, Location],
        9,
        &[
            "sub_filter a \"%text%\";",
            "sub_filter %w% X; sub_filter E 3;",
            "sub_filter $arg_x <$1>; sub_filter content \"\";",
        ],
    ),
    ("sub_filter_once", &[Server, Location], 6, &["sub_filter_once off;", "sub_filter_once on;"]),
    (
        "sub_filter_types",
        &[Server, Location],
        8,
        &["sub_filter_types *;", "sub_filter_types text/plain application/json;"],
    ),
    (
        "add_before_body",
        &[Server, Location],
        5,
        &["add_before_body /a.txt;", "add_before_body %plain%;", "add_before_body \"\";"],
    ),
    (
        "add_after_body",
        &[Server, Location],
        5,
        &["add_after_body %plain%;", "add_after_body /ssi.html;"],
    ),
    (
        "addition_types",
        &[Server, Location],
        5,
        &["addition_types *;", "addition_types text/plain;"],
    ),
    (
        "secure_link",
        &[Server, Location],
        6,
        &[
            "secure_link $arg_x; secure_link_md5 \"$uri s\";",
            "secure_link $arg_x,$arg_e; secure_link_md5 \"$secure_link_expires$uri s\";",
        ],
    ),
    (
        "set_real_ip_from",
        &[Server, Location],
        7,
        &[
            "set_real_ip_from 127.0.0.0/8; real_ip_header X-Forwarded-For;",
            "set_real_ip_from 127.0.0.1; set_real_ip_from 10.0.0.0/8; real_ip_header X-Forwarded-For; \
             real_ip_recursive on;",
            "set_real_ip_from 127.0.0.1;",
            "set_real_ip_from 10.0.0.0/8; real_ip_header X-Real-IP;",
        ],
    ),
    ("ssi", &[Server, Location, If], 7, &["ssi on;", "ssi on;", "ssi off;"]),
    ("ssi_types", &[Server, Location], 4, &["ssi_types *;", "ssi_types text/plain;"]),
    ("ssi_silent_errors", &[Server, Location], 3, &["ssi_silent_errors on;"]),
    ("ssi_last_modified", &[Server, Location], 4, &["ssi_last_modified on;"]),
    ("sub_filter_last_modified", &[Server, Location], 4, &["sub_filter_last_modified on;"]),
    (
        "valid_referers",
        &[Server, Location],
        6,
        &[
            "valid_referers none blocked server_names;",
            "valid_referers blocked s1.test/a *.s2.test;",
            r"valid_referers none .s1.test ~/a\.;",
        ],
    ),
    ("proxy_pass", &[Location], 14, PASSES),
    ("proxy_pass", &[If], 8, &["proxy_pass http://${BACK};", "proxy_pass http://$backed;"]),
    (
        "proxy_set_header",
        &[Server, Location],
        8,
        &[
            "proxy_set_header Host $host;",
            "proxy_set_header X-%w% \"%text%\";",
            "proxy_set_header X-%w% %var%; proxy_set_header Host \"$host:1\";",
            "proxy_set_header X-For $proxy_add_x_forwarded_for; proxy_set_header Host $proxy_host;",
            "proxy_set_header X \"\"; proxy_set_header Number $http_number;",
        ],
    ),
    (
        "proxy_redirect",
        &[Server, Location],
        6,
        &[
            "proxy_redirect off;",
            "proxy_redirect http://${BACK}/ /there/;",
            "proxy_redirect ~^http://[^/]+/(.*)$ /r/$1; proxy_redirect http://${BACK} /;",
            "proxy_redirect http://$proxy_host/m http://$host/;",
        ],
    ),
    (
        "proxy_cookie_path",
        &[Server, Location],
        6,
        &[
            "proxy_cookie_path /a/ /b/;",
            "proxy_cookie_path ~^/(.)/ /$1$1/;",
            "proxy_cookie_path off;",
        ],
    ),
    (
        "proxy_cookie_domain",
        &[Server, Location],
        6,
        &["proxy_cookie_domain s1.test $host;", "proxy_cookie_domain ~^(.*)S1.test$ new.test;"],
    ),
    (
        "proxy_cookie_flags",
        &[Server, Location],
        5,
        &[
            "proxy_cookie_flags A secure samesite=lax;",
            "proxy_cookie_flags ~^A httponly $arg_m samesite=$arg_x;",
            "proxy_cookie_flags b secure;",
        ],
    ),
    ("proxy_hide_header", &[Server, Location], 6, &["proxy_hide_header X-Own;"]),
    (
        "proxy_pass_header",
        &[Server, Location],
        4,
        &["proxy_pass_header Server;", "proxy_pass_header X-Powered-By;"],
    ),
    ("proxy_intercept_errors", &[Server, Location], 8, &["proxy_intercept_errors on;"]),
    ("proxy_method", &[Location], 4, &["proxy_method GET;", "proxy_method %w%;"]),
    ("proxy_set_body", &[Location], 4, &["proxy_set_body \"%text%\";"]),
    ("proxy_pass_request_headers", &[Location], 3, &["proxy_pass_request_headers off;"]),
    // Without the second line, nginx sends a length, and no content.
    (
        "proxy_pass_request_body",
        &[Location],
        3,
        &["proxy_pass_request_body off; proxy_set_header Content-Length \"\";"],
    ),
    ("proxy_buffering", &[Server, Location], 4, &["proxy_buffering off;"]),
    ("proxy_request_buffering", &[Server, Location], 4, &["proxy_request_buffering off;"]),
    ("proxy_http_version", &[Server, Location], 6, &["proxy_http_version 1.1;"]),
    ("absolute_redirect", &[Server, Location], 5, &["absolute_redirect on;"]),
    ("server_name_in_redirect", &[Server, Location], 4, &["server_name_in_redirect on;"]),
    ("port_in_redirect", &[Server, Location], 4, &["port_in_redirect off;"]),
    ("access_log", &[Location, If], 3, &["access_log off;"]),
    ("client_max_body_size", &[Server, Location], 4, &["client_max_body_size 4;"]),
];

/// What stands in `http`, for both.
pub const HTTP: &str = r#"
    server {
        listen 127.0.0.1:${PORT};
        server_name variables.test;
        set $v "";
        set $w "";
        location ~ (?<part>x)(y)(z) { return 444; }
    }
    types { text/html html; text/plain txt; application/json json; image/png png; }
    default_type application/octet-stream;
    server_tokens off;
    absolute_redirect off;
    max_ranges 200;
    disable_symlinks off;
    log_format drawn '$http_number|$request|$status|$uri|$request_filename|$server_name|$mapped|$hosted';
    access_log ${LOG} drawn;
    map $arg_m $mapped { default ""; a /a/a.txt; B "<$arg_m>"; ~^(?<rest>x+)(y)? "$rest-$2-$uri"; "" none; }
    map $sent_http_content_type $kept { default off; text/html epoch; text/plain max; ~^application/ 1h; ~x- $arg_c; }
    map $arg_c $named { default utf-8; koi koi8-r; }
    map $host $hosted { hostnames; default other; .s1.test one; *.test some; www.* www; }
    geo $arg_ip $net { default d; 10.0.0.0/8 a; 10.1.0.0/16 b; 127.0.0.1 c; ::/0 six; }
    geo $near { 10.0.0.0/8 far; 127.0.0.0/8 near; }
    split_clients "$arg_x$uri" $share { 25% q; 50% h; * r; }
    upstream back { server ${BACK}; }
    map $arg_m $backed { default back; a ${BACK}; }
    map $uri $by_path { volatile; ~^/(?<first>[a-z]+)/ $first; ~*\.TXT$ text; /a.txt exact; }
"#;

const RETURNS: &[&str] = &[
    "return 200 \"%text%\";",
    "return %status%;",
    "return %status% \"%text%\";",
    "return 301 %uri%;",
    "return 302 http://x.test%uri%;",
    "return 307 $scheme://$host%uri%;",
    "return 303 \"%text%\";",
];

const PASSES: &[&str] = &[
    "proxy_pass http://${BACK};",
    "proxy_pass http://back;",
    "proxy_pass http://${BACK}/;",
    "proxy_pass http://back/m;",
    "proxy_pass http://${BACK}/m/;",
    "proxy_pass http://back%path%;",
    "proxy_pass http://back$request_uri;",
    "proxy_pass http://${BACK}$uri$is_args$args;",
    "proxy_pass http://back/$1;",
    "proxy_pass http://$backed;",
    "proxy_pass http://$backed/m?$args;",
];

const TRIES: &[&str] = &[
    "try_files $uri $uri/ =%error%;",
    "try_files $uri /a.txt;",
    "try_files $uri.txt $uri/index.html %uri%;",
    "try_files /missing$uri @named;",
    "try_files $uri %uri%?x=$arg_x;",
    "try_files %path% $uri/ %path%;",
    "try_files $uri $uri/ @named;",
    "try_files $uri =444;",
];

/// What the texts of the rows are put together from.
pub const POOLS: &[(&str, &[&str])] = &[
    ("v", &["v", "w", "args"]),
    ("w", &["one", "two", "three"]),
    (
        "var",
        &[
            "$uri",
            "$args",
            "$arg_x",
            "$v",
            "$w",
            "$1",
            "$2",
            "$is_args",
            "$request_uri",
            "$document_root",
            "$request_filename",
            "$host",
            "$http_x",
            "$mapped",
            "$net",
            "$invalid_referer",
            "$near",
            "$share",
            "$hosted",
            "$by_path",
            "$request_method",
            "$server_name",
            "$cookie_c",
            "$query_string",
            "$document_uri",
            "$content_length",
            "$http_user_agent",
            "$server_protocol",
            "$remote_addr",
            "$scheme",
            "$realpath_root",
            "$secure_link",
            "$secure_link_expires",
            "$realip_remote_addr",
            "$content_type",
            "$part",
        ],
    ),
    ("text", &["%w%", "%var%", "%var%|%var%", "%w% %var%", "%var%-%w%-%var%", "", "${v}x"]),
    ("folder", &["", "", "", "/a", "/d"]),
    ("index", &["index.html", "a.txt", "none", "/a.txt", "$arg_i"]),
    (
        "path",
        &[
            "/a.txt",
            "/a/a.txt",
            "/",
            "/a/",
            "/a",
            "/d/",
            "/d",
            "/b.html",
            "/none",
            "/x/y",
            "/page.json",
            "/404.html",
            "/403.html",
            "/in/a.txt",
            "/s%20p.txt",
            "/ssi.html",
        ],
    ),
    (
        "plain",
        &[
            "/a.txt",
            "/a/a.txt",
            "/",
            "/a/",
            "/a",
            "/d/",
            "/b.html",
            "/none",
            "/x/y",
            "/in/a.txt",
            "/ssi.html",
        ],
    ),
    (
        "uri",
        &[
            "%path%",
            "%path%",
            "%path%",
            "%path%?y=1",
            "%path%?",
            "%path%?z=$arg_x",
            "/$1",
            "/a/$1",
            "/x/$1?q=$2",
            "/a$uri",
            "/$arg_x",
            "$uri.txt",
            "/a/$v",
            "/$1$2",
        ],
    ),
    (
        "regex",
        &[
            "^",
            "^/a/(.*)$",
            "^/(.*)$",
            r"^/(.+)\.txt$",
            r"\.html$",
            "^/x/(.*)/(.*)$",
            "/d/",
            "^/([a-z]+)/(?<part>[a-z]*)",
            "^/$",
            "\"^/s p\"",
            "(?i)A",
            r"^/((a|d)/)?(.*)$",
        ],
    ),
    ("flag", &["", " last", " last", " break", " break", " redirect", " permanent"]),
    ("status", &["200", "204", "201", "400", "403", "404", "410", "500", "503", "405", "416"]),
    ("error", &["403", "404", "410", "500", "503", "405", "301", "416", "413"]),
    ("as", &["", "", "", " =200", " =", " =302", " =404"]),
    (
        "condition",
        &[
            "%var%",
            "$v = %w%",
            "$arg_x != 1",
            "%var% ~ ^/(a|d)(.*)",
            "%var% ~* TXT$",
            "$uri !~ html",
            "-f $request_filename",
            "!-e $document_root$uri",
            "-d $request_filename",
            "-x $request_filename",
            "!-x $document_root/d",
            "$request_method = POST",
            "$http_x ~ (?<part>.)(.)",
            "$arg_x",
            "$invalid_referer",
            "$arg_x = \"$arg_m\"",
        ],
    ),
    (
        "location",
        &[
            "/",
            "/",
            "/a/",
            "/a",
            "/d/",
            "= /a.txt",
            "= /",
            "^~ /a/",
            r"~ \.txt$",
            r"~* \.HTML$",
            "~ ^/(?<part>[a-z]+)/(.*)$",
            "~ ^/(a|d)/",
            "/x/",
            "/in/",
            "= /d/",
            "/none",
            "^~ /x",
            "/d",
            "/s p",
            "~ /$",
        ],
    ),
    ("nested", &["", "a", "a.txt", "x/"]),
    ("alias", &["/", "/a/", "/d/"]),
];

/// A server, as both confs have it.
pub struct Drawn {
    pub name: String,
    /// Which of the two ports it listens on.
    pub port: usize,
    pub text: String,
}

impl Drawn {
    /// One server. The first of a port has it for those whom no server names.
    pub fn new(draw: &mut Draw, index: usize) -> Drawn {
        let name = format!("s{index}.test");
        let port = index % 2;
        let listen = ["${PORT}", "${PORT_2}"][port];
        let merges = if index == 1 { "    merge_slashes off;\n" } else { "" };
        let mut text = format!(
            "server {{\n    listen 127.0.0.1:{listen};\n    server_name {name} www.{name};\n{merges}"
        );
        lines(draw, Server, 1, &mut text);
        let count = 2 + draw.below(4);
        locations(draw, None, count, 1, &mut text);
        text.push_str("    location @named {\n");
        lines(draw, Location, 2, &mut text);
        text.push_str("    }\n}\n");
        // What nginx makes of an `alias` once the path is rewritten is 500.
        if text.contains("rewrite ") {
            text = text.replace("alias ", "root ");
        }
        // nginx looks for texts in what is compressed.
        if text.contains("gzip_static ") || text.contains("proxy_") {
            let line = |line: &str| match line.contains("sub_filter") {
                true => String::new(),
                false => format!("{line}\n"),
            };
            text = text.lines().map(line).collect();
        }
        // In nginx, a `return` is not looked at where `limit_except` limits the method: a request within
        // another one, whom it does not keep out, gets files there.
        if ["add_before_body", "add_after_body", "ssi "].iter().any(|name| text.contains(name)) {
            let is_other = |line: &&str| !line.contains("limit_except");
            text = text.lines().filter(is_other).map(|line| format!("{line}\n")).collect();
        }
        // The Location of another server's answer stays a path here.
        if text.contains("proxy_pass ") {
            text = text.replace("absolute_redirect on;", "absolute_redirect off;");
        }
        // In nginx, a regex of `rewrite` or `if` that does not match empties the groups of others.
        if text.contains("rewrite ") || text.contains(" ~") {
            let line = |line: &str| match line.contains("rewrite ") {
                true => format!("{line}\n"),
                false => line.replace("$1", "$arg_x").replace("$2", "$arg_m") + "\n",
            };
            text = text.lines().map(line).collect();
        }
        // In nginx, the regex of a map takes the place of the one whose groups are meant.
        if ["$1", "$2", "$part"].iter().any(|group| text.contains(group)) {
            text = text.replace("$mapped", "$hosted").replace("$by_path", "$hosted");
        }
        Drawn { name, port, text }
    }
}

/// The directives of a level, in any order.
fn lines(draw: &mut Draw, level: Level, depth: usize, out: &mut String) {
    let indent = "    ".repeat(depth);
    let mut drawn = Vec::new();
    // The more often one is drawn in all, the less there are of each.
    for (_, levels, percent, texts) in ROWS {
        if levels.contains(&level) && draw.chance(*percent) {
            drawn.push(draw.text(texts, POOLS));
        }
    }
    let condition = match level {
        Server => Some(IfInServer),
        Location => Some(If),
        If | IfInServer => None,
    };
    while let Some(within) = condition.filter(|_| draw.chance(25)) {
        let mut text = draw.text(&["if (%condition%) {\n"], POOLS);
        lines(draw, within, depth + 1, &mut text);
        drawn.push(text + &indent + "}");
    }
    while !drawn.is_empty() {
        let line = drawn.swap_remove(draw.below(drawn.len()));
        *out += &format!("{indent}{line}\n");
    }
}

/// So many locations, each once.
fn locations(draw: &mut Draw, within: Option<&str>, count: usize, depth: usize, out: &mut String) {
    let indent = "    ".repeat(depth);
    let mut seen = BTreeSet::new();
    for _ in 0..count {
        let text = match within {
            None => draw.text(&["%location%"], POOLS),
            Some(path) if draw.chance(70) => path.to_owned() + &draw.text(&["%nested%"], POOLS),
            Some(_) => draw.text(&[r"~ \.txt$", "~ (.)(?<part>[a-z])"], POOLS),
        };
        let path = text.rsplit(' ').next().unwrap_or_default();
        // `^~ /a` and `/a` are one to nginx.
        let is_exact = text.starts_with("= ");
        if !seen.insert((is_exact, path.to_owned())) || within == Some(&text) {
            continue;
        }
        let is_prefix = text.starts_with('/');
        let shown = if text == "/s p" { "\"/s p\"" } else { &text };
        *out += &format!("{indent}location {shown} {{\n");
        let mut inner = String::new();
        lines(draw, Location, depth + 1, &mut inner);
        let is_folder = is_prefix && path.ends_with('/');
        // What no regex may have set is an error to sitec.
        if !text.starts_with('~') && !inner.contains('(') {
            inner = inner.replace("$1", "$arg_x").replace("$2", "$arg_m").replace("$part", "$v");
        }
        // With `try_files`, nginx cuts the prefix of an `alias` off what it falls back to.
        let may_alias = !["root ", "try_files"].iter().any(|name| inner.contains(name));
        if is_folder && may_alias && draw.chance(25) {
            inner += &draw.text(&["        alias ${WWW}%alias%;\n"], POOLS);
        }
        if is_prefix && within.is_none() && draw.chance(20) && text != "/s p" {
            let count = 1 + draw.below(2);
            locations(draw, Some(path), count, depth + 1, &mut inner);
        }
        *out += &format!("{inner}{indent}}}\n");
    }
}
