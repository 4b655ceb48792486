//! Values where they stand, and several mistakes at once.

use super::{codes, refused, site, warned};
use crate::directive::{self, Context, Form};

#[test]
fn process_settings() {
    let site = site(
        "worker_processes auto; user www data; pid run/a.pid;
         events { worker_connections 10; use poll; } server { root www; }",
    );
    assert_eq!((site.process.workers, site.process.worker_connections), (None, 10));
    assert_eq!(site.process.group.as_deref(), Some("data"));
    assert_eq!(site.process.shutdown_timeout_ms, Some(30_000));
    for (time, expected) in [("5s", Some(5000)), ("100ms", Some(100)), ("0", None)] {
        let conf = format!("worker_shutdown_timeout {time}; server {{ root www; }}");
        assert_eq!(self::site(&conf).process.shutdown_timeout_ms, expected);
    }
    warned(
        "use epoll; server { root www; }",
        "    ^^^^^",
        "D08: `use epoll` has no effect: sitec uses `poll`",
    );
    refused(
        "worker_processes 0; server { root www; }",
        "                 ^",
        "T24: `0` is below 1",
    );
    let none = "Z14: this conf has no `server`: nobody can connect";
    refused("worker_connections 5;", "^^^^^^^^^^^^^^^^^^^^", none);
    warned("events { } http { }", "^^^^^^", none);
}

#[test]
fn wrong_values() {
    for (text, drawn, message) in [
        ("etag yes;", "     ^^^", "T11: `yes` is neither `on` nor `off`"),
        ("client_max_body_size 10MB;", "                       ^^", "T02: `MB` is no unit of size"),
        ("keepalive_timeout 75sec;", "                    ^^^", "T04: `sec` is no unit of time"),
        ("send_timeout 0;", "             ^", "Z05: a timeout of 0 leaves no time"),
        ("client_min_rate 0;", "                ^", "T25: a rate of 0 bounds nothing"),
        (
            "client_min_rate 1k grce=2s;",
            "                   ^^^^^^^",
            "T25: `client_min_rate` has no parameter `grce=2s`",
        ),
        (
            "client_min_rate off grace=2s;",
            "                    ^^^^^^^^",
            "T25: nothing may stand behind `off`",
        ),
        ("methods GET PSOT;", "            ^^^^", "T12: `PSOT` is not a method that is known"),
        ("default_type texthtml;", "             ^^^^^^^^", "T14: `texthtml` is not a media type"),
        ("hidden_files no;", "             ^^", "T25: `no` is none of `deny` and `allow`"),
        ("server_name a..test;", "             ^^", "T20: there is nothing between these dots"),
        (
            "disable_symlinks of;",
            "                 ^^",
            "T25: `of` is none of `off`, `on` and `if_not_owner`",
        ),
        (
            "disable_symlinks on form=/a;",
            "                    ^^^^^^^",
            "T25: `disable_symlinks` has no parameter `form=/a`",
        ),
        (
            "disable_symlinks off from=/a;",
            "                     ^^^^^^^",
            "T25: nothing may stand behind `off`",
        ),
        ("location ~ ^/(a { }", "             ^", "T15: unclosed group"),
        (
            "location ~ '/a(?>git)' { }",
            "              ^^^",
            "T16: an atomic group is not supported: regexes are matched in linear time",
        ),
    ] {
        let drawn = format!("         {drawn}");
        refused(&format!("server {{ {text} root www; }}"), &drawn, message);
    }
    // Whoever asks for lints is told of it; nginx documents it.
    site("server { client_max_body_size 0; root www; }");
    site("server { client_max_body_size unlimited; keepalive_timeout 0; root www; }");
}

#[test]
fn one_run_shows_all_mistakes_once() {
    // What structure, values, names and conflicts each find, and nothing that follows from it.
    let conf = "lisen 80; etag yes;
        server { listen 99999; root wwww; server_name a; location / { } location / { } }
        server { listen 81; server_name b; try_files $uri @x; error_page 200 /x; nope; }
        server { listen 81; server_name b; root www; location /i { alias img/; etag maybe; } }";
    let found = codes(conf);
    let expected = ["D01", "T11", "T06", "F01", "K01", "K15", "T09", "D01", "K02", "X01", "T11"];
    assert_eq!(found, expected);
}

