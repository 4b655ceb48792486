//! Requests over TLS.

use std::path::Path;

use super::{Bench, outline};
use crate::answer::{Answers, End, Request, Step};

const CONF: &str = "ssl_certificate /a.pem; ssl_certificate_key /a.key;
    log_format over_tls \"$ssl_protocol\";
    server { listen 80; server_name a.test; absolute_redirect on;
        location / { return 301 https://$host$request_uri; }
        location = /is { return 200 \"$scheme $https $server_port $ssl_cipher|\"; }
        location = /b { return 301 /c; } }
    server { listen 443 ssl; server_name a.test; absolute_redirect on;
        location / { return 200 secure; }
        location = /is { return 200 \"$scheme $https $server_port $ssl_server_name|$ssl_early_data\"; }
        location = /cipher { return 200 $ssl_cipher; }
        location = /b { return 301 /c; } }
    server { listen 8443 ssl; server_name a.test; absolute_redirect on; location = /b { return 301 /c; }
        location / { return 200 other; } }
    server { listen 443 ssl default_server; ssl_reject_handshake on; server_name \"\"; }";

#[test]
fn the_scheme_picks_the_address() {
    let bench = Bench::new(CONF);
    for (url, expected) in [
        ("http://a.test/x", "301 page https://a.test/x"),
        ("https://a.test/x", "200 text secure"),
        ("HTTPS://a.test/x", "200 text secure"),
        ("https://a.test:8443/x", "200 text other"),
        ("http://a.test/is", "200 text http  80 |"),
        ("https://a.test/is", "200 text https on 443 a.test|"),
        // Redirects of the server itself name the scheme, and a port that is not the scheme's own.
        ("http://a.test/b", "301 page http://a.test/c"),
        ("https://a.test/b", "301 page https://a.test/c"),
        ("https://a.test:8443/b", "301 page https://a.test:8443/c"),
        // No handshake, no answer.
        ("https://b.test/x", "closed"),
    ] {
        let answer = bench.ask(&format!("GET {url}"));
        let shown = match &answer.end {
            End::Close => "closed".to_owned(),
            _ => outline(&answer),
        };
        assert_eq!(shown, expected, "{url}");
    }
    let answer = bench.ask("GET https://a.test/cipher");
    assert_eq!(answer.doubts, ["`$ssl_cipher` is known to the running server alone"]);
}

#[test]
fn where_tls_is_not_spoken_nobody_is_asked_over_it() {
    let told = |conf: &str, url: &str| {
        let bench = Bench::new(conf);
        let site = bench.compilation.site.as_ref().unwrap();
        let request = Request::new(site, None, "GET", url, &[]);
        request
            .map(|request| outline(&Answers::new(site, &bench.files, Path::new("")).to(&request)))
    };
    let plain = "server { listen 80; return 204; }";
    let tls = "server { listen 8443 ssl; ssl_certificate /a.pem; ssl_certificate_key /a.key; return 204; }";
    assert_eq!(told(plain, "https://a.test/"), Err("no `listen` speaks https".to_owned()));
    assert_eq!(told(plain, "ftp://a.test/"), Err("`ftp` is neither http nor https".to_owned()));
    assert_eq!(told(CONF, "https://a.test:80/"), Err("nobody speaks https on port 80".to_owned()));
    assert_eq!(told(CONF, "https://a.test:81/"), Err("nobody listens on port 81".to_owned()));
    // As with http, a URL without a port leads where there is one address.
    assert_eq!(told(tls, "https://a.test/"), Ok("204 text ".to_owned()));
    assert_eq!(told(tls, "/"), Ok("204 text ".to_owned()));
}

#[test]
fn who_comes_without_tls_where_it_is_spoken_is_told() {
    let bench = Bench::new(CONF);
    assert_eq!(outline(&bench.ask("GET http://a.test:8443/b")), "400 page");
    let step = &bench.ask("GET http://a.test:8443/b").steps[0];
    let reason = "only TLS is spoken here".to_owned();
    assert_eq!(*step, Step::Status { status: 497, reason });
    let page = "error_page 497 https://$host:8443$request_uri; location / { return 200 other; }";
    let bench = Bench::new(&CONF.replace("location / { return 200 other; }", page));
    let answer = bench.ask("GET http://a.test:8443/b?c");
    assert_eq!(outline(&answer), "302 page https://a.test:8443/b?c");
}

#[test]
fn whether_a_client_has_a_certificate_is_not_known() {
    let demands = "ssl_client_certificate /ca.pem; ssl_verify_client on;";
    let conf = CONF.replace("location = /cipher", &format!("{demands} location = /cipher"));
    let bench = Bench::new(&conf);
    let answer = bench.ask("GET https://a.test/x");
    assert_eq!(outline(&answer), "200 text secure");
    assert_eq!(answer.doubts, ["whether the client has a certificate that holds"]);
    assert!(bench.ask("GET http://a.test/x").doubts.is_empty());
}

#[test]
fn expectations_are_of_a_scheme() {
    let said = |expect: &str| {
        let conf = CONF.replace(
            "location / { return 200 secure; }",
            &format!("location / {{ return 200 secure; }} {expect}"),
        );
        let bench = Bench::new(&conf);
        bench.compilation.diagnostics.sorted().iter().map(|it| it.code).collect::<Vec<_>>()
    };
    let quiet = said("");
    assert_eq!(said("expect GET https://a.test/ 200;"), quiet);
    assert_eq!(said("expect GET http://a.test/ 301;"), quiet);
    assert_eq!(said("expect GET https://b.test/ 444;"), quiet);
    assert_eq!(said("expect GET / 200;"), quiet);
}
