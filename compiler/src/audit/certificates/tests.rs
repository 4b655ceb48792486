//! Certificates of a site, each with its fault.

use std::path::Path;

use crate::diagnostic::{Levels, Severity};
use crate::files::Memory;
use crate::{Compilation, compile_with};

macro_rules! samples {
    ($($name:literal)*) => {
        &[$((concat!("tls/", $name), include_str!(concat!("../../certificates/samples/", $name)))),*]
    };
}

const SAMPLES: &[(&str, &str)] = samples!(
    "alone.pem" "ed25519.key" "ed25519.pem" "encrypted.key" "expired.pem" "future.pem" "leaf-sealed.key" "leaf-sec1.key"
    "leaf.key" "leaf.pem" "nameless.pem" "other.key" "rsa.key" "rsa.pem" "sha1.pem" "short.pem" "soon.pem"
    "swapped.pem" "weak.key" "weak.pem"
);

/// Compiles a conf among the samples, which lie in `tls` and in `/etc/tls`.
fn compiled(conf: &str) -> Compilation {
    let passwords = [("secret/right.key", "no\nsecret\n"), ("secret/wrong.key", "no\n")];
    let all = SAMPLES.iter().copied().chain(passwords).chain([("site.conf", conf)]);
    let mut files = Memory::new(all);
    files = files.with("www/index.html", "").with("tls/key.pem", SAMPLES[8].1);
    for (path, text) in SAMPLES {
        files = files.with(&format!("/etc/{path}"), text);
    }
    compile_with(&files, Path::new("site.conf"), Levels::default())
}

#[test]
fn keys_that_take_a_password() {
    let none = "S01: `tls/leaf-sealed.key` cannot be opened: none of the passwords opens it";
    let said_with = |passwords: &str, key: &str| {
        let more = format!("ssl_password_file {passwords};");
        said("tls/leaf.pem", key, &more).into_iter().map(|(_, said)| said).collect::<Vec<_>>()
    };
    let all = said_with("secret/right.key", "tls/leaf-sealed.key");
    assert_eq!(all, Vec::<String>::new());
    assert_eq!(said_with("secret/right.key", "tls/leaf.key"), Vec::<String>::new());
    assert_eq!(said_with("secret/wrong.key", "tls/leaf-sealed.key"), [none]);
    assert_eq!(said_with("tls/none", "tls/leaf-sealed.key"), ["S01: there is no file `tls/none`"]);
    // What is in it is looked at as in any other key.
    let other = said("tls/rsa.pem", "tls/leaf-sealed.key", "ssl_password_file secret/right.key;");
    assert_eq!(other[0].1, "S01: this key does not belong to the certificate");
}

/// What is said of a server with a certificate, its key, and more.
fn said(chain: &str, key: &str, more: &str) -> Vec<(Severity, String)> {
    let compilation = compiled(&format!(
        "param DIR tls; server {{ listen 443 ssl; {more} root www; ssl_certificate {chain}; \
         ssl_certificate_key {key}; }}"
    ));
    let all = compilation.diagnostics.sorted();
    // The param is there for some of them.
    let all = all.into_iter().filter(|it| it.code.starts_with('S'));
    all.map(|it| (it.severity, format!("{}: {}", it.code, it.message))).collect()
}

