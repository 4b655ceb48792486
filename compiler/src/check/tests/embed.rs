//! Which files are part of the binary.

use std::path::Path;

use super::{codes, refused, warned};
use crate::diagnostic::Levels;
use crate::files::Memory;
use crate::ir::{PackKind, Site};

/// What is on the disk.
const FILES: &[&str] = &[
    "www/index.html",
    "www/.secret",
    "www/.well-known/a",
    "www/video/film.mp4",
    "www/img/a.png",
    "www/img/b.png",
    "other/x.txt",
    "lone.txt",
];

/// Symlinks, and where they lead.
const LINKS: &[(&str, &str)] = &[
    ("www/link.html", "index.html"),
    ("www/pictures", "img"),
    ("www/up", "../www/img/a.png"),
    ("www/out.txt", "../lone.txt"),
    ("www/nowhere", "missing"),
    ("www/img/again", "../img"),
    ("www/img/round", "round"),
];

fn site(text: &str) -> Site {
    let files = FILES.iter().map(|path| (*path, "")).chain([("site.conf", text)]);
    let mut files = Memory::new(files);
    LINKS.iter().for_each(|(path, target)| files.add_link(path, target));
    let path = Path::new("site.conf");
    let compilation = crate::run(&files, path, Levels::default(), crate::audit::confirm);
    let said = compilation.diagnostics.render(&compilation.sources, false);
    compilation.site.unwrap_or_else(|| panic!("{text}\n{said}"))
}

/// The files of each pack, those on the disk with a mark before them.
fn packed(text: &str) -> Vec<String> {
    let site = site(&format!("server {{ listen 80; {text} }}"));
    let shown = site.packs.iter().map(|pack| {
        let nodes = pack.nodes.iter().filter_map(|node| {
            let path = String::from_utf8_lossy(&node.path);
            match node.kind {
                PackKind::File => Some(path.into_owned()),
                PackKind::OnDisk => Some(format!("!{path}")),
                PackKind::Directory | PackKind::Special | PackKind::Barred => None,
            }
        });
        nodes.collect::<Vec<_>>().join(" ")
    });
    shown.collect()
}

const ALL: &str = ".well-known/a img/a.png img/b.png index.html link.html \
                   pictures/a.png pictures/b.png video/film.mp4";

#[test]
fn what_is_served_is_embedded() {
    let with = |path: &str| {
        let mut paths: Vec<_> = ALL.split(' ').chain([path]).collect();
        paths.sort_unstable();
        paths.join(" ")
    };
    for (text, expected) in [
        ("root www;", vec![]),
        ("root www; embed on;", vec![ALL.to_owned()]),
        ("root www; embed on; hidden_files allow;", vec![with(".secret")]),
        ("root www; embed on; location /a/ { alias other/; }", vec![ALL.into(), "x.txt".into()]),
        ("embed on; location /a/ { alias other/; }", vec!["x.txt".into()]),
        ("embed on; location = /a { alias other/x.txt; }", vec!["x.txt".into()]),
        ("embed on; location /img/ { root www; }", vec!["img/a.png img/b.png".into()]),
        ("embed on; location ~ ^/(.*)$ { alias www/$1; }", vec![ALL.into()]),
        ("embed on; location / { root ./$host; }", vec![]),
        ("root www; embed on; return 404;", vec![]),
    ] {
        let expected = if text.contains("$host") { packed(text) } else { expected };
        assert_eq!(packed(text), expected, "{text}");
    }
    // All folders that a variable may name, and what lies beside them.
    let any = packed("embed on; location / { root ./$host; }").concat();
    assert!(["lone.txt", "other/x.txt", "www/index.html"].iter().all(|path| any.contains(path)));
}

#[test]
fn what_stays_on_the_disk_is_left_out() {
    let marked = ALL.replace("video/", "!video/");
    for (text, expected) in [
        ("root www; embed on; location /video/ { embed off; }", &marked[..]),
        ("root www; embed on; location ~ mp4$ { embed off; }", &marked),
        ("root www; embed on; location /video/ { methods GET DELETE; }", &marked),
        ("root www; embed on; location /video/ { return 404; }", ALL),
        ("root www; location / { embed on; } location /video/ { }", &marked),
        ("root www; location /img/ { embed on; } location ~ b.png$ { }", "img/a.png !img/b.png"),
        (
            "root www; location /img/ { embed on; try_files $uri /index.html =404; }",
            "!.well-known/a img/a.png img/b.png !index.html !link.html !pictures/a.png \
             !pictures/b.png !video/film.mp4",
        ),
        // A named location may be asked for any path.
        ("root www; location / { try_files $uri @a; } location @a { embed on; }", ALL),
    ] {
        assert_eq!(packed(text), [expected], "{text}");
    }
}

#[test]
fn locations_that_say_the_same_share_their_files() {
    let packs = |text| packed(&format!("root www; embed on; {text}")).len();
    assert_eq!(packs("location /a/ { expires 1h; }"), 1);
    assert_eq!(packs("location /a/ { etag off; }"), 2);
    assert_eq!(packs("location /a/ { max_ranges 2; }"), 1);
    assert_eq!(packs("location /a/ { max_ranges 0; }"), 2);
    assert_eq!(packs("location /a/ { precompress gzip; }"), 2);
    assert_eq!(packs("precompress br gzip; location /a/ { precompress gzip br gzip; }"), 1);
    assert_eq!(packs("location /a/ { precompress off; }"), 1);
}

#[test]
fn what_cannot_be_embedded() {
    refused(
        "param D www; server { listen 80; embed on; root ${D}; }",
        "                                 ^^^^^^^^             ",
        "F16: a `param` says where these files are, so they are not known yet",
    );
    assert_eq!(codes("server { listen 80; embed on; root /srv/none; }"), ["F16", "F01"]);
    refused(
        "server { listen 80; root www; location /a/ { embed on; dav_methods PUT; deny all; } }",
        "                                             ^^^^^^^^                               ",
        "F17: clients change files here, so these files cannot be part of the binary",
    );
    warned(
        "server { listen 80; root www; precompress gzip; }",
        "                              ^^^^^^^^^^^^^^^^   ",
        "Z18: nothing is embedded, so nothing is compressed",
    );
    for text in [
        "server { listen 80; root www; embed yes; }",
        "server { listen 80; root www; embed on; precompress deflate; }",
        "server { listen 80; root www; embed on; precompress off gzip; }",
        "server { listen 80; root www; embed on; precompress gzip br zstd gzip; }",
    ] {
        assert!(!codes(text).is_empty(), "{text}");
    }
}
