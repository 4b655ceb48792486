//! Where files are.

use std::path::Path;

use sitec_runtime::http::accept::Coding;
use sitec_runtime::site::{Beside, FileCache, ListingFormat, ListingSettings};

use super::{compiled, refused, settings, site, started, warned, written};
use crate::diagnostic::Levels;
use crate::files::Memory;
use crate::ir;

/// Compiles a server with this text, and gives for `/i/x`: the folder, what is behind it, the
/// bytes cut off, and whether the path is put behind it.
#[track_caller]
fn base(text: &str) -> (String, String, usize, bool) {
    let site = site(
        &format!("param D /srv; server {{ listen 80; server_name ${{D}}; {text} }}")
            .replace("param D /srv; ", if text.contains("${D}") { "param D /srv; " } else { "" })
            .replace("server_name ${D}; ", ""),
    );
    let base = &settings(&site, "/i/x").base;
    let directory = started(&site.directories[usize::from(base.directory)]);
    (directory, written(&base.inner), base.replaced_len, base.append_path)
}

#[test]
fn folders_end_before_the_first_variable() {
    for (text, directory, inner) in [
        ("root www;", "www", ""),
        ("root ./www//;", "www", ""),
        ("root .;", ".", ""),
        ("root /srv/www/;", "/srv/www", ""),
        ("root www/$host;", "www", "{host}"),
        ("root www/$host/pub/;", "www", "{host}/pub"),
        ("root /srv/site-$host;", "/srv", "site-{host}"),
        ("root www-$host;", ".", "www-{host}"),
        ("root ${D};", "${0}", ""),
        ("root ${D}/www/;", "${0}/www", ""),
        ("root ${D}/www/$host;", "${0}/www", "{host}"),
    ] {
        let expected = (directory.to_owned(), inner.to_owned(), 0, true);
        assert_eq!(base(text), expected, "{text}");
    }
}

#[test]
fn aliases_cannot_be_left() {
    for (text, directory, inner, replaced, appended) in [
        ("location /i/ { alias img/; }", "img", "", 2, true),
        ("location /i { alias img; }", "img", "", 2, true),
        ("location /i/x { alias robots.txt; }", ".", "robots.txt", 4, true),
        ("location = /i/x { alias robots.txt; }", ".", "robots.txt", 4, false),
        ("location = /i/x { alias /srv/www/index.html; }", "/srv/www", "index.html", 4, false),
        ("location = /i/x { alias img/; }", "img", "", 4, false),
        ("location ~ ^/i/(.*)$ { alias img/$1; }", "img", "{1}", 0, false),
        ("location ~ ^/i/(.*)$ { alias /srv/img-$1; }", "/srv", "img-{1}", 0, false),
        ("location ~ ^/i/ { alias robots.txt; }", ".", "robots.txt", 0, false),
        ("location = /i/x { alias ${D}/a/b.html; }", "${0}/a", "b.html", 4, false),
        ("location = /i/x { alias ${D}/b.html; }", "${0}", "b.html", 4, false),
        ("location = /i/x { alias ${D}; }", "${0}", "", 4, false),
        ("location = /i/x { alias ${D}/a/; }", "${0}/a", "", 4, false),
        ("location /i/ { alias /srv/$host/; }", "/srv", "{host}", 2, true),
    ] {
        let expected = (directory.to_owned(), inner.to_owned(), replaced, appended);
        assert_eq!(base(text), expected, "{text}");
    }
}

#[test]
fn wrong_roots() {
    refused("server { root /; }", "              ^", "X03: this publishes the whole file system");
    refused(
        "server { root /x/..; }",
        "              ^^^^^",
        "X03: this publishes the whole file system",
    );
    refused(
        "server { root $host/www; }",
        "              ^^^^^^^^^",
        "X03: nothing bounds this path: it begins with a request's variable",
    );
    refused("server { root wwww; }", "              ^^^^", "F01: there is no folder `wwww`");
    refused(
        "server { root robots.txt; }",
        "              ^^^^^^^^^^",
        "F01: `robots.txt` is not a folder",
    );
    refused(
        "server { root www/$document_root; }",
        "                  ^^^^^^^^^^^^^^",
        "T18: `$document_root` is made of what stands here",
    );
    warned(
        "server { root /nowhere/at/all; }",
        "              ^^^^^^^^^^^^^^^",
        "F01: there is no folder `/nowhere/at/all`",
    );
}

