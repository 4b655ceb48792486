//! The texts of packages, as a whole: tests/golden/package has a site in each folder, and beside it
//! what is made of it. `UPDATE=1` writes the texts anew; read them before committing.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

use sitec_compiler::compile;
use sitec_compiler::files::Disk;

use super::packed::{Prepared, Wanted};
use super::{Format, deb, docker, formats, k8s, manifest, oci, systemd};
use crate::conf::Checked;

/// The conf at a path, compiled.
fn checked(file: &Path) -> Checked {
    let compilation = compile(&Disk, file);
    let rendered = compilation.diagnostics.render(&compilation.sources, false);
    let site = compilation.site.unwrap_or_else(|| panic!("{}:\n{rendered}", file.display()));
    Checked { site, places: compilation.places, sources: compilation.sources }
}

fn golden(name: &str) -> PathBuf {
    Path::new("../../tests/golden/package").join(name)
}

/// A site of the golden ones, ready to be packed.
fn prepared(name: &str) -> (Checked, Prepared) {
    let file = golden(name).join("site.conf");
    let checked = checked(&file);
    let wanted = Wanted {
        release: Some("1.2.3"),
        target: Some("x86_64-unknown-linux-musl"),
        ..Wanted::default()
    };
    let mut prepared = Prepared::new(&file, &checked, &wanted).expect("it can be packed");
    prepared.naming.time_s = 1_700_000_000;
    prepared.naming.time_by = "the test";
    (checked, prepared)
}

#[test]
fn texts_are_as_committed() {
    for name in ["plain", "kept"] {
        let (checked, prepared) = prepared(name);
        // Any file is one as far as the texts are concerned.
        let binary = golden(name).join("site.conf");
        let (own, open) =
            (prepared.own(&checked.site, &binary), prepared.open(&checked.site, &binary));
        let root = oci::root(&open).unwrap();
        let control =
            deb::control(&own, "A. Person <a@example.org>", &systemd::tree(&own)).unwrap();
        let mut text = String::new();
        let mut add = |title: &str, part: &str| {
            let _ = writeln!(text, "==> {title}\n{}", part.trim_end());
        };
        add("Dockerfile", &docker::text(&open, "root.tar"));
        add("k8s.yaml", &k8s::text(&open, &format!("registry.example.org/{name}:1.2.3")));
        add("service", &systemd::service(&own));
        add("socket", &systemd::socket(&own));
        add("image config", &format!("{:#}", oci::config(&open, "0")));
        add("files of the image", &root.to_string());
        add("files of the machine", &systemd::tree(&own).to_string());
        add("Debian control files", &control.text());
        let manifest = manifest::manifest(&open, &checked).unwrap();
        for key in ["contents", "params", "policy", "stateless"] {
            add(&format!("manifest: {key}"), &format!("{:#}", manifest[key]));
        }
        let file = golden(name).with_extension("txt");
        if env::var_os("UPDATE").is_some() {
            fs::write(&file, &text).expect("tests/golden is writable");
        }
        let expected = fs::read_to_string(&file).unwrap_or_default();
        let differing = expected.lines().zip(text.lines()).position(|(a, b)| a != b);
        assert!(
            expected == text,
            "{} differs from line {:?} on: look, then set UPDATE=1\n{text}",
            file.display(),
            differing.map(|line| line + 1),
        );
    }
}

/// A folder with a conf, and what is said of packing it.
fn refused(conf: &str, files: &[(&str, &str)], asked: &[Format]) -> String {
    let folder = env::temp_dir().join(format!("sitec-packed-{}-{:p}", std::process::id(), conf));
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("site.conf"), conf).unwrap();
    for (path, text) in files {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let file = folder.join("site.conf");
    let checked = checked(&file);
    let result = Prepared::new(&file, &checked, &Wanted::default())
        .and_then(|prepared| formats(asked, &prepared));
    fs::remove_dir_all(&folder).unwrap();
    match result {
        Err(fault) => fault,
        Ok((formats, refused)) => format!("{formats:?} {}", refused.join("; ")),
    }
}

