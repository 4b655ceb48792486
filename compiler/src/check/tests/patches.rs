//! What messages say to type: applied, each gives the conf that was meant, and that compiles.

use std::path::Path;

use super::FILES;
use crate::diagnostic::{Diagnostic, Levels};
use crate::files::Memory;
use crate::{Compilation, compile_with};

/// Programs that the confs here name.
const PROGRAMS: &[&str] = &["/usr/bin/php-cgi", "/usr/bin/sh", "home/www/index.html"];

fn compiled(conf: &str) -> Compilation {
    let there = FILES.iter().chain(PROGRAMS).map(|&path| (path, ""));
    let files = Memory::new(there.chain([("site.conf", conf)]));
    compile_with(&files, Path::new("site.conf"), Levels::default())
}

/// The conf with what the first patch of a diagnostic says in its place.
fn patched(conf: &str, diagnostic: &Diagnostic) -> Option<String> {
    let (span, text) = diagnostic.helps.iter().find_map(|help| help.patch.as_ref())?;
    Some([&conf[..span.start as usize], text, &conf[span.end as usize..]].concat())
}

/// Asserts that `wrong`, in a server, brings one message, and that what it says to type makes
/// `right` of it, of which nothing is said that is an error.
#[track_caller]
fn becomes(wrong: &str, right: &str) {
    let conf = |inside: &str| format!("server {{ listen 80; root www; {inside} }}");
    let compilation = compiled(&conf(wrong));
    let said = compilation.diagnostics.render(&compilation.sources, false);
    let found = compilation.diagnostics.sorted();
    let [diagnostic] = found[..] else { panic!("{wrong}\nhas not one mistake:\n{said}") };
    assert_eq!(patched(&conf(wrong), diagnostic), Some(conf(right)), "{said}");
    let meant = compiled(&conf(right));
    let said = meant.diagnostics.render(&meant.sources, false);
    assert!(meant.site.is_some(), "{right}\n{said}");
}

#[test]
fn patches_make_what_was_meant() {
    for (wrong, right) in [
        (
            "add_header Strict-Transport-Security max-age=1; includeSubDomains;",
            "add_header Strict-Transport-Security \"max-age=1; includeSubDomains\";",
        ),
        (
            "add_header Strict-Transport-Security max-age=1; includeSubDomains; preload always;",
            "add_header Strict-Transport-Security \"max-age=1; includeSubDomains; preload\" always;",
        ),
        (
            "add_header Content-Security-Policy default-src 'self'; script-src 'none' a.test;",
            "add_header Content-Security-Policy \"default-src 'self'; script-src 'none' a.test\";",
        ),
        ("error_page 404 =/404.html;", "error_page 404 = /404.html;"),
        ("error_page 404 =200/404.html;", "error_page 404 =200 /404.html;"),
        ("error_page 404 404.html;", "error_page 404 /404.html;"),
        ("try_files $uri = 404;", "try_files $uri =404;"),
        ("try_files $uri 404;", "try_files $uri =404;"),
        ("location http://e.com/x { return 200 x; }", "location /x { return 200 x; }"),
        ("location http://e.com { return 200 x; }", "location / { return 200 x; }"),
        ("location / { cgi_pass python3; }", "location / { cgi_pass .py python3; }"),
        ("cgi_pass php;", "cgi_pass .php php-cgi;"),
        ("cgi_pass sh;", "cgi_pass .sh sh;"),
        ("location ~ *\\.css$ { return 200 x; }", "location ~* \\.css$ { return 200 x; }"),
        ("location ~ (*UTF8)^/x { return 200 x; }", "location ~ ^/x { return 200 x; }"),
        ("server_name a \\\n b;", "server_name a \n b;"),
        ("index a \\\r\n index.html;", "index a \r\n index.html;"),
        ("location ~ ^/semi;x$ { return 200 x; }", "location ~ \"^/semi;x$\" { return 200 x; }"),
        ("error_page 404 /40.html;", "error_page 404 /404.html;"),
        ("location ~ ^/\\d{3}$ { return 200 x; }", "location ~ \"^/\\d{3}$\" { return 200 x; }"),
    ] {
        becomes(wrong, right);
    }
}