/// In a whole nginx.conf, relative paths are beneath nginx's prefix, as `html` always is.
#[test]
fn folders_of_nginx_need_not_be_there() {
    for text in
        ["events { } http { server { root dist; } }", "events { } http { server { root dist/a; } }"]
    {
        let start = text.find("dist").unwrap();
        let len = text[start..].find(';').unwrap();
        let drawn = format!("{}{}", " ".repeat(start), "^".repeat(len));
        let shown = &text[start..start + len];
        warned(text, &drawn, &format!("F01: there is no folder `{shown}`"));
    }
    warned("server { root html; }", "              ^^^^", "F01: there is no folder `html`");
    // What is there under a similar name is meant.
    let slip = "events { } http { server { root wwww; } }";
    refused(slip, "                                ^^^^", "F01: there is no folder `wwww`");
    refused("server { root dist; }", "              ^^^^", "F01: there is no folder `dist`");
    let message = "F01: there is no folder `dist`";
    refused("http { server { root dist; } }", "                     ^^^^", message);
}

/// A variable that one `set` alone gives a value is as good as the text.
#[test]
fn constants_are_folders() {
    for (text, directory, inner) in [
        ("set $d /srv/www; root $d;", "/srv/www", ""),
        ("set $d '/srv'; root $d/www;", "/srv/www", ""),
        ("set $d /srv; set $e www; root $d/$e/$host;", "/srv/www", "{host}"),
        ("set $d /srv; location /i/ { root $D/www; }", "/srv/www", ""),
        ("location /i/ { set $d www; root /srv/$d; }", "/srv/www", ""),
        ("set $d /srv/www; if ($uri) { return 403; } root $d;", "/srv/www", ""),
        // Not where it may have none, or another one.
        ("set $d www; if ($uri) { set $d x; } root /srv/$d;", "/srv", "{set d}"),
        ("if ($uri) { set $d www; } root /srv/$d;", "/srv", "{set d}"),
        ("break; set $d www; root /srv/$d;", "/srv", "{set d}"),
        ("if ($uri) { rewrite a b last; } set $d www; root /srv/$d;", "/srv", "{set d}"),
        ("location /i/ { root /srv/$d; } location /x { set $d www; }", "/srv", "{set d}"),
        ("location /i { set $d www; location /i/ { root /srv/$d; } }", "/srv", "{set d}"),
        ("set $d $host; root /srv/$d;", "/srv", "{set d}"),
    ] {
        let compilation = compiled(&format!("server {{ listen 80; {text} }}"));
        let site = compilation.site.unwrap_or_else(|| panic!("{text}"));
        let base = &settings(&site, "/i/x").base;
        let found = started(&site.directories[usize::from(base.directory)]);
        assert_eq!((&found[..], &written(&base.inner)[..]), (directory, inner), "{text}");
    }
}

#[test]
fn wrong_aliases() {
    let site =
        compiled("server { location /i { alias img/; } }  # sitec: allow(X01) it is meant").site;
    assert_eq!(settings(&site.unwrap(), "/i/x").base.replaced_len, 2);
    refused(
        "server { location /i { alias img/; } }",
        "                             ^^^^",
        "X01: `/i..` would lead out of `img/` in nginx",
    );
    refused(
        "server { location /i/ { alias img; } }",
        "                              ^^^",
        "X01: `/i/x` would be the file `imgx`",
    );
    refused(
        "server { location /i/ { root www; alias img/; } }",
        "                        ----      ^^^^^",
        "D10: `root` and `alias` cannot stand side by side",
    );
    refused(
        "server { location @i { alias img/; } }",
        "                       ^^^^^",
        "D12: `alias` has nothing to replace in a named location",
    );
    refused(
        "server { location = /i { alias robot.txt; } }",
        "                               ^^^^^^^^^",
        "F01: there is no file `robot.txt`",
    );
}

