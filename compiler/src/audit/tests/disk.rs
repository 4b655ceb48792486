//! What lies in the folders that are served.

use std::path::Path;

use super::{check, said_of};
use crate::compile;
use crate::files::Memory;

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
    check("root www;\nbrotli_static on;\nzstd_static always;", &["Z09 2", "Z09 3"]);
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
