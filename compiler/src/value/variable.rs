//! The variables of the language: one row each, which the checker, the generated text, what is
//! foretold of requests and the reference page follow from.

use std::fmt::Write;

use crate::ir::Variable;
use crate::wrap::wrapped;

/// What decides on a variable's value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Known {
    /// The path of the request, and where it leads.
    Path,
    /// The arguments behind the path.
    Args,
    /// What else a request says, and who sends it to which address.
    Request,
    /// A running server alone: its clock, its connections, its machine.
    Run,
}

/// A variable that a name alone stands for.
#[derive(Debug)]
pub struct Row {
    /// Its name, and that of the method of `sitec_runtime::site::Variables` that appends its
    /// value.
    pub name: &'static str,
    /// What decides on its value.
    pub known: Known,
    /// What it is, for the reference page.
    pub doc: &'static str,
}

/// A family of variables: the rest of the name is that of a part of the request or the response.
#[derive(Debug)]
pub struct Family {
    /// What the names begin with.
    pub prefix: &'static str,
    /// The variable by the rest of its name, which is in lower case.
    variable: fn(&str) -> Variable,
    /// What it is, for the reference page.
    pub doc: &'static str,
}

impl Family {
    /// The variable with the rest of a name, which is in lower case.
    pub(crate) fn of(&self, rest: &str) -> Variable {
        (self.variable)(rest)
    }
}

const fn row(name: &'static str, known: Known, doc: &'static str) -> Row {
    Row { name, known, doc }
}

