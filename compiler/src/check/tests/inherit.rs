//! Who inherits what.

use super::{at, refused, settings, site, written};
use crate::ir;

#[test]
fn inner_values_win() {
    let site = site(
        "etag off; max_ranges 3;
         http { max_ranges 4; client_max_body_size 2m;
           server { listen 80; root www; client_max_body_size 3m;
             location /a/ { etag on; location /a/b/ { max_ranges 5; } }
           } }",
    );
    for (path, etag, ranges, size) in
        [("/", false, 4, 3 << 20), ("/a/", true, 4, 3 << 20), ("/a/b/", true, 5, 3 << 20)]
    {
        let found = settings(&site, path);
        let found = (found.etag, found.max_ranges, found.client_max_body_size);
        assert_eq!(found, (etag, ranges, size), "{path}");
    }
}

#[test]
fn lists_are_inherited_whole_or_not_at_all() {
    let site = site(
        "server { listen 80; root www; index a.html b.html; error_page 404 /404.html;
           error_page 500 =200 /app.html; access_log stdout;
           location /own/ { index c.html; index d.html; error_page 403 /app.html; access_log off; }
           location /all/ { etag off; } }",
    );
    for (path, index, statuses, logs) in [
        ("/", vec!["a.html", "b.html"], vec![404, 500], 1),
        ("/all/", vec!["a.html", "b.html"], vec![404, 500], 1),
        ("/own/", vec!["c.html", "d.html"], vec![403], 0),
    ] {
        let found = settings(&site, path);
        assert_eq!(found.index.iter().map(written).collect::<Vec<_>>(), index, "{path}");
        let pages = found.error_pages.iter().map(|page| page.status);
        assert_eq!(pages.collect::<Vec<_>>(), statuses, "{path}");
        assert_eq!(found.access_logs.len(), logs, "{path}");
    }
}

#[test]
fn client_timeout_sets_four_and_yields_beside_one() {
    let site = site(
        "keepalive_timeout 9s 8s;
         server { listen 80; root www; send_timeout 3s; client_timeout 5s; client_body_timeout 4s;
           location /a { client_body_timeout 6s; } }",
    );
    assert_eq!(site.servers[0].client_header_timeout_ms, 5000);
    for (path, body) in [("/", 4000), ("/a", 6000)] {
        let found = settings(&site, path);
        let times =
            (found.client_body_timeout_ms, found.send_timeout_ms, found.keepalive_timeout.wait_ms);
        assert_eq!(times, (body, 3000, 5000), "{path}");
        assert_eq!(found.keepalive_timeout.header_s, None);
    }
}

#[test]
fn a_minimum_rate_holds_for_a_server_or_for_all() {
    let rate = |outer: &str, inner: &str| {
        let site = site(&format!("{outer} server {{ listen 80; root www; {inner} }}"));
        let rate = settings(&site, "/").client_min_rate;
        rate.map(|rate| (rate.bytes_per_s, rate.grace_ms))
    };
    for (outer, inner, expected) in [
        ("", "", Some((200, 10_000))),
        ("client_min_rate off;", "", None),
        ("client_min_rate off;", "client_min_rate 1k;", Some((1024, 10_000))),
        ("client_min_rate 1k grace=0;", "", Some((1024, 0))),
        ("", "client_min_rate 300 grace=1m;", Some((300, 60_000))),
    ] {
        assert_eq!(rate(outer, inner), expected, "{outer} {inner}");
    }
}

#[test]
fn root_and_alias_replace_each_other() {
    let site = site(
        "server { listen 80; root www;
           location /i/ { alias img/; location ~ a$ { } location /i/o/ { root other; } } }",
    );
    for (path, directory, alias, replaced) in [
        ("/", "www", false, 0),
        ("/i/x", "img", true, 2),
        ("/i/a", "img", true, 2),
        ("/i/o/x", "other", false, 0),
    ] {
        let base = &settings(&site, path).base;
        let found = &site.directories[usize::from(base.directory)];
        assert_eq!(super::started(found), directory, "{path}");
        assert_eq!((base.alias, base.replaced_len), (alias, replaced), "{path}");
    }
}

#[test]
fn methods_and_internal_are_inherited_and_actions_are_not() {
    let site = site(
        "server { listen 127.0.0.1:80; root www; methods GET DELETE;
           location /a { return 200 a; location /a/b { } }
           location /in/ { internal; methods DELETE; location /in/ner { } } }",
    );
    for (path, methods, internal, returns) in [
        ("/", "GET, HEAD, DELETE", false, false),
        ("/a", "GET, HEAD, DELETE", false, true),
        ("/a/b", "GET, HEAD, DELETE", false, false),
        ("/in/ner", "DELETE", true, false),
    ] {
        let found = at(&site, path);
        assert_eq!((&found.methods.allow()[..], found.internal), (methods, internal), "{path}");
        assert!(found.methods_named, "{path}");
        assert_eq!(matches!(found.action, ir::Action::Return(_)), returns, "{path}");
    }
}

#[test]
fn without_methods_each_action_takes_what_it_can() {
    let site = site("server { listen 80; root www; location /r { return 200 x; } }");
    assert_eq!(at(&site, "/").methods.allow(), "GET, HEAD");
    assert!(!at(&site, "/").methods_named);
    assert!(at(&site, "/r").methods.contains(sitec_runtime::http::method::Method::Patch));
}

#[test]
fn named_locations_are_each_servers_own() {
    let conf = |second: &str| {
        format!(
            "error_page 404 @lost;
             server {{ listen 80; root www; location @lost {{ return 200 a; }} }}
             server {{ listen 81; root www; {second} }}"
        )
    };
    let site = site(&conf("location @lost { return 200 b; }"));
    let targets: Vec<_> = (0..2)
        .map(|server| {
            let location = &site.locations[site.servers[server].location as usize];
            match site.settings[location.settings].error_pages[0].target {
                ir::ErrorTarget::Named(id) => id,
                ref other => panic!("{other:?}"),
            }
        })
        .collect();
    assert_ne!(targets[0], targets[1]);
    refused(
        &conf("location @last { return 200 b; }"),
        "               ^^^^^",
        "K15: there is no `location @lost` in this server",
    );
}

#[test]
fn a_servers_return_leaves_no_locations() {
    let site =
        site("server { listen 80; return 301 https://a.test/; location /x { return 404; } }");
    assert_eq!(site.servers[0].scope, ir::Scope::default());
    let own = &site.locations[site.servers[0].location as usize];
    assert!(matches!(own.action, ir::Action::Return(ir::Return::Redirect(301, _))));
}

#[test]
fn server_settings_come_from_http_and_server() {
    let site = site(
        "merge_slashes off; large_client_header_buffers 2 4k;
         server { listen 80; root www; underscores_in_headers on; max_headers 7; }",
    );
    let server = &site.servers[0];
    assert!(!server.merge_slashes && server.underscores_in_headers);
    assert_eq!((server.large_client_header_buffers, server.max_headers), ((2, 4096), 7));
}

#[test]
fn locations_that_say_the_same_share_their_settings() {
    let site = site("server { listen 80; root www; location /a { } location /b { etag on; } }");
    assert_eq!(site.settings.len(), 1);
}
