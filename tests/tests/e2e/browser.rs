//! The tour, as a person uses it in a browser.

use crate::launch;
use crate::sites::copied_tour;
use crate::tls::keys;
use sitec_tests::browser::Browser;
use sitec_tests::folder::Folder;
use sitec_tests::secure::Authority;

/// A browser. Where there is none, that is said and the test passes, unless CI is to have it.
pub(crate) fn browser() -> Option<Browser> {
    let browser = Browser::open();
    if browser.is_none() {
        assert!(std::env::var_os("CI").is_none(), "there is no chromedriver");
        eprintln!("skipped: there is no chromedriver");
    }
    browser
}

#[test]
fn a_file_is_uploaded_listed_opened_and_deleted() {
    let (server, folder) = copied_tour();
    let Some(mut browser) = browser() else { return };
    let page = format!("http://127.0.0.1:{}/upload/", server.port());
    visit(&mut browser, &folder, &page);
}

/// The same over TLS and HTTP/2, which the tour stands behind.
#[test]
fn the_tour_works_over_https_and_http2() {
    let (tour, folder) = copied_tour();
    let certs = Folder::new();
    keys(&Authority::new("root"), &certs);
    let path = certs.path().display().to_string();
    let launch = launch("tls").ports(3).set("CERTS", &path).set("WWW", &path);
    let launch = launch.set("LOG", &certs.path().join("log").display().to_string());
    let server = launch.set("BACK", &format!("127.0.0.1:{}", tour.port())).start();
    let Some(mut browser) = browser() else { return };
    let root = format!("https://tour.localhost:{}/", server.port());
    browser.go(&root);
    let protocol = "performance.getEntriesByType('navigation')[0].nextHopProtocol";
    assert_eq!(browser.evaluate(protocol), "h2");
    assert_eq!(browser.evaluate("document.location.protocol"), "https:");
    let loaded = "performance.getEntriesByType('resource').every(it => it.nextHopProtocol == 'h2')";
    assert_eq!(browser.evaluate(loaded), "true");
    visit(&mut browser, &folder, &format!("{root}upload/"));
    assert_eq!(browser.errors(), Vec::<String>::new());
}

/// Uploads a file, opens it and deletes it.
fn visit(browser: &mut Browser, folder: &Folder, page: &str) {
    let letter = folder.write("a letter.txt", "Dear reader");
    browser.go(page);
    browser.choose_file("#files", &letter);
    browser.click("#form button");
    let link = "#list a[href='/uploads/a%20letter.txt']";
    browser.find(link);
    assert_eq!(browser.evaluate("document.getElementById('status').textContent"), "Stored.");
    assert_eq!(folder.text("uploads/a letter.txt"), "Dear reader");

    browser.click(link);
    browser.find("pre");
    assert_eq!(browser.evaluate("document.body.textContent"), "Dear reader");
    assert_eq!(browser.evaluate("document.location.pathname"), "/uploads/a%20letter.txt");

    browser.go(page);
    browser.click("#list button[aria-label='Delete a letter.txt']");
    browser.find("#list:empty");
    let note = browser.evaluate("document.getElementById('status').textContent");
    assert_eq!(note, "Deleted a letter.txt.");
    assert!(!folder.path().join("uploads/a letter.txt").exists());
}

/// The page asks for its numbers, and shows what has been asked.
#[test]
fn the_status_page_shows_what_is_counted() {
    let (server, _folder, _) = crate::operating::serve("127.0.0.1:1", "off");
    let Some(mut browser) = browser() else { return };
    server.get_from("main.test", "/text");
    browser.go(&format!("http://127.0.0.1:{}/status", server.port()));
    browser.find("#tiles .tile b");
    browser.find("#tables td.name code");
    assert_eq!(browser.evaluate("document.getElementById('site').textContent"), "operating.conf");
    assert_eq!(browser.evaluate("document.getElementById('light').className"), "ok");
    let names = browser.evaluate(
        "[...document.querySelectorAll('#tables td.name code')].map(it => it.textContent)",
    );
    assert!(names.contains("= /text"), "{names}");
    // It goes on asking.
    browser.find("#tile-Requests path.line[d^=M]");
    let others = "performance.getEntriesByType('resource').filter(it => !it.name.startsWith(location.origin + '/status')).length";
    assert_eq!(browser.evaluate(others), "0");
    assert_eq!(browser.errors(), Vec::<String>::new());
}
