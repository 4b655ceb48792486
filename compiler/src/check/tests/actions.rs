//! What locations do.

use super::{at, codes, refused, settings, site, warned, written};
use crate::ir::{Action, ErrorTarget, Fallback, Handler, Return};
use sitec_runtime::site::ErrorStatus;

/// The `return` of a location with this text.
#[track_caller]
fn answer(text: &str) -> Return {
    let site = site(&format!("server {{ listen 80; location / {{ return {text}; }} }}"));
    match &at(&site, "/").action {
        Action::Return(answer) => answer.clone(),
        other => panic!("{text}: {other:?}"),
    }
}

#[test]
fn answers() {
    for (text, expected) in [
        ("404", "Status(404)"),
        ("404 \"\"", "Status(404)"),
        ("404 gone", "404 gone"),
        ("200", "200 "),
        ("204", "204 "),
        ("200 'hi $host'", "200 hi {host}"),
        ("301 /x$request_uri", "to 301 /x{request_uri}"),
        ("308 https://a.test", "to 308 https://a.test"),
        ("https://a.test/$1", "to 302 https://a.test/{1}"),
        ("$scheme://a.test", "to 302 {scheme}://a.test"),
        ("444", "Close"),
        ("304", "304 "),
    ] {
        let text = text.replace("$1", "$uri");
        let expected = expected.replace("{1}", "{uri}");
        let found = match answer(&text) {
            Return::Redirect(code, to) => format!("to {code} {}", written(&to)),
            Return::Text(code, body) => format!("{code} {}", written(&body)),
            other => format!("{other:?}"),
        };
        assert_eq!(found, expected, "{text}");
    }
}

#[test]
fn wrong_answers() {
    refused("server { return 99; }", "                ^^", "T09: `99` is not between 200 and 599");
    refused("server { return 301; }", "         ^^^^^^^^^^", "T10: 301 needs a URL to go to");
    refused("server { return /x; }", "                ^^", "T09: `/x` is not a status code");
    refused(
        "server { return 200 $requset_uri; }",
        "                    ^^^^^^^^^^^^",
        "T18: there is no variable `$requset_uri`",
    );
    refused(
        "server { return 200 $upstream_queue_time; }",
        "                    ^^^^^^^^^^^^^^^^^^^^",
        "T18: nginx's `$upstream_queue_time` is not supported",
    );
    refused(
        "server { return 200 $; }",
        "                    ^",
        "T18: this `$` has no name behind it",
    );
}

#[test]
fn candidates_and_fallbacks() {
    let site = site(
        "server { listen 80; root www;
           location / { try_files $uri $uri/ /app.html; }
           location /c { try_files $uri =404; }
           location /n { try_files /a @app; }
           location @app { return 200 x; } }",
    );
    for (path, candidates, fallback) in [
        ("/", vec![("{uri}", false), ("{uri}", true)], "/app.html"),
        ("/c", vec![("{uri}", false)], "404"),
        ("/n", vec![("/a", false)], "@"),
    ] {
        let Action::Serve { try_files: Some(found), .. } = &at(&site, path).action else {
            panic!("{path}")
        };
        let tried = found.candidates.iter();
        let tried: Vec<_> = tried.map(|tried| (written(&tried.path), tried.directory)).collect();
        let candidates: Vec<_> =
            candidates.into_iter().map(|(text, folder)| (text.to_owned(), folder)).collect();
        assert_eq!(tried, candidates, "{path}");
        let last = match &found.fallback {
            Fallback::Uri(value) => written(value),
            Fallback::Named(id) => {
                assert!(site.locations[*id as usize].internal);
                "@".to_owned()
            }
            Fallback::Status(code) => code.to_string(),
        };
        assert_eq!(last, fallback, "{path}");
    }
    refused(
        "server { root www; location / { try_files $uri @ap; } location @app { return 200 x; } }",
        "                                               ^^^",
        "K15: there is no `location @ap` in this server",
    );
    refused(
        "server { root www; try_files $uri 404; }",
        "                                  ^^^",
        "F04: `404` is neither a path, a `@name` nor a `=CODE`",
    );
    refused(
        "server { root www; try_files $uri =40; }",
        "                                   ^^",
        "T09: `40` is not between 200 and 599",
    );
}

