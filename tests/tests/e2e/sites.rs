//! The sites of `sites/`: every link leads somewhere.

use std::collections::BTreeSet;

use crate::launch;
use sitec_tests::server::Server;

/// The addresses within the site that a page names.
fn links(page: &str) -> Vec<String> {
    let after = ["href=\"/", "src=\"/"].map(|start| page.split(start).skip(1));
    let links = after.into_iter().flatten().filter_map(|rest| rest.split_once('"'));
    links.map(|(link, _)| format!("/{link}")).collect()
}

/// Follows all links and redirects from `/` on, and returns what was found, with its status.
fn crawl(server: &Server) -> BTreeSet<(String, u16)> {
    let mut found = BTreeSet::new();
    let mut left = vec!["/".to_owned()];
    while let Some(path) = left.pop() {
        let response = server.get(&path);
        if !found.insert((path, response.status)) {
            continue;
        }
        left.extend(response.field("Location").filter(|to| to.starts_with('/')).map(str::to_owned));
        if response.field("Content-Type") == Some("text/html") {
            left.extend(links(&response.text()));
        }
    }
    found
}

/// What was found with a status that is no success and no redirect.
fn failed(found: &BTreeSet<(String, u16)>) -> Vec<(&str, u16)> {
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

#[test]
fn the_manual_leads_everywhere() {
    let server = launch("manual").start();
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
