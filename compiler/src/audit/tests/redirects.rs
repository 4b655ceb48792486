//! Where redirects, rewrites, pages and fallbacks lead.

use std::path::Path;

use super::{FILES, check, said, said_with};
use crate::diagnostic::Levels;
use crate::files::Memory;
use crate::{compile, compile_with};

#[test]
fn redirects_that_lead_back() {
    let circle = |path: &str| format!("K14 {path}");
    check("location /a { return 301 /a/; }", &[&circle("1 [a browser would go /a -> /a/ -> /a/]")]);
    check("location = /a { return 301 /a/; }\nlocation /a/ { return 200 x; }", &[]);
    check(
        "location = /a { return 301 /b; }\nlocation = /b { return 302 /a; }",
        &[&circle("1 [a browser would go /a -> /b -> /a]")],
    );
    // What only leads into a circle is no part of it.
    check(
        "location = /x { return 301 /b; }\nlocation = /b { return 302 /b; }",
        &[&circle("2 [a browser would go /b -> /b]")],
    );
    check(
        "location ~ ^/(.*)$ { return 301 /$1?seen; }",
        &[&circle("1 [a browser would go / -> /?seen -> /?seen]")],
    );
    // It may be another server, or nobody's.
    check("location / { return 301 https://a.test$request_uri; }", &[]);
    check("location / { return 301 http://a.test$request_uri; }", &[]);
    check("location / { return 301 http://$http_x_to/; }", &[]);
    check(
        "server_name a.test;\nlocation / { return 301 http://$host:8080$request_uri; }",
        &[&circle("2 [a browser would go http://a.test:8080/ -> http://a.test:8080/]")],
    );
    // What never comes back and never ends is no better.
    check(
        "location / { return 301 /x$request_uri; }",
        &[&circle("1 [a browser would go / -> /x/ -> /x/x/ -> /x/x/x/, and so on]")],
    );
}

#[test]
fn pages_and_fallbacks_that_need_themselves() {
    check(
        "root www;\nlocation / { try_files $uri @a; }\nlocation @a { try_files /x @a; }",
        &["K13 3 [where no file is found: @a -> @a]"],
    );
    check("error_page 404 /nf;\nlocation = /nf { return 404; }", &["K13 1"]);
    check("error_page 404 /nf;\nlocation = /nf { return 404 \"gone\"; }", &[]);
    check("error_page 403 /nf;\nlocation = /nf { return 404; }", &[]);
    check("error_page 403 @nf;\nlocation @nf { return 403; }", &["K13 1"]);
    check(
        "root www;\nlocation / { try_files $uri $uri/; }",
        &["K13 2 [`/no-such-file` goes round in circles, and is answered 500]"],
    );
    check("root www;\nlocation /b/ { try_files $uri $uri/ /404.html; }", &[]);
    // The server answers before there is a location.
    check("root www;\nset $args b;\nreturn 500;\nlocation / { try_files $uri $uri/; }", &[]);
    // By way of each other: said once, of the one that is written first.
    check(
        "root www;\nlocation /b/ { try_files $uri /c/$uri; }\nlocation ~ /c { try_files $uri /b/; }",
        &["K13 2 [`/b/no-such-file` goes round in circles, and is answered 500]"],
    );
    check(
        "root www;\nlocation ~ /c { try_files $uri /b/$uri; }",
        &["K13 2 [`/cno-such-file` goes round in circles, and is answered 500]"],
    );
    check(
        "root www;\nlocation /b/ { try_files $uri $uri/; location /b/c/ { } }",
        &["K13 2 [`/b/no-such-file` goes round in circles, and is answered 500]"],
    );
    check("root www;\nlocation /a/ { try_files $uri /404.html; }", &[]);
}