#[test]
fn an_alias_may_be_a_file_that_is_there_compressed() {
    let found = |front: &str, location: &str| {
        let conf = format!("server {{ listen 80; {front} location {location} }}");
        let files = [
            ("site.conf", &conf[..]),
            ("d/only.gz", ""),
            ("d/both", ""),
            ("d/both.gz", ""),
            ("d/z.zst", ""),
        ];
        let files = Memory::new(files);
        let conf = Path::new("site.conf");
        let compilation = crate::run(&files, conf, Levels::default(), crate::audit::confirm);
        let sorted = compilation.diagnostics.sorted();
        let said = sorted.iter().map(|found| format!("{} {}", found.severity, found.message));
        let base = compilation.site.as_ref().map(|site| &settings(site, "/x").base);
        let file = base.map(|base| written(&base.inner));
        (said.collect::<Vec<_>>(), file)
    };
    // nginx sends it where it is sent at all: with `on` to those alone who take gzip.
    let some = vec!["warning there is no file `d/only`, but for `d/only.gz`".to_owned()];
    for location in ["= /x", "/x", "~ ^/x"] {
        let alias = |file: &str| format!("{location} {{ alias d/{file}; }}");
        let file = |name: &str| Some(name.to_owned());
        assert_eq!(found("gzip_static always;", &alias("only")), (vec![], file("only")));
        assert_eq!(found("gzip_static on;", &alias("only")), (some.clone(), file("only")));
        assert_eq!(found("gzip_static on;", &alias("both")), (vec![], file("both")));
        assert_eq!(found("gzip_static on; zstd_static always;", &alias("z")), (vec![], file("z")));
        let few = "warning there is no file `d/z`, but for `d/z.zst`".to_owned();
        assert_eq!(found("zstd_static on;", &alias("z")), (vec![few], file("z")));
        for front in ["", "gzip_static off;", "brotli_static always;"] {
            let (said, _) = found(front, &alias("only"));
            assert!(said.len() == 1 && said[0].starts_with("error there is no f"), "{said:?}");
        }
        let (said, _) = found("gzip_static always;", &alias("none"));
        assert!(said.len() == 1 && said[0].starts_with("error there is no f"), "{said:?}");
    }
    // A folder is no file, whatever lies beside it.
    let (_, file) = found("gzip_static always;", "/x { alias d; }");
    assert_eq!(file, Some(String::new()));
}

#[test]
fn types_are_of_the_innermost_block() {
    let site = site(
        "types { text/html html HTM; text/plain html; }  # sitec: allow(Z19) the later one counts
         server { listen 80; root www; location /i/ { types { } default_type text/x; } }",
    );
    let outer = &site.types[usize::from(settings(&site, "/").types)];
    let pairs = [(&b"html"[..], &b"text/plain"[..]), (b"htm", b"text/html")];
    let pairs = pairs.map(|(extension, name)| (extension.to_vec(), name.to_vec()));
    assert_eq!(*outer, pairs);
    assert!(site.types[usize::from(settings(&site, "/i/x").types)].is_empty());
    refused(
        "types { texthtml html; } server { root www; }",
        "        ^^^^^^^^",
        "T14: `texthtml` is not a media type",
    );
}

