//! `listen … ssl` and the `ssl_…` directives.

use sitec_runtime::site::{Group, SessionCache, Suite, TlsVersions, VerifyClient};

use super::{codes, refused, site, started, warned};
use crate::ir::{Site, Tls};

/// A conf of one server with TLS and these directives.
fn with(text: &str) -> String {
    format!(
        "server {{ listen 443 ssl; ssl_certificate /srv/a.pem; ssl_certificate_key /srv/a.key; {text} }}"
    )
}

/// What the first server says.
#[track_caller]
fn tls(text: &str) -> Tls {
    let site = site(&with(text));
    of(&site, 0).clone()
}

/// What a server says.
fn of(site: &Site, server: usize) -> &Tls {
    &site.tls[usize::from(site.servers[server].tls.expect("it speaks TLS"))]
}

/// The certificates of a server and their keys.
fn certificates(site: &Site, server: usize) -> Vec<(String, String)> {
    let all = of(site, server).certificates.iter();
    all.map(|it| (started(&it.chain), started(&it.key))).collect()
}

fn pair(name: &str) -> (String, String) {
    (format!("/srv/{name}.pem"), format!("/srv/{name}.key"))
}

const A: &str = "ssl_certificate /srv/a.pem; ssl_certificate_key /srv/a.key;";
const B: &str = "ssl_certificate /srv/b.pem; ssl_certificate_key /srv/b.key;";

#[test]
fn what_holds_without_a_word() {
    let tls = tls("");
    assert_eq!(tls.versions, TlsVersions { v12: true, v13: true });
    assert_eq!(tls.suites.len(), Suite::ALL.len());
    assert_eq!(tls.groups, Group::ALL);
    assert_eq!((tls.session_cache, tls.session_tickets), (SessionCache::Off, true));
    assert_eq!((tls.session_timeout_s, tls.record_len), (300, 16 << 10));
    assert_eq!((tls.verify_client, tls.verify_depth), (VerifyClient::Off, 1));
    assert!(tls.clients.is_none() && tls.stapling.is_none());
    assert!(!tls.prefer_server_ciphers && !tls.reject_handshake);
}

#[test]
fn an_address_speaks_tls_for_all_its_servers() {
    let conf = format!(
        "http {{ {A} server {{ listen 443 ssl default_server; server_name a.test; return 204; }}
         server {{ listen 443; server_name b.test; return 204; }}
         server {{ listen 80 default_server; server_name b.test; return 204; }} }}"
    );
    let site = site(&conf);
    let listens: Vec<_> = site.listens.iter().map(|it| (it.tls, it.scheme().port)).collect();
    assert_eq!(listens, [(true, 443), (false, 80)]);
    let servers: Vec<_> = site.servers.iter().map(|server| server.tls).collect();
    assert_eq!(servers, [Some(0), Some(0), None]);
}

#[test]
fn several_certificates_have_a_key_each() {
    let site = site(&with(B));
    assert_eq!(certificates(&site, 0), [pair("a"), pair("b")]);
    // They come from outside all together, or not at all; keys likewise.
    let conf = format!(
        "http {{ {A} {B}
         server {{ listen 443 ssl default_server; ssl_certificate /srv/c.pem; ssl_certificate_key /srv/c.key; }}
         server {{ listen 443 ssl; server_name b.test; }}
         server {{ listen 443 ssl; server_name c.test; ssl_certificate /srv/d.pem; }} }}"
    );
    let site = super::site(&conf);
    assert_eq!(certificates(&site, 0), [pair("c")]);
    assert_eq!(certificates(&site, 1), [pair("a"), pair("b")]);
    assert_eq!(certificates(&site, 2), [("/srv/d.pem".into(), "/srv/a.key".into())]);
    refused(
        "server { listen 443 ssl; ssl_certificate /a; ssl_certificate /b; ssl_certificate_key /a; }",
        "                                                             ^^",
        "S07: no `ssl_certificate_key` goes with this certificate",
    );
}

#[test]
fn a_server_without_a_certificate_shows_that_of_the_default_server() {
    let conf = format!(
        "server {{ listen 443 ssl default_server; {A} }}
         server {{ listen 443 ssl; server_name b.test; ssl_protocols TLSv1.3; }}"
    );
    let site = site(&conf);
    assert_eq!(certificates(&site, 1), [pair("a")]);
    assert!(!of(&site, 1).versions.v12 && of(&site, 0).versions.v12);

    refused(
        "server { listen 443 ssl; }",
        "                    ^^^",
        "S07: no `ssl_certificate` goes with `ssl`",
    );
    let conf = format!(
        "server {{ listen 443 ssl default_server; {A} }}\nserver {{ listen 444 ssl default_server; {B} }}
         server {{ listen 443 ssl; listen 444 ssl; server_name b.test; }}"
    );
    refused(
        &conf,
        "         ^^^^^^",
        "S07: this server has no certificate, and is reached where two are shown",
    );
    // Whom the default server turns away leaves nobody's certificate to be shown.
    let conf = "server { listen 443 ssl default_server; ssl_reject_handshake on; }
        server { listen 443 ssl; server_name b.test; }";
    assert_eq!(codes(conf), ["S07"]);
}