#[test]
fn variables_of_what_is_not_supported_are_not_told_of() {
    let uses = "server { root www; location = /a { return 200 $new$Other; } }";
    assert_eq!(codes(&format!("map $uri $new {{ }} perl_set $other a; {uses}")), ["D02"]);
    assert_eq!(codes(&format!("map $uri $old {{ }} perl_set $other a; {uses}")), ["D02", "T18"]);
}

#[test]
fn mistakes_that_are_inherited_are_shown_once() {
    let conf =
        "error_page 404 @x; index $nope; server { root www; location /a { } location /b { } }
        server { listen 81; root www; location /c { } }";
    assert_eq!(codes(conf), ["K15", "T18"]);
}

#[test]
fn every_row_may_stand_wherever_it_says() {
    for row in directive::all().filter(|row| row.form == Form::Simple && row.args.0 == 1) {
        for context in row.contexts {
            let line = format!("{} ~~nonsense~~;", row.name);
            let conf = match context {
                Context::Main | Context::Http => format!("{line} server {{ root www; }}"),
                Context::Events => format!("events {{ {line} }} server {{ root www; }}"),
                Context::Server => format!("server {{ {line} }}"),
                Context::Location => format!("server {{ location / {{ {line} }} }}"),
                Context::AcmeIssuer => {
                    format!("acme_issuer i {{ {line} }} server {{ root www; }}")
                }
                Context::Upstream => {
                    format!("upstream u {{ server a; {line} }} server {{ root www; }}")
                }
                Context::LimitExcept | Context::IfInServer | Context::IfInLocation => continue,
            };
            let found = codes(&conf);
            assert!(!found.iter().any(|code| code.starts_with("D0")), "{conf}: {found:?}");
            // Names of files and users may be nearly anything.
            let any = [
                "early_hints",
                "index",
                "user",
                "pid",
                "access_log",
                "error_log",
                "server_name",
                "valid_referers",
                "secure_link",
                "secure_link_md5",
                "secure_link_secret",
                "fastcgi_catch_stderr",
                "fastcgi_index",
                "more_clear_headers",
                "grpc_ssl_name",
                "proxy_method",
                "proxy_set_body",
                "proxy_ssl_name",
                "real_ip_header",
                "userid_domain",
                "userid_name",
                "userid_p3p",
                "userid_path",
            ];
            let files = [
                "_certificate",
                "_certificate_key",
                "_crl",
                "_password_file",
                "_stapling_file",
                "_ticket_key",
            ];
            let ends = ["_cache_bypass", "_cache_key", "_hide_header", "_no_cache", "_pass_header"];
            // So may lists of cipher suites; what there is of TLS is asked where it is spoken.
            let is_tls = row.name.ends_with("ssl_ciphers")
                || files.iter().any(|end| row.name.ends_with(end));
            let is_any =
                is_tls || any.contains(&row.name) || ends.iter().any(|end| row.name.ends_with(end));
            let checked = is_any || !found.is_empty();
            assert!(checked, "{conf}: nobody looks at `{}`", row.name);
        }
    }
}

#[test]
fn all_that_is_wrong_in_a_word_is_reported() {
    assert_eq!(codes("server { return 301 /$a$uri$2$b; }"), ["T18", "T17", "T18"]);
    assert_eq!(codes("server { return 301 /$uri; }"), [""; 0]);
}

#[test]
fn what_is_off_anyway_is_taken() {
    for line in ["image_filter off;", "http3 off;"] {
        assert_eq!(codes(&format!("server {{ root www; location /a {{ {line} }} }}")), [""; 0]);
    }
    for line in ["image_filter on;", "image_filter off { }", "image_filter off on;"] {
        let found = codes(&format!("server {{ root www; location /a {{ {line} }} }}"));
        assert_eq!(found, ["D02"], "{line}");
    }
    for line in ["http3 on;", "http2_push_preload on;", "ssl_early_data on;", "quic_retry on;"] {
        let found = codes(&format!("server {{ root www; location /a {{ {line} }} }}"));
        assert_eq!(found, ["D08"], "{line}");
    }
}
