//! Confs in the style of common guides, each with the requests that it is about: sitec answers as nginx
//! does, with the status that stands there.

use std::fs;
use std::path::Path;

use sitec_tests::folder::Folder;

use crate::both::{Both, Runtime};
use crate::conf::Drawn;
use crate::request::Asked;

/// A request of a guide, and the status of its answer.
struct Case {
    guide: String,
    status: u16,
    request: Asked,
}

/// The guides, and all their requests.
fn guides() -> (Vec<Drawn>, Vec<Case>) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/differential/guides");
    let entries = fs::read_dir(&folder).expect("the guides are here");
    let mut files: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    files.sort();
    let (mut confs, mut cases) = (Vec::new(), Vec::new());
    for file in files {
        let guide = file.file_stem().expect("a name").to_string_lossy().into_owned();
        let text = fs::read_to_string(&file).expect("a conf");
        for line in text.lines().filter_map(|line| line.strip_prefix("#> ")) {
            let mut parts = line.split(" | ");
            let words: Vec<_> = parts.next().unwrap_or_default().split(' ').collect();
            let [status, method, url] = words[..] else { panic!("{guide}: {line}") };
            let (host, path) = url.split_at(url.find('/').expect("a path"));
            let (proxied, fields): (Vec<_>, Vec<_>) =
                parts.partition(|field| field.starts_with("PROXY "));
            let mut fields: String =
                fields.into_iter().map(|field| format!("{field}\r\n")).collect();
            let content = if method == "POST" { "name=value" } else { "" };
            if !content.is_empty() {
                fields += &format!("Content-Length: {}\r\n", content.len());
            }
            let mut request = Asked::of(method, path, host, fields, content);
            request.before = proxied.iter().map(|line| format!("{line}\r\n")).collect();
            let status = status.parse().expect("a status");
            cases.push(Case { guide: guide.clone(), status, request });
        }
        let port = usize::from(text.contains("${PORT_2}"));
        confs.push(Drawn { name: guide, port, text });
    }
    (confs, cases)
}

/// What they serve.
fn files() -> Folder {
    let folder = Folder::new();
    let script = "console.log('hello'); ".repeat(20);
    for (name, content) in [
        (
            "site/index.html",
            "<title>home</title><p>welcome to the site, which is longer than a line</p>",
        ),
        ("site/blog/index.html", "<h1>blog</h1>"),
        ("site/404.html", "<h1>not here</h1>"),
        ("site/403.html", "<h1>not for you</h1>"),
        ("site/50x.html", "<h1>our fault</h1>"),
        ("site/maintenance.html", "<h1>soon</h1>"),
        ("site/maintenance.on", ""),
        ("site/app.js", &script),
        ("site/style.css", "p { color: red }"),
        ("site/pixel.png", "\u{1}png"),
        ("site/pixel.png.webp", "\u{1}webp"),
        ("site/other.png", "\u{1}other"),
        ("site/big.txt", &"0123456789".repeat(100)),
        ("site/big.txt.gz", "gz of big.txt, as it were"),
        ("site/public/a.txt", "public\n"),
        ("site/office/a.txt", "office\n"),
        ("docs/index.html", "<h1>docs</h1>"),
        ("docs/guide.html", "<h1>guide</h1>"),
        ("docs/404.html", "<h1>no such page</h1>"),
        ("docs/v2/guide.html", "<h1>guide 2</h1>"),
        ("random/only.txt", "the only one\n"),
        ("random/.hidden", "hidden\n"),
        ("random/folder/a.txt", "inner\n"),
        ("dl/a.txt", "download\n"),
        ("dl/b.txt", "another\n"),
        ("acme/.well-known/acme-challenge/token", "token"),
        ("parts/header.txt", "header\n"),
        ("parts/footer.txt", "footer\n"),
        ("parts/plain/a.txt", "plain\n"),
        (
            "parts/page.html",
            "<!--#include virtual=\"/header.txt\" --><!--#if expr=\"$cookie_user\" -->Hello \
             <!--#echo var=\"cookie_user\" --><!--#else -->Log in<!--#endif -->, <!--#echo var=\"arg_who\" \
             default=\"you\" --><!--#include file=\"footer.txt\" -->",
        ),
    ] {
        folder.write(&format!("www/{name}"), content);
    }
    folder.write("www.users", "jane:$apr1$abcdefgh$h9FWgUz3n9YxylKLlR5SQ/\n");
    crate::set_times(&folder.path().join("www"));
    folder
}

#[test]
fn confs_of_common_guides_answer_as_in_nginx() {
    if !crate::has_nginx() {
        eprintln!("there is no nginx: nothing was compared");
        return;
    }
    let (confs, cases) = guides();
    assert!(confs.len() >= 30, "{}", confs.len());
    let both = Both::new(files(), &confs, &Runtime::find());
    let mut wrong = Vec::new();
    for Case { guide, status, request } in &cases {
        let server = confs.iter().find(|conf| conf.name == *guide).expect("it is one of them");
        let (statuses, differs) = crate::ask(request, server, &both);
        let line = format!("{guide}: {} {}{}", request.method, request.host, request.target);
        if statuses != [*status; 2] {
            wrong.push(format!(
                "\n{line}: {status} was to come, and nginx and sitec say {statuses:?}"
            ));
        }
        wrong.extend(differs.map(|said| format!("\n{line}{said}")));
    }
    assert!(wrong.is_empty(), "{} differ\n{}", wrong.len(), wrong.concat());
}