#[test]
fn who_rejects_needs_no_certificate() {
    let conf = format!(
        "server {{ listen 443 ssl default_server; ssl_reject_handshake on; }}
         server {{ listen 443 ssl; server_name b.test; {B} }}"
    );
    let site = site(&conf);
    assert_eq!(certificates(&site, 0), []);
    assert!(of(&site, 0).reject_handshake);
    assert_eq!(certificates(&site, 1), [pair("b")]);
    // One that is there is shown to nobody.
    assert_eq!(tls("ssl_reject_handshake on;").certificates, []);
}

#[test]
fn a_certificate_that_nobody_is_shown_is_told() {
    warned(
        "server { listen 80; ssl_certificate /srv/a.pem; ssl_certificate_key /srv/a.key; }",
        "                    ^^^^^^^^^^^^^^^",
        "S08: no `listen` of this server speaks TLS",
    );
    // One of all servers is there for those that may need it.
    assert_eq!(codes(&format!("http {{ {A} server {{ listen 80; }} }}")), [""; 0]);
}

#[test]
fn params_are_part_of_paths() {
    let site = site(
        "param CERTS /etc/certs; server { listen 443 ssl; ssl_certificate ${CERTS}/a.pem; \
         ssl_certificate_key ${CERTS}/a.key; }",
    );
    assert_eq!(certificates(&site, 0), [("${0}/a.pem".into(), "${0}/a.key".into())]);
    refused(
        "server { listen 443 ssl; ssl_certificate /c/$ssl_server_name; ssl_certificate_key /a.key; }",
        "                                            ^^^^^^^^^^^^^^^^",
        "S09: `$ssl_server_name` is known of a request, and certificates come before it",
    );
    for front in ["data:", "engine:", "store:"] {
        let conf = format!(
            "server {{ listen 443 ssl; ssl_certificate /a; ssl_certificate_key {front}x; }}"
        );
        assert_eq!(codes(&conf), ["S09"], "{front}");
    }
}

#[test]
fn versions() {
    for (words, v12, v13) in
        [("TLSv1.2", true, false), ("TLSv1.3", false, true), ("tlsv1.2 TLSv1.3", true, true)]
    {
        let versions = tls(&format!("ssl_protocols {words};")).versions;
        assert_eq!(versions, TlsVersions { v12, v13 }, "{words}");
    }
    // They stand in very many confs.
    warned(
        "ssl_protocols TLSv1 TLSv1.1 TLSv1.2; server { listen 80; }",
        "              ^^^^^",
        "S04: `TLSv1` and `TLSv1.1` are not spoken",
    );
    refused(
        "ssl_protocols TLSv1 TLSv1.1; server { listen 80; }",
        "              ^^^^^^^^^^^^^",
        "S04: `TLSv1` and `TLSv1.1` are not spoken",
    );
    refused(
        "ssl_protocols TLS1.2; server { listen 80; }",
        "              ^^^^^^",
        "T25: `TLS1.2` is none of `TLSv1.2`, `TLSv1.3`, `SSLv2`, `SSLv3`, `TLSv1` and `TLSv1.1`",
    );
}

#[test]
fn suites_and_groups() {
    let tls = tls("ssl_ciphers ECDHE-RSA-AES128-GCM-SHA256:AES256-SHA; ssl_ecdh_curve P-384;");
    assert_eq!(tls.suites, [Suite::EcdheRsaAes128GcmSha256]);
    assert_eq!(tls.groups, [Group::Secp384r1]);
    let none = "server { listen 443 ssl; ssl_certificate /a; ssl_certificate_key /b; ssl_ciphers RC4:AES256-SHA; }";
    refused(
        none,
        "                                                                                 ^^^^^^^^^^^^^^",
        "S04: none of these cipher suites is there",
    );
    // Those of TLS 1.3 are no matter of this list.
    let conf = none.replace("ssl_ciphers", "ssl_protocols TLSv1.3; ssl_ciphers");
    assert_eq!(codes(&conf), [""; 0]);
    // Nobody speaks TLS.
    assert_eq!(codes("ssl_ciphers RC4; server { listen 80; }"), [""; 0]);
}

