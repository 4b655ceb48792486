//! The tour, as a person uses it in a browser.

use crate::sites::copied_tour;
use sitec_tests::browser::Browser;

/// A browser. Where there is none, that is said and the test passes, unless CI is to have it.
fn browser() -> Option<Browser> {
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
    let letter = folder.write("a letter.txt", "Dear reader");
    let page = format!("http://127.0.0.1:{}/upload/", server.port());

    browser.go(&page);
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

    browser.go(&page);
    browser.click("#list button[aria-label='Delete a letter.txt']");
    browser.find("#list:empty");
    let note = browser.evaluate("document.getElementById('status').textContent");
    assert_eq!(note, "Deleted a letter.txt.");
    assert!(!folder.path().join("uploads/a letter.txt").exists());
}