#[test]
fn what_a_return_answers_before() {
    check("location /a { autoindex on; return 301 /b; }", &["D08 1"]);
    check("root www;\nlocation /a { index x; }\nreturn 204;", &["D08 1", "D08 2"]);
    check(
        "return 204;\nlocation /a { }\nlocation /b { }\nlocation /c { }",
        &["D08 2 [nor have the 2 others]"],
    );
    let maintenance = "location @down { try_files /down.html =404; }\nreturn 503;";
    check(&format!("root www;\nerror_page 503 @down;\n{maintenance}"), &[]);
    // A nested location has what stands around it, and a text may be made of the root.
    check("location /a/ { root www;\nlocation /a/b/ { }\nreturn 204; }", &[]);
    check("location /a { root www; return 200 $document_root; }", &[]);
    check("location /a { error_page 404 /404.html; return 404; }\nroot www;", &[]);
}

#[test]
fn pages_in_the_place_of_what_is_missing() {
    let page = "root www;\nlocation / { try_files $uri /index.html; }";
    let lints = |inside: &str| {
        let found = said_with(inside, Levels { lints: true, ..Levels::default() });
        found.into_iter().filter(|found| found.starts_with("X17")).collect::<Vec<_>>()
    };
    assert_eq!(lints(page), ["X17 2 [the page is `www/index.html`]"]);
    check(page, &[]);
    for inside in [
        &format!("{page}\nlocation /assets/ {{ try_files $uri =404; }}"),
        "root www;\nlocation / { try_files $uri =404; }",
        "root www;\nlocation /app/ { try_files $uri /index.html; }",
    ] {
        assert_eq!(lints(inside), [""; 0], "{inside}");
    }
}

#[test]
fn redirects_that_lead_to_nothing() {
    let old = |to: &str| format!("root www;\nlocation = /old {{ return 301 {to}; }}");
    check(&old("/new/"), &["K17 2"]);
    check(&old("/new$is_args$args"), &["K17 2"]);
    check(&old("$scheme://$host:$server_port/new"), &["K17 2"]);
    check(&old("/index.html"), &[]);
    check(&old("/assets/"), &[]);
    // Where it leads depends on the request, is no page of this site, or is not known.
    check("root www;\nlocation /old/ { return 301 /new$request_uri; }", &[]);
    check(&old("/$arg_to"), &[]);
    check(&old("http://other.test/new"), &[]);
    check(&old("https://$host/new"), &[]);
    let way = "location = /new { return 302 /newer; }";
    check(&format!("{}\n{way}", old("/new")), &["K17 2 [by way of `/newer`]", "K17 3"]);
    // Clients, scripts and other machines may have it.
    let put = "location /new/ { dav_methods PUT; }";
    check(&format!("{}\n{put}", old("/new/a")), &[]);
    let script = "location /new/ { cgi_pass /usr/bin/php-cgi; }";
    check(&format!("{}\n{script}", old("/new/a")), &[]);
    let said_of_other = said("root /srv/www;\nlocation = /old { return 301 /new; }");
    assert!(said_of_other.len() == 1 && said_of_other[0].starts_with("F01 1"));
    // What takes the place of the redirect, and a server that has no files.
    check("root www;\nerror_page 301 /404.html;\nlocation = /old { return 301 /new; }", &[]);
    check("location = /old { return 301 /new; }", &[]);
    check(
        "root www;\nlocation /a { return 301 /a/; }",
        &["K14 2 [a browser would go /a -> /a/ -> /a/]"],
    );
    check("location = /old { return 301 /gone; }\nlocation = /gone { return 410; }", &[]);
}

#[test]
fn redirects_that_lead_back_by_files() {
    let files = ["www/guide/index.html", "www/404.html"];
    let said = |inside: &str| {
        let conf = format!("server {{ listen 8080; root www;\n{inside}\n}}");
        let all = files.iter().map(|&path| (path, "")).chain([("site.conf", &conf[..])]);
        let compilation = compile(&Memory::new(all), Path::new("site.conf"));
        let found = compilation.diagnostics.sorted().into_iter().filter(|d| d.code == "K14");
        found.flat_map(|diagnostic| diagnostic.notes.clone()).collect::<Vec<_>>()
    };
    let index = "location ~ ^/(?<p>.+)/index\\.html$ { return 301 /$p/; }";
    assert_eq!(
        said(&format!("location / {{ try_files $uri $uri.html $uri/ =404; }}\n{index}")),
        ["a browser would go /guide/index.html -> /guide/ -> /guide/"]
    );
    assert_eq!(said(&format!("{index}\nlocation / {{ index start.html; }}")), [""; 0]);
    assert_eq!(said("location ~ ^/(?<p>.+)\\.htm$ { return 301 /$p.html; }"), [""; 0]);
    let own = "location ~ ^/q { return 302 http://$host:$server_port$request_uri; }";
    assert_eq!(said(own), ["a browser would go /q -> /q"]);
    // A client that another port led here has none in its URL.
    let own = "location ~ ^/q { return 302 http://$host$request_uri; }";
    assert_eq!(said(own), ["a browser would go /q -> /q"]);
    assert_eq!(said("location ~ ^/q { return 302 http://$host/p$request_uri; }"), [""; 0]);
    assert_eq!(said("location / { return 302 http://nobody.invalid/; }"), [""; 0]);
}