#[test]
fn error_pages() {
    for (text, expected) in [
        ("404 /404.html", vec![(404, ErrorStatus::Keep, "/404.html")]),
        ("404 = /app.html", vec![(404, ErrorStatus::FromTarget, "/app.html")]),
        (
            "403 404 =200 /app.html",
            vec![
                (403, ErrorStatus::Replace(200), "/app.html"),
                (404, ErrorStatus::Replace(200), "/app.html"),
            ],
        ),
        ("404 https://a.test/$uri", vec![(404, ErrorStatus::Keep, "to https://a.test/{uri}")]),
        (
            "404 =301 $scheme://a.test",
            vec![(404, ErrorStatus::Replace(301), "to {scheme}://a.test")],
        ),
        ("404 $uri.html", vec![(404, ErrorStatus::Keep, "{uri}.html")]),
        ("404 @x", vec![(404, ErrorStatus::Keep, "@")]),
    ] {
        let conf = format!(
            "server {{ listen 80; root www; error_page {text}; location @x {{ return 200 x; }} }}"
        );
        let site = site(&conf);
        let found = settings(&site, "/").error_pages.iter().map(|page| {
            let target = match &page.target {
                ErrorTarget::Uri(value) => written(value),
                ErrorTarget::Redirect(value) => format!("to {}", written(value)),
                ErrorTarget::Named(_) => "@".to_owned(),
            };
            (page.status, page.response, target)
        });
        let expected: Vec<_> =
            expected.into_iter().map(|(code, how, to)| (code, how, to.to_owned())).collect();
        assert_eq!(found.collect::<Vec<_>>(), expected, "{text}");
    }
}

#[test]
fn wrong_error_pages() {
    for (text, drawn, message) in [
        ("200 /x", "^^^", "T09: `200` is not between 300 and 599"),
        ("499 /x", "^^^", "T09: 499 stands for a client that went away: there is nobody to answer"),
        ("404 =9 /x", "     ^", "T09: `9` is not between 200 and 599"),
        (
            "404 =103 /x",
            "     ^^^",
            "T09: `103` is an interim status: clients wait for the final one",
        ),
        ("404 @x", "    ^^", "K15: there is no `location @x` in this server"),
    ] {
        let conf = format!("server {{ root www; error_page {text}; }}");
        let drawn = format!("{}{drawn}", " ".repeat(30));
        refused(&conf, &drawn, message);
    }
    warned(
        "server { root www; error_page 404 404.html; }",
        "                                  ^^^^^^^^",
        "F03: `404.html` does not begin with a slash: clients are sent there",
    );
}

#[test]
fn wrong_locations() {
    refused(
        "server { root www; location /a { } location ^~ /a { } }",
        "                   -----------     ^^^^^^^^^^^^^^",
        "K01: there is a `location ^~ /a` already",
    );
    refused(
        "server { root www; location = /a { location /a/b { } } }",
        "                              --   ^^^^^^^^^^^^^",
        "D04: this location can have none within it",
    );
    refused(
        "server { root www; location /a { location @b { } } }",
        "                            --   ^^^^^^^^^^^",
        "D04: a named location stands in `server`",
    );
    refused(
        "server { root www; location /a { location /b { } } }",
        "                            --            ^^",
        "K18: `/b` does not begin with `/a`",
    );
    warned(
        "server { root www; location img/ { } }",
        "                            ^^^^",
        "K07: no path begins with `img/`",
    );
    // The same path with `=` is another location, and regexes may nest anywhere.
    site(
        "server { root www; location /a { location ~ b { location ~ c { } } } location = /a { } }",
    );
}

#[test]
fn captures() {
    let site = site(
        r"server { listen 80; root www;
             location ~ ^/one/(.*)$ { return 301 /$1; }
             location ~ ^/two/(.*)$ { return 301 /two; }
             location ~ ^/(?<lang>de|en)/ { return 301 /$LANG; } }",
    );
    for (path, count) in [("/one/x", 1), ("/two/x", 0), ("/de/x", 1)] {
        assert_eq!(at(&site, path).patterns.len(), count, "{path}");
    }
}

#[test]
fn captures_outlive_internal_redirects() {
    let site = super::site(
        r"server { listen 80; server_name ~^(\w+)\.a$; root www;
             location ~ ^/one/(.*)$ { try_files $uri @app; }
             location @app { return 200 $1; } }",
    );
    assert_eq!(at(&site, "/one/x").patterns.len(), 1);
    assert!(site.listens[0].names.regex[0].captures_used);
}

#[test]
fn groups_that_are_not_there() {
    refused(
        "server { location ~ ^/a { return 301 /$1; } }",
        "                    ---               ^^",
        "T17: `$1` is always empty",
    );
    refused(
        "server { location /a { return 301 /$1; } }",
        "                                   ^^",
        "T17: `$1` is always empty",
    );
    assert_eq!(codes("server { root www; location ~ (a { } location ~ [b { } }"), ["T15", "T15"]);
}

#[test]
fn counts_are_told_where_the_conf_says_so() {
    let conf = site(
        "server { listen 127.0.0.1:80; root www; location /s/ { stub_status; location /s/in/ { } } }",
    );
    let handler = |path| match &at(&conf, path).action {
        Action::Serve { handler, .. } => handler.clone(),
        action => panic!("{path}: {action:?}"),
    };
    assert_eq!(handler("/s/"), Handler::Status);
    assert_eq!(handler("/s/in/"), Handler::Files);
    let alone = site("server { listen 127.0.0.1:80; location = /s { stub_status on; } }");
    let serve = Action::Serve { try_files: None, handler: Handler::Status };
    assert_eq!(at(&alone, "/s").action, serve);
    refused(
        "server { root www; location /s { stub_status off; } }",
        "                                             ^^^",
        "T25: `off` is not `on`",
    );
}
