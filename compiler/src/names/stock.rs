//! Files that come with nginx, and that confs include: what to do where they are not there.

use super::charsets::{StockMap, stock_map};

/// What is known of a file that many confs include.
pub(crate) enum Stock {
    /// nginx's table of media types: nothing is needed in its place.
    Types,
    /// This `charset_map`.
    Charsets(StockMap),
    /// It loads modules of nginx.
    Modules,
    /// These lines, which are the same on every machine.
    Lines(&'static [&'static str]),
}

/// Debian's `snippets/snakeoil.conf`.
const SNAKEOIL: &[&str] = &[
    "ssl_certificate /etc/ssl/certs/ssl-cert-snakeoil.pem",
    "ssl_certificate_key /etc/ssl/private/ssl-cert-snakeoil.key",
];

/// What certbot has as `options-ssl-nginx.conf`, without suites that are not there.
const CERTBOT: &[&str] = &[
    "ssl_session_cache shared:le_nginx_SSL:10m",
    "ssl_session_timeout 1440m",
    "ssl_session_tickets off",
    "ssl_protocols TLSv1.2 TLSv1.3",
    "ssl_prefer_server_ciphers off",
    "ssl_ciphers ECDHE+AES128:ECDHE+AES256:ECDHE+CHACHA20",
];

/// Debian's `proxy_params`.
const PROXY_PARAMS: &[&str] = &[
    "proxy_set_header Host $http_host",
    "proxy_set_header X-Real-IP $remote_addr",
    "proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for",
    "proxy_set_header X-Forwarded-Proto $scheme",
];

/// nginx's `fastcgi.conf`. Its `fastcgi_params` is the rest of it.
const FASTCGI_CONF: &[&str] = &[
    "fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name",
    "fastcgi_param QUERY_STRING $query_string",
    "fastcgi_param REQUEST_METHOD $request_method",
    "fastcgi_param CONTENT_TYPE $content_type",
    "fastcgi_param CONTENT_LENGTH $content_length",
    "fastcgi_param SCRIPT_NAME $fastcgi_script_name",
    "fastcgi_param REQUEST_URI $request_uri",
    "fastcgi_param DOCUMENT_URI $document_uri",
    "fastcgi_param DOCUMENT_ROOT $document_root",
    "fastcgi_param SERVER_PROTOCOL $server_protocol",
    "fastcgi_param REQUEST_SCHEME $scheme",
    "fastcgi_param HTTPS $https if_not_empty",
    "fastcgi_param GATEWAY_INTERFACE CGI/1.1",
    "fastcgi_param SERVER_SOFTWARE nginx/$nginx_version",
    "fastcgi_param REMOTE_ADDR $remote_addr",
    "fastcgi_param REMOTE_PORT $remote_port",
    "fastcgi_param REMOTE_USER $remote_user",
    "fastcgi_param SERVER_ADDR $server_addr",
    "fastcgi_param SERVER_PORT $server_port",
    "fastcgi_param SERVER_NAME $server_name",
    "fastcgi_param REDIRECT_STATUS 200",
];

/// Debian's `snippets/fastcgi-php.conf`.
const FASTCGI_PHP: &[&str] = &[
    "fastcgi_split_path_info ^(.+?\\.php)(/.*)$",
    "try_files $fastcgi_script_name =404",
    "set $path_info $fastcgi_path_info",
    "fastcgi_param PATH_INFO $path_info",
    "fastcgi_index index.php",
    "include fastcgi.conf",
];

/// nginx's `scgi_params`.
const SCGI_PARAMS: &[&str] = &[
    "scgi_param REQUEST_METHOD $request_method",
    "scgi_param REQUEST_URI $request_uri",
    "scgi_param QUERY_STRING $query_string",
    "scgi_param CONTENT_TYPE $content_type",
    "scgi_param DOCUMENT_URI $document_uri",
    "scgi_param DOCUMENT_ROOT $document_root",
    "scgi_param SCGI 1",
    "scgi_param SERVER_PROTOCOL $server_protocol",
    "scgi_param REQUEST_SCHEME $scheme",
    "scgi_param HTTPS $https if_not_empty",
    "scgi_param REMOTE_ADDR $remote_addr",
    "scgi_param REMOTE_PORT $remote_port",
    "scgi_param SERVER_PORT $server_port",
    "scgi_param SERVER_NAME $server_name",
];

