//! `rewrite`, `if` and `set`.

use super::{codes, refused, settings, site};
use crate::ir::{self, Action, Amount, Handler};
use crate::wording::steps;

/// The steps of a location, as they were understood.
fn understood(text: &str) -> String {
    let site = site(&format!("server {{ root www; location /a {{ {text} }} }}"));
    let location = site.locations.iter().find(|location| !location.ops.is_empty());
    location.map_or_else(String::new, |location| steps(&location.ops))
}

#[test]
fn steps_are_read_as_they_are_written() {
    for text in [
        "set $x \"a b\"; set $args \"\"; break;",
        "if ($uri) { break; } return 404;",
        "if ($uri = /a) { set $x 1; return 200 $x; }",
        "if ($uri != \"\") { return 444; }",
        "if ($uri ~ ^/(a)) { return 301 /$1; }",
        "if ($uri !~* b$) { break; }",
        "if (!-f $request_filename) { rewrite ^/a(.*) /b$1 last; }",
        "if (-d /srv) { break; } if (-e $uri) { break; } if (!-x /a) { break; }",
        "rewrite ^ /b; rewrite ^/b /c break;",
        "rewrite ^/(.*) /c?x=$1&y permanent;",
        "rewrite ^/(.*) /c?x=$1&y;",
        "rewrite ^/(.*) /c? redirect;",
        "rewrite ^/(.*) http://a.test/$1 redirect;",
    ] {
        assert_eq!(understood(text), text);
    }
    // A URL makes a redirect of it, whatever the flag; blanks within the parentheses are none's.
    for (text, expected) in [
        ("rewrite ^ https://a.test/ last;", "rewrite ^ https://a.test/ redirect;"),
        ("rewrite ^ $scheme://b.test;", "rewrite ^ $scheme://b.test redirect;"),
        ("if ( $uri ~ \"^/(a)$\" ) { break; }", "if ($uri ~ ^/(a)$) { break; }"),
        ("if ($uri ~ \"a b\") { break; }", "if ($uri ~ a b) { break; }"),
        ("if ($uri = 'a b') { break; }", "if ($uri = \"a b\") { break; }"),
    ] {
        assert_eq!(understood(text), expected, "{text}");
    }
}

/// The groups of a condition's regex are known however it is written.
#[test]
fn conditions_have_groups() {
    for regex in ["^/(?<first>a)$", "\"^/(?<first>a)$\"", "'^/(?<first>a)$'"] {
        for condition in [format!("($uri ~ {regex})"), format!("( $uri ~* {regex} )")] {
            let text = format!(
                "server {{ root www; location ~ \\.x$ {{ if {condition} {{ set $b $1$first; }} }} }}"
            );
            assert_eq!(codes(&text), [""; 0], "{text}");
        }
    }
    let other = "server { root www; location ~ \\.x$ { if ($uri = \"(a)\") { set $b $1; } } }";
    assert_eq!(codes(other), ["T17"]);
}

#[test]
fn a_return_that_comes_first_is_all() {
    let site = site("server { root www; location /a { return 200 a; set $x 1; } set $x 2; }");
    assert!(site.locations.iter().any(|location| matches!(location.action, Action::Return(_))));
    assert!(site.locations.iter().all(|location| location.ops.is_empty()));
    assert_eq!(steps(&site.servers[0].ops), "set $x 2;");
    assert_eq!(site.slots, ["x"]);
}

/// An `if` is a location of its own where it has settings, or where the one around it has something
/// to lose.
#[test]
fn conditions_are_locations() {
    for (text, expected) in [
        ("if ($uri) { set $x 1; }", "if ($uri) { set $x 1; }"),
        ("if ($uri) { add_header X y; }", "if ($uri) { … }"),
        ("try_files $uri =404; if ($uri) { set $x 1; }", "if ($uri) { set $x 1; … }"),
    ] {
        assert_eq!(understood(text), expected, "{text}");
    }
    let site = site(
        "server { root www; location /a { try_files $uri =404; add_header A 1;
             if ($uri) { expires 1h; } } }",
    );
    let inner = &site.locations[2];
    assert!(matches!(inner.action, Action::Serve { try_files: None, .. }));
    let settings = &site.settings[inner.settings];
    assert!(settings.expires.is_some() && settings.added_fields.len() == 1);
}

