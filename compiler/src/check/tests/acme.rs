//! `acme_issuer` and `acme_certificate`.

use sitec_runtime::site::{Challenge, KeyType};

use super::{codes, refused, site, started};

/// A conf with an issuer, which has these lines, and a server with TLS, which has those.
fn with(issuer: &str, server: &str) -> String {
    format!(
        "acme_issuer ca {{ uri https://ca.test/d; {issuer} }} server {{ listen 443 ssl; {server} }}"
    )
}

const FILES: &str = "ssl_certificate $acme_certificate; ssl_certificate_key $acme_certificate_key;";

#[test]
fn what_holds_without_a_word() {
    let site =
        site(&with("", &format!("server_name A.test www.a.test; acme_certificate ca; {FILES}")));
    let issuer = &site.issuers[0];
    assert_eq!((&issuer.name[..], &started(&issuer.uri)[..]), ("ca", "https://ca.test/d"));
    assert_eq!((issuer.accepts_terms, issuer.challenge), (false, Challenge::Http01));
    assert_eq!(started(&issuer.state), "acme_ca");
    assert!(issuer.account_key.is_none() && issuer.trusted.is_none() && issuer.external.is_none());
    let fetched = &site.fetched[0];
    let names: Vec<_> = fetched.names.iter().map(started).collect();
    assert_eq!(
        (names, fetched.key_type),
        (vec!["a.test".into(), "www.a.test".into()], KeyType::EcdsaP256)
    );
    assert_eq!(started(&fetched.chain), "acme_ca/a.test.pem");
    assert_eq!(started(&fetched.key), "acme_ca/a.test.key");
    let certificate = &site.tls[0].certificates[0];
    assert!(certificate.is_fetched && certificate.chain == fetched.chain);
}

#[test]
fn what_is_said_is_taken() {
    let conf = with(
        "contact admin@a.test; contact mailto:b@a.test; accept_terms_of_service; challenge tls-alpn-01;
         state_path /var/ca; account_key /etc/ca.key; external_account_key me /etc/secret;
         ssl_trusted_certificate /etc/ca.pem; profile short;",
        "server_name ~x; acme_certificate ca key=rsa B.test 192.0.2.1 2001:DB8:0::1 b.test;
         ssl_certificate /srv/b.pem; ssl_certificate_key /srv/b.key;",
    );
    let site = site(&conf);
    let issuer = &site.issuers[0];
    assert_eq!(issuer.contacts, ["mailto:admin@a.test", "mailto:b@a.test"]);
    assert_eq!((issuer.accepts_terms, issuer.challenge), (true, Challenge::TlsAlpn01));
    let path = |text: &Option<_>| text.as_ref().map(started);
    assert_eq!(started(&issuer.state), "/var/ca");
    assert_eq!(path(&issuer.account_key).as_deref(), Some("/etc/ca.key"));
    assert_eq!(path(&issuer.trusted).as_deref(), Some("/etc/ca.pem"));
    assert_eq!(issuer.external.as_ref().map(|(id, _)| &id[..]), Some("me"));
    assert_eq!(issuer.profile.as_deref(), Some("short"));
    let fetched = &site.fetched[0];
    let names: Vec<_> = fetched.names.iter().map(started).collect();
    assert_eq!(names, ["b.test", "192.0.2.1", "2001:db8::1"]);
    assert_eq!((fetched.key_type, &started(&fetched.chain)[..]), (KeyType::Rsa2048, "/srv/b.pem"));
}

/// One that is fetched for one server is so for all that show it.
#[test]
fn servers_share_a_certificate() {
    let own = "ssl_certificate /srv/a.pem; ssl_certificate_key /srv/a.key;";
    let conf = with("", &format!("server_name a.test b.test; acme_certificate ca; {own}"))
        + &format!("server {{ listen 443 default_server; server_name b.b.test; {own} }}")
        + &format!("server {{ listen 444 ssl; acme_certificate ca a.test b.test; {own} }}")
        + &format!("server {{ listen 445 ssl; server_name c.test; {FILES} acme_certificate ca; }}");
    let site = site(&conf);
    assert_eq!(site.fetched.len(), 2);
    assert!(site.tls.iter().all(|tls| tls.certificates[0].is_fetched));
}

#[test]
fn issuers_that_are_wrong() {
    for (issuer, expected) in [
        ("acme_issuer x { }", "S11"),
        ("acme_issuer x { uri http://ca.test; }", "S11"),
        ("acme_issuer x { uri https://ca.test; state_path off; }", "S11"),
        ("acme_issuer x { uri https://ca.test; account_key rsa:2048; }", "S11"),
        ("acme_issuer x { uri https://ca.test; account_key ecdsa:384; }", "S11"),
        ("acme_issuer x { uri https://ca.test; challenge dns-01; }", "T25"),
        ("acme_issuer x { uri https://ca.test; uri https://ca.test; }", "D06"),
        ("acme_issuer x { uri https://ca.test; root www; }", "D04"),
        ("acme_issuer x { uri https://ca.test; } acme_issuer x { uri https://ca.test; }", "D06"),
        ("acme_issuer x { uri https://ca.test; preferred_chain y; }", "D02"),
        ("acme_issuer x { uri https://ca.test; account_key ecdsa; }", "K16"),
    ] {
        let found = codes(&format!("{issuer} server {{ listen 80; return 204; }}"));
        assert_eq!(found.first().map(|code| &code[..]), Some(expected), "{issuer}: {found:?}");
    }
}

#[test]
fn certificates_that_cannot_be_fetched() {
    let own = "ssl_certificate /a.pem; ssl_certificate_key /a.key;";
    let more = "ssl_certificate /b.pem; ssl_certificate_key /b.key;";
    for server in [
        format!("server_name a.test; acme_certificate cb; {FILES}"),
        format!("server_name *.a.test; acme_certificate ca; {FILES}"),
        format!("server_name ~a; acme_certificate ca; {FILES}"),
        format!("server_name _; acme_certificate ca; {FILES}"),
        format!("acme_certificate ca; {FILES}"),
        format!("acme_certificate ca .a.test; {FILES}"),
        format!("acme_certificate ca a.test key=ecdsa:521; {FILES}"),
        format!("acme_certificate ca a.test; {own} {more}"),
    ] {
        let conf = with("", &server);
        assert_eq!(codes(&conf)[0], "S11", "{conf}");
    }
    // Nothing says where it goes.
    let conf = "acme_issuer ca { uri https://ca.test; } ssl_certificate /a.pem; ssl_certificate_key /a.key;
        server { listen 443 ssl; acme_certificate ca a.test; }";
    assert_eq!(codes(conf), ["S11"]);
    // Nothing is fetched.
    assert_eq!(codes(&with("", FILES))[0], "S11");
    // Two in one file.
    let conf = with("", &format!("server_name a.test; acme_certificate ca; {own}"))
        + &format!("server {{ listen 444 ssl; server_name b.test; acme_certificate ca; {own} }}");
    assert_eq!(codes(&conf), ["S11"]);
}

#[test]
fn a_slip_is_shown_where_it_is() {
    refused(
        &format!(
            "acme_issuer encrypt {{ uri https://ca.test; }} server {{ listen 443 ssl; acme_certificate encrpyt a.test; {FILES} }}"
        ),
        "                                                                                       ^^^^^^^",
        "S11: there is no `acme_issuer encrpyt`",
    );
}
