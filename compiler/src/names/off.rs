//! Directives that say of a feature which sitec has not that it is off. That is so in any case, so
//! they are taken without a word.

/// Names whose parameter `off` switches a feature off, or keeps it as it is without it.
const SWITCHES: &str = "\
    auth_digest auth_jwt auth_ldap auth_pam auth_spnego \
    concat dav_ext_lock fancyindex flv geoip_proxy_recursive \
    geoip2_proxy_recursive image_filter \
    modsecurity mp4_start_key_frame http3 opentracing otel_trace \
    pagespeed passenger_enabled \
    starttls status_zone testcookie \
    track_uploads upload_resumable vhost_traffic_status vhost_traffic_status_filter \
    vhost_traffic_status_filter_by_host xslt_last_modified";

/// What the names of such directives begin with, where a whole family has them.
const FAMILIES: &[&str] = &[
    "app_protect_",
    "brotli_",
    "fancyindex_",
    "fastcgi_",
    "grpc_",
    "gzip_",
    "http2_",
    "http3_",
    "lua_",
    "memcached_",
    "proxy_",
    "quic_",
    "scgi_",
    "ssi_",
    "ssl_",
    "uwsgi_",
    "zstd_",
];

/// Whether a directive that sitec has not only says what holds without it.
pub(crate) fn holds_anyway(name: &str, value: &str) -> bool {
    // What comes after these is a place or a command, not a switch.
    let is_other = ["_pass", "_param", "_file", "_block"].iter().any(|end| name.ends_with(end));
    let is_switch = SWITCHES.split_ascii_whitespace().any(|switch| switch == name)
        || FAMILIES.iter().any(|family| name.starts_with(family)) && !is_other;
    value == "off" && is_switch
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directive;
    use crate::names::{Known, lookup};

    #[test]
    fn only_what_is_so_is_taken() {
        for (name, value) in [
            ("image_filter", "off"),
            ("http3", "off"),
            ("proxy_buffering", "off"),
            ("ssl_early_data", "off"),
            ("ssl_stapling", "off"),
        ] {
            assert!(holds_anyway(name, value), "{name} {value}");
        }
        for (name, value) in [
            ("image_filter", "on"),
            ("proxy_pass", "off"),
            ("echo", "off"),
            ("content_by_lua", "off"),
            ("nobodys", "off"),
        ] {
            assert!(!holds_anyway(name, value), "{name} {value}");
        }
    }

    #[test]
    fn they_are_names_of_nginx_that_sitec_has_not() {
        for name in SWITCHES.split_ascii_whitespace() {
            assert!(matches!(lookup(name), Some(Known::Nginx(_) | Known::Process(_))), "{name}");
            assert!(directive::find(name).is_none(), "{name}");
        }
        for family in FAMILIES {
            assert!(crate::names::nginx().any(|name| name.starts_with(family)), "{family}");
        }
    }
}
