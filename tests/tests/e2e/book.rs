//! The documentation as `sites/docs` serves it: over a socket, and as a reader uses it in a browser.

use crate::browser::browser;
use crate::launch;
use crate::sites::{crawl, failed};
use sitec_tests::browser::Browser;
use sitec_tests::folder::Folder;
use sitec_tests::server::Server;

/// It is in the binary: an empty folder is all that it needs.
fn book() -> (Server, Folder) {
    let folder = Folder::new();
    (launch("docs").arg("--prefix").arg(folder.path()).start(), folder)
}

#[test]
fn every_page_is_reached_from_the_first() {
    let (server, _folder) = book();
    let found = crawl(&server);
    // Whether anchors are there is looked at by book/tests/links.rs.
    assert_eq!(failed(&found), []);
    assert!(found.len() > 200, "{}", found.len());
}

#[test]
fn a_page_has_one_address() {
    let (server, _folder) = book();
    for (path, status, location) in [
        ("/tls", 200, None),
        ("/tls.html", 301, Some("/tls")),
        ("/tls.md?a=b", 301, Some("/tls?a=b")),
        ("/checks", 301, Some("/checks/")),
        ("/checks/E01", 200, None),
        ("/directives/tls", 200, None),
        ("/no/such/page", 404, None),
        ("/healthz", 200, None),
    ] {
        let response = server.get(path);
        assert_eq!((response.status, response.field("Location")), (status, location), "{path}");
    }
    assert!(server.get("/no/such/page").text().contains("There is no page at this address"));
}

#[test]
fn pages_are_compressed_checked_again_and_locked_down() {
    let (server, _folder) = book();
    let ask = |path: &str, fields: &str| {
        let request = format!("GET {path} HTTP/1.1\r\nHost: a\r\n{fields}\r\n");
        server.connect().send(request).response("GET")
    };
    let page = ask("/proxy", "Accept-Encoding: br\r\n");
    assert_eq!(page.field("Content-Encoding"), Some("br"));
    assert_eq!(page.field("Content-Type"), Some("text/html; charset=utf-8"));
    assert_eq!(page.field("Cache-Control"), Some("no-cache"));
    let policy = page.field("Content-Security-Policy").expect("a policy");
    assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    let tag = page.field("ETag").expect("a tag");
    let again = ask("/proxy", &format!("Accept-Encoding: br\r\nIf-None-Match: {tag}\r\n"));
    assert_eq!((again.status, again.field("Cache-Control")), (304, Some("no-cache")));

    let text = server.get("/").text();
    let (_, rest) = text.split_once("rel=\"stylesheet\" href=\"").expect("a style sheet");
    let style = server.get(rest.split_once('"').expect("an address").0);
    assert_eq!(style.status, 200);
    let kept: Vec<_> = style.values("Cache-Control").collect();
    assert_eq!(kept, ["public, max-age=31536000, immutable"]);
    assert!(style.field("Content-Security-Policy").is_some());
}

/// Opens a page, waits until its script has run, and gives the server and the browser.
fn open(path: &str) -> Option<(Server, Folder, Browser, String)> {
    let (server, folder) = book();
    let mut browser = browser()?;
    let root = format!("http://127.0.0.1:{}", server.port());
    browser.go(&format!("{root}{path}"));
    browser.find("#book-search:not([hidden])");
    Some((server, folder, browser, root))
}

const PATH: &str = "location.pathname + location.hash";

/// What the search shows first.
const FIRST: &str = "document.querySelector('#book-results a')?.textContent ?? ''";

