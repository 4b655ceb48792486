//! Every variable, read from one request.

use super::*;
use crate::samples::{SAMPLE_CONNECTION, SETTINGS, SampleConnection, head, leak, with_variables};
use crate::site::{Agreed, ClientVerdict, FileBase, Offered, Settings};

type Read = fn(&Variables<'_>, &mut Vec<u8>);
type ReadSome = fn(&Variables<'_>, &mut Vec<u8>) -> bool;

fn text<P: Presence>(
    variables: &Variables<'_>,
    read: impl FnOnce(&Variables<'_>, &mut Vec<u8>) -> P,
) -> String {
    let mut out = Vec::new();
    let absent = read(variables, &mut out).is_absent();
    assert!(!absent || out.is_empty(), "what is absent appends nothing");
    String::from_utf8(out).expect("text")
}

#[test]
fn variables_of_a_request() {
    let fields = "Content-Length: 0\r\nContent-Type: text/x\r\nHost-Two: b\r\n";
    let head = head("/a%20b/./c.html?x=1&y=2", fields);
    with_variables(&head, &SETTINGS, &["/srv/www".into()], |variables| {
        let table: [(&str, Read, &str); 27] = [
            ("request", |v, out| v.request(out), "GET /a%20b/./c.html?x=1&y=2 HTTP/1.1"),
            ("request_method", |v, out| v.request_method(out), "GET"),
            ("request_uri", |v, out| v.request_uri(out), "/a%20b/./c.html?x=1&y=2"),
            ("uri", |v, out| v.uri(out), "/a b/c.html"),
            ("document_uri", |v, out| v.document_uri(out), "/a b/c.html"),
            ("is_args", |v, out| v.is_args(out), "?"),
            ("scheme", |v, out| v.scheme(out), "http"),
            ("host", |v, out| v.host(out), "a"),
            ("document_root", |v, out| v.document_root(out), "/srv/www"),
            ("realpath_root", |v, out| v.realpath_root(out), ""),
            ("request_filename", |v, out| v.request_filename(out), "/srv/www/a b/c.html"),
            ("server_name", |v, out| v.server_name(out), "example.org"),
            ("server_port", |v, out| v.server_port(out), "80"),
            ("server_addr", |v, out| v.server_addr(out), "2001:db8::1"),
            ("server_protocol", |v, out| v.server_protocol(out), "HTTP/1.1"),
            ("remote_addr", |v, out| v.remote_addr(out), "192.0.2.1"),
            ("remote_port", |v, out| v.remote_port(out), "5000"),
            ("status", |v, out| v.status(out), "200"),
            ("body_bytes_sent", |v, out| v.body_bytes_sent(out), "120"),
            ("bytes_sent", |v, out| v.bytes_sent(out), "300"),
            ("request_length", |v, out| v.request_length(out), "99"),
            ("request_time", |v, out| v.request_time(out), "0.499"),
            ("connection_time", |v, out| v.connection_time(out), "10.100"),
            ("pipe", |v, out| v.pipe(out), "."),
            ("msec", |v, out| v.msec(out), "1000.250"),
            ("connection", |v, out| v.connection(out), "7"),
            ("connection_requests", |v, out| v.connection_requests(out), "3"),
        ];
        for (name, read, expected) in table {
            assert_eq!(text(variables, read), expected, "${name}");
        }
        let table: [(&str, ReadSome, &str); 8] = [
            ("args", |v, out| v.args(out), "x=1&y=2"),
            ("query_string", |v, out| v.query_string(out), "x=1&y=2"),
            ("content_length", |v, out| v.content_length(out), "0"),
            ("content_type", |v, out| v.content_type(out), "text/x"),
            ("remote_user", |v, out| v.remote_user(out), ""),
            ("sent_http", |v, out| v.response_field(b"content_type", out), "text/html"),
            ("sent_http joined", |v, out| v.response_field(b"set_cookie", out), "a, b"),
            ("host_two", |v, out| v.request_field(b"host_two", out), "b"),
        ];
        for (name, read, expected) in table {
            assert_eq!(text(variables, read), expected, "${name}");
        }
    });
}

#[test]
fn what_differs_from_run_to_run() {
    with_variables(&head("/", ""), &SETTINGS, &[], |variables| {
        let id = text(variables, |v, out| v.request_id(out));
        assert!(id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()), "{id}");
        assert_eq!(id, text(variables, |v, out| v.request_id(out)));
        variables.connection = &SampleConnection { requests: 4, ..SAMPLE_CONNECTION };
        assert_ne!(id, text(variables, |v, out| v.request_id(out)));
        assert_eq!(text(variables, |v, out| v.pid(out)), std::process::id().to_string());
        assert!(!text(variables, |v, out| v.hostname(out)).is_empty());
        assert_eq!(text(variables, |v, out| v.is_args(out)), "");
        let mut address = Vec::new();
        variables.binary_remote_addr(&mut address);
        assert_eq!(address, [192, 0, 2, 1]);
        variables.connection = &SampleConnection { peer: None, ..SAMPLE_CONNECTION };
        assert_eq!(text(variables, |v, out| v.remote_addr(out)), "unix:");
        assert_eq!(text(variables, |v, out| v.remote_port(out)), "");
    });
}

#[test]
fn arguments_are_found_as_nginx_finds_them() {
    for (args, value) in [
        ("a=1", "1"),
        ("A=1", "1"),
        ("b=2&a=%20&a=3", "%20"),
        ("xa=1", ""),
        ("a", ""),
        ("a&a=2", "2"),
        ("a=", ""),
        ("ab=1", ""),
        ("b=a=1", ""),
        ("a=x=y", "x=y"),
    ] {
        let head = head(&format!("/?{args}"), "");
        with_variables(&head, &SETTINGS, &[], |variables| {
            assert_eq!(text(variables, |v, out| v.argument(b"a", out)), value, "{args}");
        });
    }
}

#[test]
fn cookies_are_found_as_nginx_finds_them() {
    for (fields, value) in [
        ("Cookie: a=1; b=2\r\n", "2"),
        ("Cookie: B=2\r\n", "2"),
        ("Cookie: bb=1;b=2;b=3\r\n", "2"),
        ("Cookie: b = x y ; c\r\n", "x y "),
        ("Cookie: b; b=2\r\n", "2"),
        ("Cookie: a=1, b=2,3\r\n", "2,3"),
        ("Cookie: a=1\r\nCookie: b=2\r\n", "2"),
        ("Cookie: ab=1\r\n", ""),
        ("Cookie: ;;\r\n", ""),
    ] {
        with_variables(&head("/", fields), &SETTINGS, &[], |variables| {
            assert_eq!(text(variables, |v, out| v.cookie(b"b", out)), value, "{fields}");
        });
    }
}

#[test]
fn lines_of_a_field_are_joined() {
    let fields = "X-A: 1\r\nx-a: 2\r\nCookie: a=1\r\nCookie: b=2\r\n";
    with_variables(&head("/", fields), &SETTINGS, &[], |variables| {
        assert_eq!(text(variables, |v, out| v.request_field(b"x_a", out)), "1, 2");
        assert_eq!(text(variables, |v, out| v.request_field(b"cookie", out)), "a=1; b=2");
        assert_eq!(text(variables, |v, out| v.request_field(b"x_b", out)), "");
    });
}

#[test]
fn values_in_a_log_are_escaped() {
    with_variables(&head("/%0Aa%22?x", ""), &SETTINGS, &[], |variables| {
        let log = |read: Read| text(variables, |v, out| v.logged_default(out, |out| read(v, out)));
        assert_eq!(log(|v, out| v.uri(out)), "/\\x0Aa\\x22");
        let json = |read: Read| text(variables, |v, out| v.logged_json(out, |out| read(v, out)));
        assert_eq!(json(|v, out| v.uri(out)), "/\\na\\\"");
        let mut out = b"before ".to_vec();
        variables.logged_default(&mut out, |out| variables.uri(out));
        assert_eq!(out, b"before /\\x0Aa\\x22");
    });
}

#[test]
fn what_is_absent_is_a_dash_in_a_log_and_what_is_empty_is_not() {
    let head = head("/?a=", "Referer:\r\nCookie: c=\r\n");
    with_variables(&head, &SETTINGS, &[], |variables| {
        let table: [(&str, ReadSome, &str); 10] = [
            ("args", |v, out| v.args(out), "a="),
            ("arg_a", |v, out| v.argument(b"a", out), ""),
            ("arg_b", |v, out| v.argument(b"b", out), "-"),
            ("http_referer", |v, out| v.request_field(b"referer", out), ""),
            ("http_x", |v, out| v.request_field(b"x", out), "-"),
            ("cookie_c", |v, out| v.cookie(b"c", out), ""),
            ("cookie_d", |v, out| v.cookie(b"d", out), "-"),
            ("1", |v, out| v.capture(1, out), "-"),
            ("remote_user", |v, out| v.remote_user(out), "-"),
            ("gzip_ratio", |v, out| v.gzip_ratio(out), "2.99"),
        ];
        for (name, read, logged) in table {
            let value = text(variables, |v, out| v.logged_default(out, |out| read(v, out)));
            assert_eq!(value, logged, "${name}");
            let json = text(variables, |v, out| v.logged_json(out, |out| read(v, out)));
            assert_eq!(json, logged.trim_matches('-'), "${name}");
        }
        variables.args = b"";
        let is_args = |v: &Variables<'_>, out: &mut Vec<u8>| v.is_args(out);
        assert_eq!(text(variables, |v, out| v.logged_default(out, |out| is_args(v, out))), "");
    });
}

#[test]
fn names_of_files() {
    let base = |inner, replaced_len, append_path, alias, slash| FileBase {
        directory: 0,
        inner: Text::Fixed(inner),
        replaced_len,
        append_path,
        alias,
        slash,
    };
    for (base, root, file) in [
        (base(b"", 0, true, false, false), "/d", "/d/i/x"),
        (base(b"sub", 0, true, false, false), "/d/sub", "/d/sub/i/x"),
        (base(b"", 2, true, true, true), "/d/", "/d/x"),
        (base(b"", 2, true, true, false), "/d", "/d/x"),
        (base(b"f", 0, false, true, false), "/d/f", "/d/f"),
    ] {
        let settings = leak(Settings { base, ..SETTINGS });
        with_variables(&head("/i/x", ""), settings, &["/d".into()], |variables| {
            assert_eq!(text(variables, |v, out| v.document_root(out)), root);
            assert_eq!(text(variables, |v, out| v.request_filename(out)), file);
        });
    }
}

#[test]
fn content_in_chunks_has_a_length_once_it_has_come() {
    let head = head("/", "Transfer-Encoding: chunked\r\n");
    with_variables(&head, &SETTINGS, &[], |variables| {
        assert_eq!(text(variables, |v, out| v.content_length(out)), "");
        variables.progress.received_content_len = 5;
        assert_eq!(text(variables, |v, out| v.content_length(out)), "5");
    });
}

type Tell = (&'static str, ReadSome, &'static str);

/// The variables of TLS, and what they are for a client with a certificate.
const OF_TLS: [Tell; 22] = [
    ("ssl_protocol", |v, out| v.ssl_protocol(out), "TLSv1.3"),
    ("ssl_cipher", |v, out| v.ssl_cipher(out), "TLS_AES_128_GCM_SHA256"),
    ("ssl_curve", |v, out| v.ssl_curve(out), "X25519"),
    ("ssl_ciphers", |v, out| v.ssl_ciphers(out), "TLS_AES_128_GCM_SHA256:0x0a0a"),
    ("ssl_curves", |v, out| v.ssl_curves(out), "X25519"),
    ("ssl_server_name", |v, out| v.ssl_server_name(out), "a.test"),
    ("ssl_session_reused", |v, out| v.ssl_session_reused(out), "r"),
    ("ssl_alpn_protocol", |v, out| v.ssl_alpn_protocol(out), ""),
    ("ssl_early_data", |v, out| v.ssl_early_data(out), ""),
    ("ssl_client_verify", |v, out| v.ssl_client_verify(out), "SUCCESS"),
    ("ssl_client_cert", |v, out| v.ssl_client_cert(out), "Cert"),
    ("ssl_client_raw_cert", |v, out| v.ssl_client_raw_cert(out), "RawCert"),
    ("ssl_client_escaped_cert", |v, out| v.ssl_client_escaped_cert(out), "EscapedCert"),
    ("ssl_client_fingerprint", |v, out| v.ssl_client_fingerprint(out), "Fingerprint"),
    ("ssl_client_i_dn", |v, out| v.ssl_client_i_dn(out), "Issuer"),
    ("ssl_client_s_dn", |v, out| v.ssl_client_s_dn(out), "Subject"),
    ("ssl_client_i_dn_legacy", |v, out| v.ssl_client_i_dn_legacy(out), "LegacyIssuer"),
    ("ssl_client_s_dn_legacy", |v, out| v.ssl_client_s_dn_legacy(out), "LegacySubject"),
    ("ssl_client_serial", |v, out| v.ssl_client_serial(out), "Serial"),
    ("ssl_client_v_start", |v, out| v.ssl_client_v_start(out), "ValidFrom"),
    ("ssl_client_v_end", |v, out| v.ssl_client_v_end(out), "ValidUntil"),
    ("ssl_client_v_remain", |v, out| v.ssl_client_v_remain(out), "DaysLeft"),
];

fn agreed(client: ClientVerdict) -> &'static Agreed {
    Box::leak(Box::new(Agreed {
        tls: 0,
        protocol: "TLSv1.3",
        cipher: "TLS_AES_128_GCM_SHA256",
        group: "X25519",
        offered: Offered { suites: [0x1301, 0x0a0a].into(), groups: [29].into() },
        name: b"a.test"[..].into(),
        resumed: true,
        alpn: b"",
        client,
    }))
}

#[test]
fn variables_of_tls() {
    let told = |agreed: Option<&'static Agreed>, tell: &dyn Fn(&Variables<'_>)| {
        let connection = Box::leak(Box::new(SampleConnection { agreed, ..SAMPLE_CONNECTION }));
        with_variables(&head("/", ""), &SETTINGS, &[], |variables| {
            variables.connection = connection;
            tell(variables);
        });
    };
    told(Some(agreed(ClientVerdict::Good)), &|variables| {
        for (name, read, expected) in OF_TLS {
            assert_eq!(text(variables, read), expected, "${name}");
        }
        assert_eq!(text(variables, |v, out| v.scheme(out)), "https");
        assert_eq!(text(variables, |v, out| v.https(out)), "on");
    });
    let bad = ClientVerdict::Bad { reason: "certificate has expired", by_stranger: false };
    for (verdict, expected) in
        [(ClientVerdict::None, "NONE"), (bad, "FAILED:certificate has expired")]
    {
        told(Some(agreed(verdict)), &|variables| {
            assert_eq!(text(variables, |v, out| v.ssl_client_verify(out)), expected);
        });
    }
    // Without TLS, all of them are absent.
    told(None, &|variables| {
        for (name, read, _) in OF_TLS {
            assert_eq!(text(variables, read), "", "${name}");
            assert!(!read(variables, &mut Vec::new()), "${name}");
        }
        assert_eq!(text(variables, |v, out| v.https(out)), "");
    });
}
