//! Locations that are selected, and those that cannot be.

use std::collections::BTreeSet;
use std::path::Path;

use proptest::prelude::*;

use super::{check, said};
use crate::compile;
use crate::files::Memory;
use crate::route::Router;
use crate::sketch::{paths, sketches};

#[test]
fn lookaround_is_part_of_what_is_proved() {
    let but_api = "location ~ ^/(?!api/) { return 200 a; }";
    check(
        &format!("{but_api}\nlocation ~ ^/a/ {{ return 200 b; }}"),
        &["K07 2 [`/a/` is answered by `location ~ ^/(?!api/)`]"],
    );
    check(&format!("{but_api}\nlocation ~ ^/ap {{ return 200 b; }}"), &[]);
    check(
        &format!("location /b/ {{ root www; }}\n{but_api}"),
        &["K08 1 [`/b/` is answered by `location ~ ^/(?!api/)`]"],
    );
    check(&format!("location /api/ {{ return 200 b; }}\n{but_api}"), &[]);
    check("location ~ /\\.(?!well-known) { return 403; }\nroot www;", &[]);
    let (none, one) =
        ("location ~ ^/a(?=b)c { return 200 a; }", "location ~ ^/a(?!b)c { return 200 a; }");
    assert!(said(none)[0].starts_with("K07 1 [no path"));
    check(one, &[]);
}

#[test]
fn regexes_that_others_take_over() {
    let a = "location ~ ^/a { return 200 a; }";
    check(
        &format!("{a}\nlocation ~ ^/a/b {{ return 200 b; }}"),
        &["K07 2 [`/a/b` is answered by `location ~ ^/a`]"],
    );
    check(&format!("location ~ ^/a/b {{ return 200 b; }}\n{a}"), &[]);
    check(&format!("{a}\n{a}"), &["K07 2 [`/a` is answered by `location ~ ^/a`]"]);
    check(
        "location ~* ^/A { return 200 1; }\nlocation ~ ^/a { return 200 2; }",
        &["K07 2 [`/a` is answered by `location ~* ^/A`]"],
    );
    check("location ~ ^/a { return 200 1; }\nlocation ~* ^/A { return 200 2; }", &[]);
    // None of two takes them all, both together do.
    let halves = "location ~ ^/[a-m] { return 200 1; }\nlocation ~ ^/[n-z] { return 200 2; }";
    check(
        &format!("{halves}\nlocation ~ ^/[c-x] {{ return 200 3; }}"),
        &["K07 3 [`/c` is answered by `location ~ ^/[a-m]`]"],
    );
    check(&format!("{halves}\nlocation ~ ^/[a-z0] {{ return 200 3; }}"), &[]);
    // Of two that were met, one does alone.
    check(
        "location ~ ^/ab$ { return 200 1; }\nlocation ~ ^/a { return 200 2; }\n\
         location ~ ^/ab { return 200 3; }",
        &["K07 3 [`/ab` is answered by `location ~ ^/ab$`]"],
    );
}

#[test]
fn paths_that_nobody_asks_for() {
    let path = "no path is, or begins with,";
    let merged = "runs of slashes are merged before locations are looked for (`merge_slashes`)";
    let dots = "dots are resolved before locations are looked for";
    let form = "no path that comes here matches it: paths begin with a slash, and have no empty \
                or dot segments";
    check("location = /a//b { return 200 a; }", &[&format!("K07 1 [{path} `/a//b`: {merged}]")]);
    check("location /a/../b { return 200 a; }", &[&format!("K07 1 [{path} `/a/../b`: {dots}]")]);
    check("location ~ ^a { return 200 a; }", &[&format!("K07 1 [{form}]")]);
    // Once, with what to write instead.
    check("location a { return 200 a; }", &["K07 1"]);
    check("location = a { return 200 a; }", &["K07 1"]);
    check("location ^~ a {\nlocation ab { return 200 a; } }", &["K07 1", "K07 2"]);
    check("location ~ ^//a { return 200 a; }", &[&format!("K07 1 [{form}]")]);
    check("merge_slashes off;\nlocation = /a//b { return 200 a; }", &[]);
    check("merge_slashes off;\nlocation ~ ^//a { return 200 a; }", &[]);
    check("location = /a/.b { return 200 a; }\nlocation /a/..b { return 200 a; }", &[]);
}