#[test]
fn pages_that_no_location_has() {
    refused(
        "server { root www; error_page 404 /40.html; }",
        "                                  ^^^^^^^^",
        "F03: nothing serves `/40.html`",
    );
    refused(
        "server { root www; location / { try_files $uri $uri/ /ap.html; } }",
        "                                                     ^^^^^^^^",
        "F04: nothing serves `/ap.html`",
    );
    warned(
        "server { root /srv/www; error_page 404 /404.html; }",
        "                                       ^^^^^^^^^",
        "F03: nothing serves `/404.html`",
    );
    for conf in [
        // It is there in one server, and asked for in no other.
        "error_page 404 /404.html; server { root www; }
         server { listen 81; return 301 https://a.test; }",
        "error_page 404 /404.html; server { root www; } server { listen 81; root other; }",
        // Something else answers.
        "server { root www; error_page 404 /x; location = /x { return 200 x; } }",
        "server { root www; error_page 404 /x; location / { try_files $uri /app.html; } }",
        "server { root www/$host; error_page 404 /x; }",
        "server { root www; try_files $uri /x?a; location /x { return 200 x; } }",
        "server { root www; error_page 404 /i/a.png; location /i/ { alias img/; } }",
    ] {
        site(conf);
    }
}

#[test]
fn listings() {
    let site = site(
        "autoindex_format json; autoindex_exact_size off;
         server { root www; autoindex on;
             location /a/ { autoindex off; }
             location /b/ { autoindex_format html; autoindex_localtime on; } }",
    );
    let listing = |path| settings(&site, path).listing;
    let json =
        ListingSettings { format: ListingFormat::Json, exact_size: false, local_time: false };
    assert_eq!(listing("/"), Some(json));
    assert_eq!(listing("/a/"), None);
    let html = ListingSettings { format: ListingFormat::Html, exact_size: false, local_time: true };
    assert_eq!(listing("/b/"), Some(html));
    refused(
        "server { root www; autoindex_format yaml; }",
        "                                    ^^^^",
        "T25: `yaml` is none of `html`, `xml`, `json` and `jsonp`",
    );
}

#[test]
fn compressed_files() {
    let site = site(
        "gzip_static always; brotli_static on;
         server { root www; location /a/ { gzip_static on; zstd_static always; } }",
    );
    let beside = |path| Coding::ORDER.map(|coding| settings(&site, path).beside(coding));
    assert_eq!(beside("/"), [Beside::On, Beside::Off, Beside::Always]);
    assert_eq!(beside("/a/"), [Beside::On, Beside::Always, Beside::On]);
    refused(
        "server { root www; brotli_static yes; }",
        "                                 ^^^",
        "T25: `yes` is none of `on`, `off` and `always`",
    );
}

#[test]
fn charsets_are_mapped() {
    let read = site(
        "charset_map a b { 61 62; 80 81; } charset_map b UTF-8 { 80 D0B0; 81 d0b0; 7f E282AC; }
         server { listen 80; root www; charset utf-8; source_charset B; }",
    );
    assert_eq!(read.charset_maps[0].names, [b"a".to_vec(), b"b".to_vec()]);
    let ir::MapForm::Bytes { there, back } = &read.charset_maps[0].form else { panic!("bytes") };
    assert_eq!([there[0x61], there[0x62], there[0x80], there[0x81]], *b"bb\x81?");
    assert_eq!([back[0x61], back[0x62], back[0x80], back[0x81]], *b"aa?\x80");
    let ir::MapForm::Utf8 { there, back } = &read.charset_maps[1].form else { panic!("UTF-8") };
    assert_eq!(
        [there[0x61], there[0x80], there[0xff]],
        [*b"\x01a\0\0", *b"\x02\xd0\xb0\0", *b"\x01?\0\0"]
    );
    assert_eq!(*back, [(0x430, 0x81), (0x20ac, 0x7f)]);
    assert!(read.recodes);
    // The types have no charset: what a response says depends on more.
    assert_eq!(settings(&read, "/").default_type, b"text/plain");
    let plain = site("server { listen 80; root www; charset utf-8; source_charset off; }");
    assert!(!plain.recodes);
    for (conf, place, message) in [
        ("charset_map a A { }", "              ^    ", "T30: both charsets are `A`"),
        (
            "charset_map utf-8 a { }",
            "            ^^^^^      ",
            "T30: `utf-8` is the second charset of a map",
        ),
        (
            "charset_map a b { } charset_map B A { }",
            "---------------     ^^^^^^^^^^^        ",
            "T30: there is a map of `B` and `A`",
        ),
        (
            "charset_map a b { 100 1; }",
            "                  ^^^     ",
            "T30: `100` is no character of the charset",
        ),
        (
            "charset_map a b { 1 1000; }",
            "                    ^^^^   ",
            "T30: `1000` is no character of the charset",
        ),
        (
            "charset_map a b { x 1; }",
            "                  ^     ",
            "T30: `x` is no character of the charset",
        ),
        (
            "charset_map a utf-8 { 80 D0; }",
            "                         ^^   ",
            "T30: `D0` is no character of the charset",
        ),
        (
            "charset_map a utf-8 { 80 F09F9880; }",
            "                         ^^^^^^^^   ",
            "T30: `F09F9880` is no character of the charset",
        ),
        (
            "charset_map a b { 1 2 3; }",
            "                  ^^^^^   ",
            "T30: a line of a `charset_map` is two characters",
        ),
        (
            "charset_map 'a b' c { }",
            "            ^^^^^      ",
            "T14: `a b` is not the name of a charset",
        ),
    ] {
        refused(&format!("{conf} server {{ root www; }}"), place, message);
    }
    refused(
        "server { root www; charset utf-8; location /a/ { source_charset koi8-r; } }",
        "                                                                ^^^^^^",
        "T30: no `charset_map` is between `koi8-r` and `utf-8`",
    );
}

#[test]
fn a_charset_is_put_into_the_types() {
    let site = site(
        "server { listen 80; root www; charset utf-8; types { text/html html; image/png png; }
             location /a/ { charset_types image/png; }
             location /b/ { charset_types *; default_type 'a/b; charset=x'; }
             location /c/ { charset off; }
             location /d/ { charset $arg_c; } }",
    );
    for (path, expected) in [
        ("/", "text/html; charset=utf-8 image/png text/plain; charset=utf-8"),
        ("/a/x", "text/html; charset=utf-8 image/png; charset=utf-8 text/plain"),
        ("/b/x", "text/html; charset=utf-8 image/png; charset=utf-8 a/b; charset=x"),
        ("/c/x", "text/html image/png text/plain"),
        ("/d/x", "text/html image/png text/plain"),
    ] {
        let settings = settings(&site, path);
        let types = site.types[usize::from(settings.types)].iter().map(|(_, name)| name);
        let types: Vec<_> = types.chain([&settings.default_type]).cloned().collect();
        assert_eq!(String::from_utf8(types.join(&b' ')).unwrap(), expected, "{path}");
        assert_eq!(settings.charset.is_some(), path != "/c/x", "{path}");
    }
    assert_eq!(site.types.len(), 3, "tables that no location has are not kept");
    refused(
        "server { root www; charset 'utf 8'; }",
        "                           ^^^^^^^ ",
        "T14: `utf 8` is not the name of a charset",
    );
    refused(
        "server { root www; charset_types html; }",
        "                                 ^^^^ ",
        "T14: `html` is not a media type",
    );
}

