//! Who may come in, and what counts clients.

use super::{check, said, said_beside};
use crate::diagnostic::Levels;

#[test]
fn limits_by_what_a_client_chooses() {
    let use_it = "root www; limit_req zone=z;";
    for (key, expected) in [
        ("$http_x_forwarded_for", &["A04 0"][..]),
        ("$arg_a$cookie_b", &["A04 0"]),
        ("k-$http_x", &["A04 0"]),
        ("$binary_remote_addr", &[]),
        ("$http_x$remote_addr", &[]),
        ("$server_name", &[]),
        ("$uri", &[]),
    ] {
        let top = format!("limit_req_zone {key} zone=z:1m rate=1r/s;");
        assert_eq!(said_beside(&top, use_it, Levels::default()), expected, "{key}");
    }
}

#[test]
fn questions_that_are_always_answered_alike() {
    for (asked, expected) in [
        ("{ return 200 y; }", &["A21 1"][..]),
        ("{ return 204; }", &["A21 1"]),
        ("{ return 404; }", &["A21 1"]),
        ("{ rewrite ^ /nothing; }", &["A21 1"]),
        // Nobody comes in: that may be meant.
        ("{ return 403; }", &[]),
        ("{ if ($cookie_a) { return 401; } return 204; }", &[]),
        ("{ if ($remote_addr = 10.0.0.1) { return 401; } return 204; }", &[]),
        ("{ cgi_pass /usr/bin/php-cgi; }", &[]),
    ] {
        check(
            &format!("root www; location /in/ {{ auth_request /ask; }}\nlocation = /ask {asked}"),
            expected,
        );
    }
}

#[test]
fn names_that_stand_twice() {
    check("root www;\nindex index.html a index.html;", &["Z19 2"]);
    check("root www;\nlocation / { try_files $uri $uri =404; }", &["Z19 2"]);
    check("root www;\nlocation / { try_files $uri $uri/ =404; }", &[]);
    check(
        "root www;\nlocation / { try_files $uri $uri; }",
        &["K13 2 [`/no-such-file` goes round in circles, and is answered 500]"],
    );
    let types = |inside: &str| {
        let found = said(&format!("root www;\ntypes {{ text/html html; }}\n{inside}"));
        found.into_iter().filter(|said| !said.starts_with("F11")).collect::<Vec<_>>()
    };
    assert_eq!(types("types { text/plain HTML; }"), ["Z19 3"]);
    assert_eq!(types("location /a/ { types { text/plain html; } }"), [""; 0]);
    let many = "types { text/plain html a b c d e f g h i; text/css a b c d e f g h i; }";
    assert_eq!(types(many), ["Z19 3 [so have 9 others: a table may be included twice]"]);
}

#[test]
fn variables_that_nothing_reads() {
    check("root www;\nset $a b;", &["R06 2"]);
    check("root www;\nset $a b; set $a c;\nadd_header X-A \"${a}\";", &[]);
    check("root www;\nset $a b;\nset $a \"x$a\";", &[]);
    check("root www;\nset $args b;", &[]);
    let maps = "map $uri $a { } geo $b { } split_clients $uri $c { 1% $b; }";
    assert_eq!(said_beside(maps, "root www;", Levels::default()), ["R06 0", "R06 0"]);
}

#[test]
fn names_that_let_others_pass() {
    for (condition, is_open) in [
        (r"$host ~ ^a\.test", true),
        ("$host ~* a.test", true),
        (r"$http_referer !~ https?://a\.test", true),
        (r"$host ~ ^a\.test$", false),
        (r"$http_referer !~ ^https://a\.test/", false),
        (r"$host ~ ^www\.", false),
        (r"$host ~ ^10\.0\.0\.1", false),
        (r"$http_user_agent ~ a\.test", false),
        ("$host = a.test", false),
    ] {
        let said = said(&format!("root www;\nif ({condition}) {{ return 403; }}"));
        let found = said.iter().any(|said| said.starts_with("R08 2"));
        assert_eq!(found, is_open, "{condition}: {said:?}");
    }
}

#[test]
fn referers() {
    let ask = "if ($invalid_referer) { return 403; }";
    for (conf, expected) in [
        (format!("root www;\nvalid_referers a.test;\n{ask}"), vec![]),
        ("root www;\nvalid_referers a.test;".to_owned(), vec!["A12 2"]),
        (format!("root www;\nlocation /a {{ valid_referers a.test; }}\n{ask}"), vec!["A12 0"]),
        (
            format!("root www;\nlocation /a {{ valid_referers a.test; }}\nlocation /b {{ {ask} }}"),
            vec!["A12 3"],
        ),
        (format!("root www;\nvalid_referers ~a\\.test;\n{ask}"), vec!["R08 2"]),
        (format!("root www;\nvalid_referers ~^a\\.test/;\n{ask}"), vec![]),
    ] {
        let said = said(&conf);
        let begins = |(said, code): (&String, &&str)| said.starts_with(*code);
        assert!(
            said.len() == expected.len() && said.iter().zip(&expected).all(begins),
            "{conf}: {said:?}"
        );
    }
}

#[test]
fn secure_links() {
    let ask = "if ($secure_link = \"\") { return 403; }";
    for (lines, expected) in [
        ("secure_link $arg_a; secure_link_md5 \"$uri w\"; ASK", ""),
        ("secure_link $arg_a; secure_link_md5 \"$uri w\";", "A14"),
        ("secure_link $arg_a; ASK", "A14"),
        ("secure_link_md5 \"$uri w\"; ASK", "A14"),
        ("secure_link $arg_a; location /a { secure_link_md5 \"$uri w\"; ASK }", ""),
        ("secure_link_md5 \"$uri w\"; location /a { secure_link $arg_a; ASK }", ""),
        ("secure_link $arg_a; secure_link_md5 \"$uri $arg_b\"; ASK", "A15"),
        ("set $w x; secure_link $arg_a; secure_link_md5 \"$uri $w\"; ASK", ""),
        ("secure_link $arg_a,$arg_e; secure_link_md5 \"$uri w\"; ASK", "A15"),
        ("secure_link $arg_a,$arg_e; secure_link_md5 \"$arg_e$uri w\"; ASK", ""),
        ("secure_link $arg_a,$arg_e; secure_link_md5 \"${secure_link_expires}w\"; ASK", ""),
        ("location /p/ { secure_link_secret w; ASK }", ""),
        ("location /p/ { secure_link_secret w; }", "A14"),
        ("location /p/ { secure_link_secret \"\"; ASK }", "A15"),
    ] {
        let found = said(&format!("root www;\n{}", lines.replace("ASK", ask)));
        let codes: Vec<_> = found.iter().map(|said| &said[..3]).collect();
        assert_eq!(codes.join(" "), expected, "{lines}: {found:?}");
    }
}