#[test]
fn what_a_site_cannot_be_is_said() {
    let hidden = "server { listen 127.0.0.1:8080; return 204; }";
    let said = refused(hidden, &[], &[Format::K8s]);
    assert!(said.starts_with("k8s: nobody outside of the container"), "{said}");
    assert!(said.contains("`listen 8080;`"), "{said}");
    // Where nothing is asked for, the rest is made.
    let said = refused(hidden, &[], &[]);
    assert!(said.starts_with("[Binary, Systemd, Deb] oci: nobody"), "{said}");
    let shell = "server { listen 80; root www; location / { cgi_pass .sh /bin/sh; } }";
    let page = [("www/a.sh", "")];
    let said = refused(shell, &page, &[Format::Oci, Format::Deb]);
    assert!(said.starts_with("oci: an image from scratch has no `/bin/sh`"), "{said}");
    assert!(refused(shell, &page, &[Format::Docker]).starts_with("[Docker]"));
    let logs = "server { listen 80; root www; access_log www/access.log; }";
    let said = refused(logs, &page, &[Format::Deb]);
    assert!(said.contains("`/opt/") && said.contains("name a folder for it alone"), "{said}");
    let fine = "server { listen 80; return 204; }";
    let said = refused(fine, &[], &[Format::Deb, Format::Binary, Format::Deb]);
    assert_eq!(said, "[Binary, Deb] ");
}

#[test]
fn what_is_set_is_a_param() {
    let file = golden("plain").join("site.conf");
    let checked = checked(&file);
    let set = |name: &str, value: &str| [(name.to_owned(), value.to_owned())];
    let with = |set: &[(String, String)]| {
        Prepared::new(&file, &checked, &Wanted { set, ..Wanted::default() })
    };
    let prepared = with(&set("ADDR", "127.0.0.2")).unwrap();
    let binary = Path::new("");
    let values = prepared.open(&checked.site, binary).values.to_owned();
    assert_eq!(values[0].1, "127.0.0.2", "what is given stays");
    let fault = with(&set("ADR", "1")).err().unwrap();
    assert_eq!(fault, "`--set ADR`: the conf's params are ADDR, PORT");
}

/// What is packed of a folder with this conf, in which `www/page` is a file and `links` are made:
/// paths beneath the prefix, and why others are left out.
fn packed_with(conf: &str, links: &[(&str, &str)]) -> (BTreeSet<String>, Vec<String>) {
    let folder = env::temp_dir().join(format!("sitec-linked-{}-{:p}", std::process::id(), links));
    fs::create_dir_all(folder.join("www")).unwrap();
    fs::write(folder.join("site.conf"), conf).unwrap();
    fs::write(folder.join("secret"), "s").unwrap();
    fs::write(folder.join("www/page"), "me:{PLAIN}p\n").unwrap();
    for (target, link) in links {
        std::os::unix::fs::symlink(target, folder.join(link)).unwrap();
    }
    let file = folder.join("site.conf");
    let checked = checked(&file);
    let prepared = Prepared::new(&file, &checked, &Wanted::default()).unwrap();
    let prefix = prepared.naming.prefix();
    let inside = prepared.contents.own.entries().filter_map(|(path, _)| {
        let path = Path::new("/").join(path);
        Some(path.strip_prefix(&prefix).ok()?.display().to_string())
    });
    let left_out = &prepared.contents.left_out;
    let left_out = left_out.iter().map(|it| it.replace(&format!("{}/", folder.display()), ""));
    let found = (inside.collect(), left_out.collect());
    fs::remove_dir_all(&folder).unwrap();
    found
}

#[test]
fn a_page_is_packed_if_it_is_served() {
    let links = [("../secret", "www/out"), ("page", "www/in")];
    let conf = |directive: &str| {
        format!(
            "server {{ listen 80; {directive} location = /out {{ alias www/out; }}\n\
             location = /in {{ alias www/in; }} location = /page {{ alias www/page; }} }}"
        )
    };
    for (directive, packed, left_out) in [
        ("", &["www/in", "www/page"][..], &["www/out: the link leads out"][..]),
        ("disable_symlinks off;", &["www/in", "www/out", "www/page"], &[]),
        (
            "disable_symlinks on;",
            &["www/page"],
            &[
                "www/out: it is a link, and `disable_symlinks` is on",
                "www/in: it is a link, and `disable_symlinks` is on",
            ],
        ),
    ] {
        let (inside, told) = packed_with(&conf(directive), &links);
        for page in ["www/in", "www/out", "www/page"] {
            assert_eq!(inside.contains(page), packed.contains(&page), "{directive} {page}");
        }
        assert_eq!(told, left_out, "{directive}");
    }
}

