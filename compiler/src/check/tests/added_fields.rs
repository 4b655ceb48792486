//! `add_header`, `add_header_inherit` and `expires`.

use sitec_runtime::site::Expires;

use crate::ir::Expiration;

use super::{codes, compiled, refused, settings, site, warned, written};

/// The fields that are added at `path`, `!` before those that are always.
fn added(site: &crate::ir::Site, path: &str) -> String {
    let fields = settings(site, path).added_fields.iter().map(|field| {
        let mark = if field.always { "!" } else { "" };
        format!("{mark}{}={}", field.name, written(&field.value))
    });
    fields.collect::<Vec<_>>().join(" ")
}

#[test]
fn fields_are_inherited_as_said() {
    let site = site(
        "add_header A 1; add_header B $uri always;
         server { listen 80; root www;
           location /same { location /same/off { add_header_inherit off; } }
           location /none { add_header_inherit off; add_header C 3; }
           location /both { add_header_inherit merge; add_header C 3;
             location /both/more { add_header D 4; }
             location /both/same { } }
           location /empty { add_header A \"\"; } }",
    );
    for (path, expected) in [
        ("/", "A=1 !B={uri}"),
        ("/same", "A=1 !B={uri}"),
        ("/same/off", ""),
        ("/none", "C=3"),
        ("/both", "C=3 A=1 !B={uri}"),
        ("/both/more", "D=4 C=3 A=1 !B={uri}"),
        ("/both/same", "C=3 A=1 !B={uri}"),
        ("/empty", "A="),
    ] {
        assert_eq!(added(&site, path), expected, "{path}");
    }
}

#[test]
fn fields_that_are_left_behind_are_named() {
    warned(
        "server { listen 80; root www; add_header A 1; location /x { add_header B 2; } }",
        "                              ------------                  ^^^^^^^^^^^^",
        "D09: `A` is not sent here",
    );
    warned(
        "server { listen 80; root www;
         add_header A 1; add_header B 2; add_header C 3; location /x { add_header a 1; } }",
        "                         ------------    ------------                  ^^^^^^^^^^^^",
        "D09: `B` and `C` are not sent here",
    );
    for text in [
        "add_header A 1; server { listen 80; root www; add_header a 2; }",
        "add_header A \"\"; server { listen 80; root www; add_header B 2; }",
        "add_header A 1; server { listen 80; root www; add_header_inherit off; add_header B 2; }",
        "add_header_inherit merge; add_header A 1; server { listen 80; root www; add_header B 2; }",
    ] {
        assert!(codes(text).is_empty(), "{text}");
    }
}

#[test]
fn names_and_values_are_those_of_fields() {
    let cases = [
        ("\"X A\" 1", "           ^^^^^", "T13: `X A` is not the name of a field"),
        ("X-A: 1", "           ^^^^", "T13: `X-A:` is not the name of a field"),
        ("\"\" 1", "           ^^", "T13: `` is not the name of a field"),
        ("X-A \"a\\r\\nB: 1\"", "                 ^^", "T13: a field is one line"),
        (
            "Content-Length 1",
            "           ^^^^^^^^^^^^^^",
            "Z13: `Content-Length` is the server's own to send",
        ),
        ("connection x", "           ^^^^^^^^^^", "Z13: `connection` is the server's own to send"),
        ("A 1 ever", "               ^^^^", "T25: `ever` is not `always`"),
        ("A $nothing", "             ^^^^^^^^", "T18: there is no variable `$nothing`"),
    ];
    for (args, drawn, message) in cases {
        let text = format!("add_header {args};\nserver {{ listen 80; root www; }}");
        refused(&text, drawn, message);
    }
    warned(
        "add_header Content-Type a/b;\nserver { listen 80; root www; }",
        "           ^^^^^^^^^^^^",
        "Z13: a response with `Content-Type` gets a second `Content-Type`",
    );
    // As many guides have it for CORS.
    let text = "server { listen 80; location / { add_header 'Content-Length' 0; return 204; } }";
    warned(
        text,
        "                                            ^^^^^^^^^^^^^^^^",
        "Z13: the server says itself how long a response is: this is left out",
    );
    let site = compiled(text).site.expect("it compiles");
    assert!(settings(&site, "/").added_fields.iter().all(|field| field.value.0.is_empty()));
}

fn fixed(expires: Expires) -> Option<Expiration> {
    Some(Expiration::Fixed(expires))
}

#[test]
fn expires_is_inherited_and_turned_off() {
    let site = site(
        "expires 1h;
         server { listen 80; root www;
           location /off { expires off; location /off/max { expires max; } }
           location /modified { expires modified +1d; } }",
    );
    for (path, expected) in [
        ("/", fixed(Expires::FromNow(3600))),
        ("/off", None),
        ("/off/max", fixed(Expires::Max)),
        ("/modified", fixed(Expires::FromModified(86_400))),
    ] {
        assert_eq!(settings(&site, path).expires, expected, "{path}");
    }
    refused(
        "expires changed 1h;\nserver { listen 80; root www; }",
        "        ^^^^^^^",
        "T25: `changed` is not `modified`",
    );
    refused(
        "expires 30 days;\nserver { listen 80; root www; }",
        "        ^^^^^^^",
        "T04: a time is one word, and `days` is another",
    );
}

#[test]
fn expires_may_be_a_value() {
    let conf = site(
        "map $sent_http_content_type $expires { default off; text/html epoch; ~image/ max; x $uri; }
         split_clients $uri $days { 10% 1d; * \"\"; }
         server { listen 80; root www; expires $expires;
           location /modified { expires modified $days; } }",
    );
    for (path, text, modified) in [("/", "{map expires}", false), ("/modified", "{map days}", true)]
    {
        let Some(Expiration::Computed(value, of_change)) = &settings(&conf, path).expires else {
            panic!("{path} has none");
        };
        assert_eq!((written(value).as_str(), *of_change), (text, modified));
    }
    refused(
        "map $uri $e { default off; a 1x; }\nserver { listen 80; root www; expires $e; }",
        "                              ^",
        "T04: `x` is no unit of time",
    );
    refused(
        "map $uri $e { /a max; /b 1d; }\nserver { listen 80; root www; expires modified $e; }",
        "                 ^^^",
        "T04: `max` is not a time",
    );
    // Of another use nothing is known.
    site("map $uri $e { a 1x; } server { listen 80; root www; add_header X $e; }");
    site(
        "geo $e { ranges; 10.0.0.0-10.0.0.9 1h; delete 10.0.0.0-10.0.0.9; 127.0.0.1-127.0.0.9 1d; }
         server { listen 80; root www; expires $e; }",
    );
}

#[test]
fn a_field_is_not_added_twice() {
    warned(
        "server { listen 80; root www; expires 1h; add_header Cache-Control no-store; }",
        "                              ----------  ^^^^^^^^^^^^^^^^^^^^^^^^",
        "Z12: a response has two `Cache-Control` fields",
    );
    let outer = "expires 1h; server { listen 80; root www; location /x { ";
    for (inner, expected) in [
        ("add_header expires 0;", vec!["Z12"]),
        ("add_header Cache-Control 'public, MAX-AGE=1';", vec!["Z12"]),
        ("add_header Cache-Control no-cache;", vec!["Z12"]),
        // Both are read as one list.
        ("add_header Cache-Control 'public, immutable';", vec![]),
        ("add_header Cache-Control must-revalidate;", vec![]),
        ("expires off; add_header Cache-Control no-store;", vec![]),
        ("add_header Cache-Control \"\";", vec![]),
        ("add_header Vary Cookie;", vec![]),
    ] {
        assert_eq!(codes(&format!("{outer}{inner} }} }}")), expected, "{inner}");
    }
}

#[test]
fn replacing_fields_hold_with_outer_ones() {
    let site = site(
        "more_set_headers 'A: 1' 'B: $uri'; add_header A 2;
         server { listen 80; root www;
           location /a { more_set_headers 'b:3'; more_clear_headers C 'D: x'; }
           location /c { more_set_headers 'A: 4' 'A: 5'; } }",
    );
    for (path, expected) in
        [("/", "!A=1 !B={uri} A=2"), ("/a", "!A=1 !b=3 !C= !D= A=2"), ("/c", "!B={uri} !A=5 A=2")]
    {
        assert_eq!(added(&site, path), expected, "{path}");
    }
}

#[test]
fn replacing_fields_are_checked() {
    for (text, code) in [
        ("more_set_headers -s 404 'A: 1';", "T13"),
        ("more_set_headers 'A B: 1';", "T13"),
        ("more_set_headers \"A: a\nB: b\";", "T13"),
        ("more_clear_headers 'X-*';", "T13"),
        ("more_clear_headers -t A;", "T13"),
        ("more_set_headers 'Date: 1';", "Z13"),
        ("more_set_headers 'Content-Length: 1';", "Z13"),
    ] {
        let conf = format!("server {{ listen 80; root www; {text} }}");
        assert_eq!(codes(&conf).first(), Some(&code), "{text}");
    }
    refused(
        "server { listen 80; root www; more_set_headers 'A B: 1'; }",
        "                                               ^^^^^^^^",
        "T13: `A B` is not the name of a field",
    );
}