#[test]
fn the_search_finds_directives_checks_and_words() {
    let Some((_server, _folder, mut browser, _)) = open("/") else { return };
    for (query, heading, path) in [
        ("try_files", "try_files", "/directives/files#try_files"),
        ("E01", "E01: expect-failed", "/checks/E01"),
        ("getting started", "Getting started", "/getting-started"),
    ] {
        browser.type_into("#book-search input", query);
        browser.wait_until(&format!("({FIRST}).startsWith('{heading}')"));
        browser.type_into("#book-search input", "\u{e007}");
        browser.wait_until(&format!("{PATH} == '{path}'"));
        browser.find("#book-search:not([hidden])");
    }
    browser.type_into("#book-search input", "zzzyyyxxx");
    browser.wait_until("document.getElementById('book-results').innerText.startsWith('Nothing')");
    browser.type_into("#book-search input", "\u{e00c}");
    browser.wait_until("document.getElementById('book-results').hidden");
    assert_eq!(browser.errors(), Vec::<String>::new());
}

/// With the keyboard alone: `/` begins, the arrows choose, Enter opens.
#[test]
fn the_search_is_used_without_a_mouse() {
    let Some((_server, _folder, mut browser, _)) = open("/tls") else { return };
    browser.type_into("body", "/");
    browser.wait_until("document.activeElement.type == 'search'");
    browser.type_into("#book-search input", "certificate");
    browser.wait_until("document.querySelectorAll('#book-results a').length > 2");
    browser.type_into("#book-search input", "\u{e015}\u{e015}\u{e013}");
    let second = "document.querySelectorAll('#book-results a')[1]";
    browser.wait_until(&format!("{second}.getAttribute('aria-selected') == 'true'"));
    let path = browser.evaluate(&format!("{second}.pathname + {second}.hash"));
    browser.type_into("#book-search input", "\u{e007}");
    browser.wait_until(&format!("{PATH} == '{path}'"));
    assert_eq!(browser.errors(), Vec::<String>::new());
}

#[test]
fn readers_turn_pages_and_link_to_headings() {
    let Some((_server, _folder, mut browser, root)) = open("/") else { return };
    let mut visited = vec!["/".to_owned()];
    for _ in 0..8 {
        let next = browser.evaluate("document.querySelector('.turn .next').pathname");
        browser.click(".turn .next");
        browser.wait_until(&format!("location.pathname == '{next}'"));
        visited.push(next);
    }
    for page in visited.iter().rev().skip(1) {
        browser.click(".turn .prev");
        browser.wait_until(&format!("location.pathname == '{page}'"));
    }
    browser.go(&format!("{root}/directives/files#try_files"));
    let top = "document.getElementById('try_files').getBoundingClientRect().top";
    browser.wait_until(&format!("{top} > 0 && {top} < 200"));
    browser.evaluate("document.querySelector('#index .anchor').click()");
    assert_eq!(browser.evaluate(PATH), "/directives/files#index");
    // A directive in a conf leads to its entry.
    browser.go(&format!("{root}/language"));
    browser.evaluate("document.querySelector('pre a.directive[href$=\"#listen\"]').click()");
    browser.wait_until(&format!("{PATH} == '/directives/servers#listen'"));
    assert_eq!(browser.errors(), Vec::<String>::new());
}

/// On a phone nothing is wider than the window, and the contents open and close.
#[test]
fn pages_fit_a_phone_and_the_dark() {
    let Some((_server, _folder, mut browser, root)) = open("/") else { return };
    browser.resize(500, 900);
    let background = "getComputedStyle(document.body).backgroundColor";
    for path in ["/", "/nginx", "/performance", "/directives/", "/directives/proxying", "/checks/"]
    {
        browser.go(&format!("{root}{path}"));
        let fits = "document.documentElement.scrollWidth <= window.innerWidth";
        assert_eq!(browser.evaluate(fits), "true", "{path}");
    }
    let contents = "getComputedStyle(document.getElementById('book-contents')).display";
    assert_eq!(browser.evaluate(contents), "none");
    browser.click(".menu");
    browser.wait_until(&format!("{contents} == 'block'"));
    browser.click("#book-contents .close");
    browser.wait_until(&format!("{contents} == 'none'"));
    browser.prefer("light");
    assert_eq!(browser.evaluate(background), "rgb(255, 255, 255)");
    browser.prefer("dark");
    assert_ne!(browser.evaluate(background), "rgb(255, 255, 255)");
    assert_eq!(browser.errors(), Vec::<String>::new());
}
