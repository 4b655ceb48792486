//! The sites of `sites/`: every link leads somewhere.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use crate::launch;
use sitec_tests::folder::Folder;
use sitec_tests::server::Server;

/// The addresses within the site that a page names.
fn links(page: &str) -> Vec<String> {
    let after = ["href=\"/", "src=\"/"].map(|start| page.split(start).skip(1));
    let links = after.into_iter().flatten().filter_map(|rest| rest.split_once('"'));
    let paths = links.filter_map(|(link, _)| link.split('#').next());
    paths.map(|link| format!("/{link}")).collect()
}

/// Follows all links and redirects from `/` on, and returns what was found, with its status.
pub(crate) fn crawl(server: &Server) -> BTreeSet<(String, u16)> {
    let (mut found, mut asked) = (BTreeSet::new(), BTreeSet::new());
    let mut left = vec!["/".to_owned()];
    while let Some(path) = left.pop() {
        if !asked.insert(path.clone()) {
            continue;
        }
        let response = server.get(&path);
        // A calendar has a link to the next month, and that one too.
        let ends = path.contains('?');
        found.insert((path, response.status));
        left.extend(response.field("Location").filter(|to| to.starts_with('/')).map(str::to_owned));
        if response.field("Content-Type").is_some_and(|it| it.starts_with("text/html")) && !ends {
            left.extend(links(&response.text()));
        }
    }
    found
}

/// What was found with a status that is no success and no redirect.
pub(crate) fn failed(found: &BTreeSet<(String, u16)>) -> Vec<(&str, u16)> {
    found.iter().filter(|(_, status)| *status >= 400).map(|(p, s)| (p.as_str(), *s)).collect()
}

#[test]
fn the_tour_leads_everywhere() {
    let server = launch("tour").start();
    let found = crawl(&server);
    assert_eq!(failed(&found), [("/no/such/page", 404), ("/post-only", 405)]);
    assert!(found.len() >= 12, "{found:?}");
    assert!(server.get("/files/").text().contains("poem.txt"));
    assert_eq!(server.get("/files/boot.log").field("Content-Type"), Some("text/plain"));
    assert!(server.get("/no/such/page").text().contains("Back to the tour"));
    let second = server.get("/second").field("Location").unwrap().to_owned();
    assert_eq!(second, format!("http://second.localhost:{}/", server.port()));
    assert!(server.get_from("second.localhost", "/").text().contains("The second site"));
    assert_eq!(server.get("/hello/ann").text(), "Hello, ann!\n");
    assert!(server.get("/whoami").text().starts_with("You are 127.0.0.1, port "));
}

/// The tour in a folder of its own, where nothing is left of what others have written.
pub(crate) fn copied_tour() -> (Server, Folder) {
    let folder = Folder::new();
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("../sites/default");
    let status = Command::new("cp").arg("-r").arg(from.join(".")).arg(folder.path()).status();
    assert!(status.expect("cp").success());
    let _ = std::fs::remove_file(folder.path().join("guestbook.txt"));
    for upload in std::fs::read_dir(folder.path().join("uploads")).expect("a folder") {
        std::fs::remove_file(upload.expect("a file").path()).expect("a file");
    }
    (launch("tour").arg("--prefix").arg(folder.path()).start(), folder)
}

