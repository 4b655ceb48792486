//! Sites as a whole: what is said of them, and that it is true.

use std::collections::BTreeSet;
use std::path::Path;

use proptest::prelude::*;

use crate::diagnostic::Levels;
use crate::files::Memory;
use crate::route::Router;
use crate::sketch::{paths, sketches};
use crate::{compile, compile_with};

const FILES: &[(&str, &str)] = &[
    ("www/index.html", ""),
    ("www/404.html", ""),
    ("www/assets/a.js", ""),
    ("/usr/bin/php-cgi", ""),
];

/// What is said about a server with these directives: each code, the line in it (from 1), and
/// the notes.
fn said(inside: &str) -> Vec<String> {
    said_with(inside, Levels::default())
}

fn said_with(inside: &str, levels: Levels) -> Vec<String> {
    said_beside("", inside, levels)
}

/// `top` is what stands before the server, in its line.
fn said_beside(top: &str, inside: &str, levels: Levels) -> Vec<String> {
    let conf = format!("{top} server {{ listen 8080;\n{inside}\n}}");
    let files = Memory::new(FILES.iter().copied().chain([("site.conf", &conf[..])]));
    let compilation = compile_with(&files, Path::new("site.conf"), levels);
    let found = compilation.diagnostics.sorted().into_iter().map(|diagnostic| {
        let (line, _) = compilation.sources.line_column(diagnostic.primary.span);
        let notes = diagnostic.notes.iter().map(|note| format!(" [{note}]")).collect::<String>();
        format!("{} {}{notes}", diagnostic.code, line - 1)
    });
    found.collect()
}

#[track_caller]
fn check(inside: &str, expected: &[&str]) {
    assert_eq!(said(inside), expected, "{inside}");
}

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
fn redirects_that_lead_back() {
    let circle = |path: &str| format!("K14 {path}");
    check("location /a { return 301 /a/; }", &[&circle("1 [a browser would go /a -> /a/ -> /a/]")]);
    check("location = /a { return 301 /a/; }\nlocation /a/ { return 200 x; }", &[]);
    check(
        "location = /a { return 301 /b; }\nlocation = /b { return 302 /a; }",
        &[&circle("1 [a browser would go /a -> /b -> /a]")],
    );
    // What only leads into a circle is no part of it.
    check(
        "location = /x { return 301 /b; }\nlocation = /b { return 302 /b; }",
        &[&circle("2 [a browser would go /b -> /b]")],
    );
    check(
        "location ~ ^/(.*)$ { return 301 /$1?seen; }",
        &[&circle("1 [a browser would go / -> /?seen -> /?seen]")],
    );
    // It may be another server, or nobody's.
    check("location / { return 301 https://a.test$request_uri; }", &[]);
    check("location / { return 301 http://a.test$request_uri; }", &[]);
    check("location / { return 301 http://$http_x_to/; }", &[]);
    check(
        "server_name a.test;\nlocation / { return 301 http://$host:8080$request_uri; }",
        &[&circle("2 [a browser would go http://a.test:8080/ -> http://a.test:8080/]")],
    );
    // What never comes back and never ends is no better.
    check(
        "location / { return 301 /x$request_uri; }",
        &[&circle("1 [a browser would go / -> /x/ -> /x/x/ -> /x/x/x/, and so on]")],
    );
}