#[test]
fn sessions() {
    for (words, expected) in [
        ("off", SessionCache::Off),
        ("none", SessionCache::Off),
        ("shared:SSL:10m", SessionCache::Shared { name: "SSL", sessions: 40_000 }),
        ("shared:SSL:32k", SessionCache::Shared { name: "SSL", sessions: 125 }),
        ("builtin", SessionCache::Kept(20_480)),
        ("builtin:1000", SessionCache::Kept(1000)),
        ("builtin:1000 shared:a:1m", SessionCache::Shared { name: "a", sessions: 4000 }),
    ] {
        let cache = tls(&format!("ssl_session_cache {words};")).session_cache;
        assert_eq!(cache, expected, "{words}");
    }
    for (words, code) in [
        ("shared:SSL:31k", "T24"),
        ("shared:SSL", "T25"),
        ("shared::1m", "T25"),
        ("shared:SSL:1x", "T02"),
        ("builtin:0", "T24"),
        ("off builtin", "T25"),
        ("memcached", "T25"),
    ] {
        assert_eq!(codes(&with(&format!("ssl_session_cache {words};"))), [code], "{words}");
    }
    let tls = tls("ssl_session_timeout 1d; ssl_session_tickets off; ssl_buffer_size 4k;");
    assert_eq!((tls.session_timeout_s, tls.session_tickets), (86_400, false));
    assert_eq!(tls.record_len, 4096);
    assert_eq!(self::tls("ssl_buffer_size 64k;").record_len, 16 << 10);
    assert_eq!(codes(&with("ssl_buffer_size 100;")), ["T24"]);
}

#[test]
fn clients_are_demanded_certificates_of() {
    let tls = tls("ssl_verify_client on; ssl_verify_depth 2; ssl_client_certificate /ca.pem; \
         ssl_trusted_certificate /more.pem; ssl_crl /crl.pem; ssl_stapling_file /ocsp.der;");
    let clients = tls.clients.as_ref().expect("they are asked");
    let text = |file: &Option<_>| file.as_ref().map(started);
    assert_eq!(text(&clients.authorities).as_deref(), Some("/ca.pem"));
    assert_eq!(text(&clients.trusted).as_deref(), Some("/more.pem"));
    assert_eq!(text(&clients.revoked).as_deref(), Some("/crl.pem"));
    assert_eq!(text(&tls.stapling).as_deref(), Some("/ocsp.der"));
    assert_eq!((tls.verify_client, tls.verify_depth), (VerifyClient::On, 2));
    assert!(self::tls("ssl_verify_client optional_no_ca;").clients.is_some());
    assert!(self::tls("ssl_client_certificate /ca.pem;").clients.is_none());
    refused(
        &with("ssl_verify_client optional;"),
        "                                                                                     \
         ^^^^^^^^^^^^^^^^^^^^^^^^^^",
        "S07: nothing says whose certificates clients may have",
    );
}

#[test]
fn what_nginx_has_beside_is_told() {
    for (text, expected) in [
        ("ssl_stapling on; ssl_stapling_verify on; resolver 1.1.1.1;", &["D08"][..]),
        ("ssl_stapling off;", &[]),
        ("ssl_dhparam /dh.pem;", &["D08"]),
        ("ssl_early_data off;", &[]),
        ("ssl_early_data on;", &["D08"]),
        ("ssl_session_ticket_key /t.key; ssl_session_ticket_key /old.key;", &[]),
        ("ssl_password_file /p;", &[]),
        ("ssl_conf_command Options KTLS;", &["D02"]),
        ("ssl on;", &["D13"]),
        ("ssl off;", &[]),
        ("error_page 497 https://$host$request_uri; error_page 495 496 =403 /no.html;", &[]),
    ] {
        assert_eq!(codes(&with(text)), expected, "{text}");
    }
}

#[test]
fn equal_servers_share_what_they_say() {
    let conf = format!(
        "{A} ssl_ciphers AES128; server {{ listen 443 ssl; server_name a.test; }}
         server {{ listen 443 ssl; server_name b.test; ssl_ciphers ECDHE+AES128; }}
         server {{ listen 443 ssl; server_name c.test; ssl_buffer_size 4k; }}
         server {{ listen 443 ssl default_server; return 444; }}"
    );
    let site = site(&conf);
    let servers: Vec<_> = site.servers.iter().map(|server| server.tls).collect();
    assert_eq!(servers, [Some(0), Some(0), Some(1), Some(0)]);
}