/// Where nobody knows what was meant, nothing is said to be typed.
#[test]
fn helps_without_a_patch() {
    for (inside, code, help) in [
        ("error_page 404 403 500;", "F03", "the page comes last, behind all statuses: `/50x.html`"),
        (
            "location /h/ { root ~/www; }",
            "F01",
            "`~` stands for no folder here: write the path of the home folder out",
        ),
        (
            "add_header A $grpc_x;",
            "T18",
            "leave it out: there is no such part of what other servers are asked",
        ),
        (
            "location /h/ { root $HOME/www; }",
            "T18",
            "`param HOME VALUE;` at top level takes it from the environment at start, for `${HOME}`",
        ),
        ("error_page 404 /b.html;", "F03", "make the file, or name one that is there"),
    ] {
        let conf = format!("server {{ listen 80; root www; {inside} }}");
        let compilation = compiled(&conf);
        let found = compilation.diagnostics.sorted();
        let said = found.iter().map(|found| (found.code, &found.helps[0].text[..]));
        assert_eq!(said.collect::<Vec<_>>(), [(code, help)], "{inside}");
        assert_eq!(patched(&conf, found[0]), None, "{inside}");
    }
    assert!(compiled("param HOME home; server { listen 80; root ${HOME}/www; }").site.is_some());
}

/// The place of each, and what else is shown.
#[test]
fn places_are_those_of_the_mistake() {
    let place = |conf: &str| {
        let compilation = compiled(conf);
        let found = compilation.diagnostics.sorted();
        let text =
            |span: crate::source::Span| conf[span.start as usize..span.end as usize].to_owned();
        let [diagnostic] = found[..] else { panic!("{conf}") };
        let others = diagnostic.secondary.iter().map(|label| text(label.span));
        (text(diagnostic.primary.span), others.collect::<Vec<_>>())
    };
    let loops = "server { listen 80; root www; error_page 404 /e; location = /e { return 404; } }";
    assert_eq!(place(loops), ("/e".to_owned(), vec!["return 404".to_owned()]));
    let utf = "server { listen 80; root www; location ~ ^(*UTF8)x { return 200 x; } }";
    assert_eq!(place(utf).0, "(*UTF8)");
    let range = "server { listen 85-81; root www; }";
    assert_eq!(place(range).0, "85-81");
}

#[test]
fn commands_name_the_conf_as_it_was_given() {
    let files = Memory::new([
        ("a/b/site.conf", "server { listen 80; return 204; expect GET /x 200; }"),
        ("a/b/x", ""),
    ]);
    let compilation = compile_with(&files, Path::new("a/b/site.conf"), Levels::default());
    let help = &compilation.diagnostics.sorted()[0].helps[0].text;
    assert!(help.contains("`sitec route a/b/site.conf GET http://"), "{help}");
}

#[test]
fn an_index_of_variables_is_not_named() {
    let compilation = compiled("server { listen 80; root www; index $uri.html; }");
    let said = compilation.diagnostics.short(&compilation.sources);
    assert!(said.contains("F02") && said.contains("nothing here that `index` names"), "{said}");
}

/// A longer prefix has the regexes tried again, and is told of.
#[test]
fn a_longer_prefix_reaches_the_regex() {
    let conf = "server { listen 80; root www; location ^~ /s/ { expires 1h; }
        location ~ [.]js$ { expires 1d; } }";
    let said = |conf: &str| {
        let compilation = compiled(conf);
        compilation.diagnostics.short(&compilation.sources)
    };
    assert!(said(conf).ends_with("this regex is not tried for what begins with `/s/`\n"));
    let longer = conf.replace("location ~", "location /s/js/ { } location ~");
    assert!(said(&longer).contains("what begins with `/s/`, unless with `/s/js/`\n"));
}