/// The variables that a name alone stands for, sorted.
pub const VARIABLES: &[Row] = &[
    row("args", Known::Args, "The arguments of the request target: what follows the `?`."),
    row(
        "binary_remote_addr",
        Known::Run,
        "The client's address in 4 or 16 bytes; `unix:` where it uses a Unix socket.",
    ),
    row("body_bytes_sent", Known::Run, "Bytes of content that the client was sent."),
    row("bytes_sent", Known::Run, "Bytes that the client was sent, head included."),
    row("connection", Known::Run, "The number of the connection, counted by its worker."),
    row(
        "connection_requests",
        Known::Run,
        "How many requests the connection has brought, this one included.",
    ),
    row("connection_time", Known::Run, "The age of the connection in seconds, to the millisecond."),
    row("connections_active", Known::Run, "Connections of clients, as `stub_status` counts them."),
    row(
        "connections_reading",
        Known::Run,
        "Connections whose request is being read, as `stub_status` counts them.",
    ),
    row(
        "connections_waiting",
        Known::Run,
        "Connections that wait for a request, as `stub_status` counts them.",
    ),
    row(
        "connections_writing",
        Known::Run,
        "Connections whose request is being answered, as `stub_status` counts them.",
    ),
    row(
        "content_length",
        Known::Request,
        "The length of the request's content: its Content-Length, or what came in chunks.",
    ),
    row("content_type", Known::Request, "The Content-Type of the request."),
    row("date_gmt", Known::Run, "The time in UTC, as server side includes write it."),
    row("date_local", Known::Run, "The machine's local time, as server side includes write it."),
    row("document_root", Known::Path, "The folder of `root`, or the `alias`."),
    row("document_uri", Known::Path, "The same as `$uri`."),
    row(
        "fastcgi_path_info",
        Known::Path,
        "The path after the script: the second group of `fastcgi_split_path_info`.",
    ),
    row(
        "fastcgi_script_name",
        Known::Path,
        "The path, or the first group of `fastcgi_split_path_info`, followed by `fastcgi_index` if \
         it ends in a slash.",
    ),
    row(
        "gzip_ratio",
        Known::Run,
        "How many times shorter compression has made the content, for logs.",
    ),
    row(
        "host",
        Known::Request,
        "The host that was asked for, in lower case and without its port; `$server_name` without one.",
    ),
    row("hostname", Known::Run, "The name of the machine."),
    row(
        "http2",
        Known::Request,
        "`h2` for HTTP/2 over TLS, `h2c` for HTTP/2 without TLS, otherwise empty.",
    ),
    row("http3", Known::Path, "Always empty: HTTP/3 is not spoken."),
    row("https", Known::Request, "`on` if the client uses TLS, otherwise empty."),
    row(
        "invalid_referer",
        Known::Request,
        "`1` if the Referer is none of `valid_referers`, otherwise empty.",
    ),
    row("is_args", Known::Args, "`?` if there are arguments, otherwise empty."),
    row("is_request_port", Known::Request, "`:` if `$request_port` is not empty, otherwise empty."),
    row(
        "limit_conn_status",
        Known::Request,
        "The result of `limit_conn`: `PASSED`, `REJECTED` or `REJECTED_DRY_RUN`.",
    ),
    row(
        "limit_rate",
        Known::Request,
        "The bytes of the response that are sent in a second: what `set` gives it, or, once the \
         response has begun, `limit_rate`; 0 for any number.",
    ),
    row(
        "limit_req_status",
        Known::Request,
        "The result of `limit_req`: `PASSED`, `DELAYED`, `REJECTED`, `DELAYED_DRY_RUN` or \
         `REJECTED_DRY_RUN`.",
    ),
    row(
        "location_label",
        Known::Path,
        "What the location is called in metrics: as it is written, or `server` outside of all of them.",
    ),
    row("msec", Known::Run, "The time in seconds since 1970, to the millisecond."),
    row("nginx_version", Known::Path, "The version of nginx that sitec follows: `1.29.0`."),
    row(
        "otel_parent_id",
        Known::Run,
        "The span that the client names with `traceparent`, where `otel_trace_context` has it counted.",
    ),
    row(
        "otel_parent_sampled",
        Known::Run,
        "`1` where the client says that its trace is recorded, else `0`; likewise.",
    ),
    row(
        "otel_span_id",
        Known::Run,
        "The id of the request in its trace: 16 hexadecimal digits; `otel_trace_context`.",
    ),
    row(
        "otel_trace_id",
        Known::Run,
        "The id of the trace that the request belongs to: 32 hexadecimal digits; `otel_trace_context`.",
    ),
    row("otel_traceparent", Known::Run, "Both, as `traceparent` tells them to who is asked next."),
    row("otel_tracestate", Known::Run, "The `tracestate` of the client, where its trace goes on."),
    row("pid", Known::Run, "The number of the worker's process."),
    row(
        "pipe",
        Known::Run,
        "`p` if the request came before the response to the one before it was sent, else `.`.",
    ),
    row(
        "proxy_add_x_forwarded_for",
        Known::Request,
        "The request's X-Forwarded-For, and the client's address behind it; or that alone.",
    ),
    row(
        "proxy_host",
        Known::Path,
        "The host that `proxy_pass` names, with its port unless that is 80.",
    ),
    row("proxy_port", Known::Path, "The port that `proxy_pass` names, or 80."),
    row(
        "proxy_protocol_addr",
        Known::Run,
        "The client's address, as the PROXY protocol says; `listen … proxy_protocol`.",
    ),
    row("proxy_protocol_port", Known::Run, "The client's port, as the PROXY protocol says."),
    row(
        "proxy_protocol_server_addr",
        Known::Run,
        "The address that the client has connected to, as the PROXY protocol says.",
    ),
    row(
        "proxy_protocol_server_port",
        Known::Run,
        "The port that the client has connected to, as \
                                                   the PROXY protocol says.",
    ),
    row("query_string", Known::Args, "The same as `$args`."),
    row(
        "realip_remote_addr",
        Known::Request,
        "The address at the other end of the connection, if `set_real_ip_from` has changed \
         `$remote_addr`.",
    ),
    row(
        "realip_remote_port",
        Known::Run,
        "The port at the other end of the connection, if \
                                           `set_real_ip_from` has changed `$remote_port`.",
    ),
    row("realpath_root", Known::Run, "`$document_root` with its symlinks resolved."),
    row(
        "remote_addr",
        Known::Request,
        "The client's address; `unix:` where it uses a Unix socket.",
    ),
    row("remote_port", Known::Run, "The client's port."),
    row(
        "remote_user",
        Known::Request,
        "The user that the request's Authorization field names. Without `auth_basic`, nobody has \
         checked the password.",
    ),
    row("request", Known::Request, "The request line."),
    row(
        "request_body",
        Known::Run,
        "The request's content, where it was read into memory before another server is asked \
         (`proxy_pass` and its like, unless `proxy_request_buffering off`) or for a `mirror`, and is \
         no longer than `client_body_buffer_size`; otherwise empty. It is read after `if` and `set`.",
    ),
    row(
        "request_completion",
        Known::Run,
        "`OK` in a log if the response was sent to its end, otherwise empty.",
    ),
    row("request_filename", Known::Path, "The path of the file that the request leads to."),
    row("request_id", Known::Run, "32 random hexadecimal digits, of this request alone."),
    row("request_length", Known::Run, "Bytes of the request, head included."),
    row("request_method", Known::Request, "The method; GET while an `error_page` is fetched."),
    row(
        "request_port",
        Known::Request,
        "The port that the request line or the Host field names; empty if it names none.",
    ),
    row(
        "request_time",
        Known::Run,
        "The time since the first byte of the request in seconds, to the millisecond.",
    ),
    row("request_uri", Known::Request, "The path and the arguments as the client sent them."),
    row("scheme", Known::Request, "`https` if the client uses TLS, otherwise `http`."),
    row(
        "secure_link",
        Known::Request,
        "The result of `secure_link`: `1` if the link is valid, `0` if it has expired, otherwise \
         empty. With `secure_link_secret`, the link without its digest.",
    ),
    row(
        "secure_link_expires",
        Known::Request,
        "When a link expires, in seconds since 1970, once `$secure_link` was read.",
    ),
    row("server_addr", Known::Run, "The server's address that the client has connected to."),
    row(
        "server_label",
        Known::Path,
        "What the server is called in metrics: its first name, or where it listens.",
    ),
    row("server_name", Known::Path, "The first `server_name` of the server."),
    row("server_port", Known::Request, "The server's port that the client has connected to."),
    row("server_protocol", Known::Request, "`HTTP/2.0`, `HTTP/1.1` or `HTTP/1.0`."),
    row(
        "slice_range",
        Known::Request,
        "The range that another server is asked for, such as `bytes=0-1048575`, of the length that \
         `slice` gives.",
    ),
    row(
        "ssl_alpn_protocol",
        Known::Run,
        "The protocol that client and server have agreed on (ALPN), such as `http/1.1`.",
    ),
    row("ssl_cipher", Known::Run, "The cipher suite, by OpenSSL's name."),
    row(
        "ssl_ciphers",
        Known::Run,
        "The cipher suites that the client offers, by OpenSSL's names or in hexadecimal, with \
         colons between them.",
    ),
    row(
        "ssl_client_cert",
        Known::Run,
        "The client's certificate in PEM, each line but the first with a tab before it.",
    ),
    row(
        "ssl_client_escaped_cert",
        Known::Run,
        "The same as `$ssl_client_raw_cert`, escaped as in a URL.",
    ),
    row(
        "ssl_client_fingerprint",
        Known::Run,
        "The SHA-1 of the client's certificate, in hexadecimal digits.",
    ),
    row(
        "ssl_client_i_dn",
        Known::Run,
        "The issuer of the client's certificate, as in RFC 2253: `CN=Staff CA,O=Example`.",
    ),
    row(
        "ssl_client_i_dn_legacy",
        Known::Run,
        "The issuer of the client's certificate, as nginx before 1.11.6 wrote it: \
         `/O=Example/CN=Staff CA`.",
    ),
    row("ssl_client_raw_cert", Known::Run, "The client's certificate in PEM."),
    row("ssl_client_s_dn", Known::Run, "The subject of the client's certificate, as in RFC 2253."),
    row(
        "ssl_client_s_dn_legacy",
        Known::Run,
        "The subject of the client's certificate, as nginx \
                                               before 1.11.6 wrote it.",
    ),
    row(
        "ssl_client_serial",
        Known::Run,
        "The serial number of the client's certificate, in hexadecimal digits.",
    ),
    row(
        "ssl_client_v_end",
        Known::Run,
        "When the client's certificate expires: `Nov 29 12:00:00 2027 GMT`.",
    ),
    row(
        "ssl_client_v_remain",
        Known::Run,
        "How many days are left until the client's certificate \
                                            expires.",
    ),
    row("ssl_client_v_start", Known::Run, "When the client's certificate became valid."),
    row(
        "ssl_client_verify",
        Known::Run,
        "The result of checking the client's certificate: `SUCCESS`, `FAILED:` and the reason, or \
         `NONE`.",
    ),
    row("ssl_curve", Known::Run, "The group of the key exchange, by OpenSSL's name."),
    row(
        "ssl_curves",
        Known::Run,
        "The groups for key exchange that the client offers, by \
                                   OpenSSL's names.",
    ),
    row(
        "ssl_early_data",
        Known::Run,
        "Always empty: no request is accepted before the handshake is complete.",
    ),
    row("ssl_protocol", Known::Run, "`TLSv1.2` or `TLSv1.3`."),
    row(
        "ssl_server_name",
        Known::Run,
        "The name that the client has asked for in its handshake (SNI), in lower case.",
    ),
    row("ssl_session_reused", Known::Run, "`r` if an earlier session was resumed, otherwise `.`."),
    row("status", Known::Request, "The status of the response."),
    row("time_iso8601", Known::Run, "The local time: `2026-11-29T12:00:00+01:00`."),
    row("time_local", Known::Run, "The local time: `29/Nov/2026:12:00:00 +0100`."),
    row("uid_got", Known::Request, "The number that the client has sent: `userid`."),
    row("uid_set", Known::Run, "The number that the client is told: `userid`."),
    row(
        "upstream_addr",
        Known::Run,
        "The address of the upstream server. Several are separated by `, `, or by ` : ` if there \
         was an internal redirect between them.",
    ),
    row(
        "upstream_bytes_received",
        Known::Run,
        "Bytes received from upstream servers, separated as \
                                                in `$upstream_addr`.",
    ),
    row(
        "upstream_bytes_sent",
        Known::Run,
        "Bytes sent to upstream servers, separated as in \
                                            `$upstream_addr`.",
    ),
    row(
        "upstream_cache_etag",
        Known::Run,
        "The ETag of a cached response, while the upstream server is asked whether it has changed.",
    ),
    row(
        "upstream_cache_last_modified",
        Known::Run,
        "The Last-Modified of a cached response, while \
                                                     the upstream server is asked whether it has \
                                                     changed.",
    ),
    row(
        "upstream_cache_status",
        Known::Run,
        "The result of looking into the cache: `MISS`, `BYPASS`, `EXPIRED`, `STALE`, `UPDATING`, \
         `REVALIDATED` or `HIT`.",
    ),
    row(
        "upstream_connect_time",
        Known::Run,
        "The time that connecting took, in seconds to the millisecond, separated as in \
         `$upstream_addr`.",
    ),
    row(
        "upstream_header_time",
        Known::Run,
        "The time until the header of the response had arrived, in seconds, separated as in \
         `$upstream_addr`.",
    ),
    row(
        "upstream_response_length",
        Known::Run,
        "The length of the response's content, separated \
                                                 as in `$upstream_addr`.",
    ),
    row(
        "upstream_response_time",
        Known::Run,
        "The time until the whole response had arrived, in seconds, separated as in \
         `$upstream_addr`.",
    ),
    row(
        "upstream_status",
        Known::Run,
        "The status of the response, separated as in \
                                        `$upstream_addr`.",
    ),
    row(
        "uri",
        Known::Path,
        "The path, decoded and normalised, as the last internal redirect left it.",
    ),
];