#[test]
fn pages_and_fallbacks_that_need_themselves() {
    check(
        "root www;\nlocation / { try_files $uri @a; }\nlocation @a { try_files /x @a; }",
        &["K13 3 [where no file is found: @a -> @a]"],
    );
    check("error_page 404 /nf;\nlocation = /nf { return 404; }", &["K13 1"]);
    check("error_page 404 /nf;\nlocation = /nf { return 404 \"gone\"; }", &[]);
    check("error_page 403 /nf;\nlocation = /nf { return 404; }", &[]);
    check("error_page 403 @nf;\nlocation @nf { return 403; }", &["K13 1"]);
    check(
        "root www;\nlocation / { try_files $uri $uri/; }",
        &["K13 2 [`/no-such-file` goes round in circles, and is answered 500]"],
    );
    check("root www;\nlocation /b/ { try_files $uri $uri/ /404.html; }", &[]);
    // The server answers before there is a location.
    check("root www;\nset $args b;\nreturn 500;\nlocation / { try_files $uri $uri/; }", &[]);
    // By way of each other: said once, of the one that is written first.
    check(
        "root www;\nlocation /b/ { try_files $uri /c/$uri; }\nlocation ~ /c { try_files $uri /b/; }",
        &["K13 2 [`/b/no-such-file` goes round in circles, and is answered 500]"],
    );
    check(
        "root www;\nlocation ~ /c { try_files $uri /b/$uri; }",
        &["K13 2 [`/cno-such-file` goes round in circles, and is answered 500]"],
    );
    check(
        "root www;\nlocation /b/ { try_files $uri $uri/; location /b/c/ { } }",
        &["K13 2 [`/b/no-such-file` goes round in circles, and is answered 500]"],
    );
    check("root www;\nlocation /a/ { try_files $uri /404.html; }", &[]);
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
fn what_a_return_answers_before() {
    check("location /a { autoindex on; return 301 /b; }", &["D08 1"]);
    check("root www;\nlocation /a { index x; }\nreturn 204;", &["D08 1", "D08 2"]);
    check(
        "return 204;\nlocation /a { }\nlocation /b { }\nlocation /c { }",
        &["D08 2 [nor have the 2 others]"],
    );
    let maintenance = "location @down { try_files /down.html =404; }\nreturn 503;";
    check(&format!("root www;\nerror_page 503 @down;\n{maintenance}"), &[]);
    // A nested location has what stands around it, and a text may be made of the root.
    check("location /a/ { root www;\nlocation /a/b/ { }\nreturn 204; }", &[]);
    check("location /a { root www; return 200 $document_root; }", &[]);
    check("location /a { error_page 404 /404.html; return 404; }\nroot www;", &[]);
}

#[test]
fn pages_in_the_place_of_what_is_missing() {
    let page = "root www;\nlocation / { try_files $uri /index.html; }";
    let lints = |inside: &str| {
        let found = said_with(inside, Levels { lints: true, ..Levels::default() });
        found.into_iter().filter(|found| found.starts_with("X17")).collect::<Vec<_>>()
    };
    assert_eq!(lints(page), ["X17 2 [the page is `www/index.html`]"]);
    check(page, &[]);
    for inside in [
        &format!("{page}\nlocation /assets/ {{ try_files $uri =404; }}"),
        "root www;\nlocation / { try_files $uri =404; }",
        "root www;\nlocation /app/ { try_files $uri /index.html; }",
    ] {
        assert_eq!(lints(inside), [""; 0], "{inside}");
    }
}

/// What is said about a server with these directives, whose root has these files.
fn said_of(files: &[&str], inside: &str) -> Vec<String> {
    let conf = format!("server {{ listen 8080; root site;\n{inside}\n}}");
    let files = files.iter().map(|&path| (path, ""));
    let files = Memory::new(files.chain([("site/index.html", ""), ("site.conf", &conf)]));
    let compilation = compile(&files, Path::new("site.conf"));
    let sorted = compilation.diagnostics.sorted();
    sorted.into_iter().map(|found| format!("{} {}", found.severity, found.code)).collect()
}

#[test]
fn files_that_nobody_gets() {
    let dump = &["site/dump.sql"];
    assert_eq!(said_of(dump, ""), ["error F09"]);
    assert_eq!(said_of(dump, "allow 10.0.0.0/8; deny all;"), ["error F09"]);
    assert_eq!(said_of(dump, "location ~ [.]sql$ { deny all; }"), [""; 0]);
    assert_eq!(said_of(dump, "location ~ [.]sql$ { return 404; }"), [""; 0]);
    assert_eq!(said_of(dump, "location / { internal; }"), [""; 0]);
    let odd = &["site/a.odd"];
    assert_eq!(said_of(odd, ""), ["warning F11"]);
    assert_eq!(said_of(odd, "location ~ [.]odd$ { deny all; }"), [""; 0]);
    assert_eq!(said_of(odd, "location ~ [.]odd$ { default_type text/x-odd; }"), [""; 0]);
}

#[test]
fn servers_that_have_nothing() {
    check("", &["Z14 0"]);
    check("server_name a.test;\nindex x;", &["Z14 0"]);
    check("return 404;", &[]);
    check("location = /a { return 200 a; }", &[]);
    check("error_page 404 @a;\nlocation @a { return 200 a; }", &[]);
}

#[test]
fn pages_that_are_kept() {
    let note = "[until then a client does not ask whether there is a newer one]";
    check("root www;\nexpires 30d;", &[&format!("Z10 2 {note}")]);
    check("root www;\nexpires 29d;", &[]);
    check("root www;\nlocation /assets/ { expires max; }", &[]);
    check(
        "root www;\nerror_page 404 /404.html;\nlocation = /404.html { internal; expires max; }",
        &[&format!("Z10 3 {note}")],
    );
    check("root www;\nlocation ~ [.]html?$ { }\nlocation / { expires max; }", &[]);
}

#[test]
fn compressed_files_that_are_not_there() {
    check("root www;\ngzip_static on;", &["Z09 2"]);
    check("gzip_static on;\nlocation /a/ { alias www/assets/; }\nroot www;", &["Z09 1"]);
    // Of a folder that is not known, nothing is.
    check("gzip_static on;\nlocation ~ ^/(a) { root www/$1; }\nlocation /b/ { root www; }", &[]);
    check("gzip_static on;\nlocation / { return 204; }", &[]);
}

#[test]
fn programs_that_are_told_of_scripts() {
    let site = |location: &str, value: &str| {
        format!(
            "root www;\nlocation {location} {{ cgi_pass /usr/bin/php-cgi;\n\
             cgi_param SCRIPT_FILENAME {value}; }}"
        )
    };
    let told = |path: &str| {
        format!("X18 3 [for `{path}` it may run `a.jpg`: PHP does, with `cgi.fix_pathinfo`]")
    };
    for value in ["$document_root$uri", "$request_filename", "/srv/php$document_uri"] {
        check(&site(r"~ \.php$", value), &[&told("/a.jpg/x.php")]);
    }
    check(&site("/app/", "$document_root$uri"), &[&told("/app/a.jpg/x.php")]);
    check(&site("~ ^/(?<f>app/.+)$", "/srv/$f"), &[&told("/app/a.jpg/a")]);
    // One script, one that may not be elsewhere, and a path that can have no other within it.
    check(&site(r"~ \.php$", "/srv/app.php"), &[]);
    check(&site("= /app.php", "$document_root$uri"), &[]);
    check(&site(r"~ ^/[a-z]+\.php$", "$document_root$uri"), &[]);
    check("root www;\nlocation ~ \\.php$ { cgi_pass .php php-cgi; }", &[]);
}

#[test]
fn timeouts_that_others_end() {
    let lints = |inside: &str| said_with(inside, Levels { lints: true, ..Levels::default() });
    let php = "root www;\nlocation ~ \\.php$ { cgi_pass .php php-cgi; }\n";
    let stop = "Z06 3 [told to stop, it ends what is under way after 30s: the client is dropped before \
                the script may answer]";
    assert_eq!(lints(&format!("{php}cgi_timeout 31s;")), [stop]);
    for (bound, timeout, expected) in [("5s", "6s", 1), ("1m", "60s", 0), ("0", "1h", 0)] {
        let top = format!("worker_shutdown_timeout {bound};");
        let levels = Levels { lints: true, ..Levels::default() };
        let found = said_beside(&top, &format!("{php}cgi_timeout {timeout};"), levels);
        assert_eq!(found.len(), expected, "{bound}: {found:?}");
    }
    // It is of no use without scripts, and the default is nobody's order.
    for fine in [&format!("{php}cgi_timeout 30s;"), php, "root www;\ncgi_timeout 60s;"] {
        assert_eq!(lints(fine), [""; 0], "{fine}");
    }
    let unsaid = "Z06 2 [`lingering_time` is 30s where the conf does not say]";
    assert_eq!(lints("root www;\nlingering_timeout 31s;"), [unsaid]);
    assert_eq!(lints("root www;\nlingering_time 5s;\nlingering_timeout 6s;"), ["Z06 3"]);
    assert_eq!(lints("root www;\nlingering_time 1m;\nlingering_timeout 31s;"), [""; 0]);
    assert!(said("root www;\nlingering_timeout 31s;").is_empty());
}

#[test]
fn links_that_leave_their_folder() {
    let said = |symlinks: &str| {
        let conf = format!("server {{ listen 8080; root www; {symlinks} }}");
        let mut files =
            Memory::new([("site.conf", &conf[..]), ("www/index.html", ""), ("/etc/passwd", "")]);
        files.add_link("www/users", "/etc/passwd");
        let sorted = compile(&files, Path::new("site.conf")).diagnostics;
        sorted.sorted().into_iter().map(|found| found.code).collect::<Vec<_>>()
    };
    assert_eq!(said(""), ["F10"]);
    assert_eq!(said("disable_symlinks off;"), ["F10"]);
    assert_eq!(said("disable_symlinks on;"), [""; 0]);
}

#[test]
fn redirects_that_lead_to_nothing() {
    let old = |to: &str| format!("root www;\nlocation = /old {{ return 301 {to}; }}");
    check(&old("/new/"), &["K17 2"]);
    check(&old("/new$is_args$args"), &["K17 2"]);
    check(&old("$scheme://$host:$server_port/new"), &["K17 2"]);
    check(&old("/index.html"), &[]);
    check(&old("/assets/"), &[]);
    // Where it leads depends on the request, is no page of this site, or is not known.
    check("root www;\nlocation /old/ { return 301 /new$request_uri; }", &[]);
    check(&old("/$arg_to"), &[]);
    check(&old("http://other.test/new"), &[]);
    check(&old("https://$host/new"), &[]);
    let way = "location = /new { return 302 /newer; }";
    check(&format!("{}\n{way}", old("/new")), &["K17 2 [by way of `/newer`]", "K17 3"]);
    // Clients, scripts and other machines may have it.
    let put = "location /new/ { dav_methods PUT; }";
    check(&format!("{}\n{put}", old("/new/a")), &[]);
    let script = "location /new/ { cgi_pass /usr/bin/php-cgi; }";
    check(&format!("{}\n{script}", old("/new/a")), &[]);
    let said_of_other = said("root /srv/www;\nlocation = /old { return 301 /new; }");
    assert!(said_of_other.len() == 1 && said_of_other[0].starts_with("F01 1"));
    // What takes the place of the redirect, and a server that has no files.
    check("root www;\nerror_page 301 /404.html;\nlocation = /old { return 301 /new; }", &[]);
    check("location = /old { return 301 /new; }", &[]);
    check(
        "root www;\nlocation /a { return 301 /a/; }",
        &["K14 2 [a browser would go /a -> /a/ -> /a/]"],
    );
    check("location = /old { return 301 /gone; }\nlocation = /gone { return 410; }", &[]);
}

#[test]
fn redirects_that_lead_back_by_files() {
    let files = ["www/guide/index.html", "www/404.html"];
    let said = |inside: &str| {
        let conf = format!("server {{ listen 8080; root www;\n{inside}\n}}");
        let all = files.iter().map(|&path| (path, "")).chain([("site.conf", &conf[..])]);
        let compilation = compile(&Memory::new(all), Path::new("site.conf"));
        let found = compilation.diagnostics.sorted().into_iter().filter(|d| d.code == "K14");
        found.flat_map(|diagnostic| diagnostic.notes.clone()).collect::<Vec<_>>()
    };
    let index = "location ~ ^/(?<p>.+)/index\\.html$ { return 301 /$p/; }";
    assert_eq!(
        said(&format!("location / {{ try_files $uri $uri.html $uri/ =404; }}\n{index}")),
        ["a browser would go /guide/index.html -> /guide/ -> /guide/"]
    );
    assert_eq!(said(&format!("{index}\nlocation / {{ index start.html; }}")), [""; 0]);
    assert_eq!(said("location ~ ^/(?<p>.+)\\.htm$ { return 301 /$p.html; }"), [""; 0]);
    let own = "location ~ ^/q { return 302 http://$host:$server_port$request_uri; }";
    assert_eq!(said(own), ["a browser would go /q -> /q"]);
    // A client that another port led here has none in its URL.
    let own = "location ~ ^/q { return 302 http://$host$request_uri; }";
    assert_eq!(said(own), ["a browser would go /q -> /q"]);
    assert_eq!(said("location ~ ^/q { return 302 http://$host/p$request_uri; }"), [""; 0]);
    assert_eq!(said("location / { return 302 http://nobody.invalid/; }"), [""; 0]);
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
fn indexes_of_locations() {
    check("root www;\nlocation /assets/ { index start.html; }", &["F02 2"]);
    check("root www;\nlocation /assets/ { index start.html a.js; }", &[]);
    check("root www;\nlocation /assets/ { index start.html; autoindex on; }", &[]);
    check("root www;\nlocation /assets/ { index start.html; dav_methods PUT; }", &[]);
    check(
        "root www;\nlocation /assets/ { index start.html; try_files $uri $uri/ =404; }",
        &["F02 2"],
    );
    check("root www;\nlocation /assets/ { index start.html; try_files $uri =404; }", &[]);
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
fn rewrites_that_lead_back() {
    check(
        "root www;\nlocation /a { rewrite ^/a /b last; }\nlocation /b { rewrite ^/b /a last; }",
        &["R01 2 [`GET /a` goes /a -> /b -> /a -> /b …, and is answered 500]"],
    );
    check(
        "root www;\nlocation /a { if ($arg_x = \"\") { rewrite ^ /a; } }",
        &["R01 2 [`GET /a` goes /a -> /a -> /a -> /a …, and is answered 500]"],
    );
    for fine in [
        "location /a { rewrite ^/a /a break; }",
        "location /a { rewrite ^/a /b last; }",
        "location /a { if ($arg_x) { rewrite ^ /a last; } }",
        "location /a { rewrite ^/a(.*) /c$1 last; }\nlocation /b { rewrite ^/b /a last; }",
        "location /a { rewrite ^/a$ /a/ last; }",
    ] {
        check(&format!("root www;\n{fine}"), &[]);
    }
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

#[test]
fn what_guides_say_of_proxying_is_right() {
    for conf in [
        // WebSocket.
        "map $http_upgrade $connection_upgrade { default upgrade; '' close; }
         upstream websocket { server 127.0.0.1:8010; }
         server { listen 8020; location / { proxy_pass http://websocket; proxy_http_version 1.1;
           proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $connection_upgrade;
           proxy_set_header Host $host; proxy_read_timeout 86400; } }",
        // Gunicorn and its like.
        "upstream app_server { server unix:/tmp/gunicorn.sock fail_timeout=0; }
         server { listen 80; server_name example.com; root www; client_max_body_size 4G;
           keepalive_timeout 5;
           location / { try_files $uri @proxy_to_app; }
           location @proxy_to_app { proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
             proxy_set_header X-Forwarded-Proto $scheme; proxy_set_header Host $http_host;
             proxy_redirect off; proxy_buffering off; proxy_pass http://app_server; }
           error_page 500 502 503 504 @down; location @down { return 503 sorry; } }",
        // Keep-alive, buffers and retries.
        "upstream backend { least_conn; server backend1.example.com weight=5;
           server 127.0.0.1:8080 max_fails=3 fail_timeout=30s; server backup1.example.com:8080 backup;
           keepalive 32; zone backend 64k; }
         server { listen 80; location / { proxy_pass http://backend; proxy_http_version 1.1;
           proxy_set_header Connection ''; proxy_buffer_size 128k; proxy_buffers 4 256k;
           proxy_busy_buffers_size 256k; proxy_max_temp_file_size 0; proxy_connect_timeout 60s;
           proxy_send_timeout 60s; proxy_next_upstream error timeout invalid_header http_500;
           proxy_ignore_headers X-Accel-Expires Expires Cache-Control Set-Cookie;
           proxy_intercept_errors on; proxy_set_header X-Real-IP $remote_addr; } }",
        // Docker.
        "server { listen 80; resolver 127.0.0.11 valid=30s ipv6=off; resolver_timeout 5s; set $upstream http://app:3000;
           location /api/ { proxy_pass $upstream; include proxy_params; proxy_cache off; } }",
        // A prefix that is taken off.
        "server { listen 80; location /app/ { rewrite ^/app/(.*)$ /$1 break; proxy_pass http://127.0.0.1:3000; }
           location /other/ { proxy_pass http://127.0.0.1:3001/; proxy_ssl_server_name off; } }",
        // Node behind a redirect of the bare name; static files beside it.
        "server { listen 80; server_name example.com; root www; index index.html;
           location /assets/ { try_files $uri =404; expires 30d; }
           location / { proxy_pass http://localhost:3000; proxy_http_version 1.1;
             proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection 'upgrade';
             proxy_set_header Host $host; proxy_cache_bypass $http_upgrade; } }",
        // Files that an application protects.
        "server { listen 80; location /files/ { internal; alias www/assets/; }
           location / { proxy_pass http://127.0.0.1:8000; proxy_set_header Host $host;
             client_max_body_size 100M; proxy_request_buffering off; } }",
        // One page, and an interface beside it.
        "upstream api { server api:8080; }
         server { listen 80; root www; location / { try_files $uri $uri/ /index.html; }
           location /api { proxy_pass http://api; proxy_set_header Host $host;
             proxy_set_header X-Real-IP $remote_addr; }
           location ~ ^/(ws|events)/ { proxy_pass http://api; proxy_buffering off; proxy_read_timeout 1h; }
           error_page 500 502 503 504 /404.html; }",
        // Some clients alone, and a check of health for all.
        "server { listen 80; allow 10.0.0.0/8; deny all;
           location / { proxy_pass http://127.0.0.1:9090/; }
           location = /health { allow all; proxy_pass http://127.0.0.1:9090/-/healthy; access_log off; } }",
        // What is passed on for a while is shown from elsewhere.
        "server { listen 80; root www; error_page 404 = @fallback; location / { }
           location @fallback { proxy_pass http://backend:8080; } }",
    ] {
        let files = FILES.iter().copied().chain([("site.conf", conf)]);
        let compilation = compile(&Memory::new(files), Path::new("site.conf"));
        let said = compilation.diagnostics.render(&compilation.sources, false);
        assert!(compilation.diagnostics.is_empty(), "{conf}\n{said}");
    }
}

#[test]
fn proxies() {
    for (lines, expected) in [
        ("real_ip_header X-Real-IP;", vec!["A17 2"]),
        ("location /a { real_ip_recursive on; }", vec!["A17 2"]),
        ("set_real_ip_from 10.0.0.1;\nlocation /a { real_ip_header X-Who; }", vec![]),
        ("real_ip_header X-Who;\nlocation /a { set_real_ip_from 10.0.0.1; }", vec![]),
    ] {
        let said = said(&format!("root www;\n{lines}"));
        let begins = |(said, code): (&String, &&str)| said.starts_with(*code);
        assert!(
            said.len() == expected.len() && said.iter().zip(&expected).all(begins),
            "{lines}: {said:?}"
        );
    }
}