#[test]
fn keys_and_certificates() {
    let (error, warning) = (Severity::Error, Severity::Warning);
    for (chain, key, expected) in [
        ("tls/leaf.pem", "tls/leaf.key", vec![]),
        ("tls/leaf.pem", "tls/leaf-sec1.key", vec![]),
        ("tls/ed25519.pem", "tls/ed25519.key", vec![]),
        ("tls/rsa.pem", "tls/rsa.key", vec![]),
        (
            "tls/leaf.pem",
            "tls/other.key",
            vec![(error, "S01: this key does not belong to the certificate")],
        ),
        (
            "/etc/tls/leaf.pem",
            "/etc/tls/rsa.key",
            vec![(warning, "S01: this key does not belong to the certificate")],
        ),
        (
            "${DIR}/leaf.pem",
            "${DIR}/rsa.key",
            vec![(warning, "S01: this key does not belong to the certificate")],
        ),
        ("tls/no.pem", "tls/leaf.key", vec![(error, "S01: there is no file `tls/no.pem`")]),
        (
            "/etc/no.pem",
            "/etc/tls/leaf.key",
            vec![(warning, "S01: there is no file `/etc/no.pem`")],
        ),
        ("${DIR}/no.pem", "tls/leaf.key", vec![(warning, "S01: there is no file `tls/no.pem`")]),
        ("tls", "tls/leaf.key", vec![(error, "S01: `tls` is not a file")]),
        (
            "tls/leaf.key",
            "tls/leaf.key",
            vec![(error, "S01: `tls/leaf.key` is no certificate: there is no certificate in it")],
        ),
        (
            "tls/leaf.pem",
            "tls/encrypted.key",
            vec![(
                error,
                "S01: `tls/encrypted.key` takes a password, and nobody is there to give it",
            )],
        ),
        (
            "tls/leaf.pem",
            "tls/leaf.pem",
            vec![
                (warning, "S01: everyone on this machine can read the private key `tls/leaf.pem`"),
                (error, "S01: `tls/leaf.pem` is no private key: there is no private key in it"),
            ],
        ),
        (
            "tls/leaf.pem",
            "tls/key.pem",
            vec![(warning, "S01: everyone on this machine can read the private key `tls/key.pem`")],
        ),
        (
            "tls/swapped.pem",
            "tls/leaf.key",
            vec![
                (
                    warning,
                    "S01: certificate 2 in `tls/swapped.pem` is not the one that has signed \
                     certificate 1",
                ),
                (
                    error,
                    "S01: this key belongs to certificate 2 of the chain, and not to the first",
                ),
            ],
        ),
        (
            "tls/alone.pem",
            "tls/leaf.key",
            vec![(warning, "S01: `tls/alone.pem` holds the server's certificate alone")],
        ),
        (
            "tls/expired.pem",
            "tls/leaf.key",
            vec![(warning, "S02: `tls/expired.pem` has expired 11 days ago")],
        ),
        ("tls/soon.pem", "tls/leaf.key", vec![(warning, "S02: `tls/soon.pem` expires in 7 days")]),
        // Of six days, two are left at most.
        ("tls/short.pem", "tls/leaf.key", vec![]),
        (
            "tls/future.pem",
            "tls/leaf.key",
            vec![(warning, "S02: `tls/future.pem` holds in 31 days at first")],
        ),
        (
            "tls/weak.pem",
            "tls/weak.key",
            vec![(error, "S04: the RSA key of `tls/weak.pem` has 1024 bits: 2048 are the least")],
        ),
        (
            "tls/sha1.pem",
            "tls/leaf.key",
            vec![(warning, "S04: a certificate of `tls/sha1.pem` is signed with SHA-1 or MD5")],
        ),
    ] {
        let expected: Vec<_> =
            expected.into_iter().map(|(severity, text)| (severity, text.to_owned())).collect();
        assert_eq!(said(chain, key, ""), expected, "{chain} {key}");
    }
}