/// The families of variables. A prefix that another one begins with comes after it.
pub const FAMILIES: &[Family] = &[
    Family {
        prefix: "sent_http_",
        variable: |rest| Variable::ResponseField(field(rest)),
        doc: "A field of the response, its name in lower case with `_` for `-`.",
    },
    Family {
        prefix: "sent_trailer_",
        variable: |rest| Variable::Trailer(field(rest)),
        doc: "A trailer of the response, its name in lower case with `_` for `-`.",
    },
    Family {
        prefix: "http_",
        variable: |rest| Variable::RequestField(field(rest)),
        doc: "A field of the request, its name in lower case with `_` for `-`.",
    },
    Family {
        prefix: "upstream_http_",
        variable: |rest| Variable::UpstreamField(field(rest)),
        doc: "A header field of the last response of an upstream server, its name in lower case \
              with `_` for `-`.",
    },
    Family {
        prefix: "upstream_trailer_",
        variable: |rest| Variable::UpstreamTrailer(field(rest)),
        doc: "A trailer of the last response of an upstream server, its name in lower case with \
              `_` for `-`.",
    },
    Family {
        prefix: "upstream_cookie_",
        variable: |rest| Variable::UpstreamCookie(rest.into()),
        doc: "A cookie that the last response of an upstream server sets.",
    },
    Family {
        prefix: "cookie_",
        variable: |rest| Variable::Cookie(rest.into()),
        doc: "A cookie of the request.",
    },
    Family {
        prefix: "arg_",
        variable: |rest| Variable::Argument(rest.into()),
        doc: "An argument of the request, undecoded.",
    },
];