/// nginx's `uwsgi_params`.
const UWSGI_PARAMS: &[&str] = &[
    "uwsgi_param QUERY_STRING $query_string",
    "uwsgi_param REQUEST_METHOD $request_method",
    "uwsgi_param CONTENT_TYPE $content_type",
    "uwsgi_param CONTENT_LENGTH $content_length",
    "uwsgi_param REQUEST_URI $request_uri",
    "uwsgi_param PATH_INFO $document_uri",
    "uwsgi_param DOCUMENT_ROOT $document_root",
    "uwsgi_param SERVER_PROTOCOL $server_protocol",
    "uwsgi_param REQUEST_SCHEME $scheme",
    "uwsgi_param HTTPS $https if_not_empty",
    "uwsgi_param REMOTE_ADDR $remote_addr",
    "uwsgi_param REMOTE_PORT $remote_port",
    "uwsgi_param SERVER_PORT $server_port",
    "uwsgi_param SERVER_NAME $server_name",
];

/// What is known of the file or pattern that an `include` names.
pub(crate) fn stock(path: &str) -> Option<Stock> {
    let mut parts = path.rsplit('/');
    let name = parts.next().unwrap_or_default();
    let folder = parts.next().unwrap_or_default();
    if name == "mime.types" {
        return Some(Stock::Types);
    }
    let lines = match name {
        "options-ssl-nginx.conf" => CERTBOT,
        "proxy_params" => PROXY_PARAMS,
        "snakeoil.conf" => SNAKEOIL,
        "fastcgi.conf" => FASTCGI_CONF,
        "fastcgi_params" => &FASTCGI_CONF[1..],
        "fastcgi-php.conf" => FASTCGI_PHP,
        "scgi_params" => SCGI_PARAMS,
        "uwsgi_params" => UWSGI_PARAMS,
        _ => &[],
    };
    if !lines.is_empty() {
        return Some(Stock::Lines(lines));
    }
    if let Some(map) = stock_map(name) {
        return Some(Stock::Charsets(map));
    }
    let is_of_modules = folder == "modules-enabled" || folder == "modules" && name == "*.conf";
    is_of_modules.then_some(Stock::Modules)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stock_files_are_known_wherever_they_are() {
        let about = |path: &str| match stock(path) {
            Some(Stock::Types) => "types",
            Some(Stock::Charsets(map)) => map.charsets[0],
            Some(Stock::Modules) => "modules",
            Some(Stock::Lines(lines)) => lines[0].split(' ').nth(1).unwrap_or_default(),
            None => "",
        };
        for (path, expected) in [
            ("mime.types", "types"),
            ("/etc/nginx/mime.types", "types"),
            ("fastcgi_params", "QUERY_STRING"),
            ("/etc/nginx/fastcgi.conf", "SCRIPT_FILENAME"),
            ("snippets/fastcgi-php.conf", "^(.+?\\.php)(/.*)$"),
            ("/etc/nginx/proxy_params", "Host"),
            ("/etc/letsencrypt/options-ssl-nginx.conf", "shared:le_nginx_SSL:10m"),
            ("snippets/snakeoil.conf", "/etc/ssl/certs/ssl-cert-snakeoil.pem"),
            ("/etc/nginx/koi-utf", "koi8-r"),
            ("/etc/nginx/modules-enabled/*.conf", "modules"),
            ("/usr/share/nginx/modules/*.conf", "modules"),
            ("sites-enabled/*", ""),
            ("my.types", ""),
        ] {
            assert_eq!(about(path), expected, "{path}");
        }
    }
}