#[test]
fn what_is_believed_of_files() {
    let site = site(
        "open_file_cache_valid 30s; server { listen 80; root www;
             location /a/ { open_file_cache max=9 inactive=5s; open_file_cache_errors on; }
             location /b/ { open_file_cache max=7; open_file_cache_min_uses 3; }
             location /c/ { open_file_cache off; } }",
    );
    let on = FileCache { valid_ms: 30_000, inactive_ms: 60_000, min_uses: 1, errors: false };
    for (path, expected) in [
        ("/", FileCache::USUAL),
        ("/a/x", FileCache { inactive_ms: 5000, errors: true, ..on }),
        ("/b/x", FileCache { min_uses: 3, ..on }),
        ("/c/x", FileCache { valid_ms: 0, ..FileCache::USUAL }),
    ] {
        assert_eq!(settings(&site, path).file_cache, expected, "{path}");
    }
    assert_eq!(site.known_files, Some(9));
    refused(
        "server { root www; open_file_cache inactive=5s; }",
        "                   ^^^^^^^^^^^^^^^              ",
        "D05: nothing says how much is to be remembered",
    );
    refused(
        "server { root www; open_file_cache max=5 off; }",
        "                                         ^^^ ",
        "T25: `open_file_cache` has no parameter `off`",
    );
}