#[test]
fn in_a_server_there_are_steps_alone() {
    refused(
        "server { root www; if ($uri) { root www; } }",
        "                   ---------   ^^^^",
        "D04: `root` is not allowed in `if`",
    );
    site("server { root www; location / { if ($uri) { root www; } } }");
}

#[test]
fn maps_are_resolved() {
    let site = site(
        "map $uri $a { hostnames; default 1; .B.test 2; *.c 3; d.* 4; ~^/(x) $1; ~*Y 5; }
         map $a $b { volatile; }
         server { location / { return 200 $b; } }",
    );
    let map = &site.maps[0];
    let ir::Lookup::Text(texts) = &map.lookup else { panic!("{map:?}") };
    let names = |names: &[(Vec<u8>, u32)]| {
        names.iter().map(|(name, _)| String::from_utf8_lossy(name).into_owned()).collect::<Vec<_>>()
    };
    assert_eq!((map.name.as_str(), texts.hostnames, map.volatile), ("a", true, false));
    assert_eq!(names(&texts.names.exact), ["b.test"]);
    assert_eq!(names(&texts.names.suffix), [".b.test", ".c"]);
    assert_eq!(names(&texts.names.prefix), ["d."]);
    let used: Vec<_> = texts.regexes.iter().map(|(regex, _)| regex.captures_used).collect();
    assert_eq!((used.as_slice(), map.default), (&[true, true][..], 1));
    assert!(site.maps[1].volatile);
    for (text, drawn, message) in [
        ("map $uri $a { a 1; A 2; }", "              -    ^", "R11: `A` has a value already"),
        ("map $uri $a { a; }", "              ^", "R11: a line of a `map` is a text and its value"),
        ("map $uri $host { a 1; }", "         ^^^^^", "R11: `$host` is the server's own"),
        ("map $a $a { a 1; }", "^^^^^^^^^", "R11: `$a` rests on itself"),
        ("map $uri a { a 1; }", "         ^", "R10: `a` is no variable"),
        ("map $uri $a { ~[ 1; }", "               ^", "T15: this `[` has no `]`"),
        ("map $uri $a { ~(x) $2; }", "              ---- ^^", "T17: `$2` is always empty"),
    ] {
        refused(&format!("{text} server {{ root www; }}"), drawn, message);
    }
}

#[test]
fn networks_and_shares_are_resolved() {
    let site = site(
        "geo $arg_a $a { default 1; 10.0.0.0/8 2; 10.1.0.0/16 1; 11.0.0.0/8 2; delete 11.0.0.0/8; ::/0 3; }
         split_clients $uri $b { 0.5% x; 49.5% y; * x; }
         server { location / { return 200 $a$b; } }",
    );
    let v4 = vec![(0, 1), (10 << 24, 2), (0x0a01_0000, 1), (0x0a02_0000, 2), (11 << 24, 1)];
    assert_eq!(site.maps[0].lookup, ir::Lookup::Address(v4, vec![(0, 3)]));
    assert_eq!(site.maps[1].lookup, ir::Lookup::Share(vec![(21_474_836, 1), (2_147_483_647, 2)]));
    assert_eq!(site.maps[1].default, 1);
    for (text, drawn, message) in [
        ("geo $a { 10.0.0/8 a; }", "         ^^^^^^^^", "T07: `10.0.0/8` is not an address"),
        ("geo $a { 10.0.0.0/33 a; }", "                  ^^", "T07: `33` is no length of a prefix"),
        ("geo $a { all a; }", "         ^^^", "T07: `all` is not an address"),
        (
            "geo $a { ::1 a b; }",
            "         ^^^^^^^",
            "R12: a line of a `geo` is a network and its value",
        ),
        (
            "geo $a { ::1 a; ranges; }",
            "                ^^^^^^",
            "R12: `ranges` comes first in a `geo`",
        ),
        ("geo $a { delete ::1; }", "                ^^^", "R12: there is no `::1` to delete"),
        (
            "geo $a { ranges; ::1 a; }",
            "                 ^^^",
            "R12: `::1` is no range of IPv4 addresses",
        ),
        (
            "geo $a { ranges; 10.0.0.2-10.0.0.1 a; }",
            "                 ^^^^^^^^^^^^^^^^^",
            "R12: `10.0.0.2-10.0.0.1` ends before it begins",
        ),
        (
            "geo $a { ranges; 10.0.0.2-10.0.0.3 a; 10.0.0.0-10.0.0.9 b; }",
            "                 -----------------    ^^^^^^^^^^^^^^^^^",
            "R12: this overlaps with a range before it",
        ),
        ("split_clients a $a { 5 a; }", "                     ^", "R13: `5` is no share"),
        ("split_clients a $a { 0% a; }", "                     ^^", "R13: `0%` is nobody"),
        (
            "split_clients a $a { 0.001% a; }",
            "                     ^^^^^^",
            "R13: `0.001%` is no share",
        ),
        (
            "split_clients a $a { 101% a; }",
            "                     ^^^^",
            "R13: `101%` is more than all",
        ),
        (
            "split_clients a $a { 60% a; 50.5% b; }",
            "                            ^^^^^",
            "R13: the shares come to 110.50% by here",
        ),
        (
            "split_clients a $a { * a; 5% b; }",
            "                     -    ^^",
            "R13: nothing is left for this share",
        ),
        (
            "geo $a { ::1 a; } map a $a { b c; }",
            "                        ^^",
            "R11: `$a` is looked up already",
        ),
    ] {
        refused(&format!("{text} server {{ root www; }}"), drawn, message);
    }
}