#[test]
fn rewrites_that_lead_back() {
    check(
        "root www;\nlocation /a { rewrite ^/a /b last; }\nlocation /b { rewrite ^/b /a last; }",
        &["R01 2 [`GET /a` goes /a -> /b -> /a -> /b …, and is answered 500]"],
    );
    check(
        "root www;\nlocation /a { if ($arg_x = \"\") { rewrite ^ /a; } }",
        &["R01 2 [`GET /a` goes /a -> /a -> /a -> /a …, and is answered 500]"],
    );
    for fine in [
        "location /a { rewrite ^/a /a break; }",
        "location /a { rewrite ^/a /b last; }",
        "location /a { if ($arg_x) { rewrite ^ /a last; } }",
        "location /a { rewrite ^/a(.*) /c$1 last; }\nlocation /b { rewrite ^/b /a last; }",
        "location /a { rewrite ^/a$ /a/ last; }",
    ] {
        check(&format!("root www;\n{fine}"), &[]);
    }
}

#[test]
fn redirects_between_the_schemes() {
    let tls = "ssl_certificate /a.pem; ssl_certificate_key /a.key;";
    let to_tls = "return 301 https://$host$request_uri;";
    let circles = |conf: &str| {
        let files = Memory::new(FILES.iter().copied().chain([("site.conf", conf)]));
        let compilation = compile_with(&files, Path::new("site.conf"), Levels::default());
        assert!(!compilation.diagnostics.has_errors(), "{conf}");
        let all = compilation.diagnostics.sorted().into_iter().filter(|it| it.code == "K14");
        all.flat_map(|it| it.notes.clone()).collect::<Vec<_>>()
    };
    let own = "https://a.test:443/ -> https://a.test:443/";
    for (conf, expected) in [
        // What is there over TLS answers.
        (
            format!(
                "server {{ listen 80; server_name a.test; {to_tls} }}
                 server {{ listen 443 ssl; server_name a.test; {tls} root www; }}"
            ),
            vec![],
        ),
        (
            format!("server {{ listen 443 ssl; server_name a.test; {tls} {to_tls} }}"),
            vec![format!("a browser would go {own}")],
        ),
        (
            format!("server {{ listen 80; listen 443 ssl; server_name a.test; {tls} {to_tls} }}"),
            vec![format!("a browser would go http://a.test:80/ -> {own}")],
        ),
        (
            format!(
                "server {{ listen 80; server_name a.test; {to_tls} }}
                 server {{ listen 443 ssl; server_name a.test; {tls} return 301 http://$host$request_uri; }}"
            ),
            vec![
                "a browser would go http://a.test:80/ -> https://a.test:443/ -> http://a.test:80/"
                    .to_owned(),
            ],
        ),
        // A proxy in front speaks TLS.
        (format!("server {{ listen 80; server_name a.test; {to_tls} }}"), vec![]),
        (format!("server {{ listen 8080; {to_tls} }}"), vec![]),
        // Nobody comes in.
        (
            format!(
                "server {{ listen 80; server_name a.test; {to_tls} }}
                 server {{ listen 443 ssl; ssl_reject_handshake on; {to_tls} }}"
            ),
            vec![],
        ),
    ] {
        assert_eq!(circles(&conf), expected, "{conf}");
    }
}