/// The name of a field as it is sent.
fn field(rest: &str) -> Vec<u8> {
    rest.replace('_', "-").into_bytes()
}

/// The row of a variable.
pub fn find(name: &str) -> Option<&'static Row> {
    let index = VARIABLES.binary_search_by_key(&name, |row| row.name).ok()?;
    Some(&VARIABLES[index])
}

/// Variables that nginx has and sitec has not, and the fronts of names of such.
const ONLY_NGINX: &str = "ancient_browser geoip_ grpc_ \
    memcached_key modern_browser msie proxy_protocol_tlv_ request_body_file \
    scgi_ \
    session_ ssl_ech_ ssl_preread_ ssl_session_id ssl_sigalg \
    ssl_client_sigalg tcpinfo_ uid_reset upstream_first_byte_time upstream_last_addr upstream_last_server_name \
    upstream_queue_time upstream_session_time uwsgi_";

/// Whether nginx has a variable of this name that sitec has not.
pub(crate) fn is_only_nginx(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let mut known = ONLY_NGINX.split_ascii_whitespace();
    known.any(|known| if known.ends_with('_') { name.starts_with(known) } else { name == known })
}

/// What to do about a variable that nginx alone has, by its name in lower case.
pub(crate) fn instead_of(name: &str) -> &'static str {
    let begins = |fronts: &[&str]| fronts.iter().any(|front| name.starts_with(front));
    if begins(&["upstream_", "scgi_", "uwsgi_", "grpc_", "memcached_"]) {
        return "leave it out: there is no such part of what other servers are asked";
    }
    if begins(&["ssl_"]) {
        return "leave it out: rustls does not tell it; `$ssl_cipher`, `$ssl_curve` and \
                `$ssl_session_reused` are what was agreed on";
    }
    if begins(&["proxy_"]) {
        return "leave it out: what a proxy in front knows comes as a field of its, `$http_…`";
    }
    match name {
        "request_body_file" => {
            "content that is longer than `client_body_buffer_size` is in a file without a name, which \
             nobody else can open; `$request_body` has what is shorter, and a CGI script reads all of it"
        }
        "uid_reset" => "it is empty unless `set` gives it a value",
        _ => "leave it out",
    }
}