#[test]
fn prefixes_and_regexes() {
    let img = "location /img/ { return 200 p; }";
    check(
        &format!("{img}\nlocation ~ /img/ {{ return 200 r; }}"),
        &["K08 1 [`/img/` is answered by `location ~ /img/`]"],
    );
    check(&format!("{img}\nlocation ~ ^/img/. {{ return 200 r; }}"), &[]);
    // The dot is not a line break, which a path may have.
    let exact = "location = /img/ { return 200 e; }";
    check(&format!("{img}\n{exact}\nlocation ~ ^/img/. {{ return 200 r; }}"), &[]);
    check(
        &format!(
            "{img}\nlocation = /img/ {{ return 200 e; }}\nlocation ~ (?s)^/img/. {{ return 200 r; }}"
        ),
        &["K08 1 [`/img/a` is answered by `location ~ (?s)^/img/.`]"],
    );
    check("location ^~ /img/ { return 200 p; }\nlocation ~ ^/im { return 200 r; }", &[]);
    check(
        "location ^~ / { return 200 p; }\nlocation ~ x { return 200 r; }",
        &["K09 2 [`/x` is answered by `location ^~ /`]"],
    );
    check(
        "location ^~ / { return 200 p; }\nlocation /a { return 200 q; }\n\
         location ~ x { return 200 r; }",
        &[],
    );
    check(
        "location = /x { return 200 e; }\nlocation ~ ^/x$ { return 200 r; }",
        &["K07 2 [`/x` is answered by `location = /x`]"],
    );
}

#[test]
fn nested_locations() {
    check(
        "location /a/ {\nlocation ~ b { return 200 1; }\nlocation ~ bc { return 200 2; }\n\
         return 200 3; }",
        &["K07 3 [`/a/bc` is answered by `location ~ b`]"],
    );
    check(
        "location ~ ^/a/ {\nlocation ~ ^/b/ { return 200 1; }\nreturn 200 2; }",
        &["K07 2 [no path that comes here matches it: paths begin with a slash, and have no \
           empty or dot segments]"],
    );
    check("location /a/ {\nlocation /a/ { return 200 1; }\nreturn 200 2; }", &["K07 1"]);
    // The regex outside takes what the nested prefix would.
    check(
        "location /a/ {\nlocation /a/b/ { return 200 1; }\nreturn 200 2; }\n\
         location ~ ^/a/b/ { return 200 3; }",
        &["K08 2 [`/a/b/` is answered by `location ~ ^/a/b/`]"],
    );
    // It takes what the outer prefix would too: that is said once.
    let nested = |inner: &str| {
        format!("location /a/ {{\n{inner}\nreturn 200 2; }}\nlocation ~ ^/a/ {{ return 200 3; }}")
    };
    let taken = "[`/a/` is answered by `location ~ ^/a/`]";
    for inner in ["location /a/b/ { return 200 1; }", "location /a/ { return 200 1; }"] {
        check(&nested(inner), &[&format!("K08 1 {taken}")]);
    }
    // What is asked for before the regex is still selected, and the block is for that.
    for inner in [
        "location = /a/b {",
        "location ^~ /a/b/ {",
        "location ~ b {",
        "location /a/b/ { location ~ c { }",
    ] {
        check(&nested(&format!("{inner} return 200 1; }}")), &[][..]);
    }
    check(
        "location ^~ /a/ {\nlocation /a/b/ { return 200 1; }\nreturn 200 2; }\n\
         location ~ b/ { return 200 3; }",
        &[],
    );
}

#[test]
fn regexes_that_are_not_tried_everywhere() {
    let css = "location ~ [.]css$ { expires 1d; }";
    check(
        &format!("root www;\nlocation ^~ /static/ {{ expires 1h; }}\n{css}"),
        &["K10 3 [`/static/a.css` is answered by `location ^~ /static/`]"],
    );
    // Other programs' files, an answer for all, and the same done for both.
    check(&format!("root www;\nlocation ^~ /.well-known/ {{ expires 1h; }}\n{css}"), &[]);
    check(&format!("root www;\nlocation ^~ /static/ {{ return 410; }}\n{css}"), &[]);
    check("root www;\nlocation ^~ /static/ { }\nlocation ~ [.]css$ { }", &[]);
    // What keeps other answers away is meant, unless a file is there that they are for.
    let answer = "root www;\nlocation ^~ /assets/ { }\nlocation ~ [.]EXT$ { return 404; }";
    check(&answer.replace("EXT", "php"), &[]);
    check(&answer.replace("EXT", "php").replace("return 404", "deny all"), &[]);
    let said = "K10 3 [`/assets/a.js` is answered by `location ^~ /assets/`]";
    check(&answer.replace("EXT", "js"), &[said]);
    let aliased = "location ^~ /s/ { alias www/assets/; }\nlocation ~ [.]js$ { return 404; }";
    check(aliased, &["K10 2 [`/s/a.js` is answered by `location ^~ /s/`]"]);
    check(&aliased.replace("[.]js", "^/x[.]js"), &[]);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// What is said to be unreachable is never reached.
    #[test]
    fn unreachable_locations_are_not_reached(
        sketch in sketches(),
        paths in proptest::collection::vec(paths(), 40),
    ) {
        let conf = sketch.conf();
        let compilation = compile(&Memory::new([("site.conf", &conf)]), Path::new("site.conf"));
        let site = compilation.site.expect("a sketch compiles");
        let sorted = compilation.diagnostics.sorted();
        let proved = sorted.iter().filter(|found| matches!(found.code, "K07" | "K08" | "K09"));
        let proved: BTreeSet<_> = proved.map(|found| found.primary.span).collect();
        let router = Router::new(&site);
        for path in paths {
            let mut normal = Vec::new();
            if sitec_runtime::http::target::normalize(path.as_bytes(), true, &mut normal).is_err() {
                continue;
            }
            for server in 0..site.servers.len() {
                let id = router.location(server as u16, &normal);
                let place = &compilation.places.locations[id as usize];
                prop_assert!(!proved.contains(&place.span), "{path} reaches {}\n{conf}", place.written);
            }
        }
    }
}

