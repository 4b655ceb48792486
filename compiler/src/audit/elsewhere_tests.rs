//! What rests on a folder outside of the conf's says so: another machine may have another one there.

use std::path::Path;

use crate::compile_with;
use crate::diagnostic::{Diagnostic, Levels};
use crate::files::Memory;

/// What is found in a server with these directives, in which ROOT is this folder. It has many
/// kinds of files, and so has what is outside of it.
fn found(root: &str, inside: &str) -> Vec<Diagnostic> {
    let conf = format!("server {{ listen 8080; {} }}", inside.replace("ROOT", root));
    let names = ["index.html", "a.js", "d/x.html", "keys/dump.sql", "case/A.txt", "case/a.txt"];
    let more =
        ["odd/a.odd", "old/a.css", "old/a.css.gz", "sub/own.css", "links/a.css", "bin", "dot/.env"];
    let all = names.iter().chain(&more).map(|name| format!("{root}/{name}"));
    let all: Vec<_> = all.chain(["/etc/passwd".to_owned()]).collect();
    let all = all.iter().map(|path| (&path[..], "")).chain([("site.conf", &conf[..])]);
    let mut files = Memory::new(all);
    files.add_private(&format!("{root}/sub/private.css"));
    files.add_link(&format!("{root}/links/out"), "/etc/passwd");
    files.touch(&format!("{root}/old/a.css"));
    let levels = Levels { lints: true, ..Levels::default() };
    let compilation = compile_with(&files, Path::new("site.conf"), levels);
    compilation.diagnostics.sorted().into_iter().cloned().collect()
}

#[test]
fn what_rests_on_another_folder_says_so() {
    let sentence = "this rests on what is on the machine that compiles";
    for (code, inside) in [
        ("F02", "location / { root ROOT/keys; }"),
        ("F03", "root ROOT; error_page 404 /404.html;"),
        ("F04", "root ROOT; location / { try_files $uri /app.html; }"),
        ("F06", "root ROOT; location /app/ { cgi_pass ROOT/bin; }"),
        ("F09", "root ROOT;"),
        ("F09", "location / { alias ROOT/dot/; index a.css; }"),
        ("F10", "location / { alias ROOT/links/; index a.css; }"),
        ("F11", "location / { alias ROOT/odd/; index a.odd; }"),
        ("F13", "location / { alias ROOT/old/; index a.css; gzip_static on; }"),
        ("F14", "location / { alias ROOT/case/; index a.txt; }"),
        ("F15", "location / { alias ROOT/sub/; index own.css; }"),
        ("F19", "access_log ROOT/logs/a.log; return 204;"),
        ("E01", "root ROOT; expect GET /a.js 404;"),
        ("K10", "root ROOT; location ^~ /d/ { } location ~ [.]html$ { return 404; }"),
        (
            "K14",
            "location / { root ROOT; try_files $uri $uri/ =404; }
             location ~ ^/(?<p>.+)/x\\.html$ { return 301 /$p/; } index x.html;",
        ),
        ("X17", "root ROOT; location / { try_files $uri /index.html; }"),
        ("Z09", "location / { alias ROOT/odd/; index a.odd; gzip_static on; }"),
        ("Z10", "location / { alias ROOT/d/; index x.html; expires 30d; }"),
    ] {
        for (root, is_told) in [("www", false), ("/srv/www", true)] {
            let found = found(root, inside);
            let of_code = found.iter().filter(|diagnostic| diagnostic.code == code);
            let told: Vec<_> = of_code
                .map(|diagnostic| diagnostic.notes.iter().any(|note| note == sentence))
                .collect();
            assert_eq!(told, [is_told], "{code} {inside}: {found:?}");
        }
    }
}

/// A relative conf in the working directory makes no path of the whole machine its own.
#[test]
fn a_conf_without_a_folder_owns_nothing_else() {
    let gone = "root ROOT; location = /old { return 301 /gone.html; }";
    let has = |root| found(root, gone).iter().any(|diagnostic| diagnostic.code == "K17");
    assert!(has("www") && !has("/srv/www"));
}
