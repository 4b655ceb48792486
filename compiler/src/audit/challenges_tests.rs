//! Whether files of challenges are served, whatever the conf looks like.

use std::path::Path;

use crate::compile_with;
use crate::diagnostic::Levels;
use crate::files::Memory;

/// The codes and the first words of what is said about a conf with these servers without TLS.
fn said(issuer: &str, servers: &str) -> Vec<String> {
    let conf = format!(
        "acme_issuer ca {{ uri https://ca.test/d; {issuer} }} {servers}
         server {{ listen 127.0.0.1:443 ssl; acme_certificate ca a.test b.test; return 444;
         ssl_certificate /srv/a.pem; ssl_certificate_key /srv/a.key; }}"
    );
    let files = Memory::new([("site.conf", &conf[..])]).with("www/index.html", "").with("up/x", "");
    let compilation = compile_with(&files, Path::new("site.conf"), Levels::default());
    let all = compilation.diagnostics.sorted().into_iter();
    let all = all.filter(|it| it.code == "S11" || it.code == "S12");
    all.map(|it| format!("{}: {}", it.code, it.message)).collect()
}

#[test]
fn files_of_challenges_are_to_be_served() {
    let not = |name: &str| {
        vec![format!(
            "S12: `http://{name}/.well-known/acme-challenge/` is not served from a folder"
        )]
    };
    let own = "location /.well-known/acme-challenge/ { root www; }";
    for (servers, expected) in [
        (format!("server {{ listen 127.0.0.1:80; {own} location / {{ return 301 https://$host$uri; }} }}"), vec![]),
        ("server { listen 127.0.0.1:80; root www; }".to_owned(), vec![]),
        ("server { listen 127.0.0.1:80; location ^~ /.well-known/acme-challenge { alias up/; } }".to_owned(), vec![]),
        ("server { listen 127.0.0.1:80; root www; try_files $uri /index.html; }".to_owned(), vec![]),
        // Ports may be mapped.
        (format!("server {{ listen 127.0.0.1:8080; {own} }}"), vec![]),
        (format!("server {{ listen 127.0.0.1:8080; return 444; }} server {{ listen 127.0.0.1:80; {own} }}"), vec![]),
        (String::new(), vec!["S12: `http-01` is asked for without TLS, on port 80".to_owned()]),
        (format!("server {{ listen 127.0.0.1:80; return 301 https://$host$request_uri; {own} }}"), not("a.test")),
        ("server { listen 127.0.0.1:80; location / { proxy_pass http://127.0.0.1:81; } }".to_owned(), not("a.test")),
        ("server { listen 127.0.0.1:80; root www; embed on; }".to_owned(), not("a.test")),
        ("server { listen 127.0.0.1:80; location / { return 404; } }".to_owned(), not("a.test")),
        // One of two names, and one of two addresses.
        (
            format!(
                "server {{ listen 127.0.0.1:80 default_server; server_name a.test; {own} }}
                 server {{ listen 127.0.0.1:80; server_name b.test; return 444; }}"
            ),
            not("b.test"),
        ),
        (
            format!("server {{ listen 127.0.0.1:80; {own} }} server {{ listen [::1]:80; return 444; }}"),
            not("a.test"),
        ),
    ] {
        assert_eq!(said("", &servers), expected, "{servers}");
    }
    assert_eq!(said("challenge tls-alpn-01;", ""), [""; 0]);
}

#[test]
fn folders_with_keys_are_not_to_be_served() {
    let server = "server { listen 127.0.0.1:80; root www; }";
    assert_eq!(said("state_path wwww;", server), [""; 0]);
    assert_eq!(said("state_path www/ca;", server), ["S11: `www/ca` is in `www`, which is served"]);
}