/// The variable with this name, case aside as in nginx; `None` if it is none of the language's
/// own (it may still be a group of a regex).
pub(crate) fn variable(name: &str) -> Option<Variable> {
    let name = name.to_ascii_lowercase();
    if let Some(row) = find(&name) {
        return Some(Variable::Simple(row.name));
    }
    let family = FAMILIES.iter().find(|family| name.starts_with(family.prefix))?;
    let rest = &name[family.prefix.len()..];
    (!rest.is_empty()).then(|| (family.variable)(rest))
}

const HEAD: &str = "\
# Variables

Values of `return`, `error_page`, `root`, `alias`, `index`, `try_files`, `add_header`, `charset`,
`cgi_param`, `proxy_pass` and its like, `log_format` and `access_log … if=` may hold variables, `$name` or `${name}`. A name
that nginx has too means what it means there. Where a request lacks what a variable stands for, the
value is empty; a log has `-`.

Beside those below, `$1` to `$9` are the groups of the regex that matched last, and a group
`(?<name>…)` is `$name`.

This page is written from the table in `compiler/src/value/variable.rs`; change it there and run
`UPDATE=1 cargo test -p sitec-compiler reference`.

| variable | what it is |
|---|---|
";

/// The text of docs/variables.md.
pub fn reference() -> String {
    let mut page = HEAD.to_owned();
    let rows = VARIABLES.iter().map(|row| (row.name.to_owned(), row.doc));
    let families = FAMILIES.iter().map(|family| (format!("{}NAME", family.prefix), family.doc));
    let mut all: Vec<_> = rows.chain(families).collect();
    all.sort();
    for (name, doc) in all {
        let _ = writeln!(page, "| `${name}` | {doc} |");
    }
    page
}