#[test]
fn names_of_servers() {
    for (names, missing) in [
        ("example.test www.example.test 192.0.2.1", ""),
        ("*.example.test", ""),
        (".example.test", ""),
        // Nobody asks for these by a name.
        ("_ \"\" ~^x www.*", ""),
        ("a.b.example.test", "`a.b.example.test`"),
        ("*.b.example.test", "`*.b.example.test`"),
        ("example.test other.test", "`other.test`"),
        ("a.test b.test c.test d.test e.test", "`a.test`, `b.test`, `c.test` and 2 more"),
        ("192.0.2.2", "`192.0.2.2`"),
        ("localhost", "`localhost`"),
    ] {
        let said = said("tls/leaf.pem", "tls/leaf.key", &format!("server_name {names};"));
        let expected = match missing {
            "" => vec![],
            _ => vec![(Severity::Warning, format!("S03: `tls/leaf.pem` is not for {missing}"))],
        };
        assert_eq!(said, expected, "{names}");
    }
    let said = said("tls/nameless.pem", "tls/leaf.key", "server_name example.test;");
    assert_eq!(said.len(), 1);
    // Where no TLS is spoken, nobody looks.
    let conf = "server { listen 443 ssl default_server; root www; ssl_certificate tls/leaf.pem;
        ssl_certificate_key tls/leaf.key; }
        server { listen 80; server_name other.test; root www; }";
    assert!(!codes(conf).contains(&"S03"));
    // What a default server shows is shown for others.
    assert!(codes(&conf.replace("listen 80", "listen 443 ssl")).contains(&"S03"));
}

fn codes(conf: &str) -> Vec<&'static str> {
    compiled(conf).diagnostics.sorted().into_iter().map(|it| it.code).collect()
}

#[test]
fn what_is_inherited_is_told_once() {
    let conf = "http { ssl_certificate tls/soon.pem; ssl_certificate_key tls/leaf.key;
        server { listen 443 ssl default_server; server_name example.test; root www; }
        server { listen 443 ssl; server_name www.example.test; root www; } }";
    assert_eq!(codes(conf), ["S02"]);
}

#[test]
fn files_about_clients_are_looked_for() {
    for (text, expected) in [
        ("ssl_client_certificate tls/leaf.pem; ssl_verify_client on;", &[][..]),
        ("ssl_client_certificate tls/leaf.key; ssl_verify_client on;", &["S01"]),
        ("ssl_client_certificate tls/no.pem; ssl_verify_client on;", &["S01"]),
        ("ssl_client_certificate tls/leaf.pem; ssl_crl no.pem; ssl_verify_client on;", &["S01"]),
        ("ssl_stapling_file no.der;", &["S01"]),
        // Nobody reads it.
        ("ssl_client_certificate tls/no.pem;", &[]),
    ] {
        let conf = format!(
            "server {{ listen 443 ssl; root www; ssl_certificate tls/leaf.pem; \
             ssl_certificate_key tls/leaf.key; {text} }}"
        );
        assert_eq!(codes(&conf), expected, "{text}");
    }
}

#[test]
fn files_about_other_servers_are_looked_at() {
    let own = |chain: &str, key: &str| {
        format!("proxy_ssl_certificate tls/{chain}; proxy_ssl_certificate_key tls/{key};")
    };
    for (text, expected) in [
        (own("leaf.pem", "leaf.key"), &[][..]),
        (own("leaf.pem", "other.key"), &["S01"]),
        (own("expired.pem", "leaf.key"), &["S02"]),
        (own("no.pem", "leaf.key"), &["S01"]),
        ("proxy_ssl_trusted_certificate tls/leaf.pem;".to_owned(), &[]),
        ("proxy_ssl_trusted_certificate tls/leaf.key;".to_owned(), &["S01"]),
        ("proxy_ssl_crl tls/no.pem;".to_owned(), &["S01"]),
    ] {
        let passes =
            "location / { proxy_pass https://a.test; } location /b { proxy_pass https://b.test; }";
        let conf = format!("server {{ listen 80; {text} {passes} }}");
        let found: Vec<_> = codes(&conf).into_iter().filter(|it| it.starts_with('S')).collect();
        assert_eq!(found, expected, "{text}");
    }
}

#[test]
fn a_site_is_whole_without_its_keys() {
    let conf = "server { listen 443 ssl; root www;
        # sitec: allow(S01) they are made where it is deployed
        ssl_certificate tls/no.pem;
        ssl_certificate_key tls/no.key; # sitec: allow(S01) so are these
        }";
    assert_eq!(codes(conf), [""; 0]);
    assert!(compiled(conf).site.is_some());
}
