//! Tests that stand in the conf.

use super::{compiled, refused, site, warned};

#[test]
fn tests_that_hold() {
    site(
        "server { listen 80 default_server; server_name a.test; root www; error_page 404 /404.html;
         location / { } location = /404.html { internal; } location ~ [.]php$ { return 403; }
         location = /old { return 301 /new?$args; } location @no { return 418; }
         location /try { try_files $uri @no; } location = /c { return 444; }
         expect GET / 200 / file=www/index.html type=text/html;
         expect GET /none 404 / \"file=www/404.html\";
         expect GET /none 404 \"= /404.html\";
         expect GET /x.php 403 ~ [.]php$;
         expect GET /x.php 403 \"~[.]php$\";
         expect POST / 405;
         expect GET /old?a=b 301 = /old location=/new?a=b;
         expect GET /try 418 @no;
         expect GET /c 444;
         expect GET http://b.test/ 200 type=text/plain;
         }
         server { listen 80; server_name b.test; return 200 b; }",
    );
}

#[test]
fn tests_of_what_is_passed_on() {
    let inside = "location / { proxy_pass http://a.test:81; } location /b { return 204; }";
    site(&format!("server {{ listen 80; {inside} expect GET / 200 upstream=A.test:81; }}"));
    for (test, expected) in [
        ("GET / 200 upstream=b", "an answer of the upstream `a.test:81`, not of `b`"),
        ("GET /b 204 upstream=b", "no answer of an upstream, where `b` was to be asked"),
        ("GET / 404", "what the upstream `a.test:81` says, not 404"),
    ] {
        let compilation = compiled(&format!("server {{ listen 80; {inside} expect {test}; }}"));
        let url = test.split(' ').nth(1).unwrap();
        let found = &compilation.diagnostics.sorted()[0];
        assert_eq!((found.code, &found.message), ("E01", &format!("`GET {url}` gives {expected}")));
    }
}

#[test]
fn tests_that_fail() {
    refused(
        "server { listen 80; root www; expect GET /x 200; }",
        "------                                      ^^^",
        "E01: `GET /x` gives 404, not 200",
    );
    refused(
        "server { listen 80; location /a { return 200 a; } location = /b { return 200 b; } \
         expect GET /a 200 = /b; }",
        "                    -----------                                                   \
         \x20                 ^^^^",
        "E01: `GET /a` gives an answer of `location /a`, not of `location = /b`",
    );
    refused(
        "server { listen 80; root www; expect GET / 200 file=www/index.htm; }",
        "------                                         ^^^^^^^^^^^^^^^^^^",
        "E01: `GET /` gives the file `www/index.html`, not `www/index.htm`",
    );
    refused(
        "server { listen 80; return 301 /a; expect GET / 301 location=/b; }",
        "------                                              ^^^^^^^^^^^",
        "E01: `GET /` gives a redirect to `/a`, not to `/b`",
    );
    refused(
        "server { listen 80; return 444; expect GET / 200 type=a/b; }",
        "------                                       ^^^",
        "E01: `GET /` gives a closed connection, not 200",
    );
}

#[test]
fn tests_that_cannot_be_read() {
    refused(
        "server { listen 80; root www; expect GET x 200; }",
        "                                         ^",
        "E02: `x` is neither a path nor a URL that begins with http",
    );
    refused(
        "server { listen 80; root www; expect GET / 200 files=x; }",
        "                                               ^^^^^",
        "E02: `expect` knows no `files=`",
    );
    refused(
        "server { listen 80; root www; location /img/ { } expect GET / 200 /imf/; }",
        "                                                                  ^^^^^",
        "E02: there is no `location /imf/`",
    );
    refused(
        "server { listen 80; root www; expect GET / 200 =; }",
        "                                               ^",
        "E02: there is nothing behind the modifier",
    );
    refused(
        "server { listen 80; root www; expect FETCH / 200; }",
        "                                     ^^^^^",
        "T12: `FETCH` is not a method that is known",
    );
}

#[test]
fn what_is_not_known_here_is_a_warning() {
    warned(
        "server { listen 80; root /srv/www; expect GET / 200; location = /t { return 200 $pid; }\n\
         location = /a { return 301 /$pid; } expect GET /a 301 location=/1; }",
        "-------------                                         ^^^^^^^^^^^",
        "E03: here `GET /a` gives a redirect to `/$pid`, not to `/1`",
    );
}