/// What a variable is, for a terminal, by its name without `$`.
pub(crate) fn explain(name: &str) -> Option<String> {
    let name = name.to_ascii_lowercase();
    let (name, doc, known) = match find(&name) {
        Some(row) => (row.name.to_owned(), row.doc, Some(row.known)),
        None => {
            let is_of = |family: &&Family| name.len() > family.prefix.len();
            let family = FAMILIES.iter().filter(is_of).find(|it| name.starts_with(it.prefix))?;
            (format!("{}NAME", family.prefix), family.doc, None)
        }
    };
    let known = match known {
        None => "",
        Some(Known::Path) => "\n\nThe request's path decides on it, and where that leads.",
        Some(Known::Args) => "\n\nThe request's arguments decide on it.",
        Some(Known::Request) => "\n\nThe request decides on it, and who sends it to which address.",
        Some(Known::Run) => "\n\nOnly a running server knows it.",
    };
    Some(wrapped(&format!("${name}\n\n{doc}{known}"), 80) + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_sorted() {
        assert!(VARIABLES.is_sorted_by_key(|row| row.name));
    }

    #[test]
    fn reference_page_is_fresh() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/variables.md");
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(path, reference()).unwrap();
        }
        let page = std::fs::read_to_string(path).unwrap_or_default();
        assert!(
            page == reference(),
            "docs/variables.md is stale: run `UPDATE=1 cargo test -p sitec-compiler reference`"
        );
    }

    #[test]
    fn nginx_has_more_variables() {
        for name in ["upstream_queue_time", "SSL_session_id", "request_body_file"] {
            assert!(is_only_nginx(name) && variable(name).is_none(), "{name}");
        }
        assert!(!is_only_nginx("requset_uri"));
        assert!(VARIABLES.iter().all(|row| !is_only_nginx(row.name)));
    }

    #[test]
    fn names_mean_variables() {
        for (name, expected) in [
            ("uri", Some(Variable::Simple("uri"))),
            ("Request_URI", Some(Variable::Simple("request_uri"))),
            ("http_user_agent", Some(Variable::RequestField(b"user-agent".to_vec()))),
            ("sent_http_etag", Some(Variable::ResponseField(b"etag".to_vec()))),
            ("cookie_my_id", Some(Variable::Cookie(b"my_id".to_vec()))),
            ("arg_q", Some(Variable::Argument(b"q".to_vec()))),
            ("http_", None),
            ("ur", None),
        ] {
            assert_eq!(variable(name), expected, "{name}");
        }
    }
}
