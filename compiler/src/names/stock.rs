//! Files that come with nginx, and that confs include: what to do where they are not there.

use super::{Group, Known, lookup};

/// What is known of a file that many confs include.
pub(crate) enum Stock {
    /// nginx's table of media types: nothing is needed in its place.
    Types,
    /// It holds directives of this kind, which sitec has not.
    Directives(&'static Group),
    /// It loads modules of nginx.
    Modules,
    /// It tells other servers who asks.
    ProxyFields,
}

/// Names of such files, and a directive of those that they hold.
const FILES: &[(&str, &str)] = &[
    (
        "fastcgi_params fastcgi.conf fastcgi-php.conf fastcgi_php.conf php_fastcgi.conf",
        "fastcgi_param",
    ),
    ("uwsgi_params", "uwsgi_param"),
    ("scgi_params", "scgi_param"),
    (
        "options-ssl-nginx.conf ssl-params.conf ssl_params snakeoil.conf self-signed.conf",
        "ssl_certificate",
    ),
    ("koi-utf koi-win win-utf", "charset_map"),
];

/// The fields of Debian's `proxy_params`.
pub(crate) const PROXY_FIELDS: &[(&str, &str)] = &[
    ("Host", "$http_host"),
    ("X-Real-IP", "$remote_addr"),
    ("X-Forwarded-For", "$proxy_add_x_forwarded_for"),
    ("X-Forwarded-Proto", "$scheme"),
];

/// What is known of the file or pattern that an `include` names.
pub(crate) fn stock(path: &str) -> Option<Stock> {
    let mut parts = path.rsplit('/');
    let name = parts.next().unwrap_or_default();
    let folder = parts.next().unwrap_or_default();
    if name == "mime.types" {
        return Some(Stock::Types);
    }
    if name == "proxy_params" {
        return Some(Stock::ProxyFields);
    }
    if folder == "modules-enabled" || folder == "modules" && name == "*.conf" {
        return Some(Stock::Modules);
    }
    let (_, directive) =
        FILES.iter().find(|(names, _)| names.split(' ').any(|known| known == name))?;
    match lookup(directive) {
        Some(Known::Nginx(group)) => Some(Stock::Directives(group)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stock_files_are_known_wherever_they_are() {
        let about = |path: &str| match stock(path) {
            Some(Stock::Types) => "types",
            Some(Stock::Directives(group)) => group.about,
            Some(Stock::Modules) => "modules",
            Some(Stock::ProxyFields) => "fields",
            None => "",
        };
        for (path, expected) in [
            ("mime.types", "types"),
            ("/etc/nginx/mime.types", "types"),
            ("fastcgi_params", "FastCGI, uwsgi and SCGI"),
            ("snippets/fastcgi-php.conf", "FastCGI, uwsgi and SCGI"),
            ("/etc/nginx/proxy_params", "fields"),
            ("/etc/letsencrypt/options-ssl-nginx.conf", "TLS"),
            ("/etc/nginx/modules-enabled/*.conf", "modules"),
            ("/usr/share/nginx/modules/*.conf", "modules"),
            ("sites-enabled/*", ""),
            ("my.types", ""),
        ] {
            assert_eq!(about(path), expected, "{path}");
        }
        for (_, directive) in FILES {
            assert!(matches!(lookup(directive), Some(Known::Nginx(_))), "{directive}");
        }
    }
}
