//! The confs of the README and of the pages in `docs` compile without a word, and what they
//! `expect` holds. The pages of the checks are tested with the catalogue; what stands in
//! `docs/directives.md` are forms, and no confs.

use std::fs;
use std::path::{Path, PathBuf};

use sitec_compiler::compile;
use sitec_compiler::files::Memory;

const REPOSITORY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// What is on the disk for all of them. What is in a folder `bin` can be run.
const FILES: &[&str] = &[
    "www/index.html",
    "www/404.html",
    "www/new.html",
    "www/new/index.html",
    "www/guide/index.html",
    "www/guide/install.html",
    "www/assets/app.js",
    "www/app.3f9c21d0.js",
    "www/images/logo.png",
    "www/maintenance.html",
    "www/sorry.html",
    "www/taken.html",
    "www/large.html",
    "app/public/index.php",
    "app/public/uploads/index.html",
    "incoming/index.html",
    "scripts/report.py",
    "bin/gunicorn",
    "/usr/bin/python3",
    "www/my site/index.html",
    "challenges/index.html",
    "/srv/bin/api",
    "bin/app",
    "/usr/bin/php-cgi",
];

/// What is in some files.
const SAMPLES: &[(&str, &str)] = &[
    ("users", "ann:$2y$05$abcdefghijklmnopqrstuuRgzBQ3zJ7V0d7tM4C8cD1vR3GQ8bG2W\n"),
    ("tls/example.test.pem", include_str!("../src/certificates/samples/leaf.pem")),
    ("tls/example.test.key", include_str!("../src/certificates/samples/leaf.key")),
    ("tls/staff-ca.pem", include_str!("../src/certificates/samples/leaf.pem")),
    ("/etc/ssl/certs/ca-certificates.crt", include_str!("../src/certificates/samples/leaf.pem")),
];

/// The pages.
fn pages() -> Vec<PathBuf> {
    let entries = fs::read_dir(Path::new(REPOSITORY).join("docs")).unwrap();
    let mut pages: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    pages.retain(|path| path.extension().is_some_and(|extension| extension == "md"));
    pages.retain(|path| path.file_name().is_some_and(|name| name != "directives.md"));
    pages.push(Path::new(REPOSITORY).join("README.md"));
    pages.sort();
    pages
}

/// The confs of a page.
fn confs(page: &str) -> Vec<String> {
    let blocks = page.split("```nginx\n").skip(1);
    blocks.map(|block| block.split("```").next().unwrap_or_default().to_owned()).collect()
}

/// A conf whole: what stands in a server has one around it.
fn whole(conf: &str) -> String {
    let begins = |name: &str| conf.lines().any(|line| line.starts_with(name));
    match begins("server ") || begins("http ") {
        true => conf.to_owned(),
        false => format!("server {{\nlisten 8080;\nserver_name example.test;\n{conf}}}\n"),
    }
}

#[test]
fn confs_of_documents_are_right() {
    let (mut count, mut wrong) = (0, String::new());
    for page in pages() {
        for conf in confs(&fs::read_to_string(&page).unwrap()).iter().map(|conf| whole(conf)) {
            count += 1;
            let own = conf.contains("form.php").then_some("www/form.php");
            let files = FILES.iter().copied().chain(own).map(|path| (path, ""));
            let files = files.chain(SAMPLES.iter().copied()).chain([("site.conf", &conf[..])]);
            let compilation = compile(&Memory::new(files), Path::new("site.conf"));
            if !compilation.diagnostics.is_empty() {
                let said = compilation.diagnostics.render(&compilation.sources, false);
                wrong += &format!("{}\n{said}\n", page.display());
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert!(count >= 5, "{count}");
}

/// The links of a page that lead to files: those that are no URL, without what follows a `#`.
fn links(page: &str) -> Vec<&str> {
    let targets = page.split("](").skip(1).filter_map(|rest| Some(rest.split_once(')')?.0));
    let files = targets.map(|target| target.split('#').next().unwrap_or_default());
    files.filter(|file| !file.is_empty() && !file.contains(':') && !file.contains(' ')).collect()
}

#[test]
fn links_of_documents_lead_to_files() {
    let (mut count, mut wrong) = (0, String::new());
    let others = ["CHANGELOG.md", "SECURITY.md", "ARCHITECTURE.md", "docs/directives.md"];
    let others = others.map(|name| Path::new(REPOSITORY).join(name));
    for page in pages().into_iter().chain(others) {
        let text = fs::read_to_string(&page).unwrap();
        for link in links(&text).into_iter().filter(|link| !link.contains('`')) {
            count += 1;
            if !page.parent().unwrap().join(link).exists() {
                wrong += &format!("{}: {link}\n", page.display());
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert!(count > 50, "{count}");
}

/// Each page of `docs` is in `docs/SUMMARY.md` once, and what links within the book lead to is there.
#[test]
fn the_book_is_whole() {
    if let Err(problems) = sitec_book::read(Path::new(REPOSITORY)) {
        panic!("{}", problems.join("\n"));
    }
}

#[test]
fn the_conf_of_the_book_is_right() {
    let book = sitec_book::read(Path::new(REPOSITORY)).unwrap();
    let site = Path::new(sitec_book::SITE).parent().unwrap();
    let conf = fs::read_to_string(Path::new(REPOSITORY).join(site).join("site.conf")).unwrap();
    let pages = book.files().iter().map(|(name, content)| {
        (format!("{}/{name}", sitec_book::SITE), String::from_utf8(content.clone()).unwrap())
    });
    let conf = (site.join("site.conf").display().to_string(), conf);
    let files: Vec<_> = pages.chain([conf]).collect();
    let files = files.iter().map(|(name, text)| (name.as_str(), text.as_str()));
    let compilation = compile(&Memory::new(files), &site.join("site.conf"));
    let said = compilation.diagnostics.render(&compilation.sources, false);
    assert!(compilation.diagnostics.is_empty(), "{said}");
}

/// The first conf that people read says what comes of its own redirect.
#[test]
fn the_readme_tests_its_redirect() {
    let readme = fs::read_to_string(Path::new(REPOSITORY).join("README.md")).unwrap();
    let first = &confs(&readme)[0];
    assert!(first.contains("expect GET /old 301 location=/new;"), "{first}");
    assert!(first.contains("expect GET /new 200 file=www/new.html;"), "{first}");
}
