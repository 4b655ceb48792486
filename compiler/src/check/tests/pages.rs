//! What `error_page` and `try_files` lead to: said only where nothing answers, whatever comes.

use std::path::Path;

use super::{FILES, refused, warned};
use crate::diagnostic::Levels;
use crate::files::Memory;

/// What else is on the disk here.
const MORE: &[&str] =
    &["www/packed.html.gz", "www/run.py", "www/.well-known/x", "www/.err/404.html", "up/a"];

/// The codes of what is said about the pages of a server.
fn codes(inside: &str) -> Vec<&'static str> {
    let conf = format!("server {{ root www; {inside} }}");
    let there = FILES.iter().chain(MORE).map(|&path| (path, ""));
    let files = Memory::new(there.chain([("site.conf", &conf[..])]));
    let compilation =
        crate::run(&files, Path::new("site.conf"), Levels::default(), crate::audit::confirm);
    let codes = compilation.diagnostics.sorted().into_iter().map(|found| found.code);
    // Who may see the counts, delete and store is another matter.
    codes.filter(|code| !["F08", "X07", "X12"].contains(code)).collect()
}

#[test]
fn whatever_answers_is_no_missing_page() {
    for answers in [
        // Programs and scripts, and what stands behind a script's name.
        "location /x { cgi_pass /opt/bin/app; }",
        "location ~ \\.py { cgi_pass .py python3; } location = /x { return 200 x; }",
        "location /x { stub_status; }",
        "location /x { return 200 x; }",
        "location /x { return 404; }",
        // Files under other names.
        "location = /x { alias www/404.html; }",
        "location /x { try_files /404.html =404; }",
        // What depends on the request, or on the start.
        "location /x { root www/$host; }",
        "location /x { try_files /$http_a =404; }",
        "location /x { deny all; }",
        "location /x { allow 127.0.0.1; deny all; }",
        // What clients may bring.
        "location /x { dav_methods PUT; }",
        "location /w/ { alias www/; dav_methods PUT DELETE; }",
        "location /w/ { upload_store www; }",
    ] {
        assert_eq!(codes(&format!("error_page 404 /x; {answers}")), [""; 0], "{answers}");
        let fallback = format!("location /a/ {{ try_files $uri /x; }} {answers}");
        assert_eq!(codes(&fallback), [""; 0], "{fallback}");
    }
    for inside in [
        "cgi_pass .py python3; error_page 404 /run.py/extra?a=b;",
        "gzip_static always; error_page 404 /packed.html;",
        "gzip_static on; error_page 404 /packed.html;",
        // Folders: an index, a listing, and one that is only named without its slash.
        "error_page 404 /;",
        "error_page 404 /.well-known;",
        "autoindex on; error_page 404 /.well-known/;",
        "hidden_files allow; error_page 404 /.err/404.html;",
        "error_page 404 /.well-known/x;",
        "try_files $uri /index.html?$args;",
    ] {
        assert_eq!(codes(inside), [""; 0], "{inside}");
    }
}

#[test]
fn what_is_404_whatever_comes_is_said() {
    for answers in [
        "",
        "location /x { internal; }",
        "location /x { try_files $uri =404; }",
        "location /x { try_files $uri $uri.html =404; }",
        "location /x { gzip_static always; }",
        "location /x { cgi_pass .py python3; }",
        // What is brought, is brought elsewhere, or is only taken away.
        "location /w/ { alias up/; dav_methods PUT; }",
        "location /w/ { upload_store up; }",
        "location /x { dav_methods DELETE; }",
        // The page of another status is no answer.
        "location /x { error_page 404 /404.html; }",
    ] {
        assert_eq!(codes(&format!("error_page 403 /x; {answers}")), ["F03"], "{answers}");
    }
    let inside = "location /a/ { try_files $uri /b/; } location /b/ { try_files $uri =404; }";
    assert_eq!(codes(inside), ["F04"]);
    assert_eq!(codes("try_files $uri /none?$args;"), ["F04"]);
    assert_eq!(codes("try_files $uri /none?a=b;"), ["F04"]);
    assert_eq!(codes("try_files $uri /none$args;"), [""; 0]);
    let by_args = "location /b { try_files /$arg_f =404; }";
    assert_eq!(codes(&format!("location /a {{ try_files $uri /b?$args; }} {by_args}")), [""; 0]);
    assert_eq!(codes(&format!("location /a {{ try_files $uri /b?f=x; }} {by_args}")), ["F04"]);
}

#[test]
fn hidden_files_are_served_to_nobody() {
    refused(
        "server { root www; error_page 404 /.err/404.html; }",
        "                                  ^^^^^^^^^^^^^^",
        "F03: nothing serves `/.err/404.html`",
    );
    assert_eq!(codes("error_page 404 /.err/404.html;"), ["F03"]);
    assert_eq!(codes("location /e/ { alias www/.err/; } error_page 404 /e/404.html;"), [""; 0]);
}

#[test]
fn a_missing_page_may_be_allowed() {
    let allowed = "\n# sitec: allow(F03) it is made by a script\nerror_page 404 /x;\n";
    assert_eq!(codes(allowed), [""; 0]);
    let allowed = "\n# sitec: allow(F04) likewise\ntry_files $uri /x;\n";
    assert_eq!(codes(allowed), [""; 0]);
    assert_eq!(codes("\n# sitec: allow(F04) another one\nerror_page 404 /x;\n"), ["F03"]);
}

#[test]
fn one_letter_is_like_no_other() {
    let helps = |name: &str| {
        let conf = format!("server {{ root d; error_page 404 /{name}; }}");
        let files = Memory::new([("site.conf", &conf[..]), ("d/a", ""), ("d/404.html", "")]);
        let compilation =
            crate::run(&files, Path::new("site.conf"), Levels::default(), crate::audit::confirm);
        let found = compilation.diagnostics.sorted();
        found[0].helps[0].text.clone()
    };
    assert_eq!(helps("b"), "make the file, or name one that is there");
    assert_eq!(helps("40.html"), "did you mean `/404.html`?");
}

#[test]
fn what_this_machine_may_not_have_is_a_warning() {
    warned(
        "server { root /srv/www; error_page 404 /404.html; }",
        "                                       ^^^^^^^^^",
        "F03: nothing serves `/404.html`",
    );
}