#[test]
fn dots_of_regexes() {
    for (pattern, is_open) in [
        (".php$", true),
        (r"^/x\.php$", false),
        (".(?:jpe?g|png)$", true),
        (".(a|b)$", false),
        (r"\.(jpg|png)$", false),
        ("[.]php$", false),
        ("^/a.*$", false),
        ("^/file.html", true),
        ("^/v1.2/", false),
        ("^/a.phpx", false),
    ] {
        let said = said(&format!("location ~ \"{pattern}\" {{ return 200 a; }}"));
        assert_eq!(said.contains(&"T21 1".to_owned()), is_open, "{pattern}: {said:?}");
    }
    for (name, is_open) in [
        ("~^www.a.test$", true),
        (r"~^www\.a\.test$", false),
        (r"~^.+\.a\.test$", false),
        (r"~^(?<user>.*)\.test$", false),
    ] {
        let said = said(&format!("server_name \"{name}\";\nroot www;"));
        assert_eq!(said.contains(&"T21 1".to_owned()), is_open, "{name}: {said:?}");
    }
}

#[test]
fn locations_written_as_urls() {
    check(
        "location /%20x { return 200 a; }",
        &["K19 1 [`/%2520x` would come here, `/%20x` does not]"],
    );
    check(
        "location = /a?b=c { return 200 a; }",
        &["K19 1 [`/a%3Fb=c` would come here, `/a?b=c` does not]"],
    );
    check("location ~ ^/a\\?b { return 200 a; }", &["K19 1"]);
    check("location ~ ^/(a|b)%2f { return 200 a; }", &["K19 1"]);
    check("location ~ ^/a[?]b { return 200 a; }", &["K19 1"]);
    // A path may have a percent sign, and need not have a question mark.
    check("location /100% { return 200 a; }", &[]);
    check("location ~ ^/a?b { return 200 a; }", &[]);
    check("location ~ ^/a(?:\\?.*)?$ { return 200 a; }", &[]);
    check("location ~ ^/[?%]a { return 200 a; }", &[]);
}

#[test]
fn internal_locations_that_nothing_leads_to() {
    let root = "root www;\nlocation /x/ { internal; expires 1d; }";
    check(root, &["K16 2"]);
    // Alone, it is another way to keep paths from everyone.
    check("root www;\nlocation /x/ { internal; }\nlocation ~ [.]x$ { internal; }", &[]);
    for way in [
        "error_page 500 /x/a.html;",
        "error_page 500 $uri;",
        "location /b/ { try_files $uri /x/index.html; }",
        "location /b/ { try_files $uri /$arg_a; }",
        "location /b/ { auth_request /x/404.html; }",
        "location /b/ { mirror /x/404.html; }",
        "location /b/ { cgi_pass /usr/bin/php-cgi; }",
        "index /x/a.html;",
    ] {
        let found = said(&format!("{root}\n{way}"));
        assert!(!found.iter().any(|said| said.starts_with("K16")), "{way}: {found:?}");
    }
    // An index is come to by its folder.
    check("root www;\nlocation = /assets/index.html { internal; }", &[]);
    check("root www;\nlocation = /assets/start.html { internal; }", &["K16 2"]);
    check("root www;\nlocation ~ ^/in/ { internal; index a; }", &[]);
}
