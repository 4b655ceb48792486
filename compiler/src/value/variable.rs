//! The variables of the language.

use crate::ir::Variable;

/// Variables that a name alone stands for. Each is the name of a method
/// `fn NAME(&self, out: &mut Vec<u8>)` of `sitec_runtime::variables::Variables`.
pub const SIMPLE_VARIABLES: &[&str] = &[
    "args",
    "binary_remote_addr",
    "body_bytes_sent",
    "bytes_sent",
    "connection",
    "connection_requests",
    "connection_time",
    "content_length",
    "content_type",
    "document_root",
    "document_uri",
    "host",
    "hostname",
    "is_args",
    "msec",
    "pid",
    "pipe",
    "query_string",
    "realpath_root",
    "remote_addr",
    "remote_port",
    "remote_user",
    "request",
    "request_filename",
    "request_id",
    "request_length",
    "request_method",
    "request_time",
    "request_uri",
    "scheme",
    "server_addr",
    "server_name",
    "server_port",
    "server_protocol",
    "status",
    "time_iso8601",
    "time_local",
    "uri",
];

/// What the names of families begin with: a part of the request or the response follows.
pub const PREFIXES: &[&str] = &["sent_http_", "http_", "cookie_", "arg_"];

/// Variables that nginx has and sitec has not, and the fronts of names of such.
const ONLY_NGINX: &str = "ancient_browser date_gmt date_local fastcgi_ geoip_ grpc_ gzip_ratio \
    http2 http3 https invalid_referer is_request_port limit_conn_status limit_rate \
    limit_req_status memcached_key modern_browser msie nginx_version proxy_ realip_remote_addr \
    realip_remote_port request_body request_body_file request_completion request_port scgi_ \
    secure_link secure_link_expires sent_trailer_ session_ slice_range ssl_ tcpinfo_ uid_got \
    uid_reset uid_set upstream_ uwsgi_";

/// Whether nginx has a variable of this name that sitec has not.
pub(crate) fn is_only_nginx(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let mut known = ONLY_NGINX.split_ascii_whitespace();
    known.any(|known| if known.ends_with('_') { name.starts_with(known) } else { name == known })
}

/// What to do about a variable that nginx alone has, by its name in lower case.
pub(crate) fn instead_of(name: &str) -> &'static str {
    let begins = |fronts: &[&str]| fronts.iter().any(|front| name.starts_with(front));
    if begins(&["proxy_", "upstream_", "fastcgi_", "scgi_", "uwsgi_", "grpc_", "memcached_"]) {
        return "leave it out: a site asks no other server";
    }
    if begins(&["ssl_", "http2", "http3", "https", "realip_"]) {
        return "leave it out: what a proxy in front knows comes as a field of its, `$http_…`";
    }
    match name {
        "date_gmt" | "date_local" => "`$time_iso8601` and `$time_local` are the time",
        "request_port" | "is_request_port" => "`$server_port` is where the request came in",
        "request_body" | "request_body_file" => "a CGI script reads the content",
        _ => "leave it out",
    }
}

/// The variable with this name, case aside as in nginx; `None` if it is none of the language's
/// own (it may still be a group of a regex).
pub(crate) fn variable(name: &str) -> Option<Variable> {
    let name = name.to_ascii_lowercase();
    if let Ok(index) = SIMPLE_VARIABLES.binary_search(&name.as_str()) {
        return Some(Variable::Simple(SIMPLE_VARIABLES[index]));
    }
    let prefix = PREFIXES.iter().find(|prefix| name.starts_with(**prefix))?;
    let rest = &name[prefix.len()..];
    if rest.is_empty() {
        return None;
    }
    let field = || rest.replace('_', "-").into_bytes();
    Some(match *prefix {
        "sent_http_" => Variable::ResponseField(field()),
        "http_" => Variable::RequestField(field()),
        "cookie_" => Variable::Cookie(rest.into()),
        _ => Variable::Argument(rest.into()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_sorted() {
        assert!(SIMPLE_VARIABLES.is_sorted());
    }

    #[test]
    fn nginx_has_more_variables() {
        for name in ["upstream_addr", "SSL_protocol", "request_body"] {
            assert!(is_only_nginx(name) && variable(name).is_none(), "{name}");
        }
        assert!(!is_only_nginx("requset_uri"));
        assert!(SIMPLE_VARIABLES.iter().all(|name| !is_only_nginx(name)));
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