#[test]
fn a_link_is_packed_if_it_is_followed() {
    let conf = "server { listen 80; root www; location /a { disable_symlinks on; } }";
    let (inside, left_out) = packed_with(conf, &[("page", "www/in")]);
    assert!(inside.contains("www/page") && !inside.contains("www/in"), "{inside:?}");
    assert_eq!(left_out, ["www/in: it is a link, and `disable_symlinks` is on"]);
}

#[test]
fn a_secret_is_none_under_another_name() {
    let conf = "server { listen 80; root www; hidden_files allow; location /p { auth_basic a;\n\
                # sitec: allow(F09) it is known\nauth_basic_user_file now/page; } }";
    let (inside, _) = packed_with(conf, &[("www", "now")]);
    assert!(!inside.contains("www/page"), "{inside:?}");
}

/// Names that would mean something else to who is told of them.
#[test]
fn odd_names_are_quoted_or_refused() {
    let store = |folder: &str| {
        let conf = format!(
            "server {{ listen 80; root www; location /u {{ upload_store \"{folder}\"; }} }}"
        );
        refused(
            &conf,
            &[(&format!("{}/x", folder.replace('\\', "")), ""), ("www/x", "")],
            &[Format::Systemd],
        )
    };
    assert_eq!(store("my 50% files"), "[Systemd] ");
    for folder in ["a:b", "it's \\\"it\\\""] {
        let said = store(folder);
        assert!(said.contains("neither systemd nor Docker"), "{folder}: {said}");
    }
    let set = |value: &str| {
        let file = golden("plain").join("site.conf");
        let set = [("ADDR".to_owned(), value.to_owned())];
        let checked = checked(&file);
        Prepared::new(&file, &checked, &Wanted { set: &set, ..Wanted::default() }).err()
    };
    let said = set("127.0.0.1\nRUN reboot").expect("it is refused");
    assert!(said.contains("`ADDR` is \"127.0.0.1\\nRUN reboot\""), "{said}");
}

#[test]
fn links_that_lead_out_are_left_out() {
    let folder = env::temp_dir().join(format!("sitec-links-{}", std::process::id()));
    fs::create_dir_all(folder.join("www/sub")).unwrap();
    fs::write(folder.join("site.conf"), "server { listen 80; root www; }").unwrap();
    fs::write(folder.join("secret"), "s").unwrap();
    fs::write(folder.join("www/sub/page"), "p").unwrap();
    for (target, link) in
        [("../secret", "out"), ("sub/page", "page"), ("nowhere", "dead"), ("..", "sub/circle")]
    {
        std::os::unix::fs::symlink(target, folder.join("www").join(link)).unwrap();
    }
    let file = folder.join("site.conf");
    let checked = checked(&file);
    let prepared = Prepared::new(&file, &checked, &Wanted::default()).unwrap();
    let prefix = prepared.naming.prefix();
    let inside = prepared.contents.own.entries().filter_map(|(path, _)| {
        Path::new("/").join(path).strip_prefix(&prefix).ok().map(Path::to_owned)
    });
    let inside: BTreeSet<_> = inside.map(|path| path.display().to_string()).collect();
    let left_out = &prepared.contents.left_out;
    assert!(inside.contains("www/page") && inside.contains("www/sub/page"), "{inside:?}");
    assert!(!inside.iter().any(|path| path.ends_with("secret") || path.ends_with("out")));
    let said = |what: &str| left_out.iter().any(|it| it.contains(what));
    assert!(said("leads out") && said("leads nowhere") && said("circle"), "{left_out:?}");
    fs::remove_dir_all(&folder).unwrap();
}