#[test]
fn what_cannot_be_read() {
    for (text, drawn, message) in [
        ("if $uri { break; }", "   ^^^^", "R10: a condition stands in parentheses"),
        ("if ($uri = a { break; }", "           ^", "R10: the condition has no `)` at its end"),
        ("if () { break; }", "^^^^^", "R10: this is no condition"),
        ("if ($uri == a) { break; }", "         ^^", "R10: `==` compares nothing"),
        ("if ($uri > a) { break; }", "         ^", "R10: `>` compares nothing"),
        ("if ($uri = a b) { break; }", "^^^^^^^^^^^^^^^", "R10: this is no condition"),
        ("if (a$uri = a) { break; }", "    ^^^^^", "R10: a condition begins with a variable"),
        ("if (-g /a) { break; }", "    ^^", "R10: `-g` asks nothing of a path"),
        ("if ($uri ~ [) { break; }", "           ^", "T15: this `[` has no `]`"),
        ("if ($hots = a) { break; }", "    ^^^^^", "T18: there is no variable `$hots`"),
        ("set x 1;", "    ^", "R10: `x` is no variable"),
        ("set $a-b 1;", "    ^^^^", "R10: `$a-b` is no variable"),
        ("set $host a;", "    ^^^^^", "R10: `$host` is the server's own, and is not set"),
        ("rewrite ^ /a lats;", "             ^^^^", "R10: `lats` is no flag of `rewrite`"),
        ("rewrite ^/(a) /$2;", "        -----  ^^", "T17: `$2` is always empty"),
    ] {
        let (front, back) = ("server { root www; ", " }");
        let drawn = format!("{}{drawn}", " ".repeat(front.len()));
        refused(&format!("{front}{text}{back}"), &drawn, message);
    }
}

#[test]
fn the_rate_of_a_response_is_set_by_sizes() {
    let conf = |line: &str| format!("server {{ listen 80; root www; {line} }}");
    assert!(codes(&conf("set $limit_rate 4k; limit_rate $arg_r; limit_rate_after 1m;")).is_empty());
    assert_eq!(codes(&conf("limit_rate 4q;")), ["T02"]);
    assert_eq!(codes(&conf("location / { set $limit_rate 4q; }")), ["T02"]);
    let site = site(&conf("limit_rate 8k; location /off { limit_rate 0; } location /in { }"));
    let rate = |path| settings(&site, path).rate.as_ref().map(|rate| rate.per_second.clone());
    assert_eq!((rate("/off"), rate("/in")), (None, Some(Amount::Fixed(8192))));
}

#[test]
fn what_answers_in_a_location_answers_in_its_ifs() {
    for (directive, expected) in [
        ("empty_gif", Handler::EmptyGif),
        ("stub_status", Handler::Status),
        ("metrics", Handler::Metrics),
        ("status_page", Handler::StatusPage),
    ] {
        let conf = format!(
            "server {{ listen 127.0.0.1:80; location = /x {{ {directive};
             if ($arg_a) {{ add_header A 1; }} }} }}"
        );
        let site = site(&conf);
        let handlers = site.locations.iter().filter_map(|location| match &location.action {
            Action::Serve { handler, .. } if *handler == expected => Some(()),
            _ => None,
        });
        assert_eq!(handlers.count(), 2, "{directive}");
    }
}
