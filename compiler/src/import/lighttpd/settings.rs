//! What one assignment is as a directive.

use super::parse::Value;
use super::simple;
use crate::import::draft::Draft;
use crate::import::tree::Item;
use crate::source::Span;

/// What lighttpd needs and a site does not.
const NEEDLESS: &[&str] = &[
    "server.compat-module-load",
    "server.core-files",
    "server.event-handler",
    "server.feature-flags",
    "server.http-parseopts",
    "server.max-fds",
    "server.max-worker",
    "server.modules",
    "server.network-backend",
    "server.stat-cache-engine",
    "server.stream-request-body",
    "server.stream-response-body",
    "server.systemd-socket-activation",
    "server.upload-dirs",
    "static-file.etags",
    "etag.use-inode",
    "etag.use-mtime",
    "etag.use-size",
    "compress.cache-dir",
    "deflate.cache-dir",
    "mimetype.use-xattr",
    "index-file.encoding",
    "proxy.balance",
    "dir-listing.encoding",
];

/// A directive that holds for the whole process, if `key` is about that.
pub(super) fn of_process(
    key: &str,
    value: &Value,
    (span, group): (Span, Option<&str>),
    draft: &mut Draft,
) -> Option<Item> {
    let text = match value {
        Value::Text(text) => &text[..],
        Value::Array(_) => "",
    };
    Some(match key {
        _ if NEEDLESS.contains(&key) => draft.needless(span, key, "a site does it by itself"),
        "server.username" => {
            let words: Vec<&str> = ["user", text].into_iter().chain(group).collect();
            draft.simple(span, &words)
        }
        "server.groupname" => draft.needless(span, key, "`user` names it"),
        "server.pid-file" => draft.simple(span, &["pid", text]),
        "server.errorlog" => draft.simple(span, &["error_log", text]),
        "server.max-connections" => draft.simple(span, &["worker_connections", text]),
        _ => return None,
    })
}

/// The directive of a setting that stands in a server or a location; `None` if it is no such setting.
pub(super) fn setting(
    key: &str,
    value: &Value,
    span: Span,
    draft: &mut Draft,
) -> Option<Vec<Item>> {
    let text = match value {
        Value::Text(text) => &text[..],
        Value::Array(_) => "",
    };
    let switch = if text == "enable" { "on" } else { "off" };
    let whole = |path: &str| draft.base.conf.join(path).to_string_lossy().into_owned();
    let item = match key {
        "server.document-root" => draft.simple(span, &["root", &whole(text)]),
        "index-file.names" | "server.indexfiles" => {
            let names = texts(value).into_iter();
            simple(draft, span, &["index".to_owned()].into_iter().chain(names).collect::<Vec<_>>())
        }
        "dir-listing.activate" | "server.dir-listing" => draft.simple(span, &["autoindex", switch]),
        "accesslog.filename" => {
            let log = draft.simple(span, &["access_log", &whole(text)]);
            let how = "Lines have the format `combined`, unless `log_format` makes another.";
            draft.differs(log, how)
        }
        "server.max-request-size" => {
            draft.simple(span, &["client_max_body_size", &format!("{text}k")])
        }
        "server.max-keep-alive-requests" => draft.simple(span, &["keepalive_requests", text]),
        "server.max-keep-alive-idle" => draft.simple(span, &["keepalive_timeout", text]),
        "server.max-read-idle" => draft.simple(span, &["client_timeout", text]),
        "server.max-write-idle" => draft.simple(span, &["send_timeout", text]),
        "server.follow-symlink" if text == "enable" => {
            draft.simple(span, &["disable_symlinks", "off"])
        }
        "server.follow-symlink" => draft.simple(span, &["disable_symlinks", "on"]),
        "server.tag" => draft.simple(span, &["server_tokens", "off"]),
        "server.error-handler-404" => draft.simple(span, &["error_page", "404", text]),
        "server.range-requests" if text == "disable" => draft.simple(span, &["max_ranges", "0"]),
        "server.kbytes-per-second" | "connection.kbytes-per-second" => {
            draft.simple(span, &["limit_rate", &format!("{text}k")])
        }
        "compress.filetype" | "deflate.mimetypes" => {
            let types =
                texts(value).into_iter().filter(|it| it != "text/html" && !it.ends_with('/'));
            let types: Vec<_> = ["gzip_types".to_owned()].into_iter().chain(types).collect();
            let on = draft.simple(span, &["gzip", "on"]);
            let mut items = vec![on];
            if types.len() > 1 {
                items.push(simple(draft, span, &types));
            }
            return Some(items);
        }
        "deflate.allowed-encodings" | "compress.allowed-encodings" => {
            draft.needless(span, key, "`gzip`, `brotli` and `zstd` say it")
        }
        "mimetype.assign" => draft.needless(span, key, "the common types are built in"),
        "setenv.add-response-header" | "setenv.set-response-header" => {
            let fields = pairs(value);
            return Some(
                fields
                    .iter()
                    .map(|(name, value)| draft.simple(span, &["add_header", name, value, "always"]))
                    .collect(),
            );
        }
        "url.access-deny" => {
            let ends: Vec<_> =
                texts(value).iter().map(|end| crate::import::draft::escaped(end)).collect();
            if ends.iter().any(String::is_empty) {
                return Some(vec![draft.simple(span, &["deny", "all"])]);
            }
            return None;
        }
        "ssl.engine" => draft.needless(span, key, "`listen … ssl` says it"),
        "ssl.pemfile" => draft.simple(span, &["ssl_certificate", &whole(text)]),
        "ssl.privkey" => draft.simple(span, &["ssl_certificate_key", &whole(text)]),
        "ssl.ca-file" => draft.simple(span, &["ssl_trusted_certificate", &whole(text)]),
        _ => return None,
    };
    Some(vec![item])
}

/// All texts of a value.
pub(super) fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Text(text) => vec![text.clone()],
        Value::Array(entries) => entries.iter().flat_map(|entry| texts(&entry.1)).collect(),
    }
}

/// The texts of an array by their keys.
pub(super) fn pairs(value: &Value) -> Vec<(String, String)> {
    let Value::Array(entries) = value else { return Vec::new() };
    let pair = |(key, value): &(Option<String>, Value)| match (key, value) {
        (Some(key), Value::Text(value)) => Some((key.clone(), value.clone())),
        _ => None,
    };
    entries.iter().filter_map(pair).collect()
}