#[test]
fn the_tour_stores_lists_and_deletes() {
    let (server, folder) = copied_tour();
    let page = server.get("/upload/").text();
    for part in [
        "action=\"/uploads/\"",
        "method=\"post\"",
        "enctype=\"multipart/form-data\"",
        "type=\"file\"",
        "src=\"/upload/upload.js\"",
    ] {
        assert!(page.contains(part), "{part}");
    }
    let content = "--x\r\nContent-Disposition: form-data; name=\"files\"; filename=\"a b.html\"\r\n\
                   Content-Type: text/html\r\n\r\n<b>hello</b>\r\n--x--\r\n";
    let request = format!(
        "POST /uploads/ HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=x\r\n\
         Content-Length: {}\r\n\r\n{content}",
        content.len()
    );
    let stored = server.connect().send(request).response("POST");
    assert_eq!((stored.status, stored.field("Location")), (201, Some("/uploads/a%20b.html")));
    assert_eq!(folder.text("uploads/a b.html"), "<b>hello</b>");
    let listed = server.get("/uploads.json/").text();
    assert!(listed.contains("\"name\":\"a b.html\"") && listed.contains("\"size\":12"), "{listed}");
    assert!(server.get("/uploads/").text().contains("a%20b.html"));
    let opened = server.get("/uploads/a%20b.html");
    assert_eq!(opened.text(), "<b>hello</b>");
    assert_eq!(opened.field("Content-Security-Policy"), Some("sandbox"));
    let delete = "DELETE /uploads/a%20b.html HTTP/1.1\r\nHost: a\r\n\r\n";
    assert_eq!(server.connect().send(delete).response("DELETE").status, 204);
    assert_eq!(server.get("/uploads/a%20b.html").status, 404);
    assert!(!server.get("/uploads.json/").text().contains("a b.html"));
}

#[test]
fn the_guestbook_takes_entries_and_knows_who_wrote() {
    let (server, _folder) = copied_tour();
    let path = "/cgi-bin/guestbook.sh";
    let empty = server.get(path);
    assert!(empty.status == 200 && empty.text().contains("Nobody has written yet"), "{empty:?}");
    let form = "name=Ann+%3CB%3E&text=Hello%2C+%22you%22%0A%26+all";
    let request = format!(
        "POST {path} HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {}\r\n\r\n{form}",
        form.len()
    );
    let written = server.connect().send(request).response("POST");
    assert_eq!((written.status, written.field("Location")), (303, Some(path)));
    let cookies: Vec<_> = written.values("Set-Cookie").map(str::to_owned).collect();
    assert!(cookies.len() == 2 && cookies[0].starts_with("name=Ann+%3CB%3E; "), "{cookies:?}");
    let request = format!("GET {path} HTTP/1.1\r\nHost: a\r\nCookie: x=y; {}", cookies[0]);
    let page = server.connect().send(format!("{request}; wrote=yes\r\n\r\n")).response("GET");
    let text = page.text();
    assert!(text.contains("value=\"Ann &lt;B&gt;\"") && text.contains("Thank you"), "{text}");
    assert!(text.contains("<dd>Hello, &quot;you&quot; &amp; all</dd>"), "{text}");
}

#[test]
fn the_manual_leads_everywhere() {
    // It is in the binary: nothing is found in an empty folder.
    let folder = Folder::new();
    let server = launch("manual").arg("--prefix").arg(folder.path()).start();
    let found = crawl(&server);
    assert_eq!(failed(&found), []);
    assert!(found.len() > 10, "{found:?}");
    for (path, status, location) in [
        ("/", 302, Some("/v2/")),
        ("/v2/", 200, None),
        ("/v2/setup", 200, None),
        ("/v2/setup.html", 301, Some("/v2/setup")),
        ("/v2/nothing", 404, None),
        ("/latest/readings", 302, Some("/v2/readings")),
        ("/latest/a/b", 404, None),
        ("/manual/page-1.php", 301, Some("/v1/")),
        ("/manual/setup.php", 301, Some("/v1/setup")),
        ("/healthz", 200, None),
        ("/downloads/tern-2.4.bin", 200, None),
        ("/downloads/tern-9.9.bin", 404, None),
    ] {
        let response = server.get(path);
        assert_eq!((response.status, response.field("Location")), (status, location), "{path}");
    }
    let missing = server.get("/downloads/tern-9.9.bin").text();
    assert_eq!(missing, "There is no firmware 9.9.\n");
    assert_eq!(server.get_from("unknown.test", "/").status, 421);
    let moved = server.get_from("www.tern.localhost", "/v2/?a");
    let target = format!("http://tern.localhost:{}/v2/?a", server.port());
    assert_eq!((moved.status, moved.field("Location")), (301, Some(target.as_str())));
}
